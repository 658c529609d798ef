//! RPC methods besides those that every Substrate node has.

use crate::client::{FullClient, TransactionPool};
use jsonrpsee::{server::RegisterMethodError, RpcModule};
use opg_runtime::{opaque::Block, AccountId, Nonce};
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use sp_runtime::traits::Block as BlockT;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};

/// The methods of `frame-system` and `pallet-transaction-payment`.
pub fn create(
	client: Arc<FullClient>,
	pool: Arc<TransactionPool>,
) -> Result<RpcModule<()>, RegisterMethodError> {
	let mut module = RpcModule::new(());
	let system = System::<_, _, Block>::new(client.clone(), pool);
	module.merge(SystemApiServer::<<Block as BlockT>::Hash, AccountId, Nonce>::into_rpc(system))?;
	module.merge(TransactionPayment::<_, Block>::new(client).into_rpc())?;
	Ok(module)
}
