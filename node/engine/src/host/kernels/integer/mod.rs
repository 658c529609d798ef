//! Products of bytes, summed in 32 bits. Sums wrap, so their order does not matter: any way to
//! compute them gives the same bits.

#[cfg(target_arch = "x86_64")]
mod x86;

use super::{
	fuel,
	memory::{bytes, bytes_mut, OutOfBounds},
};
#[cfg(target_arch = "x86_64")]
pub use x86::{avx2, vnni};

/// Rows of a tile, and of a panel of the left factor.
pub const MR: usize = 32;
/// Columns of a tile, and of a panel of the right factor.
pub const NR: usize = 16;
/// Rows of a tile where the right factor is a vector.
pub const VECTOR_MR: usize = 64;

/// Depth of the parts of panels that are gone through one after another.
const DEPTH: usize = 256;

/// Guest addresses of one product of panels. A tile is stored column by column.
pub struct Call {
	/// The right factor is a vector, and the left one has [`VECTOR_MR`] rows.
	pub vector: bool,
	/// Length of the sums.
	pub depth: u32,
	/// The tile, which the product is added to.
	pub tile: u32,
	/// The left panel.
	pub left: u32,
	/// The right panel.
	pub right: u32,
}

impl Call {
	/// Fuel of the product: a function of the shapes alone.
	pub fn fuel(&self) -> u64 {
		let (mr, nr) = if self.vector { (VECTOR_MR, 1) } else { (MR, NR) };
		let (elements, sides, depth) = ((mr * nr) as u64, (mr + nr) as u64, u64::from(self.depth));
		let sums = elements * depth / fuel::BYTE_MULTIPLY_ADDS;
		let tile = 8 * elements / fuel::BYTES;
		fuel::CALL + tile + sums.max(sides * depth / fuel::BYTES)
	}

	/// Whether the factors are matrices, and the tile is apart from them: else the order in which it is
	/// written makes a difference, and is that of the plain loops.
	#[cfg(target_arch = "x86_64")]
	pub fn is_plain_matrix(&self) -> bool {
		let range = |at: u32, width: usize, depth: u64| {
			let at = u64::from(at);
			at..at.saturating_add((width as u64).saturating_mul(depth))
		};
		let depth = u64::from(self.depth);
		let tile = range(self.tile, 4 * MR * NR, 1);
		let factors = [range(self.left, MR, depth), range(self.right, NR, depth)];
		!self.vector && factors.iter().all(|f| f.end <= tile.start || tile.end <= f.start)
	}
}

/// Adds the product to the tile.
#[inline(always)]
pub fn run(memory: &mut [u8], call: &Call) -> Result<(), OutOfBounds> {
	if call.vector {
		product::<VECTOR_MR, 1, VECTOR_MR, 1>(memory, call)
	} else {
		product::<MR, NR, 16, 4>(memory, call)
	}
}

/// The product, in blocks of `LANES` rows and `WIDTH` columns, which fit the registers.
#[inline(always)]
fn product<const ROWS: usize, const COLS: usize, const LANES: usize, const WIDTH: usize>(
	memory: &mut [u8],
	call: &Call,
) -> Result<(), OutOfBounds> {
	let depth = call.depth as usize;
	let size = |width: usize| width.checked_mul(depth).ok_or(OutOfBounds);
	let (left_size, right_size) = (size(ROWS)?, size(COLS)?);
	// Part by part, so that they stay in the nearest cache for all blocks of the tile.
	for part in (0..depth).step_by(DEPTH) {
		let part = part..depth.min(part + DEPTH);
		for row in (0..ROWS).step_by(LANES) {
			for col in (0..COLS).step_by(WIDTH) {
				let mut sums = [[0i32; LANES]; WIDTH];
				let left =
					&bytes(memory, call.left, left_size)?[part.start * ROWS..part.end * ROWS];
				let right =
					&bytes(memory, call.right, right_size)?[part.start * COLS..part.end * COLS];
				for (left, right) in left.chunks_exact(ROWS).zip(right.chunks_exact(COLS)) {
					let (left, right) = (&left[row..row + LANES], &right[col..col + WIDTH]);
					for (sums, b) in sums.iter_mut().zip(right) {
						for (sum, a) in sums.iter_mut().zip(left) {
							// Fits: at most 2^14.
							let product = i16::from(*a as i8) * i16::from(*b as i8);
							*sum = sum.wrapping_add(i32::from(product));
						}
					}
				}
				let tile = bytes_mut(memory, call.tile, 4 * ROWS * COLS)?;
				for (j, sums) in sums.iter().enumerate() {
					let at = 4 * ((col + j) * ROWS + row);
					let (words, _) = tile[at..at + 4 * LANES].as_chunks_mut::<4>();
					for (word, sum) in words.iter_mut().zip(sums) {
						*word = i32::from_le_bytes(*word).wrapping_add(*sum).to_le_bytes();
					}
				}
			}
		}
	}
	Ok(())
}
