//! Inspection reports, bound dimensions, and artifacts of other engines.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use opg_engine::{
	artifact, tensor, Dims, Engine, EngineConfig, EngineError, Inspection, ModelFault, Reason,
};
use std::{path::Path, sync::OnceLock};

fn cache() -> &'static Path {
	Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache"))
}

fn engine() -> &'static Engine {
	static ENGINE: OnceLock<Engine> = OnceLock::new();
	ENGINE.get_or_init(|| Engine::new(Some(cache())).unwrap())
}

/// y = softmax(x), where the length of x is called "batch".
fn open() -> Vec<u8> {
	model(&[open_input("x"), node_with("Softmax", &["x"], &["y"], &[axis(0)]), output("y")])
}

fn axis(axis: u64) -> Vec<u8> {
	bytes(5, [bytes(1, "axis"), int(3, axis), int(20, 2)].concat())
}

fn dims(bindings: &[(&str, u64)]) -> Dims {
	let mut dims = Dims::default();
	for (name, size) in bindings {
		dims.bind(name, *size).unwrap();
	}
	dims
}

fn inspect(model: &[u8], dims: &Dims) -> Result<Inspection, (ModelFault, Option<Reason>)> {
	let run = engine().inspect(model, dims, &LIMITS).unwrap();
	run.outcome.map_err(|fault| (fault, run.reason))
}

#[test]
fn inspect_should_report_what_is_in_the_model() {
	let model = model(&[
		input("x", FLOAT, &[2, 3]),
		floats("w", &[3, 2], &[0.5; 6]),
		node("MatMul", &["x", "w"], &["h"]),
		node("Relu", &["h"], &["i"]),
		node("Relu", &["i"], &["y"]),
		node("Shape", &["y"], &["z"]),
		output("y"),
		output("z"),
	]);
	let report = inspect(&model, &Dims::default()).unwrap();
	let description = &report.description;
	let port = |port: &opg_engine::Port| (port.name.clone(), port.dtype, port.shape.clone());
	assert_eq!(port(&description.inputs[0]), ("x".into(), tensor::DType::F32, vec![2, 3]));
	assert_eq!(port(&description.outputs[0]), ("y".into(), tensor::DType::F32, vec![2, 2]));
	assert_eq!(port(&description.outputs[1]), ("z".into(), tensor::DType::I64, vec![2]));
	assert_eq!(description.opsets, [(String::new(), 13)]);
	let operators: Vec<_> =
		description.operators.iter().map(|((_, name), count)| (name.as_str(), *count)).collect();
	assert_eq!(operators, [("MatMul", 1), ("Relu", 2), ("Shape", 1)]);
	assert_eq!(description.parameters, 6);
	assert!(report.memory_bytes > 1 << 20 && report.memory_bytes <= 256 << 20);
	assert!(report.trial.is_ok());
}

#[test]
fn inspect_should_measure_a_run_on_zeros() {
	let report = inspect(&open(), &dims(&[("batch", 4)])).unwrap();
	let zeros = tensor::encode(&[tensor("x", &[4], &[0.0; 4])]);
	let run = engine().run(&open(), &dims(&[("batch", 4)]), &zeros, &LIMITS).unwrap();
	assert_eq!(report.run_fuel, run.fuel);
	assert!(report.load_fuel > 0 && report.run_fuel > 0);
}

#[test]
fn inspect_should_bind_dimensions() {
	let report = inspect(&open(), &dims(&[("batch", 4)])).unwrap();
	assert_eq!(report.description.dims, [("batch".to_owned(), 4)]);
	assert_eq!(report.description.inputs[0].shape, [4]);
	let other = inspect(&open(), &dims(&[("batch", 5)])).unwrap();
	assert_ne!(report.encode(), other.encode());
}

#[test]
fn inspect_should_refuse_dimensions_that_are_not_bound_or_not_there() {
	let reason = |bindings: &[(&str, u64)]| inspect(&open(), &dims(bindings)).unwrap_err();
	assert_eq!(reason(&[]), (ModelFault::BadModel, Some(Reason::OpenDimension)));
	assert_eq!(reason(&[("length", 4)]), (ModelFault::BadModel, Some(Reason::BadBinding)));
	let both = [("batch", 4), ("length", 4)];
	assert_eq!(reason(&both), (ModelFault::BadModel, Some(Reason::BadBinding)));
}

#[test]
fn inspect_should_report_a_trial_that_fails() {
	// Gathers row x of one row, where x is 0 + 1.
	let model = model(&[
		input("x", INT64, &[1]),
		floats("w", &[1], &[0.5]),
		ints("one", &[1]),
		node("Add", &["x", "one"], &["i"]),
		node("Gather", &["w", "i"], &["y"]),
		output("y"),
	]);
	let report = inspect(&model, &Dims::default()).unwrap();
	assert!(report.trial.is_err(), "{report:?}");
}

#[test]
fn report_should_survive_encoding() {
	let report = inspect(&open(), &dims(&[("batch", 4)])).unwrap();
	let bytes = report.encode();
	assert_eq!(Inspection::decode(&bytes).unwrap(), report);
	for cut in 0..bytes.len() {
		assert!(Inspection::decode(&bytes[..cut]).is_err());
	}
}

#[test]
fn engine_should_run_an_artifact_that_is_what_it_claims() {
	let with = |artifact| {
		Engine::with(EngineConfig {
			cache: Some(cache()),
			artifact: Some(artifact),
			..Default::default()
		})
	};
	let engine = with(artifact()).unwrap();
	assert_eq!(engine.id(), opg_engine::engine_id());
	let mut wrong = artifact();
	wrong.id[0] ^= 1;
	assert!(matches!(with(wrong), Err(EngineError::WrongArtifact { .. })));
}
