//! Budget: which cases sit while others wait, and for how long.

use crate::{mock::*, *};
use pallet_opg_support::{CourtLoad, CourtSizes};

/// Opens a case that costs so much fuel.
fn open_with(request: u64, fuel: u64) {
	set_load(request, CourtLoad { fuel, bytes: 1 });
	open(request).unwrap();
}

fn set_load(request: u64, load: CourtLoad) {
	Loads::mutate(|loads| loads.insert(request, load));
}

/// Requests of the cases that sit, and why.
fn sitting() -> Vec<(u64, Admission)> {
	Sittings::<Test>::get().iter().map(|case| (case.request, case.admission)).collect()
}

/// Everyone votes, so that the case is decided in three blocks.
fn decide(request: u64) {
	vote_all(request, &[1, 2, 3, 4, 5].map(|who| (who, answer(1))));
}

#[test]
fn oldest_case_should_sit_whatever_it_costs_when_no_other_sits_in_its_turn() {
	run(|| {
		open_with(1, u64::MAX);
		open_with(2, SESSION_FUEL + 1);
		next_block();
		assert_eq!(sitting(), [(1, Admission::Turn)], "one at a time");
		assert_eq!(Spent::<Test>::get(), CourtLoad::default());
		decide(1);
		assert_eq!(sitting(), [(2, Admission::Turn)]);
	});
}

#[test]
fn small_case_should_sit_at_once_when_heavy_ones_wait_before_it() {
	run(|| {
		for request in 1..=3 {
			open_with(request, SESSION_FUEL + 1);
		}
		next_block();
		open_with(4, 10);
		next_block();
		assert_eq!(sitting(), [(1, Admission::Turn), (4, Admission::Budget)]);
		decide(4);
		assert_eq!(Verdicts::get().len(), 1);
		assert_eq!(Docket::<Test>::get().len(), 2);
	});
}

#[test]
fn cheapest_case_should_sit_first_when_several_fit_the_budget() {
	run(|| {
		open_with(1, 10);
		open_with(2, 60);
		open_with(3, 50);
		open_with(4, 50);
		next_block();
		assert_eq!(sitting(), [(1, Admission::Turn), (3, Admission::Budget)], "two places");
		decide(3);
		assert_eq!(sitting(), [(1, Admission::Turn), (4, Admission::Budget)], "the older first");
		decide(4);
		assert_eq!(sitting(), [(1, Admission::Turn)], "the budget is spent");
		begin_session(1, &[1, 2, 3, 4, 5]);
		next_block();
		assert_eq!(sitting(), [(1, Admission::Turn), (2, Admission::Budget)]);
		assert_eq!(Spent::<Test>::get(), CourtLoad { fuel: 60, bytes: 1 });
	});
}

#[test]
fn case_should_wait_when_its_bytes_do_not_fit_the_budget() {
	run(|| {
		open(1).unwrap();
		set_load(2, CourtLoad { fuel: 1, bytes: SESSION_BYTES + 1 });
		open(2).unwrap();
		set_load(3, CourtLoad { fuel: 50, bytes: SESSION_BYTES });
		open(3).unwrap();
		next_block();
		assert_eq!(sitting(), [(1, Admission::Turn), (3, Admission::Budget)]);
		decide(3);
		assert_eq!(sitting(), [(1, Admission::Turn)]);
		decide(1);
		assert_eq!(sitting(), [(2, Admission::Turn)]);
	});
}

#[test]
fn commit_phase_should_last_longer_when_the_case_needs_more_time() {
	run(|| {
		open_with(1, SLOW_FUEL);
		next_block();
		for blocks in [COMMIT_BLOCKS, COMMIT_BLOCKS - 1] {
			next_blocks(blocks);
			assert_eq!(phase(1), CasePhase::Commit { committed: 0 });
		}
		next_block();
		assert_ne!(phase(1), CasePhase::Commit { committed: 0 });
	});
}

#[test]
fn heavy_case_should_have_its_turn_when_small_ones_keep_coming() {
	run(|| {
		open_with(1, 10);
		open_with(2, u64::MAX);
		next_block();
		let mut small = 2;
		while !sitting().contains(&(2, Admission::Turn)) {
			small += 1;
			begin_session(small, &[1, 2, 3, 4, 5]);
			open_with(small.into(), 10);
			next_block();
			decide(small.into());
			assert!(small < COMMIT_BLOCKS + REVEAL_BLOCKS, "it has no turn");
		}
	});
}

/// Cases of as much as a version may cost fill the docket, and nobody votes. A case that costs little
/// is decided within its first sitting; each of the heavy ones sits after those before it.
#[test]
fn waiting_should_be_bounded_when_the_court_is_flooded_with_heavy_cases() {
	run(|| {
		let heavy = u64::from(MAX_CASES) - 1;
		for request in 0..heavy {
			open_with(request, u64::MAX);
		}
		next_block();
		open_with(99, 10);
		let opened = System::block_number();
		next_block();
		decide(99);
		assert!(System::block_number() <= opened + 4);
		assert_eq!(Verdicts::get(), [(99, decided(answer(1), &[1, 2, 3, 4, 5]))]);
		let sitting_blocks = COMMIT_BLOCKS + REVEAL_BLOCKS + 1;
		for request in 0..heavy {
			assert!(sitting().contains(&(request, Admission::Turn)), "{request}");
			while sitting().iter().any(|(own, _)| *own == request) {
				next_block();
			}
			assert_eq!(case(request).sitting, SECOND_SITTING);
			let limit = opened + (request + 1) * u64::from(sitting_blocks);
			assert!(System::block_number() <= limit, "{request}");
		}
	});
}

#[test]
fn budget_should_be_whole_again_when_a_session_begins() {
	run(|| {
		open_with(1, 10);
		open_with(2, SESSION_FUEL);
		next_block();
		assert_eq!(Spent::<Test>::get().fuel, SESSION_FUEL);
		begin_session(1, &[1, 2, 3, 4, 5]);
		assert_eq!(Spent::<Test>::get(), CourtLoad::default());
	});
}

#[test]
fn commit_phase_should_be_longer_when_validators_have_to_fetch_the_input() {
	run(|| {
		Sizes::set(CourtSizes { fetched: 2 * BYTES_PER_BLOCK, ..INLINE_SIZES });
		sit(7);
		next_blocks(COMMIT_BLOCKS + 1);
		assert!(matches!(phase(7), CasePhase::Commit { .. }));
		next_block();
		assert!(matches!(phase(7), CasePhase::Reveal { .. }));
	});
}
