//! What the author of a block earns.

use crate::constants::{BLOCKS_PER_YEAR, OPG};
use opg_primitives::{Balance, BlockNumber};

/// Reward in the first year, in planck per block.
pub const FIRST_YEAR: Balance = 2 * OPG;
/// Part of a year's reward that the next year pays.
const DECAY: (Balance, Balance) = (9, 10);
/// Bound on all that is ever minted: the geometric series `FIRST_YEAR × blocks per year × 10`.
pub const BOUND: Balance = FIRST_YEAR * BLOCKS_PER_YEAR as Balance * DECAY.1 / (DECAY.1 - DECAY.0);
/// After so many years a tenth less of the reward is less than a planck anyway.
const LAST_YEAR: BlockNumber = 400;

/// Reward of block `number`, in planck: constant within a year and a tenth less in each next one.
pub fn block_reward(number: BlockNumber) -> Balance {
	let year = number / BLOCKS_PER_YEAR;
	if year > LAST_YEAR {
		return 0;
	}
	(0..year).fold(FIRST_YEAR, |reward, _| reward * DECAY.0 / DECAY.1)
}

#[cfg(test)]
mod tests {
	use super::*;

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
