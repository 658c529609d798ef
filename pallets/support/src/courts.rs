//! Traits of the court: every validator of a session computes a disputed request again.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use opg_primitives::{Answer, Fuel, ModelId, RequestId};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::{Perbill, Weight};

/// Verdict of the court on a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CourtVerdict<AccountId> {
	/// More than half of the whole bench gave one pair of digest and witness, and at least twice as
	/// many as any other pair.
	Decided {
		/// Digest of the right answer.
		digest: H256,
		/// Witness of the right answer, for `seed`.
		witness: H256,
		/// Seed of the case.
		seed: H256,
		/// The right answer.
		answer: Answer,
		/// Validators that gave both, in the order of the bench.
		right: Vec<AccountId>,
	},
	/// The court sat twice, and nothing had enough votes. Nobody is judged.
	Undecided,
}

/// The court takes no further case: too many wait already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CourtFull;

/// What a case costs each validator at most.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct CourtLoad {
	/// Fuel limits of the request's version for loading and running together.
	pub fuel: Fuel,
	/// Length of the version's file, and of an input outside of the chain, in bytes.
	pub bytes: u64,
}

/// Lengths of the input and the output of a disputed request.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct CourtSizes {
	/// Length of an input outside of the chain, which validators have to fetch, in bytes. Zero where
	/// it is on the chain.
	pub fetched: u32,
	/// Longest encoded output of the request's version, in bytes.
	pub output_limit: u32,
}

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
	/// What the request costs a validator at most, and the lengths of its input and output. Nothing
	/// where there is no such request.
	fn court_terms(request: RequestId) -> (CourtLoad, CourtSizes);
	/// Largest weight that `on_court_decided` returns.
	fn max_court_decided_weight() -> Weight;
}

/// Part of a validator's rewards of a session that it loses for each case it missed in the session
/// before.
pub const MISSED_CASE_SHARE: Perbill = Perbill::from_percent(1);
/// Largest part of a validator's rewards of a session that it loses for missed cases.
pub const MAX_MISSED_CASE_SHARE: Perbill = Perbill::from_percent(20);

/// Part of a validator's rewards of a session that it loses where it missed so many cases in the one
/// before.
pub fn missed_cases_share(missed: u32) -> Perbill {
	let parts = MISSED_CASE_SHARE.deconstruct().saturating_mul(missed);
	Perbill::from_parts(parts).min(MAX_MISSED_CASE_SHARE)
}

/// Presence of validators in the court.
pub trait CourtPresence<AccountId> {
	/// Number of cases that were decided in the session and that the validator missed: it gave no
	/// vote, or another one than what was decided. Kept for the current session and the one before.
	fn missed(session: u32, who: &AccountId) -> u32;
}

impl<AccountId> CourtPresence<AccountId> for () {
	fn missed(_: u32, _: &AccountId) -> u32 {
		0
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn missed_cases_should_cost_a_hundredth_each_and_a_fifth_at_most() {
		for (missed, percent) in [(0, 0), (1, 1), (7, 7), (20, 20), (21, 20), (u32::MAX, 20)] {
			assert_eq!(missed_cases_share(missed), Perbill::from_percent(percent), "{missed}");
		}
	}
}
