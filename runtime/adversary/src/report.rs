//! Tables of results, as CSV and as markdown.

use crate::{bound::wrong_bound, Outcomes, Row, Watch};
use opg_runtime::constants::OPG;

const CSV_HEAD: &str = "tier,strategy,stake_percent,dishonest_validators_percent,\
	absent_validators_percent,watch,requests,offences,whole_committees,wrong_settled,wrong_bound,\
	wrong_settled_watched,failed,undecided,honest_slashed,profit_opg_per_request,profit_opg_per_offence\n";

const MARKDOWN_HEAD: &str = "# Profit of dishonesty

Written by `scripts/adversary.sh`, which plays the strategies of `runtime/adversary` against the
real pallets. Each of 60 executors has 1,100 OPG at stake and earns 0.4 OPG per answer. Profit is
the change of the adversary's wealth. Computing an answer costs all that it pays, so honest play
earns 0 (a requester minus its fees); an owner's royalty is not counted.

*Validators*: those of the adversary, and honest ones that are offline while the court sits.
*Whole*: requests whose first committee was all the adversary's. *Slashed*: honest pools that were
convicted, or lost more in a session than the capped fine.

| tier | strategy | stake | validators | watched | requests | with an offence | whole \
| wrong answers settled | bound | failed | undecided | slashed | profit per request | per offence |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
";

/// Profit of a row in OPG: per request, and per request with an offence.
fn profit(outcomes: &Outcomes) -> (f64, f64) {
	let profit = outcomes.profit as f64 / OPG as f64;
	(profit / outcomes.requests as f64, profit / outcomes.offences.max(1) as f64)
}

fn watch(row: &Row) -> String {
	match row.watch {
		Watch::Nobody => "no".to_owned(),
		Watch::Share(share) => format!("{share:.3} each"),
		Watch::Always => "yes".to_owned(),
	}
}

/// Table with a line per row, for programs.
pub fn csv(results: &[(Row, Outcomes)]) -> String {
	let line = |(row, outcomes): &(Row, Outcomes)| {
		let (per_request, per_offence) = profit(outcomes);
		format!(
			"{:?},{:?},{},{},{},{},{},{},{},{},{:.5},{},{},{},{},{per_request:.4},{per_offence:.4}\n",
			row.tier,
			row.strategy,
			row.percent,
			row.bench.dishonest,
			row.bench.absent,
			watch(row),
			outcomes.requests,
			outcomes.offences,
			outcomes.whole_committees,
			outcomes.wrong,
			wrong_bound(row),
			outcomes.wrong_watched,
			outcomes.failed,
			outcomes.undecided,
			outcomes.honest_slashed,
		)
	};
	CSV_HEAD.to_owned() + &results.iter().map(line).collect::<String>()
}

/// Document with a line per row, for people.
pub fn markdown(results: &[(Row, Outcomes)]) -> String {
	let line = |(row, outcomes): &(Row, Outcomes)| {
		let (per_request, per_offence) = profit(outcomes);
		format!(
			"| {:?} | {:?} | {} % | {} % lie, {} % off | {} | {} | {} | {} | {} ({:.2} %) | {:.2} % \
			 | {} | {} | {} | {per_request:.3} OPG | {per_offence:.2} OPG |\n",
			row.tier,
			row.strategy,
			row.percent,
			row.bench.dishonest,
			row.bench.absent,
			watch(row),
			outcomes.requests,
			outcomes.offences,
			outcomes.whole_committees,
			outcomes.wrong,
			outcomes.wrong as f64 / outcomes.requests as f64 * 100.0,
			wrong_bound(row) * 100.0,
			outcomes.failed,
			outcomes.undecided,
			outcomes.honest_slashed,
		)
	};
	MARKDOWN_HEAD.to_owned() + &results.iter().map(line).collect::<String>()
}
