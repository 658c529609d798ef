//! The court's key, commitments and signed payloads.

use crate::{digest::hash, RequestId, RoundIndex};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_core::{crypto::KeyTypeId, H256};

/// Key type of the key with which a validator votes in the court, and does nothing else.
pub const COURT_KEY_TYPE: KeyTypeId = KeyTypeId(*b"opgc");

/// Commitment to a vote.
pub const COURT_COMMIT: &[u8] = b"opg/court-commit/v2";
/// Batch of commitments or revealed votes.
pub const COURT_BATCH: &[u8] = b"opg/court-batch/v1";
/// Batch of declarations that a store holds models, or does not.
pub const COURT_DECLARE: &[u8] = b"opg/court-declare/v1";
/// Batch of statements that a store holds inputs and outputs outside of the chain.
pub const COURT_HOLD: &[u8] = b"opg/court-hold/v1";
/// Seed of the draw of a panel.
pub const COURT_PANEL: &[u8] = b"opg/court-panel/v1";
/// Seed of a second sitting.
pub const COURT_SECOND_SEED: &[u8] = b"opg/court-second-seed/v1";
/// Salt of a commitment to a vote, derived from the validator's court key.
pub const COURT_SALT: &[u8] = b"opg/court-salt/v1";

/// Round of the jobs of the court's last sitting. Committees have smaller ones.
pub const COURT_ROUNDS_FROM: RoundIndex = RoundIndex::MAX - 1;

/// Round of the jobs that a node computes for a sitting of the court.
pub const fn court_round(sitting: u8) -> RoundIndex {
	RoundIndex::MAX.saturating_sub(sitting)
}

/// The court key. Ed25519, because its signatures are deterministic: salts are derived from them, so
/// that a validator that restarts between commit and reveal can still reveal.
pub mod court_key {
	mod app {
		use sp_application_crypto::{app_crypto, ed25519};
		app_crypto!(ed25519, crate::court::COURT_KEY_TYPE);
	}
	/// Public court key.
	pub type CourtKey = app::Public;
	/// Signature by a court key.
	pub type CourtSignature = app::Signature;
	#[cfg(feature = "std")]
	/// Key pair of a court key.
	pub type CourtPair = app::Pair;
}
pub use court_key::{CourtKey, CourtSignature};

/// Everything that a commitment to a vote is bound to besides the vote.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct VoteContext<AccountId> {
	/// Genesis hash of the chain.
	pub genesis: H256,
	/// Number of the request.
	pub request: RequestId,
	/// Sitting of the court: 0, or 1 after an undecided one.
	pub sitting: u8,
	/// Seed of the disputed round, or [`second_seed`] of it: another one on another fork.
	pub seed: H256,
	/// Validator that votes.
	pub validator: AccountId,
}

/// Commitment to a vote for the answer with this digest, hidden by `salt`. `witness` is the digest
/// of the intermediate tensors that the seed of the context names: only who computes has it.
pub fn court_commitment<A: Encode>(
	context: &VoteContext<A>,
	digest: &H256,
	witness: &H256,
	salt: &[u8; 32],
) -> H256 {
	hash(COURT_COMMIT, &(context, digest, witness, salt))
}

/// Seed of the second sitting of a case. The witnesses for the seed of the disputed round were
/// revealed in the first: whoever copied one of them would vote as if it had computed.
pub fn second_seed(seed: &H256) -> H256 {
	hash(COURT_SECOND_SEED, seed)
}

/// Seed from which the panel of a request is drawn, of a seed that nobody knew before the request.
pub fn panel_seed(genesis: &H256, seed: &H256, request: RequestId) -> H256 {
	hash(COURT_PANEL, &(genesis, seed, request))
}

/// Payload that a court key signs for the salt of a commitment.
pub fn court_salt_payload<A: Encode>(context: &VoteContext<A>) -> Vec<u8> {
	(COURT_SALT, context).encode()
}

/// Kind of a signed batch.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum CourtBatchKind {
	/// Commitments.
	#[codec(index = 0)]
	Commit,
	/// Revealed votes.
	#[codec(index = 1)]
	Reveal,
	/// Declarations that a store holds models, or does not.
	#[codec(index = 2)]
	Declare,
	/// Statements that a store holds inputs and outputs outside of the chain.
	#[codec(index = 3)]
	Hold,
}

impl CourtBatchKind {
	/// Domain of the signed payload.
	fn domain(self) -> &'static [u8] {
		match self {
			Self::Commit | Self::Reveal => COURT_BATCH,
			Self::Declare => COURT_DECLARE,
			Self::Hold => COURT_HOLD,
		}
	}
}

/// Payload that a court key signs under a batch. `block` is the hash of the block that the batch
/// names: a batch of one fork is of no use on another.
pub fn court_batch_payload<B: Encode>(
	kind: CourtBatchKind,
	genesis: &H256,
	block: &H256,
	batch: &B,
) -> Vec<u8> {
	(kind.domain(), kind, genesis, block, batch).encode()
}

#[cfg(test)]
mod tests {
	use super::*;

	fn context() -> VoteContext<u64> {
		VoteContext {
			genesis: H256::repeat_byte(1),
			request: 1,
			sitting: 0,
			seed: H256::repeat_byte(2),
			validator: 7,
		}
	}

	#[test]
	fn commitment_should_change_when_any_part_that_it_binds_does() {
		let (digest, witness) = (H256::repeat_byte(3), H256::repeat_byte(4));
		let other = H256::repeat_byte(9);
		let base = court_commitment(&context(), &digest, &witness, &[0; 32]);
		let contexts = [
			VoteContext { genesis: other, ..context() },
			VoteContext { request: 2, ..context() },
			VoteContext { sitting: 1, ..context() },
			VoteContext { seed: other, ..context() },
			VoteContext { validator: 8, ..context() },
		];
		for context in contexts {
			assert_ne!(
				court_commitment(&context, &digest, &witness, &[0; 32]),
				base,
				"{context:?}"
			);
		}
		assert_ne!(court_commitment(&context(), &other, &witness, &[0; 32]), base);
		assert_ne!(court_commitment(&context(), &digest, &other, &[0; 32]), base);
		assert_ne!(court_commitment(&context(), &digest, &witness, &[1; 32]), base);
	}

	#[test]
	fn payload_should_change_when_kind_chain_fork_or_batch_does() {
		let (one, two) = (H256::repeat_byte(1), H256::repeat_byte(2));
		let base = court_batch_payload(CourtBatchKind::Commit, &one, &one, &0u8);
		let changed = [
			court_batch_payload(CourtBatchKind::Reveal, &one, &one, &0u8),
			court_batch_payload(CourtBatchKind::Declare, &one, &one, &0u8),
			court_batch_payload(CourtBatchKind::Hold, &one, &one, &0u8),
			court_batch_payload(CourtBatchKind::Commit, &two, &one, &0u8),
			court_batch_payload(CourtBatchKind::Commit, &one, &two, &0u8),
			court_batch_payload(CourtBatchKind::Commit, &one, &one, &1u8),
		];
		assert!(changed.iter().all(|payload| *payload != base));
	}

	#[test]
	fn rounds_of_the_court_should_be_apart_from_those_of_committees() {
		assert_eq!([court_round(0), court_round(1)], [255, COURT_ROUNDS_FROM]);
	}

	#[test]
	fn wire_format_should_not_change() {
		assert_eq!(COURT_KEY_TYPE.0, *b"opgc");
		// Domains are length-prefixed byte slices; integers are little-endian.
		let mut bytes = vec![19 << 2];
		bytes.extend(b"opg/court-commit/v2");
		bytes.extend([1; 32]);
		bytes.extend(1u64.to_le_bytes());
		bytes.push(0);
		bytes.extend([2; 32]);
		bytes.extend(7u64.to_le_bytes());
		bytes.extend([3; 32]);
		bytes.extend([5; 32]);
		bytes.extend([4; 32]);
		let expected = H256(sp_io::hashing::blake2_256(&bytes));
		let (digest, witness) = (H256::repeat_byte(3), H256::repeat_byte(5));
		assert_eq!(court_commitment(&context(), &digest, &witness, &[4; 32]), expected);

		let mut bytes = vec![24 << 2];
		bytes.extend(b"opg/court-second-seed/v1");
		bytes.extend([2; 32]);
		let expected = H256(sp_io::hashing::blake2_256(&bytes));
		assert_eq!(second_seed(&H256::repeat_byte(2)), expected);

		let mut bytes = vec![18 << 2];
		bytes.extend(b"opg/court-batch/v1");
		bytes.push(1);
		bytes.extend([1; 32]);
		bytes.extend([2; 32]);
		bytes.push(5);
		let (genesis, block) = (H256::repeat_byte(1), H256::repeat_byte(2));
		assert_eq!(court_batch_payload(CourtBatchKind::Reveal, &genesis, &block, &5u8), bytes);

		let mut bytes = vec![20 << 2];
		bytes.extend(b"opg/court-declare/v1");
		bytes.push(2);
		bytes.extend([1; 32]);
		bytes.extend([2; 32]);
		bytes.push(5);
		assert_eq!(court_batch_payload(CourtBatchKind::Declare, &genesis, &block, &5u8), bytes);

		let mut bytes = vec![17 << 2];
		bytes.extend(b"opg/court-hold/v1");
		bytes.push(3);
		bytes.extend([1; 32]);
		bytes.extend([2; 32]);
		bytes.push(5);
		assert_eq!(court_batch_payload(CourtBatchKind::Hold, &genesis, &block, &5u8), bytes);

		let mut bytes = vec![18 << 2];
		bytes.extend(b"opg/court-panel/v1");
		bytes.extend([1; 32]);
		bytes.extend([2; 32]);
		bytes.extend(7u64.to_le_bytes());
		let expected = H256(sp_io::hashing::blake2_256(&bytes));
		assert_eq!(panel_seed(&genesis, &block, 7), expected);
	}
}
