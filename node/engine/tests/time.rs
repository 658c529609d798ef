//! Deadlines: a run that takes too long is stopped, and leaves no trace.

#![allow(clippy::unwrap_used)]

mod common;

use common::{
	artifact::{body, Sketch},
	*,
};
use opg_engine::{
	content_hash, Artifact, Backend, Dims, Engine, EngineConfig, EngineError, Limits, ModelFault,
	Prepared, Run,
};
use std::time::Duration;
use wasm_encoder::{BlockType, Instruction as I};

const LIMITS: Limits = Limits {
	fuel: 1 << 40,
	load_fuel: 1 << 40,
	memory_bytes: 512 << 20,
	max_output: 64 << 10,
	time: None,
};
/// Over before anything is done. It is noticed at the end of a slice of fuel.
const SHORT: Limits = Limits { time: Some(Duration::ZERO), ..LIMITS };
/// Never over.
const LONG: Limits = Limits { time: Some(Duration::from_secs(86_400)), ..LIMITS };

/// Nodes and elements that keep the back end busy for many slices of fuel, in memory that loading
/// leaves free.
fn busy(backend: Backend) -> (usize, usize) {
	match backend {
		Backend::Native | Backend::Baseline => (1000, 1 << 16),
		Backend::Interpreter => (500, 1 << 11),
	}
}

/// A chain of so many nodes on so many numbers, for which there is no kernel.
fn slow(nodes: usize, length: usize) -> Vec<u8> {
	let last = format!("h{nodes}");
	let mut graph = vec![
		input("x", FLOAT, &[1, length as u64]),
		node("Cos", &["x"], &["h0"]),
		node("ReduceSum", &[&last], &["y"]),
		output("y"),
	];
	graph.extend((0..nodes).map(|i| node("Cos", &[&format!("h{i}")], &[&format!("h{}", i + 1)])));
	model(&graph)
}

/// The product of two square matrices, which a kernel computes in a single call.
fn product(width: i64) -> Vec<u8> {
	model(&[
		input("x", FLOAT, &[1, 1]),
		ints("shape", &[width, width]),
		node("Expand", &["x", "shape"], &["h"]),
		node("MatMul", &["h", "h"], &["p"]),
		node("ReduceSum", &["p"], &["y"]),
		output("y"),
	])
}

fn prepare(engine: &Engine, model: &[u8], limits: &Limits) -> Result<Run<Prepared>, EngineError> {
	engine.prepare(model, &Dims::default(), limits)
}

#[track_caller]
fn timed_out<T>(result: Result<T, EngineError>) {
	assert!(matches!(result.err().unwrap(), EngineError::TimedOut(Duration::ZERO)));
}

fn stop_and_run_again(backend: Backend) {
	let engine = engine(backend);
	let (nodes, length) = busy(backend);
	let (model, input) = (slow(nodes, length), x(&vec![0.5; length]));
	let fresh = engine.run(&model, &Dims::default(), &input, &LIMITS).unwrap();
	assert!(fresh.outcome.is_ok(), "{}", fresh.message);
	timed_out(engine.run(&model, &Dims::default(), &input, &SHORT));

	let prepared = prepare(&engine, &model, &LIMITS).unwrap().outcome.unwrap();
	// In a new instance, and in one that was used before.
	for _ in 0..2 {
		timed_out(engine.run_prepared(&prepared, &input, &SHORT));
		assert_eq!(prepared.instances(), 0, "it is not used again");
		assert_eq!(engine.run_prepared(&prepared, &input, &LONG).unwrap(), fresh);
		assert_eq!(prepared.instances(), usize::from(cfg!(target_os = "linux")));
	}
	assert_eq!(engine.run(&model, &Dims::default(), &input, &LONG).unwrap(), fresh);
}

#[test]
fn run_should_stop_when_the_time_is_over() {
	stop_and_run_again(Backend::Native);
}

#[test]
fn run_should_stop_when_the_time_is_over_in_the_interpreter() {
	stop_and_run_again(Backend::Interpreter);
}

#[test]
fn run_should_stop_when_the_guest_never_ends() {
	// `_initialize` is one loop.
	let mut sketch = Sketch::new();
	sketch.functions[0].1 = body(&[I::Loop(BlockType::Empty), I::Br(0), I::End]);
	let bytes = sketch.finish();
	let artifact = Artifact { id: content_hash(&bytes), bytes: &bytes };
	for backend in [Backend::Native, Backend::Baseline, Backend::Interpreter] {
		let config = EngineConfig { backend, artifact: Some(artifact), ..Default::default() };
		let engine = Engine::with(config).unwrap();
		timed_out(engine.run(b"", &Dims::default(), b"", &SHORT));
		let starved = Limits { load_fuel: 1_000_000, ..LONG };
		let run = engine.run(b"", &Dims::default(), b"", &starved).unwrap();
		// The run has not begun.
		assert_eq!((run.outcome, run.fuel), (Err(ModelFault::OutOfFuel), 0));
	}
}

#[test]
fn run_should_stop_in_a_kernel_when_the_time_is_over() {
	let engine = engine(Backend::Native);
	let (model, input) = (product(4096), x(&[1.0]));
	timed_out(engine.run(&model, &Dims::default(), &input, &SHORT));
	let model = product(64);
	assert_eq!(
		numbers(&engine.run(&model, &Dims::default(), &input, &LONG).unwrap().outcome.unwrap()),
		[262_144.0]
	);
}

#[test]
fn loading_should_stop_when_the_time_is_over() {
	let engine = engine(Backend::Interpreter);
	// Constants are folded while the model is loaded.
	let mut graph = vec![floats("h0", &[1, 1 << 14], &[0.5; 1 << 14]), output("y")];
	graph.extend((0..64).map(|i| node("Cos", &[&format!("h{i}")], &[&format!("h{}", i + 1)])));
	graph.extend([input("x", FLOAT, &[1, 1]), node("Mul", &["x", "h64"], &["y"])]);
	let model = model(&graph);
	timed_out(prepare(&engine, &model, &SHORT));
	timed_out(engine.inspect(&model, &Dims::default(), &SHORT));
	assert!(prepare(&engine, &slow(1, 1), &LONG).unwrap().outcome.is_ok());
}

#[test]
fn verdict_should_not_depend_on_the_time() {
	let engine = engine(Backend::Native);
	let (nodes, length) = busy(Backend::Native);
	let (model, input) = (slow(nodes, length), x(&vec![0.5; length]));
	// It ends after many slices.
	let starved = Limits { fuel: 4_000_000_000, ..LIMITS };
	let run = engine.run(&model, &Dims::default(), &input, &starved).unwrap();
	assert_eq!(
		engine
			.run(&model, &Dims::default(), &input, &Limits { time: LONG.time, ..starved })
			.unwrap(),
		run
	);
	assert_eq!(run.outcome, Err(ModelFault::OutOfFuel));
}
