//! Reasons for which a job has no answer. None of them says anything about the model.

use opg_execution::ExecutionError;
use opg_primitives::JobError;
use sp_core::H256;
use std::time::Duration;

/// Reason for which a job has no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
	/// The store has no such model file yet.
	#[error("the model file is not in this node's store")]
	ModelMissing,
	/// The store has no such engine yet.
	#[error("the engine is not in this node's store")]
	EngineMissing,
	/// The store does not have the input of the task, which is outside of the chain, yet.
	#[error("the input is not in this node's store")]
	InputMissing,
	/// Inputs and outputs outside of the chain take as many bytes as they may.
	#[error("inputs and outputs of requests take {0} bytes: start the node with a larger --content-quota")]
	ContentsFull(u64),
	/// The deadline came after so much time.
	#[error("the job took longer than {0:?}")]
	TimedOut(Duration),
	/// A seat needed the time.
	#[error("stopped in favour of a seat")]
	Cancelled,
	/// The version's memory limit leaves a thread no room.
	#[error(
		"the model may take {needed} MiB of memory, and each thread has {share} MiB: start the node with \
		 a larger --engine-memory, or stop serving the model with `opg model stop`"
	)]
	TooLarge {
		/// Memory that the model may take, loaded and running, in MiB.
		needed: usize,
		/// Share of the thread, in MiB.
		share: usize,
	},
	/// A store cannot be read.
	#[error(transparent)]
	Store(#[from] opg_blobs::store::Error),
	/// The bytes of a file in the store are not those of its name.
	#[error("the file {0:?} in the store is damaged")]
	Damaged(H256),
	/// The engine failed on this machine, or does not start.
	#[error(transparent)]
	Execution(ExecutionError),
	/// The engine's process failed, in these words.
	#[error("the engine's process: {0}")]
	Process(String),
	/// The code panicked.
	#[error("panicked")]
	Panicked,
}

impl RunError {
	/// Error for the off-chain worker, if a later attempt may find what is missing.
	pub(crate) fn missing(&self) -> Option<JobError> {
		match self {
			Self::ModelMissing => Some(JobError::ModelMissing),
			Self::EngineMissing => Some(JobError::EngineMissing),
			Self::InputMissing => Some(JobError::InputMissing),
			_ => None,
		}
	}
}
