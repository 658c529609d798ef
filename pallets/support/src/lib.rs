//! The traits through which the OPG pallets reach each other, and the draw.
//!
//! No pallet depends on another: each names here what it needs, and the runtime connects them.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod draw;
pub mod penalties;
pub mod priority;

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use opg_primitives::{Answer, Dims, ExecutorKey, Fuel, ModelId, RequestId, RoundIndex};
use scale_info::TypeInfo;
use sp_runtime::{Perbill, Weight};

/// What an executor did wrong.
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
pub enum Fault {
	/// Revealed an answer that the deciding round disagrees with.
	#[codec(index = 0)]
	Wrong,
	/// Committed and did not reveal.
	#[codec(index = 1)]
	Unrevealed,
	/// Did not commit.
	#[codec(index = 2)]
	Uncommitted,
}

/// Why a request ended without an attested answer. The fee is refunded in full.
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
pub enum FailureReason {
	/// Fewer executors can be drawn than a committee needs.
	#[codec(index = 0)]
	NotEnoughExecutors,
	/// Too few of the last committee committed.
	#[codec(index = 1)]
	NotEnoughCommitments,
	/// Too few of the last committee revealed.
	#[codec(index = 2)]
	NotEnoughReveals,
	/// The last committee did not agree.
	#[codec(index = 3)]
	NoAgreement,
	/// No block had room for the draw.
	#[codec(index = 4)]
	Congested,
	/// Most of the last committee that did not commit does not have the model file.
	#[codec(index = 5)]
	ModelUnavailable,
	/// Most of the last committee that did not commit runs another engine than the model names.
	#[codec(index = 6)]
	EngineUnavailable,
	/// Taken back by the requester.
	#[codec(index = 7)]
	Cancelled,
	/// A jury found another answer than the attested one.
	#[codec(index = 8)]
	Overturned,
	/// The circuit breaker tripped before the answer was settled.
	#[codec(index = 9)]
	SlashingPaused,
}

/// Most seats in a round.
pub const MAX_ROUND: u32 = 15;
/// Most seats in all rounds of a request: 7 + 15 + 15 + 15.
pub const MAX_SEATS: u32 = 52;

/// When a committee agrees.
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
pub enum Rule {
	/// So many give the same answer and nobody gives another.
	#[codec(index = 0)]
	Undisputed {
		/// How many.
		needed: u32,
	},
	/// More than half of the seats give the same answer.
	#[codec(index = 1)]
	Majority,
}

/// The executor stake pools, as the other pallets see them.
pub trait ExecutorPools<AccountId> {
	/// Value that is paid in. Dropping one burns it.
	type Credit;
	/// Operator and weight in planck, from the snapshot of the current session, without those who
	/// may not be drawn any more. Sorted by operator.
	fn snapshot() -> Vec<(AccountId, u128)>;
	/// Whether `who` has a pool.
	fn has_pool(who: &AccountId) -> bool;
	/// The key that attests for `who`.
	fn hot_key(who: &AccountId) -> Option<ExecutorKey>;
	/// Whom `key` attests for.
	fn operator_of(key: &ExecutorKey) -> Option<AccountId>;
	/// Add to the pool of `who`.
	fn reward(who: &AccountId, credit: Self::Credit);
	/// Take from the pool of `who` what `fault` costs; the payees get parts of what `who` itself
	/// loses, and the rest is burned.
	fn penalise(who: &AccountId, fault: Fault, payees: &[(&AccountId, Perbill)]);
	/// `who` did its duty: forget its misses. Returns whether it had any.
	fn clear_misses(who: &AccountId) -> bool;
	/// Whether the circuit breaker tripped: nothing is slashed and no request is decided.
	fn slashing_paused() -> bool;
	/// Open a pool on duty for `who`, with a hot key that the keystore has. It rests after one more
	/// missed commitment.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_executor(who: &AccountId) -> ExecutorKey;
	/// Draw from `members` from now on.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_snapshot(members: &[AccountId]);
}

/// A model version, as a request needs it.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct ModelVersion<AccountId, Balance> {
	/// Who registered it and earns the royalty.
	pub owner: AccountId,
	/// Content hash of the file.
	pub hash: sp_core::H256,
	/// Engine id.
	pub engine: sp_core::H256,
	/// Sizes of its symbolic dimensions.
	pub dims: Dims,
	/// Fuel limit of load and run together.
	pub max_fuel: Fuel,
	/// Paid to the owner per attested request, in planck.
	pub royalty: Balance,
}

/// Why a model version cannot be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NoVersion {
	/// There is none with this number.
	Unknown,
	/// Its engine is not valid yet, or no longer.
	EngineNotValid,
}

/// The model registry, as the other pallets see it.
pub trait ModelRegistry<AccountId, Balance> {
	/// A registered version whose engine is valid now, or what is wrong.
	fn version(model: ModelId) -> Result<ModelVersion<AccountId, Balance>, NoVersion>;
	/// Who serves it, sorted.
	fn servers(model: ModelId) -> Vec<AccountId>;
	/// Register a version of `owner` that `servers` serve.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_version(owner: &AccountId, servers: &[AccountId]) -> ModelId;
}

/// A drawn committee that is to answer a request.
pub struct Assignment<AccountId> {
	/// The request.
	pub request: RequestId,
	/// The round.
	pub round: RoundIndex,
	/// The executors, in draw order.
	pub committee: Vec<AccountId>,
	/// When they agree.
	pub rule: Rule,
	/// Content hash of the model file.
	pub model: sp_core::H256,
	/// Engine id.
	pub engine: sp_core::H256,
	/// Digest of the input.
	pub input: sp_core::H256,
	/// Fuel limit.
	pub fuel_limit: Fuel,
}

/// What the executors need to know of a request.
pub struct Task {
	/// Content hash of the model file.
	pub model: sp_core::H256,
	/// Engine id.
	pub engine: sp_core::H256,
	/// Sizes of the model's symbolic dimensions.
	pub dims: Dims,
	/// Encoded input tensors.
	pub input: Vec<u8>,
	/// Fuel limit.
	pub fuel_limit: Fuel,
}

/// The attestation side, as the inference pallet sees it.
pub trait Committees<AccountId> {
	/// Open a round. Fails only where no deadline can be scheduled.
	fn open(assignment: Assignment<AccountId>) -> Result<(), FailureReason>;
	/// Everyone who sat in any round of the request.
	fn sat(request: RequestId) -> Vec<AccountId>;
	/// Punish everyone who gave another answer than the one with this digest, in any round. The
	/// payees get parts of what is taken.
	fn judge(
		request: RequestId,
		digest: sp_core::H256,
		payees: &[(&AccountId, Perbill)],
	) -> Judged<AccountId>;
	/// Forget a request that has ended. Returns what that cost besides its record.
	fn forget(request: RequestId) -> Weight;
	/// The most that `forget` costs.
	fn most_of_forget() -> Weight;
	/// Keys that all rounds share that are opened in a block, which pays for them once.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_shared_keys() -> Vec<Vec<u8>>;
	/// Record closed rounds in which these executors sat and gave these answers.
	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_rounds(
		request: RequestId,
		seats: Vec<(AccountId, RoundIndex, opg_primitives::Answer)>,
	);
}

/// Who answered a request.
pub struct Judged<AccountId> {
	/// Those who gave the right answer, in the order of the rounds.
	pub right: Vec<AccountId>,
	/// How many gave another.
	pub wrong: u32,
}

/// What a committee decided.
pub enum Verdict {
	/// It agreed on an answer.
	Agreed(Answer),
	/// It did not.
	Undecided(FailureReason),
}

/// The inference side, as the attestation pallet sees it.
pub trait Requests<AccountId> {
	/// What the executors are to run.
	fn task(request: RequestId) -> Option<Task>;
	/// A round ended. Returns what that cost.
	fn decided(request: RequestId, verdict: Verdict) -> Weight;
	/// The most that `decided` costs.
	fn most_of_decided() -> Weight;
}
