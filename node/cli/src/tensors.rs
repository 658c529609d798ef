//! Tensors as people write and read them.
//!
//! A file is a JSON list of `{"name": "pixels", "dtype": "f32", "shape": [1, 64], "data": [...]}`
//! with the data in row-major order.

use crate::local;
use anyhow::{anyhow, Context, Result};
use opg_engine::tensor::{self, DType, Tensor};
use opg_primitives::{Input, MAX_INPUT_BYTES};
use serde_json::Value;
use std::path::Path;

/// Most elements of one tensor that are shown.
const SHOWN: usize = 10;

/// Read the input tensors of a request from a JSON file.
pub fn load(path: &Path) -> Result<Input> {
	let tensors = parse(&local::read(path)?).with_context(|| format!("{}", path.display()))?;
	Input::try_from(tensor::encode(&tensors))
		.map_err(|_| anyhow!("the input is longer than {MAX_INPUT_BYTES} bytes"))
}

fn parse(json: &[u8]) -> Result<Vec<Tensor>> {
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
	let dtype = value["dtype"].as_str().context("no `dtype`")?;
	let dtype = *DType::ALL
		.iter()
		.find(|known| known.to_string() == dtype)
		.with_context(|| format!("unknown dtype `{dtype}`"))?;
	let shape = value["shape"].as_array().context("no `shape`")?;
	let shape = shape.iter().map(Value::as_u64).collect::<Option<_>>().context("bad `shape`")?;
	let mut data = Vec::new();
	for element in value["data"].as_array().context("no `data`")? {
		let bytes = element_bytes(dtype, element)
			.with_context(|| format!("{element} is not a {dtype} that can be written in JSON"))?;
		data.extend(bytes);
	}
	Ok(Tensor { name: name.into(), dtype, shape, data })
}

fn element_bytes(dtype: DType, value: &Value) -> Option<Vec<u8>> {
	fn whole<T: TryFrom<i64>>(value: &Value) -> Option<T> {
		T::try_from(value.as_i64()?).ok()
	}
	Some(match dtype {
		DType::Bool => vec![value.as_bool()?.into()],
		DType::U8 => whole::<u8>(value)?.to_le_bytes().into(),
		DType::U16 => whole::<u16>(value)?.to_le_bytes().into(),
		DType::U32 => whole::<u32>(value)?.to_le_bytes().into(),
		DType::U64 => value.as_u64()?.to_le_bytes().into(),
		DType::I8 => whole::<i8>(value)?.to_le_bytes().into(),
		DType::I16 => whole::<i16>(value)?.to_le_bytes().into(),
		DType::I32 => whole::<i32>(value)?.to_le_bytes().into(),
		DType::I64 => value.as_i64()?.to_le_bytes().into(),
		DType::F32 => (value.as_f64()? as f32).to_le_bytes().into(),
		DType::F64 => value.as_f64()?.to_le_bytes().into(),
		DType::F16 | DType::BF16 => return None,
	})
}

/// An encoded list of tensors, a line for each.
pub fn show(encoded: &[u8]) -> Vec<String> {
	match tensor::decode(encoded) {
		Err(error) => vec![format!("{} bytes that do not decode: {error}", encoded.len())],
		Ok(tensors) => tensors.iter().map(show_tensor).collect(),
	}
}

fn show_tensor(tensor: &Tensor) -> String {
	let elements: Vec<_> = tensor.data.chunks_exact(tensor.dtype.size()).collect();
	let shown: Vec<_> =
		elements.iter().take(SHOWN).map(|bytes| show_element(tensor.dtype, bytes)).collect();
	let more = if elements.len() > SHOWN { ", ..." } else { "" };
	format!("{} {}{:?}: {}{more}", tensor.name, tensor.dtype, tensor.shape, shown.join(", "))
}

fn show_element(dtype: DType, bytes: &[u8]) -> String {
	let mut wide = [0; 8];
	wide[..bytes.len()].copy_from_slice(bytes);
	let bits = u64::from_le_bytes(wide);
	// Narrowing keeps exactly the bytes of the element.
	match dtype {
		DType::Bool => (bits == 1).to_string(),
		DType::U8 | DType::U16 | DType::U32 | DType::U64 => bits.to_string(),
		DType::I8 => (bits as i8).to_string(),
		DType::I16 => (bits as i16).to_string(),
		DType::I32 => (bits as i32).to_string(),
		DType::I64 => (bits as i64).to_string(),
		DType::F32 => format!("{:.4}", f32::from_bits(bits as u32)),
		DType::F64 => format!("{:.4}", f64::from_bits(bits)),
		DType::F16 | DType::BF16 => format!("0x{:04x}", bits as u16),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn parse_should_read_what_show_prints() {
		let json = r#"[{"name":"x","dtype":"f32","shape":[2],"data":[0.5,-1]},
			{"name":"n","dtype":"i8","shape":[1,1],"data":[-128]}]"#;
		let tensors = parse(json.as_bytes()).unwrap();
		let lines = show(&tensor::encode(&tensors));
		assert_eq!(lines, ["x f32[2]: 0.5000, -1.0000", "n i8[1, 1]: -128"]);
	}

	#[test]
	fn parse_should_refuse_what_does_not_fit() {
		for json in [
			"{}",
			"[{}]",
			r#"[{"name":"x","dtype":"f99","shape":[1],"data":[1]}]"#,
			r#"[{"name":"x","dtype":"i8","shape":[1],"data":[128]}]"#,
			r#"[{"name":"x","dtype":"f32","shape":[2],"data":[1]}]"#,
			r#"[{"name":"x","dtype":"bool","shape":[1],"data":[1]}]"#,
		] {
			assert!(parse(json.as_bytes()).is_err(), "{json}");
		}
	}
}
