//! Places of subscriptions: so many in all, and so many of a connection.

use crate::error::Error;
use jsonrpsee::ConnectionId;
use parking_lot::Mutex;
use std::{collections::HashMap, sync::Arc};

/// Subscriptions that a connection has at a time.
pub const MAX_PER_CONNECTION: usize = 64;

/// Subscriptions of all connections.
pub const MAX_SUBSCRIPTIONS: usize = 1024;

/// Places that are taken.
#[derive(Clone, Default)]
pub(crate) struct Slots(Arc<Mutex<HashMap<usize, usize>>>);

/// A place, which is free again when this is dropped.
pub(crate) struct Slot {
	slots: Slots,
	connection: usize,
}

impl Slots {
	/// Takes a place for a connection.
	pub(crate) fn take(&self, connection: ConnectionId) -> Result<Slot, Error> {
		let mut taken = self.0.lock();
		if taken.values().sum::<usize>() >= MAX_SUBSCRIPTIONS {
			let of = "of all connections";
			return Err(Error::TooManySubscriptions { limit: MAX_SUBSCRIPTIONS, of });
		}
		let own = taken.entry(connection.0).or_default();
		if *own >= MAX_PER_CONNECTION {
			let of = "of this connection";
			return Err(Error::TooManySubscriptions { limit: MAX_PER_CONNECTION, of });
		}
		*own += 1;
		Ok(Slot { slots: self.clone(), connection: connection.0 })
	}

	/// Places that are taken.
	pub(crate) fn taken(&self) -> usize {
		self.0.lock().values().sum()
	}
}

impl Drop for Slot {
	fn drop(&mut self) {
		let mut taken = self.slots.0.lock();
		if let Some(own) = taken.get_mut(&self.connection) {
			*own = own.saturating_sub(1);
			if *own == 0 {
				taken.remove(&self.connection);
			}
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn subscription_should_be_refused_when_the_connection_or_the_node_has_too_many() {
		let slots = Slots::default();
		let take = |connection| slots.take(ConnectionId(connection));
		let mut held: Vec<Slot> =
			(0..MAX_PER_CONNECTION).map(|_| take(0).expect("there is room")).collect();
		let refused = take(0).err().expect("the connection has too many");
		assert_eq!(refused.code(), 8007);
		held.pop();
		held.push(take(0).expect("one has ended"));
		for connection in 1..MAX_SUBSCRIPTIONS / MAX_PER_CONNECTION {
			held.extend((0..MAX_PER_CONNECTION).map(|_| take(connection).expect("there is room")));
		}
		assert_eq!(slots.taken(), MAX_SUBSCRIPTIONS);
		assert_eq!(take(99).err().map(|error| error.code()), Some(8007));
		drop(held);
		assert_eq!(slots.taken(), 0);
		assert!(slots.0.lock().is_empty(), "connections are forgotten");
	}
}
