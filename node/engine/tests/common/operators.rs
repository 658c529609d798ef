//! Running a graph on inputs, and comparing its outputs.

use super::{attributes::domain, *};
use opg_engine::{
	tensor::{self, DType, Tensor},
	Dims, Engine, Limits, Run,
};
use std::{path::Path, sync::OnceLock};

pub const LIMITS: Limits = Limits {
	fuel: 2_000_000_000,
	load_fuel: 2_000_000_000,
	memory_bytes: 256 << 20,
	max_output: 64 << 10,
	time: None,
};

/// ONNX codes of types.
pub const UINT8: u64 = 2;
pub const INT8: u64 = 3;
pub const BOOL: u64 = 9;

pub fn run(graph: &[Vec<u8>], inputs: &[Tensor]) -> Run {
	static ENGINE: OnceLock<Engine> = OnceLock::new();
	let cache = Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache"));
	let engine = ENGINE.get_or_init(|| Engine::new(Some(cache)).unwrap());
	engine.run(&model(graph), &Dims::default(), &tensor::encode(inputs), &LIMITS).unwrap()
}

pub fn numbers_of(tensor: &Tensor) -> Vec<f32> {
	let data = &tensor.data;
	match tensor.dtype {
		DType::F32 => {
			data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
		},
		DType::I64 => {
			data.chunks_exact(8).map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f32).collect()
		},
		DType::U8 => data.iter().map(|byte| f32::from(*byte)).collect(),
		other => panic!("{other}"),
	}
}

/// Runs a graph on inputs, and compares shapes and numbers of all outputs.
#[track_caller]
pub fn gives(graph: &[Vec<u8>], inputs: &[Tensor], expected: &[(&[u64], &[f32])]) {
	let run = run(graph, inputs);
	let outputs = tensor::decode(&run.outcome.unwrap_or_else(|_| panic!("{}", run.message)));
	let outputs = outputs.unwrap();
	assert_eq!(outputs.len(), expected.len());
	for (output, (shape, numbers)) in outputs.iter().zip(expected) {
		let given = numbers_of(output);
		assert_eq!(output.shape, *shape, "{}: {given:?}", output.name);
		let close = |(a, b): (&f32, &f32)| (a - b).abs() <= 1e-4 * (1.0 + b.abs());
		assert!(
			given.len() == numbers.len() && given.iter().zip(*numbers).all(close),
			"{}: {given:?}, not {numbers:?}",
			output.name
		);
	}
}

/// A node of `com.microsoft`.
pub fn contributed(op: &str, inputs: &[&str], outputs: &[&str], more: &[Vec<u8>]) -> Vec<u8> {
	node_with(op, inputs, outputs, &[&[domain("com.microsoft")], more].concat())
}

/// A node of `ai.onnx.ml`.
pub fn of_ml(op: &str, inputs: &[&str], outputs: &[&str], more: &[Vec<u8>]) -> Vec<u8> {
	node_with(op, inputs, outputs, &[&[domain("ai.onnx.ml")], more].concat())
}

pub fn u8s(name: &str, shape: &[u64], values: &[u8]) -> Vec<u8> {
	initializer(name, UINT8, shape, values.to_vec())
}

pub fn i8s(name: &str, shape: &[u64], values: &[i8]) -> Vec<u8> {
	initializer(name, INT8, shape, values.iter().map(|value| *value as u8).collect())
}

/// A constant without dimensions.
pub fn float(name: &str, value: f32) -> Vec<u8> {
	floats(name, &[], &[value])
}

pub fn int_scalar(name: &str, value: i64) -> Vec<u8> {
	initializer(name, INT64, &[], value.to_le_bytes().to_vec())
}

pub fn truth(name: &str, value: bool) -> Vec<u8> {
	initializer(name, BOOL, &[], vec![u8::from(value)])
}

pub fn integers(name: &str, shape: &[u64], values: &[i64]) -> Tensor {
	let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
	Tensor { name: name.into(), dtype: DType::I64, shape: shape.into(), data }
}

pub fn bytes_of(name: &str, shape: &[u64], values: &[u8]) -> Tensor {
	Tensor { name: name.into(), dtype: DType::U8, shape: shape.into(), data: values.to_vec() }
}
