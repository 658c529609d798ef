//! Each change, on small models that are made here.

#![allow(clippy::unwrap_used)]

mod damaged;
mod ends;
mod external;
mod starts;

use crate::{
	change,
	data::{floats, integers},
	model::{fixed, node, value, Model},
	proto::{
		tensor_proto::DataType, tensor_shape_proto::Dimension, GraphProto, ModelProto, NodeProto,
		OperatorSetIdProto, TensorProto, ValueInfoProto,
	},
	Error, Fix, Report, Result,
};
use protobuf::{Enum, Message};

/// An open dimension of this name, or without one.
fn open(name: &str) -> Dimension {
	let mut dim = Dimension::new();
	if !name.is_empty() {
		dim.set_dim_param(name.into());
	}
	dim
}

fn f32_value(name: &str, dims: Vec<Dimension>) -> ValueInfoProto {
	value(name, DataType::FLOAT.value(), Some(dims))
}

fn i64_value(name: &str, dims: Vec<Dimension>) -> ValueInfoProto {
	value(name, DataType::INT64.value(), Some(dims))
}

fn named(name: &str, mut tensor: TensorProto) -> TensorProto {
	tensor.set_name(name.into());
	tensor
}

/// A model of opset 17.
fn model(
	inputs: Vec<ValueInfoProto>,
	outputs: Vec<ValueInfoProto>,
	nodes: Vec<NodeProto>,
	weights: Vec<TensorProto>,
) -> ModelProto {
	let mut set = OperatorSetIdProto::new();
	set.set_version(17);
	let graph = GraphProto {
		input: inputs,
		output: outputs,
		node: nodes,
		initializer: weights,
		..Default::default()
	};
	let mut model = ModelProto::new();
	model.set_ir_version(8);
	model.opset_import = vec![set];
	model.graph = Some(graph).into();
	model
}

/// y = x, for x of batch by 3 by 4 by 4.
fn picture() -> ModelProto {
	let dims = || vec![open("batch"), fixed(3), open(""), fixed(4)];
	model(
		vec![f32_value("x", dims())],
		vec![f32_value("y", dims())],
		vec![node("Relu", &["x"], &["y"], vec![])],
		vec![],
	)
}

/// scores and others, of 2 by 10.
fn scores() -> ModelProto {
	let dims = || vec![fixed(2), fixed(10)];
	model(
		vec![f32_value("x", dims())],
		vec![f32_value("scores", dims()), f32_value("others", dims())],
		vec![
			node("Softmax", &["x"], &["scores"], vec![]),
			node("Relu", &["x"], &["others"], vec![]),
		],
		vec![],
	)
}

/// The changed model, as it is read again from its bytes, and what is said of it.
fn changed(proto: ModelProto, arguments: &[&str]) -> Result<(ModelProto, Report)> {
	let mut model = Model::new(proto)?;
	change(&mut model, &options(arguments))?;
	let proto = ModelProto::parse_from_bytes(&model.to_bytes()?).unwrap();
	Ok((proto, model.report()))
}

/// Why a model cannot be changed so.
fn refusal(proto: ModelProto, arguments: &[&str]) -> String {
	changed(proto, arguments).unwrap_err().to_string()
}

fn options(arguments: &[&str]) -> Fix {
	use clap::{Args, FromArgMatches};
	let command = Fix::augment_args(clap::Command::new("fix"));
	let line = ["fix", "model.onnx", "-o", "fixed.onnx"].iter().chain(arguments);
	Fix::from_arg_matches(&command.try_get_matches_from(line).unwrap()).unwrap()
}

fn operators(model: &ModelProto) -> Vec<&str> {
	model.graph.node.iter().map(NodeProto::op_type).collect()
}

fn weight<'a>(model: &'a ModelProto, name: &str) -> &'a TensorProto {
	model.graph.initializer.iter().find(|weight| weight.name() == name).unwrap()
}

#[test]
fn a_model_should_keep_what_is_not_changed_also_fields_that_nobody_knows() {
	let mut proto = picture();
	proto.special_fields.mut_unknown_fields().add_varint(1000, 7);
	let graph = proto.graph.as_mut().unwrap();
	graph.node[0].special_fields.mut_unknown_fields().add_length_delimited(999, vec![1, 2]);
	let (after, report) = changed(proto.clone(), &[]).unwrap();
	assert_eq!(after, proto);
	assert_eq!(report.changes, [""; 0]);
	assert_eq!(report.inputs, ["x: f32 [batch, 3, ?, 4]"]);
	assert!(report.to_string().starts_with("nothing had to be changed\ninput   x: f32"));
}

#[test]
fn changes_should_be_made_together_and_said_one_by_one() {
	let arguments =
		["--argmax", "y:1", "--u8", "x=2", "--dim", "x:2=4", "--dim", "batch=1", "--half"];
	let (after, report) = changed(picture(), &arguments).unwrap();
	assert_eq!(operators(&after), ["Cast", "Mul", "Add", "Relu", "ArgMax"]);
	assert_eq!(report.changes.len(), 5, "{report}");
	assert_eq!(report.inputs, ["x_u8: u8 [1, 3, 4, 4]"]);
	assert_eq!(report.outputs, ["y_argmax: i64 [batch, ?, 4]"]);
}

#[test]
fn names_of_the_model_should_not_reach_the_terminal_as_they_are() {
	let proto = model(vec![f32_value("x\u{1b}[2J", vec![])], vec![], vec![], vec![]);
	let (_, report) = changed(proto.clone(), &[]).unwrap();
	assert_eq!(report.inputs, ["x\\u{1b}[2J: f32 []"]);
	assert!(!refusal(proto, &["--u8", "y"]).contains('\u{1b}'));
}

#[test]
fn a_graph_that_uses_what_nothing_makes_should_be_refused() {
	let mut proto = picture();
	proto.graph.as_mut().unwrap().node[0].input[0] = "z".into();
	assert!(refusal(proto, &[]).contains("z: an operator Relu uses it before it is made"));
}
