//! The host functions through which the off-chain worker reaches the engine.
//!
//! One call, which returns at once: it submits a job and tells where it stands. The extension behind them is registered for
//! off-chain worker calls only. Where there is none, block import included, the answer is
//! [`Unavailable::NoEngine`].

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

use alloc::vec::Vec;
#[cfg(not(substrate_runtime))]
use codec::Decode;
use opg_primitives::{JobStatus, Unavailable};
use sp_runtime_interface::{
	pass_by::{AllocateAndReturnByCodec, PassFatPointerAndRead},
	runtime_interface,
};

/// The node's side of the host functions.
#[cfg(not(substrate_runtime))]
pub trait Engine: Send {
	/// Queue a job unless it is queued, running or done already.
	fn submit(&mut self, job: opg_primitives::Job) -> Result<JobStatus, Unavailable>;
}

#[cfg(not(substrate_runtime))]
sp_externalities::decl_extension! {
	/// Gives an off-chain worker call access to the engine.
	pub struct EngineExt(Box<dyn Engine>);
}

/// Version 1 of the host functions.
#[runtime_interface]
pub trait OpgEngine {
	/// Hand in an encoded [`opg_primitives::Job`] and learn where it stands. Idempotent: a job
	/// that is known is not queued again, so the same call submits and polls.
	fn submit_or_poll(
		&mut self,
		job: PassFatPointerAndRead<Vec<u8>>,
	) -> AllocateAndReturnByCodec<Result<JobStatus, Unavailable>> {
		use sp_externalities::ExternalitiesExt;
		let job = opg_primitives::Job::decode(&mut &job[..]).map_err(|_| Unavailable::Internal)?;
		self.extension::<EngineExt>().ok_or(Unavailable::NoEngine)?.0.submit(job)
	}
}
