//! Pins: labels that keep a blob from being evicted or removed.

use super::{
	at,
	layout::{self, parse_hash},
	Error, Hash, Result, Store,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	fs::{self, File},
	io,
	time::SystemTime,
};

/// Pins of a store.
pub const MAX_PINS: usize = 65_536;

const MAX_LABEL: usize = 64;

impl Store {
	/// Pins a blob, which need not be here yet: a part that arrives is kept as well. A label says
	/// who needs it, as `model` or `owner`. Pinning again under a label renews the pin, which only
	/// matters to [`Store::unpin_older`].
	///
	/// # Errors
	///
	/// [`Error::InvalidLabel`], [`Error::TooManyPins`], [`Error::Locked`] and [`Error::Io`].
	pub fn pin(&self, hash: &Hash, label: &str) -> Result<()> {
		let path = self.layout().pins().join(pin_name(hash, label)?);
		let _lock = self.layout().lock()?;
		match File::open(&path) {
			// A pin of another user stays as it is.
			Ok(pin) => {
				let _ = pin.set_modified(SystemTime::now());
				return Ok(());
			},
			Err(error) if error.kind() == io::ErrorKind::NotFound => (),
			Err(error) => return Err(at(path)(error)),
		}
		if layout::entries(&self.layout().pins())?.len() >= MAX_PINS {
			return Err(Error::TooManyPins);
		}
		self.layout().new_file(&path)?;
		layout::sync_directory(&self.layout().pins())
	}

	/// Takes a pin away. One that is not there is none.
	///
	/// # Errors
	///
	/// [`Error::InvalidLabel`], [`Error::Locked`] and [`Error::Io`].
	pub fn unpin(&self, hash: &Hash, label: &str) -> Result<()> {
		let path = self.layout().pins().join(pin_name(hash, label)?);
		let _lock = self.layout().lock()?;
		match fs::remove_file(&path) {
			Ok(()) => layout::sync_directory(&self.layout().pins()),
			Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
			Err(error) => Err(at(path)(error)),
		}
	}

	/// Takes away the pins under a label that were set and last renewed before `time`, and returns
	/// how many.
	///
	/// # Errors
	///
	/// [`Error::Locked`] and [`Error::Io`].
	pub fn unpin_older(&self, label: &str, time: SystemTime) -> Result<usize> {
		let _lock = self.layout().lock()?;
		let mut count = 0;
		for path in layout::entries(&self.layout().pins())? {
			let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
			if name.split_once('.').is_none_or(|(_, of)| of != label) {
				continue;
			}
			let renewed = fs::metadata(&path).and_then(|pin| pin.modified()).map_err(at(&path))?;
			if renewed < time {
				fs::remove_file(&path).map_err(at(&path))?;
				count += 1;
			}
		}
		Ok(count)
	}

	/// Names of the blobs with a pin under a label, in order. They need not be here.
	///
	/// # Errors
	///
	/// [`Error::Io`].
	pub fn pinned(&self, label: &str) -> Result<Vec<Hash>> {
		let pins = self.pins()?.into_iter();
		Ok(pins.filter(|(_, labels)| labels.contains(label)).map(|(hash, _)| hash).collect())
	}

	/// All pins: labels by blob.
	///
	/// # Errors
	///
	/// [`Error::Io`].
	pub fn pins(&self) -> Result<BTreeMap<Hash, BTreeSet<String>>> {
		let mut pins = BTreeMap::<Hash, BTreeSet<String>>::new();
		for path in layout::entries(&self.layout().pins())? {
			let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
			let Some((hash, label)) = name.split_once('.') else { continue };
			if let Some(hash) = parse_hash(hash) {
				pins.entry(hash).or_default().insert(label.to_owned());
			}
		}
		Ok(pins)
	}

	/// Labels of a blob's pins.
	///
	/// # Errors
	///
	/// [`Error::Io`].
	pub fn pins_of(&self, hash: &Hash) -> Result<BTreeSet<String>> {
		Ok(self.pins()?.remove(hash).unwrap_or_default())
	}
}

fn pin_name(hash: &Hash, label: &str) -> Result<String> {
	let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
	if !(1..=MAX_LABEL).contains(&label.len()) || !label.bytes().all(allowed) {
		return Err(Error::InvalidLabel(label.chars().take(MAX_LABEL).collect()));
	}
	Ok(format!("{}.{label}", hex::encode(hash)))
}
