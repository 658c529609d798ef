//! Sessions: the authorities change when they are others, and not with every session.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use frame_support::traits::{Hooks, KeyOwnerProofSystem};
use opg_runtime::*;
use opg_runtime_testing::*;
use sp_consensus_babe::KEY_TYPE;
use sp_core::{crypto::Pair, ed25519, sr25519};

/// The next session begins, as BABE begins it.
fn rotate() {
	step();
	Session::rotate_session();
	Grandpa::on_finalize(System::block_number());
}

fn run_local(test: impl FnOnce()) {
	genesis_of(genesis_config_presets::LOCAL).execute_with(|| {
		step();
		test();
	});
}

/// Keys that nobody has yet, as `session.set_keys` stores them.
fn replace_keys(validator: &AccountId, seed: u8) -> SessionKeys {
	let mut keys = Session::load_keys(validator).unwrap();
	keys.babe = sr25519::Pair::from_seed(&[seed; 32]).public().into();
	keys.grandpa = ed25519::Pair::from_seed(&[seed; 32]).public().into();
	pallet_session::NextKeys::<Runtime>::insert(validator, keys.clone());
	pallet_session::KeyOwner::<Runtime>::insert(
		(KEY_TYPE, AsRef::<[u8]>::as_ref(&keys.babe).to_vec()),
		validator,
	);
	keys
}

#[test]
fn authorities_should_stay_while_the_same_are_elected() {
	run_local(|| {
		let validators = Session::validators();
		for session in 1..=6 {
			rotate();
			assert_eq!(Session::current_index(), session);
			assert_eq!(Session::validators(), validators);
			assert_eq!(Grandpa::current_set_id(), 0);
		}
	});
}

#[test]
fn another_order_by_stake_should_not_change_the_authorities() {
	run_local(|| {
		let last = Staking::elect().unwrap().pop().unwrap();
		pallet_opg_staking::Pools::<Runtime>::mutate(
			pallet_opg_staking::Role::Validator,
			&last,
			|pool| pool.as_mut().unwrap().active.balance *= 2,
		);
		assert_eq!(Staking::elect().unwrap()[0], last);
		(0..3).for_each(|_| rotate());
		assert_eq!(Grandpa::current_set_id(), 0);
	});
}

#[test]
fn authorities_should_change_once_where_fewer_are_elected() {
	run_local(|| {
		let count = Session::validators().len();
		pallet_opg_staking::ValidatorCount::<Runtime>::put(count as u32 - 1);
		let sets: Vec<_> = (0..4)
			.map(|_| {
				rotate();
				(Session::validators().len(), Grandpa::current_set_id())
			})
			.collect();
		// Planned with the first session, in office with the second.
		assert_eq!(sets, [(count, 0), (count - 1, 1), (count - 1, 1), (count - 1, 1)]);
		assert_eq!(Grandpa::grandpa_authorities().len(), count - 1);
	});
}

#[test]
fn new_keys_of_the_same_validators_should_change_the_authorities() {
	run_local(|| {
		let validator = Session::validators()[0].clone();
		let keys = replace_keys(&validator, 7);
		rotate();
		assert_eq!(Grandpa::current_set_id(), 0);
		rotate();
		assert_eq!(Grandpa::current_set_id(), 1);
		assert!(Grandpa::grandpa_authorities().iter().any(|(key, _)| *key == keys.grandpa));
		// An equivocation with the new key can be proven, in this session and in the next.
		for session in 2..4 {
			assert_eq!(Session::current_index(), session);
			let key = (KEY_TYPE, keys.babe.clone());
			let proof = Historical::prove(key.clone()).unwrap();
			let (owner, ()) = Historical::check_proof(key, proof).unwrap();
			assert_eq!(owner, validator);
			rotate();
		}
		assert_eq!(Grandpa::current_set_id(), 1);
	});
}

/// Four are left, whoever makes blocks: the development network has no more.
#[test]
fn fifth_validator_should_lose_its_seat_when_it_made_no_block_for_a_hundred_sessions() {
	use pallet_opg_staking::{LastAuthored, PoolStatus, Pools, Role};
	run_local(|| {
		let fifth = executor(4);
		set_balance(&fifth, 10_000 * constants::OPG);
		let bond = Staking::bond(
			signed(fifth.clone()),
			Role::Validator,
			6_000 * constants::OPG,
			sp_runtime::Perbill::zero(),
		);
		bond.unwrap();
		let mut keys = Session::load_keys(&Session::validators()[0]).unwrap();
		keys.babe = sr25519::Pair::from_seed(&[9; 32]).public().into();
		keys.grandpa = ed25519::Pair::from_seed(&[9; 32]).public().into();
		pallet_session::NextKeys::<Runtime>::insert(&fifth, keys);
		let paused = || {
			let pools = Pools::<Runtime>::iter_prefix(Role::Validator);
			let paused = pools.filter(|(_, own)| matches!(own.status, PoolStatus::Paused { .. }));
			paused.map(|(who, _)| who).collect::<Vec<_>>()
		};
		for session in 1..=constants::OFFLINE_SESSIONS {
			rotate();
			// All others make their blocks.
			let working = LastAuthored::<Runtime>::get().into_iter().map(|(who, _)| who);
			working.filter(|who| *who != fifth).for_each(Staking::reward_author);
			assert_eq!(paused(), [], "{session}");
		}
		assert_eq!(Session::validators().len(), 5);
		// Elected in session 1 for session 2, and a whole session is one that has ended.
		(0..3).for_each(|_| rotate());
		assert_eq!(paused(), std::slice::from_ref(&fifth));
		(0..2).for_each(|_| rotate());
		assert!(!Session::validators().contains(&fifth));
		// Of four nobody loses a seat.
		(0..constants::OFFLINE_SESSIONS + 5).for_each(|_| rotate());
		assert_eq!(paused(), [fifth]);
		assert_eq!(Session::validators().len(), 4);
	});
}
