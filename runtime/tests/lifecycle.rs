//! Life of a request on the real runtime, from the off-chain worker through the pool's validation
//! to dispatch, and the penalties of those who lie or stay silent.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use codec::Decode;
use frame_support::{assert_noop, assert_ok, hypothetically, traits::Hooks};
use opg_primitives::{Answer, FailureReason, Job, JobError, JobStatus, Tier};
use opg_runtime::{
	constants::{self, OPG},
	*,
};
use opg_runtime_interface::{JobQueue, JobQueueExt};
use opg_runtime_testing::*;
use pallet_opg_attestation::{reject, RoundPhase, Rounds};
use pallet_opg_inference::{CommitteeStatus, Error as InferenceError, RequestState};
use pallet_opg_staking::{PoolStatus, Pools, Role};
use parking_lot::RwLock;
use sp_core::offchain::{testing, OffchainDbExt, OffchainWorkerExt, TransactionPoolExt};
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::transaction_validity::{TransactionSource, ValidTransaction};

/// Job queue that has the right answer at once.
struct PromptQueue;
impl JobQueue for PromptQueue {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		assert_eq!(job.task.input, b"input");
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
		assert_ok!(Models::retire_engine(RuntimeOrigin::root(), ENGINE_ID, 0));
		assert_noop!(
			Inference::request(signed(eve()), 0, input(), Tier::Quorum, 10 * OPG),
			InferenceError::<Runtime>::EngineNotValid
		);
		assert_eq!(Inference::estimate(0, Tier::Quorum, None), None);
		answer_all(id, |_| right());
		steps(constants::CHALLENGE_WINDOW);
		assert!(matches!(state(id), RequestState::Settled { .. }));
	});
}

/// Transactions that off-chain workers have sent.
type Pool = RwLock<testing::PoolState>;

/// Runs `test` on a chain whose executors work in this process and serve the model.
fn with_worker(test: impl FnOnce(&Pool)) {
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
	ext.register_extension(JobQueueExt(Box::new(PromptQueue)));
	ext.execute_with(|| {
		step();
		register_model(FUEL);
		for (account, _) in &EXECUTORS {
			assert_ok!(Models::serve(signed(account.to_account_id()), 0, REPORT));
		}
		test(&pool_state);
		check_invariants();
	});
}

/// Lets the executors' off-chain workers run, and takes what they sent.
fn run_workers(pool: &Pool) -> Vec<UncheckedExtrinsic> {
	Attestation::offchain_worker(System::block_number());
	let sent = std::mem::take(&mut pool.write().transactions);
	sent.into_iter().map(|xt| UncheckedExtrinsic::decode(&mut &xt[..]).unwrap()).collect()
}

/// Validates `transaction` as the pool of a node does, on top of the current block.
fn validate(transaction: &UncheckedExtrinsic) -> ValidTransaction {
	let parent = System::block_hash(0);
	let source = TransactionSource::Local;
	hypothetically!(Executive::validate_transaction(source, transaction.clone(), parent)).unwrap()
}

#[test]
fn worker_should_send_several_batches_when_it_has_many_duties() {
	with_worker(|pool| {
		let count = 1 + pallet_opg_attestation::MAX_BATCH as usize;
		for _ in 0..count {
			assert_ok!(Inference::request(signed(eve()), 0, input(), Tier::Quorum, 10 * OPG));
		}
		steps(2);
		let sent = run_workers(pool);
		assert_eq!(sent.len(), 2 * EXECUTORS.len());
		for transaction in sent {
			assert_ok!(Executive::apply_extrinsic(transaction).unwrap());
		}
		let revealing =
			Rounds::<Runtime>::iter_values().filter(|round| round.phase == RoundPhase::Reveal);
		assert_eq!(revealing.count(), count, "everyone committed to everything");
	});
}

#[test]
fn worker_should_drive_a_request_to_payment_through_the_pool() {
	with_worker(|pool| {
		let before = Balances::free_balance(dave());
		let id = request();
		for phase in [RoundPhase::Commit, RoundPhase::Reveal] {
			assert_eq!(round(id).phase, phase);
			let sent = run_workers(pool);
			assert_eq!(sent.len(), EXECUTORS.len(), "one batch per executor");
			for transaction in sent {
				let valid = validate(&transaction);
				assert_eq!(valid.provides.len(), 1);
				assert!(valid.propagate);
				assert_ok!(Executive::apply_extrinsic(transaction).unwrap());
			}
			if phase == RoundPhase::Commit {
				assert_eq!(round(id).phase, RoundPhase::Reveal);
			}
		}
		assert!(run_workers(pool).is_empty(), "nothing is left to do");
		assert!(matches!(state(id), RequestState::Attested { .. }), "{:?}", state(id));
		steps(constants::CHALLENGE_WINDOW);
		let RequestState::Settled { answer, paid, fee: charged, .. } = state(id) else {
			panic!("not settled: {:?}", state(id))
		};
		assert_eq!(answer, right());
		assert_eq!(paid.len(), 3);
		assert!(paid.iter().all(|(_, amount)| *amount == pay()));
		assert_eq!(charged, fee());
		assert_eq!(charged, Inference::estimate(0, Tier::Quorum, Some(FUEL)).unwrap());
		assert_eq!(Balances::free_balance(dave()), before + OPG);
	});
}

#[test]
fn worker_should_not_send_a_batch_again_until_it_may_be_lost() {
	with_worker(|pool| {
		request();
		assert_eq!(run_workers(pool).len(), EXECUTORS.len());
		assert!(run_workers(pool).is_empty(), "sent in this block");
		// Nothing was included.
		steps(2);
		assert_eq!(run_workers(pool).len(), EXECUTORS.len());
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
		assert!(Rounds::<Runtime>::get(id).is_none());
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
		assert!(matches!(state(id), RequestState::Open(CommitteeStatus::Waiting { round: 1, .. })));
		assert_eq!(stake(&first[0]), 10_000 * OPG, "nobody is judged yet");
		steps(2);
		let second = committee(id);
		assert_eq!(second.len(), 3);
		assert!(second.iter().all(|who| !first.contains(who)));
		answer_all(id, |_| right());
		steps(constants::CHALLENGE_WINDOW);
		let RequestState::Settled { answer, paid, .. } = state(id) else { panic!() };
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
		steps(constants::COMMIT_BLOCKS + constants::REVEAL_BLOCKS);
		assert_eq!(stake(&first[0]), 9_000 * OPG);
		steps(2);
		answer_all(id, |_| right());
		assert!(matches!(state(id), RequestState::Attested { .. }));
	});
}

#[test]
fn request_should_fail_with_refund_when_nobody_answers() {
	run(|| {
		let free = Balances::free_balance(eve());
		let id = request();
		let first = committee(id);
		steps(constants::COMMIT_BLOCKS);
		assert!(first.iter().all(|who| stake(who) == 9_990 * OPG));
		steps(2 + constants::COMMIT_BLOCKS);
		assert_eq!(failure(id), Some(FailureReason::NotEnoughCommitments));
		steps(constants::HOURS);
		assert_eq!(Balances::free_balance(eve()), free);
	});
}

#[test]
fn request_should_fail_with_the_cause_when_no_node_has_the_model() {
	run(|| {
		let id = request();
		let first = committee(id);
		assert_eq!(decline(id, &first[0], JobError::QueueFull), refused(reject::MALFORMED));
		first.iter().for_each(|who| decline(id, who, JobError::ModelMissing).unwrap());
		assert!(first.iter().all(|who| stake(who) == 9_990 * OPG), "as a missed commitment");
		assert_eq!(commit(id, &first[0], &right()), refused(reject::WRONG_PHASE));
		// Nobody waits for the deadline.
		steps(2);
		committee(id).iter().for_each(|who| decline(id, who, JobError::ModelMissing).unwrap());
		assert_eq!(failure(id), Some(FailureReason::ModelUnavailable));
	});
}

#[test]
fn declined_seats_should_not_keep_the_others_from_revealing() {
	run(|| {
		let id = request();
		let first = committee(id);
		decline(id, &first[0], JobError::EngineMissing).unwrap();
		first[1..].iter().for_each(|who| commit(id, who, &right()).unwrap());
		assert_eq!(
			decline(id, &first[1], JobError::ModelMissing),
			refused(reject::WRONG_PHASE),
			"committed already"
		);
		first[1..].iter().for_each(|who| reveal(id, who, right()).unwrap());
		steps(2);
		answer_all(id, |_| right());
		assert!(matches!(state(id), RequestState::Attested { .. }));
	});
}

#[test]
fn executor_should_be_paused_after_three_misses_and_resume() {
	run(|| {
		(0..3).for_each(|_| {
			request();
			steps(30);
		});
		let paused: Vec<_> = Pools::<Runtime>::iter_prefix(Role::Executor)
			.filter(|(_, pool)| pool.status == PoolStatus::Paused)
			.collect();
		assert_eq!(paused.len(), 6, "each request asked all six once");
		assert_noop!(
			Inference::request(signed(eve()), 0, input(), Tier::Quorum, 2 * OPG),
			InferenceError::<Runtime>::NotEnoughExecutors
		);
		assert_ok!(Staking::resume(signed(paused[0].0.clone()), Role::Executor));
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
		assert_eq!(failure(id), Some(FailureReason::NoAgreement));
		// Nobody is judged where nobody is known to be right.
		assert!((0..6).all(|index| stake(&executor(index)) == 10_000 * OPG));
	});
}

#[test]
fn committee_should_never_hold_the_requester_or_the_owner() {
	run_with(8, || {
		let (alice, bob) = (executor(0), executor(1));
		assert_ok!(register(bob.clone(), 2 * FUEL, OPG));
		(0..8).for_each(|index| Models::serve(signed(executor(index)), 1, REPORT).unwrap());
		for _ in 0..40 {
			let id = next_request();
			let asked = signed(alice.clone());
			assert_ok!(Inference::request(asked, 1, input(), Tier::Quorum, 2 * OPG));
			steps(2);
			let members = committee(id);
			assert!(!members.contains(&alice) && !members.contains(&bob));
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
		assert!(matches!(state(0), RequestState::Open(CommitteeStatus::Waiting { round: 0, .. })));
		step();
		assert!(matches!(state(0), RequestState::Open(CommitteeStatus::Assigned { round: 0, .. })));
	});
}
