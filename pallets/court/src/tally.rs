//! Tally: decides a sitting from its votes alone.

use alloc::collections::BTreeMap;
use sp_core::H256;

/// Digest that more than half of a bench of `seats` gave, and at least twice as many as gave any
/// other.
///
/// Votes are counted against the whole bench, so that a minority which chooses its moment convicts
/// nobody. Two to one leaves a bench undecided that an engine which is not exact has split.
pub fn decide(seats: u32, votes: impl IntoIterator<Item = H256>) -> Option<H256> {
	let mut counts = BTreeMap::<H256, u32>::new();
	for digest in votes {
		*counts.entry(digest).or_default() += 1;
	}
	let (digest, most) = counts.iter().max_by_key(|(_, count)| **count)?;
	let is_clear = counts.iter().all(|(other, count)| other == digest || *most >= 2 * count);
	(2 * most > seats && is_clear).then_some(*digest)
}
