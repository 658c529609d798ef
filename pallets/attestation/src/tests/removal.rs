//! Removal, the members of past rounds, and what they revealed.

use crate::{mock::*, *};
use frame_support::{assert_ok, weights::Weight};
use pallet_opg_support::{Committees, MAX_MEMBERS};
use sp_core::H256;

#[test]
fn nothing_should_be_left_when_a_request_with_conflicting_answers_is_removed() {
	let mut ext = new_ext();
	ext.execute_with(|| {
		begin();
		open(7, 0, &[1, 2, 3]);
		answer_all(7, &[(1, answer(1)), (2, answer(2)), (3, answer(3))]);
	});
	ext.commit_all().unwrap();
	ext.execute_with(|| {
		let weight = Attestation::remove(7);
		assert_eq!(weight, <Test as Config>::WeightInfo::remove_answers(2));
		assert!(weight.all_lte(Attestation::max_remove_weight()));
		assert_eq!(Rounds::<Test>::iter().count() + Answers::<Test>::iter().count(), 0);
		check();
	});
}

#[test]
fn removal_should_weigh_nothing_more_when_everyone_agrees() {
	run(|| {
		open(7, 0, &[1, 2]);
		answer_all(7, &[(1, answer(1)), (2, answer(1))]);
		assert_eq!(Attestation::remove(7), Weight::zero());
		assert_eq!(Attestation::remove(7), Weight::zero(), "there is none any more");
		assert!(!Rounds::<Test>::contains_key(7));
	});
}

#[test]
fn past_members_should_be_those_of_all_rounds_when_there_are_several() {
	run(|| {
		assert!(Attestation::past_members(7).is_empty());
		open(7, 0, &[2, 1]);
		answer_all(7, &[(1, answer(1)), (2, answer(2))]);
		open_needing(7, 1, &[5, 3], 2);
		assert_eq!(Attestation::past_members(7), [2, 1, 5, 3]);
	});
}

#[test]
fn revealed_answers_should_be_found_when_they_are_of_any_round() {
	run(|| {
		let digests = || Attestation::revealed_digests(7);
		assert!(digests().is_empty());
		open(7, 0, &[1, 2]);
		answer_all(7, &[(1, answer(1)), (2, answer(1))]);
		assert_eq!(digests(), [answer(1).digest()]);
		assert_eq!(Attestation::answer(7, answer(1).digest()), Some(answer(1)), "agreed on");
		open(7, 1, &[3, 4]);
		answer_all(7, &[(3, answer(2)), (4, answer(1))]);
		assert_eq!(digests(), [answer(1).digest(), answer(2).digest()]);
		for byte in [1, 2] {
			assert_eq!(Attestation::answer(7, answer(byte).digest()), Some(answer(byte)));
		}
		assert_eq!(Attestation::answer(7, H256::zero()), None);
		Attestation::judge(7, answer(1).digest(), None, &[]);
		assert_eq!(Attestation::answer(7, answer(2).digest()), Some(answer(2)), "judged");
		Attestation::remove(7);
		assert!(digests().is_empty());
		assert_eq!(Attestation::answer(7, answer(1).digest()), None, "removed");
	});
}

#[test]
fn round_should_not_open_when_its_request_has_too_many_seats() {
	run(|| {
		let committee: Vec<u64> = (1..=u64::from(MAX_MEMBERS)).collect();
		assert_ok!(Attestation::open(assignment(7, 0, &committee, 2)));
		assert!(Attestation::open(assignment(7, 1, &[99], 1)).is_err());
		assert_eq!(round(7).index, 0);
	});
}
