//! Every instruction set gives the bits of a reference that is written as plainly as possible.

use super::{
	matmul::{Call, MR, NR, VECTOR_MR},
	*,
};
use proptest::prelude::*;

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

/// How the result lies in memory.
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
		matmul(isa, &mut bytes, &call).unwrap();
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
			let done = Call::read(&memory.0, (9, 33, false), at, 1)
				.and_then(|call| matmul(isa, &mut memory.0, &call));
			assert_eq!(done, Err(OutOfBounds), "{step:?}");
		}
	}
}
