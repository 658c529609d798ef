//! Judging: the answers of all rounds against the right one.

use crate::{mock::*, *};
use frame_support::assert_ok;
use pallet_opg_support::{Committees, Offence, Rule};
use sp_core::H256;
use sp_runtime::Perbill;

#[test]
fn everyone_else_should_be_penalised_when_an_answer_is_right() {
	run(|| {
		open(7, 0, &[1, 2]);
		answer_all(7, &[(1, answer(1)), (2, answer(2))]);
		assert_ok!(Attestation::open(assignment(7, 1, &[3, 4, 5], Rule::Majority)));
		assert_ok!(commit(7, 4, &answer(1)));
		assert_ok!(commit(7, 5, &answer(3)));
		next_blocks(COMMIT_BLOCKS);
		assert_ok!(reveal(7, 4, &answer(1)));
		assert_ok!(reveal(7, 5, &answer(3)));
		assert_eq!(Penalties::take(), [(3, Offence::MissedCommit)]);

		let part = Perbill::from_percent(30);
		let judgement = Attestation::judge(7, answer(1).digest(), &[(&8, part)]);
		assert_eq!((judgement.right, judgement.wrong), (vec![1, 4], 2));
		assert_eq!(Penalties::get(), [(2, Offence::WrongAnswer), (5, Offence::WrongAnswer)]);
		assert_eq!(Payees::get(), [(8, part)]);
	});
}

#[test]
fn answers_should_be_removed_when_they_are_judged() {
	run(|| {
		open(7, 0, &[1, 2, 3]);
		answer_all(7, &[(1, answer(1)), (2, answer(2)), (3, answer(3))]);
		assert_eq!(Answers::<Test>::iter_prefix(7).count(), 2);
		Attestation::judge(7, answer(1).digest(), &[]);
		assert_eq!(Answers::<Test>::iter_prefix(7).count(), 0);
	});
}

#[test]
fn answers_of_other_requests_should_stay_when_one_is_judged() {
	run(|| {
		for request in [7, 8] {
			open(request, 0, &[1, 2]);
			answer_all(request, &[(1, answer(1)), (2, answer(2))]);
		}
		Attestation::judge(7, answer(1).digest(), &[]);
		assert_eq!(Answers::<Test>::iter_prefix(8).count(), 1);
	});
}

#[test]
fn everyone_should_be_wrong_when_nobody_gave_the_answer() {
	run(|| {
		open(7, 0, &[1, 2]);
		answer_all(7, &[(1, answer(1)), (2, answer(1))]);
		let judgement = Attestation::judge(7, H256::zero(), &[]);
		assert_eq!((judgement.right, judgement.wrong), (vec![], 2));
	});
}

#[test]
fn nobody_should_be_judged_when_the_request_has_no_round() {
	run(|| {
		let judgement = Attestation::judge(7, H256::zero(), &[]);
		assert_eq!((judgement.right, judgement.wrong), (vec![], 0));
		assert!(Penalties::get().is_empty());
	});
}
