//! Benchmark of the engine, for `scripts/bench-engine.sh`.
//!
//! ```text
//! engine compile                            seconds that compiling the guest takes
//! engine run <directory> <seconds> <model>...
//!     for each model: its name; medians, in ms, of a run and of a whole request; of loading, ms;
//!     bytes that stay in memory. Leaves the data of the first output in <model>.engine.
//! engine scale <directory> <seconds> <model>
//!     requests per second of as many threads as there are cores, by those of one thread
//! engine threads <directory> <seconds> <model>
//!     the threads that there are cores for, and how much faster one run is on all of them
//! ```

use opg_engine::{
	tensor, Dims, Engine, EngineConfig, EngineError, Limits, ModelFault, Prepared, Run,
};
use std::{
	env,
	error::Error,
	fs,
	path::{Path, PathBuf},
	sync::Arc,
	thread,
	time::{Duration, Instant},
};

const LIMITS: Limits = Limits {
	fuel: 1 << 50,
	load_fuel: 1 << 50,
	memory_bytes: 2 << 30,
	max_output: 64 << 20,
	time: None,
};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
	// Cargo adds a flag of its own.
	let arguments: Vec<String> = env::args().skip(1).filter(|given| given != "--bench").collect();
	let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
	match arguments[..] {
		["compile"] => {
			let start = Instant::now();
			Engine::new(None)?;
			println!("{}", start.elapsed().as_secs_f64());
			Ok(())
		},
		["run", directory, seconds, ref models @ ..] => models.iter().try_for_each(|model| {
			// On a thread like those of a node's worker.
			let (directory, model) = (PathBuf::from(directory), model.to_string());
			let seconds = seconds.parse()?;
			let work = move || run(&directory, seconds, &model).map_err(|e| e.to_string());
			let done = opg_engine::spawn("bench".into(), work)?.join();
			Ok(done.map_err(|_| "the bench has panicked")??)
		}),
		["scale", directory, seconds, model] => scale(directory.as_ref(), seconds.parse()?, model),
		["threads", directory, seconds, model] => {
			threads(directory.as_ref(), seconds.parse()?, model)
		},
		[] => {
			println!("this benchmark needs models: run scripts/bench-engine.sh");
			Ok(())
		},
		_ => Err("usage: engine compile | run <directory> <seconds> <model>... | scale ...".into()),
	}
}

fn engine() -> std::result::Result<Engine, EngineError> {
	engine_on(1)
}

fn engine_on(threads: usize) -> std::result::Result<Engine, EngineError> {
	let cache = env::temp_dir().join("opg-engine-bench");
	Engine::with(EngineConfig { cache: Some(&cache), threads, ..EngineConfig::default() })
}

/// The outcome, with a fault as an error.
fn done<T>(run: Run<T>) -> Result<T> {
	run.outcome.map_err(|fault: ModelFault| format!("{fault}: {}", run.message).into())
}

fn run(directory: &Path, seconds: f64, model: &str) -> Result<()> {
	let engine = engine()?;
	let file = |extension: &str| directory.join(format!("{model}.{extension}"));
	let (onnx, input) = (fs::read(file("onnx"))?, fs::read(file("input"))?);
	let start = Instant::now();
	let prepared = done(engine.prepare(&onnx, &Dims::default(), &LIMITS)?)?;
	let load = start.elapsed();
	let output = done(engine.run_prepared(&prepared, &input, &LIMITS)?)?;
	fs::write(file("engine"), &tensor::decode(&output)?[0].data)?;

	let (mut requests, mut runs) = (Vec::new(), Vec::new());
	let end = Instant::now() + Duration::from_secs_f64(seconds);
	while requests.len() < 5 || Instant::now() < end {
		// In turns, so that both see the same machine.
		for _ in 0..5 {
			let start = Instant::now();
			done(engine.run_prepared(&prepared, &input, &LIMITS)?)?;
			requests.push(start.elapsed());
		}
		// The first ones meet cold memory, as a request does.
		runs.extend(&done(engine.time(&prepared, &input, 12)?)?[2..]);
	}
	println!("{model} {} {} {} {}", median(runs), median(requests), ms(load), prepared.bytes());
	Ok(())
}

fn median(mut times: Vec<Duration>) -> f64 {
	times.sort();
	ms(times[times.len() / 2])
}

fn ms(time: Duration) -> f64 {
	time.as_secs_f64() * 1e3
}

fn scale(directory: &Path, seconds: f64, model: &str) -> Result<()> {
	let engine = engine()?;
	let file = |extension: &str| directory.join(format!("{model}.{extension}"));
	let (onnx, input) = (fs::read(file("onnx"))?, fs::read(file("input"))?);
	let prepared = done(engine.prepare(&onnx, &Dims::default(), &LIMITS)?)?;
	let all_of_it = Arc::new((engine, prepared, input));
	let cores = thread::available_parallelism()?.get();
	// In turns, so that all see the same machine.
	let (mut one, mut all) = (0, 0);
	let turns = 4;
	for _ in 0..turns {
		one += requests(&all_of_it, 1, seconds / f64::from(turns))?;
		all += requests(&all_of_it, cores, seconds / f64::from(turns))?;
	}
	println!("{cores} {}", all as f64 / one as f64);
	Ok(())
}

fn threads(directory: &Path, seconds: f64, model: &str) -> Result<()> {
	let cores = thread::available_parallelism()?.get();
	let file = |extension: &str| directory.join(format!("{model}.{extension}"));
	let (onnx, input) = (fs::read(file("onnx"))?, fs::read(file("input"))?);
	let engines = [engine_on(1)?, engine_on(cores)?];
	let mut prepared = Vec::new();
	for engine in &engines {
		prepared.push(done(engine.prepare(&onnx, &Dims::default(), &LIMITS)?)?);
	}
	let mut times = [Vec::new(), Vec::new()];
	let end = Instant::now() + Duration::from_secs_f64(seconds);
	while times[0].len() < 9 || Instant::now() < end {
		// In turns, so that both see the same machine.
		for ((engine, prepared), times) in engines.iter().zip(&prepared).zip(&mut times) {
			times.extend(&done(engine.time(prepared, &input, 4)?)?[1..]);
		}
	}
	let [one, all] = times.map(median);
	println!("{cores} {}", one / all);
	Ok(())
}

/// Requests that so many threads answer in so many seconds.
fn requests(
	with: &Arc<(Engine, Prepared, Vec<u8>)>,
	threads: usize,
	seconds: f64,
) -> Result<usize> {
	let end = Instant::now() + Duration::from_secs_f64(seconds);
	let start = |_| {
		let with = with.clone();
		opg_engine::spawn("bench".into(), move || {
			let (engine, prepared, input) = &*with;
			let answer = || engine.run_prepared(prepared, input, &LIMITS);
			let answered = || answer().is_ok_and(|run| run.outcome.is_ok());
			(0..).take_while(|_| Instant::now() < end && answered()).count()
		})
	};
	let workers: Vec<_> = (0..threads).map(start).collect::<std::io::Result<_>>()?;
	Ok(workers.into_iter().map(|worker| worker.join().unwrap_or_default()).sum())
}
