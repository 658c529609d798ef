//! What the registry stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use opg_primitives::{Balance, Dims, Fuel};
use scale_info::TypeInfo;
use sp_core::H256;

/// UTF-8 name for people.
pub type ModelName = BoundedVec<u8, ConstU32<64>>;

/// A registered version.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Model<AccountId> {
	/// Who registered it and earns the royalty.
	pub owner: AccountId,
	/// BLAKE2b-256 of the ONNX file.
	pub hash: H256,
	/// Length of the file in bytes.
	pub size: u32,
	/// Name for people.
	pub name: ModelName,
	/// Engine id.
	pub engine: H256,
	/// Sizes of its symbolic dimensions.
	pub dims: Dims,
	/// Fuel limit of load and run together.
	pub max_fuel: Fuel,
	/// Paid to the owner per attested request, in planck.
	pub royalty: Balance,
	/// Digest of the engine's inspection report, which every executor finds too.
	pub report: H256,
}

/// When an engine may be used. Kept for ever: receipts name engines.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Validity<BlockNumber> {
	/// From this block on.
	pub from: BlockNumber,
	/// Before this block, if it has an end.
	pub until: Option<BlockNumber>,
}

impl<BlockNumber: PartialOrd> Validity<BlockNumber> {
	/// Whether the engine can still be used, now or later.
	pub fn has_future(&self, now: &BlockNumber) -> bool {
		self.until.as_ref().is_none_or(|until| now < until)
	}

	/// Whether the engine can be used now.
	pub fn holds(&self, now: &BlockNumber) -> bool {
		self.from <= *now && self.has_future(now)
	}
}

/// [`Model`] of a runtime.
pub type ModelOf<T> = Model<<T as frame_system::Config>::AccountId>;
