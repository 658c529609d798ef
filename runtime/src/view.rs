//! A request as clients see it, joined from the pallets.

use crate::Runtime;
use alloc::{format, vec::Vec};
use opg_primitives::RequestId;
use opg_runtime_api::{RequestStatus, RequestView, SeatView};
use pallet_opg_attestation::{Records, SeatState};
use pallet_opg_inference::{Doubt, Inputs, Phase, Requests, State};

pub(crate) fn request_view(id: RequestId) -> Option<RequestView> {
	let request = Requests::<Runtime>::get(id)?;
	let seats: Vec<SeatView> = Records::<Runtime>::get(id)
		.map(|record| record.seats.into_inner())
		.unwrap_or_default()
		.into_iter()
		.map(|seat| {
			let mut declined = None;
			let (committed, revealed) = match seat.state {
				SeatState::Waiting => (None, None),
				SeatState::Declined { reason } => {
					declined = Some(format!("{reason:?}").into_bytes());
					(None, None)
				},
				SeatState::Committed { at, commitment } => (Some((at, commitment)), None),
				SeatState::Revealed { committed_at, commitment, at, digest } => {
					(Some((committed_at, commitment)), Some((at, digest)))
				},
			};
			SeatView { executor: seat.executor, round: seat.round, committed, revealed, declined }
		})
		.collect();
	let status = match request.state {
		State::Open(Phase::Waiting { .. }) => RequestStatus::Requested,
		State::Open(_) => RequestStatus::Assigned,
		State::Attested { answer, at } => RequestStatus::Attested { answer, at },
		State::Disputed { answer, at, doubt, .. } => RequestStatus::Disputed {
			answer,
			at,
			challenger: match doubt {
				Doubt::Audit => None,
				Doubt::Challenge { challenger, .. } => Some(challenger),
			},
		},
		State::Settled { answer, paid, fee, at } => {
			RequestStatus::Settled { answer, paid: paid.into_inner(), fee, at }
		},
		State::Failed { reason, at } => {
			RequestStatus::Failed { reason: format!("{reason:?}").into_bytes(), at }
		},
	};
	Some(RequestView {
		requester: request.requester,
		model: request.model,
		model_hash: request.version.hash,
		engine: request.version.engine,
		dims: request.version.dims,
		input: Inputs::<Runtime>::get(id)?.into_inner(),
		fuel_limit: request.version.max_fuel,
		tier: request.tier,
		requested_at: request.requested_at,
		drawn_at: request.drawn_at,
		seats,
		status,
	})
}
