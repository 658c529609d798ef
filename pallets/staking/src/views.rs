//! What a holder asks: where its stake is, what it is worth, and what is on its way out.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::{traits::Get, weights::Weight};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::Balance;

impl<T: Config> Pallet<T> {
	/// Stake of `who` in a pool.
	pub(crate) fn stake_view(id: &PoolIdOf<T>, who: &T::AccountId) -> StakeViewOf<T> {
		let active = Pools::<T>::get(id.role, &id.operator).map_or(0, |pool| {
			if id.operator == *who {
				return pool.self_bond();
			}
			pool.active.value_of(&Holdings::<T>::get(id, who))
		});
		let unbonding = Self::unbonding_of(id, who).into_iter();
		let unbonding = unbonding
			.map(|(entry, vault)| UnbondingView {
				amount: vault.value_of(&entry.holding),
				unlock_at: entry.unlock_at,
			})
			.collect();
		StakeView { pool: id.clone(), active, unbonding }
	}

	/// Stake of `who` in every pool in which it has some, its own pools first.
	pub(crate) fn stake_views(who: &T::AccountId) -> Vec<StakeViewOf<T>> {
		let own = [Role::Validator, Role::Executor]
			.map(|role| PoolId { operator: who.clone(), role })
			.into_iter()
			.filter(|id| Pools::<T>::contains_key(id.role, &id.operator));
		own.chain(Delegations::<T>::get(who)).map(|id| Self::stake_view(&id, who)).collect()
	}

	/// All that `who` has in pools, in planck: of its own, delegated, and not withdrawn yet.
	pub fn total_stake(who: &T::AccountId) -> Balance {
		Self::stake_views(who).iter().fold(0, |sum: Balance, stake| {
			let unbonding = stake.unbonding.iter().map(|entry| entry.amount);
			unbonding.chain([stake.active]).fold(sum, Balance::saturating_add)
		})
	}

	/// Upper bound on the weight of [`Self::total_stake`]: the list of pools, and for each the pool,
	/// the shares, the entries and the vaults, of which those that unlocked are items of their own.
	pub fn max_total_stake_weight() -> Weight {
		let pools = u64::from(T::MaxDelegations::get()) + 2;
		T::DbWeight::get().reads(1 + pools * (4 + u64::from(T::MaxUnbonds::get())))
	}
}

/// [`StakeView`] with the types of a runtime.
pub type StakeViewOf<T> = StakeView<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;
