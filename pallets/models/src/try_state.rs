//! What must always hold.

use crate::pallet::*;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Numbers are below the next one; versions name engines that were admitted; served versions
	/// exist; servers are sorted and distinct.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let next = NextModelId::<T>::get();
		ensure!(Models::<T>::iter_keys().all(|id| id < next), "model number not below the next");
		ensure!(
			Models::<T>::iter_values().all(|model| Engines::<T>::contains_key(model.engine)),
			"version of an unknown engine"
		);
		for (model, servers) in Servers::<T>::iter() {
			ensure!(Models::<T>::contains_key(model), "unknown model is served");
			ensure!(!servers.is_empty(), "empty list of servers is stored");
			ensure!(servers.windows(2).all(|pair| pair[0] < pair[1]), "servers are not sorted");
		}
		Ok(())
	}
}
