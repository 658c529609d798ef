//! Request view of the runtime API, joined from the inference and the attestation pallet.

use crate::Runtime;
use opg_primitives::{RequestId, Task};
use opg_runtime_api::{RequestStatus, RequestView, SeatView};
use pallet_opg_attestation::{Rounds, Seat, SeatState};
use pallet_opg_inference::{CommitteeStatus, DisputeOrigin, Inputs, RequestState, Requests};

/// The view of request `id`, if it is kept.
pub(crate) fn request_view(id: RequestId) -> Option<RequestView> {
	let request = Requests::<Runtime>::get(id)?;
	let version = request.version;
	let task = Task {
		model_hash: version.model_hash,
		engine_id: version.engine_id,
		dims: version.dims,
		input: Inputs::<Runtime>::get(id)?.into_inner(),
		fuel_limit: version.fuel_limit,
	};
	let seats = Rounds::<Runtime>::get(id).map(|round| round.seats.into_inner());
	Some(RequestView {
		requester: request.requester,
		model: request.model,
		task,
		tier: request.tier,
		requested_at: request.requested_at,
		drawn_at: request.drawn_at,
		seats: seats.unwrap_or_default().into_iter().map(seat_view).collect(),
		status: status(request.state),
	})
}

fn seat_view(seat: Seat<crate::AccountId, crate::BlockNumber>) -> SeatView {
	let (committed, revealed, declined) = match seat.state {
		SeatState::Waiting => (None, None, None),
		SeatState::Declined { reason } => (None, None, Some(reason)),
		SeatState::Committed { at, commitment } => (Some((at, commitment)), None, None),
		SeatState::Revealed { committed_at, commitment, at, digest } => {
			(Some((committed_at, commitment)), Some((at, digest)), None)
		},
	};
	SeatView { executor: seat.executor, round: seat.round, committed, revealed, declined }
}

fn status(state: RequestState<crate::AccountId, crate::BlockNumber>) -> RequestStatus {
	match state {
		RequestState::Open(CommitteeStatus::Waiting { .. }) => RequestStatus::Requested,
		RequestState::Open(_) => RequestStatus::Assigned,
		RequestState::Attested { answer, at } => RequestStatus::Attested { answer, at },
		RequestState::Disputed { answer, at, origin, .. } => {
			let challenger = match origin {
				DisputeOrigin::Audit => None,
				DisputeOrigin::Challenge { challenger, .. } => Some(challenger),
			};
			RequestStatus::Disputed { answer, at, challenger }
		},
		RequestState::Settled { answer, paid, fee, at } => {
			RequestStatus::Settled { answer, paid: paid.into_inner(), fee, at }
		},
		RequestState::Failed { reason, at } => RequestStatus::Failed { reason, at },
	}
}
