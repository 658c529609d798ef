//! The inference engine: ONNX models on tract, inside WebAssembly.
//!
//! Native tract gives other bits on other CPUs and can be crashed by a model. Compiled to
//! WebAssembly and run with metered fuel, canonical NaNs, bounded memory and no clock, randomness
//! or files, one model and one input give the same output *and the same fuel* on every machine,
//! and a hostile model harms nothing. [`engine_id`] names the compiled guest: executors compare
//! answers only under the same id.
//!
//! Every run gets a fresh instance, so that nothing of one run is seen by another.

mod cache;
mod wasi;

pub mod tensor;

use blake2::{digest::consts::U32, Blake2b, Digest};
use std::{fmt, path::Path, thread};
use wasmtime::{Config, InstancePre, Linker, Memory, ResourceLimiter, Store, Trap};

/// The guest, compiled by `build.rs`.
static GUEST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/opg_engine_guest.wasm"));

/// Native stack that the guest may use. How much a guest frame takes depends on the CPU, so this
/// is far more than its own stack in linear memory (1 MiB), which runs out first and identically
/// everywhere.
const GUEST_STACK: usize = 32 << 20;
/// Stack of the thread that runs the guest.
const THREAD_STACK: usize = GUEST_STACK + (4 << 20);
/// Largest memory of a 32-bit guest.
const MAX_MEMORY: usize = (4 << 30) - (64 << 10);

/// The engine's identity: blake2b-256 of the guest.
pub fn engine_id() -> [u8; 32] {
	Blake2b::<U32>::digest(GUEST).into()
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
}

/// What a run gave. The same for the same model, input and limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
	/// The encoded output tensors (see [`tensor`]), or why there are none.
	pub outcome: Result<Vec<u8>, ModelFault>,
	/// Fuel used; the whole limit if it ran out.
	pub fuel: u64,
	/// For people: what is wrong with the model or the input. Empty if there is an output.
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
	/// The cache directory cannot be used.
	#[error("engine cache: {0}")]
	Cache(#[source] std::io::Error),
	/// No thread can be started.
	#[error("engine thread: {0}")]
	Thread(#[source] std::io::Error),
	/// The system gives no more memory, though the run is within its limit.
	#[error("this machine is out of memory: {0}")]
	HostMemory(String),
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
pub struct Engine {
	guest: InstancePre<State>,
}

impl Engine {
	/// Compiles the guest, or takes it from the directory `cache`, which must belong to this user:
	/// what lies in it is executed.
	pub fn new(cache: Option<&Path>) -> Result<Engine, EngineError> {
		let engine = wasmtime::Engine::new(&config())?;
		let module = cache::module(&engine, GUEST, &engine_id(), cache)?;
		let mut linker = Linker::new(&engine);
		wasi::link(&mut linker, &module)?;
		Ok(Engine { guest: linker.instantiate_pre(&module)? })
	}

	/// Runs `model`, an ONNX file, on `input`, an encoded list of tensors.
	pub fn run(&self, model: &[u8], input: &[u8], limits: &Limits) -> Result<Run, EngineError> {
		thread::scope(|scope| {
			thread::Builder::new()
				.name("opg-engine".into())
				.stack_size(THREAD_STACK)
				.spawn_scoped(scope, || self.run_here(model, input, limits))
				.map_err(EngineError::Thread)?
				.join()
				.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
		})
	}

	fn run_here(&self, model: &[u8], input: &[u8], limits: &Limits) -> Result<Run, EngineError> {
		let state = State::new(limits.memory_bytes.min(MAX_MEMORY));
		let mut store = Store::new(self.guest.module().engine(), state);
		store.limiter(|state| state);
		store.set_fuel(limits.fuel)?;

		let called = self.call(&mut store, model, input, limits.max_output);
		let left = store.get_fuel()?;
		let state = store.into_data();
		if let Some(error) = state.host_failure {
			return Err(EngineError::HostMemory(error));
		}
		let trap = called.as_ref().err().and_then(|error| error.downcast_ref::<Trap>().copied());
		let (outcome, message) = match called {
			// Without a trap, `denied` means that not even the empty guest fits.
			Err(error) if trap.is_none() && !state.denied && !state.exited => {
				return Err(error.into());
			},
			Err(_) => {
				let fault = match trap {
					Some(Trap::StackOverflow) => ModelFault::BadModel,
					_ if state.denied => ModelFault::OutOfMemory,
					_ => ModelFault::Trapped,
				};
				let cause = trap.map_or_else(|| fault.to_string(), |trap| trap.to_string());
				let printed = String::from_utf8_lossy(&state.printed);
				// Without Rust's advice on backtraces.
				let panic = printed.split("\nnote:").next().unwrap_or_default().trim();
				(Err(fault), format!("{cause}; {panic}"))
			},
			Ok(Reply::Output(output)) => (Ok(output), String::new()),
			Ok(Reply::TooLarge(length)) => (
				Err(ModelFault::OutputTooLarge),
				format!("the output has {length} bytes, at most {} are allowed", limits.max_output),
			),
			Ok(Reply::Fault(fault, message)) => (Err(fault), message),
		};
		let (outcome, fuel, message) = match outcome {
			// Fuel is checked only now and then, so that a run can end well with none left. The rule
			// must not depend on where the checks are.
			_ if left == 0 => {
				(Err(ModelFault::OutOfFuel), limits.fuel, "the fuel is used up".to_owned())
			},
			// How far the guest comes before its native stack ends depends on the machine.
			_ if trap == Some(Trap::StackOverflow) => (outcome, limits.fuel, message),
			_ => (outcome, limits.fuel - left, message),
		};
		Ok(Run { outcome, fuel, message })
	}

	fn call(
		&self,
		store: &mut Store<State>,
		model: &[u8],
		input: &[u8],
		max_output: usize,
	) -> wasmtime::Result<Reply> {
		let instance = self.guest.instantiate(&mut *store)?;
		let memory = instance
			.get_memory(&mut *store, "memory")
			.ok_or_else(|| wasmtime::Error::msg("the guest exports no memory"))?;
		// Constructors: without them tract has no kernels.
		instance.get_typed_func::<(), ()>(&mut *store, "_initialize")?.call(&mut *store, ())?;

		let alloc = instance.get_typed_func::<u32, u32>(&mut *store, "opg_alloc")?;
		let mut give = |bytes: &[u8]| -> wasmtime::Result<(u32, u32)> {
			// What does not fit the address space does not fit the memory either.
			let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
			let at = alloc.call(&mut *store, length)?;
			memory.write(&mut *store, at as usize, bytes)?;
			Ok((at, length))
		};
		let (model, input) = (give(model)?, give(input)?);
		let run = instance.get_typed_func::<(u32, u32, u32, u32), u32>(&mut *store, "opg_run")?;
		let report = run.call(&mut *store, (model.0, model.1, input.0, input.1))?;

		let [status, at, length] = report_at(&memory, store, report)?;
		if status == 0 && length as usize > max_output {
			return Ok(Reply::TooLarge(length));
		}
		let data = slice(&memory, store, at, length)?.to_vec();
		let text = |data: &[u8]| String::from_utf8_lossy(data).chars().take(2000).collect();
		match status {
			0 => Ok(Reply::Output(data)),
			1 => Ok(Reply::Fault(ModelFault::BadModel, text(&data))),
			2 => Ok(Reply::Fault(ModelFault::BadInput, text(&data))),
			_ => Err(wasmtime::Error::msg("the guest reports an unknown status")),
		}
	}
}

/// What the guest has to say when it returns.
enum Reply {
	Output(Vec<u8>),
	TooLarge(u32),
	Fault(ModelFault, String),
}

fn slice<'a>(
	memory: &Memory,
	store: &'a Store<State>,
	at: u32,
	length: u32,
) -> wasmtime::Result<&'a [u8]> {
	let (at, length) = (at as usize, length as usize);
	memory
		.data(store)
		.get(at..)
		.and_then(|tail| tail.get(..length))
		.ok_or_else(|| Trap::MemoryOutOfBounds.into())
}

fn report_at(memory: &Memory, store: &Store<State>, at: u32) -> wasmtime::Result<[u32; 3]> {
	let mut words = [0; 3];
	for (word, bytes) in words.iter_mut().zip(slice(memory, store, at, 12)?.chunks_exact(4)) {
		*word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
	}
	Ok(words)
}

fn config() -> Config {
	let mut config = Config::new();
	config
		.consume_fuel(true)
		.cranelift_nan_canonicalization(true)
		.max_wasm_stack(GUEST_STACK)
		// Gives other bits on other CPUs.
		.wasm_relaxed_simd(false)
		.wasm_simd(true)
		.wasm_bulk_memory(true)
		.wasm_multi_memory(false)
		.wasm_memory64(false)
		// The address space of the whole memory, so that growing never moves it.
		.memory_reservation(4 << 30)
		.memory_may_move(false);
	config
}

/// The host's side of one run.
struct State {
	memory_limit: usize,
	/// The memory limit was reached.
	denied: bool,
	/// The guest has called `proc_exit`.
	exited: bool,
	/// The system gave no memory.
	host_failure: Option<String>,
	/// The beginning of what the guest printed: the message of a panic.
	printed: Vec<u8>,
}

impl State {
	fn new(memory_limit: usize) -> Self {
		Self { memory_limit, denied: false, exited: false, host_failure: None, printed: Vec::new() }
	}
}

impl ResourceLimiter for State {
	fn memory_growing(
		&mut self,
		_current: usize,
		desired: usize,
		maximum: Option<usize>,
	) -> wasmtime::Result<bool> {
		let allowed = desired <= self.memory_limit && maximum.is_none_or(|max| desired <= max);
		self.denied |= !allowed;
		Ok(allowed)
	}

	fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
		// `memory_growing` allowed it, so it is this machine that has no memory.
		self.host_failure = Some(format!("{error:#}"));
		Err(error)
	}

	fn table_growing(
		&mut self,
		_current: usize,
		_desired: usize,
		_maximum: Option<usize>,
	) -> wasmtime::Result<bool> {
		Ok(true)
	}
}
