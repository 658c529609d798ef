//! Ranges: what one store gives another one takes, and nothing else.

#![allow(clippy::unwrap_used)]

mod common;

use common::{bytes, flip, limits, store, Random};
use opg_blobs::store::{
	blob_hash, encoded_bytes, Blob, Error, Receiver, Repair, Store, GROUP_BYTES, MAX_RANGE_BYTES,
};
use proptest::prelude::*;
use std::{fs, ops::Range};

/// A blob in a store of its own.
fn source(data: &[u8]) -> (common::Folder, Blob) {
	let (folder, store) = store();
	let blob = store.get(&store.put(data).unwrap()).unwrap().unwrap();
	(folder, blob)
}

fn receiver(store: &Store, data: &[u8]) -> Receiver {
	store.receive(&blob_hash(data), data.len() as u64).unwrap().unwrap()
}

#[test]
fn receiver_should_complete_a_blob_of_any_length_in_any_order() {
	let mut random = Random(1);
	for length in [0, 1, 16_384, 16_385, 40_000, 1 << 20, 3_200_001] {
		let data = bytes(length as u64, length);
		let (_from, blob) = source(&data);
		let (_to, store) = store();
		let mut receiver = receiver(&store, &data);
		let mut missing = receiver.missing();
		while !missing.is_empty() {
			let range = missing.swap_remove(random.below(missing.len() as u64) as usize);
			let encoded = blob.encode(&range).unwrap();
			assert_eq!(encoded.len() as u64, encoded_bytes(blob.size(), &range).unwrap());
			receiver.receive(&range, &encoded).unwrap();
		}
		assert!(receiver.is_complete() && receiver.missing().is_empty());
		receiver.finish().unwrap();
		assert_eq!(store.get(blob.hash()).unwrap().unwrap().to_vec().unwrap(), data);
		assert!(store.list_partial().unwrap().is_empty());
		assert_eq!(store.check(Repair::Report).unwrap().damaged, []);
	}
}

#[test]
fn proof_should_be_small() {
	let size = 1 << 30;
	let range = 512 << 20..(512 << 20) + MAX_RANGE_BYTES;
	let overhead = encoded_bytes(size, &range).unwrap() - MAX_RANGE_BYTES;
	assert!(overhead < 5_000, "{overhead}");
}

#[test]
fn receiver_should_go_on_where_the_last_one_ended() {
	let data = bytes(2, 5 * (1 << 20) + 17);
	let (_from, blob) = source(&data);
	let (folder, store) = store();
	let mut first = receiver(&store, &data);
	let ranges = first.missing();
	assert_eq!(ranges.len(), 6);
	for range in [&ranges[4], &ranges[1]] {
		first.receive(range, &blob.encode(range).unwrap()).unwrap();
	}
	let again = || Store::open(folder.path().join("store"), limits()).unwrap();
	let busy = again().receive(blob.hash(), blob.size());
	assert!(matches!(busy, Err(Error::InUse { .. })), "one at a time");
	assert!(
		matches!(first.finish(), Err(Error::Incomplete { missing, .. }) if missing == (3 << 20) + 17)
	);

	let mut second = receiver(&again(), &data);
	assert_eq!(second.received_bytes(), 2 << 20);
	for range in second.missing() {
		second.receive(&range, &blob.encode(&range).unwrap()).unwrap();
	}
	second.finish().unwrap();
	assert!(store.receive(blob.hash(), blob.size()).unwrap().is_none(), "it is here");
	assert_eq!(store.get(blob.hash()).unwrap().unwrap().to_vec().unwrap(), data);
}

#[test]
fn receiver_should_ask_again_for_what_was_damaged_meanwhile() {
	let data = bytes(3, 40 * GROUP_BYTES as usize);
	let (_from, blob) = source(&data);
	let (folder, store) = store();
	let mut first = receiver(&store, &data);
	let all = 0..blob.size();
	first.receive(&all, &blob.encode(&all).unwrap()).unwrap();
	drop(first);
	let part = folder.path().join("store/partial").join(hex::encode(blob.hash()));
	flip(&part.join("data"), 7 * GROUP_BYTES + 9);
	let damaged = 7 * GROUP_BYTES..8 * GROUP_BYTES;
	assert_eq!(receiver(&store, &data).missing(), [damaged]);
	// A map that claims too much, or is too short, is found out too.
	fs::write(part.join("map"), [255; 64]).unwrap();
	assert_eq!(receiver(&store, &data).received_bytes(), 39 * GROUP_BYTES);
	fs::write(part.join("map"), [1]).unwrap();
	assert_eq!(receiver(&store, &data).received_bytes(), GROUP_BYTES);
	// The root of the tree: nothing is proved any more.
	flip(&part.join("tree"), 8);
	assert_eq!(receiver(&store, &data).received_bytes(), 0);
	for name in ["tree", "data", "map"] {
		fs::remove_file(part.join(name)).unwrap();
		assert_eq!(receiver(&store, &data).received_bytes(), 0, "it begins again");
	}
}

#[test]
fn receiver_should_refuse_ranges_that_are_none() {
	let data = bytes(4, 3_000_000);
	let (_from, blob) = source(&data);
	let (_to, store) = store();
	let mut receiver = receiver(&store, &data);
	let group = GROUP_BYTES;
	let end = blob.size();
	let last = end / group * group;
	let inverted = Range { start: 2 * group, end: group };
	for range in [0..0, 1..group, 0..1, 0..group + 1, inverted, end..end, last..last + group] {
		assert!(matches!(blob.encode(&range), Err(Error::InvalidRange { .. })), "{range:?}");
		assert!(matches!(receiver.receive(&range, &[]), Err(Error::InvalidRange { .. })));
	}
	for range in [0..MAX_RANGE_BYTES + group, u64::MAX - group + 1..u64::MAX] {
		assert!(matches!(blob.encode(&range), Err(Error::InvalidRange { .. })), "{range:?}");
	}
	let range = last..end;
	receiver.receive(&range, &blob.encode(&range).unwrap()).unwrap();
}

#[test]
fn receiver_should_accept_no_end_under_a_wrong_size() {
	let data = bytes(5, 100_000);
	let (_from, blob) = source(&data);
	for size in [99_999, 100_001, 98_305, 114_688, 0, 1, 1_000_000] {
		let (_to, store) = store();
		let mut receiver = store.receive(blob.hash(), size).unwrap().unwrap();
		for range in receiver.missing() {
			let same = Range { start: range.start, end: range.end.min(100_000) };
			if let Ok(encoded) = blob.encode(&same) {
				let _ = receiver.receive(&range, &encoded);
			}
		}
		assert!(!receiver.is_complete(), "{size}");
		assert!(matches!(receiver.finish(), Err(Error::Incomplete { .. })));
		let other = store.receive(blob.hash(), 100_000);
		assert!(matches!(other, Err(Error::SizeMismatch { .. })), "{other:?}");
		store.remove(blob.hash()).unwrap();
		store.receive(blob.hash(), 100_000).unwrap().unwrap();
	}
}

#[test]
fn damaged_store_should_give_nothing_rather_than_a_lie() {
	let data = bytes(6, 200_000);
	let (folder, blob) = source(&data);
	flip(&folder.file(blob.hash(), "data"), 100_000);
	assert!(matches!(blob.encode(&(0..200_000)), Err(Error::Damaged(_))));
	blob.encode(&(0..GROUP_BYTES)).unwrap();
}

#[test]
fn import_should_replace_an_idle_part_and_end_one_that_arrives() {
	let data = bytes(7, 50_000);
	let (_from, blob) = source(&data);
	let (_to, store) = store();
	drop(receiver(&store, &data));
	store.put(&data).unwrap();
	assert!(store.list_partial().unwrap().is_empty());
	store.remove(blob.hash()).unwrap();

	let mut receiver = receiver(&store, &data);
	store.put(&data).unwrap();
	receiver.receive(&(0..50_000), &blob.encode(&(0..50_000)).unwrap()).unwrap();
	receiver.finish().unwrap();
	assert!(store.list_partial().unwrap().is_empty());
	assert_eq!(store.get(blob.hash()).unwrap().unwrap().to_vec().unwrap(), data);
}

#[test]
fn abandoned_part_should_go() {
	let (_to, store) = store();
	receiver(&store, &bytes(8, 50_000)).abandon().unwrap();
	assert_eq!(store.usage().unwrap(), Default::default());
}

/// How a sender lies.
#[derive(Clone, Debug)]
enum Lie {
	/// A byte becomes another, by this difference.
	Change(usize, u8),
	/// Bytes are cut off at this place.
	Cut(usize),
	/// Bytes come after the end.
	Append(Vec<u8>),
	/// A byte is left out, so that all that follow move.
	Leave(usize),
	/// The bytes of another range, by number.
	Other(usize),
	/// Anything.
	Garbage(Vec<u8>),
}

fn lies() -> impl Strategy<Value = Lie> {
	prop_oneof![
		4 => (any::<usize>(), 1..=255_u8).prop_map(|(at, by)| Lie::Change(at, by)),
		1 => any::<usize>().prop_map(Lie::Cut),
		1 => prop::collection::vec(any::<u8>(), 1..100).prop_map(Lie::Append),
		1 => any::<usize>().prop_map(Lie::Leave),
		1 => any::<usize>().prop_map(Lie::Other),
		1 => prop::collection::vec(any::<u8>(), 0..2000).prop_map(Lie::Garbage),
	]
}

proptest! {
	#![proptest_config(ProptestConfig {
		cases: 100,
		failure_persistence: None,
		..ProptestConfig::default()
	})]

	#[test]
	fn receiver_should_never_accept_a_changed_byte(
		length in prop_oneof![3 => 1..70_000_usize, 1 => 1_000_000..1_200_000_usize],
		seed: u64,
		which: usize,
		lies in prop::collection::vec(lies(), 1..12),
	) {
		let data = bytes(seed, length);
		let (_from, blob) = source(&data);
		let (folder, store) = store();
		let mut receiver = receiver(&store, &data);
		let groups = (length as u64).div_ceil(GROUP_BYTES);
		let range = |n: u64| {
			let first = n % groups;
			let last = first + 1 + (n / groups) % (groups - first).min(MAX_RANGE_BYTES / GROUP_BYTES);
			first * GROUP_BYTES..(last * GROUP_BYTES).min(length as u64)
		};
		let asked = range(which as u64);
		let honest = blob.encode(&asked).unwrap();
		for lie in lies {
			let mut encoded = honest.clone();
			match &lie {
				Lie::Change(at, by) => {
					let at = at % encoded.len();
					encoded[at] = encoded[at].wrapping_add(*by);
				},
				Lie::Cut(at) => encoded.truncate(at % encoded.len()),
				Lie::Append(more) => encoded.extend(more),
				Lie::Leave(at) => drop(encoded.remove(at % honest.len())),
				Lie::Other(number) => encoded = blob.encode(&range(*number as u64)).unwrap(),
				Lie::Garbage(garbage) => encoded = garbage.clone(),
			}
			prop_assume!(encoded != honest);
			let result = receiver.receive(&asked, &encoded);
			prop_assert!(matches!(result, Err(Error::Forged { .. })), "{lie:?}: {result:?}");
		}
		prop_assert_eq!(receiver.received_bytes(), 0);
		let part = folder.path().join("store/partial").join(hex::encode(blob.hash())).join("data");
		prop_assert!(fs::read(part).unwrap().iter().all(|byte| *byte == 0), "nothing is written");
		receiver.receive(&asked, &honest).unwrap();
		prop_assert_eq!(receiver.received_bytes(), asked.end - asked.start);
	}
}
