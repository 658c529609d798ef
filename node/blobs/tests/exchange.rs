//! Fetches from peers of every kind. Time passes when nothing else happens.

#![allow(clippy::unwrap_used)]

mod common;

use common::{
	bytes,
	exchange::{fetcher, new_store, run, Behaviour, Net},
	limits, Random,
};
use opg_blobs::{
	exchange::{
		FetchError, FetchLimits, Fetcher, Misbehaviour, Priority, Refused, ServeLimits, State, Wish,
	},
	store::{blob_hash, Error, Limits, Store},
};
use proptest::prelude::*;
use std::time::Duration;
use tokio::time::{sleep, Instant};

const MIB: usize = 1 << 20;

fn store_with(content: &[u8]) -> (common::Folder, Store) {
	let (folder, store) = new_store();
	store.put(content).unwrap();
	(folder, store)
}

/// Fetches 12 MiB and a bit from peers, the first of which is number 0. Returns how long it took.
async fn fetch_from(net: &Net, peers: &[Behaviour]) -> (Result<(), FetchError>, Duration) {
	let content = bytes(1, 12 * MIB + 5000);
	let (_folder, source) = store_with(&content);
	for (name, behaviour) in peers.iter().enumerate() {
		net.add(name as u32, &source, behaviour.clone());
	}
	let (folder, store) = new_store();
	let fetching = fetcher(&folder, net, FetchLimits::default());
	let hash = blob_hash(&content);
	let result = fetching.fetch(hash, content.len() as u64).await;
	match &result {
		Ok(()) => assert_eq!(store.get(&hash).unwrap().unwrap().to_vec().unwrap(), content),
		Err(_) => assert!(!store.contains(&hash)),
	}
	(result, fetching.begun.elapsed())
}

#[test]
fn blob_should_be_fetched_when_the_peer_is_honest() {
	run(async {
		let net = Net::default();
		let (result, time) = fetch_from(&net, &[Behaviour::Honest]).await;
		result.unwrap();
		assert!(time < Duration::from_secs(1), "{time:?}");
		assert_eq!(net.asked(0), 13);
		assert_eq!(net.reports(), []);
	});
}

#[test]
fn several_providers_should_all_send_when_all_hold_it() {
	run(async {
		let net = Net::default();
		let slow = Behaviour::Late(Duration::from_millis(100));
		fetch_from(&net, &[slow.clone(), slow.clone(), slow]).await.0.unwrap();
		for peer in 0..3 {
			assert!(net.asked(peer) >= 3, "{}", net.asked(peer));
			assert!(net.most_open(peer) <= 4);
		}
		assert!(net.most_open_of_all() <= FetchLimits::default().ranges);
	});
}

#[test]
fn liar_should_be_dropped_and_reported_when_another_is_honest() {
	for (behaviour, misbehaviour) in [
		(Behaviour::Corrupt, Misbehaviour::Forged),
		(Behaviour::Truncated, Misbehaviour::Forged),
		(Behaviour::Moved, Misbehaviour::Forged),
		(Behaviour::Garbage, Misbehaviour::Garbage),
	] {
		run(async {
			let net = Net::default();
			let peers = [behaviour.clone(), Behaviour::Late(Duration::from_millis(50))];
			let (result, time) = fetch_from(&net, &peers).await;
			result.unwrap();
			assert_eq!(net.reports(), [(0, misbehaviour)], "{behaviour:?}");
			assert_eq!(net.asked(0), 1, "{behaviour:?}");
			assert!(time < Duration::from_secs(3), "{behaviour:?} {time:?}");
		});
	}
}

#[test]
fn blob_should_stay_absent_when_all_lie() {
	run(async {
		let net = Net::default();
		let (result, time) = fetch_from(&net, &[Behaviour::Corrupt, Behaviour::Corrupt]).await;
		assert!(matches!(result, Err(FetchError::NotFound { asked: 2 })), "{result:?}");
		assert_eq!(time.as_secs(), FetchLimits::default().patience.as_secs());
		assert_eq!(net.reports().len(), 2);
	});
}

#[test]
fn blob_should_be_fetched_when_others_are_silent_or_slow_or_away() {
	for other in [
		Behaviour::Silent,
		Behaviour::Late(Duration::from_secs(15)),
		Behaviour::Late(Duration::from_secs(60)),
		Behaviour::Away,
		Behaviour::Vanishes(2),
		Behaviour::Busy,
		Behaviour::Boasts,
	] {
		run(async {
			let net = Net::default();
			let (result, time) = fetch_from(&net, &[other.clone(), Behaviour::Honest]).await;
			result.unwrap();
			assert_eq!(net.reports(), [], "{other:?}");
			assert!(time < Duration::from_secs(10), "{other:?} {time:?}");
		});
	}
}

#[test]
fn silent_crowd_should_not_stop_a_fetch_when_one_is_honest() {
	run(async {
		let net = Net::default();
		let mut peers = vec![Behaviour::Silent; 20];
		peers.push(Behaviour::Honest);
		let (result, time) = fetch_from(&net, &peers).await;
		result.unwrap();
		assert!(time < Duration::from_secs(200), "{time:?}");
	});
}

#[test]
fn fetch_should_end_in_words_when_nobody_sends() {
	run(async {
		let net = Net::default();
		let (result, _) = fetch_from(&net, &[Behaviour::Silent]).await;
		let Err(error @ FetchError::Stalled { .. }) = result else { panic!("{result:?}") };
		assert_eq!(
			error.to_string(),
			"no byte came for 120 s, 0 of 12587912 are here: try again later"
		);
		let net = Net::default();
		let (result, _) = fetch_from(&net, &[]).await;
		assert_eq!(
			result.unwrap_err().to_string(),
			"none of 0 peers holds it: see whether its publisher is online, and try again"
		);
		let (result, _) = fetch_from(&net, &[Behaviour::OtherSize(7)]).await;
		assert!(matches!(result, Err(FetchError::OtherSize { said: 7, .. })), "{result:?}");
	});
}

#[test]
fn fetch_should_go_on_when_the_only_provider_comes_back() {
	run(async {
		let content = bytes(1, 6 * MIB);
		let (_folder, source) = store_with(&content);
		let net = Net::default();
		net.add(0, &source, Behaviour::Vanishes(2));
		let (folder, store) = new_store();
		let fetching = fetcher(&folder, &net, FetchLimits::default());
		let hash = blob_hash(&content);
		let mut fetch =
			fetching.fetcher.fetch(hash, content.len() as u64, Wish::default()).unwrap();
		sleep(Duration::from_secs(60)).await;
		assert_eq!(fetch.status().received, 2 * MIB as u64);
		assert_eq!(fetch.status().providers, 0);
		net.set(0, Behaviour::Honest);
		fetch.finished().await.unwrap();
		assert!(store.contains(&hash));
	});
}

#[test]
fn fetch_should_go_on_where_it_was_when_the_node_starts_again() {
	run(async {
		let content = bytes(1, 8 * MIB);
		let (_folder, source) = store_with(&content);
		let net = Net::default();
		net.add(0, &source, Behaviour::Vanishes(5));
		let (folder, store) = new_store();
		let hash = blob_hash(&content);
		let fetching = fetcher(&folder, &net, FetchLimits::default());
		let mut fetch = fetching.fetcher.fetch(hash, 8 << 20, Wish::default()).unwrap();
		while fetch.status().received < 5 << 20 {
			fetch.changed().await;
		}
		fetching.task.abort();
		assert!(matches!(fetch.finished().await, Err(FetchError::Stopped)));
		assert_eq!(
			fetching.fetcher.fetch(hash, 8 << 20, Wish::default()).unwrap_err(),
			Refused::Stopped
		);

		let before = net.asked(0);
		net.set(0, Behaviour::Honest);
		let fetching = fetcher(&folder, &net, FetchLimits::default());
		fetching.fetch(hash, 8 << 20).await.unwrap();
		assert_eq!(net.asked(0) - before, 3);
		assert_eq!(store.get(&hash).unwrap().unwrap().to_vec().unwrap(), content);
	});
}

#[test]
fn fetch_should_end_when_it_is_cancelled_or_late() {
	run(async {
		let content = bytes(1, 8 * MIB);
		let (_folder, source) = store_with(&content);
		let net = Net::default();
		net.add(0, &source, Behaviour::Late(Duration::from_secs(3)));
		let (folder, _store) = new_store();
		let hash = blob_hash(&content);
		let fetching = fetcher(&folder, &net, FetchLimits::default());
		let begin = |wish| fetching.fetcher.fetch(hash, 8 << 20, wish).unwrap();

		let mut fetch = begin(Wish::default());
		sleep(Duration::from_secs(5)).await;
		assert!(fetching.fetcher.cancel(&hash));
		assert!(matches!(fetch.finished().await, Err(FetchError::Cancelled)));
		assert!(!fetching.fetcher.cancel(&hash));
		let status = fetching.fetcher.status(&hash).unwrap();
		assert!(matches!(status.state, State::Failed(FetchError::Cancelled)));
		assert_eq!(status.received, 1 << 20);

		let deadline = Some(Instant::now() + Duration::from_secs(5));
		let mut fetch = begin(Wish { deadline, ..Wish::default() });
		let error = fetch.finished().await.unwrap_err();
		assert_eq!(error.to_string(), "the deadline passed, 2097152 of 8388608 bytes are here");
		assert_eq!(Some(Instant::now()), deadline);
		assert_eq!(fetching.fetcher.stats().failed, 2);
	});
}

#[test]
fn fetches_should_wait_for_each_other_when_there_are_many() {
	run(async {
		let net = Net::default();
		let (folder, _store) = new_store();
		let limits = FetchLimits { running: 2, fetches: 4, ..FetchLimits::default() };
		let fetching = fetcher(&folder, &net, limits);
		let begin = |seed: u64, priority| {
			let wish = Wish { priority, deadline: None };
			fetching.fetcher.fetch(blob_hash(&bytes(seed, 10)), 10, wish)
		};
		let state =
			|seed: u64| fetching.fetcher.status(&blob_hash(&bytes(seed, 10))).unwrap().state;
		begin(1, Priority::Normal).unwrap();
		begin(2, Priority::Background).unwrap();
		begin(3, Priority::Normal).unwrap();
		sleep(Duration::from_secs(1)).await;
		// One place is for the urgent.
		assert!(matches!(state(1), State::Running));
		assert!(matches!(state(2), State::Waiting));
		assert!(matches!(state(3), State::Waiting));
		begin(4, Priority::Urgent).unwrap();
		sleep(Duration::from_secs(1)).await;
		assert!(matches!(state(4), State::Running));
		assert_eq!(begin(5, Priority::Urgent).unwrap_err(), Refused::TooManyFetches(4));
		// The same one again is not another one, and raises its priority.
		begin(3, Priority::Urgent).unwrap();
		assert!(fetching.fetcher.cancel(&blob_hash(&bytes(1, 10))));
		sleep(Duration::from_secs(1)).await;
		assert!(matches!(state(3), State::Running));
		assert!(matches!(state(2), State::Waiting));
		let stats = fetching.fetcher.stats();
		assert_eq!((stats.running, stats.waiting, stats.failed), (2, 1, 1));
	});
}

#[test]
fn fetch_should_be_refused_when_the_size_cannot_be() {
	let (_folder, store) = new_store();
	let fetcher = Fetcher::new(store, FetchLimits::default());
	let hash = blob_hash(b"x");
	fetcher.fetch(hash, 1, Wish::default()).unwrap();
	let error = fetcher.fetch(hash, 2, Wish::default()).unwrap_err();
	assert_eq!(error, Refused::OtherSize { under_way: 1, given: 2 });
	let error = fetcher.fetch(blob_hash(b"y"), u64::MAX, Wish::default()).unwrap_err();
	assert!(matches!(error, Refused::TooLong { .. }));
}

#[test]
fn fetch_should_end_with_the_stores_words_when_there_is_no_room() {
	run(async {
		let content = bytes(1, 2 * MIB);
		let (_folder, source) = store_with(&content);
		let net = Net::default();
		net.add(0, &source, Behaviour::Honest);
		let (folder, _) = new_store();
		let store = Store::open(folder.root(), Limits { quota: MIB as u64, ..limits() }).unwrap();
		let fetcher = Fetcher::new(store, FetchLimits::default());
		tokio::spawn(fetcher.clone().run(net));
		let mut fetch = fetcher.fetch(blob_hash(&content), 2 << 20, Wish::default()).unwrap();
		let Err(FetchError::Store(error)) = fetch.finished().await else { panic!() };
		assert!(matches!(*error, Error::QuotaExceeded { .. }), "{error}");
	});
}

#[test]
fn fetch_should_be_as_slow_as_the_provider_allows_when_it_limits_its_rate() {
	run(async {
		let content = bytes(1, 12 * MIB);
		let (_folder, source) = store_with(&content);
		let net = Net::default();
		let limits = ServeLimits { peer_rate: MIB as u64, ..ServeLimits::with_rate(4 << 20) };
		net.add_limited(0, &source, Behaviour::Honest, limits);
		let (folder, _store) = new_store();
		let fetching = fetcher(&folder, &net, FetchLimits::default());
		fetching.fetch(blob_hash(&content), 12 << 20).await.unwrap();
		let time = fetching.begun.elapsed();
		// The first second's bytes go at once, the last ones wait for nobody.
		assert!((Duration::from_secs(9)..Duration::from_secs(20)).contains(&time), "{time:?}");
		assert_eq!(fetching.fetcher.stats().failed_requests, 0);
	});
}

#[test]
fn blob_should_be_done_at_once_when_it_is_here() {
	run(async {
		let content = bytes(1, 100);
		let (folder, _store) = store_with(&content);
		let fetching = fetcher(&folder, &Net::default(), FetchLimits::default());
		fetching.fetch(blob_hash(&content), 100).await.unwrap();
		assert_eq!(fetching.begun.elapsed(), Duration::ZERO);
	});
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
	prop_oneof![
		Just(Behaviour::Honest),
		(0u64..40).prop_map(|time| Behaviour::Late(Duration::from_secs(time))),
		Just(Behaviour::Corrupt),
		Just(Behaviour::Truncated),
		Just(Behaviour::Moved),
		Just(Behaviour::Garbage),
		Just(Behaviour::Silent),
		Just(Behaviour::Away),
		(0usize..4).prop_map(Behaviour::Vanishes),
		Just(Behaviour::Busy),
		Just(Behaviour::Boasts),
		(0u64..10).prop_map(Behaviour::OtherSize),
	]
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(40))]

	#[test]
	fn fetched_blob_should_equal_its_name_or_be_absent_whoever_sends(
		length in 0usize..4 * MIB,
		peers in prop::collection::vec(behaviour(), 0..6),
		restart in prop::option::of(0u64..20),
		seed in any::<u64>(),
	) {
		run(async {
			let content = bytes(Random(seed).below(1 << 40), length);
			let (_folder, source) = store_with(&content);
			let net = Net::default();
			let honest = peers.iter().any(|peer| matches!(peer, Behaviour::Honest));
			for (name, behaviour) in peers.into_iter().enumerate() {
				net.add(name as u32, &source, behaviour);
			}
			let hash = blob_hash(&content);
			let (folder, store) = new_store();
			if let Some(time) = restart {
				let fetching = fetcher(&folder, &net, FetchLimits::default());
				let fetch = fetching.fetch(hash, length as u64);
				let _ = tokio::time::timeout(Duration::from_secs(time), fetch).await;
				fetching.task.abort();
				// A write that is under way keeps the part for a moment.
				let _ = fetching.task.await;
				while matches!(store.receive(&hash, length as u64), Err(Error::InUse { .. })) {
					tokio::task::spawn_blocking(std::thread::yield_now).await.unwrap();
				}
			}
			let fetching = fetcher(&folder, &net, FetchLimits::default());
			let result = fetching.fetch(hash, length as u64).await;
			if honest {
				result.clone().unwrap();
			}
			match result {
				Ok(()) => assert_eq!(store.get(&hash).unwrap().unwrap().to_vec().unwrap(), content),
				Err(_) => assert!(!store.contains(&hash)),
			}
		});
	}
}
