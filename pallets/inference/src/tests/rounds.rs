//! Verdicts on rounds: attestation, the second round after silence, dissent, deadlines.

use crate::{mock::*, *};
use frame_support::assert_noop;
use opg_primitives::{FailureReason, Tier};
use pallet_opg_support::{OnRoundDecided, Verdict};
use sp_core::H256;

const FUEL: u64 = FUEL_LIMIT / 2;

#[test]
fn answer_should_be_attested_when_the_committee_agrees() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL));
		let attested = RequestState::Attested { answer: answer(FUEL), at: now() };
		assert_eq!(state(id), attested);
		assert_eq!(stored(id).changed_at, block());
		let event = Event::Attested {
			request: id,
			requester: REQUESTER,
			model: MODEL,
			digest: answer(FUEL).digest(),
			fuel: FUEL,
			reference: H256::repeat_byte(9),
		};
		assert!(events().contains(&event));
	});
}

#[test]
fn silent_round_should_be_followed_by_one_larger_committee_of_others() {
	run(|| {
		for tier in [Tier::Optimistic, Tier::Quorum, Tier::High] {
			let id = drawn(tier);
			let (seed, drawn_at) = (stored(id).seed, stored(id).drawn_at);
			fall_silent(id);
			let reason = FailureReason::NotEnoughReveals;
			let escalated = Event::Escalated { request: id, round: tiers::SECOND, reason };
			assert!(events().contains(&escalated));

			run_draw(tier);
			assert_eq!(assigned_round(id), Some(tiers::SECOND));
			let (first, second) = (members(id, 0), members(id, tiers::SECOND));
			assert_eq!(second.len() as u32, 2 * tiers::size(tier) + 1);
			assert!(second.iter().all(|who| !first.contains(who)));
			assert_eq!(stored(id).drawn_at, drawn_at);
			assert_ne!(stored(id).seed, seed);
		}
	});
}

#[test]
fn second_committee_should_be_smaller_when_there_are_few_executors() {
	run(|| {
		ExecutorCount::set(&6);
		let id = drawn(Tier::Quorum);
		fall_silent(id);
		run_draw(Tier::Quorum);
		assert_eq!(members(id, tiers::SECOND).len(), 3);
	});
}

#[test]
fn request_should_be_refunded_when_too_few_executors_are_left_for_a_second_committee() {
	run(|| {
		ExecutorCount::set(&5);
		let id = drawn(Tier::Quorum);
		fall_silent(id);
		run_draw(Tier::Quorum);
		assert_eq!(failure(id), Some(FailureReason::NotEnoughExecutors));
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
	});
}

#[test]
fn request_should_be_refunded_when_the_second_committee_is_silent_too() {
	run(|| {
		let id = drawn(Tier::Quorum);
		fall_silent(id);
		run_draw(Tier::Quorum);
		fall_silent(id);
		assert_eq!(failure(id), Some(FailureReason::NotEnoughReveals));
		assert_eq!(balance(REQUESTER), FUNDS - 3 * SEAT_FEE);
		// Nobody is known to be wrong, so nobody is convicted.
		assert_eq!(Burned::get(), 0);
	});
}

#[test]
fn court_should_decide_when_a_committee_dissents() {
	run(|| {
		let id = drawn(Tier::Quorum);
		dissent(id, &[answer(FUEL), answer(FUEL), wrong()]);
		assert_eq!(state(id), RequestState::Court { attested: None, opened: true });
		assert_eq!(Cases::get(id), Some(false));
		assert!(events().contains(&Event::Disputed { request: id }));
	});
}

/// One reveals in a round that is too silent; the second committee agrees on something else.
#[test]
fn court_should_decide_when_a_second_committee_differs_from_the_first() {
	run(|| {
		let id = drawn(Tier::Quorum);
		reveal(id, 0, wrong());
		fall_silent(id);
		run_draw(Tier::Quorum);
		agree(id, answer(FUEL));
		assert_eq!(state(id), RequestState::Court { attested: None, opened: true });
	});
	run(|| {
		let id = drawn(Tier::Quorum);
		reveal(id, 0, wrong());
		fall_silent(id);
		run_draw(Tier::Quorum);
		reveal(id, 0, answer(FUEL));
		fall_silent(id);
		assert_eq!(state(id), RequestState::Court { attested: None, opened: true });
	});
}

#[test]
fn full_court_should_be_asked_again() {
	run(|| {
		IsCourtFull::set(&true);
		let id = drawn(Tier::Quorum);
		dissent(id, &[answer(FUEL), wrong()]);
		let waiting = RequestState::Court { attested: None, opened: false };
		assert_eq!(state(id), waiting);
		run_blocks(25);
		assert_eq!(state(id), waiting);
		IsCourtFull::set(&false);
		run_blocks(10);
		assert_eq!(state(id), RequestState::Court { attested: None, opened: true });
	});
}

#[test]
fn verdict_should_change_nothing_when_the_court_has_the_request() {
	run(|| {
		StakeAtRisk::set(1);
		let id = attested(Tier::Quorum, answer(FUEL));
		run_blocks(WINDOW);
		run_draw(Tier::Quorum);
		assert_eq!(assigned_round(id), Some(tiers::AUDIT));
		challenge_by(CHALLENGER, id, &wrong()).unwrap();
		let before = stored(id);
		Inference::on_round_decided(id, Verdict::Agreed(answer(FUEL)));
		assert_eq!(stored(id), before);
	});
}

#[test]
fn request_should_expire_when_it_has_no_committee_by_its_deadline() {
	run(|| {
		let until = now() + 3;
		let id = request_until(Tier::Quorum, until);
		HasVrfOutput::set(false);
		run_blocks(3);
		assert_eq!(failure(id), None);
		next_block();
		assert_eq!(failure(id), Some(FailureReason::Expired));
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
	});
}

#[test]
fn request_should_expire_when_its_first_committee_is_silent_until_the_deadline() {
	run(|| {
		let until = now() + 3;
		let id = request_until(Tier::Quorum, until);
		run_blocks(4);
		assert_eq!(assigned_round(id), Some(0));
		fall_silent(id);
		assert_eq!(failure(id), Some(FailureReason::Expired));
	});
}

/// Otherwise a requester could read the answers and pay for none.
#[test]
fn committee_should_be_paid_when_it_answers_after_the_deadline() {
	run(|| {
		let id = request_until(Tier::Quorum, now() + 3);
		run_blocks(6);
		agree(id, answer(FUEL));
		run_blocks(WINDOW);
		assert!(matches!(state(id), RequestState::Settled { .. }));
	});
}

#[test]
fn second_draw_should_expire_when_the_deadline_comes_first() {
	run(|| {
		let until = now() + 3;
		let id = request_until(Tier::Quorum, until);
		run_blocks(3);
		fall_silent(id);
		assert_eq!(failure(id), None);
		next_block();
		assert_eq!(failure(id), Some(FailureReason::Expired));
	});
}

#[test]
fn request_should_be_refused_when_its_deadline_is_over() {
	run(|| {
		run_blocks(5);
		for until in [0, now(), now() + u64::from(LIFETIME)] {
			let mut call = request_call(Tier::Quorum);
			let Call::request { deadline, .. } = &mut call else { unreachable!() };
			*deadline = Some(until);
			assert_noop!(dispatch(REQUESTER, call), Error::<Test>::InvalidDeadline);
		}
	});
}

#[test]
fn request_should_be_refunded_when_its_settlement_cannot_be_scheduled() {
	run(|| {
		let id = drawn(Tier::Quorum);
		fill_agendas(now() + u64::from(WINDOW), SCHEDULE_SEARCH_BLOCKS);
		let spent = agree(id, answer(FUEL));
		assert_eq!(failure(id), Some(FailureReason::Congested));
		assert!(spent.all_lte(Inference::max_round_decided_weight()));
	});
}
