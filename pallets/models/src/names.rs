//! Named models: their descriptions, their lists of versions, and their end.

use crate::{pallet::*, types::*};
use frame_support::{
	ensure,
	pallet_prelude::DispatchResult,
	traits::{fungible::MutateHold, tokens::Precision},
};
use opg_primitives::registry::{is_model_name, is_tag, Content};
use sp_runtime::DispatchError;

impl<T: Config> Pallet<T> {
	/// The named model of `owner`, with its number.
	pub(crate) fn named(
		owner: &T::AccountId,
		name: &ModelName,
	) -> Result<(NameId, NamedModelOf<T>), Error<T>> {
		let id = NamesByOwner::<T>::get(owner, name).ok_or(Error::<T>::UnknownName)?;
		NamedModels::<T>::get(id).map(|named| (id, named)).ok_or(Error::<T>::UnknownName)
	}

	/// The same, or a new one that is not stored yet.
	pub(crate) fn named_or_new(
		owner: &T::AccountId,
		name: ModelName,
	) -> Result<(NameId, NamedModelOf<T>), DispatchError> {
		if let Ok(found) = Self::named(owner, &name) {
			return Ok(found);
		}
		ensure!(is_model_name(&name), Error::<T>::InvalidName);
		let id = NextNameId::<T>::get();
		NextNameId::<T>::put(id.checked_add(1).ok_or(Error::<T>::NumbersExhausted)?);
		NamesByOwner::<T>::insert(owner, &name, id);
		let named = NamedModel {
			owner: owner.clone(),
			name,
			description: Description::default(),
			channels: Channels::new(),
			offered_to: None,
			numbers: 0,
			versions_deposit: 0,
			deposit: 0,
		};
		Ok((id, named))
	}

	/// Adds a version to the list of its named model.
	pub(crate) fn list_version(id: NameId, version: ListedVersion) -> DispatchResult {
		let mut list = VersionLists::<T>::get(id);
		let at = match list.binary_search_by(|own| own.number.cmp(&version.number)) {
			Ok(_) => return Err(Error::<T>::NumberTaken.into()),
			Err(at) => at,
		};
		list.try_insert(at, version).map_err(|_| Error::<T>::TooManyVersions)?;
		VersionLists::<T>::insert(id, list);
		Ok(())
	}

	/// Notes the state of a version in the list of its named model.
	pub(crate) fn relist(model: &ModelOf<T>, listing: VersionState) {
		VersionLists::<T>::mutate(model.name_id, |list| {
			let number = &model.release.number;
			if let Ok(at) = list.binary_search_by(|own| own.number.cmp(number)) {
				list[at].listing = listing;
			}
		});
	}

	pub(crate) fn do_describe(
		owner: T::AccountId,
		name: ModelName,
		description: Description,
	) -> DispatchResult {
		let (id, mut named) = Self::named(&owner, &name)?;
		let Description { tags, card } = &description;
		let are_valid =
			tags.windows(2).all(|pair| pair[0] < pair[1]) && tags.iter().all(|tag| is_tag(tag));
		ensure!(are_valid, Error::<T>::InvalidTags);
		ensure!(is_file(card), Error::<T>::EmptyFile);
		named.description.tags.iter().for_each(|tag| NamesByTag::<T>::remove(tag, id));
		tags.iter().for_each(|tag| NamesByTag::<T>::insert(tag, id, ()));
		named.description = description.clone();
		Self::store_named(id, named)?;
		Self::deposit_event(Event::Described { owner, name, description });
		Ok(())
	}

	pub(crate) fn do_remove_name(owner: T::AccountId, name: ModelName) -> DispatchResult {
		let (id, named) = Self::named(&owner, &name)?;
		let list = VersionLists::<T>::take(id);
		let is_empty = list.iter().all(|own| own.listing == VersionState::Removed);
		ensure!(is_empty, Error::<T>::HasVersions);
		named.description.tags.iter().for_each(|tag| NamesByTag::<T>::remove(tag, id));
		NamesByOwner::<T>::remove(&owner, &name);
		NamedModels::<T>::remove(id);
		let reason = HoldReason::Model.into();
		T::Currency::release(&reason, &owner, named.deposit, Precision::BestEffort)?;
		Self::deposit_event(Event::NameRemoved { owner, name });
		Ok(())
	}
}

/// True where there is no file, or one with bytes.
pub(crate) fn is_file(content: &Option<Content>) -> bool {
	content.is_none_or(|content| content.size > 0)
}
