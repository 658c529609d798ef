//! Orderly end of commands that run until they are told to stop.

use std::sync::atomic::{AtomicBool, Ordering};

static STOPPED: AtomicBool = AtomicBool::new(false);

/// Makes the first SIGTERM or SIGINT a wish that [`stopped`] tells of. The second ends the program.
pub(crate) fn catch() {
	#[cfg(unix)]
	for signal in [libc::SIGTERM, libc::SIGINT] {
		// SAFETY: the handler does nothing but what is allowed in one.
		unsafe {
			libc::signal(signal, stop as *const () as libc::sighandler_t);
		}
	}
}

/// Tells whether the program is to end.
pub(crate) fn stopped() -> bool {
	STOPPED.load(Ordering::Relaxed)
}

#[cfg(unix)]
extern "C" fn stop(signal: libc::c_int) {
	STOPPED.store(true, Ordering::Relaxed);
	// SAFETY: `signal` may be called in a handler.
	unsafe {
		libc::signal(signal, libc::SIG_DFL);
	}
}
