//! Everything that must hold before a batch is accepted, cheapest first, signature last.

use crate::{pallet::*, types::*};
use codec::Encode;
use frame_support::pallet_prelude::*;
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{
	batch_payload, commitment, BatchKind, Binding, ExecutorSignature, RequestId, RoundIndex,
	Unavailable,
};
use pallet_opg_support::{priority, ExecutorPools};
use sp_core::H256;
use sp_runtime::{
	traits::{SaturatedConversion, Zero},
	RuntimeAppPublic,
};

/// Codes of refused batches.
pub mod reject {
	/// Empty, a request twice, or a reason that passes.
	pub const MALFORMED: u8 = 10;
	/// Made at a block that is in the future or too far in the past.
	pub const EXPIRED: u8 = 11;
	/// The executor has no pool.
	pub const NOT_EXECUTOR: u8 = 12;
	/// No such request, or another round.
	pub const NO_ROUND: u8 = 13;
	/// The round does not take this now.
	pub const WRONG_PHASE: u8 = 14;
	/// The executor was not drawn.
	pub const NOT_DRAWN: u8 = 15;
	/// Submitted already, or revealed without a commitment.
	pub const WRONG_SEAT_STATE: u8 = 16;
	/// Answer and salt do not fit the commitment.
	pub const WRONG_COMMITMENT: u8 = 17;
	/// More fuel than the limit.
	pub const TOO_MUCH_FUEL: u8 = 18;
	/// The hot key did not sign this.
	pub const BAD_SIGNATURE: u8 = 19;
}

type Check<T> = Result<T, TransactionValidityError>;

fn refuse<T>(code: u8) -> Check<T> {
	Err(InvalidTransaction::Custom(code).into())
}

impl<T: Config> Pallet<T> {
	pub(crate) fn genesis() -> H256 {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
	}

	/// What a commitment of `executor` in the current round of `record` is bound to.
	pub(crate) fn binding(
		request: RequestId,
		record: &RecordOf<T>,
		executor: &T::AccountId,
	) -> Binding<T::AccountId> {
		Binding {
			genesis: Self::genesis(),
			request,
			round: record.round,
			executor: executor.clone(),
			model: record.model,
			engine: record.engine,
			input: record.input,
		}
	}

	pub(crate) fn authorize_commit(
		batch: &CommitBatchOf<T>,
		signature: &ExecutorSignature,
	) -> Check<(ValidTransaction, Weight)> {
		let read = Self::check_batch(batch, Phase::Commit, |_, _, state| match state {
			SeatState::Waiting => Ok(()),
			_ => refuse(reject::WRONG_SEAT_STATE),
		})?;
		Self::check_signature(BatchKind::Commit, batch, signature)?;
		Self::valid("OpgCommit", priority::COMMIT, batch, read)
	}

	pub(crate) fn authorize_reveal(
		batch: &RevealBatchOf<T>,
		signature: &ExecutorSignature,
	) -> Check<(ValidTransaction, Weight)> {
		let read = Self::check_batch(batch, Phase::Reveal, |record, reveal, state| {
			let SeatState::Committed { commitment: committed, .. } = state else {
				return refuse(reject::WRONG_SEAT_STATE);
			};
			if reveal.answer.fuel > record.fuel_limit {
				return refuse(reject::TOO_MUCH_FUEL);
			}
			let binding = Self::binding(reveal.request, record, &batch.executor);
			if commitment(&binding, &reveal.answer, &reveal.salt) != *committed {
				return refuse(reject::WRONG_COMMITMENT);
			}
			Ok(())
		})?;
		Self::check_signature(BatchKind::Reveal, batch, signature)?;
		Self::valid("OpgReveal", priority::REVEAL, batch, read)
	}

	pub(crate) fn authorize_decline(
		batch: &DeclineBatchOf<T>,
		signature: &ExecutorSignature,
	) -> Check<(ValidTransaction, Weight)> {
		let read = Self::check_batch(batch, Phase::Commit, |_, decline, state| {
			match (state, decline.reason) {
				(SeatState::Waiting, Unavailable::ModelMissing | Unavailable::EngineMissing) => {
					Ok(())
				},
				(SeatState::Waiting, _) => refuse(reject::MALFORMED),
				_ => refuse(reject::WRONG_SEAT_STATE),
			}
		})?;
		Self::check_signature(BatchKind::Decline, batch, signature)?;
		Self::valid("OpgDecline", priority::DECLINE, batch, read)
	}

	/// Returns what reading the records cost.
	fn check_batch<I: NamesRound>(
		batch: &Batch<T::AccountId, BlockNumberFor<T>, I>,
		phase: Phase,
		check: impl Fn(&RecordOf<T>, &I, &SeatState<BlockNumberFor<T>>) -> Check<()>,
	) -> Check<Weight> {
		if !batch.is_well_formed() {
			return refuse(reject::MALFORMED);
		}
		let now = frame_system::Pallet::<T>::block_number();
		if batch.at > now || batch.at + BATCH_BLOCKS.into() < now {
			return refuse(reject::EXPIRED);
		}
		let mut read = Weight::zero();
		for item in &batch.items {
			let (request, round) = item.key();
			let Some(record) = Records::<T>::get(request).filter(|r| r.round == round) else {
				return refuse(reject::NO_ROUND);
			};
			if record.phase != phase {
				return refuse(reject::WRONG_PHASE);
			}
			let Some(seat) = record.seat(&batch.executor) else {
				return refuse(reject::NOT_DRAWN);
			};
			check(&record, item, &seat.state)?;
			read += Self::cost_of_read(now, &record);
		}
		Ok(read)
	}

	fn check_signature<I: Encode>(
		kind: BatchKind,
		batch: &Batch<T::AccountId, BlockNumberFor<T>, I>,
		signature: &ExecutorSignature,
	) -> Check<()> {
		let Some(key) = T::Pools::hot_key(&batch.executor) else {
			return refuse(reject::NOT_EXECUTOR);
		};
		if !key.verify(&batch_payload(kind, &Self::genesis(), batch), signature) {
			return refuse(reject::BAD_SIGNATURE);
		}
		Ok(())
	}

	fn valid<I: NamesRound>(
		prefix: &'static str,
		priority: u64,
		batch: &Batch<T::AccountId, BlockNumberFor<T>, I>,
		read: Weight,
	) -> Check<(ValidTransaction, Weight)> {
		let tag = |(request, round): (RequestId, RoundIndex)| (request, round, &batch.executor);
		let valid = batch
			.items
			.iter()
			.fold(ValidTransaction::with_tag_prefix(prefix), |valid, item| {
				valid.and_provides(tag(item.key()))
			})
			.priority(priority)
			.longevity(BATCH_BLOCKS.saturated_into())
			.propagate(true)
			.build()?;
		let unspent = Self::most_of_reads(batch.items.len() as u32).saturating_sub(read);
		Ok((valid, unspent))
	}
}
