//! The engine process: reads requests, runs jobs, writes responses.

use super::{
	confine,
	wire::{self, Reply, Request, Response, Setup},
};
use crate::{error::RunError, holding::Compute, queue::Control, runner::EngineRunner, schedule};
use log::{Level, LevelFilter, Log, Metadata, Record};
use std::{
	io::{self, Write},
	sync::mpsc::{self, Receiver},
	time::Instant,
};

/// Runs as an engine process until the standard input ends, with the node.
///
/// Started by a [`Worker`](crate::Worker); see [`EngineProgram`](crate::EngineProgram). The process
/// has no use for arguments, environment or configuration.
///
/// # Errors
///
/// The standard input or output fails, there is no thread, or the system refuses a limit.
pub fn serve() -> io::Result<()> {
	if log::set_logger(&StandardError).is_ok() {
		log::set_max_level(LevelFilter::Info);
	}
	let mut input = io::stdin().lock();
	// Without a request there is no node any more.
	let Some(first) = wire::read(&mut input)? else { return Ok(()) };
	let Request::Start(setup) = first else {
		return Err(io::Error::other("a request out of order"));
	};
	// Before there are other threads, which it would not concern.
	confine::confine(&setup)?;
	let (sender, requests) = mpsc::channel();
	// Runs on a thread with the stack that the engine needs. This one sees the end of the node while
	// a job runs.
	opg_engine::spawn("opg-engine".into(), move || answer(&setup, requests))?;
	while let Some(request) = wire::read(&mut input)? {
		if sender.send(request).is_err() {
			break;
		}
	}
	Ok(())
}

/// Starts the engine, and answers one request after another.
fn answer(setup: &Setup, requests: Receiver<Request>) {
	let mut output = io::stdout().lock();
	let runner = match EngineRunner::new(setup) {
		Ok(runner) => runner,
		Err(error) => {
			let _ = wire::write(&mut output, &Reply::of(of_error(error)));
			return;
		},
	};
	return_memory();
	let mut reply = Reply::of(Response::Ready(runner.built_in()));
	let mut requests = requests.into_iter();
	while wire::write_reply(&mut output, &reply).is_ok() {
		let Some(request) = requests.next() else { return };
		let response = respond(&runner, request);
		let (loads, loaded) = runner.take_loads();
		let loads = loads.iter().map(|took| took.as_micros() as u64).collect();
		reply = Reply { response, loads, models: loaded.models, bytes: loaded.bytes };
	}
}

fn respond(runner: &EngineRunner, request: Request) -> Response {
	let result = match request {
		Request::Start(_) => Err(RunError::Process("a request out of order".into())),
		Request::Engine(id) => runner.engine(id.0).map(|engine| Response::Ready(engine.id())),
		Request::Run(job) => {
			let control = Control::new(schedule::deadline(&job, Instant::now()));
			runner.compute(&job, &control).map(Response::Done)
		},
		Request::Prepare(job) => {
			let control = Control::new(schedule::deadline(&job, Instant::now()));
			runner.load(&job, &control).map(|()| Response::Prepared)
		},
		Request::Inspect(task) => runner.inspect(&task).map(Response::Inspected),
	};
	result.unwrap_or_else(of_error)
}

/// Gives freed memory back to the system. Compiling an engine takes half a GiB on many threads, and
/// the allocator would keep it for as long as the process lives.
fn return_memory() {
	#[cfg(target_env = "gnu")]
	// SAFETY: it concerns only pages of the allocator that nothing uses.
	unsafe {
		libc::malloc_trim(0);
	}
}

fn of_error(error: RunError) -> Response {
	match error {
		RunError::ModelMissing => Response::ModelMissing,
		RunError::EngineMissing => Response::EngineMissing,
		RunError::InputMissing => Response::InputMissing,
		RunError::Damaged(hash) => Response::Damaged(hash),
		RunError::TimedOut(_) => Response::TimedOut,
		RunError::TooLarge { needed, share } => Response::TooLarge(needed as u64, share as u64),
		// Long texts would not fit a message.
		error => Response::Failed(error.to_string().chars().take(2000).collect()),
	}
}

/// Writes the log to the standard error, where the node reads it: `LEVEL: text`.
struct StandardError;

impl Log for StandardError {
	fn enabled(&self, metadata: &Metadata<'_>) -> bool {
		metadata.level() <= Level::Info
	}

	fn log(&self, record: &Record<'_>) {
		if self.enabled(record.metadata()) {
			let text = record.args().to_string().replace(['\r', '\n'], " ");
			let _ = writeln!(io::stderr(), "{}: {text}", record.level());
		}
	}

	fn flush(&self) {}
}
