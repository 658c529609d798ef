//! What the operators of this node serve stays in the store: it is pinned while the off-chain worker
//! names it, and for a while after that.

use opg_blobs::{
	labels::{SERVED_ENGINE, SERVED_MODEL},
	leases::{Leases, LASTING},
	store::Store,
};
use opg_primitives::Task;
use std::{io, sync::Arc};

/// Pins of what is served.
pub(crate) struct Served(Leases);

impl Served {
	/// Takes away the pins that were not renewed for long, now and from time to time.
	///
	/// # Errors
	///
	/// The system starts no thread.
	pub(crate) fn start(blobs: Store) -> io::Result<Arc<Self>> {
		Ok(Arc::new(Self(Leases::start(blobs, &[SERVED_MODEL, SERVED_ENGINE], LASTING)?)))
	}

	/// Pins the model and the engine of a task that is served, which need not be here yet.
	pub(crate) fn name(&self, task: &Task) {
		self.0.renew(&task.model_hash.0, SERVED_MODEL);
		if task.engine_id.0 != opg_engine::engine_id() {
			self.0.renew(&task.engine_id.0, SERVED_ENGINE);
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_blobs::store::{Error, Hash, Limits};
	use opg_primitives::{TaskInput, VersionLimits};
	use std::{
		fs, thread,
		time::{Duration, Instant, SystemTime},
	};

	const QUOTA: u64 = 100_000;

	fn store(folder: &tempfile::TempDir) -> Store {
		let limits = Limits { quota: QUOTA, keep_free: 0, ..Limits::default() };
		Store::open(folder.path().join("blobs"), limits).expect("a store")
	}

	fn task(model: Hash, engine: Hash) -> Task {
		Task {
			model_hash: model.into(),
			engine_id: engine.into(),
			dims: Default::default(),
			input: TaskInput::Inline(vec![]),
			limits: VersionLimits::inline(1, 1, 1),
		}
	}

	#[test]
	fn files_should_not_give_way_when_they_are_served() {
		let folder = tempfile::tempdir().expect("a folder");
		let store = store(&folder);
		let file = |byte| vec![byte; 30_000];
		let [model, engine, other] =
			[1, 2, 3].map(|byte| store.put(&file(byte)).expect("there is room"));
		let served = Served::start(store.clone()).expect("a thread");
		served.name(&task(model, engine));
		assert_eq!(store.pinned(SERVED_MODEL).expect("pins"), [model]);
		assert_eq!(store.pinned(SERVED_ENGINE).expect("pins"), [engine]);
		// Of three that are there, the two that are served stay.
		for byte in 4..8 {
			store.put(&file(byte)).expect("the others make room");
		}
		assert!(store.contains(&model) && store.contains(&engine) && !store.contains(&other));
		let error = store.put(&vec![9; 60_000]).expect_err("there is no room");
		assert!(matches!(error, Error::QuotaExceeded { .. }), "{error}");
		assert!(store.contains(&model) && store.contains(&engine));
	}

	#[test]
	fn built_in_engine_should_not_be_pinned_since_it_is_no_file() {
		let folder = tempfile::tempdir().expect("a folder");
		let store = store(&folder);
		let served = Served::start(store.clone()).expect("a thread");
		served.name(&task([1; 32], opg_engine::engine_id()));
		assert_eq!(store.pinned(SERVED_MODEL).expect("pins"), [[1; 32]]);
		assert!(store.pinned(SERVED_ENGINE).expect("pins").is_empty());
	}

	#[test]
	fn pins_should_end_when_nothing_named_them_for_long_and_outlast_a_restart_until_then() {
		let folder = tempfile::tempdir().expect("a folder");
		let store = store(&folder);
		let (old, new) = ([1; 32], [2; 32]);
		drop(Served::start(store.clone()).map(|served| {
			served.name(&task(old, [3; 32]));
			served.name(&task(new, [3; 32]));
		}));
		let pin =
			store.directory().join("pins").join(format!("{}.{SERVED_MODEL}", "01".repeat(32)));
		let pin = fs::File::open(pin).expect("a pin");
		pin.set_modified(SystemTime::now() - LASTING - Duration::from_secs(1)).expect("is ours");
		let _served = Served::start(store.clone()).expect("a thread");
		let until = Instant::now() + Duration::from_secs(30);
		while store.pinned(SERVED_MODEL).expect("pins") != [new] {
			assert!(Instant::now() < until, "the old pin stays");
			thread::sleep(Duration::from_millis(5));
		}
		assert_eq!(store.pinned(SERVED_ENGINE).expect("pins"), [[3; 32]]);
	}
}
