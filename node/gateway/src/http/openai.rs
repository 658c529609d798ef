//! Embeddings and lists of models in the shape of OpenAI.

use super::{about, decoded, get, kserve, method, names, Gateway, Head, Reply, Wish, WISHES};
use crate::{
	backend::{Backend, Model},
	error::ApiError,
	keys::Key,
	service::{Call, Outcome},
};
use base64::{engine::general_purpose::STANDARD, Engine};
use bytes::Bytes;
use http_body::Body;
use hyper::Method;
use opg_engine_types::tensor::{DType, Tensor};
use opg_tensors::{floats, input::describe_port, report::Port};
use serde::Deserialize;
use serde_json::{json, Value};
use std::sync::Arc;

/// Names of the input that holds tokens.
const TOKENS: [&str; 4] = ["input_ids", "token_ids", "tokens", "ids"];
/// Name of the input that says which tokens count.
const MASK: &str = "attention_mask";
/// Name of the input that says to which of two texts a token belongs.
const SEGMENTS: &str = "token_type_ids";
/// Names of the output that holds the vector, where there are several.
const VECTORS: [&str; 4] = ["sentence_embedding", "embedding", "embeddings", "text_embeds"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EmbeddingRequest {
	model: String,
	input: Value,
	encoding_format: Option<Encoding>,
	dimensions: Option<u64>,
	/// Of no use here.
	#[serde(rename = "user")]
	_user: Option<Value>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Encoding {
	#[default]
	Float,
	Base64,
}

/// How a model is asked for an embedding.
#[derive(Debug, PartialEq, Eq)]
struct Form {
	tokens: Port,
	/// Tokens that it takes.
	length: usize,
	mask: Option<Port>,
	segments: Option<Port>,
	output: String,
	dtype: DType,
	dimensions: u64,
}

pub(super) fn invalid(param: &str, message: impl Into<String>) -> ApiError {
	ApiError::invalid(message).with("param", param)
}

fn no_embedding(model: &Model, cause: &str) -> ApiError {
	let list = |ports: &[Port]| ports.iter().map(describe_port).collect::<Vec<_>>().join(", ");
	let message = format!(
		"{} is no model for embeddings of tokens: {cause}. It takes {}, and gives {}",
		model.name,
		list(&model.schema.inputs),
		list(&model.schema.outputs)
	);
	ApiError::new(400, "NotAnEmbeddingModel", message).with("param", "model")
}

impl Form {
	/// The form of a model, by the names, types and shapes of its inputs and outputs.
	fn of(model: &Model) -> Result<Self, ApiError> {
		let refused = |cause: &str| no_embedding(model, cause);
		let inputs = &model.schema.inputs;
		let is_row = |port: &Port| {
			let is_whole = !matches!(
				port.dtype,
				DType::Bool | DType::F16 | DType::BF16 | DType::F32 | DType::F64
			);
			is_whole && matches!(port.shape.as_slice(), [_] | [1, _])
		};
		let named = |name: &str| inputs.iter().find(|port| port.name == name);
		let tokens = match inputs.as_slice() {
			[only] => Some(only),
			_ => TOKENS.iter().find_map(|name| named(name)),
		};
		let tokens = tokens.filter(|port| is_row(port)).cloned();
		let tokens =
			tokens.ok_or_else(|| refused("it has no input of token ids of the shape [1, n]"))?;
		let (mask, segments) = (named(MASK).cloned(), named(SEGMENTS).cloned());
		for port in inputs {
			if *port == tokens {
				continue;
			}
			let is_known = port.name == MASK || port.name == SEGMENTS;
			if !is_known || port.shape != tokens.shape || !is_row(port) {
				return Err(refused(&format!("what its input `{}` takes is not known", port.name)));
			}
		}
		let length = tokens.shape.last().copied().and_then(|size| usize::try_from(size).ok());
		let length =
			length.filter(|length| *length != 0).ok_or_else(|| refused("it has no length"))?;
		let is_float =
			|port: &&Port| matches!(port.dtype, DType::F16 | DType::BF16 | DType::F32 | DType::F64);
		let is_vector =
			|port: &&Port| is_float(port) && matches!(port.shape.as_slice(), [_] | [1, _]);
		let outputs = &model.schema.outputs;
		let vectors: Vec<_> = outputs.iter().filter(is_vector).collect();
		let output = match vectors.as_slice() {
			[only] => *only,
			[] if outputs.iter().any(|port| is_float(&port) && port.shape.len() == 3) => {
				return Err(refused(
					"it gives a vector for each token, and only what executors computed is given here. Its \
					 author makes it one vector with `opg-engine fix --pool`",
				));
			},
			[] => return Err(refused("it gives no vector of floats")),
			several => {
				let found = several.iter().find(|port| VECTORS.contains(&port.name.as_str()));
				found.ok_or_else(|| refused("it gives several vectors, none of a known name"))?
			},
		};
		Ok(Self {
			length,
			mask,
			segments,
			output: output.name.clone(),
			dtype: output.dtype,
			dimensions: output.shape.last().copied().unwrap_or_default(),
			tokens,
		})
	}

	/// The input for these tokens. A shorter text is filled up with zeros that the mask leaves out.
	fn tensors(&self, tokens: &[u64]) -> Result<Vec<Tensor>, ApiError> {
		let (given, length) = (tokens.len(), self.length);
		if given == 0 || given > length {
			let message = format!("the model takes 1 to {length} tokens, and this is {given}");
			return Err(invalid("input", message).with("expected", length).with("got", given));
		}
		if given < length && self.mask.is_none() {
			let message = format!(
				"the model takes exactly {length} tokens, because it has no `{MASK}`; this is {given}"
			);
			return Err(invalid("input", message).with("expected", length).with("got", given));
		}
		let row = |port: &Port, value: &dyn Fn(usize) -> u64| {
			let (name, dtype, shape) = (port.name.clone(), port.dtype, port.shape.clone());
			let bytes = (0..length).map(|at| value(at).to_le_bytes());
			let data = bytes.flat_map(|bytes| bytes.into_iter().take(dtype.size())).collect();
			Tensor { name, dtype, shape, data }
		};
		let most = match self.tokens.dtype {
			DType::U8 => u8::MAX.into(),
			DType::I8 => i8::MAX as u64,
			DType::U16 => u16::MAX.into(),
			DType::I16 => i16::MAX as u64,
			DType::U32 => u32::MAX.into(),
			DType::I32 => i32::MAX as u64,
			DType::U64 => u64::MAX,
			_ => i64::MAX as u64,
		};
		if let Some(token) = tokens.iter().find(|token| **token > most) {
			let message = format!("the token {token} is no {}", self.tokens.dtype);
			return Err(invalid("input", message));
		}
		let mut tensors = vec![row(&self.tokens, &|at| tokens.get(at).copied().unwrap_or(0))];
		tensors.extend(self.mask.as_ref().map(|port| row(port, &|at| u64::from(at < given))));
		tensors.extend(self.segments.as_ref().map(|port| row(port, &|_| 0)));
		Ok(tensors)
	}

	/// The vector of an answer, as values that are exact.
	fn vector(&self, outcome: &Outcome) -> Result<Vec<f64>, ApiError> {
		let tensors = kserve::output(outcome)?;
		let request = outcome.answer.request;
		let bad = |message: &str| ApiError::new(502, "BadAnswer", message).of_request(request);
		let tensor = tensors.iter().find(|tensor| tensor.name == self.output);
		let tensor = tensor.ok_or_else(|| bad("the answer has no vector"))?;
		let mut vector = Vec::with_capacity(tensor.data.len() / tensor.dtype.size());
		for bytes in tensor.data.chunks_exact(tensor.dtype.size()) {
			let bits = bytes.iter().rev().fold(0, |bits, byte| bits << 8 | u64::from(*byte));
			vector.push(
				floats::value(tensor.dtype, bits).ok_or_else(|| bad("the answer has no floats"))?,
			);
		}
		Ok(vector)
	}

	fn render(&self, outcome: &Outcome, encoding: Encoding) -> Result<Value, ApiError> {
		let vector = self.vector(outcome)?;
		if encoding == Encoding::Base64 {
			// What is narrower than f32 fits; what is wider was refused.
			let bytes: Vec<_> =
				vector.iter().flat_map(|value| (*value as f32).to_le_bytes()).collect();
			return Ok(STANDARD.encode(bytes).into());
		}
		let numbers = vector.iter().map(|value| {
			// The shortest notation of an f32 is shorter than that of the same f64.
			let noted = match self.dtype {
				DType::F32 => (*value as f32).to_string().parse().ok(),
				_ => Some(*value),
			};
			noted.and_then(serde_json::Number::from_f64).map(Value::Number).ok_or_else(|| {
				let message =
					format!("the vector holds {value}, which JSON cannot say: ask for base64");
				ApiError::new(422, "NotFinite", message).of_request(outcome.answer.request)
			})
		});
		numbers.collect::<Result<Vec<_>, _>>().map(Value::Array)
	}
}

/// The lists of tokens of an input.
fn token_lists(model: &Model, input: &Value) -> Result<Vec<Vec<u64>>, ApiError> {
	let text =
		|| {
			let how = match &model.tokenizer {
			Some(hash) => format!(
				"cut it with the tokenizer of this version, the file with the BLAKE3 hash {hash}"
			),
			None => "cut it with the tokenizer that the model's author names; the version has none on \
			         the chain"
				.into(),
		};
			let message = format!(
			"this gateway takes token ids and no text: tokenizers are not part of what executors compute, \
			 so nobody could check it. {how}, and send lists of numbers as `input`"
		);
			ApiError::new(400, "TextNotTaken", message).with("param", "input")
		};
	let wrong = || invalid("input", "`input` is a list of token ids, or a list of such lists");
	let Value::Array(list) = input else {
		return Err(if input.is_string() { text() } else { wrong() });
	};
	let numbers = |list: &[Value]| -> Result<Vec<u64>, ApiError> {
		list.iter().map(|token| token.as_u64().ok_or_else(wrong)).collect()
	};
	match list.first() {
		None => Err(invalid("input", "`input` is empty")),
		Some(Value::String(_)) => Err(text()),
		Some(Value::Array(_)) => {
			let lists = list.iter().map(|list| list.as_array().ok_or_else(wrong));
			lists.map(|list| numbers(list?)).collect()
		},
		Some(_) => Ok(vec![numbers(list)?]),
	}
}

impl<B: Backend> Gateway<B> {
	/// Answers `POST /v1/embeddings`. Each list of tokens is a request.
	pub(super) async fn embeddings<T>(
		self: &Arc<Self>,
		key: &Key,
		head: &Head,
		body: T,
	) -> Result<Reply, ApiError>
	where
		T: Body<Data = Bytes> + Unpin,
		T::Error: std::fmt::Display,
	{
		method(head, &Method::POST)?;
		let wish = Wish::parse(&head.query(&WISHES)?)?;
		let id = head.header("idempotency-key")?;
		let retries = head.header("x-stainless-retry-count")?.unwrap_or("0");
		let body = self.body(head, body).await?;
		if body.len() > self.web.max_json {
			let message = format!("JSON of more than {} bytes is not taken", self.web.max_json);
			return Err(ApiError::new(413, "JsonTooLarge", message));
		}
		let request: EmbeddingRequest = serde_json::from_slice(&body)
			.map_err(|error| ApiError::invalid(format!("no request for embeddings: {error}")))?;
		let model = self.model(&names::name(&request.model)?, None).await?;
		let form = Form::of(&model)?;
		let encoding = request.encoding_format.unwrap_or_default();
		if encoding == Encoding::Base64 && form.dtype == DType::F64 {
			let message =
				"base64 holds f32, and the model gives f64: ask for `encoding_format` float";
			return Err(invalid("encoding_format", message));
		}
		if request.dimensions.is_some_and(|asked| asked != form.dimensions) {
			let message = format!("the model gives {} dimensions, and no others", form.dimensions);
			return Err(invalid("dimensions", message));
		}
		let lists = token_lists(&model, &request.input)?;
		let most = self.web.max_embeddings;
		if lists.len() > most {
			let message = format!("{most} inputs at most: each of them is a request on the chain");
			return Err(invalid("input", message));
		}
		// All of them first: a mistake in the last costs nothing for the first.
		let inputs = lists.iter().map(|tokens| kserve::encode(&model, &form.tensors(tokens)?));
		let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
		let ids: Vec<_> = match id {
			// Each request has its own. That of one input is what the client gave.
			Some(id) if inputs.len() == 1 => vec![Some(id.to_string())],
			Some(id) => (0..inputs.len()).map(|at| Some(format!("{id}/{at}"))).collect(),
			None => vec![None; inputs.len()],
		};
		let calls = inputs.into_iter().zip(&ids).map(|(input, id)| {
			self.service.infer(Call {
				fuel_limit: None,
				key,
				model: &model,
				input,
				tier: wish.tier,
				trust: wish.trust,
				timeout: wish.timeout,
				id: id.as_deref(),
				is_retry: retries != "0",
			})
		});
		let outcomes = all(calls.collect()).await?;
		let mut data = Vec::with_capacity(outcomes.len());
		for (index, outcome) in outcomes.iter().enumerate() {
			data.push(json!({
				"object": "embedding",
				"index": index,
				"embedding": form.render(outcome, encoding)?,
				"opg": about(outcome),
			}));
		}
		let tokens: usize = lists.iter().map(Vec::len).sum();
		let response = json!({
			"object": "list",
			"model": format!("{}@{}", model.name, model.version),
			"data": data,
			"usage": { "prompt_tokens": tokens, "total_tokens": tokens },
		});
		Ok(Reply::json(200, &response).of(&outcomes.iter().collect::<Vec<_>>()))
	}

	/// Answers `GET /v1/models` and `GET /v1/models/{name}`.
	pub(super) async fn openai_models(&self, head: &Head) -> Result<Reply, ApiError> {
		get(head)?;
		// The chain has no date of a model.
		let object = |id: &str, owner: &str| json!({ "id": id, "object": "model", "created": 0, "owned_by": owner });
		let path = decoded(&head.path)?;
		if path == "/v1/models" {
			let models = self.service.backend.models().await?;
			let data: Vec<_> =
				models.iter().map(|model| object(&model.name, &model.owner)).collect();
			return Ok(Reply::json(200, &json!({ "object": "list", "data": data })));
		}
		let Some(name) = path.strip_prefix("/v1/models/") else {
			let message = "of OpenAI's API there is /v1/chat/completions, /v1/completions, /v1/embeddings and /v1/models";
			return Err(ApiError::new(404, "NotFound", message));
		};
		let model = self.model(&names::name(name)?, None).await?;
		let owner = model.name.rsplit_once('/').map_or("", |(owner, _)| owner);
		Ok(Reply::json(200, &object(&model.name, owner)))
	}
}

/// Awaits all, at the same time. Gives the first error once all have ended: then the others are told as
/// well when they are asked for again.
pub(super) async fn all<T, E>(
	futures: Vec<impl std::future::Future<Output = Result<T, E>>>,
) -> Result<Vec<T>, E> {
	let mut pinned: Vec<_> = futures.into_iter().map(Box::pin).collect();
	let mut ended: Vec<Option<Result<T, E>>> = pinned.iter().map(|_| None).collect();
	std::future::poll_fn(|context| {
		let mut is_pending = false;
		for (future, ended) in pinned.iter_mut().zip(&mut ended) {
			if ended.is_none() {
				match future.as_mut().poll(context) {
					std::task::Poll::Ready(result) => *ended = Some(result),
					std::task::Poll::Pending => is_pending = true,
				}
			}
		}
		if is_pending {
			std::task::Poll::Pending
		} else {
			std::task::Poll::Ready(())
		}
	})
	.await;
	ended.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::backend::Schema;

	fn port(name: &str, dtype: DType, shape: &[u64]) -> Port {
		Port { name: name.into(), dtype, shape: shape.to_vec() }
	}

	fn model(inputs: &[Port], outputs: &[Port]) -> Model {
		Model {
			number: 1,
			name: "opA/words".into(),
			version: "1.0.0".into(),
			versions: vec!["1.0.0".into()],
			schema: Schema { inputs: inputs.to_vec(), outputs: outputs.to_vec() },
			input_bytes: 1000,
			tokenizer: None,
			text: None,
		}
	}

	fn ids() -> Port {
		port("input_ids", DType::I64, &[1, 4])
	}

	fn vector() -> Port {
		port("sentence_embedding", DType::F32, &[1, 3])
	}

	#[test]
	fn form_should_be_found_by_names_types_and_shapes() {
		let mask = port(MASK, DType::I64, &[1, 4]);
		let words = port("last_hidden_state", DType::F32, &[1, 4, 3]);
		let form = Form::of(&model(&[mask.clone(), ids()], &[words.clone(), vector()])).unwrap();
		assert_eq!((form.length, form.dimensions), (4, 3));
		assert_eq!(form.mask, Some(mask));
		let only = Form::of(&model(&[port("x", DType::I32, &[7])], &[vector()])).unwrap();
		assert_eq!((only.length, only.mask), (7, None));
		let two = [port("pooled", DType::F32, &[1, 3]), vector()];
		assert_eq!(Form::of(&model(&[ids()], &two)).unwrap().output, "sentence_embedding");
		for (inputs, outputs, cause) in [
			(vec![port("pixels", DType::F32, &[1, 64])], vec![vector()], "no input of token ids"),
			(vec![ids(), port("other", DType::I64, &[1, 4])], vec![vector()], "`other`"),
			(vec![ids(), port(MASK, DType::I64, &[1, 5])], vec![vector()], MASK),
			(vec![ids()], vec![words], "--pool"),
			(vec![ids()], vec![port("label", DType::I64, &[1])], "no vector"),
			(vec![port("ids", DType::I64, &[2, 4])], vec![vector()], "no input of token ids"),
		] {
			let error = Form::of(&model(&inputs, &outputs)).unwrap_err();
			assert_eq!(error.reason, "NotAnEmbeddingModel");
			assert!(error.message.contains(cause), "{error}");
		}
	}

	#[test]
	fn tokens_should_be_filled_up_only_where_a_mask_leaves_the_rest_out() {
		let mask = port(MASK, DType::I32, &[1, 4]);
		let segments = port(SEGMENTS, DType::I64, &[1, 4]);
		let form = Form::of(&model(&[ids(), mask, segments], &[vector()])).unwrap();
		let tensors = form.tensors(&[5, 6]).unwrap();
		let numbers = |at: usize, size: usize| -> Vec<u8> {
			tensors[at].data.chunks(size).map(|bytes| bytes[0]).collect()
		};
		assert_eq!(numbers(0, 8), [5, 6, 0, 0]);
		assert_eq!(numbers(1, 4), [1, 1, 0, 0]);
		assert_eq!(numbers(2, 8), [0; 4]);
		assert!(form.tensors(&[1; 5]).is_err() && form.tensors(&[]).is_err());
		let bare = Form::of(&model(&[port("ids", DType::U8, &[4])], &[vector()])).unwrap();
		assert!(bare.tensors(&[5, 6]).unwrap_err().message.contains("exactly 4"));
		assert!(bare.tensors(&[5, 6, 7, 256]).unwrap_err().message.contains("256"));
		assert_eq!(bare.tensors(&[5, 6, 7, 255]).unwrap()[0].data, [5, 6, 7, 255]);
	}

	#[test]
	fn input_should_be_tokens_and_text_is_refused_with_what_to_do() {
		let mut model = model(&[ids()], &[vector()]);
		assert_eq!(token_lists(&model, &json!([1, 2])).unwrap(), [[1, 2]]);
		assert_eq!(token_lists(&model, &json!([[1], [2, 3]])).unwrap(), [vec![1], vec![2, 3]]);
		for text in [json!("a"), json!(["a", "b"])] {
			let error = token_lists(&model, &text).unwrap_err();
			assert_eq!(error.reason, "TextNotTaken");
		}
		model.tokenizer = Some("0xabc".into());
		assert!(token_lists(&model, &json!("a")).unwrap_err().message.contains("0xabc"));
		for wrong in
			[json!([]), json!([[1], 2]), json!([1.5]), json!([-1]), json!({}), json!([1, "a"])]
		{
			assert_eq!(token_lists(&model, &wrong).unwrap_err().status, 400, "{wrong}");
		}
	}
}
