//! Operators of `ai.onnx.ml` on single numbers: `LabelEncoder` from numbers to numbers, `Binarizer`.

use super::wired::{wired, Built};
use std::collections::BTreeMap;
use tract_onnx::{
	model::{OnnxOpRegister, ParsingContext},
	pb::{NodeProto, TensorProto},
	tract_core::ops::{binary::TypedBinOp, logic::comp_gt},
	tract_hir::internal::*,
};

pub fn register(operators: &mut OnnxOpRegister) {
	operators.insert("LabelEncoder", label_encoder);
	operators.insert("Binarizer", binarizer);
}

fn label_encoder(context: &ParsingContext, node: &NodeProto) -> Built {
	let keys = numbers(context, node, "keys")?.context("it has no keys")?;
	let values = numbers(context, node, "values")?.context("it has no values")?;
	let default = match values.datum_type() {
		DatumType::I64 => tensor0(node.get_attr_opt::<i64>("default_int64")?.unwrap_or(-1)),
		_ => tensor0(node.get_attr_opt::<f32>("default_float")?.unwrap_or(-0.0)),
	};
	let default = match node.get_attr_opt::<&TensorProto>("default_tensor")? {
		Some(tensor) => context.load_tensor(tensor)?,
		None => default,
	};
	ensure!(default.len() == 1, "the default is one number");
	let default = default.cast_to_dt(values.datum_type())?.into_owned().into_shape(&[1])?;
	ensure!(keys.len() == values.len(), "{} keys of {} values", keys.len(), values.len());
	let (of_keys, of_values) = (keys.datum_type(), values.datum_type());
	let mut places = BTreeMap::new();
	for (place, key) in words(&keys)?.into_iter().enumerate() {
		places.entry(key).or_insert(place);
	}
	let count = values.len();
	let values = values.into_shape(&[count])?;
	let table = Tensor::stack_tensors(0, &[values, default])?;
	let places = Arc::new(places);
	wired(node, move |wires| {
		let x = wires.input(0)?;
		let (given, shape) = (wires.datum_type(x)?, wires.shape(x)?);
		ensure!(given == of_keys, "keys are {of_keys:?}, and the input is {given:?}");
		let (places, table) = (places.clone(), table.clone());
		let of_output = shape.clone();
		wires.compute("LabelEncoder", &[(of_values, &*shape)], &[x], move |inputs| {
			let table = table.try_as_plain_ram()?;
			let (bytes, size) = (table.as_bytes(), of_values.size_of());
			let mut output = Vec::new();
			for key in words(&inputs[0])? {
				let place = places.get(&key).copied().unwrap_or(count) * size;
				output.extend_from_slice(&bytes[place..place + size]);
			}
			// SAFETY: these are numbers of a tensor of this type, of which any bytes are values.
			Ok(tvec!(unsafe { Tensor::from_raw_dt(of_values, &of_output, &output)? }))
		})
	})
}

/// The keys or values of a label encoder.
fn numbers(context: &ParsingContext, node: &NodeProto, what: &str) -> TractResult<Option<Tensor>> {
	let strings = format!("{what}_strings");
	let has_strings = node.attribute.iter().any(|attribute| attribute.name == strings);
	ensure!(
		!has_strings && node.get_attr_opt_slice::<Vec<u8>>("classes_strings")?.is_none(),
		"strings are not supported"
	);
	let numbers = if let Some(ints) = node.get_attr_opt_slice::<i64>(&format!("{what}_int64s"))? {
		tensor1(ints)
	} else if let Some(floats) = node.get_attr_opt_slice::<f32>(&format!("{what}_floats"))? {
		tensor1(floats)
	} else if let Some(tensor) = node.get_attr_opt::<&TensorProto>(&format!("{what}_tensor"))? {
		context.load_tensor(tensor)?
	} else {
		return Ok(None);
	};
	ensure!(numbers.datum_type().is_number(), "only numbers are supported");
	Ok(Some(numbers))
}

/// A word for each number, the same for those that are equal. All NaN are one.
fn words(numbers: &Tensor) -> TractResult<Vec<u64>> {
	if numbers.datum_type().is_integer() {
		let numbers = numbers.cast_to::<i64>()?;
		return Ok(numbers
			.try_as_plain_ram()?
			.as_slice::<i64>()?
			.iter()
			.map(|n| *n as u64)
			.collect());
	}
	let numbers = numbers.cast_to::<f64>()?;
	let word = |number: &f64| {
		let number = if number.is_nan() { f64::NAN } else { number + 0.0 };
		number.to_bits()
	};
	Ok(numbers.try_as_plain_ram()?.as_slice::<f64>()?.iter().map(word).collect())
}

fn binarizer(_: &ParsingContext, node: &NodeProto) -> Built {
	let threshold: f32 = node.get_attr_opt("threshold")?.unwrap_or(0.0);
	wired(node, move |wires| {
		let x = wires.input(0)?;
		let datum_type = wires.datum_type(x)?;
		let threshold = wires.number(threshold, x)?;
		let above = wires.broadcast(TypedBinOp(comp_gt(), None), &[x, threshold])?;
		Ok(tvec!(wires.cast(above, datum_type)?))
	})
}
