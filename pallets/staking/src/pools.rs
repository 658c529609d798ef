//! Pools: where they are stored, who may be drawn, and what they earn.

use crate::{pallet::*, types::*};
use frame_support::{
	defensive,
	traits::{
		fungible::{Balanced, Credit},
		tokens::imbalance::Imbalance,
		Get,
	},
};
use opg_primitives::Balance;
use pallet_opg_support::{missed_cases_share, CourtPresence, Liabilities};
use sp_runtime::{
	traits::{AccountIdConversion, Zero},
	PerThing,
};

pub(crate) type CreditOf<T> =
	Credit<<T as frame_system::Config>::AccountId, <T as Config>::Currency>;

impl<T: Config> Pallet<T> {
	/// Account that holds the stake of all pools.
	pub fn account() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	pub(crate) fn pool(id: &PoolIdOf<T>) -> Result<Pool, Error<T>> {
		Pools::<T>::get(id.role, &id.operator).ok_or(Error::<T>::UnknownPool)
	}

	pub(crate) fn store(id: &PoolIdOf<T>, pool: Pool) {
		Pools::<T>::insert(id.role, &id.operator, pool);
	}

	/// True while the court looks at a seat of the operator. What left the pool waits for the verdict.
	pub(crate) fn in_dispute(id: &PoolIdOf<T>) -> bool {
		id.role == Role::Executor && T::Liabilities::in_dispute(&id.operator)
	}

	/// True where a pool counts in elections and draws.
	pub(crate) fn is_eligible(pool: &Pool) -> bool {
		matches!(pool.status, PoolStatus::Active { .. })
			&& pool.convictions == 0
			&& pool.self_bond() >= T::MinBond::get()
	}

	/// True where enough of a pool is its operator's own for the pool to take more.
	pub(crate) fn has_own_share(pool: &Pool) -> bool {
		pool.self_bond() >= T::MinOwnShare::get().mul_ceil(pool.active.balance)
	}

	/// True where `own` planck of the operator are still enough after it took out `amount` planck.
	pub(crate) fn keeps_own_share(pool: &Pool, own: Balance, amount: Balance) -> bool {
		let rest = pool.active.balance.saturating_sub(amount);
		own >= T::MinOwnShare::get().mul_ceil(rest)
	}

	/// Adds `credit` to a pool. The operator's commission becomes shares of its own.
	///
	/// The operator is paid the commission outside of the pool where it is leaving: shares would keep
	/// the pool from closing. It is paid all of it where the pool has no stake that could earn.
	pub(crate) fn reward_pool(id: &PoolIdOf<T>, mut credit: CreditOf<T>) {
		let amount = credit.peek();
		if amount.is_zero() {
			return;
		}
		let Some(mut pool) = Pools::<T>::get(id.role, &id.operator) else {
			defensive!("reward for an operator without a pool is burned");
			return;
		};
		let commission = pool.commission.mul_floor(amount);
		let paid_out = match pool.status {
			_ if pool.active.shares == 0 => amount,
			PoolStatus::Leaving => commission,
			_ => 0,
		};
		let kept = amount - paid_out;
		// What the operator's account does not take is burned.
		let _ = T::Currency::resolve(&id.operator, credit.extract(paid_out));
		if T::Currency::resolve(&Self::account(), credit).is_err() {
			defensive!("an account that exists takes every deposit");
			return;
		}
		if kept > 0 {
			let own = if paid_out == 0 { commission } else { 0 };
			pool.active.gain(kept - own);
			if own > 0 && pool.active.deposit(own, &mut pool.own).is_none() {
				pool.active.gain(own);
			}
			Self::store(id, pool);
		}
		let PoolId { operator, role } = id.clone();
		Self::deposit_event(Event::Rewarded { operator, role, amount });
	}

	/// Mints the reward of a block into its author's pool, less a part for each case of the court that
	/// the author missed in the session before. An author without a pool gets nothing. Notes that it is
	/// not offline.
	pub fn reward_author(author: T::AccountId) {
		Self::note_author(&author);
		let id = PoolId { operator: author, role: Role::Validator };
		if Pools::<T>::contains_key(id.role, &id.operator) {
			let last = CurrentSession::<T>::get().checked_sub(1);
			let missed = last.map_or(0, |last| T::CourtPresence::missed(last, &id.operator));
			let kept = missed_cases_share(missed).left_from_one();
			let reward = kept.mul_floor(T::BlockReward::get());
			Self::reward_pool(&id, T::Currency::issue(reward));
		}
	}
}
