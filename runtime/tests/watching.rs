//! Watching on the real runtime: executors without a seat compute answers again, and challenge what is
//! wrong with their pools, from the off-chain worker to the verdict.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use codec::Decode;
use frame_support::{assert_ok, traits::Hooks};
use opg_primitives::{Answer, Job, JobError, JobKind, JobStatus, RequestId, Tier};
use opg_runtime::{
	constants::{self, OPG},
	*,
};
use opg_runtime_interface::{JobQueue, JobQueueExt};
use opg_runtime_testing::*;
use pallet_opg_inference::{claim_hash, reject, OpenSeats, RequestState};
use pallet_opg_staking::{Convictions, Event, Pools, Role};
use pallet_opg_support::economics;
use parking_lot::RwLock;
use sp_core::{
	offchain::{testing, OffchainDbExt, OffchainWorkerExt, TransactionPoolExt},
	H256,
};
use sp_keyring::Ed25519Keyring;
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use std::sync::Mutex;

/// Validators of the test chain.
const VALIDATORS: usize = 3;

/// Job queue of a machine that finds one answer always, and notes why it was asked.
struct Machine {
	finds: Answer,
	asked: &'static Mutex<Vec<JobKind>>,
}

impl JobQueue for Machine {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		self.asked.lock().unwrap().push(job.kind);
		Ok(JobStatus::Done { answer: self.finds.clone(), witness: None })
	}

	fn has_model(&mut self, _: [u8; 32]) -> Result<bool, JobError> {
		Ok(true)
	}

	fn watch_share(&mut self) -> Option<u32> {
		Some(1_000_000_000)
	}
}

type Pool = RwLock<testing::PoolState>;

/// Runs `test` on a chain of three executors, of whom `who` watches with a machine that finds `finds`.
fn with_watcher(
	who: Ed25519Keyring,
	finds: Answer,
	asked: &'static Mutex<Vec<JobKind>>,
	test: impl FnOnce(&Pool),
) {
	let mut ext = genesis();
	let (offchain, _state) = testing::TestOffchainExt::new();
	let (pool, pool_state) = testing::TestTransactionPoolExt::new();
	let keystore = MemoryKeystore::new();
	keystore.ed25519_generate_new(opg_primitives::EXECUTOR_KEY_TYPE, Some(&who.to_seed())).unwrap();
	ext.register_extension(OffchainDbExt::new(offchain.clone()));
	ext.register_extension(OffchainWorkerExt::new(offchain));
	ext.register_extension(TransactionPoolExt::new(pool));
	ext.register_extension(KeystoreExt::new(keystore));
	ext.register_extension(JobQueueExt(Box::new(Machine { finds, asked })));
	ext.execute_with(|| {
		step();
		(0..3).for_each(|index| open_pool(index, 0));
		register_model(FUEL);
		for index in 0..3 {
			assert_ok!(Models::serve(signed(executor(index)), 0, REPORT));
		}
		next_session();
		next_session();
		steps(3);
		test(&pool_state);
		check_invariants();
	});
}

/// Lets the node watch in this block, and includes what it sends. Gives the number of transactions.
fn watch(pool: &Pool) -> usize {
	Inference::offchain_worker(System::block_number());
	let sent = std::mem::take(&mut pool.write().transactions);
	let count = sent.len();
	for transaction in sent {
		let transaction = UncheckedExtrinsic::decode(&mut &transaction[..]).unwrap();
		assert_ok!(Executive::apply_extrinsic(transaction).unwrap());
	}
	count
}

/// Requests until one is answered by another executor than `who`. It is attested.
fn answered_by_others(who: &AccountId, answer: &Answer) -> (RequestId, AccountId) {
	for _ in 0..20 {
		let id = request_tier(Tier::Optimistic);
		let member = committee(id).remove(0);
		if member != *who {
			answer_all(id, |_| answer.clone());
			return (id, member);
		}
		answer_all(id, |_| right());
	}
	panic!("{who} has every seat");
}

fn own_stake(who: &AccountId) -> Balance {
	Pools::<Runtime>::get(Role::Executor, who).unwrap().self_bond()
}

/// Reserved in the own stake of `who`, in planck.
fn reserved(who: &AccountId) -> Balance {
	let list = OpenSeats::<Runtime>::get();
	list.iter().find(|(own, _)| own == who).map_or(0, |(_, load)| load.reserved)
}

#[test]
fn lie_should_be_found_without_a_human_and_pay_the_operator_that_looked() {
	static ASKED: Mutex<Vec<JobKind>> = Mutex::new(Vec::new());
	with_watcher(Ed25519Keyring::Charlie, right(), &ASKED, |pool| {
		let watcher = executor(2);
		let (id, liar) = answered_by_others(&watcher, &wrong());
		let stake = own_stake(&liar);
		let before = wealth(&watcher);
		// It may have seats in other requests.
		let by_seats = reserved(&watcher);
		for _ in 0..6 {
			if watch(pool) > 0 {
				break;
			}
			step();
		}
		assert_eq!(ASKED.lock().unwrap().last(), Some(&JobKind::Cold), "once more, before it acts");
		assert!(matches!(state(id), RequestState::Court { opened: true, .. }), "{:?}", state(id));
		assert!(reserved(&watcher) > by_seats, "the bond is in its pool");
		court_commits(id, VALIDATORS, |_| Some(right()));
		assert_eq!(watch(pool), 1, "the claim");
		court_reveals(id, VALIDATORS, |_| Some(right()));
		let RequestState::Settled { answer, .. } = state(id) else { panic!("{:?}", state(id)) };
		assert_eq!(answer, right());
		assert!(reserved(&watcher) <= by_seats);
		let lost = Convictions::<Runtime>::iter_values()
			.map(|conviction| conviction.operator)
			.collect::<Vec<_>>();
		assert_eq!(lost, std::slice::from_ref(&liar));
		steps(constants::CONVICTION_DELAY + 2);
		assert!(own_stake(&liar) < stake - economics::CONVICTION_SHARE * stake, "and the court");
		let share = economics::CHALLENGER_SHARE * (economics::CONVICTION_SHARE * stake);
		let reward = wealth(&watcher) - before;
		assert!(reward.abs_diff(share) < OPG / 1_000, "{reward} of {share}");
	});
}

/// A machine with a flipped bit loses one bond, whatever it finds afterwards.
#[test]
fn node_should_lose_one_bond_at_most_when_its_machine_computes_wrongly() {
	static ASKED: Mutex<Vec<JobKind>> = Mutex::new(Vec::new());
	with_watcher(Ed25519Keyring::Charlie, wrong(), &ASKED, |pool| {
		let watcher = executor(2);
		let (id, member) = answered_by_others(&watcher, &right());
		let stakes = (own_stake(&watcher), own_stake(&member));
		for _ in 0..6 {
			watch(pool);
			step();
		}
		assert!(matches!(state(id), RequestState::Court { .. }), "{:?}", state(id));
		let bond = Inference::bond(&pallet_opg_inference::Requests::<Runtime>::get(id).unwrap());
		court_commits(id, VALIDATORS, |_| Some(right()));
		watch(pool);
		court_reveals(id, VALIDATORS, |_| Some(right()));
		let RequestState::Settled { answer, .. } = state(id) else { panic!("{:?}", state(id)) };
		assert_eq!(answer, right());
		let lost = stakes.0 - own_stake(&watcher);
		assert!(lost > 0 && lost <= bond.unwrap() + 1_000, "{lost}");
		assert!(own_stake(&member) >= stakes.1, "who was right loses nothing");
		let charged = Event::<Runtime>::Charged { operator: watcher.clone(), amount: lost };
		System::assert_has_event(charged.into());

		// From now on it challenges nothing.
		let (id, _) = answered_by_others(&watcher, &right());
		for _ in 0..8 {
			assert_eq!(watch(pool), 0);
			step();
		}
		assert!(!matches!(state(id), RequestState::Court { .. }));
		assert_eq!(stakes.0 - own_stake(&watcher), lost);
	});
}

#[test]
fn challenge_with_a_pool_should_be_refused_when_it_is_from_another_fork_or_hand() {
	run(|| {
		let id = request_tier(Tier::Optimistic);
		let member = committee(id).remove(0);
		answer_all(id, |_| wrong());
		let disputed = wrong().digest();
		let others: Vec<_> = (0..6).map(executor).filter(|who| *who != member).collect();
		let claim = |who: &AccountId| claim_hash(who, id, right().digest(), H256(SALT));
		let call = pool_challenge_call(id, &others[0], disputed, claim(&others[0]));
		let named = System::block_number() - 1;
		let hash = System::block_hash(named);
		frame_system::BlockHash::<Runtime>::insert(named, H256::repeat_byte(0xff));
		assert_eq!(submit_pool_call(call.clone()), refused(reject::INVALID_SIGNATURE));
		frame_system::BlockHash::<Runtime>::insert(named, hash);

		// Its own answer is judged anyway.
		let own = challenge_with_pool(id, &member, disputed, claim(&member));
		assert!(own.is_err(), "it has a seat");
		assert_ok!(submit_pool_call(call.clone()));
		assert!(submit_pool_call(call).is_err(), "once");
		assert_ok!(challenge_with_pool(id, &others[1], disputed, claim(&others[1])));
		court_commits(id, VALIDATORS, |_| Some(right()));
		// The claim of another does not open.
		let digest = right().digest();
		assert!(reveal_claim_with_pool(id, &others[1], wrong().digest(), H256(SALT)).is_err());
		for who in &others[..2] {
			assert_ok!(reveal_claim_with_pool(id, who, digest, H256(SALT)));
		}
		court_reveals(id, VALIDATORS, |_| Some(right()));
		assert!(matches!(state(id), RequestState::Settled { .. }));
		assert!(others[..2].iter().all(|who| reserved(who) == 0));
	});
}
