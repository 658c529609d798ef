//! Windows: how long the phases of a version last, computed from its limits.

use opg_primitives::{BlockNumber, Fuel};

/// The commit phase lasts this many times the time that the fuel of a job stands for: others may be
/// before it.
const SLACK: u128 = 3;

/// Largest number of lengths that a commit phase can have. A block pays once for a list of deadlines of
/// each.
pub const MAX_COMMIT_LENGTHS: u32 = 4;

/// Lengths that a commit phase can have: the shortest, doubled as often as a version needs. There are
/// few of them, so that the rounds of a block share their deadlines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommitPhases {
	/// Shortest phase, in blocks.
	pub shortest: BlockNumber,
	/// Longest phase, in blocks: what the largest limits need.
	pub longest: BlockNumber,
	/// Fuel that one core burns from one block to the next.
	pub fuel_per_block: Fuel,
}

impl CommitPhases {
	/// Length of the commit phase of a version whose loading and running take `fuel` together, in
	/// blocks.
	pub const fn blocks(&self, fuel: Fuel) -> BlockNumber {
		let mut blocks = self.shortest;
		while blocks < self.longest
			&& (blocks as u128) * (self.fuel_per_block as u128) < SLACK * fuel as u128
		{
			blocks = blocks.saturating_mul(2);
		}
		if blocks < self.longest {
			blocks
		} else {
			self.longest
		}
	}

	/// All lengths, the shortest first.
	pub fn lengths(self) -> impl Iterator<Item = BlockNumber> {
		let next = move |blocks: &BlockNumber| {
			(*blocks < self.longest).then(|| blocks.saturating_mul(2).min(self.longest))
		};
		core::iter::successors(Some(self.shortest), next)
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	const PHASES: CommitPhases = CommitPhases { shortest: 10, longest: 40, fuel_per_block: 300 };

	#[test]
	fn phase_should_last_three_times_the_job_when_that_is_longer_than_the_shortest() {
		for (fuel, blocks) in [(0, 10), (1_000, 10), (1_001, 20), (2_000, 20), (2_001, 40)] {
			assert_eq!(PHASES.blocks(fuel), blocks, "{fuel}");
		}
		let job = 3_300 / PHASES.fuel_per_block as u32;
		assert!(PHASES.blocks(3_300) >= 3 * job);
	}

	#[test]
	fn phase_should_last_no_longer_than_the_longest() {
		assert_eq!(PHASES.blocks(Fuel::MAX), 40);
		assert_eq!(CommitPhases { longest: 30, ..PHASES }.blocks(Fuel::MAX), 30);
	}

	#[test]
	fn lengths_should_be_all_that_phases_can_have() {
		assert_eq!(PHASES.lengths().collect::<Vec<_>>(), [10, 20, 40]);
		let odd = CommitPhases { longest: 30, ..PHASES };
		assert_eq!(odd.lengths().collect::<Vec<_>>(), [10, 20, 30]);
		for fuel in (0..10_000).step_by(7) {
			assert!(odd.lengths().any(|blocks| blocks == odd.blocks(fuel)));
		}
	}
}
