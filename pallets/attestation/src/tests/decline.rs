//! Declined seats.

use crate::{mock::*, *};
use frame_support::assert_ok;
use opg_primitives::{BatchKind, FailureReason, JobError};
use pallet_opg_support::{Offence, Verdict};

#[test]
fn seat_should_be_declined_with_its_reason_when_it_waits() {
	for reason in [JobError::ModelMissing, JobError::EngineMissing, JobError::QueueFull] {
		run(|| {
			open(7, 0, &[1, 2]);
			assert_ok!(decline(7, 1, reason));
			assert_eq!(seat_state(7, 1), SeatState::Declined { reason, late: false });
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
			SeatState::Declined { reason: JobError::QueueFull, late: true }
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
