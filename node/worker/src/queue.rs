//! The queue: what is submitted, what waits, what runs, and the threads.

use crate::{
	error::RunError,
	journal::Journal,
	results::{Entry, Results, MAX_KEPT_BYTES},
	schedule::{self, Rank, Schedule},
	Answered, Key, WorkerConfig,
};
use opg_execution::printable;
use opg_primitives::{Job, JobError, JobStatus};
use parking_lot::{Condvar, Mutex};
use std::{
	io,
	panic::{catch_unwind, AssertUnwindSafe},
	sync::{
		atomic::{AtomicBool, Ordering},
		Arc,
	},
	time::{Duration, Instant},
};

/// Most attempts per job.
const MAX_ATTEMPTS: u8 = 3;

/// Log target.
pub(crate) const LOG_TARGET: &str = "opg::worker";

/// Runs one job. Abstract, so that the queue can be tested without an engine.
pub(crate) trait Runner: Send + Sync + 'static {
	/// Runs the job to its end, or until `control` stops it. The answer must depend on the job alone.
	fn run(&self, job: &Job, control: &Control) -> Result<Answered, RunError>;
}

/// When a job has to stop.
pub(crate) struct Control {
	/// End of the time in which the result is of use.
	pub(crate) deadline: Instant,
	cancelled: AtomicBool,
}

impl Control {
	pub(crate) fn new(deadline: Instant) -> Self {
		Self { deadline, cancelled: AtomicBool::new(false) }
	}

	/// Time until the deadline.
	pub(crate) fn time_left(&self) -> Duration {
		self.deadline.saturating_duration_since(Instant::now())
	}

	/// Tells whether a seat needs the time.
	pub(crate) fn is_cancelled(&self) -> bool {
		self.cancelled.load(Ordering::Relaxed)
	}

	fn cancel(&self) {
		self.cancelled.store(true, Ordering::Relaxed);
	}
}

/// Job that a thread has taken.
struct Running {
	key: Key,
	rank: Rank,
	started: Instant,
	/// Time that it is expected to take.
	expected: Duration,
	control: Arc<Control>,
}

impl Running {
	/// Time that it is expected to take yet. When that is over, as much again as it took.
	fn time_left(&self, now: Instant) -> Duration {
		let took = now - self.started;
		self.expected.checked_sub(took).unwrap_or(took)
	}
}

/// State of the engine.
enum Stage {
	Starting,
	Ready(Arc<dyn Runner>),
	Failed,
	Stopped,
}

struct State {
	stage: Stage,
	/// Jobs that no thread has taken yet.
	schedule: Schedule,
	running: Vec<Running>,
	results: Results,
}

/// State that the threads and the handles share.
pub(crate) struct Shared {
	threads: usize,
	/// Answers to seats on disk.
	journal: Option<Journal>,
	state: Mutex<State>,
	/// There may be a job for a thread, or a reason to end.
	wake: Condvar,
	/// A job has an answer, or will have none.
	finished: Condvar,
}

/// Starts `config.threads` threads, the first of which calls `build`.
pub(crate) fn start<R: Runner>(
	build: impl FnOnce() -> Result<R, RunError> + Send + 'static,
	config: &WorkerConfig,
) -> io::Result<Arc<Shared>> {
	start_bounded(build, config, MAX_KEPT_BYTES)
}

fn start_bounded<R: Runner>(
	build: impl FnOnce() -> Result<R, RunError> + Send + 'static,
	config: &WorkerConfig,
	max_kept_bytes: usize,
) -> io::Result<Arc<Shared>> {
	let threads = config.threads.max(1);
	let schedule = Schedule::new(config.queue, u32::try_from(threads).unwrap_or(u32::MAX));
	let shared = Arc::new(Shared {
		threads,
		journal: config.journal.as_deref().map(Journal::open).transpose()?,
		state: Mutex::new(State {
			stage: Stage::Starting,
			schedule,
			running: Vec::new(),
			results: Results::new(max_kept_bytes),
		}),
		wake: Condvar::new(),
		finished: Condvar::new(),
	});
	let first = shared.clone();
	spawn(0, move || {
		first.build_engine(build);
		first.work();
	})?;
	for index in 1..threads {
		let shared = shared.clone();
		spawn(index, move || shared.work())?;
	}
	Ok(shared)
}

fn spawn(index: usize, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
	opg_engine::spawn(format!("opg-engine-{index}"), run).map(drop)
}

impl Shared {
	/// Queues the job unless it is known, and tells its progress. A job that waits has its deadline
	/// from the latest call.
	pub(crate) fn submit(&self, job: Job) -> Result<JobStatus, JobError> {
		let (key, now) = (job.key().0, Instant::now());
		let mut state = self.state.lock();
		// Also when the engine has failed: what was committed to must be revealed.
		if let Some(answered) = self.answered(&mut state, &key, &job) {
			let Answered { answer, witness } = answered;
			return Ok(JobStatus::Done { answer, witness });
		}
		if matches!(state.stage, Stage::Failed | Stage::Stopped) {
			return Err(JobError::Internal);
		}
		match state.results.get(&key) {
			Some(Entry::Waiting { .. }) => {
				state.schedule.refresh(&key, schedule::deadline(&job, now));
				self.give_up(&mut state, now);
				self.status(&mut state, &key, now)
			},
			Some(Entry::Missing(error)) => {
				let error = *error;
				// Look again, so that the next poll finds the answer if it has arrived. Where there is
				// no time, the next poll does it.
				let _ = self.enqueue(&mut state, key, job, 0, now);
				Err(error)
			},
			Some(Entry::Failed { times }) if *times >= MAX_ATTEMPTS => Err(JobError::Internal),
			Some(Entry::Failed { times }) => {
				let failed = *times;
				self.enqueue(&mut state, key, job, failed, now)
			},
			// A result is found above.
			Some(Entry::Done(_)) | None => self.enqueue(&mut state, key, job, 0, now),
		}
	}

	/// The result of a job that is done, in memory or on disk.
	fn answered(&self, state: &mut State, key: &Key, job: &Job) -> Option<Answered> {
		match state.results.get(key) {
			Some(Entry::Done(answered)) => Some(answered.clone()),
			Some(_) => None,
			None => {
				let answered = self.journal_of(job)?.get(key)?;
				state.results.finish(*key, Entry::Done(answered.clone()));
				Some(answered)
			},
		}
	}

	/// The journal, if the job is a seat: only answers to seats are committed to.
	fn journal_of(&self, job: &Job) -> Option<&Journal> {
		self.journal.as_ref().filter(|_| Rank::from(job.kind) == Rank::Seat)
	}

	fn enqueue(
		&self,
		state: &mut State,
		key: Key,
		job: Job,
		failed: u8,
		now: Instant,
	) -> Result<JobStatus, JobError> {
		state.results.wait(key, failed);
		let busy = self.busy(state, now);
		let given_up = state.schedule.push(key, job, now, busy);
		self.forget(state, given_up);
		self.status(state, &key, now)
	}

	/// Status of a job that was just put into the schedule, or was there.
	fn status(&self, state: &mut State, key: &Key, now: Instant) -> Result<JobStatus, JobError> {
		if state.results.get(key).is_none() {
			return Err(JobError::QueueFull);
		}
		self.make_way(state, now);
		self.wake.notify_one();
		Ok(JobStatus::Pending)
	}

	/// Gives up jobs that would not be done in time.
	fn give_up(&self, state: &mut State, now: Instant) {
		let busy = self.busy(state, now);
		let given_up = state.schedule.give_up(now, busy);
		self.forget(state, given_up);
	}

	fn forget(&self, state: &mut State, given_up: Vec<Key>) {
		if given_up.is_empty() {
			return;
		}
		for key in given_up {
			state.results.remove(&key);
		}
		self.finished.notify_all();
	}

	/// Time that the seats which run now are expected to take yet, together.
	fn busy(&self, state: &State, now: Instant) -> Duration {
		let seats = state.running.iter().filter(|running| running.rank == Rank::Seat);
		seats.map(|running| running.time_left(now)).sum()
	}

	/// Stops a job that is no seat if the next seat would otherwise have to wait for more than half of
	/// its time.
	fn make_way(&self, state: &mut State, now: Instant) {
		let Some(next) = state.schedule.first().filter(|next| next.rank == Rank::Seat) else {
			return;
		};
		if state.running.len() < self.threads {
			return;
		}
		let half = next.deadline.saturating_duration_since(now) / 2;
		let expected = next.expected;
		let last = state.running.iter().max_by_key(|running| running.rank);
		if let Some(running) = last.filter(|running| running.rank != Rank::Seat) {
			if running.time_left(now) + expected > half {
				running.control.cancel();
			}
		}
	}

	/// Waits until a job has its answer, or will have none, but not longer than until `until`.
	pub(crate) fn wait(&self, key: &Key, until: Instant) {
		let mut state = self.state.lock();
		while matches!(state.results.get(key), Some(Entry::Waiting { .. })) {
			if self.finished.wait_until(&mut state, until).timed_out() {
				return;
			}
		}
	}

	/// Lets every thread end after the job at hand.
	pub(crate) fn stop(&self) {
		self.enter(Stage::Stopped);
	}

	/// Goes to `stage`, unless stopped. Jobs that will never run are dropped.
	fn enter(&self, stage: Stage) {
		let mut state = self.state.lock();
		if matches!(state.stage, Stage::Stopped) {
			return;
		}
		if !matches!(stage, Stage::Ready(_)) {
			state.schedule.clear();
			state.results.clear();
			state.running.iter().for_each(|running| running.control.cancel());
		}
		state.stage = stage;
		self.wake.notify_all();
		self.finished.notify_all();
	}

	fn build_engine<R: Runner>(&self, build: impl FnOnce() -> Result<R, RunError>) {
		let started = Instant::now();
		let built = catch_unwind(AssertUnwindSafe(build)).unwrap_or(Err(RunError::Panicked));
		match built {
			Ok(runner) => {
				log::info!(
					target: LOG_TARGET,
					"🧠 Engine ready after {} ms",
					started.elapsed().as_millis(),
				);
				self.enter(Stage::Ready(Arc::new(runner)));
			},
			Err(error) => {
				let error = printable(&error.to_string());
				log::error!(target: LOG_TARGET, "The engine does not start: {error}");
				self.enter(Stage::Failed);
			},
		}
	}

	/// Runs jobs until the worker is stopped or the engine has failed to start.
	fn work(&self) {
		while let Some((runner, job, control)) = self.next() {
			let started = Instant::now();
			let result = catch_unwind(AssertUnwindSafe(|| runner.run(&job, &control)))
				.unwrap_or(Err(RunError::Panicked));
			let took = started.elapsed();
			log_result(&job, &result, took);
			self.finish(&job, result, took);
		}
	}

	/// The next job, once there is one. `None` when the thread has to end.
	fn next(&self) -> Option<(Arc<dyn Runner>, Job, Arc<Control>)> {
		let mut state = self.state.lock();
		loop {
			match &state.stage {
				Stage::Failed | Stage::Stopped => return None,
				Stage::Starting => {},
				Stage::Ready(runner) => {
					let (runner, now) = (runner.clone(), Instant::now());
					self.give_up(&mut state, now);
					if let Some(waiting) = state.schedule.pop() {
						let control = Arc::new(Control::new(waiting.deadline));
						state.running.push(Running {
							key: waiting.key,
							rank: waiting.rank,
							started: now,
							expected: waiting.expected,
							control: control.clone(),
						});
						return Some((runner, waiting.job, control));
					}
				},
			}
			self.wake.wait(&mut state);
		}
	}

	fn finish(&self, job: &Job, result: Result<Answered, RunError>, took: Duration) {
		let key = job.key().0;
		if let (Ok(answered), Some(journal)) = (&result, self.journal_of(job)) {
			// Only a restart would need it.
			if let Err(error) = journal.put(&key, answered) {
				log::error!(
					target: LOG_TARGET,
					"The answer to {}/{} is not kept on disk: {error}",
					job.request, job.round,
				);
			}
		}
		let mut state = self.state.lock();
		state.running.retain(|running| running.key != key);
		if matches!(result, Ok(_) | Err(RunError::TimedOut(_))) {
			state.schedule.learn(job, took);
		}
		let Some(Entry::Waiting { failed }) = state.results.get(&key) else {
			// Stopped meanwhile.
			return;
		};
		let entry = match result {
			Ok(answered) => Entry::Done(answered),
			// Its deadline is over: another attempt would only keep the others waiting.
			Err(RunError::TimedOut(_)) => Entry::Failed { times: MAX_ATTEMPTS },
			Err(RunError::Cancelled) => {
				self.forget(&mut state, vec![key]);
				return;
			},
			Err(error) => match error.missing() {
				Some(missing) => Entry::Missing(missing),
				None => Entry::Failed { times: failed.saturating_add(1) },
			},
		};
		state.results.finish(key, entry);
		self.finished.notify_all();
	}
}

fn log_result(job: &Job, result: &Result<Answered, RunError>, took: Duration) {
	let Job { request, round, task, .. } = job;
	let took = took.as_millis();
	match result {
		Ok(Answered { answer, .. }) => log::info!(
			target: LOG_TARGET,
			"🧠 Job {request}/{round} done: fuel {} in {took} ms",
			answer.fuel,
		),
		Err(RunError::EngineMissing) => log::warn!(
			target: LOG_TARGET,
			"Job {request}/{round} needs engine {:?}: add it with `opg-node engines add`",
			task.engine_id,
		),
		Err(RunError::ModelMissing) => log::warn!(
			target: LOG_TARGET,
			"Job {request}/{round} needs model {:?}: add it with `opg-node models add`",
			task.model_hash,
		),
		Err(RunError::TimedOut(limit)) => log::error!(
			target: LOG_TARGET,
			"Job {request}/{round} was stopped after {limit:?}, too late to answer: this machine is \
			 overloaded, or too slow for model {:?} with its limit of {} fuel. Relieve it, or stop \
			 serving the model with `opg model stop`",
			task.model_hash,
			task.fuel_limit,
		),
		Err(RunError::Cancelled) => {
			log::debug!(target: LOG_TARGET, "Job {request}/{round} makes way for a seat")
		},
		Err(error) => log::error!(
			target: LOG_TARGET,
			"Job {request}/{round} failed on this node: {}",
			printable(&error.to_string()),
		),
	}
}

#[cfg(test)]
mod tests;
