//! Requests to models that generate text, and their answers, as tensors.

use crate::TextError;
use opg_engine_types::{
	tensor::{DType, Tensor},
	Generation,
};

/// Name of the input with the tokens of the prompt.
pub const PROMPT: &str = "prompt";
/// Name of the input with the most tokens to generate.
pub const MAX_NEW_TOKENS: &str = "max_new_tokens";
/// Name of the output with the new tokens.
pub const TOKENS: &str = "tokens";
/// Stands behind the last token.
const PAD: i64 = -1;

/// Fuel that a limit has beyond a quarter more than what tokens and blocks take.
pub const EXTRA_FUEL: u64 = 50_000_000;

/// What a model that generates text takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generator {
	/// Most tokens, of prompt and answer together.
	pub context: u32,
	/// Tokens that there are.
	pub vocabulary: u32,
}

/// How the next token is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sampling {
	/// 0 takes the most probable token always.
	pub temperature: f32,
	/// Only so many most probable tokens; 0 takes all.
	pub top_k: u32,
	/// Only the most probable tokens that make up so much; 1 takes all.
	pub top_p: f32,
	/// Seed of the pseudo-random numbers, not negative.
	pub seed: i64,
}

impl Default for Sampling {
	/// The most probable token always.
	fn default() -> Self {
		Self { temperature: 0.0, top_k: 0, top_p: 1.0, seed: 0 }
	}
}

impl Sampling {
	/// Fails where the engine would.
	fn check(&self) -> Result<(), TextError> {
		if !self.temperature.is_finite() || self.temperature < 0.0 {
			return Err(TextError::Sampling("the temperature is a number from 0, which is greedy"));
		}
		if !(self.top_p > 0.0 && self.top_p <= 1.0) {
			return Err(TextError::Sampling("top_p is a share above 0, and at most 1"));
		}
		if self.seed < 0 {
			return Err(TextError::Sampling("the seed is not negative, and below 2^63"));
		}
		Ok(())
	}
}

impl Generator {
	/// The input of a request.
	///
	/// # Errors
	///
	/// What the engine would answer with a fault, for which the request would be paid.
	pub fn input(
		&self,
		prompt: &[u32],
		new: u32,
		sampling: &Sampling,
	) -> Result<Vec<Tensor>, TextError> {
		let Self { context, vocabulary } = *self;
		sampling.check()?;
		if prompt.is_empty() {
			return Err(TextError::EmptyPrompt);
		}
		if new == 0 {
			return Err(TextError::NoNewTokens);
		}
		let length = u32::try_from(prompt.len()).unwrap_or(u32::MAX);
		if length.saturating_add(new) > context {
			return Err(TextError::TooLong { prompt: length, new, context });
		}
		if let Some(token) = prompt.iter().copied().find(|token| *token >= vocabulary) {
			return Err(TextError::UnknownToken { token, vocabulary });
		}
		let mut tokens: Vec<i64> = prompt.iter().map(|token| i64::from(*token)).collect();
		tokens.resize(context as usize, PAD);
		Ok(vec![
			integers(PROMPT, &[1, context.into()], &tokens),
			integers(MAX_NEW_TOKENS, &[1], &[new.into()]),
			float("temperature", sampling.temperature),
			integers("top_k", &[1], &[sampling.top_k.into()]),
			float("top_p", sampling.top_p),
			integers("seed", &[1], &[sampling.seed]),
		])
	}
}

fn integers(name: &str, shape: &[u64], values: &[i64]) -> Tensor {
	let data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
	Tensor { name: name.into(), dtype: DType::I64, shape: shape.into(), data }
}

fn float(name: &str, value: f32) -> Tensor {
	let data = value.to_le_bytes().into();
	Tensor { name: name.into(), dtype: DType::F32, shape: vec![1], data }
}

/// Fuel limit of a request with so many tokens: a quarter more than what they take, and
/// [`EXTRA_FUEL`]; within `least` and `most`, the version's own limit.
pub fn fuel_limit(generation: &Generation, prompt: u32, new: u32, least: u64, most: u64) -> u64 {
	let fuel = generation.fuel(prompt.into(), new.into());
	let limit = fuel.saturating_add(fuel / 4).saturating_add(EXTRA_FUEL);
	limit.max(least).min(most)
}

/// The new tokens of an answer, with the one that ended it.
pub fn new_tokens(answer: &[Tensor]) -> Result<Vec<u32>, TextError> {
	let bad = |cause: &str| TextError::Answer(cause.into());
	let tensor = answer.iter().find(|tensor| tensor.name == TOKENS);
	let tensor = tensor.ok_or_else(|| bad("it has no `tokens`"))?;
	if tensor.dtype != DType::I32 {
		return Err(bad("its `tokens` are no i32"));
	}
	let numbers = tensor.data.as_chunks().0.iter().map(|bytes| i32::from_le_bytes(*bytes));
	let tokens = numbers.take_while(|number| i64::from(*number) != PAD);
	tokens
		.map(|token| u32::try_from(token).map_err(|_| bad("one of its tokens is no token")))
		.collect()
}

/// What ended an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
	/// A token that ends answers, or a text at which the client wanted it to end.
	Stop,
	/// The most tokens that were asked for.
	Length,
}

impl Finish {
	/// The name of OpenAI.
	pub fn name(self) -> &'static str {
		match self {
			Self::Stop => "stop",
			Self::Length => "length",
		}
	}
}
