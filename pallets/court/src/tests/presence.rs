//! Presence: decided cases that a validator missed are counted, for a session and the next.

use crate::{mock::*, *};
use pallet_opg_support::CourtPresence;

/// Cases that validators 1 to 5 missed in a session.
fn missed(session: u32) -> [u32; 5] {
	[1, 2, 3, 4, 5].map(|who| Court::missed(session, &who))
}

#[test]
fn case_should_be_missed_when_a_validator_was_silent_or_alone_in_it() {
	run(|| {
		for request in [7, 8] {
			sit(request);
			vote_all(request, &[(1, answer(1)), (2, answer(1)), (3, answer(1)), (4, answer(2))]);
		}
		assert_eq!(missed(0), [0, 0, 0, 2, 2]);
		assert_eq!(missed(1), [0; 5]);
	});
}

#[test]
fn case_should_not_be_missed_when_nothing_was_decided() {
	run(|| {
		sit(7);
		vote_all(7, &[(1, answer(1)), (2, answer(2))]);
		assert_eq!(case(7).sitting, SECOND_SITTING);
		assert_eq!(missed(0), [0; 5]);
	});
}

#[test]
fn missed_cases_should_be_forgotten_when_the_next_session_is_over() {
	run(|| {
		sit(7);
		vote_all(7, &[1, 2, 3].map(|who| (who, answer(1))));
		begin_session(1, &[1, 2, 3, 4, 5]);
		assert_eq!(missed(0), [0, 0, 0, 1, 1]);
		begin_session(2, &[1, 2, 3, 4, 5]);
		assert_eq!(missed(0), [0; 5]);
		assert_eq!(Missed::<Test>::iter().count(), 0);
	});
}

#[test]
fn case_should_be_missed_in_the_session_of_its_verdict_when_its_bench_is_older() {
	run(|| {
		sit(7);
		begin_session(1, &[4, 5, 6]);
		vote_all(7, &[1, 2, 3].map(|who| (who, answer(1))));
		assert_eq!((missed(0), missed(1)), ([0; 5], [0, 0, 0, 1, 1]));
		assert_eq!(Court::missed(1, &6), 0, "it had no seat");
	});
}

#[test]
fn list_should_stay_within_its_bound_when_benches_of_several_sessions_are_absent() {
	run(|| {
		begin_session(1, &(1..=9).collect::<Vec<_>>());
		sit(7);
		begin_session(2, &(11..=19).collect::<Vec<_>>());
		sit(8);
		begin_session(3, &(21..=29).collect::<Vec<_>>());
		open(9).unwrap();
		let votes: Vec<(u64, u64)> =
			(1..=5).map(|who| (7, who)).chain((11..=15).map(|who| (8, who))).collect();
		for (request, who) in &votes {
			commit(*request, *who, &answer(1)).unwrap();
		}
		next_blocks(COMMIT_BLOCKS);
		for (request, who) in &votes {
			reveal(*request, *who, &answer(1)).unwrap();
		}
		next_blocks(REVEAL_BLOCKS);
		assert_eq!(Missed::<Test>::get(3).len(), 8);
		vote_all(9, &[21, 22, 23, 24, 25].map(|who| (who, answer(1))));
		assert_eq!(Missed::<Test>::get(3).len(), MAX_VALIDATORS as usize);
	});
}
