//! Format version 4: storage keys, and the types of the proven values.
//!
//! The types mirror those of the pallets as they were when the version was made, and never change.
//! Amounts are in planck, lengths in bytes, times in blocks of the chain's clock unless they say
//! otherwise.

use crate::primitives::{blake2_256, AccountId, Hash};
use codec::{Compact, Decode, DecodeAll, Encode};
use sp_crypto_hashing::{twox_128, twox_64};

/// Domain of the digest of an answer.
const ANSWER: &[u8] = b"opg/answer/v1";
/// Domain of the digest of an input on the chain.
const INPUT: &[u8] = b"opg/input/v1";

/// Storage keys.
pub mod keys {
	use super::*;

	/// `Grandpa.Authorities`, in the state of the genesis block.
	pub fn authorities() -> Vec<u8> {
		item("Grandpa", "Authorities")
	}

	/// Values of the proven block: the request, its input, its committees, the genesis hash, the
	/// runtime version that wrote the state, and the time of the block.
	pub fn of(request: u64) -> [Vec<u8>; 6] {
		[
			self::request(request),
			input(request),
			committees(request),
			genesis_hash(),
			runtime_version(),
			time(),
		]
	}

	/// `Inference.Requests`.
	pub(crate) fn request(id: u64) -> Vec<u8> {
		entry("Inference", "Requests", &id)
	}

	/// `Inference.Inputs`.
	pub(crate) fn input(id: u64) -> Vec<u8> {
		entry("Inference", "Inputs", &id)
	}

	/// `Attestation.Rounds`.
	pub(crate) fn committees(id: u64) -> Vec<u8> {
		entry("Attestation", "Rounds", &id)
	}

	/// `System.BlockHash` of block 0, which the chain never removes.
	pub(crate) fn genesis_hash() -> Vec<u8> {
		entry("System", "BlockHash", &0u32)
	}

	/// `System.LastRuntimeUpgrade`.
	pub(crate) fn runtime_version() -> Vec<u8> {
		item("System", "LastRuntimeUpgrade")
	}

	/// `Timestamp.Now`.
	pub(crate) fn time() -> Vec<u8> {
		item("Timestamp", "Now")
	}

	fn item(pallet: &str, name: &str) -> Vec<u8> {
		[twox_128(pallet.as_bytes()), twox_128(name.as_bytes())].concat()
	}

	/// Entry of a map with the hasher `Twox64Concat`.
	fn entry(pallet: &str, name: &str, key: &impl Encode) -> Vec<u8> {
		let key = key.encode();
		[&item(pallet, name)[..], &twox_64(&key), &key].concat()
	}
}

/// Input or output outside of the chain.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, Debug)]
pub struct Content {
	/// BLAKE3-256 of the bytes.
	pub hash: Hash,
	/// Number of bytes.
	pub size: u32,
}

/// Failure of a model on an input.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, Debug)]
#[allow(missing_docs)]
pub enum ModelError {
	#[codec(index = 0)]
	BadModel,
	#[codec(index = 1)]
	BadInput,
	#[codec(index = 2)]
	OutOfFuel,
	#[codec(index = 3)]
	OutOfMemory,
	#[codec(index = 4)]
	Trapped,
	#[codec(index = 5)]
	OutputTooLarge,
}

/// Result of running a model on an input.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub enum Outcome {
	/// Encoded output tensors.
	#[codec(index = 0)]
	Output(Vec<u8>),
	/// The model fails on this input.
	#[codec(index = 1)]
	Error(ModelError),
	/// Encoded output tensors outside of the chain.
	#[codec(index = 2)]
	Stored(Content),
}

/// Outcome of a task, and its fuel.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub struct Answer {
	/// Output or error.
	pub outcome: Outcome,
	/// Fuel of load and run together.
	pub fuel: u64,
}

impl Answer {
	/// Digest by which answers are compared.
	pub fn digest(&self) -> Hash {
		blake2_256(&(ANSWER, self).encode())
	}
}

/// Digest of an input on the chain.
pub(crate) fn input_hash(input: &[u8]) -> Hash {
	blake2_256(&(INPUT, input).encode())
}

/// Assurance that the requester paid for.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, Debug)]
pub enum Tier {
	/// One executor.
	#[codec(index = 0)]
	Optimistic,
	/// Three executors that agree.
	#[codec(index = 1)]
	Quorum,
	/// Seven executors, of whom five agree and none dissents.
	#[codec(index = 2)]
	High,
}

/// Size of a symbolic dimension.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub struct Dim {
	/// Name in the ONNX file, UTF-8.
	pub name: Vec<u8>,
	/// Number of elements along it.
	pub size: u64,
}

/// Limits of a model version.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, Debug)]
pub struct VersionLimits {
	/// Fuel of a run.
	pub fuel: u64,
	/// Fuel of loading the model.
	pub load_fuel: u64,
	/// Memory, in MiB.
	pub memory: u32,
	/// Longest encoded input.
	pub input_bytes: u32,
	/// Longest encoded output.
	pub output_bytes: u32,
}

/// Model version, as it was when the request was included.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub struct ModelVersion {
	/// Account that registered it.
	pub owner: AccountId,
	/// Content hash of the file.
	pub model_hash: Hash,
	/// Length of the file.
	pub size: u32,
	/// Id of the engine that runs it.
	pub engine_id: Hash,
	/// Sizes of its symbolic dimensions.
	pub dims: Vec<Dim>,
	/// What loading and running it may take.
	pub limits: VersionLimits,
	/// Paid to the owner.
	pub royalty: u128,
}

/// Cause of an audit.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub enum AuditOrder {
	/// Randomness of the chain.
	#[codec(index = 0)]
	Random,
	/// Account that bought it.
	#[codec(index = 1)]
	Bought {
		/// Account that bought it.
		buyer: AccountId,
		/// Held from the buyer.
		held: u128,
	},
}

/// Place of a challenger's bond.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub enum BondSource {
	/// Held from the challenger's account.
	#[codec(index = 0)]
	Account,
	/// Reserved in the challenger's executor pool.
	#[codec(index = 1)]
	Pool {
		/// Session in which it was reserved.
		session: u32,
	},
}

/// Claim that an answer is wrong.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub struct Challenge {
	/// Account that put up the bond.
	pub challenger: AccountId,
	/// Bond.
	pub bond: u128,
	/// Place of the bond.
	pub source: BondSource,
	/// Digest of the answer that is said to be wrong.
	pub disputed: Hash,
	/// Commitment to the digest that is said to be right.
	pub claim: Hash,
	/// Digest that is said to be right, once it is revealed.
	pub revealed: Option<Hash>,
}

/// Request, without its state.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub struct Request {
	/// Account that pays.
	pub requester: AccountId,
	/// Number of the model version.
	pub model: u32,
	/// Model version.
	pub version: ModelVersion,
	/// Digest of the input. Of one outside of the chain the BLAKE3 hash of its bytes.
	pub input_hash: Hash,
	/// Input, where it is outside of the chain.
	pub stored_input: Option<Content>,
	/// Assurance.
	pub tier: Tier,
	/// Planck per fuel and executor at inclusion.
	pub price: u128,
	/// Chosen by the requester.
	pub reference: Hash,
	/// Time after which no committee was to be drawn.
	pub deadline: Option<u32>,
	/// Height of the block of inclusion.
	pub requested_at: u32,
	/// Height of the block of the first draw.
	pub drawn_at: Option<u32>,
	/// Height of the block of the last change of its state.
	pub changed_at: u32,
	/// Seed of the last round for a first answer.
	pub seed: Option<Hash>,
	/// Reserved by each seat.
	pub seat_reserve: u128,
	/// Whether silence brought a second committee.
	pub is_escalated: bool,
	/// Held for storage.
	pub deposit: u128,
	/// Held for the fee.
	pub escrow: u128,
	/// Whether validators are asked to hold its contents.
	pub has_panel: bool,
	/// Audit that was ordered.
	pub audit: Option<AuditOrder>,
	/// Challenges that are open.
	pub challenges: Vec<Challenge>,
}

/// State of a request that is settled.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub struct Settlement {
	/// Final answer.
	pub answer: Answer,
	/// Executors and their pay, in the order of the rounds.
	pub paid: Vec<(AccountId, u128)>,
	/// Charged in total, royalty and seat fees included.
	pub fee: u128,
	/// Time of the settlement.
	pub at: u32,
}

/// Codec index of the state of a request that is settled.
const SETTLED: u8 = 4;

/// A request as it is stored: its state is behind it.
pub(crate) enum StoredRequest {
	Settled(Box<(Request, Settlement)>),
	/// In any other state.
	Unsettled,
}

impl StoredRequest {
	pub(crate) fn decode(mut bytes: &[u8]) -> Option<Self> {
		let request = Request::decode(&mut bytes).ok()?;
		let (state, mut rest) = bytes.split_first()?;
		if *state != SETTLED {
			return Some(Self::Unsettled);
		}
		let settlement = Settlement::decode_all(&mut rest).ok()?;
		Some(Self::Settled(Box::new((request, settlement))))
	}
}

/// Condition of a node that declined a seat.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, Debug)]
#[allow(missing_docs)]
pub enum JobError {
	#[codec(index = 0)]
	NoEngine,
	#[codec(index = 1)]
	QueueFull,
	#[codec(index = 2)]
	ModelMissing,
	#[codec(index = 3)]
	EngineMissing,
	#[codec(index = 4)]
	Internal,
	#[codec(index = 5)]
	Failed,
	#[codec(index = 6)]
	InputMissing,
}

/// What became of a declined seat.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, Debug)]
pub enum DeclineOutcome {
	/// The executor answered for it: it was too late to decline.
	#[codec(index = 0)]
	Late,
	/// It waited for another executor.
	#[codec(index = 1)]
	Vacant,
	/// Another executor had it.
	#[codec(index = 2)]
	Replaced,
	/// Nobody was there to take it.
	#[codec(index = 3)]
	Unfilled,
}

/// Progress of a seat. Blocks are heights.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub enum SeatState {
	/// The executor did nothing.
	#[codec(index = 0)]
	Waiting,
	/// The executor committed, and did not reveal.
	#[codec(index = 1)]
	Committed {
		/// Block of the commitment.
		at: u32,
		/// Commitment.
		commitment: Hash,
	},
	/// The executor revealed: its attestation.
	#[codec(index = 2)]
	Revealed {
		/// Block of the commitment, and the commitment. `None` in a round that took none.
		commitment: Option<(u32, Hash)>,
		/// Block of the reveal.
		at: u32,
		/// Digest of the answer.
		digest: Hash,
		/// Witness of the answer, in a round that took witnesses.
		witness: Option<Hash>,
	},
	/// The executor declined.
	#[codec(index = 3)]
	Declined {
		/// Condition of its node.
		reason: JobError,
		/// What became of the seat.
		outcome: DeclineOutcome,
	},
}

/// Seat of an executor in a round.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub struct Seat {
	/// Operator that was drawn.
	pub executor: AccountId,
	/// Round it was drawn for.
	pub round: u8,
	/// Session from whose snapshot it was drawn.
	pub session: u32,
	/// Progress.
	pub state: SeatState,
}

impl Seat {
	/// Digest of the answer that its executor revealed, if it did.
	pub fn digest(&self) -> Option<Hash> {
		match self.state {
			SeatState::Revealed { digest, .. } => Some(digest),
			_ => None,
		}
	}
}

/// Phase of a round.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, Debug)]
#[allow(missing_docs)]
pub enum RoundPhase {
	#[codec(index = 0)]
	Commit,
	#[codec(index = 1)]
	Reveal,
	#[codec(index = 2)]
	Closed,
}

/// Work of all committees of a request.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub struct Committees {
	/// Index of the last round.
	pub index: u8,
	/// Number of equal answers with which its committee agreed.
	pub needed: u32,
	/// Number of seats that were drawn when it was opened.
	pub size: u32,
	/// Whether its reveals carry a witness.
	pub witnessed: bool,
	/// Seed of its draw.
	pub seed: Hash,
	/// Its phase.
	pub phase: RoundPhase,
	/// Time until which a seat could be declined free of charge.
	pub decline_by: u32,
	/// Time at which the commit phase ended.
	pub commit_by: u32,
	/// Content hash of the model file.
	pub model_hash: Hash,
	/// Id of the engine.
	pub engine_id: Hash,
	/// Digest of the input.
	pub input_hash: Hash,
	/// Fuel limit of a run.
	pub fuel_limit: u64,
	/// Longest encoded output.
	pub output_limit: u32,
	/// Seats of all rounds, in draw order.
	pub seats: Vec<Seat>,
	/// First answer that was revealed, and its digest.
	pub answer: Option<(Hash, Answer)>,
}

/// Runtime version that wrote a state.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub struct RuntimeVersion {
	/// Version.
	pub spec_version: Compact<u32>,
	/// Name.
	pub spec_name: String,
}
