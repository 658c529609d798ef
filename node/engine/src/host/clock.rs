//! Deadlines: the time that a run may take.
//!
//! Time differs between machines, so it is never part of a verdict: it only stops a run that would
//! hold a thread for too long. The host looks at the time whenever the guest and its kernels have
//! used a [`SLICE`] of fuel. A kernel that can run long looks in between.

use std::time::{Duration, Instant};
use wasmtime::Trap;

/// Fuel between two looks at the time: some milliseconds in machine code.
pub const SLICE: i64 = 1 << 22;

/// The time at which a run is stopped, if there is one.
#[derive(Clone, Copy)]
pub struct Deadline(Option<Instant>);

impl Deadline {
	/// So long from now, or never.
	pub fn after(time: Option<Duration>) -> Deadline {
		Deadline(time.and_then(|time| Instant::now().checked_add(time)))
	}

	/// Whether it never comes.
	pub fn is_never(self) -> bool {
		self.0.is_none()
	}

	/// Ends the run if the time is over.
	pub fn check(self) -> Result<(), Trap> {
		match self.0 {
			Some(at) if Instant::now() >= at => Err(Trap::Interrupt),
			_ => Ok(()),
		}
	}
}
