//! Products with weights of few bits in plain code, for any CPU.

use super::{Lanes, Numbers, MAX_LANES, PIECE};
use crate::host::kernels::vector::Portable;

/// Some columns, one after another.
pub struct Plain;

const LANES: usize = 4;

impl Lanes for Plain {
	type Codes = [[i16; PIECE]; LANES];
	type Sums = [i32; LANES];
	type Floats = Portable;

	fn offset(_: usize) -> i32 {
		0
	}

	#[inline(always)]
	unsafe fn codes<const BITS: usize>(rows: &[*const u8; MAX_LANES]) -> Self::Codes {
		let mut codes = [[0; PIECE]; LANES];
		for (codes, row) in codes.iter_mut().zip(rows) {
			if BITS == 4 {
				// SAFETY: the row has so many bytes.
				let bytes = unsafe { row.cast::<[u8; PIECE / 2]>().read() };
				for (place, byte) in bytes.into_iter().enumerate() {
					let at = place / 4 * 8 + place % 4;
					codes[at] = i16::from(byte & 15);
					codes[at + 4] = i16::from(byte >> 4);
				}
			} else {
				// SAFETY: as above.
				let bytes = unsafe { row.cast::<[u8; PIECE]>().read() };
				for (code, byte) in codes.iter_mut().zip(bytes) {
					*code = i16::from(byte);
				}
			}
		}
		codes
	}

	#[inline(always)]
	unsafe fn sums<const BITS: usize>(codes: Self::Codes, numbers: &Numbers) -> Self::Sums {
		let mut sums = [0; LANES];
		for (sum, codes) in sums.iter_mut().zip(&codes) {
			for (code, number) in codes.iter().zip(&numbers.0) {
				*sum += i32::from(*code) * i32::from(*number);
			}
		}
		sums
	}

	#[inline(always)]
	unsafe fn centred(sums: Self::Sums, zeros: &[i32; MAX_LANES], sum: i32) -> Self::Floats {
		let mut centred = [0.0; LANES];
		for i in 0..LANES {
			centred[i] = (sums[i] - zeros[i] * sum) as f32;
		}
		Portable(centred)
	}
}
