//! `opg-engine`: what the engine makes of a model, without a chain.

use anyhow::{bail, ensure, Context, Result};
use blake2::{digest::consts::U32, Blake2b, Digest};
use clap::{Parser, Subcommand};
use opg_engine::{
	engine_id,
	tensor::{self, Tensor},
	Dims, Engine, Limits, Run,
};
use opg_tensors::{json, npy, proto, report};
use std::{
	env, fs,
	path::{Path, PathBuf},
	time::Instant,
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
	/// A file's name on the chain: BLAKE2b-256.
	Digest {
		/// Any file.
		file: PathBuf,
	},
	/// What executors attest to when they admit a model: inputs, outputs, operators, fuel, memory.
	Inspect {
		#[command(flatten)]
		model: Model,
	},
	/// The answer to one input, as executors would give it.
	Run {
		#[command(flatten)]
		model: Model,
		/// Inputs: `.json` or `.opgt` (all of them), `.npy` or `.pb` (one; `name=file.npy`).
		inputs: Vec<String>,
		/// Where to write the answer: `.json` or `.opgt`; else it is printed as JSON.
		#[arg(long)]
		output: Option<PathBuf>,
	},
}

#[derive(clap::Args)]
struct Model {
	/// The ONNX file.
	model: PathBuf,
	/// Size of a symbolic dimension, as in `--dim batch=1`.
	#[arg(long = "dim", value_name = "NAME=SIZE")]
	dims: Vec<String>,
	/// Most fuel.
	#[arg(long, default_value_t = 1_000_000_000_000)]
	fuel: u64,
	/// Most memory, in MiB.
	#[arg(long, default_value_t = 512)]
	memory: usize,
}

impl Model {
	fn limits(&self) -> Limits {
		Limits { fuel: self.fuel, memory_bytes: self.memory << 20, max_output: 64 << 20 }
	}

	fn dims(&self) -> Result<Dims> {
		let mut dims = Dims::default();
		for binding in &self.dims {
			let (name, size) = binding.split_once('=').context("--dim takes NAME=SIZE")?;
			dims.bind(name, size.parse()?)?;
		}
		Ok(dims)
	}
}

fn main() -> Result<()> {
	match Cli::parse().command {
		Command::Id => println!("{}", hex::encode(engine_id())),
		Command::Digest { file } => println!("{}", digest(&read(&file)?)),
		Command::Inspect { model } => inspect(&model)?,
		Command::Run { model, inputs, output } => run(&model, &inputs, output.as_deref())?,
	}
	Ok(())
}

fn inspect(model: &Model) -> Result<()> {
	let run = engine()?.inspect(&read(&model.model)?, &model.dims()?, &model.limits())?;
	let inspection = succeeded(run)?;
	let mut value = report::render(&inspection);
	value["digest"] = digest(&inspection.encode()).into();
	println!("{}", serde_json::to_string_pretty(&value)?);
	Ok(())
}

fn run(model: &Model, inputs: &[String], output: Option<&Path>) -> Result<()> {
	let mut tensors = Vec::new();
	for input in inputs {
		tensors.extend(load(input).with_context(|| input.clone())?);
	}
	tensor::check(&tensors)?;
	let (file, input) = (read(&model.model)?, tensor::encode(&tensors));
	let engine = engine()?;
	let start = Instant::now();
	let run = engine.run_bound(&file, &model.dims()?, &input, &model.limits())?;
	eprintln!("fuel {}, {:.1} ms", run.fuel, start.elapsed().as_secs_f64() * 1e3);
	let answer = succeeded(run)?;
	eprintln!("digest {}", digest(&answer));
	match output {
		Some(file) if extension(file) == "opgt" => fs::write(file, &answer)?,
		Some(file) if extension(file) == "json" => fs::write(file, render(&answer)?)?,
		Some(file) => bail!("{}: an answer is .json or .opgt", file.display()),
		None => println!("{}", render(&answer)?),
	}
	Ok(())
}

/// The outcome of a run, or an error that says what is wrong.
fn succeeded<T>(run: Run<T>) -> Result<T> {
	match (run.outcome, run.reason) {
		(Ok(outcome), _) => Ok(outcome),
		(Err(fault), Some(reason)) => bail!("{fault} ({reason:?}): {}", run.message),
		(Err(fault), None) => bail!("{fault}: {}", run.message),
	}
}

fn render(answer: &[u8]) -> Result<String> {
	Ok(serde_json::to_string(&json::render(&tensor::decode(answer)?)?)?)
}

/// Tensors of a file, `name=file` or `file`.
fn load(argument: &str) -> Result<Vec<Tensor>> {
	let (name, file) = match argument.split_once('=') {
		Some((name, file)) => (Some(name), Path::new(file)),
		None => (None, Path::new(argument)),
	};
	let bytes = read(file)?;
	let one = |tensor: Tensor| -> Result<Vec<Tensor>> {
		let name = name.map_or(tensor.name, str::to_owned);
		ensure!(!name.is_empty(), "which input is it? Write name={argument}");
		Ok(vec![Tensor { name, ..tensor }])
	};
	match extension(file) {
		"npy" => one(npy::parse("", &bytes)?),
		"pb" => one(proto::parse(&bytes)?),
		_ if name.is_some() => bail!("such a file names its tensors"),
		"json" => json::parse(&bytes),
		"opgt" => Ok(tensor::decode(&bytes)?),
		_ => bail!("an input is .json, .opgt, .npy or .pb"),
	}
}

fn extension(file: &Path) -> &str {
	file.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn engine() -> Result<Engine> {
	let cache = env::var_os("OPG_ENGINE_CACHE").map(PathBuf::from);
	let home = || Some(PathBuf::from(env::var_os("HOME")?).join(".cache/opg-chain/engine"));
	Ok(Engine::new(cache.or_else(home).as_deref())?)
}

fn digest(bytes: &[u8]) -> String {
	hex::encode(Blake2b::<U32>::digest(bytes))
}

fn read(file: &Path) -> Result<Vec<u8>> {
	fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}
