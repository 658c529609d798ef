//! The life of a request on the real runtime: off-chain worker → pool validation → dispatch,
//! and what happens to those who lie or stay silent. Every test ends with `try_state` of all
//! pallets and a check that no planck appeared or vanished unnoticed.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use codec::{Decode, Encode};
use frame_support::{assert_noop, assert_ok, traits::Hooks, BoundedVec};
use opg_primitives::{
	batch_payload, commitment, possession_payload, Answer, BatchKind, ExecutorKey, Job, JobStatus,
	ModelError, Outcome, RequestId, Unavailable,
};
use opg_runtime::{constants::OPG, *};
use opg_runtime_interface::{Engine, EngineExt};
use pallet_opg_attestation::{reject, Batch, Commitment, Decline, Records, Reveal};
use pallet_opg_inference::{Error as InferenceError, State};
use pallet_opg_staking::{Pools, Role, Status};
use pallet_opg_support::FailureReason;
use sp_core::{
	offchain::{testing, OffchainDbExt, OffchainWorkerExt, TransactionPoolExt},
	H256,
};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::{
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
	BuildStorage, Perbill,
};

const EXECUTORS: [(Sr25519Keyring, Ed25519Keyring); 6] = [
	(Sr25519Keyring::Alice, Ed25519Keyring::Alice),
	(Sr25519Keyring::Bob, Ed25519Keyring::Bob),
	(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie),
	(Sr25519Keyring::Ferdie, Ed25519Keyring::Ferdie),
	(Sr25519Keyring::One, Ed25519Keyring::One),
	(Sr25519Keyring::Two, Ed25519Keyring::Two),
];
const FUEL: u64 = 1_000_000;
const SALT: [u8; 32] = [7; 32];

fn right() -> Answer {
	Answer { outcome: Outcome::Output(BoundedVec::truncate_from(vec![4, 2])), fuel: FUEL }
}

fn wrong() -> Answer {
	Answer { outcome: Outcome::Error(ModelError::Trapped), fuel: FUEL }
}

struct FixedEngine;
impl Engine for FixedEngine {
	fn submit(&mut self, job: Job) -> Result<JobStatus, Unavailable> {
		assert_eq!(job.input, b"input");
		Ok(JobStatus::Done(right()))
	}
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

fn genesis() -> sp_io::TestExternalities {
	let mut config = serde_json::to_value(RuntimeGenesisConfig::default()).unwrap();
	let preset = genesis_config_presets::get_preset(&"development".into()).unwrap();
	merge(&mut config, serde_json::from_slice(&preset).unwrap());
	let config: RuntimeGenesisConfig = serde_json::from_value(config).unwrap();
	config.build_storage().unwrap().into()
}

/// A chain with six executors that serve one model of Dave, at block 2.
fn run(test: impl FnOnce()) {
	let mut ext = genesis();
	ext.execute_with(|| {
		step();
		for (account, key) in &EXECUTORS[3..] {
			let account = account.to_account_id();
			let genesis = System::block_hash(0);
			let proof = key.sign(&possession_payload(&genesis, &account));
			let bond = 10_000 * OPG;
			assert_ok!(Staking::bond(
				signed(account.clone()),
				Role::Executor,
				bond,
				Perbill::zero()
			));
			assert_ok!(Staking::set_hot_key(signed(account), key.public().into(), proof.into()));
		}
		assert_ok!(Models::register(
			signed(dave()),
			H256::repeat_byte(1),
			100,
			b"model".to_vec().try_into().unwrap(),
			H256::repeat_byte(2),
			2 * FUEL,
			OPG,
		));
		for (account, _) in &EXECUTORS {
			assert_ok!(Models::serve(signed(account.to_account_id()), 0));
		}
		Staking::plan_session(2);
		Staking::start_session(2);
		step();
		test();
		check();
	});
}

fn check() {
	Models::do_try_state().unwrap();
	Staking::do_try_state().unwrap();
	Inference::do_try_state().unwrap();
	Attestation::do_try_state().unwrap();
	let accounts: Balance = frame_system::Account::<Runtime>::iter_values()
		.map(|account| account.data.free + account.data.reserved)
		.sum();
	assert_eq!(accounts, Balances::total_issuance());
}

fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}
fn dave() -> AccountId {
	Sr25519Keyring::Dave.to_account_id()
}
fn eve() -> AccountId {
	Sr25519Keyring::Eve.to_account_id()
}

/// Begin the next block.
fn step() {
	let parent = System::block_number();
	if parent > 0 {
		frame_system::BlockHash::<Runtime>::insert(parent, H256::repeat_byte(parent as u8));
	}
	System::set_block_number(parent + 1);
	pallet_babe::AuthorVrfRandomness::<Runtime>::put(Some([parent as u8; 32]));
	Attestation::on_initialize(parent + 1);
	Inference::on_initialize(parent + 1);
}

fn steps(count: u32) {
	(0..count).for_each(|_| step());
}

/// Eve asks; the committee is drawn two blocks later.
fn request() -> RequestId {
	let id = pallet_opg_inference::NextRequestId::<Runtime>::get();
	let input = b"input".to_vec().try_into().unwrap();
	assert_ok!(Inference::request(signed(eve()), 0, input, 2 * OPG));
	steps(2);
	id
}

fn committee(id: RequestId) -> Vec<AccountId> {
	let record = Records::<Runtime>::get(id).unwrap();
	record.current().map(|seat| seat.executor.clone()).collect()
}

fn key(who: &AccountId) -> Ed25519Keyring {
	EXECUTORS.iter().find(|(sr, _)| sr.to_account_id() == *who).unwrap().1
}

fn apply(call: pallet_opg_attestation::Call<Runtime>) -> Result<(), TransactionValidityError> {
	use frame_support::traits::Authorize;
	use sp_runtime::traits::Dispatchable;
	let call = RuntimeCall::from(call);
	call.authorize(TransactionSource::External).unwrap()?;
	assert_ok!(call.dispatch(frame_system::RawOrigin::Authorized.into()));
	Ok(())
}

fn commit(id: RequestId, who: &AccountId, answer: &Answer) -> Result<(), TransactionValidityError> {
	let record = Records::<Runtime>::get(id).unwrap();
	let binding = opg_primitives::Binding {
		genesis: System::block_hash(0),
		request: id,
		round: record.round,
		executor: who.clone(),
		model: record.model,
		engine: record.engine,
		input: record.input,
	};
	let commitment = commitment(&binding, answer, &SALT);
	let items = vec![Commitment { request: id, round: record.round, commitment }];
	let batch = Batch {
		executor: who.clone(),
		at: System::block_number(),
		items: items.try_into().unwrap(),
	};
	let payload = batch_payload(BatchKind::Commit, &System::block_hash(0), &batch);
	let signature = key(who).sign(&payload).into();
	apply(pallet_opg_attestation::Call::commit { batch, signature })
}

fn reveal(id: RequestId, who: &AccountId, answer: Answer) -> Result<(), TransactionValidityError> {
	let round = Records::<Runtime>::get(id).unwrap().round;
	let items = vec![Reveal { request: id, round, answer, salt: SALT }];
	let batch = Batch {
		executor: who.clone(),
		at: System::block_number(),
		items: items.try_into().unwrap(),
	};
	let payload = batch_payload(BatchKind::Reveal, &System::block_hash(0), &batch);
	let signature = key(who).sign(&payload).into();
	apply(pallet_opg_attestation::Call::reveal { batch, signature })
}

fn stake(who: &AccountId) -> Balance {
	Pools::<Runtime>::get(Role::Executor, who).unwrap().active.balance
}

fn state(id: RequestId) -> State<AccountId, BlockNumber> {
	pallet_opg_inference::Requests::<Runtime>::get(id).unwrap().state
}

fn failed(id: RequestId) -> Option<FailureReason> {
	match state(id) {
		State::Failed { reason, .. } => Some(reason),
		_ => None,
	}
}

fn refused(code: u8) -> Result<(), TransactionValidityError> {
	Err(InvalidTransaction::Custom(code).into())
}

#[test]
fn worker_should_drive_a_request_to_payment_through_the_pool() {
	let mut ext = genesis();
	let (offchain, _state) = testing::TestOffchainExt::new();
	let (pool, pool_state) = testing::TestTransactionPoolExt::new();
	let keystore = MemoryKeystore::new();
	for (_, key) in &EXECUTORS[..3] {
		keystore
			.ed25519_generate_new(opg_primitives::EXECUTOR_KEY_TYPE, Some(&key.to_seed()))
			.unwrap();
	}
	ext.register_extension(OffchainDbExt::new(offchain.clone()));
	ext.register_extension(OffchainWorkerExt::new(offchain));
	ext.register_extension(TransactionPoolExt::new(pool));
	ext.register_extension(KeystoreExt::new(keystore));
	ext.register_extension(EngineExt(Box::new(FixedEngine)));
	ext.execute_with(|| {
		step();
		assert_ok!(Models::register(
			signed(dave()),
			H256::repeat_byte(1),
			100,
			b"model".to_vec().try_into().unwrap(),
			H256::repeat_byte(2),
			2 * FUEL,
			OPG,
		));
		for (account, _) in &EXECUTORS[..3] {
			assert_ok!(Models::serve(signed(account.to_account_id()), 0));
		}
		let before = Balances::free_balance(dave());
		let id = request();
		for _phase in ["commit", "reveal"] {
			Attestation::offchain_worker(System::block_number());
			let sent = std::mem::take(&mut pool_state.write().transactions);
			assert_eq!(sent.len(), 3, "one batch per executor");
			for xt in sent {
				let xt = UncheckedExtrinsic::decode(&mut &xt[..]).unwrap();
				let hash = System::block_hash(0);
				let number = System::block_number();
				let mut valid = None;
				// Validation builds on the block as parent; the storage it changes is dropped.
				let _ = frame_support::storage::with_transaction(|| {
					System::set_block_number(number);
					valid = Some(Executive::validate_transaction(
						TransactionSource::Local,
						xt.clone(),
						hash,
					));
					frame_support::storage::TransactionOutcome::Rollback(Ok::<
						_,
						sp_runtime::DispatchError,
					>(()))
				});
				let valid = valid.unwrap().unwrap();
				assert_eq!(valid.provides.len(), 1);
				assert!(valid.propagate);
				assert_ok!(Executive::apply_extrinsic(xt).unwrap());
			}
			// A second run at the same block sends nothing again.
			Attestation::offchain_worker(System::block_number());
			if _phase == "reveal" {
				assert!(pool_state.read().transactions.is_empty());
			}
			pool_state.write().transactions.clear();
			// What was sent stays locked for some blocks.
			steps(4);
		}
		let State::Attested { answer, paid, fee, .. } = state(id) else {
			panic!("not attested: {:?}", state(id))
		};
		assert_eq!(answer, right());
		assert_eq!(paid.len(), 3);
		let pay = Balance::from(FUEL) * 100_000_000;
		assert!(paid.iter().all(|(_, amount)| *amount == pay));
		assert_eq!(fee, 3 * pay + OPG);
		assert_eq!(Balances::free_balance(dave()), before + OPG);
		check();
	});
}

#[test]
fn honest_committee_should_be_paid_and_request_pruned() {
	run(|| {
		let free = Balances::free_balance(eve());
		let id = request();
		let members = committee(id);
		assert_eq!(members.len(), 3);
		members.iter().for_each(|who| commit(id, who, &right()).unwrap());
		members.iter().for_each(|who| reveal(id, who, right()).unwrap());
		let pay = Balance::from(FUEL) * 100_000_000;
		assert!(members.iter().all(|who| stake(who) == 10_000 * OPG + pay));
		// All but the fee comes back when the request is pruned.
		steps(constants::HOURS);
		assert!(pallet_opg_inference::Requests::<Runtime>::get(id).is_none());
		assert!(Records::<Runtime>::get(id).is_none());
		assert_eq!(Balances::free_balance(eve()), free - 3 * pay - OPG);
	});
}

#[test]
fn liar_should_be_outvoted_and_slashed_when_it_dissents() {
	run(|| {
		let id = request();
		let first = committee(id);
		commit(id, &first[0], &wrong()).unwrap();
		first[1..].iter().for_each(|who| commit(id, who, &right()).unwrap());
		reveal(id, &first[0], wrong()).unwrap();
		first[1..].iter().for_each(|who| reveal(id, who, right()).unwrap());
		assert!(matches!(state(id), State::Waiting { round: 1, .. }));
		steps(2);
		let second = committee(id);
		assert_eq!(second.len(), 3);
		assert!(second.iter().all(|who| !first.contains(who)));
		second.iter().for_each(|who| commit(id, who, &right()).unwrap());
		second.iter().for_each(|who| reveal(id, who, right()).unwrap());
		let State::Attested { answer, paid, .. } = state(id) else { panic!() };
		assert_eq!(answer, right());
		assert_eq!(paid.len(), 5);
		assert_eq!(stake(&first[0]), 9_000 * OPG);
		assert!(first[1..].iter().chain(&second).all(|who| stake(who) > 10_000 * OPG));
	});
}

#[test]
fn silence_should_cost_as_much_as_a_lie_when_committed() {
	run(|| {
		let id = request();
		let first = committee(id);
		first.iter().for_each(|who| commit(id, who, &right()).unwrap());
		first[1..].iter().for_each(|who| reveal(id, who, right()).unwrap());
		steps(15);
		assert_eq!(stake(&first[0]), 9_000 * OPG);
		steps(2);
		let second = committee(id);
		second.iter().for_each(|who| commit(id, who, &right()).unwrap());
		second.iter().for_each(|who| reveal(id, who, right()).unwrap());
		assert!(matches!(state(id), State::Attested { .. }));
	});
}

#[test]
fn request_should_fail_with_refund_when_nobody_answers() {
	run(|| {
		let free = Balances::free_balance(eve());
		let id = request();
		let first = committee(id);
		steps(10);
		assert!(first.iter().all(|who| stake(who) == 9_990 * OPG));
		steps(2 + 10);
		assert_eq!(failed(id), Some(FailureReason::NotEnoughCommitments));
		steps(constants::HOURS);
		assert_eq!(Balances::free_balance(eve()), free);
	});
}

fn decline(
	id: RequestId,
	who: &AccountId,
	reason: Unavailable,
) -> Result<(), TransactionValidityError> {
	let round = Records::<Runtime>::get(id).unwrap().round;
	let items = vec![Decline { request: id, round, reason }];
	let batch = Batch {
		executor: who.clone(),
		at: System::block_number(),
		items: items.try_into().unwrap(),
	};
	let payload = batch_payload(BatchKind::Decline, &System::block_hash(0), &batch);
	let signature = key(who).sign(&payload).into();
	apply(pallet_opg_attestation::Call::decline { batch, signature })
}

#[test]
fn request_should_fail_with_the_cause_when_no_node_has_the_model() {
	run(|| {
		let id = request();
		let first = committee(id);
		assert_eq!(decline(id, &first[0], Unavailable::QueueFull), refused(reject::MALFORMED));
		first.iter().for_each(|who| decline(id, who, Unavailable::ModelMissing).unwrap());
		assert!(first.iter().all(|who| stake(who) == 9_990 * OPG), "as a missed commitment");
		assert_eq!(commit(id, &first[0], &right()), refused(reject::WRONG_PHASE));
		// Nobody waits for the deadline.
		steps(2);
		committee(id).iter().for_each(|who| decline(id, who, Unavailable::ModelMissing).unwrap());
		assert_eq!(failed(id), Some(FailureReason::ModelUnavailable));
	});
}

#[test]
fn declined_seats_should_not_keep_the_others_from_revealing() {
	run(|| {
		let id = request();
		let first = committee(id);
		decline(id, &first[0], Unavailable::EngineMissing).unwrap();
		first[1..].iter().for_each(|who| commit(id, who, &right()).unwrap());
		assert_eq!(
			decline(id, &first[1], Unavailable::ModelMissing),
			refused(reject::WRONG_PHASE),
			"committed already"
		);
		first[1..].iter().for_each(|who| reveal(id, who, right()).unwrap());
		steps(2);
		let second = committee(id);
		second.iter().for_each(|who| commit(id, who, &right()).unwrap());
		second.iter().for_each(|who| reveal(id, who, right()).unwrap());
		assert!(matches!(state(id), State::Attested { .. }));
	});
}

#[test]
fn executor_should_rest_after_three_misses_and_resume() {
	run(|| {
		(0..3).for_each(|_| {
			request();
			steps(30);
		});
		let resting: Vec<_> = Pools::<Runtime>::iter_prefix(Role::Executor)
			.filter(|(_, pool)| pool.status == Status::Resting)
			.collect();
		assert_eq!(resting.len(), 6, "each request asked all six once");
		let input = b"input".to_vec().try_into().unwrap();
		assert_noop!(
			Inference::request(signed(eve()), 0, input, 2 * OPG),
			InferenceError::<Runtime>::NotEnoughExecutors
		);
		assert_ok!(Staking::resume(signed(resting[0].0.clone()), Role::Executor));
	});
}

#[test]
fn request_should_fail_when_the_second_committee_disagrees() {
	run(|| {
		let id = request();
		for _round in 0..2 {
			let members = committee(id);
			for (index, who) in members.iter().enumerate() {
				commit(id, who, &Answer { fuel: index as u64, ..right() }).unwrap();
			}
			for (index, who) in members.iter().enumerate() {
				reveal(id, who, Answer { fuel: index as u64, ..right() }).unwrap();
			}
			steps(2);
		}
		assert_eq!(failed(id), Some(FailureReason::NoAgreement));
		// Nobody is judged where nobody is known to be right.
		assert!(EXECUTORS.iter().all(|(who, _)| stake(&who.to_account_id()) == 10_000 * OPG));
	});
}

#[test]
fn attestation_should_be_refused_when_a_precondition_fails() {
	run(|| {
		let id = request();
		let members = committee(id);
		let outsider = EXECUTORS
			.iter()
			.map(|e| e.0.to_account_id())
			.find(|who| !members.contains(who))
			.unwrap();
		assert_eq!(commit(id, &outsider, &right()), refused(reject::NOT_DRAWN));
		assert_eq!(reveal(id, &members[0], right()), refused(reject::WRONG_PHASE));
		commit(id, &members[0], &right()).unwrap();
		assert_eq!(commit(id, &members[0], &right()), refused(reject::WRONG_SEAT_STATE));
		commit(id, &members[1], &right()).unwrap();
		commit(id, &members[2], &Answer { fuel: 3 * FUEL, ..right() }).unwrap();
		assert_eq!(reveal(id, &members[0], wrong()), refused(reject::WRONG_COMMITMENT));
		assert_eq!(
			reveal(id, &members[2], Answer { fuel: 3 * FUEL, ..right() }),
			refused(reject::TOO_MUCH_FUEL)
		);
		reveal(id, &members[0], right()).unwrap();
		assert_eq!(reveal(id, &members[0], right()), refused(reject::WRONG_SEAT_STATE));

		let batch = Batch {
			executor: members[1].clone(),
			at: System::block_number(),
			items: vec![Reveal { request: id, round: 0, answer: right(), salt: SALT }]
				.try_into()
				.unwrap(),
		};
		let other = key(&members[0]).sign(&batch.encode()).into();
		let call = pallet_opg_attestation::Call::reveal { batch: batch.clone(), signature: other };
		assert_eq!(apply(call), refused(reject::BAD_SIGNATURE));
		let payload = batch_payload(BatchKind::Reveal, &System::block_hash(0), &batch);
		let late = pallet_opg_attestation::Call::reveal {
			batch: Batch { at: System::block_number() + 1, ..batch },
			signature: key(&members[1]).sign(&payload).into(),
		};
		assert_eq!(apply(late), refused(reject::EXPIRED));
	});
}

#[test]
fn request_should_be_refused_with_its_reason() {
	run(|| {
		let input: opg_primitives::Input = b"input".to_vec().try_into().unwrap();
		assert_noop!(
			Inference::request(signed(eve()), 9, input.clone(), OPG),
			InferenceError::<Runtime>::UnknownModel
		);
		let cost = Inference::estimate(0).unwrap();
		assert_noop!(
			Inference::request(signed(eve()), 0, input.clone(), cost - 1),
			InferenceError::<Runtime>::MaxFeeTooLow
		);
		assert_ok!(Inference::request(signed(eve()), 0, input, cost));
	});
}

#[test]
fn committee_should_never_hold_the_requester_or_the_owner() {
	run(|| {
		let alice = Sr25519Keyring::Alice.to_account_id();
		for _ in 0..40 {
			let id = pallet_opg_inference::NextRequestId::<Runtime>::get();
			let input = b"input".to_vec().try_into().unwrap();
			assert_ok!(Inference::request(signed(alice.clone()), 0, input, 2 * OPG));
			steps(2);
			assert!(!committee(id).contains(&alice));
			let members = committee(id);
			members.iter().for_each(|who| commit(id, who, &right()).unwrap());
			members.iter().for_each(|who| reveal(id, who, right()).unwrap());
		}
	});
}

#[test]
fn draw_should_wait_when_the_parent_block_has_no_vrf_output() {
	run(|| {
		let input = b"input".to_vec().try_into().unwrap();
		assert_ok!(Inference::request(signed(eve()), 0, input, 2 * OPG));
		step();
		System::set_block_number(System::block_number() + 1);
		pallet_babe::AuthorVrfRandomness::<Runtime>::put(None::<[u8; 32]>);
		Inference::on_initialize(System::block_number());
		assert!(matches!(state(0), State::Waiting { round: 0, .. }));
		step();
		assert!(matches!(state(0), State::Assigned { round: 0, .. }));
	});
}

#[test]
fn hot_key_should_be_refused_when_it_is_taken_or_unproven() {
	run(|| {
		let key: ExecutorKey = Ed25519Keyring::Alice.public().into();
		let genesis = System::block_hash(0);
		let proof =
			|who: &AccountId| Ed25519Keyring::Alice.sign(&possession_payload(&genesis, who)).into();
		let bond = 1_000 * OPG;
		assert_ok!(Staking::bond(signed(eve()), Role::Executor, bond, Perbill::zero()));
		assert_noop!(
			Staking::set_hot_key(signed(eve()), key.clone(), proof(&dave())),
			pallet_opg_staking::Error::<Runtime>::BadProof
		);
		assert_noop!(
			Staking::set_hot_key(signed(eve()), key, proof(&eve())),
			pallet_opg_staking::Error::<Runtime>::KeyTaken
		);
	});
}
