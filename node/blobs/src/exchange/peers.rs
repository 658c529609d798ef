//! Peers of a fetch: who holds the blob, how well each sends, and whom to ask next.

use std::{
	collections::{HashMap, HashSet},
	hash::Hash as StdHash,
	time::Duration,
};
use tokio::time::Instant;

/// Peers that are known of a blob at a time. What is found beyond is found again later.
const PEERS: usize = 64;

/// Peers that are remembered as liars, and as asked. A liar beyond is asked again when it is found.
const LIARS: usize = 1024;

/// Peers that are asked at a time whether they hold the blob.
const ASKING: usize = 8;

/// Ranges that a peer is asked for at a time, at most. It begins with one.
const WINDOW: usize = 4;

/// Failures in a row after which a peer is forgotten until it is found again.
const FAILURES: u32 = 4;

/// First wait after a failure. It doubles with each.
const BACK_OFF: Duration = Duration::from_secs(1);

/// Waits that a busy peer may ask for.
const BUSY: std::ops::RangeInclusive<Duration> =
	Duration::from_millis(50)..=Duration::from_secs(30);

/// Time of a reply from which on a peer is slow, and gets one range at a time.
const SLOW: Duration = Duration::from_secs(4);

#[derive(Debug)]
struct Peer {
	/// It said that it holds the blob. Before that it is to be asked.
	holds: bool,
	/// Whether it is being asked.
	is_asked: bool,
	/// Ranges that it was asked for and that are not verified yet.
	open: usize,
	window: usize,
	/// It sent a range that was verified.
	is_proven: bool,
	failures: u32,
	not_before: Instant,
}

/// Peers of a fetch.
#[derive(Debug)]
pub(super) struct Peers<P> {
	peers: HashMap<P, Peer>,
	liars: HashSet<P>,
	/// Peers that were asked whether they hold it, as far as they are counted.
	asked: HashSet<P>,
	/// Ranges that may be open at a time, with all peers.
	open: usize,
}

impl<P: Clone + Eq + StdHash> Peers<P> {
	pub(super) fn new(open: usize) -> Self {
		Peers { peers: HashMap::new(), liars: HashSet::new(), asked: HashSet::new(), open }
	}

	/// Takes peers that may hold the blob.
	pub(super) fn found(&mut self, found: Vec<P>, now: Instant) {
		for peer in found {
			if self.peers.len() >= PEERS {
				return;
			}
			if self.liars.contains(&peer) {
				continue;
			}
			self.peers.entry(peer).or_insert(Peer {
				holds: false,
				is_asked: false,
				open: 0,
				window: 1,
				is_proven: false,
				failures: 0,
				not_before: now,
			});
		}
	}

	/// Peers that hold the blob, as they say.
	pub(super) fn holders(&self) -> usize {
		self.peers.values().filter(|peer| peer.holds).count()
	}

	/// Peers that were asked whether they hold it.
	pub(super) fn asked(&self) -> usize {
		self.asked.len()
	}

	/// A peer to ask whether it holds the blob.
	pub(super) fn next_to_ask(&mut self, now: Instant) -> Option<P> {
		if self.peers.values().filter(|peer| peer.is_asked).count() >= ASKING {
			return None;
		}
		let (name, peer) = self
			.peers
			.iter_mut()
			.find(|(_, peer)| !peer.holds && !peer.is_asked && peer.not_before <= now)?;
		peer.is_asked = true;
		if self.asked.len() < LIARS {
			self.asked.insert(name.clone());
		}
		Some(name.clone())
	}

	/// A holder to ask for a range: the one with the least to do, of these one that has sent
	/// already. Peers that never sent anything get half of the ranges at most.
	pub(super) fn next_holder(&self, now: Instant) -> Option<P> {
		let open = |proven: bool| -> usize {
			let peers = self.peers.values().filter(|peer| peer.is_proven == proven);
			peers.map(|peer| peer.open).sum()
		};
		let (proven, others) = (open(true), open(false));
		if proven + others >= self.open {
			return None;
		}
		let strangers = others < self.open.div_ceil(2);
		let free = self.peers.iter().filter(|(_, peer)| {
			let welcome = peer.is_proven || strangers;
			peer.holds && peer.open < peer.window && peer.not_before <= now && welcome
		});
		// Among equals the map's order decides, which is another one for each fetch.
		free.min_by_key(|(_, peer)| (peer.open, !peer.is_proven, peer.failures))
			.map(|(name, _)| name.clone())
	}

	/// A range was asked for.
	pub(super) fn opened(&mut self, name: &P) {
		if let Some(peer) = self.peers.get_mut(name) {
			peer.open += 1;
		}
	}

	/// A range was verified, or will not come.
	pub(super) fn closed(&mut self, name: &P) {
		if let Some(peer) = self.peers.get_mut(name) {
			peer.open = peer.open.saturating_sub(1);
		}
	}

	/// It holds the blob.
	pub(super) fn holds(&mut self, name: &P) {
		if let Some(peer) = self.peers.get_mut(name) {
			(peer.holds, peer.is_asked, peer.failures) = (true, false, 0);
		}
	}

	/// It does not hold the blob, or not any more.
	pub(super) fn holds_not(&mut self, name: &P) {
		self.peers.remove(name);
	}

	/// A range from it was verified. It came after this time.
	pub(super) fn sent(&mut self, name: &P, after: Duration) {
		if let Some(peer) = self.peers.get_mut(name) {
			(peer.is_proven, peer.failures) = (true, 0);
			peer.window = if after < SLOW { (peer.window + 1).min(WINDOW) } else { 1 };
		}
	}

	/// It puts us off for this time.
	pub(super) fn is_busy(&mut self, name: &P, wait: Duration, now: Instant) {
		if let Some(peer) = self.peers.get_mut(name) {
			peer.is_asked = false;
			peer.not_before = now + wait.clamp(*BUSY.start(), *BUSY.end());
		}
	}

	/// It gave no reply, or none in time.
	pub(super) fn failed(&mut self, name: &P, now: Instant) {
		let Some(peer) = self.peers.get_mut(name) else { return };
		(peer.is_asked, peer.window) = (false, 1);
		// Of several that fail together, one counts.
		if peer.not_before > now {
			return;
		}
		peer.failures += 1;
		peer.not_before = now + BACK_OFF * 2u32.pow(peer.failures.min(6) - 1);
		if peer.failures >= FAILURES {
			self.peers.remove(name);
		}
	}

	/// It lied: never again for this blob. Says whether that is news.
	pub(super) fn lied(&mut self, name: &P) -> bool {
		let is_known = self.peers.remove(name).is_some();
		if self.liars.len() < LIARS {
			self.liars.insert(name.clone());
		}
		is_known
	}

	/// When the next peer is done waiting.
	pub(super) fn next_ready(&self, now: Instant) -> Option<Instant> {
		let waiting = self.peers.values().map(|peer| peer.not_before);
		waiting.filter(|time| *time > now).min()
	}
}
