//! Connections: as many as are allowed, and none that keeps others waiting.

use super::Gateway;
use crate::backend::Backend;
use hyper::{body::Incoming, server::conn::http1, service::service_fn, Request};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::{
	convert::Infallible, future::Future, io, net::SocketAddr, pin::pin, sync::Arc, time::Duration,
};
use tokio::{
	net::{TcpListener, TcpStream},
	sync::{watch, Semaphore},
	time::{sleep, timeout},
};

/// Longest time for the head of a call to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// Longest head, in bytes.
const MAX_HEAD: usize = 64 << 10;
/// Pause where the system gives no connection, such as for lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(200);

/// Cause for which the gateway does not listen.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
	/// Without keys it would pay for everybody.
	#[error(
		"{0} can be reached from other machines, and there are no keys: whoever reaches it would spend your \
		 OPG. Give a key file, or listen on 127.0.0.1"
	)]
	NoKeys(SocketAddr),
	/// The system does not give the address.
	#[error("cannot listen on {address}: {error}")]
	Address {
		/// The address.
		address: SocketAddr,
		/// What happened.
		error: io::Error,
	},
}

/// Listens on an address: on one that others reach with keys only.
///
/// # Errors
///
/// There are no keys, or the system does not give the address.
pub async fn listen(address: SocketAddr, has_keys: bool) -> Result<TcpListener, ListenError> {
	if !has_keys && !address.ip().is_loopback() {
		return Err(ListenError::NoKeys(address));
	}
	let listener = TcpListener::bind(address).await;
	listener.map_err(|error| ListenError::Address { address, error })
}

impl<B: Backend> Gateway<B> {
	/// Answers calls until `stop`, and then gives those that have begun their time to end. Requests that
	/// are not settled then go on when the gateway starts again.
	pub async fn serve(self: Arc<Self>, listener: TcpListener, stop: impl Future<Output = ()>) {
		let most = self.web.max_connections;
		let connections = Arc::new(Semaphore::new(most));
		let (stopping, stopped) = watch::channel(false);
		let mut stop = pin!(stop);
		loop {
			let accepted = async {
				let permit = connections.clone().acquire_owned().await;
				(permit, listener.accept().await)
			};
			let (permit, accepted) = tokio::select! {
				() = &mut stop => break,
				accepted = accepted => accepted,
			};
			match (permit, accepted) {
				(Ok(permit), Ok((stream, _))) => {
					let connection = self.clone().connection(stream, stopped.clone());
					tokio::spawn(async move {
						connection.await;
						drop(permit);
					});
				},
				(_, Err(error)) => {
					log::warn!("no connection: {error}");
					sleep(PAUSE).await;
				},
				(Err(_), _) => break,
			}
		}
		drop(listener);
		stopping.send_replace(true);
		let most = u32::try_from(most).unwrap_or(u32::MAX);
		if timeout(self.web.grace, connections.acquire_many(most)).await.is_err() {
			log::warn!("some calls did not end in time; their requests go on at the next start");
		}
	}

	async fn connection(self: Arc<Self>, stream: TcpStream, mut stopped: watch::Receiver<bool>) {
		// Small answers are not to wait for more.
		let _ = stream.set_nodelay(true);
		let service = service_fn(move |request: Request<Incoming>| {
			let gateway = self.clone();
			async move { Ok::<_, Infallible>(gateway.respond(request).await) }
		});
		let mut builder = http1::Builder::new();
		builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(MAX_HEAD);
		let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
		let stopped = async {
			// It fails where the gateway is gone, which is the same.
			let _ = stopped.wait_for(|is_stopped| *is_stopped).await;
		};
		tokio::select! {
			result = connection.as_mut() => return log_end(result),
			() = stopped => {},
		}
		connection.as_mut().graceful_shutdown();
		log_end(connection.await);
	}
}

fn log_end(result: hyper::Result<()>) {
	if let Err(error) = result {
		log::debug!("a connection ended: {error}");
	}
}
