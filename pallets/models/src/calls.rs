//! What the calls do, and the registry as the other pallets see it.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{fungible::MutateHold, tokens::Precision, Get},
};
use opg_primitives::{Balance, ModelId};
use pallet_opg_support::{ExecutorPools, ModelRegistry, ModelVersion};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_register(model: ModelOf<T>) -> DispatchResult {
		ensure!((1..=T::MaxModelBytes::get()).contains(&model.size), Error::<T>::BadSize);
		ensure!(!model.name.is_empty(), Error::<T>::EmptyName);
		ensure!((1..=T::MaxFuel::get()).contains(&model.max_fuel), Error::<T>::BadFuelLimit);
		ensure!(model.royalty <= T::MaxRoyalty::get(), Error::<T>::RoyaltyTooHigh);
		let id = NextModelId::<T>::get();
		let next = id.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?;
		T::Currency::hold(&HoldReason::Model.into(), &model.owner, T::ModelDeposit::get())?;
		NextModelId::<T>::put(next);
		Models::<T>::insert(id, &model);
		Self::deposit_event(Event::Registered { model: id, owner: model.owner, hash: model.hash });
		Ok(())
	}

	pub(crate) fn do_deregister(who: T::AccountId, id: ModelId) -> DispatchResult {
		let model = Models::<T>::get(id).ok_or(Error::<T>::UnknownModel)?;
		ensure!(model.owner == who, Error::<T>::NotOwner);
		ensure!(Servers::<T>::get(id).is_empty(), Error::<T>::StillServed);
		let deposit = T::ModelDeposit::get();
		T::Currency::release(&HoldReason::Model.into(), &who, deposit, Precision::BestEffort)?;
		Models::<T>::remove(id);
		Self::deposit_event(Event::Deregistered { model: id });
		Ok(())
	}

	pub(crate) fn do_serve(who: T::AccountId, model: ModelId) -> DispatchResult {
		ensure!(Models::<T>::contains_key(model), Error::<T>::UnknownModel);
		ensure!(T::Pools::has_pool(&who), Error::<T>::NotExecutor);
		Servers::<T>::try_mutate(model, |servers| -> DispatchResult {
			let Err(at) = servers.binary_search(&who) else {
				return Err(Error::<T>::AlreadyServing.into());
			};
			servers.try_insert(at, who.clone()).map_err(|_| Error::<T>::TooManyServers)?;
			T::Currency::hold(&HoldReason::Serve.into(), &who, T::ServeDeposit::get())
		})?;
		Self::deposit_event(Event::Serving { model, executor: who });
		Ok(())
	}

	pub(crate) fn do_stop_serving(who: T::AccountId, model: ModelId) -> DispatchResult {
		Servers::<T>::try_mutate_exists(model, |entry| -> DispatchResult {
			let servers = entry.as_mut().ok_or(Error::<T>::NotServing)?;
			let at = servers.binary_search(&who).map_err(|_| Error::<T>::NotServing)?;
			servers.remove(at);
			if servers.is_empty() {
				*entry = None;
			}
			let deposit = T::ServeDeposit::get();
			T::Currency::release(&HoldReason::Serve.into(), &who, deposit, Precision::BestEffort)?;
			Ok(())
		})?;
		Self::deposit_event(Event::StoppedServing { model, executor: who });
		Ok(())
	}
}

impl<T: Config> ModelRegistry<T::AccountId, Balance> for Pallet<T> {
	fn version(model: ModelId) -> Option<ModelVersion<T::AccountId, Balance>> {
		let Model { owner, hash, engine, max_fuel, royalty, .. } = Models::<T>::get(model)?;
		Some(ModelVersion { owner, hash, engine, max_fuel, royalty })
	}

	fn servers(model: ModelId) -> Vec<T::AccountId> {
		Servers::<T>::get(model).into_inner()
	}
}
