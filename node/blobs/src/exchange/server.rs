//! The side that serves: requests of peers, answered from a store.

use super::{
	message::{Reply, Request},
	pace::Pace,
};
use crate::store::{self, encoded_bytes, stored_bytes, Blob, Hash, Store};
use codec::Encode;
use parking_lot::Mutex;
use schnellru::{ByLength, LruMap};
use std::{
	collections::HashMap,
	fmt::Debug,
	hash::Hash as StdHash,
	ops::Range,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
	time::Duration,
};
use tokio::{sync::Semaphore, time::Instant};

/// Bytes that a request costs besides those of its reply, so that asking is not free.
const REQUEST_COST: u64 = 4 * 1024;

/// Peers whose pace is remembered. Of more, those that ask most seldom are forgotten; the total
/// pace holds for them all.
const PEERS: u32 = 1024;

/// What serving may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServeLimits {
	/// Bytes per second to all peers.
	pub rate: u64,
	/// Bytes per second to one peer.
	pub peer_rate: u64,
	/// Requests of all peers that wait or are being sent. They are the memory of serving: each may
	/// hold a reply of [`MAX_REPLY_BYTES`](super::MAX_REPLY_BYTES). One more is [`Reply::Busy`].
	pub requests: usize,
	/// The same of one peer.
	pub peer_requests: usize,
	/// Time that a request waits for its bytes to be due. One that would wait longer is
	/// [`Reply::Busy`].
	pub wait: Duration,
	/// Threads that read and encode at a time.
	pub readers: usize,
	/// Blobs that are kept open. The next one closes that which was asked for longest ago.
	pub open_blobs: u32,
	/// Time after which a blob that nobody asks for is closed, so that it can be evicted.
	pub open_time: Duration,
}

impl Default for ServeLimits {
	fn default() -> Self {
		ServeLimits::with_rate(32 << 20)
	}
}

impl ServeLimits {
	/// Limits with so many bytes per second to all, and half of them to one peer.
	pub fn with_rate(rate: u64) -> ServeLimits {
		ServeLimits {
			rate,
			peer_rate: rate / 2,
			requests: 32,
			peer_requests: 12,
			wait: Duration::from_secs(2),
			readers: 2,
			open_blobs: 8,
			open_time: Duration::from_secs(30),
		}
	}
}

/// What was served since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServeStats {
	/// Requests that were answered, whatever the answer, but for those that were put off.
	pub answered: u64,
	/// Bytes of ranges that were given, with their proofs.
	pub bytes: u64,
	/// Requests that were put off.
	pub busy: u64,
	/// Messages that were no request.
	pub malformed: u64,
}

/// The message is no request that an honest peer sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is no request for a blob")]
pub struct Malformed;

/// A reply. It takes one of the places for requests until it is dropped: keep it until it is sent,
/// so that a peer that reads slowly waits for itself.
pub struct Answer<P: Eq + StdHash> {
	/// The message.
	pub message: Vec<u8>,
	_place: Option<Place<P>>,
}

/// Answers the requests of peers. Clones share limits and counts.
#[derive(Clone)]
pub struct Server<P: Eq + StdHash>(Arc<Inner<P>>);

struct Inner<P: Eq + StdHash> {
	store: Store,
	limits: ServeLimits,
	readers: Semaphore,
	state: Mutex<State<P>>,
	open: Mutex<LruMap<Hash, (Arc<Blob>, Instant)>>,
	answered: AtomicU64,
	bytes: AtomicU64,
	busy: AtomicU64,
	malformed: AtomicU64,
}

struct State<P> {
	total: Pace,
	peers: LruMap<P, Pace>,
	places: HashMap<P, usize>,
	taken: usize,
}

impl<P: Clone + Debug + Eq + StdHash + Send + 'static> Server<P> {
	/// Serves from a store.
	pub fn new(store: Store, limits: ServeLimits) -> Server<P> {
		Server(Arc::new(Inner {
			store,
			readers: Semaphore::new(limits.readers),
			state: Mutex::new(State {
				total: Pace::new(limits.rate, Instant::now()),
				peers: LruMap::new(ByLength::new(PEERS)),
				places: HashMap::new(),
				taken: 0,
			}),
			open: Mutex::new(LruMap::new(ByLength::new(limits.open_blobs))),
			limits,
			answered: AtomicU64::new(0),
			bytes: AtomicU64::new(0),
			busy: AtomicU64::new(0),
			malformed: AtomicU64::new(0),
		}))
	}

	/// What was served since the start.
	pub fn stats(&self) -> ServeStats {
		let get = |count: &AtomicU64| count.load(Ordering::Relaxed);
		ServeStats {
			answered: get(&self.0.answered),
			bytes: get(&self.0.bytes),
			busy: get(&self.0.busy),
			malformed: get(&self.0.malformed),
		}
	}

	/// Closes blobs that nobody asked for in a while. Call it now and then.
	pub fn close_idle(&self) {
		let now = Instant::now();
		let mut open = self.0.open.lock();
		// The oldest first; one in use was asked for just now.
		while let Some((_, (_, asked))) = open.peek_oldest() {
			if now.saturating_duration_since(*asked) < self.0.limits.open_time {
				break;
			}
			open.pop_oldest();
		}
	}

	/// Answers a message of a peer. Needs a tokio runtime, on whose blocking threads files are read.
	///
	/// # Errors
	///
	/// [`Malformed`]: report the peer.
	pub async fn answer(&self, peer: &P, message: &[u8]) -> Result<Answer<P>, Malformed> {
		let (reply, place) = match Request::parse(message) {
			Some(request) => self.reply(peer, request).await,
			None => Err(Malformed),
		}
		.inspect_err(|_| {
			self.0.malformed.fetch_add(1, Ordering::Relaxed);
		})?;
		let count = match &reply {
			Reply::Busy { .. } => &self.0.busy,
			_ => &self.0.answered,
		};
		count.fetch_add(1, Ordering::Relaxed);
		if let Reply::Range(bytes) = &reply {
			self.0.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
		}
		Ok(Answer { message: reply.encode(), _place: place })
	}

	async fn reply(
		&self,
		peer: &P,
		request: Request,
	) -> Result<(Reply, Option<Place<P>>), Malformed> {
		let hash = match &request {
			Request::Have { hash } | Request::Range { hash, .. } => *hash,
		};
		let size = self.0.store.size(&hash);
		let cost = match (&request, size) {
			(Request::Range { start, end, .. }, Some(size)) => {
				let bytes = encoded_bytes(size, &(*start..*end)).map_err(|_| Malformed)?;
				bytes + self.opening_cost(&hash, size)
			},
			_ => 0,
		};
		let (place, delay) = match self.place(peer, cost + REQUEST_COST) {
			Ok(placed) => placed,
			Err(retry) => {
				let retry_ms = retry.as_millis().clamp(1, 60_000) as u32;
				return Ok((Reply::Busy { retry_ms }, None));
			},
		};
		if !delay.is_zero() {
			tokio::time::sleep(delay).await;
		}
		let reply = match (request, size) {
			(_, None) => Reply::NotHeld,
			(Request::Have { .. }, Some(size)) => Reply::Held { size },
			(Request::Range { hash, start, end }, Some(_)) => {
				self.read(hash, start..end).await.map_or(Reply::NotHeld, Reply::Range)
			},
		};
		Ok((reply, Some(place)))
	}

	/// Bytes that are read to open a blob, if it is not open.
	fn opening_cost(&self, hash: &Hash, size: u64) -> u64 {
		match self.0.open.lock().peek(hash) {
			Some(_) => 0,
			None => stored_bytes(size) - size,
		}
	}

	/// Takes a place and pays for bytes. Returns when they are due, or when to ask again.
	fn place(&self, peer: &P, bytes: u64) -> Result<(Place<P>, Duration), Duration> {
		let limits = &self.0.limits;
		let now = Instant::now();
		let mut state = self.0.state.lock();
		let pace = match state.peers.get(peer) {
			Some(pace) => *pace,
			None => Pace::new(limits.peer_rate, now),
		};
		let delay = pace.delay(now).max(state.total.delay(now));
		let mine = state.places.get(peer).copied().unwrap_or(0);
		if state.taken >= limits.requests || mine >= limits.peer_requests {
			return Err(delay.max(Duration::from_millis(100)));
		}
		if delay > limits.wait {
			return Err(delay);
		}
		let mut pace = pace;
		pace.take(bytes, now);
		state.total.take(bytes, now);
		state.peers.insert(peer.clone(), pace);
		state.taken += 1;
		state.places.insert(peer.clone(), mine + 1);
		Ok((Place { inner: self.0.clone(), peer: peer.clone() }, delay))
	}

	/// Reads and encodes a range. `None` if the blob went away or cannot be read.
	async fn read(&self, hash: Hash, range: Range<u64>) -> Option<Vec<u8>> {
		let _reader = self.0.readers.acquire().await.ok()?;
		let inner = self.0.clone();
		let read = tokio::task::spawn_blocking(move || {
			inner.open(&hash)?.map(|blob| blob.encode(&range)).transpose()
		});
		match read.await.ok()? {
			Ok(encoded) => encoded,
			Err(error) => {
				log::warn!("blob {} is not served: {error}", hex::encode(hash));
				self.0.open.lock().remove(&hash);
				None
			},
		}
	}
}

impl<P: Eq + StdHash> Inner<P> {
	/// The open blob. It is opened without the lock, so two may open it at once.
	fn open(&self, hash: &Hash) -> store::Result<Option<Arc<Blob>>> {
		let now = Instant::now();
		if let Some((blob, asked)) = self.open.lock().get(hash) {
			*asked = now;
			return Ok(Some(blob.clone()));
		}
		let Some(blob) = self.store.get(hash)?.map(Arc::new) else { return Ok(None) };
		self.open.lock().insert(*hash, (blob.clone(), now));
		Ok(Some(blob))
	}
}

/// A place for a request of a peer.
struct Place<P: Eq + StdHash> {
	inner: Arc<Inner<P>>,
	peer: P,
}

impl<P: Eq + StdHash> Drop for Place<P> {
	fn drop(&mut self) {
		let mut state = self.inner.state.lock();
		state.taken -= 1;
		let left = match state.places.get_mut(&self.peer) {
			Some(mine) => {
				*mine -= 1;
				*mine
			},
			None => return,
		};
		if left == 0 {
			state.places.remove(&self.peer);
		}
	}
}
