//! The node's stores of model files and of engines, and the subcommands that fill them.

use crate::cli::{Cli, EnginesCmd, FilesCmd, StoreParams};
use opg_blobs::Store;
use sc_cli::SubstrateCli;
use sc_service::BasePath;
use sp_core::H256;
use std::{fmt::Display, fs, path::Path};

/// What a store is for.
#[derive(Clone, Copy)]
pub enum Kind {
	/// ONNX files.
	Models,
	/// Engines besides the node's own.
	Engines,
}

/// Open a store below the chain's data directory.
pub fn open(kind: Kind, data_path: &Path) -> Result<Store, String> {
	let path = data_path.join(match kind {
		Kind::Models => "models",
		Kind::Engines => "engines",
	});
	Store::open(&path).map_err(|error| failed(&path, error))
}

/// Run `models`, or a part of `engines`.
pub fn run(cli: &Cli, kind: Kind, command: &FilesCmd) -> sc_cli::Result<()> {
	match command {
		FilesCmd::Add { file, store } => {
			let bytes = fs::read(file).map_err(|error| failed(file, error))?;
			let hash = open_for(cli, kind, store)?.put(&bytes).map_err(|e| failed(file, e))?;
			println!("{:?}", H256(hash));
		},
		FilesCmd::List { store } => {
			for hash in open_for(cli, kind, store)?.list().map_err(|error| error.to_string())? {
				println!("{:?}", H256(hash));
			}
		},
	}
	Ok(())
}

/// Run `engines`.
pub fn run_engines(cli: &Cli, command: &EnginesCmd) -> sc_cli::Result<()> {
	match command {
		EnginesCmd::Files(command) => run(cli, Kind::Engines, command)?,
		EnginesCmd::Id => println!("{:?}", H256(opg_worker::artifact().id)),
		EnginesCmd::Export { file } => {
			fs::write(file, opg_worker::artifact().bytes).map_err(|error| failed(file, error))?
		},
	}
	Ok(())
}

/// Open the store of the node that is started with the same arguments.
fn open_for(cli: &Cli, kind: Kind, params: &StoreParams) -> Result<Store, String> {
	let id = params.chain.as_deref().unwrap_or(if params.dev { "dev" } else { "" });
	let chain_spec = cli.load_spec(id)?;
	let base_path = match &params.base_path {
		Some(path) => BasePath::new(path),
		None => BasePath::from_project("", "", &Cli::executable_name()),
	};
	open(kind, &base_path.config_dir(chain_spec.id()))
}

fn failed(path: &Path, error: impl Display) -> String {
	format!("{}: {error}", path.display())
}
