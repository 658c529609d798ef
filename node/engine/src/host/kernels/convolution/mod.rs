//! Convolutions with a defined result.
//!
//! Each element of the result is one chain of fused multiply-adds, from zero, in the order of
//! channel, row and column of the filter; what lies in the padding counts as zero. What is fused to
//! it (bias, activation, ...) follows in the order given, in plain IEEE operations. Every NaN that is
//! stored is [`canonical`]. So the result does not depend on the instruction set, on the order of the
//! work or on how it is cut up.
//!
//! The module [`layout`] has how the input is gone through.

mod layout;

pub use layout::Shape;

use super::{
	super::clock::Deadline,
	elementwise::Function,
	fuel,
	matmul::{with, Op},
	memory::{word, words, OutOfBounds, Shared},
	vector::{canonical, Vector},
};
use layout::{Layout, Pieces, Size, MAX_LAID_OUT};
use std::{cell::RefCell, ops::Range};
use wasmtime::Trap;

/// Filters whose weights lie together: for each weight, the number of each filter. The last panel of
/// a group has as many filters as are left.
pub const PANEL: usize = 16;
/// Positions below which the filters of a panel make up the vectors.
const NARROW: usize = 16;
/// Positions of a narrow result that are computed at once.
const NARROW_COLS: usize = 4;
/// Numbers beyond the last position that are read and not used.
const BEYOND: usize = 256;
/// Most steps.
const MAX_STEPS: u32 = 64;
/// Multiply-adds between two looks at the time.
const LOOK: usize = 1 << 24;
/// Multiply-adds, or what takes as long, from which on the work is cut into parts for several threads:
/// less would not make up for starting them.
const PART: u64 = 1 << 23;

/// Numbers of a tile: the elements that are computed at once.
const TILE: usize = 256;

thread_local! {
	/// Room for the input, kept for the next call: new memory is slow.
	static ROOM: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// What follows on the sum of an element.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
	/// An operation with a number.
	Scalar(Op, f32),
	/// An operation with one number for each channel of the result.
	PerChannel(Op, u32),
	/// An operation with the same element of another tensor of the result's shape.
	Tensor(Op, u32),
	/// Multiply by a number what is not positive.
	LeakyRelu(f32),
	/// A function.
	Function(Function),
}

/// Sizes and guest addresses of one convolution.
pub struct Call {
	pub shape: Shape,
	pub input: u32,
	pub weights: u32,
	pub output: u32,
	pub steps: Vec<Step>,
	layout: Layout,
}

/// Words of a call in memory.
const WORDS: usize = 19;

impl Call {
	/// Reads a call from `at`, and `count` steps of four words from `steps`.
	pub fn read(memory: &[u8], at: u32, steps: u32, count: u32) -> Result<Call, OutOfBounds> {
		let mut given = words(memory, at, WORDS)?.chunks_exact(4).map(word);
		let mut next = || given.next().ok_or(OutOfBounds);
		let (batch, groups, channels, filters) = (next()?, next()?, next()?, next()?);
		let mut sizes = [Size { height: 0, width: 0 }; 6];
		for size in &mut sizes {
			*size = Size { height: next()?, width: next()? };
		}
		let [input, kernel, strides, dilations, pads, output] = sizes;
		let shape = Shape {
			batch,
			groups,
			channels,
			filters,
			input,
			kernel,
			strides,
			dilations,
			pads,
			output,
		};
		let (input, weights, output) = (next()?, next()?, next()?);
		if count > MAX_STEPS {
			return Err(OutOfBounds);
		}
		let steps = words(memory, steps, 4 * count as usize)?.chunks_exact(16).map(|step| {
			let [code, a, b] = [0, 4, 8].map(|at| word(&step[at..at + 4]));
			Step::decode(code, a, b).ok_or(OutOfBounds)
		});
		let steps = steps.collect::<Result<_, _>>()?;
		let layout = shape.layout().ok_or(OutOfBounds)?;
		Ok(Call { shape, input, weights, output, steps, layout })
	}

	/// Fuel of the convolution: a function of the shapes and the steps alone.
	pub fn fuel(&self) -> u64 {
		let Shape { batch, groups, filters, strides, output, .. } = self.shape;
		let Layout { direct, pitch, rows, laid_out, .. } = self.layout;
		let strips = u64::from(output.height).div_ceil(rows as u64);
		let positions = (rows as u64 - 1) * pitch as u64 + u64::from(output.width);
		let positions = positions.next_multiple_of(NARROW as u64);
		// Numbers that are picked out one by one take a nanosecond.
		let laying_out = if strides.width == 1 {
			4 * laid_out as u64 / fuel::BYTES
		} else {
			2 * laid_out as u64
		};
		let laying_out = if direct { 0 } else { laying_out };
		let step = |step: &Step| match step {
			Step::Function(_) => fuel::FUNCTION * fuel::STEP_ELEMENTS,
			_ => 1,
		};
		// In parts of a unit that elements have.
		let steps: u64 = self.steps.iter().map(step).sum::<u64>() + fuel::STEP_ELEMENTS / 2;
		let each = (self.shape.depth() / fuel::MULTIPLY_ADDS)
			.saturating_add(1)
			.saturating_add(steps.div_ceil(fuel::STEP_ELEMENTS));
		let block = fuel::TILE + fuel::TILE_STEP * self.steps.len() as u64;
		// A filter that is left over is computed alone, and takes twice as long.
		let strip = (u64::from(filters) + u64::from(filters % 4))
			.saturating_mul(positions.saturating_mul(each).saturating_add(block))
			.saturating_add(4 * fuel::TILE)
			.saturating_add(laying_out);
		strip
			.saturating_mul(strips)
			.saturating_mul(u64::from(batch))
			.saturating_mul(u64::from(groups))
			.saturating_add(fuel::CALL)
	}
}

impl Step {
	fn decode(code: u32, a: u32, b: u32) -> Option<Step> {
		Some(match code {
			1 => Step::Scalar(Op::decode(a)?, f32::from_bits(b)),
			2 => Step::PerChannel(Op::decode(a)?, b),
			4 => Step::LeakyRelu(f32::from_bits(a)),
			6 => Step::Tensor(Op::decode(a)?, b),
			8 => Step::Function(*Function::ALL.get(a as usize)?),
			_ => return None,
		})
	}
}

/// A part of the result: strips of the input, counted over images and groups, and panels of filters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
	strips: Range<usize>,
	panels: Range<usize>,
	/// It is all there is.
	whole: bool,
}

impl Call {
	/// Cuts the result into as many parts, or fewer where it is small.
	pub fn parts(&self, count: usize) -> Vec<Part> {
		let Shape { batch, groups, filters, output, .. } = self.shape;
		let strips = (batch as usize)
			.saturating_mul(groups as usize)
			.saturating_mul((output.height as usize).div_ceil(self.layout.rows));
		let panels = (filters as usize).div_ceil(PANEL);
		let work = self.fuel().saturating_mul(fuel::MULTIPLY_ADDS);
		let count = if work < PART { 1 } else { count };
		// Each strip is laid out once, if that is possible.
		let by_strips = strips >= count;
		let size = if by_strips { strips } else { panels };
		let step = size.div_ceil(count).max(1);
		let ranges = (0..size).step_by(step).map(|from| from..size.min(from + step));
		let whole = step >= size;
		let part = |range| match by_strips {
			true => Part { strips: range, panels: 0..panels, whole },
			false => Part { strips: 0..strips, panels: range, whole },
		};
		ranges.map(part).collect()
	}
}

/// Computes a part of the convolution on vectors `V`, in register blocks of `R` filters and `C`
/// vectors.
///
/// # Safety
///
/// The CPU must have the instruction set of `V`. What other threads do with the memory meanwhile is
/// to compute other ones of [`Call::parts`].
#[inline(always)]
pub unsafe fn run<V: Vector, const R: usize, const C: usize>(
	memory: Shared<'_>,
	call: &Call,
	part: &Part,
	deadline: Deadline,
) -> Result<(), Trap> {
	let work = Work::new(memory, call, part.whole)?;
	let rows = call.layout.rows;
	let strips = (call.shape.output.height as usize).div_ceil(rows);
	let groups = call.shape.groups as usize;
	// Taken out, because a closure would be compiled for the plainest CPU.
	let mut room = ROOM.take();
	let mut done = 0;
	for strip in part.strips.clone() {
		let (image, group) = (strip / strips / groups, strip / strips % groups);
		let strip = work.strip(image, group, strip % strips * rows, &mut room);
		// SAFETY: this is compiled for the instructions of the vectors.
		unsafe { strip.run::<V, R, C>(part.panels.clone(), deadline, &mut done)? };
	}
	if room.len() <= MAX_LAID_OUT as usize + BEYOND {
		ROOM.set(room);
	}
	Ok(())
}

/// A call whose operands are in memory, and the result apart from the others.
struct Work<'a> {
	call: &'a Call,
	/// That of the call, or one that lays the input out.
	layout: Layout,
	input: &'a [f32],
	/// The same, to be read on behind its end.
	input_at: *const f32,
	weights: &'a [f32],
	output: *mut f32,
	steps: Vec<Operand<'a>>,
	/// Numbers of one channel of input and result.
	input_area: usize,
	output_area: usize,
	/// From the first number of the input that a position needs to the others, in the order of the
	/// weights.
	offsets: Vec<usize>,
	/// What is laid out, where that is needed.
	pieces: Pieces,
}

/// A step with its operand.
#[derive(Clone, Copy)]
enum Operand<'a> {
	Scalar(Op, f32),
	PerChannel(Op, &'a [f32]),
	Tensor(Op, &'a [f32]),
	LeakyRelu(f32),
	Function(Function),
}

impl<'a> Work<'a> {
	/// `alone`: no other thread works on this call.
	fn new(memory: Shared<'a>, call: &'a Call, alone: bool) -> Result<Work<'a>, OutOfBounds> {
		let shape = &call.shape;
		let product = |sizes: &[u32]| {
			sizes
				.iter()
				.try_fold(1usize, |all, size| all.checked_mul(*size as usize))
				.ok_or(OutOfBounds)
		};
		let Shape { batch, groups, channels, filters, input, kernel, output, .. } = *shape;
		let input_area = product(&[input.height, input.width])?;
		let output_area = product(&[output.height, output.width])?;
		let input_size =
			product(&[batch, groups, channels])?.checked_mul(input_area).ok_or(OutOfBounds)?;
		let filter_count = product(&[groups, filters])?;
		let output_size = filter_count
			.checked_mul(batch as usize)
			.and_then(|count| count.checked_mul(output_area))
			.ok_or(OutOfBounds)?;
		let depth = product(&[channels, kernel.height, kernel.width])?;
		let weights_size = depth.checked_mul(filter_count).ok_or(OutOfBounds)?;

		let overlap = |at: u32, size: usize, other: u32, other_size: usize| {
			let (begin, other_begin) = (at as usize, other as usize);
			begin < other_begin + 4 * other_size && other_begin < begin + 4 * size
		};
		// SAFETY: it is only looked at where it is.
		unsafe { memory.floats(call.output, output_size)? };
		// The operands, which must not change while the result is written.
		let operand = |at: u32, count: usize| -> Result<&'a [f32], OutOfBounds> {
			// SAFETY: only the result is written, and it lies elsewhere.
			let given = unsafe { memory.floats(at, count)? };
			if overlap(at, count, call.output, output_size) {
				return Err(OutOfBounds);
			}
			Ok(given)
		};
		let steps = call.steps.iter().map(|step| {
			Ok(match *step {
				Step::Scalar(op, value) => Operand::Scalar(op, value),
				Step::PerChannel(op, at) => Operand::PerChannel(op, operand(at, filter_count)?),
				Step::Tensor(op, at) => Operand::Tensor(op, operand(at, output_size)?),
				Step::LeakyRelu(slope) => Operand::LeakyRelu(slope),
				Step::Function(function) => Operand::Function(function),
			})
		});
		let input = operand(call.input, input_size)?;
		// Reading on behind the input must not leave the memory, or see what others write.
		let to = input_size + BEYOND;
		let goes_on = call.input as usize + 4 * to <= memory.len()
			&& (alone || !overlap(call.input, to, call.output, output_size));
		let layout = if goes_on { call.layout } else { call.layout.laid_out(&call.shape) };
		Ok(Work {
			call,
			layout,
			input,
			input_at: memory.address(call.input).cast_const().cast(),
			weights: operand(call.weights, weights_size)?,
			steps: steps.collect::<Result<_, _>>()?,
			output: memory.address(call.output).cast(),
			input_area,
			output_area,
			offsets: layout.offsets(&call.shape, input_area),
			pieces: layout.pieces(&call.shape),
		})
	}

	/// Lays out the input for the rows of the result from `first` on.
	fn strip(&self, image: usize, group: usize, first: usize, room: &mut Vec<f32>) -> Strip<'_> {
		let Shape { groups, channels, output, input, .. } = self.call.shape;
		let Layout { direct, pitch, rows, laid_out, .. } = self.layout;
		let rows = rows.min(output.height as usize - first);
		let size = channels as usize * self.input_area;
		let from = (image * groups as usize + group) * size;
		let positions = (rows - 1) * pitch + output.width as usize;
		let input = if direct {
			// SAFETY: a position of the result is one of the input.
			unsafe { self.input_at.add(from + first * input.width as usize) }
		} else {
			if room.len() < laid_out + BEYOND {
				room.resize(laid_out + BEYOND, 0.0);
			}
			let planes = &self.input[from..from + size];
			self.layout.lay_out(&self.call.shape, &self.pieces, planes, first, room);
			room.as_ptr()
		};
		Strip { work: self, image, group, first, rows, positions, input }
	}
}

/// Rows of one image and one group of the result, with the input for them.
struct Strip<'a> {
	work: &'a Work<'a>,
	image: usize,
	group: usize,
	first: usize,
	rows: usize,
	positions: usize,
	input: *const f32,
}

/// Elements of a tile that belong to the result: from column `at` on, `count` of them, from number
/// `to` of a channel on.
struct Piece {
	at: usize,
	count: usize,
	to: usize,
}

impl Strip<'_> {
	#[inline(always)]
	unsafe fn run<V: Vector, const R: usize, const C: usize>(
		&self,
		panels: Range<usize>,
		deadline: Deadline,
		done: &mut usize,
	) -> Result<(), Trap> {
		let Shape { filters, output, .. } = self.work.call.shape;
		let filters = filters as usize;
		let depth = self.work.offsets.len();
		let narrow = self.rows * (output.width as usize) < NARROW;
		for filter in panels.map(|panel| panel * PANEL) {
			let count = PANEL.min(filters - filter);
			let at = (self.group * filters + filter) * depth;
			let weights = &self.work.weights[at..at + count * depth];
			*done += depth * count * self.positions.max(NARROW);
			if *done >= LOOK {
				*done = 0;
				deadline.check()?;
			}
			// SAFETY: as for this function.
			unsafe {
				if narrow && count == PANEL {
					self.narrow::<V>(filter, weights);
				} else {
					self.panel::<V, R, C>(filter, count, weights);
				}
			}
		}
		Ok(())
	}

	/// A panel of filters, on vectors of positions.
	#[inline(always)]
	unsafe fn panel<V: Vector, const R: usize, const C: usize>(
		&self,
		filter: usize,
		count: usize,
		weights: &[f32],
	) {
		const { assert!(R * C * V::LANES <= TILE && 8 * V::LANES <= TILE) };
		let mut row = 0;
		while row < count {
			// SAFETY: as for the caller; the weights are those of `count` filters.
			unsafe {
				let weights = weights.as_ptr().add(row);
				row += if count - row >= R {
					self.block::<V, R, C>(filter + row, weights, count);
					R
				} else if count - row >= 4 {
					self.block::<V, 4, 2>(filter + row, weights, count);
					4
				} else if self.positions > 4 * V::LANES {
					self.block::<V, 1, 8>(filter + row, weights, count);
					1
				} else {
					self.block::<V, 1, 2>(filter + row, weights, count);
					1
				};
			}
		}
	}

	/// `R` filters, in blocks of `C` vectors of positions.
	#[inline(always)]
	unsafe fn block<V: Vector, const R: usize, const C: usize>(
		&self,
		filter: usize,
		weights: *const f32,
		step: usize,
	) {
		let width = C * V::LANES;
		let mut tile = [0.0; TILE];
		for from in (0..self.positions).step_by(width) {
			// SAFETY: `input + offset + position` is in the input for each position, and up to
			// `BEYOND` numbers after it can be read. There are `step` weights for each offset.
			unsafe {
				let mut sums = [[V::splat(0.0); C]; R];
				let mut weight = weights;
				let input = self.input.add(from);
				for offset in &self.work.offsets {
					let at = input.add(*offset);
					let mut numbers = [V::splat(0.0); C];
					for (j, number) in numbers.iter_mut().enumerate() {
						*number = V::load(at.add(j * V::LANES));
					}
					for (i, sums) in sums.iter_mut().enumerate() {
						let factor = V::splat(*weight.add(i));
						for (sum, number) in sums.iter_mut().zip(numbers) {
							*sum = factor.mul_add(number, *sum);
						}
					}
					weight = weight.wrapping_add(step);
				}
				for (i, sums) in sums.into_iter().enumerate() {
					for (j, sum) in sums.into_iter().enumerate() {
						sum.store(tile[i * width + j * V::LANES..].as_mut_ptr());
					}
				}
			}
			let to = self.positions.min(from + width);
			self.finish(filter, R, width, &mut tile, || self.pieces(from..to));
		}
	}

	/// A whole panel on vectors of filters, a few positions at once.
	#[inline(always)]
	unsafe fn narrow<V: Vector>(&self, filter: usize, weights: &[f32]) {
		let width = self.work.call.shape.output.width as usize;
		let count = self.rows * width;
		let pitch = self.work.layout.pitch;
		for first in (0..count).step_by(NARROW_COLS) {
			let here = NARROW_COLS.min(count - first);
			// The last one again and again where there are fewer.
			let at: [usize; NARROW_COLS] = std::array::from_fn(|i| {
				let position = first + i.min(here - 1);
				position / width * pitch + position % width
			});
			let mut tile = [0.0; TILE];
			for lane in (0..PANEL).step_by(V::LANES) {
				// SAFETY: as in `block`.
				unsafe {
					let mut sums = [V::splat(0.0); NARROW_COLS];
					let mut weight = weights.as_ptr().add(lane);
					for offset in &self.work.offsets {
						let factor = V::load(weight);
						let input = self.input.add(*offset);
						for (sum, at) in sums.iter_mut().zip(at) {
							*sum = factor.mul_add(V::splat(*input.add(at)), *sum);
						}
						weight = weight.wrapping_add(PANEL);
					}
					for (j, sum) in sums.into_iter().enumerate() {
						let mut rows = [0.0; PANEL];
						sum.store(rows.as_mut_ptr());
						for (i, row) in rows[..V::LANES].iter().enumerate() {
							tile[(lane + i) * NARROW_COLS + j] = *row;
						}
					}
				}
			}
			let to = self.first * width + first;
			let piece = || std::iter::once(Piece { at: 0, count: here, to });
			self.finish(filter, PANEL, NARROW_COLS, &mut tile, piece);
		}
	}

	/// The parts of these positions that belong to the result.
	#[inline(always)]
	fn pieces(&self, positions: Range<usize>) -> impl Iterator<Item = Piece> {
		let pitch = self.work.layout.pitch;
		let width = self.work.call.shape.output.width as usize;
		let first = self.first * width;
		let Range { start, end } = positions;
		let mut next = start;
		std::iter::from_fn(move || {
			while next < end {
				let (row, col) = (next / pitch, next % pitch);
				if pitch == width {
					// Nothing lies between the rows.
					let piece = Piece { at: next - start, count: end - next, to: first + next };
					next = end;
					return Some(piece);
				}
				let after = (row + 1) * pitch;
				if col < width {
					let count = (width - col).min(end - next);
					let to = first + row * width + col;
					let piece = Piece { at: next - start, count, to };
					next = after;
					return Some(piece);
				}
				next = after;
			}
			None
		})
	}

	/// Applies the steps to a tile of `rows` filters from `filter` on, and stores it.
	#[inline(always)]
	fn finish<P: Iterator<Item = Piece>>(
		&self,
		filter: usize,
		rows: usize,
		width: usize,
		tile: &mut [f32; TILE],
		pieces: impl Fn() -> P,
	) {
		let Work { call, output, output_area, ref steps, .. } = *self.work;
		let filters = call.shape.filters as usize;
		let channels = call.shape.groups as usize * filters;
		let filter = self.group * filters + filter;
		let channel = |row: usize| (self.image * channels + filter + row) * output_area;
		let tile = &mut tile[..rows * width];
		for step in steps {
			match *step {
				Operand::Scalar(op, value) => with!(op, |apply| for t in tile.iter_mut() {
					*t = apply(value, *t);
				}),
				Operand::PerChannel(op, values) => {
					let values = &values[filter..filter + rows];
					with!(op, |apply| for (tile, value) in tile.chunks_exact_mut(width).zip(values)
					{
						for t in tile {
							*t = apply(*value, *t);
						}
					})
				},
				Operand::Tensor(op, values) => {
					for Piece { at, count, to } in pieces() {
						for (row, tile) in tile.chunks_exact_mut(width).enumerate() {
							let values = &values[channel(row) + to..][..count];
							with!(op, |apply| for (t, value) in
								tile[at..at + count].iter_mut().zip(values)
							{
								*t = apply(*value, *t);
							});
						}
					}
				},
				Operand::LeakyRelu(slope) => {
					for t in tile.iter_mut() {
						*t = if *t > 0.0 { *t } else { slope * *t };
					}
				},
				Operand::Function(function) => function.apply(tile),
			}
		}
		for Piece { at, count, to } in pieces() {
			for (row, tile) in tile.chunks_exact(width).enumerate() {
				// SAFETY: within the result, which nothing else refers to.
				let result =
					unsafe { std::slice::from_raw_parts_mut(output.add(channel(row) + to), count) };
				for (result, value) in result.iter_mut().zip(&tile[at..at + count]) {
					*result = canonical(*value);
				}
			}
		}
	}
}
