//! Matrix products with a defined result.
//!
//! Each element of a product is one chain of fused multiply-adds in the order of k, from zero.
//! What is fused to it (bias, activation, ...) follows in the order given, in plain IEEE
//! operations. Every NaN that is stored is [`canonical`]. So the result does not depend on the
//! instruction set, on how the product is cut into tiles, or on the order of the tiles.

use super::{
	super::clock::Deadline,
	memory::{floats, word, words, OutOfBounds},
	vector::{canonical, Vector},
};
use wasmtime::Trap;

/// Rows of a tile, and of a panel of the left factor.
pub const MR: usize = 8;
/// Columns of a tile, and of a panel of the right factor.
pub const NR: usize = 32;
/// Rows of a tile where the right factor is a vector.
pub const VECTOR_MR: usize = 64;

/// Multiply-adds between two looks at the time, besides what a step does on one tile.
const LOOK: usize = 1 << 24;

type Tile<const ROWS: usize, const COLS: usize> = [[f32; COLS]; ROWS];

/// Guest addresses and numbers of one product, as the guest has written them.
pub struct Call {
	/// Rows of the result.
	pub rows: u32,
	/// Columns of the result.
	pub cols: u32,
	/// The right factor is a vector, and panels of the left one have [`VECTOR_MR`] rows.
	pub vector: bool,
	/// Steps, in this order.
	pub steps: Vec<Step>,
}

/// One step. Addresses are in bytes; numbers lie one after another there.
#[derive(Clone, Copy)]
pub enum Step {
	/// Add a product of packed panels, `depth` deep. At `left` and `right` is a table with the
	/// address of each panel.
	Product { depth: u32, left: u32, right: u32 },
	/// Apply an operation with a number.
	Scalar(Op, f32),
	/// Apply an operation with one number for each row.
	PerRow(Op, u32),
	/// Apply an operation with one number for each column.
	PerCol(Op, u32),
	/// Multiply by a number what is not positive.
	LeakyRelu(f32),
	/// Add row number times column number.
	RowTimesCol { rows: u32, cols: u32 },
	/// Add a matrix.
	Add(Matrix),
	/// Write the result.
	Store(Matrix),
}

/// A matrix in memory with the distance between rows and columns in bytes.
#[derive(Clone, Copy)]
pub struct Matrix {
	at: u32,
	row_stride: i32,
	col_stride: i32,
}

/// A binary operation; the tile's element is on the right, but for the flipped one.
#[derive(Clone, Copy)]
pub enum Op {
	Min,
	Max,
	Add,
	Mul,
	Sub,
	SubFlipped,
}

/// Evaluates `$body` with `$apply` a function for this operation alone, so that the loops in it
/// become vector code.
macro_rules! with {
	($op:expr, |$apply:ident| $body:expr) => {
		match $op {
			Op::Min => with!(@ Min, $apply, $body),
			Op::Max => with!(@ Max, $apply, $body),
			Op::Add => with!(@ Add, $apply, $body),
			Op::Mul => with!(@ Mul, $apply, $body),
			Op::Sub => with!(@ Sub, $apply, $body),
			Op::SubFlipped => with!(@ SubFlipped, $apply, $body),
		}
	};
	(@ $op:ident, $apply:ident, $body:expr) => {{
		let $apply = |given, tile| Op::$op.apply(given, tile);
		$body
	}};
}

/// Words of a step in memory: the code and its operands.
const STEP_WORDS: usize = 4;

impl Call {
	/// Reads `count` steps from `at`.
	pub fn read(
		memory: &[u8],
		(rows, cols, vector): (u32, u32, bool),
		at: u32,
		count: u32,
	) -> Result<Call, OutOfBounds> {
		let length = (count as usize).checked_mul(STEP_WORDS).ok_or(OutOfBounds)?;
		let steps = words(memory, at, length)?.chunks_exact(STEP_WORDS * 4).map(|step| {
			let [code, a, b, c] = [0, 4, 8, 12].map(|at| word(&step[at..at + 4]));
			Step::decode(code, a, b, c).ok_or(OutOfBounds)
		});
		Ok(Call { rows, cols, vector, steps: steps.collect::<Result<_, _>>()? })
	}

	/// Fuel of the product: a function of the shapes alone.
	pub fn fuel(&self) -> u64 {
		let (mr, nr) = if self.vector { (VECTOR_MR, 1) } else { (MR, NR) };
		let up = |n: u32, to: usize| u64::from(n).next_multiple_of(to as u64);
		let elements = up(self.rows, mr).saturating_mul(up(self.cols, nr));
		let steps = self.steps.iter().map(|step| match step {
			Step::Product { depth, .. } => elements.saturating_mul(u64::from(*depth)) / 16,
			Step::Add(_) | Step::Store(_) => elements / 2,
			_ => elements / 8,
		});
		steps.fold(super::CALL_FUEL, u64::saturating_add)
	}
}

impl Step {
	fn decode(code: u32, a: u32, b: u32, c: u32) -> Option<Step> {
		let op = |code| {
			Some(match code {
				0 => Op::Min,
				1 => Op::Max,
				2 => Op::Add,
				3 => Op::Mul,
				4 => Op::Sub,
				5 => Op::SubFlipped,
				_ => return None,
			})
		};
		let matrix = Matrix { at: a, row_stride: b as i32, col_stride: c as i32 };
		Some(match code {
			0 => Step::Product { depth: a, left: b, right: c },
			1 => Step::Scalar(op(a)?, f32::from_bits(b)),
			2 => Step::PerRow(op(a)?, b),
			3 => Step::PerCol(op(a)?, b),
			4 => Step::LeakyRelu(f32::from_bits(a)),
			5 => Step::RowTimesCol { rows: a, cols: b },
			6 => Step::Add(matrix),
			7 => Step::Store(matrix),
			_ => return None,
		})
	}
}

impl Op {
	/// `Min` and `Max` are those of IEEE 754-2019: NaN if one is, and -0 is less than 0.
	#[inline(always)]
	fn apply(self, given: f32, tile: f32) -> f32 {
		match self {
			Op::Min => {
				let least = if given < tile { given } else { tile };
				let zeros = f32::from_bits(given.to_bits() | tile.to_bits());
				let least = if given == tile { zeros } else { least };
				if given.is_nan() {
					given
				} else {
					least
				}
			},
			Op::Max => {
				let most = if given > tile { given } else { tile };
				let zeros = f32::from_bits(given.to_bits() & tile.to_bits());
				let most = if given == tile { zeros } else { most };
				if given.is_nan() {
					given
				} else {
					most
				}
			},
			Op::Add => given + tile,
			Op::Mul => given * tile,
			Op::Sub => given - tile,
			Op::SubFlipped => tile - given,
		}
	}
}

/// Computes the product on vectors `V`, in register blocks of `R` rows and `C` vectors.
///
/// # Safety
///
/// The CPU must have the instruction set of `V`.
#[inline(always)]
pub unsafe fn run<V: Vector, const R: usize, const C: usize>(
	memory: &mut [u8],
	call: &Call,
	deadline: Deadline,
) -> Result<(), Trap> {
	if call.vector {
		tiles::<VECTOR_MR, 1>(memory, call, deadline, |tile, left, right| unsafe {
			times_vector::<V>(tile, left, right)
		})
	} else {
		tiles::<MR, NR>(memory, call, deadline, |tile, left, right| unsafe {
			times_matrix::<V, R, C>(tile, left, right)
		})
	}
}

/// Goes through the tiles; `add` adds a product of panels to a tile.
#[inline(always)]
fn tiles<const ROWS: usize, const COLS: usize>(
	memory: &mut [u8],
	call: &Call,
	deadline: Deadline,
	add: impl Fn(&mut Tile<ROWS, COLS>, &[f32], &[f32]),
) -> Result<(), Trap> {
	if call.steps.is_empty() {
		// Nothing to do, and nothing paid for.
		return Ok(());
	}
	let (rows, cols) = (call.rows as usize, call.cols as usize);
	let mut work = 0usize;
	for col in (0..cols).step_by(COLS) {
		for row in (0..rows).step_by(ROWS) {
			let place = Place { row, col, rows: ROWS.min(rows - row), cols: COLS.min(cols - col) };
			let mut tile = [[0.0; COLS]; ROWS];
			for step in &call.steps {
				work += ROWS * COLS;
				if work >= LOOK {
					work = 0;
					deadline.check()?;
				}
				match *step {
					Step::Product { depth, left, right } => {
						work += ROWS * COLS * depth as usize;
						let (left, right) = (
							panel(memory, left, row / ROWS, depth as usize * ROWS)?,
							panel(memory, right, col / COLS, depth as usize * COLS)?,
						);
						add(&mut tile, left, right);
					},
					Step::Store(matrix) => place.store(memory, matrix, &tile)?,
					Step::Add(matrix) => place.add(memory, matrix, &mut tile)?,
					step => place.apply(memory, step, &mut tile)?,
				}
			}
		}
	}
	Ok(())
}

/// Panel number `index` of a table.
fn panel(memory: &[u8], table: u32, index: usize, length: usize) -> Result<&[f32], OutOfBounds> {
	let entry = u32::try_from(index * 4).ok().and_then(|offset| table.checked_add(offset));
	floats(memory, word(words(memory, entry.ok_or(OutOfBounds)?, 1)?), length)
}

/// Adds a product of panels, in blocks that fit the registers.
#[inline(always)]
unsafe fn times_matrix<V: Vector, const R: usize, const C: usize>(
	tile: &mut Tile<MR, NR>,
	left: &[f32],
	right: &[f32],
) {
	const { assert!(MR.is_multiple_of(R) && NR.is_multiple_of(C * V::LANES)) };
	let depth = (left.len() / MR).min(right.len() / NR);
	for row in (0..MR).step_by(R) {
		for col in (0..NR).step_by(C * V::LANES) {
			// SAFETY: the block lies in the tile, and in each of the `depth` rows of the panels.
			unsafe {
				let mut sums = [[V::splat(0.0); C]; R];
				for (i, sums) in sums.iter_mut().enumerate() {
					for (j, sum) in sums.iter_mut().enumerate() {
						*sum = V::load(tile[row + i].as_ptr().add(col + j * V::LANES));
					}
				}
				let (mut a, mut b) = (left.as_ptr().add(row), right.as_ptr().add(col));
				for _ in 0..depth {
					let mut factors = [V::splat(0.0); C];
					for (j, factor) in factors.iter_mut().enumerate() {
						*factor = V::load(b.add(j * V::LANES));
					}
					for (i, sums) in sums.iter_mut().enumerate() {
						let factor = V::splat(*a.add(i));
						for (sum, other) in sums.iter_mut().zip(factors) {
							*sum = factor.mul_add(other, *sum);
						}
					}
					(a, b) = (a.wrapping_add(MR), b.wrapping_add(NR));
				}
				for (i, sums) in sums.into_iter().enumerate() {
					for (j, sum) in sums.into_iter().enumerate() {
						sum.store(tile[row + i].as_mut_ptr().add(col + j * V::LANES));
					}
				}
			}
		}
	}
}

/// Adds the product of a panel and a vector.
#[inline(always)]
unsafe fn times_vector<V: Vector>(tile: &mut Tile<VECTOR_MR, 1>, left: &[f32], right: &[f32]) {
	// Enough sums at once to hide the latency of the instruction, few enough for the registers.
	const SUMS: usize = 4;
	let tile = tile.as_flattened_mut();
	for row in (0..VECTOR_MR).step_by(SUMS * V::LANES) {
		let sums = tile[row..row + SUMS * V::LANES].as_mut_ptr();
		let depth = (left.len() / VECTOR_MR).min(right.len());
		// SAFETY: the rows lie in the tile, and in each of the `depth` columns of the panel.
		unsafe {
			let mut vectors = [V::splat(0.0); SUMS];
			for (i, vector) in vectors.iter_mut().enumerate() {
				*vector = V::load(sums.add(i * V::LANES));
			}
			let mut a = left.as_ptr().add(row);
			for factor in &right[..depth] {
				let factor = V::splat(*factor);
				for (i, vector) in vectors.iter_mut().enumerate() {
					*vector = V::load(a.add(i * V::LANES)).mul_add(factor, *vector);
				}
				a = a.wrapping_add(VECTOR_MR);
			}
			for (i, vector) in vectors.into_iter().enumerate() {
				vector.store(sums.add(i * V::LANES));
			}
		}
	}
}

/// Position of a tile in the result, and its part inside.
struct Place {
	row: usize,
	col: usize,
	rows: usize,
	cols: usize,
}

impl Place {
	/// Applies a step other than a product, an addition or a store.
	#[inline(always)]
	fn apply<const ROWS: usize, const COLS: usize>(
		&self,
		memory: &[u8],
		step: Step,
		tile: &mut Tile<ROWS, COLS>,
	) -> Result<(), OutOfBounds> {
		let part = |at: u32, from: usize, count: usize| {
			let at = u32::try_from(from * 4).ok().and_then(|offset| at.checked_add(offset));
			floats(memory, at.ok_or(OutOfBounds)?, count)
		};
		match step {
			Step::Scalar(op, value) => {
				let tile = tile.as_flattened_mut();
				with!(op, |apply| for t in tile {
					*t = apply(value, *t);
				});
			},
			Step::LeakyRelu(slope) => {
				for t in tile.as_flattened_mut() {
					*t = if *t > 0.0 { *t } else { slope * *t };
				}
			},
			Step::PerRow(op, at) => {
				let values = part(at, self.row, self.rows)?;
				with!(op, |apply| for (tile, value) in tile.iter_mut().zip(values) {
					for t in tile {
						*t = apply(*value, *t);
					}
				});
			},
			Step::PerCol(op, at) => {
				let values = part(at, self.col, self.cols)?;
				with!(op, |apply| for tile in tile {
					for (t, value) in tile.iter_mut().zip(values) {
						*t = apply(*value, *t);
					}
				});
			},
			Step::RowTimesCol { rows, cols } => {
				let (rows, cols) =
					(part(rows, self.row, self.rows)?, part(cols, self.col, self.cols)?);
				for (tile, row) in tile.iter_mut().zip(rows) {
					for (t, col) in tile.iter_mut().zip(cols) {
						*t += row * col;
					}
				}
			},
			Step::Product { .. } | Step::Add(_) | Step::Store(_) => (),
		}
		Ok(())
	}

	#[inline(always)]
	fn add<const ROWS: usize, const COLS: usize>(
		&self,
		memory: &mut [u8],
		matrix: Matrix,
		tile: &mut Tile<ROWS, COLS>,
	) -> Result<(), OutOfBounds> {
		let mut tile = tile;
		self.each(memory, matrix, &mut tile, |tile, i, j, bytes| {
			tile[i][j] += f32::from_le_bytes(*bytes);
		})
	}

	#[inline(always)]
	fn store<const ROWS: usize, const COLS: usize>(
		&self,
		memory: &mut [u8],
		matrix: Matrix,
		tile: &Tile<ROWS, COLS>,
	) -> Result<(), OutOfBounds> {
		let mut tile = tile;
		self.each(memory, matrix, &mut tile, |tile, i, j, bytes| {
			*bytes = canonical(tile[i][j]).to_le_bytes();
		})
	}

	/// Calls `f` with row, column and bytes of each element of the matrix that is in the tile.
	#[inline(always)]
	fn each<T>(
		&self,
		memory: &mut [u8],
		matrix: Matrix,
		state: &mut T,
		f: impl Fn(&mut T, usize, usize, &mut [u8; 4]),
	) -> Result<(), OutOfBounds> {
		let (row_stride, col_stride) = (i64::from(matrix.row_stride), i64::from(matrix.col_stride));
		let at = |i: usize, j: usize| {
			let (i, j) = ((self.row + i) as i64, (self.col + j) as i64);
			usize::try_from(i64::from(matrix.at) + i * row_stride + j * col_stride)
				.map_err(|_| OutOfBounds)
		};
		fn run(
			memory: &mut [u8],
			from: usize,
			count: usize,
		) -> Result<&mut [[u8; 4]], OutOfBounds> {
			let to = from.checked_add(count * 4).ok_or(OutOfBounds)?;
			Ok(memory.get_mut(from..to).ok_or(OutOfBounds)?.as_chunks_mut::<4>().0)
		}
		if col_stride == 4 && self.cols > 1 {
			for i in 0..self.rows {
				let elements = run(memory, at(i, 0)?, self.cols)?;
				for (j, bytes) in elements.iter_mut().enumerate() {
					f(state, i, j, bytes);
				}
			}
		} else if row_stride == 4 {
			for j in 0..self.cols {
				let elements = run(memory, at(0, j)?, self.rows)?;
				for (i, bytes) in elements.iter_mut().enumerate() {
					f(state, i, j, bytes);
				}
			}
		} else {
			for i in 0..self.rows {
				for j in 0..self.cols {
					for bytes in run(memory, at(i, j)?, 1)? {
						f(state, i, j, bytes);
					}
				}
			}
		}
		Ok(())
	}
}
