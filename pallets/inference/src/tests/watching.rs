//! Off-chain worker that watches: what it computes again, when it challenges, and when it stops.

use super::pool_challenges::{bystander, submit};
use crate::{
	mock::*,
	watching::{Stage, WatchState, MAX_WATCHED, STATE, STOPPED},
	*,
};
use codec::Decode;
use frame_support::{assert_ok, parameter_types, traits::Hooks};
use opg_primitives::{
	Answer, Job, JobError, JobKind, JobStatus, RequestId, Tier, VersionLimits, EXECUTOR_KEY_TYPE,
};
use opg_runtime_interface::{JobQueue, JobQueueExt};
use sp_core::{
	offchain::{
		testing::{TestOffchainExt, TestTransactionPoolExt},
		OffchainDbExt, OffchainWorkerExt, TransactionPoolExt,
	},
	H256,
};
use sp_keystore::{testing::MemoryKeystore, Keystore, KeystoreExt};
use sp_runtime::offchain::storage::StorageValueRef;
use std::collections::BTreeSet;

const FUEL: u64 = FUEL_LIMIT / 2;
const BOND: u128 = 3 * COURT_PAY + CHALLENGE_BOND;
/// Ticks after which a node looks at an answer.
const LOOK: u32 = 2;
/// Share of a node that watches everything.
const ALL: u32 = 1_000_000_000;

type Reply = Result<JobStatus, JobError>;

parameter_types! {
	/// Reply to jobs of kind `Watch`.
	static Watched: Reply = Ok(JobStatus::Pending);
	/// Reply to jobs of kind `Cold`.
	static Cold: Reply = Ok(JobStatus::Pending);
	/// Jobs that were handed in.
	static Jobs: Vec<Job> = Vec::new();
	/// Share that the operator wants.
	static Share: Option<u32> = None;
}

struct FakeQueue;

impl JobQueue for FakeQueue {
	fn submit(&mut self, job: Job) -> Reply {
		let kind = job.kind;
		Jobs::mutate(|jobs| jobs.push(job));
		match kind {
			JobKind::Watch => Watched::get(),
			JobKind::Cold => Cold::get(),
			other => panic!("a watcher has no seat: {other:?}"),
		}
	}

	fn has_model(&mut self, _: [u8; 32]) -> Result<bool, JobError> {
		unreachable!("watchers ask for answers")
	}

	fn watch_share(&mut self) -> Option<u32> {
		Share::get()
	}
}

fn done(answer: &Answer) -> Reply {
	Ok(JobStatus::Done { answer: answer.clone(), witness: None })
}

fn right() -> Answer {
	answer(FUEL)
}

/// Kinds of the jobs that were handed in since the last look, each once.
fn kinds() -> Vec<JobKind> {
	let mut kinds: Vec<_> = Jobs::take().into_iter().map(|job| job.kind).collect();
	kinds.dedup();
	kinds
}

/// Node of executors, which watches everything and computes the right answer.
struct Node {
	ext: sp_io::TestExternalities,
	keystore: MemoryKeystore,
	sent: Box<dyn Fn() -> Vec<Call<Test>>>,
}

impl Node {
	fn new() -> Self {
		let mut ext = new_ext();
		let (offchain, _) = TestOffchainExt::new();
		let (pool, state) = TestTransactionPoolExt::new();
		let keystore = MemoryKeystore::new();
		ext.register_extension(OffchainDbExt::new(offchain.clone()));
		ext.register_extension(OffchainWorkerExt::new(offchain));
		ext.register_extension(TransactionPoolExt::new(pool));
		ext.register_extension(KeystoreExt::new(keystore.clone()));
		ext.register_extension(JobQueueExt(Box::new(FakeQueue)));
		let sent = Box::new(move || {
			let transactions = std::mem::take(&mut state.write().transactions);
			transactions
				.iter()
				.map(|bytes| match Extrinsic::decode(&mut &bytes[..]).unwrap().function {
					RuntimeCall::Inference(call) => call,
					other => panic!("not of this pallet: {other:?}"),
				})
				.collect()
		});
		ext.execute_with(next_block);
		Jobs::take();
		Share::set(Some(ALL));
		let mut node = Self { ext, keystore, sent };
		node.finds(&right());
		node
	}

	/// Gives the node the hot key of `who`.
	fn serve(&self, who: u64) {
		let seed = format!("0x{}", sp_core::hexdisplay::HexDisplay::from(&[who as u8; 32]));
		self.keystore.ed25519_generate_new(EXECUTOR_KEY_TYPE, Some(&seed)).unwrap();
	}

	/// From now on the node finds `answer`, whatever it computes.
	fn finds(&mut self, answer: &Answer) {
		Watched::set(done(answer));
		Cold::set(done(answer));
	}

	/// Runs a part of a test on the chain; ends with the invariants.
	fn run<R>(&mut self, test: impl FnOnce() -> R) -> R {
		self.ext.execute_with(|| {
			let result = test();
			check();
			result
		})
	}

	/// Lets a committee attest `answer`, and blocks pass until nodes look at it. The node serves an
	/// executor without a seat, which is returned.
	fn attest(&mut self, answer: Answer) -> (RequestId, u64) {
		let (id, who) = self.run(|| {
			let id = attested(Tier::Optimistic, answer);
			(id, bystander(id))
		});
		self.serve(who);
		self.run(|| run_blocks(LOOK));
		(id, who)
	}

	/// Runs the worker at the current block. Returns what it sent.
	fn work(&mut self) -> Vec<Call<Test>> {
		self.ext.execute_with(|| Inference::offchain_worker(block()));
		(self.sent)()
	}

	/// Runs the worker, puts what it sends into a block, and begins the next. Returns how much it sent.
	fn work_and_include(&mut self) -> usize {
		let sent = self.work();
		let count = sent.len();
		self.run(|| {
			for call in sent {
				assert_ok!(submit(call));
			}
			next_block();
		});
		count
	}

	fn is_stopped(&mut self) -> bool {
		self.run(|| StorageValueRef::persistent(STOPPED).get::<RequestId>().unwrap().is_some())
	}

	fn stages(&mut self) -> Vec<Stage> {
		let state = || StorageValueRef::persistent(STATE).get::<WatchState<u64>>().unwrap();
		let state = self.run(state).unwrap_or_default();
		state.watched.into_iter().map(|watched| watched.stage).collect()
	}
}

#[test]
fn node_should_challenge_and_win_when_an_answer_is_wrong() {
	let mut node = Node::new();
	let (id, who) = node.attest(wrong());
	assert_eq!(node.work_and_include(), 1);
	assert_eq!(kinds(), [JobKind::Watch, JobKind::Cold]);
	node.run(|| {
		let challenge = stored(id).challenges[0].clone();
		assert_eq!((challenge.challenger, challenge.disputed), (who, wrong().digest()));
		assert!(matches!(challenge.source, BondSource::Pool { .. }));
	});
	assert_eq!(node.work(), [], "votes are not revealed yet");
	node.run(|| begin_reveals(id));
	// A restart has lost the queue's answers, and nothing else.
	Watched::set(Err(JobError::Internal));
	Cold::set(Err(JobError::Internal));
	assert_eq!(node.work_and_include(), 1);
	assert_eq!(kinds(), []);
	node.run(|| {
		assert_eq!(stored(id).challenges[0].revealed, Some(right().digest()));
		decide(id, right());
		assert!(balance(who) > FUNDS);
	});
	assert_eq!(node.work(), []);
	assert!(!node.is_stopped() && node.stages().is_empty());
}

#[test]
fn node_should_do_nothing_when_the_answer_is_right() {
	let mut node = Node::new();
	node.attest(right());
	assert_eq!(node.work(), []);
	assert_eq!(kinds(), [JobKind::Watch]);
	node.run(next_block);
	assert_eq!(node.work(), []);
	assert_eq!(kinds(), [], "an answer is computed once");
}

/// Answers of versions with other windows are on the agendas of other times.
#[test]
fn node_should_watch_each_answer_once_when_versions_have_different_windows() {
	let mut node = Node::new();
	for times in [4, 1, 2, 1, 4] {
		let (fuel, load_fuel) = (times * FUEL_LIMIT, times * LOAD_FUEL);
		node.run(|| Limits::set(&VersionLimits { fuel, load_fuel, ..LIMITS }));
		node.attest(right());
		node.work();
	}
	let mut watched: Vec<_> = Jobs::take().into_iter().map(|job| job.request).collect();
	watched.dedup();
	let each_once: BTreeSet<_> = watched.iter().collect();
	assert_eq!((each_once.len(), watched.len()), (5, 5), "{watched:?}");
}

#[test]
fn node_should_do_nothing_when_a_flipped_bit_made_one_run_differ() {
	for second in [right(), answer(FUEL + 1)] {
		let mut node = Node::new();
		Watched::set(done(&wrong()));
		Cold::set(done(&second));
		node.attest(right());
		assert_eq!(node.work(), []);
		assert_eq!(kinds(), [JobKind::Watch, JobKind::Cold]);
		assert!(node.stages().is_empty() && !node.is_stopped());
	}
}

#[test]
fn node_should_wait_when_its_jobs_are_not_done() {
	let mut node = Node::new();
	node.attest(wrong());
	for reply in [Ok(JobStatus::Pending), Err(JobError::QueueFull), Err(JobError::Internal)] {
		Watched::set(reply.clone());
		assert_eq!(node.work(), []);
		assert_eq!(node.stages(), [Stage::Watch]);
	}
	Watched::set(done(&right()));
	Cold::set(Ok(JobStatus::Pending));
	assert_eq!(node.work(), []);
	assert_eq!(node.stages(), [Stage::Cold { found: right().digest() }]);
	Cold::set(done(&right()));
	assert_eq!(node.work().len(), 1);
}

#[test]
fn node_should_tell_the_queue_how_long_a_result_is_of_use() {
	let mut node = Node::new();
	node.attest(right());
	node.work();
	assert_eq!(Jobs::get()[0].millis_left, (WINDOW - LOOK) * MILLIS_PER_TICK);
}

#[test]
fn node_should_watch_nothing_more_when_it_lacks_the_model() {
	let mut node = Node::new();
	node.attest(wrong());
	Watched::set(Err(JobError::ModelMissing));
	assert_eq!(node.work(), []);
	assert!(node.stages().is_empty());
}

/// A machine that computes wrongly, and always in the same way, loses one bond.
#[test]
fn node_should_lose_one_bond_at_most_when_its_memory_is_broken() {
	let mut node = Node::new();
	node.finds(&wrong());
	let (one, two, three) = node.run(|| {
		let one = attested(Tier::Optimistic, right());
		let others = [attested(Tier::Optimistic, right()), attested(Tier::Optimistic, right())];
		(one, others[0], others[1])
	});
	let who = node.run(|| {
		let has_seat = |who: &u64| [one, two, three].iter().any(|id| members(*id, 0).contains(who));
		(1..=EXECUTORS).find(|who| !has_seat(who)).unwrap()
	});
	node.serve(who);
	node.run(|| run_blocks(1));
	// The first challenge goes out, and the others wait for its end.
	assert_eq!(node.work_and_include(), 1);
	assert_eq!(node.work_and_include(), 0);
	node.run(|| begin_reveals(one));
	assert_eq!(node.work_and_include(), 1);
	node.run(|| {
		decide(one, right());
	});
	assert_eq!(node.work(), []);
	assert!(node.is_stopped() && node.stages().is_empty());
	// Whatever comes: it computes nothing, and challenges nothing.
	Jobs::take();
	node.attest(right());
	assert_eq!((node.work(), kinds()), (vec![], vec![]));
	node.run(|| {
		let lost = |event: &Event<Test>| matches!(event, Event::ChallengeLost { .. });
		assert_eq!(events().into_iter().filter(lost).count(), 1);
		assert_eq!(Charged::get(who), BOND);
		// The operator has mended the machine.
		StorageValueRef::persistent(STOPPED).clear();
	});
	node.finds(&right());
	node.attest(wrong());
	assert_eq!(node.work().len(), 1);
}

#[test]
fn node_should_go_on_when_the_court_does_not_decide() {
	let mut node = Node::new();
	let (id, _) = node.attest(wrong());
	node.work_and_include();
	node.run(|| begin_reveals(id));
	node.work_and_include();
	node.run(|| {
		adjourn(id);
	});
	assert_eq!(node.work(), []);
	assert!(!node.is_stopped() && node.stages().is_empty());
}

#[test]
fn node_should_stop_when_its_claim_did_not_get_out() {
	let mut node = Node::new();
	let (id, _) = node.attest(wrong());
	node.work_and_include();
	// It sees its challenge in the chain, and then nothing until the end.
	node.work();
	node.run(|| {
		begin_reveals(id);
		decide(id, right());
	});
	node.work();
	assert!(node.is_stopped());
}

#[test]
fn challenge_should_be_sent_again_when_no_block_takes_it() {
	let mut node = Node::new();
	node.attest(wrong());
	assert_eq!(node.work().len(), 1);
	assert_eq!(node.work().len(), 0, "it is on its way");
	node.run(next_block);
	assert_eq!(node.work().len(), 0);
	node.run(next_block);
	assert_eq!(node.work_and_include(), 1);
	assert_eq!(node.work().len(), 0);
}

#[test]
fn claim_should_be_sent_again_when_no_block_takes_it() {
	let mut node = Node::new();
	let (id, _) = node.attest(wrong());
	node.work_and_include();
	node.run(|| begin_reveals(id));
	assert_eq!(node.work().len(), 1);
	node.run(|| run_blocks(2));
	assert_eq!(node.work_and_include(), 1);
	assert_eq!(node.work().len(), 0);
}

#[test]
fn node_should_leave_an_answer_alone_when_others_brought_it_to_court() {
	let mut node = Node::new();
	let (id, _) = node.attest(wrong());
	Watched::set(Ok(JobStatus::Pending));
	node.work();
	node.run(|| {
		assert_ok!(challenge_by(CHALLENGER, id, &right()));
	});
	Watched::set(done(&right()));
	assert_eq!(node.work(), []);
	assert!(node.stages().is_empty());
}

#[test]
fn node_should_leave_an_answer_alone_when_it_is_of_another_fork() {
	let mut node = Node::new();
	let (id, _) = node.attest(wrong());
	Watched::set(Ok(JobStatus::Pending));
	node.work();
	node.run(|| {
		Requests::<Test>::mutate(id, |request| {
			request.as_mut().unwrap().seed = Some(H256::repeat_byte(7));
		});
	});
	Watched::set(done(&right()));
	assert_eq!(node.work(), []);
	assert!(node.stages().is_empty());
}

#[test]
fn node_should_watch_nothing_when_it_is_switched_off_or_has_no_valid_key() {
	let mut node = Node::new();
	Share::set(Some(0));
	node.attest(wrong());
	assert_eq!((node.work(), kinds()), (vec![], vec![]));
	// Without a key.
	let mut node = Node::new();
	node.run(|| {
		attested(Tier::Optimistic, wrong());
		run_blocks(LOOK);
	});
	assert_eq!((node.work(), kinds()), (vec![], vec![]));
}

#[test]
fn node_should_watch_nothing_when_its_operator_has_the_seat_or_does_not_serve() {
	let mut node = Node::new();
	let id = node.run(|| attested(Tier::Optimistic, wrong()));
	let member = node.run(|| members(id, 0)[0]);
	node.serve(member);
	node.run(|| run_blocks(LOOK));
	assert_eq!((node.work(), kinds()), (vec![], vec![]));

	let mut node = Node::new();
	let (_, who) = node.attest(wrong());
	node.run(|| Stopped::set(&vec![who]));
	assert_eq!((node.work(), kinds()), (vec![], vec![]));
}

#[test]
fn three_watchers_should_be_expected_when_the_share_is_the_default() {
	// Two of three executors that serve were not drawn: both watch.
	let mut node = Node::new();
	Share::set(None);
	node.run(|| FirstServing::set(&(EXECUTORS - 2)));
	let id = node.run(|| attested(Tier::Optimistic, right()));
	let drawn = node.run(|| members(id, 0)[0]);
	(EXECUTORS - 2..=EXECUTORS).for_each(|who| node.serve(who));
	node.run(|| run_blocks(LOOK));
	node.work();
	assert_eq!(Jobs::get().len(), 2, "not {drawn}");

	// Of sixty, each with a chance of 3 in 59.
	let mut node = Node::new();
	Share::set(None);
	Watched::set(Ok(JobStatus::Pending));
	(1..=EXECUTORS).for_each(|who| node.serve(who));
	let mut jobs = 0;
	for _ in 0..40 {
		node.run(|| {
			attested(Tier::Optimistic, right());
			run_blocks(LOOK);
		});
		Watched::set(done(&right()));
		node.work();
		jobs += Jobs::take().len();
	}
	assert!((80..=160).contains(&jobs), "{jobs} of 120");
}

#[test]
fn watched_answers_should_be_bounded_and_have_their_turn_later() {
	let mut node = Node::new();
	node.run(|| {
		let ids: Vec<_> = (0..2 * MAX_WATCHED / 3)
			.map(|index| {
				if index % 8 == 7 {
					next_block();
				}
				request(Tier::Optimistic)
			})
			.collect();
		run_blocks(2);
		for id in ids {
			agree(id, right());
		}
	});
	Watched::set(Ok(JobStatus::Pending));
	// Each answer is watched for three of the node's executors, more or less.
	(1..=EXECUTORS).for_each(|who| node.serve(who));
	Share::set(Some(ALL / 20));
	node.run(|| run_blocks(LOOK));
	node.work();
	let first = node.stages().len();
	assert!((MAX_WATCHED..MAX_WATCHED + 10).contains(&first), "{first}");
	Watched::set(done(&right()));
	node.work();
	assert!(node.stages().is_empty());
	Jobs::take();
	node.work();
	assert!(!Jobs::get().is_empty());
}
