//! Pools never owe more than they hold, and nothing favours the one who acts.

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok,
	traits::fungible::{Balanced, Inspect},
};
use pallet_opg_support::{penalties, ExecutorPools, Fault};
use proptest::prelude::*;
use sp_runtime::{DispatchResult, Perbill};

const E: Role = Role::Executor;

fn delegate(who: u64, operator: u64, amount: u128) -> DispatchResult {
	Staking::delegate(signed(who), operator, E, amount)
}

fn undelegate(who: u64, operator: u64, amount: u128) -> DispatchResult {
	Staking::undelegate(signed(who), operator, E, amount)
}

fn withdraw(who: u64, operator: u64) -> DispatchResult {
	Staking::withdraw(signed(who), operator, E, who)
}

fn penalise(who: u64, fault: Fault) {
	Staking::penalise(&who, fault, &[]);
}

/// Take all the stake of an executor: ten percent until nothing is left.
fn drain(who: u64) {
	SessionStake::<Test>::put(u128::MAX);
	while pool(who).active.balance > 0 {
		penalise(who, Fault::Wrong);
	}
}

fn free(who: u64) -> u128 {
	Balances::free_balance(who)
}

fn value(who: u64, operator: u64) -> u128 {
	pool(operator).active.value_of(&Holdings::<Test>::get(id(operator), who))
}

fn id(operator: u64) -> PoolId<u64> {
	PoolId { operator, role: E }
}

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
fn delegation_should_be_priced_by_rewards_and_slashes() {
	run(|| {
		executor(1, 1_000);
		Staking::reward(&1, Balances::issue(1_000));
		assert_ok!(delegate(2, 1, 1_000));
		assert_eq!(Holdings::<Test>::get(id(1), 2).shares, 500);
		SessionStake::<Test>::put(100_000);
		penalise(1, Fault::Wrong);
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
		assert_noop!(withdraw(2, 1), Error::<Test>::NotMature);
		SessionStake::<Test>::put(1_000_000);
		penalise(1, Fault::Wrong);
		Staking::reward(&1, Balances::issue(10_000));
		assert_eq!(pool(1).unbonding.balance, 450, "slashed, not rewarded");
		go(10);
		assert_noop!(withdraw(2, 1), Error::<Test>::NotMature);
		go(11);
		assert_ok!(Staking::withdraw(signed(9), 1, E, 2), ());
		assert_eq!(free(2), FUNDS - 1_000 + 450);
		assert_noop!(withdraw(2, 1), Error::<Test>::NothingUnbonding);
		assert!(value(2, 1) > 450);
		// Less than the minimum does not stay.
		let all = value(2, 1);
		assert_ok!(undelegate(2, 1, all - 9));
		assert_noop!(undelegate(2, 1, 1), Error::<Test>::NothingDelegated);
		go(100);
		assert_ok!(withdraw(2, 1));
		assert_eq!(free(2), FUNDS - 1_000 + 450 + all);
		assert!(Delegations::<Test>::get(2).is_empty());
	});
}

#[test]
fn limits_should_be_told_apart() {
	run(|| {
		(1..=4).for_each(|who| bond(who, 1_000).unwrap());
		(1..=3).for_each(|operator| delegate(9, operator, 100).unwrap());
		assert_noop!(delegate(9, 4, 100), Error::<Test>::TooManyDelegations);
		for block in 2..5 {
			go(block);
			assert_ok!(undelegate(9, 1, 10));
			assert_ok!(undelegate(9, 1, 10));
		}
		go(5);
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
		assert_noop!(Staking::evict(signed(3), 1, E, 2), Error::<Test>::NotLeaving);
		assert_ok!(Staking::leave(signed(1), E));
		assert_noop!(Staking::leave(signed(1), E), Error::<Test>::PoolLeaving);
		assert_noop!(delegate(3, 1, 500), Error::<Test>::PoolLeaving);
		assert_noop!(bond(1, 1_000), Error::<Test>::AlreadyBonded);
		assert_ok!(Staking::evict(signed(3), 1, E, 2));
		go(11);
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
		assert_ok!(Staking::forget(signed(3), 1, E, 2));
		assert!(Delegations::<Test>::get(2).is_empty());
		assert_ok!(delegate(2, 1, 1_000));
		assert_noop!(Staking::forget(signed(3), 1, E, 2), Error::<Test>::StillWorth);
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
fn executor_should_rest_when_it_misses_three_times_in_a_row() {
	run(|| {
		executor(1, 10_000);
		SessionStake::<Test>::put(1_000_000);
		(0..2).for_each(|_| penalise(1, Fault::Uncommitted));
		Staking::clear_misses(&1);
		(0..2).for_each(|_| penalise(1, Fault::Uncommitted));
		assert_noop!(Staking::resume(signed(1), E), Error::<Test>::NotResting);
		penalise(1, Fault::Uncommitted);
		assert_eq!(pool(1).status, Status::Resting);
		assert_noop!(Staking::rest(signed(1), E), Error::<Test>::NotActive);
		assert_ok!(Staking::resume(signed(1), E));
		assert_ok!(Staking::rest(signed(1), E));
	});
}

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
		penalise(3, Fault::Wrong);
		assert_eq!(Staking::snapshot(), vec![(1, 10_000), (2, 10_000)], "3: below the bond");
		assert_ok!(Staking::rest(signed(2), E));
		assert_eq!(Staking::snapshot(), vec![(1, 10_000)]);
		assert_ok!(Staking::resume(signed(2), E));
		assert_eq!(Staking::snapshot(), vec![(1, 10_000), (2, 10_000)]);
		assert_ok!(Staking::resume(signed(3), E).or_else(|_| delegate(3, 3, 200)));
		Staking::plan_session(2);
		Staking::start_session(2);
		assert_eq!(Staking::snapshot(), vec![(1, 15_000), (2, 10_000), (3, 1_100)]);
		assert!(Snapshots::<Test>::get(1).members.is_empty());
		assert!(Sidelined::<Test>::get().is_empty());
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
		assert_eq!(Staking::elect(), None, "below the least stake");
		bond(2, 5_000);
		bond(1, 5_000);
		bond(10, 9_000);
		assert_eq!(Staking::elect(), Some(vec![1, 2]), "10 has no session keys");
		assert_ok!(Staking::delegate(signed(5), 3, Role::Validator, 7_000));
		assert_eq!(Staking::elect(), Some(vec![3, 1]));
		Staking::slash_validator(&3, Perbill::from_percent(50));
		assert_eq!(Staking::elect(), Some(vec![1, 2]), "who was slashed rests");
		assert_noop!(
			Staking::set_validator_count(RuntimeOrigin::root(), 6),
			Error::<Test>::BadValidatorCount
		);
		assert_noop!(
			Staking::set_validator_count(signed(1), 1),
			sp_runtime::DispatchError::BadOrigin
		);
		assert_ok!(Staking::set_validator_count(RuntimeOrigin::root(), 1));
		assert_eq!(Staking::elect(), Some(vec![1]));
		Staking::reward_author(1);
		Staking::reward_author(11);
		let pool = Pools::<Test>::get(Role::Validator, 1).unwrap();
		assert_eq!(pool.active.balance, 5_007);
	});
}

#[test]
fn hot_key_should_be_proven_unique_and_rotate_after_a_delay() {
	run(|| {
		assert_noop!(set_key(1, 1), Error::<Test>::UnknownPool);
		assert_ok!(bond(1, 1_000));
		assert_ok!(bond(2, 1_000));
		assert_ok!(set_key(1, 1));
		let first = Staking::hot_key(&1).unwrap();
		assert_noop!(set_key(2, 1), Error::<Test>::KeyTaken);
		assert_ok!(set_key(1, 11));
		assert_eq!(Staking::hot_key(&1).unwrap(), first);
		assert_noop!(set_key(1, 12), Error::<Test>::RotationPending);
		go(6);
		assert_ne!(Staking::hot_key(&1).unwrap(), first);
		assert_noop!(set_key(2, 1), Error::<Test>::KeyTaken);
		assert_ok!(set_key(1, 12));
		assert_ok!(set_key(2, 1));
		// A proof for another operator is none.
		use sp_core::Pair;
		let pair = sp_core::ed25519::Pair::from_seed(&[3; 32]);
		let payload = opg_primitives::possession_payload(&System::block_hash(0), &1u64);
		let proof = pair.sign(&payload);
		assert_noop!(
			Staking::set_hot_key(signed(2), pair.public().into(), proof.into()),
			Error::<Test>::BadProof
		);
	});
}

#[test]
fn slashing_should_pause_when_a_session_would_lose_too_much() {
	run(|| {
		(1..=5).for_each(|who| executor(who, 10_000));
		Staking::plan_session(1);
		Staking::start_session(1);
		let limit = penalties::BREAKER_SHARE.mul_floor(50_000u128);
		let mut lost = 0;
		while !Staking::slashing_paused() {
			penalise(1, Fault::Wrong);
			lost = 10_000 - pool(1).active.balance;
			assert!(lost <= limit);
			(2..=5).for_each(|who| penalise(who, Fault::Wrong));
		}
		let total: u128 = (1..=5).map(|who| 10_000 - pool(who).active.balance).sum();
		assert!(total <= limit && lost > 0);
		penalise(2, Fault::Wrong);
		assert_eq!(total, (1..=5).map(|who| 10_000 - pool(who).active.balance).sum::<u128>());
		assert_noop!(Staking::resume_slashing(signed(1)), sp_runtime::DispatchError::BadOrigin);
		assert_ok!(Staking::resume_slashing(RuntimeOrigin::root()));
		penalise(2, Fault::Wrong);
		assert!(pool(2).active.balance < 9_000);
	});
}

#[test]
fn payees_should_get_their_parts_of_a_slash_and_the_rest_should_burn() {
	run(|| {
		executor(1, 10_000);
		SessionStake::<Test>::put(1_000_000);
		let issuance = Balances::total_issuance();
		let parts = Perbill::from_percent(30);
		Staking::penalise(&1, Fault::Wrong, &[(&7, parts), (&99, parts), (&8, parts)]);
		assert_eq!((free(7), free(8), free(99)), (FUNDS + 300, FUNDS + 300, 300));
		assert_eq!(Balances::total_issuance(), issuance - 100);
		// Parts of the operator's own loss only: its delegators' loss is nobody's gain.
		assert_ok!(delegate(2, 1, 100_000));
		let issuance = Balances::total_issuance();
		Staking::penalise(&1, Fault::Wrong, &[(&7, parts)]);
		assert_eq!(free(7), FUNDS + 300 + 270);
		assert_eq!(Balances::total_issuance(), issuance - 10_900 + 270);
	});
}

/// One step of the random walk.
#[derive(Clone, Debug)]
enum Step {
	Bond(u64, Role, u128, u32),
	Delegate(u64, u64, Role, u128),
	Undelegate(u64, u64, Role, u128),
	Withdraw(u64, u64, Role),
	Leave(u64, Role),
	Evict(u64, u64, Role),
	Forget(u64, u64, Role),
	Commission(u64, Role, u32),
	Rest(u64, Role),
	Resume(u64, Role),
	Key(u64, u8),
	Reward(u64, u128),
	Author(u64),
	Penalise(u64, Fault),
	Offence(u64, u32),
	Session,
	Blocks(u64),
}

fn step() -> impl Strategy<Value = Step> {
	let who = || 1u64..=ACCOUNTS;
	let role = || prop_oneof![Just(Role::Validator), Just(Role::Executor)];
	let fault =
		|| prop_oneof![Just(Fault::Wrong), Just(Fault::Unrevealed), Just(Fault::Uncommitted)];
	// Dust, ordinary amounts, and all that a number can say.
	let amount = || prop_oneof![0u128..100, 0u128..20_000, Just(u128::MAX)];
	prop_oneof![
		3 => (who(), role(), amount(), 0u32..101)
			.prop_map(|(who, role, amount, percent)| Step::Bond(who, role, amount, percent)),
		6 => (who(), who(), role(), amount())
			.prop_map(|(who, operator, role, amount)| Step::Delegate(who, operator, role, amount)),
		5 => (who(), who(), role(), amount())
			.prop_map(|(who, operator, role, amount)| Step::Undelegate(who, operator, role, amount)),
		4 => (who(), who(), role()).prop_map(|(who, op, role)| Step::Withdraw(who, op, role)),
		1 => (who(), role()).prop_map(|(who, role)| Step::Leave(who, role)),
		1 => (who(), who(), role()).prop_map(|(who, op, role)| Step::Evict(who, op, role)),
		1 => (who(), who(), role()).prop_map(|(who, op, role)| Step::Forget(who, op, role)),
		1 => (who(), role(), 0u32..101).prop_map(|(who, role, p)| Step::Commission(who, role, p)),
		1 => (who(), role()).prop_map(|(who, role)| Step::Rest(who, role)),
		2 => (who(), role()).prop_map(|(who, role)| Step::Resume(who, role)),
		2 => (who(), 1u8..20).prop_map(|(who, seed)| Step::Key(who, seed)),
		2 => (who(), 0u128..5_000).prop_map(|(who, amount)| Step::Reward(who, amount)),
		2 => who().prop_map(Step::Author),
		3 => (who(), fault()).prop_map(|(who, fault)| Step::Penalise(who, fault)),
		1 => (who(), 1u32..101).prop_map(|(who, percent)| Step::Offence(who, percent)),
		2 => Just(Step::Session),
		3 => (1u64..6).prop_map(Step::Blocks),
	]
}

fn apply(step: Step) {
	let _ = match step {
		Step::Bond(who, role, amount, percent) => {
			Staking::bond(signed(who), role, amount, Perbill::from_percent(percent))
		},
		Step::Delegate(who, op, role, amount) => Staking::delegate(signed(who), op, role, amount),
		Step::Undelegate(who, op, role, amount) => {
			Staking::undelegate(signed(who), op, role, amount)
		},
		Step::Withdraw(who, op, role) => Staking::withdraw(signed(who), op, role, who),
		Step::Leave(who, role) => Staking::leave(signed(who), role),
		Step::Evict(who, op, role) => Staking::evict(signed(9), op, role, who),
		Step::Forget(who, op, role) => Staking::forget(signed(9), op, role, who),
		Step::Commission(who, role, percent) => {
			Staking::set_commission(signed(who), role, Perbill::from_percent(percent))
		},
		Step::Rest(who, role) => Staking::rest(signed(who), role),
		Step::Resume(who, role) => Staking::resume(signed(who), role),
		Step::Key(who, seed) => set_key(who, seed),
		Step::Reward(who, amount) if Staking::has_pool(&who) => {
			Staking::reward(&who, Balances::issue(amount));
			Ok(())
		},
		Step::Penalise(who, fault) if Staking::has_pool(&who) => {
			Staking::penalise(&who, fault, &[(&9, Perbill::from_percent(30))]);
			if Staking::slashing_paused() {
				assert_ok!(Staking::resume_slashing(RuntimeOrigin::root()));
			}
			Ok(())
		},
		Step::Reward(..) | Step::Penalise(..) => Ok(()),
		Step::Author(who) => {
			Staking::reward_author(who);
			Ok(())
		},
		Step::Offence(who, percent) => {
			Staking::slash_validator(&who, Perbill::from_percent(percent));
			Ok(())
		},
		Step::Session => {
			let next = CurrentSession::<Test>::get() + 1;
			Staking::start_session(next);
			Staking::plan_session(next + 1);
			let _ = Staking::elect();
			Ok(())
		},
		Step::Blocks(blocks) => {
			go(System::block_number() + blocks);
			Ok(())
		},
	};
}

/// What `who` could take out of everything, were nothing slashed or paid any more.
fn wealth(who: u64) -> u128 {
	let mut sum = Balances::total_balance(&who);
	for role in [Role::Validator, Role::Executor] {
		for (operator, pool) in Pools::<Test>::iter_prefix(role) {
			let id = PoolId { operator, role };
			if operator == who {
				sum += pool.self_bond();
			}
			sum += pool.active.value_of(&Holdings::<Test>::get(&id, who));
			for entry in Unbonding::<Test>::get(&id, who) {
				sum += pool.unbonding.value_of(&entry.holding);
			}
		}
	}
	sum
}

/// Check a walk: conservation after every step, and that whoever acts is not richer for it.
fn walk(steps: Vec<Step>) {
	run(|| {
		for step in steps {
			let actor = match &step {
				Step::Bond(who, ..)
				| Step::Delegate(who, ..)
				| Step::Undelegate(who, ..)
				| Step::Withdraw(who, ..)
				| Step::Leave(who, ..) => Some((*who, wealth(*who))),
				_ => None,
			};
			// As in a block: a call that fails changes nothing.
			let _ = frame_support::storage::transactional::with_storage_layer(|| {
				apply(step.clone());
				DispatchResult::Ok(())
			});
			if let Some((who, before)) = actor {
				// One planck per pool and list of numbers rounded down twice.
				assert!(wealth(who) <= before + 1, "{step:?} made {who} richer");
			}
			check();
		}
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	#[test]
	fn conservation_should_hold_after_every_step(steps in prop::collection::vec(step(), 1..300)) {
		walk(steps);
	}
}

/// The same walk at length, from a fixed seed: 12,000 operations.
#[test]
fn conservation_should_hold_over_twelve_thousand_steps() {
	use proptest::{
		strategy::ValueTree,
		test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
	};
	let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[42; 32]);
	let mut runner = TestRunner::new_with_rng(Config::default(), rng);
	let steps = prop::collection::vec(step(), 12_000..12_001);
	walk(steps.new_tree(&mut runner).unwrap().current());
}
