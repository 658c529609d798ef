//! The JSON-RPC of a running node.

#![cfg(target_os = "linux")]

mod common;

use common::network::{wait_for, Node, PATIENCE};
use serde_json::{json, Value};

const DOCUMENT: &str = include_str!("../../docs/openrpc.json");

#[test]
fn node_should_describe_its_methods_and_answer_them() {
	let folder = tempfile::tempdir().expect("a folder");
	let node = Node::start(folder.path(), 1, &["--alice"]);
	let document: Value = serde_json::from_str(DOCUMENT).expect("JSON");
	assert_eq!(node.rpc("rpc.discover", json!([])), document);

	let of = node.rpc("rpc_methods", json!([]));
	let methods: Vec<&str> =
		of["methods"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
	for method in document["methods"].as_array().expect("a list") {
		let name = method["name"].as_str().expect("text");
		assert!(methods.contains(&name), "{name}");
	}

	let chain = node.rpc("opg_v1_chain", json!([]));
	assert_eq!(chain["name"], "OPG Development");
	assert_eq!(chain["genesis"], node.rpc("chain_getBlockHash", json!([0])));
	let executors = node.rpc("opg_v1_executors", json!([]));
	let operator = executors["items"][0]["operator"].clone();
	let account = node.rpc("opg_v1_account", json!([operator]));
	assert_eq!(account["pools"].as_array().map(|pools| pools.is_empty()), Some(false));
	// On the local interface they are safe.
	let own = node.rpc("opg_v1_node", json!([]));
	assert_eq!(
		(&own["runsEngine"], own["executors"].as_array().map(Vec::len)),
		(&json!(true), Some(1))
	);

	// What light clients need.
	assert_eq!(node.rpc("grandpa_roundState", json!([]))["setId"], 0);
	let spec = wait_for("a block is final", PATIENCE, || {
		(node.finalized() > 0).then(|| node.rpc("sync_state_genSyncSpec", json!([true])))
	});
	assert!(spec["lightSyncState"]["finalizedBlockHeader"].is_string());
}
