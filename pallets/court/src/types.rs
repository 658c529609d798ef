//! Types of benches, cases, votes and batches.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{court::CourtKey, Answer, Content, ModelId, Outcome, RequestId};
use pallet_opg_support::{CourtLoad, CourtSizes, MAX_PANEL};
use scale_info::TypeInfo;
use sp_core::H256;

/// Largest number of items in a batch.
pub const MAX_BATCH: u32 = 16;
/// Largest number of declarations in a batch.
pub const MAX_DECLARATIONS: u32 = 64;
/// Largest number of versions that one validator can say it holds.
pub const MAX_HELD_MODELS: u32 = 4_096;
/// Number of blocks from one batch of declarations of a seat to the next.
pub const DECLARE_BLOCKS: u32 = 4;
/// Largest number of contents that a panel is asked for: the input and the output of a request.
pub const MAX_CONTENTS: u32 = 2;
/// Largest number of items in a batch about contents that are held.
pub const MAX_HOLDINGS: u32 = 16;
/// Index of the sitting after an undecided one. There is no third.
pub const SECOND_SITTING: u8 = 1;

/// Index of a validator on a bench.
pub type SeatIndex = u16;

/// Validators of a session with their court keys.
pub type BenchOf<T> = BoundedVec<
	(<T as frame_system::Config>::AccountId, CourtKey),
	<T as crate::Config>::MaxValidators,
>;

/// Phase of a case.
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
pub enum CasePhase {
	/// On the docket.
	#[codec(index = 0)]
	Waiting,
	/// Sits, and takes commitments.
	#[codec(index = 1)]
	Commit {
		/// Number of validators that have committed.
		committed: u32,
	},
	/// Sits, and takes revealed votes.
	#[codec(index = 2)]
	Reveal {
		/// Number of validators that committed and have yet to reveal.
		unrevealed: u32,
	},
}

/// Disputed request.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Case {
	/// Names the intermediate tensors of the witness: the seed of the disputed round, and in the second
	/// sitting [`opg_primitives::court::second_seed`] of it.
	pub seed: H256,
	/// What it costs each validator.
	pub load: CourtLoad,
	/// Lengths of its input and output. An answer with a longer output is refused.
	pub sizes: CourtSizes,
	/// Current sitting, or the next one: 0 or [`SECOND_SITTING`].
	pub sitting: u8,
	/// Session whose validators are the bench. While the case waits for its second sitting, the one
	/// before: the bench is not chosen yet.
	pub session: u32,
	/// Number of validators on the bench.
	pub seats: u32,
	/// Phase.
	pub phase: CasePhase,
}

impl Case {
	/// Tells whether a bench is kept for it: not where it waits for its second sitting.
	pub fn holds_bench(&self) -> bool {
		self.phase != CasePhase::Waiting || self.sitting < SECOND_SITTING
	}

	/// Tells whether votes may be public: those of this sitting, or of the one before.
	pub fn has_public_votes(&self) -> bool {
		self.sitting > 0 || matches!(self.phase, CasePhase::Reveal { .. })
	}
}

/// Case on the docket.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Waiting {
	/// Number of the request.
	pub request: RequestId,
	/// First session in which it may sit.
	pub not_before: u32,
	/// What it costs each validator.
	pub load: CourtLoad,
}

/// Reason for which a case sits.
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
pub enum Admission {
	/// It was the oldest on the docket. One such case sits at a time, whatever it costs.
	#[codec(index = 0)]
	Turn,
	/// What it costs was left of what validators give in a session.
	#[codec(index = 1)]
	Budget,
}

/// Case that sits.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Sitting<BlockNumber> {
	/// Number of the request.
	pub request: RequestId,
	/// Block of the clock at which its phase ends.
	pub until: BlockNumber,
	/// Why it sits.
	pub admission: Admission,
}

/// [`Sitting`] of a runtime.
pub type SittingOf<T> = Sitting<BlockNumberFor<T>>;

/// Vote of a validator.
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
pub enum Vote {
	/// Hidden by a commitment, see [`opg_primitives::court::court_commitment`].
	#[codec(index = 0)]
	Committed(H256),
	/// What the validator found.
	#[codec(index = 1)]
	Revealed(Finding),
}

/// What a validator found. Two findings are the same where both parts are.
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
pub struct Finding {
	/// Digest of the answer.
	pub digest: H256,
	/// Digest of the intermediate tensors that the seed of the case names. No answer shows it.
	pub witness: H256,
}

/// Items of one seat, under one signature.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Batch<BlockNumber, Payload> {
	/// Session of the bench.
	pub session: u32,
	/// Seat on the bench.
	pub seat: SeatIndex,
	/// Block it was made at. Bounds its validity, and makes a repeated one differ. The signature
	/// covers the hash of that block.
	pub at: BlockNumber,
	/// At least one, no two of the same request.
	pub items: BoundedVec<Item<Payload>, ConstU32<MAX_BATCH>>,
}

/// Part of a batch: what a validator submits to one sitting.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Item<Payload> {
	/// Number of the request.
	pub request: RequestId,
	/// Sitting of the court.
	pub sitting: u8,
	/// A commitment as `H256`, or a [`RevealedVote`].
	pub payload: Payload,
}

/// Revealed vote.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct RevealedVote {
	/// Digest of the answer that the validator found.
	pub digest: H256,
	/// Digest of the intermediate tensors that the seed of the case names.
	pub witness: H256,
	/// Salt of the commitment.
	pub salt: [u8; 32],
	/// The answer, where the chain does not hold it yet.
	pub answer: Option<Answer>,
}

impl<BlockNumber, Payload> Batch<BlockNumber, Payload> {
	/// Tells whether it has items and names no request twice.
	pub fn is_well_formed(&self) -> bool {
		let mut requests: Vec<_> = self.items.iter().map(|item| item.request).collect();
		requests.sort_unstable();
		!requests.is_empty() && requests.windows(2).all(|pair| pair[0] != pair[1])
	}
}

impl RevealedVote {
	/// What the validator found.
	pub fn finding(&self) -> Finding {
		Finding { digest: self.digest, witness: self.witness }
	}
}

impl<BlockNumber> Batch<BlockNumber, RevealedVote> {
	/// Length of all outputs that the batch carries together, in bytes.
	pub fn output_bytes(&self) -> u32 {
		let bytes = |item: &Item<RevealedVote>| match &item.payload.answer {
			Some(Answer { outcome: Outcome::Output(output), .. }) => output.len() as u32,
			_ => 0,
		};
		self.items.iter().map(bytes).sum()
	}
}

/// [`Batch`] of a runtime.
pub type BatchOf<T, Payload> = Batch<BlockNumberFor<T>, Payload>;

/// What the store of a seat's node holds, under one signature.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Declarations<BlockNumber> {
	/// Session of the bench: the current one.
	pub session: u32,
	/// Seat on the bench.
	pub seat: SeatIndex,
	/// Block it was made at, as in a [`Batch`].
	pub at: BlockNumber,
	/// At least one, sorted by model, each model once.
	pub items: BoundedVec<Declaration, ConstU32<MAX_DECLARATIONS>>,
}

/// Whether a store holds the file of a version.
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
pub struct Declaration {
	/// Number of the version.
	pub model: ModelId,
	/// Whether the store holds its file.
	pub holds: bool,
}

impl<BlockNumber> Declarations<BlockNumber> {
	/// Tells whether it has items, sorted by model, and names no model twice.
	pub fn is_well_formed(&self) -> bool {
		!self.items.is_empty() && self.items.windows(2).all(|pair| pair[0].model < pair[1].model)
	}
}

/// [`Declarations`] of a runtime.
pub type DeclarationsOf<T> = Declarations<BlockNumberFor<T>>;

/// Validators that are asked to hold the input and the output of a request.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Panel<AccountId> {
	/// Members, in the order of the draw.
	pub members: BoundedVec<AccountId, ConstU32<MAX_PANEL>>,
	/// What they are asked for, in the order in which they were.
	pub contents: BoundedVec<PanelContent, ConstU32<MAX_CONTENTS>>,
}

/// [`Panel`] of a runtime.
pub type PanelOf<T> = Panel<<T as frame_system::Config>::AccountId>;

const _: () = assert!(MAX_PANEL <= u32::BITS, "each member has a bit of `PanelContent::holders`");

/// Content that a panel is asked to hold.
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
pub struct PanelContent {
	/// Its hash and size.
	pub content: Content,
	/// Members that say that they hold it: bit `i` stands for the member at place `i`.
	pub holders: u32,
}

impl PanelContent {
	/// Tells whether the member at `place` says that it holds it.
	pub fn is_held_by(&self, place: usize) -> bool {
		self.holders >> place & 1 == 1
	}
}

impl<AccountId: PartialEq> Panel<AccountId> {
	/// Number of members that have to hold a content: two thirds, rounded up. A panel of nobody holds
	/// nothing.
	pub fn needed(&self) -> u32 {
		(2 * self.members.len() as u32).div_ceil(3).max(1)
	}

	/// Place of a member.
	pub fn place_of(&self, who: &AccountId) -> Option<usize> {
		self.members.iter().position(|member| member == who)
	}

	/// Notes that the member at `place` holds the content at `index`. Returns whether it is the one
	/// with whom there are enough of them.
	pub fn note_holder(&mut self, index: usize, place: usize) -> bool {
		let needed = self.needed();
		let Some(asked) = self.contents.get_mut(index) else { return false };
		let is_new = !asked.is_held_by(place);
		asked.holders |= 1 << place;
		is_new && asked.holders.count_ones() == needed
	}

	/// Members that hold everything that was asked for up to the last content that enough of them
	/// hold. Nobody where there is none.
	pub fn paid_members(self) -> Vec<AccountId> {
		let needed = self.needed();
		let is_held = |asked: &PanelContent| asked.holders.count_ones() >= needed;
		let last = self.contents.iter().rposition(is_held);
		let held = last.map_or(&[][..], |last| &self.contents[..=last]);
		let is_paid = |place| !held.is_empty() && held.iter().all(|asked| asked.is_held_by(place));
		(0..).zip(self.members).filter(|(place, _)| is_paid(*place)).map(|(_, who)| who).collect()
	}
}

/// What the store of a seat's node holds for panels, under one signature.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Holdings<BlockNumber> {
	/// Session of the bench: the current one.
	pub session: u32,
	/// Seat on the bench.
	pub seat: SeatIndex,
	/// Block it was made at, as in a [`Batch`].
	pub at: BlockNumber,
	/// At least one, sorted, each once.
	pub items: BoundedVec<Holding, ConstU32<MAX_HOLDINGS>>,
}

/// Content of a panel that a store holds.
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
pub struct Holding {
	/// Number of the request.
	pub request: RequestId,
	/// Index of the content among those that its panel is asked for.
	pub content: u8,
}

impl<BlockNumber> Holdings<BlockNumber> {
	/// Tells whether it has items, sorted, each once.
	pub fn is_well_formed(&self) -> bool {
		!self.items.is_empty() && self.items.windows(2).all(|pair| pair[0] < pair[1])
	}
}

/// [`Holdings`] of a runtime.
pub type HoldingsOf<T> = Holdings<BlockNumberFor<T>>;
