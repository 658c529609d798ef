//! The node's store of blobs, and the subcommands that work on it, beside the running node or without.

mod commands;
mod migration;

pub use commands::{run_blobs, run_engines, run_models};

use crate::cli::{BlobParams, Cli, StoreParams};
use opg_blobs::store::{self, Limits, Store};
use opg_execution::ArtifactError;
use sc_cli::SubstrateCli;
use sc_service::{BasePath, Configuration};
use std::{
	collections::BTreeSet,
	io,
	path::{Path, PathBuf},
};

/// Failure of a subcommand about blobs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// A file cannot be read or written.
	#[error("{}: {error}", path.display())]
	File {
		/// The file.
		path: PathBuf,
		/// The system's error.
		error: io::Error,
	},
	/// The store fails.
	#[error(transparent)]
	Store(#[from] store::Error),
	/// The store refuses a file.
	#[error("{}: {error}", path.display())]
	Refused {
		/// The file.
		path: PathBuf,
		/// The store's error.
		error: store::Error,
	},
	/// The file cannot be an engine.
	#[error("{} cannot be an engine: {error}", path.display())]
	NotAnEngine {
		/// The file.
		path: PathBuf,
		/// The rule that it breaks.
		error: ArtifactError,
	},
	/// There is no such blob.
	#[error("{0:?} is not in the store: `opg-node blobs list` shows what is")]
	Missing(sp_core::H256),
	/// Blobs are damaged.
	#[error(
		"{0} blobs are damaged: `opg-node blobs check --repair` drops what is, then import them again"
	)]
	Damaged(usize),
	/// There is no such chain.
	#[error("chain specification: {0}")]
	ChainSpec(String),
}

impl From<Error> for sc_cli::Error {
	fn from(error: Error) -> Self {
		sc_cli::Error::Application(Box::new(error))
	}
}

/// Opens the store of a node that starts. Commands beside it keep to its quota.
///
/// # Errors
///
/// The store cannot be used.
pub fn open(config: &Configuration, params: &BlobParams) -> Result<Store, store::Error> {
	let quota = params.blob_quota.saturating_mul(1 << 30);
	let store = Store::open(directory(&config.data_path), Limits { quota, ..Limits::default() })?;
	store.keep_quota()?;
	store.sweep()?;
	migration::run(&config.data_path, &store);
	Ok(store)
}

/// Hashes of what the store of a node has, without changing anything. None where there is no store.
///
/// # Errors
///
/// The store cannot be used.
pub fn held(config: &Configuration) -> Result<BTreeSet<store::Hash>, store::Error> {
	let directory = directory(&config.data_path);
	if !directory.exists() {
		return Ok(BTreeSet::new());
	}
	Ok(Store::open(directory, Limits::default())?.list()?.into_iter().collect())
}

/// Directory of the store below the chain's data.
fn directory(data_path: &Path) -> PathBuf {
	data_path.join("blobs")
}

/// Opens the store of the node that is started with the same arguments.
fn open_for(cli: &Cli, params: &StoreParams) -> Result<Store, Error> {
	let id = params.chain.as_deref().unwrap_or(if params.dev { "dev" } else { "" });
	let chain_spec = cli.load_spec(id).map_err(Error::ChainSpec)?;
	let base_path = match &params.base_path {
		Some(path) => BasePath::new(path),
		None => BasePath::from_project("", "", &Cli::executable_name()),
	};
	let directory = directory(&base_path.config_dir(chain_spec.id()));
	let limits = Limits::default();
	let quota = Store::kept_quota(&directory).unwrap_or(limits.quota);
	Ok(Store::open(directory, Limits { quota, ..limits })?)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Error + '_ {
	|error| Error::File { path: path.to_owned(), error }
}
