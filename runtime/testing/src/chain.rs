//! Genesis, blocks and requests of the test chain, and what holds after every test.

use crate::{actors::*, seat_court, FUEL};
use codec::{Decode, Encode};
use frame_support::{assert_ok, traits::Hooks};
use opg_primitives::{Content, FailureReason, Input, ModelId, RequestId, Tier};
use opg_runtime::{constants::OPG, *};
use pallet_opg_inference::{CommitteeStatus, NextRequestId, RequestState, Requests};
use pallet_opg_support::ExecutorStake;
use sp_consensus_babe::{
	digests::{PreDigest, SecondaryVRFPreDigest},
	make_vrf_transcript, AuthorityId,
};
use sp_core::{
	crypto::VrfSecret,
	sr25519::{
		self,
		vrf::{VrfProof, VrfSignature},
	},
	Pair, H256,
};
use sp_io::hashing::blake2_256;
use sp_keyring::Sr25519Keyring;
use sp_runtime::{BuildStorage, WeakBoundedVec};
use std::cell::{Cell, RefCell};

/// Validators of the test chain.
const VALIDATORS: usize = 3;

thread_local! {
	static SEED: Cell<u64> = const { Cell::new(0) };
	/// Keys of the authors: to derive one takes longer than a block.
	static AUTHORS: RefCell<Vec<sr25519::Pair>> = RefCell::new(authors(VALIDATORS));
}

fn authors(count: usize) -> Vec<sr25519::Pair> {
	let seed = |index| (b"author", index as u32).using_encoded(blake2_256);
	let others = (VALIDATORS..count).map(|index| sr25519::Pair::from_seed(&seed(index)));
	[Sr25519Keyring::Alice, Sr25519Keyring::Bob, Sr25519Keyring::Charlie]
		.into_iter()
		.map(|author| author.pair())
		.chain(others)
		.collect()
}

/// Sets the number of authors of this thread's chain, from three on: so many validators has it for
/// whoever counts them.
pub fn set_author_count(count: usize) {
	AUTHORS.with(|own| {
		if own.borrow().len() != count {
			own.replace(authors(count));
		}
	});
}

/// Sets the seed of all randomness of this thread's chain.
pub fn set_seed(seed: u64) {
	SEED.with(|own| own.set(seed));
}

/// Storage of the development chain at genesis.
pub fn genesis() -> sp_io::TestExternalities {
	genesis_of(genesis_config_presets::DEVELOPMENT)
}

/// Contents of the storage of the development chain at genesis.
pub fn genesis_storage() -> sp_runtime::Storage {
	with_engine(config_of(genesis_config_presets::DEVELOPMENT)).build_storage().unwrap()
}

/// Storage at genesis of the chain whose preset is called `preset`, with the engine of the tests besides.
pub fn genesis_of(preset: &str) -> sp_io::TestExternalities {
	with_engine(config_of(preset)).build_storage().unwrap().into()
}

/// Storage at genesis as the preset of this name says, and nothing else.
pub fn preset(name: &str) -> sp_io::TestExternalities {
	config_of(name).build_storage().unwrap().into()
}

/// Nobody has computed anything with the engine of the tests, so it is there from the beginning.
fn with_engine(mut config: RuntimeGenesisConfig) -> RuntimeGenesisConfig {
	config.models.engines.push(ENGINE_ID);
	config
}

fn config_of(preset: &str) -> RuntimeGenesisConfig {
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	let preset = genesis_config_presets::get_preset(&preset.into()).unwrap();
	merge(&mut config, serde_json::from_slice(&preset).unwrap());
	serde_json::from_value(config).unwrap()
}

/// Puts what `patch` says into `config`, as the node does with a preset. The node's own function would
/// make tests of the runtime depend on the network.
fn merge(config: &mut serde_json::Value, patch: serde_json::Value) {
	match (config, patch) {
		(serde_json::Value::Object(config), serde_json::Value::Object(patch)) => {
			for (key, value) in patch {
				merge(config.entry(key).or_insert(serde_json::Value::Null), value);
			}
		},
		(config, patch) => *config = patch,
	}
}

/// Runs `test` on a chain with `count` executors of equal stake, which serve a model of Dave.
pub fn run_with(count: usize, test: impl FnOnce()) {
	genesis().execute_with(|| {
		step();
		(0..count).for_each(|index| open_pool(index, 10_000 * OPG));
		register_model(FUEL);
		(0..count).for_each(|index| Models::serve(signed(executor(index)), 0, REPORT).unwrap());
		// Who serves now is a candidate in the session that is planned next.
		next_session();
		next_session();
		step();
		test();
		check_invariants();
	});
}

/// The next session begins, with the first three executors as validators of the court, and the one
/// after it is planned.
pub fn next_session() {
	let next = Staking::session() + 1;
	Staking::start_session(next);
	seat_court(VALIDATORS);
	Staking::plan_session(next + 1);
}

/// Runs `test` on a chain with six executors, enough for one escalation.
pub fn run(test: impl FnOnce()) {
	run_with(6, test)
}

/// Checks `try_state` of our pallets, and that accounts hold every planck that was issued.
pub fn check_invariants() {
	Clock::do_try_state().unwrap();
	Models::do_try_state().unwrap();
	Staking::do_try_state().unwrap();
	Inference::do_try_state().unwrap();
	Attestation::do_try_state().unwrap();
	Court::do_try_state().unwrap();
	check_holds();
	let accounts: Balance = frame_system::Account::<Runtime>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(accounts, Balances::total_issuance());
}

/// Begins the next block.
pub fn step() {
	begin_block();
	initialize_pallets();
}

/// Begins the next block, whose author shows no VRF output: nothing is drawn in it, and every answer
/// whose window ends soon is audited. It takes a third of the time.
pub fn quiet_step() {
	end_block();
	pallet_babe::Initialized::<Runtime>::kill();
	initialize_pallets();
}

/// Runs the hooks of our pallets at the beginning of a block.
pub fn initialize_pallets() {
	let block = System::block_number();
	Scheduler::on_initialize(block);
	Staking::on_initialize(block);
	Attestation::on_initialize(block);
	Inference::on_initialize(block);
	Court::on_initialize(block);
	Clock::on_initialize(block);
	Treasury::on_initialize(block);
	SafeMode::on_initialize(block);
}

/// Ends this block and begins the next without the hooks of our pallets.
pub fn begin_block() {
	end_block();
	set_author(System::block_number());
}

/// Ends this block. The next one has no author yet.
fn end_block() {
	let parent = System::block_number();
	if parent > 0 {
		Inference::on_finalize(parent);
		Clock::on_finalize(parent);
		frame_system::BlockHash::<Runtime>::insert(parent, H256::repeat_byte(parent as u8));
	}
	System::reset_events();
	System::set_block_number(parent + 1);
}

/// Gives the block the pre-digest of its author, as Babe finds it in a header: the slot is the number
/// of the block, and the randomness of the epoch a hash of the seed and that number. Authors take
/// turns.
fn set_author(block: BlockNumber) {
	AUTHORS.with(|authors| set_author_of(&authors.borrow(), block));
}

fn set_author_of(authors: &[sr25519::Pair], block: BlockNumber) {
	let authority = |author: &sr25519::Pair| (AuthorityId::from(author.public()), 1);
	let authorities: Vec<_> = authors.iter().map(authority).collect();
	pallet_babe::Authorities::<Runtime>::put(WeakBoundedVec::force_from(authorities, None));
	let randomness = (SEED.with(Cell::get), block).using_encoded(blake2_256);
	pallet_babe::Randomness::<Runtime>::put(randomness);
	let slot = u64::from(block).into();
	pallet_babe::CurrentSlot::<Runtime>::put(slot);
	let index = block as usize % authors.len();
	let input = make_vrf_transcript(&randomness, slot, Babe::epoch_index());
	let pre_output = authors[index].vrf_pre_output(&input);
	// The runtime reads the output alone: it is the import of a block that checks the proof.
	let proof = VrfProof::decode(&mut &[0; 64][..]).unwrap();
	let digest = SecondaryVRFPreDigest {
		authority_index: index as u32,
		slot,
		vrf_signature: VrfSignature { pre_output, proof },
	};
	pallet_babe::Initialized::<Runtime>::put(Some(PreDigest::SecondaryVRF(digest)));
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

/// Eve makes a request of this tier. Its committee is not drawn yet.
pub fn request_undrawn(tier: Tier) -> RequestId {
	let id = next_request();
	let (max_fee, max_royalty) = (10 * OPG, OPG);
	let (reference, deadline) = (H256::zero(), None);
	let call = Inference::request(
		signed(eve()),
		0,
		input(),
		tier,
		max_fee,
		max_royalty,
		reference,
		deadline,
		None,
	);
	assert_ok!(call);
	id
}

/// Eve makes a request of the tier `Quorum` whose input is outside of the chain.
pub fn request_stored(model: ModelId, input: Content) -> RequestId {
	let id = next_request();
	let (max_fee, max_royalty, reference) = (30 * OPG, OPG, H256::zero());
	let call = Inference::request_stored(
		signed(eve()),
		model,
		input,
		Tier::Quorum,
		max_fee,
		max_royalty,
		reference,
		None,
		None,
	);
	assert_ok!(call);
	id
}

/// Eve makes a request of this tier, and its committee is drawn.
pub fn request_tier(tier: Tier) -> RequestId {
	let id = request_undrawn(tier);
	draw(id);
	id
}

/// Begins blocks until the committee that a request waits for is drawn.
pub fn draw(id: RequestId) {
	let is_waiting = || matches!(state(id).committee(), Some(CommitteeStatus::Waiting { .. }));
	while is_waiting() {
		step();
	}
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
