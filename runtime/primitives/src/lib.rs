//! Types, digests and signing payloads that the runtime, the node and the client share.
//!
//! Everything here is a wire format: codec indices and digest domains are pinned by tests.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{crypto::KeyTypeId, ConstU32, H256};
use sp_runtime::{
	traits::{IdentifyAccount, Verify},
	BoundedVec, MultiSignature,
};

/// Signature of an extrinsic.
pub type Signature = MultiSignature;
/// Account of the chain.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// Balance in planck; one OPG is 10^18 planck.
pub type Balance = u128;
/// Block height.
pub type BlockNumber = u32;
/// Transaction index of an account.
pub type Nonce = u32;
/// Chain-assigned request number.
pub type RequestId = u64;
/// Chain-assigned number of a model version.
pub type ModelId = u32;
/// Round of a request: 0 is the first committee, 1 the escalation, 2 and 3 are juries.
pub type RoundIndex = u8;
/// The engine's deterministic count of work.
pub type Fuel = u64;

/// Longest encoded input that a request carries on-chain, in bytes.
pub const MAX_INPUT_BYTES: u32 = 16 * 1024;
/// Longest encoded output that a result carries on-chain, in bytes.
pub const MAX_OUTPUT_BYTES: u32 = 4 * 1024;

/// Most symbolic dimensions that a model version binds.
pub const MAX_DIMS: u32 = 16;
/// Longest name of a symbolic dimension, in bytes.
pub const MAX_DIM_NAME: u32 = 64;

/// The size of a symbolic dimension, such as `batch = 1`.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Dim {
	/// Its name in the ONNX file, UTF-8.
	pub name: BoundedVec<u8, ConstU32<MAX_DIM_NAME>>,
	/// Elements along it.
	pub size: u64,
}

/// Bindings of a model's symbolic dimensions, in the order of their names, each once.
pub type Dims = BoundedVec<Dim, ConstU32<MAX_DIMS>>;

/// An encoded list of input tensors.
pub type Input = BoundedVec<u8, ConstU32<MAX_INPUT_BYTES>>;
/// An encoded list of output tensors.
pub type Output = BoundedVec<u8, ConstU32<MAX_OUTPUT_BYTES>>;

/// Key type of the hot key with which an executor attests, and does nothing else.
pub const EXECUTOR_KEY_TYPE: KeyTypeId = KeyTypeId(*b"opgx");

/// The executor's hot key. Ed25519, because its signatures are deterministic: salts are derived from
/// them, so that an executor that restarts between commit and reveal can still reveal.
pub mod executor_key {
	mod app {
		use sp_application_crypto::{app_crypto, ed25519};
		app_crypto!(ed25519, crate::EXECUTOR_KEY_TYPE);
	}
	/// Public hot key.
	pub type ExecutorKey = app::Public;
	/// Signature by a hot key.
	pub type ExecutorSignature = app::Signature;
	#[cfg(feature = "std")]
	/// Key pair of a hot key.
	pub type ExecutorPair = app::Pair;
}
pub use executor_key::{ExecutorKey, ExecutorSignature};

/// Why a model did not produce an output. Deterministic: every honest executor reports the same.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub enum ModelError {
	/// The file is not a model that the engine accepts.
	#[codec(index = 0)]
	BadModel,
	/// The input does not decode, or does not fit the model's inputs.
	#[codec(index = 1)]
	BadInput,
	/// The fuel limit of the model was used up.
	#[codec(index = 2)]
	OutOfFuel,
	/// The memory limit was reached.
	#[codec(index = 3)]
	OutOfMemory,
	/// The engine trapped.
	#[codec(index = 4)]
	Trapped,
	/// The output is longer than [`MAX_OUTPUT_BYTES`].
	#[codec(index = 5)]
	OutputTooLarge,
}

/// What running a model on an input gives.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum Outcome {
	/// The encoded output tensors.
	#[codec(index = 0)]
	Output(Output),
	/// The model fails on this input.
	#[codec(index = 1)]
	Error(ModelError),
}

/// How much assurance a requester pays for.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub enum Tier {
	/// One executor; audited at random; can be challenged.
	#[codec(index = 0)]
	Optimistic,
	/// Three executors that agree; can be challenged.
	#[codec(index = 1)]
	Quorum,
	/// Seven executors, of whom five agree and none dissents, drawn by the randomness of several
	/// blocks; can be challenged.
	#[codec(index = 2)]
	High,
}

/// An outcome and the fuel it took. Both are compared.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Answer {
	/// Output or error.
	pub outcome: Outcome,
	/// Fuel used, load and run together.
	pub fuel: Fuel,
}

impl Answer {
	/// The digest by which answers are compared.
	pub fn digest(&self) -> H256 {
		hash(b"opg/answer/v1", self)
	}
}

/// What a commitment is bound to besides the answer.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct Binding<AccountId> {
	/// Genesis hash of the chain.
	pub genesis: H256,
	/// The request.
	pub request: RequestId,
	/// The round of the request.
	pub round: RoundIndex,
	/// Who commits.
	pub executor: AccountId,
	/// Content hash of the model file.
	pub model: H256,
	/// Engine id.
	pub engine: H256,
	/// Digest of the input.
	pub input: H256,
}

/// The commitment to `answer` under `binding`, hidden by `salt`.
pub fn commitment<A: Encode>(binding: &Binding<A>, answer: &Answer, salt: &[u8; 32]) -> H256 {
	hash(b"opg/commit/v1", &(binding, answer.digest(), answer.fuel, salt))
}

/// Digest of an encoded input.
pub fn input_digest(input: &[u8]) -> H256 {
	hash(b"opg/input/v1", &input)
}

/// Content hash of a model file: plain BLAKE2b-256, so that any tool can compute it.
pub fn model_hash(file: &[u8]) -> H256 {
	H256(sp_io::hashing::blake2_256(file))
}

fn hash(domain: &[u8], value: &impl Encode) -> H256 {
	H256(sp_io::hashing::blake2_256(&(domain, value).encode()))
}

/// What a hot key signs when it is registered, so that nobody registers a key of another.
pub fn possession_payload<A: Encode>(genesis: &H256, operator: &A) -> Vec<u8> {
	(b"opg/possession/v1", genesis, operator).encode()
}

/// What a hot key signs under a batch of commitments or reveals.
pub fn batch_payload<B: Encode>(kind: BatchKind, genesis: &H256, batch: &B) -> Vec<u8> {
	(b"opg/batch/v1", kind, genesis, batch).encode()
}

/// Which batch a signature is for.
#[derive(Clone, Copy, Encode)]
pub enum BatchKind {
	/// Commitments.
	#[codec(index = 0)]
	Commit,
	/// Reveals.
	#[codec(index = 1)]
	Reveal,
	/// Seats given up.
	#[codec(index = 2)]
	Decline,
}

/// One unit of work for the engine. Equal keys mean equal work.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub struct Job {
	/// Request and round: what the node files the work under.
	pub request: RequestId,
	/// The round.
	pub round: RoundIndex,
	/// Content hash of the model.
	pub model: H256,
	/// Engine id that must run it.
	pub engine: H256,
	/// Sizes of the model's symbolic dimensions.
	pub dims: Dims,
	/// Encoded input tensors.
	pub input: Vec<u8>,
	/// Fuel limit of load and run together.
	pub fuel_limit: Fuel,
}

impl Job {
	/// Identifies the job; changes with everything that the answer depends on.
	pub fn key(&self) -> H256 {
		hash(b"opg/job/v1", self)
	}

	/// Identifies the model with its bindings on its engine: what can stay loaded between jobs.
	pub fn model_key(&self) -> H256 {
		hash(b"opg/job-model/v1", &(self.model, self.engine, &self.dims))
	}
}

/// Why the node cannot answer now. Local to the node: never attested.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub enum Unavailable {
	/// No engine is attached to this call.
	#[codec(index = 0)]
	NoEngine,
	/// The queue is full; try at a later block.
	#[codec(index = 1)]
	QueueFull,
	/// The model file is not in this node's store.
	#[codec(index = 2)]
	ModelMissing,
	/// The engine that the model names is not in this node's store.
	#[codec(index = 3)]
	EngineMissing,
	/// The node failed in a way that says nothing about the model.
	#[codec(index = 4)]
	Internal,
}

/// Where a job stands.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub enum JobStatus {
	/// Waiting or running.
	#[codec(index = 0)]
	Pending,
	/// Finished.
	#[codec(index = 1)]
	Done(Answer),
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn commitment_should_change_with_every_part_it_binds() {
		let binding = Binding {
			genesis: H256::repeat_byte(1),
			request: 1,
			round: 0,
			executor: 7u64,
			model: H256::repeat_byte(2),
			engine: H256::repeat_byte(3),
			input: H256::repeat_byte(4),
		};
		let answer = Answer { outcome: Outcome::Error(ModelError::Trapped), fuel: 9 };
		let base = commitment(&binding, &answer, &[0; 32]);
		let other = H256::repeat_byte(9);
		let changed = [
			commitment(&Binding { genesis: other, ..binding.clone() }, &answer, &[0; 32]),
			commitment(&Binding { request: 2, ..binding.clone() }, &answer, &[0; 32]),
			commitment(&Binding { round: 1, ..binding.clone() }, &answer, &[0; 32]),
			commitment(&Binding { executor: 8, ..binding.clone() }, &answer, &[0; 32]),
			commitment(&Binding { model: other, ..binding.clone() }, &answer, &[0; 32]),
			commitment(&Binding { engine: other, ..binding.clone() }, &answer, &[0; 32]),
			commitment(&Binding { input: other, ..binding.clone() }, &answer, &[0; 32]),
			commitment(&binding, &Answer { fuel: 10, ..answer.clone() }, &[0; 32]),
			commitment(
				&binding,
				&Answer { outcome: Outcome::Error(ModelError::BadInput), fuel: 9 },
				&[0; 32],
			),
			commitment(&binding, &answer, &[1; 32]),
		];
		assert!(changed.iter().all(|c| *c != base));
	}

	#[test]
	fn wire_format_should_stay_as_pinned() {
		assert_eq!(Outcome::Error(ModelError::OutputTooLarge).encode(), [1, 5]);
		assert_eq!(Err::<JobStatus, _>(Unavailable::ModelMissing).encode(), [1, 2]);
		assert_eq!(EXECUTOR_KEY_TYPE.0, *b"opgx");
	}
}
