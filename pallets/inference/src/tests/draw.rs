//! Draws: who is drawn from the frozen candidates, and that nobody can turn a draw in its favour.

use crate::{mock::*, *};
use frame_support::assert_ok;
use opg_primitives::{FailureReason, RequestId, Tier};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn distinct(members: &[u64]) -> usize {
	members.iter().collect::<BTreeSet<_>>().len()
}

#[test]
fn committee_should_be_drawn_in_the_block_that_completes_its_seed() {
	run(|| {
		for (tier, blocks, size) in
			[(Tier::Optimistic, 1, 1), (Tier::Quorum, 2, 3), (Tier::High, 3, 7)]
		{
			let id = request(tier);
			run_blocks(blocks - 1);
			assert_eq!(assigned_round(id), None);
			next_block();
			assert_eq!(assigned_round(id), Some(0));
			assert_eq!(stored(id).drawn_at, Some(block()));
			let committee = members(id, 0);
			assert_eq!((committee.len(), distinct(&committee)), (size, size));
			let seed = stored(id).seed.unwrap();
			let drawn = Event::Drawn { request: id, round: 0, committee, seed, authors: blocks };
			assert!(events().contains(&drawn));
		}
	});
}

#[test]
fn committee_should_differ_between_requests_and_with_the_randomness() {
	let draw = |entropy| {
		let mut committees = vec![];
		run(|| {
			Entropy::set(entropy);
			let ids = [request(Tier::High), request(Tier::High)];
			run_draw(Tier::High);
			committees = ids.map(|id| members(id, 0)).to_vec();
		});
		committees
	};
	let (first, second) = (draw(1), draw(2));
	assert_eq!(first, draw(1));
	assert_ne!(first[0], first[1]);
	assert_ne!(first[0], second[0]);
}

/// Clients and verifiers draw the same committee from the same seed.
#[test]
fn committee_should_stay_as_pinned() {
	run(|| {
		let id = drawn(Tier::High);
		assert_eq!(members(id, 0), PINNED);
	});
}

const PINNED: [u64; 7] = [55, 32, 17, 50, 13, 40, 49];

#[test]
fn committee_should_not_hold_the_requester() {
	run(|| {
		ExecutorCount::set(&4);
		for entropy in 0..8 {
			Entropy::set(entropy);
			let id = request_of(2, Tier::Quorum);
			run_draw(Tier::Quorum);
			let mut committee = members(id, 0);
			committee.sort();
			assert_eq!(committee, [1, 3, 4]);
		}
	});
}

/// Committee of a request that is made in this block, after `meanwhile`, for each of some seeds.
fn committees(tier: Tier, meanwhile: impl Fn()) -> Vec<Vec<u64>> {
	let mut committees = Vec::new();
	for entropy in 0..12 {
		run(|| {
			Entropy::set(entropy);
			let id = request(tier);
			meanwhile();
			run_draw(tier);
			committees.push(members(id, 0));
		});
	}
	committees
}

#[test]
fn next_in_order_should_sit_when_an_executor_is_skipped() {
	let whole = committees(Tier::High, || ());
	for who in [whole[0][0], whole[0][3]] {
		for skip in [|who| Suspended::set(&vec![who]), |who| Stopped::set(&vec![who])] {
			let fewer = committees(Tier::High, || skip(who));
			for (whole, fewer) in whole.iter().zip(fewer) {
				let left: Vec<_> = whole.iter().filter(|other| **other != who).copied().collect();
				assert_eq!(fewer[..left.len()], left);
				assert_eq!(fewer.len(), 7);
			}
		}
	}
}

#[test]
fn candidates_should_be_those_of_the_session_in_which_the_round_was_fixed() {
	run(|| {
		let id = request(Tier::Quorum);
		let session = Session::get();
		let is_waiting = |id| {
			let expected = CommitteeStatus::Waiting { round: 0, since: block(), session };
			stored(id).state == RequestState::Open(expected)
		};
		assert!(is_waiting(id));
		Session::set(&(session + 2));
		run_draw(Tier::Quorum);
		assert_eq!(assigned_round(id), Some(0));
	});
}

#[test]
fn draw_should_take_fresh_outputs_and_candidates_when_the_snapshot_is_gone() {
	run(|| {
		let id = request(Tier::Quorum);
		next_block();
		Session::set(&(Session::get() + 3));
		next_block();
		let late = CommitteeStatus::Waiting { round: 0, since: block(), session: Session::get() };
		assert_eq!(state(id), RequestState::Open(late));
		run_draw(Tier::Quorum);
		assert_eq!(assigned_round(id), Some(0));
	});
}

#[test]
fn draw_should_take_fresh_outputs_when_its_round_has_no_room() {
	run(|| {
		let id = request(Tier::Quorum);
		next_block();
		OpenFailure::set(&Some(FailureReason::Congested));
		next_block();
		OpenFailure::set(&None);
		assert_eq!(assigned_round(id), None);
		next_block();
		assert_eq!(assigned_round(id), None, "the outputs of earlier blocks are known");
		next_block();
		assert_eq!(assigned_round(id), Some(0));
	});
}

#[test]
fn request_should_be_refunded_when_too_few_executors_are_left_at_its_draw() {
	run(|| {
		ExecutorCount::set(&4);
		let id = request(Tier::Quorum);
		Suspended::set(&vec![1, 2]);
		run_draw(Tier::Quorum);
		assert_eq!(failure(id), Some(FailureReason::NotEnoughExecutors));
		assert_eq!(balance(REQUESTER), FUNDS - 3 * SEAT_FEE);
		assert_eq!(on_hold(HoldReason::Request, REQUESTER), DEPOSIT);
		Suspended::set(&vec![]);
	});
}

/// What the owner of the executors can do between a request and its draw.
#[derive(Clone, Debug)]
enum Toggle {
	/// Pauses an executor, or resumes it.
	Pause(usize),
	/// Lets an executor stop serving, or serve again.
	Stop(usize),
	Block,
	/// A session begins.
	Session,
}

fn toggle() -> impl Strategy<Value = Toggle> {
	prop_oneof![
		4 => any::<usize>().prop_map(Toggle::Pause),
		4 => any::<usize>().prop_map(Toggle::Stop),
		1 => Just(Toggle::Block),
		1 => Just(Toggle::Session),
	]
}

fn flip(set: Vec<u64>, who: u64) -> Vec<u64> {
	let mut set: BTreeSet<_> = set.into_iter().collect();
	if !set.insert(who) {
		set.remove(&who);
	}
	set.into_iter().collect()
}

/// Own executors: every third.
fn own() -> Vec<u64> {
	(1..=EXECUTORS).filter(|who| who % 3 == 0).collect()
}

/// Draws the committee of a request after `toggles`, and returns the number of own seats.
fn own_seats(entropy: u64, tier: Tier, toggles: &[Toggle]) -> usize {
	let mut seats = 0;
	run(|| {
		Entropy::set(entropy);
		let id: RequestId = request(tier);
		let own = own();
		for toggle in toggles {
			match toggle {
				Toggle::Pause(pick) => {
					Suspended::set(&flip(Suspended::get(), own[pick % own.len()]))
				},
				Toggle::Stop(pick) => Stopped::set(&flip(Stopped::get(), own[pick % own.len()])),
				// As many sessions and blocks as leave the snapshot and the draw where they are.
				Toggle::Block if block() < u64::from(tiers::seed_authors(tier)) => {
					next_block();
				},
				Toggle::Session if Session::get() < 7 => Session::set(&(Session::get() + 1)),
				Toggle::Block | Toggle::Session => {},
			}
		}
		while assigned_round(id).is_none() {
			next_block();
		}
		seats = members(id, 0).iter().filter(|who| own.contains(who)).count();
	});
	seats
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(200))]

	/// The seed may be known or not: whatever the own executors do once the candidates are frozen,
	/// they get no more seats than if they had done nothing.
	#[test]
	fn own_seats_should_not_rise_when_own_executors_pause_resume_serve_or_stop(
		entropy in any::<u64>(),
		tier in prop_oneof![Just(Tier::Optimistic), Just(Tier::Quorum), Just(Tier::High)],
		toggles in proptest::collection::vec(toggle(), 1..24),
	) {
		prop_assert!(own_seats(entropy, tier, &toggles) <= own_seats(entropy, tier, &[]));
	}
}

#[test]
fn request_should_count_only_executors_that_take_a_seat() {
	run(|| {
		ExecutorCount::set(&4);
		assert_eq!(Inference::eligible(MODEL, &[]), 4);
		Suspended::set(&vec![1]);
		Stopped::set(&vec![1, 2]);
		assert_eq!(Inference::eligible(MODEL, &[]), 2);
		assert_eq!(Inference::eligible(MODEL, &[&3, &9]), 1);
		assert_eq!(
			dispatch(REQUESTER, request_call(Tier::Quorum)),
			Err(Error::<Test>::NotEnoughExecutors.into())
		);
		assert_ok!(dispatch(REQUESTER, request_call(Tier::Optimistic)));
		Suspended::set(&vec![]);
		Stopped::set(&vec![]);
	});
}
