//! Windows: how long commit phase and challenge window of a version last.

use crate::{mock::*, *};
use opg_primitives::{Tier, VersionLimits};

/// Limits of a model that takes `times` as much fuel.
fn limits(times: u64) -> VersionLimits {
	VersionLimits { fuel: times * FUEL_LIMIT, load_fuel: times * LOAD_FUEL, ..LIMITS }
}

#[test]
fn windows_should_be_four_times_as_long_when_the_limits_are() {
	run(|| {
		for (times, commit, window) in [(1, 2, WINDOW), (2, 4, 8), (4, 8, 16), (5, 8, 16)] {
			Limits::set(&limits(times));
			let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
			assert_eq!(CommitBlocks::get(), commit, "{times}");
			run_blocks(window - 1);
			assert!(matches!(state(id), RequestState::Attested { .. }), "{times}");
			next_block();
			assert!(matches!(state(id), RequestState::Settled { .. }), "{times}");
		}
	});
}

#[test]
fn windows_should_be_those_of_loading_when_the_run_takes_little() {
	run(|| {
		Limits::set(&VersionLimits::inline(1, 4 * FUEL_LIMIT, 1));
		request(Tier::Quorum);
		run_blocks(3);
		assert_eq!(CommitBlocks::get(), 8);
	});
}

#[test]
fn open_requests_should_keep_their_windows_when_the_version_changes() {
	run(|| {
		Limits::set(&limits(4));
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		Limits::set(&LIMITS);
		run_blocks(15);
		assert!(matches!(state(id), RequestState::Attested { .. }));
		next_block();
		assert!(matches!(state(id), RequestState::Settled { .. }));
	});
}
