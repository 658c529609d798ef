//! Declined seats on the real runtime: the next in order takes them, and the request is attested as if
//! nobody had declined.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use opg_primitives::{FailureReason, JobError, RequestId, Tier};
use opg_runtime::{constants, *};
use opg_runtime_testing::*;
use pallet_opg_attestation::RoundPhase;
use pallet_opg_inference::{CommitteeStatus, Event, OpenSeats, RequestState};

const BUSY: JobError = JobError::QueueFull;

/// Open seats of first rounds that an executor has, and what they reserve.
fn load(who: &AccountId) -> (u32, Balance) {
	let loads = OpenSeats::<Runtime>::get();
	let load = loads.iter().find(|(own, _)| own == who).map(|(_, load)| *load);
	load.map_or((0, 0), |load| (load.seats, load.reserved))
}

/// Begins the next block, in which the vacant seats are given away. Returns who declined and who
/// took the seat.
fn step_replaced() -> Vec<(AccountId, AccountId)> {
	step();
	let events = System::read_events_for_pallet::<Event<Runtime>>();
	let replaced = events.into_iter().filter_map(|event| match event {
		Event::Replaced { declined, executor, .. } => Some((declined, executor)),
		_ => None,
	});
	replaced.collect()
}

fn assert_attested(id: RequestId) {
	assert!(matches!(state(id), RequestState::Attested { .. }), "{:?}", state(id));
}

#[test]
fn request_should_be_attested_by_three_when_one_seat_was_declined() {
	run_with(6, || {
		let id = request();
		let before = committee(id);
		let deadline = round(id).commit_by;
		let busy = before[1].clone();
		let owed = load(&busy);
		assert!(owed.0 == 1 && owed.1 > 0);
		decline(id, &busy, BUSY).unwrap();
		let replaced = step_replaced();
		assert_eq!(replaced.len(), 1);
		let (declined, next) = replaced[0].clone();
		assert!(declined == busy && !before.contains(&next));
		assert_eq!(committee(id), [before[0].clone(), before[2].clone(), next.clone()]);
		assert_eq!(round(id).commit_by, deadline);
		assert_eq!((load(&busy), load(&next)), ((0, 0), owed));

		let stake_before = stake(&busy);
		answer_all(id, |_| right());
		assert_attested(id);
		steps(constants::CHALLENGE_WINDOW);
		let RequestState::Settled { paid, .. } = state(id) else { panic!("settled") };
		let mut payees: Vec<_> = paid.into_iter().map(|(who, _)| who).collect();
		let mut members = committee(id);
		payees.sort();
		members.sort();
		assert_eq!(payees, members);
		assert_eq!(stake(&busy), stake_before, "it costs nothing, and earns nothing");
		assert!(OpenSeats::<Runtime>::get().is_empty());
	});
}

#[test]
fn request_should_be_attested_when_the_only_seat_was_declined() {
	run_with(3, || {
		let id = request_tier(Tier::Optimistic);
		decline(id, &committee(id)[0], JobError::ModelMissing).unwrap();
		assert_eq!(step_replaced().len(), 1);
		assert_eq!(committee(id).len(), 1);
		answer_all(id, |_| right());
		assert_attested(id);
	});
}

#[test]
fn request_should_go_on_as_before_when_nobody_is_left_for_a_seat() {
	run_with(3, || {
		let id = request();
		let members = committee(id);
		commit(id, &members[0], &right()).unwrap();
		commit(id, &members[1], &right()).unwrap();
		decline(id, &members[2], BUSY).unwrap();
		assert_eq!(round(id).phase, RoundPhase::Commit, "it waits for the draws");
		assert!(step_replaced().is_empty());
		assert_eq!(round(id).phase, RoundPhase::Reveal);
		reveal(id, &members[0], right()).unwrap();
		reveal(id, &members[1], right()).unwrap();
		// Too few agreed, and nobody is left for a second round.
		step();
		step();
		assert_eq!(failure(id), Some(FailureReason::NotEnoughExecutors));
		assert!(OpenSeats::<Runtime>::get().is_empty());
	});
}

#[test]
fn seat_should_not_be_given_to_another_when_it_was_declined_too_late() {
	run_with(6, || {
		let id = request();
		steps(constants::COMMIT_BLOCKS / 2 + 1);
		let late = committee(id)[0].clone();
		let before = stake(&late);
		decline(id, &late, BUSY).unwrap();
		assert!(step_replaced().is_empty());
		assert_eq!(committee(id).len(), 3);
		steps(constants::COMMIT_BLOCKS);
		assert!(stake(&late) < before, "it is a missed commitment");
	});
}

#[test]
fn requests_should_be_attested_when_every_first_member_declines() {
	run_with(8, || {
		let ids: Vec<_> = (0..10).map(|_| request_undrawn(Tier::Quorum)).collect();
		let is_drawn = |id: &RequestId| {
			matches!(state(*id), RequestState::Open(CommitteeStatus::Assigned { .. }))
		};
		while !ids.iter().all(is_drawn) {
			step();
		}
		let first: Vec<_> = ids.iter().map(|id| committee(*id)).collect();
		for (id, members) in ids.iter().zip(&first) {
			members.iter().for_each(|who| decline(*id, who, BUSY).unwrap());
		}
		assert_eq!(step_replaced().len(), 30);
		for (id, members) in ids.into_iter().zip(first) {
			assert!(committee(id).iter().all(|who| !members.contains(who)));
			answer_all(id, |_| right());
			assert_attested(id);
		}
	});
}
