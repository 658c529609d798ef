//! Files of any kind, byte by byte: for models that take a file's bytes as numbers.
//!
//! Such a model has an input of a fixed length, so it sees the beginning and the end of a file.
//! [`Windows`] says how they are cut. With `head=1024,tail=1024,pad=256,strip=4096,least=8` that is
//! what the package of Magika does (`_extract_features_from_seekable` of 1.0.3): `vectors/magika.json`
//! has what the package itself made of some files.

#[cfg(feature = "clap")]
use crate::{
	input::{InputError, InputFile},
	report::Port,
};
use opg_engine_types::tensor::{DType, Tensor};
use std::{fmt, str::FromStr};

/// Most elements of both windows together: as many bytes as an input can have.
const MAX_ELEMENTS: usize = 64 << 20;

/// White space as Python has it: with the vertical tab, which Rust leaves out.
const WHITE_SPACE: &[u8] = b" \t\n\r\x0b\x0c";

/// Which bytes of a file become elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Windows {
	/// Elements of the first bytes.
	pub head: usize,
	/// Elements of the last bytes, which follow those of the first.
	pub tail: usize,
	/// Element for each byte that the file lacks: after its first bytes, and before its last ones.
	pub pad: Option<u16>,
	/// White space is taken off the start of so many first bytes, and off the end of so many last
	/// ones, before they are cut.
	pub strip: Option<usize>,
	/// Fewest bytes that the first window must have.
	pub least: usize,
}

/// Cause for which windows are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WindowsError {
	/// A part is not `NAME=NUMBER`.
	#[error("{0:?} is none of head=N, tail=N, pad=N, strip=N, least=N")]
	Part(String),
	/// A name is given twice.
	#[error("{0} is given twice")]
	Twice(String),
	/// The windows have no element, or too many.
	#[error("head and tail have between 1 and {MAX_ELEMENTS} elements together")]
	Elements,
	/// White space is looked for in fewer bytes than are taken.
	#[error("strip={strip} is shorter than a window of {window}")]
	Strip {
		/// Bytes that white space is taken off.
		strip: usize,
		/// Elements of the longer window.
		window: usize,
	},
	/// No file could have so many bytes in the first window.
	#[error("least={least} is more than head={head}")]
	Least {
		/// Fewest bytes.
		least: usize,
		/// Elements of the first window.
		head: usize,
	},
}

impl FromStr for Windows {
	type Err = WindowsError;

	fn from_str(text: &str) -> Result<Self, WindowsError> {
		let (mut head, mut tail, mut pad, mut strip, mut least) = (None, None, None, None, None);
		for part in text.split(',') {
			let refused = || WindowsError::Part(part.into());
			let (name, number) = part.split_once('=').ok_or_else(refused)?;
			let number: usize = number.parse().map_err(|_| refused())?;
			let place = match name {
				"head" => &mut head,
				"tail" => &mut tail,
				"pad" => &mut pad,
				"strip" => &mut strip,
				"least" => &mut least,
				_ => return Err(refused()),
			};
			if place.replace(number).is_some() {
				return Err(WindowsError::Twice(name.into()));
			}
		}
		let as_pad =
			|pad: usize| u16::try_from(pad).map_err(|_| WindowsError::Part(format!("pad={pad}")));
		let windows = Self {
			head: head.unwrap_or_default(),
			tail: tail.unwrap_or_default(),
			pad: pad.map(as_pad).transpose()?,
			strip,
			least: least.unwrap_or_default(),
		};
		windows.checked()
	}
}

impl fmt::Display for Windows {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let Self { head, tail, pad, strip, least } = self;
		write!(f, "head={head},tail={tail}")?;
		if let Some(pad) = pad {
			write!(f, ",pad={pad}")?;
		}
		if let Some(strip) = strip {
			write!(f, ",strip={strip}")?;
		}
		write!(f, ",least={least}")
	}
}

impl Windows {
	fn checked(self) -> Result<Self, WindowsError> {
		let Self { head, tail, strip, least, .. } = self;
		let elements = head.checked_add(tail);
		if !elements.is_some_and(|elements| (1..=MAX_ELEMENTS).contains(&elements)) {
			return Err(WindowsError::Elements);
		}
		let window = head.max(tail);
		if let Some(strip) = strip.filter(|strip| *strip < window) {
			return Err(WindowsError::Strip { strip, window });
		}
		match least > head {
			true => Err(WindowsError::Least { least, head }),
			false => Ok(self),
		}
	}

	/// The elements that a file gives.
	fn cut(&self, file: &[u8]) -> Result<Vec<u16>, BytesError> {
		let seen = self.strip.unwrap_or(usize::MAX).min(file.len());
		let (mut first, mut last) = (&file[..seen], &file[file.len() - seen..]);
		if self.strip.is_some() {
			let is_kept = |byte: &u8| !WHITE_SPACE.contains(byte);
			first = &first[first.iter().position(is_kept).unwrap_or(first.len())..];
			last = &last[..last.iter().rposition(is_kept).map_or(0, |end| end + 1)];
		}
		first = &first[..first.len().min(self.head)];
		last = &last[last.len() - last.len().min(self.tail)..];
		if first.len() < self.least {
			return Err(BytesError::TooFew { found: first.len(), least: self.least });
		}
		let missing = self.head - first.len();
		let before = self.tail - last.len();
		let pad = match self.pad {
			Some(pad) => pad,
			None if missing == 0 && before == 0 => 0,
			None => {
				return Err(BytesError::NoPad {
					found: first.len().max(last.len()),
					wanted: self.head.max(self.tail),
				})
			},
		};
		let padding = |count| std::iter::repeat_n(pad, count);
		let numbers = |bytes: &[u8]| bytes.iter().map(|byte| u16::from(*byte)).collect::<Vec<_>>();
		let mut elements = numbers(first);
		elements.extend(padding(missing).chain(padding(before)));
		elements.extend(numbers(last));
		Ok(elements)
	}
}

/// Options of a command line: files of any kind, and which of their bytes an input has.
#[cfg(feature = "clap")]
#[derive(clap::Args, Clone, Debug, Default)]
pub struct BytesArgs {
	/// File of any kind for a model that takes bytes: one tensor, named as NAME=FILE where the model has
	/// several inputs or is not at hand. Repeatable.
	#[arg(long, value_name = "[NAME=]FILE", help_heading = HEADING)]
	bytes: Vec<InputFile>,
	/// Which of its bytes, as a list of NAME=NUMBER: `head` first ones and `tail` last ones, `pad` for
	/// each that it lacks, white space off the outer ends of the first and last `strip`; refused where
	/// `least` are not left of the first. Without it all bytes, and nothing else.
	#[arg(long, value_name = "LIST", requires = "bytes", help_heading = HEADING)]
	windows: Option<Windows>,
}

/// Heading of these options.
#[cfg(feature = "clap")]
const HEADING: &str = "Files of any kind";

#[cfg(feature = "clap")]
impl BytesArgs {
	/// The files.
	pub fn files(&self) -> &[InputFile] {
		&self.bytes
	}

	/// The tensor of a file with these bytes. `inputs` are those of the model, where they are known.
	///
	/// # Errors
	///
	/// If it has no name, or as [`parse`].
	pub fn tensor(
		&self,
		file: &InputFile,
		bytes: &[u8],
		inputs: Option<&[Port]>,
	) -> Result<Tensor, InputError> {
		let port = file.port(inputs);
		let name = file.name.as_ref().or(port.map(|port| &port.name)).ok_or(InputError::NoName)?;
		let takes = port.map(|port| (port.dtype, &*port.shape));
		Ok(parse(name, bytes, self.windows.as_ref(), takes)?)
	}

	/// The words of the options, as they are given again.
	pub fn words(&self) -> Vec<String> {
		let bytes = self.bytes.iter().flat_map(|file| ["--bytes".into(), file.to_string()]);
		let windows = self.windows.iter();
		let windows = windows.flat_map(|windows| ["--windows".into(), windows.to_string()]);
		bytes.chain(windows).collect()
	}
}

/// Cause for which the bytes of a file are refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BytesError {
	/// Less than the smallest beginning is left.
	#[error("{found} bytes are left of its beginning, and {least} are the fewest")]
	TooFew {
		/// Bytes of the first window.
		found: usize,
		/// Fewest that it must have.
		least: usize,
	},
	/// The file is shorter than a window, and nothing says what stands for missing bytes.
	#[error("it has {found} bytes for {wanted} elements: give pad=N for those that are missing")]
	NoPad {
		/// Bytes that there are.
		found: usize,
		/// Elements of the longer window.
		wanted: usize,
	},
	/// The elements are of a type that cannot have these numbers.
	#[error("the elements are {dtype}, which cannot be {number}")]
	Type {
		/// Type of the elements.
		dtype: DType,
		/// A number that is needed.
		number: u16,
	},
}

/// Makes a tensor of a file's bytes; without windows of all of them. `port` is the type and the shape
/// that a model takes, where they are known: the shape is that one if it has as many elements, and
/// `[1, elements]` otherwise.
///
/// Where nothing is known the elements are `u8`, or `i32` for padding above 255.
///
/// # Errors
///
/// If the file is shorter than the windows allow, or the type cannot have its bytes.
pub fn parse(
	name: &str,
	file: &[u8],
	windows: Option<&Windows>,
	port: Option<(DType, &[u64])>,
) -> Result<Tensor, BytesError> {
	let elements = match windows {
		Some(windows) => windows.cut(file)?,
		None => file.iter().map(|byte| u16::from(*byte)).collect(),
	};
	let pad = windows.and_then(|windows| windows.pad);
	let plain = if pad.is_some_and(|pad| pad > u8::MAX.into()) { DType::I32 } else { DType::U8 };
	let dtype = port.map_or(plain, |(dtype, _)| dtype);
	let mut data = Vec::with_capacity(elements.len() * dtype.size());
	for number in &elements {
		write(dtype, *number, &mut data).ok_or(BytesError::Type { dtype, number: *number })?;
	}
	let size = elements.len() as u64;
	let fits = |shape: &&[u64]| {
		let product = shape.iter().try_fold(1u64, |product, side| product.checked_mul(*side));
		product == Some(size)
	};
	let shape = port.map(|(_, shape)| shape).filter(fits);
	let shape = shape.map_or_else(|| vec![1, size], <[u64]>::to_vec);
	Ok(Tensor { name: name.into(), dtype, shape, data })
}

/// Appends an element. `None` where its type does not have the number, or is none for bytes.
fn write(dtype: DType, number: u16, data: &mut Vec<u8>) -> Option<()> {
	match dtype {
		DType::U8 => data.push(number.try_into().ok()?),
		DType::U16 => data.extend(number.to_le_bytes()),
		DType::I16 => data.extend(i16::try_from(number).ok()?.to_le_bytes()),
		DType::U32 => data.extend(u32::from(number).to_le_bytes()),
		DType::I32 => data.extend(i32::from(number).to_le_bytes()),
		DType::U64 => data.extend(u64::from(number).to_le_bytes()),
		DType::I64 => data.extend(i64::from(number).to_le_bytes()),
		DType::F32 => data.extend(f32::from(number).to_le_bytes()),
		DType::F64 => data.extend(f64::from(number).to_le_bytes()),
		DType::Bool | DType::I8 | DType::F16 | DType::BF16 => return None,
	}
	Some(())
}
