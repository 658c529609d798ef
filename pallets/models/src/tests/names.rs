//! Named models: tags, model cards, and their end.

use super::*;
use frame_support::{assert_noop, assert_ok};
use opg_primitives::registry::{Content, Tags};
use sp_runtime::TokenError;

fn tags(words: &[&str]) -> Tags {
	words.iter().map(|word| text(word.as_bytes())).collect::<Vec<_>>().try_into().unwrap()
}

fn describe(who: u64, words: &[&str], card: Option<Content>) -> DispatchResult {
	let description = Description { tags: tags(words), card };
	with_storage_layer(|| Registry::describe(origin(who), text(b"m"), description))
}

#[test]
fn description_should_be_refused_with_its_reason() {
	run(|| {
		assert_noop!(describe(1, &[], None), Error::<Test>::UnknownName);
		assert_ok!(Registration::at("1.0.0").send());
		assert_noop!(describe(2, &[], None), Error::<Test>::UnknownName);
		for words in [&["b", "a"][..], &["a", "a"], &[""], &["A"], &["-a"], &["a_b"]] {
			assert_noop!(describe(1, words, None), Error::<Test>::InvalidTags);
		}
		let card = Content { hash: REPORT, size: 0 };
		assert_noop!(describe(1, &[], Some(card)), Error::<Test>::EmptyFile);
		assert_ok!(describe(1, &["image", "ocr"], Some(Content { size: 1, ..card })));
	});
}

#[test]
fn deposit_should_follow_the_description() {
	run(|| {
		assert_ok!(Registration::at("1.0.0").send());
		let before = Balances::free_balance(1);
		assert_ok!(describe(1, &["image", "ocr"], Some(Content { hash: REPORT, size: 9 })));
		// Two entries; each tag twice, with its length, and a number; a hash and a length.
		let deposit = 2 * 10 + 2 * (6 + 4) + 2 * 4 + 36;
		assert_eq!(Balances::free_balance(1), before - deposit);
		assert_ok!(describe(1, &[], None));
		assert_eq!(Balances::free_balance(1), before);
		assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), 1, 5));
		let described = describe(1, &["image", "ocr"], None);
		assert_noop!(described, TokenError::FundsUnavailable);
		assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), 1, before));
	});
}

#[test]
fn name_should_be_removed_when_it_has_no_versions() {
	run(|| {
		let remove = |who| with_storage_layer(|| Registry::remove_name(origin(who), text(b"m")));
		assert_noop!(remove(1), Error::<Test>::UnknownName);
		assert_ok!(Registration::at("1.0.0").send());
		assert_ok!(describe(1, &["image"], None));
		assert_noop!(remove(1), Error::<Test>::HasVersions);
		assert_noop!(remove(2), Error::<Test>::UnknownName);
		assert_ok!(Registry::deregister(origin(1), 0));
		assert_ok!(remove(1));
		System::assert_last_event(Event::NameRemoved { owner: 1, name: text(b"m") }.into());
		assert_eq!(Balances::free_balance(1), FUNDS);
		assert_eq!(NamesByTag::<Test>::iter().count() + VersionLists::<Test>::iter().count(), 0);
		assert_ok!(Registration::at("1.0.0").send());
	});
}
