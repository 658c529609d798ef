//! Processes that are killed at any moment, and several at once: what they leave is complete or can
//! be gone on with.

#![allow(clippy::unwrap_used)]

mod common;

use common::{bytes, names, Random};
use opg_blobs::store::{Blob, Error, Limits, Repair, Store, GROUP_BYTES};
use std::{
	env, fs,
	path::{Path, PathBuf},
	process::{Child, Command, Stdio},
	thread,
	time::{Duration, Instant},
};

const CHILD: &str = "OPG_BLOBS_TEST_CHILD";
const ROUNDS: u64 = 60;

/// So small that writers evict all the time.
const LIMITS: Limits = Limits { quota: 12 << 20, blob_bytes: 8 << 20, imports: 4, keep_free: 0 };

/// Bytes of the blobs that children fetch.
const SOURCES: [usize; 3] = [5_000_000, 700_000, 20_000];

/// Starts a process that works in the store, and waits until it does.
fn start(folder: &Path, seed: u64) -> Child {
	let sign = folder.join(format!("works-{seed}"));
	let child = Command::new(env::current_exe().unwrap())
		.args(["--exact", "child_should_work_until_it_is_killed", "--nocapture"])
		.env(CHILD, folder)
		.env("SEED", seed.to_string())
		.stdout(Stdio::null())
		.spawn()
		.unwrap();
	let end = Instant::now() + Duration::from_secs(30);
	while !sign.exists() {
		assert!(Instant::now() < end, "it does not start");
		thread::sleep(Duration::from_millis(1));
	}
	child
}

fn open(folder: &Path) -> Store {
	Store::open(folder.join("store"), LIMITS).unwrap()
}

/// Store that children fetch from.
fn source(folder: &Path) -> Store {
	let limits = Limits { quota: 64 << 20, ..LIMITS };
	Store::open(folder.join("source"), limits).unwrap()
}

fn sources(folder: &Path) -> Vec<Blob> {
	let store = source(folder);
	let hashes = store.list().unwrap();
	hashes.iter().map(|hash| store.get(hash).unwrap().unwrap()).collect()
}

/// A folder with a full source.
fn folder() -> (tempfile::TempDir, Vec<Blob>) {
	let folder = tempfile::tempdir().unwrap();
	for length in SOURCES {
		source(folder.path()).put(&bytes(length as u64, length)).unwrap();
	}
	let sources = sources(folder.path());
	(folder, sources)
}

/// Not a test by itself: it is what the others start as a process of its own.
#[test]
fn child_should_work_until_it_is_killed() {
	let Some(folder) = env::var_os(CHILD).map(PathBuf::from) else { return };
	let seed: u64 = env::var("SEED").unwrap().parse().unwrap();
	let mut random = Random(seed);
	let sources = sources(&folder);
	fs::write(folder.join(format!("works-{seed}")), "").unwrap();
	loop {
		// A new handle now and then, as a command beside the node has one.
		let store = open(&folder);
		for _ in 0..5 {
			match work(seed, &store, &sources, &mut random) {
				// What others hold, and what is full, is told and nothing else.
				Ok(())
				| Err(
					Error::InUse { .. }
					| Error::Pinned { .. }
					| Error::QuotaExceeded { .. }
					| Error::TooManyImports(_),
				) => (),
				Err(error) => {
					eprintln!("{error}");
					std::process::abort();
				},
			}
		}
	}
}

fn work(seed: u64, store: &Store, sources: &[Blob], random: &mut Random) -> Result<(), Error> {
	let blob = &sources[random.below(sources.len() as u64) as usize];
	// Half of the processes do little but import.
	let most = if seed.is_multiple_of(2) { 3 } else { 10 };
	match random.below(most) {
		0..3 => {
			// Few contents where processes meet, else enough that most imports are new.
			let length = [0, 100, 16_384, 1_500_000, 4_000_000][random.below(5) as usize];
			let data = bytes(random.below(if most == 3 { 100 } else { 4 }), length);
			let hash =
				if random.below(2) == 0 { store.put(&data)? } else { store.import(&data[..])? };
			if let Some(read) = store.get(&hash)? {
				assert_eq!(read.to_vec()?, data);
			}
		},
		3..6 => {
			let Some(mut receiver) = store.receive(blob.hash(), blob.size())? else {
				return store.remove(blob.hash());
			};
			let mut missing = receiver.missing();
			for _ in 0..random.below(5) {
				if missing.is_empty() {
					break;
				}
				let range = missing.swap_remove(random.below(missing.len() as u64) as usize);
				receiver.receive(&range, &blob.encode(&range)?)?;
			}
			if receiver.is_complete() {
				receiver.finish()?;
			}
		},
		6..8 => {
			let Some(receiver) = store.receive(blob.hash(), blob.size())? else {
				return store.remove(blob.hash());
			};
			let mut filler = receiver.fill()?;
			let mut content = blob.to_vec()?;
			if random.below(4) == 0 {
				content[random.below(blob.size()) as usize] ^= 1;
			}
			let position = filler.position() as usize;
			let groups = random.below(2 * blob.size() / GROUP_BYTES + 2) * GROUP_BYTES;
			let end = content.len().min(position + groups as usize);
			filler.write(&content[position..end])?;
			if end < content.len() {
				return filler.note();
			}
			match filler.finish() {
				// It lied, or an earlier one did.
				Err(Error::Forged { .. }) => (),
				other => other?,
			}
		},
		8 => {
			let hashes = store.list()?;
			if let Some(hash) = hashes.first() {
				store.pin(hash, "test")?;
				if let Some(blob) = store.get(hash)? {
					blob.verify()?;
				}
				store.unpin(hash, "test")?;
			}
		},
		_ => {
			let report = store.check(Repair::Drop)?;
			assert_eq!(report.damaged, [], "no writer damages anything");
		},
	}
	Ok(())
}

/// What must hold whenever everybody is gone. Returns the bytes of parts.
fn assert_whole(folder: &Path, sources: &[Blob]) -> u64 {
	let store = open(folder);
	store.sweep().unwrap();
	for place in ["incoming", "trash"] {
		assert!(names(&folder.join("store").join(place)).is_empty(), "{place}");
	}
	for (hash, _) in store.pins().unwrap() {
		store.unpin(&hash, "test").unwrap();
	}
	let report = store.check(Repair::Report).unwrap();
	assert_eq!(report.damaged, []);
	assert_eq!(report.sound, store.list().unwrap().len());
	assert!(store.usage().unwrap().bytes <= LIMITS.quota);
	let mut parts = 0;
	for hash in store.list_partial().unwrap() {
		let blob = sources.iter().find(|blob| *blob.hash() == hash).unwrap();
		let receiver = store.receive(&hash, blob.size()).unwrap().unwrap();
		parts += receiver.received_bytes();
	}
	parts
}

#[test]
fn store_should_be_whole_when_a_process_was_killed_at_any_moment() {
	let (folder, sources) = folder();
	let mut random = Random(7);
	let [mut parts, mut imports, mut deletions] = [0; 3];
	for round in 0..ROUNDS {
		let mut child = start(folder.path(), round);
		thread::sleep(Duration::from_micros(random.below(80_000)));
		child.kill().unwrap();
		let status = child.wait().unwrap();
		assert_eq!(status.code(), None, "it worked until it was killed: {status}");
		imports += names_if_any(&folder.path().join("store/incoming"));
		deletions += names_if_any(&folder.path().join("store/trash"));
		parts += usize::from(assert_whole(folder.path(), &sources) > 0);
	}
	println!(
		"of {ROUNDS} kills: {imports} in imports, {deletions} in deletions, {parts} left parts"
	);
	assert!(imports > 0 && parts > 0, "kills hit what they were meant for");

	// What the last one left is gone on with.
	let store = open(folder.path());
	for blob in &sources {
		let Some(mut receiver) = store.receive(blob.hash(), blob.size()).unwrap() else { continue };
		for range in receiver.missing() {
			receiver.receive(&range, &blob.encode(&range).unwrap()).unwrap();
		}
		receiver.finish().unwrap();
		let read = store.get(blob.hash()).unwrap().unwrap().to_vec().unwrap();
		assert_eq!(read, blob.to_vec().unwrap());
	}
}

#[test]
fn store_should_be_whole_when_several_processes_work_and_are_killed() {
	let (folder, sources) = folder();
	let mut children: Vec<Child> = (0..3).map(|n| start(folder.path(), 1000 + n)).collect();
	let end = Instant::now() + Duration::from_secs(3);
	while Instant::now() < end {
		thread::sleep(Duration::from_millis(100));
		for child in &mut children {
			assert_eq!(child.try_wait().unwrap(), None, "nobody fails because of another");
		}
	}
	for mut child in children {
		child.kill().unwrap();
		child.wait().unwrap();
	}
	assert_whole(folder.path(), &sources);
}

fn names_if_any(path: &Path) -> usize {
	if path.is_dir() {
		names(path).len()
	} else {
		0
	}
}
