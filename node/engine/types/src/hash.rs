//! Names of files, and digests of what is computed.

use blake2::{digest::consts::U32, Blake2b, Digest};

/// Name of a model file or an engine, on the chain and between nodes: BLAKE3-256 of its bytes, as
/// `b3sum` prints it.
pub fn content_hash(bytes: &[u8]) -> [u8; 32] {
	blake3::hash(bytes).into()
}

/// BLAKE2b-256 of an output, a report or a tensor. Witnesses are made of it, so it is a part of what
/// an engine answers.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
	Blake2b::<U32>::digest(bytes).into()
}
