//! Registering, serving, and getting deposits back.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use opg_primitives::{Dim, Dims, ModelId};
use pallet_opg_support::{ModelRegistry, NoVersion};
use proptest::prelude::*;
use sp_core::H256;
use sp_runtime::{DispatchError, DispatchResult};

/// What inspection of every file gives here.
const REPORT: H256 = H256::repeat_byte(9);

fn origin(who: u64) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

fn register(who: u64, size: u32, name: &[u8], fuel: u64, royalty: u128) -> DispatchResult {
	let name = name.to_vec().try_into().unwrap();
	let dims = Dims::default();
	Registry::register(origin(who), H256::zero(), size, name, ENGINE, dims, fuel, royalty, REPORT)
}

fn serve(who: u64, model: ModelId) -> DispatchResult {
	Registry::serve(origin(who), model, REPORT)
}

fn register_for(engine: H256, dims: &[(&str, u64)]) -> DispatchResult {
	let dims = dims
		.iter()
		.map(|(name, size)| Dim { name: name.as_bytes().to_vec().try_into().unwrap(), size: *size })
		.collect::<Vec<_>>();
	let (name, dims) = (b"m".to_vec().try_into().unwrap(), dims.try_into().unwrap());
	Registry::register(origin(1), H256::zero(), 1, name, engine, dims, 1, 0, REPORT)
}

#[test]
fn dimensions_should_be_in_order_and_not_zero() {
	run(|| {
		for dims in [&[("b", 1), ("a", 1)][..], &[("a", 1), ("a", 1)], &[("", 1)], &[("a", 0)]] {
			assert_noop!(register_for(ENGINE, dims), Error::<Test>::BadDims);
		}
		assert_ok!(register_for(ENGINE, &[("a", 1), ("b", 7)]));
		assert_eq!(Registry::version(0).unwrap().dims.len(), 2);
	});
}

#[test]
fn serve_should_be_refused_when_the_executor_finds_another_report() {
	run(|| {
		assert_ok!(register(11, 1, b"m", 1, 0));
		let other = H256::repeat_byte(8);
		assert_noop!(Registry::serve(origin(1), 0, other), Error::<Test>::OtherReport);
		assert_ok!(serve(1, 0));
	});
}

#[test]
fn engine_should_be_of_use_from_its_first_block_to_its_end() {
	run(|| {
		let new = H256::repeat_byte(7);
		assert_noop!(register_for(new, &[]), Error::<Test>::UnknownEngine);
		assert_noop!(Registry::admit_engine(origin(1), new, 5), DispatchError::BadOrigin);
		assert_ok!(Registry::admit_engine(RuntimeOrigin::root(), new, 5));
		assert_ok!(register_for(new, &[]));
		assert_ok!(Registry::retire_engine(RuntimeOrigin::root(), new, 9));
		for (block, valid) in [(4, false), (5, true), (8, true), (9, false)] {
			System::set_block_number(block);
			let expected = if valid { Ok(()) } else { Err(NoVersion::EngineNotValid) };
			assert_eq!(Registry::version(0).map(drop), expected, "block {block}");
		}
		assert_noop!(register_for(new, &[]), Error::<Test>::EngineRetired);
		assert_eq!(Registry::version(1), Err(NoVersion::Unknown));
	});
}

#[test]
fn engine_should_be_refused_with_its_reason() {
	run(|| {
		let (root, new) = (RuntimeOrigin::root, H256::repeat_byte(7));
		assert_noop!(Registry::retire_engine(root(), new, 1), Error::<Test>::UnknownEngine);
		assert_noop!(Registry::admit_engine(root(), ENGINE, 1), Error::<Test>::EngineAdmitted);
		assert_ok!(Registry::admit_engine(root(), new, 1));
		let third = H256::repeat_byte(8);
		assert_noop!(Registry::admit_engine(root(), third, 1), Error::<Test>::TooManyEngines);
		// An end can be moved until it has come.
		assert_ok!(Registry::retire_engine(root(), new, 9));
		assert_ok!(Registry::retire_engine(root(), new, 0));
		assert_noop!(Registry::retire_engine(root(), new, 9), Error::<Test>::EngineRetired);
		assert_noop!(Registry::admit_engine(root(), new, 1), Error::<Test>::EngineAdmitted);
	});
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
		assert_ok!(serve(1, 0));
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
		assert_noop!(serve(1, 0), Error::<Test>::UnknownModel);
		assert_ok!(register(11, 1, b"m", 1, 0));
		assert_noop!(serve(12, 0), Error::<Test>::NotExecutor);
		assert_noop!(Registry::stop_serving(origin(1), 0), Error::<Test>::NotServing);
		for who in [3, 1, 2] {
			assert_ok!(serve(who, 0));
		}
		assert_noop!(serve(1, 0), Error::<Test>::AlreadyServing);
		assert_noop!(serve(4, 0), Error::<Test>::TooManyServers);
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
					2 => serve(who, model),
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
