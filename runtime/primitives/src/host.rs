//! What the runtime hands to a node's host functions. The first byte is the version of its format.
//!
//! Nodes and runtime are not replaced together. A node reads each version that it was built with; of a
//! later one it says that it does not know it. It answers in terms that the version of the question
//! knows.

use crate::{registry::TextGeneration, serving::VersionOffer, Job, Task};
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
	/// First version: of a version that generates no text.
	#[codec(index = 1)]
	V1(VersionOffer),
	/// Second version: of one that does, with how.
	#[codec(index = 2)]
	V2(VersionOffer, TextGeneration),
}

impl From<VersionOffer> for VersionedOffer {
	fn from(offer: VersionOffer) -> Self {
		match offer.generation {
			// A node of the former release reads it.
			None => Self::V1(offer),
			Some(generation) => Self::V2(offer, generation),
		}
	}
}

impl From<VersionedOffer> for VersionOffer {
	fn from(offer: VersionedOffer) -> Self {
		match offer {
			VersionedOffer::V1(offer) => Self { generation: None, ..offer },
			VersionedOffer::V2(offer, generation) => Self { generation: Some(generation), ..offer },
		}
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
			generation: None,
			is_open: true,
			for_court: false,
			is_served: true,
			may_serve: false,
		};
		let versioned = VersionedOffer::from(offer.clone()).encode();
		assert_eq!(versioned, [vec![1], offer.encode()].concat());
		let generation =
			TextGeneration { context: 2, vocabulary: 3, block: 4, token_fuel: 5, block_fuel: 6 };
		let generator = VersionOffer { generation: Some(generation), ..offer.clone() };
		let versioned = VersionedOffer::from(generator.clone());
		assert_eq!(versioned.encode(), [vec![2], offer.encode(), generation.encode()].concat());
		for offer in [offer, generator] {
			let bytes = VersionedOffer::from(offer.clone()).encode();
			let decoded = VersionedOffer::decode(&mut &bytes[..]).unwrap();
			assert_eq!(VersionOffer::from(decoded), offer);
		}
		assert_eq!(Job::from(VersionedJob::V1(plain.clone())), plain);
	}

	#[test]
	fn later_version_should_not_decode() {
		let later = [vec![2], job().encode()].concat();
		assert!(VersionedJob::decode(&mut &later[..]).is_err());
	}
}
