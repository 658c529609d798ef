//! Gates: `silu(x) * y` at once, as feed-forward parts of language models have it. A product often gives
//! both: `x` is the first half of each of its rows, and `y` the second one.
//!
//! Each operator of a graph takes as long as some thousand numbers do.

use crate::{host, values::floats};
use tract_onnx::tract_core::{
	internal::*,
	ops::{array::Slice, binary::TypedBinOp, element_wise::ElementWiseOp, math::Mul, nn::Silu},
};

/// Puts [`Gate`] in the place of a product with a SiLU that nothing else reads.
pub fn gate(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	rule_if!(node.op_as::<TypedBinOp>().is_some_and(|op| op.0.is::<Mul>()));
	rule_if_let!(&[a, b] = &*node.inputs);
	rule_if_some!(
		(x, y) = [(a, b), (b, a)].into_iter().find_map(|(a, b)| {
			let silu = model.node(a.node);
			let is_silu = silu.op_as::<ElementWiseOp>().is_some_and(|op| op.0.is::<Silu>());
			(is_silu && silu.outputs[0].successors.len() == 1).then(|| (silu.inputs[0], b))
		})
	);
	let fact = &node.outputs[0].fact;
	rule_if!(fact.datum_type == DatumType::F32);
	rule_if_some!(shape = fact.shape.as_concrete());
	for input in [x, y] {
		let fact = model.outlet_fact(input)?;
		rule_if!(fact.datum_type == DatumType::F32 && fact.shape.as_concrete() == Some(shape));
	}
	let inputs = halves(model, x, y, shape)?.map_or(tvec!(x, y), |whole| tvec!(whole));
	let gate = Gate { shape: shape.into() };
	TypedModelPatch::replace_single_op(model, node, &inputs, gate).map(Some)
}

/// What these are the halves of, along the last axis of this shape.
fn halves(
	model: &TypedModel,
	x: OutletId,
	y: OutletId,
	shape: &[usize],
) -> TractResult<Option<OutletId>> {
	rule_if_some!(last = shape.len().checked_sub(1));
	let width = shape[last];
	let (of_x, of_y) = (model.node(x.node), model.node(y.node));
	rule_if!(of_x.op_as() == Some(&Slice::new(last, 0, width)));
	rule_if!(of_y.op_as() == Some(&Slice::new(last, width, 2 * width)));
	let whole = of_x.inputs[0];
	rule_if!(of_y.inputs[0] == whole && width > 0);
	rule_if_some!(of_whole = model.outlet_fact(whole)?.shape.as_concrete());
	rule_if!(of_whole[last] == 2 * width);
	Ok(Some(whole))
}

/// The operator: of `x` and `y`, or of rows that hold both.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Gate {
	/// Shape of the result.
	shape: TVec<usize>,
}

impl Gate {
	fn of_halves(&self, whole: &Tensor) -> TractResult<Tensor> {
		let rows = floats(whole)?;
		// SAFETY: all of it is written.
		let mut result = unsafe { Tensor::uninitialized::<f32>(&self.shape)? };
		let width = self.shape.last().copied().unwrap_or(1).max(1);
		let mut view = result.try_as_plain_ram_mut()?;
		let gated = view.as_slice_mut::<f32>()?;
		for (to, row) in gated.chunks_exact_mut(width).zip(rows.chunks_exact(2 * width)) {
			to.copy_from_slice(&row[..width]);
		}
		host::silu(gated);
		for (to, row) in gated.chunks_exact_mut(width).zip(rows.chunks_exact(2 * width)) {
			multiply(to, &row[width..]);
		}
		Ok(result)
	}
}

fn multiply(numbers: &mut [f32], by: &[f32]) {
	for (number, factor) in numbers.iter_mut().zip(by) {
		*number *= factor;
	}
}

impl Op for Gate {
	fn name(&self) -> StaticName {
		"OpgGate".into()
	}

	op_as_typed_op!();
}

impl EvalOp for Gate {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, mut inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let last = inputs.pop().context("an input is missing")?;
		let Some(x) = inputs.pop() else {
			return Ok(tvec!(self.of_halves(&last)?.into_tvalue()));
		};
		let mut gated = x.into_tensor();
		let mut view = gated.try_as_plain_ram_mut()?;
		let numbers = view.as_slice_mut::<f32>()?;
		host::silu(numbers);
		multiply(numbers, floats(&last)?);
		Ok(tvec!(gated.into_tvalue()))
	}
}

impl TypedOp for Gate {
	fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(tvec!(f32::fact(&*self.shape)))
	}

	as_op!();
}
