//! Room: what is held, and what goes when more is needed.

use super::{
	at,
	layout::{self, Discard, StoreLock},
	tree::stored_bytes,
	Error, Result, Store, MAX_BLOBS,
};
use std::{
	fs, io,
	path::{Path, PathBuf},
	time::SystemTime,
};

/// File with the quota that the node keeps.
const QUOTA: &str = "quota";

/// What a store holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
	/// Complete blobs.
	pub blobs: usize,
	/// Blobs of which a part is here.
	pub partial: usize,
	/// Imports under way.
	pub imports: usize,
	/// Bytes of all of them with their trees. What only arrives counts in full.
	pub bytes: u64,
	/// Bytes that no pin holds: the most that eviction could free.
	pub evictable: u64,
}

/// A directory with a blob.
struct Entry {
	directory: PathBuf,
	bytes: u64,
	used: SystemTime,
}

/// All directories with blobs.
struct Census {
	usage: Usage,
	/// Those without a pin, that which was used last at the end.
	unpinned: Vec<Entry>,
}

impl Store {
	/// Writes this handle's quota into the store, for commands beside the node that keeps it.
	///
	/// # Errors
	///
	/// [`Error::Locked`] and [`Error::Io`].
	pub fn keep_quota(&self) -> Result<()> {
		let quota = self.limits().quota;
		if Self::kept_quota(self.directory()) == Some(quota) {
			return Ok(());
		}
		let _lock = self.layout().lock()?;
		self.layout().write_file(QUOTA, &format!("{quota}\n"))
	}

	/// Quota that the node in whose directory this store is has kept, if it is to be read.
	pub fn kept_quota(directory: impl AsRef<Path>) -> Option<u64> {
		fs::read_to_string(directory.as_ref().join(QUOTA)).ok()?.trim().parse().ok()
	}

	/// What the store holds now.
	///
	/// # Errors
	///
	/// [`Error::Io`].
	pub fn usage(&self) -> Result<Usage> {
		Ok(self.census()?.usage)
	}

	/// Makes room for `needed` bytes, and for a blob more if the number counts. What was used
	/// longest ago goes first; what is pinned or in use stays. Returns what is to be deleted when
	/// the store is not locked any more.
	///
	/// Nothing goes where it would not be enough.
	pub(super) fn reserve(
		&self,
		lock: &StoreLock,
		needed: u64,
		more_blobs: usize,
	) -> Result<Vec<PathBuf>> {
		let limits = self.limits();
		let Census { usage, unpinned } = self.census()?;
		let root = self.layout().root();
		let disk = rustix::fs::statvfs(root).map_err(|error| at(root)(error.into()))?;
		let available = disk.f_bavail.saturating_mul(disk.f_frsize);
		let over_quota = (usage.bytes.saturating_add(needed)).saturating_sub(limits.quota);
		let over_disk = (needed.saturating_add(limits.keep_free)).saturating_sub(available);
		let over_number =
			(usage.blobs + usage.partial + usage.imports + more_blobs).saturating_sub(MAX_BLOBS);
		let excess = over_quota.max(over_disk);
		let refusal = |evictable| {
			if excess == 0 {
				return Error::TooManyBlobs;
			}
			if over_disk > over_quota {
				let keep_free = limits.keep_free;
				return Error::DiskFull { needed, available, keep_free };
			}
			let (held, quota) = (usage.bytes, limits.quota);
			Error::QuotaExceeded { needed, held, evictable, quota }
		};
		if excess > usage.evictable || over_number > unpinned.len() {
			return Err(refusal(usage.evictable));
		}
		let mut trash = Vec::new();
		let mut freed = 0;
		for entry in unpinned {
			if freed >= excess && trash.len() >= over_number {
				break;
			}
			match self.layout().discard_unused(lock, &entry.directory) {
				Ok(Discard::Done(path)) => {
					freed += entry.bytes;
					trash.push(path);
				},
				Ok(Discard::Missing | Discard::InUse) => (),
				Err(error) => {
					layout::delete_all(trash);
					return Err(error);
				},
			}
		}
		if freed < excess || trash.len() < over_number {
			layout::delete_all(trash);
			return Err(refusal(freed));
		}
		Ok(trash)
	}

	fn census(&self) -> Result<Census> {
		let pins = self.pins()?;
		let mut usage = Usage::default();
		let mut unpinned = Vec::new();
		let places = [
			(self.layout().blobs(), &mut usage.blobs),
			(self.layout().partials(), &mut usage.partial),
			(self.layout().incoming(), &mut usage.imports),
		];
		for (place, count) in places {
			for directory in layout::entries(&place)? {
				let Some((bytes, used)) = measure(&directory)? else { continue };
				*count += 1;
				usage.bytes = usage.bytes.saturating_add(bytes);
				let name = directory.file_name().and_then(|name| name.to_str());
				// Imports have other names: nothing evicts them.
				let hash = name.and_then(layout::parse_hash);
				if hash.is_some_and(|hash| !pins.contains_key(&hash)) {
					usage.evictable = usage.evictable.saturating_add(bytes);
					unpinned.push(Entry { directory, bytes, used });
				}
			}
		}
		unpinned.sort_by_key(|entry| entry.used);
		Ok(Census { usage, unpinned })
	}
}

/// Bytes of a blob by the length of its data, which is set before the bytes come, and when it was
/// used. `None` if it has just gone.
fn measure(directory: &Path) -> Result<Option<(u64, SystemTime)>> {
	let data = directory.join("data");
	match fs::metadata(&data) {
		Ok(metadata) => {
			let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
			Ok(Some((stored_bytes(metadata.len()), used)))
		},
		Err(error) if error.kind() == io::ErrorKind::NotFound => {
			Ok(directory.is_dir().then_some((0, SystemTime::UNIX_EPOCH)))
		},
		Err(error) if error.kind() == io::ErrorKind::NotADirectory => Ok(None),
		Err(error) => Err(at(data)(error)),
	}
}
