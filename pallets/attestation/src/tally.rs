//! Deciding a round, and what follows for each seat.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{Answer, RequestId, Unavailable};
use pallet_opg_support::{ExecutorPools, FailureReason, Fault, Requests, Verdict};
use sp_core::H256;

/// What the revealed answers of a round amount to.
enum Decision {
	Agreed(H256),
	Undecided(FailureReason),
}

impl<T: Config> Pallet<T> {
	/// End the current round: punish silence, decide, and judge answers once there is a decision.
	pub(crate) fn tally(request: RequestId, mut record: RecordOf<T>) {
		for seat in record.current() {
			match seat.state {
				SeatState::Waiting | SeatState::Declined { .. } => {
					T::Pools::penalise(&seat.executor, Fault::Uncommitted, None)
				},
				SeatState::Committed { .. } => {
					T::Pools::penalise(&seat.executor, Fault::Unrevealed, None)
				},
				SeatState::Revealed { .. } => {},
			}
		}
		Self::drop_duties(request, &record);
		record.phase = Phase::Closed;
		let verdict = match Self::decide(&record) {
			Decision::Agreed(digest) => Self::judge(&record, digest),
			Decision::Undecided(_) if record.round == 0 => {
				Self::deposit_event(Event::Escalated { request });
				Verdict::Escalated
			},
			Decision::Undecided(reason) => Verdict::Failed(reason),
		};
		// An ended request needs no answers beside the attested one, which inference keeps.
		if !matches!(verdict, Verdict::Escalated) {
			record.answers = Default::default();
		}
		Records::<T>::insert(request, record);
		T::Requests::decided(request, verdict);
	}

	/// Round 0 wants every seat to give the same answer, a later round more than half of them.
	fn decide(record: &RecordOf<T>) -> Decision {
		let seats = record.current().count();
		let needed = if record.round == 0 { seats } else { seats / 2 + 1 };
		let digests: Vec<H256> = record.current().filter_map(|seat| digest(&seat.state)).collect();
		let agreed = digests
			.iter()
			.find(|digest| digests.iter().filter(|other| other == digest).count() >= needed);
		if let Some(digest) = agreed {
			return Decision::Agreed(*digest);
		}
		let count = |state: fn(&SeatState<BlockNumberFor<T>>) -> bool| {
			record.current().filter(|seat| state(&seat.state)).count()
		};
		let silent = count(|state| *state == SeatState::Waiting);
		let no_model =
			count(|state| *state == SeatState::Declined { reason: Unavailable::ModelMissing });
		let declined = count(|state| matches!(state, SeatState::Declined { .. }));
		let committed = seats - silent - declined;
		Decision::Undecided(if committed < needed {
			if 2 * no_model > silent + declined {
				FailureReason::ModelUnavailable
			} else if declined > silent {
				FailureReason::EngineUnavailable
			} else {
				FailureReason::NotEnoughCommitments
			}
		} else if digests.len() < needed {
			FailureReason::NotEnoughReveals
		} else {
			FailureReason::NoAgreement
		})
	}

	/// Separate those who gave the attested answer, in any round, from those who gave another.
	fn judge(record: &RecordOf<T>, attested: H256) -> Verdict<T::AccountId> {
		let mut winners = Vec::new();
		for seat in &record.seats {
			match digest(&seat.state) {
				Some(digest) if digest == attested => winners.push(seat.executor.clone()),
				Some(_) => T::Pools::penalise(&seat.executor, Fault::Wrong, None),
				None => {},
			}
		}
		match record.answers.iter().find(|answer: &&Answer| answer.digest() == attested) {
			Some(answer) => Verdict::Attested { answer: answer.clone(), winners },
			None => {
				frame_support::defensive!("every revealed answer is kept until the request ends");
				Verdict::Failed(FailureReason::NoAgreement)
			},
		}
	}
}

fn digest<BlockNumber>(state: &SeatState<BlockNumber>) -> Option<H256> {
	match state {
		SeatState::Revealed { digest, .. } => Some(*digest),
		_ => None,
	}
}
