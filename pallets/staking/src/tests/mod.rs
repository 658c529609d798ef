//! Unit tests by topic, and the calls that they share.

mod charges;
mod conservation;
mod convictions;
mod delegation;
mod keys;
mod offline;
mod own_share;
mod pools;
mod redelegation;
mod sessions;
mod silence;
mod slots;
mod unbonding;

use crate::{mock::*, *};
use pallet_opg_support::{ExecutorLedger, ExecutorStake, Offence, SilenceRecord};
use sp_core::H256;
use sp_runtime::{DispatchResult, Perbill};

const E: Role = Role::Executor;

fn delegate(who: u64, operator: u64, amount: u128) -> DispatchResult {
	Staking::delegate(signed(who), operator, E, amount)
}

fn undelegate(who: u64, operator: u64, amount: u128) -> DispatchResult {
	Staking::undelegate(signed(who), operator, E, amount)
}

fn redelegate(who: u64, from: u64, to: u64, amount: u128) -> DispatchResult {
	Staking::redelegate(signed(who), from, E, to, amount)
}

fn settle(who: u64, from: u64) -> DispatchResult {
	Staking::settle(signed(9), from, E, who)
}

fn withdraw(who: u64, operator: u64) -> DispatchResult {
	Staking::withdraw(signed(who), operator, E, who)
}

/// Hash of the model that every conviction is about.
const MODEL: H256 = H256::repeat_byte(7);

fn fine(who: u64, offence: Offence) {
	Staking::fine(&who, offence, Staking::session(), SilenceRecord::Counted);
}

/// Convicts `who` in a round of `session`, with two payees.
fn convict(who: u64, session: u32) {
	let part = Perbill::from_percent(30);
	Staking::convict(&who, MODEL, session, &[(&7, part), (&8, part)]);
}

/// Takes all the stake of an executor.
fn drain(who: u64) {
	let mut pool = pool(who);
	let session = Staking::session();
	Staking::burn_share(&id(who), &mut pool, Perbill::one(), session, None);
	Staking::store(&id(who), pool);
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
