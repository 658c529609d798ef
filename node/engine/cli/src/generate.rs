//! `opg-engine generate`: tokens after a prompt of tokens.

use crate::{digest, engine, note, read, succeeded, Model};
use anyhow::{bail, Context, Result};
use opg_engine::{
	tensor::{self, DType, Tensor},
	Generation,
};
use std::time::Instant;

/// A prompt and how it goes on.
#[derive(clap::Args)]
pub struct Generate {
	#[command(flatten)]
	model: Model,
	/// Token ids of the prompt, with commas between them.
	#[arg(long, value_name = "IDS", value_delimiter = ',', required = true)]
	prompt_tokens: Vec<i64>,
	/// Most tokens to generate; as many as the context has room for, if not given.
	#[arg(long, value_name = "TOKENS")]
	max_new_tokens: Option<i64>,
	/// 0 takes the most probable token always.
	#[arg(long, default_value_t = 0.0)]
	temperature: f32,
	/// Only so many most probable tokens; 0 takes all.
	#[arg(long, default_value_t = 0)]
	top_k: i64,
	/// Only the most probable tokens that make up so much; 1 takes all.
	#[arg(long, default_value_t = 1.0)]
	top_p: f32,
	/// Seed of the pseudo-random numbers.
	#[arg(long, default_value_t = 0, allow_negative_numbers = true)]
	seed: i64,
	/// Threads of the run. The tokens are the same with any number.
	#[arg(long, default_value_t = 1)]
	threads: usize,
	/// Run it so many times more, and say how long the shortest of these runs takes.
	#[arg(long, value_name = "RUNS", default_value_t = 0)]
	repeat: u32,
}

impl Generate {
	/// Prints the new tokens; says what they took.
	pub fn run(&self) -> Result<()> {
		let (file, engine) = (read(&self.model.model)?, engine(self.threads)?);
		let (dims, limits) = (self.model.dims()?, self.model.limits());
		let description = succeeded(engine.describe(&file, &dims, &limits)?)?;
		let generation = description
			.generation
			.context("the model is no generator: its file has no `opg.generate`")?;
		let input = self.input(&generation)?;
		let start = Instant::now();
		let prepared = succeeded(engine.prepare(&file, &dims, &limits)?)?;
		let loading = start.elapsed().as_secs_f64() * 1e3;
		let start = Instant::now();
		let run = engine.run_prepared(&prepared, &input, &limits)?;
		let (fuel, seconds) = (run.fuel, start.elapsed().as_secs_f64());
		let answer = succeeded(run)?;
		let tokens = tokens(&answer)?;
		let load_fuel = prepared.load_fuel();
		eprintln!("loading took {load_fuel} fuel and {loading:.1} ms");
		eprintln!(
			"{} tokens for {fuel} fuel in {:.1} ms: {:.2} tokens a second, with reading the prompt",
			tokens.len(),
			seconds * 1e3,
			tokens.len() as f64 / seconds
		);
		eprintln!("digest {}", digest(&answer));
		note(&crate::advice::of_run(load_fuel, fuel, &input, &answer));
		let mut shortest = f64::INFINITY;
		for _ in 0..self.repeat {
			let start = Instant::now();
			succeeded(engine.run_prepared(&prepared, &input, &limits)?)?;
			shortest = shortest.min(start.elapsed().as_secs_f64() * 1e3);
		}
		if self.repeat > 0 {
			eprintln!("{shortest:.3} ms for the shortest of {} more runs", self.repeat);
		}
		println!("{}", tokens.iter().map(i64::to_string).collect::<Vec<_>>().join(","));
		Ok(())
	}

	/// The encoded input.
	fn input(&self, generation: &Generation) -> Result<Vec<u8>> {
		let context = usize::try_from(generation.context)?;
		let Some(room) = context.checked_sub(self.prompt_tokens.len()) else {
			bail!("{} tokens are more than the context of {context}", self.prompt_tokens.len());
		};
		let mut prompt = self.prompt_tokens.clone();
		prompt.resize(context, -1);
		let new = self.max_new_tokens.unwrap_or(room as i64);
		let integers = |name: &str, shape: &[u64], values: &[i64]| Tensor {
			name: name.into(),
			dtype: DType::I64,
			shape: shape.into(),
			data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
		};
		let float = |name: &str, value: f32| Tensor {
			name: name.into(),
			dtype: DType::F32,
			shape: vec![1],
			data: value.to_le_bytes().into(),
		};
		Ok(tensor::encode(&[
			integers("prompt", &[1, generation.context], &prompt),
			integers("max_new_tokens", &[1], &[new]),
			float("temperature", self.temperature),
			integers("top_k", &[1], &[self.top_k]),
			float("top_p", self.top_p),
			integers("seed", &[1], &[self.seed]),
		]))
	}
}

/// The tokens of an answer.
fn tokens(answer: &[u8]) -> Result<Vec<i64>> {
	let tensors = tensor::decode(answer)?;
	let tensor = tensors.first().context("the answer is empty")?;
	let (numbers, _) = tensor.data.as_chunks();
	let numbers = numbers.iter().map(|number| i64::from(i32::from_le_bytes(*number)));
	Ok(numbers.take_while(|token| *token >= 0).collect())
}
