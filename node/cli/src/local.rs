//! The engine on this machine: it makes an answer checkable by anyone.

use crate::fs;
use anyhow::{anyhow, ensure, Context, Result};
use clap::Args;
use opg_execution::{printable, Execution, ExecutionError, Inspection, LocalEngine};
use opg_primitives::{
	serving::Report, Answer, Dims, Fuel, Task, VersionLimits, MAX_INPUT_BYTES, MAX_OUTPUT_BYTES,
};
use opg_runtime::constants::{CEILING_FUEL_LIMIT, CEILING_LOAD_FUEL, CEILING_MEMORY};
use opg_tensors::report::{encoded_bytes, Port};
use sp_core::H256;
use std::{
	path::{Path, PathBuf},
	time::Duration,
};

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

	/// The words of the option, as they are given again.
	pub fn words(&self) -> Vec<String> {
		let path = self.path().map(|path| path.display().to_string());
		path.map(|path| vec!["--engine".into(), path]).unwrap_or_default()
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

/// Memory limits that are suggested are multiples of this, in MiB.
const MEMORY_STEP: u32 = 16;

/// Inspects `model` within the limits of a version, and gives the report in short.
pub(crate) fn report(
	engine: &LocalEngine,
	model: &[u8],
	dims: &Dims,
	limits: &VersionLimits,
) -> Result<Report> {
	inspect(engine, model, dims, limits).map(|inspection| opg_execution::report(&inspection))
}

/// Limits for a version of `model`: twice the fuel that this machine measures within `most`, a quarter
/// more than the memory, and the bytes of its inputs and outputs. None is above `most`. Warns if a run on
/// zeros fails: then it tells little.
///
/// # Errors
///
/// The engine does not take the model, or its inputs or outputs are longer than `most` allows.
pub(crate) fn suggest_limits(
	engine: &LocalEngine,
	model: &[u8],
	dims: &Dims,
	most: &VersionLimits,
) -> Result<VersionLimits> {
	let inspection = inspect(engine, model, dims, most)?;
	if let Err(fault) = inspection.trial {
		eprintln!(
			"a run on zeros fails: {fault}. Its fuel and memory may be less than those of a request: \
			 give --fuel-limit and --memory"
		);
	}
	let Inspection { load_fuel, run_fuel, memory_bytes, description, .. } = inspection;
	let mebibytes = u32::try_from(memory_bytes.div_ceil(1 << 20)).unwrap_or(u32::MAX);
	let memory = mebibytes.saturating_add(mebibytes / 4);
	let (input, output) = (&description.inputs, &description.outputs);
	Ok(VersionLimits {
		fuel: run_fuel.saturating_mul(2).clamp(1, most.fuel),
		load_fuel: load_fuel.saturating_mul(2).clamp(1, most.load_fuel),
		memory: memory.div_ceil(MEMORY_STEP).saturating_mul(MEMORY_STEP).clamp(1, most.memory),
		input_bytes: content_bytes("input", input, MAX_INPUT_BYTES, most.input_bytes)?,
		output_bytes: content_bytes("output", output, MAX_OUTPUT_BYTES, most.output_bytes)?,
	})
}

/// Limit for tensors of these ports: what they take encoded, at least `least`.
fn content_bytes(what: &str, ports: &[Port], least: u32, most: u32) -> Result<u32> {
	let needed = encoded_bytes(ports);
	let fitting = needed.and_then(|bytes| u32::try_from(bytes).ok()).filter(|bytes| *bytes <= most);
	fitting.map(|bytes| bytes.max(least)).with_context(|| {
		format!(
			"an {what} of this model has {} bytes encoded, and the chain takes {most} at most: bind \
			 smaller dimensions with --dim, or make it shorter with `opg-engine fix` (--u8, --keep, \
			 --argmax, --top, --pool)",
			needed.map_or("2^64 or more".into(), |bytes| bytes.to_string())
		)
	})
}

/// Inputs of `model`, as the engine finds them within the limits of a version.
pub(crate) fn inputs(
	engine: &LocalEngine,
	model: &[u8],
	dims: &Dims,
	limits: &VersionLimits,
) -> Result<Vec<Port>> {
	inspect(engine, model, dims, limits).map(|inspection| inspection.description.inputs)
}

/// Inputs and outputs of `model`, in the same way.
pub(crate) fn ports(
	engine: &LocalEngine,
	model: &[u8],
	dims: &Dims,
	limits: &VersionLimits,
) -> Result<(Vec<Port>, Vec<Port>)> {
	let description = inspect(engine, model, dims, limits)?.description;
	Ok((description.inputs, description.outputs))
}

fn inspect(
	engine: &LocalEngine,
	model: &[u8],
	dims: &Dims,
	limits: &VersionLimits,
) -> Result<Inspection> {
	let run = engine.inspect(model, dims, limits).map_err(explain)?;
	run.outcome.map_err(|fault| {
		anyhow!("the engine does not take this model: {fault}: {}", printable(&run.message))
	})
}

/// Computes a task on the model in the file `model`. Prints why, if the model gives no output.
pub(crate) fn execute(engine: &LocalEngine, task: &Task, model: &[u8]) -> Result<Answer> {
	engine.execute(model, task).map(said).map_err(explain)
}

fn said(execution: Execution) -> Answer {
	if !execution.message.is_empty() {
		eprintln!("the model gives no output: {}", execution.message);
	}
	execution.answer
}

/// What a run may take whose model, engine and limits somebody else chose.
#[derive(Args, Clone, Debug)]
pub(crate) struct Bounds {
	/// Most fuel that the version may allow for a run, and as much for loading.
	#[arg(long, default_value_t = CEILING_FUEL_LIMIT.max(CEILING_LOAD_FUEL))]
	fuel: Fuel,
	/// Most memory that the version may allow, in MiB.
	#[arg(long, value_name = "MIB", default_value_t = CEILING_MEMORY)]
	memory: u32,
	/// Most time for loading and running, in seconds.
	#[arg(long, value_name = "SECONDS", default_value_t = 600)]
	time: u64,
}

impl Bounds {
	/// Computes a task on the model in the file `model`, if its limits are within these bounds. Prints
	/// why, if the model gives no output.
	pub fn execute(&self, engine: &LocalEngine, task: &Task, model: &[u8]) -> Result<Answer> {
		self.check(&task.limits)?;
		let time = Duration::from_secs(self.time);
		let execution = engine.execute_within(model, task, time);
		execution.map(said).map_err(|error| match error.timed_out() {
			Some(_) => {
				anyhow!("{error}, which says nothing about the answer: give a longer --time")
			},
			None => explain(error),
		})
	}

	fn check(&self, limits: &VersionLimits) -> Result<()> {
		let VersionLimits { fuel, load_fuel, memory, .. } = *limits;
		let most = fuel.max(load_fuel);
		ensure!(
			most <= self.fuel && memory <= self.memory,
			"the version allows {fuel} fuel for a run, {load_fuel} for loading, and {memory} MiB, which is \
			 more than you do: --fuel {} --memory {}. If you trust it, give --fuel {most} --memory {memory}",
			self.fuel,
			self.memory
		);
		Ok(())
	}
}

fn explain(error: ExecutionError) -> anyhow::Error {
	let help = match &error {
		ExecutionError::WrongModel { .. } => "give the file that was registered",
		ExecutionError::WrongEngine { .. } => {
			"get the engine's file from a node or a release that has it (`opg-node engines export`), \
			 and give it as --engine"
		},
		ExecutionError::InputElsewhere(_)
		| ExecutionError::WrongInput { .. }
		| ExecutionError::Dims(_)
		| ExecutionError::Engine(_) => return error.into(),
	};
	anyhow!("{error}: {help}")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn limits_should_be_refused_when_one_is_above_its_bound() {
		let bounds = Bounds { fuel: 10, memory: 20, time: 1 };
		for (fuel, load_fuel, memory, refused) in
			[(10, 10, 20, false), (11, 1, 1, true), (1, 11, 1, true), (1, 1, 21, true)]
		{
			let limits = VersionLimits::inline(fuel, load_fuel, memory);
			assert_eq!(bounds.check(&limits).is_err(), refused, "{limits:?}");
		}
	}

	#[test]
	fn content_limit_should_be_what_the_tensors_take_and_no_less_than_the_chain_carries() {
		let port = |elements| {
			let (name, dtype) = ("x".into(), opg_engine_types::tensor::DType::F32);
			[Port { name, dtype, shape: vec![1, elements] }]
		};
		let limit = |elements| content_bytes("input", &port(elements), 16 << 10, 64 << 20);
		assert_eq!(limit(1).unwrap(), 16 << 10);
		// Magic, version and count, then name, type, rank, two sizes and the length of the data.
		let overhead = 6 + 2 + 1 + 2 + 16 + 4;
		assert_eq!(limit(100_000).unwrap(), 400_000 + overhead);
		assert_eq!(limit((16 << 20) - 8).unwrap(), (64 << 20) - 32 + overhead);
		for elements in [16 << 20, 1 << 31, u64::MAX] {
			let error = limit(elements).unwrap_err().to_string();
			assert!(error.contains("67108864 at most") && error.contains("--dim"), "{error}");
		}
	}
}
