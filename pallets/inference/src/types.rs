//! Request, its states, and what waits for a later block. Codec indices are a wire format.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{
	Answer, Balance, Content, FailureReason, Fuel, Input, ModelId, Outcome, RoundIndex, Tier,
};
use pallet_opg_support::{ModelVersion, MAX_SEATS};
use scale_info::TypeInfo;
use sp_core::H256;

/// Largest number of challenges of one request.
pub const MAX_CHALLENGES: u32 = 10;

/// Order of an inference, from inclusion to pruning.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Request<AccountId, BlockNumber> {
	/// Account that pays.
	pub requester: AccountId,
	/// Number of the model version.
	pub model: ModelId,
	/// Copy of the model version at inclusion: later changes do not touch the request. Its fuel limit is
	/// that of the request, where this has one of its own.
	pub version: ModelVersion<AccountId, Balance>,
	/// Digest of the input. Of one outside of the chain the BLAKE3 hash of its bytes.
	pub input_hash: H256,
	/// Input, where it is outside of the chain.
	pub stored_input: Option<Content>,
	/// Assurance that the requester pays for.
	pub tier: Tier,
	/// Planck per fuel and executor at inclusion.
	pub price: Balance,
	/// Anything that the requester wants to find again in events.
	pub reference: H256,
	/// Time of the chain's clock after which no further committee is drawn for a first answer.
	pub deadline: Option<BlockNumber>,
	/// Block of inclusion.
	pub requested_at: BlockNumber,
	/// Block of the first draw.
	pub drawn_at: Option<BlockNumber>,
	/// Block of the last change from one [`RequestState`] to another.
	pub changed_at: BlockNumber,
	/// Seed of the last round for a first answer. It names the fork on which the answer was given.
	pub seed: Option<H256>,
	/// Reserved by each seat in its operator's own stake until the request is final, in planck.
	pub seat_reserve: Balance,
	/// Whether silence brought a second committee.
	pub is_escalated: bool,
	/// Held from the requester for storage, in planck; zero once the request is settled.
	pub deposit: Balance,
	/// Held from the requester for the fee, in planck. Once the request is final, what its panel is
	/// still to be paid.
	pub escrow: Balance,
	/// Whether validators are asked to hold its contents: from the first that they are asked for until
	/// they are paid.
	pub has_panel: bool,
	/// Audit that was ordered for the answer; `None` again once the request is final.
	pub audit: Option<AuditOrder<AccountId>>,
	/// Challenges, in order of arrival; none once the request is final.
	pub challenges: BoundedVec<Challenge<AccountId>, ConstU32<MAX_CHALLENGES>>,
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
		/// Block that fixed the round: only randomness of later blocks counts. A draw that is late
		/// counts from a later block, which [`DrawBatch::since`] says.
		since: BlockNumber,
		/// Session whose snapshot holds the candidates.
		session: u32,
	},
	/// Drawn: its members compute the task.
	#[codec(index = 1)]
	Assigned {
		/// Round of the committee.
		round: RoundIndex,
	},
	/// Audit committee that found the attested answer.
	#[codec(index = 2)]
	Passed,
}

/// Cause of an audit.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum AuditOrder<AccountId> {
	/// Randomness of the chain. The pot pays the auditors.
	#[codec(index = 0)]
	Random,
	/// Account that bought it. It pays the auditors.
	#[codec(index = 1)]
	Bought {
		/// Account that bought it.
		buyer: AccountId,
		/// Held from the buyer, in planck: what the auditors earn at most.
		held: Balance,
	},
}

/// Place of a challenger's bond.
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
pub enum BondSource {
	/// Held from the challenger's account.
	#[codec(index = 0)]
	Account,
	/// Reserved in the own stake of the challenger's executor pool.
	#[codec(index = 1)]
	Pool {
		/// Session in which it was reserved. Stake that had left before does not pay.
		session: u32,
	},
}

/// Claim that an answer is wrong, with a bond.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Challenge<AccountId> {
	/// Account that put up the bond.
	pub challenger: AccountId,
	/// Bond, in planck.
	pub bond: Balance,
	/// Place of the bond.
	pub source: BondSource,
	/// Digest of the answer that is said to be wrong.
	pub disputed: H256,
	/// Commitment to the digest that is said to be right.
	pub claim: H256,
	/// Digest that is said to be right, once it is revealed.
	pub revealed: Option<H256>,
}

impl<AccountId> Challenge<AccountId> {
	/// Tells whether the court's digest proves the challenger right.
	pub fn is_right(&self, digest: H256) -> bool {
		self.revealed == Some(digest) && self.disputed != digest
	}
}

/// Progress of a request. Times are those of the chain's clock.
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
		/// Time of the agreement.
		at: BlockNumber,
	},
	/// Answered; an audit committee computes the task again. The answer can be challenged.
	#[codec(index = 2)]
	Audited {
		/// Answer that is audited.
		answer: Answer,
		/// Time of the agreement.
		at: BlockNumber,
		/// Progress of the audit committee.
		status: CommitteeStatus<BlockNumber>,
	},
	/// In dispute: the court decides.
	#[codec(index = 3)]
	Court {
		/// Answer that was attested before, and the time of the agreement.
		attested: Option<(Answer, BlockNumber)>,
		/// Whether the court has the case. It did not where it was full: the dispute waits in a queue.
		opened: bool,
	},
	/// Final: the answer stands and is paid.
	#[codec(index = 4)]
	Settled {
		/// Final answer.
		answer: Answer,
		/// Executors and their pay, in planck, in the order of the rounds.
		paid: BoundedVec<(AccountId, Balance), ConstU32<MAX_SEATS>>,
		/// Charged in total, royalty and seat fees included, in planck.
		fee: Balance,
		/// Time of the settlement.
		at: BlockNumber,
	},
	/// Final: no answer. The escrow returned, but for what the storage of contents cost.
	#[codec(index = 5)]
	Failed {
		/// Cause.
		reason: FailureReason,
		/// Time of the failure.
		at: BlockNumber,
	},
	/// No committee yet: the validators of the panel do not hold the input.
	#[codec(index = 6)]
	Uploading {
		/// Time by which they must hold it. `None` before they are asked.
		until: Option<BlockNumber>,
	},
	/// A committee agreed on an output outside of the chain, which the panel does not hold.
	#[codec(index = 7)]
	Holding {
		/// Answer that the committee agreed on.
		answer: Answer,
		/// Time by which the panel must hold its output. `None` before it is asked.
		until: Option<BlockNumber>,
	},
}

impl<AccountId, BlockNumber> RequestState<AccountId, BlockNumber> {
	/// Status of the committee that the request waits for, if any.
	pub fn committee(&self) -> Option<&CommitteeStatus<BlockNumber>> {
		match self {
			Self::Open(status) | Self::Audited { status, .. } => Some(status),
			_ => None,
		}
	}

	/// Mutable [`Self::committee`].
	pub fn committee_mut(&mut self) -> Option<&mut CommitteeStatus<BlockNumber>> {
		match self {
			Self::Open(status) | Self::Audited { status, .. } => Some(status),
			_ => None,
		}
	}

	/// Tells whether the committee of the first round is not drawn.
	pub fn waits_for_first_draw(&self) -> bool {
		matches!(self, Self::Open(CommitteeStatus::Waiting { round: crate::tiers::FIRST, .. }))
	}

	/// Tells whether the committee of the first round is at work.
	pub fn is_in_first_round(&self) -> bool {
		matches!(self, Self::Open(CommitteeStatus::Assigned { round: crate::tiers::FIRST }))
	}

	/// Attested answer that is not final yet, and the time of the agreement.
	pub fn attested(&self) -> Option<(&Answer, &BlockNumber)> {
		match self {
			Self::Attested { answer, at } | Self::Audited { answer, at, .. } => Some((answer, at)),
			Self::Court { attested: Some((answer, at)), .. } => Some((answer, at)),
			_ => None,
		}
	}

	/// Content that the panel has to hold before the request goes on, and the time for it once it is
	/// asked. `input`: the input of the request, where it is outside of the chain.
	pub fn awaited(&self, input: Option<Content>) -> Option<(Content, Option<&BlockNumber>)> {
		match self {
			Self::Uploading { until } => Some((input?, until.as_ref())),
			Self::Holding { answer, until } => Some((stored_output(answer)?, until.as_ref())),
			_ => None,
		}
	}

	/// Tells whether the state is settled or failed, which nothing changes any more.
	pub fn is_final(&self) -> bool {
		matches!(self, Self::Settled { .. } | Self::Failed { .. })
	}
}

/// Output of an answer, where it is outside of the chain.
pub fn stored_output(answer: &Answer) -> Option<Content> {
	match answer.outcome {
		Outcome::Stored(content) => Some(content),
		_ => None,
	}
}

/// What the request found that was taken last. The next of the same block need not look for it again,
/// and the block pays once for reading it.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Admitted<AccountId, BlockNumber> {
	/// Block of inclusion.
	pub block: BlockNumber,
	/// Account that pays.
	pub requester: AccountId,
	/// Number of the model version.
	pub model: ModelId,
	/// Executors that could be drawn, besides the requester and the model's owner.
	pub executors: u32,
	/// Number of seats that may wait for their draws while executors have enough free slots for one
	/// more request.
	pub seats: u32,
	/// What each of these seats reserves, in planck.
	pub seat_reserve: Balance,
}

/// Draws that wait for the same randomness: the requests are in [`crate::Draws`].
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
pub struct DrawBatch<BlockNumber> {
	/// Block that queued the draws. With `authors` the key of their list.
	pub queued_at: BlockNumber,
	/// Number of different authors whose outputs seed the draws, where there are as many.
	pub authors: u32,
	/// Only outputs of later blocks seed the draws.
	pub since: BlockNumber,
	/// Number of draws at the beginning of the list that are done.
	pub done: u32,
}

/// Step of a request that the agenda runs at a time of the chain's clock.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub enum Action {
	/// Settles, or audits, an answer whose challenge window is over.
	#[codec(index = 0)]
	Settle,
	/// Removes the request, and returns the deposit of one that failed.
	#[codec(index = 1)]
	Prune,
	/// Ends a request that has no committee by its deadline.
	#[codec(index = 2)]
	Expire,
	/// Asks validators to hold the content that the request waits for.
	#[codec(index = 3)]
	Convene,
	/// Ends a request whose content they did not hold in time.
	#[codec(index = 4)]
	EndHolding,
	/// Ends the panel of a request that failed, and pays it.
	#[codec(index = 5)]
	Dismiss,
}

/// Whether the chain takes requests.
#[derive(
	Clone,
	Copy,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub enum IntakeStatus {
	/// It does.
	#[default]
	#[codec(index = 0)]
	Open,
	/// It takes none, and there are some that are not pruned.
	#[codec(index = 1)]
	Draining,
	/// It takes none, and there are none.
	#[codec(index = 2)]
	Drained,
}

/// Requests that there are.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct Backlog {
	/// Whether the chain takes requests.
	pub intake: IntakeStatus,
	/// Number of requests that are not final.
	pub open: u32,
	/// Number of requests that are final and not pruned.
	pub kept: u32,
	/// Number of requests that do not decode.
	pub lost: u32,
}

/// Input of an order.
pub(crate) enum OrderInput {
	Inline(Input),
	/// Longer than what the chain carries.
	Stored(Content),
}

/// Parameters of the calls `request` and `request_stored`.
pub(crate) struct Order<BlockNumber> {
	pub(crate) model: ModelId,
	pub(crate) input: OrderInput,
	pub(crate) tier: Tier,
	pub(crate) max_fee: Balance,
	pub(crate) max_royalty: Balance,
	pub(crate) reference: H256,
	pub(crate) deadline: Option<BlockNumber>,
	pub(crate) fuel_limit: Option<Fuel>,
}

/// [`Request`] of a runtime.
pub type RequestOf<T> = Request<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;
/// [`RequestState`] of a runtime.
pub type RequestStateOf<T> =
	RequestState<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;
