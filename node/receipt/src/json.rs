//! A statement as JSON, for programs in other languages.

use crate::{
	primitives::Hex,
	v4::{Answer, Content, Outcome, Seat, SeatState},
	Input, Statement,
};
use serde_json::{json, Value};

impl Statement {
	/// The statement as JSON: accounts, hashes and bytes as hexadecimal digits behind `0x`, amounts in
	/// planck as decimal text, what is absent as `null`.
	pub fn to_json(&self) -> Value {
		let Self { request, committees, settlement, .. } = self;
		let version = &request.version;
		let dims = version
			.dims
			.iter()
			.map(|dim| json!({ "name": String::from_utf8_lossy(&dim.name), "size": dim.size }));
		let paid = settlement.paid.iter();
		let paid =
			paid.map(|(who, amount)| json!({ "executor": who, "amount": amount.to_string() }));
		let (input, stored_input) = match &self.input {
			Input::Inline(input) => (json!(Hex(input.clone())), Value::Null),
			Input::Stored(stored) => (Value::Null, content(stored)),
		};
		json!({
			"genesis": self.genesis,
			"block": { "number": self.height, "hash": self.block },
			"time": self.time,
			"specName": self.spec_name,
			"specVersion": self.spec_version,
			"nextSet": self.next_set.id,
			"request": self.id,
			"requester": request.requester,
			"model": request.model,
			"modelHash": version.model_hash,
			"owner": version.owner,
			"engineId": version.engine_id,
			"dims": dims.collect::<Vec<_>>(),
			"inputHash": request.input_hash,
			"input": input,
			"storedInput": stored_input,
			"tier": format!("{:?}", request.tier).to_lowercase(),
			"reference": request.reference,
			"requestedAt": request.requested_at,
			"seats": committees.seats.iter().map(seat).collect::<Vec<_>>(),
			"answer": answer(&settlement.answer),
			"fee": settlement.fee.to_string(),
			"paid": paid.collect::<Vec<_>>(),
			"settledAt": settlement.at,
		})
	}
}

fn content(content: &Content) -> Value {
	json!({ "hash": content.hash, "size": content.size })
}

fn answer(answer: &Answer) -> Value {
	let (output, stored, error) = match &answer.outcome {
		Outcome::Output(output) => (json!(Hex(output.clone())), Value::Null, Value::Null),
		Outcome::Stored(stored) => (Value::Null, content(stored), Value::Null),
		Outcome::Error(error) => (Value::Null, Value::Null, json!(format!("{error:?}"))),
	};
	json!({
		"digest": answer.digest(),
		"fuel": answer.fuel,
		"output": output,
		"storedOutput": stored,
		"error": error,
	})
}

fn seat(seat: &Seat) -> Value {
	let (committed, revealed, declined) = match &seat.state {
		SeatState::Waiting => (Value::Null, Value::Null, Value::Null),
		SeatState::Committed { at, commitment } => {
			(json!({ "block": at, "hash": commitment }), Value::Null, Value::Null)
		},
		SeatState::Revealed { commitment, at, digest, .. } => {
			let committed = commitment.map(|(at, hash)| json!({ "block": at, "hash": hash }));
			(json!(committed), json!({ "block": at, "digest": digest }), Value::Null)
		},
		SeatState::Declined { reason, .. } => {
			(Value::Null, Value::Null, json!(format!("{reason:?}")))
		},
	};
	json!({
		"executor": seat.executor,
		"round": seat.round,
		"committed": committed,
		"revealed": revealed,
		"declined": declined,
	})
}
