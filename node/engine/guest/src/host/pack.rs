//! Factors of products of `f32` that a run computes: brought by the host into the order in which
//! products read them.

use super::import;
use tract_onnx::tract_core::{
	internal::*,
	ops::matmul::pack::{DynPackedExoticFact, OptMatMulPack},
	tract_linalg::{
		mmm::{EagerPackedInput, MMMInputValue, PackedExoticFact, PackedMatrixStorage},
		pack::PackedFormat,
	},
};

/// Puts [`Pack`] in the place of tract's operator.
pub fn pack(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	rule_if_some!(packing = packing(model, node)?);
	let op = Pack { packing, fact: node.outputs[0].fact.clone() };
	TypedModelPatch::replace_single_op(model, node, &node.inputs, op).map(Some)
}

/// How factors of products are packed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packing {
	pub format: PackedFormat,
	/// Shape of the factors.
	pub shape: TVec<usize>,
	/// The axis that products sum over.
	pub depth: usize,
	/// The axis of rows of a left factor, or of columns of a right one.
	pub row: usize,
}

/// What tract's operator does, if it packs factors of `f32` for a kernel of the host.
pub fn packing(model: &TypedModel, node: &TypedNode) -> TractResult<Option<Packing>> {
	rule_if_some!(op = node.op_as::<OptMatMulPack>());
	let (input, output) = (model.outlet_fact(node.inputs[0])?, &node.outputs[0].fact);
	rule_if!(input.datum_type == DatumType::F32 && input.exotic_fact().is_none());
	rule_if_some!(shape = input.shape.as_concrete());
	rule_if!(!shape.contains(&0));
	rule_if_some!(fact = output.exotic_fact());
	rule_if_some!(fact = fact.downcast_ref::<DynPackedExoticFact>());
	rule_if_let!([packer] = &*fact.packers);
	rule_if_some!(format = packer.downcast_ref::<PackedFormat>());
	rule_if!(format.dt == DatumType::F32 && format.r > 1);
	let axes = op.axes_mapping(&[input], &[output])?;
	let axis = |repr: char| -> TractResult<Option<usize>> {
		Ok(axes.axis(repr)?.inputs[0].first().copied())
	};
	rule_if_some!(depth = axis('K')?);
	rule_if_some!(row = axis('M')?);
	Ok(Some(Packing { format: format.clone(), shape: shape.into(), depth, row }))
}

impl Packing {
	/// Where each matrix begins, in the order of the result, and how many there are along each axis.
	pub fn matrices(&self, strides: &[isize]) -> (Vec<usize>, TVec<usize>) {
		let mut begins = vec![0];
		let mut batch: TVec<usize> = tvec!();
		for (axis, (size, stride)) in self.shape.iter().zip(strides).enumerate() {
			if axis != self.depth && axis != self.row {
				batch.push(*size);
				let step = |at: usize| (0..*size).map(move |i| at + i * *stride as usize);
				begins = begins.into_iter().flat_map(step).collect();
			}
		}
		(begins, batch)
	}
}

/// The operator.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Pack {
	packing: Packing,
	/// What tract says of the result.
	fact: TypedFact,
}

impl Pack {
	/// Packs the matrix that begins at this number.
	fn matrix(&self, input: &Tensor, at: usize) -> TractResult<Box<dyn MMMInputValue>> {
		let Packing { format, shape, depth, row } = &self.packing;
		let PackedFormat { r, alignment_bytes, .. } = *format;
		let strides = (input.strides()[*row], input.strides()[*depth]);
		let (rows, depth) = (shape[*row], shape[*depth]);
		let panel = format.single_panel_len(depth);
		let size = size_of::<f32>() * format.len(depth, rows);
		// SAFETY: the size is not zero, and the alignment that of tract.
		let mut packed = unsafe { Blob::new_for_size_and_align(size, alignment_bytes) };
		let from = input.as_ptr::<f32>()?.wrapping_add(at);
		let call = [
			from as u32,
			packed.as_mut_ptr() as u32,
			rows as u32,
			depth as u32,
			strides.0 as u32,
			strides.1 as u32,
			r as u32,
			panel as u32,
		];
		// SAFETY: the sizes are those of the tensor and of the panels; the host writes these alone.
		unsafe { import::pack(call.as_ptr()) };
		let fact =
			PackedExoticFact { format: Box::new(format.clone()), mn: rows.to_dim(), k: depth };
		let panel_bytes = panel * size_of::<f32>();
		Ok(Box::new(EagerPackedInput { fact, packed: packed.into(), panel_bytes, mn: rows }))
	}
}

impl Op for Pack {
	fn name(&self) -> StaticName {
		"OpgPack".into()
	}

	op_as_typed_op!();
}

impl EvalOp for Pack {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input: &Tensor = &inputs[0];
		ensure!(*input.shape() == *self.packing.shape, "a factor of another shape");
		let (begins, batch) = self.packing.matrices(input.strides());
		let matrices = begins.into_iter().map(|at| self.matrix(input, at));
		let matrices = matrices.collect::<TractResult<TVec<_>>>()?;
		let packed = PackedMatrixStorage::new_batched(&batch, matrices);
		Ok(tvec!(packed.into_tensor(input.datum_type()).into_tvalue()))
	}
}

impl TypedOp for Pack {
	fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(tvec!(self.fact.clone()))
	}

	as_op!();
}
