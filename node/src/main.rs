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
mod metadata_hash;
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

/// Arenas of the allocator. glibc has up to eight for each core, and what is freed in one serves no
/// other: under load a node takes a third less memory with two (docs/faults.md).
#[cfg(target_env = "gnu")]
const ARENAS: libc::c_int = 2;

fn main() -> ExitCode {
	#[cfg(target_env = "gnu")]
	// SAFETY: it sets a number of the allocator, before there is another thread.
	unsafe {
		libc::mallopt(libc::M_ARENA_MAX, ARENAS);
	}
	match command::run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("Error: {error}");
			ExitCode::FAILURE
		},
	}
}
