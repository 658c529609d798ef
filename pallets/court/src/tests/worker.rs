//! Off-chain worker: what it submits, and when it holds back.

use crate::{mock::*, *};
use codec::Decode;
use frame_support::{assert_ok, parameter_types, traits::Hooks};
use opg_primitives::{
	court::{second_seed, COURT_KEY_TYPE},
	Content, Job, JobError, JobKind, JobStatus, RequestId, Task, VersionLimits,
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

parameter_types! {
	/// Reply of the job queue.
	static Reply: Result<JobStatus, JobError> = Ok(JobStatus::Pending);
	/// Jobs that were handed in.
	static Jobs: Vec<Job> = Vec::new();
	/// Content hashes of the files in the store.
	pub(super) static Stored: Vec<H256> = Vec::new();
	/// Number of times that the store was asked.
	static Asked: u32 = 0;
}

struct FakeQueue;

impl JobQueue for FakeQueue {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		Jobs::mutate(|jobs| jobs.push(job));
		Reply::get()
	}

	fn has_model(&mut self, hash: [u8; 32]) -> Result<bool, JobError> {
		Asked::mutate(|asked| *asked += 1);
		Ok(Stored::get().contains(&H256(hash)))
	}

	fn hold_content(&mut self, content: Content) -> Result<bool, JobError> {
		super::holding::hold_content(content)
	}

	fn watch_share(&mut self) -> Option<u32> {
		unreachable!("the court watches nobody")
	}
}

/// Reply of a queue that computed the answer with this byte, and its witness.
fn done(byte: u8) -> Result<JobStatus, JobError> {
	let answer = answer(byte);
	let witness = Some(witness_of(&answer));
	Ok(JobStatus::Done { answer, witness })
}

/// Job of request 7 in its first sitting, with so many blocks to compute it.
fn job(blocks: u32) -> Job {
	let (kind, millis_left) = (JobKind::Witness(SEED), blocks * BLOCK_MILLIS);
	Job { request: 7, round: 255, kind, task: task(), requester: requester(7), millis_left }
}

/// Node of the validators `who`.
pub(super) struct Node {
	pub(super) ext: sp_io::TestExternalities,
	keystore: MemoryKeystore,
	sent: Box<dyn Fn() -> Vec<Call<Test>>>,
}

impl Node {
	pub(super) fn new(who: &[u64]) -> Self {
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
					RuntimeCall::Court(call) => call,
					other => panic!("not of this pallet: {other:?}"),
				})
				.collect()
		});
		ext.execute_with(begin);
		Jobs::take();
		Stored::take();
		Asked::take();
		Reply::set(done(1));
		let node = Self { ext, keystore, sent };
		who.iter().for_each(|who| node.generate_key(*who));
		node
	}

	/// Generates the current court key of `who`.
	fn generate_key(&self, who: u64) {
		let seed = format!("0x{}", hex::encode(court_seed(who)));
		self.keystore.ed25519_generate_new(COURT_KEY_TYPE, Some(&seed)).unwrap();
	}

	/// Loses the local storage.
	pub(super) fn restart(&mut self) {
		let (offchain, _) = TestOffchainExt::new();
		self.ext.register_extension(OffchainDbExt::new(offchain.clone()));
		self.ext.register_extension(OffchainWorkerExt::new(offchain));
	}

	/// Runs a part of a test on the chain; ends with the invariants.
	pub(super) fn run<R>(&mut self, test: impl FnOnce() -> R) -> R {
		self.ext.execute_with(|| {
			let result = test();
			check();
			result
		})
	}

	/// Runs the worker on the state of the current block, and begins the next. Returns what it sent.
	pub(super) fn work(&mut self) -> Vec<Call<Test>> {
		self.ext.execute_with(|| {
			Court::offchain_worker(System::block_number());
			next_block();
		});
		(self.sent)()
	}

	/// Runs the worker and puts what it sends into the next block.
	pub(super) fn work_and_include(&mut self) {
		for call in self.work() {
			self.run(|| {
				assert_ok!(submit(call));
			});
		}
	}
}

fn task() -> Task {
	Task {
		model_hash: H256::repeat_byte(1),
		engine_id: H256::repeat_byte(2),
		dims: Default::default(),
		input: opg_primitives::TaskInput::Inline(b"input".to_vec()),
		limits: VersionLimits::inline(1_000, 1_000, 64),
	}
}

/// Brings a request that has a task to the court, where it sits.
fn sit_with_task(request: RequestId) {
	Tasks::mutate(|tasks| tasks.insert(request, task()));
	sit(request);
}

#[test]
fn worker_should_commit_and_reveal_when_its_jobs_are_done() {
	let mut node = Node::new(&[1, 2, 3, 4, 5]);
	node.run(|| sit_with_task(7));
	node.work_and_include();
	assert_eq!(Jobs::take(), vec![job(COMMIT_BLOCKS - 1); 5]);
	node.run(|| {
		assert_eq!(phase(7), CasePhase::Commit { committed: 5 });
		next_block();
	});
	node.work_and_include();
	assert_eq!(Jobs::get(), vec![job(REVEAL_BLOCKS - 1); 5]);
	node.run(|| {
		next_block();
		assert_eq!(Verdicts::get(), [(7, decided(answer(1), &[1, 2, 3, 4, 5]))]);
	});
}

#[test]
fn worker_should_give_a_job_the_rest_of_its_phase_when_blocks_pass() {
	let mut node = Node::new(&[1]);
	Reply::set(Ok(JobStatus::Pending));
	node.run(|| sit_with_task(7));
	for left in (1..COMMIT_BLOCKS).rev() {
		assert!(node.work().is_empty());
		assert_eq!(Jobs::take(), [job(left)]);
	}
	// The next block ends the phase, as a rule: one that has no weight for it takes votes.
	node.work();
	assert_eq!(Jobs::take(), [job(1)]);
}

#[test]
fn worker_should_abstain_when_its_answer_has_no_witness() {
	let mut node = Node::new(&[1]);
	Reply::set(Ok(JobStatus::Done { answer: answer(1), witness: None }));
	node.run(|| sit_with_task(7));
	assert!(node.work().is_empty());
}

#[test]
fn worker_should_act_for_its_own_seats_only_when_others_are_on_the_bench() {
	let mut node = Node::new(&[2, 9]);
	node.run(|| sit_with_task(7));
	let sent = node.work();
	assert_eq!(sent.len(), 1);
	assert!(matches!(&sent[0], Call::commit { batch, .. } if batch.seat == 1));
}

#[test]
fn worker_should_do_nothing_when_it_has_no_key_or_no_case_sits() {
	let mut node = Node::new(&[]);
	node.run(|| sit_with_task(7));
	assert!(node.work().is_empty() && Jobs::get().is_empty());
	let mut node = Node::new(&[1]);
	node.run(|| open(7).unwrap());
	assert!(node.work().is_empty() && Jobs::get().is_empty());
}

#[test]
fn worker_should_abstain_when_its_job_is_not_done() {
	for reply in [
		Ok(JobStatus::Pending),
		Err(JobError::NoEngine),
		Err(JobError::QueueFull),
		Err(JobError::ModelMissing),
		Err(JobError::Internal),
	] {
		let mut node = Node::new(&[1]);
		Reply::set(reply);
		node.run(|| sit_with_task(7));
		assert!(node.work().is_empty());
		assert_eq!(Jobs::get().len(), 1);
		Reply::set(done(1));
		assert_eq!(node.work().len(), 1, "asked again");
	}
}

#[test]
fn worker_should_leave_the_answer_out_when_the_chain_holds_it() {
	for known in [false, true] {
		let mut node = Node::new(&[1]);
		if known {
			Known::set(vec![(7, answer(1))]);
		}
		node.run(|| sit_with_task(7));
		node.work_and_include();
		node.run(|| next_blocks(COMMIT_BLOCKS));
		let sent = node.work();
		let Call::reveal { batch, .. } = &sent[0] else { panic!("no reveal: {sent:?}") };
		let expected = (!known).then(|| answer(1));
		assert_eq!(batch.items[0].payload.answer, expected);
	}
}

#[test]
fn worker_should_repeat_itself_only_after_a_while_when_a_batch_is_lost() {
	let mut node = Node::new(&[1]);
	node.run(|| sit_with_task(7));
	assert_eq!(node.work().len(), 1);
	assert_eq!(node.work().len(), 0);
	assert_eq!(node.work().len(), 1);
}

#[test]
fn worker_should_reveal_when_the_node_restarted_after_its_commitment() {
	let mut node = Node::new(&[1]);
	node.run(|| sit_with_task(7));
	node.work_and_include();
	node.restart();
	node.run(|| next_blocks(COMMIT_BLOCKS));
	node.work_and_include();
	node.run(|| assert_eq!(phase(7), CasePhase::Reveal { unrevealed: 0 }));
}

#[test]
fn worker_should_vote_with_its_old_key_when_it_was_rotated_since() {
	let mut node = Node::new(&[1]);
	node.run(|| sit_with_task(7));
	Rotations::set(1);
	node.generate_key(1);
	node.run(|| {
		begin_session(1, &[1, 2]);
		sit_with_task(8);
	});
	let sessions: Vec<u32> = node
		.work()
		.into_iter()
		.map(|call| {
			let Call::commit { batch, .. } = &call else { panic!("no commitment: {call:?}") };
			let session = batch.session;
			node.run(|| {
				assert_ok!(submit(call));
			});
			session
		})
		.collect();
	assert_eq!(sessions, [0, 1], "a batch for each bench");
	node.run(|| {
		assert_eq!(phase(7), CasePhase::Commit { committed: 1 });
		assert_eq!(phase(8), CasePhase::Commit { committed: 1 });
		next_blocks(COMMIT_BLOCKS - 1);
	});
	node.work_and_include();
	node.run(|| {
		assert_eq!(phase(7), CasePhase::Reveal { unrevealed: 0 });
		assert_eq!(phase(8), CasePhase::Reveal { unrevealed: 0 });
	});
}

#[test]
fn worker_should_not_reveal_when_its_answer_changed() {
	let mut node = Node::new(&[1]);
	node.run(|| sit_with_task(7));
	node.work_and_include();
	Reply::set(done(2));
	node.run(|| next_blocks(COMMIT_BLOCKS));
	assert!(node.work().is_empty());
}

#[test]
fn worker_should_compute_again_when_the_court_sits_again() {
	let mut node = Node::new(&[1]);
	node.run(|| {
		sit_with_task(7);
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS);
		begin_session(1, &[1]);
		next_block();
		assert_eq!(case(7).sitting, 1);
	});
	node.work_and_include();
	let kind = JobKind::Witness(second_seed(&SEED));
	assert_eq!(Jobs::get(), [Job { round: 254, kind, ..job(COMMIT_BLOCKS - 1) }]);
	node.run(next_block);
	node.work_and_include();
	node.run(|| {
		next_block();
		assert_eq!(Verdicts::get(), [(7, decided_again(answer(1), &[1]))]);
	});
}

#[test]
fn worker_should_send_one_batch_when_several_cases_sit() {
	let mut node = Node::new(&[1]);
	node.run(|| {
		Tasks::mutate(|tasks| tasks.insert(7, task()));
		open(7).unwrap();
		sit_with_task(8);
	});
	let sent = node.work();
	assert!(matches!(&sent[..], [Call::commit { batch, .. }] if batch.items.len() == 2));
}

#[test]
fn worker_should_do_nothing_when_the_request_has_no_task() {
	let mut node = Node::new(&[1]);
	node.run(|| sit(7));
	assert!(node.work().is_empty() && Jobs::get().is_empty());
}

#[test]
fn worker_should_declare_what_its_store_holds_when_that_changed() {
	let mut node = Node::new(&[1, 2]);
	node.run(|| {
		register(3);
		Stored::set(vec![file(0), file(2)]);
	});
	node.work_and_include();
	node.run(|| {
		assert_eq!(Holders::<Test>::get(0).to_vec(), [1, 2]);
		assert!(!Holders::<Test>::contains_key(1));
		assert_eq!(Holders::<Test>::get(2).to_vec(), [1, 2]);
		Stored::set(vec![file(1), file(2)]);
	});
	for _ in 1..DECLARE_BLOCKS {
		assert!(node.work().is_empty(), "not yet");
	}
	node.work_and_include();
	node.run(|| {
		assert!(!Holders::<Test>::contains_key(0));
		assert_eq!(Holders::<Test>::get(1).to_vec(), [1, 2]);
	});
	for _ in 0..2 * DECLARE_BLOCKS {
		assert!(node.work().is_empty(), "nothing changed");
	}
}

#[test]
fn worker_should_take_versions_page_by_page_when_there_are_many() {
	let mut node = Node::new(&[1]);
	let count = MAX_DECLARATIONS + 10;
	node.run(|| {
		register(count);
		Stored::set((0..count).map(file).collect());
	});
	node.work_and_include();
	assert_eq!(Asked::take(), MAX_DECLARATIONS);
	node.run(|| {
		assert_eq!(HeldModels::<Test>::get(1), MAX_DECLARATIONS);
		next_blocks(DECLARE_BLOCKS);
	});
	node.work_and_include();
	assert_eq!(Asked::take(), 10);
	node.run(|| {
		assert_eq!(HeldModels::<Test>::get(1), count);
		next_blocks(DECLARE_BLOCKS);
	});
	assert!(node.work().is_empty());
	assert_eq!(Asked::take(), MAX_DECLARATIONS, "from the first one again");
}

#[test]
fn worker_should_declare_nothing_when_it_has_no_seat() {
	let mut node = Node::new(&[9]);
	node.run(|| {
		register(1);
		Stored::set(vec![file(0)]);
	});
	assert!(node.work().is_empty());
	assert_eq!(Asked::get(), 0);
}

#[test]
fn worker_should_declare_again_when_a_batch_is_lost() {
	let mut node = Node::new(&[1]);
	node.run(|| {
		register(1);
		Stored::set(vec![file(0)]);
	});
	assert_eq!(node.work().len(), 1);
	node.run(|| next_blocks(DECLARE_BLOCKS - 1));
	assert_eq!(node.work().len(), 1);
}

#[test]
fn store_should_be_unavailable_when_the_call_is_not_of_an_off_chain_worker() {
	new_ext().execute_with(|| {
		let reply = opg_runtime_interface::inference_host::has_model([1; 32]);
		assert_eq!(reply, Err(JobError::NoEngine));
	});
}
