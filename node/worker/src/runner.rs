//! Runs jobs on the engine that their model names.

use crate::{
	engine::{answer, dims, limits},
	loaded::Loaded,
	queue::{RunError, Runner, LOG_TARGET},
};
use opg_blobs::Store;
use opg_engine::{Artifact, Engine, EngineConfig, Limits, Prepared, Run};
use opg_primitives::{Answer, Job, Unavailable};
use parking_lot::Mutex;
use std::{
	fmt::Display,
	path::{Path, PathBuf},
	sync::Arc,
};

/// Most engines besides its own that a node has at hand. Compiled, each takes some 75 MB.
const MAX_ENGINES: usize = 3;

/// The engines and the files that they run.
pub(crate) struct EngineRunner {
	own: Engine,
	cache: Option<PathBuf>,
	/// Artifacts of other engines.
	artifacts: Store,
	others: Loaded<Engine>,
	/// Held while an engine is compiled, so that it is compiled once.
	compiling: Mutex<()>,
	models: Store,
	prepared: Loaded<Prepared>,
}

impl EngineRunner {
	/// Compile the node's own engine, or load what an earlier run has compiled.
	///
	/// Models stay loaded as long as they take no more than `loaded_bytes`.
	pub(crate) fn new(
		cache: Option<&Path>,
		artifacts: Store,
		models: Store,
		loaded_bytes: usize,
	) -> Result<Self, String> {
		let own = Engine::new(cache).map_err(|error| error.to_string())?;
		log::info!(target: LOG_TARGET, "🧠 Engine {}", hex::encode(own.id()));
		Ok(Self {
			own,
			cache: cache.map(Path::to_path_buf),
			artifacts,
			others: Loaded::new(MAX_ENGINES),
			compiling: Mutex::new(()),
			models,
			prepared: Loaded::new(loaded_bytes),
		})
	}

	/// The engine of this id: the node's own, or one from the store.
	fn engine(&self, id: [u8; 32]) -> Result<Engine, RunError> {
		if id == self.own.id() {
			return Ok(self.own.clone());
		}
		let _compiling = self.compiling.lock();
		if let Some(engine) = self.others.get(&id) {
			return Ok(Engine::clone(&engine));
		}
		let bytes = self
			.artifacts
			.get(&id)
			.map_err(host)?
			.ok_or(RunError::Missing(Unavailable::EngineMissing))?;
		let engine = Engine::with(EngineConfig {
			cache: self.cache.as_deref(),
			artifact: Some(Artifact { id, bytes: &bytes }),
			..EngineConfig::default()
		})
		.map_err(host)?;
		log::info!(target: LOG_TARGET, "🧠 Engine {} loaded from the store", hex::encode(id));
		self.others.insert(id, Arc::new(engine.clone()), 1);
		Ok(engine)
	}

	/// The job's model, ready to run, or the fault that comes of loading it.
	fn prepared(
		&self,
		engine: &Engine,
		job: &Job,
		limits: &Limits,
	) -> Result<Result<Arc<Prepared>, Run>, RunError> {
		let key = job.model_key().0;
		if let Some(prepared) = self.prepared.get(&key) {
			return Ok(Ok(prepared));
		}
		let model = self
			.models
			.get(&job.model.0)
			.map_err(host)?
			.ok_or(RunError::Missing(Unavailable::ModelMissing))?;
		let dims = dims(&job.dims).map_err(host)?;
		let Run { outcome, fuel, reason, message } =
			engine.prepare(&model, &dims, limits).map_err(host)?;
		Ok(match outcome {
			Ok(prepared) => {
				let (bytes, prepared) = (prepared.bytes(), Arc::new(prepared));
				self.prepared.insert(key, prepared.clone(), bytes);
				Ok(prepared)
			},
			Err(fault) => Err(Run { outcome: Err(fault), fuel, reason, message }),
		})
	}
}

impl Runner for EngineRunner {
	fn run(&self, job: &Job) -> Result<Answer, RunError> {
		let engine = self.engine(job.engine.0)?;
		let limits = limits(job.fuel_limit);
		let run = match self.prepared(&engine, job, &limits)? {
			Ok(prepared) => engine.run_prepared(&prepared, &job.input, &limits).map_err(host)?,
			Err(fault) => fault,
		};
		if !run.message.is_empty() {
			let Job { request, round, .. } = job;
			log::info!(target: LOG_TARGET, "Job {request}/{round}: {}", run.message);
		}
		Ok(answer(run))
	}
}

fn host(error: impl Display) -> RunError {
	RunError::Host(error.to_string())
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_primitives::Outcome;

	const DIGITS: &[u8] = include_bytes!("../../../scripts/models/digits.onnx");

	/// A WebAssembly module without anything in it.
	const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

	fn job(engine: [u8; 32]) -> Job {
		Job {
			request: 1,
			round: 0,
			model: opg_blobs::id(DIGITS).into(),
			engine: engine.into(),
			dims: Default::default(),
			input: vec![],
			fuel_limit: 1_000_000_000,
		}
	}

	#[test]
	fn engine_should_be_taken_from_the_store_when_it_is_another() {
		let directory = tempfile::tempdir().unwrap();
		let open = |name: &str| Store::open(directory.path().join(name)).unwrap();
		let (artifacts, models) = (open("engines"), open("models"));
		let cache = std::env::var_os("HOME")
			.map(|home| PathBuf::from(home).join(".cache/opg-chain/engine"));
		let runner =
			EngineRunner::new(cache.as_deref(), artifacts.clone(), models.clone(), 1 << 30)
				.unwrap();

		let missing = |result| match result {
			Err(RunError::Missing(what)) => Some(what),
			_ => None,
		};
		let own = job(opg_engine::engine_id());
		assert_eq!(missing(runner.run(&own)), Some(Unavailable::ModelMissing));
		models.put(DIGITS).unwrap();
		let answer = runner.run(&own).unwrap();
		assert!(matches!(answer.outcome, Outcome::Error(_)), "no input does not fit the model");

		let other = job(opg_blobs::id(EMPTY));
		assert_eq!(missing(runner.run(&other)), Some(Unavailable::EngineMissing));
		artifacts.put(EMPTY).unwrap();
		// It is found, and of no use: that is this node's trouble, not the model's.
		assert!(matches!(runner.run(&other), Err(RunError::Host(_))));
		assert_eq!(runner.run(&own).unwrap(), answer);
	}
}
