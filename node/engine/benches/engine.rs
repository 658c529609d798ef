//! Benchmark of the engine, for `scripts/bench-engine.sh`.
//!
//! ```text
//! engine compile                            seconds that compiling the guest takes
//! engine run <directory> <seconds> <model>...
//!     for each model: its name; medians, in ms, of a run and of a whole request; of loading, ms;
//!     bytes that stay in memory. Leaves the data of the first output in <model>.engine.
//! engine memory <model>
//!     of an ONNX file with an input `x0`, f32 [1, 4096]: bytes of the file; the most memory while it is
//!     loaded as a node does, and while it runs; memory that stays; seconds and fuel of loading, seconds
//!     of a run
//! engine scale <directory> <seconds> <model>
//!     requests per second of as many threads as there are cores, by those of one thread
//! engine threads <directory> <seconds> <model>
//!     the threads that there are cores for, and how much faster one run is on all of them
//! ```

use opg_engine::{
	tensor::{self, DType},
	Dims, Engine, EngineConfig, EngineError, Limits, ModelFault, Prepared, Run,
};
use std::{
	env,
	error::Error,
	fs,
	os::unix::fs::MetadataExt,
	path::{Path, PathBuf},
	sync::{
		atomic::{AtomicBool, AtomicUsize, Ordering},
		Arc,
	},
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
		["memory", model] => {
			let model = PathBuf::from(model);
			let work = move || memory(&model).map_err(|e| e.to_string());
			let done = opg_engine::spawn("bench".into(), work)?.join();
			Ok(done.map_err(|_| "the bench has panicked")??)
		},
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

/// Memory of this process in bytes: its own, pages of files, and snapshots, mapped or not.
fn resident() -> usize {
	let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
	let line = |name: &str| -> usize {
		let line = status.lines().find_map(|line| line.strip_prefix(name));
		line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok()).unwrap_or(0)
	};
	let files = fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
	let snapshots = files.map(|file| file.path()).filter(|path| {
		fs::read_link(path).is_ok_and(|target| target.to_string_lossy().starts_with("/memfd:"))
	});
	let held = snapshots.filter_map(|path| Some(fs::metadata(path).ok()?.blocks() as usize * 512));
	((line("RssAnon:") + line("RssFile:")) << 10) + held.sum::<usize>()
}

/// The most memory at any time while `work` runs, in bytes, and the seconds that it takes.
fn watched<T>(work: impl FnOnce() -> T) -> (T, usize, f64) {
	let (most, done) = (AtomicUsize::new(0), AtomicBool::new(false));
	thread::scope(|scope| {
		scope.spawn(|| {
			while !done.load(Ordering::Relaxed) {
				most.fetch_max(resident(), Ordering::Relaxed);
				thread::sleep(Duration::from_millis(2));
			}
		});
		let start = Instant::now();
		let result = work();
		let took = start.elapsed().as_secs_f64();
		done.store(true, Ordering::Relaxed);
		(result, most.load(Ordering::Relaxed).max(resident()), took)
	})
}

fn memory(model: &Path) -> Result<()> {
	let engine = engine()?;
	let x: Vec<u8> = (0..4096).flat_map(|i| ((i as f32 * 0.37).sin()).to_le_bytes()).collect();
	let x = tensor::Tensor { name: "x0".into(), dtype: DType::F32, shape: vec![1, 4096], data: x };
	let input = tensor::encode(&[x]);
	let size = fs::metadata(model)?.len();
	let (prepared, load, load_seconds) = watched(|| {
		let file = fs::read(model)?;
		done(engine.prepare(&file, &Dims::default(), &LIMITS)?)
	});
	let prepared = prepared?;
	let stays = resident();
	let (output, run, run_seconds) =
		watched(|| done(engine.run_prepared(&prepared, &input, &LIMITS)?));
	let numbers = &tensor::decode(&output?)?[0].data;
	if numbers.as_chunks().0.iter().any(|number| !f32::from_le_bytes(*number).is_finite()) {
		return Err("an output that is not finite".into());
	}
	let load_fuel = prepared.load_fuel();
	println!("{size} {load} {run} {stays} {load_seconds} {load_fuel} {run_seconds}");
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
