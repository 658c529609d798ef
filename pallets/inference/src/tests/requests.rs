//! Requests and their escrow: acceptance, refusal, cancellation.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo, weights::Weight};
use opg_primitives::{input_hash, Balance, FailureReason, ModelId, TaskInput, Tier};
use pallet_opg_support::TaskSource;
use sp_core::H256;
use sp_runtime::{traits::Dispatchable, DispatchResult, TokenError};

/// Escrow of a quorum at the lowest price: three executors, a quarter of their pay burned, five
/// percent, two percent of an audit of three, the royalty.
const ESCROW: Balance = 3 * MAX_PAY + 3 * MAX_PAY / 4 + 3 * MAX_PAY / 20 + 3 * MAX_PAY / 50 + 100;

fn call(model: ModelId, tier: Tier, max_fee: Balance, max_royalty: Balance) -> Call<Test> {
	Call::request {
		model,
		input: input(),
		tier,
		max_fee,
		max_royalty,
		reference: H256::repeat_byte(9),
		deadline: None,
		fuel_limit: None,
	}
}

fn try_request(who: u64, tier: Tier, max_fee: Balance) -> DispatchResult {
	dispatch(who, call(MODEL, tier, max_fee, Balance::MAX))
}

#[test]
fn request_should_hold_escrow_and_deposit_when_it_is_accepted() {
	run(|| {
		let id = request(Tier::Quorum);

		assert_eq!(on_hold(HoldReason::Request, REQUESTER), ESCROW + DEPOSIT);
		let most = ESCROW + 3 * SEAT_FEE;
		assert_eq!(Inference::estimate(MODEL, Tier::Quorum, None, None), Some(most));
		assert_eq!((balance(REQUESTER), burned()), (FUNDS - 3 * SEAT_FEE, 3 * SEAT_FEE));
		let stored = stored(id);
		assert_eq!((stored.escrow, stored.deposit), (ESCROW, DEPOSIT));
		assert_eq!(stored.input_hash, input_hash(&input()));
		assert_eq!((stored.requested_at, stored.drawn_at), (1, None));
		let waiting = CommitteeStatus::Waiting { round: 0, since: 1, session: Session::get() };
		assert_eq!(stored.state, RequestState::Open(waiting));
		let requested = Event::Requested {
			request: id,
			requester: REQUESTER,
			model: MODEL,
			tier: Tier::Quorum,
			escrow: ESCROW,
			reference: H256::repeat_byte(9),
		};
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
		assert_eq!(task.input, TaskInput::Inline(input().into_inner()));
		assert_eq!((task.model_hash, task.engine_id), (version.model_hash, version.engine_id));
		assert_eq!((task.dims, task.limits), (version.dims, LIMITS));
		assert_eq!(Inference::task(id + 1), None);

		assert_ok!(Inference::cancel(signed(REQUESTER), id));
		run_blocks(LIFETIME);
		assert_eq!(Inference::task(id), None);
	});
}

#[test]
fn request_should_be_refused_when_it_would_cost_more_than_max_fee() {
	run(|| {
		let most = ESCROW + 3 * SEAT_FEE;
		assert_noop!(try_request(REQUESTER, Tier::Quorum, most - 1), Error::<Test>::MaxFeeTooLow);
		assert_ok!(try_request(REQUESTER, Tier::Quorum, most));
	});
}

#[test]
fn request_should_be_refused_when_the_royalty_is_more_than_max_royalty() {
	run(|| {
		let request =
			|max_royalty| dispatch(REQUESTER, call(MODEL, Tier::Quorum, Balance::MAX, max_royalty));
		assert_noop!(request(99), Error::<Test>::RoyaltyAboveMax);
		assert_ok!(request(100));
	});
}

#[test]
fn request_should_be_refused_when_the_model_takes_none() {
	run(|| {
		for (model, error) in
			[(UNKNOWN, Error::<Test>::UnknownModel), (RETIRED, Error::EngineNotValid)]
		{
			let request = call(model, Tier::Quorum, Balance::MAX, Balance::MAX);
			assert_noop!(dispatch(REQUESTER, request), error);
			assert_eq!(Inference::estimate(model, Tier::Quorum, None, None), None);
		}
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
fn request_should_be_refused_when_this_block_left_work_for_later() {
	run(|| {
		PostponedAt::<Test>::put(block());
		assert_noop!(try_request(REQUESTER, Tier::Quorum, Balance::MAX), Error::<Test>::Congested);
		next_block();
		assert_ok!(try_request(REQUESTER, Tier::Quorum, Balance::MAX));
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
		let call = call(MODEL, Tier::Optimistic, Balance::MAX, Balance::MAX);
		let declared = call.get_dispatch_info().call_weight;
		let fixed = <Test as Config>::WeightInfo::request(3);
		assert_eq!(declared, Inference::max_request_weight(3));

		let done = RuntimeCall::Inference(call).dispatch(signed(REQUESTER)).unwrap();
		let actual: Weight = done.actual_weight.unwrap();
		// All executors serve the model, ten are in the snapshot.
		let context = <Test as Config>::WeightInfo::snapshot(10) * 2
			+ <Test as Config>::WeightInfo::sampler(EXECUTORS as u32)
			+ <Test as Config>::WeightInfo::open_seats(0)
			+ <Test as Config>::WeightInfo::capacity(10);
		assert_eq!(actual, fixed + context);
		assert!(actual.all_lte(declared) && actual.ref_time() < declared.ref_time());
	});
}

#[test]
fn request_should_pay_for_no_more_than_the_one_before_has_not_paid_for() {
	run(|| {
		let database = <Test as frame_system::Config>::DbWeight::get();
		let fixed = <Test as Config>::WeightInfo::request(3);
		let weight = |who| {
			let call = call(MODEL, Tier::Quorum, Balance::MAX, Balance::MAX);
			let done = RuntimeCall::Inference(call).dispatch(signed(who)).unwrap();
			done.actual_weight.unwrap()
		};
		assert!(weight(REQUESTER).all_gte(fixed), "it looks for free slots");
		assert_eq!(weight(REQUESTER), fixed - database.reads_writes(4, 1));
		assert_eq!(weight(OTHER_REQUESTER), fixed - database.reads(3));
		next_block();
		assert!(weight(OTHER_REQUESTER).all_gte(fixed));
	});
}

/// A request relies on what the one before found, up to the seats for which that looked.
#[test]
fn request_should_be_congested_when_the_ones_before_in_its_block_take_the_slots() {
	run(|| {
		ExecutorCount::set(&36);
		SlotsEach::set(&2);
		let tiers = [[Tier::High; 8], [Tier::Quorum; 8]].concat();
		let taken = tiers.into_iter().take_while(|tier| {
			let is_enough = Inference::capacity(MODEL).is_enough();
			let is_taken = try_request(REQUESTER, *tier, Balance::MAX).is_ok();
			assert_eq!(is_taken, is_enough, "{}", PendingSeats::<Test>::get(MODEL));
			is_taken
		});
		// With 72 seats or more nobody has a free slot.
		assert_eq!(taken.count(), 8 + 6);
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
		// The seats were ordered: their fee is not returned.
		assert_eq!(balance(REQUESTER), FUNDS - 10 * SEAT_FEE);
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
