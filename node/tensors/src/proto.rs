//! ONNX `TensorProto`, as in the files of ONNX's own tests and in initializers.

use anyhow::{bail, ensure, Context, Result};
use opg_engine::tensor::{self, DType, Tensor};

/// ONNX's codes of the types.
const TYPES: [(DType, u64); 13] = [
	(DType::F32, 1),
	(DType::U8, 2),
	(DType::I8, 3),
	(DType::U16, 4),
	(DType::I16, 5),
	(DType::I32, 6),
	(DType::I64, 7),
	(DType::Bool, 9),
	(DType::F16, 10),
	(DType::F64, 11),
	(DType::U32, 12),
	(DType::U64, 13),
	(DType::BF16, 16),
];

/// Reads a tensor.
pub fn parse(mut bytes: &[u8]) -> Result<Tensor> {
	let mut name = String::new();
	let mut dtype = None;
	let mut shape = Vec::new();
	let mut data = Vec::new();
	let mut elements = Elements::default();
	while !bytes.is_empty() {
		let key = varint(&mut bytes)?;
		let (number, wire) = (key >> 3, key & 7);
		match (number, wire) {
			(1, 0) => shape.push(varint(&mut bytes)?),
			(1, 2) => shape.extend(varints(take(&mut bytes)?)?),
			(2, 0) => {
				let code = varint(&mut bytes)?;
				let known = TYPES.iter().find(|(_, known)| *known == code);
				let (known, _) = known.with_context(|| format!("type {code} is not supported"))?;
				dtype = Some(*known);
			},
			(3, _) => bail!("a tensor in segments is not supported"),
			(6, _) => bail!("tensors of strings are not supported"),
			(8, 2) => name = String::from_utf8(take(&mut bytes)?.to_vec())?,
			(9, 2) => data = take(&mut bytes)?.to_vec(),
			(13, _) => bail!("the data is in another file"),
			(14, 0) => ensure!(varint(&mut bytes)? == 0, "the data is in another file"),
			// float_data, double_data: packed, or one by one.
			(4 | 10, 2) => elements.fixed(number, take(&mut bytes)?),
			(4, 5) => elements.fixed(4, take_exactly(&mut bytes, 4)?),
			(10, 1) => elements.fixed(10, take_exactly(&mut bytes, 8)?),
			// int32_data, int64_data, uint64_data.
			(5 | 7 | 11, 2) => elements.whole(number, varints(take(&mut bytes)?)?),
			(5 | 7 | 11, 0) => elements.whole(number, vec![varint(&mut bytes)?]),
			(_, 0) => drop(varint(&mut bytes)?),
			(_, 1) => drop(take_exactly(&mut bytes, 8)?),
			(_, 2) => drop(take(&mut bytes)?),
			(_, 5) => drop(take_exactly(&mut bytes, 4)?),
			_ => bail!("not protobuf"),
		}
	}
	let dtype = dtype.context("the tensor has no type")?;
	if let Some(typed) = elements.into_data(dtype)? {
		ensure!(data.is_empty(), "the tensor has its data twice");
		data = typed;
	}
	let tensor = Tensor { name, dtype, shape, data };
	tensor::check(std::slice::from_ref(&tensor))?;
	Ok(tensor)
}

/// Data in one of the fields that are meant for types.
#[derive(Default)]
struct Elements {
	field: Option<u64>,
	mixed: bool,
	bytes: Vec<u8>,
	numbers: Vec<u64>,
}

impl Elements {
	fn note(&mut self, field: u64) {
		self.mixed |= self.field.is_some_and(|other| other != field);
		self.field = Some(field);
	}

	fn fixed(&mut self, field: u64, bytes: &[u8]) {
		self.note(field);
		self.bytes.extend(bytes);
	}

	fn whole(&mut self, field: u64, numbers: Vec<u64>) {
		self.note(field);
		self.numbers.extend(numbers);
	}

	fn into_data(self, dtype: DType) -> Result<Option<Vec<u8>>> {
		let Some(field) = self.field else { return Ok(None) };
		let right = match dtype {
			DType::F32 => 4,
			DType::F64 => 10,
			DType::I64 => 7,
			DType::U32 | DType::U64 => 11,
			_ => 5,
		};
		ensure!(field == right && !self.mixed, "the data is in a field of another type");
		if matches!(dtype, DType::F32 | DType::F64) {
			return Ok(Some(self.bytes));
		}
		let size = dtype.size();
		let mut data = Vec::with_capacity(self.numbers.len() * size);
		for number in self.numbers {
			let bits = 8 * size as u32;
			let cut = (number as i64) << (64 - bits) >> (64 - bits);
			ensure!(
				bits == 64 || number >> bits == 0 || cut == number as i64,
				"{number} is not a {dtype}"
			);
			data.extend(&number.to_le_bytes()[..size]);
		}
		Ok(Some(data))
	}
}

/// Writes a tensor, with its data raw.
pub fn render(tensor: &Tensor) -> Result<Vec<u8>> {
	tensor::check(std::slice::from_ref(tensor))?;
	let code = TYPES.iter().find(|(dtype, _)| *dtype == tensor.dtype).map(|(_, code)| *code);
	let code = code.with_context(|| format!("ONNX has no {}", tensor.dtype))?;
	let mut out = Vec::new();
	for dim in &tensor.shape {
		put(&mut out, 1 << 3);
		put(&mut out, *dim);
	}
	put(&mut out, 2 << 3);
	put(&mut out, code);
	for (number, bytes) in [(8, tensor.name.as_bytes()), (9, &tensor.data)] {
		put(&mut out, number << 3 | 2);
		put(&mut out, bytes.len() as u64);
		out.extend(bytes);
	}
	Ok(out)
}

fn put(out: &mut Vec<u8>, mut value: u64) {
	while value >= 0x80 {
		out.push(value as u8 | 0x80);
		value >>= 7;
	}
	out.push(value as u8);
}

fn varint(bytes: &mut &[u8]) -> Result<u64> {
	let mut value = 0;
	for shift in (0..70).step_by(7) {
		let (byte, tail) = bytes.split_first().context("the tensor ends too early")?;
		*bytes = tail;
		value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
		if *byte < 0x80 {
			return Ok(value);
		}
	}
	bail!("not protobuf")
}

fn varints(mut bytes: &[u8]) -> Result<Vec<u64>> {
	let mut values = Vec::new();
	while !bytes.is_empty() {
		values.push(varint(&mut bytes)?);
	}
	Ok(values)
}

fn take<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8]> {
	let length = usize::try_from(varint(bytes)?)?;
	take_exactly(bytes, length)
}

fn take_exactly<'a>(bytes: &mut &'a [u8], length: usize) -> Result<&'a [u8]> {
	let (head, tail) = bytes.split_at_checked(length).context("the tensor ends too early")?;
	*bytes = tail;
	Ok(head)
}
