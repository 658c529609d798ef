//! Fillers: a blob arrives from its beginning to its end, from somebody who has no proof of its ranges,
//! as a file server. It is verified when all of it is here.

use super::{
	at,
	receiver::{Bitmap, Receiver},
	tree::{self, TreeBuilder, GROUP_BYTES},
	Error, Result,
};
use std::{
	fs::{self, OpenOptions},
	io::ErrorKind,
	os::unix::fs::FileExt,
	path::{Path, PathBuf},
};

/// File of a part that says how many of its bytes, from the first on, were written.
pub(super) const FILLED: &str = "filled";

/// Bytes after which it is written again. A process that is killed loses no more than these.
const NOTE_BYTES: u64 = 8 << 20;

/// A part that is filled in order. After [`Filler::note`] it can be dropped before its end: another one
/// goes on there.
///
/// Nobody reads what is not verified: groups count as missing until the whole has the right name. Groups
/// that a peer has proven stay as they are.
#[derive(Debug)]
pub struct Filler {
	receiver: Receiver,
	tree: TreeBuilder,
	/// Bytes that the tree has.
	position: u64,
	noted: u64,
	is_resumed: bool,
}

impl Receiver {
	/// Goes on with a part in order, where the last filler ended. What that left is on disk only and not
	/// verified; it costs a second attempt if it is wrong.
	///
	/// # Errors
	///
	/// [`Error::Io`].
	pub fn fill(self) -> Result<Filler> {
		let noted = note(&self.directory.join(FILLED), self.size())?;
		let tree = TreeBuilder::default();
		let mut filler = Filler { receiver: self, tree, position: 0, noted, is_resumed: false };
		while filler.position < filler.size() {
			let group = filler.position / GROUP_BYTES;
			let is_proven = filler.receiver.received.has(group);
			let end = tree::group_range(filler.size(), group).end;
			if !is_proven && end > noted {
				break;
			}
			filler.is_resumed |= !is_proven;
			let bytes = filler.read(group)?;
			filler.take(&bytes);
		}
		Ok(filler)
	}
}

impl Filler {
	/// Bytes of the blob.
	pub fn size(&self) -> u64 {
		self.receiver.size()
	}

	/// Where the next bytes belong.
	pub fn position(&self) -> u64 {
		self.position
	}

	/// Says whether bytes that an earlier filler left are in it. They may be another's.
	pub fn is_resumed(&self) -> bool {
		self.is_resumed
	}

	/// Takes the next bytes: whole groups of [`GROUP_BYTES`], except at the end.
	///
	/// # Errors
	///
	/// [`Error::InvalidRange`] and [`Error::Io`].
	pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
		let (size, range) = (self.size(), self.position..self.position + bytes.len() as u64);
		if range.end > size || !(range.end == size || range.end.is_multiple_of(GROUP_BYTES)) {
			return Err(Error::InvalidRange { range, size });
		}
		for bytes in bytes.chunks(GROUP_BYTES as usize) {
			let group = self.position / GROUP_BYTES;
			if self.receiver.received.has(group) {
				let proven = self.read(group)?;
				self.take(&proven);
			} else {
				let data = &self.receiver.data;
				data.write_all_at(bytes, self.position).map_err(self.receiver.at("data"))?;
				self.take(bytes);
			}
		}
		if self.position >= self.noted + NOTE_BYTES {
			self.note()?;
		}
		Ok(())
	}

	/// Makes the blob complete.
	///
	/// # Errors
	///
	/// [`Error::Forged`] if the bytes are not those of the blob: then only what peers had proven stays.
	/// Otherwise as [`Receiver::finish`].
	pub fn finish(mut self) -> Result<()> {
		let (size, hash) = (self.size(), *self.receiver.hash());
		if self.position < size {
			let missing = size - self.position;
			return Err(Error::Incomplete { hash: hex::encode(hash), missing });
		}
		let (found, tree) = std::mem::take(&mut self.tree).finish();
		if found != hash {
			self.forget()?;
			return Err(Error::Forged { hash: hex::encode(hash), range: 0..size });
		}
		let mut receiver = self.receiver;
		receiver.tree.write_all_at(&tree, 0).map_err(receiver.at("tree"))?;
		receiver.received = Bitmap::full(size);
		receiver.finish()
	}

	/// Says on disk how far it is, for a filler of later.
	///
	/// # Errors
	///
	/// [`Error::Io`].
	pub fn note(&mut self) -> Result<()> {
		let path = self.path();
		let file = match OpenOptions::new().write(true).open(&path) {
			Err(error) if error.kind() == ErrorKind::NotFound => {
				self.receiver.store.layout().new_file(&path)?
			},
			other => other.map_err(at(&path))?,
		};
		// One that is ahead of the data after a power cut is found out by the hash.
		file.write_all_at(&self.position.to_le_bytes(), 0).map_err(at(&path))?;
		self.noted = self.position;
		Ok(())
	}

	/// Takes the note away: the next filler must not go on with what is wrong.
	fn forget(&self) -> Result<()> {
		let path = self.path();
		match fs::remove_file(&path) {
			Err(error) if error.kind() != ErrorKind::NotFound => Err(at(path)(error)),
			_ => Ok(()),
		}
	}

	fn path(&self) -> PathBuf {
		self.receiver.directory.join(FILLED)
	}

	fn read(&self, group: u64) -> Result<Vec<u8>> {
		let range = tree::group_range(self.size(), group);
		let mut bytes = vec![0; (range.end - range.start) as usize];
		let data = &self.receiver.data;
		data.read_exact_at(&mut bytes, range.start).map_err(self.receiver.at("data"))?;
		Ok(bytes)
	}

	fn take(&mut self, bytes: &[u8]) {
		self.tree.update(bytes);
		self.position += bytes.len() as u64;
	}
}

/// Bytes that a filler has written, by its note.
fn note(path: &Path, size: u64) -> Result<u64> {
	match fs::read(path) {
		Ok(bytes) => Ok(bytes.try_into().map_or(0, u64::from_le_bytes).min(size)),
		Err(error) if error.kind() == ErrorKind::NotFound => Ok(0),
		Err(error) => Err(at(path)(error)),
	}
}
