//! Commitments are bound to their context: nobody gains by copying one.

use crate::{mock::*, *};
use frame_support::assert_ok;
use opg_primitives::{batch_payload, commitment, BatchKind, CommitmentContext};
use sp_core::{Pair, H256};

#[test]
fn commitment_should_not_open_when_another_executor_made_it() {
	run(|| {
		open(7, 0, &[1, 2]);
		let copied = commitment_of(7, 1, &answer(1));
		assert_ok!(commit(7, 1, &answer(1)));
		assert_ok!(submit(commit_call(2, vec![item(7, 0, copied)])));
		assert_ok!(reveal(7, 1, &answer(1)));
		assert_eq!(reveal(7, 2, &answer(1)), Err(reject::WRONG_COMMITMENT));
	});
}

#[test]
fn commitment_should_not_open_when_it_is_of_another_context() {
	run(|| {
		open(7, 1, &[1, 2]);
		open(8, 1, &[1, 2]);
		let context = Attestation::commitment_context(7, &round(7), &1);
		let other = H256::repeat_byte(9);
		let foreign = [
			CommitmentContext { genesis: other, ..context.clone() },
			CommitmentContext { request: 8, ..context.clone() },
			CommitmentContext { round: 0, ..context.clone() },
			CommitmentContext { seed: other, ..context.clone() },
			CommitmentContext { executor: 2, ..context.clone() },
			CommitmentContext { model_hash: other, ..context.clone() },
			CommitmentContext { engine_id: other, ..context.clone() },
			CommitmentContext { input_hash: other, ..context.clone() },
		];
		for foreign in foreign {
			Rounds::<Test>::remove(7);
			open(7, 1, &[1, 2]);
			assert_ok!(commit(7, 2, &answer(1)));
			let commitment = commitment(&foreign, &answer(1), None, &SALT);
			assert_ok!(submit(commit_call(1, vec![item(7, 1, commitment)])));
			assert_eq!(reveal(7, 1, &answer(1)), Err(reject::WRONG_COMMITMENT), "{foreign:?}");
		}
	});
}

#[test]
fn commitment_should_be_bound_to_the_round_that_is_current_when_there_were_others() {
	run(|| {
		open(7, 0, &[1, 2]);
		let earlier = commitment_of(7, 3, &answer(1));
		answer_all(7, &[(1, answer(1)), (2, answer(2))]);
		open(7, 1, &[3, 4]);
		assert_ne!(earlier, commitment_of(7, 3, &answer(1)));
		assert_ok!(commit(7, 4, &answer(1)));
		assert_ok!(submit(commit_call(3, vec![item(7, 1, earlier)])));
		assert_eq!(reveal(7, 3, &answer(1)), Err(reject::WRONG_COMMITMENT));
	});
}

#[test]
fn batch_should_be_refused_when_it_is_of_another_fork() {
	run(|| {
		next_block();
		open(7, 0, &[1, 2]);
		let call = commit_call(1, vec![item(7, 0, H256::repeat_byte(9))]);
		assert_ok!(validate(&call));
		frame_system::BlockHash::<Test>::insert(1, H256::repeat_byte(5));
		assert_eq!(submit(call), Err(reject::INVALID_SIGNATURE), "block 1 has another hash");
		frame_system::BlockHash::<Test>::insert(1, block_hash(1));

		let item = Item { seed: seed(7, 1), ..item(7, 0, H256::repeat_byte(9)) };
		assert_eq!(submit(commit_call(1, vec![item])), Err(reject::NO_ROUND), "another draw");
		assert_eq!(seat_state(7, 1), SeatState::Waiting);
	});
}

#[test]
fn batch_should_be_refused_when_its_signature_is_for_another() {
	run(|| {
		next_block();
		open(7, 0, &[1, 2]);
		let batch = batch(1, vec![item(7, 0, H256::repeat_byte(9))]);
		let refused = |signature| {
			let call = Call::commit { batch: batch.clone(), signature };
			assert_eq!(submit(call), Err(reject::INVALID_SIGNATURE));
		};
		refused(sign(1, BatchKind::Reveal, &batch));
		refused(sign(1, BatchKind::Decline, &batch));
		let (genesis, block, other) = (GENESIS, System::block_hash(1), H256::repeat_byte(9));
		for (genesis, block) in [(other, block), (genesis, other)] {
			let foreign = batch_payload(BatchKind::Commit, &genesis, &block, &batch);
			refused(hot_pair(1).sign(&foreign).into());
		}
		let later = Batch { at: 0, ..batch.clone() };
		refused(sign(1, BatchKind::Commit, &later));
		let other_item = Batch {
			items: vec![item(7, 0, H256::repeat_byte(8))].try_into().unwrap(),
			..batch.clone()
		};
		refused(sign(1, BatchKind::Commit, &other_item));
		let other_executor = Batch { executor: 2, ..batch.clone() };
		refused(sign(1, BatchKind::Commit, &other_executor));

		let signature = sign(1, BatchKind::Commit, &batch);
		assert_ok!(submit(Call::commit { batch, signature }));
	});
}
