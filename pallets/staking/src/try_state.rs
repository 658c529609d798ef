//! Invariants of pools, shares, keys and lists.

use crate::{pallet::*, types::*};
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{
	ensure,
	traits::fungible::{Inspect, InspectHold},
};
use opg_primitives::Balance;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks nine invariants. The account covers all pools and convictions. Shares add up. Hot keys
	/// and executors name each other. Every entry of a delegator is on its list, and the other way
	/// round. Convictions are numbered, named and counted. Only executors that stay declare slots.
	/// Every account holds the deposits of its pools, and no more. Each snapshot has the own stake of
	/// its operators. Records of stake that moved are those of its owners.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut total: Balance = 0;
		let mut deposits = BTreeMap::<T::AccountId, Balance>::new();
		for role in [Role::Validator, Role::Executor] {
			let operators = Operators::<T>::get(role);
			ensure!(operators.windows(2).all(|pair| pair[0] < pair[1]), "operators are not sorted");
			let mut listed = 0;
			for (operator, pool) in Pools::<T>::iter_prefix(role) {
				let is_listed = operators.binary_search(&operator).is_ok();
				ensure!(
					is_listed == (pool.status != PoolStatus::Leaving),
					"the list of operators is not that of pools"
				);
				listed += usize::from(is_listed);
				let deposit = deposits.entry(operator.clone()).or_default();
				*deposit = deposit.saturating_add(pool.deposit);
				let id = PoolId { operator, role };
				Self::check_pool(&id, &pool)?;
				total = total
					.checked_add(pool.active.balance)
					.and_then(|sum| sum.checked_add(Self::unbonding_balance(&id)))
					.ok_or("pool balances overflow")?;
			}
			ensure!(listed == operators.len(), "operator without a pool");
		}
		Self::check_deposits(&deposits)?;
		Self::check_redelegations()?;
		for (session, members) in Snapshots::<T>::iter() {
			let own = OwnStakes::<T>::get(session);
			ensure!(
				own.iter().map(|(who, _)| who).eq(members.iter().map(|(who, _)| who)),
				"own stake of others than those in the snapshot"
			);
		}
		ensure!(
			OwnStakes::<T>::iter_keys().all(Snapshots::<T>::contains_key),
			"own stake without a snapshot"
		);
		let seats = LastAuthored::<T>::get();
		ensure!(seats.windows(2).all(|pair| pair[0].0 < pair[1].0), "validators are not sorted");
		let declared = DeclaredSlots::<T>::get();
		ensure!(declared.windows(2).all(|pair| pair[0].0 < pair[1].0), "slots are not sorted");
		let executors = Operators::<T>::get(Role::Executor);
		ensure!(
			declared.iter().all(|(operator, _)| executors.binary_search(operator).is_ok()),
			"slots of an operator that has left"
		);
		total = total.checked_add(Self::check_convictions()?).ok_or("losses overflow")?;
		let minimum = T::Currency::minimum_balance();
		ensure!(
			T::Currency::total_balance(&Self::account()) >= total.saturating_add(minimum),
			"the account does not cover pools and convictions"
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

	/// Checks what every account has on hold. Accounts without a pool are gone through as well, since
	/// nothing would ever release a hold without an owner, and a pallet cannot list its holds.
	fn check_deposits(deposits: &BTreeMap<T::AccountId, Balance>) -> Result<(), TryRuntimeError> {
		for who in frame_system::Account::<T>::iter_keys() {
			let deposit = deposits.get(&who).copied().unwrap_or_default();
			ensure!(
				T::Currency::balance_on_hold(&HoldReason::Pool.into(), &who) == deposit,
				"the deposits of an account are not what it holds"
			);
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
		ensure!((pool.active.balance == 0) == (pool.active.shares == 0), "balance without shares");
		let vaults = UnbondingVaults::<T>::get(id);
		ensure!(
			vaults.windows(2).all(|pair| pair[0].session < pair[1].session),
			"sessions of unbonding stake are not sorted"
		);
		let locked = vaults.into_iter().map(|own| (own.session, own.vault));
		for (session, vault) in locked.chain(UnlockedVaults::<T>::iter_prefix(id)) {
			let (mut shares, mut value) = (0, 0);
			let entries = Unbonding::<T>::iter_prefix_values(id).flatten();
			for entry in entries.filter(|entry| entry.session == session) {
				shares += vault.shares_of(&entry.holding);
				value += vault.value_of(&entry.holding);
			}
			ensure!(shares == vault.shares, "shares on their way out do not add up");
			ensure!(value <= vault.balance, "a pool owes more than it holds");
			ensure!((vault.balance == 0) == (vault.shares == 0), "balance without shares");
		}
		Ok(())
	}

	/// Balance of all that is on its way out of a pool, in planck.
	pub fn unbonding_balance(id: &PoolId<T::AccountId>) -> Balance {
		let locked = UnbondingVaults::<T>::get(id).into_iter().map(|own| own.vault);
		locked
			.chain(UnlockedVaults::<T>::iter_prefix_values(id))
			.fold(0, |sum, vault| sum.saturating_add(vault.balance))
	}

	/// Checks that the shares of the records of stake that moved are those of its owners.
	fn check_redelegations() -> Result<(), TryRuntimeError> {
		let mut owned = BTreeMap::<_, Vec<_>>::new();
		for (_, records) in Redelegations::<T>::iter() {
			ensure!(!records.is_empty(), "empty list of redelegations");
			for record in records {
				let name = (record.from.clone(), record.session);
				owned.entry(name).or_default().push(record);
			}
		}
		let listed = Moved::<T>::iter().flat_map(|(id, vaults)| {
			vaults.into_iter().map(move |own| (id.clone(), own.session, own.vault))
		});
		for (id, session, vault) in listed.chain(MovedBefore::<T>::iter()) {
			ensure!(Pools::<T>::contains_key(id.role, &id.operator), "record of no pool");
			let (mut shares, mut value) = (0, 0);
			for record in owned.get(&(id, session)).into_iter().flatten() {
				shares += vault.shares_of(&record.holding);
				value += vault.value_of(&record.holding);
			}
			ensure!(shares == vault.shares, "shares of stake that moved do not add up");
			ensure!(value <= vault.balance, "records are worth more than they hold");
		}
		for (id, vaults) in Moved::<T>::iter() {
			ensure!(
				vaults.windows(2).all(|pair| pair[0].session < pair[1].session),
				"sessions of stake that moved are not sorted"
			);
			ensure!(
				vaults.iter().all(|own| !MovedBefore::<T>::contains_key(&id, own.session)),
				"a session has two records"
			);
		}
		Ok(())
	}

	/// Checks the convictions. Returns the sum of what is held, in planck.
	fn check_convictions() -> Result<Balance, TryRuntimeError> {
		let queue = ConvictionNumbers::<T>::get();
		ensure!(
			queue.oldest <= queue.maturing && queue.maturing <= queue.next,
			"convictions out of order"
		);
		ensure!(
			Convictions::<T>::iter_keys().all(|id| (queue.oldest..queue.next).contains(&id)),
			"conviction outside of the queue"
		);
		let mut held: Balance = 0;
		let mut counts = BTreeMap::new();
		for number in queue.oldest..queue.next {
			let conviction = Convictions::<T>::get(number).ok_or("conviction without a record")?;
			let is_held = conviction.status == ConvictionStatus::Held;
			ensure!(!is_held || number >= queue.maturing, "matured conviction is held");
			let paid = conviction.payees.iter().map(|(_, amount)| *amount).sum::<Balance>();
			ensure!(paid <= conviction.amount(), "payees get more than is held");
			if is_held {
				held = held.checked_add(conviction.amount()).ok_or("losses overflow")?;
				*counts.entry(conviction.operator.clone()).or_insert(0u32) += 1;
			}
			let name = (conviction.operator, conviction.model_hash, conviction.session);
			ensure!(ConvictionIds::<T>::get(name) == Some(number), "conviction without a name");
		}
		ensure!(
			ConvictionIds::<T>::iter().count() as u32 == queue.next - queue.oldest,
			"name without a conviction"
		);
		for (operator, pool) in Pools::<T>::iter_prefix(Role::Executor) {
			let count = counts.get(&operator).copied().unwrap_or_default();
			ensure!(pool.convictions == count, "convictions are miscounted");
		}
		Ok(held)
	}
}
