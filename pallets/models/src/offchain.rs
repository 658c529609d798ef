//! Off-chain worker of an executor: names the versions that it serves to its node, which loads them
//! ahead of the first job; computes the tasks of nominated engines and canaries, and posts what it found.

use crate::{
	evidence::{DigestCall, Subject},
	pallet::*,
	policy::Operator,
	types::*,
};
use alloc::vec::Vec;
use codec::Encode;
use frame_system::{offchain::SubmitTransaction, pallet_prelude::BlockNumberFor};
use opg_primitives::{
	evidence::{evidence_digest, statement_payload},
	host::{VersionedJob, VersionedTask},
	Content, ExecutorKey, Job, JobError, JobKind, JobStatus, RequestId, RoundIndex, Task,
	TaskInput,
};
use opg_runtime_interface::inference_host;
use pallet_opg_support::{ExecutorDirectory, ExecutorStake, CALL_LAG};
use sp_core::H256;
use sp_runtime::{
	offchain::storage::StorageValueRef,
	traits::{Saturating, Zero},
	RuntimeAppPublic,
};

const LOG: &str = "opg::evidence";

/// Blocks from one time that the node is told to the next. A file that arrives later, or a version that
/// is served from now on, is found then.
pub(crate) const PREPARE_BLOCKS: u32 = 10;

/// Blocks from one time that pinned tasks are looked after to the next.
pub(crate) const EVIDENCE_BLOCKS: u32 = 4;

/// Blocks after which a node that lacks an engine looks for it again, and one that has posted a digest
/// compares it with what it finds now. Only after a restart it has to compute for that.
pub(crate) const RETRY_BLOCKS: u32 = 100;

/// Time until the answer to a pinned task is of no use, in milliseconds: long, since all seats come
/// first.
const MILLIS: u32 = 600_000;

/// No request has this number, so that no job is taken for one of a seat or a watched answer. Canaries of
/// sessions count down from it: each is computed anew.
const NO_REQUEST: RequestId = RequestId::MAX;

impl<T: Config> Pallet<T> {
	/// Names the versions that operators of this node serve, every [`PREPARE_BLOCKS`] blocks.
	pub(crate) fn prepare_served(block: BlockNumberFor<T>) {
		if !(block % PREPARE_BLOCKS.into()).is_zero() {
			return;
		}
		let operators: Vec<T::AccountId> =
			ExecutorKey::all().iter().filter_map(T::Executors::operator_of).collect();
		if operators.is_empty() {
			return;
		}
		for (model, list) in ServingExecutors::<T>::iter() {
			let is_served = |own: &ServingExecutor<T::AccountId>| {
				own.until.is_none() && operators.contains(&own.executor)
			};
			if !list.iter().any(is_served) {
				continue;
			}
			let Some(Model { model_hash, engine_id, dims, limits, .. }) = Models::<T>::get(model)
			else {
				continue;
			};
			let task =
				Task { model_hash, engine_id, dims, input: TaskInput::Inline(Vec::new()), limits };
			let task = VersionedTask::V1(task).encode();
			inference_host::prepare(task);
		}
	}

	/// Computes what the operators of this node have not posted yet, and posts it.
	pub(crate) fn give_evidence(block: BlockNumberFor<T>) {
		if !(block % EVIDENCE_BLOCKS.into()).is_zero() {
			return;
		}
		let has_canaries = Canaries::<T>::exists();
		if !has_canaries && Nominations::<T>::count() == 0 {
			return;
		}
		let operators = Self::operators();
		if operators.is_empty() {
			return;
		}
		let session = T::ExecutorStake::session();
		if has_canaries {
			Self::compute_canary(block, session, &operators);
		}
		let snapshot = T::ExecutorStake::snapshot(session);
		let is_asked = |own: &&Operator<T::AccountId>| {
			snapshot.binary_search_by(|(who, _)| who.cmp(&own.account)).is_ok()
		};
		let asked: Vec<_> = operators.iter().filter(is_asked).collect();
		for (engine_id, tasks) in Nominations::<T>::iter() {
			let evidence = Evidence::<T>::get(engine_id);
			let posted = |own: &Operator<T::AccountId>| {
				let mut all = evidence.iter();
				all.find(|other| other.executor == own.account).map(|other| other.digest)
			};
			let is_turn = (block % RETRY_BLOCKS.into()).is_zero();
			let due: Vec<_> = asked.iter().filter(|own| is_turn || posted(own).is_none()).collect();
			if due.is_empty() {
				continue;
			}
			if let Some(digest) = Self::compute_nomination(block, engine_id, &tasks) {
				for operator in due.into_iter().filter(|own| posted(own) != Some(digest)) {
					Self::post(block, operator, Subject::Engine(engine_id), digest);
				}
			}
		}
	}

	/// The digest of all answers of a nominated engine, once they are there.
	fn compute_nomination(
		block: BlockNumberFor<T>,
		engine_id: H256,
		tasks: &PinnedTasks,
	) -> Option<H256> {
		let name = (b"opg/evidence/again", engine_id).encode();
		let again_ref = StorageValueRef::persistent(&name);
		let again: Option<BlockNumberFor<T>> = again_ref.get().ok().flatten();
		// One that is added is looked for at once. The engine of the node's own program is in no store.
		let is_added = || inference_host::has_model(engine_id.0) == Ok(true);
		if again.is_some_and(|again| block < again) && !is_added() {
			return None;
		}
		let mut answers = Vec::new();
		for (index, task) in tasks.iter().enumerate() {
			let PinnedTask { model_hash, size, dims, limits, input } = task.clone();
			let input = TaskInput::Inline(input.into_inner());
			let task = Task { model_hash, engine_id, dims, input, limits };
			match Self::compute(NO_REQUEST, index as RoundIndex, task) {
				Ok(JobStatus::Done { answer, .. }) => answers.push(answer.digest()),
				Ok(JobStatus::Pending) => {},
				Err(JobError::EngineMissing) => {
					log::info!(
						target: LOG,
						"engine {engine_id:?} is nominated and not in this node's store: `opg-node \
						 engines add` adds it"
					);
					again_ref.set(&block.saturating_add(RETRY_BLOCKS.into()));
					return None;
				},
				Err(JobError::ModelMissing) => {
					let content = Content { hash: model_hash, size };
					let _ = inference_host::hold_content(content.encode());
				},
				Err(error) => log::debug!(target: LOG, "engine {engine_id:?}: {error:?}"),
			}
		}
		(answers.len() == tasks.len()).then(|| evidence_digest(&engine_id, tasks, &answers))
	}

	/// Computes the canary of the session for the operators that are asked, or tells them that theirs
	/// was another answer.
	fn compute_canary(
		block: BlockNumberFor<T>,
		session: u32,
		operators: &[Operator<T::AccountId>],
	) {
		let Some(pin) = Self::canary(session) else { return };
		let asked = Self::asked(&pin, session);
		let results = CanaryResults::<T>::get().filter(|own| own.session == session);
		let (agreed, statements) =
			results.map(|own| (own.agreed, own.statements)).unwrap_or_default();
		let mut due = Vec::new();
		for operator in operators {
			if asked.binary_search_by(|(who, _)| who.cmp(&operator.account)).is_err() {
				continue;
			}
			let own = statements.iter().find(|own| own.executor == operator.account);
			match (own.map(|own| own.digest), agreed) {
				(None, _) => due.push(operator),
				(Some(digest), Some(agreed)) if digest != agreed => log::error!(
					target: LOG,
					"🐤 This machine computes otherwise than most of the stake: version {}, session \
					 {session}, {digest:?} and not {agreed:?}. It would lose stake by its next wrong \
					 answer: stop serving, and look after memory, CPU and engine",
					pin.model
				),
				_ => {},
			}
		}
		let Some(version) = Models::<T>::get(pin.model).filter(|_| !due.is_empty()) else { return };
		let Model { model_hash, engine_id, dims, limits, .. } = version;
		let input = TaskInput::Inline(pin.input.into_inner());
		let task = Task { model_hash, engine_id, dims, input, limits };
		let request = NO_REQUEST.saturating_sub(1).saturating_sub(session.into());
		match Self::compute(request, 0, task) {
			Ok(JobStatus::Done { answer, .. }) => {
				for operator in due {
					Self::post(block, operator, Subject::Canary(session), answer.digest());
				}
			},
			Ok(JobStatus::Pending) => {},
			Err(error) => log::debug!(target: LOG, "canary of session {session}: {error:?}"),
		}
	}

	/// Submits a task after all seats, or learns its progress.
	fn compute(request: RequestId, round: RoundIndex, task: Task) -> Result<JobStatus, JobError> {
		let (kind, requester) = (JobKind::Watch, H256::zero());
		let job = Job { request, round, kind, task, requester, millis_left: MILLIS };
		inference_host::submit_or_poll(VersionedJob::V1(job).encode())
	}

	fn post(
		block: BlockNumberFor<T>,
		operator: &Operator<T::AccountId>,
		subject: Subject,
		digest: H256,
	) {
		let at = block.saturating_sub(CALL_LAG.into());
		let named = frame_system::Pallet::<T>::block_hash(at);
		let executor = operator.account.clone();
		let statement = DigestCall { executor, at, subject, digest };
		let payload = statement_payload(&Self::genesis_hash(), &named, &statement);
		let Some(signature) = operator.key.sign(&payload) else {
			log::error!(target: LOG, "the keystore does not sign with {:?}", operator.key);
			return;
		};
		let xt =
			T::create_authorized_transaction(Call::post_digest { statement, signature }.into());
		match SubmitTransaction::<T, Call<T>>::submit_transaction(xt) {
			Ok(()) => log::info!(target: LOG, "posted {digest:?} of {subject:?}"),
			// The one before is still in the pool, as a rule.
			Err(()) => log::debug!(target: LOG, "the pool refused {digest:?} of {subject:?}"),
		}
	}
}
