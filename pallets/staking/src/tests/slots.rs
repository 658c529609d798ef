//! Slots: what stake backs, what operators declare, and what the snapshot weighs.

use super::*;
use frame_support::{assert_noop, assert_ok};

/// Stake behind one slot.
const SLOT: u128 = 125;

#[test]
fn snapshot_should_weigh_the_stake_behind_the_slots() {
	run(|| {
		executor(1, 10_000);
		executor(2, 10_124);
		executor(3, 10_000);
		assert_ok!(Staking::set_slots(signed(2), 1_000));
		assert_ok!(Staking::set_slots(signed(3), 3));
		next_session();
		let weights = [(1, 80 * SLOT), (2, 80 * SLOT), (3, 3 * SLOT)];
		assert_eq!(Staking::snapshot(2), weights, "no more than the stake backs, in whole slots");
		assert_eq!(Staking::declared_slots(), [(2, 1_000), (3, 3)]);
		assert_eq!(Staking::slot_stake(), SLOT);
		// A lower number counts at once through the list, the weight with the next plan.
		assert_ok!(Staking::set_slots(signed(1), 0));
		assert_eq!(Staking::snapshot(2), weights);
		assert_eq!(Staking::declared_slots()[0], (1, 0));
		next_session();
		assert_eq!(Staking::snapshot(3), [(1, 0), (2, 80 * SLOT), (3, 3 * SLOT)]);
		System::assert_has_event(Event::SlotsSet { operator: 1, slots: 0 }.into());
	});
}

#[test]
fn no_pool_should_weigh_more_than_its_part_when_others_declare_few_slots() {
	run(|| {
		(1..=8).for_each(|who| executor(who, 10_000));
		for who in 2..=8 {
			assert_ok!(Staking::set_slots(signed(who), 5));
		}
		next_session();
		let weights = Staking::snapshot(2);
		let total: u128 = weights.iter().map(|(_, weight)| weight).sum();
		assert!(weights[0].1 * 4 <= total && weights[0].1 > 5 * SLOT, "{weights:?}");
		assert!(weights.iter().all(|(_, weight)| weight % SLOT == 0));
	});
}

#[test]
fn slots_should_be_refused_or_forgotten_when_there_is_no_pool_that_stays() {
	run(|| {
		executor(1, 10_000);
		assert_noop!(Staking::set_slots(signed(2), 1), Error::<Test>::UnknownPool);
		assert_ok!(Staking::bond(signed(2), Role::Validator, 5_000, Perbill::zero()));
		assert_noop!(Staking::set_slots(signed(2), 1), Error::<Test>::UnknownPool);
		assert_ok!(Staking::set_slots(signed(1), 1));
		assert_ok!(Staking::set_slots(signed(1), 2));
		assert_eq!(Staking::declared_slots(), [(1, 2)]);
		assert_ok!(Staking::leave(signed(1), E));
		assert!(Staking::declared_slots().is_empty());
		assert_noop!(Staking::set_slots(signed(1), 1), Error::<Test>::PoolLeaving);
	});
}

#[test]
fn declaration_should_be_forgotten_when_the_pool_gives_way_to_a_larger_one() {
	run(|| {
		(1..=8).for_each(|who| executor(who, 1_000 + u128::from(who)));
		assert_ok!(Staking::set_slots(signed(1), 1));
		assert_ok!(bond(9, 5_000));
		assert_eq!(pool(1).status, PoolStatus::Leaving);
		assert!(Staking::declared_slots().is_empty());
	});
}
