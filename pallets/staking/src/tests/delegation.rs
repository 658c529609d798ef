//! Delegations: their price, commission, and the way out.

use super::*;
use frame_support::{assert_noop, assert_ok, traits::fungible::Balanced};

#[test]
fn delegation_should_be_priced_by_rewards_and_slashes() {
	run(|| {
		executor(1, 1_000);
		Staking::reward(&1, Balances::issue(1_000));
		assert_ok!(delegate(2, 1, 1_000));
		assert_eq!(Holdings::<Test>::get(id(1), 2).shares, 500);
		convict(1, 1);
		assert_eq!((pool(1).self_bond(), value(2, 1)), (1_800, 900));
		assert_noop!(delegate(2, 9, 1_000), Error::<Test>::UnknownPool);
		go_to(5);
		assert_noop!(delegate(2, 1, 9), Error::<Test>::DelegationTooSmall);
		assert!(delegate(2, 1, FUNDS).is_err());
	});
}

#[test]
fn commission_should_become_shares_of_the_operator_and_change_slowly() {
	run(|| {
		let one = Perbill::from_percent;
		assert_ok!(Staking::bond(signed(1), E, 1_000, one(10)));
		assert_ok!(delegate(2, 1, 1_000));
		Staking::reward(&1, Balances::issue(1_000));
		assert_eq!((pool(1).self_bond(), value(2, 1)), (1_549, 1_450));
		let set = |percent| Staking::set_commission(signed(1), E, one(percent));
		assert_noop!(set(12), Error::<Test>::CommissionChangedAlready);
		Staking::start_session(1);
		assert_noop!(set(16), Error::<Test>::CommissionChangeTooLarge);
		assert_ok!(set(15));
		assert_noop!(set(14), Error::<Test>::CommissionChangedAlready);
	});
}

#[test]
fn stake_should_leave_whole_when_less_than_the_minimum_would_stay() {
	run(|| {
		executor(1, 10_000);
		assert_ok!(delegate(2, 1, 1_000));
		assert_ok!(undelegate(2, 1, 991));
		assert_noop!(undelegate(2, 1, 1), Error::<Test>::NothingDelegated);
		go_to(100);
		assert_ok!(withdraw(2, 1));
		assert_eq!(free(2), FUNDS);
		assert!(Delegations::<Test>::get(2).is_empty());
	});
}

#[test]
fn donations_should_not_move_the_price_of_shares() {
	run(|| {
		executor(1, 1_000);
		assert_ok!(Balances::transfer_allow_death(signed(3), Staking::account(), 500_000));
		assert_ok!(delegate(2, 1, 10));
		assert_eq!(value(2, 1), 10);
		// Give it back, so that the books are even.
		Balances::force_set_balance(RuntimeOrigin::root(), Staking::account(), 1_011).unwrap();
	});
}

#[test]
fn stakes_should_be_shown_at_their_worth_when_a_holder_has_some_in_its_own_pool_and_in_others() {
	run(|| {
		executor(1, 1_000);
		executor(2, 3_000);
		assert_ok!(delegate(2, 1, 1_000));
		Staking::reward(&1, Balances::issue(2_000));
		assert_ok!(undelegate(2, 1, 500));
		let own = StakeView { pool: id(2), active: 3_000, unbonding: vec![] };
		let leaving = UnbondingView { amount: 500, unlock_at: 11 };
		let other = StakeView { pool: id(1), active: 1_500, unbonding: vec![leaving] };
		assert_eq!(Staking::stakes(2), [own, other.clone()]);
		assert_eq!(Staking::stake(id(1), 2), other);
		assert_eq!(Staking::stakes(3), []);
		let none = StakeView { pool: id(1), active: 0, unbonding: vec![] };
		assert_eq!(Staking::stake(id(1), 3), none);
	});
}

#[test]
fn locks_of_votes_should_be_told_what_is_staked_and_what_is_withdrawn() {
	run(|| {
		executor(1, 10_000);
		assert_ok!(delegate(2, 1, 1_000));
		assert_eq!(Staked::get(), [(1, 10_000), (2, 1_000)]);
		assert_ok!(undelegate(2, 1, 400));
		assert_eq!(Withdrawn::get(), []);
		assert_eq!(Staking::total_stake(&2), 1_000, "it is still in the pool");
		go_to(100);
		assert_ok!(withdraw(2, 1));
		assert_eq!(Withdrawn::get(), [(2, 400)]);
		assert_eq!((Staking::total_stake(&2), Staking::total_stake(&1)), (600, 10_000));
		assert_eq!(Staking::total_stake(&3), 0);
	});
}
