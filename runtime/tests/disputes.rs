//! Challenges, audits, tiers, cancelling and fees on the real runtime.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use frame_support::{assert_noop, assert_ok};
use opg_primitives::{Answer, FailureReason, RequestId, Tier};
use opg_runtime::{
	constants::{self, OPG},
	*,
};
use opg_runtime_testing::*;
use pallet_opg_attestation::Rounds;
use pallet_opg_inference::{CommitteeStatus, DisputeOrigin, Error, RequestState};

/// Makes a request that the whole committee answers wrongly. Returns it with the committee.
fn lie(tier: Tier) -> (RequestId, Vec<AccountId>) {
	let id = request_tier(tier);
	let liars = committee(id);
	answer_all(id, |_| wrong());
	assert!(matches!(state(id), RequestState::Attested { .. }));
	(id, liars)
}

/// Lets a jury answer. The next block resolves the dispute.
fn conclude(id: RequestId, answer: impl Fn(&AccountId) -> Answer) {
	answer_all(id, answer);
	let decided =
		matches!(state(id), RequestState::Disputed { status: CommitteeStatus::Decided { .. }, .. });
	assert!(decided, "{:?}", state(id));
	step();
}

#[test]
fn challenge_should_overturn_a_lie_and_pay_the_challenger() {
	run_with(12, || {
		let eves = Balances::free_balance(eve());
		let (id, liars) = lie(Tier::Quorum);
		let before = wealth(&ferdie());
		assert_ok!(Inference::challenge(signed(ferdie()), id));
		assert!(Balances::free_balance(ferdie()) < before, "the bond is held");
		assert!(matches!(
			state(id),
			RequestState::Disputed { origin: DisputeOrigin::Challenge { .. }, .. }
		));
		steps(2);
		let jury = committee(id);
		assert_eq!(jury.len(), 7);
		assert!(jury.iter().all(|who| !liars.contains(who)));
		conclude(id, |_| right());
		assert_eq!(failure(id), Some(FailureReason::Overturned));
		assert!(liars.iter().all(|who| stake(who) == 9_000 * OPG));
		assert_eq!(
			wealth(&ferdie()),
			before + 3 * 300 * OPG,
			"the bond, and 30 % of three slashes"
		);
		assert!(jury.iter().all(|who| stake(who) == 10_000 * OPG + pay()));
		steps(constants::HOURS);
		assert_eq!(Balances::free_balance(eve()), eves, "refunded in full");
	});
}

#[test]
fn challenge_of_a_right_answer_should_cost_the_bond_and_pay_the_jury() {
	run_with(12, || {
		let id = request();
		let first = committee(id);
		answer_all(id, |_| right());
		let before = wealth(&ferdie());
		assert_ok!(Inference::challenge(signed(ferdie()), id));
		assert_noop!(
			Inference::challenge(signed(ferdie()), id),
			Error::<Runtime>::NotChallengeable
		);
		steps(2);
		let jury = committee(id);
		conclude(id, |_| right());
		let RequestState::Settled { answer, paid, .. } = state(id) else {
			panic!("{:?}", state(id))
		};
		assert_eq!(answer, right());
		assert_eq!(paid.len(), 10);
		assert!(first.iter().chain(&jury).all(|who| stake(who) == 10_000 * OPG + pay()));
		// Seven times the pay at the fuel limit, which is twice the fuel used, and 10 OPG.
		assert_eq!(wealth(&ferdie()), before - 14 * pay() - 10 * OPG);
	});
}

#[test]
fn liars_on_a_jury_should_be_slashed_too() {
	run_with(12, || {
		let id = request();
		answer_all(id, |_| right());
		assert_ok!(Inference::challenge(signed(ferdie()), id));
		steps(2);
		let jury = committee(id);
		conclude(id, |who| if jury[..3].contains(who) { wrong() } else { right() });
		assert!(matches!(state(id), RequestState::Settled { .. }));
		assert!(jury[..3].iter().all(|who| stake(who) == 9_000 * OPG));
		assert!(jury[3..].iter().all(|who| stake(who) > 10_000 * OPG));
	});
}

#[test]
fn honest_minority_should_be_right_in_the_end_when_the_answer_is_overturned() {
	run_with(20, || {
		let id = request();
		let first = committee(id);
		// One honest seat escalates; the liars win the second committee too.
		answer_all(id, |who| if *who == first[0] { right() } else { wrong() });
		steps(2);
		let second = committee(id);
		assert_eq!(second.len(), 7);
		answer_all(id, |_| wrong());
		assert_eq!(stake(&first[0]), 10_000 * OPG, "not judged before the end");
		assert_ok!(Inference::challenge(signed(ferdie()), id));
		steps(2);
		conclude(id, |_| right());
		assert_eq!(failure(id), Some(FailureReason::Overturned));
		assert!(stake(&first[0]) > 10_000 * OPG, "paid for having been right");
		assert!(first[1..].iter().chain(&second).all(|who| stake(who) == 9_000 * OPG));
	});
}

#[test]
fn undecided_juries_should_give_everyone_back_what_they_put_in() {
	run_with(30, || {
		let (eves, ferdies_before) = (Balances::free_balance(eve()), wealth(&ferdie()));
		let id = request();
		answer_all(id, |_| right());
		assert_ok!(Inference::challenge(signed(ferdie()), id));
		for _jury in 0..2 {
			steps(2);
			let jury = committee(id);
			let half = jury.len() / 2;
			answer_all(id, |who| Answer {
				fuel: jury.iter().position(|j| j == who).unwrap().min(half + 1) as u64,
				..right()
			});
		}
		assert_eq!(failure(id), Some(FailureReason::NoAgreement));
		assert_eq!(wealth(&ferdie()), ferdies_before);
		assert!((0..30).all(|index| stake(&executor(index)) == 10_000 * OPG), "nobody is judged");
		steps(constants::HOURS);
		assert_eq!(Balances::free_balance(eve()), eves);
	});
}

#[test]
fn challenger_should_never_sit_on_the_jury() {
	run_with(11, || {
		let id = request();
		let outsider = (0..11).map(executor).find(|who| !committee(id).contains(who)).unwrap();
		answer_all(id, |_| right());
		assert_ok!(Inference::challenge(signed(outsider.clone()), id));
		steps(2);
		assert_eq!(committee(id).len(), 7);
		assert!(!committee(id).contains(&outsider));
		answer_all(id, |_| right());
	});
}

#[test]
fn optimistic_answers_should_be_audited_now_and_then_and_liars_slashed() {
	run_with(10, || {
		let (mut audits, mut caught) = (0, 0);
		for _ in 0..300 {
			let (id, liar) = lie(Tier::Optimistic);
			let before = stake(&liar[0]);
			steps(constants::CHALLENGE_WINDOW);
			match state(id) {
				RequestState::Settled { .. } => continue,
				RequestState::Disputed { origin: DisputeOrigin::Audit, .. } => audits += 1,
				other => panic!("{other:?}"),
			}
			steps(2);
			assert!(!committee(id).contains(&liar[0]));
			conclude(id, |_| right());
			assert_eq!(failure(id), Some(FailureReason::Overturned));
			caught += usize::from(stake(&liar[0]) < before);
			// The liars of this test would trip the breaker; that has its own.
			pallet_opg_staking::SessionSlashed::<Runtime>::kill();
		}
		// Two percent of 300 are 6; more than 20 or none is one in a thousand.
		assert!((1..=20).contains(&audits), "{audits}");
		assert_eq!(caught, audits);
	});
}

#[test]
fn answers_should_be_settled_without_audit_when_no_jury_can_be_drawn() {
	run_with(4, || {
		for _ in 0..150 {
			let id = request_tier(Tier::Quorum);
			answer_all(id, |_| right());
			steps(constants::CHALLENGE_WINDOW);
			assert!(matches!(state(id), RequestState::Settled { .. }));
		}
	});
}

#[test]
fn high_tier_should_take_five_of_seven_and_no_dissent() {
	run_with(30, || {
		let id = request_tier(Tier::High);
		let members = committee(id);
		assert_eq!(members.len(), 7);
		members.iter().for_each(|who| commit(id, who, &right()).unwrap());
		members[..5].iter().for_each(|who| reveal(id, who, right()).unwrap());
		steps(constants::COMMIT_BLOCKS + constants::REVEAL_BLOCKS);
		assert!(matches!(state(id), RequestState::Attested { .. }), "two hid their answers");
		assert_eq!(stake(&members[6]), 9_000 * OPG);

		let id = request_tier(Tier::High);
		let members = committee(id);
		answer_all(id, |who| if *who == members[6] { wrong() } else { right() });
		assert!(
			matches!(state(id), RequestState::Open(CommitteeStatus::Waiting { round: 1, .. })),
			"one dissents"
		);
		steps(4);
		assert_eq!(committee(id).len(), 15);
		answer_all(id, |_| right());
		steps(constants::CHALLENGE_WINDOW);
		let RequestState::Settled { paid, .. } = state(id) else { panic!() };
		assert_eq!(paid.len(), 21);
	});
}

#[test]
fn attested_failure_should_settle_like_a_result() {
	run(|| {
		let id = request();
		answer_all(id, |_| wrong());
		steps(constants::CHALLENGE_WINDOW);
		let RequestState::Settled { answer, paid, fee, .. } = state(id) else { panic!() };
		assert_eq!(answer, wrong());
		assert_eq!(paid.len(), 3);
		assert_eq!(Some(fee), Inference::estimate(0, Tier::Quorum, Some(FUEL)));
	});
}

#[test]
fn requests_should_fail_with_refund_when_the_breaker_trips() {
	run_with(12, || {
		let eves = Balances::free_balance(eve());
		let id = request();
		answer_all(id, |_| right());
		pallet_opg_staking::SlashingPaused::<Runtime>::put(System::block_number());
		assert_noop!(
			Inference::request(signed(eve()), 0, input(), Tier::Quorum, 10 * OPG),
			Error::<Runtime>::Paused
		);
		assert_noop!(Inference::challenge(signed(ferdie()), id), Error::<Runtime>::Paused);
		steps(constants::CHALLENGE_WINDOW);
		assert_eq!(failure(id), Some(FailureReason::SlashingPaused));
		steps(constants::HOURS);
		assert_eq!(Balances::free_balance(eve()), eves);
	});
}

/// Whom a request gets depends on the randomness after it and on its number, and on nothing that
/// the requester chooses.
#[test]
fn committee_should_not_depend_on_what_the_requester_chooses() {
	let drawn = |input: &[u8], max_fee: Balance| {
		let mut members = Vec::new();
		run_with(12, || {
			let input = input.to_vec().try_into().unwrap();
			let id = next_request();
			assert_ok!(Inference::request(signed(eve()), 0, input, Tier::Quorum, max_fee));
			steps(2);
			members = committee(id);
			steps(constants::HOURS);
		});
		members
	};
	let base = drawn(b"a", 10 * OPG);
	assert_eq!(base, drawn(b"b", 10 * OPG));
	assert_eq!(base, drawn(b"a", 20 * OPG));
}

/// The author of a request's own block adds nothing to its seed: only later blocks do.
#[test]
fn committee_should_depend_on_later_blocks_only() {
	let drawn = |own: u8, next: u8, tier: Tier| {
		let mut members = Vec::new();
		run_with(30, || {
			let id = next_request();
			assert_ok!(Inference::request(signed(eve()), 0, input(), tier, 10 * OPG));
			let mut vrf = [own, next, 3, 4, 5].into_iter();
			for _ in 0..=pallet_opg_inference::tiers::seed_blocks(tier) {
				let parent = System::block_number();
				step();
				// What the block before this one drew, as BABE would tell.
				let output = [vrf.next().unwrap(); 32];
				pallet_opg_inference::VrfOutputs::<Runtime>::insert(parent, output);
				if Rounds::<Runtime>::get(id).is_some() {
					break;
				}
			}
			members = committee(id);
			steps(constants::HOURS);
		});
		members
	};
	// The draw itself runs in the step that adds the last output, so the last one is BABE's.
	let high = drawn(1, 2, Tier::High);
	assert_eq!(high, drawn(9, 2, Tier::High), "the own block");
	assert_ne!(high, drawn(1, 8, Tier::High), "a later block");
	assert_eq!(drawn(1, 2, Tier::Quorum), drawn(9, 2, Tier::Quorum));
}
