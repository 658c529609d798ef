//! `opg`, the command-line client of OPG Chain: registers models, bonds stake, sends requests, and
//! computes their answers again on this machine.

mod amount;
mod chain;
mod claims;
mod commands;
mod contents;
mod describe;
mod dispute;
mod download;
mod extrinsic;
mod fs;
mod keys;
mod local;
mod model_ref;
mod output;
mod receipt;
mod recompute;
mod rpc;
mod signals;
mod tensors;
mod upload;
mod watching;

use anyhow::Result;
use clap::{Parser, Subcommand};
use commands::Session;
use output::Output;
use rpc::Endpoint;

/// Heading of the options that every command has.
const COMMON: &str = "Options of every command";

/// Command line of `opg`.
#[derive(Parser)]
#[command(name = "opg", version, about = "Client of OPG Chain", max_term_width = 100)]
pub struct Cli {
	/// JSON-RPC address of a node, ws:// or http://.
	#[arg(
		long,
		global = true,
		value_name = "URL",
		default_value = "ws://127.0.0.1:9944",
		help_heading = COMMON
	)]
	url: Endpoint,
	/// Print the result as JSON, with amounts in planck, and nothing else on the standard output.
	#[arg(long, global = true, help_heading = COMMON)]
	json: bool,
	#[command(subcommand)]
	command: Command,
}

#[derive(Subcommand)]
enum Command {
	/// Show the free and held OPG of an account, and its executor pool.
	Balance(commands::Balance),
	/// Run the demonstration: handwritten digits, read by a model on the chain.
	#[command(subcommand)]
	Demo(commands::DemoCommand),
	/// Show the engine of this program, and govern those of the chain.
	#[command(subcommand)]
	Engine(commands::EngineCommand),
	/// Register models, find them, and declare that an executor serves them.
	#[command(subcommand)]
	Model(commands::ModelCommand),
	/// Write and check receipts: proofs of an answer that need no node.
	#[command(subcommand)]
	Receipt(commands::ReceiptCommand),
	/// Compute a task from the standard input. Other commands start it as a process of its own.
	#[command(hide = true)]
	Recompute(recompute::Recompute),
	/// Pay for an inference, follow it, check it, challenge it.
	#[command(subcommand)]
	Request(commands::RequestCommand),
	/// Stake OPG on executors, and take it out again.
	#[command(subcommand)]
	Stake(commands::StakeCommand),
	/// Compute attested answers again, and challenge those that are wrong, until it is stopped.
	Watch(commands::Watch),
}

/// Runs the chosen command.
pub fn run(cli: Cli) -> Result<()> {
	let session = Session { endpoint: cli.url, output: Output::new(cli.json) };
	match cli.command {
		Command::Balance(command) => command.run(&session),
		Command::Demo(command) => command.run(&session),
		Command::Engine(command) => command.run(&session),
		Command::Model(command) => command.run(&session),
		Command::Receipt(command) => command.run(&session),
		Command::Recompute(command) => command.run(&session),
		Command::Request(command) => command.run(&session),
		Command::Stake(command) => command.run(&session),
		Command::Watch(command) => command.run(&session),
	}
}

/// Exit code of a program that ends with this error: 3 if a challenge was lost, otherwise 1.
pub fn exit_code(error: &anyhow::Error) -> u8 {
	if error.is::<commands::ChallengeLost>() {
		3
	} else {
		1
	}
}
