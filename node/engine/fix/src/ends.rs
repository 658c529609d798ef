//! What is done with outputs: less is kept of them.

use crate::{
	data,
	error::{form, shown, unfit},
	model::{self, fixed, int, node, to_f32, value, Model},
	proto::{tensor_proto::DataType, ValueInfoProto},
	Result,
};
use protobuf::Enum;

/// `hidden=mask`: the mean of the tokens that the input `mask` names, of length 1.
pub(crate) fn pool(model: &mut Model, text: &str) -> Result<()> {
	let wrong = || form("pool", text, "OUTPUT=MASK, an output and an input");
	let (hidden, mask) = text.split_once('=').ok_or_else(wrong)?;
	let (at, mask_at) = (model.output(hidden)?, model.input(mask)?);
	let output = &model.graph().output[at];
	let width = match model::dims(output) {
		_ if output.type_.tensor_type().elem_type() != DataType::FLOAT.value() => {
			return Err(unfit(hidden, "it is not f32"))
		},
		Some([_, _, width]) => model::size(width),
		Some(_) => return Err(unfit(hidden, "it has not three dimensions: batch, tokens, width")),
		None => None,
	};
	let dims = model::sizes(&model.graph().input[mask_at]);
	let Some([batch, tokens]) = dims.as_deref().and_then(|dims| <[i64; 2]>::try_from(dims).ok())
	else {
		let why = "it must have two dimensions, batch and tokens, and both bound: with --dim";
		return Err(unfit(mask, why));
	};
	let count = usize::try_from(tokens).ok().filter(|count| *count <= MAX_TOKENS);
	let ones = vec![1.0; count.ok_or_else(|| unfit(mask, "it has too many tokens"))?];

	let as_float = model.then("Cast", &[mask], "cast", to_f32());
	let row = model.weight("row", data::integers(&[batch, 1, tokens]));
	let row = model.then("Reshape", &[&as_float, &row], "reshape", vec![]);
	let total = model.then("MatMul", &[&row, hidden], "matmul", vec![]);
	let ones = model.weight("ones", data::floats(&[tokens, 1], &ones));
	let count = model.then("MatMul", &[&row, &ones], "matmul", vec![]);
	let mean = model.then("Div", &[&total, &count], "div", vec![]);
	let flat = model.weight("flat", data::integers(&[batch, width.unwrap_or(-1)]));
	let flat = model.then("Reshape", &[&mean, &flat], "reshape", vec![]);
	let attributes = vec![int("axis", -1), int("p", 2)];
	let pooled = model.then("LpNormalization", &[&flat], &format!("{hidden}_pooled"), attributes);
	let dims = vec![fixed(batch), width.map(fixed).unwrap_or_default()];
	let new = value(&pooled, DataType::FLOAT.value(), Some(dims));
	replace_output(model, at, vec![new]);
	model.note(format!(
		"output {} is {}, the mean over {} of length 1",
		shown(hidden),
		shown(&pooled),
		shown(mask)
	));
	Ok(())
}

/// Most tokens of which a mean is taken.
const MAX_TOKENS: usize = 1 << 20;

/// `logits:-1`: places of the largest numbers along an axis, in place of all numbers.
pub(crate) fn argmax(model: &mut Model, text: &str) -> Result<()> {
	let (name, axis) = at_axis(model, text);
	let at = model.output(name)?;
	let mut left = model::dims(&model.graph().output[at]).map(<[_]>::to_vec);
	let mut axis = axis;
	if let Some(dims) = &mut left {
		let rank = dims.len() as i64;
		let place = if axis < 0 { axis.saturating_add(rank) } else { axis };
		if !(0..rank).contains(&place) {
			return Err(unfit(name, format!("it has no axis {axis}, but {rank} dimensions")));
		}
		dims.remove(place as usize);
		// Before opset 11 axes are not counted from the end.
		if model.opset() < 11 {
			axis = place;
		}
	}
	let attributes = vec![int("axis", axis), int("keepdims", 0)];
	let made = model.then("ArgMax", &[name], &format!("{name}_argmax"), attributes);
	replace_output(model, at, vec![value(&made, DataType::INT64.value(), left)]);
	let (was, now) = (shown(name), shown(&made));
	model.note(format!("output {was} is {now}, the places of its largest numbers on axis {axis}"));
	Ok(())
}

/// The name of an output, and the axis after it; the last one without.
fn at_axis<'a>(model: &Model, text: &'a str) -> (&'a str, i64) {
	let place = text.rsplit_once(':').and_then(|(name, axis)| Some((name, axis.parse().ok()?)));
	match place {
		Some(place) if model.output(text).is_err() => place,
		_ => (text, -1),
	}
}

/// `scores=5`: the five largest along the last axis, and their places.
pub(crate) fn top(model: &mut Model, text: &str) -> Result<()> {
	let wrong = || form("top", text, "OUTPUT=COUNT, with a count of at least 1");
	let (name, count) = text.rsplit_once('=').ok_or_else(wrong)?;
	let count = count.parse().ok().filter(|count: &i64| *count > 0).ok_or_else(wrong)?;
	let at = model.output(name)?;
	let output = &model.graph().output[at];
	let data_type = output.type_.tensor_type().elem_type();
	let mut left = model::dims(output).map(<[_]>::to_vec);
	if let Some(dims) = &mut left {
		match dims.last_mut() {
			None => return Err(unfit(name, "it is a single number")),
			Some(last) if model::size(last).is_some_and(|size| size < count) => {
				return Err(unfit(
					name,
					format!("it has only {} on its last axis", last.dim_value()),
				))
			},
			Some(last) => *last = fixed(count),
		}
	}
	let values = model.fresh(&format!("{name}_top"));
	let places = model.fresh(&format!("{values}_1"));
	let outputs = [values.as_str(), places.as_str()];
	// Before opset 10 the number is no input.
	let made = if model.opset() < 10 {
		node("TopK", &[name], &outputs, vec![int("axis", -1), int("k", count)])
	} else {
		let k = model.weight("k", data::integers(&[count]));
		node("TopK", &[name, &k], &outputs, vec![int("axis", -1)])
	};
	model.push(made);
	let new = vec![
		value(&values, data_type, left.clone()),
		value(&places, DataType::INT64.value(), left),
	];
	replace_output(model, at, new);
	let (was, one, two) = (shown(name), shown(&values), shown(&places));
	model.note(format!("output {was} is {one} and {two}, its {count} largest and their places"));
	Ok(())
}

/// `y,z`: these outputs only.
pub(crate) fn keep(model: &mut Model, text: &str) -> Result<()> {
	let mut kept: Vec<ValueInfoProto> = Vec::new();
	for name in text.split(',') {
		let output = model.graph().output[model.output(name)?].clone();
		if kept.iter().any(|other| other.name() == name) {
			return Err(unfit(name, "it is to be kept twice"));
		}
		kept.push(output);
	}
	let gone = model.graph().output.len() - kept.len();
	model.graph_mut().output = kept;
	model.note(format!("outputs {} are kept, and others not: {gone}", shown(text)));
	Ok(())
}

fn replace_output(model: &mut Model, at: usize, new: Vec<ValueInfoProto>) {
	model.graph_mut().output.splice(at..=at, new);
}
