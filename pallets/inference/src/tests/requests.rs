//! Requests and their escrow: acceptance, refusal, cancellation.

use crate::{draw::DrawContext, mock::*, *};
use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo, weights::Weight};
use opg_primitives::{input_hash, Balance, FailureReason, Tier};
use pallet_opg_support::TaskSource;
use sp_runtime::{DispatchResult, TokenError};

/// Escrow of a quorum at the lowest price: three executors, five percent, two percent of a jury of
/// seven, the royalty.
const ESCROW: Balance = 3 * MAX_PAY + 3 * MAX_PAY / 20 + 7 * MAX_PAY / 50 + 100;

fn try_request(who: u64, tier: Tier, max_fee: Balance) -> DispatchResult {
	dispatch(who, Call::request { model: MODEL, input: input(), tier, max_fee })
}

#[test]
fn request_should_hold_escrow_and_deposit_when_it_is_accepted() {
	run(|| {
		let id = request(Tier::Quorum);

		assert_eq!(on_hold(HoldReason::Request, REQUESTER), ESCROW + DEPOSIT);
		assert_eq!(Inference::estimate(MODEL, Tier::Quorum, None), Some(ESCROW));
		let stored = stored(id);
		assert_eq!((stored.escrow, stored.deposit), (ESCROW, DEPOSIT));
		assert_eq!(stored.input_hash, input_hash(&input()));
		assert_eq!((stored.requested_at, stored.drawn_at), (1, None));
		let waiting = CommitteeStatus::Waiting { round: 0, since: 1 };
		assert_eq!(stored.state, RequestState::Open(waiting));
		let (tier, escrow) = (Tier::Quorum, ESCROW);
		let requested =
			Event::Requested { request: id, requester: REQUESTER, model: MODEL, tier, escrow };
		assert_eq!(events(), [requested]);
		assert_eq!(FuelOrdered::<Test>::get(), 3 * FUEL_LIMIT);
		assert_eq!(NextRequestId::<Test>::get(), id + 1);
	});
}

#[test]
fn request_should_offer_its_task_until_it_is_pruned() {
	run(|| {
		let id = request(Tier::Quorum);
		let task = Inference::task(id).unwrap();
		let version = stored(id).version;
		assert_eq!(task.input, input().into_inner());
		assert_eq!((task.model_hash, task.engine_id), (version.model_hash, version.engine_id));
		assert_eq!((task.dims, task.fuel_limit), (version.dims, FUEL_LIMIT));
		assert_eq!(Inference::task(id + 1), None);

		assert_ok!(Inference::cancel(signed(REQUESTER), id));
		run_blocks(LIFETIME);
		assert_eq!(Inference::task(id), None);
	});
}

#[test]
fn request_should_be_refused_when_the_escrow_is_more_than_max_fee() {
	run(|| {
		assert_noop!(try_request(REQUESTER, Tier::Quorum, ESCROW - 1), Error::<Test>::MaxFeeTooLow);
		assert_ok!(try_request(REQUESTER, Tier::Quorum, ESCROW));
	});
}

#[test]
fn request_should_be_refused_when_the_model_takes_none() {
	run(|| {
		for (model, error) in
			[(UNKNOWN, Error::<Test>::UnknownModel), (RETIRED, Error::EngineNotValid)]
		{
			let (tier, max_fee) = (Tier::Quorum, Balance::MAX);
			assert_noop!(
				dispatch(REQUESTER, Call::request { model, input: input(), tier, max_fee }),
				error
			);
			assert_eq!(Inference::estimate(model, tier, None), None);
		}
	});
}

#[test]
fn request_should_be_refused_when_slashing_is_paused() {
	run(|| {
		SlashingPaused::set(&true);
		assert_noop!(try_request(REQUESTER, Tier::Quorum, Balance::MAX), Error::<Test>::Paused);
	});
}

#[test]
fn request_should_be_refused_when_too_few_executors_can_be_drawn() {
	run(|| {
		ExecutorCount::set(&3);
		assert_eq!(Inference::eligible(MODEL, &[]), 3);
		// An executor is not drawn for its own request.
		assert_noop!(try_request(2, Tier::Quorum, Balance::MAX), Error::<Test>::NotEnoughExecutors);
		assert_ok!(try_request(REQUESTER, Tier::Quorum, Balance::MAX));
		FirstServing::set(&2);
		assert_noop!(
			try_request(REQUESTER, Tier::Quorum, Balance::MAX),
			Error::<Test>::NotEnoughExecutors
		);
		assert_ok!(try_request(REQUESTER, Tier::Optimistic, Balance::MAX));
		ExecutorCount::set(&EXECUTORS);
	});
}

#[test]
fn request_should_be_refused_when_the_requester_cannot_pay() {
	run(|| {
		assert_noop!(try_request(POOR, Tier::Quorum, Balance::MAX), TokenError::FundsUnavailable);
	});
}

#[test]
fn request_should_be_refused_when_this_block_postponed_actions() {
	run(|| {
		PostponedAt::<Test>::put(now());
		assert_noop!(try_request(REQUESTER, Tier::Quorum, Balance::MAX), Error::<Test>::Congested);
		next_block();
		assert_ok!(try_request(REQUESTER, Tier::Quorum, Balance::MAX));
	});
}

#[test]
fn request_should_be_refused_when_no_agenda_has_room_for_its_draw() {
	run(|| {
		let draw_at = now() + 2;
		fill_agendas(draw_at, SCHEDULE_SEARCH_BLOCKS);
		assert_noop!(try_request(REQUESTER, Tier::Quorum, Balance::MAX), Error::<Test>::Congested);
		// The tier with the longest seed is drawn two blocks later.
		assert_ok!(try_request(REQUESTER, Tier::High, Balance::MAX));
	});
}

#[test]
fn request_should_be_refused_when_no_agenda_has_room_for_its_pruning() {
	run(|| {
		fill_agendas(now() + u64::from(LIFETIME), SCHEDULE_SEARCH_BLOCKS);
		assert_noop!(try_request(REQUESTER, Tier::Quorum, Balance::MAX), Error::<Test>::Congested);
	});
}

#[test]
fn request_should_be_refused_when_numbers_are_used_up() {
	run(|| {
		NextRequestId::<Test>::put(u64::MAX);
		assert_noop!(try_request(REQUESTER, Tier::Quorum, Balance::MAX), Error::<Test>::Overflow);
	});
}

#[test]
fn request_should_keep_version_and_price_when_they_change_later() {
	run(|| {
		let id = request(Tier::Quorum);
		Royalty::set(&5_000);
		FuelPrice::<Test>::put(500);
		assert_eq!(stored(id).version.royalty, 100);
		assert_eq!(stored(id).price, MIN_PRICE);
		let second = request(Tier::Quorum);
		assert_eq!((stored(second).version.royalty, stored(second).price), (5_000, 500));
	});
}

#[test]
fn request_should_give_back_weight_when_there_are_few_executors() {
	run(|| {
		ExecutorCount::set(&10);
		FirstServing::set(&51);
		let (tier, max_fee) = (Tier::Optimistic, Balance::MAX);
		let call = Call::<Test>::request { model: MODEL, input: input(), tier, max_fee };
		let declared = call.get_dispatch_info().call_weight;
		let fixed = <Test as Config>::WeightInfo::request(3);
		assert_eq!(declared, fixed + DrawContext::<Test>::max_weight());

		FirstServing::set(&1);
		let actual = Inference::request(signed(REQUESTER), MODEL, input(), tier, max_fee);
		let actual: Weight = actual.unwrap().actual_weight.unwrap();
		// All executors serve the model, ten are in the snapshot.
		let context = <Test as Config>::WeightInfo::snapshot(10)
			+ <Test as Config>::WeightInfo::sampler(EXECUTORS as u32);
		assert_eq!(actual, fixed + context);
		assert!(actual.all_lte(declared) && actual.ref_time() < declared.ref_time());
		ExecutorCount::set(&EXECUTORS);
	});
}

#[test]
fn cancel_should_return_the_escrow_when_it_is_in_the_block_of_the_request() {
	run(|| {
		let kept = request(Tier::Quorum);
		let id = request(Tier::High);
		let held = on_hold(HoldReason::Request, REQUESTER);
		let escrow = stored(id).escrow;

		assert_ok!(Inference::cancel(signed(REQUESTER), id));

		assert_eq!(failure(id), Some(FailureReason::Cancelled));
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), held - escrow);
		assert_eq!((stored(id).escrow, stored(id).deposit), (0, DEPOSIT));
		// The price of fuel does not move for what was taken back.
		assert_eq!(FuelOrdered::<Test>::get(), 3 * FUEL_LIMIT);
		// Its draw finds nothing to do.
		run_blocks(5);
		assert!(members(id, 0).is_empty());
		assert_eq!(assigned_round(kept), Some(0));
	});
}

#[test]
fn cancel_should_be_refused_when_the_draw_has_begun() {
	run(|| {
		let id = request(Tier::Quorum);
		next_block();
		assert_noop!(Inference::cancel(signed(REQUESTER), id), Error::<Test>::NotCancellable);
		next_block();
		assert_eq!(assigned_round(id), Some(0));
		assert_noop!(Inference::cancel(signed(REQUESTER), id), Error::<Test>::NotCancellable);
	});
}

#[test]
fn cancel_should_be_refused_when_it_is_not_the_requesters_or_repeated() {
	run(|| {
		let id = request(Tier::Quorum);
		assert_noop!(Inference::cancel(signed(REQUESTER), id + 1), Error::<Test>::UnknownRequest);
		assert_noop!(Inference::cancel(signed(OTHER_REQUESTER), id), Error::<Test>::NotRequester);
		assert_ok!(Inference::cancel(signed(REQUESTER), id));
		assert_noop!(Inference::cancel(signed(REQUESTER), id), Error::<Test>::NotCancellable);
	});
}
