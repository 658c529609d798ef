//! Inputs and outputs that lie outside of the chain, in the node's store. Strangers name them, so all of
//! them together have a quota of their own.

use crate::{error::RunError, holding::Computed, queue::Control};
use opg_blobs::{
	labels::CONTENT,
	leases::Leases,
	store::{self, Error, Hash, Store},
};
use opg_primitives::{Content, Outcome};
use parking_lot::Mutex;
use std::{
	collections::HashMap,
	io,
	sync::Arc,
	thread,
	time::{Duration, Instant},
};

/// Time for which an input or output stays after somebody named it last. The off-chain worker names
/// what the chain still asks for every few blocks.
const LASTING: Duration = Duration::from_secs(2 * 3600);

const LOG: &str = "opg::contents";

/// Time between two attempts to write an output while others are being written.
const PAUSE: Duration = Duration::from_millis(50);

/// Time for which a count of what is kept is used.
const FRESH: Duration = Duration::from_secs(10);

/// Time for which an output that was pinned and is not here yet counts.
const ARRIVAL: Duration = Duration::from_secs(60);

/// Contents that are pinned between two counts. A further one waits for the next.
const MAX_ADDED: usize = 4096;

/// Inputs and outputs in the store. Clones are cheap and are the same.
#[derive(Clone)]
pub struct Contents {
	store: Store,
	pins: Arc<Leases>,
	/// Most bytes that are kept.
	quota: u64,
	room: Arc<Mutex<Room>>,
}

/// What is kept.
#[derive(Default)]
struct Room {
	/// Bytes of what is here and pinned, and when that was counted.
	kept: HashMap<Hash, u64>,
	counted: Option<Instant>,
	/// Bytes of what was pinned since, and when.
	added: HashMap<Hash, (u64, Instant)>,
}

impl Room {
	fn count(&mut self, store: &Store) -> store::Result<()> {
		if self.counted.is_some_and(|at| at.elapsed() < FRESH) {
			return Ok(());
		}
		let pinned = store.pinned(CONTENT)?;
		self.kept =
			pinned.into_iter().filter_map(|hash| Some((hash, store.size(&hash)?))).collect();
		self.counted = Some(Instant::now());
		let Self { kept, added, .. } = self;
		added.retain(|hash, (_, at)| !kept.contains_key(hash) && at.elapsed() < ARRIVAL);
		Ok(())
	}

	fn holds(&self, hash: &Hash) -> bool {
		self.kept.contains_key(hash) || self.added.contains_key(hash)
	}

	fn bytes(&self) -> u64 {
		self.kept.values().chain(self.added.values().map(|(bytes, _)| bytes)).sum()
	}
}

impl Contents {
	/// Takes away the pins that were not renewed for two hours, now and from time to time.
	///
	/// # Errors
	///
	/// The system starts no thread.
	pub fn start(store: Store) -> io::Result<Self> {
		let pins = Arc::new(Leases::start(store.clone(), &[CONTENT], LASTING)?);
		Ok(Self { store, pins, quota: u64::MAX, room: Arc::default() })
	}

	/// Keeps at most so many bytes.
	pub fn with_quota(self, quota: u64) -> Self {
		Self { quota, ..self }
	}

	/// Most bytes that are kept.
	pub fn quota(&self) -> u64 {
		self.quota
	}

	/// The store that they are in.
	pub fn store(&self) -> &Store {
		&self.store
	}

	/// Tells whether the whole of one is here. It is read by whoever uses it.
	pub fn has(&self, content: &Content) -> bool {
		self.store.size(&content.hash.0) == Some(content.size.into())
	}

	/// Tells whether one is kept, or could be within the quota.
	pub fn has_room(&self, content: &Content) -> bool {
		self.has_room_in(&mut self.room.lock(), content)
	}

	fn has_room_in(&self, room: &mut Room, content: &Content) -> bool {
		if let Err(error) = room.count(&self.store) {
			log::warn!(target: LOG, "inputs and outputs are not counted: {error}");
			return false;
		}
		let bytes = room.bytes().saturating_add(content.size.into());
		room.holds(&content.hash.0) || (bytes <= self.quota && room.added.len() < MAX_ADDED)
	}

	/// Keeps one for two hours from now on, if there is room for it. It need not be here yet.
	fn pin(&self, content: &Content) -> bool {
		let hash = content.hash.0;
		let mut room = self.room.lock();
		if !self.has_room_in(&mut room, content) {
			return false;
		}
		if !room.holds(&hash) {
			room.added.insert(hash, (content.size.into(), Instant::now()));
		}
		drop(room);
		self.pins.renew(&hash, CONTENT);
		true
	}

	/// Keeps one for two hours from now on, if the whole of it is here and there is room for it. Tells
	/// whether it is kept: otherwise it may give way to other files.
	pub fn pin_if_here(&self, content: &Content) -> bool {
		self.has(content) && self.pin(content)
	}

	/// Writes an output that its answer only names, and pins it.
	pub(crate) fn keep_output(
		&self,
		computed: &Computed,
		control: &Control,
	) -> Result<(), RunError> {
		let Outcome::Stored(content) = computed.answered.answer.outcome else { return Ok(()) };
		let other = || RunError::Process("its output is not what its answer names".into());
		let bytes = computed.output.as_deref().ok_or_else(other)?;
		if bytes.len() != content.size as usize {
			return Err(other());
		}
		// Before it is here, so that nothing evicts it in between.
		if !self.pin(&content) {
			return Err(RunError::ContentsFull(self.quota));
		}
		let hash = loop {
			match self.store.put(bytes) {
				Err(Error::TooManyImports(_)) if Instant::now() < control.deadline => {
					thread::sleep(PAUSE);
				},
				other => break other?,
			}
		};
		match hash == content.hash.0 {
			true => Ok(()),
			false => Err(other()),
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Answered;
	use opg_blobs::store::Limits;
	use opg_execution::content_of;
	use opg_primitives::Answer;
	use sp_core::H256;
	use std::{fs::File, time::SystemTime};

	fn store(folder: &tempfile::TempDir) -> Store {
		let limits = Limits { keep_free: 0, ..Limits::default() };
		Store::open(folder.path().join("blobs"), limits).expect("a store")
	}

	fn computed(content: Content, output: Option<&[u8]>) -> Computed {
		let answer = Answer { outcome: Outcome::Stored(content), fuel: 1 };
		let answered = Answered { answer, witness: None };
		Computed { answered, output: output.map(<[u8]>::to_vec) }
	}

	#[test]
	fn output_should_be_refused_when_it_is_not_what_its_answer_names() {
		let folder = tempfile::tempdir().expect("a folder");
		let contents = Contents::start(store(&folder)).expect("a thread");
		let control = Control::new(Instant::now());
		let named = content_of(b"output").expect("short");
		for output in [None, Some(&b"longer output"[..]), Some(&b"OUTPUT"[..])] {
			let kept = contents.keep_output(&computed(named, output), &control);
			assert!(matches!(kept, Err(RunError::Process(_))), "{output:?}");
			assert!(!contents.has(&named));
		}
		contents.keep_output(&computed(named, Some(b"output")), &control).expect("it is right");
		assert!(contents.has(&named));
		assert!(!contents.has(&Content { size: 5, ..named }), "it has another size");
		assert!(!contents.pin_if_here(&Content { hash: H256::zero(), size: 6 }));
	}

	#[test]
	fn content_should_be_kept_while_all_are_within_the_quota() {
		let folder = tempfile::tempdir().expect("a folder");
		let store = store(&folder);
		let quota = 20_000;
		let contents = Contents::start(store.clone()).expect("a thread").with_quota(quota);
		let of = |byte: u8| content_of(&[byte; 8_000]).expect("short");
		for byte in 0..3 {
			store.put(&[byte; 8_000]).expect("the store has room");
		}
		assert!(contents.pin_if_here(&of(0)) && contents.pin_if_here(&of(1)));
		assert!(!contents.pin_if_here(&of(2)), "it is here, and may give way");
		assert!(contents.has(&of(2)));
		let control = Control::new(Instant::now());
		let kept = contents.keep_output(&computed(of(3), Some(&[3; 8_000])), &control);
		assert!(matches!(kept, Err(RunError::ContentsFull(full)) if full == quota));
		assert!(contents.pin_if_here(&of(0)), "it has its room");
		// As when it has not been named for hours.
		store.unpin(&of(1).hash.0, CONTENT).expect("it is ours");
		let mut room = contents.room.lock();
		room.counted = None;
		room.added.clear();
		drop(room);
		assert!(contents.pin_if_here(&of(2)));
		assert!(!contents.has_room(&of(1)));
	}

	#[test]
	fn pin_should_end_when_nothing_named_the_content_for_two_hours() {
		let folder = tempfile::tempdir().expect("a folder");
		let store = store(&folder);
		let [old, new] = [b"old", b"new"].map(|bytes| store.put(bytes).expect("there is room"));
		for (hash, age) in [(old, LASTING), (new, LASTING / 2)] {
			store.pin(&hash, CONTENT).expect("a pin");
			let pin = format!("pins/{:x}.{CONTENT}", H256(hash));
			let pin = File::open(store.directory().join(pin)).expect("a pin");
			pin.set_modified(SystemTime::now() - age).expect("it is ours");
		}
		let _contents = Contents::start(store.clone()).expect("a thread");
		let until = Instant::now() + Duration::from_secs(30);
		while store.pinned(CONTENT).expect("pins") != [new] {
			assert!(Instant::now() < until, "the old pin stays, or the new one goes");
			thread::sleep(Duration::from_millis(5));
		}
	}
}
