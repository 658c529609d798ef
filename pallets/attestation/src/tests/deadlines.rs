//! Deadlines: phases that end late, and ends for which a block has no weight.

use crate::{mock::*, *};
use frame_support::{assert_ok, weights::Weight};
use opg_primitives::FailureReason;
use pallet_opg_support::{Assignment, Committees, Offence, Verdict};
use std::collections::BTreeSet;

const NOBODY_COMMITTED: Verdict = Verdict::Undecided(FailureReason::NotEnoughCommitments);

#[test]
fn commit_phase_should_end_at_its_deadline_when_somebody_is_silent() {
	run(|| {
		open_needing(7, 0, &[1, 2, 3], 2);
		assert_ok!(commit(7, 1, &answer(1)));
		assert_ok!(commit(7, 2, &answer(1)));
		next_blocks(COMMIT_BLOCKS - 1);
		assert_eq!(phase(7), RoundPhase::Commit);
		next_block();
		assert_eq!(phase(7), RoundPhase::Reveal);
		assert!(Fines::get().is_empty(), "fined at the end of the round");

		assert_ok!(reveal(7, 1, &answer(1)));
		assert_ok!(reveal(7, 2, &answer(1)));
		assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]);
		assert_eq!(Fines::get(), [(3, Offence::MissedCommit)]);
	});
}

#[test]
fn round_should_end_at_its_commit_deadline_when_nobody_commits() {
	run(|| {
		open(7, 0, &[1, 2]);
		next_blocks(COMMIT_BLOCKS);
		assert_eq!(Verdicts::get(), [(7, NOBODY_COMMITTED)]);
		assert_eq!(Fines::get(), [(1, Offence::MissedCommit), (2, Offence::MissedCommit)]);
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
		let undecided = Verdict::Undecided(FailureReason::NotEnoughReveals);
		assert_eq!(Verdicts::get(), [(7, undecided)]);
		assert_eq!(Fines::get(), [(2, Offence::MissedReveal)]);
	});
}

/// Full blocks may keep every reveal out: that must cost honest executors little.
#[test]
fn executors_should_pay_for_a_missed_commitment_only_when_no_reveal_got_in() {
	run(|| {
		open(7, 0, &[1, 2]);
		assert_ok!(commit(7, 1, &answer(1)));
		assert_ok!(commit(7, 2, &answer(1)));
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS);
		assert_eq!(Fines::get(), [(1, Offence::MissedCommit), (2, Offence::MissedCommit)]);
	});
}

#[test]
fn reveal_phase_should_last_until_its_deadline_when_it_began_early() {
	run(|| {
		open(7, 0, &[1, 2]);
		assert_ok!(commit(7, 1, &answer(1)));
		assert_ok!(commit(7, 2, &answer(1)));
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS - 1);
		assert_ok!(reveal(7, 1, &answer(1)));
		assert_ok!(reveal(7, 2, &answer(1)));
		assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]);
	});
}

#[test]
fn deadline_should_do_nothing_when_the_round_ended_early() {
	run(|| {
		open(7, 0, &[1]);
		open(8, 0, &[2]);
		answer_all(7, &[(1, answer(1))]);
		answer_all(8, &[(2, answer(2))]);
		open(7, 1, &[3]);
		Attestation::remove(8);
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS + 1);
		let verdicts = [
			(7, Verdict::Agreed(answer(1))),
			(8, Verdict::Agreed(answer(2))),
			(7, NOBODY_COMMITTED),
		];
		assert_eq!(Verdicts::get(), verdicts);
		assert_eq!(Deadlines::<Test>::iter().count(), 0);
	});
}

#[test]
fn rounds_should_open_when_the_clock_stands_for_so_many_blocks() {
	run(|| {
		let all = u64::from(MAX_ROUNDS * MAX_BLOCKS_PER_TICK);
		(0..all).for_each(|id| open(id, 0, &[1]));
		let one_more = assignment(1_000, 0, &[1], 1);
		assert_eq!(Attestation::open(one_more), Err(FailureReason::Congested));
		assert!(!Rounds::<Test>::contains_key(1_000));
		next_blocks(COMMIT_BLOCKS);
		assert_eq!(Verdicts::get().len() as u64, all);
	});
}

#[test]
fn rounds_should_end_at_their_own_deadlines_when_their_models_need_different_times() {
	run(|| {
		let open = |request, commit_blocks| {
			let assignment = Assignment { commit_blocks, ..assignment(request, 0, &[1, 2], 2) };
			assert_ok!(Attestation::open(assignment));
		};
		open(1, 4 * COMMIT_BLOCKS);
		open(2, COMMIT_BLOCKS);
		next_block();
		open(3, COMMIT_BLOCKS);
		next_block();
		open(4, 2 * COMMIT_BLOCKS);
		let halves: Vec<_> = (1..=4).map(|id| round(id).decline_by).collect();
		let half = |commit_blocks: u32| u64::from(commit_blocks / 2);
		let expected = [
			1 + half(4 * COMMIT_BLOCKS),
			1 + half(COMMIT_BLOCKS),
			2 + half(COMMIT_BLOCKS),
			3 + half(2 * COMMIT_BLOCKS),
		];
		assert_eq!(halves, expected);
		for _ in 0..4 * COMMIT_BLOCKS {
			check();
			next_block();
		}
		let order: Vec<_> = Verdicts::get().iter().map(|(request, _)| *request).collect();
		assert_eq!(order, [2, 3, 4, 1]);
		next_blocks(REVEAL_BLOCKS);
		assert_eq!(Deadlines::<Test>::iter().count(), 0);
	});
}

/// Weight for what passing deadlines needs at least, and for so many more.
fn limit(rounds: u64) -> Weight {
	Attestation::max_deadlines_weight()
		.saturating_add(Attestation::max_deadline_weight().saturating_mul(rounds))
}

#[test]
fn deadlines_should_stay_within_their_weight_when_blocks_are_full_of_silent_rounds() {
	run(|| {
		// Three blocks, each with all the rounds that one can open.
		for block in 0..3 {
			let first = block * u64::from(MAX_ROUNDS);
			(first..first + u64::from(MAX_ROUNDS)).for_each(|id| open(id, 0, &[1, 2, 3]));
			next_block();
		}
		let rounds = 3 * MAX_ROUNDS as usize;
		let limit = limit(3);
		DeadlineWeight::set(limit);
		let (mut blocks, mut before) = (0, 0);
		while Verdicts::get().len() < rounds {
			let weight = next_block();
			assert!(weight.all_lte(limit), "{weight:?} of {limit:?}");
			check();
			let ended = Verdicts::get().len();
			assert!(blocks < COMMIT_BLOCKS || before < ended, "every block ends some");
			(blocks, before) = (blocks + 1, ended);
			assert!(blocks < 100);
		}
		assert!(blocks > COMMIT_BLOCKS + 3, "they took longer than their deadlines: {blocks}");
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS);
		let decided: BTreeSet<_> = Verdicts::get().iter().map(|(request, _)| *request).collect();
		assert_eq!((decided.len(), Verdicts::get().len()), (rounds, rounds), "each once");
		assert_eq!(Deadlines::<Test>::iter().count(), 0);
	});
}

#[test]
fn rounds_should_end_in_the_order_of_their_opening_when_blocks_have_no_weight() {
	run(|| {
		(0..6).for_each(|id| open(id, 0, &[1, 2]));
		DeadlineWeight::set(limit(0));
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS);
		DeadlineWeight::set(MAX_DEADLINE_WEIGHT);
		next_block();
		let order: Vec<_> = Verdicts::get().iter().map(|(request, _)| *request).collect();
		assert_eq!(order, [0, 1, 2, 3, 4, 5]);
	});
}

#[test]
fn reveal_should_be_accepted_when_the_end_of_its_round_is_late() {
	run(|| {
		open(7, 0, &[1, 2]);
		assert_ok!(commit(7, 1, &answer(1)));
		assert_ok!(commit(7, 2, &answer(1)));
		assert_ok!(reveal(7, 1, &answer(1)));
		DeadlineWeight::set(Weight::zero());
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS + 2);
		assert_eq!(phase(7), RoundPhase::Reveal);
		assert_ok!(reveal(7, 2, &answer(1)));
		assert_eq!(Verdicts::get(), [(7, Verdict::Agreed(answer(1)))]);
		assert!(Fines::get().is_empty());
		DeadlineWeight::set(MAX_DEADLINE_WEIGHT);
		next_block();
		assert_eq!(Verdicts::get().len(), 1);
	});
}

#[test]
fn commit_phase_should_be_over_when_there_is_no_weight_to_end_a_round() {
	run(|| {
		DeadlineWeight::set(Weight::zero());
		open(7, 0, &[1, 2]);
		assert_ok!(commit(7, 1, &answer(1)));
		next_blocks(COMMIT_BLOCKS);
		assert_eq!(commit(7, 2, &answer(1)), Err(reject::WRONG_PHASE));
		assert_eq!(phase(7), RoundPhase::Reveal);
		assert_ok!(reveal(7, 1, &answer(1)));
		assert_eq!(Verdicts::get().len(), 1, "nobody is left to wait for");
	});
}

#[test]
fn round_should_not_open_when_ends_are_very_late() {
	run(|| {
		open(7, 0, &[1, 2]);
		// Enough to find the list, and to end no round.
		let few = Attestation::shared_weight().saturating_add(Attestation::max_list_weight());
		DeadlineWeight::set(few);
		next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS + MAX_LATE_TICKS);
		open(8, 0, &[1, 2]);
		next_block();
		let late = Attestation::open(assignment(9, 0, &[1], 1));
		assert_eq!(late, Err(FailureReason::Congested));
		DeadlineWeight::set(MAX_DEADLINE_WEIGHT);
		next_block();
		open(9, 0, &[1]);
	});
}

#[test]
fn deadlines_should_wait_when_the_clock_stands_still() {
	run(|| {
		open(7, 0, &[1, 2]);
		Clock::set(Some(1));
		next_blocks(3 * COMMIT_BLOCKS);
		assert_eq!(phase(7), RoundPhase::Commit);
		assert_ok!(commit(7, 1, &answer(1)));
		Clock::set(Some(1 + u64::from(COMMIT_BLOCKS)));
		next_block();
		assert_eq!(phase(7), RoundPhase::Reveal);
		Clock::set(Some(1 + u64::from(COMMIT_BLOCKS + REVEAL_BLOCKS)));
		next_block();
		assert_eq!(Verdicts::get(), [(7, NOBODY_COMMITTED)]);
	});
}
