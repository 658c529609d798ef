//! Benches: frozen when a case opens, kept while one names them, and no longer.

use crate::{mock::*, *};

/// Sessions whose benches are kept.
fn kept() -> Vec<u32> {
	let mut sessions: Vec<_> = Benches::<Test>::iter_keys().collect();
	sessions.sort_unstable();
	sessions
}

#[test]
fn bench_should_be_kept_for_its_session_only_when_no_case_names_it() {
	run(|| {
		for session in 1..=3 {
			begin_session(session, &[1, 2]);
			assert_eq!(kept(), [session]);
		}
		assert_eq!(Benches::<Test>::get(3).to_vec(), [(1, court_key(1)), (2, court_key(2))]);
	});
}

#[test]
fn bench_should_be_kept_to_the_verdict_when_a_case_names_it() {
	run(|| {
		sit(7);
		begin_session(1, &[6]);
		begin_session(2, &[6]);
		assert_eq!(kept(), [0, 2]);
		vote_all(7, &[1, 2, 3, 4, 5].map(|who| (who, answer(1))));
		assert_eq!(kept(), [2]);
	});
}

#[test]
fn bench_should_be_kept_to_the_last_verdict_when_two_cases_name_it() {
	run(|| {
		open(7).unwrap();
		sit(8);
		begin_session(1, &[6]);
		vote_all(7, &[1, 2, 3, 4, 5].map(|who| (who, answer(1))));
		assert_eq!(kept(), [0, 1]);
	});
}

#[test]
fn bench_should_be_dropped_when_its_case_is_adjourned() {
	run(|| {
		sit(7);
		begin_session(1, &[1, 2, 3]);
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS);
		assert_eq!(case(7).sitting, 1);
		assert_eq!(kept(), [1]);
		begin_session(2, &[1, 2, 3]);
		next_block();
		begin_session(3, &[1]);
		assert_eq!(kept(), [2, 3]);
	});
}

#[test]
fn bench_should_stay_as_it_was_when_keys_are_rotated_and_validators_leave() {
	run(|| {
		open(7).unwrap();
		Rotations::set(1);
		begin_session(1, &[1, 8, 9]);
		next_block();
		// The new key of a validator does not vote in the old case, nor does a new validator.
		let rotated = commit_call(1, vec![item(7, commitment_of(7, 1, &answer(1)))]);
		assert_eq!(submit(rotated), Err(reject::INVALID_SIGNATURE));
		// The old key does, also of those who left.
		Rotations::set(0);
		vote_all(7, &[1, 2, 3, 4, 5].map(|who| (who, answer(1))));
		assert_eq!(Verdicts::get(), [(7, decided(answer(1), &[1, 2, 3, 4, 5]))]);
	});
}

#[test]
fn bench_should_be_that_of_its_opening_when_a_case_waited() {
	run(|| {
		open(1).unwrap();
		open(2).unwrap();
		open(3).unwrap();
		next_block();
		begin_session(1, &[6, 7]);
		for request in [1, 2] {
			vote_all(request, &[1, 2, 3, 4, 5].map(|who| (who, answer(1))));
		}
		next_block();
		assert_eq!((case(3).session, case(3).seats), (0, 5));
	});
}

#[test]
fn bench_should_be_cut_off_when_there_are_too_many_validators() {
	run(|| {
		begin_session(1, &(1..=20).collect::<Vec<_>>());
		assert_eq!(Benches::<Test>::get(1).len(), MAX_VALIDATORS as usize);
	});
}
