//! Hashes and accounts, and how they are written.

use codec::{Decode, Encode};
use serde::{de::Error as _, Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// 32 bytes that name a block, a model, an engine, an input or an answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Encode, Decode)]
pub struct Hash(pub [u8; 32]);

/// Account of the chain.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub struct AccountId(pub [u8; 32]);

/// Bytes that are written as lower-case hexadecimal digits behind `0x`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Hex(pub Vec<u8>);

/// BLAKE2b-256.
pub(crate) fn blake2_256(bytes: &[u8]) -> Hash {
	Hash(sp_crypto_hashing::blake2_256(bytes))
}

/// A text is no hash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a hash is 0x and 64 hexadecimal digits in lower case")]
pub struct NoHash;

impl FromStr for Hash {
	type Err = NoHash;

	fn from_str(text: &str) -> Result<Self, NoHash> {
		let bytes = parse(text).ok_or(NoHash)?;
		bytes.try_into().map(Self).map_err(|_| NoHash)
	}
}

/// Bytes of a text, if it is `0x` and an even number of lower-case digits: one value has one text.
fn parse(text: &str) -> Option<Vec<u8>> {
	let digits = text.strip_prefix("0x")?;
	if digits.bytes().any(|digit| digit.is_ascii_uppercase()) {
		return None;
	}
	hex::decode(digits).ok()
}

fn write(bytes: &[u8], f: &mut fmt::Formatter) -> fmt::Result {
	f.write_str("0x")?;
	bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

impl fmt::Display for Hex {
	fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
		write(&self.0, f)
	}
}

macro_rules! written_as_hex {
	($($of:ty),*) => {$(
		impl fmt::Display for $of {
			fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
				write(&self.0, f)
			}
		}

		impl fmt::Debug for $of {
			fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
				write(&self.0, f)
			}
		}
	)*};
}
written_as_hex!(Hash, AccountId);

macro_rules! serialized_as_hex {
	($($of:ty),*) => {$(
		impl Serialize for $of {
			fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
				to.collect_str(self)
			}
		}
	)*};
}
serialized_as_hex!(Hash, AccountId, Hex);

impl<'de> Deserialize<'de> for Hash {
	fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
		String::deserialize(from)?.parse().map_err(D::Error::custom)
	}
}

impl<'de> Deserialize<'de> for Hex {
	fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
		let text = String::deserialize(from)?;
		let bytes = parse(&text);
		bytes.map(Self).ok_or_else(|| {
			D::Error::custom("bytes are 0x and pairs of hexadecimal digits in lower case")
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn hash_should_have_one_text() {
		let hash = Hash([0xab; 32]);
		let text = hash.to_string();
		assert_eq!(text.parse(), Ok(hash));
		for other in [&text[2..], &text[..64], &text.to_uppercase(), &format!("{text}00"), "0x", ""]
		{
			assert_eq!(other.parse::<Hash>(), Err(NoHash), "{other}");
		}
	}
}
