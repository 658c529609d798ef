//! Interface to the other pallets: the registry as requests see it.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::ensure;
use opg_primitives::{Balance, ModelId};
use pallet_opg_support::{ModelRegistry, ModelUnavailable, ModelVersion};

impl<T: Config> ModelRegistry<T::AccountId, Balance> for Pallet<T> {
	fn version(model: ModelId) -> Result<ModelVersion<T::AccountId, Balance>, ModelUnavailable> {
		let Model { owner, model_hash, engine_id, dims, fuel_limit, royalty, .. } =
			Models::<T>::get(model).ok_or(ModelUnavailable::Unknown)?;
		let is_valid =
			Engines::<T>::get(engine_id).is_some_and(|validity| validity.contains(&Self::now()));
		ensure!(is_valid, ModelUnavailable::EngineNotValid);
		Ok(ModelVersion { owner, model_hash, engine_id, dims, fuel_limit, royalty })
	}

	fn serving_executors(model: ModelId) -> Vec<T::AccountId> {
		ServingExecutors::<T>::get(model).into_inner()
	}
}
