//! Errors, as clients get them.

use crate::backend::{BackendError, RequestId};
use serde_json::{json, Map, Value};

/// An error with its HTTP status. `reason` is for programs, the message for people.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}")]
pub struct ApiError {
	/// HTTP status.
	pub status: u16,
	/// Name of the cause. A name is never used for another cause.
	pub reason: &'static str,
	/// What happened and what to do.
	pub message: String,
	/// More about it.
	pub details: Map<String, Value>,
	/// Seconds after which another attempt may succeed.
	pub retry_after: Option<u32>,
}

impl ApiError {
	/// An error.
	pub fn new(status: u16, reason: &'static str, message: impl Into<String>) -> Self {
		Self { status, reason, message: message.into(), details: Map::new(), retry_after: None }
	}

	/// What is asked for is malformed.
	pub fn invalid(message: impl Into<String>) -> Self {
		Self::new(400, "InvalidRequest", message)
	}

	/// With more about it.
	pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
		self.details.insert(key.into(), value.into());
		self
	}

	/// With the number of the request that it is about, and the link to its receipt.
	pub fn of_request(self, request: RequestId) -> Self {
		self.with("request", request).with("receipt", receipt_link(request))
	}

	/// With a time after which another attempt may succeed.
	pub fn retry_after(mut self, seconds: u32) -> Self {
		self.retry_after = Some(seconds);
		self
	}

	/// As the Open Inference Protocol has errors: `error` is text.
	pub(crate) fn to_kserve(&self) -> Value {
		let mut object = self.details.clone();
		object.insert("error".into(), self.message.as_str().into());
		object.insert("reason".into(), self.reason.into());
		Value::Object(object)
	}

	/// As OpenAI has errors: `error` is an object.
	pub(crate) fn to_openai(&self) -> Value {
		let mut object = self.details.clone();
		let kind = match self.status {
			401 => "authentication_error",
			403 => "permission_error",
			429 => "rate_limit_error",
			400..=499 => "invalid_request_error",
			_ => "api_error",
		};
		let param = object.remove("param").unwrap_or(Value::Null);
		object.insert("message".into(), self.message.as_str().into());
		object.insert("type".into(), kind.into());
		object.insert("param".into(), param);
		object.insert("code".into(), self.reason.into());
		json!({ "error": object })
	}
}

/// Where the receipt of a request is.
pub(crate) fn receipt_link(request: RequestId) -> String {
	format!("/v1/receipts/{request}")
}

impl From<BackendError> for ApiError {
	fn from(error: BackendError) -> Self {
		let message = error.to_string();
		match error {
			BackendError::ModelUnknown(_) => Self::new(404, "ModelUnknown", message),
			BackendError::SchemaUnavailable(_) => Self::new(503, "SchemaUnavailable", message),
			BackendError::ModelUnavailable(_) => Self::new(503, "ModelUnavailable", message),
			BackendError::Congested(_) => Self::new(503, "Congested", message).retry_after(6),
			BackendError::FeeAboveMax(_) => Self::new(402, "FeeAboveMax", message),
			BackendError::NotEnoughFunds(_) => Self::new(503, "NotEnoughFunds", message),
			BackendError::InputMismatch(_) => Self::new(400, "InputMismatch", message),
			BackendError::RequestUnknown(_) => Self::new(404, "RequestUnknown", message),
			BackendError::NotYet(_) => Self::new(409, "NotYet", message).retry_after(10),
			BackendError::RequestFailed(_) => Self::new(502, "RequestFailed", message),
			BackendError::Unsure(_) => Self::new(504, "Unsure", message),
			BackendError::NoNode(_) => Self::new(503, "NoNode", message).retry_after(6),
			BackendError::Failed(_) => Self::new(502, "Failed", message),
		}
	}
}
