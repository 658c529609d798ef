//! Batches: validity, signatures, and items that are out of date.

use crate::{mock::*, *};
use codec::Encode;
use frame_support::{
	dispatch::{DispatchClass, GetDispatchInfo},
	traits::Hooks,
};
use opg_primitives::court::{court_batch_payload, CourtBatchKind};
use pallet_opg_support::{priority, CALL_BLOCKS};
use sp_core::{Pair, H256};
use sp_runtime::traits::Dispatchable;

fn commitments(requests: &[u64], who: u64) -> Vec<Item<H256>> {
	requests
		.iter()
		.map(|request| item(*request, commitment_of(*request, who, &answer(1))))
		.collect()
}

#[test]
fn batch_should_be_refused_when_it_is_malformed() {
	run(|| {
		sit(7);
		let twice = commit_call(1, commitments(&[7, 7], 1));
		assert_eq!(validate(&twice), Err(reject::MALFORMED));
		let mut batch = batch(1, commitments(&[7], 1));
		batch.items.clear();
		let signature = sign(1, CourtBatchKind::Commit, &batch);
		assert_eq!(validate(&Call::commit { batch, signature }), Err(reject::MALFORMED));
	});
}

#[test]
fn batch_should_be_refused_when_it_names_no_recent_block() {
	run(|| {
		next_blocks(CALL_BLOCKS + 5);
		sit(7);
		let now = System::block_number();
		for (at, expected) in [
			(now, Err(reject::EXPIRED)),
			(now + 1, Err(reject::EXPIRED)),
			(now - 1, Ok(())),
			(now - u64::from(CALL_BLOCKS), Ok(())),
			(now - u64::from(CALL_BLOCKS) - 1, Err(reject::EXPIRED)),
		] {
			let batch = Batch { at, ..batch(1, commitments(&[7], 1)) };
			let signature = sign(1, CourtBatchKind::Commit, &batch);
			let valid = validate(&Call::commit { batch, signature });
			assert_eq!(valid.map(|_| ()), expected, "{at}");
		}
	});
}

#[test]
fn batch_should_be_refused_when_the_bench_has_no_such_seat() {
	run(|| {
		sit(7);
		let good = batch(1, commitments(&[7], 1));
		let no_seat = Batch { seat: 5, ..good.clone() };
		let no_bench = Batch { session: 9, ..good };
		for batch in [no_seat, no_bench] {
			let signature = sign(1, CourtBatchKind::Commit, &batch);
			let call = Call::commit { batch, signature };
			assert_eq!(validate(&call), Err(reject::NOT_ON_BENCH));
		}
	});
}

#[test]
fn batch_should_be_refused_when_the_signature_is_of_something_else() {
	run(|| {
		sit(7);
		let batch = batch(1, commitments(&[7], 1));
		let hash = hash_of(batch.at);
		let (kind, other) = (CourtBatchKind::Commit, H256::repeat_byte(0xee));
		let sign_by = |who, payload: Vec<u8>| court_pair(who).sign(&payload).into();
		let signatures = [
			sign_by(2, court_batch_payload(kind, &GENESIS, &hash, &batch)),
			sign_by(1, court_batch_payload(CourtBatchKind::Reveal, &GENESIS, &hash, &batch)),
			sign_by(1, court_batch_payload(kind, &other, &hash, &batch)),
			// A fork on which the named block is another.
			sign_by(1, court_batch_payload(kind, &GENESIS, &other, &batch)),
			sign_by(1, batch.encode()),
		];
		for signature in signatures {
			let call = Call::commit { batch: batch.clone(), signature };
			assert_eq!(validate(&call), Err(reject::INVALID_SIGNATURE));
		}
	});
}

#[test]
fn stale_items_should_be_ignored_when_one_fits() {
	run(|| {
		open(7).unwrap();
		sit(8);
		commit(7, 1, &answer(2)).unwrap();
		let mut items = commitments(&[7, 8], 1);
		items.push(Item { request: 99, sitting: 0, payload: H256::zero() });
		let call = commit_call(1, items);
		let valid = validate(&call).unwrap();
		assert_eq!(valid.provides, [("OpgCourtCommit", (8u64, 0u8, 0u16)).encode()]);
		let kept = commitment_of(7, 1, &answer(2));
		submit(call.clone()).unwrap();
		assert_eq!(Votes::<Test>::get(7, 0), Some(Vote::Committed(kept)));
		assert_eq!(phase(7), CasePhase::Commit { committed: 1 });
		assert_eq!(phase(8), CasePhase::Commit { committed: 1 });
		assert_eq!(validate(&call).err(), Some(reject::WRONG_VOTE_STATE), "none fits any more");
	});
}

#[test]
fn batch_should_be_refused_when_one_item_is_wrong() {
	run(|| {
		open(7).unwrap();
		sit(8);
		for request in [7, 8] {
			(1..=5).for_each(|who| commit(request, who, &answer(1)).unwrap());
		}
		next_block();
		let items = vec![item(7, vote_with(&answer(1))), item(8, vote_with(&answer(2)))];
		assert_eq!(submit(reveal_call(1, items)), Err(reject::WRONG_COMMITMENT));
		assert_eq!(phase(7), CasePhase::Reveal { unrevealed: 5 });
	});
}

#[test]
fn batch_should_be_refused_when_its_items_are_of_another_bench() {
	run(|| {
		open(7).unwrap();
		begin_session(1, &[2, 1]);
		sit(8);
		assert_eq!((case(7).session, case(8).session), (0, 1));
		let call = commit_call(1, commitments(&[7], 1));
		let Call::commit { batch, .. } = call else { unreachable!() };
		let batch = Batch { session: 1, seat: 1, ..batch };
		let signature = sign(1, CourtBatchKind::Commit, &batch);
		assert_eq!(validate(&Call::commit { batch, signature }), Err(reject::NO_SITTING));
	});
}

#[test]
fn calls_should_be_operational_and_come_with_their_priority() {
	run(|| {
		sit(7);
		let commit = commit_call(1, commitments(&[7], 1));
		let reveal = reveal_call(1, vec![item(7, vote_with(&answer(1)))]);
		for call in [&commit, &reveal] {
			assert_eq!(call.get_dispatch_info().class, DispatchClass::Operational);
		}
		assert_eq!(validate(&commit).unwrap().priority, priority::COURT_COMMIT);
		assert!(validate(&commit).unwrap().propagate);
	});
}

#[test]
fn calls_should_fail_when_they_are_signed() {
	run(|| {
		sit(7);
		let call = RuntimeCall::from(commit_call(1, commitments(&[7], 1)));
		assert!(call.dispatch(RuntimeOrigin::signed(1)).is_err());
		assert_eq!(phase(7), CasePhase::Commit { committed: 0 });
	});
}

#[test]
fn weights_should_fit_when_the_runtime_is_built() {
	run(Court::integrity_test);
}

#[test]
fn wire_format_should_stay_as_it_is() {
	assert_eq!(Vote::Committed(H256::zero()).encode()[0], 0);
	let finding = Finding { digest: H256::zero(), witness: H256::zero() };
	assert_eq!(Vote::Revealed(finding).encode()[0], 1);
	assert_eq!([Admission::Turn, Admission::Budget].encode(), [0, 1]);
	assert_eq!(CasePhase::Waiting.encode(), [0]);
	assert_eq!(CasePhase::Commit { committed: 1 }.encode()[0], 1);
	assert_eq!(CasePhase::Reveal { unrevealed: 1 }.encode()[0], 2);
	let codes = [
		reject::MALFORMED,
		reject::EXPIRED,
		reject::NOT_ON_BENCH,
		reject::NO_SITTING,
		reject::WRONG_PHASE,
		reject::WRONG_VOTE_STATE,
		reject::WRONG_COMMITMENT,
		reject::WRONG_ANSWER,
		reject::ANSWER_MISSING,
		reject::INVALID_SIGNATURE,
		reject::NOTHING_NEW,
		reject::NO_SUCH_MODEL,
		reject::TOO_MANY_MODELS,
		reject::TOO_SOON,
		reject::TOO_MUCH_FUEL,
		reject::WRONG_OUTPUT_SIZE,
		reject::NO_PANEL,
		reject::NOT_ON_PANEL,
		reject::HELD_ALREADY,
	];
	assert!(codes.into_iter().eq(40..59));
}
