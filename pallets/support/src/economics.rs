//! Economics: the price of each fault, shares of fees and losses, audit probability.
//!
//! | fault | cost, as part of the pool | besides |
//! |---|---|---|
//! | wrong answer, by a verdict of the court | 10 %, once per operator, model and session | no pay |
//! | committed and not revealed | 0.3 % | no pay |
//! | not committed, or declined | 0.1 % | no pay |
//! | challenge of a right answer | nothing | the challenge bond |
//!
//! Besides, from the operator's own stake and not from the pool: whoever was wrong, or copied, pays the
//! court in equal parts. Whoever was silent in a first round pays for its replacement where a second
//! round was needed, and whoever was silent in an audit as much to a court that others do not pay. Each
//! open seat reserves as much.
//!
//! Silence costs at most 0.3 % in a session and 1 % in a day, and pauses whoever was silent in three
//! of its last sixteen seats. All that it costs is burned.
//!
//! A wrong answer pays the challengers, if there are any, and the pot, each a share of what the
//! operator itself loses. The rest is burned. So is all that delegators lose, since an operator that
//! challenges itself could gain it.

use crate::Offence;
use opg_primitives::Balance;
use sp_runtime::{PerThing, Perbill};

/// Share of a pool that a wrong answer costs, after a verdict of the court.
pub const CONVICTION_SHARE: Perbill = Perbill::from_percent(10);
/// Largest share of a pool that silence costs in one session.
pub const MAX_FINE_PER_SESSION: Perbill = Perbill::from_parts(3_000_000);
/// Largest share of a pool that silence costs in one day.
pub const MAX_FINE_PER_DAY: Perbill = Perbill::from_percent(1);
/// Number of an executor's last seats that are remembered.
pub const REMEMBERED_SEATS: u32 = u16::BITS;
/// Number of silent seats among those remembered that pauses an executor.
pub const MAX_SILENT_SEATS: u32 = 3;
/// Share of an operator's own stake that its open seats and challenges can reserve. The rest stays for
/// a conviction.
pub const RESERVABLE_SHARE: Perbill = Perbill::from_percent(90);
/// Share of the reserve that first rounds can take. The rest is for second rounds and audits.
pub const FIRST_ROUND_RESERVE_SHARE: Perbill = Perbill::from_percent(75);
/// Share of the operator's own loss that goes to the challengers.
pub const CHALLENGER_SHARE: Perbill = Perbill::from_percent(30);
/// Share of the operator's own loss that goes to the pot. The pot pays courts and audits.
pub const POT_SHARE: Perbill = Perbill::from_percent(30);
/// Protocol's share of what the first committee earns. The requester pays it on top, besides the
/// average price of an audit. It goes to the pot.
pub const PROTOCOL_SHARE: Perbill = Perbill::from_percent(5);
/// Share of the price of fuel that is burned. Whoever drives the price with requests of its own
/// loses it.
pub const BURNED_PRICE_SHARE: Perbill = Perbill::from_percent(20);
/// Share of the stake, and so of an audit committee, that the audit probability assumes dishonest.
pub const ASSUMED_ADVERSARY_SHARE: Perbill = Perbill::from_percent(30);
/// Lower bound of the audit probability.
pub const MIN_AUDIT_PROBABILITY: Perbill = Perbill::from_percent(2);
/// Safety factor over the break-even audit rate.
const AUDIT_MARGIN: Balance = 2;

/// Share of a pool that a silent seat costs, below the limits of a session and of a day.
pub const fn fine(offence: Offence) -> Perbill {
	match offence {
		Offence::MissedReveal => Perbill::from_parts(3_000_000),
		Offence::MissedCommit => Perbill::from_parts(1_000_000),
	}
}

/// Audit probability of an unchallenged answer. `gain`: planck that skipping the work saves;
/// `stake`: planck that a detected lie costs at least.
///
/// A lie loses money where `p > C / ((1 − r)(R + S))`. C is the cost of the work and R the reward for
/// it, both at most `gain`; r is the liars' share of an audit committee, S the stake at risk. With
/// the safety factor, this is `2 C / ((1 − r)(C + S))`, and at least 2 %.
pub fn audit_probability(gain: Balance, stake: Balance) -> Perbill {
	let honest = ASSUMED_ADVERSARY_SHARE.left_from_one().mul_floor(gain.saturating_add(stake));
	let needed = gain.saturating_mul(AUDIT_MARGIN);
	if needed >= honest {
		return Perbill::one();
	}
	Perbill::from_rational(needed, honest).max(MIN_AUDIT_PROBABILITY)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn shares_should_stay_as_the_table_says_when_changed_elsewhere() {
		for (share, percent) in [
			(CONVICTION_SHARE, 10.0),
			(fine(Offence::MissedReveal), 0.3),
			(fine(Offence::MissedCommit), 0.1),
			(MAX_FINE_PER_SESSION, 0.3),
			(MAX_FINE_PER_DAY, 1.0),
		] {
			assert_eq!(share, Perbill::from_float(percent / 100.0));
		}
	}

	#[test]
	fn audit_probability_should_stay_above_its_minimum_when_the_gain_is_small() {
		assert_eq!(audit_probability(0, 1_000), MIN_AUDIT_PROBABILITY);
		assert_eq!(audit_probability(1_000, 0), Perbill::one(), "nothing to lose");
		// 2 · 10 / (0.7 · 110)
		assert_eq!(audit_probability(10, 100), Perbill::from_rational(20u32, 77));
	}

	#[test]
	fn silence_should_cost_less_than_a_lie_and_payees_less_than_all() {
		assert!(fine(Offence::MissedCommit) < fine(Offence::MissedReveal));
		assert!(fine(Offence::MissedReveal) <= MAX_FINE_PER_SESSION);
		assert!(MAX_FINE_PER_SESSION < MAX_FINE_PER_DAY);
		assert!(MAX_FINE_PER_DAY < CONVICTION_SHARE);
		assert!(RESERVABLE_SHARE.left_from_one() >= CONVICTION_SHARE, "a court is paid after one");
		assert!(CHALLENGER_SHARE.deconstruct() + POT_SHARE.deconstruct() <= 1_000_000_000);
	}

	/// Expected profit of a lie, by the definition: the gain, less what being found out costs.
	#[test]
	fn lie_should_lose_money_when_the_stake_exceeds_the_gain() {
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
