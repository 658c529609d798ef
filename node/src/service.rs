//! Assembly of the node from its parts.

use crate::{
	cli::Cli,
	client::{FullBackend, FullClient, HostFunctions, TransactionPool},
	contents::{Keeper, WithContents},
	engine, executor,
	keystore::KeptPairs,
	metrics::{self, ChainMetrics},
	network::{self, BlobProtocol, Connected, Tip},
	policy::{self, Policy, WithPolicy},
	receipts::{self, Archive, Receipts},
	rpc, stores,
	tasks::{EssentialTasks, Purpose},
};
use futures::FutureExt;
use opg_blobs::exchange::FetchLimits;
use opg_runtime::{opaque::Block, RuntimeApi};
use opg_worker::Contents;
use sc_client_api::{Backend, BlockBackend, HeaderBackend};
use sc_consensus_babe::{BabeLink, BabeWorkerHandle, SlotProportion};
use sc_consensus_grandpa::{
	FinalityProofProvider, GrandpaPruningFilter, SharedVoterState, VotingRulesBuilder,
};
use sc_network::{config::FullNetworkConfiguration, NetworkBackend};
use sc_network_sync::SyncingService;
use sc_offchain::{OffchainWorkerOptions, OffchainWorkers};
use sc_service::{
	BuildNetworkParams, ChainType, Configuration, Error, PartialComponents, SpawnTasksParams,
	TaskManager, WarpSyncConfig,
};
use sc_telemetry::{Telemetry, TelemetryWorker};
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use sp_consensus_babe::{
	inherents::{BabeCreateInherentDataProviders, InherentDataProvider as BabeInherent},
	Slot,
};
use sp_core::traits::SpawnEssentialNamed;
use sp_runtime::traits::{Block as BlockT, Header as HeaderT, NumberFor};
use sp_timestamp::{InherentDataProvider as TimestampInherent, Timestamp};
use std::{sync::Arc, time::Duration};

type SelectChain = sc_consensus::LongestChain<FullBackend, Block>;
type GrandpaBlockImport =
	sc_consensus_grandpa::GrandpaBlockImport<FullBackend, Block, FullClient, SelectChain>;
type BlockImport = sc_consensus_babe::BabeBlockImport<
	Block,
	FullClient,
	GrandpaBlockImport,
	BabeCreateInherentDataProviders<Block>,
	SelectChain,
>;

/// Links from the import queue to authoring and voting.
pub struct Consensus {
	block_import: BlockImport,
	babe_link: BabeLink<Block>,
	grandpa_link: sc_consensus_grandpa::LinkHalf<Block, FullClient, SelectChain>,
	inherents: BabeCreateInherentDataProviders<Block>,
	babe_worker: BabeWorkerHandle<Block>,
	essential_tasks: EssentialTasks,
}

/// Parts that need no network.
pub type Partial = PartialComponents<
	FullClient,
	FullBackend,
	SelectChain,
	sc_consensus::DefaultImportQueue<Block>,
	TransactionPool,
	(Consensus, Option<Telemetry>),
>;

/// Blocks between two stored justifications, besides those that change the authorities.
const JUSTIFICATION_PERIOD: u32 = 512;

/// Fetches that run at a time, each with 8 MiB of ranges at most. Inputs that nobody uploads take turns of
/// a quarter of a minute, and must leave room for others.
const FETCHES: usize = 12;

/// Time that GRANDPA expects a message to take to everybody.
const GOSSIP_DURATION: Duration = Duration::from_millis(333);

/// Makes the parts that need no network.
pub fn new_partial(config: &Configuration, purpose: Purpose) -> Result<Partial, Error> {
	let telemetry = config
		.telemetry_endpoints
		.clone()
		.filter(|endpoints| !endpoints.is_empty())
		.map(|endpoints| -> Result<_, sc_telemetry::Error> {
			let worker = TelemetryWorker::new(16)?;
			let telemetry = worker.handle().new_telemetry(endpoints);
			Ok((worker, telemetry))
		})
		.transpose()?;

	let executor = sc_service::new_wasm_executor::<HostFunctions>(&config.executor);
	let (client, backend, keystore_container, mut task_manager) =
		sc_service::new_full_parts::<Block, RuntimeApi, _>(
			config,
			telemetry.as_ref().map(|(_, telemetry)| telemetry.handle()),
			executor,
			vec![Arc::new(GrandpaPruningFilter)],
		)?;
	let client = Arc::new(client);

	let telemetry = telemetry.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});

	let essential_tasks = EssentialTasks::new(&task_manager, purpose);
	let select_chain = sc_consensus::LongestChain::new(backend.clone());
	let transaction_pool = Arc::new(
		sc_transaction_pool::Builder::new(
			essential_tasks.clone(),
			client.clone(),
			config.role.is_authority().into(),
		)
		.with_options(config.transaction_pool.clone())
		.with_prometheus(config.prometheus_registry())
		.build(),
	);

	let (grandpa_block_import, grandpa_link) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		telemetry.as_ref().map(|telemetry| telemetry.handle()),
	)?;

	let babe_config = sc_consensus_babe::configuration(&*client)?;
	let slot_duration = babe_config.slot_duration();
	let inherents: BabeCreateInherentDataProviders<Block> = Arc::new(move |_, ()| async move {
		let timestamp = TimestampInherent::from_system_time();
		let slot = BabeInherent::from_timestamp_and_slot_duration(*timestamp, slot_duration);
		Ok((slot, timestamp))
	});
	let (block_import, babe_link) = sc_consensus_babe::block_import(
		babe_config,
		grandpa_block_import.clone(),
		client.clone(),
		inherents.clone(),
		select_chain.clone(),
		OffchainTransactionPoolFactory::new(transaction_pool.clone()),
	)?;
	let (import_queue, babe_worker) =
		sc_consensus_babe::import_queue(sc_consensus_babe::ImportQueueParams {
			link: babe_link.clone(),
			block_import: block_import.clone(),
			justification_import: Some(Box::new(grandpa_block_import)),
			client: client.clone(),
			slot_duration,
			spawner: &essential_tasks,
			registry: config.prometheus_registry(),
			telemetry: telemetry.as_ref().map(|telemetry| telemetry.handle()),
		})?;

	// The tasks of the pool and of BABE end when these are dropped.
	let needed = (transaction_pool.clone(), babe_worker.clone());
	essential_tasks.keep_alive(&mut task_manager, needed);

	let consensus = Consensus {
		block_import,
		babe_link,
		grandpa_link,
		inherents,
		babe_worker,
		essential_tasks,
	};
	Ok(PartialComponents {
		client,
		backend,
		task_manager,
		keystore_container,
		select_chain,
		import_queue,
		transaction_pool,
		other: (consensus, telemetry),
	})
}

/// Starts the whole node.
pub fn new_full<N: NetworkBackend<Block, <Block as BlockT>::Hash>>(
	config: Configuration,
	cli: &Cli,
) -> Result<TaskManager, Error> {
	let executor_params = &cli.executor;
	let PartialComponents {
		client,
		backend,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other: (consensus, mut telemetry),
		// Last, so that it is the first to be dropped where the start fails: its exit signal goes
		// before the parts that its tasks need.
		mut task_manager,
	} = new_partial(&config, Purpose::Node)?;
	let Consensus {
		block_import,
		babe_link,
		grandpa_link,
		inherents,
		babe_worker,
		essential_tasks,
	} = consensus;
	let keystore = keystore_container.keystore();
	executor::insert_executor_keys(&config, executor_params, &keystore)?;
	let genesis = client
		.block_hash(0)?
		.ok_or_else(|| Error::Other("the database has no genesis block".into()))?;
	log::info!("🌱 Genesis {genesis:?}");
	engine::check(&client, config.chain_spec.chain_type())
		.map_err(|mismatch| Error::Application(Box::new(mismatch)))?;
	let blobs =
		stores::open(&config, &cli.blobs).map_err(|error| Error::Application(Box::new(error)))?;

	let mut net_config = FullNetworkConfiguration::<_, _, N>::new(
		&config.network,
		config.prometheus_registry().cloned(),
	);
	let metrics = N::register_notification_metrics(config.prometheus_registry());
	let grandpa_protocol =
		sc_consensus_grandpa::protocol_standard_name(&genesis, &config.chain_spec);
	let (grandpa_net_config, grandpa_notifications) =
		sc_consensus_grandpa::grandpa_peers_set_config::<_, N>(
			grandpa_protocol.clone(),
			metrics.clone(),
			net_config.peer_store_handle(),
		);
	net_config.add_notification_protocol(grandpa_net_config);
	let (blob_protocol, blob_net_config) =
		BlobProtocol::new::<N>(genesis, config.chain_spec.fork_id(), &cli.blobs);
	net_config.add_request_response_protocol(blob_net_config);
	let warp_sync = sc_consensus_grandpa::warp_proof::NetworkProvider::new(
		backend.clone(),
		grandpa_link.shared_authority_set().clone(),
		Vec::new(),
	);

	let (network, system_rpc_tx, tx_handler_controller, sync_service, _) =
		sc_service::build_network(BuildNetworkParams {
			config: &config,
			net_config,
			client: client.clone(),
			transaction_pool: transaction_pool.clone(),
			spawn_handle: task_manager.spawn_handle(),
			spawn_essential_handle: task_manager.spawn_essential_handle(),
			import_queue,
			block_announce_validator_builder: None,
			warp_sync_config: Some(WarpSyncConfig::WithProvider(Arc::new(warp_sync))),
			block_relay: None,
			metrics,
			gap_sync_body_policy: None,
		})?;

	let limits = FetchLimits { running: FETCHES, ..FetchLimits::default() };
	let fetcher = network::fetcher(blobs.clone(), limits, &cli.blobs)
		.map_err(|error| Error::Application(Box::new(error)))?;
	let blob_server = blob_protocol.start(
		&task_manager.spawn_handle(),
		network.clone(),
		connected_peers(sync_service.clone()),
		blobs.clone(),
		fetcher.clone(),
	);

	let contents =
		Contents::start(blobs.clone())?.with_quota(cli.blobs.content_quota.saturating_mul(1 << 30));
	let mut worker_handle = None;
	if config.offchain_worker.enabled {
		let worker = executor::start_worker(&config, executor_params, contents.clone())?;
		worker_handle = Some(worker.handle());
		let inspect = policy::by(worker.inspector());
		let policy =
			Policy::start(cli.policy.clone(), blobs.clone(), Some(fetcher.clone()), inspect)?;
		let job_queue = WithPolicy::new(executor::job_queue(&worker, executor_params), policy);
		let keeper = Keeper::new(contents.clone(), Some(fetcher.clone()));
		let job_queue = WithContents::new(job_queue, keeper);
		task_manager.keep_alive(worker);
		let offchain_workers = OffchainWorkers::new(OffchainWorkerOptions {
			runtime_api_provider: client.clone(),
			keystore: Some(Arc::new(KeptPairs::new(keystore_container.local_keystore()))),
			offchain_db: backend.offchain_storage(),
			transaction_pool: Some(OffchainTransactionPoolFactory::new(transaction_pool.clone())),
			network_provider: Arc::new(network.clone()),
			is_validator: config.role.is_authority(),
			enable_http_requests: false,
			custom_extensions: move |_| executor::extensions(&job_queue),
		})?;
		// Without it an executor would be off duty, and nobody would know.
		essential_tasks.spawn_essential(
			"offchain-workers-runner",
			Some("offchain-worker"),
			offchain_workers.run(client.clone(), task_manager.spawn_handle()).boxed(),
		);
	}

	if let Some(registry) = config.prometheus_registry() {
		let metrics = ChainMetrics::register(registry)?;
		metrics::register_store(registry, &blobs)?;
		metrics::register_fetcher(registry, &fetcher)?;
		if let Some(server) = blob_server {
			metrics::register_server(registry, &server)?;
		}
		let follow = metrics::follow(client.clone(), keystore.clone(), metrics);
		task_manager.spawn_handle().spawn_blocking("opg-metrics", Some("metrics"), follow);
	}

	let archive = cli.keep_receipts.map(|quota| {
		let folder = config.data_path.join("receipts");
		Archive::open(folder, quota.saturating_mul(1 << 20))
	});
	let receipts = Arc::new(Receipts::new(
		client.clone(),
		grandpa_link.shared_authority_set().clone(),
		config.chain_spec.cloned_box(),
		archive.transpose()?,
	));
	if cli.keep_receipts.is_some() {
		let keep = receipts::keep(client.clone(), receipts.clone());
		task_manager.spawn_handle().spawn_blocking("receipts", None, keep);
	}

	let voting_rules = match config.chain_spec.chain_type() {
		// No forks to be wary of: finalize the best block, which saves two blocks of waiting.
		ChainType::Development => VotingRulesBuilder::new(),
		_ => VotingRulesBuilder::default(),
	};
	let role = config.role;
	let force_authoring = config.force_authoring;
	let name = config.network.node_name.clone();
	let enable_grandpa = !config.disable_grandpa;
	let prometheus_registry = config.prometheus_registry().cloned();
	let host = rpc::NodeHost::new(
		config.impl_version.clone(),
		contents.clone(),
		worker_handle,
		keystore.clone(),
	);
	let opg = opg_rpc::Rpc::new(opg_rpc::Parts {
		client: client.clone(),
		pool: transaction_pool.clone(),
		info: opg_rpc::ChainInfo { name: config.chain_spec.name().into() },
		host: Arc::new(host),
	});
	task_manager.spawn_handle().spawn_blocking("opg-rpc", Some("rpc"), opg.follow());
	let voter_state = SharedVoterState::empty();
	let grandpa = rpc::GrandpaParts {
		authorities: grandpa_link.shared_authority_set().clone(),
		voter: voter_state.clone(),
		justifications: grandpa_link.justification_stream(),
		proofs: FinalityProofProvider::new_for_service(
			backend.clone(),
			Some(grandpa_link.shared_authority_set().clone()),
		),
	};
	let rpc_builder = {
		let parts = rpc::Parts {
			client: client.clone(),
			pool: transaction_pool.clone(),
			contents,
			fetcher: Some(fetcher),
			receipts,
			opg,
			grandpa,
			sync_state: rpc::SyncStateParts {
				spec: Arc::new(config.chain_spec.cloned_box()),
				babe: babe_worker,
			},
		};
		Box::new(move |executor| rpc::create(parts.clone(), executor).map_err(Error::Application))
	};
	sc_service::spawn_tasks(SpawnTasksParams {
		config,
		client: client.clone(),
		backend,
		task_manager: &mut task_manager,
		keystore: keystore.clone(),
		transaction_pool: transaction_pool.clone(),
		rpc_builder,
		network: network.clone(),
		system_rpc_tx,
		tx_handler_controller,
		sync_service: sync_service.clone(),
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;
	let telemetry = telemetry.as_ref().map(|telemetry| telemetry.handle());

	if role.is_authority() {
		let proposer_factory = sc_basic_authorship::ProposerFactory::new(
			task_manager.spawn_handle(),
			client.clone(),
			transaction_pool.clone(),
			prometheus_registry.as_ref(),
			telemetry.clone(),
		);
		let slot_duration = babe_link.config().slot_duration();
		let now = move || Some(Slot::from_timestamp(Timestamp::current(), slot_duration));
		let sync_oracle = Tip::new(sync_service.clone(), best_slot(client.clone()), now);
		let babe = sc_consensus_babe::start_babe(sc_consensus_babe::BabeParams {
			keystore: keystore.clone(),
			client,
			select_chain,
			env: proposer_factory,
			block_import,
			sync_oracle,
			justification_sync_link: sync_service.clone(),
			create_inherent_data_providers: inherents,
			force_authoring,
			backoff_authoring_blocks: None::<()>,
			babe_link,
			block_proposal_slot_portion: SlotProportion::new(2.0 / 3.0),
			max_block_proposal_slot_portion: None,
			telemetry: telemetry.clone(),
		})?;
		// The node is of no use as an authority when this ends.
		essential_tasks.spawn_essential_blocking(
			"babe-proposer",
			Some("block-authoring"),
			babe.boxed(),
		);
	}

	if enable_grandpa {
		let config = sc_consensus_grandpa::Config {
			gossip_duration: GOSSIP_DURATION,
			justification_generation_period: JUSTIFICATION_PERIOD,
			observer_enabled: false,
			local_role: role,
			name: Some(name),
			// A node that is no authority follows the votes and has nothing to sign.
			keystore: role.is_authority().then_some(keystore),
			telemetry: telemetry.clone(),
			protocol_name: grandpa_protocol,
		};
		let voter = sc_consensus_grandpa::run_grandpa_voter(sc_consensus_grandpa::GrandpaParams {
			config,
			link: grandpa_link,
			network,
			sync: sync_service,
			notification_service: grandpa_notifications,
			voting_rule: voting_rules.build(),
			prometheus_registry,
			shared_voter_state: voter_state,
			telemetry,
			offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(transaction_pool),
		})?;
		// Without finality the node must not pretend to be well.
		essential_tasks.spawn_essential_blocking("grandpa-voter", None, voter.boxed());
	}

	Ok(task_manager)
}

/// Gives the slot of the best block, if that is not the genesis block.
fn best_slot(client: Arc<FullClient>) -> impl Fn() -> Option<Slot> + Send + Sync {
	move || {
		let header = client.header(client.info().best_hash).ok()??;
		if *header.number() == 0 {
			return None;
		}
		Some(sc_consensus_babe::find_pre_digest::<Block>(&header).ok()?.slot())
	}
}

/// Asks the sync service for the peers that are connected.
fn connected_peers(sync: Arc<SyncingService<Block>>) -> Connected {
	Arc::new(move || {
		let sync = sync.clone();
		async move {
			let peers = sync.peers_info().await.unwrap_or_default();
			peers.into_iter().map(|(peer, _)| peer).collect()
		}
		.boxed()
	})
}

/// Reverts what consensus remembers of the last `blocks` blocks.
pub fn revert_consensus(
	client: Arc<FullClient>,
	backend: Arc<FullBackend>,
	blocks: NumberFor<Block>,
) -> sc_cli::Result<()> {
	sc_consensus_babe::revert(client.clone(), backend, blocks)?;
	sc_consensus_grandpa::revert(client, blocks)?;
	Ok(())
}
