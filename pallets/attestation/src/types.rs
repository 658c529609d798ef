//! What a round is.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{Answer, Outcome, RequestId, RoundIndex, Unavailable};
use pallet_opg_support::{Rule, MAX_SEATS};
use scale_info::TypeInfo;
use sp_core::H256;

/// Most commitments or reveals in one transaction.
pub const MAX_BATCH: u32 = 16;
/// Blocks for which a batch is valid after the block it was made at.
pub const BATCH_BLOCKS: u32 = 16;

/// What an executor did in its seat.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum SeatState<BlockNumber> {
	/// Nothing yet.
	#[codec(index = 0)]
	Waiting,
	/// Committed.
	#[codec(index = 1)]
	Committed {
		/// When.
		at: BlockNumber,
		/// The commitment.
		commitment: H256,
	},
	/// Revealed.
	#[codec(index = 2)]
	Revealed {
		/// When it committed.
		committed_at: BlockNumber,
		/// The commitment.
		commitment: H256,
		/// When it revealed.
		at: BlockNumber,
		/// Digest of the answer.
		digest: H256,
	},
	/// Gave the seat up.
	#[codec(index = 3)]
	Declined {
		/// Why.
		reason: Unavailable,
	},
}

impl<BlockNumber> SeatState<BlockNumber> {
	/// Digest of the revealed answer, if there is one.
	pub fn digest(&self) -> Option<H256> {
		match self {
			SeatState::Revealed { digest, .. } => Some(*digest),
			_ => None,
		}
	}
}

/// The seat of an executor in a round.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Seat<AccountId, BlockNumber> {
	/// Who was drawn.
	pub executor: AccountId,
	/// For which round.
	pub round: RoundIndex,
	/// What it did.
	pub state: SeatState<BlockNumber>,
}

/// Where the current round stands.
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
pub enum Phase {
	/// Takes commitments.
	#[codec(index = 0)]
	Commit,
	/// Takes reveals.
	#[codec(index = 1)]
	Reveal,
	/// Decided; the record is history.
	#[codec(index = 2)]
	Closed,
}

/// Which deadline.
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
pub enum Deadline {
	/// End of the commit phase.
	#[codec(index = 0)]
	Commit,
	/// End of the reveal phase.
	#[codec(index = 1)]
	Reveal,
}

/// Everything that the committees of a request did.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Record<AccountId, BlockNumber> {
	/// The current round.
	pub round: RoundIndex,
	/// When its committee agrees.
	pub rule: Rule,
	/// Where it stands.
	pub phase: Phase,
	/// Content hash of the model file.
	pub model: H256,
	/// Engine id.
	pub engine: H256,
	/// Digest of the input.
	pub input: H256,
	/// Fuel limit: an answer with more is refused.
	pub fuel_limit: u64,
	/// The seats of all rounds, in draw order.
	pub seats: BoundedVec<Seat<AccountId, BlockNumber>, ConstU32<MAX_SEATS>>,
	/// The first answer that was revealed since a committee last agreed, and its digest. Others are
	/// kept apart: as a rule there are none.
	pub answer: Option<(H256, Answer)>,
}

impl<AccountId: PartialEq, BlockNumber: PartialEq> Record<AccountId, BlockNumber> {
	/// Whether two executors, in whatever rounds, gave different answers: only then are there
	/// answers outside the record.
	pub fn has_rivals(&self) -> bool {
		let mut digests = self.seats.iter().filter_map(|seat| seat.state.digest());
		let first = digests.next();
		digests.any(|digest| Some(digest) != first)
	}

	/// Whether somebody committed or revealed in block `now`.
	pub fn changed_in(&self, now: &BlockNumber) -> bool {
		self.current().any(|seat| match &seat.state {
			SeatState::Committed { at, .. } | SeatState::Revealed { at, .. } => at == now,
			SeatState::Waiting | SeatState::Declined { .. } => false,
		})
	}

	/// The seats of the current round.
	pub fn current(&self) -> impl Iterator<Item = &Seat<AccountId, BlockNumber>> {
		self.seats.iter().filter(|seat| seat.round == self.round)
	}

	/// Whether somebody committed and did not reveal yet.
	pub fn awaits_reveal(&self) -> bool {
		self.current().any(|seat| matches!(seat.state, SeatState::Committed { .. }))
	}

	/// The seat of `executor` in the current round.
	pub fn seat(&self, executor: &AccountId) -> Option<&Seat<AccountId, BlockNumber>> {
		self.current().find(|seat| seat.executor == *executor)
	}

	/// The seat of `executor` in the current round.
	pub fn seat_mut(&mut self, executor: &AccountId) -> Option<&mut Seat<AccountId, BlockNumber>> {
		let round = self.round;
		self.seats.iter_mut().find(|seat| seat.round == round && seat.executor == *executor)
	}
}

/// [`Record`] of a runtime.
pub type RecordOf<T> = Record<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

/// Commitments or reveals of one executor.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Batch<AccountId, BlockNumber, Item> {
	/// Whose.
	pub executor: AccountId,
	/// The block it was made at: bounds its validity and makes a repeated one differ.
	pub at: BlockNumber,
	/// Not empty, each request once.
	pub items: BoundedVec<Item, ConstU32<MAX_BATCH>>,
}

/// A commitment.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Commitment {
	/// The request.
	pub request: RequestId,
	/// The round.
	pub round: RoundIndex,
	/// The commitment.
	pub commitment: H256,
}

/// A revealed answer.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Reveal {
	/// The request.
	pub request: RequestId,
	/// The round.
	pub round: RoundIndex,
	/// The answer.
	pub answer: Answer,
	/// What hid it.
	pub salt: [u8; 32],
}

/// A seat given up.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Decline {
	/// The request.
	pub request: RequestId,
	/// The round.
	pub round: RoundIndex,
	/// Why: `ModelMissing` or `EngineMissing`; the others pass.
	pub reason: Unavailable,
}

/// Something that names a round.
pub trait NamesRound {
	/// Request and round.
	fn key(&self) -> (RequestId, RoundIndex);
}

impl NamesRound for Commitment {
	fn key(&self) -> (RequestId, RoundIndex) {
		(self.request, self.round)
	}
}

impl NamesRound for Reveal {
	fn key(&self) -> (RequestId, RoundIndex) {
		(self.request, self.round)
	}
}

impl NamesRound for Decline {
	fn key(&self) -> (RequestId, RoundIndex) {
		(self.request, self.round)
	}
}

impl<AccountId, BlockNumber, Item: NamesRound> Batch<AccountId, BlockNumber, Item> {
	/// Whether it has items and names no request twice.
	pub fn is_well_formed(&self) -> bool {
		let mut requests: Vec<_> = self.items.iter().map(|item| item.key().0).collect();
		requests.sort_unstable();
		!requests.is_empty() && requests.windows(2).all(|pair| pair[0] != pair[1])
	}
}

impl<AccountId, BlockNumber> Batch<AccountId, BlockNumber, Reveal> {
	/// Bytes of all outputs.
	pub fn answer_bytes(&self) -> u32 {
		let bytes = |item: &Reveal| match &item.answer.outcome {
			Outcome::Output(output) => output.len() as u32,
			Outcome::Error(_) => 0,
		};
		self.items.iter().map(bytes).sum()
	}
}

/// A batch of commitments of a runtime.
pub type CommitBatchOf<T> =
	Batch<<T as frame_system::Config>::AccountId, BlockNumberFor<T>, Commitment>;
/// A batch of reveals of a runtime.
pub type RevealBatchOf<T> =
	Batch<<T as frame_system::Config>::AccountId, BlockNumberFor<T>, Reveal>;
/// A batch of seats given up of a runtime.
pub type DeclineBatchOf<T> =
	Batch<<T as frame_system::Config>::AccountId, BlockNumberFor<T>, Decline>;
