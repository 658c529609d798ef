//! Tally, on rounds without a runtime.

use crate::{
	tally::Tally,
	types::{DeclineOutcome, Round, RoundPhase, Seat, SeatState},
};
use frame_support::BoundedVec;
use opg_primitives::{FailureReason, JobError, RoundIndex};
use pallet_opg_support::{Offence, SilenceRecord};
use proptest::prelude::*;
use sp_core::H256;

/// Digest of the answer with this letter.
fn digest(letter: char) -> H256 {
	H256::repeat_byte(letter as u8)
}

/// Seat by its letter: `w` waits, `c` committed and hides its answer, `m`, `e`, `i`, `q` and `f`
/// declined in time for the model file, the engine, the input, a full queue and failed attempts, and
/// nobody took the seat; `r` declined, and another took it; `l` declined too late; any capital revealed the answer of that
/// letter.
fn seat(executor: u64, round: RoundIndex, letter: char) -> Seat<u64, u64> {
	let commitment = H256::zero();
	let declined = |reason| SeatState::Declined { reason, outcome: DeclineOutcome::Unfilled };
	let state = match letter {
		'w' => SeatState::Waiting,
		'c' => SeatState::Committed { at: 1, commitment },
		'm' => declined(JobError::ModelMissing),
		'e' => declined(JobError::EngineMissing),
		'i' => declined(JobError::InputMissing),
		'q' => declined(JobError::QueueFull),
		'f' => declined(JobError::Failed),
		'r' => SeatState::Declined {
			reason: JobError::ModelMissing,
			outcome: DeclineOutcome::Replaced,
		},
		'l' => {
			SeatState::Declined { reason: JobError::EngineMissing, outcome: DeclineOutcome::Late }
		},
		_ => SeatState::Revealed {
			commitment: Some((1, commitment)),
			at: 2,
			digest: digest(letter),
			witness: None,
		},
	};
	Seat { executor, round, session: round.into(), state }
}

/// Round with these seats, one word for each round so far.
fn round(needed: u32, words: &[&str]) -> Round<u64, u64> {
	let letters = (0..).zip(words).flat_map(|(index, word)| word.chars().map(move |l| (index, l)));
	let seats: Vec<_> =
		(1..).zip(letters).map(|(who, (index, letter))| seat(who, index, letter)).collect();
	Round {
		index: words.len() as RoundIndex - 1,
		needed,
		size: words.last().map_or(0, |word| word.replace('r', "").len() as u32),
		witnessed: false,
		seed: H256::zero(),
		phase: RoundPhase::Reveal,
		decline_by: 3,
		commit_by: 5,
		model_hash: H256::zero(),
		engine_id: H256::zero(),
		input_hash: H256::zero(),
		fuel_limit: 0,
		output_limit: 0,
		seats: BoundedVec::try_from(seats).unwrap(),
		answer: None,
	}
}

#[test]
fn tally_should_agree_when_enough_answers_are_equal_and_none_differs() {
	use FailureReason::{
		Congested, EngineUnavailable, InputUnavailable, ModelUnavailable, NotEnoughCommitments,
		NotEnoughReveals,
	};
	let agreed = |letter| Tally::Agreed(digest(letter));
	let undecided = Tally::Undecided;
	let rows = [
		// One executor.
		(1, "A", agreed('A')),
		(1, "w", undecided(NotEnoughCommitments)),
		(1, "c", undecided(NotEnoughReveals)),
		(1, "m", undecided(ModelUnavailable)),
		(1, "e", undecided(EngineUnavailable)),
		(1, "i", undecided(InputUnavailable)),
		(1, "q", undecided(Congested)),
		(1, "f", undecided(NotEnoughCommitments)),
		// Three of three.
		(3, "AAA", agreed('A')),
		(3, "AAB", Tally::Dissent),
		(3, "BAA", Tally::Dissent),
		(3, "ABC", Tally::Dissent),
		(3, "ABc", Tally::Dissent),
		(3, "ABw", Tally::Dissent),
		(3, "AAc", undecided(NotEnoughReveals)),
		(3, "AAw", undecided(NotEnoughCommitments)),
		(3, "Acw", undecided(NotEnoughCommitments)),
		(3, "AAm", undecided(ModelUnavailable)),
		(3, "AAe", undecided(EngineUnavailable)),
		(3, "AAq", undecided(Congested)),
		(3, "Awm", undecided(NotEnoughCommitments)),
		(3, "Aem", undecided(EngineUnavailable)),
		(3, "Aqm", undecided(EngineUnavailable)),
		(3, "Aqw", undecided(NotEnoughCommitments)),
		// Five of seven: two may be silent, none may dissent.
		(5, "AAAAAAA", agreed('A')),
		(5, "AAAAAww", agreed('A')),
		(5, "mAAcAAA", agreed('A')),
		(5, "AAAAAAB", Tally::Dissent),
		(5, "BAAAAAw", Tally::Dissent),
		(5, "AAAABcw", Tally::Dissent),
		(5, "AwwwwwB", Tally::Dissent),
		(5, "AAAAccc", undecided(NotEnoughReveals)),
		(5, "AAAAcww", undecided(NotEnoughReveals)),
		(5, "AAAAwww", undecided(NotEnoughCommitments)),
		// Of those who did not commit: more than half for one cause, then more declined than silent.
		(5, "AAAAmmm", undecided(ModelUnavailable)),
		(5, "AAAAmmw", undecided(ModelUnavailable)),
		(5, "AAAAmme", undecided(ModelUnavailable)),
		(5, "AAAAiiw", undecided(InputUnavailable)),
		(5, "AAAAiie", undecided(InputUnavailable)),
		(5, "AAAAimq", undecided(EngineUnavailable)),
		(5, "AAAAqqw", undecided(Congested)),
		(5, "AAAAqqe", undecided(Congested)),
		(5, "AAAAfff", undecided(NotEnoughCommitments)),
		(5, "AAAAqqf", undecided(Congested)),
		(5, "AAAAmee", undecided(EngineUnavailable)),
		(5, "AAAAmew", undecided(EngineUnavailable)),
		(5, "AAAAmww", undecided(NotEnoughCommitments)),
		(5, "AAAmmee", undecided(EngineUnavailable)),
		(5, "AAAmmww", undecided(NotEnoughCommitments)),
		// Who gave its seat to another is no member any more.
		(3, "rAAA", agreed('A')),
		(3, "rrrAAw", undecided(NotEnoughCommitments)),
		(3, "rAAe", undecided(EngineUnavailable)),
		// Two answers that both have enough.
		(2, "AABB", Tally::Dissent),
	];
	for (needed, seats, expected) in rows {
		assert_eq!(round(needed, &[seats]).tally(), expected, "{needed} {seats}");
	}
}

#[test]
fn tally_should_count_the_current_round_only_when_there_were_others() {
	assert_eq!(round(3, &["BBB", "AAA"]).tally(), Tally::Agreed(digest('A')));
	let undecided = Tally::Undecided(FailureReason::NotEnoughCommitments);
	assert_eq!(round(3, &["AAA", "AAw"]).tally(), undecided);
}

#[test]
fn silent_executors_should_have_their_offences_when_they_kept_no_seat() {
	let round = round(2, &["www", "wAcmlqe"]);
	let silent: Vec<_> = round
		.silent_executors()
		.map(|(seat, offence)| (seat.executor, seat.session, offence))
		.collect();
	assert_eq!(
		silent,
		[
			(4, 1, Offence::MissedCommit),
			(6, 1, Offence::MissedReveal),
			(8, 1, Offence::MissedCommit)
		],
		"who declined in time has none"
	);
}

#[test]
fn missed_reveal_should_cost_a_missed_commitment_when_nobody_got_one_in() {
	let round = round(3, &["AAA", "ccw"]);
	assert!(round.silent_executors().all(|(_, offence)| offence == Offence::MissedCommit));
	assert_eq!(round.silent_executors().count(), 3);
}

/// Round that takes witnesses, with these revealed answers and their witnesses.
fn witnessed(seats: &[(char, u8)]) -> Round<u64, u64> {
	let word: String = seats.iter().map(|(letter, _)| *letter).collect();
	let mut round = Round { witnessed: true, ..round(2, &[&word]) };
	for (seat, (_, byte)) in round.seats.iter_mut().zip(seats) {
		if let SeatState::Revealed { witness, .. } = &mut seat.state {
			*witness = Some(H256::repeat_byte(*byte));
		}
	}
	round
}

#[test]
fn witnessed_round_should_agree_when_all_pairs_of_answer_and_witness_are_equal() {
	let agreed = Tally::Agreed(digest('A'));
	let too_few = Tally::Undecided(FailureReason::NotEnoughCommitments);
	for (seats, expected) in [
		(vec![('A', 1), ('A', 1), ('A', 1)], agreed),
		(vec![('A', 1), ('A', 1), ('w', 0)], agreed),
		(vec![('A', 1), ('A', 1), ('A', 2)], Tally::Dissent),
		(vec![('A', 1), ('A', 2), ('w', 0)], Tally::Dissent),
		(vec![('A', 1), ('B', 1), ('A', 1)], Tally::Dissent),
		(vec![('A', 1), ('w', 0), ('w', 0)], too_few),
	] {
		assert_eq!(witnessed(&seats).tally(), expected, "{seats:?}");
	}
}

#[test]
fn silence_should_count_for_nobody_when_half_of_several_seats_are_silent() {
	use SilenceRecord::{Counted, Overload};
	for (word, expected) in [
		("AAAAwww", Counted),
		("AAAwww", Overload),
		("AAAAwwww", Overload),
		("AAw", Counted),
		("Aww", Overload),
		("Acl", Overload),
		("www", Overload),
		("Aw", Overload),
		// Who declined in time is not silent, and its seat is one of the round.
		("Aqw", Counted),
		("mmw", Counted),
		// Who gave its seat to another has none.
		("rrrAww", Overload),
		// A committee of one says nothing about others.
		("w", Counted),
		("rw", Counted),
	] {
		assert_eq!(round(2, &[word]).silence_record(), expected, "{word}");
	}
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
		let round = round(2, &words);
		assert_eq!(round.has_conflicting_answers(), conflict, "{words:?}");
		assert_eq!(round.revealed_digests().len() > 1, conflict, "{words:?}");
	}
}

#[test]
fn revealed_by_should_name_the_executors_of_all_rounds_when_they_agree() {
	let round = round(2, &["ABA", "wAc"]);
	assert_eq!(round.revealed_by(digest('A')).collect::<Vec<_>>(), [&1, &3, &5]);
	assert_eq!(round.revealed_by(digest('C')).count(), 0);
	assert_eq!(round.revealed_digests(), [digest('A'), digest('B')]);
}

#[test]
fn commit_phase_should_be_over_when_its_time_is() {
	let round = Round { phase: RoundPhase::Commit, ..round(2, &["ww"]) };
	assert_eq!(
		[4, 5, 6].map(|now| round.phase_at(now) == RoundPhase::Commit),
		[true, false, false]
	);
	let closed = Round { phase: RoundPhase::Closed, ..round };
	assert_eq!(closed.phase_at(9), RoundPhase::Closed);
}

#[test]
fn commitment_should_not_be_taken_when_the_current_committee_is_of_one() {
	for (needed, words, expected) in [
		(1, vec!["w"], true),
		(1, vec!["www", "w"], true),
		(1, vec!["ww"], false),
		(2, vec!["ww"], false),
		(1, vec!["w", "ww"], false),
		(1, vec!["rw"], true),
		(1, vec!["wm"], false),
	] {
		assert_eq!(round(needed, &words).takes_no_commitment(), expected, "{needed} {words:?}");
	}
}

proptest! {
	/// Nobody gains by the order of the draw.
	#[test]
	fn tally_should_be_the_same_when_seats_are_reordered(
		word in "[wcmelqrAAB]{1,15}",
		needed in 1u32..=8,
		shift in 0usize..15,
	) {
		let (head, tail) = word.split_at(shift % word.len());
		let reversed: String = word.chars().rev().collect();
		let expected = round(needed, &[&word]).tally();
		prop_assert_eq!(round(needed, &[&format!("{tail}{head}")]).tally(), expected);
		prop_assert_eq!(round(needed, &[&reversed]).tally(), expected);
	}

	/// The tally is what counting by hand gives.
	#[test]
	fn tally_should_be_as_counted_by_hand_when_words_are_arbitrary(
		word in "[wcmelqrAAAAB]{1,15}",
		needed in 1u32..=8,
	) {
		let votes = |letter| word.chars().filter(|other| *other == letter).count() as u32;
		let tally = round(needed, &[&word]).tally();
		match (votes('A'), votes('B')) {
			(1.., 1..) => prop_assert_eq!(tally, Tally::Dissent),
			(a, 0) if a >= needed => prop_assert_eq!(tally, Tally::Agreed(digest('A'))),
			(0, b) if b >= needed => prop_assert_eq!(tally, Tally::Agreed(digest('B'))),
			_ => prop_assert!(matches!(tally, Tally::Undecided(_))),
		}
	}

	/// Silence never turns an answer around, and never turns dissent into agreement.
	#[test]
	fn tally_should_not_change_sides_when_somebody_falls_silent(
		word in "[wcAAB]{1,15}",
		needed in 1u32..=8,
		at in 0usize..15,
	) {
		let at = at % word.len();
		let silenced: String =
			word.char_indices().map(|(index, l)| if index == at { 'w' } else { l }).collect();
		let (before, after) = (round(needed, &[&word]).tally(), round(needed, &[&silenced]).tally());
		if let (Tally::Agreed(one), Tally::Agreed(other)) = (before, after) {
			prop_assert_eq!(one, other);
		}
	}

	/// Everybody is fined, or kept the seat, or declined in time.
	#[test]
	fn fines_should_be_of_those_who_kept_no_seat_when_words_are_arbitrary(
		word in "[wcmelqrAB]{1,15}",
	) {
		let round = round(2, &[&word]);
		let others_revealed = word.contains(['A', 'B']);
		let mut offences = round.silent_executors().map(|(seat, offence)| (seat.executor, offence));
		for (who, letter) in (1..).zip(word.chars()) {
			let expected = match letter {
				'w' | 'l' => Offence::MissedCommit,
				'c' if others_revealed => Offence::MissedReveal,
				'c' => Offence::MissedCommit,
				_ => continue,
			};
			prop_assert_eq!(offences.next(), Some((who, expected)));
		}
		prop_assert_eq!(offences.next(), None);
	}
}
