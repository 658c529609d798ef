//! Evidence that machines compute alike: digests of the answers to pinned tasks, and what a hot key signs
//! under one.

use crate::{digest::hash, domains};
use alloc::vec::Vec;
use codec::Encode;
use sp_core::H256;

/// Digest of the answers to all tasks of the nomination of an engine, in their order. It names the engine
/// and the tasks, so that what was computed for another nomination is another digest.
pub fn evidence_digest<T: Encode>(engine_id: &H256, tasks: &[T], answers: &[H256]) -> H256 {
	hash(domains::EVIDENCE, &(engine_id, tasks, answers))
}

/// Payload that a hot key signs under a digest. `block` is the hash of the block that the call names: a
/// call of one fork is of no use on another.
pub fn statement_payload<C: Encode>(genesis: &H256, block: &H256, call: &C) -> Vec<u8> {
	(domains::STATEMENT, genesis, block, call).encode()
}

/// Number below `count` of the canary of a session.
pub fn canary_index(randomness: &H256, session: u32, count: u32) -> Option<u32> {
	let drawn = hash(domains::CANARY, &(randomness, session));
	let number = u64::from_le_bytes(drawn.0[..8].try_into().ok()?);
	let index = number.checked_rem(count.into())?;
	u32::try_from(index).ok()
}

#[cfg(test)]
mod tests {
	use super::*;

	const ONE: H256 = H256::repeat_byte(1);
	const TWO: H256 = H256::repeat_byte(2);

	#[test]
	fn digest_should_change_with_engine_tasks_and_answers() {
		let base = evidence_digest(&ONE, &[1u8], &[ONE]);
		let others = [
			evidence_digest(&TWO, &[1u8], &[ONE]),
			evidence_digest(&ONE, &[2u8], &[ONE]),
			evidence_digest(&ONE, &[1u8], &[TWO]),
			evidence_digest(&ONE, &[1u8], &[ONE, ONE]),
		];
		assert!(others.iter().all(|other| *other != base));
	}

	#[test]
	fn payload_should_change_when_chain_fork_or_call_does() {
		let base = statement_payload(&ONE, &ONE, &0u8);
		let changed = [
			statement_payload(&TWO, &ONE, &0u8),
			statement_payload(&ONE, &TWO, &0u8),
			statement_payload(&ONE, &ONE, &1u8),
		];
		assert!(changed.iter().all(|payload| *payload != base));
	}

	#[test]
	fn wire_format_should_not_change() {
		let mut bytes = vec![16 << 2];
		bytes.extend(b"opg/statement/v1");
		bytes.extend([1; 32]);
		bytes.extend([2; 32]);
		bytes.push(5);
		assert_eq!(statement_payload(&ONE, &TWO, &5u8), bytes);
		let mut bytes = vec![15 << 2];
		bytes.extend(b"opg/evidence/v1");
		bytes.extend([1; 32]);
		bytes.extend([4, 7, 4]);
		bytes.extend([2; 32]);
		let expected = H256(sp_io::hashing::blake2_256(&bytes));
		assert_eq!(evidence_digest(&ONE, &[7u8], &[TWO]), expected);
	}

	#[test]
	fn each_canary_should_have_its_turn() {
		assert_eq!(canary_index(&ONE, 0, 0), None);
		let mut drawn: Vec<_> = (0..64).filter_map(|s| canary_index(&ONE, s, 4)).collect();
		assert_eq!(drawn.len(), 64);
		drawn.sort_unstable();
		drawn.dedup();
		assert_eq!(drawn, [0, 1, 2, 3]);
		assert_ne!(
			(0..64).map(|s| canary_index(&ONE, s, 4)).collect::<Vec<_>>(),
			(0..64).map(|s| canary_index(&TWO, s, 4)).collect::<Vec<_>>()
		);
	}
}
