//! The executor's duty: hand in jobs, commit to finished answers, reveal.
//!
//! Idempotent: every run looks at the state of the best block only. Work that was lost in a
//! restart is done again, and a salt is derived from the hot key, so a restart can still reveal.

use crate::{pallet::*, types::*};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{traits::Get, BoundedVec};
use frame_system::{offchain::SubmitTransaction, pallet_prelude::BlockNumberFor};
use opg_primitives::{
	batch_payload, commitment, BatchKind, Binding, ExecutorKey, ExecutorSignature, Job, JobStatus,
	RequestId, RoundIndex, Unavailable,
};
use pallet_opg_support::{ExecutorPools, Requests};
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
/// A submission is repeated when it is not in a block after this many blocks.
const RESUBMIT_BLOCKS: u32 = 2;
/// Most duties that one run looks at.
const MAX_DUTIES: usize = 256;

type Sent = (RequestId, RoundIndex, bool, u32);

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
			let Some(executor) = T::Pools::operator_of(key) else { continue };
			// A key that was replaced, or is not valid yet, still has its owner.
			if T::Pools::hot_key(&executor).as_ref() == Some(key) {
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
		sent.retain(|(_, _, _, at)| *at <= block && block - at < RESUBMIT_BLOCKS);

		let mut commitments = Vec::new();
		let mut reveals = Vec::new();
		let mut declines = Vec::new();
		let mut duties = 0;
		for (request, round) in Self::open_rounds(now) {
			let Some(record) = Records::<T>::get(request).filter(|r| r.round == round) else {
				continue;
			};
			let Some(seat) = record.seat(executor) else { continue };
			duties += 1;
			if duties > MAX_DUTIES {
				break;
			}
			let revealing = match (&seat.state, record.phase) {
				(SeatState::Waiting, Phase::Commit) => false,
				(SeatState::Committed { .. }, Phase::Reveal) => true,
				_ => continue,
			};
			if sent.iter().any(|s| (s.0, s.1, s.2) == (request, round, revealing)) {
				continue;
			}
			let answer = match Self::answer(request, round) {
				Some(Ok(JobStatus::Done(answer))) => answer,
				Some(Err(reason @ (Unavailable::ModelMissing | Unavailable::EngineMissing)))
					if !revealing =>
				{
					declines.push(Decline { request, round, reason });
					sent.push((request, round, revealing, block));
					continue;
				},
				_ => continue,
			};
			let binding = Self::binding(request, &record, executor);
			match &seat.state {
				SeatState::Committed { commitment: committed, .. } => {
					// The salt may come from a key that was rotated since.
					let salt = keys
						.iter()
						.filter_map(|key| Self::salt(key, &binding))
						.find(|salt| commitment(&binding, &answer, salt) == *committed);
					let Some(salt) = salt else {
						log::error!(
							target: LOG,
							"request {request}: no key of this node makes the commitment from the \
							 answer; not revealing. Was the hot key replaced, or is the engine \
							 not deterministic on this machine?"
						);
						continue;
					};
					reveals.push(Reveal { request, round, answer, salt });
				},
				_ => {
					let Some(salt) = Self::salt(key, &binding) else {
						log::error!(target: LOG, "the keystore does not sign with {key:?}");
						return;
					};
					let commitment = commitment(&binding, &answer, &salt);
					commitments.push(Commitment { request, round, commitment });
				},
			}
			sent.push((request, round, revealing, block));
		}
		Self::send(key, BatchKind::Commit, executor, now, commitments, |batch, signature| {
			Call::commit { batch, signature }
		});
		Self::send(key, BatchKind::Reveal, executor, now, reveals, |batch, signature| {
			Call::reveal { batch, signature }
		});
		Self::send(key, BatchKind::Decline, executor, now, declines, |batch, signature| {
			Call::decline { batch, signature }
		});
		sent_ref.set(&sent);
	}

	/// Rounds whose last deadline has not passed, some of them decided already, oldest first.
	///
	/// At most a full agenda for each block of both phases. Reading them all costs the node a few
	/// milliseconds; an index by executor would cost the chain two writes for every seat.
	pub(crate) fn open_rounds(
		now: BlockNumberFor<T>,
	) -> impl Iterator<Item = (RequestId, RoundIndex)> {
		(1..=T::CommitBlocks::get() + T::RevealBlocks::get())
			.flat_map(move |ahead| Deadlines::<T>::get((now + ahead.into(), Deadline::Reveal)))
	}

	/// The salt that `key` gives: the same after a restart, and unknown without the key.
	fn salt(key: &ExecutorKey, binding: &Binding<T::AccountId>) -> Option<[u8; 32]> {
		let signature = key.sign(&(b"opg/salt/v1", binding).encode())?;
		Some(signature.using_encoded(blake2_256))
	}

	/// Hand in the work, or ask how it stands.
	fn answer(request: RequestId, round: RoundIndex) -> Option<Result<JobStatus, Unavailable>> {
		let task = T::Requests::task(request)?;
		let job = Job {
			request,
			round,
			model: task.model,
			engine: task.engine,
			dims: task.dims,
			input: task.input,
			fuel_limit: task.fuel_limit,
		};
		let status = opg_runtime_interface::opg_engine::submit_or_poll(job.encode());
		if let Err(reason) = status {
			log::warn!(target: LOG, "request {request} round {round}: {reason:?}");
		}
		Some(status)
	}

	fn send<Item: Encode + Clone>(
		key: &ExecutorKey,
		kind: BatchKind,
		executor: &T::AccountId,
		at: BlockNumberFor<T>,
		items: Vec<Item>,
		call: impl Fn(Batch<T::AccountId, BlockNumberFor<T>, Item>, ExecutorSignature) -> Call<T>,
	) {
		for items in items.chunks(MAX_BATCH as usize) {
			let items = BoundedVec::truncate_from(items.to_vec());
			let batch = Batch { executor: executor.clone(), at, items };
			let Some(signature) = key.sign(&batch_payload(kind, &Self::genesis(), &batch)) else {
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
