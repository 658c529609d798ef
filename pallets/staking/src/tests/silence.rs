//! Silence: fines, their limits, and pauses.

use super::*;
use frame_support::{assert_noop, assert_ok};
use Offence::{MissedCommit, MissedReveal};

/// Stake from which fines round to whole planck.
const STAKE: u128 = 100_000;

#[test]
fn fines_should_cost_no_more_than_their_limits_when_every_seat_is_silent() {
	run(|| {
		executor(1, STAKE);
		fine(1, MissedCommit);
		assert_eq!(pool(1).active.balance, 99_900);
		for _ in 0..100 {
			fine(1, MissedReveal);
			// A pause of its own, or leaving, would not change that.
			let _ = Staking::resume(signed(1), E);
		}
		let session_loss = STAKE - pool(1).active.balance;
		assert!(session_loss <= 300, "{session_loss}");
		// Within a day no number of sessions costs more than a hundredth.
		for _ in 0..100 {
			next_session();
			let _ = Staking::resume(signed(1), E);
			fine(1, MissedReveal);
		}
		let day_loss = STAKE - pool(1).active.balance;
		assert!((900..=1_000).contains(&day_loss), "{day_loss}");
		go_to(20);
		next_session();
		let _ = Staking::resume(signed(1), E);
		fine(1, MissedCommit);
		assert!(STAKE - pool(1).active.balance > day_loss, "another day");
		// All of it is burned.
		assert_eq!(
			Balances::total_issuance(),
			u128::from(ACCOUNTS) * FUNDS + 1 - STAKE + pool(1).active.balance
		);
	});
}

#[test]
fn executor_should_be_paused_when_it_is_silent_in_three_of_its_last_sixteen_seats() {
	run(|| {
		executor(1, STAKE);
		next_session();
		next_session();
		assert!(!Staking::record_presence(&1), "a clean record needs no write");
		fine(1, MissedCommit);
		// Fourteen seats later the first two are still remembered.
		(0..13).for_each(|_| assert!(Staking::record_presence(&1)));
		fine(1, MissedCommit);
		assert_eq!(pool(1).status, PoolStatus::Active { history: 1 << 14 | 1 });
		assert!(Staking::record_presence(&1));
		assert!(Staking::record_presence(&1));
		assert_eq!(pool(1).status, PoolStatus::Active { history: 0b100 }, "one is forgotten");
		fine(1, MissedReveal);
		assert!(Staking::suspended().is_empty());
		fine(1, MissedReveal);
		assert_eq!(Staking::suspended(), [1]);
		let left = pool(1).active.balance;
		assert_eq!(pool(1).status, PoolStatus::PausedForSilence { resumable_in: 3 });
		fine(1, MissedReveal);
		assert!(!Staking::record_presence(&1));
		assert_eq!(pool(1).active.balance, left, "nothing while it is paused");
		assert_noop!(Staking::pause(signed(1), E), Error::<Test>::NotActive);
		assert_noop!(Staking::resume(signed(1), E), Error::<Test>::NotResumableYet);
		next_session();
		assert_eq!(Staking::suspended(), [1]);
		assert_ok!(Staking::resume(signed(1), E));
		assert_eq!(pool(1).status, PoolStatus::Active { history: 0 });
		assert!(Staking::suspended().is_empty());
		assert_noop!(Staking::resume(signed(1), E), Error::<Test>::NotPaused);
	});
}

#[test]
fn silent_seats_should_cost_and_pause_nobody_when_all_are_overloaded() {
	run(|| {
		executor(1, STAKE);
		let overload = SilenceRecord::Overload;
		for _ in 0..16 {
			Staking::fine(&1, MissedReveal, Staking::session(), overload);
		}
		assert_eq!(pool(1).active.balance, STAKE - 300, "the limit of a session");
		assert_eq!(pool(1).status, PoolStatus::Active { history: 0 });
		// What was remembered stays.
		fine(1, MissedCommit);
		Staking::fine(&1, MissedCommit, Staking::session(), overload);
		assert_eq!(pool(1).status, PoolStatus::Active { history: 1 });
	});
}

#[test]
fn pause_of_its_own_should_spare_an_executor_nothing() {
	run(|| {
		executor(1, STAKE);
		fine(1, MissedCommit);
		assert_ok!(Staking::pause(signed(1), E));
		assert_ok!(Staking::resume(signed(1), E));
		assert_eq!(pool(1).status, PoolStatus::Active { history: 1 }, "the record stays");
		assert_ok!(Staking::pause(signed(1), E));
		fine(1, MissedCommit);
		assert_eq!(pool(1).status, PoolStatus::Paused { history: 0b11 });
		assert_eq!(pool(1).active.balance, STAKE - 100 - 100);
		assert!(Staking::record_presence(&1));
		fine(1, MissedCommit);
		assert_eq!(pool(1).status, PoolStatus::PausedForSilence { resumable_in: 1 });
		// Who left pays as long as its stake was in the snapshot.
		executor(2, STAKE);
		assert_ok!(Staking::leave(signed(2), E));
		fine(2, MissedCommit);
		assert_eq!(Staking::unbonding_value(&id(2), &2), STAKE - 100);
	});
}
