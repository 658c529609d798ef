//! Registering, serving, and getting deposits back.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use proptest::prelude::*;
use sp_core::H256;
use sp_runtime::DispatchResult;

fn origin(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

fn register(who: u64, size: u32, name: &[u8], fuel: u64, royalty: u128) -> DispatchResult {
	let name = name.to_vec().try_into().unwrap();
	Registry::register(origin(who), H256::zero(), size, name, H256::zero(), fuel, royalty)
}

#[test]
fn register_should_be_refused_with_its_reason() {
	run(|| {
		assert_noop!(register(1, 0, b"m", 1, 0), Error::<Test>::BadSize);
		assert_noop!(register(1, 1_001, b"m", 1, 0), Error::<Test>::BadSize);
		assert_noop!(register(1, 1, b"", 1, 0), Error::<Test>::EmptyName);
		assert_noop!(register(1, 1, b"m", 0, 0), Error::<Test>::BadFuelLimit);
		assert_noop!(register(1, 1, b"m", 1_001, 0), Error::<Test>::BadFuelLimit);
		assert_noop!(register(1, 1, b"m", 1, 51), Error::<Test>::RoyaltyTooHigh);
		assert!(register(99, 1, b"m", 1, 0).is_err(), "no funds for the deposit");
		assert_ok!(register(1, 1_000, b"m", 1_000, 50));
		assert_eq!(Balances::free_balance(1), 900);
	});
}

#[test]
fn deposits_should_come_back_when_a_version_is_no_longer_served() {
	run(|| {
		assert_ok!(register(11, 1, b"m", 1, 0));
		assert_ok!(Registry::serve(origin(1), 0));
		assert_eq!(Balances::free_balance(1), 990);
		assert_noop!(Registry::deregister(origin(11), 0), Error::<Test>::StillServed);
		assert_noop!(Registry::deregister(origin(12), 0), Error::<Test>::NotOwner);
		assert_ok!(Registry::stop_serving(origin(1), 0));
		assert_ok!(Registry::deregister(origin(11), 0));
		assert_eq!((Balances::free_balance(1), Balances::free_balance(11)), (1_000, 1_000));
		assert_noop!(Registry::deregister(origin(11), 0), Error::<Test>::UnknownModel);
	});
}

#[test]
fn serve_should_be_refused_with_its_reason() {
	run(|| {
		assert_noop!(Registry::serve(origin(1), 0), Error::<Test>::UnknownModel);
		assert_ok!(register(11, 1, b"m", 1, 0));
		assert_noop!(Registry::serve(origin(12), 0), Error::<Test>::NotExecutor);
		assert_noop!(Registry::stop_serving(origin(1), 0), Error::<Test>::NotServing);
		for who in [3, 1, 2] {
			assert_ok!(Registry::serve(origin(who), 0));
		}
		assert_noop!(Registry::serve(origin(1), 0), Error::<Test>::AlreadyServing);
		assert_noop!(Registry::serve(origin(4), 0), Error::<Test>::TooManyServers);
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn holds_should_match_what_is_registered_and_served(
		steps in prop::collection::vec((0u8..4, 1u64..=12, 0u32..4), 1..120),
	) {
		run(|| {
			for (call, who, model) in steps {
				let _ = match call {
					0 => register(who, 1, b"m", 1, 0),
					1 => Registry::deregister(origin(who), model),
					2 => Registry::serve(origin(who), model),
					_ => Registry::stop_serving(origin(who), model),
				};
				Registry::do_try_state().unwrap();
			}
			for who in 1..=12u64 {
				let owned = Models::<Test>::iter_values().filter(|m| m.owner == who).count();
				let served = Servers::<Test>::iter_values().filter(|s| s.contains(&who)).count();
				let held = owned as u128 * 100 + served as u128 * 10;
				assert_eq!(Balances::free_balance(who), 1_000 - held);
			}
		});
	}
}
