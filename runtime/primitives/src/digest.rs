//! Digests, commitments and signed payloads. Their bytes are pinned by `vectors/`.

use crate::{domains, Answer, RequestId, RoundIndex};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use scale_info::TypeInfo;
use sp_core::H256;

impl Answer {
	/// Digest by which answers are compared.
	pub fn digest(&self) -> H256 {
		hash(domains::ANSWER, self)
	}
}

/// Everything that a commitment is bound to besides the answer.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct CommitmentContext<AccountId> {
	/// Genesis hash of the chain.
	pub genesis: H256,
	/// Number of the request.
	pub request: RequestId,
	/// Round of the request.
	pub round: RoundIndex,
	/// Seed of the round's draw: another one on another fork.
	pub seed: H256,
	/// Operator that commits.
	pub executor: AccountId,
	/// Content hash of the model file.
	pub model_hash: H256,
	/// Id of the engine.
	pub engine_id: H256,
	/// Digest of the input.
	pub input_hash: H256,
}

/// Commitment to `answer` and `witness` in `context`, hidden by `salt`. The witness is the digest of
/// the intermediate tensors that the seed in `context` names; only audits have one.
pub fn commitment<A: Encode>(
	context: &CommitmentContext<A>,
	answer: &Answer,
	witness: Option<H256>,
	salt: &[u8; 32],
) -> H256 {
	hash(domains::COMMIT, &(context, answer.digest(), answer.fuel, witness, salt))
}

/// Digest of an encoded input.
pub fn input_hash(input: &[u8]) -> H256 {
	hash(domains::INPUT, &input)
}

/// Payload that a hot key signs when it is registered, so that nobody registers another's key.
pub fn possession_payload<A: Encode>(genesis: &H256, operator: &A) -> Vec<u8> {
	(domains::POSSESSION, genesis, operator).encode()
}

/// Payload that a hot key signs under a batch. `block` is the hash of the block that the batch names:
/// a batch of one fork is of no use on another.
pub fn batch_payload<B: Encode>(
	kind: BatchKind,
	genesis: &H256,
	block: &H256,
	batch: &B,
) -> Vec<u8> {
	(domains::BATCH, kind, genesis, block, batch).encode()
}

/// Kind of a signed batch.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum BatchKind {
	/// Commitments.
	#[codec(index = 0)]
	Commit,
	/// Reveals.
	#[codec(index = 1)]
	Reveal,
	/// Declined seats.
	#[codec(index = 2)]
	Decline,
}

/// BLAKE2b-256 of a domain separator and a value, both SCALE-encoded.
pub(crate) fn hash(domain: &[u8], value: &impl Encode) -> H256 {
	H256(sp_io::hashing::blake2_256(&(domain, value).encode()))
}
