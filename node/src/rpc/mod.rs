//! RPC methods besides those that every Substrate node has.

pub mod blobs;
mod error;
mod uploads;

use crate::client::{FullClient, TransactionPool};
use error::Error;
use jsonrpsee::{server::RegisterMethodError, RpcModule};
use opg_blobs::exchange::Fetcher;
use opg_primitives::{Content, RequestId};
use opg_runtime::{opaque::Block, AccountId, Nonce};
use opg_runtime_api::OpgApi;
use opg_worker::Contents;
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use sc_client_api::HeaderBackend;
use sp_api::ProvideRuntimeApi;
use sp_core::H256;
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
}

/// The methods of `frame-system` and `pallet-transaction-payment`, and those about blobs.
///
/// # Errors
///
/// Two methods have the same name.
pub fn create(parts: Parts) -> Result<RpcModule<()>, RegisterMethodError> {
	let Parts { client, pool, contents, fetcher } = parts;
	let mut module = RpcModule::new(());
	let system = System::<_, _, Block>::new(client.clone(), pool);
	module.merge(SystemApiServer::<<Block as BlockT>::Hash, AccountId, Nonce>::into_rpc(system))?;
	module.merge(TransactionPayment::<_, Block>::new(client.clone()).into_rpc())?;
	module.merge(blobs::module(contents, fetcher, BestBlock(client))?)?;
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
