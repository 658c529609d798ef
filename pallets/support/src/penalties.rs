//! What every fault costs, and who gets what: the whole table, in one place.
//!
//! | fault | costs, of the pool | besides |
//! |---|---|---|
//! | wrong answer, whenever it is found out | 10 % | no pay |
//! | committed and not revealed | 10 %: hiding an answer is never cheaper than lying | no pay |
//! | not committed, or declined | 0.1 % | rests after three in a row |
//! | challenge of a right answer | | the bond |
//!
//! Of what a wrong answer costs the operator itself, 30 % goes to the challenger, if there is one,
//! and 30 % to the pot that pays juries. All else is burned: what delegators lose, because an
//! operator that challenged itself could gain it; and what silence costs.

use crate::Fault;
use opg_primitives::Balance;
use sp_runtime::{PerThing, Perbill};

/// Part of what an overturned executor loses of its own stake that goes to the challenger.
pub const CHALLENGER_SHARE: Perbill = Perbill::from_percent(30);
/// Part of what a wrong answer costs its executor itself that goes to the pot, which pays those who found out.
pub const POT_SHARE: Perbill = Perbill::from_percent(30);
/// The protocol's share, on top of what the executors of the first committee earn, besides what the
/// audits of such requests cost on average. It goes to the pot.
pub const PROTOCOL_SHARE: Perbill = Perbill::from_percent(5);
/// Part of all executor stake that is slashed in one session at most. More than that looks like an
/// engine that disagrees with itself rather than like liars.
pub const BREAKER_SHARE: Perbill = Perbill::from_percent(20);
/// Share of the stake that liars are assumed to have together: their part of a jury.
pub const LIARS: Perbill = Perbill::from_percent(30);
/// The least audit probability.
pub const LEAST_AUDIT: Perbill = Perbill::from_percent(2);
/// Audits are so many times as frequent as makes lying just unprofitable.
const AUDIT_MARGIN: Balance = 2;

/// Part of a pool that `fault` costs.
pub fn share(fault: Fault) -> Perbill {
	match fault {
		Fault::Wrong | Fault::Unrevealed => Perbill::from_percent(10),
		Fault::Uncommitted => Perbill::from_parts(1_000_000),
	}
}

/// With which probability an answer that nobody challenged is audited, where not doing the work gains `gain` and
/// being found out costs at least `stake` besides, both in planck.
///
/// Lying pays nothing where `p > C / ((1 − r)(R + S))`, with C and R the gain, r the liars' share
/// and S the stake at risk; this is `2 C / ((1 − r)(C + S))`, and at least 2 %.
pub fn audit_probability(gain: Balance, stake: Balance) -> Perbill {
	let honest = LIARS.left_from_one().mul_floor(gain.saturating_add(stake));
	let needed = gain.saturating_mul(AUDIT_MARGIN);
	if needed >= honest {
		return Perbill::one();
	}
	Perbill::from_rational(needed, honest).max(LEAST_AUDIT)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn hiding_an_answer_should_not_be_cheaper_than_lying() {
		assert!(share(Fault::Unrevealed) >= share(Fault::Wrong));
		assert!(share(Fault::Uncommitted) < share(Fault::Wrong));
		assert!(CHALLENGER_SHARE.deconstruct() + POT_SHARE.deconstruct() <= 1_000_000_000);
	}

	/// Expected profit of a lie, by the definition: the gain, less what being found out costs.
	#[test]
	fn lying_should_lose_at_every_audit_probability() {
		for gain in [0u128, 1, 1_000, 10_000_000, 1 << 60, u128::MAX / 4] {
			for stake in [1u128, 1_000, 1 << 50, 1 << 80] {
				let p = audit_probability(gain, stake).deconstruct() as f64 / 1e9;
				let found = p * 0.7;
				let profit = gain as f64 * (1.0 - found) - found * stake as f64;
				// A lie whose gain is beyond the stake cannot be made unprofitable by any audit.
				let hopeless = 2.0 * gain as f64 >= 0.7 * (gain as f64 + stake as f64);
				assert!(profit < 0.0 || hopeless, "{gain} {stake} {p}");
				assert!(!hopeless || p == 1.0);
			}
		}
	}
}
