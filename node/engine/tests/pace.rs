//! Fuel bounds time: no model takes more than twice as long as its fuel stands for.
//!
//! The models are made to be slow for what they cost: memory without a cache, tiny pieces of work,
//! far strides. This is timed, so it is no plain test: `scripts/hostile.sh` runs it on an idle
//! machine.

#![allow(clippy::unwrap_used)]

mod common;

use common::{engine, *};
use opg_engine::{tensor, Backend, Dims, Limits, Run};
use std::{
	io::Write,
	time::{Duration, Instant},
};

/// `FUEL_PER_CORE_SECOND` of the chain.
const FUEL_PER_SECOND: f64 = 2e9;
/// Most that a run may take, by what its fuel stands for.
const MOST: f64 = 2.0;
/// Times are the best of so many.
const TRIES: usize = 4;
/// Shorter runs are left out: what comes before and after the guest counts for more.
const SHORT: Duration = Duration::from_millis(10);

const LIMITS: Limits = Limits {
	fuel: 1 << 40,
	load_fuel: 1 << 40,
	memory_bytes: 1 << 30,
	max_output: 64 << 10,
	time: None,
};

fn ints_of(name: &str, values: &[i64]) -> Vec<u8> {
	let values: Vec<u8> = values.iter().flat_map(|value| int(8, *value as u64)).collect();
	bytes(5, [bytes(1, name), values, int(20, 7)].concat())
}

fn int_of(name: &str, value: i64) -> Vec<u8> {
	bytes(5, [bytes(1, name), int(3, value as u64), int(20, 2)].concat())
}

/// A model in the making: each operator takes the value before.
struct Net {
	parts: Vec<Vec<u8>>,
	last: String,
	count: usize,
}

impl Net {
	/// Begins with the input's 32 numbers, spread out to this shape, the first dimension of which is
	/// a multiple of 32.
	fn of(shape: &[i64]) -> Net {
		let mut net = Net { parts: Vec::new(), last: "x".into(), count: 0 };
		let rest: i64 = shape.iter().product::<i64>() / 32;
		net.with("Expand", &[&[32, rest]]);
		net.with("Reshape", &[shape]);
		net
	}

	/// Begins with a matrix: the input again and again in each row. Products would look through a
	/// `Reshape`.
	fn matrix(rows: i64, cols: i64) -> Net {
		let mut net = Net { parts: Vec::new(), last: String::new(), count: 0 };
		net.another_matrix(rows, cols);
		net
	}

	fn another_matrix(&mut self, rows: i64, cols: i64) {
		self.last = "x".into();
		self.node("Transpose", &[], &[ints_of("perm", &[1, 0])]);
		self.with("Tile", &[&[rows, cols / 32 + 1]]).with("Slice", &[&[0], &[cols], &[1]]);
	}

	fn name(&mut self) -> String {
		self.count += 1;
		format!("v{}", self.count)
	}

	/// An operator on the last value and on constants.
	fn with(&mut self, op: &str, constants: &[&[i64]]) -> &mut Net {
		let names: Vec<String> = constants.iter().map(|values| self.constant(values)).collect();
		let others: Vec<&str> = names.iter().map(String::as_str).collect();
		self.node(op, &others, &[])
	}

	fn node(&mut self, op: &str, others: &[&str], attributes: &[Vec<u8>]) -> &mut Net {
		let (last, next) = (self.last.clone(), self.name());
		let inputs: Vec<&str> = [&[last.as_str()], others].concat();
		self.parts.push(node_with(op, &inputs, &[&next], attributes));
		self.last = next;
		self
	}

	fn constant(&mut self, values: &[i64]) -> String {
		let name = self.name();
		self.parts.push(ints(&name, values));
		name
	}

	fn weights(&mut self, shape: &[u64]) -> String {
		let name = self.name();
		let count: u64 = shape.iter().product();
		let values: Vec<f32> = (0..count).map(|i| (i % 251) as f32 / 251.0 - 0.5).collect();
		self.parts.push(floats(&name, shape, &values));
		name
	}

	/// A product with weights of this shape.
	fn times(&mut self, shape: &[u64]) -> &mut Net {
		let weights = self.weights(shape);
		self.node("MatMul", &[&weights], &[])
	}

	fn convolution(&mut self, weights: &[u64], attributes: &[Vec<u8>]) -> &mut Net {
		let weights = self.weights(weights);
		self.node("Conv", &[&weights], attributes)
	}

	/// Ends with the largest number.
	fn end(&mut self) -> Vec<u8> {
		let last = self.last.clone();
		self.parts.push(node("ReduceMax", &[&last], &["y"]));
		model(&[input("x", FLOAT, &[32, 1]), self.parts.concat(), output("y")])
	}
}

fn pads(all: i64) -> Vec<u8> {
	ints_of("pads", &[all; 4])
}

fn products(models: &mut Vec<(String, Vec<u8>)>) {
	// Weights that fit no cache, used for one row, and for a few.
	for rows in [1, 2, 8] {
		let mut net = Net::matrix(rows, 4096);
		net.times(&[4096, 4096]);
		models.push((format!("product of {rows} rows with 64 MiB"), net.end()));
	}
	for (rows, depth, cols) in
		[(32, 1 << 20, 32), (4096, 1, 4096), (4096, 3, 4096), (1024, 1 << 12, 64), (1 << 20, 2, 3)]
	{
		let mut net = Net::matrix(rows, depth);
		let left = net.last.clone();
		net.another_matrix(depth, cols);
		let right = std::mem::replace(&mut net.last, left);
		net.node("MatMul", &[&right], &[]);
		models.push((format!("product {rows} by {depth} by {cols}"), net.end()));
	}
	// The result goes to memory column by column.
	let mut net = Net::matrix(4096, 4);
	net.times(&[4, 4096]).node("Transpose", &[], &[ints_of("perm", &[1, 0])]);
	models.push(("transposed product".into(), net.end()));
	// Neither rows nor columns of the factor lie together.
	let mut net = Net::of(&[2048, 2048, 2]);
	net.node("Transpose", &[], &[ints_of("perm", &[2, 0, 1])]).times(&[2048, 1]);
	models.push(("product of scattered numbers".into(), net.end()));
	let mut net = Net::of(&[2048, 8, 8]);
	let last = net.last.clone();
	net.node("MatMul", &[&last], &[]).node("Transpose", &[], &[ints_of("perm", &[2, 1, 0])]);
	models.push(("many small products".into(), net.end()));
}

/// Products with weights of few bits: those that are used once, many rows, and sums of one piece.
fn few_bits(models: &mut Vec<(String, Vec<u8>)>) {
	for bits in [4, 8] {
		for (rows, depth, cols) in [
			(1, 4096, 16384),
			(2, 4096, 16384),
			(32, 4096, 4096),
			(4096, 32, 2048),
			(1, 32, 1 << 20),
		] {
			let mut net = Net::matrix(rows, depth);
			let blocks = (depth / 32) as u64;
			let (codes, zeros) = (net.name(), net.name());
			let size = |of_row: u64| vec![0x5a; (cols * of_row) as usize];
			let of_row = (depth * bits / 8) as u64;
			net.parts.push(initializer(&codes, 2, &[cols, of_row], size(of_row)));
			let of_row = (blocks * bits as u64).div_ceil(8);
			net.parts.push(initializer(&zeros, 2, &[cols, of_row], size(of_row)));
			let scales = net.weights(&[cols, blocks]);
			let sizes = [
				("K", depth),
				("N", cols as i64),
				("bits", bits),
				("block_size", 32),
				("accuracy_level", 4),
			];
			let mut attributes = vec![bytes(7, "com.microsoft")];
			attributes.extend(sizes.map(|(name, value)| int_of(name, value)));
			net.node("MatMulNBits", &[&codes, &scales, &zeros], &attributes);
			models.push((format!("{bits} bits, {rows} by {depth} by {cols}"), net.end()));
		}
	}
}

/// Products with weights that become `f32` a part at a time: used once, for many rows, as the right factor,
/// in deep panels that are not kept.
fn stored(models: &mut Vec<(String, Vec<u8>)>) {
	for (kind, dtype, size) in [("f16", 10, 2), ("int8", 3, 1)] {
		for (rows, depth, cols) in [
			(1, 4096, 8192),
			(1, 1 << 16, 512),
			(1, 64, 1 << 18),
			(2, 4096, 8192),
			(32, 4096, 4096),
			(64, 1 << 17, 96),
			(4096, 64, 2048),
			(4096, 512, 256),
			(2048, 1 << 14, 32),
		] {
			let mut net = Net::matrix(rows, depth);
			let (codes, weights) = (net.name(), net.name());
			let data = vec![0x25; (depth * cols * size) as usize];
			net.parts.push(initializer(&codes, dtype, &[depth as u64, cols as u64], data));
			if size == 2 {
				net.parts.push(node_with("Cast", &[&codes], &[&weights], &[int_of("to", 1)]));
			} else {
				let scales = net.weights(&[cols as u64]);
				let axis = [int_of("axis", 1)];
				let node = node_with("DequantizeLinear", &[&codes, &scales], &[&weights], &axis);
				net.parts.push(node);
			}
			net.node("MatMul", &[&weights], &[]);
			models.push((format!("{kind}, {rows} by {depth} by {cols}"), net.end()));
		}
	}
}

fn convolutions(models: &mut Vec<(String, Vec<u8>)>) {
	let strides = |stride| ints_of("strides", &[stride, stride]);
	let dilations = |dilation| ints_of("dilations", &[dilation, dilation]);
	let group = |count| int_of("group", count);
	for (name, input, weights, attributes) in [
		("tiny planes", [32, 512, 2, 2], [512, 1, 3, 3], vec![pads(1), group(512)]),
		("depthwise", [1, 32, 256, 256], [32, 1, 3, 3], vec![pads(1), group(32)]),
		("depthwise, strided", [1, 32, 510, 510], [32, 1, 5, 5], vec![strides(3), group(32)]),
		("one position", [32, 2048, 1, 1], [2048, 2048, 1, 1], vec![]),
		("3 channels", [1, 32, 256, 256], [24, 32, 3, 3], vec![pads(1)]),
		("1 by 1", [1, 64, 256, 256], [64, 64, 1, 1], vec![]),
		("1 by 1, strided", [1, 64, 255, 255], [8, 64, 1, 1], vec![strides(7)]),
		("dilated", [1, 32, 128, 128], [8, 32, 3, 3], vec![pads(30), dilations(30)]),
		("one filter", [1, 32, 512, 512], [1, 32, 3, 3], vec![]),
		("groups of 4", [1, 128, 256, 256], [128, 4, 3, 3], vec![pads(1), group(32)]),
		("large filter", [1, 32, 64, 64], [16, 32, 31, 31], vec![pads(15)]),
		("padding alone", [32, 64, 1, 1], [64, 64, 3, 3], vec![pads(1)]),
	] {
		let mut net = Net::of(&[32, input.iter().product::<i64>() / 32 + 1]);
		net.with("Reshape", &[&[-1]]).with("Slice", &[&[0], &[input.iter().product()]]);
		net.with("Reshape", &[&input]).convolution(&weights, &attributes);
		models.push((format!("convolution: {name}"), net.end()));
	}
	let mut net = Net::of(&[1, 1, 1 << 20]);
	net.convolution(&[258, 1, 256], &[ints_of("strides", &[128])]);
	models.push(("convolution: windows of a sound".into(), net.end()));
}

fn numbers_one_by_one(models: &mut Vec<(String, Vec<u8>)>) {
	for op in [
		"Exp",
		"Sigmoid",
		"Tanh",
		"Erf",
		"Relu",
		"Abs",
		"Sqrt",
		"Log",
		"Sin",
		"Cos",
		"Floor",
		"Softplus",
		"HardSwish",
		"Reciprocal",
		"Neg",
	] {
		let mut net = Net::of(&[32, 1 << 17]);
		net.node(op, &[], &[]);
		models.push((format!("{op} of 2^22 numbers"), net.end()));
	}
	for op in ["Add", "Mul", "Div", "Pow", "Max", "Mod"] {
		let mut net = Net::of(&[2048, 2048]);
		let whole = net.last.clone();
		let row = net.weights(&[2048, 1]);
		let attributes = if op == "Mod" { vec![int_of("fmod", 1)] } else { vec![] };
		net.node(op, &[&row], &attributes).node(op, &[&whole], &attributes);
		models.push((format!("{op} of 2^22 numbers"), net.end()));
	}
	for length in [1, 2, 3, 17, 1 << 20] {
		let mut net = Net::of(&[32, 1 << 15]);
		net.with("Reshape", &[&[-1]]).with("Slice", &[&[0], &[(1 << 20) / length * length]]);
		net.with("Reshape", &[&[-1, length]]).node("Softmax", &[], &[int_of("axis", 1)]);
		models.push((format!("softmax of rows of {length}"), net.end()));
	}
	for (to, what) in [(11, "f64"), (10, "f16"), (7, "i64"), (3, "i8"), (2, "u8")] {
		let mut net = Net::of(&[32, 1 << 17]);
		net.node("Cast", &[], &[int_of("to", to)]).node("Cast", &[], &[int_of("to", 1)]);
		models.push((format!("to {what} and back"), net.end()));
	}
}

fn moves(models: &mut Vec<(String, Vec<u8>)>) {
	for (shape, perm) in [
		(vec![4096, 4096], vec![1, 0]),
		(vec![256, 256, 256], vec![2, 1, 0]),
		(vec![64, 64, 64, 64], vec![3, 1, 2, 0]),
		(vec![1 << 21, 2, 2], vec![2, 1, 0]),
	] {
		let mut net = Net::of(&shape);
		net.node("Transpose", &[], &[ints_of("perm", &perm)]);
		models.push((format!("transpose {shape:?}"), net.end()));
	}
	for axis in [0, 1] {
		for op in ["ReduceSum", "ReduceMean", "ReduceMax", "ReduceProd"] {
			let mut net = Net::of(&[4096, 2048]);
			if op == "ReduceSum" {
				net.with(op, &[&[axis]]);
			} else {
				net.node(op, &[], &[ints_of("axes", &[axis])]);
			}
			models.push((format!("{op} of axis {axis}"), net.end()));
		}
		let mut net = Net::of(&[2048, 1024]);
		net.with("CumSum", &[&[axis]]);
		models.push((format!("CumSum of axis {axis}"), net.end()));
		let mut net = Net::of(&[4096, 2048]);
		let last = net.last.clone();
		net.node("Concat", &[&last], &[int_of("axis", axis)]);
		models.push((format!("Concat on axis {axis}"), net.end()));
	}
	// Each number from another line and another page.
	for (rows, width) in [(1 << 22, 1), (1 << 20, 16)] {
		let mut net = Net::of(&[rows, width]);
		let places: Vec<i64> = (0..1i64 << 18).map(|i| i * 0x9E37_79B1 % rows).collect();
		net.with("Gather", &[&places]);
		models.push((format!("Gather of {width} from {rows}"), net.end()));
	}
	let mut net = Net::of(&[1 << 22]);
	let places: Vec<i64> = (0..1i64 << 18).map(|i| i * 0x9E37_79B1 % (1 << 22)).collect();
	let (places, updates) = (net.constant(&places), net.weights(&[1 << 18]));
	net.node("ScatterElements", &[&places, &updates], &[]);
	models.push(("ScatterElements".into(), net.end()));
	for width in [2, 64] {
		let mut net = Net::of(&[256, (1 << 14) / width, width]);
		let repeated = net.weights(&[256, 1, width as u64]);
		net.node("Mul", &[&repeated], &[]);
		models.push((format!("Mul with rows of {width} that are repeated"), net.end()));
	}
	let mut net = Net::of(&[4096, 4096]);
	net.with("Slice", &[&[4095, 0], &[i64::MIN, 4096], &[0, 1], &[-1, 3]]);
	models.push(("Slice with steps".into(), net.end()));
	let mut net = Net::of(&[1, 32, 256, 256]);
	net.with("Pad", &[&[0, 0, 9, 9, 0, 0, 9, 9]]);
	models.push(("Pad".into(), net.end()));
	let mut net = Net::of(&[32, 1]);
	net.with("Expand", &[&[32, 1 << 21]]);
	models.push(("Expand to 256 MiB".into(), net.end()));
	let mut net = Net::of(&[32, 1 << 10]);
	net.with("Tile", &[&[64, 4]]);
	models.push(("Tile".into(), net.end()));
	for op in ["MaxPool", "AveragePool"] {
		for size in [2, 9] {
			let mut net = Net::of(&[1, 32, 128, 128]);
			let kernel = ints_of("kernel_shape", &[size, size]);
			net.node(op, &[], &[kernel, ints_of("strides", &[2, 2])]);
			models.push((format!("{op} of {size} by {size}"), net.end()));
		}
	}
}

fn cells(models: &mut Vec<(String, Vec<u8>)>) {
	for (op, gates, hidden) in [("LSTM", 4, 512), ("GRU", 3, 512), ("LSTM", 4, 16), ("RNN", 1, 64)]
	{
		let mut net = Net::of(&[64, 1, 32]);
		let w = net.weights(&[1, gates * hidden, 32]);
		let r = net.weights(&[1, gates * hidden, hidden]);
		net.node(op, &[&w, &r], &[int_of("hidden_size", hidden as i64)]);
		models.push((format!("{op} of {hidden}"), net.end()));
	}
}

fn models() -> Vec<(String, Vec<u8>)> {
	let mut models = Vec::new();
	products(&mut models);
	few_bits(&mut models);
	stored(&mut models);
	convolutions(&mut models);
	numbers_one_by_one(&mut models);
	moves(&mut models);
	cells(&mut models);
	models
}

#[test]
#[ignore = "timed: scripts/hostile.sh runs it"]
fn fuel_should_bound_time_when_models_are_slow_for_it() {
	let engine = engine(Backend::Native);
	let numbers: Vec<f32> = (0..32).map(|i| i as f32 / 8.0 - 2.0).collect();
	let input = tensor::encode(&[tensor("x", &[32, 1], &numbers)]);
	let mut ratios = Vec::new();
	let mut refused = 0;
	let mut said = String::new();
	for (name, model) in models() {
		let prepared = engine.prepare(&model, &Dims::default(), &LIMITS).unwrap();
		let Ok(prepared) = prepared.outcome else {
			// tract has limits of its own.
			said.push_str(&format!("refused: {name}: {}\n", prepared.message));
			refused += 1;
			continue;
		};
		let mut best = Duration::MAX;
		let mut fuel = 0;
		for _ in 0..TRIES {
			let start = Instant::now();
			let Run { outcome, fuel: used, message, .. } =
				engine.run_prepared(&prepared, &input, &LIMITS).unwrap();
			best = best.min(start.elapsed());
			assert!(outcome.is_ok(), "{name}: {outcome:?} {message}");
			fuel = used;
		}
		let ratio = best.as_secs_f64() * FUEL_PER_SECOND / fuel as f64;
		let line =
			format!("{ratio:6.2}  {best:>12.3?}  {:>9.1} M fuel  {name}\n", fuel as f64 / 1e6);
		said.push_str(&line);
		if best >= SHORT {
			ratios.push((ratio, name));
		}
	}
	ratios.sort_by(|(a, _), (b, _)| b.total_cmp(a));
	let (worst, _) = &ratios[0];
	said.push_str(&format!("RESULT hostile_time_over_fuel_max {worst:.2}\n"));
	// The test harness swallows what is printed.
	let _ = std::io::stderr().write_all(said.as_bytes());
	let over: Vec<_> = ratios.iter().filter(|(ratio, _)| *ratio > MOST).collect();
	assert!(over.is_empty(), "slower than their fuel allows: {over:?}");
	assert!(refused < 10, "{refused} models are refused");
}
