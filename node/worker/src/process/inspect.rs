//! Inspection of models before they are served: each in an engine process of its own, which ends with
//! it. A model that harms it costs nothing else.

use super::{
	supervisor::{EngineProcess, Lost},
	wire::{Request, Response, Setup},
	EngineProgram,
};
use crate::{error::RunError, metrics::Metrics};
use opg_execution::printable;
use opg_primitives::{serving::Report, Task};
use std::time::{Duration, Instant};

/// Time for an inspection. Fuel ends it before, on a machine that is fast enough to serve.
const INSPECT_TIME: Duration = Duration::from_secs(600);

/// Reason for which there is no report.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
	/// The engine refuses the model within the limits of its version, in these words.
	#[error("the engine refuses it: {0}")]
	Refused(String),
	/// The version's memory limit is above what a thread has, both in MiB.
	#[error(
		"it may take {needed} MiB of memory, and a thread has {share} MiB: start the node with a \
		 larger --engine-memory"
	)]
	TooLarge {
		/// Memory that the version may take.
		needed: u64,
		/// Memory that a thread has.
		share: u64,
	},
	/// The model's file is not in the store.
	#[error("its file is not in this node's store")]
	ModelMissing,
	/// The engine's file is not in the store.
	#[error("its engine is not in this node's store: `opg-node engines add` adds it")]
	EngineMissing,
	/// The inspection failed on this machine.
	#[error("{0}")]
	Failed(String),
}

impl InspectError {
	/// Tells whether another attempt gives the same.
	pub fn is_final(&self) -> bool {
		matches!(self, Self::Refused(_) | Self::TooLarge { .. })
	}
}

/// Inspects models. Cheap to clone.
#[derive(Clone)]
pub struct Inspector {
	program: EngineProgram,
	setup: Setup,
	metrics: Metrics,
}

impl Inspector {
	pub(crate) fn new(program: EngineProgram, setup: Setup, metrics: Metrics) -> Self {
		Self { program, setup, metrics }
	}

	/// Inspects the model of a task, whose input does not count, within the limits of its version.
	/// Gives the report in short. Blocks until the engine is done: seconds, as a rule.
	///
	/// # Errors
	///
	/// The engine refuses the model, something is missing, or this machine fails.
	pub fn inspect(&self, task: Task) -> Result<Report, InspectError> {
		let failed = |error: RunError| InspectError::Failed(printable(&error.to_string()));
		let mut process =
			EngineProcess::start(&self.program, &self.setup, &self.metrics).map_err(failed)?;
		let until = Instant::now() + INSPECT_TIME;
		match process.ask(Request::Inspect(task), until, None) {
			Ok(Response::Inspected(Ok(report))) => Ok(report),
			Ok(Response::Inspected(Err(reason))) => Err(InspectError::Refused(printable(&reason))),
			Ok(Response::ModelMissing) => Err(InspectError::ModelMissing),
			Ok(Response::EngineMissing) => Err(InspectError::EngineMissing),
			Ok(Response::TooLarge(needed, share)) => Err(InspectError::TooLarge { needed, share }),
			Ok(Response::Failed(reason)) => Err(failed(RunError::Process(reason))),
			Ok(Response::Damaged(hash)) => Err(failed(RunError::Damaged(hash))),
			Ok(_) => Err(InspectError::Failed("a response out of order".into())),
			Err(Lost::Died(how)) => Err(failed(RunError::Process(how))),
			Err(Lost::TimedOut | Lost::Cancelled) => {
				Err(InspectError::Failed(format!("not inspected in {INSPECT_TIME:?}")))
			},
		}
	}
}
