//! `opg-engine`: runs and inspects models as executors do, without a chain.

mod advice;
mod generate;
mod inputs;
mod output;

use anyhow::{bail, Context, Result};
use clap::{Parser, Subcommand};
use inputs::Inputs;
use opg_engine::{
	content_hash, default_cache_dir, engine_id, tensor, Dim, Dims, Engine, EngineConfig, Limits,
	Run, PINNED_ENGINE_ID,
};
use opg_tensors::{json, report};
use output::OutputFile;
use std::{
	fs,
	path::{Path, PathBuf},
	time::{Duration, Instant},
};

/// The engine of OPG Chain, for model authors.
#[derive(Parser)]
#[command(name = "opg-engine", version)]
struct Cli {
	#[command(subcommand)]
	command: Command,
}

#[derive(Subcommand)]
enum Command {
	/// The engine's id, which a model version names.
	Id,
	/// A file's name on the chain: BLAKE3-256, as `b3sum` prints it.
	Hash {
		/// Any file.
		file: PathBuf,
	},
	/// A model's inputs, outputs, operators, fuel and memory, with the digest of this report.
	///
	/// The chain allows what the version allows, so its digest can be another:
	/// executors that serve the model attest to the one that `opg model register` prints. What does not
	/// fit a chain's limits, or hardly does, is noted.
	Inspect {
		#[command(flatten)]
		model: Model,
	},
	/// The answer to one input, as executors would give it.
	Run {
		#[command(flatten)]
		model: Model,
		#[command(flatten)]
		inputs: Inputs,
		/// File for the answer: `.json`, `.opgt`, or for one tensor `.npy`, `.pb` or `.png`.
		/// Without it the answer is printed as JSON.
		#[arg(long)]
		output: Option<OutputFile>,
		/// Load the model once, run it so many times more, and say how long one run takes.
		#[arg(long, value_name = "RUNS", default_value_t = 0)]
		repeat: u32,
	},
	/// Tokens after a prompt of tokens, by a model that generates text.
	///
	/// Prints the new ones, with commas between them.
	Generate(generate::Generate),
	/// Changes a model so that it fits: its dimensions, inputs, weights and outputs.
	///
	/// Changes are made in the order of the options below, and each option can be given many times. Says
	/// what it changed, and what the model takes and gives afterwards.
	Fix(opg_engine_fix::Fix),
	/// Tensors from one format to another; refused where a number would be rounded.
	Convert {
		#[command(flatten)]
		inputs: Inputs,
		/// File for them, as for `run`.
		#[arg(long)]
		output: OutputFile,
	},
}

#[derive(clap::Args)]
struct Model {
	/// The ONNX file.
	model: PathBuf,
	/// Size of a dimension that the file leaves open, by its name or by input and axis, counted from
	/// 0: `--dim batch=1`, `--dim x:2=48`.
	#[arg(long = "dim", value_name = "NAME=SIZE")]
	dims: Vec<Dim>,
	/// Most fuel for a run.
	#[arg(long, default_value_t = MAX_FUEL)]
	fuel: u64,
	/// Most fuel for loading.
	#[arg(long, value_name = "FUEL", default_value_t = MAX_FUEL)]
	load_fuel: u64,
	/// Most memory, in MiB; at most 4095 count.
	#[arg(
		long, value_name = "MIB", default_value_t = 3072,
		value_parser = clap::value_parser!(u32).range(1..=4096)
	)]
	memory: u32,
	/// Most time for loading, and as much for a run, in seconds.
	#[arg(long, value_name = "SECONDS", default_value_t = 600)]
	time: u64,
}

/// Most fuel, unless more is asked for: twice what a chain allows by default.
const MAX_FUEL: u64 = 40_000_000_000;

impl Model {
	fn limits(&self) -> Limits {
		Limits {
			fuel: self.fuel,
			load_fuel: self.load_fuel,
			memory_bytes: (self.memory as usize) << 20,
			max_output: 64 << 20,
			time: Some(Duration::from_secs(self.time)),
		}
	}

	fn dims(&self) -> Result<Dims> {
		Ok(self.dims.clone().try_into()?)
	}
}

fn main() -> Result<()> {
	// A reader that has seen enough, such as `head`, ends the program; by default it would panic.
	#[cfg(unix)]
	// SAFETY: no other thread runs yet, and nothing here waits for this signal.
	unsafe {
		libc::signal(libc::SIGPIPE, libc::SIG_DFL);
	}
	match Cli::parse().command {
		Command::Id => {
			println!("{}", hex::encode(engine_id()));
			if engine_id() != PINNED_ENGINE_ID {
				eprintln!("note: this tree pins another engine, {}", hex::encode(PINNED_ENGINE_ID));
			}
			Ok(())
		},
		Command::Hash { file } => {
			println!("{}", hex::encode(content_hash(&read(&file)?)));
			Ok(())
		},
		Command::Inspect { model } => inspect(&model),
		Command::Run { model, inputs, output, repeat } => {
			run(&model, &inputs, output.as_ref(), repeat)
		},
		Command::Generate(generate) => generate.run(),
		Command::Fix(fix) => {
			print!("{}", opg_engine_fix::run(&fix)?);
			Ok(())
		},
		Command::Convert { inputs, output } => output.write(&inputs.load(None)?, inputs.layout()),
	}
}

fn inspect(model: &Model) -> Result<()> {
	let file = read(&model.model)?;
	let run = engine(1)?.inspect(&file, &model.dims()?, &model.limits())?;
	let inspection = succeeded(run)?;
	note(&advice::of_model(&file, &inspection));
	let mut value = report::render(&inspection);
	value["digest"] = digest(&inspection.encode()).into();
	println!("{}", serde_json::to_string_pretty(&value)?);
	Ok(())
}

fn run(model: &Model, inputs: &Inputs, output: Option<&OutputFile>, repeat: u32) -> Result<()> {
	let (file, engine) = (read(&model.model)?, engine(1)?);
	let ports = match inputs.has_bytes() {
		true => Some(
			succeeded(engine.inspect(&file, &model.dims()?, &model.limits())?)?.description.inputs,
		),
		false => None,
	};
	let input = tensor::encode(&inputs.load(ports.as_deref())?);
	let start = Instant::now();
	let millis = || start.elapsed().as_secs_f64() * 1e3;
	let prepared = succeeded(engine.prepare(&file, &model.dims()?, &model.limits())?)?;
	let (load_fuel, load_millis) = (prepared.load_fuel(), millis());
	let run = engine.run_prepared(&prepared, &input, &model.limits())?;
	let run_fuel = run.fuel;
	eprintln!(
		"fuel {run_fuel}, {:.1} ms with loading, which took {load_fuel} fuel and {load_millis:.1} ms",
		millis()
	);
	let answer = succeeded(run)?;
	eprintln!("digest {}", digest(&answer));
	note(&advice::of_run(load_fuel, run_fuel, &input, &answer));
	if repeat > 0 {
		let start = Instant::now();
		for _ in 0..repeat {
			succeeded(engine.run_prepared(&prepared, &input, &model.limits())?)?;
		}
		let millis = start.elapsed().as_secs_f64() * 1e3 / f64::from(repeat);
		eprintln!("{millis:.3} ms for a run of the loaded model, {repeat} times");
	}
	let tensors = tensor::decode(&answer)?;
	match output {
		Some(file) => file.write(&tensors, inputs.layout()),
		None => {
			println!("{}", serde_json::to_string(&json::render(&tensors)?)?);
			Ok(())
		},
	}
}

fn note(advice: &[String]) {
	advice.iter().for_each(|line| eprintln!("note: {line}"));
}

/// The outcome of a run, or the fault as an error.
fn succeeded<T>(run: Run<T>) -> Result<T> {
	match (run.outcome, run.reason) {
		(Ok(outcome), _) => Ok(outcome),
		(Err(fault), Some(reason)) => bail!("{fault} ({reason:?}): {}", printable(&run.message)),
		(Err(fault), None) => bail!("{fault}: {}", printable(&run.message)),
	}
}

/// Text of a model for a terminal: without control characters, and not too long.
fn printable(text: &str) -> String {
	const MAX_PRINTED: usize = 500;
	let mut out = String::new();
	for (count, character) in text.chars().enumerate() {
		if count == MAX_PRINTED {
			out.push('…');
			break;
		}
		match character {
			'"' | '\'' => out.push(character),
			other => out.extend(other.escape_debug()),
		}
	}
	out
}

/// The engine, with so many threads for a run.
fn engine(threads: usize) -> Result<Engine> {
	let cache = default_cache_dir();
	let config = EngineConfig { cache: cache.as_deref(), threads, ..EngineConfig::default() };
	Ok(Engine::with(config)?)
}

fn digest(bytes: &[u8]) -> String {
	hex::encode(opg_engine::digest(bytes))
}

fn read(file: &Path) -> Result<Vec<u8>> {
	fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

#[cfg(test)]
mod tests {
	#![allow(clippy::unwrap_used)]

	use super::*;

	fn dims(arguments: &[&str]) -> Result<Dims> {
		let line = ["opg-engine", "inspect", "m.onnx"].iter().chain(arguments);
		match Cli::try_parse_from(line)?.command {
			Command::Inspect { model } => model.dims(),
			_ => bail!("another command"),
		}
	}

	#[test]
	fn dimensions_should_be_given_by_name_and_by_place() {
		let dims = dims(&["--dim", "batch=1", "--dim", "x:2=48"]).unwrap();
		assert_eq!(dims.iter().collect::<Vec<_>>(), [("batch", 1), ("x:2", 48)]);
	}

	#[test]
	fn dimensions_should_be_refused_with_the_cause_when_they_are_not_of_their_form() {
		for (arguments, cause) in [
			(&["--dim", "x:2"][..], "NAME=SIZE or INPUT:AXIS=SIZE"),
			(&["--dim", "x:2=-1"], "NAME=SIZE"),
			(&["--dim", "x:2=1", "--dim", "x:2=2"], "bound twice"),
		] {
			let error = dims(arguments).unwrap_err().to_string();
			assert!(error.contains(cause), "{arguments:?}: {error}");
		}
	}
}
