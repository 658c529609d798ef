//! Tensors as people write and read them.
//!
//! A file is JSON as [`opg_tensors::json`] describes it, or holds encoded tensors (`.opgt`), which
//! `opg-engine convert` makes of other formats.

use crate::fs;
use anyhow::{ensure, Context, Result};
use opg_engine_types::tensor::{self, Tensor};
use opg_execution::printable;
use opg_primitives::MAX_CONTENT_BYTES;
use opg_tensors::json;
use serde_json::Value;
use std::path::Path;

/// Most elements of one tensor that are shown.
const SHOWN: usize = 10;

/// Reads the input tensors of a request from a file, and encodes them.
pub(crate) fn load(path: &Path) -> Result<Vec<u8>> {
	let bytes = fs::read(path)?;
	let tensors = match path.extension().and_then(|extension| extension.to_str()) {
		Some("opgt") => tensor::decode(&bytes).map_err(anyhow::Error::new),
		_ => json::parse(&bytes).map_err(anyhow::Error::new),
	};
	let tensors = tensors.with_context(|| format!("{}", path.display()))?;
	let encoded = tensor::encode(&tensors);
	ensure!(
		encoded.len() <= MAX_CONTENT_BYTES as usize,
		"{}: an input has {MAX_CONTENT_BYTES} bytes at most, and this one has {}",
		path.display(),
		encoded.len()
	);
	Ok(encoded)
}

/// Writes encoded tensors to a file: as JSON where its name ends so, otherwise as they are.
pub(crate) fn save(path: &Path, encoded: &[u8]) -> Result<()> {
	if path.extension().is_none_or(|extension| extension != "json") {
		return fs::write(path, encoded);
	}
	let tensors = tensor::decode(encoded)?;
	fs::write(path, serde_json::to_vec(&json::render(&tensors)?)?)
}

/// An encoded list of tensors, a line for each.
pub(crate) fn show(encoded: &[u8]) -> Vec<String> {
	match tensor::decode(encoded) {
		Err(error) => vec![format!("{} bytes that do not decode: {error}", encoded.len())],
		Ok(tensors) => tensors.iter().map(show_tensor).collect(),
	}
}

/// An encoded list of tensors as JSON; null if it does not decode.
pub(crate) fn to_json(encoded: &[u8]) -> Value {
	tensor::decode(encoded)
		.ok()
		.and_then(|tensors| json::render(&tensors).ok())
		.unwrap_or(Value::Null)
}

fn show_tensor(tensor: &Tensor) -> String {
	let Tensor { name, dtype, shape, data } = tensor;
	let elements = data.chunks_exact(dtype.size());
	let more = if elements.len() > SHOWN { ", ..." } else { "" };
	let shown: Vec<_> = elements
		.take(SHOWN)
		.map(|bytes| match json::render_element(*dtype, bytes) {
			Ok(Value::Number(number)) => match number.as_f64().filter(|_| number.is_f64()) {
				Some(float) => format!("{float:.4}"),
				None => number.to_string(),
			},
			// Numbers that JSON does not have are strings.
			Ok(Value::String(text)) => text,
			Ok(value) => value.to_string(),
			Err(error) => error.to_string(),
		})
		.collect();
	format!("{} {dtype}{shape:?}: {}{more}", printable(name), shown.join(", "))
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn load_should_read_both_formats_when_they_hold_the_same() {
		let json = r#"[{"name":"x","dtype":"f32","shape":[3],"data":[0.5,-1,"nan"]},
			{"name":"n","dtype":"i8","shape":[1,1],"data":[-128]}]"#;
		let directory = tempfile::tempdir().unwrap();
		let (text, encoded) = (directory.path().join("x.json"), directory.path().join("x.opgt"));
		std::fs::write(&text, json).unwrap();
		let input = load(&text).unwrap();
		assert_eq!(show(&input), ["x f32[3]: 0.5000, -1.0000, nan", "n i8[1, 1]: -128"]);
		assert_eq!(to_json(&input)[1]["data"][0], -128);
		save(&encoded, &input).unwrap();
		assert_eq!(std::fs::read(&encoded).unwrap(), input);
		assert_eq!(load(&encoded).unwrap(), input);
		save(&text, &input).unwrap();
		assert_eq!(load(&text).unwrap(), input);
	}

	#[test]
	fn load_should_name_the_file_when_it_refuses_it() {
		let directory = tempfile::tempdir().unwrap();
		for name in ["x.json", "x.opgt", "missing.json"] {
			let path = directory.path().join(name);
			if !name.starts_with("missing") {
				std::fs::write(&path, "{}").unwrap();
			}
			let error = format!("{:#}", load(&path).err().unwrap());
			assert!(error.contains(name), "{error}");
		}
	}

	#[test]
	fn show_should_print_no_control_characters_when_a_name_has_some() {
		let data = vec![0];
		let tensor =
			Tensor { name: "\u{1b}[2J".into(), dtype: tensor::DType::U8, shape: vec![1], data };
		let shown = show(&tensor::encode(&[tensor]));
		assert!(shown[0].chars().all(|c| !c.is_control()), "{shown:?}");
		assert!(show(b"nonsense")[0].starts_with("8 bytes"));
	}
}
