//! Conversions between the types of the chain and those of the engine, and the protocol's limits.

use crate::{content_of, DimsError, Limits, ModelFault, Run};
use opg_primitives::{Answer, Dims, ModelError, Outcome, Output, VersionLimits};
use sp_core::H256;

/// Limits of the engine for a version with these. No time limit: a verifier may take longer.
pub fn limits(limits: &VersionLimits) -> Limits {
	let VersionLimits { fuel, load_fuel, memory, input_bytes: _, output_bytes } = *limits;
	Limits {
		fuel,
		load_fuel,
		memory_bytes: (memory as usize) << 20,
		max_output: output_bytes as usize,
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

/// Answer that an executor attests after this run, and the output where the answer only names it.
pub fn answer(run: Run) -> (Answer, Option<Vec<u8>>) {
	let (outcome, stored) = match run.outcome.map(Output::try_from) {
		Ok(Ok(output)) => (Outcome::Output(output), None),
		Ok(Err(output)) => match content_of(&output) {
			Some(content) => (Outcome::Stored(content), Some(output)),
			None => (Outcome::Error(ModelError::OutputTooLarge), None),
		},
		Err(fault) => (Outcome::Error(model_error(fault)), None),
	};
	(Answer { outcome, fuel: run.fuel }, stored)
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
	use crate::model_hash;
	use opg_primitives::{Content, Dim, MAX_OUTPUT_BYTES};

	fn dim(name: &[u8], size: u64) -> Dim {
		Dim { name: name.to_vec().try_into().expect("short"), size }
	}

	#[test]
	fn limits_should_be_those_of_the_version() {
		let of_version = VersionLimits::inline(7, 8, 3_072);
		let Limits { fuel, load_fuel, memory_bytes, time, max_output } = limits(&of_version);
		assert_eq!((fuel, load_fuel, memory_bytes, time), (7, 8, 3 << 30, None));
		assert_eq!(max_output, MAX_OUTPUT_BYTES as usize);
		let large = VersionLimits { output_bytes: 5 << 20, ..of_version };
		assert_eq!(limits(&large).max_output, 5 << 20);
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
	fn answer_should_name_the_output_when_it_is_longer_than_the_chain_carries() {
		let run = |length| Run {
			outcome: Ok(vec![0; length]),
			fuel: 5,
			reason: None,
			message: String::new(),
		};
		let longest = MAX_OUTPUT_BYTES as usize;
		let (short, stored) = answer(run(longest));
		assert!(matches!(short.outcome, Outcome::Output(_)) && stored.is_none());
		let bytes = vec![0; longest + 1];
		let content = Content { hash: model_hash(&bytes), size: MAX_OUTPUT_BYTES + 1 };
		let named = Answer { outcome: Outcome::Stored(content), fuel: 5 };
		assert_eq!(answer(run(longest + 1)), (named, Some(bytes)));
	}
}
