//! Errors: of this machine, and of a single call of the guest.

use crate::{artifact::ArtifactError, host::kernels::Isa};
use opg_engine_types::Reason;
use std::{io, time::Duration};

/// Trouble of this machine, never of the model or its input. Says nothing about the answer.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
	/// The artifact is not the one that was asked for.
	#[error("the artifact is engine {}, not {}", hex::encode(have), hex::encode(want))]
	WrongArtifact {
		/// The id that was asked for.
		want: [u8; 32],
		/// The id of the bytes.
		have: [u8; 32],
	},
	/// The artifact breaks a rule of engines.
	#[error("the artifact cannot be an engine: {0}")]
	Artifact(#[from] ArtifactError),
	/// This engine is older than witnesses.
	#[error("engine {} gives no witnesses: it has no function `opg_witness`", hex::encode(.0))]
	NoWitness([u8; 32]),
	/// The CPU lacks the instructions that were asked for.
	#[error("this CPU does not have the instructions {0:?}")]
	MissingInstructions(Isa),
	/// The prepared model belongs to another engine.
	#[error(
		"the model was prepared by engine {}, this is {}",
		hex::encode(prepared_by),
		hex::encode(engine)
	)]
	PreparedByOther {
		/// Id of the engine that has prepared the model.
		prepared_by: [u8; 32],
		/// Id of the engine that was asked to run it.
		engine: [u8; 32],
	},
	/// No thread can be started.
	#[error("engine thread: {0}")]
	Thread(#[source] io::Error),
	/// The system gives no more memory, though the run is within its limit.
	#[error("this machine is out of memory: {0}")]
	HostMemory(String),
	/// The time was over before the run was. Another machine may have an answer.
	#[error("the run takes this machine longer than {0:?}")]
	TimedOut(Duration),
	/// The native stack has ended before the guest's own limit, so there is no answer.
	#[error("the native stack of this machine is too short for the guest")]
	NativeStack,
	/// The WebAssembly engine fails.
	#[error("wasm engine: {0}")]
	Wasm(String),
}

impl From<wasmtime::Error> for EngineError {
	fn from(error: wasmtime::Error) -> Self {
		Self::Wasm(format!("{error:#}"))
	}
}

/// The cause for which a call of the guest gives no data.
pub enum GuestError {
	/// The output is longer than allowed, in bytes.
	TooLarge {
		/// Its length.
		length: u32,
		/// The limit.
		limit: usize,
	},
	/// The guest refuses the model or the input.
	Refused(Reason, String),
	/// The guest trapped, or wasmtime fails.
	Wasm(wasmtime::Error),
}

impl From<wasmtime::Error> for GuestError {
	fn from(error: wasmtime::Error) -> Self {
		Self::Wasm(error)
	}
}
