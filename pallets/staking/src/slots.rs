//! Slots: seats of first rounds that an executor takes at a time, each backed by stake.

use crate::{pallet::*, types::*};
use frame_support::{defensive, ensure, pallet_prelude::DispatchResult, traits::Get};
use opg_primitives::Balance;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_slots(operator: T::AccountId, slots: u32) -> DispatchResult {
		let pool = Self::pool(&PoolId { operator: operator.clone(), role: Role::Executor })?;
		ensure!(pool.status != PoolStatus::Leaving, Error::<T>::PoolLeaving);
		DeclaredSlots::<T>::try_mutate(|declared| -> DispatchResult {
			match declared.binary_search_by(|(own, _)| own.cmp(&operator)) {
				Ok(at) => declared[at].1 = slots,
				// `MaxPools` bounds the pools that are not leaving, and only they have an entry.
				Err(at) => {
					let entry = (operator.clone(), slots);
					declared.try_insert(at, entry).map_err(|_| Error::<T>::TooManyPools)?
				},
			}
			Ok(())
		})?;
		Self::deposit_event(Event::SlotsSet { operator, slots });
		Ok(())
	}

	/// Forgets what an operator that leaves has declared.
	pub(crate) fn remove_slots(id: &PoolIdOf<T>) {
		if id.role == Role::Executor && DeclaredSlots::<T>::exists() {
			DeclaredSlots::<T>::mutate(|declared| declared.retain(|(own, _)| *own != id.operator));
		}
	}

	/// Stake behind the slots of an operator, in planck: as many slots as `stake` backs, and no more
	/// than are declared.
	pub(crate) fn backed(
		declared: &[(T::AccountId, u32)],
		operator: &T::AccountId,
		stake: Balance,
	) -> Balance {
		let own = declared.binary_search_by(|(own, _)| own.cmp(operator));
		let most = own.map_or(Balance::MAX, |at| declared[at].1.into());
		Self::whole_slots(stake).min(most.saturating_mul(T::SlotStake::get()))
	}

	/// Part of `stake` that backs whole slots, in planck.
	pub(crate) fn whole_slots(stake: Balance) -> Balance {
		let slot = T::SlotStake::get();
		if slot == 0 {
			defensive!("a slot is backed by something");
			return 0;
		}
		stake - stake % slot
	}
}
