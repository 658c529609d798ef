//! `SimplifiedLayerNormalization`: what onnxruntime adds to the operators of the standard, for models that
//! divide by the root of the mean square.

use super::wired::{wired, Built};
use tract_onnx::{
	model::{OnnxOpRegister, ParsingContext},
	pb::NodeProto,
	tract_core::ops::{math::mul, nn::RmsNorm},
	tract_hir::internal::*,
};

pub fn register(operators: &mut OnnxOpRegister) {
	operators.insert("SimplifiedLayerNormalization", simplified_layer_normalization);
}

fn simplified_layer_normalization(_: &ParsingContext, node: &NodeProto) -> Built {
	let epsilon: f32 = node.get_attr_opt("epsilon")?.unwrap_or(1e-5);
	let axis: i64 = node.get_attr_opt("axis")?.unwrap_or(-1);
	let stash: i64 = node.get_attr_opt("stash_type")?.unwrap_or(1);
	ensure!(stash == 1, "stash_type {stash} is not supported, but 1");
	wired(node, move |wires| {
		let (x, scale) = (wires.input(0)?, wires.input(1)?);
		let (of_x, of_scale) = (wires.shape(x)?, wires.shape(scale)?);
		let last = of_x.len().checked_sub(1).context("a scalar has no axis")?;
		ensure!(axis == -1 || usize::try_from(axis) == Ok(last), "axis {axis} is not the last one");
		ensure!(*of_scale == [of_x[last]], "a scale {of_scale:?} for {of_x:?}");
		let norm = RmsNorm { axis: last, eps: tensor0(epsilon).into_arc_tensor() };
		let unit = wires.add(norm, &[x])?;
		Ok(tvec!(wires.broadcast(mul(), &[unit, scale])?))
	})
}
