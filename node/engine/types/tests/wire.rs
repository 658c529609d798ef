//! The outline of a model file: what the engine parses.

#![allow(clippy::unwrap_used)]

use opg_engine_types::wire::{outline, Source, WireError};
use proptest::prelude::*;

const FLOAT: u64 = 1;
const INT32: u64 = 6;
const DOUBLE: u64 = 11;

fn varint(mut value: u64) -> Vec<u8> {
	let mut out = Vec::new();
	while value >= 0x80 {
		out.push(value as u8 | 0x80);
		value >>= 7;
	}
	out.push(value as u8);
	out
}

fn int(field: u64, value: u64) -> Vec<u8> {
	[varint(field << 3), varint(value)].concat()
}

fn bytes(field: u64, value: impl AsRef<[u8]>) -> Vec<u8> {
	let value = value.as_ref();
	[varint(field << 3 | 2), varint(value.len() as u64), value.to_vec()].concat()
}

fn outlined(mut model: &[u8]) -> Result<Vec<u8>, WireError> {
	outline(&mut model)
}

/// Fields of a message: number, and bytes or the number as bytes.
fn fields(message: &[u8]) -> Vec<(u64, Vec<u8>)> {
	fn read(rest: &mut &[u8]) -> u64 {
		let mut value = 0;
		for shift in (0..).step_by(7) {
			let (byte, tail) = rest.split_first().unwrap();
			*rest = tail;
			value |= u64::from(byte & 0x7f) << shift;
			if *byte < 0x80 {
				break;
			}
		}
		value
	}
	let (mut rest, mut fields) = (message, Vec::new());
	while !rest.is_empty() {
		let key = read(&mut rest);
		let value = match key & 7 {
			0 => read(&mut rest).to_le_bytes().to_vec(),
			2 => {
				let length = read(&mut rest) as usize;
				let (value, tail) = rest.split_at(length);
				rest = tail;
				value.to_vec()
			},
			other => panic!("wire type {other}"),
		};
		fields.push((key >> 3, value));
	}
	fields
}

/// The field of this number, which is there once.
fn only(message: &[u8], number: u64) -> Vec<u8> {
	let all: Vec<_> = fields(message).into_iter().filter(|field| field.0 == number).collect();
	assert_eq!(all.len(), 1, "field {number}");
	all[0].1.clone()
}

/// A model whose graph is a tensor.
fn of_tensor(parts: &[Vec<u8>]) -> Vec<u8> {
	bytes(7, bytes(5, parts.concat()))
}

fn tensor_of(model: &[u8]) -> Vec<u8> {
	only(&only(model, 7), 5)
}

/// Counts what is read of a file.
struct Counting<'a> {
	file: &'a [u8],
	read: usize,
}

impl Source for Counting<'_> {
	fn length(&self) -> usize {
		self.file.len()
	}

	fn read(&mut self, at: usize, to: &mut [u8]) {
		self.read += to.len();
		self.file.read(at, to);
	}
}

#[test]
fn data_should_stay_in_the_file_when_a_tensor_is_large() {
	let data: Vec<u8> = (0..100_000u32).map(|i| i as u8).collect();
	for (number, dtype) in [(9, FLOAT), (9, INT32), (4, FLOAT), (10, DOUBLE)] {
		let parts = [int(1, 5), int(2, dtype), bytes(8, "w"), bytes(number, &data)];
		let model = of_tensor(&parts);
		let mut source = Counting { file: &model, read: 0 };
		let outline = outline(&mut source).unwrap();
		assert!(outline.len() < 100 && source.read < 10_000, "{}", source.read);
		let tensor = tensor_of(&outline);
		assert_eq!(only(&tensor, 8), b"w");
		assert_eq!(only(&tensor, 2), dtype.to_le_bytes());
		let segment = only(&tensor, 3);
		let place =
			|number| u64::from_le_bytes(only(&segment, number).try_into().unwrap()) as usize;
		assert_eq!(model[place(1)..place(2)], data);
	}
}

#[test]
fn data_should_be_in_the_outline_when_a_tensor_is_small() {
	let parts = [int(2, FLOAT), bytes(9, [7; 1023])];
	let tensor = tensor_of(&outlined(&of_tensor(&parts)).unwrap());
	assert_eq!(only(&tensor, 9), [7; 1023]);
	assert!(fields(&tensor).iter().all(|field| field.0 != 3));
}

/// What the engine puts there stands for data that was looked at.
#[test]
fn segment_should_be_dropped_when_the_file_has_one() {
	let segment = bytes(3, [int(1, 0), int(2, 1 << 20)].concat());
	let tensor = tensor_of(&outlined(&of_tensor(&[int(2, FLOAT), segment])).unwrap());
	assert_eq!(fields(&tensor), [(2, FLOAT.to_le_bytes().to_vec())]);
}

#[test]
fn tensor_should_be_refused_when_its_large_data_is_in_parts_or_of_another_type() {
	let data = vec![0; 2000];
	let parts = of_tensor(&[int(2, FLOAT), bytes(9, &data), bytes(9, &data)]);
	assert!(matches!(outlined(&parts), Err(WireError::Unsupported(_))));
	for (number, dtype) in [(4, DOUBLE), (4, INT32), (10, FLOAT)] {
		let model = of_tensor(&[int(2, dtype), bytes(number, &data)]);
		assert!(matches!(outlined(&model), Err(WireError::Malformed(_))));
	}
}

#[test]
fn outline_should_have_what_the_engine_needs_alone() {
	let dimension = bytes(1, [bytes(2, "batch"), bytes(3, "denotation")].concat());
	let ty = bytes(1, [int(1, FLOAT), bytes(2, dimension)].concat());
	let input = bytes(11, [bytes(1, "x"), bytes(2, ty), bytes(3, "text")].concat());
	let hint = bytes(13, bytes(1, "y"));
	let attribute = bytes(5, [bytes(1, "axis"), int(3, 1), bytes(13, "text"), int(20, 2)].concat());
	let node = bytes(1, [bytes(1, "x"), bytes(2, "y"), bytes(4, "Softmax"), attribute].concat());
	let graph = [bytes(2, "graph"), input, hint, node, bytes(10, "text")].concat();
	let model = [int(1, 8), bytes(2, "maker"), bytes(8, int(2, 13)), bytes(7, graph)].concat();

	let outline = outlined(&model).unwrap();
	assert_eq!(only(&outline, 8), int(2, 13));
	let graph = only(&outline, 7);
	assert_eq!(fields(&outline).len() + fields(&graph).len(), 4);
	let input = only(&graph, 11);
	let ty = only(&only(&input, 2), 1);
	assert_eq!(fields(&only(&only(&ty, 2), 1)), [(2, b"batch".to_vec())]);
	let attribute = only(&only(&graph, 1), 5);
	assert_eq!(fields(&attribute).iter().map(|field| field.0).collect::<Vec<_>>(), [1, 3, 20]);
}

#[test]
fn dimension_should_be_open_when_no_binding_could_have_its_name() {
	for (length, kept) in [(1024, 1), (1025, 0), (1 << 20, 0)] {
		let dimension = bytes(1, bytes(2, "(".repeat(length)));
		let ty = bytes(2, bytes(1, bytes(2, dimension)));
		let outline = outlined(&bytes(7, bytes(11, ty))).unwrap();
		let ty = only(&only(&only(&outline, 7), 11), 2);
		let dimension = only(&only(&only(&ty, 1), 2), 1);
		assert_eq!(fields(&dimension).len(), kept, "{length}");
	}
}

proptest! {
	#[test]
	fn outline_should_be_whole_when_there_is_one(
		bytes in proptest::collection::vec(any::<u8>(), 0..200),
	) {
		if let Ok(outline) = outlined(&bytes) {
			// It has fields that end where it ends.
			prop_assert!(outlined(&outline).is_ok());
		}
	}
}
