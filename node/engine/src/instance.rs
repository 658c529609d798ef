//! Instances of the guest: started or resumed, called, and taken apart.

use crate::{
	engine::RESERVED,
	error::{EngineError, GuestError},
	generation,
	host::{self, kernels::Means, Fuel, ModelFile, State},
	run::{classify, End, Limits, Run},
	snapshot::{self, MemorySnapshot},
	witness,
};
use opg_engine_meter::{FUEL, STACK};
use opg_engine_types::{Dims, Reason};
use wasmtime::{
	Global, InstancePre, Memory, Result, Store, Trap, TypedFunc, Val, WasmParams, WasmResults,
};

/// Exported name of the guest's stack pointer.
pub const STACK_POINTER: &str = "__stack_pointer";

/// An instance of the guest, with the limits and the host's notes of the run that it is in.
pub struct Instance {
	store: Store<State>,
	guest: InstancePre<State>,
	exports: Option<Exports>,
	means: Means,
	/// The model is being loaded, with fuel of its own.
	loading: bool,
	/// Fuel for loading, or for the run.
	limit: i64,
}

/// The parts of an instance that is instantiated.
#[derive(Clone, Copy)]
struct Exports {
	instance: wasmtime::Instance,
	memory: Memory,
	/// The variable of the guest's own count of fuel.
	fuel: Global,
	/// The variable of the guest's own count of its stack, and its value at the start.
	stack: (Global, i32),
	/// The only other variable of the guest outside of its memory, and its value at the start.
	stack_pointer: Option<(Global, i32)>,
}

impl Instance {
	/// An instance that has no memory yet: it must be started or resumed.
	pub fn new(guest: &InstancePre<State>, means: Means, limits: &Limits) -> Result<Instance> {
		let mut store = Store::new(guest.module().engine(), State::new(means, limits));
		store.limiter(|state| state);
		let (guest, limit) = (guest.clone(), host::clamp(limits.load_fuel));
		Ok(Instance { store, guest, exports: None, means, loading: true, limit })
	}

	/// Starts an instance without a model.
	pub fn start(&mut self) -> Result<()> {
		self.instantiate()?;
		// Constructors: without them tract has no kernels.
		let initialize: TypedFunc<(), ()> = self.export("_initialize")?;
		self.enter(&initialize, ())
	}

	/// Continues where the snapshot was taken. All that an instance keeps between two calls is in
	/// its memory: variables outside have the same values at the beginning of each call, but for the
	/// fuel, which is that of [`Instance::begin`].
	pub fn resume(&mut self, snapshot: &MemorySnapshot) -> Result<()> {
		let Exports { memory, .. } = self.instantiate()?;
		let pages = (snapshot.length() as u64 >> 16) - memory.size(&self.store);
		memory.grow(&mut self.store, pages)?;
		Ok(snapshot.restore(memory.data_mut(&mut self.store))?)
	}

	fn instantiate(&mut self) -> Result<Exports> {
		let instance = self.guest.instantiate(&mut self.store)?;
		let missing = |name| wasmtime::Error::msg(format!("the guest exports no `{name}`"));
		let memory = instance.get_memory(&mut self.store, "memory");
		let memory = memory.ok_or_else(|| missing("memory"))?;
		snapshot::expect_growth(memory.data_ptr(&self.store), RESERVED as usize);
		let fuel = instance.get_global(&mut self.store, FUEL).ok_or_else(|| missing(FUEL))?;
		let mut start = |name| {
			let global = instance.get_global(&mut self.store, name)?;
			let start = global.get(&mut self.store).i32()?;
			Some((global, start))
		};
		let stack = start(STACK).ok_or_else(|| missing(STACK))?;
		let exports =
			Exports { instance, memory, fuel, stack, stack_pointer: start(STACK_POINTER) };
		self.exports = Some(exports);
		let state = self.store.data_mut();
		state.guest_memory = Some(memory);
		state.fuel.variable = Some(fuel);
		host::fill(&mut self.store, self.limit)?;
		Ok(exports)
	}

	/// Begins a run, with the time for it.
	pub fn begin(&mut self, limits: &Limits) -> Result<()> {
		let fresh = State::new(self.means, limits);
		self.begin_with(limits, fresh)
	}

	/// Begins a run in the instance that has loaded the model, within the time of both.
	pub fn begin_after_load(&mut self, limits: &Limits) -> Result<()> {
		// What cannot ask for more when it is used up has ended well all the same.
		if self.fuel()? < 0 {
			return Err(Trap::OutOfFuel.into());
		}
		let State { deadline, memory_bytes, .. } = *self.store.data();
		let fresh = State::new(self.means, limits);
		self.begin_with(limits, State { deadline, memory_bytes, ..fresh })
	}

	fn begin_with(&mut self, limits: &Limits, state: State) -> Result<()> {
		let guest_memory = self.exports.map(|exports| exports.memory);
		let fuel = Fuel { variable: self.exports.map(|exports| exports.fuel), ..Fuel::default() };
		*self.store.data_mut() = State { guest_memory, fuel, ..state };
		(self.loading, self.limit) = (false, host::clamp(limits.fuel));
		host::fill(&mut self.store, self.limit)
	}

	/// Ends a run, of which `called` is the last call.
	pub fn finish<T>(
		&mut self,
		called: Result<T, GuestError>,
		limits: &Limits,
	) -> Result<Run<T>, EngineError> {
		let end = End {
			loading: self.loading,
			// Without exports it has not even begun.
			fuel: if self.exports.is_some() { self.fuel()? } else { self.limit },
			stack_used_up: self.exports.is_some_and(|exports| {
				exports.stack.0.get(&mut self.store).i32().is_some_and(|left| left < 0)
			}),
		};
		let fresh = State::new(self.means, limits);
		classify(called, &end, std::mem::replace(self.store.data_mut(), fresh), limits)
	}

	/// Loads a model.
	pub fn load(&mut self, model: &[u8], dims: &Dims) -> Result<(), GuestError> {
		// What does not fit the address space is longer than any file may be.
		let length = u32::try_from(model.len()).unwrap_or(u32::MAX);
		let (dims, dims_length) = self.give(&dims.encode())?;
		// SAFETY: it is taken away below. If the call panics, the guest is never called again.
		self.store.data_mut().model = unsafe { ModelFile::lend(model) };
		let loaded = self.call("opg_load", (length, dims, dims_length), usize::MAX);
		self.store.data_mut().model = ModelFile::default();
		loaded.map(drop)
	}

	/// Runs the loaded model, and gives the encoded output.
	pub fn run(&mut self, input: &[u8], max_output: usize) -> Result<Vec<u8>, GuestError> {
		let input = self.give(input)?;
		self.call("opg_run", input, max_output)
	}

	/// The same, but no stop token ends a generation.
	pub fn trial(&mut self, input: &[u8], max_output: usize) -> Result<Vec<u8>, GuestError> {
		let input = self.give(input)?;
		self.call(generation::EXPORT, input, max_output)
	}

	/// Runs the loaded model, and gives the witness for the seed.
	pub fn witness(&mut self, input: &[u8], seed: &[u8; 32]) -> Result<Vec<u8>, GuestError> {
		let (input, input_length) = self.give(input)?;
		let (seed, _) = self.give(seed)?;
		self.call(witness::EXPORT, (input, input_length, seed), usize::MAX)
	}

	/// The encoded description of the loaded model.
	pub fn describe(&mut self) -> Result<Vec<u8>, GuestError> {
		self.call("opg_describe", (), usize::MAX)
	}

	/// An encoded input for a trial of the loaded model: zeros, unless it generates.
	pub fn zeros(&mut self) -> Result<Vec<u8>, GuestError> {
		self.call("opg_zeros", (), usize::MAX)
	}

	/// Copies the memory.
	pub fn snapshot(&mut self) -> Result<MemorySnapshot> {
		Ok(MemorySnapshot::take(self.memory())?)
	}

	/// The memory; empty before the start.
	pub fn memory(&mut self) -> &mut [u8] {
		match self.exports {
			Some(exports) => exports.memory.data_mut(&mut self.store),
			None => &mut [],
		}
	}

	/// Memory that the run has taken so far, in bytes.
	pub fn memory_bytes(&self) -> usize {
		self.store.data().memory_bytes
	}

	/// Fuel that was used, for loading or for the run.
	pub fn spent(&mut self) -> Result<u64> {
		Ok((self.limit - self.fuel()?).unsigned_abs())
	}

	/// Fuel that is left, negative if more was used than there was.
	fn fuel(&mut self) -> Result<i64> {
		host::left(&mut self.store)
	}

	fn export<P: WasmParams, R: WasmResults>(&mut self, name: &str) -> Result<TypedFunc<P, R>> {
		let exports = self.exports.ok_or_else(|| wasmtime::Error::msg("it is not started"))?;
		exports.instance.get_typed_func(&mut self.store, name)
	}

	/// Calls a function of the guest, until it returns or the time is over.
	fn enter<P: WasmParams, R: WasmResults>(
		&mut self,
		function: &TypedFunc<P, R>,
		with: P,
	) -> Result<R> {
		if let Some(Exports { stack, stack_pointer, .. }) = self.exports {
			for (global, start) in [Some(stack), stack_pointer].into_iter().flatten() {
				global.set(&mut self.store, Val::I32(start))?;
			}
		}
		function.call(&mut self.store, with)
	}

	/// Puts bytes into the guest's memory, and gives address and length.
	fn give(&mut self, bytes: &[u8]) -> Result<(u32, u32)> {
		// What does not fit the address space does not fit the memory either.
		let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
		let alloc: TypedFunc<u32, u32> = self.export("opg_alloc")?;
		let at = self.enter(&alloc, length)?;
		let to = self.memory().get_mut(at as usize..).and_then(|tail| tail.get_mut(..bytes.len()));
		to.ok_or(Trap::MemoryOutOfBounds)?.copy_from_slice(bytes);
		Ok((at, length))
	}

	/// Calls a function that leaves a reply, and gives the data.
	fn call<P: WasmParams>(
		&mut self,
		name: &str,
		with: P,
		max_data: usize,
	) -> Result<Vec<u8>, GuestError> {
		let function: TypedFunc<P, u32> = self.export(name)?;
		let reply = self.enter(&function, with)?;
		let mut words = [0; 3];
		for (word, bytes) in words.iter_mut().zip(self.slice(reply, 12)?.chunks_exact(4)) {
			*word = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
		}
		let [status, at, length] = words;
		if status == 0 && length as usize > max_data {
			return Err(GuestError::TooLarge { length, limit: max_data });
		}
		let data = self.slice(at, length)?;
		if status == 0 {
			return Ok(data.to_vec());
		}
		let message = String::from_utf8_lossy(data).chars().take(2000).collect();
		let reason = Reason::from_code(status)
			.ok_or_else(|| wasmtime::Error::msg("the guest reports an unknown status"))?;
		Err(GuestError::Refused(reason, message))
	}

	fn slice(&mut self, at: u32, length: u32) -> Result<&[u8]> {
		let slice = self.memory().get(at as usize..).and_then(|tail| tail.get(..length as usize));
		slice.ok_or_else(|| Trap::MemoryOutOfBounds.into())
	}
}
