//! Invariants of the registry.

use crate::pallet::*;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Checks four invariants. Numbers are below the next one. Versions name engines that were
	/// admitted. Versions that are served exist. Lists of executors are sorted, distinct and not
	/// empty.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let next = NextModelId::<T>::get();
		ensure!(Models::<T>::iter_keys().all(|id| id < next), "model number not below the next");
		ensure!(
			Models::<T>::iter_values().all(|model| Engines::<T>::contains_key(model.engine_id)),
			"version of an unknown engine"
		);
		for (model, executors) in ServingExecutors::<T>::iter() {
			ensure!(Models::<T>::contains_key(model), "unknown model is served");
			ensure!(!executors.is_empty(), "empty list of executors is stored");
			ensure!(executors.windows(2).all(|pair| pair[0] < pair[1]), "executors are not sorted");
		}
		Ok(())
	}
}
