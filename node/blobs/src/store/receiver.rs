//! Receivers: a blob arrives in ranges, from anybody, in any order, over any number of runs.

use super::{
	at,
	filler::FILLED,
	layout::{self, Layout, StoreLock},
	reader::read_tree,
	tree::{self, stored_bytes, Tree},
	Error, Hash, Result, Store, MAX_RANGE_BYTES,
};
use std::{
	fs::{self, File, OpenOptions, TryLockError},
	io,
	ops::Range,
	os::unix::fs::FileExt,
	path::{Path, PathBuf},
};

/// A blob that arrives. Dropped before its end it leaves what arrived, for another one. There is one
/// at a time for a blob, among all processes.
#[derive(Debug)]
pub struct Receiver {
	pub(super) store: Store,
	hash: Hash,
	size: u64,
	pub(super) directory: PathBuf,
	/// Locked.
	pub(super) data: File,
	pub(super) tree: File,
	map: File,
	pub(super) received: Bitmap,
}

impl Store {
	/// Begins to receive a blob, or goes on where the last receiver ended. `None` if it is here.
	///
	/// The size must come from somebody trusted, as the chain: under a wrong one no range that
	/// shows the end is ever accepted. What is on disk is verified again, so no crash and no damage
	/// since then matters.
	///
	/// # Errors
	///
	/// [`Error::TooLong`], [`Error::QuotaExceeded`], [`Error::DiskFull`], [`Error::SizeMismatch`],
	/// [`Error::InUse`] if another receiver has it, [`Error::Locked`] and [`Error::Io`].
	pub fn receive(&self, hash: &Hash, size: u64) -> Result<Option<Receiver>> {
		self.check_size(size)?;
		let layout = self.layout();
		let directory = layout.partial(hash);
		let (data, trash) = {
			let lock = layout.lock()?;
			if self.contains(hash) {
				return Ok(None);
			}
			match lock_part(&directory, hash)? {
				Some((data, stored)) if stored == size => (data, Vec::new()),
				Some((_, stored)) => {
					let hash = hex::encode(hash);
					return Err(Error::SizeMismatch { hash, stored, given: size });
				},
				None => begin_part(self, &lock, &directory, size)?,
			}
		};
		layout::delete_all(trash);
		let mut receiver = Receiver {
			store: self.clone(),
			hash: *hash,
			size,
			data,
			tree: open(&directory.join("tree"))?,
			map: open(&directory.join("map"))?,
			received: Bitmap::new(size),
			directory,
		};
		receiver.resume()?;
		Ok(Some(receiver))
	}
}

/// The data of a part that is here, locked, and the size in its tree. A part that is not whole is
/// none; it was made in one move, so only damage can do that.
fn lock_part(directory: &Path, hash: &Hash) -> Result<Option<(File, u64)>> {
	let path = directory.join("data");
	if !path.exists() {
		return Ok(None);
	}
	let data = open(&path)?;
	match data.try_lock() {
		Ok(()) => (),
		Err(TryLockError::WouldBlock) => return Err(Error::InUse { hash: hex::encode(hash) }),
		Err(TryLockError::Error(error)) => return Err(at(path)(error)),
	}
	let size = read_tree(directory, hash)?.map(|tree| tree.size());
	let length = data.metadata().map_err(at(&path))?.len();
	let whole = size == Some(length) && directory.join("map").exists();
	Ok(whole.then_some((data, length)))
}

/// Makes an empty part and returns its data, locked, and what is to be deleted.
fn begin_part(
	store: &Store,
	lock: &StoreLock,
	directory: &Path,
	size: u64,
) -> Result<(File, Vec<PathBuf>)> {
	let layout = store.layout();
	let mut trash = layout.sweep(lock)?;
	trash.extend(layout.discard(lock, directory)?);
	trash.extend(store.reserve(lock, stored_bytes(size), 1)?);
	let new = layout.new_incoming()?;
	let make = |name: &str, length: u64| {
		let path = new.join(name);
		let file = layout.new_file(&path)?;
		file.set_len(length).map_err(at(&path))?;
		Ok::<_, Error>(file)
	};
	let data = make("data", size)?;
	layout::wait(&new.join("data"), || data.try_lock())?;
	let tree = make("tree", tree::tree_bytes(size))?;
	tree.write_all_at(&size.to_le_bytes(), 0).map_err(at(new.join("tree")))?;
	make("map", Bitmap::new(size).bytes.len() as u64)?;
	layout.rename(lock, &new, directory)?;
	Ok((data, trash))
}

/// Makes a damaged blob a part of itself: all its groups that are still sound. `false` if there are
/// none, or if a part is here already.
pub(super) fn demote(
	layout: &Layout,
	lock: &StoreLock,
	hash: &Hash,
	sound: &Bitmap,
	size: u64,
) -> Result<bool> {
	let (from, to) = (layout.blob(hash), layout.partial(hash));
	if sound.count() == 0 || to.exists() {
		return Ok(false);
	}
	let map = from.join("map");
	match fs::remove_file(&map) {
		Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(map)(error)),
		_ => (),
	}
	let file = layout.new_file(&map)?;
	file.write_all_at(&sound.bytes, 0).map_err(at(&map))?;
	let data = from.join("data");
	open(&data)?.set_len(size).map_err(at(&data))?;
	layout.rename(lock, &from, &to)?;
	Ok(true)
}

impl Receiver {
	/// Name of the blob.
	pub fn hash(&self) -> &Hash {
		&self.hash
	}

	/// Bytes of the blob.
	pub fn size(&self) -> u64 {
		self.size
	}

	/// Bytes that are here.
	pub fn received_bytes(&self) -> u64 {
		(0..tree::groups(self.size))
			.filter(|group| self.received.has(*group))
			.map(|group| tree::group_range(self.size, group))
			.map(|range| range.end - range.start)
			.sum()
	}

	/// Says whether all is here.
	pub fn is_complete(&self) -> bool {
		self.received.count() == tree::groups(self.size)
	}

	/// Ranges that are missing, in order, each short enough to be asked for at once.
	pub fn missing(&self) -> Vec<Range<u64>> {
		let missing = |group: u64| !self.received.has(group);
		runs(self.size, missing).map(|groups| bytes_of(self.size, &groups)).collect()
	}

	/// Takes a range that [`Blob::encode`](super::Blob::encode) made somewhere. It is verified
	/// whole before anything is written.
	///
	/// # Errors
	///
	/// [`Error::InvalidRange`], [`Error::Forged`] if the bytes are not those of the blob, and
	/// [`Error::Io`], as on a full disk: the range can be received again.
	pub fn receive(&mut self, range: &Range<u64>, encoded: &[u8]) -> Result<()> {
		let Some(decoded) = tree::decode(&self.hash, self.size, range, encoded)? else {
			return Err(Error::Forged { hash: hex::encode(self.hash), range: range.clone() });
		};
		self.data.write_all_at(&decoded.bytes, range.start).map_err(self.at("data"))?;
		for (offset, pair) in &decoded.pairs {
			self.tree.write_all_at(pair, *offset).map_err(self.at("tree"))?;
		}
		let groups = tree::groups_of(range);
		for group in groups.clone() {
			self.received.insert(group);
		}
		// Last: a bit without its bytes would be found out, but would cost the whole window.
		let bytes = groups.start / 8..groups.end.div_ceil(8);
		let bits = &self.received.bytes[bytes.start as usize..bytes.end as usize];
		self.map.write_all_at(bits, bytes.start).map_err(self.at("map"))
	}

	/// Makes the blob complete.
	///
	/// # Errors
	///
	/// [`Error::Incomplete`], [`Error::Locked`] and [`Error::Io`]. What arrived stays.
	pub fn finish(self) -> Result<()> {
		if !self.is_complete() {
			let missing = self.size - self.received_bytes();
			return Err(Error::Incomplete { hash: hex::encode(self.hash), missing });
		}
		self.data.sync_all().map_err(self.at("data"))?;
		self.tree.sync_all().map_err(self.at("tree"))?;
		layout::sync_directory(&self.directory)?;
		let layout = self.store.layout();
		let blob = layout.blob(&self.hash);
		let trash = {
			let lock = layout.lock()?;
			if blob.exists() {
				// It was imported meanwhile.
				layout.discard(&lock, &self.directory)?
			} else {
				layout.rename(&lock, &self.directory, &blob)?;
				// Of no use any more, and harmless if it stays.
				for name in ["map", FILLED] {
					let _ = fs::remove_file(blob.join(name));
				}
				None
			}
		};
		layout::delete_all(Vec::from_iter(trash));
		Ok(())
	}

	/// Deletes what arrived.
	///
	/// # Errors
	///
	/// [`Error::Locked`] and [`Error::Io`].
	pub fn abandon(self) -> Result<()> {
		let layout = self.store.layout();
		let trash = layout.discard(&layout.lock()?, &self.directory)?;
		layout::delete_all(Vec::from_iter(trash));
		Ok(())
	}

	/// Takes over what is on disk and verifies.
	fn resume(&mut self) -> Result<()> {
		let mut claimed = Bitmap::new(self.size);
		let length =
			claimed.bytes.len().min(self.map.metadata().map_err(self.at("map"))?.len() as usize);
		self.map.read_exact_at(&mut claimed.bytes[..length], 0).map_err(self.at("map"))?;
		claimed.clip();
		if claimed.count() == 0 {
			return Ok(());
		}
		if let Some(tree) = read_tree(&self.directory, &self.hash)? {
			self.received = sound_groups(&tree, &self.data, &claimed);
		}
		self.map.write_all_at(&self.received.bytes, 0).map_err(self.at("map"))
	}

	pub(super) fn at(&self, name: &str) -> impl FnOnce(io::Error) -> Error {
		at(self.directory.join(name))
	}
}

/// Those of the claimed groups that are on disk as the name wants them.
pub(super) fn sound_groups(tree: &Tree, data: &File, claimed: &Bitmap) -> Bitmap {
	let size = tree.size();
	let mut sound = Bitmap::new(size);
	for groups in runs(size, |group| claimed.has(group)) {
		if tree.encode(data, &bytes_of(size, &groups)).is_ok() {
			groups.for_each(|group| sound.insert(group));
			continue;
		}
		for group in groups {
			if tree.encode(data, &tree::group_range(size, group)).is_ok() {
				sound.insert(group);
			}
		}
	}
	sound
}

/// Runs of groups for which `wanted` holds, cut where a range may not be longer.
fn runs(size: u64, wanted: impl Fn(u64) -> bool) -> impl Iterator<Item = Range<u64>> {
	let window = MAX_RANGE_BYTES / tree::GROUP_BYTES;
	let groups = tree::groups(size);
	let mut next = 0;
	std::iter::from_fn(move || {
		let first = (next..groups).find(|group| wanted(*group))?;
		let limit = groups.min((first / window + 1) * window);
		let end = (first..limit).find(|group| !wanted(*group)).unwrap_or(limit);
		next = end;
		Some(first..end)
	})
}

fn bytes_of(size: u64, groups: &Range<u64>) -> Range<u64> {
	tree::group_range(size, groups.start).start..tree::group_range(size, groups.end - 1).end
}

fn open(path: &Path) -> Result<File> {
	OpenOptions::new().read(true).write(true).open(path).map_err(at(path))
}

/// A bit for each group.
#[derive(Clone, Debug)]
pub(super) struct Bitmap {
	bytes: Vec<u8>,
	groups: u64,
}

impl Bitmap {
	pub(super) fn new(size: u64) -> Bitmap {
		let groups = tree::groups(size);
		Bitmap { bytes: vec![0; groups.div_ceil(8) as usize], groups }
	}

	/// All groups.
	pub(super) fn full(size: u64) -> Bitmap {
		let mut map = Bitmap::new(size);
		map.bytes.fill(u8::MAX);
		map.clip();
		map
	}

	pub(super) fn has(&self, group: u64) -> bool {
		self.bytes[(group / 8) as usize] & (1 << (group % 8)) != 0
	}

	fn insert(&mut self, group: u64) {
		self.bytes[(group / 8) as usize] |= 1 << (group % 8);
	}

	pub(super) fn count(&self) -> u64 {
		self.bytes.iter().map(|byte| u64::from(byte.count_ones())).sum()
	}

	/// Forgets bits beyond the last group.
	fn clip(&mut self) {
		let rest = self.groups % 8;
		if let (Some(last), true) = (self.bytes.last_mut(), rest != 0) {
			*last &= (1 << rest) - 1;
		}
	}
}
