//! Arithmetic of tensors of which one is repeated, bit for bit as tract's own, which goes through them
//! number by number and calls a function for each.

use tract_onnx::tract_core::{
	internal::*,
	ops::{
		binary::TypedBinOp,
		math::{Add, Div, Max, Min, Mul, Sub, SubF},
	},
};

/// Puts [`Binary`] in the place of tract's operator, where it can do the same and tract has no kernel.
pub fn binary(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	rule_if_some!(op = node.op_as::<TypedBinOp>());
	rule_if_let!(&[a, b] = &*node.inputs);
	let (a, b) = (model.outlet_fact(a)?, model.outlet_fact(b)?);
	let datum_type = a.datum_type;
	rule_if!(b.datum_type == datum_type && node.outputs[0].fact.datum_type == datum_type);
	let is_float = datum_type == DatumType::F32;
	rule_if!(is_float || matches!(datum_type, DatumType::I32 | DatumType::I64));
	let operation = if op.0.is::<Add>() {
		Operation::Add
	} else if op.0.is::<Sub>() {
		Operation::Sub
	} else if op.0.is::<SubF>() {
		Operation::SubFlipped
	} else if op.0.is::<Mul>() {
		Operation::Mul
	} else if op.0.is::<Div>() && is_float {
		Operation::Div
	} else if op.0.is::<Min>() && !is_float {
		Operation::Min
	} else if op.0.is::<Max>() && !is_float {
		Operation::Max
	} else {
		return Ok(None);
	};
	rule_if_some!(a = a.shape.as_concrete());
	rule_if_some!(b = b.shape.as_concrete());
	rule_if_some!(axes = axes(a, b));
	rule_if_some!(shape = node.outputs[0].fact.shape.as_concrete());
	let op = Binary { operation, datum_type, axes, shape: shape.into() };
	TypedModelPatch::replace_single_op(model, node, &node.inputs, op).map(Some)
}

/// An axis of the result: its size, and what a step along it is in the operands, in numbers.
type Axis = [usize; 3];

/// The axes of the result, as few as possible, outermost first.
fn axes(a: &[usize], b: &[usize]) -> Option<TVec<Axis>> {
	let fits = |(a, b): (&usize, &usize)| *a > 0 && *b > 0 && (a == b || *a == 1 || *b == 1);
	if a.len() != b.len() || !a.iter().zip(b).all(fits) {
		return None;
	}
	let mut axes: TVec<Axis> = tvec!();
	let mut strides = [1, 1];
	// From the innermost one on.
	for (a, b) in a.iter().zip(b).rev() {
		let size = *a.max(b);
		let step = |operand: usize, of: usize| if of == 1 { 0 } else { strides[operand] };
		let axis = [size, step(0, *a), step(1, *b)];
		strides = [strides[0] * a, strides[1] * b];
		match axes.last_mut() {
			_ if size == 1 => (),
			Some([inner, of_a, of_b]) if axis[1..] == [*of_a * *inner, *of_b * *inner] => {
				*inner *= size;
			},
			_ => axes.push(axis),
		}
	}
	axes.reverse();
	Some(axes)
}

/// The operator.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Binary {
	operation: Operation,
	datum_type: DatumType,
	axes: TVec<Axis>,
	/// Shape of the result.
	shape: TVec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
	Add,
	Sub,
	SubFlipped,
	Mul,
	Div,
	Min,
	Max,
}

impl Binary {
	/// Calls `f` with each pair of numbers.
	fn each<T: Datum + Copy>(
		&self,
		a: &Tensor,
		b: &Tensor,
		f: impl Fn(T, T) -> T,
	) -> TractResult<Tensor> {
		let (a, b) = (a.try_as_plain_ram()?, b.try_as_plain_ram()?);
		let (a, b) = (a.as_slice::<T>()?, b.as_slice::<T>()?);
		// SAFETY: all of it is written, row by row.
		let mut result = unsafe { Tensor::uninitialized::<T>(&self.shape)? };
		let mut view = result.try_as_plain_ram_mut()?;
		let (outer, [size, of_a, of_b]) = match self.axes.split_last() {
			Some((inner, outer)) => (outer, *inner),
			None => (&[][..], [1, 0, 0]),
		};
		let mut place: TVec<usize> = tvec!(0; outer.len());
		let (mut at_a, mut at_b) = (0, 0);
		for row in view.as_slice_mut::<T>()?.chunks_exact_mut(size) {
			match (of_a, of_b) {
				(0, _) => {
					let (a, b) = (a[at_a], &b[at_b..][..size]);
					row.iter_mut().zip(b).for_each(|(to, b)| *to = f(a, *b));
				},
				(_, 0) => {
					let (a, b) = (&a[at_a..][..size], b[at_b]);
					row.iter_mut().zip(a).for_each(|(to, a)| *to = f(*a, b));
				},
				_ => {
					let (a, b) = (&a[at_a..][..size], &b[at_b..][..size]);
					row.iter_mut().zip(a).zip(b).for_each(|((to, a), b)| *to = f(*a, *b));
				},
			}
			for (place, [size, of_a, of_b]) in place.iter_mut().zip(outer).rev() {
				(at_a, at_b) = (at_a + of_a, at_b + of_b);
				*place += 1;
				if *place < *size {
					break;
				}
				*place = 0;
				(at_a, at_b) = (at_a - of_a * size, at_b - of_b * size);
			}
		}
		Ok(result)
	}
}

macro_rules! integers {
	($number:ty, $binary:ident, $a:ident, $b:ident) => {
		match $binary.operation {
			Operation::Add => $binary.each($a, $b, <$number>::wrapping_add),
			Operation::Sub => $binary.each($a, $b, <$number>::wrapping_sub),
			Operation::SubFlipped => $binary.each($a, $b, |a: $number, b| b.wrapping_sub(a)),
			Operation::Mul => $binary.each($a, $b, <$number>::wrapping_mul),
			Operation::Min => $binary.each($a, $b, <$number>::min),
			Operation::Max => $binary.each($a, $b, <$number>::max),
			Operation::Div => bail!("no quotients of whole numbers"),
		}
	};
}

impl Op for Binary {
	fn name(&self) -> StaticName {
		"OpgBinary".into()
	}

	op_as_typed_op!();
}

impl EvalOp for Binary {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (a, b): (&Tensor, &Tensor) = (&inputs[0], &inputs[1]);
		let result = match self.datum_type {
			DatumType::I32 => integers!(i32, self, a, b),
			DatumType::I64 => integers!(i64, self, a, b),
			_ => match self.operation {
				Operation::Add => self.each(a, b, |a: f32, b| a + b),
				Operation::Sub => self.each(a, b, |a: f32, b| a - b),
				Operation::SubFlipped => self.each(a, b, |a: f32, b| b - a),
				Operation::Mul => self.each(a, b, |a: f32, b| a * b),
				Operation::Div => self.each(a, b, |a: f32, b| a / b),
				Operation::Min | Operation::Max => bail!("no extremes of fractions"),
			},
		};
		Ok(tvec!(result?.into_tvalue()))
	}
}

impl TypedOp for Binary {
	fn output_facts(&self, _: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(tvec!(self.datum_type.fact(&*self.shape)))
	}

	as_op!();
}
