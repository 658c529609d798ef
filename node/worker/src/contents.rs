//! Inputs and outputs that lie outside of the chain, in the node's store.

use crate::{error::RunError, holding::Computed, queue::Control};
use opg_blobs::{
	labels::CONTENT,
	leases::Leases,
	store::{Error, Store},
};
use opg_primitives::{Content, Outcome};
use std::{
	io,
	sync::Arc,
	thread,
	time::{Duration, Instant},
};

/// Time for which an input or output stays after somebody named it last. The off-chain worker names
/// what the chain still asks for every few blocks.
const LASTING: Duration = Duration::from_secs(2 * 3600);

/// Time between two attempts to write an output while others are being written.
const PAUSE: Duration = Duration::from_millis(50);

/// Inputs and outputs in the store. Clones are cheap and are the same.
#[derive(Clone)]
pub struct Contents {
	store: Store,
	pins: Arc<Leases>,
}

impl Contents {
	/// Takes away the pins that were not renewed for two hours, now and from time to time.
	///
	/// # Errors
	///
	/// The system starts no thread.
	pub fn start(store: Store) -> io::Result<Self> {
		let pins = Arc::new(Leases::start(store.clone(), &[CONTENT], LASTING)?);
		Ok(Self { store, pins })
	}

	/// The store that they are in.
	pub fn store(&self) -> &Store {
		&self.store
	}

	/// Tells whether the whole of one is here. It is read by whoever uses it.
	pub fn has(&self, content: &Content) -> bool {
		self.store.size(&content.hash.0) == Some(content.size.into())
	}

	/// Keeps one for two hours from now on. It need not be here yet.
	fn pin(&self, content: &Content) {
		self.pins.renew(&content.hash.0, CONTENT);
	}

	/// Keeps one for two hours from now on, if the whole of it is here. Tells whether it is.
	pub fn pin_if_here(&self, content: &Content) -> bool {
		let is_here = self.has(content);
		if is_here {
			self.pin(content);
		}
		is_here
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
		self.pin(&content);
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
