//! What the tests share.

#![allow(dead_code, clippy::unwrap_used)]

pub mod exchange;

use opg_blobs::store::{Hash, Limits, Store};
use std::{
	fs,
	io::Read,
	os::unix::fs::FileExt,
	path::{Path, PathBuf},
};

/// A folder with the store in `store`. It goes with the test.
pub struct Folder(tempfile::TempDir);

impl Folder {
	pub fn path(&self) -> &Path {
		self.0.path()
	}

	pub fn root(&self) -> PathBuf {
		self.path().join("store")
	}

	/// A file of a complete blob.
	pub fn file(&self, hash: &Hash, name: &str) -> PathBuf {
		self.path().join("store/blobs").join(hex::encode(hash)).join(name)
	}
}

/// Room for the tests, on any disk.
pub fn limits() -> Limits {
	Limits { quota: 64 << 20, keep_free: 0, ..Limits::default() }
}

pub fn store() -> (Folder, Store) {
	let folder = Folder(tempfile::tempdir().unwrap());
	let store = Store::open(folder.path().join("store"), limits()).unwrap();
	(folder, store)
}

/// Bytes that look random, the same for a seed.
pub fn bytes(seed: u64, length: usize) -> Vec<u8> {
	let mut state = Random(seed);
	let mut bytes = Vec::with_capacity(length + 8);
	while bytes.len() < length {
		bytes.extend(state.below(u64::MAX).to_le_bytes());
	}
	bytes.truncate(length);
	bytes
}

/// A small generator (splitmix64).
pub struct Random(pub u64);

impl Random {
	pub fn below(&mut self, end: u64) -> u64 {
		self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
		(z ^ (z >> 31)) % end
	}
}

/// Turns one bit of a file.
pub fn flip(path: &Path, offset: u64) {
	let file = fs::File::options().read(true).write(true).open(path).unwrap();
	let mut byte = [0];
	file.read_exact_at(&mut byte, offset).unwrap();
	file.write_all_at(&[byte[0] ^ 4], offset).unwrap();
}

/// Names in a folder, in order.
pub fn names(path: &Path) -> Vec<String> {
	let mut names: Vec<String> = fs::read_dir(path)
		.unwrap()
		.map(|entry| entry.unwrap().file_name().into_string().unwrap())
		.collect();
	names.sort();
	names
}

/// Reads until the buffer is full or the stream ends.
pub fn fill(stream: &mut impl Read, buffer: &mut [u8]) -> usize {
	let mut length = 0;
	while let read @ 1.. = stream.read(&mut buffer[length..]).unwrap() {
		length += read;
	}
	length
}
