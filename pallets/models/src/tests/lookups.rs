//! Lookups by name, requirement, owner, tag and content hash.

use super::*;
use frame_support::assert_ok;
use opg_primitives::registry::{Selector, MAX_PAGE};
use std::collections::BTreeSet;

fn resolve(selector: &str) -> Option<String> {
	let id = Registry::resolve(0, &Selector::parse(selector).unwrap())?;
	Some(Models::<Test>::get(id).unwrap().release.number.to_string())
}

/// All items, page by page.
fn all<K: Ord>(mut page: impl FnMut(Option<Vec<u8>>) -> (Vec<K>, Option<Vec<u8>>)) -> BTreeSet<K> {
	let (mut found, mut cursor, mut count) = (BTreeSet::new(), None, 0);
	loop {
		let (items, next) = page(cursor);
		count += items.len();
		found.extend(items);
		cursor = next;
		if cursor.is_none() {
			assert_eq!(found.len(), count, "no item comes twice");
			return found;
		}
	}
}

#[test]
fn selector_should_find_the_highest_version_that_fits() {
	run(|| {
		for number in ["1.2.0", "1.10.0", "1.9.0", "2.0.0", "2.1.0-beta.2", "2.1.0-beta.11"] {
			assert_ok!(Registration::at(number).send());
		}
		let version = |text: &str| Some(text.to_string());
		assert_eq!(resolve("latest"), version("2.0.0"));
		assert_eq!(resolve("1"), version("1.10.0"));
		assert_eq!(resolve("~1.9"), version("1.9.0"));
		assert_eq!(resolve(">=2.1.0-beta.1"), version("2.1.0-beta.11"));
		assert_eq!(resolve("1.9.0"), version("1.9.0"));
		for nothing in ["3", "1.3.0", "stable", "=1.2.1"] {
			assert_eq!(resolve(nothing), None, "{nothing}");
		}
		// What is deprecated is found by its number only, what is removed by nothing.
		assert_ok!(Registry::deprecate(origin(1), 1, text(b"old")));
		assert_eq!((resolve("1"), resolve("1.10.0")), (version("1.9.0"), version("1.10.0")));
		assert_ok!(Registry::deregister(origin(1), 1));
		assert_eq!((resolve("1"), resolve("1.10.0")), (version("1.9.0"), None));
	});
}

#[test]
fn selector_should_find_nothing_when_it_is_none() {
	run(|| {
		assert_ok!(Registration::at("1.0.0").send());
		for text in [&b"\xff"[..], b"?", &[b'1'; 200]] {
			assert_eq!(Registry::resolve(0, &Selector::Requirement(text.to_vec())), None);
		}
		assert_eq!(Registry::resolve(9, &Selector::Latest), None);
	});
}

#[test]
fn pages_should_give_every_entry_once() {
	run(|| {
		for index in 0..7u32 {
			let name = format!("m{index}");
			let (owner, name) = (1 + u64::from(index % 2), text(name.as_bytes()));
			let tags = vec![text(if index < 3 { b"ocr" } else { b"text" })].try_into().unwrap();
			assert_ok!(Registration { owner, name, ..Registration::of(b"") }.send());
			let named = NamedModels::<Test>::get(index).unwrap();
			let description = Description { tags, card: None };
			assert_ok!(Registry::describe(origin(owner), named.name, description));
		}
		let set = |ids: &[u32]| ids.iter().copied().collect::<BTreeSet<_>>();
		for limit in [0, 1, 2, 3, 100, u32::MAX] {
			assert_eq!(all(|cursor| Registry::all_names(cursor, limit)), (0..7).collect());
			assert_eq!(all(|cursor| Registry::names_of(&2, cursor, limit)), set(&[1, 3, 5]));
			let tag = text(b"ocr");
			assert_eq!(all(|cursor| Registry::names_tagged(&tag, cursor, limit)), set(&[0, 1, 2]));
			let same = |cursor| Registry::versions_with(H256::zero(), cursor, limit);
			assert_eq!(all(same), (0..7).collect());
		}
		assert!(Registry::names_of(&9, None, 9).0.is_empty());
	});
}

#[test]
fn page_should_be_bounded_and_go_on_when_its_last_entry_was_removed() {
	run(|| {
		for patch in 0..150 {
			assert_ok!(Registration::at(&format!("1.0.{patch}")).send());
		}
		let (first, cursor) = Registry::versions_with(H256::zero(), None, u32::MAX);
		assert_eq!(first.len(), MAX_PAGE as usize);
		assert_ok!(Registry::deregister(origin(1), *first.last().unwrap()));
		let (rest, end) = Registry::versions_with(H256::zero(), cursor, u32::MAX);
		assert_eq!((rest.len(), end), (50, None));
		// A cursor that is none finds nothing of others.
		for cursor in [vec![], vec![0xff; 500], NextModelId::<Test>::hashed_key().to_vec()] {
			let (items, _) = Registry::versions_with(REPORT, Some(cursor), 100);
			assert!(items.is_empty());
		}
	});
}
