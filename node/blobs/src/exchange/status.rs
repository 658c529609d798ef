//! How far a fetch is, and the handle of whoever waits for it.

use crate::store::{self, Hash};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::Instant};

/// Which fetch goes first. Among equals it is the one that was wished for first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
	/// Nobody waits: a model that might be served.
	Background,
	/// A model that is served, an engine.
	#[default]
	Normal,
	/// A request or a court waits. One running fetch is kept free for these.
	Urgent,
}

/// How a blob is wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wish {
	/// Which fetch goes first.
	pub priority: Priority,
	/// When it is too late. Without, the fetch ends when nobody has sent anything for
	/// [`FetchLimits::patience`](super::FetchLimits::patience).
	pub deadline: Option<Instant>,
}

impl Wish {
	/// Both wishes: the higher priority, the later deadline.
	pub(super) fn and(self, other: Wish) -> Wish {
		let deadline = self.deadline.zip(other.deadline).map(|(one, other)| one.max(other));
		Wish { priority: self.priority.max(other.priority), deadline }
	}
}

/// State of a fetch.
#[derive(Clone, Debug)]
pub enum State {
	/// It waits for others to end.
	Waiting,
	/// It asks peers and receives.
	Running,
	/// The blob is in the store, whole.
	Done,
	/// It ended without. What arrived stays for the next attempt.
	Failed(FetchError),
}

/// How far a fetch is.
#[derive(Clone, Debug)]
pub struct Status {
	/// Name of the blob.
	pub hash: Hash,
	/// Bytes of the blob.
	pub size: u64,
	/// Bytes that are here and verified. While a mirror sends, those that came: they are verified
	/// when all are here.
	pub received: u64,
	/// Peers that say they hold the blob, and did not fail or lie.
	pub providers: usize,
	/// How it is wanted.
	pub wish: Wish,
	/// State of the fetch.
	pub state: State,
}

impl Status {
	/// Says whether the fetch has ended.
	pub fn is_over(&self) -> bool {
		matches!(self.state, State::Done | State::Failed(_))
	}
}

/// Why a fetch ended without the blob.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FetchError {
	/// Nobody who was asked holds the blob.
	#[error("none of {asked} peers holds it: see whether its publisher is online, and try again")]
	NotFound {
		/// Peers that were asked.
		asked: usize,
	},
	/// All that hold it have another size than is wanted.
	#[error("its holders say that it has {said} bytes, not {wanted}: see who is wrong")]
	OtherSize {
		/// What the last of them said.
		said: u64,
		/// The size that was given.
		wanted: u64,
	},
	/// Peers hold it, and send nothing.
	#[error(
		"no byte came for {} s, {received} of {size} are here: try again later", quiet.as_secs()
	)]
	Stalled {
		/// Bytes that are here.
		received: u64,
		/// Bytes of the blob.
		size: u64,
		/// Time without a byte.
		quiet: Duration,
	},
	/// The deadline passed.
	#[error("the deadline passed, {received} of {size} bytes are here")]
	DeadlinePassed {
		/// Bytes that are here.
		received: u64,
		/// Bytes of the blob.
		size: u64,
	},
	/// Somebody cancelled it.
	#[error("it was cancelled")]
	Cancelled,
	/// The store cannot take it.
	#[error(transparent)]
	Store(Arc<store::Error>),
	/// The node stops.
	#[error("the node stops")]
	Stopped,
}

impl From<store::Error> for FetchError {
	fn from(error: store::Error) -> Self {
		FetchError::Store(Arc::new(error))
	}
}

/// Why a fetch is not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
	/// As many fetches wait as may.
	#[error("{0} fetches wait: try again when some are done, or cancel some")]
	TooManyFetches(usize),
	/// The store does not take blobs as long as this.
	#[error("the blob has {size} bytes, this node's store takes {limit}")]
	TooLong {
		/// Bytes of the blob.
		size: u64,
		/// The limit.
		limit: u64,
	},
	/// The blob is being fetched under another size.
	#[error("the blob is being fetched as of {under_way} bytes, not {given}: cancel that first")]
	OtherSize {
		/// The size that it is fetched with.
		under_way: u64,
		/// The size that was given now.
		given: u64,
	},
	/// The node stops.
	#[error("the node stops")]
	Stopped,
}

/// A fetch, for whoever waits for it. The fetch goes on without: to end it, [`Fetcher::cancel`].
///
/// [`Fetcher::cancel`]: super::Fetcher::cancel
#[derive(Clone, Debug)]
pub struct Fetch(pub(super) watch::Receiver<Status>);

impl Fetch {
	/// How far it is.
	pub fn status(&self) -> Status {
		self.0.borrow().clone()
	}

	/// Waits until it is further than when this was called last.
	pub async fn changed(&mut self) -> Status {
		// It fails when the fetch is over, and then it is over for ever.
		if self.0.changed().await.is_err() {
			return self.ended();
		}
		self.0.borrow_and_update().clone()
	}

	/// Waits for its end.
	///
	/// # Errors
	///
	/// Why the blob is not here.
	pub async fn finished(&mut self) -> Result<(), FetchError> {
		let status = self.0.wait_for(Status::is_over).await.ok().map(|status| status.clone());
		match status.unwrap_or_else(|| self.ended()).state {
			State::Failed(error) => Err(error),
			_ => Ok(()),
		}
	}

	fn ended(&self) -> Status {
		let mut status = self.status();
		if !status.is_over() {
			status.state = State::Failed(FetchError::Stopped);
		}
		status
	}
}
