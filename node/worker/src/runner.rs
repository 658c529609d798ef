//! Runs jobs on the engine that their model names.

use crate::{
	cache::Cache,
	error::RunError,
	queue::{Runner, LOG_TARGET},
};
use opg_blobs::Store;
use opg_execution::{limits, Execution, ExecutionError, Limits, LocalEngine, Prepared, JOB_TIME};
use opg_primitives::{Answer, Job};
use parking_lot::Mutex;
use std::{
	path::PathBuf,
	sync::Arc,
	time::{Duration, Instant},
};

/// Most engines besides the built-in one that a node has at hand. Compiled, each takes some 75 MB.
const MAX_ENGINES: usize = 3;

/// The engines and the models that they run.
pub(crate) struct EngineRunner {
	built_in: LocalEngine,
	/// Folder of compiled engines.
	cache: Option<PathBuf>,
	/// Files of other engines.
	engines: Store,
	/// Other engines, each of which counts as one.
	others: Cache<LocalEngine>,
	/// Held while an engine is compiled, so that it is compiled once.
	compiling: Mutex<()>,
	models: Store,
	prepared: Cache<Prepared>,
	job_time: Duration,
}

impl EngineRunner {
	/// Compiles the built-in engine, or loads what an earlier run has compiled.
	///
	/// Models stay loaded as long as they take no more than `loaded_bytes`.
	pub(crate) fn new(
		cache: Option<PathBuf>,
		engines: Store,
		models: Store,
		loaded_bytes: usize,
	) -> Result<Self, RunError> {
		Ok(Self {
			built_in: LocalEngine::built_in(cache.as_deref()).map_err(RunError::Execution)?,
			cache,
			engines,
			others: Cache::new(MAX_ENGINES),
			compiling: Mutex::new(()),
			models,
			prepared: Cache::new(loaded_bytes),
			job_time: JOB_TIME,
		})
	}

	/// The engine of this id: the built-in one, or one from the store.
	fn engine(&self, id: [u8; 32]) -> Result<LocalEngine, RunError> {
		if id == self.built_in.id().0 {
			return Ok(self.built_in.clone());
		}
		let _compiling = self.compiling.lock();
		if let Some(engine) = self.others.get(&id) {
			return Ok(LocalEngine::clone(&engine));
		}
		let file = self.engines.get(&id)?.ok_or(RunError::EngineMissing)?;
		let engine = LocalEngine::from_file(&file, self.cache.as_deref())
			.map_err(|error| self.failed(error))?;
		log::info!(target: LOG_TARGET, "🧠 Engine {:?} loaded from the store", engine.id());
		self.others.insert(id, Arc::new(engine.clone()), 1);
		Ok(engine)
	}

	/// The job's model, loaded. The inner error is the job's result, if the model does not load.
	fn prepared(
		&self,
		engine: &LocalEngine,
		job: &Job,
		limits: &Limits,
	) -> Result<Result<Arc<Prepared>, Execution>, RunError> {
		let key = job.model_key().0;
		if let Some(prepared) = self.prepared.get(&key) {
			return Ok(Ok(prepared));
		}
		let model = self.models.get(&job.task.model_hash.0)?.ok_or(RunError::ModelMissing)?;
		let prepared =
			engine.prepare(&model, &job.task.dims, limits).map_err(|error| self.failed(error))?;
		Ok(prepared.map(|prepared| {
			let (bytes, prepared) = (prepared.bytes(), Arc::new(prepared));
			self.prepared.insert(key, prepared.clone(), bytes);
			prepared
		}))
	}

	/// The engine is told what is left of the time, and the log is to name the whole.
	fn failed(&self, error: ExecutionError) -> RunError {
		match error.timed_out() {
			Some(_) => RunError::TimedOut(self.job_time),
			None => RunError::Execution(error),
		}
	}
}

impl Runner for EngineRunner {
	fn run(&self, job: &Job) -> Result<Answer, RunError> {
		let engine = self.engine(job.task.engine_id.0)?;
		let start = Instant::now();
		let limits = Limits { time: Some(self.job_time), ..limits(job.task.fuel_limit) };
		let execution = match self.prepared(&engine, job, &limits)? {
			Ok(prepared) => {
				let left = self.job_time.saturating_sub(start.elapsed());
				let limits = Limits { time: Some(left), ..limits };
				engine
					.run_prepared(&prepared, &job.task.input, &limits)
					.map_err(|error| self.failed(error))?
			},
			Err(unloadable) => unloadable,
		};
		if !execution.message.is_empty() {
			let Job { request, round, .. } = job;
			log::info!(target: LOG_TARGET, "Job {request}/{round}: {}", execution.message);
		}
		Ok(execution.answer)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_engine::tensor::{self, DType, Tensor};
	use opg_primitives::{JobError, ModelError, Outcome, Task};
	use tempfile::TempDir;

	const DIGITS: &[u8] = include_bytes!("../../../docs/examples/digits/digits.onnx");

	/// A WebAssembly module without anything in it.
	const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

	/// A module with a memory and an `_initialize` that never ends.
	const ENDLESS: &[u8] = b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x05\x03\x01\0\x01\
		\x07\x18\x02\x06memory\x02\0\x0b_initialize\0\0\x0a\x09\x01\x07\0\x03\x40\x0c\0\x0b\x0b";

	/// The built-in engine with a custom section more: another id, and the same in all else.
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
			EngineRunner::new(cache, engines, models, 1 << 30).unwrap()
		}
	}

	fn job(engine: [u8; 32]) -> Job {
		Job {
			request: 1,
			round: 0,
			task: Task {
				model_hash: opg_blobs::content_hash(DIGITS).into(),
				engine_id: engine.into(),
				dims: Default::default(),
				input: vec![],
				fuel_limit: 1_000_000_000,
			},
		}
	}

	fn with_input(engine: [u8; 32]) -> Job {
		let task = Task { input: pixels(), ..job(engine).task };
		Job { task, ..job(engine) }
	}

	fn with_fuel(engine: [u8; 32], fuel_limit: u64) -> Job {
		let task = Task { fuel_limit, ..job(engine).task };
		Job { task, ..job(engine) }
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
		let missing =
			|result: Result<Answer, RunError>| result.err().and_then(|error| error.missing());
		let own = job(opg_engine::engine_id());
		assert_eq!(missing(runner.run(&own)), Some(JobError::ModelMissing));
		node.store("models").put(DIGITS).unwrap();
		let answer = runner.run(&own).unwrap();
		assert!(matches!(answer.outcome, Outcome::Error(_)), "no input does not fit the model");

		let other = job(opg_blobs::content_hash(EMPTY));
		assert_eq!(missing(runner.run(&other)), Some(JobError::EngineMissing));
		node.store("engines").put(EMPTY).unwrap();
		// It is found, and of no use: that is this node's trouble, not the model's.
		assert!(matches!(runner.run(&other), Err(RunError::Execution(_))));
		assert_eq!(runner.run(&own).unwrap(), answer);
	}

	#[test]
	fn answers_should_be_the_same_when_engines_differ_in_nothing_but_their_id() {
		let node = Node::new();
		node.store("models").put(DIGITS).unwrap();
		let second = node.store("engines").put(&second_engine()).unwrap();
		let own = with_input(opg_engine::engine_id());
		let other = with_input(second);
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
			assert_eq!(runner.others.get(&second).unwrap().id().0, second);
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
		let endless_id = node.store("engines").put(ENDLESS).unwrap();
		let mut runner = node.start();
		runner.job_time = Duration::from_millis(500);
		let own = with_input(opg_engine::engine_id());
		let endless = with_fuel(endless_id, 1 << 50);
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
		let starved = runner.run(&with_fuel(endless_id, 1_000_000)).unwrap();
		assert_eq!(starved.outcome, Outcome::Error(ModelError::OutOfFuel));
		assert_eq!(starved.fuel, 1_000_000);
	}
}
