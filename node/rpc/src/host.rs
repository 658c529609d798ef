//! What the methods need of the node besides the chain: its store, its engine, its keys.

use opg_primitives::{Answer, Content, ExecutorKey, Task};
use sp_core::H256;

/// What this node is and does.
#[derive(Clone, Debug)]
pub struct HostStatus {
	/// Version of the program.
	pub version: String,
	/// Engine that is built into it.
	pub engine: H256,
	/// Other engines in its store.
	pub engines: Vec<H256>,
	/// Whether it computes answers.
	pub runs_engine: bool,
	/// Files of models that its operators serve, by content hash.
	pub served: Vec<H256>,
	/// Hot keys in its keystore.
	pub keys: Vec<ExecutorKey>,
}

/// Reason for which the node does not do what it is asked for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum HostError {
	/// It runs no engine.
	#[error("its offchain worker is off, so it runs no engine")]
	NoEngine,
	/// A file is missing.
	#[error("it does not have the {0}: see docs/operations.md on how to add it")]
	Missing(&'static str),
	/// It was not done in time.
	#[error("it took too long")]
	TimedOut,
	/// It has too much to do.
	#[error("it has too much to do")]
	Busy,
	/// Its store or its engine failed.
	#[error("{0}")]
	Failed(String),
}

impl HostError {
	/// Its name, for programs.
	pub(crate) fn name(&self) -> &'static str {
		match self {
			Self::NoEngine => "NoEngine",
			Self::Missing(_) => "Missing",
			Self::TimedOut => "TimedOut",
			Self::Busy => "Busy",
			Self::Failed(_) => "Failed",
		}
	}
}

/// The node, as the methods see it.
pub trait Host: Send + Sync + 'static {
	/// Name of bytes outside of the chain. `None` if they are too long for any.
	fn content_of(&self, bytes: &[u8]) -> Option<Content>;

	/// Tells whether the whole of a content is in the store.
	fn has(&self, content: &Content) -> bool;

	/// Puts an input into the store, where it gives way to others.
	///
	/// # Errors
	///
	/// The store does not take it.
	fn put(&self, bytes: &[u8]) -> Result<(), HostError>;

	/// Keeps what is in the store, from now on for as long as the chain asks for it.
	fn keep(&self, content: &Content);

	/// Takes out of the store what nobody keeps.
	fn discard(&self, content: &Content);

	/// Computes a task. Blocks until that is done.
	///
	/// # Errors
	///
	/// The node cannot, or has too much to do.
	fn run(&self, task: Task) -> Result<Answer, HostError>;

	/// What the node is and does.
	fn status(&self) -> HostStatus;
}
