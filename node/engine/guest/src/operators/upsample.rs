//! `Upsample`, which `Resize` has taken the place of: what that was at first, rounding down.

use super::{functions::text, wired::Built};
use tract_onnx::{
	model::{OnnxOpRegister, ParsingContext},
	pb::NodeProto,
	tract_hir::internal::*,
};

pub fn register(operators: &mut OnnxOpRegister) {
	operators.insert("Upsample", upsample);
}

fn upsample(context: &ParsingContext, node: &NodeProto) -> Built {
	ensure!(node.input.len() == 2, "scales are not an input");
	let resize = context.framework.op_register.0.get("Resize").context("Resize is missing")?;
	let context = ParsingContext { onnx_operator_set_version: 10, ..context.clone() };
	let mut node = node.clone();
	node.attribute.retain(|attribute| attribute.name == "mode");
	node.attribute.push(text("nearest_mode", "floor"));
	resize(&context, &node)
}
