//! Pools never owe more than they hold, and shares never favour the one who acts.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, traits::fungible::Balanced};
use opg_primitives::ExecutorKey;
use pallet_opg_support::{ExecutorPools, Fault};
use proptest::prelude::*;
use sp_core::{ed25519, Pair};

fn pool(balance: u128, shares: u128) -> Pool {
	let hot_key = ExecutorKey::from(ed25519::Pair::from_seed(&[0; 32]).public());
	Pool { balance, shares, hot_key, duty: Duty::Active { misses: 0 } }
}

fn delegate(who: u64, operator: u64, amount: u128) -> sp_runtime::DispatchResult {
	Staking::delegate(RuntimeOrigin::signed(who), operator, amount)
}

fn balance(operator: u64) -> u128 {
	Pools::<Test>::get(operator).unwrap().balance
}

#[test]
fn shares_should_have_no_price_when_the_pool_is_drained() {
	assert_eq!(pool(0, 5).shares_for(7), None);
	assert_eq!(pool(0, 0).shares_for(7), Some(7));
}

#[test]
fn bond_should_be_refused_with_its_reason() {
	run(|| {
		assert_noop!(bond(1, 999, 1), Error::<Test>::BondTooSmall);
		assert_ok!(bond(1, 1_000, 1));
		assert_noop!(bond(1, 1_000, 2), Error::<Test>::AlreadyBonded);
		assert_noop!(bond(2, 1_000, 1), Error::<Test>::KeyTaken);
		(2..=4).for_each(|who| bond(who, 1_000, who as u8).unwrap());
		assert_noop!(bond(5, 1_000, 5), Error::<Test>::TooManyPools);
		assert_noop!(bond(6, FUNDS + 1, 6), Error::<Test>::TooManyPools);
	});
}

#[test]
fn delegation_should_be_priced_by_rewards_and_slashes() {
	run(|| {
		assert_ok!(bond(1, 1_000, 1));
		Staking::reward(&1, Balances::issue(1_000));
		assert_ok!(delegate(2, 1, 1_000));
		assert_eq!(Shares::<Test>::get(1, 2), 500);
		Staking::penalise(&1, Fault::Wrong);
		assert_eq!(balance(1), 2_700);
		assert_noop!(delegate(2, 9, 1_000), Error::<Test>::UnknownPool);
		assert_noop!(delegate(2, 1, 9), Error::<Test>::DelegationTooSmall);
		assert!(delegate(2, 1, FUNDS).is_err());
	});
}

#[test]
fn executor_should_rest_when_it_misses_three_times_in_a_row() {
	run(|| {
		assert_ok!(bond(1, 10_000, 1));
		(0..2).for_each(|_| Staking::penalise(&1, Fault::Uncommitted));
		Staking::clear_misses(&1);
		(0..2).for_each(|_| Staking::penalise(&1, Fault::Uncommitted));
		assert_noop!(Staking::resume(RuntimeOrigin::signed(1)), Error::<Test>::NotResting);
		Staking::penalise(&1, Fault::Uncommitted);
		assert_eq!(Pools::<Test>::get(1).unwrap().duty, Duty::Resting);
		assert_ok!(Staking::resume(RuntimeOrigin::signed(1)));
	});
}

#[test]
fn snapshot_should_stay_as_planned_and_leave_out_who_rests_or_is_too_small() {
	run(|| {
		assert_ok!(bond(1, 10_000, 1));
		assert_ok!(bond(2, 10_000, 2));
		assert_ok!(bond(3, 1_000, 3));
		Staking::plan_session(1);
		Staking::start_session(1);
		assert_ok!(delegate(4, 1, 5_000));
		Staking::penalise(&3, Fault::Wrong);
		assert_eq!(Staking::snapshot(), vec![(1, 10_000), (2, 10_000)]);
		(0..3).for_each(|_| Staking::penalise(&2, Fault::Uncommitted));
		assert_eq!(Staking::snapshot(), vec![(1, 10_000)]);
		Staking::plan_session(2);
		Staking::start_session(2);
		assert_eq!(Staking::snapshot(), vec![(1, 15_000)]);
		assert!(Snapshots::<Test>::get(1).is_empty());
	});
}

/// One step of the random walk.
#[derive(Clone, Debug)]
enum Step {
	Bond(u64, u128),
	Delegate(u64, u64, u128),
	Reward(u64, u128),
	Penalise(u64, Fault),
	Resume(u64),
}

fn step() -> impl Strategy<Value = Step> {
	let who = 1u64..=8;
	let fault = prop_oneof![Just(Fault::Wrong), Just(Fault::Unrevealed), Just(Fault::Uncommitted)];
	prop_oneof![
		(who.clone(), 0u128..20_000).prop_map(|(who, amount)| Step::Bond(who, amount)),
		(who.clone(), who.clone(), 0u128..20_000)
			.prop_map(|(who, operator, amount)| Step::Delegate(who, operator, amount)),
		(who.clone(), 0u128..5_000).prop_map(|(who, amount)| Step::Reward(who, amount)),
		(who.clone(), fault).prop_map(|(who, fault)| Step::Penalise(who, fault)),
		who.prop_map(Step::Resume),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn conservation_should_hold_after_every_step(steps in prop::collection::vec(step(), 1..160)) {
		run(|| for step in steps {
			let _ = match step {
				Step::Bond(who, amount) => bond(who, amount, who as u8),
				Step::Delegate(who, operator, amount) => delegate(who, operator, amount),
				Step::Reward(who, amount) if Staking::has_pool(&who) => {
					Staking::reward(&who, Balances::issue(amount));
					Ok(())
				},
				Step::Penalise(who, fault) if Staking::has_pool(&who) => {
					Staking::penalise(&who, fault);
					Ok(())
				},
				Step::Resume(who) => Staking::resume(RuntimeOrigin::signed(who)),
				Step::Reward(..) | Step::Penalise(..) => Ok(()),
			};
			check();
		});
	}

	#[test]
	fn shares_should_never_be_worth_more_than_what_was_paid(
		balance in 1u128..1 << 100,
		shares in 1u128..1 << 100,
		amount in 1u128..1 << 100,
	) {
		if let Some(minted) = pool(balance, shares).shares_for(amount) {
			let worth = sp_core::U512::from(minted) * sp_core::U512::from(balance + amount);
			let paid = sp_core::U512::from(amount) * sp_core::U512::from(shares + minted);
			prop_assert!(worth <= paid);
		}
	}
}
