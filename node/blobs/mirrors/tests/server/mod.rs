//! An HTTP server of one file, which behaves as told.

mod certificate;

use opg_blobs_mirrors::CertificateDer;
use rustls::{crypto::ring, ServerConfig};
use std::{
	io,
	sync::{Arc, Mutex},
};
use tokio::{
	io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
	net::TcpListener,
	task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

/// What it does with a request.
#[derive(Clone, Debug)]
pub enum Kind {
	/// It sends what was asked for.
	Whole,
	/// It sends the file in chunks, without saying its length.
	Chunked,
	/// It turns a bit.
	Wrong,
	/// Its file is longer or shorter.
	Length(usize),
	/// The same, without saying so.
	ChunkedLength(usize),
	/// It says nothing.
	Silent,
	/// It sends so many bytes, and then nothing.
	SilentAfter(usize),
	/// It sends so many bytes, and ends the connection.
	BreaksAfter(usize),
	/// It does so once, and then sends the file from its beginning.
	BreaksOnceAndKnowsNoRanges(usize),
	/// It sends this status.
	Status(&'static str),
	/// It says that the file is compressed.
	Encoded,
	/// It sends this text.
	Raw(&'static str),
	/// It redirects.
	Redirect(String),
	/// It does so once, and then sends the file.
	RedirectOnce(String),
}

struct State {
	file: Vec<u8>,
	kind: Kind,
	requests: Vec<String>,
	connections: usize,
	served: usize,
}

/// A server on this machine. It ends with this.
pub struct Server {
	state: Arc<Mutex<State>>,
	port: u16,
	task: JoinHandle<()>,
}

impl Drop for Server {
	fn drop(&mut self) {
		self.task.abort();
	}
}

impl Server {
	pub async fn start(file: &[u8], kind: Kind) -> Server {
		Self::begin(file, kind, None).await
	}

	/// With TLS, and the certificate by which it is known.
	pub async fn start_tls(
		file: &[u8],
		kind: Kind,
		name: &str,
	) -> (Server, CertificateDer<'static>) {
		let (certificate, key) = certificate::self_signed(name);
		let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
			.with_safe_default_protocol_versions()
			.unwrap()
			.with_no_client_auth()
			.with_single_cert(vec![certificate.clone()], key)
			.unwrap();
		(Self::begin(file, kind, Some(TlsAcceptor::from(Arc::new(config)))).await, certificate)
	}

	async fn begin(file: &[u8], kind: Kind, tls: Option<TlsAcceptor>) -> Server {
		let state =
			State { file: file.to_vec(), kind, requests: Vec::new(), connections: 0, served: 0 };
		let state = Arc::new(Mutex::new(state));
		let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
		let port = listener.local_addr().unwrap().port();
		let serving = state.clone();
		let task = tokio::spawn(async move {
			while let Ok((stream, _)) = listener.accept().await {
				let (state, tls) = (serving.clone(), tls.clone());
				state.lock().unwrap().connections += 1;
				tokio::spawn(async move {
					// Those who ask end the connection whenever they like.
					let _ = match tls {
						None => serve(&state, stream).await,
						Some(tls) => match tls.accept(stream).await {
							Ok(stream) => serve(&state, stream).await,
							Err(error) => Err(error),
						},
					};
				});
			}
		});
		Server { state, port, task }
	}

	pub fn port(&self) -> u16 {
		self.port
	}

	pub fn url(&self) -> String {
		format!("http://127.0.0.1:{}/files", self.port)
	}

	pub fn is_silent(&self) -> bool {
		matches!(self.state.lock().unwrap().kind, Kind::Silent | Kind::SilentAfter(_))
	}

	pub fn set(&self, kind: Kind) {
		self.state.lock().unwrap().kind = kind;
	}

	/// Heads of the requests since this was called last.
	pub fn requests(&self) -> Vec<String> {
		std::mem::take(&mut self.state.lock().unwrap().requests)
	}

	pub fn connections(&self) -> usize {
		self.state.lock().unwrap().connections
	}
}

async fn serve(
	state: &Mutex<State>,
	mut stream: impl AsyncRead + AsyncWrite + Unpin,
) -> io::Result<()> {
	let mut head = Vec::new();
	while !head.ends_with(b"\r\n\r\n") {
		head.push(stream.read_u8().await?);
	}
	let head = String::from_utf8(head).unwrap();
	let (mut file, kind, is_first) = {
		let mut state = state.lock().unwrap();
		state.requests.push(head.clone());
		state.served += 1;
		(state.file.clone(), state.kind.clone(), state.served == 1)
	};
	let range = head.to_lowercase().split("range: bytes=").nth(1).map(|range| {
		let start = range.split('-').next().unwrap();
		start.parse::<usize>().unwrap()
	});
	let mut start = range.unwrap_or(0);
	let mut breaks = None;
	match &kind {
		Kind::Silent => std::future::pending().await,
		Kind::Raw(text) => return stream.write_all(text.as_bytes()).await,
		Kind::Status(status) => {
			let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
			return stream.write_all(answer.as_bytes()).await;
		},
		Kind::Redirect(location) => return redirect(location, stream).await,
		Kind::RedirectOnce(location) if is_first => return redirect(location, stream).await,
		Kind::Wrong => file[1_000_000] ^= 1,
		Kind::Length(length) | Kind::ChunkedLength(length) => file.resize(*length, 0),
		Kind::SilentAfter(bytes) | Kind::BreaksAfter(bytes) => breaks = Some(*bytes),
		Kind::BreaksOnceAndKnowsNoRanges(bytes) => {
			breaks = is_first.then_some(*bytes);
			start = 0;
		},
		Kind::Whole | Kind::Chunked | Kind::Encoded | Kind::RedirectOnce(_) => (),
	}
	let is_chunked = matches!(kind, Kind::Chunked | Kind::ChunkedLength(_));
	let (size, body) = (file.len(), &file[start..]);
	let mut answer = match start {
		0 => "HTTP/1.1 200 OK\r\n".to_owned(),
		_ => format!(
			"HTTP/1.1 206 Partial Content\r\ncontent-range: bytes {start}-{}/{size}\r\n",
			size - 1
		),
	};
	if matches!(kind, Kind::Encoded) {
		answer += "content-encoding: gzip\r\n";
	}
	answer += &match is_chunked {
		true => "transfer-encoding: chunked\r\n\r\n".to_owned(),
		false => format!("content-length: {}\r\n\r\n", body.len()),
	};
	stream.write_all(answer.as_bytes()).await?;
	if is_chunked {
		for chunk in body.chunks(70_000) {
			stream.write_all(format!("{:x}\r\n", chunk.len()).as_bytes()).await?;
			stream.write_all(chunk).await?;
			stream.write_all(b"\r\n").await?;
		}
		stream.write_all(b"0\r\n\r\n").await?;
		return stream.shutdown().await;
	}
	let sent = breaks.map_or(body.len(), |bytes| bytes.min(body.len()));
	stream.write_all(&body[..sent]).await?;
	stream.flush().await?;
	if matches!(kind, Kind::SilentAfter(_)) {
		std::future::pending::<()>().await;
	}
	stream.shutdown().await
}

async fn redirect(location: &str, mut stream: impl AsyncWrite + Unpin) -> io::Result<()> {
	let answer = format!("HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\n\r\n");
	stream.write_all(answer.as_bytes()).await?;
	stream.shutdown().await
}
