//! Opening rounds, recording commitments and reveals, passing deadlines.

use crate::{pallet::*, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use frame_support::{ensure, traits::Get, weights::Weight, BoundedVec};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{Answer, RequestId, RoundIndex};
use pallet_opg_support::{
	Assignment, Committees, ExecutorPools, FailureReason, Fault, Judged, MAX_SEATS,
};
use sp_core::H256;
use sp_runtime::{traits::One, Perbill};

impl<T: Config> Committees<T::AccountId> for Pallet<T> {
	fn open(assignment: Assignment<T::AccountId>) -> Result<(), FailureReason> {
		let Assignment { request, round, committee, rule, model, engine, input, fuel_limit } =
			assignment;
		let mut record = Records::<T>::get(request).unwrap_or_else(|| Record {
			round,
			rule,
			phase: Phase::Commit,
			model,
			engine,
			input,
			fuel_limit,
			seats: BoundedVec::new(),
			answer: None,
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
		for deadline in Self::deadlines_of_rounds_opened_now() {
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
	) -> Judged<T::AccountId> {
		let mut judged = Judged { right: Vec::new(), wrong: 0 };
		let Some(record) = Records::<T>::get(request) else { return judged };
		if record.has_rivals() {
			Self::drop_answers(request);
		}
		for seat in record.seats {
			match seat.state.digest() {
				Some(digest) if digest == right => judged.right.push(seat.executor),
				Some(_) => {
					T::Pools::penalise(&seat.executor, Fault::Wrong, payees);
					judged.wrong += 1;
				},
				None => {},
			}
		}
		judged
	}

	fn forget(request: RequestId) -> Weight {
		match Records::<T>::take(request) {
			Some(record) if record.has_rivals() => {
				T::WeightInfo::forget(Self::drop_answers(request))
			},
			_ => Weight::zero(),
		}
	}

	fn most_of_forget() -> Weight {
		T::WeightInfo::forget(MAX_SEATS)
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_shared_keys() -> Vec<Vec<u8>> {
		Self::deadlines_of_rounds_opened_now().map(Deadlines::<T>::hashed_key_for).into()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_rounds(request: RequestId, seats: Vec<(T::AccountId, RoundIndex, Answer)>) {
		crate::benchmarking::rounds::<T>(request, seats);
	}
}

impl<T: Config> Pallet<T> {
	/// Returns what it cost, as the other calls do.
	pub(crate) fn do_commit(batch: CommitBatchOf<T>) -> Result<Weight, Error<T>> {
		let now = frame_system::Pallet::<T>::block_number();
		let mut cost = T::WeightInfo::commit(batch.items.len() as u32);
		for Commitment { request, round, commitment } in batch.items {
			let mut record = Self::open_record(request, round)?;
			cost += Self::cost_in_batch(now, &record);
			let seat = record.seat_mut(&batch.executor).ok_or(Error::<T>::RoundChanged)?;
			seat.state = SeatState::Committed { at: now, commitment };
			cost += Self::after_seat(request, record);
			Self::deposit_event(Event::Committed {
				request,
				round,
				executor: batch.executor.clone(),
				commitment,
			});
		}
		if T::Pools::clear_misses(&batch.executor) {
			cost += T::WeightInfo::clear_misses();
		}
		Ok(cost)
	}

	pub(crate) fn do_reveal(batch: RevealBatchOf<T>) -> Result<Weight, Error<T>> {
		let now = frame_system::Pallet::<T>::block_number();
		let mut cost = Self::cost_of_reveal(batch.items.len() as u32, batch.answer_bytes());
		for Reveal { request, round, answer, .. } in batch.items {
			let mut record = Self::open_record(request, round)?;
			cost += Self::cost_in_batch(now, &record);
			let digest = answer.digest();
			let seat = record.seat_mut(&batch.executor).ok_or(Error::<T>::RoundChanged)?;
			let SeatState::Committed { at, commitment } = seat.state else {
				return Err(Error::<T>::RoundChanged);
			};
			seat.state = SeatState::Revealed { committed_at: at, commitment, at: now, digest };
			cost += Self::keep_answer(request, &mut record, digest, answer);
			let executor = batch.executor.clone();
			Self::deposit_event(Event::Revealed { request, round, executor, digest });
			cost += Self::reveal_or_tally(request, record);
		}
		Ok(cost)
	}

	pub(crate) fn do_decline(batch: DeclineBatchOf<T>) -> Result<Weight, Error<T>> {
		let now = frame_system::Pallet::<T>::block_number();
		let mut cost = T::WeightInfo::decline(batch.items.len() as u32);
		for Decline { request, round, reason } in batch.items {
			let mut record = Self::open_record(request, round)?;
			cost += Self::cost_in_batch(now, &record);
			let executor = batch.executor.clone();
			let seat = record.seat_mut(&executor).ok_or(Error::<T>::RoundChanged)?;
			seat.state = SeatState::Declined { reason };
			Self::deposit_event(Event::Declined { request, round, executor, reason });
			cost += Self::after_seat(request, record);
		}
		Ok(cost)
	}

	/// Keep an answer that may be the first of its kind. Returns what that cost besides the record.
	fn keep_answer(
		request: RequestId,
		record: &mut RecordOf<T>,
		digest: H256,
		answer: Answer,
	) -> Weight {
		match &record.answer {
			None => record.answer = Some((digest, answer)),
			Some((first, _)) if *first == digest => {},
			Some(_) => {
				Answers::<T>::insert(request, digest, answer);
				return T::WeightInfo::new_answer();
			},
		}
		Weight::zero()
	}

	/// Store a record whose commit phase got one step further, and end that phase where nobody is
	/// left to wait for. Returns what that cost besides the record.
	fn after_seat(request: RequestId, mut record: RecordOf<T>) -> Weight {
		if record.current().any(|seat| seat.state == SeatState::Waiting) {
			Records::<T>::insert(request, record);
			Weight::zero()
		} else {
			record.phase = Phase::Reveal;
			Self::reveal_or_tally(request, record)
		}
	}

	/// Wait for reveals, if there are any to come. Returns what that cost besides the record.
	fn reveal_or_tally(request: RequestId, record: RecordOf<T>) -> Weight {
		if record.awaits_reveal() {
			Records::<T>::insert(request, record);
			Weight::zero()
		} else {
			Self::tally(request, record)
		}
	}

	fn open_record(request: RequestId, round: RoundIndex) -> Result<RecordOf<T>, Error<T>> {
		let record = Records::<T>::get(request).ok_or(Error::<T>::RoundChanged)?;
		ensure!(record.round == round && record.phase != Phase::Closed, Error::<T>::RoundChanged);
		Ok(record)
	}

	/// End the phases whose deadline is `now`. Returns what it cost.
	pub(crate) fn pass_deadlines(now: BlockNumberFor<T>) -> Weight {
		let mut cost = Self::shared();
		let lists = [(Deadline::Commit, Phase::Commit), (Deadline::Reveal, Phase::Reveal)]
			.map(|(deadline, phase)| (phase, Deadlines::<T>::take((now, deadline))));
		let mut left = 0;
		for (_, due) in &lists {
			left += due.len() as u64;
			cost += T::WeightInfo::take_deadlines(due.len() as u32);
		}
		for (phase, due) in lists {
			for (request, round) in due {
				left = left.saturating_sub(1);
				let Some(record) = Records::<T>::get(request) else {
					cost += T::WeightInfo::read_record(0);
					continue;
				};
				if record.round != round || record.phase != phase {
					cost += T::WeightInfo::read_record(record.seats.len() as u32);
					continue;
				}
				cost += Self::cost_of(&record);
				let record = Record { phase: Phase::Reveal, ..record };
				if phase == Phase::Commit && record.awaits_reveal() {
					// Those who committed still reveal: their answers count in the deciding round.
					Records::<T>::insert(request, record);
				} else {
					// Putting the others off costs something, too.
					let rest = Self::most_of_put_off().saturating_mul(left);
					cost += Self::tally_in_time(now, request, record, cost.saturating_add(rest));
				}
			}
		}
		cost
	}

	/// End a round, or put that off to the next block where too much is `spent` in this one. Only the
	/// end is put off, never a phase: nobody loses time to reveal.
	fn tally_in_time(
		now: BlockNumberFor<T>,
		request: RequestId,
		record: RecordOf<T>,
		spent: Weight,
	) -> Weight {
		let is_late = spent.saturating_add(Self::most_of_tally()).any_gt(T::DeadlineWeight::get());
		// What the next block has no room for is done: nothing is ever lost.
		if is_late && Self::put_off(now, request, record.round) {
			Records::<T>::insert(request, record);
			return T::WeightInfo::put_off();
		}
		Self::tally(request, record)
	}

	pub(crate) fn put_off(now: BlockNumberFor<T>, request: RequestId, round: RoundIndex) -> bool {
		Deadlines::<T>::try_append((now + One::one(), Deadline::Reveal), (request, round)).is_ok()
	}

	fn deadlines_of_rounds_opened_now() -> [(BlockNumberFor<T>, Deadline); 2] {
		let now = frame_system::Pallet::<T>::block_number();
		let commit_by = now + T::CommitBlocks::get().into();
		let reveal_by = commit_by + T::RevealBlocks::get().into();
		[(commit_by, Deadline::Commit), (reveal_by, Deadline::Reveal)]
	}

	/// Forget the answers that are not in the record. There is at most one per seat. Returns how many
	/// there were.
	pub(crate) fn drop_answers(request: RequestId) -> u32 {
		Answers::<T>::clear_prefix(request, MAX_SEATS, None).unique
	}
}
