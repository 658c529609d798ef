//! `opg`, the command-line client of OPG Chain: registers models, bonds stake, sends requests, and
//! computes their answers again on this machine.

mod amount;
mod by_name;
mod chain;
mod claims;
mod commands;
mod contents;
mod describe;
mod dispute;
mod download;
mod extrinsic;
mod failure;
mod fs;
mod keyfile;
mod keys;
mod keystore;
mod local;
#[cfg(test)]
mod metadata;
mod model_ref;
mod output;
mod receipt;
mod recompute;
mod reference;
mod rpc;
mod signals;
mod tensors;
mod text;
mod upload;
mod watching;

use anyhow::Result;
use clap::{Parser, Subcommand};
use commands::Session;
use failure::Code;
use keys::Unsigned;
use output::Output;
use rpc::Endpoint;
use serde_json::json;
use std::ffi::OsString;

/// Heading of the options that every command has.
const COMMON: &str = "Options of every command";

/// Command line of `opg`.
#[derive(Parser)]
#[command(
	name = "opg",
	version,
	about = "Client of OPG Chain",
	max_term_width = 100,
	after_long_help = exit_codes()
)]
pub struct Cli {
	/// JSON-RPC address of a node, ws:// or http://, or wss:// or https://.
	#[arg(
		long,
		global = true,
		value_name = "URL",
		env = "OPG_URL",
		hide_env_values = true,
		default_value = "ws://127.0.0.1:9944",
		help_heading = COMMON
	)]
	url: Endpoint,
	/// Print the result as JSON, with amounts in planck, and nothing else on the standard output. An
	/// error is one JSON object on the standard error.
	#[arg(long, global = true, help_heading = COMMON)]
	json: bool,
	#[command(subcommand)]
	command: Command,
}

#[derive(Subcommand)]
enum Command {
	/// Show the free and held OPG of an account, and its executor pool.
	Balance(commands::Balance),
	/// Hold a conversation with a model that generates text: each answer is bought and attested.
	Chat(commands::Chat),
	/// Have a model that generates text go on from a text, or answer one question.
	Complete(commands::Complete),
	/// Print what a shell needs to complete the commands of this program.
	Completions(commands::Completions),
	/// Run the demonstration: handwritten digits, read by a model on the chain.
	#[command(subcommand)]
	Demo(commands::DemoCommand),
	/// Show the engine of this program, and govern those of the chain.
	#[command(subcommand)]
	Engine(commands::EngineCommand),
	/// Run an executor: how it stands, its hot key, its slots.
	#[command(subcommand)]
	Executor(commands::ExecutorCommand),
	/// Answer over HTTP, for clients of Triton and OpenAI, and pay for them.
	Gateway(Box<commands::Gateway>),
	/// Make keys, and keep them on this machine, encrypted.
	#[command(subcommand)]
	Key(commands::KeyCommand),
	/// Write a manual page for each command.
	Man(commands::Man),
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

/// The exit codes, below the help.
fn exit_codes() -> String {
	let lines = Code::ALL.map(|code| format!("\n  {:>2}  {}", code as u8, code.describe()));
	format!("Exit codes:\n   0  done{}", lines.concat())
}

/// Runs the program with these arguments, the first of which is its name, and gives its exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> u8 {
	let arguments: Vec<_> = arguments.into_iter().collect();
	let is_json = arguments.iter().any(|argument| argument == "--json");
	let output = Output::new(is_json);
	let cli = match Cli::try_parse_from(arguments) {
		Ok(cli) => cli,
		Err(error) if is_json && error.use_stderr() => {
			let (code, message) = (Code::Usage, error.to_string());
			eprintln!(
				"{}",
				json!({
					"code": code as u8,
					"reason": code.name(),
					"chain_error": null,
					"message": message.trim_end(),
				})
			);
			return code as u8;
		},
		Err(error) => error.exit(),
	};
	let result = run(cli).or_else(|error| match error.downcast::<Unsigned>() {
		Ok(unsigned) => {
			unsigned.print(output);
			Ok(())
		},
		Err(error) => Err(error),
	});
	match result {
		Ok(()) => 0,
		Err(error) => {
			output.error(&error);
			failure::code(&error) as u8
		},
	}
}

/// Runs the chosen command.
///
/// # Errors
///
/// Those of the command. A call that somebody else signs is one too; [`main`] prints it as the result.
pub fn run(cli: Cli) -> Result<()> {
	let session = Session { endpoint: cli.url, output: Output::new(cli.json) };
	match cli.command {
		Command::Balance(command) => command.run(&session),
		Command::Chat(command) => command.run(&session),
		Command::Complete(command) => command.run(&session),
		Command::Completions(command) => {
			command.run();
			Ok(())
		},
		Command::Demo(command) => command.run(&session),
		Command::Engine(command) => command.run(&session),
		Command::Executor(command) => command.run(&session),
		Command::Gateway(command) => command.run(&session),
		Command::Key(command) => command.run(&session),
		Command::Man(command) => command.run(&session),
		Command::Model(command) => command.run(&session),
		Command::Receipt(command) => command.run(&session),
		Command::Recompute(command) => command.run(&session),
		Command::Request(command) => command.run(&session),
		Command::Stake(command) => command.run(&session),
		Command::Watch(command) => command.run(&session),
	}
}
