//! Replacement: seats that were declined free of charge go to the next in order.

use crate::{mock::*, *};
use frame_support::weights::Weight;
use opg_primitives::{RequestId, Tier};
use pallet_opg_support::Committees as _;
use proptest::prelude::*;

/// Executors that hold the seats of a request.
fn holders(id: RequestId) -> Vec<u64> {
	Committees::seat_holders(id).into_iter().map(|seat| seat.executor).collect()
}

/// Committee that the same seed gives where these executors take no seat.
fn drawn_without(tier: Tier, suspended: &[u64]) -> Vec<u64> {
	let mut committee = Vec::new();
	run(|| {
		let id = request(tier);
		Suspended::set(&suspended.to_vec());
		run_draw(tier);
		committee = members(id, 0);
		Suspended::set(&vec![]);
	});
	committee
}

#[test]
fn declined_seat_should_go_to_the_next_in_order_in_the_next_block() {
	let whole = drawn_without(Tier::Quorum, &[]);
	let next = drawn_without(Tier::Quorum, &whole[..1])[2];
	run(|| {
		let id = drawn(Tier::Quorum);
		assert_eq!(members(id, 0), whole);
		decline(id, whole[0]);
		assert_eq!(Vacancies::<Test>::get().into_inner(), [(id, 0)]);
		next_block();
		assert_eq!(holders(id), [whole[1], whole[2], next]);
		let (declined, executor) = (whole[0], next);
		assert!(events().contains(&Event::Replaced { request: id, round: 0, declined, executor }));
		assert!(Vacancies::<Test>::get().is_empty());
		// Who declined is free of it, and who took it owes for it.
		assert_eq!(load(whole[0]), Load::default());
		let owed = Load { seats: 1, reserved: SEAT_RESERVE, disputes: 0 };
		assert_eq!([whole[1], whole[2], next].map(load), [owed; 3]);
		agree(id, answer(1));
		assert_eq!(load(next), Load { seats: 0, ..owed });
		assert_eq!(load(whole[0]), Load::default());
	});
}

#[test]
fn round_should_go_on_without_a_seat_when_nobody_is_left_for_it() {
	run(|| {
		ExecutorCount::set(&3);
		let id = drawn(Tier::Quorum);
		let who = members(id, 0)[1];
		decline(id, who);
		assert_eq!(Committees::vacancy(id).map(|vacancy| vacancy.declined), Some(who));
		next_block();
		assert_eq!(Committees::vacancy(id), None);
		assert_eq!(holders(id).len(), 3, "it owes for the seat until the round is decided");
		assert_eq!(load(who).seats, 1);
		fall_silent(id);
		assert_eq!(load(who).seats, 0);
	});
}

#[test]
fn seat_of_a_second_round_or_an_audit_should_be_given_away_from_the_seed_of_its_round() {
	run(|| {
		let id = drawn(Tier::Quorum);
		fall_silent(id);
		run_draw(Tier::Quorum);
		for round in [tiers::SECOND, tiers::AUDIT] {
			let before = members(id, round);
			assert!(!before.is_empty());
			decline(id, before[0]);
			next_block();
			let after = members(id, round);
			assert_eq!((after.len(), &after[..before.len()]), (before.len() + 1, &before[..]));
			let executor = after[before.len()];
			let past: Vec<_> = Committees::past_members(id);
			assert_eq!(past.iter().filter(|who| **who == executor).count(), 1);
			assert_eq!(load(before[0]).reserved, 0);
			assert_eq!(load(executor), Load { seats: 0, reserved: SEAT_RESERVE, disputes: 0 });
			agree(id, answer(1));
			if round == tiers::SECOND {
				assert_ok_audit(id);
			}
		}
	});
}

/// Buys an audit of an attested answer, and draws its committee.
fn assert_ok_audit(id: RequestId) {
	let call = Call::audit { request: id };
	frame_support::assert_ok!(dispatch(CHALLENGER, call));
	run_draw(Tier::Quorum);
	assert_eq!(assigned_round(id), Some(tiers::AUDIT));
}

#[test]
fn seat_should_stay_vacant_when_the_round_is_over_or_in_dispute() {
	run(|| {
		let id = drawn(Tier::Quorum);
		let who = members(id, 0)[0];
		decline(id, who);
		fall_silent(id);
		next_block();
		assert_eq!(members(id, 0).len(), 3, "the request waits for its second round");
		assert_eq!(load(who).seats, 0);
		assert!(Vacancies::<Test>::get().is_empty());
	});
}

#[test]
fn seats_should_be_given_away_only_as_often_as_there_are() {
	run(|| {
		let id = drawn(Tier::Quorum);
		for count in 0..3 {
			let who = *holders(id).last().unwrap();
			decline(id, who);
			next_block();
			assert_eq!(members(id, 0).len(), 4 + count);
		}
		decline(id, holders(id)[0]);
		next_block();
		assert_eq!(members(id, 0).len(), 6);
		assert_eq!(Committees::vacancy(id), None, "unfilled");
	});
}

#[test]
fn seat_should_stay_unfilled_when_too_few_executors_have_a_free_slot() {
	run(|| {
		ExecutorCount::set(&9);
		SlotsEach::set(&1);
		let id = drawn(Tier::Quorum);
		// Three of nine are full, so one more request is drawn.
		let other = drawn(Tier::Optimistic);
		assert!(!Inference::capacity(MODEL).is_enough());
		let who = members(id, 0)[0];
		decline(id, who);
		next_block();
		assert_eq!(members(id, 0).len(), 3);
		assert_eq!(Committees::vacancy(id), None, "unfilled");
		agree(other, answer(1));
	});
}

#[test]
fn vacant_seats_should_wait_for_the_next_block_when_this_one_has_no_weight() {
	run(|| {
		let id = drawn(Tier::Quorum);
		let committee = members(id, 0);
		decline(id, committee[0]);
		decline(id, committee[1]);
		let one = Inference::base_weight() + Inference::max_replacement_weight();
		AgendaWeight::set(one * 2);
		assert!(next_block().all_lte(one * 2));
		assert_eq!(members(id, 0).len(), 4, "one of two");
		assert_eq!(Vacancies::<Test>::get().into_inner(), [(id, 0)]);
		assert_eq!(PostponedAt::<Test>::get(), Some(block()));
		AgendaWeight::set(Weight::from_parts(1_000_000_000_000, u64::MAX));
		next_block();
		assert_eq!(members(id, 0).len(), 5);
	});
}

#[test]
fn seat_should_be_dropped_from_the_queue_when_there_is_no_room() {
	run(|| {
		let id = drawn(Tier::Quorum);
		let full: Vec<_> = (0..MAX_AGENDA).map(|other| (1_000 + u64::from(other), 0)).collect();
		Vacancies::<Test>::put(frame_support::BoundedVec::truncate_from(full));
		decline(id, members(id, 0)[0]);
		next_block();
		assert!(Vacancies::<Test>::get().is_empty(), "those of no request are dropped");
		assert!(Committees::vacancy(id).is_some(), "until its round is over");
	});
}

/// Own executors: every third.
fn is_own(who: u64) -> bool {
	who.is_multiple_of(3)
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Whoever declines, in whichever order: the seats are those of a draw that skipped them, so nobody
	/// gains one by it.
	#[test]
	fn nobody_should_gain_a_seat_when_executors_decline(
		entropy in any::<u64>(),
		tier in prop_oneof![Just(Tier::Optimistic), Just(Tier::Quorum), Just(Tier::High)],
		picks in proptest::collection::vec(any::<usize>(), 1..16),
	) {
		let (mut decliners, mut left, mut before) = (Vec::new(), Vec::new(), Vec::new());
		run(|| {
			Entropy::set(entropy);
			let id = request(tier);
			run_draw(tier);
			before = members(id, 0);
			let size = before.len();
			for pick in picks.iter().take(size) {
				let own: Vec<_> = holders(id).into_iter().filter(|who| is_own(*who)).collect();
				if own.is_empty() {
					break;
				}
				let who = own[pick % own.len()];
				decliners.push(who);
				decline(id, who);
				next_block();
			}
			left = holders(id);
			assert_eq!(left.len(), size);
		});
		let own = |seats: &[u64]| seats.iter().filter(|who| is_own(**who)).count();
		prop_assert!(own(&left) <= own(&before));
		let mut skipped = Vec::new();
		run(|| {
			Entropy::set(entropy);
			let id = request(tier);
			decliners.sort_unstable();
			Suspended::set(&decliners);
			run_draw(tier);
			skipped = members(id, 0);
			Suspended::set(&vec![]);
		});
		left.sort_unstable();
		skipped.sort_unstable();
		prop_assert_eq!(left, skipped);
	}
}
