//! Turns: when each model, and each requester, had a thread last.

use crate::Key;
use schnellru::{ByLength, LruMap};

/// Most models, and most requesters, that are remembered. Another one is thought to have had no turn.
const MAX_REMEMBERED: u32 = 4096;

/// Last turns of the models and of the requesters.
pub(crate) struct Turns {
	models: LruMap<Key, u64, ByLength>,
	requesters: LruMap<Key, u64, ByLength>,
	/// Turns so far.
	count: u64,
}

impl Turns {
	pub(crate) fn new() -> Self {
		let lru = || LruMap::new(ByLength::new(MAX_REMEMBERED));
		Self { models: lru(), requesters: lru(), count: 0 }
	}

	/// Place of a job in the order of turns; the lowest is next. What had a turn lately, its model or
	/// its requester, puts it behind.
	pub(crate) fn place(&self, model: &Key, requester: &Key) -> [u64; 3] {
		let last = |of: &LruMap<Key, u64, ByLength>, key| of.peek(key).copied().unwrap_or(0);
		let (model, requester) = (last(&self.models, model), last(&self.requesters, requester));
		[model.max(requester), model, requester]
	}

	/// Notes that a job has its turn.
	pub(crate) fn take(&mut self, model: Key, requester: Key) {
		self.count += 1;
		self.models.insert(model, self.count);
		self.requesters.insert(requester, self.count);
	}
}
