//! What is benchmarked, and what is not counted in it.

use crate::{AllPalletsWithSystem, Runtime, Staking};
use alloc::vec::Vec;
use frame_support::traits::{TrackedStorageKey, WhitelistedStorageKeys};

/// Keys that hooks pay for in every block, so that nothing else does: see `on_initialize` of staking,
/// and of attestation for the hash of genesis.
pub fn paid_by_hooks() -> Vec<TrackedStorageKey> {
	let mut keys = AllPalletsWithSystem::whitelisted_storage_keys();
	for key in [
		frame_system::Account::<Runtime>::hashed_key_for(Staking::account()),
		frame_system::BlockHash::<Runtime>::hashed_key_for(0),
		pallet_opg_staking::SlashingPaused::<Runtime>::hashed_key().to_vec(),
		pallet_opg_staking::Sidelined::<Runtime>::hashed_key().to_vec(),
		pallet_opg_staking::SessionSlashed::<Runtime>::hashed_key().to_vec(),
		pallet_opg_staking::SessionStake::<Runtime>::hashed_key().to_vec(),
		pallet_opg_staking::CurrentSession::<Runtime>::hashed_key().to_vec(),
		// Benchmarks are in session 0.
		pallet_opg_staking::Snapshots::<Runtime>::hashed_key_for(0),
	] {
		keys.push(key.into());
	}
	keys
}

// The macros that this makes name the pallets where they are used.

frame_benchmarking::define_benchmarks!(
	[pallet_opg_staking, Staking]
	[pallet_opg_models, Models]
	[pallet_opg_inference, Inference]
	[pallet_opg_attestation, Attestation]
);
