//! Types that the runtime, the node and the client share. Codec indices are a wire format.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{ConstU32, H256};
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
/// Round of a request: 0 is the first committee, 1 the larger one after silence, 2 an audit.
pub type RoundIndex = u8;
/// Work of an inference, as the engine counts it: the same on every machine.
pub type Fuel = u64;

/// Longest encoded input that a request carries on-chain, in bytes.
pub const MAX_INPUT_BYTES: u32 = 16 * 1024;
/// Longest encoded output that a result carries on-chain, in bytes.
pub const MAX_OUTPUT_BYTES: u32 = 4 * 1024;

/// Longest encoded input or output outside of the chain, in bytes.
pub const MAX_CONTENT_BYTES: u32 = 64 << 20;

/// Most symbolic dimensions that a model version binds.
pub const MAX_DIMS: u32 = 16;
/// Longest name of a symbolic dimension, in bytes.
pub const MAX_DIM_NAME: u32 = 64;

/// Size of a symbolic dimension, such as `batch = 1`.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Dim {
	/// Name in the ONNX file, UTF-8.
	pub name: BoundedVec<u8, ConstU32<MAX_DIM_NAME>>,
	/// Number of elements along it.
	pub size: u64,
}

/// Bindings of a model's symbolic dimensions, in the order of their names, each once.
pub type Dims = BoundedVec<Dim, ConstU32<MAX_DIMS>>;

/// Encoded list of input tensors.
pub type Input = BoundedVec<u8, ConstU32<MAX_INPUT_BYTES>>;
/// Encoded list of output tensors.
pub type Output = BoundedVec<u8, ConstU32<MAX_OUTPUT_BYTES>>;

/// Encoded tensors outside of the chain: an input longer than [`MAX_INPUT_BYTES`], or an output longer
/// than [`MAX_OUTPUT_BYTES`].
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
pub struct Content {
	/// BLAKE3-256 of the bytes.
	pub hash: H256,
	/// Number of bytes.
	pub size: u32,
}

/// Failure of a model on an input. Deterministic: every honest executor reports the same.
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
#[scale_info(capture_docs = "always")]
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
	/// The output is longer than the version's limit.
	#[codec(index = 5)]
	OutputTooLarge,
}

/// Result of running a model on an input.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum Outcome {
	/// Encoded output tensors.
	#[codec(index = 0)]
	Output(Output),
	/// The model fails on this input.
	#[codec(index = 1)]
	Error(ModelError),
	/// Encoded output tensors that are longer than [`MAX_OUTPUT_BYTES`].
	#[codec(index = 2)]
	Stored(Content),
}

impl Outcome {
	/// Tells whether its output is no longer than the limit of its version, and outside of the chain
	/// only where it is too long for it.
	pub fn has_valid_size(&self, limit: u32) -> bool {
		match self {
			Self::Output(output) => output.len() as u32 <= limit,
			Self::Error(_) => true,
			Self::Stored(content) => content.size > MAX_OUTPUT_BYTES && content.size <= limit,
		}
	}
}

/// Assurance that a requester pays for.
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

/// Outcome of a task and the fuel that it took. Both are compared.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Answer {
	/// Output or error.
	pub outcome: Outcome,
	/// Fuel of load and run together.
	pub fuel: Fuel,
}

/// Cause of a request's end without an attested answer. The fee is refunded, but for that of storing
/// an input.
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
#[scale_info(capture_docs = "always")]
pub enum FailureReason {
	/// Fewer executors can be drawn than a committee needs.
	#[codec(index = 0)]
	NotEnoughExecutors,
	/// Too few of the last committee committed.
	#[codec(index = 1)]
	NotEnoughCommitments,
	/// Too few of the last committee revealed.
	#[codec(index = 2)]
	NotEnoughReveals,
	// 3 is retired, as 8 and 9 below.
	/// No block had room for the draw, or most of the last committee that did not commit had too much
	/// to do.
	#[codec(index = 4)]
	Congested,
	/// Most of the last committee that did not commit does not have the model file.
	#[codec(index = 5)]
	ModelUnavailable,
	/// Too few of the last committee committed; more of the others declined than were silent, and
	/// most of them neither for want of the model file nor for too much to do. Usually they lack the
	/// engine.
	#[codec(index = 6)]
	EngineUnavailable,
	/// The requester cancelled it.
	#[codec(index = 7)]
	Cancelled,
	// 8 and 9 are retired: no request that ended has one of them.
	/// The court sat twice and did not decide.
	#[codec(index = 10)]
	Undecided,
	/// The deadline that the requester set passed before an answer was attested.
	#[codec(index = 11)]
	Expired,
	/// Too few validators held the input in time. Its storage fee is burned.
	#[codec(index = 12)]
	InputUnavailable,
	/// Too few validators held the output that executors agreed on in time.
	#[codec(index = 13)]
	OutputUnavailable,
}
