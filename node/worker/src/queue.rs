//! The queue, the kept answers and the threads.

use crate::{error::RunError, WorkerConfig};
use opg_execution::{printable, JOB_TIME};
use opg_primitives::{Answer, Job, JobError, JobStatus};
use parking_lot::{Condvar, Mutex};
use std::{
	collections::{HashMap, VecDeque},
	io,
	panic::{catch_unwind, AssertUnwindSafe},
	sync::Arc,
	time::{Duration, Instant},
};

/// Most answers that are kept. Each takes a few kilobytes at most.
pub const MAX_FINISHED: usize = 1024;

/// Longest time that a job may have to wait for its end when others are before it: half of what the
/// protocol gives it. In the other half the executor can still decline its seat.
const MAX_DELAY: Duration = Duration::from_millis(JOB_TIME.as_millis() as u64 / 2);

/// Most attempts per job.
const MAX_ATTEMPTS: u8 = 3;

/// Log target.
pub(crate) const LOG_TARGET: &str = "opg::worker";

/// Key of a job, [`Job::key`].
type Key = [u8; 32];

/// Runs one job. Abstract, so that the queue can be tested without an engine.
pub(crate) trait Runner: Send + Sync + 'static {
	/// Runs the job to its end. The answer must depend on the job alone.
	fn run(&self, job: &Job) -> Result<Answer, RunError>;
}

/// State of a job.
enum Entry {
	/// Waiting or running, after `failed` failed attempts.
	Waiting { failed: u8 },
	/// Answered.
	Done(Answer),
	/// Not run, because the model file or the engine was not here. Never final: it may arrive.
	Missing(JobError),
	/// The node failed at it so many times.
	Failed { times: u8 },
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
	queue: VecDeque<(Key, Job)>,
	/// What a job took lately; zero before the first.
	mean: Duration,
	entries: HashMap<Key, Entry>,
	/// Keys of the entries that are not waiting, oldest first.
	finished: VecDeque<Key>,
}

/// State that the threads and the handles share.
pub(crate) struct Shared {
	max_waiting: usize,
	limits: Limits,
	threads: u32,
	state: Mutex<State>,
	/// There may be a job for a thread, or a reason to end.
	wake: Condvar,
	/// A job has an answer, or will have none.
	finished: Condvar,
}

/// Limits that no setting changes.
struct Limits {
	/// Most answers that are kept.
	finished: usize,
	/// Longest time that a job may have to wait for its end.
	delay: Duration,
}

/// Starts `config.threads` threads, the first of which calls `build`.
pub(crate) fn start<R: Runner>(
	build: impl FnOnce() -> Result<R, RunError> + Send + 'static,
	config: WorkerConfig,
) -> io::Result<Arc<Shared>> {
	start_bounded(build, config, Limits { finished: MAX_FINISHED, delay: MAX_DELAY })
}

fn start_bounded<R: Runner>(
	build: impl FnOnce() -> Result<R, RunError> + Send + 'static,
	config: WorkerConfig,
	limits: Limits,
) -> io::Result<Arc<Shared>> {
	let shared = Arc::new(Shared {
		max_waiting: config.queue.max(1),
		limits,
		threads: config.threads.max(1) as u32,
		state: Mutex::new(State {
			stage: Stage::Starting,
			queue: VecDeque::new(),
			mean: Duration::ZERO,
			entries: HashMap::new(),
			finished: VecDeque::new(),
		}),
		wake: Condvar::new(),
		finished: Condvar::new(),
	});
	let first = shared.clone();
	spawn(0, move || {
		first.build_engine(build);
		first.work();
	})?;
	for index in 1..config.threads {
		let shared = shared.clone();
		spawn(index, move || shared.work())?;
	}
	Ok(shared)
}

fn spawn(index: usize, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
	opg_engine::spawn(format!("opg-engine-{index}"), run).map(drop)
}

impl Shared {
	/// Queues the job unless it is known, and tells its progress.
	pub(crate) fn submit(&self, job: Job) -> Result<JobStatus, JobError> {
		let key = job.key().0;
		let mut state = self.state.lock();
		if matches!(state.stage, Stage::Failed | Stage::Stopped) {
			return Err(JobError::Internal);
		}
		match state.entries.get(&key) {
			Some(Entry::Waiting { .. }) => {
				let position = state.queue.iter().position(|(other, _)| *other == key);
				match position.filter(|position| self.is_too_late(&state, *position)) {
					None => Ok(JobStatus::Pending),
					// What is before it takes longer than it seemed at first.
					Some(position) => {
						state.queue.remove(position);
						state.entries.remove(&key);
						Err(JobError::QueueFull)
					},
				}
			},
			Some(Entry::Done(answer)) => Ok(JobStatus::Done(answer.clone())),
			Some(Entry::Missing(error)) => {
				let error = *error;
				// Look again, so that the next poll finds the answer if it has arrived. With a full
				// queue the next poll does it.
				let _ = self.enqueue(&mut state, key, job, 0);
				Err(error)
			},
			Some(Entry::Failed { times }) if *times >= MAX_ATTEMPTS => Err(JobError::Internal),
			Some(Entry::Failed { times }) => {
				let failed = *times;
				self.enqueue(&mut state, key, job, failed).map(|()| JobStatus::Pending)
			},
			None => self.enqueue(&mut state, key, job, 0).map(|()| JobStatus::Pending),
		}
	}

	/// Waits until a job has its answer, or will have none, but not longer than until `until`.
	pub(crate) fn wait(&self, key: &Key, until: Instant) {
		let mut state = self.state.lock();
		while matches!(state.entries.get(key), Some(Entry::Waiting { .. })) {
			if self.finished.wait_until(&mut state, until).timed_out() {
				return;
			}
		}
	}

	/// Tells whether a job in this position of the queue will not be done in time. The first always
	/// has its turn.
	fn is_too_late(&self, state: &State, position: usize) -> bool {
		let jobs = u32::try_from(position).unwrap_or(u32::MAX).saturating_add(1);
		position > 0 && state.mean.saturating_mul(jobs) / self.threads > self.limits.delay
	}

	/// Lets every thread end after the job at hand.
	pub(crate) fn stop(&self) {
		self.enter(Stage::Stopped);
	}

	fn enqueue(&self, state: &mut State, key: Key, job: Job, failed: u8) -> Result<(), JobError> {
		if state.queue.len() >= self.max_waiting || self.is_too_late(state, state.queue.len()) {
			return Err(JobError::QueueFull);
		}
		if state.entries.insert(key, Entry::Waiting { failed }).is_some() {
			state.finished.retain(|k| *k != key);
		}
		state.queue.push_back((key, job));
		self.wake.notify_one();
		Ok(())
	}

	/// Goes to `stage`, unless stopped. Jobs that will never run are dropped.
	fn enter(&self, stage: Stage) {
		let mut state = self.state.lock();
		if matches!(state.stage, Stage::Stopped) {
			return;
		}
		if !matches!(stage, Stage::Ready(_)) {
			state.queue.clear();
			state.entries.clear();
			state.finished.clear();
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
		while let Some((runner, job)) = self.next() {
			let started = Instant::now();
			let result = catch_unwind(AssertUnwindSafe(|| runner.run(&job)))
				.unwrap_or(Err(RunError::Panicked));
			let took = started.elapsed();
			log_result(&job, &result, took);
			self.finish(&job, result, took);
		}
	}

	/// The next job, once there is one. `None` when the thread has to end.
	fn next(&self) -> Option<(Arc<dyn Runner>, Job)> {
		let mut state = self.state.lock();
		loop {
			let State { stage, queue, .. } = &mut *state;
			match stage {
				Stage::Failed | Stage::Stopped => return None,
				Stage::Starting => {},
				Stage::Ready(runner) => {
					if let Some((_, job)) = queue.pop_front() {
						return Some((runner.clone(), job));
					}
				},
			}
			self.wake.wait(&mut state);
		}
	}

	fn finish(&self, job: &Job, result: Result<Answer, RunError>, took: Duration) {
		let key = job.key().0;
		let mut state = self.state.lock();
		if matches!(result, Ok(_) | Err(RunError::TimedOut(_))) {
			state.mean = if state.mean.is_zero() { took } else { (3 * state.mean + took) / 4 };
		}
		let Some(Entry::Waiting { failed }) = state.entries.get(&key) else {
			// Stopped meanwhile.
			return;
		};
		let entry = match result {
			Ok(answer) => Entry::Done(answer),
			// Its deadline is over: another attempt would only keep the others waiting.
			Err(RunError::TimedOut(_)) => Entry::Failed { times: MAX_ATTEMPTS },
			Err(error) => match error.missing() {
				Some(missing) => Entry::Missing(missing),
				None => Entry::Failed { times: failed.saturating_add(1) },
			},
		};
		state.entries.insert(key, entry);
		state.finished.push_back(key);
		while state.finished.len() > self.limits.finished {
			if let Some(oldest) = state.finished.pop_front() {
				state.entries.remove(&oldest);
			}
		}
		self.finished.notify_all();
	}
}

fn log_result(job: &Job, result: &Result<Answer, RunError>, took: Duration) {
	let Job { request, round, task } = job;
	let took = took.as_millis();
	match result {
		Ok(answer) => log::info!(
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
		Err(error) => log::error!(
			target: LOG_TARGET,
			"Job {request}/{round} failed on this node: {}",
			printable(&error.to_string()),
		),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::{Outcome, Output, Task};
	use std::{
		sync::{
			atomic::{AtomicBool, AtomicUsize, Ordering},
			mpsc,
		},
		thread,
	};

	/// Answers with the job's input. Waits for a permit before each job if it has a gate.
	#[derive(Default)]
	struct Mock {
		gate: Option<Mutex<mpsc::Receiver<()>>>,
		runs: Arc<AtomicUsize>,
		missing: Arc<AtomicBool>,
		slow: Arc<AtomicBool>,
		takes: Duration,
		panics: Arc<AtomicUsize>,
	}

	impl Runner for Mock {
		fn run(&self, job: &Job) -> Result<Answer, RunError> {
			if let Some(gate) = &self.gate {
				let _ = gate.lock().recv();
			}
			self.runs.fetch_add(1, Ordering::SeqCst);
			if self.panics.load(Ordering::SeqCst) > 0 {
				self.panics.fetch_sub(1, Ordering::SeqCst);
				panic!("the mock panics on demand");
			}
			thread::sleep(self.takes);
			if self.missing.load(Ordering::SeqCst) {
				return Err(RunError::ModelMissing);
			}
			if self.slow.load(Ordering::SeqCst) {
				return Err(RunError::TimedOut(Duration::ZERO));
			}
			Ok(answer(job))
		}
	}

	fn job(request: u64) -> Job {
		Job {
			request,
			round: 0,
			task: Task {
				model_hash: Default::default(),
				engine_id: Default::default(),
				dims: Default::default(),
				input: request.to_le_bytes().to_vec(),
				fuel_limit: 10,
			},
		}
	}

	fn answer(job: &Job) -> Answer {
		let output = Output::try_from(job.task.input.clone()).expect("short input");
		Answer { outcome: Outcome::Output(output), fuel: 3 }
	}

	fn config(queue: usize, threads: usize) -> WorkerConfig {
		WorkerConfig { queue, threads, loaded_bytes: 0 }
	}

	fn limits(finished: usize) -> Limits {
		Limits { finished, delay: MAX_DELAY }
	}

	fn start_mock(mock: Mock, queue: usize, max_finished: usize) -> Arc<Shared> {
		start_bounded(move || Ok(mock), config(queue, 1), limits(max_finished)).expect("threads")
	}

	/// Poll until the job is not pending.
	fn settle(shared: &Shared, job: &Job) -> Result<JobStatus, JobError> {
		let deadline = Instant::now() + Duration::from_secs(10);
		loop {
			let status = shared.submit(job.clone());
			if status != Ok(JobStatus::Pending) {
				return status;
			}
			assert!(Instant::now() < deadline, "job is pending for too long");
			thread::sleep(Duration::from_millis(1));
		}
	}

	fn wait_until(what: &str, done: impl Fn() -> bool) {
		let deadline = Instant::now() + Duration::from_secs(10);
		while !done() {
			assert!(Instant::now() < deadline, "timed out: {what}");
			thread::sleep(Duration::from_millis(1));
		}
	}

	#[test]
	fn job_should_run_once_when_it_is_handed_in_many_times() {
		let (permit, gate) = mpsc::channel();
		let mock = Mock { gate: Some(Mutex::new(gate)), ..Default::default() };
		let runs = mock.runs.clone();
		let shared = start_mock(mock, 4, 8);
		for _ in 0..5 {
			assert_eq!(shared.submit(job(1)), Ok(JobStatus::Pending));
		}
		for _ in 0..5 {
			permit.send(()).expect("worker lives");
		}
		assert_eq!(settle(&shared, &job(1)), Ok(JobStatus::Done(answer(&job(1)))));
		assert_eq!(shared.submit(job(1)), Ok(JobStatus::Done(answer(&job(1)))));
		assert_eq!(settle(&shared, &job(2)), Ok(JobStatus::Done(answer(&job(2)))));
		assert_eq!(runs.load(Ordering::SeqCst), 2);
	}

	#[test]
	fn jobs_should_differ_when_round_or_fuel_limit_differ() {
		let mock = Mock::default();
		let runs = mock.runs.clone();
		let shared = start_mock(mock, 4, 8);
		let cheaper = Task { fuel_limit: 9, ..job(1).task };
		for other in [job(1), Job { round: 1, ..job(1) }, Job { task: cheaper, ..job(1) }] {
			assert!(matches!(settle(&shared, &other), Ok(JobStatus::Done(_))));
		}
		assert_eq!(runs.load(Ordering::SeqCst), 3);
	}

	#[test]
	fn submit_should_refuse_when_the_queue_is_full() {
		let (permit, gate) = mpsc::channel();
		let shared = start_mock(Mock { gate: Some(Mutex::new(gate)), ..Default::default() }, 2, 8);
		assert_eq!(shared.submit(job(0)), Ok(JobStatus::Pending));
		wait_until("the first job is taken", || shared.state.lock().queue.is_empty());
		assert_eq!(shared.submit(job(1)), Ok(JobStatus::Pending));
		assert_eq!(shared.submit(job(2)), Ok(JobStatus::Pending));
		assert_eq!(shared.submit(job(3)), Err(JobError::QueueFull));
		assert_eq!(shared.submit(job(2)), Ok(JobStatus::Pending));
		assert_eq!(shared.state.lock().entries.len(), 3);
		for _ in 0..4 {
			permit.send(()).expect("worker lives");
		}
		assert!(matches!(settle(&shared, &job(2)), Ok(JobStatus::Done(_))));
		assert!(matches!(settle(&shared, &job(3)), Ok(JobStatus::Done(_))));
	}

	#[test]
	fn submit_should_find_the_model_when_it_arrives_later() {
		let mock = Mock::default();
		let missing = mock.missing.clone();
		missing.store(true, Ordering::SeqCst);
		let shared = start_mock(mock, 4, 8);
		assert_eq!(settle(&shared, &job(1)), Err(JobError::ModelMissing));
		assert_eq!(settle(&shared, &job(1)), Err(JobError::ModelMissing));
		missing.store(false, Ordering::SeqCst);
		wait_until("the model is found", || {
			settle(&shared, &job(1)) == Ok(JobStatus::Done(answer(&job(1))))
		});
		assert_eq!(shared.state.lock().finished.len(), 1);
	}

	#[test]
	fn jobs_should_wait_when_the_engine_is_still_compiling() {
		let (permit, gate) = mpsc::channel::<()>();
		let build = move || {
			let _ = gate.recv();
			Ok(Mock::default())
		};
		let shared = start_bounded(build, config(1, 2), limits(8)).expect("threads");
		assert_eq!(shared.submit(job(1)), Ok(JobStatus::Pending));
		assert_eq!(shared.submit(job(1)), Ok(JobStatus::Pending));
		assert_eq!(shared.submit(job(2)), Err(JobError::QueueFull));
		permit.send(()).expect("worker lives");
		assert!(matches!(settle(&shared, &job(1)), Ok(JobStatus::Done(_))));
	}

	#[test]
	fn submit_should_refuse_when_the_engine_does_not_start() {
		let build = || Err::<Mock, _>(RunError::EngineMissing);
		let shared = start_bounded(build, config(1, 2), limits(8)).expect("threads");
		wait_until("the engine has failed", || shared.submit(job(1)) == Err(JobError::Internal));
	}

	#[test]
	fn thread_should_go_on_when_a_job_panics() {
		let mock = Mock::default();
		let (runs, panics) = (mock.runs.clone(), mock.panics.clone());
		let shared = start_mock(mock, 4, 8);
		panics.store(usize::from(MAX_ATTEMPTS), Ordering::SeqCst);
		assert_eq!(settle(&shared, &job(1)), Err(JobError::Internal));
		assert_eq!(runs.load(Ordering::SeqCst), usize::from(MAX_ATTEMPTS));
		assert_eq!(shared.submit(job(1)), Err(JobError::Internal));
		assert!(matches!(settle(&shared, &job(2)), Ok(JobStatus::Done(_))));
	}

	#[test]
	fn job_should_have_no_answer_and_no_second_attempt_when_it_took_too_long() {
		let mock = Mock::default();
		let (runs, slow) = (mock.runs.clone(), mock.slow.clone());
		slow.store(true, Ordering::SeqCst);
		let shared = start_mock(mock, 4, 8);
		assert_eq!(settle(&shared, &job(1)), Err(JobError::Internal));
		slow.store(false, Ordering::SeqCst);
		assert_eq!(settle(&shared, &job(2)), Ok(JobStatus::Done(answer(&job(2)))));
		assert_eq!(settle(&shared, &job(1)), Err(JobError::Internal));
		assert_eq!(runs.load(Ordering::SeqCst), 2);
	}

	#[test]
	fn job_should_be_answered_when_only_the_first_attempt_fails() {
		let mock = Mock::default();
		mock.panics.store(1, Ordering::SeqCst);
		let shared = start_mock(mock, 4, 8);
		assert_eq!(settle(&shared, &job(1)), Ok(JobStatus::Done(answer(&job(1)))));
	}

	#[test]
	fn oldest_result_should_be_forgotten_when_there_are_too_many() {
		let mock = Mock::default();
		let runs = mock.runs.clone();
		let shared = start_mock(mock, 4, 2);
		for request in 0..5 {
			assert!(matches!(settle(&shared, &job(request)), Ok(JobStatus::Done(_))));
			let state = shared.state.lock();
			assert!(state.entries.len() <= 2 && state.finished.len() <= 2);
		}
		assert!(matches!(shared.submit(job(4)), Ok(JobStatus::Done(_))));
		assert_eq!(shared.submit(job(0)), Ok(JobStatus::Pending));
		wait_until("the forgotten job runs again", || runs.load(Ordering::SeqCst) == 6);
	}

	#[test]
	fn submit_should_refuse_when_jobs_before_it_take_too_long() {
		let (permit, gate) = mpsc::channel();
		let takes = Duration::from_millis(20);
		let mock = Mock { gate: Some(Mutex::new(gate)), takes, ..Default::default() };
		let limits = Limits { finished: 8, delay: takes * 3 / 2 };
		let shared = start_bounded(move || Ok(mock), config(8, 1), limits).expect("threads");
		// Nobody knows yet how long a job takes.
		for request in 0..4 {
			assert_eq!(shared.submit(job(request)), Ok(JobStatus::Pending));
		}
		permit.send(()).expect("worker lives");
		assert!(matches!(settle(&shared, &job(0)), Ok(JobStatus::Done(_))));
		wait_until("the second job is taken", || shared.state.lock().queue.len() == 2);
		assert_eq!(shared.submit(job(1)), Ok(JobStatus::Pending), "it runs");
		assert_eq!(shared.submit(job(2)), Ok(JobStatus::Pending), "it is the next");
		assert_eq!(shared.submit(job(3)), Err(JobError::QueueFull), "it would be too late");
		assert_eq!(shared.submit(job(4)), Err(JobError::QueueFull));
		assert_eq!(shared.state.lock().queue.len(), 1);
		for _ in 0..2 {
			permit.send(()).expect("worker lives");
		}
		assert!(matches!(settle(&shared, &job(2)), Ok(JobStatus::Done(_))));
		assert_eq!(shared.submit(job(3)), Ok(JobStatus::Pending), "there is time again");
		permit.send(()).expect("worker lives");
	}

	#[test]
	fn wait_should_end_when_the_job_is_done_or_time_is_up() {
		let (permit, gate) = mpsc::channel();
		let shared = start_mock(Mock { gate: Some(Mutex::new(gate)), ..Default::default() }, 4, 8);
		let key = job(1).key().0;
		shared.wait(&key, Instant::now() + Duration::from_secs(10));
		assert_eq!(shared.submit(job(1)), Ok(JobStatus::Pending), "it was not known");
		let until = Instant::now() + Duration::from_millis(20);
		shared.wait(&key, until);
		assert!(Instant::now() >= until);
		assert_eq!(shared.submit(job(1)), Ok(JobStatus::Pending));
		permit.send(()).expect("worker lives");
		shared.wait(&key, Instant::now() + Duration::from_secs(10));
		assert!(matches!(shared.submit(job(1)), Ok(JobStatus::Done(_))));
	}

	#[test]
	fn submit_should_refuse_when_the_worker_has_stopped() {
		let shared = start_mock(Mock::default(), 4, 8);
		shared.stop();
		assert_eq!(shared.submit(job(1)), Err(JobError::Internal));
	}
}
