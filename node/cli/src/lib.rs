//! The OPG Chain client: registers models, sends requests, and re-runs answers locally.

pub mod amount;
pub mod chain;
pub mod commands;
pub mod digits;
pub mod extrinsic;
pub mod keys;
pub mod local;
pub mod receipt;
pub mod rpc;
pub mod tensors;

use anyhow::Result;
use clap::{Parser, Subcommand};
use commands::{demo, engine, model, receipt as receipts, request, stake};

/// Command line of `opg`.
#[derive(Parser, Debug)]
#[command(name = "opg", version, about = "Client of OPG Chain")]
pub struct Cli {
	/// JSON-RPC address of a node (http:// or ws://, plain HTTP is spoken either way).
	#[arg(long, global = true, default_value = "http://127.0.0.1:9944")]
	pub url: String,
	/// What to do.
	#[command(subcommand)]
	pub command: Command,
}

/// The commands.
#[derive(Subcommand, Debug)]
pub enum Command {
	/// Register models, and declare that an executor runs them.
	#[command(subcommand)]
	Model(model::ModelCommand),
	/// Bond OPG as an executor.
	Bond(stake::Bond),
	/// Delegate OPG to an executor's pool.
	Delegate(stake::Delegate),
	/// Pay for an inference.
	Request(request::Send),
	/// Show where a request stands.
	Show(request::Show),
	/// Put a bond against an attested answer: a jury computes it again.
	Challenge(request::Challenge),
	/// Take OPG out of a pool; it can be withdrawn later.
	Undelegate(stake::Undelegate),
	/// Get what was taken out of a pool and has matured.
	Withdraw(stake::Withdraw),
	/// Re-run a request locally and compare the answer with the attested one.
	Rerun(request::Rerun),
	/// Write a receipt of a settled request: a proof that needs no node to check.
	Receipt(receipts::Write),
	/// Check a receipt and run its request again. Needs no node.
	Verify(receipts::Verify),
	/// Show the free and held balance of an account.
	Balance(stake::Balance),
	/// Prepare the local engine and print its id, which needs no node; or govern those of the chain.
	Engine(engine::Engine),
	/// Register a model, let executors serve it, send requests, check every answer.
	Demo(demo::Demo),
}

/// Run the chosen command.
pub fn run(cli: Cli) -> Result<()> {
	let connect = || chain::Chain::connect(&cli.url);
	match cli.command {
		Command::Model(command) => command.run(&connect()?),
		Command::Bond(command) => command.run(&connect()?),
		Command::Delegate(command) => command.run(&connect()?),
		Command::Request(command) => command.run(&connect()?),
		Command::Show(command) => command.run(&connect()?),
		Command::Challenge(command) => command.run(&connect()?),
		Command::Undelegate(command) => command.run(&connect()?),
		Command::Withdraw(command) => command.run(&connect()?),
		Command::Rerun(command) => command.run(&connect()?),
		Command::Receipt(command) => command.run(&connect()?),
		Command::Verify(command) => command.run(),
		Command::Balance(command) => command.run(&connect()?),
		Command::Engine(command) => command.run(connect),
		Command::Demo(command) => command.run(&connect()?),
	}
}
