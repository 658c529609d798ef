//! Runs jobs on the engine that their model names.

use crate::{
	engine::{answer, dims, limits, JOB_TIME},
	loaded::Loaded,
	queue::{RunError, Runner, LOG_TARGET},
};
use opg_blobs::Store;
use opg_engine::{Artifact, Engine, EngineConfig, EngineError, Limits, Prepared, Run};
use opg_primitives::{Answer, Job, Unavailable};
use parking_lot::Mutex;
use std::{
	fmt::Display,
	path::{Path, PathBuf},
	sync::Arc,
	time::{Duration, Instant},
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
	job_time: Duration,
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
			job_time: JOB_TIME,
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
			engine.prepare(&model, &dims, limits).map_err(|error| self.failed(error))?;
		Ok(match outcome {
			Ok(prepared) => {
				let (bytes, prepared) = (prepared.bytes(), Arc::new(prepared));
				self.prepared.insert(key, prepared.clone(), bytes);
				Ok(prepared)
			},
			Err(fault) => Err(Run { outcome: Err(fault), fuel, reason, message }),
		})
	}

	fn failed(&self, error: EngineError) -> RunError {
		match error {
			EngineError::TimedOut(_) => RunError::TimedOut(self.job_time),
			error => host(error),
		}
	}
}

impl Runner for EngineRunner {
	fn run(&self, job: &Job) -> Result<Answer, RunError> {
		let engine = self.engine(job.engine.0)?;
		let start = Instant::now();
		let limits = Limits { time: Some(self.job_time), ..limits(job.fuel_limit) };
		let run = match self.prepared(&engine, job, &limits)? {
			Ok(prepared) => {
				let left = self.job_time.saturating_sub(start.elapsed());
				let limits = Limits { time: Some(left), ..limits };
				let run = engine.run_prepared(&prepared, &job.input, &limits);
				run.map_err(|error| self.failed(error))?
			},
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
	use opg_engine::tensor::{self, DType, Tensor};
	use opg_primitives::{ModelError, Outcome};
	use tempfile::TempDir;

	const DIGITS: &[u8] = include_bytes!("../../../scripts/models/digits.onnx");

	/// A WebAssembly module without anything in it.
	const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

	/// A module with a memory and an `_initialize` that never ends.
	const ENDLESS: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\
		\x07\x18\x02\x06memory\x02\0\x0b_initialize\0\0\x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b";

	/// The node's own engine with a custom section more: another id, and the same in all else.
	fn second_engine() -> Vec<u8> {
		[opg_engine::artifact().bytes, b"\0\x0b\x0aopg-second"].concat()
	}

	/// The directories of a node.
	struct Node(TempDir);

	impl Node {
		fn new() -> Self {
			Self(tempfile::tempdir().unwrap())
		}

		fn store(&self, name: &str) -> Store {
			Store::open(self.0.path().join(name)).unwrap()
		}

		fn start(&self) -> EngineRunner {
			let cache = std::env::var_os("HOME")
				.map(|home| PathBuf::from(home).join(".cache/opg-chain/engine-tests"));
			let (engines, models) = (self.store("engines"), self.store("models"));
			EngineRunner::new(cache.as_deref(), engines, models, 1 << 30).unwrap()
		}
	}

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

	/// A picture, of no digit in particular.
	fn pixels() -> Vec<u8> {
		let data = (0..64u8).flat_map(|i| (f32::from(i % 17) / 16.0).to_le_bytes()).collect();
		let shape = vec![1, 64];
		let tensor = Tensor { name: "pixels".into(), dtype: DType::F32, shape, data };
		tensor::encode(&[tensor])
	}

	#[test]
	fn engine_should_be_taken_from_the_store_when_it_is_another() {
		let node = Node::new();
		let runner = node.start();
		let missing = |result| match result {
			Err(RunError::Missing(what)) => Some(what),
			_ => None,
		};
		let own = job(opg_engine::engine_id());
		assert_eq!(missing(runner.run(&own)), Some(Unavailable::ModelMissing));
		node.store("models").put(DIGITS).unwrap();
		let answer = runner.run(&own).unwrap();
		assert!(matches!(answer.outcome, Outcome::Error(_)), "no input does not fit the model");

		let other = job(opg_blobs::id(EMPTY));
		assert_eq!(missing(runner.run(&other)), Some(Unavailable::EngineMissing));
		node.store("engines").put(EMPTY).unwrap();
		// It is found, and of no use: that is this node's trouble, not the model's.
		assert!(matches!(runner.run(&other), Err(RunError::Host(_))));
		assert_eq!(runner.run(&own).unwrap(), answer);
	}

	#[test]
	fn answers_should_be_the_same_when_engines_differ_in_nothing_but_their_id() {
		let node = Node::new();
		node.store("models").put(DIGITS).unwrap();
		let second = node.store("engines").put(&second_engine()).unwrap();
		let own = Job { input: pixels(), ..job(opg_engine::engine_id()) };
		let other = Job { engine: second.into(), ..own.clone() };
		assert_ne!(second, opg_engine::engine_id());
		assert_ne!(own.key(), other.key());

		// Again after a restart.
		let answers = [(); 2].map(|()| {
			let runner = node.start();
			let answer = runner.run(&own).unwrap();
			assert!(matches!(answer.outcome, Outcome::Output(_)));
			assert!(runner.others.get(&second).is_none());
			assert!(runner.prepared.get(&other.model_key().0).is_none());

			assert_eq!(runner.run(&other).unwrap(), answer);
			assert_eq!(runner.others.get(&second).unwrap().id(), second);
			let [a, b] = [&own, &other].map(|job| runner.prepared.get(&job.model_key().0).unwrap());
			assert!(!Arc::ptr_eq(&a, &b), "each engine has prepared the model");
			// From what is kept, in turns.
			for job in [&own, &other, &own, &other] {
				assert_eq!(runner.run(job).unwrap(), answer);
			}
			answer
		});
		assert_eq!(answers[0], answers[1]);
	}

	#[test]
	fn job_should_have_no_answer_when_it_takes_too_long() {
		let node = Node::new();
		node.store("models").put(DIGITS).unwrap();
		let endless = node.store("engines").put(ENDLESS).unwrap();
		let mut runner = node.start();
		runner.job_time = Duration::from_millis(500);
		let own = Job { input: pixels(), ..job(opg_engine::engine_id()) };
		let endless = Job { fuel_limit: 1 << 50, ..job(endless) };
		for _ in 0..2 {
			assert!(matches!(
				runner.run(&endless),
				Err(RunError::TimedOut(time)) if time == runner.job_time
			));
			assert!(runner.prepared.get(&endless.model_key().0).is_none());
		}
		// An engine on which nothing ends leaves the others alone, and can still run out of fuel.
		runner.job_time = JOB_TIME;
		assert!(matches!(runner.run(&own).unwrap().outcome, Outcome::Output(_)));
		let starved = runner.run(&Job { fuel_limit: 1_000_000, ..endless }).unwrap();
		assert_eq!(starved.outcome, Outcome::Error(ModelError::OutOfFuel));
		assert_eq!(starved.fuel, 1_000_000);
	}
}
