//! Sizes of dimensions that a model file leaves open, such as `batch = 1`. They belong to a model as
//! its bytes do.
//!
//! ```text
//! dimension*, in the order of the names: name length u16 | name, UTF-8 | size u64
//! ```
//!
//! No dimensions are no bytes.

use alloc::{borrow::ToOwned, collections::BTreeMap, string::String, vec::Vec};
use core::{fmt, str::FromStr};

/// Most dimensions.
pub const MAX_DIMS: usize = 256;
/// Longest name of a dimension, in bytes.
pub const MAX_NAME: usize = 1024;

/// A dimension and its size. In text it is `NAME=SIZE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dim {
	/// Name of the dimension in the model file, or [its place](position).
	pub name: String,
	/// Elements along it.
	pub size: u64,
}

impl FromStr for Dim {
	type Err = DimsError;

	fn from_str(text: &str) -> Result<Dim, DimsError> {
		// A name may hold an equals sign, a size may not.
		let (name, size) = text.rsplit_once('=').ok_or(DimsError::Syntax)?;
		if name.is_empty() || name.len() > MAX_NAME {
			return Err(DimsError::InvalidName);
		}
		Ok(Dim { name: name.to_owned(), size: size.parse().map_err(|_| DimsError::Syntax)? })
	}
}

impl fmt::Display for Dim {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "{}={}", self.name, self.size)
	}
}

/// The input and the axis that `name` stands for where no dimension of the model has that name:
/// `x:2` is the third dimension of input `x`. The name of the input may hold colons too.
pub fn position(name: &str) -> Option<(&str, usize)> {
	let (input, axis) = name.rsplit_once(':')?;
	// One spelling for each axis.
	let plain = axis == "0" || axis.starts_with(|first: char| matches!(first, '1'..='9'));
	if input.is_empty() || !plain {
		return None;
	}
	// The same on 32 and on 64 bits.
	let axis = axis.parse::<u16>().ok()?;
	Some((input, axis.into()))
}

/// Sizes of symbolic dimensions by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dims(BTreeMap<String, u64>);

impl Dims {
	/// Binds `name` to `size`. Each name is bound once.
	pub fn bind(&mut self, name: &str, size: u64) -> Result<(), DimsError> {
		if name.is_empty() || name.len() > MAX_NAME {
			return Err(DimsError::InvalidName);
		}
		if self.0.contains_key(name) {
			return Err(DimsError::BoundTwice(name.into()));
		}
		if self.0.len() >= MAX_DIMS {
			return Err(DimsError::TooMany);
		}
		self.0.insert(name.into(), size);
		Ok(())
	}

	/// The size of a dimension.
	pub fn get(&self, name: &str) -> Option<u64> {
		self.0.get(name).copied()
	}

	/// Names and sizes, in the order of the names.
	pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
		self.0.iter().map(|(name, size)| (name.as_str(), *size))
	}

	/// Encodes the dimensions.
	pub fn encode(&self) -> Vec<u8> {
		let mut out = Vec::new();
		for (name, size) in &self.0 {
			out.extend((name.len() as u16).to_le_bytes());
			out.extend(name.as_bytes());
			out.extend(size.to_le_bytes());
		}
		out
	}

	/// Decodes dimensions. Total; accepts only what [`Dims::encode`] gives.
	pub fn decode(bytes: &[u8]) -> Result<Dims, DimsError> {
		const INVALID: DimsError = DimsError::Encoding;
		let mut dims = Dims::default();
		let mut rest = bytes;
		while !rest.is_empty() {
			let (length, tail) = rest.split_first_chunk().ok_or(INVALID)?;
			let length = usize::from(u16::from_le_bytes(*length));
			let (name, tail) = tail.split_at_checked(length).ok_or(INVALID)?;
			let (size, tail) = tail.split_first_chunk().ok_or(INVALID)?;
			let name = core::str::from_utf8(name).map_err(|_| INVALID)?;
			if dims.0.last_key_value().is_some_and(|(last, _)| last.as_str() >= name) {
				return Err(INVALID);
			}
			dims.bind(name, u64::from_le_bytes(*size))?;
			rest = tail;
		}
		Ok(dims)
	}
}

impl TryFrom<Vec<Dim>> for Dims {
	type Error = DimsError;

	fn try_from(list: Vec<Dim>) -> Result<Dims, DimsError> {
		let mut dims = Dims::default();
		list.iter().try_for_each(|dim| dims.bind(&dim.name, dim.size))?;
		Ok(dims)
	}
}

/// The cause for which a set of dimensions is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DimsError {
	/// The text is not `NAME=SIZE`.
	Syntax,
	/// A name is empty or longer than [`MAX_NAME`].
	InvalidName,
	/// The name is bound already.
	BoundTwice(String),
	/// More than [`MAX_DIMS`].
	TooMany,
	/// The bytes are not an encoding.
	Encoding,
}

impl fmt::Display for DimsError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Syntax => f.write_str("a dimension is written NAME=SIZE or INPUT:AXIS=SIZE"),
			Self::InvalidName => {
				write!(f, "the name of a dimension has 1 to {MAX_NAME} bytes")
			},
			Self::BoundTwice(name) => write!(f, "dimension `{name}` is bound twice"),
			Self::TooMany => write!(f, "at most {MAX_DIMS} dimensions can be bound"),
			Self::Encoding => {
				f.write_str("the dimensions are not encoded once each, in the order of their names")
			},
		}
	}
}

impl core::error::Error for DimsError {}
