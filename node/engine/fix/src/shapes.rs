//! Shapes of values, as far as the commonest operators tell them.
//!
//! Enough for what stands before a Squeeze at the end of a network. What is not known is not guessed.

use crate::{
	model,
	proto::{tensor_proto::DataType, GraphProto, NodeProto, ValueInfoProto},
};
use protobuf::Enum;
use std::collections::HashMap;

/// Sizes; none for those that are open.
pub(crate) type Shape = Vec<Option<i64>>;

/// Shapes of those values of a graph whose rank is known.
pub(crate) fn infer(graph: &GraphProto) -> HashMap<&str, Shape> {
	let mut known: HashMap<&str, Shape> = HashMap::new();
	for value in graph.value_info.iter().chain(&graph.input).chain(&graph.output) {
		if let Some(shape) = declared(value) {
			known.insert(value.name(), shape);
		}
	}
	for weight in &graph.initializer {
		known.insert(weight.name(), weight.dims.iter().copied().map(Some).collect());
	}
	for node in &graph.node {
		let Some(output) = node.output.first().filter(|name| !name.is_empty()) else { continue };
		if let Some(shape) = shape(node, &known) {
			let entry = known.entry(output).or_default();
			// What the file says of it counts only where it says more.
			if !shape.contains(&None) || entry.len() != shape.len() || entry.contains(&None) {
				*entry = shape;
			}
		}
	}
	known
}

fn declared(value: &ValueInfoProto) -> Option<Shape> {
	Some(model::dims(value)?.iter().map(model::size).collect())
}

fn shape(node: &NodeProto, known: &HashMap<&str, Shape>) -> Option<Shape> {
	if !matches!(node.domain(), "" | "ai.onnx") {
		return None;
	}
	let input = |at: usize| known.get(node.input.get(at)?.as_str());
	let of = |name: &str| node.attribute.iter().find(|attribute| attribute.name() == name);
	let number = |name: &str, default| of(name).map_or(default, |attribute| attribute.i());
	match node.op_type() {
		"Abs"
		| "BatchNormalization"
		| "Cast"
		| "Clip"
		| "Dropout"
		| "Elu"
		| "Erf"
		| "Exp"
		| "Gelu"
		| "HardSigmoid"
		| "HardSwish"
		| "Identity"
		| "InstanceNormalization"
		| "LayerNormalization"
		| "LeakyRelu"
		| "Log"
		| "LogSoftmax"
		| "Neg"
		| "PRelu"
		| "Relu"
		| "Selu"
		| "Sigmoid"
		| "Softmax"
		| "Softplus"
		| "Sqrt"
		| "Tanh" => input(0).cloned(),
		"Add" | "Sub" | "Mul" | "Div" | "Pow" => broadcast(input(0)?, input(1)?),
		"Gemm" => {
			let side = |shape: &Shape, transposed: bool, at: usize| {
				(shape.len() == 2).then(|| shape[at ^ usize::from(transposed)]).flatten()
			};
			let rows = input(0).and_then(|a| side(a, number("transA", 0) != 0, 0));
			let columns = input(1).and_then(|b| side(b, number("transB", 0) != 0, 1));
			Some(vec![rows, columns])
		},
		"MatMul" => {
			let (a, b) = (input(0)?, input(1)?);
			// Of a stack of matrices and one matrix, as a linear layer has it.
			if a.len() < 2 || b.len() != 2 {
				return None;
			}
			Some(a[..a.len() - 1].iter().copied().chain([b[1]]).collect())
		},
		"Concat" => concat(node.input.iter().map(|name| known.get(name.as_str())), of("axis")?.i()),
		"Conv" => {
			let (input, kernel) = (input(0), input(1)?);
			let mut shape = vec![None; kernel.len()];
			*shape.get_mut(0)? = input.and_then(|input| *input.first()?);
			*shape.get_mut(1)? = kernel[0];
			Some(shape)
		},
		"GlobalAveragePool" | "GlobalMaxPool" => {
			let mut shape = input(0)?.clone();
			shape.iter_mut().skip(2).for_each(|size| *size = Some(1));
			Some(shape)
		},
		"Constant" => {
			let value = &of("value")?.t;
			DataType::from_i32(value.data_type())?;
			Some(value.dims.iter().copied().map(Some).collect())
		},
		_ => None,
	}
}

fn broadcast(a: &Shape, b: &Shape) -> Option<Shape> {
	let rank = a.len().max(b.len());
	let at = |shape: &Shape, axis: usize| match (axis + shape.len()).checked_sub(rank) {
		Some(axis) => shape[axis],
		None => Some(1),
	};
	let size = |axis| match (at(a, axis), at(b, axis)) {
		(Some(1), size) | (size, Some(1)) => size,
		(Some(size), _) | (_, Some(size)) => Some(size),
		(None, None) => None,
	};
	Some((0..rank).map(size).collect())
}

/// Along other axes than the one of the parts, all have the same sizes; one that is known is enough.
fn concat<'a>(parts: impl Iterator<Item = Option<&'a Shape>>, axis: i64) -> Option<Shape> {
	let parts: Vec<_> = parts.collect();
	let rank = parts.iter().flatten().next()?.len();
	if parts.iter().flatten().any(|part| part.len() != rank) {
		return None;
	}
	let axis =
		usize::try_from(if axis < 0 { axis.checked_add(rank as i64)? } else { axis }).ok()?;
	let mut shape: Shape =
		(0..rank).map(|at| parts.iter().flatten().find_map(|part| part[at])).collect();
	let sum = |sum: i64, part: &Option<&Shape>| sum.checked_add((*(*part)?.get(axis)?)?);
	*shape.get_mut(axis)? = parts.iter().try_fold(0, sum);
	Some(shape)
}
