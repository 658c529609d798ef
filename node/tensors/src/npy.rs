//! NumPy's `.npy`: one array without a name.
//!
//! The crate `npyz` reads this format too. Version 0.9.1 allocates the header's length before it
//! reads the header (4 GiB for a file of 14 bytes), multiplies the shape without a check, and
//! brings a parser generator and big integers. The format is one dictionary with three keys, which
//! takes less code than the checks around `npyz` would.

use opg_engine_types::tensor::{self, DType, Tensor, TensorError};

pub(crate) const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy aligns the data to this, in bytes.
const ALIGNMENT: usize = 64;

const TYPES: [(DType, &str); 12] = [
	(DType::Bool, "b1"),
	(DType::U8, "u1"),
	(DType::U16, "u2"),
	(DType::U32, "u4"),
	(DType::U64, "u8"),
	(DType::I8, "i1"),
	(DType::I16, "i2"),
	(DType::I32, "i4"),
	(DType::I64, "i8"),
	(DType::F16, "f2"),
	(DType::F32, "f4"),
	(DType::F64, "f8"),
];

/// Reasons to refuse an array.
#[derive(Debug, thiserror::Error)]
pub enum NpyError {
	/// The file does not begin with the format's magic.
	#[error("not an .npy file")]
	Magic,
	/// The file ends before its header does.
	#[error("the file ends too early")]
	Truncated,
	/// The format's major version is not 1, 2 or 3.
	#[error("version {0} of .npy is not known")]
	Version(u8),
	/// The header is not a dictionary with the three known keys.
	#[error("the header is malformed")]
	Header,
	/// Elements that tensors of the engine do not have, or an unknown byte order.
	#[error("the type `{0}` is not supported")]
	UnknownType(String),
	/// Column-major data would have to be transposed.
	#[error("the array is in column-major order; save numpy.ascontiguousarray(array)")]
	ColumnMajor,
	/// NumPy has no such element type.
	#[error(".npy has no {0}")]
	NoSuchType(DType),
	/// The tensor's parts do not fit together.
	#[error(transparent)]
	Tensor(#[from] TensorError),
}

/// Reads an array as a tensor of this name.
///
/// # Errors
///
/// If the file is not a row-major array of numbers that is as long as its shape says.
pub fn parse(name: &str, file: &[u8]) -> Result<Tensor, NpyError> {
	let rest = file.strip_prefix(MAGIC).ok_or(NpyError::Magic)?;
	let (&[major, _minor], rest) = rest.split_first_chunk().ok_or(NpyError::Truncated)?;
	let (length, rest) = match major {
		1 => {
			let (length, rest) = rest.split_first_chunk().ok_or(NpyError::Truncated)?;
			(u16::from_le_bytes(*length).into(), rest)
		},
		2 | 3 => {
			let (length, rest) = rest.split_first_chunk().ok_or(NpyError::Truncated)?;
			(u32::from_le_bytes(*length) as usize, rest)
		},
		_ => return Err(NpyError::Version(major)),
	};
	let (header, data) = rest.split_at_checked(length).ok_or(NpyError::Truncated)?;
	let header = std::str::from_utf8(header).ok().and_then(Header::parse);
	let Header { descr, fortran_order, shape } = header.ok_or(NpyError::Header)?;

	let unknown = || NpyError::UnknownType(descr.to_owned());
	let (order, code) = descr.split_at_checked(1).ok_or_else(unknown)?;
	let known = TYPES.iter().find(|(_, known)| *known == code);
	let (dtype, _) = *known.ok_or_else(unknown)?;
	if fortran_order {
		return Err(NpyError::ColumnMajor);
	}
	let mut data = data.to_vec();
	match order {
		"<" => (),
		"|" if dtype.size() == 1 => (),
		">" => data.chunks_exact_mut(dtype.size()).for_each(<[u8]>::reverse),
		_ => return Err(unknown()),
	}
	let tensor = Tensor { name: name.into(), dtype, shape, data };
	tensor::check(std::slice::from_ref(&tensor))?;
	Ok(tensor)
}

/// The header, which is a Python dictionary.
struct Header<'a> {
	descr: &'a str,
	fortran_order: bool,
	shape: Vec<u64>,
}

impl<'a> Header<'a> {
	fn parse(text: &'a str) -> Option<Self> {
		let (mut descr, mut fortran_order, mut shape) = (None, None, None);
		let mut python = Python(text);
		python.symbol("{")?;
		while python.symbol("}").is_none() {
			let key = python.string()?;
			python.symbol(":")?;
			let is_new = match key {
				"descr" => descr.replace(python.string()?).is_none(),
				"fortran_order" => fortran_order.replace(python.boolean()?).is_none(),
				"shape" => shape.replace(python.tuple()?).is_none(),
				_ => false,
			};
			if !is_new {
				return None;
			}
			if python.symbol(",").is_none() {
				python.symbol("}")?;
				break;
			}
		}
		python.0.trim_ascii().is_empty().then_some(())?;
		Some(Self { descr: descr?, fortran_order: fortran_order?, shape: shape? })
	}
}

/// Python's notation that is yet to be read. What is not there is `None` and stays unread.
struct Python<'a>(&'a str);

impl<'a> Python<'a> {
	fn symbol(&mut self, symbol: &str) -> Option<()> {
		self.0 = self.0.trim_ascii_start().strip_prefix(symbol)?;
		Some(())
	}

	/// A string without escapes; no type and no key has one.
	fn string(&mut self) -> Option<&'a str> {
		let quote = ["'", "\""].into_iter().find(|quote| self.symbol(quote).is_some())?;
		let (string, rest) = self.0.split_once(quote)?;
		self.0 = rest;
		(!string.contains('\\')).then_some(string)
	}

	fn boolean(&mut self) -> Option<bool> {
		match self.symbol("False") {
			Some(()) => Some(false),
			None => self.symbol("True").map(|()| true),
		}
	}

	fn number(&mut self) -> Option<u64> {
		let text = self.0.trim_ascii_start();
		let end = text.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(text.len());
		let (digits, rest) = text.split_at(end);
		self.0 = rest;
		digits.parse().ok()
	}

	/// A tuple of numbers; that of one number ends with a comma.
	fn tuple(&mut self) -> Option<Vec<u64>> {
		let mut numbers = Vec::new();
		self.symbol("(")?;
		while self.symbol(")").is_none() {
			numbers.push(self.number()?);
			if self.symbol(",").is_none() {
				self.symbol(")")?;
				return (numbers.len() > 1).then_some(numbers);
			}
		}
		Some(numbers)
	}
}

/// Writes a tensor; its name is lost.
///
/// # Errors
///
/// If the tensor's parts do not fit together, or NumPy does not have its type.
pub fn render(tensor: &Tensor) -> Result<Vec<u8>, NpyError> {
	tensor::check(std::slice::from_ref(tensor))?;
	let code = TYPES.iter().find(|(dtype, _)| *dtype == tensor.dtype);
	let (dtype, code) = code.ok_or(NpyError::NoSuchType(tensor.dtype))?;
	let order = if dtype.size() == 1 { '|' } else { '<' };
	let mut shape: String = tensor.shape.iter().map(|dim| format!("{dim}, ")).collect();
	if tensor.shape.len() > 1 {
		shape.truncate(shape.len() - 2);
	}
	let mut header = format!(
		"{{'descr': '{order}{code}', 'fortran_order': False, 'shape': ({}), }}",
		shape.trim_end()
	);
	while !(MAGIC.len() + 4 + header.len() + 1).is_multiple_of(ALIGNMENT) {
		header.push(' ');
	}
	header.push('\n');
	let mut out = [MAGIC, &[1, 0]].concat();
	// Eight dimensions of twenty digits at most: the length fits.
	out.extend((header.len() as u16).to_le_bytes());
	out.extend(header.as_bytes());
	out.extend(&tensor.data);
	Ok(out)
}
