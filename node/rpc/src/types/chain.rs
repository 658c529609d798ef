//! The chain as a whole, prices, and the node.

use super::{Address, Block, Hash, Planck};
use opg_primitives::{BlockNumber, ModelId, RequestId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What holds for the chain as a whole.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Chain {
	/// Name in the chain specification.
	pub name: String,
	/// Hash of the first block.
	pub genesis: Hash,
	/// Name of the runtime.
	pub spec_name: String,
	/// Version of the runtime.
	pub spec_version: u32,
	/// Version of the format of transactions.
	pub transaction_version: u32,
	/// Prefix of addresses.
	pub ss58_prefix: u16,
	/// The token.
	pub token: Token,
	/// Index of the current session.
	pub session: u32,
	/// Time of the clock by which deadlines and windows count.
	pub clock: BlockNumber,
	/// Newest block.
	pub best: Block,
	/// Newest block that is final.
	pub finalized: Block,
	/// Price of fuel, in planck per fuel and executor.
	pub fuel_price: Planck,
	/// Lengths of inputs and outputs.
	pub limits: ChainLimits,
}

/// Token of the chain.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct Token {
	/// Symbol.
	pub symbol: String,
	/// Decimals: one token is ten to this power planck.
	pub decimals: u8,
}

/// Lengths of inputs and outputs, in bytes.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct ChainLimits {
	/// Longest input that a request carries. A longer one lies outside of the chain.
	pub inline_input_bytes: u32,
	/// Longest output that an answer carries.
	pub inline_output_bytes: u32,
	/// Longest input or output outside of the chain.
	pub content_bytes: u32,
}

/// Assurance that a requester pays for.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub enum Tier {
	/// One executor; audited at random; can be challenged.
	Optimistic,
	/// Three executors that agree; can be challenged.
	#[default]
	Quorum,
	/// Seven executors, of whom five agree and none dissents; can be challenged.
	High,
}

impl From<opg_primitives::Tier> for Tier {
	fn from(tier: opg_primitives::Tier) -> Self {
		match tier {
			opg_primitives::Tier::Optimistic => Self::Optimistic,
			opg_primitives::Tier::Quorum => Self::Quorum,
			opg_primitives::Tier::High => Self::High,
		}
	}
}

impl From<Tier> for opg_primitives::Tier {
	fn from(tier: Tier) -> Self {
		match tier {
			Tier::Optimistic => Self::Optimistic,
			Tier::Quorum => Self::Quorum,
			Tier::High => Self::High,
		}
	}
}

/// What a request is expected to cost. Amounts are `null` where the model takes no requests.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Estimate {
	/// Number of the version.
	pub model: ModelId,
	/// Cost now, with royalty and input fee: exact where `fuel` was given and is what the answer takes,
	/// and an upper bound without.
	pub fee: Option<Planck>,
	/// The most that it costs if it is included within the blocks that were asked for, with royalty and
	/// input fee. To be offered as `max_fee`: the price of fuel may rise until then.
	pub max_fee: Option<Planck>,
	/// Paid to the owner of the model.
	pub royalty: Planck,
	/// For holding an input outside of the chain.
	pub input_fee: Planck,
	/// Held for storage on top of the fee, and returned.
	pub deposit: Planck,
	/// Whether the version takes requests: its engine is valid, and validators hold its file.
	pub takes_requests: bool,
	/// Whether it takes none now because too few executors are free. It may in the next block.
	pub congested: bool,
	/// What executors offer.
	pub free: Free,
}

/// What the executors that could be drawn for a version offer.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct Free {
	/// Executors with a free slot.
	pub executors: u32,
	/// Slots of these executors, those that are taken included.
	pub slots: u64,
	/// Slots of all executors that could be drawn.
	pub offered: u64,
}

/// Engine that the chain knows.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
pub struct Engine {
	/// Its id.
	pub id: Hash,
	/// Whether versions that name it take requests now.
	pub valid: bool,
}

/// Phase of a case before the court.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub enum CourtPhase {
	/// Waits for a sitting.
	Waiting,
	/// Validators compute, and commit to votes.
	Commit,
	/// Validators reveal their votes.
	Reveal,
}

/// Open case before the court.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Court {
	/// Number of the disputed request.
	pub request: RequestId,
	/// Block in which the dispute began.
	pub since: BlockNumber,
	/// Accounts that challenge an answer.
	pub challengers: Vec<Address>,
	/// Phase.
	pub phase: CourtPhase,
	/// Time of the clock at which the phase ends. `null` while the case waits.
	pub until: Option<BlockNumber>,
	/// 0 for the first sitting, 1 for the second.
	pub sitting: u8,
	/// Validators that have committed to a vote in this sitting.
	pub votes: u32,
	/// Validators that can vote.
	pub of: u32,
}

impl From<opg_runtime_api::CourtView> for Court {
	fn from(view: opg_runtime_api::CourtView) -> Self {
		let (phase, until) = match view.phase {
			opg_runtime_api::CourtPhase::Waiting => (CourtPhase::Waiting, None),
			opg_runtime_api::CourtPhase::Commit { until } => (CourtPhase::Commit, Some(until)),
			opg_runtime_api::CourtPhase::Reveal { until } => (CourtPhase::Reveal, Some(until)),
		};
		Self {
			request: view.request,
			since: view.since,
			challengers: view.challengers.into_iter().map(Address).collect(),
			phase,
			until,
			sitting: view.sitting,
			votes: view.votes,
			of: view.seats,
		}
	}
}

/// What this node is and does.
#[derive(Clone, PartialEq, Eq, Serialize, JsonSchema, Debug)]
#[serde(rename_all = "camelCase")]
pub struct Node {
	/// Version of the program.
	pub version: String,
	/// Engine that is built into it.
	pub engine: Hash,
	/// Other engines in its store.
	pub engines: Vec<Hash>,
	/// Whether it computes answers.
	pub runs_engine: bool,
	/// Files of models that its operators serve, by content hash.
	pub served: Vec<Hash>,
	/// Operators whose hot key is in its keystore.
	pub executors: Vec<Address>,
	/// Inputs of requests that wait for inclusion.
	pub waiting_inputs: u32,
	/// Open subscriptions of the methods here.
	pub subscriptions: u32,
}
