//! Blocks in which the clock ticks, and in which it does not.

use crate::{mock::*, Now, MAX_PAUSE};
use frame_support::dispatch::DispatchClass::{Mandatory, Normal, Operational};
use sp_runtime::traits::BlockNumberProvider;

#[test]
fn clock_should_tick_when_blocks_are_idle() {
	run(|| {
		for number in 1..=10 {
			assert!(block(|| ()));
			assert_eq!(Clock::current_block_number(), number);
		}
	});
}

#[test]
fn clock_should_tick_when_one_more_batch_fits_and_only_then() {
	run(|| {
		let most = OPERATIONAL - BATCH.0;
		assert!(block(|| spend(most, Operational)));
		assert!(!block(|| spend(most + 1, Operational)));
		let most = LENGTH - BATCH.1;
		assert!(block(|| carry(most)));
		assert!(!block(|| carry(most + 1)));
	});
}

#[test]
fn clock_should_tick_when_others_fill_the_block_because_room_is_reserved() {
	run(|| {
		assert!(block(|| spend(OPERATIONAL, Normal)));
		let reserved = RESERVED - BATCH.0;
		// As in the first block of a session.
		let claimed = |own| {
			spend(BLOCK, Mandatory);
			spend(RESERVED, Normal);
			spend(own, Operational);
		};
		assert!(block(|| claimed(reserved)));
		assert!(!block(|| claimed(reserved + 1)));
	});
}

#[test]
fn clock_should_tick_in_every_fourth_block_when_all_are_full() {
	run(|| {
		let ticks: Vec<bool> =
			(0..100).map(|_| block(|| spend(OPERATIONAL, Operational))).collect();
		for blocks in ticks.chunks(MAX_PAUSE as usize) {
			assert_eq!(blocks, [false, false, false, true]);
		}
		assert_eq!(Now::<Test>::get(), 25);
	});
}

#[test]
fn clock_should_stand_when_transactions_are_not_admitted() {
	run(|| {
		assert!(block(|| ()));
		set_migrating(true);
		assert!((0..20).all(|_| !block(|| ())));
		// The last step ends the migration within its block, which takes no transactions either.
		assert!(!block(|| set_migrating(false)));
		assert!(block(|| spend(OPERATIONAL, Operational)), "the fourth block is long past");
		assert!(!block(|| spend(OPERATIONAL, Operational)));
		assert!(block(|| ()));
		assert_eq!(Now::<Test>::get(), 3);
	});
}

#[test]
fn state_should_be_refused_when_the_clock_is_ahead_or_stood_still() {
	run(|| {
		(0..8).for_each(|_| assert!(block(|| ())));
		for (now, holds) in [(9, false), (8, true), (1, true), (0, false)] {
			Now::<Test>::put(now);
			assert_eq!(Clock::do_try_state().is_ok(), holds, "{now}");
		}
		Now::<Test>::put(8);
	});
}
