//! Sittings: from the docket through both phases to a verdict, or to a second sitting.

use crate::{mock::*, *};
use frame_support::weights::Weight;
use pallet_opg_support::{CourtVerdict, Courts};

#[test]
fn court_should_decide_when_most_of_the_bench_agrees() {
	run(|| {
		sit(7);
		let votes: Vec<_> =
			(1..=5).map(|who| (who, answer(if who == 3 { 9 } else { 1 }))).collect();
		vote_all(7, &votes);
		assert_eq!(Verdicts::get(), [(7, decided(answer(1), &[1, 2, 4, 5]))]);
		assert!(Cases::<Test>::get(7).is_none(), "nothing is left behind");
		assert_eq!(Votes::<Test>::iter().count(), 0);
		assert_eq!(Answers::<Test>::iter().count(), 0);
		assert_eq!(
			events(),
			[Event::Decided {
				request: 7,
				digest: answer(1).digest(),
				witness: witness_of(&answer(1)),
				right: vec![1, 2, 4, 5],
				silent: vec![],
			}]
		);
	});
}

#[test]
fn phases_should_end_early_when_nobody_is_left_to_wait_for() {
	run(|| {
		sit(7);
		let begin = System::block_number();
		vote_all(7, &[1, 2, 3, 4, 5].map(|who| (who, answer(1))));
		assert_eq!(System::block_number(), begin + 2);
		assert_eq!(Verdicts::get().len(), 1);
	});
}

#[test]
fn phases_should_end_at_their_deadlines_when_some_are_silent() {
	run(|| {
		sit(7);
		for who in 1..=4 {
			commit(7, who, &answer(1)).unwrap();
		}
		next_blocks(COMMIT_BLOCKS - 1);
		assert_eq!(phase(7), CasePhase::Commit { committed: 4 });
		next_block();
		assert_eq!(phase(7), CasePhase::Reveal { unrevealed: 4 });
		for who in 1..=3 {
			reveal(7, who, &answer(1)).unwrap();
		}
		next_blocks(REVEAL_BLOCKS - 1);
		assert_eq!(phase(7), CasePhase::Reveal { unrevealed: 1 });
		assert!(Verdicts::get().is_empty());
		next_block();
		assert_eq!(Verdicts::get(), [(7, decided(answer(1), &[1, 2, 3]))]);
		let silent_of = |event| match event {
			Event::Decided { silent, .. } => silent,
			other => panic!("no verdict: {other:?}"),
		};
		assert_eq!(silent_of(events().remove(0)), [4, 5], "who did not reveal, and who not commit");
	});
}

#[test]
fn reveal_phase_should_last_to_its_deadline_when_a_claim_is_hidden() {
	run(|| {
		Claims::set([7].into());
		sit(7);
		for who in 1..=5 {
			commit(7, who, &answer(1)).unwrap();
		}
		next_block();
		for who in 1..=5 {
			reveal(7, who, &answer(1)).unwrap();
		}
		next_blocks(REVEAL_BLOCKS - 1);
		assert_eq!(phase(7), CasePhase::Reveal { unrevealed: 0 });
		next_block();
		assert_eq!(Verdicts::get().len(), 1);
	});
}

#[test]
fn deadlines_should_wait_when_the_clock_stands() {
	run(|| {
		sit(7);
		for _ in 0..20 {
			Lag::mutate(|lag| *lag += 1);
			next_block();
		}
		assert_eq!(phase(7), CasePhase::Commit { committed: 0 });
		next_blocks(COMMIT_BLOCKS);
		assert_eq!(phase(7), CasePhase::Reveal { unrevealed: 0 });
	});
}

#[test]
fn case_should_sit_once_more_with_a_later_bench_when_it_is_undecided() {
	run(|| {
		sit(7);
		vote_all(7, &[(1, answer(1)), (2, answer(1)), (3, answer(2))]);
		assert!(Verdicts::get().is_empty());
		assert_eq!(phase(7), CasePhase::Waiting);
		assert!(events().contains(&Event::Adjourned { request: 7, silent: vec![4, 5] }));
		assert_eq!(Votes::<Test>::iter().count(), 0, "the second sitting votes anew");
		next_blocks(20);
		assert_eq!(phase(7), CasePhase::Waiting, "not in the same session");
		begin_session(1, &[4, 5, 6]);
		next_block();
		assert_eq!(case(7).session, 1);
		assert_eq!(case(7).seats, 3);
		vote_all(7, &[(4, answer(1)), (6, answer(1))]);
		assert_eq!(Verdicts::get(), [(7, decided_again(answer(1), &[4, 6]))]);
	});
}

#[test]
fn court_should_judge_nobody_when_it_is_undecided_twice() {
	run(|| {
		sit(7);
		vote_all(7, &[(1, answer(1)), (2, answer(2))]);
		begin_session(1, &[1, 2]);
		next_block();
		vote_all(7, &[(1, answer(1)), (2, answer(2))]);
		assert_eq!(Verdicts::get(), [(7, CourtVerdict::Undecided)]);
		assert!(events().contains(&Event::Undecided { request: 7, silent: vec![] }));
		assert!(Cases::<Test>::get(7).is_none());
	});
}

#[test]
fn court_should_be_undecided_when_nobody_votes() {
	run(|| {
		sit(7);
		vote_all(7, &[]);
		begin_session(1, &[]);
		next_block();
		vote_all(7, &[]);
		assert_eq!(Verdicts::get(), [(7, CourtVerdict::Undecided)]);
	});
}

#[test]
fn claims_should_be_taken_before_votes_are_public_and_revealed_after() {
	run(|| {
		let claims = || (Court::accepts_claims(7), Court::reveals_claims(7));
		assert_eq!(claims(), (false, false), "no case");
		open(7).unwrap();
		assert_eq!(claims(), (true, false), "waits");
		next_block();
		assert_eq!(claims(), (true, false), "commit");
		next_blocks(COMMIT_BLOCKS);
		assert_eq!(claims(), (false, true), "reveal");
		next_blocks(REVEAL_BLOCKS);
		assert_eq!(claims(), (false, true), "adjourned");
		begin_session(1, &[1]);
		next_block();
		assert_eq!(claims(), (false, true), "second sitting");
		vote_all(7, &[(1, answer(1))]);
		assert_eq!(claims(), (false, false), "decided");
	});
}

#[test]
fn verdicts_should_wait_for_the_next_block_when_one_has_no_weight_for_them() {
	run(|| {
		open(7).unwrap();
		sit(8);
		for request in [7, 8] {
			(1..=5).for_each(|who| commit(request, who, &answer(1)).unwrap());
		}
		next_block();
		for request in [7, 8] {
			(1..=5).for_each(|who| reveal(request, who, &answer(1)).unwrap());
		}
		let one = <Test as Config>::WeightInfo::read_lists() + Court::max_end_sitting_weight();
		HookWeight::set(one.saturating_add(Weight::from_parts(1, u64::MAX)));
		next_block();
		let decided: Vec<_> = Verdicts::get().into_iter().map(|(request, _)| request).collect();
		assert_eq!(decided, [7], "the oldest first");
		assert!(matches!(phase(8), CasePhase::Reveal { .. }));
		next_block();
		assert_eq!(Verdicts::get().len(), 2);
	});
}

#[test]
fn phases_should_wait_when_a_block_has_no_weight() {
	run(|| {
		sit(7);
		open(8).unwrap();
		HookWeight::set(<Test as Config>::WeightInfo::read_lists());
		next_blocks(COMMIT_BLOCKS + 5);
		assert_eq!(phase(7), CasePhase::Commit { committed: 0 });
		assert_eq!(phase(8), CasePhase::Waiting);
		commit(7, 1, &answer(1)).unwrap();
		HookWeight::set(MAX_HOOK_WEIGHT);
		next_block();
		assert_eq!(phase(7), CasePhase::Reveal { unrevealed: 1 });
		assert_eq!(phase(8), CasePhase::Commit { committed: 0 });
		check();
	});
}
