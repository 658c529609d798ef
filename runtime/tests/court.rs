//! The court on the real runtime: liars are convicted, the right answer is settled, and honest
//! people lose nothing.

#![allow(clippy::unwrap_used)]

use codec::Decode;
use frame_support::{
	assert_noop, assert_ok,
	traits::{Hooks, OneSessionHandler},
};
use opg_primitives::{FailureReason, Job, JobError, JobKind, JobStatus, RequestId, Tier};
use opg_runtime::{constants::OPG, *};
use opg_runtime_interface::{JobQueue, JobQueueExt};
use opg_runtime_testing::*;
use pallet_opg_court::{reject, Benches, CasePhase, Cases};
use pallet_opg_inference::{claim_hash, Error as InferenceError, RequestState, Requests};
use pallet_opg_staking::{Convictions, Pools, Role};
use pallet_opg_support::{CourtPresence, CourtReadiness, ExecutorStake};
use parking_lot::RwLock;
use sp_core::{
	offchain::{testing, OffchainDbExt, OffchainWorkerExt, TransactionPoolExt},
	H256,
};
use sp_keyring::Ed25519Keyring;
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
use sp_runtime::{DispatchError, DispatchResult, Perbill};
use std::collections::BTreeSet;

/// Operators that are convicted.
fn convicted() -> BTreeSet<AccountId> {
	Convictions::<Runtime>::iter_values().map(|conviction| conviction.operator).collect()
}

fn set(accounts: &[AccountId]) -> BTreeSet<AccountId> {
	accounts.iter().cloned().collect()
}

/// The committee gives these answers, and its round ends.
fn answered(answer: impl Fn(&AccountId) -> opg_primitives::Answer) -> RequestId {
	let id = request();
	answer_all(id, answer);
	while matches!(state(id), RequestState::Open(_)) {
		step();
	}
	id
}

/// Eve asks for an inference.
fn ask() -> DispatchResult {
	let (max_fee, max_royalty, reference) = (10 * OPG, OPG, H256::zero());
	let tier = Tier::Quorum;
	Inference::request(signed(eve()), 0, input(), tier, max_fee, max_royalty, reference, None, None)
		.map(drop)
		.map_err(|refused| refused.error)
}

/// A committee of which the first two lie. Returns its members too.
fn dissent() -> (RequestId, Vec<AccountId>) {
	let id = request();
	let members = committee(id);
	answer_all(id, |who| if members[..2].contains(who) { wrong() } else { right() });
	while matches!(state(id), RequestState::Open(_)) {
		step();
	}
	assert!(matches!(state(id), RequestState::Court { attested: None, opened: true }));
	(id, members)
}

/// Ferdie challenges the attested answer, and claims that another is right.
fn challenge(id: RequestId, claimed: &opg_primitives::Answer) {
	let disputed = state(id).attested().unwrap().0.digest();
	let seed = Requests::<Runtime>::get(id).unwrap().seed.unwrap();
	let claim = claim_hash(&ferdie(), id, claimed.digest(), H256(SALT));
	assert_ok!(Inference::challenge(signed(ferdie()), id, seed, disputed, claim));
}

fn reveal_claim(id: RequestId, claimed: &opg_primitives::Answer) {
	let digest = claimed.digest();
	assert_ok!(Inference::reveal_claim(signed(ferdie()), id, digest, H256(SALT)));
}

/// Answer of a settled request, and who was paid for it.
fn settled(id: RequestId) -> (opg_primitives::Answer, Vec<AccountId>) {
	match state(id) {
		RequestState::Settled { answer, paid, .. } => {
			(answer, paid.into_iter().map(|(who, _)| who).collect())
		},
		other => panic!("not settled: {other:?}"),
	}
}

fn begin_session(index: u32) {
	Staking::plan_session(index);
	Staking::start_session(index);
}

#[test]
fn two_liars_should_be_convicted_when_the_third_of_their_committee_is_honest() {
	run_with(6, || {
		seat_court(3);
		let (id, members) = dissent();
		court_sits(id, 3, |_| Some(right()));
		assert_eq!(settled(id), (right(), vec![members[2].clone()]));
		assert_eq!(convicted(), set(&members[..2]));
	});
}

#[test]
fn whole_committee_should_be_convicted_when_it_lies_and_is_challenged() {
	run_with(6, || {
		seat_court(3);
		let id = answered(|_| wrong());
		let members = committee(id);
		let before = wealth(&ferdie());
		challenge(id, &right());
		court_commits(id, 3, |_| Some(right()));
		reveal_claim(id, &right());
		court_reveals(id, 3, |_| Some(right()));
		let (answer, paid) = settled(id);
		assert_eq!(answer, right(), "the requester gets the right answer");
		assert!(paid.is_empty(), "no executor gave it");
		assert_eq!(convicted(), set(&members));
		assert!(wealth(&ferdie()) >= before, "the bond came back");
		assert_eq!(System::account(ferdie()).data.reserved, 0);
	});
}

#[test]
fn challenger_should_lose_its_bond_and_nobody_be_convicted_when_the_answer_was_right() {
	run_with(6, || {
		seat_court(3);
		let id = answered(|_| right());
		let stakes: Vec<_> = committee(id).iter().map(stake).collect();
		let before = wealth(&ferdie());
		challenge(id, &wrong());
		court_commits(id, 3, |_| Some(right()));
		reveal_claim(id, &wrong());
		court_reveals(id, 3, |_| Some(right()));
		assert_eq!(settled(id).0, right());
		assert!(convicted().is_empty());
		assert!(wealth(&ferdie()) < before);
		let paid = committee(id).iter().map(stake).zip(stakes).all(|(now, then)| now > then);
		assert!(paid, "all earned");
	});
}

#[test]
fn right_answer_should_be_decided_when_three_of_seven_validators_are_absent() {
	run_with(7, || {
		seat_court(7);
		let (id, members) = dissent();
		court_sits(id, 7, |index| (index >= 3).then(right));
		assert_eq!(settled(id).0, right());
		assert_eq!(convicted(), set(&members[..2]));
	});
}

#[test]
fn right_answer_should_be_decided_when_two_of_seven_validators_lie_and_one_is_absent() {
	run_with(7, || {
		seat_court(7);
		let (id, members) = dissent();
		court_sits(id, 7, |index| match index {
			0 => None,
			1 | 2 => Some(wrong()),
			_ => Some(right()),
		});
		assert_eq!(settled(id).0, right());
		assert_eq!(convicted(), set(&members[..2]));
	});
}

#[test]
fn copier_should_earn_nothing_when_it_has_not_the_witness() {
	run_with(7, || {
		seat_court(7);
		let (id, members) = dissent();
		let before: Vec<_> = (0..7).map(|index| wealth(&executor(index))).collect();
		while case(id).phase == CasePhase::Waiting {
			step();
		}
		court_commit_copy(id, 6, &right()).unwrap();
		court_commits(id, 5, |_| Some(right()));
		court_reveal_copy(id, 6, right()).unwrap();
		court_reveals(id, 5, |_| Some(right()));
		assert_eq!(settled(id).0, right());
		assert_eq!(convicted(), set(&members[..2]));
		let is_paid = |index: usize| wealth(&executor(index)) > before[index];
		assert_eq!(
			[0, 1, 2, 3, 4, 5, 6].map(is_paid),
			[true, true, true, true, true, false, false]
		);
	});
}

#[test]
fn copiers_should_make_no_majority_when_too_few_compute() {
	run_with(7, || {
		seat_court(7);
		let (id, _) = dissent();
		while case(id).phase == CasePhase::Waiting {
			step();
		}
		court_commit_copy(id, 6, &right()).unwrap();
		court_commits(id, 3, |_| Some(right()));
		court_reveal_copy(id, 6, right()).unwrap();
		court_reveals(id, 3, |_| Some(right()));
		assert_eq!(case(id).sitting, 1, "three of seven computed");
		assert!(convicted().is_empty());
	});
}

#[test]
fn validator_should_earn_less_for_its_blocks_when_it_missed_a_decided_case() {
	run_with(6, || {
		for index in 1..3 {
			let who = executor(index);
			set_balance(&who, 10_000 * OPG);
			assert_ok!(Staking::bond(signed(who), Role::Validator, 5_000 * OPG, Perbill::zero()));
		}
		seat_court(3);
		let (id, _) = dissent();
		court_sits(id, 3, |index| (index < 2).then(right));
		assert_eq!(settled(id).0, right());
		let session = Staking::session();
		let missed = [0, 1, 2].map(|index| Court::missed(session, &executor(index)));
		assert_eq!(missed, [0, 0, 1]);
		begin_session(session + 1);
		seat_court(3);
		let earned = [0, 1, 2].map(|index| {
			let stake = || Pools::<Runtime>::get(Role::Validator, executor(index)).unwrap().active;
			let before = stake().balance;
			Staking::reward_author(executor(index));
			stake().balance - before
		});
		let whole = earned[0];
		assert!(whole > 0);
		assert_eq!(earned, [whole, whole, whole / 100 * 99]);
	});
}

#[test]
fn nobody_should_be_judged_when_the_court_is_undecided_twice() {
	run_with(7, || {
		seat_court(7);
		let (id, _) = dissent();
		let vote = |index| match index {
			0..3 => Some(right()),
			3..6 => Some(wrong()),
			_ => None,
		};
		court_sits(id, 7, vote);
		assert_eq!(case(id).sitting, 1, "it sits once more");
		steps(3);
		assert!(matches!(state(id), RequestState::Court { .. }));
		begin_session(3);
		seat_court(7);
		court_sits(id, 7, vote);
		assert_eq!(failure(id), Some(FailureReason::Undecided));
		assert!(convicted().is_empty());
		assert!(Cases::<Runtime>::get(id).is_none());
	});
}

#[test]
fn second_sitting_should_decide_when_enough_validators_are_back() {
	run_with(7, || {
		seat_court(7);
		let (id, members) = dissent();
		court_sits(id, 7, |index| (index < 3).then(right));
		assert!(convicted().is_empty());
		begin_session(3);
		seat_court(7);
		court_sits(id, 7, |_| Some(right()));
		assert_eq!(settled(id).0, right());
		assert_eq!(convicted(), set(&members[..2]));
	});
}

#[test]
fn bench_should_be_frozen_when_keys_are_rotated_and_validators_change() {
	run_with(6, || {
		seat_court(3);
		let (id, members) = dissent();
		begin_session(3);
		seat_court_rotated(5, 1);
		step();
		let new_key = court_commit(id, 0, 1, &wrong());
		assert_eq!(new_key, refused(reject::INVALID_SIGNATURE));
		court_sits(id, 3, |_| Some(right()));
		assert_eq!(settled(id).0, right());
		assert_eq!(convicted(), set(&members[..2]));
		assert_eq!(Benches::<Runtime>::iter_keys().collect::<Vec<_>>(), [3]);
	});
}

#[test]
fn bench_should_follow_the_session_keys_when_sessions_rotate() {
	genesis_of(genesis_config_presets::LOCAL).execute_with(|| {
		let keys = [
			Ed25519Keyring::Alice,
			Ed25519Keyring::Bob,
			Ed25519Keyring::Charlie,
			Ed25519Keyring::Dave,
		];
		let expected: BTreeSet<Vec<u8>> = keys.iter().map(|key| key.public().0.to_vec()).collect();
		for session in 0..3 {
			assert_eq!(Session::current_index(), session);
			assert_eq!(Benches::<Runtime>::iter_keys().collect::<Vec<_>>(), [session]);
			let bench = Benches::<Runtime>::get(session);
			let found: BTreeSet<Vec<u8>> =
				bench.iter().map(|(_, key)| AsRef::<[u8]>::as_ref(key).to_vec()).collect();
			assert_eq!(found, expected);
			Session::rotate_session();
		}
		Court::do_try_state().unwrap();
	});
}

/// Job queue that has the right answer at once.
struct PromptQueue;
impl JobQueue for PromptQueue {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		assert_eq!(job.task.input.inline(), Some(&b"input"[..]));
		let JobKind::Witness(seed) = job.kind else { panic!("a vote has a witness") };
		let answer = right();
		let witness = Some(witness_of(&seed, &answer));
		Ok(JobStatus::Done { answer, witness })
	}

	fn has_model(&mut self, _: [u8; 32]) -> Result<bool, JobError> {
		Ok(true)
	}

	fn watch_share(&mut self) -> Option<u32> {
		Some(0)
	}
}

/// Lets the validators' off-chain workers run, and includes what they send. Returns how many
/// transactions that are.
fn work(pool: &RwLock<testing::PoolState>) -> usize {
	Court::offchain_worker(System::block_number());
	let sent = std::mem::take(&mut pool.write().transactions);
	for bytes in &sent {
		let transaction = UncheckedExtrinsic::decode(&mut &bytes[..]).unwrap();
		assert_ok!(Executive::apply_extrinsic(transaction).unwrap());
	}
	sent.len()
}

/// Runs `test` on a chain of four validators, whose nodes work in this process.
///
/// The keys are made as a node makes them for `--alice` and its like.
fn with_nodes(test: impl FnOnce(&RwLock<testing::PoolState>)) {
	let mut ext = genesis_of(genesis_config_presets::LOCAL);
	let (offchain, _state) = testing::TestOffchainExt::new();
	let (pool, pool_state) = testing::TestTransactionPoolExt::new();
	ext.register_extension(OffchainDbExt::new(offchain.clone()));
	ext.register_extension(OffchainWorkerExt::new(offchain));
	ext.register_extension(TransactionPoolExt::new(pool));
	ext.register_extension(KeystoreExt::new(MemoryKeystore::new()));
	ext.register_extension(JobQueueExt(Box::new(PromptQueue)));
	ext.execute_with(|| {
		for seed in ["//Alice", "//Bob", "//Charlie", "//Dave"] {
			SessionKeys::generate(&[], Some(seed.as_bytes().to_vec()));
		}
		let bench = Benches::<Runtime>::get(0);
		step();
		(0..3).for_each(|index| open_pool(index, 10_000 * OPG));
		assert_ok!(register(dave(), 2 * FUEL, OPG));
		(0..3).for_each(|index| Models::serve(signed(executor(index)), 0, REPORT).unwrap());
		next_session();
		next_session();
		let validators: Vec<_> = bench.iter().map(|(who, key)| (who, key.clone())).collect();
		Court::on_new_session(true, validators.into_iter(), Vec::new().into_iter());
		hold_models();
		step();
		test(&pool_state);
		check_invariants();
	});
}

#[test]
fn nodes_should_decide_a_case_when_they_have_development_keys() {
	with_nodes(|pool| {
		let (id, members) = dissent();
		step();
		assert_eq!(work(pool), 4, "commitments");
		step();
		assert_eq!(work(pool), 4, "reveals");
		step();
		assert_eq!(settled(id), (right(), vec![members[2].clone()]));
		assert_eq!(convicted(), set(&members[..2]));
	});
}

#[test]
fn nodes_should_declare_the_models_of_their_stores_when_the_chain_does_not_know_them() {
	with_nodes(|pool| {
		Court::forget(0);
		assert!(!Court::is_ready(0));
		assert_eq!(work(pool), 4, "declarations");
		assert!(Court::is_ready(0));
		steps(pallet_opg_court::DECLARE_BLOCKS);
		assert_eq!(work(pool), 0, "nothing has changed");
	});
}

#[test]
fn request_should_be_refused_when_less_than_two_thirds_of_the_validators_hold_the_model() {
	run_with(6, || {
		Court::forget(0);
		let refused: DispatchError = InferenceError::<Runtime>::NotCourtReady.into();
		assert_noop!(ask(), refused);
		assert_eq!(court_declare(0, 0, true), Ok(()));
		assert_noop!(ask(), refused);
		assert_eq!(court_declare(2, 0, true), Ok(()));
		let id = request();
		steps(pallet_opg_court::DECLARE_BLOCKS);
		assert_eq!(court_declare(2, 0, false), Ok(()));
		assert_noop!(ask(), refused);
		// Requests that are open go on.
		answer_all(id, |_| right());
		assert!(state(id).attested().is_some());
	});
}

#[test]
fn vote_should_be_refused_when_it_was_made_on_another_fork() {
	run_with(6, || {
		seat_court(3);
		let (id, _) = dissent();
		step();
		let block = System::block_number() - 1;
		frame_system::BlockHash::<Runtime>::mutate(block, |hash| hash.0[0] ^= 1);
		let call = court_commit_call(id, 0, 0, &right());
		frame_system::BlockHash::<Runtime>::mutate(block, |hash| hash.0[0] ^= 1);
		assert_eq!(submit_vote(call), refused(reject::INVALID_SIGNATURE));
		assert_eq!(court_commit(id, 0, 0, &right()), Ok(()));
	});
}
