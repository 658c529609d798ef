//! Convolutions of `f32`, each computed by the host in one call with everything that follows on it.
//!
//! The operator takes the place of tract's before tract makes products of it: so nothing is unfolded
//! or packed in the sandbox. What the host would not take stays with tract.

use super::import;
use tract_onnx::tract_core::{
	internal::*,
	ops::{
		binary::TypedBinOp,
		cnn::{conv::KernelFormat, Conv},
		element_wise::ElementWiseOp,
		math::{Erf, Exp, Tanh},
		nn::{DataFormat, HardSwish, LeakyRelu, Sigmoid, Silu},
	},
};

/// Filters whose weights lie together: `PANEL` of the host.
const PANEL: usize = 16;
/// Largest filter, and most numbers that are laid out for one row: those of the host.
const MAX_DEPTH: usize = 1 << 20;
const MAX_LAID_OUT: usize = 1 << 20;
/// Most steps: those of the host.
const MAX_STEPS: usize = 64;
/// Sizes in a call, before the addresses.
const SIZES: usize = 16;

/// Puts [`Convolution`] in the place of tract's operator.
pub fn convolution(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	rule_if_some!(conv = node.op_as::<Conv>());
	rule_if_let!(&[input, kernel, bias] = &*node.inputs);
	let (fact, bias_fact) = (model.outlet_fact(input)?, model.outlet_fact(bias)?);
	rule_if!(fact.datum_type == DatumType::F32 && bias_fact.datum_type == DatumType::F32);
	rule_if!(conv.q_params.is_none() && conv.kernel_fmt == KernelFormat::OIHW);
	rule_if_some!(kernel = &model.outlet_fact(kernel)?.konst);
	rule_if!(kernel.datum_type() == DatumType::F32 && kernel.is_plain_ram());
	rule_if_some!(shape = fact.shape.as_concrete());
	rule_if_some!(mut op = Convolution::new(conv, shape)?);
	rule_if_some!(bias_shape = bias_fact.shape.as_concrete());
	let operand = node.inputs.len() - 1;
	let add = tract_linalg::BinOp::Add as u32;
	op.steps.push(match bias_shape.iter().product::<usize>() {
		1 => Step::Scalar(add, operand),
		count if count == conv.output_channels() => Step::PerChannel(add, operand),
		_ => return Ok(None),
	});

	let view = kernel.try_as_plain_ram()?;
	let weights = pack(view.as_slice::<f32>()?, conv.group, conv.output_channels());
	let mut patch = TypedModelPatch::default();
	let (input, bias) = (patch.tap_model(model, input)?, patch.tap_model(model, bias)?);
	let weights = patch.add_const(format!("{}.weights", node.name), tensor1(&weights))?;
	let output = patch.wire_node(&node.name, op, &[input, weights, bias])?;
	patch.shunt_outside(model, node.id.into(), output[0])?;
	Ok(Some(patch))
}

/// The weights of each panel of filters, one number of each filter after another.
fn pack(kernel: &[f32], groups: usize, filters: usize) -> Vec<f32> {
	let (depth, filters) = (kernel.len() / filters, filters / groups);
	let mut packed = Vec::with_capacity(kernel.len());
	for group in kernel.chunks_exact(depth * filters) {
		for panel in group.chunks(depth * PANEL) {
			for i in 0..depth {
				packed.extend(panel.iter().skip(i).step_by(depth));
			}
		}
	}
	packed
}

/// The operator. Its inputs are that of the convolution, the packed weights, and the operands of the
/// steps.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Convolution {
	/// What the host's call says of sizes.
	sizes: [u32; SIZES],
	/// Shape of the result.
	output: TVec<usize>,
	/// The axis of channels in it.
	channels: usize,
	steps: Vec<Step>,
}

/// What follows on a sum: an operation and the input with its operand, ...
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
	Scalar(u32, usize),
	PerChannel(u32, usize),
	Tensor(u32, usize),
	/// ... or the bits of a slope, ...
	LeakyRelu(u32),
	/// ... or the code of a function.
	Function(u32),
}

impl Convolution {
	/// The operator for an input of this shape, if the host takes it.
	fn new(conv: &Conv, input: &[usize]) -> TractResult<Option<Convolution>> {
		let spec = &conv.pool_spec;
		rule_if!(matches!(spec.data_format, DataFormat::NCHW | DataFormat::CHW));
		let given = spec.data_format.shape(input)?;
		let padding = spec.computed_padding(given.hw_dims());
		// Height and width of input, filter, stride, dilation, padding and result. Without a second
		// axis all of it lies in the height, because the host cuts that up.
		let axis = |axis: usize| {
			let pad = &padding[axis];
			let (stride, dilation) = (spec.stride(axis), spec.dilation(axis));
			let size = given.hw_dims()[axis];
			[size, spec.kernel_shape[axis], stride, dilation, pad.pad_before, pad.convoluted]
		};
		let one = [1, 1, 1, 1, 0, 1];
		let (height, width) = match spec.rank() {
			1 => (axis(0), one),
			2 if axis(0) == one => (axis(1), one),
			2 => (axis(0), axis(1)),
			_ => return Ok(None),
		};
		let (groups, channels) = (conv.group, conv.input_channels() / conv.group);
		let batch = given.n().copied().unwrap_or(1);
		let mut sizes = vec![batch, groups, channels, conv.output_channels() / groups];
		sizes.extend(height.into_iter().zip(width).flat_map(|(height, width)| [height, width]));
		let empty = sizes.iter().enumerate().any(|(i, size)| *size == 0 && !(12..14).contains(&i));
		rule_if!(!empty);

		let product = |sizes: &[usize]| sizes.iter().try_fold(1usize, |all, n| all.checked_mul(*n));
		let [_, tall, stride, dilation, ..] = height;
		let extent = (tall - 1).checked_mul(dilation).and_then(|n| n.checked_add(stride));
		let [_, wide, across, apart, _, cols] = width;
		let needed = (wide - 1).checked_mul(apart).zip((cols - 1).checked_mul(across));
		let needed = needed.and_then(|(a, b)| a.checked_add(b)?.checked_add(across));
		let laid_out = extent.zip(needed).and_then(|(rows, cols)| product(&[rows, cols, channels]));
		rule_if!(laid_out.is_some_and(|laid_out| laid_out <= MAX_LAID_OUT));
		rule_if!(product(&[channels, tall, wide]).is_some_and(|depth| depth <= MAX_DEPTH));

		let sizes: Result<Vec<u32>, _> = sizes.into_iter().map(u32::try_from).collect();
		let Ok(Ok(sizes)) = sizes.map(<[u32; SIZES]>::try_from) else { return Ok(None) };
		let output = spec.output_shape(input)?;
		let channels = output.c_axis();
		Ok(Some(Convolution { sizes, output: output.shape, channels, steps: Vec::new() }))
	}

	/// Takes in the operator that follows, if the host can do it.
	fn absorb(&self, model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
		rule_if_let!(&[next] = &*node.outputs[0].successors);
		rule_if!(!model.output_outlets()?.contains(&node.id.into()));
		rule_if!(self.steps.len() < MAX_STEPS);
		let next = model.node(next.node);
		let fact = &next.outputs[0].fact;
		rule_if!(fact.datum_type == DatumType::F32);
		rule_if!(fact.shape.as_concrete() == Some(&*self.output));
		let mut operand = None;
		let step = if let Some(op) = next.op_as::<TypedBinOp>() {
			rule_if_some!(binary = op.0.as_linalg_binop());
			let first = next.inputs[0].node == node.id;
			let other = next.inputs[usize::from(first)];
			let binary = if first { binary.flip() } else { binary } as u32;
			operand = Some(other);
			rule_if_some!(
				step = self.operand(model.outlet_fact(other)?, binary, node.inputs.len())
			);
			step
		} else {
			rule_if_some!(op = next.op_as::<ElementWiseOp>());
			rule_if_some!(step = function(op));
			step
		};
		let mut op = self.clone();
		op.steps.push(step);
		let mut patch = TypedModelPatch::default();
		let mut inputs = patch.taps(model, &node.inputs)?;
		if let Some(operand) = operand {
			inputs.push(patch.tap_model(model, operand)?);
		}
		let output = patch.wire_node(&next.name, op, &inputs)?;
		patch.shunt_outside(model, next.id.into(), output[0])?;
		Ok(Some(patch))
	}

	/// The step for an operation with an operand of this kind.
	fn operand(&self, fact: &TypedFact, binary: u32, input: usize) -> Option<Step> {
		let shape = fact.shape.as_concrete()?;
		if fact.datum_type != DatumType::F32 || shape.len() != self.output.len() {
			return None;
		}
		let count: usize = shape.iter().product();
		if count == 1 {
			Some(Step::Scalar(binary, input))
		} else if count == shape[self.channels] && count == self.output[self.channels] {
			Some(Step::PerChannel(binary, input))
		} else if shape == &*self.output {
			Some(Step::Tensor(binary, input))
		} else {
			None
		}
	}
}

/// The step for a function of single numbers.
fn function(op: &ElementWiseOp) -> Option<Step> {
	let ElementWiseOp(op, None) = op else { return None };
	// The codes are those of `Function::ALL` of the host.
	Some(if op.is::<Exp>() {
		Step::Function(0)
	} else if op.is::<Sigmoid>() {
		Step::Function(1)
	} else if op.is::<Tanh>() {
		Step::Function(2)
	} else if op.is::<Erf>() {
		Step::Function(3)
	} else if op.is::<Silu>() {
		Step::Function(4)
	} else if op.is::<HardSwish>() {
		Step::Function(6)
	} else {
		Step::LeakyRelu(op.downcast_ref::<LeakyRelu>()?.alpha.to_bits())
	})
}

impl Op for Convolution {
	fn name(&self) -> StaticName {
		"OpgConvolution".into()
	}

	op_as_typed_op!();
}

impl EvalOp for Convolution {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let address = |input: usize| -> TractResult<u32> {
			let tensor: &Tensor = inputs.get(input).context("an input is missing")?;
			Ok(tensor.as_ptr::<f32>()? as u32)
		};
		let steps = self.steps.iter().map(|step| {
			Ok(match *step {
				Step::Scalar(op, input) => {
					let value = inputs.get(input).context("an input is missing")?;
					let value = value.cast_to_scalar::<f32>()?;
					[1, op, value.to_bits(), 0]
				},
				Step::PerChannel(op, input) => [2, op, address(input)?, 0],
				Step::Tensor(op, input) => [6, op, address(input)?, 0],
				Step::LeakyRelu(slope) => [4, slope, 0, 0],
				Step::Function(code) => [8, code, 0, 0],
			})
		});
		let steps = steps.collect::<TractResult<TVec<[u32; 4]>>>()?;
		// SAFETY: the host writes all of it.
		let mut output = unsafe { Tensor::uninitialized::<f32>(&self.output)? };
		let mut call = self.sizes.to_vec();
		call.extend([address(0)?, address(1)?, output.as_ptr_mut::<f32>()? as u32]);
		// SAFETY: the sizes are those of the tensors; the host writes the output and nothing else.
		unsafe { import::convolution(call.as_ptr(), steps.as_ptr(), steps.len() as u32) };
		Ok(tvec!(output.into_tvalue()))
	}
}

impl TypedOp for Convolution {
	fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(tvec!(f32::fact(&*self.output)))
	}

	fn declutter(
		&self,
		model: &TypedModel,
		node: &TypedNode,
	) -> TractResult<Option<TypedModelPatch>> {
		self.absorb(model, node)
	}

	fn fuse(&self, model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
		self.absorb(model, node)
	}

	as_op!();
}
