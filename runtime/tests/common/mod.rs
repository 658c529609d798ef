//! A chain on the real runtime with executors whose answers the test chooses.

#![allow(dead_code, unused_imports)] // Each test file uses a part.

use codec::Encode;
use frame_support::{assert_ok, traits::Hooks, BoundedVec};
use opg_primitives::{
	batch_payload, commitment, possession_payload, BatchKind, Binding, ModelError, Outcome,
};
pub use opg_primitives::{Answer, RequestId, Tier, Unavailable};
pub use opg_runtime::{constants::OPG, *};
pub use pallet_opg_attestation::{reject, Batch, Commitment, Decline, Records, Reveal};
use pallet_opg_inference::State;
use pallet_opg_staking::{Pools, Role};
use pallet_opg_support::FailureReason;
use sp_core::{ed25519, Pair, H256};
use sp_io::hashing::blake2_256;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_runtime::{
	traits::Dispatchable,
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
	BuildStorage, DispatchResult, Perbill,
};

pub const FUEL: u64 = 1_000_000;
pub const SALT: [u8; 32] = [7; 32];
/// Id of the engine.
pub const ENGINE: H256 = H256::repeat_byte(2);
/// Digest of the model's inspection report.
pub const REPORT: H256 = H256::repeat_byte(3);

pub fn right() -> Answer {
	Answer { outcome: Outcome::Output(BoundedVec::truncate_from(vec![4, 2])), fuel: FUEL }
}

pub fn wrong() -> Answer {
	Answer { outcome: Outcome::Error(ModelError::Trapped), fuel: FUEL }
}

/// What one executor earns for one answer.
pub fn pay() -> Balance {
	Balance::from(FUEL) * 100_000_000
}

/// What a quorum costs: three executors, five percent, two percent of a jury of seven, the royalty.
pub fn fee() -> Balance {
	3 * pay() + 3 * pay() / 20 + 7 * pay() / 50 + OPG
}

fn merge(base: &mut serde_json::Value, patch: serde_json::Value) {
	match (base, patch) {
		(serde_json::Value::Object(base), serde_json::Value::Object(patch)) => {
			for (key, value) in patch {
				merge(base.entry(key).or_insert(serde_json::Value::Null), value);
			}
		},
		(base, patch) => *base = patch,
	}
}

pub fn genesis() -> sp_io::TestExternalities {
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	let preset = genesis_config_presets::get_preset(&"development".into()).unwrap();
	merge(&mut config, serde_json::from_slice(&preset).unwrap());
	let config: RuntimeGenesisConfig = serde_json::from_value(config).unwrap();
	config.build_storage().unwrap().into()
}

/// Executor number `index`: the first three are those of the development chain.
pub fn executor(index: usize) -> AccountId {
	match index {
		0 => Sr25519Keyring::Alice.to_account_id(),
		1 => Sr25519Keyring::Bob.to_account_id(),
		2 => Sr25519Keyring::Charlie.to_account_id(),
		_ => AccountId::from(blake2_256(&(b"executor", index as u32).encode())),
	}
}

fn pair(index: usize) -> ed25519::Pair {
	match index {
		0 => Ed25519Keyring::Alice.pair(),
		1 => Ed25519Keyring::Bob.pair(),
		2 => Ed25519Keyring::Charlie.pair(),
		_ => ed25519::Pair::from_seed(&blake2_256(&(index as u32).encode())),
	}
}

thread_local! {
	static PAIRS: std::cell::RefCell<std::collections::BTreeMap<AccountId, ed25519::Pair>> =
		const { std::cell::RefCell::new(std::collections::BTreeMap::new()) };
}

/// The hot key of an executor.
pub fn key(who: &AccountId) -> ed25519::Pair {
	PAIRS.with(|pairs| pairs.borrow()[who])
}

/// Open the pool of executor `index` with `stake` planck.
pub fn open_pool(index: usize, stake: Balance) {
	let who = executor(index);
	PAIRS.with(|pairs| pairs.borrow_mut().insert(who.clone(), pair(index)));
	if index < 3 {
		return;
	}
	let funds = stake + 1_000 * OPG;
	assert_ok!(Balances::force_set_balance(RuntimeOrigin::root(), who.clone().into(), funds));
	assert_ok!(Staking::bond(signed(who.clone()), Role::Executor, stake, Perbill::zero()));
	let payload = possession_payload(&System::block_hash(0), &who);
	let key = pair(index);
	let proof = key.sign(&payload).into();
	assert_ok!(Staking::set_hot_key(signed(who), key.public().into(), proof));
}

/// Register a model of Dave.
pub fn register_model() {
	assert_ok!(Models::admit_engine(RuntimeOrigin::root(), ENGINE, 0));
	assert_ok!(register(dave(), 2 * FUEL, OPG));
}

/// Register a model.
pub fn register(owner: AccountId, max_fuel: u64, royalty: Balance) -> DispatchResult {
	let name = b"model".to_vec().try_into().unwrap();
	let (hash, dims) = (H256::repeat_byte(1), Default::default());
	Models::register(signed(owner), hash, 100, name, ENGINE, dims, max_fuel, royalty, REPORT)
}

/// A chain with `count` executors of equal stake that serve one model of Dave.
pub fn run_with(count: usize, test: impl FnOnce()) {
	genesis().execute_with(|| {
		step();
		(0..count).for_each(|index| open_pool(index, 10_000 * OPG));
		register_model();
		(0..count).for_each(|index| Models::serve(signed(executor(index)), 0, REPORT).unwrap());
		Staking::plan_session(2);
		Staking::start_session(2);
		step();
		test();
		check();
	});
}

/// With six executors: enough for one escalation.
pub fn run(test: impl FnOnce()) {
	run_with(6, test)
}

/// `try_state` of all pallets, and every planck accounted for.
pub fn check() {
	Models::do_try_state().unwrap();
	Staking::do_try_state().unwrap();
	Inference::do_try_state().unwrap();
	Attestation::do_try_state().unwrap();
	let accounts: Balance = frame_system::Account::<Runtime>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(accounts, Balances::total_issuance());
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}
pub fn dave() -> AccountId {
	Sr25519Keyring::Dave.to_account_id()
}
pub fn eve() -> AccountId {
	Sr25519Keyring::Eve.to_account_id()
}
pub fn ferdie() -> AccountId {
	Sr25519Keyring::Ferdie.to_account_id()
}

thread_local! {
	/// What all randomness of the chain of this test comes from.
	pub static CHANCE: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Begin the next block.
pub fn step() {
	begin();
	Attestation::on_initialize(System::block_number());
	Inference::on_initialize(System::block_number());
}

/// Begin the next block, without our hooks.
pub fn begin() {
	let parent = System::block_number();
	Inference::on_finalize(parent);
	if parent > 0 {
		frame_system::BlockHash::<Runtime>::insert(parent, H256::repeat_byte(parent as u8));
	}
	System::reset_events();
	System::set_block_number(parent + 1);
	let output = CHANCE.with(|chance| (chance.get(), parent).using_encoded(blake2_256));
	pallet_babe::AuthorVrfRandomness::<Runtime>::put(Some(output));
}

pub fn steps(count: u32) {
	(0..count).for_each(|_| step());
}

pub fn input() -> opg_primitives::Input {
	b"input".to_vec().try_into().unwrap()
}

/// Eve asks, and the committee is drawn.
pub fn request_tier(tier: Tier) -> RequestId {
	let id = pallet_opg_inference::NextRequestId::<Runtime>::get();
	assert_ok!(Inference::request(signed(eve()), 0, input(), tier, 10 * OPG));
	steps(1 + pallet_opg_inference::tiers::seed_blocks(tier));
	id
}

/// Eve asks for a quorum, and the committee is drawn.
pub fn request() -> RequestId {
	request_tier(Tier::Quorum)
}

/// Who sits in the current round.
pub fn committee(id: RequestId) -> Vec<AccountId> {
	let record = Records::<Runtime>::get(id).unwrap();
	record.current().map(|seat| seat.executor.clone()).collect()
}

pub fn apply(call: pallet_opg_attestation::Call<Runtime>) -> Result<(), TransactionValidityError> {
	use frame_support::traits::Authorize;
	let call = RuntimeCall::from(call);
	call.authorize(TransactionSource::External).unwrap()?;
	assert_ok!(call.dispatch(frame_system::RawOrigin::Authorized.into()));
	Ok(())
}

/// A signed batch of one item.
fn batch<Item: Encode + Clone>(
	kind: BatchKind,
	who: &AccountId,
	item: Item,
) -> (Batch<AccountId, BlockNumber, Item>, opg_primitives::ExecutorSignature) {
	let batch = Batch {
		executor: who.clone(),
		at: System::block_number(),
		items: BoundedVec::truncate_from(vec![item]),
	};
	let payload = batch_payload(kind, &System::block_hash(0), &batch);
	let signature = key(who).sign(&payload).into();
	(batch, signature)
}

/// What a commitment of `who` in the current round is bound to.
pub fn binding(id: RequestId, who: &AccountId) -> Binding<AccountId> {
	let record = Records::<Runtime>::get(id).unwrap();
	Binding {
		genesis: System::block_hash(0),
		request: id,
		round: record.round,
		executor: who.clone(),
		model: record.model,
		engine: record.engine,
		input: record.input,
	}
}

pub fn round(id: RequestId) -> u8 {
	Records::<Runtime>::get(id).unwrap().round
}

/// Commit to something that is not necessarily a commitment to an answer.
pub fn commit_to(
	id: RequestId,
	who: &AccountId,
	commitment: H256,
) -> Result<(), TransactionValidityError> {
	let item = Commitment { request: id, round: round(id), commitment };
	let (batch, signature) = batch(BatchKind::Commit, who, item);
	apply(pallet_opg_attestation::Call::commit { batch, signature })
}

pub fn commit(
	id: RequestId,
	who: &AccountId,
	answer: &Answer,
) -> Result<(), TransactionValidityError> {
	commit_to(id, who, commitment(&binding(id, who), answer, &SALT))
}

pub fn reveal(
	id: RequestId,
	who: &AccountId,
	answer: Answer,
) -> Result<(), TransactionValidityError> {
	let item = Reveal { request: id, round: round(id), answer, salt: SALT };
	let (batch, signature) = batch(BatchKind::Reveal, who, item);
	apply(pallet_opg_attestation::Call::reveal { batch, signature })
}

pub fn decline(
	id: RequestId,
	who: &AccountId,
	reason: Unavailable,
) -> Result<(), TransactionValidityError> {
	let item = Decline { request: id, round: round(id), reason };
	let (batch, signature) = batch(BatchKind::Decline, who, item);
	apply(pallet_opg_attestation::Call::decline { batch, signature })
}

/// Let everyone who sits commit to and reveal what `answer` says.
pub fn answer_all(id: RequestId, answer: impl Fn(&AccountId) -> Answer) {
	let members = committee(id);
	members.iter().for_each(|who| commit(id, who, &answer(who)).unwrap());
	members.iter().for_each(|who| reveal(id, who, answer(who)).unwrap());
}

pub fn stake(who: &AccountId) -> Balance {
	Pools::<Runtime>::get(Role::Executor, who).unwrap().active.balance
}

pub fn state(id: RequestId) -> State<AccountId, BlockNumber> {
	pallet_opg_inference::Requests::<Runtime>::get(id).unwrap().state
}

pub fn failed(id: RequestId) -> Option<FailureReason> {
	match state(id) {
		State::Failed { reason, .. } => Some(reason),
		_ => None,
	}
}

pub fn refused(code: u8) -> Result<(), TransactionValidityError> {
	Err(InvalidTransaction::Custom(code).into())
}
