//! Reductions along neighbouring axes, bit for bit as tract's own, which makes a view of the tensor
//! for each number of the result.

use tract_onnx::tract_core::{
	internal::*,
	ops::nn::{Reduce, Reducer},
	tract_linalg::routines::Func,
};

/// Rows of so many numbers go to tract's kernel for the largest or least, which is faster then.
const LONG: usize = 64;

/// Puts [`Reduction`] in the place of tract's operator, where it can do the same.
pub fn reduce(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	use DatumType::*;
	rule_if_some!(op = node.op_as::<Reduce>());
	let fact = model.outlet_fact(node.inputs[0])?;
	rule_if_some!(shape = fact.shape.as_concrete());
	rule_if_let!(Some((&first, others)) = op.axes.split_first());
	rule_if!(others.iter().zip(first + 1..).all(|(axis, next)| *axis == next));
	let last = first + others.len();
	let sizes = [&shape[..first], &shape[first..=last], &shape[last + 1..]];
	let sizes = sizes.map(|sizes| sizes.iter().product::<usize>());
	rule_if!(!sizes.contains(&0));
	let kind = match (op.reducer, fact.datum_type) {
		(Reducer::Max, _) => Kind::Most,
		(Reducer::Min, _) => Kind::Least,
		(Reducer::ArgMax(last), _) => Kind::PlaceOfMost { last },
		(Reducer::ArgMin(last), _) => Kind::PlaceOfLeast { last },
		(Reducer::Prod, DatumType::F32) => Kind::Product,
		(Reducer::Sum, DatumType::I32) => Kind::Sum,
		_ => return Ok(None),
	};
	rule_if!(matches!(fact.datum_type, U8 | I8 | I32 | I64 | F32 | F64));
	let mut output: TVec<usize> = shape.into();
	op.axes.iter().for_each(|axis| output[*axis] = 1);
	let reduction = Reduction { kind, sizes, output };
	TypedModelPatch::replace_single_op(model, node, &node.inputs, reduction).map(Some)
}

/// The operator.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Reduction {
	kind: Kind,
	/// Numbers before the axes, along them and behind them.
	sizes: [usize; 3],
	/// Shape of the result.
	output: TVec<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
	Most,
	Least,
	/// The place of the first one, or of the last.
	PlaceOfMost {
		last: bool,
	},
	PlaceOfLeast {
		last: bool,
	},
	Product,
	Sum,
}

/// A number with an order.
trait Number: Datum + Copy + PartialOrd {
	const MIN: Self;
	const MAX: Self;
}

macro_rules! numbers {
	($($number:ty),*) => { $(
		impl Number for $number {
			const MIN: Self = <$number>::MIN;
			const MAX: Self = <$number>::MAX;
		}
	)* };
}
numbers!(u8, i8, i32, i64, f32, f64);

impl Reduction {
	/// For each number of the result, what `step` makes of `first` and the numbers along the axes, in
	/// their order, with the place of each.
	fn fold<T: Copy, S: Copy>(
		&self,
		numbers: &[T],
		first: S,
		step: impl Fn(S, T, usize) -> S,
	) -> Vec<S> {
		let [outer, length, inner] = self.sizes;
		let mut folded = vec![first; outer * inner];
		let blocks = numbers.chunks_exact(length * inner);
		if inner == 1 {
			for (state, row) in folded.iter_mut().zip(blocks) {
				let mut last = first;
				for (place, number) in row.iter().enumerate() {
					last = step(last, *number, place);
				}
				*state = last;
			}
			return folded;
		}
		for (states, block) in folded.chunks_exact_mut(inner).zip(blocks) {
			for (place, row) in block.chunks_exact(inner).enumerate() {
				for (state, number) in states.iter_mut().zip(row) {
					*state = step(*state, *number, place);
				}
			}
		}
		folded
	}

	fn reduce<T: Number>(&self, input: &Tensor) -> TractResult<Tensor> {
		let view = input.try_as_plain_ram()?;
		let numbers = view.as_slice::<T>()?;
		match self.kind {
			// A NaN counts until the next number, as in tract.
			Kind::Most => {
				let most = |most, number, _| if most > number { most } else { number };
				self.shaped(&self.fold(numbers, T::MIN, most))
			},
			Kind::Least => {
				let least = |least, number, _| if least < number { least } else { number };
				self.shaped(&self.fold(numbers, T::MAX, least))
			},
			Kind::PlaceOfMost { last } => self.places(numbers, T::MIN, move |number, most| {
				number > most || (last && number == most)
			}),
			Kind::PlaceOfLeast { last } => self.places(numbers, T::MAX, move |number, least| {
				number < least || (last && number == least)
			}),
			Kind::Product | Kind::Sum => bail!("no numbers to add or multiply"),
		}
	}

	/// Places of the numbers for which `better` holds last.
	fn places<T: Number>(
		&self,
		numbers: &[T],
		worst: T,
		better: impl Fn(T, T) -> bool,
	) -> TractResult<Tensor> {
		let found = self.fold(numbers, (0i64, worst), |(found, best), number, place| {
			if better(number, best) {
				(place as i64, number)
			} else {
				(found, best)
			}
		});
		self.shaped(&found.into_iter().map(|(place, _)| place).collect::<Vec<_>>())
	}

	/// The largest or least numbers of rows, as tract's kernel gives them: it passes over NaNs.
	fn rows(&self, input: &Tensor) -> TractResult<Tensor> {
		let view = input.try_as_plain_ram()?;
		let [_, length, _] = self.sizes;
		let most = self.kind == Kind::Most;
		let kernel = if most { Func::ReduceMax } else { Func::ReduceMin }.reduce_f32()?;
		let rows = view.as_slice::<f32>()?.chunks_exact(length);
		let reduced = rows.map(|row| {
			if length >= LONG {
				return kernel.run(row);
			}
			let better = |a: f32, b: f32| if most { a > b } else { a < b };
			let worst = if most { f32::MIN } else { f32::MAX };
			let pick = |best, number| if better(number, best) { number } else { best };
			let best = row.iter().copied().fold(worst, pick);
			if best != 0.0 {
				return Ok(best);
			}
			let mut zeros = row.iter().filter(|number| **number == 0.0);
			let negative = zeros.next().is_some_and(|zero| zero.is_sign_negative());
			if zeros.all(|zero| zero.is_sign_negative() == negative) {
				return Ok(if negative { -0.0 } else { 0.0 });
			}
			// Of zeros with both signs the kernel takes one by its place in memory.
			kernel.run(row)
		});
		self.shaped(&reduced.collect::<TractResult<Vec<f32>>>()?)
	}

	fn shaped<T: Datum + Copy>(&self, numbers: &[T]) -> TractResult<Tensor> {
		Tensor::from_shape(&self.output, numbers)
	}
}

impl Op for Reduction {
	fn name(&self) -> StaticName {
		"OpgReduction".into()
	}

	op_as_typed_op!();
}

impl EvalOp for Reduction {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let input: &Tensor = &inputs[0];
		let reduced = match (self.kind, input.datum_type()) {
			(Kind::Most | Kind::Least, DatumType::F32) if self.has_rows() => self.rows(input)?,
			(Kind::Product, DatumType::F32) => {
				let view = input.try_as_plain_ram()?;
				let all = view.as_slice::<f32>()?;
				self.shaped(&self.fold(all, 1f32, |product, number, _| product * number))?
			},
			(Kind::Sum, DatumType::I32) => {
				let view = input.try_as_plain_ram()?;
				let all = view.as_slice::<i32>()?;
				self.shaped(&self.fold(all, 0i32, |sum, number, _| sum.wrapping_add(number)))?
			},
			(_, DatumType::U8) => self.reduce::<u8>(input)?,
			(_, DatumType::I8) => self.reduce::<i8>(input)?,
			(_, DatumType::I32) => self.reduce::<i32>(input)?,
			(_, DatumType::I64) => self.reduce::<i64>(input)?,
			(_, DatumType::F32) => self.reduce::<f32>(input)?,
			(_, DatumType::F64) => self.reduce::<f64>(input)?,
			(_, other) => bail!("numbers of type {other:?}"),
		};
		Ok(tvec!(reduced.into_tvalue()))
	}
}

impl Reduction {
	/// Whether numbers that are reduced to one lie together, so that tract uses its kernel.
	fn has_rows(&self) -> bool {
		let [_, length, inner] = self.sizes;
		length == 1 || inner == 1
	}
}

impl TypedOp for Reduction {
	fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		let datum_type = match self.kind {
			Kind::PlaceOfMost { .. } | Kind::PlaceOfLeast { .. } => i64::datum_type(),
			_ => inputs[0].datum_type,
		};
		Ok(tvec!(datum_type.fact(&*self.output)))
	}

	as_op!();
}
