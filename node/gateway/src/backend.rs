//! What the gateway needs of a chain: models, requests, answers, receipts.

use async_trait::async_trait;
use opg_engine_types::Generation;
use opg_tensors::report::Port;
use opg_text::TextModel;
use std::{fmt, sync::Arc};

/// Amount of OPG, in planck.
pub type Planck = u128;
/// Number of a request on the chain.
pub type RequestId = u64;
/// 32 bytes that a request and its events repeat.
pub type Reference = [u8; 32];

/// Planck of one OPG.
pub const OPG: Planck = 1_000_000_000_000_000_000;

/// Assurance to pay for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tier {
	/// One executor, audited at random.
	Optimistic,
	/// Three executors that agree.
	#[default]
	Quorum,
	/// Seven executors, of whom five agree and none dissents.
	High,
}

impl Tier {
	/// The tier of this name.
	pub fn from_name(name: &str) -> Option<Self> {
		[Self::Optimistic, Self::Quorum, Self::High].into_iter().find(|tier| tier.name() == name)
	}

	/// Name, as the node and other clients write it.
	pub fn name(self) -> &'static str {
		match self {
			Self::Optimistic => "optimistic",
			Self::Quorum => "quorum",
			Self::High => "high",
		}
	}
}

/// How long to wait for an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trust {
	/// A committee agreed on it. It can still be challenged.
	#[default]
	Attested,
	/// It is settled in a final block: nothing changes it any more.
	Settled,
}

impl Trust {
	/// The trust of this name.
	pub fn from_name(name: &str) -> Option<Self> {
		[Self::Attested, Self::Settled].into_iter().find(|trust| trust.name() == name)
	}

	/// Name, as it stands in addresses and answers.
	pub fn name(self) -> &'static str {
		match self {
			Self::Attested => "attested",
			Self::Settled => "settled",
		}
	}
}

impl fmt::Display for Trust {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(self.name())
	}
}

/// A version of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
	/// Number of the version on the chain.
	pub number: u32,
	/// `owner/name`.
	pub name: String,
	/// Semantic version.
	pub version: String,
	/// All versions that take requests, as far as they are known.
	pub versions: Vec<String>,
	/// What it takes and gives.
	pub schema: Schema,
	/// Longest encoded input, in bytes.
	pub input_bytes: u32,
	/// BLAKE3 hash of its tokenizer's file, if it has one.
	pub tokenizer: Option<String>,
	/// How it generates text, if it does.
	pub text: Option<TextForm>,
}

/// How a version generates text, and within which limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextForm {
	/// Context, vocabulary, fuel of tokens and blocks.
	pub generation: Generation,
	/// Least fuel limit of a request.
	pub min_fuel: u64,
	/// Fuel limit of the version, which is the most.
	pub max_fuel: u64,
}

/// Inputs and outputs of a model, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
	/// What it takes.
	pub inputs: Vec<Port>,
	/// What it gives.
	pub outputs: Vec<Port>,
}

/// A model in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedModel {
	/// `owner/name`.
	pub name: String,
	/// Address of the owner.
	pub owner: String,
}

/// What a request costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Estimate {
	/// The most that the request costs if it is included soon. It is offered as `max_fee`.
	pub max_fee: Planck,
	/// The most that its transaction costs besides.
	pub transaction: Planck,
}

/// A request that is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
	/// Number of the model's version.
	pub model: u32,
	/// Encoded tensors.
	pub input: Vec<u8>,
	/// Assurance to pay for.
	pub tier: Tier,
	/// The most to pay.
	pub max_fee: Planck,
	/// Fuel limit, where it is not the version's.
	pub fuel_limit: Option<u64>,
	/// What tells this request from others of the account.
	pub reference: Reference,
	/// Whether nobody else can have the reference.
	pub is_unique: bool,
}

/// A request that the chain has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submitted {
	/// Number of the request.
	pub request: RequestId,
	/// What its transaction cost, if that is known.
	pub transaction: Option<Planck>,
}

/// An attested or settled answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
	/// Number of the request.
	pub request: RequestId,
	/// What may be relied on.
	pub state: Trust,
	/// Encoded output tensors, or the reason for which the model gives none, such as `BadInput`.
	pub output: Result<Vec<u8>, String>,
	/// Digest of the answer, as hex: what executors agree on.
	pub digest: String,
	/// Charged in total, once it is settled.
	pub fee: Option<Planck>,
}

/// Cause for which the chain or the node gives no result. The text says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackendError {
	/// There is no such model, or no such version.
	#[error("{0}")]
	ModelUnknown(String),
	/// It is not known what the model takes, because its file is missing or does not load.
	#[error("{0}")]
	SchemaUnavailable(String),
	/// Too few executors or validators have the model.
	#[error("{0}")]
	ModelUnavailable(String),
	/// Executors have no room now.
	#[error("{0}")]
	Congested(String),
	/// It costs more than is offered.
	#[error("{0}")]
	FeeAboveMax(String),
	/// The gateway's account cannot pay.
	#[error("{0}")]
	NotEnoughFunds(String),
	/// The chain would refuse the input.
	#[error("{0}")]
	InputMismatch(String),
	/// There is no such request, or the chain does not keep it any more.
	#[error("{0}")]
	RequestUnknown(String),
	/// There is no receipt yet.
	#[error("{0}")]
	NotYet(String),
	/// The request has no answer, and never will. It was refunded.
	#[error("{0}")]
	RequestFailed(String),
	/// The transaction may be included later, and nobody knows.
	#[error("{0}")]
	Unsure(String),
	/// The node does not answer, or has too much to do.
	#[error("{0}")]
	NoNode(String),
	/// Anything else.
	#[error("{0}")]
	Failed(String),
}

/// A chain, as the gateway sees it.
///
/// All futures may be dropped at any time. What [`Backend::submit`] has begun then, may or may not be
/// done: [`Backend::find`] tells.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
	/// Fails where requests would: no node, a node that is not in sync, a chain of another kind.
	async fn health(&self) -> Result<(), BackendError>;

	/// The version that a text names: `7`, `owner/name`, `owner/name@1.4.0`, `owner/name@channel`. Often
	/// called, so that an implementation keeps schemas.
	async fn model(&self, name: &str) -> Result<Model, BackendError>;

	/// Models, in no certain order; not necessarily all.
	async fn models(&self) -> Result<Vec<ListedModel>, BackendError>;

	/// How a version makes tokens of text. Often called, so that an implementation keeps it.
	///
	/// # Errors
	///
	/// [`BackendError::SchemaUnavailable`] where it has no tokenizer that can be had and read.
	async fn text(&self, model: u32) -> Result<Arc<TextModel>, BackendError>;

	/// What a request would cost now.
	///
	/// # Errors
	///
	/// Those for which the chain would not take it now.
	async fn estimate(
		&self,
		model: u32,
		tier: Tier,
		input_bytes: usize,
		fuel_limit: Option<u64>,
	) -> Result<Estimate, BackendError>;

	/// Makes a request, and gives its number once a block has it.
	///
	/// # Errors
	///
	/// With [`BackendError::Unsure`] the request may be there, or come; with any other error it is not,
	/// and never will be.
	async fn submit(&self, order: Order) -> Result<Submitted, BackendError>;

	/// The gateway's newest request with this reference, if the chain keeps one.
	async fn find(&self, reference: Reference) -> Result<Option<RequestId>, BackendError>;

	/// The answer, as soon as it is attested or settled. Hands the input to the node where it has to be
	/// uploaded; `input` is not given for a request that was made before the gateway started.
	///
	/// # Errors
	///
	/// [`BackendError::RequestFailed`] once there will be no answer.
	async fn wait(
		&self,
		request: RequestId,
		until: Trust,
		input: Option<&[u8]>,
	) -> Result<Answer, BackendError>;

	/// The receipt of a settled request, as JSON.
	async fn receipt(&self, request: RequestId) -> Result<Vec<u8>, BackendError>;

	/// Computes an input on this machine, and gives the digest of the answer, as hex.
	async fn recompute(&self, model: u32, input: &[u8]) -> Result<String, BackendError>;
}
