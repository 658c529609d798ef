//! Answers the requests of peers.

use futures::{
	channel::oneshot,
	stream::{FuturesUnordered, StreamExt},
};
use opg_blobs::exchange::Server;
use sc_network::{
	config::{IncomingRequest, OutgoingResponse},
	PeerId, ReputationChange,
};
use std::{pin::pin, time::Duration};
use tokio::time::{interval, timeout, MissedTickBehavior};

/// Requests that are looked at: those that are answered, and some that are told to come later.
const AT_A_TIME: usize = 48;

/// Time after which a reply that a peer does not read makes place for others.
const SEND_TIMEOUT: Duration = Duration::from_secs(20);

/// Time between two looks for blobs that nobody asks for.
const CLOSE_INTERVAL: Duration = Duration::from_secs(10);

/// What is no request. Ninety of them ban a peer.
const MALFORMED: ReputationChange = ReputationChange::new(-(1 << 24), "blobs: no request");

/// Serves until the network is gone. `change` is what becomes of each reply.
pub async fn run(
	server: Server<PeerId>,
	requests: async_channel::Receiver<IncomingRequest>,
	change: fn(Vec<u8>) -> Vec<u8>,
) {
	let mut requests = pin!(requests);
	let mut answers = FuturesUnordered::new();
	let mut close = interval(CLOSE_INTERVAL);
	close.set_missed_tick_behavior(MissedTickBehavior::Delay);
	loop {
		tokio::select! {
			request = requests.next(), if answers.len() < AT_A_TIME => match request {
				Some(request) => answers.push(answer(&server, request, change)),
				None => return,
			},
			Some(()) = answers.next() => (),
			_ = close.tick() => server.close_idle(),
		}
	}
}

async fn answer(server: &Server<PeerId>, request: IncomingRequest, change: fn(Vec<u8>) -> Vec<u8>) {
	let IncomingRequest { peer, payload, pending_response } = request;
	let (sent, is_sent) = oneshot::channel();
	let (result, place, reputation_changes) = match server.answer(&peer, &payload).await {
		Ok(mut answer) => {
			let message = change(std::mem::take(&mut answer.message));
			(Ok(message), Some(answer), Vec::new())
		},
		Err(_) => (Err(()), None, vec![MALFORMED]),
	};
	let is_answered = result.is_ok();
	let response = OutgoingResponse { result, reputation_changes, sent_feedback: Some(sent) };
	// The peer may be gone.
	if pending_response.send(response).is_ok() && is_answered {
		let _ = timeout(SEND_TIMEOUT, is_sent).await;
	}
	drop(place);
}

#[cfg(test)]
mod tests {
	use super::*;
	use codec::{Decode, Encode};
	use opg_blobs::{
		exchange::{Reply, Request, ServeLimits},
		store::{Limits, Store},
	};

	struct Test {
		requests: async_channel::Sender<IncomingRequest>,
		hash: [u8; 32],
		_folder: tempfile::TempDir,
	}

	impl Test {
		async fn ask(&self, peer: PeerId, payload: Vec<u8>) -> OutgoingResponse {
			let (pending_response, response) = oneshot::channel();
			let request = IncomingRequest { peer, payload, pending_response };
			self.requests.send(request).await.expect("it runs");
			response.await.expect("it answers")
		}
	}

	/// Runs a test with a server of one blob, of which a peer has one request at a time.
	fn run_with<F: std::future::Future>(test: impl FnOnce(Test) -> F) {
		let runtime =
			tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
		let folder = tempfile::tempdir().expect("a folder");
		let limits = Limits { keep_free: 0, ..Limits::default() };
		let store = Store::open(folder.path(), limits).expect("it can be written");
		let hash = store.put(b"a blob").expect("it fits");
		let (sender, requests) = async_channel::bounded(8);
		let limits = ServeLimits { peer_requests: 1, ..ServeLimits::default() };
		let test = test(Test { requests: sender, hash, _folder: folder });
		let server = Server::new(store, limits);
		runtime.block_on(async {
			tokio::select! {
				() = run(server, requests, std::convert::identity) => panic!("it ended"),
				_ = test => (),
			}
		});
	}

	#[test]
	fn peer_should_be_told_what_it_asks_and_reported_when_it_asks_nothing() {
		run_with(|test| async move {
			let request = Request::Have { hash: test.hash }.encode();
			let response = test.ask(PeerId::random(), request).await;
			assert_eq!(response.result, Ok(Reply::Held { size: 6 }.encode()));
			assert!(response.reputation_changes.is_empty());
			let response = test.ask(PeerId::random(), vec![0xff; 10]).await;
			assert_eq!(response.result, Err(()));
			assert_eq!(response.reputation_changes, [MALFORMED]);
		});
	}

	#[test]
	fn peer_should_wait_when_the_last_reply_is_not_sent() {
		run_with(|test| async move {
			let peer = PeerId::random();
			let request = Request::Have { hash: test.hash }.encode();
			let is_busy = |response: &OutgoingResponse| {
				let message = response.result.clone().expect("a reply");
				matches!(Reply::decode(&mut &message[..]), Ok(Reply::Busy { .. }))
			};
			let first = test.ask(peer, request.clone()).await;
			assert!(!is_busy(&first));
			assert!(is_busy(&test.ask(peer, request.clone()).await));
			first.sent_feedback.expect("it waits").send(()).expect("it waits");
			tokio::task::yield_now().await;
			assert!(!is_busy(&test.ask(peer, request).await));
		});
	}
}
