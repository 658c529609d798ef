//! Runtime APIs of OPG Chain.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

use alloc::vec::Vec;
use codec::{Decode, Encode};
use opg_primitives::{
	AccountId, Answer, Balance, BlockNumber, Dims, Fuel, ModelId, RequestId, RoundIndex, Tier,
};
use scale_info::TypeInfo;
use sp_core::H256;

/// What one drawn executor did.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct SeatView {
	/// The executor.
	pub executor: AccountId,
	/// Round it was drawn for.
	pub round: RoundIndex,
	/// Block and hash of its commitment.
	pub committed: Option<(BlockNumber, H256)>,
	/// Block and digest of its revealed answer.
	pub revealed: Option<(BlockNumber, H256)>,
	/// Why it gave its seat up, in words, if it did.
	pub declined: Option<Vec<u8>>,
}

/// Where a request stands.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum RequestStatus {
	/// Waiting for the draw.
	#[codec(index = 0)]
	Requested,
	/// A committee works on it.
	#[codec(index = 1)]
	Assigned,
	/// Answered; can be challenged.
	#[codec(index = 2)]
	Attested {
		/// The agreed answer.
		answer: Answer,
		/// Block of the decision.
		at: BlockNumber,
	},
	/// Answered; a jury computes it again.
	#[codec(index = 4)]
	Disputed {
		/// The doubted answer.
		answer: Answer,
		/// Block of the decision.
		at: BlockNumber,
		/// Who challenged it; nobody, where it is an audit.
		challenger: Option<AccountId>,
	},
	/// Final and paid.
	#[codec(index = 5)]
	Settled {
		/// The answer.
		answer: Answer,
		/// Who was paid how much.
		paid: Vec<(AccountId, Balance)>,
		/// Total fee charged, in planck.
		fee: Balance,
		/// Block of the decision.
		at: BlockNumber,
	},
	/// Failed and refunded; the reason by name.
	#[codec(index = 3)]
	Failed {
		/// The reason, in words.
		reason: Vec<u8>,
		/// Block of the decision.
		at: BlockNumber,
	},
}

/// Everything about a request.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct RequestView {
	/// Who pays.
	pub requester: AccountId,
	/// The model version.
	pub model: ModelId,
	/// Content hash of the model file.
	pub model_hash: H256,
	/// Engine id.
	pub engine: H256,
	/// Sizes of the model's symbolic dimensions.
	pub dims: Dims,
	/// Encoded input tensors.
	pub input: Vec<u8>,
	/// Fuel limit of the model.
	pub fuel_limit: u64,
	/// How much assurance was asked for.
	pub tier: Tier,
	/// Block of inclusion.
	pub requested_at: BlockNumber,
	/// Block of the first draw.
	pub drawn_at: Option<BlockNumber>,
	/// Every seat of every round so far.
	pub seats: Vec<SeatView>,
	/// Where it stands.
	pub status: RequestStatus,
}

sp_api::decl_runtime_apis! {
	/// Reads for clients.
	pub trait OpgApi {
		/// A request, or `None` if there is none with this number.
		fn request(id: RequestId) -> Option<RequestView>;
		/// What a request to this model costs at the current price, deposit not counted, in planck:
		/// exactly, for an answer that takes `fuel`; at most, without.
		fn estimate(model: ModelId, tier: Tier, fuel: Option<Fuel>) -> Option<Balance>;
		/// Number of executors that could be drawn for this model now.
		fn eligible_executors(model: ModelId) -> u32;
		/// Engines whose versions take requests now.
		fn valid_engines() -> Vec<H256>;
	}
}
