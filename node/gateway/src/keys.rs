//! API keys: who may spend how much. The file has hashes of the keys, never the keys.

use crate::{amount, backend::Planck};
use opg_engine_types::digest;
use serde::Deserialize;
use std::collections::BTreeSet;
use subtle::ConstantTimeEq;

/// Beginning of a key, by which people and scanners for secrets know it.
const PREFIX: &str = "opg_";
/// Most keys of a file.
pub const MAX_KEYS: usize = 10_000;
/// Longest name of a key, in bytes.
pub const MAX_NAME: usize = 64;
/// Requests that a key may have in flight where the file does not say.
pub const DEFAULT_CONCURRENT: u32 = 16;

/// Limits of one who pays through the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// The most to spend on a day of UTC.
	pub per_day: Option<Planck>,
	/// The most to spend at all.
	pub total: Option<Planck>,
	/// The most requests without an answer at a time.
	pub concurrent: u32,
}

impl Default for Limits {
	fn default() -> Self {
		Self { per_day: None, total: None, concurrent: DEFAULT_CONCURRENT }
	}
}

/// An API key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
	/// Name, for the ledger and the log.
	pub name: String,
	/// What it may spend.
	pub limits: Limits,
}

/// Cause for which a key file is refused.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
	/// The file is no JSON of keys.
	#[error("not a key file: {0}")]
	Syntax(#[from] serde_json::Error),
	/// A name is empty, too long, or has other characters than letters, digits, `.`, `_` and `-`.
	#[error("`{0}` is no name of a key: letters, digits, `.`, `_` and `-`, {MAX_NAME} at most")]
	Name(String),
	/// Two keys have this name.
	#[error("two keys are called `{0}`")]
	NameTwice(String),
	/// Two names have the same key.
	#[error("`{0}` has the key of another name")]
	KeyTwice(String),
	/// The hash is not 32 bytes of hex.
	#[error("the hash of `{0}` is not 64 digits of hex")]
	Hash(String),
	/// An amount is not decimal text.
	#[error("a limit of `{0}` is no amount of OPG, such as \"1.5\"")]
	Amount(String),
	/// Neither `per_day` nor `total` is given.
	#[error("`{0}` may spend everything: give it `per_day` or `total`")]
	NoLimit(String),
	/// More than [`MAX_KEYS`].
	#[error("more than {MAX_KEYS} keys")]
	TooMany,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
	keys: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
	name: String,
	hash: String,
	per_day: Option<String>,
	total: Option<String>,
	concurrent: Option<u32>,
}

/// The keys of a gateway.
#[derive(Debug, Default)]
pub struct Keys(Vec<([u8; 32], Key)>);

impl Keys {
	/// Reads a key file.
	///
	/// # Errors
	///
	/// Where it is malformed, or lets a key spend everything.
	pub fn parse(text: &[u8]) -> Result<Self, KeysError> {
		let file: File = serde_json::from_slice(text)?;
		if file.keys.len() > MAX_KEYS {
			return Err(KeysError::TooMany);
		}
		let (mut names, mut hashes) = (BTreeSet::new(), BTreeSet::new());
		let mut keys = Vec::with_capacity(file.keys.len());
		for entry in file.keys {
			let (hash, key) = entry.check()?;
			if !names.insert(key.name.clone()) {
				return Err(KeysError::NameTwice(key.name));
			}
			if !hashes.insert(hash) {
				return Err(KeysError::KeyTwice(key.name));
			}
			keys.push((hash, key));
		}
		Ok(Self(keys))
	}

	/// Tells whether there is none.
	pub fn is_empty(&self) -> bool {
		self.0.is_empty()
	}

	/// The key with this secret. It takes as long for a wrong one as for any right one.
	pub fn find(&self, secret: &str) -> Option<&Key> {
		let hash = digest(secret.as_bytes());
		let mut found = None;
		for (known, key) in &self.0 {
			if bool::from(known.ct_eq(&hash)) {
				found = Some(key);
			}
		}
		found
	}
}

impl Entry {
	fn check(self) -> Result<([u8; 32], Key), KeysError> {
		let Self { name, hash, per_day, total, concurrent } = self;
		let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
		if name.is_empty() || name.len() > MAX_NAME || !name.bytes().all(is_plain) {
			return Err(KeysError::Name(name));
		}
		let mut bytes = [0; 32];
		if hex::decode_to_slice(hash.trim_start_matches("0x"), &mut bytes).is_err() {
			return Err(KeysError::Hash(name));
		}
		let amount = |text: Option<String>| match text {
			None => Ok(None),
			Some(text) => match amount::parse(&text) {
				None => Err(KeysError::Amount(name.clone())),
				amount => Ok(amount),
			},
		};
		let (per_day, total) = (amount(per_day)?, amount(total)?);
		if per_day.is_none() && total.is_none() {
			return Err(KeysError::NoLimit(name));
		}
		let concurrent = concurrent.unwrap_or(DEFAULT_CONCURRENT);
		Ok((bytes, Key { name, limits: Limits { per_day, total, concurrent } }))
	}
}

/// A new key, of 32 random bytes.
///
/// # Errors
///
/// The system gives no random bytes.
pub fn generate() -> Result<String, getrandom::Error> {
	let mut bytes = [0; 32];
	getrandom::fill(&mut bytes)?;
	Ok(format!("{PREFIX}{}", hex::encode(bytes)))
}

/// The hash that stands for a key in the file: BLAKE2b-256. A key is random, so nobody guesses it from
/// its hash.
pub fn hash(secret: &str) -> String {
	format!("0x{}", hex::encode(digest(secret.as_bytes())))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::backend::OPG;

	fn file(entry: &str) -> Result<Keys, KeysError> {
		Keys::parse(format!(r#"{{"keys": [{entry}]}}"#).as_bytes())
	}

	fn entry(name: &str, secret: &str) -> String {
		format!(r#"{{"name": "{name}", "hash": "{}", "total": "1.5"}}"#, hash(secret))
	}

	#[test]
	fn key_should_be_found_by_its_secret_only() {
		let (one, two) = (generate().unwrap(), generate().unwrap());
		assert_ne!(one, two);
		assert_eq!(one.len(), PREFIX.len() + 64);
		let keys = file(&[entry("one", &one), entry("two", &two)].join(",")).unwrap();
		assert_eq!(keys.find(&one).unwrap().name, "one");
		let found = keys.find(&two).unwrap();
		assert_eq!(found.name, "two");
		let limits = Limits { per_day: None, total: Some(3 * OPG / 2), concurrent: 16 };
		assert_eq!(found.limits, limits);
		for other in ["", "opg_", &hash(&one), &one[1..]] {
			assert!(keys.find(other).is_none(), "{other}");
		}
	}

	#[test]
	fn file_should_be_refused_with_the_cause() {
		let hash = hash("x");
		for (entry, cause) in [
			("7".to_string(), "not a key file"),
			(format!(r#"{{"name": "a", "hash": "{hash}"}}"#), "may spend everything"),
			(format!(r#"{{"name": "a b", "hash": "{hash}", "total": "1"}}"#), "no name"),
			(format!(r#"{{"name": "", "hash": "{hash}", "total": "1"}}"#), "no name"),
			(r#"{"name": "a", "hash": "0x12", "total": "1"}"#.into(), "64 digits"),
			(format!(r#"{{"name": "a", "hash": "{hash}", "total": "-1"}}"#), "no amount"),
			(format!(r#"{{"name": "a", "hash": "{hash}", "totl": "1"}}"#), "unknown field"),
			([entry("a", "x"), entry("a", "y")].join(","), "two keys"),
			([entry("a", "x"), entry("b", "x")].join(","), "another name"),
		] {
			let error = file(&entry).unwrap_err().to_string();
			assert!(error.contains(cause), "{entry}: {error}");
		}
	}
}
