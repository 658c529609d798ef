//! Model files on disk, named by their content.
//!
//! The directory holds one file per model, named by the blake2b-256 of its bytes in hex. A file is
//! written whole or not at all, and checked against its name whenever it is read, so a damaged disk
//! can lose a model but never change it.

use blake2::{digest::consts::U32, Blake2b, Digest};
use std::{
	fs,
	io::{self, Read, Write},
	path::{Path, PathBuf},
};

/// Longest file, in bytes.
pub const MAX_BYTES: usize = 64 << 20;

/// Name of a file: blake2b-256 of its bytes.
pub type Id = [u8; 32];

/// Why a store cannot be opened, written or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The file is longer than [`MAX_BYTES`].
	#[error("the file has {0} bytes, at most {MAX_BYTES} are allowed")]
	TooLong(u64),
	/// The stored file is not what its name says.
	#[error("the stored file {} is damaged; remove it and add it again", .0.display())]
	Damaged(PathBuf),
	/// The file system fails.
	#[error("{}: {error}", path.display())]
	Io {
		/// File or directory in question.
		path: PathBuf,
		/// What the system says.
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

/// Name under which `bytes` are stored.
pub fn id(bytes: &[u8]) -> Id {
	Blake2b::<U32>::digest(bytes).into()
}

impl Store {
	/// Opens the store in `directory`, which is made if it is missing.
	pub fn open(directory: impl AsRef<Path>) -> Result<Store> {
		let directory = directory.as_ref().to_owned();
		fs::create_dir_all(&directory).map_err(at(&directory))?;
		Ok(Store { directory })
	}

	/// Stores `bytes` and returns their name. Storing them again changes nothing, except that it
	/// repairs a damaged file.
	pub fn put(&self, bytes: &[u8]) -> Result<Id> {
		if bytes.len() > MAX_BYTES {
			return Err(Error::TooLong(bytes.len() as u64));
		}
		let id = id(bytes);
		if matches!(self.get(&id), Ok(Some(_))) {
			return Ok(id);
		}
		let path = self.path(&id);
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
		Ok(id)
	}

	/// Returns the file `id`, or `None` if it is not here.
	pub fn get(&self, id: &Id) -> Result<Option<Vec<u8>>> {
		let path = self.path(id);
		let file = match fs::File::open(&path) {
			Ok(file) => file,
			Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
			Err(error) => return Err(at(&path)(error)),
		};
		let length = file.metadata().map_err(at(&path))?.len();
		if length > MAX_BYTES as u64 {
			return Err(Error::TooLong(length));
		}
		let mut bytes = Vec::with_capacity(length as usize);
		file.take(MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(at(&path))?;
		if self::id(&bytes) != *id {
			return Err(Error::Damaged(path));
		}
		Ok(Some(bytes))
	}

	/// Says whether a file `id` is here, without reading it.
	pub fn contains(&self, id: &Id) -> bool {
		self.path(id).is_file()
	}

	/// Returns the names of all files, in order. The files are not read.
	pub fn list(&self) -> Result<Vec<Id>> {
		let mut ids = Vec::new();
		for entry in fs::read_dir(&self.directory).map_err(at(&self.directory))? {
			let entry = entry.map_err(at(&self.directory))?;
			let mut id = Id::default();
			// Leftovers of a crash and strangers' files have other names.
			let name = entry.file_name();
			if name.to_str().is_some_and(|name| hex::decode_to_slice(name, &mut id).is_ok()) {
				ids.push(id);
			}
		}
		ids.sort_unstable();
		ids.dedup();
		Ok(ids)
	}

	fn path(&self, id: &Id) -> PathBuf {
		self.directory.join(hex::encode(id))
	}
}

fn at(path: &Path) -> impl Fn(io::Error) -> Error + '_ {
	move |error| Error::Io { path: path.to_owned(), error }
}
