//! The node's store of model files, and the subcommand that fills it.

use crate::cli::{Cli, ModelsCmd, ModelsParams};
use opg_blobs::Store;
use sc_cli::SubstrateCli;
use sc_service::BasePath;
use sp_core::H256;
use std::{fmt::Display, fs, path::Path};

/// Open the store below the chain's data directory.
pub fn open(data_path: &Path) -> Result<Store, String> {
	let path = data_path.join("models");
	Store::open(&path).map_err(|error| failed(&path, error))
}

/// Run `models`.
pub fn run(cli: &Cli, command: &ModelsCmd) -> sc_cli::Result<()> {
	match command {
		ModelsCmd::Add { file, store } => {
			let bytes = fs::read(file).map_err(|error| failed(file, error))?;
			let hash = open_for(cli, store)?.put(&bytes).map_err(|error| failed(file, error))?;
			println!("{:?}", H256(hash));
		},
		ModelsCmd::List { store } => {
			for hash in open_for(cli, store)?.list().map_err(|error| error.to_string())? {
				println!("{:?}", H256(hash));
			}
		},
	}
	Ok(())
}

/// Open the store of the node that is started with the same arguments.
fn open_for(cli: &Cli, params: &ModelsParams) -> Result<Store, String> {
	let id = params.chain.as_deref().unwrap_or(if params.dev { "dev" } else { "" });
	let chain_spec = cli.load_spec(id)?;
	let base_path = match &params.base_path {
		Some(path) => BasePath::new(path),
		None => BasePath::from_project("", "", &Cli::executable_name()),
	};
	open(&base_path.config_dir(chain_spec.id()))
}

fn failed(path: &Path, error: impl Display) -> String {
	format!("{}: {error}", path.display())
}
