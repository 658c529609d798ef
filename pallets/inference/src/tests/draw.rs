//! Draws: when they happen, who can be drawn, escalation, and what fails.

use crate::{mock::*, *};
use frame_support::assert_ok;
use opg_primitives::{Balance, FailureReason, Tier};
use std::collections::BTreeSet;

fn distinct(members: &[u64]) -> usize {
	members.iter().collect::<BTreeSet<_>>().len()
}

#[test]
fn committee_should_be_drawn_when_the_blocks_of_its_seed_are_over() {
	run(|| {
		for (tier, blocks, size) in
			[(Tier::Optimistic, 2, 1), (Tier::Quorum, 2, 3), (Tier::High, 4, 7)]
		{
			let id = request(tier);
			run_blocks(blocks - 1);
			assert_eq!(assigned_round(id), None);
			next_block();
			assert_eq!(assigned_round(id), Some(0));
			assert_eq!(stored(id).drawn_at, Some(now()));
			let committee = members(id, 0);
			assert_eq!((committee.len(), distinct(&committee)), (size, size));
			let drawn = Event::Drawn { request: id, round: 0, committee };
			assert!(events().contains(&drawn));
		}
	});
}

#[test]
fn committee_should_differ_between_requests_and_with_the_randomness() {
	let draw = |entropy| {
		let mut committees = vec![];
		run(|| {
			Entropy::set(entropy);
			let ids = [request(Tier::High), request(Tier::High)];
			run_blocks(4);
			committees = ids.map(|id| members(id, 0)).to_vec();
		});
		committees
	};
	let (first, second) = (draw(1), draw(2));
	assert_eq!(first, draw(1));
	assert_ne!(first[0], first[1]);
	assert_ne!(first[0], second[0]);
}

/// Clients and verifiers draw the same committee from the same seed.
#[test]
fn committee_should_stay_as_pinned() {
	run(|| {
		let id = drawn(Tier::High);
		assert_eq!(members(id, 0), [47, 8, 32, 51, 31, 34, 55]);
	});
}

#[test]
fn committee_should_not_hold_the_requester() {
	run(|| {
		ExecutorCount::set(&4);
		for entropy in 0..8 {
			Entropy::set(entropy);
			let id = NextRequestId::<Test>::get();
			assert_ok!(Inference::request(signed(2), MODEL, input(), Tier::Quorum, Balance::MAX));
			run_blocks(2);
			let mut committee = members(id, 0);
			committee.sort();
			assert_eq!(committee, [1, 3, 4]);
		}
	});
}

#[test]
fn draw_should_wait_when_a_block_has_no_output() {
	run(|| {
		let id = request(Tier::Quorum);
		HasVrfOutput::set(false);
		run_blocks(10);
		assert_eq!(assigned_round(id), None);
		HasVrfOutput::set(true);
		// The output of this block's parent is that of a block after the request.
		next_block();
		assert_eq!(assigned_round(id), Some(0));
	});
}

#[test]
fn request_should_be_refunded_when_its_seed_never_comes() {
	run(|| {
		let id = request(Tier::Quorum);
		HasVrfOutput::set(false);
		run_blocks(VRF_HISTORY);
		assert_eq!(failure(id), None);
		next_block();
		assert_eq!(failure(id), Some(FailureReason::Congested));
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
	});
}

#[test]
fn output_should_be_dropped_when_its_history_is_over() {
	run(|| {
		run_blocks(2 * VRF_HISTORY);
		let kept: BTreeSet<_> = VrfOutputs::<Test>::iter_keys().collect();
		let parent = now() - 1;
		let expected: BTreeSet<_> = (parent + 1 - u64::from(VRF_HISTORY)..=parent).collect();
		assert_eq!(kept, expected);
	});
}

#[test]
fn escalation_should_draw_a_fresh_and_larger_committee() {
	run(|| {
		for tier in [Tier::Optimistic, Tier::Quorum, Tier::High] {
			let id = drawn(tier);
			disagree(id);
			let reason = FailureReason::NoAgreement;
			let escalated = Event::Escalated { request: id, round: tiers::ESCALATION, reason };
			assert!(events().contains(&escalated));
			let status = CommitteeStatus::Waiting { round: tiers::ESCALATION, since: now() };
			assert_eq!(state(id), RequestState::Open(status));

			let drawn_at = stored(id).drawn_at;
			run_blocks(1 + tiers::seed_blocks(tier));
			assert_eq!(assigned_round(id), Some(tiers::ESCALATION));
			let (first, second) = (members(id, 0), members(id, tiers::ESCALATION));
			assert_eq!(second.len() as u32, 2 * tiers::size(tier) + 1);
			assert_eq!(
				distinct(&[first.clone(), second.clone()].concat()),
				first.len() + second.len()
			);
			assert_eq!(stored(id).drawn_at, drawn_at);
		}
	});
}

#[test]
fn escalation_should_be_smaller_when_there_are_few_executors() {
	run(|| {
		ExecutorCount::set(&6);
		let id = drawn(Tier::Quorum);
		disagree(id);
		run_blocks(2);
		assert_eq!(members(id, tiers::ESCALATION).len(), 3);
	});
}

#[test]
fn request_should_be_refunded_when_too_few_executors_are_left_for_an_escalation() {
	run(|| {
		ExecutorCount::set(&5);
		let id = drawn(Tier::Quorum);
		disagree(id);
		run_blocks(2);
		assert_eq!(failure(id), Some(FailureReason::NotEnoughExecutors));
		assert_eq!(balance(REQUESTER), FUNDS);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
	});
}

#[test]
fn request_should_be_refunded_when_the_escalation_does_not_agree() {
	run(|| {
		let id = drawn(Tier::Quorum);
		disagree(id);
		run_blocks(2);
		disagree(id);
		assert_eq!(failure(id), Some(FailureReason::NoAgreement));
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
		// Nobody is known to be right, so nobody is judged.
		assert_eq!(Burned::get(), 0);
	});
}

#[test]
fn request_should_be_refunded_when_its_escalation_cannot_be_scheduled() {
	run(|| {
		let id = drawn(Tier::Quorum);
		fill_agendas(now() + 2, SCHEDULE_SEARCH_BLOCKS);
		disagree(id);
		assert_eq!(failure(id), Some(FailureReason::Congested));
	});
}

#[test]
fn request_should_be_refunded_when_its_round_cannot_be_opened() {
	run(|| {
		OpenFailure::set(&Some(FailureReason::Congested));
		let id = drawn(Tier::Quorum);
		assert_eq!(failure(id), Some(FailureReason::Congested));
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
	});
}
