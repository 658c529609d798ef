//! Declined seats.

use crate::{mock::*, *};
use frame_support::assert_ok;
use opg_primitives::{BatchKind, FailureReason, JobError};
use pallet_opg_support::{Committees, Offence, Rule};

#[test]
fn seat_should_be_declined_with_its_reason_when_it_waits() {
	run(|| {
		open(7, 0, &[1, 2]);
		let reason = JobError::EngineMissing;
		assert_ok!(decline(7, 1, reason));
		assert_eq!(seat_state(7, 1), SeatState::Declined { reason });
		assert_eq!(events(), [Event::Declined { request: 7, round: 0, executor: 1, reason }]);
		assert_eq!(phase(7), RoundPhase::Commit);
		assert!(Penalties::get().is_empty(), "penalised at the end of the round");
	});
}

#[test]
fn round_should_end_when_everyone_declines() {
	run(|| {
		open(7, 0, &[1, 2]);
		assert_ok!(decline(7, 1, JobError::ModelMissing));
		assert_ok!(decline(7, 2, JobError::ModelMissing));
		assert_eq!(Verdicts::get(), [(7, Err(FailureReason::ModelUnavailable))]);
		assert_eq!(Penalties::get(), [(1, Offence::MissedCommit), (2, Offence::MissedCommit)]);
	});
}

#[test]
fn reveal_phase_should_begin_when_the_last_to_wait_for_declines() {
	run(|| {
		assert_ok!(Attestation::open(assignment(7, 0, &[1, 2, 3], Rule::Majority)));
		assert_ok!(commit(7, 1, &answer(1)));
		assert_ok!(commit(7, 2, &answer(1)));
		assert_ok!(decline(7, 3, JobError::EngineMissing));
		assert_eq!(phase(7), RoundPhase::Reveal);
		assert_ok!(reveal(7, 1, &answer(1)));
		assert_ok!(reveal(7, 2, &answer(1)));
		assert_eq!(Verdicts::get(), [(7, Ok(answer(1)))]);
		assert_eq!(Penalties::get(), [(3, Offence::MissedCommit)]);
	});
}

#[test]
fn misses_should_not_be_cleared_when_an_executor_declines() {
	run(|| {
		Missing::set([1].into());
		open(7, 0, &[1, 2]);
		assert_ok!(decline(7, 1, JobError::ModelMissing));
		assert_eq!(Missing::get(), [1].into());
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
		for passing in [JobError::NoEngine, JobError::QueueFull, JobError::Internal] {
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
