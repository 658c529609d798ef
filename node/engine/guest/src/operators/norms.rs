//! `SimplifiedLayerNormalization` and `SkipSimplifiedLayerNormalization`: what onnxruntime adds to the
//! operators of the standard, for models that divide by the root of the mean square.
//!
//! The sum of squares of a row has [`LANES`] parts: number `i` goes to part `i` modulo that, in order. They
//! are added in pairs, the second half to the first one, until one is left.

use super::wired::{wired, Built, Wires};
use crate::values::floats;
use tract_onnx::{
	model::{OnnxOpRegister, ParsingContext},
	pb::NodeProto,
	tract_core::ops::math::add,
	tract_hir::internal::*,
};

/// Parts of a sum.
const LANES: usize = 16;

pub fn register(operators: &mut OnnxOpRegister) {
	operators.insert("SimplifiedLayerNormalization", simplified_layer_normalization);
	operators.insert("SkipSimplifiedLayerNormalization", skip_simplified_layer_normalization);
}

fn simplified_layer_normalization(_: &ParsingContext, node: &NodeProto) -> Built {
	let epsilon: f32 = node.get_attr_opt("epsilon")?.unwrap_or(1e-5);
	let axis: i64 = node.get_attr_opt("axis")?.unwrap_or(-1);
	let stash: i64 = node.get_attr_opt("stash_type")?.unwrap_or(1);
	ensure!(stash == 1, "stash_type {stash} is not supported, but 1");
	wired(node, move |wires| {
		let x = wires.input(0)?;
		let last = wires.shape(x)?.len().checked_sub(1).context("a scalar has no axis")?;
		ensure!(axis == -1 || usize::try_from(axis) == Ok(last), "axis {axis} is not the last one");
		Ok(tvec!(norm(wires, x, None, 1, epsilon)?[0]))
	})
}

/// The norm of a sum, and the sum.
fn skip_simplified_layer_normalization(_: &ParsingContext, node: &NodeProto) -> Built {
	let epsilon: f32 = node.get_attr_opt("epsilon")?.unwrap_or(1e-12);
	let asked = |place: usize| node.output.get(place).is_some_and(|name| !name.is_empty());
	ensure!(!asked(1) && !asked(2), "the mean and the deviation are not supported as outputs");
	wired(node, move |wires| {
		let (x, skip) = (wires.input(0)?, wires.input(1)?);
		let outputs = if wires.shape(x)? == wires.shape(skip)? {
			norm(wires, x, Some(skip), 2, epsilon)?
		} else {
			let sum = wires.broadcast(add(), &[x, skip])?;
			tvec!(norm(wires, sum, None, 2, epsilon)?[0], sum)
		};
		// Nobody asks for those between.
		Ok(tvec!(outputs[0], outputs[0], outputs[0], outputs[1]))
	})
}

/// The norm of `x`, or of its sum with what is added to it, and then that sum. The scale is the input at
/// this place.
fn norm(
	wires: &mut Wires<'_>,
	x: OutletId,
	added: Option<OutletId>,
	place: usize,
	epsilon: f32,
) -> TractResult<TVec<OutletId>> {
	let (shape, scale) = (wires.shape(x)?, wires.input(place)?);
	let of_scale = wires.shape(scale)?;
	let &width = shape.last().context("a scalar has no axis")?;
	ensure!(*of_scale == [width], "a scale {of_scale:?} for {shape:?}");
	let datum_type = wires.datum_type(x)?;
	ensure!(
		matches!(datum_type, DatumType::F32 | DatumType::F16)
			&& wires.datum_type(scale)? == datum_type,
		"numbers of {datum_type:?} and a scale of {:?}",
		wires.datum_type(scale)?
	);
	let mut inputs = tvec!(x);
	inputs.extend(added);
	inputs.push(scale);
	for input in &mut inputs {
		*input = wires.cast(*input, f32::datum_type())?;
	}
	let outputs = [(DatumType::F32, &*shape), (DatumType::F32, &*shape)];
	let outputs = &outputs[..inputs.len() - 1];
	let name = if added.is_some() { "OpgSkipRmsNorm" } else { "OpgRmsNorm" };
	let outputs = wires.compute(name, outputs, &inputs, move |mut inputs| {
		let scale = inputs.pop().context("the scale is missing")?;
		let added = if inputs.len() > 1 { inputs.pop() } else { None };
		let x = inputs.pop().context("the numbers are missing")?;
		let Some(added) = added else { return Ok(tvec!(normed(&x, &scale, epsilon)?)) };
		let mut sum = x.into_tensor();
		// SAFETY: the types were checked when the operator was made.
		let numbers = unsafe { sum.as_slice_mut_unchecked::<f32>() };
		for (number, added) in numbers.iter_mut().zip(floats(&added)?) {
			*number += added;
		}
		Ok(tvec!(normed(&sum, &scale, epsilon)?, sum))
	})?;
	outputs.into_iter().map(|output| wires.cast(output, datum_type)).collect()
}

/// Rows, each divided by the root of its mean square, times the scale.
fn normed(x: &Tensor, scale: &Tensor, epsilon: f32) -> TractResult<Tensor> {
	let scale = floats(scale)?;
	// SAFETY: all of it is written below.
	let mut result = unsafe { Tensor::uninitialized::<f32>(x.shape())? };
	// SAFETY: that is its type.
	let to = unsafe { result.as_slice_mut_unchecked::<f32>() };
	let width = scale.len().max(1);
	for (from, to) in floats(x)?.chunks_exact(width).zip(to.chunks_exact_mut(width)) {
		let inverse = 1.0 / (squares(from) / width as f32 + epsilon).sqrt();
		for ((to, number), scale) in to.iter_mut().zip(from).zip(scale) {
			*to = number * inverse * scale;
		}
	}
	Ok(result)
}

/// The sum of the squares.
fn squares(numbers: &[f32]) -> f32 {
	let mut parts = [0f32; LANES];
	let chunks = numbers.chunks_exact(LANES);
	let rest = chunks.remainder();
	for chunk in chunks {
		for (part, number) in parts.iter_mut().zip(chunk) {
			*part += number * number;
		}
	}
	for (part, number) in parts.iter_mut().zip(rest) {
		*part += number * number;
	}
	let mut half = LANES / 2;
	while half > 0 {
		for i in 0..half {
			parts[i] += parts[i + half];
		}
		half /= 2;
	}
	parts[0]
}
