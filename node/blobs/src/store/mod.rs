//! Content-addressed store with verified ranges. The [README](crate) describes it.

mod check;
mod error;
mod filler;
mod import;
mod layout;
mod pins;
mod quota;
mod reader;
mod receiver;
mod tree;

pub use check::{CheckReport, DamagedBlob, Repair};
pub use error::{Error, Result};
pub use filler::Filler;
pub use pins::MAX_PINS;
pub use quota::Usage;
pub use reader::{Blob, Hold};
pub use receiver::Receiver;
pub use tree::{blob_hash, encoded_bytes, stored_bytes, GROUP_BYTES, MAX_RANGE_BYTES};

use layout::Layout;
use std::{
	path::{Path, PathBuf},
	sync::Arc,
};

/// Name of a blob: BLAKE3-256 of its bytes.
pub type Hash = [u8; 32];

/// Blobs that a store holds, complete and partial together. One more evicts one.
pub const MAX_BLOBS: usize = 16_384;

/// Bytes of the longest blob that any store takes.
pub const MAX_BLOB_BYTES: u64 = opg_engine_types::MAX_MODEL_BYTES as u64;

/// What a store may use. Every process that writes should open the store with the same limits:
/// each applies its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// Bytes of all blobs with their trees, those that only arrive counted in full. A write that
	/// would exceed it evicts first, and fails if that does not make enough room.
	pub quota: u64,
	/// Bytes of the longest blob, at most [`MAX_BLOB_BYTES`].
	pub blob_bytes: u64,
	/// Imports at a time, in all processes. One more fails with [`Error::TooManyImports`].
	pub imports: usize,
	/// Bytes of the disk that stay free for others, as the node's database.
	pub keep_free: u64,
}

impl Default for Limits {
	fn default() -> Self {
		Limits { quota: 32 << 30, blob_bytes: MAX_BLOB_BYTES, imports: 4, keep_free: 2 << 30 }
	}
}

/// A directory of blobs. Several processes may use it at once. Clones are cheap and are the same
/// store.
#[derive(Clone, Debug)]
pub struct Store(Arc<Inner>);

#[derive(Debug)]
struct Inner {
	layout: Layout,
	limits: Limits,
}

impl Store {
	/// Opens the store in `directory`, which is made if it is missing. An existing store is not
	/// written to, so that a process that may only read can open it.
	///
	/// # Errors
	///
	/// [`Error::Format`] if another version made the store, and [`Error::Io`].
	pub fn open(directory: impl AsRef<Path>, limits: Limits) -> Result<Store> {
		let limits = Limits { blob_bytes: limits.blob_bytes.min(MAX_BLOB_BYTES), ..limits };
		Ok(Store(Arc::new(Inner { layout: Layout::open(directory.as_ref())?, limits })))
	}

	/// Directory of the store.
	pub fn directory(&self) -> &Path {
		self.layout().root()
	}

	/// Limits of this handle.
	pub fn limits(&self) -> &Limits {
		&self.0.limits
	}

	/// Says whether a complete blob of this name is here, without reading it.
	pub fn contains(&self, hash: &Hash) -> bool {
		self.layout().blob(hash).is_dir()
	}

	/// Bytes of a complete blob by the length of its file, which is not read. `None` if it is not
	/// here.
	pub fn size(&self, hash: &Hash) -> Option<u64> {
		let data = self.layout().blob(hash).join("data");
		std::fs::metadata(data).ok().map(|metadata| metadata.len())
	}

	/// Names of all complete blobs, in order. They are not read.
	///
	/// # Errors
	///
	/// [`Error::Io`].
	pub fn list(&self) -> Result<Vec<Hash>> {
		self.layout().hashes(&self.layout().blobs())
	}

	/// Names of all blobs of which only a part is here, in order.
	///
	/// # Errors
	///
	/// [`Error::Io`].
	pub fn list_partial(&self) -> Result<Vec<Hash>> {
		self.layout().hashes(&self.layout().partials())
	}

	/// Opens a blob to read, or returns `None` if it is not here. While the result lives, in any
	/// process, the blob is in use: it is not evicted. Opening counts as a use for eviction.
	///
	/// # Errors
	///
	/// [`Error::Damaged`] if the tree on disk does not belong to the name, and [`Error::Io`].
	pub fn get(&self, hash: &Hash) -> Result<Option<Blob>> {
		Blob::open(self.layout(), hash)
	}

	/// Keeps a blob from being evicted while the result lives, in any process, without opening it to
	/// read. `None` if it is not here. Counts as a use for eviction.
	///
	/// # Errors
	///
	/// [`Error::Locked`] and [`Error::Io`].
	pub fn hold(&self, hash: &Hash) -> Result<Option<Hold>> {
		Hold::take(self.layout(), hash)
	}

	/// Removes a blob and what is here of it as a part.
	///
	/// # Errors
	///
	/// [`Error::Pinned`], [`Error::InUse`] and [`Error::Io`].
	pub fn remove(&self, hash: &Hash) -> Result<()> {
		let trash = {
			let lock = self.layout().lock()?;
			if let Some(label) = self.pins_of(hash)?.into_iter().next() {
				return Err(Error::Pinned { hash: hex::encode(hash), label });
			}
			let mut trash = Vec::new();
			for directory in [self.layout().blob(hash), self.layout().partial(hash)] {
				match self.layout().discard_unused(&lock, &directory)? {
					layout::Discard::Done(path) => trash.push(path),
					layout::Discard::Missing => (),
					layout::Discard::InUse => {
						layout::delete_all(trash);
						return Err(Error::InUse { hash: hex::encode(hash) });
					},
				}
			}
			trash
		};
		layout::delete_all(trash);
		Ok(())
	}

	/// Deletes what killed processes left. Every write does so too; a node calls it at start.
	///
	/// # Errors
	///
	/// [`Error::Locked`] and [`Error::Io`].
	pub fn sweep(&self) -> Result<()> {
		let trash = {
			let lock = self.layout().lock()?;
			self.layout().sweep(&lock)?
		};
		layout::delete_all(trash);
		Ok(())
	}

	fn layout(&self) -> &Layout {
		&self.0.layout
	}

	fn check_size(&self, size: u64) -> Result<()> {
		let limit = self.limits().blob_bytes;
		if size > limit {
			return Err(Error::TooLong { size, limit });
		}
		Ok(())
	}
}

fn at(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Error {
	|error| Error::Io { path: path.into(), error }
}
