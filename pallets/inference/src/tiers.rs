//! Tiers: size, rule and seed of the committee of each round.

use opg_primitives::{RoundIndex, Tier};
use pallet_opg_support::{Rule, MAX_COMMITTEE, MAX_SEATS};

/// Round after a first committee that did not agree.
pub const ESCALATION: RoundIndex = 1;
/// Round of the jury of a dispute.
pub const JURY: RoundIndex = 2;
/// Round of a larger jury, after a first one that did not agree.
pub const SECOND_JURY: RoundIndex = 3;

/// Smallest committee that decides by majority.
const MIN_MAJORITY: u32 = 3;
/// Smallest jury.
const MIN_JURY: u32 = 5;
/// Target size of the smallest jury.
const JURY_TARGET: u32 = 7;

/// Largest number of seats in the rounds before a dispute: first committee and escalation.
pub const MAX_SEATS_BEFORE_DISPUTE: u32 =
	committee_spec(Tier::High, 0).target + committee_spec(Tier::High, ESCALATION).target;

/// Largest number of blocks that seed a round.
pub const MAX_SEED_BLOCKS: u32 = seed_blocks(Tier::High);

const _: () = assert!(
	MAX_SEATS_BEFORE_DISPUTE
		+ committee_spec(Tier::High, JURY).target
		+ committee_spec(Tier::High, SECOND_JURY).target
		== MAX_SEATS
);

/// Committee to be drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CommitteeSpec {
	/// Seats, where there are enough executors.
	pub target: u32,
	/// Fewest seats with which the round takes place.
	pub minimum: u32,
	/// Condition under which the committee agrees.
	pub rule: Rule,
}

/// Executors in the first committee: the number that the fee pays for.
pub const fn size(tier: Tier) -> u32 {
	match tier {
		Tier::Optimistic => 1,
		Tier::Quorum => 3,
		Tier::High => 7,
	}
}

/// Blocks whose VRF outputs make the seed of a round.
pub const fn seed_blocks(tier: Tier) -> u32 {
	match tier {
		Tier::Optimistic | Tier::Quorum => 1,
		Tier::High => 3,
	}
}

/// Committee of a round. The first must agree without dissent. Later ones are fresh, larger, and
/// decide by majority; a jury that can overrule a committee is larger than it.
pub const fn committee_spec(tier: Tier, round: RoundIndex) -> CommitteeSpec {
	let size = size(tier);
	let larger = 2 * size + 1;
	match round {
		0 => {
			let needed = match tier {
				Tier::Optimistic => 1,
				Tier::Quorum => 3,
				Tier::High => 5,
			};
			CommitteeSpec { target: size, minimum: size, rule: Rule::NoDissent { needed } }
		},
		ESCALATION => {
			CommitteeSpec { target: larger, minimum: max(size, MIN_MAJORITY), rule: Rule::Majority }
		},
		JURY => CommitteeSpec {
			target: max(larger, JURY_TARGET),
			minimum: max(larger, MIN_JURY),
			rule: Rule::Majority,
		},
		_ => CommitteeSpec {
			target: MAX_COMMITTEE,
			minimum: max(larger, MIN_JURY),
			rule: Rule::Majority,
		},
	}
}

/// `Ord::max` is not const.
const fn max(a: u32, b: u32) -> u32 {
	if a > b {
		a
	} else {
		b
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn all_rounds_together_should_fit_the_seats_of_a_request() {
		for tier in [Tier::Optimistic, Tier::Quorum, Tier::High] {
			let spec = |round| committee_spec(tier, round);
			let total: u32 = (0..=SECOND_JURY).map(|round| spec(round).target).sum();
			assert!(total <= MAX_SEATS, "{tier:?} {total}");
			assert!((0..=SECOND_JURY).all(|round| spec(round).target <= MAX_COMMITTEE));
			let before = spec(0).target + spec(ESCALATION).target;
			assert!(before <= MAX_SEATS_BEFORE_DISPUTE);
			assert_eq!(spec(0).target, size(tier));
			assert!((0..=SECOND_JURY).all(|round| spec(round).minimum <= spec(round).target));
		}
	}

	#[test]
	fn committees_should_stay_as_pinned() {
		let pinned = |tier, round| {
			let CommitteeSpec { target, minimum, rule } = committee_spec(tier, round);
			let needed = match rule {
				Rule::NoDissent { needed } => Some(needed),
				Rule::Majority => None,
			};
			(target, minimum, needed)
		};
		let rounds = |tier| [0, 1, 2, 3].map(|round| pinned(tier, round));
		assert_eq!(
			rounds(Tier::Optimistic),
			[(1, 1, Some(1)), (3, 3, None), (7, 5, None), (15, 5, None)]
		);
		assert_eq!(
			rounds(Tier::Quorum),
			[(3, 3, Some(3)), (7, 3, None), (7, 7, None), (15, 7, None)]
		);
		assert_eq!(
			rounds(Tier::High),
			[(7, 7, Some(5)), (15, 7, None), (15, 15, None), (15, 15, None)]
		);
	}
}
