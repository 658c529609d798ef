//! What must always hold.

use crate::pallet::*;
use frame_support::ensure;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Numbers are below the next one; served versions exist; servers are sorted and distinct.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let next = NextModelId::<T>::get();
		ensure!(Models::<T>::iter_keys().all(|id| id < next), "model number not below the next");
		for (model, servers) in Servers::<T>::iter() {
			ensure!(Models::<T>::contains_key(model), "unknown model is served");
			ensure!(!servers.is_empty(), "empty list of servers is stored");
			ensure!(servers.windows(2).all(|pair| pair[0] < pair[1]), "servers are not sorted");
		}
		Ok(())
	}
}
