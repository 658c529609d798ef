//! Matrix products with a defined result.
//!
//! Each element of a product is one chain of fused multiply-adds in the order of k, from zero.
//! What is fused to it (bias, activation, ...) follows in the order given, in plain IEEE
//! operations. Every NaN that is stored is [`canonical`]. So the result does not depend on the
//! instruction set, on how the product is cut into tiles, or on the order of the tiles.
//!
//! Panels may be stored otherwise than as `f32`: see [`stored`](super::stored).

use super::{
	super::clock::Deadline,
	fuel,
	memory::{word, words, OutOfBounds, Shared},
	stored::{is_kept, Factor, Panel, Room, Stored},
	vector::{canonical, Vector},
};
use std::{marker::PhantomData, ops::Range};
use wasmtime::Trap;

/// Rows of a tile, and of a panel of the left factor.
pub const MR: usize = 8;
/// Columns of a tile, and of a panel of the right factor.
pub const NR: usize = 32;
/// Rows of a tile where the right factor is a vector.
pub const VECTOR_MR: usize = 64;

/// Multiply-adds between two looks at the time, besides what a step does on one tile.
const LOOK: usize = 1 << 24;

/// Multiply-adds from which on a product is cut into parts for several threads: less would not make up
/// for waking them.
const PART: u64 = 1 << 21;

/// Depth of the part of a panel that is gone through for all of a tile before the next part, so that it
/// stays in the nearest cache; the same where the right factor is a vector.
const DEPTH: usize = 256;
const VECTOR_DEPTH: usize = 64;

/// Most numbers of a right factor that is gone through for each row of tiles.
const ALL_COLUMNS: usize = 1 << 16;

/// Most panels of a factor of a product that is cut.
const MAX_PANELS: usize = 1 << 14;

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
	/// Add a product of packed panels, `depth` deep.
	Product { depth: u32, left: Factor, right: Factor },
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
pub(super) use with;

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

	/// Fuel of the product: a function of the shapes and strides alone.
	pub fn fuel(&self) -> u64 {
		let (mr, nr) = if self.vector { (VECTOR_MR, 1) } else { (MR, NR) };
		let elements = (mr * nr) as u64;
		let tiles = |count: u32, size: usize| u64::from(count).div_ceil(size as u64);
		let (tile_rows, tile_cols) = (tiles(self.rows, mr), tiles(self.cols, nr));
		let tiles = tile_rows.saturating_mul(tile_cols);
		let step = |step: &Step| match step {
			Step::Product { depth, left, right } => {
				let sums = elements * u64::from(*depth) / fuel::MULTIPLY_ADDS;
				let mut bytes = 0;
				let mut expanding = 0;
				for (factor, width, is_left) in [(left, mr, true), (right, nr, false)] {
					if self.keeps(is_left, width, *depth) {
						bytes += Stored::Floats.bytes(width, *depth);
					} else {
						bytes += factor.stored.bytes(width, *depth);
						expanding += factor.stored.fuel(width, *depth);
					}
				}
				fuel::TILE + sums.max(bytes / fuel::BYTES) + expanding
			},
			Step::Add(matrix) | Step::Store(matrix) => {
				fuel::TILE_STEP + matrix.fuel_each(self.vector) * elements
			},
			_ => fuel::TILE_STEP + elements / fuel::STEP_ELEMENTS,
		};
		let each = self.steps.iter().map(step).fold(0, u64::saturating_add);
		// What is kept becomes `f32` once for all tiles.
		let once = |step: &Step| {
			let Step::Product { depth, left, right } = step else { return 0 };
			let kept = |factor: &Factor, width, is_left, panels: u64| match factor.stored {
				stored if stored != Stored::Floats && self.keeps(is_left, width, *depth) => {
					let bytes = stored.bytes(width, *depth) / fuel::BYTES;
					panels.saturating_mul(stored.fuel(width, *depth) + bytes)
				},
				_ => 0,
			};
			kept(left, mr, true, tile_rows).saturating_add(kept(right, nr, false, tile_cols))
		};
		let once = self.steps.iter().map(once).fold(0, u64::saturating_add);
		tiles.saturating_mul(each).saturating_add(once).saturating_add(fuel::CALL)
	}

	/// Whether tiles are gone through row by row: where all columns stay in a cache, because the result
	/// mostly goes to memory like that. Panels for a vector are long, and several columns of them only
	/// have weights in common; weights that are stored otherwise become `f32` once for all columns.
	fn by_rows(&self) -> bool {
		let few = self.depth().saturating_mul(self.cols as usize) <= ALL_COLUMNS;
		few && (self.stores_rows() || self.vector) || self.shares_weights()
	}

	/// Whether the columns have long panels in common that are stored otherwise than as `f32`.
	fn shares_weights(&self) -> bool {
		let is_stored = |step: &Step| match step {
			Step::Product { left, .. } => left.stored != Stored::Floats,
			_ => false,
		};
		self.vector && self.steps.iter().any(is_stored)
	}

	/// Whether panels of the left or the right factor, if they are stored otherwise than as `f32`, are
	/// kept as `f32` while those of the other one pass by.
	fn keeps(&self, is_left: bool, width: usize, depth: u32) -> bool {
		let (mr, nr) = if self.vector { (VECTOR_MR, 1) } else { (MR, NR) };
		let (count, size) = if is_left { (self.cols, nr) } else { (self.rows, mr) };
		is_left == self.by_rows() && is_kept(width, depth, (count as usize).div_ceil(size))
	}
}

impl Matrix {
	/// Fuel of reading or writing an element.
	fn fuel_each(&self, vector: bool) -> u64 {
		let line = |stride: i32| stride == 4;
		if line(self.col_stride) || vector && line(self.row_stride) {
			1
		} else if line(self.row_stride) {
			// The rows of a tile are half a line of the memory.
			2
		} else {
			fuel::SCATTERED
		}
	}
}

impl Step {
	fn decode(code: u32, a: u32, b: u32, c: u32) -> Option<Step> {
		let op = Op::decode;
		let matrix = Matrix { at: a, row_stride: b as i32, col_stride: c as i32 };
		Some(match code {
			0 | 9..=23 => {
				let factor = |table, code| Factor { table, stored: Stored::decode(code) };
				let (left, right) = (code.saturating_sub(8) % 4, code.saturating_sub(8) / 4);
				Step::Product { depth: a, left: factor(b, left), right: factor(c, right) }
			},
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
	/// The operation with this code.
	pub fn decode(code: u32) -> Option<Op> {
		Some(match code {
			0 => Op::Min,
			1 => Op::Max,
			2 => Op::Add,
			3 => Op::Mul,
			4 => Op::Sub,
			5 => Op::SubFlipped,
			_ => return None,
		})
	}

	/// `Min` and `Max` are those of IEEE 754-2019: NaN if one is, and -0 is less than 0.
	#[inline(always)]
	pub fn apply(self, given: f32, tile: f32) -> f32 {
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

/// A part of the result: whole tiles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
	rows: Range<usize>,
	cols: Range<usize>,
}

impl Call {
	/// Cuts the result into as many parts, or fewer where it is small, or where one part would read
	/// what another one writes.
	pub fn parts(&self, memory: Shared<'_>, count: usize) -> Vec<Part> {
		let (rows, cols) = (self.rows as usize, self.cols as usize);
		let (mr, nr) = if self.vector { (VECTOR_MR, 1) } else { (MR, NR) };
		let cut = count > 1 && self.work() >= PART && self.is_apart(memory);
		let count = if cut { count } else { 1 };
		let by_rows = rows.div_ceil(mr) >= cols.div_ceil(nr) || self.shares_weights();
		let (size, tile) = if by_rows { (rows, mr) } else { (cols, nr) };
		let step = size.div_ceil(tile).div_ceil(count).max(1) * tile;
		let ranges = (0..size).step_by(step).map(|from| from..size.min(from + step));
		let part = |range| match by_rows {
			true => Part { rows: range, cols: 0..cols },
			false => Part { rows: 0..rows, cols: range },
		};
		ranges.map(part).collect()
	}

	/// Multiply-adds.
	fn work(&self) -> u64 {
		let elements = u64::from(self.rows) * u64::from(self.cols);
		elements.saturating_mul(self.depth() as u64)
	}

	/// Whether the elements of a row are stored one after another.
	fn stores_rows(&self) -> bool {
		self.steps.iter().any(|step| matches!(step, Step::Store(Matrix { col_stride: 4, .. })))
	}

	/// Multiply-adds for an element.
	fn depth(&self) -> usize {
		let depths = self.steps.iter().map(|step| match step {
			Step::Product { depth, .. } => *depth as usize,
			_ => 0,
		});
		depths.fold(0, usize::saturating_add)
	}

	/// Whether what is written is apart from all that is read.
	fn is_apart(&self, memory: Shared<'_>) -> bool {
		let (rows, cols) = (i64::from(self.rows), i64::from(self.cols));
		// From the first to the last byte of a matrix.
		let whole = |matrix: &Matrix| {
			let along = |count: i64, stride: i32| (count - 1) * i64::from(stride);
			let ends = [along(rows, matrix.row_stride), along(cols, matrix.col_stride)];
			let at = i64::from(matrix.at);
			let before: i64 = ends.iter().map(|end| *end.min(&0)).sum();
			let after: i64 = ends.iter().map(|end| *end.max(&0)).sum();
			at + before..at + after + 4
		};
		let numbers = |at: u32, count: i64| i64::from(at)..i64::from(at) + 4 * count;
		let (mr, nr) = if self.vector { (VECTOR_MR, 1) } else { (MR, NR) };
		let mut read = Vec::new();
		let mut written = Vec::new();
		for step in &self.steps {
			match step {
				Step::Product { depth, left, right } => {
					for (factor, size, count) in [(left, mr, rows), (right, nr, cols)] {
						let Factor { table, stored } = *factor;
						let panels = count.unsigned_abs().div_ceil(size as u64) as usize;
						if panels > MAX_PANELS {
							return false;
						}
						read.push(numbers(table, panels as i64));
						for index in 0..panels {
							let entry = u32::try_from(4 * index as u64)
								.ok()
								.and_then(|offset| table.checked_add(offset));
							// SAFETY: nothing is written yet.
							let Some(Ok(at)) = entry.map(|at| unsafe { memory.word(at) }) else {
								return false;
							};
							let bytes = stored.bytes(size, *depth) as i64;
							read.push(i64::from(at)..i64::from(at) + bytes);
						}
					}
				},
				Step::PerRow(_, at) => read.push(numbers(*at, rows)),
				Step::PerCol(_, at) => read.push(numbers(*at, cols)),
				Step::RowTimesCol { rows: r, cols: c } => {
					read.extend([numbers(*r, rows), numbers(*c, cols)]);
				},
				Step::Add(matrix) => read.push(whole(matrix)),
				Step::Store(matrix) => written.push(whole(matrix)),
				Step::Scalar(..) | Step::LeakyRelu(_) => (),
			}
		}
		let apart = |a: &Range<i64>, b: &Range<i64>| a.end <= b.start || b.end <= a.start;
		written.iter().all(|written| read.iter().all(|read| apart(read, written)))
			&& self.has_distinct_elements(&written)
	}

	/// Whether each element is stored in a place of its own.
	fn has_distinct_elements(&self, written: &[Range<i64>]) -> bool {
		let stores = self.steps.iter().filter_map(|step| match step {
			Step::Store(matrix) => Some(matrix),
			_ => None,
		});
		let (rows, cols) = (i64::from(self.rows), i64::from(self.cols));
		let distinct = |matrix: &Matrix| {
			let (row, col) = (i64::from(matrix.row_stride), i64::from(matrix.col_stride));
			let (row, col) = (row.abs(), col.abs());
			// The rows lie one after another, or the columns do.
			(col >= 4 && row >= col * cols) || (row >= 4 && col >= row * rows)
		};
		written.len() == 1 && stores.into_iter().all(distinct)
	}
}

/// Computes a part of the product on vectors `V`, in register blocks of `R` rows and `C` vectors.
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
	let mut rooms = Room::enter();
	// SAFETY: as for this function.
	let result = unsafe {
		if call.vector {
			tiles::<V, ByVector<V>, VECTOR_MR, 1>(memory, call, part, deadline, &mut rooms)
		} else {
			tiles::<V, ByMatrix<V, R, C>, MR, NR>(memory, call, part, deadline, &mut rooms)
		}
	};
	Room::leave(rooms);
	result
}

/// How a product of panels is added to a tile. Not a closure: it might stay a function of its own, which
/// would then be compiled for the plainest CPU.
trait Add<const ROWS: usize, const COLS: usize> {
	/// Depth of the part of a panel that is gone through for all of a tile before the next part.
	const DEPTH: usize;

	/// Adds a product of panels.
	///
	/// # Safety
	///
	/// The CPU must have the instructions.
	unsafe fn add(tile: &mut Tile<ROWS, COLS>, left: &[f32], right: &[f32]);
}

/// By blocks of `R` rows and `C` vectors.
struct ByMatrix<V, const R: usize, const C: usize>(PhantomData<V>);

impl<V: Vector, const R: usize, const C: usize> Add<MR, NR> for ByMatrix<V, R, C> {
	const DEPTH: usize = DEPTH;

	#[inline(always)]
	unsafe fn add(tile: &mut Tile<MR, NR>, left: &[f32], right: &[f32]) {
		for (left, right) in left.chunks(MR * DEPTH).zip(right.chunks(NR * DEPTH)) {
			// SAFETY: as for this function.
			unsafe { times_matrix::<V, R, C>(tile, left, right) };
		}
	}
}

/// By vectors of rows.
struct ByVector<V>(PhantomData<V>);

impl<V: Vector> Add<VECTOR_MR, 1> for ByVector<V> {
	const DEPTH: usize = VECTOR_DEPTH;

	#[inline(always)]
	unsafe fn add(tile: &mut Tile<VECTOR_MR, 1>, left: &[f32], right: &[f32]) {
		let left = left.chunks(VECTOR_MR * VECTOR_DEPTH);
		for (left, right) in left.zip(right.chunks(VECTOR_DEPTH)) {
			// SAFETY: as for this function.
			unsafe { times_vector::<V>(tile, left, right) };
		}
	}
}

/// Goes through the tiles. Panels that are stored otherwise than as `f32` become that in the rooms of the
/// left and the right factor, a part at a time.
///
/// # Safety
///
/// As for [`run`].
#[inline(always)]
unsafe fn tiles<V: Vector, A: Add<ROWS, COLS>, const ROWS: usize, const COLS: usize>(
	memory: Shared<'_>,
	call: &Call,
	part: &Part,
	deadline: Deadline,
	[left_room, right_room]: &mut [Room; 2],
) -> Result<(), Trap> {
	if call.steps.is_empty() {
		// Nothing to do, and nothing paid for.
		return Ok(());
	}
	let (rows, cols) = (call.rows as usize, call.cols as usize);
	let mut work = 0usize;
	let by_rows = call.by_rows();
	let (outer, inner) = if by_rows { (&part.rows, &part.cols) } else { (&part.cols, &part.rows) };
	let (far, near) = if by_rows { (ROWS, COLS) } else { (COLS, ROWS) };
	for outer in outer.clone().step_by(far) {
		for inner in inner.clone().step_by(near) {
			let (row, col) = if by_rows { (outer, inner) } else { (inner, outer) };
			let place = Place { row, col, rows: ROWS.min(rows - row), cols: COLS.min(cols - col) };
			let mut tile = [[0.0; COLS]; ROWS];
			for (number, step) in call.steps.iter().enumerate() {
				work += ROWS * COLS;
				if work >= LOOK {
					work = 0;
					deadline.check()?;
				}
				match *step {
					Step::Product { depth, left, right } => {
						work += ROWS * COLS * depth as usize;
						let (rows, cols) = (row / ROWS, col / COLS);
						// SAFETY: this thread writes nothing meanwhile, and others write nothing that
						// this one reads. The rest is as for this function.
						unsafe {
							let length = depth as usize;
							let left_panel = Panel::<ROWS>::new(memory, left, rows, length)?;
							let right_panel = Panel::<COLS>::new(memory, right, cols, length)?;
							if let (Panel::Floats(left), Panel::Floats(right)) =
								(left_panel, right_panel)
							{
								A::add(&mut tile, left, right);
								continue;
							}
							let keep_left = call.keeps(true, ROWS, depth).then_some((number, rows));
							let keep_right =
								call.keeps(false, COLS, depth).then_some((number, cols));
							for from in (0..length).step_by(A::DEPTH) {
								let depths = from..length.min(from + A::DEPTH);
								A::add(
									&mut tile,
									left_room.part::<V, ROWS>(
										left_panel,
										depths.clone(),
										length,
										keep_left,
									),
									right_room.part::<V, COLS>(
										right_panel,
										depths,
										length,
										keep_right,
									),
								);
							}
						}
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
		memory: Shared<'_>,
		step: Step,
		tile: &mut Tile<ROWS, COLS>,
	) -> Result<(), OutOfBounds> {
		let part = |at: u32, from: usize, count: usize| {
			let at = u32::try_from(from * 4).ok().and_then(|offset| at.checked_add(offset));
			// SAFETY: as in `panel`.
			unsafe { memory.floats(at.ok_or(OutOfBounds)?, count) }
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
				if COLS == 1 {
					with!(op, |apply| for (t, value) in
						tile.as_flattened_mut().iter_mut().zip(values)
					{
						*t = apply(*value, *t);
					});
				} else {
					with!(op, |apply| for (tile, value) in tile.iter_mut().zip(values) {
						for t in tile {
							*t = apply(*value, *t);
						}
					});
				}
			},
			Step::PerCol(op, at) => {
				let values = part(at, self.col, self.cols)?;
				if let (1, [value]) = (COLS, values) {
					with!(op, |apply| for t in tile.as_flattened_mut() {
						*t = apply(*value, *t);
					});
					return Ok(());
				}
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
		memory: Shared<'_>,
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
		memory: Shared<'_>,
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
		memory: Shared<'_>,
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
			memory: Shared<'_>,
			from: usize,
			count: usize,
		) -> Result<&mut [[u8; 4]], OutOfBounds> {
			// SAFETY: this thread refers to nothing there, and others neither read nor write it.
			Ok(unsafe { memory.bytes_mut(from, count * 4)? }.as_chunks_mut::<4>().0)
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
