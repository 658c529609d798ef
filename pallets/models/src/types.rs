//! Stored types: model versions, executors that serve them, and the blocks in which an engine is valid.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
	traits::{ConstU32, Get},
	BoundedVec,
};
use opg_primitives::{Balance, Dims, VersionLimits};
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
	/// What loading and running it may take.
	pub limits: VersionLimits,
	/// Paid to the owner per attested request, in planck.
	pub royalty: Balance,
	/// BLAKE2b-256 of the engine's inspection report. Every honest executor finds the same.
	pub report_hash: H256,
}

/// Largest file and limits of a version.
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
pub struct Maxima {
	/// Length of the file in bytes.
	pub size: u32,
	/// Limits, each by itself.
	pub limits: VersionLimits,
}

impl Maxima {
	/// True where nothing is above `other`.
	pub fn are_within(&self, other: &Self) -> bool {
		let VersionLimits { fuel, load_fuel, memory } = self.limits;
		self.size <= other.size
			&& fuel <= other.limits.fuel
			&& load_fuel <= other.limits.load_fuel
			&& memory <= other.limits.memory
	}
}

/// Sessions before the current one whose draws may still come: their candidates are kept.
pub const PAST_SESSIONS: u32 = 2;

/// Executor that serves a version, in the sessions from `from` on and before `until`.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct ServingExecutor<AccountId> {
	/// Operator of the executor.
	pub executor: AccountId,
	/// First session in which it can be drawn.
	pub from: u32,
	/// First session of which it is no candidate any more. Draws skip it as soon as this is set.
	pub until: Option<u32>,
}

impl<AccountId> ServingExecutor<AccountId> {
	/// True where it is a candidate of `session`.
	pub fn is_candidate(&self, session: u32) -> bool {
		self.from <= session && self.until.is_none_or(|until| session < until)
	}

	/// True where it is no candidate of `session`, nor of a later one.
	pub fn has_ended(&self, session: u32) -> bool {
		self.until.is_some_and(|until| until <= session)
	}

	/// True where no draw can need it any more when `session` is the current one.
	pub fn is_forgotten(&self, session: u32) -> bool {
		self.until.is_some_and(|until| until.saturating_add(PAST_SESSIONS) <= session)
	}
}

/// Largest number of entries of a version: those who serve it, and those who have stopped and are
/// still candidates.
pub struct MaxEntries<T>(core::marker::PhantomData<T>);

impl<T: crate::Config> Get<u32> for MaxEntries<T> {
	fn get() -> u32 {
		T::MaxServingExecutors::get().saturating_mul(2)
	}
}

/// Entries of a version, sorted by account and session.
pub type ServingList<T> =
	BoundedVec<ServingExecutor<<T as frame_system::Config>::AccountId>, MaxEntries<T>>;

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
