//! What the runtime hands to a node's host functions. The first byte is the version of its format.
//!
//! Nodes and runtime are not replaced together. A node reads each version that it was built with; of a
//! later one it says that it does not know it. It answers in terms that the version of the question
//! knows.

use crate::{serving::VersionOffer, Job, Task};
use codec::{Decode, Encode};

/// [`Job`] with the version of its format.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub enum VersionedJob {
	/// First version.
	#[codec(index = 1)]
	V1(Job),
}

impl From<VersionedJob> for Job {
	fn from(VersionedJob::V1(job): VersionedJob) -> Self {
		job
	}
}

/// [`Task`] with the version of its format.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub enum VersionedTask {
	/// First version.
	#[codec(index = 1)]
	V1(Task),
}

impl From<VersionedTask> for Task {
	fn from(VersionedTask::V1(task): VersionedTask) -> Self {
		task
	}
}

/// [`VersionOffer`] with the version of its format.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub enum VersionedOffer {
	/// First version.
	#[codec(index = 1)]
	V1(VersionOffer),
}

impl From<VersionedOffer> for VersionOffer {
	fn from(VersionedOffer::V1(offer): VersionedOffer) -> Self {
		offer
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::{Dims, JobKind, TaskInput, VersionLimits};
	use sp_core::H256;

	fn job() -> Job {
		let task = Task {
			model_hash: H256::repeat_byte(2),
			engine_id: H256::repeat_byte(3),
			dims: Dims::new(),
			input: TaskInput::Inline(vec![1]),
			limits: VersionLimits::inline(9, 8, 7),
		};
		let requester = H256::repeat_byte(6);
		Job { request: 1, round: 0, kind: JobKind::Run, task, requester, millis_left: 5 }
	}

	#[test]
	fn version_should_come_first() {
		let plain = job();
		let versioned = VersionedJob::V1(plain.clone()).encode();
		assert_eq!(versioned, [vec![1], plain.encode()].concat());
		let task = VersionedTask::V1(plain.task.clone()).encode();
		assert_eq!(task, [vec![1], plain.task.encode()].concat());
		let offer = VersionOffer {
			model: 1,
			model_hash: H256::repeat_byte(2),
			size: 3,
			owner: H256::repeat_byte(4),
			engine_id: H256::repeat_byte(5),
			dims: Dims::new(),
			limits: plain.task.limits,
			report_hash: H256::repeat_byte(6),
			is_open: true,
			for_court: false,
			is_served: true,
			may_serve: false,
		};
		let versioned = VersionedOffer::V1(offer.clone()).encode();
		assert_eq!(versioned, [vec![1], offer.encode()].concat());
		assert_eq!(Job::from(VersionedJob::V1(plain.clone())), plain);
	}

	#[test]
	fn later_version_should_not_decode() {
		let later = [vec![2], job().encode()].concat();
		assert!(VersionedJob::decode(&mut &later[..]).is_err());
	}
}
