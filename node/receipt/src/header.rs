//! Block headers, and the changes of the authority set that they announce.

use crate::{
	error::FinalityError,
	finality::{Authority, AuthoritySet},
	limits::{MAX_AUTHORITIES, MAX_DIGEST_ITEMS},
	primitives::{blake2_256, Hash},
};
use codec::{Compact, Decode, DecodeAll, Encode};

/// Consensus engine of GRANDPA.
const GRANDPA: [u8; 4] = *b"FRNK";

/// Header of a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Header {
	/// Hash of the block before it.
	pub parent: Hash,
	/// Height.
	pub number: u32,
	/// Root of the state trie after the block.
	pub state_root: Hash,
	extrinsics_root: Hash,
	digest: Vec<DigestItem>,
}

#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
enum DigestItem {
	#[codec(index = 0)]
	Other(Vec<u8>),
	#[codec(index = 4)]
	Consensus([u8; 4], Vec<u8>),
	#[codec(index = 5)]
	Seal([u8; 4], Vec<u8>),
	#[codec(index = 6)]
	PreRuntime([u8; 4], Vec<u8>),
	#[codec(index = 8)]
	RuntimeEnvironmentUpdated,
}

/// What GRANDPA writes into a header, as far as a receipt needs it.
#[derive(Encode, Decode)]
enum ConsensusLog {
	#[codec(index = 1)]
	ScheduledChange { authorities: Vec<Authority>, delay: u32 },
}

impl Encode for Header {
	fn encode_to<O: codec::Output + ?Sized>(&self, to: &mut O) {
		self.parent.encode_to(to);
		Compact(self.number).encode_to(to);
		self.state_root.encode_to(to);
		self.extrinsics_root.encode_to(to);
		self.digest.encode_to(to);
	}
}

impl Decode for Header {
	fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
		Ok(Self {
			parent: Hash::decode(input)?,
			number: Compact::<u32>::decode(input)?.0,
			state_root: Hash::decode(input)?,
			extrinsics_root: Hash::decode(input)?,
			digest: digest(input)?,
		})
	}
}

/// Digest items. Some take one byte, and a number of them that is not bounded would take a lot of memory.
fn digest<I: codec::Input>(input: &mut I) -> Result<Vec<DigestItem>, codec::Error> {
	let count = Compact::<u32>::decode(input)?.0;
	if count > MAX_DIGEST_ITEMS {
		return Err("too many digest items".into());
	}
	(0..count).map(|_| DigestItem::decode(input)).collect()
}

impl Header {
	/// Reads a header, and gives its hash, which is that of all its bytes.
	pub(crate) fn read(bytes: &[u8]) -> Option<(Self, Hash)> {
		let header = Self::decode_all(&mut &bytes[..]).ok()?;
		Some((header, blake2_256(bytes)))
	}

	/// Hash of the block.
	pub fn hash(&self) -> Hash {
		blake2_256(&self.encode())
	}

	/// Authorities that take over after this block, if it announces any.
	pub(crate) fn next_authorities(&self) -> Result<Option<Vec<Authority>>, FinalityError> {
		let changes = self.digest.iter().filter_map(|item| match item {
			DigestItem::Consensus(GRANDPA, log) => ConsensusLog::decode(&mut &log[..]).ok(),
			_ => None,
		});
		// As GRANDPA itself, which looks at no second one.
		let Some(ConsensusLog::ScheduledChange { authorities, delay }) = changes.into_iter().next()
		else {
			return Ok(None);
		};
		if delay != 0 || authorities.len() > MAX_AUTHORITIES || !AuthoritySet::can_be(&authorities)
		{
			return Err(FinalityError::Change);
		}
		Ok(Some(authorities))
	}
}

#[cfg(test)]
impl Header {
	/// A header for tests, which announces `next`.
	pub(crate) fn new(
		parent: Hash,
		number: u32,
		state_root: Hash,
		next: Option<Vec<Authority>>,
	) -> Self {
		let change = next.map(|authorities| {
			let log = ConsensusLog::ScheduledChange { authorities, delay: 0 };
			DigestItem::Consensus(GRANDPA, log.encode())
		});
		let slot = DigestItem::PreRuntime(*b"BABE", number.encode());
		let digest = std::iter::once(slot).chain(change).collect();
		Self { parent, number, state_root, extrinsics_root: Hash([7; 32]), digest }
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn header_should_be_refused_when_it_has_too_many_digest_items() {
		let with = |items: u32| {
			let digest = vec![DigestItem::RuntimeEnvironmentUpdated; items as usize];
			let header = Header { digest, ..Header::new(Hash([1; 32]), 5, Hash([2; 32]), None) };
			Header::read(&header.encode())
		};
		let (header, hash) = with(MAX_DIGEST_ITEMS).unwrap();
		assert_eq!((header.hash(), header.number), (hash, 5));
		assert!(with(MAX_DIGEST_ITEMS + 1).is_none());
	}
}
