//! Sequences of tensors: lists whose length is known, and of which elements are taken at known places.
//! The graph is written without them.
//!
//! A sequence stays in the graph that makes it: it is no input or output of a graph, loop or branch.

use super::{
	functions::int,
	wired::{wired, Built},
};
use crate::refusal::Refusal;
use opg_engine_types::Reason;
use std::{collections::BTreeMap, mem};
use tract_onnx::{
	model::{OnnxOpRegister, ParsingContext},
	pb::{
		attribute_proto::AttributeType, tensor_proto::DataType, AttributeProto, GraphProto,
		NodeProto, TensorProto,
	},
	tract_core::ops::array::{Slice, TypedConcat},
	tract_hir::internal::*,
};

/// Most elements of a sequence. Longer ones could be made of each other without an end.
const MAX_ELEMENTS: usize = 1024;

/// Only what is left of these operators comes here.
pub fn register(operators: &mut OnnxOpRegister) {
	operators.insert("ConcatFromSequence", concat);
	operators.insert("SequenceAt", part);
	operators.insert("SequenceLength", length);
}

/// A sequence.
#[derive(Clone)]
enum Sequence {
	/// Of these tensors.
	List(Vec<String>),
	/// The parts of a tensor, by the node `SplitToSequence` that makes them.
	Parts(Box<NodeProto>),
}

/// Integers that are constant, by name.
type Constants = BTreeMap<String, Vec<i64>>;

/// Writes the graph without sequences, and those inside. `scopes` has the constants of the graphs
/// around it. The recursion is bounded by the check on the wire.
pub fn write_out(graph: &mut GraphProto, scopes: &mut Vec<Constants>) -> Result<(), Refusal> {
	scopes.push(constants(graph));
	let mut sequences = BTreeMap::new();
	for mut node in mem::take(&mut graph.node) {
		for attribute in &mut node.attribute {
			for graph in attribute.g.iter_mut().chain(&mut attribute.graphs) {
				write_out(graph, scopes)?;
			}
		}
		let written = Written { node: &node, sequences: &mut sequences, scopes }.written();
		let written = written.map_err(|e| {
			let message = format!("{} `{}`: {e:#}", node.op_type, node.name);
			Refusal::new(Reason::NotLoadable, message)
		})?;
		match written {
			Step::Same => graph.node.push(node),
			Step::Without => (),
			Step::Instead(instead) => graph.node.push(instead),
		}
	}
	scopes.pop();
	match graph.output.iter().find(|output| sequences.contains_key(&output.name)) {
		Some(output) => {
			let message = format!("output `{}` is a sequence; only tensors are", output.name);
			Err(Refusal::new(Reason::UnsupportedType, message))
		},
		None => Ok(()),
	}
}

/// Small constants of a graph that are integers.
fn constants(graph: &GraphProto) -> Constants {
	let initializers =
		graph.initializer.iter().map(|tensor| Some((tensor.name.clone(), integers(tensor)?)));
	let nodes = graph.node.iter().filter(|node| node.op_type == "Constant");
	let nodes = nodes.map(|node| {
		let [attribute] = node.attribute.as_slice() else { return None };
		let value = match attribute.name.as_str() {
			"value" => integers(attribute.t.as_ref()?)?,
			"value_int" => vec![attribute.i],
			"value_ints" => attribute.ints.clone(),
			_ => return None,
		};
		Some((node.output.first()?.clone(), value))
	});
	initializers.chain(nodes).flatten().collect()
}

fn integers(tensor: &TensorProto) -> Option<Vec<i64>> {
	if tensor.segment.is_some() {
		return None;
	}
	let raw = &tensor.raw_data;
	match DataType::try_from(tensor.data_type).ok()? {
		DataType::Int64 if raw.is_empty() => Some(tensor.int64_data.clone()),
		DataType::Int64 => {
			let words = raw.chunks_exact(8).filter_map(|word| word.first_chunk().copied());
			Some(words.map(i64::from_le_bytes).collect())
		},
		DataType::Int32 if raw.is_empty() => {
			Some(tensor.int32_data.iter().copied().map(i64::from).collect())
		},
		DataType::Int32 => {
			let words = raw.chunks_exact(4).filter_map(|word| word.first_chunk().copied());
			Some(words.map(|word| i64::from(i32::from_le_bytes(word))).collect())
		},
		_ => None,
	}
}

/// What becomes of a node.
enum Step {
	Same,
	Without,
	Instead(NodeProto),
}

struct Written<'a> {
	node: &'a NodeProto,
	sequences: &'a mut BTreeMap<String, Sequence>,
	scopes: &'a [Constants],
}

impl Written<'_> {
	fn written(self) -> TractResult<Step> {
		let made = match self.node.op_type.as_str() {
			"SequenceEmpty" => Sequence::List(Vec::new()),
			"SequenceConstruct" => Sequence::List(self.node.input.clone()),
			"SplitToSequence" => Sequence::Parts(Box::new(self.node.clone())),
			"SequenceInsert" => {
				let mut list = self.list()?;
				let place = self.place(2, &list, list.len())?;
				list.insert(place, self.name(1)?.clone());
				Sequence::List(list)
			},
			"SequenceErase" => {
				let mut list = self.list()?;
				let last = list.len().checked_sub(1).context("the sequence is empty")?;
				list.remove(self.place(1, &list, last)?);
				Sequence::List(list)
			},
			"Identity" if self.sequences.contains_key(self.name(0)?) => self.sequence()?.clone(),
			"SequenceAt" => return self.at().map(Step::Instead),
			"SequenceLength" => return self.length().map(Step::Instead),
			"ConcatFromSequence" => {
				let input = self.list()?;
				ensure!(!input.is_empty(), "the sequence is empty");
				return Ok(Step::Instead(NodeProto { input, ..self.node.clone() }));
			},
			_ => return Ok(Step::Same),
		};
		if let Sequence::List(list) = &made {
			ensure!(list.len() <= MAX_ELEMENTS, "a sequence has more than {MAX_ELEMENTS} elements");
		}
		let output = self.node.output.first().context("the output is missing")?;
		self.sequences.insert(output.clone(), made);
		Ok(Step::Without)
	}

	fn name(&self, input: usize) -> TractResult<&String> {
		self.node.input.get(input).with_context(|| format!("input {input} is missing"))
	}

	fn sequence(&self) -> TractResult<&Sequence> {
		let name = self.name(0)?;
		self.sequences
			.get(name)
			.with_context(|| format!("`{name}` is not a sequence that this graph makes of tensors"))
	}

	fn list(&self) -> TractResult<Vec<String>> {
		match self.sequence()? {
			Sequence::List(list) => Ok(list.clone()),
			Sequence::Parts(_) => bail!("the number of parts of a tensor is not known here"),
		}
	}

	/// The place that an input names, which may be counted from the end; `last` is the last one, and
	/// that of an input that is left out.
	fn place(&self, input: usize, list: &[String], last: usize) -> TractResult<usize> {
		let Some(name) = self.node.input.get(input).filter(|name| !name.is_empty()) else {
			return Ok(last);
		};
		let place = self.constant(name)?;
		let from_front = if place < 0 { place.saturating_add(list.len() as i64) } else { place };
		let from_front = usize::try_from(from_front).ok().filter(|place| *place <= last);
		from_front.with_context(|| format!("there is no place {place}"))
	}

	fn constant(&self, name: &str) -> TractResult<i64> {
		let value = self.scopes.iter().rev().find_map(|scope| scope.get(name));
		let value = value.context("a place in a sequence is not constant")?;
		value.first().copied().context("a place in a sequence is empty")
	}

	/// One of the tensors, or a part of one: the node takes over the attributes that say which.
	fn at(&self) -> TractResult<NodeProto> {
		match self.sequence()? {
			Sequence::List(list) => {
				let name = self.name(1)?;
				let place = self.constant(name)?;
				let length = list.len() as i64;
				let place = if place < 0 { place.saturating_add(length) } else { place };
				let place = usize::try_from(place).ok().and_then(|place| list.get(place));
				let element = place.with_context(|| format!("there are {length} elements"))?;
				Ok(NodeProto {
					op_type: "Identity".into(),
					input: vec![element.clone()],
					attribute: Vec::new(),
					..self.node.clone()
				})
			},
			Sequence::Parts(split) => {
				let place = self.constant(self.name(1)?)?;
				let mut node = self.of_parts(split)?;
				node.attribute.push(int("place", place));
				Ok(node)
			},
		}
	}

	fn length(&self) -> TractResult<NodeProto> {
		match self.sequence()? {
			Sequence::List(list) => Ok(NodeProto {
				op_type: "Constant".into(),
				input: Vec::new(),
				attribute: vec![int("value_int", list.len() as i64)],
				..self.node.clone()
			}),
			Sequence::Parts(split) => self.of_parts(split),
		}
	}

	/// This node on the tensor that is split, with the parts' sizes.
	fn of_parts(&self, split: &NodeProto) -> TractResult<NodeProto> {
		let tensor = split.input.first().context("the tensor is missing")?;
		let mut attribute = split.attribute.clone();
		attribute.retain(|attribute| matches!(attribute.name.as_str(), "axis" | "keepdims"));
		if let Some(sizes) = split.input.get(1).filter(|name| !name.is_empty()) {
			let sizes = self.scopes.iter().rev().find_map(|scope| scope.get(sizes));
			let sizes = sizes.context("the sizes of the parts are not constant")?.clone();
			// Without sizes every part is one, and loses the dimension if that is wanted.
			attribute.retain(|attribute| attribute.name != "keepdims");
			attribute.push(ints("sizes", sizes));
		}
		Ok(NodeProto { input: vec![tensor.clone()], attribute, ..self.node.clone() })
	}
}

fn ints(name: &str, values: Vec<i64>) -> AttributeProto {
	let r#type = AttributeType::Ints as i32;
	AttributeProto { name: name.into(), ints: values, r#type, ..AttributeProto::default() }
}

/// An axis of so many, counted from the front.
pub fn axis(axis: i64, rank: usize) -> TractResult<usize> {
	let from_front = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
	let from_front = usize::try_from(from_front).ok().filter(|axis| *axis < rank);
	from_front.with_context(|| format!("axis {axis} of {rank} dimensions"))
}

fn concat(_: &ParsingContext, node: &NodeProto) -> Built {
	let at: i64 = node.get_attr("axis")?;
	let new: bool = node.get_attr_opt("new_axis")?.unwrap_or(false);
	wired(node, move |wires| {
		let mut parts = TVec::new();
		for place in 0..wires.places() {
			let part = wires.input(place)?;
			let rank = wires.shape(part)?.len();
			let part = match new {
				true => wires.add(AxisOp::Add(axis(at, rank + 1)?), &[part])?,
				false => part,
			};
			parts.push(part);
		}
		let shapes = parts.iter().map(|part| wires.shape(*part));
		let shapes = shapes.collect::<TractResult<Vec<_>>>()?;
		let first = shapes.first().context("the sequence is empty")?;
		let at = axis(at, first.len())?;
		let fits = |shape: &TVec<usize>| {
			let mut sizes = shape.iter().zip(first).enumerate();
			shape.len() == first.len() && sizes.all(|(axis, (a, b))| axis == at || a == b)
		};
		ensure!(shapes.iter().all(fits), "the tensors have the shapes {shapes:?}");
		Ok(tvec!(wires.add(TypedConcat::new(at), &parts)?))
	})
}

/// First and last index of each part of a dimension of this size.
fn parts(size: usize, sizes: &Option<Vec<i64>>) -> TractResult<Vec<(usize, usize)>> {
	let sizes = match sizes.as_deref() {
		None => vec![1; size],
		Some([all]) => {
			let all = usize::try_from(*all).ok().filter(|all| *all > 0);
			let all = all.context("parts must have a size")?;
			let whole = size / all;
			let rest = size % all;
			let mut sizes = vec![all; whole];
			sizes.extend((rest > 0).then_some(rest));
			sizes
		},
		Some(sizes) => sizes.iter().map(|size| usize::try_from(*size)).collect::<Result<_, _>>()?,
	};
	let mut begin = 0usize;
	let mut parts = Vec::new();
	for size in sizes {
		let end = begin.checked_add(size).context("the parts are too large")?;
		parts.push((begin, end));
		begin = end;
	}
	ensure!(begin == size, "the parts do not make up {size}");
	Ok(parts)
}

/// The axis and the parts of the split that a node stands for.
struct Split {
	axis: i64,
	sizes: Option<Vec<i64>>,
}

impl Split {
	fn of(node: &NodeProto) -> TractResult<Split> {
		let axis = node.get_attr_opt("axis")?.unwrap_or(0);
		Ok(Split { axis, sizes: node.get_attr_opt_vec("sizes")? })
	}

	fn parts(&self, shape: &[usize]) -> TractResult<(usize, Vec<(usize, usize)>)> {
		let axis = axis(self.axis, shape.len())?;
		Ok((axis, parts(shape[axis], &self.sizes)?))
	}
}

fn part(_: &ParsingContext, node: &NodeProto) -> Built {
	let split = Split::of(node)?;
	let place: i64 = node.get_attr("place")?;
	let keeps: bool = node.get_attr_opt("keepdims")?.unwrap_or(true);
	wired(node, move |wires| {
		let x = wires.input(0)?;
		let (at, parts) = split.parts(&wires.shape(x)?)?;
		let (begin, end) = parts[axis(place, parts.len())?];
		let part = wires.add(Slice::new(at, begin, end), &[x])?;
		Ok(tvec!(match keeps {
			true => part,
			false => wires.add(AxisOp::Rm(at), &[part])?,
		}))
	})
}

fn length(_: &ParsingContext, node: &NodeProto) -> Built {
	let split = Split::of(node)?;
	wired(node, move |wires| {
		let x = wires.input(0)?;
		let (_, parts) = split.parts(&wires.shape(x)?)?;
		Ok(tvec!(wires.constant(tensor0(parts.len() as i64))?))
	})
}
