//! Audits: which answers are computed again, and what follows.

use crate::{mock::*, *};
use opg_primitives::{Balance, FailureReason, Tier};
use pallet_opg_support::economics;
use sp_runtime::Perbill;

/// Makes every audit certain.
fn always_audit() {
	StakeAtRisk::set(1);
}

fn is_audited(id: u64) -> bool {
	matches!(
		state(id),
		RequestState::Disputed { origin: DisputeOrigin::Audit, .. } | RequestState::Failed { .. }
	)
}

/// Request whose answer is audited in this block.
fn audited(tier: Tier, answer: opg_primitives::Answer) -> u64 {
	always_audit();
	let id = attested(tier, answer);
	run_blocks(WINDOW);
	assert!(is_audited(id));
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
			let audited = (0..20_000).filter(|id| Inference::is_audited(now(), *id, &request));
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
		let audited = (0..200).filter(|id| Inference::is_audited(now(), *id, &request));
		assert_eq!(audited.collect::<Vec<_>>(), [35, 123, 130, 145]);
	});
}

#[test]
fn audit_should_be_certain_when_a_lie_gains_more_than_it_risks() {
	run(|| {
		run_blocks(10);
		let id = request(Tier::Quorum);
		always_audit();
		assert_eq!(Inference::audit_probability(MAX_PAY), Perbill::one());
		assert!((0..1_000).all(|number| Inference::is_audited(now(), number, &stored(id))));
	});
}

#[test]
fn audit_should_be_certain_when_a_block_before_it_has_no_output() {
	run(|| {
		for missing in 1..=3 {
			let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
			run_blocks(WINDOW - missing);
			HasVrfOutput::set(false);
			next_block();
			HasVrfOutput::set(true);
			run_blocks(missing - 1);
			assert!(is_audited(id), "{missing}");
			assert!(events().contains(&Event::Audited { request: id }));
		}
		// The outputs of earlier blocks do not matter.
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		HasVrfOutput::set(false);
		run_blocks(WINDOW - 3);
		HasVrfOutput::set(true);
		run_blocks(3);
		assert!(matches!(state(id), RequestState::Settled { .. }));
	});
}

#[test]
fn audit_should_draw_a_jury_of_others() {
	run(|| {
		let id = audited(Tier::Quorum, answer(FUEL_LIMIT));
		run_blocks(2);
		assert_eq!(assigned_round(id), Some(tiers::JURY));
		let jury = members(id, tiers::JURY);
		assert_eq!(jury.len(), 7);
		assert!(members(id, 0).iter().all(|who| !jury.contains(who)));
	});
}

#[test]
fn audit_should_settle_when_the_jury_finds_the_same_answer() {
	run(|| {
		let id = audited(Tier::Quorum, answer(FUEL_LIMIT));
		run_blocks(2);
		let fee = Inference::estimate(MODEL, Tier::Quorum, None).unwrap();
		let escrow = stored(id).escrow;
		agree(id, answer(FUEL_LIMIT));
		let decided =
			CommitteeStatus::Decided { digest: answer(FUEL_LIMIT).digest(), fuel: FUEL_LIMIT };
		assert_eq!(state(id).committee(), Some(&decided));
		next_block();
		assert!(events().contains(&Event::Upheld { request: id }));
		// The share for audits is that of the probability now, the escrow that of the request.
		assert_eq!(fee, escrow);
		assert_eq!(balance(REQUESTER), FUNDS - fee);
		// With every answer audited, the fee pays for the jury.
		let paid = [members(id, 0), members(id, tiers::JURY)].concat();
		assert!(paid.into_iter().all(|who| balance(pool(who)) == POOL + MAX_PAY));
	});
}

#[test]
fn audit_should_refund_when_the_jury_finds_another_answer() {
	run(|| {
		let id = audited(Tier::Quorum, wrong());
		run_blocks(2);
		agree(id, answer(FUEL_LIMIT / 2));
		next_block();
		let paid = 7 * MAX_PAY / 2;
		let digest = answer(FUEL_LIMIT / 2).digest();
		assert!(events().contains(&Event::Overturned { request: id, digest, paid }));
		assert_eq!(failure(id), Some(FailureReason::Overturned));
		assert_eq!(balance(REQUESTER), FUNDS);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
		let loss: Balance = POOL / 10;
		assert!(members(id, 0).into_iter().all(|who| balance(pool(who)) == POOL - loss));
		let jury = members(id, tiers::JURY);
		assert!(jury.into_iter().all(|who| balance(pool(who)) == POOL + MAX_PAY / 2));
		// Without a challenger, all but the pot's share burns.
		assert_eq!(Burned::get(), 3 * loss * 7 / 10);
		assert_eq!(pot(), EXISTENTIAL_DEPOSIT + 3 * loss * 3 / 10 - paid);
	});
}

#[test]
fn audit_should_be_skipped_when_no_jury_can_be_drawn() {
	run(|| {
		always_audit();
		ExecutorCount::set(&9);
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		run_blocks(WINDOW);
		assert!(matches!(state(id), RequestState::Settled { .. }));
		ExecutorCount::set(&10);
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		run_blocks(WINDOW);
		assert!(is_audited(id));
	});
}

#[test]
fn audit_should_refund_when_its_draw_cannot_be_scheduled() {
	run(|| {
		always_audit();
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		fill_agendas(now() + u64::from(WINDOW) + 2, SCHEDULE_SEARCH_BLOCKS);
		run_blocks(WINDOW);
		assert_eq!(failure(id), Some(FailureReason::Congested));
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
	});
}

#[test]
fn audit_should_not_happen_when_slashing_is_paused() {
	run(|| {
		always_audit();
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		SlashingPaused::set(&true);
		run_blocks(WINDOW);
		assert_eq!(failure(id), Some(FailureReason::SlashingPaused));
	});
}
