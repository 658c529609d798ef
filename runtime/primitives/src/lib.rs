//! Types, digests and signing payloads that the runtime, the node and the client share.
//!
//! Everything here is a wire format. `vectors/` pins every codec index, digest and payload as bytes,
//! which a test of this crate and `vectors/check.py` recompute independently.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod address;
pub mod beefy;
pub mod challenge;
pub mod court;
mod digest;
pub mod domains;
pub mod evidence;
pub mod host;
mod job;
mod key;
pub mod registry;
pub mod serving;
mod types;

pub use digest::{
	batch_payload, commitment, input_hash, possession_payload, BatchKind, CommitmentContext,
};
pub use job::{
	FuelLimitError, Job, JobError, JobKind, JobStatus, Task, TaskInput, VersionLimits,
	MIN_FUEL_SHARE,
};
pub use key::*;
pub use types::*;

#[cfg(test)]
mod tests {
	use super::*;
	use sp_core::H256;

	#[test]
	fn commitment_should_change_when_any_part_that_it_binds_does() {
		let context = CommitmentContext {
			genesis: H256::repeat_byte(1),
			request: 1,
			round: 0,
			seed: H256::repeat_byte(5),
			executor: 7u64,
			model_hash: H256::repeat_byte(2),
			engine_id: H256::repeat_byte(3),
			input_hash: H256::repeat_byte(4),
		};
		let answer = Answer { outcome: Outcome::Error(ModelError::Trapped), fuel: 9 };
		let base = commitment(&context, &answer, None, &[0; 32]);
		let other = H256::repeat_byte(9);
		let changed = [
			commitment(
				&CommitmentContext { genesis: other, ..context.clone() },
				&answer,
				None,
				&[0; 32],
			),
			commitment(
				&CommitmentContext { request: 2, ..context.clone() },
				&answer,
				None,
				&[0; 32],
			),
			commitment(&CommitmentContext { round: 1, ..context.clone() }, &answer, None, &[0; 32]),
			commitment(
				&CommitmentContext { seed: other, ..context.clone() },
				&answer,
				None,
				&[0; 32],
			),
			commitment(
				&CommitmentContext { executor: 8, ..context.clone() },
				&answer,
				None,
				&[0; 32],
			),
			commitment(
				&CommitmentContext { model_hash: other, ..context.clone() },
				&answer,
				None,
				&[0; 32],
			),
			commitment(
				&CommitmentContext { engine_id: other, ..context.clone() },
				&answer,
				None,
				&[0; 32],
			),
			commitment(
				&CommitmentContext { input_hash: other, ..context.clone() },
				&answer,
				None,
				&[0; 32],
			),
			commitment(&context, &Answer { fuel: 10, ..answer.clone() }, None, &[0; 32]),
			commitment(
				&context,
				&Answer { outcome: Outcome::Error(ModelError::BadInput), fuel: 9 },
				None,
				&[0; 32],
			),
			commitment(&context, &answer, None, &[1; 32]),
			commitment(&context, &answer, Some(H256::zero()), &[0; 32]),
			commitment(&context, &answer, Some(other), &[0; 32]),
		];
		assert!(changed.iter().all(|c| *c != base));
		let unlike: std::collections::BTreeSet<_> = changed.iter().collect();
		assert_eq!(unlike.len(), changed.len());
	}

	#[test]
	fn limits_of_a_request_should_have_its_fuel_when_that_is_a_sixteenth_of_its_versions_at_least()
	{
		let version = VersionLimits::inline(1_601, 8, 7);
		assert_eq!(version.min_fuel(), 101);
		assert_eq!(version.of_request(None), Ok(version));
		for fuel in [101, 102, 1_600, 1_601] {
			let expected = VersionLimits { fuel, ..version };
			assert_eq!(version.of_request(Some(fuel)), Ok(expected));
		}
		for (fuel, error) in [
			(0, FuelLimitError::TooLow),
			(100, FuelLimitError::TooLow),
			(1_602, FuelLimitError::TooHigh),
			(Fuel::MAX, FuelLimitError::TooHigh),
		] {
			assert_eq!(version.of_request(Some(fuel)), Err(error), "{fuel}");
		}
		// One that is zero anyway, and the largest.
		assert_eq!(VersionLimits::inline(1, 8, 7).min_fuel(), 1);
		assert_eq!(VersionLimits::inline(Fuel::MAX, 8, 7).min_fuel(), 1 << 60);
	}

	#[test]
	fn key_of_a_job_should_change_with_its_kind_and_not_with_time_or_requester() {
		let task = Task {
			model_hash: H256::repeat_byte(2),
			engine_id: H256::repeat_byte(3),
			dims: Dims::new(),
			input: TaskInput::Inline(vec![1]),
			limits: VersionLimits {
				fuel: 9,
				load_fuel: 8,
				memory: 7,
				input_bytes: 6,
				output_bytes: 5,
			},
		};
		let requester = H256::repeat_byte(6);
		let job = Job { request: 1, round: 0, kind: JobKind::Run, task, requester, millis_left: 5 };
		assert_eq!(Job { millis_left: 4, ..job.clone() }.key(), job.key());
		assert_eq!(Job { requester: H256::zero(), ..job.clone() }.key(), job.key());
		let seed = H256::repeat_byte(4);
		let kinds = [
			JobKind::Run,
			JobKind::Witness(seed),
			JobKind::Witness(H256::repeat_byte(5)),
			JobKind::Watch,
			JobKind::Cold,
		];
		let keys: std::collections::BTreeSet<_> =
			kinds.iter().map(|kind| Job { kind: *kind, ..job.clone() }.key()).collect();
		assert_eq!(keys.len(), kinds.len());
	}
}
