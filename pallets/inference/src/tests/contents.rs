//! Contents outside of the chain: who is asked to hold them, and who pays.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use opg_primitives::{
	Content, FailureReason, RequestId, TaskInput, Tier, VersionLimits, MAX_INPUT_BYTES,
};
use pallet_opg_support::{OnCourtDecided, OnHeld, TaskSource};
use sp_core::H256;
use sp_runtime::DispatchResult;

/// Request with a stored input, its maximum fee and its deadline changed.
fn ask(change: impl FnOnce(&mut Content, &mut u128, &mut Option<u64>)) -> DispatchResult {
	let mut call = request_stored_call(Tier::Quorum);
	let Call::request_stored { input, max_fee, deadline, .. } = &mut call else { unreachable!() };
	change(input, max_fee, deadline);
	dispatch(REQUESTER, call)
}

/// What a request of this tier burns at inclusion, whose input and output are outside of the chain.
fn fixed_fees(tier: Tier) -> u128 {
	SEAT_FEE * u128::from(tiers::size(tier)) + 2 * CONTENT_FEE
}

/// Runs blocks until a content of so many bytes is not awaited any more.
fn run_hold(bytes: u32) {
	run_blocks(Inference::hold_blocks(bytes));
}

/// Planck that the validators have got.
fn earned() -> [u128; 3] {
	VALIDATORS.map(|who| balance(who) - FUNDS)
}

/// Gives the deposits of all requests back.
fn prune_all() {
	run_blocks(2 * LIFETIME);
	assert_eq!(Requests::<Test>::iter().count(), 0);
	assert_eq!(on_hold(HoldReason::Request, REQUESTER), 0);
	let (convened, dismissed) = PanelCount::get();
	assert_eq!(convened, dismissed, "each panel is dismissed once");
}

#[test]
fn request_should_be_settled_when_its_input_and_output_were_held() {
	run(|| {
		let id = request_stored(Tier::Quorum);
		assert_eq!(state(id), RequestState::Uploading { until: None });
		assert_eq!(Inference::task(id).unwrap().input, TaskInput::Stored(STORED_INPUT));
		assert_eq!(stored(id).input_hash, STORED_INPUT.hash);
		assert!(!OpenPanels::contains_key(id));
		let escrow = stored(id).escrow;
		check();
		next_block();
		let until = now() + u64::from(Inference::hold_blocks(STORED_INPUT.size));
		assert_eq!(state(id), RequestState::Uploading { until: Some(until) });
		let asked = OpenPanels::get(id).unwrap().1;
		assert_eq!(asked, [STORED_INPUT]);
		check();

		hold(id, &VALIDATORS);
		assert!(state(id).waits_for_first_draw());
		check();
		run_draw(Tier::Quorum);
		assert_eq!(assigned_round(id), Some(0));

		let answer = large_answer(FUEL_LIMIT);
		agree(id, answer.clone());
		assert_eq!(state(id), RequestState::Holding { answer: answer.clone(), until: None });
		check();
		next_block();
		assert_eq!(OpenPanels::get(id).unwrap().1, [STORED_INPUT, STORED_OUTPUT]);
		assert!(matches!(state(id), RequestState::Holding { until: Some(_), .. }));
		check();

		hold(id, &VALIDATORS[..2]);
		assert_eq!(state(id), RequestState::Attested { answer: answer.clone(), at: now() });
		check();
		run_blocks(LARGE_WINDOW - 1);
		assert!(matches!(state(id), RequestState::Attested { .. }));
		next_block();
		let RequestState::Settled { answer: settled, fee, .. } = state(id) else {
			panic!("not settled")
		};
		assert_eq!(settled, answer);
		let each = (INPUT_FEE + OUTPUT_FEE) / 2;
		assert_eq!(earned(), [each, each, 0]);
		assert_eq!(balance(REQUESTER), FUNDS - fee);
		assert_eq!(escrow - fee + fixed_fees(Tier::Quorum), MAX_OUTPUT_FEE - OUTPUT_FEE);
		let holders = VALIDATORS[..2].to_vec();
		assert!(events().contains(&Event::StoragePaid { request: id, holders, each }));
		check();
		prune_all();
	});
}

#[test]
fn request_should_fail_and_burn_the_storage_fee_when_its_input_is_withheld() {
	run(|| {
		let id = convened(Tier::Quorum);
		let before = burned();
		assert_eq!(PendingSeats::<Test>::get(MODEL), 0, "it reserves nothing");
		assert_eq!(OpenSeats::<Test>::get().len(), 0);
		run_hold(STORED_INPUT.size);
		assert_eq!(failure(id), Some(FailureReason::InputUnavailable));
		assert_eq!(burned() - before, INPUT_FEE);
		let cost = fixed_fees(Tier::Quorum) + INPUT_FEE;
		assert_eq!(balance(REQUESTER), FUNDS - cost);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
		assert!(events().contains(&Event::StorageBurned { request: id, amount: INPUT_FEE }));
		check();
		next_block();
		assert!(!OpenPanels::contains_key(id));
		assert_eq!(earned(), [0; 3]);
		prune_all();
		assert_eq!(balance(REQUESTER), FUNDS - cost);
	});
}

#[test]
fn request_should_fail_and_pay_for_its_input_when_its_output_is_withheld() {
	run(|| {
		let id = drawn_stored(Tier::Quorum);
		let members = members(id, 0);
		agree(id, large_answer(FUEL_LIMIT));
		next_block();
		let before = burned();
		run_hold(STORED_OUTPUT.size);
		assert_eq!(failure(id), Some(FailureReason::OutputUnavailable));
		assert_eq!(stored(id).escrow, INPUT_FEE, "it is owed to the panel");
		check();
		next_block();
		assert_eq!(earned(), [INPUT_FEE / 3; 3]);
		assert_eq!(balance(REQUESTER), FUNDS - fixed_fees(Tier::Quorum) - INPUT_FEE);
		assert_eq!(burned(), before, "nobody loses anything");
		assert!(members.iter().all(|who| balance(pool(*who)) == POOL && load(*who).seats == 0));
		assert_eq!(OpenSeats::<Test>::get().len(), 0, "no reserve is left");
		prune_all();
	});
}

#[test]
fn output_should_be_held_by_a_new_panel_when_the_input_is_on_the_chain() {
	run(|| {
		Limits::set(&LARGE);
		let id = drawn(Tier::Quorum);
		assert_eq!(PanelCount::get(), (0, 0));
		agree(id, large_answer(FUEL_LIMIT));
		next_block();
		assert_eq!(OpenPanels::get(id).unwrap().1, [STORED_OUTPUT]);
		hold(id, &VALIDATORS);
		run_blocks(LARGE_WINDOW);
		assert!(matches!(state(id), RequestState::Settled { .. }));
		assert_eq!(earned(), [OUTPUT_FEE / 3; 3]);
		prune_all();

		// Withheld: nothing was held, so nothing is paid.
		let id = drawn(Tier::Quorum);
		agree(id, large_answer(FUEL_LIMIT));
		next_block();
		run_hold(STORED_OUTPUT.size);
		assert_eq!(failure(id), Some(FailureReason::OutputUnavailable));
		assert_eq!(stored(id).escrow, 0);
		prune_all();
		assert_eq!(earned(), [OUTPUT_FEE / 3; 3]);
	});
}

#[test]
fn request_should_be_refused_when_its_input_does_not_belong_outside_of_the_chain() {
	run(|| {
		Limits::set(&LARGE);
		let with_size = |size| ask(|input, _, _| input.size = size);
		assert_noop!(with_size(0), Error::<Test>::InputTooShort);
		assert_noop!(with_size(MAX_INPUT_BYTES), Error::<Test>::InputTooShort);
		assert_ok!(with_size(MAX_INPUT_BYTES + 1));
		assert_ok!(with_size(LARGE.input_bytes));
		assert_noop!(with_size(LARGE.input_bytes + 1), Error::<Test>::InputTooLong);
		Limits::set(&VersionLimits { input_bytes: 3, ..LIMITS });
		request(Tier::Quorum);
		Limits::set(&VersionLimits { input_bytes: 2, ..LIMITS });
		let refused = dispatch(REQUESTER, request_call(Tier::Quorum));
		assert_noop!(refused, Error::<Test>::InputTooLong);
	});
}

/// The estimate contains the largest output. The client adds the fee of its input.
#[test]
fn request_should_be_refused_when_the_fee_of_storage_is_above_the_maximum() {
	run(|| {
		let inline = Inference::estimate(MODEL, Tier::Quorum, None, None).unwrap();
		Limits::set(&LARGE);
		let estimate = Inference::estimate(MODEL, Tier::Quorum, None, None).unwrap();
		assert_eq!(estimate, inline + MAX_OUTPUT_FEE + CONTENT_FEE);
		let exact = Inference::estimate(MODEL, Tier::Quorum, Some(FUEL_LIMIT), None).unwrap();
		assert_eq!(exact, inline + CONTENT_FEE);
		assert_eq!(Inference::input_fee(MAX_INPUT_BYTES), 0);
		assert_eq!(Inference::input_fee(STORED_INPUT.size), INPUT_FEE + CONTENT_FEE);
		let most = estimate + Inference::input_fee(STORED_INPUT.size);
		Limits::set(&LARGE);
		let with_max = |most| ask(|_, max_fee, _| *max_fee = most);
		assert_noop!(with_max(most - 1), Error::<Test>::MaxFeeTooLow);
		assert_ok!(with_max(most));
		assert_eq!(stored(0).escrow + fixed_fees(Tier::Quorum), most);
	});
}

#[test]
fn request_should_be_cancelled_at_no_storage_fee_when_no_panel_was_asked() {
	run(|| {
		let ordered = FuelOrdered::<Test>::get();
		let id = request_stored(Tier::Quorum);
		assert_eq!(FuelOrdered::<Test>::get(), ordered, "it counts once its input is held");
		assert_ok!(Inference::cancel(signed(REQUESTER), id));
		assert_eq!(FuelOrdered::<Test>::get(), ordered);
		assert_eq!(failure(id), Some(FailureReason::Cancelled));
		assert_eq!(balance(REQUESTER), FUNDS - fixed_fees(Tier::Quorum));
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
		next_block();
		assert_eq!(PanelCount::get(), (0, 0));

		let id = request_stored(Tier::Quorum);
		next_block();
		assert_noop!(Inference::cancel(signed(REQUESTER), id), Error::<Test>::NotCancellable);
		prune_all();
	});
}

#[test]
fn request_should_lose_nothing_when_no_panel_has_room() {
	run(|| {
		ArePanelsFull::set(&true);
		let id = request_stored(Tier::Quorum);
		next_block();
		assert_eq!(failure(id), Some(FailureReason::Congested));
		assert_eq!(balance(REQUESTER), FUNDS - fixed_fees(Tier::Quorum));
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
		ArePanelsFull::set(&false);
		// The same for an output: what was held is paid.
		let id = drawn_stored(Tier::Quorum);
		agree(id, large_answer(1));
		ArePanelsFull::set(&true);
		next_block();
		assert_eq!(failure(id), Some(FailureReason::Congested));
		next_block();
		assert_eq!(earned(), [INPUT_FEE / 3; 3]);
		prune_all();
	});
}

#[test]
fn request_should_be_refused_or_refunded_when_no_agenda_has_room() {
	run(|| {
		Limits::set(&LARGE);
		fill_agendas(now() + 1, SCHEDULE_SEARCH_BLOCKS);
		let refused = dispatch(REQUESTER, request_stored_call(Tier::Quorum));
		assert_noop!(refused, Error::<Test>::Congested);
		run_blocks(SCHEDULE_SEARCH_BLOCKS);

		let id = request_stored(Tier::Quorum);
		let end = now() + 1 + u64::from(Inference::hold_blocks(STORED_INPUT.size));
		fill_agendas(end, SCHEDULE_SEARCH_BLOCKS);
		next_block();
		assert_eq!(failure(id), Some(FailureReason::Congested));
		assert_eq!(PanelCount::get(), (0, 0));
		run_blocks(2 * SCHEDULE_SEARCH_BLOCKS);

		// The answer finds no room for asking the panel.
		let id = drawn_stored(Tier::Quorum);
		fill_agendas(now() + 1, SCHEDULE_SEARCH_BLOCKS);
		agree(id, large_answer(1));
		assert_eq!(failure(id), Some(FailureReason::Congested));
		assert!(stored(id).has_panel, "nor for its end: the pruning pays it");
		check();
		prune_all();
		assert_eq!(earned(), [INPUT_FEE / 3; 3]);
	});
}

/// An input that is held while no batch of draws has room.
#[test]
fn request_should_be_refunded_when_its_input_is_held_and_draws_have_no_room() {
	run(|| {
		let id = convened(Tier::Quorum);
		let list = (block(), tiers::seed_authors(Tier::Quorum));
		let batch = DrawBatch { queued_at: list.0, authors: list.1, since: list.0, done: 0 };
		DrawBatches::<Test>::try_append(batch).unwrap();
		let others = (1_000..1_000 + u64::from(MAX_AGENDA)).collect::<Vec<_>>();
		Draws::<Test>::insert(list, frame_support::BoundedVec::truncate_from(others));
		hold(id, &VALIDATORS);
		assert_eq!(failure(id), Some(FailureReason::Congested));
		assert_eq!(PendingSeats::<Test>::get(MODEL), 0);
		check();
		next_block();
		assert_eq!(earned(), [INPUT_FEE / 3; 3]);
		prune_all();
	});
}

/// Else a deadline of one block would make it free to have validators wait.
#[test]
fn storage_fee_should_be_burned_when_the_deadline_passes_before_the_input_is_held() {
	run(|| {
		Limits::set(&LARGE);
		let until = now() + 2;
		assert_ok!(ask(|_, _, deadline| *deadline = Some(until)));
		run_blocks(2);
		assert!(matches!(state(0), RequestState::Uploading { until: Some(_) }));
		next_block();
		assert_eq!(failure(0), Some(FailureReason::Expired));
		assert_eq!(balance(REQUESTER), FUNDS - fixed_fees(Tier::Quorum) - INPUT_FEE);
		prune_all();
	});
}

#[test]
fn panel_should_say_nothing_more_when_the_request_goes_on() {
	run(|| {
		let id = drawn_stored(Tier::Quorum);
		let before = stored(id);
		Inference::on_held(id);
		assert_eq!(stored(id), before);
		// The time for its input is over long since.
		run_hold(STORED_INPUT.size);
		assert_eq!(stored(id), before);
		agree(id, large_answer(1));
		let before = stored(id);
		Inference::on_held(id);
		assert_eq!(stored(id), before, "the panel was not asked for the output");
		next_block();
		hold(id, &VALIDATORS);
		run_blocks(LARGE_WINDOW);
		assert!(matches!(state(id), RequestState::Settled { .. }));
		Inference::on_held(id);
		Inference::on_held(id + 1);
		prune_all();
	});
}

#[test]
fn answer_should_not_be_challenged_or_audited_when_its_output_is_not_held() {
	run(|| {
		let id = drawn_stored(Tier::Quorum);
		agree(id, large_answer(1));
		for _ in 0..2 {
			let seed = stored(id).seed.unwrap();
			let digest = large_answer(1).digest();
			let challenge = Call::challenge { request: id, seed, digest, claim: H256::zero() };
			assert_noop!(dispatch(CHALLENGER, challenge), Error::<Test>::NotChallengeable);
			let audit = Call::audit { request: id };
			assert_noop!(dispatch(CHALLENGER, audit), Error::<Test>::NotAuditable);
			next_block();
		}
		hold(id, &VALIDATORS);
		assert_ok!(challenge_by(CHALLENGER, id, &answer(1)));
	});
}

#[test]
fn court_should_settle_an_answer_whose_output_no_panel_holds() {
	run(|| {
		let id = drawn_stored(Tier::Quorum);
		dissent(id, &[large_answer(1), answer(2)]);
		assert!(matches!(state(id), RequestState::Court { .. }));
		check();
		decide(id, large_answer(1));
		assert!(matches!(state(id), RequestState::Settled { .. }));
		let pay = earned().map(|earned| earned - COURT_PAY - INPUT_COURT_PAY);
		assert_eq!(pay, [INPUT_FEE / 3; 3], "nobody held the output");
		prune_all();
	});
}

#[test]
fn panel_should_be_paid_for_what_it_held_when_the_court_does_not_decide() {
	run(|| {
		let id = drawn_stored(Tier::Quorum);
		agree(id, large_answer(1));
		next_block();
		hold(id, &VALIDATORS);
		assert_ok!(challenge_by(CHALLENGER, id, &answer(1)));
		assert_eq!(Inference::court_terms(id).0.bytes, u64::from(MODEL_BYTES + STORED_INPUT.size));
		adjourn(id);
		assert_eq!(failure(id), Some(FailureReason::Undecided));
		assert_eq!(stored(id).escrow, INPUT_FEE + OUTPUT_FEE);
		next_block();
		assert_eq!(earned(), [(INPUT_FEE + OUTPUT_FEE) / 3; 3]);
		prune_all();
	});
}

#[test]
fn bond_and_reserve_should_count_the_input_that_a_court_fetches() {
	run(|| {
		let id = request_stored(Tier::Quorum);
		let inline = request(Tier::Quorum);
		let court = 3 * INPUT_COURT_PAY;
		assert_eq!(stored(id).seat_reserve, stored(inline).seat_reserve + court);
		let bond = |id| Inference::bond(&stored(id)).unwrap();
		assert_eq!(bond(id), bond(inline) + court);
	});
}

#[test]
fn contents_should_be_those_that_an_open_request_names() {
	run(|| {
		let contents = |id: RequestId| Inference::contents_of(id).collect::<Vec<_>>();
		let id = request_stored(Tier::Quorum);
		assert_eq!(contents(id), [STORED_INPUT]);
		next_block();
		hold(id, &VALIDATORS);
		run_draw(Tier::Quorum);
		agree(id, large_answer(1));
		assert_eq!(contents(id), [STORED_INPUT, STORED_OUTPUT]);
		next_block();
		hold(id, &VALIDATORS);
		assert_eq!(contents(id), [STORED_INPUT, STORED_OUTPUT]);
		run_blocks(LARGE_WINDOW);
		assert!(state(id).is_final());
		assert_eq!(contents(id), []);
		assert_eq!(contents(id + 1), []);
	});
}

#[test]
fn panel_should_be_drawn_from_randomness_after_the_request() {
	run(|| {
		let seed_of = |entropy| {
			let id = request_stored(Tier::Quorum);
			Entropy::set(entropy);
			next_block();
			let (seed, _) = OpenPanels::get(id).unwrap();
			(id, seed)
		};
		let (id, seed) = seed_of(1);
		let (block, author) = (block(), block() % 3);
		assert_eq!(VrfOutputs::<Test>::get().last().unwrap().0, block);
		assert!(author < 3);
		assert_ne!(seed_of(2).1, seed);
		// Without randomness it waits.
		HasVrfOutput::set(false);
		let waiting = request_stored(Tier::Quorum);
		run_blocks(5);
		assert_eq!(state(waiting), RequestState::Uploading { until: None });
		check();
		HasVrfOutput::set(true);
		next_block();
		assert!(matches!(state(waiting), RequestState::Uploading { until: Some(_) }));
		assert!(state(id).is_final() || OpenPanels::contains_key(id));
	});
}

#[test]
fn time_for_a_content_should_grow_with_its_size() {
	run(|| {
		let blocks = [0, 1, MAX_INPUT_BYTES, MAX_INPUT_BYTES + 1].map(Inference::hold_blocks);
		assert_eq!(blocks, [HOLD, HOLD + 3, HOLD + 3, HOLD + 6]);
		Limits::set(&LARGE);
		// Four blocks for the transfer of the largest input, and two for the fuel.
		assert_eq!(Inference::commit_blocks(&LARGE), 8);
		assert_eq!(Inference::commit_blocks(&LIMITS), 2);
	});
}
