//! Off-chain worker: what it submits, and when it holds back.

use crate::{mock::*, *};
use codec::Decode;
use frame_support::{assert_ok, parameter_types, traits::Hooks};
use opg_primitives::{
	Answer, CommitmentContext, ExecutorKey, Job, JobError, JobKind, JobStatus, RequestId, Task,
	EXECUTOR_KEY_TYPE,
};
use opg_runtime_interface::{JobQueue, JobQueueExt};
use pallet_opg_support::{Assignment, Committees, Verdict};
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
	/// Whether a job is answered only when it is asked for again.
	static IsSlow: bool = false;
	/// Jobs that were handed in.
	static Jobs: Vec<Job> = Vec::new();
}

struct FakeQueue;

impl JobQueue for FakeQueue {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		let is_new = Jobs::get().iter().all(|known| known.key() != job.key());
		Jobs::mutate(|jobs| jobs.push(job));
		if IsSlow::get() && is_new {
			return Ok(JobStatus::Pending);
		}
		Reply::get()
	}

	fn has_model(&mut self, _: [u8; 32]) -> Result<bool, JobError> {
		unreachable!("executors ask for answers")
	}

	fn watch_share(&mut self) -> Option<u32> {
		unreachable!("executors ask for answers")
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
		IsSlow::take();
		Jobs::take();
		Reply::set(Ok(done(answer(1))));
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
		input: opg_primitives::TaskInput::Inline(b"input".to_vec()),
		limits: LIMITS,
	}
}

/// Finished job that computed this answer and no witness.
fn done(answer: Answer) -> JobStatus {
	JobStatus::Done { answer, witness: None }
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
	let millis_left = COMMIT_BLOCKS * BLOCK_MILLIS;
	let (request, kind, requester) = (7, JobKind::Run, requester(7));
	let job = Job { request, round: 0, kind, task: task(), requester, millis_left };
	assert_eq!(Jobs::get(), vec![job; 2]);
	node.run(|| {
		assert_eq!(phase(7), RoundPhase::Reveal);
		next_block();
	});
	node.work_and_include();
	node.run(|| assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]));
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
		Reply::set(reply.clone());
		node.run(|| open_with_task(7, &[1, 2]));
		assert!(node.work().is_empty());
		// One that runs is asked for again in the same run: it may take no time.
		assert_eq!(Jobs::get().len(), if reply == Ok(JobStatus::Pending) { 2 } else { 1 });
		Reply::set(Ok(done(answer(1))));
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
		node.run(|| {
			assert_eq!(
				seat_state(7, 1),
				SeatState::Declined { reason, outcome: DeclineOutcome::Vacant }
			)
		});
	}
}

#[test]
fn worker_should_commit_in_the_block_of_the_draw_when_its_jobs_take_no_time() {
	let mut node = Node::new(&[1]);
	IsSlow::set(true);
	node.run(|| (7..9).for_each(|request| open_with_task(request, &[1, 2])));
	node.work_and_include();
	let requests: Vec<_> = Jobs::get().iter().map(|job| job.request).collect();
	assert_eq!(requests, [7, 8, 7, 8], "all are handed in before one is waited for");
	node.run(|| {
		for request in 7..9 {
			assert!(matches!(seat_state(request, 1), SeatState::Committed { .. }));
		}
	});
}

#[test]
fn worker_should_decline_in_time_when_the_node_has_no_time_for_a_job_or_not_its_input() {
	for reason in [JobError::QueueFull, JobError::InputMissing] {
		let mut node = Node::new(&[1]);
		Reply::set(Err(reason));
		node.run(|| open_with_task(7, &[1, 2]));
		assert!(node.work().is_empty(), "it may find time, or the input, yet");
		node.run(next_block);
		node.work_and_include();
		node.run(|| {
			assert_eq!(
				seat_state(7, 1),
				SeatState::Declined { reason, outcome: DeclineOutcome::Vacant }
			)
		});
	}
}

#[test]
fn worker_should_not_decline_for_want_of_time_when_that_is_not_free_any_more() {
	let mut node = Node::new(&[1]);
	Reply::set(Err(JobError::QueueFull));
	node.run(|| {
		open_with_task(7, &[1, 2]);
		next_blocks(COMMIT_BLOCKS / 2 + 1);
	});
	assert!(node.work().is_empty());
	Reply::set(Ok(done(answer(1))));
	assert_eq!(node.work().len(), 1, "it tries to the end");
}

#[test]
fn worker_should_decline_at_once_when_its_job_failed_and_that_is_free() {
	for (blocks, declines) in [(0, 1), (COMMIT_BLOCKS / 2, 1), (COMMIT_BLOCKS / 2 + 1, 0)] {
		let mut node = Node::new(&[1]);
		Reply::set(Err(JobError::Failed));
		node.run(|| {
			open_with_task(7, &[1, 2]);
			next_blocks(blocks);
		});
		assert_eq!(node.work().len(), declines, "after {blocks} blocks");
	}
}

/// 256 seats of which some waited for others hid the rest, and those were fined.
#[test]
fn worker_should_commit_in_every_seat_when_it_has_very_many() {
	let mut node = Node::new(&[1]);
	node.run(|| {
		for request in 0..300 {
			open_with_task(request, &[1, 2]);
			if request % 100 == 99 {
				next_block();
			}
		}
	});
	node.work_and_include();
	node.run(|| {
		let committed = (0..300).filter(|id| seat_state(*id, 1) != SeatState::Waiting).count();
		assert_eq!(committed, 300);
	});
}

#[test]
fn worker_should_reveal_first_and_go_on_in_the_next_run_when_there_is_too_much_to_do() {
	let mut node = Node::new(&[1]);
	let most = crate::offchain::MAX_ITEMS as u64;
	node.run(|| {
		for request in 0..most + 5 {
			Tasks::mutate(|tasks| tasks.insert(request, task()));
			// So that the first are still open when the last ones are opened.
			let commit_blocks = 4 * COMMIT_BLOCKS;
			let assignment = assignment(request, 0, &[1, 2], 2);
			assert_ok!(Attestation::open(Assignment { commit_blocks, ..assignment }));
			// Before the first are late.
			if request % 512 == 511 {
				next_block();
			}
		}
		let last = most + 4;
		let context = Attestation::commitment_context(last, &round(last), &1);
		let key = ExecutorKey::from(sp_core::Pair::public(&hot_pair(1)));
		let salt = Attestation::salt(&key, &context).unwrap();
		let payload = opg_primitives::commitment(&context, &answer(1), None, &salt);
		assert_ok!(submit(commit_call(1, vec![item(last, 0, payload)])));
		assert_ok!(commit(last, 2, &answer(1)));
	});
	let sent = node.work();
	assert!(matches!(&sent[0], Call::reveal { batch, .. } if batch.items[0].request == most + 4));
	let items = |calls: &[Call<Test>]| -> Vec<u64> {
		let requests = |call: &Call<Test>| match call {
			Call::commit { batch, .. } => batch.items.iter().map(|item| item.request).collect(),
			_ => Vec::new(),
		};
		calls.iter().flat_map(requests).collect()
	};
	assert_eq!(items(&sent), (0..most - 1).collect::<Vec<_>>(), "the earliest deadlines first");
	assert_eq!(items(&node.work()), (most - 1..most + 4).collect::<Vec<_>>(), "the rest");
}

#[test]
fn worker_should_name_a_block_that_others_know_when_they_are_behind() {
	let mut node = Node::new(&[1]);
	node.run(|| {
		next_blocks(4);
		open_with_task(7, &[1, 2]);
		// As `Executive` does before it runs off-chain workers.
		frame_system::BlockHash::<Test>::insert(5, block_hash(5));
	});
	let sent = node.work();
	assert!(matches!(&sent[0], Call::commit { batch, .. } if batch.at == 3));
	node.run(|| {
		next_block();
		assert_ok!(submit(sent[0].clone()));
	});
}

#[test]
fn worker_should_act_again_when_the_round_is_of_another_fork() {
	let mut node = Node::new(&[1]);
	node.run(|| open_with_task(7, &[1, 2]));
	assert_eq!(node.work().len(), 1);
	node.run(|| {
		Rounds::<Test>::mutate(7, |round| round.as_mut().unwrap().seed = seed(8, 0));
	});
	assert_eq!(node.work().len(), 1, "what was sent for another draw does not count");
}

#[test]
fn worker_should_reveal_at_once_when_its_executor_is_the_whole_committee() {
	let mut node = Node::new(&[1]);
	node.run(|| open_with_task(7, &[1]));
	node.work_and_include();
	node.run(|| assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]));
}

#[test]
fn worker_should_not_decline_when_it_committed_already() {
	let mut node = Node::new(&[1]);
	node.run(|| open_with_task(7, &[1, 2]));
	node.work_and_include();
	Reply::set(Err(JobError::ModelMissing));
	node.run(next_block);
	assert!(node.work().is_empty());
}

#[test]
fn worker_should_send_again_when_a_submission_is_in_no_block() {
	let mut node = Node::new(&[1]);
	node.run(|| open_with_task(7, &[1, 2]));
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
	node.run(|| open_with_task(7, &[1, 2]));
	assert_eq!(node.work().len(), 1);
	node.restart();
	assert_eq!(node.work().len(), 1);
}

#[test]
fn worker_should_reveal_when_the_node_restarted_after_its_commitment() {
	let mut node = Node::new(&[1, 2]);
	node.run(|| open_with_task(7, &[1, 2]));
	node.work_and_include();
	node.restart();
	node.work_and_include();
	node.run(|| assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]));
}

#[test]
fn worker_should_reveal_when_its_key_was_rotated_after_its_commitment() {
	let mut node = Node::new(&[1, 2]);
	node.run(|| open_with_task(7, &[1, 2]));
	node.work_and_include();
	Rotations::set(1);
	node.generate_key(1);
	node.generate_key(2);
	node.work_and_include();
	node.run(|| assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]));
}

#[test]
fn worker_should_not_reveal_when_its_answer_changed() {
	let mut node = Node::new(&[1, 2]);
	node.run(|| open_with_task(7, &[1, 2]));
	node.work_and_include();
	Reply::set(Ok(done(answer(2))));
	node.run(next_block);
	assert!(node.work().is_empty());
}

#[test]
fn worker_should_send_several_batches_when_it_has_many_duties() {
	let mut node = Node::new(&[1]);
	node.run(|| (0..=u64::from(MAX_BATCH)).for_each(|request| open_with_task(request, &[1, 2])));
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
	node.run(|| open(7, 0, &[1, 2]));
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
	Reply::set(Ok(done(failure.clone())));
	node.run(|| open_with_task(7, &[1]));
	node.work_and_include();
	node.run(|| assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(failure))]));
}

#[test]
fn worker_should_give_the_witness_when_the_round_takes_one() {
	let mut node = Node::new(&[1, 2]);
	let witness = Some(H256::repeat_byte(5));
	Reply::set(Ok(JobStatus::Done { answer: answer(1), witness }));
	node.run(|| {
		Tasks::mutate(|tasks| tasks.insert(7, task()));
		open_witnessed(7, 2, &[1, 2]);
	});
	node.work_and_include();
	assert!(Jobs::get().iter().all(|job| job.kind == JobKind::Witness(seed(7, 2))));
	// After a change the commitment does not open: it binds the witness.
	Reply::set(Ok(JobStatus::Done { answer: answer(1), witness: Some(H256::zero()) }));
	node.run(next_block);
	assert!(node.work().is_empty());
	Reply::set(Ok(JobStatus::Done { answer: answer(1), witness }));
	node.work_and_include();
	node.run(|| {
		assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]);
		let revealed = |who| match seat_state(7, who) {
			SeatState::Revealed { witness, .. } => witness,
			_ => None,
		};
		assert_eq!([1, 2].map(revealed), [witness; 2]);
	});
}

#[test]
fn jobs_should_have_the_time_until_the_deadline_of_their_stage_when_they_are_handed_in() {
	let mut node = Node::new(&[1]);
	node.run(|| open_with_task(7, &[1, 2]));
	node.work_and_include();
	node.run(|| {
		assert_ok!(commit(7, 2, &answer(1)));
		next_blocks(2);
	});
	node.work();
	node.run(|| {
		open_with_task(8, &[1]);
		next_block();
	});
	node.work();
	let left: Vec<_> = Jobs::get().iter().map(|job| (job.request, job.millis_left)).collect();
	let blocks = |count: u32| count * BLOCK_MILLIS;
	let to_reveal = COMMIT_BLOCKS + REVEAL_BLOCKS - 2;
	let expected = [
		(7, blocks(COMMIT_BLOCKS)),
		(7, blocks(to_reveal)),
		// A committee of one reveals in the commit phase.
		(8, blocks(COMMIT_BLOCKS - 1)),
	];
	assert_eq!(left, expected);
}

#[test]
fn worker_should_answer_in_a_seat_that_another_declined_when_it_takes_it() {
	let mut node = Node::new(&[3]);
	node.run(|| {
		open_with_task(7, &[1, 2]);
		assert_ok!(decline(7, 1, JobError::QueueFull));
		assert_ok!(commit(7, 2, &answer(1)));
		assert_ok!(Attestation::replace(7, 0, 3, session(0)));
	});
	node.work_and_include();
	node.run(|| {
		assert_ok!(reveal(7, 2, &answer(1)));
		next_block();
	});
	node.work_and_include();
	node.run(|| assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]));
}
