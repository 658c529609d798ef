//! `opg-engine`: what the engine makes of a model, without a chain.

use anyhow::{bail, ensure, Context, Result};
use blake2::{digest::consts::U32, Blake2b, Digest};
use clap::{Parser, Subcommand};
use opg_engine::{
	engine_id,
	tensor::{self, Tensor},
	Dims, Engine, Limits, Run,
};
use opg_tensors::{
	image::{self, Format, Scaling},
	json, npy, proto, report,
};
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
		#[command(flatten)]
		inputs: Inputs,
		/// Where to write the answer: `.json`, `.opgt`, or for one tensor `.npy`, `.pb` or `.png`;
		/// else it is printed as JSON.
		#[arg(long)]
		output: Option<PathBuf>,
	},
	/// Tensors from one format to another; refused where a number would be rounded.
	Convert {
		#[command(flatten)]
		inputs: Inputs,
		/// Where to write them, as for `run`.
		#[arg(long)]
		output: PathBuf,
	},
}

#[derive(clap::Args)]
struct Inputs {
	/// Files: `.json` or `.opgt` (any number of tensors), `.npy`, `.pb`, `.png` or `.jpg` (one:
	/// `name=file.npy`).
	inputs: Vec<String>,
	/// Channels of pictures: 1 or 3.
	#[arg(long, default_value_t = 3)]
	channels: usize,
	/// Pictures as `[1, height, width, channels]`, not `[1, channels, height, width]`.
	#[arg(long)]
	interleaved: bool,
	/// Pictures as f32, `(pixel * scale - mean) / deviation`; without it as u8.
	#[arg(long)]
	scale: Option<f32>,
	/// Mean, for all channels or one for each.
	#[arg(long, value_delimiter = ',', default_value = "0")]
	mean: Vec<f32>,
	/// Deviation, for all channels or one for each.
	#[arg(long, value_delimiter = ',', default_value = "1")]
	deviation: Vec<f32>,
}

impl Inputs {
	fn load(&self) -> Result<Vec<Tensor>> {
		let mut tensors = Vec::new();
		for input in &self.inputs {
			tensors.extend(self.load_one(input).with_context(|| input.clone())?);
		}
		tensor::check(&tensors)?;
		Ok(tensors)
	}

	/// Tensors of a file, `name=file` or `file`.
	fn load_one(&self, argument: &str) -> Result<Vec<Tensor>> {
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
			"png" | "jpg" | "jpeg" => one(image::parse("", &bytes, &self.format())?),
			_ if name.is_some() => bail!("such a file names its tensors"),
			"json" => json::parse(&bytes),
			"opgt" => Ok(tensor::decode(&bytes)?),
			_ => bail!("an input is .json, .opgt, .npy, .pb, .png or .jpg"),
		}
	}

	fn format(&self) -> Format {
		let scaling = self.scale.map(|factor| Scaling {
			factor,
			mean: self.mean.clone(),
			deviation: self.deviation.clone(),
		});
		Format { channels: self.channels, interleaved: self.interleaved, scaling }
	}
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
		Limits {
			fuel: self.fuel,
			memory_bytes: self.memory << 20,
			max_output: 64 << 20,
			time: None,
		}
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
		Command::Convert { inputs, output } => {
			write(&inputs.load()?, &output, inputs.interleaved)?;
		},
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

fn run(model: &Model, inputs: &Inputs, output: Option<&Path>) -> Result<()> {
	let (file, input) = (read(&model.model)?, tensor::encode(&inputs.load()?));
	let engine = engine()?;
	let start = Instant::now();
	let run = engine.run_bound(&file, &model.dims()?, &input, &model.limits())?;
	eprintln!("fuel {}, {:.1} ms", run.fuel, start.elapsed().as_secs_f64() * 1e3);
	let answer = succeeded(run)?;
	eprintln!("digest {}", digest(&answer));
	let tensors = tensor::decode(&answer)?;
	match output {
		Some(file) => write(&tensors, file, inputs.interleaved)?,
		None => println!("{}", serde_json::to_string(&json::render(&tensors)?)?),
	}
	Ok(())
}

fn write(tensors: &[Tensor], file: &Path, interleaved: bool) -> Result<()> {
	let one = || match tensors {
		[tensor] => Ok(tensor),
		_ => bail!("such a file holds one tensor, there are {}", tensors.len()),
	};
	let bytes = match extension(file) {
		"opgt" => tensor::encode(tensors),
		"json" => serde_json::to_vec(&json::render(tensors)?)?,
		"npy" => npy::render(one()?)?,
		"pb" => proto::render(one()?)?,
		"png" => image::render_png(one()?, interleaved)?,
		_ => bail!("{}: write .json, .opgt, .npy, .pb or .png", file.display()),
	};
	fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))
}

/// The outcome of a run, or an error that says what is wrong.
fn succeeded<T>(run: Run<T>) -> Result<T> {
	match (run.outcome, run.reason) {
		(Ok(outcome), _) => Ok(outcome),
		(Err(fault), Some(reason)) => bail!("{fault} ({reason:?}): {}", run.message),
		(Err(fault), None) => bail!("{fault}: {}", run.message),
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
