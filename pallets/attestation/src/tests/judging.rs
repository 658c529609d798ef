//! Judging: the answers of all rounds against the right one.

use crate::mock::*;
use frame_support::assert_ok;
use pallet_opg_support::{Committees, Offence};
use sp_core::H256;
use sp_runtime::Perbill;

#[test]
fn everyone_else_should_be_convicted_when_an_answer_is_right() {
	run(|| {
		open(7, 0, &[1, 2]);
		answer_all(7, &[(1, answer(1)), (2, answer(2))]);
		open(7, 1, &[3, 4, 5]);
		assert_ok!(commit(7, 4, &answer(1)));
		assert_ok!(commit(7, 5, &answer(3)));
		next_blocks(COMMIT_BLOCKS);
		assert_ok!(reveal(7, 4, &answer(1)));
		assert_ok!(reveal(7, 5, &answer(3)));
		assert_eq!(Fines::take(), [(3, Offence::MissedCommit)]);
		assert_eq!(FineSessions::take(), [session(1)]);
		assert!(Convictions::get().is_empty(), "a verdict of the court comes first");

		let part = Perbill::from_percent(30);
		let judgement = Attestation::judge(7, answer(1).digest(), &[(&8, part)]);
		assert_eq!((judgement.right, judgement.wrong), (vec![1, 4], 2));
		let model = H256::repeat_byte(1);
		assert_eq!(Convictions::get(), [(2, model, session(0)), (5, model, session(1))]);
		assert_eq!(Payees::get(), [(8, part)]);
		assert!(Fines::get().is_empty());
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
		assert!(Convictions::get().is_empty());
	});
}
