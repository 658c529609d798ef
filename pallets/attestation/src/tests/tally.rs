//! Tally, on rounds without a runtime.

use crate::types::{Round, RoundPhase, Seat, SeatState};
use frame_support::BoundedVec;
use opg_primitives::{FailureReason, JobError, RoundIndex};
use pallet_opg_support::{Offence, Rule};
use proptest::prelude::*;
use sp_core::H256;

/// Digest of the answer with this letter.
fn digest(letter: char) -> H256 {
	H256::repeat_byte(letter as u8)
}

/// Seat by its letter: `w` waits, `c` committed and hides its answer, `m` and `e` declined for the
/// model file and the engine, any capital revealed the answer of that letter.
fn seat(executor: u64, round: RoundIndex, letter: char) -> Seat<u64, u64> {
	let commitment = H256::zero();
	let state = match letter {
		'w' => SeatState::Waiting,
		'c' => SeatState::Committed { at: 1, commitment },
		'm' => SeatState::Declined { reason: JobError::ModelMissing },
		'e' => SeatState::Declined { reason: JobError::EngineMissing },
		_ => {
			let digest = digest(letter);
			SeatState::Revealed { committed_at: 1, commitment, at: 2, digest }
		},
	};
	Seat { executor, round, state }
}

/// Round with these seats, one word for each round so far.
fn round(rule: Rule, words: &[&str]) -> Round<u64, u64> {
	let letters = (0..).zip(words).flat_map(|(index, word)| word.chars().map(move |l| (index, l)));
	let seats: Vec<_> =
		(1..).zip(letters).map(|(who, (index, letter))| seat(who, index, letter)).collect();
	Round {
		index: words.len() as RoundIndex - 1,
		rule,
		phase: RoundPhase::Reveal,
		model_hash: H256::zero(),
		engine_id: H256::zero(),
		input_hash: H256::zero(),
		fuel_limit: 0,
		seats: BoundedVec::try_from(seats).unwrap(),
		answer: None,
	}
}

#[test]
fn tally_should_follow_the_rule_when_seats_differ() {
	use FailureReason::{
		EngineUnavailable, ModelUnavailable, NoAgreement, NotEnoughCommitments, NotEnoughReveals,
	};
	let no_dissent = |needed| Rule::NoDissent { needed };
	let rows = [
		// One executor.
		(no_dissent(1), "A", Ok('A')),
		(no_dissent(1), "w", Err(NotEnoughCommitments)),
		(no_dissent(1), "c", Err(NotEnoughReveals)),
		(no_dissent(1), "m", Err(ModelUnavailable)),
		(no_dissent(1), "e", Err(EngineUnavailable)),
		// Three of three.
		(no_dissent(3), "AAA", Ok('A')),
		(no_dissent(3), "AAB", Err(NoAgreement)),
		(no_dissent(3), "BAA", Err(NoAgreement)),
		(no_dissent(3), "ABC", Err(NoAgreement)),
		(no_dissent(3), "AAc", Err(NotEnoughReveals)),
		(no_dissent(3), "ABc", Err(NotEnoughReveals)),
		(no_dissent(3), "AAw", Err(NotEnoughCommitments)),
		(no_dissent(3), "Acw", Err(NotEnoughCommitments)),
		(no_dissent(3), "AAm", Err(ModelUnavailable)),
		(no_dissent(3), "AAe", Err(EngineUnavailable)),
		(no_dissent(3), "Awm", Err(NotEnoughCommitments)),
		(no_dissent(3), "Aem", Err(EngineUnavailable)),
		// Five of seven: two may be silent, none may dissent.
		(no_dissent(5), "AAAAAAA", Ok('A')),
		(no_dissent(5), "AAAAAww", Ok('A')),
		(no_dissent(5), "mAAcAAA", Ok('A')),
		(no_dissent(5), "AAAAAAB", Err(NoAgreement)),
		(no_dissent(5), "BAAAAAw", Err(NoAgreement)),
		(no_dissent(5), "AAAABcw", Err(NoAgreement)),
		(no_dissent(5), "AAAAccc", Err(NotEnoughReveals)),
		(no_dissent(5), "AAAAcww", Err(NotEnoughReveals)),
		(no_dissent(5), "AAAAwww", Err(NotEnoughCommitments)),
		// Of those who did not commit: more than half without the model, then more declined than
		// silent.
		(no_dissent(5), "AAAAmmm", Err(ModelUnavailable)),
		(no_dissent(5), "AAAAmmw", Err(ModelUnavailable)),
		(no_dissent(5), "AAAAmme", Err(ModelUnavailable)),
		(no_dissent(5), "AAAAmee", Err(EngineUnavailable)),
		(no_dissent(5), "AAAAmew", Err(EngineUnavailable)),
		(no_dissent(5), "AAAAmww", Err(NotEnoughCommitments)),
		(no_dissent(5), "AAAmmee", Err(EngineUnavailable)),
		(no_dissent(5), "AAAmmww", Err(NotEnoughCommitments)),
		(no_dissent(5), "AAAmeww", Err(NotEnoughCommitments)),
		// Two answers that both have enough.
		(no_dissent(2), "AABB", Err(NoAgreement)),
		// More than half of the seats, silent ones included.
		(Rule::Majority, "AAA", Ok('A')),
		(Rule::Majority, "AAB", Ok('A')),
		(Rule::Majority, "ABB", Ok('B')),
		(Rule::Majority, "AAw", Ok('A')),
		(Rule::Majority, "AAc", Ok('A')),
		(Rule::Majority, "AAm", Ok('A')),
		(Rule::Majority, "ABC", Err(NoAgreement)),
		(Rule::Majority, "ABw", Err(NoAgreement)),
		(Rule::Majority, "Acc", Err(NotEnoughReveals)),
		(Rule::Majority, "Acw", Err(NotEnoughReveals)),
		(Rule::Majority, "Aww", Err(NotEnoughCommitments)),
		(Rule::Majority, "Amm", Err(ModelUnavailable)),
		(Rule::Majority, "Aee", Err(EngineUnavailable)),
		(Rule::Majority, "AABB", Err(NoAgreement)),
		(Rule::Majority, "AAAB", Ok('A')),
		(Rule::Majority, "AAAAAAAABBBBBBB", Ok('A')),
		(Rule::Majority, "AAAAAAABBBBBBBw", Err(NoAgreement)),
		(Rule::Majority, "AAAAAAAwwwwwwww", Err(NotEnoughCommitments)),
	];
	for (rule, seats, expected) in rows {
		assert_eq!(round(rule, &[seats]).tally(), expected.map(digest), "{rule:?} {seats}");
	}
}

#[test]
fn tally_should_count_the_current_round_only_when_there_were_others() {
	assert_eq!(round(Rule::Majority, &["BBB", "AAB"]).tally(), Ok(digest('A')));
	assert_eq!(
		round(Rule::NoDissent { needed: 3 }, &["AAA", "AAw"]).tally(),
		Err(FailureReason::NotEnoughCommitments)
	);
}

#[test]
fn silent_executors_should_have_their_offences_when_they_did_not_reveal() {
	let round = round(Rule::Majority, &["www", "wAcmeB"]);
	let silent: Vec<_> = round.silent_executors().map(|(who, offence)| (*who, offence)).collect();
	assert_eq!(
		silent,
		[
			(4, Offence::MissedCommit),
			(6, Offence::MissedReveal),
			(7, Offence::MissedCommit),
			(8, Offence::MissedCommit),
		]
	);
}

#[test]
fn answers_should_conflict_when_any_rounds_differ() {
	for (words, conflict) in [
		(vec!["www"], false),
		(vec!["Awc"], false),
		(vec!["AAA", "AwA"], false),
		(vec!["AAB"], true),
		(vec!["AAA", "wwB"], true),
	] {
		let round = round(Rule::Majority, &words);
		assert_eq!(round.has_conflicting_answers(), conflict, "{words:?}");
	}
}

#[test]
fn revealed_by_should_name_the_executors_of_all_rounds_when_they_agree() {
	let round = round(Rule::Majority, &["ABA", "wAc"]);
	assert_eq!(round.revealed_by(digest('A')).collect::<Vec<_>>(), [&1, &3, &5]);
	assert_eq!(round.revealed_by(digest('C')).count(), 0);
}

proptest! {
	/// Nobody gains by the order of the draw.
	#[test]
	fn tally_should_be_the_same_when_seats_are_reordered(
		word in "[wcmeAABC]{1,15}",
		needed in 1u32..=8,
		shift in 0usize..15,
		majority in any::<bool>(),
	) {
		let rule = if majority { Rule::Majority } else { Rule::NoDissent { needed } };
		let (head, tail) = word.split_at(shift % word.len());
		let reversed: String = word.chars().rev().collect();
		let expected = round(rule, &[&word]).tally();
		prop_assert_eq!(round(rule, &[&format!("{tail}{head}")]).tally(), expected);
		prop_assert_eq!(round(rule, &[&reversed]).tally(), expected);
	}

	/// An agreed answer has the votes that its rule demands, counted by hand.
	#[test]
	fn agreed_answer_should_have_its_votes_when_there_is_one(
		word in "[wcmeAAAAB]{1,15}",
		needed in 1u32..=8,
		majority in any::<bool>(),
	) {
		let rule = if majority { Rule::Majority } else { Rule::NoDissent { needed } };
		let votes = |letter| word.chars().filter(|other| *other == letter).count();
		let agrees = |letter, other| match rule {
			Rule::Majority => 2 * votes(letter) > word.len(),
			Rule::NoDissent { needed } => votes(letter) >= needed as usize && votes(other) == 0,
		};
		let expected = if agrees('A', 'B') {
			Some(digest('A'))
		} else if agrees('B', 'A') {
			Some(digest('B'))
		} else {
			None
		};
		prop_assert_eq!(round(rule, &[&word]).tally().ok(), expected);
	}
}
