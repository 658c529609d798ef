//! Deadlines: phases that end late, and ends that are postponed.

use crate::{mock::*, *};
use frame_support::{assert_ok, weights::Weight, BoundedVec};
use opg_primitives::FailureReason;
use pallet_opg_support::{Committees, Offence, Rule};
use std::collections::BTreeSet;

#[test]
fn commit_phase_should_end_at_its_deadline_when_somebody_is_silent() {
	run(|| {
		assert_ok!(Attestation::open(assignment(7, 0, &[1, 2, 3], Rule::Majority)));
		assert_ok!(commit(7, 1, &answer(1)));
		assert_ok!(commit(7, 2, &answer(1)));
		next_blocks(COMMIT_BLOCKS - 1);
		assert_eq!(phase(7), RoundPhase::Commit);
		next_block();
		assert_eq!(phase(7), RoundPhase::Reveal);
		assert!(Penalties::get().is_empty(), "penalised at the end of the round");

		assert_ok!(reveal(7, 1, &answer(1)));
		assert_ok!(reveal(7, 2, &answer(1)));
		assert_eq!(Verdicts::get(), [(7, Ok(answer(1)))]);
		assert_eq!(Penalties::get(), [(3, Offence::MissedCommit)]);
	});
}

#[test]
fn round_should_end_at_its_commit_deadline_when_nobody_commits() {
	run(|| {
		open(7, 0, &[1, 2]);
		next_blocks(COMMIT_BLOCKS);
		assert_eq!(Verdicts::get(), [(7, Err(FailureReason::NotEnoughCommitments))]);
		assert_eq!(Penalties::get(), [(1, Offence::MissedCommit), (2, Offence::MissedCommit)]);
	});
}

#[test]
fn round_should_end_at_its_reveal_deadline_when_somebody_hides_its_answer() {
	run(|| {
		open(7, 0, &[1, 2]);
		assert_ok!(commit(7, 1, &answer(1)));
		assert_ok!(commit(7, 2, &answer(1)));
		assert_ok!(reveal(7, 1, &answer(1)));
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS - 1);
		assert_eq!(phase(7), RoundPhase::Reveal);
		next_block();
		assert_eq!(Verdicts::get(), [(7, Err(FailureReason::NotEnoughReveals))]);
		assert_eq!(Penalties::get(), [(2, Offence::MissedReveal)]);
	});
}

#[test]
fn reveal_phase_should_last_until_its_deadline_when_it_began_early() {
	run(|| {
		open(7, 0, &[1]);
		assert_ok!(commit(7, 1, &answer(1)));
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS - 1);
		assert_ok!(reveal(7, 1, &answer(1)));
		assert_eq!(Verdicts::get(), [(7, Ok(answer(1)))]);
	});
}

#[test]
fn deadline_should_do_nothing_when_the_round_ended_early() {
	run(|| {
		open(7, 0, &[1]);
		open(8, 0, &[2]);
		answer_all(7, &[(1, answer(1))]);
		answer_all(8, &[(2, answer(2))]);
		assert_ok!(Attestation::open(assignment(7, 1, &[3], Rule::Majority)));
		Attestation::remove(8);
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS + 1);
		let verdicts =
			[(7, Ok(answer(1))), (8, Ok(answer(2))), (7, Err(FailureReason::NotEnoughCommitments))];
		assert_eq!(Verdicts::get(), verdicts);
		assert_eq!(Deadlines::<Test>::iter().count(), 0);
	});
}

#[test]
fn round_should_not_open_when_the_lists_of_its_deadlines_are_full() {
	run(|| {
		(0..u64::from(MAX_ROUNDS)).for_each(|id| open(id, 0, &[1]));
		let one_more = assignment(100, 0, &[1], Rule::Majority);
		assert_eq!(Attestation::open(one_more), Err(FailureReason::Congested));
		assert!(!Rounds::<Test>::contains_key(100));
	});
}

#[test]
fn ends_of_rounds_should_be_postponed_when_a_block_has_no_weight_for_all() {
	run(|| {
		// Half of what a block can open, so that every list has room for all that is postponed.
		let rounds = MAX_ROUNDS as usize / 2;
		(0..rounds as u64).for_each(|id| open(id, 0, &[1, 2, 3]));
		// Room for a few ends besides what postponing takes.
		let shared = Attestation::shared_weight().saturating_add(
			<Test as Config>::WeightInfo::take_deadlines(MAX_ROUNDS).saturating_mul(2),
		);
		let limit = shared
			.saturating_add(Attestation::max_postpone_weight().saturating_mul(rounds as u64))
			.saturating_add(Attestation::max_end_round_weight().saturating_mul(2));
		DeadlineWeight::set(limit);
		next_blocks(COMMIT_BLOCKS - 1);
		let mut ended = Vec::new();
		while ended.last() != Some(&rounds) {
			let weight = next_block();
			assert!(weight.all_lte(limit), "{weight:?} of {limit:?}");
			check();
			ended.push(Verdicts::get().len());
			assert!(ended.len() < 2 || ended[ended.len() - 2] < ended[ended.len() - 1]);
		}
		assert!(ended.len() > 1, "{ended:?}");
		DeadlineWeight::set(MAX_DEADLINE_WEIGHT);
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS);
		let decided: BTreeSet<_> = Verdicts::get().iter().map(|(request, _)| *request).collect();
		assert_eq!((decided.len(), Verdicts::get().len()), (rounds, rounds), "each once");
	});
}

#[test]
fn reveal_should_be_accepted_when_the_end_of_its_round_is_postponed() {
	run(|| {
		open(7, 0, &[1, 2]);
		assert_ok!(commit(7, 1, &answer(1)));
		assert_ok!(commit(7, 2, &answer(1)));
		assert_ok!(reveal(7, 1, &answer(1)));
		DeadlineWeight::set(Weight::zero());
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS + 2);
		assert_eq!(phase(7), RoundPhase::Reveal);
		assert_ok!(reveal(7, 2, &answer(1)));
		assert_eq!(Verdicts::get(), [(7, Ok(answer(1)))]);
		assert!(Penalties::get().is_empty());
		next_block();
		assert_eq!(Verdicts::get().len(), 1);
	});
}

#[test]
fn phase_should_end_when_there_is_no_weight_to_end_a_round() {
	run(|| {
		DeadlineWeight::set(Weight::zero());
		open(7, 0, &[1, 2]);
		assert_ok!(commit(7, 1, &answer(1)));
		next_blocks(COMMIT_BLOCKS);
		assert_eq!(commit(7, 2, &answer(1)), Err(reject::WRONG_PHASE));
		assert_eq!(phase(7), RoundPhase::Reveal);
	});
}

#[test]
fn round_should_end_when_the_next_block_has_no_room_for_it() {
	run(|| {
		open(7, 0, &[1]);
		next_blocks(COMMIT_BLOCKS - 1);
		DeadlineWeight::set(Weight::zero());
		let full: BoundedVec<_, _> = vec![(99, 0); MAX_ROUNDS as usize].try_into().unwrap();
		Deadlines::<Test>::insert((System::block_number() + 2, Deadline::Reveal), full);
		next_block();
		assert_eq!(Verdicts::get(), [(7, Err(FailureReason::NotEnoughCommitments))]);
	});
}
