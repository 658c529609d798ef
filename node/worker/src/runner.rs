//! Runs jobs on the engine.

use crate::queue::{RunError, Runner, LOG_TARGET};
use opg_blobs::Store;
use opg_engine::{Engine, Limits, ModelFault, Run};
use opg_primitives::{Answer, Job, ModelError, Outcome, Output, MAX_OUTPUT_BYTES};
use std::path::Path;

/// Memory that one run may use, in bytes. Running out of it is an outcome that executors attest, so
/// it is the same on every node.
pub const MEMORY_BYTES: usize = 512 * 1024 * 1024;

/// The engine and the files that it runs.
pub(crate) struct EngineRunner {
	engine: Engine,
	models: Store,
}

impl EngineRunner {
	/// Compile the engine, or load what an earlier run has compiled.
	pub(crate) fn new(cache: Option<&Path>, models: Store) -> Result<Self, String> {
		let engine = Engine::new(cache).map_err(|error| error.to_string())?;
		Ok(Self { engine, models })
	}
}

impl Runner for EngineRunner {
	fn run(&self, job: &Job) -> Result<Answer, RunError> {
		let model = self
			.models
			.get(&job.model.0)
			.map_err(|error| RunError::Host(error.to_string()))?
			.ok_or(RunError::ModelMissing)?;
		let limits = Limits {
			fuel: job.fuel_limit,
			memory_bytes: MEMORY_BYTES,
			max_output: MAX_OUTPUT_BYTES as usize,
		};
		let run = self
			.engine
			.run(&model, &job.input, &limits)
			.map_err(|error| RunError::Host(error.to_string()))?;
		if !run.message.is_empty() {
			let Job { request, round, .. } = job;
			log::info!(target: LOG_TARGET, "Job {request}/{round}: {}", run.message);
		}
		Ok(answer(run))
	}
}

fn answer(run: Run) -> Answer {
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
