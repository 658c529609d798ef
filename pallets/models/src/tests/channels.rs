//! Channels, and deprecated versions.

use super::*;
use frame_support::{assert_noop, assert_ok};
use opg_primitives::{
	registry::{Selector, MAX_CHANNELS},
	ModelId,
};
use pallet_opg_support::ModelRegistry;

fn point(who: u64, channel: &[u8], model: impl Into<Option<ModelId>>) -> DispatchResult {
	let model = model.into();
	with_storage_layer(|| Registry::set_channel(origin(who), text(b"m"), text(channel), model))
}

fn deprecate(who: u64, model: ModelId, reason: &[u8]) -> DispatchResult {
	with_storage_layer(|| Registry::deprecate(origin(who), model, text(reason)))
}

fn latest() -> Option<ModelId> {
	Registry::resolve(0, &Selector::Latest)
}

#[test]
fn channel_should_be_refused_with_its_reason() {
	run(|| {
		assert_noop!(point(1, b"stable", 0), Error::<Test>::UnknownName);
		assert_ok!(Registration::at("1.0.0").send());
		assert_ok!(Registration { name: text(b"n"), ..Registration::at("1.0.0") }.send());
		assert_noop!(point(2, b"stable", 0), Error::<Test>::UnknownName);
		for channel in [&b""[..], b"latest", b"x", b"1", b"A", b"a_b"] {
			assert_noop!(point(1, channel, 0), Error::<Test>::InvalidChannel);
		}
		assert_noop!(point(1, b"stable", 1), Error::<Test>::OtherName);
		assert_noop!(point(1, b"stable", 2), Error::<Test>::UnknownModel);
		assert_noop!(point(1, b"stable", None), Error::<Test>::UnknownChannel);
		for index in 0..MAX_CHANNELS {
			assert_ok!(point(1, format!("c{index}").as_bytes(), 0));
		}
		assert_noop!(point(1, b"stable", 0), Error::<Test>::TooManyChannels);
		assert_ok!(point(1, b"c3", 0));
	});
}

#[test]
fn channel_should_move_and_hold_its_version() {
	run(|| {
		let channel = |name: &[u8]| Registry::resolve(0, &Selector::Channel(text(name)));
		assert_ok!(Registration::at("1.0.0").send());
		assert_ok!(Registration::at("2.0.0-beta").send());
		let before = Balances::free_balance(1);
		assert_ok!(point(1, b"beta", 1));
		assert!(Balances::free_balance(1) < before);
		let (name, channel_name) = (text(b"m"), text(b"beta"));
		System::assert_last_event(
			Event::ChannelMoved { owner: 1, name, channel: channel_name, model: Some(1) }.into(),
		);
		assert_eq!((channel(b"beta"), channel(b"stable")), (Some(1), None));
		assert_noop!(Registry::deregister(origin(1), 1), Error::<Test>::InChannel);
		assert_ok!(point(1, b"beta", 0));
		assert_eq!(channel(b"beta"), Some(0));
		assert_ok!(Registry::deregister(origin(1), 1));
		assert_ok!(point(1, b"beta", None));
		assert_eq!(channel(b"beta"), None);
	});
}

#[test]
fn deprecation_should_be_refused_with_its_reason() {
	run(|| {
		assert_noop!(deprecate(1, 0, b"old"), Error::<Test>::UnknownModel);
		assert_ok!(Registration::at("1.0.0").send());
		assert_noop!(deprecate(2, 0, b"old"), Error::<Test>::NotOwner);
		assert_noop!(deprecate(1, 0, b""), Error::<Test>::InvalidReason);
		assert_noop!(deprecate(1, 0, b"\xff"), Error::<Test>::InvalidReason);
		assert_noop!(Registry::undeprecate(origin(1), 0), Error::<Test>::NotDeprecated);
		assert_noop!(Registry::undeprecate(origin(1), 1), Error::<Test>::UnknownModel);
		assert_ok!(deprecate(1, 0, b"old"));
		assert_noop!(Registry::undeprecate(origin(2), 0), Error::<Test>::NotOwner);
	});
}

#[test]
fn deprecated_version_should_answer_and_not_be_the_latest() {
	run(|| {
		for number in ["1.0.0", "1.1.0", "2.0.0-rc.1"] {
			assert_ok!(Registration::at(number).send());
		}
		assert_eq!(latest(), Some(1));
		let before = Balances::free_balance(1);
		assert_ok!(deprecate(1, 1, b"wrong for empty input"));
		assert_eq!(Balances::free_balance(1), before - 22, "a byte for its length, and its bytes");
		assert_ok!(deprecate(1, 1, b"old"));
		assert_eq!(Balances::free_balance(1), before - 4);
		assert_eq!(latest(), Some(0));
		assert!(Registry::version(1).is_ok());
		assert_ok!(deprecate(1, 0, b"old"));
		assert_eq!(latest(), None, "a pre-release is never the latest");
		assert_ok!(Registry::undeprecate(origin(1), 1));
		assert_eq!(latest(), Some(1));
		assert_eq!(Balances::free_balance(1), before - 4);
	});
}
