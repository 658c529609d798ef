//! Hand-made ONNX files: a few lines of protobuf encoding, enough for the tests. The tests of the node
//! use them too.

// Each test file uses a part of this.
#![allow(dead_code, clippy::unwrap_used)]

use opg_engine::tensor::{self, DType, Tensor};

/// ONNX code of f32.
pub const FLOAT: u64 = 1;
/// ONNX code of i64.
pub const INT32: u64 = 6;
pub const INT64: u64 = 7;

pub fn varint(mut value: u64) -> Vec<u8> {
	let mut out = Vec::new();
	while value >= 0x80 {
		out.push(value as u8 | 0x80);
		value >>= 7;
	}
	out.push(value as u8);
	out
}

pub fn int(field: u64, value: u64) -> Vec<u8> {
	[varint(field << 3), varint(value)].concat()
}

pub fn bytes(field: u64, value: impl AsRef<[u8]>) -> Vec<u8> {
	let value = value.as_ref();
	[varint(field << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

/// A model of a graph, which is a concatenation of the parts below.
pub fn model(graph: &[Vec<u8>]) -> Vec<u8> {
	[int(1, 8), bytes(8, int(2, 13)), bytes(7, [bytes(2, "g"), graph.concat()].concat())].concat()
}

pub fn node(op: &str, inputs: &[&str], outputs: &[&str]) -> Vec<u8> {
	node_with(op, inputs, outputs, &[])
}

/// A node with further fields, such as attributes.
pub fn node_with(op: &str, inputs: &[&str], outputs: &[&str], more: &[Vec<u8>]) -> Vec<u8> {
	let inputs: Vec<u8> = inputs.iter().flat_map(|name| bytes(1, name)).collect();
	let outputs: Vec<u8> = outputs.iter().flat_map(|name| bytes(2, name)).collect();
	bytes(1, [inputs, outputs, bytes(4, op), more.concat()].concat())
}

pub fn initializer(name: &str, dtype: u64, shape: &[u64], data: Vec<u8>) -> Vec<u8> {
	let dims: Vec<u8> = shape.iter().flat_map(|dim| int(1, *dim)).collect();
	bytes(5, [dims, int(2, dtype), bytes(8, name), bytes(9, data)].concat())
}

pub fn floats(name: &str, shape: &[u64], values: &[f32]) -> Vec<u8> {
	initializer(name, FLOAT, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect())
}

pub fn ints(name: &str, values: &[i64]) -> Vec<u8> {
	let data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
	initializer(name, INT64, &[values.len() as u64], data)
}

fn value(name: &str, dtype: u64, dims: Vec<u8>) -> Vec<u8> {
	let tensor = [int(1, dtype), bytes(2, dims)].concat();
	[bytes(1, name), bytes(2, bytes(1, tensor))].concat()
}

pub fn input(name: &str, dtype: u64, shape: &[u64]) -> Vec<u8> {
	bytes(11, value(name, dtype, shape.iter().flat_map(|dim| bytes(1, int(1, *dim))).collect()))
}

/// An input of which some dimensions have names instead of numbers.
pub fn named_input(name: &str, dtype: u64, shape: &[Result<u64, &str>]) -> Vec<u8> {
	let dim = |dim: &Result<u64, &str>| match dim {
		Ok(size) => bytes(1, int(1, *size)),
		Err(name) => bytes(1, bytes(2, name)),
	};
	bytes(11, value(name, dtype, shape.iter().flat_map(dim).collect()))
}

/// An entry of a model's metadata.
pub fn metadata(key: &str, value: &str) -> Vec<u8> {
	bytes(14, [bytes(1, key), bytes(2, value)].concat())
}

/// An input whose only dimension has a name instead of a number.
pub fn open_input(name: &str) -> Vec<u8> {
	bytes(11, value(name, FLOAT, bytes(1, bytes(2, "batch"))))
}

pub fn output(name: &str) -> Vec<u8> {
	bytes(12, value(name, FLOAT, Vec::new()))
}

pub fn tensor(name: &str, shape: &[u64], values: &[f32]) -> Tensor {
	Tensor {
		name: name.into(),
		dtype: DType::F32,
		shape: shape.into(),
		data: values.iter().flat_map(|v| v.to_le_bytes()).collect(),
	}
}

/// An encoded input of one tensor `x`.
pub fn x(values: &[f32]) -> Vec<u8> {
	tensor::encode(&[tensor("x", &[1, values.len() as u64], values)])
}

/// The only output, as numbers.
pub fn numbers(output: &[u8]) -> Vec<f32> {
	let tensors = tensor::decode(output).unwrap();
	assert_eq!((tensors.len(), tensors[0].dtype), (1, DType::F32));
	tensors[0].data.chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}
