//! A client with its database, configured as the node's, for benchmarks.

use futures::executor::block_on;
use opg_runtime::{
	opaque::{Block, Header},
	Hash, RuntimeApi,
};
use sc_client_api::{execution_extensions::ExecutionExtensions, Finalizer};
use sc_client_db::DatabaseSettings;
use sc_consensus::{BlockImport, BlockImportParams, ForkChoiceStrategy, ImportResult, StateAction};
use sc_service::{
	config::ExecutorConfiguration, BlocksPruning, DatabaseSource, GenesisBlockBuilder, PruningMode,
	TFullBackend, TFullClient,
};
use sp_consensus::BlockOrigin;
use sp_core::{storage::Storage, testing::TaskExecutor};
use sp_runtime::OpaqueExtrinsic;
use std::{path::Path, sync::Arc};

type HostFunctions =
	(sp_io::SubstrateHostFunctions, opg_runtime_interface::inference_host::HostFunctions);
/// Runs the runtime, compiled by wasmtime.
pub type Executor = sc_executor::WasmExecutor<HostFunctions>;
pub type Client = TFullClient<Block, RuntimeApi, Executor>;
pub type DbBackend = Arc<TFullBackend<Block>>;

/// The executor of the node, with its defaults.
pub fn executor() -> Executor {
	sc_service::new_wasm_executor(&ExecutorConfiguration::default())
}

/// A client with a database in `directory`, and a cache of so many bytes for nodes of the trie.
pub fn open(
	directory: &Path,
	cache: Option<usize>,
	genesis: Storage,
	executor: Executor,
) -> (DbBackend, Client) {
	let backend = sc_service::new_db_backend(DatabaseSettings {
		trie_cache_maximum_size: cache,
		state_pruning: Some(PruningMode::blocks_pruning(256)),
		source: DatabaseSource::ParityDb { path: directory.into() },
		blocks_pruning: BlocksPruning::KeepFinalized,
		pruning_filters: Vec::new(),
		metrics_registry: None,
	})
	.expect("ParityDB opens");
	let builder =
		GenesisBlockBuilder::new_with_storage(genesis, true, backend.clone(), executor.clone());
	let client = sc_service::new_client(
		backend.clone(),
		executor.clone(),
		builder.expect("the genesis is a state"),
		None,
		None,
		ExecutionExtensions::new(None, Arc::new(executor)),
		Box::new(TaskExecutor::new()),
		None,
		None,
		Default::default(),
	);
	(backend, client.expect("the client starts"))
}

/// Imports a block and finalizes it, as a development node does, which writes its state to the
/// database.
pub fn import(
	client: &Client,
	header: Header,
	body: Vec<OpaqueExtrinsic>,
	action: StateAction<Block>,
) -> Hash {
	let hash = header.hash();
	let mut params = BlockImportParams::new(BlockOrigin::NetworkBroadcast, header);
	params.body = Some(body);
	params.state_action = action;
	params.fork_choice = Some(ForkChoiceStrategy::LongestChain);
	match block_on(client.import_block(params)) {
		Ok(ImportResult::Imported(_)) => {},
		other => panic!("the block is not imported: {other:?}"),
	}
	client.finalize_block(hash, None, false).expect("the best block is finalized");
	hash
}
