//! Runs jobs on the engine that their model names.

use crate::{
	cache::Cache,
	error::RunError,
	holding::{Compute, Computed},
	metrics::Loaded,
	process::Setup,
	queue::{self, Control, LOG_TARGET},
	Answered,
};
use opg_blobs::store::{self, Store};
use opg_execution::{
	limits, report, witness_of_error, Execution, ExecutionError, Limits, LocalEngine, Prepared,
};
use opg_primitives::{
	serving::Report, Answer, Job, JobKind, Outcome, Task, TaskInput, VersionLimits,
};
use parking_lot::Mutex;
use sp_core::H256;
use std::{
	borrow::Cow,
	mem,
	path::PathBuf,
	sync::Arc,
	time::{Duration, Instant},
};

/// Loads of which the time is kept until somebody asks. An engine process is asked after each job.
const MAX_LOADS: usize = 64;

/// Most engines besides the built-in one that a node has at hand. Compiled, each takes some 75 MB.
const MAX_ENGINES: usize = 3;

/// The engines and the models that they run.
pub(crate) struct EngineRunner {
	built_in: LocalEngine,
	/// Folder of compiled engines.
	cache: Option<PathBuf>,
	/// Files of models and of other engines.
	blobs: Store,
	/// Other engines, each of which counts as one.
	others: Cache<LocalEngine>,
	/// Held while an engine is compiled, so that it is compiled once.
	compiling: Mutex<()>,
	prepared: Cache<Prepared>,
	/// Times that loading models took, since somebody asked: the first [`MAX_LOADS`].
	loads: Mutex<Vec<Duration>>,
	/// Most bytes of `prepared` and of a run together.
	max_bytes: usize,
}

impl EngineRunner {
	/// Compiles the built-in engine, or loads what an earlier run has compiled.
	pub(crate) fn new(setup: &Setup) -> Result<Self, RunError> {
		let Setup { engine_cache, blobs, loaded_bytes } = setup;
		let built_in = LocalEngine::built_in(engine_cache.as_deref());
		Ok(Self {
			built_in: built_in.map_err(RunError::Execution)?,
			cache: engine_cache.clone(),
			// Nothing is written here, so that the limits do not matter.
			blobs: Store::open(blobs, store::Limits::default())?,
			others: Cache::new(MAX_ENGINES),
			compiling: Mutex::new(()),
			prepared: Cache::new(*loaded_bytes),
			loads: Mutex::default(),
			max_bytes: *loaded_bytes,
		})
	}

	/// Times that loading models took since the last call, and what is loaded now.
	pub(crate) fn take_loads(&self) -> (Vec<Duration>, Loaded) {
		let (models, bytes) = self.prepared.usage();
		let loaded = Loaded { models: models as u32, bytes: bytes as u64 };
		(mem::take(&mut *self.loads.lock()), loaded)
	}

	/// Id of the engine in this program.
	pub(crate) fn built_in(&self) -> H256 {
		self.built_in.id()
	}

	/// The engine of this id: the built-in one, or one from the store.
	pub(crate) fn engine(&self, id: [u8; 32]) -> Result<LocalEngine, RunError> {
		if id == self.built_in.id().0 {
			return Ok(self.built_in.clone());
		}
		let _compiling = self.compiling.lock();
		if let Some(engine) = self.others.get(&id) {
			return Ok(LocalEngine::clone(&engine));
		}
		let file = self.read(H256(id))?.ok_or(RunError::EngineMissing)?;
		let engine =
			LocalEngine::from_file(&file, self.cache.as_deref()).map_err(RunError::Execution)?;
		log::info!(target: LOG_TARGET, "🧠 Engine {:?} loaded from the store", engine.id());
		self.others.insert(id, Arc::new(engine.clone()), 1);
		Ok(engine)
	}

	/// The bytes of a file in the store, or `None` if it is not there.
	fn read(&self, hash: H256) -> Result<Option<Vec<u8>>, RunError> {
		let read = || self.blobs.get(&hash.0)?.map(|blob| blob.to_vec()).transpose();
		match read() {
			Err(store::Error::Damaged(_)) => Err(RunError::Damaged(hash)),
			other => Ok(other?),
		}
	}

	/// The input of a task: its own, or a file in the store.
	fn input<'a>(&self, task: &'a Task) -> Result<Cow<'a, [u8]>, RunError> {
		match &task.input {
			TaskInput::Inline(input) => Ok(Cow::Borrowed(input)),
			TaskInput::Stored(content) => {
				// One of another size is not what was asked for, and need not be read.
				let is_here = self.blobs.size(&content.hash.0) == Some(content.size.into());
				let input = is_here.then(|| self.read(content.hash)).transpose()?;
				Ok(Cow::Owned(input.flatten().ok_or(RunError::InputMissing)?))
			},
		}
	}

	/// The job's model, loaded, and room for a run of it. The inner error is the job's result, if the
	/// model does not load.
	fn prepared(
		&self,
		engine: &LocalEngine,
		job: &Job,
		limits: &Limits,
	) -> Result<Result<Arc<Prepared>, Execution>, RunError> {
		let key = job.model_key().0;
		// What may be taken by a run, or by loading before that.
		let taken = taken(&job.task.limits);
		let room = self.max_bytes.checked_sub(taken).ok_or_else(|| self.too_large(taken))?;
		if let Some(prepared) = self.prepared.get(&key) {
			self.prepared.shrink(room);
			return Ok(Ok(prepared));
		}
		let model = self.read(job.task.model_hash)?.ok_or(RunError::ModelMissing)?;
		self.prepared.shrink(room.saturating_sub(model.len()));
		let started = Instant::now();
		let prepared = engine.prepare(&model, &job.task.dims, limits);
		let mut loads = self.loads.lock();
		if loads.len() < MAX_LOADS {
			loads.push(started.elapsed());
		}
		drop(loads);
		let prepared = match prepared.map_err(|error| failed(error, job))? {
			Ok(prepared) => Arc::new(prepared),
			Err(unloadable) => return Ok(Err(unloadable)),
		};
		let bytes = prepared.bytes();
		if bytes > room {
			return Err(self.too_large(taken + bytes));
		}
		self.prepared.insert(key, prepared.clone(), bytes);
		self.prepared.shrink(room);
		Ok(Ok(prepared))
	}

	/// Inspects the model of a task within the limits of its version. Gives the report in short, or why the
	/// engine refuses the model.
	pub(crate) fn inspect(&self, task: &Task) -> Result<Result<Report, String>, RunError> {
		let engine = self.engine(task.engine_id.0)?;
		let taken = taken(&task.limits);
		if taken > self.max_bytes {
			return Err(self.too_large(taken));
		}
		let model = self.read(task.model_hash)?.ok_or(RunError::ModelMissing)?;
		let run = engine.inspect(&model, &task.dims, &task.limits).map_err(RunError::Execution)?;
		Ok(match run.outcome {
			Ok(inspection) => Ok(report(&inspection)),
			// Long texts would not fit a message.
			Err(fault) => Err(format!("{fault}: {}", run.message).chars().take(2000).collect()),
		})
	}

	fn too_large(&self, bytes: usize) -> RunError {
		RunError::TooLarge { needed: bytes >> 20, share: self.max_bytes >> 20 }
	}
}

/// Memory that a run may take, or loading before that: of the guest, and of an input and an output that
/// the chain does not carry.
fn taken(limits: &VersionLimits) -> usize {
	((limits.memory as usize) << 20)
		.saturating_add(limits.max_stored_input() as usize)
		.saturating_add(limits.max_stored_output() as usize)
}

/// The witness of an answer, if the job asks for it: by a run of its own.
fn witness(
	engine: &LocalEngine,
	prepared: Option<&Prepared>,
	job: &Job,
	input: &[u8],
	answer: &Answer,
	limits: &Limits,
) -> Result<Option<H256>, RunError> {
	let JobKind::Witness(seed) = job.kind else { return Ok(None) };
	let witness = match (&answer.outcome, prepared) {
		(Outcome::Error(error), _) => witness_of_error(seed, *error),
		(Outcome::Output(_) | Outcome::Stored(_), Some(prepared)) => {
			engine.witness(prepared, input, seed, limits).map_err(|error| failed(error, job))?
		},
		// What does not load has no output.
		(Outcome::Output(_) | Outcome::Stored(_), None) => return Ok(None),
	};
	Ok(Some(witness))
}

/// The engine is told what is left of the time, and the log is to name the whole.
fn failed(error: ExecutionError, job: &Job) -> RunError {
	match error.timed_out() {
		Some(_) => RunError::TimedOut(Duration::from_millis(job.millis_left.into())),
		None => RunError::Execution(error),
	}
}

impl Compute for EngineRunner {
	fn compute(&self, job: &Job, control: &Control) -> Result<Computed, RunError> {
		let engine = self.engine(job.task.engine_id.0)?;
		// Before the model is loaded for nothing.
		let input = self.input(&job.task)?;
		let limits = || Limits { time: Some(control.time_left()), ..limits(&job.task.limits) };
		let prepared = self.prepared(&engine, job, &limits())?;
		let execution = match &prepared {
			Ok(prepared) => engine
				.run_prepared(prepared, &input, &limits())
				.map_err(|error| failed(error, job))?,
			Err(unloadable) => unloadable.clone(),
		};
		let Execution { answer, output, message } = execution;
		if !message.is_empty() {
			log::info!(target: LOG_TARGET, "{}: {message}", queue::named(job));
		}
		let loaded = prepared.as_deref().ok();
		let witness = witness(&engine, loaded, job, &input, &answer, &limits())?;
		if let Ok(prepared) = prepared {
			// With what its runs leave.
			let bytes = prepared.bytes();
			self.prepared.insert(job.model_key().0, prepared, bytes);
		}
		Ok(Computed { answered: Answered { answer, witness }, output })
	}

	fn load(&self, job: &Job, control: &Control) -> Result<(), RunError> {
		let engine = self.engine(job.task.engine_id.0)?;
		let limits = Limits { time: Some(control.time_left()), ..limits(&job.task.limits) };
		// A model that does not load has an answer without being loaded.
		self.prepared(&engine, job, &limits).map(drop)
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_engine::tensor::{self, DType, Tensor};
	use opg_execution::{content_of, model_hash};
	use opg_primitives::{Content, Dim, JobError, ModelError, Task, VersionLimits};
	use std::time::Instant;
	use tempfile::TempDir;
	use wasm_encoder::{
		BlockType, CodeSection, ExportKind, ExportSection, Function, FunctionSection,
		GlobalSection, ImportSection, MemorySection, MemoryType, Module, TypeSection, ValType,
	};

	const DIGITS: &[u8] = include_bytes!("../../../docs/examples/digits/digits.onnx");

	const LIMITS: store::Limits =
		store::Limits { quota: 1 << 30, blob_bytes: 1 << 30, imports: 4, keep_free: 0 };

	/// A WebAssembly module without anything in it.
	const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

	/// An engine whose `_initialize` never ends.
	fn endless_engine() -> Vec<u8> {
		// The functions that engines have, with the numbers of their parameters and results.
		let functions = [
			("_initialize", 0, 0),
			("opg_alloc", 1, 1),
			("opg_load", 3, 1),
			("opg_describe", 0, 1),
			("opg_zeros", 0, 1),
			("opg_run", 2, 1),
		];
		let (mut types, mut declared) = (TypeSection::new(), FunctionSection::new());
		let (mut exports, mut code) = (ExportSection::new(), CodeSection::new());
		for (index, (name, params, results)) in (0..).zip(functions) {
			types.ty().function(
				[ValType::I32; 4][..params].to_vec(),
				[ValType::I32; 1][..results].to_vec(),
			);
			declared.function(index);
			exports.export(name, ExportKind::Func, index);
			let mut body = Function::new([]);
			let mut instructions = body.instructions();
			instructions.loop_(BlockType::Empty).br(0).end();
			if results > 0 {
				instructions.i32_const(0);
			}
			instructions.end();
			code.function(&body);
		}
		let mut memories = MemorySection::new();
		memories.memory(MemoryType {
			minimum: 1,
			maximum: None,
			memory64: false,
			shared: false,
			page_size_log2: None,
		});
		exports.export("memory", ExportKind::Memory, 0);
		let mut module = Module::new();
		module.section(&types).section(&ImportSection::new()).section(&declared);
		module.section(&memories).section(&GlobalSection::new()).section(&exports).section(&code);
		opg_engine_meter::meter(&module.finish()).unwrap()
	}

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

		fn store(&self) -> Store {
			Store::open(self.0.path().join("blobs"), LIMITS).unwrap()
		}

		fn start(&self) -> EngineRunner {
			let cache = std::env::var_os("HOME")
				.map(|home| PathBuf::from(home).join(".cache/opg-chain/engine-tests"));
			let setup = Setup {
				engine_cache: cache,
				blobs: self.store().directory().to_owned(),
				loaded_bytes: 1 << 30,
			};
			EngineRunner::new(&setup).unwrap()
		}
	}

	fn job(engine: [u8; 32]) -> Job {
		Job {
			request: 1,
			round: 0,
			kind: JobKind::Run,
			millis_left: 60_000,
			task: Task {
				model_hash: model_hash(DIGITS),
				engine_id: engine.into(),
				dims: Default::default(),
				input: TaskInput::Inline(vec![]),
				limits: VersionLimits::inline(1_000_000_000, 1_000_000_000, 512),
			},
			requester: H256::zero(),
		}
	}

	fn with_input(engine: [u8; 32]) -> Job {
		let task = Task { input: TaskInput::Inline(pixels()), ..job(engine).task };
		Job { task, ..job(engine) }
	}

	/// With this much fuel for loading, on which the endless engine spends all of it.
	fn with_fuel(engine: [u8; 32], load_fuel: u64) -> Job {
		let task = job(engine).task;
		let task = Task { limits: VersionLimits { load_fuel, ..task.limits }, ..task };
		Job { task, ..job(engine) }
	}

	/// Runs a job within its time.
	fn run(runner: &EngineRunner, job: &Job) -> Result<Answered, RunError> {
		let time = Duration::from_millis(job.millis_left.into());
		let computed = runner.compute(job, &Control::new(Instant::now() + time));
		computed.map(|computed| computed.answered)
	}

	/// A picture, of no digit in particular.
	fn pixels() -> Vec<u8> {
		let data = (0..64u8).flat_map(|i| (f32::from(i % 17) / 16.0).to_le_bytes()).collect();
		let shape = vec![1, 64];
		let tensor = Tensor { name: "pixels".into(), dtype: DType::F32, shape, data };
		tensor::encode(&[tensor])
	}

	/// Adds each of its numbers to itself. There are as many as the dimension `n` says.
	const DOUBLED: &[u8] = include_bytes!("../tests/models/doubled.onnx");

	/// Numbers of a large input, of 5 MiB.
	const NUMBERS: u32 = (5 << 20) / 4;

	/// So many encoded numbers.
	fn numbers(name: &str, number: impl Fn(u32) -> f32) -> Vec<u8> {
		let data = (0..NUMBERS).flat_map(|index| number(index).to_le_bytes()).collect();
		let shape = vec![NUMBERS.into()];
		tensor::encode(&[Tensor { name: name.into(), dtype: DType::F32, shape, data }])
	}

	/// A job whose input is in the store, and its answer too.
	fn doubled(input: TaskInput) -> Job {
		let dim = Dim { name: b"n".to_vec().try_into().unwrap(), size: NUMBERS.into() };
		let limits = VersionLimits {
			input_bytes: 6 << 20,
			output_bytes: 6 << 20,
			..VersionLimits::inline(10_000_000_000, 1_000_000_000, 512)
		};
		let task = Task {
			model_hash: model_hash(DOUBLED),
			engine_id: opg_engine::engine_id().into(),
			dims: vec![dim].try_into().unwrap(),
			input,
			limits,
		};
		Job { task, ..job(opg_engine::engine_id()) }
	}

	#[test]
	fn input_should_be_read_from_the_store_and_output_be_beside_the_answer_when_they_are_large() {
		let node = Node::new();
		let runner = node.start();
		let input = numbers("x", |index| index as f32);
		let output = numbers("y", |index| 2.0 * index as f32);
		let content = content_of(&input).unwrap();
		let job = doubled(TaskInput::Stored(content));
		let compute = |job: &Job| {
			runner.compute(job, &Control::new(Instant::now() + Duration::from_secs(60)))
		};
		let missing = |job: &Job| compute(job).err().and_then(|error| error.missing());
		assert_eq!(missing(&job), Some(JobError::InputMissing));
		let hash = node.store().put(&input).unwrap();
		assert_eq!(missing(&job), Some(JobError::ModelMissing));
		node.store().put(DOUBLED).unwrap();
		let expected = Outcome::Stored(content_of(&output).unwrap());
		for kind in [JobKind::Run, JobKind::Witness(H256::repeat_byte(3))] {
			let Computed { answered, output: bytes } =
				compute(&Job { kind, ..job.clone() }).unwrap();
			assert_eq!(answered.answer.outcome, expected);
			assert_eq!(answered.witness.is_some(), kind != JobKind::Run);
			assert!(bytes.unwrap() == output);
		}
		// One byte more than the version allows.
		let mut strict = job.clone();
		strict.task.limits.output_bytes = output.len() as u32 - 1;
		let answered = compute(&strict).unwrap().answered;
		assert_eq!(answered.answer.outcome, Outcome::Error(ModelError::OutputTooLarge));
		let other_size = Content { size: content.size - 1, ..content };
		assert_eq!(missing(&doubled(TaskInput::Stored(other_size))), Some(JobError::InputMissing));
		let data = node.store().directory().join(format!("blobs/{:x}/data", H256(hash)));
		let mut bytes = std::fs::read(&data).unwrap();
		bytes[4 << 20] ^= 1;
		std::fs::write(&data, bytes).unwrap();
		assert!(matches!(compute(&job), Err(RunError::Damaged(damaged)) if damaged.0 == hash));
	}

	#[test]
	fn input_and_output_should_count_when_the_version_allows_large_ones() {
		let inline = VersionLimits::inline(1, 1, 512);
		assert_eq!(taken(&inline), 512 << 20);
		let large = VersionLimits { input_bytes: 6 << 20, output_bytes: 7 << 20, ..inline };
		assert_eq!(taken(&large), (512 + 6 + 7) << 20);
	}

	#[test]
	fn engine_should_be_taken_from_the_store_when_it_is_another() {
		let node = Node::new();
		let runner = node.start();
		let missing =
			|result: Result<Answered, RunError>| result.err().and_then(|error| error.missing());
		let own = job(opg_engine::engine_id());
		assert_eq!(missing(run(&runner, &own)), Some(JobError::ModelMissing));
		node.store().put(DIGITS).unwrap();
		let answer = run(&runner, &own).unwrap();
		assert!(
			matches!(answer.answer.outcome, Outcome::Error(_)),
			"no input does not fit the model"
		);

		let other = job(opg_engine::content_hash(EMPTY));
		assert_eq!(missing(run(&runner, &other)), Some(JobError::EngineMissing));
		node.store().put(EMPTY).unwrap();
		// It is found, and of no use: that is this node's trouble, not the model's.
		assert!(matches!(run(&runner, &other), Err(RunError::Execution(_))));
		assert_eq!(run(&runner, &own).unwrap(), answer);
	}

	#[test]
	fn answers_should_be_the_same_when_engines_differ_in_nothing_but_their_id() {
		let node = Node::new();
		node.store().put(DIGITS).unwrap();
		let second = node.store().put(&second_engine()).unwrap();
		let own = with_input(opg_engine::engine_id());
		let other = with_input(second);
		assert_ne!(second, opg_engine::engine_id());
		assert_ne!(own.key(), other.key());

		// Again after a restart.
		let answers = [(); 2].map(|()| {
			let runner = node.start();
			let answer = run(&runner, &own).unwrap();
			assert!(matches!(answer.answer.outcome, Outcome::Output(_)));
			assert!(runner.others.get(&second).is_none());
			assert!(runner.prepared.get(&other.model_key().0).is_none());

			assert_eq!(run(&runner, &other).unwrap(), answer);
			assert_eq!(runner.others.get(&second).unwrap().id().0, second);
			let [a, b] = [&own, &other].map(|job| runner.prepared.get(&job.model_key().0).unwrap());
			assert!(!Arc::ptr_eq(&a, &b), "each engine has prepared the model");
			// From what is kept, in turns.
			for job in [&own, &other, &own, &other] {
				assert_eq!(run(&runner, job).unwrap(), answer);
			}
			answer
		});
		assert_eq!(answers[0], answers[1]);
	}

	#[test]
	fn job_should_have_no_answer_when_it_takes_too_long() {
		let node = Node::new();
		node.store().put(DIGITS).unwrap();
		let endless_id = node.store().put(&endless_engine()).unwrap();
		let runner = node.start();
		let own = with_input(opg_engine::engine_id());
		let endless = Job { millis_left: 500, ..with_fuel(endless_id, 1 << 50) };
		for _ in 0..2 {
			assert!(matches!(
				run(&runner, &endless),
				Err(RunError::TimedOut(time)) if time == Duration::from_millis(500)
			));
			assert!(runner.prepared.get(&endless.model_key().0).is_none());
		}
		// An engine on which nothing ends leaves the others alone, and can still run out of fuel.
		assert!(matches!(run(&runner, &own).unwrap().answer.outcome, Outcome::Output(_)));
		let starved = run(&runner, &with_fuel(endless_id, 1_000_000)).unwrap().answer;
		assert_eq!(starved.outcome, Outcome::Error(ModelError::OutOfFuel));
		assert_eq!(starved.fuel, 0, "the run has not begun");
	}
}
