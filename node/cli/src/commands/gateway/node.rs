//! JSON-RPC with a node over HTTP: each call stands alone, so that a node may go and come back.

use crate::rpc::{Endpoint, NOT_YET};
use anyhow::{Context, Result};
use jsonrpsee_core::{
	client::{ClientT, Error},
	params::ArrayParams,
	DeserializeOwned,
};
use jsonrpsee_http_client::{HttpClient, HttpClientBuilder};
use opg_execution::printable;
use opg_gateway::BackendError;
use serde_json::Value;
use std::time::Duration;

/// Longest wait for one answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Longest answer, in bytes.
const MAX_RESPONSE_BYTES: u32 = 64 << 20;
/// Longest call, in bytes: what a node takes.
const MAX_REQUEST_BYTES: u32 = 15 << 20;

/// Cause for which a call gives no result.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
	/// The node refuses it.
	#[error("{message}")]
	Refused {
		/// Code of JSON-RPC.
		code: i32,
		/// Name of the cause, where the node gives one.
		reason: String,
		/// The cause in words.
		message: String,
	},
	/// The call may have reached the node.
	#[error("{0}")]
	Lost(String),
}

impl CallError {
	/// The error where the call does not say more by itself.
	pub fn plain(self) -> BackendError {
		let text = self.to_string();
		match self {
			Self::Lost(_) => BackendError::NoNode(text),
			Self::Refused { code, reason, .. } => match (code, reason.as_str()) {
				(8001, _) => BackendError::ModelUnknown(text),
				(8002, _) => BackendError::RequestUnknown(text),
				(8004 | 8010, _) => BackendError::NoNode(text),
				(8006, reason) => refused(reason, text),
				(NOT_YET, _) => BackendError::NotYet(text),
				(8009, _) => BackendError::InputMismatch(text),
				_ => BackendError::Failed(text),
			},
		}
	}
}

/// What pool or pallet refuse a request for.
fn refused(reason: &str, text: String) -> BackendError {
	match reason {
		"Congested" => BackendError::Congested(text),
		"MaxFeeTooLow" | "RoyaltyAboveMax" => BackendError::FeeAboveMax(text),
		"UnknownModel" => BackendError::ModelUnknown(text),
		"EngineNotValid" | "NotCourtReady" | "NotEnoughExecutors" => {
			BackendError::ModelUnavailable(text)
		},
		"InputTooLong" => BackendError::InputMismatch(text),
		"Payment" | "FundsUnavailable" | "NotExpendable" | "BelowMinimum" | "Underflow" => {
			BackendError::NotEnoughFunds(text)
		},
		_ => BackendError::Failed(text),
	}
}

/// A node.
pub(super) struct Node {
	client: HttpClient,
}

impl Node {
	/// A node, which need not be there yet. It takes HTTP and WebSocket at the same port.
	pub fn new(endpoint: &Endpoint) -> Result<Self> {
		let address = endpoint.to_string();
		let address = match address.split_once("://") {
			Some(("ws", rest)) => format!("http://{rest}"),
			Some(("wss", rest)) => format!("https://{rest}"),
			_ => address,
		};
		let client = HttpClientBuilder::new()
			.request_timeout(TIMEOUT)
			.max_request_size(MAX_REQUEST_BYTES)
			.max_response_size(MAX_RESPONSE_BYTES)
			.build(&address);
		Ok(Self { client: client.with_context(|| address)? })
	}

	/// Calls `method` and gives its result.
	pub async fn call<R: DeserializeOwned>(
		&self,
		method: &str,
		params: &[Value],
	) -> Result<R, CallError> {
		let mut array = ArrayParams::new();
		for param in params {
			let inserted = array.insert(param);
			inserted.map_err(|error| CallError::Lost(format!("{method}: {error}")))?;
		}
		self.client.request(method, array).await.map_err(|error| match error {
			Error::Call(error) => {
				let data = error.data().and_then(|data| serde_json::from_str(data.get()).ok());
				let data: Value = data.unwrap_or_default();
				let reason = data["reason"].as_str().unwrap_or_default();
				// Substrate's own errors say more in their data.
				let more = data.as_str().map(|data| format!(": {data}")).unwrap_or_default();
				CallError::Refused {
					code: error.code(),
					reason: printable(reason),
					message: printable(&format!("{}{more}", error.message())),
				}
			},
			Error::RequestTimeout => {
				let seconds = TIMEOUT.as_secs();
				CallError::Lost(format!("{method}: the node gave no answer within {seconds} s"))
			},
			error => {
				let causes = anyhow::Error::new(error);
				CallError::Lost(printable(&format!("{method}: {causes:#}")))
			},
		})
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::rpc::tests::server;
	use serde_json::json;

	#[test]
	fn calls_should_tell_refusals_from_what_was_lost() {
		let server = server();
		let node = Node::new(&format!("ws://{}", server.address).parse().unwrap()).unwrap();
		let nobody = Node::new(&"ws://127.0.0.1:1".parse().unwrap()).unwrap();
		tokio::runtime::Runtime::new().unwrap().block_on(async {
			let echoed: Vec<u32> = node.call("echo", &[json!(1), json!(2)]).await.unwrap();
			assert_eq!(echoed, [1, 2]);
			let error = node.call::<Value>("refuse", &[]).await.unwrap_err();
			assert!(matches!(error, CallError::Refused { code: 1010, .. }), "{error:?}");
			let text = error.to_string();
			assert!(text.contains("no funds") && !text.contains('\u{1b}'), "{text:?}");
			let error = nobody.call::<Value>("echo", &[]).await.unwrap_err();
			assert!(matches!(error, CallError::Lost(_)), "{error:?}");
			assert!(matches!(error.plain(), BackendError::NoNode(_)));
		});
	}

	#[test]
	fn refusals_should_be_what_the_gateway_has_statuses_for() {
		let refused = |code, reason: &str| {
			let (reason, message) = (reason.into(), String::new());
			CallError::Refused { code, reason, message }.plain()
		};
		let none = String::new;
		assert_eq!(refused(8001, "ModelUnknown"), BackendError::ModelUnknown(none()));
		assert_eq!(refused(8006, "Congested"), BackendError::Congested(none()));
		assert_eq!(refused(8006, "Payment"), BackendError::NotEnoughFunds(none()));
		assert_eq!(refused(8006, "MaxFeeTooLow"), BackendError::FeeAboveMax(none()));
		assert_eq!(refused(8008, "NotYet"), BackendError::NotYet(none()));
		assert_eq!(refused(-32602, ""), BackendError::Failed(none()));
	}
}
