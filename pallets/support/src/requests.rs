//! Traits of the inference pallet: tasks of requests, and verdicts on them.

use opg_primitives::{Answer, FailureReason, RequestId, RoundIndex, Task};
use sp_core::H256;
use sp_runtime::Weight;

/// Result of a round.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
	/// Enough of the committee gave the same answer, and nobody another.
	Agreed(Answer),
	/// Two answers differ, so somebody lied: the court decides.
	Dissent,
	/// Too few gave an answer, and nobody another.
	Undecided(FailureReason),
}

/// Tasks of requests.
pub trait TaskSource {
	/// Task of a request, until the request is pruned.
	fn task(request: RequestId) -> Option<Task>;
	/// BLAKE2b-256 of the account that made a request, as jobs carry it.
	fn requester(request: RequestId) -> Option<H256>;
}

/// Recipient of verdicts.
pub trait OnRoundDecided {
	/// Takes the verdict of a request's current round. Returns the weight of what follows.
	fn on_round_decided(request: RequestId, verdict: Verdict) -> Weight;
	/// Notes that a seat of the request's current round was declined free of charge. The round waits
	/// until it is given to another executor, or left unfilled. Returns the weight.
	fn on_seat_declined(request: RequestId, round: RoundIndex) -> Weight;
	/// Largest weight that `on_round_decided` returns.
	fn max_round_decided_weight() -> Weight;
	/// Largest weight that `on_seat_declined` returns.
	fn max_seat_declined_weight() -> Weight;
}
