//! One instance of the guest, and what becomes of it.

use crate::{
	clock::{drive, Deadline, SLICE},
	image::Image,
	Dims, Engine, EngineError, Isa, Limits, ModelFault, Reason, Run, GUEST_STACK, HOST_STACK,
};
use std::{
	cell::Cell,
	io,
	thread::{self, JoinHandle},
};
use wasmtime::{
	Instance, Memory, ResourceLimiter, Result, Store, Trap, TypedFunc, WasmParams, WasmResults,
};

/// Stack of the thread that runs the guest.
const THREAD_STACK: usize = GUEST_STACK + HOST_STACK;
/// Largest memory of a 32-bit guest.
const MAX_MEMORY: usize = (4 << 30) - (64 << 10);

/// Calls a function of the guest, until it returns or the time is over.
fn enter<P: WasmParams + Sync, R: WasmResults + Sync>(
	store: &mut Store<State>,
	function: &TypedFunc<P, R>,
	with: P,
) -> Result<R> {
	drive(store.data().deadline, function.call_async(store, with))
}

thread_local! {
	/// This thread has the stack that the guest needs.
	static ROOMY: Cell<bool> = const { Cell::new(false) };
}

/// Starts a thread on which the engine runs models without starting one for each.
pub fn spawn<T: Send + 'static>(
	name: String,
	work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<JoinHandle<T>> {
	thread::Builder::new().name(name).stack_size(THREAD_STACK).spawn(move || {
		ROOMY.set(true);
		work()
	})
}

/// Calls `f` on a thread with the stack that the guest needs.
pub(crate) fn with_stack<T: Send>(f: impl FnOnce() -> T + Send) -> Result<T, EngineError> {
	if ROOMY.get() {
		return Ok(f());
	}
	thread::scope(|scope| {
		let thread = thread::Builder::new().name("opg-engine".into()).stack_size(THREAD_STACK);
		let done = thread.spawn_scoped(scope, f).map_err(EngineError::Thread)?.join();
		Ok(done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
	})
}

/// Why there is no answer from the guest.
pub enum Stop {
	/// The answer is so long, and may be only so long.
	TooLarge(u32, usize),
	/// The guest says why.
	Refused(Reason, String),
	/// The guest trapped, or worse.
	Wasm(wasmtime::Error),
}

impl From<wasmtime::Error> for Stop {
	fn from(error: wasmtime::Error) -> Self {
		Self::Wasm(error)
	}
}

impl Engine {
	/// Calls a fresh instance on a thread of its own, and judges how it ended. Also gives the
	/// memory that the instance took.
	pub(crate) fn sandboxed<T: Send>(
		&self,
		limits: &Limits,
		call: impl FnOnce(&mut Guest) -> Result<T, Stop> + Send,
	) -> Result<(Run<T>, usize), EngineError> {
		self.sandboxed_from(None, limits, call)
	}

	/// The same, but the instance starts from `loaded`, a memory and the fuel spent up to there.
	pub(crate) fn sandboxed_from<T: Send>(
		&self,
		loaded: Option<(&Image, u64)>,
		limits: &Limits,
		call: impl FnOnce(&mut Guest) -> Result<T, Stop> + Send,
	) -> Result<(Run<T>, usize), EngineError> {
		with_stack(|| self.sandboxed_here(loaded, limits, call))?
	}

	fn sandboxed_here<T>(
		&self,
		loaded: Option<(&Image, u64)>,
		limits: &Limits,
		call: impl FnOnce(&mut Guest) -> Result<T, Stop>,
	) -> Result<(Run<T>, usize), EngineError> {
		let mut store = self.store(limits)?;
		store.set_fuel(limits.fuel)?;

		let started = match loaded {
			None => self.start(&mut store),
			Some((image, fuel)) => self.resume(&mut store, image, limits.fuel - fuel),
		};
		let called = started.map_err(Stop::Wasm).and_then(|mut guest| call(&mut guest));
		let left = store.get_fuel()?;
		let state = store.into_data();
		let memory = state.memory;
		Ok((judge(called, left, state, limits)?, memory))
	}

	/// An instance that begins where the image was taken, on the thread at hand.
	pub(crate) fn live(&self, image: &Image, limits: &Limits) -> Result<Live, EngineError> {
		let mut store = self.store(limits)?;
		let Guest { instance, memory, .. } = self.resume(&mut store, image, 0)?;
		Ok(Live { store, instance, memory })
	}

	/// Runs the model that is loaded there, with the fuel of loading spent.
	pub(crate) fn run_live(
		&self,
		live: &mut Live,
		load_fuel: u64,
		input: &[u8],
		limits: &Limits,
	) -> Result<Run, EngineError> {
		let Live { store, instance, memory } = live;
		*store.data_mut() = State { guest_memory: Some(*memory), ..self.state(limits) };
		store.set_fuel(limits.fuel - load_fuel)?;
		let mut guest = Guest { store, instance: *instance, memory: *memory };
		let called = guest.run(input, limits.max_output);
		let left = store.get_fuel()?;
		judge(called, left, std::mem::replace(store.data_mut(), self.state(limits)), limits)
	}

	fn store(&self, limits: &Limits) -> wasmtime::Result<Store<State>> {
		let mut store = Store::new(self.guest.module().engine(), self.state(limits));
		store.limiter(|state| state);
		store.fuel_async_yield_interval(Some(SLICE))?;
		Ok(store)
	}

	/// The host's side of a run that begins now.
	fn state(&self, limits: &Limits) -> State {
		State {
			isa: self.isa,
			guest_memory: None,
			deadline: Deadline::after(limits.time),
			looked: u64::MAX,
			memory_limit: limits.memory_bytes.min(MAX_MEMORY),
			memory: 0,
			denied: false,
			exited: false,
			host_failure: None,
			printed: Vec::new(),
		}
	}

	fn start<'a>(&self, store: &'a mut Store<State>) -> wasmtime::Result<Guest<'a>> {
		let mut guest = self.instantiate(store)?;
		// Constructors: without them tract has no kernels.
		let initialize: TypedFunc<(), ()> = guest.export("_initialize")?;
		enter(guest.store, &initialize, ())?;
		Ok(guest)
	}

	/// Continues where the image was taken, with this fuel. All that an instance keeps between two
	/// calls is in its memory: the stack pointer, its only variable outside, is back at the start.
	fn resume<'a>(
		&self,
		store: &'a mut Store<State>,
		image: &Image,
		fuel: u64,
	) -> wasmtime::Result<Guest<'a>> {
		let guest = self.instantiate(store)?;
		let pages = (image.length() as u64 >> 16) - guest.memory.size(&*guest.store);
		guest.memory.grow(&mut *guest.store, pages)?;
		image.restore(guest.memory.data_mut(&mut *guest.store))?;
		guest.store.set_fuel(fuel)?;
		Ok(guest)
	}

	fn instantiate<'a>(&self, store: &'a mut Store<State>) -> wasmtime::Result<Guest<'a>> {
		let deadline = store.data().deadline;
		let instance = drive(deadline, self.guest.instantiate_async(&mut *store))?;
		let memory = instance
			.get_memory(&mut *store, "memory")
			.ok_or_else(|| wasmtime::Error::msg("the guest exports no memory"))?;
		store.data_mut().guest_memory = Some(memory);
		Ok(Guest { store, instance, memory })
	}
}

/// What a call that ended so means for the model.
fn judge<T>(
	called: Result<T, Stop>,
	left: u64,
	state: State,
	limits: &Limits,
) -> Result<Run<T>, EngineError> {
	if let Some(error) = state.host_failure {
		return Err(EngineError::HostMemory(error));
	}
	let trap = match &called {
		Err(Stop::Wasm(error)) => error.downcast_ref::<Trap>().copied(),
		_ => None,
	};
	// Before any verdict: this one would differ between machines.
	if trap == Some(Trap::Interrupt) {
		return Err(EngineError::TimedOut(limits.time.unwrap_or_default()));
	}
	let used = limits.fuel - left;
	let (outcome, fuel, reason, message) = match called {
		// Fuel is checked only now and then, so that a run can end well with none left. The rule
		// must not depend on where the checks are.
		_ if left == 0 => {
			(Err(ModelFault::OutOfFuel), used, None, "the fuel is used up".to_owned())
		},
		// Without a trap, `denied` means that not even the empty guest fits.
		Err(Stop::Wasm(error)) if trap.is_none() && !state.denied && !state.exited => {
			return Err(error.into());
		},
		// How far the guest comes before its native stack ends depends on the machine.
		Err(Stop::Wasm(_)) if trap == Some(Trap::StackOverflow) => {
			let message = "the stack is used up".to_owned();
			(Err(ModelFault::BadModel), limits.fuel, Some(Reason::StackUsedUp), message)
		},
		Err(Stop::Wasm(_)) => {
			let fault = if state.denied { ModelFault::OutOfMemory } else { ModelFault::Trapped };
			let cause = trap.map_or_else(|| fault.to_string(), |trap| trap.to_string());
			let printed = String::from_utf8_lossy(&state.printed);
			// Without Rust's advice on backtraces.
			let panic = printed.split("\nnote:").next().unwrap_or_default().trim();
			(Err(fault), used, None, format!("{cause}; {panic}"))
		},
		Ok(data) => (Ok(data), used, None, String::new()),
		Err(Stop::TooLarge(length, limit)) => (
			Err(ModelFault::OutputTooLarge),
			used,
			None,
			format!("the output has {length} bytes, at most {limit} are allowed"),
		),
		Err(Stop::Refused(reason, message)) => {
			let fault =
				if reason.is_of_input() { ModelFault::BadInput } else { ModelFault::BadModel };
			(Err(fault), used, Some(reason), message)
		},
	};
	Ok(Run { outcome, fuel, reason, message })
}

/// An instance without a call.
pub struct Live {
	store: Store<State>,
	instance: Instance,
	memory: Memory,
}

impl Live {
	/// Its memory.
	pub fn memory(&mut self) -> &mut [u8] {
		self.memory.data_mut(&mut self.store)
	}
}

/// A running instance.
pub struct Guest<'a> {
	store: &'a mut Store<State>,
	instance: Instance,
	memory: Memory,
}

impl Guest<'_> {
	/// Loads a model. Gives no data.
	pub fn load(&mut self, model: &[u8], dims: &Dims) -> Result<(), Stop> {
		let ((model, model_length), (dims, dims_length)) =
			(self.give(model)?, self.give(&dims.encode())?);
		self.call("opg_load", (model, model_length, dims, dims_length), usize::MAX).map(drop)
	}

	/// Runs the loaded model.
	pub fn run(&mut self, input: &[u8], max_output: usize) -> Result<Vec<u8>, Stop> {
		let input = self.give(input)?;
		self.call("opg_run", input, max_output)
	}

	/// Describes the loaded model.
	pub fn describe(&mut self) -> Result<Vec<u8>, Stop> {
		self.call("opg_describe", (), usize::MAX)
	}

	/// Gives an input of zeros for the loaded model.
	pub fn zeros(&mut self) -> Result<Vec<u8>, Stop> {
		self.call("opg_zeros", (), usize::MAX)
	}

	/// Copies the memory.
	pub fn image(&self) -> wasmtime::Result<Image> {
		Ok(Image::take(self.memory.data(&*self.store))?)
	}

	/// Fuel that is left.
	pub fn fuel(&self) -> wasmtime::Result<u64> {
		self.store.get_fuel()
	}

	fn export<P: WasmParams, R: wasmtime::WasmResults>(
		&mut self,
		name: &str,
	) -> wasmtime::Result<TypedFunc<P, R>> {
		self.instance.get_typed_func(&mut *self.store, name)
	}

	/// Puts bytes into the guest's memory.
	fn give(&mut self, bytes: &[u8]) -> wasmtime::Result<(u32, u32)> {
		// What does not fit the address space does not fit the memory either.
		let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
		let alloc: TypedFunc<u32, u32> = self.export("opg_alloc")?;
		let at = enter(self.store, &alloc, length)?;
		self.memory.write(&mut *self.store, at as usize, bytes)?;
		Ok((at, length))
	}

	fn call<P: WasmParams + Sync>(
		&mut self,
		name: &str,
		with: P,
		max_data: usize,
	) -> Result<Vec<u8>, Stop> {
		let function: TypedFunc<P, u32> = self.export(name)?;
		let report = enter(self.store, &function, with)?;
		let mut words = [0; 3];
		for (word, bytes) in words.iter_mut().zip(self.slice(report, 12)?.chunks_exact(4)) {
			*word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
		}
		let [status, at, length] = words;
		if status == 0 && length as usize > max_data {
			return Err(Stop::TooLarge(length, max_data));
		}
		let data = self.slice(at, length)?;
		if status == 0 {
			return Ok(data.to_vec());
		}
		let reason = Reason::from_code(status)
			.ok_or_else(|| wasmtime::Error::msg("the guest reports an unknown status"))?;
		let message = String::from_utf8_lossy(data).chars().take(2000).collect();
		Err(Stop::Refused(reason, message))
	}

	fn slice(&self, at: u32, length: u32) -> wasmtime::Result<&[u8]> {
		let (at, length) = (at as usize, length as usize);
		self.memory
			.data(&*self.store)
			.get(at..)
			.and_then(|tail| tail.get(..length))
			.ok_or_else(|| Trap::MemoryOutOfBounds.into())
	}
}

/// The host's side of one run.
pub struct State {
	/// What the kernels use.
	pub isa: Isa,
	/// The guest's memory, once there is a guest.
	pub guest_memory: Option<Memory>,
	/// When it has to be done.
	pub deadline: Deadline,
	/// Fuel that was left when a kernel last looked at the time.
	pub looked: u64,
	memory_limit: usize,
	/// Memory of the instance, which never shrinks.
	memory: usize,
	/// The memory limit was reached.
	denied: bool,
	/// The guest has called `proc_exit`.
	pub exited: bool,
	/// The system gave no memory.
	host_failure: Option<String>,
	/// The beginning of what the guest printed: the message of a panic.
	pub printed: Vec<u8>,
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
		if allowed {
			self.memory = desired;
		}
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
