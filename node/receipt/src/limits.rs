//! Limits of a receipt. What is above one of them is refused before it costs more than being read.

/// Longest file, in bytes. A node answers with at most 15 MiB.
pub const MAX_FILE_BYTES: usize = 16 << 20;
/// Most headers with justifications: changes of the authority set, and the proven block.
pub const MAX_FRAGMENTS: usize = 8_192;
/// Most authorities of a set. The chain has a tenth of it.
pub const MAX_AUTHORITIES: usize = 1_000;
/// Most votes of a justification: two of each authority, where all of them equivocate.
pub const MAX_PRECOMMITS: usize = 2 * MAX_AUTHORITIES;
/// Most headers between the lowest and the highest vote of a justification.
pub const MAX_ANCESTRY: usize = 1_024;
/// Most digest items of a header. The chain's have five at most.
pub const MAX_DIGEST_ITEMS: u32 = 64;
/// Most trie nodes of a storage proof.
pub const MAX_PROOF_NODES: usize = 1_024;
