//! What the methods give.

use super::{call, module};
use crate::{
	mock::{answer, content, request_view, requester, signed, Mock, MODEL},
	types::{Address, Hex},
};
use opg_primitives::{RequestId, Tier};
use opg_runtime::Runtime;
use opg_runtime_api::{Reliance, RequestStatus};
use pallet_opg_inference::{Call, Error};
use sc_rpc_api::DenyUnsafe;
use sc_transaction_pool_api::error::Error as PoolError;
use serde_json::{json, Value};
use sp_core::H256;
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

/// Settled in block 2, of which the newest is 3, and the last final one `finalized`.
fn settled(mock: &Mock, id: RequestId, finalized: u32) {
	let status = RequestStatus::Settled { answer: answer(), paid: vec![], fee: 7, at: 2 };
	let mut world = mock.client.0.lock();
	(world.best, world.finalized) = (3, finalized);
	world.requests.insert(id, request_view(status));
	world.reliance.insert(id, (2, Reliance::Settled { since: 2 }));
}

#[tokio::test]
async fn answer_should_be_relied_on_when_it_is_settled_in_a_final_block() {
	let mock = Mock::new();
	let module = module(&mock, DenyUnsafe::Yes);
	for (finalized, may_rely) in [(1, false), (2, true)] {
		settled(&mock, 5, finalized);
		let result = call(&module, "opg_v1_result", json!([5])).await.expect("it is there");
		assert_eq!(result["state"], "settled");
		assert_eq!(result["since"], 2);
		assert_eq!(result["mayRely"], may_rely, "final is {finalized}");
		assert_eq!(result["answer"]["output"], "0x010203");
		let request = call(&module, "opg_v1_request", json!([5])).await.expect("it is there");
		assert_eq!(request["isFinal"], may_rely);
	}
	let unknown = call(&module, "opg_v1_result", json!([6])).await.expect("it is unknown");
	assert_eq!((&unknown["state"], &unknown["answer"]), (&json!("unknown"), &Value::Null));
	assert_eq!(call(&module, "opg_v1_request", json!([6])).await, Ok(Value::Null));
}

#[tokio::test]
async fn estimate_should_contain_the_input_fee_and_say_what_is_unknown() {
	let mock = Mock::new();
	let module = module(&mock, DenyUnsafe::Yes);
	let estimate = |options| call(&module, "opg_v1_estimate", json!([MODEL, options]));
	let short = estimate(json!({})).await.expect("the model is there");
	assert_eq!((&short["fee"], &short["maxFee"]), (&json!("1000"), &json!("1010")));
	let long = estimate(json!({ "inputBytes": 20_000, "fuel": 70 })).await.expect("it is there");
	assert_eq!((&long["fee"], &long["inputFee"]), (&json!("79"), &json!("9")));
	assert_eq!(long["congested"], false);
	// A sixteenth of the version's, and all of it.
	for limit in [63, 1_000] {
		let own = estimate(json!({ "fuelLimit": limit })).await.expect("it is within the bounds");
		let expected = (limit.to_string(), (limit + 10).to_string());
		assert_eq!((&own["fee"], &own["maxFee"]), (&json!(expected.0), &json!(expected.1)));
	}
	for limit in [0, 62, 1_001] {
		let refused = estimate(json!({ "fuelLimit": limit })).await.expect_err("out of bounds");
		assert_eq!((refused.0, &refused.1["reason"]), (8003, &json!("InvalidParameter")));
	}
	let (code, data) = estimate(json!({ "inputBytes": 200_000 })).await.expect_err("too long");
	assert_eq!((code, &data["limit"]), (8009, &json!(100_000)));
	let (code, data) = call(&module, "opg_v1_estimate", json!([8])).await.expect_err("unknown");
	assert_eq!((code, &data["reason"]), (8001, &json!("ModelUnknown")));
	let (code, _) = estimate(json!({ "bytes": 1 })).await.expect_err("no such option");
	assert_eq!(code, 8003);
}

#[tokio::test]
async fn executors_should_come_with_what_they_serve() {
	let mock = Mock::new();
	let module = module(&mock, DenyUnsafe::Yes);
	let page = call(&module, "opg_v1_executors", json!([])).await.expect("they are there");
	let executor = &page["items"][0];
	assert_eq!(executor["serves"], json!([MODEL, MODEL + 1]));
	assert_eq!((&executor["state"], &executor["misses"]), (&json!("silent"), &json!(2)));
	assert_eq!(executor["commission"], 0.05);
	let next = page["next"].clone();
	call(&module, "opg_v1_executors", json!([null, next])).await.expect("the cursor is right");
	let wrong = call(&module, "opg_v1_executors", json!([null, "0x01"])).await;
	assert_eq!(wrong.expect_err("it is none").0, 8003);
}

#[tokio::test]
async fn models_should_be_refused_when_two_filters_are_given() {
	let mock = Mock::new();
	let module = module(&mock, DenyUnsafe::Yes);
	let owner = serde_json::to_value(Address(requester())).expect("JSON");
	let both = json!([{ "owner": owner, "tag": "vision" }]);
	assert_eq!(call(&module, "opg_v1_models", both).await.expect_err("one at a time").0, 8003);
	let tag = json!([{ "tag": "No Tag" }]);
	assert_eq!(call(&module, "opg_v1_models", tag).await.expect_err("no tag").0, 8003);
}

#[tokio::test]
async fn dry_run_should_say_why_the_node_cannot_compute() {
	let mock = Mock::new();
	let module = module(&mock, DenyUnsafe::No);
	let answer = call(&module, "opg_v1_dryRun", json!([MODEL, "0x01"])).await.expect("it runs");
	assert_eq!((&answer["fuel"], &answer["output"]), (&json!(77), &json!("0x010203")));
	let missing = call(&module, "opg_v1_dryRun", json!([MODEL, "0x"])).await;
	let (code, data) = missing.expect_err("no model");
	assert_eq!((code, &data["reason"]), (8011, &json!("Missing")));
}

fn request(input: Option<&[u8]>) -> String {
	let (tier, max_fee, max_royalty) = (Tier::Quorum, 9, 9);
	let (reference, deadline) = (H256::zero(), None);
	let model = MODEL;
	let call: Call<Runtime> = match input {
		None => Call::request {
			model,
			input: Default::default(),
			tier,
			max_fee,
			max_royalty,
			reference,
			deadline,
			fuel_limit: None,
		},
		Some(input) => Call::request_stored {
			model,
			input: content(input),
			tier,
			max_fee,
			max_royalty,
			reference,
			deadline,
			fuel_limit: None,
		},
	};
	let extrinsic = serde_json::to_value(Hex(signed(call.into()))).expect("JSON");
	extrinsic.as_str().expect("text").into()
}

#[tokio::test]
async fn request_should_be_handed_in_with_its_input_and_twice_be_the_same() {
	let mock = Mock::new();
	let module = module(&mock, DenyUnsafe::Yes);
	let submit = |params| call(&module, "opg_v1_submit", params);
	let plain = submit(json!([request(None)])).await.expect("it is taken");
	assert!(plain.as_str().is_some_and(|hash| hash.len() == 66), "{plain}");
	let stored = request(Some(b"input"));
	let hash = submit(json!([stored, Hex(b"input".to_vec())])).await.expect("it is taken");
	let host: &dyn crate::Host = &*mock.host;
	assert!(host.has(&content(b"input")));
	assert_eq!(mock.pool.taken.lock().len(), 2);
	*mock.pool.refusal.lock() = Some(PoolError::AlreadyImported(Box::new(())));
	let again = submit(json!([stored, Hex(b"input".to_vec())])).await;
	assert_eq!(again, Ok(hash), "it waits already");
	assert!(host.has(&content(b"input")));
	// The client uploads it itself.
	submit(json!([request(Some(b"other")), null])).await.expect("it is taken");
	assert!(!host.has(&content(b"other")));
}

#[tokio::test]
async fn request_should_be_refused_with_the_reason_and_its_input_be_let_go() {
	let mock = Mock::new();
	let module = module(&mock, DenyUnsafe::Yes);
	let submit = |params| call(&module, "opg_v1_submit", params);
	let input = || Hex(b"input".to_vec());
	let host: &dyn crate::Host = &*mock.host;
	for (params, code) in [
		(json!(["0x00"]), 8005),
		(json!([request(None), input()]), 8003),
		(json!([request(Some(b"other")), input()]), 8003),
	] {
		assert_eq!(submit(params).await.expect_err("it is refused").0, code);
	}
	// By the pallet: nothing is paid.
	let error = Error::<Runtime>::MaxFeeTooLow;
	mock.client.0.lock().trial = Some(Ok(Err(error.into())));
	let (code, data) =
		submit(json!([request(Some(b"input")), input()])).await.expect_err("too little");
	assert_eq!((code, &data["reason"]), (8006, &json!("MaxFeeTooLow")));
	assert!(data["explanation"].as_str().is_some_and(|text| !text.is_empty()));
	assert!(!host.has(&content(b"input")));
	// It may follow others that wait, so the pool decides.
	let future = TransactionValidityError::Invalid(InvalidTransaction::Future);
	mock.client.0.lock().trial = Some(Err(future));
	submit(json!([request(None)])).await.expect("the pool takes it");
	// By the pool.
	let refusal = PoolError::InvalidTransaction(InvalidTransaction::Payment);
	*mock.pool.refusal.lock() = Some(refusal);
	let (code, data) =
		submit(json!([request(Some(b"input")), input()])).await.expect_err("too poor");
	assert_eq!((code, &data["reason"]), (8006, &json!("Payment")));
	assert!(!host.has(&content(b"input")));
	assert_eq!(mock.pool.taken.lock().len(), 1);
}
