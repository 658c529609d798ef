//! Draining of requests before an upgrade, and holds whose requests are gone.

use crate::{mock::*, *};
use frame_support::{
	assert_noop, assert_ok, dispatch::GetDispatchInfo, traits::fungible::MutateHold,
};
use opg_primitives::{Balance, RequestId, Tier};
use sp_runtime::DispatchError;

fn root() -> RuntimeOrigin {
	RuntimeOrigin::root()
}

fn backlog(intake: IntakeStatus, open: u32, kept: u32) -> Backlog {
	Backlog { intake, open, kept, lost: 0 }
}

fn release(who: u64, max_requests: u32) -> sp_runtime::DispatchResult {
	dispatch(OTHER_REQUESTER, Call::release_orphaned { who, max_requests })
}

/// Makes the entry of a request one that does not decode, as a changed type without a migration does.
fn damage(id: RequestId) {
	let key = Requests::<Test>::hashed_key_for(id);
	frame_support::storage::unhashed::put_raw(&key, b"other");
}

#[test]
fn requests_should_be_refused_and_those_there_are_answered_when_they_are_drained() {
	run(|| {
		let id = drawn(Tier::Quorum);
		assert_ok!(Inference::drain(root()));
		assert_eq!(Inference::backlog(), backlog(IntakeStatus::Draining, 1, 0));
		let refused = Err(Error::<Test>::Draining.into());
		assert_eq!(dispatch(REQUESTER, request_call(Tier::Quorum)), refused);
		assert_eq!(dispatch(REQUESTER, request_stored_call(Tier::Quorum)), refused);
		agree(id, answer(FUEL_LIMIT));
		run_blocks(WINDOW);
		assert!(matches!(state(id), RequestState::Settled { .. }));
		assert_eq!(Inference::backlog(), backlog(IntakeStatus::Draining, 0, 1));
	});
}

#[test]
fn drain_should_end_with_an_event_when_the_last_request_is_pruned() {
	run(|| {
		let id = request(Tier::Quorum);
		assert_ok!(Inference::cancel(signed(REQUESTER), id));
		assert_ok!(Inference::drain(root()));
		run_blocks(LIFETIME);
		assert_eq!(Requests::<Test>::iter().count(), 0);
		assert!(!events().contains(&Event::Drained), "what a block prunes the next one sees");
		next_block();
		assert_eq!(events().iter().filter(|event| **event == Event::Drained).count(), 1);
		assert_eq!(Inference::backlog(), backlog(IntakeStatus::Drained, 0, 0));
		assert_eq!(
			dispatch(REQUESTER, request_call(Tier::Quorum)),
			Err(Error::<Test>::Draining.into())
		);
		run_blocks(3);
		assert_eq!(events().iter().filter(|event| **event == Event::Drained).count(), 1);
	});
}

#[test]
fn requests_should_be_taken_again_when_the_intake_is_resumed() {
	run(|| {
		assert_noop!(Inference::resume(root()), Error::<Test>::NotDraining);
		assert_ok!(Inference::drain(root()));
		assert_noop!(Inference::drain(root()), Error::<Test>::Draining);
		next_block();
		assert_eq!(Intake::<Test>::get(), IntakeStatus::Drained);
		assert_noop!(Inference::drain(root()), Error::<Test>::Draining);
		assert_ok!(Inference::resume(root()));
		assert!(events().contains(&Event::IntakeResumed));
		request(Tier::Quorum);
	});
}

#[test]
fn intake_should_obey_governance_alone() {
	run(|| {
		assert_noop!(Inference::drain(signed(REQUESTER)), DispatchError::BadOrigin);
		assert_noop!(Inference::resume(signed(REQUESTER)), DispatchError::BadOrigin);
	});
}

#[test]
fn hold_should_be_released_by_anyone_when_its_request_does_not_decode() {
	let mut ext = new_ext();
	// Without the invariants: what does not decode violates them.
	ext.execute_with(|| {
		next_block();
		let (lost, other) = (request(Tier::Quorum), request(Tier::High));
		let held = |id| stored(id).escrow + stored(id).deposit;
		let (of_lost, of_other): (Balance, Balance) = (held(lost), held(other));
		damage(lost);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), of_lost + of_other);
		assert!(Inference::do_try_state().is_err(), "the invariants see it");
		assert_eq!(Inference::backlog(), Backlog { lost: 1, ..backlog(IntakeStatus::Open, 1, 0) });
		let all = balance(REQUESTER);
		assert_ok!(release(REQUESTER, 2));
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), of_other);
		assert_eq!(balance(REQUESTER), all, "it was released, not moved");
		let event = Event::OrphanedReleased { who: REQUESTER, amount: of_lost };
		assert!(events().contains(&event));
		assert_eq!(release(REQUESTER, 2), Err(Error::<Test>::NothingOrphaned.into()));
	});
}

#[test]
fn holds_of_all_reasons_should_be_released_when_no_request_has_them() {
	run(|| {
		for (reason, amount) in
			[(HoldReason::Request, 5), (HoldReason::Challenge, 7), (HoldReason::Audit, 11)]
		{
			assert_ok!(Balances::hold(&reason.into(), &CHALLENGER, amount));
		}
		assert!(Inference::do_try_state().is_err(), "the invariants see holds without a request");
		assert_ok!(release(CHALLENGER, 0));
		assert!(events().contains(&Event::OrphanedReleased { who: CHALLENGER, amount: 23 }));
		assert_eq!(balance(CHALLENGER), FUNDS);
	});
}

#[test]
fn nothing_should_be_released_that_a_request_holds() {
	run(|| {
		let id = challenged(Tier::Quorum, wrong(), &answer(FUEL_LIMIT / 3));
		let audited = attested(Tier::Quorum, answer(FUEL_LIMIT));
		assert_ok!(dispatch(OTHER_REQUESTER, Call::audit { request: audited }));
		for who in [REQUESTER, CHALLENGER, OTHER_REQUESTER] {
			assert_eq!(release(who, 9), Err(Error::<Test>::NothingOrphaned.into()));
		}
		assert!(on_hold(HoldReason::Challenge, CHALLENGER) > 0, "{:?}", stored(id).challenges);
		assert!(on_hold(HoldReason::Audit, OTHER_REQUESTER) > 0);
	});
}

#[test]
fn release_should_be_refused_when_there_are_more_requests_than_are_paid_for() {
	run(|| {
		request(Tier::Quorum);
		request(Tier::Quorum);
		assert_ok!(Balances::hold(&HoldReason::Request.into(), &CHALLENGER, 5));
		assert_eq!(release(CHALLENGER, 1), Err(Error::<Test>::TooManyRequests.into()));
		let weight = |max_requests| {
			let call = Call::<Test>::release_orphaned { who: CHALLENGER, max_requests };
			call.get_dispatch_info().call_weight
		};
		assert!(weight(1_000).ref_time() > weight(2).ref_time());
		assert_ok!(release(CHALLENGER, 2));
	});
}
