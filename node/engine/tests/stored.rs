//! Weights that stay as the file has them: products have the bits that they have with the `f32` that the
//! graph makes of these, and memory holds nothing else.

#![allow(clippy::unwrap_used)]

mod common;

use common::{
	attributes::*,
	operators::{INT8, UINT8},
	*,
};
use opg_engine::{
	tensor::{self, Tensor},
	Backend, Dims, Engine, Limits,
};
use std::sync::OnceLock;

/// ONNX code of f16.
const HALF: u64 = 10;
const MIB: usize = 1 << 20;

const LIMITS: Limits = Limits { max_output: MIB, ..common::LIMITS };

fn shared() -> &'static Engine {
	static ENGINE: OnceLock<Engine> = OnceLock::new();
	ENGINE.get_or_init(|| engine(Backend::Native))
}

/// Numbers without pattern, the same each time.
fn random(count: usize) -> impl Iterator<Item = u32> {
	let next = |state: &u64| {
		Some(state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407))
	};
	std::iter::successors(Some(17), next).skip(1).map(|state| (state >> 32) as u32).take(count)
}

/// The number of 16 bits, by its definition.
fn half(bits: u16) -> f32 {
	let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
	let (exponent, fraction) = (i32::from(bits >> 10 & 31), f32::from(bits & 1023));
	sign * match exponent {
		0 => fraction * 2f32.powi(-24),
		31 if fraction == 0.0 => f32::INFINITY,
		31 => f32::NAN,
		_ => (1024.0 + fraction) * 2f32.powi(exponent - 25),
	}
}

/// How weights are stored.
#[derive(Clone, Copy, Debug)]
enum Stored {
	Halves,
	/// Bytes, with a sign or without, and with parameters for all, or along an axis.
	Bytes {
		signed: bool,
		axis: Option<usize>,
	},
}

const ALL: [Stored; 6] = [
	Stored::Halves,
	Stored::Bytes { signed: true, axis: None },
	Stored::Bytes { signed: false, axis: None },
	Stored::Bytes { signed: true, axis: Some(0) },
	Stored::Bytes { signed: true, axis: Some(1) },
	Stored::Bytes { signed: false, axis: Some(1) },
];

/// Weights of the name `w` as they are stored, and the same as floats.
fn weights(stored: Stored, shape: &[u64], specials: bool) -> [Vec<u8>; 2] {
	let count = shape.iter().product::<u64>() as usize;
	let codes: Vec<u32> = random(count).collect();
	let (parts, numbers): (_, Vec<f32>) = match stored {
		Stored::Halves => {
			// Between -2 and 2, unless all numbers are among them.
			let usual = |code: u32| (code as u16 & 0xbfff) % 0xc000;
			let half_of = |code: &u32| if specials { *code as u16 } else { usual(*code) };
			let halves: Vec<u16> = codes.iter().map(half_of).collect();
			let bytes = halves.iter().flat_map(|half| half.to_le_bytes()).collect();
			let cast = node_with("Cast", &["c"], &["w"], &[of_int("to", FLOAT as i64)]);
			let parts = [initializer("c", HALF, shape, bytes), cast].concat();
			(parts, halves.iter().map(|bits| half(*bits)).collect())
		},
		Stored::Bytes { signed, axis } => {
			let sizes: Vec<u64> = axis.map(|axis| shape[axis]).into_iter().collect();
			let count = sizes.iter().product::<u64>() as usize;
			let mut scales: Vec<f32> = (1..=count).map(|i| 0.01 / i as f32).collect();
			if specials {
				let special = [f32::NAN, f32::INFINITY, f32::from_bits(3), 0.0, -1.0];
				for (scale, special) in scales.iter_mut().zip(special) {
					*scale = special;
				}
			}
			let zeros: Vec<u8> = (0..count).map(|i| (100 + 7 * i) as u8).collect();
			let number = |byte: u8| if signed { f32::from(byte as i8) } else { f32::from(byte) };
			let inner = |axis: usize| shape[axis + 1..].iter().product::<u64>() as usize;
			let numbers = codes.iter().enumerate().map(|(at, code)| {
				let place = axis.map_or(0, |axis| at / inner(axis) % count);
				(number(*code as u8) - number(zeros[place])) * scales[place]
			});
			let numbers = numbers.collect();
			let dtype = if signed { INT8 } else { UINT8 };
			let bytes = codes.iter().map(|code| *code as u8).collect();
			let axis = axis.map_or(0, |axis| axis as i64);
			let parts = [
				initializer("c", dtype, shape, bytes),
				floats("scales", &sizes, &scales),
				initializer("zeros", dtype, &sizes, zeros),
				node_with(
					"DequantizeLinear",
					&["c", "scales", "zeros"],
					&["w"],
					&[of_int("axis", axis)],
				),
			];
			(parts.concat(), numbers)
		},
	};
	[parts, floats("w", shape, &numbers)]
}

/// Runs a graph that reads `w`, with both kinds of it. What is kept of the loaded models, in bytes.
#[track_caller]
fn agree(weights: [Vec<u8>; 2], graph: &[Vec<u8>], inputs: &[Tensor]) -> [usize; 2] {
	let input = tensor::encode(inputs);
	let [stored, plain] = weights.map(|weights| {
		let file = model(&[&[weights], graph].concat());
		let prepared = shared().prepare(&file, &Dims::default(), &LIMITS).unwrap();
		let prepared = prepared.outcome.unwrap_or_else(|_| panic!("{}", prepared.message));
		let run = shared().run_prepared(&prepared, &input, &LIMITS).unwrap();
		let output = run.outcome.unwrap_or_else(|fault| panic!("{fault}: {}", run.message));
		assert!(output.iter().any(|byte| *byte != 0));
		(output, prepared.bytes())
	});
	assert!(stored.0 == plain.0, "the outputs differ");
	[stored.1, plain.1]
}

fn rows(count: u64, depth: u64) -> Tensor {
	let numbers = random((count * depth) as usize).map(|bits| bits as i32 as f32 / 2f32.powi(31));
	tensor("x", &[count, depth], &numbers.collect::<Vec<_>>())
}

/// A row, some, and so many that the weights become the right factor.
const ROWS: [u64; 3] = [1, 7, 300];

#[test]
fn products_should_have_the_bits_of_floats_when_weights_are_stored_otherwise() {
	for stored in ALL {
		for specials in [false, true] {
			for count in ROWS {
				let shape = [70, 90];
				let graph = [
					input("x", FLOAT, &[count, 70]),
					node("MatMul", &["x", "w"], &["p"]),
					floats("b", &[90], &[0.5; 90]),
					node("Add", &["p", "b"], &["s"]),
					node("Relu", &["s"], &["y"]),
					output("y"),
				];
				agree(weights(stored, &shape, specials), &graph, &[rows(count, 70)]);
			}
		}
	}
}

#[test]
fn products_should_have_the_bits_of_floats_when_weights_are_transposed_or_cut() {
	for stored in ALL {
		for count in ROWS {
			let x = [rows(count, 70)];
			let from = input("x", FLOAT, &[count, 70]);
			let gemm = [
				from.clone(),
				floats("b", &[90], &[0.5; 90]),
				node_with(
					"Gemm",
					&["x", "w", "b"],
					&["y"],
					&[of_int("transB", 1), of_float("alpha", 0.5)],
				),
				output("y"),
			];
			agree(weights(stored, &[90, 70], false), &gemm, &x);
			let transposed = [
				from.clone(),
				node_with("Transpose", &["w"], &["t"], &[of_ints("perm", &[1, 0])]),
				node("MatMul", &["x", "t"], &["y"]),
				output("y"),
			];
			agree(weights(stored, &[90, 70], false), &transposed, &x);
			let cut = [
				from,
				node("MatMul", &["x", "w"], &["p"]),
				ints("sizes", &[30, 60]),
				node_with("Split", &["p", "sizes"], &["a", "b"], &[of_int("axis", 1)]),
				node("ReduceMax", &["b"], &["m"]),
				node("Add", &["a", "m"], &["y"]),
				output("y"),
			];
			agree(weights(stored, &[70, 90], false), &cut, &x);
		}
	}
}

#[test]
fn products_should_have_the_bits_of_floats_when_there_are_many_matrices() {
	for stored in [
		Stored::Halves,
		Stored::Bytes { signed: true, axis: None },
		Stored::Bytes { signed: true, axis: Some(0) },
		Stored::Bytes { signed: true, axis: Some(2) },
	] {
		let graph = [input("x", FLOAT, &[5, 70]), node("MatMul", &["x", "w"], &["y"]), output("y")];
		agree(weights(stored, &[3, 70, 40], false), &graph, &[rows(5, 70)]);
	}
}

/// As the input and the output of a language model have one table.
#[test]
fn products_should_have_the_bits_of_floats_when_rows_are_read_from_the_same_weights() {
	for stored in ALL {
		let graph = [
			input("i", INT64, &[2]),
			node("Gather", &["w", "i"], &["rows"]),
			node_with("Transpose", &["w"], &["t"], &[of_ints("perm", &[1, 0])]),
			node("MatMul", &["rows", "t"], &["y"]),
			output("y"),
		];
		let places = operators::integers("i", &[2], &[3, 89]);
		agree(weights(stored, &[90, 70], false), &graph, &[places]);
	}
}

/// Something else than a product reads them too, or the product is none of ours.
#[test]
fn weights_should_be_floats_when_not_only_products_read_them() {
	for stored in ALL {
		let graph = [
			input("x", FLOAT, &[7, 70]),
			node("MatMul", &["x", "w"], &["p"]),
			node("ReduceMax", &["w"], &["m"]),
			node("Add", &["p", "m"], &["y"]),
			output("y"),
		];
		agree(weights(stored, &[70, 90], false), &graph, &[rows(7, 70)]);
		let graph = [
			input("x", FLOAT, &[1, 70]),
			node("Mul", &["x", "w"], &["p"]),
			node("MatMul", &["p", "w"], &["y"]),
			output("y"),
		];
		agree(weights(stored, &[70, 70], false), &graph, &[rows(1, 70)]);
	}
}

#[test]
fn weights_should_take_the_room_that_they_have_in_the_file() {
	let graph = [input("x", FLOAT, &[1, 1024]), node("MatMul", &["x", "w"], &["y"]), output("y")];
	let count = 4 * MIB;
	for (stored, bytes) in [
		(Stored::Halves, 2 * count),
		(Stored::Bytes { signed: true, axis: None }, count),
		(Stored::Bytes { signed: false, axis: Some(1) }, count),
	] {
		let weights = weights(stored, &[1024, 4096], false);
		let [stored, plain] = agree(weights, &graph, &[rows(1, 1024)]);
		let saved = plain - stored;
		assert!(saved > 4 * count - bytes - MIB / 2, "{saved} of {}", 4 * count - bytes);
	}
}
