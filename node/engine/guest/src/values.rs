//! Types of tensors, on the wire and in tract.

use opg_engine_types::DType;
use tract_onnx::tract_core::internal::*;

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

/// The numbers of a tensor of floats.
pub fn floats(tensor: &Tensor) -> TractResult<&[f32]> {
	ensure!(tensor.datum_type() == DatumType::F32 && tensor.is_plain_ram());
	// SAFETY: that is what it holds.
	Ok(unsafe { tensor.as_slice_unchecked::<f32>() })
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
