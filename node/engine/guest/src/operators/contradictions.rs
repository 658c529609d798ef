//! Parameters of operators that contradict their inputs, and that tract takes nevertheless.
//!
//! Operators inside subgraphs are not looked at: their shapes are known only to tract.

use super::contrib::DOMAIN;
use crate::refusal::Refusal;
use opg_engine_types::Reason;
use std::collections::HashMap;
use tract_onnx::{pb, prelude::*};

/// Operators with an attribute `axis` of the first input, and its default. tract itself looks at the
/// axes of others.
const WITH_AXIS: [(&str, i64); 5] = [
	("Hardmax", -1),
	("LayerNormalization", -1),
	("LogSoftmax", -1),
	("Softmax", -1),
	("TopK", -1),
];

/// Checks the nodes of `graph` as far as that is possible with the shapes that are known.
pub fn check(graph: &pb::GraphProto, shapes: &Shapes) -> Result<(), Refusal> {
	for node in &graph.node {
		let checker = Checker { node, graph, shapes };
		checker.check().map_err(|problem| {
			let message = format!("{} `{}`: {problem}", node.op_type, node.name);
			Refusal::new(Reason::BadOperator, message)
		})?;
	}
	Ok(())
}

/// Shapes by the name of the value.
pub type Shapes = HashMap<String, TVec<usize>>;

/// The shapes that `model` knows.
pub fn shapes(model: &InferenceModel) -> Shapes {
	let mut shapes = Shapes::new();
	for node in model.nodes() {
		for (slot, output) in node.outputs.iter().enumerate() {
			let label = model.outlet_label(OutletId::new(node.id, slot));
			let name = label.map_or_else(|| node.name.clone(), str::to_owned);
			if let Ok(Some(shape)) = output.fact.shape.as_concrete_finite() {
				shapes.insert(name, shape.iter().copied().collect());
			}
		}
	}
	shapes
}

struct Checker<'a> {
	node: &'a pb::NodeProto,
	graph: &'a pb::GraphProto,
	shapes: &'a Shapes,
}

impl Checker<'_> {
	fn check(&self) -> Result<(), String> {
		let op = self.node.op_type.as_str();
		if let Some((_, default)) = WITH_AXIS.iter().find(|(name, _)| *name == op) {
			self.axis(self.int("axis").unwrap_or(*default))?;
		}
		match op {
			"TopK" => self.top_k(),
			"LSTM" => self.recurrent(4, &["sigmoid", "tanh", "tanh"]),
			"GRU" => self.recurrent(3, &["sigmoid", "tanh"]),
			"RNN" => self.recurrent(1, &["tanh"]),
			"Attention" => self.attention(),
			"Conv" | "MaxPool" | "AveragePool" => self.window(),
			"MultiHeadAttention" => self.heads(),
			"RotaryEmbedding" if self.node.domain == DOMAIN => self.positions(),
			"SkipLayerNormalization" => self.bias_alone(),
			"SkipSimplifiedLayerNormalization" => self.no_bias(),
			_ => Ok(()),
		}
	}

	fn attribute(&self, name: &str) -> Option<&pb::AttributeProto> {
		self.node.attribute.iter().find(|attribute| attribute.name == name)
	}

	fn int(&self, name: &str) -> Option<i64> {
		self.attribute(name).map(|attribute| attribute.i)
	}

	fn ints(&self, name: &str) -> Option<&[i64]> {
		self.attribute(name).map(|attribute| attribute.ints.as_slice())
	}

	/// The shape of an input, if it is given and known.
	fn shape(&self, input: usize) -> Option<&[usize]> {
		let name = self.node.input.get(input)?;
		self.shapes.get(name).map(|shape| shape.as_slice())
	}

	/// Checks an axis of the first input, and gives it counted from the front.
	fn axis(&self, axis: i64) -> Result<Option<usize>, String> {
		let Some(shape) = self.shape(0) else { return Ok(None) };
		let rank = shape.len() as i64;
		if rank == 0 && matches!(axis, 0 | -1) {
			return Ok(None);
		}
		if axis < -rank || axis >= rank {
			return Err(format!("axis {axis} of {rank} dimensions"));
		}
		Ok(usize::try_from(axis.rem_euclid(rank)).ok())
	}

	fn top_k(&self) -> Result<(), String> {
		let Some(axis) = self.axis(self.int("axis").unwrap_or(-1))? else { return Ok(()) };
		let length = self.shape(0).and_then(|shape| shape.get(axis));
		let given = self
			.node
			.input
			.get(1)
			.and_then(|name| self.graph.initializer.iter().find(|tensor| tensor.name == *name));
		let k = given.and_then(|tensor| match tensor.int64_data.first() {
			Some(k) => Some(*k),
			None => Some(i64::from_le_bytes(*tensor.raw_data.first_chunk()?)),
		});
		match (k.or_else(|| self.int("k")), length) {
			(Some(k), Some(length)) if k < 0 || k as u64 > *length as u64 => {
				Err(format!("the best {k} of {length}"))
			},
			_ => Ok(()),
		}
	}

	/// Checks that a recurrent layer is of the common kind, as tract takes each for, and the sizes of
	/// the weights, for so many gates.
	fn recurrent(&self, gates: usize, activations: &[&str]) -> Result<(), String> {
		let direction = self.attribute("direction").map(|attribute| attribute.s.as_slice());
		if !matches!(direction, None | Some(b"" | b"forward" | b"bidirectional")) {
			return Err("only the directions forward and bidirectional are supported".into());
		}
		if let Some(attribute) = self.attribute("activations") {
			let expected = activations.iter().cycle().map(|name| name.as_bytes());
			if !attribute
				.strings
				.iter()
				.map(|name| name.to_ascii_lowercase())
				.zip(expected)
				.all(|(a, b)| a == b)
			{
				return Err(format!("other activations than {activations:?} are not supported"));
			}
		}
		if self.attribute("clip").is_some() || self.int("input_forget").unwrap_or(0) != 0 {
			return Err("clip and input_forget are not supported".into());
		}
		let (Some(x), Some(w), Some(r)) = (self.shape(0), self.shape(1), self.shape(2)) else {
			return Ok(());
		};
		let (&[_, _, features], &[directions, rows, columns], &[_, _, hidden]) = (x, w, r) else {
			return Err("the sequence and both weights need three dimensions".into());
		};
		let bidirectional = self.attribute("direction").is_some_and(|a| a.s == b"bidirectional");
		let right = directions == if bidirectional { 2 } else { 1 }
			&& columns == features
			&& Some(rows) == hidden.checked_mul(gates)
			&& r == [directions, rows, hidden]
			&& self.shape(3).is_none_or(|bias| bias == [directions, 2 * rows])
			&& self.int("hidden_size").is_none_or(|size| size as u64 == hidden as u64);
		if right {
			Ok(())
		} else {
			Err(format!("weights {w:?} and {r:?} do not fit a sequence {x:?}"))
		}
	}

	/// Checks that the heads of queries and keys are of one size: tract would read past the end.
	fn attention(&self) -> Result<(), String> {
		let (Some(queries), Some(keys)) = (self.shape(0), self.shape(1)) else { return Ok(()) };
		let heads = |name| self.int(name).and_then(|heads| usize::try_from(heads).ok());
		let size = |shape: &[usize], heads: Option<usize>| match (shape, heads) {
			(&[_, _, _, size], _) => Some(size),
			(&[_, _, width], Some(heads)) if heads > 0 && width % heads == 0 => Some(width / heads),
			_ => None,
		};
		let (of_queries, of_keys) =
			(size(queries, heads("q_num_heads")), size(keys, heads("kv_num_heads")));
		if of_queries.is_some() && of_queries == of_keys {
			Ok(())
		} else {
			Err(format!("the heads of queries {queries:?} and keys {keys:?} differ"))
		}
	}

	/// Checks that strides and dilations are positive and that the window fits the padded input.
	fn window(&self) -> Result<(), String> {
		let given = |name: &str| self.ints(name).unwrap_or_default();
		let (strides, dilations, pads) = (given("strides"), given("dilations"), given("pads"));
		let mut positive = strides.iter().chain(dilations).chain(given("kernel_shape"));
		if positive.any(|number| *number < 1) {
			return Err("strides, dilations and windows must be positive".into());
		}
		let Some(shape) = self.shape(0) else { return Ok(()) };
		let kernel: Vec<i64> = match (self.ints("kernel_shape"), self.shape(1)) {
			(Some(kernel), _) => kernel.to_vec(),
			(None, Some(weights)) => weights.iter().skip(2).map(|dim| *dim as i64).collect(),
			_ => return Ok(()),
		};
		if kernel.len() + 2 != shape.len() {
			return Err(format!("a window {kernel:?} on {shape:?}"));
		}
		if self.attribute("auto_pad").is_some_and(|a| !a.s.is_empty() && a.s != b"NOTSET") {
			return Ok(());
		}
		for (axis, (size, width)) in shape.iter().skip(2).zip(&kernel).enumerate() {
			let pad = |at: usize| i128::from(pads.get(at).copied().unwrap_or(0));
			let padded = *size as i128 + pad(axis) + pad(axis + kernel.len());
			let dilation = i128::from(dilations.get(axis).copied().unwrap_or(1));
			if (i128::from(*width) - 1) * dilation + 1 > padded {
				return Err(format!(
					"a dilated window is wider than the {padded} of dimension {axis}"
				));
			}
		}
		Ok(())
	}

	/// Whether an input is given.
	fn has(&self, input: usize) -> bool {
		self.node.input.get(input).is_some_and(|name| !name.is_empty())
	}

	/// Checks that queries, keys and values fit each other and the number of heads.
	fn heads(&self) -> Result<(), String> {
		let (Some(queries), Some(keys), Some(values)) =
			(self.shape(0), self.shape(1), self.shape(2))
		else {
			return Ok(());
		};
		let heads = self.int("num_heads").and_then(|heads| usize::try_from(heads).ok());
		match (queries, keys, values) {
			(
				&[batch, _, width],
				&[of_keys, length, other],
				&[of_values, same, width_of_values],
			) if (of_keys, of_values) == (batch, batch)
				&& (other, same) == (width, length)
				&& heads.is_some_and(|heads| {
					heads > 0 && width % heads == 0 && width_of_values % heads == 0
				}) =>
			{
				Ok(())
			},
			_ => Err(format!(
				"queries {queries:?}, keys {keys:?} and values {values:?} do not fit {heads:?} heads"
			)),
		}
	}

	/// Checks that each place has a position of its own. tract would take a common offset for one.
	fn positions(&self) -> Result<(), String> {
		match self.shape(1) {
			Some(shape) if shape.len() != 2 => {
				Err(format!("positions of the shape {shape:?}; one for each place is needed"))
			},
			_ => Ok(()),
		}
	}

	/// Checks that there is no bias where the input before it is left out.
	fn bias_alone(&self) -> Result<(), String> {
		if self.has(4) && !self.has(3) {
			return Err("a bias without beta is not supported".into());
		}
		Ok(())
	}

	/// Checks that there is no bias, which onnxruntime leaves out.
	fn no_bias(&self) -> Result<(), String> {
		if self.has(3) {
			return Err("a bias is not supported".into());
		}
		Ok(())
	}
}
