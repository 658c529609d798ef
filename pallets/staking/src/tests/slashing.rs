//! Slashes: payees, pauses, and the circuit breaker.

use super::*;
use frame_support::{assert_noop, assert_ok};
use pallet_opg_support::{economics, ExecutorLedger, ExecutorStake, Offence};
use sp_runtime::{DispatchError, Perbill};

#[test]
fn executor_should_be_paused_when_it_misses_three_times_in_a_row() {
	run(|| {
		executor(1, 10_000);
		SessionStake::<Test>::put(1_000_000);
		(0..2).for_each(|_| penalise(1, Offence::MissedCommit));
		Staking::clear_misses(&1);
		(0..2).for_each(|_| penalise(1, Offence::MissedCommit));
		assert_noop!(Staking::resume(signed(1), E), Error::<Test>::NotPaused);
		penalise(1, Offence::MissedCommit);
		assert_eq!(pool(1).status, PoolStatus::Paused);
		assert_noop!(Staking::pause(signed(1), E), Error::<Test>::NotActive);
		assert_ok!(Staking::resume(signed(1), E));
		assert_ok!(Staking::pause(signed(1), E));
	});
}

#[test]
fn slashing_should_pause_when_a_session_would_lose_too_much() {
	run(|| {
		(1..=5).for_each(|who| executor(who, 10_000));
		Staking::plan_session(1);
		Staking::start_session(1);
		let limit = economics::BREAKER_SHARE.mul_floor(50_000u128);
		let mut lost = 0;
		while !Staking::slashing_paused() {
			penalise(1, Offence::WrongAnswer);
			lost = 10_000 - pool(1).active.balance;
			assert!(lost <= limit);
			(2..=5).for_each(|who| penalise(who, Offence::WrongAnswer));
		}
		let total: u128 = (1..=5).map(|who| 10_000 - pool(who).active.balance).sum();
		assert!(total <= limit && lost > 0);
		penalise(2, Offence::WrongAnswer);
		assert_eq!(total, (1..=5).map(|who| 10_000 - pool(who).active.balance).sum::<u128>());
		assert_noop!(Staking::resume_slashing(signed(1)), DispatchError::BadOrigin);
		assert_ok!(Staking::resume_slashing(RuntimeOrigin::root()));
		assert_noop!(
			Staking::resume_slashing(RuntimeOrigin::root()),
			Error::<Test>::SlashingNotPaused
		);
		penalise(2, Offence::WrongAnswer);
		assert!(pool(2).active.balance < 9_000);
	});
}

#[test]
fn payees_should_get_their_parts_of_a_slash_and_the_rest_should_burn() {
	run(|| {
		executor(1, 10_000);
		SessionStake::<Test>::put(1_000_000);
		let issuance = Balances::total_issuance();
		let parts = Perbill::from_percent(30);
		Staking::penalise(&1, Offence::WrongAnswer, &[(&7, parts), (&99, parts), (&8, parts)]);
		assert_eq!((free(7), free(8), free(99)), (FUNDS + 300, FUNDS + 300, 300));
		assert_eq!(Balances::total_issuance(), issuance - 100);
		// Parts of the operator's own loss only: its delegators' loss is nobody's gain.
		assert_ok!(delegate(2, 1, 100_000));
		let issuance = Balances::total_issuance();
		Staking::penalise(&1, Offence::WrongAnswer, &[(&7, parts)]);
		assert_eq!(free(7), FUNDS + 300 + 270);
		assert_eq!(Balances::total_issuance(), issuance - 10_900 + 270);
	});
}
