#![doc = include_str!("../README.md")]

mod client;
mod define;
mod document;
mod error;
mod follower;
mod host;
mod index;
mod inputs;
#[cfg(test)]
mod mock;
mod params;
mod reads;
mod serving;
mod slots;
mod state;
mod submit;
mod subscriptions;
#[cfg(test)]
mod tests;
pub mod types;

pub use client::Client;
pub use error::Error;
pub use host::{Host, HostError, HostStatus};
pub use index::{MAX_HISTORIES, MAX_HISTORY, MAX_REFERENCES};
pub use inputs::{MAX_WAITING, MAX_WAITING_BYTES, WAIT};
pub use slots::{MAX_PER_CONNECTION, MAX_SUBSCRIPTIONS};
pub use state::ChainInfo;

use client::Chain;
use define::Methods;
use document::About;
use follower::Follower;
use inputs::Inputs;
use jsonrpsee::{server::RegisterMethodError, RpcModule};
use opg_runtime::opaque::Block;
use params::ReceiptParams;
use sc_transaction_pool_api::TransactionPool;
use serde_json::{Map, Value};
use sp_core::H256;
use state::State;
use std::{future::Future, sync::Arc};

/// Method that the node answers itself: the document has it too.
const RECEIPT: &str = "opg_v1_receipt";

/// What the methods are made of.
pub struct Parts<C, P> {
	/// The chain.
	pub client: Arc<C>,
	/// Transactions that wait.
	pub pool: Arc<P>,
	/// The chain as its specification describes it.
	pub info: ChainInfo,
	/// The node.
	pub host: Arc<dyn Host>,
}

/// The methods `opg_v1_*`. Clones are the same.
pub struct Rpc<C, P>(Arc<State<C, P>>);

impl<C, P> Clone for Rpc<C, P> {
	fn clone(&self) -> Self {
		Self(self.0.clone())
	}
}

impl<C, P> Rpc<C, P>
where
	C: Client,
	P: TransactionPool<Block = Block, Hash = H256> + 'static,
{
	/// The methods over these parts. Subscriptions get no news unless [`Self::follow`] runs.
	pub fn new(parts: Parts<C, P>) -> Self {
		let Parts { client, pool, info, host } = parts;
		let inputs = Arc::new(Inputs::new(host.clone()));
		let chain = Chain::new(client);
		Self(Arc::new(State::new(chain, pool, info, host, inputs, Follower::new())))
	}

	/// Follows the blocks, once for all subscribers. Reads the chain where it runs, and ends with the node.
	pub fn follow(&self) -> impl Future<Output = ()> + Send + 'static {
		let state = self.0.clone();
		let (follower, chain, inputs) =
			(state.follower.clone(), state.chain.clone(), state.inputs.clone());
		follower.run(chain, inputs)
	}

	/// The methods, for a server.
	///
	/// # Errors
	///
	/// Two methods have the same name.
	pub fn module(&self) -> Result<RpcModule<impl Send + Sync + 'static>, RegisterMethodError> {
		self.documented().map(|(module, _)| module)
	}

	/// The methods, and the OpenRPC document of them.
	fn documented(&self) -> Result<(RpcModule<State<C, P>>, Value), RegisterMethodError> {
		let mut methods = Methods::new(self.0.clone(), self.0.slots.clone());
		read_methods(&mut methods)?;
		submit_methods(&mut methods)?;
		subscriptions(&mut methods)?;
		methods.finish()
	}
}

/// A method for everybody.
const fn about(name: &'static str, summary: &'static str, errors: &'static [i32]) -> About {
	About { name, summary, errors, is_unsafe: false }
}

fn read_methods<C: Client, P: Send + Sync + 'static>(
	methods: &mut Methods<State<C, P>>,
) -> Result<(), RegisterMethodError> {
	let summary =
		"The chain: its name and runtime, its newest blocks, its clock and the price of fuel.";
	methods.read(about("opg_v1_chain", summary, &[]), State::chain)?;
	let summary = "What a request to a model costs, and whether it would be taken now.";
	methods.read(about("opg_v1_estimate", summary, &[8001, 8009]), State::estimate)?;
	let summary =
		"A request with everything that happened to it. null if the chain does not keep it.";
	methods.read(about("opg_v1_request", summary, &[]), State::request)?;
	let summary =
		"Number of the newest request of an account with this reference, so that whoever \
		sends again finds it instead of paying twice. null if this node knows none.";
	let reference = about("opg_v1_requestByReference", summary, &[]);
	methods.read(reference, State::request_by_reference)?;
	let summary = "The answer to a request, and whether it may be relied on.";
	methods.read(about("opg_v1_result", summary, &[]), State::result)?;
	let summary = "The receipt of a request that is settled in a final block, as its file has it.";
	let receipt = about(RECEIPT, summary, &[8002, 8008, 8009, 8010]);
	methods.elsewhere::<ReceiptParams, Map<String, Value>>(receipt);
	let summary = "A version of a model.";
	methods.read(about("opg_v1_model", summary, &[8001]), State::model)?;
	let summary = "Models, by page; versions, where they are looked up by the hash of their file.";
	methods.read(about("opg_v1_models", summary, &[]), State::models)?;
	let summary = "Executors, by page: their stake, slots, misses, and what they serve.";
	methods.read(about("opg_v1_executors", summary, &[8001]), State::executors)?;
	let summary = "Engines that the chain knows.";
	methods.read(about("opg_v1_engines", summary, &[]), State::engines)?;
	let summary = "Open cases before the court: those that sit, then those that wait.";
	methods.read(about("opg_v1_courts", summary, &[]), State::courts)?;
	let summary = "Balances of an account, its pools, and its stake in pools of others.";
	methods.read(about("opg_v1_account", summary, &[]), State::account)?;
	let summary = "What a model gives for an input, computed by the engine of this node.";
	let dry_run = about("opg_v1_dryRun", summary, &[8001, 8009, 8010, 8011]);
	methods.read(About { is_unsafe: true, ..dry_run }, State::dry_run)?;
	let summary = "What this node is, and what it does.";
	methods.read(About { is_unsafe: true, ..about("opg_v1_node", summary, &[]) }, State::node)
}

fn submit_methods<C, P>(methods: &mut Methods<State<C, P>>) -> Result<(), RegisterMethodError>
where
	C: Client,
	P: TransactionPool<Block = Block, Hash = H256> + 'static,
{
	let errors = &[8005, 8006, 8009, 8010];
	let summary =
		"Hands in a signed request, after a trial on the newest block. Gives the hash of the \
		transaction. An input outside of the chain is kept, and handed to validators once the request is \
		included.";
	methods.call(about("opg_v1_submit", summary, errors), State::submit)?;
	let errors = &[8005, 8006, 8007, 8009, 8010];
	let summary = "The same, and tells what becomes of the transaction until its block is final.";
	methods.subscription(
		about("opg_v1_submitAndWatch", summary, errors),
		"opg_v1_transaction",
		"opg_v1_unsubscribe",
		State::submit_and_watch,
	)
}

fn subscriptions<C: Client, P: Send + Sync + 'static>(
	methods: &mut Methods<State<C, P>>,
) -> Result<(), RegisterMethodError> {
	let summary = "A request now and at each change, until it has ended in a block that is final.";
	methods.subscription(
		about("opg_v1_subscribeRequest", summary, &[8002, 8007]),
		"opg_v1_requestChange",
		"opg_v1_unsubscribeRequest",
		State::subscribe_request,
	)?;
	let summary = "What happens to requests to a version of a model, on the best chain.";
	methods.subscription(
		about("opg_v1_subscribeModel", summary, &[8001, 8007]),
		"opg_v1_modelEvent",
		"opg_v1_unsubscribeModel",
		State::subscribe_model,
	)?;
	let summary = "Every answer on which a committee agrees, on the best chain.";
	methods.subscription(
		about("opg_v1_subscribeAnswers", summary, &[8007]),
		"opg_v1_answer",
		"opg_v1_unsubscribeAnswers",
		State::subscribe_answers,
	)
}
