//! Fees: what a request and a challenge cost, and how the price of fuel moves.

use crate::{mock::*, *};
use frame_support::assert_ok;
use opg_primitives::{Balance, Fuel, Tier};
use pallet_opg_support::ModelRegistry;
use sp_runtime::Perbill;

/// Price after a block in which so much fuel was ordered.
fn price_after(price: Balance, ordered: Fuel) -> Balance {
	FuelPrice::<Test>::put(price);
	FuelOrdered::<Test>::put(ordered);
	next_block();
	assert_eq!(FuelOrdered::<Test>::get(), 0);
	FuelPrice::<Test>::get()
}

#[test]
fn price_should_stay_when_the_target_is_ordered() {
	run(|| assert_eq!(price_after(400, TARGET_FUEL), 400));
}

#[test]
fn price_should_move_by_an_eighth_at_most() {
	run(|| {
		assert_eq!(price_after(400, 2 * TARGET_FUEL), 450);
		assert_eq!(price_after(400, Fuel::MAX), 450);
		assert_eq!(price_after(400, 0), 350);
		assert_eq!(price_after(400, TARGET_FUEL / 2), 375);
		assert_eq!(price_after(400, TARGET_FUEL + TARGET_FUEL / 2), 425);
	});
}

#[test]
fn price_should_rise_when_a_little_more_than_the_target_is_ordered() {
	run(|| {
		// An eighth of the excess is less than a planck.
		assert_eq!(price_after(MIN_PRICE, TARGET_FUEL + 1), MIN_PRICE + 1);
		assert_eq!(price_after(MIN_PRICE + 1, TARGET_FUEL - 1), MIN_PRICE + 1);
	});
}

#[test]
fn price_should_stay_within_its_bounds() {
	run(|| {
		assert_eq!(price_after(MIN_PRICE, 0), MIN_PRICE);
		assert_eq!(price_after(MAX_PRICE, Fuel::MAX), MAX_PRICE);
		assert_eq!(price_after(MAX_PRICE - 1, Fuel::MAX), MAX_PRICE);
		for _ in 0..100 {
			FuelOrdered::<Test>::put(Fuel::MAX);
			next_block();
			check();
		}
		assert_eq!(FuelPrice::<Test>::get(), MAX_PRICE);
		run_blocks(100);
		// Rounding down keeps the price where an eighth of it is less than a planck.
		assert_eq!(FuelPrice::<Test>::get(), MIN_PRICE);
	});
}

#[test]
fn price_should_follow_what_requests_order() {
	run(|| {
		FuelPrice::<Test>::put(400);
		let _ = (request(Tier::High), request(Tier::High));
		assert_eq!(FuelOrdered::<Test>::get(), 14 * FUEL_LIMIT);
		next_block();
		// Two fifths more than the target.
		assert_eq!(FuelPrice::<Test>::get(), 420);
	});
}

#[test]
fn estimate_should_be_the_sum_of_its_parts() {
	run(|| {
		let estimate = |tier, fuel| Inference::estimate(MODEL, tier, fuel, None).unwrap();
		// Two percent of an audit's pay and five of the committee's, a fifth of the price of the limit
		// burned, a royalty of 100, the seat fees.
		let parts = |size: Balance, audit: Balance, pay: Balance| {
			let burned = size * MAX_PAY / 4;
			size * pay + size * pay / 20 + audit * pay / 50 + burned + 100 + size * SEAT_FEE
		};
		assert_eq!(estimate(Tier::Optimistic, None), parts(1, 3, MAX_PAY));
		assert_eq!(estimate(Tier::Quorum, None), parts(3, 3, MAX_PAY));
		assert_eq!(estimate(Tier::High, None), parts(7, 5, MAX_PAY));
		assert_eq!(estimate(Tier::Quorum, Some(FUEL_LIMIT / 10)), parts(3, 3, MAX_PAY / 10));
		assert_eq!(estimate(Tier::Quorum, Some(0)), parts(3, 3, 0));
		// No answer takes more fuel than the limit.
		assert_eq!(estimate(Tier::Quorum, Some(Fuel::MAX)), estimate(Tier::Quorum, None));
	});
}

#[test]
fn estimate_at_most_should_cover_any_rise_of_the_price() {
	run(|| {
		let now = Inference::estimate(MODEL, Tier::Quorum, None, None).unwrap();
		assert_eq!(Inference::estimate_at_most(MODEL, Tier::Quorum, 0, None), Some(now));
		for blocks in [1, 2, 5, 12] {
			let most = Inference::estimate_at_most(MODEL, Tier::Quorum, blocks, None).unwrap();
			FuelPrice::<Test>::put(MIN_PRICE);
			for _ in 0..blocks {
				FuelOrdered::<Test>::put(Fuel::MAX);
				next_block();
			}
			let then = Inference::estimate(MODEL, Tier::Quorum, None, None).unwrap();
			assert!(then <= most && most > now);
			FuelPrice::<Test>::put(MIN_PRICE);
		}
		let bound = Inference::estimate_at_most(MODEL, Tier::Quorum, u32::MAX, None);
		FuelPrice::<Test>::put(MAX_PRICE);
		assert_eq!(bound, Inference::estimate(MODEL, Tier::Quorum, None, None));
		assert_eq!(Inference::estimate_at_most(UNKNOWN, Tier::Quorum, 1, None), None);
	});
}

#[test]
fn estimate_should_be_what_is_charged() {
	run(|| {
		let fuel = FUEL_LIMIT / 3;
		let estimate = Inference::estimate(MODEL, Tier::Quorum, Some(fuel), None).unwrap();
		let id = attested(Tier::Quorum, answer(fuel));
		run_blocks(WINDOW);
		let RequestState::Settled { fee, .. } = state(id) else { panic!("it is settled") };
		assert_eq!(fee, estimate);
		assert_eq!(balance(REQUESTER), FUNDS - estimate);
	});
}

/// M9 of an audit: whoever owned the executors could drive the price of fuel for nothing, with models
/// whose limit is far above what they use.
#[test]
fn ordering_from_own_executors_should_cost_a_part_of_the_price_of_the_limit() {
	run(|| {
		let before: Balance =
			balance(REQUESTER) + (1..=EXECUTORS).map(|who| balance(pool(who))).sum::<Balance>();
		// The requester owns all executors, the model and the pot's share hardly matters.
		Royalty::set(&0);
		let id = attested(Tier::High, answer(0));
		run_blocks(WINDOW);
		assert!(matches!(state(id), RequestState::Settled { .. }));
		let after: Balance =
			balance(REQUESTER) + (1..=EXECUTORS).map(|who| balance(pool(who))).sum::<Balance>();
		let price_of_limit = 7 * Balance::from(FUEL_LIMIT) * MIN_PRICE;
		assert_eq!(before - after, price_of_limit / 5 + 7 * SEAT_FEE);
	});
}

#[test]
fn fee_should_pay_for_more_audits_when_less_is_at_risk() {
	run(|| {
		let cheap = Inference::estimate(MODEL, Tier::Quorum, None, None).unwrap();
		// A lie gains twice what it risks: every answer is audited.
		StakeAtRisk::set(MAX_PAY / 2);
		assert_eq!(Inference::audit_probability(MAX_PAY), Perbill::one());
		let dear = Inference::estimate(MODEL, Tier::Quorum, None, None).unwrap();
		assert_eq!(dear - cheap, 3 * MAX_PAY - 3 * MAX_PAY / 50);
	});
}

#[test]
fn fee_should_be_none_when_it_overflows() {
	run(|| {
		let version = Models::version(MODEL).unwrap();
		let fee = |price| Inference::fee(FUEL_LIMIT, &version, price, Tier::High);
		assert_eq!(fee(Balance::MAX), None);
		assert_eq!(fee(Balance::MAX / 2_000), None);
		assert!(fee(Balance::MAX / 1_000_000).is_some());
	});
}

#[test]
fn fuel_should_not_count_when_a_request_is_cancelled() {
	run(|| {
		let id = request(Tier::High);
		assert_ok!(Inference::cancel(signed(REQUESTER), id));
		assert_eq!(FuelOrdered::<Test>::get(), 0);
	});
}
