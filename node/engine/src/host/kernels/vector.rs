//! Vectors of `f32` with a fused multiply-add, one type for each instruction set.
//!
//! IEEE 754 defines the fused multiply-add to the last bit, NaNs apart, so every type here gives
//! the same numbers. Which NaN comes out is not defined; whoever stores a result makes NaNs
//! canonical (see [`canonical`]).

/// A vector. The methods are to be inlined into a function compiled for the instruction set.
pub trait Vector: Copy {
	/// Number of elements.
	const LANES: usize;

	/// The same number in each lane.
	///
	/// # Safety
	///
	/// The CPU must have the instruction set of the type, here and in [`Vector::mul_add`].
	unsafe fn splat(value: f32) -> Self;

	/// Reads [`Vector::LANES`] numbers.
	///
	/// # Safety
	///
	/// As for [`Vector::splat`], and they must be readable at `from`.
	unsafe fn load(from: *const f32) -> Self;

	/// Reads [`Vector::LANES`] numbers of 16 bits, as [`half`] does.
	///
	/// # Safety
	///
	/// As for [`Vector::splat`], and they must be readable at `from`.
	unsafe fn load_halves(from: *const u8) -> Self;

	/// Writes [`Vector::LANES`] numbers.
	///
	/// # Safety
	///
	/// As for [`Vector::splat`], and they must be writable at `to`.
	unsafe fn store(self, to: *mut f32);

	/// `self * factor + addend`, rounded once.
	///
	/// # Safety
	///
	/// As for [`Vector::splat`].
	unsafe fn mul_add(self, factor: Self, addend: Self) -> Self;

	/// `self * factor`.
	///
	/// # Safety
	///
	/// As for [`Vector::splat`].
	unsafe fn mul(self, factor: Self) -> Self;

	/// `self + addend`.
	///
	/// # Safety
	///
	/// As for [`Vector::splat`].
	unsafe fn add(self, addend: Self) -> Self;
}

/// The number itself, or the one NaN that the engine knows.
#[inline(always)]
pub fn canonical(value: f32) -> f32 {
	f32::from_bits(if value.is_nan() { 0x7fc0_0000 } else { value.to_bits() })
}

/// The number of 16 bits as `f32`, which has all of them. Of a NaN it is the quiet one of the same bits,
/// as instructions make it.
#[inline(always)]
pub fn half(bits: u16) -> f32 {
	const INFINITE: u32 = 0x7c00;
	let (sign, size) = (u32::from(bits & 0x8000) << 16, u32::from(bits & 0x7fff));
	// With the exponent where that of `f32` is: too small by a power of two, also among denormals.
	let scaled = f32::from_bits(size << 13) * f32::from_bits((127 + 112) << 23);
	let quiet = if size > INFINITE { 1 << 22 } else { 0 };
	let special = size << 13 | 0x7f80_0000 | quiet;
	f32::from_bits(sign | if size >= INFINITE { special } else { scaled.to_bits() })
}

/// `a * b + c` rounded once, on a CPU without an instruction for it.
///
/// The product of two `f32` is exact in `f64`. Their sum is rounded to odd: where it is inexact, the
/// last bit is set. With 53 bits, of which at most 24 stay, the second rounding is then the right
/// one (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
#[inline(always)]
pub fn software_mul_add(a: f32, b: f32, c: f32) -> f32 {
	let (product, addend) = (f64::from(a) * f64::from(b), f64::from(c));
	let sum = product + addend;
	// What the rounding of the sum has lost (Knuth's TwoSum): exact, and NaN for what is not finite.
	let back = sum - product;
	let lost = (product - (sum - back)) + (addend - back);
	let bits = sum.to_bits();
	// Away from zero if the loss has the sum's sign, towards it if not: the neighbour whose last bit
	// is one lies that way, if the sum's own is zero.
	let inexact = lost != 0.0 && !lost.is_nan() && bits & 1 == 0;
	let outward = (lost > 0.0) == (sum > 0.0);
	let odd = if outward { bits.wrapping_add(1) } else { bits.wrapping_sub(1) };
	f64::from_bits(if inexact { odd } else { bits }) as f32
}

/// For any CPU.
#[derive(Clone, Copy)]
pub struct Portable(pub [f32; 4]);

impl Vector for Portable {
	const LANES: usize = 4;

	#[inline(always)]
	unsafe fn splat(value: f32) -> Self {
		Self([value; 4])
	}

	#[inline(always)]
	unsafe fn load(from: *const f32) -> Self {
		Self(from.cast::<[f32; 4]>().read_unaligned())
	}

	#[inline(always)]
	unsafe fn load_halves(from: *const u8) -> Self {
		let [a, b, c, d] = from.cast::<[u16; 4]>().read_unaligned();
		Self([half(a), half(b), half(c), half(d)])
	}

	#[inline(always)]
	unsafe fn store(self, to: *mut f32) {
		to.cast::<[f32; 4]>().write_unaligned(self.0);
	}

	#[inline(always)]
	unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
		Self(std::array::from_fn(|i| software_mul_add(self.0[i], factor.0[i], addend.0[i])))
	}

	#[inline(always)]
	unsafe fn mul(mut self, factor: Self) -> Self {
		for (number, factor) in self.0.iter_mut().zip(&factor.0) {
			*number *= factor;
		}
		self
	}

	#[inline(always)]
	unsafe fn add(mut self, addend: Self) -> Self {
		for (number, addend) in self.0.iter_mut().zip(&addend.0) {
			*number += addend;
		}
		self
	}
}

macro_rules! vector {
	(
		$name:ident, $inner:ty, $lanes:literal, $splat:ident, $load:ident, $store:ident,
		$mul:ident, $add:ident, |$from:ident| $halves:expr, |$a:ident, $b:ident, $c:ident| $mul_add:expr
	) => {
		/// For CPUs with the instruction set of that name.
		#[derive(Clone, Copy)]
		pub struct $name(pub $inner);

		impl Vector for $name {
			const LANES: usize = $lanes;

			#[inline(always)]
			unsafe fn splat(value: f32) -> Self {
				Self($splat(value))
			}

			#[inline(always)]
			unsafe fn load(from: *const f32) -> Self {
				Self($load(from))
			}

			#[inline(always)]
			unsafe fn load_halves($from: *const u8) -> Self {
				Self($halves)
			}

			#[inline(always)]
			unsafe fn store(self, to: *mut f32) {
				$store(to, self.0);
			}

			#[inline(always)]
			unsafe fn mul_add(self, factor: Self, addend: Self) -> Self {
				let ($a, $b, $c) = (self.0, factor.0, addend.0);
				Self($mul_add)
			}

			#[inline(always)]
			unsafe fn mul(self, factor: Self) -> Self {
				Self($mul(self.0, factor.0))
			}

			#[inline(always)]
			unsafe fn add(self, addend: Self) -> Self {
				Self($add(self.0, addend.0))
			}
		}
	};
}

#[cfg(target_arch = "x86_64")]
mod x86 {
	use super::Vector;
	use std::arch::x86_64::*;

	vector!(
		Avx2,
		__m256,
		8,
		_mm256_set1_ps,
		_mm256_loadu_ps,
		_mm256_storeu_ps,
		_mm256_mul_ps,
		_mm256_add_ps,
		|from| _mm256_cvtph_ps(_mm_loadu_si128(from.cast())),
		|a, b, c| _mm256_fmadd_ps(a, b, c)
	);
	vector!(
		Avx512,
		__m512,
		16,
		_mm512_set1_ps,
		_mm512_loadu_ps,
		_mm512_storeu_ps,
		_mm512_mul_ps,
		_mm512_add_ps,
		|from| _mm512_cvtph_ps(_mm256_loadu_si256(from.cast())),
		|a, b, c| _mm512_fmadd_ps(a, b, c)
	);
}
#[cfg(target_arch = "x86_64")]
pub use x86::{Avx2, Avx512};

#[cfg(target_arch = "aarch64")]
mod arm {
	use super::{half, Vector};
	use std::arch::aarch64::*;

	/// Four numbers of 16 bits.
	#[inline(always)]
	unsafe fn halves(from: *const u8) -> float32x4_t {
		let [a, b, c, d] = from.cast::<[u16; 4]>().read_unaligned();
		vld1q_f32([half(a), half(b), half(c), half(d)].as_ptr())
	}

	// `vfmaq_f32` takes the addend first.
	vector!(
		Neon,
		float32x4_t,
		4,
		vdupq_n_f32,
		vld1q_f32,
		vst1q_f32,
		vmulq_f32,
		vaddq_f32,
		|from| halves(from),
		|a, b, c| vfmaq_f32(c, a, b)
	);
}
#[cfg(target_arch = "aarch64")]
pub use arm::Neon;

#[cfg(test)]
mod tests {
	use super::*;
	use proptest::prelude::*;

	fn same(a: f32, b: f32, c: f32) -> bool {
		let (soft, right) = (software_mul_add(a, b, c), a.mul_add(b, c));
		canonical(soft).to_bits() == canonical(right).to_bits()
	}

	proptest! {
		#![proptest_config(ProptestConfig::with_cases(200_000))]

		#[test]
		fn software_mul_add_should_round_once_when_bits_are_random(a: u32, b: u32, c: u32) {
			prop_assert!(same(f32::from_bits(a), f32::from_bits(b), f32::from_bits(c)));
		}

		/// Products close to the addend's negative, where all the digits cancel.
		#[test]
		fn software_mul_add_should_round_once_when_digits_cancel(a: u32, b: u32, off in -3i32..=3) {
			let (a, b) = (f32::from_bits(a), f32::from_bits(b));
			let c = f32::from_bits((-(a * b)).to_bits().wrapping_add_signed(off));
			prop_assert!(same(a, b, c));
		}

		/// Addends of about half a unit in the last place of the product, and results among the
		/// denormals.
		#[test]
		fn software_mul_add_should_round_once_when_it_is_close_to_a_tie(
			a in 0x3f80_0000u32..0x4000_0000, b in 0x3f80_0000u32..0x4000_0000,
			shift in 20i32..27, down in 100i32..150, sign: bool,
		) {
			let scale = 2f32.powi(-down / 2);
			let (a, b) = (f32::from_bits(a) * scale, f32::from_bits(b) * scale);
			let c = a * b * 2f32.powi(-shift) * if sign { 1.0 } else { -1.0 };
			prop_assert!(same(a, b, c) && same(c, 1.0, a * b) && same(a, b * 2f32.powi(-20), c));
		}
	}

	#[test]
	fn software_mul_add_should_round_once_when_numbers_are_special() {
		let special = [
			0.0,
			-0.0,
			1.0,
			-1.0,
			f32::MAX,
			f32::MIN,
			f32::MIN_POSITIVE,
			f32::EPSILON,
			f32::from_bits(1),
			f32::from_bits(0x8000_0001),
			f32::from_bits(0x007f_ffff),
			f32::INFINITY,
			f32::NEG_INFINITY,
			f32::NAN,
		];
		for a in special {
			for b in special {
				for c in special {
					assert!(same(a, b, c), "{a:e} * {b:e} + {c:e}");
				}
			}
		}
	}
}
