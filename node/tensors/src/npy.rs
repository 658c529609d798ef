//! NumPy's `.npy`: one array without a name.

use anyhow::{bail, ensure, Context, Result};
use opg_engine::tensor::{self, DType, Tensor};

const MAGIC: &[u8] = b"\x93NUMPY";
/// NumPy aligns the data to this.
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

/// Reads an array as a tensor of this name.
pub fn parse(name: &str, file: &[u8]) -> Result<Tensor> {
	let rest = file.strip_prefix(MAGIC).context("not an .npy file")?;
	let (&[major, _minor], rest) = rest.split_first_chunk().context("the file ends too early")?;
	let (length, rest) = match major {
		1 => {
			let (length, rest) = rest.split_first_chunk().context("the file ends too early")?;
			(u16::from_le_bytes(*length).into(), rest)
		},
		2 | 3 => {
			let (length, rest) = rest.split_first_chunk().context("the file ends too early")?;
			(u32::from_le_bytes(*length) as usize, rest)
		},
		_ => bail!("version {major} of .npy is not known"),
	};
	let (header, data) = rest.split_at_checked(length).context("the file ends too early")?;
	let header = std::str::from_utf8(header).context("the header is not UTF-8")?;

	let descr = value_of(header, "descr")?;
	let descr = descr.trim_matches(['\'', '"']);
	let (order, code) = descr.split_at_checked(1).context("no type")?;
	let dtype = TYPES.iter().find(|(_, known)| *known == code);
	let (dtype, _) = dtype.with_context(|| format!("the type `{descr}` is not supported"))?;
	ensure!(
		value_of(header, "fortran_order")? == "False",
		"the array is in column-major order; save numpy.ascontiguousarray(array)"
	);
	let shape = value_of(header, "shape")?;
	let shape = shape.trim_start_matches('(').trim_end_matches(')');
	let dims = shape.split(',').map(str::trim).filter(|dim| !dim.is_empty());
	let shape = dims.map(str::parse).collect::<Result<_, _>>().context("bad shape")?;

	let mut data = data.to_vec();
	match order {
		"<" | "|" => (),
		">" => data.chunks_exact_mut(dtype.size()).for_each(<[u8]>::reverse),
		_ => bail!("the byte order of `{descr}` is not known"),
	}
	let tensor = Tensor { name: name.into(), dtype: *dtype, shape, data };
	tensor::check(std::slice::from_ref(&tensor))?;
	Ok(tensor)
}

/// The value of a key in the header, which is a Python dictionary.
fn value_of<'a>(header: &'a str, key: &str) -> Result<&'a str> {
	let find = || {
		let at = header.find(&format!("'{key}'"))?;
		let rest = header[at + key.len() + 2..].trim_start().strip_prefix(':')?.trim_start();
		let end = if rest.starts_with('(') { rest.find(')')? + 1 } else { rest.find([',', '}'])? };
		Some(rest[..end].trim())
	};
	find().with_context(|| format!("the header has no `{key}`"))
}

/// Writes a tensor; its name is lost.
pub fn render(tensor: &Tensor) -> Result<Vec<u8>> {
	tensor::check(std::slice::from_ref(tensor))?;
	let code = TYPES.iter().find(|(dtype, _)| *dtype == tensor.dtype);
	let (dtype, code) = code.with_context(|| format!(".npy has no {}", tensor.dtype))?;
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
	out.extend(u16::try_from(header.len())?.to_le_bytes());
	out.extend(header.as_bytes());
	out.extend(&tensor.data);
	Ok(out)
}
