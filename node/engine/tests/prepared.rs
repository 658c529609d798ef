//! Prepared models: each gives exactly what a fresh one gives.

#![allow(clippy::unwrap_used)]

mod common;

use common::{artifact::Sketch, LIMITS};
use opg_engine::{
	content_hash, Artifact, Dim, Dims, Engine, EngineConfig, EngineError, Isa, Limits, ModelFault,
	Prepared,
};
use std::{
	fs,
	path::{Path, PathBuf},
	thread,
};

fn engine(isa: Isa) -> Engine {
	let cache = Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache"));
	let config = EngineConfig { cache: Some(cache), isa: Some(isa), ..Default::default() };
	Engine::with(config).unwrap()
}

/// A model of the determinism suite.
struct Model {
	name: String,
	file: Vec<u8>,
	dims: Dims,
	inputs: Vec<Vec<u8>>,
}

fn models() -> Vec<Model> {
	let directory = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/models"));
	let files = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name());
	let names = files.filter_map(|file| file.to_str()?.strip_suffix(".onnx").map(str::to_owned));
	let models = names.map(|name| {
		let read = |kind: &str| fs::read(directory.join(format!("{name}.{kind}")));
		let lines = String::from_utf8(read("dims").unwrap_or_default()).unwrap();
		let dims: Vec<Dim> = lines.lines().map(|line| line.parse().unwrap()).collect();
		let dims = dims.try_into().unwrap();
		let inputs = vec![read("plain.opgt").unwrap(), read("special.opgt").unwrap()];
		Model { file: read("onnx").unwrap(), dims, inputs, name }
	});
	let models: Vec<Model> = models.collect();
	assert!(models.len() >= 25);
	models
}

fn prepare(engine: &Engine, model: &Model) -> Option<Prepared> {
	engine.prepare(&model.file, &model.dims, &LIMITS).unwrap().outcome.ok()
}

/// Neither a witness nor the run before it leaves a trace in the other.
#[test]
fn prepared_should_give_the_witness_of_fresh_when_kernels_use_any_instructions() {
	let engines: Vec<Engine> = Isa::available().into_iter().map(engine).collect();
	let seed = [3; 32];
	for model in models() {
		let Some(prepared) = prepare(&engines[0], &model) else { continue };
		for input in &model.inputs {
			let run = engines[0].run_prepared(&prepared, input, &LIMITS).unwrap();
			let fresh =
				engines[0].witness(&model.file, &model.dims, input, &seed, &LIMITS).unwrap();
			assert_eq!(fresh.fault, run.outcome.as_ref().err().copied(), "{}", model.name);
			for engine in &engines {
				for _ in 0..2 {
					let witness =
						engine.witness_prepared(&prepared, input, &seed, &LIMITS).unwrap();
					assert_eq!(witness, fresh, "{}", model.name);
					let again = engine.run_prepared(&prepared, input, &LIMITS).unwrap();
					assert_eq!(again, run, "{}", model.name);
				}
			}
		}
	}
}

#[test]
fn prepared_should_give_what_fresh_gives_when_kernels_use_any_instructions() {
	let engines: Vec<Engine> = Isa::available().into_iter().map(engine).collect();
	for model in models() {
		let fresh: Vec<_> = model
			.inputs
			.iter()
			.map(|input| engines[0].run(&model.file, &model.dims, input, &LIMITS).unwrap())
			.collect();
		for engine in &engines {
			let Some(prepared) = prepare(engine, &model) else {
				assert!(fresh.iter().all(|run| run.outcome.is_err()), "{}", model.name);
				continue;
			};
			// Each input twice, so that every run follows another.
			for (input, fresh) in
				model.inputs.iter().zip(&fresh).chain(model.inputs.iter().zip(&fresh))
			{
				let run = engine.run_prepared(&prepared, input, &LIMITS).unwrap();
				assert_eq!(run, *fresh, "{}", model.name);
				let run = engine.run(&model.file, &model.dims, input, &LIMITS).unwrap();
				assert_eq!(run, *fresh, "{}", model.name);
			}
		}
	}
}

#[test]
fn prepared_should_run_out_of_fuel_where_fresh_does() {
	let engine = engine(Isa::best());
	for model in models().into_iter().take(6) {
		let Some(prepared) = prepare(&engine, &model) else { continue };
		let input = &model.inputs[0];
		let used = engine.run_prepared(&prepared, input, &LIMITS).unwrap().fuel;
		let load = prepared.load_fuel();
		let of_runs = [0, 1, used - 1, used, used + 1].map(|fuel| Limits { fuel, ..LIMITS });
		let of_loading = [0, load - 1, load, load + 1];
		let of_loading = of_loading.map(|load_fuel| Limits { load_fuel, ..LIMITS });
		for limits in of_runs.iter().chain(&of_loading) {
			let fresh = engine.run(&model.file, &model.dims, input, limits).unwrap();
			assert_eq!(engine.run_prepared(&prepared, input, limits).unwrap(), fresh);
			let starved = limits.fuel < used || limits.load_fuel < load;
			assert_eq!(fresh.outcome == Err(ModelFault::OutOfFuel), starved, "{}", model.name);
		}
	}
}

#[test]
fn prepared_should_give_the_same_when_many_run_at_once() {
	let engine = engine(Isa::best());
	let model = models().into_iter().find(|model| model.name == "conv").unwrap();
	let prepared = prepare(&engine, &model).unwrap();
	let run = || engine.run_prepared(&prepared, &model.inputs[0], &LIMITS).unwrap();
	let first = run();
	assert!(first.outcome.is_ok());
	thread::scope(|scope| {
		for _ in 0..8 {
			scope.spawn(|| (0..10).for_each(|_| assert_eq!(run(), first)));
		}
	});
}

#[test]
fn prepare_should_report_the_fault_that_a_run_reports() {
	let engine = engine(Isa::best());
	let prepared = engine.prepare(b"nonsense", &Dims::default(), &LIMITS).unwrap();
	let run = engine.run(b"nonsense", &Dims::default(), b"", &LIMITS).unwrap();
	assert_eq!(
		(prepared.outcome.err(), prepared.fuel, prepared.reason, prepared.message),
		(run.outcome.err(), run.fuel, run.reason, run.message)
	);
}

#[test]
fn prepared_should_be_refused_when_another_engine_has_made_it() {
	let own = engine(Isa::best());
	let models = models();
	let prepared = prepare(&own, &models[0]).unwrap();
	let bytes = Sketch::new().finish();
	let artifact = Artifact { id: content_hash(&bytes), bytes: &bytes };
	let config = EngineConfig { artifact: Some(artifact), ..Default::default() };
	let other = Engine::with(config).unwrap();
	match other.run_prepared(&prepared, &models[0].inputs[0], &LIMITS) {
		Err(EngineError::PreparedByOther { prepared_by, engine }) => {
			assert_eq!((prepared_by, engine), (own.id(), other.id()));
		},
		other => panic!("{other:?}"),
	}
}

#[test]
fn instance_should_stay_after_an_answer_and_go_after_a_fault() {
	let engine = engine(Isa::best());
	let model = models().into_iter().find(|model| model.name == "conv").unwrap();
	let prepared = prepare(&engine, &model).unwrap();
	let input = &model.inputs[0];
	let fresh = engine.run(&model.file, &model.dims, input, &LIMITS).unwrap();
	let used = fresh.fuel;
	let run = |input: &[u8], fuel| {
		engine.run_prepared(&prepared, input, &Limits { fuel, ..LIMITS }).unwrap()
	};
	// Faults of each kind, each in an instance that was used before.
	let (bad_input, starved) = (run(b"nonsense", LIMITS.fuel), run(input, used - 1));
	assert_eq!(bad_input.outcome, Err(ModelFault::BadInput));
	assert_eq!(starved.outcome, Err(ModelFault::OutOfFuel));
	for _ in 0..3 {
		assert_eq!(run(input, LIMITS.fuel), fresh);
		// Only Linux tells what a run has written to.
		assert_eq!(prepared.instances(), usize::from(cfg!(target_os = "linux")));
		assert_eq!(run(input, LIMITS.fuel), fresh);
		assert_eq!(run(b"nonsense", LIMITS.fuel), bad_input);
		assert_eq!(prepared.instances(), 0);
		assert_eq!(run(input, LIMITS.fuel), fresh);
		assert_eq!(run(input, used - 1), starved);
		assert_eq!(prepared.instances(), 0);
	}
}

#[test]
fn thread_of_the_engine_should_give_what_others_give() {
	let engine = engine(Isa::best());
	let model = models().into_iter().find(|model| model.name == "transformer").unwrap();
	let run = |engine: &Engine, model: &Model| {
		let prepared = prepare(engine, model).unwrap();
		[(); 3].map(|()| engine.run_prepared(&prepared, &model.inputs[0], &LIMITS).unwrap())
	};
	let here = run(&engine, &model);
	let there = opg_engine::spawn("test".into(), move || run(&engine, &model)).unwrap();
	assert_eq!(there.join().unwrap(), here);
	assert!(here[0] == here[1] && here[1] == here[2]);
}
