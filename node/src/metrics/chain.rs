//! Follows the final blocks.

use super::{events, state, ChainMetrics};
use crate::client::{FullBackend, FullClient};
use codec::Decode;
use futures::StreamExt;
use opg_primitives::{court::COURT_KEY_TYPE, AccountId, ExecutorKey, EXECUTOR_KEY_TYPE};
use opg_runtime::{opaque::Block, Hash, Runtime, RuntimeEvent, VERSION};
use sc_client_api::{BlockchainEvents, FinalityNotification, StorageProvider};
use sp_api::CallContext;
use sp_core::{crypto::Ss58Codec, storage::StorageKey};
use sp_io::hashing::twox_128;
use sp_keystore::{Keystore, KeystorePtr};
use std::{
	collections::{BTreeMap, BTreeSet},
	sync::Arc,
};

/// Most operators that are counted. A node has one or two; a test network on one node has more.
const MAX_OPERATORS: usize = 64;

/// Most blocks that are read at a time. Those before them are counted as unread: the state of older
/// ones is gone.
const MAX_BLOCKS: usize = 128;

/// Events of a block, as the runtime stores them.
type Records = Vec<Box<frame_system::EventRecord<RuntimeEvent, Hash>>>;

/// Operators of this node, and their label values.
pub(super) type Operators = BTreeMap<AccountId, String>;

/// Reads each final block. Ends with the node.
pub async fn follow(client: Arc<FullClient>, keystore: KeystorePtr, metrics: ChainMetrics) {
	let mut reader = Reader { client: client.clone(), keystore, metrics, known: BTreeSet::new() };
	let mut blocks = client.finality_notification_stream();
	while let Some(block) = blocks.next().await {
		reader.read(&block);
	}
}

/// Cause for which a block is not read.
pub(super) enum Unread {
	/// It is of another version of the runtime.
	Runtime,
	/// Its state is not here.
	State,
}

struct Reader {
	client: Arc<FullClient>,
	keystore: KeystorePtr,
	metrics: ChainMetrics,
	/// Operators whose series have begun.
	known: BTreeSet<AccountId>,
}

impl Reader {
	fn read(&mut self, finalized: &FinalityNotification<Block>) {
		let FinalityNotification { hash, tree_route, .. } = finalized;
		let behind = tree_route.len().saturating_sub(MAX_BLOCKS);
		self.metrics.unread.with_label_values(&["behind"]).inc_by(behind as u64);
		for block in tree_route.iter().skip(behind).chain([hash]) {
			match self.read_block(*block, block == hash) {
				Ok(()) => {},
				Err(Unread::Runtime) => self.metrics.unread.with_label_values(&["runtime"]).inc(),
				Err(Unread::State) => self.metrics.unread.with_label_values(&["state"]).inc(),
			}
		}
	}

	/// Reads the events of a block, and if it is the last one also the state.
	fn read_block(&mut self, block: Hash, is_last: bool) -> Result<(), Unread> {
		// Types of another version could decode to something else.
		let version = self
			.client
			.runtime_version_at(block, CallContext::Offchain)
			.map_err(|_| Unread::State)?;
		if version.spec_version != VERSION.spec_version {
			return Err(Unread::Runtime);
		}
		let client = self.client.clone();
		let view = View { client: &client, block };
		let operators = self.operators(&view)?;
		let events = [twox_128(b"System"), twox_128(b"Events")].concat();
		let records = view.get::<Records>(&events)?.unwrap_or_default();
		for record in records {
			events::count(&self.metrics, &operators, &record.event);
		}
		if is_last {
			state::measure(&self.metrics, &operators, &view)?;
		}
		Ok(())
	}

	/// Operators whose hot key or court key is in the keystore.
	fn operators(&mut self, view: &View<'_>) -> Result<Operators, Unread> {
		let mut operators = Operators::new();
		for key in self.keystore.ed25519_public_keys(EXECUTOR_KEY_TYPE) {
			let key =
				pallet_opg_staking::KeyOwners::<Runtime>::hashed_key_for(ExecutorKey::from(key));
			self.add(&mut operators, view.get(&key)?);
		}
		for key in self.keystore.ed25519_public_keys(COURT_KEY_TYPE) {
			let key = (COURT_KEY_TYPE, key.0.to_vec());
			let key = pallet_session::KeyOwner::<Runtime>::hashed_key_for(key);
			self.add(&mut operators, view.get(&key)?);
		}
		self.metrics.operators.set(operators.len() as u64);
		Ok(operators)
	}

	fn add(&mut self, operators: &mut Operators, account: Option<AccountId>) {
		let Some(account) = account else { return };
		let is_known = self.known.contains(&account);
		if !is_known && self.known.len() >= MAX_OPERATORS {
			return;
		}
		let label = account.to_ss58check();
		if !is_known {
			self.metrics.begin_operator(&label);
			self.known.insert(account.clone());
		}
		operators.insert(account, label);
	}
}

/// State of a block.
pub(super) struct View<'a> {
	client: &'a FullClient,
	block: Hash,
}

impl View<'_> {
	/// The value under a storage key.
	pub(super) fn get<V: Decode>(&self, key: &[u8]) -> Result<Option<V>, Unread> {
		let key = StorageKey(key.to_vec());
		let value = StorageProvider::<Block, FullBackend>::storage(self.client, self.block, &key);
		let Some(value) = value.map_err(|_| Unread::State)? else { return Ok(None) };
		V::decode(&mut &value.0[..]).map(Some).map_err(|_| Unread::Runtime)
	}
}
