//! Content hashes: names of models, engines, inputs, outputs and reports.

use blake2::{digest::consts::U32, Blake2b, Digest};

/// BLAKE2b-256 of `bytes`: the name of a model file or an engine on the chain, and the digest of
/// an output or a report.
pub fn content_hash(bytes: &[u8]) -> [u8; 32] {
	Blake2b::<U32>::digest(bytes).into()
}
