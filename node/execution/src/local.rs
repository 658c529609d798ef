//! An engine on this machine that answers tasks under the protocol's limits.

use crate::{
	answer, bind_dims, limits, printable, Artifact, DimsError, Engine, EngineError, Inspection,
	Limits, Prepared, Run,
};
use opg_engine::{content_hash, digest, EngineConfig, Generation};
use opg_primitives::{
	registry::TextGeneration, serving::Report, Answer, Content, Dims, Task, TaskInput,
	VersionLimits,
};
use sp_core::H256;
use std::{path::Path, time::Duration};

/// Failure of this machine or of the caller. Says nothing about the model or its answer.
#[derive(Debug, thiserror::Error)]
pub enum ExecutionError {
	/// The file is not the model that the task names.
	#[error("the file has the hash {found:?}, and the task names the model {expected:?}")]
	WrongModel {
		/// Content hash that the task names.
		expected: H256,
		/// Content hash of the file.
		found: H256,
	},
	/// The engine is not the one that the task names.
	#[error("this is the engine {found:?}, and the task names the engine {expected:?}")]
	WrongEngine {
		/// Id that the task names.
		expected: H256,
		/// Id of this engine.
		found: H256,
	},
	/// The input is outside of the chain, and was not given.
	#[error("the input {:?} of {} bytes is outside of the chain: get it first", .0.hash, .0.size)]
	InputElsewhere(Content),
	/// The bytes are not the input that the task names.
	#[error(
		"the input has {} bytes and the hash {:?}, and the task names {:?} of {} bytes: get it again",
		found.size, found.hash, expected.hash, expected.size
	)]
	WrongInput {
		/// Input that the task names.
		expected: Content,
		/// What was given instead.
		found: Content,
	},
	/// The dimensions cannot be bound.
	#[error(transparent)]
	Dims(#[from] DimsError),
	/// The engine failed on this machine.
	#[error(transparent)]
	Engine(#[from] EngineError),
}

impl ExecutionError {
	/// The time limit under which a run was stopped, if that is what happened.
	pub fn timed_out(&self) -> Option<Duration> {
		match self {
			Self::Engine(EngineError::TimedOut(limit)) => Some(*limit),
			_ => None,
		}
	}
}

/// Result of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
	/// Answer to attest or to compare.
	pub answer: Answer,
	/// Bytes of an output that the answer only names.
	pub output: Option<Vec<u8>>,
	/// Explanation of a model error for people, safe to print. Empty if there is an output.
	pub message: String,
}

impl From<Run> for Execution {
	fn from(run: Run) -> Self {
		let message = printable(&run.message);
		let (answer, output) = answer(run);
		Self { answer, output, message }
	}
}

/// An engine on this machine. Cheap to clone.
#[derive(Clone)]
pub struct LocalEngine(Engine);

impl LocalEngine {
	/// Compiles the engine that is built into this program, or loads it from the folder `cache`.
	///
	/// Compiling takes up to a minute.
	pub fn built_in(cache: Option<&Path>) -> Result<Self, ExecutionError> {
		Ok(Self(Engine::new(cache)?))
	}

	/// Compiles the engine in the file `bytes`, or loads it from the folder `cache`. Fails if the file
	/// breaks a rule of [`check_artifact`](crate::check_artifact).
	pub fn from_file(bytes: &[u8], cache: Option<&Path>) -> Result<Self, ExecutionError> {
		let artifact = Some(Artifact { id: content_hash(bytes), bytes });
		Ok(Self(Engine::with(EngineConfig { cache, artifact, ..EngineConfig::default() })?))
	}

	/// Id of the engine.
	pub fn id(&self) -> H256 {
		H256(self.0.id())
	}

	/// Answers `task`, whose input is inline, with the model in the file `model`. Takes as long as it
	/// takes.
	///
	/// # Errors
	///
	/// As for [`LocalEngine::execute_with`].
	pub fn execute(&self, model: &[u8], task: &Task) -> Result<Execution, ExecutionError> {
		self.execute_with(model, task, None, None)
	}

	/// The same, unless it takes longer than `time`.
	///
	/// # Errors
	///
	/// As for [`LocalEngine::execute`]; [`ExecutionError::timed_out`] tells if the time was over.
	pub fn execute_within(
		&self,
		model: &[u8],
		task: &Task,
		time: Duration,
	) -> Result<Execution, ExecutionError> {
		self.execute_with(model, task, None, Some(time))
	}

	/// Answers `task` with the model in the file `model`. `stored` is its input, if that is outside of
	/// the chain. It stops after `time`, if there is one.
	///
	/// # Errors
	///
	/// - [`ExecutionError::WrongModel`], [`ExecutionError::WrongEngine`], [`ExecutionError::WrongInput`]:
	///   the task names another.
	/// - [`ExecutionError::InputElsewhere`]: the input is outside of the chain, and `stored` is `None`.
	/// - [`ExecutionError::Dims`], [`ExecutionError::Engine`]. [`ExecutionError::timed_out`] tells if the
	///   time was over.
	pub fn execute_with(
		&self,
		model: &[u8],
		task: &Task,
		stored: Option<&[u8]>,
		time: Option<Duration>,
	) -> Result<Execution, ExecutionError> {
		let found = model_hash(model);
		if found != task.model_hash {
			return Err(ExecutionError::WrongModel { expected: task.model_hash, found });
		}
		self.check_id(task.engine_id)?;
		let dims = bind_dims(&task.dims)?;
		let limits = Limits { time, ..limits(&task.limits) };
		let input = match (&task.input, stored) {
			(TaskInput::Inline(input), _) => input,
			(TaskInput::Stored(content), Some(input)) => checked(input, *content)?,
			(TaskInput::Stored(content), None) => {
				return Err(ExecutionError::InputElsewhere(*content));
			},
		};
		Ok(self.0.run(model, &dims, input, &limits)?.into())
	}

	/// Fails unless the engine is `expected`.
	pub fn check_id(&self, expected: H256) -> Result<(), ExecutionError> {
		let found = self.id();
		if found != expected {
			return Err(ExecutionError::WrongEngine { expected, found });
		}
		Ok(())
	}

	/// Loads a model for later runs. The inner error is the answer to any input, if the model does
	/// not load.
	pub fn prepare(
		&self,
		model: &[u8],
		dims: &Dims,
		limits: &Limits,
	) -> Result<Result<Prepared, Execution>, ExecutionError> {
		let Run { outcome, fuel, reason, message } =
			self.0.prepare(model, &bind_dims(dims)?, limits)?;
		Ok(outcome.map_err(|fault| Run { outcome: Err(fault), fuel, reason, message }.into()))
	}

	/// Runs a loaded model. Gives what [`LocalEngine::execute`] gives for the same task.
	pub fn run_prepared(
		&self,
		prepared: &Prepared,
		input: &[u8],
		limits: &Limits,
	) -> Result<Execution, ExecutionError> {
		Ok(self.0.run_prepared(prepared, input, limits)?.into())
	}

	/// Runs a loaded model for its witness: the digest of the intermediate tensors that `seed` names.
	/// `limits` are those of the run that gave the answer, and that was an output: where it was an
	/// error, the witness is [`witness_of_error`](crate::witness_of_error).
	pub fn witness(
		&self,
		prepared: &Prepared,
		input: &[u8],
		seed: H256,
		limits: &Limits,
	) -> Result<H256, ExecutionError> {
		Ok(H256(self.0.witness_prepared(prepared, input, &seed.0, limits)?.witness))
	}

	/// Inspects a model within the limits of a version.
	///
	/// The run's message quotes the model: print it by [`printable()`].
	pub fn inspect(
		&self,
		model: &[u8],
		dims: &Dims,
		of_version: &VersionLimits,
	) -> Result<Run<Inspection>, ExecutionError> {
		Ok(self.0.inspect(model, &bind_dims(dims)?, &limits(of_version))?)
	}
}

/// The input, if its bytes are those that the task names.
fn checked(input: &[u8], expected: Content) -> Result<&[u8], ExecutionError> {
	// What is too long for the chain is not what it names either.
	let found = content_of(input).unwrap_or(Content { hash: model_hash(input), size: u32::MAX });
	match found == expected {
		true => Ok(input),
		false => Err(ExecutionError::WrongInput { expected, found }),
	}
}

/// Name of bytes outside of the chain. `None` if they are too long for any.
pub fn content_of(bytes: &[u8]) -> Option<Content> {
	let size = u32::try_from(bytes.len()).ok()?;
	Some(Content { hash: H256(content_hash(bytes)), size })
}

/// Name of a model file on the chain: BLAKE3-256 of its bytes, as `b3sum` prints it.
pub fn model_hash(file: &[u8]) -> H256 {
	H256(content_hash(file))
}

/// What an inspection found, as a model version says it.
pub fn report(inspection: &Inspection) -> Report {
	let generation = inspection.description.generation.as_ref().map(text_generation);
	Report { hash: H256(digest(&inspection.encode())), generation }
}

/// How a model generates text, as the chain says it.
fn text_generation(found: &Generation) -> TextGeneration {
	let Generation { context, block, vocabulary, token_fuel, block_fuel } = *found;
	// A file that the chain can name has far fewer tokens.
	let count = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
	let (context, vocabulary, block) = (count(context), count(vocabulary), count(block));
	TextGeneration { context, vocabulary, block, token_fuel, block_fuel }
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn chain_and_engine_should_agree_on_the_fuel_of_a_text() {
		for block in [1, 2, 31, 32, 33] {
			let found =
				Generation { context: 100, block, vocabulary: 9, token_fuel: 7, block_fuel: 1_000 };
			let said = text_generation(&found);
			assert!(said.is_valid());
			assert_eq!((said.context, said.vocabulary), (100, 9));
			for (prompt, new) in (0..100).flat_map(|prompt| (0..9).map(move |new| (prompt, new))) {
				let expected = found.fuel(prompt.into(), new.into());
				assert_eq!(said.fuel(prompt, new), expected, "{prompt}, {new}");
			}
		}
	}
}
