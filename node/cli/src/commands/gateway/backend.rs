//! The gateway's chain: a node that is asked over JSON-RPC, and an account that signs here.

use super::{
	models::Models,
	node::{CallError, Node},
	view::{
		AccountState, AnswerView, ChainState, FeeInfo, Health, Models as ModelPage, Price,
		RequestState, ResultState, Version,
	},
};
use crate::{
	chain::Chain,
	commands::request::Order as ChainOrder,
	download::Download,
	keys::{self, Account},
	model_ref::NameRef,
	reference::reference_of,
	rpc::{Endpoint, Refusal},
	upload::Upload,
};
use anyhow::{ensure, Context};
use async_trait::async_trait;
use opg_engine_types::DType;
use opg_gateway::{
	backend::{
		Answer, Estimate, ListedModel, Model, Order, Planck, Reference, RequestId, Submitted, Tier,
		Trust,
	},
	Backend, BackendError,
};
use opg_primitives::{
	address::address, AccountId, BlockNumber, Nonce, Tier as ChainTier, MAX_INPUT_BYTES,
};
use opg_runtime::{RuntimeCall, RuntimeEvent};
use opg_tensors::report::Port;
use opg_text::TextModel;
use pallet_transaction_payment::Event::TransactionFeePaid;
use serde_json::{json, Value};
use sp_core::{Bytes, H256};
use std::{
	collections::HashMap,
	sync::{Arc, Mutex, PoisonError},
	time::Duration,
};
use tokio::{
	runtime::Handle,
	task::spawn_blocking,
	time::{sleep, Instant},
};

/// Time between two looks at a request that is not attested yet, and one that is not settled.
const POLL_ATTESTED: Duration = Duration::from_millis(700);
const POLL_SETTLED: Duration = Duration::from_secs(3);
/// Longest wait for a block to take a transaction. One that is valid is taken much sooner.
const INCLUSION_TIMEOUT: Duration = Duration::from_secs(60);
/// The same where it is not known whether the node has it.
const LOST_TIMEOUT: Duration = Duration::from_secs(15);
/// Longest input that goes with the request to the node. Longer ones are uploaded.
const MAX_WITH_CALL: usize = 7 << 20;
/// Attempts where another transaction of the account took the nonce.
const NONCE_ATTEMPTS: usize = 5;
/// How long lists of models and versions are kept.
const LISTS_KEPT: Duration = Duration::from_secs(60);
/// Models in a list, and of one owner that are looked through.
const MAX_LISTED: usize = 1000;
/// Models of a page.
const PAGE: usize = 20;
/// Tokenizers that are kept. Beyond them all are forgotten: each takes many times its file in memory.
const MAX_TEXTS: usize = 8;
/// Names whose versions are kept. Beyond them all are forgotten.
const MAX_NAMES: usize = 1024;

/// The account's key, and a connection by which it signs for the runtime of the chain.
struct Signing {
	endpoint: Endpoint,
	account: Account,
	genesis: H256,
	chain: Mutex<Option<Chain>>,
}

/// What is kept for a while.
type Kept<T> = (Instant, T);

/// A chain and an account on it.
pub(super) struct OnChain {
	node: Node,
	signing: Arc<Signing>,
	/// Address of the account.
	address: String,
	models: Arc<Models>,
	/// Transactions of the account get their nonces one after the other.
	turn: tokio::sync::Mutex<()>,
	listed: Mutex<Option<Kept<Vec<ListedModel>>>>,
	versions: Mutex<HashMap<String, Kept<Vec<String>>>>,
	/// Versions by their numbers: what a request depends on never changes.
	known: Mutex<HashMap<u32, Version>>,
	/// Tokenizers by the hashes of their files.
	texts: Mutex<HashMap<H256, Arc<TextModel>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
	mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn planck(text: &str) -> Result<Planck, BackendError> {
	let amount = text.parse();
	amount.map_err(|_| BackendError::Failed(format!("the node gives no amount: {text}")))
}

fn failed(error: impl std::fmt::Display) -> BackendError {
	BackendError::Failed(format!("{error:#}"))
}

impl Signing {
	/// The transaction with `call`. Connects anew where the connection broke.
	fn sign(&self, call: &RuntimeCall, nonce: Nonce) -> anyhow::Result<Bytes> {
		let mut chain = lock(&self.chain);
		let had_one = chain.is_some();
		match self.sign_by(&mut chain, call, nonce) {
			Err(_) if had_one => {
				*chain = None;
				self.sign_by(&mut chain, call, nonce)
			},
			signed => signed,
		}
	}

	fn sign_by(
		&self,
		chain: &mut Option<Chain>,
		call: &RuntimeCall,
		nonce: Nonce,
	) -> anyhow::Result<Bytes> {
		if chain.is_none() {
			let new = Chain::connect(&self.endpoint)?;
			ensure!(new.genesis() == self.genesis, "the node is of another chain now");
			*chain = Some(new);
		}
		let chain = chain.as_ref().context("no connection")?;
		chain.sign_with_nonce(call.clone(), &self.account, nonce)
	}

	/// What the transaction cost that made a request, if this block has it.
	fn paid_for(&self, request: RequestId, block: BlockNumber) -> anyhow::Result<Option<Planck>> {
		let chain = lock(&self.chain);
		let chain = chain.as_ref().context("no connection")?;
		let events = chain.events(chain.block_hash(block)?)?;
		Ok(transaction_cost(&events, request, self.account.id()))
	}
}

/// What an account paid for the transaction that made a request. The fee's event is the last but one of
/// the transaction.
fn transaction_cost(
	events: &[RuntimeEvent],
	request: RequestId,
	account: &AccountId,
) -> Option<Planck> {
	let made = events.iter().position(|event| {
		matches!(
			event,
			RuntimeEvent::Inference(pallet_opg_inference::Event::Requested { request: own, .. })
				if *own == request
		)
	})?;
	events[made..].iter().find_map(|event| match event {
		RuntimeEvent::TransactionPayment(TransactionFeePaid { who, actual_fee, .. }) => {
			(who == account).then_some(*actual_fee)
		},
		_ => None,
	})
}

impl OnChain {
	/// The chain of a node, with the account that pays.
	pub fn new(
		endpoint: &Endpoint,
		chain: Chain,
		account: Account,
		models: Arc<Models>,
	) -> anyhow::Result<Self> {
		let address = address(account.id());
		let genesis = chain.genesis();
		let signing = Signing {
			endpoint: endpoint.clone(),
			account,
			genesis,
			chain: Mutex::new(Some(chain)),
		};
		Ok(Self {
			node: Node::new(endpoint)?,
			signing: Arc::new(signing),
			address,
			models,
			turn: tokio::sync::Mutex::default(),
			listed: Mutex::default(),
			versions: Mutex::default(),
			known: Mutex::default(),
			texts: Mutex::default(),
		})
	}

	/// Calls the node, and takes its refusals as they are.
	async fn ask<R: serde::de::DeserializeOwned>(
		&self,
		method: &str,
		params: &[Value],
	) -> Result<R, BackendError> {
		self.node.call(method, params).await.map_err(CallError::plain)
	}

	/// Calls the node from a thread that may wait.
	fn asker(self: &Arc<Self>) -> impl FnMut(&str, &[Value]) -> anyhow::Result<Value> {
		let (own, runtime) = (self.clone(), Handle::current());
		move |method, params| {
			runtime.block_on(own.node.call(method, params)).map_err(|error| match error {
				CallError::Refused { code, message, .. } => {
					Refusal::new(method, &message, code).into()
				},
				lost => lost.into(),
			})
		}
	}
}

/// The chain as the gateway takes it: shared with threads that wait for the engine and for files.
#[derive(Clone)]
pub(super) struct SharedChain(pub Arc<OnChain>);

impl SharedChain {
	async fn version(&self, name: &str) -> Result<Version, BackendError> {
		let chain = &self.0;
		let param = match name.parse::<u32>() {
			Ok(number) => {
				if let Some(version) = lock(&chain.known).get(&number) {
					return Ok(version.clone());
				}
				json!(number)
			},
			Err(_) => json!(full_name(name)?),
		};
		let version: Version = chain.ask("opg_v1_model", &[param]).await?;
		let mut known = lock(&chain.known);
		if known.len() >= MAX_NAMES {
			known.clear();
		}
		known.insert(version.model, version.clone());
		Ok(version)
	}

	/// Versions of the same model that take requests.
	async fn versions(&self, version: &Version) -> Result<Vec<String>, BackendError> {
		let name = version.full_name();
		if let Some((at, kept)) = lock(&self.0.versions).get(&name) {
			if at.elapsed() < LISTS_KEPT {
				return Ok(kept.clone());
			}
		}
		let found = self.pages(json!({ "owner": version.owner }), |page| {
			page.items.iter().find(|model| model.name == version.name).map(|it| it.versions())
		});
		let versions = found.await?.unwrap_or_else(|| vec![version.number.clone()]);
		let mut kept = lock(&self.0.versions);
		if kept.len() >= MAX_NAMES {
			kept.clear();
		}
		kept.insert(name, (Instant::now(), versions.clone()));
		Ok(versions)
	}

	/// What `take` finds on the pages of models, the first time it finds something.
	async fn pages<T>(
		&self,
		filter: Value,
		mut take: impl FnMut(ModelPage) -> Option<T>,
	) -> Result<Option<T>, BackendError> {
		let mut cursor = None;
		for _ in 0..MAX_LISTED / PAGE {
			let params = [filter.clone(), json!(cursor), json!(PAGE)];
			let page: ModelPage = self.0.ask("opg_v1_models", &params).await?;
			cursor = page.next.clone();
			let found = take(page);
			if found.is_some() {
				return Ok(found);
			}
			if cursor.is_none() {
				break;
			}
		}
		Ok(None)
	}

	async fn schema(
		&self,
		version: &Version,
	) -> Result<opg_gateway::backend::Schema, BackendError> {
		// One form has all of them, whatever is in the file.
		if let Some(text) = version.text() {
			return Ok(schema_of_text(text.generation.context));
		}
		if let Some(schema) = self.0.models.known(version) {
			return Ok((*schema).clone());
		}
		let (models, version) = (self.0.models.clone(), version.clone());
		let mut call = self.0.asker();
		let found = spawn_blocking(move || {
			let schema = models.schema(&version, &mut call);
			schema.map_err(|error| (version.full_name(), error))
		});
		match found.await.map_err(failed)? {
			Ok(schema) => Ok((*schema).clone()),
			Err((name, error)) => {
				let text = format!("what {name} takes is not known here: {error:#}");
				Err(BackendError::SchemaUnavailable(text))
			},
		}
	}

	/// The call that makes a request.
	async fn call(&self, order: &Order) -> Result<RuntimeCall, BackendError> {
		let version = self.version(&order.model.to_string()).await?;
		let order = ChainOrder {
			model: order.model,
			input: &order.input,
			tier: match order.tier {
				Tier::Optimistic => ChainTier::Optimistic,
				Tier::Quorum => ChainTier::Quorum,
				Tier::High => ChainTier::High,
			},
			max_fee: order.max_fee,
			max_royalty: planck(&version.royalty)?,
			reference: H256(order.reference),
			deadline: None,
			fuel_limit: order.fuel_limit,
		};
		Ok(order.call().map_err(failed)?.into())
	}

	async fn sign(&self, call: RuntimeCall, nonce: Nonce) -> Result<Bytes, BackendError> {
		let signing = self.0.signing.clone();
		let signed = spawn_blocking(move || signing.sign(&call, nonce));
		let signed = signed.await.map_err(failed)?;
		signed.map_err(|error| BackendError::NoNode(format!("signing: {error:#}")))
	}

	/// What a transaction with such a request costs.
	async fn transaction_fee(
		&self,
		model: u32,
		tier: Tier,
		max_fee: Planck,
		input_bytes: usize,
		fuel_limit: Option<u64>,
	) -> Result<Planck, BackendError> {
		let (input, reference) = (vec![0; input_bytes], Reference::default());
		let order = Order { model, input, tier, max_fee, fuel_limit, reference, is_unique: true };
		let call = self.call(&order).await?;
		// Its length is that of the request; neither nonce nor signature are looked at.
		let bytes = self.sign(call, 0).await?;
		let info: FeeInfo = self.0.ask("payment_queryInfo", &[json!(bytes)]).await?;
		planck(&info.partial_fee)
	}

	/// What the transaction of a request cost. `None` where the block has changed meanwhile.
	async fn paid_for(&self, request: RequestId) -> Option<Planck> {
		let block = self.status(request).await.ok()?.requested_at;
		let signing = self.0.signing.clone();
		let paid = spawn_blocking(move || signing.paid_for(request, block)).await.ok()?;
		paid.unwrap_or_else(|error| {
			log::warn!("the fee of the transaction of request {request}: {error:#}");
			None
		})
	}

	/// Tells whether a request of the account with this reference is in the pool or on the chain.
	async fn is_sent(&self, reference: Reference) -> Result<bool, BackendError> {
		// The pool first: what leaves it afterwards is on the chain.
		let pending: Vec<Bytes> = self.0.ask("author_pendingExtrinsics", &[]).await?;
		let account = self.0.signing.account.id();
		let own = |bytes: &Bytes| reference_of(bytes, account) == Some(H256(reference));
		Ok(pending.iter().any(own) || self.find(reference).await?.is_some())
	}

	/// Hands a request in. Tells whether the node is known to have it.
	async fn hand_in(&self, order: &Order) -> Result<bool, BackendError> {
		let chain = &self.0;
		let call = self.call(order).await?;
		let is_stored = order.input.len() > MAX_INPUT_BYTES as usize;
		let goes_along = is_stored && order.input.len() <= MAX_WITH_CALL;
		let input = goes_along.then(|| Bytes(order.input.clone()));
		let _turn = chain.turn.lock().await;
		for attempt in 1.. {
			let nonce = chain.ask("system_accountNextIndex", &[json!(chain.address)]).await?;
			// In this order: what another gateway of the account handed in before has the reference or
			// a nonce of its own, and of what takes this nonce from now on, the chain takes one.
			if !order.is_unique && self.is_sent(order.reference).await? {
				return Ok(true);
			}
			let bytes = self.sign(call.clone(), nonce).await?;
			let params = [json!(bytes), json!(input)];
			let error = match chain.node.call::<H256>("opg_v1_submit", &params).await {
				Ok(_) => return Ok(true),
				Err(error) => error,
			};
			match error {
				CallError::Lost(cause) => {
					log::warn!("{cause}");
					return Ok(false);
				},
				// Another program signs for this account as well.
				CallError::Refused { ref reason, .. }
					if attempt < NONCE_ATTEMPTS
						&& matches!(reason.as_str(), "Stale" | "Future" | "TooLowPriority") => {},
				refused => return Err(refused.plain()),
			}
		}
		Ok(false)
	}

	/// Makes sure that the node has an input that lies outside of the chain.
	async fn upload(&self, request: RequestId, input: &[u8]) -> Result<(), BackendError> {
		let mut call = self.0.asker();
		let input = input.to_vec();
		let uploaded =
			spawn_blocking(move || Upload::of_bytes(&input)?.send_by(Some(request), &mut call));
		let uploaded = uploaded.await.map_err(failed)?;
		uploaded.map_err(|error| BackendError::NoNode(format!("{error:#}")))
	}

	/// The output of an answer, wherever it lies.
	async fn output(
		&self,
		request: RequestId,
		answer: &AnswerView,
	) -> Result<Result<Vec<u8>, String>, BackendError> {
		answer.check().map_err(failed)?;
		if let Some(Bytes(output)) = &answer.output {
			return Ok(Ok(output.clone()));
		}
		let Some(content) = answer.stored_output else {
			return Ok(Err(answer.error.clone().unwrap_or_default()));
		};
		let mut call = self.0.asker();
		let got = spawn_blocking(move || {
			Download::of_request(request, "output", content.into()).run(&mut call)
		});
		let got = got.await.map_err(failed)?;
		got.map(Ok).map_err(|error| BackendError::NoNode(format!("{error:#}")))
	}

	async fn status(&self, request: RequestId) -> Result<RequestState, BackendError> {
		let state: Option<RequestState> = self.0.ask("opg_v1_request", &[json!(request)]).await?;
		state.ok_or_else(|| unknown(request))
	}
}

fn unknown(request: RequestId) -> BackendError {
	BackendError::RequestUnknown(format!(
		"there is no request {request}: it was never sent, or it ended long ago"
	))
}

/// What every model that generates text takes and gives, within its context.
fn schema_of_text(context: u64) -> opg_gateway::backend::Schema {
	let port =
		|name: &str, dtype, shape: &[u64]| Port { name: name.into(), dtype, shape: shape.into() };
	opg_gateway::backend::Schema {
		inputs: vec![
			port(opg_text::PROMPT, DType::I64, &[1, context]),
			port(opg_text::MAX_NEW_TOKENS, DType::I64, &[1]),
			port("temperature", DType::F32, &[1]),
			port("top_k", DType::I64, &[1]),
			port("top_p", DType::F32, &[1]),
			port("seed", DType::I64, &[1]),
		],
		outputs: vec![port(opg_text::TOKENS, DType::I64, &[1, context])],
	}
}

/// A name with the address of its owner: `//Dave` stands for one on development chains.
fn full_name(name: &str) -> Result<String, BackendError> {
	if !name.starts_with("//") {
		return Ok(name.into());
	}
	let (model, selector) = match name.split_once('@') {
		Some((model, selector)) => (model, Some(selector)),
		None => (name, None),
	};
	let NameRef { owner, name } = model
		.parse()
		.map_err(|error: anyhow::Error| BackendError::ModelUnknown(format!("{error:#}")))?;
	let name = String::from_utf8_lossy(&name).into_owned();
	let full = format!("{}/{name}", address(&owner));
	Ok(selector.map_or(full.clone(), |selector| format!("{full}@{selector}")))
}

#[async_trait]
impl Backend for SharedChain {
	async fn health(&self) -> Result<(), BackendError> {
		let chain: ChainState = self.0.ask("opg_v1_chain", &[]).await?;
		if chain.genesis != self.0.signing.genesis {
			let text = "the node is of another chain than when the gateway started";
			return Err(BackendError::NoNode(text.into()));
		}
		let health: Health = self.0.ask("system_health", &[]).await?;
		if health.is_syncing {
			return Err(BackendError::NoNode("the node is not in sync yet".into()));
		}
		Ok(())
	}

	async fn model(&self, name: &str) -> Result<Model, BackendError> {
		let version = self.version(name).await?;
		let schema = self.schema(&version).await?;
		Ok(Model {
			number: version.model,
			name: version.full_name(),
			versions: self.versions(&version).await?,
			schema,
			input_bytes: version.limits().input_bytes,
			tokenizer: version.tokenizer.map(|file| format!("{:?}", file.hash)),
			text: version.text(),
			version: version.number,
		})
	}

	async fn models(&self) -> Result<Vec<ListedModel>, BackendError> {
		if let Some((at, listed)) = &*lock(&self.0.listed) {
			if at.elapsed() < LISTS_KEPT {
				return Ok(listed.clone());
			}
		}
		let mut all = Vec::new();
		self.pages(json!({}), |page| {
			all.extend(page.items.into_iter().filter(|it| !it.versions().is_empty()).map(|it| {
				ListedModel { name: format!("{}/{}", it.owner, it.name), owner: it.owner }
			}));
			None::<()>
		})
		.await?;
		*lock(&self.0.listed) = Some((Instant::now(), all.clone()));
		Ok(all)
	}

	async fn text(&self, model: u32) -> Result<Arc<TextModel>, BackendError> {
		let version = self.version(&model.to_string()).await?;
		let missing = |cause: String| {
			let name = version.full_name();
			let text = format!("how text becomes tokens of {name} is not known here: {cause}");
			BackendError::SchemaUnavailable(text)
		};
		let file = version.tokenizer.ok_or_else(|| {
			missing("the version has no tokenizer on the chain. Send tokens to /v2/models".into())
		})?;
		if let Some(text) = lock(&self.0.texts).get(&file.hash) {
			return Ok(text.clone());
		}
		let (models, mut call) = (self.0.models.clone(), self.0.asker());
		let read = spawn_blocking(move || models.text(file.into(), &mut call));
		let read = read.await.map_err(failed)?.map_err(|error| missing(format!("{error:#}")))?;
		let text = Arc::new(read);
		let mut texts = lock(&self.0.texts);
		if texts.len() >= MAX_TEXTS {
			texts.clear();
		}
		texts.insert(file.hash, text.clone());
		Ok(text)
	}

	async fn estimate(
		&self,
		model: u32,
		tier: Tier,
		input_bytes: usize,
		fuel_limit: Option<u64>,
	) -> Result<Estimate, BackendError> {
		let mut options = json!({ "tier": tier.name(), "inputBytes": input_bytes });
		if let Some(limit) = fuel_limit {
			options["fuelLimit"] = limit.into();
		}
		let price: Price = self.0.ask("opg_v1_estimate", &[json!(model), options]).await?;
		let max_fee = match &price.max_fee {
			Some(fee) if price.takes_requests => planck(fee)?,
			_ => {
				return Err(BackendError::ModelUnavailable(format!(
					"model {model} takes no requests now: its engine is not valid, or too few validators hold \
					 its file. `opg model show {model}` tells"
				)));
			},
		};
		if price.congested {
			return Err(BackendError::Congested(format!(
				"too few executors of model {model} have room for a request of the tier {}: try again in a \
				 few blocks",
				tier.name()
			)));
		}
		let transaction =
			self.transaction_fee(model, tier, max_fee, input_bytes, fuel_limit).await?;
		let needed = max_fee.saturating_add(planck(&price.deposit)?).saturating_add(transaction);
		let account: AccountState = self.0.ask("opg_v1_account", &[json!(self.0.address)]).await?;
		if planck(&account.free)? < needed {
			return Err(BackendError::NotEnoughFunds(format!(
				"the gateway's account {} has too little free OPG for this request",
				keys::name(self.0.signing.account.id())
			)));
		}
		Ok(Estimate { max_fee, transaction })
	}

	async fn submit(&self, order: Order) -> Result<Submitted, BackendError> {
		let is_there = self.hand_in(&order).await?;
		let patience = if is_there { INCLUSION_TIMEOUT } else { LOST_TIMEOUT };
		let until = Instant::now() + patience;
		loop {
			match self.find(order.reference).await {
				Ok(Some(request)) => {
					let transaction = self.paid_for(request).await;
					return Ok(Submitted { request, transaction });
				},
				Ok(None) => {},
				Err(error) => log::warn!("looking for a request: {error}"),
			}
			if Instant::now() > until {
				let seconds = patience.as_secs();
				let text =
					format!("no block has the request after {seconds} s, and it may still come");
				return Err(BackendError::Unsure(text));
			}
			sleep(POLL_ATTESTED).await;
		}
	}

	async fn find(&self, reference: Reference) -> Result<Option<RequestId>, BackendError> {
		let params = [json!(self.0.address), json!(H256(reference))];
		self.0.ask("opg_v1_requestByReference", &params).await
	}

	async fn wait(
		&self,
		request: RequestId,
		until: Trust,
		input: Option<&[u8]>,
	) -> Result<Answer, BackendError> {
		let stored = input.filter(|input| input.len() > MAX_INPUT_BYTES as usize);
		loop {
			let now: ResultState = self.0.ask("opg_v1_result", &[json!(request)]).await?;
			let state = match (now.state.as_str(), until) {
				("unknown", _) => return Err(unknown(request)),
				("failed", _) if now.is_final => {
					let status = self.status(request).await?.status;
					return Err(BackendError::RequestFailed(format!(
						"request {request} failed, and was refunded: {}",
						status.explanation.or(status.reason).unwrap_or_default()
					)));
				},
				("settled", _) if now.may_rely => Some(Trust::Settled),
				("attested" | "settled", Trust::Attested) => Some(Trust::Attested),
				_ => None,
			};
			if let (Some(state), Some(answer)) = (state, &now.answer) {
				let fee = match state {
					Trust::Attested => None,
					// Where the chain does not keep the request any more, nobody tells.
					Trust::Settled => match self.status(request).await {
						Ok(state) => state.status.fee.as_deref().map(planck).transpose()?,
						Err(BackendError::RequestUnknown(_)) => None,
						Err(error) => return Err(error),
					},
				};
				let output = self.output(request, answer).await?;
				let digest = format!("{:?}", answer.digest);
				return Ok(Answer { request, state, output, digest, fee });
			}
			if let Some(input) = stored.filter(|_| now.state == "open") {
				if self.status(request).await?.status.name == "uploading" {
					self.upload(request, input).await?;
				}
			}
			sleep(if now.answer.is_none() { POLL_ATTESTED } else { POLL_SETTLED }).await;
		}
	}

	async fn receipt(&self, request: RequestId) -> Result<Vec<u8>, BackendError> {
		let receipt: Value = self.0.ask("opg_v1_receipt", &[json!(request)]).await?;
		Ok(receipt.to_string().into_bytes())
	}

	async fn recompute(&self, model: u32, input: &[u8]) -> Result<String, BackendError> {
		let version = self.version(&model.to_string()).await?;
		let (models, input) = (self.0.models.clone(), input.to_vec());
		let mut call = self.0.asker();
		let answer = spawn_blocking(move || models.run(&version, &input, &mut call));
		let answer = answer.await.map_err(failed)?.map_err(failed)?;
		Ok(format!("{:?}", answer.digest()))
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{
		local::EngineArg,
		reference::tests::{eve, node, When, OTHER, REFERENCE},
	};

	/// Hands in a request at a node to which another process hands in one. Gives how often the chain has
	/// the reference then, and how often something was handed in.
	fn handed_in(other: (When, H256), is_fast: bool, is_unique: bool) -> (usize, usize) {
		let (node, state) = node(&[other], is_fast);
		let endpoint: Endpoint = node.url.parse().unwrap();
		let chain = Chain::connect(&endpoint).unwrap();
		let models = Models::new(EngineArg::default(), None, "".into(), 0);
		let chain = OnChain::new(&endpoint, chain, eve(), models.into()).unwrap();
		let version = json!({
			"model": 1, "owner": "opA", "name": "digits", "number": "1.0.0", "modelHash": H256::zero(),
			"size": 1, "engineId": H256::zero(), "dims": {}, "royalty": "0", "tokenizer": null,
			"limits": {
				"fuel": 1, "loadFuel": 1, "memoryMib": 1, "inputBytes": 1, "outputBytes": 1
			},
		});
		lock(&chain.known).insert(1, serde_json::from_value(version).unwrap());
		let order = Order {
			model: 1,
			input: vec![],
			tier: Tier::Quorum,
			max_fee: 1,
			fuel_limit: None,
			reference: REFERENCE.0,
			is_unique,
		};
		let runtime = tokio::runtime::Runtime::new().unwrap();
		assert!(runtime.block_on(SharedChain(Arc::new(chain)).hand_in(&order)).unwrap());
		let state = state.lock().unwrap();
		let pool = state.pool.iter().map(|(reference, _)| reference);
		let times = state.requests.iter().chain(pool).filter(|own| **own == REFERENCE).count();
		(times, state.submissions)
	}

	#[test]
	fn request_should_be_paid_for_once_when_another_gateway_sends_it_at_the_same_time() {
		for is_fast in [true, false] {
			for when in [When::BeforeNonce, When::AfterNonce] {
				assert_eq!(handed_in((when, REFERENCE), is_fast, false), (1, 0), "{when:?}");
			}
			let late = When::BeforeSubmission;
			assert_eq!(handed_in((late, REFERENCE), is_fast, false), (1, 1));
			// Another transaction of the account costs an attempt.
			assert_eq!(handed_in((late, OTHER), is_fast, false), (1, 2));
			assert_eq!(handed_in((late, OTHER), is_fast, true), (1, 2));
		}
	}

	#[test]
	fn cost_should_be_that_of_the_transaction_that_made_the_request() {
		let [eve, dave] = ["//Eve", "//Dave"].map(|path| keys::parse_account(path).unwrap());
		let paid = |who: &AccountId, actual_fee| -> RuntimeEvent {
			TransactionFeePaid { who: who.clone(), actual_fee, tip: 0 }.into()
		};
		let made = |request| -> RuntimeEvent {
			pallet_opg_inference::Event::Requested {
				request,
				requester: eve.clone(),
				model: 1,
				tier: ChainTier::Quorum,
				escrow: 9,
				reference: H256::zero(),
			}
			.into()
		};
		let events =
			[paid(&eve, 1), made(6), paid(&eve, 2), made(7), paid(&dave, 3), paid(&eve, 4)];
		assert_eq!(transaction_cost(&events, 6, &eve), Some(2));
		assert_eq!(transaction_cost(&events, 7, &eve), Some(4));
		assert_eq!(transaction_cost(&events, 8, &eve), None);
		assert_eq!(transaction_cost(&events[..4], 7, &eve), None);
	}

	#[test]
	fn names_should_have_addresses_of_owners() {
		let dave = address(&keys::parse_account("//Dave").unwrap());
		for (name, full) in [
			("//Dave/digits", format!("{dave}/digits")),
			("//Dave/digits@1.0.0", format!("{dave}/digits@1.0.0")),
			("//Dave/digits@^1.2", format!("{dave}/digits@^1.2")),
			("opA/digits", "opA/digits".into()),
		] {
			assert_eq!(full_name(name).unwrap(), full);
		}
		assert!(matches!(full_name("//Dave"), Err(BackendError::ModelUnknown(_))));
	}
}
