//! The side that serves: limits, and messages of any kind.

#![allow(clippy::unwrap_used)]

mod common;

use codec::Encode;
use common::{
	bytes,
	exchange::{new_store, run},
	flip,
};
use opg_blobs::{
	exchange::{
		Malformed, Reply, Request, ServeLimits, Server, MAX_REPLY_BYTES, MAX_REQUEST_BYTES,
	},
	store::{blob_hash, encoded_bytes, Hash, MAX_BLOB_BYTES, MAX_RANGE_BYTES},
};
use proptest::prelude::*;
use std::time::Duration;
use tokio::time::{sleep, Instant};

const MIB: u64 = 1 << 20;

async fn ask(server: &Server<u32>, peer: u32, request: Request) -> Reply {
	let answer = server.answer(&peer, &request.encode()).await.unwrap();
	assert!(answer.message.len() as u64 <= MAX_REPLY_BYTES);
	Reply::parse(&answer.message).unwrap()
}

fn range(hash: Hash, start: u64, end: u64) -> Request {
	Request::Range { hash, start, end }
}

#[test]
fn messages_should_have_these_bytes_when_they_are_of_version_1() {
	let hash = [7; 32];
	assert_eq!(Request::Have { hash }.encode(), [&[0], &hash[..]].concat());
	let asked = [&[1], &hash[..], &5u64.to_le_bytes(), &9u64.to_le_bytes()].concat();
	assert_eq!(asked.len() as u64, MAX_REQUEST_BYTES);
	assert_eq!(range(hash, 5, 9).encode(), asked);
	assert_eq!(Reply::NotHeld.encode(), [0]);
	assert_eq!(Reply::Held { size: 3 }.encode(), [1, 3, 0, 0, 0, 0, 0, 0, 0]);
	assert_eq!(Reply::Range(vec![1, 2]).encode(), [2, 8, 1, 2]);
	assert_eq!(Reply::Busy { retry_ms: 258 }.encode(), [3, 2, 1, 0, 0]);
}

#[test]
fn longest_reply_should_fit_when_the_blob_is_the_longest() {
	let longest = (0..MAX_BLOB_BYTES)
		.step_by(100 << 20)
		.map(|start| encoded_bytes(MAX_BLOB_BYTES, &(start..start + MAX_RANGE_BYTES)).unwrap())
		.max();
	assert!(longest.unwrap() + 5 <= MAX_REPLY_BYTES);
}

#[test]
fn server_should_say_what_it_holds_when_it_is_asked() {
	run(async {
		let (_folder, store) = new_store();
		let content = bytes(1, 3 << 20);
		let hash = store.put(&content).unwrap();
		let server = Server::new(store.clone(), ServeLimits::default());
		assert_eq!(ask(&server, 1, Request::Have { hash }).await, Reply::Held { size: 3 * MIB });
		let other = blob_hash(b"other");
		assert_eq!(ask(&server, 1, Request::Have { hash: other }).await, Reply::NotHeld);
		assert_eq!(ask(&server, 1, range(other, 0, MIB)).await, Reply::NotHeld);
		let encoded = store.get(&hash).unwrap().unwrap().encode(&(MIB..2 * MIB)).unwrap();
		let given = encoded.len() as u64;
		assert_eq!(ask(&server, 1, range(hash, MIB, 2 * MIB)).await, Reply::Range(encoded));
		let counts = server.clone().stats();
		assert_eq!((counts.answered, counts.bytes, counts.busy), (4, given, 0));
	});
}

#[test]
fn peer_should_be_told_off_when_its_range_cannot_be() {
	run(async {
		let (_folder, store) = new_store();
		let hash = store.put(&bytes(1, 3 << 20)).unwrap();
		let server = Server::new(store, ServeLimits::default());
		for (start, end) in [(0, 3 * MIB), (1, MIB), (MIB, 0), (u64::MAX, 0), (0, u64::MAX), (0, 0)]
		{
			let result = server.answer(&1, &range(hash, start, end).encode()).await;
			assert_eq!(result.err(), Some(Malformed), "{start} {end}");
		}
		assert_eq!(server.stats().malformed, 6);
	});
}

#[test]
fn damaged_blob_should_not_be_served_when_it_is_read() {
	run(async {
		let (folder, store) = new_store();
		let hash = store.put(&bytes(1, 3 << 20)).unwrap();
		flip(&folder.file(&hash, "data"), 100);
		let server = Server::new(store, ServeLimits::default());
		assert_eq!(ask(&server, 1, range(hash, 0, MIB)).await, Reply::NotHeld);
		assert!(matches!(ask(&server, 1, range(hash, MIB, 2 * MIB)).await, Reply::Range(_)));
	});
}

#[test]
fn blob_should_be_closed_when_nobody_asks_for_it() {
	run(async {
		let (_folder, store) = new_store();
		let hash = store.put(&bytes(1, 3 << 20)).unwrap();
		let server = Server::new(store.clone(), ServeLimits::default());
		ask(&server, 1, range(hash, 0, MIB)).await;
		server.close_idle();
		store.remove(&hash).unwrap_err();
		sleep(ServeLimits::default().open_time).await;
		server.close_idle();
		store.remove(&hash).unwrap();
		assert_eq!(ask(&server, 1, range(hash, 0, MIB)).await, Reply::NotHeld);
	});
}

#[test]
fn peer_should_wait_or_come_again_when_its_rate_is_used() {
	run(async {
		let (_folder, store) = new_store();
		let hash = store.put(&bytes(1, 1 << 20)).unwrap();
		let server = Server::new(store, ServeLimits::with_rate(2 * MIB));
		let begun = Instant::now();
		let mut replies = 0;
		while begun.elapsed() < Duration::from_secs(60) {
			match ask(&server, 1, range(hash, 0, MIB)).await {
				Reply::Range(_) => replies += 1,
				Reply::Busy { retry_ms } => sleep(Duration::from_millis(retry_ms.into())).await,
				other => panic!("{other:?}"),
			}
		}
		// A MiB per second, and the first second's.
		assert!((59..=62).contains(&replies), "{replies}");
		// Another peer has the other half.
		let begun = Instant::now();
		assert!(matches!(ask(&server, 2, range(hash, 0, MIB)).await, Reply::Range(_)));
		assert!(begun.elapsed() < Duration::from_secs(1));
	});
}

#[test]
fn all_peers_should_share_the_rate_when_there_are_many() {
	run(async {
		let (_folder, store) = new_store();
		let hash = store.put(&bytes(1, 1 << 20)).unwrap();
		let server = Server::new(store, ServeLimits::with_rate(2 * MIB));
		let begun = Instant::now();
		let mut replies = 0;
		for peer in (0..100_000).cycle() {
			match ask(&server, peer, range(hash, 0, MIB)).await {
				Reply::Range(_) => replies += 1,
				Reply::Busy { retry_ms } => sleep(Duration::from_millis(retry_ms.into())).await,
				other => panic!("{other:?}"),
			}
			if begun.elapsed() >= Duration::from_secs(30) {
				break;
			}
		}
		assert!((58..=64).contains(&replies), "{replies}");
	});
}

#[test]
fn request_should_be_put_off_when_the_peer_has_not_read_the_last_ones() {
	run(async {
		let (_folder, store) = new_store();
		let hash = store.put(&bytes(1, 1 << 20)).unwrap();
		let limits = ServeLimits { requests: 6, peer_requests: 4, ..ServeLimits::default() };
		let server = Server::new(store, limits);
		let request = Request::Have { hash }.encode();
		let mut unread = Vec::new();
		for _ in 0..4 {
			unread.push(server.answer(&1, &request).await.unwrap());
		}
		assert!(matches!(ask(&server, 1, Request::Have { hash }).await, Reply::Busy { .. }));
		for _ in 0..2 {
			unread.push(server.answer(&2, &request).await.unwrap());
		}
		assert!(matches!(ask(&server, 3, Request::Have { hash }).await, Reply::Busy { .. }));
		unread.clear();
		assert!(matches!(ask(&server, 1, Request::Have { hash }).await, Reply::Held { .. }));
		let counts = server.stats();
		assert_eq!((counts.answered, counts.busy), (7, 2));
	});
}

proptest! {
	// Each makes a store.
	#![proptest_config(ProptestConfig::with_cases(64))]

	#[test]
	fn server_should_answer_or_refuse_when_the_message_is_anything(
		message in prop::collection::vec(any::<u8>(), 0..100),
	) {
		run(async {
			let (_folder, store) = new_store();
			let server = Server::new(store, ServeLimits::default());
			let answered = server.answer(&1, &message).await.is_ok();
			prop_assert_eq!(answered, Request::parse(&message).is_some());
			Ok(())
		})?;
	}

	#[test]
	fn range_should_be_given_or_refused_when_it_is_any(
		start in prop_oneof![0..2_000_000u64, any::<u64>()],
		length in prop_oneof![0..2_000_000u64, any::<u64>()],
		whole in any::<bool>(),
	) {
		run(async {
			let (_folder, store) = new_store();
			let hash = store.put(&bytes(1, 1_500_000)).unwrap();
			let server = Server::new(store, ServeLimits::default());
			let start = if whole { start & !0x3fff } else { start };
			let end = start.wrapping_add(if whole { length & !0x3fff } else { length });
			let given = server.answer(&1, &range(hash, start, end).encode()).await;
			let allowed = encoded_bytes(1_500_000, &(start..end)).is_ok();
			prop_assert_eq!(given.is_ok(), allowed);
			Ok(())
		})?;
	}

	#[test]
	fn reply_should_be_one_or_none_when_the_message_is_anything(
		message in prop::collection::vec(any::<u8>(), 0..100),
	) {
		if let Some(reply) = Reply::parse(&message) {
			prop_assert_eq!(reply.encode(), message);
		}
	}
}
