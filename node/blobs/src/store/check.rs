//! Integrity check: reads everything, and drops what is damaged if told so.

use super::{
	layout::{self, StoreLock},
	reader::read_tree,
	receiver::{demote, sound_groups, Bitmap},
	Error, Hash, Result, Store,
};
use std::{fs::File, path::PathBuf};

/// What a check does about damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
	/// It tells.
	Report,
	/// It drops what is damaged and keeps the rest as a part, which a receiver completes.
	Drop,
}

/// Result of a check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
	/// Complete blobs that were read and are sound.
	pub sound: usize,
	/// Bytes of them.
	pub sound_bytes: u64,
	/// Blobs that are not as their names want them, in order.
	pub damaged: Vec<DamagedBlob>,
}

/// A damaged blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedBlob {
	/// Name of the blob.
	pub hash: Hash,
	/// Groups of [`GROUP_BYTES`](super::GROUP_BYTES) that are sound.
	pub sound_groups: u64,
	/// Groups that it has, or 0 if its size is lost.
	pub groups: u64,
}

/// What a check found of a blob.
enum Checked {
	/// It has so many bytes, which are those of its name.
	Sound(u64),
	Damaged(DamagedBlob),
	Missing,
}

impl Store {
	/// Reads every complete blob and compares it with its name. Others may use the store meanwhile.
	/// Parts are not looked at: whoever goes on with one verifies it.
	///
	/// # Errors
	///
	/// [`Error::Locked`] and [`Error::Io`]; a file that cannot be read is damage.
	pub fn check(&self, repair: Repair) -> Result<CheckReport> {
		self.sweep()?;
		let mut report = CheckReport::default();
		for hash in self.list()? {
			match self.check_one(&hash, repair)? {
				Checked::Sound(size) => {
					report.sound += 1;
					report.sound_bytes += size;
				},
				Checked::Damaged(damaged) => report.damaged.push(damaged),
				// It went away meanwhile.
				Checked::Missing => (),
			}
		}
		Ok(report)
	}

	/// Reads one complete blob and compares it with its name. `None` if it is sound or not here.
	///
	/// # Errors
	///
	/// As for [`Store::check`].
	pub fn check_blob(&self, hash: &Hash, repair: Repair) -> Result<Option<DamagedBlob>> {
		Ok(match self.check_one(hash, repair)? {
			Checked::Damaged(damaged) => Some(damaged),
			Checked::Sound(_) | Checked::Missing => None,
		})
	}

	fn check_one(&self, hash: &Hash, repair: Repair) -> Result<Checked> {
		let blob = match self.get(hash) {
			Ok(Some(blob)) => Some(blob),
			Ok(None) => return Ok(Checked::Missing),
			Err(error @ Error::Locked(_)) => return Err(error),
			Err(_) => None,
		};
		if let Some(blob) = blob.filter(|blob| blob.verify().is_ok()) {
			return Ok(Checked::Sound(blob.size()));
		}
		Ok(self.damage(hash, repair)?.map_or(Checked::Missing, Checked::Damaged))
	}

	/// Says what is left of a blob, and drops the rest. `None` if it went away meanwhile.
	fn damage(&self, hash: &Hash, repair: Repair) -> Result<Option<DamagedBlob>> {
		let directory = self.layout().blob(hash);
		if !directory.is_dir() {
			return Ok(None);
		}
		let tree = read_tree(&directory, hash).ok().flatten();
		let data = File::open(directory.join("data")).ok();
		let size = tree.as_ref().map(|tree| tree.size());
		let sound = tree
			.zip(data)
			.map(|(tree, data)| sound_groups(&tree, &data, &Bitmap::full(tree.size())));
		if repair == Repair::Drop {
			let lock = self.layout().lock()?;
			let trash = self.drop_damaged(&lock, hash, sound.as_ref().zip(size))?;
			drop(lock);
			layout::delete_all(Vec::from_iter(trash));
		}
		Ok(Some(DamagedBlob {
			hash: *hash,
			sound_groups: sound.as_ref().map_or(0, Bitmap::count),
			groups: size.map_or(0, super::tree::groups),
		}))
	}

	fn drop_damaged(
		&self,
		lock: &StoreLock,
		hash: &Hash,
		sound: Option<(&Bitmap, u64)>,
	) -> Result<Option<PathBuf>> {
		if let Some((sound, size)) = sound {
			if demote(self.layout(), lock, hash, sound, size)? {
				return Ok(None);
			}
		}
		self.layout().discard(lock, &self.layout().blob(hash))
	}
}
