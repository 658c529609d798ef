//! Pins that end when they are not renewed: of what somebody needs for as long as he says so.

use crate::store::{Hash, Store};
use parking_lot::Mutex;
use schnellru::{ByLength, LruMap};
use std::{
	io,
	sync::mpsc::{self, RecvTimeoutError, Sender},
	thread,
	time::{Duration, Instant, SystemTime},
};

const LOG: &str = "opg::blobs";

/// Time for which the pin of a served file stays after it was renewed. Longer than any answer in a
/// served model can be disputed, and than a node is usually down for maintenance.
pub const LASTING: Duration = Duration::from_secs(24 * 3600);

/// Parts of the time for which a pin stays. It is renewed after one of them, and looked at for its end.
const PARTS: u32 = 24;

/// Files of which it is remembered when their pins were renewed. Those of others are renewed whenever
/// they are named.
const MAX_REMEMBERED: u32 = 4096;

/// Pins that are renewed.
pub struct Leases {
	store: Store,
	/// Time after which a pin is renewed. What is needed is named every few blocks.
	renewal: Duration,
	/// When this process has last renewed a pin.
	renewed: Mutex<LruMap<(Hash, &'static str), Instant, ByLength>>,
	/// Ends the thread when this is dropped.
	_upkeep: Sender<()>,
}

impl Leases {
	/// Takes away the pins under these labels that were not renewed for the time `lasting`, now and from
	/// time to time.
	///
	/// # Errors
	///
	/// The system starts no thread.
	pub fn start(
		store: Store,
		labels: &'static [&'static str],
		lasting: Duration,
	) -> io::Result<Self> {
		let renewal = lasting / PARTS;
		let (upkeep, ended) = mpsc::channel();
		let pins = store.clone();
		let keep_up = move || loop {
			end(&pins, labels, lasting);
			if ended.recv_timeout(renewal) != Err(RecvTimeoutError::Timeout) {
				return;
			}
		};
		thread::Builder::new().name("opg-blobs-pins".into()).spawn(keep_up)?;
		let renewed = Mutex::new(LruMap::new(ByLength::new(MAX_REMEMBERED)));
		Ok(Self { store, renewal, renewed, _upkeep: upkeep })
	}

	/// Pins a blob, which need not be here yet, or renews its pin.
	pub fn renew(&self, hash: &Hash, label: &'static str) {
		let mut renewed = self.renewed.lock();
		if renewed.get(&(*hash, label)).is_some_and(|at| at.elapsed() < self.renewal) {
			return;
		}
		match self.store.pin(hash, label) {
			Ok(()) => {
				renewed.insert((*hash, label), Instant::now());
			},
			// It is tried again when it is named again.
			Err(error) => log::warn!(
				target: LOG,
				"{} is needed ({label}) and not pinned, so it may give way to other files: {error}",
				hex::encode(hash),
			),
		}
	}
}

/// Takes away the pins that were not renewed for long.
fn end(store: &Store, labels: &[&str], lasting: Duration) {
	let Some(time) = SystemTime::now().checked_sub(lasting) else { return };
	for label in labels {
		match store.unpin_older(label, time) {
			Ok(0) => {},
			Ok(count) => log::info!(
				target: LOG,
				"{count} files are not needed any more ({label}): they may give way to others",
			),
			Err(error) => log::warn!(target: LOG, "the pins {label}: {error}"),
		}
	}
}
