//! Interface to the other pallets: the registry as requests see it.

use crate::{pallet::*, types::*};
use frame_support::ensure;
use opg_primitives::{Balance, ModelId};
use pallet_opg_support::{ModelRegistry, ModelUnavailable, ModelVersion, Serving};

impl<T: Config> ModelRegistry<T::AccountId, Balance> for Pallet<T> {
	fn version(model: ModelId) -> Result<ModelVersion<T::AccountId, Balance>, ModelUnavailable> {
		let Model { owner, model_hash, engine_id, dims, fuel_limit, royalty, .. } =
			Models::<T>::get(model).ok_or(ModelUnavailable::Unknown)?;
		let is_valid =
			Engines::<T>::get(engine_id).is_some_and(|validity| validity.contains(&Self::now()));
		ensure!(is_valid, ModelUnavailable::EngineNotValid);
		Ok(ModelVersion { owner, model_hash, engine_id, dims, fuel_limit, royalty })
	}

	fn serving(model: ModelId, session: u32) -> Serving<T::AccountId> {
		let mut serving = Serving::default();
		for own in ServingExecutors::<T>::get(model) {
			if own.is_candidate(session) {
				if own.until.is_some() {
					serving.stopped.push(own.executor.clone());
				}
				serving.candidates.push(own.executor);
			}
		}
		serving
	}
}
