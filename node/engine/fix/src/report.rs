//! What was changed, and what a model takes and gives afterwards.

use crate::{
	error::shown,
	model,
	proto::{tensor_proto::DataType, GraphProto, ValueInfoProto},
};
use protobuf::Enum;
use std::fmt;

/// What was changed, and the inputs and outputs afterwards; as lines of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
	/// What was changed, one line for each change.
	pub changes: Vec<String>,
	/// Name, type and shape of each input.
	pub inputs: Vec<String>,
	/// Name, type and shape of each output.
	pub outputs: Vec<String>,
}

impl Report {
	pub(crate) fn new(changes: Vec<String>, graph: Option<&GraphProto>) -> Self {
		let lines = |values: &[ValueInfoProto]| values.iter().map(line).collect();
		let (inputs, outputs) = match graph {
			Some(graph) => (lines(&graph.input), lines(&graph.output)),
			None => Default::default(),
		};
		Self { changes, inputs, outputs }
	}
}

impl fmt::Display for Report {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		if self.changes.is_empty() {
			writeln!(f, "nothing had to be changed")?;
		}
		self.changes.iter().try_for_each(|change| writeln!(f, "{change}"))?;
		self.inputs.iter().try_for_each(|input| writeln!(f, "input   {input}"))?;
		self.outputs.iter().try_for_each(|output| writeln!(f, "output  {output}"))
	}
}

/// `x: f32 [batch, 3, 48, ?]`.
fn line(value: &ValueInfoProto) -> String {
	let data_type = data_type(value.type_.tensor_type().elem_type());
	let dims = match model::dims(value) {
		None => "of any shape".to_owned(),
		Some(dims) => {
			let size = |dim| match model::size(dim) {
				Some(size) => size.to_string(),
				None if dim.has_dim_param() => shown(dim.dim_param()),
				None => "?".into(),
			};
			format!("[{}]", dims.iter().map(size).collect::<Vec<_>>().join(", "))
		},
	};
	format!("{}: {data_type} {dims}", shown(value.name()))
}

/// Names as `opg-engine inspect` has them, and ONNX's own of what the engine does not run.
fn data_type(number: i32) -> String {
	use DataType::*;
	let name = match DataType::from_i32(number) {
		Some(BOOL) => "bool",
		Some(UINT8) => "u8",
		Some(UINT16) => "u16",
		Some(UINT32) => "u32",
		Some(UINT64) => "u64",
		Some(INT8) => "i8",
		Some(INT16) => "i16",
		Some(INT32) => "i32",
		Some(INT64) => "i64",
		Some(FLOAT16) => "f16",
		Some(FLOAT) => "f32",
		Some(DOUBLE) => "f64",
		Some(other) => return format!("{other:?}"),
		None => return format!("type {number}"),
	};
	name.into()
}
