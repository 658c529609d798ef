//! Verdicts of the court: who is convicted, who pays and who is paid.

use crate::{mock::*, *};
use frame_support::assert_ok;
use opg_primitives::{Answer, Balance, FailureReason, Tier};
use pallet_opg_support::OnCourtDecided;

const FUEL: u64 = FUEL_LIMIT / 2;
const PAY: Balance = MAX_PAY / 2;
const BOND: Balance = 3 * COURT_PAY + CHALLENGE_BOND;
/// Loss of an executor that gave a wrong answer.
const LOSS: Balance = POOL / 10;

fn right() -> Answer {
	answer(FUEL)
}

fn settled(id: u64) -> (Answer, Vec<(u64, Balance)>) {
	match state(id) {
		RequestState::Settled { answer, paid, .. } => (answer, paid.into_inner()),
		state => panic!("it is settled: {state:?}"),
	}
}

fn earned_by_validators() -> Balance {
	VALIDATORS.into_iter().map(|who| balance(who) - FUNDS).sum()
}

#[test]
fn right_answer_should_settle_and_liars_be_convicted_when_a_challenger_was_right() {
	run(|| {
		let id = challenged(Tier::Quorum, wrong(), &right());
		begin_reveals(id);
		assert_ok!(reveal_claim(CHALLENGER, id, &right()));
		let pot_before = pot();
		decide(id, right());

		// The requester gets the right answer, not just its money back.
		assert_eq!(settled(id), (right(), vec![]));
		// Each pays a third of the court, besides the loss of a liar.
		let left = POOL - LOSS - COURT_PAY;
		assert!(members(id, 0).into_iter().all(|who| balance(pool(who)) == left));
		assert_eq!(on_hold(HoldReason::Challenge, CHALLENGER), 0);
		assert_eq!(balance(CHALLENGER), FUNDS + 3 * LOSS * 3 / 10);
		assert_eq!(earned_by_validators(), 3 * COURT_PAY);
		assert!(pot() > pot_before);
		let judged = Event::Judged { request: id, digest: right().digest(), right: 0, wrong: 3 };
		assert!(events().contains(&judged));
		assert!(events().contains(&Event::ChallengeWon { request: id, challenger: CHALLENGER }));
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), 0);
	});
}

#[test]
fn answer_should_settle_and_the_bond_pay_the_court_when_a_challenger_was_wrong() {
	run(|| {
		let id = challenged(Tier::Quorum, right(), &wrong());
		begin_reveals(id);
		assert_ok!(reveal_claim(CHALLENGER, id, &wrong()));
		decide(id, right());

		assert_eq!(balance(CHALLENGER), FUNDS - BOND);
		let lost = Event::ChallengeLost { request: id, challenger: CHALLENGER, bond: BOND };
		assert!(events().contains(&lost));
		let (_, paid) = settled(id);
		assert_eq!(paid, members(id, 0).into_iter().map(|who| (who, PAY)).collect::<Vec<_>>());
		assert_eq!(earned_by_validators(), 3 * COURT_PAY);
		assert_eq!(Burned::get(), 0);
	});
}

/// C2 of an audit: false challenges were profitable for who has many seats. Whatever the bench is, a
/// challenge of a right answer only loses.
#[test]
fn challenge_of_a_right_answer_should_lose_when_its_claim_is_right() {
	run(|| {
		// It disputes the right answer, and claims it.
		let id = challenged(Tier::Quorum, right(), &right());
		begin_reveals(id);
		assert_ok!(reveal_claim(CHALLENGER, id, &right()));
		decide(id, right());
		assert_eq!(balance(CHALLENGER), FUNDS - BOND);
	});
}

#[test]
fn bond_should_be_lost_when_the_claim_is_not_revealed() {
	run(|| {
		let id = challenged(Tier::Quorum, wrong(), &right());
		decide(id, right());
		assert_eq!(balance(CHALLENGER), FUNDS - BOND);
		// Its part of what the liars lose is burned.
		assert_eq!(Burned::get(), 3 * LOSS * 7 / 10);
	});
}

#[test]
fn reward_should_be_shared_by_bond_when_several_are_right() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		assert_ok!(challenge_by(CHALLENGER, id, &right()));
		// The bond follows the number of validators.
		AuthorCount::set(3 + 3 * (BOND / COURT_PAY) as u32);
		assert_ok!(challenge_by(OTHER_CHALLENGER, id, &right()));
		assert_ok!(challenge_by(1, id, &answer(FUEL + 1)));
		begin_reveals(id);
		assert_ok!(reveal_claim(CHALLENGER, id, &right()));
		assert_ok!(reveal_claim(OTHER_CHALLENGER, id, &right()));
		assert_ok!(reveal_claim(1, id, &answer(FUEL + 1)));
		let bonds: Vec<_> = stored(id).challenges.iter().map(|each| each.bond).collect();
		decide(id, right());

		assert_eq!(bonds[0], BOND);
		let all = 3 * LOSS * 3 / 10;
		let share = |bond: Balance| all * bond / (bonds[0] + bonds[1]);
		let gained = |who| balance(who) - FUNDS;
		assert!(gained(CHALLENGER).abs_diff(share(bonds[0])) <= 3);
		assert!(gained(OTHER_CHALLENGER).abs_diff(share(bonds[1])) <= 3);
		assert!(gained(CHALLENGER) + gained(OTHER_CHALLENGER) <= all);
		assert_eq!(balance(1), FUNDS - bonds[2]);
	});
}

/// Also the honest of a dissenting round are paid, and nobody is judged before the verdict.
#[test]
fn right_executors_should_be_paid_when_the_court_decides_a_dissent() {
	run(|| {
		let id = drawn(Tier::Quorum);
		dissent(id, &[right(), wrong(), right()]);
		let first = members(id, 0);
		assert!(first.iter().all(|who| balance(pool(*who)) == POOL));
		decide(id, right());
		assert_eq!(settled(id), (right(), vec![(first[0], PAY), (first[2], PAY)]));
		assert_eq!(balance(pool(first[1])), POOL - LOSS - 3 * COURT_PAY);
		assert_eq!(earned_by_validators(), 3 * COURT_PAY);
	});
}

#[test]
fn minority_should_be_right_when_the_court_says_so() {
	run(|| {
		let id = drawn(Tier::Quorum);
		dissent(id, &[wrong(), right(), wrong()]);
		decide(id, right());
		let first = members(id, 0);
		assert_eq!(settled(id).1, [(first[1], PAY)]);
		let losses = [first[0], first[2]].map(|who| POOL - balance(pool(who)));
		assert_eq!(losses, [LOSS + 3 * COURT_PAY / 2; 2]);
	});
}

/// In every round: one that revealed in the silent first, and those of the second.
#[test]
fn liars_of_every_round_should_be_convicted() {
	run(|| {
		let id = drawn(Tier::Quorum);
		reveal(id, 0, wrong());
		fall_silent(id);
		run_draw(Tier::Quorum);
		dissent(id, &[right(), right(), wrong()]);
		decide(id, right());
		let seats = Seats::get(id);
		for seat in seats {
			let expected = match seat.answer {
				Some(given) if given == wrong() => POOL - LOSS - COURT_PAY,
				// Two of the first round were silent, and pay for two of the five.
				Some(_) => POOL + PAY,
				None => POOL - PAY,
			};
			assert_eq!(balance(pool(seat.executor)), expected);
		}
	});
}

#[test]
fn everyone_should_get_back_what_they_put_in_when_the_court_does_not_decide() {
	run(|| {
		let id = attested(Tier::Quorum, wrong());
		assert_ok!(dispatch(OTHER_REQUESTER, Call::audit { request: id }));
		assert_ok!(challenge_by(CHALLENGER, id, &right()));
		assert_ok!(challenge_by(OTHER_CHALLENGER, id, &wrong()));
		adjourn(id);
		assert_eq!(failure(id), Some(FailureReason::Undecided));
		assert_eq!((balance(CHALLENGER), balance(OTHER_CHALLENGER)), (FUNDS, FUNDS));
		assert_eq!(balance(REQUESTER), FUNDS - 3 * SEAT_FEE);
		assert_eq!(balance(OTHER_REQUESTER), FUNDS - 3 * SEAT_FEE);
		for reason in [HoldReason::Challenge, HoldReason::Audit] {
			for who in [CHALLENGER, OTHER_CHALLENGER, OTHER_REQUESTER] {
				assert_eq!(on_hold(reason, who), 0);
			}
		}
		assert_eq!(Burned::get(), 0);
	});
}

#[test]
fn validators_should_share_what_the_pot_has_when_that_is_not_enough() {
	run(|| {
		Royalty::set(&0);
		let id = drawn(Tier::Optimistic);
		fall_silent(id);
		run_draw(Tier::Optimistic);
		// A dissent of two, without a challenger whose bond pays.
		dissent(id, &[right(), wrong(), right()]);
		// The conviction is not paid out yet.
		decide_without_loss(id);
		assert!(earned_by_validators() < 3 * COURT_PAY);
		let each = balance(VALIDATORS[0]) - FUNDS;
		assert!(VALIDATORS.into_iter().all(|who| balance(who) == FUNDS + each));
		assert!(pot() - EXISTENTIAL_DEPOSIT < 3, "all but the remainder");
	});
}

/// Of a simulation, in three of its rows: executors of an audit by chance, whom the pot pays, were
/// paid what a liar was charged for the court.
#[test]
fn validators_should_be_paid_first_when_an_audit_by_chance_found_the_liar() {
	run(|| {
		Royalty::set(&0);
		let id = audited_by_chance(wrong());
		let liar = members(id, 0)[0];
		// Another verdict convicted it: this one brings nothing to the pot.
		Convicted::insert(liar, true);
		agree(id, right());
		decide(id, right());
		assert_eq!(balance(pool(liar)), POOL - 3 * COURT_PAY);
		assert_eq!(earned_by_validators(), 3 * COURT_PAY);
		let paid: Vec<_> = settled(id).1.into_iter().map(|(_, pay)| pay).collect();
		assert!(paid.len() == 3 && paid.iter().all(|pay| *pay > PAY / 3 && *pay < PAY), "{paid:?}");
	});
}

#[test]
fn silent_auditors_should_pay_the_court_when_nobody_was_wrong() {
	run(|| {
		Royalty::set(&0);
		let id = audited_by_chance(right());
		reveal(id, 0, right());
		fall_silent(id);
		decide(id, right());
		let [present, first, second] = members(id, tiers::AUDIT)[..] else { panic!("three seats") };
		for absent in [first, second] {
			assert_eq!(balance(pool(absent)), POOL - 3 * COURT_PAY / 2);
		}
		assert!(balance(pool(present)) > POOL);
		assert_eq!(earned_by_validators(), 3 * COURT_PAY);
	});
}

/// Request whose audit committee was drawn, though audits are rare and the fee pays for few of them.
fn audited_by_chance(given: Answer) -> u64 {
	let id = attested(Tier::Optimistic, given);
	StakeAtRisk::set(1);
	run_blocks(WINDOW);
	StakeAtRisk::set(10_000_000);
	run_draw(Tier::Optimistic);
	assert_eq!(assigned_round(id), Some(tiers::AUDIT));
	id
}

/// The court decides for the right answer, and liars have nothing left that is taken at once.
fn decide_without_loss(id: u64) {
	for Seat { executor, answer, .. } in Seats::get(id) {
		if answer == Some(wrong()) {
			use frame_support::traits::{fungible::Mutate, tokens::Preservation};
			let all = balance(pool(executor)) - 1_000;
			Balances::transfer(&pool(executor), &OTHER_REQUESTER, all, Preservation::Preserve)
				.unwrap();
		}
	}
	decide(id, right());
}

#[test]
fn verdict_should_stay_within_its_declared_weight() {
	run(|| {
		let max = Inference::max_court_decided_weight();
		let id = attested(Tier::High, wrong());
		for who in 1..=u64::from(MAX_CHALLENGES) {
			assert_ok!(challenge_by(who, id, &right()));
		}
		assert!(decide(id, right()).all_lte(max));
		let id = attested(Tier::High, right());
		for who in 1..=u64::from(MAX_CHALLENGES) {
			assert_ok!(challenge_by(who, id, &wrong()));
		}
		assert!(adjourn(id).all_lte(max));
	});
}
