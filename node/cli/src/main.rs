//! `opg`, the command-line client of OPG Chain.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
	match opg_cli::run(opg_cli::Cli::parse()) {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("error: {error:#}");
			ExitCode::FAILURE
		},
	}
}
