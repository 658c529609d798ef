//! Deciding a round.

use crate::{pallet::*, types::*, weights::WeightInfo};
use frame_support::{defensive, traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{RequestId, Unavailable};
use pallet_opg_support::{ExecutorPools, FailureReason, Fault, Requests, Rule, Verdict};
use sp_core::H256;

impl<T: Config> Pallet<T> {
	/// End the current round and tell what it decided. Returns what that cost besides the record.
	pub(crate) fn tally(request: RequestId, record: RecordOf<T>) -> Weight {
		let seats = record.current().count() as u32;
		let silent = record.current().filter(|seat| seat.state.digest().is_none()).count() as u32;
		// Where answers differ, the one that decides may be outside the record.
		let reads = u64::from(record.has_rivals());
		let mut cost = T::DbWeight::get().reads(reads) + T::WeightInfo::close(seats);
		if silent > 0 {
			Self::punish_silence(&record);
			cost += T::WeightInfo::punish_silence(silent);
		}
		let verdict = Self::close(request, record);
		cost.saturating_add(T::Requests::decided(request, verdict))
	}

	/// Punish those of the current round who did not commit, or not reveal. Who was wrong is judged
	/// when the request is settled, for a later round may find that the earlier one was.
	pub(crate) fn punish_silence(record: &RecordOf<T>) {
		for seat in record.current() {
			match seat.state {
				SeatState::Waiting | SeatState::Declined { .. } => {
					T::Pools::penalise(&seat.executor, Fault::Uncommitted, &[])
				},
				SeatState::Committed { .. } => {
					T::Pools::penalise(&seat.executor, Fault::Unrevealed, &[])
				},
				SeatState::Revealed { .. } => {},
			}
		}
	}

	/// End the current round and decide.
	pub(crate) fn close(request: RequestId, mut record: RecordOf<T>) -> Verdict {
		record.phase = Phase::Closed;
		let verdict = match Self::decide(&record) {
			Ok(digest) => {
				let found = match record.answer.take() {
					Some((first, answer)) if first == digest => Some(answer),
					_ => Answers::<T>::get(request, digest),
				};
				found.map(Verdict::Agreed).unwrap_or_else(|| {
					defensive!("every revealed answer is kept until a committee agrees");
					Verdict::Undecided(FailureReason::NoAgreement)
				})
			},
			Err(reason) => Verdict::Undecided(reason),
		};
		Records::<T>::insert(request, record);
		verdict
	}

	fn decide(record: &RecordOf<T>) -> Result<H256, FailureReason> {
		let count = |state: &dyn Fn(&SeatState<BlockNumberFor<T>>) -> bool| {
			record.current().filter(|seat| state(&seat.state)).count()
		};
		let seats = record.current().count();
		let needed = match record.rule {
			Rule::Undisputed { needed } => needed as usize,
			Rule::Majority => seats / 2 + 1,
		};
		let revealed = count(&|state| state.digest().is_some());
		let agreed = record
			.current()
			.filter_map(|seat| seat.state.digest())
			.find(|digest| count(&|state| state.digest() == Some(*digest)) >= needed);
		if let Some(digest) = agreed {
			let alone = count(&|state| state.digest() == Some(digest)) == revealed;
			if alone || record.rule == Rule::Majority {
				return Ok(digest);
			}
		}

		let silent = count(&|state| *state == SeatState::Waiting);
		let no_model =
			count(&|state| *state == SeatState::Declined { reason: Unavailable::ModelMissing });
		let declined = count(&|state| matches!(state, SeatState::Declined { .. }));
		Err(if seats - silent - declined < needed {
			if 2 * no_model > silent + declined {
				FailureReason::ModelUnavailable
			} else if declined > silent {
				FailureReason::EngineUnavailable
			} else {
				FailureReason::NotEnoughCommitments
			}
		} else if revealed < needed {
			FailureReason::NotEnoughReveals
		} else {
			FailureReason::NoAgreement
		})
	}
}
