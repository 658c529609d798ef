//! A chain in memory, and a gateway in front of it. Part of the tests, and of the example `mock`.

#![allow(clippy::unwrap_used, dead_code, missing_docs)]

use async_trait::async_trait;
use opg_engine_types::{
	digest,
	tensor::{self, DType, Tensor},
	Generation,
};
use opg_gateway::{
	backend::{
		Answer, Backend, BackendError, Estimate, ListedModel, Model, Order, Planck, Reference,
		RequestId, Schema, Submitted, TextForm, Tier, Trust, OPG,
	},
	Ledger,
};
use opg_tensors::report::Port;
use opg_text::TextModel;
use serde_json::json;
use std::{
	path::Path,
	sync::{Arc, Mutex, MutexGuard},
	time::{Duration, Instant},
};
use tokio::time::sleep;

/// What a request costs at most, and in the end; and its transaction.
pub const MAX_FEE: Planck = OPG;
pub const FEE: Planck = OPG / 4;
pub const TRANSACTION: Planck = OPG / 100;

/// How the chain behaves.
#[derive(Clone, Debug)]
pub struct Mood {
	pub attested_after: Duration,
	pub settled_after: Duration,
	/// Requests are refused.
	pub refusal: Option<BackendError>,
	/// The transaction is sent, and nobody says so.
	pub unsure: bool,
	/// No transaction arrives.
	pub lost: bool,
	/// Attested answers are wrong.
	pub lies: bool,
	/// Requests fail, and are refunded.
	pub fails: bool,
	/// Requests are forgotten.
	pub forgets: bool,
	/// No node answers.
	pub down: bool,
}

impl Default for Mood {
	fn default() -> Self {
		Self {
			attested_after: Duration::from_millis(5),
			settled_after: Duration::from_millis(10),
			refusal: None,
			unsure: false,
			lost: false,
			lies: false,
			fails: false,
			forgets: false,
			down: false,
		}
	}
}

pub struct Made {
	pub order: Order,
	at: Instant,
}

#[derive(Default)]
pub struct Mock {
	mood: Mutex<Mood>,
	made: Mutex<Vec<Made>>,
}

pub fn port(name: &str, dtype: DType, shape: &[u64]) -> Port {
	Port { name: name.into(), dtype, shape: shape.to_vec() }
}

/// The models, by their numbers.
fn schemas() -> Vec<(&'static str, Schema)> {
	let all: Vec<_> = DType::ALL.map(|dtype| port(&format!("x_{dtype}"), dtype, &[2])).into();
	let ids = port("input_ids", DType::I64, &[1, 8]);
	let mask = port("attention_mask", DType::I64, &[1, 8]);
	vec![
		(
			"sum",
			Schema {
				inputs: vec![port("pixels", DType::F32, &[1, 4])],
				outputs: vec![port("sum", DType::F32, &[1]), port("count", DType::I64, &[1])],
			},
		),
		("echo", Schema { inputs: all.clone(), outputs: all }),
		(
			"words",
			Schema {
				inputs: vec![ids, mask],
				outputs: vec![port("sentence_embedding", DType::F32, &[1, 3])],
			},
		),
		(
			"bad",
			Schema {
				inputs: vec![port("x", DType::U8, &[1])],
				outputs: vec![port("y", DType::U8, &[1])],
			},
		),
		(
			"story",
			Schema {
				inputs: vec![
					port("prompt", DType::I64, &[1, CONTEXT]),
					port("max_new_tokens", DType::I64, &[1]),
					port("temperature", DType::F32, &[1]),
					port("top_k", DType::I64, &[1]),
					port("top_p", DType::F32, &[1]),
					port("seed", DType::I64, &[1]),
				],
				outputs: vec![port("tokens", DType::I32, &[1, CONTEXT])],
			},
		),
	]
}

pub const CONTEXT: u64 = 48;

/// How the model `story` generates text.
pub const STORY: TextForm = TextForm {
	generation: Generation {
		context: CONTEXT,
		block: 32,
		vocabulary: 200,
		token_fuel: 40_000_000,
		block_fuel: 300_000_000,
	},
	min_fuel: 160_000_000,
	max_fuel: 2_560_000_000,
};

/// The tokenizer of `story`: a token for each byte of ASCII, from 3 on, and three special ones.
pub fn tokenizer() -> serde_json::Value {
	let special = ["<end>", "<turn>", "</turn>"];
	let added: Vec<_> = special
		.iter()
		.enumerate()
		.map(|(id, text)| json!({ "id": id, "content": text, "special": true }))
		.collect();
	let mut vocabulary = serde_json::Map::new();
	for (id, text) in special.iter().enumerate() {
		vocabulary.insert((*text).into(), id.into());
	}
	for byte in 0x20u8..0x7f {
		// The blank has a sign of its own.
		let text = if byte == b' ' { "Ġ".to_string() } else { char::from(byte).to_string() };
		vocabulary.insert(text, (usize::from(byte) - 0x20 + 3).into());
	}
	json!({
		"added_tokens": added,
		"pre_tokenizer": { "type": "ByteLevel", "add_prefix_space": false, "use_regex": false },
		"decoder": { "type": "ByteLevel" },
		"model": {
			"type": "BPE", "vocab": vocabulary, "merges": [],
			"opg": {
				"chat_template": "{% for own in messages %}<turn>{{ own.content }}</turn>{% endfor %}<turn>",
				"stop": [2, 0],
			},
		},
	})
}

pub const OWNER: &str = "opMock";

fn compute(model: u32, input: &[u8]) -> Result<Vec<u8>, String> {
	let tensors = tensor::decode(input).unwrap();
	let schema = &schemas()[model as usize].1;
	let output = |at: usize, data: Vec<u8>| {
		let Port { name, dtype, shape } = schema.outputs[at].clone();
		Tensor { name, dtype, shape, data }
	};
	let words = |tensor: &Tensor| -> Vec<i64> {
		let chunks = tensor.data.chunks(8);
		chunks.map(|bytes| i64::from_le_bytes(bytes.try_into().unwrap())).collect()
	};
	match model {
		0 => {
			let chunks = tensors[0].data.chunks(4);
			let sum: f32 = chunks.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap())).sum();
			let sum = output(0, sum.to_le_bytes().into());
			Ok(tensor::encode(&[sum, output(1, 4i64.to_le_bytes().into())]))
		},
		1 => Ok(input.to_vec()),
		2 => {
			let (ids, mask) = (words(&tensors[0]), words(&tensors[1]));
			let sum: i64 = ids.iter().zip(&mask).map(|(id, mask)| id * mask).sum();
			let vector = [sum as f32, mask.iter().sum::<i64>() as f32, sum as f32 / 7.0];
			Ok(tensor::encode(&[output(0, vector.iter().flat_map(|x| x.to_le_bytes()).collect())]))
		},
		4 => {
			// Says the prompt again, backwards, and ends with a token that ends answers.
			let prompt: Vec<_> = words(&tensors[0]).into_iter().filter(|own| *own >= 0).collect();
			let most = words(&tensors[1])[0] as usize;
			let mut tokens: Vec<_> =
				prompt.into_iter().rev().filter(|own| *own > 2).chain([2]).take(most).collect();
			tokens.resize(CONTEXT as usize, -1);
			let tokens = tokens.iter().flat_map(|token| (*token as i32).to_le_bytes());
			Ok(tensor::encode(&[output(0, tokens.collect())]))
		},
		_ => Err("BadInput".into()),
	}
}

fn digest_of(output: &Result<Vec<u8>, String>) -> String {
	let bytes = match output {
		Ok(output) => output.as_slice(),
		Err(reason) => reason.as_bytes(),
	};
	format!("0x{}", hex::encode(digest(bytes)))
}

impl Mock {
	pub fn with(mood: Mood) -> Self {
		Self { mood: Mutex::new(mood), made: Mutex::default() }
	}

	pub fn mood(&self) -> MutexGuard<'_, Mood> {
		self.mood.lock().unwrap()
	}

	pub fn made(&self) -> MutexGuard<'_, Vec<Made>> {
		self.made.lock().unwrap()
	}

	/// Requests that were paid.
	pub fn count(&self) -> usize {
		self.made().len()
	}

	fn check(&self) -> Result<(), BackendError> {
		if self.mood().down {
			return Err(BackendError::NoNode("no node answers".into()));
		}
		Ok(())
	}
}

#[async_trait]
impl Backend for Mock {
	async fn health(&self) -> Result<(), BackendError> {
		self.check()
	}

	async fn model(&self, name: &str) -> Result<Model, BackendError> {
		self.check()?;
		let schemas = schemas();
		let full = |name: &str| format!("{OWNER}/{name}");
		let found = schemas.iter().enumerate().find(|(number, (its, _))| {
			let its = full(its);
			let names =
				[number.to_string(), its.clone(), format!("{its}@1.0.0"), format!("{its}@stable")];
			names.iter().any(|its| its == name)
		});
		let (number, (its, schema)) =
			found.ok_or_else(|| BackendError::ModelUnknown(format!("there is no {name}")))?;
		Ok(Model {
			number: number as u32,
			name: full(its),
			version: "1.0.0".into(),
			versions: vec!["1.0.0".into()],
			schema: schema.clone(),
			input_bytes: 16_384,
			tokenizer: None,
			text: (*its == "story").then_some(STORY),
		})
	}

	async fn models(&self) -> Result<Vec<ListedModel>, BackendError> {
		self.check()?;
		let listed = schemas()
			.into_iter()
			.map(|(name, _)| ListedModel { name: format!("{OWNER}/{name}"), owner: OWNER.into() });
		Ok(listed.collect())
	}

	async fn text(&self, model: u32) -> Result<Arc<TextModel>, BackendError> {
		self.check()?;
		if model == 4 {
			return Ok(Arc::new(TextModel::parse(tokenizer().to_string().as_bytes()).unwrap()));
		}
		Err(BackendError::SchemaUnavailable("it has no tokenizer".into()))
	}

	async fn estimate(
		&self,
		_: u32,
		_: Tier,
		_: usize,
		_: Option<u64>,
	) -> Result<Estimate, BackendError> {
		self.check()?;
		self.mood().refusal.clone().map_or(Ok(()), Err)?;
		Ok(Estimate { max_fee: MAX_FEE, transaction: TRANSACTION })
	}

	async fn submit(&self, order: Order) -> Result<Submitted, BackendError> {
		self.check()?;
		let mood = self.mood().clone();
		if mood.lost {
			return Err(BackendError::Unsure("no block took it".into()));
		}
		let mut made = self.made();
		made.push(Made { order, at: Instant::now() });
		if mood.unsure {
			return Err(BackendError::Unsure("the connection broke".into()));
		}
		let request = made.len() as RequestId - 1;
		Ok(Submitted { request, transaction: Some(TRANSACTION) })
	}

	async fn find(&self, reference: Reference) -> Result<Option<RequestId>, BackendError> {
		self.check()?;
		let found = self.made().iter().rposition(|made| made.order.reference == reference);
		Ok(found.map(|at| at as RequestId))
	}

	async fn wait(
		&self,
		request: RequestId,
		until: Trust,
		_: Option<&[u8]>,
	) -> Result<Answer, BackendError> {
		loop {
			self.check()?;
			let mood = self.mood().clone();
			{
				let made = self.made();
				let made = made.get(request as usize).filter(|_| !mood.forgets);
				let made = made
					.ok_or_else(|| BackendError::RequestUnknown(format!("no request {request}")))?;
				let age = made.at.elapsed();
				if mood.fails && age > mood.attested_after {
					return Err(BackendError::RequestFailed("nobody served it".into()));
				}
				let state = match age {
					age if age > mood.settled_after.max(mood.attested_after) => {
						Some(Trust::Settled)
					},
					age if age > mood.attested_after => Some(Trust::Attested),
					_ => None,
				};
				if let Some(state) = state.filter(|state| *state >= until) {
					let output = compute(made.order.model, &made.order.input);
					let digest = if mood.lies { "0x00".into() } else { digest_of(&output) };
					let fee = (state == Trust::Settled).then_some(FEE);
					return Ok(Answer { request, state, output, digest, fee });
				}
			}
			sleep(Duration::from_millis(2)).await;
		}
	}

	async fn receipt(&self, request: RequestId) -> Result<Vec<u8>, BackendError> {
		let answer = self.wait(request, Trust::Attested, None).await?;
		if answer.state < Trust::Settled {
			return Err(BackendError::NotYet(format!("request {request} is not settled yet")));
		}
		Ok(format!("{{\"request\":{request}}}").into_bytes())
	}

	async fn recompute(&self, model: u32, input: &[u8]) -> Result<String, BackendError> {
		Ok(digest_of(&compute(model, input)))
	}
}

pub fn ledger(folder: &Path) -> Ledger {
	Ledger::open(folder, "mock").unwrap()
}
