//! `opg-adversary`: plays every strategy at every tier and prints what it earns; and what authors of
//! blocks gain by knowing their randomness.

use anyhow::{ensure, Context};
use clap::{Args, Parser};
use opg_adversary::{
	all_rows, chances, check, csv,
	foresight::{self, Adversary},
	games, is_profitable, markdown, must_lose, play_game, Bench, Outcomes, Row,
};
use opg_primitives::Tier;
use opg_runtime::constants::OPG;
use std::{
	path::PathBuf,
	sync::{Mutex, PoisonError},
	thread,
	time::Instant,
};

const TIERS: [Tier; 3] = [Tier::Optimistic, Tier::Quorum, Tier::High];

/// Attacks on the real pallets and on the real draw.
#[derive(Parser)]
#[command(name = "opg-adversary", version)]
enum Command {
	/// Play strategies of dishonest executors, requesters, challengers and validators.
	///
	/// Fails where a strategy that must lose money earns some, where a wrong answer is settled
	/// although an honest party looked, or where an honest pool loses more than the capped fine.
	Play(Play),
	/// Tell how often an author of blocks gets a whole committee, by leaving slots empty or by
	/// choosing when to ask.
	Foresight(Foresight),
}

#[derive(Args)]
struct Play {
	/// Requests per row and seed. Rows with rare lies are twice as long, those that fill executors or
	/// courts shorter.
	#[arg(long, default_value_t = 2_000)]
	requests: usize,
	/// Seeds of all randomness, separated by commas. A row is played with each, and the tables are
	/// about the sum.
	#[arg(long, value_delimiter = ',', default_values_t = [0])]
	seeds: Vec<u64>,
	/// Executors of the adversary, in percent, separated by commas.
	#[arg(long, value_delimiter = ',', default_values_t = [10, 20, 30, 45])]
	shares: Vec<usize>,
	/// Validators of the adversary, in percent.
	#[arg(long, default_value_t = 30)]
	dishonest: usize,
	/// Honest validators that are offline while the court sits, in percent.
	#[arg(long, default_value_t = 0)]
	absent: usize,
	/// Share of all answers that an honest executor computes again where it was not drawn, in rows
	/// in which they watch by chance. By default 3 by the executors that were not drawn.
	#[arg(long, default_value_t = 3.0 / 57.0)]
	watch: f64,
	/// Play only rows whose strategy, tier or both, as in `Quorum Collude`, contain this.
	#[arg(long, default_value = "")]
	only: String,
	/// Write the table to this CSV file.
	#[arg(long)]
	csv: Option<PathBuf>,
	/// Write the table to this markdown file.
	#[arg(long)]
	markdown: Option<PathBuf>,
}

#[derive(Args)]
struct Foresight {
	/// Draws and sessions per row.
	#[arg(long, default_value_t = 2_000)]
	tries: usize,
	/// Seed of all randomness.
	#[arg(long, default_value_t = 0)]
	seed: u64,
	/// Slots of the adversary, in percent, separated by commas.
	#[arg(long, value_delimiter = ',', default_values_t = [10, 20, 33])]
	slots: Vec<u32>,
	/// Executors of the adversary, in percent, separated by commas.
	#[arg(long, value_delimiter = ',', default_values_t = [10, 20, 30, 45])]
	shares: Vec<u32>,
	/// Numbers of a request among which it can choose in a block.
	#[arg(long, default_value_t = 1)]
	numbers: u64,
}

fn main() -> anyhow::Result<()> {
	match Command::parse() {
		Command::Play(args) => args.run(),
		Command::Foresight(args) => args.run(),
	}
}

impl Play {
	fn run(self) -> anyhow::Result<()> {
		ensure!(self.requests >= 5, "a row has at least five requests");
		let percents = self.shares.iter().chain([&self.dishonest, &self.absent]);
		ensure!(percents.into_iter().all(|share| *share <= 100), "a share is at most 100 percent");
		let bench = Bench { dishonest: self.dishonest, absent: self.absent };
		let mut rows = all_rows(self.requests, &self.shares, bench, self.watch);
		rows.retain(|row| format!("{:?} {:?}", row.tier, row.strategy).contains(&self.only));
		let started = Instant::now();
		let results = self.play_rows(&rows);
		let requests: usize = results.iter().map(|(_, outcomes)| outcomes.requests).sum();
		println!("RESULT adversary_requests {requests}");
		let seconds = started.elapsed().as_secs_f64();
		println!("RESULT adversary_requests_per_second {:.1}", requests as f64 / seconds);
		let command: Vec<_> = std::env::args().skip(1).collect();
		let document = markdown(&results, &format!("opg-adversary {}", command.join(" ")));
		for (path, table) in [(&self.csv, csv(&results)), (&self.markdown, document)] {
			if let Some(path) = path {
				std::fs::write(path, table)
					.with_context(|| format!("writing {}", path.display()))?;
			}
		}
		conclude(&results)
	}

	/// Plays all games of all rows. Gives the sum of each row.
	fn play_rows(&self, rows: &[Row]) -> Vec<(Row, Outcomes)> {
		let of_row = |place: usize| {
			let seeds = self.seeds.iter();
			let games = seeds.flat_map(move |seed| games(rows[place], *seed));
			games.map(move |game| (place, game))
		};
		let all = (0..rows.len()).flat_map(of_row).collect();
		let played = on_all_cores(all, |(_, (row, seed))| play_game(*row, *seed));
		let mut results: Vec<_> = rows.iter().map(|row| (*row, Outcomes::default())).collect();
		for ((place, _), outcomes) in played {
			results[place].1.add(outcomes);
		}
		for (row, outcomes) in &results {
			println!("{row:?}: {outcomes:?}");
		}
		results
	}
}

/// Says what the rows show, and fails where one breaks a bound.
fn conclude(results: &[(Row, Outcomes)]) -> anyhow::Result<()> {
	let count = |holds: &dyn Fn(&Row, &Outcomes) -> bool| {
		results.iter().filter(|(row, outcomes)| holds(row, outcomes)).count()
	};
	let sum = |of: fn(&Outcomes) -> usize| {
		results.iter().map(|(_, outcomes)| of(outcomes)).sum::<usize>()
	};
	println!("RESULT adversary_rows {}", results.len());
	println!("RESULT adversary_losing_rows {}", count(&must_lose));
	let mut profitable = count(&is_profitable);
	// Rare lies of all rows of a tier together say more than those of each.
	for chance in chances(results) {
		let name = format!("adversary_{:?}", chance.tier).to_lowercase();
		println!("RESULT {name}_unwatched_lies {}", chance.lies);
		println!("RESULT {name}_profit_of_unwatched_lies_opg {:.1}", opg(chance.profit));
		profitable += usize::from(chance.is_profitable());
	}
	let unpaid: u128 = results.iter().map(|(_, outcomes)| outcomes.unpaid).sum();
	println!("RESULT adversary_courts {}", sum(|outcomes| outcomes.courts));
	println!("RESULT adversary_court_unpaid_opg {:.3}", opg(unpaid as i128));
	println!("RESULT adversary_profitable_strategies {profitable}");
	println!("RESULT adversary_wrong_settled_watched {}", sum(|outcomes| outcomes.wrong_watched));
	println!("RESULT adversary_honest_slashed {}", sum(|outcomes| outcomes.honest_slashed));
	let mut violations = 0;
	for (row, outcomes) in results {
		for violation in check(row, outcomes) {
			eprintln!("{row:?}: {violation}");
			violations += 1;
		}
	}
	ensure!(violations == 0 && profitable == 0, "{violations} bounds are broken");
	Ok(())
}

/// Amount in OPG.
fn opg(planck: i128) -> f64 {
	planck as f64 / OPG as f64
}

impl Foresight {
	fn run(self) -> anyhow::Result<()> {
		let percents = self.slots.iter().chain(&self.shares);
		ensure!(percents.into_iter().all(|share| *share < 100), "a share is below 100 percent");
		let mut rows = Vec::new();
		for tier in TIERS {
			for &slots in &self.slots {
				for &stake in &self.shares {
					rows.push(Adversary { tier, slots, stake, numbers: self.numbers });
				}
			}
		}
		let results = on_all_cores(rows, |row| foresight::chances(*row, self.tries, self.seed));
		println!(
			"| tier | slots | stake | by chance | slots left empty | sessions with a choice |"
		);
		println!("|---|---|---|---|---|---|");
		for (Adversary { tier, slots, stake, .. }, chances) in &results {
			let [fair, withheld, chosen] =
				[chances.fair, chances.withheld, chances.chosen].map(|chance| chance * 100.0);
			println!(
				"| {tier:?} | {slots} % | {stake} % | {fair:.2} % | {withheld:.2} % | {chosen:.2} % |"
			);
		}
		for (Adversary { tier, slots, stake, .. }, chances) in &results {
			let name = format!("foresight_{tier:?}_slots{slots}_stake{stake}").to_lowercase();
			println!("RESULT {name}_fair_percent {:.3}", chances.fair * 100.0);
			println!("RESULT {name}_withheld_percent {:.3}", chances.withheld * 100.0);
			println!("RESULT {name}_chosen_percent {:.3}", chances.chosen * 100.0);
		}
		Ok(())
	}
}

/// Plays rows on all cores, each game with storage of its own. Gives the results in their order.
fn on_all_cores<R: Send + Sync, O: Send>(
	rows: Vec<R>,
	play: impl Fn(&R) -> O + Sync,
) -> Vec<(R, O)> {
	let queue = Mutex::new(rows.into_iter().enumerate());
	let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
	let worker = || {
		let mut done = Vec::new();
		while let Some((place, row)) = next() {
			let outcome = play(&row);
			done.push((place, row, outcome));
		}
		done
	};
	let threads = thread::available_parallelism().map_or(1, |count| count.get());
	let mut done: Vec<_> = thread::scope(|scope| {
		let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
		workers.into_iter().flat_map(|worker| worker.join().expect("a game failed")).collect()
	});
	done.sort_by_key(|(place, ..)| *place);
	done.into_iter().map(|(_, row, outcome)| (row, outcome)).collect()
}
