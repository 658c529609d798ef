//! Batches: shape, validity, and their place in the transaction pool.

use crate::{authorize::Payload, mock::*, *};
use codec::{Decode, Encode};
use frame_support::{assert_ok, dispatch::Pays, traits::ConstU32, BoundedVec};
use opg_primitives::{AccountId, BlockNumber, JobError};
use pallet_opg_support::{priority, CALL_BLOCKS};
use sp_core::H256;

fn commitment(request: u64) -> Item<H256> {
	item(request, 0, H256::repeat_byte(9))
}

#[test]
fn batch_should_be_well_formed_when_it_names_each_request_once() {
	run(|| {
		for (requests, is_well_formed) in [
			(vec![], false),
			(vec![3], true),
			(vec![3, 1, 2], true),
			(vec![3, 1, 3], false),
			(vec![3, 3], false),
		] {
			let batch = batch(1, requests.iter().map(|id| commitment(*id)).collect());
			assert_eq!(batch.is_well_formed(), is_well_formed, "{requests:?}");
		}
	});
}

#[test]
fn request_should_be_named_once_when_rounds_differ() {
	run(|| {
		let items = vec![item(3, 0, H256::zero()), item(3, 1, H256::zero())];
		assert!(!batch(1, items).is_well_formed());
	});
}

#[test]
fn batch_should_not_decode_when_it_has_too_many_items() {
	let most: Vec<_> = (0..u64::from(MAX_BATCH)).map(commitment).collect();
	let more: Vec<_> = (0..=u64::from(MAX_BATCH)).map(commitment).collect();
	type Items = BoundedVec<Item<H256>, ConstU32<MAX_BATCH>>;
	assert!(codec::DecodeAll::decode_all(&mut &most.encode()[..]).map(|_: Items| ()).is_ok());
	assert!(codec::DecodeAll::decode_all(&mut &more.encode()[..]).map(|_: Items| ()).is_err());
}

#[test]
fn full_batch_should_act_in_every_round_when_all_take_it() {
	run(|| {
		let requests: Vec<u64> = (0..u64::from(MAX_BATCH)).collect();
		requests.iter().for_each(|id| open(*id, 0, &[1, 2]));
		let items = requests.iter().map(|id| commitment(*id)).collect();
		assert_ok!(submit(commit_call(1, items)));
		assert!(requests.iter().all(|id| round(*id).awaits_reveal()));
		assert_eq!(events().len(), MAX_BATCH as usize);
	});
}

#[test]
fn batch_should_change_nothing_when_one_item_is_refused() {
	run(|| {
		open(1, 0, &[1, 2]);
		open(2, 0, &[2, 3]);
		let call = commit_call(1, vec![commitment(1), commitment(2)]);
		assert_eq!(submit(call), Err(reject::NOT_DRAWN));
		assert_eq!(seat_state(1, 1), SeatState::Waiting);
	});
}

#[test]
fn stale_items_should_be_ignored_when_another_fits() {
	run(|| {
		(1..=4).for_each(|id| open(id, 0, &[1, 2]));
		// A committed seat, another fork, a phase that is over, no request: all in one batch.
		assert_ok!(submit(commit_call(1, vec![commitment(1)])));
		let other_fork = Item { seed: seed(9, 9), ..commitment(2) };
		assert_ok!(submit(decline_call(1, vec![item(3, 0, JobError::ModelMissing)])));
		assert_ok!(submit(commit_call(2, vec![commitment(3)])));
		leave_unfilled(3);
		let stale = vec![commitment(1), other_fork, commitment(3), commitment(9)];
		assert_eq!(
			submit(commit_call(1, stale.clone())),
			Err(reject::WRONG_SEAT_STATE),
			"the first"
		);

		next_block();
		let before = round(2);
		let items = [stale, vec![commitment(4)]].concat();
		let call = commit_call(1, items);
		let valid = validate(&call).unwrap();
		assert_eq!(valid.provides, [("OpgCommit", (4u64, 0u8, 1u64)).encode()]);
		assert_ok!(submit(call));
		assert!(matches!(seat_state(4, 1), SeatState::Committed { .. }));
		assert_eq!(round(2), before);
		assert_eq!(events().len(), 1, "only what counts is told");
	});
}

#[test]
fn reveals_should_count_when_one_round_of_the_batch_ended() {
	run(|| {
		for id in [1, 2] {
			open(id, 0, &[1, 2]);
			assert_ok!(commit(id, 1, &answer(1)));
			assert_ok!(commit(id, 2, &answer(1)));
		}
		let payload = revealed(&answer(1));
		let call = reveal_call(1, vec![item(1, 0, payload.clone()), item(2, 0, payload)]);
		assert_ok!(reveal(1, 1, &answer(1)));
		assert_ok!(submit(call));
		assert!(seat_state(2, 1).digest().is_some());
		assert_eq!(Records::get(), [(1, 2)].into(), "one for each batch, as nothing was missed");
	});
}

#[test]
fn batch_should_expire_when_its_block_is_too_far_back() {
	run(|| {
		let call = commit_call(1, vec![commitment(1)]);
		next_blocks(CALL_BLOCKS - 1);
		open(1, 0, &[1, 2]);
		assert_ok!(validate(&call));
		next_block();
		assert_eq!(validate(&call).map(|_| ()), Err(reject::EXPIRED));
	});
}

#[test]
fn batch_should_be_refused_when_the_hash_of_its_block_is_not_known() {
	run(|| {
		open(1, 0, &[1, 2]);
		next_block();
		let refused = |at| {
			let batch = Batch { at, ..batch(1, vec![commitment(1)]) };
			let signature = sign(1, opg_primitives::BatchKind::Commit, &batch);
			assert_eq!(submit(Call::commit { batch, signature }), Err(reject::EXPIRED), "{at}");
		};
		refused(2);
		refused(3);
		frame_system::BlockHash::<Test>::remove(1);
		refused(1);
	});
}

#[test]
fn batch_should_not_be_accepted_twice_when_its_round_goes_on() {
	run(|| {
		open(1, 0, &[1, 2]);
		let call = commit_call(1, vec![commitment(1)]);
		assert_ok!(submit(call.clone()));
		assert_eq!(submit(call), Err(reject::WRONG_SEAT_STATE));
	});
}

#[test]
fn transaction_should_provide_a_tag_per_item_when_it_is_valid() {
	run(|| {
		open(1, 0, &[1, 2]);
		open(2, 0, &[1, 2]);
		let valid = validate(&commit_call(1, vec![commitment(1), commitment(2)])).unwrap();
		let tag = |request: u64| ("OpgCommit", (request, 0u8, 1u64)).encode();
		assert_eq!(valid.provides, [tag(1), tag(2)]);
		assert_eq!(valid.longevity, u64::from(CALL_BLOCKS));
		assert!(valid.propagate && valid.requires.is_empty());
	});
}

#[test]
fn reveals_should_come_first_and_declined_seats_last_when_the_pool_is_full() {
	run(|| {
		open(1, 0, &[1]);
		open(2, 0, &[1, 2]);
		let commitment = validate(&commit_call(1, vec![commitment(2)])).unwrap().priority;
		let declined =
			validate(&decline_call(1, vec![item(2, 0, JobError::ModelMissing)])).unwrap().priority;
		let payload = revealed(&answer(1));
		let revealed = validate(&reveal_call(1, vec![item(1, 0, payload)])).unwrap().priority;
		assert!(revealed > commitment && commitment > declined);
		assert_eq!(revealed, priority::REVEAL);
		assert_eq!(<RevealedAnswer as Payload<Test>>::PRIORITY, priority::REVEAL);
	});
}

#[test]
fn calls_should_be_operational_and_feeless_only_after_dispatch_when_they_are_authorized() {
	use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
	run(|| {
		open(1, 0, &[1, 2]);
		for call in [
			commit_call(1, vec![commitment(1)]),
			reveal_call(1, vec![]),
			decline_call(1, vec![item(1, 0, JobError::ModelMissing)]),
		] {
			// What a signed transaction with the call would pay.
			let info = call.get_dispatch_info();
			assert_eq!((info.pays_fee, info.class), (Pays::Yes, DispatchClass::Operational));
		}
		let origin = frame_system::RawOrigin::Authorized.into();
		let Call::commit { batch, signature } = commit_call(1, vec![commitment(1)]) else {
			unreachable!("it is a commitment")
		};
		assert_eq!(Attestation::commit(origin, batch, signature).unwrap().pays_fee, Pays::No);
	});
}

/// Every refusal lowers the reputation of the node that relayed the batch.
#[test]
fn batch_of_another_node_should_wait_in_the_pool_when_its_round_may_come_yet() {
	use sp_runtime::transaction_validity::TransactionSource::{External, InBlock, Local};
	run(|| {
		let assert_waits = |call: &Call<Test>, (request, round): (u64, u8), code: u8| {
			for source in [InBlock, Local] {
				assert_eq!(validate_from(source, call).map(|_| ()), Err(code));
			}
			let valid = validate_from(External, call).unwrap();
			// Nothing provides it.
			assert_eq!(valid.requires.len(), 1);
			let seed = seed(request, round);
			assert!(valid.requires[0].ends_with(&("OpgRound", request, round, seed).encode()));
			assert_eq!(valid.provides.len(), 1);
			assert_eq!(submit(call.clone()), Err(code));
		};
		assert_waits(&commit_call(1, vec![commitment(1)]), (1, 0), reject::NO_ROUND);
		open(1, 0, &[1, 2]);
		let next = item(1, 1, H256::repeat_byte(9));
		assert_waits(&commit_call(1, vec![next]), (1, 1), reject::NO_ROUND);
		let early = reveal_call(1, vec![item(1, 0, revealed(&answer(1)))]);
		assert_waits(&early, (1, 0), reject::WRONG_PHASE);
		assert_ok!(decline(1, 2, JobError::QueueFull));
		let commitment = commit_call(3, vec![commitment(1)]);
		assert_waits(&commitment, (1, 0), reject::NOT_DRAWN);
		leave_unfilled(1);
		let refused = |call: &Call<Test>| validate_from(External, call).map(|_| ());
		assert_eq!(refused(&commitment), Err(reject::NOT_DRAWN), "nothing is vacant");
	});
}

#[test]
fn batch_of_another_node_should_be_refused_when_its_round_is_over_or_its_signature_is_wrong() {
	use sp_runtime::transaction_validity::TransactionSource::External;
	run(|| {
		let refused = |call: &Call<Test>| validate_from(External, call).map(|_| ()).unwrap_err();
		open(1, 1, &[1, 2]);
		assert_eq!(refused(&commit_call(1, vec![commitment(1)])), reject::NO_ROUND);
		let other_fork = Item { seed: seed(9, 9), ..item(1, 1, H256::repeat_byte(9)) };
		assert_eq!(refused(&commit_call(1, vec![other_fork])), reject::NO_ROUND);
		let batch = batch(1, vec![commitment(5)]);
		let signature = sign(2, opg_primitives::BatchKind::Commit, &batch);
		assert_eq!(refused(&Call::commit { batch, signature }), reject::INVALID_SIGNATURE);
	});
}

#[test]
fn early_items_should_be_ignored_when_another_fits() {
	use sp_runtime::transaction_validity::TransactionSource::External;
	run(|| {
		open(1, 0, &[1, 2]);
		let call = commit_call(1, vec![commitment(1), commitment(5)]);
		let valid = validate_from(External, &call).unwrap();
		assert!(valid.requires.is_empty());
		assert_eq!(valid.provides, [("OpgCommit", (1u64, 0u8, 1u64)).encode()]);
		assert_ok!(submit(call));
	});
}

#[test]
fn output_bytes_should_be_those_of_all_items_when_some_have_none() {
	run(|| {
		let reveal = |request, answer| item(request, 0, revealed(&answer));
		let batch = batch(1, vec![reveal(1, answer(1)), reveal(2, trap()), reveal(3, answer(2))]);
		assert_eq!(batch.output_bytes(), 2);
	});
}

#[test]
fn signed_origins_should_be_refused_when_they_call_directly() {
	use frame_support::traits::UnfilteredDispatchable;
	run(|| {
		open(1, 0, &[1, 2]);
		let call = commit_call(1, vec![commitment(1)]);
		for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert!(call.clone().dispatch_bypass_filter(origin).is_err());
		}
		assert_eq!(seat_state(1, 1), SeatState::Waiting);
	});
}

/// Decodes a batch of the runtime's types from the vector of this kind.
fn pinned<P: Encode + Decode>(kind: &str) -> Batch<AccountId, BlockNumber, P> {
	let vectors = include_str!("../../../../runtime/primitives/vectors/batches.json");
	let vectors: Vec<serde_json::Value> = serde_json::from_str(vectors).unwrap();
	let vector = vectors.iter().find(|vector| vector["kind"] == kind).unwrap();
	let text = vector["encoded"].as_str().unwrap();
	let bytes = hex::decode(text.strip_prefix("0x").unwrap()).unwrap();
	let batch = Batch::decode(&mut &bytes[..]).unwrap();
	assert_eq!(batch.encode(), bytes);
	assert_eq!(batch.executor, AccountId::new([2; 32]));
	assert_eq!(batch.items.len(), vector["items"].as_array().unwrap().len());
	batch
}

#[test]
fn batches_should_stay_as_pinned_when_decoded() {
	let item = |request, round, seed, payload| Item {
		request,
		round,
		seed: H256::repeat_byte(seed),
		payload,
	};
	let first = item(7, 0, 0x0a, H256::repeat_byte(8));
	assert_eq!(pinned::<H256>("Commit").items[0], first);
	assert_eq!(pinned::<RevealedAnswer>("Reveal").output_bytes(), 3);
	let Item { request, round, seed, payload } = pinned::<JobError>("Decline").items[1];
	assert_eq!((request, round, seed), (8, 2, H256::repeat_byte(0x0b)));
	assert_eq!(payload, JobError::EngineMissing);
}

#[test]
fn codes_should_stay_as_pinned_when_others_are_added() {
	let codes = [
		reject::MALFORMED,
		reject::EXPIRED,
		reject::NOT_EXECUTOR,
		reject::NO_ROUND,
		reject::WRONG_PHASE,
		reject::NOT_DRAWN,
		reject::WRONG_SEAT_STATE,
		reject::WRONG_COMMITMENT,
		reject::TOO_MUCH_FUEL,
		reject::INVALID_SIGNATURE,
		reject::MISSING_WITNESS,
		reject::UNEXPECTED_WITNESS,
		reject::WRONG_OUTPUT_SIZE,
	];
	assert!(codes.into_iter().eq(10..23));
}
