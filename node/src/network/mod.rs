//! Blobs between nodes, on the chain's own network: a request–response protocol, and the DHT for who
//! holds what. [`opg_blobs::exchange`] decides what is asked and answered. Also whether a validator
//! believes its peers that it is behind.

#[cfg(feature = "dev-misbehaviour")]
pub mod forge;
mod providers;
mod serve;
mod tip;
mod transport;

pub use tip::Tip;

use crate::cli::BlobParams;
use futures::future::BoxFuture;
use opg_blobs::{
	exchange::{FetchLimits, Fetcher, ServeLimits, Server, MAX_REPLY_BYTES, MAX_REQUEST_BYTES},
	store::Store,
};
use opg_blobs_mirrors::{Addresses, HttpMirrors};
use opg_runtime::opaque::Block;
use providers::Providers;
use sc_network::{
	config::IncomingRequest, service::traits::NetworkService, NetworkBackend, PeerId, ProtocolName,
};
use sc_service::SpawnTaskHandle;
use sp_core::H256;
use sp_runtime::traits::Block as BlockT;
use std::{sync::Arc, time::Duration};
use transport::PeerTransport;

/// Group of the tasks in the metrics.
const GROUP: Option<&str> = Some("blobs");

/// Time for a reply. A request that waited this long is of no use to anybody.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Requests that wait to be looked at. The network refuses more.
const INBOUND: usize = 64;

/// Gives the peers that are connected now.
pub type Connected = Arc<dyn Fn() -> BoxFuture<'static, Vec<PeerId>> + Send + Sync>;

/// The protocol, before the network runs.
pub struct BlobProtocol {
	name: ProtocolName,
	/// Requests of peers and how many bytes they may have; none if this node serves nothing.
	inbound: Option<(async_channel::Receiver<IncomingRequest>, ServeLimits)>,
	/// What becomes of the replies: nothing, in a release.
	change: fn(Vec<u8>) -> Vec<u8>,
}

impl BlobProtocol {
	/// The protocol of a chain, and its configuration for the network.
	pub fn new<N: NetworkBackend<Block, <Block as BlockT>::Hash>>(
		genesis: H256,
		fork_id: Option<&str>,
		params: &BlobParams,
	) -> (Self, N::RequestResponseProtocolConfig) {
		let name: ProtocolName = protocol_name(genesis, fork_id).into();
		let rate = params.blob_upload_rate.saturating_mul(1 << 20);
		let (sender, receiver) = async_channel::bounded(INBOUND);
		let serves = rate > 0;
		let config = N::request_response_config(
			name.clone(),
			Vec::new(),
			MAX_REQUEST_BYTES,
			MAX_REPLY_BYTES,
			REQUEST_TIMEOUT,
			serves.then_some(sender),
		);
		let inbound = serves.then(|| (receiver, ServeLimits::with_rate(rate)));
		#[cfg(not(feature = "dev-misbehaviour"))]
		let change = std::convert::identity;
		#[cfg(feature = "dev-misbehaviour")]
		let change = forge::by(params.provider);
		(Self { name, inbound, change }, config)
	}

	/// Serves, announces and fetches from now on. Returns what serves, if anything does. No task is
	/// essential, and all reading and writing is on blocking threads, few at a time: a chain goes on
	/// without blobs.
	pub fn start(
		self,
		spawn: &SpawnTaskHandle,
		network: Arc<dyn NetworkService>,
		connected: Connected,
		store: Store,
		fetcher: Fetcher,
	) -> Option<Server<PeerId>> {
		let announced = self.inbound.is_some().then(|| store.clone());
		let server = self.inbound.map(|(requests, limits)| {
			let server = Server::new(store, limits);
			let run = serve::run(server.clone(), requests, self.change);
			spawn.spawn("blobs-serve", GROUP, run);
			server
		});
		let (providers, search) = Providers::new(network.clone(), announced);
		spawn.spawn("blobs-providers", GROUP, providers.run());
		let transport = PeerTransport::new(network, self.name, connected, search);
		spawn.spawn("blobs-fetch", GROUP, fetcher.run(transport));
		server
	}
}

/// A fetcher into a store: from peers, and from the mirrors that the operator names.
///
/// # Errors
///
/// The mirrors cannot be used.
pub fn fetcher(
	store: Store,
	limits: FetchLimits,
	params: &BlobParams,
) -> Result<Fetcher, opg_blobs_mirrors::Error> {
	if params.blob_mirrors.is_empty() {
		return Ok(Fetcher::new(store, limits));
	}
	let addresses = match params.blob_mirror_private {
		true => Addresses::PublicAndPrivate,
		false => Addresses::Public,
	};
	let mirrors = HttpMirrors::new(params.blob_mirrors.clone(), addresses)?;
	Ok(Fetcher::with_mirrors(store, limits, Arc::new(mirrors)))
}

/// Name of the protocol, version 1, on a chain.
fn protocol_name(genesis: H256, fork_id: Option<&str>) -> String {
	match fork_id {
		Some(fork) => format!("/{genesis:x}/{fork}/opg/blobs/1"),
		None => format!("/{genesis:x}/opg/blobs/1"),
	}
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn protocol_should_be_that_of_the_chain_when_another_has_the_same_nodes() {
		let genesis = H256::repeat_byte(0xab);
		let hex = "ab".repeat(32);
		assert_eq!(protocol_name(genesis, None), format!("/{hex}/opg/blobs/1"));
		assert_eq!(protocol_name(genesis, Some("fork")), format!("/{hex}/fork/opg/blobs/1"));
	}
}
