//! What a request is.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{Answer, Balance, Fuel, ModelId, RoundIndex, Tier};
use pallet_opg_support::{FailureReason, ModelVersion, MAX_SEATS};
use scale_info::TypeInfo;
use sp_core::H256;

/// A request.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Request<AccountId, BlockNumber> {
	/// Who pays.
	pub requester: AccountId,
	/// Number of the model version.
	pub model: ModelId,
	/// The version as it was at inclusion.
	pub version: ModelVersion<AccountId, Balance>,
	/// Digest of the input.
	pub input: H256,
	/// How much assurance was asked for.
	pub tier: Tier,
	/// Planck per fuel and executor at inclusion.
	pub price: Balance,
	/// Block of inclusion.
	pub requested_at: BlockNumber,
	/// Block of the first draw.
	pub drawn_at: Option<BlockNumber>,
	/// Held from the requester for its storage, in planck; zero once the request is settled.
	pub deposit: Balance,
	/// Held from the requester for the fee, in planck; zero once the request is final.
	pub escrow: Balance,
	/// Where it stands.
	pub state: State<AccountId, BlockNumber>,
}

/// Where a committee stands.
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
pub enum Phase<BlockNumber> {
	/// Waits for the draw of a round.
	#[codec(index = 0)]
	Waiting {
		/// The round to be drawn.
		round: RoundIndex,
		/// The block that fixed it: only randomness of later blocks counts.
		since: BlockNumber,
	},
	/// A committee works on it.
	#[codec(index = 1)]
	Assigned {
		/// Its round.
		round: RoundIndex,
	},
	/// The jury of a dispute agreed; the next block does what follows.
	#[codec(index = 2)]
	Found {
		/// Digest of its answer.
		digest: H256,
		/// Fuel of its answer.
		fuel: Fuel,
	},
}

/// Who doubts an attested answer.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum Doubt<AccountId> {
	/// The chain itself, at random.
	#[codec(index = 0)]
	Audit,
	/// Somebody with a bond.
	#[codec(index = 1)]
	Challenge {
		/// Who.
		challenger: AccountId,
		/// Held from it, in planck.
		bond: Balance,
	},
}

/// Where a request stands.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum State<AccountId, BlockNumber> {
	/// No answer yet.
	#[codec(index = 0)]
	Open(Phase<BlockNumber>),
	/// Answered; can be challenged.
	#[codec(index = 1)]
	Attested {
		/// The agreed answer.
		answer: Answer,
		/// Block of the decision.
		at: BlockNumber,
	},
	/// Answered; a jury computes the answer again.
	#[codec(index = 2)]
	Disputed {
		/// The doubted answer.
		answer: Answer,
		/// Block of the decision.
		at: BlockNumber,
		/// Who doubts it.
		doubt: Doubt<AccountId>,
		/// Where the jury stands.
		phase: Phase<BlockNumber>,
	},
	/// Final: the answer stands and is paid.
	#[codec(index = 3)]
	Settled {
		/// The answer.
		answer: Answer,
		/// Executors and their pay, in planck.
		paid: BoundedVec<(AccountId, Balance), ConstU32<MAX_SEATS>>,
		/// Charged in total, royalty included, in planck.
		fee: Balance,
		/// Block of the settlement.
		at: BlockNumber,
	},
	/// Final: no answer, and all of the escrow returned.
	#[codec(index = 4)]
	Failed {
		/// Why.
		reason: FailureReason,
		/// Block of the decision.
		at: BlockNumber,
	},
}

impl<AccountId, BlockNumber: Copy> State<AccountId, BlockNumber> {
	/// Where its committee stands, if it has one.
	pub fn phase_mut(&mut self) -> Option<&mut Phase<BlockNumber>> {
		match self {
			State::Open(phase) | State::Disputed { phase, .. } => Some(phase),
			State::Attested { .. } | State::Settled { .. } | State::Failed { .. } => None,
		}
	}

	/// Whether nothing can change it any more.
	pub fn is_final(&self) -> bool {
		matches!(self, State::Settled { .. } | State::Failed { .. })
	}
}

/// Something that happens to a request at the start of a block.
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
	/// Draw the committee it waits for.
	#[codec(index = 0)]
	Draw,
	/// Settle, or audit, an answer that nobody challenged.
	#[codec(index = 1)]
	Settle,
	/// Forget it, and return the deposit where it was not settled.
	#[codec(index = 2)]
	Prune,
	/// End a dispute as its jury found.
	#[codec(index = 3)]
	Conclude,
}

/// [`Request`] of a runtime.
pub type RequestOf<T> = Request<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;
/// [`State`] of a runtime.
pub type StateOf<T> = State<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;
