//! Conversions between the types of the chain and those of the engine, and the protocol's limits.

use crate::{DimsError, Limits, ModelFault, Run};
use opg_primitives::{Answer, Dims, ModelError, Outcome, Output, VersionLimits, MAX_OUTPUT_BYTES};
use sp_core::H256;

/// Limits of the engine for a version with these. No time limit: a verifier may take longer.
pub fn limits(limits: &VersionLimits) -> Limits {
	let VersionLimits { fuel, load_fuel, memory } = *limits;
	Limits {
		fuel,
		load_fuel,
		memory_bytes: (memory as usize) << 20,
		max_output: MAX_OUTPUT_BYTES as usize,
		time: None,
	}
}

/// Converts the dimensions of a model version.
///
/// # Errors
///
/// A name is empty or not UTF-8, or is bound twice. The chain refuses such a version.
pub fn bind_dims(dims: &Dims) -> Result<opg_engine::Dims, DimsError> {
	let mut bound = opg_engine::Dims::default();
	for dim in dims {
		let name = std::str::from_utf8(&dim.name).map_err(|_| DimsError::InvalidName)?;
		bound.bind(name, dim.size)?;
	}
	Ok(bound)
}

/// Answer that an executor attests after this run.
pub fn answer(run: Run) -> Answer {
	let outcome = match run.outcome {
		Ok(output) => Output::try_from(output)
			.map_or(Outcome::Error(ModelError::OutputTooLarge), Outcome::Output),
		Err(fault) => Outcome::Error(model_error(fault)),
	};
	Answer { outcome, fuel: run.fuel }
}

/// Witness of an answer that is an error: there are no tensors, so it is a digest of seed and error.
pub fn witness_of_error(seed: H256, error: ModelError) -> H256 {
	let fault = match error {
		ModelError::BadModel => ModelFault::BadModel,
		ModelError::BadInput => ModelFault::BadInput,
		ModelError::OutOfFuel => ModelFault::OutOfFuel,
		ModelError::OutOfMemory => ModelFault::OutOfMemory,
		ModelError::Trapped => ModelFault::Trapped,
		ModelError::OutputTooLarge => ModelFault::OutputTooLarge,
	};
	H256(opg_engine::witness_of_fault(&seed.0, fault))
}

fn model_error(fault: ModelFault) -> ModelError {
	match fault {
		ModelFault::BadModel => ModelError::BadModel,
		ModelFault::BadInput => ModelError::BadInput,
		ModelFault::OutOfFuel => ModelError::OutOfFuel,
		ModelFault::OutOfMemory => ModelError::OutOfMemory,
		ModelFault::Trapped => ModelError::Trapped,
		ModelFault::OutputTooLarge => ModelError::OutputTooLarge,
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::Dim;

	fn dim(name: &[u8], size: u64) -> Dim {
		Dim { name: name.to_vec().try_into().expect("short"), size }
	}

	#[test]
	fn limits_should_be_those_of_the_version() {
		let of_version = VersionLimits { fuel: 7, load_fuel: 8, memory: 3_072 };
		let Limits { fuel, load_fuel, memory_bytes, time, .. } = limits(&of_version);
		assert_eq!((fuel, load_fuel, memory_bytes, time), (7, 8, 3 << 30, None));
	}

	#[test]
	fn dims_should_be_bound_when_names_are_utf8_and_distinct() {
		let dims = vec![dim(b"batch", 1), dim(b"length", 7)].try_into().expect("few");
		let bound = bind_dims(&dims).expect("they can be bound");
		assert_eq!((bound.get("batch"), bound.get("length")), (Some(1), Some(7)));
	}

	#[test]
	fn dims_should_be_refused_when_a_name_is_not_utf8_or_comes_twice() {
		for dims in [vec![dim(b"\xff", 1)], vec![dim(b"a", 1), dim(b"a", 2)], vec![dim(b"", 1)]] {
			assert!(bind_dims(&dims.try_into().expect("few")).is_err());
		}
	}

	#[test]
	fn witness_should_be_of_the_fault_when_the_answer_is_its_error() {
		let seed = H256::repeat_byte(7);
		for fault in ModelFault::ALL {
			let witness = witness_of_error(seed, model_error(fault));
			assert_eq!(witness.0, opg_engine::witness_of_fault(&seed.0, fault));
		}
	}

	#[test]
	fn answer_should_be_a_fault_when_the_output_is_longer_than_the_chain_takes() {
		let run = |length| Run {
			outcome: Ok(vec![0; length]),
			fuel: 5,
			reason: None,
			message: String::new(),
		};
		let longest = MAX_OUTPUT_BYTES as usize;
		assert!(matches!(answer(run(longest)).outcome, Outcome::Output(_)));
		let error = Outcome::Error(ModelError::OutputTooLarge);
		assert_eq!(answer(run(longest + 1)), Answer { outcome: error, fuel: 5 });
	}
}
