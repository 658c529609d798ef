#![doc = include_str!("../README.md")]
// The error types are Substrate's.
#![allow(clippy::result_large_err)]

mod ceremony;
mod chain_spec;
mod check;
mod cli;
mod client;
mod command;
mod contents;
mod engine;
mod engine_worker;
mod executor;
mod keystore;
mod metrics;
#[cfg(feature = "dev-misbehaviour")]
mod misbehaviour;
mod network;
mod policy;
mod receipts;
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
