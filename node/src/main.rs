#![doc = include_str!("../README.md")]
// The error types are Substrate's.
#![allow(clippy::result_large_err)]

mod chain_spec;
mod cli;
mod client;
mod command;
mod engine;
mod engine_worker;
mod executor;
mod keystore;
#[cfg(feature = "dev-misbehaviour")]
mod misbehaviour;
mod rpc;
mod service;
mod signals;
mod stores;
mod tasks;

use std::process::ExitCode;

fn main() -> ExitCode {
	match command::run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("Error: {error}");
			ExitCode::FAILURE
		},
	}
}
