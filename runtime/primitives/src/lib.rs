//! Types, digests and signing payloads that the runtime, the node and the client share.
//!
//! Everything here is a wire format. `vectors/` pins every codec index, digest and payload as bytes,
//! which a test of this crate and `vectors/check.py` recompute independently.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod court;
mod digest;
pub mod domains;
mod job;
mod key;
mod types;

pub use digest::{
	batch_payload, commitment, input_hash, model_hash, possession_payload, BatchKind,
	CommitmentContext,
};
pub use job::{Job, JobError, JobStatus, Task};
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
		let base = commitment(&context, &answer, &[0; 32]);
		let other = H256::repeat_byte(9);
		let changed = [
			commitment(&CommitmentContext { genesis: other, ..context.clone() }, &answer, &[0; 32]),
			commitment(&CommitmentContext { request: 2, ..context.clone() }, &answer, &[0; 32]),
			commitment(&CommitmentContext { round: 1, ..context.clone() }, &answer, &[0; 32]),
			commitment(&CommitmentContext { seed: other, ..context.clone() }, &answer, &[0; 32]),
			commitment(&CommitmentContext { executor: 8, ..context.clone() }, &answer, &[0; 32]),
			commitment(
				&CommitmentContext { model_hash: other, ..context.clone() },
				&answer,
				&[0; 32],
			),
			commitment(
				&CommitmentContext { engine_id: other, ..context.clone() },
				&answer,
				&[0; 32],
			),
			commitment(
				&CommitmentContext { input_hash: other, ..context.clone() },
				&answer,
				&[0; 32],
			),
			commitment(&context, &Answer { fuel: 10, ..answer.clone() }, &[0; 32]),
			commitment(
				&context,
				&Answer { outcome: Outcome::Error(ModelError::BadInput), fuel: 9 },
				&[0; 32],
			),
			commitment(&context, &answer, &[1; 32]),
		];
		assert!(changed.iter().all(|c| *c != base));
	}
}
