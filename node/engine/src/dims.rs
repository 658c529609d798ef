//! Bindings of symbolic dimensions, such as `batch = 1`. They belong to a model as its bytes do.
//!
//! ```text
//! binding*, in the order of the names: name length u16 | name, UTF-8 | size u64
//! ```
//!
//! All numbers are little endian. One set of bindings has one encoding; none are no bytes. The
//! guest compiles this file too, hence only the standard library.

use std::collections::BTreeMap;

/// Most bindings.
pub const MAX_DIMS: usize = 256;
/// Longest name of a dimension, in bytes.
pub const MAX_NAME: usize = 1024;

/// Sizes of symbolic dimensions by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dims(BTreeMap<String, u64>);

impl Dims {
	/// Binds `name`. Refuses a name that is bound already, empty or too long, and too many.
	pub fn bind(&mut self, name: &str, size: u64) -> Result<(), DimsError> {
		let bad_name = name.is_empty() || name.len() > MAX_NAME;
		if bad_name || self.0.len() >= MAX_DIMS || self.0.contains_key(name) {
			return Err(DimsError);
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

	/// Encodes the bindings.
	pub fn encode(&self) -> Vec<u8> {
		let mut out = Vec::new();
		for (name, size) in &self.0 {
			out.extend((name.len() as u16).to_le_bytes());
			out.extend(name.as_bytes());
			out.extend(size.to_le_bytes());
		}
		out
	}

	/// Decodes bindings. Total; accepts only what [`Dims::encode`] gives.
	pub fn decode(bytes: &[u8]) -> Result<Dims, DimsError> {
		let mut dims = Dims::default();
		let mut rest = bytes;
		while !rest.is_empty() {
			let (length, tail) = rest.split_first_chunk().ok_or(DimsError)?;
			let length = usize::from(u16::from_le_bytes(*length));
			let (name, tail) = tail.split_at_checked(length).ok_or(DimsError)?;
			let (size, tail) = tail.split_first_chunk().ok_or(DimsError)?;
			let name = std::str::from_utf8(name).map_err(|_| DimsError)?;
			if dims.0.last_key_value().is_some_and(|(last, _)| last.as_str() >= name) {
				return Err(DimsError);
			}
			dims.bind(name, u64::from_le_bytes(*size))?;
			rest = tail;
		}
		Ok(dims)
	}
}

/// Not a set of bindings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DimsError;

impl std::fmt::Display for DimsError {
	fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
		f.write_str("the dimensions are not bound once each, in the order of their names")
	}
}

impl std::error::Error for DimsError {}
