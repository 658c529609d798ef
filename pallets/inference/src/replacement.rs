//! Replacement: gives seats that were declined free of charge to the next in order.
//!
//! A committee is the first of a permutation that its seed fixed, without those who are skipped. Who
//! declines is one more who is skipped: the seat goes to the next, in the draws of the next block,
//! and the deadlines of the round stay. So nobody gains seats by declining. Where nobody is left, or
//! as many seats were given away as the round has, the round goes on without.

use crate::{
	capacity::SeatTerms, draw::DrawContext, pallet::*, tiers, types::*, weights::WeightInfo,
};
use alloc::vec::Vec;
use frame_support::{
	storage::with_storage_layer,
	weights::{Weight, WeightMeter},
};
use opg_primitives::{RequestId, RoundIndex};
use pallet_opg_support::{Committees, Vacancy, MAX_MEMBERS};
use sp_runtime::DispatchError;

/// What became of a vacant seat.
#[derive(PartialEq, Eq)]
pub(crate) enum Served {
	/// Another executor has it, or the round does not wait for one any more.
	Done,
	/// Nobody takes it.
	Unfilled,
}

impl<T: Config> Pallet<T> {
	/// Queues a vacant seat for the draws of the next block. Where there is no room, it stays vacant
	/// until the round is over. Returns the weight.
	pub(crate) fn queue_replacement(id: RequestId, round: RoundIndex) -> Weight {
		let _ = Vacancies::<T>::try_append((id, round));
		T::WeightInfo::queue_replacement()
	}

	/// Gives away the vacant seats that wait, as far as the weight allows. Returns the requests with a
	/// seat that nobody takes, once for each, and whether seats are left for the next block.
	///
	/// What follows from seats that nobody takes, [`Self::leave_unfilled`] does when the draws are
	/// done. Its weight is spent already.
	pub(crate) fn service_vacancies(
		draws: &mut DrawContext<T>,
		meter: &mut WeightMeter,
	) -> (Vec<RequestId>, bool) {
		let mut vacancies = Vacancies::<T>::get();
		let max = Self::max_replacement_weight();
		let (mut done, mut unfilled) = (0, Vec::new());
		for (id, round) in &vacancies {
			if !meter.can_consume(max) {
				break;
			}
			if Self::service_vacancy(draws, meter, *id, *round) == Served::Unfilled {
				meter.consume(T::Committees::max_leave_unfilled_weight());
				unfilled.push(*id);
			}
			done += 1;
		}
		vacancies.drain(..done);
		let is_left = !vacancies.is_empty();
		Vacancies::<T>::put(vacancies);
		(unfilled, is_left)
	}

	/// Gives the first vacant seat of a round away.
	pub(crate) fn service_vacancy(
		draws: &mut DrawContext<T>,
		meter: &mut WeightMeter,
		id: RequestId,
		round: RoundIndex,
	) -> Served {
		meter.consume(T::WeightInfo::noop());
		let vacancy = T::Committees::vacancy(id).filter(|vacancy| vacancy.round == round);
		let (Some(vacancy), Some(request)) = (vacancy, Requests::<T>::get(id)) else {
			return Served::Done;
		};
		let status = request.state.committee();
		if !matches!(status, Some(CommitteeStatus::Assigned { round: of }) if *of == round) {
			// A challenge took the request to the court while its audit was at work.
			return Served::Unfilled;
		}
		let Vacancy { seed, session, declined, .. } = vacancy;
		let past_members = T::Committees::past_members(id);
		meter.consume(T::WeightInfo::replace(past_members.len() as u32));
		let excluded = Self::excluded(&request, &past_members);
		let terms = SeatTerms { round, reserve: request.seat_reserve };
		let candidates = (request.model, session);
		// As in the draw: where others are full, the next in order is not left to chance.
		let is_crowded =
			round == tiers::FIRST && !draws.offered(meter, candidates, terms.reserve).is_enough();
		if is_crowded {
			return Served::Unfilled;
		}
		let mut drawn = draws.draw(meter, candidates, terms, &seed.0, &excluded, 1);
		let Some(executor) = drawn.pop() else { return Served::Unfilled };
		let replaced: Result<(), DispatchError> = with_storage_layer(|| {
			T::Committees::replace(id, round, executor.clone(), session)
				.map_err(|_| DispatchError::Unavailable)?;
			let has_room = draws.take_seats(core::slice::from_ref(&executor), terms);
			has_room.then_some(()).ok_or(DispatchError::Unavailable)
		});
		if replaced.is_err() {
			return Served::Unfilled;
		}
		draws.release_seat(&declined, terms);
		Self::deposit_event(Event::Replaced { request: id, round, declined, executor });
		Served::Done
	}

	/// Lets the rounds of these requests go on without a seat that nobody takes. The weight is spent
	/// already.
	pub(crate) fn leave_unfilled(requests: Vec<RequestId>) {
		for id in requests {
			T::Committees::leave_unfilled(id);
		}
	}

	/// Largest weight of giving one seat away, with a context of its own, or of going on without it.
	pub(crate) fn max_replacement_weight() -> Weight {
		T::WeightInfo::noop()
			.saturating_add(DrawContext::<T>::max_weight())
			.saturating_add(T::WeightInfo::replace(MAX_MEMBERS))
			.saturating_add(T::Committees::max_leave_unfilled_weight())
	}
}
