//! The OpenRPC document: what it says is what the server does.

use super::{call, module, schema::Checker};
use crate::{
	mock::{answer, request_view, requester, version, Mock, MODEL},
	types::Address,
	RECEIPT,
};
use opg_primitives::FailureReason;
use opg_runtime_api::{Reliance, RequestStatus};
use sc_rpc_api::DenyUnsafe;
use serde_json::{json, Value};
use std::{collections::BTreeSet, fs, path::Path};

/// Method that hands in transactions.
const SUBMIT: &str = "opg_v1_submit";

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openrpc.json");

fn document() -> Value {
	Mock::new().rpc.documented().expect("each name is there once").1
}

fn methods(document: &Value) -> &Vec<Value> {
	document["methods"].as_array().expect("a list")
}

fn name(method: &Value) -> &str {
	method["name"].as_str().expect("a name")
}

#[test]
fn document_should_be_the_one_in_the_repository() {
	let document = document();
	if std::env::var_os("OPG_BLESS").is_some() {
		let text = serde_json::to_string_pretty(&document).expect("JSON") + "\n";
		fs::write(PATH, text).expect("it can be written");
	}
	let text = fs::read_to_string(Path::new(PATH)).expect("it is there: OPG_BLESS=1 writes it");
	let kept: Value = serde_json::from_str(&text).expect("JSON");
	assert_eq!(kept, document, "OPG_BLESS=1 writes docs/openrpc.json again");
}

#[test]
fn document_should_name_every_method_of_the_server_and_no_other() {
	let mock = Mock::new();
	let (module, document) = mock.rpc.documented().expect("each name is there once");
	let mut named: BTreeSet<&str> = methods(&document).iter().map(name).collect();
	for method in methods(&document) {
		if let Some(unsubscribe) = method["x-subscription"]["unsubscribe"].as_str() {
			named.insert(unsubscribe);
		}
	}
	named.insert("rpc.discover");
	// The node answers it.
	assert!(named.remove(RECEIPT));
	assert_eq!(module.method_names().collect::<BTreeSet<_>>(), named);
	for method in methods(&document) {
		for error in method["errors"].as_array().expect("a list") {
			let path = error["$ref"].as_str().and_then(|path| path.strip_prefix('#'));
			assert!(document.pointer(path.expect("a reference")).is_some(), "{error}");
		}
	}
}

/// Parameters that reach all that a method can give.
fn examples(method: &str) -> Vec<Value> {
	let owner = serde_json::to_value(Address(version().owner)).expect("JSON");
	let owner = owner.as_str().expect("text");
	let account = serde_json::to_value(Address(requester())).expect("JSON");
	let hash = "0x0303030303030303030303030303030303030303030303030303030303030303";
	match method {
		"opg_v1_estimate" => vec![
			json!([MODEL]),
			json!([format!("{owner}/digits@1.4.0"), { "tier": "high", "fuel": 9, "blocks": 3 }]),
		],
		"opg_v1_request" | "opg_v1_result" => (0..10).map(|id| json!([id])).collect(),
		"opg_v1_requestByReference" => vec![json!([account, hash])],
		"opg_v1_model" => vec![json!([MODEL]), json!([format!("{owner}/digits")])],
		"opg_v1_models" => {
			vec![json!([]), json!([{ "owner": owner }, "0x01", 3]), json!([{ "modelHash": hash }])]
		},
		"opg_v1_executors" => vec![json!([]), json!([MODEL, null, 5])],
		"opg_v1_account" => vec![json!([account])],
		"opg_v1_dryRun" => vec![json!([MODEL, "0x01"])],
		"opg_v1_chain" | "opg_v1_engines" | "opg_v1_courts" | "opg_v1_node" => {
			vec![json!([]), Value::Null]
		},
		other => panic!("add an example of {other}"),
	}
}

#[tokio::test]
async fn results_should_be_as_the_document_says() {
	let mock = Mock::new();
	let statuses = [
		RequestStatus::Requested,
		RequestStatus::Uploading { until: Some(9) },
		RequestStatus::Holding { answer: answer(), until: None },
		RequestStatus::Attested { answer: answer(), at: 4 },
		RequestStatus::Audited { answer: answer(), at: 4, buyer: Some(requester()) },
		RequestStatus::Disputed { answer: None, since: 3, challengers: vec![requester()] },
		RequestStatus::Settled { answer: answer(), paid: vec![(requester(), 5)], fee: 7, at: 9 },
		RequestStatus::Failed { reason: FailureReason::Congested, at: 9 },
	];
	{
		let mut world = mock.client.0.lock();
		for (id, status) in (0..).zip(statuses) {
			world.requests.insert(id, request_view(status));
			world.reliance.insert(id, (0, Reliance::Settled { since: 0 }));
		}
	}
	let module = module(&mock, DenyUnsafe::No);
	let document = call(&module, "rpc.discover", json!([])).await.expect("it is there");
	assert_eq!(document, self::document());
	let checker = Checker(&document);
	for method in methods(&document) {
		// Those that hand in transactions, or subscribe, have tests of their own.
		if method.get("x-subscription").is_some() || [SUBMIT, RECEIPT].contains(&name(method)) {
			continue;
		}
		for params in examples(name(method)) {
			let result = call(&module, name(method), params.clone()).await;
			let result = result.unwrap_or_else(|error| panic!("{method} {params}: {error:?}"));
			let wrong = checker.check(&method["result"]["schema"], &result);
			assert!(wrong.is_empty(), "{} {params}: {wrong:#?}", name(method));
		}
	}
}

#[tokio::test]
async fn unsafe_methods_should_be_refused_to_strangers_and_no_others() {
	let mock = Mock::new();
	let module = module(&mock, DenyUnsafe::Yes);
	for method in methods(&document()) {
		if method.get("x-subscription").is_some() || [SUBMIT, RECEIPT].contains(&name(method)) {
			continue;
		}
		let params = examples(name(method)).remove(0);
		let is_refused = matches!(call(&module, name(method), params).await, Err((-32601, _)));
		assert_eq!(json!(is_refused), method["x-unsafe"], "{}", name(method));
	}
}
