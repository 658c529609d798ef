//! What members of panels say that they hold, and when that is enough of them.

use crate::{mock::*, *};
use codec::Encode;
use frame_support::dispatch::{DispatchClass, GetDispatchInfo};
use opg_primitives::court::{court_batch_payload, CourtBatchKind};
use pallet_opg_support::priority;
use sp_core::{Pair, H256};
use sp_runtime::traits::Dispatchable;

#[test]
fn content_should_be_held_once_when_two_thirds_of_the_panel_say_so() {
	run(|| {
		convene(7, 1).unwrap();
		for who in [3, 1, 5] {
			hold(who, &[(7, 0)]).unwrap();
		}
		assert!(HeldContents::get().is_empty());
		next_block();
		hold(2, &[(7, 0)]).unwrap();
		assert_eq!(HeldContents::get(), [7]);
		assert_eq!(
			events(),
			[
				Event::Held { request: 7, content: 0, validator: 2 },
				Event::ContentHeld { request: 7, content: 0 },
			]
		);
		hold(4, &[(7, 0)]).unwrap();
		assert_eq!(HeldContents::get(), [7], "once");
		assert_eq!(panel(7).contents[0].holders, 0b11111);
	});
}

#[test]
fn contents_should_be_held_each_when_they_are_the_same_bytes() {
	run(|| {
		convene(7, 1).unwrap();
		(1..=4).for_each(|who| hold(who, &[(7, 0)]).unwrap());
		convene(7, 1).unwrap();
		assert_eq!(HeldContents::get(), [7], "a model may give back its input");
		(1..=4).for_each(|who| hold(who, &[(7, 1)]).unwrap());
		assert_eq!(HeldContents::get(), [7, 7]);
	});
}

#[test]
fn holdings_should_be_refused_when_none_counts() {
	run(|| {
		convene(7, 1).unwrap();
		begin_session(1, &[1, 2, 3, 9]);
		assert_eq!(hold(1, &[(8, 0)]), Err(reject::NO_PANEL));
		assert_eq!(hold(1, &[(7, 1)]), Err(reject::NO_PANEL), "not asked for");
		assert_eq!(hold(9, &[(7, 0)]), Err(reject::NOT_ON_PANEL));
		hold(1, &[(7, 0)]).unwrap();
		assert_eq!(hold(1, &[(7, 0)]), Err(reject::HELD_ALREADY));
		assert_eq!(hold(1, &[(7, 0), (8, 0)]), Err(reject::HELD_ALREADY), "the first one's code");
		dismiss(7);
		assert_eq!(hold(2, &[(7, 0)]), Err(reject::NO_PANEL));
	});
}

#[test]
fn stale_holdings_should_be_ignored_when_one_counts() {
	run(|| {
		begin_session(1, &[1, 2, 3]);
		convene(6, 1).unwrap();
		begin_session(2, &[1, 2, 3, 9]);
		convene(7, 1).unwrap();
		hold(9, &[(6, 0), (7, 0), (7, 1), (8, 0)]).unwrap();
		assert_eq!(events().pop(), Some(Event::Held { request: 7, content: 0, validator: 9 }));
		assert_eq!(panel(6).contents[0].holders, 0);
		assert_eq!(panel(7).contents[0].holders.count_ones(), 1);
	});
}

#[test]
fn members_should_count_with_whichever_seat_they_have() {
	run(|| {
		convene(7, 1).unwrap();
		// 4 and 5 left, the others have other seats and keys.
		Rotations::set(1);
		begin_session(1, &[9, 3, 2, 1]);
		for who in [1, 2, 3] {
			hold(who, &[(7, 0)]).unwrap();
		}
		assert!(HeldContents::get().is_empty(), "it needs four of five");
		begin_session(2, &[8, 9, 5]);
		hold(5, &[(7, 0)]).unwrap();
		assert_eq!(HeldContents::get(), [7]);
		let paid: std::collections::BTreeSet<_> = dismiss(7).into_iter().collect();
		assert_eq!(paid, [1, 2, 3, 5].into());
	});
}

#[test]
fn holdings_should_be_refused_when_they_are_malformed_or_of_another_bench() {
	run(|| {
		convene(7, 1).unwrap();
		convene(8, 1).unwrap();
		assert_eq!(hold(1, &[]), Err(reject::MALFORMED));
		assert_eq!(hold(1, &[(7, 0), (7, 0)]), Err(reject::MALFORMED));
		assert_eq!(hold(1, &[(8, 0), (7, 0)]), Err(reject::MALFORMED));
		let batch = holdings(1, &[(7, 0)]);
		let no_seat = Holdings { seat: 5, ..batch.clone() };
		assert_eq!(submit(hold_call(1, no_seat)), Err(reject::NOT_ON_BENCH));
		let early = Holdings { at: System::block_number(), ..batch.clone() };
		assert_eq!(submit(hold_call(1, early)), Err(reject::EXPIRED));
		// A case keeps the bench, which still is not the current one.
		open(7).unwrap();
		begin_session(1, &[1, 2]);
		assert_eq!(submit(hold_call(1, batch)), Err(reject::NOT_ON_BENCH));
	});
}

#[test]
fn holdings_should_be_refused_when_the_signature_is_of_something_else() {
	run(|| {
		convene(7, 1).unwrap();
		let batch = holdings(1, &[(7, 0)]);
		let hash = hash_of(batch.at);
		let (kind, other) = (CourtBatchKind::Hold, H256::repeat_byte(0xee));
		for (who, payload) in [
			(2, court_batch_payload(kind, &GENESIS, &hash, &batch)),
			(1, court_batch_payload(CourtBatchKind::Declare, &GENESIS, &hash, &batch)),
			(1, court_batch_payload(kind, &other, &hash, &batch)),
			(1, court_batch_payload(kind, &GENESIS, &other, &batch)),
			(1, batch.encode()),
		] {
			let signature = court_pair(who).sign(&payload).into();
			let call = Call::hold { batch: batch.clone(), signature };
			assert_eq!(submit(call), Err(reject::INVALID_SIGNATURE));
		}
		submit(hold_call(1, batch)).unwrap();
	});
}

#[test]
fn holdings_should_have_a_tag_for_each_item_that_counts() {
	run(|| {
		convene(7, 1).unwrap();
		convene(8, 1).unwrap();
		hold(1, &[(7, 0)]).unwrap();
		let call = hold_call(1, holdings(1, &[(7, 0), (8, 0), (9, 0)]));
		assert_eq!(call.get_dispatch_info().class, DispatchClass::Operational);
		let valid = validate(&call).unwrap();
		assert_eq!(valid.priority, priority::COURT_HOLD);
		let item = Holding { request: 8, content: 0 };
		assert_eq!(valid.provides, [("OpgCourtHold", (item, 1u64)).encode()]);
	});
}

#[test]
fn weight_should_count_what_follows_only_where_a_content_is_held() {
	run(|| {
		begin_session(1, &[1, 2]);
		let count = 2;
		(0..count).for_each(|request| convene(request, 1).unwrap());
		let dispatch = |who| {
			let call = hold_call(who, holdings(who, &[(0, 0), (1, 0)]));
			let charged = call.get_dispatch_info().call_weight;
			let result =
				RuntimeCall::from(call).dispatch(frame_system::RawOrigin::Authorized.into());
			let used = result.unwrap().actual_weight.unwrap();
			(charged, used)
		};
		let (charged, used) = dispatch(1);
		let own = <Test as Config>::WeightInfo::hold(2);
		assert_eq!((charged, used), (own + VERDICT_WEIGHT * 2, own));
		let (charged, used) = dispatch(2);
		assert_eq!(used, charged);
		assert_eq!(HeldContents::get(), [0, 1]);
	});
}

#[test]
fn further_items_should_be_ignored_when_the_first_ends_the_panel() {
	run(|| {
		begin_session(1, &[1]);
		convene(7, 1).unwrap();
		convene(7, 2).unwrap();
		EndOnHeld::set([7].into());
		hold(1, &[(7, 0), (7, 1)]).unwrap();
		assert_eq!(HeldContents::get(), [7]);
		assert_eq!(Panels::<Test>::count(), 0);
	});
}
