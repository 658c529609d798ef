//! What a hot key signs to watch others' answers: tickets, and challenges with the operator's pool as
//! the bond.

use crate::RequestId;
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_core::H256;

/// Call of an executor that challenges with its pool as the bond.
pub const POOL_CALL: &[u8] = b"opg/pool-call/v1";
/// Ticket that decides whether a node computes an answer again.
pub const WATCH: &[u8] = b"opg/watch/v1";

/// Kind of a signed call.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum PoolCallKind {
	/// Challenge of an answer.
	#[codec(index = 0)]
	Challenge,
	/// Claim behind a challenge.
	#[codec(index = 1)]
	Claim,
}

/// Payload that a hot key signs under a call. `block` is the hash of the block that the call names: a
/// call of one fork is of no use on another.
pub fn pool_call_payload<C: Encode>(
	kind: PoolCallKind,
	genesis: &H256,
	block: &H256,
	call: &C,
) -> Vec<u8> {
	(POOL_CALL, kind, genesis, block, call).encode()
}

/// Payload whose signature by a hot key is the ticket of an answer. Nobody else knows it, so nobody
/// else knows which answers are watched. `seed` is that of the round which gave the answer.
pub fn watch_payload(genesis: &H256, request: RequestId, seed: &H256) -> Vec<u8> {
	(WATCH, genesis, request, seed).encode()
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn payload_should_change_when_kind_chain_fork_or_call_does() {
		let (one, two) = (H256::repeat_byte(1), H256::repeat_byte(2));
		let base = pool_call_payload(PoolCallKind::Challenge, &one, &one, &0u8);
		let changed = [
			pool_call_payload(PoolCallKind::Claim, &one, &one, &0u8),
			pool_call_payload(PoolCallKind::Challenge, &two, &one, &0u8),
			pool_call_payload(PoolCallKind::Challenge, &one, &two, &0u8),
			pool_call_payload(PoolCallKind::Challenge, &one, &one, &1u8),
		];
		assert!(changed.iter().all(|payload| *payload != base));
	}

	#[test]
	fn wire_format_should_not_change() {
		// Domains are length-prefixed byte slices; integers are little-endian.
		let mut bytes = vec![16 << 2];
		bytes.extend(b"opg/pool-call/v1");
		bytes.push(1);
		bytes.extend([1; 32]);
		bytes.extend([2; 32]);
		bytes.push(5);
		let (genesis, block) = (H256::repeat_byte(1), H256::repeat_byte(2));
		assert_eq!(pool_call_payload(PoolCallKind::Claim, &genesis, &block, &5u8), bytes);

		let mut bytes = vec![12 << 2];
		bytes.extend(b"opg/watch/v1");
		bytes.extend([1; 32]);
		bytes.extend(7u64.to_le_bytes());
		bytes.extend([2; 32]);
		assert_eq!(watch_payload(&genesis, 7, &block), bytes);
	}
}
