//! Votes: what a commitment and a revealed vote must be like.

use crate::{mock::*, *};
use opg_primitives::{Answer, Content, Outcome, MAX_OUTPUT_BYTES};
use pallet_opg_support::CourtSizes;
use sp_core::H256;

/// Everyone commits to this answer, and the reveal phase begins.
fn commit_all(request: u64, answer: &Answer) {
	(1..=5).for_each(|who| commit(request, who, answer).unwrap());
	next_block();
}

#[test]
fn vote_should_be_stored_when_it_is_committed_and_revealed() {
	run(|| {
		sit(7);
		let commitment = commitment_of(7, 1, &answer(1));
		commit(7, 1, &answer(1)).unwrap();
		assert_eq!(Votes::<Test>::get(7, 0), Some(Vote::Committed(commitment)));
		let validator = 1;
		assert!(events().contains(&Event::Committed { request: 7, validator, commitment }));
		next_blocks(COMMIT_BLOCKS);
		reveal(7, 1, &answer(1)).unwrap();
		let Finding { digest, witness } = finding(&answer(1));
		assert_eq!(Votes::<Test>::get(7, 0), Some(Vote::Revealed(Finding { digest, witness })));
		assert!(events().contains(&Event::Revealed { request: 7, validator, digest, witness }));
	});
}

#[test]
fn vote_should_be_refused_when_the_phase_is_another() {
	run(|| {
		open(7).unwrap();
		assert_eq!(commit(7, 1, &answer(1)), Err(reject::WRONG_PHASE), "it waits");
		next_block();
		assert_eq!(reveal(7, 1, &answer(1)), Err(reject::WRONG_PHASE));
		commit_all(7, &answer(1));
		assert_eq!(commit(7, 1, &answer(1)), Err(reject::WRONG_PHASE));
	});
}

#[test]
fn vote_should_be_refused_when_it_comes_twice() {
	run(|| {
		sit(7);
		commit(7, 1, &answer(1)).unwrap();
		assert_eq!(commit(7, 1, &answer(2)), Err(reject::WRONG_VOTE_STATE));
		next_blocks(COMMIT_BLOCKS);
		reveal(7, 1, &answer(1)).unwrap();
		assert_eq!(reveal(7, 1, &answer(1)), Err(reject::WRONG_VOTE_STATE));
		assert_eq!(reveal(7, 2, &answer(1)), Err(reject::WRONG_VOTE_STATE), "never committed");
	});
}

#[test]
fn reveal_should_be_refused_when_it_does_not_fit_the_commitment() {
	run(|| {
		sit(7);
		commit_all(7, &answer(1));
		assert_eq!(reveal(7, 1, &answer(2)), Err(reject::WRONG_COMMITMENT));
		for payload in [
			RevealedVote { salt: [8; 32], ..vote_with(&answer(1)) },
			RevealedVote { witness: H256::zero(), ..vote_with(&answer(1)) },
		] {
			let call = reveal_call(1, vec![item(7, payload)]);
			assert_eq!(submit(call), Err(reject::WRONG_COMMITMENT));
		}
	});
}

#[test]
fn commitment_of_another_should_be_of_no_use_when_it_is_copied() {
	run(|| {
		sit(7);
		let copied = commitment_of(7, 1, &answer(1));
		submit(commit_call(1, vec![item(7, copied)])).unwrap();
		submit(commit_call(2, vec![item(7, copied)])).unwrap();
		next_blocks(COMMIT_BLOCKS);
		reveal(7, 1, &answer(1)).unwrap();
		assert_eq!(reveal(7, 2, &answer(1)), Err(reject::WRONG_COMMITMENT));
	});
}

#[test]
fn commitment_should_be_of_no_use_when_the_seed_of_the_round_is_another() {
	run(|| {
		sit(7);
		commit_all(7, &answer(1));
		Cases::<Test>::mutate(7, |case| case.as_mut().unwrap().seed = H256::repeat_byte(9));
		assert_eq!(reveal(7, 1, &answer(1)), Err(reject::WRONG_COMMITMENT), "on another fork");
	});
}

#[test]
fn reveal_should_be_refused_when_its_answer_has_another_digest() {
	run(|| {
		sit(7);
		commit_all(7, &answer(1));
		let payload = RevealedVote { answer: Some(answer(2)), ..vote_with(&answer(1)) };
		let call = reveal_call(1, vec![item(7, payload)]);
		assert_eq!(submit(call), Err(reject::WRONG_ANSWER));
	});
}

#[test]
fn reveal_should_be_refused_when_its_answer_has_more_fuel_than_its_version_allows() {
	run(|| {
		sit(7);
		let within = Answer { fuel: LOAD.fuel, ..answer(1) };
		let beyond = Answer { fuel: LOAD.fuel + 1, ..answer(1) };
		commit(7, 1, &within).unwrap();
		commit(7, 2, &beyond).unwrap();
		next_blocks(COMMIT_BLOCKS);
		assert_eq!(reveal(7, 1, &within), Ok(()));
		assert_eq!(reveal(7, 2, &beyond), Err(reject::TOO_MUCH_FUEL));
	});
}

#[test]
fn reveal_should_be_refused_when_its_output_has_a_wrong_size() {
	run(|| {
		Sizes::set(CourtSizes { output_limit: 20_000, ..INLINE_SIZES });
		sit(7);
		let outcome = |size| Outcome::Stored(Content { size, ..content(1) });
		let stored = |size| Answer { outcome: outcome(size), ..answer(1) };
		let voters = (1..).zip([MAX_OUTPUT_BYTES, MAX_OUTPUT_BYTES + 1, 20_000, 20_001]);
		for (who, size) in voters.clone() {
			commit(7, who, &stored(size)).unwrap();
		}
		next_blocks(COMMIT_BLOCKS);
		for (who, size) in voters {
			let fits = [2, 3].contains(&who);
			let expected = if fits { Ok(()) } else { Err(reject::WRONG_OUTPUT_SIZE) };
			assert_eq!(reveal(7, who, &stored(size)), expected, "{size}");
		}
		let call = reveal_call(1, vec![item(7, vote_with(&stored(20_000)))]);
		let Call::reveal { batch, .. } = call else { unreachable!() };
		assert_eq!(batch.output_bytes(), 0, "it is not in the block");
	});
}

#[test]
fn answer_should_be_left_out_only_when_the_chain_holds_it() {
	run(|| {
		sit(7);
		commit_all(7, &answer(1));
		let without = |who| submit(reveal_call(who, vec![item(7, vote_without(&answer(1)))]));
		assert_eq!(without(1), Err(reject::ANSWER_MISSING));
		reveal(7, 2, &answer(1)).unwrap();
		assert_eq!(without(1), Ok(()), "another voter gave it");
		assert_eq!(Answers::<Test>::iter_prefix(7).count(), 1, "each answer once");
		reveal(7, 3, &answer(1)).unwrap();
		assert_eq!(Answers::<Test>::iter_prefix(7).count(), 1, "each answer once");
	});
}

#[test]
fn answer_should_not_be_stored_again_when_an_executor_revealed_it() {
	run(|| {
		Known::set(vec![(7, answer(1)), (8, answer(2))]);
		sit(7);
		commit_all(7, &answer(1));
		submit(reveal_call(1, vec![item(7, vote_without(&answer(1)))])).unwrap();
		(2..=5).for_each(|who| reveal(7, who, &answer(1)).unwrap());
		assert_eq!(Answers::<Test>::iter().count(), 0);
		next_block();
		assert_eq!(Verdicts::get(), [(7, decided(answer(1), &[1, 2, 3, 4, 5]))]);
	});
}

#[test]
fn vote_of_the_first_sitting_should_be_of_no_use_when_the_court_sits_again() {
	run(|| {
		sit(7);
		let early = item(7, commitment_of(7, 1, &answer(1)));
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS);
		begin_session(1, &[1, 2, 3]);
		next_block();
		assert_eq!(case(7).sitting, 1);
		assert_eq!(submit(commit_call(1, vec![early])), Err(reject::NO_SITTING));
	});
}
