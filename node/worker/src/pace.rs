//! Pace of the models: what their jobs took lately, and when each had its last turn.

use crate::Key;
use opg_primitives::{Job, JobKind};
use schnellru::{ByLength, LruMap};
use std::time::Duration;

/// Most models that are remembered. Jobs of another are thought to take no time until one has run.
const MAX_MODELS: u32 = 4096;

/// What is known of a model.
#[derive(Clone, Copy, Default)]
struct Model {
	/// What a job took lately, without a witness and with one; zero before the first.
	took: [Duration; 2],
	/// Number of its last turn.
	turn: u64,
}

/// Pace of the models.
pub(crate) struct Pace {
	models: LruMap<Key, Model, ByLength>,
	turns: u64,
}

impl Pace {
	pub(crate) fn new() -> Self {
		Self { models: LruMap::new(ByLength::new(MAX_MODELS)), turns: 0 }
	}

	/// Time that `job` is expected to take; zero if nothing is known of its model.
	pub(crate) fn expected(&self, model: &Key, job: &Job) -> Duration {
		self.models.peek(model).map_or(Duration::ZERO, |model| model.took[kind(job)])
	}

	/// Learns what `job` took.
	pub(crate) fn learn(&mut self, model: Key, job: &Job, took: Duration) {
		if let Some(model) = self.models.get_or_insert(model, Model::default) {
			let mean = &mut model.took[kind(job)];
			*mean = if mean.is_zero() { took } else { (3 * *mean + took) / 4 };
		}
	}

	/// Number of the model's last turn; 0 if it had none.
	pub(crate) fn last_turn(&self, model: &Key) -> u64 {
		self.models.peek(model).map_or(0, |model| model.turn)
	}

	/// Notes that the model has its turn.
	pub(crate) fn take_turn(&mut self, model: Key) {
		self.turns += 1;
		let turn = self.turns;
		if let Some(model) = self.models.get_or_insert(model, Model::default) {
			model.turn = turn;
		}
	}
}

fn kind(job: &Job) -> usize {
	usize::from(matches!(job.kind, JobKind::Witness(_)))
}
