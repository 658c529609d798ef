//! What the calls do.

use crate::{pallet::*, types::*};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{
		fungible::Mutate,
		tokens::{Fortitude, Precision, Preservation},
		Get,
	},
};
use opg_primitives::{possession_payload, Balance, ExecutorKey, ExecutorSignature};
use sp_runtime::{
	traits::{AccountIdConversion, Zero},
	RuntimeAppPublic,
};

impl<T: Config> Pallet<T> {
	/// The account that holds the stake of all pools.
	pub fn account() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	pub(crate) fn do_bond(
		operator: T::AccountId,
		amount: Balance,
		hot_key: ExecutorKey,
		proof: ExecutorSignature,
	) -> DispatchResult {
		let genesis = frame_system::Pallet::<T>::block_hash(
			frame_system::pallet_prelude::BlockNumberFor::<T>::zero(),
		);
		ensure!(
			hot_key.verify(&possession_payload(&genesis, &operator), &proof),
			Error::<T>::BadProof
		);
		Self::open_pool(&operator, amount, hot_key)?;
		Self::deposit_event(Event::Bonded { operator, amount });
		Ok(())
	}

	pub(crate) fn open_pool(
		operator: &T::AccountId,
		amount: Balance,
		hot_key: ExecutorKey,
	) -> DispatchResult {
		ensure!(!Pools::<T>::contains_key(operator), Error::<T>::AlreadyBonded);
		ensure!(amount >= T::MinBond::get(), Error::<T>::BondTooSmall);
		ensure!(Pools::<T>::count() < T::MaxPools::get(), Error::<T>::TooManyPools);
		ensure!(!HotKeys::<T>::contains_key(&hot_key), Error::<T>::KeyTaken);
		T::Currency::transfer(operator, &Self::account(), amount, Preservation::Preserve)?;
		HotKeys::<T>::insert(&hot_key, operator);
		Shares::<T>::insert(operator, operator, amount);
		let duty = Duty::Active { misses: 0 };
		Pools::<T>::insert(operator, Pool { balance: amount, shares: amount, hot_key, duty });
		Ok(())
	}

	pub(crate) fn do_delegate(
		operator: T::AccountId,
		delegator: T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		ensure!(amount >= T::MinDelegation::get(), Error::<T>::DelegationTooSmall);
		let mut pool = Pools::<T>::get(&operator).ok_or(Error::<T>::UnknownPool)?;
		ensure!(pool.balance > 0, Error::<T>::PoolDrained);
		let shares = pool.shares_for(amount).ok_or(Error::<T>::Overflow)?;
		ensure!(shares > 0, Error::<T>::DelegationTooSmall);
		pool.shares = pool.shares.checked_add(shares).ok_or(Error::<T>::Overflow)?;
		pool.balance = pool.balance.checked_add(amount).ok_or(Error::<T>::Overflow)?;
		T::Currency::transfer(&delegator, &Self::account(), amount, Preservation::Preserve)?;
		// Cannot overflow: the sum over all delegators is `pool.shares`.
		Shares::<T>::mutate(&operator, &delegator, |own| *own = own.saturating_add(shares));
		Pools::<T>::insert(&operator, pool);
		Self::deposit_event(Event::Delegated { operator, delegator, amount, shares });
		Ok(())
	}

	pub(crate) fn do_resume(operator: T::AccountId) -> DispatchResult {
		Pools::<T>::try_mutate(&operator, |pool| -> DispatchResult {
			let pool = pool.as_mut().ok_or(Error::<T>::UnknownPool)?;
			ensure!(pool.duty == Duty::Resting, Error::<T>::NotResting);
			pool.duty = Duty::Active { misses: 0 };
			Ok(())
		})?;
		Self::deposit_event(Event::Resumed { operator });
		Ok(())
	}

	/// Burn up to `amount` of the stake in the pallet's account.
	pub(crate) fn burn(amount: Balance) -> Balance {
		T::Currency::burn_from(
			&Self::account(),
			amount,
			Preservation::Expendable,
			Precision::BestEffort,
			Fortitude::Force,
		)
		.unwrap_or_default()
	}
}
