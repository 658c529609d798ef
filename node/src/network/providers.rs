//! The DHT: tells which blobs are here, and finds who has others. The key is the blob's name.

use futures::{
	channel::mpsc,
	stream::{BoxStream, StreamExt},
};
use opg_blobs::store::{self, Hash, Store};
use sc_network::{service::traits::NetworkService, DhtEvent, Event, KademliaKey, PeerId};
use std::{
	collections::{HashMap, HashSet},
	sync::Arc,
	time::Duration,
};
use tokio::time::{interval, sleep, Instant, MissedTickBehavior};

/// Blobs that are announced, pinned ones first. Of more, connected peers still learn when they ask.
/// Below the 10,000 keys that the network keeps.
const ANNOUNCED: usize = 1024;

/// Blobs that are announced at a time: each is a walk through the DHT.
const ANNOUNCED_AT_ONCE: usize = 8;

/// Time between two looks at what is here.
const LOOK: Duration = Duration::from_secs(15);

/// Time until an announcement that failed, as in a network of few nodes, is tried again. The
/// network renews those that did not by itself.
const RETRY: Duration = Duration::from_secs(600);

/// Searches that are under way. One more finds connected peers only.
const SEARCHES: usize = 64;

/// Time for a search.
const SEARCH_TIME: Duration = Duration::from_secs(20);

type Found = mpsc::Sender<Vec<PeerId>>;

/// Searches for providers.
#[derive(Clone)]
pub struct Search(mpsc::Sender<(Hash, Found)>);

impl Search {
	/// Those that say they have a blob. The stream ends when no more are found.
	pub fn providers(&self, hash: Hash) -> BoxStream<'static, Vec<PeerId>> {
		let (sender, found) = mpsc::channel(8);
		// With too many searches `sender` is dropped, and the stream ends at once.
		let _ = self.0.clone().try_send((hash, sender));
		found.take_until(sleep(SEARCH_TIME)).boxed()
	}
}

/// Task that talks to the DHT.
pub struct Providers {
	network: Arc<dyn NetworkService>,
	/// Its blobs are announced, if there is one.
	store: Option<Store>,
	/// What is announced, and when to do so again.
	announced: HashMap<Hash, Option<Instant>>,
	wanted: mpsc::Receiver<(Hash, Found)>,
	searches: HashMap<Hash, Vec<Found>>,
}

impl Providers {
	/// The task, and what asks it.
	pub fn new(network: Arc<dyn NetworkService>, store: Option<Store>) -> (Self, Search) {
		let (sender, wanted) = mpsc::channel(SEARCHES);
		let (announced, searches) = (HashMap::new(), HashMap::new());
		(Self { network, store, announced, wanted, searches }, Search(sender))
	}

	/// Runs until the network is gone.
	pub async fn run(mut self) {
		let mut events = self.network.event_stream("opg-blobs");
		let mut look = interval(LOOK);
		look.set_missed_tick_behavior(MissedTickBehavior::Delay);
		loop {
			tokio::select! {
				event = events.next() => match event {
					Some(Event::Dht(event)) => self.on_event(event),
					Some(_) => (),
					None => return,
				},
				Some((hash, found)) = self.wanted.next() => self.search(hash, found),
				_ = look.tick() => self.announce().await,
			}
		}
	}

	fn search(&mut self, hash: Hash, found: Found) {
		self.searches.retain(|_, waiting| {
			waiting.retain(|found| !found.is_closed());
			!waiting.is_empty()
		});
		if self.searches.len() >= SEARCHES {
			return;
		}
		let waiting = self.searches.entry(hash).or_default();
		waiting.push(found);
		if waiting.len() == 1 {
			self.network.get_providers(key(&hash));
		}
	}

	fn on_event(&mut self, event: DhtEvent) {
		match event {
			DhtEvent::ProvidersFound(key, peers) => {
				let waiting = hash(&key).and_then(|hash| self.searches.get_mut(&hash));
				for found in waiting.into_iter().flatten() {
					// What does not fit is more than is asked.
					let _ = found.try_send(peers.clone());
				}
			},
			DhtEvent::NoMoreProviders(key) | DhtEvent::ProvidersNotFound(key) => {
				if let Some(hash) = hash(&key) {
					self.searches.remove(&hash);
				}
			},
			DhtEvent::StartProvidingFailed(key) => {
				let announced = hash(&key).and_then(|hash| self.announced.get_mut(&hash));
				if let Some(again) = announced {
					*again = Some(Instant::now() + RETRY);
				}
			},
			_ => (),
		}
	}

	/// Announces what came since, and takes back what went.
	async fn announce(&mut self) {
		let Some(store) = self.store.clone() else { return };
		let held = match tokio::task::spawn_blocking(move || worth_announcing(&store)).await {
			Ok(Ok(held)) => held,
			Ok(Err(error)) => {
				log::warn!("blobs are not announced: {error}");
				return;
			},
			// The node stops.
			Err(_) => return,
		};
		for gone in difference(&mut self.announced, &held) {
			self.network.stop_providing(key(&gone));
		}
		let now = Instant::now();
		let due = held.into_iter().filter(|hash| match self.announced.get(hash) {
			None => true,
			Some(again) => again.is_some_and(|again| again <= now),
		});
		let due: Vec<Hash> = due.take(ANNOUNCED_AT_ONCE).collect();
		for hash in due {
			self.announced.insert(hash, None);
			self.network.start_providing(key(&hash));
		}
	}
}

/// Complete blobs, pinned ones first, at most [`ANNOUNCED`].
fn worth_announcing(store: &Store) -> store::Result<Vec<Hash>> {
	let pins = store.pins()?;
	let mut held = store.list()?;
	held.sort_by_key(|hash| !pins.contains_key(hash));
	held.truncate(ANNOUNCED);
	Ok(held)
}

/// Removes and returns what is not held any more.
fn difference(announced: &mut HashMap<Hash, Option<Instant>>, held: &[Hash]) -> Vec<Hash> {
	let held: HashSet<&Hash> = held.iter().collect();
	let gone: Vec<Hash> = announced.keys().filter(|hash| !held.contains(hash)).copied().collect();
	for hash in &gone {
		announced.remove(hash);
	}
	gone
}

fn key(hash: &Hash) -> KademliaKey {
	KademliaKey::new(hash)
}

/// The name in a key; others on the network use other keys.
fn hash(key: &KademliaKey) -> Option<Hash> {
	key.as_ref().try_into().ok()
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_blobs::store::Limits;

	#[test]
	fn pinned_blobs_should_be_announced_first_when_there_are_many() {
		let folder = tempfile::tempdir().expect("a folder");
		let limits = Limits { keep_free: 0, ..Limits::default() };
		let store = Store::open(folder.path(), limits).expect("it can be written");
		let hashes: Vec<Hash> =
			(0..20u8).map(|byte| store.put(&[byte]).expect("it fits")).collect();
		let last = hashes.iter().max().expect("there are some");
		store.pin(last, "served").expect("it can be pinned");
		let held = worth_announcing(&store).expect("it can be read");
		assert_eq!(held.len(), 20);
		assert_eq!(held[0], *last);
	}

	#[test]
	fn announcement_should_be_taken_back_when_the_blob_is_gone() {
		let mut announced: HashMap<Hash, Option<Instant>> =
			(1..4).map(|byte| ([byte; 32], None)).collect();
		let gone = difference(&mut announced, &[[1; 32], [3; 32], [4; 32]]);
		assert_eq!(gone, [[2; 32]]);
		assert_eq!(announced.len(), 2);
	}
}
