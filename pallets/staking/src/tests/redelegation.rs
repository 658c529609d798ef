//! Redelegation: stake moves at once, and pays for both operators until the liability ends.

use super::*;
use frame_support::{assert_noop, assert_ok, traits::fungible::Balanced};

/// Two executors, and 1,000 planck of 3 that move from 1 to 2 in session 5.
fn moved() {
	executor(1, 10_000);
	executor(2, 10_000);
	assert_ok!(delegate(3, 1, 1_000));
	(0..5).for_each(|_| next_session());
	assert_ok!(redelegate(3, 1, 2, 1_000));
}

#[test]
fn stake_should_count_in_the_other_pool_at_once_and_stay_until_the_liability_ends() {
	run(|| {
		moved();
		assert_eq!((pool(1).active.balance, pool(2).active.balance), (10_000, 11_000));
		assert_eq!((value(3, 1), value(3, 2)), (0, 1_000));
		assert_eq!(Delegations::<Test>::get(3).to_vec(), [id(2)]);
		assert_eq!(Staked::get().len(), 3, "locks of votes need not follow");
		Staking::plan_session(7);
		assert_eq!(Staking::snapshot(7), [(1, 10_000), (2, 11_000)]);
		// No part of it moves again, or leaves. What came besides does.
		executor(4, 10_000);
		assert_noop!(redelegate(3, 2, 4, 500), Error::<Test>::StillLiable);
		assert_noop!(undelegate(3, 2, 1), Error::<Test>::StillLiable);
		assert_ok!(delegate(3, 2, 300));
		assert_noop!(undelegate(3, 2, 301), Error::<Test>::StillLiable);
		assert_ok!(redelegate(3, 2, 4, 200));
		assert_ok!(undelegate(3, 2, 100));
		go_to(10);
		assert_noop!(settle(3, 1), Error::<Test>::StillLiable);
		assert_noop!(settle(3, 4), Error::<Test>::NothingRedelegated);
		go_to(11);
		assert_ok!(settle(3, 1));
		System::assert_has_event(
			Event::LiabilityEnded { role: E, from: 1, to: 2, delegator: 3, burned: 0 }.into(),
		);
		assert_ok!(undelegate(3, 2, 1_000));
		assert_ok!(settle(3, 2));
		assert!(Redelegations::<Test>::iter().next().is_none());
		go_to(21);
		assert_ok!(withdraw(3, 2));
		assert_eq!(free(3), FUNDS - 200);
	});
}

#[test]
fn slashes_of_the_former_pool_should_take_from_moved_stake_when_its_snapshot_held_it() {
	run(|| {
		moved();
		let issuance = Balances::total_issuance();
		convict(1, 7);
		assert_eq!(Moved::<Test>::get(id(1))[0].vault.balance, 1_000, "not in the snapshot");
		convict(1, 6);
		Staking::fine(&1, Offence::MissedReveal, 5, SilenceRecord::Counted);
		assert_eq!(Moved::<Test>::get(id(1))[0].vault.balance, 900 - 3);
		assert_eq!(value(3, 2), 1_000, "it pays at the end");
		// The other pool slashes it as well, and pays it.
		Staking::reward(&2, Balances::issue(1_100));
		assert_eq!(value(3, 2), 1_100);
		go_to(20);
		assert_ok!(settle(3, 1));
		// Rounding is in favour of the pool.
		assert_eq!((value(3, 2), pool(2).active.balance), (996, 12_100 - 103));
		let burned = 1_000 + 900 + 25 + 103;
		assert_eq!(Balances::total_issuance(), issuance + 1_100 - burned + payees_got());
		assert_noop!(settle(3, 1), Error::<Test>::NothingRedelegated);
	});
}

/// What the payees of convictions got, in planck.
fn payees_got() -> u128 {
	free(7) + free(8) - 2 * FUNDS
}

/// A whale that lies through a pool of its own cannot save its stake by moving it first.
#[test]
fn lie_should_cost_as_if_the_stake_were_there_when_it_moved_after_the_snapshot() {
	run(|| {
		executor(1, 1_000);
		executor(2, 1_000);
		assert_ok!(delegate(3, 1, 98_000));
		(0..2).for_each(|_| next_session());
		assert_ok!(redelegate(3, 1, 2, u128::MAX));
		next_session();
		convict(1, Staking::session());
		go_to(50);
		assert_ok!(settle(3, 1));
		assert_eq!(value(3, 2), 88_200);
	});
}

#[test]
fn moved_stake_should_lose_nothing_when_the_conviction_is_cancelled() {
	run(|| {
		moved();
		convict(1, 6);
		assert_eq!(Moved::<Test>::get(id(1))[0].vault.balance, 900);
		assert_noop!(settle(3, 1), Error::<Test>::OperatorConvicted);
		assert_ok!(Staking::cancel_conviction(RuntimeOrigin::root(), 0));
		assert_eq!(Moved::<Test>::get(id(1))[0].vault.balance, 1_000);
		Disputed::set(&vec![1]);
		go_to(11);
		assert_noop!(settle(3, 1), Error::<Test>::InDispute);
		Disputed::set(&vec![]);
		assert_ok!(settle(3, 1));
		assert_eq!(value(3, 2), 1_000);
	});
}

#[test]
fn redelegation_should_be_refused_with_its_reason() {
	run(|| {
		(1..=4).for_each(|who| executor(who, 1_000));
		assert_ok!(delegate(9, 1, 1_000));
		assert_noop!(redelegate(9, 1, 1, 100), Error::<Test>::SamePool);
		assert_noop!(redelegate(1, 1, 2, 100), Error::<Test>::OwnStake);
		assert_noop!(redelegate(9, 1, 10, 100), Error::<Test>::UnknownPool);
		assert_noop!(redelegate(9, 2, 1, 100), Error::<Test>::NothingDelegated);
		assert_noop!(redelegate(9, 1, 2, 9), Error::<Test>::DelegationTooSmall);
		assert_ok!(delegate(2, 1, 100));
		assert_noop!(redelegate(2, 1, 2, 100), Error::<Test>::OwnStake);
		convict(3, 1);
		assert_noop!(redelegate(9, 1, 3, 100), Error::<Test>::OperatorConvicted);
		assert_ok!(delegate(9, 4, 100));
		assert_ok!(Staking::leave(signed(4), E));
		assert_noop!(redelegate(9, 1, 4, 100), Error::<Test>::PoolLeaving);
		// Out of a pool that is left, too.
		assert_ok!(redelegate(9, 4, 2, 100));
		assert_ok!(redelegate(9, 1, 2, 100));
		assert_noop!(redelegate(9, 1, 2, 100), Error::<Test>::TooManyRedelegations);
		go_to(11);
		assert_ok!(withdraw(4, 4));
		assert_ok!(settle(9, 4));
		assert_ok!(withdraw(4, 4));
		assert!(!Pools::<Test>::contains_key(E, 4), "it waited for the liability to end");
	});
}

#[test]
fn stake_of_a_left_pool_should_wait_until_it_pays_for_no_other() {
	run(|| {
		moved();
		assert_ok!(Staking::leave(signed(2), E));
		let force = || Staking::force_undelegate(signed(9), 2, E, 3);
		assert_noop!(force(), Error::<Test>::StillLiable);
		go_to(11);
		assert_ok!(settle(3, 1));
		assert_ok!(force());
	});
}

#[test]
fn moved_stake_should_owe_nothing_of_new_stake_when_it_was_slashed_to_nothing() {
	run(|| {
		moved();
		convict(1, 6);
		drain(2);
		assert_ok!(delegate(3, 2, 500));
		assert_ok!(undelegate(3, 2, 100));
		go_to(11);
		assert_ok!(settle(3, 1));
		assert_eq!(value(3, 2), 400);
	});
}

/// As `leavers_should_pay_when_their_dispute_outlasts_the_list_of_sessions`, by moving.
#[test]
fn moved_stake_should_pay_when_its_dispute_outlasts_the_list_of_sessions() {
	run(|| {
		executor(1, 10_000);
		executor(2, 10_000);
		(3..=7).for_each(|who| delegate(who, 1, 1_000).unwrap());
		let session = Staking::session();
		Disputed::set(&vec![1]);
		for who in 3..=6 {
			assert_ok!(redelegate(who, 1, 2, 1_000));
			next_session();
		}
		let fifth = redelegate(7, 1, 2, 1_000);
		convict(1, session);
		Disputed::set(&vec![]);
		go_to(20);
		assert_ok!(settle(3, 1));
		assert_eq!(value(3, 2), 900);
		assert_eq!(fifth, Err(Error::<Test>::InDispute.into()));
		assert_ok!(redelegate(7, 1, 2, 1_000));
	});
}

/// More sessions than the list has room for: the oldest record goes, and is still settled.
#[test]
fn records_should_be_settled_when_they_are_off_the_list() {
	run(|| {
		executor(1, 10_000);
		executor(2, 10_000);
		for who in 3..=8 {
			assert_ok!(delegate(who, 1, 1_000));
			assert_ok!(redelegate(who, 1, 2, 1_000));
			convict(1, Staking::session());
			go_to(System::block_number() + 4);
			next_session();
			check();
		}
		assert_eq!(Moved::<Test>::get(id(1)).len(), 4);
		assert_eq!(MovedBefore::<Test>::iter().count(), 2);
		go_to(60);
		// The snapshot of a session holds what moved in the one before.
		for (who, left) in [(3, 810), (4, 810), (5, 810), (6, 810), (7, 810), (8, 900)] {
			assert_ok!(settle(who, 1));
			assert!((left - 1..=left).contains(&value(who, 2)), "{who}");
			check();
		}
		assert!(MovedBefore::<Test>::iter().next().is_none());
		// All but the first pay a price that is rounded.
		assert_eq!(pool(2).active.balance, 10_000 + 810 + 4 * 809 + 899);
	});
}
