//! Engines besides the built-in one: each is compiled once, in a process of its own, before a job
//! uses it.
//!
//! Such an engine comes from a stranger, and nobody knows how long it compiles, or whether that
//! ever ends. So compiling keeps no thread from its jobs for longer than the job at hand has time,
//! is stopped after a while, and is tried again after longer and longer pauses. The compiled code
//! is in the cache then, where the processes that run jobs find it.

use super::supervisor::spawn;
use crate::{
	error::RunError,
	queue::{Control, LOG_TARGET},
};
use opg_execution::printable;
use parking_lot::{Condvar, Mutex};
use sp_core::H256;
use std::{
	collections::HashMap,
	sync::Arc,
	time::{Duration, Instant},
};

/// Time between two looks at whether a job is cancelled.
const LOOK: Duration = Duration::from_millis(20);

/// Pause after an engine was not compiled. It doubles each time.
const MIN_PAUSE: Duration = Duration::from_secs(60);

/// Longest pause before an engine is tried again.
const MAX_PAUSE: Duration = Duration::from_secs(6 * 3600);

/// Compiles an engine and leaves it in the cache.
type Compile = dyn Fn(H256) -> Result<(), RunError> + Send + Sync;

/// The engines, as far as a job or the start has named them.
pub(super) struct Engines {
	compile: Box<Compile>,
	/// Held while an engine is compiled: together they could have more memory than there is.
	turn: Mutex<()>,
	states: Mutex<HashMap<H256, State>>,
	changed: Condvar,
}

enum State {
	Compiling,
	Ready,
	Failed { times: u32, reason: String, not_before: Instant },
}

impl Engines {
	pub(super) fn new(
		compile: impl Fn(H256) -> Result<(), RunError> + Send + Sync + 'static,
	) -> Arc<Self> {
		let (turn, states, changed) = Default::default();
		Arc::new(Self { compile: Box::new(compile), turn, states, changed })
	}

	/// Waits until an engine is compiled, as long as the job that needs it has time.
	pub(super) fn wait(self: &Arc<Self>, engine: H256, control: &Control) -> Result<(), RunError> {
		let mut states = self.states.lock();
		if let Some(failures) = begin(&mut states, engine) {
			let engines = self.clone();
			let compile = move || engines.finish(engine, failures);
			if let Err(error) = spawn("opg-engine-compile", compile) {
				states.remove(&engine);
				return Err(RunError::Process(error.to_string()));
			}
		}
		loop {
			match states.get(&engine) {
				Some(State::Ready) => return Ok(()),
				Some(State::Failed { reason, not_before, .. }) => {
					let pause = not_before.saturating_duration_since(Instant::now()).as_secs();
					return Err(RunError::Process(format!(
						"engine {engine:?} is of no use: {reason}. It is tried again in {pause} s"
					)));
				},
				Some(State::Compiling) | None => {},
			}
			let left = control.time_left();
			if control.is_cancelled() {
				return Err(RunError::Cancelled);
			}
			if left.is_zero() {
				let reason = format!("engine {engine:?} is still being compiled");
				return Err(RunError::Process(reason));
			}
			self.changed.wait_for(&mut states, left.min(LOOK));
		}
	}

	/// Compiles an engine, unless that was done, is being done, or has failed a short while ago.
	pub(super) fn compile(&self, engine: H256) {
		let begun = begin(&mut self.states.lock(), engine);
		if let Some(failures) = begun {
			self.finish(engine, failures);
		}
	}

	/// Compiles an engine that has failed so often.
	fn finish(&self, engine: H256, failures: u32) {
		let result = {
			let _turn = self.turn.lock();
			(self.compile)(engine)
		};
		let state = match result {
			Ok(()) => State::Ready,
			Err(error) => {
				let (times, reason) = (failures.saturating_add(1), printable(&error.to_string()));
				let pause = pause(times);
				log::error!(
					target: LOG_TARGET,
					"Engine {engine:?} in the store is of no use: {reason}. It is tried again \
					 after {pause:?}, if a job needs it",
				);
				State::Failed { times, reason, not_before: Instant::now() + pause }
			},
		};
		self.states.lock().insert(engine, state);
		self.changed.notify_all();
	}
}

/// Notes that an engine is compiled from now on, if that is to be done. Gives how often it has
/// failed.
fn begin(states: &mut HashMap<H256, State>, engine: H256) -> Option<u32> {
	let failures = match states.get(&engine) {
		Some(State::Compiling | State::Ready) => return None,
		Some(State::Failed { not_before, .. }) if Instant::now() < *not_before => return None,
		Some(State::Failed { times, .. }) => *times,
		None => 0,
	};
	states.insert(engine, State::Compiling);
	Some(failures)
}

/// Pause after so many failures in a row.
fn pause(failures: u32) -> Duration {
	let factor = 1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX);
	MIN_PAUSE.saturating_mul(factor).min(MAX_PAUSE)
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::sync::{
		atomic::{AtomicUsize, Ordering},
		mpsc,
	};

	const ENGINE: H256 = H256::repeat_byte(1);

	fn wait(engines: &Arc<Engines>, millis: u64) -> Result<(), String> {
		let control = Control::new(Instant::now() + Duration::from_millis(millis));
		engines.wait(ENGINE, &control).map_err(|error| error.to_string())
	}

	/// Engines whose compiling gives these results, and how often that was.
	fn engines(result: fn() -> Result<(), RunError>) -> (Arc<Engines>, Arc<AtomicUsize>) {
		let count = Arc::new(AtomicUsize::new(0));
		let counted = count.clone();
		let compile = move |_| {
			counted.fetch_add(1, Ordering::SeqCst);
			result()
		};
		(Engines::new(compile), count)
	}

	#[test]
	fn engine_should_be_compiled_once_when_jobs_wait_for_it() {
		let (engines, count) = engines(|| Ok(()));
		engines.compile(ENGINE);
		for _ in 0..3 {
			assert_eq!(wait(&engines, 10_000), Ok(()));
		}
		assert_eq!(count.load(Ordering::SeqCst), 1);
	}

	#[test]
	fn job_should_end_with_its_time_when_compiling_does_not() {
		let (release, held) = mpsc::channel::<()>();
		let held = Mutex::new(held);
		let engines = Engines::new(move |_| {
			let _ = held.lock().recv();
			Ok(())
		});
		assert!(wait(&engines, 30).unwrap_err().contains("still being compiled"));
		assert!(wait(&engines, 30).unwrap_err().contains("still being compiled"));
		drop(release);
		assert_eq!(wait(&engines, 10_000), Ok(()));
	}

	#[test]
	fn engine_should_be_left_alone_for_a_while_when_it_was_not_compiled() {
		let (engines, count) = engines(|| Err(RunError::Process("too long".into())));
		for _ in 0..3 {
			let error = wait(&engines, 10_000).unwrap_err();
			assert!(error.contains("too long. It is tried again in"), "{error}");
		}
		engines.compile(ENGINE);
		assert_eq!(count.load(Ordering::SeqCst), 1);
		// When the pause is over.
		let over = |times| {
			let (reason, not_before) = (String::new(), Instant::now());
			engines.states.lock().insert(ENGINE, State::Failed { times, reason, not_before });
		};
		over(1);
		assert!(wait(&engines, 10_000).is_err());
		assert_eq!(count.load(Ordering::SeqCst), 2);
		let states = engines.states.lock();
		assert!(matches!(states.get(&ENGINE), Some(State::Failed { times: 2, .. })));
	}

	#[test]
	fn pause_should_double_up_to_a_limit_when_failures_go_on() {
		assert_eq!([1, 2, 3].map(pause), [MIN_PAUSE, MIN_PAUSE * 2, MIN_PAUSE * 4]);
		assert_eq!([10, u32::MAX].map(pause), [MAX_PAUSE; 2]);
	}
}
