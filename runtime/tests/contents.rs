//! Inputs and outputs outside of the chain, through all pallets.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use frame_support::{assert_noop, assert_ok};
use opg_primitives::{
	Answer, Content, FailureReason, Outcome, RequestId, TaskInput, Tier, VersionLimits,
	MAX_INPUT_BYTES, MAX_OUTPUT_BYTES,
};
use opg_runtime::{
	constants::{self, BYTE_PRICE, CONTENT_FEE, OPG, TRANSFER_BYTES},
	*,
};
use opg_runtime_api::{runtime_decl_for_opg_api::OpgApiV2, Reliance, RequestStatus, RequestView};
use opg_runtime_testing::*;
use pallet_opg_court::Panels;
use pallet_opg_inference::{Error, RequestState};
use sp_core::H256;
use sp_runtime::traits::BlockNumberProvider;

/// Members of a panel: all validators.
const MEMBERS: usize = 3;
const INPUT: Content = Content { hash: H256::repeat_byte(21), size: 4 * MAX_INPUT_BYTES };
const OUTPUT: Content = Content { hash: H256::repeat_byte(22), size: 3 * MAX_OUTPUT_BYTES };

/// Limits of a version with large inputs and outputs.
fn limits() -> VersionLimits {
	VersionLimits {
		input_bytes: 8 * MAX_INPUT_BYTES,
		output_bytes: 8 * MAX_OUTPUT_BYTES,
		..VersionLimits::inline(2 * FUEL, 1_000, 64)
	}
}

/// The right answer, with an output outside of the chain.
fn large() -> Answer {
	Answer { outcome: Outcome::Stored(OUTPUT), fuel: FUEL }
}

/// Runs `test` on a chain whose version 1 has large inputs and outputs.
fn run_large(test: impl FnOnce()) {
	run(|| {
		assert_ok!(register_within(dave(), limits(), OPG));
		(0..6).for_each(|index| Models::serve(signed(executor(index)), 1, REPORT).unwrap());
		next_session();
		next_session();
		step();
		test();
		check_invariants();
	});
}

/// Eve makes a request with an input outside of the chain. The panel is asked for it.
fn ask() -> RequestId {
	let id = request_stored(1, INPUT);
	while !Panels::<Runtime>::contains_key(id) {
		step();
	}
	id
}

fn view(id: RequestId) -> RequestView {
	<Runtime as OpgApiV2<Block>>::request(id).unwrap()
}

fn contents(id: RequestId) -> Vec<Content> {
	<Runtime as OpgApiV2<Block>>::contents_of(id)
}

/// The panel holds what it was asked for last.
fn hold(id: RequestId) {
	Court::hold_all(id);
	check_invariants();
}

fn fee_of(bytes: u32) -> Balance {
	Balance::from(bytes) * BYTE_PRICE
}

fn balances() -> Vec<Balance> {
	(0..MEMBERS).map(|index| wealth(&executor(index))).collect()
}

#[test]
fn request_should_be_settled_when_a_panel_holds_its_input_and_its_output() {
	run_large(|| {
		let estimate = <Runtime as OpgApiV2<Block>>::estimate(1, Tier::Quorum, None, None).unwrap();
		let input_fee = <Runtime as OpgApiV2<Block>>::input_fee(INPUT.size);
		let (before, eve_before) = (balances(), wealth(&eve()));
		let id = ask();
		let burned = 3 * constants::SEAT_FEE + 2 * CONTENT_FEE;
		let escrow = pallet_opg_inference::Requests::<Runtime>::get(id).unwrap().escrow;
		assert_eq!(escrow + burned, estimate + input_fee);
		assert!(matches!(view(id).status, RequestStatus::Uploading { until: Some(_) }));
		assert_eq!(view(id).task.input, TaskInput::Stored(INPUT));
		assert!(matches!(<Runtime as OpgApiV2<Block>>::may_rely(id), Reliance::Open { .. }));
		assert_eq!(contents(id), [INPUT]);
		assert_eq!(Panels::<Runtime>::get(id).unwrap().members.len(), MEMBERS);

		assert_ok!(court_hold(0, id, 0));
		assert!(matches!(view(id).status, RequestStatus::Uploading { .. }), "two are needed");
		assert_ok!(court_hold(2, id, 0));
		assert_eq!(view(id).status, RequestStatus::Requested);
		check_invariants();
		draw(id);
		assert_eq!(round(id).input_hash, INPUT.hash);
		answer_all(id, |_| large());
		assert!(matches!(view(id).status, RequestStatus::Holding { until: None, .. }));
		assert!(matches!(<Runtime as OpgApiV2<Block>>::may_rely(id), Reliance::Open { .. }));
		steps(2);
		assert_eq!(contents(id), [INPUT, OUTPUT]);
		// Who has not said that it holds the input is not paid for the output either.
		assert_ok!(court_hold(1, id, 1));
		assert_ok!(court_hold(2, id, 1));
		check_invariants();
		let at = Clock::current_block_number();
		assert_eq!(view(id).status, RequestStatus::Attested { answer: large(), at });
		steps(constants::CHALLENGE_WINDOW + 1);
		let RequestStatus::Settled { answer, fee: charged, .. } = view(id).status else {
			panic!("not settled")
		};
		let storage = fee_of(INPUT.size + OUTPUT.size);
		assert_eq!((answer, charged), (large(), fee() + storage + 2 * CONTENT_FEE));
		assert_eq!(wealth(&eve()), eve_before - charged);
		assert_eq!(balances(), [before[0], before[1], before[2] + storage]);
		assert_eq!(Panels::<Runtime>::count(), 0);
		assert_eq!(contents(id), []);
	});
}

#[test]
fn withheld_input_should_cost_the_requester_and_nobody_else() {
	run_large(|| {
		let (before, eve_before) = (balances(), wealth(&eve()));
		let id = ask();
		// One validator says that it has it, which is not enough, and earns nothing.
		assert_ok!(court_hold(0, id, 0));
		let wait = constants::HOLD_BLOCKS + 3 * INPUT.size.div_ceil(TRANSFER_BYTES);
		steps(wait);
		assert_eq!(failure(id), Some(FailureReason::InputUnavailable));
		step();
		assert_eq!(Panels::<Runtime>::count(), 0);
		let cost = 3 * constants::SEAT_FEE + 2 * CONTENT_FEE + fee_of(INPUT.size);
		assert_eq!(wealth(&eve()), eve_before - cost);
		assert_eq!(balances(), before);
		assert!((0..6).all(|index| stake(&executor(index)) >= 10_000 * OPG));
	});
}

#[test]
fn withheld_output_should_pay_no_executor_and_slash_none() {
	run_large(|| {
		let before = balances();
		let id = ask();
		hold(id);
		draw(id);
		let stakes: Vec<_> = (0..6).map(|index| stake(&executor(index))).collect();
		answer_all(id, |_| large());
		steps(2);
		assert!(Panels::<Runtime>::get(id).is_some_and(|panel| panel.contents.len() == 2));
		steps(constants::HOLD_BLOCKS + 3);
		assert_eq!(failure(id), Some(FailureReason::OutputUnavailable));
		step();
		assert_eq!(Panels::<Runtime>::count(), 0);
		let each = fee_of(INPUT.size) / MEMBERS as Balance;
		let paid: Vec<_> = before.iter().map(|before| before + each).collect();
		assert_eq!(balances(), paid);
		assert_eq!((0..6).map(|index| stake(&executor(index))).collect::<Vec<_>>(), stakes);
	});
}

#[test]
fn court_should_settle_an_output_outside_of_the_chain_when_executors_differ() {
	run_large(|| {
		let id = ask();
		hold(id);
		draw(id);
		let liar = committee(id)[0].clone();
		answer_all(id, |who| if *who == liar { wrong() } else { large() });
		assert!(matches!(state(id), RequestState::Court { .. }));
		while pallet_opg_court::Sittings::<Runtime>::get().is_empty() {
			step();
		}
		court_sits(id, MEMBERS, |_| Some(large()));
		let RequestState::Settled { answer, .. } = state(id) else { panic!("not settled") };
		assert_eq!(answer, large());
		assert_eq!(Panels::<Runtime>::count(), 0);
	});
}

#[test]
fn answer_should_be_refused_when_its_output_is_longer_than_the_version_allows() {
	run_large(|| {
		let wrong = refused(pallet_opg_attestation::reject::WRONG_OUTPUT_SIZE);
		let most = limits().output_bytes;
		for (size, expected) in [
			(0, wrong),
			(MAX_OUTPUT_BYTES, wrong),
			(MAX_OUTPUT_BYTES + 1, Ok(())),
			(most, Ok(())),
			(most + 1, wrong),
		] {
			let outcome = Outcome::Stored(Content { size, ..OUTPUT });
			let answer = Answer { outcome, fuel: FUEL };
			let id = ask();
			hold(id);
			draw(id);
			let members = committee(id);
			members.iter().for_each(|who| commit(id, who, &answer).unwrap());
			assert_eq!(reveal(id, &members[0], answer), expected, "{size}");
		}
	});
}

#[test]
fn requests_should_be_refunded_when_no_panel_is_free() {
	run_large(|| {
		set_balance(&eve(), 1_000_000 * OPG);
		let count = u64::from(constants::MAX_PANELS) + 1;
		let first = next_request();
		for _ in 0..count {
			request_stored(1, INPUT);
		}
		step();
		assert_eq!(Panels::<Runtime>::count(), constants::MAX_PANELS);
		let failed: Vec<_> = (first..first + count).filter_map(failure).collect();
		assert_eq!(failed, [FailureReason::Congested]);
		check_invariants();
		let last = first + count - 1;
		assert_eq!(
			pallet_opg_inference::Requests::<Runtime>::get(last).unwrap().escrow,
			0,
			"nothing is kept"
		);
		// Each makes room when it ends.
		steps(constants::HOLD_BLOCKS + 4);
		assert_eq!(Panels::<Runtime>::count(), 0);
		let id = ask();
		assert_noop!(Inference::cancel(signed(eve()), id), Error::<Runtime>::NotCancellable);
	});
}
