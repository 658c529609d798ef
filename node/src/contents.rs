//! Inputs and outputs of requests that lie outside of the chain: fetched when the chain names them, and
//! kept while it goes on to do so.
//!
//! The off-chain worker names an input by the job that needs it, and what a panel is to hold by
//! [`JobQueue::hold_content`]. Nothing here waits: the worker asks again every few blocks.

use opg_blobs::{
	exchange::{FetchError, Fetcher, Priority, Refused, State, Wish},
	store,
};
use opg_primitives::{
	serving::{ServingWish, VersionOffer},
	Content, Job, JobError, JobStatus, Task,
};
use opg_runtime_interface::JobQueue;
use opg_worker::Contents;
use parking_lot::Mutex;
use schnellru::{ByLength, LruMap};
use sp_core::H256;
use std::{fmt::Display, sync::Arc, time::Duration};
use tokio::time::Instant;

const LOG: &str = "opg::contents";

/// Contents that are being fetched, or were not found lately. Of more, the one that was named longest ago
/// is forgotten, and looked for anew when it is named again.
const MAX_KNOWN: u32 = 4096;

/// Time in which somebody has to be found who has a content. Then others have their turn: a content that
/// nobody uploads must not keep the fetches from those that are there.
const SEARCH: Duration = Duration::from_secs(15);

/// Time for which a fetch goes on after it was wished for last, once somebody has the content.
const GOES_ON: Duration = Duration::from_secs(60);

/// Time after which a content is looked for again when nobody had it.
const RETRY: Duration = Duration::from_secs(5);

/// Time after which nobody needs a content that was not named again.
const FORGOTTEN: Duration = Duration::from_secs(60);

/// Time without a byte after which a fetch makes way for one of the same hash under another size. One of
/// the two sizes is a lie, and the chain names both.
const TURN: Duration = Duration::from_secs(10);

/// Time between two warnings that the store has no room.
const WARNING: Duration = Duration::from_secs(600);

/// A content that is needed and not here.
struct Wanted {
	/// Since when, without a pause.
	since: Instant,
	/// When it was named last.
	named: Instant,
	/// Whether a fetch was begun whose end was not seen yet.
	is_begun: bool,
	/// When the last fetch was seen to have failed.
	failed: Option<Instant>,
	/// Bytes that have come under another size of the same hash, and since when there are so many.
	rival: Option<(u64, Instant)>,
}

impl Wanted {
	fn new(now: Instant) -> Self {
		Self { since: now, named: now, is_begun: false, failed: None, rival: None }
	}
}

/// Why a fetch has failed.
enum Failed {
	/// The content is being uploaded to this node.
	IsUploaded,
	/// A part was here that had been begun under another size. It is not any more.
	WasLie,
	/// Nobody has it, or the store does not take it, or it makes way.
	IsMissing,
}

fn name(content: &Content) -> (H256, u32) {
	(content.hash, content.size)
}

/// Keeps the inputs and outputs that the chain names.
pub struct Keeper {
	contents: Contents,
	/// `None` where the node fetches nothing.
	fetcher: Option<Fetcher>,
	/// By hash and size.
	wanted: Mutex<LruMap<(H256, u32), Wanted>>,
	warned: Mutex<Option<Instant>>,
}

impl Keeper {
	/// Keeps what it fetches in this store.
	pub fn new(contents: Contents, fetcher: Option<Fetcher>) -> Arc<Self> {
		let wanted = Mutex::new(LruMap::new(ByLength::new(MAX_KNOWN)));
		Arc::new(Self { contents, fetcher, wanted, warned: Mutex::default() })
	}

	/// Fetches a content unless it is here, and keeps it for two hours from now on. Tells whether the
	/// whole of it is here.
	///
	/// # Errors
	///
	/// [`JobError::InputMissing`] while nobody has it, or the store does not take it.
	pub fn hold(&self, content: Content) -> Result<bool, JobError> {
		// Not pinned before: what nobody has uploaded yet may take no room for hours.
		if self.contents.pin_if_here(&content) {
			self.wanted.lock().remove(&name(&content));
			return Ok(true);
		}
		let fetcher = self.fetcher.as_ref().ok_or(JobError::InputMissing)?;
		let now = Instant::now();
		if !self.contents.has_room(&content) {
			let quota = self.contents.quota();
			self.warn(&content, format_args!("inputs and outputs take {quota} bytes"), now);
			return Err(JobError::InputMissing);
		}
		let mut all = self.wanted.lock();
		if all.peek(&name(&content)).is_some_and(|wanted| now - wanted.named >= FORGOTTEN) {
			all.remove(&name(&content));
		}
		let wanted = all.get_or_insert(name(&content), || Wanted::new(now));
		let wanted = wanted.ok_or(JobError::Internal)?;
		wanted.named = now;
		let is_found = self.fetch(fetcher, &content, wanted, now);
		match is_found || (wanted.failed.is_none() && now - wanted.since < SEARCH) {
			true => Ok(false),
			false => Err(JobError::InputMissing),
		}
	}

	/// Begins to fetch, or goes on with it. Tells whether it is known that somebody has the content.
	fn fetch(
		&self,
		fetcher: &Fetcher,
		content: &Content,
		wanted: &mut Wanted,
		now: Instant,
	) -> bool {
		if wanted.failed.is_some_and(|at| now - at < RETRY) {
			return false;
		}
		let size = u64::from(content.size);
		let status = fetcher.status(&content.hash.0).filter(|status| status.size == size);
		match status.map(|status| (status.state, status.providers)) {
			Some((State::Waiting, _)) => self.begin(fetcher, content, wanted, now + SEARCH),
			Some((State::Running, 0)) => {},
			Some((State::Running, _)) => {
				self.begin(fetcher, content, wanted, now + GOES_ON);
				return true;
			},
			Some((State::Failed(error), _)) if wanted.is_begun => {
				wanted.is_begun = false;
				match self.failed(content, &error, now) {
					Failed::IsUploaded => return true,
					Failed::WasLie => self.begin(fetcher, content, wanted, now + SEARCH),
					Failed::IsMissing => wanted.failed = Some(now),
				}
			},
			// It never was, or what was fetched has gone since.
			Some((State::Done | State::Failed(_), _)) | None => {
				self.begin(fetcher, content, wanted, now + SEARCH);
			},
		}
		false
	}

	fn begin(&self, fetcher: &Fetcher, content: &Content, wanted: &mut Wanted, until: Instant) {
		let wish = Wish { priority: Priority::Urgent, deadline: Some(until) };
		match fetcher.fetch(content.hash.0, content.size.into(), wish) {
			Ok(_) => wanted.is_begun = true,
			Err(Refused::OtherSize { .. }) => make_way(fetcher, content, wanted),
			Err(error) => log::debug!(target: LOG, "{:?}: {error}", content.hash),
		}
	}

	/// What to do about a fetch that has failed.
	fn failed(&self, content: &Content, error: &FetchError, now: Instant) -> Failed {
		let hash = content.hash;
		match error {
			FetchError::Store(error) => match &**error {
				store::Error::InUse { .. } => return Failed::IsUploaded,
				store::Error::SizeMismatch { .. } => match self.contents.store().remove(&hash.0) {
					Ok(()) => return Failed::WasLie,
					Err(error) => log::debug!(target: LOG, "{hash:?}: {error}"),
				},
				error => self.warn(content, error, now),
			},
			error => log::debug!(target: LOG, "{hash:?} is not here: {error}"),
		}
		Failed::IsMissing
	}

	/// Tells the operator that the store does not take what the chain names.
	fn warn(&self, content: &Content, reason: impl Display, now: Instant) {
		let mut warned = self.warned.lock();
		if warned.is_some_and(|at| now - at < WARNING) {
			return;
		}
		*warned = Some(now);
		log::warn!(
			target: LOG,
			"the store does not take {:?}, {} bytes of a request: {reason}. Until it does this node \
			 declines seats that need such files, and holds none as a validator: start it with a larger \
			 --content-quota and --blob-quota, or see with `opg-node blobs list` what can be unpinned",
			content.hash,
			content.size,
		);
	}
}

/// Ends a fetch of the same hash under another size if nothing comes of it.
fn make_way(fetcher: &Fetcher, content: &Content, wanted: &mut Wanted) {
	let now = Instant::now();
	let Some(rival) = fetcher.status(&content.hash.0) else { return };
	match wanted.rival {
		Some((received, since)) if received == rival.received => {
			if now - since >= TURN {
				fetcher.cancel(&content.hash.0);
				wanted.rival = None;
			}
		},
		_ => wanted.rival = Some((rival.received, now)),
	}
}

/// A job queue whose inputs are fetched.
#[derive(Clone)]
pub struct WithContents<Q> {
	queue: Q,
	keeper: Arc<Keeper>,
}

impl<Q> WithContents<Q> {
	/// Has `keeper` fetch what the jobs of `queue` need.
	pub fn new(queue: Q, keeper: Arc<Keeper>) -> Self {
		Self { queue, keeper }
	}
}

impl<Q: JobQueue> JobQueue for WithContents<Q> {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		let Some(input) = job.task.input.stored() else { return self.queue.submit(job) };
		// First the queue: an answer that was committed to must be revealed whatever has become of its
		// input.
		match self.queue.submit(job.clone()) {
			Err(JobError::InputMissing) => match self.keeper.hold(input)? {
				true => self.queue.submit(job),
				false => Ok(JobStatus::Pending),
			},
			other => {
				self.keeper.contents.pin_if_here(&input);
				other
			},
		}
	}

	fn has_model(&mut self, hash: [u8; 32]) -> Result<bool, JobError> {
		self.queue.has_model(hash)
	}

	fn watch_share(&mut self) -> Option<u32> {
		self.queue.watch_share()
	}

	fn prepare(&mut self, task: Task) {
		self.queue.prepare(task);
	}

	fn serving_wish(&mut self, offer: VersionOffer) -> ServingWish {
		self.queue.serving_wish(offer)
	}

	fn hold_content(&mut self, content: Content) -> Result<bool, JobError> {
		self.keeper.hold(content)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use futures::{
		future::{ready, BoxFuture, FutureExt},
		stream::{once, BoxStream, StreamExt},
	};
	use opg_blobs::{
		exchange::{FetchLimits, Misbehaviour, ServeLimits, Server, Transport, Unreachable},
		labels::CONTENT,
		store::{Hash, Limits, Store},
	};
	use opg_execution::content_of;
	use opg_primitives::{Answer, JobKind, ModelError, Outcome, TaskInput, VersionLimits};
	use tokio::time::{sleep, timeout};

	/// A network of one other node, which holds what its store has.
	struct Peer(Arc<Server<u32>>);

	impl Transport for Peer {
		type Peer = u32;

		fn request(
			&self,
			_: u32,
			request: Vec<u8>,
		) -> BoxFuture<'static, Result<Vec<u8>, Unreachable>> {
			let server = self.0.clone();
			async move {
				let answer = server.answer(&0, &request).await;
				answer.map(|answer| answer.message.clone()).map_err(|_| Unreachable)
			}
			.boxed()
		}

		fn find(&self, _: Hash) -> BoxStream<'static, Vec<u32>> {
			once(ready(vec![1])).boxed()
		}

		fn report(&self, _: &u32, _: Misbehaviour) {}
	}

	struct Test {
		keeper: Arc<Keeper>,
		fetcher: Fetcher,
		/// This node's.
		store: Store,
		/// The other node's.
		other: Store,
	}

	/// Runs a test of a node with this quota, whose fetches run.
	fn run_with<F: std::future::Future<Output = ()>>(quota: u64, test: impl FnOnce(Test) -> F) {
		let folder = tempfile::tempdir().expect("a folder");
		let open = |name, quota| {
			let limits = Limits { keep_free: 0, quota, ..Limits::default() };
			Store::open(folder.path().join(name), limits).expect("it can be written")
		};
		let (store, other) = (open("node", quota), open("other", 1 << 30));
		let fetcher = Fetcher::new(store.clone(), FetchLimits::default());
		let contents = Contents::start(store.clone()).expect("a thread");
		let keeper = Keeper::new(contents, Some(fetcher.clone()));
		let peer = Peer(Arc::new(Server::new(other.clone(), ServeLimits::default())));
		let running = fetcher.clone().run(peer);
		let runtime = tokio::runtime::Builder::new_multi_thread()
			.worker_threads(2)
			.enable_time()
			.build()
			.expect("a runtime");
		runtime.spawn(running);
		let test = test(Test { keeper, fetcher, store, other });
		runtime.block_on(async { timeout(Duration::from_secs(60), test).await }).expect("it ends");
	}

	fn input() -> Vec<u8> {
		vec![5; 300_000]
	}

	fn content() -> Content {
		content_of(&input()).expect("short")
	}

	impl Test {
		/// Asks until the content is here, or is said not to be.
		async fn settle(&self, content: Content) -> Result<(), JobError> {
			while !self.keeper.hold(content)? {
				sleep(Duration::from_millis(20)).await;
			}
			Ok(())
		}

		/// Moves all that is known of a content into the past.
		fn age(&self, content: Content, by: Duration) {
			let mut all = self.keeper.wanted.lock();
			let wanted = all.get(&name(&content)).expect("it is known");
			wanted.since -= by;
			wanted.failed = wanted.failed.map(|at| at - by);
			wanted.rival = wanted.rival.map(|(received, at)| (received, at - by));
		}
	}

	#[test]
	fn content_should_be_fetched_and_pinned_when_a_peer_has_it() {
		run_with(1 << 30, |test| async move {
			test.other.put(&input()).expect("it fits");
			assert_eq!(test.keeper.hold(content()), Ok(false), "it is under way");
			assert!(test.store.pinned(CONTENT).expect("pins").is_empty(), "nothing is here");
			test.settle(content()).await.expect("it comes");
			assert!(test.store.contains(&content().hash.0));
			assert_eq!(test.store.pinned(CONTENT).expect("pins"), [content().hash.0]);
			assert!(test.keeper.wanted.lock().is_empty());
		});
	}

	#[test]
	fn content_should_be_missing_while_nobody_has_it_and_be_fetched_when_somebody_does() {
		run_with(1 << 30, |test| async move {
			assert_eq!(test.keeper.hold(content()), Ok(false));
			test.age(content(), SEARCH);
			assert_eq!(test.keeper.hold(content()), Err(JobError::InputMissing));
			// The fetch is still looking for it.
			test.other.put(&input()).expect("it fits");
			let begun = Instant::now();
			while test.keeper.hold(content()) != Ok(true) {
				assert!(begun.elapsed() < Duration::from_secs(40));
				sleep(Duration::from_millis(20)).await;
			}
		});
	}

	#[test]
	fn content_should_be_fetched_again_when_a_fetch_has_failed() {
		run_with(1 << 30, |test| async move {
			assert_eq!(test.keeper.hold(content()), Ok(false));
			let mut fetch = test.fetcher.join(&content().hash.0).expect("it is under way");
			// As an upload of it does.
			assert!(test.fetcher.cancel(&content().hash.0));
			fetch.finished().await.expect_err("it was cancelled");
			test.other.put(&input()).expect("it fits");
			assert_eq!(test.keeper.hold(content()), Err(JobError::InputMissing));
			assert_eq!(test.keeper.hold(content()), Err(JobError::InputMissing), "not at once");
			test.age(content(), RETRY);
			while test.keeper.hold(content()) != Ok(true) {
				sleep(Duration::from_millis(20)).await;
			}
		});
	}

	#[test]
	fn content_should_be_missing_and_the_operator_be_told_once_when_the_store_has_no_room() {
		run_with(200_000, |test| async move {
			test.other.put(&input()).expect("it fits");
			assert_eq!(test.settle(content()).await, Err(JobError::InputMissing));
			let warned = test.keeper.warned.lock().expect("the operator was told");
			// It is not begun again for a while, and then it is.
			assert_eq!(test.keeper.hold(content()), Err(JobError::InputMissing));
			test.age(content(), RETRY);
			assert_eq!(test.fetcher.stats().failed, 1);
			while test.fetcher.stats().failed < 2 {
				let _ = test.keeper.hold(content());
				sleep(Duration::from_millis(5)).await;
			}
			assert_eq!(test.keeper.hold(content()), Err(JobError::InputMissing));
			assert_eq!(*test.keeper.warned.lock(), Some(warned), "once is enough");
		});
	}

	#[test]
	fn content_should_be_missing_when_others_take_the_quota_of_all() {
		run_with(1 << 30, |test| async move {
			test.other.put(&input()).expect("it fits");
			let contents = test.keeper.contents.clone().with_quota(200_000);
			let keeper = Keeper::new(contents, Some(test.fetcher.clone()));
			assert_eq!(keeper.hold(content()), Err(JobError::InputMissing));
			assert!(keeper.warned.lock().is_some(), "the operator was told");
			assert!(test.fetcher.status(&content().hash.0).is_none(), "nothing is fetched");
			// Here by an upload, it is not said to be held.
			test.store.put(&input()).expect("it fits");
			assert_eq!(keeper.hold(content()), Err(JobError::InputMissing));
			assert!(test.store.pinned(CONTENT).expect("pins").is_empty());
		});
	}

	#[test]
	fn content_should_come_when_another_request_names_its_hash_with_another_size() {
		run_with(1 << 30, |test| async move {
			let lie = Content { size: content().size - 1, ..content() };
			test.other.put(&input()).expect("it fits");
			assert_eq!(test.keeper.hold(lie), Ok(false));
			assert_eq!(test.keeper.hold(content()), Ok(false));
			let under_way = test.fetcher.status(&lie.hash.0).expect("the lie was first");
			assert_eq!(under_way.size, u64::from(lie.size));
			let begun = Instant::now();
			loop {
				if test.keeper.hold(content()) == Ok(true) {
					break;
				}
				assert_ne!(test.keeper.hold(lie), Ok(true), "nobody has it");
				assert!(begun.elapsed() < Duration::from_secs(50), "it never comes");
				let waits = test
					.keeper
					.wanted
					.lock()
					.get(&name(&content()))
					.is_some_and(|wanted| wanted.rival.is_some() || wanted.failed.is_some());
				if waits {
					test.age(content(), TURN);
				}
				sleep(Duration::from_millis(20)).await;
			}
		});
	}

	/// Answers a job once its input is in the store, and remembers the answers.
	#[derive(Clone)]
	struct FakeQueue {
		store: Store,
		done: Arc<Mutex<Vec<H256>>>,
	}

	impl JobQueue for FakeQueue {
		fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
			let input = job.task.input.stored().map(|content| content.hash.0);
			let is_here = input.is_none_or(|hash| self.store.contains(&hash));
			let mut done = self.done.lock();
			if !is_here && !done.contains(&job.key()) {
				return Err(JobError::InputMissing);
			}
			done.push(job.key());
			let outcome = Outcome::Error(ModelError::BadInput);
			Ok(JobStatus::Done { answer: Answer { outcome, fuel: 1 }, witness: None })
		}

		fn has_model(&mut self, _: [u8; 32]) -> Result<bool, JobError> {
			Ok(true)
		}

		fn watch_share(&mut self) -> Option<u32> {
			Some(7)
		}
	}

	fn job(input: TaskInput) -> Job {
		let task = Task {
			model_hash: H256::zero(),
			engine_id: H256::zero(),
			dims: Default::default(),
			input,
			limits: VersionLimits::inline(1, 1, 1),
		};
		let (kind, requester) = (JobKind::Run, H256::zero());
		Job { request: 1, round: 0, kind, task, requester, millis_left: 1_000 }
	}

	#[test]
	fn job_should_be_pending_while_its_input_is_fetched_and_be_answered_then_and_without_it_later()
	{
		run_with(1 << 30, |test| async move {
			test.other.put(&input()).expect("it fits");
			let fake = FakeQueue { store: test.store.clone(), done: Arc::default() };
			let mut queue = WithContents::new(fake, test.keeper.clone());
			assert!(matches!(
				queue.submit(job(TaskInput::Inline(vec![]))),
				Ok(JobStatus::Done { .. })
			));
			let job = job(TaskInput::Stored(content()));
			assert_eq!(queue.submit(job.clone()), Ok(JobStatus::Pending));
			while queue.submit(job.clone()) == Ok(JobStatus::Pending) {
				sleep(Duration::from_millis(20)).await;
			}
			assert!(matches!(queue.submit(job.clone()), Ok(JobStatus::Done { .. })));
			assert_eq!(queue.hold_content(content()), Ok(true));
			assert_eq!(test.store.pinned(CONTENT).expect("pins"), [content().hash.0]);
			assert_eq!(queue.watch_share(), Some(7));
			// What was committed to is revealed.
			test.store.unpin(&content().hash.0, CONTENT).expect("it is pinned");
			test.store.remove(&content().hash.0).expect("nobody reads it");
			assert!(matches!(queue.submit(job), Ok(JobStatus::Done { .. })));
		});
	}

	#[test]
	fn job_should_be_declined_when_nobody_has_its_input() {
		run_with(1 << 30, |test| async move {
			let fake = FakeQueue { store: test.store.clone(), done: Arc::default() };
			let mut queue = WithContents::new(fake, test.keeper.clone());
			let job = job(TaskInput::Stored(content()));
			assert_eq!(queue.submit(job.clone()), Ok(JobStatus::Pending));
			test.age(content(), SEARCH);
			assert_eq!(queue.submit(job), Err(JobError::InputMissing));
		});
	}

	#[test]
	fn content_should_be_missing_when_the_node_fetches_nothing() {
		run_with(1 << 30, |test| async move {
			let alone = Keeper::new(test.keeper.contents.clone(), None);
			assert_eq!(alone.hold(content()), Err(JobError::InputMissing));
			test.store.put(&input()).expect("it fits");
			assert_eq!(alone.hold(content()), Ok(true));
		});
	}
}
