use super::*;
use opg_primitives::{Answer, JobKind, Outcome, Output, Task, TaskInput, VersionLimits};
use sp_core::H256;
use std::{
	sync::{
		atomic::{AtomicBool, AtomicUsize, Ordering},
		mpsc,
	},
	thread,
};

/// Time that jobs of these tests are given: enough.
const MINUTE: u32 = 60_000;
const LIMITS: VersionLimits = VersionLimits::inline(10, 10, 1);

/// Answers with the job's input. Waits for a permit before each job if it has a gate.
#[derive(Default)]
struct Mock {
	gate: Option<Mutex<mpsc::Receiver<()>>>,
	runs: Arc<AtomicUsize>,
	/// Requests in the order in which they ran.
	order: Arc<Mutex<Vec<u64>>>,
	missing: Arc<AtomicBool>,
	panics: Arc<AtomicUsize>,
	/// Models that were loaded ahead, in this order.
	prepared: Arc<Mutex<Vec<u8>>>,
	/// Runs until it is stopped.
	endless: bool,
}

fn uncounted() -> Metrics {
	Metrics::new().expect("its names are names")
}

/// An engine that does not start.
fn failing() -> Result<Mock, RunError> {
	Err(RunError::EngineMissing)
}

impl Runner for Mock {
	fn run(&self, job: &Job, control: &Control) -> Result<Answered, RunError> {
		if let Some(gate) = &self.gate {
			let _ = gate.lock().recv();
		}
		self.runs.fetch_add(1, Ordering::SeqCst);
		self.order.lock().push(job.request);
		if self.panics.load(Ordering::SeqCst) > 0 {
			self.panics.fetch_sub(1, Ordering::SeqCst);
			panic!("the mock panics on demand");
		}
		let endless = self.endless && job.request == 0;
		while endless && !control.is_cancelled() {
			if control.time_left().is_zero() {
				return Err(RunError::TimedOut(Duration::ZERO));
			}
			thread::sleep(Duration::from_millis(1));
		}
		if endless {
			return Err(RunError::Cancelled);
		}
		if self.missing.load(Ordering::SeqCst) {
			return Err(RunError::ModelMissing);
		}
		Ok(answered(job))
	}

	fn prepare(&self, job: &Job, _: &Control) -> Result<(), RunError> {
		self.prepared.lock().push(job.task.model_hash.0[0]);
		if self.missing.load(Ordering::SeqCst) {
			return Err(RunError::ModelMissing);
		}
		Ok(())
	}
}

fn job(request: u64) -> Job {
	Job {
		request,
		round: 0,
		kind: JobKind::Run,
		task: Task {
			model_hash: Default::default(),
			engine_id: Default::default(),
			dims: Default::default(),
			input: TaskInput::Inline(request.to_le_bytes().to_vec()),
			limits: LIMITS,
		},
		requester: H256::zero(),
		millis_left: MINUTE,
	}
}

fn watch(request: u64) -> Job {
	Job { kind: JobKind::Watch, ..job(request) }
}

fn answered(job: &Job) -> Answered {
	let input = job.task.input.inline().expect("it is inline");
	let output = Output::try_from(input.to_vec()).expect("short input");
	let answer = Answer { outcome: Outcome::Output(output), fuel: 3 };
	let witness = match job.kind {
		JobKind::Witness(seed) => Some(seed),
		_ => None,
	};
	Answered { answer, witness }
}

fn done(job: &Job) -> Result<JobStatus, JobError> {
	let Answered { answer, witness } = answered(job);
	Ok(JobStatus::Done { answer, witness })
}

fn config(queue: usize, threads: usize) -> WorkerConfig {
	WorkerConfig { queue, threads, ..Default::default() }
}

/// Starts the engine at the first attempt.
fn once<R>(runner: R) -> impl FnMut() -> Result<R, RunError> {
	let mut runner = Some(runner);
	move || runner.take().ok_or(RunError::Panicked)
}

fn start_mock(mock: Mock, queue: usize) -> Arc<Shared> {
	start(once(mock), &config(queue, 1), uncounted()).expect("threads")
}

/// A worker on which each job waits for a permit.
fn start_gated(mock: Mock, queue: usize) -> (Arc<Shared>, mpsc::Sender<()>) {
	let (permit, gate) = mpsc::channel();
	(start_mock(Mock { gate: Some(Mutex::new(gate)), ..mock }, queue), permit)
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

fn waiting(shared: &Shared) -> usize {
	shared.state.lock().schedule.len()
}

#[test]
fn job_should_run_once_when_it_is_handed_in_many_times() {
	let mock = Mock::default();
	let runs = mock.runs.clone();
	let (shared, permit) = start_gated(mock, 4);
	for millis_left in [MINUTE, 50_000, 40_000] {
		assert_eq!(shared.submit(Job { millis_left, ..job(1) }), Ok(JobStatus::Pending));
	}
	for _ in 0..5 {
		permit.send(()).expect("worker lives");
	}
	assert_eq!(settle(&shared, &job(1)), done(&job(1)));
	assert_eq!(shared.submit(Job { millis_left: 1, ..job(1) }), done(&job(1)));
	assert_eq!(settle(&shared, &job(2)), done(&job(2)));
	assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[test]
fn jobs_should_differ_when_round_kind_or_fuel_limit_differ() {
	let mock = Mock::default();
	let runs = mock.runs.clone();
	let shared = start_mock(mock, 4);
	let cheaper = Task { limits: VersionLimits { fuel: 9, ..LIMITS }, ..job(1).task };
	let witness = Job { kind: JobKind::Witness(H256::repeat_byte(7)), ..job(1) };
	let others = [job(1), Job { round: 1, ..job(1) }, Job { task: cheaper, ..job(1) }, witness];
	for other in others {
		assert_eq!(settle(&shared, &other), done(&other));
	}
	assert_eq!(runs.load(Ordering::SeqCst), 4);
}

#[test]
fn submit_should_refuse_when_the_queue_is_full() {
	let (shared, permit) = start_gated(Mock::default(), 2);
	assert_eq!(shared.submit(job(0)), Ok(JobStatus::Pending));
	wait_until("the first job is taken", || waiting(&shared) == 0);
	assert_eq!(shared.submit(job(1)), Ok(JobStatus::Pending));
	assert_eq!(shared.submit(job(2)), Ok(JobStatus::Pending));
	assert_eq!(shared.submit(job(3)), Err(JobError::QueueFull));
	assert_eq!(shared.submit(job(2)), Ok(JobStatus::Pending));
	assert_eq!(shared.state.lock().results.len(), 3);
	for _ in 0..4 {
		permit.send(()).expect("worker lives");
	}
	assert_eq!(settle(&shared, &job(2)), done(&job(2)));
	assert_eq!(settle(&shared, &job(3)), done(&job(3)));
}

#[test]
fn submit_should_find_the_model_when_it_arrives_later() {
	let mock = Mock::default();
	let missing = mock.missing.clone();
	missing.store(true, Ordering::SeqCst);
	let shared = start_mock(mock, 4);
	assert_eq!(settle(&shared, &job(1)), Err(JobError::ModelMissing));
	assert_eq!(settle(&shared, &job(1)), Err(JobError::ModelMissing));
	missing.store(false, Ordering::SeqCst);
	wait_until("the model is found", || settle(&shared, &job(1)) == done(&job(1)));
	assert_eq!(shared.state.lock().results.len(), 1);
}

#[test]
fn jobs_should_wait_when_the_engine_is_still_compiling() {
	let (permit, gate) = mpsc::channel::<()>();
	let build = move || {
		let _ = gate.recv();
		Ok(Mock::default())
	};
	let shared = start(build, &config(1, 2), uncounted()).expect("threads");
	assert_eq!(shared.submit(job(1)), Ok(JobStatus::Pending));
	assert_eq!(shared.submit(job(1)), Ok(JobStatus::Pending));
	assert_eq!(shared.submit(job(2)), Err(JobError::QueueFull));
	permit.send(()).expect("worker lives");
	assert_eq!(settle(&shared, &job(1)), done(&job(1)));
}

#[test]
fn seats_should_be_declined_until_the_engine_starts_when_it_fails_at_first() {
	let attempts = Arc::new(AtomicUsize::new(0));
	let count = attempts.clone();
	let build = move || match count.fetch_add(1, Ordering::SeqCst) {
		0 => Err(RunError::EngineMissing),
		_ => Ok(Mock::default()),
	};
	let shared = start(build, &config(1, 2), uncounted()).expect("threads");
	wait_until("the engine has failed", || shared.submit(job(1)) == Err(JobError::Failed));
	wait_until("the engine is started again", || shared.submit(job(1)) == done(&job(1)));
	assert_eq!(attempts.load(Ordering::SeqCst), 2);
}

#[test]
fn worker_should_stop_when_the_engine_does_not_start() {
	let shared = start(failing, &config(1, 1), uncounted()).expect("threads");
	wait_until("the engine has failed", || shared.submit(job(1)) == Err(JobError::Failed));
	shared.stop();
	wait_until("the thread has ended", || Arc::strong_count(&shared) == 1);
}

/// Task of a model that is to be loaded ahead.
fn task(model: u8) -> Task {
	Task { model_hash: H256::repeat_byte(model), input: TaskInput::Inline(vec![]), ..job(0).task }
}

#[test]
fn models_should_be_loaded_once_and_after_all_jobs_when_they_are_named_ahead() {
	let mock = Mock::default();
	let (prepared, order) = (mock.prepared.clone(), mock.order.clone());
	let (shared, permit) = start_gated(mock, 8);
	assert_eq!(shared.submit(job(0)), Ok(JobStatus::Pending));
	wait_until("the first job is taken", || waiting(&shared) == 0);
	[1, 2, 1].into_iter().for_each(|model| shared.prepare(task(model)));
	assert_eq!(shared.submit(watch(1)), Ok(JobStatus::Pending));
	permit.send(()).expect("worker lives");
	wait_until("the watching is taken", || waiting(&shared) == 0);
	assert!(prepared.lock().is_empty());
	permit.send(()).expect("worker lives");
	wait_until("both are loaded", || *prepared.lock() == [1, 2]);
	shared.prepare(task(1));
	shared.prepare(task(3));
	wait_until("the third is loaded", || *prepared.lock() == [1, 2, 3]);
	assert_eq!(*order.lock(), [0, 1]);
}

#[test]
fn model_should_be_loaded_ahead_when_its_file_arrives() {
	let mock = Mock::default();
	let (prepared, missing) = (mock.prepared.clone(), mock.missing.clone());
	missing.store(true, Ordering::SeqCst);
	let shared = start_mock(mock, 4);
	shared.prepare(task(1));
	wait_until("it was looked for", || prepared.lock().len() == 1);
	missing.store(false, Ordering::SeqCst);
	wait_until("it was looked for again", || {
		shared.prepare(task(1));
		prepared.lock().len() == 2
	});
	(0..3).for_each(|_| shared.prepare(task(1)));
	assert_eq!(settle(&shared, &job(2)), done(&job(2)));
	assert_eq!(*prepared.lock(), [1, 1]);
}

#[test]
fn thread_should_go_on_when_a_job_panics() {
	let mock = Mock::default();
	let (runs, panics) = (mock.runs.clone(), mock.panics.clone());
	let shared = start_mock(mock, 4);
	panics.store(usize::from(MAX_ATTEMPTS), Ordering::SeqCst);
	assert_eq!(settle(&shared, &job(1)), Err(JobError::Failed));
	assert_eq!(runs.load(Ordering::SeqCst), usize::from(MAX_ATTEMPTS));
	assert_eq!(shared.submit(job(1)), Err(JobError::Failed));
	assert_eq!(settle(&shared, &job(2)), done(&job(2)));
}

#[test]
fn job_should_be_answered_when_only_the_first_attempt_fails() {
	let mock = Mock::default();
	mock.panics.store(1, Ordering::SeqCst);
	let shared = start_mock(mock, 4);
	assert_eq!(settle(&shared, &job(1)), done(&job(1)));
}

#[test]
fn job_should_have_no_second_attempt_when_its_deadline_was_over() {
	let mock = Mock { endless: true, ..Default::default() };
	let runs = mock.runs.clone();
	let shared = start_mock(mock, 4);
	let endless = Job { millis_left: 50, ..job(0) };
	assert_eq!(settle(&shared, &endless), Err(JobError::Failed));
	assert_eq!(settle(&shared, &job(2)), done(&job(2)));
	assert_eq!(settle(&shared, &endless), Err(JobError::Failed));
	assert_eq!(runs.load(Ordering::SeqCst), 2);
}

#[test]
fn jobs_should_be_dropped_when_their_deadline_is_over_before_their_turn() {
	let mock = Mock::default();
	let runs = mock.runs.clone();
	let (shared, permit) = start_gated(mock, 8);
	assert_eq!(shared.submit(job(0)), Ok(JobStatus::Pending));
	wait_until("the first job is taken", || waiting(&shared) == 0);
	for request in 1..4 {
		let brief = Job { millis_left: 20, ..job(request) };
		assert_eq!(shared.submit(brief), Ok(JobStatus::Pending));
	}
	// Handed in again, it has time again.
	assert_eq!(shared.submit(job(3)), Ok(JobStatus::Pending));
	assert_eq!(shared.submit(Job { millis_left: 0, ..job(9) }), Err(JobError::QueueFull));
	thread::sleep(Duration::from_millis(30));
	for _ in 0..2 {
		permit.send(()).expect("worker lives");
	}
	assert_eq!(settle(&shared, &job(3)), done(&job(3)));
	assert_eq!((waiting(&shared), runs.load(Ordering::SeqCst)), (0, 2));
}

#[test]
fn seats_should_come_before_what_is_recomputed() {
	let mock = Mock::default();
	let order = mock.order.clone();
	let (shared, permit) = start_gated(mock, 8);
	assert_eq!(shared.submit(job(0)), Ok(JobStatus::Pending));
	wait_until("the first job is taken", || waiting(&shared) == 0);
	let cold = Job { kind: JobKind::Cold, millis_left: 20_000, ..job(2) };
	let watched = Job { millis_left: 10_000, ..watch(1) };
	let jobs = [watched.clone(), cold, Job { millis_left: 50_000, ..job(3) }, job(4)];
	for job in jobs {
		assert_eq!(shared.submit(job), Ok(JobStatus::Pending));
	}
	for _ in 0..5 {
		permit.send(()).expect("worker lives");
	}
	assert_eq!(settle(&shared, &watched), done(&watched));
	assert_eq!(*order.lock(), [0, 3, 4, 2, 1]);
}

#[test]
fn watching_should_stop_when_a_seat_would_have_to_wait_for_long() {
	let mock = Mock { endless: true, ..Default::default() };
	let shared = start_mock(mock, 8);
	assert_eq!(shared.submit(watch(0)), Ok(JobStatus::Pending));
	wait_until("it runs", || waiting(&shared) == 0);
	thread::sleep(Duration::from_millis(30));
	// Nobody knows how long the watching takes; so far it is as much as half of the seat's time.
	let seat = Job { millis_left: 40, ..job(1) };
	assert_eq!(shared.submit(seat.clone()), Ok(JobStatus::Pending));
	assert_eq!(settle(&shared, &job(1)), done(&seat));
	assert_eq!(shared.submit(watch(0)), Ok(JobStatus::Pending), "it is begun again");
	shared.stop();
}

#[test]
fn answers_should_be_there_without_a_run_when_the_journal_is_opened_again() {
	let folder = tempfile::tempdir().expect("a folder");
	let config = WorkerConfig { journal: Some(folder.path().join("answers")), ..config(4, 1) };
	let audit = Job { kind: JobKind::Witness(H256::repeat_byte(7)), ..job(2) };
	let mock = Mock::default();
	let runs = mock.runs.clone();
	let shared = start(once(mock), &config, uncounted()).expect("threads");
	for job in [job(1), audit.clone(), watch(3)] {
		assert_eq!(settle(&shared, &job), done(&job));
	}
	assert_eq!(runs.load(Ordering::SeqCst), 3);
	// The first is still there, as after `kill -9`. The second one cannot even start its engine.
	let mock = Mock::default();
	let runs = mock.runs.clone();
	let again = start(once(mock), &config, uncounted()).expect("threads");
	let broken = start(failing, &config, uncounted()).expect("threads");
	wait_until("the engine has failed", || broken.submit(job(9)) == Err(JobError::Failed));
	for job in [job(1), audit] {
		assert_eq!(again.submit(job.clone()), done(&job));
		assert_eq!(broken.submit(job.clone()), done(&job));
	}
	assert_eq!(runs.load(Ordering::SeqCst), 0);
	assert_eq!(again.submit(watch(3)), Ok(JobStatus::Pending), "nobody commits to it");
}

#[test]
fn oldest_result_should_be_forgotten_when_there_are_too_many() {
	let mock = Mock::default();
	let runs = mock.runs.clone();
	let shared = start_bounded(once(mock), &config(4, 1), uncounted(), 1100).expect("threads");
	for request in 0..5 {
		assert_eq!(settle(&shared, &job(request)), done(&job(request)));
		assert!(shared.state.lock().results.len() <= 2);
	}
	assert_eq!(shared.submit(job(4)), done(&job(4)));
	assert_eq!(shared.submit(job(0)), Ok(JobStatus::Pending));
	wait_until("the forgotten job runs again", || runs.load(Ordering::SeqCst) == 6);
}

#[test]
fn wait_should_end_when_the_job_is_done_or_time_is_up() {
	let (shared, permit) = start_gated(Mock::default(), 4);
	let key = job(1).key().0;
	shared.wait(&key, Instant::now() + Duration::from_secs(10));
	assert_eq!(shared.submit(job(1)), Ok(JobStatus::Pending), "it was not known");
	let until = Instant::now() + Duration::from_millis(20);
	shared.wait(&key, until);
	assert!(Instant::now() >= until);
	assert_eq!(shared.submit(job(1)), Ok(JobStatus::Pending));
	permit.send(()).expect("worker lives");
	shared.wait(&key, Instant::now() + Duration::from_secs(10));
	assert_eq!(shared.submit(job(1)), done(&job(1)));
}

#[test]
fn submit_should_refuse_when_the_worker_has_stopped() {
	let shared = start_mock(Mock::default(), 4);
	shared.stop();
	assert_eq!(shared.submit(job(1)), Err(JobError::Internal));
}

#[test]
fn jobs_should_be_in_the_registry_while_they_wait_and_run_and_when_they_end() {
	let registry = Registry::new();
	let (permit, gate) = mpsc::channel();
	let mock = Mock { gate: Some(Mutex::new(gate)), ..Mock::default() };
	let config = WorkerConfig { registry: Some(registry.clone()), ..config(1, 1) };
	let shared = start(once(mock), &config, uncounted()).expect("threads");
	let value = |name: &str, first: &str, second: &str| -> f64 {
		let families = registry.gather();
		let family = families.iter().find(|family| family.get_name() == name).expect(name);
		let mut metrics = family.get_metric().iter();
		let metric = metrics.find(|metric| {
			let has = |value| metric.get_label().iter().any(|pair| pair.get_value() == value);
			has(first) && has(second)
		});
		let metric = metric.expect("a series");
		metric.get_counter().get_value() + metric.get_gauge().get_value()
	};
	assert_eq!(shared.submit(job(1)), Ok(JobStatus::Pending));
	wait_until("it runs", || value("opg_jobs", "running", "seat") == 1.0);
	assert_eq!(shared.submit(job(2)), Ok(JobStatus::Pending));
	assert_eq!(value("opg_jobs", "waiting", "seat"), 1.0);
	assert_eq!(value("opg_jobs", "waiting", "watch"), 0.0);
	// There is room for one that waits.
	assert_eq!(shared.submit(watch(3)), Err(JobError::QueueFull));
	assert_eq!(value("opg_jobs_total", "watch", "given_up"), 1.0);
	for number in [1, 2] {
		permit.send(()).expect("worker lives");
		assert_eq!(settle(&shared, &job(number)), done(&job(number)));
	}
	assert_eq!(value("opg_jobs_total", "seat", "done"), 2.0);
	assert_eq!(value("opg_jobs", "running", "seat"), 0.0);
	drop(shared);
}
