//! Models that stay loaded between runs.
//!
//! Loading costs several runs. What an instance is after loading lies in its memory alone, so the
//! memory is kept and every later run starts from a copy of it: in a fresh instance, with the fuel
//! that loading took already spent. Nothing that a run does is seen by another.

use crate::{
	image::Image,
	sandbox::{Guest, Stop},
	Dims, Engine, EngineError, Limits, ModelFault, Run,
};
use std::time::{Duration, Instant};

/// A loaded model. Belongs to the engine that has made it.
pub struct Prepared {
	image: Image,
	load_fuel: u64,
	memory_bytes: usize,
	engine: [u8; 32],
}

impl Prepared {
	/// Memory that keeping it takes, in bytes.
	pub fn bytes(&self) -> usize {
		self.image.stored()
	}

	/// Fuel that loading took. It is part of the fuel of each run.
	pub fn load_fuel(&self) -> u64 {
		self.load_fuel
	}
}

impl Engine {
	/// Loads `model` with these symbolic dimensions bound, to be run with
	/// [`Engine::run_prepared`]. The fault, if there is one, is what [`Engine::run_bound`] would
	/// give for any input.
	pub fn prepare(
		&self,
		model: &[u8],
		dims: &Dims,
		limits: &Limits,
	) -> Result<Run<Prepared>, EngineError> {
		let (run, _) = self.sandboxed(limits, |guest| {
			guest.load(model, dims)?;
			Ok(Prepared {
				image: guest.image()?,
				load_fuel: limits.fuel - guest.fuel()?,
				memory_bytes: limits.memory_bytes,
				engine: self.id(),
			})
		})?;
		Ok(run)
	}

	/// Runs a prepared model: gives what [`Engine::run_bound`] gives for the model, the input and
	/// the limits. The memory that may be used is that of [`Engine::prepare`].
	pub fn run_prepared(
		&self,
		prepared: &Prepared,
		input: &[u8],
		limits: &Limits,
	) -> Result<Run, EngineError> {
		if prepared.load_fuel >= limits.fuel {
			return Ok(Run {
				outcome: Err(ModelFault::OutOfFuel),
				fuel: limits.fuel,
				reason: None,
				message: "the fuel is used up".to_owned(),
			});
		}
		let (run, _) = self.resumed(prepared, limits, |guest| guest.run(input, limits.max_output))?;
		Ok(run)
	}

	/// For benchmarks: how long each of `count` runs takes in one instance, one after another and
	/// without what comes before and after a run.
	pub fn time(
		&self,
		prepared: &Prepared,
		input: &[u8],
		count: usize,
	) -> Result<Run<Vec<Duration>>, EngineError> {
		let limits = Limits {
			fuel: u64::MAX >> 1,
			memory_bytes: prepared.memory_bytes,
			max_output: usize::MAX,
		};
		let (run, _) = self.resumed(prepared, &limits, |guest| {
			let times = (0..count).map(|_| {
				let start = Instant::now();
				guest.run(input, limits.max_output)?;
				Ok(start.elapsed())
			});
			times.collect()
		})?;
		Ok(run)
	}

	/// Calls an instance in which the model is loaded.
	fn resumed<T: Send>(
		&self,
		prepared: &Prepared,
		limits: &Limits,
		call: impl FnOnce(&mut Guest) -> Result<T, Stop> + Send,
	) -> Result<(Run<T>, usize), EngineError> {
		if prepared.engine != self.id() {
			return Err(EngineError::Wasm("the model was prepared by another engine".into()));
		}
		let limits = Limits { memory_bytes: prepared.memory_bytes, ..*limits };
		self.sandboxed_from(Some((&prepared.image, prepared.load_fuel)), &limits, call)
	}
}
