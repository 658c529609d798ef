//! What every fault costs, and who gets what is taken: the whole table, in one place.
//!
//! | fault | costs, of the pool | rests |
//! |---|---|---|
//! | wrong answer | 10 % | |
//! | committed and not revealed | 10 %: hiding an answer is never cheaper than lying | |
//! | not committed, or declined | 0.1 % | after three in a row |
//! | wrong answer that was settled, shown by a challenge or an audit | 10 % | |
//!
//! What is taken is burned, except the challenger's part.

use crate::Fault;
use sp_runtime::Perbill;

/// Part of what an overturned executor loses that goes to the challenger.
pub const CHALLENGER_SHARE: Perbill = Perbill::from_percent(30);
/// Part of a lost challenge bond that goes to the executors who were challenged; the rest is burned.
pub const CHALLENGED_SHARE: Perbill = Perbill::from_percent(50);
/// Part of all executor stake that is slashed in one session at most. More than that looks like an
/// engine that disagrees with itself rather than like liars.
pub const BREAKER_SHARE: Perbill = Perbill::from_percent(20);

/// Part of a pool that `fault` costs.
pub fn share(fault: Fault) -> Perbill {
	match fault {
		Fault::Wrong | Fault::Unrevealed => Perbill::from_percent(10),
		Fault::Uncommitted => Perbill::from_parts(1_000_000),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn hiding_an_answer_should_not_be_cheaper_than_lying() {
		assert!(share(Fault::Unrevealed) >= share(Fault::Wrong));
		assert!(share(Fault::Uncommitted) < share(Fault::Wrong));
	}
}
