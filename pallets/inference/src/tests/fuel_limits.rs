//! Fuel limits of requests: what follows from one, and which are refused.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use opg_primitives::{Answer, Balance, Fuel, ModelError, Outcome, Tier, VersionLimits};
use pallet_opg_support::TaskSource;
use sp_runtime::DispatchResult;

/// A quarter of the version's.
const LIMIT: Fuel = FUEL_LIMIT / 4;
/// Pay of one executor for all of it.
const MOST: Balance = MAX_PAY / 4;
/// Least limit that a request can have: a sixteenth of the version's, rounded up.
const LEAST: Fuel = FUEL_LIMIT.div_ceil(16);
/// Pay of one validator in the court.
const OWN_COURT_PAY: Balance = COURT_PAY - (FUEL_LIMIT - LIMIT) as Balance * MIN_PRICE / 10;

/// Escrow and seat fees of a quorum whose executors earn `pay`, of `most` for the whole limit.
fn fee_of(pay: Balance, most: Balance) -> Balance {
	3 * pay + 3 * most / 4 + 3 * pay / 20 + 3 * pay / 50 + 100 + 3 * SEAT_FEE
}

fn ask(limit: Option<Fuel>, max_fee: Balance) -> DispatchResult {
	let mut call = request_call(Tier::Quorum);
	let Call::request { fuel_limit, max_fee: most, .. } = &mut call else { unreachable!() };
	(*fuel_limit, *most) = (limit, max_fee);
	dispatch(REQUESTER, call)
}

fn out_of_fuel(fuel: Fuel) -> Answer {
	Answer { outcome: Outcome::Error(ModelError::OutOfFuel), fuel }
}

#[test]
fn escrow_and_reserve_should_follow_from_the_limit_of_the_request() {
	run(|| {
		let id = request_within(Tier::Quorum, LIMIT);
		let request = stored(id);
		let limits = VersionLimits { fuel: LIMIT, ..LIMITS };
		assert_eq!(request.version.limits, limits);
		assert_eq!(Inference::task(id).unwrap().limits, limits);
		let most = fee_of(MOST, MOST);
		assert_eq!(request.escrow, most - 3 * SEAT_FEE);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), request.escrow + DEPOSIT);
		let estimate = |fuel, limit| Inference::estimate(MODEL, Tier::Quorum, fuel, limit);
		assert_eq!(estimate(None, Some(LIMIT)), Some(most));
		assert_eq!(Inference::estimate_at_most(MODEL, Tier::Quorum, 0, Some(LIMIT)), Some(most));
		let dearer = Inference::estimate_at_most(MODEL, Tier::Quorum, 3, Some(LIMIT)).unwrap();
		assert!(dearer > most && dearer < estimate(None, None).unwrap());
		// No answer takes more.
		assert_eq!(estimate(Some(FUEL_LIMIT), Some(LIMIT)), Some(most));
		assert_eq!(estimate(None, Some(FUEL_LIMIT)), estimate(None, None));
		assert_eq!(FuelOrdered::<Test>::get(), 3 * LIMIT);
		assert_eq!(request.seat_reserve, 3 * OWN_COURT_PAY + MOST);
		assert_eq!(Inference::bond(&request), Some(3 * OWN_COURT_PAY + CHALLENGE_BOND));
		assert_eq!(Inference::audit_price(&request), Some(3 * MOST));
		run_draw(Tier::Quorum);
		assert_eq!(RoundFuel::get(), LIMIT);
		assert!(members(id, 0).iter().all(|who| load(*who).reserved == request.seat_reserve));
		// The version is as it was for others.
		let other = request_of(OTHER_REQUESTER, Tier::Quorum);
		assert_eq!(stored(other).version.limits, LIMITS);
	});
}

#[test]
fn limit_should_be_refused_when_it_is_below_a_sixteenth_or_above_the_version() {
	run(|| {
		for (limit, error) in [
			(0, Error::<Test>::FuelLimitTooLow),
			(LEAST - 1, Error::FuelLimitTooLow),
			(FUEL_LIMIT + 1, Error::FuelLimitTooHigh),
			(Fuel::MAX, Error::FuelLimitTooHigh),
		] {
			assert_noop!(ask(Some(limit), Balance::MAX), error);
			assert_eq!(Inference::estimate(MODEL, Tier::Quorum, None, Some(limit)), None);
			let most = Inference::estimate_at_most(MODEL, Tier::Quorum, 1, Some(limit));
			assert_eq!(most, None);
		}
		for limit in [LEAST, FUEL_LIMIT] {
			assert_ok!(ask(Some(limit), Balance::MAX));
		}
		Limits::set(&LARGE);
		let mut call = request_stored_call(Tier::Quorum);
		let Call::request_stored { fuel_limit, .. } = &mut call else { unreachable!() };
		*fuel_limit = Some(LEAST - 1);
		assert_noop!(dispatch(REQUESTER, call.clone()), Error::<Test>::FuelLimitTooLow);
		let Call::request_stored { fuel_limit, .. } = &mut call else { unreachable!() };
		*fuel_limit = Some(LIMIT);
		let id = NextRequestId::<Test>::get();
		assert_ok!(dispatch(REQUESTER, call));
		assert_eq!(stored(id).version.limits, VersionLimits { fuel: LIMIT, ..LARGE });
	});
}

#[test]
fn max_fee_should_be_compared_with_what_the_request_costs_within_its_own_limit() {
	run(|| {
		let most = fee_of(MOST, MOST);
		assert_noop!(ask(None, most), Error::<Test>::MaxFeeTooLow);
		assert_noop!(ask(Some(LIMIT), most - 1), Error::<Test>::MaxFeeTooLow);
		assert_ok!(ask(Some(LIMIT), most));
	});
}

#[test]
fn answer_should_be_charged_for_the_fuel_that_it_took_and_the_rest_come_back() {
	run(|| {
		let id = request_within(Tier::Quorum, LIMIT);
		run_draw(Tier::Quorum);
		agree(id, answer(LIMIT / 2));
		run_blocks(WINDOW);
		let RequestState::Settled { paid, fee, .. } = state(id) else { panic!("it is settled") };
		assert_eq!(fee, fee_of(MOST / 2, MOST));
		assert_eq!(
			Some(fee),
			Inference::estimate(MODEL, Tier::Quorum, Some(LIMIT / 2), Some(LIMIT))
		);
		assert!(paid.iter().all(|(_, pay)| *pay == MOST / 2));
		assert_eq!((balance(REQUESTER), on_hold(HoldReason::Request, REQUESTER)), (FUNDS - fee, 0));
		// A fifth of the price of the request's limit is burned, and not of the version's.
		assert_eq!(burned(), 3 * MOST / 4 + 3 * SEAT_FEE);
	});
}

#[test]
fn answer_that_is_out_of_fuel_should_settle_as_any_other() {
	run(|| {
		let id = request_within(Tier::Quorum, LIMIT);
		run_draw(Tier::Quorum);
		agree(id, out_of_fuel(LIMIT));
		run_blocks(WINDOW);
		let RequestState::Settled { answer, paid, fee, .. } = state(id) else {
			panic!("it is settled")
		};
		assert_eq!((answer, fee), (out_of_fuel(LIMIT), fee_of(MOST, MOST)));
		assert!(paid.iter().all(|(_, pay)| *pay == MOST));
		assert_eq!(balance(REQUESTER), FUNDS - fee);
	});
}

#[test]
fn windows_should_be_those_of_the_limit_of_the_request() {
	run(|| {
		// A version whose run takes sixteen times as much, and whose loading does not.
		Limits::set(&VersionLimits { fuel: 16 * FUEL_LIMIT, ..LIMITS });
		for (limit, commit, window) in [(FUEL_LIMIT, 2, WINDOW), (4 * FUEL_LIMIT, 8, 16)] {
			let id = request_within(Tier::Quorum, limit);
			run_draw(Tier::Quorum);
			assert_eq!(CommitBlocks::get(), commit, "{limit}");
			agree(id, answer(limit));
			run_blocks(window - 1);
			assert!(matches!(state(id), RequestState::Attested { .. }), "{limit}");
			next_block();
			assert!(matches!(state(id), RequestState::Settled { .. }), "{limit}");
		}
	});
}

#[test]
fn audit_should_be_paid_within_the_limit_of_the_request() {
	run(|| {
		let id = request_within(Tier::Quorum, LIMIT);
		run_draw(Tier::Quorum);
		agree(id, answer(LIMIT));
		assert_ok!(dispatch(OTHER_REQUESTER, Call::audit { request: id }));
		assert_eq!(on_hold(HoldReason::Audit, OTHER_REQUESTER), 3 * MOST);
		run_draw(Tier::Quorum);
		assert_eq!((assigned_round(id), RoundFuel::get()), (Some(tiers::AUDIT), LIMIT));
		agree(id, answer(LIMIT));
		run_blocks(WINDOW);
		assert!(matches!(state(id), RequestState::Settled { .. }));
		assert_eq!(balance(OTHER_REQUESTER), FUNDS - 3 * MOST - 3 * SEAT_FEE);
	});
}

#[test]
fn court_should_be_paid_for_the_limit_of_the_request() {
	run(|| {
		let right = answer(LIMIT);
		let id = request_within(Tier::Quorum, LIMIT);
		run_draw(Tier::Quorum);
		agree(id, right.clone());
		assert_ok!(challenge_by(CHALLENGER, id, &wrong()));
		let bond = 3 * OWN_COURT_PAY + CHALLENGE_BOND;
		assert_eq!(on_hold(HoldReason::Challenge, CHALLENGER), bond);
		decide(id, right);
		assert!(matches!(state(id), RequestState::Settled { .. }));
		assert!(VALIDATORS.iter().all(|who| balance(*who) == FUNDS + OWN_COURT_PAY));
	});
}

#[test]
fn request_should_be_congested_when_one_with_a_lower_limit_had_room_in_the_same_block() {
	run(|| {
		// First rounds can reserve for three seats of the lower limit each, and for none of the version's.
		let own = 3 * (3 * OWN_COURT_PAY + MOST);
		assert!(own < SEAT_RESERVE);
		OwnStake::set(&((own * 40).div_ceil(27) + 2));
		assert_noop!(ask(None, Balance::MAX), Error::<Test>::Congested);
		assert_ok!(ask(Some(LIMIT), Balance::MAX));
		assert!(LastAdmitted::<Test>::get().unwrap().seats > 6, "there is room for more of these");
		assert_noop!(ask(None, Balance::MAX), Error::<Test>::Congested);
		assert_ok!(ask(Some(LIMIT), Balance::MAX));
		assert_ok!(ask(Some(LEAST), Balance::MAX));
	});
}
