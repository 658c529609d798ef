//! Off-chain worker of an executor: submits jobs, commits to their answers, reveals them, and
//! declines seats for which the node lacks a file or the time.
//!
//! Every run starts from the state of the best block alone. Work that a restart lost is done again,
//! and salts are derived from the hot key, so a node that restarts can still reveal.

use crate::{authorize::Payload, pallet::*, types::*};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use frame_support::{traits::Get, BoundedVec};
use frame_system::{offchain::SubmitTransaction, pallet_prelude::BlockNumberFor};
use opg_primitives::{
	batch_payload, commitment, domains, host::VersionedJob, Answer, CommitmentContext, ExecutorKey,
	ExecutorSignature, Job, JobError, JobKind, JobStatus, RequestId, RoundIndex,
};
use pallet_opg_support::{ExecutorDirectory, TaskSource, CALL_LAG};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{
	offchain::{
		storage::StorageValueRef,
		storage_lock::{StorageLock, Time},
		Duration,
	},
	traits::{SaturatedConversion, Saturating},
	RuntimeAppPublic,
};

const LOG: &str = "opg::executor";
/// Number of blocks after which a submission that is in no block is repeated.
const RESUBMIT_BLOCKS: u32 = 2;
/// Largest number of items that one run sends for an executor: 128 full batches, more than a block has
/// room for where it sits in every committee. What is left has its turn in the next run.
pub(crate) const MAX_ITEMS: usize = 128 * MAX_BATCH as usize;
/// Ticks before the end of the time for free declines at which a node gives up a seat for which it
/// has no time. Until then it may find some; later a block may have no room for the batch.
const DECLINE_AHEAD: u32 = 1;

/// Step of an executor in a round.
#[derive(Clone, Copy, PartialEq, Encode, Decode)]
pub(crate) enum Stage {
	/// To commit, or to decline.
	#[codec(index = 0)]
	Commit,
	/// To reveal; where no commitment is taken, also to decline.
	#[codec(index = 1)]
	Reveal,
}

/// Item that the node sent, kept in its local storage so that the next block does not repeat it.
#[derive(Clone, Encode, Decode)]
pub(crate) struct Sent {
	request: RequestId,
	round: RoundIndex,
	/// Seed of the round: the same round of another fork is another one.
	seed: H256,
	stage: Stage,
	/// Block of the run that sent it.
	at: u32,
}

/// Seat that is due: the executor has to act in it now.
#[derive(Clone, Copy)]
struct Duty {
	request: RequestId,
	round: RoundIndex,
	seed: H256,
	stage: Stage,
}

impl Duty {
	fn is_of(&self, sent: &Sent) -> bool {
		(self.request, self.round, self.seed, self.stage)
			== (sent.request, sent.round, sent.seed, sent.stage)
	}

	fn sent(&self, at: u32) -> Sent {
		let Duty { request, round, seed, stage } = *self;
		Sent { request, round, seed, stage, at }
	}

	fn item<P>(&self, payload: P) -> Item<P> {
		Item { request: self.request, round: self.round, seed: self.seed, payload }
	}
}

/// What a run does in a seat that is due.
enum Action {
	Commit(H256),
	Reveal(RevealedAnswer),
	Decline(JobError),
	/// The job is not done.
	Wait,
	/// There is nothing to be done now.
	Skip,
}

/// What a job computed.
struct Computed {
	answer: Answer,
	witness: Option<H256>,
}

impl Computed {
	fn reveal(self, salt: [u8; 32]) -> Action {
		let Self { answer, witness } = self;
		Action::Reveal(RevealedAnswer { answer, witness, salt })
	}
}

/// Items that a run sends for one executor.
#[derive(Default)]
struct Outbox {
	commitments: Vec<Item<H256>>,
	reveals: Vec<Item<RevealedAnswer>>,
	declined: Vec<Item<JobError>>,
}

impl Outbox {
	fn len(&self) -> usize {
		self.commitments.len() + self.reveals.len() + self.declined.len()
	}

	/// Adds what an action sends. Returns whether it sends anything.
	fn add(&mut self, duty: &Duty, action: Action) -> bool {
		match action {
			Action::Commit(commitment) => self.commitments.push(duty.item(commitment)),
			Action::Reveal(answer) => self.reveals.push(duty.item(answer)),
			Action::Decline(reason) => self.declined.push(duty.item(reason)),
			Action::Wait | Action::Skip => return false,
		}
		true
	}
}

/// Executor for whom a run works.
struct Operator<'a, AccountId> {
	account: &'a AccountId,
	/// Its hot key.
	key: &'a ExecutorKey,
	/// All keys of the node: a commitment may be from one that was replaced since.
	keys: &'a [ExecutorKey],
}

impl<T: Config> Pallet<T> {
	pub(crate) fn work(block: BlockNumberFor<T>) {
		let keys = ExecutorKey::all();
		if keys.is_empty() {
			return;
		}
		// Runs overlap. The one that holds the lock does everything; the next block tries again.
		let mut lock =
			StorageLock::<Time>::with_deadline(b"opg/executor/lock", Duration::from_millis(2_000));
		let Ok(_guard) = lock.try_lock() else { return };
		for key in &keys {
			let Some(account) = T::Executors::operator_of(key) else { continue };
			// A key that was replaced, or is not valid yet, still has its operator.
			if T::Executors::hot_key(&account).as_ref() == Some(key) {
				Self::serve(block, &Operator { account: &account, key, keys: &keys });
			}
		}
	}

	fn serve(block: BlockNumberFor<T>, operator: &Operator<T::AccountId>) {
		let number: u32 = block.saturated_into();
		let name = (b"opg/executor/sent", operator.key).encode();
		let sent_ref = StorageValueRef::persistent(&name);
		let mut sent: Vec<Sent> = sent_ref.get().ok().flatten().unwrap_or_default();
		sent.retain(|item| item.at <= number && number - item.at < RESUBMIT_BLOCKS);

		let mut outbox = Outbox::default();
		let mut due = Self::duties(operator.account);
		due.retain(|duty| !sent.iter().any(|item| duty.is_of(item)));
		// The first pass hands in all jobs, so that they run while the queue lets the second pass wait
		// for those that take no time.
		for _ in 0..2 {
			let mut waiting = Vec::new();
			for duty in due {
				if outbox.len() >= MAX_ITEMS {
					break;
				}
				match Self::act(&duty, operator) {
					Action::Wait => waiting.push(duty),
					action => {
						if outbox.add(&duty, action) {
							sent.push(duty.sent(number));
						}
					},
				}
			}
			due = waiting;
		}
		let Outbox { commitments, reveals, declined } = outbox;
		Self::send(operator, block, reveals, |batch, signature| Call::reveal { batch, signature });
		Self::send(operator, block, commitments, |batch, signature| Call::commit {
			batch,
			signature,
		});
		Self::send(operator, block, declined, |batch, signature| Call::decline {
			batch,
			signature,
		});
		sent_ref.set(&sent);
	}

	/// Seats of `executor` that are due: reveals first, then commitments, each by their deadlines.
	fn duties(executor: &T::AccountId) -> Vec<Duty> {
		let now = Self::now();
		let (mut reveals, mut commitments) = (Vec::new(), Vec::new());
		for (request, index) in Self::open_rounds() {
			let Some(round) = Rounds::<T>::get(request).filter(|round| round.index == index) else {
				continue;
			};
			let Some(seat) = round.seat(executor) else { continue };
			let duty = |stage| Duty { request, round: index, seed: round.seed, stage };
			if takes::<T, RevealedAnswer>(&round, seat, now) {
				reveals.push(duty(Stage::Reveal));
			} else if takes::<T, H256>(&round, seat, now) {
				commitments.push(duty(Stage::Commit));
			}
		}
		reveals.extend(commitments);
		reveals
	}

	/// Decides what a duty calls for now.
	fn act(duty: &Duty, operator: &Operator<T::AccountId>) -> Action {
		let Some(round) = Rounds::<T>::get(duty.request) else { return Action::Skip };
		let Some(seat) = round.seat(operator.account) else { return Action::Skip };
		match Self::submit_or_poll(duty, &round) {
			Some(Ok(JobStatus::Done { answer, witness })) => {
				let context = Self::commitment_context(duty.request, &round, operator.account);
				let result = Computed { answer, witness };
				match (duty.stage, &seat.state) {
					(Stage::Commit, _) => Self::commit_to(operator, &context, &result),
					(Stage::Reveal, SeatState::Committed { commitment, .. }) => {
						let salt =
							Self::salt_of_commitment(duty, operator, &context, &result, commitment);
						salt.map_or(Action::Skip, |salt| result.reveal(salt))
					},
					(Stage::Reveal, _) => result.reveal([0; 32]),
				}
			},
			Some(Ok(JobStatus::Pending)) => Action::Wait,
			Some(Err(reason))
				if seat.state == SeatState::Waiting && Self::declines(reason, &round) =>
			{
				Action::Decline(reason)
			},
			_ => Action::Skip,
		}
	}

	/// Commits to what a job computed.
	fn commit_to(
		operator: &Operator<T::AccountId>,
		context: &CommitmentContext<T::AccountId>,
		Computed { answer, witness }: &Computed,
	) -> Action {
		match Self::salt(operator.key, context) {
			Some(salt) => Action::Commit(commitment(context, answer, *witness, &salt)),
			None => {
				log::error!(target: LOG, "the keystore does not sign with {:?}", operator.key);
				Action::Skip
			},
		}
	}

	/// Tells whether the node gives up a seat of `round` for this reason now.
	fn declines(reason: JobError, round: &RoundOf<T>) -> bool {
		let now = Self::now();
		match reason {
			JobError::ModelMissing | JobError::EngineMissing => true,
			JobError::Failed => now <= round.decline_by,
			// Until then it may have the time, or the input.
			JobError::QueueFull | JobError::InputMissing => {
				now <= round.decline_by
					&& now.saturating_add(DECLINE_AHEAD.into()) >= round.decline_by
			},
			JobError::NoEngine | JobError::Internal => false,
		}
	}

	/// Salt that makes the commitment of a seat from what its job computed. It may come from a key that
	/// was rotated since.
	fn salt_of_commitment(
		duty: &Duty,
		operator: &Operator<T::AccountId>,
		context: &CommitmentContext<T::AccountId>,
		Computed { answer, witness }: &Computed,
		committed: &H256,
	) -> Option<[u8; 32]> {
		let salt = operator
			.keys
			.iter()
			.filter_map(|key| Self::salt(key, context))
			.find(|salt| commitment(context, answer, *witness, salt) == *committed);
		if salt.is_none() {
			log::error!(
				target: LOG,
				"request={} round={} no key of this node makes the commitment from the answer; not \
				 revealing. Was the hot key replaced, or is the engine not deterministic on this \
				 machine?",
				duty.request,
				duty.round
			);
		}
		salt
	}

	/// Salt that `key` gives: the same after a restart, and unknown without the key.
	pub(crate) fn salt(
		key: &ExecutorKey,
		context: &CommitmentContext<T::AccountId>,
	) -> Option<[u8; 32]> {
		let signature = key.sign(&(domains::SALT, context).encode())?;
		Some(signature.using_encoded(blake2_256))
	}

	/// Submits the job of a duty, or learns its progress.
	fn submit_or_poll(duty: &Duty, round: &RoundOf<T>) -> Option<Result<JobStatus, JobError>> {
		let Duty { request, round: index, stage, .. } = *duty;
		let kind = if round.witnessed { JobKind::Witness(round.seed) } else { JobKind::Run };
		let task = T::Requests::task(request)?;
		let millis_left = Self::millis_left(stage, round);
		let requester = T::Requests::requester(request)?;
		let job = Job { request, round: index, kind, task, requester, millis_left };
		let job = VersionedJob::V1(job).encode();
		let status = opg_runtime_interface::inference_host::submit_or_poll(job);
		if let Err(reason) = status {
			log::warn!(target: LOG, "request={request} round={index} {reason:?}");
		}
		Some(status)
	}

	/// Time until the answer of a job is of no use in this stage of its round, in milliseconds.
	pub(crate) fn millis_left(stage: Stage, round: &RoundOf<T>) -> u32 {
		let until = match stage {
			Stage::Reveal if !round.takes_no_commitment() => {
				round.commit_by.saturating_add(T::RevealBlocks::get().into())
			},
			_ => round.commit_by,
		};
		let ticks: u32 = until.saturating_sub(Self::now()).saturated_into();
		ticks.saturating_mul(T::MillisPerTick::get())
	}

	/// Sends items to the transaction pool, in as few batches as take them.
	fn send<P: Payload<T> + Clone>(
		operator: &Operator<T::AccountId>,
		block: BlockNumberFor<T>,
		items: Vec<Item<P>>,
		call: impl Fn(BatchOf<T, P>, ExecutorSignature) -> Call<T>,
	) {
		let at = block.saturating_sub(CALL_LAG.into());
		let named = frame_system::Pallet::<T>::block_hash(at);
		for items in items.chunks(MAX_BATCH as usize) {
			let items = BoundedVec::truncate_from(items.to_vec());
			let batch = Batch { executor: operator.account.clone(), at, items };
			let payload = batch_payload(P::KIND, &Self::genesis(), &named, &batch);
			let Some(signature) = operator.key.sign(&payload) else {
				log::error!(
					target: LOG,
					"the keystore does not sign with the hot key {:?}", operator.key
				);
				return;
			};
			let count = batch.items.len();
			for Item { request, round, .. } in &batch.items {
				log::debug!(
					target: LOG,
					"request={request} round={round} in a batch of {:?} at block {block:?}",
					P::KIND
				);
			}
			let xt = T::create_authorized_transaction(call(batch, signature).into());
			match SubmitTransaction::<T, Call<T>>::submit_transaction(xt) {
				Ok(()) => log::info!(target: LOG, "sent a batch of {count} at block {block:?}"),
				Err(()) => {
					log::warn!(target: LOG, "the pool refused a batch of {count}; trying again")
				},
			}
		}
	}
}

/// Tells whether a round and its seat take such a payload now.
fn takes<T: Config, P: Payload<T>>(
	round: &RoundOf<T>,
	seat: &SeatOf<T>,
	now: BlockNumberFor<T>,
) -> bool {
	P::is_due(round, round.phase_at(now)) && P::is_awaited(round, seat)
}
