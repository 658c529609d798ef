//! Products of bytes, summed in 32 bits. Sums wrap, so their order does not matter: any way to
//! compute them gives the same bits.

use super::memory::{bytes, bytes_mut, OutOfBounds};

/// Rows of a tile, and of a panel of the left factor.
pub const MR: usize = 32;
/// Columns of a tile, and of a panel of the right factor.
pub const NR: usize = 16;
/// Rows of a tile where the right factor is a vector.
pub const VECTOR_MR: usize = 64;

/// Columns of a block that fits the registers.
const BLOCK: usize = 4;
/// Rows of such a block.
const LANES: usize = 16;

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
		let elements = if self.vector { VECTOR_MR } else { MR * NR };
		super::CALL_FUEL + elements as u64 * (u64::from(self.depth) + 8) / 16
	}
}

/// Adds the product to the tile.
#[inline(always)]
pub fn run(memory: &mut [u8], call: &Call) -> Result<(), OutOfBounds> {
	if call.vector {
		product::<VECTOR_MR, 1, 1>(memory, call)
	} else {
		product::<MR, NR, BLOCK>(memory, call)
	}
}

#[inline(always)]
fn product<const ROWS: usize, const COLS: usize, const WIDTH: usize>(
	memory: &mut [u8],
	call: &Call,
) -> Result<(), OutOfBounds> {
	let depth = call.depth as usize;
	let size = |width: usize| width.checked_mul(depth).ok_or(OutOfBounds);
	for row in (0..ROWS).step_by(LANES) {
		for col in (0..COLS).step_by(WIDTH) {
			let mut sums = [[0i32; LANES]; WIDTH];
			let left = bytes(memory, call.left, size(ROWS)?)?;
			let right = bytes(memory, call.right, size(COLS)?)?;
			for (left, right) in left.chunks_exact(ROWS).zip(right.chunks_exact(COLS)) {
				let (left, right) = (&left[row..row + LANES], &right[col..col + WIDTH]);
				for (sums, b) in sums.iter_mut().zip(right) {
					for (sum, a) in sums.iter_mut().zip(left) {
						*sum = sum.wrapping_add(i32::from(*a as i8) * i32::from(*b as i8));
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
	Ok(())
}
