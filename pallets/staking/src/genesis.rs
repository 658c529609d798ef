//! Genesis: the first pools, and the sessions that begin with them.

use crate::{pallet::*, types::*};
use frame_support::traits::fungible::{Inspect, Mutate};
use opg_primitives::Balance;
use sp_runtime::Perbill;

impl<T: Config> GenesisConfig<T> {
	/// Stores the configured pools and keys. Panics where accounts are not funded or not distinct.
	pub(crate) fn open_pools(&self) {
		// The account never falls below what keeps it alive, so no pool loses its dust.
		let minimum = T::Currency::minimum_balance();
		T::Currency::mint_into(&Pallet::<T>::account(), minimum)
			.expect("an account can hold the minimum");
		ValidatorCount::<T>::put(self.validator_count);
		let open = |operator: &T::AccountId, role, amount: Balance| {
			let id = PoolId { operator: operator.clone(), role };
			Pallet::<T>::open_pool(&id, amount, Perbill::zero())
				.expect("genesis pools are funded and distinct");
		};
		for (operator, amount) in &self.validators {
			open(operator, Role::Validator, *amount);
		}
		for (operator, amount, key) in &self.executors {
			open(operator, Role::Executor, *amount);
			Pallet::<T>::install_key(operator.clone(), key.clone())
				.expect("genesis keys are distinct");
		}
		// `pallet-session` may have planned the first two sessions before these pools existed.
		Pallet::<T>::plan_session(0);
		Pallet::<T>::plan_session(1);
		Pallet::<T>::start_session(0);
	}
}
