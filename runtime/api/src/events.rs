//! Runtime API of what a block did to requests. A node asks it about each block that it follows.

use alloc::vec::Vec;
use codec::{Decode, Encode};
use opg_primitives::{
	AccountId, Balance, BlockNumber, Content, FailureReason, JobError, ModelId, RequestId,
	RoundIndex,
};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::DispatchError;

/// Most requests of a page of [`ReferenceView`]s.
pub const MAX_REFERENCES_PAGE: u32 = 256;

/// Something that happened to a request.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct RequestEventView {
	/// Number of the request.
	pub request: RequestId,
	/// Index of the extrinsic that did it. `None` where the block itself did.
	pub extrinsic: Option<u32>,
	/// What happened.
	pub event: RequestEvent,
}

/// What happened to a request. Events of the court are among them.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum RequestEvent {
	/// It was accepted.
	#[codec(index = 0)]
	Requested {
		/// Account that pays.
		requester: AccountId,
		/// Number of the model version.
		model: ModelId,
		/// Reference that the requester set.
		reference: H256,
	},
	/// A committee was drawn.
	#[codec(index = 1)]
	Drawn {
		/// Its round.
		round: RoundIndex,
		/// Executors, in draw order.
		committee: Vec<AccountId>,
	},
	/// An executor declined its seat in time, and another took it.
	#[codec(index = 2)]
	Replaced {
		/// Round of the seat.
		round: RoundIndex,
		/// Executor that declined.
		declined: AccountId,
		/// Executor that has the seat.
		executor: AccountId,
	},
	/// A committee was too silent to agree, and a larger one is drawn.
	#[codec(index = 3)]
	Escalated {
		/// Round of the larger committee.
		round: RoundIndex,
		/// Cause.
		reason: FailureReason,
	},
	/// Validators were asked to hold an input or output outside of the chain.
	#[codec(index = 4)]
	Convened {
		/// Input or output.
		content: Content,
		/// Time of the clock by which enough of them must hold it.
		until: BlockNumber,
	},
	/// Enough validators hold an input or output outside of the chain.
	#[codec(index = 5)]
	Held {
		/// Input or output.
		content: Content,
	},
	/// An executor committed to an answer.
	#[codec(index = 6)]
	Committed {
		/// Round of the seat.
		round: RoundIndex,
		/// Executor.
		executor: AccountId,
	},
	/// An executor revealed its answer.
	#[codec(index = 7)]
	Revealed {
		/// Round of the seat.
		round: RoundIndex,
		/// Executor.
		executor: AccountId,
		/// Digest of the answer.
		digest: H256,
	},
	/// An executor declined its seat.
	#[codec(index = 8)]
	Declined {
		/// Round of the seat.
		round: RoundIndex,
		/// Executor.
		executor: AccountId,
		/// Condition of its node.
		reason: JobError,
	},
	/// A committee agreed on an answer. It can be challenged.
	#[codec(index = 9)]
	Attested {
		/// Number of the model version.
		model: ModelId,
		/// Digest of the answer.
		digest: H256,
	},
	/// An audit committee computes the answer again.
	#[codec(index = 10)]
	Audited {
		/// Account that bought the audit. `None` where randomness picked the answer.
		buyer: Option<AccountId>,
	},
	/// An account put up a bond against an answer.
	#[codec(index = 11)]
	Challenged {
		/// Account that put up the bond.
		challenger: AccountId,
		/// Digest of the answer that it disputes.
		digest: H256,
	},
	/// The answer is in dispute.
	#[codec(index = 12)]
	Disputed,
	/// The court sits.
	#[codec(index = 13)]
	SittingBegan {
		/// 0, or 1 after an undecided sitting.
		sitting: u8,
	},
	/// A validator committed to a vote.
	#[codec(index = 14)]
	VoteCommitted {
		/// Validator.
		validator: AccountId,
	},
	/// A validator revealed its vote.
	#[codec(index = 15)]
	VoteRevealed {
		/// Validator.
		validator: AccountId,
		/// Digest of the answer that it found.
		digest: H256,
	},
	/// The first sitting decided nothing. The court sits once more.
	#[codec(index = 16)]
	Adjourned,
	/// The court decided.
	#[codec(index = 17)]
	Judged {
		/// Digest of the right answer.
		digest: H256,
		/// Number of executors that gave it.
		right: u32,
		/// Number of executors that gave another.
		wrong: u32,
	},
	/// The answer is final and paid.
	#[codec(index = 18)]
	Settled {
		/// Number of the model version.
		model: ModelId,
		/// Digest of the answer.
		digest: H256,
		/// Charged in total, in planck.
		fee: Balance,
	},
	/// It ended without an answer.
	#[codec(index = 19)]
	Failed {
		/// Number of the model version.
		model: ModelId,
		/// Cause.
		reason: FailureReason,
	},
	/// It was removed from the chain's state.
	#[codec(index = 20)]
	Pruned {
		/// Number of the model version.
		model: ModelId,
	},
}

/// What names a request to its requester.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct ReferenceView {
	/// Number of the request.
	pub request: RequestId,
	/// Account that pays.
	pub requester: AccountId,
	/// Number of the model version.
	pub model: ModelId,
	/// Reference that the requester set.
	pub reference: H256,
}

sp_api::decl_runtime_apis! {
	/// What a block did to requests. To be asked about that block.
	pub trait RequestEventsApi {
		/// What the block did to requests, in order.
		fn request_events() -> Vec<RequestEventView>;
		/// Error of the extrinsic of the block with this index, if it failed.
		fn failure_of(extrinsic: u32) -> Option<DispatchError>;
		/// Requests that the chain keeps among the next `limit` numbers from `from` on. At most
		/// [`MAX_REFERENCES_PAGE`] numbers.
		fn references(from: RequestId, limit: u32) -> Vec<ReferenceView>;
	}
}
