//! Engines: admitting, retiring, and the blocks in which they take requests.

use super::*;
use frame_support::{assert_noop, assert_ok};
use pallet_opg_support::{ModelRegistry, ModelUnavailable};
use sp_runtime::DispatchError;

#[test]
fn engine_should_be_of_use_from_its_first_block_to_its_end() {
	run(|| {
		let new = H256::repeat_byte(7);
		assert_noop!(register_for(new, &[]), Error::<Test>::UnknownEngine);
		assert_noop!(Registry::admit_engine(origin(1), new, 5), DispatchError::BadOrigin);
		assert_ok!(register_for(ENGINE, &[]));
		prove(new);
		assert_ok!(Registry::admit_engine(RuntimeOrigin::root(), new, 5));
		assert_ok!(register_for(new, &[]));
		assert_ok!(Registry::retire_engine(RuntimeOrigin::root(), new, 9));
		for (block, valid) in [(4, false), (5, true), (8, true), (9, false)] {
			System::set_block_number(block);
			let expected = if valid { Ok(()) } else { Err(ModelUnavailable::EngineNotValid) };
			assert_eq!(Registry::version(1).map(drop), expected, "block {block}");
		}
		assert_noop!(register_for(new, &[]), Error::<Test>::EngineRetired);
		assert_eq!(Registry::version(2), Err(ModelUnavailable::Unknown));
	});
}

#[test]
fn version_should_take_no_requests_when_the_court_is_not_ready() {
	run(|| {
		assert_ok!(register_for(ENGINE, &[]));
		assert!(Registry::version(0).is_ok());
		NotReady::set(&vec![0]);
		assert_eq!(Registry::version(0), Err(ModelUnavailable::NotCourtReady));
	});
}

#[test]
fn engine_should_be_refused_with_its_reason() {
	run(|| {
		let (root, new) = (RuntimeOrigin::root, H256::repeat_byte(7));
		assert_noop!(Registry::retire_engine(root(), new, 1), Error::<Test>::UnknownEngine);
		assert_noop!(Registry::retire_engine(origin(1), ENGINE, 1), DispatchError::BadOrigin);
		assert_noop!(
			Registry::admit_engine(root(), ENGINE, 1),
			Error::<Test>::EngineAlreadyAdmitted
		);
		assert_ok!(register_for(ENGINE, &[]));
		prove(new);
		assert_ok!(Registry::admit_engine(root(), new, 1));
		let third = H256::repeat_byte(8);
		prove(third);
		assert_noop!(Registry::admit_engine(root(), third, 1), Error::<Test>::TooManyEngines);
		// An end can be moved until it has come.
		assert_ok!(Registry::retire_engine(root(), new, 9));
		assert_ok!(Registry::retire_engine(root(), new, 0));
		assert_noop!(Registry::retire_engine(root(), new, 9), Error::<Test>::EngineRetired);
		assert_noop!(Registry::admit_engine(root(), new, 1), Error::<Test>::EngineAlreadyAdmitted);
	});
}
