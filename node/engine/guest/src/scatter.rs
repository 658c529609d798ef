//! `ScatterElements`, bit for bit as tract's own, which makes a list of coordinates for each number.

use tract_onnx::tract_core::{
	internal::*,
	ops::array::{ScatterElements, ScatterReduction},
};

/// Puts [`Scatter`] in the place of tract's operator, where it can do the same.
pub fn scatter(model: &TypedModel, node: &TypedNode) -> TractResult<Option<TypedModelPatch>> {
	rule_if_some!(op = node.op_as::<ScatterElements>());
	rule_if_let!(&[data, indices, updates] = &*node.inputs);
	let (data, updates) = (model.outlet_fact(data)?, model.outlet_fact(updates)?);
	let datum_type = data.datum_type;
	rule_if!(updates.datum_type == datum_type);
	rule_if!(match op.reduction {
		ScatterReduction::None => datum_type.is_number() && datum_type.is_copy(),
		_ => matches!(datum_type, DatumType::F32 | DatumType::I32 | DatumType::I64),
	});
	rule_if!(matches!(datum_type.size_of(), 1 | 2 | 4 | 8));
	rule_if_some!(shape = data.shape.as_concrete());
	rule_if_some!(given = updates.shape.as_concrete());
	rule_if!(model.outlet_fact(indices)?.shape.as_concrete() == Some(given));
	let axis = op.axis;
	rule_if!(axis < shape.len() && shape.len() == given.len());
	let fits = |at: usize| at == axis || given[at] <= shape[at];
	rule_if!((0..shape.len()).all(fits) && !shape.contains(&0) && !given.contains(&0));
	let op = Scatter { axis, reduction: op.reduction, data: shape.into(), given: given.into() };
	TypedModelPatch::replace_single_op(model, node, &node.inputs, op).map(Some)
}

/// The operator.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Scatter {
	axis: usize,
	reduction: ScatterReduction,
	/// Shapes of what is changed, and of what it is changed by.
	data: TVec<usize>,
	given: TVec<usize>,
}

impl Scatter {
	/// Changes numbers by others, in their order.
	fn change<T: Copy>(
		&self,
		data: &mut [T],
		indices: &[i64],
		updates: &[T],
		change: impl Fn(&mut T, T),
	) -> TractResult<()> {
		let axis = self.axis;
		let size = self.data[axis];
		let stride: usize = self.data[axis + 1..].iter().product();
		let before = places(&self.data[..axis], &self.given[..axis]);
		let behind = places(&self.data[axis + 1..], &self.given[axis + 1..]);
		let rows = indices.chunks_exact(behind.len()).zip(updates.chunks_exact(behind.len()));
		for (row, (indices, updates)) in rows.enumerate() {
			let from = before[row / self.given[axis]] * size * stride;
			for ((index, update), behind) in indices.iter().zip(updates).zip(&behind) {
				let index = if *index < 0 { *index + size as i64 } else { *index };
				let index = usize::try_from(index).ok().filter(|index| *index < size);
				let index = index.with_context(|| format!("an index that is not below {size}"))?;
				change(&mut data[from + index * stride + behind], *update);
			}
		}
		Ok(())
	}

	/// Writes numbers of this size over others.
	fn replace<const SIZE: usize>(
		&self,
		data: &mut [u8],
		indices: &[i64],
		updates: &[u8],
	) -> TractResult<()> {
		let (data, _) = data.as_chunks_mut::<SIZE>();
		let (updates, _) = updates.as_chunks::<SIZE>();
		self.change(data, indices, updates, |to, from| *to = from)
	}

	fn reduce<T: Datum + Copy + PartialOrd>(
		&self,
		data: &mut Tensor,
		indices: &[i64],
		updates: &Tensor,
		add: impl Fn(T, T) -> T,
		multiply: impl Fn(T, T) -> T,
	) -> TractResult<()> {
		let mut data = data.try_as_plain_ram_mut()?;
		let data = data.as_slice_mut::<T>()?;
		let updates = updates.try_as_plain_ram()?;
		let updates = updates.as_slice::<T>()?;
		match self.reduction {
			ScatterReduction::Add => {
				self.change(data, indices, updates, |to, from| *to = add(*to, from))
			},
			ScatterReduction::Mul => {
				self.change(data, indices, updates, |to, from| *to = multiply(*to, from))
			},
			ScatterReduction::Min => self.change(data, indices, updates, |to, from| {
				if from < *to {
					*to = from
				}
			}),
			ScatterReduction::Max => self.change(data, indices, updates, |to, from| {
				if from > *to {
					*to = from
				}
			}),
			ScatterReduction::None => bail!("nothing to reduce"),
		}
	}
}

/// For each place of a tensor of the shape `given`, its place in one of the shape `whole`.
fn places(whole: &[usize], given: &[usize]) -> Vec<usize> {
	let mut places = vec![0];
	for (whole, given) in whole.iter().zip(given) {
		places = places.iter().flat_map(|at| (0..*given).map(move |i| at * whole + i)).collect();
	}
	places
}

impl Op for Scatter {
	fn name(&self) -> StaticName {
		"OpgScatter".into()
	}

	op_as_typed_op!();
}

impl EvalOp for Scatter {
	op_out_of_plan!();

	fn eval(&self, _: &EvalContext, inputs: TVec<TValue>) -> TractResult<TVec<TValue>> {
		let (data, indices, updates) = args_3!(inputs);
		let mut data = data.into_tensor();
		let indices = indices.cast_to::<i64>()?;
		let indices = indices.try_as_plain_ram()?;
		let indices = indices.as_slice::<i64>()?;
		match (self.reduction, data.datum_type()) {
			(ScatterReduction::None, datum_type) => {
				let mut data = data.try_as_plain_ram_mut()?;
				let data = data.as_bytes_mut();
				let updates = updates.try_as_plain_ram()?;
				let updates = updates.as_bytes();
				match datum_type.size_of() {
					1 => self.replace::<1>(data, indices, updates)?,
					2 => self.replace::<2>(data, indices, updates)?,
					4 => self.replace::<4>(data, indices, updates)?,
					_ => self.replace::<8>(data, indices, updates)?,
				}
			},
			(_, DatumType::F32) => {
				self.reduce::<f32>(&mut data, indices, &updates, |a, b| a + b, |a, b| a * b)?
			},
			(_, DatumType::I32) => {
				self.reduce(&mut data, indices, &updates, i32::wrapping_add, i32::wrapping_mul)?
			},
			(_, DatumType::I64) => {
				self.reduce(&mut data, indices, &updates, i64::wrapping_add, i64::wrapping_mul)?
			},
			(_, other) => bail!("numbers of type {other:?}"),
		}
		Ok(tvec!(data.into_tvalue()))
	}
}

impl TypedOp for Scatter {
	fn output_facts(&self, inputs: &[&TypedFact]) -> TractResult<TVec<TypedFact>> {
		Ok(tvec!(inputs[0].datum_type.fact(&*self.data)))
	}

	as_op!();
}
