//! The inference engine: ONNX models on tract, inside WebAssembly.
//!
//! Native tract gives other bits on other CPUs and can be crashed by a model. Compiled to
//! WebAssembly and run with metered fuel, canonical NaNs, bounded memory and no clock, randomness
//! or files, one model and one input give the same output *and the same fuel* on every machine,
//! and a hostile model harms nothing. [`engine_id`] names the compiled guest: executors compare
//! answers only under the same id.
//!
//! Every run starts from a fresh instance, or from one that is as it was after loading (see
//! [`Prepared`]), so that nothing of one run is seen by another.

mod cache;
mod clock;
mod dims;
mod image;
mod kernels;
mod prepared;
mod reason;
mod report;
mod sandbox;
mod wasi;

pub mod tensor;

pub use dims::{Dims, DimsError};
pub use kernels::Isa;
pub use prepared::Prepared;
pub use reason::Reason;
pub use report::{Description, Inspection, Port, ReportError};

use blake2::{digest::consts::U32, Blake2b, Digest};
pub use sandbox::spawn;
use sandbox::State;
use std::{fmt, path::Path, time::Duration};
use wasmtime::{Config, InstancePre, Linker};

/// The guest, compiled by `build.rs`.
static GUEST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/opg_engine_guest.wasm"));

/// Native stack that the guest may use. How much a guest frame takes depends on the CPU, so this
/// is far more than its own stack in linear memory (1 MiB), which runs out first and identically
/// everywhere.
const GUEST_STACK: usize = 32 << 20;
/// Native stack for what the guest calls.
const HOST_STACK: usize = 4 << 20;

/// The identity of the engine in this program: blake2b-256 of the guest.
pub fn engine_id() -> [u8; 32] {
	id_of(GUEST)
}

/// The engine in this program as an artifact, for others to load.
pub fn artifact() -> Artifact<'static> {
	Artifact { id: engine_id(), bytes: GUEST }
}

/// The identity of an engine artifact.
fn id_of(guest: &[u8]) -> [u8; 32] {
	Blake2b::<U32>::digest(guest).into()
}

/// How the guest is executed. Every way gives the same answers; the others are there to show it.
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

/// What an engine is made of.
#[derive(Clone, Copy, Debug, Default)]
pub struct EngineConfig<'a> {
	/// Directory of the compiled guest, which must belong to this user: what lies in it is
	/// executed. Without it every start compiles.
	pub cache: Option<&'a Path>,
	/// How the guest is executed.
	pub backend: Backend,
	/// What the host's kernels use, if not the best that goes with the back end. Must be one of
	/// [`Isa::available`].
	pub isa: Option<Isa>,
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

/// What a run may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// Fuel for loading, preparing and running the model. A run uses less than this.
	pub fuel: u64,
	/// Memory of the guest in bytes, about three times the model's file; at most 4 GiB count.
	pub memory_bytes: usize,
	/// Longest encoded output, in bytes.
	pub max_output: usize,
	/// Time that a call of the engine may take, if there is a limit; see [`EngineError::TimedOut`].
	/// It is looked at between slices of fuel, milliseconds apart.
	pub time: Option<Duration>,
}

/// What a run gave. The same for the same model, input and limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run<T = Vec<u8>> {
	/// The encoded output tensors (see [`tensor`]), or why there are none.
	pub outcome: Result<T, ModelFault>,
	/// Fuel used; the whole limit if it ran out.
	pub fuel: u64,
	/// What is wrong with the model or the input, where the engine itself refuses it.
	pub reason: Option<Reason>,
	/// The same for people. Empty if there is an output.
	pub message: String,
}

/// Why a model gives no output on an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelFault {
	/// The file is not a model that the engine accepts.
	BadModel,
	/// The input does not decode, or does not fit the model.
	BadInput,
	/// The fuel ran out.
	OutOfFuel,
	/// The memory ran out.
	OutOfMemory,
	/// The guest trapped.
	Trapped,
	/// The output is longer than allowed.
	OutputTooLarge,
}

impl ModelFault {
	/// The fault as a number, from 1.
	pub fn code(self) -> u8 {
		match self {
			Self::BadModel => 1,
			Self::BadInput => 2,
			Self::OutOfFuel => 3,
			Self::OutOfMemory => 4,
			Self::Trapped => 5,
			Self::OutputTooLarge => 6,
		}
	}
}

impl fmt::Display for ModelFault {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		f.write_str(match self {
			Self::BadModel => "bad model",
			Self::BadInput => "bad input",
			Self::OutOfFuel => "out of fuel",
			Self::OutOfMemory => "out of memory",
			Self::Trapped => "trapped",
			Self::OutputTooLarge => "output too large",
		})
	}
}

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
	/// The cache directory cannot be used.
	#[error("engine cache: {0}")]
	Cache(#[source] std::io::Error),
	/// No thread can be started.
	#[error("engine thread: {0}")]
	Thread(#[source] std::io::Error),
	/// The system gives no more memory, though the run is within its limit.
	#[error("this machine is out of memory: {0}")]
	HostMemory(String),
	/// The time was over before the run was. Another machine may have an answer.
	#[error("the run takes this machine longer than {0:?}")]
	TimedOut(Duration),
	/// The WebAssembly engine fails.
	#[error("wasm engine: {0}")]
	Wasm(String),
}

impl From<wasmtime::Error> for EngineError {
	fn from(error: wasmtime::Error) -> Self {
		Self::Wasm(format!("{error:#}"))
	}
}

/// The compiled guest, ready to run. Can be shared between threads.
#[derive(Clone)]
pub struct Engine {
	guest: InstancePre<State>,
	id: [u8; 32],
	isa: Isa,
}

impl Engine {
	/// The engine of this program, for the CPU at hand; see [`EngineConfig::cache`].
	pub fn new(cache: Option<&Path>) -> Result<Engine, EngineError> {
		Self::with(EngineConfig { cache, ..EngineConfig::default() })
	}

	/// Compiles the guest, or takes it from the cache.
	pub fn with(config: EngineConfig<'_>) -> Result<Engine, EngineError> {
		let guest = config.artifact.map_or(GUEST, |artifact| artifact.bytes);
		let id = id_of(guest);
		if let Some(Artifact { id: want, .. }) = config.artifact.filter(|given| given.id != id) {
			return Err(EngineError::WrongArtifact { want, have: id });
		}
		let engine = wasmtime::Engine::new(&wasm_config(config.backend)?)?;
		let module = cache::module(&engine, guest, &id, config.cache)?;
		let mut linker = Linker::new(&engine);
		wasi::link(&mut linker, &module)?;
		kernels::link(&mut linker)?;
		let isa = config.isa.unwrap_or(match config.backend {
			Backend::Native => Isa::best(),
			Backend::Baseline | Backend::Interpreter => Isa::Portable,
		});
		Ok(Engine { guest: linker.instantiate_pre(&module)?, id, isa })
	}

	/// The id of the guest that this engine runs.
	pub fn id(&self) -> [u8; 32] {
		self.id
	}

	/// Runs `model`, an ONNX file, on `input`, an encoded list of tensors.
	pub fn run(&self, model: &[u8], input: &[u8], limits: &Limits) -> Result<Run, EngineError> {
		self.run_bound(model, &Dims::default(), input, limits)
	}

	/// Runs `model` with these symbolic dimensions bound.
	pub fn run_bound(
		&self,
		model: &[u8],
		dims: &Dims,
		input: &[u8],
		limits: &Limits,
	) -> Result<Run, EngineError> {
		self.trial(model, dims, input, limits).map(|(run, _)| run)
	}

	/// Runs a model; also gives the memory that it took.
	fn trial(
		&self,
		model: &[u8],
		dims: &Dims,
		input: &[u8],
		limits: &Limits,
	) -> Result<(Run, usize), EngineError> {
		self.sandboxed(limits, |guest| {
			guest.load(model, dims)?;
			guest.run(input, limits.max_output)
		})
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
		let (described, _) = self.sandboxed(limits, |guest| {
			guest.load(model, dims)?;
			let load_fuel = limits.fuel - guest.fuel()?;
			let description = Description::decode(&guest.describe()?)
				.map_err(|e| wasmtime::Error::msg(e.to_string()))?;
			Ok((description, load_fuel, guest.zeros()?))
		})?;
		let Run { outcome, fuel, reason, message } = described;
		let (description, load_fuel, zeros) = match outcome {
			Ok(parts) => parts,
			Err(fault) => return Ok(Run { outcome: Err(fault), fuel, reason, message }),
		};
		let (trial, memory_bytes) = self.trial(model, dims, &zeros, limits)?;
		let inspection = Inspection {
			description,
			memory_bytes: memory_bytes as u64,
			load_fuel,
			run_fuel: trial.fuel.saturating_sub(load_fuel),
			trial: trial.outcome.map(|output| id_of(&output)).map_err(ModelFault::code),
		};
		Ok(Run { outcome: Ok(inspection), fuel: trial.fuel, reason: None, message: trial.message })
	}
}

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
		.consume_fuel(true)
		.cranelift_nan_canonicalization(true)
		.max_wasm_stack(GUEST_STACK)
		// The guest is suspended now and then to look at the time, so it has a stack of its own.
		.async_support(true)
		.async_stack_size(GUEST_STACK + HOST_STACK)
		// Gives other bits on other CPUs.
		.wasm_relaxed_simd(false)
		.wasm_simd(true)
		.wasm_bulk_memory(true)
		.wasm_multi_memory(false)
		.wasm_memory64(false)
		// The address space of the whole memory, so that growing never moves it.
		.memory_reservation(4 << 30)
		.memory_may_move(false);
	Ok(config)
}
