//! Storage proofs: trie nodes that lead from a state root to values.
//!
//! The nodes are those of the SDK's base-16 Patricia trie with BLAKE2b-256, of both versions of its
//! layout: <https://spec.polkadot.network/chap-state#sect-state-storage>. Read-only, so this is less
//! than the adapters that a trie library would need; a test of `opg-cli` compares it with the SDK.

use crate::{
	error::ProofError,
	primitives::{blake2_256, Hash},
};
use codec::{Compact, Decode};
use std::{
	cell::RefCell,
	collections::{BTreeMap, BTreeSet},
};

/// Bytes of a hash. A shorter reference to a child is the child itself.
const HASH_BYTES: usize = 32;

/// Trie nodes, and which of them were of use.
pub(crate) struct StorageProof<'a> {
	nodes: BTreeMap<Hash, &'a [u8]>,
	used: RefCell<BTreeSet<Hash>>,
}

/// Node of the trie, decoded as far as a lookup needs it.
struct Node<'a> {
	/// Nibbles that the key goes on with.
	partial: Nibbles<'a>,
	value: Option<Value<'a>>,
	/// References to the children; `None` for a leaf.
	children: Option<[Option<&'a [u8]>; 16]>,
}

enum Value<'a> {
	Inline(&'a [u8]),
	Hashed(Hash),
}

/// Half-bytes, the higher one first.
#[derive(Clone, Copy)]
struct Nibbles<'a> {
	bytes: &'a [u8],
	/// Nibbles at the beginning that do not count.
	from: usize,
}

impl Nibbles<'_> {
	fn len(self) -> usize {
		(2 * self.bytes.len()).saturating_sub(self.from)
	}

	fn at(self, index: usize) -> Option<u8> {
		let index = self.from + index;
		let byte = self.bytes.get(index / 2)?;
		Some(if index.is_multiple_of(2) { byte >> 4 } else { byte & 15 })
	}

	fn skip(self, count: usize) -> Self {
		Self { from: self.from + count, ..self }
	}

	fn starts_with(self, prefix: Nibbles) -> bool {
		(0..prefix.len()).all(|index| self.at(index) == prefix.at(index))
	}
}

impl<'a> StorageProof<'a> {
	/// Takes the nodes of a proof.
	pub(crate) fn new(nodes: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, ProofError> {
		let mut by_hash = BTreeMap::new();
		for node in nodes {
			if by_hash.insert(blake2_256(node), node).is_some() {
				return Err(ProofError::Duplicate);
			}
		}
		Ok(Self { nodes: by_hash, used: RefCell::default() })
	}

	/// Value under `key` in the trie with this root. `None`: the trie has no such key.
	pub(crate) fn value(&self, root: Hash, key: &[u8]) -> Result<Option<&'a [u8]>, ProofError> {
		let mut node = self.node(root)?;
		let mut key = Nibbles { bytes: key, from: 0 };
		// Each turn takes at least one nibble of the key.
		loop {
			let Some(Node { partial, value, children }) = read(node)? else { return Ok(None) };
			if !key.starts_with(partial) {
				return Ok(None);
			}
			key = key.skip(partial.len());
			let Some(nibble) = key.at(0) else {
				return match value {
					Some(Value::Inline(value)) => Ok(Some(value)),
					Some(Value::Hashed(hash)) => self.node(hash).map(Some),
					None => Ok(None),
				};
			};
			let child = children.and_then(|children| children[usize::from(nibble)]);
			let Some(child) = child else { return Ok(None) };
			node = match <[u8; HASH_BYTES]>::try_from(child) {
				Ok(hash) => self.node(Hash(hash))?,
				Err(_) => child,
			};
			key = key.skip(1);
		}
	}

	/// Makes sure that every node was needed for the values that were read.
	pub(crate) fn finish(self) -> Result<(), ProofError> {
		if self.used.borrow().len() == self.nodes.len() {
			Ok(())
		} else {
			Err(ProofError::Unused)
		}
	}

	fn node(&self, hash: Hash) -> Result<&'a [u8], ProofError> {
		let node = self.nodes.get(&hash).ok_or(ProofError::MissingNode)?;
		self.used.borrow_mut().insert(hash);
		Ok(node)
	}
}

/// Reads a node. `None`: the empty trie.
fn read(node: &[u8]) -> Result<Option<Node<'_>>, ProofError> {
	decode(&mut &node[..]).ok_or(ProofError::InvalidNode)
}

/// The outer `None`: the bytes are no node.
fn decode<'a>(input: &mut &'a [u8]) -> Option<Option<Node<'a>>> {
	let [header] = *take(input, 1)? else { return None };
	// The kind is in the highest bits of the header, the number of nibbles begins in the others.
	let (is_leaf, has_value, is_hashed, kind_bits) = match header {
		0 => return input.is_empty().then_some(None),
		header if header >> 6 == 0b01 => (true, true, false, 2),
		header if header >> 6 == 0b10 => (false, false, false, 2),
		header if header >> 6 == 0b11 => (false, true, false, 2),
		header if header >> 5 == 0b001 => (true, true, true, 3),
		header if header >> 4 == 0b0001 => (false, true, true, 4),
		_ => return None,
	};
	let nibbles = nibble_count(header, kind_bits, input)?;
	let bytes = take(input, nibbles.div_ceil(2))?;
	let partial = Nibbles { bytes, from: nibbles % 2 };
	if partial.from == 1 && bytes.first()? >> 4 != 0 {
		return None;
	}
	let bitmap = if is_leaf { 0 } else { u16::decode(input).ok()? };
	let value = match (has_value, is_hashed) {
		(false, _) => None,
		(true, false) => Some(Value::Inline(sized(input)?)),
		(true, true) => Some(Value::Hashed(Hash(take(input, HASH_BYTES)?.try_into().ok()?))),
	};
	let children = if is_leaf {
		None
	} else {
		let mut children = [None; 16];
		for (nibble, child) in children.iter_mut().enumerate() {
			if bitmap & (1 << nibble) != 0 {
				*child = Some(sized(input)?);
			}
		}
		Some(children)
	};
	input.is_empty().then_some(Some(Node { partial, value, children }))
}

/// Number of nibbles, which begins in the lower bits of the header and goes on while bytes are full.
fn nibble_count(header: u8, kind_bits: u32, input: &mut &[u8]) -> Option<usize> {
	let most = u8::MAX >> kind_bits;
	let mut count = usize::from(header & most);
	if count == usize::from(most) {
		loop {
			let [more] = *take(input, 1)? else { return None };
			count = count.checked_add(usize::from(more))?;
			if more < u8::MAX {
				break;
			}
		}
	}
	Some(count)
}

/// Bytes behind their length.
fn sized<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
	let length = Compact::<u32>::decode(input).ok()?.0;
	take(input, usize::try_from(length).ok()?)
}

fn take<'a>(input: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
	let (taken, rest) = input.split_at_checked(count)?;
	*input = rest;
	Some(taken)
}

#[cfg(test)]
impl StorageProof<'_> {
	/// The nodes that were of use.
	pub(crate) fn used(&self) -> Vec<Vec<u8>> {
		self.used.borrow().iter().map(|hash| self.nodes[hash].to_vec()).collect()
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;
	use codec::Encode;
	use proptest::prelude::*;

	/// Values from this length on are stored apart.
	const HASHED_FROM: usize = 33;

	/// Root and nodes of a trie.
	pub(crate) fn build(state: &[(Vec<u8>, Vec<u8>)]) -> (Hash, Vec<Vec<u8>>) {
		let by_key: BTreeMap<_, _> = state.iter().cloned().collect();
		let entries: Vec<_> = by_key
			.into_iter()
			.map(|(key, value)| {
				let nibbles = key.iter().flat_map(|byte| [byte >> 4, byte & 15]).collect();
				(nibbles, value)
			})
			.collect();
		let mut nodes = Vec::new();
		let root = if entries.is_empty() { vec![0] } else { node(&entries, &mut nodes) };
		nodes.push(root.clone());
		nodes.sort();
		nodes.dedup();
		(blake2_256(&root), nodes)
	}

	/// Node of sorted keys; the nodes below it go to `nodes`.
	fn node(entries: &[(Vec<u8>, Vec<u8>)], nodes: &mut Vec<Vec<u8>>) -> Vec<u8> {
		let (first, last) = (&entries[0].0, &entries[entries.len() - 1].0);
		let shared = first.iter().zip(last).take_while(|(one, other)| one == other).count();
		let own = entries.iter().find(|(key, _)| key.len() == shared);
		let hashed = own.is_some_and(|(_, value)| value.len() >= HASHED_FROM);
		let is_leaf = entries.len() == 1;
		let (kind, bits) = match (is_leaf, own.is_some(), hashed) {
			(true, _, false) => (0b01 << 6, 2),
			(true, _, true) => (0b001 << 5, 3),
			(false, false, _) => (0b10 << 6, 2),
			(false, true, false) => (0b11 << 6, 2),
			(false, true, true) => (0b0001 << 4, 4),
		};
		let most = usize::from(u8::MAX >> bits);
		let mut out = vec![kind | shared.min(most) as u8];
		if shared >= most {
			let rest = shared - most;
			out.extend(vec![u8::MAX; rest / 255]);
			out.push((rest % 255) as u8);
		}
		let odd = shared % 2;
		out.extend(first[..odd].iter());
		out.extend(first[odd..shared].chunks(2).map(|pair| pair[0] << 4 | pair[1]));
		let children: Vec<_> = (0..16u8)
			.filter_map(|nibble| {
				let below: Vec<_> = entries
					.iter()
					.filter(|(key, _)| key.get(shared) == Some(&nibble))
					.map(|(key, value)| (key[shared + 1..].to_vec(), value.clone()))
					.collect();
				(!below.is_empty()).then_some((nibble, below))
			})
			.collect();
		if !is_leaf {
			let bitmap = children.iter().fold(0u16, |map, (nibble, _)| map | 1 << nibble);
			bitmap.encode_to(&mut out);
		}
		match own {
			Some((_, value)) if hashed => {
				out.extend(blake2_256(value).0);
				nodes.push(value.clone());
			},
			Some((_, value)) => value.encode_to(&mut out),
			None => {},
		}
		for (_, below) in children {
			let child = node(&below, nodes);
			if child.len() < HASH_BYTES {
				child.encode_to(&mut out);
			} else {
				blake2_256(&child).0.to_vec().encode_to(&mut out);
				nodes.push(child);
			}
		}
		out
	}

	proptest! {
		#[test]
		fn proof_should_give_every_value_and_no_other(
			state in prop::collection::btree_map(
				prop::collection::vec(0u8..4, 0..6),
				prop::collection::vec(any::<u8>(), 0..70),
				0..40,
			),
			absent in prop::collection::vec(0u8..4, 0..6),
			suffix in prop::collection::vec(any::<u8>(), 0..60),
		) {
			// Long common parts, and keys that are prefixes of others.
			let entries: Vec<_> = state
				.into_iter()
				.map(|(key, value)| ([&[7; 40], &key[..], &suffix[..key.len() * 7 % (suffix.len() + 1)]].concat(), value))
				.collect();
			let by_key: BTreeMap<_, _> = entries.iter().cloned().collect();
			let (root, nodes) = build(&entries);
			let proof = StorageProof::new(nodes.iter().map(Vec::as_slice)).unwrap();
			for (key, value) in &by_key {
				prop_assert_eq!(proof.value(root, key), Ok(Some(&value[..])));
			}
			let absent = [&[7; 40], &absent[..]].concat();
			let expected = by_key.get(&absent).map(Vec::as_slice);
			prop_assert_eq!(proof.value(root, &absent), Ok(expected));
			prop_assert_eq!(proof.value(root, &[]), Ok(None));
		}

		#[test]
		fn nonsense_should_be_refused_when_it_is_no_node(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
			let proof = StorageProof::new([&bytes[..]]).unwrap();
			// It ends, and does not panic.
			let _ = proof.value(blake2_256(&bytes), &[0x12; 40]);
		}
	}
}
