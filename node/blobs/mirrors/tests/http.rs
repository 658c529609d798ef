//! Fetches from servers on this machine, which behave as told.

#![allow(clippy::unwrap_used)]

mod server;

use futures::{
	future::{BoxFuture, FutureExt},
	stream::{self, BoxStream, StreamExt},
};
use opg_blobs::{
	exchange::{
		FetchError, FetchLimits, Fetcher, MirrorError, MirrorLimits, Mirrors, Misbehaviour,
		Transport, Unreachable, Wish,
	},
	store::{blob_hash, Hash, Limits, Store},
};
use opg_blobs_mirrors::{
	Addresses, Error, HttpMirrors, Resolve, RootCertStore, SystemResolver, MAX_MIRRORS,
};
use server::{Kind, Server};
use std::{collections::HashMap, io, net::IpAddr, sync::Arc, time::Duration};

/// Time after which a server that is silent is left.
const BRIEF: Duration = Duration::from_secs(2);

/// Time that no server on this machine needs.
const LONG: Duration = Duration::from_secs(60);

/// Nobody else has anything.
struct NoPeers;

impl Transport for NoPeers {
	type Peer = u32;

	fn request(&self, _: u32, _: Vec<u8>) -> BoxFuture<'static, Result<Vec<u8>, Unreachable>> {
		async { Err(Unreachable) }.boxed()
	}

	fn find(&self, _: Hash) -> BoxStream<'static, Vec<u32>> {
		stream::empty().boxed()
	}

	fn report(&self, _: &u32, _: Misbehaviour) {}
}

/// Names with these addresses.
#[derive(Debug)]
struct Names(HashMap<String, Vec<IpAddr>>);

impl Resolve for Names {
	fn resolve(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
		let found = self.0.get(&name).cloned();
		async move { found.ok_or_else(|| io::ErrorKind::NotFound.into()) }.boxed()
	}
}

fn names(name: &str, addresses: &[&str]) -> Arc<dyn Resolve> {
	let addresses = addresses.iter().map(|address| address.parse().unwrap()).collect();
	Arc::new(Names([(name.to_owned(), addresses)].into()))
}

fn mirrors(urls: &[String], addresses: Addresses) -> HttpMirrors {
	let urls = urls.iter().map(|url| url.parse().unwrap()).collect();
	HttpMirrors::with_roots(urls, addresses, RootCertStore::empty(), Arc::new(SystemResolver))
		.unwrap()
}

/// A mirror on this machine.
fn here(server: &Server) -> HttpMirrors {
	mirrors(&[server.url()], Addresses::PublicAndPrivate)
}

fn content() -> Vec<u8> {
	let mut state = 7u64;
	let next = |_| {
		state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
		(state >> 56) as u8
	};
	(0..3_000_123).map(next).collect()
}

struct Fetching {
	store: Store,
	fetcher: Fetcher,
	task: tokio::task::JoinHandle<()>,
}

fn fetching(folder: &tempfile::TempDir, mirrors: HttpMirrors, time: Duration) -> Fetching {
	let limits = Limits { keep_free: 0, ..Limits::default() };
	let store = Store::open(folder.path().join("store"), limits).unwrap();
	let limits = FetchLimits {
		patience: Duration::from_millis(50),
		mirrors: MirrorLimits {
			after: Duration::ZERO,
			open: time,
			period: time,
			pause: Duration::from_millis(100),
			..MirrorLimits::default()
		},
		..FetchLimits::default()
	};
	let fetcher = Fetcher::with_mirrors(store.clone(), limits, Arc::new(mirrors));
	let task = tokio::spawn(fetcher.clone().run(NoPeers));
	Fetching { store, fetcher, task }
}

impl Fetching {
	async fn fetch(&self, content: &[u8]) -> Result<(), FetchError> {
		let (hash, size) = (blob_hash(content), content.len() as u64);
		let result = self.fetcher.fetch(hash, size, Wish::default()).unwrap().finished().await;
		match &result {
			Ok(()) => {
				let blob = self.store.get(&hash).unwrap().unwrap();
				assert_eq!(blob.to_vec().unwrap(), content);
			},
			Err(_) => assert!(!self.store.contains(&hash)),
		}
		result
	}
}

/// Fetches a file from a server of this kind. Returns the requests too.
async fn fetch_from(kind: Kind) -> (Result<(), FetchError>, Vec<String>) {
	let content = content();
	let server = Server::start(&content, kind).await;
	let folder = tempfile::tempdir().unwrap();
	let time = match server.is_silent() {
		true => BRIEF,
		false => LONG,
	};
	let result = fetching(&folder, here(&server), time).fetch(&content).await;
	(result, server.requests())
}

/// What a mirror says when it is asked.
async fn ask(mirrors: &HttpMirrors, size: u64, start: u64) -> Result<u64, MirrorError> {
	let hash = blob_hash(&content());
	mirrors.open(0, hash, size, start).await.map(|download| download.start)
}

#[tokio::test]
async fn file_should_be_fetched_when_the_server_has_it() {
	for kind in [Kind::Whole, Kind::Chunked] {
		let (result, requests) = fetch_from(kind).await;
		result.unwrap();
		assert_eq!(requests.len(), 1);
		let request = requests[0].to_lowercase();
		let hash = blob_hash(&content());
		assert!(request.starts_with(&format!("get /files/{} http/1.1", hex::encode(hash))));
		assert!(request.contains("accept-encoding: identity"));
		assert!(!request.contains("range:"));
	}
}

#[tokio::test]
async fn blob_should_stay_absent_when_the_server_does_not_give_it() {
	let length = content().len();
	for kind in [
		Kind::Wrong,
		Kind::Length(length + 1),
		Kind::Length(length - 1),
		Kind::ChunkedLength(length + 1),
		Kind::ChunkedLength(length - 1),
		Kind::Silent,
		Kind::SilentAfter(1_000_000),
		Kind::Status("404 Not Found"),
		Kind::Status("403 Forbidden"),
		Kind::Status("204 No Content"),
		Kind::Status("416 Range Not Satisfiable"),
		Kind::Status("500 Internal Server Error"),
		Kind::Encoded,
		Kind::Raw("nonsense\r\n\r\n"),
		Kind::Raw(""),
	] {
		let (result, _) = fetch_from(kind.clone()).await;
		assert!(matches!(result, Err(FetchError::NotFound { .. })), "{kind:?} {result:?}");
	}
}

#[tokio::test]
async fn reason_should_be_told_when_the_server_does_not_give_a_file() {
	let size = content().len() as u64;
	let other = MirrorError::OtherSize { said: size + 1, wanted: size };
	for (kind, expected) in [
		(Kind::Status("404 Not Found"), Some(MirrorError::NotFound)),
		(Kind::Status("410 Gone"), Some(MirrorError::NotFound)),
		(Kind::Length(size as usize + 1), Some(other)),
		(Kind::Encoded, None),
		(Kind::Status("403 Forbidden"), None),
	] {
		let server = Server::start(&content(), kind.clone()).await;
		let error = ask(&here(&server), size, 0).await.unwrap_err();
		match expected {
			Some(expected) => assert_eq!(error, expected, "{kind:?}"),
			None => assert!(matches!(error, MirrorError::Refused(_)), "{kind:?} {error}"),
		}
	}
}

#[tokio::test]
async fn server_error_should_be_passed_over_when_the_next_attempt_succeeds() {
	let content = content();
	let server = Server::start(&content, Kind::Status("503 Service Unavailable")).await;
	let folder = tempfile::tempdir().unwrap();
	let fetching = fetching(&folder, here(&server), LONG);
	let mend = async {
		while server.requests().is_empty() {
			tokio::time::sleep(Duration::from_millis(1)).await;
		}
		server.set(Kind::Whole);
	};
	let (result, ()) = tokio::join!(fetching.fetch(&content), mend);
	result.unwrap();
}

#[tokio::test]
async fn download_should_go_on_when_the_server_breaks_off() {
	let (result, requests) = fetch_from(Kind::BreaksAfter(1_300_000)).await;
	result.unwrap();
	assert_eq!(requests.len(), 3);
	assert!(requests[1].contains("range: bytes="), "{}", requests[1]);
	let (result, requests) = fetch_from(Kind::BreaksOnceAndKnowsNoRanges(1_300_000)).await;
	result.unwrap();
	assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn download_should_go_on_when_the_node_is_killed_in_the_middle() {
	let content = content();
	let server = Server::start(&content, Kind::SilentAfter(2_200_000)).await;
	let folder = tempfile::tempdir().unwrap();
	{
		let fetching = fetching(&folder, here(&server), BRIEF);
		fetching.fetch(&content).await.unwrap_err();
		fetching.task.abort();
	}
	server.requests();
	server.set(Kind::Whole);
	fetching(&folder, here(&server), LONG).fetch(&content).await.unwrap();
	let requests = server.requests();
	let start = requests[0].split("range: bytes=").nth(1).unwrap().split('-').next().unwrap();
	assert!(start.parse::<u64>().unwrap() > 2_100_000, "{start}");
}

#[tokio::test]
async fn private_address_should_be_refused_when_the_operator_does_not_allow_it() {
	let server = Server::start(&content(), Kind::Whole).await;
	let port = server.port();
	let size = content().len() as u64;
	for url in [
		format!("http://127.0.0.1:{port}"),
		format!("http://localhost:{port}"),
		format!("http://[::ffff:127.0.0.1]:{port}"),
		format!("http://[::1]:{port}"),
		format!("http://0x7f.1:{port}"),
		format!("http://2130706433:{port}"),
		format!("http://0.0.0.0:{port}"),
	] {
		let error = ask(&mirrors(std::slice::from_ref(&url), Addresses::Public), size, 0)
			.await
			.unwrap_err();
		let MirrorError::Refused(reason) = error else { panic!("{url}: {error}") };
		assert!(reason.contains("not allowed"), "{url}: {reason}");
	}
	let link_local = mirrors(&["http://169.254.169.254".into()], Addresses::PublicAndPrivate);
	assert!(matches!(ask(&link_local, size, 0).await, Err(MirrorError::Refused(_))));
	assert_eq!(server.requests().len(), 0);
	assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn name_should_be_refused_when_one_of_its_addresses_is_private() {
	let server = Server::start(&content(), Kind::Whole).await;
	let url = format!("http://files.example:{}", server.port()).parse().unwrap();
	for addresses in [&["127.0.0.1"][..], &["1.1.1.1", "127.0.0.1"], &["::ffff:127.0.0.1"]] {
		let resolve = names("files.example", addresses);
		let roots = RootCertStore::empty();
		let urls = vec![Clone::clone(&url)];
		let mirrors = HttpMirrors::with_roots(urls, Addresses::Public, roots, resolve).unwrap();
		let error = ask(&mirrors, content().len() as u64, 0).await.unwrap_err();
		let MirrorError::Refused(reason) = error else { panic!("{addresses:?}: {error}") };
		assert!(reason.contains("not allowed"), "{addresses:?}: {reason}");
	}
	assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn redirect_should_be_followed_when_it_stays_with_the_server() {
	let (result, requests) = fetch_from(Kind::RedirectOnce("/elsewhere".into())).await;
	result.unwrap();
	assert_eq!(requests.len(), 2);
	assert!(requests[1].starts_with("GET /elsewhere HTTP/1.1"));
}

#[tokio::test]
async fn redirect_should_be_refused_when_it_goes_where_it_may_not() {
	let other = Server::start(&content(), Kind::Whole).await;
	for location in [
		// Private addresses are allowed for the server that was named only.
		other.url(),
		"http://127.0.0.2/".into(),
		"http://10.0.0.1/".into(),
		"http://169.254.169.254/latest/meta-data".into(),
		"http://localhost/".into(),
		"//[::1]/".into(),
		"file:///etc/passwd".into(),
		"http://user@1.1.1.1/".into(),
		"http://".into(),
	] {
		let server = Server::start(&content(), Kind::RedirectOnce(location.clone())).await;
		let error = ask(&here(&server), content().len() as u64, 0).await.unwrap_err();
		assert!(matches!(error, MirrorError::Refused(_)), "{location}: {error}");
		assert_eq!(server.requests().len(), 1, "{location}");
	}
	assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn redirects_should_end_when_they_are_too_many() {
	let server = Server::start(&content(), Kind::Redirect("/again".into())).await;
	let error = ask(&here(&server), content().len() as u64, 0).await.unwrap_err();
	assert!(matches!(error, MirrorError::Refused(_)), "{error}");
	assert_eq!(server.requests().len(), 4);
}

#[tokio::test]
async fn file_should_be_fetched_over_tls_when_the_certificate_is_trusted() {
	let content = content();
	let (server, certificate) = Server::start_tls(&content, Kind::Whole, "files.example").await;
	let url = format!("https://files.example:{}/files/", server.port());
	let with = |roots, name: &str| {
		let url = url.replace("files.example", name).parse().unwrap();
		let addresses = Addresses::PublicAndPrivate;
		HttpMirrors::with_roots(vec![url], addresses, roots, names(name, &["127.0.0.1"])).unwrap()
	};
	let mut trusted = RootCertStore::empty();
	trusted.add(certificate).unwrap();
	let folder = tempfile::tempdir().unwrap();
	fetching(&folder, with(trusted.clone(), "files.example"), LONG).fetch(&content).await.unwrap();
	assert_eq!(server.requests().len(), 1);

	let size = content.len() as u64;
	let strange = ask(&with(RootCertStore::empty(), "files.example"), size, 0).await.unwrap_err();
	assert!(strange.to_string().contains("UnknownIssuer"), "{strange}");
	let other = ask(&with(trusted, "other.example"), size, 0).await.unwrap_err();
	assert!(other.to_string().contains("not valid for name"), "{other}");
	assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn redirect_should_be_refused_when_it_leaves_tls() {
	let location = "http://files.example/".to_owned();
	let (server, certificate) =
		Server::start_tls(&content(), Kind::RedirectOnce(location), "files.example").await;
	let mut roots = RootCertStore::empty();
	roots.add(certificate).unwrap();
	let url = format!("https://files.example:{}/", server.port()).parse().unwrap();
	let resolve = names("files.example", &["127.0.0.1"]);
	let addresses = Addresses::PublicAndPrivate;
	let mirrors = HttpMirrors::with_roots(vec![url], addresses, roots, resolve).unwrap();
	let error = ask(&mirrors, content().len() as u64, 0).await.unwrap_err();
	assert!(error.to_string().contains("without TLS"), "{error}");
}

#[tokio::test]
async fn proxies_of_the_environment_should_not_be_used() {
	let proxy = Server::start(&content(), Kind::Whole).await;
	for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
		std::env::set_var(name, proxy.url());
	}
	fetch_from(Kind::Whole).await.0.unwrap();
	assert_eq!(proxy.connections(), 0);
}

#[test]
fn mirrors_should_be_refused_when_there_are_too_many() {
	let urls = vec!["http://files.example".parse().unwrap(); MAX_MIRRORS + 1];
	let refused = HttpMirrors::new(urls, Addresses::Public);
	assert!(matches!(refused, Err(Error::TooManyMirrors(9))), "{refused:?}");
}
