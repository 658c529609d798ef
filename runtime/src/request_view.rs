//! Request view of the runtime API, joined from the inference and the attestation pallet.

use crate::{Inference, Runtime};
use opg_primitives::RequestId;
use opg_runtime_api::{Reliance, RequestStatus, RequestView, SeatView};
use pallet_opg_attestation::{Rounds, Seat, SeatState};
use pallet_opg_inference::{AuditOrder, CommitteeStatus, RequestOf, RequestState, Requests};
use pallet_opg_support::TaskSource;

/// The view of request `id`, if it is kept.
pub(crate) fn request_view(id: RequestId) -> Option<RequestView> {
	let request = Requests::<Runtime>::get(id)?;
	let status = status(&request);
	let task = Inference::task(id)?;
	let seats = Rounds::<Runtime>::get(id).map(|round| round.seats.into_inner());
	Some(RequestView {
		requester: request.requester,
		model: request.model,
		task,
		tier: request.tier,
		reference: request.reference,
		deadline: request.deadline,
		requested_at: request.requested_at,
		drawn_at: request.drawn_at,
		seed: request.seed,
		seats: seats.unwrap_or_default().into_iter().map(seat_view).collect(),
		status,
	})
}

/// What may be relied on of request `id`.
pub(crate) fn reliance(id: RequestId) -> Reliance {
	let Some(request) = Requests::<Runtime>::get(id) else { return Reliance::Unknown };
	let since = request.changed_at;
	match request.state {
		RequestState::Open(_) | RequestState::Uploading { .. } | RequestState::Holding { .. } => {
			Reliance::Open { since }
		},
		RequestState::Attested { .. } | RequestState::Audited { .. } => {
			Reliance::Attested { since }
		},
		RequestState::Court { .. } => Reliance::Disputed { since },
		RequestState::Settled { .. } => Reliance::Settled { since },
		RequestState::Failed { .. } => Reliance::Failed { since },
	}
}

fn seat_view(seat: Seat<crate::AccountId, crate::BlockNumber>) -> SeatView {
	let (committed, revealed, declined) = match seat.state {
		SeatState::Waiting => (None, None, None),
		SeatState::Declined { reason, .. } => (None, None, Some(reason)),
		SeatState::Committed { at, commitment } => (Some((at, commitment)), None, None),
		SeatState::Revealed { commitment, at, digest, .. } => {
			(commitment, Some((at, digest)), None)
		},
	};
	SeatView { executor: seat.executor, round: seat.round, committed, revealed, declined }
}

fn status(request: &RequestOf<Runtime>) -> RequestStatus {
	match request.state.clone() {
		RequestState::Open(CommitteeStatus::Waiting { .. }) => RequestStatus::Requested,
		RequestState::Open(_) => RequestStatus::Assigned,
		RequestState::Attested { answer, at } => RequestStatus::Attested { answer, at },
		RequestState::Audited { answer, at, .. } => {
			let buyer = match &request.audit {
				Some(AuditOrder::Bought { buyer, .. }) => Some(buyer.clone()),
				_ => None,
			};
			RequestStatus::Audited { answer, at, buyer }
		},
		RequestState::Court { attested, .. } => RequestStatus::Disputed {
			answer: attested.map(|(answer, _)| answer),
			since: request.changed_at,
			challengers: request
				.challenges
				.iter()
				.map(|challenge| challenge.challenger.clone())
				.collect(),
		},
		RequestState::Settled { answer, paid, fee, at } => {
			RequestStatus::Settled { answer, paid: paid.into_inner(), fee, at }
		},
		RequestState::Failed { reason, at } => RequestStatus::Failed { reason, at },
		RequestState::Uploading { until } => RequestStatus::Uploading { until },
		RequestState::Holding { answer, until } => RequestStatus::Holding { answer, until },
	}
}
