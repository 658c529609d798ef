//! Trait of the attestation pallet: opens rounds and judges the answers of their committees.

use alloc::vec::Vec;
use opg_primitives::{Answer, BlockNumber, FailureReason, Fuel, RequestId, RoundIndex};
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
	/// Fuel limit of a run. An answer with more is refused.
	pub fuel_limit: Fuel,
	/// Longest encoded output, in bytes. An answer with a longer one is refused.
	pub output_limit: u32,
	/// Length of the commit phase, by the clock.
	pub commit_blocks: BlockNumber,
	/// Whether executors have to give a witness for `seed` with their answer, which nobody has who
	/// copied it.
	pub witnessed: bool,
}

/// Executor of a seat, and the session from whose snapshot it was drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeatHolder<AccountId> {
	/// Operator.
	pub executor: AccountId,
	/// Session from whose snapshot it was drawn.
	pub session: u32,
}

/// Seat that was declined free of charge, and can be given to another executor.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Vacancy<AccountId> {
	/// Round of the seat.
	pub round: RoundIndex,
	/// Seed from which its committee was drawn.
	pub seed: H256,
	/// Session from whose snapshot it was drawn.
	pub session: u32,
	/// Executor that declined.
	pub declined: AccountId,
}

/// Result of comparing all answers to a request with the right one. Each list is in the order of the
/// rounds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judgement<AccountId> {
	/// Executors that gave the right answer, and the right witness where one was judged.
	pub right: Vec<AccountId>,
	/// Seats with another answer. They are convicted.
	pub wrong: Vec<SeatHolder<AccountId>>,
	/// Seats with the right answer and a wrong witness: it is no work of theirs. They are fined as
	/// for a missed reveal.
	pub copied: Vec<SeatHolder<AccountId>>,
	/// Seats of the first round that were not kept, those declined free of charge excluded.
	pub silent: Vec<SeatHolder<AccountId>>,
	/// Such seats of the current round, where it is an audit that is over.
	pub absent: Vec<SeatHolder<AccountId>>,
}

impl<AccountId> Default for Judgement<AccountId> {
	fn default() -> Self {
		Self {
			right: Vec::new(),
			wrong: Vec::new(),
			copied: Vec::new(),
			silent: Vec::new(),
			absent: Vec::new(),
		}
	}
}

/// Committees of requests.
pub trait Committees<AccountId> {
	/// Opens a round. Fails only where too many rounds wait for their end.
	fn open(assignment: Assignment<AccountId>) -> Result<(), FailureReason>;
	/// Executors that had a seat in any round of the request, those included whose seat was given to
	/// another.
	fn past_members(request: RequestId) -> Vec<AccountId>;
	/// Seats of all rounds of the request, without those that were given to another. Each has one
	/// holder, from its draw on.
	fn seat_holders(request: RequestId) -> Vec<SeatHolder<AccountId>>;
	/// Digests that executors revealed in any round, each once, in the order of the rounds. Where
	/// there are several, somebody lied.
	fn revealed_digests(request: RequestId) -> Vec<H256>;
	/// Seed of the current round where it is witnessed and its witnesses differ. Only a court for this
	/// seed can tell whose are right.
	fn doubted_seed(request: RequestId) -> Option<H256>;
	/// Convicts everyone who revealed an answer with another digest, in any round. The payees get
	/// parts of what is taken. With `witness`, a seed and the witness of the right answer for it:
	/// fines everyone who revealed another in the round of that seed, as for a missed reveal. To be
	/// called once per request, at its end: after a verdict of the court, or where all revealed
	/// answers are equal.
	fn judge(
		request: RequestId,
		digest: H256,
		witness: Option<(H256, H256)>,
		payees: &[(&AccountId, Perbill)],
	) -> Judgement<AccountId>;
	/// First vacant seat of the current round. `None` where there is none, or the commit phase is over.
	fn vacancy(request: RequestId) -> Option<Vacancy<AccountId>>;
	/// Gives the first vacant seat of the current round, which must be `round`, to `executor`, whom
	/// the snapshot of `session` holds. Fails where as many were given away as were drawn, and where
	/// [`Self::vacancy`] is `None`.
	fn replace(
		request: RequestId,
		round: RoundIndex,
		executor: AccountId,
		session: u32,
	) -> Result<(), FailureReason>;
	/// Nobody takes the first vacant seat of the current round: it goes on without. Where nobody is
	/// left to wait for, that ends a phase, or the round. Returns the weight of what follows.
	fn leave_unfilled(request: RequestId) -> Weight;
	/// Largest weight that `leave_unfilled` returns.
	fn max_leave_unfilled_weight() -> Weight;
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
	/// Storage keys that all rounds opened in one block with such a commit phase share: a block pays for
	/// them once.
	fn shared_keys(commit_blocks: BlockNumber) -> Vec<Vec<u8>>;
	/// Storage key of the rounds of a request.
	fn round_key(request: RequestId) -> Vec<u8>;
	/// Stores closed rounds in which these executors revealed these answers.
	fn closed_rounds(request: RequestId, seats: Vec<(AccountId, RoundIndex, Answer)>);
	/// Stores a round in its commit phase, with these members from the snapshot of `session`. The seat
	/// of the first is vacant.
	fn vacant_seat(request: RequestId, round: RoundIndex, session: u32, members: Vec<AccountId>);
}
