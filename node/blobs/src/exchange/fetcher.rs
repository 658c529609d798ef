//! All fetches of a node: which run, which wait, and what became of them.

use super::{
	fetch::{self, Counters, Job},
	mirrors::{MirrorLimits, Mirrored, Mirrors},
	status::{Fetch, FetchError, Priority, Refused, State, Status, Wish},
	transport::Transport,
};
use crate::store::{Hash, Store};
use futures::stream::{FuturesUnordered, StreamExt};
use parking_lot::Mutex;
use std::{
	cmp::Reverse,
	collections::{HashMap, VecDeque},
	sync::{atomic::Ordering, Arc},
	time::Duration,
};
use tokio::{
	sync::{watch, Notify},
	time::{sleep_until, Instant},
};

/// Fetches whose end is remembered. Of more, the oldest are forgotten.
const REMEMBERED: usize = 256;

/// What fetching may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
	/// Fetches that run at a time, at least 2. One of them is for [`Priority::Urgent`] only.
	pub running: usize,
	/// Fetches that run or wait. One more is [`Refused::TooManyFetches`].
	pub fetches: usize,
	/// Ranges of a fetch that are asked for or wait to be verified, each of at most
	/// [`MAX_RANGE_BYTES`](crate::store::MAX_RANGE_BYTES): the memory of a fetch.
	pub ranges: usize,
	/// Time without any byte after which a fetch fails.
	pub patience: Duration,
	/// Most time between two searches for peers.
	pub search: Duration,
	/// Time for a peer to say whether it holds a blob.
	pub have_timeout: Duration,
	/// Time for a peer to send a range.
	pub range_timeout: Duration,
	/// Time after which another peer is asked for the same range, when no others are left.
	pub share_after: Duration,
	/// The same of mirrors.
	pub mirrors: MirrorLimits,
}

impl Default for FetchLimits {
	fn default() -> Self {
		FetchLimits {
			running: 4,
			fetches: 256,
			ranges: 8,
			patience: Duration::from_secs(120),
			search: Duration::from_secs(30),
			have_timeout: Duration::from_secs(10),
			range_timeout: Duration::from_secs(20),
			share_after: Duration::from_secs(2),
			mirrors: MirrorLimits::default(),
		}
	}
}

/// What was fetched since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FetchStats {
	/// Fetches that run.
	pub running: usize,
	/// Fetches that wait for others to end.
	pub waiting: usize,
	/// Fetches that ended with the blob.
	pub done: u64,
	/// Fetches that ended without, those that were cancelled included.
	pub failed: u64,
	/// Bytes that were verified and stored.
	pub bytes: u64,
	/// Times that a peer sent forged bytes or garbage.
	pub forged: u64,
	/// Requests that had no reply, or none in time.
	pub failed_requests: u64,
	/// Bytes that mirrors sent.
	pub mirrored_bytes: u64,
	/// Blobs that a mirror gave whole.
	pub mirrored: u64,
	/// Times that a mirror did not give a blob.
	pub unmirrored: u64,
}

/// Brings blobs into a store. Clones are cheap and are the same fetcher.
#[derive(Clone, Debug)]
pub struct Fetcher(Arc<Inner>);

#[derive(Debug)]
struct Inner {
	store: Store,
	limits: FetchLimits,
	state: Mutex<Fetches>,
	/// Something was wished for or given up.
	changed: Notify,
	counters: Arc<Counters>,
	mirrors: Option<Mirrored>,
}

#[derive(Debug, Default)]
struct Fetches {
	fetches: HashMap<Hash, Begun>,
	ended: VecDeque<Status>,
	/// Number of the next fetch.
	next: u64,
	done: u64,
	failed: u64,
	is_stopped: bool,
}

/// A fetch that waits or runs.
#[derive(Debug)]
struct Begun {
	number: u64,
	is_running: bool,
	wish: watch::Sender<Option<Wish>>,
	status: watch::Sender<Status>,
}

impl Fetcher {
	/// A fetcher into this store. It fetches while [`Fetcher::run`] runs.
	pub fn new(store: Store, limits: FetchLimits) -> Fetcher {
		Self::of(store, limits, None)
	}

	/// The same with mirrors, which are asked for what peers do not have.
	pub fn with_mirrors(store: Store, limits: FetchLimits, mirrors: Arc<dyn Mirrors>) -> Fetcher {
		Self::of(store, limits, Some(Mirrored::new(mirrors, limits.mirrors)))
	}

	fn of(store: Store, limits: FetchLimits, mirrors: Option<Mirrored>) -> Fetcher {
		let limits = FetchLimits { running: limits.running.max(2), ..limits };
		Fetcher(Arc::new(Inner {
			store,
			limits,
			state: Mutex::default(),
			changed: Notify::new(),
			counters: Arc::default(),
			mirrors,
		}))
	}

	/// The store that blobs come into.
	pub fn store(&self) -> &Store {
		&self.0.store
	}

	/// Begins to fetch a blob, or joins the fetch of it that is under way, whose priority and
	/// deadline only grow. The size must come from somebody trusted, as the chain. A blob that is
	/// here is done at once.
	///
	/// # Errors
	///
	/// [`Refused`], at once. What goes wrong later is in the [`Fetch`].
	pub fn fetch(&self, hash: Hash, size: u64, wish: Wish) -> Result<Fetch, Refused> {
		let limit = self.store().limits().blob_bytes;
		if size > limit {
			return Err(Refused::TooLong { size, limit });
		}
		let is_here = self.store().contains(&hash);
		let mut fetches = self.0.state.lock();
		if fetches.is_stopped {
			return Err(Refused::Stopped);
		}
		if let Some(begun) = fetches.fetches.get(&hash) {
			let under_way = begun.status.borrow().size;
			if under_way != size {
				return Err(Refused::OtherSize { under_way, given: size });
			}
			// One that was cancelled is wished for again before its end.
			let wish = begun.wish.borrow().map_or(wish, |before| before.and(wish));
			begun.wish.send_replace(Some(wish));
			begun.status.send_modify(|status| status.wish = wish);
			let fetch = Fetch(begun.status.subscribe());
			self.0.changed.notify_one();
			return Ok(fetch);
		}
		let mut status =
			Status { hash, size, received: 0, providers: 0, wish, state: State::Waiting };
		if is_here {
			(status.received, status.state) = (size, State::Done);
			return Ok(Fetch(watch::Sender::new(status).subscribe()));
		}
		if fetches.fetches.len() >= self.0.limits.fetches {
			return Err(Refused::TooManyFetches(fetches.fetches.len()));
		}
		let status = watch::Sender::new(status);
		let fetch = Fetch(status.subscribe());
		let number = fetches.next;
		fetches.next += 1;
		let wish = watch::Sender::new(Some(wish));
		fetches.fetches.insert(hash, Begun { number, is_running: false, wish, status });
		self.0.changed.notify_one();
		Ok(fetch)
	}

	/// Cancels the fetch of a blob, whoever wished for it. What arrived stays. Says whether there
	/// was one.
	pub fn cancel(&self, hash: &Hash) -> bool {
		let fetches = self.0.state.lock();
		let Some(begun) = fetches.fetches.get(hash) else { return false };
		begun.wish.send_replace(None);
		self.0.changed.notify_one();
		true
	}

	/// How far the fetch of a blob is, or how the last one ended. `None` if there was none, or so
	/// long ago that others have ended since.
	pub fn status(&self, hash: &Hash) -> Option<Status> {
		let fetches = self.0.state.lock();
		if let Some(begun) = fetches.fetches.get(hash) {
			return Some(begun.status.borrow().clone());
		}
		fetches.ended.iter().rev().find(|status| status.hash == *hash).cloned()
	}

	/// The handle of the fetch of a blob that waits or runs.
	pub fn join(&self, hash: &Hash) -> Option<Fetch> {
		self.0.state.lock().fetches.get(hash).map(|begun| Fetch(begun.status.subscribe()))
	}

	/// All fetches that wait or run, the next one first, and then those that ended, the last one
	/// first.
	pub fn list(&self) -> Vec<Status> {
		let fetches = self.0.state.lock();
		let mut begun: Vec<&Begun> = fetches.fetches.values().collect();
		begun.sort_by_key(|begun| (!begun.is_running, begun.turn()));
		let begun = begun.into_iter().map(|begun| begun.status.borrow().clone());
		begun.chain(fetches.ended.iter().rev().cloned()).collect()
	}

	/// What was fetched since the start.
	pub fn stats(&self) -> FetchStats {
		let fetches = self.0.state.lock();
		let running = fetches.running();
		let counters = &self.0.counters;
		FetchStats {
			running,
			waiting: fetches.fetches.len() - running,
			done: fetches.done,
			failed: fetches.failed,
			bytes: counters.bytes.load(Ordering::Relaxed),
			forged: counters.forged.load(Ordering::Relaxed),
			failed_requests: counters.failed_requests.load(Ordering::Relaxed),
			mirrored_bytes: counters.mirrored_bytes.load(Ordering::Relaxed),
			mirrored: counters.mirrored.load(Ordering::Relaxed),
			unmirrored: counters.unmirrored.load(Ordering::Relaxed),
		}
	}

	/// Fetches over a network, for ever. Needs a tokio runtime, on whose blocking threads files are
	/// written. Whoever drops the future stops all fetches.
	pub async fn run<T: Transport>(self, transport: T) {
		let _stopped = Stopped(self.clone());
		let mut running = FuturesUnordered::new();
		loop {
			let next = loop {
				match self.next() {
					Turn::Run(mut job) => {
						let (transport, inner) = (&transport, &self.0);
						running.push(async move {
							let result = inner.fetch(transport, &mut job).await;
							(job.hash, result)
						});
					},
					Turn::Wait(next) => break next,
				}
			};
			let late = async {
				match next {
					Some(deadline) => sleep_until(deadline).await,
					None => futures::future::pending().await,
				}
			};
			tokio::select! {
				Some((hash, result)) = running.next() => self.end(&hash, result),
				() = self.0.changed.notified() => (),
				() = late => (),
			}
		}
	}

	/// The next fetch to run, after those that are cancelled or late have ended.
	fn next(&self) -> Turn {
		let now = Instant::now();
		let waiting: Vec<(Hash, FetchError)> = {
			let fetches = self.0.state.lock();
			let waiting = fetches.fetches.iter().filter(|(_, begun)| !begun.is_running);
			waiting.filter_map(|(hash, begun)| Some((*hash, begun.failure(now)?))).collect()
		};
		for (hash, error) in waiting {
			self.end(&hash, Err(error));
		}
		let mut fetches = self.0.state.lock();
		let free = self.0.limits.running.saturating_sub(fetches.running());
		let waiting = fetches.fetches.iter_mut().filter(|(_, begun)| !begun.is_running);
		let next = waiting.min_by_key(|(_, begun)| begun.turn());
		if let Some((hash, begun)) = next {
			let is_urgent = begun.priority() == Priority::Urgent;
			if free > 1 || (free == 1 && is_urgent) {
				begun.is_running = true;
				return Turn::Run(Job {
					hash: *hash,
					size: begun.status.borrow().size,
					wish: begun.wish.subscribe(),
					status: begun.status.clone(),
					counters: self.0.counters.clone(),
				});
			}
		}
		let waiting = fetches.fetches.values().filter(|begun| !begun.is_running);
		Turn::Wait(waiting.filter_map(Begun::deadline).min())
	}

	/// Takes a fetch off.
	fn end(&self, hash: &Hash, result: Result<(), FetchError>) {
		let mut fetches = self.0.state.lock();
		let Some(begun) = fetches.fetches.remove(hash) else { return };
		begun.status.send_modify(|status| match result {
			Ok(()) => (status.received, status.state) = (status.size, State::Done),
			Err(error) => status.state = State::Failed(error),
		});
		let status = begun.status.borrow().clone();
		let name = hex::encode(hash);
		match &status.state {
			State::Failed(error) => {
				fetches.failed += 1;
				// Whoever set a deadline or cancels knows what it means.
				let level = match error {
					FetchError::DeadlinePassed { .. } | FetchError::Cancelled => log::Level::Debug,
					_ => log::Level::Warn,
				};
				log::log!(level, "blob {name} is not fetched: {error}");
			},
			_ => {
				fetches.done += 1;
				log::info!("blob {name} is fetched: {} bytes", status.size);
			},
		}
		if fetches.ended.len() >= REMEMBERED {
			fetches.ended.pop_front();
		}
		fetches.ended.push_back(status);
	}
}

impl Inner {
	/// Fetches a blob from peers. If nobody has it, or nothing comes, from a mirror; if none has it
	/// either, peers have the rest of the time.
	async fn fetch<T: Transport>(&self, transport: &T, job: &mut Job) -> Result<(), FetchError> {
		let limits = &self.limits;
		if let Some(mirrors) = &self.mirrors {
			let at_first = limits.mirrors.after.min(limits.patience);
			match fetch::run(transport, self.store.clone(), limits, at_first, job).await {
				Err(
					FetchError::NotFound { .. }
					| FetchError::OtherSize { .. }
					| FetchError::Stalled { .. },
				) => (),
				other => return other,
			}
			if mirrors.fetch(&self.store, job).await? {
				return Ok(());
			}
		}
		fetch::run(transport, self.store.clone(), limits, limits.patience, job).await
	}
}

enum Turn {
	Run(Job),
	/// Nothing to run before this time.
	Wait(Option<Instant>),
}

/// Ends all fetches when nobody runs them any more.
struct Stopped(Fetcher);

impl Drop for Stopped {
	fn drop(&mut self) {
		let hashes: Vec<Hash> = {
			let mut fetches = self.0 .0.state.lock();
			fetches.is_stopped = true;
			fetches.fetches.keys().copied().collect()
		};
		for hash in hashes {
			self.0.end(&hash, Err(FetchError::Stopped));
		}
	}
}

impl Fetches {
	fn running(&self) -> usize {
		self.fetches.values().filter(|begun| begun.is_running).count()
	}
}

impl Begun {
	fn priority(&self) -> Priority {
		self.wish.borrow().map(|wish| wish.priority).unwrap_or_default()
	}

	fn deadline(&self) -> Option<Instant> {
		self.wish.borrow().and_then(|wish| wish.deadline)
	}

	/// What sorts the next one first.
	fn turn(&self) -> (Reverse<Priority>, u64) {
		(Reverse(self.priority()), self.number)
	}

	/// Why it ends before it ran.
	fn failure(&self, now: Instant) -> Option<FetchError> {
		match *self.wish.borrow() {
			None => Some(FetchError::Cancelled),
			Some(wish) => wish.deadline.filter(|deadline| *deadline <= now).map(|_| {
				FetchError::DeadlinePassed { received: 0, size: self.status.borrow().size }
			}),
		}
	}
}
