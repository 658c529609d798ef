//! Inputs of a model: files in any known format, and whether they are what the model takes.

use crate::{
	bytes::BytesError,
	image::{self, Format, ImageError, Layout},
	json::{self, JsonError},
	npy::{self, NpyError},
	proto::{self, ProtoError},
	report::Port,
};
use opg_engine_types::tensor::{self, DType, Tensor, TensorError, MAGIC};
use std::{
	fmt,
	path::{Path, PathBuf},
};

/// A file of tensors, `file` or `name=file`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputFile {
	/// Name of the tensor, if it is given.
	pub name: Option<String>,
	/// Where the file is.
	pub path: PathBuf,
}

impl From<&str> for InputFile {
	fn from(argument: &str) -> Self {
		match argument.split_once('=') {
			Some((name, path)) => Self { name: Some(name.into()), path: path.into() },
			None => Self { name: None, path: argument.into() },
		}
	}
}

impl InputFile {
	/// The input that the file is for, where those of the model are known.
	pub fn port<'a>(&self, inputs: Option<&'a [Port]>) -> Option<&'a Port> {
		match (inputs, &self.name) {
			(Some(inputs), Some(name)) => inputs.iter().find(|port| port.name == *name),
			(Some([only]), None) => Some(only),
			_ => None,
		}
	}
}

impl fmt::Display for InputFile {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		if let Some(name) = &self.name {
			write!(f, "{name}=")?;
		}
		write!(f, "{}", self.path.display())
	}
}

/// Format of a file of tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
	/// A list of tensors, as [`json`] describes it.
	Json,
	/// A list of encoded tensors.
	Opgt,
	/// One array without a name.
	Npy,
	/// One tensor of ONNX.
	Proto,
	/// PNG or JPEG: one tensor without a name.
	Picture,
}

impl Kind {
	/// The format by the ending of the file's name, or where that says nothing, by its first bytes.
	pub fn of(path: &Path, bytes: &[u8]) -> Option<Self> {
		let extension = path.extension().and_then(|extension| extension.to_str());
		match extension.unwrap_or_default() {
			"json" => Some(Self::Json),
			"opgt" => Some(Self::Opgt),
			"npy" => Some(Self::Npy),
			"pb" => Some(Self::Proto),
			"png" | "jpg" | "jpeg" => Some(Self::Picture),
			_ => Self::of_bytes(bytes),
		}
	}

	fn of_bytes(bytes: &[u8]) -> Option<Self> {
		if bytes.starts_with(&MAGIC) {
			return Some(Self::Opgt);
		}
		if bytes.starts_with(npy::MAGIC) {
			return Some(Self::Npy);
		}
		if bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"\xff\xd8") {
			return Some(Self::Picture);
		}
		let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
		first.is_some_and(|byte| *byte == b'[').then_some(Self::Json)
	}

	/// Tells whether the file says how its tensors are called.
	pub fn names_tensors(self) -> bool {
		matches!(self, Self::Json | Self::Opgt)
	}
}

/// Cause for which a file is refused as an input.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
	/// A list of tensors has names, and another was given.
	#[error("such a file names its tensors: give it without a name")]
	NamesItself,
	/// A tensor has no name.
	#[error("which input is it? Give it as NAME=FILE")]
	NoName,
	/// The file is no JSON of tensors.
	#[error(transparent)]
	Json(#[from] JsonError),
	/// The file is no list of encoded tensors.
	#[error(transparent)]
	Opgt(#[from] TensorError),
	/// The file is no array of NumPy.
	#[error(transparent)]
	Npy(#[from] NpyError),
	/// The file is no tensor of ONNX.
	#[error(transparent)]
	Proto(#[from] ProtoError),
	/// The file is no picture, or one of another kind.
	#[error(transparent)]
	Image(#[from] ImageError),
	/// The bytes of the file are not what was asked for.
	#[error(transparent)]
	Bytes(#[from] BytesError),
}

/// Reads the tensors of a file. `name` is that of a tensor that has none of its own; `pictures` says what
/// becomes of pixels.
///
/// # Errors
///
/// If the file is malformed, or its tensor has no name, or two.
pub fn parse(
	kind: Kind,
	name: Option<&str>,
	file: &[u8],
	pictures: &Format,
) -> Result<Vec<Tensor>, InputError> {
	if kind.names_tensors() && name.is_some() {
		return Err(InputError::NamesItself);
	}
	let tensor = match kind {
		Kind::Json => return Ok(json::parse(file)?),
		Kind::Opgt => return Ok(tensor::decode(file)?),
		Kind::Npy => npy::parse("", file)?,
		Kind::Proto => proto::parse(file)?,
		Kind::Picture => image::parse("", file, pictures)?,
	};
	let name = name.map_or(tensor.name, Into::into);
	if name.is_empty() {
		return Err(InputError::NoName);
	}
	Ok(vec![Tensor { name, ..tensor }])
}

/// Difference between tensors and what a model takes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
	/// An input is not given.
	#[error("input `{name}` is missing: the model takes {expected}")]
	Missing {
		/// Name of the input.
		name: String,
		/// Type and shape that it has.
		expected: String,
	},
	/// A tensor is no input of the model.
	#[error("the model has no input `{name}`; it takes {known}")]
	Unknown {
		/// Name of the tensor.
		name: String,
		/// All inputs with types and shapes.
		known: String,
	},
	/// A tensor has another type or shape.
	#[error("input `{name}`: the model takes {expected}, and this is {got}")]
	Other {
		/// Name of the input.
		name: String,
		/// Type and shape that the model takes.
		expected: String,
		/// Type and shape of the tensor.
		got: String,
	},
}

/// Compares tensors with the inputs of a model.
///
/// # Errors
///
/// The first difference.
pub fn check(tensors: &[Tensor], inputs: &[Port]) -> Result<(), Mismatch> {
	for tensor in tensors {
		let Some(port) = inputs.iter().find(|port| port.name == tensor.name) else {
			let known: Vec<_> = inputs.iter().map(describe_port).collect();
			return Err(Mismatch::Unknown { name: tensor.name.clone(), known: known.join(", ") });
		};
		if (port.dtype, &port.shape) != (tensor.dtype, &tensor.shape) {
			return Err(Mismatch::Other {
				name: tensor.name.clone(),
				expected: form(port.dtype, &port.shape),
				got: form(tensor.dtype, &tensor.shape),
			});
		}
	}
	let missing = inputs.iter().find(|port| tensors.iter().all(|tensor| tensor.name != port.name));
	missing.map_or(Ok(()), |port| {
		Err(Mismatch::Missing { name: port.name.clone(), expected: form(port.dtype, &port.shape) })
	})
}

/// An input in a few words: `pixels f32[1, 64]`.
pub fn describe_port(port: &Port) -> String {
	format!("{} {}", port.name, form(port.dtype, &port.shape))
}

fn form(dtype: DType, shape: &[u64]) -> String {
	format!("{dtype}{shape:?}")
}

/// Channels and layout of an input that takes pictures: bytes or `f32` of one picture with one channel or
/// three. `None` for any other, and where the shape does not tell which side the channels are.
pub fn picture_layout(port: &Port) -> Option<(usize, Layout)> {
	let is_depth = |size: u64| size == 1 || size == 3;
	let &[1, second, _, last] = port.shape.as_slice() else { return None };
	if !matches!(port.dtype, DType::U8 | DType::F32) {
		return None;
	}
	match (is_depth(second), is_depth(last)) {
		(true, false) => Some((second as usize, Layout::Planes)),
		(false, true) => Some((last as usize, Layout::Interleaved)),
		_ => None,
	}
}
