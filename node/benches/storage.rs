//! Time of reading and of writing an item of the state, to compare with the runtime's `DbWeight`.
//!
//! - The database is configured as the node's, with a state of a million items.
//! - Reads are single, in random order: with no cache but the operating system's, and with the
//!   node's cache of the trie.
//! - Writes come in blocks. Their time is that of the new state root, the import and the
//!   finalization of the block.

#[path = "common/client.rs"]
mod client;

use client::{Client, DbBackend};
use opg_runtime::opaque::Header;
use sc_client_api::{Backend, TrieCacheContext};
use sc_consensus::{StateAction, StorageChanges};
use sp_core::{
	storage::{well_known_keys, StateVersion, Storage},
	H256,
};
use sp_io::hashing::blake2_256;
use sp_runtime::traits::Header as _;
use sp_state_machine::{Backend as _, StorageChanges as Changes};
use std::{
	path::Path,
	time::{Duration, Instant},
};

/// Items of the state.
const ITEMS: u64 = 1_000_000;
/// Bytes of an item: about as many as a pool or an account takes.
const BYTES: usize = 96;
/// Items that are read.
const READS: u64 = 200_000;
/// Blocks that are written, after as many that are not counted.
const BLOCKS: u64 = 20;
/// Items written by a block, about as many as a full one writes.
const WRITES: u64 = 5_000;

fn main() {
	for (name, cache) in [("uncached", None), ("cached", Some(1 << 30))] {
		println!("making a state of {ITEMS} items of {BYTES} bytes ...");
		let directory = tempfile::tempdir().expect("there is a place for temporary files");
		let (read, write) = measure(directory.path(), cache);
		println!("RESULT db_read_us_{name} {read:.2}");
		println!("RESULT db_write_us_{name} {write:.2}");
	}
}

/// Microseconds per read and per write, with a cache of so many bytes for nodes of the trie.
fn measure(directory: &Path, cache: Option<usize>) -> (f64, f64) {
	let (backend, client) = client::open(directory, cache, genesis(), client::executor());
	let mut parent = client.chain_info().genesis_hash;
	if cache.is_some() {
		reads(&backend, parent);
	}
	println!("reading {READS} of them ...");
	let read = reads(&backend, parent);
	println!("writing {} blocks of {WRITES} items ...", 2 * BLOCKS);
	let mut spent = Duration::ZERO;
	for number in 1..=2 * BLOCKS {
		let took = write(&backend, &client, &mut parent, number as u32);
		if number > BLOCKS {
			spent += took;
		}
	}
	let started = Instant::now();
	// The database writes in the background: what it still has to do counts.
	drop((backend, client));
	spent += started.elapsed() / 2;
	(read, spent.as_secs_f64() * 1e6 / (BLOCKS * WRITES) as f64)
}

/// The key of an item: random, as hashed keys are.
fn key(index: u64) -> Vec<u8> {
	blake2_256(&index.to_le_bytes()).to_vec()
}

fn value(index: u64, version: u32) -> Vec<u8> {
	let mut value = blake2_256(&(index ^ u64::from(version) << 40).to_le_bytes()).to_vec();
	value.resize(BYTES, version as u8);
	value
}

/// Random indices of items, the same in every run.
fn indices(seed: u32) -> impl Iterator<Item = u64> {
	(0u64..).map(move |n| {
		let hash = blake2_256(&[&seed.to_le_bytes()[..], &n.to_le_bytes()].concat());
		let word: [u8; 8] = hash[..8].try_into().expect("eight bytes");
		u64::from_le_bytes(word) % ITEMS
	})
}

fn genesis() -> Storage {
	let mut storage = Storage::default();
	let code = opg_runtime::WASM_BINARY.expect("built with a runtime");
	storage.top.insert(well_known_keys::CODE.into(), code.into());
	storage.top.extend((0..ITEMS).map(|index| (key(index), value(index, 0))));
	storage
}

/// Microseconds per read.
fn reads(backend: &DbBackend, at: H256) -> f64 {
	let mut spent = Duration::ZERO;
	for index in indices(0).take(READS as usize) {
		let key = key(index);
		let state = backend.state_at(at, TrieCacheContext::Trusted).expect("the state is kept");
		let started = Instant::now();
		let found = state.storage(&key).expect("the state can be read");
		spent += started.elapsed();
		assert_eq!(found.map(|value| value.len()), Some(BYTES));
	}
	spent.as_secs_f64() * 1e6 / READS as f64
}

/// Writes a block of items. Returns the time that it took.
fn write(backend: &DbBackend, client: &Client, parent: &mut H256, number: u32) -> Duration {
	let delta: Vec<_> = indices(number)
		.take(WRITES as usize)
		.map(|index| (key(index), Some(value(index, number))))
		.collect();
	let started = Instant::now();
	let state = backend.state_at(*parent, TrieCacheContext::Trusted).expect("the state is kept");
	let items = delta.iter().map(|(key, value)| (&key[..], value.as_deref()));
	let (root, transaction) = state.storage_root(items, StateVersion::V1);
	drop(state);
	let header = Header::new(number, H256::zero(), root, *parent, Default::default());
	let changes = StateAction::ApplyChanges(StorageChanges::Changes(Changes {
		main_storage_changes: delta,
		child_storage_changes: Vec::new(),
		offchain_storage_changes: Vec::new(),
		transaction,
		transaction_storage_root: root,
		transaction_index_changes: Vec::new(),
	}));
	*parent = client::import(client, header, Vec::new(), changes);
	started.elapsed()
}
