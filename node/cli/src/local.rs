//! The engine on this machine: what makes an answer checkable by anyone.

use anyhow::{anyhow, bail, Context, Result};
use opg_engine::{Engine, Limits, ModelFault};
use opg_primitives::{model_hash, Answer, Fuel, ModelError, Outcome, Output, MAX_OUTPUT_BYTES};
use opg_runtime_api::{RequestStatus, RequestView};
use sp_core::H256;
use std::{
	env, fs,
	path::{Path, PathBuf},
};

/// An engine of the same kind as the executors run.
pub struct Local {
	engine: Engine,
}

impl Local {
	/// Load the engine. Compiles it the first time, which takes up to a minute.
	pub fn new() -> Result<Self> {
		let cache = cache_dir();
		if let Some(dir) = &cache {
			fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
		}
		let engine = Engine::new(cache.as_deref()).map_err(|e| anyhow!("local engine: {e}"))?;
		Ok(Self { engine })
	}

	/// Run `model` on an encoded input, exactly as an executor does.
	pub fn answer(&self, model: &[u8], input: &[u8], fuel_limit: Fuel) -> Result<Answer> {
		let limits = Limits {
			fuel: fuel_limit,
			memory_bytes: opg_worker::MEMORY_BYTES,
			max_output: MAX_OUTPUT_BYTES as usize,
		};
		let run = self
			.engine
			.run(model, input, &limits)
			.map_err(|e| anyhow!("the local engine failed: {e}"))?;
		if !run.message.is_empty() {
			eprintln!("local engine: {}", run.message);
		}
		let outcome = match run.outcome {
			Ok(output) => Output::try_from(output)
				.map_or(Outcome::Error(ModelError::OutputTooLarge), Outcome::Output),
			Err(fault) => Outcome::Error(model_error(fault)),
		};
		Ok(Answer { outcome, fuel: run.fuel })
	}

	/// Re-run a request on the model in `model` and give the local answer.
	pub fn rerun(&self, request: &RequestView, model: &[u8]) -> Result<Answer> {
		let hash = model_hash(model);
		if hash != request.model_hash {
			bail!(
				"this is not the model of the request: the file has the hash {hash:?}, \
				 the request names {:?}",
				request.model_hash
			);
		}
		if engine_id() != request.engine {
			bail!(
				"the request names the engine {:?}, this client has {:?}: \
				 use the release that ran it",
				request.engine,
				engine_id()
			);
		}
		self.answer(model, &request.input, request.fuel_limit)
	}
}

/// Id of the engine in this client.
pub fn engine_id() -> H256 {
	H256(opg_engine::engine_id())
}

/// Read a file, and name it in the error.
pub fn read(path: &Path) -> Result<Vec<u8>> {
	fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

/// The attested answer of a request, if it has one.
pub fn attested(request: &RequestView) -> Option<&Answer> {
	match &request.status {
		RequestStatus::Attested { answer, .. }
		| RequestStatus::Disputed { answer, .. }
		| RequestStatus::Settled { answer, .. } => Some(answer),
		_ => None,
	}
}

fn cache_dir() -> Option<PathBuf> {
	let given = |name| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
	given("OPG_ENGINE_CACHE").or_else(|| {
		let base = given("XDG_CACHE_HOME").or_else(|| Some(given("HOME")?.join(".cache")))?;
		Some(base.join("opg-chain/engine"))
	})
}

fn model_error(fault: ModelFault) -> ModelError {
	match fault {
		ModelFault::BadModel => ModelError::BadModel,
		ModelFault::BadInput => ModelError::BadInput,
		ModelFault::OutOfFuel => ModelError::OutOfFuel,
		ModelFault::OutOfMemory => ModelError::OutOfMemory,
		ModelFault::Trapped => ModelError::Trapped,
		ModelFault::OutputTooLarge => ModelError::OutputTooLarge,
	}
}
