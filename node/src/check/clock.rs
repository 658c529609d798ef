//! The clock: blocks name their slots by the time, and a node whose clock is off makes none.

use super::Line;
use std::{io, time::Duration};

/// Error of a synchronized clock that is much for slots of three seconds.
const LARGE_ERROR: Duration = Duration::from_millis(500);

const ADVICE: &str =
	"let NTP set the clock: `apt-get install chrony`, or `timedatectl set-ntp true`";

/// What the kernel knows about its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Clock {
	/// Whether a daemon, as of NTP, keeps it right.
	synchronized: bool,
	/// Most that it is off, as that daemon says.
	max_error: Duration,
}

/// Asks the kernel, as `adjtimex` does without changing anything.
fn read() -> io::Result<Clock> {
	// SAFETY: all fields are integers, for which zero is a value. No mode means nothing is set.
	let mut state: libc::timex = unsafe { std::mem::zeroed() };
	// SAFETY: the pointer is to a whole `timex`, which lives longer than the call.
	let code = unsafe { libc::adjtimex(&mut state) };
	if code < 0 {
		return Err(io::Error::last_os_error());
	}
	let synchronized = code != libc::TIME_ERROR && state.status & libc::STA_UNSYNC == 0;
	let micros = u64::try_from(state.maxerror).unwrap_or_default();
	Ok(Clock { synchronized, max_error: Duration::from_micros(micros) })
}

/// The line about the clock.
pub(super) fn line() -> Line {
	judge(read())
}

fn judge(clock: io::Result<Clock>) -> Line {
	let name = "clock";
	match clock {
		Err(error) => Line::warning(name, format!("the kernel does not tell: {error}"), ADVICE),
		Ok(Clock { synchronized: false, .. }) => Line::warning(
			name,
			"the kernel says that nothing synchronizes it; a host may do so for its guest",
			ADVICE,
		),
		Ok(Clock { max_error, .. }) if max_error > LARGE_ERROR => {
			Line::warning(name, format!("synchronized, but may be off by {max_error:?}"), ADVICE)
		},
		Ok(Clock { max_error, .. }) => {
			Line::ok(name, format!("synchronized, off by {max_error:?} at most"))
		},
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::check::Level;

	#[test]
	fn clock_should_be_ok_when_it_is_synchronized_and_close() {
		let clock = |synchronized, millis| {
			let max_error = Duration::from_millis(millis);
			judge(Ok(Clock { synchronized, max_error })).level
		};
		assert_eq!(clock(true, 20), Level::Ok);
		assert_eq!(clock(true, 900), Level::Warning);
		assert_eq!(clock(false, 20), Level::Warning);
		assert_eq!(judge(Err(io::Error::other("no"))).level, Level::Warning);
	}

	#[test]
	fn kernel_should_tell_about_its_clock() {
		assert!(read().is_ok());
	}
}
