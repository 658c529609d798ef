//! Off-chain worker of an executor: submits jobs, commits to their answers, reveals them, and
//! declines seats for which the node lacks a file.
//!
//! Every run starts from the state of the best block alone. Work that a restart lost is done again,
//! and salts are derived from the hot key, so a node that restarts can still reveal.

use crate::{authorize::Payload, pallet::*, types::*};
use alloc::vec::Vec;
use codec::{Decode, Encode};
use frame_support::BoundedVec;
use frame_system::{offchain::SubmitTransaction, pallet_prelude::BlockNumberFor};
use opg_primitives::{
	batch_payload, commitment, domains, Answer, CommitmentContext, ExecutorKey, ExecutorSignature,
	Job, JobError, JobStatus, RequestId, RoundIndex,
};
use pallet_opg_support::{ExecutorDirectory, TaskSource};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{
	offchain::{
		storage::StorageValueRef,
		storage_lock::{StorageLock, Time},
		Duration,
	},
	traits::SaturatedConversion,
	RuntimeAppPublic,
};

const LOG: &str = "opg::executor";
/// Number of blocks after which a submission that is in no block is repeated.
const RESUBMIT_BLOCKS: u32 = 2;
/// Largest number of seats that one run looks at.
const MAX_DUTIES: usize = 256;

/// Step of an executor in a round.
#[derive(Clone, Copy, PartialEq, Encode, Decode)]
pub(crate) enum Stage {
	/// To commit, or to decline.
	#[codec(index = 0)]
	Commit,
	/// To reveal.
	#[codec(index = 1)]
	Reveal,
}

/// Item that the node sent, kept in its local storage so that the next block does not repeat it.
#[derive(Clone, Encode, Decode)]
pub(crate) struct Sent {
	request: RequestId,
	round: RoundIndex,
	stage: Stage,
	/// Block of the run that sent it.
	at: u32,
}

/// Seat that is due: the executor has to act in it now.
struct Duty<T: Config> {
	request: RequestId,
	round: RoundOf<T>,
	stage: Stage,
}

impl<T: Config> Duty<T> {
	fn item<P>(&self, payload: P) -> Item<P> {
		Item { request: self.request, round: self.round.index, payload }
	}
}

/// Items that a run sends for one executor.
#[derive(Default)]
struct Outbox {
	commitments: Vec<Item<H256>>,
	reveals: Vec<Item<RevealedAnswer>>,
	declined: Vec<Item<JobError>>,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn work(now: BlockNumberFor<T>) {
		let keys = ExecutorKey::all();
		if keys.is_empty() {
			return;
		}
		// Runs overlap. The one that holds the lock does everything; the next block tries again.
		let mut lock =
			StorageLock::<Time>::with_deadline(b"opg/executor/lock", Duration::from_millis(2_000));
		let Ok(_guard) = lock.try_lock() else { return };
		for key in &keys {
			let Some(executor) = T::Executors::operator_of(key) else { continue };
			// A key that was replaced, or is not valid yet, still has its operator.
			if T::Executors::hot_key(&executor).as_ref() == Some(key) {
				Self::serve(now, key, &keys, &executor);
			}
		}
	}

	fn serve(
		now: BlockNumberFor<T>,
		key: &ExecutorKey,
		keys: &[ExecutorKey],
		executor: &T::AccountId,
	) {
		let block: u32 = now.saturated_into();
		let name = (b"opg/executor/sent", key).encode();
		let sent_ref = StorageValueRef::persistent(&name);
		let mut sent: Vec<Sent> = sent_ref.get().ok().flatten().unwrap_or_default();
		sent.retain(|item| item.at <= block && block - item.at < RESUBMIT_BLOCKS);

		let mut outbox = Outbox::default();
		for duty in Self::duties(now, executor) {
			let is_sent = sent.iter().any(|item| {
				(item.request, item.round, item.stage)
					== (duty.request, duty.round.index, duty.stage)
			});
			if !is_sent && Self::perform(&duty, key, keys, executor, &mut outbox).is_some() {
				sent.push(Sent {
					request: duty.request,
					round: duty.round.index,
					stage: duty.stage,
					at: block,
				});
			}
		}
		let Outbox { commitments, reveals, declined } = outbox;
		Self::send(key, executor, now, commitments, |batch, signature| Call::commit {
			batch,
			signature,
		});
		Self::send(key, executor, now, reveals, |batch, signature| Call::reveal {
			batch,
			signature,
		});
		Self::send(key, executor, now, declined, |batch, signature| Call::decline {
			batch,
			signature,
		});
		sent_ref.set(&sent);
	}

	/// Seats of `executor` that are due, oldest first.
	fn duties(
		now: BlockNumberFor<T>,
		executor: &T::AccountId,
	) -> impl Iterator<Item = Duty<T>> + '_ {
		Self::open_rounds(now)
			.filter_map(|(request, index)| {
				let round = Rounds::<T>::get(request).filter(|round| round.index == index)?;
				let seat = round.seat(executor)?;
				let stage = match (&seat.state, round.phase) {
					(SeatState::Waiting, RoundPhase::Commit) => Some(Stage::Commit),
					(SeatState::Committed { .. }, RoundPhase::Reveal) => Some(Stage::Reveal),
					_ => None,
				};
				Some((request, round, stage))
			})
			.take(MAX_DUTIES)
			.filter_map(|(request, round, stage)| Some(Duty { request, round, stage: stage? }))
	}

	/// Adds to the outbox what a duty calls for. `None` if there is nothing to send yet.
	fn perform(
		duty: &Duty<T>,
		key: &ExecutorKey,
		keys: &[ExecutorKey],
		executor: &T::AccountId,
		outbox: &mut Outbox,
	) -> Option<()> {
		let context = Self::commitment_context(duty.request, &duty.round, executor);
		match (Self::submit_or_poll(duty)?, duty.stage) {
			(Ok(JobStatus::Done(answer)), Stage::Commit) => {
				let salt = Self::salt(key, &context).or_else(|| {
					log::error!(target: LOG, "the keystore does not sign with {key:?}");
					None
				})?;
				outbox.commitments.push(duty.item(commitment(&context, &answer, &salt)));
			},
			(Ok(JobStatus::Done(answer)), Stage::Reveal) => {
				let salt = Self::salt_of_commitment(duty, keys, &context, executor, &answer)?;
				outbox.reveals.push(duty.item(RevealedAnswer { answer, salt }));
			},
			(Err(reason @ (JobError::ModelMissing | JobError::EngineMissing)), Stage::Commit) => {
				outbox.declined.push(duty.item(reason));
			},
			_ => return None,
		}
		Some(())
	}

	/// Salt that makes the commitment of the seat from `answer`. It may come from a key that was
	/// rotated since.
	fn salt_of_commitment(
		duty: &Duty<T>,
		keys: &[ExecutorKey],
		context: &CommitmentContext<T::AccountId>,
		executor: &T::AccountId,
		answer: &Answer,
	) -> Option<[u8; 32]> {
		let SeatState::Committed { commitment: committed, .. } = duty.round.seat(executor)?.state
		else {
			return None;
		};
		let salt = keys
			.iter()
			.filter_map(|key| Self::salt(key, context))
			.find(|salt| commitment(context, answer, salt) == committed);
		if salt.is_none() {
			log::error!(
				target: LOG,
				"request {}: no key of this node makes the commitment from the answer; not \
				 revealing. Was the hot key replaced, or is the engine not deterministic on this \
				 machine?",
				duty.request
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
	fn submit_or_poll(duty: &Duty<T>) -> Option<Result<JobStatus, JobError>> {
		let (request, round) = (duty.request, duty.round.index);
		let job = Job { request, round, task: T::Requests::task(request)? };
		let status = opg_runtime_interface::inference_host::submit_or_poll(job.encode());
		if let Err(reason) = status {
			log::warn!(target: LOG, "request {request} round {round}: {reason:?}");
		}
		Some(status)
	}

	/// Sends items to the transaction pool, in as few batches as take them.
	fn send<P: Payload<T> + Clone>(
		key: &ExecutorKey,
		executor: &T::AccountId,
		at: BlockNumberFor<T>,
		items: Vec<Item<P>>,
		call: impl Fn(BatchOf<T, P>, ExecutorSignature) -> Call<T>,
	) {
		for items in items.chunks(MAX_BATCH as usize) {
			let items = BoundedVec::truncate_from(items.to_vec());
			let batch = Batch { executor: executor.clone(), at, items };
			let Some(signature) = key.sign(&batch_payload(P::KIND, &Self::genesis(), &batch))
			else {
				log::error!(target: LOG, "the keystore does not sign with the hot key {key:?}");
				return;
			};
			let count = batch.items.len();
			let xt = T::create_authorized_transaction(call(batch, signature).into());
			match SubmitTransaction::<T, Call<T>>::submit_transaction(xt) {
				Ok(()) => log::info!(target: LOG, "sent a batch of {count} at block {at:?}"),
				Err(()) => {
					log::warn!(target: LOG, "the pool refused a batch of {count}; trying again")
				},
			}
		}
	}
}
