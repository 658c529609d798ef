//! Request, its states, and the actions of the agenda. Codec indices are a wire format.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{Answer, Balance, FailureReason, Fuel, ModelId, RoundIndex, Tier};
use pallet_opg_support::{ModelVersion, MAX_SEATS};
use scale_info::TypeInfo;
use sp_core::H256;

/// Order of an inference, from inclusion to pruning.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Request<AccountId, BlockNumber> {
	/// Account that pays.
	pub requester: AccountId,
	/// Number of the model version.
	pub model: ModelId,
	/// Copy of the model version at inclusion: later changes do not touch the request.
	pub version: ModelVersion<AccountId, Balance>,
	/// Digest of the input.
	pub input_hash: H256,
	/// Assurance that the requester pays for.
	pub tier: Tier,
	/// Planck per fuel and executor at inclusion.
	pub price: Balance,
	/// Block of inclusion.
	pub requested_at: BlockNumber,
	/// Block of the first draw.
	pub drawn_at: Option<BlockNumber>,
	/// Held from the requester for storage, in planck; zero once the request is settled.
	pub deposit: Balance,
	/// Held from the requester for the fee, in planck; zero once the request is final.
	pub escrow: Balance,
	/// Progress.
	pub state: RequestState<AccountId, BlockNumber>,
}

/// Progress of the committee that a request waits for.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub enum CommitteeStatus<BlockNumber> {
	/// Not drawn yet.
	#[codec(index = 0)]
	Waiting {
		/// Round to be drawn.
		round: RoundIndex,
		/// Block that fixed the round: only randomness of later blocks counts.
		since: BlockNumber,
	},
	/// Drawn: its members compute the task.
	#[codec(index = 1)]
	Assigned {
		/// Round of the committee.
		round: RoundIndex,
	},
	/// Jury that agreed. The next block resolves the dispute.
	#[codec(index = 2)]
	Decided {
		/// Digest of the jury's answer.
		digest: H256,
		/// Fuel of the jury's answer.
		fuel: Fuel,
	},
}

/// Cause of a dispute about an attested answer.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum DisputeOrigin<AccountId> {
	/// Randomness of the chain.
	#[codec(index = 0)]
	Audit,
	/// Account that put up a bond.
	#[codec(index = 1)]
	Challenge {
		/// Account that put it up.
		challenger: AccountId,
		/// Held from the challenger, in planck.
		bond: Balance,
	},
}

/// Progress of a request.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum RequestState<AccountId, BlockNumber> {
	/// No answer yet.
	#[codec(index = 0)]
	Open(CommitteeStatus<BlockNumber>),
	/// Answered; the answer can be challenged.
	#[codec(index = 1)]
	Attested {
		/// Answer that the committee agreed on.
		answer: Answer,
		/// Block of the agreement.
		at: BlockNumber,
	},
	/// Answered; a jury computes the task again.
	#[codec(index = 2)]
	Disputed {
		/// Answer in dispute.
		answer: Answer,
		/// Block in which it was attested.
		at: BlockNumber,
		/// Cause of the dispute.
		origin: DisputeOrigin<AccountId>,
		/// Progress of the jury.
		status: CommitteeStatus<BlockNumber>,
	},
	/// Final: the answer stands and is paid.
	#[codec(index = 3)]
	Settled {
		/// Final answer.
		answer: Answer,
		/// Executors and their pay, in planck, in the order of the rounds.
		paid: BoundedVec<(AccountId, Balance), ConstU32<MAX_SEATS>>,
		/// Charged in total, royalty included, in planck.
		fee: Balance,
		/// Block of the settlement.
		at: BlockNumber,
	},
	/// Final: no answer, and the whole escrow returned.
	#[codec(index = 4)]
	Failed {
		/// Cause.
		reason: FailureReason,
		/// Block of the failure.
		at: BlockNumber,
	},
}

impl<AccountId, BlockNumber> RequestState<AccountId, BlockNumber> {
	/// Status of the committee that the request waits for, if any.
	pub fn committee(&self) -> Option<&CommitteeStatus<BlockNumber>> {
		match self {
			Self::Open(status) | Self::Disputed { status, .. } => Some(status),
			Self::Attested { .. } | Self::Settled { .. } | Self::Failed { .. } => None,
		}
	}

	/// Mutable [`Self::committee`].
	pub fn committee_mut(&mut self) -> Option<&mut CommitteeStatus<BlockNumber>> {
		match self {
			Self::Open(status) | Self::Disputed { status, .. } => Some(status),
			Self::Attested { .. } | Self::Settled { .. } | Self::Failed { .. } => None,
		}
	}

	/// Challenger and bond of a running challenge.
	pub fn challenge(&self) -> Option<(&AccountId, Balance)> {
		match self {
			Self::Disputed { origin: DisputeOrigin::Challenge { challenger, bond }, .. } => {
				Some((challenger, *bond))
			},
			_ => None,
		}
	}

	/// Tells whether the state is settled or failed, which nothing changes any more.
	pub fn is_final(&self) -> bool {
		matches!(self, Self::Settled { .. } | Self::Failed { .. })
	}
}

/// Step of a request that the agenda of a block runs.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub enum Action {
	/// Draws the committee that the request waits for.
	#[codec(index = 0)]
	Draw,
	/// Settles, or audits, an answer that nobody challenged.
	#[codec(index = 1)]
	Settle,
	/// Removes the request, and returns the deposit of one that failed.
	#[codec(index = 2)]
	Prune,
	/// Ends a dispute with the answer of its jury.
	#[codec(index = 3)]
	ResolveDispute,
}

/// [`Request`] of a runtime.
pub type RequestOf<T> = Request<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;
/// [`RequestState`] of a runtime.
pub type RequestStateOf<T> =
	RequestState<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;
