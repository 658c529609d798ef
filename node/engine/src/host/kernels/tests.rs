//! Every instruction set gives the bits of a reference that is written as plainly as possible.

mod attention;
mod convolution;
mod nbits;
mod packing;
mod stored;

use super::{
	matmul::{Call, MR, NR, VECTOR_MR},
	memory::Shared,
	*,
};
use opg_engine_types::digest;
use proptest::prelude::*;
use std::time::Duration;

/// Numbers that tell implementations apart: specials, and any bits.
fn element() -> impl Strategy<Value = u32> {
	prop_oneof![
		4 => (-2f32..2.0).prop_map(f32::to_bits),
		1 => any::<u32>(),
		1 => prop::sample::select(vec![
			0, 0x8000_0000, 1, 0x8000_0001, 0x007f_ffff, 0x0080_0000, 0x7f7f_ffff, 0xff7f_ffff,
			0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0xffc0_0000, 0x7f80_0001, 0xffff_ffff,
		]),
	]
}

/// A step other than a product, with a matrix for the kinds that take one.
#[derive(Clone, Debug)]
enum Plain {
	Scalar(u32, u32),
	PerRow(u32),
	PerCol(u32),
	LeakyRelu(u32),
	RowTimesCol,
	Add,
}

fn step() -> impl Strategy<Value = Plain> {
	prop_oneof![
		(0..6u32, element()).prop_map(|(op, value)| Plain::Scalar(op, value)),
		(0..6u32).prop_map(Plain::PerRow),
		(0..6u32).prop_map(Plain::PerCol),
		element().prop_map(Plain::LeakyRelu),
		Just(Plain::RowTimesCol),
		Just(Plain::Add),
	]
}

fn binary(op: u32, given: f32, tile: f32) -> f32 {
	match op {
		0 | 1 if given.is_nan() || tile.is_nan() => f32::NAN,
		0 if given == 0.0 && tile == 0.0 => {
			if given.is_sign_negative() {
				given
			} else {
				tile
			}
		},
		1 if given == 0.0 && tile == 0.0 => {
			if given.is_sign_negative() {
				tile
			} else {
				given
			}
		},
		0 => given.min(tile),
		1 => given.max(tile),
		2 => given + tile,
		3 => given * tile,
		4 => given - tile,
		_ => tile - given,
	}
}

/// Guest memory that is being laid out.
#[derive(Default)]
struct Memory(Vec<u8>);

impl Memory {
	fn words(&mut self, words: impl IntoIterator<Item = u32>) -> u32 {
		let at = self.0.len() as u32;
		self.0.extend(words.into_iter().flat_map(u32::to_le_bytes));
		at
	}

	fn float(&self, at: u32, index: usize) -> f32 {
		f32::from_bits(memory::word(&self.0[at as usize + 4 * index..][..4]))
	}
}

/// Layout of the result in memory.
#[derive(Clone, Copy, Debug)]
enum Layout {
	RowMajor,
	ColMajor,
	Spread,
}

fn check(
	(rows, cols, depth, vector): (usize, usize, usize, bool),
	bits: &[u32],
	steps: &[Plain],
	layout: Layout,
) -> Result<(), TestCaseError> {
	let cols = if vector { 1 } else { cols };
	let (mr, nr) = if vector { (VECTOR_MR, 1) } else { (MR, NR) };
	let mut next = bits.iter().copied().cycle();
	let mut memory = Memory::default();
	let mut panels = |memory: &mut Memory, count: usize, width: usize| {
		let panels: Vec<u32> = (0..count.div_ceil(width))
			.map(|_| memory.words((&mut next).take(width * depth)))
			.collect();
		let table = memory.words(panels.iter().copied());
		(table, panels)
	};
	let (left_table, left) = panels(&mut memory, rows, mr);
	let (right_table, right) = panels(&mut memory, cols, nr);
	let row_values = memory.words((&mut next).take(rows));
	let col_values = memory.words((&mut next).take(cols));
	let addends = memory.words((&mut next).take(rows * cols));
	let (row_stride, col_stride) = match layout {
		Layout::RowMajor => (4 * cols, 4),
		Layout::ColMajor => (4, 4 * rows),
		Layout::Spread => (8 * cols, 8),
	};
	let result = memory.words(vec![0; 2 * rows * cols]);
	let mut words = vec![[0, depth as u32, left_table, right_table]];
	words.extend(steps.iter().map(|step| match step {
		Plain::Scalar(op, value) => [1, *op, *value, 0],
		Plain::PerRow(op) => [2, *op, row_values, 0],
		Plain::PerCol(op) => [3, *op, col_values, 0],
		Plain::LeakyRelu(slope) => [4, *slope, 0, 0],
		Plain::RowTimesCol => [5, row_values, col_values, 0],
		Plain::Add => [6, addends, 4 * cols as u32, 4],
	}));
	words.push([7, result, row_stride as u32, col_stride as u32]);
	let at = memory.words(words.iter().flatten().copied());
	let shape = (rows as u32, cols as u32, vector);
	let call = Call::read(&memory.0, shape, at, words.len() as u32).unwrap();

	let mut expected = memory.0.clone();
	for row in 0..rows {
		for col in 0..cols {
			let mut sum = 0f32;
			for k in 0..depth {
				let a = memory.float(left[row / mr], k * mr + row % mr);
				let b = memory.float(right[col / nr], k * nr + col % nr);
				sum = a.mul_add(b, sum);
			}
			let (r, c) = (memory.float(row_values, row), memory.float(col_values, col));
			for step in steps {
				sum = match step {
					Plain::Scalar(op, value) => binary(*op, f32::from_bits(*value), sum),
					Plain::PerRow(op) => binary(*op, r, sum),
					Plain::PerCol(op) => binary(*op, c, sum),
					Plain::LeakyRelu(_) if sum > 0.0 => sum,
					Plain::LeakyRelu(slope) => f32::from_bits(*slope) * sum,
					Plain::RowTimesCol => sum + r * c,
					Plain::Add => sum + memory.float(addends, row * cols + col),
				};
			}
			let sum = if sum.is_nan() { 0x7fc0_0000 } else { sum.to_bits() };
			let at = result as usize + row * row_stride + col * col_stride;
			expected[at..at + 4].copy_from_slice(&sum.to_le_bytes());
		}
	}
	for isa in Isa::available() {
		let mut bytes = memory.0.clone();
		matmul(Means { isa, threads: 1 }, &mut bytes, &call, Deadline::after(None)).unwrap();
		prop_assert!(bytes == expected, "{isa:?} differs from the reference");
	}
	Ok(())
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(3000))]

	#[test]
	fn matmul_should_give_the_bits_of_the_reference(
		shape in (1usize..80, 1usize..70, 0usize..40, any::<bool>()),
		bits in prop::collection::vec(element(), 1..2000),
		steps in prop::collection::vec(step(), 0..4),
		layout in prop::sample::select(vec![Layout::RowMajor, Layout::ColMajor, Layout::Spread]),
	) {
		check(shape, &bits, &steps, layout)?;
	}
}

/// Deep panels are gone through in parts.
#[test]
fn matmul_should_give_the_bits_of_the_reference_when_it_is_deep() {
	let bits: Vec<u32> = (1..5000u32).map(|i| (i as f32 * 0.37).sin().to_bits()).collect();
	for shape in [(9, 35, 700, false), (8, 70, 257, false), (70, 1, 300, true), (3, 1, 64, true)] {
		check(shape, &bits, &[Plain::PerRow(2)], Layout::RowMajor).unwrap();
	}
}

#[test]
fn matmul_should_refuse_addresses_outside_of_memory() {
	for step in [
		[0, 4, 0, 1021],
		[2, 2, 1, 0],
		[0, u32::MAX, 0, 0],
		[2, 2, 1021, 0],
		[3, 2, u32::MAX, 0],
		[5, 1022, 0, 0],
		[6, 0, u32::MAX, 4],
		[7, 1020, 4, 4],
		[7, 0, 1 << 31, 4],
		[8, 0, 0, 0],
		[1, 6, 0, 0],
	] {
		let mut memory = Memory(vec![0; 1024 - 16]);
		let at = memory.words(step);
		for isa in Isa::available() {
			let done =
				Call::read(&memory.0, (9, 33, false), at, 1).map_err(Trap::from).and_then(|call| {
					matmul(Means { isa, threads: 1 }, &mut memory.0, &call, Deadline::after(None))
				});
			assert_eq!(done, Err(Trap::MemoryOutOfBounds), "{step:?}");
		}
	}
}

#[test]
fn matmul_should_stop_when_the_time_is_over() {
	let mut memory = Memory(vec![0; 1024]);
	let at = memory.words([1, 2, 1f32.to_bits(), 0]);
	// Some 10^17 tiles.
	let whole = (u32::MAX, u32::MAX, false);
	let call = Call::read(&memory.0, whole, at, 1).unwrap();
	let nothing = Call::read(&memory.0, whole, at, 0).unwrap();
	for isa in Isa::available() {
		let late = matmul(
			Means { isa, threads: 1 },
			&mut memory.0,
			&call,
			Deadline::after(Some(Duration::ZERO)),
		);
		assert_eq!(late, Err(Trap::Interrupt));
		assert_eq!(
			matmul(Means { isa, threads: 1 }, &mut memory.0, &nothing, Deadline::after(None)),
			Ok(())
		);
	}
}

/// A product of some 10^7 multiply-adds, and the place of its result.
fn large_product(vector: bool) -> (Memory, Call, usize) {
	let (rows, cols, depth) = if vector { (4096, 1, 2304) } else { (200, 300, 170) };
	let (mr, nr) = if vector { (VECTOR_MR, 1) } else { (MR, NR) };
	let mut memory = Memory::default();
	let mut numbers = (1..).map(|i: u32| (i as f32 * 0.37).sin().to_bits());
	let mut panels = |memory: &mut Memory, count: usize, width: usize| {
		let panels: Vec<u32> = (0..count.div_ceil(width))
			.map(|_| memory.words((&mut numbers).take(width * depth)))
			.collect();
		memory.words(panels)
	};
	let (left, right) = (panels(&mut memory, rows, mr), panels(&mut memory, cols, nr));
	let bias = memory.words((&mut numbers).take(rows));
	let result = memory.words(vec![0; rows * cols]);
	let steps = [[0, depth as u32, left, right], [2, 2, bias, 0], [7, result, 4 * cols as u32, 4]];
	let at = memory.words(steps.concat());
	let call = Call::read(&memory.0, (rows as u32, cols as u32, vector), at, 3).unwrap();
	(memory, call, result as usize)
}

#[test]
fn matmul_should_give_the_same_bits_when_it_is_cut_for_several_threads() {
	for vector in [false, true] {
		let (memory, call, _) = large_product(vector);
		let mut bytes = memory.0.clone();
		assert_eq!(call.parts(Shared::new(&mut bytes), 3).len(), 3);
		for isa in Isa::available() {
			let [one, three] = [1, 3].map(|threads| {
				let mut bytes = memory.0.clone();
				let means = Means { isa, threads };
				matmul(means, &mut bytes, &call, Deadline::after(None)).unwrap();
				bytes
			});
			assert!(one == three && one != memory.0, "{isa:?}, {vector}");
		}
	}
}

#[test]
fn matmul_should_not_be_cut_when_parts_would_see_each_other() {
	let (mut memory, mut call, result) = large_product(false);
	let store = |at: usize, row: u32, col: u32| {
		let words = [7, at as u32, row, col].map(u32::to_le_bytes).concat();
		Call::read(&words, (1, 1, false), 0, 1).unwrap().steps[0]
	};
	for (step, parts) in [
		(store(result, 1200, 4), 3),
		// Over the panels.
		(store(0, 1200, 4), 1),
		// Several elements in one place.
		(store(result, 1200, 0), 1),
		(store(result, 4, 4), 1),
		(store(result, 1196, 4), 1),
	] {
		call.steps[2] = step;
		assert_eq!(call.parts(Shared::new(&mut memory.0), 3).len(), parts);
	}
}

/// Applies the function on every instruction set, and returns the one result.
fn apply(function: Function, numbers: &[f32]) -> Vec<f32> {
	let memory: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
	let mut results = Isa::available().into_iter().map(|isa| {
		let mut memory = memory.clone();
		elementwise(Means { isa, threads: 1 }, &mut memory, function, 0, numbers.len() as u32)
			.unwrap();
		(isa, memory)
	});
	let (_, first) = results.next().unwrap();
	for (isa, other) in results {
		assert!(first == other, "{isa:?} differs in {function:?}");
	}
	let words = first.chunks_exact(4);
	words.map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

/// Every 997th bit pattern: all exponents, both signs, NaNs of many payloads, in an order that
/// leaves no vector with one kind of number only.
fn numbers() -> Vec<f32> {
	(0..u32::MAX / 997).map(|i| f32::from_bits(i.wrapping_mul(997).rotate_left(9))).collect()
}

/// The error function, by its power series or its continued fraction.
fn erf_reference(x: f64) -> f64 {
	let size = x.abs();
	let value = if size < 3.0 {
		let (mut term, mut sum) = (size, size);
		for n in 1..200 {
			term *= -size * size / f64::from(n);
			sum += term / f64::from(2 * n + 1);
		}
		sum * std::f64::consts::FRAC_2_SQRT_PI
	} else {
		let fraction = (1..60).rev().fold(size, |f, n| size + f64::from(n) / 2.0 / f);
		1.0 - (-size * size).exp() / fraction / std::f64::consts::PI.sqrt()
	};
	value.copysign(x)
}

/// The function of one number, by the kernel on plain code. That is compared with the truth below.
fn function_reference(function: Function, x: f32) -> f32 {
	let mut number = [x];
	function.apply(&mut number);
	number[0]
}

fn reference(function: Function, x: f64) -> f64 {
	match function {
		Function::Exp => x.exp(),
		Function::Sigmoid => 1.0 / (1.0 + (-x).exp()),
		Function::Tanh => x.tanh(),
		Function::Erf => erf_reference(x),
		Function::Silu => x / (1.0 + (-x).exp()),
		Function::GeluTanh => {
			0.5 * x
				* (1.0
					+ (f64::sqrt(2.0 / std::f64::consts::PI) * (x + 0.044715 * x.powi(3))).tanh())
		},
		Function::HardSwish => x * (x / 6.0 + 0.5).clamp(0.0, 1.0),
	}
}

#[test]
fn functions_should_give_the_same_bits_on_every_instruction_set() {
	let numbers = numbers();
	for function in Function::ALL {
		for (x, y) in numbers.iter().zip(apply(function, &numbers)) {
			assert!(!y.is_nan() || y.to_bits() == 0x7fc0_0000, "{function:?} of {x:e}");
			assert!(!x.is_nan() || y.is_nan(), "{function:?} of NaN");
		}
	}
}

#[test]
fn functions_should_be_close_to_the_truth() {
	let wide: Vec<f32> = (-400_000..400_000).map(|i| i as f32 / 3000.0).collect();
	let small: Vec<f32> =
		(-3000..3000).map(|i| 1.01f32.powi(i) * if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
	for (function, units) in [
		(Function::Exp, 2.0),
		(Function::Sigmoid, 4.0),
		(Function::Tanh, 4.0),
		(Function::Erf, 4.0),
		(Function::Silu, 5.0),
		// For numbers below zero, 1 + tanh has few digits.
		(Function::GeluTanh, f64::INFINITY),
		// So does x + 3 close to zero.
		(Function::HardSwish, f64::INFINITY),
	] {
		for (x, y) in wide.iter().chain(&small).zip(apply(function, &[&wide[..], &small].concat()))
		{
			let right = reference(function, f64::from(*x));
			let unit = f64::from((right as f32).abs().next_up()) - f64::from((right as f32).abs());
			let error = (f64::from(y) - right).abs();
			// Below the normal numbers, zero will do.
			let tiny = f64::from(f32::MIN_POSITIVE) * f64::from(x.abs()).max(1.0);
			let close = error <= (units * unit).max(tiny) || y == right as f32;
			let close = close && (units.is_finite() || error <= 4e-7 * right.abs().max(1.0));
			assert!(close, "{function:?} of {x:e} is {y:e}, not {right:e}");
		}
	}
}

#[test]
fn functions_should_give_limits() {
	let inf = f32::INFINITY;
	assert_eq!(
		apply(Function::Exp, &[-inf, -200.0, -0.0, 0.0, 89.0, inf]),
		[0.0, 0.0, 1.0, 1.0, inf, inf]
	);
	assert_eq!(
		apply(Function::Sigmoid, &[-inf, -200.0, 0.0, 200.0, inf]),
		[0.0, 0.0, 0.5, 1.0, 1.0]
	);
	for function in [Function::Tanh, Function::Erf] {
		let y = apply(function, &[-inf, -50.0, -0.0, 0.0, 1e-40, 50.0, inf]);
		assert_eq!(y, [-1.0, -1.0, -0.0, 0.0, y[4], 1.0, 1.0]);
		assert!(y[2].is_sign_negative() && !y[3].is_sign_negative());
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2000))]

	#[test]
	fn softmax_should_give_the_same_bits_on_every_instruction_set(
		bits in prop::collection::vec(element(), 1..300), length in 1usize..100,
	) {
		let count = bits.len() / length * length;
		let mut memory = Memory::default();
		memory.words(bits);
		let mut results = Isa::available().into_iter().map(|isa| {
			let mut memory = memory.0.clone();
			softmax(Means { isa, threads: 1 }, &mut memory, 0, count as u32, length as u32).unwrap();
			memory
		});
		let first = results.next().unwrap();
		prop_assert!(results.all(|other| other == first));
	}

	#[test]
	fn softmax_should_sum_to_one(
		numbers in prop::collection::vec(-30f32..30.0, 1..100),
	) {
		let mut memory = Memory::default();
		memory.words(numbers.iter().map(|x| x.to_bits()));
		softmax(Means { isa: Isa::best(), threads: 1 }, &mut memory.0, 0, numbers.len() as u32, numbers.len() as u32).unwrap();
		let exps: Vec<f64> = numbers.iter().map(|x| f64::from(*x).exp()).collect();
		for (i, exp) in exps.iter().enumerate() {
			let right = exp / exps.iter().sum::<f64>();
			prop_assert!((f64::from(memory.float(0, i)) - right).abs() <= 3e-6 * right);
		}
	}

	#[test]
	fn integer_should_give_the_bits_of_the_reference(
		bytes in prop::collection::vec(any::<u8>(), 1..500),
		depth in prop_oneof![9 => 0usize..60, 1 => 250usize..600],
		vector: bool,
		start: u32,
	) {
		let (rows, cols) = if vector { (integer::VECTOR_MR, 1) } else { (integer::MR, integer::NR) };
		let mut memory = Memory::default();
		let tile = memory.words((0..(rows * cols) as u32).map(|i| start.wrapping_mul(i)));
		let left = memory.0.len();
		memory.0.extend(bytes.iter().cycle().take(depth * rows));
		let right = memory.0.len();
		memory.0.extend(bytes.iter().rev().cycle().take(depth * cols));
		let mut expected = memory.0.clone();
		for row in 0..rows {
			for col in 0..cols {
				let mut sum = start.wrapping_mul((col * rows + row) as u32) as i32;
				for k in 0..depth {
					let a = memory.0[left + k * rows + row] as i8;
					let b = memory.0[right + k * cols + col] as i8;
					sum = sum.wrapping_add(i32::from(a) * i32::from(b));
				}
				expected[4 * (col * rows + row)..][..4].copy_from_slice(&sum.to_le_bytes());
			}
		}
		let call = integer::Call { vector, depth: depth as u32, tile, left: left as u32, right: right as u32 };
		for isa in Isa::available() {
			let mut memory = memory.0.clone();
			integer(isa, &mut memory, &call).unwrap();
			prop_assert!(memory == expected, "{isa:?} differs");
		}
	}
}

/// All instruction sets give the bits of the plain loops.
fn integer_on_all(memory: &[u8], call: &integer::Call) -> Vec<u8> {
	let mut results = Isa::available().into_iter().map(|isa| {
		let mut memory = memory.to_vec();
		integer(isa, &mut memory, call).unwrap();
		(isa, memory)
	});
	let (_, plain) = results.next().unwrap();
	for (isa, other) in results {
		assert!(other == plain, "{isa:?} differs");
	}
	plain
}

#[test]
fn integer_should_be_exact_when_bytes_are_the_extremes() {
	let (rows, cols) = (integer::MR, integer::NR);
	for depth in [0, 1, 2, 3, 4, 5, 127, 128, 129, 131, 256, 1000] {
		for (a, b) in [(-128, -128), (-128, 127), (127, -128), (127, 127), (0, -128), (-1, 1)] {
			let mut memory = Memory::default();
			let tile = memory.words(vec![i32::MAX as u32; rows * cols]);
			let left = memory.0.len() as u32;
			memory.0.extend(vec![a as u8; depth * rows]);
			let right = memory.0.len() as u32;
			memory.0.extend(vec![b as u8; depth * cols]);
			let call = integer::Call { vector: false, depth: depth as u32, tile, left, right };
			let result = integer_on_all(&memory.0, &call);
			let sum = i32::MAX.wrapping_add(a * b * depth as i32).to_le_bytes();
			let tile = &result[tile as usize..][..4 * rows * cols];
			assert!(tile.as_chunks::<4>().0.iter().all(|word| *word == sum), "{a} {b} {depth}");
		}
	}
}

#[test]
fn integer_should_give_the_bits_of_the_plain_loops_when_operands_overlap() {
	let memory: Vec<u8> =
		(0..40_000u32).map(|i| (i.wrapping_mul(0x9e37_79b1) >> 13) as u8).collect();
	let (tile, depth) = (8192, 300);
	for left in [0, 1000, 8192, 9000, 10_239, 10_240] {
		for right in [4000, 8191, 10_000, 20_000] {
			integer_on_all(&memory, &integer::Call { vector: false, depth, tile, left, right });
		}
	}
}

#[test]
fn functions_and_softmax_should_give_the_same_bits_when_they_are_cut_for_several_threads() {
	let numbers: Vec<u8> =
		(0..100_003).flat_map(|i| ((i % 977) as f32 / 61.0 - 8.0).to_le_bytes()).collect();
	let count = numbers.len() as u32 / 4;
	for isa in Isa::available() {
		let [one, three] = [1, 3].map(|threads| {
			let (means, mut memory) = (Means { isa, threads }, numbers.clone());
			elementwise(means, &mut memory, Function::Erf, 0, count).unwrap();
			// The last three numbers are no row.
			softmax(means, &mut memory, 0, count, 100).unwrap();
			memory
		});
		assert!(one == three && one != numbers, "{isa:?}");
	}
}

#[test]
fn kernels_should_refuse_addresses_outside_of_memory() {
	let memory = &mut vec![0; 4096][..];
	for isa in Isa::available() {
		for (at, count) in [(4092, 2), (1, 1), (4096, 1), (0, u32::MAX), (u32::MAX, 1)] {
			for function in Function::ALL {
				assert_eq!(
					elementwise(Means { isa, threads: 1 }, memory, function, at, count),
					Err(Trap::MemoryOutOfBounds)
				);
			}
			assert_eq!(
				softmax(Means { isa, threads: 1 }, memory, at, count, 1),
				Err(Trap::MemoryOutOfBounds)
			);
		}
		for (tile, left, right, depth) in
			[(4000, 0, 0, 1), (0, 4090, 0, 1), (0, 0, 4096, 1), (0, 0, 0, u32::MAX)]
		{
			let call = integer::Call { vector: false, depth, tile, left, right };
			assert_eq!(integer(isa, memory, &call), Err(Trap::MemoryOutOfBounds));
		}
	}
}

fn digest_of(dtype: DType, data: &[u8]) -> Vec<u8> {
	let mut memory = [&[0; 32], data].concat();
	let call = digest::Call { dtype, at: 32, length: data.len() as u32, to: 0 };
	digest::run(&mut memory, &call).unwrap();
	assert_eq!(&memory[32..], data, "the data stays as it is");
	memory.truncate(32);
	memory
}

proptest! {
	#[test]
	fn digest_should_be_the_hash_of_the_data_when_its_nans_are_canonical(
		words in prop::collection::vec(element(), 0..3000),
	) {
		let data: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
		let canonical = |word: &u32| {
			if f32::from_bits(*word).is_nan() { 0x7fc0_0000 } else { *word }
		};
		let canonical: Vec<u8> =
			words.iter().flat_map(|word| canonical(word).to_le_bytes()).collect();
		prop_assert_eq!(digest_of(DType::F32, &data), digest(&canonical));
		prop_assert_eq!(digest_of(DType::U32, &data), digest(&data));
	}
}

#[test]
fn digest_should_make_nans_canonical_when_they_are_halves_or_doubles() {
	for nan in [0x7c01u16, 0xfe00, 0xffff] {
		let data = [nan, 0x7c00].map(u16::to_le_bytes).concat();
		let canonical = [0x7e00u16, 0x7c00].map(u16::to_le_bytes).concat();
		assert_eq!(digest_of(DType::F16, &data), digest(&canonical));
		assert_eq!(digest_of(DType::BF16, &data), digest(&data));
	}
	for nan in [0x7ff0_0000_0000_0001u64, 0xfff8_0000_0000_0123] {
		let data = [nan, 0xfff0_0000_0000_0000].map(u64::to_le_bytes).concat();
		let canonical = [0x7ff8_0000_0000_0000u64, 0xfff0_0000_0000_0000];
		let canonical = canonical.map(u64::to_le_bytes).concat();
		assert_eq!(digest_of(DType::F64, &data), digest(&canonical));
	}
}

#[test]
fn digest_should_be_refused_when_an_address_is_outside() {
	let mut memory = vec![0; 64];
	for (at, length, to) in [(0, 65, 0), (65, 0, 0), (u32::MAX, u32::MAX, 0), (0, 1, 33)] {
		let call = digest::Call { dtype: DType::U8, at, length, to };
		assert!(digest::run(&mut memory, &call).is_err());
	}
}
