//! Off-chain worker of a validator: submits the tasks of sitting cases, commits to their answers,
//! and reveals them.
//!
//! Every run starts from the state of the best block alone. Work that a restart lost is done again,
//! and salts are derived from the court key, so a node that restarts can still reveal. A key that
//! was rotated votes on in the cases whose bench names it.

use crate::{authorize::Payload, pallet::*, types::*};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::{Decode, Encode};
use frame_support::BoundedVec;
use frame_system::{offchain::SubmitTransaction, pallet_prelude::BlockNumberFor};
use opg_primitives::{
	court::{
		court_batch_payload, court_commitment, court_round, court_salt_payload, CourtBatchKind,
		CourtKey, CourtSignature, VoteContext,
	},
	host::VersionedJob,
	Answer, Job, JobKind, JobStatus, RequestId,
};
use pallet_opg_support::{TaskSource, CALL_LAG};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{
	offchain::{
		storage::StorageValueRef,
		storage_lock::{StorageLock, Time},
		Duration,
	},
	traits::{Get, One, SaturatedConversion, Saturating},
	RuntimeAppPublic,
};

const LOG: &str = "opg::court";
/// Number of blocks after which a submission that is in no block is repeated.
const RESUBMIT_BLOCKS: u32 = 2;

/// Item that the node sent, kept in its local storage so that the next block does not repeat it.
#[derive(Clone, Encode, Decode)]
pub(crate) struct Sent {
	request: RequestId,
	sitting: u8,
	seat: SeatIndex,
	/// Whether it reveals a commitment, or makes one.
	reveals: bool,
	/// Block of the run that sent it.
	at: u32,
}

/// Seat of this node on a bench.
struct Seat<'a, T: Config> {
	session: u32,
	index: SeatIndex,
	validator: &'a T::AccountId,
	key: &'a CourtKey,
}

/// Items that a run sends for one seat.
#[derive(Default)]
struct Outbox {
	commitments: Vec<Item<H256>>,
	reveals: Vec<Item<RevealedVote>>,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn work(now: BlockNumberFor<T>) {
		let keys = CourtKey::all();
		if keys.is_empty() {
			return;
		}
		let mut by_bench = BTreeMap::<u32, Vec<(SittingOf<T>, Case)>>::new();
		for sitting in Sittings::<T>::get() {
			if let Some(case) = Cases::<T>::get(sitting.request) {
				by_bench.entry(case.session).or_default().push((sitting, case));
			}
		}
		if by_bench.is_empty() {
			return;
		}
		// Runs overlap. The one that holds the lock does everything; the next block tries again.
		let mut lock =
			StorageLock::<Time>::with_deadline(b"opg/court/lock", Duration::from_millis(2_000));
		let Ok(_guard) = lock.try_lock() else { return };
		let block: u32 = now.saturated_into();
		let sent_ref = StorageValueRef::persistent(b"opg/court/sent");
		let mut sent: Vec<Sent> = sent_ref.get().ok().flatten().unwrap_or_default();
		sent.retain(|item| item.at <= block && block - item.at < RESUBMIT_BLOCKS);
		for (session, cases) in by_bench {
			let bench = Benches::<T>::get(session);
			for key in &keys {
				let Some(index) = Self::seat_of(&bench, key) else { continue };
				let Some((validator, _)) = bench.get(usize::from(index)) else { continue };
				let seat = Seat::<T> { session, index, validator, key };
				Self::serve(now, &seat, &cases, &mut sent);
			}
		}
		sent_ref.set(&sent);
	}

	/// Does for one seat what is due in the cases of its bench.
	fn serve(
		now: BlockNumberFor<T>,
		seat: &Seat<T>,
		cases: &[(SittingOf<T>, Case)],
		sent: &mut Vec<Sent>,
	) {
		let mut outbox = Outbox::default();
		for (Sitting { request, until, .. }, case) in cases {
			let (request, sitting) = (*request, case.sitting);
			let millis_left = Self::millis_until(*until);
			let reveals = matches!(case.phase, CasePhase::Reveal { .. });
			let is_sent = sent.iter().any(|item| {
				(item.request, item.sitting, item.seat, item.reveals)
					== (request, sitting, seat.index, reveals)
			});
			if is_sent {
				continue;
			}
			if Self::perform(request, case, millis_left, seat, &mut outbox).is_some() {
				let at = now.saturated_into();
				sent.push(Sent { request, sitting, seat: seat.index, reveals, at });
			}
		}
		Self::send(now, seat, outbox.commitments, |batch, signature| Call::commit {
			batch,
			signature,
		});
		Self::send(now, seat, outbox.reveals, |batch, signature| Call::reveal { batch, signature });
	}

	/// Adds to the outbox what a case calls for. `None` if there is nothing to send yet.
	fn perform(
		request: RequestId,
		case: &Case,
		millis_left: u32,
		seat: &Seat<T>,
		outbox: &mut Outbox,
	) -> Option<()> {
		let context = Self::vote_context(request, case, seat.validator);
		let sitting = case.sitting;
		match (case.phase, Votes::<T>::get(request, seat.index)) {
			(CasePhase::Commit { .. }, None) => {
				let (answer, witness) = Self::compute(request, case, millis_left)?;
				let salt = Self::salt(seat.key, &context)?;
				let payload = court_commitment(&context, &answer.digest(), &witness, &salt);
				outbox.commitments.push(Item { request, sitting, payload });
			},
			(CasePhase::Reveal { .. }, Some(Vote::Committed(committed))) => {
				let (answer, witness) = Self::compute(request, case, millis_left)?;
				let digest = answer.digest();
				let salt = Self::salt(seat.key, &context)?;
				if court_commitment(&context, &digest, &witness, &salt) != committed {
					log::error!(
						target: LOG,
						"request={request} in court: the answer does not make the commitment; not \
						 revealing. Is the engine not deterministic on this machine?",
					);
					return None;
				}
				let answer = (!Self::holds_answer(request, digest)).then_some(answer);
				let payload = RevealedVote { digest, witness, salt, answer };
				outbox.reveals.push(Item { request, sitting, payload });
			},
			_ => return None,
		}
		Some(())
	}

	/// Time in which a vote still gets into a block of a phase that ends at `until`: there is at least
	/// one, since hooks may be late. The clock may be slower, and never is faster.
	fn millis_until(until: BlockNumberFor<T>) -> u32 {
		let last = until.saturating_sub(One::one());
		let blocks: u32 = last.saturating_sub(Self::now()).saturated_into();
		blocks.max(1).saturating_mul(T::BlockMillis::get())
	}

	/// Answer of this node and its witness, once the job is done.
	fn compute(request: RequestId, case: &Case, millis_left: u32) -> Option<(Answer, H256)> {
		let (round, kind) = (court_round(case.sitting), JobKind::Witness(case.seed));
		let (task, requester) = (T::Requests::task(request)?, T::Requests::requester(request)?);
		let job = Job { request, round, kind, task, requester, millis_left };
		let job = VersionedJob::V1(job).encode();
		match opg_runtime_interface::inference_host::submit_or_poll(job) {
			Ok(JobStatus::Done { answer, witness: Some(witness) }) => Some((answer, witness)),
			Ok(JobStatus::Done { witness: None, .. }) => {
				log::error!(target: LOG, "request={request} in court: the answer has no witness");
				None
			},
			Ok(JobStatus::Pending) => None,
			Err(reason) => {
				log::warn!(target: LOG, "request={request} in court: {reason:?}");
				None
			},
		}
	}

	/// Salt that `key` gives: the same after a restart, and unknown without the key.
	pub(crate) fn salt(key: &CourtKey, context: &VoteContext<T::AccountId>) -> Option<[u8; 32]> {
		let signature = key.sign(&court_salt_payload(context));
		if signature.is_none() {
			log::error!(target: LOG, "the keystore does not sign with {key:?}");
		}
		Some(signature?.using_encoded(blake2_256))
	}

	/// Sends items to the transaction pool, in as few batches as take them.
	fn send<P: Payload<T> + Clone>(
		now: BlockNumberFor<T>,
		seat: &Seat<T>,
		items: Vec<Item<P>>,
		call: impl Fn(BatchOf<T, P>, CourtSignature) -> Call<T>,
	) {
		// A block that the next fork does not undo, as a rule.
		let at = now.saturating_sub(CALL_LAG.into());
		for items in items.chunks(MAX_BATCH as usize) {
			let items = BoundedVec::truncate_from(items.to_vec());
			let batch = Batch { session: seat.session, seat: seat.index, at, items };
			let Some(signature) = Self::sign(P::KIND, at, &batch, seat.key) else { return };
			let count = batch.items.len();
			for Item { request, .. } in &batch.items {
				log::debug!(target: LOG, "request={request} in court: in a batch at block {now:?}");
			}
			let xt = T::create_authorized_transaction(call(batch, signature).into());
			match SubmitTransaction::<T, Call<T>>::submit_transaction(xt) {
				Ok(()) => log::info!(target: LOG, "sent {count} votes at block {now:?}"),
				Err(()) => log::warn!(target: LOG, "the pool refused {count} votes; trying again"),
			}
		}
	}

	/// Signs a batch that names the block `at`.
	pub(crate) fn sign<B: Encode>(
		kind: CourtBatchKind,
		at: BlockNumberFor<T>,
		batch: &B,
		key: &CourtKey,
	) -> Option<CourtSignature> {
		let block = frame_system::Pallet::<T>::block_hash(at);
		let signature = key.sign(&court_batch_payload(kind, &Self::genesis(), &block, batch));
		if signature.is_none() {
			log::error!(target: LOG, "the keystore does not sign with {key:?}");
		}
		signature
	}
}
