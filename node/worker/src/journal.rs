//! Journal: answers on disk, from before anybody learns them.
//!
//! An executor that has committed to an answer must reveal it within seconds, also when its node was
//! killed meanwhile. So an answer is written before it is handed out, and found again by the next
//! process without being computed. Answers that come together reach the disk together: one flush for
//! all of them.
//!
//! A process writes to files of its own. When one is full the next begins, and the oldest goes.
//!
//! ```text
//! file: records, one after another
//! record: length of the result u32, little-endian | BLAKE2b-256 of key and result | key | result (SCALE)
//! ```

use crate::{queue::LOG_TARGET, Answered, Key};
use codec::{DecodeAll, Encode};
use parking_lot::Mutex;
use std::{
	collections::{HashMap, VecDeque},
	fs::{self, File},
	io::{self, Read, Seek, SeekFrom, Write},
	path::{Path, PathBuf},
};

/// Bytes of a file after which the next begins.
const FILE_BYTES: u64 = 4 << 20;

/// Most files that are kept: some 50,000 of the longest answers, which is more than an executor can
/// give within the time in which they may be asked for.
const MAX_FILES: usize = 64;

/// Longest result that is read, in bytes.
const MAX_RESULT: u32 = 64 << 10;

/// Bytes of a record before the result.
const HEAD: usize = 4 + 32 + 32;

/// Extension of the files, which are numbered.
const EXTENSION: &str = "answers";

/// Answers in a directory. No other process may use it meanwhile.
pub(crate) struct Journal {
	directory: PathBuf,
	max_files: usize,
	/// Not held while the disk is slow.
	index: Mutex<Index>,
	/// The file that is being written.
	open: Mutex<Option<Open>>,
}

#[derive(Default)]
struct Index {
	places: HashMap<Key, Place>,
	/// Numbers of the files and the keys in each, oldest first.
	files: VecDeque<(u64, Vec<Key>)>,
}

/// Place of a result.
#[derive(Clone, Copy)]
struct Place {
	file: u64,
	/// Bytes before its record.
	at: u64,
}

struct Open {
	number: u64,
	file: File,
	bytes: u64,
}

impl Journal {
	/// Opens the journal in `directory`, which is made if it is missing.
	pub(crate) fn open(directory: &Path) -> io::Result<Self> {
		Self::open_bounded(directory, MAX_FILES)
	}

	fn open_bounded(directory: &Path, max_files: usize) -> io::Result<Self> {
		fs::create_dir_all(directory)?;
		let mut numbers = Vec::new();
		for entry in fs::read_dir(directory)? {
			let name = PathBuf::from(entry?.file_name());
			let stem = name.file_stem().and_then(|stem| stem.to_str());
			if name.extension().is_some_and(|extension| extension == EXTENSION) {
				numbers.extend(stem.and_then(|stem| u64::from_str_radix(stem, 16).ok()));
			}
		}
		numbers.sort_unstable();
		let (directory, index, open) = (directory.to_owned(), Mutex::default(), Mutex::new(None));
		let journal = Self { directory, max_files, index, open };
		for number in numbers {
			let mut file = io::BufReader::new(File::open(journal.path(number))?);
			let (mut at, mut keys) = (0, Vec::new());
			// Behind a record that was not written whole there is nothing.
			while let Some(record) = Record::read(&mut file) {
				if let Some((key, _)) = record.check() {
					journal.index.lock().places.insert(key, Place { file: number, at });
					keys.push(key);
				}
				at += record.length();
			}
			journal.index.lock().files.push_back((number, keys));
		}
		journal.prune();
		Ok(journal)
	}

	/// Writes answers. Returns when they are on the disk.
	pub(crate) fn put(&self, answers: &[(Key, Answered)]) -> io::Result<()> {
		let mut open = self.open.lock();
		let known = |key: &Key| self.index.lock().places.contains_key(key);
		let new: Vec<_> = answers.iter().filter(|(key, _)| !known(key)).collect();
		if new.is_empty() {
			return Ok(());
		}
		// What a failed attempt has left is at the end of its file.
		let Open { number, mut file, bytes } = match open.take() {
			Some(open) if open.bytes < FILE_BYTES => open,
			_ => self.create()?,
		};
		let (mut records, mut places) = (Vec::new(), Vec::new());
		for (key, answered) in new {
			let at = bytes + records.len() as u64;
			places.push((*key, Place { file: number, at }));
			records.extend(record(key, &answered.encode()));
		}
		file.write_all(&records)?;
		file.sync_data()?;
		{
			let mut index = self.index.lock();
			if let Some((_, keys)) = index.files.back_mut() {
				keys.extend(places.iter().map(|(key, _)| *key));
			}
			index.places.extend(places);
		}
		*open = Some(Open { number, file, bytes: bytes + records.len() as u64 });
		Ok(())
	}

	/// The answer under `key`. One that is damaged is forgotten.
	pub(crate) fn get(&self, key: &Key) -> Option<Answered> {
		let Place { file, at } = *self.index.lock().places.get(key)?;
		let answered = self.read(file, at).filter(|(found, _)| found == key);
		if answered.is_none() {
			log::warn!(target: LOG_TARGET, "An answer in {} is damaged", self.path(file).display());
			self.index.lock().places.remove(key);
		}
		answered.map(|(_, answered)| answered)
	}

	/// Forgets the answer under `key`, so that another can be written. Before that a restart finds it
	/// again.
	pub(crate) fn forget(&self, key: &Key) {
		self.index.lock().places.remove(key);
	}

	fn read(&self, number: u64, at: u64) -> Option<(Key, Answered)> {
		let mut file = File::open(self.path(number)).ok()?;
		file.seek(SeekFrom::Start(at)).ok()?;
		Record::read(&mut file)?.check()
	}

	/// Begins the next file.
	fn create(&self) -> io::Result<Open> {
		let number = self.index.lock().files.back().map_or(0, |(last, _)| last + 1);
		let file = File::options().write(true).create_new(true).open(self.path(number))?;
		// The new name must survive a power cut too.
		#[cfg(unix)]
		File::open(&self.directory)?.sync_all()?;
		self.index.lock().files.push_back((number, Vec::new()));
		self.prune();
		Ok(Open { number, file, bytes: 0 })
	}

	/// Removes the oldest where there are too many.
	fn prune(&self) {
		let mut index = self.index.lock();
		let Index { places, files } = &mut *index;
		while files.len() > self.max_files {
			let Some((number, keys)) = files.pop_front() else { break };
			for key in keys {
				places.remove(&key);
			}
			let _ = fs::remove_file(self.path(number));
		}
	}

	fn path(&self, number: u64) -> PathBuf {
		self.directory.join(format!("{number:016x}.{EXTENSION}"))
	}
}

/// Record of a result.
fn record(key: &Key, result: &[u8]) -> Vec<u8> {
	let length = u32::try_from(result.len()).unwrap_or(u32::MAX);
	[&length.to_le_bytes()[..], &checksum(key, result), key, result].concat()
}

/// Record as it was read.
struct Record {
	checksum: [u8; 32],
	key: Key,
	result: Vec<u8>,
}

impl Record {
	/// The next record. `None` if there is no whole one.
	fn read(from: &mut impl Read) -> Option<Self> {
		let mut length = [0; 4];
		from.read_exact(&mut length).ok()?;
		let length = Some(u32::from_le_bytes(length)).filter(|length| *length <= MAX_RESULT)?;
		let (checksum, key, result) = ([0; 32], Key::default(), vec![0; length as usize]);
		let mut record = Self { checksum, key, result };
		from.read_exact(&mut record.checksum).ok()?;
		from.read_exact(&mut record.key).ok()?;
		from.read_exact(&mut record.result).ok()?;
		Some(record)
	}

	/// Bytes that it takes.
	fn length(&self) -> u64 {
		(HEAD + self.result.len()) as u64
	}

	/// Key and result, unless it is damaged.
	fn check(&self) -> Option<(Key, Answered)> {
		let is_whole = self.checksum == checksum(&self.key, &self.result);
		let answered = Answered::decode_all(&mut &self.result[..]).ok().filter(|_| is_whole);
		answered.map(|answered| (self.key, answered))
	}
}

fn checksum(key: &Key, result: &[u8]) -> [u8; 32] {
	opg_engine::digest(&[key, result].concat())
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

	fn put(journal: &Journal, key: u8, answer: u8) {
		journal.put(&[([key; 32], answered(answer))]).expect("is written");
	}

	fn files(directory: &Path) -> Vec<PathBuf> {
		let entries = fs::read_dir(directory).expect("it is there");
		let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
		files.sort_unstable();
		files
	}

	#[test]
	fn answers_should_be_found_when_the_journal_is_opened_again() {
		let folder = tempfile::tempdir().expect("a folder");
		let journal = Journal::open(folder.path()).expect("opens");
		assert!(files(folder.path()).is_empty());
		journal.put(&[1, 3].map(|key| ([key; 32], answered(key)))).expect("is written");
		journal.put(&[1, 4].map(|key| ([key; 32], answered(key + 1)))).expect("one is there");
		assert_eq!(journal.get(&[4; 32]), Some(answered(5)));
		// The first is still there, as after `kill -9`.
		for _ in 0..2 {
			let again = Journal::open(folder.path()).expect("opens");
			let found = [1, 2, 3, 4].map(|key| again.get(&[key; 32]));
			assert_eq!(found, [Some(answered(1)), None, Some(answered(3)), Some(answered(5))]);
		}
		assert_eq!(files(folder.path()).len(), 1);
		let again = Journal::open(folder.path()).expect("opens");
		put(&again, 7, 7);
		assert_eq!(files(folder.path()).len(), 2, "each process writes to files of its own");
	}

	#[test]
	fn answer_should_be_ignored_when_it_is_damaged_and_others_found() {
		let folder = tempfile::tempdir().expect("a folder");
		let journal = Journal::open(folder.path()).expect("opens");
		(0..4).for_each(|key| put(&journal, key, key));
		let [file] = &files(folder.path())[..] else { panic!("one file") };
		let whole = fs::read(file).expect("is there");
		let length = whole.len() / 4;
		let open = |bytes: &[u8]| {
			fs::write(file, bytes).expect("is written");
			Journal::open(folder.path()).expect("opens")
		};
		let found = |journal: &Journal| [0, 1, 2, 3].map(|key| journal.get(&[key; 32]).is_some());
		for at in [4, 36, HEAD + 3] {
			let mut flipped = whole.clone();
			flipped[length + at] ^= 1;
			assert_eq!(found(&open(&flipped)), [true, false, true, true], "{at}");
			// After it was opened.
			let journal = open(&whole);
			fs::write(file, flipped).expect("is written");
			assert_eq!(found(&journal), [true, false, true, true], "{at}");
		}
		// What a process leaves that is killed while it writes.
		for cut in 1..length {
			assert_eq!(found(&open(&whole[..4 * length - cut])), [true, true, true, false]);
		}
		let mut nonsense = whole.clone();
		nonsense[2 * length..2 * length + 4].copy_from_slice(&u32::MAX.to_le_bytes());
		let journal = open(&nonsense);
		assert_eq!(found(&journal), [true, true, false, false]);
		put(&journal, 2, 9);
		assert_eq!(journal.get(&[2; 32]), Some(answered(9)), "is written again");
	}

	#[test]
	fn answer_should_be_written_again_when_it_was_forgotten() {
		let folder = tempfile::tempdir().expect("a folder");
		let journal = Journal::open(folder.path()).expect("opens");
		put(&journal, 1, 1);
		journal.forget(&[1; 32]);
		assert_eq!(journal.get(&[1; 32]), None);
		put(&journal, 1, 2);
		assert_eq!(journal.get(&[1; 32]), Some(answered(2)));
		let again = Journal::open(folder.path()).expect("opens");
		assert_eq!(again.get(&[1; 32]), Some(answered(2)), "the later one counts");
	}

	#[test]
	fn oldest_answers_should_be_removed_when_there_are_too_many_files() {
		let folder = tempfile::tempdir().expect("a folder");
		for key in 0..5 {
			let journal = Journal::open_bounded(folder.path(), 3).expect("opens");
			put(&journal, key, key);
		}
		let journal = Journal::open_bounded(folder.path(), 3).expect("opens");
		assert_eq!(files(folder.path()).len(), 3);
		let known: Vec<u8> = (0..5).filter(|key| journal.get(&[*key; 32]).is_some()).collect();
		assert_eq!(known, [2, 3, 4]);
		drop(journal);
		let fewer = Journal::open_bounded(folder.path(), 1).expect("opens");
		assert_eq!((fewer.get(&[3; 32]), fewer.get(&[4; 32])), (None, Some(answered(4))));
		assert_eq!(fewer.index.lock().places.len(), 1);
	}

	#[test]
	fn next_file_should_begin_when_one_is_full() {
		let folder = tempfile::tempdir().expect("a folder");
		let journal = Journal::open(folder.path()).expect("opens");
		put(&journal, 1, 1);
		journal.open.lock().as_mut().expect("it is open").bytes = FILE_BYTES;
		put(&journal, 2, 2);
		assert_eq!(files(folder.path()).len(), 2);
		assert_eq!([1, 2].map(|key| journal.get(&[key; 32])), [1, 2].map(|n| Some(answered(n))));
	}
}
