//! Stored types: model versions, and the blocks in which an engine is valid.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use opg_primitives::{Balance, Dims, Fuel};
use scale_info::TypeInfo;
use sp_core::H256;

/// UTF-8 name for people, up to 64 bytes.
pub type ModelName = BoundedVec<u8, ConstU32<64>>;

/// Registered version.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Model<AccountId> {
	/// Account that registered it and earns the royalty.
	pub owner: AccountId,
	/// BLAKE2b-256 of the ONNX file.
	pub model_hash: H256,
	/// Length of the file in bytes.
	pub size: u32,
	/// Name for people. Need not be unique.
	pub name: ModelName,
	/// BLAKE2b-256 of the engine's WebAssembly.
	pub engine_id: H256,
	/// Sizes of all symbolic dimensions of the file, sorted by name.
	pub dims: Dims,
	/// Fuel limit of load and run together.
	pub fuel_limit: Fuel,
	/// Paid to the owner per attested request, in planck.
	pub royalty: Balance,
	/// BLAKE2b-256 of the engine's inspection report. Every honest executor finds the same.
	pub report_hash: H256,
}

/// Blocks in which an engine takes requests.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Validity<BlockNumber> {
	/// First block of requests.
	pub from: BlockNumber,
	/// First block without requests. `None` while the engine is not retired.
	pub until: Option<BlockNumber>,
}

impl<BlockNumber: PartialOrd> Validity<BlockNumber> {
	/// True from the block `until` on.
	pub fn has_ended(&self, now: &BlockNumber) -> bool {
		self.until.as_ref().is_some_and(|until| until <= now)
	}

	/// True from the block `from` on, and before the block `until`.
	pub fn contains(&self, now: &BlockNumber) -> bool {
		self.from <= *now && !self.has_ended(now)
	}
}

/// [`Model`] with the account type of a runtime.
pub type ModelOf<T> = Model<<T as frame_system::Config>::AccountId>;
