//! Tensors as people write and read them.
//!
//! A file is JSON as [`opg_tensors::json`] describes it, or holds encoded tensors (`.opgt`), which
//! `opg-engine convert` makes of other formats.

use crate::local;
use anyhow::{anyhow, Context, Result};
use opg_engine::tensor::{self, DType, Tensor};
use opg_primitives::{Input, MAX_INPUT_BYTES};
use opg_tensors::json;
use std::path::Path;

/// Most elements of one tensor that are shown.
const SHOWN: usize = 10;

/// Read the input tensors of a request from a file.
pub fn load(path: &Path) -> Result<Input> {
	let bytes = local::read(path)?;
	let tensors = match path.extension().and_then(|extension| extension.to_str()) {
		Some("opgt") => tensor::decode(&bytes).map_err(Into::into),
		_ => json::parse(&bytes),
	};
	let tensors = tensors.with_context(|| format!("{}", path.display()))?;
	Input::try_from(tensor::encode(&tensors))
		.map_err(|_| anyhow!("the input is longer than {MAX_INPUT_BYTES} bytes"))
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
	fn load_should_read_what_show_prints() {
		let json = r#"[{"name":"x","dtype":"f32","shape":[2],"data":[0.5,-1]},
			{"name":"n","dtype":"i8","shape":[1,1],"data":[-128]}]"#;
		let directory = tempfile::tempdir().unwrap();
		let (text, encoded) = (directory.path().join("x.json"), directory.path().join("x.opgt"));
		std::fs::write(&text, json).unwrap();
		let input = load(&text).unwrap();
		assert_eq!(show(&input), ["x f32[2]: 0.5000, -1.0000", "n i8[1, 1]: -128"]);
		std::fs::write(&encoded, &input).unwrap();
		assert_eq!(load(&encoded).unwrap(), input);
		std::fs::write(&text, "{}").unwrap();
		assert!(load(&text).is_err());
	}
}
