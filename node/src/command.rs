//! Actions of the command line.

use crate::{
	ceremony, chain_spec, check,
	cli::{Cli, Subcommand},
	engine_worker, metadata_hash, service, signals, stores,
	tasks::Purpose,
};
use opg_runtime::opaque::Block;
use sc_cli::{OffchainWorkerEnabled, SubstrateCli};
use sc_network::config::NetworkBackendType;
use sc_service::{Configuration, PartialComponents};
use sp_runtime::traits::Block as BlockT;
use std::{path::PathBuf, time::Duration};

/// A chain of development has keys that everybody knows, so nobody gets one without asking.
const NO_CHAIN: &str =
	"which chain? --chain FILE is a chain specification; --dev is a chain of one \
                        node, and --chain local one of several nodes on this machine";

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"OPG Chain Node".into()
	}

	fn impl_version() -> String {
		env!("SUBSTRATE_CLI_IMPL_VERSION").into()
	}

	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}

	fn author() -> String {
		"The OPG Chain authors".into()
	}

	fn support_url() -> String {
		"the project's issue tracker".into()
	}

	fn copyright_start_year() -> i32 {
		2026
	}

	fn load_spec(&self, id: &str) -> Result<Box<dyn sc_service::ChainSpec>, String> {
		Ok(match id {
			"dev" => Box::new(chain_spec::development().map_err(|error| error.to_string())?),
			"local" => Box::new(chain_spec::local().map_err(|error| error.to_string())?),
			"" => return Err(NO_CHAIN.into()),
			path => Box::new(chain_spec::ChainSpec::from_json_file(PathBuf::from(path))?),
		})
	}
}

/// Parses the command line and does what it says.
pub fn run() -> sc_cli::Result<()> {
	// Arguments are addresses too.
	opg_primitives::address::set_default_prefix();
	let cli = Cli::from_args();
	let Some(subcommand) = &cli.subcommand else { return run_node(&cli) };
	// An engine process ends with its node.
	if !matches!(subcommand, Subcommand::EngineWorker) {
		signals::exit_on_signal(grace(subcommand))?;
	}
	match subcommand {
		Subcommand::Key(command) => command.run(&cli),
		Subcommand::Check(command) => check::run(&cli, command),
		Subcommand::BuildTestnet(command) => {
			ceremony::run(command).map_err(|error| sc_cli::Error::Application(Box::new(error)))
		},
		Subcommand::Models(command) => Ok(stores::run_models(&cli, command)?),
		Subcommand::Engines(command) => Ok(stores::run_engines(&cli, command)?),
		Subcommand::Blobs(command) => Ok(stores::run_blobs(&cli, command)?),
		Subcommand::MetadataHash => {
			println!("{:?}", metadata_hash::of_runtime()?);
			Ok(())
		},
		Subcommand::EngineWorker => engine_worker::run(),
		Subcommand::BuildSpec(command) => cli
			.create_runner(command)?
			.sync_run(|config| command.run(config.chain_spec, config.network)),
		Subcommand::ExportChainSpec(command) => command.run(cli.load_spec(&command.chain)?),
		Subcommand::CheckBlock(command) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents { client, task_manager, import_queue, .. } = parts(&config)?;
			Ok((command.run(client, import_queue), task_manager))
		}),
		Subcommand::ExportBlocks(command) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents { client, task_manager, .. } = parts(&config)?;
			Ok((command.run(client, config.database), task_manager))
		}),
		Subcommand::ImportBlocks(command) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents { client, task_manager, import_queue, .. } = parts(&config)?;
			Ok((command.run(client, import_queue), task_manager))
		}),
		Subcommand::PurgeChain(command) => {
			cli.create_runner(command)?.sync_run(|config| command.run(config.database))
		},
		Subcommand::Revert(command) => cli.create_runner(command)?.async_run(|config| {
			let PartialComponents { client, task_manager, backend, .. } = parts(&config)?;
			let revert_consensus = Box::new(service::revert_consensus);
			Ok((command.run(client, backend, Some(revert_consensus)), task_manager))
		}),
	}
}

/// Time that a subcommand has to stop by itself after a signal: none, if it does not watch for any.
fn grace(subcommand: &Subcommand) -> Duration {
	match subcommand {
		Subcommand::CheckBlock(_)
		| Subcommand::ExportBlocks(_)
		| Subcommand::ImportBlocks(_)
		| Subcommand::Revert(_) => signals::GRACE,
		Subcommand::Key(_)
		| Subcommand::Check(_)
		| Subcommand::BuildTestnet(_)
		| Subcommand::BuildSpec(_)
		| Subcommand::ExportChainSpec(_)
		| Subcommand::PurgeChain(_)
		| Subcommand::Models(_)
		| Subcommand::Engines(_)
		| Subcommand::Blobs(_)
		| Subcommand::MetadataHash
		| Subcommand::EngineWorker => Duration::ZERO,
	}
}

fn parts(config: &Configuration) -> Result<service::Partial, sc_service::Error> {
	service::new_partial(config, Purpose::Subcommand)
}

fn run_node(cli: &Cli) -> sc_cli::Result<()> {
	let runner = cli.create_runner(&cli.run)?;
	let offchain_worker = &cli.run.offchain_worker_params.enabled;
	// An executor need not be a validator, and without an executor key the off-chain worker is idle.
	let offchain_worker = !matches!(offchain_worker, OffchainWorkerEnabled::Never);
	runner.run_node_until_exit(|mut config| async move {
		config.offchain_worker.enabled = offchain_worker;
		match config.network.network_backend {
			NetworkBackendType::Litep2p => {
				service::new_full::<sc_network::Litep2pNetworkBackend>(config, cli)
			},
			NetworkBackendType::Libp2p => service::new_full::<
				sc_network::NetworkWorker<Block, <Block as BlockT>::Hash>,
			>(config, cli),
		}
		.map_err(explain)
	})
}

/// What the executor says of a runtime that calls what this program does not have.
const LACKS_HOST_FUNCTION: &str = "not present on the host";

/// Says what to do where the database cannot be opened, or the chain's runtime cannot be run.
fn explain(error: sc_service::Error) -> sc_cli::Error {
	match error {
		error if error.to_string().contains(LACKS_HOST_FUNCTION) => {
			let what = format!(
				"this program is older than the runtime of the chain: install that of a newer release. \
				 {error}"
			);
			sc_cli::Error::Application(what.into())
		},
		sc_service::Error::Client(sc_client_api::blockchain::Error::Backend(cause)) => {
			let what = format!(
				"the database cannot be opened: {cause}. Where it is damaged, `opg-node purge-chain` \
				 with this node's --chain and --base-path removes it, and the node fetches all blocks \
				 again; keys, models and answers stay"
			);
			sc_cli::Error::Application(what.into())
		},
		error => sc_cli::Error::Service(error),
	}
}
