//! Requests as people and programs read them.

use super::progress::{print_line, print_tensors, Progress};
use crate::{chain::Chain, contents, describe, download::download, keys, output::Output, tensors};
use opg_execution::printable;
use opg_primitives::{AccountId, Answer, Balance, Outcome, RequestId, Tier};
use opg_runtime_api::{RequestStatus, RequestView, SeatView};
use serde_json::{json, Value};

/// The attested answer of a request, if it has one.
pub(in crate::commands) fn attested(request: &RequestView) -> Option<&Answer> {
	match &request.status {
		RequestStatus::Attested { answer, .. }
		| RequestStatus::Audited { answer, .. }
		| RequestStatus::Settled { answer, .. } => Some(answer),
		RequestStatus::Disputed { answer, .. } => answer.as_ref(),
		RequestStatus::Requested
		| RequestStatus::Assigned
		| RequestStatus::Uploading { .. }
		| RequestStatus::Holding { .. }
		| RequestStatus::Failed { .. } => None,
	}
}

/// Tells whether nothing can change the request any more.
pub(super) fn is_final(view: &RequestView) -> bool {
	matches!(view.status, RequestStatus::Settled { .. } | RequestStatus::Failed { .. })
}

/// The name of a tier, as the command line takes it.
pub(in crate::commands) fn tier_name(tier: Tier) -> &'static str {
	match tier {
		Tier::Optimistic => "optimistic",
		Tier::Quorum => "quorum",
		Tier::High => "high",
	}
}

/// Prints everything about a request.
pub(super) fn print(output: Output, id: RequestId, view: &RequestView) {
	let requester = keys::name(&view.requester);
	output.news(format_args!("request    {id} by {requester}, tier {}", tier_name(view.tier)));
	output.news(format_args!("model      {} ({:?})", view.model, view.task.model_hash));
	output.news(format_args!("engine     {:?}", view.task.engine_id));
	for dim in &view.task.dims {
		let name = printable(&String::from_utf8_lossy(&dim.name));
		output.news(format_args!("dimension  {name} = {}", dim.size));
	}
	if let Some(content) = view.task.input.stored() {
		output.news(format_args!("input      {}", contents::describe(content)));
	}
	if !view.reference.is_zero() {
		output.news(format_args!("reference  {:?}", view.reference));
	}
	if let Some(deadline) = view.deadline {
		output.news(format_args!("deadline   {deadline} of the clock"));
	}
	output.news(format_args!("included   block {}", view.requested_at));
	Progress::default().print(output, view);
}

/// Prints the attested output for people, if it lies outside of the chain. It is got from the node; where
/// that does not have it, says so: everything else about the request is known all the same.
pub(super) fn print_stored_output(
	output: Output,
	chain: &Chain,
	id: RequestId,
	view: &RequestView,
) {
	let Some(Answer { outcome: Outcome::Stored(content), .. }) = attested(view) else { return };
	if output == Output::Json {
		return;
	}
	match download(chain, id, "output", *content) {
		Ok(encoded) => print_tensors(output, &encoded),
		Err(error) => print_line(output, None, format_args!("{error:#}")),
	}
}

/// Everything about a request as JSON, amounts in planck. What lies outside of the chain is only named.
pub(super) fn to_json(id: RequestId, view: &RequestView) -> Value {
	let task = &view.task;
	let dims: serde_json::Map<_, _> = task
		.dims
		.iter()
		.map(|dim| (String::from_utf8_lossy(&dim.name).into(), json!(dim.size)))
		.collect();
	json!({
		"request": id,
		"requester": keys::name(&view.requester),
		"model": view.model,
		"model_hash": task.model_hash,
		"engine_id": task.engine_id,
		"dims": dims,
		"input": task.input.inline().map(tensors::to_json),
		"stored_input": task.input.stored().map(contents::to_json),
		"limits": describe::limits_json(&task.limits),
		"tier": tier_name(view.tier),
		"reference": view.reference,
		"deadline": view.deadline,
		"seed": view.seed,
		"requested_at": view.requested_at,
		"drawn_at": view.drawn_at,
		"seats": view.seats.iter().map(seat_json).collect::<Vec<_>>(),
		"status": status_json(&view.status),
	})
}

fn seat_json(seat: &SeatView) -> Value {
	json!({
		"executor": keys::name(&seat.executor),
		"round": seat.round,
		"committed": seat.committed.map(|(block, hash)| json!({ "block": block, "hash": hash })),
		"revealed": seat.revealed.map(|(block, hash)| json!({ "block": block, "digest": hash })),
		"declined": seat.declined.map(|error| format!("{error:?}")),
	})
}

fn status_json(status: &RequestStatus) -> Value {
	match status {
		RequestStatus::Requested => json!({ "name": "requested" }),
		RequestStatus::Assigned => json!({ "name": "assigned" }),
		RequestStatus::Uploading { until } => json!({ "name": "uploading", "until": until }),
		RequestStatus::Holding { answer, until } => {
			json!({ "name": "holding", "until": until, "answer": answer_json(answer) })
		},
		RequestStatus::Attested { answer, at } => {
			json!({ "name": "attested", "clock": at, "answer": answer_json(answer) })
		},
		RequestStatus::Audited { answer, at, buyer } => json!({
			"name": "audited",
			"clock": at,
			"answer": answer_json(answer),
			"buyer": buyer.as_ref().map(keys::name),
		}),
		RequestStatus::Disputed { answer, since, challengers } => json!({
			"name": "disputed",
			"block": since,
			"answer": answer.as_ref().map(answer_json),
			"challengers": challengers.iter().map(keys::name).collect::<Vec<_>>(),
		}),
		RequestStatus::Settled { answer, paid, fee, at } => json!({
			"name": "settled",
			"clock": at,
			"answer": answer_json(answer),
			"fee": fee.to_string(),
			"paid": paid_json(paid),
		}),
		RequestStatus::Failed { reason, at } => json!({
			"name": "failed",
			"clock": at,
			"reason": format!("{reason:?}"),
			"explanation": describe::failure(*reason),
		}),
	}
}

/// An answer as JSON. An output outside of the chain is only named.
pub(in crate::commands) fn answer_json(answer: &Answer) -> Value {
	let mut value = json!({
		"digest": answer.digest(),
		"fuel": answer.fuel,
		"output": null,
		"stored_output": null,
		"error": null,
	});
	match &answer.outcome {
		Outcome::Output(output) => value["output"] = tensors::to_json(output),
		Outcome::Stored(content) => value["stored_output"] = contents::to_json(*content),
		Outcome::Error(error) => value["error"] = json!(format!("{error:?}")),
	}
	value
}

/// Pay of executors as JSON, in planck.
pub(in crate::commands) fn paid_json(paid: &[(AccountId, Balance)]) -> Value {
	let entry = |(who, amount): &(AccountId, Balance)| json!({ "executor": keys::name(who), "amount": amount.to_string() });
	paid.iter().map(entry).collect()
}
