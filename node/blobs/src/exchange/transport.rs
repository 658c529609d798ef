//! What a fetch needs from a network.

use crate::store::Hash;
use futures::{future::BoxFuture, stream::BoxStream};
use std::{fmt::Debug, hash::Hash as StdHash};

/// A network, as fetches see it.
pub trait Transport: Send + Sync + 'static {
	/// Name of a peer.
	type Peer: Clone + Debug + Eq + StdHash + Send + Sync + 'static;

	/// Sends a request to a peer, which need not be connected, and waits for the reply. The fetch
	/// drops the future when it waits no longer.
	fn request(
		&self,
		peer: Self::Peer,
		request: Vec<u8>,
	) -> BoxFuture<'static, Result<Vec<u8>, Unreachable>>;

	/// Finds peers that may hold a blob: those that are connected, and those that say so in public.
	/// The fetch asks them. The stream must end.
	fn find(&self, hash: Hash) -> BoxStream<'static, Vec<Self::Peer>>;

	/// Reports a peer that lied.
	fn report(&self, peer: &Self::Peer, misbehaviour: Misbehaviour);
}

/// A peer that gave no reply: it is away, refuses, or does not speak the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer gave no reply")]
pub struct Unreachable;

/// What no honest peer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misbehaviour {
	/// It sent bytes that are not those of the blob.
	Forged,
	/// It sent what is no reply to the request.
	Garbage,
}
