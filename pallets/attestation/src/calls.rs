//! Calls: executors commit, reveal and decline. Each returns its weight.

use crate::{authorize::Payload, pallet::*, types::*, weights::WeightInfo};
use frame_support::{ensure, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{Answer, JobError};
use pallet_opg_support::{ExecutorLedger, OnRoundDecided};
use sp_core::H256;

/// Answer that a change of a seat revealed, with its digest.
type Revealed = Option<(H256, Answer)>;

/// What a batch changed.
struct Changes {
	/// Items that the rounds took.
	items: u32,
	/// Weight of the rounds and of what follows.
	weight: Weight,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_commit(batch: BatchOf<T, H256>) -> Result<Weight, Error<T>> {
		let at = frame_system::Pallet::<T>::block_number();
		let weight = T::WeightInfo::commit(batch.items.len() as u32);
		let changes =
			Self::change_seats(batch, |_, seat, Item { request, round, payload, .. }| {
				let (executor, commitment) = (seat.executor.clone(), payload);
				seat.state = SeatState::Committed { at, commitment };
				Self::deposit_event(Event::Committed { request, round, executor, commitment });
				None
			})?;
		Ok(weight + changes.weight)
	}

	pub(crate) fn do_reveal(batch: BatchOf<T, RevealedAnswer>) -> Result<Weight, Error<T>> {
		let at = frame_system::Pallet::<T>::block_number();
		let executor = batch.executor.clone();
		let weight = Self::reveal_weight(batch.items.len() as u32, batch.output_bytes());
		let changes =
			Self::change_seats(batch, |_, seat, Item { request, round, payload, .. }| {
				let RevealedAnswer { answer, witness, .. } = payload;
				let executor = seat.executor.clone();
				let commitment = match seat.state {
					SeatState::Committed { at, commitment } => Some((at, commitment)),
					_ => None,
				};
				let digest = answer.digest();
				seat.state = SeatState::Revealed { commitment, at, digest, witness };
				Self::deposit_event(Event::Revealed { request, round, executor, digest });
				Some((digest, answer))
			})?;
		Ok(weight + changes.weight + Self::record_presence(&executor, changes.items))
	}

	pub(crate) fn do_decline(batch: BatchOf<T, JobError>) -> Result<Weight, Error<T>> {
		let now = Self::now();
		let weight = T::WeightInfo::decline(batch.items.len() as u32);
		let changes =
			Self::change_seats(batch, |decline_by, seat, Item { request, round, payload, .. }| {
				let (executor, reason) = (seat.executor.clone(), payload);
				let is_free = now <= decline_by;
				let outcome = if is_free { DeclineOutcome::Vacant } else { DeclineOutcome::Late };
				seat.state = SeatState::Declined { reason, outcome };
				Self::deposit_event(Event::Declined { request, round, executor, reason });
				None
			})?;
		Ok(weight + changes.weight)
	}

	/// Changes the executor's seat for each item that its round takes; the others are stale. `change`
	/// gets the time until which seats of the round are declined free of charge, the seat, the item.
	fn change_seats<P: Payload<T>>(
		batch: BatchOf<T, P>,
		change: impl Fn(BlockNumberFor<T>, &mut SeatOf<T>, Item<P>) -> Revealed,
	) -> Result<Changes, Error<T>> {
		let now = frame_system::Pallet::<T>::block_number();
		let mut changes = Changes { items: 0, weight: Weight::zero() };
		for item in batch.items {
			let request = item.request;
			let round = Rounds::<T>::get(request);
			let stale_weight = Self::read_in_batch_weight(round.as_ref());
			let Ok(mut round) = Self::ensure_takes(&item, round, &batch.executor) else {
				changes.weight += stale_weight;
				continue;
			};
			changes.items += 1;
			changes.weight += Self::round_in_batch_weight(now, &round);
			let decline_by = round.decline_by;
			let Some(seat) = round.seat_mut(&batch.executor) else { continue };
			let revealed = change(decline_by, seat, item);
			if seat.state.is_declined(DeclineOutcome::Vacant) {
				changes.weight += T::Requests::on_seat_declined(request, round.index);
			}
			if let Some((digest, answer)) = revealed {
				changes.weight += Self::keep_answer(request, &mut round, digest, answer);
			}
			changes.weight += Self::advance(request, round);
		}
		ensure!(changes.items > 0, Error::<T>::RoundChanged);
		Ok(changes)
	}

	/// Records that `executor` kept so many seats. Once a record changes nothing, neither would
	/// another. Returns the weight.
	fn record_presence(executor: &T::AccountId, seats: u32) -> Weight {
		let database = T::DbWeight::get();
		let (mut changed, mut calls) = (false, 0u64);
		for _ in 0..seats {
			calls += 1;
			if !T::Executors::record_presence(executor) {
				break;
			}
			changed = true;
		}
		let each = T::WeightInfo::record_presence().saturating_sub(database.reads_writes(1, 1));
		each.saturating_mul(calls).saturating_add(database.reads_writes(1, u64::from(changed)))
	}
}
