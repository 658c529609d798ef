//! Whether a validator is too far behind to make blocks. The sync service asks the peers: it believes the
//! median of the heights that they name. A majority of false heights would keep a validator from its slots.
//! So a node that has a block of just now is not behind, whatever peers say.

use sp_consensus::SyncOracle;
use sp_consensus_babe::Slot;
use std::sync::Arc;

/// Slots by which the best block of a node that follows the chain may be old.
const RECENT_SLOTS: u64 = 10;

/// Gives a slot, where there is one.
type SlotOf = Arc<dyn Fn() -> Option<Slot> + Send + Sync>;

/// Judgement of the sync service, unless the node's own best block contradicts it.
#[derive(Clone)]
pub struct Tip<S> {
	sync: S,
	/// Slot of the best block.
	best: SlotOf,
	/// Slot of now.
	now: SlotOf,
}

impl<S> Tip<S> {
	/// Believes `sync` while the slot of the best block is long before that of now.
	pub fn new(
		sync: S,
		best: impl Fn() -> Option<Slot> + Send + Sync + 'static,
		now: impl Fn() -> Option<Slot> + Send + Sync + 'static,
	) -> Self {
		Self { sync, best: Arc::new(best), now: Arc::new(now) }
	}

	fn is_recent(&self) -> bool {
		let slots = (self.best)().zip((self.now)());
		slots.is_some_and(|(best, now)| now.saturating_sub(*best) <= RECENT_SLOTS)
	}
}

impl<S: SyncOracle> SyncOracle for Tip<S> {
	fn is_major_syncing(&self) -> bool {
		self.sync.is_major_syncing() && !self.is_recent()
	}

	fn is_offline(&self) -> bool {
		self.sync.is_offline()
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	/// Peers that say that the node is behind, or that it is not.
	#[derive(Clone)]
	struct Peers(bool);

	impl SyncOracle for Peers {
		fn is_major_syncing(&self) -> bool {
			self.0
		}

		fn is_offline(&self) -> bool {
			false
		}
	}

	fn is_behind(peers: bool, best: Option<u64>) -> bool {
		let tip = Tip::new(Peers(peers), move || best.map(Slot::from), || Some(Slot::from(100)));
		tip.is_major_syncing()
	}

	#[test]
	fn node_should_be_behind_when_peers_say_so_and_its_best_block_is_old() {
		assert!(is_behind(true, Some(100 - RECENT_SLOTS - 1)));
		assert!(is_behind(true, None), "it has no block");
		assert!(!is_behind(false, Some(0)), "nobody is ahead");
	}

	#[test]
	fn node_should_not_be_behind_when_its_best_block_is_of_just_now() {
		assert!(!is_behind(true, Some(100 - RECENT_SLOTS)));
		assert!(!is_behind(true, Some(101)), "the clocks differ");
	}
}
