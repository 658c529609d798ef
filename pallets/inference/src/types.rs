//! What a request is.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{Answer, Balance, ModelId, RoundIndex};
use pallet_opg_support::{FailureReason, ModelVersion};
use scale_info::TypeInfo;

/// Most executors that can share the pay of one request: both committees, 3 + 7.
pub const MAX_WINNERS: u32 = 10;

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
	/// Planck per fuel and executor at inclusion.
	pub price: Balance,
	/// Block of inclusion.
	pub requested_at: BlockNumber,
	/// Block of the first draw.
	pub drawn_at: Option<BlockNumber>,
	/// Deposit for its storage, in planck.
	pub deposit: Balance,
	/// Where it stands.
	pub state: State<AccountId, BlockNumber>,
}

/// Where a request stands.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum State<AccountId, BlockNumber> {
	/// Waits for the draw of a round.
	#[codec(index = 0)]
	Waiting {
		/// The round to be drawn.
		round: RoundIndex,
		/// Held from the requester, in planck.
		escrow: Balance,
	},
	/// A committee works on it.
	#[codec(index = 1)]
	Assigned {
		/// The round.
		round: RoundIndex,
		/// Held from the requester, in planck.
		escrow: Balance,
	},
	/// Answered and paid.
	#[codec(index = 2)]
	Attested {
		/// The agreed answer.
		answer: Answer,
		/// Executors and their pay, in planck.
		paid: BoundedVec<(AccountId, Balance), ConstU32<MAX_WINNERS>>,
		/// Charged in total, royalty included, in planck.
		fee: Balance,
		/// Block of the decision.
		at: BlockNumber,
	},
	/// Ended without an answer and refunded.
	#[codec(index = 3)]
	Failed {
		/// Why.
		reason: FailureReason,
		/// Block of the decision.
		at: BlockNumber,
	},
}

/// [`Request`] of a runtime.
pub type RequestOf<T> = Request<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;
/// [`State`] of a runtime.
pub type StateOf<T> = State<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;
