//! Implementation of [`Committees`], by which the inference pallet opens rounds and judges them.

use crate::{pallet::*, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use frame_support::{ensure, traits::Get, weights::Weight, BoundedVec};
use opg_primitives::{Answer, FailureReason, RequestId};
use pallet_opg_support::{Assignment, Committees, ExecutorLedger, Judgement, MAX_SEATS};
use sp_core::H256;
use sp_runtime::Perbill;

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
		} = assignment;
		let now = Self::now();
		ensure!(Self::is_in_time(now), FailureReason::Congested);
		let commit_blocks = T::CommitBlocks::get();
		let (seats, answer) = Rounds::<T>::get(request)
			.map(|earlier| (earlier.seats, earlier.answer))
			.unwrap_or_else(|| (BoundedVec::new(), None));
		let mut round = Round {
			index,
			needed,
			seed,
			phase: RoundPhase::Commit,
			decline_by: now + (commit_blocks / 2).into(),
			commit_by: now + commit_blocks.into(),
			model_hash,
			engine_id,
			input_hash,
			fuel_limit,
			seats,
			answer,
		};
		for executor in committee {
			let seat = Seat { executor, round: index, session, state: SeatState::Waiting };
			round.seats.try_push(seat).map_err(|_| FailureReason::Congested)?;
		}
		Deadlines::<T>::try_append(now, (request, index)).map_err(|_| FailureReason::Congested)?;
		Rounds::<T>::insert(request, round);
		Ok(())
	}

	fn past_members(request: RequestId) -> Vec<T::AccountId> {
		Rounds::<T>::get(request)
			.map(|round| round.seats.into_iter().map(|seat| seat.executor).collect())
			.unwrap_or_default()
	}

	fn revealed_digests(request: RequestId) -> Vec<H256> {
		Rounds::<T>::get(request).map(|round| round.revealed_digests()).unwrap_or_default()
	}

	fn judge(
		request: RequestId,
		digest: H256,
		payees: &[(&T::AccountId, Perbill)],
	) -> Judgement<T::AccountId> {
		let mut judgement = Judgement { right: Vec::new(), wrong: 0 };
		let Some(round) = Rounds::<T>::get(request) else { return judgement };
		for Seat { executor, session, state, .. } in round.seats {
			match state.digest() {
				Some(revealed) if revealed == digest => judgement.right.push(executor),
				Some(_) => {
					T::Executors::convict(&executor, round.model_hash, session, payees);
					judgement.wrong += 1;
				},
				None => {},
			}
		}
		judgement
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
