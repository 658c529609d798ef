//! The share of a pool that is its operator's own.

use super::*;
use frame_support::{assert_noop, assert_ok, traits::fungible::Balanced};

/// An executor with 1,000 planck of its own, at least a twentieth of its pool.
fn twentieth() {
	MinOwnShare::set(&Perbill::from_percent(5));
	executor(1, 1_000);
}

#[test]
fn delegations_should_be_refused_beyond_what_the_own_stake_carries() {
	run(|| {
		twentieth();
		assert_noop!(delegate(2, 1, 19_001), Error::<Test>::OwnShareTooSmall);
		assert_ok!(delegate(2, 1, 19_000));
		assert_noop!(delegate(3, 1, 10), Error::<Test>::OwnShareTooSmall);
		// The operator can add, and then others can.
		assert_ok!(delegate(1, 1, 100));
		assert_ok!(delegate(3, 1, 1_900));
		assert_noop!(delegate(3, 1, 10), Error::<Test>::OwnShareTooSmall);
		// Delegators leave whenever they like.
		assert_ok!(undelegate(2, 1, 10_000));
		assert_ok!(delegate(3, 1, 10));
	});
}

#[test]
fn redelegations_should_be_refused_beyond_what_the_own_stake_carries() {
	run(|| {
		twentieth();
		executor(2, 10_000);
		assert_ok!(delegate(3, 2, 50_000));
		assert_noop!(redelegate(3, 2, 1, 19_001), Error::<Test>::OwnShareTooSmall);
		assert_ok!(redelegate(3, 2, 1, 19_000));
	});
}

#[test]
fn operator_should_keep_its_share_unless_it_leaves() {
	run(|| {
		MinOwnShare::set(&Perbill::from_percent(5));
		executor(1, 2_000);
		assert_ok!(delegate(2, 1, 28_500));
		assert_noop!(undelegate(1, 1, 501), Error::<Test>::OwnShareTooSmall);
		assert_ok!(undelegate(1, 1, 500));
		assert_noop!(undelegate(1, 1, 100), Error::<Test>::OwnShareTooSmall);
		assert_ok!(Staking::leave(signed(1), E));
		assert_eq!(pool(1).self_bond(), 0);
	});
}

/// A pool that has outgrown its operator's share, by a charge, earns and is drawn as before.
#[test]
fn pool_below_the_share_should_take_no_more_and_stay() {
	run(|| {
		MinOwnShare::set(&Perbill::from_percent(5));
		executor(1, 2_000);
		assert_ok!(delegate(2, 1, 38_000));
		drop(Staking::charge(&1, 500, 1));
		assert_eq!(pool(1).self_bond(), 1_500);
		assert_noop!(delegate(2, 1, 10), Error::<Test>::OwnShareTooSmall);
		Staking::reward(&1, Balances::issue(1_000));
		next_session();
		assert_eq!(Staking::snapshot(2), [(1, 40_500)]);
	});
}
