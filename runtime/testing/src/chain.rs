//! Genesis, blocks and requests of the test chain, and what holds after every test.

use crate::{actors::*, FUEL};
use codec::Encode;
use frame_support::{assert_ok, traits::Hooks};
use opg_primitives::{FailureReason, Input, RequestId, Tier};
use opg_runtime::{constants::OPG, *};
use pallet_opg_inference::{tiers, NextRequestId, RequestState, Requests};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::BuildStorage;
use std::cell::Cell;

thread_local! {
	static SEED: Cell<u64> = const { Cell::new(0) };
}

/// Sets the seed of all randomness of this thread's chain.
pub fn set_seed(seed: u64) {
	SEED.with(|own| own.set(seed));
}

/// Storage of the development chain at genesis.
pub fn genesis() -> sp_io::TestExternalities {
	genesis_of(genesis_config_presets::DEVELOPMENT)
}

/// Storage at genesis of the chain whose preset is called `preset`.
pub fn genesis_of(preset: &str) -> sp_io::TestExternalities {
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	let preset = genesis_config_presets::get_preset(&preset.into()).unwrap();
	sc_chain_spec::json_merge(&mut config, serde_json::from_slice(&preset).unwrap());
	let config: RuntimeGenesisConfig = serde_json::from_value(config).unwrap();
	config.build_storage().unwrap().into()
}

/// Runs `test` on a chain with `count` executors of equal stake, which serve a model of Dave.
pub fn run_with(count: usize, test: impl FnOnce()) {
	genesis().execute_with(|| {
		step();
		(0..count).for_each(|index| open_pool(index, 10_000 * OPG));
		register_model(FUEL);
		(0..count).for_each(|index| Models::serve(signed(executor(index)), 0, REPORT).unwrap());
		Staking::plan_session(2);
		Staking::start_session(2);
		step();
		test();
		check_invariants();
	});
}

/// Runs `test` on a chain with six executors, enough for one escalation.
pub fn run(test: impl FnOnce()) {
	run_with(6, test)
}

/// Checks `try_state` of our pallets, and that accounts hold every planck that was issued.
pub fn check_invariants() {
	Models::do_try_state().unwrap();
	Staking::do_try_state().unwrap();
	Inference::do_try_state().unwrap();
	Attestation::do_try_state().unwrap();
	let accounts: Balance = frame_system::Account::<Runtime>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(accounts, Balances::total_issuance());
}

/// Begins the next block.
pub fn step() {
	begin_block();
	Attestation::on_initialize(System::block_number());
	Inference::on_initialize(System::block_number());
}

/// Begins the next block without the hooks of our pallets.
pub fn begin_block() {
	let parent = System::block_number();
	Inference::on_finalize(parent);
	if parent > 0 {
		frame_system::BlockHash::<Runtime>::insert(parent, H256::repeat_byte(parent as u8));
	}
	System::reset_events();
	System::set_block_number(parent + 1);
	let output = (SEED.with(Cell::get), parent).using_encoded(blake2_256);
	pallet_babe::AuthorVrfRandomness::<Runtime>::put(Some(output));
}

/// Begins `count` blocks.
pub fn steps(count: u32) {
	(0..count).for_each(|_| step());
}

/// Input of every request.
pub fn input() -> Input {
	b"input".to_vec().try_into().unwrap()
}

/// Number of the next request.
pub fn next_request() -> RequestId {
	NextRequestId::<Runtime>::get()
}

/// Eve makes a request of this tier, and its committee is drawn.
pub fn request_tier(tier: Tier) -> RequestId {
	let id = next_request();
	assert_ok!(Inference::request(signed(eve()), 0, input(), tier, 10 * OPG));
	steps(1 + tiers::seed_blocks(tier));
	id
}

/// Eve makes a request of the quorum tier, and its committee is drawn.
pub fn request() -> RequestId {
	request_tier(Tier::Quorum)
}

/// State of a request that is kept.
pub fn state(id: RequestId) -> RequestState<AccountId, BlockNumber> {
	Requests::<Runtime>::get(id).unwrap().state
}

/// Cause of the end of a request that failed.
pub fn failure(id: RequestId) -> Option<FailureReason> {
	match state(id) {
		RequestState::Failed { reason, .. } => Some(reason),
		_ => None,
	}
}
