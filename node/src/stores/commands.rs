//! Subcommands about blobs, models and engines.

use super::{at, open_for, Error};
use crate::cli::{BlobsCmd, Cli, EnginesCmd, FilesCmd, ModelsCmd};
use opg_blobs::{
	labels::{ENGINE, MODEL},
	store::{Repair, Store, Usage},
};
use opg_execution::{artifact, check_artifact};
use sp_core::H256;
use std::fs;

/// Runs `models`.
///
/// # Errors
///
/// A file or the store cannot be used.
pub fn run_models(cli: &Cli, command: &ModelsCmd) -> Result<(), Error> {
	match command {
		ModelsCmd::Add { file, store } => {
			let store = open_for(cli, store)?;
			let hash = store
				.import_file(file)
				.map_err(|error| Error::Refused { path: file.clone(), error })?;
			store.pin(&hash, MODEL)?;
			println!("{:?}", H256(hash));
			Ok(())
		},
		ModelsCmd::Files(command) => run_files(cli, command, MODEL),
	}
}

/// Runs `engines`.
///
/// # Errors
///
/// A file or the store cannot be used, or the file is no engine.
pub fn run_engines(cli: &Cli, command: &EnginesCmd) -> Result<(), Error> {
	match command {
		EnginesCmd::Add { file, store } => {
			let bytes = fs::read(file).map_err(at(file))?;
			check_artifact(&bytes)
				.map_err(|error| Error::NotAnEngine { path: file.clone(), error })?;
			let store = open_for(cli, store)?;
			let hash =
				store.put(&bytes).map_err(|error| Error::Refused { path: file.clone(), error })?;
			store.pin(&hash, ENGINE)?;
			println!("{:?}", H256(hash));
		},
		EnginesCmd::Files(command) => run_files(cli, command, ENGINE)?,
		EnginesCmd::Id => println!("{:?}", H256(artifact().id)),
		EnginesCmd::Export { file } => fs::write(file, artifact().bytes).map_err(at(file))?,
	}
	Ok(())
}

/// Runs what `models` and `engines` have in common. A label tells which files are meant.
fn run_files(cli: &Cli, command: &FilesCmd, label: &str) -> Result<(), Error> {
	match command {
		FilesCmd::List { store } => {
			let store = open_for(cli, store)?;
			for hash in store.pinned(label)?.iter().filter(|hash| store.contains(hash)) {
				println!("{:?}", H256(*hash));
			}
		},
		FilesCmd::Remove { hash, store } => {
			let store = open_for(cli, store)?;
			store.unpin(&hash.0, label)?;
			store.remove(&hash.0)?;
		},
	}
	Ok(())
}

/// Runs `blobs`.
///
/// # Errors
///
/// A file or the store cannot be used; for `check`, also if a blob is damaged.
pub fn run_blobs(cli: &Cli, command: &BlobsCmd) -> Result<(), Error> {
	let store = open_for(cli, command.store())?;
	match command {
		BlobsCmd::List { .. } => list(&store)?,
		BlobsCmd::Usage { .. } => print_usage(&store)?,
		BlobsCmd::Import { file, pin, .. } => {
			let hash = store
				.import_file(file)
				.map_err(|error| Error::Refused { path: file.clone(), error })?;
			if let Some(label) = pin {
				store.pin(&hash, label)?;
			}
			println!("{:?}", H256(hash));
		},
		BlobsCmd::Export { hash, file, .. } => {
			store.get(&hash.0)?.ok_or(Error::Missing(*hash))?.export(file)?;
		},
		BlobsCmd::Check { repair, .. } => {
			check(&store, if *repair { Repair::Drop } else { Repair::Report })?;
		},
		BlobsCmd::Pin { hash, label, .. } => store.pin(&hash.0, label)?,
		BlobsCmd::Unpin { hash, label, .. } => store.unpin(&hash.0, label)?,
		BlobsCmd::Remove { hash, .. } => {
			let is_here = store.contains(&hash.0) || store.list_partial()?.contains(&hash.0);
			if !is_here {
				return Err(Error::Missing(*hash));
			}
			store.remove(&hash.0)?;
		},
	}
	Ok(())
}

/// Prints a line for each blob: hash, bytes, and labels of its pins.
fn list(store: &Store) -> Result<(), Error> {
	let pins = store.pins()?;
	let labels = |hash: &[u8; 32]| -> String {
		let labels: Vec<_> = pins.get(hash).into_iter().flatten().map(String::as_str).collect();
		labels.join(",")
	};
	for hash in store.list()? {
		let size = match store.size(&hash) {
			Some(size) => size.to_string(),
			None => "damaged".into(),
		};
		println!("{:?} {size} {}", H256(hash), labels(&hash));
	}
	for hash in store.list_partial()? {
		println!("{:?} partial {}", H256(hash), labels(&hash));
	}
	Ok(())
}

fn print_usage(store: &Store) -> Result<(), Error> {
	let Usage { blobs, partial, imports, bytes, evictable } = store.usage()?;
	println!("blobs      {blobs}");
	println!("partial    {partial}");
	println!("imports    {imports}");
	println!("bytes      {bytes}");
	println!("evictable  {evictable}");
	println!("quota      {}", store.limits().quota);
	Ok(())
}

fn check(store: &Store, repair: Repair) -> Result<(), Error> {
	let report = store.check(repair)?;
	println!("{} blobs of {} bytes are sound", report.sound, report.sound_bytes);
	for damaged in &report.damaged {
		println!(
			"{:?} is damaged: {} of {} parts are sound",
			H256(damaged.hash),
			damaged.sound_groups,
			damaged.groups
		);
	}
	match (report.damaged.len(), repair) {
		(0, _) | (_, Repair::Drop) => Ok(()),
		(count, Repair::Report) => Err(Error::Damaged(count)),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::cli::StoreParams;
	use clap::Parser;

	fn cli() -> Cli {
		Cli::parse_from(["opg-node"])
	}

	fn params(folder: &tempfile::TempDir) -> StoreParams {
		StoreParams { chain: None, dev: true, base_path: Some(folder.path().into()) }
	}

	#[test]
	fn engine_should_be_refused_in_words_when_the_file_breaks_a_rule() {
		let folder = tempfile::tempdir().expect("a folder");
		let file = folder.path().join("engine");
		fs::write(&file, b"\0asm\x01\0\0\0").expect("it can be written");
		let add = EnginesCmd::Add { file: file.clone(), store: params(&folder) };
		let error = run_engines(&cli(), &add).expect_err("no engine");
		assert_eq!(
			error.to_string(),
			format!(
				"{} cannot be an engine: it must define one memory, exported as `memory`",
				file.display()
			)
		);
		assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1, "nothing is stored");
	}

	#[test]
	fn model_should_stay_when_it_was_added_and_go_when_it_is_removed() {
		let folder = tempfile::tempdir().expect("a folder");
		let file = folder.path().join("model");
		fs::write(&file, b"model").expect("it can be written");
		let add = ModelsCmd::Add { file, store: params(&folder) };
		run_models(&cli(), &add).expect("there is room");
		let store = open_for(&cli(), &params(&folder)).expect("a store");
		let hash = store.pinned(MODEL).expect("pins")[0];
		assert!(store.contains(&hash));
		let blobs = BlobsCmd::Remove { hash: H256(hash), store: params(&folder) };
		let error = run_blobs(&cli(), &blobs).expect_err("is pinned").to_string();
		assert!(error.contains("pinned as `model`"), "{error}");
		let remove = FilesCmd::Remove { hash: H256(hash), store: params(&folder) };
		run_models(&cli(), &ModelsCmd::Files(remove)).expect("nobody else needs it");
		assert!(store.list().expect("a list").is_empty());
		assert!(matches!(run_blobs(&cli(), &blobs), Err(Error::Missing(_))));
	}
}
