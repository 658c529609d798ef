//! The engine as a node and the client use it.

#![allow(clippy::unwrap_used)]

use opg_execution::{limits, model_hash, Engine, LocalEngine};
use opg_primitives::{Dims, Outcome, VersionLimits};
use sp_core::H256;
use std::path::Path;

const MODEL: &[u8] = include_bytes!("../../engine/tests/models/dense.onnx");
const INPUT: &[u8] = include_bytes!("../../engine/tests/models/dense.plain.opgt");

#[test]
fn witness_should_be_that_of_a_fresh_run_when_the_model_is_prepared() {
	let cache = Some(Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache")));
	let (local, engine) = (LocalEngine::built_in(cache).unwrap(), Engine::new(cache).unwrap());
	let fuel = 1_000_000_000;
	let limits = limits(&VersionLimits { fuel, load_fuel: fuel, memory: 512 });
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
