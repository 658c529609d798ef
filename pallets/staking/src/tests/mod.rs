//! Unit tests by topic, and the calls that they share.

mod conservation;
mod delegation;
mod keys;
mod pools;
mod sessions;
mod slashing;

use crate::{mock::*, *};
use pallet_opg_support::{ExecutorLedger, Offence};
use sp_runtime::DispatchResult;

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

fn penalise(who: u64, offence: Offence) {
	Staking::penalise(&who, offence, &[]);
}

/// Takes all the stake of an executor, ten percent at a time.
fn drain(who: u64) {
	SessionStake::<Test>::put(u128::MAX);
	while pool(who).active.balance > 0 {
		penalise(who, Offence::WrongAnswer);
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
