//! Block reward: constant within a year, less in each next one.

use crate::constants::{BLOCKS_PER_YEAR, FIRST_YEAR_REWARD, YEARLY_DECAY};
use opg_primitives::{Balance, BlockNumber};

/// Upper bound on all rewards together, in planck: the sum of the geometric series.
pub const BOUND: Balance = FIRST_YEAR_REWARD * BLOCKS_PER_YEAR as Balance * YEARLY_DECAY.1
	/ (YEARLY_DECAY.1 - YEARLY_DECAY.0);
/// Last year that has a reward: later ones would be less than a planck.
const LAST_YEAR: BlockNumber = 400;

/// Reward of the author of block `number`, in planck.
pub fn block_reward(number: BlockNumber) -> Balance {
	let year = number / BLOCKS_PER_YEAR;
	if year > LAST_YEAR {
		return 0;
	}
	(0..year).fold(FIRST_YEAR_REWARD, |reward, _| reward * YEARLY_DECAY.0 / YEARLY_DECAY.1)
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::constants::OPG;

	#[test]
	fn reward_should_fall_by_a_tenth_a_year_and_stay_within_the_bound() {
		assert_eq!(block_reward(0), 2 * OPG);
		assert_eq!(block_reward(BLOCKS_PER_YEAR - 1), 2 * OPG);
		assert_eq!(block_reward(BLOCKS_PER_YEAR), 2 * OPG * 9 / 10);
		// A block number ends after 408 years.
		let years = BlockNumber::MAX / BLOCKS_PER_YEAR;
		let total: Balance = (0..=years)
			.map(|year| block_reward(year * BLOCKS_PER_YEAR) * Balance::from(BLOCKS_PER_YEAR))
			.sum();
		assert!(total <= BOUND, "{total}");
		assert!(total > BOUND * 99 / 100, "{total}");
		assert_eq!(BOUND / OPG, 210_240_000);
	}
}
