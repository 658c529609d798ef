//! Mirrors: servers of files that the operator names. They are asked for what peers do not have. What
//! they send has no proofs, so it is verified when all of it is here.

use super::{
	fetch::{blocking, Job},
	status::{FetchError, Priority, Wish},
};
use crate::store::{Error, Filler, Hash, Store, GROUP_BYTES};
use futures::{
	future::{pending, BoxFuture},
	stream::{BoxStream, StreamExt},
	FutureExt,
};
use parking_lot::Mutex;
use std::{
	collections::HashMap,
	fmt::Debug,
	sync::{atomic::Ordering, Arc},
	time::Duration,
};
use tokio::{
	sync::{Semaphore, SemaphorePermit},
	time::{sleep, sleep_until, timeout, timeout_at, Instant},
};

/// Bytes that are written at once: whole groups.
const WINDOW: usize = 1 << 20;

/// Time for which the log does not name a mirror again, unless it lies.
const WARNING: Duration = Duration::from_secs(60);

/// Servers of files, as fetches see them. There is no network here.
pub trait Mirrors: Debug + Send + Sync + 'static {
	/// Number of mirrors, in the order in which they are asked.
	fn count(&self) -> usize;

	/// Name of a mirror, for the log.
	fn name(&self, mirror: usize) -> String;

	/// Asks a mirror for a blob, from the byte `start` on. The fetch drops the future, or the download,
	/// when it waits no longer.
	fn open(
		&self,
		mirror: usize,
		hash: Hash,
		size: u64,
		start: u64,
	) -> BoxFuture<'static, Result<Download, MirrorError>>;
}

/// Bytes that a mirror sends.
pub struct Download {
	/// Where they begin: at the byte that was asked for, or before it.
	pub start: u64,
	/// The bytes. After the last comes the end.
	pub bytes: BoxStream<'static, Result<Vec<u8>, MirrorError>>,
}

/// Why a mirror does not give a blob.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MirrorError {
	/// It has no such file.
	#[error("it does not have the file")]
	NotFound,
	/// Its file has another size. The size that is wanted may be wrong, so this is not held against it.
	#[error("its file has another size, {said} bytes or more, not {wanted}")]
	OtherSize {
		/// What it said or sent.
		said: u64,
		/// The size that was given.
		wanted: u64,
	},
	/// It is away, or the connection broke. It is asked again.
	#[error("no connection: {0}")]
	Broken(String),
	/// What it says cannot be used, as an address that is not allowed.
	#[error("{0}")]
	Refused(String),
	/// It sent too little in a time.
	#[error("it sent {sent} bytes in {} s", time.as_secs())]
	TooSlow {
		/// Bytes that came.
		sent: u64,
		/// In this time.
		time: Duration,
	},
	/// All bytes came, and have not the name of the blob.
	#[error("it sent other bytes than those of the name")]
	Forged,
}

/// What fetching from mirrors may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MirrorLimits {
	/// Time without a byte from peers after which mirrors are asked.
	pub after: Duration,
	/// Downloads at a time. Others wait, and urgent ones do not: they ask peers again.
	pub downloads: usize,
	/// Time that they wait, before they ask peers again.
	pub wait: Duration,
	/// Time for a mirror to begin its answer.
	pub open: Duration,
	/// In each such time a download must bring [`MirrorLimits::period_bytes`], or the rest.
	pub period: Duration,
	/// The least number of bytes in a period.
	pub period_bytes: u64,
	/// Times that a download goes on after a mirror broke off.
	pub breaks: u32,
	/// Wait before it goes on.
	pub pause: Duration,
	/// Time for which a mirror that is away or slow is not asked for anything.
	pub absence: Duration,
	/// The same of one that sent other bytes.
	pub rest: Duration,
}

impl Default for MirrorLimits {
	fn default() -> Self {
		MirrorLimits {
			after: Duration::from_secs(10),
			downloads: 2,
			wait: Duration::from_secs(120),
			open: Duration::from_secs(30),
			period: Duration::from_secs(20),
			period_bytes: 20 << 16,
			breaks: 4,
			pause: Duration::from_secs(2),
			absence: Duration::from_secs(60),
			rest: Duration::from_secs(3600),
		}
	}
}

/// Mirrors in use.
#[derive(Debug)]
pub(super) struct Mirrored {
	mirrors: Arc<dyn Mirrors>,
	limits: MirrorLimits,
	free: Semaphore,
	/// Until when mirrors are not asked.
	rests: Mutex<HashMap<usize, Instant>>,
	/// When the log last named a mirror.
	warned: Mutex<HashMap<usize, Instant>>,
}

/// Why a mirror gave no blob: its own reason, or that of the fetch.
enum Failure {
	Mirror(MirrorError),
	Fetch(FetchError),
}

impl From<FetchError> for Failure {
	fn from(error: FetchError) -> Self {
		Failure::Fetch(error)
	}
}

impl From<Error> for Failure {
	fn from(error: Error) -> Self {
		Failure::Fetch(error.into())
	}
}

/// Resolves when a fetch is cancelled, late, or nobody runs it any more.
type Ended = BoxFuture<'static, FetchError>;

impl Mirrored {
	pub(super) fn new(mirrors: Arc<dyn Mirrors>, limits: MirrorLimits) -> Self {
		let free = Semaphore::new(limits.downloads.max(1));
		Mirrored { mirrors, limits, free, rests: Mutex::default(), warned: Mutex::default() }
	}

	/// Brings a blob from the first mirror that has it. `false` if none has.
	pub(super) async fn fetch(&self, store: &Store, job: &mut Job) -> Result<bool, FetchError> {
		let mut ended = ended(job);
		let Some(_place) = self.place(job, &mut ended).await? else { return Ok(false) };
		for mirror in 0..self.mirrors.count() {
			if self.rests(mirror) {
				continue;
			}
			let counters = job.counters.clone();
			match self.download(mirror, store, job, &mut ended).await {
				Ok(()) => {
					counters.mirrored.fetch_add(1, Ordering::Relaxed);
					return Ok(true);
				},
				Err(Failure::Fetch(error)) => return Err(error),
				Err(Failure::Mirror(error)) => {
					counters.unmirrored.fetch_add(1, Ordering::Relaxed);
					self.blame(mirror, &job.hash, &error);
				},
			}
		}
		Ok(false)
	}

	/// A place among the downloads. `None` if there is none in time: then peers are better.
	async fn place(
		&self,
		job: &Job,
		ended: &mut Ended,
	) -> Result<Option<SemaphorePermit<'_>>, FetchError> {
		let priority = job.wish.borrow().map(|wish| wish.priority);
		let wait = match priority {
			// Somebody may upload it in the next moment.
			Some(Priority::Urgent) => Duration::ZERO,
			_ => self.limits.wait,
		};
		tokio::select! {
			biased;
			error = ended => Err(error),
			place = self.free.acquire() => place.map(Some).map_err(|_| FetchError::Stopped),
			() = sleep(wait) => Ok(None),
		}
	}

	fn rests(&self, mirror: usize) -> bool {
		let now = Instant::now();
		self.rests.lock().get(&mirror).is_some_and(|until| *until > now)
	}

	/// Draws the consequences of a failure, and logs it.
	fn blame(&self, mirror: usize, hash: &Hash, error: &MirrorError) {
		let now = Instant::now();
		let rest = match error {
			// It need not have everything, and the size may be a stranger's lie.
			MirrorError::NotFound | MirrorError::OtherSize { .. } | MirrorError::Refused(_) => None,
			MirrorError::Broken(_) | MirrorError::TooSlow { .. } => Some(self.limits.absence),
			MirrorError::Forged => Some(self.limits.rest),
		};
		if let Some(rest) = rest {
			self.rests.lock().insert(mirror, now + rest);
		}
		let is_news = match error {
			MirrorError::NotFound => false,
			MirrorError::Forged => true,
			_ => {
				let mut warned = self.warned.lock();
				let is_news = warned.get(&mirror).is_none_or(|at| now - *at >= WARNING);
				if is_news {
					warned.insert(mirror, now);
				}
				is_news
			},
		};
		let level = if is_news { log::Level::Warn } else { log::Level::Debug };
		let (name, hash) = (self.mirrors.name(mirror), hex::encode(hash));
		match rest {
			None => log::log!(level, "mirror {name}, blob {hash}: {error}"),
			Some(rest) => {
				let rest = rest.as_secs();
				log::log!(level, "mirror {name} is not asked for {rest} s: blob {hash}: {error}");
			},
		}
	}

	async fn download(
		&self,
		mirror: usize,
		store: &Store,
		job: &mut Job,
		ended: &mut Ended,
	) -> Result<(), Failure> {
		let Some(mut filler) = begin(store, job).await? else { return Ok(()) };
		let mut breaks = 0;
		loop {
			while filler.position() < job.size {
				let result;
				(filler, result) = self.pour(mirror, filler, job, ended).await?;
				match result {
					Ok(()) => (),
					Err(MirrorError::Broken(error)) if breaks < self.limits.breaks => {
						breaks += 1;
						let name = self.mirrors.name(mirror);
						log::debug!("mirror {name}: {error}, at {}", filler.position());
						tokio::select! {
							error = &mut *ended => return Err(error.into()),
							() = sleep(self.limits.pause) => (),
						}
					},
					Err(error) => return Err(Failure::Mirror(error)),
				}
			}
			// Bytes of an earlier download may be another's: then this one begins anew, alone.
			let is_resumed = filler.is_resumed();
			match blocking(move || filler.finish()).await? {
				Err(Error::Forged { .. }) if is_resumed => {
					let Some(anew) = begin(store, job).await? else { return Ok(()) };
					filler = anew;
				},
				Err(Error::Forged { .. }) => return Err(Failure::Mirror(MirrorError::Forged)),
				result => return Ok(result?),
			}
		}
	}

	/// Writes what a mirror sends, until its end. What came is noted on disk, so that another download
	/// goes on there.
	async fn pour(
		&self,
		mirror: usize,
		filler: Filler,
		job: &Job,
		ended: &mut Ended,
	) -> Result<(Filler, Result<(), MirrorError>), Failure> {
		let limits = &self.limits;
		let position = filler.position();
		let opening = self.mirrors.open(mirror, job.hash, job.size, position);
		let opened = tokio::select! {
			error = &mut *ended => return Err(error.into()),
			opened = timeout(limits.open, opening) => opened,
		};
		let mut download = match opened {
			Ok(Ok(download)) if download.start <= position => download,
			Ok(Ok(_)) => {
				let error = MirrorError::Refused("it sent another range".into());
				return Ok((filler, Err(error)));
			},
			Ok(Err(error)) => return Ok((filler, Err(error))),
			Err(_) => {
				let error = MirrorError::TooSlow { sent: 0, time: limits.open };
				return Ok((filler, Err(error)));
			},
		};
		let mut intake =
			Intake { filler, window: Vec::new(), skip: position - download.start, job };
		let (mut sent, mut period_end) = (0, Instant::now() + limits.period);
		let result = loop {
			let next = tokio::select! {
				error = &mut *ended => break Err(Failure::Fetch(error)),
				next = timeout_at(period_end, download.bytes.next()) => next,
			};
			match next {
				Ok(Some(Ok(bytes))) => {
					sent += bytes.len() as u64;
					job.counters.mirrored_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
					let taken;
					(intake, taken) = intake.take(&bytes).await?;
					if let Err(error) = taken {
						return Ok((intake.filler, Err(error)));
					}
				},
				Ok(Some(Err(error))) => break Ok(Err(error)),
				Ok(None) => break Ok(intake.check_end()),
				Err(_) => (),
			}
			let now = Instant::now();
			if now >= period_end {
				if sent < limits.period_bytes {
					break Ok(Err(MirrorError::TooSlow { sent, time: limits.period }));
				}
				(sent, period_end) = (0, now + limits.period);
			}
		};
		let filler = intake.note().await?;
		Ok((filler, result?))
	}
}

/// Bytes of a download on their way into a part.
struct Intake<'a> {
	filler: Filler,
	/// Bytes that are not written yet.
	window: Vec<u8>,
	/// Bytes that are here already and come again.
	skip: u64,
	job: &'a Job,
}

impl<'a> Intake<'a> {
	/// Bytes that came and that belong after those on disk.
	fn end(&self) -> u64 {
		self.filler.position() + self.window.len() as u64
	}

	async fn take(mut self, bytes: &[u8]) -> Result<(Self, Result<(), MirrorError>), Failure> {
		let skipped = self.skip.min(bytes.len() as u64);
		self.skip -= skipped;
		self.window.extend_from_slice(&bytes[skipped as usize..]);
		if self.end() > self.job.size {
			let error = MirrorError::OtherSize { said: self.end(), wanted: self.job.size };
			return Ok((self, Err(error)));
		}
		if self.window.len() >= WINDOW || self.end() == self.job.size {
			self = self.write().await?;
		}
		Ok((self, Ok(())))
	}

	/// Writes what is whole groups, on a thread that may wait for the disk.
	async fn write(mut self) -> Result<Self, Failure> {
		let mut whole = self.window.len();
		if self.end() < self.job.size {
			whole -= whole % GROUP_BYTES as usize;
		}
		let rest = self.window.split_off(whole);
		let window = std::mem::replace(&mut self.window, rest);
		let mut filler = self.filler;
		let written = blocking(move || filler.write(&window).map(|()| filler));
		self.filler = written.await??;
		let received = self.filler.position();
		self.job.status.send_modify(|status| status.received = received);
		Ok(self)
	}

	/// The mirror has sent all that it has.
	fn check_end(&self) -> Result<(), MirrorError> {
		let (said, wanted) = (self.end(), self.job.size);
		if said < wanted {
			return Err(MirrorError::OtherSize { said, wanted });
		}
		Ok(())
	}

	/// Writes what is left, and how far it is.
	async fn note(self) -> Result<Filler, Failure> {
		let mut filler = self.write().await?.filler;
		Ok(blocking(move || filler.note().map(|()| filler)).await??)
	}
}

/// Goes on with the part of a blob. `None` if the blob is here.
async fn begin(store: &Store, job: &Job) -> Result<Option<Filler>, Failure> {
	let (store, hash, size) = (store.clone(), job.hash, job.size);
	let begun = blocking(move || store.receive(&hash, size)?.map(|part| part.fill()).transpose());
	let filler = begun.await??;
	if let Some(filler) = &filler {
		let received = filler.position();
		job.status.send_modify(|status| status.received = received);
	}
	Ok(filler)
}

/// Waits until a fetch is cancelled, late, or nobody runs it any more.
fn ended(job: &Job) -> Ended {
	let (mut wish, status, size) = (job.wish.clone(), job.status.subscribe(), job.size);
	async move {
		loop {
			let Some(Wish { deadline, .. }) = *wish.borrow_and_update() else {
				return FetchError::Cancelled;
			};
			tokio::select! {
				changed = wish.changed() => if changed.is_err() {
					return FetchError::Stopped;
				},
				() = until(deadline) => {
					let received = status.borrow().received;
					return FetchError::DeadlinePassed { received, size };
				},
			}
		}
	}
	.boxed()
}

async fn until(time: Option<Instant>) {
	match time {
		Some(time) => sleep_until(time).await,
		None => pending().await,
	}
}
