//! Throughput: attested inferences per second that the chain carries. Full blocks of them are
//! imported into a fresh client of a development chain, executed by wasmtime and committed to
//! ParityDB.
//!
//! No engine runs and no network: answers are fixed, because the chain only compares them. Seals
//! and VRF proofs are not checked, which are two signatures per block; pools are not involved.

#![allow(missing_docs)]

mod chain;
#[path = "../common/client.rs"]
mod client;
mod people;
mod pipeline;
mod split;

use chain::{import_all, Time};
use clap::Parser;
use client::Executor;
use opg_runtime::{
	constants::{CHALLENGE_WINDOW, HOURS, SLOT_MILLIS},
	Runtime,
};
use pipeline::{Case, Pipeline, Tally, INPUT_BYTES, OUTPUT_BYTES};

/// Requests in one transaction, as a dApp sends them that has many.
const TOGETHER: u32 = 16;

/// Measure how many attested inferences per second the chain carries.
#[derive(Parser)]
struct Args {
	/// Short runs, no pruning.
	#[arg(long)]
	quick: bool,
	/// Before the main run, fill the chain for an hour of its time, so that blocks also prune.
	#[arg(long)]
	hour: bool,
	/// Requests per block, instead of as many as the runtime's limits let in: fewer.
	#[arg(long)]
	rate: Option<u32>,
	/// Given by `cargo bench` to every benchmark.
	#[arg(long = "bench", hide = true)]
	_bench: bool,
}

/// Result of a run, per block where nothing else is said.
struct Row {
	blocks: u32,
	sum: Tally,
	open: u32,
	kept: u32,
	fullness: [f64; 3],
	time: Time,
}

impl Row {
	fn micros(&self) -> f64 {
		self.time.wall * 1e6 / f64::from(self.sum.attested)
	}

	fn per_second(&self) -> f64 {
		f64::from(self.sum.attested) / self.time.wall
	}

	fn per_block(&self) -> f64 {
		f64::from(self.sum.attested) / f64::from(self.blocks)
	}
}

/// Runs a chain of `rate` requests per block until each block carries every step of a request, and
/// measures the next `blocks`.
fn run(wasm: &Executor, case: Case, rate: u32, fill: u32, blocks: u32) -> Row {
	let (mut pipeline, genesis) = Pipeline::new(case, wasm);
	let warm = fill + case.latency() + CHALLENGE_WINDOW + 6;
	(0..warm).for_each(|_| {
		pipeline.step(rate);
	});
	let first = pipeline.author.height;
	let (mut sum, mut open, mut fullness) = (Tally::default(), 0, [0.0; 3]);
	for _ in 0..blocks {
		sum = sum.add(pipeline.step(rate));
		open += pipeline.open();
		let part = pipeline.author.fullness();
		fullness.iter_mut().zip(part).for_each(|(sum, part)| *sum += part / f64::from(blocks));
	}
	let kept = pipeline.total.requested - pipeline.total.pruned;
	pipeline.drain();
	let all = std::mem::take(&mut pipeline.author.blocks);
	drop(pipeline);
	let times = import_all(&genesis, all);
	let time = times[first as usize..(first + blocks) as usize].iter().fold(
		Time::default(),
		|sum, time| Time { wall: sum.wall + time.wall, cpu: sum.cpu + time.cpu },
	);
	Row { blocks, sum, open: open / blocks, kept, fullness, time }
}

fn print_row(case: Case, row: &Row) {
	println!(
		"{:>8} {:>9} {:>7} {:>6} {:>6} {:>9.1} {:>11.1} {:>9.0} {:>9.0} {:>9.0}",
		case.together,
		case.executors,
		case.models,
		row.open,
		row.kept,
		row.per_block(),
		f64::from(row.sum.items) / f64::from(row.sum.batches.max(1)),
		row.micros(),
		row.time.cpu * 1e6 / f64::from(row.sum.attested),
		row.per_second(),
	);
}

fn main() {
	let args = Args::parse();
	let wasm = client::executor();
	let base = Case { executors: 30, models: 1, patience: 2, together: TOGETHER };
	let alone = Case { together: 1, ..base };
	let (limit, tightest) = base.capacity(&wasm);
	let rate = args.rate.unwrap_or(limit);
	let cores = std::thread::available_parallelism().map_or(0, usize::from);
	let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
	println!("cores {cores}, load before {}", load.split(' ').next().unwrap_or("unknown"));
	println!("quorum of three, input {INPUT_BYTES} bytes, output {OUTPUT_BYTES} bytes");
	println!("{TOGETHER} requests in a transaction where nothing else is said");
	println!("per block at most {limit} inferences in the long run, limited by {tightest}");
	println!(
		"imported: every block executed, its state committed, finalized; seal and VRF unchecked\n"
	);

	let fill = if args.hour { HOURS } else { 0 };
	let main = run(&wasm, base, rate, fill, if args.quick { 20 } else { 60 });
	let sum = main.sum;
	println!("full blocks, 30 executors");
	println!("  blocks imported                 {}", main.blocks);
	println!("  requests                        {}", sum.requested);
	println!("  attested inferences             {}", sum.attested);
	println!("  settled, audited, pruned        {}, {}, {}", sum.settled, sum.audited, sum.pruned);
	println!("  in the state at the end         {}", main.kept);
	if !args.hour {
		// The state is what import slows down with.
		println!("    (an hour at this rate: {}; measure that with --hour)", rate * HOURS);
	}
	println!(
		"  batches, items in each          {}, {:.1}",
		sum.batches,
		f64::from(sum.items) / f64::from(sum.batches)
	);
	println!(
		"  weight of users, answers, all   {:.0} %, {:.0} %, {:.0} % of what is allowed",
		100.0 * main.fullness[0],
		100.0 * main.fullness[1],
		100.0 * main.fullness[2]
	);
	println!("  seconds of import, of its CPU   {:.2}, {:.2}", main.time.wall, main.time.cpu);
	println!(
		"  milliseconds per block          {:.1}",
		main.time.wall * 1e3 / f64::from(main.blocks)
	);
	println!("  attested per second of import   {:.0}", main.per_second());
	println!("  µs per attested inference       {:.0}", main.micros());
	let budget = <Runtime as frame_system::Config>::BlockWeights::get().max_block.ref_time() as f64;
	println!(
		"  import takes {:.1} % of the time that the weights of these blocks stand for\n",
		100.0 * main.time.wall * 1e12 / (main.fullness[2] * budget * f64::from(main.blocks))
	);

	let cycles = if args.quick { 3 } else { 7 };
	let alone_limit = alone.capacity(&wasm).0;
	let split = split::split(&wasm, args.rate.unwrap_or(alone_limit), cycles, !args.quick);
	println!(
		"one thing per block, in a small state without audits, each request by itself: µs each"
	);
	for (name, micros) in &split.parts {
		println!("  {name:<30}  {micros:.0}");
	}
	let steps: f64 = split.parts.iter().map(|(_, micros)| micros).sum();
	println!("  {:<30}  {steps:.0}", "together");
	match split.pruning {
		Some(micros) => println!("  {:<30}  {micros:.0}", "pruning, an hour later"),
		None => println!("  {:<30}  not measured", "pruning, an hour later"),
	}
	println!("  an empty block takes {:.0} µs\n", split.empty);

	println!("how it grows; open: not final, kept: in the state; µs per attested inference");
	println!(
		"together executors  models   open   kept per block items/batch   µs wall    µs CPU  attested/s"
	);
	let blocks = if args.quick { 8 } else { 20 };
	let case = |executors, models, patience| Case { executors, models, patience, ..base };
	let by_itself = run(&wasm, alone, args.rate.unwrap_or(alone_limit), 0, blocks);
	print_row(alone, &by_itself);
	// With what part of the rate, and after how many blocks.
	let mut cases = vec![(case(300, 1, 2), 1, 0)];
	if !args.quick {
		cases.extend([
			(case(10, 1, 2), 1, 0),
			(case(30, 1, 2), 1, 0),
			(case(30, 100, 2), 1, 0),
			(case(30, 1_000, 2), 1, 0),
			// Few requests at a time, and as many as the deadlines allow.
			(case(30, 1, 2), 4, 0),
			(case(30, 1, 5), 1, 0),
			// More and more that are final and not yet pruned.
			(case(30, 1, 2), 1, 60),
			(case(30, 1, 2), 1, 240),
		]);
	}
	for (case, part, fill) in cases {
		let rate = args.rate.unwrap_or_else(|| case.capacity(&wasm).0) / part;
		print_row(case, &run(&wasm, case, rate, fill, blocks));
	}

	let slots = 1_000.0 / SLOT_MILLIS as f64;
	if let Some(micros) = split.pruning {
		let all = main.micros() + if args.hour { 0.0 } else { micros };
		println!("\nwith pruning {all:.0} µs per attested inference, {:.0} per second", 1e6 / all);
	}
	println!("\nRESULT attested_per_second_by_weight {:.1}", f64::from(limit) * slots);
	println!("RESULT attested_per_second_imported {:.1}", main.per_second());
	println!("RESULT import_us_per_attested_inference {:.1}", main.micros());
	println!("RESULT attested_per_second_taken {:.2}", main.per_block() * slots);
	println!("RESULT attested_per_second_taken_unbatched {:.2}", by_itself.per_block() * slots);
}
