//! `opg_v1_receipt`: the receipt of a request.
//!
//! | method | parameters | result | safe |
//! |---|---|---|---|
//! | `opg_v1_receipt` | number of the request, `{fromSet: number or null}` or nothing | the receipt, a JSON object as its file has it | yes |
//!
//! `fromSet` is the number of an authority set that the asker trusts: what is before it is left out.

use crate::receipts::{Error, Receipts};
use jsonrpsee::{
	server::RegisterMethodError,
	types::{ErrorObject, ErrorObjectOwned, Params},
	Extensions, RpcModule,
};
use opg_primitives::RequestId;
use serde::Deserialize;
use serde_json::{json, Value};
use std::sync::Arc;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Options {
	from_set: Option<u64>,
}

/// The methods about receipts.
pub fn module(receipts: Arc<Receipts>) -> Result<RpcModule<impl Send + Sync>, RegisterMethodError> {
	let mut module = RpcModule::from_arc(receipts);
	module.register_blocking_method("opg_v1_receipt", receipt)?;
	Ok(module)
}

fn receipt(
	params: Params,
	receipts: Arc<Receipts>,
	_: Extensions,
) -> Result<Value, ErrorObjectOwned> {
	let mut params = params.sequence();
	let request: RequestId = params.next()?;
	let options: Option<Options> = params.optional_next()?;
	let receipt = receipts.receipt(request, options.unwrap_or_default().from_set);
	receipt.map(|receipt| receipt.to_json()).map_err(object)
}

/// The error of JSON-RPC, as those of the other `opg_v1` methods are.
fn object(error: Error) -> ErrorObjectOwned {
	let (code, reason) = match error {
		Error::Unknown(_) => (8002, "RequestUnknown"),
		Error::LaterSet { .. } => (8003, "InvalidParameter"),
		Error::Unavailable(_) => (8004, "StateUnavailable"),
		Error::NotYet(_) => (8008, "NotYet"),
		Error::Failed(_) => (8008, "RequestFailed"),
		Error::TooLarge => (8009, "TooLarge"),
		Error::Busy => (8010, "Busy"),
	};
	ErrorObject::owned(code, error.to_string(), Some(json!({ "reason": reason })))
}
