//! One request: where it may go, and what is taken of the answer.

use crate::{
	address::Addresses,
	mirror::{check, Mirror},
	resolve::Resolve,
};
use futures::stream::{try_unfold, BoxStream, StreamExt};
use http_body_util::{BodyExt, Empty};
use hyper::{
	body::{Body, Bytes, Incoming},
	client::conn::http1,
	header::{
		HeaderMap, HeaderName, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_RANGE, HOST, LOCATION,
		RANGE, USER_AGENT,
	},
	Request, Response, StatusCode,
};
use hyper_util::rt::TokioIo;
use opg_blobs::{
	exchange::{Download, MirrorError},
	store::Hash,
};
use rustls::{pki_types::ServerName, ClientConfig};
use std::{
	fmt::Display,
	net::{IpAddr, SocketAddr},
	sync::Arc,
	time::Duration,
};
use tokio::{
	io::{AsyncRead, AsyncWrite},
	net::TcpStream,
	task::JoinHandle,
	time::timeout,
};
use tokio_rustls::TlsConnector;
use url::{Host, Position, Url};

/// Redirects that are followed.
const MAX_REDIRECTS: usize = 3;

/// Addresses of a name that are tried, and the time for each.
const MAX_ADDRESSES: usize = 4;
const CONNECT_TIME: Duration = Duration::from_secs(8);

/// Bytes that a connection reads ahead, and most of a header.
const BUFFER_BYTES: usize = 256 * 1024;

const AGENT: &str = concat!("opg-node/", env!("CARGO_PKG_VERSION"));

/// What is needed to ask anybody.
#[derive(Clone, Debug)]
pub(crate) struct Client {
	pub(crate) tls: Arc<ClientConfig>,
	pub(crate) resolve: Arc<dyn Resolve>,
	/// Addresses that a mirror may have, not those that it sends us to.
	pub(crate) addresses: Addresses,
}

/// A connection, with TLS or without.
trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Connection for S {}

/// The task of a connection. It ends with this.
struct Task(JoinHandle<()>);

impl Drop for Task {
	fn drop(&mut self) {
		self.0.abort();
	}
}

impl Client {
	/// Asks a mirror for the bytes of a file from `start` on.
	pub(crate) async fn download(
		self,
		mirror: Mirror,
		hash: Hash,
		size: u64,
		start: u64,
	) -> Result<Download, MirrorError> {
		let mut url = mirror.file(&hash);
		for _ in 0..=MAX_REDIRECTS {
			let (response, task) = self.get(&mirror, &url, start).await?;
			if let Some(next) = redirect(&mirror, &url, &response)? {
				url = next;
				continue;
			}
			let start = accept(&response, size, start)?;
			return Ok(Download { start, bytes: bytes(response.into_body(), task) });
		}
		Err(refused(format!("it redirects more than {MAX_REDIRECTS} times")))
	}

	async fn get(
		&self,
		mirror: &Mirror,
		url: &Url,
		start: u64,
	) -> Result<(Response<Incoming>, Task), MirrorError> {
		let allowed = match mirror.is_server_of(url) {
			true => self.addresses,
			false => Addresses::Public,
		};
		let connection = self.connect(url, allowed).await?;
		let (mut sender, connection) = http1::Builder::new()
			.max_buf_size(BUFFER_BYTES)
			.handshake(TokioIo::new(connection))
			.await
			.map_err(broken)?;
		let task = Task(tokio::spawn(async move {
			if let Err(error) = connection.await {
				log::debug!("the connection to a mirror ended: {error}");
			}
		}));
		let mut request = Request::get(&url[Position::BeforePath..Position::AfterQuery])
			.header(HOST, &url[Position::BeforeHost..Position::AfterPort])
			.header(USER_AGENT, AGENT)
			.header(ACCEPT_ENCODING, "identity");
		if start > 0 {
			request = request.header(RANGE, format!("bytes={start}-"));
		}
		let request = request.body(Empty::<Bytes>::new()).map_err(refused)?;
		let response = sender.send_request(request).await.map_err(broken)?;
		Ok((response, task))
	}

	/// Connects to the server of an address. The addresses that are looked at are those that are
	/// connected to: a name is resolved once.
	async fn connect(
		&self,
		url: &Url,
		allowed: Addresses,
	) -> Result<Box<dyn Connection>, MirrorError> {
		let host = check(url).map_err(refused)?;
		let port = url.port_or_known_default().ok_or_else(|| refused("it has no port"))?;
		let addresses = match host {
			Host::Ipv4(address) => vec![IpAddr::V4(address)],
			Host::Ipv6(address) => vec![IpAddr::V6(address)],
			Host::Domain(name) => self.resolve.resolve(name.into()).await.map_err(broken)?,
		};
		if let Some(address) = addresses.iter().find(|address| !allowed.contain(**address)) {
			return Err(refused(format!("{host} has the address {address}, which is not allowed")));
		}
		let mut error = broken(format!("{host} has no address"));
		for address in addresses.into_iter().take(MAX_ADDRESSES) {
			let connecting = TcpStream::connect(SocketAddr::new(address, port));
			match timeout(CONNECT_TIME, connecting).await {
				Ok(Ok(stream)) => return self.encrypt(url, host, stream).await,
				Ok(Err(failure)) => error = broken(format!("{address}: {failure}")),
				Err(_) => error = broken(format!("{address} does not reply")),
			}
		}
		Err(error)
	}

	/// Speaks TLS, if the address says so.
	async fn encrypt(
		&self,
		url: &Url,
		host: Host<&str>,
		stream: TcpStream,
	) -> Result<Box<dyn Connection>, MirrorError> {
		if url.scheme() == "http" {
			return Ok(Box::new(stream));
		}
		let name = match host {
			Host::Ipv4(address) => ServerName::from(IpAddr::V4(address)),
			Host::Ipv6(address) => ServerName::from(IpAddr::V6(address)),
			Host::Domain(name) => ServerName::try_from(name.to_owned()).map_err(refused)?,
		};
		let connecting = TlsConnector::from(self.tls.clone()).connect(name, stream);
		Ok(Box::new(connecting.await.map_err(broken)?))
	}
}

/// Where a response sends us, if anywhere.
fn redirect(
	mirror: &Mirror,
	url: &Url,
	response: &Response<Incoming>,
) -> Result<Option<Url>, MirrorError> {
	let is_redirect = matches!(
		response.status(),
		StatusCode::MOVED_PERMANENTLY
			| StatusCode::FOUND
			| StatusCode::SEE_OTHER
			| StatusCode::TEMPORARY_REDIRECT
			| StatusCode::PERMANENT_REDIRECT
	);
	if !is_redirect {
		return Ok(None);
	}
	let location = text(response.headers(), LOCATION).unwrap_or_default();
	let next = url.join(location).map_err(|error| refused(format!("it redirects: {error}")))?;
	check(&next).map_err(|error| refused(format!("it redirects: {error}")))?;
	if next.scheme() == "http" && !mirror.is_plain() {
		return Err(refused("it redirects to an address without TLS"));
	}
	Ok(Some(next))
}

/// Where the bytes of a response begin, if it is one with bytes of the file.
fn accept(response: &Response<Incoming>, size: u64, start: u64) -> Result<u64, MirrorError> {
	let headers = response.headers();
	match response.status() {
		StatusCode::OK | StatusCode::PARTIAL_CONTENT => (),
		StatusCode::NOT_FOUND | StatusCode::GONE => return Err(MirrorError::NotFound),
		StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
			return Err(broken(response.status()))
		},
		status if status.is_server_error() => return Err(broken(status)),
		status => return Err(refused(format!("it answers {status}"))),
	}
	if text(headers, CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
		return Err(refused("it sends an encoding that was not asked for"));
	}
	let length = response.body().size_hint().exact();
	let (begin, said) = match response.status() {
		StatusCode::PARTIAL_CONTENT => {
			let range = text(headers, CONTENT_RANGE).and_then(parse_range);
			range.ok_or_else(|| refused("it sends a range without saying which"))?
		},
		_ => (0, length),
	};
	match said {
		Some(said) if said != size => Err(MirrorError::OtherSize { said, wanted: size }),
		_ if begin > start => Err(refused("it sends another range")),
		_ => Ok(begin),
	}
}

/// First byte and size of the file in `bytes 5-9/10`, `bytes 5-9/*`.
fn parse_range(text: &str) -> Option<(u64, Option<u64>)> {
	let (range, size) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
	let begin = range.split_once('-')?.0.trim().parse().ok()?;
	match size.trim() {
		"*" => Some((begin, None)),
		size => Some((begin, Some(size.parse().ok()?))),
	}
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
	headers.get(name)?.to_str().ok()
}

/// The bytes of a body. The connection ends with them.
fn bytes(body: Incoming, task: Task) -> BoxStream<'static, Result<Vec<u8>, MirrorError>> {
	try_unfold((body, task), |(mut body, task)| async move {
		while let Some(frame) = body.frame().await {
			if let Ok(data) = frame.map_err(broken)?.into_data() {
				return Ok(Some((data.to_vec(), (body, task))));
			}
		}
		Ok(None)
	})
	.boxed()
}

fn broken(error: impl Display) -> MirrorError {
	MirrorError::Broken(error.to_string())
}

fn refused(error: impl Display) -> MirrorError {
	MirrorError::Refused(error.to_string())
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn range_should_be_read_when_it_is_one() {
		assert_eq!(parse_range("bytes 5-9/10"), Some((5, Some(10))));
		assert_eq!(parse_range("bytes 0-0/*"), Some((0, None)));
		for text in ["", "bytes", "bytes */10", "items 5-9/10", "bytes 5-9", "bytes -1-9/10"] {
			assert_eq!(parse_range(text), None, "{text}");
		}
	}
}
