//! Audits: which answers are computed again, at whose expense, and what follows.

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok};
use opg_primitives::{Answer, Balance, RequestId, Tier};
use pallet_opg_support::economics;
use sp_runtime::Perbill;

const FUEL: u64 = FUEL_LIMIT / 2;
const PAY: Balance = MAX_PAY / 2;

/// Makes every audit certain.
fn always_audit() {
	StakeAtRisk::set(1);
}

fn is_audited(id: RequestId) -> bool {
	matches!(state(id), RequestState::Audited { .. })
}

fn is_in_court(id: RequestId) -> bool {
	matches!(state(id), RequestState::Court { opened: true, .. })
}

/// Request whose audit committee was drawn in this block, by chance.
fn audited(tier: Tier, answer: Answer) -> RequestId {
	always_audit();
	let id = attested(tier, answer);
	run_blocks(WINDOW);
	assert!(is_audited(id));
	run_draw(tier);
	assert_eq!(assigned_round(id), Some(tiers::AUDIT));
	id
}

/// Request whose audit was bought in the block in which it was attested.
fn bought(tier: Tier, answer: Answer) -> RequestId {
	let id = attested(tier, answer);
	assert_ok!(dispatch(OTHER_REQUESTER, Call::audit { request: id }));
	id
}

#[test]
fn audits_should_be_as_frequent_as_their_probability_says() {
	run(|| {
		run_blocks(10);
		let id = request(Tier::Quorum);
		let request = stored(id);
		for stake in [10_000_000, 100_000, 40_000] {
			StakeAtRisk::set(stake);
			let expected = economics::audit_probability(MAX_PAY, stake);
			let audited = (0..20_000).filter(|id| Inference::is_audited(*id, &request));
			let rate = Perbill::from_rational(audited.count() as u32, 20_000);
			let gap = rate.deconstruct().abs_diff(expected.deconstruct());
			// Four standard deviations of the worst case are 1.4 %.
			assert!(gap < 14_000_000, "{rate:?} {expected:?}");
		}
	});
}

/// Verifiers compute the same tickets.
#[test]
fn audits_should_stay_as_pinned() {
	run(|| {
		run_blocks(10);
		let request = stored(request(Tier::Quorum));
		let audited = (0..200).filter(|id| Inference::is_audited(*id, &request));
		assert_eq!(audited.collect::<Vec<_>>(), PINNED);
	});
}

const PINNED: [u64; 4] = [35, 123, 130, 145];

#[test]
fn audit_should_be_certain_when_a_lie_gains_more_than_it_risks() {
	run(|| {
		run_blocks(10);
		let id = request(Tier::Quorum);
		always_audit();
		assert_eq!(Inference::audit_probability(MAX_PAY), Perbill::one());
		assert!((0..1_000).all(|number| Inference::is_audited(number, &stored(id))));
	});
}

#[test]
fn audit_should_be_certain_when_one_of_the_last_blocks_has_no_output() {
	run(|| {
		for missing in 0..3 {
			let id = attested(Tier::Quorum, answer(FUEL));
			run_blocks(WINDOW - missing - 1);
			HasVrfOutput::set(false);
			next_block();
			HasVrfOutput::set(true);
			run_blocks(missing);
			assert!(is_audited(id), "{missing}");
			assert!(events().contains(&Event::Audited { request: id, buyer: None }));
		}
		// The outputs of earlier blocks do not matter.
		let id = attested(Tier::Quorum, answer(FUEL));
		HasVrfOutput::set(false);
		run_blocks(WINDOW - 3);
		HasVrfOutput::set(true);
		run_blocks(3);
		assert!(matches!(state(id), RequestState::Settled { .. }));
	});
}

#[test]
fn audit_should_draw_a_committee_of_others() {
	run(|| {
		let id = audited(Tier::Quorum, answer(FUEL));
		let auditors = members(id, tiers::AUDIT);
		assert_eq!(auditors.len() as u32, tiers::audit_size(Tier::Quorum));
		assert!(members(id, 0).iter().all(|who| !auditors.contains(who)));
	});
}

#[test]
fn audit_should_settle_when_the_committee_finds_the_same_answer() {
	run(|| {
		let id = audited(Tier::Quorum, answer(FUEL));
		let seed = stored(id).seed;
		agree(id, answer(FUEL));
		assert_eq!(state(id).committee(), Some(&CommitteeStatus::Passed));
		next_block();
		// With every answer audited, the fee pays for the auditors.
		let paid = [members(id, 0), members(id, tiers::AUDIT)].concat();
		assert!(paid.into_iter().all(|who| balance(pool(who)) == POOL + PAY));
		assert!(matches!(state(id), RequestState::Settled { .. }));
		assert_eq!(stored(id).seed, seed, "it names the round of the answer");
	});
}

#[test]
fn court_should_decide_when_the_audit_finds_another_answer() {
	run(|| {
		let id = audited(Tier::Quorum, wrong());
		agree(id, answer(FUEL));
		assert!(is_in_court(id));
		decide(id, answer(FUEL));
		let auditors = members(id, tiers::AUDIT);
		assert!(auditors.iter().all(|who| balance(pool(*who)) == POOL + PAY));
		let left = POOL - POOL / 10 - COURT_PAY;
		assert!(members(id, 0).into_iter().all(|who| balance(pool(who)) == left));
	});
}

#[test]
fn court_should_decide_when_an_audit_dissents_or_falls_silent() {
	run(|| {
		let id = audited(Tier::Quorum, answer(FUEL));
		dissent(id, &[answer(FUEL), wrong()]);
		assert!(is_in_court(id));
		let id = audited(Tier::Quorum, answer(FUEL));
		fall_silent(id);
		assert!(is_in_court(id));
		// One auditor that copies does not pass it.
		let id = audited(Tier::Quorum, answer(FUEL));
		reveal(id, 0, answer(FUEL));
		fall_silent(id);
		assert!(is_in_court(id));
	});
}

/// H3 of an audit: a liar abolished the jury by pausing its spare pools, and its answer settled.
#[test]
fn court_should_decide_when_no_audit_can_be_drawn() {
	run(|| {
		always_audit();
		ExecutorCount::set(&5);
		let id = attested(Tier::Quorum, wrong());
		let others: Vec<_> = (1..=5).filter(|who| !members(id, 0).contains(who)).collect();
		Suspended::set(&others);
		run_blocks(WINDOW);
		assert!(is_audited(id));
		run_draw(Tier::Quorum);
		assert!(is_in_court(id));
		decide(id, answer(FUEL));
		let left = POOL - POOL / 10 - COURT_PAY;
		assert!(members(id, 0).into_iter().all(|who| balance(pool(who)) == left));
	});
}

#[test]
fn court_should_decide_when_the_queue_has_no_room_for_an_audit() {
	run(|| {
		always_audit();
		let id = attested(Tier::Quorum, answer(FUEL));
		run_blocks(WINDOW - 1);
		System::set_block_number(block() + 1);
		while Inference::queue_draw(1_000, Tier::Quorum, crate::queue::Place::UnderWay) {}
		System::set_block_number(block() - 1);
		next_block();
		assert!(is_in_court(id));
	});
}

#[test]
fn buyer_should_pay_the_auditors_and_get_the_rest_back() {
	run(|| {
		let id = bought(Tier::Quorum, answer(FUEL));
		assert!(events().contains(&Event::Audited { request: id, buyer: Some(OTHER_REQUESTER) }));
		assert_eq!(on_hold(HoldReason::Audit, OTHER_REQUESTER), 3 * MAX_PAY);
		assert_eq!(Inference::audit_price(&stored(id)), Some(3 * MAX_PAY));
		run_draw(Tier::Quorum);
		agree(id, answer(FUEL));
		assert!(is_audited(id));
		// The window is not shorter for it.
		run_blocks(WINDOW - 3);
		assert!(is_audited(id));
		next_block();
		assert!(matches!(state(id), RequestState::Settled { .. }));
		assert_eq!(on_hold(HoldReason::Audit, OTHER_REQUESTER), 0);
		assert_eq!(balance(OTHER_REQUESTER), FUNDS - 3 * PAY - 3 * SEAT_FEE);
		let paid = [members(id, 0), members(id, tiers::AUDIT)].concat();
		assert!(paid.into_iter().all(|who| balance(pool(who)) == POOL + PAY));
		let fee = Inference::estimate(MODEL, Tier::Quorum, Some(FUEL), None).unwrap();
		assert_eq!(balance(REQUESTER), FUNDS - fee);
	});
}

#[test]
fn audited_answer_should_settle_when_the_audit_takes_longer_than_the_window() {
	run(|| {
		let id = bought(Tier::Quorum, answer(FUEL));
		run_blocks(2 * WINDOW);
		assert!(is_audited(id));
		agree(id, answer(FUEL));
		next_block();
		assert!(matches!(state(id), RequestState::Settled { .. }));
	});
}

#[test]
fn audit_should_be_refused_when_there_is_nothing_to_audit() {
	run(|| {
		let audit = |id| dispatch(OTHER_REQUESTER, Call::audit { request: id });
		assert_noop!(audit(9), Error::<Test>::UnknownRequest);
		let id = drawn(Tier::Quorum);
		assert_noop!(audit(id), Error::<Test>::NotAuditable);
		agree(id, answer(FUEL));
		ExecutorCount::set(&1);
		assert_noop!(audit(id), Error::<Test>::NotEnoughExecutors);
		ExecutorCount::set(&EXECUTORS);
		assert_ok!(audit(id));
		assert_noop!(audit(id), Error::<Test>::NotAuditable);
	});
}

#[test]
fn answer_should_not_be_audited_by_chance_when_it_was_audited() {
	run(|| {
		let id = bought(Tier::Quorum, answer(FUEL));
		run_draw(Tier::Quorum);
		agree(id, answer(FUEL));
		always_audit();
		run_blocks(WINDOW);
		assert!(matches!(state(id), RequestState::Settled { .. }));
	});
}
