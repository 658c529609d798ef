//! The time that a job may take.
//!
//! Time differs between machines, so it is never part of a verdict: it only stops a job that would
//! hold a thread for too long. Every [`TICK`] a thread of the engine notes the time and lets the
//! guest look at it, at its next function or turn of a loop; a kernel that can run long looks by
//! itself.

use std::{
	io,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc, Weak,
	},
	thread,
	time::{Duration, Instant},
};
use wasmtime::{Engine, EngineWeak};

/// How late it may be noticed that the time is over.
const TICK: Duration = Duration::from_millis(100);

/// Knows the time as of the last tick.
pub struct Clock {
	start: Instant,
	/// In milliseconds.
	now: AtomicU64,
}

impl Clock {
	/// Starts the clock of an engine. It stops when the engine is gone.
	pub fn start(engine: &Engine) -> io::Result<Arc<Clock>> {
		let clock = Arc::new(Clock { start: Instant::now(), now: AtomicU64::new(0) });
		let (ticking, engine) = (Arc::downgrade(&clock), engine.weak());
		thread::Builder::new()
			.name("opg-engine-clock".into())
			.spawn(move || tick(&ticking, &engine))?;
		Ok(clock)
	}

	fn elapsed(&self) -> u64 {
		millis(self.start.elapsed())
	}
}

/// Ticks as long as there is a clock.
fn tick(clock: &Weak<Clock>, engine: &EngineWeak) {
	loop {
		thread::sleep(TICK);
		let (Some(clock), Some(engine)) = (clock.upgrade(), engine.upgrade()) else { return };
		clock.now.store(clock.elapsed(), Ordering::Relaxed);
		engine.increment_epoch();
	}
}

fn millis(time: Duration) -> u64 {
	u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// When a job has to be done.
#[derive(Clone)]
pub struct Deadline {
	clock: Arc<Clock>,
	/// On the clock.
	at: u64,
}

impl Deadline {
	/// So long from now, or never.
	pub fn after(clock: &Arc<Clock>, time: Option<Duration>) -> Deadline {
		let at = time.map_or(u64::MAX, |time| clock.elapsed().saturating_add(millis(time)));
		Deadline { clock: clock.clone(), at }
	}

	/// The time is over, as of the last tick.
	pub fn passed(&self) -> bool {
		self.clock.now.load(Ordering::Relaxed) >= self.at
	}
}

#[cfg(test)]
pub mod tests {
	use super::*;

	/// A deadline that has passed, or never passes.
	pub fn deadline(passed: bool) -> Deadline {
		let clock = Arc::new(Clock { start: Instant::now(), now: AtomicU64::new(1) });
		Deadline { clock, at: if passed { 1 } else { u64::MAX } }
	}

	#[test]
	fn deadline_should_pass_when_the_clock_has_ticked() {
		let engine = Engine::default();
		let clock = Clock::start(&engine).expect("a thread");
		let [now, later, never] = [Some(Duration::ZERO), Some(Duration::MAX), None]
			.map(|time| Deadline::after(&clock, time));
		while !now.passed() {
			thread::sleep(TICK);
		}
		assert!(!later.passed() && !never.passed());
	}

	#[test]
	fn clock_should_stop_when_its_engine_is_gone() {
		let engine = Engine::default();
		let clock = Clock::start(&engine).expect("a thread");
		let (ticking, weak) = (Arc::downgrade(&clock), engine.weak());
		let thread = thread::spawn(move || tick(&ticking, &weak));
		drop((clock, engine));
		thread.join().expect("ends");
	}
}
