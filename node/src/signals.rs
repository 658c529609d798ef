//! Ends subcommands on SIGTERM and SIGINT.
//!
//! A node and the subcommands that read blocks watch these signals themselves. The other subcommands
//! do not, and Substrate installs handlers for most of them, so that the system does not end them
//! either.

use sc_cli::Signals;
use std::{process, thread, time::Duration};

/// Time that a subcommand which watches the signals has to stop by itself. It may be stuck in a
/// blocking read, such as of the standard input.
pub const GRACE: Duration = Duration::from_secs(5);

/// Ends the process with code 0 when SIGTERM or SIGINT has come and `grace` is over.
///
/// A subcommand writes its files whole or not at all, so it can be cut short anywhere.
pub fn exit_on_signal(grace: Duration) -> sc_cli::Result<()> {
	let runtime = sc_cli::build_runtime()?;
	let signals = runtime.block_on(async { Signals::capture() })?;
	thread::Builder::new().name("signals".into()).spawn(move || {
		runtime.block_on(signals.future());
		thread::sleep(grace);
		process::exit(0)
	})?;
	Ok(())
}
