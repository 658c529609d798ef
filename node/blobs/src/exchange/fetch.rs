//! One fetch: from the first peer that is found to the last range that is verified.

use super::{
	fetcher::FetchLimits,
	message::{Reply, Request},
	peers::Peers,
	ranges::Ranges,
	status::{FetchError, State, Status, Wish},
	transport::{Misbehaviour, Transport, Unreachable},
};
use crate::store::{Error, Hash, Receiver, Store};
use codec::Encode;
use futures::{
	future::{pending, BoxFuture, FutureExt},
	stream::{BoxStream, FuturesUnordered, StreamExt},
};
use std::{
	ops::Range,
	sync::{
		atomic::{AtomicU64, Ordering},
		Arc,
	},
	time::Duration,
};
use tokio::{
	sync::watch,
	time::{sleep_until, timeout, Instant},
};

/// First time between two searches for peers. It doubles up to [`FetchLimits::search`].
const FIRST_SEARCH: Duration = Duration::from_secs(1);

/// A fetch that was begun.
pub(super) struct Job {
	pub(super) hash: Hash,
	pub(super) size: u64,
	/// How it is wanted; `None` once it is cancelled.
	pub(super) wish: watch::Receiver<Option<Wish>>,
	pub(super) status: watch::Sender<Status>,
	pub(super) counters: Arc<Counters>,
}

/// What all fetches did since the start.
#[derive(Debug, Default)]
pub(super) struct Counters {
	pub(super) bytes: AtomicU64,
	pub(super) forged: AtomicU64,
	pub(super) failed_requests: AtomicU64,
	pub(super) mirrored_bytes: AtomicU64,
	pub(super) mirrored: AtomicU64,
	pub(super) unmirrored: AtomicU64,
}

/// A request that has ended.
struct Ended<P> {
	peer: P,
	/// `None` if it asked whether the peer holds the blob.
	range: Option<Range<u64>>,
	after: Duration,
	reply: Result<Vec<u8>, Unreachable>,
}

/// Bytes that a peer sent.
struct Sent<P> {
	peer: P,
	range: Range<u64>,
	after: Duration,
	encoded: Vec<u8>,
}

/// What the store said of them.
struct Stored<P> {
	peer: P,
	range: Range<u64>,
	after: Duration,
	result: Result<(), Error>,
}

type Written<P> = Option<(Receiver, Vec<Stored<P>>)>;

struct Running<'a, T: Transport> {
	transport: &'a T,
	limits: &'a FetchLimits,
	job: &'a mut Job,
	peers: Peers<T::Peer>,
	ranges: Ranges<T::Peer>,
	requests: FuturesUnordered<BoxFuture<'static, Ended<T::Peer>>>,
	/// Ranges that were asked for and are not verified yet.
	open: usize,
	/// Bytes that wait to be verified.
	sent: Vec<Sent<T::Peer>>,
	/// None while it is written to.
	receiver: Option<Receiver>,
	writing: BoxFuture<'static, Written<T::Peer>>,
	search: Option<BoxStream<'static, Vec<T::Peer>>>,
	next_search: Instant,
	search_pause: Duration,
	/// When bytes were verified last.
	progress: Instant,
	/// Time without any after which it ends.
	patience: Duration,
	/// Another size that a holder named.
	other_size: Option<u64>,
}

/// Fetches a blob from peers. `at_first` is the time without a byte before there was any.
pub(super) async fn run<T: Transport>(
	transport: &T,
	store: Store,
	limits: &FetchLimits,
	at_first: Duration,
	job: &mut Job,
) -> Result<(), FetchError> {
	let (hash, size) = (job.hash, job.size);
	let receiver = blocking(move || store.receive(&hash, size)).await??;
	let Some(receiver) = receiver else { return Ok(()) };
	let received = receiver.received_bytes();
	job.status.send_modify(|status| {
		(status.state, status.received) = (State::Running, received);
	});
	let now = Instant::now();
	let mut running = Running {
		transport,
		limits,
		job,
		peers: Peers::new(limits.ranges),
		ranges: Ranges::new(receiver.missing(), limits.share_after),
		requests: FuturesUnordered::new(),
		open: 0,
		sent: Vec::new(),
		receiver: Some(receiver),
		writing: pending().boxed(),
		search: None,
		next_search: now,
		search_pause: FIRST_SEARCH,
		progress: now,
		patience: at_first,
		other_size: None,
	};
	let result = running.until_all_is_here().await;
	// A write that is under way is waited for, so that the part is free when the fetch is over.
	if running.receiver.is_none() {
		running.receiver = (&mut running.writing).await.map(|(receiver, _)| receiver);
	}
	result?;
	let Some(receiver) = running.receiver else { return Err(FetchError::Stopped) };
	blocking(move || receiver.finish()).await??;
	Ok(())
}

impl<T: Transport> Running<'_, T> {
	async fn until_all_is_here(&mut self) -> Result<(), FetchError> {
		while !self.ranges.is_empty() {
			let now = Instant::now();
			let wake = self.check_time(now)?;
			self.search(now);
			self.ask(now);
			self.write();
			let wake = [Some(wake), self.peers.next_ready(now), self.ranges.next_slow()]
				.into_iter()
				.flatten()
				// What is due and nobody is free for comes with a reply.
				.filter(|time| *time > now)
				.chain(self.search.is_none().then_some(self.next_search))
				.min()
				.unwrap_or(now + self.patience);
			tokio::select! {
				Some(ended) = self.requests.next() => self.ended(ended),
				written = &mut self.writing => self.written(written)?,
				found = next(&mut self.search) => self.found(found),
				changed = self.job.wish.changed() => {
					// The fetcher is gone.
					changed.map_err(|_| FetchError::Stopped)?;
				},
				() = sleep_until(wake) => (),
			}
			let holders = self.peers.holders();
			self.job.status.send_if_modified(|status| {
				std::mem::replace(&mut status.providers, holders) != holders
			});
		}
		Ok(())
	}

	/// Ends the fetch when it is cancelled or late. Else says when to look again.
	fn check_time(&self, now: Instant) -> Result<Instant, FetchError> {
		let wish = (*self.job.wish.borrow()).ok_or(FetchError::Cancelled)?;
		let (received, size) = (self.job.status.borrow().received, self.job.size);
		if wish.deadline.is_some_and(|deadline| deadline <= now) {
			return Err(FetchError::DeadlinePassed { received, size });
		}
		let quiet = now.saturating_duration_since(self.progress);
		if quiet >= self.patience {
			let nobody = self.peers.holders() == 0 && received == 0;
			return Err(match self.other_size {
				Some(said) if nobody => FetchError::OtherSize { said, wanted: size },
				_ if nobody => FetchError::NotFound { asked: self.peers.asked() },
				_ => FetchError::Stalled { received, size, quiet },
			});
		}
		let late = self.progress + self.patience;
		Ok(wish.deadline.map_or(late, |deadline| deadline.min(late)))
	}

	/// Looks for peers if it is time to.
	fn search(&mut self, now: Instant) {
		if self.search.is_none() && self.next_search <= now {
			self.search = Some(self.transport.find(self.job.hash));
		}
	}

	fn found(&mut self, found: Option<Vec<T::Peer>>) {
		let now = Instant::now();
		if let Some(found) = found {
			return self.peers.found(found, now);
		}
		self.search = None;
		self.next_search = now + self.search_pause;
		self.search_pause = (self.search_pause * 2).min(self.limits.search);
	}

	/// Sends as many requests as may be open.
	fn ask(&mut self, now: Instant) {
		while let Some(peer) = self.peers.next_to_ask(now) {
			self.send(peer, None, self.limits.have_timeout);
		}
		while self.open < self.limits.ranges {
			let Some(peer) = self.peers.next_holder(now) else { break };
			let Some(range) = self.ranges.take(&peer, now) else { break };
			self.peers.opened(&peer);
			self.open += 1;
			self.send(peer, Some(range), self.limits.range_timeout);
		}
	}

	fn send(&self, peer: T::Peer, range: Option<Range<u64>>, time: Duration) {
		let request = match &range {
			None => Request::Have { hash: self.job.hash },
			Some(range) => Request::range(self.job.hash, range),
		};
		let reply = self.transport.request(peer.clone(), request.encode());
		let begun = Instant::now();
		self.requests.push(
			async move {
				let reply = timeout(time, reply).await.unwrap_or(Err(Unreachable));
				Ended { peer, range, after: begun.elapsed(), reply }
			}
			.boxed(),
		);
	}

	fn ended(&mut self, ended: Ended<T::Peer>) {
		let Ended { peer, range, after, reply } = ended;
		let now = Instant::now();
		let reply = match reply {
			Ok(message) => Reply::parse(&message),
			Err(Unreachable) => {
				self.job.counters.failed_requests.fetch_add(1, Ordering::Relaxed);
				self.peers.failed(&peer, now);
				return self.give_back(&peer, range);
			},
		};
		match (reply, range) {
			(Some(Reply::Range(encoded)), Some(range)) => {
				// Another peer may have been faster.
				if self.ranges.replied(&peer, &range) {
					self.sent.push(Sent { peer, range, after, encoded });
				} else {
					self.close(&peer);
				}
			},
			(Some(Reply::Held { size }), None) if size == self.job.size => self.peers.holds(&peer),
			(Some(Reply::Held { size }), None) => {
				self.other_size = Some(size);
				self.peers.holds_not(&peer);
			},
			(Some(Reply::NotHeld), range) => {
				self.peers.holds_not(&peer);
				self.give_back(&peer, range);
			},
			(Some(Reply::Busy { retry_ms }), range) => {
				self.peers.is_busy(&peer, Duration::from_millis(retry_ms.into()), now);
				self.give_back(&peer, range);
			},
			(None | Some(Reply::Range(_) | Reply::Held { .. }), range) => {
				self.lied(&peer, Misbehaviour::Garbage);
				self.give_back(&peer, range);
			},
		}
	}

	/// A peer gave no bytes for a range.
	fn give_back(&mut self, peer: &T::Peer, range: Option<Range<u64>>) {
		if let Some(range) = range {
			self.ranges.failed(peer, &range);
			self.close(peer);
		}
	}

	fn close(&mut self, peer: &T::Peer) {
		self.open -= 1;
		self.peers.closed(peer);
	}

	fn lied(&mut self, peer: &T::Peer, misbehaviour: Misbehaviour) {
		if !self.peers.lied(peer) {
			return;
		}
		self.job.counters.forged.fetch_add(1, Ordering::Relaxed);
		let hash = hex::encode(self.job.hash);
		log::warn!("peer {peer:?} is dropped for blob {hash}: {misbehaviour:?}");
		self.transport.report(peer, misbehaviour);
	}

	/// Verifies and writes what was sent, on a thread that may wait for the disk.
	fn write(&mut self) {
		if self.sent.is_empty() {
			return;
		}
		let Some(mut receiver) = self.receiver.take() else { return };
		let sent = std::mem::take(&mut self.sent);
		self.writing = blocking(move || {
			let stored = sent.into_iter().map(|Sent { peer, range, after, encoded }| {
				let result = receiver.receive(&range, &encoded);
				Stored { peer, range, after, result }
			});
			let stored = stored.collect();
			(receiver, stored)
		})
		.map(Result::ok)
		.boxed();
	}

	fn written(&mut self, written: Written<T::Peer>) -> Result<(), FetchError> {
		self.writing = pending().boxed();
		let (receiver, stored) = written.ok_or(FetchError::Stopped)?;
		self.receiver = Some(receiver);
		let mut bytes = 0;
		for Stored { peer, range, after, result } in stored {
			self.close(&peer);
			self.ranges.verified(&range, result.is_ok());
			match result {
				Ok(()) => {
					bytes += range.end - range.start;
					self.peers.sent(&peer, after);
				},
				Err(Error::Forged { .. }) => self.lied(&peer, Misbehaviour::Forged),
				Err(error) => return Err(error.into()),
			}
		}
		if bytes > 0 {
			(self.progress, self.patience) = (Instant::now(), self.limits.patience);
			self.job.counters.bytes.fetch_add(bytes, Ordering::Relaxed);
			self.job.status.send_modify(|status| status.received += bytes);
		}
		Ok(())
	}
}

/// What the search finds next, `None` at its end.
async fn next<P>(search: &mut Option<BoxStream<'static, P>>) -> Option<P> {
	match search {
		Some(search) => search.next().await,
		None => pending().await,
	}
}

/// Runs what waits for the disk. It fails when the node stops.
pub(super) async fn blocking<R: Send + 'static>(
	work: impl FnOnce() -> R + Send + 'static,
) -> Result<R, FetchError> {
	tokio::task::spawn_blocking(work).await.map_err(|_| FetchError::Stopped)
}
