//! Products with weights of few bits by instructions that multiply and add bytes. Their sums are exact.

use super::{run, Call, Lanes, Left, Numbers, MAX_LANES, WORDS};
use crate::host::{
	clock::Deadline,
	kernels::{memory::Shared, vector},
};
use std::{arch::aarch64::*, ops::Range};
use wasmtime::Trap;

/// [`run`] on NEON.
///
/// # Safety
///
/// As for [`run`].
#[target_feature(enable = "neon")]
pub unsafe fn neon(
	memory: Shared<'_>,
	call: &Call,
	left: &Left,
	first: usize,
	cols: Range<usize>,
	deadline: Deadline,
) -> Result<(), Trap> {
	run::<Neon>(memory, call, left, first, cols, deadline)
}

/// Vectors of four columns.
struct Neon;

/// Words of 16 bytes of each of four rows: the same word of each row in one vector.
#[inline(always)]
unsafe fn words_of_4(rows: &[*const u8; MAX_LANES], at: usize) -> [uint8x16_t; 4] {
	let mut words = [vdupq_n_u32(0); 4];
	for (words, row) in words.iter_mut().zip(rows) {
		*words = vreinterpretq_u32_u8(vld1q_u8(row.add(at)));
	}
	let [a, b, c, d] = words;
	let ab = vreinterpretq_u64_u32(vtrn1q_u32(a, b));
	let cd = vreinterpretq_u64_u32(vtrn1q_u32(c, d));
	let ab_up = vreinterpretq_u64_u32(vtrn2q_u32(a, b));
	let cd_up = vreinterpretq_u64_u32(vtrn2q_u32(c, d));
	[
		vreinterpretq_u8_u64(vtrn1q_u64(ab, cd)),
		vreinterpretq_u8_u64(vtrn1q_u64(ab_up, cd_up)),
		vreinterpretq_u8_u64(vtrn2q_u64(ab, cd)),
		vreinterpretq_u8_u64(vtrn2q_u64(ab_up, cd_up)),
	]
}

impl Lanes for Neon {
	type Codes = [int8x16_t; WORDS];
	type Sums = int32x4_t;
	type Floats = vector::Neon;

	fn offset(bits: usize) -> i32 {
		// There are no products of bytes with a sign and bytes without one.
		if bits == 8 {
			128
		} else {
			0
		}
	}

	#[inline(always)]
	unsafe fn codes<const BITS: usize>(rows: &[*const u8; MAX_LANES]) -> Self::Codes {
		let mut codes = [vdupq_n_s8(0); WORDS];
		if BITS == 4 {
			for (i, words) in words_of_4(rows, 0).into_iter().enumerate() {
				codes[2 * i] = vreinterpretq_s8_u8(vandq_u8(words, vdupq_n_u8(15)));
				codes[2 * i + 1] = vreinterpretq_s8_u8(vshrq_n_u8::<4>(words));
			}
		} else {
			for half in 0..2 {
				for (i, words) in words_of_4(rows, 16 * half).into_iter().enumerate() {
					codes[4 * half + i] = vreinterpretq_s8_u8(veorq_u8(words, vdupq_n_u8(128)));
				}
			}
		}
		codes
	}

	#[inline(always)]
	unsafe fn sums<const BITS: usize>(codes: Self::Codes, numbers: &Numbers) -> Self::Sums {
		let mut low = [vdupq_n_s32(0); 2];
		let mut short = [vdupq_n_s16(0); 2];
		for (at, code) in codes.into_iter().enumerate() {
			let number = vreinterpretq_s8_s32(vdupq_n_s32(numbers.word(at)));
			let (first, second) = (vget_low_s8(number), vget_high_s8(number));
			let (lower, upper) = (vget_low_s8(code), vget_high_s8(code));
			if BITS == 4 {
				// Eight products of at most 15 * 127 fit 16 bits.
				short[0] = vmlal_s8(short[0], lower, first);
				short[1] = vmlal_s8(short[1], upper, second);
			} else {
				// One of at most 128 * 127 does.
				low[0] = vpadalq_s16(low[0], vmull_s8(lower, first));
				low[1] = vpadalq_s16(low[1], vmull_s8(upper, second));
			}
		}
		if BITS == 4 {
			low = [vpaddlq_s16(short[0]), vpaddlq_s16(short[1])];
		}
		vpaddq_s32(low[0], low[1])
	}

	#[inline(always)]
	unsafe fn centred(sums: Self::Sums, zeros: &[i32; MAX_LANES], sum: i32) -> Self::Floats {
		let zeros = vmulq_s32(vld1q_s32(zeros.as_ptr()), vdupq_n_s32(sum));
		vector::Neon(vcvtq_f32_s32(vsubq_s32(sums, zeros)))
	}
}
