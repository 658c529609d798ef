//! Completions and conversations in the shape of OpenAI. Each choice is a request on the chain.

use super::{
	about, kserve, method, names,
	openai::{all, invalid},
	Gateway, Head, Reply, Wish, WISHES,
};
use crate::{
	backend::{Backend, Model, TextForm},
	error::ApiError,
	keys::Key,
	service::{Call, Outcome},
};
use bytes::Bytes;
use http_body::Body;
use hyper::Method;
use opg_text::{new_tokens, Finish, Generator, Message, Sampling, TextError, TextModel};
use serde::{de::DeserializeOwned, Deserialize};
use serde_json::{json, Map, Value};
use std::{
	sync::Arc,
	time::{SystemTime, UNIX_EPOCH},
};
use tokio::task::spawn_blocking;

/// New tokens where a completion names no number: OpenAI's.
const COMPLETION_TOKENS: u32 = 16;
/// The same of a conversation, as far as the context has room.
const CHAT_TOKENS: u32 = 256;
/// Most texts at which an answer is cut, and bytes of one.
const MAX_STOPS: usize = 4;
const MAX_STOP: usize = 256;

/// What both calls take. What would change the answer in a way that executors do not compute is refused.
struct Common {
	model: String,
	max_tokens: Option<u32>,
	/// Its newer name.
	max_completion_tokens: Option<u32>,
	temperature: Option<f32>,
	top_p: Option<f32>,
	/// Of other servers.
	top_k: Option<u32>,
	seed: Option<i64>,
	stop: Option<Stops>,
	n: Option<u64>,
	stream: Option<bool>,
	stream_options: Option<StreamOptions>,
	rest: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Stops {
	One(String),
	Many(Vec<String>),
}

#[derive(Clone, Copy, Default, Deserialize)]
struct StreamOptions {
	#[serde(default)]
	include_usage: bool,
}

/// A message, in one of the forms of OpenAI.
#[derive(Deserialize)]
struct ChatMessage {
	role: String,
	content: Content,
	#[serde(flatten)]
	rest: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
	Text(String),
	Parts(Vec<Part>),
}

#[derive(Deserialize)]
struct Part {
	#[serde(rename = "type")]
	kind: String,
	text: Option<String>,
}

/// Which of the two calls it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
	Completion,
	Chat,
}

impl Kind {
	fn object(self) -> &'static str {
		match self {
			Self::Completion => "text_completion",
			Self::Chat => "chat.completion",
		}
	}

	fn chunk(self) -> &'static str {
		match self {
			Self::Completion => "text_completion",
			Self::Chat => "chat.completion.chunk",
		}
	}
}

/// What is to go on.
enum Prompt {
	Text(String),
	Tokens(Vec<u32>),
	Chat(Vec<Message>),
}

fn of_text(error: TextError) -> ApiError {
	let message = error.to_string();
	match error {
		TextError::TooLong { prompt, new, context } => {
			ApiError::new(400, "context_length_exceeded", message)
				.with("prompt_tokens", prompt)
				.with("new_tokens", new)
				.with("context", context)
		},
		TextError::NoTemplate => {
			ApiError::new(400, "NoTemplate", message).with("param", "messages")
		},
		TextError::Template(_) | TextError::Messages(_) => invalid("messages", message),
		TextError::TextTooLong(_) => ApiError::new(413, "InputTooLong", message),
		_ => ApiError::invalid(message),
	}
}

impl Common {
	/// Takes the fields apart by hand: serde's `flatten` does not read numbers where serde_json keeps all
	/// of their digits, as it does in this program.
	fn new(mut rest: Map<String, Value>) -> Result<Self, ApiError> {
		let fields = &mut rest;
		Ok(Self {
			model: take(fields, "model")?
				.ok_or_else(|| invalid("model", "`model` names the model"))?,
			max_tokens: take(fields, "max_tokens")?,
			max_completion_tokens: take(fields, "max_completion_tokens")?,
			temperature: take(fields, "temperature")?,
			top_p: take(fields, "top_p")?,
			top_k: take(fields, "top_k")?,
			seed: take(fields, "seed")?,
			stop: take(fields, "stop")?,
			n: take(fields, "n")?,
			stream: take(fields, "stream")?,
			stream_options: take(fields, "stream_options")?,
			rest,
		})
	}

	/// Refuses what is not computed, unless it asks for nothing.
	fn check(&self) -> Result<(), ApiError> {
		if self.n.is_some_and(|n| n != 1) {
			let message = "`n` is 1: each answer is a request, so ask again with another `seed`";
			return Err(invalid("n", message));
		}
		let is_nothing = |name: &str, value: &Value| match name {
			// Of no use here.
			"user" | "metadata" | "store" | "service_tier" | "safety_identifier"
			| "prompt_cache_key" => true,
			"frequency_penalty" | "presence_penalty" => value.as_f64() == Some(0.0),
			"best_of" => value.as_u64() == Some(1),
			"logprobs" | "echo" | "parallel_tool_calls" => value.as_bool() == Some(false),
			"logit_bias" => value.as_object().is_some_and(Map::is_empty),
			"tools" | "functions" => value.as_array().is_some_and(Vec::is_empty),
			"tool_choice" => value == "none",
			"response_format" => value["type"] == "text",
			"modalities" => *value == json!(["text"]),
			"suffix" => value == "",
			_ => false,
		};
		for (name, value) in &self.rest {
			if !value.is_null() && !is_nothing(name, value) {
				let message = format!(
					"`{name}` is not supported: executors compute tokens by temperature, top_k, top_p and seed"
				);
				return Err(invalid(name, message));
			}
		}
		Ok(())
	}

	fn sampling(&self) -> Sampling {
		// Without a number that says otherwise: the same question has the same answer, which anybody can
		// compute again.
		let default = Sampling::default();
		Sampling {
			temperature: self.temperature.unwrap_or(default.temperature),
			top_k: self.top_k.unwrap_or(default.top_k),
			top_p: self.top_p.unwrap_or(default.top_p),
			seed: self.seed.unwrap_or(default.seed),
		}
	}

	fn stops(&self) -> Result<Vec<String>, ApiError> {
		let stops = match &self.stop {
			None => Vec::new(),
			Some(Stops::One(stop)) => vec![stop.clone()],
			Some(Stops::Many(stops)) => stops.clone(),
		};
		let is_taken = |stop: &String| !stop.is_empty() && stop.len() <= MAX_STOP;
		if stops.len() > MAX_STOPS || !stops.iter().all(is_taken) {
			let message = format!("`stop` is up to {MAX_STOPS} texts of 1 to {MAX_STOP} bytes");
			return Err(invalid("stop", message));
		}
		Ok(stops)
	}

	/// The most new tokens that are asked for.
	fn asked(&self) -> Option<u32> {
		self.max_completion_tokens.or(self.max_tokens)
	}
}

/// A field, which is `None` where it is absent or null.
fn take<T: DeserializeOwned>(
	fields: &mut Map<String, Value>,
	name: &str,
) -> Result<Option<T>, ApiError> {
	let value = fields.remove(name).unwrap_or_default();
	serde_json::from_value(value).map_err(|error| invalid(name, format!("`{name}`: {error}")))
}

/// The prompts of a completion: a text, tokens, or a list of either.
fn prompts(value: Option<Value>) -> Result<Vec<Prompt>, ApiError> {
	let wrong = || invalid("prompt", "`prompt` is a text, a list of tokens, or a list of such");
	let tokens = |list: &[Value]| -> Result<Prompt, ApiError> {
		let token = |token: &Value| token.as_u64().and_then(|token| u32::try_from(token).ok());
		list.iter().map(token).collect::<Option<_>>().map(Prompt::Tokens).ok_or_else(wrong)
	};
	match value {
		Some(Value::String(text)) => Ok(vec![Prompt::Text(text)]),
		Some(Value::Array(list)) if list.first().is_some_and(Value::is_number) => {
			Ok(vec![tokens(&list)?])
		},
		Some(Value::Array(list)) if !list.is_empty() => list
			.into_iter()
			.map(|own| match own {
				Value::String(text) => Ok(Prompt::Text(text)),
				Value::Array(list) => tokens(&list),
				_ => Err(wrong()),
			})
			.collect(),
		_ => Err(wrong()),
	}
}

/// The messages of a conversation.
fn messages(list: Vec<ChatMessage>) -> Result<Vec<Message>, ApiError> {
	let message = |ChatMessage { role, content, rest }| {
		let other = rest.iter().find(|(name, value)| *name != "name" && !value.is_null());
		if let Some((name, _)) = other {
			return Err(invalid("messages", format!("`{name}` of a message is not supported")));
		}
		let content = match content {
			Content::Text(text) => text,
			Content::Parts(parts) => {
				let text = |part: Part| part.text.filter(|_| part.kind == "text");
				let texts: Option<Vec<_>> = parts.into_iter().map(text).collect();
				let texts = texts.ok_or_else(|| {
					invalid("messages", "messages are of text: parts of other types are not taken")
				})?;
				texts.concat()
			},
		};
		// Templates know the older name.
		let role = if role == "developer" { "system".into() } else { role };
		Ok(Message { role, content })
	};
	list.into_iter().map(message).collect()
}

/// A choice that was bought.
struct Choice {
	text: String,
	finish: Finish,
	prompt: usize,
	new: usize,
}

impl Choice {
	fn read(
		text: &TextModel,
		outcome: &Outcome,
		prompt: usize,
		most: u32,
		stops: &[String],
	) -> Result<Self, ApiError> {
		let request = outcome.answer.request;
		let tokens = new_tokens(&kserve::output(outcome)?);
		let tokens = tokens.map_err(|error| {
			ApiError::new(502, "BadAnswer", error.to_string()).of_request(request)
		})?;
		let (mut own, mut finish) = (text.tokenizer.decode(&tokens), text.finish(&tokens, most));
		// The chain knows tokens and no texts: what follows was computed and paid, and is not wanted.
		if let Some(at) = stops.iter().filter_map(|stop| own.find(stop)).min() {
			own.truncate(at);
			finish = Finish::Stop;
		}
		Ok(Self { text: own, finish, prompt, new: tokens.len() })
	}
}

impl<B: Backend> Gateway<B> {
	/// Answers `POST /v1/completions`.
	pub(super) async fn completions<T>(
		self: &Arc<Self>,
		key: &Key,
		head: &Head,
		body: T,
	) -> Result<Reply, ApiError>
	where
		T: Body<Data = Bytes> + Unpin,
		T::Error: std::fmt::Display,
	{
		let mut request = self.asked(head, body).await?;
		let prompts = prompts(request.rest.remove("prompt"))?;
		self.generate(key, head, Kind::Completion, request, prompts).await
	}

	/// Answers `POST /v1/chat/completions`.
	pub(super) async fn chat<T>(
		self: &Arc<Self>,
		key: &Key,
		head: &Head,
		body: T,
	) -> Result<Reply, ApiError>
	where
		T: Body<Data = Bytes> + Unpin,
		T::Error: std::fmt::Display,
	{
		let mut request = self.asked(head, body).await?;
		let list = request.rest.remove("messages").unwrap_or_default();
		let list: Vec<ChatMessage> = serde_json::from_value(list).map_err(|_| {
			invalid("messages", "`messages` is a list of messages with `role` and `content`")
		})?;
		let prompt = Prompt::Chat(messages(list)?);
		self.generate(key, head, Kind::Chat, request, vec![prompt]).await
	}

	async fn asked<T>(&self, head: &Head, body: T) -> Result<Common, ApiError>
	where
		T: Body<Data = Bytes> + Unpin,
		T::Error: std::fmt::Display,
	{
		method(head, &Method::POST)?;
		let body = self.body(head, body).await?;
		if body.len() > self.web.max_json {
			let message = format!("JSON of more than {} bytes is not taken", self.web.max_json);
			return Err(ApiError::new(413, "JsonTooLarge", message));
		}
		let fields = serde_json::from_slice(&body)
			.map_err(|error| ApiError::invalid(format!("no request for text: {error}")))?;
		Common::new(fields)
	}

	async fn generate(
		self: &Arc<Self>,
		key: &Key,
		head: &Head,
		kind: Kind,
		request: Common,
		prompts: Vec<Prompt>,
	) -> Result<Reply, ApiError> {
		let wish = Wish::parse(&head.query(&WISHES)?)?;
		let id = head.header("idempotency-key")?;
		let is_retry = head.header("x-stainless-retry-count")?.is_some_and(|count| count != "0");
		request.check()?;
		let (stops, sampling) = (request.stops()?, request.sampling());
		let most = self.web.max_embeddings;
		if prompts.len() > most {
			let message = format!("{most} prompts at most: each of them is a request on the chain");
			return Err(invalid("prompt", message));
		}
		let model = self.model(&names::name(&request.model)?, None).await?;
		let form = model.text.ok_or_else(|| {
			let message = format!("{} generates no text: ask another model", model.name);
			ApiError::new(400, "NotATextModel", message).with("param", "model")
		})?;
		let text = self.service.backend.text(model.number).await?;
		// Cutting takes the processor for a while.
		let cut = text.clone();
		let prompts = spawn_blocking(move || {
			let tokens = |prompt| match prompt {
				Prompt::Text(text) => cut.complete(&text),
				Prompt::Tokens(tokens) => Ok(tokens),
				Prompt::Chat(messages) => cut.chat(&messages),
			};
			prompts.into_iter().map(tokens).collect::<Result<Vec<_>, _>>()
		});
		let prompts = prompts.await.map_err(|_| {
			ApiError::new(500, "Internal", "the gateway failed at making tokens of the text")
		})?;
		let prompts = prompts.map_err(of_text)?;
		// All of them first: a mistake in the last costs nothing for the first.
		let asked: Vec<_> = prompts
			.iter()
			.map(|prompt| ask(&model, &form, kind, prompt, request.asked(), &sampling))
			.collect::<Result<_, _>>()?;
		let ids: Vec<_> = match id {
			Some(id) if asked.len() == 1 => vec![Some(id.to_string())],
			Some(id) => (0..asked.len()).map(|at| Some(format!("{id}/{at}"))).collect(),
			None => vec![None; asked.len()],
		};
		let calls = asked.iter().zip(&ids).map(|(Asked { input, fuel_limit, .. }, id)| {
			self.service.infer(Call {
				key,
				model: &model,
				input: input.clone(),
				fuel_limit: Some(*fuel_limit),
				tier: wish.tier,
				trust: wish.trust,
				timeout: wish.timeout,
				id: id.as_deref(),
				is_retry,
			})
		});
		let outcomes = all(calls.collect()).await?;
		let read = outcomes.iter().zip(prompts.iter().zip(&asked));
		let choices = read.map(|(outcome, (prompt, asked))| {
			Choice::read(&text, outcome, prompt.len(), asked.new, &stops)
		});
		let choices = choices.collect::<Result<Vec<_>, _>>()?;
		let shown = Shown { kind, model: &model, outcomes: &outcomes, choices: &choices };
		let reply = if request.stream == Some(true) {
			let options = request.stream_options.unwrap_or_default();
			Reply::new(200, "text/event-stream; charset=utf-8", shown.stream(options.include_usage))
		} else {
			Reply::json(200, &shown.whole())
		};
		Ok(reply.of(&outcomes.iter().collect::<Vec<_>>()))
	}
}

/// A request that is ready.
struct Asked {
	input: Vec<u8>,
	fuel_limit: u64,
	new: u32,
}

fn ask(
	model: &Model,
	form: &TextForm,
	kind: Kind,
	prompt: &[u32],
	asked: Option<u32>,
	sampling: &Sampling,
) -> Result<Asked, ApiError> {
	let most = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
	let (context, vocabulary) = (most(form.generation.context), most(form.generation.vocabulary));
	let length = most(prompt.len() as u64);
	let new = asked.unwrap_or(match kind {
		Kind::Completion => COMPLETION_TOKENS,
		// One at least, so that the error tells what does not fit.
		Kind::Chat => CHAT_TOKENS.min(context.saturating_sub(length)).max(1),
	});
	let generator = Generator { context, vocabulary };
	let tensors = generator.input(prompt, new, sampling).map_err(of_text)?;
	let input = kserve::encode(model, &tensors)?;
	let fuel_limit =
		opg_text::fuel_limit(&form.generation, length, new, form.min_fuel, form.max_fuel);
	Ok(Asked { input, fuel_limit, new })
}

/// Answers in the shape of OpenAI.
struct Shown<'a> {
	kind: Kind,
	model: &'a Model,
	outcomes: &'a [Outcome],
	choices: &'a [Choice],
}

impl Shown<'_> {
	/// What every object begins with.
	fn head(&self, object: &str) -> Map<String, Value> {
		let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
		let request = self.outcomes.first().map_or(0, |outcome| outcome.answer.request);
		let mut head = Map::new();
		head.insert("id".into(), format!("opg-{request}").into());
		head.insert("object".into(), object.into());
		head.insert("created".into(), now.as_secs().into());
		head.insert("model".into(), format!("{}@{}", self.model.name, self.model.version).into());
		head
	}

	fn usage(&self) -> Value {
		let sum = |part: fn(&Choice) -> usize| self.choices.iter().map(part).sum::<usize>();
		let (prompt, new) = (sum(|own| own.prompt), sum(|own| own.new));
		json!({ "prompt_tokens": prompt, "completion_tokens": new, "total_tokens": prompt + new })
	}

	fn pairs(&self) -> impl Iterator<Item = (usize, &Choice, &Outcome)> {
		let pairs = self.choices.iter().zip(self.outcomes).enumerate();
		pairs.map(|(index, (choice, outcome))| (index, choice, outcome))
	}

	/// An answer in one piece.
	fn whole(&self) -> Value {
		let choices = self.pairs().map(|(index, Choice { text, finish, .. }, outcome)| {
			let mut choice = json!({
				"index": index,
				"finish_reason": finish.name(),
				"logprobs": null,
				"opg": about(outcome),
			});
			match self.kind {
				Kind::Completion => choice["text"] = text.as_str().into(),
				Kind::Chat => {
					choice["message"] =
						json!({ "role": "assistant", "content": text, "refusal": null });
				},
			}
			choice
		});
		let choices: Value = choices.collect();
		let mut whole = self.head(self.kind.object());
		whole.insert("choices".into(), choices);
		whole.insert("usage".into(), self.usage());
		Value::Object(whole)
	}

	/// The same as events: all of a text at once, because it is attested at once.
	fn stream(&self, has_usage: bool) -> String {
		let mut events = String::new();
		let mut event = |choices: Value, usage: Value| {
			let mut chunk = self.head(self.kind.chunk());
			chunk.insert("choices".into(), choices);
			if has_usage {
				chunk.insert("usage".into(), usage);
			}
			events.push_str(&format!("data: {}\n\n", Value::Object(chunk)));
		};
		for (index, Choice { text, finish, .. }, outcome) in self.pairs() {
			let mut choice = json!({
				"index": index,
				"finish_reason": finish.name(),
				"logprobs": null,
				"opg": about(outcome),
			});
			match self.kind {
				Kind::Completion => choice["text"] = text.as_str().into(),
				Kind::Chat => choice["delta"] = json!({ "role": "assistant", "content": text }),
			}
			event(json!([choice]), Value::Null);
		}
		if has_usage {
			event(json!([]), self.usage());
		}
		events.push_str("data: [DONE]\n\n");
		events
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn prompts_should_be_texts_or_tokens() {
		let shown = |value: Value| -> Result<Vec<String>, u16> {
			let prompts = prompts(Some(value)).map_err(|error| error.status)?;
			let show = |prompt| match prompt {
				Prompt::Text(text) => text,
				Prompt::Tokens(tokens) => format!("{tokens:?}"),
				Prompt::Chat(_) => unreachable!(),
			};
			Ok(prompts.into_iter().map(show).collect())
		};
		assert_eq!(shown(json!("a")).unwrap(), ["a"]);
		assert_eq!(shown(json!(["a", "b"])).unwrap(), ["a", "b"]);
		assert_eq!(shown(json!([1, 2])).unwrap(), ["[1, 2]"]);
		assert_eq!(shown(json!([[1], [2, 3]])).unwrap(), ["[1]", "[2, 3]"]);
		for wrong in [json!([]), json!({}), json!([-1]), json!([1, "a"]), json!([1.5]), json!(null)]
		{
			assert_eq!(shown(wrong.clone()), Err(400), "{wrong}");
		}
		assert!(prompts(None).is_err());
	}

	#[test]
	fn messages_should_be_texts_in_either_form() {
		let read = |value: Value| -> Result<Vec<Message>, String> {
			let list: Vec<ChatMessage> = serde_json::from_value(value).unwrap();
			messages(list).map_err(|error| error.message)
		};
		let expected = [Message::new("system", "a"), Message::new("user", "bc")];
		let parts = json!([{ "type": "text", "text": "b" }, { "type": "text", "text": "c" }]);
		let given = json!([
			{ "role": "developer", "content": "a" },
			{ "role": "user", "content": parts, "name": "Eve", "tool_calls": null },
		]);
		assert_eq!(read(given).unwrap(), expected);
		let image = json!([{ "type": "image_url", "image_url": {} }]);
		let error = read(json!([{ "role": "user", "content": image }])).unwrap_err();
		assert!(error.contains("of text"), "{error}");
		let called = json!([{ "role": "assistant", "content": "", "tool_calls": [{}] }]);
		assert!(read(called).unwrap_err().contains("tool_calls"));
	}

	#[test]
	fn options_should_be_refused_unless_they_ask_for_nothing() {
		let check = |more: Value| {
			let mut fields = more.as_object().unwrap().clone();
			fields.insert("model".into(), "m".into());
			let common = Common::new(fields).unwrap();
			common
				.check()
				.and(common.stops().map(drop))
				.map_err(|error| error.details["param"].clone())
		};
		for nothing in [
			json!({ "user": "a", "n": 1, "presence_penalty": 0, "frequency_penalty": 0.0 }),
			json!({ "tools": [], "tool_choice": "none", "logit_bias": {}, "logprobs": false }),
			json!({ "response_format": { "type": "text" }, "stop": null, "unknown": null }),
			json!({ "stop": ["a", "b"] }),
		] {
			assert_eq!(check(nothing.clone()), Ok(()), "{nothing}");
		}
		for (wanted, param) in [
			(json!({ "n": 2 }), "n"),
			(json!({ "presence_penalty": 0.5 }), "presence_penalty"),
			(json!({ "tools": [{}] }), "tools"),
			(json!({ "logprobs": true }), "logprobs"),
			(json!({ "response_format": { "type": "json_object" } }), "response_format"),
			(json!({ "min_p": 0.1 }), "min_p"),
			(json!({ "stop": "" }), "stop"),
			(json!({ "stop": ["a", "b", "c", "d", "e"] }), "stop"),
		] {
			assert_eq!(check(wanted.clone()), Err(param.into()), "{wanted}");
		}
	}
}
