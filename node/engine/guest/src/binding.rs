//! Bound dimensions: puts numbers in the place of names, and of what the file leaves open.

use crate::refusal::Refusal;
use opg_engine_types::{dims, Dims, Reason};
use tract_onnx::pb::{
	self,
	tensor_shape_proto::{dimension, Dimension},
	type_proto, ValueInfoProto,
};

/// Longest name of a dimension that tract sees.
const MAX_WORD: usize = 64;

/// Binds the dimensions. Every binding must be of use.
///
/// A binding is of all dimensions that have its name, in subgraphs too. If there are none, it is of
/// one dimension of an input, `INPUT:AXIS`, which the file must leave open.
pub fn bind(graph: &mut pb::GraphProto, dims: &Dims) -> Result<(), Refusal> {
	let mut used = Vec::new();
	bind_names(graph, dims, &mut used);
	for (name, size) in dims.iter().filter(|(name, _)| !used.iter().any(|used| used == name)) {
		let missing = || refusal(format!("the model's inputs have no dimension `{name}`"));
		let (input, axis) = dims::position(name).ok_or_else(missing)?;
		let input = graph.input.iter_mut().find(|of| of.name == input).ok_or_else(missing)?;
		bind_position(input, axis, size)?;
	}
	Ok(())
}

fn refusal(message: String) -> Refusal {
	Refusal::new(Reason::BadBinding, message)
}

/// Whether tract may see the name. It reads names as expressions, by recursion; the sum of two
/// dimensions says no more than that the dimension is open.
fn is_word(name: &str) -> bool {
	let in_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
	name.len() <= MAX_WORD && name.bytes().all(in_word)
}

/// The recursion is bounded by the check on the wire.
fn bind_names(graph: &mut pb::GraphProto, dims: &Dims, used: &mut Vec<String>) {
	for dim in graph.input.iter_mut().flat_map(|input| shape(input).into_iter().flatten()) {
		let Some(dimension::Value::DimParam(name)) = &dim.value else { continue };
		if let Some(size) = dims.get(name) {
			used.push(name.clone());
			dim.value = Some(dimension::Value::DimValue(size as i64));
		} else if !is_word(name) {
			dim.value = None;
		}
	}
	for attribute in graph.node.iter_mut().flat_map(|node| &mut node.attribute) {
		for graph in attribute.g.iter_mut().chain(&mut attribute.graphs) {
			bind_names(graph, dims, used);
		}
	}
}

/// Exporters also write zero and negative sizes where they leave a dimension open.
fn bind_position(input: &mut ValueInfoProto, axis: usize, size: u64) -> Result<(), Refusal> {
	let name = input.name.clone();
	let dims =
		shape(input).ok_or_else(|| refusal(format!("input `{name}` has no list of dimensions")))?;
	let count = dims.len();
	let dim = dims.get_mut(axis).ok_or_else(|| {
		refusal(format!(
			"input `{name}` has {count} dimensions; the first is `{name}:0`, there is no `{name}:{axis}`"
		))
	})?;
	match dim.value {
		Some(dimension::Value::DimValue(fixed)) if fixed > 0 => {
			Err(refusal(format!("dimension `{name}:{axis}` is {fixed} already")))
		},
		_ => {
			dim.value = Some(dimension::Value::DimValue(size as i64));
			Ok(())
		},
	}
}

/// Dimensions of an input, if the file lists them.
fn shape(input: &mut ValueInfoProto) -> Option<&mut Vec<Dimension>> {
	let type_proto::Value::TensorType(tensor) = input.r#type.as_mut()?.value.as_mut()?;
	Some(&mut tensor.shape.as_mut()?.dim)
}
