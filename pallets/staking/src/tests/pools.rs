//! Pools: opening, limits, closing, and a successor of the same operator.

use super::*;
use frame_support::{assert_noop, assert_ok, traits::fungible::Balanced};
use pallet_opg_support::ExecutorDirectory;

#[test]
fn bond_should_be_refused_with_its_reason() {
	run(|| {
		assert_noop!(bond(1, 999), Error::<Test>::BondTooSmall);
		assert_ok!(bond(1, 1_000));
		assert_noop!(bond(1, 1_000), Error::<Test>::AlreadyBonded);
		(2..=8).for_each(|who| bond(who, 1_000).unwrap());
		assert_noop!(bond(9, 1_000), Error::<Test>::TooManyPools);
		// The other role is another pool.
		assert_ok!(Staking::bond(signed(1), Role::Validator, 1_000, Perbill::zero()));
		assert!(Staking::bond(signed(9), Role::Validator, u128::MAX, Perbill::zero()).is_err());
	});
}

#[test]
fn limits_should_be_told_apart() {
	run(|| {
		(1..=4).for_each(|who| bond(who, 1_000).unwrap());
		(1..=3).for_each(|operator| delegate(9, operator, 100).unwrap());
		assert_noop!(delegate(9, 4, 100), Error::<Test>::TooManyDelegations);
		for block in 2..5 {
			go_to(block);
			assert_ok!(undelegate(9, 1, 10));
			assert_ok!(undelegate(9, 1, 10));
		}
		go_to(5);
		assert_noop!(undelegate(9, 1, 10), Error::<Test>::TooManyUnbonds);
		assert_noop!(undelegate(1, 1, 1), Error::<Test>::BondTooSmall);
		assert_noop!(undelegate(8, 1, 1), Error::<Test>::NothingDelegated);
	});
}

#[test]
fn pool_should_close_and_return_its_deposit_when_everyone_has_left() {
	run(|| {
		executor(1, 1_000);
		assert_ok!(delegate(2, 1, 500));
		assert_noop!(Staking::force_undelegate(signed(3), 1, E, 2), Error::<Test>::NotLeaving);
		assert_ok!(Staking::leave(signed(1), E));
		assert_noop!(Staking::leave(signed(1), E), Error::<Test>::PoolLeaving);
		assert_noop!(delegate(3, 1, 500), Error::<Test>::PoolLeaving);
		assert_noop!(bond(1, 1_000), Error::<Test>::AlreadyBonded);
		assert_ok!(Staking::force_undelegate(signed(3), 1, E, 2));
		go_to(11);
		assert_ok!(withdraw(1, 1));
		assert!(Staking::has_pool(&1));
		assert_ok!(Staking::withdraw(signed(3), 1, E, 2));
		assert!(!Staking::has_pool(&1));
		assert_eq!((free(1), free(2)), (FUNDS, FUNDS));
		assert!(HotKeys::<Test>::get(1).is_none());
		assert_eq!(KeyOwners::<Test>::iter().count(), 0);
		assert_ok!(bond(1, 1_000));
	});
}

#[test]
fn shares_of_a_closed_pool_should_be_worth_nothing_in_its_successor() {
	run(|| {
		executor(1, 1_000);
		assert_ok!(delegate(2, 1, 1_000));
		drain(1);
		assert_eq!(value(2, 1), 0);
		assert_ok!(Staking::leave(signed(1), E));
		assert!(!Staking::has_pool(&1), "nobody has anything in it");
		assert_ok!(bond(1, 1_000));
		assert_eq!(value(2, 1), 0);
		assert_noop!(undelegate(2, 1, 1), Error::<Test>::NothingDelegated);
		assert_ok!(Staking::reap(signed(3), 1, E, 2));
		assert!(Delegations::<Test>::get(2).is_empty());
		assert_ok!(delegate(2, 1, 1_000));
		assert_noop!(Staking::reap(signed(3), 1, E, 2), Error::<Test>::NotWorthless);
		assert_eq!((value(2, 1), pool(1).self_bond()), (1_000, 1_000));
	});
}

#[test]
fn pool_should_take_stake_again_when_it_was_slashed_to_nothing() {
	run(|| {
		executor(1, 1_000);
		assert_ok!(delegate(2, 1, 1_000));
		drain(1);
		// Nobody owns the reward as stake, so it is the operator's.
		let before = free(1);
		Staking::reward(&1, Balances::issue(50));
		assert_eq!(free(1), before + 50);
		assert_ok!(delegate(1, 1, 1_000));
		assert_ok!(delegate(2, 1, 500));
		assert_eq!((pool(1).self_bond(), value(2, 1)), (1_000, 500));
	});
}

#[test]
fn full_list_should_give_way_to_a_larger_stake() {
	run(|| {
		(1..=8).for_each(|who| executor(who, 1_000 + u128::from(who)));
		assert_ok!(delegate(10, 1, 500));
		assert_noop!(bond(9, 1_002), Error::<Test>::TooManyPools);
		assert_ok!(bond(9, 1_003));
		// 2 has the least stake, and 1 has more with its delegators.
		assert_eq!(pool(2).status, PoolStatus::Leaving);
		assert_eq!(Operators::<Test>::get(E).to_vec(), [1, 3, 4, 5, 6, 7, 8, 9]);
		assert_eq!(Staking::suspended(), [2]);
		Staking::plan_session(2);
		assert!(Staking::snapshot(2).iter().all(|(who, _)| *who != 2));
		// Anyone can end it, so it takes nothing for ever.
		assert_ok!(Staking::force_undelegate(signed(12), 2, E, 2));
		go_to(11);
		assert_ok!(Staking::withdraw(signed(12), 2, E, 2));
		assert!(!Staking::has_pool(&2));
		assert_eq!(free(2), FUNDS);
	});
}

/// A reward that came after its operator had left made shares of its own, which nobody else could
/// take out: the pool stayed for ever.
#[test]
fn left_pool_should_close_when_it_earned_a_commission_after_the_operator_left() {
	run(|| {
		assert_ok!(Staking::bond(signed(1), E, 1_000, Perbill::one()));
		assert_ok!(delegate(2, 1, 500));
		assert_ok!(Staking::leave(signed(1), E));
		Staking::reward(&1, Balances::issue(70));
		assert_eq!(pool(1).self_bond(), 0);
		assert_eq!(free(1), FUNDS - 1_100 + 70, "paid to its account");
		assert_ok!(Staking::force_undelegate(signed(3), 1, E, 2));
		go_to(11);
		assert_ok!(Staking::withdraw(signed(3), 1, E, 2));
		assert_ok!(Staking::withdraw(signed(3), 1, E, 1));
		assert!(!Staking::has_pool(&1));
		assert_eq!(free(1), FUNDS + 70);
	});
}
