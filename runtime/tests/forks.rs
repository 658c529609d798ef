//! Forks of the real runtime: what an executor submits on one is of no use on another.
//!
//! Both forks have the same requests, executors, block numbers and, unless a test says otherwise,
//! block hashes. Only their randomness differs, so their draws do.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use opg_primitives::{commitment, BatchKind, RequestId, Tier};
use opg_runtime::*;
use opg_runtime_testing::*;
use pallet_opg_attestation::{reject, Call, RevealedAnswer, SeatState};
use sp_core::H256;

/// Runs `test` on the fork with this randomness, after the draw of a request of this tier.
fn on_fork<R>(seed: u64, tier: Tier, test: impl FnOnce(RequestId) -> R) -> R {
	set_seed(seed);
	let mut result = None;
	run_with(3, || result = Some(test(request_tier(tier))));
	result.unwrap()
}

/// Commitment of the first member of the committee to the right answer.
fn commit_call(id: RequestId, who: &AccountId) -> Call<Runtime> {
	let payload = commitment(&context(id, who), &right(), None, &SALT);
	let (batch, signature) = signed_batch(BatchKind::Commit, id, who, payload);
	Call::commit { batch, signature }
}

fn reveal_call(id: RequestId, who: &AccountId) -> Call<Runtime> {
	let payload = RevealedAnswer { answer: right(), witness: None, salt: SALT };
	let (batch, signature) = signed_batch(BatchKind::Reveal, id, who, payload);
	Call::reveal { batch, signature }
}

/// State of the seat of `who` in the current round.
fn seat_state(id: RequestId, who: &AccountId) -> SeatState<BlockNumber> {
	round(id).seat(who).unwrap().state.clone()
}

#[test]
fn commitment_should_be_refused_when_it_was_made_on_another_fork() {
	let (id, who, call) = on_fork(1, Tier::Quorum, |id| {
		let who = committee(id)[0].clone();
		let call = commit_call(id, &who);
		// It counts where it was made.
		submit(call.clone()).unwrap();
		(id, who, call)
	});
	on_fork(2, Tier::Quorum, |other| {
		assert_eq!((other, round(other).index), (id, 0), "the same request and round");
		assert!(committee(id).contains(&who), "the same executor is drawn");
		assert_eq!(submit(call), refused(reject::NO_ROUND));
		assert_eq!(seat_state(id, &who), SeatState::Waiting);
		// So the executor commits to its answer of this fork, and is not fined.
		submit(commit_call(id, &who)).unwrap();
	});
}

#[test]
fn optimistic_reveal_should_be_refused_when_it_was_made_on_another_fork() {
	let (id, who, call) = on_fork(1, Tier::Optimistic, |id| {
		let who = committee(id)[0].clone();
		let call = reveal_call(id, &who);
		submit(call.clone()).unwrap();
		(id, who, call)
	});
	let mut met = 0;
	for seed in 2..12 {
		on_fork(seed, Tier::Optimistic, |other| {
			assert_eq!(other, id);
			if committee(id) == [who.clone()] {
				assert_eq!(submit(call.clone()), refused(reject::NO_ROUND));
				assert_eq!(seat_state(id, &who), SeatState::Waiting);
				met += 1;
			}
		});
	}
	assert!(met > 0, "the same executor is drawn on some fork");
}

#[test]
fn batch_should_be_refused_when_the_block_that_it_names_has_another_hash() {
	on_fork(1, Tier::Quorum, |id| {
		let who = committee(id)[0].clone();
		let call = commit_call(id, &who);
		let named = System::block_number() - 1;
		frame_system::BlockHash::<Runtime>::insert(named, H256::repeat_byte(0xff));
		assert_eq!(submit(call), refused(reject::INVALID_SIGNATURE));
		submit(commit_call(id, &who)).unwrap();
	});
}
