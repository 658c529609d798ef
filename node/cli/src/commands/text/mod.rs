//! `opg complete` and `opg chat`: text of models, bought and attested.

mod answer;
mod chat;
mod preview;

pub(crate) use chat::Chat;

use super::{request::TextTerms, Session};
use crate::{
	amount::Amount,
	chain::Chain,
	claims,
	failure::Failure,
	keys::{Account, Signer},
	model_ref::ModelRef,
	output::Output,
	text,
};
use answer::Answered;
use anyhow::{ensure, Context, Result};
use clap::Args;
use opg_engine_types::{tensor, Generation};
use opg_primitives::{registry::TextGeneration, Balance, Fuel, RequestId, VersionLimits};
use opg_runtime_api::VersionView;
use opg_text::{Generator, Message, Sampling, TextError, TextModel};
use preview::{Preview, PreviewArgs};
use serde_json::{json, Value};
use std::{
	io::{stderr, stdin, stdout, BufRead, IsTerminal, Read, Write},
	path::PathBuf,
};

/// Heading of the options about sampling.
const SAMPLING: &str = "Choice of tokens";
/// New tokens where nothing is said.
const DEFAULT_NEW: u32 = 64;

/// Arguments of `opg complete`.
#[derive(Args)]
pub(crate) struct Complete {
	/// The text to go on from. `-` is the standard input.
	#[arg(value_name = "TEXT")]
	text: String,
	/// Take the text as a message to the model, in the form of its conversations, and not as the beginning
	/// of a text.
	#[arg(long)]
	chat: bool,
	/// What the model is told before the message. It implies --chat.
	#[arg(long, value_name = "TEXT")]
	system: Option<String>,
	#[command(flatten)]
	asking: Asking,
}

/// What both commands take.
#[derive(Args)]
struct Asking {
	/// Model version: owner/name@1.4.0, owner/name@channel, owner/name for the latest, or its number.
	#[arg(long = "model", value_name = "MODEL")]
	model_ref: ModelRef,
	/// The most tokens of an answer. One is about four letters of English. Default: 64, or half of the
	/// model's context if that is less.
	#[arg(long, value_name = "TOKENS")]
	max_tokens: Option<u32>,
	/// File that makes tokens of text, if the node does not have the version's.
	#[arg(long, value_name = "FILE")]
	tokenizer: Option<PathBuf>,
	#[command(flatten)]
	sampling: SamplingArgs,
	#[command(flatten)]
	preview: PreviewArgs,
	#[command(flatten)]
	terms: TextTerms,
	#[command(flatten)]
	signer: Signer,
}

/// How the next token is chosen.
#[derive(Args, Clone, Debug)]
struct SamplingArgs {
	/// How much chance there is in it: 0 takes the most probable token always.
	#[arg(long, value_name = "NUMBER", default_value_t = 0.0, help_heading = SAMPLING)]
	temperature: f32,
	/// Choose among so many most probable tokens; 0 is among all.
	#[arg(long, value_name = "TOKENS", default_value_t = 0, help_heading = SAMPLING)]
	top_k: u32,
	/// Choose among the most probable tokens that make up this share.
	#[arg(long, value_name = "SHARE", default_value_t = 1.0, help_heading = SAMPLING)]
	top_p: f32,
	/// Seed of chance: with the same one everybody gets the same text. By default a new one.
	#[arg(long, value_name = "NUMBER", help_heading = SAMPLING)]
	seed: Option<u32>,
}

impl SamplingArgs {
	fn sampling(&self) -> Sampling {
		let Self { temperature, top_k, top_p, seed } = *self;
		let [a, b, c, d, ..] = claims::random().0;
		// Where there is no chance, a seed would only make each request another.
		let new = if temperature > 0.0 { u32::from_le_bytes([a, b, c, d]) } else { 0 };
		Sampling { temperature, top_k, top_p, seed: seed.unwrap_or(new).into() }
	}
}

impl Complete {
	pub(crate) fn run(&self, session: &Session) -> Result<()> {
		let asker = Asker::new(&self.asking, session)?;
		let text = match self.text.as_str() {
			"-" => read_stdin()?,
			text => text.into(),
		};
		let prompt = if self.chat || self.system.is_some() {
			let system = self.system.iter().map(|system| Message::new("system", system));
			let messages: Vec<_> = system.chain([Message::new("user", text)]).collect();
			asker.model.chat(&messages)
		} else {
			asker.model.complete(&text)
		};
		let question = asker.question(&prompt.map_err(refused)?)?;
		let max_fee = asker.agree(&question, None)?;
		let answered = asker.ask(&question, max_fee)?;
		session.output.json(|| asker.json(&question, &answered));
		answered.check()
	}
}

fn read_stdin() -> Result<String> {
	let mut text = String::new();
	let most = opg_text::MAX_TEXT as u64 + 1;
	stdin().take(most).read_to_string(&mut text).context("the standard input is no text")?;
	Ok(text)
}

/// A mistake in what is asked.
fn refused(error: TextError) -> anyhow::Error {
	Failure::InputMismatch(error.to_string()).into()
}

/// A line about what goes on. The standard output is for the text.
fn note(output: Output, line: impl std::fmt::Display) {
	if output == Output::Text {
		eprintln!("{line}");
	}
}

/// A model, and who asks it.
struct Asker<'a> {
	asking: &'a Asking,
	output: Output,
	chain: Chain,
	version: VersionView,
	generation: TextGeneration,
	model: TextModel,
	requester: Account,
	preview: Option<Preview>,
}

/// A question that is ready to be sent.
struct Question {
	/// Encoded tensors.
	input: Vec<u8>,
	prompt: Vec<u32>,
	/// Most new tokens.
	new: u32,
	sampling: Sampling,
	fuel_limit: Fuel,
	/// What it costs at most, in planck, if it is sent soon.
	price: Balance,
}

impl<'a> Asker<'a> {
	fn new(asking: &'a Asking, session: &Session) -> Result<Self> {
		let output = session.output;
		let chain = session.connect()?;
		let version = asking.model_ref.resolve(&chain)?;
		let generation = text::generation(&version)?;
		let cache = opg_execution::default_cache_dir();
		let mut call =
			|method: &str, params: &[Value]| -> Result<Value> { chain.rpc().call(method, params) };
		let model =
			text::model(&version, asking.tokenizer.as_deref(), cache.as_deref(), &mut call)?;
		let requester = asking.signer.account(&chain)?;
		let preview = asking.preview.open(output, &version, cache.as_deref(), &mut call)?;
		Ok(Self { asking, output, version, generation, model, requester, preview, chain })
	}

	/// Most tokens of a prompt that leave room for the answer.
	fn room(&self) -> usize {
		self.generation.context.saturating_sub(self.max_tokens(0)) as usize
	}

	/// Most new tokens of an answer to a prompt of so many: what is asked for, or what there is room for.
	fn max_tokens(&self, prompt: usize) -> u32 {
		most_new(self.asking.max_tokens, self.generation.context, prompt)
	}

	fn question(&self, prompt: &[u32]) -> Result<Question> {
		let Self { chain, version, generation, .. } = self;
		let TextGeneration { context, vocabulary, .. } = *generation;
		let (generator, new) = (Generator { context, vocabulary }, self.max_tokens(prompt.len()));
		let sampling = self.asking.sampling.sampling();
		let tensors = generator.input(prompt, new, &sampling).map_err(refused)?;
		let input = tensor::encode(&tensors);
		super::request::check_length(&input, version)?;
		let fuel_limit = fuel_limit(generation, prompt.len(), new, &version.limits);
		let price = self.asking.terms.price(chain, version, &input, fuel_limit)?;
		Ok(Question { input, prompt: prompt.into(), new, sampling, fuel_limit, price })
	}

	/// What may be spent on a question: what the options say, what was agreed on before, or what a person
	/// confirms.
	fn agree(&self, question: &Question, agreed: Option<Amount>) -> Result<Amount> {
		let price = Amount(question.price);
		let tokens =
			format!("{} tokens and up to {} new ones", question.prompt.len(), question.new);
		if let Some(max_fee) = self.asking.terms.max_fee {
			note(self.output, format_args!("{tokens} cost up to {price}"));
			// More is not needed; where it is less, the request is refused for it.
			return Ok(Amount(max_fee.0.min(question.price)));
		}
		if agreed.is_some_and(|Amount(agreed)| question.price <= agreed) {
			note(self.output, format_args!("{tokens} cost up to {price}"));
			return Ok(price);
		}
		ensure!(
			stdin().is_terminal(),
			Failure::Usage(format!(
				"{tokens} cost up to {price}. Nobody is there to be asked: give --max-fee"
			))
		);
		eprint!("{tokens} cost up to {price}; what is not used comes back. Send it? [y/N] ");
		stderr().flush()?;
		let mut answer = String::new();
		stdin().lock().read_line(&mut answer)?;
		ensure!(matches!(answer.trim(), "y" | "Y" | "yes"), "nothing was sent");
		Ok(price)
	}

	/// Sends a question, shows the preview if it is wanted, and waits for the attested answer.
	fn ask(&self, question: &Question, max_fee: Amount) -> Result<Answered> {
		let Self { asking, output, chain, version, .. } = self;
		let Question { input, fuel_limit, .. } = question;
		let id = asking.terms.send(chain, version, input, *fuel_limit, max_fee, &self.requester)?;
		note(*output, format_args!("request {id} sent, at most {max_fee}"));
		let preview =
			self.preview.as_ref().map(|preview| preview.run(self, question)).transpose()?;
		let answered = answer::wait(self, id, question.new, preview)?;
		if *output == Output::Text {
			self.show(&answered)?;
		}
		self.tell(id, question, &answered);
		Ok(answered)
	}

	/// Prints the text, unless the same one stands there as a preview.
	fn show(&self, answered: &Answered) -> Result<()> {
		let is_shown = answered.is_same == Some(true) && Preview::is_seen();
		if !is_shown {
			let mut out = stdout().lock();
			if out.is_terminal() {
				writeln!(out, "{}", text::shown(&answered.text))?;
			} else {
				writeln!(out, "{}", answered.text)?;
			}
			out.flush()?;
		}
		Ok(())
	}

	/// What an answer is, below it.
	fn tell(&self, id: RequestId, question: &Question, answered: &Answered) {
		let same = match answered.is_same {
			None => "",
			Some(true) => ", and the same as the preview",
			Some(false) => ", and OTHER THAN THE PREVIEW of this machine",
		};
		note(
			self.output,
			format_args!(
				"[{}{same}; {} + {} tokens, {}; request {id}; once it is settled: opg receipt create {id}]",
				answered.state,
				question.prompt.len(),
				answered.tokens.len(),
				answered.finish.name(),
			),
		);
	}

	fn json(&self, question: &Question, answered: &Answered) -> Value {
		json!({
			"request": answered.request,
			"model": self.version.model,
			"version": self.version.number.to_string(),
			"text": answered.text,
			"tokens": answered.tokens,
			"prompt_tokens": question.prompt.len(),
			"new_tokens": answered.tokens.len(),
			"finish_reason": answered.finish.name(),
			"state": answered.state,
			"digest": answered.answer.digest(),
			"fuel": answered.answer.fuel,
			"max_fee": question.price.to_string(),
			"seed": question.sampling.seed,
			"preview": answered.is_same.map(|same| json!({ "same": same })),
		})
	}
}

/// Most new tokens: what is asked for, or 64 as far as half of the context and what a prompt leaves of it
/// have room; one at least, so that the error tells what does not fit.
fn most_new(asked: Option<u32>, context: u32, prompt: usize) -> u32 {
	let left = context.saturating_sub(u32::try_from(prompt).unwrap_or(u32::MAX));
	asked.unwrap_or(DEFAULT_NEW.min(context / 2).min(left).max(1))
}

/// Fuel limit of a request with so many tokens, within what the version takes.
pub(super) fn fuel_limit(
	generation: &TextGeneration,
	prompt: usize,
	new: u32,
	limits: &VersionLimits,
) -> Fuel {
	let TextGeneration { context, vocabulary, block, token_fuel, block_fuel } = *generation;
	let generation = Generation {
		context: context.into(),
		vocabulary: vocabulary.into(),
		block: block.into(),
		token_fuel,
		block_fuel,
	};
	let prompt = u32::try_from(prompt).unwrap_or(u32::MAX);
	opg_text::fuel_limit(&generation, prompt, new, limits.min_fuel(), limits.fuel)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn fuel_limit_should_be_one_that_the_chain_takes() {
		let generation = TextGeneration {
			context: 512,
			vocabulary: 9,
			block: 32,
			token_fuel: 400_000_000,
			block_fuel: 3_000_000_000,
		};
		let limits = VersionLimits::inline(300_000_000_000, 1, 1);
		let of = |prompt, new| fuel_limit(&generation, prompt, new, &limits);
		assert_eq!(of(40, 64), (2 * 3_000_000_000 + 63 * 400_000_000) / 4 * 5 + 50_000_000);
		for (prompt, new) in [(1, 1), (40, 64), (511, 1), (1, 511)] {
			let limit = of(prompt, new);
			assert!(limits.of_request(Some(limit)).is_ok(), "{prompt} {new}: {limit}");
			assert!(generation.fuel(prompt as u32, new) <= limit);
		}
		assert_eq!(of(1, 1), limits.min_fuel());
	}

	#[test]
	fn number_of_new_tokens_should_fit_where_none_is_asked_for() {
		assert_eq!(most_new(None, 512, 40), 64);
		assert_eq!(most_new(None, 512, 500), 12);
		assert_eq!(most_new(None, 512, 600), 1);
		assert_eq!(most_new(None, 64, 5), 32);
		assert_eq!(most_new(Some(600), 512, 40), 600);
	}

	#[test]
	fn seed_should_be_new_only_where_there_is_chance() {
		let args = SamplingArgs { temperature: 0.0, top_k: 0, top_p: 1.0, seed: None };
		assert_eq!(args.sampling(), Sampling::default());
		let warm = SamplingArgs { temperature: 0.7, ..args.clone() };
		assert_ne!(warm.sampling().seed, warm.sampling().seed);
		assert_eq!(SamplingArgs { seed: Some(7), ..warm }.sampling().seed, 7);
	}
}
