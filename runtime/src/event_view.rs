//! What a block did to requests, for the runtime API of events.

use crate::{Runtime, RuntimeEvent, System};
use alloc::vec::Vec;
use frame_system::Phase;
use opg_primitives::RequestId;
use opg_runtime_api::{ReferenceView, RequestEvent, RequestEventView, MAX_REFERENCES_PAGE};
use pallet_opg_attestation::Event as Attestation;
use pallet_opg_court::Event as Court;
use pallet_opg_inference::{Event as Inference, Requests};
use sp_runtime::DispatchError;

/// Events of requests in this block, in order.
pub(crate) fn request_events() -> Vec<RequestEventView> {
	System::read_events_no_consensus()
		.filter_map(|record| {
			let (request, event) = match record.event {
				RuntimeEvent::Inference(event) => of_inference(event)?,
				RuntimeEvent::Attestation(event) => of_attestation(event)?,
				RuntimeEvent::Court(event) => of_court(event)?,
				_ => return None,
			};
			let extrinsic = match record.phase {
				Phase::ApplyExtrinsic(index) => Some(index),
				Phase::Finalization | Phase::Initialization => None,
			};
			Some(RequestEventView { request, extrinsic, event })
		})
		.collect()
}

/// Error of an extrinsic of this block.
pub(crate) fn failure_of(extrinsic: u32) -> Option<DispatchError> {
	// Phases cannot be compared in WebAssembly.
	let is_own =
		|phase: &Phase| matches!(phase, Phase::ApplyExtrinsic(index) if *index == extrinsic);
	System::read_events_no_consensus().find_map(|record| match record.event {
		RuntimeEvent::System(frame_system::Event::ExtrinsicFailed { dispatch_error, .. })
			if is_own(&record.phase) =>
		{
			Some(dispatch_error)
		},
		_ => None,
	})
}

/// Requests that are kept among `limit` numbers from `from` on.
pub(crate) fn references(from: RequestId, limit: u32) -> Vec<ReferenceView> {
	let until = from.saturating_add(limit.min(MAX_REFERENCES_PAGE).into());
	let view = |id| {
		let pallet_opg_inference::Request { requester, model, reference, .. } =
			Requests::<Runtime>::get(id)?;
		Some(ReferenceView { request: id, requester, model, reference })
	};
	(from..until).filter_map(view).collect()
}

fn of_inference(event: Inference<Runtime>) -> Option<(RequestId, RequestEvent)> {
	Some(match event {
		Inference::Requested { request, requester, model, reference, .. } => {
			(request, RequestEvent::Requested { requester, model, reference })
		},
		Inference::Drawn { request, round, committee, .. } => {
			(request, RequestEvent::Drawn { round, committee })
		},
		Inference::Replaced { request, round, declined, executor } => {
			(request, RequestEvent::Replaced { round, declined, executor })
		},
		Inference::Escalated { request, round, reason } => {
			(request, RequestEvent::Escalated { round, reason })
		},
		Inference::Convened { request, content, until } => {
			(request, RequestEvent::Convened { content, until })
		},
		Inference::Held { request, content } => (request, RequestEvent::Held { content }),
		Inference::Attested { request, model, digest, .. } => {
			(request, RequestEvent::Attested { model, digest })
		},
		Inference::Audited { request, buyer } => (request, RequestEvent::Audited { buyer }),
		Inference::Challenged { request, challenger, digest, .. } => {
			(request, RequestEvent::Challenged { challenger, digest })
		},
		Inference::Disputed { request } => (request, RequestEvent::Disputed),
		Inference::Judged { request, digest, right, wrong } => {
			(request, RequestEvent::Judged { digest, right, wrong })
		},
		Inference::Settled { request, model, digest, fee, .. } => {
			(request, RequestEvent::Settled { model, digest, fee })
		},
		Inference::Failed { request, model, reason, .. } => {
			(request, RequestEvent::Failed { model, reason })
		},
		Inference::Pruned { request, model, .. } => (request, RequestEvent::Pruned { model }),
		_ => return None,
	})
}

fn of_attestation(event: Attestation<Runtime>) -> Option<(RequestId, RequestEvent)> {
	Some(match event {
		Attestation::Committed { request, round, executor, .. } => {
			(request, RequestEvent::Committed { round, executor })
		},
		Attestation::Revealed { request, round, executor, digest } => {
			(request, RequestEvent::Revealed { round, executor, digest })
		},
		Attestation::Declined { request, round, executor, reason } => {
			(request, RequestEvent::Declined { round, executor, reason })
		},
		_ => return None,
	})
}

fn of_court(event: Court<Runtime>) -> Option<(RequestId, RequestEvent)> {
	Some(match event {
		Court::SittingBegan { request, sitting, .. } => {
			(request, RequestEvent::SittingBegan { sitting })
		},
		Court::Committed { request, validator, .. } => {
			(request, RequestEvent::VoteCommitted { validator })
		},
		Court::Revealed { request, validator, digest, .. } => {
			(request, RequestEvent::VoteRevealed { validator, digest })
		},
		Court::Adjourned { request, .. } => (request, RequestEvent::Adjourned),
		_ => return None,
	})
}
