//! Sessions: snapshots, the cap of weights, and elections.

use super::*;
use frame_support::{assert_noop, assert_ok};
use pallet_opg_support::{ExecutorStake, Offence};
use sp_runtime::{DispatchError, Perbill};

#[test]
fn snapshot_should_stay_as_planned_and_leave_out_who_may_not_be_drawn() {
	run(|| {
		(1..=2).for_each(|who| executor(who, 10_000));
		executor(3, 1_000);
		assert_ok!(bond(4, 10_000), ());
		Staking::plan_session(1);
		Staking::start_session(1);
		assert_eq!(Staking::snapshot(), vec![(1, 10_000), (2, 10_000), (3, 1_000)], "4: no key");
		assert_ok!(delegate(5, 1, 5_000));
		penalise(3, Offence::WrongAnswer);
		assert_eq!(Staking::snapshot(), vec![(1, 10_000), (2, 10_000)], "3: below the bond");
		assert_ok!(Staking::pause(signed(2), E));
		assert_eq!(Staking::snapshot(), vec![(1, 10_000)]);
		assert_ok!(Staking::resume(signed(2), E));
		assert_eq!(Staking::snapshot(), vec![(1, 10_000), (2, 10_000)]);
		// An executor that bonds again is drawn from the next planned session on.
		assert_noop!(Staking::resume(signed(3), E), Error::<Test>::NotPaused);
		assert_ok!(delegate(3, 3, 200));
		assert_eq!(Staking::snapshot(), vec![(1, 10_000), (2, 10_000)]);
		Staking::plan_session(2);
		Staking::start_session(2);
		assert_eq!(Staking::snapshot(), vec![(1, 15_000), (2, 10_000), (3, 1_100)]);
		assert!(Snapshots::<Test>::get(1).members.is_empty());
		assert!(Suspended::<Test>::get().is_empty());
	});
}

#[test]
fn no_pool_should_weigh_more_than_its_part_when_there_are_many() {
	use crate::sessions::cap;
	assert_eq!(cap(vec![100, 1, 1], 4), u128::MAX, "too few to cap");
	let weigh = |stakes: Vec<u128>| -> Vec<u128> {
		let cap = cap(stakes.clone(), 4);
		stakes.into_iter().map(|stake| stake.min(cap)).collect()
	};
	let weights = weigh(vec![9_000, 30, 30, 30, 30, 30, 30, 30]);
	assert_eq!(weights[0], 70, "a quarter of 280");
	assert_eq!(weigh(vec![9_000, 9_000, 30, 30, 30, 30, 30, 30])[..3], [90, 90, 30]);
	assert_eq!(weigh(vec![10; 8]), vec![10; 8]);
	// More whales than parts can be capped to the next smaller one at most.
	assert_eq!(weigh(vec![9, 9, 9, 9, 9, 0, 0, 0])[0], 9);
}

#[test]
fn validators_should_be_elected_by_stake_and_never_be_none() {
	run(|| {
		let bond = |who, amount| {
			Staking::bond(signed(who), Role::Validator, amount, Perbill::zero()).unwrap()
		};
		assert_eq!(Staking::elect(), None);
		bond(3, 1_000);
		assert_eq!(Staking::elect(), None, "below the minimum stake");
		bond(2, 5_000);
		bond(1, 5_000);
		bond(10, 9_000);
		assert_eq!(Staking::elect(), Some(vec![1, 2]), "10 has no session keys");
		assert_ok!(Staking::delegate(signed(5), 3, Role::Validator, 7_000));
		assert_eq!(Staking::elect(), Some(vec![3, 1]));
		Staking::slash_validator(&3, Perbill::from_percent(50));
		assert_eq!(Staking::elect(), Some(vec![1, 2]), "3 is paused by the slash");
		assert_noop!(
			Staking::set_validator_count(RuntimeOrigin::root(), 6),
			Error::<Test>::InvalidValidatorCount
		);
		assert_noop!(Staking::set_validator_count(signed(1), 1), DispatchError::BadOrigin);
		assert_ok!(Staking::set_validator_count(RuntimeOrigin::root(), 1));
		assert_eq!(Staking::elect(), Some(vec![1]));
		Staking::reward_author(1);
		Staking::reward_author(11);
		let pool = Pools::<Test>::get(Role::Validator, 1).unwrap();
		assert_eq!(pool.active.balance, 5_007);
	});
}
