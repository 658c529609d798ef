//! Invariants of pools, shares, keys and lists.

use crate::{pallet::*, types::*};
use frame_support::{
	ensure,
	traits::fungible::{Inspect, InspectHold},
};
use opg_primitives::Balance;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks four invariants. The account covers all pools. Shares add up. Hot keys and executors
	/// name each other. Every entry of a delegator is on its list, and the other way round.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut total: Balance = 0;
		for role in [Role::Validator, Role::Executor] {
			let mut count = 0;
			for (operator, pool) in Pools::<T>::iter_prefix(role) {
				count += 1;
				let id = PoolId { operator, role };
				Self::check_pool(&id, &pool)?;
				total = total
					.checked_add(pool.active.balance)
					.and_then(|sum| sum.checked_add(pool.unbonding.balance))
					.ok_or("pool balances overflow")?;
			}
			ensure!(count == PoolCounts::<T>::get(role), "pools are miscounted");
		}
		let minimum = T::Currency::minimum_balance();
		ensure!(
			T::Currency::total_balance(&Self::account()) >= total.saturating_add(minimum),
			"the account does not cover the pools"
		);
		for (operator, keys) in HotKeys::<T>::iter() {
			ensure!(Pools::<T>::contains_key(Role::Executor, &operator), "keys without a pool");
			for key in [Some(keys.key), keys.previous].into_iter().flatten() {
				ensure!(
					KeyOwners::<T>::get(key).as_ref() == Some(&operator),
					"hot key names another operator"
				);
			}
		}
		for operator in KeyOwners::<T>::iter_values() {
			ensure!(HotKeys::<T>::contains_key(operator), "hot key of nobody");
		}
		for (id, delegator, holding) in Holdings::<T>::iter() {
			ensure!(holding.shares > 0, "empty holding");
			ensure!(
				Delegations::<T>::get(delegator).contains(&id),
				"delegation is not on the list"
			);
		}
		for (id, delegator, entries) in Unbonding::<T>::iter() {
			ensure!(!entries.is_empty(), "empty list of withdrawals");
			ensure!(
				delegator == id.operator || Delegations::<T>::get(delegator).contains(&id),
				"withdrawal is not on the list"
			);
		}
		for (delegator, pools) in Delegations::<T>::iter() {
			ensure!(!pools.is_empty(), "empty list of delegations");
			for id in pools {
				ensure!(
					Holdings::<T>::contains_key(&id, &delegator)
						|| Unbonding::<T>::contains_key(&id, &delegator),
					"a pool is on the list without an entry"
				);
			}
		}
		Ok(())
	}

	fn check_pool(id: &PoolId<T::AccountId>, pool: &Pool) -> Result<(), TryRuntimeError> {
		let mut shares = pool.active.shares_of(&pool.own);
		let mut value = pool.self_bond();
		for holding in Holdings::<T>::iter_prefix_values(id) {
			shares += pool.active.shares_of(&holding);
			value += pool.active.value_of(&holding);
		}
		ensure!(shares == pool.active.shares, "shares of a pool do not add up");
		ensure!(value <= pool.active.balance, "a pool owes more than it holds");
		let (mut shares, mut value) = (0, 0);
		for entry in Unbonding::<T>::iter_prefix_values(id).flatten() {
			shares += pool.unbonding.shares_of(&entry.holding);
			value += pool.unbonding.value_of(&entry.holding);
		}
		ensure!(shares == pool.unbonding.shares, "shares on their way out do not add up");
		ensure!(value <= pool.unbonding.balance, "a pool owes more than it holds");
		for vault in [&pool.active, &pool.unbonding] {
			ensure!((vault.balance == 0) == (vault.shares == 0), "balance without shares");
		}
		ensure!(
			T::Currency::balance_on_hold(&HoldReason::Pool.into(), &id.operator) >= pool.deposit,
			"the deposit of a pool is not held"
		);
		Ok(())
	}
}
