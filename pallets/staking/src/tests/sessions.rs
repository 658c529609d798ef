//! Sessions: snapshots, the cap of weights, and elections.

use super::*;
use frame_support::{assert_noop, assert_ok};
use proptest::prelude::*;
use sp_runtime::DispatchError;

#[test]
fn snapshot_should_stay_as_planned_and_name_who_may_not_be_drawn() {
	run(|| {
		(1..=2).for_each(|who| executor(who, 10_000));
		executor(3, 1_000);
		assert_ok!(bond(4, 10_000));
		next_session();
		next_session();
		let planned = [(1, 10_000), (2, 10_000), (3, 1_000)];
		assert_eq!(Staking::snapshot(2), planned, "4: no key");
		assert_ok!(delegate(5, 1, 5_000));
		assert_ok!(set_key(4, 4));
		fine(3, Offence::MissedCommit);
		assert_eq!(Staking::suspended(), [3], "below the bond");
		assert_ok!(Staking::pause(signed(2), E));
		assert_eq!(Staking::suspended(), [2, 3]);
		assert_ok!(Staking::resume(signed(2), E));
		assert_noop!(Staking::resume(signed(3), E), Error::<Test>::NotPaused);
		// An executor that bonds again is drawn from the next planned session on.
		assert_ok!(delegate(3, 3, 200));
		assert_ok!(Staking::leave(signed(2), E));
		assert_eq!(Staking::suspended(), [2, 3]);
		assert_eq!([2, 3].map(Staking::snapshot), [planned, planned]);
		next_session();
		assert_eq!(Staking::snapshot(4), [(1, 15_000), (3, 1_125), (4, 10_000)]);
		assert_eq!(Staking::suspended(), [2], "older snapshots hold it");
		// Kept: planned, current, two before.
		(4..=6).for_each(|_| next_session());
		assert_eq!(Staking::session(), 6);
		assert!(Staking::snapshot(3).is_empty());
		assert!((4..=7).all(|session| !Staking::snapshot(session).is_empty()));
		assert!(Staking::suspended().is_empty());
	});
}

/// Calls of a session, which try to change who is drawn in the next.
fn meddle(call: u8, who: u64) {
	let _ = match call {
		0 => Staking::pause(signed(who), E),
		1 => Staking::resume(signed(who), E),
		2 => Staking::leave(signed(who), E),
		3 => bond(who, 5_000),
		4 => set_key(who, who as u8),
		5 => delegate(12, who, 1_000),
		6 => undelegate(who, who, 500),
		7 => {
			convict(who, Staking::session());
			Ok(())
		},
		8 => Staking::set_slots(signed(who), 3),
		_ => {
			fine(who, Offence::MissedCommit);
			Ok(())
		},
	};
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// No call after the first block of a session changes the snapshots of that session and the next.
	#[test]
	fn frozen_snapshots_should_not_depend_on_later_calls(
		calls in prop::collection::vec((0u8..10, 1u64..=11, any::<bool>()), 1..80),
	) {
		run(|| {
			(1..=5).for_each(|who| executor(who, 10_000));
			next_session();
			let mut frozen = [1, 2].map(Staking::snapshot);
			for (call, who, ends_session) in calls {
				// A pool is there where the court judges.
				if call != 7 || Pools::<Test>::contains_key(E, who) {
					meddle(call, who);
				}
				let session = Staking::session();
				assert_eq!([session, session + 1].map(Staking::snapshot), frozen);
				if ends_session {
					next_session();
					assert_eq!(Staking::snapshot(session + 1), frozen[1]);
					frozen = [session + 1, session + 2].map(Staking::snapshot);
				}
			}
		});
	}
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
			assert_ok!(Staking::bond(signed(who), Role::Validator, amount, Perbill::zero()));
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
		Staking::slash_validator(&3, Perbill::from_percent(50), 1);
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

#[test]
fn reward_should_be_less_in_the_next_session_when_a_validator_missed_cases() {
	run(|| {
		for who in 1..=3 {
			assert_ok!(Staking::bond(signed(who), Role::Validator, 5_000, Perbill::zero()));
		}
		Missed::set(&vec![(1, 1, 10), (1, 2, 1_000)]);
		let issuance = Balances::total_issuance();
		let stakes = || {
			[1, 2, 3].map(|who| Pools::<Test>::get(Role::Validator, who).unwrap().active.balance)
		};
		let reward = || (1..=3).for_each(Staking::reward_author);
		next_session();
		reward();
		assert_eq!(stakes(), [5_007; 3], "not in the session itself");
		next_session();
		reward();
		// A tenth of 7 less, and a fifth, which is the most.
		assert_eq!(stakes(), [5_013, 5_012, 5_014]);
		assert_eq!(Balances::total_issuance(), issuance + 18 + 21, "the rest is not minted");
		next_session();
		reward();
		assert_eq!(stakes(), [5_020, 5_019, 5_021], "no longer than that");
	});
}
