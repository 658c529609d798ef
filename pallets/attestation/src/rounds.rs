//! Opening rounds, recording commitments and reveals, passing deadlines.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::{ensure, pallet_prelude::DispatchResult, traits::Get, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{input_digest, RequestId, RoundIndex};
use pallet_opg_support::{
	Assignment, Committees, ExecutorPools, FailureReason, Fault, Requests, MAX_SEATS,
};
use sp_core::H256;
use sp_runtime::Perbill;

impl<T: Config> Committees<T::AccountId> for Pallet<T> {
	fn open(assignment: Assignment<T::AccountId>) -> Result<(), FailureReason> {
		let Assignment { request, round, committee, rule } = assignment;
		let task = T::Requests::task(request).ok_or(FailureReason::Congested)?;
		let now = frame_system::Pallet::<T>::block_number();
		let commit_by = now + T::CommitBlocks::get().into();
		let reveal_by = commit_by + T::RevealBlocks::get().into();
		let mut record = Records::<T>::get(request).unwrap_or_else(|| Record {
			round,
			rule,
			phase: Phase::Commit,
			model: task.model,
			engine: task.engine,
			input: input_digest(&task.input),
			fuel_limit: task.fuel_limit,
			seats: BoundedVec::new(),
		});
		record.round = round;
		record.rule = rule;
		record.phase = Phase::Commit;
		for executor in committee {
			let seat = Seat { executor, round, state: SeatState::Waiting };
			record.seats.try_push(seat).map_err(|_| FailureReason::Congested)?;
		}
		// Both deadlines are at a fixed distance from the draw, so the limit on draws per block
		// bounds them too.
		for deadline in [(commit_by, Deadline::Commit), (reveal_by, Deadline::Reveal)] {
			Deadlines::<T>::try_append(deadline, (request, round))
				.map_err(|_| FailureReason::Congested)?;
		}
		Records::<T>::insert(request, record);
		Ok(())
	}

	fn sat(request: RequestId) -> Vec<T::AccountId> {
		Records::<T>::get(request)
			.map(|record| record.seats.into_iter().map(|seat| seat.executor).collect())
			.unwrap_or_default()
	}

	fn judge(
		request: RequestId,
		right: H256,
		payees: &[(&T::AccountId, Perbill)],
	) -> Vec<T::AccountId> {
		let Some(record) = Records::<T>::get(request) else { return Vec::new() };
		let mut winners = Vec::new();
		for seat in record.seats {
			match seat.state.digest() {
				Some(digest) if digest == right => winners.push(seat.executor),
				Some(_) => T::Pools::penalise(&seat.executor, Fault::Wrong, payees),
				None => {},
			}
		}
		Self::drop_answers(request);
		winners
	}

	fn forget(request: RequestId) {
		Records::<T>::remove(request);
		Self::drop_answers(request);
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_commit(batch: CommitBatchOf<T>) -> DispatchResult {
		let now = frame_system::Pallet::<T>::block_number();
		for Commitment { request, round, commitment } in batch.items {
			let mut record = Self::open_record(request, round)?;
			let seat = record.seat_mut(&batch.executor).ok_or(Error::<T>::RoundChanged)?;
			seat.state = SeatState::Committed { at: now, commitment };
			Self::after_seat(request, record);
			Self::deposit_event(Event::Committed {
				request,
				round,
				executor: batch.executor.clone(),
				commitment,
			});
		}
		T::Pools::clear_misses(&batch.executor);
		Ok(())
	}

	pub(crate) fn do_reveal(batch: RevealBatchOf<T>) -> DispatchResult {
		let now = frame_system::Pallet::<T>::block_number();
		for Reveal { request, round, answer, .. } in batch.items {
			let mut record = Self::open_record(request, round)?;
			let digest = answer.digest();
			let seat = record.seat_mut(&batch.executor).ok_or(Error::<T>::RoundChanged)?;
			let SeatState::Committed { at, commitment } = seat.state else {
				return Err(Error::<T>::RoundChanged.into());
			};
			seat.state = SeatState::Revealed { committed_at: at, commitment, at: now, digest };
			if !Answers::<T>::contains_key(request, digest) {
				Answers::<T>::insert(request, digest, answer);
			}
			let executor = batch.executor.clone();
			Self::deposit_event(Event::Revealed { request, round, executor, digest });
			Self::reveal_or_tally(request, record);
		}
		Ok(())
	}

	pub(crate) fn do_decline(batch: DeclineBatchOf<T>) -> DispatchResult {
		for Decline { request, round, reason } in batch.items {
			let mut record = Self::open_record(request, round)?;
			let executor = batch.executor.clone();
			let seat = record.seat_mut(&executor).ok_or(Error::<T>::RoundChanged)?;
			seat.state = SeatState::Declined { reason };
			Self::deposit_event(Event::Declined { request, round, executor, reason });
			Self::after_seat(request, record);
		}
		Ok(())
	}

	/// Store a record whose commit phase got one step further, and end that phase where nobody is
	/// left to wait for.
	fn after_seat(request: RequestId, mut record: RecordOf<T>) {
		if record.current().any(|seat| seat.state == SeatState::Waiting) {
			Records::<T>::insert(request, record);
		} else {
			record.phase = Phase::Reveal;
			Self::reveal_or_tally(request, record);
		}
	}

	/// Wait for reveals, if there are any to come.
	fn reveal_or_tally(request: RequestId, record: RecordOf<T>) {
		if record.current().any(|seat| matches!(seat.state, SeatState::Committed { .. })) {
			Records::<T>::insert(request, record);
		} else {
			Self::tally(request, record);
		}
	}

	fn open_record(request: RequestId, round: RoundIndex) -> Result<RecordOf<T>, Error<T>> {
		let record = Records::<T>::get(request).ok_or(Error::<T>::RoundChanged)?;
		ensure!(record.round == round && record.phase != Phase::Closed, Error::<T>::RoundChanged);
		Ok(record)
	}

	/// End the phases whose deadline is `now`. Returns how many deadlines there were.
	pub(crate) fn pass_deadlines(now: BlockNumberFor<T>) -> u32 {
		let commit = Deadlines::<T>::take((now, Deadline::Commit));
		for (request, round) in &commit {
			let Some(mut record) = Records::<T>::get(request) else { continue };
			if record.round != *round || record.phase != Phase::Commit {
				continue;
			}
			// Those who committed still reveal: their answers count in the deciding round.
			record.phase = Phase::Reveal;
			Self::reveal_or_tally(*request, record);
		}
		let reveal = Deadlines::<T>::take((now, Deadline::Reveal));
		for (request, round) in &reveal {
			let Some(record) = Records::<T>::get(request) else { continue };
			if record.round == *round && record.phase == Phase::Reveal {
				Self::tally(*request, record);
			}
		}
		(commit.len() + reveal.len()) as u32
	}

	/// Forget the revealed answers. There is at most one per seat.
	pub(crate) fn drop_answers(request: RequestId) {
		let _ = Answers::<T>::clear_prefix(request, MAX_SEATS, None);
	}
}
