//! Calls about versions and engines: checks and state changes behind the signatures in `lib.rs`.

use crate::{names::is_file, pallet::*, types::*};
use frame_support::{ensure, pallet_prelude::DispatchResult, traits::Get};
use frame_system::pallet_prelude::BlockNumberFor;
use opg_primitives::{registry::is_licence, Dims, ModelId, VersionLimits};
use pallet_opg_support::CourtReadiness;
use sp_core::H256;

impl<T: Config> Pallet<T> {
	pub(crate) fn now() -> BlockNumberFor<T> {
		frame_system::Pallet::<T>::block_number()
	}

	pub(crate) fn do_register(
		name: ModelName,
		mut model: ModelOf<T>,
		salt: Option<[u8; 32]>,
	) -> DispatchResult {
		Self::check_version(&model)?;
		let id = NextModelId::<T>::get();
		let next = id.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?;
		let (owner, model_hash) = (model.owner.clone(), model.model_hash);
		let number = model.release.number.clone();
		let announced_at = match salt {
			Some(salt) => Self::reveal_announcement(&owner, model_hash, &salt)?,
			None => Self::now(),
		};
		let (name_id, mut named) = Self::named_or_new(&owner, name.clone())?;
		let listed =
			ListedVersion { number: number.clone(), model: id, listing: VersionState::Current };
		Self::list_version(name_id, listed)?;
		model.name_id = name_id;
		model.deposit = Self::version_deposit(&model);
		named.numbers = named.numbers.saturating_add(1);
		named.versions_deposit = named.versions_deposit.saturating_add(model.deposit);
		Self::store_named(name_id, named)?;
		NextModelId::<T>::put(next);
		for file in model.files() {
			ModelsByHash::<T>::insert(file.hash, id, ());
		}
		Models::<T>::insert(id, model);
		Self::note_file(model_hash, &owner, announced_at);
		Self::deposit_event(Event::Registered { model: id, owner, model_hash, name, number });
		Ok(())
	}

	/// Checks what a version names, by itself.
	fn check_version(model: &ModelOf<T>) -> DispatchResult {
		let maxima = VersionMaxima::<T>::get();
		let VersionLimits { fuel, load_fuel, memory, input_bytes, output_bytes } = model.limits;
		ensure!((1..=maxima.size).contains(&model.size), Error::<T>::InvalidSize);
		ensure!((1..=maxima.limits.fuel).contains(&fuel), Error::<T>::InvalidFuel);
		ensure!((1..=maxima.limits.load_fuel).contains(&load_fuel), Error::<T>::InvalidLoadFuel);
		ensure!((1..=maxima.limits.memory).contains(&memory), Error::<T>::InvalidMemory);
		ensure!(
			(1..=maxima.limits.input_bytes).contains(&input_bytes),
			Error::<T>::InvalidInputBytes
		);
		ensure!(
			(1..=maxima.limits.output_bytes).contains(&output_bytes),
			Error::<T>::InvalidOutputBytes
		);
		ensure!(model.royalty <= T::MaxRoyalty::get(), Error::<T>::RoyaltyTooHigh);
		ensure!(are_valid_dims(&model.dims), Error::<T>::InvalidDims);
		let Release { number, licence, tokenizer, generation } = &model.release;
		ensure!(number.is_valid(), Error::<T>::InvalidNumber);
		ensure!(
			licence.as_ref().is_none_or(|licence| is_licence(licence)),
			Error::<T>::InvalidLicence
		);
		ensure!(is_file(tokenizer), Error::<T>::EmptyFile);
		ensure!(generation.is_none_or(|own| own.is_valid()), Error::<T>::InvalidGeneration);
		let engine = Engines::<T>::get(model.engine_id).ok_or(Error::<T>::UnknownEngine)?;
		ensure!(!engine.has_ended(&Self::now()), Error::<T>::EngineRetired);
		Ok(())
	}

	pub(crate) fn do_deregister(who: T::AccountId, id: ModelId) -> DispatchResult {
		let model = Self::owned(&who, id)?;
		let mut named = NamedModels::<T>::get(model.name_id).ok_or(Error::<T>::UnknownName)?;
		ensure!(named.channels.iter().all(|own| own.model != id), Error::<T>::InChannel);
		Self::clear_list(id)?;
		named.versions_deposit = named.versions_deposit.saturating_sub(model.deposit);
		Self::store_named(model.name_id, named)?;
		Self::relist(&model, VersionState::Removed);
		Models::<T>::remove(id);
		for file in model.files() {
			ModelsByHash::<T>::remove(file.hash, id);
		}
		Self::forget_file(model.model_hash);
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
