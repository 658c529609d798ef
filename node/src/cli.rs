//! Command line of the node.

use clap::Parser;
use sc_cli::RunCmd;
use std::path::PathBuf;

/// Arguments of the node.
#[derive(Debug, Parser)]
pub struct Cli {
	/// Action instead of running the node.
	#[command(subcommand)]
	pub subcommand: Option<Subcommand>,

	#[allow(missing_docs)]
	#[clap(flatten)]
	pub run: RunCmd,

	#[allow(missing_docs)]
	#[clap(flatten)]
	pub executor: ExecutorParams,
}

/// Settings of a node that is an executor.
#[derive(Clone, Debug, clap::Args)]
pub struct ExecutorParams {
	/// Add the hot key of this secret URI to the keystore. Repeatable; on development and local
	/// chains only.
	///
	/// The key is kept in memory. On other chains, use `key insert --key-type opgx`.
	#[arg(long = "executor-key", value_name = "SURI")]
	pub executor_keys: Vec<String>,

	/// Most inference jobs that wait for a thread. Where there are more, the model or the requester with
	/// the most jobs gives up its newest.
	#[arg(long, value_name = "JOBS", default_value_t = 4096)]
	pub engine_queue: usize,

	/// Number of threads that run inference, each in an engine process of its own.
	#[arg(long, value_name = "THREADS", default_value_t = 1)]
	pub engine_threads: usize,

	/// Memory for models, those that stay loaded between jobs and those that run, in MiB, in equal parts
	/// for all threads. A small model takes some 8 MiB. A model whose memory limit is above the part of a
	/// thread cannot be served.
	#[arg(long, value_name = "MIB", default_value_t = 1024)]
	pub engine_memory: usize,

	/// Folder of the compiled engine. Nodes and clients of one user may share it.
	///
	/// Default: `OPG_ENGINE_CACHE`, or else the user's cache folder. Where there is none, `engine`
	/// in the base path.
	#[arg(long, value_name = "PATH")]
	pub engine_cache: Option<PathBuf>,

	/// Share of other executors' answers that this node computes again, in percent. 0 switches it
	/// off.
	///
	/// The node watches answers in the models that its operator serves, where the operator was not
	/// drawn, in the time that its own seats leave. It challenges an answer that is wrong twice, the
	/// second time in a new process. The bond is reserved in the operator's own stake; a challenge
	/// that is won earns a part of what the liars lose. After one that is lost the node watches no
	/// more, and its log says how to go on. Default: enough that three executors compute each answer
	/// again.
	#[arg(
		long,
		value_name = "PERCENT",
		value_parser = clap::value_parser!(u8).range(0..=100)
	)]
	pub watch_share: Option<u8>,

	/// Misbehave in this way.
	#[cfg(feature = "dev-misbehaviour")]
	#[arg(long = "dev-misbehaviour", value_name = "BEHAVIOUR", value_enum)]
	pub misbehaviour: Option<crate::misbehaviour::Behaviour>,
}

/// Action instead of running the node.
#[derive(Debug, clap::Subcommand)]
#[allow(clippy::large_enum_variant)]
pub enum Subcommand {
	/// Key management utilities.
	#[command(subcommand)]
	Key(sc_cli::KeySubcommand),

	/// Build a chain specification.
	BuildSpec(sc_cli::BuildSpecCmd),

	/// Export a chain specification.
	ExportChainSpec(sc_cli::ExportChainSpecCmd),

	/// Validate blocks.
	CheckBlock(sc_cli::CheckBlockCmd),

	/// Export blocks.
	ExportBlocks(sc_cli::ExportBlocksCmd),

	/// Import blocks.
	ImportBlocks(sc_cli::ImportBlocksCmd),

	/// Remove the whole chain.
	PurgeChain(sc_cli::PurgeChainCmd),

	/// Revert the chain to an earlier block.
	Revert(sc_cli::RevertCmd),

	/// Model files of this node.
	#[command(subcommand)]
	Models(FilesCmd),

	/// Engines of this node: the built-in one, and others that models name.
	#[command(subcommand)]
	Engines(EnginesCmd),

	/// Run as an engine process of a node, which starts it and talks to it.
	#[command(hide = true)]
	EngineWorker,
}

/// Files of this node, named by their content.
#[derive(Debug, clap::Subcommand)]
pub enum FilesCmd {
	/// Put a file into the node's store and print its hash.
	Add {
		/// The file.
		file: PathBuf,
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
	/// Print the hashes of the files in the node's store.
	List {
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
}

/// Engines of this node.
#[derive(Debug, clap::Subcommand)]
pub enum EnginesCmd {
	#[allow(missing_docs)]
	#[command(flatten)]
	Files(FilesCmd),
	/// Print the id of the engine in this program.
	Id,
	/// Write the engine in this program to a file, for nodes that have another built in.
	Export {
		/// File to write.
		file: PathBuf,
	},
}

/// Node to which a store belongs. Give the same arguments as to the node.
#[derive(Debug, clap::Args)]
pub struct StoreParams {
	/// The chain.
	#[arg(long, value_name = "CHAIN_SPEC")]
	pub chain: Option<String>,

	/// The development chain. Needs `--base-path`, since its node has a temporary one by default.
	#[arg(long, requires = "base_path")]
	pub dev: bool,

	/// The node's base path.
	#[arg(long, short = 'd', value_name = "PATH")]
	pub base_path: Option<PathBuf>,
}
