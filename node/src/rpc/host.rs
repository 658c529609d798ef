//! What the methods `opg_v1_*` need of this node: its store, its engine, its keys.

use opg_blobs::{
	labels::{ENGINE, SERVED_ENGINE, SERVED_MODEL},
	store::Error as StoreError,
};
use opg_execution::engine_id;
use opg_primitives::{
	Answer, Content, ExecutorKey, Job, JobError, JobKind, JobStatus, RequestId, Task,
	EXECUTOR_KEY_TYPE,
};
use opg_rpc::{Host, HostError, HostStatus};
use opg_runtime_interface::JobQueue;
use opg_worker::{Contents, WorkerHandle};
use sp_core::H256;
use sp_keystore::{Keystore, KeystorePtr};
use std::{
	collections::BTreeSet,
	sync::atomic::{AtomicU64, Ordering},
	thread,
	time::{Duration, Instant},
};

/// Time for a dry run. Seats come before it.
const DRY_RUN_TIME: Duration = Duration::from_secs(120);

/// Time between two looks whether it is done.
const LOOK: Duration = Duration::from_millis(20);

/// This node.
pub struct NodeHost {
	version: String,
	contents: Contents,
	/// `None` where the node computes nothing.
	worker: Option<WorkerHandle>,
	keystore: KeystorePtr,
	/// Dry runs so far. Each is a job of its own.
	runs: AtomicU64,
}

impl NodeHost {
	/// This node, which runs the program of this version.
	pub fn new(
		version: String,
		contents: Contents,
		worker: Option<WorkerHandle>,
		keystore: KeystorePtr,
	) -> Self {
		Self { version, contents, worker, keystore, runs: AtomicU64::new(0) }
	}

	/// Blobs with one of these pins that are here.
	fn pinned(&self, labels: &[&str]) -> Vec<H256> {
		let store = self.contents.store();
		let hashes = labels.iter().flat_map(|label| store.pinned(label).unwrap_or_default());
		let hashes: BTreeSet<_> = hashes.filter(|hash| store.contains(hash)).collect();
		hashes.into_iter().map(H256).collect()
	}
}

impl Host for NodeHost {
	fn content_of(&self, bytes: &[u8]) -> Option<Content> {
		opg_execution::content_of(bytes)
	}

	fn has(&self, content: &Content) -> bool {
		self.contents.has(content)
	}

	fn put(&self, bytes: &[u8]) -> Result<(), HostError> {
		match self.contents.store().put(bytes) {
			Ok(_) => Ok(()),
			Err(StoreError::TooManyImports(_)) => Err(HostError::Busy),
			Err(error) => Err(HostError::Failed(error.to_string())),
		}
	}

	fn keep(&self, content: &Content) {
		self.contents.pin_if_here(content);
	}

	fn discard(&self, content: &Content) {
		// It stays if somebody pinned it meanwhile.
		if let Err(error) = self.contents.store().remove(&content.hash.0) {
			log::debug!("{:?} stays in the store: {error}", content.hash);
		}
	}

	fn run(&self, task: Task) -> Result<Answer, HostError> {
		let mut worker = self.worker.clone().ok_or(HostError::NoEngine)?;
		let millis_left = DRY_RUN_TIME.as_millis() as u32;
		// No request has such a number.
		let request = RequestId::MAX - self.runs.fetch_add(1, Ordering::Relaxed);
		let (round, kind, requester) = (0, JobKind::Watch, H256::zero());
		let job = Job { request, round, kind, task, requester, millis_left };
		let until = Instant::now() + DRY_RUN_TIME;
		while Instant::now() < until {
			match worker.submit(job.clone()) {
				Ok(JobStatus::Done { answer, .. }) => return Ok(answer),
				Ok(JobStatus::Pending) => thread::sleep(LOOK),
				Err(JobError::NoEngine) => return Err(HostError::NoEngine),
				Err(JobError::QueueFull) => return Err(HostError::Busy),
				Err(JobError::ModelMissing) => return Err(HostError::Missing("model file")),
				Err(JobError::EngineMissing) => return Err(HostError::Missing("engine")),
				Err(JobError::InputMissing | JobError::Internal | JobError::Failed) => {
					let reason = "every attempt failed: its log says why";
					return Err(HostError::Failed(reason.into()));
				},
			}
		}
		Err(HostError::TimedOut)
	}

	fn status(&self) -> HostStatus {
		let keys = self.keystore.ed25519_public_keys(EXECUTOR_KEY_TYPE);
		HostStatus {
			version: self.version.clone(),
			engine: H256(engine_id()),
			engines: self.pinned(&[ENGINE, SERVED_ENGINE]),
			runs_engine: self.worker.is_some(),
			served: self.pinned(&[SERVED_MODEL]),
			keys: keys.into_iter().map(ExecutorKey::from).collect(),
		}
	}
}
