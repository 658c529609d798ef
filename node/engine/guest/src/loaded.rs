//! A loaded model: takes encoded inputs and gives encoded outputs.

use crate::{
	generation::{Generator, Stops},
	refusal::Refusal,
	values::{datum_type, dtype},
};
use opg_engine_types::{
	report::{Description, Port},
	tensor::{self, Tensor as Given},
	Reason,
};
use tract_onnx::prelude::*;

/// A model ready to run.
pub struct Loaded {
	pub description: Description,
	pub model: Model,
}

/// What runs.
pub enum Model {
	/// One graph, once.
	Plan(Arc<TypedRunnableModel>),
	/// A step graph, many times.
	Generator(Generator),
}

impl Loaded {
	/// Runs the model on an encoded input, and encodes the outputs.
	pub fn run(&self, input: Vec<u8>, stops: Stops) -> Result<Vec<u8>, Refusal> {
		match &self.model {
			Model::Plan(plan) => {
				let inputs = self.values(input)?;
				let outputs = plan.run(inputs).map_err(|e| {
					Refusal::new(Reason::RunFailed, format!("the run fails: {e:#}"))
				})?;
				self.encode(outputs)
			},
			Model::Generator(generator) => generator.run(self.inputs(input)?, stops),
		}
	}

	/// An input of nothing but zeros, encoded; of a generator the one for its trial.
	pub fn zeros(&self) -> Result<Vec<u8>, Refusal> {
		if let Model::Generator(generator) = &self.model {
			return Ok(generator.trial());
		}
		let mut tensors = Vec::new();
		for Port { name, dtype, shape } in &self.description.inputs {
			let size = shape.iter().try_fold(dtype.size(), |bytes, dim| {
				bytes.checked_mul(usize::try_from(*dim).ok()?)
			});
			let size = size.filter(|size| *size <= isize::MAX as usize).ok_or_else(|| {
				Refusal::new(Reason::UnsupportedType, format!("input `{name}` is too large"))
			})?;
			let data = vec![0; size];
			tensors.push(Given { name: name.clone(), dtype: *dtype, shape: shape.clone(), data });
		}
		tensor::check(&tensors)
			.map_err(|e| Refusal::new(Reason::UnsupportedType, e.to_string()))?;
		Ok(tensor::encode(&tensors))
	}

	/// Decodes an input into tensors in the order of the model's inputs, of their types and shapes.
	pub fn inputs(&self, input: Vec<u8>) -> Result<Vec<Given>, Refusal> {
		let mut given = tensor::decode(&input)
			.map_err(|e| Refusal::new(Reason::InputEncoding, e.to_string()))?;
		drop(input);
		let mut tensors = Vec::new();
		for Port { name, dtype, shape } in &self.description.inputs {
			let at = given.iter().position(|t| t.name == *name).ok_or_else(|| {
				Refusal::new(Reason::InputMissing, format!("input `{name}` is missing"))
			})?;
			let tensor = given.swap_remove(at);
			if tensor.dtype != *dtype {
				let message =
					format!("input `{name}` is {}, the model takes {dtype}", tensor.dtype);
				return Err(Refusal::new(Reason::InputType, message));
			}
			if tensor.shape != *shape {
				let message = format!(
					"input `{name}` has shape {:?}, the model takes {shape:?}",
					tensor.shape
				);
				return Err(Refusal::new(Reason::InputShape, message));
			}
			tensors.push(tensor);
		}
		match given.first() {
			Some(Given { name, .. }) => {
				let message = format!("the model has no input `{name}`");
				Err(Refusal::new(Reason::InputUnknown, message))
			},
			None => Ok(tensors),
		}
	}

	/// Decodes an input for tract.
	pub fn values(&self, input: Vec<u8>) -> Result<TVec<TValue>, Refusal> {
		let value = |Given { name, dtype, shape, data }: Given| {
			// The data is here, so they are numbers of a 32-bit machine.
			let shape: TVec<usize> = shape.iter().map(|dim| *dim as usize).collect();
			// SAFETY: `decode` has checked the length and that every bool is 0 or 1; of the other
			// types any bytes are values.
			let value = unsafe { Tensor::from_raw_dt(datum_type(dtype), &shape, &data) };
			value
				.map(Tensor::into_tvalue)
				.map_err(|e| Refusal::new(Reason::InputType, format!("input `{name}`: {e:#}")))
		};
		self.inputs(input)?.into_iter().map(value).collect()
	}

	fn encode(&self, values: TVec<TValue>) -> Result<Vec<u8>, Refusal> {
		let mut tensors = Vec::new();
		for (Port { name, .. }, value) in self.description.outputs.iter().zip(values) {
			let named = |e: TractError| {
				Refusal::new(Reason::OutputNotEncodable, format!("output `{name}`: {e:#}"))
			};
			let mut value = value.into_tensor();
			// A TDim is a pointer in memory.
			if value.datum_type() == TDim::datum_type() {
				value = value.cast_to_dt(DatumType::I64).map_err(named)?.into_owned();
			}
			let dtype = dtype(value.datum_type()).ok_or_else(|| {
				let message = format!("output `{name}`: {:?} is not supported", value.datum_type());
				Refusal::new(Reason::UnsupportedType, message)
			})?;
			// SAFETY: every supported type is plain data.
			let mut data = value.try_as_plain_ram().map_err(named)?.as_bytes().to_vec();
			dtype.canonicalise_nan(&mut data);
			let shape = value.shape().iter().map(|dim| *dim as u64).collect();
			tensors.push(Given { name: name.clone(), dtype, shape, data });
		}
		tensor::check(&tensors).map_err(|e| {
			let message = format!("the output cannot be encoded: {e}");
			Refusal::new(Reason::OutputNotEncodable, message)
		})?;
		Ok(tensor::encode(&tensors))
	}
}
