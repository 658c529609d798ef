//! Subscriptions, and what the node remembers of the blocks that it followed.

use super::{call, module, schema::Checker, Module};
use crate::{
	mock::{answer, content, hash, request_view, requester, signed, Mock, MODEL},
	types::{Address, Hex},
	Host, MAX_PER_CONNECTION,
};
use jsonrpsee::{core::server::Subscription, MethodsError};
use opg_primitives::Tier;
use opg_runtime::Runtime;
use opg_runtime_api::{Reliance, RequestEvent, RequestEventView, RequestStatus};
use pallet_opg_inference::{Call, Error};
use sc_rpc_api::DenyUnsafe;
use sc_transaction_pool_api::TransactionStatus;
use serde_json::{json, Value};
use sp_core::H256;
use std::time::Duration;
use tokio::time::{sleep, timeout};

const REFERENCE: H256 = H256::repeat_byte(3);

fn requested(request: u64) -> RequestEventView {
	let event =
		RequestEvent::Requested { requester: requester(), model: MODEL, reference: REFERENCE };
	RequestEventView { request, extrinsic: Some(1), event }
}

fn attested(request: u64) -> RequestEventView {
	let event = RequestEvent::Attested { model: MODEL, digest: answer().digest() };
	RequestEventView { request, extrinsic: None, event }
}

/// A chain whose blocks are followed.
async fn followed() -> (Mock, Module) {
	let mock = Mock::new();
	let module = module(&mock, DenyUnsafe::Yes);
	tokio::spawn(mock.rpc.follow());
	while !mock.client.is_followed() {
		sleep(Duration::from_millis(1)).await;
	}
	(mock, module)
}

async fn subscribe(module: &Module, method: &str, params: Value) -> Subscription {
	let params = serde_json::value::to_raw_value(&params).expect("JSON");
	let subscribed = module.subscribe_unbounded(method, Raw(params)).await;
	subscribed.unwrap_or_else(|error| panic!("{method}: {error}"))
}

/// Parameters that are JSON already.
struct Raw(Box<serde_json::value::RawValue>);

impl jsonrpsee::core::traits::ToRpcParams for Raw {
	fn to_rpc_params(self) -> Result<Option<Box<serde_json::value::RawValue>>, serde_json::Error> {
		Ok(Some(self.0))
	}
}

async fn next(subscription: &mut Subscription) -> Option<Value> {
	let next = timeout(Duration::from_secs(20), subscription.next()).await.expect("in time");
	next.map(|next| next.expect("JSON").0)
}

fn check(mock: &Mock, method: &str, value: &Value) {
	let (_, document) = mock.rpc.documented().expect("each name is there once");
	let methods = document["methods"].as_array().expect("a list");
	let about = methods.iter().find(|own| own["name"] == method).expect("it is there");
	let wrong = Checker(&document).check(&about["x-subscription"]["result"], value);
	assert!(wrong.is_empty(), "{method}: {wrong:#?}");
}

#[tokio::test]
async fn request_should_be_told_at_each_change_until_it_is_final() {
	let (mock, module) = followed().await;
	let set = |status| mock.client.0.lock().requests.insert(4, request_view(status));
	set(RequestStatus::Requested);
	let mut updates = subscribe(&module, "opg_v1_subscribeRequest", json!([4])).await;
	let first = next(&mut updates).await.expect("it is there");
	check(&mock, "opg_v1_subscribeRequest", &first);
	assert_eq!(first["status"]["name"], "requested");
	// Of another request: nothing is told.
	mock.client.import(vec![requested(5)]);
	set(RequestStatus::Attested { answer: answer(), at: 2 });
	mock.client.import(vec![attested(4)]);
	let second = next(&mut updates).await.expect("it goes on");
	assert_eq!(second["status"]["name"], "attested");
	assert_eq!(second["history"][0], json!({ "block": 2, "event": "attested", "accounts": [] }));
	set(RequestStatus::Settled { answer: answer(), paid: vec![], fee: 7, at: 3 });
	mock.client.0.lock().reliance.insert(4, (3, Reliance::Settled { since: 3 }));
	let event = RequestEvent::Settled { model: MODEL, digest: answer().digest(), fee: 7 };
	mock.client.import(vec![RequestEventView { request: 4, extrinsic: None, event }]);
	let third = next(&mut updates).await.expect("it goes on");
	assert_eq!((&third["status"]["name"], &third["isFinal"]), (&json!("settled"), &json!(false)));
	mock.client.finalize();
	let last = next(&mut updates).await.expect("it is final");
	assert_eq!(last["isFinal"], true);
	assert_eq!(next(&mut updates).await, None, "nothing changes any more");
}

#[tokio::test]
async fn subscription_should_be_refused_with_the_reason() {
	let (mock, module) = followed().await;
	let refused = |method: &'static str, params: Value| {
		let module = &module;
		async move {
			let params = serde_json::value::to_raw_value(&params).expect("JSON");
			match module.subscribe_unbounded(method, Raw(params)).await {
				Err(MethodsError::JsonRpc(error)) => error.code(),
				other => panic!("{method}: {:?}", other.map(|_| ())),
			}
		}
	};
	assert_eq!(refused("opg_v1_subscribeRequest", json!([9])).await, 8002);
	assert_eq!(refused("opg_v1_subscribeRequest", json!(["x"])).await, 8003);
	assert_eq!(refused("opg_v1_subscribeModel", json!([8])).await, 8001);
	let mut held = Vec::new();
	for _ in 0..MAX_PER_CONNECTION {
		held.push(subscribe(&module, "opg_v1_subscribeAnswers", json!([])).await);
	}
	assert_eq!(refused("opg_v1_subscribeAnswers", json!([])).await, 8007);
	drop(held);
	// They have ended once the server notices.
	mock.client.import(vec![attested(1)]);
	while mock.rpc.0.slots.taken() > 0 {
		mock.client.import(vec![attested(1)]);
		sleep(Duration::from_millis(5)).await;
	}
	subscribe(&module, "opg_v1_subscribeAnswers", json!([])).await;
}

#[tokio::test]
async fn events_should_be_told_for_the_model_and_answers_for_all() {
	let (mock, module) = followed().await;
	let mut events = subscribe(&module, "opg_v1_subscribeModel", json!([MODEL])).await;
	let mut answers = subscribe(&module, "opg_v1_subscribeAnswers", json!([])).await;
	let mut other = requested(2);
	other.event =
		RequestEvent::Requested { requester: requester(), model: MODEL + 1, reference: REFERENCE };
	let disputed = RequestEventView { request: 2, extrinsic: None, event: RequestEvent::Disputed };
	mock.client.import(vec![other, disputed, requested(1), attested(1)]);
	let event = next(&mut events).await.expect("it goes on");
	check(&mock, "opg_v1_subscribeModel", &event);
	assert_eq!((&event["request"], &event["event"]), (&json!(1), &json!("requested")));
	assert_eq!(event["block"], json!({ "number": 1, "hash": hash(1) }));
	assert_eq!(next(&mut events).await.expect("it goes on")["event"], "attested");
	let told = next(&mut answers).await.expect("it goes on");
	check(&mock, "opg_v1_subscribeAnswers", &told);
	assert_eq!((&told["request"], &told["digest"]), (&json!(1), &json!(answer().digest())));
}

#[tokio::test]
async fn request_should_be_found_by_its_reference_while_the_chain_keeps_it() {
	let mock = Mock::new();
	// From before the node started.
	mock.client.0.lock().requests.insert(3, request_view(RequestStatus::Requested));
	let module = module(&mock, DenyUnsafe::Yes);
	tokio::spawn(mock.rpc.follow());
	let of = serde_json::to_value(Address(requester())).expect("JSON");
	let find = || call(&module, "opg_v1_requestByReference", json!([of, REFERENCE]));
	while find().await != Ok(json!(3)) {
		sleep(Duration::from_millis(1)).await;
	}
	// A newer one with the same reference.
	mock.client.0.lock().requests.insert(8, request_view(RequestStatus::Requested));
	mock.client.import(vec![requested(8)]);
	while find().await != Ok(json!(8)) {
		sleep(Duration::from_millis(1)).await;
	}
	mock.client.0.lock().requests.remove(&8);
	assert_eq!(find().await, Ok(Value::Null), "it was pruned");
	let other = call(&module, "opg_v1_requestByReference", json!([of, H256::zero()]));
	assert_eq!(other.await, Ok(Value::Null));
}

#[tokio::test]
async fn transaction_should_be_watched_until_it_is_final_and_its_input_be_kept() {
	let (mock, module) = followed().await;
	let input = content(b"input");
	let call = Call::<Runtime>::request_stored {
		model: MODEL,
		input,
		tier: Tier::Quorum,
		max_fee: 9,
		max_royalty: 9,
		reference: REFERENCE,
		deadline: None,
		fuel_limit: None,
	};
	let params = json!([Hex(signed(call.into())), Hex(b"input".to_vec())]);
	*mock.pool.statuses.lock() = vec![
		TransactionStatus::Future,
		TransactionStatus::Ready,
		TransactionStatus::Broadcast(vec![]),
		TransactionStatus::InBlock((hash(1), 1)),
		TransactionStatus::Retracted(hash(1)),
		TransactionStatus::InBlock((hash(2), 5)),
		TransactionStatus::Finalized((hash(1), 1)),
	];
	mock.client.0.lock().events.insert(1, vec![requested(6)]);
	mock.client.0.lock().failures.insert((2, 5), Error::<Runtime>::MaxFeeTooLow.into());
	let mut updates = subscribe(&module, "opg_v1_submitAndWatch", params).await;
	let mut told = Vec::new();
	while let Some(update) = next(&mut updates).await {
		check(&mock, "opg_v1_submitAndWatch", &update);
		told.push((
			update["state"].clone(),
			update["block"]["number"].clone(),
			update["request"].clone(),
			update["error"]["reason"].clone(),
		));
	}
	let null = Value::Null;
	assert_eq!(
		told,
		[
			(json!("ready"), null.clone(), null.clone(), null.clone()),
			(json!("inBlock"), json!(1), json!(6), null.clone()),
			(json!("retracted"), json!(1), null.clone(), null.clone()),
			(json!("inBlock"), json!(2), null.clone(), json!("MaxFeeTooLow")),
			(json!("finalized"), json!(1), json!(6), null),
		]
	);
	assert!(mock.host.has(&input) && !mock.host.keeps(&input), "it waits");
	mock.client.0.lock().contents = vec![input];
	mock.client.import(vec![requested(6)]);
	while !mock.host.keeps(&input) {
		sleep(Duration::from_millis(1)).await;
	}
}
