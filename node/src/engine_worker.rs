//! The engine process of a node: `opg-node engine-worker`.

use opg_worker::EngineProgram;
use std::io;

/// Name of the subcommand.
pub const NAME: &str = "engine-worker";

/// This program, as an engine process.
///
/// # Errors
///
/// The system does not tell which program this is.
pub fn program() -> io::Result<EngineProgram> {
	EngineProgram::this(&[NAME])
}

/// Runs as an engine process until the node that started it ends.
pub fn run() -> sc_cli::Result<()> {
	Ok(opg_worker::serve()?)
}
