//! Failures of a store, each with what to do.

use super::{GROUP_BYTES, MAX_BLOBS, MAX_PINS, MAX_RANGE_BYTES};
use std::{io, ops::Range, path::PathBuf};

/// Failures of a store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
	/// The blob is longer than [`Limits::blob_bytes`](super::Limits::blob_bytes).
	#[error("the file has {size} bytes or more, this store takes {limit}")]
	TooLong {
		/// Bytes that were met.
		size: u64,
		/// The limit.
		limit: u64,
	},
	/// There is no room, and what could be evicted does not make enough.
	#[error(
		"{needed} bytes more do not fit: {held} of {quota} bytes are held, {evictable} of them can \
		 be evicted; unpin or remove blobs, or raise the quota"
	)]
	QuotaExceeded {
		/// Bytes that the operation needs, with the tree.
		needed: u64,
		/// Bytes that are held.
		held: u64,
		/// Bytes that neither a pin nor a user holds.
		evictable: u64,
		/// The quota.
		quota: u64,
	},
	/// The store has [`MAX_BLOBS`] blobs, and none of them can be evicted.
	#[error("the store has {MAX_BLOBS} blobs, all pinned or in use: unpin or remove some")]
	TooManyBlobs,
	/// The disk has not enough room for the blob and what is to stay free.
	#[error(
		"the disk has {available} bytes free; {needed} are needed and {keep_free} are to stay \
		 free: make room on the disk"
	)]
	DiskFull {
		/// Bytes that the operation needs, with the tree.
		needed: u64,
		/// Free bytes of the disk.
		available: u64,
		/// [`Limits::keep_free`](super::Limits::keep_free).
		keep_free: u64,
	},
	/// As many imports as are allowed are under way.
	#[error("{0} imports are under way, in this process and others: try again when one is done")]
	TooManyImports(usize),
	/// All pins are taken.
	#[error("the store has {MAX_PINS} pins: unpin what is not needed any more")]
	TooManyPins,
	/// The label of a pin is not one.
	#[error("`{0}` is no label of a pin: use 1 to 64 of a-z, 0-9 and -")]
	InvalidLabel(String),
	/// A blob that a pin holds cannot be removed.
	#[error("{hash} is pinned as `{label}`: unpin it first")]
	Pinned {
		/// Name of the blob.
		hash: String,
		/// One of its pins.
		label: String,
	},
	/// A blob that somebody reads or receives cannot be removed.
	#[error("{hash} is in use by this process or another: try again when it is not")]
	InUse {
		/// Name of the blob.
		hash: String,
	},
	/// A part of the blob is here, under another size. One of the two is wrong.
	#[error(
		"a part of {hash} is here as of {stored} bytes, now it is said to have {given}: remove the \
		 part if the latter is right"
	)]
	SizeMismatch {
		/// Name of the blob.
		hash: String,
		/// Size that the part was begun with.
		stored: u64,
		/// Size that was given now.
		given: u64,
	},
	/// A range that can neither be asked for nor be given.
	#[error(
		"{range:?} is no range of a blob of {size} bytes: it must begin at a multiple of \
		 {GROUP_BYTES}, end at one or at the end, and have 1 to {MAX_RANGE_BYTES} bytes"
	)]
	InvalidRange {
		/// The range, in bytes.
		range: Range<u64>,
		/// Size of the blob.
		size: u64,
	},
	/// Received bytes are not those of the blob: whoever sent them is wrong or lies. Nothing of
	/// them was written.
	#[error("bytes {range:?} are not those of {hash}: drop the peer that sent them")]
	Forged {
		/// Name of the blob.
		hash: String,
		/// Range that they were received for.
		range: Range<u64>,
	},
	/// The bytes on disk are not those of the name.
	#[error("{} is damaged: check the store with repair, then fetch or import it again", .0.display())]
	Damaged(PathBuf),
	/// A blob was to be finished before all of it had arrived.
	#[error("{missing} bytes of {hash} are missing: receive them first")]
	Incomplete {
		/// Name of the blob.
		hash: String,
		/// Bytes that are missing.
		missing: u64,
	},
	/// Another process held the store's lock for longer than any operation takes.
	#[error("{} is locked by another process for 30 s: see which one hangs", .0.display())]
	Locked(PathBuf),
	/// Another version made the store.
	#[error(
		"{} says `{found}`: another version made this store; use that version, or another directory",
		path.display()
	)]
	Format {
		/// The file that names the version.
		path: PathBuf,
		/// What it says.
		found: String,
	},
	/// The operating system refuses an operation.
	#[error("{}: {error}{}", path.display(), hint(error))]
	Io {
		/// File or directory of the operation.
		path: PathBuf,
		/// The system's error.
		error: io::Error,
	},
}

/// What to do about the errors of the system that operators meet.
fn hint(error: &io::Error) -> &'static str {
	match error.kind() {
		io::ErrorKind::PermissionDenied => ": use the store as its owner or as root",
		io::ErrorKind::StorageFull => ": make room on the disk",
		io::ErrorKind::AlreadyExists => ": remove it or choose another name",
		_ => "",
	}
}

/// Result of this module.
pub type Result<T> = std::result::Result<T, Error>;
