//! Docket: cases wait while others sit, and no more are taken than it holds.

use crate::{mock::*, *};
use pallet_opg_support::{CourtFull, Courts};

#[test]
fn case_should_wait_when_as_many_sit_as_may() {
	run(|| {
		for request in 1..=4 {
			open(request).unwrap();
		}
		next_block();
		for request in [1, 2] {
			assert_eq!(phase(request), CasePhase::Commit { committed: 0 });
		}
		next_blocks(COMMIT_BLOCKS - 1);
		for request in [3, 4] {
			assert_eq!(phase(request), CasePhase::Waiting, "its clock stands");
		}
		vote_all(2, &[1, 2, 3, 4, 5].map(|who| (who, answer(1))));
		next_block();
		assert_eq!(phase(3), CasePhase::Commit { committed: 0 }, "in the order of the docket");
		assert_eq!(phase(4), CasePhase::Waiting);
	});
}

#[test]
fn court_should_take_no_case_when_it_is_full() {
	run(|| {
		for request in 0..u64::from(MAX_CASES) {
			open(request).unwrap();
		}
		next_block();
		assert_eq!(open(99), Err(CourtFull), "those that sit count too");
		assert_eq!(open(0), Ok(()), "a request that has a case keeps it");
		vote_all(0, &[1, 2, 3, 4, 5].map(|who| (who, answer(1))));
		assert_eq!(open(99), Ok(()));
	});
}

#[test]
fn adjourned_case_should_have_room_when_the_court_is_full() {
	run(|| {
		for request in 0..u64::from(MAX_CASES) {
			open(request).unwrap();
		}
		next_blocks(1 + COMMIT_BLOCKS + REVEAL_BLOCKS);
		assert_eq!(open(99), Err(CourtFull));
		let waiting: Vec<_> = Docket::<Test>::get().iter().map(|waiting| waiting.request).collect();
		assert_eq!(waiting, [4, 0, 1], "adjourned ones come last");
	});
}

#[test]
fn later_cases_should_sit_when_those_before_wait_for_a_session() {
	run(|| {
		open(1).unwrap();
		open(2).unwrap();
		next_blocks(1 + COMMIT_BLOCKS + REVEAL_BLOCKS);
		assert_eq!((case(1).sitting, case(2).sitting), (1, 1));
		sit(3);
		assert_eq!(phase(1), CasePhase::Waiting);
	});
}

#[test]
fn verdict_should_be_able_to_open_another_case_when_the_court_was_full() {
	run(|| {
		for request in 0..u64::from(MAX_CASES) {
			open(request).unwrap();
		}
		next_block();
		for request in [0, 1] {
			(1..=5).for_each(|who| commit(request, who, &answer(1)).unwrap());
		}
		next_block();
		// The first is decided, and its verdict opens a case; the second is adjourned.
		(1..=5).for_each(|who| reveal(0, who, &answer(1)).unwrap());
		OpenOnVerdict::set(vec![99]);
		next_blocks(REVEAL_BLOCKS);
		assert_eq!(Verdicts::get().len(), 1);
		assert_eq!(case(1).sitting, 1);
		assert_eq!(case(99).sitting, 0);
		check();
	});
}

#[test]
fn nothing_should_be_left_when_a_case_is_removed() {
	let stages: [fn(); 4] = [
		|| {},
		|| {
			next_block();
		},
		|| {
			next_block();
			commit(7, 1, &answer(1)).unwrap();
			commit(7, 2, &answer(1)).unwrap();
			next_blocks(COMMIT_BLOCKS);
			reveal(7, 1, &answer(1)).unwrap();
		},
		|| {
			next_blocks(1 + COMMIT_BLOCKS + REVEAL_BLOCKS);
		},
	];
	for reach in stages {
		run(|| {
			open(7).unwrap();
			reach();
			let weight = Court::remove(7);
			assert!(weight.all_lte(Court::max_remove_weight()));
			assert!(Cases::<Test>::get(7).is_none());
			assert_eq!(Votes::<Test>::iter().count() + Answers::<Test>::iter().count(), 0);
			begin_session(1, &[1]);
			assert_eq!(Benches::<Test>::iter_keys().collect::<Vec<_>>(), [1]);
			check();
			assert!(Court::remove(7).all_lte(weight), "there is nothing left");
		});
	}
}
