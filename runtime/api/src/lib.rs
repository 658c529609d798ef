//! Runtime APIs of OPG Chain.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod directory;
mod events;
mod registry;

pub use directory::*;
pub use events::*;
pub use registry::*;

use alloc::vec::Vec;
use codec::{Decode, Encode};
use opg_primitives::{
	AccountId, Answer, Balance, BlockNumber, Content, FailureReason, Fuel, JobError, ModelId,
	RequestId, RoundIndex, Task, Tier,
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

/// Progress of a request. Times are those of the chain's clock, which is not ahead of the blocks.
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
		/// Time of the decision.
		at: BlockNumber,
	},
	/// In dispute: the court decides.
	#[codec(index = 3)]
	Disputed {
		/// Answer that was attested before, if one was.
		answer: Option<Answer>,
		/// Block in which the dispute began.
		since: BlockNumber,
		/// Accounts that challenge an answer.
		challengers: Vec<AccountId>,
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
		/// Time of the decision.
		at: BlockNumber,
	},
	/// Failed and refunded.
	#[codec(index = 5)]
	Failed {
		/// Cause.
		reason: FailureReason,
		/// Time of the decision.
		at: BlockNumber,
	},
	/// Answered; an audit committee computes it again. The answer can be challenged.
	#[codec(index = 6)]
	Audited {
		/// Answer that is audited.
		answer: Answer,
		/// Time of the decision.
		at: BlockNumber,
		/// Account that bought the audit. `None` where randomness picked the answer.
		buyer: Option<AccountId>,
	},
	/// The input is outside of the chain. The draw waits until validators hold it.
	#[codec(index = 7)]
	Uploading {
		/// Time by which they must hold it. `None` where they are not asked yet.
		until: Option<BlockNumber>,
	},
	/// A committee agreed on an output outside of the chain. The answer counts once validators hold it.
	#[codec(index = 8)]
	Holding {
		/// Answer on which the committee agreed.
		answer: Answer,
		/// Time by which they must hold it. `None` where they are not asked yet.
		until: Option<BlockNumber>,
	},
}

/// What may be relied on, each with the block since which it is so. An answer may be relied on once it
/// is settled and that block is final; an attested one can still be challenged.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum Reliance {
	/// There is no such request, or it was pruned.
	#[codec(index = 0)]
	Unknown,
	/// No answer yet.
	#[codec(index = 1)]
	Open {
		/// Block of inclusion.
		since: BlockNumber,
	},
	/// A committee agreed on an answer, which can be challenged, or is audited.
	#[codec(index = 2)]
	Attested {
		/// Block of the agreement, or of the beginning of the audit.
		since: BlockNumber,
	},
	/// The answer is in dispute.
	#[codec(index = 3)]
	Disputed {
		/// Block in which the dispute began.
		since: BlockNumber,
	},
	/// The answer is final, once the block is.
	#[codec(index = 4)]
	Settled {
		/// Block of the settlement.
		since: BlockNumber,
	},
	/// There is no answer, and there will be none.
	#[codec(index = 5)]
	Failed {
		/// Block of the failure.
		since: BlockNumber,
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
	/// Reference that the requester set.
	pub reference: H256,
	/// Time of the chain's clock after which no further committee is drawn for a first answer.
	pub deadline: Option<BlockNumber>,
	/// Block of inclusion.
	pub requested_at: BlockNumber,
	/// Block of the first draw.
	pub drawn_at: Option<BlockNumber>,
	/// Seed of the last round for a first answer: a challenge names it.
	pub seed: Option<H256>,
	/// Every seat of every round so far.
	pub seats: Vec<SeatView>,
	/// Progress.
	pub status: RequestStatus,
}

/// Executors of a model that have a free slot. Requests are taken while these executors hold two
/// thirds of all slots on offer.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct FreeExecutors {
	/// Number of executors with a free slot.
	pub executors: u32,
	/// Slots of these executors, the taken ones included.
	pub slots: u128,
	/// Slots of all executors that could be drawn.
	pub offered: u128,
}

sp_api::decl_runtime_apis! {
	/// Reads for clients. Since version 2 estimates take a fuel limit.
	#[api_version(2)]
	pub trait OpgApi {
		/// Request with this number, if there is one.
		fn request(id: RequestId) -> Option<RequestView>;
		/// What may be relied on of this request. Ask about the final block.
		fn may_rely(id: RequestId) -> Reliance;
		/// Price of a request to this model now, in planck, without the deposit and without the fee of
		/// storing an input. Exact for an answer that takes `fuel` and whose output the chain carries; an
		/// upper bound if that is `None`. `fuel_limit`: that of the request, where it has one of its own.
		fn estimate(
			model: ModelId,
			tier: Tier,
			fuel: Option<Fuel>,
			fuel_limit: Option<Fuel>,
		) -> Option<Balance>;
		/// Upper bound of the price of a request that is included in the next `blocks` blocks, in
		/// planck, without the deposit and without the fee of storing an input: the price of fuel may
		/// rise until then.
		fn estimate_at_most(
			model: ModelId,
			tier: Tier,
			blocks: u32,
			fuel_limit: Option<Fuel>,
		) -> Option<Balance>;
		/// Bond of a challenge of this request, in planck.
		fn challenge_bond(id: RequestId) -> Option<Balance>;
		/// Price of an audit of this request, in planck: held, and returned as far as the answer took
		/// less fuel than its limit. Seat fees come on top.
		fn audit_price(id: RequestId) -> Option<Balance>;
		/// Number of executors that are free to be drawn for this model now.
		fn eligible_executors(model: ModelId) -> u32;
		/// What the executors that could be drawn for this model offer now.
		fn free_executors(model: ModelId) -> FreeExecutors;
		/// Engines whose versions take requests now.
		fn valid_engines() -> Vec<H256>;
		/// What an input of so many bytes adds to the price of a request, in planck: nothing where the
		/// chain carries it. The estimates do not contain it.
		fn input_fee(bytes: u32) -> Balance;
		/// Inputs and outputs outside of the chain that this request needs: none once it is final.
		fn contents_of(id: RequestId) -> Vec<Content>;
		/// Tells whether a registered version has this file, by name and bytes.
		fn is_registered_file(model_hash: H256, size: u32) -> bool;
	}
}
