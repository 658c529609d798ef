//! The life of a request on the real runtime: off-chain worker → pool validation → dispatch,
//! and what happens to those who lie or stay silent. Every test ends with `try_state` of all
//! pallets and a check that no planck appeared or vanished unnoticed.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

mod common;

use codec::{Decode, Encode};
use common::*;
use frame_support::{assert_noop, assert_ok, traits::Hooks};
use opg_primitives::{batch_payload, possession_payload, BatchKind, ExecutorKey, Job, JobStatus};
use opg_runtime_interface::{Engine, EngineExt};
use pallet_opg_inference::{Error as InferenceError, Phase, State};
use pallet_opg_staking::{Pools, Role, Status};
use pallet_opg_support::FailureReason;
use parking_lot::RwLock;
use sp_core::{
	offchain::{testing, OffchainDbExt, OffchainWorkerExt, TransactionPoolExt},
	Pair,
};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::{transaction_validity::TransactionSource, Perbill};

struct FixedEngine;
impl Engine for FixedEngine {
	fn submit(&mut self, job: Job) -> Result<JobStatus, Unavailable> {
		assert_eq!(job.input, b"input");
		Ok(JobStatus::Done(right()))
	}
}

/// The executors of the development chain.
const EXECUTORS: [(Sr25519Keyring, Ed25519Keyring); 3] = [
	(Sr25519Keyring::Alice, Ed25519Keyring::Alice),
	(Sr25519Keyring::Bob, Ed25519Keyring::Bob),
	(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie),
];

#[test]
fn requests_should_be_finished_but_not_taken_when_their_engine_is_retired() {
	run(|| {
		let id = request();
		assert_ok!(Models::retire_engine(RuntimeOrigin::root(), ENGINE, 0));
		assert_noop!(
			Inference::request(signed(eve()), 0, input(), Tier::Quorum, 10 * OPG),
			InferenceError::<Runtime>::EngineNotValid
		);
		assert_eq!(Inference::estimate(0, Tier::Quorum, None), None);
		answer_all(id, |_| right());
		steps(constants::CHALLENGE_WINDOW);
		assert!(matches!(state(id), State::Settled { .. }));
	});
}

/// A chain whose executors work in this process and serve the model. The test gets what they sent.
fn with_worker(test: impl FnOnce(&RwLock<testing::PoolState>)) {
	let mut ext = genesis();
	let (offchain, _state) = testing::TestOffchainExt::new();
	let (pool, pool_state) = testing::TestTransactionPoolExt::new();
	let keystore = MemoryKeystore::new();
	for (_, key) in &EXECUTORS {
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
		register_model();
		for (account, _) in &EXECUTORS {
			assert_ok!(Models::serve(signed(account.to_account_id()), 0, REPORT));
		}
		test(&pool_state);
		check();
	});
}

#[test]
fn worker_should_send_several_batches_when_it_has_many_duties() {
	with_worker(|pool_state| {
		let count = 1 + pallet_opg_attestation::MAX_BATCH as usize;
		for _ in 0..count {
			assert_ok!(Inference::request(signed(eve()), 0, input(), Tier::Quorum, 10 * OPG));
		}
		steps(2);
		Attestation::offchain_worker(System::block_number());
		let sent = std::mem::take(&mut pool_state.write().transactions);
		assert_eq!(sent.len(), 2 * EXECUTORS.len());
		for xt in sent {
			let xt = UncheckedExtrinsic::decode(&mut &xt[..]).unwrap();
			assert_ok!(Executive::apply_extrinsic(xt).unwrap());
		}
		let revealing = Records::<Runtime>::iter_values()
			.filter(|record| record.phase == pallet_opg_attestation::Phase::Reveal);
		assert_eq!(revealing.count(), count, "everyone committed to everything");
	});
}

#[test]
fn worker_should_drive_a_request_to_payment_through_the_pool() {
	with_worker(|pool_state| {
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
		assert!(matches!(state(id), State::Attested { .. }), "{:?}", state(id));
		steps(constants::CHALLENGE_WINDOW);
		let State::Settled { answer, paid, fee, .. } = state(id) else {
			panic!("not settled: {:?}", state(id))
		};
		assert_eq!(answer, right());
		assert_eq!(paid.len(), 3);
		let pay = pay();
		assert!(paid.iter().all(|(_, amount)| *amount == pay));
		assert_eq!(fee, common::fee());
		assert_eq!(fee, Inference::estimate(0, Tier::Quorum, Some(FUEL)).unwrap());
		assert_eq!(Balances::free_balance(dave()), before + OPG);
	});
}

#[test]
fn honest_committee_should_be_paid_and_request_pruned() {
	run(|| {
		let free = Balances::free_balance(eve());
		let id = request();
		let members = committee(id);
		assert_eq!(members.len(), 3);
		answer_all(id, |_| right());
		let pay = pay();
		assert!(members.iter().all(|who| stake(who) == 10_000 * OPG), "not paid yet");
		steps(constants::CHALLENGE_WINDOW);
		assert!(members.iter().all(|who| stake(who) == 10_000 * OPG + pay));
		// All but the fee comes back when the request is pruned.
		steps(constants::HOURS);
		assert!(pallet_opg_inference::Requests::<Runtime>::get(id).is_none());
		assert!(Records::<Runtime>::get(id).is_none());
		assert_eq!(Balances::free_balance(eve()), free - fee());
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
		assert!(matches!(state(id), State::Open(Phase::Waiting { round: 1, .. })));
		assert_eq!(stake(&first[0]), 10_000 * OPG, "nobody is judged yet");
		steps(2);
		let second = committee(id);
		assert_eq!(second.len(), 3);
		assert!(second.iter().all(|who| !first.contains(who)));
		answer_all(id, |_| right());
		steps(constants::CHALLENGE_WINDOW);
		let State::Settled { answer, paid, .. } = state(id) else { panic!() };
		assert_eq!(answer, right());
		assert_eq!(paid.len(), 5);
		// The fee pays three, and what the liar lost pays the other two.
		let pay = pay();
		assert!(paid.iter().all(|(_, amount)| *amount == pay));
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
		answer_all(id, |_| right());
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
		answer_all(id, |_| right());
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
		assert_noop!(
			Inference::request(signed(eve()), 0, input(), Tier::Quorum, 2 * OPG),
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
		assert!((0..6).all(|index| stake(&executor(index)) == 10_000 * OPG));
	});
}

#[test]
fn attestation_should_be_refused_when_a_precondition_fails() {
	run(|| {
		let id = request();
		let members = committee(id);
		let outsider = (0..6).map(executor).find(|who| !members.contains(who)).unwrap();
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
		let input = input();
		assert_noop!(
			Inference::request(signed(eve()), 9, input.clone(), Tier::Quorum, OPG),
			InferenceError::<Runtime>::UnknownModel
		);
		let cost = Inference::estimate(0, Tier::Quorum, None).unwrap();
		assert_noop!(
			Inference::request(signed(eve()), 0, input.clone(), Tier::Quorum, cost - 1),
			InferenceError::<Runtime>::MaxFeeTooLow
		);
		assert_ok!(Inference::request(signed(eve()), 0, input, Tier::Quorum, cost));
	});
}

#[test]
fn committee_should_never_hold_the_requester_or_the_owner() {
	run(|| {
		let alice = Sr25519Keyring::Alice.to_account_id();
		for _ in 0..40 {
			let id = pallet_opg_inference::NextRequestId::<Runtime>::get();
			assert_ok!(Inference::request(
				signed(alice.clone()),
				0,
				input(),
				Tier::Quorum,
				2 * OPG
			));
			steps(2);
			assert!(!committee(id).contains(&alice));
			answer_all(id, |_| right());
		}
	});
}

#[test]
fn draw_should_wait_when_the_parent_block_has_no_vrf_output() {
	run(|| {
		assert_ok!(Inference::request(signed(eve()), 0, input(), Tier::Quorum, 2 * OPG));
		step();
		System::set_block_number(System::block_number() + 1);
		pallet_babe::AuthorVrfRandomness::<Runtime>::put(None::<[u8; 32]>);
		Inference::on_initialize(System::block_number());
		assert!(matches!(state(0), State::Open(Phase::Waiting { round: 0, .. })));
		step();
		assert!(matches!(state(0), State::Open(Phase::Assigned { round: 0, .. })));
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
