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
	let waiting = CommitteeStatus::<u64>::Waiting { round: 1, since: 2, session: 3 };
	let audited = State::Audited { answer: answer(), at: 1, status: waiting };
	let court = State::Court { attested: None, opened: true };
	let settled = State::Settled { answer: answer(), paid: Default::default(), fee: 1, at: 1 };
	let failed = State::Failed { reason: FailureReason::Cancelled, at: 1 };
	assert_eq!(index(State::Open(waiting)), 0);
	assert_eq!(index(State::Attested { answer: answer(), at: 1 }), 1);
	let uploading = State::Uploading { until: None };
	let holding = State::Holding { answer: answer(), until: Some(1) };
	let later = [audited, court, settled, failed, uploading, holding];
	assert_eq!(later.map(index), [2, 3, 4, 5, 6, 7]);

	assert_eq!(index(waiting), 0);
	assert_eq!(index(CommitteeStatus::<u64>::Assigned { round: 1 }), 1);
	assert_eq!(index(CommitteeStatus::<u64>::Passed), 2);

	assert_eq!(index(AuditOrder::<u64>::Random), 0);
	assert_eq!(index(AuditOrder::Bought { buyer: 1u64, held: 1 }), 1);

	let actions = [
		Action::Settle,
		Action::Prune,
		Action::Expire,
		Action::Convene,
		Action::EndHolding,
		Action::Dismiss,
	];
	assert_eq!(actions.map(index), [0, 1, 2, 3, 4, 5]);
	let intakes = [IntakeStatus::Open, IntakeStatus::Draining, IntakeStatus::Drained];
	assert_eq!(intakes.map(index), [0, 1, 2]);
	let reasons = [HoldReason::Request, HoldReason::Challenge, HoldReason::Audit];
	assert_eq!(reasons.map(index), [0, 1, 2]);
}
