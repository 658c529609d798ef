//! Journal: answers on disk, from before anybody learns them.
//!
//! An executor that has committed to an answer must reveal it within seconds, also when its node was
//! killed meanwhile. So an answer is written before it is handed out, one file per job under the
//! job's key, and found again by the next process without being computed.
//!
//! ```text
//! file: BLAKE2b-256 of key and result (32 bytes) | result (SCALE)
//! ```

use crate::{queue::LOG_TARGET, Answered, Key};
use codec::{DecodeAll, Encode};
use opg_blobs::content_hash;
use parking_lot::Mutex;
use std::{
	collections::{HashSet, VecDeque},
	fs,
	io::{self, Read, Write},
	path::{Path, PathBuf},
	time::{Duration, SystemTime},
};

/// Most answers that are kept on disk. More than an executor can give within the time in which they
/// may be asked for.
const MAX_FILES: usize = 16_384;

/// Age after which an answer is removed: no round lasts as long.
const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

/// Longest file that is read, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 10;

/// Prefix of the names of files that are being written.
const PART: &str = ".part-";

/// Answers in a directory. No other process may use it meanwhile.
pub(crate) struct Journal {
	directory: PathBuf,
	max_files: usize,
	index: Mutex<Index>,
}

/// Files of the directory.
#[derive(Default)]
struct Index {
	known: HashSet<Key>,
	/// Oldest first.
	order: VecDeque<(SystemTime, Key)>,
}

impl Journal {
	/// Opens the journal in `directory`, which is made if it is missing.
	pub(crate) fn open(directory: &Path) -> io::Result<Self> {
		Self::open_bounded(directory, MAX_FILES)
	}

	fn open_bounded(directory: &Path, max_files: usize) -> io::Result<Self> {
		fs::create_dir_all(directory)?;
		let mut files = Vec::new();
		for entry in fs::read_dir(directory)? {
			let entry = entry?;
			let name = entry.file_name();
			let Some(name) = name.to_str() else { continue };
			let mut key = Key::default();
			if hex::decode_to_slice(name, &mut key).is_ok() {
				files.push((entry.metadata()?.modified()?, key));
			} else if name.starts_with(PART) {
				// Left by a process that was killed.
				let _ = fs::remove_file(entry.path());
			}
		}
		files.sort_unstable();
		let index =
			Index { known: files.iter().map(|(_, key)| *key).collect(), order: files.into() };
		let journal = Self { directory: directory.to_owned(), max_files, index: Mutex::new(index) };
		journal.prune();
		Ok(journal)
	}

	/// Writes an answer. Returns when it is on the disk.
	pub(crate) fn put(&self, key: &Key, answered: &Answered) -> io::Result<()> {
		if self.index.lock().known.contains(key) {
			return Ok(());
		}
		let result = answered.encode();
		let mut file = tempfile::Builder::new().prefix(PART).tempfile_in(&self.directory)?;
		file.write_all(&checksum(key, &result))?;
		file.write_all(&result)?;
		file.as_file().sync_all()?;
		file.persist(self.path(key)).map_err(|error| error.error)?;
		// The new name must survive a power cut too.
		#[cfg(unix)]
		fs::File::open(&self.directory)?.sync_all()?;
		{
			let mut index = self.index.lock();
			index.known.insert(*key);
			index.order.push_back((SystemTime::now(), *key));
		}
		self.prune();
		Ok(())
	}

	/// The answer under `key`. A file that is damaged is removed.
	pub(crate) fn get(&self, key: &Key) -> Option<Answered> {
		if !self.index.lock().known.contains(key) {
			return None;
		}
		let path = self.path(key);
		let answered = read(&path, key);
		if answered.is_none() {
			log::warn!(target: LOG_TARGET, "{} is of no use, and removed", path.display());
			let _ = fs::remove_file(&path);
			let mut index = self.index.lock();
			index.known.remove(key);
			index.order.retain(|(_, other)| other != key);
		}
		answered
	}

	/// Removes what is too old, and the oldest where there are too many.
	fn prune(&self) {
		let mut index = self.index.lock();
		let Index { known, order } = &mut *index;
		while let Some((written, key)) = order.front() {
			let age = written.elapsed().unwrap_or_default();
			if order.len() <= self.max_files && age <= MAX_AGE {
				break;
			}
			let _ = fs::remove_file(self.path(key));
			known.remove(key);
			order.pop_front();
		}
	}

	fn path(&self, key: &Key) -> PathBuf {
		self.directory.join(hex::encode(key))
	}
}

fn read(path: &Path, key: &Key) -> Option<Answered> {
	let mut bytes = Vec::new();
	fs::File::open(path).ok()?.take(MAX_FILE_BYTES).read_to_end(&mut bytes).ok()?;
	let (sum, result) = bytes.split_at_checked(32)?;
	(sum == checksum(key, result)).then(|| Answered::decode_all(&mut &result[..]).ok())?
}

fn checksum(key: &Key, result: &[u8]) -> [u8; 32] {
	content_hash(&[key, result].concat())
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::{Answer, Outcome, Output};

	fn answered(byte: u8) -> Answered {
		let output = Output::try_from(vec![byte; 7]).expect("short");
		let answer = Answer { outcome: Outcome::Output(output), fuel: byte.into() };
		Answered { answer, witness: Some([byte; 32].into()) }
	}

	fn files(directory: &Path) -> usize {
		fs::read_dir(directory).expect("it is there").count()
	}

	#[test]
	fn answer_should_be_found_when_the_journal_is_opened_again() {
		let folder = tempfile::tempdir().expect("a folder");
		let journal = Journal::open(folder.path()).expect("opens");
		journal.put(&[1; 32], &answered(1)).expect("is written");
		journal.put(&[1; 32], &answered(2)).expect("is there already");
		assert_eq!(journal.get(&[1; 32]), Some(answered(1)));
		drop(journal);
		// What a process leaves that is killed while it writes.
		fs::write(folder.path().join(".part-x"), [0; 10]).expect("is written");
		let journal = Journal::open(folder.path()).expect("opens");
		assert_eq!(journal.get(&[1; 32]), Some(answered(1)));
		assert_eq!(journal.get(&[2; 32]), None);
		assert_eq!(files(folder.path()), 1);
	}

	#[test]
	fn answer_should_be_ignored_when_its_file_is_damaged() {
		let folder = tempfile::tempdir().expect("a folder");
		let journal = Journal::open(folder.path()).expect("opens");
		for key in 0..4 {
			journal.put(&[key; 32], &answered(key)).expect("is written");
		}
		let path = |key: u8| folder.path().join(hex::encode([key; 32]));
		let whole = fs::read(path(0)).expect("is there");
		let mut flipped = whole.clone();
		flipped[40] ^= 1;
		fs::write(path(0), flipped).expect("is written");
		fs::write(path(1), &whole[..20]).expect("is written");
		// The answer to another job.
		fs::copy(path(3), path(2)).expect("is copied");
		let journal = Journal::open(folder.path()).expect("opens");
		for key in 0..3 {
			assert_eq!(journal.get(&[key; 32]), None);
			journal.put(&[key; 32], &answered(9)).expect("is written again");
			assert_eq!(journal.get(&[key; 32]), Some(answered(9)));
		}
		assert_eq!(journal.get(&[3; 32]), Some(answered(3)));
	}

	#[test]
	fn oldest_answers_should_be_removed_when_there_are_too_many_or_they_are_old() {
		let folder = tempfile::tempdir().expect("a folder");
		let journal = Journal::open_bounded(folder.path(), 3).expect("opens");
		for key in 0..5 {
			journal.put(&[key; 32], &answered(key)).expect("is written");
		}
		assert_eq!(files(folder.path()), 3);
		assert_eq!((journal.get(&[1; 32]), journal.get(&[4; 32])), (None, Some(answered(4))));
		let old = fs::File::options()
			.append(true)
			.open(folder.path().join(hex::encode([3; 32])))
			.expect("is there");
		old.set_modified(SystemTime::now() - 2 * MAX_AGE).expect("can be set");
		let journal = Journal::open_bounded(folder.path(), 2).expect("opens");
		assert_eq!(files(folder.path()), 2);
		assert_eq!((journal.get(&[2; 32]), journal.get(&[3; 32])), (Some(answered(2)), None));
	}
}
