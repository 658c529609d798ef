//! The chain's network, as fetches see it.

use super::{providers::Search, Connected};
use futures::{
	future::{BoxFuture, FutureExt},
	stream::{once, BoxStream, StreamExt},
};
use opg_blobs::{
	exchange::{Misbehaviour, Transport, Unreachable},
	store::Hash,
};
use sc_network::{
	service::traits::NetworkService, IfDisconnected, PeerId, ProtocolName, ReputationChange,
};
use std::sync::Arc;

/// Bytes that are not those of the blob: four of them ban a peer, as four bad blocks do.
const FORGED: ReputationChange = ReputationChange::new(-(1 << 29), "blobs: forged bytes");

/// What is no reply.
const GARBAGE: ReputationChange = ReputationChange::new(-(1 << 28), "blobs: no reply");

/// Sends requests to peers.
pub struct PeerTransport {
	network: Arc<dyn NetworkService>,
	protocol: ProtocolName,
	connected: Connected,
	search: Search,
}

impl PeerTransport {
	/// Sends requests of this protocol.
	pub fn new(
		network: Arc<dyn NetworkService>,
		protocol: ProtocolName,
		connected: Connected,
		search: Search,
	) -> Self {
		Self { network, protocol, connected, search }
	}
}

impl Transport for PeerTransport {
	type Peer = PeerId;

	fn request(
		&self,
		peer: PeerId,
		request: Vec<u8>,
	) -> BoxFuture<'static, Result<Vec<u8>, Unreachable>> {
		let (network, protocol) = (self.network.clone(), self.protocol.clone());
		async move {
			// A provider that the DHT names need not be connected.
			let connect = IfDisconnected::TryConnect;
			match network.request(peer, protocol, request, None, connect).await {
				Ok((reply, _)) => Ok(reply),
				Err(error) => {
					log::debug!("blobs: {peer} does not reply: {error}");
					Err(Unreachable)
				},
			}
		}
		.boxed()
	}

	fn find(&self, hash: Hash) -> BoxStream<'static, Vec<PeerId>> {
		let own = self.network.local_peer_id();
		let connected = once((self.connected)());
		connected
			.chain(self.search.providers(hash))
			.map(move |peers| peers.into_iter().filter(|peer| *peer != own).collect())
			.boxed()
	}

	fn report(&self, peer: &PeerId, misbehaviour: Misbehaviour) {
		let change = match misbehaviour {
			Misbehaviour::Forged => FORGED,
			Misbehaviour::Garbage => GARBAGE,
		};
		self.network.report_peer(*peer, change);
	}
}
