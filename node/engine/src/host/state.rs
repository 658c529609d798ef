//! The host's side of one run: limits, and notes for the classification of its end.

use super::{clock::Deadline, kernels::Means, model::ModelFile, refill::Fuel};
use crate::run::Limits;
use wasmtime::{Memory, ResourceLimiter, Result};

/// Largest memory of a 32-bit guest, in bytes.
const MAX_MEMORY: usize = (4 << 30) - (64 << 10);

/// The host's side of one run.
pub struct State {
	/// What the kernels use.
	pub means: Means,
	/// The guest's memory, once it is instantiated.
	pub guest_memory: Option<Memory>,
	/// The file of the model that is being loaded.
	pub model: ModelFile,
	/// Time at which the run is stopped.
	pub deadline: Deadline,
	/// Fuel that is left.
	pub fuel: Fuel,
	/// Largest memory of the instance, in bytes.
	pub memory_limit: usize,
	/// Memory of the instance in bytes, which never shrinks.
	pub memory_bytes: usize,
	/// The memory limit was reached.
	pub denied: bool,
	/// The guest has called `proc_exit`.
	pub exited: bool,
	/// The system gave no memory.
	pub host_failure: Option<String>,
	/// The beginning of what the guest printed: the message of a panic.
	pub printed: Vec<u8>,
}

impl State {
	/// The state of a run that begins now, in an instance that has no memory yet.
	pub fn new(means: Means, limits: &Limits) -> State {
		State {
			means,
			guest_memory: None,
			model: ModelFile::default(),
			deadline: Deadline::after(limits.time),
			fuel: Fuel::default(),
			memory_limit: limits.memory_bytes.min(MAX_MEMORY),
			memory_bytes: 0,
			denied: false,
			exited: false,
			host_failure: None,
			printed: Vec::new(),
		}
	}
}

impl ResourceLimiter for State {
	fn memory_growing(
		&mut self,
		_current: usize,
		desired: usize,
		maximum: Option<usize>,
	) -> Result<bool> {
		let allowed = desired <= self.memory_limit && maximum.is_none_or(|max| desired <= max);
		self.denied |= !allowed;
		if allowed {
			self.memory_bytes = desired;
		}
		Ok(allowed)
	}

	fn memory_grow_failed(&mut self, error: wasmtime::Error) -> Result<()> {
		// `memory_growing` allowed it, so it is this machine that has no memory.
		self.host_failure = Some(format!("{error:#}"));
		Err(error)
	}

	fn table_growing(
		&mut self,
		_current: usize,
		_desired: usize,
		_maximum: Option<usize>,
	) -> Result<bool> {
		Ok(true)
	}
}
