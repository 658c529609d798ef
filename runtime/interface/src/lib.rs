//! Host functions through which the off-chain worker reaches the node's job queue.
//!
//! There is one call. It submits a job, or tells its progress, and returns at once. The extension
//! behind it is registered for off-chain worker calls only. Elsewhere, block import included, the call
//! returns [`JobError::NoEngine`].

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

use alloc::vec::Vec;
#[cfg(not(substrate_runtime))]
use codec::Decode;
use opg_primitives::{JobError, JobStatus};
use sp_runtime_interface::{
	pass_by::{AllocateAndReturnByCodec, PassFatPointerAndRead},
	runtime_interface,
};

/// Job queue of the node, behind the host functions.
#[cfg(not(substrate_runtime))]
pub trait JobQueue: Send {
	/// Queues a job, unless it is queued, running or done already. Returns its progress.
	fn submit(&mut self, job: opg_primitives::Job) -> Result<JobStatus, JobError>;
}

#[cfg(not(substrate_runtime))]
sp_externalities::decl_extension! {
	/// Gives an off-chain worker call access to the job queue.
	pub struct JobQueueExt(Box<dyn JobQueue>);
}

/// Host functions of the job queue, version 1.
#[runtime_interface]
pub trait InferenceHost {
	/// Submits an encoded [`opg_primitives::Job`] and returns its progress. A job that is known is not
	/// queued again, so the same call submits and polls.
	fn submit_or_poll(
		&mut self,
		job: PassFatPointerAndRead<Vec<u8>>,
	) -> AllocateAndReturnByCodec<Result<JobStatus, JobError>> {
		use sp_externalities::ExternalitiesExt;
		let job = opg_primitives::Job::decode(&mut &job[..]).map_err(|_| JobError::Internal)?;
		self.extension::<JobQueueExt>().ok_or(JobError::NoEngine)?.0.submit(job)
	}
}
