//! Interface to the other pallets: who an executor is, what it has at stake, what it earns and
//! loses.

use crate::{pallet::*, pools::CreditOf, types::*};
use alloc::vec::Vec;
use opg_primitives::ExecutorKey;
use pallet_opg_support::{ExecutorDirectory, ExecutorLedger, ExecutorStake, Offence};
use sp_runtime::Perbill;

impl<T: Config> ExecutorDirectory<T::AccountId> for Pallet<T> {
	fn has_pool(who: &T::AccountId) -> bool {
		Pools::<T>::contains_key(Role::Executor, who)
	}

	fn hot_key(who: &T::AccountId) -> Option<ExecutorKey> {
		HotKeys::<T>::get(who)?.at(Self::now()).cloned()
	}

	fn operator_of(key: &ExecutorKey) -> Option<T::AccountId> {
		KeyOwners::<T>::get(key)
	}
}

impl<T: Config> ExecutorStake<T::AccountId> for Pallet<T> {
	fn snapshot() -> Vec<(T::AccountId, u128)> {
		let mut members = Snapshots::<T>::get(CurrentSession::<T>::get()).members.into_inner();
		let suspended = Suspended::<T>::get();
		if !suspended.is_empty() {
			members.retain(|(operator, _)| suspended.binary_search(operator).is_err());
		}
		members
	}

	fn slashing_paused() -> bool {
		SlashingPaused::<T>::exists()
	}
}

impl<T: Config> ExecutorLedger<T::AccountId> for Pallet<T> {
	type Credit = CreditOf<T>;

	fn reward(who: &T::AccountId, credit: Self::Credit) {
		Self::reward_pool(&PoolId { operator: who.clone(), role: Role::Executor }, credit);
	}

	fn penalise(who: &T::AccountId, offence: Offence, payees: &[(&T::AccountId, Perbill)]) {
		Self::penalise_executor(who, offence, payees);
	}

	fn clear_misses(who: &T::AccountId) -> bool {
		let Some(mut pool) = Pools::<T>::get(Role::Executor, who) else { return false };
		let missed = matches!(pool.status, PoolStatus::Active { misses } if misses > 0);
		if missed {
			pool.status = PoolStatus::Active { misses: 0 };
			Pools::<T>::insert(Role::Executor, who, pool);
		}
		missed
	}
}
