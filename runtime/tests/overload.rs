//! Overload: more requests than executors answer cost no honest operator more than the limit of a
//! session, and stop nothing.

#![allow(missing_docs)]
#![allow(clippy::unwrap_used)]

use frame_support::assert_ok;
use opg_primitives::Tier;
use opg_runtime::{constants::OPG, *};
use opg_runtime_testing::*;
use pallet_opg_inference::RequestState;
use pallet_opg_staking::{PoolStatus, Pools, Role};
use pallet_opg_support::economics::MAX_FINE_PER_SESSION;
use sp_core::H256;

const EXECUTORS: usize = 6;
const REQUESTS: u64 = 600;

/// Makes a request of the quorum tier, if the chain takes one.
fn ask() -> bool {
	let (max_fee, max_royalty, reference) = (10 * OPG, OPG, H256::zero());
	Inference::request(
		signed(eve()),
		0,
		input(),
		Tier::Quorum,
		max_fee,
		max_royalty,
		reference,
		None,
	)
	.is_ok()
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
		let taken = (0..REQUESTS).filter(|_| ask()).count();
		assert_eq!(taken as u64, REQUESTS, "the chain takes them");
		// Nobody answers: until all have failed, and much longer than a session.
		steps(150);
		for (index, stake_before) in before.iter().enumerate() {
			let lost = stake_before - stake(&executor(index));
			// The session of the test chain does not change by itself.
			assert!(lost > 0, "{index} was drawn and silent");
			// A fine rounds up to a planck.
			let limit = MAX_FINE_PER_SESSION * *stake_before + 3;
			assert!(lost <= limit, "{index} lost {lost}, more than {limit}");
			assert!(is_paused(&executor(index)));
		}
		let open = pallet_opg_inference::Requests::<Runtime>::iter_values()
			.filter(|request| !matches!(request.state, RequestState::Failed { .. }))
			.count();
		assert_eq!(open, 0, "every request has ended");
		check_invariants();
		check_holds();

		// In the next session they resume, and a request works.
		next_session();
		seat_court(3);
		for index in 0..EXECUTORS {
			assert_ok!(Staking::resume(signed(executor(index)), Role::Executor));
		}
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
