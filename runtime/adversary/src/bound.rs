//! Bounds that the result of a row must keep.

use crate::{Outcomes, Row, Strategy, Watch};
use pallet_opg_inference::tiers;
use thiserror::Error;

/// Bound that a row breaks.
#[derive(Debug, Error)]
#[allow(missing_docs)]
pub enum Violation {
	#[error("{share} of the answers are wrong, the bound is {bound}")]
	TooManyWrongAnswers { share: f64, bound: f64 },
	#[error("honest executors gave {0} wrong answers")]
	HonestOffences(usize),
	#[error("dishonesty earns {0} planck")]
	DishonestyPays(i128),
}

/// Probability of a majority of `n` seats at stake share `f`, drawn independently.
fn majority(n: u32, f: f64) -> f64 {
	(n / 2 + 1..=n)
		.map(|k| {
			let ways = (0..k).fold(1.0, |ways, i| ways * f64::from(n - i) / f64::from(i + 1));
			ways * f.powi(k as i32) * (1.0 - f).powi((n - k) as i32)
		})
		.sum()
}

/// Upper bound on the expected share of wrong answers that are settled.
///
/// Where nobody watches, the adversary needs the whole first committee, or a part of it and the
/// majority of the escalation. Where somebody does, it needs the majority of the jury besides.
pub(crate) fn wrong_bound(row: &Row) -> f64 {
	let (k, f) = (tiers::size(row.tier), row.percent as f64 / 100.0);
	let all = f.powi(k as i32);
	let mixed = if k == 1 { 0.0 } else { 1.0 - all - (1.0 - f).powi(k as i32) };
	let unwatched = all + mixed * majority(2 * k + 1, f);
	match row.watch {
		Watch::Nobody => unwatched,
		Watch::Watcher => {
			unwatched * majority(tiers::committee_spec(row.tier, tiers::JURY).target, f)
		},
	}
}

/// Tells whether the adversary must have lost money. Few lies of an opportunist say nothing about
/// the average: one in fifty is audited.
pub fn must_lose(row: &Row, outcomes: &Outcomes) -> bool {
	let enough = if row.strategy.is_opportunistic() { 50 } else { 1 };
	row.strategy != Strategy::Honest && row.percent <= 30 && outcomes.offences >= enough
}

/// Checks the bounds, that of wrong answers with four standard errors to spare.
pub fn check(row: &Row, outcomes: &Outcomes) -> Result<(), Violation> {
	let n = row.requests as f64;
	let (share, bound) = (outcomes.wrong as f64 / n, wrong_bound(row));
	let error = 4.0 * (bound * (1.0 - bound) / n).sqrt() + 1.0 / n;
	if share > bound + error {
		return Err(Violation::TooManyWrongAnswers { share, bound });
	}
	if row.strategy == Strategy::Honest && outcomes.wrong + outcomes.offences > 0 {
		return Err(Violation::HonestOffences(outcomes.wrong + outcomes.offences));
	}
	if must_lose(row, outcomes) && outcomes.profit >= 0 {
		return Err(Violation::DishonestyPays(outcomes.profit));
	}
	Ok(())
}
