//! Packing, against the definition.

use super::*;

/// A factor and room for its panels: the memory, the address of the call, and the panels expected.
fn factor(
	[rows, depth, width, spare]: [usize; 4],
	[row_stride, depth_stride]: [usize; 2],
) -> (Memory, u32, Vec<u32>) {
	let mut memory = Memory::default();
	let count = (rows - 1) * row_stride + (depth - 1) * depth_stride + 1;
	let numbers: Vec<u32> = (0..count as u32).map(|i| i.wrapping_mul(0x9e37_79b1) | 1).collect();
	let from = memory.words(numbers.clone());
	let (panels, panel) = (rows.div_ceil(width), width * depth + spare);
	let to = memory.words(vec![7; panels * panel]);
	let mut expected = vec![7; panels * panel];
	for row in 0..panels * width {
		for k in 0..depth {
			let at = row / width * panel + k * width + row % width;
			expected[at] = numbers.get(row * row_stride + k * depth_stride).copied().unwrap_or(0);
			if row >= rows {
				expected[at] = 0;
			}
		}
	}
	let sizes = [rows, depth, row_stride, depth_stride, width, panel].map(|size| size as u32);
	let call = memory.words([&[from, to][..], &sizes].concat());
	(memory, call, expected)
}

fn check(sizes: [usize; 4], strides: [usize; 2]) {
	let (memory, at, expected) = factor(sizes, strides);
	let call = pack::Call::read(&memory.0, at).unwrap();
	let expected: Vec<u8> = expected.iter().flat_map(|word| word.to_le_bytes()).collect();
	for isa in Isa::available() {
		for threads in [1, 3] {
			let mut bytes = memory.0.clone();
			pack(Means { isa, threads }, &mut bytes, &call).unwrap();
			let panels = &bytes[call.to as usize..][..expected.len()];
			assert!(panels == expected, "{sizes:?} {strides:?} {isa:?} {threads}");
			assert_eq!(bytes[..call.to as usize], memory.0[..call.to as usize]);
		}
	}
}

#[test]
fn pack_should_fill_panels_when_rows_or_columns_lie_together() {
	for rows in [1, 7, 8, 9, 31, 32, 33, 70] {
		for depth in [1, 2, 63, 64, 65, 130] {
			for width in [1, 8, 32, 64] {
				check([rows, depth, width, width], [depth + 3, 1]);
				check([rows, depth, width, 0], [1, rows]);
				check([rows, depth, width, 5], [2 * depth, 2]);
			}
		}
	}
}

#[test]
fn pack_should_fill_panels_when_it_is_cut_for_several_threads() {
	let (memory, at, _) = factor([700, 300, 32, 32], [300, 1]);
	assert_eq!(pack::Call::read(&memory.0, at).unwrap().parts(4).len(), 4);
	check([700, 300, 32, 32], [300, 1]);
	check([700, 300, 8, 8], [1, 700]);
}

#[test]
fn pack_should_be_refused_when_sizes_contradict_the_memory() {
	let (memory, at, _) = factor([9, 5, 8, 8], [5, 1]);
	let place = at as usize;
	assert!(pack::Call::read(&memory.0, at).is_ok());
	for (word, value) in [
		(0, u32::MAX - 3),
		(0, 2),
		(1, memory.0.len() as u32),
		(1, 2),
		// The panels overlap the factor.
		(1, 4),
		(2, 0),
		(2, u32::MAX),
		(3, 0),
		(3, u32::MAX),
		(4, 0),
		(4, u32::MAX),
		(5, 0),
		(5, u32::MAX),
		(6, 0),
		// A panel that does not hold what belongs into it.
		(6, 16),
		(7, 39),
		(7, u32::MAX),
	] {
		let mut memory = memory.0.clone();
		memory[place + 4 * word..][..4].copy_from_slice(&value.to_le_bytes());
		let refused = pack::Call::read(&memory, at).err();
		assert_eq!(refused, Some(memory::OutOfBounds), "word {word}: {value}");
	}
	assert!(pack::Call::read(&memory.0, memory.0.len() as u32 - 28).is_err());
	assert!(pack::Call::read(&memory.0, u32::MAX - 3).is_err());
}
