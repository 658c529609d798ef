//! What the operators of this node serve stays in the store: it is pinned while the off-chain worker
//! names it, and for a while after that.

use crate::queue::LOG_TARGET;
use opg_blobs::{
	labels::{SERVED_ENGINE, SERVED_MODEL},
	store::{Hash, Store},
};
use opg_primitives::Task;
use parking_lot::Mutex;
use schnellru::{ByLength, LruMap};
use std::{
	io,
	sync::{
		mpsc::{self, RecvTimeoutError, Sender},
		Arc,
	},
	thread,
	time::{Duration, Instant, SystemTime},
};

/// Time for which a pin stays after it was renewed. Longer than any answer in a served model can be
/// disputed, and than a node is usually down for maintenance.
const LASTING: Duration = Duration::from_secs(24 * 3600);

/// Time after which a pin is renewed. What is named is named every few blocks.
const RENEWAL: Duration = Duration::from_secs(3600);

/// Files of which it is remembered when their pins were renewed. Those of others are renewed whenever
/// they are named.
const MAX_REMEMBERED: u32 = 4096;

/// Pins of what is served.
pub(crate) struct Served {
	blobs: Store,
	/// When this process has last renewed the pin of a file.
	renewed: Mutex<LruMap<(Hash, &'static str), Instant, ByLength>>,
	/// Ends the thread when this is dropped.
	_upkeep: Sender<()>,
}

impl Served {
	/// Takes away the pins that were not renewed for long, now and from time to time.
	///
	/// # Errors
	///
	/// The system starts no thread.
	pub(crate) fn start(blobs: Store) -> io::Result<Arc<Self>> {
		let (upkeep, ended) = mpsc::channel();
		let store = blobs.clone();
		let keep_up = move || loop {
			unpin(&store, SystemTime::now().checked_sub(LASTING));
			if ended.recv_timeout(RENEWAL) != Err(RecvTimeoutError::Timeout) {
				return;
			}
		};
		thread::Builder::new().name("opg-blobs-pins".into()).spawn(keep_up)?;
		let renewed = Mutex::new(LruMap::new(ByLength::new(MAX_REMEMBERED)));
		Ok(Arc::new(Self { blobs, renewed, _upkeep: upkeep }))
	}

	/// Pins the model and the engine of a task that is served, which need not be here yet.
	pub(crate) fn name(&self, task: &Task) {
		self.pin(task.model_hash.0, SERVED_MODEL);
		if task.engine_id.0 != opg_engine::engine_id() {
			self.pin(task.engine_id.0, SERVED_ENGINE);
		}
	}

	fn pin(&self, hash: Hash, label: &'static str) {
		let mut renewed = self.renewed.lock();
		if renewed.get(&(hash, label)).is_some_and(|at| at.elapsed() < RENEWAL) {
			return;
		}
		match self.blobs.pin(&hash, label) {
			Ok(()) => {
				renewed.insert((hash, label), Instant::now());
			},
			// It is tried again when it is named again.
			Err(error) => log::warn!(
				target: LOG_TARGET,
				"What is served is not pinned, and may give way to other files: {error}",
			),
		}
	}
}

/// Takes away the pins that were not renewed since `time`.
fn unpin(blobs: &Store, time: Option<SystemTime>) {
	let Some(time) = time else { return };
	for label in [SERVED_MODEL, SERVED_ENGINE] {
		match blobs.unpin_older(label, time) {
			Ok(0) => {},
			Ok(count) => log::info!(
				target: LOG_TARGET,
				"{count} files are not served any more: they may give way to others",
			),
			Err(error) => log::warn!(target: LOG_TARGET, "The pins of what was served: {error}"),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_blobs::store::{Error, Limits};
	use opg_primitives::VersionLimits;
	use std::fs;

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
			input: vec![],
			limits: VersionLimits { fuel: 1, load_fuel: 1, memory: 1 },
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
