//! Commitments.

use crate::{mock::*, *};
use frame_support::{assert_ok, dispatch::GetDispatchInfo, weights::Weight};
use opg_primitives::{BatchKind, JobError};
use sp_core::H256;

#[test]
fn commitment_should_be_stored_with_its_block_when_the_seat_waits() {
	run(|| {
		open(7, 0, &[1, 2]);
		next_block();
		let commitment = commitment_of(7, 1, &answer(1));
		assert_ok!(commit(7, 1, &answer(1)));
		assert_eq!(seat_state(7, 1), SeatState::Committed { at: 2, commitment });
		assert_eq!(seat_state(7, 2), SeatState::Waiting);
		assert_eq!(phase(7), RoundPhase::Commit);
		assert_eq!(events(), [Event::Committed { request: 7, round: 0, executor: 1, commitment }]);
	});
}

#[test]
fn commit_phase_should_end_when_the_last_executor_commits() {
	run(|| {
		open(7, 0, &[1, 2]);
		assert_ok!(commit(7, 2, &answer(1)));
		assert_ok!(commit(7, 1, &answer(1)));
		assert_eq!(phase(7), RoundPhase::Reveal);
		assert!(Verdicts::get().is_empty());
	});
}

#[test]
fn commitment_should_be_refused_with_its_code_when_a_precondition_fails() {
	run(|| {
		let some = H256::repeat_byte(9);
		let one = |who, request, round| submit(commit_call(who, vec![item(request, round, some)]));
		open(7, 1, &[1, 2, 3]);
		assert_eq!(submit(commit_call(1, vec![])), Err(reject::MALFORMED));
		let twice = vec![item(7, 1, some), item(7, 1, some)];
		assert_eq!(submit(commit_call(1, twice)), Err(reject::MALFORMED));
		assert_eq!(one(1, 8, 1), Err(reject::NO_ROUND));
		assert_eq!(one(1, 7, 0), Err(reject::NO_ROUND));
		assert_eq!(one(1, 7, 2), Err(reject::NO_ROUND));
		assert_eq!(one(4, 7, 1), Err(reject::NOT_DRAWN));

		Keyless::set([1].into());
		assert_eq!(one(1, 7, 1), Err(reject::NOT_EXECUTOR));
		Keyless::take();
		let batch = batch(1, vec![item(7, 1, some)]);
		let signature = sign(2, BatchKind::Commit, &batch);
		let forged = Call::commit { batch, signature };
		assert_eq!(submit(forged), Err(reject::INVALID_SIGNATURE));

		assert_ok!(one(1, 7, 1));
		assert_eq!(one(1, 7, 1), Err(reject::WRONG_SEAT_STATE));
		assert_ok!(decline(7, 2, JobError::ModelMissing));
		assert_eq!(one(2, 7, 1), Err(reject::WRONG_SEAT_STATE));

		next_blocks(COMMIT_BLOCKS);
		assert_eq!(phase(7), RoundPhase::Reveal);
		assert_eq!(one(3, 7, 1), Err(reject::WRONG_PHASE));
	});
}

#[test]
fn weight_should_be_refunded_when_the_round_is_small() {
	run(|| {
		open(7, 0, &[1, 2]);
		let call = commit_call(1, vec![item(7, 0, H256::zero())]);
		let charged = call.get_dispatch_info().call_weight;
		let used = Attestation::do_commit(match call {
			Call::commit { batch, .. } => batch,
			_ => unreachable!(),
		});
		let used = used.unwrap();
		assert!(used.all_lt(charged) && used.any_gt(Weight::zero()), "{used:?} of {charged:?}");
	});
}

#[test]
fn dispatch_should_fail_when_the_round_changed_after_authorization() {
	run(|| {
		open(7, 0, &[1]);
		let batch = batch(1, vec![item(7, 0, H256::zero())]);
		next_blocks(COMMIT_BLOCKS);
		assert_eq!(phase(7), RoundPhase::Closed);
		assert!(matches!(Attestation::do_commit(batch), Err(Error::RoundChanged)));
	});
}
