//! The store: names by content, whole files, repair of damaged ones.

#![allow(clippy::unwrap_used)]

use opg_blobs::{content_hash, Error, Store};
use opg_engine_types::MAX_MODEL_BYTES;
use std::fs;

fn store() -> (tempfile::TempDir, Store) {
	let directory = tempfile::tempdir().unwrap();
	let store = Store::open(directory.path().join("models")).unwrap();
	(directory, store)
}

#[test]
fn content_hash_should_be_blake2b_256() {
	assert_eq!(
		hex::encode(content_hash(b"")),
		"0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"
	);
}

#[test]
fn get_should_return_what_was_put() {
	let (_guard, store) = store();
	let hash = store.put(b"model").unwrap();
	assert_eq!(hash, content_hash(b"model"));
	assert_eq!(store.get(&hash).unwrap().unwrap(), b"model");
	assert!(store.contains(&hash));
}

#[test]
fn get_should_return_none_when_the_file_is_missing() {
	let (_guard, store) = store();
	assert_eq!(store.get(&[7; 32]).unwrap(), None);
	assert!(!store.contains(&[7; 32]));
}

#[test]
fn put_should_be_idempotent() {
	let (_guard, store) = store();
	assert_eq!(store.put(b"a").unwrap(), store.put(b"a").unwrap());
	assert_eq!(store.list().unwrap().len(), 1);
}

#[test]
fn put_should_refuse_when_the_file_is_too_long() {
	let (_guard, store) = store();
	let long = vec![0; MAX_MODEL_BYTES + 1];
	assert!(matches!(store.put(&long), Err(Error::TooLong(_))));
	assert_eq!(store.list().unwrap(), Vec::<[u8; 32]>::new());
}

#[test]
fn get_should_fail_when_the_file_is_damaged_and_put_should_repair_it() {
	let (guard, store) = store();
	let hash = store.put(b"model").unwrap();
	fs::write(guard.path().join("models").join(hex::encode(hash)), b"mode!").unwrap();
	assert!(matches!(store.get(&hash), Err(Error::Damaged(_))));
	store.put(b"model").unwrap();
	assert_eq!(store.get(&hash).unwrap().unwrap(), b"model");
}

#[test]
fn list_should_hold_files_in_order_and_skip_strangers() {
	let (guard, store) = store();
	let mut hashes = [store.put(b"a").unwrap(), store.put(b"b").unwrap()];
	hashes.sort_unstable();
	fs::write(guard.path().join("models/.part-x"), b"half").unwrap();
	fs::write(guard.path().join("models/README"), b"text").unwrap();
	assert_eq!(store.list().unwrap(), hashes);
}

#[test]
fn open_should_find_what_an_earlier_store_put() {
	let (guard, store) = store();
	let hash = store.put(b"model").unwrap();
	let again = Store::open(guard.path().join("models")).unwrap();
	assert_eq!(again.list().unwrap(), vec![hash]);
}
