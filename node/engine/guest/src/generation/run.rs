//! Runs of a generator.
//!
//! The tokens of the prompt go through the graph in blocks, from the first one on. The last block may
//! be shorter: behind its tokens are zeros, which `last` names, and whose rows of the caches are written
//! again before anything sees them. Where such a block does not fit the context, it begins so much
//! earlier, with tokens that were there before. A block of one token goes through the graph for one token,
//! as every new token does but the last one: nothing follows on it.

use super::{
	inputs, outputs,
	sampling::{self, Parameters, Stream},
	settings::Settings,
	steps::{Input, Places},
	PAD, PROMPT,
};
use crate::{refusal::Refusal, values::datum_type};
use opg_engine_types::{
	report::Port,
	tensor::{self, Tensor as Given},
	Reason,
};
use tract_onnx::{prelude::*, tract_core::internal::TractErrorContext};

/// A loaded generator.
pub struct Generator {
	pub settings: Settings,
	/// The graph for one token, and for a block.
	pub one: Step,
	pub block: Step,
}

/// A step graph for so many tokens.
pub struct Step {
	pub plan: Arc<TypedRunnableModel>,
	pub places: Places,
	pub sequence: usize,
}

/// Whether stop tokens end generation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Stops {
	Obeyed,
	/// In trials, which measure the fuel of tokens.
	Ignored,
}

/// What a request asks for.
struct Request {
	prompt: Vec<i64>,
	max_new_tokens: usize,
	parameters: Parameters,
	stream: Stream,
}

/// Runs the plan of a step graph on inputs.
pub type Evaluate<'a> = &'a mut dyn FnMut(&Step, TVec<TValue>) -> TractResult<TVec<TValue>>;

impl Generator {
	/// Generates tokens for an input in the order of the ports, and encodes them.
	pub fn run(&self, given: Vec<Given>, stops: Stops) -> Result<Vec<u8>, Refusal> {
		self.run_with(given, stops, &mut |step, inputs| step.plan.run(inputs))
	}

	/// The same, with the way in which each call of a step graph is made.
	pub fn run_with(
		&self,
		given: Vec<Given>,
		stops: Stops,
		evaluate: Evaluate<'_>,
	) -> Result<Vec<u8>, Refusal> {
		let request = self.request(given)?;
		let tokens = self.generate(request, stops, evaluate)?;
		let Settings { context, .. } = self.settings;
		let padded = tokens.into_iter().chain(std::iter::repeat(PAD)).take(context);
		// A vocabulary is far smaller than an i32.
		let data = padded.flat_map(|token| (token as i32).to_le_bytes()).collect();
		let Port { name, dtype, shape } = outputs(context).remove(0);
		Ok(tensor::encode(&[Given { name, dtype, shape, data }]))
	}

	/// An input that makes a generator run both graphs, and sample three tokens.
	pub fn trial(&self) -> Vec<u8> {
		let tensors = inputs(self.settings.context).into_iter().map(|port| {
			let Port { name, dtype, shape } = port;
			let data = match name.as_str() {
				PROMPT => {
					let prompt = [0, 0].into_iter().chain(std::iter::repeat(PAD));
					prompt.take(self.settings.context).flat_map(i64::to_le_bytes).collect()
				},
				super::MAX_NEW_TOKENS => 3i64.to_le_bytes().to_vec(),
				super::TEMPERATURE | super::TOP_P => 1f32.to_le_bytes().to_vec(),
				_ => vec![0; dtype.size()],
			};
			Given { name, dtype, shape, data }
		});
		tensor::encode(&tensors.collect::<Vec<_>>())
	}

	/// Reads an input, whose types and shapes are right.
	fn request(&self, given: Vec<Given>) -> Result<Request, Refusal> {
		let bytes = |name: &str| -> &[u8] {
			given.iter().find(|tensor| tensor.name == name).map_or(&[], |tensor| &tensor.data)
		};
		let integers = |name: &str| -> Vec<i64> {
			let (numbers, _) = bytes(name).as_chunks();
			numbers.iter().map(|number| i64::from_le_bytes(*number)).collect()
		};
		let integer = |name: &str| integers(name).first().copied().unwrap_or_default();
		let float = |name: &str| {
			bytes(name).first_chunk().map_or(0.0, |number| f32::from_le_bytes(*number))
		};
		let not_negative = |name: &str| {
			usize::try_from(integer(name).min(i64::from(i32::MAX)))
				.map_err(|_| wrong(format!("`{name}` is negative")))
		};

		let mut prompt = integers(PROMPT);
		let length = prompt.iter().position(|token| *token == PAD).unwrap_or(prompt.len());
		if let Some(hole) = prompt[length..].iter().position(|token| *token != PAD) {
			let message =
				format!("`{PROMPT}` has a token at {} behind the -1 at {length}", length + hole);
			return Err(wrong(message));
		}
		prompt.truncate(length);
		if prompt.is_empty() {
			return Err(wrong(format!("`{PROMPT}` is empty")));
		}
		let vocabulary = self.one.places.vocabulary;
		let outside = |token: &i64| usize::try_from(*token).map_or(true, |id| id >= vocabulary);
		if let Some(at) = prompt.iter().position(outside) {
			let message = format!(
				"`{PROMPT}` has token {} at {at}, which is not in the vocabulary of {vocabulary}",
				prompt[at]
			);
			return Err(wrong(message));
		}
		let max_new_tokens = not_negative(super::MAX_NEW_TOKENS)?;
		let context = self.settings.context;
		if max_new_tokens > context - length {
			let message = format!(
				"{length} tokens and {max_new_tokens} new ones are more than the context of {context}"
			);
			return Err(wrong(message));
		}
		let temperature = float(super::TEMPERATURE);
		if !(temperature >= 0.0 && temperature.is_finite()) {
			return Err(wrong("`temperature` is not a number from 0 on"));
		}
		let top_p = float(super::TOP_P);
		if !(0.0..=1.0).contains(&top_p) {
			return Err(wrong("`top_p` is not a number from 0 to 1"));
		}
		let parameters = Parameters { temperature, top_k: not_negative(super::TOP_K)?, top_p };
		let stream = Stream(integer(super::SEED) as u64);
		Ok(Request { prompt, max_new_tokens, parameters, stream })
	}

	fn generate(
		&self,
		request: Request,
		stops: Stops,
		evaluate: Evaluate<'_>,
	) -> Result<Vec<i64>, Refusal> {
		let Request { prompt, max_new_tokens, parameters, mut stream } = request;
		let mut tokens = Vec::new();
		if max_new_tokens == 0 {
			return Ok(tokens);
		}
		let failed =
			|e: TractError| Refusal::new(Reason::RunFailed, format!("the run fails: {e:#}"));
		let mut caches = self.caches().map_err(failed)?;
		let mut logits = self.read(&prompt, &mut caches, evaluate).map_err(failed)?;
		loop {
			let view = logits.try_as_plain_ram().map_err(failed)?;
			let token = sampling::next(view.as_slice().map_err(failed)?, &parameters, &mut stream);
			let token = token as i64;
			tokens.push(token);
			let stopped = stops == Stops::Obeyed && self.settings.stop.contains(&token);
			if stopped || tokens.len() == max_new_tokens {
				return Ok(tokens);
			}
			let position = prompt.len() + tokens.len() - 1;
			let called = self.one.call(&[token], position, &mut caches, evaluate);
			logits = called.map_err(failed)?;
		}
	}

	/// Takes the prompt through the graphs, and gives the logits of its last token.
	fn read(
		&self,
		prompt: &[i64],
		caches: &mut Vec<TValue>,
		evaluate: Evaluate<'_>,
	) -> TractResult<TValue> {
		let Settings { context, block, .. } = self.settings;
		let mut at = 0;
		loop {
			let end = prompt.len().min(at + block);
			let logits = if end - at == 1 {
				self.one.call(&prompt[at..end], at, caches, evaluate)?
			} else {
				let at = at.min(context - block);
				self.block.call(&prompt[at..end], at, caches, evaluate)?
			};
			if end == prompt.len() {
				return Ok(logits);
			}
			at = end;
		}
	}

	/// Empty caches.
	fn caches(&self) -> TractResult<Vec<TValue>> {
		let caches = self.one.places.inputs.iter().filter_map(|input| match input {
			Input::Cache { port, .. } => Some(port),
			_ => None,
		});
		let cache = |Port { dtype, shape, .. }: &Port| {
			let shape: TVec<usize> = shape.iter().map(|size| *size as usize).collect();
			Ok(Tensor::zero_dt(datum_type(*dtype), &shape)?.into_tvalue())
		};
		caches.map(cache).collect()
	}
}

impl Step {
	/// Calls the graph with these tokens, of which there is at least one, from this position on. Gives
	/// the logits, and what the caches are afterwards.
	fn call(
		&self,
		tokens: &[i64],
		position: usize,
		caches: &mut Vec<TValue>,
		evaluate: Evaluate<'_>,
	) -> TractResult<TValue> {
		let mut ids = tokens.to_vec();
		ids.resize(self.sequence, 0);
		let ids = Tensor::from_shape(&[1, self.sequence], &ids)?;
		// The values move into the plan, which then writes to caches in place.
		let mut past = std::mem::take(caches).into_iter();
		let inputs = self.places.inputs.iter().map(|input| {
			Ok(match input {
				Input::Ids => ids.clone().into_tvalue(),
				Input::Position => tensor1(&[position as i64]).into_tvalue(),
				Input::Last => tensor1(&[tokens.len() as i64 - 1]).into_tvalue(),
				Input::Cache { .. } => past.next().context("a cache is missing")?,
			})
		});
		let inputs = inputs.collect::<TractResult<TVec<TValue>>>()?;
		let outputs = evaluate(self, inputs)?;
		let mut outputs: Vec<Option<TValue>> = outputs.into_iter().map(Some).collect();
		let mut take = |place: usize| {
			outputs.get_mut(place).and_then(Option::take).context("an output is missing")
		};
		for input in &self.places.inputs {
			if let Input::Cache { present, .. } = input {
				caches.push(take(*present)?);
			}
		}
		take(self.places.logits)
	}
}

fn wrong(message: impl Into<String>) -> Refusal {
	Refusal::new(Reason::InputValue, message)
}
