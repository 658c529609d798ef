//! Tensors on their way into tract and out of it.

use crate::{
	model::{Fault, Loaded},
	reason::Reason,
	report::Port,
	tensor,
};
use tract_onnx::prelude::*;

impl Loaded {
	/// Puts the tensors into the order of the model's inputs.
	pub fn bind(&self, mut given: Vec<tensor::Tensor>) -> Result<TVec<TValue>, Fault> {
		let mut values = tvec!();
		for Port { name, dtype, shape } in &self.description.inputs {
			let at = given
				.iter()
				.position(|t| t.name == *name)
				.ok_or_else(|| Fault(Reason::InputMissing, format!("input `{name}` is missing")))?;
			let tensor = given.swap_remove(at);
			if tensor.dtype != *dtype {
				let message =
					format!("input `{name}` is {}, the model takes {dtype}", tensor.dtype);
				return Err(Fault(Reason::InputType, message));
			}
			if tensor.shape != *shape {
				let message = format!(
					"input `{name}` has shape {:?}, the model takes {shape:?}",
					tensor.shape
				);
				return Err(Fault(Reason::InputShape, message));
			}
			// The data is here, so they are numbers of a 32-bit machine.
			let shape: TVec<usize> = shape.iter().map(|dim| *dim as usize).collect();
			// SAFETY: `decode` has checked the length and that every bool is 0 or 1; of the other
			// types any bytes are values.
			let value = unsafe { Tensor::from_raw_dt(datum_type(*dtype), &shape, &tensor.data) };
			let value =
				value.map_err(|e| Fault(Reason::InputType, format!("input `{name}`: {e:#}")))?;
			values.push(value.into_tvalue());
		}
		match given.first() {
			Some(extra) => {
				Err(Fault(Reason::InputUnknown, format!("the model has no input `{}`", extra.name)))
			},
			None => Ok(values),
		}
	}

	/// Encodes the outputs.
	pub fn encode(&self, values: TVec<TValue>) -> Result<Vec<u8>, Fault> {
		let mut tensors = Vec::new();
		for (Port { name, .. }, value) in self.description.outputs.iter().zip(values) {
			let named = |e: TractError| {
				Fault(Reason::OutputNotEncodable, format!("output `{name}`: {e:#}"))
			};
			let mut value = value.into_tensor();
			// A TDim is a pointer in memory.
			if value.datum_type() == TDim::datum_type() {
				value = value.cast_to_dt(DatumType::I64).map_err(named)?.into_owned();
			}
			let dtype = dtype(value.datum_type()).ok_or_else(|| {
				let message = format!("output `{name}`: {:?} is not supported", value.datum_type());
				Fault(Reason::UnsupportedType, message)
			})?;
			// SAFETY: every supported type is plain data.
			let mut data = value.try_as_plain_ram().map_err(named)?.as_bytes().to_vec();
			canonicalise_nan(dtype, &mut data);
			let shape = value.shape().iter().map(|dim| *dim as u64).collect();
			tensors.push(tensor::Tensor { name: name.clone(), dtype, shape, data });
		}
		tensor::check(&tensors).map_err(|e| {
			Fault(Reason::OutputNotEncodable, format!("the output cannot be encoded: {e}"))
		})?;
		Ok(tensor::encode(&tensors))
	}
}

/// The type on the wire, if there is one.
pub fn dtype(datum_type: DatumType) -> Option<tensor::DType> {
	Some(match datum_type.unquantized() {
		DatumType::Bool => tensor::DType::Bool,
		DatumType::U8 => tensor::DType::U8,
		DatumType::U16 => tensor::DType::U16,
		DatumType::U32 => tensor::DType::U32,
		DatumType::U64 => tensor::DType::U64,
		DatumType::I8 => tensor::DType::I8,
		DatumType::I16 => tensor::DType::I16,
		DatumType::I32 => tensor::DType::I32,
		DatumType::I64 => tensor::DType::I64,
		DatumType::F16 => tensor::DType::F16,
		DatumType::F32 => tensor::DType::F32,
		DatumType::F64 => tensor::DType::F64,
		_ => return None,
	})
}

fn datum_type(dtype: tensor::DType) -> DatumType {
	match dtype {
		tensor::DType::Bool => DatumType::Bool,
		tensor::DType::U8 => DatumType::U8,
		tensor::DType::U16 => DatumType::U16,
		tensor::DType::U32 => DatumType::U32,
		tensor::DType::U64 => DatumType::U64,
		tensor::DType::I8 => DatumType::I8,
		tensor::DType::I16 => DatumType::I16,
		tensor::DType::I32 => DatumType::I32,
		tensor::DType::I64 => DatumType::I64,
		tensor::DType::F16 => DatumType::F16,
		tensor::DType::F32 => DatumType::F32,
		tensor::DType::F64 => DatumType::F64,
		// No model has such an input: `dtype` never gives it.
		tensor::DType::BF16 => DatumType::U16,
	}
}

/// Gives every NaN the one bit pattern: quiet, positive, no payload.
fn canonicalise_nan(dtype: tensor::DType, data: &mut [u8]) {
	fn each<const N: usize>(data: &mut [u8], is_nan: fn([u8; N]) -> bool, nan: [u8; N]) {
		for chunk in data.chunks_exact_mut(N) {
			if <[u8; N]>::try_from(&*chunk).is_ok_and(is_nan) {
				chunk.copy_from_slice(&nan);
			}
		}
	}
	match dtype {
		tensor::DType::F16 => {
			each(data, |b| u16::from_le_bytes(b) & 0x7fff > 0x7c00, 0x7e00u16.to_le_bytes())
		},
		tensor::DType::F32 => {
			each(data, |b| f32::from_le_bytes(b).is_nan(), 0x7fc0_0000u32.to_le_bytes())
		},
		tensor::DType::F64 => {
			each(data, |b| f64::from_le_bytes(b).is_nan(), 0x7ff8_0000_0000_0000u64.to_le_bytes())
		},
		_ => (),
	}
}
