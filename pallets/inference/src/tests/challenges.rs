//! Challenges: who may challenge, when, with what bond, and what follows from the jury's answer.

use crate::{draw::DrawContext, mock::*, *};
use frame_support::{assert_noop, assert_ok, dispatch::GetDispatchInfo};
use opg_primitives::{Balance, FailureReason, RequestId, Tier};
use sp_runtime::{DispatchResult, TokenError};

const BOND: Balance = 7 * MAX_PAY + CHALLENGE_BOND;
/// Loss of an executor that gave a wrong answer.
const LOSS: Balance = POOL / 10;

fn try_challenge(who: u64, id: RequestId) -> DispatchResult {
	dispatch(who, Call::challenge { request: id })
}

#[test]
fn challenge_should_hold_the_bond_and_draw_a_jury_of_others() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		let attested_at = now();
		next_block();
		assert_ok!(try_challenge(CHALLENGER, id));

		assert_eq!(on_hold(HoldReason::Challenge, CHALLENGER), BOND);
		let challenged = Event::Challenged { request: id, challenger: CHALLENGER, bond: BOND };
		assert!(events().contains(&challenged));
		let expected = RequestState::Disputed {
			answer: answer(FUEL_LIMIT),
			at: attested_at,
			origin: DisputeOrigin::Challenge { challenger: CHALLENGER, bond: BOND },
			status: CommitteeStatus::Waiting { round: tiers::JURY, since: now() },
		};
		assert_eq!(state(id), expected);
		run_blocks(2);
		assert_eq!(assigned_round(id), Some(tiers::JURY));
		assert!(members(id, tiers::JURY).iter().all(|who| !members(id, 0).contains(who)));
		// The end of the window does not settle what is disputed.
		run_blocks(WINDOW);
		assert_eq!(assigned_round(id), Some(tiers::JURY));
	});
}

#[test]
fn challenge_should_be_possible_until_the_answer_is_settled() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		run_blocks(WINDOW - 1);
		assert_ok!(try_challenge(CHALLENGER, id));
	});
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		run_blocks(WINDOW);
		assert_noop!(try_challenge(CHALLENGER, id), Error::<Test>::NotChallengeable);
	});
}

#[test]
fn challenge_should_be_refused_when_there_is_no_answer_to_challenge() {
	run(|| {
		assert_noop!(try_challenge(CHALLENGER, 9), Error::<Test>::UnknownRequest);
		let id = request(Tier::Quorum);
		assert_noop!(try_challenge(CHALLENGER, id), Error::<Test>::NotChallengeable);
		run_blocks(2);
		assert_noop!(try_challenge(CHALLENGER, id), Error::<Test>::NotChallengeable);
		agree(id, answer(FUEL_LIMIT));
		assert_ok!(try_challenge(CHALLENGER, id));
		assert_noop!(try_challenge(OTHER_REQUESTER, id), Error::<Test>::NotChallengeable);
	});
}

#[test]
fn challenge_should_be_refused_when_the_challenger_cannot_pay_the_bond() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		assert_noop!(try_challenge(POOR, id), TokenError::FundsUnavailable);
	});
}

#[test]
fn challenge_should_be_refused_when_slashing_is_paused() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		SlashingPaused::set(&true);
		assert_noop!(try_challenge(CHALLENGER, id), Error::<Test>::Paused);
	});
}

#[test]
fn challenge_should_be_refused_when_no_jury_can_be_drawn() {
	run(|| {
		ExecutorCount::set(&10);
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		// An executor that challenges is not in the jury, so that six are left.
		let outsider = (1..=10).find(|who| !members(id, 0).contains(who)).unwrap();
		assert_noop!(try_challenge(outsider, id), Error::<Test>::NotEnoughExecutors);
		// One of the committee is not in the jury anyway.
		assert_ok!(try_challenge(members(id, 0)[0], id));
		run_blocks(2);
		assert_eq!(members(id, tiers::JURY).len(), 7);
	});
}

#[test]
fn challenge_should_be_refused_when_no_agenda_has_room() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		fill_agendas(now() + 2, SCHEDULE_SEARCH_BLOCKS);
		assert_noop!(try_challenge(CHALLENGER, id), Error::<Test>::Congested);
	});
}

#[test]
fn challenge_should_give_back_weight_when_there_are_few_executors() {
	run(|| {
		let id = attested(Tier::Quorum, answer(FUEL_LIMIT));
		ExecutorCount::set(&20);
		let fixed = <Test as Config>::WeightInfo::challenge();
		let declared = Call::<Test>::challenge { request: id }.get_dispatch_info().call_weight;
		assert_eq!(declared, fixed + DrawContext::<Test>::max_weight());
		let actual = Inference::challenge(signed(CHALLENGER), id).unwrap().actual_weight;
		let context = <Test as Config>::WeightInfo::snapshot(20)
			+ <Test as Config>::WeightInfo::sampler(EXECUTORS as u32);
		assert_eq!(actual, Some(fixed + context));
	});
}

#[test]
fn challenger_should_lose_its_bond_when_the_jury_finds_the_same_answer() {
	run(|| {
		let id = challenged(Tier::Quorum, answer(FUEL_LIMIT));
		run_blocks(2);
		agree(id, answer(FUEL_LIMIT));
		// The bond moves in the next block.
		assert_eq!(on_hold(HoldReason::Challenge, CHALLENGER), BOND);
		next_block();

		assert_eq!(on_hold(HoldReason::Challenge, CHALLENGER), 0);
		assert_eq!(balance(CHALLENGER), FUNDS - BOND);
		assert!(events().contains(&Event::Upheld { request: id }));
		assert!(matches!(state(id), RequestState::Settled { .. }));
		let paid = [members(id, 0), members(id, tiers::JURY)].concat();
		assert!(paid.into_iter().all(|who| balance(pool(who)) == POOL + MAX_PAY));
		// The bond pays the jury, the rest is the pot's.
		let protocol = 3 * MAX_PAY / 20 + 7 * MAX_PAY / 50;
		assert_eq!(pot(), EXISTENTIAL_DEPOSIT + CHALLENGE_BOND + protocol);
	});
}

#[test]
fn challenger_should_gain_when_the_jury_finds_another_answer() {
	run(|| {
		let id = challenged(Tier::Quorum, wrong());
		run_blocks(2);
		agree(id, answer(FUEL_LIMIT));
		next_block();

		assert_eq!(on_hold(HoldReason::Challenge, CHALLENGER), 0);
		assert_eq!(balance(CHALLENGER), FUNDS + 3 * LOSS * 3 / 10);
		assert_eq!(failure(id), Some(FailureReason::Overturned));
		assert_eq!(balance(REQUESTER), FUNDS);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
		assert!(members(id, 0).into_iter().all(|who| balance(pool(who)) == POOL - LOSS));
		let paid = 7 * MAX_PAY;
		assert_eq!(pot(), EXISTENTIAL_DEPOSIT + 3 * LOSS * 3 / 10 - paid);
		assert_eq!(Burned::get(), 3 * LOSS * 4 / 10);
		let digest = answer(FUEL_LIMIT).digest();
		assert!(events().contains(&Event::Overturned { request: id, digest, paid }));
	});
}

#[test]
fn jury_should_be_followed_by_a_larger_one_when_it_does_not_agree() {
	run(|| {
		let id = challenged(Tier::Quorum, wrong());
		run_blocks(2);
		disagree(id);
		run_blocks(2);
		assert_eq!(assigned_round(id), Some(tiers::SECOND_JURY));
		let earlier = [members(id, 0), members(id, tiers::JURY)].concat();
		let jury = members(id, tiers::SECOND_JURY);
		assert_eq!(jury.len(), 15);
		assert!(jury.iter().all(|who| !earlier.contains(who)));
		agree(id, answer(FUEL_LIMIT));
		next_block();
		assert_eq!(failure(id), Some(FailureReason::Overturned));
	});
}

#[test]
fn everyone_should_get_back_what_they_put_in_when_no_jury_agrees() {
	run(|| {
		let id = challenged(Tier::Quorum, answer(FUEL_LIMIT));
		run_blocks(2);
		disagree(id);
		run_blocks(2);
		disagree(id);
		assert_eq!(failure(id), Some(FailureReason::NoAgreement));
		assert_eq!((balance(CHALLENGER), balance(REQUESTER)), (FUNDS, FUNDS));
		assert_eq!(on_hold(HoldReason::Challenge, CHALLENGER), 0);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
	});
}

#[test]
fn everyone_should_get_back_what_they_put_in_when_slashing_is_paused() {
	run(|| {
		let id = challenged(Tier::Quorum, wrong());
		run_blocks(2);
		agree(id, answer(FUEL_LIMIT));
		SlashingPaused::set(&true);
		next_block();
		assert_eq!(failure(id), Some(FailureReason::SlashingPaused));
		assert_eq!((balance(CHALLENGER), balance(REQUESTER)), (FUNDS, FUNDS));
		assert_eq!(Burned::get(), 0);
	});
}

#[test]
fn everyone_should_get_back_what_they_put_in_when_the_agenda_has_no_room_for_the_verdict() {
	run(|| {
		let id = challenged(Tier::Quorum, wrong());
		run_blocks(2);
		fill_agendas(now() + 1, SCHEDULE_SEARCH_BLOCKS);
		agree(id, answer(FUEL_LIMIT));
		assert_eq!(failure(id), Some(FailureReason::Congested));
		assert_eq!((balance(CHALLENGER), balance(REQUESTER)), (FUNDS, FUNDS));
	});
}
