//! Products with weights of few bits by instructions that multiply and add bytes. Their sums are exact.

use super::{run, Call, Lanes, Left, Numbers, MAX_LANES, STRIP, WORDS};
use crate::host::{
	clock::Deadline,
	kernels::{memory::Shared, vector},
};
use std::{arch::x86_64::*, ops::Range};
use wasmtime::Trap;

/// [`run`] on AVX2.
///
/// # Safety
///
/// The CPU must have it; else as for [`run`].
#[target_feature(enable = "avx2,fma")]
pub unsafe fn avx2(
	memory: Shared<'_>,
	call: &Call,
	left: &Left,
	first: usize,
	cols: Range<usize>,
	deadline: Deadline,
) -> Result<(), Trap> {
	run::<Avx2>(memory, call, left, first, cols, deadline)
}

/// [`run`] on AVX-512 with VNNI.
///
/// # Safety
///
/// As for [`avx2`].
#[target_feature(enable = "avx512f,avx512bw,avx512vnni,avx2,fma")]
pub unsafe fn vnni(
	memory: Shared<'_>,
	call: &Call,
	left: &Left,
	first: usize,
	cols: Range<usize>,
	deadline: Deadline,
) -> Result<(), Trap> {
	run::<Vnni>(memory, call, left, first, cols, deadline)
}

/// Vectors of eight columns.
struct Avx2;

/// 16 bytes from each of two places.
#[inline(always)]
unsafe fn both(lower: *const u8, upper: *const u8) -> __m256i {
	let lower = _mm256_castsi128_si256(_mm_loadu_si128(lower.cast()));
	_mm256_inserti128_si256::<1>(lower, _mm_loadu_si128(upper.cast()))
}

/// Words of 16 bytes of each of eight rows: the same word of each row in one vector.
#[inline(always)]
unsafe fn words_of_8(rows: &[*const u8; MAX_LANES], at: usize) -> [__m256i; 4] {
	let (a, b) = (both(rows[0].add(at), rows[4].add(at)), both(rows[1].add(at), rows[5].add(at)));
	let (c, d) = (both(rows[2].add(at), rows[6].add(at)), both(rows[3].add(at), rows[7].add(at)));
	let (ab, cd) = (_mm256_unpacklo_epi32(a, b), _mm256_unpacklo_epi32(c, d));
	let (ab_up, cd_up) = (_mm256_unpackhi_epi32(a, b), _mm256_unpackhi_epi32(c, d));
	[
		_mm256_unpacklo_epi64(ab, cd),
		_mm256_unpackhi_epi64(ab, cd),
		_mm256_unpacklo_epi64(ab_up, cd_up),
		_mm256_unpackhi_epi64(ab_up, cd_up),
	]
}

impl Lanes for Avx2 {
	type Codes = [__m256i; WORDS];
	type Sums = __m256i;
	type Floats = vector::Avx2;

	fn offset(bits: usize) -> i32 {
		// Of codes of 8 bits, products with one factor without a sign would not fit 16 bits.
		if bits == 8 {
			128
		} else {
			0
		}
	}

	#[inline(always)]
	unsafe fn codes<const BITS: usize>(rows: &[*const u8; MAX_LANES]) -> Self::Codes {
		let mut codes = [_mm256_setzero_si256(); WORDS];
		if BITS == 4 {
			let lower = _mm256_set1_epi8(15);
			let words = words_of_8(rows, 0);
			for i in 0..4 {
				codes[2 * i] = _mm256_and_si256(words[i], lower);
				codes[2 * i + 1] = _mm256_and_si256(_mm256_srli_epi16::<4>(words[i]), lower);
			}
		} else {
			let middle = _mm256_set1_epi8(-128);
			for half in 0..2 {
				let words = words_of_8(rows, 16 * half);
				for i in 0..4 {
					codes[4 * half + i] = _mm256_xor_si256(words[i], middle);
				}
			}
		}
		codes
	}

	#[inline(always)]
	unsafe fn sums<const BITS: usize>(codes: Self::Codes, numbers: &Numbers) -> Self::Sums {
		let ones = _mm256_set1_epi16(1);
		let mut sums = _mm256_setzero_si256();
		if BITS == 4 {
			// Sixteen products of at most 15 * 127 fit 16 bits.
			for (at, code) in codes.iter().enumerate() {
				let number = _mm256_set1_epi32(numbers.word(at));
				sums = _mm256_add_epi16(sums, _mm256_maddubs_epi16(*code, number));
			}
			_mm256_madd_epi16(sums, ones)
		} else {
			// Two products of at most 128 * 127 do.
			for (at, code) in codes.iter().enumerate() {
				let (code, number) = (*code, _mm256_set1_epi32(numbers.word(at)));
				let pairs =
					_mm256_maddubs_epi16(_mm256_abs_epi8(code), _mm256_sign_epi8(number, code));
				sums = _mm256_add_epi32(sums, _mm256_madd_epi16(pairs, ones));
			}
			sums
		}
	}

	#[inline(always)]
	unsafe fn centred(sums: Self::Sums, zeros: &[i32; MAX_LANES], sum: i32) -> Self::Floats {
		let zeros = _mm256_loadu_si256(zeros.as_ptr().cast());
		let zeros = _mm256_mullo_epi32(zeros, _mm256_set1_epi32(sum));
		vector::Avx2(_mm256_cvtepi32_ps(_mm256_sub_epi32(sums, zeros)))
	}

	#[inline(always)]
	unsafe fn turn(rows: &[*const f32; MAX_LANES], to: &mut [[f32; MAX_LANES]; STRIP]) {
		turn_8(rows, 0, to);
	}
}

/// Brings eight numbers of each of eight rows, from one on, into the order of lanes.
#[inline(always)]
unsafe fn turn_8(rows: &[*const f32; MAX_LANES], first: usize, to: &mut [[f32; MAX_LANES]; STRIP]) {
	const { assert!(STRIP == 8) };
	for half in 0..2 {
		let at = 4 * half;
		// Four numbers of a row, and of the fourth one after it.
		let mut pairs = [_mm256_setzero_ps(); 4];
		for i in 0..4 {
			let lower = _mm256_castps128_ps256(_mm_loadu_ps(rows[first + i].add(at)));
			let upper = _mm_loadu_ps(rows[first + i + 4].add(at));
			pairs[i] = _mm256_insertf128_ps::<1>(lower, upper);
		}
		let [a, b, c, d] = pairs;
		let (ab, cd) = (_mm256_unpacklo_ps(a, b), _mm256_unpacklo_ps(c, d));
		let (ab_up, cd_up) = (_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, d));
		let turned = [
			_mm256_shuffle_ps::<0x44>(ab, cd),
			_mm256_shuffle_ps::<0xee>(ab, cd),
			_mm256_shuffle_ps::<0x44>(ab_up, cd_up),
			_mm256_shuffle_ps::<0xee>(ab_up, cd_up),
		];
		for j in 0..4 {
			_mm256_storeu_ps(to[at + j].as_mut_ptr().add(first), turned[j]);
		}
	}
}

/// Vectors of sixteen columns.
struct Vnni;

/// 16 bytes of this row, and of each fourth one after it.
#[inline(always)]
unsafe fn four(rows: &[*const u8; MAX_LANES], row: usize, at: usize) -> __m512i {
	let lanes = _mm512_castsi128_si512(_mm_loadu_si128(rows[row].add(at).cast()));
	let lanes = _mm512_inserti32x4::<1>(lanes, _mm_loadu_si128(rows[row + 4].add(at).cast()));
	let lanes = _mm512_inserti32x4::<2>(lanes, _mm_loadu_si128(rows[row + 8].add(at).cast()));
	_mm512_inserti32x4::<3>(lanes, _mm_loadu_si128(rows[row + 12].add(at).cast()))
}

/// As [`words_of_8`], of sixteen rows.
#[inline(always)]
unsafe fn words_of_16(rows: &[*const u8; MAX_LANES], at: usize) -> [__m512i; 4] {
	let (a, b, c, d) = (four(rows, 0, at), four(rows, 1, at), four(rows, 2, at), four(rows, 3, at));
	let (ab, cd) = (_mm512_unpacklo_epi32(a, b), _mm512_unpacklo_epi32(c, d));
	let (ab_up, cd_up) = (_mm512_unpackhi_epi32(a, b), _mm512_unpackhi_epi32(c, d));
	[
		_mm512_unpacklo_epi64(ab, cd),
		_mm512_unpackhi_epi64(ab, cd),
		_mm512_unpacklo_epi64(ab_up, cd_up),
		_mm512_unpackhi_epi64(ab_up, cd_up),
	]
}

impl Lanes for Vnni {
	type Codes = [__m512i; WORDS];
	type Sums = __m512i;
	type Floats = vector::Avx512;

	fn offset(_: usize) -> i32 {
		0
	}

	#[inline(always)]
	unsafe fn codes<const BITS: usize>(rows: &[*const u8; MAX_LANES]) -> Self::Codes {
		let mut codes = [_mm512_setzero_si512(); WORDS];
		if BITS == 4 {
			let lower = _mm512_set1_epi8(15);
			let words = words_of_16(rows, 0);
			for i in 0..4 {
				codes[2 * i] = _mm512_and_si512(words[i], lower);
				codes[2 * i + 1] = _mm512_and_si512(_mm512_srli_epi16::<4>(words[i]), lower);
			}
		} else {
			for half in 0..2 {
				let words = words_of_16(rows, 16 * half);
				for i in 0..4 {
					codes[4 * half + i] = words[i];
				}
			}
		}
		codes
	}

	#[inline(always)]
	unsafe fn sums<const BITS: usize>(codes: Self::Codes, numbers: &Numbers) -> Self::Sums {
		// Two chains, because each instruction waits for the one before.
		let mut sums = [_mm512_setzero_si512(); 2];
		for at in 0..WORDS {
			let number = _mm512_set1_epi32(numbers.word(at));
			sums[at % 2] = _mm512_dpbusd_epi32(sums[at % 2], codes[at], number);
		}
		_mm512_add_epi32(sums[0], sums[1])
	}

	#[inline(always)]
	unsafe fn centred(sums: Self::Sums, zeros: &[i32; MAX_LANES], sum: i32) -> Self::Floats {
		let zeros = _mm512_loadu_si512(zeros.as_ptr().cast());
		let zeros = _mm512_mullo_epi32(zeros, _mm512_set1_epi32(sum));
		vector::Avx512(_mm512_cvtepi32_ps(_mm512_sub_epi32(sums, zeros)))
	}

	#[inline(always)]
	unsafe fn turn(rows: &[*const f32; MAX_LANES], to: &mut [[f32; MAX_LANES]; STRIP]) {
		turn_8(rows, 0, to);
		turn_8(rows, 8, to);
	}
}
