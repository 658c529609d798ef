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

/// The system's allocator keeps what a burst of work took; under load a node takes a third less memory
/// with this one (docs/faults.md).
#[cfg(target_os = "linux")]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// A string of C, which a static of Rust may not point to otherwise.
#[cfg(target_os = "linux")]
#[repr(transparent)]
struct Options(*const std::ffi::c_char);

// SAFETY: it points to a constant.
#[cfg(target_os = "linux")]
unsafe impl Sync for Options {}

/// What the allocator reads before `main`: what is freed goes back to the system after five seconds, by a
/// thread of its own, and few arenas keep little each.
#[cfg(target_os = "linux")]
#[used]
#[export_name = "malloc_conf"]
static OPTIONS: Options =
	Options(c"narenas:4,background_thread:true,dirty_decay_ms:5000,muzzy_decay_ms:0".as_ptr());

fn main() -> ExitCode {
	match command::run() {
		Ok(()) => ExitCode::SUCCESS,
		Err(error) => {
			eprintln!("Error: {error}");
			ExitCode::FAILURE
		},
	}
}
