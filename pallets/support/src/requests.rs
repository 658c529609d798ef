//! Traits of the inference pallet: tasks of requests, and verdicts on them.

use opg_primitives::{Answer, FailureReason, RequestId, Task};
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
}

/// Recipient of verdicts.
pub trait OnRoundDecided {
	/// Takes the verdict of a request's current round. Returns the weight of what follows.
	fn on_round_decided(request: RequestId, verdict: Verdict) -> Weight;
	/// Largest weight that `on_round_decided` returns.
	fn max_round_decided_weight() -> Weight;
}
