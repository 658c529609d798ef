//! Reveals.

use crate::{mock::*, *};
use frame_support::assert_ok;
use opg_primitives::{Answer, BatchKind, MAX_OUTPUT_BYTES};
use pallet_opg_support::{Assignment, Committees, Offence, Verdict};
use sp_core::H256;

#[test]
fn answer_should_be_kept_once_when_everyone_agrees() {
	run(|| {
		open(7, 0, &[1, 2, 3]);
		for who in 1..=3 {
			assert_ok!(commit(7, who, &answer(1)));
		}
		next_block();
		let digest = answer(1).digest();
		let commitment = Some((1, commitment_of(7, 1, &answer(1))));
		assert_ok!(reveal(7, 1, &answer(1)));
		assert_eq!(
			seat_state(7, 1),
			SeatState::Revealed { commitment, at: 2, digest, witness: None }
		);
		assert_eq!(events(), [Event::Revealed { request: 7, round: 0, executor: 1, digest }]);
		assert_eq!(round(7).answer, Some((digest, answer(1))));
		assert_ok!(reveal(7, 2, &answer(1)));
		check();

		assert_ok!(reveal(7, 3, &answer(1)));
		assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]);
		assert_eq!(phase(7), RoundPhase::Closed);
		assert_eq!(round(7).answer, Some((digest, answer(1))), "kept until it is removed");
		assert_eq!(Answers::<Test>::iter().count(), 0);
		assert!(Fines::get().is_empty());
	});
}

#[test]
fn second_answer_should_be_kept_apart_when_executors_disagree() {
	run(|| {
		open(7, 0, &[1, 2]);
		answer_all(7, &[(1, answer(1)), (2, answer(2))]);
		assert_eq!(Verdicts::get(), [(7, Verdict::Dissent)]);
		assert_eq!(round(7).answer, Some((answer(1).digest(), answer(1))));
		assert_eq!(Answers::<Test>::get(7, answer(2).digest()), Some(answer(2)));
		assert!(Fines::get().is_empty() && Convictions::get().is_empty(), "the court decides");
	});
}

#[test]
fn later_round_should_agree_on_an_answer_of_an_earlier_one_when_it_is_kept_apart() {
	run(|| {
		open(7, 0, &[1, 2]);
		answer_all(7, &[(1, answer(1)), (2, answer(2))]);
		open(7, 1, &[3, 4, 5]);
		answer_all(7, &[(3, answer(2)), (4, answer(2)), (5, answer(2))]);
		assert_eq!(Verdicts::get().last(), Some(&(7, Verdict::Agreed(answer(2)))));
	});
}

#[test]
fn answers_should_differ_when_only_their_fuel_does() {
	run(|| {
		open(7, 0, &[1, 2]);
		let more = Answer { fuel: 11, ..answer(1) };
		answer_all(7, &[(1, answer(1)), (2, more)]);
		assert_eq!(Verdicts::get(), [(7, Verdict::Dissent)]);
	});
}

#[test]
fn failure_of_the_model_should_be_agreed_on_when_everyone_reports_it() {
	run(|| {
		open(7, 0, &[1, 2]);
		answer_all(7, &[(1, trap()), (2, trap())]);
		assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(trap()))]);
	});
}

#[test]
fn committee_of_one_should_reveal_at_once_when_it_is_drawn() {
	run(|| {
		open(7, 0, &[1]);
		let item = item(7, 0, H256::repeat_byte(9));
		assert_eq!(submit(commit_call(1, vec![item])), Err(reject::WRONG_PHASE));
		assert_ok!(reveal(7, 1, &answer(1)));
		assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]);
		let digest = answer(1).digest();
		let revealed = SeatState::Revealed { commitment: None, at: 1, digest, witness: None };
		assert_eq!((phase(7), seat_state(7, 1)), (RoundPhase::Closed, revealed));
		assert!(Fines::get().is_empty());
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS);
		assert_eq!(Verdicts::get().len(), 1);
	});
}

#[test]
fn reveal_of_a_committee_of_one_should_be_refused_when_it_is_of_another_fork() {
	run(|| {
		open(7, 0, &[1]);
		let payload = revealed(&answer(1));
		let other = Item { seed: seed(8, 0), ..item(7, 0, payload) };
		assert_eq!(submit(reveal_call(1, vec![other])), Err(reject::NO_ROUND));
		let excessive = Answer { fuel: FUEL_LIMIT + 1, ..answer(1) };
		assert_eq!(reveal(7, 1, &excessive), Err(reject::TOO_MUCH_FUEL));
		assert_eq!(seat_state(7, 1), SeatState::Waiting);
	});
}

#[test]
fn reveal_should_be_refused_when_its_output_has_a_wrong_size() {
	let sizes = [
		(MAX_OUTPUT_BYTES, Err(reject::WRONG_OUTPUT_SIZE)),
		(MAX_OUTPUT_BYTES + 1, Ok(())),
		(50_000, Ok(())),
		(50_001, Err(reject::WRONG_OUTPUT_SIZE)),
	];
	for (size, expected) in sizes {
		run(|| {
			let assignment = assignment(7, 0, &[1], 1);
			let assignment = Assignment { output_limit: 50_000, ..assignment };
			assert_ok!(Attestation::open(assignment));
			assert_eq!(reveal(7, 1, &stored(size)), expected, "{size}");
		});
	}
	run(|| {
		open(7, 0, &[1]);
		let too_long = stored(MAX_OUTPUT_BYTES + 1);
		assert_eq!(reveal(7, 1, &too_long), Err(reject::WRONG_OUTPUT_SIZE), "all is inline");
		assert_ok!(Attestation::open(Assignment { output_limit: 0, ..assignment(8, 0, &[1], 1) }));
		assert_eq!(reveal(8, 1, &answer(1)), Err(reject::WRONG_OUTPUT_SIZE), "one byte too many");
		assert_ok!(reveal(8, 1, &trap()));
	});
}

#[test]
fn stored_outputs_should_agree_when_their_contents_are_the_same() {
	run(|| {
		let assignment = assignment(7, 0, &[1, 2], 2);
		assert_ok!(Attestation::open(Assignment { output_limit: 50_000, ..assignment }));
		for who in [1, 2] {
			assert_ok!(commit(7, who, &stored(50_000)));
		}
		let payload = revealed(&stored(50_000));
		let call = reveal_call(1, vec![item(7, 0, payload)]);
		let Call::reveal { batch, .. } = &call else { unreachable!() };
		assert_eq!(batch.output_bytes(), 0, "they are not in the block");
		assert_ok!(submit(call));
		assert_ok!(reveal(7, 2, &stored(50_000)));
		assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(stored(50_000)))]);
	});
}

#[test]
fn committee_of_one_should_be_fined_when_it_is_silent() {
	run(|| {
		open(7, 0, &[1]);
		next_blocks(COMMIT_BLOCKS);
		assert_eq!(Fines::get(), [(1, Offence::MissedCommit)]);
		assert_eq!(reveal(7, 1, &answer(1)), Err(reject::WRONG_PHASE));
	});
}

#[test]
fn kept_seats_should_be_recorded_when_answers_are_revealed() {
	run(|| {
		Missed::set([(1, 2)].into());
		(0..3).for_each(|id| open(id, 0, &[1, 2]));
		for id in 0..3 {
			assert_ok!(commit(id, 1, &answer(1)));
			assert_ok!(commit(id, 2, &answer(1)));
		}
		assert!(Records::get().is_empty(), "a commitment alone keeps no seat");
		let payload = revealed(&answer(1));
		let items = |ids: [u64; 3]| ids.map(|id| item(id, 0, payload.clone())).to_vec();
		assert_ok!(submit(reveal_call(1, items([0, 1, 2]))));
		assert_eq!(Missed::get()[&1], 0);
		assert_ok!(submit(reveal_call(2, items([0, 1, 2]))));
		assert_eq!(Records::get(), [(1, 3), (2, 1)].into(), "one that changes nothing is the last");
	});
}

#[test]
fn reveal_should_be_refused_with_its_code_when_a_precondition_fails() {
	run(|| {
		let one = |who, request, round| {
			submit(reveal_call(who, vec![item(request, round, revealed(&answer(1)))]))
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
		let other_fork = Item { seed: seed(8, 1), ..item(7, 1, revealed(&answer(1))) };
		assert_eq!(submit(reveal_call(1, vec![other_fork])), Err(reject::NO_ROUND));
		assert_eq!(one(4, 7, 1), Err(reject::NOT_DRAWN));
		assert_eq!(one(3, 7, 1), Err(reject::WRONG_SEAT_STATE), "never committed");
		assert_eq!(reveal(7, 2, &excessive), Err(reject::TOO_MUCH_FUEL));
		assert_eq!(reveal(7, 1, &answer(2)), Err(reject::WRONG_COMMITMENT));
		let salted = RevealedAnswer { salt: [8; 32], ..revealed(&answer(1)) };
		let other_salt = reveal_call(1, vec![item(7, 1, salted)]);
		assert_eq!(submit(other_salt), Err(reject::WRONG_COMMITMENT));

		Keyless::set([1].into());
		assert_eq!(one(1, 7, 1), Err(reject::NOT_EXECUTOR));
		Keyless::take();
		let batch = batch(1, vec![item(7, 1, revealed(&answer(1)))]);
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
		open(7, 0, &[1, 2]);
		let most = Answer { fuel: FUEL_LIMIT, ..answer(1) };
		answer_all(7, &[(1, most.clone()), (2, most)]);
		assert_eq!(Verdicts::get().len(), 1);
	});
}

#[test]
fn reveal_should_be_refused_when_its_witness_is_missing_or_nobody_asked_for_it() {
	run(|| {
		let witness = Some(H256::repeat_byte(5));
		open(7, 0, &[1, 2]);
		open_witnessed(8, 2, &[1, 2]);
		for (request, own, wrong, code) in [
			(7, None, witness, reject::UNEXPECTED_WITNESS),
			(8, witness, None, reject::MISSING_WITNESS),
		] {
			let index = round(request).index;
			for who in [1, 2] {
				let payload = commitment_with(request, who, &answer(1), own);
				assert_ok!(submit(commit_call(who, vec![item(request, index, payload)])));
			}
			assert_eq!(reveal_with(request, 1, &answer(1), wrong), Err(code));
			for who in [1, 2] {
				assert_ok!(reveal_with(request, who, &answer(1), own));
			}
			assert_eq!(Verdicts::take(), [(request, Verdict::Agreed(answer(1)))]);
		}
	});
}

#[test]
fn reveal_should_be_refused_when_its_witness_is_another_than_the_committed_one() {
	run(|| {
		open_witnessed(7, 2, &[1, 2]);
		for who in [1, 2] {
			let payload = commitment_with(7, who, &answer(1), Some(H256::repeat_byte(5)));
			assert_ok!(submit(commit_call(who, vec![item(7, 2, payload)])));
		}
		let other = Some(H256::repeat_byte(6));
		assert_eq!(reveal_with(7, 1, &answer(1), other), Err(reject::WRONG_COMMITMENT));
	});
}

#[test]
fn witnessed_round_should_dissent_when_witnesses_of_equal_answers_differ() {
	run(|| {
		let witness = H256::repeat_byte;
		open_witnessed(7, 2, &[1, 2]);
		answer_all_with(7, &[(1, answer(1), witness(5)), (2, answer(1), witness(6))]);
		assert_eq!(Verdicts::take(), [(7, Verdict::Dissent)]);
		assert_eq!(Attestation::doubted_seed(7), Some(seed(7, 2)));
		assert_eq!(Attestation::revealed_digests(7), [answer(1).digest()]);

		open_witnessed(8, 2, &[1, 2]);
		answer_all_with(8, &[(1, answer(1), witness(5)), (2, answer(1), witness(5))]);
		assert_eq!(Verdicts::get(), [(8, Verdict::Agreed(answer(1)))]);
		assert_eq!(Attestation::doubted_seed(8), None);
		assert_eq!(Attestation::doubted_seed(9), None, "no request");
	});
}

#[test]
fn committee_of_one_should_reveal_its_witness_when_it_audits() {
	run(|| {
		open_witnessed(7, 2, &[1]);
		assert_eq!(reveal(7, 1, &answer(1)), Err(reject::MISSING_WITNESS));
		assert_ok!(reveal_with(7, 1, &answer(1), Some(H256::zero())));
		assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]);
	});
}
