//! Hostile files, and mutants of good ones: none harms the host.
//!
//! Every file runs twice in a fresh instance and once as a prepared model, and must give the same
//! verdict and fuel within the deadline. `scripts/hostile.sh` runs all mutants; a plain test runs some.

#![allow(clippy::unwrap_used)]

mod common;

use common::{
	engine,
	hostile::{self, Hostile},
	mutate::{Breeder, Random},
};
use opg_engine::{digest, Backend, Dims, Engine, EngineError, Limits, Run};
use std::{
	collections::BTreeMap,
	env, fs,
	io::Write,
	panic::{catch_unwind, AssertUnwindSafe},
	path::Path,
	sync::{
		atomic::{AtomicUsize, Ordering},
		Mutex,
	},
	time::{Duration, Instant},
};

/// Enough to load every model of the determinism suite.
const LIMITS: Limits = Limits {
	fuel: 300_000_000,
	load_fuel: 300_000_000,
	memory_bytes: 256 << 20,
	max_output: 64 << 10,
	time: None,
};
/// For one run, on a busy machine.
const DEADLINE: Duration = Duration::from_secs(10);
/// Mutants of a plain test run.
const FEW: usize = 2000;
const SEED: u64 = 20_261_121;

/// Loads the model and runs it from its image.
fn run_prepared(
	engine: &Engine,
	model: &[u8],
	dims: &Dims,
	input: &[u8],
) -> Result<Run, EngineError> {
	let Run { outcome, fuel, reason, message } = engine.prepare(model, dims, &LIMITS)?;
	match outcome {
		Ok(prepared) => engine.run_prepared(&prepared, input, &LIMITS),
		Err(fault) => Ok(Run { outcome: Err(fault), fuel, reason, message }),
	}
}

/// Counts of a suite.
#[derive(Default)]
struct Tally {
	panics: Vec<String>,
	differences: Vec<String>,
	overruns: Vec<String>,
	host_errors: Vec<String>,
	verdicts: BTreeMap<String, usize>,
	slowest: Duration,
	/// The longest that a million units of fuel took, among runs of some length.
	slowest_fuel: Duration,
}

impl Tally {
	fn run(&mut self, engine: &Engine, name: &str, model: &[u8], dims: &Dims, input: &[u8]) {
		let mut runs: Vec<Run> = Vec::new();
		for prepared in [false, false, true] {
			let start = Instant::now();
			let run = catch_unwind(AssertUnwindSafe(|| {
				if prepared {
					run_prepared(engine, model, dims, input)
				} else {
					engine.run(model, dims, input, &LIMITS)
				}
			}));
			let took = start.elapsed();
			self.slowest = self.slowest.max(took);
			if took > DEADLINE {
				self.overruns.push(format!("{name}: {took:?}"));
			}
			match run {
				Err(_) => return self.panics.push(name.into()),
				Ok(Err(error)) => return self.host_errors.push(format!("{name}: {error}")),
				Ok(Ok(run)) => {
					if took > Duration::from_millis(200) {
						let per_million = took.mul_f64(1e6 / run.fuel.max(1) as f64);
						self.slowest_fuel = self.slowest_fuel.max(per_million);
					}
					runs.push(run);
				},
			}
		}
		if runs.iter().any(|run| *run != runs[0]) {
			self.differences.push(name.into());
		}
		let verdict = match &runs[0].outcome {
			Ok(_) => "output".to_owned(),
			Err(fault) => format!("{fault} {:?}", runs[0].reason),
		};
		*self.verdicts.entry(verdict).or_default() += 1;
	}

	fn merge(&mut self, other: Tally) {
		self.panics.extend(other.panics);
		self.differences.extend(other.differences);
		self.overruns.extend(other.overruns);
		self.host_errors.extend(other.host_errors);
		for (verdict, count) in other.verdicts {
			*self.verdicts.entry(verdict).or_default() += count;
		}
		self.slowest = self.slowest.max(other.slowest);
		self.slowest_fuel = self.slowest_fuel.max(other.slowest_fuel);
	}

	fn report(&self, what: &str) {
		let mut text = format!("{what}: {:?}\n", self.verdicts);
		let runs: usize = self.verdicts.values().sum();
		for (name, number) in [
			("runs", runs),
			("host_panics", self.panics.len()),
			("host_errors", self.host_errors.len()),
			("deadline_overruns", self.overruns.len()),
			("differences", self.differences.len()),
			("slowest_ms", self.slowest.as_millis() as usize),
			("slowest_us_per_million_fuel", self.slowest_fuel.as_micros() as usize),
		] {
			text.push_str(&format!("RESULT {what}_{name} {number}\n"));
		}
		// The test harness swallows what is printed.
		let _ = std::io::stderr().write_all(text.as_bytes());
		assert!(self.panics.is_empty(), "panics of the host: {:?}", self.panics);
		assert!(self.host_errors.is_empty(), "trouble of the host: {:?}", self.host_errors);
		assert!(self.overruns.is_empty(), "over the deadline: {:?}", self.overruns);
		assert!(self.differences.is_empty(), "not repeated: {:?}", self.differences);
	}
}

/// Runs `count` cases on two threads.
fn all(count: usize, case: impl Fn(usize, &mut Tally) + Sync) -> Tally {
	let next = AtomicUsize::new(0);
	let total = Mutex::new(Tally::default());
	std::thread::scope(|scope| {
		for _ in 0..2 {
			scope.spawn(|| {
				let mut tally = Tally::default();
				loop {
					let i = next.fetch_add(1, Ordering::Relaxed);
					if i >= count {
						break;
					}
					case(i, &mut tally);
				}
				total.lock().unwrap().merge(tally);
			});
		}
	});
	total.into_inner().unwrap()
}

#[test]
fn hostile_files_should_do_no_harm() {
	let files = hostile::files();
	assert!(files.len() >= 100, "{} files", files.len());
	let engine = engine(Backend::Native);
	let tally = all(files.len(), |i, tally| {
		let Hostile { name, model, input } = &files[i];
		tally.run(&engine, name, model, &Dims::default(), input);
	});
	tally.report("hostile_files");
}

/// What a file comes to, with little fuel.
fn verdict(engine: &Engine, file: &Hostile) -> String {
	let limits = Limits { fuel: 20_000_000, ..LIMITS };
	let run = engine.run(&file.model, &Dims::default(), &file.input, &limits).unwrap();
	// Which instruction trapped is said in other words.
	let outcome = run.outcome.map(|output| hex::encode(digest(&output)));
	format!("{}: {outcome:?} {:?} {} fuel", file.name, run.reason, run.fuel)
}

/// The interpreter, at its own pace, must come to the same verdicts with the same fuel.
#[test]
fn verdicts_should_not_depend_on_the_back_end() {
	let (native, interpreter) = (engine(Backend::Native), engine(Backend::Interpreter));
	let files = hostile::files();
	let different = Mutex::new(Vec::new());
	all(files.len(), |i, _| {
		let [native, interpreter] = [&native, &interpreter].map(|on| verdict(on, &files[i]));
		if native != interpreter {
			different.lock().unwrap().push([native, interpreter]);
		}
	});
	let different = different.into_inner().unwrap();
	assert!(different.is_empty(), "{different:?}");
}

/// Writes the verdicts into a file, which `scripts/determinism-aarch64.sh` compares with another one.
#[test]
#[ignore = "started by a script"]
fn verdicts_should_be_told() {
	let engine = engine(Backend::Native);
	let verdicts: String =
		hostile::files().iter().map(|file| verdict(&engine, file) + "\n").collect();
	fs::write(env::var("OPG_HOSTILE_VERDICTS").unwrap(), verdicts).unwrap();
}

#[test]
fn mutants_should_do_no_harm() {
	let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models"));
	let mut names: Vec<String> = fs::read_dir(directory)
		.unwrap()
		.filter_map(|entry| {
			entry.unwrap().file_name().to_str()?.strip_suffix(".onnx").map(str::to_owned)
		})
		.collect();
	names.sort();
	let read = |kind: &str| -> Vec<Vec<u8>> {
		let file = |name: &String| fs::read(directory.join(format!("{name}.{kind}"))).unwrap();
		names.iter().map(file).collect()
	};
	let (models, inputs) = (read("onnx"), read("plain.opgt"));
	let mut dims = Dims::default();
	dims.bind("batch", 3).unwrap();
	dims.bind("length", 5).unwrap();

	let breeder = Breeder::new(&models);
	let count = env::var("OPG_HOSTILE_MUTANTS").map_or(FEW, |count| count.parse().unwrap());
	let engine = engine(Backend::Native);
	let tally = all(count, |i, tally| {
		let mut random = Random::new(SEED ^ (i as u64) << 20);
		let which = i % models.len();
		let mutant = breeder.mutant(which, &mut random);
		let mut input = inputs[which].clone();
		if random.below(8) == 0 {
			let at = random.below(input.len());
			input[at] = random.next() as u8;
		}
		let bound = if names[which] == "dynamic_dims" { dims.clone() } else { Dims::default() };
		tally.run(&engine, &format!("mutant {i} of {}", names[which]), &mutant, &bound, &input);
	});
	tally.report("hostile_mutants");
}
