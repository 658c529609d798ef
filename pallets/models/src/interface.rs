//! Interface to the other pallets: the registry as requests see it.

use crate::{pallet::*, types::*};
use frame_support::ensure;
use opg_primitives::{Balance, ModelId};
use pallet_opg_support::{
	CourtReadiness, ModelFiles, ModelRegistry, ModelUnavailable, ModelVersion, Serving,
};
use sp_core::H256;

impl<T: Config> ModelFiles for Pallet<T> {
	fn next() -> ModelId {
		NextModelId::<T>::get()
	}

	fn model_hash(model: ModelId) -> Option<H256> {
		Models::<T>::get(model).map(|model| model.model_hash)
	}
}

impl<T: Config> ModelRegistry<T::AccountId, Balance> for Pallet<T> {
	fn version(model: ModelId) -> Result<ModelVersion<T::AccountId, Balance>, ModelUnavailable> {
		let Model { owner, model_hash, size, engine_id, dims, limits, royalty, .. } =
			Models::<T>::get(model).ok_or(ModelUnavailable::Unknown)?;
		let is_valid =
			Engines::<T>::get(engine_id).is_some_and(|validity| validity.contains(&Self::now()));
		ensure!(is_valid, ModelUnavailable::EngineNotValid);
		ensure!(T::Readiness::is_ready(model), ModelUnavailable::NotCourtReady);
		Ok(ModelVersion { owner, model_hash, size, engine_id, dims, limits, royalty })
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
