//! Registering versions and removing them.

use super::*;
use codec::Encode;
use frame_support::{assert_noop, assert_ok};
use opg_primitives::registry::{Content, TextGeneration, MAX_VERSIONS};
use pallet_opg_support::ModelRegistry;
use sp_runtime::TokenError;

#[test]
fn register_should_be_refused_when_dimensions_are_not_in_order_or_zero() {
	run(|| {
		for dims in [&[("b", 1), ("a", 1)][..], &[("a", 1), ("a", 1)], &[("", 1)], &[("a", 0)]] {
			assert_noop!(register_for(ENGINE, dims), Error::<Test>::InvalidDims);
		}
		assert_ok!(register_for(ENGINE, &[("a", 1), ("b", 7)]));
		assert_eq!(Registry::version(0).unwrap().dims.len(), 2);
	});
}

#[test]
fn register_should_be_refused_with_its_reason() {
	run(|| {
		assert_noop!(register(1, 0, b"m", 1, 0), Error::<Test>::InvalidSize);
		assert_noop!(register(1, 1_001, b"m", 1, 0), Error::<Test>::InvalidSize);
		for name in [&b""[..], b"M", b"a/b", b"-m", "\u{e9}".as_bytes()] {
			assert_noop!(register(1, 1, name, 1, 0), Error::<Test>::InvalidName);
		}
		assert_noop!(register(1, 1, b"m", 0, 0), Error::<Test>::InvalidFuel);
		assert_noop!(register(1, 1, b"m", 1_001, 0), Error::<Test>::InvalidFuel);
		assert_noop!(register(1, 1, b"m", 1, 51), Error::<Test>::RoyaltyTooHigh);
		assert_noop!(register(99, 1, b"m", 1, 0), TokenError::FundsUnavailable);
		assert_ok!(register(1, 1_000, b"m", 1_000, 50));
		let deposit = NamedModels::<Test>::get(0).unwrap().deposit;
		assert_eq!(Balances::free_balance(1), FUNDS - deposit);
	});
}

#[test]
fn register_should_be_refused_when_the_numbers_are_used_up() {
	run(|| {
		NextModelId::<Test>::put(ModelId::MAX);
		assert_noop!(register(1, 1, b"m", 1, 0), Error::<Test>::NumbersExhausted);
	});
}

#[test]
fn deposits_should_come_back_when_a_version_is_no_longer_served() {
	run(|| {
		assert_ok!(register(11, 1, b"m", 1, 0));
		assert_ok!(serve(1, 0));
		assert_eq!(Balances::free_balance(1), FUNDS - 10);
		assert_noop!(Registry::deregister(origin(11), 0), Error::<Test>::StillServed);
		assert_noop!(Registry::deregister(origin(12), 0), Error::<Test>::NotOwner);
		Session::set(&2);
		assert_ok!(Registry::stop_serving(origin(1), 0));
		Session::set(&3);
		assert_noop!(Registry::deregister(origin(11), 0), Error::<Test>::StillServed);
		Session::set(&4);
		assert!(Forgotten::get().is_empty());
		assert_ok!(Registry::deregister(origin(11), 0));
		assert_eq!(Forgotten::get(), [0u32]);
		assert_eq!(Balances::free_balance(1), FUNDS);
		let left = NamedModels::<Test>::get(0).unwrap().deposit;
		assert_eq!(Balances::free_balance(11), FUNDS - left, "the number stays used");
		assert_noop!(Registry::deregister(origin(11), 0), Error::<Test>::UnknownModel);
		assert_ok!(Registry::remove_name(origin(11), text(b"m")));
		assert_eq!(Balances::free_balance(11), FUNDS);
	});
}

/// How a model generates text.
const GENERATION: TextGeneration =
	TextGeneration { context: 2, vocabulary: 1, block: 1, token_fuel: 1, block_fuel: 1 };

/// Deposits of versions are older than the field, and are checked against the formula.
#[test]
fn version_should_pay_for_the_bytes_that_say_how_it_generates_text_and_for_none_where_it_does_not()
{
	run(|| {
		let deposit_of = |registration: Registration| {
			let id = NextModelId::<Test>::get();
			assert_ok!(registration.send());
			let model = Models::<Test>::get(id).unwrap();
			(model.deposit, model.encoded_size())
		};
		let (plain, bytes) = deposit_of(Registration::at("1.0.0"));
		let mut generator = Registration::at("2.0.0");
		generator.release.generation = Some(GENERATION);
		let (more, more_bytes) = deposit_of(generator);
		let added = 1 + GENERATION.encoded_size();
		assert_eq!(more_bytes - bytes, added - 1);
		let byte: u128 = <<Test as Config>::ByteDeposit as frame_support::traits::Get<_>>::get();
		assert_eq!(more - plain, byte * added as u128);
	});
}

#[test]
fn release_should_be_refused_when_it_is_not_one() {
	run(|| {
		let refused = |change: fn(&mut Release), error: Error<Test>| {
			let mut registration = Registration::at("1.0.0");
			change(&mut registration.release);
			assert_noop!(registration.send(), error);
		};
		refused(|release| release.number.pre = text(b"01"), Error::InvalidNumber);
		refused(|release| release.number.pre = text(b"a b"), Error::InvalidNumber);
		refused(|release| release.licence = Some(text(b"")), Error::InvalidLicence);
		refused(|release| release.licence = Some(text(b"(MIT")), Error::InvalidLicence);
		let empty = |release: &mut Release| {
			release.tokenizer = Some(Content { hash: H256::zero(), size: 0 });
		};
		refused(empty, Error::EmptyFile);
		let without_room = |release: &mut Release| {
			release.generation = Some(TextGeneration { context: 1, ..GENERATION });
		};
		refused(without_room, Error::InvalidGeneration);
		let for_nothing = |release: &mut Release| {
			release.generation = Some(TextGeneration { token_fuel: 0, ..GENERATION });
		};
		refused(for_nothing, Error::InvalidGeneration);
		let mut registration = Registration::at("1.0.0-beta.2");
		registration.release.licence = Some(text(b"Apache-2.0 OR MIT"));
		registration.release.tokenizer = Some(Content { hash: REPORT, size: 7 });
		registration.release.generation = Some(GENERATION);
		let release = registration.release.clone();
		assert_ok!(registration.send());
		assert_eq!(Models::<Test>::get(0).unwrap().release, release);
	});
}

#[test]
fn tokenizer_should_be_a_file_of_its_version_as_long_as_that_is_registered() {
	run(|| {
		let mut registration = Registration::at("1.0.0");
		registration.release.tokenizer = Some(Content { hash: REPORT, size: 7 });
		assert_ok!(registration.send());
		let model = Models::<Test>::get(0).unwrap();
		assert!(Registry::is_registered_file(model.model_hash, model.size));
		assert!(Registry::is_registered_file(REPORT, 7));
		assert!(!Registry::is_registered_file(REPORT, model.size));
		// Who looks for a model finds no tokenizer.
		assert_eq!(Registry::versions_with(model.model_hash, None, 9).0, [0]);
		assert!(Registry::versions_with(REPORT, None, 9).0.is_empty());
		assert_ok!(Registry::deregister(origin(1), 0));
		assert!(!Registry::is_registered_file(REPORT, 7));
		assert_eq!(ModelsByHash::<Test>::iter().count(), 0);
	});
}

#[test]
fn version_number_should_never_be_used_again_when_its_version_was_removed() {
	run(|| {
		assert_ok!(Registration::at("1.0.0").send());
		assert_noop!(Registration::at("1.0.0").send(), Error::<Test>::NumberTaken);
		// Another owner or name has numbers of its own.
		assert_ok!(Registration { owner: 2, ..Registration::at("1.0.0") }.send());
		assert_ok!(Registration { name: text(b"n"), ..Registration::at("1.0.0") }.send());
		assert_ok!(Registry::deregister(origin(1), 0));
		assert_noop!(Registration::at("1.0.0").send(), Error::<Test>::NumberTaken);
		assert_ok!(Registration::at("0.9.0").send());
	});
}

#[test]
fn register_should_be_refused_when_a_name_has_all_the_versions_that_it_can() {
	run(|| {
		for patch in 0..MAX_VERSIONS {
			assert_ok!(Registration::at(&format!("1.0.{patch}")).send());
		}
		assert_noop!(Registration::at("1.1.0").send(), Error::<Test>::TooManyVersions);
		assert_ok!(Registry::deregister(origin(1), 7));
		assert_noop!(Registration::at("1.1.0").send(), Error::<Test>::TooManyVersions);
	});
}
