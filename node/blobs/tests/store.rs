//! The store: import, export, reading, pins, quota, integrity, who may read.

#![allow(clippy::unwrap_used)]

mod common;

use common::{bytes, fill, flip, limits, store};
use opg_blobs::store::{
	blob_hash, stored_bytes, CheckReport, DamagedBlob, Error, Hash, Limits, Repair, Store,
	GROUP_BYTES, MAX_BLOB_BYTES,
};
use std::{
	fs,
	io::{self, Read, Seek, SeekFrom},
	os::unix::fs::{chown, MetadataExt, PermissionsExt},
	path::PathBuf,
	thread,
	time::{Duration, SystemTime},
};

/// Lengths around every edge: empty, a group, groups, uneven trees.
const LENGTHS: [usize; 12] =
	[0, 1, 1023, 1024, 1025, 16383, 16384, 16385, 32768, 49153, 1 << 20, (1 << 20) + 70_001];

#[test]
fn blob_hash_should_be_blake3() {
	assert_eq!(
		hex::encode(blob_hash(b"")),
		"af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"
	);
}

#[test]
fn import_should_give_the_name_by_blake3_and_bao_s_outboard() {
	let (folder, store) = store();
	for length in LENGTHS {
		let data = bytes(1, length);
		let hash = store.import(&data[..]).unwrap();
		assert_eq!(hash, blob_hash(&data));
		let group = bao_tree::BlockSize::from_chunk_log(4);
		let outboard = bao_tree::io::outboard::PreOrderMemOutboard::create(&data, group);
		let tree = fs::read(folder.file(&hash, "tree")).unwrap();
		assert_eq!(tree, outboard.into_inner_with_prefix(), "{length} bytes");
		assert_eq!(fs::read(folder.file(&hash, "data")).unwrap(), data, "as it came");
	}
}

#[test]
fn blob_should_read_what_was_imported_from_a_file_a_stream_and_bytes() {
	let (folder, store) = store();
	for length in LENGTHS {
		let data = bytes(2, length);
		let path = folder.path().join("file");
		fs::write(&path, &data).unwrap();
		let hash = store.import_file(&path).unwrap();
		assert_eq!(store.put(&data).unwrap(), hash);
		assert_eq!(store.import(&data[..]).unwrap(), hash);
		let mut blob = store.get(&hash).unwrap().unwrap();
		assert_eq!((blob.size(), blob.hash()), (length as u64, &hash));
		assert_eq!(blob.to_vec().unwrap(), data);
		let mut read = Vec::new();
		blob.read_to_end(&mut read).unwrap();
		assert_eq!(read, data);
	}
	assert_eq!(store.list().unwrap().len(), LENGTHS.len());
	assert_eq!(common::names(&folder.root().join("incoming")).len(), 0);
}

#[test]
fn blob_should_read_from_anywhere_when_it_is_sought() {
	let (_folder, store) = store();
	let data = bytes(3, 100_000);
	let mut blob = store.get(&store.put(&data).unwrap()).unwrap().unwrap();
	for start in [99_999, 0, 16_383, 16_384, 50_000, 100_000, 200_000] {
		blob.seek(SeekFrom::Start(start as u64)).unwrap();
		let mut part = [0; 3000];
		let length = fill(&mut blob, &mut part);
		assert_eq!(part[..length], data[start.min(data.len())..(start + 3000).min(data.len())]);
	}
	assert!(blob.seek(SeekFrom::End(-100_001)).is_err());
}

#[test]
fn import_should_leave_nothing_when_the_stream_fails_or_is_too_long() {
	struct Broken(usize);
	impl Read for Broken {
		fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
			let length = buffer.len().min(self.0);
			self.0 -= length;
			if length == 0 {
				return Err(io::ErrorKind::ConnectionReset.into());
			}
			Ok(length)
		}
	}
	let (folder, _) = store();
	let limits = Limits { blob_bytes: 3_000_000, ..limits() };
	let store = Store::open(folder.root(), limits).unwrap();
	assert!(matches!(store.import(Broken(2_000_000)), Err(Error::Io { .. })));
	assert!(matches!(store.import(io::repeat(7)), Err(Error::TooLong { .. })));
	assert!(matches!(store.put(&vec![0; 3_000_001]), Err(Error::TooLong { .. })));
	assert!(matches!(store.receive(&[1; 32], 3_000_001), Err(Error::TooLong { .. })));
	store.put(&vec![0; 3_000_000]).unwrap();
	assert_eq!(store.usage().unwrap().imports, 0);
	assert_eq!(common::names(&folder.root().join("trash")).len(), 0);
}

#[test]
fn limits_should_not_exceed_what_any_store_takes() {
	let (folder, _) = store();
	let limits = Limits { blob_bytes: u64::MAX, ..limits() };
	let store = Store::open(folder.root(), limits).unwrap();
	assert_eq!(store.limits().blob_bytes, MAX_BLOB_BYTES);
}

#[test]
fn export_should_write_the_bytes_and_refuse_to_overwrite() {
	let (folder, store) = store();
	let data = bytes(4, 70_000);
	let hash = store.put(&data).unwrap();
	let target = folder.path().join("model.onnx");
	let blob = store.get(&hash).unwrap().unwrap();
	blob.export(&target).unwrap();
	assert_eq!(fs::read(&target).unwrap(), data);
	let error = blob.export(&target).unwrap_err().to_string();
	assert!(error.ends_with("remove it or choose another name"), "{error}");
	flip(&folder.file(&hash, "data"), 60_000);
	assert!(matches!(blob.export(folder.path().join("other")), Err(Error::Damaged(_))));
	assert_eq!(common::names(folder.path()), ["model.onnx", "store"]);
}

#[test]
fn get_should_return_none_when_the_blob_is_missing() {
	let (_folder, store) = store();
	assert!(store.get(&[7; 32]).unwrap().is_none());
	assert!(!store.contains(&[7; 32]));
}

#[test]
fn reading_should_fail_when_any_byte_on_disk_is_another() {
	let (folder, store) = store();
	let data = bytes(5, 80_000);
	let hash = store.put(&data).unwrap();
	let tree = fs::metadata(folder.file(&hash, "tree")).unwrap().len();
	for (file, length) in [("data", 80_000), ("tree", tree)] {
		for offset in (0..length).step_by(997).chain([0, length - 1]) {
			flip(&folder.file(&hash, file), offset);
			let read = store.get(&hash).and_then(|blob| blob.unwrap().to_vec());
			assert!(matches!(read, Err(Error::Damaged(_))), "{file} {offset}: {read:?}");
			flip(&folder.file(&hash, file), offset);
		}
	}
	assert_eq!(store.get(&hash).unwrap().unwrap().to_vec().unwrap(), data);
}

#[test]
fn reading_should_fail_when_a_file_has_another_length_or_is_gone() {
	let (folder, store) = store();
	let hash = store.put(&bytes(6, 80_000)).unwrap();
	for name in ["data", "tree"] {
		let path = folder.file(&hash, name);
		let whole = fs::read(&path).unwrap();
		for other in [vec![], whole[..whole.len() - 1].to_vec(), [&whole[..], &[0]].concat()] {
			fs::write(&path, other).unwrap();
			assert!(matches!(store.get(&hash), Err(Error::Damaged(_))));
		}
		fs::remove_file(&path).unwrap();
		assert!(matches!(store.get(&hash), Err(Error::Damaged(_))));
		fs::write(&path, whole).unwrap();
		store.get(&hash).unwrap().unwrap().verify().unwrap();
	}
}

#[test]
fn import_should_repair_when_the_blob_is_damaged() {
	let (folder, store) = store();
	let data = bytes(7, 80_000);
	let hash = store.put(&data).unwrap();
	for name in ["data", "tree"] {
		flip(&folder.file(&hash, name), 100);
		store.put(&data).unwrap();
		assert_eq!(store.get(&hash).unwrap().unwrap().to_vec().unwrap(), data);
	}
}

#[test]
fn check_should_tell_damage_and_keep_what_is_sound_when_it_repairs() {
	let (folder, store) = store();
	let sound = store.put(&bytes(8, 50_000)).unwrap();
	let data = bytes(9, 10 * GROUP_BYTES as usize + 5);
	let hash = store.put(&data).unwrap();
	flip(&folder.file(&hash, "data"), 3 * GROUP_BYTES + 1);
	let lost = store.put(&bytes(10, 100)).unwrap();
	flip(&folder.file(&lost, "data"), 0);
	let headless = store.put(&bytes(11, 40_000)).unwrap();
	fs::remove_file(folder.file(&headless, "tree")).unwrap();

	let mut damaged = vec![
		DamagedBlob { hash, sound_groups: 10, groups: 11 },
		DamagedBlob { hash: lost, sound_groups: 0, groups: 1 },
		DamagedBlob { hash: headless, sound_groups: 0, groups: 0 },
	];
	damaged.sort_by_key(|damaged| damaged.hash);
	let report = CheckReport { sound: 1, sound_bytes: 50_000, damaged };
	assert_eq!(store.check(Repair::Report).unwrap(), report);
	assert_eq!(store.list().unwrap().len(), 4, "nothing is touched");
	assert_eq!(store.check(Repair::Drop).unwrap(), report);
	assert_eq!(store.list().unwrap(), [sound]);
	assert_eq!(store.list_partial().unwrap(), [hash]);

	let mut receiver = store.receive(&hash, data.len() as u64).unwrap().unwrap();
	let missing = 3 * GROUP_BYTES..4 * GROUP_BYTES;
	assert_eq!(
		receiver.missing(),
		std::slice::from_ref(&missing),
		"only what was damaged is fetched"
	);
	let (_other, source) = common::store();
	let blob = source.get(&source.put(&data).unwrap()).unwrap().unwrap();
	receiver.receive(&missing, &blob.encode(&missing).unwrap()).unwrap();
	receiver.finish().unwrap();
	assert_eq!(store.get(&hash).unwrap().unwrap().to_vec().unwrap(), data);
}

#[test]
fn check_should_keep_the_rest_when_the_end_of_the_data_is_lost() {
	let (folder, store) = store();
	let data = bytes(12, 100_000);
	let hash = store.put(&data).unwrap();
	fs::File::options()
		.write(true)
		.open(folder.file(&hash, "data"))
		.unwrap()
		.set_len(40_000)
		.unwrap();
	store.check(Repair::Drop).unwrap();
	let receiver = store.receive(&hash, 100_000).unwrap().unwrap();
	assert_eq!(receiver.received_bytes(), 2 * GROUP_BYTES);
}

#[test]
fn quota_should_evict_what_was_used_longest_ago() {
	let (folder, _) = store();
	let each = stored_bytes(50_000);
	let store = Store::open(folder.root(), Limits { quota: 3 * each, ..limits() }).unwrap();
	let put = |seed| {
		thread::sleep(Duration::from_millis(20));
		store.put(&bytes(seed, 50_000)).unwrap()
	};
	let [a, b, c] = [1, 2, 3].map(put);
	thread::sleep(Duration::from_millis(20));
	drop(store.get(&a).unwrap().unwrap());
	let d = put(4);
	let mut expected = [a, c, d];
	expected.sort_unstable();
	assert_eq!(store.list().unwrap(), expected);
	assert!(!store.contains(&b));
	assert_eq!(store.usage().unwrap().bytes, 3 * each);
	assert_eq!(common::names(&folder.root().join("trash")).len(), 0);
}

#[test]
fn quota_should_never_evict_what_is_pinned_or_in_use() {
	let (folder, _) = store();
	let each = stored_bytes(50_000);
	let store = Store::open(folder.root(), Limits { quota: 3 * each, ..limits() }).unwrap();
	let pinned = store.put(&bytes(1, 50_000)).unwrap();
	store.pin(&pinned, "served").unwrap();
	let used = store.put(&bytes(2, 50_000)).unwrap();
	// Another handle is as another process: locks are of open files.
	let other = Store::open(folder.root(), *store.limits()).unwrap();
	let blob = other.get(&used).unwrap().unwrap();
	let receiver = store.receive(&[9; 32], 50_000).unwrap().unwrap();

	let refused = store.put(&bytes(3, 50_000));
	assert!(matches!(refused, Err(Error::QuotaExceeded { .. })), "{refused:?}");
	assert!(matches!(store.receive(&[8; 32], 50_000), Err(Error::QuotaExceeded { .. })));
	assert!(matches!(store.remove(&pinned), Err(Error::Pinned { .. })));
	assert!(matches!(store.remove(&used), Err(Error::InUse { .. })));
	assert!(matches!(store.remove(&[9; 32]), Err(Error::InUse { .. })));
	assert_eq!(blob.to_vec().unwrap(), bytes(2, 50_000));

	drop(receiver);
	store.put(&bytes(3, 50_000)).unwrap();
	assert_eq!(store.list_partial().unwrap(), Vec::<Hash>::new(), "an idle part goes");
	drop(blob);
	store.unpin(&pinned, "served").unwrap();
	store.remove(&pinned).unwrap();
	assert!(!store.contains(&pinned));
}

#[test]
fn quota_should_evict_nothing_when_that_would_not_be_enough() {
	let (folder, _) = store();
	let limits = Limits { quota: 200_000, ..limits() };
	let store = Store::open(folder.root(), limits).unwrap();
	let hash = store.put(&bytes(1, 100_000)).unwrap();
	let refused = store.put(&bytes(2, 300_000));
	assert!(matches!(refused, Err(Error::QuotaExceeded { .. })));
	assert!(matches!(store.import(&bytes(2, 3_000_000)[..]), Err(Error::QuotaExceeded { .. })));
	assert!(store.contains(&hash));
}

#[test]
fn disk_should_keep_room_for_others() {
	let (folder, _) = store();
	let store = Store::open(folder.root(), Limits { keep_free: 1 << 60, ..limits() }).unwrap();
	assert!(matches!(store.put(b"model"), Err(Error::DiskFull { .. })));
}

#[test]
fn imports_should_be_limited_among_all_handles() {
	struct Nested(Store);
	impl Read for Nested {
		fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
			let error = self.0.put(b"b").unwrap_err();
			assert!(matches!(error, Error::TooManyImports(1)), "{error}");
			Ok(0)
		}
	}
	let (folder, _) = store();
	let store = Store::open(folder.root(), Limits { imports: 1, ..limits() }).unwrap();
	let other = Store::open(folder.root(), *store.limits()).unwrap();
	store.import(Nested(other)).unwrap();
	store.put(b"b").unwrap();
}

#[test]
fn pins_should_be_by_label_and_last() {
	let (folder, store) = store();
	let hash = store.put(b"model").unwrap();
	for label in ["served", "owner", "served"] {
		store.pin(&hash, label).unwrap();
	}
	store.pin(&[3; 32], "court").unwrap();
	let again = Store::open(folder.root(), limits()).unwrap();
	assert_eq!(Vec::from_iter(again.pins_of(&hash).unwrap()), ["owner", "served"]);
	assert_eq!(again.pins().unwrap().len(), 2);
	again.unpin(&hash, "owner").unwrap();
	again.unpin(&hash, "nobody").unwrap();
	assert_eq!(Vec::from_iter(store.pins_of(&hash).unwrap()), ["served"]);
	for label in ["", "a/b", "A", "..", &"x".repeat(65)] {
		assert!(matches!(store.pin(&hash, label), Err(Error::InvalidLabel(_))), "{label}");
	}
}

#[test]
fn pins_should_end_when_they_are_not_renewed() {
	let (folder, store) = store();
	let (old, new, other) = ([1; 32], [2; 32], [3; 32]);
	let now = SystemTime::now();
	for hash in [old, new] {
		store.pin(&hash, "served").unwrap();
		let pin = folder.root().join("pins").join(format!("{}.served", hex::encode(hash)));
		let pin = fs::File::open(pin).unwrap();
		pin.set_modified(now - Duration::from_secs(100)).unwrap();
	}
	store.pin(&other, "owner").unwrap();
	store.pin(&new, "served").unwrap();
	let then = now - Duration::from_secs(50);
	assert_eq!(store.unpin_older("served", then).unwrap(), 1);
	assert_eq!(store.unpin_older("served", then).unwrap(), 0);
	assert_eq!(store.pinned("served").unwrap(), [new]);
	// Of another label, however old.
	assert_eq!(store.unpin_older("own", now + Duration::from_secs(100)).unwrap(), 0);
	assert_eq!(store.pinned("owner").unwrap(), [other]);
}

#[test]
fn blob_should_stay_when_it_is_held_and_no_longer() {
	let (_folder, store) = store();
	let hash = store.put(&bytes(1, 100_000)).unwrap();
	assert!(store.hold(&[7; 32]).unwrap().is_none());
	let hold = store.hold(&hash).unwrap().unwrap();
	assert!(matches!(store.remove(&hash), Err(Error::InUse { .. })));
	let small = Store::open(store.directory(), Limits { quota: 120_000, ..limits() }).unwrap();
	assert!(matches!(small.put(&bytes(2, 100_000)), Err(Error::QuotaExceeded { .. })));
	drop(hold);
	small.put(&bytes(2, 100_000)).unwrap();
	assert!(!store.contains(&hash));
}

#[test]
fn check_of_one_blob_should_drop_its_damage_alone() {
	let (folder, store) = store();
	let hashes = [1, 2].map(|seed| store.put(&bytes(seed, 100_000)).unwrap());
	hashes.iter().for_each(|hash| flip(&folder.file(hash, "data"), 50_000));
	assert_eq!(store.check_blob(&[7; 32], Repair::Drop).unwrap(), None);
	let damage = store.check_blob(&hashes[0], Repair::Drop).unwrap().unwrap();
	assert_eq!((damage.sound_groups, damage.groups), (6, 7));
	assert!(!store.contains(&hashes[0]) && store.contains(&hashes[1]));
	assert_eq!(store.list_partial().unwrap(), [hashes[0]]);
	store.put(&bytes(1, 100_000)).unwrap();
	assert_eq!(store.check_blob(&hashes[0], Repair::Drop).unwrap(), None);
	assert!(store.contains(&hashes[0]) && store.list_partial().unwrap().is_empty());
}

#[test]
fn quota_should_be_known_to_others_when_it_is_kept() {
	let (_folder, store) = store();
	let directory = store.directory();
	assert_eq!(Store::kept_quota(directory), None);
	store.keep_quota().unwrap();
	assert_eq!(Store::kept_quota(directory), Some(limits().quota));
	let other = Store::open(directory, Limits { quota: 5, ..limits() }).unwrap();
	other.keep_quota().unwrap();
	assert_eq!(Store::kept_quota(directory), Some(5));
	fs::write(directory.join("quota"), "much").unwrap();
	assert_eq!(Store::kept_quota(directory), None);
}

#[test]
fn list_should_skip_strangers() {
	let (folder, store) = store();
	let hash = store.put(b"a").unwrap();
	fs::write(folder.root().join("blobs/README"), "text").unwrap();
	fs::create_dir(folder.root().join("blobs").join(hex::encode_upper([0xab; 32]))).unwrap();
	fs::write(folder.root().join("pins/README.txt"), "text").unwrap();
	assert_eq!(store.list().unwrap(), [hash]);
	assert_eq!(store.pins().unwrap().len(), 0);
	store.put(b"b").unwrap();
}

#[test]
fn open_should_refuse_the_store_of_another_version() {
	let (folder, _) = store();
	fs::write(folder.root().join("format"), "opg-blobs 2\n").unwrap();
	let error = Store::open(folder.root(), limits()).unwrap_err();
	assert!(matches!(error, Error::Format { .. }), "{error}");
}

#[test]
fn files_should_be_readable_by_everybody_whatever_the_umask() {
	let before = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
	let (folder, store) = store();
	let hash = store.put(&bytes(1, 40_000)).unwrap();
	drop(store.receive(&[5; 32], 40_000).unwrap());
	store.pin(&hash, "owner").unwrap();
	rustix::process::umask(before);
	let mut seen = 0;
	for path in walk(folder.root()) {
		let metadata = fs::metadata(&path).unwrap();
		let expected = if metadata.is_dir() { 0o755 } else { 0o644 };
		assert_eq!(metadata.permissions().mode() & 0o777, expected, "{}", path.display());
		seen += 1;
	}
	assert!(seen > 12);
}

#[test]
fn files_should_belong_to_the_owner_of_the_store_when_root_adds_them() {
	if !rustix::process::geteuid().is_root() {
		return;
	}
	let folder = tempfile::tempdir().unwrap();
	chown(folder.path(), Some(1234), Some(1235)).unwrap();
	// The node's own user has made its folder; root adds a file before the store is there.
	let root = folder.path().join("chains/dev/blobs");
	let store = Store::open(&root, limits()).unwrap();
	let hash = store.put(&bytes(1, 40_000)).unwrap();
	drop(Store::open(&root, limits()).unwrap().receive(&[5; 32], 40_000).unwrap());
	store.pin(&hash, "owner").unwrap();
	for path in walk(folder.path().join("chains")) {
		let metadata = fs::metadata(&path).unwrap();
		assert_eq!((metadata.uid(), metadata.gid()), (1234, 1235), "{}", path.display());
	}
}

#[test]
fn another_user_should_read_and_export_but_not_write() {
	if !rustix::process::geteuid().is_root() {
		return;
	}
	let (folder, store) = store();
	fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
	let data = bytes(1, 100_000);
	let hash = store.put(&data).unwrap();
	let root = folder.root();
	let elsewhere = tempfile::tempdir().unwrap();
	chown(elsewhere.path(), Some(65_534), None).unwrap();
	let target = elsewhere.path().join("file");
	// Linux gives each thread a user of its own.
	let reader = thread::spawn(move || {
		rustix::thread::set_thread_uid(rustix::process::Uid::from_raw(65_534)).unwrap();
		let store = Store::open(root, limits()).unwrap();
		let blob = store.get(&hash).unwrap().unwrap();
		blob.export(&target).unwrap();
		assert_eq!(blob.to_vec().unwrap(), data);
		assert_eq!(fs::read(&target).unwrap(), data);
		let refused = [
			store.put(b"new").unwrap_err(),
			store.pin(&hash, "mine").unwrap_err(),
			store.receive(&[1; 32], 5).unwrap_err(),
			store.remove(&hash).unwrap_err(),
		];
		for error in refused {
			let error = error.to_string();
			let advice = error.ends_with("as its owner or as root");
			assert!(advice || error.contains("in use"), "{error}");
		}
		drop(blob);
		let error = store.remove(&hash).unwrap_err().to_string();
		assert!(error.ends_with("as its owner or as root"), "{error}");
	});
	reader.join().unwrap();
	assert_eq!(store.list().unwrap(), [hash]);
}

fn walk(path: PathBuf) -> Vec<PathBuf> {
	let mut paths = vec![path.clone()];
	if path.is_dir() {
		for entry in fs::read_dir(&path).unwrap() {
			paths.extend(walk(entry.unwrap().path()));
		}
	}
	paths
}

#[test]
fn sweep_should_delete_what_a_killed_process_left() {
	let (folder, store) = store();
	for place in ["incoming", "trash"] {
		let left = folder.root().join(place).join("new-1-2-3");
		fs::create_dir(&left).unwrap();
		fs::write(left.join("data"), vec![0; 100_000]).unwrap();
	}
	store.sweep().unwrap();
	for place in ["incoming", "trash"] {
		assert_eq!(common::names(&folder.root().join(place)).len(), 0);
	}
	assert_eq!(store.usage().unwrap().bytes, 0);
}
