//! Files of the stores that nodes had before: `models` and `engines`, named by BLAKE2b-256. They move
//! into the store of blobs once.

use opg_blobs::{
	labels::{ENGINE, MODEL},
	store::{Hash, Store},
};
use opg_execution::digest;
use sp_core::H256;
use std::{
	fs, io,
	path::{Path, PathBuf},
};

/// Moves what earlier versions have left below `data_path`. What cannot be moved stays where it is,
/// and the log says why: the next start tries again.
pub(super) fn run(data_path: &Path, store: &Store) {
	for (name, label) in [("models", MODEL), ("engines", ENGINE)] {
		let directory = data_path.join(name);
		let files = match files(&directory) {
			Ok(files) => files,
			Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
			Err(error) => {
				log::warn!("📦 {}: {error}", directory.display());
				continue;
			},
		};
		for (path, hash) in files {
			match migrate(&path, &hash, store, label) {
				Ok(new) => log::info!("📦 The {label} {:?} is now {new:?}", H256(hash)),
				Err(error) => log::warn!("📦 A {label} stays where it is: {error}"),
			}
		}
		// Strangers' files keep it.
		let _ = fs::remove_dir(&directory);
	}
}

/// Files of a former store, with their names.
fn files(directory: &Path) -> io::Result<Vec<(PathBuf, Hash)>> {
	let mut files = Vec::new();
	for entry in fs::read_dir(directory)? {
		let path = entry?.path();
		let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
		if let Ok(hash) = name.parse::<H256>() {
			files.push((path, hash.0));
		}
	}
	Ok(files)
}

fn migrate(path: &Path, hash: &Hash, store: &Store, label: &str) -> Result<H256, super::Error> {
	let bytes = fs::read(path).map_err(super::at(path))?;
	if digest(&bytes) != *hash {
		let error = io::Error::new(io::ErrorKind::InvalidData, "the file is damaged");
		return Err(super::at(path)(error));
	}
	let refused = |error| super::Error::Refused { path: path.to_owned(), error };
	let new = store.put(&bytes).map_err(refused)?;
	store.pin(&new, label)?;
	fs::remove_file(path).map_err(super::at(path))?;
	Ok(H256(new))
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_blobs::store::Limits;

	#[test]
	fn files_of_the_former_stores_should_move_once_and_damaged_ones_stay() {
		let folder = tempfile::tempdir().expect("a folder");
		let data = folder.path();
		let store = Store::open(data.join("blobs"), Limits { keep_free: 0, ..Limits::default() })
			.expect("a store");
		let (model, engine) = (vec![1; 100_000], b"engine".to_vec());
		let place = |name: &str, bytes: &[u8]| {
			fs::create_dir_all(data.join(name)).expect("a folder");
			let path = data.join(name).join(format!("{:x}", H256(digest(bytes))));
			fs::write(&path, bytes).expect("is written");
			path
		};
		let damaged = place("models", b"other");
		fs::write(&damaged, b"othre").expect("is written");
		place("models", &model);
		place("engines", &engine);
		fs::write(data.join("models/README"), "text").expect("is written");
		for _ in 0..2 {
			run(data, &store);
			for (bytes, label) in [(&model, MODEL), (&engine, ENGINE)] {
				let [hash] = store.pinned(label).expect("pins")[..] else { panic!("one {label}") };
				let blob = store.get(&hash).expect("is sound").expect("is here");
				assert_eq!(&blob.to_vec().expect("is sound"), bytes);
			}
			let left: Vec<_> = fs::read_dir(data.join("models")).expect("a folder").collect();
			assert_eq!(left.len(), 2, "{left:?}");
			assert!(damaged.is_file() && !data.join("engines").exists());
		}
		assert_eq!(store.list().expect("a list").len(), 2);
	}

	#[test]
	fn file_should_stay_where_it_is_when_there_is_no_room() {
		let folder = tempfile::tempdir().expect("a folder");
		let data = folder.path();
		let limits = Limits { quota: 1_000, keep_free: 0, ..Limits::default() };
		let store = Store::open(data.join("blobs"), limits).expect("a store");
		let model = vec![1; 2_000];
		fs::create_dir(data.join("models")).expect("a folder");
		let path = data.join("models").join(format!("{:x}", H256(digest(&model))));
		fs::write(&path, &model).expect("is written");
		run(data, &store);
		assert_eq!(fs::read(&path).expect("is there"), model);
		assert!(store.list().expect("a list").is_empty());
	}
}
