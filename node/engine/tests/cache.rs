//! Cache of the compiled guest: what is wrong with it costs time and nothing else.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod common;

use common::artifact::Sketch;
use opg_engine::{content_hash, digest, Artifact, Dims, Engine, EngineConfig, Limits};
use std::{
	fs::{self, File, Permissions},
	os::unix::fs::{chown, symlink, MetadataExt, PermissionsExt},
	path::{Path, PathBuf},
	slice,
	time::{Duration, SystemTime},
};

const LIMITS: Limits =
	Limits { fuel: 1 << 30, load_fuel: 1 << 30, memory_bytes: 1 << 20, max_output: 64, time: None };

/// Starts an engine that is small, and checks that it runs.
fn start(cache: &Path) -> Engine {
	let bytes = Sketch::new().finish();
	let artifact = Some(Artifact { id: content_hash(&bytes), bytes: &bytes });
	let config = EngineConfig { cache: Some(cache), artifact, ..Default::default() };
	let engine = Engine::with(config).unwrap();
	let run = engine.run(b"", &Dims::default(), b"", &LIMITS).unwrap();
	assert_eq!(run.outcome, Ok(1u32.to_le_bytes().to_vec()));
	engine
}

fn files(cache: &Path) -> Vec<PathBuf> {
	let mut files: Vec<_> = fs::read_dir(cache).unwrap().map(|file| file.unwrap().path()).collect();
	files.sort();
	files
}

/// A cache with one file.
fn filled() -> (tempfile::TempDir, PathBuf) {
	let cache = tempfile::tempdir().unwrap();
	start(cache.path());
	let files = files(cache.path());
	assert_eq!(files.len(), 1, "{files:?}");
	(cache, files[0].clone())
}

/// Time of the last use, in the future, so that the next use is seen.
fn later() -> SystemTime {
	SystemTime::now() + Duration::from_secs(1000)
}

fn set_time(file: &Path, time: SystemTime) {
	File::options().append(true).open(file).unwrap().set_modified(time).unwrap();
}

fn mode(path: &Path) -> u32 {
	fs::metadata(path).unwrap().mode() & 0o777
}

#[test]
fn file_should_be_named_by_the_whole_id_and_the_digest_of_its_bytes() {
	let (cache, file) = filled();
	let id = hex::encode(content_hash(&Sketch::new().finish()));
	let digest = hex::encode(digest(&fs::read(&file).unwrap()));
	let name = file.file_name().unwrap().to_str().unwrap();
	assert!(name.starts_with(&format!("engine-{id}-")), "{name}");
	assert!(name.ends_with(&format!("-{digest}.cwasm")), "{name}");
	assert_eq!(mode(&file), 0o600);
	drop(cache);
}

#[test]
fn directory_should_be_made_for_this_user_alone() {
	let parent = tempfile::tempdir().unwrap();
	let cache = parent.path().join("a/b");
	start(&cache);
	assert_eq!((mode(&cache), files(&cache).len()), (0o700, 1));
}

#[test]
fn file_should_be_used_again_when_nothing_is_wrong_with_it() {
	let (cache, file) = filled();
	let (inode, future) = (fs::metadata(&file).unwrap().ino(), later());
	set_time(&file, future);
	start(cache.path());
	assert_eq!(files(cache.path()), slice::from_ref(&file));
	let metadata = fs::metadata(&file).unwrap();
	assert_eq!(metadata.ino(), inode, "it is not written again");
	assert!(metadata.modified().unwrap() < future, "it is noted as used");
}

/// The file is not used but replaced, and has the right bytes again.
#[track_caller]
fn replaced(spoil: impl FnOnce(&Path)) {
	let (cache, file) = filled();
	let (right, inode) = (fs::read(&file).unwrap(), fs::metadata(&file).unwrap().ino());
	// So that its number stays taken.
	let _open = File::open(&file).unwrap();
	spoil(&file);
	start(cache.path());
	assert_eq!(files(cache.path()), slice::from_ref(&file));
	assert_eq!(fs::read(&file).unwrap(), right);
	let metadata = fs::symlink_metadata(&file).unwrap();
	assert!(metadata.is_file() && metadata.ino() != inode);
	assert_eq!(mode(&file), 0o600);
}

#[test]
fn file_should_be_replaced_when_a_bit_of_it_is_wrong() {
	let length = fs::read(filled().1).unwrap().len();
	for at in [0, length / 2, length - 1] {
		replaced(|file| {
			let mut bytes = fs::read(file).unwrap();
			bytes[at] ^= 1;
			fs::write(file, bytes).unwrap();
		});
	}
}

#[test]
fn file_should_be_replaced_when_it_was_cut() {
	for length in [0, 100] {
		replaced(|file| {
			File::options().write(true).open(file).unwrap().set_len(length).unwrap();
		});
	}
}

#[test]
fn file_should_be_replaced_when_others_may_write_to_it() {
	for mode in [0o620, 0o602] {
		replaced(|file| fs::set_permissions(file, Permissions::from_mode(mode)).unwrap());
	}
}

#[test]
fn file_should_be_replaced_when_it_is_a_link() {
	let elsewhere = tempfile::tempdir().unwrap();
	let target = elsewhere.path().join("file");
	replaced(|file| {
		fs::rename(file, &target).unwrap();
		symlink(&target, file).unwrap();
	});
	assert!(target.exists());
}

/// Only the administrator can give a file away.
fn is_root() -> bool {
	let file = tempfile::NamedTempFile::new().unwrap();
	chown(file.path(), Some(1), None).is_ok()
}

#[test]
fn file_should_be_replaced_when_it_belongs_to_somebody_else() {
	if is_root() {
		replaced(|file| chown(file, Some(1), None).unwrap());
	}
}

#[test]
fn directory_should_not_be_used_when_it_belongs_to_somebody_else() {
	if is_root() {
		let (cache, file) = filled();
		fs::write(&file, b"somebody else's code").unwrap();
		chown(cache.path(), Some(1), None).unwrap();
		start(cache.path());
		assert_eq!(fs::read(&file).unwrap(), b"somebody else's code");
	}
}

#[test]
fn directory_should_not_be_used_when_others_may_write_to_it() {
	for mode in [0o770, 0o707] {
		let cache = tempfile::tempdir().unwrap();
		fs::set_permissions(cache.path(), Permissions::from_mode(mode)).unwrap();
		start(cache.path());
		assert!(files(cache.path()).is_empty());
	}
}

#[test]
fn engine_should_start_when_the_directory_is_none() {
	let parent = tempfile::tempdir().unwrap();
	let file = parent.path().join("file");
	fs::write(&file, b"").unwrap();
	let (own, link) = (parent.path().join("own"), parent.path().join("link"));
	fs::create_dir(&own).unwrap();
	symlink(&own, &link).unwrap();
	for cache in [&file, &file.join("below"), &link, Path::new("/proc/nothing")] {
		start(cache);
	}
	assert!(files(&own).is_empty());
}

#[test]
fn files_should_be_removed_when_they_are_old() {
	let cache = tempfile::tempdir().unwrap();
	let long_ago = SystemTime::now() - Duration::from_secs(7200);
	let file = |name: &str, time| {
		let file = cache.path().join(name);
		fs::write(&file, b"").unwrap();
		set_time(&file, time);
		file
	};
	let stale = file("engine-1.part", long_ago);
	let fresh = file("engine-2.part", SystemTime::now());
	let other = file("notes.txt", long_ago);
	let engines: Vec<_> = (1..6u64)
		.map(|i| file(&format!("engine-{i}.cwasm"), long_ago + Duration::from_secs(i)))
		.collect();
	start(cache.path());
	assert!(!stale.exists() && fresh.exists() && other.exists());
	let kept: Vec<_> = engines.iter().map(|file| file.exists()).collect();
	assert_eq!(kept, [false, false, true, true, true], "with the new one, four");
}
