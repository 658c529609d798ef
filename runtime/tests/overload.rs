//! Overload: requests beyond what executors can carry are refused, and those who answer lose nothing.
//! Requests that nobody answers cost no honest operator more than the limit of a session, and stop
//! nothing.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use opg_primitives::Tier;
use opg_runtime::{constants::OPG, *};
use opg_runtime_testing::*;
use pallet_opg_inference::RequestState;
use pallet_opg_staking::{PoolStatus, Pools, Role};
use pallet_opg_support::economics::MAX_FINE_PER_SESSION;
use sp_core::H256;
use sp_runtime::traits::Dispatchable;

const EXECUTORS: usize = 6;
const REQUESTS: u64 = 600;

/// Slots of all executors: 80 for the stake of each.
const SLOTS: u32 = EXECUTORS as u32 * (10_000 * OPG / constants::SLOT_STAKE) as u32;

/// Makes a request of the quorum tier, if the chain takes one.
fn ask() -> bool {
	let (max_fee, max_royalty, reference) = (10 * OPG, OPG, H256::zero());
	let call = pallet_opg_inference::Call::<Runtime>::request {
		model: 0,
		input: input(),
		tier: Tier::Quorum,
		max_fee,
		max_royalty,
		reference,
		deadline: None,
		fuel_limit: None,
	};
	match RuntimeCall::from(call).dispatch(signed(eve())) {
		Ok(_) => true,
		Err(refused) => {
			let congested = pallet_opg_inference::Error::<Runtime>::Congested;
			assert_eq!(refused.error, congested.into());
			false
		},
	}
}

#[test]
fn requests_beyond_capacity_should_be_refused_and_nobody_fined_when_executors_answer() {
	run_with(EXECUTORS, || {
		let stakes = || (0..EXECUTORS).map(|index| stake(&executor(index))).collect::<Vec<_>>();
		let before = stakes();
		let held = wealth(&eve());
		let first = next_request();
		let taken = (0..REQUESTS).filter(|_| ask()).count() as u64;
		assert_eq!(taken, u64::from(SLOTS / 3), "as many as there are slots for");
		assert_eq!(next_request(), first + taken);
		let seat_fees = 3 * constants::SEAT_FEE * u128::from(taken);
		assert_eq!(held - wealth(&eve()), seat_fees, "a refused request costs nothing here");
		let mut open: Vec<_> = (first..first + taken).collect();
		let mut most = 0;
		for _ in 0..40 {
			step();
			let seats = pallet_opg_inference::OpenSeats::<Runtime>::get();
			most = seats.iter().map(|(_, load)| load.seats).max().unwrap_or_default().max(most);
			open.retain(|id| {
				let is_assigned = matches!(
					state(*id),
					RequestState::Open(pallet_opg_inference::CommitteeStatus::Assigned { .. })
				);
				if is_assigned {
					answer_all(*id, |_| right());
				}
				!is_assigned
			});
			if open.is_empty() {
				break;
			}
		}
		assert!(open.is_empty(), "every request has an answer");
		assert!(most > 70 && most <= 80, "executors were full, and nobody more than that: {most}");
		steps(3);
		assert!(stakes().iter().zip(before).all(|(now, before)| *now >= before), "no fines");
		assert!((0..EXECUTORS).all(|index| !is_paused(&executor(index))));
	});
}

fn is_paused(who: &AccountId) -> bool {
	let pool = Pools::<Runtime>::get(Role::Executor, who).unwrap();
	matches!(pool.status, PoolStatus::PausedForSilence { .. })
}

/// Before there were limits, the same burned a fifth of all stake and stopped inference for good.
#[test]
fn nobody_should_lose_more_than_the_limit_when_600_requests_are_not_answered() {
	run_with(EXECUTORS, || {
		let before: Vec<_> = (0..EXECUTORS).map(|index| stake(&executor(index))).collect();
		let taken = (0..REQUESTS).filter(|_| ask()).count() as u32;
		assert_eq!(taken, SLOTS / 3, "the chain takes what executors can carry");
		// Nobody answers: until all have failed, and much longer than a session.
		steps(150);
		for (index, stake_before) in before.iter().enumerate() {
			let lost = stake_before - stake(&executor(index));
			// The session of the test chain does not change by itself.
			assert!(lost > 0, "{index} was drawn and silent");
			// A fine rounds up to a planck.
			let limit = MAX_FINE_PER_SESSION * *stake_before + 3;
			assert!(lost <= limit, "{index} lost {lost}, more than {limit}");
			assert!(!is_paused(&executor(index)), "where nobody answers, it is nobody's fault");
		}
		let open = pallet_opg_inference::Requests::<Runtime>::iter_values()
			.filter(|request| !matches!(request.state, RequestState::Failed { .. }))
			.count();
		assert_eq!(open, 0, "every request has ended");
		check_invariants();
		check_holds();

		// Nobody has to resume, and a request works.
		let id = request();
		answer_all(id, |_| right());
		steps(1);
		assert!(
			matches!(state(id), RequestState::Attested { .. }),
			"it is attested: {:?}",
			state(id)
		);
	});
}
