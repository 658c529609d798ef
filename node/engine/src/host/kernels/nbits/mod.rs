//! Products with weights of 4 or 8 bits, which stay as they are, and a scale for each block of them.
//!
//! The factors are quantised, so that all but a few operations are on integers, where any order
//! gives the same bits. For each row of the left factor, in pieces of 32 numbers:
//!
//! - A piece has the scale `a = max|x| / 127`. Its numbers become `q`, which is `x * (1 / a)` rounded to
//!   the nearest integer, ties to even. A piece of which `a` is no normal number counts as zeros. One
//!   with a number that is not finite has NaN for `a`, and zeros.
//! - Its sum is that of `q * (code - zero)`, an integer. The last piece ends where the row does.
//! - Its term is `(sum * a) * w`, rounded twice, with the scale `w` of its block of weights.
//! - Blocks may have offsets: what is added to each weight. Then a piece has a second term, which is the
//!   offset times the sum of the numbers `x` as they are given: with zeros up to 32 of them, the second half
//!   is added to the first one until one is left.
//! - The result is the sum of the terms in the order of the pieces, from zero, each rounded.
//!
//! Every NaN that is stored is [`canonical`].
//!
//! Codes are those of `MatMulNBits` of com.microsoft: without a sign, a row for each column of the
//! result, in whole blocks, the lower four bits of a byte first. Zero points are packed alike, each row
//! from a byte on; without them it is 8 for codes of 4 bits, and 128 for those of 8.

#[cfg(target_arch = "aarch64")]
mod arm;
mod plain;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(target_arch = "aarch64")]
pub use arm::neon;
pub use plain::Plain;
#[cfg(target_arch = "x86_64")]
pub use x86::{avx2, vnni};

use super::{
	super::clock::Deadline,
	fuel,
	memory::{self, OutOfBounds, Shared},
	vector::{canonical, Vector},
};
use std::ops::Range;
use wasmtime::Trap;

/// Numbers of a piece.
pub const PIECE: usize = 32;
/// Words that hold a piece of numbers of 8 bits.
const WORDS: usize = PIECE / 4;
/// Longest row.
const MAX_DEPTH: u32 = 1 << 20;
/// Most rows of the left factor for which weights are read once.
const MAX_ROWS: usize = 64;
/// Pieces that are quantised at once: 4 MiB of numbers, or those of one row.
const MAX_PIECES: usize = (4 << 20) / PIECE;
/// Most columns that are computed at once.
const MAX_LANES: usize = 16;
/// Pieces whose scales and zero points are laid out at once.
const STRIP: usize = 8;
/// Bytes of a line of memory, and the floats of one.
const LINE: usize = 64;
const LINE_FLOATS: usize = LINE / 4;
/// Products of pieces between two looks at the time.
const LOOK: usize = 1 << 22;
/// Parts of such a product for each part of another call.
const FINER: usize = 4;
/// Fuel from which on the columns are shared out to several threads: less would not make up for it.
const PART: u64 = 1 << 14;

/// Sizes and guest addresses of one product.
#[derive(Clone, Copy, Debug)]
pub struct Call {
	/// Rows of the left factor, and of the result.
	pub rows: u32,
	/// Rows of weights, which are columns of the result.
	pub cols: u32,
	/// Length of the sums.
	pub depth: u32,
	/// Bits of a code.
	pub bits: u32,
	/// Weights of a block.
	pub block: u32,
	/// The left factor.
	pub left: u32,
	/// The codes.
	pub codes: u32,
	/// The scales.
	pub scales: u32,
	/// The zero points, or zero if there are none.
	pub zeros: u32,
	/// The offsets, or zero if there are none.
	pub offsets: u32,
	/// The result, apart from all of these.
	pub result: u32,
}

impl Call {
	/// Reads what to do from `at`.
	pub fn read(memory: &[u8], at: u32) -> Result<Call, OutOfBounds> {
		let [rows, cols, depth, bits, block, left, codes, scales, zeros, offsets, result] =
			memory::call(memory, at)?;
		let call =
			Call { rows, cols, depth, bits, block, left, codes, scales, zeros, offsets, result };
		call.check(memory.len()).map(|()| call)
	}

	/// Refuses sizes that are not computed, and what is outside of the memory, not aligned, or overlaps.
	fn check(&self, memory: usize) -> Result<(), OutOfBounds> {
		let Call { depth, bits, block, .. } = *self;
		let sizes = matches!(bits, 4 | 8)
			&& (PIECE as u32..=MAX_DEPTH).contains(&block)
			&& block.is_power_of_two()
			&& depth <= MAX_DEPTH;
		if !sizes {
			return Err(OutOfBounds);
		}
		let (rows, cols) = (u64::from(self.rows), u64::from(self.cols));
		let range = |at: u32, count: u64, each: u64, size: u64| {
			let (at, length) = (u64::from(at), count.checked_mul(each)?.checked_mul(size)?);
			let end = at.checked_add(length).filter(|end| *end <= memory as u64)?;
			(at % size == 0).then_some(at..end)
		};
		let zeros = if self.zeros == 0 { 0 } else { self.zeros_of_row() };
		let read = [
			range(self.left, rows, depth.into(), 4),
			range(self.codes, cols, self.codes_of_row(), 1),
			range(self.scales, cols, self.blocks(), 4),
			range(self.zeros, cols, zeros, 1),
			range(self.offsets, cols, self.offsets_of_row(), 4),
		];
		let result = range(self.result, rows, cols, 4).ok_or(OutOfBounds)?;
		for read in read {
			let read = read.ok_or(OutOfBounds)?;
			if read.start < result.end && result.start < read.end {
				return Err(OutOfBounds);
			}
		}
		Ok(())
	}

	/// Blocks of a row of weights.
	fn blocks(&self) -> u64 {
		u64::from(self.depth).div_ceil(self.block.into())
	}

	/// Bytes of a row of codes.
	fn codes_of_row(&self) -> u64 {
		self.blocks() * u64::from(self.block) * u64::from(self.bits) / 8
	}

	/// Bytes of a row of zero points.
	fn zeros_of_row(&self) -> u64 {
		(self.blocks() * u64::from(self.bits)).div_ceil(8)
	}

	/// Offsets of a row of weights.
	fn offsets_of_row(&self) -> u64 {
		if self.offsets == 0 {
			0
		} else {
			self.blocks()
		}
	}

	/// Pieces of a row.
	fn pieces(&self) -> usize {
		(self.depth as usize).div_ceil(PIECE)
	}

	/// Rows for which the weights are read once.
	fn rows_at_once(&self) -> usize {
		(MAX_PIECES / self.pieces().max(1)).clamp(1, MAX_ROWS)
	}

	/// Rows of the left factor, as they are gone through.
	pub fn chunks(&self) -> impl Iterator<Item = Range<usize>> {
		let (rows, step) = (self.rows as usize, self.rows_at_once());
		(0..rows).step_by(step).map(move |from| from..rows.min(from + step))
	}

	/// Fuel: a function of the sizes alone.
	pub fn fuel(&self) -> u64 {
		let (rows, cols) = (u64::from(self.rows), u64::from(self.cols));
		let pieces = self.pieces() as u64;
		let zeros = if self.zeros == 0 { 0 } else { self.zeros_of_row() };
		let floats = 4 * (self.blocks() + self.offsets_of_row());
		let weights = self.codes_of_row() + floats + zeros;
		let chunks = rows.div_ceil(self.rows_at_once() as u64);
		let of_weights = (weights / fuel::BYTES + fuel::COLUMN).saturating_mul(chunks);
		let of_sums = (pieces * fuel::PIECE + 1).saturating_mul(rows);
		cols.saturating_mul(of_weights.saturating_add(of_sums))
			.saturating_add(rows.saturating_mul(pieces).saturating_mul(fuel::QUANTISED_PIECE))
			.saturating_add(fuel::CALL)
	}

	/// Cuts the columns into parts for as many of other calls, or into one where there is little to do.
	/// They are short, so that no thread waits long for the last part of another.
	pub fn parts(&self, count: usize) -> Vec<Range<usize>> {
		let cols = self.cols as usize;
		let count = if count > 1 && self.fuel() >= PART { FINER * count } else { 1 };
		let step = cols.div_ceil(count.max(1)).next_multiple_of(MAX_LANES).max(MAX_LANES);
		(0..cols).step_by(step).map(|from| from..cols.min(from + step)).collect()
	}
}

/// A piece of the left factor: its numbers, in the order in which codes are taken out of words.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(32))]
pub struct Numbers([i8; PIECE]);

impl Numbers {
	/// Four of the numbers, as a word.
	#[inline(always)]
	unsafe fn word(&self, at: usize) -> i32 {
		debug_assert!(at < WORDS);
		// SAFETY: a piece has so many words.
		unsafe { self.0.as_ptr().cast::<i32>().add(at).read() }
	}
}

/// Rows of the left factor, quantised: for each piece those of each row.
#[derive(Default)]
pub struct Left {
	rows: usize,
	numbers: Vec<Numbers>,
	scales: Vec<f32>,
	/// The sum of the numbers.
	sums: Vec<i32>,
	/// The sum of what they were made of.
	totals: Vec<f32>,
}

impl Left {
	/// Room for so many rows of a call, in about as many parts.
	pub fn parts(&mut self, call: &Call, rows: usize, count: usize) -> Vec<LeftPart<'_>> {
		let pieces = call.pieces();
		self.rows = rows;
		let all = pieces * rows;
		self.numbers.resize(all, Numbers::default());
		self.scales.resize(all, 0.0);
		self.sums.resize(all, 0);
		self.totals.resize(all, 0.0);
		let step = pieces.div_ceil(count.max(1)).max(1);
		let of_part = (step * rows).max(1);
		let numbers = self.numbers.chunks_mut(of_part).zip(self.scales.chunks_mut(of_part));
		let others = self.sums.chunks_mut(of_part).zip(self.totals.chunks_mut(of_part));
		let part = |(first, ((numbers, scales), (sums, totals)))| {
			let pieces = first..pieces.min(first + step);
			LeftPart { pieces, rows, numbers, scales, sums, totals }
		};
		(0..pieces).step_by(step).zip(numbers.zip(others)).map(part).collect()
	}

	/// Whether it is small enough to be kept for the next call.
	pub fn is_small(&self) -> bool {
		self.numbers.capacity() <= MAX_PIECES
	}
}

/// Some pieces of [`Left`], of all of its rows.
pub struct LeftPart<'a> {
	pieces: Range<usize>,
	rows: usize,
	numbers: &'a mut [Numbers],
	scales: &'a mut [f32],
	sums: &'a mut [i32],
	totals: &'a mut [f32],
}

impl LeftPart<'_> {
	/// Quantises rows from this one on.
	///
	/// # Safety
	///
	/// The call must have been read from this memory, and nobody may write to the left factor meanwhile.
	#[inline(always)]
	pub unsafe fn quantise(
		self,
		memory: Shared<'_>,
		call: &Call,
		first: usize,
	) -> Result<(), OutOfBounds> {
		let depth = call.depth as usize;
		let at = call.left + (4 * first * depth) as u32;
		// SAFETY: the caller sees to it.
		let left = unsafe { memory.floats(at, self.rows * depth)? };
		for (place, piece) in self.pieces.enumerate() {
			for row in 0..self.rows {
				let from = row * depth + piece * PIECE;
				let count = PIECE.min(depth - piece * PIECE);
				let mut given = [0.0; PIECE];
				given[..count].copy_from_slice(&left[from..from + count]);
				let to = place * self.rows + row;
				let (scale, numbers) = quantise(&given);
				self.scales[to] = scale;
				self.sums[to] = fold(numbers, |a, b| a + b);
				self.totals[to] = fold(given, |a, b| a + b);
				self.numbers[to] = Numbers(ordered(&numbers, call.bits));
			}
		}
		Ok(())
	}
}

/// Adds or compares the numbers of a piece in pairs, the second half with the first one, until one is left.
#[inline(always)]
fn fold<T: Copy>(mut numbers: [T; PIECE], of_both: impl Fn(T, T) -> T) -> T {
	let mut half = PIECE / 2;
	while half > 0 {
		for i in 0..half {
			numbers[i] = of_both(numbers[i], numbers[i + half]);
		}
		half /= 2;
	}
	numbers[0]
}

/// Scale and numbers of a piece.
#[inline(always)]
fn quantise(given: &[f32; PIECE]) -> (f32, [i32; PIECE]) {
	const INFINITE: u32 = 0x7f80_0000;
	// 1.5 * 2^23: of a number that is added, what is behind the point is rounded off.
	const WHOLE: f32 = 12_582_912.0;
	let mut numbers = [0; PIECE];
	// Sizes are in the order of their bits.
	let mut sizes = [0; PIECE];
	for i in 0..PIECE {
		sizes[i] = given[i].to_bits() & !(1 << 31);
	}
	let largest = fold(sizes, |a, b| if a > b { a } else { b });
	if largest >= INFINITE {
		return (f32::NAN, numbers);
	}
	let scale = f32::from_bits(largest) / 127.0;
	if scale < f32::MIN_POSITIVE {
		return (0.0, numbers);
	}
	let inverse = 1.0 / scale;
	for i in 0..PIECE {
		let rounded = given[i] * inverse + WHOLE;
		numbers[i] = rounded.to_bits() as i32 - WHOLE.to_bits() as i32;
	}
	(scale, numbers)
}

/// The numbers as bytes, in the order in which codes are taken out of words. Of 4 bits, these are of each
/// word first the lower halves of its bytes, then the upper ones.
#[inline(always)]
fn ordered(numbers: &[i32; PIECE], bits: u32) -> [i8; PIECE] {
	let mut bytes = [0; PIECE];
	for i in 0..PIECE {
		bytes[i] = numbers[i] as i8;
	}
	if bits != 4 {
		return bytes;
	}
	let mut ordered = [0; PIECE];
	for word in 0..PIECE / 8 {
		let at = 8 * word;
		let mut pairs = [0; 8];
		pairs.copy_from_slice(&bytes[at..at + 8]);
		let pairs = u64::from_le_bytes(pairs.map(|byte| byte as u8));
		let halves = every_other_byte(pairs) | every_other_byte(pairs >> 8) << 32;
		for (to, byte) in ordered[at..at + 8].iter_mut().zip(halves.to_le_bytes()) {
			*to = byte as i8;
		}
	}
	ordered
}

/// The first, third, fifth and seventh byte.
#[inline(always)]
fn every_other_byte(bytes: u64) -> u64 {
	let bytes = bytes & 0x00ff_00ff_00ff_00ff;
	let bytes = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
	(bytes | bytes >> 16) & 0xffff_ffff
}

/// Vectors with a lane for each of some columns.
///
/// # Safety
///
/// The CPU must have the instruction set of the type. `BITS` is 4 or 8.
pub trait Lanes {
	/// Columns.
	const LANES: usize = <Self::Floats as Vector>::LANES;
	/// A piece of the codes of all columns.
	type Codes: Copy;
	/// Numbers of 32 bits, one for each column.
	type Sums: Copy;
	/// Floats, one for each column.
	type Floats: Vector;
	/// What is subtracted from codes when they are taken out.
	fn offset(bits: usize) -> i32;

	/// Takes codes out of `BITS * 4` bytes for each column.
	unsafe fn codes<const BITS: usize>(rows: &[*const u8; MAX_LANES]) -> Self::Codes;
	/// The sums of products of the codes with the numbers.
	unsafe fn sums<const BITS: usize>(codes: Self::Codes, numbers: &Numbers) -> Self::Sums;
	/// `sums - zeros * sum`, as floats.
	unsafe fn centred(sums: Self::Sums, zeros: &[i32; MAX_LANES], sum: i32) -> Self::Floats;
	/// Brings as many numbers of each column's row into the order of lanes.
	#[inline(always)]
	unsafe fn turn(rows: &[*const f32; MAX_LANES], to: &mut [[f32; MAX_LANES]; STRIP]) {
		for (i, row) in rows[..Self::LANES].iter().enumerate() {
			for (j, to) in to.iter_mut().enumerate() {
				to[i] = *row.add(j);
			}
		}
	}
}

/// What belongs to the blocks of some columns, in the order of lanes: for each of a few pieces.
struct Strip {
	scales: [[f32; MAX_LANES]; STRIP],
	offsets: [[f32; MAX_LANES]; STRIP],
	zeros: [[i32; MAX_LANES]; STRIP],
	has_offsets: bool,
}

impl Strip {
	/// Adds the terms of a piece, which is number `j` of these, to the sums of a row: `at` is the place of
	/// both in the left factor.
	///
	/// # Safety
	///
	/// The CPU must have the instruction set of `L`, the left factor such a place, and these such a piece.
	#[inline(always)]
	unsafe fn add<L: Lanes, const BITS: usize>(
		&self,
		to: L::Floats,
		codes: L::Codes,
		left: &Left,
		at: usize,
		j: usize,
	) -> L::Floats {
		// SAFETY: the caller sees to it.
		unsafe {
			let sums = L::sums::<BITS>(codes, left.numbers.get_unchecked(at));
			let zeros = self.zeros.get_unchecked(j);
			let sums = L::centred(sums, zeros, *left.sums.get_unchecked(at));
			let terms = sums.mul(L::Floats::splat(*left.scales.get_unchecked(at)));
			let to = to.add(terms.mul(L::Floats::load(self.scales.get_unchecked(j).as_ptr())));
			if !self.has_offsets {
				return to;
			}
			let offsets = L::Floats::load(self.offsets.get_unchecked(j).as_ptr());
			to.add(offsets.mul(L::Floats::splat(*left.totals.get_unchecked(at))))
		}
	}
}

/// What belongs to blocks, as memory has it.
struct Blocks<'a> {
	scales: &'a [f32],
	/// Nothing if there are none, as the zero points.
	offsets: &'a [f32],
	zeros: &'a [u8],
	/// Blocks of a row, and bytes of its zero points.
	of_row: usize,
	zeros_of_row: usize,
	/// Pieces of a block.
	pieces: usize,
}

impl Blocks<'_> {
	/// Lays out so many pieces from one on.
	///
	/// # Safety
	///
	/// The CPU must have the instruction set of `L`, and the columns so many pieces.
	#[inline(always)]
	unsafe fn lay_out<L: Lanes, const BITS: usize>(
		&self,
		strip: &mut Strip,
		lanes: &[usize; MAX_LANES],
		pieces: Range<usize>,
	) {
		// SAFETY: each column has a block for each piece.
		unsafe {
			self.floats::<L>(&mut strip.scales, self.scales, lanes, &pieces);
			if !self.offsets.is_empty() {
				self.floats::<L>(&mut strip.offsets, self.offsets, lanes, &pieces);
			}
		}
		if self.zeros.is_empty() {
			return;
		}
		for (i, lane) in lanes[..L::LANES].iter().enumerate() {
			let row = &self.zeros[lane * self.zeros_of_row..][..self.zeros_of_row];
			for (j, piece) in pieces.clone().enumerate() {
				let block = piece / self.pieces;
				let byte = i32::from(row[block * BITS / 8]);
				let zero = if BITS == 4 { byte >> (4 * (block % 2)) & 15 } else { byte };
				strip.zeros[j][i] = zero - L::offset(BITS);
			}
		}
	}

	/// The same of floats.
	#[inline(always)]
	unsafe fn floats<L: Lanes>(
		&self,
		to: &mut [[f32; MAX_LANES]; STRIP],
		from: &[f32],
		lanes: &[usize; MAX_LANES],
		pieces: &Range<usize>,
	) {
		if self.pieces == 1 && pieces.len() == STRIP {
			let mut rows = [from.as_ptr(); MAX_LANES];
			// SAFETY: each column has so many blocks.
			unsafe {
				for (row, lane) in rows.iter_mut().zip(lanes) {
					*row = from.as_ptr().add(lane * self.of_row + pieces.start);
				}
				L::turn(&rows, to);
			}
			return;
		}
		for (i, lane) in lanes[..L::LANES].iter().enumerate() {
			let row = &from[lane * self.of_row..][..self.of_row];
			for (j, piece) in pieces.clone().enumerate() {
				to[j][i] = row[piece / self.pieces];
			}
		}
	}

	/// Fetches so many scales and offsets, if each piece has its own.
	#[inline(always)]
	fn fetch(&self, at: usize, count: usize) {
		if self.pieces > 1 {
			return;
		}
		for floats in [self.scales, self.offsets] {
			for line in (0..count.min(floats.len())).step_by(LINE_FLOATS) {
				fetch(floats.as_ptr().wrapping_add(at + line).cast());
			}
		}
	}
}

/// Tells the CPU that a line of memory will be read. It may lie anywhere.
#[inline(always)]
fn fetch(at: *const u8) {
	// SAFETY: every CPU of this kind has the instruction, and it reads nothing.
	#[cfg(target_arch = "x86_64")]
	unsafe {
		std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(at.cast());
	}
	#[cfg(not(target_arch = "x86_64"))]
	let _ = at;
}

/// Computes these columns of the result, for the rows of it from `first` on.
///
/// # Safety
///
/// The CPU must have the instruction set of `L`. The call must have been read from this memory. What
/// other threads do with the memory meanwhile is to compute other columns.
#[inline(always)]
pub unsafe fn run<L: Lanes>(
	memory: Shared<'_>,
	call: &Call,
	left: &Left,
	first: usize,
	cols: Range<usize>,
	deadline: Deadline,
) -> Result<(), Trap> {
	// SAFETY: as for this function.
	unsafe {
		if call.bits == 4 {
			product::<L, 4>(memory, call, left, first, cols, deadline)
		} else {
			product::<L, 8>(memory, call, left, first, cols, deadline)
		}
	}
}

#[inline(always)]
unsafe fn product<L: Lanes, const BITS: usize>(
	memory: Shared<'_>,
	call: &Call,
	left: &Left,
	first: usize,
	cols: Range<usize>,
	deadline: Deadline,
) -> Result<(), Trap> {
	const { assert!(L::LANES <= MAX_LANES) };
	let bytes = PIECE * BITS / 8;
	let (pieces, blocks) = (call.pieces(), call.blocks() as usize);
	let (codes_of_row, zeros_of_row) = (call.codes_of_row() as usize, call.zeros_of_row() as usize);
	let width = call.cols as usize;
	let all = width * blocks;
	// SAFETY: nobody writes there, because the result is apart.
	let scales = unsafe { memory.floats(call.scales, all)? };
	// SAFETY: as above.
	let offsets = unsafe { memory.floats(call.offsets, width * call.offsets_of_row() as usize)? };
	let zeros = if call.zeros == 0 { 0 } else { width * zeros_of_row };
	// SAFETY: as above.
	let zeros = unsafe { memory.bytes(call.zeros as usize, zeros)? };
	// SAFETY: as above.
	let codes = unsafe { memory.bytes(call.codes as usize, width * codes_of_row)? }.as_ptr();
	let blocks = Blocks {
		scales,
		offsets,
		zeros,
		of_row: blocks,
		zeros_of_row,
		pieces: call.block as usize / PIECE,
	};
	let result = memory.address(call.result).cast::<f32>();
	let rows = left.rows;
	let mut strip = Strip {
		scales: [[0.0; MAX_LANES]; STRIP],
		offsets: [[0.0; MAX_LANES]; STRIP],
		zeros: [[(1 << (BITS - 1)) - L::offset(BITS); MAX_LANES]; STRIP],
		has_offsets: !offsets.is_empty(),
	};
	let mut tile = [[0f32; MAX_LANES]; MAX_ROWS];
	let mut done = 0;
	for col in cols.clone().step_by(L::LANES) {
		let count = L::LANES.min(cols.end - col);
		done += pieces * L::LANES * rows;
		if done >= LOOK {
			done = 0;
			deadline.check()?;
		}
		for sums in &mut tile[..rows] {
			*sums = [0.0; MAX_LANES];
		}
		// The last column again and again where there are fewer.
		let mut lanes = [col; MAX_LANES];
		for (i, lane) in lanes.iter_mut().enumerate() {
			*lane = col + i.min(count - 1);
		}
		for from in (0..pieces).step_by(STRIP) {
			let to = pieces.min(from + STRIP);
			// SAFETY: as for this function; the columns have so many pieces.
			unsafe { blocks.lay_out::<L, BITS>(&mut strip, &lanes, from..to) };
			// The sums of a single row stay in registers.
			// SAFETY: as for this function.
			let mut only = unsafe { L::Floats::load(tile[0].as_ptr()) };
			for piece in from..to {
				// The columns that come next lie together, but are read here and there.
				let next = col + L::LANES;
				let of_codes = next * codes_of_row + piece * bytes * L::LANES;
				for line in (0..bytes * L::LANES).step_by(LINE) {
					fetch(codes.wrapping_add(of_codes + line));
				}
				blocks.fetch(next * blocks.of_row + piece * L::LANES, L::LANES);
				let mut at = [codes; MAX_LANES];
				let j = piece - from;
				// SAFETY: each row has so many pieces, and the tile so many rows.
				unsafe {
					for (at, lane) in at.iter_mut().zip(&lanes) {
						*at = codes.add(lane * codes_of_row + piece * bytes);
					}
					let codes = L::codes::<BITS>(&at);
					if rows == 1 {
						only = strip.add::<L, BITS>(only, codes, left, piece, j);
						continue;
					}
					for row in 0..rows {
						let sums = tile.get_unchecked_mut(row);
						let all = L::Floats::load(sums.as_ptr());
						let all = strip.add::<L, BITS>(all, codes, left, piece * rows + row, j);
						all.store(sums.as_mut_ptr());
					}
				}
			}
			if rows == 1 {
				// SAFETY: as for this function.
				unsafe { only.store(tile[0].as_mut_ptr()) };
			}
		}
		for (row, sums) in tile[..rows].iter().enumerate() {
			// SAFETY: within the result, of which these elements are this thread's.
			let to = unsafe {
				std::slice::from_raw_parts_mut(result.add((first + row) * width + col), count)
			};
			for (to, sum) in to.iter_mut().zip(sums) {
				*to = canonical(*sum);
			}
		}
	}
	Ok(())
}
