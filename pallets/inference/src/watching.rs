//! Off-chain worker that watches: executors compute answers of others again, and challenge those
//! that are wrong.
//!
//! An answer is found on the agenda, where it waits for the end of its challenge window. A ticket that
//! only the node knows decides whether it is computed again, so liars cannot tell which answers are
//! watched. An answer that differs is computed once more in a new process, from the files. Only where
//! both results are the same does the node challenge.
//!
//! A node has one challenge open at a time, and challenges no more after one that it lost: a machine
//! that computes wrongly costs its operator one bond. What the node found, and the salts of its
//! claims, are in its local storage, so a node that restarts can still reveal.

use crate::{authorize::Payload, challenge::*, pallet::*, tiers, types::*};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::{Decode, Encode};
use frame_support::traits::Get;
use frame_system::{offchain::SubmitTransaction, pallet_prelude::BlockNumberFor};
use opg_primitives::{
	challenge::{pool_call_payload, watch_payload},
	host::VersionedJob,
	BlockNumber, ExecutorKey, ExecutorSignature, Job, JobError, JobKind, JobStatus, ModelId,
	RequestId,
};
use opg_runtime_interface::inference_host;
use pallet_opg_support::{
	Committees, Courts, ExecutorDirectory, ExecutorStake, ModelRegistry, TaskSource, CALL_BLOCKS,
	CALL_LAG,
};
use sp_core::{hexdisplay::HexDisplay, H256};
use sp_io::hashing::blake2_256;
use sp_runtime::{
	offchain::{
		storage::StorageValueRef,
		storage_lock::{StorageLock, Time},
		Duration,
	},
	traits::{SaturatedConversion, Saturating},
	Perbill, RuntimeAppPublic,
};

const LOG: &str = "opg::watch";
/// Local storage: what the node watches.
pub(crate) const STATE: &[u8] = b"opg/watch/v2";
/// Local storage: the request whose challenge the node lost. It watches nothing while this is there.
pub(crate) const STOPPED: &[u8] = b"opg/watch/stopped";
/// Expected number of executors that compute an answer again, where nodes have the default share.
const WATCHERS: u32 = 3;
/// Largest number of answers that a node watches at once. Others wait for their turn, or are left out
/// where their window ends before.
pub(crate) const MAX_WATCHED: usize = 16;
/// Largest number of answers that one run looks at.
const MAX_LOOKED: u32 = 2_000;
/// Number of blocks after which a call that is in no block is repeated.
const RESUBMIT_BLOCKS: u32 = 2;
/// Ticks after which the agenda of a time takes no more answers, and a short fork is over.
const SETTLED_TICKS: u32 = 2;
/// Blocks between two warnings of a node that has stopped.
const WARN_BLOCKS: u32 = 100;

/// Step of an answer that is watched.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, Debug)]
pub(crate) enum Stage {
	/// It is computed again.
	#[codec(index = 0)]
	Watch,
	/// The node found another answer, and computes it once more, in a new process.
	#[codec(index = 1)]
	Cold {
		/// Digest that it found.
		found: H256,
	},
	/// The node found another answer twice. It waits for the end of another challenge.
	#[codec(index = 2)]
	Confirmed {
		/// Digest that it found.
		found: H256,
	},
	/// The node challenged it.
	#[codec(index = 3)]
	Challenged {
		/// Digest that it claims.
		found: H256,
		/// Salt of the claim.
		salt: H256,
		/// Block of the run that sent the challenge last.
		sent_at: u32,
		/// Whether the challenge is in the chain.
		is_included: bool,
		/// Block of the run that sent the claim last.
		revealed_at: Option<u32>,
	},
}

/// Answer that is watched for an operator of this node.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub(crate) struct Watched<AccountId> {
	operator: AccountId,
	pub(crate) request: RequestId,
	/// Seed of the round that gave the answer: the same request on another fork has another.
	seed: H256,
	/// Digest of the answer.
	attested: H256,
	/// Time at which it is settled.
	until: u32,
	pub(crate) stage: Stage,
}

/// What a node watches, and how far it has looked.
#[derive(Clone, Encode, Decode)]
pub(crate) struct WatchState<AccountId> {
	/// For each challenge window: time whose agenda is looked at next, and the number of its actions
	/// that were. Answers of versions with other windows come onto the same agendas at other times.
	cursors: Vec<(u32, u32)>,
	pub(crate) watched: Vec<Watched<AccountId>>,
}

// Not derived: the derived one would need a default account.
impl<AccountId> Default for WatchState<AccountId> {
	fn default() -> Self {
		Self { cursors: Vec::new(), watched: Vec::new() }
	}
}

type WatchedOf<T> = Watched<<T as frame_system::Config>::AccountId>;
type WatchStateOf<T> = WatchState<<T as frame_system::Config>::AccountId>;

/// Operator for whom a node watches.
struct Operator<AccountId> {
	account: AccountId,
	key: ExecutorKey,
}

/// Call that a run sends.
enum Letter {
	Challenge(PoolChallenge),
	Claim(PoolClaim),
}

/// Run of the worker.
struct Run<T: Config> {
	block: u32,
	/// Whether nothing is challenged any more.
	is_stopped: bool,
	/// Whether no challenge is open.
	may_challenge: bool,
	outbox: Vec<(T::AccountId, RequestId, Letter)>,
}

/// Result of a job.
enum Found {
	Digest(H256),
	/// Not known yet.
	Wait,
	/// The node cannot compute it.
	Nothing,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn watch(block: BlockNumberFor<T>) {
		let operators = Self::operators();
		if operators.is_empty() {
			return;
		}
		// Runs overlap. The one that holds the lock does everything; the next block tries again.
		let mut lock =
			StorageLock::<Time>::with_deadline(b"opg/watch/lock", Duration::from_millis(2_000));
		let Ok(_guard) = lock.try_lock() else { return };
		let state_ref = StorageValueRef::persistent(STATE);
		let mut state: WatchStateOf<T> = state_ref.get().ok().flatten().unwrap_or_default();
		let is_stopped = Self::has_stopped(block.saturated_into());
		let mut run = Run::<T> {
			block: block.saturated_into(),
			is_stopped,
			may_challenge: true,
			outbox: Vec::new(),
		};
		// Open challenges first: while there is one, there is no other.
		let (open, mut others): (Vec<_>, Vec<_>) = core::mem::take(&mut state.watched)
			.into_iter()
			.partition(|watched| matches!(watched.stage, Stage::Challenged { .. }));
		state.watched.extend(open.into_iter().filter_map(|watched| run.follow(watched)));
		run.may_challenge = state.watched.is_empty();
		if !run.is_stopped {
			Self::pick(&operators, &mut state.cursors, &mut others);
			state.watched.extend(others.into_iter().filter_map(|watched| run.check(watched)));
		}
		// Before a challenge leaves the node: what it claims must not be lost.
		state_ref.set(&state);
		for (account, request, letter) in run.outbox {
			let Some(operator) = operators.iter().find(|operator| operator.account == account)
			else {
				continue;
			};
			match letter {
				Letter::Challenge(payload) => {
					Self::send(block, operator, request, payload, |challenge, signature| {
						Call::challenge_with_pool { challenge, signature }
					});
				},
				Letter::Claim(payload) => {
					Self::send(block, operator, request, payload, |claim, signature| {
						Call::reveal_claim_with_pool { claim, signature }
					});
				},
			}
		}
	}

	/// Operators whose valid hot keys this node has.
	fn operators() -> Vec<Operator<T::AccountId>> {
		let operator = |key: ExecutorKey| {
			let account = T::Executors::operator_of(&key)?;
			let is_valid = T::Executors::hot_key(&account).as_ref() == Some(&key);
			is_valid.then_some(Operator { account, key })
		};
		ExecutorKey::all().into_iter().filter_map(operator).collect()
	}

	/// Tells whether the node lost a challenge.
	fn has_stopped(block: u32) -> bool {
		let lost = StorageValueRef::persistent(STOPPED).get::<RequestId>().ok().flatten();
		if let (Some(request), true) = (lost, block.is_multiple_of(WARN_BLOCKS)) {
			warn_stopped(request);
		}
		lost.is_some()
	}

	/// Looks at answers that were attested, and picks those whose tickets win.
	fn pick(
		operators: &[Operator<T::AccountId>],
		cursors: &mut Vec<(u32, u32)>,
		watched: &mut Vec<WatchedOf<T>>,
	) {
		let share = inference_host::watch_share().map(Perbill::from_parts);
		if share.is_some_and(|share| share.is_zero()) {
			return;
		}
		let windows = Self::challenge_windows();
		cursors.resize(windows.len(), (0, 0));
		let mut serving = BTreeMap::new();
		for (window, cursor) in windows.into_iter().zip(cursors) {
			Self::pick_within(window, operators, share, &mut serving, cursor, watched);
		}
	}

	/// Looks at answers of versions with this challenge window.
	fn pick_within(
		window: BlockNumber,
		operators: &[Operator<T::AccountId>],
		share: Option<Perbill>,
		serving: &mut BTreeMap<ModelId, Vec<T::AccountId>>,
		cursor: &mut (u32, u32),
		watched: &mut Vec<WatchedOf<T>>,
	) {
		let now: u32 = Self::now().saturated_into();
		// Answers are put on the agenda for the end of their windows, later where it is full.
		let last = now.saturating_add(window).saturating_sub(SETTLED_TICKS);
		let (mut time, mut done) = *cursor;
		if time <= now {
			(time, done) = (now + 1, 0);
		}
		let mut looked = 0;
		'times: while time <= last {
			let agenda = Agenda::<T>::get(BlockNumberFor::<T>::from(time));
			while let Some((id, action)) = agenda.get(done as usize) {
				if looked >= MAX_LOOKED || watched.len() >= MAX_WATCHED {
					break 'times;
				}
				done += 1;
				if *action == Action::Settle {
					looked += 1;
					let picked = Requests::<T>::get(id)
						.filter(|request| Self::challenge_window(&request.version.limits) == window)
						.map(|request| Self::picked(operators, serving, share, *id, request, time));
					watched.extend(picked.into_iter().flatten());
				}
			}
			(time, done) = (time + 1, 0);
		}
		*cursor = (time, done);
	}

	/// Answer of a request, for each operator that serves the model, has no seat, and whose ticket
	/// wins.
	fn picked(
		operators: &[Operator<T::AccountId>],
		serving: &mut BTreeMap<ModelId, Vec<T::AccountId>>,
		share: Option<Perbill>,
		id: RequestId,
		request: RequestOf<T>,
		until: u32,
	) -> Vec<WatchedOf<T>> {
		let (RequestState::Attested { answer, .. }, Some(seed)) = (&request.state, request.seed)
		else {
			return Vec::new();
		};
		let serving = serving.entry(request.model).or_insert_with(|| Self::serving(request.model));
		let members = T::Committees::past_members(id);
		let undrawn = serving.len().saturating_sub(members.len()).max(1) as u32;
		let share = share.unwrap_or_else(|| Perbill::from_rational(WATCHERS, undrawn));
		let mut picked = Vec::new();
		for Operator { account, key } in operators {
			let serves = serving.binary_search(account).is_ok();
			if serves && !members.contains(account) && Self::wins(key, id, &seed, share) {
				picked.push(Watched {
					operator: account.clone(),
					request: id,
					seed,
					attested: answer.digest(),
					until,
					stage: Stage::Watch,
				});
			}
		}
		picked
	}

	/// Executors that serve a model, sorted.
	fn serving(model: ModelId) -> Vec<T::AccountId> {
		let serving = T::Models::serving(model, T::Executors::session());
		let is_active = |who: &T::AccountId| serving.stopped.binary_search(who).is_err();
		serving.candidates.iter().filter(|who| is_active(who)).cloned().collect()
	}

	/// Tells whether the ticket of an answer wins. It is the signature of the hot key, which is the
	/// same after a restart.
	fn wins(key: &ExecutorKey, request: RequestId, seed: &H256, share: Perbill) -> bool {
		let Some(signature) = key.sign(&watch_payload(&Self::genesis_hash(), request, seed)) else {
			log::error!(target: LOG, "the keystore does not sign with the hot key {key:?}");
			return false;
		};
		let [a, b, c, d, e, f, g, h, ..] = signature.using_encoded(blake2_256);
		let ticket = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
		share.is_one() || ticket < share.mul_floor(u64::MAX)
	}

	/// Sends a call to the transaction pool.
	fn send<P: Payload<T>>(
		block: BlockNumberFor<T>,
		operator: &Operator<T::AccountId>,
		request: RequestId,
		payload: P,
		call: impl Fn(PoolCallOf<T, P>, ExecutorSignature) -> Call<T>,
	) {
		let at = block.saturating_sub(CALL_LAG.into());
		let named = frame_system::Pallet::<T>::block_hash(at);
		let Operator { account, key } = operator;
		let signed = PoolCall { executor: account.clone(), at, request, payload };
		let payload = pool_call_payload(P::KIND, &Self::genesis_hash(), &named, &signed);
		let Some(signature) = key.sign(&payload) else {
			log::error!(target: LOG, "the keystore does not sign with the hot key {key:?}");
			return;
		};
		let xt = T::create_authorized_transaction(call(signed, signature).into());
		match SubmitTransaction::<T, Call<T>>::submit_transaction(xt) {
			Ok(()) => log::info!(target: LOG, "request={request} sent a {:?}", P::KIND),
			Err(()) => log::warn!(
				target: LOG,
				"request={request} the pool refused a {:?}; trying again. Has the operator's own \
				 stake room for the bond?",
				P::KIND
			),
		}
	}
}

impl<T: Config> Run<T> {
	/// Follows an open challenge: sees that it gets in, reveals its claim, and learns how it ends.
	/// `None` if there is nothing left to do.
	fn follow(&mut self, mut watched: WatchedOf<T>) -> Option<WatchedOf<T>> {
		let id = watched.request;
		let Stage::Challenged { found, salt, sent_at, is_included, revealed_at } =
			&mut watched.stage
		else {
			return Some(watched);
		};
		let age = self.block.saturating_sub(*sent_at);
		let may_still_come = age <= CALL_BLOCKS;
		// On another fork, or pruned.
		let Some(request) = Requests::<T>::get(id).filter(|now| now.seed == Some(watched.seed))
		else {
			return may_still_come.then_some(watched);
		};
		if let RequestState::Settled { answer, .. } = &request.state {
			if *is_included {
				self.conclude(id, answer.digest() == *found && revealed_at.is_some());
			}
			return None;
		}
		if request.state.is_final() {
			return None;
		}
		let own = request.challenges.iter().find(|own| own.challenger == watched.operator);
		*is_included = own.is_some();
		if let Some(own) = own {
			let is_sent = revealed_at.is_some_and(|at| self.is_fresh(at));
			if own.revealed.is_none() && !is_sent && T::Courts::reveals_claims(id) {
				*revealed_at = Some(self.block);
				let claim = PoolClaim { digest: *found, salt: *salt };
				self.outbox.push((watched.operator.clone(), id, Letter::Claim(claim)));
			}
			return Some(watched);
		}
		if !matches!(request.state, RequestState::Court { .. }) {
			if !self.is_fresh(*sent_at) {
				*sent_at = self.block;
				self.challenge(&watched);
			}
			return Some(watched);
		}
		// The court has it already, and will not wait for this challenge.
		may_still_come.then_some(watched)
	}

	/// Computes an answer again, and challenges it where it is wrong. `None` if there is nothing left
	/// to do.
	fn check(&mut self, mut watched: WatchedOf<T>) -> Option<WatchedOf<T>> {
		let (id, attested) = (watched.request, watched.attested);
		let request = Requests::<T>::get(id).filter(|now| now.seed == Some(watched.seed))?;
		// In court it is computed again in any case.
		let answer = match &request.state {
			RequestState::Attested { answer, .. } | RequestState::Audited { answer, .. } => answer,
			_ => return None,
		};
		if answer.digest() != attested {
			return None;
		}
		loop {
			match watched.stage {
				Stage::Watch => match Self::compute(&watched, JobKind::Watch) {
					Found::Digest(found) if found == attested => return None,
					Found::Digest(found) => {
						log::warn!(
							target: LOG,
							"request={id} attested is {attested:?}, found is {found:?}; computing \
							 it once more in a new process"
						);
						watched.stage = Stage::Cold { found };
					},
					Found::Wait => return Some(watched),
					Found::Nothing => return None,
				},
				Stage::Cold { found } => match Self::compute(&watched, JobKind::Cold) {
					Found::Digest(again) if again == found => {
						log::warn!(target: LOG, "request={id} the answer is wrong: {found:?} again");
						watched.stage = Stage::Confirmed { found };
					},
					Found::Digest(again) => {
						log::error!(
							target: LOG,
							"request={id} this machine found {found:?}, then {again:?}; not \
							 challenging. Is its memory sound?"
						);
						return None;
					},
					Found::Wait => return Some(watched),
					Found::Nothing => return None,
				},
				Stage::Confirmed { found } if self.may_challenge => {
					self.may_challenge = false;
					watched.stage = Stage::Challenged {
						found,
						salt: H256(sp_io::offchain::random_seed()),
						sent_at: self.block,
						is_included: false,
						revealed_at: None,
					};
					self.challenge(&watched);
					return Some(watched);
				},
				Stage::Confirmed { .. } | Stage::Challenged { .. } => return Some(watched),
			}
		}
	}

	/// Tells whether what was sent at a block may still be on its way.
	fn is_fresh(&self, at: u32) -> bool {
		self.block.saturating_sub(at) < RESUBMIT_BLOCKS
	}

	fn challenge(&mut self, watched: &WatchedOf<T>) {
		let Stage::Challenged { found, salt, .. } = watched.stage else { return };
		let Watched { operator, request, seed, attested, .. } = watched;
		let claim = claim_hash(operator, *request, found, salt);
		let challenge = PoolChallenge { seed: *seed, disputed: *attested, claim };
		self.outbox.push((operator.clone(), *request, Letter::Challenge(challenge)));
	}

	/// Notes the end of a challenge.
	fn conclude(&mut self, request: RequestId, is_won: bool) {
		if is_won {
			log::info!(target: LOG, "request={request} challenge won");
			return;
		}
		self.is_stopped = true;
		StorageValueRef::persistent(STOPPED).set(&request);
		warn_stopped(request);
	}

	/// Digest that this node computes.
	fn compute(watched: &WatchedOf<T>, kind: JobKind) -> Found {
		let request = watched.request;
		let (Some(task), Some(requester)) =
			(Pallet::<T>::task(request), Pallet::<T>::requester(request))
		else {
			return Found::Nothing;
		};
		let now: u32 = Pallet::<T>::now().saturated_into();
		let ticks = watched.until.saturating_sub(now).max(1);
		let millis_left = ticks.saturating_mul(T::MillisPerTick::get());
		let job = Job { request, round: tiers::FIRST, kind, task, requester, millis_left };
		match inference_host::submit_or_poll(VersionedJob::V1(job).encode()) {
			Ok(JobStatus::Done { answer, .. }) => Found::Digest(answer.digest()),
			Ok(JobStatus::Pending)
			| Err(JobError::QueueFull | JobError::Internal | JobError::InputMissing) => Found::Wait,
			Err(reason) => {
				log::debug!(target: LOG, "request={request} not watched: {reason:?}");
				Found::Nothing
			},
		}
	}
}

fn warn_stopped(request: RequestId) {
	log::error!(
		target: LOG,
		"request={request} this node lost its challenge, and watches no more. Check its memory \
		 and processor. To go on, call the RPC method offchain_localStorageClear(\"PERSISTENT\", \
		 \"0x{}\")",
		HexDisplay::from(&STOPPED)
	);
}
