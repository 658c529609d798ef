//! Measures the engine; see scripts/bench-engine.sh.
//!
//! ```text
//! bench run <directory> <seconds> <model>...   median of running, of a request, of loading (ms)
//! ```

use opg_engine::{tensor, Engine, Limits};
use std::{
	env,
	error::Error,
	fs,
	path::Path,
	time::{Duration, Instant},
};

const LIMITS: Limits = Limits { fuel: 1 << 50, memory_bytes: 2 << 30, max_output: 64 << 20 };

fn main() -> Result<(), Box<dyn Error>> {
	let arguments: Vec<String> = env::args().skip(1).collect();
	let engine = Engine::new(Some(&env::temp_dir().join("opg-engine-bench")))?;
	for name in &arguments[2..] {
		let file = |extension: &str| Path::new(&arguments[0]).join(format!("{name}.{extension}"));
		let (model, input) = (fs::read(file("onnx"))?, fs::read(file("input"))?);
		let start = Instant::now();
		let prepared = engine.prepare(&model, &Default::default(), &LIMITS)?.outcome.unwrap();
		let load = start.elapsed();
		let (mut requests, mut runs) = (vec![], vec![]);
		let end = Instant::now() + Duration::from_secs_f64(arguments[1].parse()?);
		let mut fuel = 0;
		while requests.len() < 5 || Instant::now() < end {
			let start = Instant::now();
			let run = engine.run_prepared(&prepared, &input, &LIMITS)?;
			requests.push(start.elapsed());
			fuel = run.fuel;
			fs::write(file("engine"), &tensor::decode(&run.outcome.unwrap())?[0].data)?;
		}
		runs.extend(engine.time(&prepared, &input, requests.len().min(1000))?.outcome.unwrap());
		requests.sort();
		runs.sort();
		let ms = |t: &[Duration]| t[t.len() / 2].as_secs_f64() * 1e3;
		println!(
			"{name} {:.3} {:.3} {:.1} fuel {fuel} load {} {}",
			ms(&runs),
			ms(&requests),
			load.as_secs_f64() * 1e3,
			prepared.load_fuel(),
			prepared.bytes()
		);
	}
	Ok(())
}
