//! The pools, as the other pallets see them.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::{
	defensive,
	traits::{
		fungible::{Balanced, Credit},
		tokens::imbalance::Imbalance,
		Get,
	},
};
use opg_primitives::ExecutorKey;
use pallet_opg_support::{ExecutorPools, Fault};
use sp_runtime::traits::Zero;

impl<T: Config> ExecutorPools<T::AccountId> for Pallet<T> {
	type Credit = Credit<T::AccountId, T::Currency>;

	fn snapshot() -> Vec<(T::AccountId, u128)> {
		Snapshots::<T>::get(CurrentSession::<T>::get())
			.into_iter()
			.filter(|(operator, _)| {
				// What was slashed since the snapshot does not count, and who rests is not drawn.
				Pools::<T>::get(operator).is_some_and(|pool| {
					pool.duty != Duty::Resting && pool.balance >= T::MinBond::get()
				})
			})
			.collect()
	}

	fn has_pool(who: &T::AccountId) -> bool {
		Pools::<T>::contains_key(who)
	}

	fn hot_key(who: &T::AccountId) -> Option<ExecutorKey> {
		Pools::<T>::get(who).map(|pool| pool.hot_key)
	}

	fn operator_of(key: &ExecutorKey) -> Option<T::AccountId> {
		HotKeys::<T>::get(key)
	}

	fn reward(who: &T::AccountId, credit: Self::Credit) {
		let amount = credit.peek();
		if amount.is_zero() {
			return;
		}
		let Some(mut pool) = Pools::<T>::get(who) else {
			defensive!("reward for an operator without a pool is burned");
			return;
		};
		if T::Currency::resolve(&Self::account(), credit).is_err() {
			defensive!("the account of the pools takes every deposit");
			return;
		}
		pool.balance = pool.balance.saturating_add(amount);
		Pools::<T>::insert(who, pool);
		Self::deposit_event(Event::Rewarded { operator: who.clone(), amount });
	}

	fn penalise(who: &T::AccountId, fault: Fault) {
		let Some(mut pool) = Pools::<T>::get(who) else {
			defensive!("only operators with a pool are drawn");
			return;
		};
		let share = match fault {
			Fault::Wrong | Fault::Unrevealed => T::WrongSlash::get(),
			Fault::Uncommitted => T::MissSlash::get(),
		};
		let amount = Self::burn(share.mul_ceil(pool.balance).min(pool.balance));
		pool.balance = pool.balance.saturating_sub(amount);
		Self::deposit_event(Event::Slashed { operator: who.clone(), amount, fault });
		if let (Fault::Uncommitted, Duty::Active { misses }) = (fault, &pool.duty) {
			let misses = misses.saturating_add(1);
			pool.duty = if misses >= T::MaxMisses::get() {
				Self::deposit_event(Event::Rested { operator: who.clone() });
				Duty::Resting
			} else {
				Duty::Active { misses }
			};
		}
		Pools::<T>::insert(who, pool);
	}

	fn clear_misses(who: &T::AccountId) {
		let Some(mut pool) = Pools::<T>::get(who) else { return };
		if matches!(pool.duty, Duty::Active { misses } if misses > 0) {
			pool.duty = Duty::Active { misses: 0 };
			Pools::<T>::insert(who, pool);
		}
	}
}
