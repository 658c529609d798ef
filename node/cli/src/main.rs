//! `opg`, the command-line client of OPG Chain.

use std::process::ExitCode;

fn main() -> ExitCode {
	// A reader that has seen enough, such as `head`, ends the program; by default it would panic.
	#[cfg(unix)]
	// SAFETY: no other thread runs yet, and nothing here waits for this signal.
	unsafe {
		libc::signal(libc::SIGPIPE, libc::SIG_DFL);
	}
	opg_primitives::address::set_default_prefix();
	ExitCode::from(opg_cli::main(std::env::args_os()))
}
