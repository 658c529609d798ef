//! Authorization: everything that must hold before a batch enters a block. Checks are in the order
//! of their cost, with the signature last. A dispatched batch cannot fail.

use crate::{pallet::*, reject, types::*};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{ensure, pallet_prelude::*};
use opg_primitives::{
	batch_payload, commitment, BatchKind, ExecutorSignature, JobError, RequestId,
};
use pallet_opg_support::{named_block, priority, refused, ExecutorDirectory, CALL_BLOCKS};
use sp_core::H256;
use sp_runtime::{traits::SaturatedConversion, RuntimeAppPublic};

/// Part of the tags that stand for rounds.
const ROUND_TAG: &str = "OpgRound";

type Check<T> = Result<T, TransactionValidityError>;

/// Cause for which an item is not taken, with the code of a refusal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Unfit {
	/// The item came too late, or on another fork. An honest executor may send it.
	Stale(u8),
	/// The round, or its phase, is not there yet: a later block may bring it.
	Early(u8),
	/// No honest executor sends it.
	Invalid(u8),
}

/// Payload of an item: what sets the three kinds of batches apart.
pub(crate) trait Payload<T: Config>: Encode {
	/// Kind that is signed with the batch.
	const KIND: BatchKind;
	/// Prefix of the tags in the transaction pool.
	const TAG_PREFIX: &'static str;
	/// Priority in the transaction pool.
	const PRIORITY: TransactionPriority;

	/// Tells whether a round takes it in `phase`.
	fn is_due(round: &RoundOf<T>, phase: RoundPhase) -> bool;

	/// Tells whether a later phase than `phase` takes it.
	fn is_early(round: &RoundOf<T>, phase: RoundPhase) -> bool;

	/// Tells whether a seat of the round takes it.
	fn is_awaited(round: &RoundOf<T>, seat: &SeatOf<T>) -> bool;

	/// Checks what it says against a round and a seat that take it.
	fn ensure_valid(
		&self,
		request: RequestId,
		round: &RoundOf<T>,
		seat: &SeatOf<T>,
	) -> Result<(), u8>;
}

impl<T: Config> Payload<T> for H256 {
	const KIND: BatchKind = BatchKind::Commit;
	const TAG_PREFIX: &'static str = "OpgCommit";
	const PRIORITY: TransactionPriority = priority::COMMIT;

	fn is_due(round: &RoundOf<T>, phase: RoundPhase) -> bool {
		phase == RoundPhase::Commit && !round.takes_no_commitment()
	}

	fn is_early(_: &RoundOf<T>, _: RoundPhase) -> bool {
		false
	}

	fn is_awaited(_: &RoundOf<T>, seat: &SeatOf<T>) -> bool {
		seat.state == SeatState::Waiting
	}

	fn ensure_valid(&self, _: RequestId, _: &RoundOf<T>, _: &SeatOf<T>) -> Result<(), u8> {
		Ok(())
	}
}

impl<T: Config> Payload<T> for RevealedAnswer {
	const KIND: BatchKind = BatchKind::Reveal;
	const TAG_PREFIX: &'static str = "OpgReveal";
	const PRIORITY: TransactionPriority = priority::REVEAL;

	fn is_due(round: &RoundOf<T>, phase: RoundPhase) -> bool {
		match phase {
			RoundPhase::Commit => round.takes_no_commitment(),
			RoundPhase::Reveal => true,
			RoundPhase::Closed => false,
		}
	}

	fn is_early(round: &RoundOf<T>, phase: RoundPhase) -> bool {
		phase == RoundPhase::Commit && !round.takes_no_commitment()
	}

	fn is_awaited(round: &RoundOf<T>, seat: &SeatOf<T>) -> bool {
		match seat.state {
			SeatState::Waiting => round.takes_no_commitment(),
			SeatState::Committed { .. } => true,
			SeatState::Revealed { .. } | SeatState::Declined { .. } => false,
		}
	}

	fn ensure_valid(
		&self,
		request: RequestId,
		round: &RoundOf<T>,
		seat: &SeatOf<T>,
	) -> Result<(), u8> {
		ensure!(self.answer.fuel <= round.fuel_limit, reject::TOO_MUCH_FUEL);
		let has_size = self.answer.outcome.has_valid_size(round.output_limit);
		ensure!(has_size, reject::WRONG_OUTPUT_SIZE);
		match (round.witnessed, self.witness) {
			(true, None) => return Err(reject::MISSING_WITNESS),
			(false, Some(_)) => return Err(reject::UNEXPECTED_WITNESS),
			_ => {},
		}
		if let SeatState::Committed { commitment: committed, .. } = &seat.state {
			let context = Pallet::<T>::commitment_context(request, round, &seat.executor);
			ensure!(
				commitment(&context, &self.answer, self.witness, &self.salt) == *committed,
				reject::WRONG_COMMITMENT
			);
		}
		Ok(())
	}
}

impl<T: Config> Payload<T> for JobError {
	const KIND: BatchKind = BatchKind::Decline;
	const TAG_PREFIX: &'static str = "OpgDecline";
	const PRIORITY: TransactionPriority = priority::DECLINE;

	fn is_due(_: &RoundOf<T>, phase: RoundPhase) -> bool {
		phase == RoundPhase::Commit
	}

	fn is_early(_: &RoundOf<T>, _: RoundPhase) -> bool {
		false
	}

	fn is_awaited(_: &RoundOf<T>, seat: &SeatOf<T>) -> bool {
		seat.state == SeatState::Waiting
	}

	fn ensure_valid(&self, _: RequestId, _: &RoundOf<T>, _: &SeatOf<T>) -> Result<(), u8> {
		let is_reason = match self {
			JobError::ModelMissing
			| JobError::EngineMissing
			| JobError::InputMissing
			| JobError::QueueFull
			| JobError::Failed => true,
			JobError::NoEngine | JobError::Internal => false,
		};
		ensure!(is_reason, reject::MALFORMED);
		Ok(())
	}
}

impl<T: Config> Pallet<T> {
	/// Authorizes a batch. Returns the weight that reading its rounds left over.
	///
	/// A batch may come from another node before the block that makes it fit. Every refusal lowers
	/// the reputation of that node, whatever its code, and most ban the batch. So where no item fits
	/// and one may fit later, the batch is taken to require the round: the transaction pool keeps it
	/// aside, offers it to no block, and relays it to nobody. In a block it is refused.
	pub(crate) fn authorize_batch<P: Payload<T>>(
		source: TransactionSource,
		batch: &BatchOf<T, P>,
		signature: &ExecutorSignature,
	) -> Check<(ValidTransaction, Weight)> {
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(batch.is_well_formed(), refused(reject::MALFORMED));
		let block = named_block::<T>(batch.at).ok_or_else(|| refused(reject::EXPIRED))?;
		let (mut read, mut stale) = (Weight::zero(), None);
		let (mut fitting, mut early) = (Vec::new(), Vec::new());
		for item in &batch.items {
			let round = Rounds::<T>::get(item.request);
			read += Self::read_round_weight(now, round.as_ref());
			match Self::ensure_fits(item, round, &batch.executor) {
				Ok(()) => fitting.push(item),
				Err(Unfit::Stale(code)) => {
					stale.get_or_insert(code);
				},
				Err(Unfit::Early(code)) => {
					stale.get_or_insert(code);
					early.push(item);
				},
				Err(Unfit::Invalid(code)) => return Err(refused(code)),
			}
		}
		if let (true, Some(code)) = (fitting.is_empty(), stale) {
			let can_wait = source == TransactionSource::External && !early.is_empty();
			ensure!(can_wait, refused(code));
		} else {
			early.clear();
		}
		Self::ensure_signed(batch, block, signature)?;
		let unspent = Self::max_read_weight(batch.items.len() as u32).saturating_sub(read);
		Ok((Self::valid_transaction(&batch.executor, &fitting, &early)?, unspent))
	}

	/// Checks an item of `executor` against the round of its request.
	fn ensure_fits<P: Payload<T>>(
		item: &Item<P>,
		round: Option<RoundOf<T>>,
		executor: &T::AccountId,
	) -> Result<(), Unfit> {
		let round = Self::ensure_takes(item, round, executor)?;
		let seat = round.seat(executor).ok_or(Unfit::Invalid(reject::NOT_DRAWN))?;
		item.payload.ensure_valid(item.request, &round, seat).map_err(Unfit::Invalid)
	}

	/// Checks that a round takes an item of `executor` now, whatever it says.
	pub(crate) fn ensure_takes<P: Payload<T>>(
		item: &Item<P>,
		round: Option<RoundOf<T>>,
		executor: &T::AccountId,
	) -> Result<RoundOf<T>, Unfit> {
		let round = round
			.filter(|round| round.index >= item.round)
			.ok_or(Unfit::Early(reject::NO_ROUND))?;
		let is_same = (round.index, round.seed) == (item.round, item.seed);
		ensure!(is_same, Unfit::Stale(reject::NO_ROUND));
		let phase = round.phase_at(Self::now());
		ensure!(!P::is_early(&round, phase), Unfit::Early(reject::WRONG_PHASE));
		ensure!(P::is_due(&round, phase), Unfit::Stale(reject::WRONG_PHASE));
		let Some(seat) = round.seat(executor) else {
			// It may be about to take a vacant seat.
			return Err(match round.vacant_seat() {
				Some(_) => Unfit::Early(reject::NOT_DRAWN),
				None => Unfit::Invalid(reject::NOT_DRAWN),
			});
		};
		ensure!(P::is_awaited(&round, seat), Unfit::Stale(reject::WRONG_SEAT_STATE));
		Ok(round)
	}

	fn ensure_signed<P: Payload<T>>(
		batch: &BatchOf<T, P>,
		block: H256,
		signature: &ExecutorSignature,
	) -> Check<()> {
		let key =
			T::Executors::hot_key(&batch.executor).ok_or_else(|| refused(reject::NOT_EXECUTOR))?;
		let payload = batch_payload(P::KIND, &Self::genesis(), &block, batch);
		ensure!(key.verify(&payload, signature), refused(reject::INVALID_SIGNATURE));
		Ok(())
	}

	/// Place in the transaction pool: a tag for each item that fits. No transaction provides the tags
	/// of rounds that early items require.
	fn valid_transaction<P: Payload<T>>(
		executor: &T::AccountId,
		fitting: &[&Item<P>],
		early: &[&Item<P>],
	) -> TransactionValidity {
		let mut valid = ValidTransaction::with_tag_prefix(P::TAG_PREFIX);
		for item in fitting.iter().chain(early) {
			valid = valid.and_provides((item.request, item.round, executor));
		}
		for item in early {
			valid = valid.and_requires((ROUND_TAG, item.request, item.round, item.seed));
		}
		valid.priority(P::PRIORITY).longevity(CALL_BLOCKS.saturated_into()).propagate(true).build()
	}
}
