#![doc = include_str!("../README.md")]

mod cache;
mod error;
mod queue;
mod runner;

pub use queue::MAX_FINISHED;

use opg_blobs::Store;
use opg_primitives::{Job, JobError, JobStatus};
use opg_runtime_interface::JobQueue;
use std::{
	collections::HashSet,
	io,
	path::PathBuf,
	sync::Arc,
	time::{Duration, Instant},
};

/// Longest time that one run of the off-chain worker waits for answers, all its jobs together. Answers
/// of small models are there by then, so that the run commits to them at once and not a block later.
pub const MAX_WAIT: Duration = Duration::from_millis(200);

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
pub struct Worker {
	queue: Arc<queue::Shared>,
	models: Store,
}

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
		let store = models.clone();
		let build = move || runner::EngineRunner::new(engine_cache, engines, store, loaded_bytes);
		Ok(Self { queue: queue::start(build, config)?, models })
	}

	/// A handle through which jobs are handed in.
	pub fn handle(&self) -> WorkerHandle {
		WorkerHandle::new(self.queue.clone(), self.models.clone())
	}
}

impl Drop for Worker {
	fn drop(&mut self) {
		self.queue.stop();
	}
}

/// Hands in the jobs of one run of the off-chain worker. Cheap to clone; a clone is for another run.
///
/// The first call for a job never waits, so a run hands in all its jobs first. A further call for the
/// same job waits for its answer, while [`MAX_WAIT`] lasts for all calls together.
pub struct WorkerHandle {
	shared: Arc<queue::Shared>,
	models: Store,
	/// Jobs of this run.
	submitted: HashSet<[u8; 32]>,
	/// End of the wait, once it began.
	until: Option<Instant>,
}

impl WorkerHandle {
	fn new(shared: Arc<queue::Shared>, models: Store) -> Self {
		Self { shared, models, submitted: HashSet::new(), until: None }
	}
}

impl Clone for WorkerHandle {
	fn clone(&self) -> Self {
		Self::new(self.shared.clone(), self.models.clone())
	}
}

impl JobQueue for WorkerHandle {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		let key = job.key().0;
		if !self.submitted.insert(key) {
			let until = *self.until.get_or_insert_with(|| Instant::now() + MAX_WAIT);
			self.shared.wait(&key, until);
		}
		self.shared.submit(job)
	}

	// One look at the directory; a file is checked against its hash when a job loads it.
	fn has_model(&mut self, hash: [u8; 32]) -> Result<bool, JobError> {
		Ok(self.models.contains(&hash))
	}
}
