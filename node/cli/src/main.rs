//! `opg`, the command-line client of OPG Chain.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
	// A reader that has seen enough, such as `head`, ends the program; by default it would panic.
	#[cfg(unix)]
	// SAFETY: no other thread runs yet, and nothing here waits for this signal.
	unsafe {
		libc::signal(libc::SIGPIPE, libc::SIG_DFL);
	}
	opg_primitives::address::set_default_prefix();
	match opg_cli::run(opg_cli::Cli::parse()) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error:#}");
			ExitCode::from(opg_cli::exit_code(&error))
		},
	}
}
