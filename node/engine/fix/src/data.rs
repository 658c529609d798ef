//! Elements of tensors.

use crate::{
	error::{form, unfit},
	proto::{tensor_proto::DataType, TensorProto},
	Result,
};
use half::f16;
use protobuf::Enum;

/// A tensor without a name.
pub(crate) fn tensor(data_type: DataType, dims: &[i64], data: Vec<u8>) -> TensorProto {
	let mut tensor = TensorProto::new();
	tensor.set_data_type(data_type.value());
	tensor.dims = dims.to_vec();
	tensor.set_raw_data(data);
	tensor
}

pub(crate) fn floats(dims: &[i64], values: &[f32]) -> TensorProto {
	tensor(DataType::FLOAT, dims, values.iter().flat_map(|value| value.to_le_bytes()).collect())
}

/// Whole numbers in a row.
pub(crate) fn integers(values: &[i64]) -> TensorProto {
	let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
	tensor(DataType::INT64, &[values.len() as i64], data)
}

/// How many elements these sizes make, unless that is no number.
pub(crate) fn count(dims: &[i64]) -> Option<u64> {
	dims.iter().try_fold(1u64, |count, size| count.checked_mul(u64::try_from(*size).ok()?))
}

/// Bytes that a tensor has in a file, where all of its elements have whole bytes.
pub(crate) fn byte_len(data_type: i32, dims: &[i64]) -> Option<u64> {
	use DataType::*;
	let width = match DataType::from_i32(data_type)? {
		BOOL | INT8 | UINT8 => 1,
		INT16 | UINT16 | FLOAT16 | BFLOAT16 => 2,
		INT32 | UINT32 | FLOAT => 4,
		INT64 | UINT64 | DOUBLE => 8,
		_ => return None,
	};
	count(dims)?.checked_mul(width)
}

/// The numbers of a tensor of f32.
pub(crate) fn read_floats(tensor: &TensorProto) -> Result<Vec<f32>> {
	let values: Vec<f32> = if tensor.has_raw_data() {
		let (words, rest) = tensor.raw_data().as_chunks::<4>();
		if !rest.is_empty() {
			return Err(unfit(tensor.name(), "the length of its data is no multiple of 4"));
		}
		words.iter().map(|word| f32::from_le_bytes(*word)).collect()
	} else {
		tensor.float_data.clone()
	};
	if count(&tensor.dims) != Some(values.len() as u64) {
		return Err(unfit(tensor.name(), "it has another number of elements than its shape"));
	}
	Ok(values)
}

/// One number of a type, as bytes. It must fit exactly, except that floats are rounded.
pub(crate) fn number(data_type: i32, text: &str) -> Result<(DataType, Vec<u8>)> {
	use DataType::*;
	let wrong = || form("constant", text, "INPUT=NUMBER, with a number that the input's type has");
	let data_type = DataType::from_i32(data_type).ok_or_else(wrong)?;
	macro_rules! parsed {
		($type:ty) => {
			text.parse::<$type>().map_err(|_| wrong())?.to_le_bytes().to_vec()
		};
	}
	let bytes = match data_type {
		BOOL if ["0", "false"].contains(&text) => vec![0],
		BOOL if ["1", "true"].contains(&text) => vec![1],
		UINT8 => parsed!(u8),
		INT8 => parsed!(i8),
		UINT16 => parsed!(u16),
		INT16 => parsed!(i16),
		UINT32 => parsed!(u32),
		INT32 => parsed!(i32),
		UINT64 => parsed!(u64),
		INT64 => parsed!(i64),
		FLOAT16 => f16::from_f64(text.parse().map_err(|_| wrong())?).to_le_bytes().to_vec(),
		FLOAT => parsed!(f32),
		DOUBLE => parsed!(f64),
		_ => return Err(wrong()),
	};
	Ok((data_type, bytes))
}
