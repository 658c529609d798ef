//! Runs in processes of their own, as `opg watch` starts them. The first ones compile the engine.

#![allow(clippy::unwrap_used)]

use codec::{DecodeAll, Encode};
use opg_execution::{artifact, model_hash};
use opg_primitives::{Answer, ModelError, Outcome, Task, TaskInput, VersionLimits};
use sp_core::{Bytes, H256};
use std::{
	fs::File,
	io::{Seek, Write},
	process::{Command, Output},
};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/examples/digits/digits.onnx");

/// A task that the model refuses, after it was loaded.
fn task() -> Task {
	Task {
		model_hash: model_hash(&std::fs::read(MODEL).unwrap()),
		engine_id: H256(artifact().id),
		dims: Default::default(),
		input: TaskInput::Inline(vec![1, 2, 3]),
		limits: VersionLimits::inline(20_000_000, 20_000_000, 512),
	}
}

fn recompute(task: &Task, options: &[&str]) -> Output {
	let mut input: File = tempfile::tempfile().unwrap();
	input.write_all(&task.encode()).unwrap();
	input.rewind().unwrap();
	let mut command = Command::new(env!("CARGO_BIN_EXE_opg"));
	command.args(["recompute", "--model", MODEL]).args(options).stdin(input).output().unwrap()
}

fn answer(output: Output) -> Answer {
	assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
	let Bytes(encoded) = serde_json::from_slice(&output.stdout).unwrap();
	Answer::decode_all(&mut &encoded[..]).unwrap()
}

#[test]
fn answer_should_be_the_same_when_it_is_computed_cold() {
	let warm = answer(recompute(&task(), &[]));
	assert_eq!(warm.outcome, Outcome::Error(ModelError::BadInput));
	assert!(warm.fuel > 0);
	assert_eq!(answer(recompute(&task(), &["--cold"])), warm);
}

#[test]
fn run_should_fail_without_an_answer_when_the_file_is_another_model() {
	let other = Task { model_hash: H256::zero(), ..task() };
	let output = recompute(&other, &[]);
	assert!(!output.status.success() && output.stdout.is_empty());
	assert!(String::from_utf8_lossy(&output.stderr).contains("registered"));
}
