//! Requests of clients: made once, paid within the limits of their key, followed until they are
//! settled.
//!
//! A task of its own drives each request, so that it goes on when the client is gone. Clients wait for
//! what the task tells.

use crate::{
	amount,
	backend::{
		Answer, Backend, BackendError, Model, Order, Planck, Reference, RequestId, Tier, Trust,
	},
	error::ApiError,
	keys::Key,
	ledger::{Entry, Ledger, LedgerError, Stage},
	metrics::Metrics,
};
use opg_engine_types::digest;
use std::{
	collections::{HashMap, VecDeque},
	sync::{Arc, Mutex, MutexGuard, PoisonError},
	time::Duration,
};
use tokio::{
	sync::{watch, OwnedSemaphorePermit, Semaphore},
	time::{sleep, timeout_at, Instant},
};

/// Longest id that a client gives a request, in bytes.
pub const MAX_ID: usize = 256;
/// Time between two attempts to reach a node.
const RETRY: Duration = Duration::from_secs(3);
/// Requests that a client may repeat without naming them: the newest.
const MAX_RECENT: usize = 4096;

/// Limits and choices of a gateway.
#[derive(Clone, Debug)]
pub struct Settings {
	/// Compute each answer on this machine before it is given.
	pub verify: bool,
	/// The most that one request may cost.
	pub max_fee: Option<Planck>,
	/// Assurance of requests that do not name one.
	pub tier: Tier,
	/// Longest wait for an attested answer.
	pub attested_wait: Duration,
	/// Longest wait for a settled answer.
	pub settled_wait: Duration,
	/// Requests that have no answer yet.
	pub max_in_flight: usize,
	/// Requests that are not settled yet.
	pub max_unsettled: usize,
	/// How long a transaction of which nobody knows is looked for. Longer than it is valid.
	pub unsure: Duration,
	/// How long a node that does not answer is asked again, before the request is left to the next
	/// start.
	pub patience: Duration,
}

impl Default for Settings {
	fn default() -> Self {
		Self {
			verify: false,
			max_fee: None,
			tier: Tier::default(),
			attested_wait: Duration::from_secs(180),
			settled_wait: Duration::from_secs(900),
			max_in_flight: 256,
			max_unsettled: 4096,
			unsure: Duration::from_secs(900),
			patience: Duration::from_secs(3600),
		}
	}
}

/// What a client asks for.
pub struct Call<'a> {
	/// Who pays.
	pub key: &'a Key,
	/// Which model.
	pub model: &'a Model,
	/// Encoded tensors that the model takes.
	pub input: Vec<u8>,
	/// Fuel limit, where it is not the version's.
	pub fuel_limit: Option<u64>,
	/// Assurance; by default that of the gateway.
	pub tier: Option<Tier>,
	/// How long to wait.
	pub trust: Trust,
	/// A shorter wait than the gateway's.
	pub timeout: Option<Duration>,
	/// The client's own name of the request.
	pub id: Option<&'a str>,
	/// Whether the client says that it asks again.
	pub is_retry: bool,
}

/// What a client gets.
#[derive(Clone, Debug)]
pub struct Outcome {
	/// The answer.
	pub answer: Arc<Answer>,
	/// Whether this machine computed the same.
	pub is_verified: bool,
	/// Reference of the request.
	pub reference: Reference,
}

/// How far a request is.
#[derive(Clone, Debug)]
enum Progress {
	Begun,
	Made(RequestId),
	Answered { answer: Arc<Answer>, is_verified: bool },
	Failed(ApiError),
}

/// A request that a task drives.
struct Run {
	key: String,
	digest: [u8; 32],
	progress: watch::Receiver<Progress>,
}

/// What a task works on.
struct Job {
	reference: Reference,
	key: Key,
	digest: [u8; 32],
	model: u32,
	fuel_limit: Option<u64>,
	tier: Tier,
	/// Not known of a request from before the start.
	input: Option<Arc<Vec<u8>>>,
	/// Whether the client may have asked before the start.
	has_id: bool,
}

/// The newest requests by what they ask for.
#[derive(Default)]
struct Recent {
	references: HashMap<[u8; 32], Reference>,
	order: VecDeque<[u8; 32]>,
}

/// Requests of one gateway.
pub struct Service<B> {
	/// The chain.
	pub backend: Arc<B>,
	/// Limits and choices.
	pub settings: Settings,
	/// Numbers for monitoring.
	pub metrics: Metrics,
	ledger: Ledger,
	runs: Mutex<HashMap<Reference, Run>>,
	recent: Mutex<Recent>,
	in_flight: Arc<Semaphore>,
	by_key: Mutex<HashMap<String, Arc<Semaphore>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
	mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A digest of parts, none of which can stand for the beginning of another.
fn digest_of(domain: &str, parts: &[&[u8]]) -> [u8; 32] {
	let mut bytes = domain.as_bytes().to_vec();
	for part in parts {
		bytes.extend((part.len() as u64).to_le_bytes());
		bytes.extend(*part);
	}
	digest(&bytes)
}

impl<B: Backend> Service<B> {
	/// A service. Goes on with the requests that were open when the last one ended; so it has to be made
	/// within a runtime.
	pub fn start(backend: Arc<B>, ledger: Ledger, settings: Settings) -> Arc<Self> {
		let service = Arc::new(Self {
			in_flight: Arc::new(Semaphore::new(settings.max_in_flight)),
			backend,
			settings,
			metrics: Metrics::default(),
			ledger,
			runs: Mutex::default(),
			recent: Mutex::default(),
			by_key: Mutex::default(),
		});
		for (reference, entry) in service.ledger.open_requests() {
			log::info!("going on with request {}", hex::encode(reference));
			let job = Job::resumed(reference, &entry);
			service.spawn(job, Some(entry), Vec::new());
		}
		service
	}

	/// Requests that are not settled yet.
	pub fn unsettled(&self) -> usize {
		lock(&self.runs).len()
	}

	/// Requests without an answer yet.
	pub fn in_flight(&self) -> usize {
		self.settings.max_in_flight.saturating_sub(self.in_flight.available_permits())
	}

	/// What a key spent at all, what is held besides, and what it spent today.
	pub fn spent(&self, key: &str) -> (Planck, Planck, Planck) {
		self.ledger.spent(key)
	}

	/// Makes a request, or joins the one with the same id, and waits for its answer.
	///
	/// # Errors
	///
	/// A limit, a refusal of the chain, or no answer in time. The request may go on.
	pub async fn infer(self: &Arc<Self>, call: Call<'_>) -> Result<Outcome, ApiError> {
		let Call { key, model, input, fuel_limit, tier, trust, timeout, id, is_retry } = call;
		let longest = match trust {
			Trust::Attested => self.settings.attested_wait,
			Trust::Settled => self.settings.settled_wait,
		};
		let deadline = Instant::now() + timeout.map_or(longest, |timeout| timeout.min(longest));
		let tier = tier.unwrap_or(self.settings.tier);
		let number = model.number.to_le_bytes();
		let limit = fuel_limit.map(u64::to_le_bytes);
		let mut parts: Vec<&[u8]> = vec![&number, tier.name().as_bytes(), &input];
		// Ledgers of old know requests without one.
		parts.extend(limit.iter().map(|limit| limit.as_slice()));
		let digest = digest_of("opg-gateway/request", &parts);
		let reference = self.reference(key, id, is_retry, digest)?;
		let input = Arc::new(input);
		let job = Job {
			reference,
			key: key.clone(),
			digest,
			model: model.number,
			fuel_limit,
			tier,
			input: Some(input.clone()),
			has_id: id.is_some(),
		};
		let progress = self.begin(job)?;
		let outcome = self.answer(progress, reference, trust, deadline).await?;
		if !self.settings.verify || outcome.is_verified {
			return Ok(outcome);
		}
		// The task had no input, or the court decided for another answer than the one that was verified.
		let request = outcome.answer.request;
		let verified = self.verify(model.number, &input, &outcome.answer).await;
		verified.map_err(|error| error.of_request(request))?;
		Ok(Outcome { is_verified: true, ..outcome })
	}

	/// The reference of a request. An id of a client is its own, whatever ids others have.
	fn reference(
		&self,
		key: &Key,
		id: Option<&str>,
		is_retry: bool,
		digest: [u8; 32],
	) -> Result<Reference, ApiError> {
		let same = digest_of("opg-gateway/recent", &[key.name.as_bytes(), &digest]);
		let Some(id) = id else {
			let mut recent = lock(&self.recent);
			let known = recent.references.get(&same).copied();
			if let Some(known) = known.filter(|_| is_retry) {
				return Ok(known);
			}
			let mut reference = [0; 32];
			getrandom::fill(&mut reference)
				.map_err(|error| ApiError::new(500, "NoRandomness", error.to_string()))?;
			if recent.references.insert(same, reference).is_none() {
				recent.order.push_back(same);
			}
			if recent.order.len() > MAX_RECENT {
				let oldest = recent.order.pop_front();
				oldest.map(|oldest| recent.references.remove(&oldest));
			}
			return Ok(reference);
		};
		if id.is_empty() || id.len() > MAX_ID {
			let message = format!("an id has 1 to {MAX_ID} bytes, and this one has {}", id.len());
			return Err(ApiError::invalid(message));
		}
		// The reference of an earlier answer names that request.
		let mut named = [0; 32];
		let is_hex = id.strip_prefix("0x").map(|hex| hex::decode_to_slice(hex, &mut named));
		if is_hex == Some(Ok(())) && self.owner(&named).is_some_and(|owner| owner == key.name) {
			return Ok(named);
		}
		Ok(digest_of("opg-gateway/id", &[key.name.as_bytes(), id.as_bytes()]))
	}

	fn owner(&self, reference: &Reference) -> Option<String> {
		let running = lock(&self.runs).get(reference).map(|run| run.key.clone());
		running.or_else(|| self.ledger.entry(reference).map(|entry| entry.key))
	}

	/// Joins the task of a request, or starts one.
	fn begin(self: &Arc<Self>, job: Job) -> Result<watch::Receiver<Progress>, ApiError> {
		let used = || {
			ApiError::new(
				409,
				"IdUsed",
				"this id was given to a request for another model, tier or input: take a new one",
			)
			.with("reference", format!("0x{}", hex::encode(job.reference)))
		};
		// Until the task is in the map: of two calls at the same time, one starts it.
		let mut runs = lock(&self.runs);
		if let Some(run) = runs.get(&job.reference) {
			if run.digest != job.digest {
				return Err(used());
			}
			return Ok(run.progress.clone());
		}
		let known = self.ledger.entry(&job.reference);
		if known.as_ref().is_some_and(|entry| entry.digest != job.digest) {
			return Err(used());
		}
		let known = known.filter(|entry| entry.stage != Stage::Released);
		if runs.len() >= self.settings.max_unsettled {
			let message = format!(
				"{} requests wait to be settled, and this gateway follows no more",
				self.settings.max_unsettled
			);
			return Err(ApiError::new(429, "TooManyUnsettled", message).retry_after(30));
		}
		let permits = self.permits(&job.key)?;
		Ok(self.spawn_locked(&mut runs, job, known, permits))
	}

	fn permits(&self, key: &Key) -> Result<Vec<OwnedSemaphorePermit>, ApiError> {
		let of_all = self.in_flight.clone().try_acquire_owned().map_err(|_| {
			let most = self.settings.max_in_flight;
			let message = format!("{most} requests are in flight, and this gateway takes no more");
			ApiError::new(429, "TooManyRequests", message).retry_after(5)
		})?;
		let most = key.limits.concurrent;
		let semaphore = lock(&self.by_key)
			.entry(key.name.clone())
			.or_insert_with(|| Arc::new(Semaphore::new(most as usize)))
			.clone();
		let of_key = semaphore.try_acquire_owned().map_err(|_| {
			let message =
				format!("this key has {most} requests in flight, which are all it may have");
			ApiError::new(429, "TooManyRequestsOfKey", message).retry_after(5)
		})?;
		Ok(vec![of_all, of_key])
	}

	fn spawn(self: &Arc<Self>, job: Job, known: Option<Entry>, permits: Vec<OwnedSemaphorePermit>) {
		self.spawn_locked(&mut lock(&self.runs), job, known, permits);
	}

	fn spawn_locked(
		self: &Arc<Self>,
		runs: &mut HashMap<Reference, Run>,
		job: Job,
		known: Option<Entry>,
		permits: Vec<OwnedSemaphorePermit>,
	) -> watch::Receiver<Progress> {
		let (sender, progress) = watch::channel(Progress::Begun);
		let run = Run { key: job.key.name.clone(), digest: job.digest, progress: progress.clone() };
		runs.insert(job.reference, run);
		let ended = Ended { service: self.clone(), reference: job.reference };
		let service = self.clone();
		tokio::spawn(async move {
			let mut job = job;
			if let Err(error) = service.drive(&mut job, known, permits, &sender).await {
				log::warn!("request {}: {}: {error}", hex::encode(job.reference), error.reason);
				sender.send_replace(Progress::Failed(error));
			}
			drop(ended);
		});
		progress
	}

	/// Makes a request, unless it is known, and follows it until it is settled.
	async fn drive(
		&self,
		job: &mut Job,
		known: Option<Entry>,
		permits: Vec<OwnedSemaphorePermit>,
		progress: &watch::Sender<Progress>,
	) -> Result<(), ApiError> {
		let is_new = known.is_none();
		// Where it is open, its end has to be counted.
		let mut is_open = known.as_ref().is_some_and(|entry| entry.stage == Stage::Open);
		let (request, transaction) = match known {
			Some(Entry { request: Some(request), .. }) => (request, 0),
			Some(_) => (self.look_for(job).await?, 0),
			None => match self.on_chain(job).await? {
				Some(request) => (request, 0),
				None => {
					is_open = true;
					self.make(job).await?
				},
			},
		};
		if is_open {
			self.noted(self.ledger.made(&job.reference, request));
		}
		progress.send_replace(Progress::Made(request));
		let attested = self.wait(job, request, Trust::Attested).await;
		let attested = match attested {
			Ok(answer) => answer,
			Err(error) => {
				// Refunded: only the transaction was paid. Where nobody knows what became of it, what was
				// held stays counted.
				match &error {
					BackendError::RequestFailed(_) if is_open => {
						self.noted(self.ledger.close(&job.reference, transaction));
					},
					BackendError::RequestUnknown(_) if is_open => {
						let held = self.ledger.held(&job.reference);
						self.noted(self.ledger.close(&job.reference, held));
					},
					_ => {},
				}
				return Err(forgotten(error, is_new).of_request(request));
			},
		};
		// Nothing needs it any more, and there may be many that wait to be settled.
		let input = job.input.take();
		let is_verified = match &input {
			Some(input) if self.settings.verify => {
				let verified = self.verify(job.model, input, &attested).await;
				if let Err(error) = verified {
					progress.send_replace(Progress::Failed(error.of_request(request)));
					drop(permits);
					return self.settle(job, request, transaction, is_open, |_| ()).await;
				}
				true
			},
			_ => false,
		};
		let digest = attested.digest.clone();
		let answer = Arc::new(attested);
		progress.send_replace(Progress::Answered { answer, is_verified });
		drop(permits);
		self.settle(job, request, transaction, is_open, |settled| {
			// A court may have decided for another answer.
			let is_verified = is_verified && settled.digest == digest;
			progress.send_replace(Progress::Answered { answer: Arc::new(settled), is_verified });
		})
		.await
	}

	/// Waits until a request is settled, and counts what it cost.
	async fn settle(
		&self,
		job: &Job,
		request: RequestId,
		transaction: Planck,
		is_open: bool,
		tell: impl FnOnce(Answer),
	) -> Result<(), ApiError> {
		match self.wait(job, request, Trust::Settled).await {
			Ok(settled) => {
				if is_open {
					let held = self.ledger.held(&job.reference);
					let charged = settled.fee.map_or(held, |fee| fee.saturating_add(transaction));
					self.noted(self.ledger.close(&job.reference, charged));
				}
				tell(settled);
				Ok(())
			},
			Err(error) => {
				if is_open && matches!(error, BackendError::RequestFailed(_)) {
					self.noted(self.ledger.close(&job.reference, transaction));
				}
				Err(ApiError::from(error).of_request(request))
			},
		}
	}

	/// A request of this id that the ledger does not know, because the ledger was lost.
	async fn on_chain(&self, job: &Job) -> Result<Option<RequestId>, ApiError> {
		if !job.has_id {
			return Ok(None);
		}
		Ok(self.backend.find(job.reference).await?)
	}

	/// Looks for a request that may be on its way. Its id is free once it cannot come any more.
	async fn look_for(&self, job: &Job) -> Result<RequestId, ApiError> {
		let until = Instant::now() + self.settings.unsure;
		loop {
			match self.backend.find(job.reference).await {
				Ok(Some(request)) => return Ok(request),
				Ok(None) if Instant::now() > until => {
					self.noted(self.ledger.release(&job.reference));
					let message =
						"no block took the transaction in time: nothing was paid but its fee";
					return Err(ApiError::new(503, "NotIncluded", message));
				},
				Ok(None) => {},
				Err(error) if Instant::now() > until + self.settings.patience => {
					return Err(error.into());
				},
				Err(error) => log::warn!("looking for a request: {error}"),
			}
			sleep(RETRY).await;
		}
	}

	/// Makes a request. What it costs at most is counted before.
	async fn make(&self, job: &Job) -> Result<(RequestId, Planck), ApiError> {
		let input = job.input.as_deref().map(Vec::as_slice).unwrap_or_default();
		let estimate =
			self.backend.estimate(job.model, job.tier, input.len(), job.fuel_limit).await?;
		if let Some(most) = self.settings.max_fee.filter(|most| *most < estimate.max_fee) {
			return Err(ApiError::new(
				402,
				"FeeAboveMax",
				format!(
					"this request costs up to {} OPG, and this gateway pays {} at most for one",
					amount::show(estimate.max_fee),
					amount::show(most)
				),
			));
		}
		let held = estimate.max_fee.saturating_add(estimate.transaction);
		let what = (job.model, job.digest);
		let counted = self.ledger.hold(job.reference, &job.key.name, &job.key.limits, what, held);
		if let Err(reached) = counted.map_err(ledger_failed)? {
			let when = if reached.is_daily { "today (UTC)" } else { "in all" };
			return Err(ApiError::new(
				429,
				"SpendingLimit",
				format!(
					"this request costs up to {} OPG, and this key may spend {} {when}, of which {} are spent \
					 or held for open requests",
					amount::show(held),
					amount::show(reached.limit),
					amount::show(reached.spent)
				),
			));
		}
		let order = Order {
			model: job.model,
			input: input.to_vec(),
			tier: job.tier,
			max_fee: estimate.max_fee,
			fuel_limit: job.fuel_limit,
			reference: job.reference,
			is_unique: !job.has_id,
		};
		match self.backend.submit(order).await {
			Ok(made) => Ok((made.request, made.transaction.unwrap_or(estimate.transaction))),
			Err(BackendError::Unsure(cause)) => {
				log::warn!("request {}: {cause}", hex::encode(job.reference));
				Ok((self.look_for(job).await?, estimate.transaction))
			},
			Err(error) => {
				self.noted(self.ledger.release(&job.reference));
				Err(error.into())
			},
		}
	}

	/// Waits for an answer, also while no node can be reached.
	async fn wait(
		&self,
		job: &Job,
		request: RequestId,
		until: Trust,
	) -> Result<Answer, BackendError> {
		let began = Instant::now();
		loop {
			match self.backend.wait(request, until, job.input.as_deref().map(Vec::as_slice)).await {
				Err(error @ (BackendError::NoNode(_) | BackendError::Failed(_)))
					if began.elapsed() < self.settings.patience =>
				{
					log::warn!("request {request}: {error}");
					sleep(RETRY).await;
				},
				other => return other,
			}
		}
	}

	/// Computes the answer on this machine.
	async fn verify(&self, model: u32, input: &[u8], answer: &Answer) -> Result<(), ApiError> {
		let computed = self.backend.recompute(model, input).await.map_err(|error| {
			let message = format!("the answer was to be computed here before it is given: {error}");
			ApiError::new(502, "NotVerified", message)
		})?;
		if computed == answer.digest {
			return Ok(());
		}
		let message =
			"the attested answer is not what this machine computes, so it is not given: the \
		               attested one is wrong, or this machine is";
		Err(ApiError::new(502, "AnswerDiffers", message)
			.with("attested", answer.digest.as_str())
			.with("computed", computed))
	}

	/// Waits until a task tells of an answer.
	async fn answer(
		&self,
		mut progress: watch::Receiver<Progress>,
		reference: Reference,
		trust: Trust,
		deadline: Instant,
	) -> Result<Outcome, ApiError> {
		let shown = format!("0x{}", hex::encode(reference));
		loop {
			let now = progress.borrow_and_update().clone();
			match &now {
				Progress::Answered { answer, is_verified } if answer.state >= trust => {
					let (answer, is_verified) = (answer.clone(), *is_verified);
					return Ok(Outcome { answer, is_verified, reference });
				},
				Progress::Failed(error) => return Err(error.clone().with("reference", shown)),
				_ => {},
			}
			match timeout_at(deadline, progress.changed()).await {
				Ok(Ok(())) => {},
				Ok(Err(_)) => {
					let message = "the gateway failed at this request; it goes on with it when it starts again";
					return Err(ApiError::new(500, "Internal", message).with("reference", shown));
				},
				Err(_) => return Err(late(&now, trust, shown)),
			}
		}
	}

	/// A ledger that cannot be written is told in the log: the request was made already.
	fn noted(&self, result: Result<(), LedgerError>) {
		if let Err(error) = result {
			log::error!("{error}");
			self.metrics.ledger_failed();
		}
	}
}

/// A request of which the chain knows nothing any more is no new request.
fn forgotten(error: BackendError, is_new: bool) -> ApiError {
	match error {
		BackendError::RequestUnknown(_) if !is_new => {
			let message =
				"the request with this id ended, and the chain does not keep it any more. It is \
			               not paid for again: take a new id to ask anew";
			ApiError::new(410, "Forgotten", message)
		},
		error => error.into(),
	}
}

fn ledger_failed(error: LedgerError) -> ApiError {
	ApiError::new(500, "LedgerFailed", format!("nothing is paid that is not counted: {error}"))
}

/// No answer in time.
fn late(now: &Progress, trust: Trust, reference: String) -> ApiError {
	let message = format!(
		"not {trust} in time. The request goes on and is paid: ask again with the same id, or with the \
		 reference as the id, and it is not paid twice"
	);
	let error = ApiError::new(504, "Timeout", message).with("reference", reference);
	match now {
		Progress::Made(request) => error.of_request(*request),
		Progress::Answered { answer, .. } => error.of_request(answer.request),
		_ => error,
	}
}

impl Job {
	/// A request from before the start.
	fn resumed(reference: Reference, entry: &Entry) -> Self {
		Self {
			reference,
			key: Key { name: entry.key.clone(), limits: Default::default() },
			digest: entry.digest,
			model: entry.model,
			fuel_limit: None,
			tier: Tier::default(),
			input: None,
			has_id: true,
		}
	}
}

/// Takes a task out of the map, however it ends.
struct Ended<B> {
	service: Arc<Service<B>>,
	reference: Reference,
}

impl<B> Drop for Ended<B> {
	fn drop(&mut self) {
		lock(&self.service.runs).remove(&self.reference);
	}
}
