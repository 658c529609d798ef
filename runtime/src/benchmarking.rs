//! Benchmarked pallets, and storage keys that no benchmark counts.

use crate::{AccountId, AllPalletsWithSystem, Attestation, Court, Models, Runtime, Staking};
use alloc::vec::Vec;
use frame_support::traits::{TrackedStorageKey, WhitelistedStorageKeys};
use opg_primitives::{Answer, BlockNumber, ExecutorKey, ModelId, RequestId, RoundIndex};
use pallet_opg_support::{BenchmarkCommittees, BenchmarkExecutors, BenchmarkModels, ExecutorStake};

/// Executors, models and rounds for the benchmarks of the inference pallet.
pub struct InferenceHelper;

impl BenchmarkExecutors<AccountId> for InferenceHelper {
	fn executor(who: &AccountId) -> ExecutorKey {
		Staking::executor(who)
	}
	fn snapshot(members: &[AccountId]) {
		<Staking as BenchmarkExecutors<_>>::snapshot(members)
	}
}

impl BenchmarkModels<AccountId> for InferenceHelper {
	fn version(owner: &AccountId, executors: &[AccountId]) -> ModelId {
		let model = <Models as BenchmarkModels<_>>::version(owner, executors);
		Court::fill_bench();
		Court::list_bench(model);
		model
	}
}

impl BenchmarkCommittees<AccountId> for InferenceHelper {
	fn shared_keys(commit_blocks: BlockNumber) -> Vec<Vec<u8>> {
		let mut keys = <Attestation as BenchmarkCommittees<_>>::shared_keys(commit_blocks);
		// Those of the session that a benchmark began.
		keys.extend(Staking::shared_keys());
		let session = <Staking as ExecutorStake<AccountId>>::session();
		keys.push(pallet_opg_court::Benches::<Runtime>::hashed_key_for(session));
		keys.push(pallet_babe::Authorities::<Runtime>::hashed_key().to_vec());
		keys
	}
	fn round_key(request: RequestId) -> Vec<u8> {
		<Attestation as BenchmarkCommittees<AccountId>>::round_key(request)
	}
	fn closed_rounds(request: RequestId, seats: Vec<(AccountId, RoundIndex, Answer)>) {
		Attestation::closed_rounds(request, seats)
	}
	fn vacant_seat(request: RequestId, round: RoundIndex, session: u32, members: Vec<AccountId>) {
		Attestation::vacant_seat(request, round, session, members)
	}
}

/// Keys that the hooks of every block pay for, so that no call does: see `on_initialize` of the
/// staking pallet, and of the attestation pallet for the hash of genesis and the clock.
pub fn keys_paid_by_hooks() -> Vec<TrackedStorageKey> {
	let mut keys = AllPalletsWithSystem::whitelisted_storage_keys();
	let own = [
		pallet_opg_clock::Now::<Runtime>::hashed_key().to_vec(),
		frame_system::Account::<Runtime>::hashed_key_for(Staking::account()),
		frame_system::BlockHash::<Runtime>::hashed_key_for(0),
	];
	for key in own.into_iter().chain(Staking::shared_keys()) {
		keys.push(key.into());
	}
	keys
}

// Defines macros that name the pallets where they are used.

frame_benchmarking::define_benchmarks!(
	[pallet_opg_staking, Staking]
	[pallet_opg_models, Models]
	[pallet_opg_inference, Inference]
	[pallet_opg_attestation, Attestation]
	[pallet_opg_court, Court]
);
