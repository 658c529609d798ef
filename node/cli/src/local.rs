//! The engine on this machine: it makes an answer checkable by anyone.

use crate::fs;
use anyhow::{anyhow, bail, Context, Result};
use clap::Args;
use opg_execution::{printable, report_hash, ExecutionError, LocalEngine};
use opg_primitives::{Answer, Dims, Fuel, Task};
use sp_core::H256;
use std::path::{Path, PathBuf};

/// Choice of an engine.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct EngineArg {
	/// The engine's file, if the model names another than the one in this program.
	#[arg(long, value_name = "FILE")]
	engine: Option<PathBuf>,
}

impl EngineArg {
	/// The engine in this file.
	pub fn file(path: PathBuf) -> Self {
		Self { engine: Some(path) }
	}

	/// The engine's file, if it is not the one in this program.
	pub fn path(&self) -> Option<&Path> {
		self.engine.as_deref()
	}

	/// Loads the engine. It is compiled the first time, which takes up to a minute.
	pub fn load(&self) -> Result<LocalEngine> {
		self.load_from(opg_execution::default_cache_dir().as_deref())
	}

	/// Loads the engine from a copy that was compiled apart, so that a damaged file cannot give the
	/// same wrong answer twice.
	pub fn load_cold(&self) -> Result<LocalEngine> {
		let cache = opg_execution::default_cache_dir().map(|folder| folder.join("cold"));
		self.load_from(cache.as_deref())
	}

	fn load_from(&self, cache: Option<&Path>) -> Result<LocalEngine> {
		if let Some(folder) = cache {
			std::fs::create_dir_all(folder)
				.with_context(|| format!("cannot create {}", folder.display()))?;
		}
		match &self.engine {
			None => LocalEngine::built_in(cache).context("the engine of this program fails here"),
			Some(path) => LocalEngine::from_file(&fs::read(path)?, cache)
				.with_context(|| format!("{} does not load as an engine", path.display())),
		}
	}
}

/// Fails, with what to do, unless `engine` is the one that the chain names.
pub(crate) fn check_engine(engine: &LocalEngine, engine_id: H256) -> Result<()> {
	engine.check_id(engine_id).map_err(explain)
}

/// Inspects `model` within the limits of a version, and gives the digest of the report.
pub(crate) fn report(
	engine: &LocalEngine,
	model: &[u8],
	dims: &Dims,
	fuel_limit: Fuel,
) -> Result<H256> {
	let run = engine.inspect(model, dims, fuel_limit).map_err(explain)?;
	match run.outcome {
		Ok(inspection) => Ok(report_hash(&inspection)),
		Err(fault) => {
			bail!("the engine does not take this model: {fault}: {}", printable(&run.message))
		},
	}
}

/// Computes a task on the model in the file `model`. Prints why, if the model gives no output.
pub(crate) fn execute(engine: &LocalEngine, task: &Task, model: &[u8]) -> Result<Answer> {
	let execution = engine.execute(model, task).map_err(explain)?;
	if !execution.message.is_empty() {
		eprintln!("the model gives no output: {}", execution.message);
	}
	Ok(execution.answer)
}

fn explain(error: ExecutionError) -> anyhow::Error {
	let help = match &error {
		ExecutionError::WrongModel { .. } => "give the file that was registered",
		ExecutionError::WrongEngine { .. } => {
			"get the engine's file from a node or a release that has it (`opg-node engines export`), \
			 and give it as --engine"
		},
		ExecutionError::Dims(_) | ExecutionError::Engine(_) => return error.into(),
	};
	anyhow!("{error}: {help}")
}
