//! What must always hold.

use crate::pallet::*;
use frame_support::{ensure, traits::fungible::Inspect};
use opg_primitives::Balance;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// The account covers all pools; shares add up; hot keys and pools name each other.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let mut total: Balance = 0;
		for (operator, pool) in Pools::<T>::iter() {
			total = total.checked_add(pool.balance).ok_or("pool balances overflow")?;
			let shares = Shares::<T>::iter_prefix_values(&operator)
				.try_fold(0u128, u128::checked_add)
				.ok_or("shares overflow")?;
			ensure!(shares == pool.shares, "shares of a pool do not add up");
			ensure!(
				HotKeys::<T>::get(&pool.hot_key).as_ref() == Some(&operator),
				"hot key of a pool names another operator"
			);
		}
		ensure!(
			HotKeys::<T>::iter().count() as u32 == Pools::<T>::count(),
			"hot key without a pool"
		);
		ensure!(
			T::Currency::total_balance(&Self::account()) >= total,
			"the account does not cover the pools"
		);
		Ok(())
	}
}
