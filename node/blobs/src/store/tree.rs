//! BLAKE3's tree over groups of 16 KiB: what proves a range of a blob.
//!
//! The file `tree` is bao's outboard with chunk groups: the blob's size (8 bytes, little endian),
//! then the pairs of hashes of all nodes above the groups, in pre-order.

use super::Hash;
use bao_tree::{
	blake3::{
		self,
		hazmat::{self, HasherExt, Mode},
	},
	io::{
		outboard::PreOrderMemOutboard,
		sync::{encode_ranges_validated, DecodeResponseIter},
		BaoContentItem, EncodeError,
	},
	iter::BaoChunk,
	BaoTree, BlockSize, ChunkNum, ChunkRanges, TreeNode,
};
use std::{
	fs::File,
	io::{self, Read},
	ops::Range,
};

const GROUP: BlockSize = BlockSize::from_chunk_log(4);

/// Bytes of a group, the least that is verified and kept.
pub const GROUP_BYTES: u64 = 16 * 1024;

/// Bytes of the longest range that is given or received at once.
pub const MAX_RANGE_BYTES: u64 = 1 << 20;

/// Bytes before the pairs in the file `tree`.
pub(super) const HEADER_BYTES: u64 = 8;

const PAIR_BYTES: u64 = 64;

/// Name of a blob with these bytes.
pub fn blob_hash(bytes: &[u8]) -> Hash {
	blake3::hash(bytes).into()
}

/// Bytes that a blob takes on disk: its own and those of its tree.
pub fn stored_bytes(size: u64) -> u64 {
	size + tree_bytes(size)
}

/// Bytes of the encoding of a range, which holds the proof as well.
///
/// # Errors
///
/// [`Error::InvalidRange`](super::Error::InvalidRange).
pub fn encoded_bytes(size: u64, range: &Range<u64>) -> super::Result<u64> {
	let ranges = chunk_ranges(size, range)?;
	let items = geometry(size).ranges_pre_order_chunks_iter_ref(&ranges, 0);
	Ok(items
		.map(|item| match item {
			BaoChunk::Parent { .. } => PAIR_BYTES,
			BaoChunk::Leaf { size, .. } => size as u64,
		})
		.sum())
}

/// Groups of a blob. The empty one has one too.
pub(super) fn groups(size: u64) -> u64 {
	geometry(size).blocks()
}

/// Bytes of the file `tree`.
pub(super) fn tree_bytes(size: u64) -> u64 {
	HEADER_BYTES + geometry(size).outboard_size()
}

/// Bytes of a group.
pub(super) fn group_range(size: u64, group: u64) -> Range<u64> {
	let start = group * GROUP_BYTES;
	start..(start + GROUP_BYTES).min(size)
}

/// Groups of a range.
pub(super) fn groups_of(range: &Range<u64>) -> Range<u64> {
	let first = range.start / GROUP_BYTES;
	first..range.end.div_ceil(GROUP_BYTES).max(first + 1)
}

/// Size in the head of the file `tree`.
pub(super) fn size_in(head: [u8; HEADER_BYTES as usize]) -> u64 {
	u64::from_le_bytes(head)
}

fn geometry(size: u64) -> BaoTree {
	BaoTree::new(size, GROUP)
}

/// The range as bao takes it, if it is one.
fn chunk_ranges(size: u64, range: &Range<u64>) -> super::Result<ChunkRanges> {
	let whole_groups = range.start.is_multiple_of(GROUP_BYTES)
		&& (range.end.is_multiple_of(GROUP_BYTES) || range.end == size);
	let length = range.end.saturating_sub(range.start);
	let allowed = (1..=MAX_RANGE_BYTES).contains(&length) || (size == 0 && *range == (0..0));
	if !(whole_groups && allowed && range.end <= size) {
		return Err(super::Error::InvalidRange { range: range.clone(), size });
	}
	if range.end == size {
		// Open, so that the last group counts as whole however long it is.
		return Ok(ChunkRanges::from(ChunkNum::full_chunks(range.start)..));
	}
	Ok(ChunkRanges::from(ChunkNum::full_chunks(range.start)..ChunkNum::full_chunks(range.end)))
}

/// Hash of a group within a tree, or of the blob if it has only this group.
fn group_hash(group: u64, bytes: &[u8], only: bool) -> Hash {
	if only {
		return blob_hash(bytes);
	}
	let mut hasher = blake3::Hasher::new();
	hasher.set_input_offset(group * GROUP_BYTES);
	hasher.update(bytes);
	hasher.finalize_non_root()
}

fn parent_hash(left: &Hash, right: &Hash, is_root: bool) -> Hash {
	if is_root {
		hazmat::merge_subtrees_root(left, right, Mode::Hash).into()
	} else {
		hazmat::merge_subtrees_non_root(left, right, Mode::Hash)
	}
}

/// Takes a blob in order and makes its tree.
#[derive(Debug, Default)]
pub(super) struct TreeBuilder {
	groups: Vec<Hash>,
	/// Hash of the first group as if there were no other.
	only: Option<Hash>,
	size: u64,
}

impl TreeBuilder {
	/// Takes the next bytes: whole groups, except at the end.
	pub(super) fn update(&mut self, bytes: &[u8]) {
		for group in bytes.chunks(GROUP_BYTES as usize) {
			if self.groups.is_empty() {
				self.only = Some(blob_hash(group));
			}
			self.groups.push(group_hash(self.groups.len() as u64, group, false));
			self.size += group.len() as u64;
		}
	}

	/// Returns the name of the blob and the content of its file `tree`.
	pub(super) fn finish(self) -> (Hash, Vec<u8>) {
		let tree = geometry(self.size);
		let mut file = vec![0; tree_bytes(self.size) as usize];
		file[..HEADER_BYTES as usize].copy_from_slice(&self.size.to_le_bytes());
		let mut stack: Vec<Hash> = Vec::new();
		for item in tree.post_order_chunks_iter() {
			let hash = match item {
				BaoChunk::Leaf { is_root: true, .. } => self.only.unwrap_or_else(|| blob_hash(b"")),
				BaoChunk::Leaf { start_chunk, .. } => {
					self.groups[(start_chunk.to_bytes() / GROUP_BYTES) as usize]
				},
				BaoChunk::Parent { node, is_root, .. } => {
					let (Some(right), Some(left)) = (stack.pop(), stack.pop()) else {
						unreachable!("children come before their parent")
					};
					if let Some(offset) = pair_offset(&tree, node) {
						let pair = &mut file[offset as usize..][..PAIR_BYTES as usize];
						pair[..32].copy_from_slice(&left);
						pair[32..].copy_from_slice(&right);
					}
					parent_hash(&left, &right, is_root)
				},
			};
			stack.push(hash);
		}
		let hash = stack.pop().unwrap_or_else(|| blob_hash(b""));
		(hash, file)
	}
}

/// Where the pair of a node is in the file `tree`.
fn pair_offset(tree: &BaoTree, node: TreeNode) -> Option<u64> {
	tree.pre_order_offset(node).map(|pair| HEADER_BYTES + pair * PAIR_BYTES)
}

/// Tree of a blob, not necessarily whole.
#[derive(Debug)]
pub(super) struct Tree {
	outboard: PreOrderMemOutboard<Vec<u8>>,
}

impl Tree {
	/// The tree in the content of a file `tree`, without its header. `None` if the length is wrong.
	pub(super) fn new(hash: &Hash, size: u64, pairs: Vec<u8>) -> Option<Tree> {
		let tree = geometry(size);
		(pairs.len() as u64 == tree.outboard_size()).then(|| Tree {
			outboard: PreOrderMemOutboard { root: (*hash).into(), tree, data: pairs },
		})
	}

	pub(super) fn size(&self) -> u64 {
		self.outboard.tree.size()
	}

	/// Hashes of all groups, if the whole tree belongs to the name.
	pub(super) fn group_hashes(&self) -> Option<GroupHashes> {
		let tree = &self.outboard.tree;
		let mut stack: Vec<Hash> = vec![self.outboard.root.into()];
		let mut hashes = Vec::with_capacity(tree.blocks() as usize);
		for item in tree.ranges_pre_order_chunks_iter_ref(&ChunkRanges::all(), 0) {
			let expected = stack.pop()?;
			match item {
				BaoChunk::Leaf { .. } => hashes.push(expected),
				BaoChunk::Parent { node, is_root, .. } => {
					let offset = (pair_offset(tree, node)? - HEADER_BYTES) as usize;
					let pair = self.outboard.data.get(offset..offset + PAIR_BYTES as usize)?;
					let left: Hash = pair[..32].try_into().ok()?;
					let right: Hash = pair[32..].try_into().ok()?;
					if parent_hash(&left, &right, is_root) != expected {
						return None;
					}
					stack.push(right);
					stack.push(left);
				},
			}
		}
		Some(GroupHashes { hashes, size: self.size() })
	}

	/// Encoding of a range: the nodes that prove it and its bytes, in pre-order. Everything is
	/// verified on the way.
	pub(super) fn encode(&self, data: &File, range: &Range<u64>) -> Result<Vec<u8>, EncodeFailure> {
		let ranges = chunk_ranges(self.size(), range).map_err(EncodeFailure::Range)?;
		let capacity = encoded_bytes(self.size(), range).map_err(EncodeFailure::Range)?;
		let mut encoded = Vec::with_capacity(capacity as usize);
		match encode_ranges_validated(data, self.borrowed(), &ranges, &mut encoded) {
			Ok(()) => Ok(encoded),
			// A file that is too short is damaged too.
			Err(EncodeError::Io(error)) if error.kind() != io::ErrorKind::UnexpectedEof => {
				Err(EncodeFailure::Io(error))
			},
			Err(_) => Err(EncodeFailure::Damaged),
		}
	}

	fn borrowed(&self) -> PreOrderMemOutboard<&[u8]> {
		let PreOrderMemOutboard { root, tree, data } = &self.outboard;
		PreOrderMemOutboard { root: *root, tree: *tree, data }
	}
}

/// Why a range cannot be encoded.
pub(super) enum EncodeFailure {
	/// It is no range.
	Range(super::Error),
	/// The bytes on disk are not those of the name, or not there.
	Damaged,
	/// They cannot be read.
	Io(io::Error),
}

/// Hashes of all groups of a blob, verified against its name.
#[derive(Debug)]
pub(super) struct GroupHashes {
	hashes: Vec<Hash>,
	size: u64,
}

impl GroupHashes {
	/// Says whether `bytes` are the group.
	pub(super) fn verifies(&self, group: u64, bytes: &[u8]) -> bool {
		let range = group_range(self.size, group);
		bytes.len() as u64 == range.end - range.start
			&& self.hashes.get(group as usize).is_some_and(|expected| {
				group_hash(group, bytes, self.hashes.len() == 1) == *expected
			})
	}
}

/// A verified range: what goes where in `data` and in `tree`.
pub(super) struct Decoded {
	/// Bytes of the range.
	pub(super) bytes: Vec<u8>,
	/// Pairs of hashes with their offsets in the file `tree`.
	pub(super) pairs: Vec<(u64, [u8; PAIR_BYTES as usize])>,
}

/// Verifies the encoding of a range. `None` if it is not that of this blob.
pub(super) fn decode(
	hash: &Hash,
	size: u64,
	range: &Range<u64>,
	mut encoded: &[u8],
) -> super::Result<Option<Decoded>> {
	let ranges = chunk_ranges(size, range)?;
	if encoded_bytes(size, range)? != encoded.len() as u64 {
		return Ok(None);
	}
	let tree = geometry(size);
	let mut bytes = Vec::with_capacity((range.end - range.start) as usize);
	let mut pairs = Vec::new();
	for item in DecodeResponseIter::new((*hash).into(), tree, encoded.by_ref(), &ranges) {
		match item {
			Ok(BaoContentItem::Parent(parent)) => {
				if let Some(offset) = pair_offset(&tree, parent.node) {
					let mut pair = [0; PAIR_BYTES as usize];
					pair[..32].copy_from_slice(parent.pair.0.as_bytes());
					pair[32..].copy_from_slice(parent.pair.1.as_bytes());
					pairs.push((offset, pair));
				}
			},
			Ok(BaoContentItem::Leaf(leaf)) if leaf.offset == range.start + bytes.len() as u64 => {
				bytes.extend_from_slice(&leaf.data)
			},
			Ok(BaoContentItem::Leaf(_)) | Err(_) => return Ok(None),
		}
	}
	let whole = bytes.len() as u64 == range.end - range.start && encoded.is_empty();
	Ok(whole.then_some(Decoded { bytes, pairs }))
}
