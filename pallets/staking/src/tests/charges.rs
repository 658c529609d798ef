//! Charges: an operator pays out of its own stake, and its delegators never.

use super::*;
use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::Balanced, tokens::imbalance::Imbalance},
};

/// Charges `who` for a seat of `session`. Returns what was taken, which is burned.
fn charge(who: u64, amount: u128, session: u32) -> u128 {
	Staking::charge(&who, amount, session).peek()
}

#[test]
fn charge_should_take_own_active_stake_first_and_then_what_is_liable() {
	run(|| {
		executor(1, 3_000);
		assert_ok!(delegate(2, 1, 50_000));
		(0..5).for_each(|_| next_session());
		assert_ok!(undelegate(1, 1, 1_000));
		let session = Staking::session();
		assert_eq!(charge(1, 500, session), 500);
		assert_eq!((pool(1).self_bond(), Staking::unbonding_value(&id(1), &1)), (1_500, 1_000));
		// Too little is left for another seat.
		assert!(Staking::suspended().is_empty());
		assert_eq!(charge(1, 600, session), 600);
		assert_eq!(Staking::suspended(), [1]);
		assert_eq!(charge(1, 1_100, session), 1_100);
		assert_eq!((pool(1).self_bond(), Staking::unbonding_value(&id(1), &1)), (0, 800));
		// The snapshot of the session after the next does not hold it.
		assert_eq!(charge(1, 100, session + 2), 0);
		assert_eq!(charge(1, 2_000, session + 1), 800);
		assert!(Unbonding::<Test>::get(id(1), 1).is_empty());
		assert_eq!(charge(1, 100, session), 0);
		assert_eq!(value(2, 1), 50_000, "delegators pay nothing");
		let charged = Event::Charged { operator: 1, amount: 800 };
		assert!(System::events().iter().any(|record| record.event == charged.clone().into()));
	});
}

#[test]
fn charge_should_leave_delegators_what_they_have_when_shares_are_worth_odd_amounts() {
	run(|| {
		executor(1, 1_000);
		assert_ok!(delegate(2, 1, 7_777));
		Staking::reward(&1, Balances::issue(1_234));
		for amount in [1, 3, 17, 101, 499] {
			let (before, own) = (value(2, 1), pool(1).self_bond());
			let taken = charge(1, amount, 0);
			assert!(taken >= amount - 1 && taken <= own);
			assert!(value(2, 1) >= before);
			check();
		}
	});
}

#[test]
fn withdrawals_should_wait_while_a_seat_is_in_dispute() {
	run(|| {
		executor(1, 10_000);
		assert_ok!(delegate(2, 1, 1_000));
		assert_ok!(undelegate(2, 1, 1_000));
		next_session();
		go_to(20);
		Disputed::set(&vec![1]);
		assert_noop!(withdraw(2, 1), Error::<Test>::InDispute);
		// What others take out meanwhile does not free it either.
		assert_ok!(undelegate(1, 1, 1_000));
		assert_eq!(UnbondingVaults::<Test>::get(id(1)).len(), 2);
		assert_eq!(UnlockedVaults::<Test>::iter().count(), 0);
		// Stake of the other role has nothing to do with it.
		assert_ok!(Staking::bond(signed(1), Role::Validator, 5_000, Perbill::zero()));
		assert_ok!(Staking::undelegate(signed(1), 1, Role::Validator, 1_000));
		go_to(40);
		assert_ok!(Staking::withdraw(signed(1), 1, Role::Validator, 1));
		Disputed::set(&vec![]);
		assert_ok!(withdraw(2, 1));
		assert_eq!(free(2), FUNDS);
	});
}

#[test]
fn pool_should_stay_for_open_seats_and_be_closed_by_anyone_when_charges_took_the_last() {
	run(|| {
		executor(1, 1_000);
		next_session();
		Seated::set(&vec![1]);
		assert_ok!(Staking::leave(signed(1), E));
		assert_eq!(charge(1, 5_000, Staking::session()), 1_000);
		let close = || Staking::withdraw(signed(9), 1, E, 1);
		assert_ok!(close());
		assert!(Pools::<Test>::contains_key(E, 1), "it has a seat");
		check();
		Seated::set(&vec![]);
		assert_ok!(close());
		assert!(!Pools::<Test>::contains_key(E, 1));
		assert_eq!(free(1), FUNDS - 1_000, "its deposit is back");
	});
}

#[test]
fn own_stake_should_be_that_of_the_snapshot() {
	run(|| {
		executor(1, 2_000);
		assert_ok!(delegate(2, 1, 9_000));
		next_session();
		next_session();
		let session = Staking::session();
		assert_ok!(undelegate(1, 1, 500));
		charge(1, 100, session);
		assert_eq!(Staking::own_stake(session), [(1, 2_000)]);
		assert_eq!(Staking::own_stake(session + 1), [(1, 2_000)]);
		next_session();
		assert_eq!(Staking::own_stake(session + 2), [(1, 1_400)]);
		assert!(Staking::has_stake(&1) && !Staking::has_stake(&3));
		drain(1);
		assert!(!Staking::has_stake(&1));
	});
}
