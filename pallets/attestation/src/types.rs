//! Types of rounds and batches.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{Answer, Fuel, JobError, Outcome, RequestId, RoundIndex};
use pallet_opg_support::{SeatHolder, MAX_MEMBERS};
use scale_info::TypeInfo;
use sp_core::H256;

/// Largest number of items in a batch.
pub const MAX_BATCH: u32 = 16;

/// Largest number of blocks for which the clock stands still.
pub const MAX_BLOCKS_PER_TICK: u32 = 4;
/// Time by which the ends of rounds may be late, for want of weight, before no further one is opened.
pub const MAX_LATE_TICKS: u32 = 16;

/// Progress of a seat.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum SeatState<BlockNumber> {
	/// The executor has done nothing yet.
	#[codec(index = 0)]
	Waiting,
	/// The executor committed.
	#[codec(index = 1)]
	Committed {
		/// Block of the commitment.
		at: BlockNumber,
		/// Hides the answer, see [`opg_primitives::commitment`].
		commitment: H256,
	},
	/// The executor revealed.
	#[codec(index = 2)]
	Revealed {
		/// Block of the commitment, and the commitment that the answer fits. `None` in a round that
		/// takes no commitments.
		commitment: Option<(BlockNumber, H256)>,
		/// Block of the reveal.
		at: BlockNumber,
		/// Digest of the answer.
		digest: H256,
		/// Witness of the answer, in a round that takes witnesses.
		witness: Option<H256>,
	},
	/// The executor declined the seat.
	#[codec(index = 3)]
	Declined {
		/// Condition of its node.
		reason: JobError,
		/// What became of the seat.
		outcome: DeclineOutcome,
	},
}

/// What became of a declined seat.
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
pub enum DeclineOutcome {
	/// It was too late to decline free of charge: the executor answers for the seat.
	#[codec(index = 0)]
	Late,
	/// The round waits for another executor to take it.
	#[codec(index = 1)]
	Vacant,
	/// Another executor has it.
	#[codec(index = 2)]
	Replaced,
	/// Nobody was there to take it.
	#[codec(index = 3)]
	Unfilled,
}

impl<BlockNumber> SeatState<BlockNumber> {
	/// Digest of the revealed answer, if there is one.
	pub fn digest(&self) -> Option<H256> {
		match self {
			SeatState::Revealed { digest, .. } => Some(*digest),
			_ => None,
		}
	}

	/// Tells whether the executor did not keep the seat and answers for it, once the round is over.
	pub fn is_silent(&self) -> bool {
		match self {
			SeatState::Waiting | SeatState::Committed { .. } => true,
			SeatState::Declined { outcome, .. } => *outcome == DeclineOutcome::Late,
			SeatState::Revealed { .. } => false,
		}
	}

	/// Tells whether the seat was declined, and this became of it.
	pub fn is_declined(&self, expected: DeclineOutcome) -> bool {
		matches!(self, SeatState::Declined { outcome, .. } if *outcome == expected)
	}
}

/// Seat of an executor in a round.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Seat<AccountId, BlockNumber> {
	/// Operator that was drawn.
	pub executor: AccountId,
	/// Round it was drawn for.
	pub round: RoundIndex,
	/// Session from whose snapshot it was drawn.
	pub session: u32,
	/// Its progress.
	pub state: SeatState<BlockNumber>,
}

impl<AccountId: Clone, BlockNumber> Seat<AccountId, BlockNumber> {
	/// Its executor, and the session from whose snapshot it was drawn.
	pub fn holder(&self) -> SeatHolder<AccountId> {
		SeatHolder { executor: self.executor.clone(), session: self.session }
	}
}

/// Phase of a round.
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
pub enum RoundPhase {
	/// Takes commitments and declined seats.
	#[codec(index = 0)]
	Commit,
	/// Takes reveals.
	#[codec(index = 1)]
	Reveal,
	/// Decided, and nothing but history.
	#[codec(index = 2)]
	Closed,
}

/// Kind of a deadline.
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

/// Round whose deadline of one kind comes next: all before it have passed theirs.
#[derive(
	Clone,
	Copy,
	Default,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct Cursor<BlockNumber> {
	/// Time at which the commit phases of the rounds of its list end.
	pub commit_by: BlockNumber,
	/// Its position in the list.
	pub position: u32,
}

/// Everything that the committees of a request did: the current round, and the seats of all.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Round<AccountId, BlockNumber> {
	/// Index of the current round.
	pub index: RoundIndex,
	/// Number of equal answers with which its committee agrees, where nobody gives another.
	pub needed: u32,
	/// Number of seats that were drawn when it was opened. As many can be given to others.
	pub size: u32,
	/// Whether reveals carry a witness, and agree only where it is equal too.
	pub witnessed: bool,
	/// Seed of its draw: another one on another fork.
	pub seed: H256,
	/// Its phase, unless the commit phase is over by time: see [`Round::phase_at`].
	pub phase: RoundPhase,
	/// Time until which a seat can be declined free of charge.
	pub decline_by: BlockNumber,
	/// Time at which the commit phase ends.
	pub commit_by: BlockNumber,
	/// Content hash of the model file.
	pub model_hash: H256,
	/// Id of the engine.
	pub engine_id: H256,
	/// Digest of the input.
	pub input_hash: H256,
	/// Fuel limit of a run. An answer with more is refused.
	pub fuel_limit: Fuel,
	/// Longest encoded output, in bytes. An answer with a longer one is refused.
	pub output_limit: u32,
	/// Seats of all rounds, in draw order. Who took the seat of another comes after those of the same
	/// round.
	pub seats: BoundedVec<Seat<AccountId, BlockNumber>, ConstU32<MAX_MEMBERS>>,
	/// First answer that was revealed, in any round, and its digest. Other answers are in
	/// [`crate::Answers`]; as a rule there are none.
	pub answer: Option<(H256, Answer)>,
}

impl<AccountId: PartialEq, BlockNumber: PartialEq> Round<AccountId, BlockNumber> {
	/// Tells whether executors of any rounds revealed different answers. Only then does
	/// [`crate::Answers`] hold some.
	pub fn has_conflicting_answers(&self) -> bool {
		let mut digests = self.seats.iter().filter_map(|seat| seat.state.digest());
		let first = digests.next();
		digests.any(|digest| Some(digest) != first)
	}

	/// Tells whether a commitment or a reveal of the current round is from block `now`.
	pub fn changed_in(&self, now: &BlockNumber) -> bool {
		self.current_seats().any(|seat| match &seat.state {
			SeatState::Committed { at, .. } | SeatState::Revealed { at, .. } => at == now,
			SeatState::Waiting | SeatState::Declined { .. } => false,
		})
	}

	/// Tells whether an executor of the current round has yet to commit, or one has yet to take a
	/// vacant seat.
	pub fn awaits_commitment(&self) -> bool {
		self.current_seats().any(|seat| {
			seat.state == SeatState::Waiting || seat.state.is_declined(DeclineOutcome::Vacant)
		})
	}

	/// Tells whether an executor of the current round committed and has yet to reveal.
	pub fn awaits_reveal(&self) -> bool {
		self.current_seats().any(|seat| matches!(seat.state, SeatState::Committed { .. }))
	}

	/// Executors of any round that revealed the answer with this digest, in draw order.
	pub fn revealed_by(&self, digest: H256) -> impl Iterator<Item = &AccountId> {
		self.seats
			.iter()
			.filter(move |seat| seat.state.digest() == Some(digest))
			.map(|seat| &seat.executor)
	}

	/// Seat of `executor` in the current round.
	pub fn seat(&self, executor: &AccountId) -> Option<&Seat<AccountId, BlockNumber>> {
		self.current_seats().find(|seat| seat.executor == *executor)
	}

	/// Seat of `executor` in the current round.
	pub fn seat_mut(&mut self, executor: &AccountId) -> Option<&mut Seat<AccountId, BlockNumber>> {
		let index = self.index;
		self.seats.iter_mut().find(|seat| seat.round == index && seat.executor == *executor)
	}
}

impl<AccountId, BlockNumber> Round<AccountId, BlockNumber> {
	/// Seats of the current round.
	pub fn current_seats(&self) -> impl Iterator<Item = &Seat<AccountId, BlockNumber>> {
		self.seats.iter().filter(|seat| seat.round == self.index)
	}

	/// Seats of the current round, without those that were given to another.
	pub fn current_places(&self) -> impl Iterator<Item = &Seat<AccountId, BlockNumber>> {
		self.current_seats().filter(|seat| !seat.state.is_declined(DeclineOutcome::Replaced))
	}

	/// First seat of the current round that waits for another executor.
	pub fn vacant_seat(&self) -> Option<&Seat<AccountId, BlockNumber>> {
		self.current_seats().find(|seat| seat.state.is_declined(DeclineOutcome::Vacant))
	}

	/// Says what became of the first vacant seat of the current round. Returns whether there is one.
	pub fn fill_vacant_seat(&mut self, with: DeclineOutcome) -> bool {
		let index = self.index;
		for seat in self.seats.iter_mut().filter(|seat| seat.round == index) {
			if let SeatState::Declined { outcome, .. } = &mut seat.state {
				if *outcome == DeclineOutcome::Vacant {
					*outcome = with;
					return true;
				}
			}
		}
		false
	}

	/// Tells whether executors of the current round revealed different witnesses.
	pub fn has_conflicting_witnesses(&self) -> bool {
		let mut witnesses = self.current_seats().filter_map(|seat| match seat.state {
			SeatState::Revealed { witness, .. } => Some(witness),
			_ => None,
		});
		let first = witnesses.next();
		witnesses.any(|witness| Some(witness) != first)
	}

	/// Digests that were revealed in any round, each once, in the order of the rounds.
	pub fn revealed_digests(&self) -> Vec<H256> {
		let mut digests = Vec::new();
		for digest in self.seats.iter().filter_map(|seat| seat.state.digest()) {
			if !digests.contains(&digest) {
				digests.push(digest);
			}
		}
		digests
	}

	/// Tells whether the only member of the current committee reveals its answer at once: there is
	/// nobody who could copy it.
	pub fn takes_no_commitment(&self) -> bool {
		self.needed == 1 && self.size == 1
	}
}

impl<AccountId, BlockNumber: PartialOrd> Round<AccountId, BlockNumber> {
	/// Phase at time `now`. The commit phase ends by time without a change of storage, so nobody
	/// loses time to reveal where deadlines are late.
	pub fn phase_at(&self, now: BlockNumber) -> RoundPhase {
		match self.phase {
			RoundPhase::Commit if now >= self.commit_by => RoundPhase::Reveal,
			phase => phase,
		}
	}
}

/// [`Round`] of a runtime.
pub type RoundOf<T> = Round<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;
/// [`Seat`] of a runtime.
pub type SeatOf<T> = Seat<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

/// Items of one executor, under one signature.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Batch<AccountId, BlockNumber, Payload> {
	/// Operator whose hot key signs.
	pub executor: AccountId,
	/// Block whose hash is signed with it, an ancestor of the block that includes it. Bounds its
	/// validity to a fork and a time, and makes a repeated one differ.
	pub at: BlockNumber,
	/// At least one, no two of the same request.
	pub items: BoundedVec<Item<Payload>, ConstU32<MAX_BATCH>>,
}

/// Part of a batch: what an executor submits to one round, on the fork that drew its seed.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Item<Payload> {
	/// Number of the request.
	pub request: RequestId,
	/// Round of the request.
	pub round: RoundIndex,
	/// Seed of the round's draw.
	pub seed: H256,
	/// A commitment as `H256`, a [`RevealedAnswer`], or the [`JobError`] for which a seat is declined.
	pub payload: Payload,
}

/// Revealed answer.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct RevealedAnswer {
	/// Answer.
	pub answer: Answer,
	/// Its witness for the seed of the round, in a round that takes witnesses; `None` in any other.
	pub witness: Option<H256>,
	/// Salt of the commitment. Of no meaning in a round that takes no commitments.
	pub salt: [u8; 32],
}

impl<AccountId, BlockNumber, Payload> Batch<AccountId, BlockNumber, Payload> {
	/// Tells whether it has items and names no request twice.
	pub fn is_well_formed(&self) -> bool {
		let mut requests: Vec<_> = self.items.iter().map(|item| item.request).collect();
		requests.sort_unstable();
		!requests.is_empty() && requests.windows(2).all(|pair| pair[0] != pair[1])
	}
}

impl<AccountId, BlockNumber> Batch<AccountId, BlockNumber, RevealedAnswer> {
	/// Length of all outputs that the batch carries together, in bytes.
	pub fn output_bytes(&self) -> u32 {
		let bytes = |item: &Item<RevealedAnswer>| match &item.payload.answer.outcome {
			Outcome::Output(output) => output.len() as u32,
			Outcome::Error(_) | Outcome::Stored(_) => 0,
		};
		self.items.iter().map(bytes).sum()
	}
}

/// [`Batch`] of a runtime.
pub type BatchOf<T, Payload> =
	Batch<<T as frame_system::Config>::AccountId, BlockNumberFor<T>, Payload>;
