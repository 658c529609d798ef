//! A development chain in a temporary directory: blocks are authored on one client and imported
//! into another.

use crate::{
	client::{self, Client, Executor},
	people::{BOND, ENGINE},
};
use codec::{Decode, Encode};
use opg_primitives::{ExecutorKey, ModelId};
use opg_runtime::{
	genesis_config_presets::{get_preset, DEVELOPMENT},
	opaque::Block,
	AccountId, Balance, Hash, Header, Runtime, RuntimeCall, RuntimeEvent, RuntimeGenesisConfig,
	UncheckedExtrinsic,
};
use sc_block_builder::BlockBuilderBuilder;
use sc_client_api::{
	blockchain::{ApplyExtrinsicFailed, Error},
	StorageKey, StorageProvider,
};
use sc_consensus::{StateAction, StorageChanges};
use sp_api::ProvideRuntimeApi;
use sp_consensus_babe::{
	digests::{CompatibleDigestItem, PreDigest, SecondaryVRFPreDigest},
	make_vrf_sign_data, BabeApi, Slot,
};
use sp_core::{
	crypto::VrfSecret,
	storage::{well_known_keys, Storage},
};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{
	traits::{Block as _, Header as _},
	transaction_validity::{InvalidTransaction, TransactionValidityError},
	BuildStorage, Digest, DigestItem, OpaqueExtrinsic,
};
use std::{sync::Arc, time::Instant};
use tempfile::TempDir;

/// Slot of the first block: any, long after the epoch of Unix.
const FIRST_SLOT: u64 = 600_000_000;

/// The genesis of the development chain, with more accounts and more executors, and what runs it.
#[derive(Clone)]
pub struct Genesis {
	storage: Storage,
	executor: Executor,
}

impl Genesis {
	pub fn new(
		executor: &Executor,
		funded: impl Iterator<Item = (AccountId, Balance)>,
		bonded: impl Iterator<Item = (AccountId, Balance, ExecutorKey)>,
		models: ModelId,
	) -> Self {
		let preset = get_preset(&DEVELOPMENT.into()).expect("the preset exists");
		let preset = serde_json::from_slice(&preset).expect("it is JSON");
		let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).expect("it is JSON");
		sc_chain_spec::json_patch::merge(&mut config, preset);
		config["models"]["engines"] = serde_json::json!([ENGINE]);
		for executor in config["staking"]["executors"].as_array_mut().expect("the preset has some")
		{
			executor[1] = serde_json::json!(BOND);
		}
		let mut append = |pallet: &str, name: &str, item: serde_json::Value| {
			config[pallet][name].as_array_mut().expect("the preset has this list").push(item);
		};
		for account in funded {
			append("balances", "balances", serde_json::json!(account));
		}
		for executor in bonded {
			append("staking", "executors", serde_json::json!(executor));
		}
		let config: RuntimeGenesisConfig =
			serde_json::from_value(config).expect("the runtime's configuration");
		// Natively, as the tests do: a chain specification would compile the runtime each time.
		let mut storage = config.build_storage().expect("the runtime builds its genesis");
		let code = opg_runtime::WASM_BINARY.expect("built with a runtime");
		storage.top.insert(well_known_keys::CODE.into(), code.into());
		// Alice is the only validator: she says from the start that she holds every model.
		let alice = vec![Sr25519Keyring::Alice.to_account_id()];
		for model in 0..models {
			let map = [&b"Court"[..], b"Holders"].map(sp_io::hashing::twox_128).concat();
			let key = [&map[..], &sp_io::hashing::twox_64(&model.encode()), &model.encode()];
			storage.top.insert(key.concat(), alice.encode());
		}
		Self { storage, executor: executor.clone() }
	}
}

/// A client with its database, configured as the node's are by default.
pub struct Node {
	pub client: Arc<Client>,
	_directory: TempDir,
}

impl Node {
	pub fn new(genesis: &Genesis) -> Self {
		let directory = TempDir::new().expect("there is a place for temporary files");
		let (_, client) = client::open(
			directory.path(),
			Some(1 << 30),
			genesis.storage.clone(),
			genesis.executor.clone(),
		);
		Self { client: Arc::new(client), _directory: directory }
	}

	/// Imports a block and finalizes it.
	pub fn import(&self, block: Block, action: StateAction<Block>) {
		let (header, body) = block.deconstruct();
		client::import(&self.client, header, body, action);
	}

	/// A value of a pallet at a block.
	pub fn value<T: Decode>(&self, at: Hash, pallet: &str, item: &str) -> Option<T> {
		let key = [pallet, item].map(|name| sp_io::hashing::twox_128(name.as_bytes())).concat();
		let value = self.client.storage(at, &StorageKey(key)).expect("the state is there")?;
		Some(T::decode(&mut &value.0[..]).expect("the runtime is this one"))
	}
}

/// Time that the import of a block took, in seconds.
#[derive(Clone, Copy, Default)]
pub struct Time {
	/// By the clock.
	pub wall: f64,
	/// Of the CPU, in the importing thread: what runs beside on the machine does not count.
	pub cpu: f64,
}

/// Imports `blocks` into a fresh client. Returns the time of each.
pub fn import_all(genesis: &Genesis, blocks: Vec<Block>) -> Vec<Time> {
	let node = Node::new(genesis);
	blocks
		.into_iter()
		.map(|block| {
			let (started, cpu) = (Instant::now(), cpu_seconds());
			node.import(block, StateAction::Execute);
			Time { wall: started.elapsed().as_secs_f64(), cpu: cpu_seconds() - cpu }
		})
		.collect()
}

/// CPU time of this thread; zero where the system does not tell.
fn cpu_seconds() -> f64 {
	let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
	let nanos: Option<f64> = stat.split(' ').next().and_then(|nanos| nanos.parse().ok());
	nanos.unwrap_or_default() / 1e9
}

/// Fate of an extrinsic.
#[derive(PartialEq, Eq, Debug)]
pub enum Pushed {
	Included,
	/// The block has no room for it.
	Full,
}

/// Writes blocks.
pub struct Author {
	pub node: Node,
	pub genesis: Hash,
	/// The best block.
	pub best: Hash,
	/// Its height.
	pub height: u32,
	/// All blocks, in order.
	pub blocks: Vec<Block>,
}

impl Author {
	pub fn new(genesis: &Genesis) -> Self {
		let node = Node::new(genesis);
		let best = node.client.chain_info().genesis_hash;
		Self { node, genesis: best, best, height: 0, blocks: Vec::new() }
	}

	/// The slot after the parent's, claimed by Alice's VRF as BABE does where nobody is primary.
	fn pre_digest(&self, slot: Slot) -> DigestItem {
		let api = self.node.client.runtime_api();
		let mut epoch = api.current_epoch(self.best).expect("the runtime knows its epoch");
		// At genesis the runtime does not know yet when its first epoch begins.
		if self.height > 0 && slot >= epoch.start_slot + epoch.duration {
			epoch = api.next_epoch(self.best).expect("the runtime knows the next epoch");
		}
		let data = make_vrf_sign_data(&epoch.randomness, slot, epoch.epoch_index);
		let vrf_signature = Sr25519Keyring::Alice.pair().vrf_sign(&data);
		let claim = SecondaryVRFPreDigest { authority_index: 0, slot, vrf_signature };
		DigestItem::babe_pre_digest(PreDigest::SecondaryVRF(claim))
	}

	/// Writes a block with the extrinsics that `fill` pushes. Returns its events.
	pub fn author(
		&mut self,
		fill: impl FnOnce(&mut dyn FnMut(UncheckedExtrinsic) -> Pushed),
	) -> Vec<RuntimeEvent> {
		let slot = FIRST_SLOT + u64::from(self.height);
		let digest = Digest { logs: vec![self.pre_digest(slot.into())] };
		let mut builder = BlockBuilderBuilder::new(&*self.node.client)
			.on_parent_block(self.best)
			.with_parent_block_number(self.height)
			.with_inherent_digests(digest)
			.build()
			.expect("the parent is there");
		let mut push = |extrinsic: UncheckedExtrinsic| {
			let extrinsic = OpaqueExtrinsic::try_from_encoded_extrinsic(&extrinsic.encode());
			match builder.push(extrinsic.expect("it was encoded so")) {
				Ok(()) => Pushed::Included,
				Err(Error::ApplyExtrinsicFailed(ApplyExtrinsicFailed::Validity(
					TransactionValidityError::Invalid(InvalidTransaction::ExhaustsResources),
				))) => Pushed::Full,
				Err(error) => panic!("the extrinsic is refused: {error}"),
			}
		};
		let now = slot * opg_runtime::constants::SLOT_MILLIS;
		let timestamp = RuntimeCall::Timestamp(pallet_timestamp::Call::set { now });
		assert_eq!(push(UncheckedExtrinsic::new_bare(timestamp)), Pushed::Included);
		fill(&mut push);

		let (block, changes) = builder.build().expect("the block can be finished").into_inner();
		let header: &Header = block.header();
		self.best = header.hash();
		self.height = *header.number();
		self.blocks.push(block.clone());
		self.node.import(block, StateAction::ApplyChanges(StorageChanges::Changes(changes)));
		let events: Option<Vec<frame_system::EventRecord<RuntimeEvent, Hash>>> =
			self.node.value(self.best, "System", "Events");
		events.unwrap_or_default().into_iter().map(|record| record.event).collect()
	}

	/// Weight of the block as parts of what the runtime allows: what users sent, what executors sent,
	/// and everything.
	pub fn fullness(&self) -> [f64; 3] {
		use frame_support::{dispatch::DispatchClass, weights::Weight};
		let used: frame_system::ConsumedWeight =
			self.node.value(self.best, "System", "BlockWeight").unwrap_or_default();
		let limits = <Runtime as frame_system::Config>::BlockWeights::get();
		let part = |a: Weight, b: Weight| a.ref_time() as f64 / b.ref_time() as f64;
		let of_class = |class| {
			let most = limits.get(class).max_total.unwrap_or(limits.max_block);
			part(*used.get(class), most)
		};
		[
			of_class(DispatchClass::Normal),
			of_class(DispatchClass::Operational),
			part(used.total(), limits.max_block),
		]
	}
}
