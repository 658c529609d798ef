//! JSON-RPC with a node, over WebSocket or HTTP.
//!
//! The commands are synchronous. A runtime of one thread keeps the connection alive between calls.

use anyhow::{anyhow, Context, Result};
use jsonrpsee_core::{
	client::{ClientT, Error, Subscription, SubscriptionClientT},
	params::ArrayParams,
	traits::ToRpcParams,
	DeserializeOwned,
};
use jsonrpsee_http_client::{HttpClient, HttpClientBuilder};
use jsonrpsee_ws_client::{WsClient, WsClientBuilder};
use opg_execution::printable;
use serde_json::{value::RawValue, Value};
use std::{fmt, future::Future, str::FromStr, sync::Arc, time::Duration};
use subxt::rpcs::{
	client::{RawRpcFuture, RawRpcSubscription},
	Error as RpcError, RpcClient, RpcClientT,
};
use tokio::{
	runtime::{Builder, Runtime},
	time::{timeout_at, Instant},
};

/// Longest wait for a connection, and for one answer.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Longest answer, in bytes.
const MAX_RESPONSE_BYTES: u32 = 64 << 20;

/// Address of a node's JSON-RPC server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Endpoint {
	/// `http://` or `https://`
	Http(String),
	/// `ws://` or `wss://`
	WebSocket(String),
}

/// Cause for which an address is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EndpointError {
	#[error("an address begins with ws, wss, http or https, for example ws://127.0.0.1:9944")]
	Scheme,
	#[error("the name of the server is missing")]
	NoHost,
}

impl FromStr for Endpoint {
	type Err = EndpointError;

	fn from_str(url: &str) -> Result<Self, EndpointError> {
		let (scheme, rest) = url.split_once("://").ok_or(EndpointError::Scheme)?;
		if rest.is_empty() || rest.starts_with(['/', ':']) {
			return Err(EndpointError::NoHost);
		}
		match scheme {
			"http" | "https" => Ok(Self::Http(url.into())),
			"ws" | "wss" => Ok(Self::WebSocket(url.into())),
			_ => Err(EndpointError::Scheme),
		}
	}
}

impl fmt::Display for Endpoint {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		let (Self::Http(url) | Self::WebSocket(url)) = self;
		f.write_str(url)
	}
}

/// A connection to a node's JSON-RPC server.
pub(crate) struct Rpc {
	client: Arc<Client>,
	runtime: Runtime,
}

enum Client {
	Http(Box<HttpClient>),
	WebSocket(WsClient),
}

impl Client {
	async fn request<R: DeserializeOwned>(
		&self,
		method: &str,
		params: impl ToRpcParams + Send,
	) -> Result<R, Error> {
		match self {
			Self::Http(client) => client.request(method, params).await,
			Self::WebSocket(client) => client.request(method, params).await,
		}
	}
}

/// Parameters that are JSON already.
struct RawParams(Option<Box<RawValue>>);

impl ToRpcParams for RawParams {
	fn to_rpc_params(self) -> Result<Option<Box<RawValue>>, serde_json::Error> {
		Ok(self.0)
	}
}

/// An error in words, for subxt.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
struct Explained(anyhow::Error);

impl RpcClientT for Client {
	fn request_raw<'a>(
		&'a self,
		method: &'a str,
		params: Option<Box<RawValue>>,
	) -> RawRpcFuture<'a, Box<RawValue>> {
		Box::pin(async move {
			self.request(method, RawParams(params))
				.await
				.map_err(|error| RpcError::Client(Explained(explain(method, error)).into()))
		})
	}

	fn subscribe_raw<'a>(
		&'a self,
		method: &'a str,
		_: Option<Box<RawValue>>,
		_: &'a str,
	) -> RawRpcFuture<'a, RawRpcSubscription> {
		// Subscriptions go through `Rpc::subscribe`, which knows connections without.
		let error = anyhow!("{method}: subxt subscribes to nothing here");
		Box::pin(std::future::ready(Err(RpcError::Client(Explained(error).into()))))
	}
}

impl Rpc {
	/// Connects. Over HTTP the first call does.
	pub fn connect(endpoint: &Endpoint) -> Result<Self> {
		let runtime = Builder::new_multi_thread()
			.worker_threads(1)
			.enable_all()
			.build()
			.context("no thread for the connection")?;
		let connecting = async {
			match endpoint {
				Endpoint::Http(url) => HttpClientBuilder::new()
					.request_timeout(TIMEOUT)
					.max_response_size(MAX_RESPONSE_BYTES)
					.build(url)
					.map(|client| Client::Http(Box::new(client))),
				Endpoint::WebSocket(url) => WsClientBuilder::new()
					.connection_timeout(TIMEOUT)
					.request_timeout(TIMEOUT)
					.max_response_size(MAX_RESPONSE_BYTES)
					.build(url)
					.await
					.map(Client::WebSocket),
			}
		};
		let client = runtime.block_on(connecting);
		let client = client.map_err(|error| explain("connecting", error))?;
		Ok(Self { client: Arc::new(client), runtime })
	}

	/// The connection as subxt takes it. It works while this lives.
	pub fn for_subxt(&self) -> RpcClient {
		RpcClient::new(self.client.clone())
	}

	/// Waits for something that this connection is used for.
	pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
		self.runtime.block_on(future)
	}

	/// Calls `method` and gives its result.
	pub fn call<R: DeserializeOwned>(&self, method: &str, params: &[Value]) -> Result<R> {
		let params = array(params)?;
		self.runtime
			.block_on(self.client.request(method, params))
			.map_err(|error| explain(method, error))
	}

	/// Subscribes to what `method` notifies of, or gives `None` if the connection cannot.
	pub fn subscribe<T: DeserializeOwned>(
		&self,
		method: &str,
		params: &[Value],
		unsubscribe: &str,
	) -> Result<Option<Subscription<T>>> {
		let Client::WebSocket(client) = &*self.client else { return Ok(None) };
		let params = array(params)?;
		self.runtime
			.block_on(client.subscribe(method, params, unsubscribe))
			.map(Some)
			.map_err(|error| explain(method, error))
	}

	/// The next notification, or `None` if there is none until the deadline.
	pub fn next<T: DeserializeOwned>(
		&self,
		subscription: &mut Subscription<T>,
		deadline: Instant,
	) -> Result<Option<T>> {
		// The timer belongs to the runtime in which it is made.
		let next = async { timeout_at(deadline, subscription.next()).await };
		match self.runtime.block_on(next) {
			Err(_) => Ok(None),
			Ok(None) => Err(anyhow!("the node closed the connection")),
			Ok(Some(notification)) => {
				notification.map(Some).context("the node sent a notification of an unknown form")
			},
		}
	}
}

fn array(params: &[Value]) -> Result<ArrayParams> {
	let mut array = ArrayParams::new();
	for param in params {
		array.insert(param)?;
	}
	Ok(array)
}

/// The node refuses a call.
#[derive(Debug, thiserror::Error)]
#[error("{method}: {text}")]
pub(crate) struct Refusal {
	method: String,
	text: String,
	/// Code of JSON-RPC.
	pub code: i32,
}

/// Code of a node that has no final block in which the request is settled.
pub(crate) const NOT_YET: i32 = 8008;

/// Codes with which a node's pool refuses a transaction.
pub(crate) mod pool {
	/// It is not valid: its nonce was used, for example.
	pub const INVALID: i32 = 1010;
	/// It was refused a while ago.
	pub const BANNED: i32 = 1012;
	/// The pool has it.
	pub const KNOWN: i32 = 1013;
	/// The pool has another one with this nonce.
	pub const PRIORITY: i32 = 1014;
	/// The pool is full.
	pub const DROPPED: i32 = 1016;
}

impl Refusal {
	/// Tells whether the account cannot pay for the transaction.
	pub fn cannot_pay(&self) -> bool {
		self.code == pool::INVALID && self.text.contains("Inability to pay")
	}

	/// Tells whether another transaction of the account has the nonce, in a block or in the pool.
	pub fn is_nonce_used(&self) -> bool {
		self.code == pool::PRIORITY || self.code == pool::INVALID && self.text.contains("outdated")
	}
}

impl Refusal {
	/// A refusal, as a node gives it.
	pub fn new(method: &str, text: &str, code: i32) -> Self {
		Self { method: method.into(), text: text.into(), code }
	}
}

/// An error in a sentence. Text of the server is made safe to print.
fn explain(method: &str, error: Error) -> anyhow::Error {
	match error {
		Error::Call(error) => {
			let data = error.data().map(|data| data.get());
			// Text comes with the quotation marks of JSON.
			let data = data.map(|data| serde_json::from_str(data).unwrap_or_else(|_| data.into()));
			let data: String = data.unwrap_or_default();
			let text = format!("{} {data}", error.message());
			let (method, code) = (method.into(), error.code());
			Refusal { method, text: printable(text.trim()), code }.into()
		},
		Error::RequestTimeout => {
			anyhow!("{method}: no answer from the node within {} s", TIMEOUT.as_secs())
		},
		Error::ParseError(error) => {
			anyhow!("{method}: the node's answer is of another form: {error}")
		},
		error => {
			// The causes are in the chain of sources, where there are some.
			let causes = anyhow::Error::new(error);
			anyhow!("{method}: {}", printable(&format!("{causes:#}")))
		},
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;
	use jsonrpsee::{
		server::{RpcModule, Server, ServerHandle},
		types::ErrorObject,
		SubscriptionMessage,
	};
	use serde_json::json;
	use std::io::Read;

	/// A server on a free port. It stops when it is dropped.
	pub(crate) struct TestServer {
		pub address: String,
		_handle: ServerHandle,
		_runtime: Runtime,
	}

	pub(crate) fn server() -> TestServer {
		let mut module = RpcModule::new(());
		module.register_method("echo", |params, _, _| params.parse::<Value>()).unwrap();
		module
			.register_method("refuse", |_, _, _| {
				Err::<u32, _>(ErrorObject::owned(1010, "Invalid\u{1b}[2J", Some("no funds")))
			})
			.unwrap();
		module
			.register_subscription("watch", "news", "unwatch", |_, pending, _, _| async move {
				let sink = pending.accept().await?;
				sink.send(SubscriptionMessage::from_json(&7)?).await?;
				sink.send(SubscriptionMessage::from_json(&"no number")?).await?;
				Ok(())
			})
			.unwrap();
		module
			.register_subscription("quiet", "news", "unquiet", |_, pending, _, _| async move {
				pending.accept().await?.closed().await;
				Ok(())
			})
			.unwrap();
		let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
		let server = runtime.block_on(Server::builder().build("127.0.0.1:0")).unwrap();
		let address = server.local_addr().unwrap().to_string();
		let handle = runtime.block_on(async { server.start(module) });
		TestServer { address, _handle: handle, _runtime: runtime }
	}

	fn connect(scheme: &str, server: &TestServer) -> Rpc {
		let endpoint = format!("{scheme}://{}", server.address).parse().unwrap();
		Rpc::connect(&endpoint).unwrap()
	}

	#[test]
	fn calls_should_give_results_and_errors_over_both_transports() {
		let server = server();
		for scheme in ["http", "ws"] {
			let rpc = connect(scheme, &server);
			let echoed: Vec<Value> = rpc.call("echo", &[json!(1), Value::Null]).unwrap();
			assert_eq!(echoed, [json!(1), Value::Null]);
			let error = rpc.call::<u32>("refuse", &[]).unwrap_err().to_string();
			assert!(error.contains("refuse") && error.contains("no funds"), "{error}");
			assert!(!error.contains('\u{1b}'), "{error:?}");
			let error = rpc.call::<u32>("echo", &[]).unwrap_err().to_string();
			assert!(error.contains("another form"), "{error}");
			assert!(rpc.call::<u32>("missing", &[]).is_err());
		}
	}

	#[test]
	fn subscriptions_should_need_a_web_socket() {
		let server = server();
		let none = connect("http", &server).subscribe::<u32>("watch", &[], "unwatch").unwrap();
		assert!(none.is_none());
		let rpc = connect("ws", &server);
		let mut news = rpc.subscribe::<u32>("watch", &[], "unwatch").unwrap().unwrap();
		let deadline = Instant::now() + TIMEOUT;
		assert_eq!(rpc.next(&mut news, deadline).unwrap(), Some(7));
		assert!(rpc.next(&mut news, deadline).is_err(), "no number");
		let mut quiet = rpc.subscribe::<u32>("quiet", &[], "unquiet").unwrap().unwrap();
		let soon = Instant::now() + Duration::from_millis(50);
		assert_eq!(rpc.next(&mut quiet, soon).unwrap(), None);
		drop(server);
		assert!(rpc.next(&mut quiet, deadline).is_err());
	}

	#[test]
	fn connecting_should_fail_in_a_sentence_when_nobody_listens() {
		let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
		let socket = format!("ws://{closed}").parse().unwrap();
		assert!(Rpc::connect(&socket).err().unwrap().to_string().contains("connecting"));
		let http = Rpc::connect(&format!("http://{closed}").parse().unwrap()).unwrap();
		assert!(http.call::<u32>("echo", &[]).is_err());
	}

	#[test]
	fn connection_should_begin_with_tls_when_the_address_says_so() {
		let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
		let address = listener.local_addr().unwrap();
		for scheme in ["wss", "https"] {
			let endpoint: Endpoint = format!("{scheme}://{address}").parse().unwrap();
			let client = std::thread::spawn(move || {
				Rpc::connect(&endpoint).and_then(|rpc| rpc.call::<u32>("echo", &[]))
			});
			let mut first = [0; 1];
			listener.accept().unwrap().0.read_exact(&mut first).unwrap();
			// A handshake record.
			assert_eq!(first, [0x16], "{scheme}");
			assert!(client.join().unwrap().is_err());
		}
	}

	#[test]
	fn endpoint_should_be_refused_when_it_is_neither_ws_nor_http() {
		for http in ["http://127.0.0.1:9944", "https://rpc.example.org/opg"] {
			assert_eq!(http.parse(), Ok(Endpoint::Http(http.into())));
		}
		for socket in ["ws://localhost:9944/", "wss://rpc.example.org"] {
			assert_eq!(socket.parse(), Ok(Endpoint::WebSocket(socket.into())));
		}
		for (url, error) in [
			("localhost:9944", EndpointError::Scheme),
			("ftp://localhost", EndpointError::Scheme),
			("https://", EndpointError::NoHost),
			("ws://", EndpointError::NoHost),
			("http:///path", EndpointError::NoHost),
			("ws://:9944", EndpointError::NoHost),
			("", EndpointError::Scheme),
		] {
			assert_eq!(url.parse::<Endpoint>(), Err(error), "{url}");
		}
	}
}
