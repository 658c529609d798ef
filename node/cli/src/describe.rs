//! Causes that the chain gives, in words.

use opg_primitives::{
	registry::TextGeneration, FailureReason, JobError, ModelError, VersionLimits,
};
use serde_json::{json, Value};

/// Cause of a request's end without an answer.
pub(crate) fn failure(reason: FailureReason) -> &'static str {
	match reason {
		FailureReason::NotEnoughExecutors => "fewer executors can be drawn than a committee needs",
		FailureReason::NotEnoughCommitments => "too few of the last committee committed",
		FailureReason::NotEnoughReveals => "too few of the last committee revealed",
		FailureReason::Congested => "no block had room for the draw, or the executors for the work",
		FailureReason::ModelUnavailable => "most of the last committee lacks the model file",
		FailureReason::EngineUnavailable => {
			"most of the last committee lacks the engine that the model names"
		},
		FailureReason::Cancelled => "the requester cancelled it",
		FailureReason::Undecided => "the court sat twice and did not decide",
		FailureReason::Expired => "the deadline passed before an answer was attested",
		FailureReason::InputUnavailable => {
			"too few validators of the panel held the input in time: it was not uploaded, or not in time; \
			 the fee for storing it is not refunded"
		},
		FailureReason::OutputUnavailable => {
			"too few validators of the panel held the output that the committee agreed on in time"
		},
	}
}

/// Reason for which an executor declined its seat.
pub(crate) fn job_error(error: JobError) -> &'static str {
	match error {
		JobError::NoEngine => "its node runs no engine",
		JobError::QueueFull => "its queue is full",
		JobError::ModelMissing => "it lacks the model file",
		JobError::EngineMissing => "it lacks the engine that the model names",
		JobError::Internal => "its node failed",
		JobError::Failed => "its node could not compute it in several attempts or in time",
		JobError::InputMissing => "it could not get the input",
	}
}

/// Limits of a version, for people.
pub(crate) fn limits(limits: &VersionLimits) -> String {
	let VersionLimits { fuel, load_fuel, memory, input_bytes, output_bytes } = limits;
	format!(
		"{fuel} fuel a run, {load_fuel} to load, {memory} MiB, {input_bytes} bytes in, \
		 {output_bytes} bytes out"
	)
}

/// Limits of a version, for programs.
pub(crate) fn limits_json(limits: &VersionLimits) -> Value {
	let VersionLimits { fuel, load_fuel, memory, input_bytes, output_bytes } = limits;
	json!({
		"fuel": fuel,
		"load_fuel": load_fuel,
		"memory_mib": memory,
		"input_bytes": input_bytes,
		"output_bytes": output_bytes,
	})
}

/// How a version generates text, for people.
pub(crate) fn generation(generation: &Option<TextGeneration>) -> String {
	let Some(TextGeneration { context, vocabulary, block, token_fuel, block_fuel }) = generation
	else {
		return "generates no text".into();
	};
	format!(
		"generates text of up to {context} tokens with its prompt, of {vocabulary} that there are, for \
		 {token_fuel} fuel a token; a prompt is read for {block_fuel} fuel a block of {block} tokens"
	)
}

/// How a version generates text, for programs.
pub(crate) fn generation_json(generation: &TextGeneration) -> Value {
	let TextGeneration { context, vocabulary, block, token_fuel, block_fuel } = generation;
	json!({
		"context": context,
		"vocabulary": vocabulary,
		"block": block,
		"token_fuel": token_fuel,
		"block_fuel": block_fuel,
	})
}

/// Cause for which a model gives no output.
pub(crate) fn model_error(error: ModelError) -> &'static str {
	match error {
		ModelError::BadModel => "the engine does not take the model",
		ModelError::BadInput => "the input does not fit the model",
		ModelError::OutOfFuel => "a fuel limit is used up",
		ModelError::OutOfMemory => "the memory limit is reached",
		ModelError::Trapped => "the model traps",
		ModelError::OutputTooLarge => "the output is longer than the version allows",
	}
}
