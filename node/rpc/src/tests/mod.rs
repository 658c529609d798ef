//! Tests of the methods as a client calls them.

mod document;
mod methods;
mod schema;
mod subscriptions;

use crate::mock::{Mock, MockClient, MockPool};
use jsonrpsee::RpcModule;
use sc_rpc_api::DenyUnsafe;
use serde_json::{json, Value};

type Module = RpcModule<crate::state::State<MockClient, MockPool>>;

/// The methods for callers who may call unsafe ones, or may not.
fn module(mock: &Mock, deny: DenyUnsafe) -> Module {
	let (mut module, _) = mock.rpc.documented().expect("each name is there once");
	module.extensions_mut().insert(deny);
	module
}

/// Calls a method. Gives its result, or code and data of its error.
async fn call(module: &Module, method: &str, params: Value) -> Result<Value, (i64, Value)> {
	let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
	let (response, _) =
		module.raw_json_request(&request.to_string(), 1).await.expect("a request is well formed");
	let response: Value = serde_json::from_str(&response).expect("JSON");
	match response.get("error") {
		None => Ok(response["result"].clone()),
		Some(error) => Err((error["code"].as_i64().unwrap_or_default(), error["data"].clone())),
	}
}
