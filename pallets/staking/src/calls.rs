//! Calls: checks and state changes behind the signatures in `lib.rs`.

use crate::{
	pallet::*,
	types::*,
	vault::{Holding, Vault},
};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult},
	traits::{
		fungible::{Mutate, MutateHold},
		tokens::{Precision, Preservation},
		Get,
	},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::Balance;
use sp_runtime::Perbill;

impl<T: Config> Pallet<T> {
	pub(crate) fn now() -> BlockNumberFor<T> {
		frame_system::Pallet::<T>::block_number()
	}

	pub(crate) fn open_pool(
		id: &PoolIdOf<T>,
		amount: Balance,
		commission: Perbill,
	) -> DispatchResult {
		ensure!(!Pools::<T>::contains_key(id.role, &id.operator), Error::<T>::AlreadyBonded);
		ensure!(amount >= T::MinBond::get(), Error::<T>::BondTooSmall);
		let count = PoolCounts::<T>::get(id.role);
		ensure!(count < T::MaxPools::get(), Error::<T>::TooManyPools);
		let deposit = T::PoolDeposit::get();
		T::Currency::hold(&HoldReason::Pool.into(), &id.operator, deposit)?;
		let number = PoolsOpened::<T>::mutate(|opened| {
			*opened = opened.wrapping_add(1);
			*opened
		});
		let mut pool = Pool {
			active: Vault::new(number),
			unbonding: Vault::new(number),
			own: Default::default(),
			commission,
			commission_set: CurrentSession::<T>::get(),
			status: PoolStatus::Active { misses: 0 },
			deposit,
		};
		pool.active.deposit(amount, &mut pool.own).ok_or(Error::<T>::Overflow)?;
		Self::collect(&id.operator, amount)?;
		PoolCounts::<T>::insert(id.role, count + 1);
		Self::store(id, pool);
		Self::deposit_event(Event::Bonded { operator: id.operator.clone(), role: id.role, amount });
		Ok(())
	}

	pub(crate) fn do_delegate(
		id: PoolIdOf<T>,
		delegator: T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		ensure!(amount >= T::MinDelegation::get(), Error::<T>::DelegationTooSmall);
		let mut pool = Self::pool(&id)?;
		ensure!(pool.status != PoolStatus::Leaving, Error::<T>::PoolLeaving);
		let shares = if delegator == id.operator {
			pool.active.deposit(amount, &mut pool.own)
		} else {
			Self::track_delegation(&id, &delegator)?;
			Holdings::<T>::mutate(&id, &delegator, |own| pool.active.deposit(amount, own))
		};
		let shares = shares.ok_or(Error::<T>::DelegationTooSmall)?;
		Self::collect(&delegator, amount)?;
		Self::store(&id, pool);
		let PoolId { operator, role } = id;
		Self::deposit_event(Event::Delegated { operator, role, delegator, amount, shares });
		Ok(())
	}

	/// Puts the pool on the list of those that `delegator` has stake in.
	fn track_delegation(id: &PoolIdOf<T>, delegator: &T::AccountId) -> DispatchResult {
		Delegations::<T>::try_mutate(delegator, |pools| -> DispatchResult {
			if !pools.contains(id) {
				pools.try_push(id.clone()).map_err(|_| Error::<T>::TooManyDelegations)?;
			}
			Ok(())
		})
	}

	pub(crate) fn do_undelegate(
		id: PoolIdOf<T>,
		delegator: T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		let pool = Self::pool(&id)?;
		let is_operator = delegator == id.operator;
		let own = if is_operator { pool.own.clone() } else { Holdings::<T>::get(&id, &delegator) };
		ensure!(pool.active.shares_of(&own) > 0, Error::<T>::NothingDelegated);
		let left = pool.active.value_of(&own).saturating_sub(amount);
		ensure!(
			!is_operator || pool.status == PoolStatus::Leaving || left >= T::MinBond::get(),
			Error::<T>::BondTooSmall
		);
		// What would be too small to stay goes with the rest.
		let shares =
			if left < T::MinDelegation::get() { u128::MAX } else { pool.active.shares_for(amount) };
		Self::unbond(id, pool, delegator, shares)
	}

	pub(crate) fn do_leave(id: PoolIdOf<T>) -> DispatchResult {
		let mut pool = Self::pool(&id)?;
		ensure!(pool.status != PoolStatus::Leaving, Error::<T>::PoolLeaving);
		pool.status = PoolStatus::Leaving;
		Self::suspend(&id);
		let PoolId { operator, role } = id.clone();
		Self::deposit_event(Event::Left { operator: operator.clone(), role });
		Self::unbond(id, pool, operator, u128::MAX)
	}

	pub(crate) fn do_force_undelegate(id: PoolIdOf<T>, delegator: T::AccountId) -> DispatchResult {
		let pool = Self::pool(&id)?;
		ensure!(pool.status == PoolStatus::Leaving, Error::<T>::NotLeaving);
		let own = Holdings::<T>::get(&id, &delegator);
		ensure!(pool.active.shares_of(&own) > 0, Error::<T>::NothingDelegated);
		Self::unbond(id, pool, delegator, u128::MAX)
	}

	/// Moves up to `shares` shares of `delegator` from the active to the unbonding stake.
	fn unbond(
		id: PoolIdOf<T>,
		mut pool: Pool,
		delegator: T::AccountId,
		shares: u128,
	) -> DispatchResult {
		let amount = if delegator == id.operator {
			pool.active.redeem(shares, &mut pool.own)
		} else {
			Holdings::<T>::mutate_exists(&id, &delegator, |entry| {
				let mut own = entry.take().unwrap_or_default();
				let amount = pool.active.redeem(shares, &mut own);
				*entry = Some(own).filter(|own| own.shares > 0);
				amount
			})
		};
		let unlock_at = Self::now() + T::UnbondingBlocks::get().into();
		if amount > 0 {
			Self::queue_unbond(&id, &mut pool, &delegator, amount, unlock_at)?;
		} else if !Unbonding::<T>::contains_key(&id, &delegator) {
			Self::untrack_delegation(&id, &delegator);
		}
		Self::store_or_close(&id, pool)?;
		let PoolId { operator, role } = id;
		Self::deposit_event(Event::Undelegated { operator, role, delegator, amount, unlock_at });
		Ok(())
	}

	fn queue_unbond(
		id: &PoolIdOf<T>,
		pool: &mut Pool,
		delegator: &T::AccountId,
		amount: Balance,
		unlock_at: BlockNumberFor<T>,
	) -> DispatchResult {
		let mut holding = Holding::default();
		pool.unbonding.deposit(amount, &mut holding).ok_or(Error::<T>::Overflow)?;
		Unbonding::<T>::try_mutate(id, delegator, |entries| -> DispatchResult {
			match entries.last_mut() {
				Some(last)
					if last.unlock_at == unlock_at
						&& last.holding.generation == holding.generation =>
				{
					last.holding.shares = last.holding.shares.saturating_add(holding.shares);
				},
				_ => entries
					.try_push(Unbond { holding, unlock_at })
					.map_err(|_| Error::<T>::TooManyUnbonds)?,
			}
			Ok(())
		})
	}

	pub(crate) fn do_withdraw(id: PoolIdOf<T>, delegator: T::AccountId) -> DispatchResult {
		let mut pool = Self::pool(&id)?;
		let now = Self::now();
		let mut entries = Unbonding::<T>::get(&id, &delegator);
		ensure!(!entries.is_empty(), Error::<T>::NothingUnbonding);
		let mut amount: Balance = 0;
		let mut unlocked = false;
		entries.retain(|entry| {
			if entry.unlock_at > now {
				return true;
			}
			unlocked = true;
			let shares = entry.holding.shares;
			let paid = pool.unbonding.redeem(shares, &mut entry.holding.clone());
			amount = amount.saturating_add(paid);
			false
		});
		ensure!(unlocked, Error::<T>::NotUnlocked);
		if amount > 0 {
			let account = Self::account();
			T::Currency::transfer(&account, &delegator, amount, Preservation::Preserve)?;
		}
		if entries.is_empty() {
			Unbonding::<T>::remove(&id, &delegator);
			if pool.active.shares_of(&Holdings::<T>::get(&id, &delegator)) == 0 {
				Self::untrack_delegation(&id, &delegator);
			}
		} else {
			Unbonding::<T>::insert(&id, &delegator, entries);
		}
		let PoolId { operator, role } = id.clone();
		Self::deposit_event(Event::Withdrawn { operator, role, delegator, amount });
		Self::store_or_close(&id, pool)
	}

	/// Takes the pool off the list of a delegator that has nothing in it any more.
	fn untrack_delegation(id: &PoolIdOf<T>, delegator: &T::AccountId) {
		Holdings::<T>::remove(id, delegator);
		Delegations::<T>::mutate_exists(delegator, |entry| {
			if let Some(pools) = entry {
				pools.retain(|pool| pool != id);
				if pools.is_empty() {
					*entry = None;
				}
			}
		});
	}

	/// Stores a pool. Closes one that everyone has left, and returns its deposit.
	fn store_or_close(id: &PoolIdOf<T>, pool: Pool) -> DispatchResult {
		if pool.status != PoolStatus::Leaving || !pool.is_empty() {
			Self::store(id, pool);
			return Ok(());
		}
		T::Currency::release(
			&HoldReason::Pool.into(),
			&id.operator,
			pool.deposit,
			Precision::BestEffort,
		)?;
		Pools::<T>::remove(id.role, &id.operator);
		PoolCounts::<T>::mutate(id.role, |count| *count = count.saturating_sub(1));
		// Entries that were slashed to nothing stay until somebody calls `reap`.
		if id.role == Role::Executor {
			Self::remove_keys(&id.operator);
		}
		Self::deposit_event(Event::Closed { operator: id.operator.clone(), role: id.role });
		Ok(())
	}

	pub(crate) fn do_reap(id: PoolIdOf<T>, delegator: T::AccountId) -> DispatchResult {
		let pool = Pools::<T>::get(id.role, &id.operator);
		let holding = Holdings::<T>::get(&id, &delegator);
		let entries = Unbonding::<T>::get(&id, &delegator);
		let worthless = pool.as_ref().is_none_or(|pool| {
			pool.active.shares_of(&holding) == 0
				&& entries.iter().all(|entry| pool.unbonding.shares_of(&entry.holding) == 0)
		});
		ensure!(worthless, Error::<T>::NotWorthless);
		Unbonding::<T>::remove(&id, &delegator);
		Self::untrack_delegation(&id, &delegator);
		Ok(())
	}

	pub(crate) fn do_set_commission(id: PoolIdOf<T>, commission: Perbill) -> DispatchResult {
		let mut pool = Self::pool(&id)?;
		let session = CurrentSession::<T>::get();
		ensure!(pool.commission_set < session, Error::<T>::CommissionChangedAlready);
		let change = commission.max(pool.commission) - commission.min(pool.commission);
		ensure!(change <= T::MaxCommissionChange::get(), Error::<T>::CommissionChangeTooLarge);
		pool.commission = commission;
		pool.commission_set = session;
		Self::store(&id, pool);
		let PoolId { operator, role } = id;
		Self::deposit_event(Event::CommissionSet { operator, role, commission });
		Ok(())
	}

	pub(crate) fn do_pause(id: PoolIdOf<T>) -> DispatchResult {
		let mut pool = Self::pool(&id)?;
		ensure!(matches!(pool.status, PoolStatus::Active { .. }), Error::<T>::NotActive);
		pool.status = PoolStatus::Paused;
		Self::suspend(&id);
		Self::store(&id, pool);
		Self::deposit_event(Event::Paused { operator: id.operator, role: id.role });
		Ok(())
	}

	pub(crate) fn do_resume(id: PoolIdOf<T>) -> DispatchResult {
		let mut pool = Self::pool(&id)?;
		ensure!(pool.status == PoolStatus::Paused, Error::<T>::NotPaused);
		pool.status = PoolStatus::Active { misses: 0 };
		if Self::is_eligible(&pool) {
			Self::reinstate(&id);
		}
		Self::store(&id, pool);
		Self::deposit_event(Event::Resumed { operator: id.operator, role: id.role });
		Ok(())
	}

	/// Moves stake into the pallet's account.
	fn collect(from: &T::AccountId, amount: Balance) -> Result<Balance, DispatchError> {
		T::Currency::transfer(from, &Self::account(), amount, Preservation::Preserve)
	}

	pub(crate) fn do_set_validator_count(count: u32) -> DispatchResult {
		let range = 1..=T::MaxValidators::get();
		ensure!(range.contains(&count), Error::<T>::InvalidValidatorCount);
		ValidatorCount::<T>::put(count);
		Self::deposit_event(Event::ValidatorCountSet { count });
		Ok(())
	}

	pub(crate) fn do_resume_slashing() -> DispatchResult {
		SlashingPaused::<T>::take().ok_or(Error::<T>::SlashingNotPaused)?;
		SessionSlashed::<T>::kill();
		Self::deposit_event(Event::SlashingResumed);
		Ok(())
	}
}
