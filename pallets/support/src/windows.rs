//! Windows: how long the phases of a version last, computed from its limits.

use opg_primitives::{BlockNumber, Fuel};

/// The commit phase lasts this many times the time that the fuel of a job stands for: others may be
/// before it. The transfer of an input comes on top, once.
const SLACK: u64 = 3;

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
	/// Bytes that a node fetches from one block to the next.
	pub bytes_per_block: u32,
}

impl CommitPhases {
	/// Length of the commit phase of a version whose loading and running take `fuel` together, and whose
	/// inputs have up to `bytes` bytes outside of the chain, in blocks.
	pub const fn blocks(&self, fuel: Fuel, bytes: u32) -> BlockNumber {
		let needed = self.needed(fuel, bytes);
		let mut blocks = self.shortest;
		while blocks < self.longest && blocks < needed {
			blocks = blocks.saturating_mul(2);
		}
		if blocks < self.longest {
			blocks
		} else {
			self.longest
		}
	}

	/// Blocks that such a version needs.
	pub const fn needed(&self, fuel: Fuel, bytes: u32) -> BlockNumber {
		let blocks = SLACK.saturating_mul(fuel).div_ceil(self.fuel_per_block);
		let blocks = if blocks < u32::MAX as u64 { blocks as u32 } else { u32::MAX };
		blocks.saturating_add(self.transfer(bytes))
	}

	/// Blocks that the transfer of so many bytes takes.
	pub const fn transfer(&self, bytes: u32) -> BlockNumber {
		bytes.div_ceil(self.bytes_per_block)
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

	const PHASES: CommitPhases =
		CommitPhases { shortest: 10, longest: 40, fuel_per_block: 300, bytes_per_block: 5 };

	#[test]
	fn phase_should_last_three_times_the_job_when_that_is_longer_than_the_shortest() {
		for (fuel, blocks) in [(0, 10), (1_000, 10), (1_001, 20), (2_000, 20), (2_001, 40)] {
			assert_eq!(PHASES.blocks(fuel, 0), blocks, "{fuel}");
		}
		let job = 3_300 / PHASES.fuel_per_block as u32;
		assert!(PHASES.blocks(3_300, 0) >= 3 * job);
	}

	#[test]
	fn phase_should_leave_time_for_the_transfer_of_the_input() {
		for (fuel, bytes, blocks) in
			[(0, 50, 10), (0, 51, 20), (500, 25, 10), (500, 26, 20), (1_000, 1, 20), (1, 100, 40)]
		{
			assert_eq!(PHASES.blocks(fuel, bytes), blocks, "{fuel}, {bytes}");
		}
	}

	#[test]
	fn phase_should_last_no_longer_than_the_longest() {
		assert_eq!(PHASES.blocks(Fuel::MAX, u32::MAX), 40);
		assert_eq!(CommitPhases { longest: 30, ..PHASES }.blocks(Fuel::MAX, 0), 30);
	}

	#[test]
	fn lengths_should_be_all_that_phases_can_have() {
		assert_eq!(PHASES.lengths().collect::<Vec<_>>(), [10, 20, 40]);
		let odd = CommitPhases { longest: 30, ..PHASES };
		assert_eq!(odd.lengths().collect::<Vec<_>>(), [10, 20, 30]);
		for fuel in (0..10_000).step_by(7) {
			assert!(odd.lengths().any(|blocks| blocks == odd.blocks(fuel, 0)));
		}
	}
}
