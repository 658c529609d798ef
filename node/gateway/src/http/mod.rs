//! HTTP: connections, keys, limits, and which handler answers.

mod kserve;
mod names;
mod openai;
mod receipts;
mod server;
mod site;
mod text;

pub use server::{listen, ListenError};
pub use site::{Site, SiteError};

use crate::{
	backend::{Backend, Model, Tier, Trust},
	error::{receipt_link, ApiError},
	keys::{Key, Keys, Limits},
	service::{Outcome, Service},
};
use bytes::{Bytes, BytesMut};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::{
	header::{
		self, HeaderMap, HeaderName, HeaderValue, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH,
		CONTENT_TYPE, HOST, ORIGIN,
	},
	Method, Request, Response, StatusCode,
};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::Semaphore, time::timeout};

const JSON: &str = "application/json";
/// Unit in which memory for bodies is counted, in bytes.
const KIB: usize = 1 << 10;

/// What the gateway takes over HTTP, and from whom.
#[derive(Debug)]
pub struct Web {
	/// Who may use it. Without keys, everybody on this machine.
	pub keys: Keys,
	/// Limits of those without a key, where there are no keys.
	pub local: Limits,
	/// Origins whose pages may call the gateway.
	pub cors: Vec<String>,
	/// Pages to serve.
	pub site: Option<Site>,
	/// Longest body, in bytes.
	pub max_body: usize,
	/// Longest JSON in it, in bytes: it takes many times its length in memory.
	pub max_json: usize,
	/// Memory for bodies at a time, in bytes.
	pub max_bodies: usize,
	/// Longest time for a body to arrive.
	pub body_timeout: Duration,
	/// Connections at a time. Others wait.
	pub max_connections: usize,
	/// Inputs of one call for embeddings. Each is a request.
	pub max_embeddings: usize,
	/// Time for calls to end when the gateway stops.
	pub grace: Duration,
}

impl Default for Web {
	fn default() -> Self {
		Self {
			keys: Keys::default(),
			local: Limits::default(),
			cors: Vec::new(),
			site: None,
			max_body: 68 << 20,
			max_json: 8 << 20,
			max_bodies: 512 << 20,
			body_timeout: Duration::from_secs(60),
			max_connections: 1024,
			max_embeddings: 16,
			grace: Duration::from_secs(20),
		}
	}
}

/// The gateway.
pub struct Gateway<B> {
	service: Arc<Service<B>>,
	web: Web,
	local: Key,
	bodies: Semaphore,
}

/// An answer to a call.
struct Reply {
	status: u16,
	headers: Vec<(HeaderName, String)>,
	body: Bytes,
}

impl Reply {
	fn new(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
		let headers = vec![(CONTENT_TYPE, content_type.into())];
		Self { status, headers, body: body.into() }
	}

	fn json(status: u16, value: &Value) -> Self {
		Self::new(status, JSON, value.to_string())
	}

	fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
		self.headers.push((HeaderName::from_static(name), value.into()));
		self
	}

	/// With what the answers say of requests, as headers.
	fn of(self, outcomes: &[&Outcome]) -> Self {
		let list = |part: &dyn Fn(&Outcome) -> String| -> String {
			outcomes.iter().map(|outcome| part(outcome)).collect::<Vec<_>>().join(", ")
		};
		self.with("opg-request", list(&|it| it.answer.request.to_string()))
			.with("opg-state", list(&|it| it.answer.state.to_string()))
			.with("opg-receipt", list(&|it| receipt_link(it.answer.request)))
			.with("opg-digest", list(&|it| it.answer.digest.clone()))
			.with("opg-reference", list(&|it| shown(&it.reference)))
			.with("opg-verified", list(&|it| it.is_verified.to_string()))
	}

	fn error(error: &ApiError, is_openai: bool) -> Self {
		let body = if is_openai { error.to_openai() } else { error.to_kserve() };
		// Clients of OpenAI try again by themselves, and without an id each attempt is a new request.
		let may_retry = error.retry_after.is_some();
		let mut reply = Self::json(error.status, &body)
			.with("opg-reason", error.reason)
			.with("x-should-retry", may_retry.to_string());
		if let Some(seconds) = error.retry_after {
			reply = reply.with("retry-after", seconds.to_string());
		}
		if let Some(request) = error.details.get("request") {
			reply = reply.with("opg-request", request.to_string());
		}
		if error.status == 401 {
			reply = reply.with("www-authenticate", "Bearer");
		}
		reply
	}
}

fn shown(reference: &[u8; 32]) -> String {
	format!("0x{}", hex::encode(reference))
}

/// What answers of every shape say of a request.
fn about(outcome: &Outcome) -> serde_json::Map<String, Value> {
	let Outcome { answer, is_verified, reference } = outcome;
	let mut about = serde_json::Map::new();
	about.insert("request".into(), answer.request.into());
	about.insert("state".into(), answer.state.name().into());
	about.insert("receipt".into(), receipt_link(answer.request).into());
	about.insert("digest".into(), answer.digest.as_str().into());
	about.insert("reference".into(), shown(reference).into());
	about.insert("verified".into(), (*is_verified).into());
	about
}

/// A call, without its body.
struct Head {
	method: Method,
	path: String,
	query: String,
	headers: HeaderMap,
}

impl Head {
	fn header(&self, name: impl header::AsHeaderName) -> Result<Option<&str>, ApiError> {
		match self.headers.get(name) {
			None => Ok(None),
			Some(value) => {
				let value = value.to_str();
				value.map(Some).map_err(|_| ApiError::invalid("a header is no plain text"))
			},
		}
	}

	/// The parameters behind `?`, of which only these are known.
	fn query(&self, known: &[&str]) -> Result<BTreeMap<String, String>, ApiError> {
		let mut found = BTreeMap::new();
		for pair in self.query.split('&').filter(|pair| !pair.is_empty()) {
			let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
			let (name, value) = (decoded(name)?, decoded(value)?);
			if !known.contains(&name.as_str()) {
				let message = format!("no parameter `{name}`: there are {}", known.join(", "));
				return Err(ApiError::invalid(message));
			}
			if found.insert(name.clone(), value).is_some() {
				return Err(ApiError::invalid(format!("`{name}` is given twice")));
			}
		}
		Ok(found)
	}
}

fn decoded(text: &str) -> Result<String, ApiError> {
	let decoded = percent_decode_str(text).decode_utf8();
	decoded.map(Into::into).map_err(|_| ApiError::invalid("the address is no UTF-8"))
}

/// How a call wants its answer.
#[derive(Clone, Copy, Debug, Default)]
struct Wish {
	trust: Trust,
	tier: Option<Tier>,
	timeout: Option<Duration>,
}

/// Names of what a call can wish.
const WISHES: [&str; 3] = ["trust", "tier", "timeout"];

impl Wish {
	/// `timeout` is in seconds.
	fn parse(query: &BTreeMap<String, String>) -> Result<Self, ApiError> {
		let text = |name: &str| query.get(name).map(String::as_str);
		let mut wish = Self::default();
		if let Some(trust) = text("trust") {
			wish.trust = Self::trust(trust)?;
		}
		if let Some(tier) = text("tier") {
			wish.tier = Some(Self::tier(tier)?);
		}
		if let Some(timeout) = text("timeout") {
			let seconds = timeout.parse::<f64>().ok();
			let timeout = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
			wish.timeout =
				Some(timeout.ok_or_else(|| ApiError::invalid("`timeout` is a number of seconds"))?);
		}
		Ok(wish)
	}

	fn trust(name: &str) -> Result<Trust, ApiError> {
		let trust = Trust::from_name(name);
		trust.ok_or_else(|| ApiError::invalid("`trust` is `attested` or `settled`"))
	}

	fn tier(name: &str) -> Result<Tier, ApiError> {
		let tier = Tier::from_name(name);
		tier.ok_or_else(|| ApiError::invalid("`tier` is `optimistic`, `quorum` or `high`"))
	}
}

/// Which handler answers. The name is for monitoring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Route {
	Live,
	Ready,
	Metrics,
	Server,
	Models,
	Embeddings,
	Completions,
	Chat,
	OpenAi,
	Receipts,
	Site,
}

impl Route {
	fn of(path: &str) -> Self {
		match path {
			"/v2/health/live" => Self::Live,
			"/v2/health/ready" => Self::Ready,
			"/metrics" => Self::Metrics,
			"/v2" | "/v2/" => Self::Server,
			"/v1/embeddings" => Self::Embeddings,
			"/v1/completions" => Self::Completions,
			"/v1/chat/completions" => Self::Chat,
			_ if path.starts_with("/v2/") => Self::Models,
			_ if path.starts_with("/v1/receipts/") => Self::Receipts,
			_ if path.starts_with("/v1/") => Self::OpenAi,
			_ => Self::Site,
		}
	}

	fn name(self) -> &'static str {
		match self {
			Self::Live | Self::Ready => "health",
			Self::Metrics => "metrics",
			Self::Server | Self::Models => "kserve",
			Self::Embeddings => "embeddings",
			Self::Completions | Self::Chat => "completions",
			Self::OpenAi => "openai",
			Self::Receipts => "receipts",
			Self::Site => "site",
		}
	}

	fn is_open(self) -> bool {
		matches!(self, Self::Live | Self::Ready | Self::Metrics | Self::Site)
	}

	fn is_openai(self) -> bool {
		matches!(self, Self::Embeddings | Self::Completions | Self::Chat | Self::OpenAi)
	}
}

impl<B: Backend> Gateway<B> {
	/// A gateway.
	pub fn new(service: Arc<Service<B>>, web: Web) -> Arc<Self> {
		let local = Key { name: "local".into(), limits: web.local };
		let bodies = Semaphore::new((web.max_bodies / KIB).min(Semaphore::MAX_PERMITS));
		Arc::new(Self { service, web, local, bodies })
	}

	/// Requests of this gateway.
	pub fn service(&self) -> &Arc<Service<B>> {
		&self.service
	}

	/// Answers a call.
	pub async fn respond<T>(self: &Arc<Self>, request: Request<T>) -> Response<Full<Bytes>>
	where
		T: Body<Data = Bytes> + Unpin,
		T::Error: std::fmt::Display,
	{
		let (parts, body) = request.into_parts();
		let head = Head {
			method: parts.method,
			path: parts.uri.path().into(),
			query: parts.uri.query().unwrap_or_default().into(),
			headers: parts.headers,
		};
		let route = Route::of(&head.path);
		let reply = match self.origin(&head) {
			Ok(()) if head.method == Method::OPTIONS => Reply::new(204, JSON, Bytes::new()),
			Ok(()) => self.route(route, &head, body).await,
			Err(error) => Reply::error(&error, route.is_openai()),
		};
		self.service.metrics.responded(route.name(), reply.status);
		self.finish(&head, reply)
	}

	async fn route<T>(self: &Arc<Self>, route: Route, head: &Head, body: T) -> Reply
	where
		T: Body<Data = Bytes> + Unpin,
		T::Error: std::fmt::Display,
	{
		let key = match self.key(head) {
			Ok(key) => key,
			Err(_) if route.is_open() => &self.local,
			Err(error) => return Reply::error(&error, route.is_openai()),
		};
		let result = match route {
			Route::Live => get(head).map(|()| Reply::new(200, JSON, "{\"live\":true}")),
			Route::Ready => self.ready(head).await,
			Route::Metrics => get(head).map(|()| {
				let service = &self.service;
				let text = service.metrics.render(service.in_flight(), service.unsettled());
				Reply::new(200, "text/plain; version=0.0.4", text)
			}),
			Route::Server => get(head).map(|()| kserve::server()),
			Route::Models => self.kserve(key, head, body).await,
			Route::Embeddings => self.embeddings(key, head, body).await,
			Route::Completions => self.completions(key, head, body).await,
			Route::Chat => self.chat(key, head, body).await,
			Route::OpenAi => self.openai_models(head).await,
			Route::Receipts => self.receipt(head).await,
			Route::Site => self.site(head).await,
		};
		result.unwrap_or_else(|error| Reply::error(&error, route.is_openai()))
	}

	/// Who calls.
	fn key(&self, head: &Head) -> Result<&Key, ApiError> {
		if self.web.keys.is_empty() {
			return Ok(&self.local);
		}
		let refused = |message| ApiError::new(401, "InvalidKey", message);
		let value = head.header(AUTHORIZATION)?.ok_or_else(|| {
			refused("this gateway needs a key: send it as `Authorization: Bearer opg_...`")
		})?;
		let secret = value.split_once(' ').filter(|(kind, _)| kind.eq_ignore_ascii_case("bearer"));
		secret
			.and_then(|(_, secret)| self.web.keys.find(secret.trim()))
			.ok_or_else(|| refused("no such key"))
	}

	/// Refuses what the pages of others make a browser send. Without keys, whoever reaches the gateway
	/// spends; so there the name by which it is reached has to be that of this machine, or a page could
	/// give it its own name.
	fn origin(&self, head: &Head) -> Result<(), ApiError> {
		let host = head.header(HOST)?.unwrap_or_default();
		if self.web.keys.is_empty() && !is_local(host) {
			let message =
				format!("`{host}` is no name of this machine, and the gateway has no keys");
			return Err(ApiError::new(421, "HostNotAllowed", message));
		}
		let Some(origin) = head.header(ORIGIN)? else { return Ok(()) };
		let is_own = origin.split_once("://").is_some_and(|(_, its)| its == host);
		if is_own || self.web.cors.iter().any(|allowed| allowed == origin) {
			return Ok(());
		}
		let message = format!("pages of `{origin}` may not call this gateway");
		Err(ApiError::new(403, "OriginNotAllowed", message))
	}

	/// Puts a reply on the wire.
	fn finish(&self, head: &Head, reply: Reply) -> Response<Full<Bytes>> {
		let mut response = Response::new(Full::new(reply.body));
		*response.status_mut() =
			StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
		let headers = response.headers_mut();
		let mut set = |name: HeaderName, value: &str| {
			// Text of the chain can have other characters than a header.
			if let Ok(value) = HeaderValue::from_str(value) {
				headers.insert(name, value);
			}
		};
		set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
		set(header::CACHE_CONTROL, "no-store");
		for (name, value) in reply.headers {
			set(name, &value);
		}
		let origin = head.headers.get(ORIGIN).and_then(|origin| origin.to_str().ok());
		if !self.web.cors.is_empty() {
			set(header::VARY, "Origin");
		}
		if let Some(origin) = origin.filter(|origin| self.web.cors.iter().any(|it| it == origin)) {
			set(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
			set(header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST");
			set(
				header::ACCESS_CONTROL_ALLOW_HEADERS,
				"Authorization, Content-Type, Idempotency-Key, Inference-Header-Content-Length",
			);
			set(
				header::ACCESS_CONTROL_EXPOSE_HEADERS,
				"Inference-Header-Content-Length, Retry-After, OPG-Request, OPG-State, OPG-Receipt, \
				 OPG-Digest, OPG-Reference, OPG-Verified, OPG-Reason",
			);
			set(header::ACCESS_CONTROL_MAX_AGE, "600");
		}
		response
	}

	async fn ready(&self, head: &Head) -> Result<Reply, ApiError> {
		get(head)?;
		self.service.backend.health().await?;
		Ok(Reply::new(200, JSON, "{\"ready\":true}"))
	}

	/// Reads a body, within the limits.
	async fn body<T>(&self, head: &Head, mut body: T) -> Result<Bytes, ApiError>
	where
		T: Body<Data = Bytes> + Unpin,
		T::Error: std::fmt::Display,
	{
		if head.header(CONTENT_ENCODING)?.is_some_and(|coding| coding != "identity") {
			let message = "compressed bodies are not taken: send it as it is";
			return Err(ApiError::new(415, "CompressedBody", message));
		}
		let most = self.web.max_body;
		let too_large = || {
			let message =
				format!("the body is longer than the {most} bytes that this gateway takes");
			ApiError::new(413, "BodyTooLarge", message)
		};
		let claimed = match head.header(CONTENT_LENGTH)? {
			None => most,
			Some(length) => length.parse().map_err(|_| ApiError::invalid("no Content-Length"))?,
		};
		if claimed > most {
			return Err(too_large());
		}
		let kib = u32::try_from(claimed.div_ceil(KIB)).unwrap_or(u32::MAX);
		let _memory = self.bodies.try_acquire_many(kib).map_err(|_| {
			let message = "the gateway reads as many bodies as it has memory for";
			ApiError::new(429, "TooManyBodies", message).retry_after(2)
		})?;
		let read = async {
			let mut bytes = BytesMut::new();
			while let Some(frame) = body.frame().await {
				let frame = frame
					.map_err(|error| ApiError::invalid(format!("the body broke off: {error}")))?;
				let Ok(data) = frame.into_data() else { continue };
				if bytes.len() + data.len() > most {
					return Err(too_large());
				}
				bytes.extend_from_slice(&data);
			}
			Ok(bytes.freeze())
		};
		timeout(self.web.body_timeout, read).await.map_err(|_| {
			let seconds = self.web.body_timeout.as_secs();
			let message = format!("the body did not arrive within {seconds} s");
			ApiError::new(408, "BodyTimeout", message)
		})?
	}

	/// The version of a model. A number has one version; a name has many.
	async fn model(&self, name: &str, version: Option<&str>) -> Result<Model, ApiError> {
		let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
		let full = match version {
			Some(_) if name.contains('@') => {
				return Err(ApiError::invalid("the version is given twice"));
			},
			Some(version) if !is_number => format!("{name}@{version}"),
			_ => name.into(),
		};
		let model = self.service.backend.model(&full).await?;
		match version {
			Some(version) if is_number && version != model.version => {
				let message = format!("model {name} is version {}", model.version);
				Err(ApiError::new(404, "ModelUnknown", message))
			},
			_ => Ok(model),
		}
	}
}

fn get(head: &Head) -> Result<(), ApiError> {
	method(head, &Method::GET)
}

fn method(head: &Head, expected: &Method) -> Result<(), ApiError> {
	if head.method == expected {
		return Ok(());
	}
	Err(ApiError::new(405, "WrongMethod", format!("this takes {expected}")))
}

/// Tells whether a `Host` names this machine from inside.
fn is_local(host: &str) -> bool {
	let name = match host.rsplit_once(':') {
		Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
		_ => host,
	};
	matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn host_should_be_local_in_all_its_forms_only() {
		for host in ["localhost", "localhost:80", "127.0.0.1:8080", "[::1]", "[::1]:8080"] {
			assert!(is_local(host), "{host}");
		}
		for host in ["", "evil.example", "localhost.evil.example:80", "127.0.0.1.evil", "::1:x"] {
			assert!(!is_local(host), "{host}");
		}
	}
}
