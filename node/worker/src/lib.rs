#![doc = include_str!("../README.md")]

mod ahead;
mod cache;
mod contents;
mod error;
mod holding;
mod journal;
mod metrics;
mod pace;
mod process;
mod queue;
mod results;
mod runner;
mod schedule;
mod served;
pub mod sourced;
mod turns;

pub use contents::Contents;
pub use process::{sandbox, serve, EngineProgram, InspectError, Inspector, Sandbox};
pub use results::MAX_FINISHED;

use codec::{Decode, Encode};
use holding::Holding;
use metrics::Metrics;
use opg_primitives::{Answer, Content, Job, JobError, JobStatus, Outcome, Task};
use opg_runtime_interface::JobQueue;
use prometheus_endpoint::Registry;
use schedule::Rank;
use served::Served;
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
	/// Registry of the metrics. Without it nobody reads them. Metrics of loaded models are of engine
	/// processes, so there are none without `program`.
	pub registry: Option<Registry>,
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
			registry: None,
		}
	}
}

/// Owner of the threads. When this is dropped they stop: with engine processes at once, without after the
/// job at hand.
pub struct Worker {
	queue: Arc<queue::Shared>,
	contents: Contents,
	served: Arc<Served>,
	watch_share: Option<u32>,
	inspector: Option<Inspector>,
}

impl Worker {
	/// Starts the threads and returns at once.
	///
	/// The first thread starts an engine process, which compiles the engine, with `engine_cache` as
	/// the folder for the compiled code. Jobs that arrive before it is ready wait. Engines besides the
	/// built-in one and model files come from the store of `contents`, where what is served is pinned.
	///
	/// # Errors
	///
	/// The system starts no thread, the journal cannot be used, or the registry has a worker already.
	pub fn new(
		engine_cache: Option<PathBuf>,
		contents: Contents,
		config: WorkerConfig,
	) -> io::Result<Self> {
		let blobs = contents.store();
		let watch_share = config.watch_share;
		let metrics = Metrics::new().map_err(io::Error::other)?;
		let setup = process::Setup {
			engine_cache,
			blobs: blobs.directory().to_owned(),
			loaded_bytes: config.loaded_bytes / config.threads.max(1),
		};
		let inspector = config
			.program
			.clone()
			.map(|program| Inspector::new(program, setup.clone(), metrics.clone()));
		let store = contents.clone();
		let queue = match config.program.clone() {
			Some(program) => {
				let counted = metrics.clone();
				let build = move || {
					let runner = process::ProcessRunner::new(&program, &setup, &counted)?;
					Ok(Holding::new(runner, store.clone()))
				};
				queue::start(build, &config, metrics)?
			},
			None => {
				let loaded_bytes = config.loaded_bytes;
				let setup = process::Setup { loaded_bytes, ..setup };
				let build =
					move || Ok(Holding::new(runner::EngineRunner::new(&setup)?, store.clone()));
				queue::start(build, &config, metrics)?
			},
		};
		let served = Served::start(contents.store().clone())?;
		Ok(Self { queue, contents, served, watch_share, inspector })
	}

	/// Inspects models in engine processes. `None` without a program for those.
	pub fn inspector(&self) -> Option<Inspector> {
		self.inspector.clone()
	}

	/// A handle through which jobs are handed in.
	pub fn handle(&self) -> WorkerHandle {
		WorkerHandle::new(
			self.queue.clone(),
			self.contents.clone(),
			self.served.clone(),
			self.watch_share,
		)
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
	contents: Contents,
	served: Arc<Served>,
	watch_share: Option<u32>,
	/// Seats of this run.
	submitted: HashSet<Key>,
	/// End of the wait, once it began.
	until: Option<Instant>,
}

impl WorkerHandle {
	fn new(
		shared: Arc<queue::Shared>,
		contents: Contents,
		served: Arc<Served>,
		watch_share: Option<u32>,
	) -> Self {
		Self { shared, contents, served, watch_share, submitted: HashSet::new(), until: None }
	}
}

impl WorkerHandle {
	/// Tells whether a seat has an answer. One whose output has gone is forgotten, so that it is computed
	/// again.
	fn has_answer(&self, job: &Job) -> bool {
		match self.shared.answer(job).map(|answer| answer.outcome) {
			Some(Outcome::Stored(output)) if !self.contents.pin_if_here(&output) => {
				self.shared.forget_answer(job);
				false
			},
			answer => answer.is_some(),
		}
	}
}

impl Clone for WorkerHandle {
	fn clone(&self) -> Self {
		Self::new(self.shared.clone(), self.contents.clone(), self.served.clone(), self.watch_share)
	}
}

impl JobQueue for WorkerHandle {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		let key = job.key().0;
		if Rank::from(job.kind) == Rank::Seat && !self.submitted.insert(key) {
			let until = *self.until.get_or_insert_with(|| Instant::now() + MAX_WAIT);
			self.shared.wait(&key, until);
		}
		// What was committed to must be revealed, whatever has become of the input.
		let lacks_input = |input: Content| !self.contents.has(&input);
		if !self.has_answer(&job) && job.task.input.stored().is_some_and(lacks_input) {
			return Err(JobError::InputMissing);
		}
		self.shared.submit(job)
	}

	// One look at the directory. A file is checked against its hash when a job loads it, and is not
	// held any more if it is damaged.
	fn has_model(&mut self, hash: [u8; 32]) -> Result<bool, JobError> {
		Ok(self.contents.store().contains(&hash))
	}

	fn watch_share(&mut self) -> Option<u32> {
		self.watch_share
	}

	fn prepare(&mut self, task: Task) {
		self.served.name(&task);
		self.shared.prepare(task);
	}

	// What is not here has to be fetched, which is for others.
	fn hold_content(&mut self, content: Content) -> Result<bool, JobError> {
		Ok(self.contents.pin_if_here(&content))
	}
}
