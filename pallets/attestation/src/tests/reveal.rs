//! Reveals.

use crate::{mock::*, *};
use frame_support::assert_ok;
use opg_primitives::{Answer, BatchKind, FailureReason};
use pallet_opg_support::{Committees, Rule};

#[test]
fn answer_should_be_kept_once_when_everyone_agrees() {
	run(|| {
		open(7, 0, &[1, 2, 3]);
		for who in 1..=3 {
			assert_ok!(commit(7, who, &answer(1)));
		}
		next_block();
		let digest = answer(1).digest();
		let commitment = commitment_of(7, 1, &answer(1));
		assert_ok!(reveal(7, 1, &answer(1)));
		assert_eq!(
			seat_state(7, 1),
			SeatState::Revealed { committed_at: 1, commitment, at: 2, digest }
		);
		assert_eq!(events(), [Event::Revealed { request: 7, round: 0, executor: 1, digest }]);
		assert_eq!(round(7).answer, Some((digest, answer(1))));
		assert_ok!(reveal(7, 2, &answer(1)));
		assert_eq!(Answers::<Test>::iter().count(), 0);
		check();

		assert_ok!(reveal(7, 3, &answer(1)));
		assert_eq!(Verdicts::get(), [(7, Ok(answer(1)))]);
		assert_eq!((phase(7), round(7).answer), (RoundPhase::Closed, None));
		assert!(Penalties::get().is_empty());
	});
}

#[test]
fn second_answer_should_be_kept_apart_when_executors_disagree() {
	run(|| {
		open(7, 0, &[1, 2]);
		answer_all(7, &[(1, answer(1)), (2, answer(2))]);
		assert_eq!(Verdicts::get(), [(7, Err(FailureReason::NoAgreement))]);
		assert_eq!(round(7).answer, Some((answer(1).digest(), answer(1))));
		assert_eq!(Answers::<Test>::get(7, answer(2).digest()), Some(answer(2)));
		assert!(Penalties::get().is_empty(), "a later round decides who is wrong");
	});
}

#[test]
fn later_round_should_agree_on_an_answer_of_an_earlier_one_when_it_is_kept_apart() {
	run(|| {
		open(7, 0, &[1, 2]);
		answer_all(7, &[(1, answer(1)), (2, answer(2))]);
		assert_ok!(Attestation::open(assignment(7, 1, &[3, 4, 5], Rule::Majority)));
		answer_all(7, &[(3, answer(2)), (4, answer(3)), (5, answer(2))]);
		assert_eq!(Verdicts::get().last(), Some(&(7, Ok(answer(2)))));
	});
}

#[test]
fn answers_should_differ_when_only_their_fuel_does() {
	run(|| {
		open(7, 0, &[1, 2]);
		let more = Answer { fuel: 11, ..answer(1) };
		answer_all(7, &[(1, answer(1)), (2, more)]);
		assert_eq!(Verdicts::get(), [(7, Err(FailureReason::NoAgreement))]);
	});
}

#[test]
fn failure_of_the_model_should_be_agreed_on_when_everyone_reports_it() {
	run(|| {
		open(7, 0, &[1, 2]);
		answer_all(7, &[(1, trap()), (2, trap())]);
		assert_eq!(Verdicts::get(), [(7, Ok(trap()))]);
	});
}

#[test]
fn reveal_should_be_refused_with_its_code_when_a_precondition_fails() {
	run(|| {
		let payload = |answer: &Answer| RevealedAnswer { answer: answer.clone(), salt: SALT };
		let one = |who, request, round| {
			submit(reveal_call(who, vec![item(request, round, payload(&answer(1)))]))
		};
		open(7, 1, &[1, 2, 3]);
		assert_ok!(commit(7, 1, &answer(1)));
		assert_eq!(one(1, 7, 1), Err(reject::WRONG_PHASE));
		let excessive = Answer { fuel: FUEL_LIMIT + 1, ..answer(1) };
		assert_ok!(commit(7, 2, &excessive));
		next_blocks(COMMIT_BLOCKS);
		assert_eq!(phase(7), RoundPhase::Reveal);

		assert_eq!(submit(reveal_call(1, vec![])), Err(reject::MALFORMED));
		assert_eq!(one(1, 8, 1), Err(reject::NO_ROUND));
		assert_eq!(one(1, 7, 0), Err(reject::NO_ROUND));
		assert_eq!(one(4, 7, 1), Err(reject::NOT_DRAWN));
		assert_eq!(one(3, 7, 1), Err(reject::WRONG_SEAT_STATE), "never committed");
		assert_eq!(reveal(7, 2, &excessive), Err(reject::TOO_MUCH_FUEL));
		assert_eq!(reveal(7, 1, &answer(2)), Err(reject::WRONG_COMMITMENT));
		let salted = RevealedAnswer { answer: answer(1), salt: [8; 32] };
		let other_salt = reveal_call(1, vec![item(7, 1, salted)]);
		assert_eq!(submit(other_salt), Err(reject::WRONG_COMMITMENT));

		Keyless::set([1].into());
		assert_eq!(one(1, 7, 1), Err(reject::NOT_EXECUTOR));
		Keyless::take();
		let batch = batch(1, vec![item(7, 1, payload(&answer(1)))]);
		let signature = sign(1, BatchKind::Commit, &batch);
		let forged = Call::reveal { batch, signature };
		assert_eq!(submit(forged), Err(reject::INVALID_SIGNATURE), "signed as another kind");

		assert_ok!(one(1, 7, 1));
		assert_eq!(one(1, 7, 1), Err(reject::WRONG_SEAT_STATE), "revealed already");
		next_blocks(REVEAL_BLOCKS);
		assert_eq!(one(1, 7, 1), Err(reject::WRONG_PHASE), "closed");
	});
}

#[test]
fn answer_should_be_accepted_when_its_fuel_is_the_limit() {
	run(|| {
		open(7, 0, &[1]);
		answer_all(7, &[(1, Answer { fuel: FUEL_LIMIT, ..answer(1) })]);
		assert_eq!(Verdicts::get().len(), 1);
	});
}
