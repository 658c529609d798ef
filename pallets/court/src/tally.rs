//! Tally: decides a sitting from its votes alone.

use crate::Finding;
use alloc::collections::BTreeMap;

/// Finding of more than half of a bench of `seats`, and of at least twice as many as any other.
///
/// Votes are counted against the whole bench, so that a minority which chooses its moment convicts
/// nobody. Two to one leaves a bench undecided that an engine which is not exact has split. Who
/// copied a digest has not the witness, so its vote is not among those for the right finding.
pub fn decide(seats: u32, votes: impl IntoIterator<Item = Finding>) -> Option<Finding> {
	let mut counts = BTreeMap::<Finding, u32>::new();
	for finding in votes {
		*counts.entry(finding).or_default() += 1;
	}
	let (finding, most) = counts.iter().max_by_key(|(_, count)| **count)?;
	let is_clear = counts.iter().all(|(other, count)| other == finding || *most >= 2 * count);
	(2 * most > seats && is_clear).then_some(*finding)
}
