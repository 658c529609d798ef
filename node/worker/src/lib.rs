//! Bounded job queue between the off-chain worker and the engine.
//!
//! The off-chain worker hands in a [`Job`](opg_primitives::Job) at every block and is told at once
//! where it stands; a few threads of the worker do the work. Jobs are filed under
//! [`Job::key`](opg_primitives::Job::key), so that handing in the same job again only polls.
//!
//! Everything is bounded: at most [`WorkerConfig::queue`] jobs wait (a further one is refused with
//! [`Unavailable::QueueFull`](opg_primitives::Unavailable::QueueFull)), and at most
//! [`MAX_FINISHED`] results are remembered (the oldest is forgotten first). Models stay loaded between
//! jobs within [`WorkerConfig::loaded_bytes`].

#![warn(missing_docs)]

mod engine;
#[cfg(feature = "dev-faults")]
mod fault;
mod loaded;
mod queue;
mod runner;

pub use engine::{answer, dims, limits, MEMORY_BYTES};
#[cfg(feature = "dev-faults")]
pub use fault::Fault;
pub use opg_engine::artifact;

pub use queue::MAX_FINISHED;

use opg_blobs::Store;
use opg_primitives::{Job, JobStatus, Unavailable};
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
	/// How to misbehave, if at all.
	#[cfg(feature = "dev-faults")]
	pub fault: Option<Fault>,
}

impl Default for WorkerConfig {
	fn default() -> Self {
		Self {
			queue: 64,
			threads: 1,
			loaded_bytes: 1 << 30,
			#[cfg(feature = "dev-faults")]
			fault: None,
		}
	}
}

/// Owns the threads. They stop after the job at hand when this is dropped.
pub struct Worker(Arc<queue::Shared>);

impl Worker {
	/// Start the threads and return at once.
	///
	/// The first thread compiles the engine, with `engine_cache` as the directory for the compiled
	/// code. Jobs that arrive before it is ready wait. Engines besides the node's own come from
	/// `engines`, model files from `models`.
	pub fn new(
		engine_cache: Option<PathBuf>,
		engines: Store,
		models: Store,
		config: WorkerConfig,
	) -> io::Result<Self> {
		let build = move || {
			runner::EngineRunner::new(engine_cache.as_deref(), engines, models, config.loaded_bytes)
		};
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

impl opg_runtime_interface::Engine for WorkerHandle {
	fn submit(&mut self, job: Job) -> Result<JobStatus, Unavailable> {
		self.0.submit(job)
	}
}
