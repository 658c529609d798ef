//! Models that are to be loaded ahead of their first job, while there is nothing else to do.

use crate::Key;
use opg_primitives::{Job, JobKind, Task};
use schnellru::{ByLength, LruMap};
use sp_core::H256;
use std::collections::VecDeque;

/// Most models that are remembered, those that wait included.
const MAX_MODELS: u32 = 4096;

/// Time for one, in milliseconds. Loading is bounded by fuel, and stops before where a seat needs the
/// time.
const MILLIS: u32 = 600_000;

/// Models that are to be loaded, and those that need not be again.
pub(crate) struct Ahead {
	waiting: VecDeque<Job>,
	known: LruMap<Key, (), ByLength>,
}

impl Ahead {
	pub(crate) fn new() -> Self {
		Self { waiting: VecDeque::new(), known: LruMap::new(ByLength::new(MAX_MODELS)) }
	}

	/// Adds the model of a task, unless it waits or was loaded before. What was dropped since for want
	/// of memory is not loaded ahead again: it would take the place of another.
	pub(crate) fn push(&mut self, task: Task) {
		let (kind, requester, millis_left) = (JobKind::Watch, H256::zero(), MILLIS);
		let job = Job { request: 0, round: 0, kind, task, requester, millis_left };
		let key = job.model_key().0;
		let is_known = self.known.get(&key).is_some();
		if !is_known && self.waiting.len() < MAX_MODELS as usize && self.known.insert(key, ()) {
			self.waiting.push_back(job);
		}
	}

	/// A job whose model is to be loaded, the oldest first.
	pub(crate) fn pop(&mut self) -> Option<Job> {
		self.waiting.pop_front()
	}

	/// Forgets the model of this job, so that it is tried again when it is named again.
	pub(crate) fn forget(&mut self, job: &Job) {
		self.known.remove(&job.model_key().0);
	}

	/// Models that wait.
	pub(crate) fn len(&self) -> usize {
		self.waiting.len()
	}

	pub(crate) fn clear(&mut self) {
		*self = Self::new();
	}
}
