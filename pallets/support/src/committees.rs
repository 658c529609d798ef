//! Trait of the attestation pallet: opens rounds and judges the answers of their committees.

use crate::Rule;
use alloc::vec::Vec;
use opg_primitives::{FailureReason, Fuel, RequestId, RoundIndex};
use sp_core::H256;
use sp_runtime::{Perbill, Weight};

/// Request for a round: the drawn committee, and the inference that it answers.
pub struct Assignment<AccountId> {
	/// Number of the request.
	pub request: RequestId,
	/// Round of the request.
	pub round: RoundIndex,
	/// Executors, in draw order.
	pub committee: Vec<AccountId>,
	/// Condition under which they agree.
	pub rule: Rule,
	/// Content hash of the model file.
	pub model_hash: H256,
	/// Id of the engine.
	pub engine_id: H256,
	/// Digest of the input.
	pub input_hash: H256,
	/// Fuel limit of the model.
	pub fuel_limit: Fuel,
}

/// Result of comparing all answers to a request with the right one.
pub struct Judgement<AccountId> {
	/// Executors that gave the right answer, in the order of the rounds.
	pub right: Vec<AccountId>,
	/// Number of executors that gave another.
	pub wrong: u32,
}

/// Committees of requests.
pub trait Committees<AccountId> {
	/// Opens a round. Fails only if no deadline can be scheduled.
	fn open(assignment: Assignment<AccountId>) -> Result<(), FailureReason>;
	/// Executors with a seat in any round of the request.
	fn past_members(request: RequestId) -> Vec<AccountId>;
	/// Penalises everyone who revealed an answer with another digest, in any round. The payees get
	/// parts of what is taken. To be called once per request, at its end.
	fn judge(
		request: RequestId,
		digest: H256,
		payees: &[(&AccountId, Perbill)],
	) -> Judgement<AccountId>;
	/// Removes all rounds of a request that has ended. They are one storage item, whose weight the
	/// caller measures with its own. Returns what comes on top.
	fn remove(request: RequestId) -> Weight;
	/// Largest weight that `remove` returns.
	fn max_remove_weight() -> Weight;
}

/// Rounds for benchmarks.
#[cfg(feature = "runtime-benchmarks")]
pub trait BenchmarkCommittees<AccountId> {
	/// Storage keys that all rounds opened in one block share: a block pays for them once.
	fn shared_keys() -> Vec<Vec<u8>>;
	/// Stores closed rounds in which these executors revealed these answers.
	fn closed_rounds(
		request: RequestId,
		seats: Vec<(AccountId, RoundIndex, opg_primitives::Answer)>,
	);
}
