//! Lists of tensors: the input of a request and the output of a run.
//!
//! ```text
//! magic "OPGT" | version u8 | count u8 | tensor*
//! tensor: name length u16 | name, UTF-8 | dtype u8 | rank u8 | dims u64 * rank | data length u32 | data
//! ```
//!
//! Every list that [`decode`] accepts encodes to the bytes it came from.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt;

/// First bytes of an encoding: the magic and the version.
pub const MAGIC: [u8; 5] = *b"OPGT\x01";
/// Most tensors in one list.
pub const MAX_TENSORS: usize = 64;
/// Most dimensions of one tensor.
pub const MAX_RANK: usize = 8;

/// Type of a tensor's elements. The discriminant is its code on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum DType {
	Bool = 0,
	U8 = 1,
	U16 = 2,
	U32 = 3,
	U64 = 4,
	I8 = 5,
	I16 = 6,
	I32 = 7,
	I64 = 8,
	F16 = 9,
	F32 = 10,
	F64 = 11,
	/// Carried, but no model takes it.
	BF16 = 12,
}

impl DType {
	/// Every type, in the order of the codes.
	pub const ALL: [DType; 13] = [
		DType::Bool,
		DType::U8,
		DType::U16,
		DType::U32,
		DType::U64,
		DType::I8,
		DType::I16,
		DType::I32,
		DType::I64,
		DType::F16,
		DType::F32,
		DType::F64,
		DType::BF16,
	];

	/// Bytes of one element.
	pub fn size(self) -> usize {
		match self {
			DType::Bool | DType::U8 | DType::I8 => 1,
			DType::U16 | DType::I16 | DType::F16 | DType::BF16 => 2,
			DType::U32 | DType::I32 | DType::F32 => 4,
			DType::U64 | DType::I64 | DType::F64 => 8,
		}
	}

	/// The type with this code.
	pub fn from_code(code: u8) -> Option<DType> {
		Self::ALL.get(usize::from(code)).copied()
	}

	/// Gives every NaN in data of this type the one bit pattern: quiet, positive, no payload.
	pub fn canonicalise_nan(self, data: &mut [u8]) {
		fn each<const N: usize>(data: &mut [u8], is_nan: fn([u8; N]) -> bool, nan: [u8; N]) {
			for chunk in data.chunks_exact_mut(N) {
				if <[u8; N]>::try_from(&*chunk).is_ok_and(is_nan) {
					chunk.copy_from_slice(&nan);
				}
			}
		}
		match self {
			DType::F16 => {
				each(data, |b| u16::from_le_bytes(b) & 0x7fff > 0x7c00, 0x7e00u16.to_le_bytes())
			},
			DType::F32 => {
				each(data, |b| f32::from_le_bytes(b).is_nan(), 0x7fc0_0000u32.to_le_bytes())
			},
			DType::F64 => each(
				data,
				|b| f64::from_le_bytes(b).is_nan(),
				0x7ff8_0000_0000_0000u64.to_le_bytes(),
			),
			_ => (),
		}
	}
}

impl fmt::Display for DType {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			DType::Bool => "bool",
			DType::U8 => "u8",
			DType::U16 => "u16",
			DType::U32 => "u32",
			DType::U64 => "u64",
			DType::I8 => "i8",
			DType::I16 => "i16",
			DType::I32 => "i32",
			DType::I64 => "i64",
			DType::F16 => "f16",
			DType::F32 => "f32",
			DType::F64 => "f64",
			DType::BF16 => "bf16",
		})
	}
}

/// A named, dense tensor in row-major order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tensor {
	/// Name of the model's input or output.
	pub name: String,
	/// Type of the elements.
	pub dtype: DType,
	/// Elements along each dimension; empty for a scalar.
	pub shape: Vec<u64>,
	/// The elements, little endian.
	pub data: Vec<u8>,
}

/// The cause for which a list of tensors is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TensorError {
	/// The bytes do not begin with [`MAGIC`].
	Magic,
	/// The bytes end before the tensors do.
	Truncated,
	/// Bytes follow the last tensor.
	TrailingBytes,
	/// More than [`MAX_TENSORS`].
	TooMany(usize),
	/// Two tensors have this name.
	DuplicateName(String),
	/// A name that is not UTF-8, or longer than a u16 can say.
	BadName,
	/// No type has this code.
	UnknownDType(u8),
	/// More than [`MAX_RANK`] dimensions.
	RankTooHigh(usize),
	/// The data is not as long as the shape and the type ask for.
	WrongLength {
		/// Name of the tensor.
		name: String,
		/// Bytes present.
		have: usize,
	},
	/// A `bool` that is neither 0 nor 1.
	BadBool(String),
}

impl fmt::Display for TensorError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Magic => {
				write!(f, "not a tensor list: it must begin with \"OPGT\" and version 1")
			},
			Self::Truncated => write!(f, "the tensor list ends too early"),
			Self::TrailingBytes => write!(f, "bytes follow the last tensor"),
			Self::TooMany(n) => write!(f, "{n} tensors, at most {MAX_TENSORS} are allowed"),
			Self::DuplicateName(name) => write!(f, "two tensors are named `{name}`"),
			Self::BadName => write!(f, "a tensor name is not UTF-8 or longer than 65535 bytes"),
			Self::UnknownDType(code) => write!(f, "unknown element type {code}"),
			Self::RankTooHigh(rank) => {
				write!(f, "{rank} dimensions, at most {MAX_RANK} are allowed")
			},
			Self::WrongLength { name, have } => {
				write!(
					f,
					"tensor `{name}` has {have} bytes of data, its shape needs another number"
				)
			},
			Self::BadBool(name) => write!(f, "tensor `{name}` has a bool that is neither 0 nor 1"),
		}
	}
}

impl core::error::Error for TensorError {}

/// Checks that `tensors` is a list that can be encoded.
pub fn check(tensors: &[Tensor]) -> Result<(), TensorError> {
	if tensors.len() > MAX_TENSORS {
		return Err(TensorError::TooMany(tensors.len()));
	}
	for (i, tensor) in tensors.iter().enumerate() {
		let name = || tensor.name.clone();
		if u16::try_from(tensor.name.len()).is_err() {
			return Err(TensorError::BadName);
		}
		if tensors[..i].iter().any(|other| other.name == tensor.name) {
			return Err(TensorError::DuplicateName(name()));
		}
		if tensor.shape.len() > MAX_RANK {
			return Err(TensorError::RankTooHigh(tensor.shape.len()));
		}
		let have = tensor.data.len();
		let need = tensor
			.shape
			.iter()
			.try_fold(tensor.dtype.size() as u64, |bytes, dim| bytes.checked_mul(*dim));
		if need != Some(have as u64) || u32::try_from(have).is_err() {
			return Err(TensorError::WrongLength { name: name(), have });
		}
		if tensor.dtype == DType::Bool && tensor.data.iter().any(|b| *b > 1) {
			return Err(TensorError::BadBool(name()));
		}
	}
	Ok(())
}

/// Encodes `tensors`.
///
/// # Panics
///
/// If [`check`] refuses them: such a list is a mistake of the caller.
pub fn encode(tensors: &[Tensor]) -> Vec<u8> {
	if let Err(e) = check(tensors) {
		panic!("cannot encode the tensors: {e}");
	}
	let mut out = MAGIC.to_vec();
	out.push(tensors.len() as u8);
	for tensor in tensors {
		out.extend((tensor.name.len() as u16).to_le_bytes());
		out.extend(tensor.name.as_bytes());
		out.push(tensor.dtype as u8);
		out.push(tensor.shape.len() as u8);
		for dim in &tensor.shape {
			out.extend(dim.to_le_bytes());
		}
		out.extend((tensor.data.len() as u32).to_le_bytes());
		out.extend(&tensor.data);
	}
	out
}

/// Decodes a list of tensors. Total: never panics, never allocates more than a small multiple of
/// `bytes`.
pub fn decode(bytes: &[u8]) -> Result<Vec<Tensor>, TensorError> {
	let mut reader = Reader(bytes.strip_prefix(&MAGIC).ok_or(TensorError::Magic)?);
	let [count] = reader.array()?;
	if usize::from(count) > MAX_TENSORS {
		return Err(TensorError::TooMany(count.into()));
	}
	let mut tensors = Vec::with_capacity(count.into());
	for _ in 0..count {
		let length = u16::from_le_bytes(reader.array()?);
		let name = reader.take(length.into())?;
		let name = core::str::from_utf8(name).map_err(|_| TensorError::BadName)?.to_owned();
		let [code, rank] = reader.array()?;
		let dtype = DType::from_code(code).ok_or(TensorError::UnknownDType(code))?;
		if usize::from(rank) > MAX_RANK {
			return Err(TensorError::RankTooHigh(rank.into()));
		}
		let shape =
			(0..rank).map(|_| reader.array().map(u64::from_le_bytes)).collect::<Result<_, _>>()?;
		let length = u32::from_le_bytes(reader.array()?);
		let length = usize::try_from(length).map_err(|_| TensorError::Truncated)?;
		let data = reader.take(length)?.to_vec();
		tensors.push(Tensor { name, dtype, shape, data });
	}
	if !reader.0.is_empty() {
		return Err(TensorError::TrailingBytes);
	}
	check(&tensors)?;
	Ok(tensors)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
	fn take(&mut self, length: usize) -> Result<&'a [u8], TensorError> {
		let (head, tail) = self.0.split_at_checked(length).ok_or(TensorError::Truncated)?;
		self.0 = tail;
		Ok(head)
	}

	fn array<const N: usize>(&mut self) -> Result<[u8; N], TensorError> {
		let (head, tail) = self.0.split_first_chunk().ok_or(TensorError::Truncated)?;
		self.0 = tail;
		Ok(*head)
	}
}
