//! Authorization: everything that must hold before a batch enters a block. Checks are in the order
//! of their cost, with the signature last. A dispatched batch cannot fail.

use crate::{pallet::*, reject, types::*};
use codec::Encode;
use frame_support::{ensure, pallet_prelude::*};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{
	batch_payload, commitment, BatchKind, ExecutorSignature, JobError, RequestId,
};
use pallet_opg_support::{priority, ExecutorDirectory};
use sp_core::H256;
use sp_runtime::{traits::SaturatedConversion, RuntimeAppPublic};

type Check<T> = Result<T, TransactionValidityError>;

fn refused(code: u8) -> TransactionValidityError {
	InvalidTransaction::Custom(code).into()
}

/// Payload of an item: what sets the three kinds of batches apart.
pub(crate) trait Payload<T: Config>: Encode {
	/// Kind that is signed with the batch.
	const KIND: BatchKind;
	/// Phase of the rounds that take it.
	const PHASE: RoundPhase;
	/// Prefix of the tags in the transaction pool.
	const TAG_PREFIX: &'static str;
	/// Priority in the transaction pool.
	const PRIORITY: TransactionPriority;

	/// Checks the payload against the seat and the round to which it is submitted.
	fn ensure_fits(&self, request: RequestId, round: &RoundOf<T>, seat: &SeatOf<T>) -> Check<()>;
}

impl<T: Config> Payload<T> for H256 {
	const KIND: BatchKind = BatchKind::Commit;
	const PHASE: RoundPhase = RoundPhase::Commit;
	const TAG_PREFIX: &'static str = "OpgCommit";
	const PRIORITY: TransactionPriority = priority::COMMIT;

	fn ensure_fits(&self, _: RequestId, _: &RoundOf<T>, seat: &SeatOf<T>) -> Check<()> {
		ensure_waiting::<T>(seat)
	}
}

impl<T: Config> Payload<T> for RevealedAnswer {
	const KIND: BatchKind = BatchKind::Reveal;
	const PHASE: RoundPhase = RoundPhase::Reveal;
	const TAG_PREFIX: &'static str = "OpgReveal";
	const PRIORITY: TransactionPriority = priority::REVEAL;

	fn ensure_fits(&self, request: RequestId, round: &RoundOf<T>, seat: &SeatOf<T>) -> Check<()> {
		let SeatState::Committed { commitment: committed, .. } = &seat.state else {
			return Err(refused(reject::WRONG_SEAT_STATE));
		};
		ensure!(self.answer.fuel <= round.fuel_limit, refused(reject::TOO_MUCH_FUEL));
		let context = Pallet::<T>::commitment_context(request, round, &seat.executor);
		ensure!(
			commitment(&context, &self.answer, &self.salt) == *committed,
			refused(reject::WRONG_COMMITMENT)
		);
		Ok(())
	}
}

impl<T: Config> Payload<T> for JobError {
	const KIND: BatchKind = BatchKind::Decline;
	const PHASE: RoundPhase = RoundPhase::Commit;
	const TAG_PREFIX: &'static str = "OpgDecline";
	const PRIORITY: TransactionPriority = priority::DECLINE;

	fn ensure_fits(&self, _: RequestId, _: &RoundOf<T>, seat: &SeatOf<T>) -> Check<()> {
		ensure_waiting::<T>(seat)?;
		let lasts = matches!(self, JobError::ModelMissing | JobError::EngineMissing);
		ensure!(lasts, refused(reject::MALFORMED));
		Ok(())
	}
}

fn ensure_waiting<T: Config>(seat: &SeatOf<T>) -> Check<()> {
	ensure!(seat.state == SeatState::Waiting, refused(reject::WRONG_SEAT_STATE));
	Ok(())
}

impl<T: Config> Pallet<T> {
	/// Authorizes a batch. Returns the weight that reading its rounds left over.
	pub(crate) fn authorize_batch<P: Payload<T>>(
		batch: &BatchOf<T, P>,
		signature: &ExecutorSignature,
	) -> Check<(ValidTransaction, Weight)> {
		let now = frame_system::Pallet::<T>::block_number();
		ensure!(batch.is_well_formed(), refused(reject::MALFORMED));
		Self::ensure_recent(batch, now)?;
		let mut read = Weight::zero();
		for item in &batch.items {
			let round = Self::ensure_takes(item)?;
			let seat = round.seat(&batch.executor).ok_or_else(|| refused(reject::NOT_DRAWN))?;
			item.payload.ensure_fits(item.request, &round, seat)?;
			read += Self::read_round_weight(now, &round);
		}
		Self::ensure_signed(batch, signature)?;
		let unspent = Self::max_read_weight(batch.items.len() as u32).saturating_sub(read);
		Ok((Self::valid_transaction(batch)?, unspent))
	}

	fn ensure_recent<P>(batch: &BatchOf<T, P>, now: BlockNumberFor<T>) -> Check<()> {
		let is_recent = batch.at <= now && now <= batch.at + BATCH_BLOCKS.into();
		ensure!(is_recent, refused(reject::EXPIRED));
		Ok(())
	}

	fn ensure_takes<P: Payload<T>>(item: &Item<P>) -> Check<RoundOf<T>> {
		let round = Rounds::<T>::get(item.request)
			.filter(|round| round.index == item.round)
			.ok_or_else(|| refused(reject::NO_ROUND))?;
		ensure!(round.phase == P::PHASE, refused(reject::WRONG_PHASE));
		Ok(round)
	}

	fn ensure_signed<P: Payload<T>>(
		batch: &BatchOf<T, P>,
		signature: &ExecutorSignature,
	) -> Check<()> {
		let key =
			T::Executors::hot_key(&batch.executor).ok_or_else(|| refused(reject::NOT_EXECUTOR))?;
		let payload = batch_payload(P::KIND, &Self::genesis(), batch);
		ensure!(key.verify(&payload, signature), refused(reject::INVALID_SIGNATURE));
		Ok(())
	}

	fn valid_transaction<P: Payload<T>>(batch: &BatchOf<T, P>) -> TransactionValidity {
		batch
			.items
			.iter()
			.fold(ValidTransaction::with_tag_prefix(P::TAG_PREFIX), |valid, item| {
				valid.and_provides((item.request, item.round, &batch.executor))
			})
			.priority(P::PRIORITY)
			.longevity(BATCH_BLOCKS.saturated_into())
			.propagate(true)
			.build()
	}
}
