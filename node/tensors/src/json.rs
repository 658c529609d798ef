//! Tensors as JSON: a list of
//! `{"name": "pixels", "dtype": "f32", "shape": [1, 64], "data": [...]}` in row-major order.
//!
//! Numbers are numbers, bools are bools. What a number cannot say is a string: `"inf"`, `"-inf"`,
//! `"nan"`, and `"0xffc00001"`, the bits of any other NaN.

use crate::floats;
use anyhow::{anyhow, bail, Context, Result};
use opg_engine::tensor::{self, DType, Tensor};
use serde_json::{json, Number, Value};

/// Reads a list of tensors.
pub fn parse(json: &[u8]) -> Result<Vec<Tensor>> {
	let list: Value = serde_json::from_slice(json).map_err(|e| anyhow!("not JSON: {e}"))?;
	let list = list.as_array().context("not a list of tensors")?;
	let tensors = list.iter().map(parse_tensor).collect::<Result<Vec<_>>>()?;
	tensor::check(&tensors)?;
	Ok(tensors)
}

fn parse_tensor(value: &Value) -> Result<Tensor> {
	let name = value["name"].as_str().context("a tensor without a `name`")?;
	parse_named(name, value).with_context(|| format!("tensor `{name}`"))
}

fn parse_named(name: &str, value: &Value) -> Result<Tensor> {
	let dtype = dtype(value["dtype"].as_str().context("no `dtype`")?)?;
	let shape = value["shape"].as_array().context("no `shape`")?;
	let shape = shape.iter().map(Value::as_u64).collect::<Option<_>>().context("bad `shape`")?;
	let mut data = Vec::new();
	for element in value["data"].as_array().context("no `data`")? {
		let bits = parse_element(dtype, element)
			.with_context(|| format!("{element} is not exactly a {dtype}"))?;
		data.extend(&bits.to_le_bytes()[..dtype.size()]);
	}
	Ok(Tensor { name: name.into(), dtype, shape, data })
}

/// The type of this name.
pub fn dtype(name: &str) -> Result<DType> {
	let known = DType::ALL.into_iter().find(|known| known.to_string() == name);
	known.with_context(|| format!("unknown dtype `{name}`"))
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
pub fn render(tensors: &[Tensor]) -> Result<Value> {
	tensor::check(tensors)?;
	tensors.iter().map(render_tensor).collect::<Result<Vec<_>>>().map(Value::Array)
}

fn render_tensor(tensor: &Tensor) -> Result<Value> {
	let Tensor { name, dtype, shape, data } = tensor;
	let data = data
		.chunks_exact(dtype.size())
		.map(|bytes| render_element(*dtype, bytes))
		.collect::<Result<Vec<_>>>()?;
	Ok(json!({ "name": name, "dtype": dtype.to_string(), "shape": shape, "data": data }))
}

/// Writes one element.
pub fn render_element(dtype: DType, bytes: &[u8]) -> Result<Value> {
	let mut wide = [0; 8];
	wide.get_mut(..bytes.len())
		.context("an element of eight bytes at most")?
		.copy_from_slice(bytes);
	let bits = u64::from_le_bytes(wide);
	Ok(match dtype {
		DType::Bool => Value::Bool(bits == 1),
		DType::U8 | DType::U16 | DType::U32 | DType::U64 => bits.into(),
		DType::I8 => (bits as i8).into(),
		DType::I16 => (bits as i16).into(),
		DType::I32 => (bits as i32).into(),
		DType::I64 => (bits as i64).into(),
		DType::F16 | DType::BF16 | DType::F32 | DType::F64 => render_float(dtype, bits)?,
	})
}

fn render_float(dtype: DType, bits: u64) -> Result<Value> {
	let Some(value) = floats::value(dtype, bits) else { bail!("{dtype} is no float") };
	if value.is_nan() {
		let plain = floats::nan(dtype) == Some(bits);
		let digits = 2 * dtype.size();
		return Ok(if plain { "nan".into() } else { format!("0x{bits:0digits$x}").into() });
	}
	if value.is_infinite() {
		return Ok(if value > 0.0 { "inf" } else { "-inf" }.into());
	}
	// The shortest notation of an f32 is shorter than that of the same f64.
	let noted =
		if dtype == DType::F32 { f32::from_bits(bits as u32).to_string().parse()? } else { value };
	Ok(Number::from_f64(noted).map_or(Value::Null, Value::Number))
}
