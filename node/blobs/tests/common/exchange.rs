//! A network of peers that behave as told, for tests of exchanges.

#![allow(dead_code)]

use super::{limits, Folder};
use codec::Encode;
use futures::{
	future::{BoxFuture, FutureExt},
	stream::{once, BoxStream, StreamExt},
};
use opg_blobs::{
	exchange::{
		FetchError, FetchLimits, Fetcher, Misbehaviour, Reply, Request, ServeLimits, Server,
		Transport, Unreachable, Wish,
	},
	store::{Hash, Store},
};
use std::{
	collections::HashMap,
	sync::{Arc, Mutex},
	time::Duration,
};
use tokio::time::{sleep, Instant};

/// What a peer does with a request for a range.
#[derive(Clone, Debug)]
pub enum Behaviour {
	/// It sends what was asked for.
	Honest,
	/// The same, this much later.
	Late(Duration),
	/// It turns a bit of what it sends.
	Corrupt,
	/// It sends the beginning.
	Truncated,
	/// It sends another range of the blob.
	Moved,
	/// It sends bytes that are no message.
	Garbage,
	/// It never replies.
	Silent,
	/// It is not there.
	Away,
	/// It is there until it has sent so many ranges.
	Vanishes(usize),
	/// It has no time.
	Busy,
	/// It says that it holds the blob, and does not when it is asked for it.
	Boasts,
	/// It holds the blob, and says another size.
	OtherSize(u64),
}

struct Peer {
	behaviour: Behaviour,
	server: Arc<Server<u32>>,
	/// Ranges that it was asked for.
	asked: usize,
	/// Ranges that it was asked for and has not sent.
	open: usize,
	most_open: usize,
}

#[derive(Default)]
struct State {
	peers: HashMap<u32, Peer>,
	reports: Vec<(u32, Misbehaviour)>,
	open: usize,
	most_open: usize,
}

/// The network. Clones are the same one.
#[derive(Clone, Default)]
pub struct Net(Arc<Mutex<State>>);

impl Net {
	/// Adds a peer that serves from this store.
	pub fn add(&self, name: u32, store: &Store, behaviour: Behaviour) {
		self.add_limited(name, store, behaviour, ServeLimits::with_rate(u64::MAX / 4));
	}

	/// The same, with these limits.
	pub fn add_limited(&self, name: u32, store: &Store, behaviour: Behaviour, limits: ServeLimits) {
		let server = Arc::new(Server::new(store.clone(), limits));
		let peer = Peer { behaviour, server, asked: 0, open: 0, most_open: 0 };
		self.0.lock().unwrap().peers.insert(name, peer);
	}

	pub fn set(&self, name: u32, behaviour: Behaviour) {
		self.0.lock().unwrap().peers.get_mut(&name).unwrap().behaviour = behaviour;
	}

	/// Ranges that a peer was asked for.
	pub fn asked(&self, name: u32) -> usize {
		self.0.lock().unwrap().peers[&name].asked
	}

	/// Most ranges that were open with a peer.
	pub fn most_open(&self, name: u32) -> usize {
		self.0.lock().unwrap().peers[&name].most_open
	}

	/// Most ranges that were open with all.
	pub fn most_open_of_all(&self) -> usize {
		self.0.lock().unwrap().most_open
	}

	pub fn reports(&self) -> Vec<(u32, Misbehaviour)> {
		self.0.lock().unwrap().reports.clone()
	}

	fn begin(&self, name: u32, request: &Request) -> (Behaviour, Arc<Server<u32>>) {
		let mut state = self.0.lock().unwrap();
		let peer = state.peers.get_mut(&name).unwrap();
		let behaviour = peer.behaviour.clone();
		if let (Behaviour::Vanishes(left @ 1..), Request::Range { .. }) = (&behaviour, request) {
			peer.behaviour = Behaviour::Vanishes(left - 1);
		}
		(behaviour, peer.server.clone())
	}

	fn open(&self, name: u32) -> Open {
		let mut state = self.0.lock().unwrap();
		state.open += 1;
		state.most_open = state.most_open.max(state.open);
		let peer = state.peers.get_mut(&name).unwrap();
		peer.asked += 1;
		peer.open += 1;
		peer.most_open = peer.most_open.max(peer.open);
		Open(self.clone(), name)
	}
}

/// A range that was asked for.
struct Open(Net, u32);

impl Drop for Open {
	fn drop(&mut self) {
		let mut state = self.0 .0.lock().unwrap();
		state.open -= 1;
		state.peers.get_mut(&self.1).unwrap().open -= 1;
	}
}

impl Transport for Net {
	type Peer = u32;

	fn request(
		&self,
		name: u32,
		message: Vec<u8>,
	) -> BoxFuture<'static, Result<Vec<u8>, Unreachable>> {
		let net = self.clone();
		async move {
			let request = Request::parse(&message).expect("ours are");
			let (behaviour, server) = net.begin(name, &request);
			sleep(Duration::from_millis(20)).await;
			if let Request::Have { .. } = request {
				return match behaviour {
					Behaviour::Away | Behaviour::Vanishes(0) => Err(Unreachable),
					Behaviour::OtherSize(size) => Ok(Reply::Held { size }.encode()),
					_ => Ok(server.answer(&0, &message).await.expect("ours are").message),
				};
			}
			let open = net.open(name);
			let answer = |message: Vec<u8>| {
				let server = server.clone();
				async move {
					let answer = server.answer(&0, &message).await.map_err(|_| Unreachable)?;
					Ok(answer.message)
				}
			};
			let reply = match behaviour {
				Behaviour::Honest | Behaviour::OtherSize(_) => answer(message).await,
				Behaviour::Late(time) => {
					sleep(time).await;
					answer(message).await
				},
				Behaviour::Corrupt => {
					let mut reply = answer(message).await?;
					let middle = reply.len() / 2;
					reply[middle] ^= 1;
					Ok(reply)
				},
				Behaviour::Truncated => {
					let reply = answer(message).await?;
					match Reply::parse(&reply) {
						Some(Reply::Range(mut bytes)) => {
							bytes.truncate(bytes.len() - 1);
							Ok(Reply::Range(bytes).encode())
						},
						_ => Ok(reply),
					}
				},
				Behaviour::Moved => {
					let Request::Range { hash, start, end } = request else { unreachable!() };
					let start = if start == 0 { end } else { 0 };
					let moved = Request::Range { hash, start, end: start + (1 << 20) };
					answer(moved.encode()).await
				},
				Behaviour::Garbage => Ok(vec![0xff; 1000]),
				Behaviour::Silent => std::future::pending().await,
				Behaviour::Away => Err(Unreachable),
				Behaviour::Vanishes(0) => Err(Unreachable),
				Behaviour::Vanishes(_) => answer(message).await,
				Behaviour::Busy => Ok(Reply::Busy { retry_ms: 500 }.encode()),
				Behaviour::Boasts => Ok(Reply::NotHeld.encode()),
			};
			drop(open);
			reply
		}
		.boxed()
	}

	fn find(&self, _: Hash) -> BoxStream<'static, Vec<u32>> {
		let mut names: Vec<u32> = self.0.lock().unwrap().peers.keys().copied().collect();
		names.sort_unstable();
		once(async move {
			sleep(Duration::from_millis(50)).await;
			names
		})
		.boxed()
	}

	fn report(&self, name: &u32, misbehaviour: Misbehaviour) {
		self.0.lock().unwrap().reports.push((*name, misbehaviour));
	}
}

/// A store in a folder of its own.
pub fn new_store() -> (Folder, Store) {
	super::store()
}

/// A fetcher that runs, into the store in this folder.
pub fn fetcher(folder: &Folder, net: &Net, fetch_limits: FetchLimits) -> Fetching {
	let store = Store::open(folder.root(), limits()).unwrap();
	let fetcher = Fetcher::new(store, fetch_limits);
	let task = tokio::spawn(fetcher.clone().run(net.clone()));
	Fetching { fetcher, task, begun: Instant::now() }
}

/// A fetcher and its task.
pub struct Fetching {
	pub fetcher: Fetcher,
	pub task: tokio::task::JoinHandle<()>,
	pub begun: Instant,
}

impl Fetching {
	/// Fetches a blob to the end, whatever that is.
	pub async fn fetch(&self, hash: Hash, size: u64) -> Result<(), FetchError> {
		self.fetcher.fetch(hash, size, Wish::default()).unwrap().finished().await
	}
}

/// A runtime whose time passes when nothing else happens.
pub fn run<F: std::future::Future>(test: F) -> F::Output {
	tokio::runtime::Builder::new_current_thread()
		.enable_time()
		.start_paused(true)
		.build()
		.unwrap()
		.block_on(test)
}
