#![doc = include_str!("../README.md")]

mod cache;
mod error;
mod queue;
mod runner;

pub use queue::MAX_FINISHED;

use opg_blobs::Store;
use opg_primitives::{Job, JobError, JobStatus};
use opg_runtime_interface::JobQueue;
use std::{io, path::PathBuf, sync::Arc};

/// Settings of a [`Worker`].
#[derive(Clone, Debug)]
pub struct WorkerConfig {
	/// Most jobs that wait for a thread; at least one.
	pub queue: usize,
	/// Number of threads that run jobs; at least one.
	pub threads: usize,
	/// Most bytes of models that stay loaded between jobs.
	pub loaded_bytes: usize,
}

impl Default for WorkerConfig {
	fn default() -> Self {
		Self { queue: 64, threads: 1, loaded_bytes: 1 << 30 }
	}
}

/// Owner of the threads. They stop after the job at hand when this is dropped.
pub struct Worker(Arc<queue::Shared>);

impl Worker {
	/// Starts the threads and returns at once.
	///
	/// The first thread compiles the engine, with `engine_cache` as the folder for the compiled
	/// code. Jobs that arrive before it is ready wait. Engines besides the built-in one come from
	/// `engines`, model files from `models`.
	///
	/// # Errors
	///
	/// The system starts no thread.
	pub fn new(
		engine_cache: Option<PathBuf>,
		engines: Store,
		models: Store,
		config: WorkerConfig,
	) -> io::Result<Self> {
		let loaded_bytes = config.loaded_bytes;
		let build = move || runner::EngineRunner::new(engine_cache, engines, models, loaded_bytes);
		queue::start(build, config).map(Self)
	}

	/// A handle through which jobs are handed in.
	pub fn handle(&self) -> WorkerHandle {
		WorkerHandle(self.0.clone())
	}
}

impl Drop for Worker {
	fn drop(&mut self) {
		self.0.stop();
	}
}

/// Hands in jobs. Cheap to clone.
#[derive(Clone)]
pub struct WorkerHandle(Arc<queue::Shared>);

impl JobQueue for WorkerHandle {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		self.0.submit(job)
	}
}
