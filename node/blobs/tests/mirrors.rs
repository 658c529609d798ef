//! Mirrors of every kind, and how they go with peers. Time passes when nothing else happens.

#![allow(clippy::unwrap_used)]

mod common;

use common::{
	bytes,
	exchange::{new_store, run, Behaviour, Net},
	limits, Folder,
};
use futures::{
	future::{BoxFuture, FutureExt},
	stream::{self, StreamExt},
};
use opg_blobs::{
	exchange::{
		Download, FetchError, FetchLimits, Fetcher, MirrorError, MirrorLimits, Mirrors, Priority,
		Wish,
	},
	store::{blob_hash, Error, Hash, Store},
};
use std::{
	collections::HashMap,
	sync::{Arc, Mutex},
	time::Duration,
};
use tokio::{
	task::JoinHandle,
	time::{sleep, Instant},
};

const MIB: usize = 1 << 20;
const CHUNK: usize = 100_000;

/// What a mirror does.
#[derive(Clone, Debug)]
enum Kind {
	/// It sends the file.
	Whole,
	/// The same, and always from the beginning.
	NoRanges,
	/// It turns a bit of the chunk that has this byte.
	Wrong(usize),
	/// It sends more, or less.
	Length(usize),
	/// It says another size at once.
	OtherSize,
	/// It breaks off whenever it has sent so many chunks.
	Breaks(usize),
	/// It turns a bit at the beginning, and breaks off.
	WrongAndBreaks(usize),
	/// It sends so many chunks, and then nothing.
	Stops(usize),
	/// It sends a byte in a time.
	Trickles(Duration),
	/// It never answers.
	Silent,
	/// It has nothing.
	Empty,
}

#[derive(Debug, Default)]
struct State {
	files: HashMap<Hash, Vec<u8>>,
	kinds: Vec<Kind>,
	/// Mirror and first byte of each request.
	asked: Vec<(usize, u64)>,
	open: usize,
	most_open: usize,
}

#[derive(Clone, Debug, Default)]
struct Fakes(Arc<Mutex<State>>);

struct Open(Fakes);

impl Drop for Open {
	fn drop(&mut self) {
		self.0 .0.lock().unwrap().open -= 1;
	}
}

impl Fakes {
	fn new(kinds: &[Kind]) -> Fakes {
		Fakes(Arc::new(Mutex::new(State { kinds: kinds.to_vec(), ..State::default() })))
	}

	fn add(&self, file: &[u8]) -> Hash {
		let hash = blob_hash(file);
		self.0.lock().unwrap().files.insert(hash, file.to_vec());
		hash
	}

	fn set(&self, mirror: usize, kind: Kind) {
		self.0.lock().unwrap().kinds[mirror] = kind;
	}

	fn asked(&self) -> Vec<(usize, u64)> {
		std::mem::take(&mut self.0.lock().unwrap().asked)
	}
}

impl Mirrors for Fakes {
	fn count(&self) -> usize {
		self.0.lock().unwrap().kinds.len()
	}

	fn name(&self, mirror: usize) -> String {
		format!("mirror {mirror}")
	}

	fn open(
		&self,
		mirror: usize,
		hash: Hash,
		size: u64,
		start: u64,
	) -> BoxFuture<'static, Result<Download, MirrorError>> {
		let fakes = self.clone();
		async move {
			let (kind, file) = {
				let mut state = fakes.0.lock().unwrap();
				state.asked.push((mirror, start));
				(state.kinds[mirror].clone(), state.files.get(&hash).cloned())
			};
			let mut file = file.ok_or(MirrorError::NotFound)?;
			let mut start = start;
			match kind {
				Kind::Empty => return Err(MirrorError::NotFound),
				Kind::Silent => std::future::pending().await,
				Kind::OtherSize => return Err(MirrorError::OtherSize { said: 7, wanted: size }),
				Kind::NoRanges => start = 0,
				Kind::Wrong(byte) => file[byte] ^= 1,
				Kind::WrongAndBreaks(_) => file[5] ^= 1,
				Kind::Length(length) => file.resize(length, 0),
				_ => (),
			}
			let chunks = file[start as usize..].chunks(CHUNK);
			let mut sent: Vec<_> = chunks.map(|chunk| Ok(chunk.to_vec())).collect();
			let (mut pause, mut silent) = (Duration::from_millis(1), false);
			match kind {
				Kind::Breaks(chunks) | Kind::WrongAndBreaks(chunks) if sent.len() > chunks => {
					sent.truncate(chunks);
					sent.push(Err(MirrorError::Broken("it broke".into())));
				},
				Kind::Stops(chunks) => {
					sent.truncate(chunks);
					silent = true;
				},
				Kind::Trickles(time) => {
					sent = file.iter().map(|byte| Ok(vec![*byte])).collect();
					pause = time;
				},
				_ => (),
			}
			let open = {
				let mut state = fakes.0.lock().unwrap();
				state.open += 1;
				state.most_open = state.most_open.max(state.open);
				Open(fakes.clone())
			};
			let bytes = stream::iter(sent).then(move |chunk| {
				let _open = &open;
				async move {
					sleep(pause).await;
					chunk
				}
			});
			let bytes = match silent {
				true => bytes.chain(stream::pending()).boxed(),
				false => bytes.boxed(),
			};
			Ok(Download { start, bytes })
		}
		.boxed()
	}
}

/// A fetcher with mirrors, and its task.
struct Fetching {
	fetcher: Fetcher,
	task: JoinHandle<()>,
	begun: Instant,
}

fn fetching(folder: &Folder, net: &Net, fakes: &Fakes) -> Fetching {
	let store = Store::open(folder.root(), limits()).unwrap();
	let fetcher = Fetcher::with_mirrors(store, FetchLimits::default(), Arc::new(fakes.clone()));
	let task = tokio::spawn(fetcher.clone().run(net.clone()));
	Fetching { fetcher, task, begun: Instant::now() }
}

impl Fetching {
	async fn fetch(&self, hash: Hash, size: usize) -> Result<(), FetchError> {
		self.fetcher.fetch(hash, size as u64, Wish::default()).unwrap().finished().await
	}
}

fn assert_is_here(store: &Store, content: &[u8]) {
	let blob = store.get(&blob_hash(content)).unwrap().unwrap();
	assert_eq!(blob.to_vec().unwrap(), content);
	blob.verify().unwrap();
}

fn content() -> Vec<u8> {
	bytes(1, 5 * MIB + 5000)
}

/// Fetches the content from mirrors alone. Returns who was asked for what, and how long it took.
async fn fetch_from(kinds: &[Kind]) -> (Result<(), FetchError>, Vec<(usize, u64)>, Duration) {
	let (folder, store) = new_store();
	let fakes = Fakes::new(kinds);
	let content = content();
	let hash = fakes.add(&content);
	let fetching = fetching(&folder, &Net::default(), &fakes);
	let result = fetching.fetch(hash, content.len()).await;
	match &result {
		Ok(()) => assert_is_here(&store, &content),
		Err(_) => assert!(!store.contains(&hash)),
	}
	(result, fakes.asked(), fetching.begun.elapsed())
}

#[test]
fn mirror_should_not_be_asked_when_peers_have_the_blob() {
	run(async {
		let (net, fakes) = (Net::default(), Fakes::new(&[Kind::Whole]));
		let content = content();
		let (_source_folder, source) = new_store();
		source.put(&content).unwrap();
		net.add(0, &source, Behaviour::Late(Duration::from_secs(5)));
		let (folder, store) = new_store();
		let hash = fakes.add(&content);
		fetching(&folder, &net, &fakes).fetch(hash, content.len()).await.unwrap();
		assert_is_here(&store, &content);
		assert_eq!(fakes.asked(), []);
	});
}

#[test]
fn blob_should_come_from_a_mirror_when_nobody_else_has_it() {
	for length in [0, 1, 16 << 10, (16 << 10) + 1, MIB, 5 * MIB + 5000] {
		run(async {
			let (folder, store) = new_store();
			let fakes = Fakes::new(&[Kind::Whole]);
			let content = bytes(2, length);
			let hash = fakes.add(&content);
			let fetching = fetching(&folder, &Net::default(), &fakes);
			fetching.fetch(hash, length).await.unwrap();
			assert_is_here(&store, &content);
			assert_eq!(fetching.begun.elapsed().as_secs(), 10);
			assert_eq!(common::names(&folder.file(&hash, "")), ["data", "tree"]);
			let stats = fetching.fetcher.stats();
			assert_eq!((stats.mirrored, stats.unmirrored), (1, 0));
			assert_eq!(stats.mirrored_bytes, length as u64);
		});
	}
}

#[test]
fn blob_should_come_from_a_mirror_when_its_holders_send_nothing() {
	run(async {
		let (net, fakes) = (Net::default(), Fakes::new(&[Kind::Whole]));
		let content = content();
		let (_source_folder, source) = new_store();
		source.put(&content).unwrap();
		net.add(0, &source, Behaviour::Silent);
		net.add(1, &source, Behaviour::Corrupt);
		let (folder, store) = new_store();
		let hash = fakes.add(&content);
		fetching(&folder, &net, &fakes).fetch(hash, content.len()).await.unwrap();
		assert_is_here(&store, &content);
	});
}

#[test]
fn next_mirror_should_be_asked_when_one_does_not_give_the_blob() {
	let size = content().len();
	for kind in [
		Kind::Empty,
		Kind::OtherSize,
		Kind::Length(size + 1),
		Kind::Length(size + MIB),
		Kind::Length(size - 1),
		Kind::Length(0),
		Kind::Wrong(0),
		Kind::Wrong(size - 1),
		Kind::Silent,
		Kind::Stops(0),
		Kind::Stops(30),
		Kind::Trickles(Duration::from_secs(1)),
		Kind::Breaks(1),
	] {
		run(async {
			let (result, asked, time) = fetch_from(&[kind.clone(), Kind::Whole]).await;
			result.unwrap_or_else(|error| panic!("{kind:?}: {error}"));
			assert_eq!(asked.last().unwrap().0, 1, "{kind:?}");
			assert!(time < Duration::from_secs(60), "{kind:?} {time:?}");
		});
	}
}

#[test]
fn peers_should_have_the_rest_of_the_time_when_no_mirror_gives_the_blob() {
	run(async {
		let (result, asked, time) = fetch_from(&[Kind::Empty, Kind::Wrong(77)]).await;
		assert!(matches!(result, Err(FetchError::NotFound { asked: 0 })), "{result:?}");
		assert_eq!(asked, [(0, 0), (1, 0)]);
		assert_eq!(time.as_secs(), 130);
	});
}

#[test]
fn mirror_should_rest_when_it_sent_other_bytes() {
	run(async {
		let (folder, store) = new_store();
		let fakes = Fakes::new(&[Kind::Wrong(9), Kind::Whole]);
		let fetching = fetching(&folder, &Net::default(), &fakes);
		let fetch = async |seed| {
			let content = bytes(seed, 100_000);
			let hash = fakes.add(&content);
			fetching.fetch(hash, content.len()).await.unwrap();
			assert_is_here(&store, &content);
			fakes.asked()
		};
		assert_eq!(fetch(1).await, [(0, 0), (1, 0)]);
		assert_eq!(fetch(2).await, [(1, 0)]);
		sleep(MirrorLimits::default().rest).await;
		assert_eq!(fetch(3).await, [(0, 0), (1, 0)]);
	});
}

#[test]
fn mirror_should_be_left_alone_for_a_while_when_it_is_away() {
	for kind in [Kind::Breaks(0), Kind::Silent] {
		run(async {
			let (folder, _store) = new_store();
			let fakes = Fakes::new(&[kind, Kind::Whole]);
			let fetching = fetching(&folder, &Net::default(), &fakes);
			let fetch = async |seed| {
				let content = bytes(seed, 100_000);
				fetching.fetch(fakes.add(&content), content.len()).await.unwrap();
				fakes.asked()[0]
			};
			assert_eq!(fetch(1).await, (0, 0));
			assert_eq!(fetch(2).await, (1, 0));
			sleep(MirrorLimits::default().absence).await;
			assert_eq!(fetch(3).await, (0, 0));
		});
	}
}

#[test]
fn mirror_should_be_asked_again_when_only_the_size_was_another() {
	for kind in
		[Kind::OtherSize, Kind::Length(100_001), Kind::Length(99_999), Kind::Length(500_000)]
	{
		run(async {
			let (folder, _store) = new_store();
			let fakes = Fakes::new(&[kind, Kind::Whole]);
			let fetching = fetching(&folder, &Net::default(), &fakes);
			for seed in 1..3 {
				let content = bytes(seed, 100_000);
				fetching.fetch(fakes.add(&content), content.len()).await.unwrap();
				assert_eq!(fakes.asked()[0], (0, 0));
			}
		});
	}
}

#[test]
fn download_should_go_on_when_the_connection_breaks() {
	run(async {
		let (result, asked, _) = fetch_from(&[Kind::Breaks(20)]).await;
		result.unwrap();
		assert_eq!(asked.len(), 3);
		assert_eq!(asked[0], (0, 0));
		// Whole groups of what came are kept.
		for pair in asked.windows(2) {
			let broke_at = pair[0].1 + 20 * CHUNK as u64;
			assert_eq!(pair[1].1, broke_at - broke_at % (16 << 10), "{asked:?}");
		}
	});
}

#[test]
fn blob_should_be_whole_when_the_mirror_knows_no_ranges() {
	run(async {
		let (folder, store) = new_store();
		let fakes = Fakes::new(&[Kind::Breaks(20)]);
		let content = content();
		let hash = fakes.add(&content);
		let fetching = fetching(&folder, &Net::default(), &fakes);
		let mut fetch =
			fetching.fetcher.fetch(hash, content.len() as u64, Wish::default()).unwrap();
		while fetch.changed().await.received < MIB as u64 {}
		fakes.set(0, Kind::NoRanges);
		fetch.finished().await.unwrap();
		assert_is_here(&store, &content);
		assert!(fakes.asked()[1].1 > 0);
	});
}

#[test]
fn download_should_go_on_when_the_node_was_stopped() {
	run(async {
		let (folder, store) = new_store();
		let fakes = Fakes::new(&[Kind::Stops(30)]);
		let content = content();
		let hash = fakes.add(&content);
		let first = fetching(&folder, &Net::default(), &fakes);
		let wish =
			Wish { deadline: Some(Instant::now() + Duration::from_secs(15)), ..Wish::default() };
		let late = first.fetcher.fetch(hash, content.len() as u64, wish).unwrap().finished().await;
		assert!(matches!(late, Err(FetchError::DeadlinePassed { .. })), "{late:?}");
		first.task.abort();
		assert_eq!(first.begun.elapsed().as_secs(), 15);
		fakes.set(0, Kind::Whole);
		let second = fetching(&folder, &Net::default(), &fakes);
		second.fetch(hash, content.len()).await.unwrap();
		assert_is_here(&store, &content);
		let asked = fakes.asked();
		assert_eq!(asked.len(), 2);
		assert!(asked[1].1 > 2_900_000, "{asked:?}");
	});
}

#[test]
fn bytes_of_another_mirror_should_cost_an_attempt_and_blame_nobody() {
	run(async {
		let (folder, store) = new_store();
		let fakes = Fakes::new(&[Kind::WrongAndBreaks(11), Kind::Whole]);
		let fetching = fetching(&folder, &Net::default(), &fakes);
		let content = content();
		let hash = fakes.add(&content);
		// The first gives up its attempts with a part of the file on disk.
		fakes.set(1, Kind::Empty);
		let wish =
			Wish { deadline: Some(Instant::now() + Duration::from_secs(13)), ..Wish::default() };
		let late =
			fetching.fetcher.fetch(hash, content.len() as u64, wish).unwrap().finished().await;
		assert!(late.is_err());
		fakes.asked();
		fakes.set(0, Kind::Empty);
		fakes.set(1, Kind::Whole);
		fetching.fetch(hash, content.len()).await.unwrap();
		assert_is_here(&store, &content);
		let asked = fakes.asked();
		assert!(asked[1].1 > 0, "{asked:?}");
		assert_eq!(asked[2..], [(1, 0)]);
		let other = bytes(3, 1000);
		fetching.fetch(fakes.add(&other), 1000).await.unwrap();
		assert_eq!(fakes.asked(), [(0, 0), (1, 0)]);
	});
}

/// A peer sent these ranges of a blob, and the rest is missing.
fn receive_ranges(store: &Store, content: &[u8], ranges: &[usize]) -> Hash {
	let (_source_folder, source) = new_store();
	let hash = source.put(content).unwrap();
	let blob = source.get(&hash).unwrap().unwrap();
	let mut part = store.receive(&hash, blob.size()).unwrap().unwrap();
	let missing = part.missing();
	for range in ranges.iter().map(|number| &missing[*number]) {
		part.receive(range, &blob.encode(range).unwrap()).unwrap();
	}
	hash
}

#[test]
fn proven_ranges_should_stay_when_a_mirror_sends_the_rest() {
	run(async {
		let content = content();
		let (folder, store) = new_store();
		let hash = receive_ranges(&store, &content, &[0, 2]);
		let fakes = Fakes::new(&[Kind::Wrong(3 * MIB - 5), Kind::Whole]);
		fakes.add(&content);
		let fetching = fetching(&folder, &Net::default(), &fakes);
		fetching.fetch(hash, content.len()).await.unwrap();
		assert_is_here(&store, &content);
		// Its wrong byte is in a range that is here already.
		assert_eq!(fakes.asked(), [(0, MIB as u64)]);
	});
}

#[test]
fn proven_ranges_should_stay_when_a_mirror_lies() {
	run(async {
		let content = content();
		let (folder, store) = new_store();
		let hash = receive_ranges(&store, &content, &[2]);
		let fakes = Fakes::new(&[Kind::Wrong(5)]);
		fakes.add(&content);
		let fetching = fetching(&folder, &Net::default(), &fakes);
		fetching.fetch(hash, content.len()).await.unwrap_err();
		let part = store.receive(&hash, content.len() as u64).unwrap().unwrap();
		assert_eq!(part.received_bytes(), MIB as u64);
	});
}

#[test]
fn download_should_end_when_it_is_cancelled() {
	for kind in [Kind::Silent, Kind::Stops(15), Kind::Trickles(Duration::from_millis(1))] {
		run(async {
			let (folder, store) = new_store();
			let fakes = Fakes::new(&[kind]);
			let content = content();
			let (hash, size) = (fakes.add(&content), content.len() as u64);
			let fetching = fetching(&folder, &Net::default(), &fakes);
			let mut fetch = fetching.fetcher.fetch(hash, size, Wish::default()).unwrap();
			sleep(Duration::from_secs(12)).await;
			assert_eq!(fakes.asked().len(), 1);
			fetching.fetcher.cancel(&hash);
			assert!(matches!(fetch.finished().await, Err(FetchError::Cancelled)));
			assert!(fetching.begun.elapsed() < Duration::from_secs(13));
			// Nobody holds its part any more.
			assert!(store.receive(&hash, size).unwrap().is_some());
		});
	}
}

#[test]
fn other_downloads_should_wait_when_as_many_run_as_may() {
	run(async {
		let (folder, store) = new_store();
		let fakes = Fakes::new(&[Kind::Whole]);
		let store_limits = limits();
		let fetcher = Fetcher::with_mirrors(
			Store::open(folder.root(), store_limits).unwrap(),
			FetchLimits { running: 8, ..FetchLimits::default() },
			Arc::new(fakes.clone()),
		);
		tokio::spawn(fetcher.clone().run(Net::default()));
		let contents: Vec<_> = (0..6).map(|seed| bytes(seed, 300_000)).collect();
		let begin = |content: &Vec<u8>| fetcher.fetch(fakes.add(content), 300_000, Wish::default());
		let mut fetches: Vec<_> = contents.iter().map(|content| begin(content).unwrap()).collect();
		for fetch in &mut fetches {
			fetch.finished().await.unwrap();
		}
		contents.iter().for_each(|content| assert_is_here(&store, content));
		assert_eq!(fakes.0.lock().unwrap().most_open, 2);
	});
}

#[test]
fn urgent_fetch_should_go_on_with_peers_when_no_download_is_free() {
	run(async {
		let (net, fakes) =
			(Net::default(), Fakes::new(&[Kind::Trickles(Duration::from_millis(9))]));
		let (_source_folder, source) = new_store();
		let (folder, store) = new_store();
		let store_limits = limits();
		let slow = MirrorLimits { period_bytes: 1, ..MirrorLimits::default() };
		let fetcher = Fetcher::with_mirrors(
			Store::open(folder.root(), store_limits).unwrap(),
			FetchLimits { running: 8, mirrors: slow, ..FetchLimits::default() },
			Arc::new(fakes.clone()),
		);
		tokio::spawn(fetcher.clone().run(net.clone()));
		for seed in 0..2 {
			let hash = fakes.add(&bytes(seed, 100_000));
			fetcher.fetch(hash, 100_000, Wish::default()).unwrap();
		}
		sleep(Duration::from_secs(11)).await;
		assert_eq!(fakes.asked().len(), 2);
		let content = content();
		let (hash, begun) = (fakes.add(&content), Instant::now());
		let wish =
			Wish { priority: Priority::Urgent, deadline: Some(begun + Duration::from_secs(15)) };
		let mut fetch = fetcher.fetch(hash, content.len() as u64, wish).unwrap();
		sleep(Duration::from_secs(11)).await;
		source.put(&content).unwrap();
		net.add(0, &source, Behaviour::Honest);
		fetch.finished().await.unwrap();
		assert_is_here(&store, &content);
		assert_eq!(fakes.asked(), []);
	});
}

#[test]
fn filler_should_refuse_what_is_no_whole_group() {
	let (_folder, store) = new_store();
	let content = bytes(1, 50_000);
	let hash = blob_hash(&content);
	let mut filler = store.receive(&hash, 50_000).unwrap().unwrap().fill().unwrap();
	for length in [1, 16_383, 16_385, 50_001] {
		let written = filler.write(&vec![0; length]);
		assert!(matches!(written, Err(Error::InvalidRange { .. })), "{length}");
	}
	filler.write(&content[..32_768]).unwrap();
	assert!(!store.contains(&hash));
	assert!(matches!(store.receive(&hash, 50_000), Err(Error::InUse { .. })));
	filler.write(&content[32_768..]).unwrap();
	filler.finish().unwrap();
	assert_is_here(&store, &content);
}

#[test]
fn unfinished_filler_should_leave_nothing_that_can_be_read() {
	let (_folder, store) = new_store();
	let content = bytes(1, 50_000);
	let hash = blob_hash(&content);
	let mut filler = store.receive(&hash, 50_000).unwrap().unwrap().fill().unwrap();
	filler.write(&content).unwrap();
	filler.note().unwrap();
	drop(filler);
	assert!(!store.contains(&hash));
	let part = store.receive(&hash, 50_000).unwrap().unwrap();
	assert_eq!(part.received_bytes(), 0);
	let filler = part.fill().unwrap();
	assert!(filler.is_resumed());
	assert_eq!(filler.position(), 50_000);
	filler.finish().unwrap();
	assert_is_here(&store, &content);
}
