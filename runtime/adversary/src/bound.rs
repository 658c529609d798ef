//! Bounds that the result of a row must keep.

use crate::{Outcomes, Row, Strategy, Watch};
use opg_primitives::Tier;
use opg_runtime::{constants::OPG, Balance};
use pallet_opg_inference::tiers;
use thiserror::Error;

/// Bound that a row breaks.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum Violation {
	#[error("{share} of the answers are wrong, the bound is {bound}")]
	TooManyWrongAnswers { share: f64, bound: f64 },
	#[error("{0} wrong answers were settled although an honest party looked")]
	WrongThoughWatched(usize),
	#[error("honest pools lost more than the capped fine and the pay of a replacement, {0} times")]
	HonestSlashed(usize),
	#[error("where all are honest, {0} requests failed or got a wrong answer")]
	HonestFailed(usize),
	#[error("dishonesty earns {0} planck")]
	DishonestyPays(i128),
	#[error("{share} of the first committees are the adversary's, {expected} by chance")]
	DrawTurned { share: f64, expected: f64 },
	#[error("validators did not get {0} planck for votes in cases that were decided")]
	CourtUnpaid(Balance),
	#[error("a lie costs {0} planck: less than a part of all stake by which the liar was drawn")]
	WeightWithoutStake(i128),
}

/// Least loss per lie, in planck, where each executor of the adversary was drawn by 2,200 OPG: nine
/// tenths of what ten percent of its whole slots are, since it may lose several times at once.
const LOSS_BY_WEIGHT: i128 = 180 * OPG as i128;

/// Upper bound on the expected share of wrong answers that are settled: the adversary needs the
/// whole first committee, and nobody who looks.
pub(crate) fn wrong_bound(row: &Row) -> f64 {
	let whole = whole_committee(row);
	match row.watch {
		Watch::Nobody => whole,
		Watch::Always | Watch::Executor => 0.0,
		Watch::Share(share) => {
			let watchers = (60 * (100 - row.percent) / 100) as i32;
			whole * (1.0 - share).powi(watchers)
		},
	}
}

/// Upper bound on the probability that a first committee is wholly the adversary's: that of draws
/// with replacement. Filling the honest raises its share by half at most.
fn whole_committee(row: &Row) -> f64 {
	let filled = if row.strategy.floods() { 1.5 } else { 1.0 };
	(filled * row.percent as f64 / 100.0).powi(tiers::size(row.tier) as i32)
}

/// Lies that only an audit by chance can find out, of which one in fifty comes, say nothing about the
/// average before there are so many.
pub const MANY_LIES: usize = 500;

/// Tells whether the adversary must have lost money. Where the court cannot decide, and where an output
/// is withheld, nobody is judged.
pub fn must_lose(row: &Row, outcomes: &Outcomes) -> bool {
	let enough = if is_left_to_chance(row) { MANY_LIES } else { 1 };
	let is_judged = row.bench.decides() && !row.strategy.denies();
	is_dishonest(row, outcomes) && is_judged && outcomes.offences >= enough
}

/// Tells whether nothing but an audit by chance can find out a lie: nobody watches, and the adversary
/// lies where it holds the whole committee only.
pub fn is_left_to_chance(row: &Row) -> bool {
	let always_whole = row.tier == Tier::Optimistic && row.strategy.lies();
	row.watch == Watch::Nobody
		&& (always_whole || row.strategy.is_opportunistic())
		&& !row.strategy.denies()
}

/// Tells whether there were wrong or missing answers, of an adversary with less than half of the
/// stake.
fn is_dishonest(row: &Row, outcomes: &Outcomes) -> bool {
	row.strategy != Strategy::Honest && row.percent <= 45 && outcomes.offences > 0
}

/// Tells whether a strategy with wrong or missing answers earns money, or loses none although it
/// must.
pub fn is_profitable(row: &Row, outcomes: &Outcomes) -> bool {
	let is_free = !row.bench.decides() || row.strategy.denies();
	let earns = is_dishonest(row, outcomes) && is_free && outcomes.profit > 0;
	earns || must_lose(row, outcomes) && outcomes.profit >= 0
}

/// All bounds that the result of a row breaks. Shares have four standard errors to spare.
pub fn check(row: &Row, outcomes: &Outcomes) -> Vec<Violation> {
	let mut broken = Vec::new();
	let n = outcomes.requests as f64;
	let exceeds =
		|share: f64, bound: f64| share > bound + 4.0 * (bound * (1.0 - bound) / n).sqrt() + 1.0 / n;
	let (share, bound) = (outcomes.wrong as f64 / n, wrong_bound(row));
	if exceeds(share, bound) {
		broken.push(Violation::TooManyWrongAnswers { share, bound });
	}
	let (share, expected) = (outcomes.whole_committees as f64 / n, whole_committee(row));
	if exceeds(share, expected) {
		broken.push(Violation::DrawTurned { share, expected });
	}
	if outcomes.wrong_watched > 0 {
		broken.push(Violation::WrongThoughWatched(outcomes.wrong_watched));
	}
	if outcomes.honest_slashed > 0 {
		broken.push(Violation::HonestSlashed(outcomes.honest_slashed));
	}
	let Outcomes { wrong, failed, .. } = *outcomes;
	if row.strategy == Strategy::Honest && wrong + failed > 0 {
		broken.push(Violation::HonestFailed(wrong + failed));
	}
	if outcomes.unpaid > OPG * outcomes.courts as Balance / 1_000 {
		broken.push(Violation::CourtUnpaid(outcomes.unpaid));
	}
	let loss = -outcomes.profit / outcomes.offences.max(1) as i128;
	let is_weighed = row.strategy.has_delegators() && must_lose(row, outcomes);
	if is_weighed && loss < LOSS_BY_WEIGHT {
		broken.push(Violation::WeightWithoutStake(loss));
	}
	if is_profitable(row, outcomes) {
		broken.push(Violation::DishonestyPays(outcomes.profit));
	}
	broken
}

/// Lies of a tier that only an audit by chance can find out, of all rows together.
pub struct Chance {
	/// Tier.
	pub tier: Tier,
	/// Rows, and those of them that are long enough to say something by themselves.
	pub rows: (usize, usize),
	/// Number of lies.
	pub lies: usize,
	/// What the adversary earned in these rows, in planck.
	pub profit: i128,
}

impl Chance {
	/// Tells whether so many lies should have lost money, and have not.
	pub fn is_profitable(&self) -> bool {
		self.lies >= MANY_LIES && self.profit >= 0
	}
}

impl std::fmt::Display for Chance {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		let (rows, long) = self.rows;
		let profit = self.profit as f64 / OPG as f64;
		let per_lie = profit / self.lies.max(1) as f64;
		let Self { tier, lies, .. } = self;
		write!(
			f,
			"{tier:?}: {lies} lies in {rows} rows, of which {long} are long enough; they earned \
			 {profit:.1} OPG, {per_lie:.2} OPG each"
		)
	}
}

/// What the rows left to chance come to, by tier.
pub fn chances(results: &[(Row, Outcomes)]) -> Vec<Chance> {
	let of_tier = |tier| {
		let mut sum = Chance { tier, rows: (0, 0), lies: 0, profit: 0 };
		let rare = results.iter().filter(|(row, _)| row.tier == tier && is_left_to_chance(row));
		for (_, outcomes) in rare {
			sum.rows.0 += 1;
			sum.rows.1 += usize::from(outcomes.offences >= MANY_LIES);
			sum.lies += outcomes.offences;
			sum.profit += outcomes.profit;
		}
		sum
	};
	[Tier::Optimistic, Tier::Quorum, Tier::High].map(of_tier).into()
}
