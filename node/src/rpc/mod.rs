//! RPC methods besides those that every Substrate node has.

pub mod blobs;
mod error;
mod host;
mod receipts;
mod uploads;

pub use host::NodeHost;

use crate::{
	client::{FullBackend, FullClient, TransactionPool},
	receipts::Receipts,
};
use error::Error;
use jsonrpsee::RpcModule;
use opg_blobs::exchange::Fetcher;
use opg_primitives::{Content, RequestId};
use opg_runtime::{opaque::Block, AccountId, BlockNumber, Hash, Nonce};
use opg_runtime_api::OpgApi;
use opg_worker::Contents;
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use sc_chain_spec::ChainSpec;
use sc_client_api::HeaderBackend;
use sc_consensus_babe::BabeWorkerHandle;
use sc_consensus_grandpa::{
	FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState,
};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
use sc_sync_state_rpc::{SyncState, SyncStateApiServer};
use sp_api::ProvideRuntimeApi;
use sp_core::{traits::SpawnNamed, H256};
use sp_runtime::traits::Block as BlockT;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};

/// What the methods work on.
#[derive(Clone)]
pub struct Parts {
	/// The chain.
	pub client: Arc<FullClient>,
	/// Transactions that wait.
	pub pool: Arc<TransactionPool>,
	/// Files, of which inputs and outputs of requests are kept.
	pub contents: Contents,
	/// Brings files from peers, if the node does that.
	pub fetcher: Option<Fetcher>,
	/// Makes receipts.
	pub receipts: Arc<Receipts>,
	/// The methods `opg_v1_*`.
	pub opg: opg_rpc::Rpc<FullClient, TransactionPool>,
	/// Finality.
	pub grandpa: GrandpaParts,
	/// Light clients.
	pub sync_state: SyncStateParts,
}

/// What the methods about finality work on.
#[derive(Clone)]
pub struct GrandpaParts {
	/// Who votes.
	pub authorities: SharedAuthoritySet<Hash, BlockNumber>,
	/// Votes of this node.
	pub voter: SharedVoterState,
	/// Justifications as they come.
	pub justifications: GrandpaJustificationStream<Block>,
	/// Proves that blocks are final.
	pub proofs: Arc<FinalityProofProvider<FullBackend, Block>>,
}

/// What the state from which a light client begins is made of.
#[derive(Clone)]
pub struct SyncStateParts {
	/// Specification of the chain.
	pub spec: Arc<Box<dyn ChainSpec>>,
	/// Epochs of block production.
	pub babe: BabeWorkerHandle<Block>,
}

/// The methods of `frame-system`, `pallet-transaction-payment` and GRANDPA, those for light clients, and
/// our own.
///
/// # Errors
///
/// Two methods have the same name.
pub fn create(
	parts: Parts,
	executor: Arc<dyn SpawnNamed>,
) -> Result<RpcModule<()>, Box<dyn std::error::Error + Send + Sync>> {
	let Parts { client, pool, contents, fetcher, receipts, opg, grandpa, sync_state } = parts;
	let mut module = RpcModule::new(());
	let system = System::<_, _, Block>::new(client.clone(), pool);
	module.merge(SystemApiServer::<<Block as BlockT>::Hash, AccountId, Nonce>::into_rpc(system))?;
	module.merge(TransactionPayment::<_, Block>::new(client.clone()).into_rpc())?;
	module.merge(blobs::module(contents, fetcher, BestBlock(client.clone()))?)?;
	module.merge(receipts::module(receipts)?)?;
	module.merge(opg.module()?)?;
	let GrandpaParts { authorities, voter, justifications, proofs } = grandpa;
	let SyncStateParts { spec, babe } = sync_state;
	let sync_state = SyncState::new(spec.cloned_box(), client, authorities.clone(), babe)?;
	module.merge(SyncStateApiServer::<Block>::into_rpc(sync_state))?;
	let grandpa = Grandpa::new(executor, authorities, voter, justifications, proofs);
	module.merge(GrandpaApiServer::<_, Hash, BlockNumber>::into_rpc(grandpa))?;
	Ok(module)
}

/// Versions and requests, as of the best block.
struct BestBlock(Arc<FullClient>);

impl blobs::Registry for BestBlock {
	fn is_registered(&self, hash: H256, size: u64) -> Result<bool, Error> {
		let Ok(size) = u32::try_from(size) else { return Ok(false) };
		let best = self.0.info().best_hash;
		let is_registered = self.0.runtime_api().is_registered_file(best, hash, size);
		is_registered.map_err(|error| Error::State(error.to_string()))
	}

	fn is_awaited(&self, request: RequestId, content: Content) -> Result<bool, Error> {
		let contents = self.0.runtime_api().contents_of(self.0.info().best_hash, request);
		let contents = contents.map_err(|error| Error::State(error.to_string()))?;
		Ok(contents.contains(&content))
	}
}
