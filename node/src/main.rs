//! The OPG Chain node.

// The error types are Substrate's.
#![allow(clippy::result_large_err)]

mod chain_spec;
mod cli;
mod command;
mod files;
mod offchain;
mod rpc;
mod service;

fn main() -> sc_cli::Result<()> {
	command::run()
}
