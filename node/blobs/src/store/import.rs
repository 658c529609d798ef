//! Imports: files and streams become blobs.

use super::{
	at, layout,
	tree::{stored_bytes, TreeBuilder},
	Error, Hash, Result, Store,
};
use std::{
	fs::File,
	io::{self, Read, Write},
	path::{Path, PathBuf},
};

/// Bytes that are read at once: whole groups.
const BUFFER_BYTES: usize = 1 << 20;

/// Bytes that a stream of unknown length reserves first. Then it doubles what it has.
const FIRST_RESERVE: u64 = 1 << 20;

/// Bytes that it reserves at most at a time.
const RESERVE_STEP: u64 = 64 << 20;

impl Store {
	/// Imports a file. It may be used by others meanwhile, but what is stored is what was read.
	///
	/// # Errors
	///
	/// Those of [`Store::import`].
	pub fn import_file(&self, path: impl AsRef<Path>) -> Result<Hash> {
		let path = path.as_ref();
		let file = File::open(path).map_err(at(path))?;
		let size = file.metadata().map_err(at(path))?.len();
		self.import_from(file, Some(size), path)
	}

	/// Imports a stream to its end and returns its name. What is here already is verified, and
	/// replaced if it is damaged.
	///
	/// # Errors
	///
	/// [`Error::TooLong`], [`Error::TooManyImports`], [`Error::QuotaExceeded`],
	/// [`Error::DiskFull`], [`Error::Locked`], and [`Error::Io`] also of the stream. Then nothing is
	/// stored.
	pub fn import(&self, stream: impl Read) -> Result<Hash> {
		self.import_from(stream, None, Path::new("the stream"))
	}

	/// Stores bytes and returns their name.
	///
	/// # Errors
	///
	/// Those of [`Store::import`].
	pub fn put(&self, bytes: &[u8]) -> Result<Hash> {
		self.import_from(bytes, Some(bytes.len() as u64), Path::new("the bytes"))
	}

	fn import_from(&self, mut stream: impl Read, size: Option<u64>, source: &Path) -> Result<Hash> {
		self.check_size(size.unwrap_or(0))?;
		let mut import = Import::begin(self, size.unwrap_or(FIRST_RESERVE))?;
		let mut buffer = vec![0; BUFFER_BYTES];
		let mut tree = TreeBuilder::default();
		loop {
			let length = fill(&mut stream, &mut buffer).map_err(at(source))?;
			import.write(&buffer[..length])?;
			tree.update(&buffer[..length]);
			if length < buffer.len() {
				break;
			}
		}
		let (hash, tree) = tree.finish();
		import.finish(&hash, &tree)?;
		Ok(hash)
	}
}

/// Reads until the buffer is full or the stream ends.
fn fill(stream: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
	let mut length = 0;
	while length < buffer.len() {
		match stream.read(&mut buffer[length..]) {
			Ok(0) => break,
			Ok(read) => length += read,
			Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
			Err(error) => return Err(error),
		}
	}
	Ok(length)
}

/// An import under way. Dropped before its end it leaves nothing.
struct Import<'a> {
	store: &'a Store,
	directory: PathBuf,
	/// Locked, so that others see that somebody works on it.
	data: File,
	written: u64,
	/// Length that the data has for the quota.
	reserved: u64,
}

impl<'a> Import<'a> {
	fn begin(store: &'a Store, reserved: u64) -> Result<Self> {
		let layout = store.layout();
		let (import, trash) = {
			let lock = layout.lock()?;
			let mut trash = layout.sweep(&lock)?;
			let imports = layout::entries(&layout.incoming())?.len();
			if imports >= store.limits().imports {
				return Err(Error::TooManyImports(imports));
			}
			trash.extend(store.reserve(&lock, stored_bytes(reserved), 1)?);
			let directory = layout.new_incoming()?;
			let path = directory.join("data");
			let data = layout.new_file(&path)?;
			let mut import = Import { store, directory, data, written: 0, reserved: 0 };
			layout::wait(&path, || import.data.try_lock())?;
			import.set_length(reserved)?;
			(import, trash)
		};
		layout::delete_all(trash);
		Ok(import)
	}

	fn set_length(&mut self, length: u64) -> Result<()> {
		self.data.set_len(length).map_err(at(self.directory.join("data")))?;
		self.reserved = length;
		Ok(())
	}

	fn write(&mut self, bytes: &[u8]) -> Result<()> {
		let end = self.written + bytes.len() as u64;
		self.store.check_size(end)?;
		if end > self.reserved {
			let step = self.reserved.clamp(FIRST_RESERVE, RESERVE_STEP);
			let length = end.max(self.reserved + step);
			let more = stored_bytes(length) - stored_bytes(self.reserved);
			let trash = {
				let lock = self.store.layout().lock()?;
				let trash = self.store.reserve(&lock, more, 0)?;
				self.set_length(length)?;
				trash
			};
			layout::delete_all(trash);
		}
		(&self.data).write_all(bytes).map_err(at(self.directory.join("data")))?;
		self.written = end;
		Ok(())
	}

	fn finish(mut self, hash: &Hash, tree: &[u8]) -> Result<()> {
		let layout = self.store.layout();
		self.set_length(self.written)?;
		// What is here may be damaged, and that must not be looked for under the lock.
		let damaged = match self.store.get(hash) {
			Ok(Some(blob)) if blob.verify().is_ok() => return Ok(()),
			Ok(None) => false,
			Ok(Some(_)) | Err(_) => true,
		};
		self.data.sync_all().map_err(at(self.directory.join("data")))?;
		let path = self.directory.join("tree");
		let mut file = layout.new_file(&path)?;
		file.write_all(tree).and_then(|()| file.sync_all()).map_err(at(&path))?;
		layout::sync_directory(&self.directory)?;
		let trash = {
			let lock = layout.lock()?;
			let blob = layout.blob(hash);
			let mut trash = Vec::new();
			if damaged {
				trash.extend(layout.discard(&lock, &blob)?);
			} else if blob.exists() {
				// Another import was faster.
				return Ok(());
			}
			layout.rename(&lock, &self.directory, &blob)?;
			if let layout::Discard::Done(part) =
				layout.discard_unused(&lock, &layout.partial(hash))?
			{
				trash.push(part);
			}
			trash
		};
		layout::delete_all(trash);
		Ok(())
	}
}

impl Drop for Import<'_> {
	fn drop(&mut self) {
		// After the end it has moved. What cannot be deleted is by a later sweep.
		let _ = std::fs::remove_dir_all(&self.directory);
	}
}
