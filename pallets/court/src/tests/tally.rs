//! Tally, on votes without a runtime.

use crate::tally::decide;
use proptest::prelude::*;
use sp_core::H256;

/// Digest of the answer with this letter.
fn digest(letter: char) -> H256 {
	H256::repeat_byte(letter as u8)
}

/// Decision of a bench, one letter for each seat: a dot is silent, any other letter votes for the
/// answer of that letter.
fn decide_word(word: &str) -> Option<H256> {
	let votes = word.chars().filter(|letter| *letter != '.').map(digest);
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
		assert_eq!(decide_word(word), expected.map(digest), "{word}");
	}
}

/// Votes of a bench of `seats`: `honest` give the right answer, the others what `lies` says.
fn votes(honest: u32, lies: &[Option<u8>]) -> Vec<H256> {
	let right = std::iter::repeat_n(digest('R'), honest as usize);
	right.chain(lies.iter().flatten().map(|lie| H256::repeat_byte(*lie))).collect()
}

proptest! {
	/// Whatever those do who hold no more than half of the bench, and however many others are
	/// absent, no answer but the right one is decided.
	#[test]
	fn minority_should_convict_nobody_when_it_votes_as_it_likes(
		seats in 1u32..=100,
		lies in prop::collection::vec(prop::option::of(0u8..4), 0..=50),
		present in 0u32..=100,
	) {
		let dishonest = (lies.len() as u32).min(seats / 2);
		let honest = (seats - dishonest) * present / 100;
		let votes = votes(honest, &lies[..dishonest as usize]);
		prop_assert!(decide(seats, votes).is_none_or(|decided| decided == digest('R')));
	}

	/// The right answer is decided where twice as many honest validators are present as lie, and
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
		prop_assert_eq!(decide(seats, votes), Some(digest('R')));
	}

	/// The decision depends on how many gave each digest, and on nothing else.
	#[test]
	fn decision_should_be_the_same_when_votes_come_in_another_order(
		lies in prop::collection::vec(0u8..3, 0..=20),
		seats in 20u32..=30,
	) {
		let votes: Vec<_> = lies.iter().map(|lie| H256::repeat_byte(*lie)).collect();
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
		assert_eq!(decide(seats, votes(honest, &lies)), Some(digest('R')), "{seats}");
	}
}

/// The bound of the rule: at a whole third one absent honest validator suffices for no decision. It
/// never suffices for a wrong one.
#[test]
fn nothing_should_be_decided_when_a_third_lies_and_an_honest_validator_is_absent() {
	let lies = vec![Some(1); 33];
	assert_eq!(decide(99, votes(66, &lies)), Some(digest('R')));
	assert_eq!(decide(99, votes(65, &lies)), None);
}
