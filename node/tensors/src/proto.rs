//! ONNX `TensorProto`, as in the files of ONNX's own tests and in initializers.
//!
//! The messages below are those of [`onnx.proto`], which a tensor needs. They are written by hand
//! so that a build needs no `protoc`.
//!
//! [`onnx.proto`]: https://github.com/onnx/onnx/blob/v1.17.0/onnx/onnx.proto

use opg_engine_types::tensor::{self, DType, Tensor, TensorError};
use prost::Message;

/// ONNX's codes of the types.
const TYPES: [(DType, i64); 13] = [
	(DType::F32, 1),
	(DType::U8, 2),
	(DType::I8, 3),
	(DType::U16, 4),
	(DType::I16, 5),
	(DType::I32, 6),
	(DType::I64, 7),
	(DType::Bool, 9),
	(DType::F16, 10),
	(DType::F64, 11),
	(DType::U32, 12),
	(DType::U64, 13),
	(DType::BF16, 16),
];

/// Reasons to refuse a tensor.
#[derive(Debug, thiserror::Error)]
pub enum ProtoError {
	/// The bytes are no protobuf message, or end too early.
	#[error("not a TensorProto: {0}")]
	Syntax(#[from] prost::DecodeError),
	/// The message names no element type.
	#[error("the tensor has no type")]
	NoType,
	/// ONNX's code of a type that tensors of the engine do not have.
	#[error("type {0} is not supported")]
	UnknownType(i64),
	/// The data is one segment of a larger tensor.
	#[error("a tensor in segments is not supported")]
	Segment,
	/// The elements are strings.
	#[error("tensors of strings are not supported")]
	Strings,
	/// The data is in another file.
	#[error("the data is in another file")]
	External,
	/// The dimension is below zero, or above what ONNX can say.
	#[error("the dimension {0} is out of range")]
	Dimension(i128),
	/// Several fields hold data.
	#[error("the tensor has its data twice")]
	DataTwice,
	/// The data is in a typed field that is meant for other types.
	#[error("the data is in a field of another type")]
	WrongField,
	/// An element is out of its type's range.
	#[error("{number} is not a {dtype}")]
	Element {
		/// The element as the file has it.
		number: i128,
		/// Type of the tensor.
		dtype: DType,
	},
	/// The tensor's parts do not fit together.
	#[error(transparent)]
	Tensor(#[from] TensorError),
}

/// `onnx.TensorProto`. Two types differ from ONNX's, and not on the wire:
///
/// - `int32` is read as `int64`, for `prost` would cut a longer number to its lower bits.
/// - `float` and `double` are read as `fixed32` and `fixed64`, which no machine changes.
#[derive(Clone, PartialEq, Message)]
struct TensorProto {
	#[prost(int64, repeated, packed = "false", tag = "1")]
	dims: Vec<i64>,
	#[prost(int64, optional, tag = "2")]
	data_type: Option<i64>,
	#[prost(message, optional, tag = "3")]
	segment: Option<Present>,
	#[prost(fixed32, repeated, tag = "4")]
	float_data: Vec<u32>,
	#[prost(int64, repeated, tag = "5")]
	int32_data: Vec<i64>,
	#[prost(bytes = "vec", repeated, tag = "6")]
	string_data: Vec<Vec<u8>>,
	#[prost(int64, repeated, tag = "7")]
	int64_data: Vec<i64>,
	#[prost(string, tag = "8")]
	name: String,
	#[prost(bytes = "vec", optional, tag = "9")]
	raw_data: Option<Vec<u8>>,
	#[prost(fixed64, repeated, tag = "10")]
	double_data: Vec<u64>,
	#[prost(uint64, repeated, tag = "11")]
	uint64_data: Vec<u64>,
	#[prost(message, repeated, tag = "13")]
	external_data: Vec<Present>,
	#[prost(int64, optional, tag = "14")]
	data_location: Option<i64>,
}

/// A message of which only the presence matters.
#[derive(Clone, PartialEq, Message)]
struct Present {}

/// Reads a tensor.
///
/// # Errors
///
/// If the bytes are not a dense tensor of numbers that holds all of its data.
pub fn parse(bytes: &[u8]) -> Result<Tensor, ProtoError> {
	let proto = TensorProto::decode(bytes)?;
	if proto.segment.is_some() {
		return Err(ProtoError::Segment);
	}
	if !proto.string_data.is_empty() {
		return Err(ProtoError::Strings);
	}
	if !proto.external_data.is_empty() || proto.data_location.unwrap_or_default() != 0 {
		return Err(ProtoError::External);
	}
	let code = proto.data_type.ok_or(ProtoError::NoType)?;
	let (dtype, _) =
		*TYPES.iter().find(|(_, known)| *known == code).ok_or(ProtoError::UnknownType(code))?;
	let dim = |dim: &i64| u64::try_from(*dim).map_err(|_| ProtoError::Dimension((*dim).into()));
	let shape = proto.dims.iter().map(dim).collect::<Result<_, _>>()?;
	let data = proto.elements(dtype)?;
	let tensor = Tensor { name: proto.name, dtype, shape, data };
	tensor::check(std::slice::from_ref(&tensor))?;
	Ok(tensor)
}

impl TensorProto {
	/// The data, from whichever field holds it.
	fn elements(&self, dtype: DType) -> Result<Vec<u8>, ProtoError> {
		let raw = self.raw_data.as_deref().unwrap_or_default();
		let lengths = [
			raw.len(),
			self.float_data.len(),
			self.double_data.len(),
			self.int32_data.len(),
			self.int64_data.len(),
			self.uint64_data.len(),
		];
		let filled = lengths.iter().filter(|length| **length != 0).count();
		if filled > 1 {
			return Err(ProtoError::DataTwice);
		}
		let typed = match dtype {
			DType::F32 => self.float_data.iter().flat_map(|bits| bits.to_le_bytes()).collect(),
			DType::F64 => self.double_data.iter().flat_map(|bits| bits.to_le_bytes()).collect(),
			DType::I64 => integers(dtype, &self.int64_data)?,
			DType::U32 | DType::U64 => integers(dtype, &self.uint64_data)?,
			_ => integers(dtype, &self.int32_data)?,
		};
		if filled == 1 && raw.is_empty() && typed.is_empty() {
			return Err(ProtoError::WrongField);
		}
		Ok(if typed.is_empty() { raw.to_vec() } else { typed })
	}
}

/// Numbers as elements of a type that is not wider than they are. 16-bit floats are stored as the
/// `u16` with the same bits.
fn integers<N: Copy + Into<i128>>(dtype: DType, numbers: &[N]) -> Result<Vec<u8>, ProtoError> {
	let bits = 8 * dtype.size() as u32;
	let signed = matches!(dtype, DType::I8 | DType::I16 | DType::I32 | DType::I64);
	let range = if signed { -(1 << (bits - 1))..1i128 << (bits - 1) } else { 0..1i128 << bits };
	let mut data = Vec::with_capacity(numbers.len() * dtype.size());
	for number in numbers {
		let number = (*number).into();
		if !range.contains(&number) {
			return Err(ProtoError::Element { number, dtype });
		}
		data.extend(&number.to_le_bytes()[..dtype.size()]);
	}
	Ok(data)
}

/// Writes a tensor, with its data raw.
///
/// # Errors
///
/// If the tensor's parts do not fit together, or ONNX cannot say a dimension.
pub fn render(tensor: &Tensor) -> Result<Vec<u8>, ProtoError> {
	tensor::check(std::slice::from_ref(tensor))?;
	let code = TYPES.iter().find(|(dtype, _)| *dtype == tensor.dtype).map(|(_, code)| *code);
	let dim = |dim: &u64| i64::try_from(*dim).map_err(|_| ProtoError::Dimension((*dim).into()));
	let proto = TensorProto {
		dims: tensor.shape.iter().map(dim).collect::<Result<_, _>>()?,
		data_type: code,
		name: tensor.name.clone(),
		raw_data: Some(tensor.data.clone()),
		..TensorProto::default()
	};
	Ok(proto.encode_to_vec())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn types_should_hold_every_type_once() {
		for dtype in DType::ALL {
			assert_eq!(TYPES.iter().filter(|(known, _)| *known == dtype).count(), 1, "{dtype}");
		}
	}
}
