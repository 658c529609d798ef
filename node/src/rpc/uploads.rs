//! Uploads: files that clients hand to this node, range by range. Each range is verified when it comes,
//! so it does not matter who sends it.

use super::error::Error;
use opg_blobs::{
	exchange::Fetcher,
	store::{self, Hash, Receiver, Store},
};
use opg_primitives::Content;
use opg_worker::Contents;
use parking_lot::Mutex;
use sp_core::H256;
use std::{
	collections::HashMap,
	ops::Range,
	sync::Arc,
	thread,
	time::{Duration, Instant},
};

/// Uploads that are open at a time.
pub const MAX_UPLOADS: usize = 32;

/// Uploads that a connection has open at a time.
pub const MAX_PER_CONNECTION: usize = 4;

/// Time without a range after which an upload gives way to another. What came of it stays in the store.
const IDLE: Duration = Duration::from_secs(120);

/// Most missing ranges that are told at once.
const MAX_TOLD: usize = 1024;

/// Looks for a fetch that was cancelled in favour of an upload, and the time between them.
const CANCEL_LOOKS: u32 = 20;
const CANCEL_PAUSE: Duration = Duration::from_millis(100);

/// How far an upload is.
#[derive(Debug, PartialEq, Eq)]
pub struct Progress {
	/// Whether the file is in the store, whole.
	pub is_complete: bool,
	/// Bytes that are here.
	pub received: u64,
	/// Ranges that are missing, the first 1,024 of them, each short enough to be sent at once.
	pub missing: Vec<Range<u64>>,
}

/// Files that arrive.
pub struct Uploads {
	contents: Contents,
	fetcher: Option<Fetcher>,
	open: Mutex<HashMap<Hash, Upload>>,
}

struct Upload {
	/// `None` once it is finished.
	receiver: Arc<Mutex<Option<Receiver>>>,
	/// Input or output that the chain awaits, if it is one.
	content: Option<Content>,
	/// Connection that began it.
	connection: usize,
	/// When it was last used.
	used: Instant,
}

impl Uploads {
	/// Uploads into this store. A fetch of the same file is cancelled.
	pub fn new(contents: Contents, fetcher: Option<Fetcher>) -> Self {
		Self { contents, fetcher, open: Mutex::default() }
	}

	/// Begins an upload, or goes on with one. `content` is kept for a while once it is whole.
	///
	/// # Errors
	///
	/// Too many uploads are open, or the store cannot take the file.
	pub fn begin(
		&self,
		hash: Hash,
		size: u64,
		content: Option<Content>,
		connection: usize,
	) -> Result<Progress, Error> {
		if let Some(receiver) = self.find(&hash, content) {
			if let Some(receiver) = &*receiver.lock() {
				return match receiver.size() == size {
					true => Ok(progress(receiver)),
					false => Err(Error::OtherSize { open: receiver.size(), given: size }),
				};
			}
		}
		let mut open = self.open.lock();
		open.retain(|_, upload| upload.used.elapsed() < IDLE);
		if open.len() >= MAX_UPLOADS {
			return Err(Error::TooManyUploads { limit: MAX_UPLOADS });
		}
		let own = open.values().filter(|upload| upload.connection == connection).count();
		if own >= MAX_PER_CONNECTION {
			return Err(Error::TooManyOfConnection { limit: MAX_PER_CONNECTION });
		}
		let Some(receiver) = self.receive(hash, size)? else {
			content.iter().for_each(|content| {
				self.contents.pin_if_here(content);
			});
			return Ok(Progress { is_complete: true, received: size, missing: Vec::new() });
		};
		let progress = progress(&receiver);
		let receiver = Arc::new(Mutex::new(Some(receiver)));
		open.insert(hash, Upload { receiver, content, connection, used: Instant::now() });
		Ok(progress)
	}

	/// Opens the part of a file. A fetch of it makes way, and so does a part that was begun under
	/// another size, which may have come from anybody.
	fn receive(&self, hash: Hash, size: u64) -> Result<Option<Receiver>, Error> {
		for _ in 0..CANCEL_LOOKS {
			match self.store().receive(&hash, size) {
				Err(store::Error::InUse { .. }) if self.fetcher.is_some() => {
					self.fetcher.iter().for_each(|fetcher| {
						fetcher.cancel(&hash);
					});
					thread::sleep(CANCEL_PAUSE);
				},
				Err(store::Error::SizeMismatch { .. }) => self.store().remove(&hash)?,
				other => return Ok(other?),
			}
		}
		Ok(self.store().receive(&hash, size)?)
	}

	/// Takes a range, encoded by [`opg_blobs::store::Blob::encode`]. Gives the number of bytes that are
	/// here.
	///
	/// # Errors
	///
	/// No upload of the file is open, the bytes are not those of the file, or the store fails.
	pub fn take(&self, hash: Hash, range: Range<u64>, encoded: &[u8]) -> Result<u64, Error> {
		let receiver = self.find(&hash, None).ok_or(Error::NoUpload(H256(hash)))?;
		let mut receiver = receiver.lock();
		let receiver = receiver.as_mut().ok_or(Error::NoUpload(H256(hash)))?;
		receiver.receive(&range, encoded)?;
		Ok(receiver.received_bytes())
	}

	/// Ends an upload that is whole. An upload that was finished before is fine.
	///
	/// # Errors
	///
	/// No upload of the file is open, something is missing, or the store fails.
	pub fn finish(&self, hash: Hash) -> Result<(), Error> {
		let Some(receiver) = self.find(&hash, None) else {
			return match self.store().contains(&hash) {
				true => Ok(()),
				false => Err(Error::NoUpload(H256(hash))),
			};
		};
		let mut receiver = receiver.lock();
		if let Some(missing) = receiver.as_ref().filter(|receiver| !receiver.is_complete()) {
			let missing = missing.size() - missing.received_bytes();
			return Err(Error::Incomplete { missing });
		}
		if let Some(receiver) = receiver.take() {
			let finished = receiver.finish();
			let upload = self.open.lock().remove(&hash);
			finished?;
			upload.and_then(|upload| upload.content).iter().for_each(|content| {
				self.contents.pin_if_here(content);
			});
		}
		Ok(())
	}

	/// How far an open upload is.
	pub fn progress(&self, hash: &Hash) -> Option<Progress> {
		let receiver = self.find(hash, None)?;
		let receiver = receiver.lock();
		receiver.as_ref().map(progress)
	}

	fn store(&self) -> &Store {
		self.contents.store()
	}

	/// The open upload of a file, which is that of `content` from now on, if there is one.
	fn find(&self, hash: &Hash, content: Option<Content>) -> Option<Arc<Mutex<Option<Receiver>>>> {
		let mut open = self.open.lock();
		let upload = open.get_mut(hash)?;
		upload.used = Instant::now();
		upload.content = content.or(upload.content);
		Some(upload.receiver.clone())
	}
}

fn progress(receiver: &Receiver) -> Progress {
	let mut missing = receiver.missing();
	missing.truncate(MAX_TOLD);
	Progress { is_complete: false, received: receiver.received_bytes(), missing }
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_blobs::store::Limits;

	struct Test {
		uploads: Uploads,
		/// The client's own store.
		client: Store,
		_folder: tempfile::TempDir,
	}

	fn test() -> Test {
		let folder = tempfile::tempdir().expect("a folder");
		let limits = Limits { keep_free: 0, ..Limits::default() };
		let open = |name| Store::open(folder.path().join(name), limits).expect("it can be written");
		let contents = Contents::start(open("node")).expect("a thread");
		let (uploads, client) = (Uploads::new(contents, None), open("client"));
		Test { uploads, client, _folder: folder }
	}

	impl Test {
		fn file(&self, length: usize, byte: u8) -> Hash {
			self.client.put(&vec![byte; length]).expect("it fits")
		}

		fn encode(&self, hash: &Hash, range: &Range<u64>) -> Vec<u8> {
			let blob = self.client.get(hash).expect("sound").expect("here");
			blob.encode(range).expect("a range")
		}
	}

	#[test]
	fn upload_should_go_on_where_it_was_when_another_connection_takes_over() {
		let test = test();
		let (size, hash) = (2_500_000, test.file(2_500_000, 7));
		let begun = test.uploads.begin(hash, size, None, 1).expect("it begins");
		assert_eq!((begun.received, begun.missing.len(), begun.is_complete), (0, 3, false));
		let [first, rest @ ..] = &begun.missing[..] else { panic!("three ranges") };
		let taken = test.uploads.take(hash, first.clone(), &test.encode(&hash, first));
		assert_eq!(taken.expect("it is right"), 1 << 20);
		assert!(matches!(test.uploads.finish(hash), Err(Error::Incomplete { .. })));
		let resumed = test.uploads.begin(hash, size, None, 2).expect("it goes on");
		assert_eq!(resumed.missing, rest);
		for range in rest {
			test.uploads.take(hash, range.clone(), &test.encode(&hash, range)).expect("right");
		}
		test.uploads.finish(hash).expect("it is whole");
		test.uploads.finish(hash).expect("twice is fine");
		assert!(test.uploads.begin(hash, size, None, 3).expect("it is here").is_complete);
		assert!(test.uploads.store().contains(&hash));
	}

	#[test]
	fn range_should_be_refused_when_it_is_forged_or_of_no_upload() {
		let test = test();
		let (hash, other) = (test.file(100_000, 1), test.file(100_000, 2));
		let refused = test.uploads.take(hash, 0..100_000, &[]);
		assert!(matches!(refused, Err(Error::NoUpload(_))));
		test.uploads.begin(hash, 100_000, None, 1).expect("it begins");
		let forged = test.uploads.take(hash, 0..100_000, &test.encode(&other, &(0..100_000)));
		assert!(matches!(forged, Err(Error::Store(store::Error::Forged { .. }))));
		let progress = test.uploads.progress(&hash).expect("it is open");
		assert_eq!(progress.received, 0);
		let size = test.uploads.begin(hash, 99_999, None, 1);
		assert!(matches!(size, Err(Error::OtherSize { open: 100_000, given: 99_999 })));
	}

	#[test]
	fn uploads_should_be_limited_per_connection_and_together() {
		let test = test();
		let begin = |index: usize, connection| {
			let hash = test.file(10, index as u8);
			test.uploads.begin(hash, 10, None, connection)
		};
		(0..MAX_PER_CONNECTION).for_each(|index| {
			begin(index, 0).expect("it begins");
		});
		let refused = begin(MAX_PER_CONNECTION, 0);
		assert!(matches!(refused, Err(Error::TooManyOfConnection { .. })));
		(MAX_PER_CONNECTION..MAX_UPLOADS).for_each(|index| {
			begin(index, index).expect("it begins");
		});
		assert!(matches!(begin(MAX_UPLOADS, 99), Err(Error::TooManyUploads { .. })));
	}

	#[test]
	fn part_should_make_way_when_it_was_begun_under_another_size() {
		let test = test();
		let hash = test.file(100_000, 1);
		drop(test.uploads.store().receive(&hash, 99_999).expect("a part"));
		let begun = test.uploads.begin(hash, 100_000, None, 1).expect("it begins");
		assert_eq!((begun.missing.len(), &begun.missing[0]), (1, &(0..100_000)));
	}
}
