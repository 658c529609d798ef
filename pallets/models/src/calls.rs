//! What the calls do, and the registry as the other pallets see it.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{fungible::MutateHold, tokens::Precision, Get},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{Balance, Dims, ModelId};
use pallet_opg_support::{ExecutorPools, ModelRegistry, ModelVersion, NoVersion};
use sp_core::H256;

impl<T: Config> Pallet<T> {
	fn now() -> BlockNumberFor<T> {
		frame_system::Pallet::<T>::block_number()
	}

	pub(crate) fn do_admit_engine(engine: H256, from: BlockNumberFor<T>) -> DispatchResult {
		let from = from.max(Self::now());
		ensure!(!Engines::<T>::contains_key(engine), Error::<T>::EngineAdmitted);
		ensure!(Engines::<T>::count() < T::MaxEngines::get(), Error::<T>::TooManyEngines);
		Engines::<T>::insert(engine, Validity { from, until: None });
		Self::deposit_event(Event::EngineAdmitted { engine, from });
		Ok(())
	}

	pub(crate) fn do_retire_engine(engine: H256, until: BlockNumberFor<T>) -> DispatchResult {
		let now = Self::now();
		let until = until.max(now);
		Engines::<T>::try_mutate(engine, |entry| -> DispatchResult {
			let validity = entry.as_mut().ok_or(Error::<T>::UnknownEngine)?;
			ensure!(validity.has_future(&now), Error::<T>::EngineRetired);
			validity.until = Some(until);
			Ok(())
		})?;
		Self::deposit_event(Event::EngineRetired { engine, until });
		Ok(())
	}

	pub(crate) fn do_register(model: ModelOf<T>) -> DispatchResult {
		ensure!((1..=T::MaxModelBytes::get()).contains(&model.size), Error::<T>::BadSize);
		ensure!(!model.name.is_empty(), Error::<T>::EmptyName);
		ensure!((1..=T::MaxFuel::get()).contains(&model.max_fuel), Error::<T>::BadFuelLimit);
		ensure!(model.royalty <= T::MaxRoyalty::get(), Error::<T>::RoyaltyTooHigh);
		ensure!(are_dims(&model.dims), Error::<T>::BadDims);
		let engine = Engines::<T>::get(model.engine).ok_or(Error::<T>::UnknownEngine)?;
		ensure!(engine.has_future(&Self::now()), Error::<T>::EngineRetired);
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

	pub(crate) fn do_serve(who: T::AccountId, model: ModelId, report: H256) -> DispatchResult {
		let version = Models::<T>::get(model).ok_or(Error::<T>::UnknownModel)?;
		ensure!(version.report == report, Error::<T>::OtherReport);
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

/// Whether the names are UTF-8, in order, each once, and no size is zero.
fn are_dims(dims: &Dims) -> bool {
	dims.windows(2).all(|pair| pair[0].name < pair[1].name)
		&& dims.iter().all(|dim| {
			!dim.name.is_empty() && core::str::from_utf8(&dim.name).is_ok() && dim.size > 0
		})
}

impl<T: Config> ModelRegistry<T::AccountId, Balance> for Pallet<T> {
	fn version(model: ModelId) -> Result<ModelVersion<T::AccountId, Balance>, NoVersion> {
		let Model { owner, hash, engine, dims, max_fuel, royalty, .. } =
			Models::<T>::get(model).ok_or(NoVersion::Unknown)?;
		let valid = Engines::<T>::get(engine).is_some_and(|engine| engine.holds(&Self::now()));
		ensure!(valid, NoVersion::EngineNotValid);
		Ok(ModelVersion { owner, hash, engine, dims, max_fuel, royalty })
	}

	fn servers(model: ModelId) -> Vec<T::AccountId> {
		Servers::<T>::get(model).into_inner()
	}

	#[cfg(feature = "runtime-benchmarks")]
	fn benchmark_version(owner: &T::AccountId, servers: &[T::AccountId]) -> ModelId {
		crate::benchmarking::version::<T>(owner.clone(), servers.to_vec())
	}
}
