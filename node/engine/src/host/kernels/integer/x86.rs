//! Products of bytes by instructions that multiply and add several pairs at once. They are exact, and
//! sums wrap, so the bits are those of the plain loops.

use super::{Call, MR, NR};
use crate::host::kernels::memory::{bytes, bytes_mut, OutOfBounds};
use std::arch::x86_64::*;

/// Depth of the parts of panels that are laid out for the instructions and stay in the nearest cache.
const DEPTH: usize = 128;
/// Vectors of rows that are computed at once.
const ROWS: usize = 2;

/// A vector of sums, each of which takes the products of a few bytes of the left panel with as many
/// of the right one.
///
/// # Safety
///
/// The CPU must have the instruction set of the type, and pointers be good for [`Sums::LANES`] words.
trait Sums: Copy {
	/// Number of sums.
	const LANES: usize;
	/// Bytes that a sum takes at once.
	const DEEP: usize;
	/// What is added to each byte of the left panel.
	const OFFSET: u8;

	/// A word for each row: its next [`Sums::DEEP`] bytes, as the instruction wants them. `panel` has
	/// so many rows of bytes.
	fn words<const WIDTH: usize>(panel: &[u8], offset: u8) -> [i32; WIDTH];
	unsafe fn splat(word: i32) -> Self;
	unsafe fn load(from: *const i32) -> Self;
	unsafe fn store(self, to: *mut i32);
	/// Adds the products of the bytes of two words.
	unsafe fn add_products(self, left: Self, right: Self) -> Self;
	/// Adds words.
	unsafe fn add(self, words: Self) -> Self;
}

/// AVX2: pairs of bytes, widened to 16 bits.
#[derive(Clone, Copy)]
struct Pairs(__m256i);

impl Sums for Pairs {
	const LANES: usize = 8;
	const DEEP: usize = 2;
	const OFFSET: u8 = 0;

	#[inline(always)]
	fn words<const WIDTH: usize>(panel: &[u8], _: u8) -> [i32; WIDTH] {
		let (a, b) = panel.split_at(WIDTH);
		let word = |at: usize| i32::from(a[at] as i8) & 0xffff | i32::from(b[at] as i8) << 16;
		let mut words = [0; WIDTH];
		for (at, to) in words.iter_mut().enumerate() {
			*to = word(at);
		}
		words
	}

	#[inline(always)]
	unsafe fn splat(word: i32) -> Self {
		Pairs(_mm256_set1_epi32(word))
	}

	#[inline(always)]
	unsafe fn load(from: *const i32) -> Self {
		Pairs(_mm256_loadu_si256(from.cast()))
	}

	#[inline(always)]
	unsafe fn store(self, to: *mut i32) {
		_mm256_storeu_si256(to.cast(), self.0);
	}

	#[inline(always)]
	unsafe fn add_products(self, left: Self, right: Self) -> Self {
		// Two products are at most 2^15, so nothing overflows.
		self.add(Pairs(_mm256_madd_epi16(left.0, right.0)))
	}

	#[inline(always)]
	unsafe fn add(self, words: Self) -> Self {
		Pairs(_mm256_add_epi32(self.0, words.0))
	}
}

/// AVX-512 VNNI: four bytes, those of the left panel without a sign.
#[derive(Clone, Copy)]
struct Fours(__m512i);

impl Sums for Fours {
	const LANES: usize = 16;
	const DEEP: usize = 4;
	const OFFSET: u8 = 128;

	#[inline(always)]
	fn words<const WIDTH: usize>(panel: &[u8], offset: u8) -> [i32; WIDTH] {
		let (a, b, c, d) = (
			&panel[..WIDTH],
			&panel[WIDTH..2 * WIDTH],
			&panel[2 * WIDTH..3 * WIDTH],
			&panel[3 * WIDTH..4 * WIDTH],
		);
		let mut words = [0; WIDTH];
		for (at, to) in words.iter_mut().enumerate() {
			let word = i32::from_le_bytes([a[at], b[at], c[at], d[at]]);
			*to = word ^ i32::from_le_bytes([offset; 4]);
		}
		words
	}

	#[inline(always)]
	unsafe fn splat(word: i32) -> Self {
		Fours(_mm512_set1_epi32(word))
	}

	#[inline(always)]
	unsafe fn load(from: *const i32) -> Self {
		Fours(_mm512_loadu_si512(from.cast()))
	}

	#[inline(always)]
	unsafe fn store(self, to: *mut i32) {
		_mm512_storeu_si512(to.cast(), self.0);
	}

	#[inline(always)]
	unsafe fn add_products(self, left: Self, right: Self) -> Self {
		// The one that wraps, not the one that saturates.
		Fours(_mm512_dpbusd_epi32(self.0, left.0, right.0))
	}

	#[inline(always)]
	unsafe fn add(self, words: Self) -> Self {
		Fours(_mm512_add_epi32(self.0, words.0))
	}
}

/// [`super::run`] for matrices, on AVX2.
///
/// # Safety
///
/// The CPU must have it.
#[target_feature(enable = "avx2")]
pub unsafe fn avx2(memory: &mut [u8], call: &Call) -> Result<(), OutOfBounds> {
	product::<Pairs, 4>(memory, call)
}

/// [`super::run`] for matrices, on AVX-512 with VNNI.
///
/// # Safety
///
/// The CPU must have both.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2")]
pub unsafe fn vnni(memory: &mut [u8], call: &Call) -> Result<(), OutOfBounds> {
	product::<Fours, 8>(memory, call)
}

/// The product, in blocks of `COLS` columns.
///
/// # Safety
///
/// The CPU must have the instruction set of `S`.
#[inline(always)]
unsafe fn product<S: Sums, const COLS: usize>(
	memory: &mut [u8],
	call: &Call,
) -> Result<(), OutOfBounds> {
	let depth = call.depth as usize;
	let size = |width: usize| width.checked_mul(depth).ok_or(OutOfBounds);
	let (left_size, right_size) = (size(MR)?, size(NR)?);
	let (mut left, mut right) = ([[0i32; MR]; DEPTH / 2], [[0i32; NR]; DEPTH / 2]);
	for part in (0..depth).step_by(DEPTH) {
		let part = part..depth.min(part + DEPTH);
		let groups = part.len().div_ceil(S::DEEP);
		let from = &bytes(memory, call.left, left_size)?[part.start * MR..part.end * MR];
		lay_out::<S, MR>(from, S::OFFSET, &mut left);
		let from = &bytes(memory, call.right, right_size)?[part.start * NR..part.end * NR];
		lay_out::<S, NR>(from, 0, &mut right);
		let (left, right) = (&left[..groups], &right[..groups]);
		let offsets = offsets::<S>(right);
		let tile = bytes_mut(memory, call.tile, 4 * MR * NR)?.as_mut_ptr();
		for row in (0..MR).step_by(ROWS * S::LANES) {
			for col in (0..NR).step_by(COLS) {
				let mut sums = [[S::splat(0); ROWS]; COLS];
				for (left, right) in left.iter().zip(right) {
					let mut lefts = [S::splat(0); ROWS];
					for (i, to) in lefts.iter_mut().enumerate() {
						*to = S::load(left.as_ptr().add(row + i * S::LANES));
					}
					for (sums, right) in sums.iter_mut().zip(&right[col..]) {
						let right = S::splat(*right);
						for (sum, left) in sums.iter_mut().zip(lefts) {
							*sum = sum.add_products(left, right);
						}
					}
				}
				for (j, sums) in sums.iter().enumerate() {
					let offset = S::splat(offsets[col + j]);
					for (i, sum) in sums.iter().enumerate() {
						let at = tile.add(4 * ((col + j) * MR + row + i * S::LANES)).cast();
						S::load(at).add(sum.add(offset)).store(at);
					}
				}
			}
		}
	}
	Ok(())
}

/// For each column, what takes back that [`Sums::OFFSET`] was added to the bytes of the left panel.
#[inline(always)]
unsafe fn offsets<S: Sums>(right: &[[i32; NR]]) -> [i32; NR] {
	let mut offsets = [0; NR];
	if S::OFFSET == 0 {
		return offsets;
	}
	for col in (0..NR).step_by(S::LANES) {
		let mut sums = S::splat(0);
		for right in right {
			let each = S::splat(i32::from_le_bytes([S::OFFSET; 4]));
			sums = sums.add_products(each, S::load(right.as_ptr().add(col)));
		}
		sums.store(offsets.as_mut_ptr().add(col));
	}
	for offset in &mut offsets {
		*offset = offset.wrapping_neg();
	}
	offsets
}

/// Lays a part of a panel out in words. What is missing to the last word is zeros.
#[inline(always)]
fn lay_out<S: Sums, const WIDTH: usize>(
	panel: &[u8],
	offset: u8,
	words: &mut [[i32; WIDTH]; DEPTH / 2],
) {
	let groups = panel.chunks_exact(S::DEEP * WIDTH);
	let rest = groups.remainder();
	let whole = groups.len();
	for (words, group) in words.iter_mut().zip(groups) {
		*words = S::words(group, offset);
	}
	if !rest.is_empty() {
		let mut group = [[0; WIDTH]; 4];
		let group = &mut group.as_flattened_mut()[..S::DEEP * WIDTH];
		group[..rest.len()].copy_from_slice(rest);
		words[whole] = S::words(group, offset);
	}
}
