//! Deadlines: the time that a run may take.
//!
//! Time differs between machines, so it is never part of a verdict: it only stops a run that would
//! hold a thread for too long. The guest is suspended after each [`SLICE`] of fuel, which it counts
//! anyway, and the host looks at the time. Kernels look when that much fuel was used, since the call
//! of one begins a slice anew, and one that can run long looks in between.

use std::{
	future::Future,
	pin::pin,
	task::{Context, Poll, Waker},
	time::{Duration, Instant},
};
use wasmtime::{Result, Trap};

/// Fuel between two looks at the time: some milliseconds in machine code.
pub const SLICE: u64 = 1 << 22;

/// The time at which a run is stopped, if there is one.
#[derive(Clone, Copy)]
pub struct Deadline(Option<Instant>);

impl Deadline {
	/// So long from now, or never.
	pub fn after(time: Option<Duration>) -> Deadline {
		Deadline(time.and_then(|time| Instant::now().checked_add(time)))
	}

	/// Ends the run if the time is over.
	pub fn check(self) -> Result<(), Trap> {
		match self.0 {
			Some(at) if Instant::now() >= at => Err(Trap::Interrupt),
			_ => Ok(()),
		}
	}
}

/// Lets the guest go on from slice to slice, until it is done or the time is over.
pub fn drive<T>(deadline: Deadline, guest: impl Future<Output = Result<T>>) -> Result<T> {
	let mut guest = pin!(guest);
	let mut context = Context::from_waker(Waker::noop());
	loop {
		if let Poll::Ready(done) = guest.as_mut().poll(&mut context) {
			return done;
		}
		deadline.check()?;
	}
}
