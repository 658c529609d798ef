//! Implementation of [`Committees`], by which the inference pallet opens rounds and judges them.

use crate::{pallet::*, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use frame_support::{ensure, weights::Weight, BoundedVec};
use opg_primitives::{Answer, FailureReason, RequestId, RoundIndex};
use pallet_opg_support::{
	Assignment, Committees, ExecutorLedger, Judgement, Offence, SeatHolder, SilenceRecord, Vacancy,
	MAX_SEATS,
};
use sp_core::H256;
use sp_runtime::Perbill;

/// First round of a request.
const FIRST_ROUND: RoundIndex = 0;

impl<T: Config> Committees<T::AccountId> for Pallet<T> {
	fn open(assignment: Assignment<T::AccountId>) -> Result<(), FailureReason> {
		let Assignment {
			request,
			round: index,
			committee,
			needed,
			seed,
			session,
			model_hash,
			engine_id,
			input_hash,
			fuel_limit,
			output_limit,
			commit_blocks,
			witnessed,
		} = assignment;
		let now = Self::now();
		ensure!(Self::is_in_time(now), FailureReason::Congested);
		let commit_by = now + commit_blocks.into();
		let (seats, answer) = Rounds::<T>::get(request)
			.map(|earlier| (earlier.seats, earlier.answer))
			.unwrap_or_else(|| (BoundedVec::new(), None));
		let mut round = Round {
			index,
			needed,
			size: committee.len() as u32,
			witnessed,
			seed,
			phase: RoundPhase::Commit,
			decline_by: now + (commit_blocks / 2).into(),
			commit_by,
			model_hash,
			engine_id,
			input_hash,
			fuel_limit,
			output_limit,
			seats,
			answer,
		};
		for executor in committee {
			let seat = Seat { executor, round: index, session, state: SeatState::Waiting };
			round.seats.try_push(seat).map_err(|_| FailureReason::Congested)?;
		}
		Deadlines::<T>::try_append(commit_by, (request, index))
			.map_err(|_| FailureReason::Congested)?;
		Rounds::<T>::insert(request, round);
		Ok(())
	}

	fn past_members(request: RequestId) -> Vec<T::AccountId> {
		Rounds::<T>::get(request)
			.map(|round| round.seats.into_iter().map(|seat| seat.executor).collect())
			.unwrap_or_default()
	}

	fn seat_holders(request: RequestId) -> Vec<SeatHolder<T::AccountId>> {
		let Some(round) = Rounds::<T>::get(request) else { return Vec::new() };
		let is_given_away = |seat: &SeatOf<T>| seat.state.is_declined(DeclineOutcome::Replaced);
		round.seats.iter().filter(|seat| !is_given_away(seat)).map(Seat::holder).collect()
	}

	fn revealed_digests(request: RequestId) -> Vec<H256> {
		Rounds::<T>::get(request).map(|round| round.revealed_digests()).unwrap_or_default()
	}

	fn doubted_seed(request: RequestId) -> Option<H256> {
		let round = Rounds::<T>::get(request)?;
		(round.witnessed && round.has_conflicting_witnesses()).then_some(round.seed)
	}

	fn judge(
		request: RequestId,
		digest: H256,
		witness: Option<(H256, H256)>,
		payees: &[(&T::AccountId, Perbill)],
	) -> Judgement<T::AccountId> {
		let mut judgement = Judgement::default();
		let Some(round) = Rounds::<T>::get(request) else { return judgement };
		// Only the current round's witnesses are for its seed.
		let expected = witness.filter(|(seed, _)| round.witnessed && *seed == round.seed);
		let is_audited = round.witnessed && round.phase == RoundPhase::Closed;
		for seat in &round.seats {
			match &seat.state {
				SeatState::Revealed { digest: revealed, .. } if *revealed != digest => {
					let Seat { executor, session, .. } = seat;
					T::Executors::convict(executor, round.model_hash, *session, payees);
					judgement.wrong.push(seat.holder());
				},
				SeatState::Revealed { witness, .. } => match expected {
					Some((_, right)) if seat.round == round.index && *witness != Some(right) => {
						let (offence, record) = (Offence::MissedReveal, SilenceRecord::Counted);
						T::Executors::fine(&seat.executor, offence, seat.session, record);
						judgement.copied.push(seat.holder());
					},
					_ => judgement.right.push(seat.executor.clone()),
				},
				state if seat.round == FIRST_ROUND && state.is_silent() => {
					judgement.silent.push(seat.holder());
				},
				state if is_audited && seat.round == round.index && state.is_silent() => {
					judgement.absent.push(seat.holder());
				},
				_ => {},
			}
		}
		judgement
	}

	fn vacancy(request: RequestId) -> Option<Vacancy<T::AccountId>> {
		let round = Rounds::<T>::get(request)?;
		if round.phase_at(Self::now()) != RoundPhase::Commit {
			return None;
		}
		let SeatHolder { executor, session } = round.vacant_seat()?.holder();
		let (round, seed) = (round.index, round.seed);
		Some(Vacancy { round, seed, session, declined: executor })
	}

	fn replace(
		request: RequestId,
		index: RoundIndex,
		executor: T::AccountId,
		session: u32,
	) -> Result<(), FailureReason> {
		let refused = FailureReason::NotEnoughExecutors;
		let mut round = Rounds::<T>::get(request).ok_or(refused)?;
		let is_open = round.index == index && round.phase_at(Self::now()) == RoundPhase::Commit;
		let has_room = (round.current_seats().count() as u32) < round.size.saturating_mul(2);
		ensure!(is_open && has_room && round.fill_vacant_seat(DeclineOutcome::Replaced), refused);
		let seat = Seat { executor, round: index, session, state: SeatState::Waiting };
		round.seats.try_push(seat).map_err(|_| refused)?;
		Rounds::<T>::insert(request, round);
		Ok(())
	}

	fn leave_unfilled(request: RequestId) -> Weight {
		let Some(mut round) = Rounds::<T>::get(request) else {
			return T::WeightInfo::read_round(0);
		};
		let is_open = round.phase_at(Self::now()) == RoundPhase::Commit;
		if !is_open || !round.fill_vacant_seat(DeclineOutcome::Unfilled) {
			return T::WeightInfo::read_round(round.seats.len() as u32);
		}
		Self::round_weight(&round).saturating_add(Self::advance(request, round))
	}

	fn max_leave_unfilled_weight() -> Weight {
		Self::max_deadline_weight()
	}

	fn answer(request: RequestId, digest: H256) -> Option<Answer> {
		Self::find_answer(request, &Rounds::<T>::get(request)?, digest)
	}

	fn remove(request: RequestId) -> Weight {
		match Rounds::<T>::take(request) {
			Some(round) if round.has_conflicting_answers() => {
				T::WeightInfo::remove_answers(Self::remove_answers(request))
			},
			_ => Weight::zero(),
		}
	}

	fn max_remove_weight() -> Weight {
		T::WeightInfo::remove_answers(MAX_SEATS)
	}
}
