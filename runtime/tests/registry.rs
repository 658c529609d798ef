//! Lookups of the registry through its runtime API, and transfers while requests are open.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use frame_support::assert_ok;
use opg_primitives::{
	registry::{
		announcement, ModelName, Selector, TextGeneration, VersionNumber, VersionState,
		MAX_NAMES_PAGE,
	},
	ModelId, VersionLimits,
};
use opg_runtime::{
	constants::{BYTE_DEPOSIT, ITEM_DEPOSIT, OPG},
	*,
};
use opg_runtime_api::{
	runtime_decl_for_registry_api::RegistryApiV2, NameQuery, NamedModelView, VersionView,
};
use opg_runtime_testing::*;
use pallet_opg_models::{Description, Release};
use sp_core::H256;

/// How the model `text` generates.
const GENERATION: Option<TextGeneration> = Some(TextGeneration {
	context: 64,
	vocabulary: 100,
	block: 32,
	token_fuel: 10,
	block_fuel: 200,
});

fn name(text: &str) -> ModelName {
	text.as_bytes().to_vec().try_into().unwrap()
}

/// Registers a version of `owner`, with a file of its own for each `file`.
fn register_release(owner: AccountId, model: &str, number: &str, file: u8, salt: Option<[u8; 32]>) {
	let release = Box::new(Release {
		number: VersionNumber::parse(number).unwrap(),
		licence: Some(b"MIT".to_vec().try_into().unwrap()),
		tokenizer: None,
		generation: GENERATION.filter(|_| model == "text"),
	});
	let limits = VersionLimits::inline(FUEL, 1_000, 64);
	let (hash, dims) = (H256::repeat_byte(file), Default::default());
	assert_ok!(Models::register(
		signed(owner),
		hash,
		100,
		name(model),
		ENGINE_ID,
		dims,
		limits,
		OPG,
		REPORT,
		release,
		salt,
	));
}

fn resolve(selector: &str) -> Option<VersionView> {
	let selector = Selector::parse(selector).unwrap();
	<Runtime as RegistryApiV2<Block>>::resolve(dave(), name("digits"), selector)
}

fn named(owner: AccountId, model: &str) -> Option<NamedModelView> {
	<Runtime as RegistryApiV2<Block>>::named_model(owner, name(model))
}

fn listed(query: NameQuery) -> Vec<String> {
	let page = <Runtime as RegistryApiV2<Block>>::named_models(query, None, u32::MAX);
	let mut names: Vec<_> = page
		.items
		.into_iter()
		.map(|named| String::from_utf8(named.name.to_vec()).unwrap())
		.collect();
	names.sort();
	names
}

#[test]
fn lookups_should_find_models_by_name_owner_tag_and_file() {
	run(|| {
		let tags = vec![b"image".to_vec().try_into().unwrap()].try_into().unwrap();
		register_release(dave(), "digits", "1.0.0", 7, None);
		register_release(dave(), "digits", "1.1.0", 8, None);
		register_release(dave(), "letters", "1.0.0", 7, None);
		register_release(eve(), "digits", "1.0.0", 7, None);
		let description = Description { tags, card: None };
		assert_ok!(Models::describe(signed(dave()), name("digits"), description));
		let latest = resolve("latest").unwrap();
		assert_eq!((latest.number.to_string().as_str(), latest.owner), ("1.1.0", dave()));
		assert_eq!(latest.licence.unwrap(), b"MIT".to_vec());
		let stable = b"stable".to_vec().try_into().unwrap();
		let first = resolve("1.0.0").unwrap().model;
		assert_ok!(Models::set_channel(signed(dave()), name("digits"), stable, Some(first)));
		assert_eq!(resolve("stable").unwrap().model, first);
		assert_eq!(resolve("~1.0").unwrap().model, first);
		assert_eq!(resolve("2"), None);
		let reason = b"old".to_vec().try_into().unwrap();
		assert_ok!(Models::deprecate(signed(dave()), latest.model, reason));
		let view = named(dave(), "digits").unwrap();
		assert_eq!((view.latest, view.channels.len()), (Some(first), 1));
		let states: Vec<_> = view.versions.iter().map(|own| own.state).collect();
		assert_eq!(states, [VersionState::Deprecated, VersionState::Current]);
		assert!(view.deposit > 10 * ITEM_DEPOSIT && view.deposit < 10_000 * BYTE_DEPOSIT + OPG);
		assert_eq!(named(dave(), "other"), None);
		// The model of the test chain is Dave's too.
		assert_eq!(listed(NameQuery::Owner(dave())), ["digits", "letters", "model"]);
		assert_eq!(listed(NameQuery::Tag(b"image".to_vec().try_into().unwrap())), ["digits"]);
		assert_eq!(listed(NameQuery::All), ["digits", "digits", "letters", "model"]);
		let same = <Runtime as RegistryApiV2<Block>>::versions_with(H256::repeat_byte(7), None, 9);
		assert_eq!((same.items.len(), same.next), (3, None));
	});
}

#[test]
fn version_should_say_how_it_generates_text_when_it_does() {
	run(|| {
		register_release(dave(), "digits", "1.0.0", 7, None);
		register_release(dave(), "text", "1.0.0", 8, None);
		for (model, generation) in [("digits", None), ("text", GENERATION)] {
			let latest = named(dave(), model).unwrap().latest.unwrap();
			let version = <Runtime as RegistryApiV2<Block>>::version(latest).unwrap();
			assert_eq!(version.generation, generation);
		}
	});
}

#[test]
fn pages_should_be_bounded_whatever_is_asked_for() {
	run(|| {
		for index in 0..MAX_NAMES_PAGE {
			register_release(dave(), &format!("m{index}"), "1.0.0", 1, None);
		}
		let all = NameQuery::All;
		let page = <Runtime as RegistryApiV2<Block>>::named_models(all.clone(), None, u32::MAX);
		assert_eq!(page.items.len(), MAX_NAMES_PAGE as usize);
		let rest = <Runtime as RegistryApiV2<Block>>::named_models(all, page.next, u32::MAX);
		assert_eq!((rest.items.len(), rest.next), (1, None));
	});
}

#[test]
fn copy_should_show_who_announced_the_file_first() {
	run(|| {
		let (file, salt) = (H256::repeat_byte(9), [1; 32]);
		assert_ok!(Models::announce(signed(dave()), announcement(&dave(), &file, &salt)));
		let at = System::block_number();
		step();
		register_release(eve(), "digits", "1.0.0", 9, None);
		register_release(dave(), "digits", "1.0.0", 9, Some(salt));
		let copy = named(eve(), "digits").unwrap().latest.unwrap();
		let copy = <Runtime as RegistryApiV2<Block>>::version(copy).unwrap();
		assert_eq!((copy.owner, copy.announced_by, copy.announced_at), (eve(), dave(), at));
	});
}

/// The requester agreed to a royalty, and not to its receiver; the owner of that time earned it.
#[test]
fn royalty_of_an_open_request_should_go_to_the_owner_of_its_block() {
	run(|| {
		let model: ModelId = 0;
		let id = request();
		assert_ok!(Models::offer_transfer(signed(dave()), name("model"), Some(ferdie())));
		let accepted = Models::accept_transfer(signed(ferdie()), dave(), name("model"), 9 * OPG);
		assert!(accepted.is_ok());
		let version = <Runtime as RegistryApiV2<Block>>::version(model).unwrap();
		assert_eq!(version.owner, ferdie());
		let kept = pallet_opg_inference::Requests::<Runtime>::get(id).unwrap().version.owner;
		assert_eq!(kept, dave());
		check_holds();
	});
}
