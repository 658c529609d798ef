//! Weights: the data of large tensors goes from the file into the tensors that tract keeps, without a
//! copy in between.
//!
//! The outline of the file has them without their data (see `wire` of the types). An initializer is
//! the same as a node `Constant`, so it becomes one, and the operator `Constant` reads the file.
//! Tensors of other nodes are small; their operators find the data where the file would have it.

use crate::{file, sharing};
use std::{collections::BTreeMap, mem, sync::OnceLock};
use tract_onnx::{
	model::{OnnxOpRegister, ParsingContext},
	pb::{
		attribute_proto::AttributeType,
		tensor_proto::{DataType, Segment},
		AttributeProto, GraphProto, NodeProto, TensorProto,
	},
	tract_hir::{internal::*, ops::konst::Const},
};

/// Name of the operator, and of its attribute.
const OPERATOR: &str = "Constant";
const VALUE: &str = "value";

type Built = TractResult<(Box<dyn InferenceOp>, Vec<String>)>;

/// What tract itself makes of the operator.
static OF_TRACT: OnceLock<fn(&ParsingContext, &NodeProto) -> Built> = OnceLock::new();

/// Takes the place of tract's operator.
pub fn register(operators: &mut OnnxOpRegister) {
	if let Some(of_tract) = operators.0.insert(OPERATOR.into(), constant) {
		OF_TRACT.get_or_init(|| of_tract);
	}
}

fn constant(context: &ParsingContext, node: &NodeProto) -> Built {
	let value = node.get_attr_opt::<&TensorProto>(VALUE)?;
	let Some((value, segment)) = value.and_then(|value| Some((value, value.segment.as_ref()?)))
	else {
		let of_tract = OF_TRACT.get().context("tract has no operator for constants")?;
		return of_tract(context, node);
	};
	let (at, _) = place(segment)?;
	let tensor = sharing::read(at, || read(value, segment))
		.with_context(|| format!("reading the weights `{}`", value.name))?;
	Ok((Box::new(Const::new(tensor)?), Vec::new()))
}

/// Reads a tensor.
fn read(proto: &TensorProto, segment: &Segment) -> TractResult<Tensor> {
	let (at, length) = place(segment)?;
	let dtype = DataType::try_from(proto.data_type)
		.map_err(|_| format_err!("unknown type {}", proto.data_type))?;
	let datum_type = DatumType::try_from(dtype)?;
	ensure!(datum_type != DatumType::String, "texts have no bytes");
	let shape = proto.dims.iter().map(|dim| usize::try_from(*dim));
	let shape: TVec<usize> = shape.collect::<Result<_, _>>()?;
	let size = shape.iter().try_fold(datum_type.size_of(), |size, dim| size.checked_mul(*dim));
	ensure!(size == Some(length), "{length} bytes for {shape:?} of {datum_type:?}");
	// SAFETY: all of it is written below. Any bytes are values of every type but bool.
	let mut tensor = unsafe { Tensor::uninitialized_dt(datum_type, &shape)? };
	let mut view = tensor.try_as_plain_ram_mut()?;
	let bytes = view.as_bytes_mut();
	file::read(at, bytes);
	if datum_type == DatumType::Bool {
		bytes.iter_mut().for_each(|byte| *byte = u8::from(*byte != 0));
	}
	Ok(tensor)
}

/// First byte in the file, and number of bytes.
fn place(segment: &Segment) -> TractResult<(usize, usize)> {
	let (begin, end) = (usize::try_from(segment.begin)?, usize::try_from(segment.end)?);
	let length = end.checked_sub(begin).context("the data ends before it begins")?;
	Ok((begin, length))
}

/// Puts the data of attributes back to where operators look for it. Those of `Constant` stay in the
/// file. The recursion is bounded by the check on the wire.
pub fn restore_attributes(graph: &mut GraphProto) -> TractResult<()> {
	for node in &mut graph.node {
		for attribute in &mut node.attribute {
			let stays = node.op_type == OPERATOR && attribute.name == VALUE;
			if !stays {
				attribute.t.iter_mut().chain(&mut attribute.tensors).try_for_each(restore)?;
			}
			attribute.g.iter_mut().chain(&mut attribute.graphs).try_for_each(restore_attributes)?;
		}
	}
	Ok(())
}

fn restore(tensor: &mut TensorProto) -> TractResult<()> {
	if let Some(segment) = tensor.segment.take() {
		let (at, length) = place(&segment)?;
		tensor.raw_data = vec![0; length];
		file::read(at, &mut tensor.raw_data);
	}
	Ok(())
}

/// Makes nodes of the large initializers. The recursion is bounded by the check on the wire.
pub fn make_constants(graph: &mut GraphProto) {
	let mut constants = BTreeMap::new();
	for tensor in mem::take(&mut graph.initializer) {
		if tensor.segment.is_none() {
			graph.initializer.push(tensor);
		} else if !tensor.name.is_empty() {
			constants.insert(tensor.name.clone(), tensor);
		}
	}
	// Old files list initializers among the inputs.
	graph.input.retain(|input| !constants.contains_key(&input.name));
	for attribute in graph.node.iter_mut().flat_map(|node| &mut node.attribute) {
		attribute.g.iter_mut().chain(&mut attribute.graphs).for_each(make_constants);
	}
	graph.node.splice(0..0, constants.into_iter().map(|(name, tensor)| node(name, tensor)));
}

fn node(name: String, tensor: TensorProto) -> NodeProto {
	let value = AttributeProto {
		name: VALUE.into(),
		r#type: AttributeType::Tensor as i32,
		t: Some(tensor),
		..AttributeProto::default()
	};
	NodeProto {
		name: name.clone(),
		output: vec![name],
		op_type: OPERATOR.into(),
		attribute: vec![value],
		..NodeProto::default()
	}
}
