//! Command line of the node.

use crate::policy::PolicyParams;
use clap::Parser;
use opg_blobs_mirrors::Mirror;
use opg_primitives::AccountId;
use sc_cli::RunCmd;
use sc_network::config::MultiaddrWithPeerId;
use sp_core::H256;
use std::path::PathBuf;

/// Memory for parts of the state that were read, in bytes. The SDK's default of 1 GiB is more than
/// the state of this chain has: a node would grow for hours until all of it is in memory.
const TRIE_CACHE_BYTES: &str = "8388608";

/// Arguments of the node.
#[derive(Debug, Parser)]
#[command(mut_arg("trie_cache_size", |cache| cache.default_value(TRIE_CACHE_BYTES)))]
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

	#[allow(missing_docs)]
	#[clap(flatten)]
	pub blobs: BlobParams,

	#[allow(missing_docs)]
	#[clap(flatten)]
	pub policy: PolicyParams,

	/// Make the receipt of every request when it is settled, and serve it when the chain has removed the
	/// request, from so many MiB on the disk.
	///
	/// The receipts lie in `receipts` beside the chain's database. Where there is no more room, those of
	/// the oldest requests go, and at most 100,000 are kept.
	#[arg(
		long,
		value_name = "MIB",
		num_args = 0..=1,
		default_missing_value = "1024",
		value_parser = clap::value_parser!(u64).range(1..=1 << 20)
	)]
	pub keep_receipts: Option<u64>,
}

/// Settings of the node's store of models, engines, inputs and outputs.
#[derive(Clone, Debug, clap::Args)]
pub struct BlobParams {
	/// Disk space for models, engines, inputs and outputs, in GiB. Where more is needed, what was used
	/// longest ago goes, but nothing that is pinned, served or in use.
	#[arg(
		long,
		value_name = "GIB",
		default_value_t = 32,
		value_parser = clap::value_parser!(u64).range(1..=1 << 20)
	)]
	pub blob_quota: u64,

	/// Disk space for inputs and outputs of requests that the chain does not carry, in GiB, of that of
	/// `--blob-quota`. Beyond it the node declines seats that need more of them.
	#[arg(
		long,
		value_name = "GIB",
		default_value_t = 8,
		value_parser = clap::value_parser!(u64).range(1..=1 << 20)
	)]
	pub content_quota: u64,

	/// Most that other nodes may fetch from this one, in MiB per second, one of them half of it. 0
	/// serves nothing.
	#[arg(
		long,
		value_name = "MIB",
		default_value_t = 32,
		value_parser = clap::value_parser!(u64).range(0..=1 << 20)
	)]
	pub blob_upload_rate: u64,

	/// Fetch what no peer has from this HTTP server, where a file lies under its hash: `URL/HASH`.
	/// Repeatable, at most 8, which are asked in this order. By default nobody but peers is asked.
	///
	/// What it sends is used only if it has the hash and the size that the chain says. The server needs
	/// a public address. It learns which files this node wants.
	#[arg(long = "blob-mirror", value_name = "URL")]
	pub blob_mirrors: Vec<Mirror>,

	/// Let the servers of `--blob-mirror` have private addresses: those of local networks and of this
	/// machine. Never link-local ones, and not where they redirect to.
	#[arg(long, requires = "blob_mirrors")]
	pub blob_mirror_private: bool,

	/// Give other nodes files in this way.
	#[cfg(feature = "dev-misbehaviour")]
	#[arg(long = "dev-provider", value_name = "BEHAVIOUR", value_enum)]
	pub provider: Option<crate::network::forge::Provider>,
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

	/// Check whether this machine and this configuration can execute and validate.
	///
	/// Takes the arguments of the node, and changes nothing. A line for each thing that matters: ok,
	/// warning or failed, and what to do. Fails if a check does.
	Check(Box<CheckCmd>),

	/// Build a chain specification.
	BuildSpec(sc_cli::BuildSpecCmd),

	/// Write the chain specification of a public test network, raw.
	///
	/// From the public keys of its operators, in the files that `scripts/ceremony.sh keys` writes. The
	/// same files and the same program give the same specification.
	BuildTestnet(TestnetCmd),

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
	Models(ModelsCmd),

	/// Everything in this node's store: models, engines, inputs and outputs.
	#[command(subcommand)]
	Blobs(BlobsCmd),

	/// Engines of this node: the built-in one, and others that models name.
	#[command(subcommand)]
	Engines(EnginesCmd),

	/// Print the hash of the metadata of this program's runtime.
	///
	/// Wallets that show what they sign, as hardware wallets do, put it into transactions. A runtime
	/// takes them if it was compiled with the hash in the environment variable
	/// `RUNTIME_METADATA_HASH`.
	MetadataHash,

	/// Run as an engine process of a node, which starts it and talks to it.
	#[command(hide = true)]
	EngineWorker,
}

/// Chain specification of a public test network.
#[derive(Debug, clap::Args)]
pub struct TestnetCmd {
	/// Files with the public keys of the operators.
	#[arg(required = true, value_name = "FILE")]
	pub operators: Vec<PathBuf>,

	/// Name of the network.
	#[arg(long)]
	pub name: String,

	/// Id of the network. It names the folder of its data.
	#[arg(long)]
	pub id: String,

	/// Account of `sudo`, until the first upgrade of the runtime, which removes it. Without it only
	/// referenda govern the network.
	#[arg(long, value_name = "ACCOUNT")]
	pub sudo: Option<AccountId>,

	/// Member of the technical committee, which can pause the network for a day at a time. Repeatable, at
	/// most 13. Without members nobody can, until a referendum sets them. Two thirds of them act together:
	/// one or two members all, three members two.
	#[arg(long = "technical-committee", value_name = "ACCOUNT")]
	pub technical_committee: Vec<AccountId>,

	/// Bond in each pool of each operator, in OPG.
	#[arg(long, value_name = "OPG", default_value_t = 10_000)]
	pub bond: u64,

	/// What each operator has at first, its bonds included, in OPG.
	#[arg(long, value_name = "OPG", default_value_t = 100_000)]
	pub endowment: u64,

	/// Another account that has something at first, as of a faucet. Repeatable.
	#[arg(long, value_name = "ACCOUNT=OPG")]
	pub endow: Vec<String>,

	/// Most validators that are elected.
	#[arg(long, value_name = "NUMBER", default_value_t = 21)]
	pub validators: u32,

	/// Node that others find first, as `/dns/HOST/tcp/30333/p2p/PEER`. Repeatable.
	#[arg(long = "boot-node", value_name = "ADDRESS")]
	pub boot_nodes: Vec<MultiaddrWithPeerId>,
}

/// Check of a machine and of the configuration of a node.
#[derive(Debug, clap::Args)]
pub struct CheckCmd {
	/// Print the report as JSON.
	#[arg(long)]
	pub json: bool,

	#[allow(missing_docs)]
	#[clap(flatten)]
	pub run: RunCmd,

	#[allow(missing_docs)]
	#[clap(flatten)]
	pub executor: ExecutorParams,

	#[allow(missing_docs)]
	#[clap(flatten)]
	pub blobs: BlobParams,

	#[allow(missing_docs)]
	#[clap(flatten)]
	pub policy: PolicyParams,
}

/// Models of this node.
#[derive(Debug, clap::Subcommand)]
pub enum ModelsCmd {
	/// Put a model file into the node's store, where it stays until it is removed, and print its
	/// hash: BLAKE3-256, as of `b3sum`.
	Add {
		/// The file.
		file: PathBuf,
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
	#[allow(missing_docs)]
	#[command(flatten)]
	Files(FilesCmd),
}

/// Files that were added to this node's store, named by their content.
#[derive(Debug, clap::Subcommand)]
pub enum FilesCmd {
	/// Print the hashes of the files that were added. `blobs list` also shows what the node has
	/// fetched.
	List {
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
	/// Remove a file that was added, unless it is served or in use.
	Remove {
		/// Its hash.
		hash: H256,
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
}

/// The node's store of blobs.
#[derive(Debug, clap::Subcommand)]
pub enum BlobsCmd {
	/// Print hash, size and pins of all blobs.
	List {
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
	/// Print how much the store holds, how much of it could give way, and the quota.
	Usage {
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
	/// Put a file into the store and print its hash. Without a pin it may give way to other files.
	Import {
		/// The file.
		file: PathBuf,
		/// Pin it under this label.
		#[arg(long, value_name = "LABEL")]
		pin: Option<String>,
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
	/// Write a blob to a new file.
	Export {
		/// Its hash.
		hash: H256,
		/// The file.
		file: PathBuf,
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
	/// Read all blobs and compare them with their names.
	Check {
		/// Drop what is damaged, and keep the rest as a part.
		#[arg(long)]
		repair: bool,
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
	/// Keep a blob, which need not be here yet, from giving way to others.
	Pin {
		/// Its hash.
		hash: H256,
		/// Who needs it: 1 to 64 of a-z, 0-9 and -.
		label: String,
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
	/// Take a pin away.
	Unpin {
		/// Hash of the blob.
		hash: H256,
		/// Label of the pin.
		label: String,
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
	/// Remove a blob that is neither pinned nor in use.
	Remove {
		/// Its hash.
		hash: H256,
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
}

impl BlobsCmd {
	/// Node to which the store belongs.
	pub fn store(&self) -> &StoreParams {
		match self {
			Self::List { store }
			| Self::Usage { store }
			| Self::Import { store, .. }
			| Self::Export { store, .. }
			| Self::Check { store, .. }
			| Self::Pin { store, .. }
			| Self::Unpin { store, .. }
			| Self::Remove { store, .. } => store,
		}
	}
}

/// Engines of this node.
#[derive(Debug, clap::Subcommand)]
pub enum EnginesCmd {
	/// Put an engine into the node's store, where it stays until it is removed, and print its id: the
	/// BLAKE3-256 of the file.
	Add {
		/// The file.
		file: PathBuf,
		#[allow(missing_docs)]
		#[clap(flatten)]
		store: StoreParams,
	},
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

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn trie_cache_should_be_bounded_when_nothing_is_said_of_it() {
		let bytes = |arguments: &[&str]| {
			let cli = Cli::try_parse_from(arguments).expect("they are valid");
			cli.run.import_params.trie_cache_maximum_size()
		};
		assert_eq!(bytes(&["opg-node"]), Some(8 << 20));
		assert_eq!(bytes(&["opg-node", "--trie-cache-size", "4096"]), Some(4096));
		assert_eq!(bytes(&["opg-node", "--trie-cache-size", "0"]), None);
	}

	#[test]
	fn mirrors_should_be_those_that_the_operator_names() {
		let mirrors = |arguments: &[&str]| {
			let arguments = [&["opg-node"][..], arguments].concat();
			let blobs = Cli::try_parse_from(arguments).map(|cli| cli.blobs);
			blobs.ok().map(|blobs| (blobs.blob_mirrors, blobs.blob_mirror_private))
		};
		assert_eq!(mirrors(&[]), Some((Vec::new(), false)));
		let urls = ["https://files.example/opg/", "http://10.0.0.7:8080/"];
		let arguments =
			["--blob-mirror", urls[0], "--blob-mirror", urls[1], "--blob-mirror-private"];
		let (named, is_private) = mirrors(&arguments).expect("they are valid");
		assert_eq!(named.iter().map(ToString::to_string).collect::<Vec<_>>(), urls);
		assert!(is_private);
		assert_eq!(mirrors(&["--blob-mirror", "ftp://files.example/"]), None);
		assert_eq!(mirrors(&["--blob-mirror-private"]), None);
	}
}
