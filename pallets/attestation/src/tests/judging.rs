//! Judging: the answers of all rounds against the right one.

use crate::mock::*;
use frame_support::assert_ok;
use opg_primitives::{JobError, RoundIndex};
use pallet_opg_support::{Committees, Judgement, Offence, SeatHolder, SilenceRecord};
use sp_core::H256;
use sp_runtime::Perbill;

fn holder(executor: u64, round: RoundIndex) -> SeatHolder<u64> {
	SeatHolder { executor, session: session(round) }
}

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
		let judgement = Attestation::judge(7, answer(1).digest(), None, &[(&8, part)]);
		let expected = Judgement {
			right: vec![1, 4],
			wrong: vec![holder(2, 0), holder(5, 1)],
			..Default::default()
		};
		assert_eq!(judgement, expected);
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
		let judgement = Attestation::judge(7, H256::zero(), None, &[]);
		let wrong = vec![holder(1, 0), holder(2, 0)];
		assert_eq!(judgement, Judgement { wrong, ..Default::default() });
	});
}

#[test]
fn nobody_should_be_judged_when_the_request_has_no_round() {
	run(|| {
		let judgement = Attestation::judge(7, H256::zero(), None, &[]);
		assert_eq!(judgement, Judgement::default());
		assert!(Convictions::get().is_empty());
	});
}

#[test]
fn silent_seats_of_the_first_round_should_be_named_when_a_request_is_judged() {
	run(|| {
		open_needing(7, 0, &[1, 2, 3, 4, 5], 3);
		assert_ok!(decline(7, 5, JobError::QueueFull));
		assert_ok!(commit(7, 1, &answer(1)));
		assert_ok!(commit(7, 2, &answer(1)));
		next_blocks(COMMIT_BLOCKS / 2 + 1);
		assert_ok!(decline(7, 4, JobError::QueueFull));
		next_blocks(COMMIT_BLOCKS / 2);
		assert_ok!(reveal(7, 1, &answer(1)));
		next_blocks(REVEAL_BLOCKS);
		open_needing(7, 1, &[6, 7, 8], 2);
		assert_ok!(commit(7, 6, &answer(1)));
		assert_ok!(commit(7, 7, &answer(1)));
		next_blocks(COMMIT_BLOCKS);
		assert_ok!(reveal(7, 6, &answer(1)));
		assert_ok!(reveal(7, 7, &answer(1)));

		let judgement = Attestation::judge(7, answer(1).digest(), None, &[]);
		// 2 hid its answer, 3 did nothing, 4 declined too late; 8 was silent in the second round.
		let silent = vec![holder(2, 0), holder(3, 0), holder(4, 0)];
		assert_eq!(judgement, Judgement { right: vec![1, 6, 7], silent, ..Default::default() });
	});
}

/// Witness of an audit.
fn witness(byte: u8) -> H256 {
	H256::repeat_byte(byte)
}

#[test]
fn copiers_should_be_fined_as_for_a_missed_reveal_when_the_court_judges_their_audit() {
	run(|| {
		open(7, 0, &[1]);
		answer_all(7, &[(1, answer(1))]);
		open_witnessed(7, 2, &[2, 3, 4]);
		let (right, copied) = ((2, answer(1), witness(1)), (3, answer(1), witness(2)));
		answer_all_with(7, &[right, copied, (4, answer(2), witness(3))]);
		assert_eq!(Attestation::doubted_seed(7), Some(seed(7, 2)));
		assert!(Fines::take().is_empty());

		let verdict = Some((seed(7, 2), witness(1)));
		let judgement = Attestation::judge(7, answer(1).digest(), verdict, &[]);
		let expected = Judgement {
			right: vec![1, 2],
			wrong: vec![holder(4, 2)],
			copied: vec![holder(3, 2)],
			..Default::default()
		};
		assert_eq!(judgement, expected);
		assert_eq!(Fines::get(), [(3, Offence::MissedReveal)]);
		assert_eq!(FineSessions::get(), [session(2)]);
		assert_eq!(FineRecords::get(), [SilenceRecord::Counted]);
		assert_eq!(Convictions::get(), [(4, H256::repeat_byte(1), session(2))]);
	});
}

#[test]
fn silent_seats_of_an_audit_should_be_named_once_it_is_over() {
	run(|| {
		open(7, 0, &[1]);
		answer_all(7, &[(1, answer(1))]);
		open_witnessed(7, 2, &[2, 3]);
		let judge = || Attestation::judge(7, answer(1).digest(), None, &[]);
		assert_eq!(judge().absent, [], "they may still answer");
		next_blocks(COMMIT_BLOCKS);
		assert_eq!(judge().absent, [holder(2, 2), holder(3, 2)]);
		assert_eq!(judge().silent, []);
	});
}

#[test]
fn witnesses_should_be_no_matter_when_the_court_sat_for_another_seed() {
	run(|| {
		open(7, 0, &[1]);
		answer_all(7, &[(1, answer(1))]);
		open_witnessed(7, 2, &[2, 3]);
		answer_all_with(7, &[(2, answer(1), witness(1)), (3, answer(1), witness(2))]);
		let verdict = Some((seed(7, 0), witness(3)));
		let judgement = Attestation::judge(7, answer(1).digest(), verdict, &[]);
		assert_eq!(judgement, Judgement { right: vec![1, 2, 3], ..Default::default() });
		assert!(Fines::get().is_empty());
	});
}
