//! Hot keys: proof of possession, uniqueness, rotation.

use super::*;
use frame_support::{assert_noop, assert_ok};
use opg_primitives::possession_payload;
use pallet_opg_support::ExecutorDirectory;
use sp_core::{ed25519, Pair};

#[test]
fn hot_key_should_be_proven_unique_and_rotate_after_a_delay() {
	run(|| {
		assert_noop!(set_key(1, 1), Error::<Test>::UnknownPool);
		assert_ok!(bond(1, 1_000));
		assert_ok!(bond(2, 1_000));
		assert_ok!(set_key(1, 1));
		let first = Staking::hot_key(&1).unwrap();
		assert_noop!(set_key(2, 1), Error::<Test>::KeyTaken);
		assert_ok!(set_key(1, 11));
		assert_eq!(Staking::hot_key(&1).unwrap(), first);
		assert_noop!(set_key(1, 12), Error::<Test>::RotationPending);
		go_to(6);
		assert_ne!(Staking::hot_key(&1).unwrap(), first);
		assert_noop!(set_key(2, 1), Error::<Test>::KeyTaken);
		assert_ok!(set_key(1, 12));
		assert_ok!(set_key(2, 1));
		// A proof for another operator is none.
		let pair = ed25519::Pair::from_seed(&[3; 32]);
		let payload = possession_payload(&System::block_hash(0), &1u64);
		let proof = pair.sign(&payload);
		assert_noop!(
			Staking::set_hot_key(signed(2), pair.public().into(), proof.into()),
			Error::<Test>::InvalidProof
		);
	});
}
