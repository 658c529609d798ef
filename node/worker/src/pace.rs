//! Pace of the models: what their jobs took lately.

use crate::Key;
use opg_primitives::{Job, JobKind};
use schnellru::{ByLength, LruMap};
use std::time::Duration;

/// Most models that are remembered. Jobs of another are thought to take no time until one has run.
const MAX_MODELS: u32 = 4096;

/// What a job took lately, without a witness and with one; zero before the first.
type Took = [Duration; 2];

/// Pace of the models.
pub(crate) struct Pace(LruMap<Key, Took, ByLength>);

impl Pace {
	pub(crate) fn new() -> Self {
		Self(LruMap::new(ByLength::new(MAX_MODELS)))
	}

	/// Time that `job` is expected to take; zero if nothing is known of its model.
	pub(crate) fn expected(&self, model: &Key, job: &Job) -> Duration {
		self.0.peek(model).map_or(Duration::ZERO, |took| took[kind(job)])
	}

	/// Learns what `job` took.
	pub(crate) fn learn(&mut self, model: Key, job: &Job, took: Duration) {
		if let Some(model) = self.0.get_or_insert(model, Took::default) {
			let mean = &mut model[kind(job)];
			*mean = if mean.is_zero() { took } else { (3 * *mean + took) / 4 };
		}
	}
}

fn kind(job: &Job) -> usize {
	usize::from(matches!(job.kind, JobKind::Witness(_)))
}
