//! Evidence for engines, canaries, and the off-chain worker that computes both.

use super::*;
use crate::{
	evidence::{DigestCall, DigestCallOf, Subject},
	offchain::{EVIDENCE_BLOCKS, RETRY_BLOCKS},
	policy::reject,
};
use codec::{Decode, Encode};
use frame_support::{
	assert_noop, assert_ok,
	traits::{Authorize, Hooks},
};
use opg_primitives::{
	evidence::{canary_index, evidence_digest, statement_payload},
	Answer, Content, Job, JobError, JobKind, JobStatus, Outcome, TaskInput, EXECUTOR_KEY_TYPE,
};
use opg_runtime_interface::{JobQueue, JobQueueExt};
use pallet_opg_support::CALL_BLOCKS;
use sp_core::{
	offchain::{
		testing::{TestOffchainExt, TestTransactionPoolExt},
		OffchainDbExt, OffchainWorkerExt, TransactionPoolExt,
	},
	Pair,
};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::{
	traits::Dispatchable,
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidityError},
	DispatchError,
};
use std::sync::{Arc, Mutex};

const NEW: H256 = H256::repeat_byte(7);
const RIGHT: H256 = H256::repeat_byte(0xaa);
const WRONG: H256 = H256::repeat_byte(0xbb);

fn root() -> RuntimeOrigin {
	RuntimeOrigin::root()
}

/// Pins of these versions.
fn pins(models: &[ModelId]) -> Pins {
	let pin = |model: &ModelId| Pin { model: *model, input: text(&[*model as u8]) };
	models.iter().map(pin).collect::<Vec<_>>().try_into().unwrap()
}

/// Goes to this block. All before it have a hash.
fn go_to(block: u64) {
	System::set_block_number(block);
	(0..block).for_each(|at| {
		frame_system::BlockHash::<Test>::insert(at, H256::repeat_byte(at as u8 + 1));
	});
}

fn call(executor: u64, at: u64, subject: Subject, digest: H256) -> DigestCallOf<Test> {
	DigestCall { executor, at, subject, digest }
}

/// Validates and dispatches a digest as a block does. The error is the code of the refusal.
fn submit(signer: u64, statement: DigestCallOf<Test>) -> Result<(), u8> {
	let payload =
		statement_payload(&System::block_hash(0), &System::block_hash(statement.at), &statement);
	let signature = hot_pair(signer).sign(&payload).into();
	let call = Call::<Test>::post_digest { statement, signature };
	let storage_root = || sp_io::storage::root(sp_runtime::StateVersion::V1);
	let before = storage_root();
	match call.authorize(TransactionSource::External).unwrap() {
		Ok((valid, _)) => assert_eq!(valid.provides.len(), 1),
		Err(TransactionValidityError::Invalid(InvalidTransaction::Custom(code))) => {
			assert_eq!(storage_root(), before, "a trial leaves nothing");
			return Err(code);
		},
		Err(other) => panic!("no code of this pallet: {other:?}"),
	}
	let post =
		RuntimeCall::from(call).dispatch(frame_system::RawOrigin::Authorized.into()).unwrap();
	assert_eq!(post.pays_fee, frame_support::dispatch::Pays::No);
	Ok(())
}

/// Posts the digest of an executor for the new engine, naming the block before.
fn post(who: u64, digest: H256) -> Result<(), u8> {
	submit(who, call(who, System::block_number() - 1, Subject::Engine(NEW), digest))
}

/// Posts the digest of an executor for the canary of this session.
fn sing(who: u64, digest: H256) -> Result<(), u8> {
	let canary = Subject::Canary(Session::get());
	submit(who, call(who, System::block_number() - 1, canary, digest))
}

fn code(error: Error<Test>) -> Result<(), u8> {
	Err(reject::FAILS_WITH + error.encode()[0])
}

/// Executors whose canary was another, by the events since the last call.
fn differed() -> Vec<u64> {
	let differs = |record: frame_system::EventRecord<RuntimeEvent, H256>| match record.event {
		RuntimeEvent::Registry(Event::CanaryDiffered { executor, .. }) => Some(executor),
		_ => None,
	};
	let found = System::events().into_iter().filter_map(differs).collect();
	System::reset_events();
	found
}

#[test]
fn engine_should_be_admitted_when_two_thirds_of_the_stake_found_the_same() {
	run(|| {
		register_for(ENGINE, &[]).unwrap();
		go_to(2);
		let refused = Error::<Test>::NotEnoughEvidence;
		assert_noop!(Registry::admit_engine(root(), NEW, 0), refused);
		assert_ok!(Registry::nominate_engine(root(), NEW, pins(&[0])));
		assert_noop!(Registry::admit_engine(root(), NEW, 0), Error::<Test>::NotEnoughEvidence);
		// 230 of 360.
		for who in [8, 7, 6, 2] {
			assert_eq!(post(who, RIGHT), Ok(()));
		}
		assert_eq!(post(5, WRONG), Ok(()));
		assert_noop!(Registry::admit_engine(root(), NEW, 0), Error::<Test>::NotEnoughEvidence);
		assert_eq!(post(1, RIGHT), Ok(()));
		assert_ok!(Registry::admit_engine(root(), NEW, 0));
		assert!(!Nominations::<Test>::contains_key(NEW) && !Evidence::<Test>::contains_key(NEW));
		assert_eq!(post(3, RIGHT), code(Error::NotNominated));
		let admitted = Error::<Test>::EngineAlreadyAdmitted;
		assert_noop!(Registry::admit_engine(root(), NEW, 0), admitted);
		assert_noop!(
			Registry::nominate_engine(root(), NEW, pins(&[0])),
			Error::<Test>::EngineAlreadyAdmitted
		);
	});
}

#[test]
fn evidence_should_count_by_the_stake_of_the_snapshot_of_now() {
	run(|| {
		register_for(ENGINE, &[]).unwrap();
		go_to(2);
		assert_ok!(Registry::nominate_engine(root(), NEW, pins(&[0])));
		for who in [8, 7, 6, 5] {
			assert_eq!(post(who, RIGHT), Ok(()));
		}
		// 50 of 150.
		Outside::set(&vec![6, 7, 8]);
		assert_noop!(Registry::admit_engine(root(), NEW, 0), Error::<Test>::NotEnoughEvidence);
		assert_eq!(post(8, WRONG), code(Error::NotAsked));
		// Who has left makes room.
		assert_eq!(post(4, RIGHT), Ok(()));
		let left: Vec<_> = Evidence::<Test>::get(NEW).iter().map(|own| own.executor).collect();
		assert_eq!(left, [4, 5]);
		assert_noop!(Registry::admit_engine(root(), NEW, 0), Error::<Test>::NotEnoughEvidence);
		assert_eq!(post(1, RIGHT), Ok(()));
		assert_ok!(Registry::admit_engine(root(), NEW, 0));
	});
}

#[test]
fn no_evidence_should_be_needed_when_nobody_could_be_drawn() {
	run(|| {
		Outside::set(&(1..9).collect());
		assert_ok!(Registry::admit_engine(root(), NEW, 0));
	});
}

#[test]
fn digest_should_be_replaced_by_another_one_and_no_sooner_than_a_call_is_valid() {
	run(|| {
		register_for(ENGINE, &[]).unwrap();
		go_to(2);
		assert_ok!(Registry::nominate_engine(root(), NEW, pins(&[0])));
		let first = call(5, 1, Subject::Engine(NEW), WRONG);
		assert_eq!(submit(5, first.clone()), Ok(()));
		assert_eq!(submit(5, first.clone()), code(Error::AlreadyPosted));
		let blocks = u64::from(CALL_BLOCKS);
		go_to(2 + blocks);
		assert_eq!(post(5, RIGHT), code(Error::AlreadyPosted));
		go_to(3 + blocks);
		assert_eq!(post(5, WRONG), code(Error::AlreadyPosted));
		assert_eq!(post(5, RIGHT), Ok(()));
		assert_eq!(submit(5, first), Err(reject::EXPIRED));
		assert_eq!(Evidence::<Test>::get(NEW)[0].digest, RIGHT);
	});
}

#[test]
fn digest_should_be_refused_when_it_is_not_of_the_executor() {
	run(|| {
		register_for(ENGINE, &[]).unwrap();
		go_to(2);
		assert_eq!(post(5, RIGHT), code(Error::NotNominated));
		assert_ok!(Registry::nominate_engine(root(), NEW, pins(&[0])));
		assert_eq!(
			submit(4, call(5, 1, Subject::Engine(NEW), RIGHT)),
			Err(reject::INVALID_SIGNATURE)
		);
		assert_eq!(post(9, RIGHT), Err(reject::NOT_EXECUTOR));
		assert_eq!(post(11, RIGHT), code(Error::NotAsked));
		assert_eq!(submit(5, call(5, 2, Subject::Engine(NEW), RIGHT)), Err(reject::EXPIRED));
	});
}

#[test]
fn nomination_should_be_refused_with_its_reason() {
	run(|| {
		register_for(ENGINE, &[]).unwrap();
		let nominate = |id, models: &[ModelId]| Registry::nominate_engine(root(), id, pins(models));
		for refused in [
			Registry::nominate_engine(origin(1), NEW, pins(&[0])),
			Registry::withdraw_nomination(origin(1), NEW),
			Registry::set_canaries(origin(1), pins(&[0])),
		] {
			assert_eq!(refused, Err(DispatchError::BadOrigin));
		}
		assert_noop!(nominate(ENGINE, &[0]), Error::<Test>::EngineAlreadyAdmitted);
		assert_noop!(nominate(NEW, &[]), Error::<Test>::NothingPinned);
		assert_noop!(nominate(NEW, &[1]), Error::<Test>::UnknownModel);
		assert_noop!(Registry::withdraw_nomination(root(), NEW), Error::<Test>::NotNominated);
		assert_ok!(nominate(NEW, &[0]));
		assert_noop!(nominate(NEW, &[0]), Error::<Test>::AlreadyNominated);
		for id in 1..MAX_NOMINATIONS {
			assert_ok!(nominate(H256::repeat_byte(0x10 + id as u8), &[0]));
		}
		let last = H256::repeat_byte(0x20);
		assert_noop!(nominate(last, &[0]), Error::<Test>::TooManyNominations);
		go_to(2);
		assert_eq!(post(5, RIGHT), Ok(()));
		assert_ok!(Registry::withdraw_nomination(root(), NEW));
		assert!(!Evidence::<Test>::contains_key(NEW));
		assert_ok!(nominate(last, &[0]));
	});
}

#[test]
fn nomination_should_stay_when_its_version_is_removed() {
	run(|| {
		register_for(ENGINE, &[("n", 3)]).unwrap();
		assert_ok!(Registry::nominate_engine(root(), NEW, pins(&[0])));
		assert_ok!(Registry::deregister(origin(1), 0));
		let tasks = Nominations::<Test>::get(NEW).unwrap();
		assert_eq!((tasks.len(), tasks[0].dims[0].size, &tasks[0].input[..]), (1, 3, &[0][..]));
	});
}

/// Version 0, which 5, 6 and 7 serve, is the canary, in a session in which they are candidates.
fn canary() {
	register_for(ENGINE, &[]).unwrap();
	[5, 6, 7].into_iter().for_each(|who| serve(who, 0).unwrap());
	assert_ok!(Registry::set_canaries(root(), pins(&[0])));
	Session::set(&2);
	go_to(2);
	System::reset_events();
}

#[test]
fn machine_that_computes_otherwise_should_be_named_when_most_of_the_stake_agrees() {
	run(|| {
		canary();
		// 60 of 180, then 110.
		assert_eq!(sing(6, RIGHT), Ok(()));
		assert!(differed().is_empty());
		assert_eq!(sing(5, RIGHT), Ok(()));
		assert_eq!(sing(7, WRONG), Ok(()));
		assert_eq!(differed(), [7]);
		assert_eq!(sing(7, RIGHT), code(Error::AlreadyPosted));
		let results = CanaryResults::<Test>::get().unwrap();
		assert_eq!(
			(results.session, results.agreed, results.statements.len()),
			(2, Some(RIGHT), 3)
		);
		// It loses nothing, and has its turn again in the next session.
		Session::set(&3);
		assert_eq!(sing(7, WRONG), Ok(()));
		assert_eq!(sing(6, RIGHT), Ok(()));
		assert!(differed().is_empty(), "nobody knows who is right");
		assert_eq!(sing(5, RIGHT), Ok(()));
		assert_eq!(differed(), [7]);
		assert!(serve_list(0).contains(&7));
	});
}

fn serve_list(model: ModelId) -> Vec<u64> {
	ServingExecutors::<Test>::get(model).into_iter().map(|own| own.executor).collect()
}

#[test]
fn nobody_should_be_named_when_no_digest_has_more_than_half() {
	run(|| {
		register_for(ENGINE, &[]).unwrap();
		[1, 2, 3].into_iter().for_each(|who| serve(who, 0).unwrap());
		assert_ok!(Registry::set_canaries(root(), pins(&[0])));
		Session::set(&2);
		go_to(2);
		// 30 of 60 is no more than half.
		assert_eq!(sing(3, RIGHT), Ok(()));
		assert_eq!(sing(2, WRONG), Ok(()));
		assert_eq!(sing(1, WRONG), Ok(()));
		assert!(differed().is_empty());
		assert_eq!(CanaryResults::<Test>::get().unwrap().agreed, None);
	});
}

#[test]
fn canary_should_be_asked_of_those_who_serve_its_version_in_its_session() {
	run(|| {
		canary();
		assert_eq!(sing(4, RIGHT), code(Error::NotAsked));
		for session in [1, 3] {
			let other = call(5, 1, Subject::Canary(session), RIGHT);
			assert_eq!(submit(5, other), code(Error::NotAsked));
		}
		assert_ok!(Registry::stop_serving(origin(6), 0));
		assert_eq!(sing(6, RIGHT), code(Error::NotAsked));
		// Others count from the next session on.
		assert_noop!(Registry::set_canaries(root(), pins(&[9])), Error::<Test>::UnknownModel);
		assert_ok!(Registry::set_canaries(root(), pins(&[0, 0])));
		assert_eq!(sing(5, RIGHT), code(Error::NotAsked));
		Session::set(&3);
		assert_eq!(sing(5, RIGHT), Ok(()));
		assert_ok!(Registry::set_canaries(root(), pins(&[])));
		Session::set(&4);
		assert_eq!(sing(5, RIGHT), code(Error::NotAsked));
	});
}

#[test]
fn canary_should_be_drawn_anew_in_each_session() {
	run(|| {
		(0..3).for_each(|_| register_for(ENGINE, &[]).unwrap());
		assert_ok!(Registry::set_canaries(root(), pins(&[0, 1, 2])));
		for randomness in [RIGHT, WRONG] {
			SessionRandomness::set(&randomness);
			for session in 1..9 {
				let expected = canary_index(&randomness, session, 3);
				assert_eq!(Registry::canary(session).map(|pin| pin.model), expected);
			}
		}
		assert_eq!(Registry::canary(0), None);
	});
}

/// What a node says to a job, and what it was asked.
#[derive(Default)]
struct State {
	/// `None`: it answers with the input.
	error: Option<JobError>,
	/// Whether its store has the engine.
	has_engine: bool,
	/// Fuel of its answers.
	fuel: u64,
	jobs: Vec<Job>,
	held: Vec<Content>,
}

#[derive(Clone, Default)]
struct Node(Arc<Mutex<State>>);

fn answer(input: &[u8], fuel: u64) -> Answer {
	Answer { outcome: Outcome::Output(text(input)), fuel }
}

impl JobQueue for Node {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		let mut state = self.0.lock().unwrap();
		let input = job.task.input.inline().unwrap().to_vec();
		// The first time it is queued.
		let is_known = state.jobs.iter().any(|own| own.key() == job.key());
		state.jobs.push(job);
		match state.error {
			Some(error) => Err(error),
			None if is_known => {
				Ok(JobStatus::Done { answer: answer(&input, state.fuel), witness: None })
			},
			None => Ok(JobStatus::Pending),
		}
	}
	fn has_model(&mut self, hash: [u8; 32]) -> Result<bool, JobError> {
		Ok(hash == NEW.0 && self.0.lock().unwrap().has_engine)
	}
	fn watch_share(&mut self) -> Option<u32> {
		None
	}
	fn hold_content(&mut self, content: Content) -> Result<bool, JobError> {
		self.0.lock().unwrap().held.push(content);
		Ok(false)
	}
}

/// Runs a test with the node of executor 5. The function runs the off-chain worker of a block, and applies
/// and gives what it sends.
fn with_node(test: impl FnOnce(&Node, &dyn Fn(u64) -> Vec<DigestCallOf<Test>>)) {
	let (node, keystore) = (Node::default(), MemoryKeystore::new());
	let seed = format!("0x{}", "05".repeat(32));
	keystore.ed25519_generate_new(EXECUTOR_KEY_TYPE, Some(&seed)).unwrap();
	let mut externalities = externalities();
	let (offchain, _) = TestOffchainExt::new();
	let (pool, sent) = TestTransactionPoolExt::new();
	externalities.register_extension(OffchainDbExt::new(offchain.clone()));
	externalities.register_extension(OffchainWorkerExt::new(offchain));
	externalities.register_extension(TransactionPoolExt::new(pool));
	externalities.register_extension(KeystoreExt::new(keystore));
	externalities.register_extension(JobQueueExt(Box::new(node.clone())));
	run_in(externalities, || {
		let step = |block: u64| {
			go_to(block + 1);
			Registry::offchain_worker(block);
			let sent = std::mem::take(&mut sent.write().transactions);
			let statement = |bytes: Vec<u8>| {
				let extrinsic = Extrinsic::decode(&mut &bytes[..]).unwrap();
				let RuntimeCall::Registry(Call::post_digest { statement, .. }) = extrinsic.function
				else {
					panic!("another call");
				};
				submit(5, statement.clone()).unwrap();
				statement
			};
			sent.into_iter().map(statement).collect()
		};
		test(&node, &step);
	});
}

#[test]
fn worker_should_post_what_its_engine_finds_once() {
	with_node(|node, step| {
		(0..2).for_each(|_| register_for(ENGINE, &[]).unwrap());
		assert_ok!(Registry::nominate_engine(root(), NEW, pins(&[0, 1])));
		let blocks = u64::from(EVIDENCE_BLOCKS);
		assert_eq!(step(blocks), [], "it computes");
		assert_eq!(step(blocks + 1), [], "not in each block");
		let sent = step(2 * blocks);
		let tasks = Nominations::<Test>::get(NEW).unwrap();
		let answers = [answer(&[0], 0).digest(), answer(&[1], 0).digest()];
		let digest = evidence_digest(&NEW, &tasks, &answers);
		assert_eq!(sent, [call(5, 2 * blocks - 2, Subject::Engine(NEW), digest)]);
		assert_eq!(step(3 * blocks), [], "it has posted");
		{
			let state = node.0.lock().unwrap();
			assert_eq!(state.jobs.len(), 4);
			for job in &state.jobs {
				assert_eq!((job.kind, job.task.engine_id), (JobKind::Watch, NEW));
				assert!(matches!(&job.task.input, TaskInput::Inline(input) if input.len() == 1));
			}
		}
		// It looks again after a while, and what it finds then takes the place of the former digest.
		let again = u64::from(RETRY_BLOCKS);
		assert_eq!(step(again), [], "the same");
		node.0.lock().unwrap().fuel = 1;
		assert_eq!(step(again + blocks), [], "not each time");
		let sent = step(2 * again);
		assert_eq!(sent.len(), 1);
		assert_ne!(sent[0].digest, digest);
		assert_eq!(Evidence::<Test>::get(NEW)[0].digest, sent[0].digest);
	});
}

#[test]
fn worker_should_fetch_a_file_and_wait_for_an_engine() {
	with_node(|node, step| {
		register_for(ENGINE, &[]).unwrap();
		assert_ok!(Registry::nominate_engine(root(), NEW, pins(&[0])));
		node.0.lock().unwrap().error = Some(JobError::ModelMissing);
		let blocks = u64::from(EVIDENCE_BLOCKS);
		assert_eq!(step(blocks), []);
		assert_eq!(node.0.lock().unwrap().held, [Content { hash: H256::zero(), size: 1 }]);
		node.0.lock().unwrap().error = Some(JobError::EngineMissing);
		assert_eq!(step(2 * blocks), []);
		let asked = node.0.lock().unwrap().jobs.len();
		node.0.lock().unwrap().error = None;
		let again = 2 * blocks + u64::from(RETRY_BLOCKS);
		assert_eq!(step(again - blocks), []);
		assert_eq!(node.0.lock().unwrap().jobs.len(), asked);
		// Of the program's own engine the store knows nothing.
		assert_eq!(step(again).len(), 1);
	});
}

#[test]
fn worker_should_compute_at_once_when_an_engine_is_added() {
	with_node(|node, step| {
		register_for(ENGINE, &[]).unwrap();
		assert_ok!(Registry::nominate_engine(root(), NEW, pins(&[0])));
		node.0.lock().unwrap().error = Some(JobError::EngineMissing);
		let blocks = u64::from(EVIDENCE_BLOCKS);
		assert_eq!(step(blocks), []);
		node.0.lock().unwrap().error = None;
		assert_eq!(step(2 * blocks), []);
		node.0.lock().unwrap().has_engine = true;
		assert_eq!(step(3 * blocks).len(), 1);
	});
}

#[test]
fn worker_should_compute_the_canary_of_each_session_anew() {
	with_node(|node, step| {
		canary();
		let blocks = u64::from(EVIDENCE_BLOCKS);
		let mut block = 0;
		let mut next = || {
			block += blocks;
			step(block)
		};
		for session in 2..4 {
			Session::set(&session);
			assert_eq!(next(), []);
			let sent = next();
			assert_eq!(sent.len(), 1);
			assert_eq!(sent[0].subject, Subject::Canary(session));
			assert_eq!(sent[0].digest, answer(&[0], 0).digest());
			assert_eq!(next(), []);
		}
		// Another two agree on another answer: that is told, and no more is sent.
		[6, 7].into_iter().for_each(|who| sing(who, WRONG).unwrap());
		assert_eq!(differed().last(), Some(&5));
		assert_eq!(next(), []);
		assert_eq!(node.0.lock().unwrap().jobs.len(), 4);
	});
}
