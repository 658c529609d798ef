//! Weights of products that stay as the file has them: numbers of 16 bits, and bytes with a scale and a
//! zero point for all of them or for each column.
//!
//! The graph makes `f32` of them before it multiplies. Where nothing but products reads these, the host
//! does it instead, for a part of a panel at a time (see `src/host/kernels/stored.rs` there): by the same
//! operations, so products have the same bits.

use super::pack::{packing, Packing};
use std::fmt;
use tract_onnx::tract_core::{
	dyn_clone::clone_box,
	internal::*,
	ops::{
		array::{Gather, Slice},
		binary::{BinMiniOp, TypedBinOp},
		cast::{cast, Cast},
		einsum::{einsum_matmul::EinSumMatMul, EinSum},
		konst::Const,
		math::{self, Mul, Sub},
		quant::DequantizeLinearF32,
	},
	tract_linalg::{
		mmm::{
			EagerPackedInput, MMMInputFormat, MMMInputValue, PackedExoticFact, PackedMatrixStorage,
		},
		WeightType,
	},
};

/// Fewest weights that stay: a few become `f32`, which costs less fuel.
const MIN_WEIGHTS: usize = 4096;
/// Bytes of a scale and a zero point in a panel.
const PARAMETERS: usize = 2 * size_of::<f32>();
/// Of a panel, in bytes.
const ALIGNMENT: usize = 16;

/// An operator that makes `f32` of weights. It is never computed for constants before products are
/// prepared.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Weights {
	/// Of numbers of 16 bits.
	Halves,
	/// Of bytes: `(byte - zero) * scale`. Both have the rank of the bytes, and length 1 or that of the
	/// bytes in each dimension.
	Bytes { zeros: Arc<Tensor>, scales: Arc<Tensor> },
}

impl Op for Weights {
	fn name(&self) -> StaticName {
		"OpgWeights".into()
	}

	op_as_typed_op!();
}

impl EvalOp for Weights {
	not_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let floats = inputs[0].cast_to::<f32>()?.into_owned();
		let Weights::Bytes { zeros, scales } = self else {
			return Ok(tvec!(floats.into_tvalue()));
		};
		let apply = |op: TypedBinOp, left: TValue, right: &Arc<Tensor>| {
			let outputs = op.eval_out_of_plan(tvec!(left, right.clone().into_tvalue()))?;
			outputs.context("a product of numbers needs no plan")
		};
		let floats = apply(math::sub(), floats.into_tvalue(), zeros)?.remove(0);
		apply(math::mul(), floats, scales)
	}
}

impl TypedOp for Weights {
	fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(tvec!(f32::fact(inputs[0].shape.clone())))
	}

	as_op!();
}

/// A number for all weights, with as many dimensions.
fn for_all(number: f32, rank: usize) -> TractResult<Arc<Tensor>> {
	Ok(tensor0(number).broadcast_into_rank(rank)?.into_arc_tensor())
}

/// Puts [`Weights`] in the place of what makes `f32` of constants for products alone.
pub fn keep(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	rule_if!(node.outputs.len() == 1);
	rule_if_some!((from, weights) = conversion(model, node)?);
	let tables = weights.of_tract()?.is_some();
	let mut successors = node.outputs[0].successors.iter();
	rule_if!(successors.any(|successor| !model.node(successor.node).op_is::<Gather>()));
	rule_if!(feeds_products(model, node.id.into(), tables)?);
	let mut patch = TypedModelPatch::default();
	let from = patch.tap_model(model, from)?;
	let floats = patch.wire_node(&node.name, weights, &[from])?;
	patch.shunt_outside(model, node.id.into(), floats[0])?;
	Ok(Some(patch))
}

/// The constants of which this node makes `f32`, and how.
fn conversion(model: &TypedModel, node: &TypedNode) -> TractResult<Option<(OutletId, Weights)>> {
	let large = |outlet: OutletId| -> TractResult<Option<&Arc<Tensor>>> {
		let value = model.outlet_fact(outlet)?.konst.as_ref();
		Ok(value.filter(|value| value.is_plain() && value.len() >= MIN_WEIGHTS))
	};
	let is_byte = |value: &Tensor| matches!(value.datum_type(), DatumType::I8 | DatumType::U8);
	if let Some(cast) = node.op_as::<Cast>() {
		rule_if_some!(value = large(node.inputs[0])?);
		rule_if!(cast.to == DatumType::F32 && value.datum_type() == DatumType::F16);
		return Ok(Some((node.inputs[0], Weights::Halves)));
	}
	if let Some(op) = node.op_as::<DequantizeLinearF32>() {
		rule_if_some!(value = large(node.inputs[0])?);
		rule_if!(is_byte(value) && (-128..=255).contains(&op.zero_point));
		let (zeros, scales) =
			(for_all(op.zero_point as f32, value.rank())?, for_all(op.scale, value.rank())?);
		return Ok(Some((node.inputs[0], Weights::Bytes { zeros, scales })));
	}
	// With a scale for each column it is written out.
	rule_if_some!((floats, scales) = with_constant::<Mul>(model, node)?);
	let shifted = with_constant::<Sub>(model, model.node(floats.node))?;
	let (floats, zeros) = shifted.map_or((floats, None), |(floats, zeros)| (floats, Some(zeros)));
	let cast = model.node(floats.node);
	rule_if!(cast.op_as::<Cast>().is_some_and(|cast| cast.to == DatumType::F32));
	rule_if_some!(value = large(cast.inputs[0])?);
	rule_if!(is_byte(value) && scales.rank() == value.rank());
	let zeros = zeros.map_or_else(|| for_all(0.0, value.rank()), Ok)?;
	let fits = |parameters: &Tensor| {
		let mut sizes = parameters.shape().iter().zip(value.shape());
		parameters.rank() == value.rank() && sizes.all(|(size, all)| *size == 1 || size == all)
	};
	rule_if!(fits(&zeros) && fits(&scales));
	Ok(Some((cast.inputs[0], Weights::Bytes { zeros, scales })))
}

/// What the node computes with a constant of `f32`, which is on the right.
fn with_constant<T: BinMiniOp>(
	model: &TypedModel,
	node: &TypedNode,
) -> TractResult<Option<(OutletId, Arc<Tensor>)>> {
	rule_if!(node.op_as::<TypedBinOp>().is_some_and(|op| op.0.is::<T>()));
	rule_if_some!(constant = &model.outlet_fact(node.inputs[1])?.konst);
	rule_if!(constant.datum_type() == DatumType::F32 && constant.is_plain());
	Ok(Some((node.inputs[0], constant.clone())))
}

/// Whether products of `f32` alone read this, some of them in another order of axes or in parts. `tables`
/// says whether rows may be read from it too.
fn feeds_products(model: &TypedModel, outlet: OutletId, tables: bool) -> TractResult<bool> {
	let successors = &model.node(outlet.node).outputs[outlet.slot].successors;
	if successors.is_empty() || model.output_outlets()?.contains(&outlet) {
		return Ok(false);
	}
	for successor in successors {
		let node = model.node(successor.node);
		let products = if is_part(node) {
			feeds_products(model, node.id.into(), false)?
		} else if node.op_is::<Gather>() {
			tables && successor.slot == 0
		} else {
			is_product(model, node, successor.slot)?
		};
		if !products {
			return Ok(false);
		}
	}
	Ok(true)
}

/// Whether the node multiplies its input number `slot` by one that a run computes.
fn is_product(model: &TypedModel, node: &TypedNode, slot: usize) -> TractResult<bool> {
	let product = node.op_as::<EinSumMatMul>().map(|product| &product.op);
	let Some(product) = product.or_else(|| node.op_as::<EinSum>()) else { return Ok(false) };
	if product.q_params.is_some()
		|| product.operating_dt != DatumType::F32
		|| node.inputs.len() != 2
	{
		return Ok(false);
	}
	let other = node.inputs[1 - slot];
	Ok(model.outlet_fact(other)?.konst.is_none() && !are_weights(model, other))
}

/// Whether this is made of weights that stay as they are.
pub fn are_weights(model: &TypedModel, outlet: OutletId) -> bool {
	let node = model.node(outlet.node);
	node.op_is::<Weights>() || is_part(node) && are_weights(model, node.inputs[0])
}

/// What computes one by one the numbers of weights that stay, and the weights themselves.
pub fn converted<'a>(
	model: &'a TypedModel,
	node: &TypedNode,
) -> TractResult<Option<(&'a Arc<Tensor>, Box<dyn TypedOp>)>> {
	rule_if_some!(weights = node.op_as::<Weights>());
	rule_if_some!(value = &model.outlet_fact(node.inputs[0])?.konst);
	Ok(weights.of_tract()?.map(|op| (value, op)))
}

/// Makes constants of weights that something else than products turns out to read.
pub fn release_others(
	model: &TypedModel,
	node: &TypedNode,
) -> TractResult<Option<TypedModelPatch>> {
	rule_if!(node.op_is::<Weights>() && !feeds_products(model, node.id.into(), false)?);
	release(model, node)
}

/// Makes constants of weights.
pub fn release(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	rule_if_some!(weights = node.op_as::<Weights>());
	rule_if_some!(value = &model.outlet_fact(node.inputs[0])?.konst);
	let inputs = tvec!(value.clone().into_tvalue());
	let floats = weights.eval(&EvalContext::out_of_plan(), inputs)?.remove(0);
	let op = Const::new(floats.into_arc_tensor())?;
	TypedModelPatch::replace_single_op(model, node, &[], op).map(Some)
}

/// Packs weights as they are.
pub fn pack(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	rule_if_some!(packing = packing(model, node)?);
	rule_if_some!((weights, values) = source(model, node.inputs[0])?);
	rule_if!(weights.fit(&packing) && values.len() > 0);
	let packed = weights.pack(&values, &packing)?.into_arc_tensor();
	rule_if_some!(fact = node.outputs[0].fact.exotic_fact());
	let op = Const::new_with_exotic_fact(packed, clone_box(fact))?;
	TypedModelPatch::replace_single_op(model, node, &[], op).map(Some)
}

/// The weights that this is made of, in the order of its axes.
fn source(model: &TypedModel, outlet: OutletId) -> TractResult<Option<(Weights, Arc<Tensor>)>> {
	let node = model.node(outlet.node);
	if let Some(weights) = node.op_as::<Weights>() {
		let value = model.outlet_fact(node.inputs[0])?.konst.clone();
		return Ok(value.map(|value| (weights.clone(), value)));
	}
	rule_if!(is_part(node));
	rule_if_some!((mut weights, values) = source(model, node.inputs[0])?);
	if let Weights::Bytes { zeros, scales } = &mut weights {
		for parameters in [zeros, scales] {
			rule_if_some!(changed = parameters_of_part(node, parameters)?);
			*parameters = changed;
		}
	}
	let mut values = values.into_tensor();
	if let Some(axes) = node.op_as::<AxisOp>() {
		axes.change_tensor(&mut values, false)?;
	} else {
		rule_if_some!(slice = node.op_as::<Slice>());
		values = values.slice(slice.axis, slice.start.to_usize()?, slice.end.to_usize()?)?;
	}
	Ok(Some((weights, values.into_arc_tensor())))
}

/// Whether the node gives some or all numbers of its input, in some order of axes.
fn is_part(node: &TypedNode) -> bool {
	node.op_is::<AxisOp>() || node.op_is::<Slice>()
}

/// What is left of parameters.
fn parameters_of_part(
	node: &TypedNode,
	parameters: &Arc<Tensor>,
) -> TractResult<Option<Arc<Tensor>>> {
	let mut changed = (**parameters).clone();
	match (node.op_as::<AxisOp>(), node.op_as::<Slice>()) {
		(Some(AxisOp::Reshape(_, from, to)), _) => {
			rule_if!(changed.len() == 1);
			let rank = changed.rank() + to.len() - from.len();
			changed.set_shape(&vec![1; rank])?;
		},
		(Some(axes), _) => axes.change_tensor(&mut changed, false)?,
		(_, Some(slice)) if changed.shape()[slice.axis] != 1 => {
			changed = changed.slice(slice.axis, slice.start.to_usize()?, slice.end.to_usize()?)?;
		},
		_ => (),
	}
	Ok(Some(changed.into_arc_tensor()))
}

impl Weights {
	/// An operator of tract's that computes the same, if there is one.
	fn of_tract(&self) -> TractResult<Option<Box<dyn TypedOp>>> {
		let Weights::Bytes { zeros, scales } = self else {
			return Ok(Some(Box::new(cast(f32::datum_type()))));
		};
		rule_if!(zeros.len() == 1 && scales.len() == 1);
		let number =
			|tensor: &Tensor| tensor.try_as_plain_ram()?.as_slice::<f32>().map(|all| all[0]);
		let (zero, scale) = (number(zeros)?, number(scales)?);
		Ok(Some(Box::new(DequantizeLinearF32::new(scale, zero as i32))))
	}

	/// Whether panels have room for the parameters: for each row of a panel one.
	fn fit(&self, packing: &Packing) -> bool {
		let Weights::Bytes { zeros, scales } = self else { return true };
		[zeros, scales].iter().all(|parameters| {
			let mut sizes = parameters.shape().iter().enumerate();
			sizes.all(|(axis, size)| *size == 1 || axis == packing.row)
		})
	}

	/// Packs all matrices.
	fn pack(&self, values: &Tensor, packing: &Packing) -> TractResult<Tensor> {
		let (begins, batch) = packing.matrices(values.strides());
		let matrices = begins.into_iter().map(|at| self.matrix(values, packing, at));
		let matrices = matrices.collect::<TractResult<TVec<_>>>()?;
		Ok(PackedMatrixStorage::new_batched(&batch, matrices).into_tensor(DatumType::F32))
	}

	/// Packs the matrix that begins at this number. A panel has its zero points and scales first.
	fn matrix(
		&self,
		values: &Tensor,
		packing: &Packing,
		at: usize,
	) -> TractResult<Box<dyn MMMInputValue>> {
		let (r, rows) = (packing.format.r, packing.shape[packing.row]);
		let depth = packing.shape[packing.depth];
		let stored = match values.datum_type() {
			DatumType::F16 => Stored::Halves,
			DatumType::I8 => Stored::Signed,
			DatumType::U8 => Stored::Unsigned,
			other => bail!("weights of {other:?} are not stored"),
		};
		let parameters = match self {
			Weights::Halves => None,
			Weights::Bytes { zeros, scales } => {
				let rows_of = |tensor: &Tensor| -> TractResult<Vec<f32>> {
					let all = tensor.try_as_plain_ram()?.as_slice::<f32>()?.to_vec();
					Ok(if all.len() == 1 { vec![all[0]; rows] } else { all })
				};
				Some([rows_of(zeros)?, rows_of(scales)?])
			},
		};
		let size = values.datum_type().size_of();
		let head = if parameters.is_some() { r * PARAMETERS } else { 0 };
		let panel_bytes = (head + r * depth * size).next_multiple_of(ALIGNMENT);
		let bytes = rows.div_ceil(r) * panel_bytes;
		// SAFETY: the size is not zero; all of it is written.
		let mut packed = unsafe {
			let mut packed = Blob::new_for_size_and_align(bytes, ALIGNMENT);
			packed.as_mut_ptr().write_bytes(0, bytes);
			packed
		};
		let strides =
			(values.strides()[packing.row] as usize, values.strides()[packing.depth] as usize);
		let from = &values.as_bytes()[at * size..];
		for (panel, to) in packed.chunks_exact_mut(panel_bytes).enumerate() {
			let first = panel * r;
			let count = r.min(rows - first);
			for (all, to) in
				parameters.iter().flatten().zip(to.chunks_exact_mut(r * size_of::<f32>()))
			{
				let (to, _) = to.as_chunks_mut::<{ size_of::<f32>() }>();
				for (to, number) in to.iter_mut().zip(&all[first..first + count]) {
					*to = number.to_le_bytes();
				}
			}
			let (from, to) =
				(&from[first * strides.0 * size..], &mut to[head..][..r * depth * size]);
			match size {
				1 => fill::<1>(from, to, (r, count), strides),
				_ => fill::<2>(from, to, (r, count), strides),
			}
		}
		let format = Box::new(StoredFormat { stored, r });
		let fact = PackedExoticFact { format, mn: rows.to_dim(), k: depth };
		Ok(Box::new(EagerPackedInput { fact, packed: packed.into(), panel_bytes, mn: rows }))
	}
}

/// Fills a panel of `r` rows with `count` rows of numbers of so many bytes.
fn fill<const SIZE: usize>(
	from: &[u8],
	to: &mut [u8],
	(r, count): (usize, usize),
	(row_stride, depth_stride): (usize, usize),
) {
	/// Depth that is gone through for all rows, so that what is written stays in the nearest cache.
	const DEPTH: usize = 64;
	let ((from, _), (to, _)) = (from.as_chunks::<SIZE>(), to.as_chunks_mut::<SIZE>());
	for (part, to) in to.chunks_mut(DEPTH * r).enumerate() {
		let begin = part * DEPTH * depth_stride;
		if row_stride == 1 {
			for (k, to) in to.chunks_exact_mut(r).enumerate() {
				to[..count].copy_from_slice(&from[begin + k * depth_stride..][..count]);
			}
			continue;
		}
		for row in 0..count {
			let begin = begin + row * row_stride;
			for (k, to) in to.chunks_exact_mut(r).enumerate() {
				to[row] = from[begin + k * depth_stride];
			}
		}
	}
}

/// How panels hold their numbers. The host knows these by their codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Stored {
	Halves = 1,
	Signed = 2,
	Unsigned = 3,
}

/// The format of panels for products that the host computes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoredFormat {
	stored: Stored,
	/// Rows of a panel.
	r: usize,
}

impl fmt::Display for StoredFormat {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(f, "Opg{:?}[{}]", self.stored, self.r)
	}
}

/// tract packs and reads nothing in this format.
impl MMMInputFormat for StoredFormat {
	fn prepare_tensor(&self, _: &Tensor, _: usize, _: usize) -> TractResult<Tensor> {
		bail!("{self} is packed by its own operator")
	}

	fn prepare_one_view(
		&self,
		_: &TensorView,
		_: usize,
		_: usize,
	) -> TractResult<Box<dyn MMMInputValue>> {
		bail!("{self} is packed by its own operator")
	}

	fn precursor(&self) -> WeightType {
		WeightType::Plain(DatumType::F32)
	}

	fn r(&self) -> usize {
		self.r
	}

	fn k_alignment(&self) -> usize {
		1
	}

	fn mem_size(&self, k: TDim, mn: TDim) -> TDim {
		let size = if self.stored == Stored::Halves { 2 } else { 1 };
		mn.divceil(self.r) * self.r * k * size
	}

	fn extract_at_mn_f16(&self, _: &EagerPackedInput, _: usize, _: &mut [f16]) -> TractResult<()> {
		bail!("{self} is read by the host")
	}

	fn extract_at_mn_f32(&self, _: &EagerPackedInput, _: usize, _: &mut [f32]) -> TractResult<()> {
		bail!("{self} is read by the host")
	}
}

/// The code of a product of such factors.
pub fn product(left: &dyn MMMInputFormat, right: &dyn MMMInputFormat) -> u32 {
	let code = |format: &dyn MMMInputFormat| {
		format.downcast_ref::<StoredFormat>().map_or(0, |format| format.stored as u32)
	};
	match (code(left), code(right)) {
		(0, 0) => 0,
		(left, right) => 8 + left + 4 * right,
	}
}
