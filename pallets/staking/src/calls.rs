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
use pallet_opg_support::{Liabilities, VoteLocks};
use sp_runtime::{traits::BlockNumberProvider, Perbill};

impl<T: Config> Pallet<T> {
	/// Now by the clock.
	pub(crate) fn now() -> BlockNumberFor<T> {
		T::BlockNumberProvider::current_block_number()
	}

	/// Opens a pool. Returns whether another had to give way.
	pub(crate) fn open_pool(
		id: &PoolIdOf<T>,
		amount: Balance,
		commission: Perbill,
	) -> Result<bool, DispatchError> {
		ensure!(!Pools::<T>::contains_key(id.role, &id.operator), Error::<T>::AlreadyBonded);
		ensure!(amount >= T::MinBond::get(), Error::<T>::BondTooSmall);
		let displaced = Self::enlist(id, amount)?;
		T::VoteLocks::before_staking(&id.operator, amount);
		let deposit = T::PoolDeposit::get();
		T::Currency::hold(&HoldReason::Pool.into(), &id.operator, deposit)?;
		let number = PoolsOpened::<T>::mutate(|opened| {
			*opened = opened.wrapping_add(1);
			*opened
		});
		let mut pool = Pool {
			active: Vault::new(number),
			own: Default::default(),
			commission,
			commission_set: CurrentSession::<T>::get(),
			status: PoolStatus::Active { history: 0 },
			fines: Default::default(),
			convictions: 0,
			deposit,
		};
		pool.active.deposit(amount, &mut pool.own).ok_or(Error::<T>::Overflow)?;
		Self::collect(&id.operator, amount)?;
		Self::store(id, pool);
		Self::deposit_event(Event::Bonded { operator: id.operator.clone(), role: id.role, amount });
		Ok(displaced)
	}

	/// Puts an operator on the list of its role. Where the list is full, the pool with the least
	/// stake gives way, if that is less than `amount`. Returns whether one did.
	pub(crate) fn enlist(id: &PoolIdOf<T>, amount: Balance) -> Result<bool, DispatchError> {
		let mut operators = Operators::<T>::get(id.role);
		let is_full = operators.len() as u32 >= T::MaxPools::get();
		if is_full {
			let smallest = operators
				.iter()
				.filter_map(|operator| Some((operator, Pools::<T>::get(id.role, operator)?)))
				.min_by_key(|(_, pool)| pool.active.balance);
			let (operator, mut pool) = smallest.ok_or(Error::<T>::TooManyPools)?;
			ensure!(pool.active.balance < amount, Error::<T>::TooManyPools);
			let smallest = PoolId { operator: operator.clone(), role: id.role };
			operators.retain(|operator| *operator != smallest.operator);
			// Its own stake stays until somebody calls `force_undelegate`: its operator may have no
			// room for another withdrawal.
			Self::mark_leaving(&smallest, &mut pool);
			Self::store(&smallest, pool);
		}
		let at = operators.partition_point(|operator| *operator < id.operator);
		operators.try_insert(at, id.operator.clone()).map_err(|_| Error::<T>::TooManyPools)?;
		Operators::<T>::insert(id.role, operators);
		Ok(is_full)
	}

	fn mark_leaving(id: &PoolIdOf<T>, pool: &mut Pool) {
		pool.status = PoolStatus::Leaving;
		Self::suspend(id);
		Self::remove_slots(id);
		Self::deposit_event(Event::Left { operator: id.operator.clone(), role: id.role });
	}

	pub(crate) fn do_delegate(
		id: PoolIdOf<T>,
		delegator: T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		ensure!(amount >= T::MinDelegation::get(), Error::<T>::DelegationTooSmall);
		let mut pool = Self::pool(&id)?;
		ensure!(pool.status != PoolStatus::Leaving, Error::<T>::PoolLeaving);
		// A newcomer would share in what a cancelled conviction gives back.
		ensure!(pool.convictions == 0, Error::<T>::OperatorConvicted);
		let shares = if delegator == id.operator {
			pool.active.deposit(amount, &mut pool.own)
		} else {
			Self::track_delegation(&id, &delegator)?;
			Holdings::<T>::mutate(&id, &delegator, |own| pool.active.deposit(amount, own))
		};
		let shares = shares.ok_or(Error::<T>::DelegationTooSmall)?;
		ensure!(
			delegator == id.operator || Self::has_own_share(&pool),
			Error::<T>::OwnShareTooSmall
		);
		T::VoteLocks::before_staking(&delegator, amount);
		Self::collect(&delegator, amount)?;
		Self::store(&id, pool);
		let PoolId { operator, role } = id;
		Self::deposit_event(Event::Delegated { operator, role, delegator, amount, shares });
		Ok(())
	}

	/// Puts the pool on the list of those that `delegator` has stake in.
	pub(crate) fn track_delegation(id: &PoolIdOf<T>, delegator: &T::AccountId) -> DispatchResult {
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
		let own = Self::holding(&id, &pool, &delegator);
		let (shares, left) = Self::shares_to_take(&id, &pool, &delegator, &own, amount)?;
		if delegator == id.operator && pool.status != PoolStatus::Leaving {
			ensure!(left >= T::MinBond::get(), Error::<T>::BondTooSmall);
			ensure!(Self::keeps_own_share(&pool, left, amount), Error::<T>::OwnShareTooSmall);
		}
		Self::unbond(id, pool, delegator, shares)
	}

	/// Number of shares that are taken out of a pool for `amount` planck of what `delegator` has in it,
	/// and what is left of that, in planck. Less than `MinDelegation` goes with the rest.
	pub(crate) fn shares_to_take(
		id: &PoolIdOf<T>,
		pool: &Pool,
		delegator: &T::AccountId,
		own: &Holding,
		amount: Balance,
	) -> Result<(u128, Balance), DispatchError> {
		ensure!(pool.active.shares_of(own) > 0, Error::<T>::NothingDelegated);
		let left = pool.active.value_of(own).saturating_sub(amount);
		let (shares, left) = if left < T::MinDelegation::get() {
			(u128::MAX, 0)
		} else {
			(pool.active.shares_for(amount), left)
		};
		ensure!(left >= Self::liable(id, pool, delegator), Error::<T>::StillLiable);
		Ok((shares, left))
	}

	pub(crate) fn do_leave(id: PoolIdOf<T>) -> DispatchResult {
		let mut pool = Self::pool(&id)?;
		ensure!(pool.status != PoolStatus::Leaving, Error::<T>::PoolLeaving);
		Self::mark_leaving(&id, &mut pool);
		Operators::<T>::mutate(id.role, |operators| operators.retain(|own| *own != id.operator));
		let operator = id.operator.clone();
		Self::unbond(id, pool, operator, u128::MAX)
	}

	pub(crate) fn do_force_undelegate(id: PoolIdOf<T>, delegator: T::AccountId) -> DispatchResult {
		let pool = Self::pool(&id)?;
		ensure!(pool.status == PoolStatus::Leaving, Error::<T>::NotLeaving);
		let own = Self::holding(&id, &pool, &delegator);
		let (shares, _) = Self::shares_to_take(&id, &pool, &delegator, &own, Balance::MAX)?;
		Self::unbond(id, pool, delegator, shares)
	}

	/// Shares of `who` in the active stake of a pool.
	fn holding(id: &PoolIdOf<T>, pool: &Pool, who: &T::AccountId) -> Holding {
		if *who == id.operator {
			pool.own.clone()
		} else {
			Holdings::<T>::get(id, who)
		}
	}

	/// Moves up to `shares` shares of `delegator` from the active to the unbonding stake.
	fn unbond(
		id: PoolIdOf<T>,
		mut pool: Pool,
		delegator: T::AccountId,
		shares: u128,
	) -> DispatchResult {
		let mut own = Self::holding(&id, &pool, &delegator);
		let amount = pool.active.redeem(shares, &mut own);
		let unlock_at = Self::now() + T::UnbondingBlocks::get().into();
		if amount > 0 {
			Self::queue_unbond(&id, &pool, &delegator, amount, unlock_at)?;
		}
		// Now that there is an entry to withdraw, the pool stays on the list for it.
		if delegator == id.operator {
			pool.own = own;
		} else {
			Self::store_holding(&id, &delegator, own);
		}
		Self::store_or_close(&id, pool)?;
		let PoolId { operator, role } = id;
		Self::deposit_event(Event::Undelegated { operator, role, delegator, amount, unlock_at });
		Ok(())
	}

	pub(crate) fn do_withdraw(id: PoolIdOf<T>, delegator: T::AccountId) -> DispatchResult {
		let pool = Self::pool(&id)?;
		ensure!(!Self::in_dispute(&id), Error::<T>::InDispute);
		let is_left = pool.status == PoolStatus::Leaving && pool.active.shares == 0;
		if is_left && !Self::has_unbonding(&id) {
			// Charges took the last of it, so there is nothing that anyone could withdraw.
			return Self::store_or_close(&id, pool);
		}
		let amount = Self::redeem_unlocked(&id, &delegator)?;
		if amount > 0 {
			let account = Self::account();
			T::Currency::transfer(&account, &delegator, amount, Preservation::Preserve)?;
			T::VoteLocks::after_withdrawal(&delegator, amount);
		}
		if !Unbonding::<T>::contains_key(&id, &delegator)
			&& pool.active.shares_of(&Holdings::<T>::get(&id, &delegator)) == 0
		{
			Self::untrack_delegation(&id, &delegator);
		}
		let PoolId { operator, role } = id.clone();
		Self::deposit_event(Event::Withdrawn { operator, role, delegator, amount });
		Self::store_or_close(&id, pool)
	}

	/// Stores what a delegator has left of a pool. Takes the pool off its list where that is nothing,
	/// and it has nothing to withdraw either.
	pub(crate) fn store_holding(id: &PoolIdOf<T>, delegator: &T::AccountId, own: Holding) {
		if own.shares > 0 {
			Holdings::<T>::insert(id, delegator, own);
		} else {
			Holdings::<T>::remove(id, delegator);
			if !Unbonding::<T>::contains_key(id, delegator) {
				Self::untrack_delegation(id, delegator);
			}
		}
	}

	/// Takes the pool off the list of a delegator that has nothing in it any more.
	pub(crate) fn untrack_delegation(id: &PoolIdOf<T>, delegator: &T::AccountId) {
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

	/// Stores a pool. Closes one that everyone has left, and returns its deposit. One whose operator
	/// is convicted, or has a seat in a request that is open, waits for the end of that.
	pub(crate) fn store_or_close(id: &PoolIdOf<T>, pool: Pool) -> DispatchResult {
		let is_left = pool.status == PoolStatus::Leaving && pool.active.shares == 0;
		let is_liable =
			|id: &PoolIdOf<T>| id.role == Role::Executor && T::Liabilities::has_seats(&id.operator);
		if !is_left || pool.convictions > 0 || Self::has_unbonding(id) || is_liable(id) {
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
		UnbondingVaults::<T>::remove(id);
		Moved::<T>::remove(id);
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
		let worthless = pool.is_none_or(|pool| {
			pool.active.shares_of(&holding) == 0 && !Self::owns_unbonding(&id, &delegator)
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
		let PoolStatus::Active { history } = pool.status else {
			return Err(Error::<T>::NotActive.into());
		};
		pool.status = PoolStatus::Paused { history };
		Self::suspend(&id);
		Self::store(&id, pool);
		Self::deposit_event(Event::Paused { operator: id.operator, role: id.role });
		Ok(())
	}

	pub(crate) fn do_resume(id: PoolIdOf<T>) -> DispatchResult {
		let mut pool = Self::pool(&id)?;
		let history = match pool.status {
			PoolStatus::Paused { history } => history,
			PoolStatus::PausedForSilence { resumable_in } => {
				let session = CurrentSession::<T>::get();
				ensure!(session >= resumable_in, Error::<T>::NotResumableYet);
				0
			},
			PoolStatus::Active { .. } | PoolStatus::Leaving => {
				return Err(Error::<T>::NotPaused.into());
			},
		};
		pool.status = PoolStatus::Active { history };
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
}
