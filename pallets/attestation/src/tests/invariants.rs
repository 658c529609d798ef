//! Whatever executors submit and whenever: nothing is left behind.

use crate::{mock::*, *};
use frame_support::weights::Weight;
use opg_primitives::JobError;
use pallet_opg_support::{Committees, Vacancy};
use proptest::prelude::*;

/// Numbers of the requests of a walk.
const REQUESTS: u64 = 4;

#[derive(Clone, Debug)]
enum Step {
	/// Opens the first round of a request, or the next if the last one ended.
	Open {
		request: u64,
		committee: Vec<u64>,
		/// Number of members that may be missing.
		spare: u32,
	},
	Commit {
		request: u64,
		who: u64,
		byte: u8,
	},
	Reveal {
		request: u64,
		who: u64,
		byte: u8,
	},
	Decline {
		request: u64,
		who: u64,
	},
	/// Gives a vacant seat to an executor, or leaves it unfilled where it had one before.
	Replace {
		request: u64,
		who: u64,
	},
	/// Judges a request by an answer, unless a round is open.
	Judge {
		request: u64,
		byte: u8,
	},
	/// Removes a request, unless a round is open.
	Remove {
		request: u64,
	},
	Next {
		has_weight: bool,
	},
}

fn step() -> impl Strategy<Value = Step> {
	let request = || 0..REQUESTS;
	let who = || 1u64..=6;
	let byte = || 0u8..3;
	prop_oneof![
		2 => (request(), prop::sample::subsequence((1u64..=6).collect::<Vec<_>>(), 1..=4), 0u32..3)
			.prop_map(|(request, committee, spare)| Step::Open { request, committee, spare }),
		8 => (request(), 1u64..=9, byte())
			.prop_map(|(request, who, byte)| Step::Commit { request, who, byte }),
		8 => (request(), 1u64..=9, byte())
			.prop_map(|(request, who, byte)| Step::Reveal { request, who, byte }),
		2 => (request(), who()).prop_map(|(request, who)| Step::Decline { request, who }),
		2 => (request(), 1u64..=9).prop_map(|(request, who)| Step::Replace { request, who }),
		1 => (request(), byte()).prop_map(|(request, byte)| Step::Judge { request, byte }),
		1 => request().prop_map(|request| Step::Remove { request }),
		3 => any::<bool>().prop_map(|has_weight| Step::Next { has_weight }),
	]
}

fn is_open(request: u64) -> bool {
	Rounds::<Test>::get(request).is_some_and(|round| round.phase != RoundPhase::Closed)
}

/// Makes a step where it is possible.
fn apply(step: Step) {
	match step {
		Step::Open { request, committee, spare } => {
			if !is_open(request) {
				let index = Rounds::<Test>::get(request).map_or(0, |round| round.index + 1);
				let needed = (committee.len() as u32).saturating_sub(spare).max(1);
				// Refused where the seats of a request are used up.
				let _ = Attestation::open(assignment(request, index, &committee, needed));
			}
		},
		Step::Commit { request, who, byte } => {
			let _ = commit(request, who, &answer(byte));
		},
		Step::Reveal { request, who, byte } => {
			let _ = reveal(request, who, &answer(byte));
		},
		Step::Decline { request, who } => {
			let _ = decline(request, who, JobError::ModelMissing);
		},
		Step::Replace { request, who } => {
			let Some(Vacancy { round, session, .. }) = Attestation::vacancy(request) else {
				return;
			};
			let sat = Attestation::past_members(request).contains(&who);
			if sat || Attestation::replace(request, round, who, session).is_err() {
				let weight = Attestation::leave_unfilled(request);
				assert!(weight.all_lte(Attestation::max_leave_unfilled_weight()));
			}
		},
		Step::Judge { request, byte } => {
			if !is_open(request) {
				Attestation::judge(request, answer(byte).digest(), None, &[]);
				Attestation::remove(request);
			}
		},
		Step::Remove { request } => {
			if !is_open(request) {
				Attestation::remove(request);
			}
		},
		Step::Next { has_weight } => {
			DeadlineWeight::set(if has_weight { MAX_DEADLINE_WEIGHT } else { Weight::zero() });
			next_block();
		},
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

	#[test]
	fn nothing_should_be_left_when_all_requests_are_removed(
		steps in prop::collection::vec(step(), 1..200),
	) {
		new_ext().execute_with(|| {
			begin();
			let mut opened = 0;
			for step in steps {
				opened += usize::from(matches!(step, Step::Open { .. }));
				apply(step);
				check();
			}
			assert!(Verdicts::get().len() <= opened, "a round is decided once");
			DeadlineWeight::set(MAX_DEADLINE_WEIGHT);
			next_blocks(COMMIT_BLOCKS + REVEAL_BLOCKS + 1);
			check();
			for request in 0..REQUESTS {
				assert!(!is_open(request), "every round ends");
				Attestation::remove(request);
			}
			assert_eq!(Rounds::<Test>::iter().count(), 0);
			assert_eq!(Answers::<Test>::iter().count(), 0);
			assert_eq!(Deadlines::<Test>::iter().count(), 0);
		});
	}
}
