//! Tiers: size, agreement and seed of the committee of each round.
//!
//! | round | optimistic | quorum | high |
//! |---|---|---|---|
//! | 0, first committee | 1 of 1 | 3 of 3 | 5 of 7 |
//! | 1, once, after silence | 1 of 3 | 3 of 7 | 5 of 15 |
//! | 2, audit | 2 of 3 | 2 of 3 | 3 of 5 |
//!
//! "5 of 7": seven seats, of whom five must reveal the same answer and nobody another. A second round
//! asks no more of a committee than the first, and has more seats for it: silence alone brought it.
//! An audit needs a majority of its seats: one auditor that copies is not enough to pass it.

use opg_primitives::{RoundIndex, Tier};
use pallet_opg_support::{MAX_COMMITTEE, MAX_SEATS};

/// Round of a first committee. Its seats take slots, those of other rounds do not.
pub const FIRST: RoundIndex = 0;
/// Round after a first committee that was too silent to agree.
pub const SECOND: RoundIndex = 1;
/// Round of an audit.
pub const AUDIT: RoundIndex = 2;

/// Largest number of blocks whose outputs seed a round: where they bring fewer authors than a tier
/// asks for, those that there are.
pub const MAX_SEED_BLOCKS: u32 = 16;

/// Largest number of seats in all rounds of a request.
pub const MAX_REQUEST_SEATS: u32 = committee_spec(Tier::High, 0).target
	+ committee_spec(Tier::High, SECOND).target
	+ committee_spec(Tier::High, AUDIT).target;

const _: () = assert!(MAX_REQUEST_SEATS <= MAX_SEATS);

/// Committee to be drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommitteeSpec {
	/// Seats, where there are enough executors.
	pub target: u32,
	/// Fewest seats with which the round takes place.
	pub minimum: u32,
	/// Seats that must reveal the same answer, while nobody reveals another.
	pub needed: u32,
}

/// Executors in the first committee: the number that the fee pays for.
pub const fn size(tier: Tier) -> u32 {
	match tier {
		Tier::Optimistic => 1,
		Tier::Quorum => 3,
		Tier::High => 7,
	}
}

/// Number of different authors whose VRF outputs make the seed of a round.
pub const fn seed_authors(tier: Tier) -> u32 {
	match tier {
		Tier::Optimistic => 1,
		Tier::Quorum => 2,
		Tier::High => 3,
	}
}

/// Executors in an audit.
pub const fn audit_size(tier: Tier) -> u32 {
	committee_spec(tier, AUDIT).target
}

/// Committee of a round.
pub const fn committee_spec(tier: Tier, round: RoundIndex) -> CommitteeSpec {
	let size = size(tier);
	let needed = match tier {
		Tier::Optimistic => 1,
		Tier::Quorum => 3,
		Tier::High => 5,
	};
	match round {
		0 => CommitteeSpec { target: size, minimum: size, needed },
		SECOND => CommitteeSpec { target: 2 * size + 1, minimum: needed, needed },
		_ => match tier {
			Tier::Optimistic | Tier::Quorum => CommitteeSpec { target: 3, minimum: 2, needed: 2 },
			Tier::High => CommitteeSpec { target: 5, minimum: 3, needed: 3 },
		},
	}
}

const _: () = assert!(committee_spec(Tier::High, SECOND).target <= MAX_COMMITTEE);

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn committees_should_stay_as_the_table_says() {
		let rounds = |tier| {
			[0, SECOND, AUDIT].map(|round| {
				let CommitteeSpec { target, minimum, needed } = committee_spec(tier, round);
				assert!(needed <= minimum && minimum <= target && target <= MAX_COMMITTEE);
				(needed, target)
			})
		};
		assert_eq!(rounds(Tier::Optimistic), [(1, 1), (1, 3), (2, 3)]);
		assert_eq!(rounds(Tier::Quorum), [(3, 3), (3, 7), (2, 3)]);
		assert_eq!(rounds(Tier::High), [(5, 7), (5, 15), (3, 5)]);
		for tier in [Tier::Optimistic, Tier::Quorum, Tier::High] {
			assert_eq!(committee_spec(tier, 0).target, size(tier));
			assert_eq!(committee_spec(tier, 0).minimum, size(tier));
		}
	}
}
