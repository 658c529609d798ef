//! The OPG Chain node.

mod chain_spec;
mod cli;
mod command;
mod models;
mod offchain;
mod rpc;
mod service;

fn main() -> sc_cli::Result<()> {
	command::run()
}
