//! Floating-point elements of every width, as bits and as the `f64` that has the same value.

use opg_engine::tensor::DType;

/// Widths of a format: bits of the exponent and of the fraction.
fn widths(dtype: DType) -> Option<(u32, u32)> {
	Some(match dtype {
		DType::F16 => (5, 10),
		DType::BF16 => (8, 7),
		DType::F32 => (8, 23),
		DType::F64 => (11, 52),
		_ => return None,
	})
}

/// The value of an element, exactly. A NaN loses its sign and payload: see [`is_plain_nan`].
pub fn value(dtype: DType, bits: u64) -> Option<f64> {
	let (exponent_bits, fraction_bits) = widths(dtype)?;
	let sign = if bits >> (exponent_bits + fraction_bits) & 1 == 1 { -1.0 } else { 1.0 };
	let exponent = bits >> fraction_bits & ((1 << exponent_bits) - 1);
	let fraction = bits & ((1 << fraction_bits) - 1);
	if dtype == DType::F64 {
		return Some(f64::from_bits(bits));
	}
	if exponent == (1 << exponent_bits) - 1 {
		return Some(if fraction == 0 { sign * f64::INFINITY } else { f64::NAN });
	}
	let bias = (1i32 << (exponent_bits - 1)) - 1;
	let (leading, exponent) = if exponent == 0 { (0, 1) } else { (1, exponent as i32) };
	let significand = (leading << fraction_bits | fraction) as f64;
	Some(sign * significand * 2f64.powi(exponent - bias - fraction_bits as i32))
}

/// The bits of the element with this value, if there is one.
pub fn bits(dtype: DType, value: f64) -> Option<u64> {
	let (exponent_bits, fraction_bits) = widths(dtype)?;
	if dtype == DType::F64 {
		return Some(if value.is_nan() { nan(dtype)? } else { value.to_bits() });
	}
	let sign = u64::from(value.is_sign_negative()) << (exponent_bits + fraction_bits);
	let infinity = ((1 << exponent_bits) - 1) << fraction_bits;
	if value.is_nan() {
		return nan(dtype);
	}
	if value.is_infinite() {
		return Some(sign | infinity);
	}
	if value == 0.0 {
		return Some(sign);
	}
	let wide = value.to_bits();
	let exponent = (wide >> 52 & 0x7ff) as i32 - 1023;
	let significand = 1 << 52 | wide & ((1 << 52) - 1);
	let bias = (1i32 << (exponent_bits - 1)) - 1;
	// Below the smallest exponent the leading bits of the fraction are zeros.
	let shift = 52 - fraction_bits as i32 + (1 - bias - exponent).max(0);
	if exponent > bias || shift > 52 || significand & ((1 << shift) - 1) != 0 {
		return None;
	}
	let fraction = significand >> shift;
	// The leading bit adds one to the exponent, unless the number is that small.
	let exponent = (exponent + bias - 1).max(0) as u64;
	Some(sign | ((exponent << fraction_bits) + fraction))
}

/// The bits of the canonical NaN: quiet, positive, without payload.
pub fn nan(dtype: DType) -> Option<u64> {
	let (exponent_bits, fraction_bits) = widths(dtype)?;
	Some(((1 << (exponent_bits + 1)) - 1) << (fraction_bits - 1))
}

/// Rounds to the nearest `f32`, and takes it only if `value` is what its shortest notation says.
pub fn f32_bits(value: f64) -> Option<u64> {
	let narrow = value as f32;
	let noted: f64 = narrow.to_string().parse().ok()?;
	let exact = f64::from(narrow) == value || noted == value;
	(exact && narrow.is_finite()).then(|| narrow.to_bits().into())
}

#[cfg(test)]
mod tests {
	use super::*;

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
	fn f32_should_take_its_own_notation_only() {
		assert_eq!(f32_bits(0.1), Some(0.1f32.to_bits().into()));
		assert_eq!(f32_bits(0.5), Some(0.5f32.to_bits().into()));
		for value in [0.123_456_789_012, 1e39, 16_777_217.0] {
			assert_eq!(f32_bits(value), None, "{value}");
		}
	}
}
