//! Products with weights of few bits give the bits of a reference that is written as plainly as
//! possible.

use super::{element, Memory};
use crate::host::kernels::{nbits::Call, *};
use proptest::prelude::*;
use std::time::Duration;

/// Sizes of a product.
#[derive(Clone, Copy, Debug)]
struct Sizes {
	rows: usize,
	cols: usize,
	depth: usize,
	bits: usize,
	block: usize,
	zeros: bool,
	offsets: bool,
}

fn sizes() -> impl Strategy<Value = Sizes> {
	let rows = prop_oneof![4 => 1usize..5, 1 => 0usize..70];
	let depth = prop_oneof![0usize..200, Just(256), Just(576)];
	let bits = prop::sample::select(vec![4, 8]);
	let block = prop::sample::select(vec![32, 64, 256]);
	(rows, 0usize..40, depth, bits, block, any::<[bool; 2]>()).prop_map(
		|(rows, cols, depth, bits, block, [zeros, offsets])| Sizes {
			rows,
			cols,
			depth,
			bits,
			block,
			zeros,
			offsets,
		},
	)
}

/// The number of so many bits at a place of packed ones.
fn code(bytes: &[u8], place: usize, bits: usize) -> i64 {
	let byte = bytes[place * bits / 8];
	i64::from(if bits == 8 { byte } else { byte >> (4 * (place % 2)) & 15 })
}

/// Memory with the operands and the call, where the call is, and the memory with the result.
fn product(sizes: Sizes, numbers: &[u32], scales: &[u32], bytes: &[u8]) -> (Memory, u32, Vec<u8>) {
	let Sizes { rows, cols, depth, bits, block, zeros, offsets } = sizes;
	let blocks = depth.div_ceil(block);
	let (of_row, zeros_of_row) = (blocks * block * bits / 8, (blocks * bits).div_ceil(8));
	let mut memory = Memory(vec![7; 4]);
	let left = memory.words(numbers.iter().copied().cycle().take(rows * depth));
	let mut of_blocks = scales.iter().copied().cycle();
	let scales = memory.words((&mut of_blocks).take(cols * blocks));
	let added = memory.words((&mut of_blocks).take(cols * blocks));
	let result = memory.words(vec![7; rows * cols]);
	let mut next = bytes.iter().copied().cycle();
	let mut packed = |memory: &mut Memory, count: usize| {
		// Codes need not be aligned.
		memory.0.push(7);
		let at = memory.0.len();
		memory.0.extend((&mut next).take(count));
		at
	};
	let codes = packed(&mut memory, cols * of_row);
	let points = packed(&mut memory, cols * zeros_of_row);
	memory.0.resize(memory.0.len().next_multiple_of(4), 7);
	let given = [rows, cols, depth, bits, block].map(|size| size as u32);
	let zeros_at = if zeros { points as u32 } else { 0 };
	let offsets_at = if offsets { added } else { 0 };
	let places = [left, codes as u32, scales, zeros_at, offsets_at, result];
	let at = memory.words([&given[..], &places].concat());

	let mut expected = memory.0.clone();
	for row in 0..rows {
		for col in 0..cols {
			let mut total = 0f32;
			for piece in 0..depth.div_ceil(32) {
				let places = 32 * piece..depth.min(32 * piece + 32);
				let numbers: Vec<f32> =
					places.clone().map(|k| memory.float(left, row * depth + k)).collect();
				let largest = numbers.iter().fold(0f32, |largest, x| largest.max(x.abs()));
				let finite = numbers.iter().all(|x| x.is_finite());
				let (scale, inverse) = match largest / 127.0 {
					_ if !finite => (f32::NAN, 0.0),
					scale if scale < f32::MIN_POSITIVE => (0.0, 0.0),
					scale => (scale, 1.0 / scale),
				};
				let block_at = col * blocks + 32 * piece / block;
				let zero = if zeros {
					let points = &memory.0[points + col * zeros_of_row..];
					code(points, 32 * piece / block, bits)
				} else {
					1 << (bits - 1)
				};
				let codes = &memory.0[codes + col * of_row..];
				let mut sum = 0;
				let mut halves = numbers.clone();
				halves.resize(32, 0.0);
				while halves.len() > 1 {
					let (first, second) = halves.split_at(halves.len() / 2);
					halves = first.iter().zip(second).map(|(a, b)| a + b).collect();
				}
				for (k, x) in places.zip(numbers) {
					let x = if finite { (x * inverse).round_ties_even() as i64 } else { 0 };
					sum += x * (code(codes, k, bits) - zero);
				}
				total += sum as f32 * scale * memory.float(scales, block_at);
				if offsets {
					total += memory.float(added, block_at) * halves[0];
				}
			}
			let total = if total.is_nan() { 0x7fc0_0000 } else { total.to_bits() };
			let at = result as usize + 4 * (row * cols + col);
			expected[at..at + 4].copy_from_slice(&total.to_le_bytes());
		}
	}
	(memory, at, expected)
}

fn check(sizes: Sizes, numbers: &[u32], scales: &[u32], bytes: &[u8]) -> Result<(), TestCaseError> {
	let (memory, at, expected) = product(sizes, numbers, scales, bytes);
	let call = Call::read(&memory.0, at).unwrap();
	for isa in Isa::available() {
		for threads in [1, 3] {
			let mut given = memory.0.clone();
			nbits(Means { isa, threads }, &mut given, &call, Deadline::after(None)).unwrap();
			prop_assert!(given == expected, "{isa:?} differs from the reference: {sizes:?}");
		}
	}
	Ok(())
}

/// Numbers as models have them: those that are not finite make a NaN of a whole row.
fn finite() -> impl Strategy<Value = u32> {
	prop_oneof![
		8 => (-2f32..2.0).prop_map(f32::to_bits),
		1 => prop::sample::select(vec![
			0, 0x8000_0000, 1, 0x8000_0001, 0x007f_ffff, 0x0080_0000, 0x7f7f_ffff, 0xff7f_ffff,
		]),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(2000))]

	#[test]
	fn nbits_should_give_the_bits_of_the_reference(
		sizes in sizes(),
		numbers in prop::collection::vec(finite(), 1..2000),
		scales in prop::collection::vec(finite(), 1..100),
		bytes in prop::collection::vec(any::<u8>(), 1..1000),
	) {
		check(sizes, &numbers, &scales, &bytes)?;
	}

	#[test]
	fn nbits_should_give_the_bits_of_the_reference_when_numbers_are_special(
		sizes in sizes(),
		numbers in prop::collection::vec(element(), 1..300),
		scales in prop::collection::vec(element(), 1..100),
		bytes in prop::collection::vec(any::<u8>(), 1..1000),
	) {
		check(sizes, &numbers, &scales, &bytes)?;
	}
}

/// Sums at the edge of what the instructions hold.
#[test]
fn nbits_should_give_the_bits_of_the_reference_when_sums_are_largest() {
	for bits in [4, 8] {
		for zeros in [false, true] {
			for sign in [1f32, -1.0] {
				for byte in [0, 255, 0x0f, 0xf0, 0x80, 0x7f] {
					let (block, offsets) = (32, false);
					let sizes = Sizes { rows: 3, cols: 17, depth: 64, bits, block, zeros, offsets };
					let one = [sign.to_bits()];
					check(sizes, &one, &[1f32.to_bits()], &[byte]).unwrap();
					let both = [1f32.to_bits(), (-1f32).to_bits()];
					check(sizes, &both, &[1f32.to_bits()], &[byte, !byte]).unwrap();
				}
			}
		}
	}
}

/// More rows than weights are read for at once, and enough work for several threads.
#[test]
fn nbits_should_give_the_bits_of_the_reference_when_it_is_large() {
	let numbers: Vec<u32> = (1..5000u32).map(|i| (i as f32 * 0.37).sin().to_bits()).collect();
	let bytes: Vec<u8> = (0..4999u32).map(|i| (i.wrapping_mul(0x9e37_79b1) >> 13) as u8).collect();
	for (rows, cols, depth) in [(1, 700, 700), (130, 70, 96), (3, 5, (1 << 16) + 3)] {
		for bits in [4, 8] {
			let (block, zeros, offsets) = (32, true, true);
			let sizes = Sizes { rows, cols, depth, bits, block, zeros, offsets };
			check(sizes, &numbers, &numbers[100..], &bytes).unwrap();
		}
	}
	let mut memory = Memory(vec![0; 700 * 800]);
	let at = memory.words([1, 800, 700, 4, 32, 0, 4096, 4096, 0, 0, 700 * 700]);
	let call = Call::read(&memory.0, at).unwrap();
	assert_eq!((call.parts(1).len(), call.parts(3).len()), (1, 10));
}

#[test]
fn nbits_should_refuse_calls_that_do_not_fit() {
	// Rows, columns, depth, bits, block, and where left, codes, scales, zero points, offsets and result are.
	let good = [2, 3, 40, 4, 32, 0, 400, 504, 528, 536, 600];
	let end = 1024;
	for (place, values) in [
		(0, &[7, 1 << 20, u32::MAX][..]),
		(1, &[24, 1 << 20, u32::MAX]),
		(2, &[1000, (1 << 20) + 1, u32::MAX]),
		(3, &[0, 2, 3, 16, u32::MAX]),
		(4, &[0, 16, 33, 48, 1 << 21, 1 << 31, u32::MAX]),
		(5, &[1, 2, 500, 1020, u32::MAX - 3]),
		(6, &[570, 600, end - 95, u32::MAX]),
		(7, &[501, 580, 600, end - 20, u32::MAX - 3]),
		(8, &[598, 600, end - 2, u32::MAX]),
		(9, &[1, 538, 580, 600, end - 20, u32::MAX - 3]),
		(10, &[0, 601, 400, 508, 524, end - 20, u32::MAX - 3]),
	] {
		for value in values {
			let mut words = good;
			words[place] = *value;
			let mut memory = Memory(vec![0; end as usize - 44]);
			let at = memory.words(words);
			let read = Call::read(&memory.0, at).map(|_| ());
			assert_eq!(read, Err(memory::OutOfBounds), "word {place}: {value}");
		}
	}
	let mut memory = Memory(vec![0; end as usize - 44]);
	let at = memory.words(good);
	assert!(Call::read(&memory.0, at).is_ok());
	assert!(Call::read(&memory.0, at + 1).is_err());
	assert!(Call::read(&memory.0, u32::MAX - 3).is_err());
}

#[test]
fn nbits_should_stop_when_the_time_is_over() {
	let mut memory = Memory(vec![0; 8192]);
	let at = memory.words([1, 2, 32, 4, 32, 0, 4096, 5120, 0, 0, 6144]);
	let call = Call::read(&memory.0, at).unwrap();
	let late = Deadline::after(Some(Duration::ZERO));
	for isa in Isa::available() {
		let done = nbits(Means { isa, threads: 1 }, &mut memory.0, &call, late);
		assert_eq!(done, Err(Trap::Interrupt));
	}
}

#[test]
fn nbits_should_cost_more_for_each_size() {
	let memory = vec![0; 1 << 20];
	let fuel = |rows: u32, cols: u32, depth: u32, bits: u32, [zeros, offsets]: [u32; 2]| {
		let words = [rows, cols, depth, bits, 32, 0, 200_000, 600_000, zeros, offsets, 900_000];
		let mut memory = Memory(memory.clone());
		let at = memory.words(words);
		Call::read(&memory.0, at).unwrap().fuel()
	};
	let least = fuel(1, 100, 640, 4, [0, 0]);
	for more in [
		fuel(2, 100, 640, 4, [0, 0]),
		fuel(1, 101, 640, 4, [0, 0]),
		fuel(1, 100, 672, 4, [0, 0]),
		fuel(1, 100, 640, 8, [0, 0]),
		fuel(1, 100, 640, 4, [800_000, 0]),
		fuel(1, 100, 640, 4, [0, 700_000]),
	] {
		assert!(more > least);
	}
}
