//! Stores of model files and of engines, and the subcommands that fill them.

use crate::cli::{Cli, EnginesCmd, FilesCmd, StoreParams};
use opg_blobs::Store;
use opg_execution::{artifact, check_artifact, ArtifactError};
use sc_cli::SubstrateCli;
use sc_service::BasePath;
use sp_core::H256;
use std::{
	fs, io,
	path::{Path, PathBuf},
};

/// Content of a store.
#[derive(Clone, Copy)]
pub enum Kind {
	/// ONNX files.
	Models,
	/// Engines besides the built-in one.
	Engines,
}

/// Failure of a subcommand that fills a store.
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
	Store(#[from] opg_blobs::Error),
	/// The store refuses a file.
	#[error("{}: {error}", path.display())]
	Refused {
		/// The file.
		path: PathBuf,
		/// The store's error.
		error: opg_blobs::Error,
	},
	/// The file cannot be an engine.
	#[error("{} cannot be an engine: {error}", path.display())]
	NotAnEngine {
		/// The file.
		path: PathBuf,
		/// The rule that it breaks.
		error: ArtifactError,
	},
	/// There is no such chain.
	#[error("chain specification: {0}")]
	ChainSpec(String),
}

impl From<Error> for sc_cli::Error {
	fn from(error: Error) -> Self {
		sc_cli::Error::Application(Box::new(error))
	}
}

/// Opens a store below the chain's data directory.
pub fn open(kind: Kind, data_path: &Path) -> Result<Store, opg_blobs::Error> {
	Store::open(data_path.join(match kind {
		Kind::Models => "models",
		Kind::Engines => "engines",
	}))
}

/// Runs `models`, or a part of `engines`.
pub fn run(cli: &Cli, kind: Kind, command: &FilesCmd) -> Result<(), Error> {
	match command {
		FilesCmd::Add { file: path, store } => {
			let bytes = fs::read(path).map_err(at(path))?;
			if matches!(kind, Kind::Engines) {
				check_artifact(&bytes)
					.map_err(|error| Error::NotAnEngine { path: path.clone(), error })?;
			}
			let hash = open_for(cli, kind, store)?
				.put(&bytes)
				.map_err(|error| Error::Refused { path: path.clone(), error })?;
			println!("{:?}", H256(hash));
		},
		FilesCmd::List { store } => {
			for hash in open_for(cli, kind, store)?.list()? {
				println!("{:?}", H256(hash));
			}
		},
	}
	Ok(())
}

/// Runs `engines`.
pub fn run_engines(cli: &Cli, command: &EnginesCmd) -> Result<(), Error> {
	match command {
		EnginesCmd::Files(command) => run(cli, Kind::Engines, command)?,
		EnginesCmd::Id => println!("{:?}", H256(artifact().id)),
		EnginesCmd::Export { file } => fs::write(file, artifact().bytes).map_err(at(file))?,
	}
	Ok(())
}

/// Opens the store of the node that is started with the same arguments.
fn open_for(cli: &Cli, kind: Kind, params: &StoreParams) -> Result<Store, Error> {
	let id = params.chain.as_deref().unwrap_or(if params.dev { "dev" } else { "" });
	let chain_spec = cli.load_spec(id).map_err(Error::ChainSpec)?;
	let base_path = match &params.base_path {
		Some(path) => BasePath::new(path),
		None => BasePath::from_project("", "", &Cli::executable_name()),
	};
	Ok(open(kind, &base_path.config_dir(chain_spec.id()))?)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Error + '_ {
	|error| Error::File { path: path.to_owned(), error }
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;

	#[test]
	fn engine_should_be_refused_in_words_when_the_file_breaks_a_rule() {
		let folder = tempfile::tempdir().expect("a folder");
		let file = folder.path().join("engine");
		fs::write(&file, b"\0asm\x01\0\0\0").expect("it can be written");
		let store = StoreParams { chain: None, dev: true, base_path: Some(folder.path().into()) };
		let add = FilesCmd::Add { file: file.clone(), store };
		let error =
			run(&Cli::parse_from(["opg-node"]), Kind::Engines, &add).expect_err("no engine");
		assert_eq!(
			error.to_string(),
			format!(
				"{} cannot be an engine: it must define one memory, exported as `memory`",
				file.display()
			)
		);
		assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is stored");
	}
}
