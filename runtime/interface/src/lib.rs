//! Host functions through which the off-chain worker reaches the node's job queue.
//!
//! There are six calls:
//!
//! | call | what it does | without the extension |
//! |---|---|---|
//! | `submit_or_poll` | submits a job, or tells its progress | [`JobError::NoEngine`] |
//! | `has_model` | tells whether the node's store holds a model file | [`JobError::NoEngine`] |
//! | `watch_share` | tells which share of answers the operator wants to recompute | `None` |
//! | `prepare` | names a version that the operator serves | nothing |
//! | `serving_wish` | asks whether to serve a version | [`ServingWish::Nothing`] |
//! | `hold_content` | has the node fetch and keep an input or output | [`JobError::NoEngine`] |
//!
//! What the runtime hands over says the version of its format, [`opg_primitives::host`]. A node that
//! does not know it has no engine for the job: it declines its seats at once and free of charge.
//!
//! All return at once. The extension behind them is registered for off-chain worker calls only, and
//! nowhere else, block import included.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

use alloc::vec::Vec;
#[cfg(not(substrate_runtime))]
use codec::Decode;
#[cfg(not(substrate_runtime))]
use opg_primitives::host::{VersionedJob, VersionedOffer, VersionedTask};
use opg_primitives::{serving::ServingWish, JobError, JobStatus};
use sp_runtime_interface::{
	pass_by::{AllocateAndReturnByCodec, PassFatPointerAndRead, PassPointerAndReadCopy},
	runtime_interface,
};

/// Job queue of the node, behind the host functions.
#[cfg(not(substrate_runtime))]
pub trait JobQueue: Send {
	/// Queues a job, unless it is queued, running or done already. Returns its progress.
	fn submit(&mut self, job: opg_primitives::Job) -> Result<JobStatus, JobError>;
	/// Tells whether the store holds the model file with this content hash.
	fn has_model(&mut self, hash: [u8; 32]) -> Result<bool, JobError>;
	/// Share of other executors' answers that the node recomputes, in parts per billion. `None`
	/// leaves it to the protocol's default.
	fn watch_share(&mut self) -> Option<u32>;
	/// Loads the model of this task, whose input does not count, when there is nothing else to do.
	fn prepare(&mut self, _: opg_primitives::Task) {}
	/// Tells the node of a version, which it may fetch and inspect from then on. Returns what its
	/// hot key is to declare about it.
	fn serving_wish(&mut self, _: opg_primitives::serving::VersionOffer) -> ServingWish {
		ServingWish::Nothing
	}
	/// Has the node fetch an input or output that lies outside of the chain, and keep it for a while
	/// from now on. Tells whether the whole of it is in the store.
	///
	/// # Errors
	///
	/// [`JobError::InputMissing`] where nobody had it just now, or the store cannot take it. The node
	/// tries again when it is asked again.
	fn hold_content(&mut self, _: opg_primitives::Content) -> Result<bool, JobError> {
		Ok(false)
	}
}

#[cfg(not(substrate_runtime))]
sp_externalities::decl_extension! {
	/// Gives an off-chain worker call access to the job queue.
	pub struct JobQueueExt(Box<dyn JobQueue>);
}

/// Host functions of the job queue, version 1.
#[runtime_interface]
pub trait InferenceHost {
	/// Submits an encoded [`opg_primitives::host::VersionedJob`] and returns its progress. A job that is
	/// known is not queued again, so the same call submits and polls. Of a version that the node does
	/// not know: [`JobError::EngineMissing`].
	fn submit_or_poll(
		&mut self,
		job: PassFatPointerAndRead<Vec<u8>>,
	) -> AllocateAndReturnByCodec<Result<JobStatus, JobError>> {
		use sp_externalities::ExternalitiesExt;
		let queue = self.extension::<JobQueueExt>().ok_or(JobError::NoEngine)?;
		let job = VersionedJob::decode(&mut &job[..]).map_err(|_| JobError::EngineMissing)?;
		queue.0.submit(job.into())
	}

	/// Tells whether the node's store holds the model file with this content hash.
	fn has_model(
		&mut self,
		hash: PassPointerAndReadCopy<[u8; 32], 32>,
	) -> AllocateAndReturnByCodec<Result<bool, JobError>> {
		use sp_externalities::ExternalitiesExt;
		self.extension::<JobQueueExt>().ok_or(JobError::NoEngine)?.0.has_model(hash)
	}

	/// Share of other executors' answers that the node recomputes, in parts per billion. `None`
	/// leaves it to the protocol's default, `Some(0)` switches watching off.
	fn watch_share(&mut self) -> AllocateAndReturnByCodec<Option<u32>> {
		use sp_externalities::ExternalitiesExt;
		self.extension::<JobQueueExt>().and_then(|queue| queue.0.watch_share())
	}

	/// Names a version that an operator of this node serves, by an encoded
	/// [`opg_primitives::host::VersionedTask`] without an input. The node loads its model ahead of the
	/// first job.
	fn prepare(&mut self, task: PassFatPointerAndRead<Vec<u8>>) {
		use sp_externalities::ExternalitiesExt;
		if let Ok(task) = VersionedTask::decode(&mut &task[..]) {
			if let Some(queue) = self.extension::<JobQueueExt>() {
				queue.0.prepare(task.into());
			}
		}
	}

	/// Tells the node of a version, by an encoded [`opg_primitives::host::VersionedOffer`]. Returns
	/// what its hot key is to declare about it.
	fn serving_wish(
		&mut self,
		offer: PassFatPointerAndRead<Vec<u8>>,
	) -> AllocateAndReturnByCodec<ServingWish> {
		use sp_externalities::ExternalitiesExt;
		let offer = VersionedOffer::decode(&mut &offer[..]).ok();
		let queue = self.extension::<JobQueueExt>();
		offer
			.zip(queue)
			.map_or(ServingWish::Nothing, |(offer, queue)| queue.0.serving_wish(offer.into()))
	}

	/// Has the node fetch and keep an encoded [`opg_primitives::Content`], and tells whether the whole
	/// of it is in the store. What is not asked for again for some hours is kept no longer.
	fn hold_content(
		&mut self,
		content: PassFatPointerAndRead<Vec<u8>>,
	) -> AllocateAndReturnByCodec<Result<bool, JobError>> {
		use sp_externalities::ExternalitiesExt;
		let content =
			opg_primitives::Content::decode(&mut &content[..]).map_err(|_| JobError::Internal)?;
		self.extension::<JobQueueExt>().ok_or(JobError::NoEngine)?.0.hold_content(content)
	}
}
