//! Traits of the court: every validator of a session computes a disputed request again.

use alloc::vec::Vec;
use opg_primitives::{Answer, ModelId, RequestId};
use sp_core::H256;
use sp_runtime::Weight;

/// Verdict of the court on a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CourtVerdict<AccountId> {
	/// More than half of the whole bench gave one digest, and at least twice as many as any other.
	Decided {
		/// Digest of the right answer.
		digest: H256,
		/// The right answer.
		answer: Answer,
		/// Validators that gave it, in the order of the bench.
		right: Vec<AccountId>,
	},
	/// The court sat twice, and no digest had enough votes. Nobody is judged.
	Undecided,
}

/// The court takes no further case: too many wait already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CourtFull;

/// Cases of the court, one for each disputed request.
pub trait Courts {
	/// Opens a case, with the seed of the disputed round. Its bench is that of the current session,
	/// also where the case has to wait. To be called once per request; a request that has a case
	/// keeps it.
	fn open(request: RequestId, seed: H256) -> Result<(), CourtFull>;
	/// Tells whether the request has a case in which no vote is public yet: the court has not come to
	/// the reveal phase of its first sitting.
	fn accepts_claims(request: RequestId) -> bool;
	/// Tells whether the request has a case in which votes are public: from the reveal phase of the
	/// first sitting to the verdict, a second sitting included.
	fn reveals_claims(request: RequestId) -> bool;
	/// Removes the case of a request that ends without a verdict. A verdict removes it by itself, so
	/// as a rule there is none. Returns the weight.
	fn remove(request: RequestId) -> Weight;
	/// Largest weight that `remove` returns.
	fn max_remove_weight() -> Weight;
}

/// What validators say about the model versions that they could be asked to compute.
pub trait CourtReadiness {
	/// Tells whether at least two thirds of the current bench say that their store holds the file of
	/// the version.
	fn is_ready(model: ModelId) -> bool;
	/// Forgets what validators said about a version that is not registered any more.
	fn forget(model: ModelId);
	/// Largest weight of `forget`.
	fn max_forget_weight() -> Weight;
}

/// Recipient of the court's verdicts.
pub trait OnCourtDecided<AccountId> {
	/// Takes the verdict on a request, whose case is removed already. Returns the weight of what
	/// follows.
	fn on_court_decided(request: RequestId, verdict: CourtVerdict<AccountId>) -> Weight;
	/// Tells whether a challenger of the request has yet to reveal its claim. Only where nobody has,
	/// a reveal phase ends as soon as all votes are revealed: a claim that is not revealed is lost.
	fn awaits_claims(_request: RequestId) -> bool {
		true
	}
	/// Largest weight that `on_court_decided` returns.
	fn max_court_decided_weight() -> Weight;
}
