//! Attributes of nodes.

use super::{bytes, int, varint};

fn attribute(name: &str, kind: u64, value: Vec<u8>) -> Vec<u8> {
	bytes(5, [bytes(1, name), value, int(20, kind)].concat())
}

fn float(field: u64, value: f32) -> Vec<u8> {
	[varint(field << 3 | 5), value.to_le_bytes().to_vec()].concat()
}

/// The domain of a node, among its attributes.
pub fn domain(name: &str) -> Vec<u8> {
	bytes(7, name)
}

pub fn of_int(name: &str, value: i64) -> Vec<u8> {
	attribute(name, 2, int(3, value as u64))
}

pub fn of_float(name: &str, value: f32) -> Vec<u8> {
	attribute(name, 1, float(2, value))
}

pub fn of_text(name: &str, value: &str) -> Vec<u8> {
	attribute(name, 3, bytes(4, value))
}

pub fn of_ints(name: &str, values: &[i64]) -> Vec<u8> {
	attribute(name, 7, values.iter().flat_map(|value| int(8, *value as u64)).collect())
}

pub fn of_floats(name: &str, values: &[f32]) -> Vec<u8> {
	attribute(name, 6, values.iter().flat_map(|value| float(7, *value)).collect())
}

pub fn of_texts(name: &str, values: &[&str]) -> Vec<u8> {
	attribute(name, 8, values.iter().flat_map(|value| bytes(9, value)).collect())
}

pub fn of_graph(name: &str, parts: &[Vec<u8>]) -> Vec<u8> {
	attribute(name, 5, bytes(6, parts.concat()))
}

/// An attribute that is a tensor of one dimension.
pub fn of_tensor(name: &str, dtype: u64, length: u64, data: &[u8]) -> Vec<u8> {
	attribute(name, 4, bytes(5, [int(1, length), int(2, dtype), bytes(9, data)].concat()))
}
