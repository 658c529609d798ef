//! Registering versions and removing them.

use super::*;
use frame_support::{assert_noop, assert_ok};
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
		assert_noop!(register(1, 1, b"", 1, 0), Error::<Test>::EmptyName);
		assert_noop!(register(1, 1, b"m", 0, 0), Error::<Test>::InvalidFuel);
		assert_noop!(register(1, 1, b"m", 1_001, 0), Error::<Test>::InvalidFuel);
		assert_noop!(register(1, 1, b"m", 1, 51), Error::<Test>::RoyaltyTooHigh);
		assert_noop!(register(99, 1, b"m", 1, 0), TokenError::FundsUnavailable);
		assert_ok!(register(1, 1_000, b"m", 1_000, 50));
		assert_eq!(Balances::free_balance(1), 900);
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
		assert_eq!(Balances::free_balance(1), 990);
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
		assert_eq!((Balances::free_balance(1), Balances::free_balance(11)), (1_000, 1_000));
		assert_noop!(Registry::deregister(origin(11), 0), Error::<Test>::UnknownModel);
	});
}
