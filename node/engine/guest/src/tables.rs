//! Large constants: what a run would compute of them again and again.
//!
//! tract computes what follows from constants once, but not where the result is larger than both the
//! constants and 4 MiB, nor where large constants are used twice. So a run would make floats of all the
//! rows of a table to read a few, and floats or sums of the weights of a large product.

use crate::host::stored;
use tract_onnx::tract_core::{
	internal::*,
	ops::{
		array::Gather,
		cast::Cast,
		konst::Const,
		nn::{Reduce, Reducer},
		quant::DequantizeLinearF32,
	},
};

/// The constant that this node makes other numbers of, one by one.
fn converted<'a>(model: &'a TypedModel, node: &TypedNode) -> TractResult<Option<&'a Arc<Tensor>>> {
	rule_if!(node.op_is::<Cast>() || node.op_is::<DequantizeLinearF32>());
	let value = model.outlet_fact(node.inputs[0])?.konst.as_ref();
	Ok(value.filter(|value| value.is_plain() && value.datum_type().is_number()))
}

/// Takes rows from a table before they are converted, not after.
pub fn rows_first(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	rule_if_some!(gather = node.op_as::<Gather>());
	let conversion = model.node(node.inputs[0].node);
	let of_constant = converted(model, conversion)?.map(|table| (table, conversion.op.clone()));
	rule_if_some!((table, op) = stored::converted(model, conversion)?.or(of_constant));
	rule_if_some!(rows = node.outputs[0].fact.shape.as_concrete());
	rule_if!(rows.iter().product::<usize>() < table.len());
	let mut patch = TypedModelPatch::default();
	let table = patch.tap_model(model, conversion.inputs[0])?;
	let places = patch.tap_model(model, node.inputs[1])?;
	let name = format!("{}.rows", node.name);
	let rows = patch.wire_node(name, Gather::new(gather.axis), &[table, places])?;
	let output = patch.wire_node(&node.name, op, &rows)?;
	patch.shunt_outside(model, node.id.into(), output[0])?;
	Ok(Some(patch))
}

/// Converts constants, whatever their size.
pub fn fold(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	rule_if_some!(value = converted(model, node)?);
	rule_if_some!(output = node.op.eval_out_of_plan(tvec!(value.clone().into_tvalue()))?);
	constant(model, node, output[0].clone().into_arc_tensor())
}

/// Sums the bytes of constants along neighbouring axes, as what follows from zero points needs it.
pub fn sum(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	rule_if_some!(reduce = node.op_as::<Reduce>());
	rule_if!(reduce.reducer == Reducer::Sum);
	rule_if_let!(Some((&first, others)) = reduce.axes.split_first());
	rule_if!(others.iter().zip(first + 1..).all(|(axis, next)| *axis == next));
	let conversion = model.node(node.inputs[0].node);
	rule_if!(conversion.op_as::<Cast>().is_some_and(|cast| cast.to == i32::datum_type()));
	rule_if_some!(bytes = converted(model, conversion)?);
	rule_if!(bytes.datum_type() == i8::datum_type());
	let mut shape: TVec<usize> = bytes.shape().into();
	let length = reduce.axes.iter().map(|axis| shape[*axis]).product::<usize>();
	let inner = shape[first + reduce.axes.len()..].iter().product::<usize>();
	rule_if!(bytes.len() > 0);
	reduce.axes.iter().for_each(|axis| shape[*axis] = 1);
	let mut sums = Tensor::zero::<i32>(&shape)?;
	let (bytes, mut view) = (bytes.try_as_plain_ram()?, sums.try_as_plain_ram_mut()?);
	let rows = bytes.as_slice::<i8>()?.chunks_exact(inner);
	for (place, row) in rows.enumerate() {
		let sums = &mut view.as_slice_mut::<i32>()?[place / length * inner..][..inner];
		sums.iter_mut().zip(row).for_each(|(sum, byte)| *sum += i32::from(*byte));
	}
	constant(model, node, sums.into_arc_tensor())
}

fn constant(
	model: &TypedModel,
	node: &TypedNode,
	value: Arc<Tensor>,
) -> TractResult<Option<TypedModelPatch>> {
	TypedModelPatch::replace_single_op(model, node, &[], Const::new(value)?).map(Some)
}
