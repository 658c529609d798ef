//! Refusals: the engine does not take a model or an input.

use opg_engine_types::Reason;

/// A reason for programs and a message for people.
pub struct Refusal {
	pub reason: Reason,
	pub message: String,
}

impl Refusal {
	pub fn new(reason: Reason, message: impl Into<String>) -> Refusal {
		Refusal { reason, message: message.into() }
	}
}
