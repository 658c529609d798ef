//! Lookups for clients: versions and named models by name, owner, tag and content hash, page by page.
//!
//! A cursor is the last raw key of the page before. It stays good where that entry is removed.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use frame_support::storage::KeyPrefixIterator;
use opg_primitives::{
	registry::{Requirement, Selector, Tag, MAX_PAGE},
	ModelId,
};
use sp_core::H256;

/// Items of a lookup, and the cursor of the next page if there is one.
pub type Page<I> = (Vec<I>, Option<Vec<u8>>);

impl<T: Config> Pallet<T> {
	/// The named model of `owner`.
	pub fn named_model(
		owner: &T::AccountId,
		name: &ModelName,
	) -> Option<(NameId, NamedModelOf<T>)> {
		Self::named(owner, name).ok()
	}

	/// The version of a named model that `selector` names.
	pub fn resolve(id: NameId, selector: &Selector) -> Option<ModelId> {
		let list = VersionLists::<T>::get(id);
		let highest = |is_fit: &dyn Fn(&ListedVersion) -> bool| {
			let mut current = list.iter().rev().filter(|own| own.listing == VersionState::Current);
			current.find(|own| is_fit(own)).map(|own| own.model)
		};
		match selector {
			Selector::Latest => highest(&|own| !own.number.is_pre_release()),
			Selector::Exact(number) => list
				.iter()
				.find(|own| own.number == *number && own.listing != VersionState::Removed)
				.map(|own| own.model),
			Selector::Channel(channel) => {
				let named = NamedModels::<T>::get(id)?;
				named.channels.iter().find(|own| own.name == *channel).map(|own| own.model)
			},
			Selector::Requirement(text) => {
				let requirement = Requirement::parse(core::str::from_utf8(text).ok()?)?;
				highest(&|own| own.number.meets(&requirement))
			},
		}
	}

	/// Numbers of all named models, in no order that means anything.
	pub fn all_names(cursor: Option<Vec<u8>>, limit: u32) -> Page<NameId> {
		let keys = match cursor {
			None => NamedModels::<T>::iter_keys(),
			Some(cursor) => NamedModels::<T>::iter_keys_from(cursor),
		};
		page(keys, limit)
	}

	/// Numbers of the named models of `owner`.
	pub fn names_of(owner: &T::AccountId, cursor: Option<Vec<u8>>, limit: u32) -> Page<NameId> {
		let keys = match cursor {
			None => NamesByOwner::<T>::iter_key_prefix(owner),
			Some(cursor) => NamesByOwner::<T>::iter_key_prefix_from(owner, cursor),
		};
		let (names, cursor) = page(keys, limit);
		let ids = names.iter().filter_map(|name| NamesByOwner::<T>::get(owner, name));
		(ids.collect(), cursor)
	}

	/// Numbers of the named models with this tag.
	pub fn names_tagged(tag: &Tag, cursor: Option<Vec<u8>>, limit: u32) -> Page<NameId> {
		let keys = match cursor {
			None => NamesByTag::<T>::iter_key_prefix(tag),
			Some(cursor) => NamesByTag::<T>::iter_key_prefix_from(tag, cursor),
		};
		page(keys, limit)
	}

	/// Versions whose file has this content hash. A page may be short, since a tokenizer may have it too.
	pub fn versions_with(model_hash: H256, cursor: Option<Vec<u8>>, limit: u32) -> Page<ModelId> {
		let keys = match cursor {
			None => ModelsByHash::<T>::iter_key_prefix(model_hash),
			Some(cursor) => ModelsByHash::<T>::iter_key_prefix_from(model_hash, cursor),
		};
		let (mut versions, cursor) = page(keys, limit);
		versions.retain(|id| Models::<T>::get(id).is_some_and(|own| own.model_hash == model_hash));
		(versions, cursor)
	}
}

/// The first keys, at most `limit` and [`MAX_PAGE`].
fn page<K>(mut keys: KeyPrefixIterator<K>, limit: u32) -> Page<K> {
	let limit = limit.clamp(1, MAX_PAGE) as usize;
	let items: Vec<K> = keys.by_ref().take(limit).collect();
	let cursor = (items.len() == limit).then(|| keys.last_raw_key().to_vec());
	(items, cursor)
}
