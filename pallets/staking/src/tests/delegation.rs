//! Delegations: their price, commission, and the way out.

use super::*;
use frame_support::{assert_noop, assert_ok, traits::fungible::Balanced};
use pallet_opg_support::{ExecutorLedger, Offence};
use sp_runtime::Perbill;

#[test]
fn delegation_should_be_priced_by_rewards_and_slashes() {
	run(|| {
		executor(1, 1_000);
		Staking::reward(&1, Balances::issue(1_000));
		assert_ok!(delegate(2, 1, 1_000));
		assert_eq!(Holdings::<Test>::get(id(1), 2).shares, 500);
		SessionStake::<Test>::put(100_000);
		penalise(1, Offence::WrongAnswer);
		assert_eq!((pool(1).self_bond(), value(2, 1)), (1_800, 900));
		assert_noop!(delegate(2, 9, 1_000), Error::<Test>::UnknownPool);
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
fn undelegated_stake_should_be_slashed_until_it_is_withdrawn() {
	run(|| {
		executor(1, 10_000);
		assert_ok!(delegate(2, 1, 1_000));
		assert_ok!(undelegate(2, 1, 500));
		assert_noop!(withdraw(2, 1), Error::<Test>::NotUnlocked);
		SessionStake::<Test>::put(1_000_000);
		penalise(1, Offence::WrongAnswer);
		Staking::reward(&1, Balances::issue(10_000));
		assert_eq!(pool(1).unbonding.balance, 450, "slashed, not rewarded");
		go_to(10);
		assert_noop!(withdraw(2, 1), Error::<Test>::NotUnlocked);
		go_to(11);
		assert_ok!(Staking::withdraw(signed(9), 1, E, 2), ());
		assert_eq!(free(2), FUNDS - 1_000 + 450);
		assert_noop!(withdraw(2, 1), Error::<Test>::NothingUnbonding);
		assert!(value(2, 1) > 450);
		// Less than the minimum does not stay.
		let all = value(2, 1);
		assert_ok!(undelegate(2, 1, all - 9));
		assert_noop!(undelegate(2, 1, 1), Error::<Test>::NothingDelegated);
		go_to(100);
		assert_ok!(withdraw(2, 1));
		assert_eq!(free(2), FUNDS - 1_000 + 450 + all);
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
