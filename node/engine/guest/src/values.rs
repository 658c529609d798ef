//! Types and bytes of tensors, on the wire and in tract.

use opg_engine_types::DType;
use tract_onnx::prelude::*;

/// The type on the wire, if there is one.
pub fn dtype(datum_type: DatumType) -> Option<DType> {
	Some(match datum_type.unquantized() {
		DatumType::Bool => DType::Bool,
		DatumType::U8 => DType::U8,
		DatumType::U16 => DType::U16,
		DatumType::U32 => DType::U32,
		DatumType::U64 => DType::U64,
		DatumType::I8 => DType::I8,
		DatumType::I16 => DType::I16,
		DatumType::I32 => DType::I32,
		DatumType::I64 => DType::I64,
		DatumType::F16 => DType::F16,
		DatumType::F32 => DType::F32,
		DatumType::F64 => DType::F64,
		_ => return None,
	})
}

/// The type in tract.
pub fn datum_type(dtype: DType) -> DatumType {
	match dtype {
		DType::Bool => DatumType::Bool,
		DType::U8 => DatumType::U8,
		DType::U16 => DatumType::U16,
		DType::U32 => DatumType::U32,
		DType::U64 => DatumType::U64,
		DType::I8 => DatumType::I8,
		DType::I16 => DatumType::I16,
		DType::I32 => DatumType::I32,
		DType::I64 => DatumType::I64,
		DType::F16 => DatumType::F16,
		DType::F32 => DatumType::F32,
		DType::F64 => DatumType::F64,
		// No model has such an input: `dtype` never gives it.
		DType::BF16 => DatumType::U16,
	}
}

/// Gives every NaN the one bit pattern: quiet, positive, no payload.
pub fn canonicalise_nan(dtype: DType, data: &mut [u8]) {
	fn each<const N: usize>(data: &mut [u8], is_nan: fn([u8; N]) -> bool, nan: [u8; N]) {
		for chunk in data.chunks_exact_mut(N) {
			if <[u8; N]>::try_from(&*chunk).is_ok_and(is_nan) {
				chunk.copy_from_slice(&nan);
			}
		}
	}
	match dtype {
		DType::F16 => {
			each(data, |b| u16::from_le_bytes(b) & 0x7fff > 0x7c00, 0x7e00u16.to_le_bytes())
		},
		DType::F32 => each(data, |b| f32::from_le_bytes(b).is_nan(), 0x7fc0_0000u32.to_le_bytes()),
		DType::F64 => {
			each(data, |b| f64::from_le_bytes(b).is_nan(), 0x7ff8_0000_0000_0000u64.to_le_bytes())
		},
		_ => (),
	}
}
