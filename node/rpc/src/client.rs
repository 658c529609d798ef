//! The chain, as the methods read it: through the runtime APIs alone.

use crate::{
	error::Error,
	types::{Block, ModelRef},
};
use frame_system_rpc_runtime_api::AccountNonceApi;
use opg_primitives::{AccountId, Nonce, RequestId};
use opg_runtime::opaque;
use opg_runtime_api::{DirectoryApi, OpgApi, RegistryApi, Reliance, RequestEventsApi, VersionView};
use sc_client_api::{BlockchainEvents, HeaderBackend};
use sp_api::{ApiRef, ProvideRuntimeApi};
use sp_block_builder::BlockBuilder;
use sp_core::H256;
use std::sync::Arc;

/// Client with the runtime APIs that are needed.
pub trait Client:
	ProvideRuntimeApi<
		opaque::Block,
		Api: OpgApi<opaque::Block>
		         + RegistryApi<opaque::Block>
		         + DirectoryApi<opaque::Block>
		         + RequestEventsApi<opaque::Block>
		         + AccountNonceApi<opaque::Block, AccountId, Nonce>
		         + BlockBuilder<opaque::Block>,
	> + HeaderBackend<opaque::Block>
	+ BlockchainEvents<opaque::Block>
	+ Send
	+ Sync
	+ 'static
{
}

impl<C> Client for C where
	C: ProvideRuntimeApi<
			opaque::Block,
			Api: OpgApi<opaque::Block>
			         + RegistryApi<opaque::Block>
			         + DirectoryApi<opaque::Block>
			         + RequestEventsApi<opaque::Block>
			         + AccountNonceApi<opaque::Block, AccountId, Nonce>
			         + BlockBuilder<opaque::Block>,
		> + HeaderBackend<opaque::Block>
		+ BlockchainEvents<opaque::Block>
		+ Send
		+ Sync
		+ 'static
{
}

/// The chain. Clones are the same.
pub(crate) struct Chain<C>(Arc<C>);

impl<C> Clone for Chain<C> {
	fn clone(&self) -> Self {
		Self(self.0.clone())
	}
}

impl<C: Client> Chain<C> {
	pub(crate) fn new(client: Arc<C>) -> Self {
		Self(client)
	}

	pub(crate) fn client(&self) -> &C {
		&self.0
	}

	pub(crate) fn api(&self) -> ApiRef<'_, C::Api> {
		self.0.runtime_api()
	}

	/// Newest block.
	pub(crate) fn best(&self) -> Block {
		let info = self.0.info();
		Block::new(info.best_number, info.best_hash)
	}

	/// Newest block that is final.
	pub(crate) fn finalized(&self) -> Block {
		let info = self.0.info();
		Block::new(info.finalized_number, info.finalized_hash)
	}

	/// Hash of the first block.
	pub(crate) fn genesis(&self) -> H256 {
		self.0.info().genesis_hash
	}

	/// Version that a name stands for, in the block `at`.
	pub(crate) fn version(&self, at: H256, model: &ModelRef) -> Result<VersionView, Error> {
		match model {
			ModelRef::Number(number) => {
				// `Core` has a function of this name too.
				let version = RegistryApi::version(&*self.api(), at, *number)?;
				version.ok_or_else(|| Error::ModelUnknown(number.to_string()))
			},
			ModelRef::Named(owner, name, selector) => {
				let version =
					self.api().resolve(at, owner.clone(), name.clone(), selector.clone())?;
				version.ok_or_else(|| {
					Error::ModelUnknown(format!(
						"{} of this owner, or none of its versions fits",
						String::from_utf8_lossy(name)
					))
				})
			},
		}
	}

	/// What may be relied on of a request, as of the newest block that is final.
	pub(crate) fn final_reliance(&self, request: RequestId) -> Result<Reliance, Error> {
		Ok(self.api().may_rely(self.finalized().hash.0, request)?)
	}
}
