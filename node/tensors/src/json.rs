//! Tensors as JSON: a list of
//! `{"name": "pixels", "dtype": "f32", "shape": [1, 64], "data": [...]}` in row-major order.
//!
//! Numbers are numbers, bools are bools. What a number cannot say is a string: `"inf"`, `"-inf"`,
//! `"nan"`, and `"0xffc00001"`, the bits of any other NaN.

use crate::floats;
use opg_engine_types::tensor::{self, DType, Tensor, TensorError};
use serde_json::{json, Number, Value};

/// Longest excerpt of a value in an error, in characters.
const EXCERPT: usize = 64;

/// Reasons to refuse a text, or tensors.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
	/// The text is no JSON.
	#[error("not JSON: {0}")]
	Syntax(#[from] serde_json::Error),
	/// The text is JSON of another kind.
	#[error("not a list of tensors")]
	NotAList,
	/// The tensor with this index has no name.
	#[error("tensor number {0} has no `name`")]
	NoName(usize),
	/// A part of a tensor is missing, or of another kind.
	#[error("tensor `{tensor}` has no valid `{part}`")]
	Part {
		/// Name of the tensor.
		tensor: String,
		/// Key of the part.
		part: &'static str,
	},
	/// An element would be rounded, or is not of the tensor's type.
	#[error("tensor `{tensor}`: {element} is not exactly a {dtype}")]
	Element {
		/// Name of the tensor.
		tensor: String,
		/// Beginning of the element as the text has it.
		element: String,
		/// Type of the tensor.
		dtype: DType,
	},
	/// An element to write is not as long as its type says.
	#[error("{length} bytes are not one {dtype}")]
	Length {
		/// Bytes of the element.
		length: usize,
		/// Type of the element.
		dtype: DType,
	},
	/// The tensors' parts do not fit together.
	#[error(transparent)]
	Tensor(#[from] TensorError),
}

/// Reads a list of tensors.
///
/// # Errors
///
/// If the text is of another form, or an element is not exactly of its tensor's type.
pub fn parse(json: &[u8]) -> Result<Vec<Tensor>, JsonError> {
	from_value(&serde_json::from_slice(json)?)
}

/// Reads a list of tensors that was parsed already.
///
/// # Errors
///
/// As [`parse`].
pub fn from_value(list: &Value) -> Result<Vec<Tensor>, JsonError> {
	let list = list.as_array().ok_or(JsonError::NotAList)?;
	let tensors = list.iter().enumerate().map(parse_tensor).collect::<Result<Vec<_>, _>>()?;
	tensor::check(&tensors)?;
	Ok(tensors)
}

fn parse_tensor((index, value): (usize, &Value)) -> Result<Tensor, JsonError> {
	let name = value["name"].as_str().ok_or(JsonError::NoName(index))?;
	let bad = |part| move || JsonError::Part { tensor: name.into(), part };
	let dtype = value["dtype"].as_str().and_then(dtype).ok_or_else(bad("dtype"))?;
	let shape = value["shape"].as_array().ok_or_else(bad("shape"))?;
	let shape: Option<_> = shape.iter().map(Value::as_u64).collect();
	let shape = shape.ok_or_else(bad("shape"))?;
	let mut data = Vec::new();
	for element in value["data"].as_array().ok_or_else(bad("data"))? {
		let bits = parse_element(dtype, element).ok_or_else(|| JsonError::Element {
			tensor: name.into(),
			element: element.to_string().chars().take(EXCERPT).collect(),
			dtype,
		})?;
		data.extend(&bits.to_le_bytes()[..dtype.size()]);
	}
	Ok(Tensor { name: name.into(), dtype, shape, data })
}

/// The type of this name.
pub fn dtype(name: &str) -> Option<DType> {
	DType::ALL.into_iter().find(|known| known.to_string() == name)
}

/// The bits of an element, sign-extended.
fn parse_element(dtype: DType, value: &Value) -> Option<u64> {
	let bits = 8 * dtype.size() as u32;
	match dtype {
		DType::Bool => value.as_bool().map(u64::from),
		DType::U8 | DType::U16 | DType::U32 | DType::U64 => {
			value.as_u64().filter(|number| bits == 64 || number >> bits == 0)
		},
		DType::I8 | DType::I16 | DType::I32 | DType::I64 => {
			let number = value.as_i64()?;
			let cut = number << (64 - bits) >> (64 - bits);
			(cut == number).then_some(number as u64)
		},
		DType::F16 | DType::BF16 | DType::F32 | DType::F64 => match value {
			Value::String(text) => special(dtype, text),
			_ if dtype == DType::F32 => floats::f32_bits(value.as_f64()?),
			_ => floats::bits(dtype, whole_or_float(value)?),
		},
	}
}

/// A number of JSON, unless it is an integer that a float cannot hold.
fn whole_or_float(value: &Value) -> Option<f64> {
	let float = value.as_f64()?;
	let lossy = value.as_i64().is_some_and(|whole| float as i128 != i128::from(whole))
		|| value.as_u64().is_some_and(|whole| float as i128 != i128::from(whole));
	(!lossy).then_some(float)
}

fn special(dtype: DType, text: &str) -> Option<u64> {
	match text {
		"inf" => floats::bits(dtype, f64::INFINITY),
		"-inf" => floats::bits(dtype, f64::NEG_INFINITY),
		"nan" => floats::nan(dtype),
		_ => {
			let digits = text.strip_prefix("0x")?;
			let bits = u64::from_str_radix(digits, 16).ok()?;
			let fits = digits.len() == 2 * dtype.size();
			(fits && floats::value(dtype, bits)?.is_nan()).then_some(bits)
		},
	}
}

/// Writes a list of tensors.
///
/// # Errors
///
/// If the tensors' parts do not fit together.
pub fn render(tensors: &[Tensor]) -> Result<Value, JsonError> {
	tensor::check(tensors)?;
	tensors.iter().map(render_tensor).collect::<Result<Vec<_>, _>>().map(Value::Array)
}

fn render_tensor(tensor: &Tensor) -> Result<Value, JsonError> {
	let Tensor { name, dtype, shape, data } = tensor;
	let data = data
		.chunks_exact(dtype.size())
		.map(|bytes| render_element(*dtype, bytes))
		.collect::<Result<Vec<_>, _>>()?;
	Ok(json!({ "name": name, "dtype": dtype.to_string(), "shape": shape, "data": data }))
}

/// Writes one element, which is little endian.
///
/// # Errors
///
/// If there are more or fewer bytes than the type has.
pub fn render_element(dtype: DType, bytes: &[u8]) -> Result<Value, JsonError> {
	let length = bytes.len();
	if length != dtype.size() {
		return Err(JsonError::Length { length, dtype });
	}
	let bits = bytes.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
	Ok(match dtype {
		DType::Bool => Value::Bool(bits == 1),
		DType::U8 | DType::U16 | DType::U32 | DType::U64 => bits.into(),
		DType::I8 => (bits as i8).into(),
		DType::I16 => (bits as i16).into(),
		DType::I32 => (bits as i32).into(),
		DType::I64 => (bits as i64).into(),
		DType::F16 | DType::BF16 | DType::F32 | DType::F64 => render_float(dtype, bits),
	})
}

fn render_float(dtype: DType, bits: u64) -> Value {
	let value = match floats::value(dtype, bits) {
		Some(value) if value.is_nan() => {
			let is_plain = floats::nan(dtype) == Some(bits);
			let digits = 2 * dtype.size();
			return if is_plain { "nan".into() } else { format!("0x{bits:0digits$x}").into() };
		},
		Some(f64::INFINITY) => return "inf".into(),
		Some(f64::NEG_INFINITY) => return "-inf".into(),
		value => value,
	};
	// The shortest notation of an f32 is shorter than that of the same f64.
	let noted = match dtype {
		DType::F32 => f32::from_bits(bits as u32).to_string().parse().ok(),
		_ => value,
	};
	noted.and_then(Number::from_f64).map_or(Value::Null, Value::Number)
}
