//! What a requester can choose between, and who sits in which round.

use opg_primitives::{RoundIndex, Tier};
use pallet_opg_support::Rule;

/// The escalation of a first committee that did not agree.
pub const ESCALATION: RoundIndex = 1;
/// The jury of a dispute.
pub const JURY: RoundIndex = 2;
/// A larger jury, where the first did not agree.
pub const SECOND_JURY: RoundIndex = 3;

/// Fewest members of a committee that decides by majority.
const LEAST_MAJORITY: u32 = 3;

/// Fewest members of a jury.
const LEAST_JURY: u32 = 5;

/// Most seats in the rounds before a dispute: a first committee and its escalation.
pub const MOST_BEFORE_DISPUTE: u32 = 7 + 15;

/// A committee to be drawn.
#[derive(PartialEq, Eq, Debug)]
pub struct Seats {
	/// As many as are wanted.
	pub wanted: u32,
	/// Fewer do not do.
	pub least: u32,
	/// When they agree.
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

/// The committee of a round. The first must agree without dissent; later ones are fresh, larger,
/// and decide by majority.
pub fn seats(tier: Tier, round: RoundIndex) -> Seats {
	let k = size(tier);
	match round {
		0 => {
			let needed = match tier {
				Tier::Optimistic => 1,
				Tier::Quorum => 3,
				Tier::High => 5,
			};
			Seats { wanted: k, least: k, rule: Rule::Undisputed { needed } }
		},
		ESCALATION => {
			Seats { wanted: 2 * k + 1, least: k.max(LEAST_MAJORITY), rule: Rule::Majority }
		},
		JURY => {
			// A jury that overrules a committee is larger than that.
			let wanted = (2 * k + 1).max(7);
			Seats { wanted, least: (2 * k + 1).max(LEAST_JURY), rule: Rule::Majority }
		},
		_ => Seats { wanted: 15, least: (2 * k + 1).max(LEAST_JURY), rule: Rule::Majority },
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use pallet_opg_support::{MAX_ROUND, MAX_SEATS};

	#[test]
	fn all_rounds_together_should_fit_a_record() {
		for tier in [Tier::Optimistic, Tier::Quorum, Tier::High] {
			let total: u32 = (0..=SECOND_JURY).map(|round| seats(tier, round).wanted).sum();
			assert!(total <= MAX_SEATS, "{tier:?} {total}");
			assert!((0..=SECOND_JURY).all(|round| seats(tier, round).wanted <= MAX_ROUND));
			let before = seats(tier, 0).wanted + seats(tier, ESCALATION).wanted;
			assert!(before <= MOST_BEFORE_DISPUTE);
			assert_eq!(seats(tier, 0).wanted, size(tier));
			assert!((0..=SECOND_JURY).all(|round| {
				let seats = seats(tier, round);
				seats.least <= seats.wanted
			}));
		}
	}
}
