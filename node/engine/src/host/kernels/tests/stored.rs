//! Products of panels that are stored otherwise than as `f32`, against those of the `f32` that they mean.

use super::*;
use crate::host::kernels::{stored::Stored, vector::half};

const ALL: [Stored; 4] = [Stored::Floats, Stored::Halves, Stored::Signed, Stored::Unsigned];

/// Numbers without pattern, the same each time.
struct Random(u64);

impl Random {
	fn bits(&mut self) -> u32 {
		self.0 =
			self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		(self.0 >> 32) as u32
	}

	/// A number that is often none of the usual ones.
	fn float(&mut self) -> f32 {
		let special = [0, 0x8000_0000, 1, 0x807f_ffff, 0x7f80_0000, 0x7fc0_0001, 0xff7f_ffff];
		match self.bits() % 32 {
			place @ 0..7 => f32::from_bits(special[place as usize]),
			_ => (self.bits() as i32 as f32) / (1u32 << 31) as f32,
		}
	}
}

/// By the definition of IEEE 754.
fn plain_half(bits: u16) -> f32 {
	let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
	let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
	let size = match exponent {
		0 => fraction * 2f64.powi(-24),
		31 if fraction == 0.0 => f64::INFINITY,
		31 => f64::NAN,
		_ => (1024.0 + fraction) * 2f64.powi(exponent - 25),
	};
	(sign * size) as f32
}

#[test]
fn half_should_be_the_number_of_its_definition() {
	for bits in 0..=u16::MAX {
		let (given, wanted) = (half(bits), plain_half(bits));
		let quiet = 0x7fc0_0000 | u32::from(bits & 0x8000) << 16 | u32::from(bits & 1023) << 13;
		let wanted = if wanted.is_nan() { quiet } else { wanted.to_bits() };
		assert_eq!(given.to_bits(), wanted, "{bits:04x}");
	}
}

#[test]
fn halves_should_be_the_same_on_all_instructions() {
	// Some are left over behind the last vector.
	let halves: Vec<[u8; 2]> = (0..=u16::MAX).chain(0x7bf0..0x7c07).map(u16::to_le_bytes).collect();
	let wanted: Vec<u32> =
		halves.iter().map(|bytes| half(u16::from_le_bytes(*bytes)).to_bits()).collect();
	for isa in Isa::available() {
		let mut floats = vec![0.0; halves.len()];
		expand_halves(isa, &halves, &mut floats).unwrap();
		let given: Vec<u32> = floats.iter().map(|float| float.to_bits()).collect();
		assert!(given == wanted, "{isa:?}");
	}
}

/// A table of random panels: as they are stored, and as `f32`.
fn panels(
	stored: Stored,
	[memory, floats]: [&mut Memory; 2],
	(count, width, depth): (usize, usize, usize),
	random: &mut Random,
) -> [u32; 2] {
	let mut places = [Vec::new(), Vec::new()];
	for _ in 0..count.div_ceil(width) {
		let parameters: Vec<f32> = (0..2 * width).map(|_| random.float()).collect();
		// Zero points are small integers.
		let zero = |at: usize| (parameters[at].to_bits() >> 16) as u8;
		let zero = |at: usize| match stored {
			Stored::Signed => f32::from(zero(at) as i8),
			_ => f32::from(zero(at)),
		};
		let (zeros, scales): (Vec<f32>, _) = ((0..width).map(zero).collect(), &parameters[width..]);
		let mut bytes = Vec::new();
		let mut numbers = Vec::new();
		for at in 0..width * depth {
			let (code, row) = (random.bits(), at % width);
			numbers.push(match stored {
				Stored::Floats => random.float(),
				Stored::Halves => plain_half(code as u16),
				Stored::Signed => (f32::from(code as i8) - zeros[row]) * scales[row],
				Stored::Unsigned => (f32::from(code as u8) - zeros[row]) * scales[row],
			});
			match stored {
				Stored::Floats => bytes.extend(numbers[at].to_le_bytes()),
				Stored::Halves => bytes.extend((code as u16).to_le_bytes()),
				Stored::Signed | Stored::Unsigned => bytes.push(code as u8),
			}
		}
		let head = match stored {
			Stored::Signed | Stored::Unsigned => [&zeros, scales].concat(),
			_ => Vec::new(),
		};
		places[0].push(memory.words(head.iter().map(|number| number.to_bits())));
		bytes.resize(bytes.len().next_multiple_of(4), 0xff);
		memory.0.extend(bytes);
		places[1].push(floats.words(numbers.iter().map(|number| number.to_bits())));
	}
	let [stored, plain] = places;
	[memory.words(stored), floats.words(plain)]
}

/// Computes a product both ways.
fn check(
	(rows, cols, depth, vector): (usize, usize, usize, bool),
	(left, right): (Stored, Stored),
	random: &mut Random,
) {
	let (mr, nr) = if vector { (VECTOR_MR, 1) } else { (MR, NR) };
	let (mut memory, mut floats) = (Memory::default(), Memory::default());
	let lefts = panels(left, [&mut memory, &mut floats], (rows, mr, depth), random);
	let rights = panels(right, [&mut memory, &mut floats], (cols, nr, depth), random);
	let code = match left as u32 + 4 * right as u32 {
		0 => 0,
		both => 8 + both,
	};
	let mut results = Vec::new();
	for (mut memory, table, code) in [(floats, 1, 0), (memory, 0, code)] {
		let result = memory.words(vec![0; rows * cols]);
		let steps =
			[[code, depth as u32, lefts[table], rights[table]], [7, result, 4 * cols as u32, 4]];
		let at = memory.words(steps.concat());
		let call = Call::read(&memory.0, (rows as u32, cols as u32, vector), at, 2).unwrap();
		for isa in Isa::available() {
			for threads in [1, 3] {
				let mut bytes = memory.0.clone();
				matmul(Means { isa, threads }, &mut bytes, &call, Deadline::after(None)).unwrap();
				results.push(bytes[result as usize..][..4 * rows * cols].to_vec());
				assert!(
					results[0] == results[results.len() - 1],
					"{left:?} {right:?} {rows} {cols} {depth} {vector} {isa:?} {threads}"
				);
			}
		}
	}
}

#[test]
fn matmul_should_give_the_bits_of_floats_when_panels_are_stored_otherwise() {
	let mut random = Random(1);
	for left in ALL {
		for right in ALL {
			for _ in 0..60 {
				let mut size = |below: u32| (random.bits() % below) as usize;
				let shape = (1 + size(140), 1 + size(80), size(90), size(2) == 0);
				check(shape, (left, right), &mut random);
			}
		}
	}
}

#[test]
fn matmul_should_give_the_bits_of_floats_when_panels_are_deep_or_many() {
	let mut random = Random(2);
	for stored in [Stored::Halves, Stored::Signed, Stored::Unsigned] {
		for shape in [
			// Some panels are kept for many columns or rows, and others are too large for that.
			(130, 40, 700, true),
			(70, 3, 8200, true),
			(2000, 1, 1100, true),
			(600, 40, 513, false),
			(40, 600, 257, false),
			(33, 200, 900, false),
			(9, 40, 70_000, false),
		] {
			check(shape, (stored, Stored::Floats), &mut random);
			check(shape, (Stored::Floats, stored), &mut random);
		}
	}
}

#[test]
fn matmul_should_refuse_stored_panels_outside_of_memory() {
	for (code, panel, depth, fits) in [
		(9, 0, 8, true),
		// Halves may lie anywhere.
		(9, 1, 8, true),
		(9, 1024 - 128, 8, true),
		(9, 1025 - 128, 8, false),
		(9, 0, u32::MAX, false),
		(9, u32::MAX, 1, false),
		(10, 4, 8, true),
		(10, 2, 8, false),
		(11, 3, 8, false),
		(10, 1024 - 64, 0, true),
		(11, 1028 - 64, 0, false),
		(11, u32::MAX - 3, 1, false),
		(10, 0, u32::MAX, false),
		// No such codes.
		(8, 0, 1, false),
		(24, 0, 1, false),
	] {
		let mut memory = Memory(vec![0; 1024 - 24]);
		let (left, right) = (memory.words([panel]), memory.words([0]));
		let at = memory.words([code, depth, left, right]);
		assert_eq!(memory.0.len(), 1024);
		for isa in Isa::available() {
			let done =
				Call::read(&memory.0, (3, 3, false), at, 1).map_err(Trap::from).and_then(|call| {
					matmul(Means { isa, threads: 1 }, &mut memory.0, &call, Deadline::after(None))
				});
			let wanted = if fits { Ok(()) } else { Err(Trap::MemoryOutOfBounds) };
			assert_eq!(done, wanted, "{code} {panel} {depth}");
		}
	}
}

#[test]
fn fuel_should_cover_that_panels_become_floats() {
	let fuel = |rows: u32, cols: u32, depth: u32, vector: bool, code: u32| {
		let mut memory = Memory::default();
		let at = memory.words([code, depth, 0, 0]);
		Call::read(&memory.0, (rows, cols, vector), at, 1).unwrap().fuel()
	};
	// A vector: what is read is less, and what is made of it is added.
	assert_eq!(fuel(64, 1, 800, true, 0), 100 + 96 + 65 * 4 * 100);
	assert_eq!(fuel(64, 1, 800, true, 9), 100 + 96 + (64 * 2 + 4) * 100 + 64 * 100);
	assert_eq!(fuel(64, 1, 800, true, 10), 100 + 96 + (64 * 808 + 3200) / 8 + 64 * 200);
	// Once for all columns, or each time.
	let (kept, each) = (64 * 2 * 100 + 64 * 100, 96 + 65 * 4 * 100);
	assert_eq!(fuel(64, 3, 800, true, 9), 100 + 3 * each + kept);
	let deep = 8200u64;
	let each = 96 + (64 * 2 + 4) * deep / 8 + 8 * deep;
	assert_eq!(fuel(64, 3, 8200, true, 9), 100 + 3 * each);
	assert!(fuel(u32::MAX, u32::MAX, u32::MAX, false, 15) == u64::MAX);
}
