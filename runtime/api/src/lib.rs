//! Runtime APIs of OPG Chain.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

use alloc::vec::Vec;
use codec::{Decode, Encode};
use opg_primitives::{
	AccountId, Answer, Balance, BlockNumber, FailureReason, Fuel, JobError, ModelId, RequestId,
	RoundIndex, Task, Tier,
};
use scale_info::TypeInfo;
use sp_core::H256;

/// Seat of an executor in a round, and what it did there.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct SeatView {
	/// Operator.
	pub executor: AccountId,
	/// Round it was drawn for.
	pub round: RoundIndex,
	/// Block and hash of its commitment.
	pub committed: Option<(BlockNumber, H256)>,
	/// Block and digest of its revealed answer.
	pub revealed: Option<(BlockNumber, H256)>,
	/// Reason for which it declined the seat, if it did.
	pub declined: Option<JobError>,
}

/// Progress of a request.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum RequestStatus {
	/// Waits for the draw.
	#[codec(index = 0)]
	Requested,
	/// Has a committee.
	#[codec(index = 1)]
	Assigned,
	/// Answered; can be challenged.
	#[codec(index = 2)]
	Attested {
		/// Answer on which the committee agreed.
		answer: Answer,
		/// Block of the decision.
		at: BlockNumber,
	},
	/// Answered; a jury computes it again.
	#[codec(index = 3)]
	Disputed {
		/// Answer that is disputed.
		answer: Answer,
		/// Block of the decision.
		at: BlockNumber,
		/// Account that challenged it. `None` for an audit.
		challenger: Option<AccountId>,
	},
	/// Final and paid.
	#[codec(index = 4)]
	Settled {
		/// Final answer.
		answer: Answer,
		/// Recipients, and what each was paid in planck.
		paid: Vec<(AccountId, Balance)>,
		/// Total fee charged, in planck.
		fee: Balance,
		/// Block of the decision.
		at: BlockNumber,
	},
	/// Failed and refunded.
	#[codec(index = 5)]
	Failed {
		/// Cause.
		reason: FailureReason,
		/// Block of the decision.
		at: BlockNumber,
	},
}

/// Request, joined from all pallets.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct RequestView {
	/// Account that pays.
	pub requester: AccountId,
	/// Number of the model version.
	pub model: ModelId,
	/// Inference that is to be computed.
	pub task: Task,
	/// Assurance that is paid for.
	pub tier: Tier,
	/// Block of inclusion.
	pub requested_at: BlockNumber,
	/// Block of the first draw.
	pub drawn_at: Option<BlockNumber>,
	/// Every seat of every round so far.
	pub seats: Vec<SeatView>,
	/// Progress.
	pub status: RequestStatus,
}

sp_api::decl_runtime_apis! {
	/// Reads for clients.
	pub trait OpgApi {
		/// Request with this number, if there is one.
		fn request(id: RequestId) -> Option<RequestView>;
		/// Price of a request to this model now, in planck, without the deposit. Exact for an answer
		/// that takes `fuel`; an upper bound if that is `None`.
		fn estimate(model: ModelId, tier: Tier, fuel: Option<Fuel>) -> Option<Balance>;
		/// Number of executors that could be drawn for this model now.
		fn eligible_executors(model: ModelId) -> u32;
		/// Engines whose versions take requests now.
		fn valid_engines() -> Vec<H256>;
	}
}
