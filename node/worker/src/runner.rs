//! Runs jobs on the engine.

use crate::{
	loaded::Loaded,
	queue::{RunError, Runner, LOG_TARGET},
};
use opg_blobs::Store;
use opg_engine::{Dims, Engine, EngineError, Limits, ModelFault, Prepared, Run};
use opg_primitives::{Answer, Job, ModelError, Outcome, Output, MAX_OUTPUT_BYTES};
use std::{path::Path, sync::Arc};

/// Memory that one run may use, in bytes. Running out of it is an outcome that executors attest, so
/// it is the same on every node.
pub const MEMORY_BYTES: usize = 512 * 1024 * 1024;

/// The engine and the files that it runs.
pub(crate) struct EngineRunner {
	engine: Engine,
	models: Store,
	loaded: Loaded<Prepared>,
}

impl EngineRunner {
	/// Compile the engine, or load what an earlier run has compiled.
	///
	/// Models stay loaded as long as they take no more than `loaded_bytes`.
	pub(crate) fn new(
		cache: Option<&Path>,
		models: Store,
		loaded_bytes: usize,
	) -> Result<Self, String> {
		let engine = Engine::new(cache).map_err(|error| error.to_string())?;
		Ok(Self { engine, models, loaded: Loaded::new(loaded_bytes) })
	}

	/// The job's model, ready to run, or the fault that comes of loading it.
	fn prepared(&self, job: &Job, limits: &Limits) -> Result<Result<Arc<Prepared>, Run>, RunError> {
		if let Some(prepared) = self.loaded.get(&job.model.0) {
			return Ok(Ok(prepared));
		}
		let model = self
			.models
			.get(&job.model.0)
			.map_err(|error| RunError::Host(error.to_string()))?
			.ok_or(RunError::ModelMissing)?;
		let Run { outcome, fuel, reason, message } =
			self.engine.prepare(&model, &Dims::default(), limits).map_err(host)?;
		Ok(match outcome {
			Ok(prepared) => {
				let (bytes, prepared) = (prepared.bytes(), Arc::new(prepared));
				self.loaded.insert(job.model.0, prepared.clone(), bytes);
				Ok(prepared)
			},
			Err(fault) => Err(Run { outcome: Err(fault), fuel, reason, message }),
		})
	}
}

impl Runner for EngineRunner {
	fn run(&self, job: &Job) -> Result<Answer, RunError> {
		let limits = Limits {
			fuel: job.fuel_limit,
			memory_bytes: MEMORY_BYTES,
			max_output: MAX_OUTPUT_BYTES as usize,
		};
		let run = match self.prepared(job, &limits)? {
			Ok(prepared) => {
				self.engine.run_prepared(&prepared, &job.input, &limits).map_err(host)?
			},
			Err(fault) => fault,
		};
		if !run.message.is_empty() {
			let Job { request, round, .. } = job;
			log::info!(target: LOG_TARGET, "Job {request}/{round}: {}", run.message);
		}
		Ok(answer(run))
	}
}

fn host(error: EngineError) -> RunError {
	RunError::Host(error.to_string())
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
