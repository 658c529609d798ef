//! Trait of the attestation pallet: opens rounds and judges the answers of their committees.

use alloc::vec::Vec;
use opg_primitives::{Answer, FailureReason, Fuel, RequestId, RoundIndex};
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
	/// Number of equal answers with which they agree, where nobody gives another. A committee of one
	/// reveals at once: there is nobody from whom it could copy.
	pub needed: u32,
	/// Seed of the draw. What executors submit names it, and so the fork.
	pub seed: H256,
	/// Session from whose snapshot they were drawn.
	pub session: u32,
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
	/// Opens a round. Fails only where too many rounds wait for their end.
	fn open(assignment: Assignment<AccountId>) -> Result<(), FailureReason>;
	/// Executors with a seat in any round of the request.
	fn past_members(request: RequestId) -> Vec<AccountId>;
	/// Digests that executors revealed in any round, each once, in the order of the rounds. Where
	/// there are several, somebody lied.
	fn revealed_digests(request: RequestId) -> Vec<H256>;
	/// Convicts everyone who revealed an answer with another digest, in any round. The payees get
	/// parts of what is taken. To be called once per request, at its end: after a verdict of the
	/// court, or where all revealed answers are equal.
	fn judge(
		request: RequestId,
		digest: H256,
		payees: &[(&AccountId, Perbill)],
	) -> Judgement<AccountId>;
	/// Revealed answer with this digest. It is kept until the request is removed.
	fn answer(request: RequestId, digest: H256) -> Option<Answer>;
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
	fn closed_rounds(request: RequestId, seats: Vec<(AccountId, RoundIndex, Answer)>);
}
