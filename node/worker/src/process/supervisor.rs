//! Engine processes from the node's side: start, jobs, time limits, ends and new starts.

use super::{
	engines::Engines,
	wire::{self, Reply, Request, Response, Setup},
};
use crate::{
	error::RunError,
	holding::{drop_damaged, Compute, Computed},
	metrics::{memory_bytes, End, Loaded, Metrics},
	queue::{Control, LOG_TARGET},
	Key,
};
use log::Level;
use opg_blobs::{
	labels::{ENGINE, SERVED_ENGINE},
	store::{self, Store},
};
use opg_execution::printable;
use opg_primitives::{Job, JobKind};
use parking_lot::Mutex;
use sp_core::H256;
use std::{
	collections::VecDeque,
	ffi::OsString,
	io::{self, Read},
	os::unix::process::CommandExt,
	path::PathBuf,
	process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, Stdio},
	sync::{
		mpsc::{self, Receiver, RecvTimeoutError, Sender},
		Arc,
	},
	thread,
	time::{Duration, Instant},
};

/// Time for the start, and for another engine: compiling takes up to a minute, and more where the
/// machine is busy.
const ENGINE_TIME: Duration = Duration::from_secs(600);

/// Time after its deadline in which a job may still end by itself.
const GRACE: Duration = Duration::from_secs(1);

/// Time between two looks at whether a job is cancelled.
const LOOK: Duration = Duration::from_millis(20);

/// Pause before a new start after one failure. It doubles with each further one.
const MIN_PAUSE: Duration = Duration::from_millis(100);

/// Longest pause before a new start.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// Attempts to start the first process.
const STARTS: u32 = 3;

/// Memory that a process may have besides its loaded models, at least.
const OWN_BYTES: usize = 128 << 20;

/// Models of which the node remembers that a process has loaded them. That only decides which process
/// gets a job.
const REMEMBERED: usize = 64;

/// Program of the engine processes. It must call [`serve`](super::serve).
#[derive(Clone, Debug)]
pub struct EngineProgram {
	program: PathBuf,
	arguments: Vec<OsString>,
}

impl EngineProgram {
	/// A program with these arguments.
	pub fn new(program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
		Self { program: program.into(), arguments: arguments.iter().map(OsString::from).collect() }
	}

	/// This program with these arguments: the very file that runs, also if another has taken its
	/// place on the disk.
	///
	/// # Errors
	///
	/// The system does not tell which program this is.
	pub fn this(arguments: &[&str]) -> io::Result<Self> {
		let program = if cfg!(target_os = "linux") {
			"/proc/self/exe".into()
		} else {
			std::env::current_exe()?
		};
		Ok(Self::new(program, arguments))
	}
}

/// Runs jobs in engine processes: as many as jobs at once.
pub(crate) struct ProcessRunner {
	program: EngineProgram,
	setup: Setup,
	built_in: H256,
	/// Processes without a job, the one used last at the end.
	idle: Mutex<Vec<EngineProcess>>,
	restarts: Mutex<Restarts>,
	engines: Arc<Engines>,
	store: Store,
	metrics: Metrics,
}

/// When a process may be started again.
struct Restarts {
	failures: u32,
	not_before: Instant,
}

impl ProcessRunner {
	/// Starts the first process, which compiles the built-in engine unless that was done before.
	pub(crate) fn new(
		program: &EngineProgram,
		setup: &Setup,
		metrics: &Metrics,
	) -> Result<Self, RunError> {
		let mut failures = 0;
		let process = loop {
			match EngineProcess::start(program, setup, metrics) {
				Ok(process) => break process,
				Err(error) if failures + 1 == STARTS => return Err(error),
				Err(error) => {
					log::warn!(target: LOG_TARGET, "{}", printable(&error.to_string()));
					failures += 1;
					thread::sleep(pause(failures));
				},
			}
		};
		let built_in = process.built_in;
		// Nothing is written here, so that the limits do not matter.
		let store = Store::open(&setup.blobs, store::Limits::default())?;
		let engines = {
			// Nothing is loaded beside it.
			let (program, setup) = (program.clone(), Setup { loaded_bytes: 0, ..setup.clone() });
			let metrics = metrics.clone();
			let store = store.clone();
			Engines::new(move |engine| {
				let compiled = compile(&program, &setup, &metrics, engine);
				if let Err(RunError::Damaged(hash)) = compiled {
					drop_damaged(&store, hash);
					return Err(RunError::EngineMissing);
				}
				compiled
			})
		};
		let (others, listed) = (engines.clone(), engines_in(&store));
		// Without this thread the first job of an engine waits until it is compiled.
		let _ = spawn("opg-engine-others", move || {
			listed.into_iter().for_each(|engine| others.compile(H256(engine)));
		});
		let restarts = Restarts { failures: 0, not_before: Instant::now() };
		let (idle, restarts) = (Mutex::new(vec![process]), Mutex::new(restarts));
		let (program, setup) = (program.clone(), setup.clone());
		let metrics = metrics.clone();
		Ok(Self { program, setup, built_in, idle, restarts, engines, store, metrics })
	}

	/// A process for a job of this model: one that has run it before, or any, or a new one.
	fn take(&self, model: &Key, control: &Control) -> Result<EngineProcess, RunError> {
		{
			let mut idle = self.idle.lock();
			let index = idle.iter().rposition(|process| process.models.contains(model));
			if let Some(index) = index.or(idle.len().checked_sub(1)) {
				return Ok(idle.remove(index));
			}
		}
		self.start(control)
	}

	fn start(&self, control: &Control) -> Result<EngineProcess, RunError> {
		let not_before = self.restarts.lock().not_before;
		let pause = not_before.saturating_duration_since(Instant::now());
		if pause > control.time_left() {
			return Err(RunError::Process("it has failed too often lately".into()));
		}
		thread::sleep(pause);
		let started = EngineProcess::start(&self.program, &self.setup, &self.metrics);
		if started.is_err() {
			self.note_failure();
		}
		started
	}

	fn note_failure(&self) {
		let mut restarts = self.restarts.lock();
		restarts.failures = restarts.failures.saturating_add(1);
		restarts.not_before = Instant::now() + pause(restarts.failures);
	}

	/// Puts a request about a job to a process, and keeps the process.
	fn put(
		&self,
		request: fn(Job) -> Request,
		job: &Job,
		control: &Control,
	) -> Result<Response, RunError> {
		let process = self.take(&job.model_key().0, control)?;
		let (process, response) = self.run_in(process, request, job, control);
		self.idle.lock().extend(process);
		response
	}

	/// Puts a request about a job to `process`. The process is of use later if it is given back.
	fn run_in(
		&self,
		mut process: EngineProcess,
		request: fn(Job) -> Request,
		job: &Job,
		control: &Control,
	) -> (Option<EngineProcess>, Result<Response, RunError>) {
		match self.ask(&mut process, request, job, control) {
			Ok(response) => {
				self.restarts.lock().failures = 0;
				process.remember(job.model_key().0);
				// What fails on this machine may be for want of memory, which a new process has.
				let end = if matches!(response, Response::Failed(_)) {
					End::Failed
				} else if process.is_too_large(&self.setup) {
					End::Memory
				} else {
					return (Some(process), Ok(response));
				};
				self.metrics.note_process_end(end);
				(None, Ok(response))
			},
			Err(Lost::TimedOut) => {
				self.metrics.note_process_end(End::TimedOut);
				(None, Err(timed_out(job)))
			},
			Err(Lost::Cancelled) => {
				self.metrics.note_process_end(End::Cancelled);
				(None, Err(RunError::Cancelled))
			},
			Err(Lost::Died(how)) => {
				self.metrics.note_process_end(End::Died);
				self.note_failure();
				(None, Err(RunError::Process(how)))
			},
		}
	}

	/// Waits until the engine of a job is compiled.
	fn have_engine(&self, job: &Job, control: &Control) -> Result<(), RunError> {
		let engine = job.task.engine_id;
		if engine == self.built_in {
			return Ok(());
		}
		if !self.store.contains(&engine.0) {
			return Err(RunError::EngineMissing);
		}
		self.engines.wait(engine, control)
	}

	fn ask(
		&self,
		process: &mut EngineProcess,
		request: fn(Job) -> Request,
		job: &Job,
		control: &Control,
	) -> Result<Response, Lost> {
		let engine = job.task.engine_id;
		if engine != self.built_in {
			// From the cache. Without one it is compiled, in a time of its own.
			let until = Instant::now() + ENGINE_TIME;
			let ready = process.ask(Request::Engine(engine), until, Some(control))?;
			if ready != Response::Ready(engine) {
				return Ok(ready);
			}
		}
		let millis_left = u32::try_from(control.time_left().as_millis()).unwrap_or(u32::MAX);
		let request = request(Job { millis_left, ..job.clone() });
		process.ask(request, control.deadline + GRACE, Some(control))
	}
}

/// Engines in the store that somebody has added or that served models name.
fn engines_in(store: &Store) -> Vec<[u8; 32]> {
	let pinned = [ENGINE, SERVED_ENGINE].map(|label| store.pinned(label).unwrap_or_default());
	let mut engines: Vec<_> =
		pinned.into_iter().flatten().filter(|engine| store.contains(engine)).collect();
	engines.sort_unstable();
	engines.dedup();
	engines
}

/// Compiles an engine from the store in a process of its own, unless that was done before.
fn compile(
	program: &EngineProgram,
	setup: &Setup,
	metrics: &Metrics,
	engine: H256,
) -> Result<(), RunError> {
	let mut process = EngineProcess::start(program, setup, metrics)?;
	match process.ask(Request::Engine(engine), Instant::now() + ENGINE_TIME, None) {
		Ok(Response::Ready(ready)) if ready == engine => Ok(()),
		Ok(Response::Failed(reason)) => Err(RunError::Process(reason)),
		Ok(Response::EngineMissing) => Err(RunError::EngineMissing),
		Ok(Response::Damaged(hash)) => Err(RunError::Damaged(hash)),
		Ok(_) => Err(RunError::Process("a response out of order".into())),
		Err(Lost::Died(how)) => Err(RunError::Process(how)),
		Err(Lost::TimedOut | Lost::Cancelled) => {
			Err(RunError::Process(format!("not compiled in {ENGINE_TIME:?}")))
		},
	}
}

impl Compute for ProcessRunner {
	fn compute(&self, job: &Job, control: &Control) -> Result<Computed, RunError> {
		self.have_engine(job, control)?;
		if job.kind == JobKind::Cold {
			// In the place of a process, so that there is not more memory in use for it.
			if self.idle.lock().pop().is_some() {
				self.metrics.note_process_end(End::Replaced);
			}
			let process = self.start(control)?;
			return of_response(self.run_in(process, Request::Run, job, control).1?, job);
		}
		of_response(self.put(Request::Run, job, control)?, job)
	}

	fn load(&self, job: &Job, control: &Control) -> Result<(), RunError> {
		self.have_engine(job, control)?;
		match self.put(Request::Prepare, job, control)? {
			Response::Prepared => Ok(()),
			other => of_response(other, job).map(drop),
		}
	}
}

/// Pause after so many failures in a row.
fn pause(failures: u32) -> Duration {
	let factor = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
	MIN_PAUSE.saturating_mul(factor).min(MAX_PAUSE)
}

fn of_response(response: Response, job: &Job) -> Result<Computed, RunError> {
	match response {
		Response::Done(computed) => Ok(computed),
		Response::ModelMissing => Err(RunError::ModelMissing),
		Response::EngineMissing => Err(RunError::EngineMissing),
		Response::InputMissing => Err(RunError::InputMissing),
		Response::Damaged(hash) => Err(RunError::Damaged(hash)),
		Response::TimedOut => Err(timed_out(job)),
		Response::Failed(reason) => Err(RunError::Process(reason)),
		Response::TooLarge(needed, share) => {
			Err(RunError::TooLarge { needed: needed as usize, share: share as usize })
		},
		Response::Ready(_) | Response::Prepared | Response::Inspected(_) => {
			Err(RunError::Process("a response out of order".into()))
		},
	}
}

fn timed_out(job: &Job) -> RunError {
	RunError::TimedOut(Duration::from_millis(job.millis_left.into()))
}

/// Cause for which a process gives no response. It is of no more use.
pub(super) enum Lost {
	TimedOut,
	Cancelled,
	Died(String),
}

/// An engine process. It ends when this is dropped.
pub(super) struct EngineProcess {
	child: Child,
	/// To the thread that writes requests and reads responses: either may block.
	requests: Sender<Request>,
	responses: Receiver<io::Result<Option<Reply>>>,
	metrics: Metrics,
	built_in: H256,
	/// Keys of models that it has loaded, the latest last.
	models: VecDeque<Key>,
}

impl EngineProcess {
	pub(super) fn start(
		program: &EngineProgram,
		setup: &Setup,
		metrics: &Metrics,
	) -> Result<Self, RunError> {
		let started = Self::start_uncounted(program, setup, metrics.clone());
		metrics.note_process_start(started.is_ok());
		started
	}

	fn start_uncounted(
		program: &EngineProgram,
		setup: &Setup,
		metrics: Metrics,
	) -> Result<Self, RunError> {
		let failed = |error: io::Error| RunError::Process(format!("does not start: {error}"));
		let mut child = Command::new(&program.program)
			.args(&program.arguments)
			.env_clear()
			// A signal from the terminal is for the node.
			.process_group(0)
			.stdin(Stdio::piped())
			.stdout(Stdio::piped())
			.stderr(Stdio::piped())
			.spawn()
			.map_err(failed)?;
		let (requests, to_write) = mpsc::channel();
		let (sender, responses) = mpsc::channel();
		let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
		let (models, built_in) = Default::default();
		// From now on the process ends with this.
		metrics.note_loaded(child.id(), Loaded::default());
		let mut process = Self { child, requests, responses, metrics, built_in, models };
		let (Some(input), Some(output), Some(log)) = pipes else {
			return Err(failed(io::Error::other("no pipes")));
		};
		let id = process.child.id();
		spawn("opg-engine-pipe", move || pass_on(&to_write, input, output, &sender))
			.and_then(|()| spawn("opg-engine-log", move || pass_on_log(id, log)))
			.map_err(failed)?;
		let until = Instant::now() + ENGINE_TIME;
		match process.ask(Request::Start(setup.clone()), until, None) {
			Ok(Response::Ready(built_in)) => {
				process.built_in = built_in;
				Ok(process)
			},
			Ok(Response::Failed(reason)) => Err(RunError::Process(reason)),
			Ok(_) => Err(RunError::Process("a response out of order".into())),
			Err(Lost::Died(how)) => Err(RunError::Process(how)),
			Err(Lost::TimedOut | Lost::Cancelled) => {
				Err(RunError::Process(format!("does not start in {ENGINE_TIME:?}")))
			},
		}
	}

	/// Sends a request and waits for the response, but not longer than until `until` or until
	/// `control` says that it is cancelled.
	pub(super) fn ask(
		&mut self,
		request: Request,
		until: Instant,
		control: Option<&Control>,
	) -> Result<Response, Lost> {
		if self.requests.send(request).is_err() {
			return Err(Lost::Died(self.how()));
		}
		loop {
			let left = until.saturating_duration_since(Instant::now());
			match self.responses.recv_timeout(left.min(LOOK)) {
				Ok(Ok(Some(reply))) => {
					let Reply { response, loads, models, bytes } = reply;
					loads.into_iter().map(Duration::from_micros).for_each(|took| {
						self.metrics.note_load(took);
					});
					self.metrics.note_loaded(self.child.id(), Loaded { models, bytes });
					return Ok(response);
				},
				Ok(Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => {
					return Err(Lost::Died(format!("sends nonsense: {error}")));
				},
				Ok(_) | Err(RecvTimeoutError::Disconnected) => return Err(Lost::Died(self.how())),
				Err(RecvTimeoutError::Timeout) => {
					if control.is_some_and(Control::is_cancelled) {
						return Err(Lost::Cancelled);
					}
					if left.is_zero() {
						return Err(Lost::TimedOut);
					}
				},
			}
		}
	}

	/// How the process has ended. Ends it if it has only closed its pipes.
	fn how(&mut self) -> String {
		thread::sleep(LOOK);
		if let Ok(Some(status)) = self.child.try_wait() {
			return format!("ended by itself: {status}");
		}
		let _ = self.child.kill();
		"does not answer".into()
	}

	/// Tells whether the process has more memory than its loaded models explain. A new one is cheaper
	/// than to find out why.
	fn is_too_large(&self, setup: &Setup) -> bool {
		let slack = (setup.loaded_bytes / 10).max(OWN_BYTES);
		let most = setup.loaded_bytes.saturating_add(slack);
		let memory = memory_bytes(self.child.id());
		let too_large = memory.is_some_and(|memory| memory > most);
		if too_large {
			log::info!(
				target: LOG_TARGET,
				"The engine process has {} MiB of memory: it is started anew",
				memory.unwrap_or_default() >> 20,
			);
		}
		too_large
	}

	fn remember(&mut self, model: Key) {
		self.models.retain(|other| *other != model);
		self.models.push_back(model);
		if self.models.len() > REMEMBERED {
			self.models.pop_front();
		}
	}
}

impl Drop for EngineProcess {
	fn drop(&mut self) {
		self.metrics.forget_process(self.child.id());
		let _ = self.child.kill();
		// Killed, it ends at once. Otherwise it would stay as a zombie.
		let _ = self.child.wait();
	}
}

pub(super) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<()> {
	thread::Builder::new().name(name.into()).spawn(run).map(drop)
}

/// Writes requests and reads a response for each, until the process or its owner is gone.
fn pass_on(
	requests: &Receiver<Request>,
	mut input: ChildStdin,
	mut output: ChildStdout,
	responses: &Sender<io::Result<Option<Reply>>>,
) {
	for request in requests {
		let response =
			wire::write(&mut input, &request).and_then(|()| wire::read_reply(&mut output));
		let goes_on = matches!(response, Ok(Some(_)));
		if responses.send(response).is_err() || !goes_on {
			return;
		}
	}
}

/// Puts the lines that a process prints into the node's log, made safe and cut.
fn pass_on_log(id: u32, mut from: ChildStderr) {
	let (mut line, mut buffer) = (Vec::new(), [0; 1024]);
	while let Ok(length @ 1..) = from.read(&mut buffer) {
		for byte in &buffer[..length] {
			if *byte != b'\n' && line.len() < buffer.len() {
				line.push(*byte);
				continue;
			}
			log_line(id, &String::from_utf8_lossy(&line));
			line.clear();
		}
	}
}

fn log_line(id: u32, line: &str) {
	// What has no level is a panic, or of the system.
	let (level, text) = match line.split_once(": ") {
		Some((level, text)) => level.parse().map_or((Level::Warn, line), |level| (level, text)),
		None => (Level::Warn, line),
	};
	log::log!(target: LOG_TARGET, level, "[engine process {id}] {}", printable(text));
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn pause_should_double_up_to_a_limit_when_failures_go_on() {
		assert_eq!([1, 2, 3].map(pause), [MIN_PAUSE, MIN_PAUSE * 2, MIN_PAUSE * 4]);
		assert_eq!([8, 40, u32::MAX].map(pause), [MAX_PAUSE; 3]);
	}

	fn start(program: &str, arguments: &[&str]) -> RunError {
		let setup = Setup { engine_cache: None, blobs: "/".into(), loaded_bytes: 0 };
		let metrics = Metrics::new().expect("its names are names");
		let program = EngineProgram::new(program, arguments);
		let started = EngineProcess::start(&program, &setup, &metrics);
		started.err().expect("it is no engine")
	}

	#[test]
	fn start_should_fail_when_the_program_is_no_engine_process() {
		assert!(start("/nonexistent", &[]).to_string().contains("does not start"));
		assert!(start("/bin/sh", &["-c", "exit 3"]).to_string().contains("exit status: 3"));
		assert!(start("/bin/sh", &["-c", "kill -9 $$"]).to_string().contains("signal: 9"));
		// It echoes the request.
		assert!(start("/bin/cat", &[]).to_string().contains("nonsense"));
	}
}
