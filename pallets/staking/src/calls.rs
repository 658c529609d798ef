//! What the calls do.

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
use sp_runtime::{traits::AccountIdConversion, Perbill};

impl<T: Config> Pallet<T> {
	/// The account that holds the stake of all pools.
	pub fn account() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	pub(crate) fn pool(id: &PoolIdOf<T>) -> Result<Pool, Error<T>> {
		Pools::<T>::get(id.role, &id.operator).ok_or(Error::<T>::UnknownPool)
	}

	pub(crate) fn put(id: &PoolIdOf<T>, pool: Pool) {
		Pools::<T>::insert(id.role, &id.operator, pool);
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
			status: Status::Active { misses: 0 },
			deposit,
		};
		pool.active.deposit(amount, &mut pool.own).ok_or(Error::<T>::Overflow)?;
		Self::take_in(&id.operator, amount)?;
		PoolCounts::<T>::insert(id.role, count + 1);
		Self::put(id, pool);
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
		ensure!(pool.status != Status::Leaving, Error::<T>::PoolLeaving);
		let shares = if delegator == id.operator {
			pool.active.deposit(amount, &mut pool.own)
		} else {
			Self::note_delegation(&id, &delegator)?;
			Holdings::<T>::mutate(&id, &delegator, |own| pool.active.deposit(amount, own))
		};
		let shares = shares.ok_or(Error::<T>::DelegationTooSmall)?;
		Self::take_in(&delegator, amount)?;
		Self::put(&id, pool);
		let PoolId { operator, role } = id;
		Self::deposit_event(Event::Delegated { operator, role, delegator, amount, shares });
		Ok(())
	}

	/// Keep the list of the pools that `delegator` has stake in.
	fn note_delegation(id: &PoolIdOf<T>, delegator: &T::AccountId) -> DispatchResult {
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
			!is_operator || pool.status == Status::Leaving || left >= T::MinBond::get(),
			Error::<T>::BondTooSmall
		);
		// What would be too small to stay goes with the rest.
		let shares =
			if left < T::MinDelegation::get() { u128::MAX } else { pool.active.shares_for(amount) };
		Self::unbond(id, pool, delegator, shares)
	}

	pub(crate) fn do_leave(id: PoolIdOf<T>) -> DispatchResult {
		let mut pool = Self::pool(&id)?;
		ensure!(pool.status != Status::Leaving, Error::<T>::PoolLeaving);
		pool.status = Status::Leaving;
		Self::sideline(&id);
		let PoolId { operator, role } = id.clone();
		Self::deposit_event(Event::Left { operator: operator.clone(), role });
		Self::unbond(id, pool, operator, u128::MAX)
	}

	pub(crate) fn do_evict(id: PoolIdOf<T>, delegator: T::AccountId) -> DispatchResult {
		let pool = Self::pool(&id)?;
		ensure!(pool.status == Status::Leaving, Error::<T>::NotLeaving);
		let own = Holdings::<T>::get(&id, &delegator);
		ensure!(pool.active.shares_of(&own) > 0, Error::<T>::NothingDelegated);
		Self::unbond(id, pool, delegator, u128::MAX)
	}

	/// Move `shares` of `delegator`, or all it has, from the active to the unbonding stake.
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
		let matures = Self::unbonding_until(frame_system::Pallet::<T>::block_number());
		if amount > 0 {
			Self::queue_unbond(&id, &mut pool, &delegator, amount, matures)?;
		} else if !Unbonding::<T>::contains_key(&id, &delegator) {
			Self::forget_delegation(&id, &delegator);
		}
		Self::put_or_close(&id, pool)?;
		let PoolId { operator, role } = id;
		Self::deposit_event(Event::Undelegated { operator, role, delegator, amount, matures });
		Ok(())
	}

	fn queue_unbond(
		id: &PoolIdOf<T>,
		pool: &mut Pool,
		delegator: &T::AccountId,
		amount: Balance,
		matures: BlockNumberFor<T>,
	) -> DispatchResult {
		let mut holding = Holding::default();
		pool.unbonding.deposit(amount, &mut holding).ok_or(Error::<T>::Overflow)?;
		Unbonding::<T>::try_mutate(id, delegator, |entries| -> DispatchResult {
			match entries.last_mut() {
				Some(last)
					if last.matures == matures && last.holding.generation == holding.generation =>
				{
					last.holding.shares = last.holding.shares.saturating_add(holding.shares);
				},
				_ => entries
					.try_push(Unbond { holding, matures })
					.map_err(|_| Error::<T>::TooManyUnbonds)?,
			}
			Ok(())
		})
	}

	pub(crate) fn do_withdraw(id: PoolIdOf<T>, delegator: T::AccountId) -> DispatchResult {
		let mut pool = Self::pool(&id)?;
		let now = frame_system::Pallet::<T>::block_number();
		let mut entries = Unbonding::<T>::get(&id, &delegator);
		ensure!(!entries.is_empty(), Error::<T>::NothingUnbonding);
		let mut amount: Balance = 0;
		let mut matured = false;
		entries.retain(|entry| {
			if entry.matures > now {
				return true;
			}
			matured = true;
			let shares = entry.holding.shares;
			let paid = pool.unbonding.redeem(shares, &mut entry.holding.clone());
			amount = amount.saturating_add(paid);
			false
		});
		ensure!(matured, Error::<T>::NotMature);
		if amount > 0 {
			let account = Self::account();
			T::Currency::transfer(&account, &delegator, amount, Preservation::Preserve)?;
		}
		if entries.is_empty() {
			Unbonding::<T>::remove(&id, &delegator);
			if pool.active.shares_of(&Holdings::<T>::get(&id, &delegator)) == 0 {
				Self::forget_delegation(&id, &delegator);
			}
		} else {
			Unbonding::<T>::insert(&id, &delegator, entries);
		}
		let PoolId { operator, role } = id.clone();
		Self::deposit_event(Event::Withdrawn { operator, role, delegator, amount });
		Self::put_or_close(&id, pool)
	}

	/// Take the pool off the list of a delegator that has nothing in it any more.
	fn forget_delegation(id: &PoolIdOf<T>, delegator: &T::AccountId) {
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

	/// Store a pool, or close one that is left by everyone and return its deposit.
	fn put_or_close(id: &PoolIdOf<T>, pool: Pool) -> DispatchResult {
		if pool.status != Status::Leaving || !pool.is_empty() {
			Self::put(id, pool);
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
		// Entries that were slashed to nothing are worth nothing: whoever has one still drops it
		// with `forget`.
		if id.role == Role::Executor {
			Self::forget_keys(&id.operator);
		}
		Self::deposit_event(Event::Closed { operator: id.operator.clone(), role: id.role });
		Ok(())
	}

	/// Drop entries of `delegator` that can never be worth anything again.
	pub(crate) fn do_forget(id: PoolIdOf<T>, delegator: T::AccountId) -> DispatchResult {
		let pool = Pools::<T>::get(id.role, &id.operator);
		let holding = Holdings::<T>::get(&id, &delegator);
		let entries = Unbonding::<T>::get(&id, &delegator);
		let worthless = pool.as_ref().is_none_or(|pool| {
			pool.active.shares_of(&holding) == 0
				&& entries.iter().all(|entry| pool.unbonding.shares_of(&entry.holding) == 0)
		});
		ensure!(worthless, Error::<T>::StillWorth);
		Unbonding::<T>::remove(&id, &delegator);
		Self::forget_delegation(&id, &delegator);
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
		Self::put(&id, pool);
		let PoolId { operator, role } = id;
		Self::deposit_event(Event::CommissionSet { operator, role, commission });
		Ok(())
	}

	pub(crate) fn do_rest(id: PoolIdOf<T>) -> DispatchResult {
		let mut pool = Self::pool(&id)?;
		ensure!(matches!(pool.status, Status::Active { .. }), Error::<T>::NotActive);
		pool.status = Status::Resting;
		Self::sideline(&id);
		Self::put(&id, pool);
		Self::deposit_event(Event::Rested { operator: id.operator, role: id.role });
		Ok(())
	}

	pub(crate) fn do_resume(id: PoolIdOf<T>) -> DispatchResult {
		let mut pool = Self::pool(&id)?;
		ensure!(pool.status == Status::Resting, Error::<T>::NotResting);
		pool.status = Status::Active { misses: 0 };
		if Self::is_eligible(&pool) {
			Self::readmit(&id);
		}
		Self::put(&id, pool);
		Self::deposit_event(Event::Resumed { operator: id.operator, role: id.role });
		Ok(())
	}

	/// Move stake into the pallet's account.
	fn take_in(from: &T::AccountId, amount: Balance) -> Result<Balance, DispatchError> {
		T::Currency::transfer(from, &Self::account(), amount, Preservation::Preserve)
	}

	/// When stake that is taken out now can be withdrawn.
	pub fn unbonding_until(now: BlockNumberFor<T>) -> BlockNumberFor<T> {
		now + T::UnbondingBlocks::get().into()
	}
}
