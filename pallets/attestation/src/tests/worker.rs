//! Off-chain worker: what it submits, and when it holds back.

use crate::{mock::*, *};
use codec::Decode;
use frame_support::{assert_ok, parameter_types, traits::Hooks};
use opg_primitives::{
	Answer, CommitmentContext, ExecutorKey, Job, JobError, JobStatus, RequestId, Task,
	EXECUTOR_KEY_TYPE,
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
}

struct FakeQueue;

impl JobQueue for FakeQueue {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		Jobs::mutate(|jobs| jobs.push(job));
		Reply::get()
	}
}

/// Node of the executors `who`.
struct Node {
	ext: sp_io::TestExternalities,
	keystore: MemoryKeystore,
	sent: Box<dyn Fn() -> Vec<Call<Test>>>,
}

impl Node {
	fn new(who: &[u64]) -> Self {
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
					RuntimeCall::Attestation(call) => call,
					other => panic!("not of this pallet: {other:?}"),
				})
				.collect()
		});
		ext.execute_with(begin);
		Jobs::take();
		Reply::set(Ok(JobStatus::Done(answer(1))));
		let node = Self { ext, keystore, sent };
		who.iter().for_each(|who| node.generate_key(*who));
		node
	}

	/// Generates the current hot key of `who`.
	fn generate_key(&self, who: u64) {
		let seed = format!("0x{}", hex::encode(hot_seed(who)));
		self.keystore.ed25519_generate_new(EXECUTOR_KEY_TYPE, Some(&seed)).unwrap();
	}

	/// Loses the local storage.
	fn restart(&mut self) {
		let (offchain, _) = TestOffchainExt::new();
		self.ext.register_extension(OffchainDbExt::new(offchain.clone()));
		self.ext.register_extension(OffchainWorkerExt::new(offchain));
	}

	/// Runs a part of a test on the chain; ends with the invariants.
	fn run<R>(&mut self, test: impl FnOnce() -> R) -> R {
		self.ext.execute_with(|| {
			let result = test();
			check();
			result
		})
	}

	/// Runs the worker at the current block. Returns what it sent.
	fn work(&mut self) -> Vec<Call<Test>> {
		self.ext.execute_with(|| Attestation::offchain_worker(System::block_number()));
		(self.sent)()
	}

	/// Runs the worker and puts what it sends into the block.
	fn work_and_include(&mut self) {
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
		input: b"input".to_vec(),
		fuel_limit: FUEL_LIMIT,
	}
}

/// Opens the first round of a request that has a task.
fn open_with_task(request: RequestId, committee: &[u64]) {
	Tasks::mutate(|tasks| tasks.insert(request, task()));
	open(request, 0, committee);
}

#[test]
fn worker_should_commit_and_reveal_when_its_jobs_are_done() {
	let mut node = Node::new(&[1, 2]);
	node.run(|| open_with_task(7, &[1, 2]));
	node.work_and_include();
	assert_eq!(Jobs::get(), vec![Job { request: 7, round: 0, task: task() }; 2]);
	node.run(|| {
		assert_eq!(phase(7), RoundPhase::Reveal);
		next_block();
	});
	node.work_and_include();
	node.run(|| assert_eq!(Verdicts::get(), [(7, Ok(answer(1)))]));
}

#[test]
fn worker_should_act_for_its_own_executors_only_when_others_are_drawn() {
	let mut node = Node::new(&[2]);
	node.run(|| open_with_task(7, &[1, 2, 3]));
	let sent = node.work();
	assert_eq!(sent.len(), 1);
	assert!(matches!(&sent[0], Call::commit { batch, .. } if batch.executor == 2));
}

#[test]
fn worker_should_do_nothing_when_it_has_no_key() {
	let mut node = Node::new(&[]);
	node.run(|| open_with_task(7, &[1]));
	assert!(node.work().is_empty() && Jobs::get().is_empty());
}

#[test]
fn worker_should_do_nothing_when_its_key_is_not_valid() {
	let mut node = Node::new(&[1]);
	node.run(|| {
		open_with_task(7, &[1]);
		Keyless::set([1].into());
	});
	assert!(node.work().is_empty() && Jobs::get().is_empty());
}

#[test]
fn worker_should_wait_when_its_job_is_not_done() {
	for reply in [
		Ok(JobStatus::Pending),
		Err(JobError::NoEngine),
		Err(JobError::QueueFull),
		Err(JobError::Internal),
	] {
		let mut node = Node::new(&[1]);
		Reply::set(reply);
		node.run(|| open_with_task(7, &[1]));
		assert!(node.work().is_empty());
		assert_eq!(Jobs::get().len(), 1);
		Reply::set(Ok(JobStatus::Done(answer(1))));
		assert_eq!(node.work().len(), 1, "asked again");
	}
}

#[test]
fn worker_should_decline_when_the_node_lacks_a_file() {
	for reason in [JobError::ModelMissing, JobError::EngineMissing] {
		let mut node = Node::new(&[1]);
		Reply::set(Err(reason));
		node.run(|| open_with_task(7, &[1, 2]));
		node.work_and_include();
		node.run(|| assert_eq!(seat_state(7, 1), SeatState::Declined { reason }));
	}
}

#[test]
fn worker_should_not_decline_when_it_committed_already() {
	let mut node = Node::new(&[1]);
	node.run(|| open_with_task(7, &[1]));
	node.work_and_include();
	Reply::set(Err(JobError::ModelMissing));
	node.run(next_block);
	assert!(node.work().is_empty());
}

#[test]
fn worker_should_send_again_when_a_submission_is_in_no_block() {
	let mut node = Node::new(&[1]);
	node.run(|| open_with_task(7, &[1]));
	assert_eq!(node.work().len(), 1);
	assert!(node.work().is_empty(), "the same block");
	node.run(next_block);
	assert!(node.work().is_empty(), "one block later");
	node.run(next_block);
	assert_eq!(node.work().len(), 1, "two blocks later");
}

#[test]
fn worker_should_send_again_when_the_node_restarted() {
	let mut node = Node::new(&[1]);
	node.run(|| open_with_task(7, &[1]));
	assert_eq!(node.work().len(), 1);
	node.restart();
	assert_eq!(node.work().len(), 1);
}

#[test]
fn worker_should_reveal_when_the_node_restarted_after_its_commitment() {
	let mut node = Node::new(&[1]);
	node.run(|| open_with_task(7, &[1]));
	node.work_and_include();
	node.restart();
	node.work_and_include();
	node.run(|| assert_eq!(Verdicts::get(), [(7, Ok(answer(1)))]));
}

#[test]
fn worker_should_reveal_when_its_key_was_rotated_after_its_commitment() {
	let mut node = Node::new(&[1]);
	node.run(|| open_with_task(7, &[1]));
	node.work_and_include();
	Rotations::set(1);
	node.generate_key(1);
	node.work_and_include();
	node.run(|| assert_eq!(Verdicts::get(), [(7, Ok(answer(1)))]));
}

#[test]
fn worker_should_not_reveal_when_its_answer_changed() {
	let mut node = Node::new(&[1]);
	node.run(|| open_with_task(7, &[1]));
	node.work_and_include();
	Reply::set(Ok(JobStatus::Done(answer(2))));
	node.run(next_block);
	assert!(node.work().is_empty());
}

#[test]
fn worker_should_send_several_batches_when_it_has_many_duties() {
	let mut node = Node::new(&[1]);
	node.run(|| (0..=u64::from(MAX_BATCH)).for_each(|request| open_with_task(request, &[1])));
	let sizes: Vec<usize> = node
		.work()
		.iter()
		.map(|call| match call {
			Call::commit { batch, .. } => batch.items.len(),
			other => panic!("no commitments: {other:?}"),
		})
		.collect();
	assert_eq!(sizes, [MAX_BATCH as usize, 1]);
}

#[test]
fn worker_should_do_nothing_when_the_request_has_no_task() {
	let mut node = Node::new(&[1]);
	node.run(|| open(7, 0, &[1]));
	assert!(node.work().is_empty() && Jobs::get().is_empty());
}

#[test]
fn salt_should_be_the_same_when_the_node_computes_it_again() {
	let mut node = Node::new(&[1, 2]);
	node.run(|| {
		open_with_task(7, &[1, 2]);
		let context = |who| Attestation::commitment_context(7, &round(7), &who);
		let salt = |who: u64, context: &CommitmentContext<u64>| {
			let key = ExecutorKey::from(sp_core::Pair::public(&hot_pair(who)));
			Attestation::salt(&key, context).unwrap()
		};
		assert_eq!(salt(1, &context(1)), salt(1, &context(1)));
		assert_ne!(salt(1, &context(1)), salt(2, &context(1)), "of another key");
		assert_ne!(salt(1, &context(1)), salt(1, &context(2)), "in another context");
	});
}

#[test]
fn worker_should_answer_with_the_failure_when_the_model_fails() {
	let mut node = Node::new(&[1]);
	let failure: Answer = trap();
	Reply::set(Ok(JobStatus::Done(failure.clone())));
	node.run(|| open_with_task(7, &[1]));
	node.work_and_include();
	node.work_and_include();
	node.run(|| assert_eq!(Verdicts::get(), [(7, Ok(failure))]));
}
