//! Declined seats.

use crate::{mock::*, *};
use frame_support::assert_ok;
use opg_primitives::{BatchKind, FailureReason, JobError};
use pallet_opg_support::{Committees, Offence, SeatHolder, Vacancy, Verdict};

#[test]
fn seat_should_be_declined_with_its_reason_when_it_waits() {
	for reason in [
		JobError::ModelMissing,
		JobError::EngineMissing,
		JobError::InputMissing,
		JobError::QueueFull,
		JobError::Failed,
	] {
		run(|| {
			open(7, 0, &[1, 2]);
			assert_ok!(decline(7, 1, reason));
			let outcome = DeclineOutcome::Vacant;
			assert_eq!(seat_state(7, 1), SeatState::Declined { reason, outcome });
			assert_eq!(events(), [Event::Declined { request: 7, round: 0, executor: 1, reason }]);
			assert_eq!(phase(7), RoundPhase::Commit);
		});
	}
}

#[test]
fn round_should_end_without_fines_when_everyone_declines_in_time() {
	run(|| {
		open(7, 0, &[1, 2]);
		next_blocks(COMMIT_BLOCKS / 2);
		assert_ok!(decline(7, 1, JobError::ModelMissing));
		assert_ok!(decline(7, 2, JobError::ModelMissing));
		assert!(Verdicts::get().is_empty(), "others may take the seats");
		leave_unfilled(7);
		let undecided = Verdict::Undecided(FailureReason::ModelUnavailable);
		assert_eq!(Verdicts::get(), [(7, undecided)]);
		assert!(Fines::get().is_empty());
	});
}

#[test]
fn executor_should_be_fined_when_it_declines_too_late() {
	run(|| {
		open(7, 0, &[1, 2]);
		next_blocks(COMMIT_BLOCKS / 2 + 1);
		assert_ok!(decline(7, 1, JobError::QueueFull));
		assert_eq!(
			seat_state(7, 1),
			SeatState::Declined { reason: JobError::QueueFull, outcome: DeclineOutcome::Late }
		);
		assert!(Fines::get().is_empty(), "fined at the end of the round");
		assert_ok!(decline(7, 2, JobError::QueueFull));
		assert_eq!(Fines::get(), [(1, Offence::MissedCommit), (2, Offence::MissedCommit)]);
	});
}

#[test]
fn reveal_phase_should_begin_when_the_last_to_wait_for_declines() {
	run(|| {
		open_needing(7, 0, &[1, 2, 3], 2);
		assert_ok!(commit(7, 1, &answer(1)));
		assert_ok!(commit(7, 2, &answer(1)));
		assert_ok!(decline(7, 3, JobError::EngineMissing));
		assert_eq!(phase(7), RoundPhase::Commit);
		leave_unfilled(7);
		assert_eq!(phase(7), RoundPhase::Reveal);
		assert_ok!(reveal(7, 1, &answer(1)));
		assert_ok!(reveal(7, 2, &answer(1)));
		assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]);
		assert!(Fines::get().is_empty());
	});
}

#[test]
fn seat_should_not_count_as_kept_when_it_is_declined() {
	run(|| {
		Missed::set([(1, 1)].into());
		open(7, 0, &[1, 2]);
		assert_ok!(decline(7, 1, JobError::ModelMissing));
		assert_eq!(Missed::get(), [(1, 1)].into());
	});
}

#[test]
fn committee_of_one_should_decline_when_it_cannot_answer() {
	run(|| {
		open(7, 0, &[1]);
		assert_ok!(decline(7, 1, JobError::QueueFull));
		leave_unfilled(7);
		assert_eq!(Verdicts::get(), [(7, Verdict::Undecided(FailureReason::Congested))]);
		assert!(Fines::get().is_empty());
	});
}

#[test]
fn declined_seat_should_be_refused_with_its_code_when_a_precondition_fails() {
	run(|| {
		let missing = JobError::ModelMissing;
		let one =
			|who, request, round| submit(decline_call(who, vec![item(request, round, missing)]));
		open(7, 1, &[1, 2, 3]);
		assert_eq!(submit(decline_call(1, vec![])), Err(reject::MALFORMED));
		for passing in [JobError::NoEngine, JobError::Internal] {
			assert_eq!(decline(7, 1, passing), Err(reject::MALFORMED), "{passing:?}");
		}
		assert_eq!(one(1, 8, 1), Err(reject::NO_ROUND));
		assert_eq!(one(1, 7, 0), Err(reject::NO_ROUND));
		assert_eq!(one(4, 7, 1), Err(reject::NOT_DRAWN));

		Keyless::set([1].into());
		assert_eq!(one(1, 7, 1), Err(reject::NOT_EXECUTOR));
		Keyless::take();
		let batch = batch(1, vec![item(7, 1, missing)]);
		let signature = sign(2, BatchKind::Decline, &batch);
		let forged = Call::decline { batch, signature };
		assert_eq!(submit(forged), Err(reject::INVALID_SIGNATURE));

		assert_ok!(one(1, 7, 1));
		assert_eq!(one(1, 7, 1), Err(reject::WRONG_SEAT_STATE), "declined already");
		assert_ok!(commit(7, 2, &answer(1)));
		assert_eq!(one(2, 7, 1), Err(reject::WRONG_SEAT_STATE), "committed");

		next_blocks(COMMIT_BLOCKS);
		assert_eq!(one(3, 7, 1), Err(reject::WRONG_PHASE));
	});
}

fn holders(request: u64) -> Vec<u64> {
	let holders = Attestation::seat_holders(request);
	assert!(holders.iter().all(|SeatHolder { session: of, .. }| *of == session(0)));
	holders.into_iter().map(|holder| holder.executor).collect()
}

#[test]
fn round_should_be_decided_by_all_seats_when_another_takes_a_declined_one() {
	run(|| {
		open(7, 0, &[1, 2, 3]);
		assert_ok!(commit(7, 1, &answer(1)));
		assert_ok!(commit(7, 2, &answer(1)));
		assert_ok!(decline(7, 3, JobError::QueueFull));
		assert_eq!(Vacancies::get(), [(7, 0)]);
		assert_eq!(phase(7), RoundPhase::Commit, "it waits for another");
		let vacancy = Vacancy { round: 0, seed: seed(7, 0), session: session(0), declined: 3 };
		assert_eq!(Attestation::vacancy(7), Some(vacancy));

		assert_ok!(Attestation::replace(7, 0, 4, session(0)));
		check();
		assert_eq!(Attestation::vacancy(7), None);
		assert_eq!(holders(7), [1, 2, 4]);
		assert_eq!(Attestation::past_members(7), [1, 2, 3, 4]);
		assert_eq!(commit(7, 3, &answer(1)), Err(reject::WRONG_SEAT_STATE));
		assert_ok!(commit(7, 4, &answer(1)));
		assert_eq!(phase(7), RoundPhase::Reveal);
		for who in [1, 2, 4] {
			assert_ok!(reveal(7, who, &answer(1)));
		}
		assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]);
		assert!(Fines::get().is_empty());
	});
}

#[test]
fn deadlines_should_stay_when_another_takes_a_declined_seat() {
	run(|| {
		open(7, 0, &[1, 2]);
		let before = round(7);
		next_block();
		assert_ok!(decline(7, 1, JobError::QueueFull));
		next_block();
		assert_ok!(Attestation::replace(7, 0, 3, session(0)));
		let after = round(7);
		assert_eq!((after.commit_by, after.decline_by), (before.commit_by, before.decline_by));
		next_blocks(COMMIT_BLOCKS - 2);
		assert_eq!(Fines::get(), [(2, Offence::MissedCommit), (3, Offence::MissedCommit)]);
	});
}

#[test]
fn seat_should_not_be_given_to_another_when_it_was_declined_too_late() {
	run(|| {
		open(7, 0, &[1, 2]);
		next_blocks(COMMIT_BLOCKS / 2 + 1);
		assert_ok!(decline(7, 1, JobError::QueueFull));
		assert!(Vacancies::get().is_empty());
		assert_eq!(Attestation::vacancy(7), None);
		assert!(Attestation::replace(7, 0, 3, session(0)).is_err());
		assert_eq!(holders(7), [1, 2]);
	});
}

#[test]
fn seat_should_not_be_given_to_another_when_the_commit_phase_is_over() {
	run(|| {
		open(7, 0, &[1, 2]);
		assert_ok!(commit(7, 1, &answer(1)));
		assert_ok!(decline(7, 2, JobError::QueueFull));
		next_blocks(COMMIT_BLOCKS);
		assert_eq!(Attestation::vacancy(7), None);
		assert!(Attestation::replace(7, 0, 3, session(0)).is_err());
		assert!(Attestation::leave_unfilled(7).all_lte(Attestation::max_leave_unfilled_weight()));
		assert_ok!(reveal(7, 1, &answer(1)));
		assert_eq!(phase(7), RoundPhase::Closed);
		assert!(round(7).vacant_seat().is_none());
		assert!(Fines::get().is_empty());
	});
}

#[test]
fn seats_should_be_given_away_only_as_often_as_there_are_when_everyone_declines() {
	run(|| {
		open(7, 0, &[1, 2]);
		assert_ok!(decline(7, 1, JobError::QueueFull));
		assert!(Attestation::replace(7, 1, 3, session(0)).is_err(), "of another round");
		assert_ok!(Attestation::replace(7, 0, 3, session(0)));
		assert_ok!(decline(7, 3, JobError::QueueFull));
		assert_ok!(Attestation::replace(7, 0, 4, session(0)));
		assert_ok!(decline(7, 4, JobError::QueueFull));
		assert!(Attestation::replace(7, 0, 5, session(0)).is_err(), "twice for two seats");
		check();
		leave_unfilled(7);
		assert_ok!(commit(7, 2, &answer(1)));
		assert_ok!(reveal(7, 2, &answer(1)));
		assert_eq!(Verdicts::get(), [(7, Verdict::Undecided(FailureReason::Congested))]);
		assert_eq!(holders(7), [2, 4]);
	});
}

#[test]
fn committee_of_one_should_reveal_at_once_when_another_takes_its_seat() {
	run(|| {
		open(7, 0, &[1]);
		assert_ok!(decline(7, 1, JobError::ModelMissing));
		assert_eq!(phase(7), RoundPhase::Commit);
		assert_ok!(Attestation::replace(7, 0, 2, session(0)));
		assert_ok!(reveal(7, 2, &answer(1)));
		assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]);
	});
}

#[test]
fn executors_should_be_fined_without_a_record_when_half_of_the_seats_are_silent() {
	use pallet_opg_support::SilenceRecord::{Counted, Overload};
	run(|| {
		open(7, 0, &[1, 2, 3]);
		assert_ok!(commit(7, 1, &answer(1)));
		next_blocks(COMMIT_BLOCKS);
		assert_ok!(reveal(7, 1, &answer(1)));
		assert_eq!(Fines::take(), [(2, Offence::MissedCommit), (3, Offence::MissedCommit)]);
		assert_eq!(FineRecords::take(), [Overload, Overload]);

		open(8, 0, &[1, 2, 3]);
		assert_ok!(commit(8, 1, &answer(1)));
		assert_ok!(commit(8, 2, &answer(1)));
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS - 1);
		assert_ok!(reveal(8, 1, &answer(1)));
		assert_ok!(reveal(8, 2, &answer(1)));
		assert_eq!(Fines::get(), [(3, Offence::MissedCommit)]);
		assert_eq!(FineRecords::get(), [Counted]);
	});
}
