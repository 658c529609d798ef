//! Floating-point elements of every width, as bits and as the `f64` that has the same value.

use half::{bf16, f16};
use opg_engine_types::tensor::DType;

/// Value of an element, exactly. A NaN may lose its sign and payload: compare its bits with
/// [`nan`].
pub fn value(dtype: DType, bits: u64) -> Option<f64> {
	Some(match dtype {
		DType::F16 => f16::from_bits(bits as u16).to_f64(),
		DType::BF16 => bf16::from_bits(bits as u16).to_f64(),
		DType::F32 => f32::from_bits(bits as u32).into(),
		DType::F64 => f64::from_bits(bits),
		_ => return None,
	})
}

/// Bits of the element with this value, or `None` if the value would be rounded. Every NaN becomes
/// [`nan`].
pub fn bits(dtype: DType, exact: f64) -> Option<u64> {
	if exact.is_nan() {
		return nan(dtype);
	}
	let bits = match dtype {
		DType::F16 => f16::from_f64(exact).to_bits().into(),
		DType::BF16 => bf16::from_f64(exact).to_bits().into(),
		DType::F32 => (exact as f32).to_bits().into(),
		DType::F64 => exact.to_bits(),
		_ => return None,
	};
	// Bits are compared, for a tiny negative number must not become the equal `-0.0`.
	(value(dtype, bits)?.to_bits() == exact.to_bits()).then_some(bits)
}

/// Bits of the canonical NaN: quiet, positive, without payload. These are constants because the
/// languages leave the bits of their NaNs open.
pub fn nan(dtype: DType) -> Option<u64> {
	match dtype {
		DType::F16 => Some(0x7e00),
		DType::BF16 => Some(0x7fc0),
		DType::F32 => Some(0x7fc0_0000),
		DType::F64 => Some(0x7ff8_0000_0000_0000),
		_ => None,
	}
}

/// Bits of the nearest `f32`, or `None` unless `noted` is its value or its shortest decimal
/// notation.
pub fn f32_bits(noted: f64) -> Option<u64> {
	let narrow = noted as f32;
	let notation: f64 = narrow.to_string().parse().ok()?;
	let exact = f64::from(narrow) == noted || notation == noted;
	(exact && narrow.is_finite()).then(|| narrow.to_bits().into())
}

#[cfg(test)]
mod tests {
	use super::*;

	/// The value of a short float by the definition of the format, without `half`.
	fn defined_value(exponent_bits: u32, fraction_bits: u32, bits: u64) -> f64 {
		let sign = if bits >> (exponent_bits + fraction_bits) == 1 { -1.0 } else { 1.0 };
		let exponent = (bits >> fraction_bits & ((1 << exponent_bits) - 1)) as i32;
		let fraction = bits & ((1 << fraction_bits) - 1);
		if exponent == (1 << exponent_bits) - 1 {
			return if fraction == 0 { sign * f64::INFINITY } else { f64::NAN };
		}
		let bias = (1 << (exponent_bits - 1)) - 1;
		let leading = u64::from(exponent != 0) << fraction_bits;
		let scale = 2f64.powi(exponent.max(1) - bias - fraction_bits as i32);
		sign * (leading | fraction) as f64 * scale
	}

	#[test]
	fn value_should_follow_the_definition_for_every_short_float() {
		for (dtype, exponent_bits, fraction_bits) in [(DType::F16, 5, 10), (DType::BF16, 8, 7)] {
			for pattern in 0..=u64::from(u16::MAX) {
				let defined = defined_value(exponent_bits, fraction_bits, pattern);
				let ours = value(dtype, pattern).unwrap();
				let same = ours.to_bits() == defined.to_bits();
				assert!(same || ours.is_nan() && defined.is_nan(), "{dtype} {pattern:#x}");
			}
		}
	}

	#[test]
	fn bits_should_invert_value_for_every_short_float() {
		for dtype in [DType::F16, DType::BF16] {
			for pattern in 0..=u64::from(u16::MAX) {
				let value = value(dtype, pattern).unwrap();
				if !value.is_nan() {
					assert_eq!(bits(dtype, value), Some(pattern), "{dtype} {pattern:#x}");
				}
			}
		}
	}

	#[test]
	fn value_should_be_what_rust_says() {
		for pattern in (0..u64::from(u32::MAX)).step_by(65_521) {
			let native = f64::from(f32::from_bits(pattern as u32));
			let ours = value(DType::F32, pattern).unwrap();
			assert!(ours == native || ours.is_nan() && native.is_nan(), "{pattern:#x}");
			if !native.is_nan() {
				assert_eq!(bits(DType::F32, native), Some(pattern));
			}
		}
	}

	#[test]
	fn bits_should_refuse_what_does_not_fit() {
		for value in [0.1, 65_536.0, 1e-9, 2049.0] {
			assert_eq!(bits(DType::F16, value), None, "{value}");
		}
		assert_eq!(bits(DType::F16, 65_504.0), Some(0x7bff));
		assert_eq!(nan(DType::F16), Some(0x7e00));
		assert_eq!(nan(DType::F64), Some(0x7ff8_0000_0000_0000));
	}

	#[test]
	fn bits_should_refuse_overflow_and_underflow() {
		// 65519 rounds to the largest f16, 65520 to infinity. The smallest denormal is 2^-24.
		let smallest = 2f64.powi(-24);
		for value in [65_505.0, 65_519.0, 65_520.0, 1e300, smallest / 2.0, smallest * 1.5, 1e-300] {
			assert_eq!(bits(DType::F16, value), None, "{value}");
			assert_eq!(bits(DType::F16, -value), None, "-{value}");
		}
		for value in [3.4e38, f64::MAX, 2f64.powi(-134), 2f64.powi(-133) * 1.5, 1e-300] {
			assert_eq!(bits(DType::BF16, value), None, "{value}");
			assert_eq!(bits(DType::BF16, -value), None, "-{value}");
		}
		for value in [f64::MAX, 2f64.powi(-150), f64::from_bits(1)] {
			assert_eq!(bits(DType::F32, value), None, "{value}");
			assert_eq!(bits(DType::F32, -value), None, "-{value}");
		}
		assert_eq!(bits(DType::I32, 1.0), None);
	}

	#[test]
	fn bits_should_keep_signs_denormals_and_infinities() {
		for (dtype, smallest, sign) in [
			(DType::F16, 2f64.powi(-24), 0x8000),
			(DType::BF16, 2f64.powi(-133), 0x8000),
			(DType::F32, 2f64.powi(-149), 0x8000_0000),
			(DType::F64, f64::from_bits(1), 1 << 63),
		] {
			assert_eq!(bits(dtype, 0.0), Some(0), "{dtype}");
			assert_eq!(bits(dtype, -0.0), Some(sign), "{dtype}");
			assert_eq!(bits(dtype, smallest), Some(1), "{dtype}");
			assert_eq!(bits(dtype, -smallest), Some(sign | 1), "{dtype}");
			let infinity = bits(dtype, f64::INFINITY).unwrap();
			assert_eq!(bits(dtype, f64::NEG_INFINITY), Some(sign | infinity), "{dtype}");
			assert_eq!(bits(dtype, -f64::NAN), nan(dtype), "{dtype}");
		}
		assert_eq!(bits(DType::F16, f64::INFINITY), Some(0x7c00));
		assert_eq!(bits(DType::BF16, f64::INFINITY), Some(0x7f80));
	}

	#[test]
	fn f32_should_take_its_own_notation_only() {
		assert_eq!(f32_bits(0.1), Some(0.1f32.to_bits().into()));
		assert_eq!(f32_bits(0.5), Some(0.5f32.to_bits().into()));
		for value in [0.123_456_789_012, 1e39, 16_777_217.0] {
			assert_eq!(f32_bits(value), None, "{value}");
		}
	}
}
