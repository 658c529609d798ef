//! Calls about versions and engines: checks and state changes behind the signatures in `lib.rs`.

use crate::{pallet::*, types::*};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{fungible::MutateHold, tokens::Precision, Get},
};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{Dims, ModelId, VersionLimits};
use pallet_opg_support::CourtReadiness;
use sp_core::H256;

impl<T: Config> Pallet<T> {
	pub(crate) fn now() -> BlockNumberFor<T> {
		frame_system::Pallet::<T>::block_number()
	}

	pub(crate) fn do_register(model: ModelOf<T>) -> DispatchResult {
		let maxima = VersionMaxima::<T>::get();
		let VersionLimits { fuel, load_fuel, memory } = model.limits;
		ensure!((1..=maxima.size).contains(&model.size), Error::<T>::InvalidSize);
		ensure!(!model.name.is_empty(), Error::<T>::EmptyName);
		ensure!((1..=maxima.limits.fuel).contains(&fuel), Error::<T>::InvalidFuel);
		ensure!((1..=maxima.limits.load_fuel).contains(&load_fuel), Error::<T>::InvalidLoadFuel);
		ensure!((1..=maxima.limits.memory).contains(&memory), Error::<T>::InvalidMemory);
		ensure!(model.royalty <= T::MaxRoyalty::get(), Error::<T>::RoyaltyTooHigh);
		ensure!(are_valid_dims(&model.dims), Error::<T>::InvalidDims);
		let engine = Engines::<T>::get(model.engine_id).ok_or(Error::<T>::UnknownEngine)?;
		ensure!(!engine.has_ended(&Self::now()), Error::<T>::EngineRetired);
		let id = NextModelId::<T>::get();
		let next = id.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?;
		T::Currency::hold(&HoldReason::Model.into(), &model.owner, T::ModelDeposit::get())?;
		NextModelId::<T>::put(next);
		Models::<T>::insert(id, &model);
		let Model { owner, model_hash, .. } = model;
		Self::deposit_event(Event::Registered { model: id, owner, model_hash });
		Ok(())
	}

	pub(crate) fn do_deregister(who: T::AccountId, id: ModelId) -> DispatchResult {
		let model = Models::<T>::get(id).ok_or(Error::<T>::UnknownModel)?;
		ensure!(model.owner == who, Error::<T>::NotOwner);
		Self::clear_list(id)?;
		let deposit = T::ModelDeposit::get();
		T::Currency::release(&HoldReason::Model.into(), &who, deposit, Precision::BestEffort)?;
		Models::<T>::remove(id);
		T::Readiness::forget(id);
		Self::deposit_event(Event::Deregistered { model: id });
		Ok(())
	}

	pub(crate) fn do_admit_engine(engine_id: H256, from: BlockNumberFor<T>) -> DispatchResult {
		let from = from.max(Self::now());
		ensure!(!Engines::<T>::contains_key(engine_id), Error::<T>::EngineAlreadyAdmitted);
		ensure!(Engines::<T>::count() < T::MaxEngines::get(), Error::<T>::TooManyEngines);
		Engines::<T>::insert(engine_id, Validity { from, until: None });
		Self::deposit_event(Event::EngineAdmitted { engine_id, from });
		Ok(())
	}

	pub(crate) fn do_set_maxima(maxima: Maxima) -> DispatchResult {
		ensure!(maxima.are_within(&T::MaximaCeiling::get()), Error::<T>::AboveCeiling);
		VersionMaxima::<T>::put(maxima);
		Self::deposit_event(Event::MaximaSet { maxima });
		Ok(())
	}

	pub(crate) fn do_retire_engine(engine_id: H256, until: BlockNumberFor<T>) -> DispatchResult {
		let now = Self::now();
		let until = until.max(now);
		Engines::<T>::try_mutate(engine_id, |entry| -> DispatchResult {
			let validity = entry.as_mut().ok_or(Error::<T>::UnknownEngine)?;
			ensure!(!validity.has_ended(&now), Error::<T>::EngineRetired);
			validity.until = Some(until);
			Ok(())
		})?;
		Self::deposit_event(Event::EngineRetired { engine_id, until });
		Ok(())
	}
}

/// True where the names are UTF-8, not empty, sorted and distinct, and no size is zero.
fn are_valid_dims(dims: &Dims) -> bool {
	dims.windows(2).all(|pair| pair[0].name < pair[1].name)
		&& dims.iter().all(|dim| {
			!dim.name.is_empty() && core::str::from_utf8(&dim.name).is_ok() && dim.size > 0
		})
}
