//! The engine: the compiled guest, fresh runs of models, and inspection.

use crate::{
	artifact::check_artifact,
	cache,
	error::{EngineError, GuestError},
	generation,
	host::{
		self,
		kernels::{Isa, Means},
		State,
	},
	instance::Instance,
	run::{Limits, Run},
	thread::{on_guest_stack, GUEST_STACK},
};
use opg_engine_types::{content_hash, digest, Description, Dims, Generation, Inspection};
use std::path::Path;
use wasmtime::{Config, InstancePre, Linker};

/// The guest, compiled by `build.rs`.
pub(crate) static GUEST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/opg_engine_guest.wasm"));

/// The identity of the engine in this program: the content hash of the guest.
pub fn engine_id() -> [u8; 32] {
	content_hash(GUEST)
}

/// The engine in this program as an artifact, for others to load.
pub fn artifact() -> Artifact<'static> {
	Artifact { id: engine_id(), bytes: GUEST }
}

/// The way in which the guest is executed. Every way gives the same answers; the others are there
/// to show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
	/// Machine code for the CPU at hand.
	#[default]
	Native,
	/// Machine code for the plainest CPU of this architecture: on x86-64 without AVX and FMA.
	Baseline,
	/// wasmtime's interpreter, some 30 times slower.
	Interpreter,
}

/// Configuration of an engine.
#[derive(Clone, Copy, Debug, Default)]
pub struct EngineConfig<'a> {
	/// Directory of the compiled guest. What lies in it is executed, so it is not used unless it
	/// belongs to this user alone. Without it every start compiles. See
	/// [`crate::default_cache_dir`].
	pub cache: Option<&'a Path>,
	/// The way in which the guest is executed.
	pub backend: Backend,
	/// Instructions of the host's kernels, if not the best that go with the back end. One of
	/// [`Isa::available`], or else the engine is refused.
	pub isa: Option<Isa>,
	/// Threads that one large product or convolution takes, where a run has the machine to itself: 0 is
	/// the same as 1. Answers and fuel do not depend on it.
	pub threads: usize,
	/// The guest, if it is not the one in this program.
	pub artifact: Option<Artifact<'a>>,
}

/// A guest from elsewhere, such as the one that an old receipt names.
#[derive(Clone, Copy, Debug)]
pub struct Artifact<'a> {
	/// The id that it must have.
	pub id: [u8; 32],
	/// The WebAssembly module.
	pub bytes: &'a [u8],
}

/// The compiled guest, ready to run. Can be shared between threads.
#[derive(Clone)]
pub struct Engine {
	guest: InstancePre<State>,
	id: [u8; 32],
	means: Means,
}

impl Engine {
	/// The engine of this program, for the CPU at hand; see [`EngineConfig::cache`].
	pub fn new(cache: Option<&Path>) -> Result<Engine, EngineError> {
		Self::with(EngineConfig { cache, ..EngineConfig::default() })
	}

	/// Compiles the guest, or takes it from the cache.
	pub fn with(config: EngineConfig<'_>) -> Result<Engine, EngineError> {
		let guest = config.artifact.map_or(GUEST, |artifact| artifact.bytes);
		let id = content_hash(guest);
		if let Some(Artifact { id: want, bytes }) = config.artifact {
			if want != id {
				return Err(EngineError::WrongArtifact { want, have: id });
			}
			check_artifact(bytes)?;
		}
		if let Some(isa) = config.isa.filter(|isa| !Isa::available().contains(isa)) {
			return Err(EngineError::MissingInstructions(isa));
		}
		let engine = wasmtime::Engine::new(&wasm_config(config.backend)?)?;
		let module = cache::module(&engine, guest, &id, config.cache)?;
		let mut linker = Linker::new(&engine);
		host::link(&mut linker, &module)?;
		let isa = config.isa.unwrap_or(match config.backend {
			Backend::Native => Isa::best(),
			Backend::Baseline | Backend::Interpreter => Isa::Portable,
		});
		let means = Means { isa, threads: config.threads.max(1) };
		Ok(Engine { guest: linker.instantiate_pre(&module)?, id, means })
	}

	/// The id of the guest that this engine runs.
	pub fn id(&self) -> [u8; 32] {
		self.id
	}

	/// Runs `model`, an ONNX file, on `input`, an encoded list of tensors, in a fresh instance.
	pub fn run(
		&self,
		model: &[u8],
		dims: &Dims,
		input: &[u8],
		limits: &Limits,
	) -> Result<Run, EngineError> {
		self.run_measured(model, dims, input, limits).map(|(run, _)| run)
	}

	/// Describes `model`, without a run.
	pub fn describe(
		&self,
		model: &[u8],
		dims: &Dims,
		limits: &Limits,
	) -> Result<Run<Description>, EngineError> {
		let (run, _) = self.call(limits, |instance| {
			instance.load(model, dims)?;
			instance.begin_after_load(limits)?;
			described(instance)
		})?;
		Ok(run)
	}

	/// Reports on `model` and on a trial run with inputs of zeros, each within these limits. The
	/// outcome is a fault if the model does not load; a trial that fails is reported.
	pub fn inspect(
		&self,
		model: &[u8],
		dims: &Dims,
		limits: &Limits,
	) -> Result<Run<Inspection>, EngineError> {
		// What is asked of the guest about the model must not change the fuel of the trial.
		let (described, _) = self.call(limits, |instance| {
			instance.load(model, dims)?;
			let load_fuel = instance.spent()?;
			instance.begin_after_load(limits)?;
			Ok((described(instance)?, load_fuel, instance.zeros()?))
		})?;
		let Run { outcome, fuel, reason, message } = described;
		let (mut description, load_fuel, zeros) = match outcome {
			Ok(parts) => parts,
			Err(fault) => return Ok(Run { outcome: Err(fault), fuel, reason, message }),
		};
		let (trial, memory_bytes, run_fuel) = match &mut description.generation {
			Some(generation) => self.trial(model, dims, &zeros, limits, generation)?,
			None => {
				let (trial, memory_bytes) = self.run_measured(model, dims, &zeros, limits)?;
				let fuel = trial.fuel;
				(trial, memory_bytes, fuel)
			},
		};
		let inspection = Inspection {
			description,
			memory_bytes: memory_bytes as u64,
			load_fuel,
			run_fuel,
			trial: trial.outcome.map(|output| digest(&output)),
		};
		Ok(Run { outcome: Ok(inspection), fuel: trial.fuel, reason: None, message: trial.message })
	}

	/// Runs a generator without an end at its stop tokens, and measures its tokens. Also gives the memory
	/// that the run took, in bytes, and the fuel of one that fills the context.
	fn trial(
		&self,
		model: &[u8],
		dims: &Dims,
		input: &[u8],
		limits: &Limits,
		generation: &mut Generation,
	) -> Result<(Run, usize, u64), EngineError> {
		let Run { outcome, fuel, reason, message } = self.prepare(model, dims, limits)?;
		let prepared = match outcome {
			Ok(prepared) => prepared,
			Err(fault) => return Ok((Run { outcome: Err(fault), fuel, reason, message }, 0, fuel)),
		};
		let mut memory_bytes = 0;
		let mut run = |input: &[u8]| {
			self.call_prepared(&prepared, limits, |instance| {
				let output = instance.trial(input, limits.max_output);
				memory_bytes = memory_bytes.max(instance.memory().len());
				output
			})
		};
		let trial = run(input)?;
		let run_fuel = match trial.outcome {
			Ok(_) => generation::measure(generation, trial.fuel, input, &mut run)?,
			Err(_) => trial.fuel,
		};
		Ok((trial, memory_bytes, run_fuel))
	}

	/// Runs a model in a fresh instance; also gives the memory that it took, in bytes.
	fn run_measured(
		&self,
		model: &[u8],
		dims: &Dims,
		input: &[u8],
		limits: &Limits,
	) -> Result<(Run, usize), EngineError> {
		self.call(limits, |instance| {
			instance.load(model, dims)?;
			instance.begin_after_load(limits)?;
			instance.run(input, limits.max_output)
		})
	}

	/// Calls a fresh instance; also gives the memory that it took, in bytes.
	pub(crate) fn call<T: Send>(
		&self,
		limits: &Limits,
		call: impl FnOnce(&mut Instance) -> Result<T, GuestError> + Send,
	) -> Result<(Run<T>, usize), EngineError> {
		on_guest_stack(|| {
			let mut instance = self.instance(limits)?;
			let called =
				instance.start().map_err(GuestError::from).and_then(|()| call(&mut instance));
			let memory_bytes = instance.memory_bytes();
			Ok((instance.finish(called, limits)?, memory_bytes))
		})
	}

	/// Whether the guest has an export of this name.
	pub(crate) fn exports(&self, name: &str) -> bool {
		self.guest.module().get_export(name).is_some()
	}

	/// An instance that is neither started nor resumed.
	pub(crate) fn instance(&self, limits: &Limits) -> Result<Instance, EngineError> {
		Ok(Instance::new(&self.guest, self.means, limits)?)
	}
}

/// The description of the loaded model.
fn described(instance: &mut Instance) -> Result<Description, GuestError> {
	let description = Description::decode(&instance.describe()?);
	Ok(description.map_err(|e| wasmtime::Error::msg(e.to_string()))?)
}

/// Bytes of address space that are kept for an instance's memory.
pub const RESERVED: u64 = 4 << 30;

fn wasm_config(backend: Backend) -> Result<Config, EngineError> {
	let mut config = Config::new();
	match backend {
		Backend::Native => (),
		// With a target named, wasmtime does not look at the CPU.
		Backend::Baseline => {
			config.target(env!("OPG_TARGET"))?;
		},
		Backend::Interpreter => {
			config.target("pulley64")?;
		},
	}
	config
		.cranelift_nan_canonicalization(true)
		.max_wasm_stack(GUEST_STACK)
		// Gives other bits on other CPUs.
		.wasm_relaxed_simd(false)
		// Of what wasmtime can do, the proposals that `crate::artifact` lists. Reference types are on by
		// default, for `call_indirect` alone, which it checks.
		.wasm_simd(true)
		.wasm_bulk_memory(true)
		.wasm_multi_value(true)
		.wasm_multi_memory(false)
		.wasm_memory64(false)
		.wasm_tail_call(false)
		.wasm_extended_const(false)
		// The address space of the whole memory, so that growing never moves it.
		.memory_reservation(RESERVED)
		.memory_may_move(false);
	Ok(config)
}
