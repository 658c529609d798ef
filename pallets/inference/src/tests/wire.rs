//! Codec indices of stored types and of reasons of holds.

use crate::*;
use codec::Encode;
use opg_primitives::{Answer, FailureReason, ModelError, Outcome};

fn index(value: impl Encode) -> u8 {
	value.encode()[0]
}

#[test]
fn codec_indices_should_stay_as_pinned() {
	type State = RequestState<u64, u64>;
	let answer = || Answer { outcome: Outcome::Error(ModelError::Trapped), fuel: 1 };
	let waiting = CommitteeStatus::<u64>::Waiting { round: 1, since: 2 };
	let origin = DisputeOrigin::Audit;
	let disputed = State::Disputed { answer: answer(), at: 1, origin, status: waiting };
	let settled = State::Settled { answer: answer(), paid: Default::default(), fee: 1, at: 1 };
	let failed = State::Failed { reason: FailureReason::Cancelled, at: 1 };
	assert_eq!(index(State::Open(waiting)), 0);
	assert_eq!(index(State::Attested { answer: answer(), at: 1 }), 1);
	assert_eq!([index(disputed), index(settled), index(failed)], [2, 3, 4]);

	assert_eq!(index(waiting), 0);
	assert_eq!(index(CommitteeStatus::<u64>::Assigned { round: 1 }), 1);
	let decided = CommitteeStatus::<u64>::Decided { digest: Default::default(), fuel: 1 };
	assert_eq!(index(decided), 2);

	assert_eq!(index(DisputeOrigin::<u64>::Audit), 0);
	assert_eq!(index(DisputeOrigin::Challenge { challenger: 1u64, bond: 1 }), 1);

	let actions = [Action::Draw, Action::Settle, Action::Prune, Action::ResolveDispute];
	assert_eq!(actions.map(index), [0, 1, 2, 3]);
	assert_eq!([HoldReason::Request, HoldReason::Challenge].map(index), [0, 1]);
}
