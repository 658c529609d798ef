//! What the chain and the engine call the same things.

use opg_engine::{Dims, Limits, ModelFault, Run};
use opg_primitives::{Answer, Fuel, ModelError, Outcome, Output, MAX_OUTPUT_BYTES};
use std::time::Duration;

/// Memory that one run may use, in bytes. Running out of it is an outcome that executors attest, so
/// it is the same on every node.
pub const MEMORY_BYTES: usize = 512 * 1024 * 1024;

/// Time that an executor gives a job, loading and running together: the 10 blocks of 3 s that the
/// protocol gives it to commit to its answer. A job that takes longer only keeps others waiting.
/// Never part of an answer, so a node may choose another.
pub(crate) const JOB_TIME: Duration = Duration::from_secs(30);

/// What a run may use whose model has this fuel limit. No time: whoever checks an answer may wait.
pub fn limits(fuel: Fuel) -> Limits {
	Limits { fuel, memory_bytes: MEMORY_BYTES, max_output: MAX_OUTPUT_BYTES as usize, time: None }
}

/// The bindings of a model version, as the engine takes them. Fails where the chain would have
/// refused them.
pub fn dims(dims: &opg_primitives::Dims) -> Result<Dims, String> {
	let mut bound = Dims::default();
	for dim in dims {
		let name = std::str::from_utf8(&dim.name).map_err(|error| error.to_string())?;
		bound.bind(name, dim.size).map_err(|error| error.to_string())?;
	}
	Ok(bound)
}

/// What executors attest after such a run.
pub fn answer(run: Run) -> Answer {
	let outcome = match run.outcome {
		Ok(output) => Output::try_from(output)
			.map_or(Outcome::Error(ModelError::OutputTooLarge), Outcome::Output),
		Err(fault) => Outcome::Error(model_error(fault)),
	};
	Answer { outcome, fuel: run.fuel }
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
