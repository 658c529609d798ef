//! The queue: what is submitted, what waits, what runs, and the threads.

use crate::{
	ahead::Ahead,
	error::RunError,
	journal::Journal,
	metrics::{self, Metrics},
	results::{Entry, Results, MAX_KEPT_BYTES},
	schedule::{self, Rank, Schedule, Waiting, MAX_WAITING_BYTES},
	sourced::{self, Samples},
	Answered, Key, WorkerConfig,
};
use opg_execution::printable;
use opg_primitives::{Answer, Job, JobError, JobStatus, Task};
use parking_lot::{Condvar, Mutex};
use prometheus_endpoint::{PrometheusError, Registry};
use std::{
	io,
	panic::{catch_unwind, AssertUnwindSafe},
	sync::{
		atomic::{AtomicBool, Ordering},
		mpsc::{self, Receiver, SyncSender},
		Arc,
	},
	thread,
	time::{Duration, Instant},
};

/// Most attempts per job.
const MAX_ATTEMPTS: u8 = 3;

/// Pause before the engine is started again after it did not start. It doubles each time.
const MIN_PAUSE: Duration = Duration::from_secs(1);

/// Longest pause before the engine is started again.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// Most answers that wait for the disk. Threads wait where there would be more.
const MAX_UNWRITTEN: usize = 1024;

/// Log target.
pub(crate) const LOG_TARGET: &str = "opg::worker";

/// Runs one job. Abstract, so that the queue can be tested without an engine.
pub(crate) trait Runner: Send + Sync + 'static {
	/// Runs the job to its end, or until `control` stops it. The answer must depend on the job alone.
	fn run(&self, job: &Job, control: &Control) -> Result<Answered, RunError>;

	/// Loads the model of the job for later runs.
	fn prepare(&self, job: &Job, control: &Control) -> Result<(), RunError>;
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

/// Work for a thread.
struct Work {
	runner: Arc<dyn Runner>,
	job: Job,
	rank: Rank,
	control: Arc<Control>,
}

/// State of the engine.
enum Stage {
	Starting,
	Ready(Arc<dyn Runner>),
	/// It did not start, and is started again after a pause.
	Failed,
	Stopped,
}

struct State {
	stage: Stage,
	/// Jobs that no thread has taken yet.
	schedule: Schedule,
	/// Models to be loaded when no job waits.
	ahead: Ahead,
	/// To the thread that writes answers to seats into the journal, if there is one.
	journal: Option<SyncSender<(Key, Answered)>>,
	running: Vec<Running>,
	results: Results,
}

impl State {
	/// Takes what is next: a job, or else a model to be loaded.
	fn pop(&mut self, now: Instant) -> Option<Waiting> {
		self.schedule.pop().or_else(|| Some(Waiting::ahead(self.ahead.pop()?, now)))
	}
}

/// State that the threads and the handles share.
pub(crate) struct Shared {
	threads: usize,
	metrics: Metrics,
	/// Answers to seats on disk.
	journal: Option<Journal>,
	state: Mutex<State>,
	/// There may be a job for a thread, or a reason to end.
	wake: Condvar,
	/// A job has an answer, or will have none.
	finished: Condvar,
}

/// Starts `config.threads` threads, the first of which calls `build` until it succeeds.
pub(crate) fn start<R: Runner>(
	build: impl FnMut() -> Result<R, RunError> + Send + 'static,
	config: &WorkerConfig,
	metrics: Metrics,
) -> io::Result<Arc<Shared>> {
	start_bounded(build, config, metrics, MAX_KEPT_BYTES)
}

fn start_bounded<R: Runner>(
	build: impl FnMut() -> Result<R, RunError> + Send + 'static,
	config: &WorkerConfig,
	metrics: Metrics,
	max_kept_bytes: usize,
) -> io::Result<Arc<Shared>> {
	let threads = config.threads.max(1);
	let schedule = Schedule::new(config.queue, u32::try_from(threads).unwrap_or(u32::MAX));
	let journal = config.journal.as_deref().map(Journal::open).transpose()?;
	let (to_journal, answers) = mpsc::sync_channel(MAX_UNWRITTEN);
	let shared = Arc::new(Shared {
		threads,
		metrics,
		journal,
		state: Mutex::new(State {
			stage: Stage::Starting,
			schedule,
			ahead: Ahead::new(),
			journal: config.journal.is_some().then_some(to_journal),
			running: Vec::new(),
			results: Results::new(max_kept_bytes),
		}),
		wake: Condvar::new(),
		finished: Condvar::new(),
	});
	if let Some(registry) = &config.registry {
		shared.register(registry, config).map_err(io::Error::other)?;
	}
	if config.journal.is_some() {
		let shared = shared.clone();
		let keep = move || shared.keep(&answers);
		thread::Builder::new().name("opg-journal".into()).spawn(keep)?;
	}
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
	/// Puts the metrics into a registry. Those of the queue are read when somebody asks.
	fn register(
		self: &Arc<Self>,
		registry: &Registry,
		config: &WorkerConfig,
	) -> Result<(), PrometheusError> {
		self.metrics.register(registry)?;
		let shared = self.clone();
		sourced::gauge(
			registry,
			"opg_jobs",
			"Jobs in the queue, by state and kind.",
			&["state", "kind"],
			move || shared.counts(),
		)?;
		let shared = self.clone();
		sourced::gauge(
			registry,
			"opg_jobs_waiting_bytes",
			"Bytes of the inputs of the jobs that wait.",
			&[],
			move || vec![(vec![], shared.state.lock().schedule.bytes() as u64)],
		)?;
		let shared = self.clone();
		sourced::gauge(
			registry,
			"opg_engine_ready",
			"Whether the engine runs jobs: 1, or 0 while it starts or where it does not start.",
			&[],
			move || vec![(vec![], u64::from(shared.is_ready()))],
		)?;
		let bounds = [
			("opg_jobs_waiting_max", "Most jobs that wait.", config.queue),
			(
				"opg_jobs_waiting_max_bytes",
				"Most bytes of the inputs of jobs that wait.",
				MAX_WAITING_BYTES,
			),
			("opg_engine_threads", "Threads that run jobs.", self.threads),
			(
				"opg_engine_memory_max_bytes",
				"Memory for models, loaded and running, as --engine-memory says.",
				config.loaded_bytes,
			),
		];
		for (name, help, value) in bounds {
			sourced::gauge(registry, name, help, &[], move || vec![(vec![], value as u64)])?;
		}
		Ok(())
	}

	/// Jobs that wait or run, by state and kind.
	fn counts(&self) -> Samples {
		let state = self.state.lock();
		let mut counts = Vec::new();
		for (rank, kind) in metrics::KINDS {
			let waiting = match rank {
				Rank::Ahead => state.ahead.len(),
				_ => state.schedule.count(rank),
			};
			let running = state.running.iter().filter(|running| running.rank == rank).count();
			counts.push((vec!["waiting", kind], waiting as u64));
			counts.push((vec!["running", kind], running as u64));
		}
		counts
	}

	fn is_ready(&self) -> bool {
		matches!(self.state.lock().stage, Stage::Ready(_))
	}

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
		match state.stage {
			Stage::Starting | Stage::Ready(_) => {},
			Stage::Failed => return Err(JobError::Failed),
			Stage::Stopped => return Err(JobError::Internal),
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
			Some(Entry::Failed { times }) if *times >= MAX_ATTEMPTS => Err(JobError::Failed),
			Some(Entry::Failed { times }) => {
				let failed = *times;
				self.enqueue(&mut state, key, job, failed, now)
			},
			// A result is found above.
			Some(Entry::Done(_)) | None => self.enqueue(&mut state, key, job, 0, now),
		}
	}

	/// Loads the model of a task ahead, when there is nothing else to do.
	pub(crate) fn prepare(&self, task: Task) {
		let mut state = self.state.lock();
		if matches!(state.stage, Stage::Starting | Stage::Ready(_)) {
			state.ahead.push(task);
			self.wake.notify_one();
		}
	}

	/// The answer to a seat that is done.
	pub(crate) fn answer(&self, job: &Job) -> Option<Answer> {
		if Rank::from(job.kind) != Rank::Seat {
			return None;
		}
		let answered = self.answered(&mut self.state.lock(), &job.key().0, job)?;
		Some(answered.answer)
	}

	/// Forgets the answer to a seat, so that it is computed again.
	pub(crate) fn forget_answer(&self, job: &Job) {
		let key = job.key().0;
		self.state.lock().results.remove(&key);
		self.journal.iter().for_each(|journal| journal.forget(&key));
	}

	/// The result of a job that is done, in memory or on disk.
	fn answered(&self, state: &mut State, key: &Key, job: &Job) -> Option<Answered> {
		let now = Instant::now();
		state.results.renew(key, now);
		match state.results.get(key) {
			Some(Entry::Done(answered)) => Some(answered.clone()),
			Some(_) => None,
			None => {
				let answered = self.journal_of(job)?.get(key)?;
				state.results.finish(*key, Entry::Done(answered.clone()), now);
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

	fn forget(&self, state: &mut State, given_up: Vec<(Key, Rank)>) {
		if given_up.is_empty() {
			return;
		}
		for (key, rank) in given_up {
			self.metrics.note_given_up(rank);
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
			state.ahead.clear();
			state.results.clear();
			state.running.iter().for_each(|running| running.control.cancel());
		}
		if matches!(stage, Stage::Stopped) {
			state.journal = None;
		}
		state.stage = stage;
		self.wake.notify_all();
		self.finished.notify_all();
	}

	fn build_engine<R: Runner>(&self, mut build: impl FnMut() -> Result<R, RunError>) {
		let mut pause = MIN_PAUSE;
		loop {
			let started = Instant::now();
			match catch_unwind(AssertUnwindSafe(&mut build)).unwrap_or(Err(RunError::Panicked)) {
				Ok(runner) => {
					log::info!(
						target: LOG_TARGET,
						"🧠 Engine ready after {} ms",
						started.elapsed().as_millis(),
					);
					return self.enter(Stage::Ready(Arc::new(runner)));
				},
				Err(error) => {
					let error = printable(&error.to_string());
					log::error!(
						target: LOG_TARGET,
						"The engine does not start: {error}. This node declines its seats, and tries \
						 again in {pause:?}",
					);
					self.enter(Stage::Failed);
				},
			}
			if !self.rest(pause) {
				return;
			}
			pause = (pause * 2).min(MAX_PAUSE);
		}
	}

	/// Waits for so long. Tells whether the worker goes on.
	fn rest(&self, time: Duration) -> bool {
		let until = Instant::now() + time;
		let mut state = self.state.lock();
		while !matches!(state.stage, Stage::Stopped) {
			if self.wake.wait_until(&mut state, until).timed_out() {
				return true;
			}
		}
		false
	}

	/// Runs jobs until the worker is stopped.
	fn work(&self) {
		while let Some(Work { runner, job, rank, control }) = self.next() {
			let started = Instant::now();
			if rank == Rank::Ahead {
				let prepare = AssertUnwindSafe(|| runner.prepare(&job, &control));
				let result = catch_unwind(prepare).unwrap_or(Err(RunError::Panicked));
				self.finish_ahead(&job, &result, started.elapsed());
				continue;
			}
			let result = catch_unwind(AssertUnwindSafe(|| runner.run(&job, &control)))
				.unwrap_or(Err(RunError::Panicked));
			let took = started.elapsed();
			log_result(&job, &result, took);
			self.finish(&job, result, took);
		}
	}

	/// What is next to be done, once there is something. `None` when the thread has to end.
	fn next(&self) -> Option<Work> {
		let mut state = self.state.lock();
		loop {
			match &state.stage {
				Stage::Stopped => return None,
				Stage::Starting | Stage::Failed => {},
				Stage::Ready(runner) => {
					let (runner, now) = (runner.clone(), Instant::now());
					self.give_up(&mut state, now);
					if let Some(waiting) = state.pop(now) {
						let Waiting { key, job, rank, since, deadline, expected, .. } = waiting;
						self.metrics.note_start(rank, now.saturating_duration_since(since));
						let control = Arc::new(Control::new(deadline));
						state.running.push(Running {
							key,
							rank,
							started: now,
							expected,
							control: control.clone(),
						});
						return Some(Work { runner, job, rank, control });
					}
				},
			}
			self.wake.wait(&mut state);
		}
	}

	fn finish_ahead(&self, job: &Job, result: &Result<(), RunError>, took: Duration) {
		let model = job.task.model_hash;
		self.metrics.note_end(Rank::Ahead, result.as_ref().map(|()| None), took);
		let mut state = self.state.lock();
		let key = job.key().0;
		state.running.retain(|running| running.key != key);
		match result {
			Ok(()) => log::info!(
				target: LOG_TARGET,
				"🧠 Model {model:?} loaded ahead in {} ms",
				took.as_millis(),
			),
			// Looked for again when it is named again.
			Err(RunError::ModelMissing | RunError::EngineMissing | RunError::Cancelled) => {
				state.ahead.forget(job);
			},
			Err(error) => log::error!(
				target: LOG_TARGET,
				"Model {model:?}, which is served, is not loaded: {}",
				printable(&error.to_string()),
			),
		}
	}

	/// Takes note of how a job has ended. An answer to a seat goes to the disk first; the thread does not
	/// wait for that.
	fn finish(&self, job: &Job, result: Result<Answered, RunError>, took: Duration) {
		let key = job.key().0;
		self.metrics.note_end(job.kind.into(), result.as_ref().map(Some), took);
		let mut state = self.state.lock();
		state.running.retain(|running| running.key != key);
		if matches!(result, Ok(_) | Err(RunError::TimedOut(_))) {
			state.schedule.learn(job, took);
		}
		let journal = state.journal.clone().filter(|_| Rank::from(job.kind) == Rank::Seat);
		match (result, journal) {
			(Ok(answered), Some(journal)) => {
				drop(state);
				// Otherwise stopped meanwhile.
				let _ = journal.send((key, answered));
			},
			(result, _) => self.settle(&mut state, key, result),
		}
	}

	/// Writes answers to the disk, those that came together at once, and hands them out.
	fn keep(&self, answers: &Receiver<(Key, Answered)>) {
		while let Ok(first) = answers.recv() {
			let answers: Vec<_> = [first].into_iter().chain(answers.try_iter()).collect();
			// Only a restart would need it.
			if let Some(Err(error)) = self.journal.as_ref().map(|journal| journal.put(&answers)) {
				let count = answers.len();
				self.metrics.note_unkept(count);
				log::error!(target: LOG_TARGET, "{count} answers are not kept on disk: {error}");
			}
			let mut state = self.state.lock();
			for (key, answered) in answers {
				self.settle(&mut state, key, Ok(answered));
			}
		}
	}

	/// Hands out the result of a job.
	fn settle(&self, state: &mut State, key: Key, result: Result<Answered, RunError>) {
		let Some(Entry::Waiting { failed }) = state.results.get(&key) else {
			// Stopped meanwhile.
			return;
		};
		let entry = match result {
			Ok(answered) => Entry::Done(answered),
			// Its deadline is over, or there will be no room: another attempt would only keep the others
			// waiting.
			Err(RunError::TimedOut(_) | RunError::TooLarge { .. }) => {
				Entry::Failed { times: MAX_ATTEMPTS }
			},
			Err(RunError::Cancelled) => {
				state.results.remove(&key);
				self.finished.notify_all();
				return;
			},
			Err(error) => match error.missing() {
				Some(missing) => Entry::Missing(missing),
				None => Entry::Failed { times: failed.saturating_add(1) },
			},
		};
		state.results.finish(key, entry, Instant::now());
		self.finished.notify_all();
	}
}

/// Names a job in the log, as every line about a request begins.
pub(crate) fn named(job: &Job) -> String {
	let Job { request, round, kind, .. } = job;
	format!("request={request} round={round} kind={}", metrics::kind((*kind).into()))
}

fn log_result(job: &Job, result: &Result<Answered, RunError>, took: Duration) {
	let Job { task, .. } = job;
	let (job, took) = (named(job), took.as_millis());
	match result {
		Ok(Answered { answer, .. }) => log::info!(
			target: LOG_TARGET,
			"🧠 {job} done: fuel {} in {took} ms",
			answer.fuel,
		),
		Err(RunError::EngineMissing) => log::warn!(
			target: LOG_TARGET,
			"{job} needs engine {:?}: add it with `opg-node engines add`",
			task.engine_id,
		),
		Err(RunError::ModelMissing) => log::warn!(
			target: LOG_TARGET,
			"{job} needs model {:?}: add it with `opg-node models add`",
			task.model_hash,
		),
		Err(RunError::InputMissing) => log::warn!(
			target: LOG_TARGET,
			"{job} needs its input {:?}, which is not here any more: it is fetched again",
			task.input.stored().map(|content| content.hash).unwrap_or_default(),
		),
		Err(RunError::TimedOut(limit)) => log::error!(
			target: LOG_TARGET,
			"{job} was stopped after {limit:?}, too late to answer: this machine is overloaded, or too slow for model {:?} with its limit of {} fuel. Relieve it, or stop \
			 serving the model with `opg model stop`",
			task.model_hash,
			task.limits.total_fuel(),
		),
		Err(RunError::Cancelled) => {
			log::debug!(target: LOG_TARGET, "{job} makes way for a seat")
		},
		Err(error) => log::error!(
			target: LOG_TARGET,
			"{job} failed on this node: {}",
			printable(&error.to_string()),
		),
	}
}

#[cfg(test)]
mod tests;
