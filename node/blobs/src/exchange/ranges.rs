//! Ranges of a blob that are still to come, and who was asked for them.

use std::{collections::VecDeque, ops::Range, time::Duration};
use tokio::time::Instant;

/// Peers that are asked for the same range at a time.
const HOLDERS: usize = 2;

/// A range that was asked for.
#[derive(Debug)]
struct Asked<P> {
	range: Range<u64>,
	/// Who was asked and has not replied.
	peers: Vec<P>,
	since: Instant,
	/// A reply is being verified.
	is_verified: bool,
}

/// What is missing of a blob.
#[derive(Debug)]
pub(super) struct Ranges<P> {
	waiting: VecDeque<Range<u64>>,
	asked: Vec<Asked<P>>,
	/// Time after which another peer is asked as well, if nothing else is left to ask for.
	patience: Duration,
}

impl<P: Clone + Eq> Ranges<P> {
	pub(super) fn new(missing: Vec<Range<u64>>, patience: Duration) -> Self {
		Ranges { waiting: missing.into(), asked: Vec::new(), patience }
	}

	/// Says whether all is here.
	pub(super) fn is_empty(&self) -> bool {
		self.waiting.is_empty() && self.asked.is_empty()
	}

	/// The next range to ask a peer for: one that nobody was asked for, else one that another is
	/// slow to send.
	pub(super) fn take(&mut self, peer: &P, now: Instant) -> Option<Range<u64>> {
		if let Some(range) = self.waiting.pop_front() {
			let peers = vec![peer.clone()];
			self.asked.push(Asked { range: range.clone(), peers, since: now, is_verified: false });
			return Some(range);
		}
		let slow = self.asked.iter_mut().filter(|asked| asked.is_slow(self.patience, now));
		let mine = |asked: &Asked<P>| asked.peers.contains(peer);
		let asked = slow.filter(|asked| !mine(asked)).min_by_key(|asked| asked.since)?;
		asked.peers.push(peer.clone());
		asked.since = now;
		Some(asked.range.clone())
	}

	/// When a range becomes one that another peer is asked for, if nothing else changes.
	pub(super) fn next_slow(&self) -> Option<Instant> {
		let open = self.asked.iter().filter(|asked| asked.may_be_shared());
		open.map(|asked| asked.since + self.patience).min()
	}

	/// A peer gave no bytes for a range. If nobody else was asked for it, it waits again.
	pub(super) fn failed(&mut self, peer: &P, range: &Range<u64>) {
		let Some(position) = self.asked.iter().position(|asked| asked.range == *range) else {
			return;
		};
		let asked = &mut self.asked[position];
		asked.peers.retain(|other| other != peer);
		if asked.peers.is_empty() && !asked.is_verified {
			let asked = self.asked.swap_remove(position);
			self.waiting.push_front(asked.range);
		}
	}

	/// A peer replied. Says whether its bytes are wanted: then [`Ranges::verified`] follows.
	pub(super) fn replied(&mut self, peer: &P, range: &Range<u64>) -> bool {
		let Some(asked) = self.asked.iter_mut().find(|asked| asked.range == *range) else {
			return false;
		};
		asked.peers.retain(|other| other != peer);
		!std::mem::replace(&mut asked.is_verified, true)
	}

	/// Bytes of a range were verified, and are stored or are forged.
	pub(super) fn verified(&mut self, range: &Range<u64>, is_stored: bool) {
		let Some(position) = self.asked.iter().position(|asked| asked.range == *range) else {
			return;
		};
		if is_stored {
			self.asked.swap_remove(position);
			return;
		}
		self.asked[position].is_verified = false;
		if self.asked[position].peers.is_empty() {
			let asked = self.asked.swap_remove(position);
			self.waiting.push_front(asked.range);
		}
	}
}

impl<P> Asked<P> {
	fn may_be_shared(&self) -> bool {
		!self.is_verified && self.peers.len() < HOLDERS
	}

	fn is_slow(&self, patience: Duration, now: Instant) -> bool {
		self.may_be_shared() && now.saturating_duration_since(self.since) >= patience
	}
}
