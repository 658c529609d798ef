//! Calls: executors commit, reveal and decline. Each returns its weight.

use crate::{pallet::*, types::*, weights::WeightInfo};
use frame_support::weights::Weight;
use opg_primitives::{Answer, JobError};
use pallet_opg_support::ExecutorLedger;
use sp_core::H256;

/// Answer that a change of a seat revealed, with its digest.
type Revealed = Option<(H256, Answer)>;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_commit(batch: BatchOf<T, H256>) -> Result<Weight, Error<T>> {
		let at = frame_system::Pallet::<T>::block_number();
		let executor = batch.executor.clone();
		let mut weight = T::WeightInfo::commit(batch.items.len() as u32);
		weight += Self::change_seats(batch, |seat, Item { request, round, payload }| {
			let (executor, commitment) = (seat.executor.clone(), payload);
			seat.state = SeatState::Committed { at, commitment };
			Self::deposit_event(Event::Committed { request, round, executor, commitment });
			Ok(None)
		})?;
		if T::Executors::clear_misses(&executor) {
			weight += T::WeightInfo::clear_misses();
		}
		Ok(weight)
	}

	pub(crate) fn do_reveal(batch: BatchOf<T, RevealedAnswer>) -> Result<Weight, Error<T>> {
		let at = frame_system::Pallet::<T>::block_number();
		let weight = Self::reveal_weight(batch.items.len() as u32, batch.output_bytes());
		let changes = Self::change_seats(batch, |seat, Item { request, round, payload }| {
			let (executor, answer) = (seat.executor.clone(), payload.answer);
			let SeatState::Committed { at: committed_at, commitment } = seat.state else {
				return Err(Error::<T>::RoundChanged);
			};
			let digest = answer.digest();
			seat.state = SeatState::Revealed { committed_at, commitment, at, digest };
			Self::deposit_event(Event::Revealed { request, round, executor, digest });
			Ok(Some((digest, answer)))
		})?;
		Ok(weight + changes)
	}

	pub(crate) fn do_decline(batch: BatchOf<T, JobError>) -> Result<Weight, Error<T>> {
		let weight = T::WeightInfo::decline(batch.items.len() as u32);
		let changes = Self::change_seats(batch, |seat, Item { request, round, payload }| {
			let (executor, reason) = (seat.executor.clone(), payload);
			seat.state = SeatState::Declined { reason };
			Self::deposit_event(Event::Declined { request, round, executor, reason });
			Ok(None)
		})?;
		Ok(weight + changes)
	}

	/// Changes the executor's seat for each item. Returns the weight of rounds and of what follows.
	fn change_seats<P>(
		batch: BatchOf<T, P>,
		change: impl Fn(&mut SeatOf<T>, Item<P>) -> Result<Revealed, Error<T>>,
	) -> Result<Weight, Error<T>> {
		let now = frame_system::Pallet::<T>::block_number();
		let mut weight = Weight::zero();
		for item in batch.items {
			let request = item.request;
			let mut round = Self::open_round(request, item.round)?;
			weight += Self::round_in_batch_weight(now, &round);
			let seat = round.seat_mut(&batch.executor).ok_or(Error::<T>::RoundChanged)?;
			if let Some((digest, answer)) = change(seat, item)? {
				weight += Self::keep_answer(request, &mut round, digest, answer);
			}
			weight += Self::advance(request, round);
		}
		Ok(weight)
	}
}
