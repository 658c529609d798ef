//! Tables of results, as CSV and as markdown.

use crate::{
	bound::{wrong_bound, MANY_LIES},
	chances, Outcomes, Row, Watch,
};
use opg_runtime::constants::OPG;

const CSV_HEAD: &str = "tier,strategy,stake_percent,dishonest_validators_percent,\
	absent_validators_percent,watch,requests,offences,whole_committees,wrong_settled,wrong_bound,\
	wrong_settled_watched,failed,undecided,courts,court_unpaid_opg,honest_slashed,profit_opg_per_request,profit_opg_per_offence\n";

const MARKDOWN_HEAD: &str = "# Profit of dishonesty

Written by `scripts/adversary.sh`, which plays the strategies of `runtime/adversary` against the
real pallets; its README says what each does. This is `COMMAND`.

Each of 60 executors has 1,100 OPG at stake and earns 0.4 OPG per answer. Profit is
the change of the adversary's wealth. Computing an answer costs all that it pays, so honest play
earns 0 (a requester minus its fees); an owner's royalty is not counted.

*Validators*: those of the adversary, and honest ones that are offline while the court sits.
*Whole*: requests whose first committee was all the adversary's. *Courts*: requests that the court
decided; with them the adversary's own that only fill executors or courts. *Unpaid*: what validators
did not get for votes that the verdict confirmed. *Slashed*: honest pools that were convicted, or lost
more than the capped fines and the pay of whoever sat in their place.

Inputs and outputs are part of the request, but for those who withhold one: InputWithholder and
OutputWithholder.

A lie that nobody watches, told where the adversary holds the whole committee, is left to audits by
chance, of which there is one in fifty answers. A row with less than MANY_LIES of them says nothing
about its average. Such rows count together, by tier:

CHANCES

| tier | strategy | stake | validators | watched | requests | with an offence | whole \
| wrong answers settled | bound | failed | undecided | courts | unpaid | slashed | profit per request | per offence |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
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
		Watch::Executor => "by a pool".to_owned(),
	}
}

/// Table with a line per row, for programs.
pub fn csv(results: &[(Row, Outcomes)]) -> String {
	let line = |(row, outcomes): &(Row, Outcomes)| {
		let (per_request, per_offence) = profit(outcomes);
		format!(
			"{:?},{:?},{},{},{},{},{},{},{},{},{:.5},{},{},{},{},{:.4},{},{per_request:.4},{per_offence:.4}\n",
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
			outcomes.courts,
			outcomes.unpaid as f64 / OPG as f64,
			outcomes.honest_slashed,
		)
	};
	CSV_HEAD.to_owned() + &results.iter().map(line).collect::<String>()
}

/// Document with a line per row, for people. `command` made it.
pub fn markdown(results: &[(Row, Outcomes)], command: &str) -> String {
	let line = |(row, outcomes): &(Row, Outcomes)| {
		let (per_request, per_offence) = profit(outcomes);
		format!(
			"| {:?} | {:?} | {} % | {} % lie, {} % off | {} | {} | {} | {} | {} ({:.2} %) | {:.2} % \
			 | {} | {} | {} | {:.2} OPG | {} | {per_request:.3} OPG | {per_offence:.2} OPG |\n",
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
			outcomes.courts,
			outcomes.unpaid as f64 / OPG as f64,
			outcomes.honest_slashed,
		)
	};
	let chances: String = chances(results).iter().map(|chance| format!("- {chance}\n")).collect();
	let head = MARKDOWN_HEAD
		.replace("COMMAND", command)
		.replace("MANY_LIES", &MANY_LIES.to_string())
		.replace("CHANCES\n", &chances);
	head + &results.iter().map(line).collect::<String>()
}
