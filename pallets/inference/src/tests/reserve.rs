//! Reserve: what seats reserve, who is full without it, and what it pays.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate};
use opg_primitives::{Balance, RequestId, Tier};
use pallet_opg_support::{Liabilities, OnCourtDecided};
use sp_core::H256;
use sp_runtime::DispatchError;

const OPTIMISTIC: Tier = Tier::Optimistic;

fn reserved(who: u64) -> Balance {
	load(who).reserved
}

/// Own stake with which so many seats of first rounds are free.
fn own_stake_for(seats: Balance) -> Balance {
	// Nine tenths can be reserved, and three quarters of that by first rounds. Both round down.
	(seats * SEAT_RESERVE * 40).div_ceil(27) + 2
}

/// The court decides for the answer that is not [`wrong`].
fn right() -> opg_primitives::Answer {
	answer(FUEL_LIMIT / 2)
}

/// The executor `liar` of the committee at work gives a wrong answer, and the others do not.
fn dissent_of(liar: u64, id: RequestId) {
	let committee = members(id, 0);
	let answers: Vec<_> =
		committee.iter().map(|who| if *who == liar { wrong() } else { right() }).collect();
	dissent(id, &answers);
}

#[test]
fn seats_of_every_round_should_reserve_until_the_request_ends() {
	run(|| {
		let id = drawn(Tier::Quorum);
		let first = members(id, 0);
		assert!(first.iter().all(|who| reserved(*who) == SEAT_RESERVE));
		fall_silent(id);
		run_draw(Tier::Quorum);
		agree(id, right());
		let sat: Vec<_> = Seats::get(id).into_iter().map(|seat| seat.executor).collect();
		assert_eq!(sat.len(), 10);
		let owed = Load { seats: 0, reserved: SEAT_RESERVE, disputes: 0 };
		assert!(sat.iter().all(|who| load(*who) == owed), "the slots are free, the stake is not");
		assert_ok!(dispatch(OTHER_REQUESTER, Call::audit { request: id }));
		run_draw(Tier::Quorum);
		agree(id, right());
		assert_eq!(OpenSeats::<Test>::get().len(), 13);
		run_blocks(WINDOW + 1);
		assert!(state(id).is_final());
		assert!(OpenSeats::<Test>::get().is_empty());

		// A request that fails releases its seats, too.
		let id = drawn(Tier::Quorum);
		fall_silent(id);
		run_draw(Tier::Quorum);
		fall_silent(id);
		assert!(failure(id).is_some());
		assert!(OpenSeats::<Test>::get().is_empty());
	});
}

#[test]
fn executors_should_be_in_dispute_until_the_verdict() {
	run(|| {
		let ends: [fn(RequestId); 2] = [
			|id| {
				decide(id, right());
			},
			|id| {
				adjourn(id);
			},
		];
		for end in ends {
			let id = challenged(Tier::Quorum, right(), &wrong());
			let (who, other) = (members(id, 0)[0], 1_000_000);
			assert!(Inference::in_dispute(&who) && Inference::has_seats(&who));
			assert!(!Inference::in_dispute(&other) && !Inference::has_seats(&other));
			end(id);
			assert!(!Inference::in_dispute(&who) && !Inference::has_seats(&who));
		}
		let id = attested(Tier::Quorum, right());
		let who = members(id, 0)[0];
		assert!(Inference::has_seats(&who) && !Inference::in_dispute(&who));
	});
}

#[test]
fn executors_without_reserve_should_be_skipped_and_others_drawn() {
	run(|| {
		ExecutorCount::set(&9);
		OwnStake::set(&own_stake_for(2));
		// The last three have lost their own stake. Delegators still have the pool.
		(7..=9).for_each(|who| Charged::insert(who, OwnStake::get()));
		let capacity = Inference::capacity(MODEL);
		assert_eq!((capacity.offered, capacity.free, capacity.executors), (9_000, 6_000, 6));
		for _ in 0..8 {
			let id = drawn(Tier::Quorum);
			assert!(members(id, 0).iter().all(|who| *who < 7), "{:?}", members(id, 0));
			agree(id, right());
			run_blocks(WINDOW);
			assert!(state(id).is_final());
		}
	});
}

#[test]
fn request_should_be_congested_when_the_executors_have_no_reserve_left() {
	run(|| {
		ExecutorCount::set(&3);
		OwnStake::set(&own_stake_for(2));
		for _ in 0..2 {
			agree(drawn(Tier::Quorum), right());
		}
		assert!((1..=3).all(|who| reserved(who) == 2 * SEAT_RESERVE));
		// Their slots are free, and they are full until the requests are settled.
		assert!((1..=3).all(|who| open_seats(who) == 0));
		let capacity = Inference::capacity(MODEL);
		assert_eq!((capacity.offered, capacity.free), (3_000, 0));
		let call = || request_call(Tier::Quorum);
		assert_noop!(dispatch(REQUESTER, call()), Error::<Test>::Congested);
		run_blocks(WINDOW);
		assert!(OpenSeats::<Test>::get().is_empty());
		assert_ok!(dispatch(REQUESTER, call()));
	});
}

/// First rounds leave a quarter of the reserve, whatever is ordered.
#[test]
fn second_rounds_and_audits_should_not_be_crowded_out() {
	run(|| {
		ExecutorCount::set(&10);
		OwnStake::set(&own_stake_for(6));
		let mut ids = Vec::new();
		while dispatch(REQUESTER, request_call(Tier::Quorum)).is_ok() {
			ids.push(NextRequestId::<Test>::get() - 1);
			FuelPrice::<Test>::put(MIN_PRICE);
			run_draw(Tier::Quorum);
		}
		assert!(ids.len() > 10);
		let limit = 6 * SEAT_RESERVE;
		assert!((1..=10).filter(|who| reserved(*who) == limit).count() >= 4, "they are full");
		let silent = ids[0];
		fall_silent(silent);
		run_draw(Tier::Quorum);
		assert_eq!(assigned_round(silent), Some(tiers::SECOND));
		assert_eq!(members(silent, tiers::SECOND).len(), 7, "all others, the full ones included");
		assert!((1..=10).any(|who| reserved(who) > limit));
		// And so audits.
		let audited = ids[1];
		agree(audited, right());
		assert_ok!(dispatch(OTHER_REQUESTER, Call::audit { request: audited }));
		run_draw(Tier::Quorum);
		assert_eq!(assigned_round(audited), Some(tiers::AUDIT));
	});
}

#[test]
fn challenge_should_reserve_up_to_nine_tenths_of_the_own_stake() {
	run(|| {
		OwnStake::set(&1_000);
		let reserve = |who, amount| Inference::reserve(&who, amount).map_err(DispatchError::from);
		assert_ok!(reserve(1, 600));
		assert_eq!(reserve(1, 301), Err(Error::<Test>::NoReserve.into()));
		assert_eq!(reserve(EXECUTORS + 1, 1), Err(Error::<Test>::NoReserve.into()));
		assert_ok!(reserve(1, 300));
		assert_eq!(reserved(1), 900);
		Inference::unreserve(&1, 600);
		assert_eq!(reserved(1), 300);
		Inference::unreserve(&1, 300);
		assert!(OpenSeats::<Test>::get().is_empty());
	});
}

/// Courts cost hundreds of times what a lie lost, so that one small pool could make the network work
/// for nothing.
#[test]
fn a_thousand_courts_should_be_paid_by_the_pool_that_dissents_in_all_of_them() {
	run(|| {
		const SEATS: Balance = 1_000;
		const LIAR: u64 = 1;
		ExecutorCount::set(&3);
		SlotsEach::set(&1_100);
		OwnStake::set(&own_stake_for(SEATS));
		let rich = |who: u64, amount| Balances::mint_into(&who, amount).unwrap();
		rich(pool(LIAR), OwnStake::get() - POOL);
		rich(REQUESTER, 1_000 * FUNDS);
		let mut ids = Vec::new();
		while ids.len() < SEATS as usize {
			FuelPrice::<Test>::put(MIN_PRICE);
			ids.extend((0..MAX_AGENDA / 2).map(|_| request(Tier::Quorum)));
			next_block();
		}
		run_draw(Tier::Quorum);
		assert_eq!(reserved(LIAR), SEATS * SEAT_RESERVE);
		// Its own stake carries no more.
		assert_eq!(Inference::capacity(MODEL).executors, 0);

		ids.iter().for_each(|id| dissent_of(LIAR, *id));
		assert_eq!(load(LIAR).disputes, SEATS as u32);
		let (before, issued) = (pot(), Balances::total_issuance());
		let max = <Inference as OnCourtDecided<u64>>::max_court_decided_weight();
		for id in &ids {
			assert!(decide(*id, right()).all_lte(max));
			assert!(matches!(state(*id), RequestState::Settled { .. }));
		}
		assert!(VALIDATORS.iter().all(|who| balance(*who) == FUNDS + SEATS * COURT_PAY));
		assert!(pot() >= before, "the pot pays nothing for it");
		assert!(Balances::total_issuance() < issued);
		assert!(OpenSeats::<Test>::get().is_empty());
		// The next court is no worse off.
		FuelPrice::<Test>::put(MIN_PRICE);
		let id = drawn(Tier::Quorum);
		dissent_of(2, id);
		decide(id, right());
		assert!(VALIDATORS.iter().all(|who| balance(*who) == FUNDS + (SEATS + 1) * COURT_PAY));
	});
}

/// Operator with little own stake and much delegated, a challenger and a third of the validators: all
/// of them one account.
fn wealth() -> Balance {
	own(1) + balance(CHALLENGER) + balance(VALIDATORS[0])
}

fn run_with_delegators(test: impl FnOnce()) {
	run(|| {
		ExecutorCount::set(&1);
		OwnStake::set(&20_000);
		Balances::mint_into(&pool(1), 51 * OwnStake::get() - POOL).unwrap();
		test();
	});
}

#[test]
fn operator_that_challenges_itself_should_lose_whatever_its_delegators_lose() {
	run_with_delegators(|| {
		let before = wealth();
		let id = challenged(OPTIMISTIC, wrong(), &right());
		begin_reveals(id);
		assert_ok!(reveal_claim(CHALLENGER, id, &right()));
		decide(id, right());
		let paid_by_delegators = 50 * OwnStake::get() / 10;
		assert!(paid_by_delegators > 20 * COURT_PAY, "enough to pay it, if it could");
		assert!(wealth() + 2 * COURT_PAY < before, "{} of {before}", wealth());
	});
}

#[test]
fn false_challenge_should_lose_with_a_third_of_the_validators() {
	run_with_delegators(|| {
		let before = wealth();
		let id = challenged(OPTIMISTIC, right(), &wrong());
		begin_reveals(id);
		assert_ok!(reveal_claim(CHALLENGER, id, &wrong()));
		let earned = own(1);
		decide(id, right());
		assert_eq!(own(1), earned);
		assert!(wealth() + CHALLENGE_BOND < before);
	});
}

#[test]
fn executor_that_copied_should_pay_the_court_for_the_seed_of_the_audit() {
	run(|| {
		let id = attested(Tier::Quorum, right());
		assert_ok!(dispatch(OTHER_REQUESTER, Call::audit { request: id }));
		run_draw(Tier::Quorum);
		let copier = members(id, tiers::AUDIT)[1];
		// The case is opened for this seed, as the fake of the court checks.
		Doubted::set(&Some((copier, H256::repeat_byte(3))));
		let answers = [right()];
		dissent(id, &answers);
		decide(id, right());
		assert_eq!(balance(pool(copier)), POOL - 3 * COURT_PAY, "not convicted, and not paid");
		assert_eq!(VALIDATORS.map(balance), [FUNDS + COURT_PAY; 3]);
		let RequestState::Settled { paid, .. } = state(id) else { panic!("it is settled") };
		assert!(paid.iter().all(|(who, _)| *who != copier));
	});
}
