//! Witnesses: a vote shows that its voter computed, and counts for nothing where it copied.

use crate::{mock::*, *};
use opg_primitives::{
	court::{court_commitment, second_seed},
	Answer,
};
use pallet_opg_support::{CourtPresence, CourtVerdict};
use sp_core::H256;

/// Vote for this answer with a witness of one's own.
fn copied(answer: &Answer, witness: u8) -> RevealedVote {
	RevealedVote { witness: H256::repeat_byte(witness), ..vote_with(answer) }
}

/// Lets these validators vote in a case that sits, and ends its sitting.
fn vote(request: u64, votes: &[(u64, RevealedVote)]) {
	for (who, vote) in votes {
		let context = Court::vote_context(request, &case(request), who);
		let RevealedVote { digest, witness, salt, .. } = vote;
		let commitment = court_commitment(&context, digest, witness, salt);
		submit(commit_call(*who, vec![item(request, commitment)])).unwrap();
	}
	while matches!(phase(request), CasePhase::Commit { .. }) {
		next_block();
	}
	for (who, vote) in votes {
		submit(reveal_call(*who, vec![item(request, vote.clone())])).unwrap();
	}
	while Sittings::<Test>::get().iter().any(|sitting| sitting.request == request) {
		next_block();
	}
}

#[test]
fn copier_should_not_be_paid_when_it_has_the_digest_without_the_witness() {
	run(|| {
		sit(7);
		let honest = vote_with(&answer(1));
		let copy = copied(&answer(1), 9);
		vote(7, &[(1, honest.clone()), (2, copy), (3, honest.clone()), (4, honest)]);
		assert_eq!(Verdicts::get(), [(7, decided(answer(1), &[1, 3, 4]))]);
		let missed = [1, 2, 3, 4, 5].map(|who| Court::missed(0, &who));
		assert_eq!(missed, [0, 1, 0, 0, 1], "it is as absent as who was silent");
	});
}

#[test]
fn copiers_should_decide_nothing_when_they_are_needed_for_a_majority() {
	run(|| {
		sit(7);
		let honest = vote_with(&answer(1));
		let copies = [(3, copied(&answer(1), 3)), (4, copied(&answer(1), 4))];
		let votes: Vec<_> = [(1, honest.clone()), (2, honest)].into_iter().chain(copies).collect();
		vote(7, &votes);
		assert!(Verdicts::get().is_empty(), "two of five computed");
		assert_eq!(case(7).sitting, SECOND_SITTING);
	});
}

#[test]
fn verdict_should_name_the_witness_and_the_seed_when_the_court_decides() {
	run(|| {
		sit(7);
		vote_all(7, &[1, 2, 3, 4, 5].map(|who| (who, answer(1))));
		let verdict = Verdicts::get().remove(0).1;
		let CourtVerdict::Decided { digest, witness, seed, .. } = verdict else {
			panic!("not decided")
		};
		assert_eq!(Finding { digest, witness }, finding(&answer(1)));
		assert_eq!(seed, SEED);
	});
}

/// In the second sitting a copier knows the witnesses that were revealed in the first.
#[test]
fn second_sitting_should_ask_for_another_witness_when_those_of_the_first_are_public() {
	run(|| {
		sit(7);
		assert_eq!(case(7).seed, SEED);
		vote_all(7, &[(1, answer(1)), (2, answer(1))]);
		assert_eq!(case(7).sitting, SECOND_SITTING);
		begin_session(1, &[1, 2, 3]);
		next_block();
		assert_eq!(case(7).seed, second_seed(&SEED));
		assert_ne!(case(7).seed, SEED);
	});
}
