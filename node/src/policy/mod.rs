//! What this node serves by itself. The off-chain worker tells of every registered version, and what the
//! policy admits is fetched, inspected in an engine process, and declared with the hot key, without a
//! human. A validator also fetches what its court may have to compute.
//!
//! Nothing here waits: the worker asks again every few blocks.

mod params;

pub use params::PolicyParams;

use opg_blobs::{
	exchange::{Fetcher, Priority, State, Wish},
	labels::{COURT_MODEL, SERVED_MODEL},
	leases::{Leases, LASTING},
	store::{Hash, Store},
};
use opg_primitives::{
	registry::TextGeneration,
	serving::{Report, ServingWish, VersionOffer},
	Job, JobError, JobStatus, ModelId, Task, TaskInput,
};
use opg_runtime_interface::JobQueue;
use opg_worker::{InspectError, Inspector};
use parking_lot::Mutex;
use std::{
	collections::{BTreeMap, BTreeSet, HashMap},
	io,
	sync::{
		mpsc::{self, Receiver, SyncSender},
		Arc,
	},
	thread,
	time::{Duration, Instant},
};

const LOG: &str = "opg::serving";

/// Inspections that wait. One more is tried again later.
const MAX_INSPECTIONS: usize = 64;

/// Versions whose inspection is remembered. Where there are more, all are inspected again.
const MAX_REMEMBERED: usize = 65_536;

/// Time after which what failed on this machine or in the network is tried again.
const RETRY: Duration = Duration::from_secs(30);

/// How far the inspection of a version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inspected {
	/// It waits or runs.
	Pending,
	/// This is the report in short.
	Report(Report),
	/// The engine refuses the model, or gives another report.
	Refused,
	/// This machine failed.
	Failed(Instant),
}

#[derive(Default)]
struct Versions {
	/// Versions that operators of this node serve.
	served: BTreeSet<ModelId>,
	/// Versions that they are to serve.
	coming: BTreeSet<ModelId>,
	inspected: HashMap<ModelId, Inspected>,
	/// Files that the court may need, with their bytes, and when that was said last.
	court: BTreeMap<Hash, (u64, Instant)>,
	/// When fetches failed.
	failed: HashMap<Hash, Instant>,
}

impl Versions {
	/// Tells whether nobody had a file just now.
	fn has_failed(&self, hash: &Hash) -> bool {
		self.failed.get(hash).is_some_and(|at| at.elapsed() < RETRY)
	}
}

/// The policy of this node.
pub struct Policy {
	params: PolicyParams,
	store: Store,
	pins: Leases,
	/// `None` where the node fetches nothing.
	fetcher: Option<Fetcher>,
	/// To the thread that inspects.
	inspections: SyncSender<VersionOffer>,
	versions: Mutex<Versions>,
}

impl Policy {
	/// Starts the thread that inspects, and the one that ends pins.
	///
	/// # Errors
	///
	/// The system starts no thread.
	pub fn start(
		params: PolicyParams,
		store: Store,
		fetcher: Option<Fetcher>,
		inspect: impl Fn(Task) -> Result<Report, InspectError> + Send + 'static,
	) -> io::Result<Arc<Self>> {
		let (inspections, waiting) = mpsc::sync_channel(MAX_INSPECTIONS);
		let versions = Mutex::default();
		let pins = Leases::start(store.clone(), &[COURT_MODEL], LASTING)?;
		let policy = Arc::new(Self { params, store, pins, fetcher, inspections, versions });
		let weak = Arc::downgrade(&policy);
		thread::Builder::new().name("opg-inspect".into()).spawn(move || {
			inspect_all(&waiting, &inspect, |model, result| {
				if let Some(policy) = weak.upgrade() {
					policy.versions.lock().inspected.insert(model, result);
				}
			});
		})?;
		Ok(policy)
	}

	/// Does what the policy says about a version, and returns what the hot key is to declare.
	fn wish(&self, offer: VersionOffer) -> ServingWish {
		let mut versions = self.versions.lock();
		let hash = offer.model_hash.0;
		if offer.is_served {
			versions.served.insert(offer.model);
			versions.coming.remove(&offer.model);
		} else {
			versions.served.remove(&offer.model);
		}
		let admits = self.params.admits(&offer);
		if offer.is_served && !offer.is_open && admits {
			log::info!(target: LOG, "version {}: it takes no requests any more", offer.model);
			return ServingWish::Stop;
		}
		let to_serve =
			offer.is_open && offer.may_serve && admits && self.has_slot(&mut versions, &offer);
		let for_court = offer.is_open && offer.for_court && self.fits_court(&mut versions, &offer);
		if !(to_serve || for_court || offer.is_served) {
			return ServingWish::Nothing;
		}
		if to_serve || offer.is_served {
			self.pins.renew(&hash, SERVED_MODEL);
		}
		if for_court {
			self.pins.renew(&hash, COURT_MODEL);
		}
		if !self.store.contains(&hash) {
			let priority = match offer.is_served || for_court {
				true => Priority::Normal,
				false => Priority::Background,
			};
			self.fetch(&mut versions, &offer, priority);
			return ServingWish::Nothing;
		}
		if !to_serve {
			return ServingWish::Nothing;
		}
		self.inspected(&mut versions, offer)
	}

	/// Tells whether one more version is served. One that is to be keeps its slot.
	fn has_slot(&self, versions: &mut Versions, offer: &VersionOffer) -> bool {
		let model = offer.model;
		if versions.coming.contains(&model) {
			return true;
		}
		let is_refused = versions.inspected.get(&model) == Some(&Inspected::Refused);
		if is_refused || versions.has_failed(&offer.model_hash.0) {
			return false;
		}
		let has_slot = versions.served.len() + versions.coming.len() < self.params.serve_slots;
		if has_slot {
			versions.coming.insert(model);
		}
		has_slot
	}

	/// Tells whether the court's part of the store has room for the file of a version.
	fn fits_court(&self, versions: &mut Versions, offer: &VersionOffer) -> bool {
		let hash = offer.model_hash.0;
		if let Some((_, said)) = versions.court.get_mut(&hash) {
			*said = Instant::now();
			return true;
		}
		if versions.has_failed(&hash) {
			return false;
		}
		// What is not needed any more loses its pin after as long.
		versions.court.retain(|_, (_, said)| said.elapsed() < LASTING);
		let held: u64 = versions.court.values().map(|(size, _)| size).sum();
		let quota = self.params.court_quota.saturating_mul(1 << 30);
		let fits = held.saturating_add(offer.size.into()) <= quota;
		if fits {
			versions.court.insert(hash, (offer.size.into(), Instant::now()));
		} else if quota > 0 {
			log::debug!(
				target: LOG,
				"version {}: the court's {quota} bytes are full: see --court-quota",
				offer.model
			);
		}
		fits
	}

	/// Fetches the file of a version, unless that is under way or has failed just now.
	fn fetch(&self, versions: &mut Versions, offer: &VersionOffer, priority: Priority) {
		let (model, hash) = (offer.model, offer.model_hash.0);
		let Some(fetcher) = &self.fetcher else { return };
		if versions.has_failed(&hash) {
			return;
		}
		// The fetcher tells of the failure until the next try.
		let is_next_try = versions.failed.remove(&hash).is_some();
		match fetcher.status(&hash).map(|status| status.state) {
			Some(State::Waiting | State::Running) => {},
			Some(State::Failed(error)) if !is_next_try => {
				log::info!(
					target: LOG,
					"version {model}: {:?} was not fetched: {error}. Trying again in {RETRY:?}",
					offer.model_hash
				);
				if versions.failed.len() >= MAX_REMEMBERED {
					versions.failed.clear();
				}
				versions.failed.insert(hash, Instant::now());
				// What nobody has keeps no room from others meanwhile.
				versions.coming.remove(&model);
				versions.court.remove(&hash);
			},
			_ => self.begin_fetch(fetcher, offer, priority),
		}
	}

	fn begin_fetch(&self, fetcher: &Fetcher, offer: &VersionOffer, priority: Priority) {
		let VersionOffer { model, model_hash, size, .. } = offer;
		let wish = Wish { priority, deadline: None };
		match fetcher.fetch(model_hash.0, (*size).into(), wish) {
			Ok(_) => log::info!(
				target: LOG,
				"version {model}: fetching its file {model_hash:?} of {size} bytes"
			),
			Err(error) => log::debug!(target: LOG, "version {model}: {error}"),
		}
	}

	/// What to declare about a version whose file is here, and which is to be served.
	fn inspected(&self, versions: &mut Versions, offer: VersionOffer) -> ServingWish {
		let model = offer.model;
		match versions.inspected.get(&model) {
			Some(Inspected::Pending) => ServingWish::Nothing,
			Some(Inspected::Report(report)) => {
				let Err(reason) = matches(&offer, report) else {
					return ServingWish::Serve(report.hash);
				};
				log::warn!(target: LOG, "version {model} {reason}: it is not served");
				versions.inspected.insert(model, Inspected::Refused);
				versions.coming.remove(&model);
				ServingWish::Nothing
			},
			Some(Inspected::Refused) => {
				versions.coming.remove(&model);
				ServingWish::Nothing
			},
			Some(Inspected::Failed(at)) if at.elapsed() < RETRY => ServingWish::Nothing,
			Some(Inspected::Failed(_)) | None => {
				if versions.inspected.len() >= MAX_REMEMBERED {
					versions.inspected.clear();
				}
				if self.inspections.try_send(offer).is_ok() {
					versions.inspected.insert(model, Inspected::Pending);
				}
				ServingWish::Nothing
			},
		}
	}
}

/// Fails, with a part of a sentence, where a version says something else than this machine finds.
fn matches(offer: &VersionOffer, found: &Report) -> Result<(), String> {
	let VersionOffer { report_hash, generation, .. } = offer;
	if found.hash != *report_hash {
		return Err(format!(
			"was registered with the report {report_hash:?}, and this machine finds {:?}",
			found.hash
		));
	}
	if found.generation != *generation {
		let said = |own: &Option<TextGeneration>| {
			own.map_or("generates no text".into(), |own| format!("generates text by {own:?}"))
		};
		return Err(format!(
			"was registered as one that {}, and this machine finds that it {}",
			said(generation),
			said(&found.generation)
		));
	}
	Ok(())
}

/// Inspects one version after another until the policy is gone.
fn inspect_all(
	waiting: &Receiver<VersionOffer>,
	inspect: &impl Fn(Task) -> Result<Report, InspectError>,
	note: impl Fn(ModelId, Inspected),
) {
	for offer in waiting {
		let VersionOffer { model, model_hash, engine_id, dims, limits, .. } = offer;
		let began = Instant::now();
		let task =
			Task { model_hash, engine_id, dims, input: TaskInput::Inline(Vec::new()), limits };
		let result = match inspect(task) {
			Ok(report) => {
				let took = began.elapsed().as_millis();
				log::info!(target: LOG, "version {model}: inspected in {took} ms");
				Inspected::Report(report)
			},
			Err(error) if error.is_final() => {
				log::warn!(target: LOG, "version {model} is not served: {error}");
				Inspected::Refused
			},
			Err(error) => {
				log::warn!(target: LOG, "version {model}: {error}. Trying again");
				Inspected::Failed(Instant::now())
			},
		};
		note(model, result);
	}
}

/// Inspection by this, if there is one.
pub fn by(inspector: Option<Inspector>) -> impl Fn(Task) -> Result<Report, InspectError> + Send {
	move |task| match &inspector {
		Some(inspector) => inspector.inspect(task),
		None => Err(InspectError::Failed("this node has no engine processes".into())),
	}
}

/// A job queue with a policy.
#[derive(Clone)]
pub struct WithPolicy<Q> {
	queue: Q,
	policy: Arc<Policy>,
}

impl<Q> WithPolicy<Q> {
	/// Asks `policy` what to serve, and leaves the rest to `queue`.
	pub fn new(queue: Q, policy: Arc<Policy>) -> Self {
		Self { queue, policy }
	}
}

impl<Q: JobQueue> JobQueue for WithPolicy<Q> {
	fn submit(&mut self, job: Job) -> Result<JobStatus, JobError> {
		self.queue.submit(job)
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
		self.policy.wish(offer)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use clap::Parser;
	use futures::{
		future::{ready, BoxFuture, FutureExt},
		stream::{empty, BoxStream, StreamExt},
	};
	use opg_blobs::{
		exchange::{FetchLimits, Misbehaviour, Transport, Unreachable},
		store::{blob_hash, Limits},
	};
	use opg_primitives::VersionLimits;
	use sp_core::H256;

	#[derive(Parser)]
	struct Line {
		#[clap(flatten)]
		params: PolicyParams,
	}

	/// What the node's command line says.
	pub(super) fn params(arguments: &str) -> PolicyParams {
		Line::parse_from(format!("node {arguments}").split_whitespace()).params
	}

	/// A version that may be served. Its file is its number.
	pub(super) fn offer(model: ModelId) -> VersionOffer {
		VersionOffer {
			model,
			model_hash: H256(blob_hash(&file(model))),
			size: 4,
			owner: H256::zero(),
			engine_id: H256::zero(),
			dims: Default::default(),
			limits: VersionLimits::inline(5, 6, 7),
			report_hash: H256::repeat_byte(1),
			generation: None,
			is_open: true,
			for_court: false,
			is_served: false,
			may_serve: true,
		}
	}

	fn file(model: ModelId) -> [u8; 4] {
		model.to_le_bytes()
	}

	struct Test {
		policy: Arc<Policy>,
		store: Store,
		_folder: tempfile::TempDir,
	}

	/// A node whose engine finds this about every model.
	fn test(
		arguments: &str,
		inspect: impl Fn(Task) -> Result<Report, InspectError> + Send + 'static,
	) -> Test {
		let folder = tempfile::tempdir().expect("a folder");
		let limits = Limits { keep_free: 0, ..Limits::default() };
		let store = Store::open(folder.path(), limits).expect("it can be written");
		let policy =
			Policy::start(params(arguments), store.clone(), None, inspect).expect("threads");
		Test { policy, store, _folder: folder }
	}

	/// A network without peers.
	struct Nobody;

	impl Transport for Nobody {
		type Peer = u32;

		fn request(&self, _: u32, _: Vec<u8>) -> BoxFuture<'static, Result<Vec<u8>, Unreachable>> {
			ready(Err(Unreachable)).boxed()
		}

		fn find(&self, _: Hash) -> BoxStream<'static, Vec<u32>> {
			empty().boxed()
		}

		fn report(&self, _: &u32, _: Misbehaviour) {}
	}

	fn found(hash: u8, generation: Option<TextGeneration>) -> Result<Report, InspectError> {
		Ok(Report { hash: H256::repeat_byte(hash), generation })
	}

	fn right(_: Task) -> Result<Report, InspectError> {
		found(1, None)
	}

	impl Test {
		/// Asks until the inspection is over.
		fn ask(&self, offer: &VersionOffer) -> ServingWish {
			let began = Instant::now();
			loop {
				let wish = self.policy.wish(offer.clone());
				let versions = self.policy.versions.lock();
				if versions.inspected.get(&offer.model) != Some(&Inspected::Pending) {
					return wish;
				}
				drop(versions);
				assert!(began.elapsed() < Duration::from_secs(60), "it never ends");
				thread::sleep(Duration::from_millis(5));
			}
		}

		fn pins(&self, model: ModelId) -> Vec<String> {
			let hash = offer(model).model_hash.0;
			self.store.pins_of(&hash).expect("pins").into_iter().collect()
		}
	}

	#[test]
	fn file_should_be_fetched_again_when_nobody_had_it() {
		let folder = tempfile::tempdir().expect("a folder");
		let limits = Limits { keep_free: 0, ..Limits::default() };
		let store = Store::open(folder.path(), limits).expect("it can be written");
		let moment = Duration::from_millis(20);
		let limits = FetchLimits { patience: moment, search: moment, ..FetchLimits::default() };
		let fetcher = Fetcher::new(store.clone(), limits);
		let policy = Policy::start(params("--serve all"), store, Some(fetcher.clone()), right)
			.expect("threads");
		let hash = offer(1).model_hash.0;
		let runtime = sc_cli::build_runtime().expect("threads");
		runtime.spawn(fetcher.clone().run(Nobody));
		let began = Instant::now();
		let wait_for_failures = |count| {
			while fetcher.stats().failed < count {
				assert!(began.elapsed() < Duration::from_secs(60), "no fetch fails");
				thread::sleep(Duration::from_millis(5));
			}
		};
		policy.wish(offer(1));
		wait_for_failures(1);
		// Told of the failure, it waits.
		policy.wish(offer(1));
		assert!(policy.versions.lock().has_failed(&hash));
		policy.wish(offer(1));
		assert!(matches!(fetcher.status(&hash).expect("known").state, State::Failed(_)));
		let long_ago = Instant::now().checked_sub(RETRY).expect("this machine runs for longer");
		policy.versions.lock().failed.insert(hash, long_ago);
		policy.wish(offer(1));
		wait_for_failures(2);
	}

	#[test]
	fn version_should_be_served_when_it_is_admitted_here_and_inspected() {
		let test = test("--serve all", right);
		assert_eq!(test.ask(&offer(1)), ServingWish::Nothing, "its file is not here");
		assert_eq!(test.pins(1), [SERVED_MODEL]);
		test.store.put(&file(1)).expect("it fits");
		let until = Instant::now() + Duration::from_secs(60);
		while test.ask(&offer(1)) != ServingWish::Serve(H256::repeat_byte(1)) {
			assert!(Instant::now() < until);
		}
		let served = VersionOffer { is_served: true, may_serve: false, ..offer(1) };
		assert_eq!(test.ask(&served), ServingWish::Nothing);
		let closed = VersionOffer { is_open: false, ..served };
		assert_eq!(test.ask(&closed), ServingWish::Stop);
	}

	#[test]
	fn nothing_should_happen_when_the_policy_says_none() {
		let test = test("", right);
		test.store.put(&file(1)).expect("it fits");
		assert_eq!(test.ask(&offer(1)), ServingWish::Nothing);
		assert!(test.policy.versions.lock().inspected.is_empty() && test.pins(1).is_empty());
		// What the operator serves stays the operator's.
		let closed = VersionOffer { is_open: false, is_served: true, ..offer(1) };
		assert_eq!(test.ask(&closed), ServingWish::Nothing);
	}

	#[test]
	fn version_should_not_be_served_when_its_report_is_another_or_the_engine_refuses_it() {
		let wrong = test("--serve all --serve-slots 1", |_| found(2, None));
		let refusing =
			test("--serve all --serve-slots 1", |_| Err(InspectError::Refused("no".into())));
		for test in [wrong, refusing] {
			for model in [1, 2] {
				test.store.put(&file(model)).expect("it fits");
				let began = Instant::now();
				while began.elapsed() < Duration::from_millis(300) {
					assert_eq!(test.ask(&offer(model)), ServingWish::Nothing);
				}
				let state = test.policy.versions.lock().inspected.get(&model).copied();
				// The slot is free again for the other one.
				assert_eq!(state, Some(Inspected::Refused), "version {model}");
			}
		}
	}

	#[test]
	fn version_should_be_served_only_when_it_generates_text_as_it_says() {
		let generation =
			TextGeneration { context: 64, vocabulary: 9, block: 32, token_fuel: 5, block_fuel: 70 };
		let cheaper = TextGeneration { token_fuel: 4, ..generation };
		for (said, finds) in [
			(Some(generation), Some(generation)),
			(Some(cheaper), Some(generation)),
			(Some(generation), None),
			(None, Some(generation)),
		] {
			let test = test("--serve all", move |_| found(1, finds));
			test.store.put(&file(1)).expect("it fits");
			let offer = VersionOffer { generation: said, ..offer(1) };
			let wish = test.ask(&offer);
			let expected = match said == finds {
				true => ServingWish::Serve(H256::repeat_byte(1)),
				false => ServingWish::Nothing,
			};
			assert_eq!(wish, expected, "{said:?} {finds:?}");
			let report = Report { hash: H256::repeat_byte(1), generation: finds };
			let reason = matches(&offer, &report).err();
			assert_eq!(reason.is_some(), said != finds);
			assert!(reason.is_none_or(|text| text.contains("this machine finds that it generates")));
			let is_refused =
				test.policy.versions.lock().inspected.get(&1) == Some(&Inspected::Refused);
			assert_eq!(is_refused, said != finds);
		}
	}

	#[test]
	fn no_more_versions_should_be_begun_with_than_there_are_slots() {
		let test = test("--serve all --serve-slots 2", right);
		for model in 1..4 {
			test.ask(&offer(model));
		}
		assert_eq!([1, 2, 3].map(|model| test.pins(model).len()), [1, 1, 0]);
	}

	#[test]
	fn validator_should_keep_files_for_its_court_within_its_quota() {
		let test = test("--court-quota 1", right);
		let court =
			|model, size| VersionOffer { for_court: true, may_serve: false, size, ..offer(model) };
		test.ask(&court(1, 1 << 29));
		test.ask(&court(2, 1 << 29));
		test.ask(&court(3, 1));
		assert_eq!(test.pins(1), [COURT_MODEL]);
		assert_eq!(test.pins(2), [COURT_MODEL]);
		assert!(test.pins(3).is_empty(), "there is no room");
	}
}
