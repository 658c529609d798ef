//! Tasks, and the jobs into which a node turns them.

use crate::{
	digest::hash, domains, Answer, Content, Dims, Fuel, RequestId, RoundIndex, MAX_INPUT_BYTES,
	MAX_OUTPUT_BYTES,
};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::Perbill;

/// Least fuel limit of a request, as a share of its version's: a run keeps a machine busy that has loaded
/// the model.
pub const MIN_FUEL_SHARE: Perbill = Perbill::from_parts(62_500_000);

/// Limits of a model version. A run that exceeds one has an answer that says so, so all executors work
/// within the same.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
pub struct VersionLimits {
	/// Fuel of a run. Requests pay for it.
	pub fuel: Fuel,
	/// Fuel of loading the model and preparing it for runs.
	pub load_fuel: Fuel,
	/// Memory of the model and a run together, in MiB.
	pub memory: u32,
	/// Longest encoded input, in bytes.
	pub input_bytes: u32,
	/// Longest encoded output, in bytes.
	pub output_bytes: u32,
}

impl VersionLimits {
	/// Limits of a version whose inputs and outputs the chain carries.
	pub const fn inline(fuel: Fuel, load_fuel: Fuel, memory: u32) -> Self {
		let (input_bytes, output_bytes) = (MAX_INPUT_BYTES, MAX_OUTPUT_BYTES);
		Self { fuel, load_fuel, memory, input_bytes, output_bytes }
	}

	/// Least fuel limit that a request can have: [`MIN_FUEL_SHARE`] of the version's, rounded up.
	pub fn min_fuel(&self) -> Fuel {
		MIN_FUEL_SHARE.mul_ceil(self.fuel)
	}

	/// Limits of a request that has this fuel limit, where it has one of its own: at least
	/// [`Self::min_fuel`], and at most the version's.
	///
	/// # Errors
	///
	/// The fuel limit is too low or too high.
	pub fn of_request(self, fuel_limit: Option<Fuel>) -> Result<Self, FuelLimitError> {
		let Some(fuel) = fuel_limit else { return Ok(self) };
		if fuel > self.fuel {
			return Err(FuelLimitError::TooHigh);
		}
		if fuel < self.min_fuel() {
			return Err(FuelLimitError::TooLow);
		}
		Ok(Self { fuel, ..self })
	}

	/// Longest input of the version that is outside of the chain, in bytes. Zero where the chain carries
	/// all.
	pub const fn max_stored_input(&self) -> u32 {
		stored_bytes(self.input_bytes, MAX_INPUT_BYTES)
	}

	/// Longest output of the version that is outside of the chain, in bytes. Zero where the chain carries
	/// all.
	pub const fn max_stored_output(&self) -> u32 {
		stored_bytes(self.output_bytes, MAX_OUTPUT_BYTES)
	}

	/// Fuel of loading and running together: what a node burns at most that has not loaded the model.
	pub const fn total_fuel(&self) -> Fuel {
		self.fuel.saturating_add(self.load_fuel)
	}
}

/// Reason for which a request cannot have a fuel limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FuelLimitError {
	/// It is less than [`VersionLimits::min_fuel`].
	TooLow,
	/// It is more than the version's.
	TooHigh,
}

/// So many bytes, or zero where they are not too many for the chain.
const fn stored_bytes(bytes: u32, inline: u32) -> u32 {
	if bytes > inline {
		bytes
	} else {
		0
	}
}

/// Input of a task.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum TaskInput {
	/// Encoded tensors.
	#[codec(index = 0)]
	Inline(Vec<u8>),
	/// Encoded tensors outside of the chain.
	#[codec(index = 1)]
	Stored(Content),
}

impl TaskInput {
	/// Input where the chain carries it.
	pub fn inline(&self) -> Option<&[u8]> {
		match self {
			Self::Inline(bytes) => Some(bytes),
			Self::Stored(_) => None,
		}
	}

	/// What the input is outside of the chain, if it is.
	pub fn stored(&self) -> Option<Content> {
		match self {
			Self::Inline(_) => None,
			Self::Stored(content) => Some(*content),
		}
	}
}

/// Inference to be computed. The answer is a pure function of it.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct Task {
	/// Content hash of the model file.
	pub model_hash: H256,
	/// Id of the engine that must run it.
	pub engine_id: H256,
	/// Sizes of the model's symbolic dimensions.
	pub dims: Dims,
	/// Input.
	pub input: TaskInput,
	/// Limits of the version.
	pub limits: VersionLimits,
}

/// Reason for which a node computes a task, and what it has to find out besides the answer.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum JobKind {
	/// A seat that needs the answer alone.
	#[codec(index = 0)]
	Run,
	/// A seat that needs the answer and its witness: the digest of the intermediate tensors that this
	/// seed names.
	#[codec(index = 1)]
	Witness(H256),
	/// Somebody else's answer is checked. Every seat comes before it.
	#[codec(index = 2)]
	Watch,
	/// Somebody else's answer is checked once more before a challenge: in a new process, from the
	/// files, without anything that an earlier run left.
	#[codec(index = 3)]
	Cold,
}

/// Task that a node computes for a round of a request.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Debug)]
pub struct Job {
	/// Number of the request.
	pub request: RequestId,
	/// Round of the request.
	pub round: RoundIndex,
	/// Reason for which it is computed.
	pub kind: JobKind,
	/// Inference to be computed.
	pub task: Task,
	/// BLAKE2b-256 of the account that made the request, by which a node divides its time between
	/// requesters. No part of the key.
	pub requester: H256,
	/// Time until the result is of no use, in milliseconds. No part of the key: it shrinks from one
	/// call to the next.
	pub millis_left: u32,
}

impl Job {
	/// Key under which a node files the job. Changes with everything that the result depends on.
	pub fn key(&self) -> H256 {
		let Self { request, round, kind, task, requester: _, millis_left: _ } = self;
		hash(domains::JOB, &(request, round, kind, task))
	}

	/// Key of the model with its dimensions on its engine, within its limits of loading: a node keeps it
	/// prepared between jobs.
	pub fn model_key(&self) -> H256 {
		let Task { model_hash, engine_id, dims, input: _, limits } = &self.task;
		let VersionLimits { load_fuel, memory, .. } = limits;
		hash(domains::PREPARED_MODEL, &(model_hash, engine_id, dims, load_fuel, memory))
	}
}

/// Reason for which a node cannot answer a job now. Local to the node: never attested.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
)]
#[scale_info(capture_docs = "always")]
pub enum JobError {
	/// No job queue is attached to this call.
	#[codec(index = 0)]
	NoEngine,
	/// The node has too much to do to answer in time; it may have less at a later block.
	#[codec(index = 1)]
	QueueFull,
	/// The model file is not in this node's store.
	#[codec(index = 2)]
	ModelMissing,
	/// The engine that the model names is not in this node's store.
	#[codec(index = 3)]
	EngineMissing,
	/// The node failed in a way that says nothing about the model.
	#[codec(index = 4)]
	Internal,
	/// Every attempt of the node failed, or the time for the job is over.
	#[codec(index = 5)]
	Failed,
	/// The input, which is outside of the chain, is not in this node's store.
	#[codec(index = 6)]
	InputMissing,
}

/// Progress of a job.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub enum JobStatus {
	/// Waiting or running.
	#[codec(index = 0)]
	Pending,
	/// Finished.
	#[codec(index = 1)]
	Done {
		/// The answer.
		answer: Answer,
		/// Its witness: of a job of kind [`JobKind::Witness`], and of no other.
		witness: Option<H256>,
	},
}
