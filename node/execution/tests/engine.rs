//! The engine as a node and the client use it.

#![allow(clippy::unwrap_used)]

use opg_execution::{content_of, limits, model_hash, Engine, ExecutionError, LocalEngine};
use opg_primitives::{Content, Dims, ModelError, Outcome, Task, TaskInput, VersionLimits};
use sp_core::H256;
use std::path::Path;

const MODEL: &[u8] = include_bytes!("../../engine/tests/models/dense.onnx");
const INPUT: &[u8] = include_bytes!("../../engine/tests/models/dense.plain.opgt");

#[test]
fn witness_should_be_that_of_a_fresh_run_when_the_model_is_prepared() {
	let cache = Some(Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache")));
	let (local, engine) = (LocalEngine::built_in(cache).unwrap(), Engine::new(cache).unwrap());
	let fuel = 1_000_000_000;
	let limits = limits(&VersionLimits::inline(fuel, fuel, 512));
	let prepared = local.prepare(MODEL, &Dims::default(), &limits).unwrap().unwrap();
	let before = local.run_prepared(&prepared, INPUT, &limits).unwrap();
	assert!(matches!(before.answer.outcome, Outcome::Output(_)));
	let mut witnesses = Vec::new();
	for seed in [H256::zero(), H256::repeat_byte(9)] {
		let witness = local.witness(&prepared, INPUT, seed, &limits).unwrap();
		let fresh = engine.witness(MODEL, &Default::default(), INPUT, &seed.0, &limits).unwrap();
		assert_eq!((witness.0, fresh.fault), (fresh.witness, None));
		witnesses.push(witness);
	}
	assert_ne!(witnesses[0], witnesses[1]);
	assert_eq!(local.run_prepared(&prepared, INPUT, &limits).unwrap(), before);
}

/// A request's limit is not the version's, and one loaded model serves both.
#[test]
fn run_should_end_at_the_fuel_limit_of_its_own_task_when_the_model_was_loaded_for_others() {
	let cache = Some(Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache")));
	let local = LocalEngine::built_in(cache).unwrap();
	let version = VersionLimits::inline(1_000_000_000, 1_000_000_000, 512);
	let prepared = local.prepare(MODEL, &Dims::default(), &limits(&version)).unwrap().unwrap();
	let run = |fuel| {
		let within = limits(&VersionLimits { fuel, ..version });
		local.run_prepared(&prepared, INPUT, &within).unwrap().answer
	};
	let whole = run(version.fuel);
	assert!(matches!(whole.outcome, Outcome::Output(_)));
	assert_eq!(run(whole.fuel), whole);
	let less = run(whole.fuel / 2);
	assert_eq!(less.outcome, Outcome::Error(ModelError::OutOfFuel));
	assert!(less.fuel <= whole.fuel / 2);
	// Whoever computes it again from the file finds the same.
	let task = Task {
		model_hash: model_hash(MODEL),
		engine_id: local.id(),
		dims: Dims::default(),
		input: TaskInput::Inline(INPUT.to_vec()),
		limits: VersionLimits { fuel: whole.fuel / 2, ..version },
	};
	assert_eq!(local.execute(MODEL, &task).unwrap().answer, less);
	assert_eq!(run(whole.fuel), whole, "what ended early leaves nothing behind");
}

#[test]
fn file_should_be_refused_in_words_when_it_breaks_a_rule_of_engines() {
	let error = LocalEngine::from_file(b"\0asm\x01\0\0\0", None).err().unwrap();
	assert_eq!(
		error.to_string(),
		"the artifact cannot be an engine: it must define one memory, exported as `memory`"
	);
}

#[test]
fn name_of_a_model_should_be_what_b3sum_prints() {
	let line = include_str!("../../../docs/examples/digits/digits.onnx.b3");
	let file = include_bytes!("../../../docs/examples/digits/digits.onnx");
	assert_eq!(line, format!("{:x}  digits.onnx\n", model_hash(file)));
}

#[test]
fn input_should_be_compared_with_the_task_when_it_is_outside_of_the_chain() {
	let cache = Some(Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache")));
	let local = LocalEngine::built_in(cache).unwrap();
	let fuel = 1_000_000_000;
	let content = content_of(INPUT).unwrap();
	let task = |input| Task {
		model_hash: model_hash(MODEL),
		engine_id: local.id(),
		dims: Dims::default(),
		input,
		limits: VersionLimits::inline(fuel, fuel, 512),
	};
	let run = |task: &Task, stored| local.execute_with(MODEL, task, stored, None);
	let inline = run(&task(TaskInput::Inline(INPUT.to_vec())), None).unwrap();
	let stored = task(TaskInput::Stored(content));
	assert_eq!(run(&stored, Some(INPUT)).unwrap(), inline);
	let missing = local.execute(MODEL, &stored).unwrap_err();
	assert!(matches!(missing, ExecutionError::InputElsewhere(of) if of == content), "{missing}");
	let other_size = TaskInput::Stored(Content { size: content.size + 1, ..content });
	for (task, input) in [(stored, &INPUT[1..]), (task(other_size), INPUT)] {
		let wrong = run(&task, Some(input)).unwrap_err();
		assert!(matches!(wrong, ExecutionError::WrongInput { .. }), "{wrong}");
	}
}
