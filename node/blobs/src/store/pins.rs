//! Pins: labels that keep a blob from being evicted or removed.

use super::{
	at,
	layout::{self, parse_hash},
	Error, Hash, Result, Store,
};
use std::{
	collections::{BTreeMap, BTreeSet},
	fs, io,
};

/// Pins of a store.
pub const MAX_PINS: usize = 65_536;

const MAX_LABEL: usize = 64;

impl Store {
	/// Pins a blob, which need not be here yet: a part that arrives is kept as well. A label says
	/// who needs it, as `served` or `owner`. Pinning twice under a label is as pinning once.
	///
	/// # Errors
	///
	/// [`Error::InvalidLabel`], [`Error::TooManyPins`], [`Error::Locked`] and [`Error::Io`].
	pub fn pin(&self, hash: &Hash, label: &str) -> Result<()> {
		let path = self.layout().pins().join(pin_name(hash, label)?);
		let _lock = self.layout().lock()?;
		if path.exists() {
			return Ok(());
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
