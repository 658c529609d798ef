//! Property: pools never owe more than they hold, and nothing favours the account that acts.

use super::*;
use frame_support::traits::fungible::{Balanced, Inspect};
use pallet_opg_support::ExecutorDirectory;
use proptest::prelude::*;

/// One step of the random walk.
#[derive(Clone, Debug)]
enum Step {
	Bond(u64, Role, u128, u32),
	Delegate(u64, u64, Role, u128),
	Undelegate(u64, u64, Role, u128),
	Redelegate(u64, u64, u64, Role, u128),
	Settle(u64, u64, Role),
	Withdraw(u64, u64, Role),
	Leave(u64, Role),
	ForceUndelegate(u64, u64, Role),
	Reap(u64, u64, Role),
	Commission(u64, Role, u32),
	Pause(u64, Role),
	Resume(u64, Role),
	Key(u64, u8),
	Reward(u64, u128),
	Author(u64),
	Fine(u64, Offence, u32),
	Present(u64),
	Convict(u64, u8, u32),
	Cancel(u32),
	Charge(u64, u128, u32),
	Offence(u64, u32, u32),
	Session,
	Blocks(u64),
}

fn step() -> impl Strategy<Value = Step> {
	let who = || 1u64..=ACCOUNTS;
	let role = || prop_oneof![Just(Role::Validator), Just(Role::Executor)];
	let offence = || prop_oneof![Just(Offence::MissedReveal), Just(Offence::MissedCommit)];
	// Sessions before the current one, or the planned one.
	let age = || 0u32..5;
	// Dust, ordinary amounts, and the largest number.
	let amount = || prop_oneof![0u128..100, 0u128..20_000, Just(u128::MAX)];
	prop_oneof![
		3 => (who(), role(), amount(), 0u32..101)
			.prop_map(|(who, role, amount, percent)| Step::Bond(who, role, amount, percent)),
		6 => (who(), who(), role(), amount())
			.prop_map(|(who, operator, role, amount)| Step::Delegate(who, operator, role, amount)),
		5 => (who(), who(), role(), amount())
			.prop_map(|(who, operator, role, amount)| Step::Undelegate(who, operator, role, amount)),
		5 => (who(), who(), who(), role(), amount())
			.prop_map(|(who, op, to, role, amount)| Step::Redelegate(who, op, to, role, amount)),
		4 => (who(), who(), role()).prop_map(|(who, op, role)| Step::Settle(who, op, role)),
		4 => (who(), who(), role()).prop_map(|(who, op, role)| Step::Withdraw(who, op, role)),
		1 => (who(), role()).prop_map(|(who, role)| Step::Leave(who, role)),
		1 => (who(), who(), role()).prop_map(|(who, op, role)| Step::ForceUndelegate(who, op, role)),
		1 => (who(), who(), role()).prop_map(|(who, op, role)| Step::Reap(who, op, role)),
		1 => (who(), role(), 0u32..101).prop_map(|(who, role, p)| Step::Commission(who, role, p)),
		1 => (who(), role()).prop_map(|(who, role)| Step::Pause(who, role)),
		2 => (who(), role()).prop_map(|(who, role)| Step::Resume(who, role)),
		2 => (who(), 1u8..20).prop_map(|(who, seed)| Step::Key(who, seed)),
		2 => (who(), 0u128..5_000).prop_map(|(who, amount)| Step::Reward(who, amount)),
		2 => who().prop_map(Step::Author),
		3 => (who(), offence(), age()).prop_map(|(who, offence, age)| Step::Fine(who, offence, age)),
		1 => who().prop_map(Step::Present),
		3 => (who(), 0u8..2, age()).prop_map(|(who, model, age)| Step::Convict(who, model, age)),
		1 => (0u32..200).prop_map(Step::Cancel),
		3 => (who(), amount(), age())
			.prop_map(|(who, amount, age)| Step::Charge(who, amount, age)),
		1 => (who(), 1u32..101, age()).prop_map(|(who, share, age)| Step::Offence(who, share, age)),
		2 => Just(Step::Session),
		3 => (1u64..6).prop_map(Step::Blocks),
	]
}

/// Session `age` sessions before the planned one.
fn session(age: u32) -> u32 {
	(Staking::session() + 1).saturating_sub(age)
}

fn apply(step: Step) {
	let _ = match step {
		Step::Bond(who, role, amount, percent) => {
			Staking::bond(signed(who), role, amount, Perbill::from_percent(percent))
				.map(|_| ())
				.map_err(|error| error.error)
		},
		Step::Delegate(who, op, role, amount) => Staking::delegate(signed(who), op, role, amount),
		Step::Undelegate(who, op, role, amount) => {
			Staking::undelegate(signed(who), op, role, amount)
		},
		Step::Redelegate(who, op, to, role, amount) => {
			Staking::redelegate(signed(who), op, role, to, amount)
		},
		Step::Settle(who, op, role) => {
			let (before, others) = (wealth(who), others_than(who));
			let settled = Staking::settle(signed(9), op, role, who);
			// What is burned is the delegator's, and no more than its records have lost.
			assert!(wealth(who) <= before);
			assert!(others
				.into_iter()
				.zip(others_than(who))
				.all(|(before, after)| after >= before));
			settled
		},
		Step::Withdraw(who, op, role) => Staking::withdraw(signed(who), op, role, who),
		Step::Leave(who, role) => Staking::leave(signed(who), role),
		Step::ForceUndelegate(who, op, role) => Staking::force_undelegate(signed(9), op, role, who),
		Step::Reap(who, op, role) => Staking::reap(signed(9), op, role, who),
		Step::Commission(who, role, percent) => {
			Staking::set_commission(signed(who), role, Perbill::from_percent(percent))
		},
		Step::Pause(who, role) => Staking::pause(signed(who), role),
		Step::Resume(who, role) => Staking::resume(signed(who), role),
		Step::Key(who, seed) => set_key(who, seed),
		Step::Reward(who, amount) if Staking::has_pool(&who) => {
			Staking::reward(&who, Balances::issue(amount));
			Ok(())
		},
		Step::Fine(who, offence, age) => {
			Staking::fine(&who, offence, session(age), SilenceRecord::Counted);
			Ok(())
		},
		Step::Present(who) => {
			Staking::record_presence(&who);
			Ok(())
		},
		Step::Convict(who, model, age) if Staking::has_pool(&who) => {
			let part = Perbill::from_percent(40);
			let payees = [(&9, part), (&10, part), (&11, part)];
			Staking::convict(&who, H256::repeat_byte(model), session(age), &payees);
			Ok(())
		},
		Step::Cancel(back) => {
			let next = ConvictionNumbers::<Test>::get().next;
			Staking::cancel_conviction(RuntimeOrigin::root(), next.saturating_sub(back % 8))
		},
		Step::Charge(who, amount, age) => {
			let before = others_than(who);
			drop(Staking::charge(&who, amount, session(age)));
			// A vault whose operator leaves it rounds in favour of those who stay.
			assert!(before
				.into_iter()
				.zip(others_than(who))
				.all(|(before, after)| after >= before));
			Ok(())
		},
		Step::Reward(..) | Step::Convict(..) => Ok(()),
		Step::Author(who) => {
			Staking::reward_author(who);
			Ok(())
		},
		Step::Offence(who, percent, age) => {
			Staking::slash_validator(&who, Perbill::from_percent(percent), session(age));
			Ok(())
		},
		Step::Session => {
			next_session();
			let _ = Staking::elect();
			Ok(())
		},
		Step::Blocks(blocks) => {
			go_to(System::block_number() + blocks);
			Ok(())
		},
	};
}

/// Value of everything that all but `who` have, in planck.
fn others_than(who: u64) -> Vec<u128> {
	(1..=ACCOUNTS).filter(|other| *other != who).map(wealth).collect()
}

/// Value of everything that `who` has, in planck: free, held and in pools.
fn wealth(who: u64) -> u128 {
	let mut sum = Balances::total_balance(&who);
	for role in [Role::Validator, Role::Executor] {
		for (operator, pool) in Pools::<Test>::iter_prefix(role) {
			let id = PoolId { operator, role };
			if operator == who {
				sum += pool.self_bond();
			}
			sum += pool.active.value_of(&Holdings::<Test>::get(&id, who));
			sum += Staking::unbonding_value(&id, &who);
		}
	}
	sum
}

/// Checks a walk: conservation after every step, and that nobody is richer for acting.
fn walk(steps: Vec<Step>) {
	run(|| {
		MinOwnShare::set(&Perbill::from_percent(5));
		for step in steps {
			let actor = match &step {
				Step::Bond(who, ..)
				| Step::Delegate(who, ..)
				| Step::Undelegate(who, ..)
				| Step::Redelegate(who, ..)
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
