//! `opg-adversary`: plays every strategy at every tier and prints what it earns.

use anyhow::{ensure, Context};
use clap::Parser;
use opg_adversary::{all_rows, check, csv, markdown, must_lose, play, Outcomes, Row};
use std::{
	path::PathBuf,
	sync::{Mutex, PoisonError},
	thread,
};

/// Play strategies of dishonest executors, requesters and challengers against the real pallets.
///
/// Fails where a strategy that must lose money earns some, or settles more wrong answers than it
/// can.
#[derive(Parser)]
#[command(name = "opg-adversary", version)]
struct Args {
	/// Requests per row. Rows with rare lies are five times as long.
	#[arg(long, default_value_t = 2_000)]
	requests: usize,
	/// Seed of all randomness.
	#[arg(long, default_value_t = 0)]
	seed: u64,
	/// Executors of the adversary, in percent, separated by commas.
	#[arg(long, value_delimiter = ',', default_values_t = [10, 30, 45])]
	shares: Vec<usize>,
	/// Write the table to this CSV file.
	#[arg(long)]
	csv: Option<PathBuf>,
	/// Write the table to this markdown file.
	#[arg(long)]
	markdown: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
	let args = Args::parse();
	ensure!(args.requests >= 5, "a row has at least five requests");
	ensure!(args.shares.iter().all(|percent| *percent <= 100), "a share is at most 100 percent");
	let results = play_all(all_rows(args.requests, &args.shares), args.seed);
	for (path, table) in [(&args.csv, csv(&results)), (&args.markdown, markdown(&results))] {
		if let Some(path) = path {
			std::fs::write(path, table).with_context(|| format!("writing {}", path.display()))?;
		}
	}
	let losing = results.iter().filter(|(row, outcomes)| must_lose(row, outcomes)).count();
	println!("RESULT adversary_rows {}", results.len());
	println!("RESULT adversary_losing_rows {losing}");
	let mut violations = 0;
	for (row, outcomes) in &results {
		if let Err(violation) = check(row, outcomes) {
			eprintln!("{row:?}: {violation}");
			violations += 1;
		}
	}
	ensure!(violations == 0, "{violations} rows break their bounds");
	Ok(())
}

/// Plays on all cores: each game has storage of its own.
fn play_all(rows: Vec<Row>, seed: u64) -> Vec<(Row, Outcomes)> {
	let queue = Mutex::new(rows.into_iter().enumerate());
	let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
	let worker = || {
		let mut done = Vec::new();
		while let Some((place, row)) = next() {
			let outcomes = play(row, seed);
			println!("{:?} {:?} {} %: {outcomes:?}", row.tier, row.strategy, row.percent);
			done.push((place, row, outcomes));
		}
		done
	};
	let threads = thread::available_parallelism().map_or(1, |count| count.get());
	let mut done: Vec<_> = thread::scope(|scope| {
		let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
		workers.into_iter().flat_map(|worker| worker.join().expect("a game failed")).collect()
	});
	done.sort_by_key(|(place, ..)| *place);
	done.into_iter().map(|(_, row, outcomes)| (row, outcomes)).collect()
}
