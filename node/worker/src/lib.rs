#![doc = include_str!("../README.md")]

mod ahead;
mod cache;
mod error;
mod journal;
mod pace;
mod process;
mod queue;
mod results;
mod runner;
mod schedule;
mod turns;

pub use process::{serve, EngineProgram};
pub use results::MAX_FINISHED;

use codec::{Decode, Encode};
use opg_blobs::Store;
use opg_primitives::{Answer, Job, JobError, JobStatus, Task};
use opg_runtime_interface::JobQueue;
use schedule::Rank;
use sp_core::H256;
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

/// Key of a job ([`Job::key`]) or of a model ([`Job::model_key`]).
type Key = [u8; 32];

/// Result of a job.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct Answered {
	answer: Answer,
	/// Witness of the answer, of a job that asks for one.
	witness: Option<H256>,
}

/// Settings of a [`Worker`].
#[derive(Clone, Debug)]
pub struct WorkerConfig {
	/// Most jobs that wait for a thread; at least one.
	pub queue: usize,
	/// Number of threads that run jobs; at least one. Each has an engine process of its own.
	pub threads: usize,
	/// Most bytes of memory of all models together: of those that stay loaded between jobs, and of those
	/// that run. Each thread has an equal part, and serves no model whose memory limit is above it.
	pub loaded_bytes: usize,
	/// Directory of answers that are kept for a restart, which no other process may use. Without it
	/// a restart computes them again.
	pub journal: Option<PathBuf>,
	/// Program of the engine processes. Without it the engine runs in this process, where a crash of
	/// the engine ends the node.
	pub program: Option<EngineProgram>,
	/// What [`JobQueue::watch_share`] returns.
	pub watch_share: Option<u32>,
}

impl Default for WorkerConfig {
	fn default() -> Self {
		Self {
			queue: 4096,
			threads: 1,
			loaded_bytes: 1 << 30,
			journal: None,
			program: None,
			watch_share: None,
		}
	}
}

/// Owner of the threads. When this is dropped they stop: with engine processes at once, without after the
/// job at hand.
pub struct Worker {
	queue: Arc<queue::Shared>,
	models: Store,
	watch_share: Option<u32>,
}

impl Worker {
	/// Starts the threads and returns at once.
	///
	/// The first thread starts an engine process, which compiles the engine, with `engine_cache` as
	/// the folder for the compiled code. Jobs that arrive before it is ready wait. Engines besides the
	/// built-in one come from `engines`, model files from `models`.
	///
	/// # Errors
	///
	/// The system starts no thread, or the journal cannot be used.
	pub fn new(
		engine_cache: Option<PathBuf>,
		engines: Store,
		models: Store,
		config: WorkerConfig,
	) -> io::Result<Self> {
		let watch_share = config.watch_share;
		let setup = process::Setup {
			engine_cache,
			engines: engines.directory().to_owned(),
			models: models.directory().to_owned(),
			loaded_bytes: config.loaded_bytes / config.threads.max(1),
		};
		let queue = match config.program.clone() {
			Some(program) => {
				queue::start(move || process::ProcessRunner::new(&program, &setup), &config)?
			},
			None => {
				let loaded_bytes = config.loaded_bytes;
				let setup = process::Setup { loaded_bytes, ..setup };
				queue::start(move || runner::EngineRunner::new(&setup), &config)?
			},
		};
		Ok(Self { queue, models, watch_share })
	}

	/// A handle through which jobs are handed in.
	pub fn handle(&self) -> WorkerHandle {
		WorkerHandle::new(self.queue.clone(), self.models.clone(), self.watch_share)
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
/// same seat waits for its answer, while [`MAX_WAIT`] lasts for all calls together.
pub struct WorkerHandle {
	shared: Arc<queue::Shared>,
	models: Store,
	watch_share: Option<u32>,
	/// Seats of this run.
	submitted: HashSet<Key>,
	/// End of the wait, once it began.
	until: Option<Instant>,
}

impl WorkerHandle {
	fn new(shared: Arc<queue::Shared>, models: Store, watch_share: Option<u32>) -> Self {
		Self { shared, models, watch_share, submitted: HashSet::new(), until: None }
	}
}

impl Clone for WorkerHandle {
	fn clone(&self) -> Self {
		Self::new(self.shared.clone(), self.models.clone(), self.watch_share)
	}
}

impl JobQueue for WorkerHandle {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		let key = job.key().0;
		if Rank::from(job.kind) == Rank::Seat && !self.submitted.insert(key) {
			let until = *self.until.get_or_insert_with(|| Instant::now() + MAX_WAIT);
			self.shared.wait(&key, until);
		}
		self.shared.submit(job)
	}

	// One look at the directory; a file is checked against its hash when a job loads it.
	fn has_model(&mut self, hash: [u8; 32]) -> Result<bool, JobError> {
		Ok(self.models.contains(&hash))
	}

	fn watch_share(&mut self) -> Option<u32> {
		self.watch_share
	}

	fn prepare(&mut self, task: Task) {
		self.shared.prepare(task);
	}
}
