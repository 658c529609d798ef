//! Views of the registry, for its runtime API.

use crate::{AccountId, Models, Runtime};
use alloc::vec::Vec;
use opg_primitives::{
	registry::{ModelName, Selector, MAX_NAMES_PAGE},
	ModelId,
};
use opg_runtime_api::{ListedVersionView, NameQuery, NamedModelView, Page, VersionView};
use pallet_opg_models::{
	Description, FirstAnnouncements, Model, NameId, NamedModel, NamedModels, Release, VersionLists,
};
use sp_core::H256;

pub(crate) fn version(id: ModelId) -> Option<VersionView> {
	let model = pallet_opg_models::Models::<Runtime>::get(id)?;
	let Model { owner, model_hash, size, name_id, engine_id, dims, limits, royalty, .. } = model;
	let Release { number, licence, tokenizer, generation } = model.release;
	let name = NamedModels::<Runtime>::get(name_id)?.name;
	let first = FirstAnnouncements::<Runtime>::get(model_hash)?;
	Some(VersionView {
		model: id,
		owner,
		name,
		number,
		model_hash,
		size,
		engine_id,
		dims,
		limits,
		royalty,
		report_hash: model.report_hash,
		licence,
		tokenizer,
		generation,
		deprecated: model.deprecated,
		announced_by: first.who,
		announced_at: first.at,
	})
}

pub(crate) fn resolve(
	owner: AccountId,
	name: ModelName,
	selector: Selector,
) -> Option<VersionView> {
	let (id, _) = Models::named_model(&owner, &name)?;
	version(Models::resolve(id, &selector)?)
}

pub(crate) fn named_model(owner: AccountId, name: ModelName) -> Option<NamedModelView> {
	let (id, named) = Models::named_model(&owner, &name)?;
	Some(view(id, named))
}

pub(crate) fn named_models(
	query: NameQuery,
	cursor: Option<Vec<u8>>,
	limit: u32,
) -> Page<NamedModelView> {
	let limit = limit.min(MAX_NAMES_PAGE);
	let (ids, next) = match query {
		NameQuery::All => Models::all_names(cursor, limit),
		NameQuery::Owner(owner) => Models::names_of(&owner, cursor, limit),
		NameQuery::Tag(tag) => Models::names_tagged(&tag, cursor, limit),
	};
	let named = |id| NamedModels::<Runtime>::get(id).map(|named| view(id, named));
	Page { items: ids.into_iter().filter_map(named).collect(), next }
}

pub(crate) fn versions_with(
	model_hash: H256,
	cursor: Option<Vec<u8>>,
	limit: u32,
) -> Page<VersionView> {
	let (ids, next) = Models::versions_with(model_hash, cursor, limit);
	Page { items: ids.into_iter().filter_map(version).collect(), next }
}

fn view(id: NameId, named: NamedModel<AccountId>) -> NamedModelView {
	let NamedModel { owner, name, description, channels, offered_to, deposit, .. } = named;
	let Description { tags, card } = description;
	let versions = VersionLists::<Runtime>::get(id).into_iter().rev();
	let versions = versions.map(|own| ListedVersionView {
		number: own.number,
		model: own.model,
		state: own.listing,
	});
	NamedModelView {
		owner,
		name,
		tags,
		card,
		channels: channels.into_iter().map(|own| (own.name, own.model)).collect(),
		latest: Models::resolve(id, &Selector::Latest),
		versions: versions.collect(),
		offered_to,
		deposit,
	}
}
