//! Errors of the methods, with their codes and reasons.

use crate::types::Named;
use jsonrpsee::types::{ErrorObject, ErrorObjectOwned};
use opg_primitives::RequestId;
use serde_json::{json, Value};

/// Failure of a method.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Error {
	/// There is no such model.
	#[error("the chain has no model {0}: `opg_v1_models` lists those that it has")]
	ModelUnknown(String),
	/// There is no such request.
	#[error(
		"there is no request {0}: it was never included, or it ended long ago and was removed"
	)]
	RequestUnknown(RequestId),
	/// A parameter is not of its type, or breaks a rule.
	#[error("{0}")]
	InvalidParameter(String),
	/// The state cannot be read.
	#[error(
		"the state of the block cannot be read: {0}. Ask again, or ask a node that has synced"
	)]
	StateUnavailable(String),
	/// The extrinsic makes no request.
	#[error(
		"the extrinsic is no call of inference.request or inference.request_stored that is signed for \
		 this runtime: {0}. Hand others in by author_submitExtrinsic"
	)]
	NotARequest(String),
	/// The transaction is refused.
	#[error("the request is refused ({reason}): {explanation}")]
	Refused {
		/// Name of what the pool or the pallet found.
		reason: String,
		/// The same in words.
		explanation: String,
	},
	/// The connection, or the node, has as many subscriptions as it can have.
	#[error("{limit} subscriptions {of} are open: close one, or use another node")]
	TooManySubscriptions {
		/// Most that can be open.
		limit: usize,
		/// Whose they are.
		of: &'static str,
	},
	/// The input is too long.
	#[error("{given} bytes are more than {limit}: {advice}")]
	TooLarge {
		/// Length of what was given.
		given: u64,
		/// Longest that is taken.
		limit: u64,
		/// What to do.
		advice: &'static str,
	},
	/// The node has too much to do.
	#[error("this node has too much to do ({0}): try again in a minute, or use another")]
	Busy(&'static str),
	/// The node computes nothing, or could not compute this.
	#[error("this node cannot compute it: {explanation}")]
	EngineUnavailable {
		/// Name of the reason.
		reason: String,
		/// The same in words.
		explanation: String,
	},
}

impl Error {
	/// Its code in JSON-RPC.
	pub fn code(&self) -> i32 {
		match self {
			Self::ModelUnknown(_) => 8001,
			Self::RequestUnknown(_) => 8002,
			Self::InvalidParameter(_) => 8003,
			Self::StateUnavailable(_) => 8004,
			Self::NotARequest(_) => 8005,
			Self::Refused { .. } => 8006,
			Self::TooManySubscriptions { .. } => 8007,
			Self::TooLarge { .. } => 8009,
			Self::Busy(_) => 8010,
			Self::EngineUnavailable { .. } => 8011,
		}
	}

	/// What goes with it: `reason` names it for programs.
	pub fn data(&self) -> Value {
		match self {
			Self::ModelUnknown(model) => json!({ "reason": "ModelUnknown", "model": model }),
			Self::RequestUnknown(request) => {
				json!({ "reason": "RequestUnknown", "request": request })
			},
			Self::InvalidParameter(_) => json!({ "reason": "InvalidParameter" }),
			Self::StateUnavailable(_) => json!({ "reason": "StateUnavailable" }),
			Self::NotARequest(_) => json!({ "reason": "NotARequest" }),
			Self::Refused { reason, explanation } => {
				json!({ "reason": reason, "explanation": explanation })
			},
			Self::TooManySubscriptions { limit, .. } => {
				json!({ "reason": "TooManySubscriptions", "limit": limit })
			},
			Self::TooLarge { given, limit, .. } => {
				json!({ "reason": "TooLarge", "given": given, "limit": limit })
			},
			Self::Busy(_) => json!({ "reason": "Busy" }),
			Self::EngineUnavailable { reason, explanation } => {
				json!({ "reason": reason, "explanation": explanation })
			},
		}
	}

	/// A transaction is refused for this reason.
	pub(crate) fn refused(Named { name, explanation }: Named) -> Self {
		Self::Refused { reason: name, explanation }
	}
}

impl From<Error> for ErrorObjectOwned {
	fn from(error: Error) -> Self {
		ErrorObject::owned(error.code(), error.to_string(), Some(error.data()))
	}
}

impl From<sp_api::ApiError> for Error {
	fn from(error: sp_api::ApiError) -> Self {
		Self::StateUnavailable(error.to_string())
	}
}

/// Codes and names of all errors, for the document.
pub(crate) const CODES: [(i32, &str); 11] = [
	(8001, "ModelUnknown"),
	(8002, "RequestUnknown"),
	(8003, "InvalidParameter"),
	(8004, "StateUnavailable"),
	(8005, "NotARequest"),
	(8006, "Refused"),
	(8007, "TooManySubscriptions"),
	(8008, "NotYet"),
	(8009, "TooLarge"),
	(8010, "Busy"),
	(8011, "EngineUnavailable"),
];

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn codes_should_be_those_of_the_document() {
		let errors = [
			Error::ModelUnknown("7".into()),
			Error::RequestUnknown(7),
			Error::InvalidParameter("why".into()),
			Error::StateUnavailable("why".into()),
			Error::NotARequest("why".into()),
			Error::TooManySubscriptions { limit: 1, of: "of this connection" },
			Error::TooLarge { given: 2, limit: 1, advice: "" },
			Error::Busy("why"),
		];
		for error in errors {
			let object = ErrorObjectOwned::from(error.clone());
			let data: Value =
				serde_json::from_str(object.data().expect("data").get()).expect("JSON");
			let named = (error.code(), data["reason"].as_str().expect("a reason"));
			assert!(CODES.contains(&named), "{named:?}");
		}
		let refused = Error::Refused { reason: "Stale".into(), explanation: "Too late".into() };
		assert_eq!(refused.data()["reason"], "Stale");
	}
}
