//! Trait of the models pallet: versions that requests can name, and executors that serve them.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use opg_primitives::{Dims, ModelId, VersionLimits};
use scale_info::TypeInfo;
use sp_core::H256;

/// Model version, as a request needs it.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct ModelVersion<AccountId, Balance> {
	/// Account that registered it. Earns the royalty.
	pub owner: AccountId,
	/// Content hash of the file.
	pub model_hash: H256,
	/// Length of the file in bytes.
	pub size: u32,
	/// Id of the engine that runs it.
	pub engine_id: H256,
	/// Sizes of its symbolic dimensions.
	pub dims: Dims,
	/// What loading and running it may take.
	pub limits: VersionLimits,
	/// Paid to the owner per attested request, in planck.
	pub royalty: Balance,
}

/// Reason for which a model version takes no requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModelUnavailable {
	/// No version has this number.
	Unknown,
	/// Its engine is not valid yet, or no longer.
	EngineNotValid,
	/// Less than two thirds of the validators say that they hold its file.
	NotCourtReady,
}

/// Executors that serve a model version in a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Serving<AccountId> {
	/// Candidates of the session, sorted. Nobody joins or leaves them once the session before has
	/// begun.
	pub candidates: Vec<AccountId>,
	/// Those of them who have stopped since, sorted. A draw skips them; it never removes them from
	/// the candidates.
	pub stopped: Vec<AccountId>,
}

// Not derived: the derived one would need a default account.
impl<AccountId> Default for Serving<AccountId> {
	fn default() -> Self {
		Self { candidates: Vec::new(), stopped: Vec::new() }
	}
}

/// Registry of models.
pub trait ModelRegistry<AccountId, Balance> {
	/// Version with this number, if its engine is valid and the court could compute it now.
	fn version(model: ModelId) -> Result<ModelVersion<AccountId, Balance>, ModelUnavailable>;
	/// Executors that serve it in `session`, which is not later than the planned one.
	fn serving(model: ModelId, session: u32) -> Serving<AccountId>;
}

/// Files of the registered versions.
pub trait ModelFiles {
	/// Number of the next version. Those of all registered ones are below it.
	fn next() -> ModelId;
	/// Content hash of the file of a registered version.
	fn model_hash(model: ModelId) -> Option<H256>;
}

/// Models for benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkModels<AccountId> {
	/// Registers a version of `owner` that `executors` serve, from the current session on.
	fn version(owner: &AccountId, executors: &[AccountId]) -> ModelId;
}
