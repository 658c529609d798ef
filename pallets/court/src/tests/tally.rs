//! Tally, on votes without a runtime.

use crate::{tally::decide, Finding};
use proptest::prelude::*;
use sp_core::H256;

/// Witness of who computed.
const WITNESS: u8 = 0xff;

/// Finding with the answer of this letter.
fn finding(letter: char, witness: u8) -> Finding {
	Finding { digest: H256::repeat_byte(letter as u8), witness: H256::repeat_byte(witness) }
}

/// What honest validators find.
fn right() -> Finding {
	finding('R', WITNESS)
}

/// Lie of validators who are free to agree on its witness.
fn lie(byte: u8) -> Finding {
	Finding { digest: H256::repeat_byte(byte), witness: H256::repeat_byte(byte) }
}

/// Decision of a bench, one letter for each seat: a dot is silent, any other letter votes for the
/// answer of that letter, with its witness.
fn decide_word(word: &str) -> Option<Finding> {
	let votes = word.chars().filter(|letter| *letter != '.').map(|own| finding(own, WITNESS));
	decide(word.len() as u32, votes)
}

#[test]
fn tally_should_follow_the_rule_when_votes_differ() {
	let rows = [
		("", None),
		(".", None),
		("A", Some('A')),
		("A.", None),
		("AA.", Some('A')),
		("A..", None),
		("AAA", Some('A')),
		// Twice any other.
		("AAB", Some('A')),
		("AAABB", None),
		("AAAAB", Some('A')),
		("AAAABB", Some('A')),
		("AAAAABBB", None),
		("AAAAAABBB", Some('A')),
		("AAAAABB.", Some('A')),
		// More than half of all, not of those who voted.
		("AA..", None),
		("AAA...", None),
		("AAAA...", Some('A')),
		("AAAB...", None),
		// Several lies count each for itself.
		("AAAAABCD", Some('A')),
		("AAAABCD", Some('A')),
		("AAAABBC", Some('A')),
		("ABC", None),
	];
	for (word, expected) in rows {
		assert_eq!(decide_word(word), expected.map(|letter| finding(letter, WITNESS)), "{word}");
	}
}

/// Votes of a bench: `honest` find what is right, the others vote as `lies` says.
fn votes(honest: u32, lies: &[Option<u8>]) -> Vec<Finding> {
	let right = std::iter::repeat_n(right(), honest as usize);
	right.chain(lies.iter().flatten().map(|byte| lie(*byte))).collect()
}

/// Copies of the right answer, with these witnesses.
fn copies(witnesses: &[u8]) -> impl Iterator<Item = Finding> + '_ {
	witnesses.iter().map(|witness| finding('R', *witness))
}

proptest! {
	/// Whatever those do who hold no more than half of the bench, copying the right answer included,
	/// and however many others are absent, nothing but the right finding is decided.
	#[test]
	fn minority_should_convict_nobody_when_it_votes_as_it_likes(
		seats in 1u32..=100,
		lies in prop::collection::vec(prop::option::of(0u8..4), 0..=50),
		copied in prop::collection::vec(0u8..4, 0..=50),
		present in 0u32..=100,
	) {
		let minority = (seats / 2) as usize;
		let lies = &lies[..lies.len().min(minority)];
		let copied = &copied[..copied.len().min(minority - lies.len())];
		let dishonest = (lies.len() + copied.len()) as u32;
		let honest = (seats - dishonest) * present / 100;
		let votes = votes(honest, lies).into_iter().chain(copies(copied));
		prop_assert!(decide(seats, votes).is_none_or(|decided| decided == right()));
	}

	/// Who copies the right answer and has not its witness might as well be absent: it neither helps
	/// nor hurts those who computed. Copiers who agree on a witness are as liars are: at least half as
	/// many as compute leave a bench undecided, and do nothing else.
	#[test]
	fn copiers_should_be_as_if_they_were_absent_when_they_have_not_the_witness(
		honest in 0u32..=100,
		absent in 0u32..=50,
		lies in prop::collection::vec(prop::option::of(0u8..4), 0..=50),
		alone in 0u8..=50,
		agreed in 0u32..=50,
	) {
		let copied: Vec<u8> = (0..alone).collect();
		let agreed = agreed.min(honest / 2);
		let seats = honest + absent + lies.len() as u32 + u32::from(alone) + agreed;
		let without = decide(seats, votes(honest, &lies));
		let copies = copies(&copied).chain((0..agreed).map(|_| finding('R', 0xee)));
		let with = decide(seats, votes(honest, &lies).into_iter().chain(copies));
		if without == Some(right()) {
			prop_assert_eq!(with, without);
		} else {
			prop_assert_ne!(with, Some(right()), "it did not help");
		}
		prop_assert!(with.is_none() || with == without);
	}

	/// The right finding is decided where twice as many honest validators are present as lie, and
	/// more than half of all.
	#[test]
	fn right_answer_should_be_decided_when_enough_honest_validators_are_present(
		honest in 1u32..=100,
		absent in 0u32..=50,
		lies in prop::collection::vec(prop::option::of(0u8..4), 0..=50),
	) {
		let dishonest = (lies.len() as u32).min(honest / 2);
		let absent = absent.min((honest - 1).saturating_sub(dishonest));
		let seats = honest + dishonest + absent;
		let votes = votes(honest, &lies[..dishonest as usize]);
		prop_assert_eq!(decide(seats, votes), Some(right()));
	}

	/// The decision depends on how many found the same, and on nothing else.
	#[test]
	fn decision_should_be_the_same_when_votes_come_in_another_order(
		lies in prop::collection::vec(0u8..3, 0..=20),
		seats in 20u32..=30,
	) {
		let votes: Vec<_> = lies.iter().map(|byte| lie(*byte)).collect();
		let mut reversed = votes.clone();
		reversed.reverse();
		prop_assert_eq!(decide(seats, votes), decide(seats, reversed));
	}
}

/// Nearly a third votes for one lie, and one in twenty of the honest is absent.
#[test]
fn right_answer_should_be_decided_when_nearly_a_third_lies_and_some_are_absent() {
	for seats in 20..=300u32 {
		let dishonest = seats * 30 / 100;
		let honest = (seats - dishonest) * 95 / 100;
		let lies = vec![Some(1); dishonest as usize];
		assert_eq!(decide(seats, votes(honest, &lies)), Some(right()), "{seats}");
	}
}

/// The bound of the rule: at a whole third one absent honest validator suffices for no decision. It
/// never suffices for a wrong one. Copiers who agree on a wrong witness do no more than liars.
#[test]
fn nothing_should_be_decided_when_a_third_lies_and_an_honest_validator_is_absent() {
	for wrong in [lie(1), finding('R', 1)] {
		let bench = |honest| votes(honest, &[]).into_iter().chain((0..33).map(move |_| wrong));
		assert_eq!(decide(99, bench(66)), Some(right()));
		assert_eq!(decide(99, bench(65)), None);
	}
}
