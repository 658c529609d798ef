//! A model under change.

use crate::{
	error::shown,
	proto::{
		attribute_proto::AttributeType, tensor_proto::DataType, tensor_shape_proto::Dimension,
		AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto,
		ValueInfoProto,
	},
	Error, Report, Result,
};
use protobuf::{Enum, Message};
use std::collections::HashSet;

/// Files of an older IR version must list weights among the inputs.
const SEPARATE_WEIGHTS: i64 = 4;

/// A model, the names that are taken in it, and what was changed so far.
pub(crate) struct Model {
	proto: ModelProto,
	names: HashSet<String>,
	changes: Vec<String>,
}

impl Model {
	/// The model of a file. Nothing more than its form is known of it.
	pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
		let proto = ModelProto::parse_from_bytes(bytes)
			.map_err(|error| Error::Damaged(shown(&error.to_string())))?;
		Self::new(proto)
	}

	pub(crate) fn new(proto: ModelProto) -> Result<Self> {
		let Some(graph) = proto.graph.as_ref() else {
			return Err(Error::Damaged("there is no graph in it".into()));
		};
		let mut names = HashSet::new();
		collect_names(graph, &mut names);
		Ok(Self { proto, names, changes: Vec::new() })
	}

	pub(crate) fn to_bytes(&self) -> Result<Vec<u8>> {
		let too_large = |bytes: &Vec<u8>| bytes.len() as u64 > crate::MAX_BYTES;
		match self.proto.write_to_bytes() {
			Ok(bytes) if !too_large(&bytes) => Ok(bytes),
			_ => Err(Error::TooLarge),
		}
	}

	/// Takes in what was done, as a line for the author.
	pub(crate) fn note(&mut self, change: impl Into<String>) {
		self.changes.push(change.into());
	}

	pub(crate) fn report(self) -> Report {
		Report::new(self.changes, self.proto.graph.as_ref())
	}

	pub(crate) fn proto_mut(&mut self) -> &mut ModelProto {
		&mut self.proto
	}

	pub(crate) fn graph(&self) -> &GraphProto {
		&self.proto.graph
	}

	pub(crate) fn graph_mut(&mut self) -> &mut GraphProto {
		self.proto.graph.mut_or_insert_default()
	}

	/// Version of ONNX's own operators.
	pub(crate) fn opset(&self) -> i64 {
		let own = |domain: &str| domain.is_empty() || domain == "ai.onnx";
		let sets = self.proto.opset_import.iter().filter(|set| own(set.domain()));
		sets.map(|set| set.version()).max().unwrap_or(1)
	}

	/// Old files list their weights among the inputs, where they are taken for inputs.
	pub(crate) fn separate_weights(&mut self) {
		let weights: HashSet<String> =
			self.graph().initializer.iter().map(|weight| weight.name().into()).collect();
		let inputs = &mut self.graph_mut().input;
		let before = inputs.len();
		inputs.retain(|input| !weights.contains(input.name()));
		let taken = before - inputs.len();
		if taken > 0 {
			self.note(format!("weights are no inputs any more: {taken}"));
		}
		if self.proto.ir_version() < SEPARATE_WEIGHTS {
			self.proto.set_ir_version(SEPARATE_WEIGHTS);
			self.note(format!("IR version {SEPARATE_WEIGHTS}, for weights that are no inputs"));
		}
	}

	pub(crate) fn input(&self, name: &str) -> Result<usize> {
		find(&self.graph().input, "input", name)
	}

	pub(crate) fn output(&self, name: &str) -> Result<usize> {
		find(&self.graph().output, "output", name)
	}

	/// A name that nothing has.
	pub(crate) fn fresh(&mut self, name: &str) -> String {
		let mut name = name.to_owned();
		while !self.names.insert(name.clone()) {
			name.push('_');
		}
		name
	}

	/// Adds a weight, and gives its name.
	pub(crate) fn weight(&mut self, name: &str, mut tensor: TensorProto) -> String {
		let name = self.fresh(name);
		tensor.set_name(name.clone());
		self.graph_mut().initializer.push(tensor);
		name
	}

	/// Adds an operator at the end.
	pub(crate) fn push(&mut self, node: NodeProto) {
		self.graph_mut().node.push(node);
	}

	/// Adds an operator with one output at the end, and gives the name of that.
	pub(crate) fn then(
		&mut self,
		operator: &str,
		inputs: &[&str],
		output: &str,
		attributes: Vec<AttributeProto>,
	) -> String {
		let output = self.fresh(output);
		self.push(node(operator, inputs, &[&output], attributes));
		output
	}

	/// Adds operators before all others.
	pub(crate) fn first(&mut self, nodes: Vec<NodeProto>) {
		self.graph_mut().node.splice(..0, nodes);
	}
}

/// Names that are taken, in the graph and in those inside of it.
fn collect_names(graph: &GraphProto, names: &mut HashSet<String>) {
	let values = graph.input.iter().chain(&graph.output).map(ValueInfoProto::name);
	names.extend(values.map(str::to_owned));
	names.extend(graph.initializer.iter().map(|weight| weight.name().to_owned()));
	names.extend(graph.sparse_initializer.iter().map(|weight| weight.values.name().to_owned()));
	for node in &graph.node {
		names.extend(node.input.iter().chain(&node.output).cloned());
		subgraphs(node).for_each(|graph| collect_names(graph, names));
	}
}

/// Graphs in the attributes of an operator.
pub(crate) fn subgraphs(node: &NodeProto) -> impl Iterator<Item = &GraphProto> {
	node.attribute.iter().flat_map(|attribute| attribute.g.iter().chain(&attribute.graphs))
}

fn find(values: &[ValueInfoProto], what: &'static str, name: &str) -> Result<usize> {
	const MAX_NAMES: usize = 10;
	values.iter().position(|value| value.name() == name).ok_or_else(|| {
		let mut names: Vec<_> =
			values.iter().take(MAX_NAMES).map(|value| shown(value.name())).collect();
		if values.len() > MAX_NAMES {
			names.push(format!("and {} more", values.len() - MAX_NAMES));
		}
		Error::Missing { what, name: shown(name), names: names.join(", ") }
	})
}

pub(crate) fn node(
	operator: &str,
	inputs: &[&str],
	outputs: &[&str],
	attributes: Vec<AttributeProto>,
) -> NodeProto {
	let mut node = NodeProto::new();
	node.set_op_type(operator.into());
	node.input = inputs.iter().map(|name| (*name).to_owned()).collect();
	node.output = outputs.iter().map(|name| (*name).to_owned()).collect();
	node.attribute = attributes;
	node
}

pub(crate) fn int(name: &str, value: i64) -> AttributeProto {
	let mut attribute = AttributeProto::new();
	attribute.set_name(name.into());
	attribute.set_type(AttributeType::INT);
	attribute.set_i(value);
	attribute
}

pub(crate) fn ints(name: &str, values: Vec<i64>) -> AttributeProto {
	let mut attribute = AttributeProto::new();
	attribute.set_name(name.into());
	attribute.set_type(AttributeType::INTS);
	attribute.ints = values;
	attribute
}

/// The operator that makes f32 of anything.
pub(crate) fn to_f32() -> Vec<AttributeProto> {
	vec![int("to", DataType::FLOAT.value().into())]
}

/// Type and shape of a new input or output.
pub(crate) fn value(name: &str, data_type: i32, dims: Option<Vec<Dimension>>) -> ValueInfoProto {
	let mut value = ValueInfoProto::new();
	value.set_name(name.into());
	let tensor = value.type_.mut_or_insert_default().mut_tensor_type();
	tensor.set_elem_type(data_type);
	if let Some(dims) = dims {
		tensor.shape = Some(TensorShapeProto { dim: dims, ..Default::default() }).into();
	}
	value
}

pub(crate) fn fixed(size: i64) -> Dimension {
	let mut dim = Dimension::new();
	dim.set_dim_value(size);
	dim
}

/// Dimensions of a value; none where its rank is not known.
pub(crate) fn dims(value: &ValueInfoProto) -> Option<&[Dimension]> {
	let shape = value.type_.tensor_type().shape.as_ref()?;
	Some(&shape.dim)
}

/// Size of a dimension, unless it is open.
pub(crate) fn size(dim: &Dimension) -> Option<i64> {
	(dim.dim_value() > 0).then(|| dim.dim_value())
}

/// Sizes of a value, all of which are bound.
pub(crate) fn sizes(value: &ValueInfoProto) -> Option<Vec<i64>> {
	dims(value)?.iter().map(size).collect()
}
