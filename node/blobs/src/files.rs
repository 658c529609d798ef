//! Model files on disk, named by BLAKE2b-256, as the chain names models and engines today.
//!
//! - The directory holds one file per model. Its name is the file's content hash in hex.
//! - A file is written whole or not at all.
//! - A file is checked against its name whenever it is read. A damaged disk can lose a model but
//!   never change it.

pub use opg_engine_types::content_hash;

use opg_engine_types::MAX_MODEL_BYTES;
use std::{
	fs,
	io::{self, Read, Write},
	path::{Path, PathBuf},
};

/// Name of a file: its [`content_hash`].
pub type ContentHash = [u8; 32];

/// Failures of a store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The file is longer than [`MAX_MODEL_BYTES`].
	#[error("the file has {0} bytes, at most {MAX_MODEL_BYTES} are allowed")]
	TooLong(u64),
	/// The stored file does not have the hash that names it.
	#[error("the stored file {} is damaged; remove it and add it again", .0.display())]
	Damaged(PathBuf),
	/// The operating system refuses an operation.
	#[error("{}: {error}", path.display())]
	Io {
		/// File or directory of the operation.
		path: PathBuf,
		/// The system's error.
		error: io::Error,
	},
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// A directory of files. Several processes may use it at once.
#[derive(Clone, Debug)]
pub struct Store {
	directory: PathBuf,
}

impl Store {
	/// Opens the store in `directory`, which is made if it is missing.
	///
	/// # Errors
	///
	/// [`Error::Io`].
	pub fn open(directory: impl AsRef<Path>) -> Result<Store> {
		let directory = directory.as_ref().to_owned();
		fs::create_dir_all(&directory).map_err(at(&directory))?;
		Ok(Store { directory })
	}

	/// Directory of the store.
	pub fn directory(&self) -> &Path {
		&self.directory
	}

	/// Stores `bytes` and returns their name. Storing them again changes nothing, except that it
	/// repairs a damaged file.
	///
	/// # Errors
	///
	/// [`Error::TooLong`], and [`Error::Io`] as on a full disk; then nothing is stored.
	pub fn put(&self, bytes: &[u8]) -> Result<ContentHash> {
		if bytes.len() > MAX_MODEL_BYTES {
			return Err(Error::TooLong(bytes.len() as u64));
		}
		let hash = content_hash(bytes);
		if matches!(self.get(&hash), Ok(Some(_))) {
			return Ok(hash);
		}
		let path = self.path(&hash);
		let write = || {
			let mut file =
				tempfile::Builder::new().prefix(".part-").tempfile_in(&self.directory)?;
			file.write_all(bytes)?;
			file.as_file().sync_all()?;
			file.persist(&path).map_err(|e| e.error)?;
			// The new name must survive a power cut too.
			#[cfg(unix)]
			fs::File::open(&self.directory)?.sync_all()?;
			Ok(())
		};
		write().map_err(at(&path))?;
		Ok(hash)
	}

	/// Returns the file of this name, or `None` if it is not here.
	///
	/// # Errors
	///
	/// [`Error::Damaged`] and [`Error::TooLong`] if something else is stored under the name, and
	/// [`Error::Io`].
	pub fn get(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>> {
		let path = self.path(hash);
		let file = match fs::File::open(&path) {
			Ok(file) => file,
			Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
			Err(error) => return Err(at(&path)(error)),
		};
		let length = file.metadata().map_err(at(&path))?.len();
		if length > MAX_MODEL_BYTES as u64 {
			return Err(Error::TooLong(length));
		}
		let mut bytes = Vec::with_capacity(length as usize);
		file.take(MAX_MODEL_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(at(&path))?;
		if content_hash(&bytes) != *hash {
			return Err(Error::Damaged(path));
		}
		Ok(Some(bytes))
	}

	/// Says whether a file of this name is here, without reading it.
	pub fn contains(&self, hash: &ContentHash) -> bool {
		self.path(hash).is_file()
	}

	/// Returns the names of all files, in order. The files are not read.
	///
	/// # Errors
	///
	/// [`Error::Io`].
	pub fn list(&self) -> Result<Vec<ContentHash>> {
		let mut hashes = Vec::new();
		for entry in fs::read_dir(&self.directory).map_err(at(&self.directory))? {
			let entry = entry.map_err(at(&self.directory))?;
			let mut hash = ContentHash::default();
			// Leftovers of a crash and strangers' files have other names.
			let name = entry.file_name();
			if name.to_str().is_some_and(|name| hex::decode_to_slice(name, &mut hash).is_ok()) {
				hashes.push(hash);
			}
		}
		hashes.sort_unstable();
		hashes.dedup();
		Ok(hashes)
	}

	fn path(&self, hash: &ContentHash) -> PathBuf {
		self.directory.join(hex::encode(hash))
	}
}

fn at(path: &Path) -> impl Fn(io::Error) -> Error + '_ {
	move |error| Error::Io { path: path.to_owned(), error }
}
