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
		let (run, _) =
			self.resumed(prepared, limits, |guest| guest.run(input, limits.max_output))?;
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

#[cfg(test)]
mod tests {
	use crate::GUEST;

	/// An unsigned number in LEB128.
	fn number(bytes: &mut &[u8]) -> usize {
		let (mut value, mut shift) = (0, 0);
		loop {
			let byte = bytes[0];
			*bytes = &bytes[1..];
			value |= usize::from(byte & 0x7f) << shift;
			shift += 7;
			if byte < 0x80 {
				return value;
			}
		}
	}

	/// An instance keeps nothing outside its memory but a stack pointer, which is back at its start
	/// between calls, and a table of a fixed size. That is what makes a copy of the memory enough.
	#[test]
	fn guest_should_keep_its_state_in_memory() {
		const TABLES: u8 = 4;
		const GLOBALS: u8 = 6;
		let mut rest = &GUEST[8..];
		let mut seen = 0;
		while let [section, after @ ..] = rest {
			rest = after;
			let length = number(&mut rest);
			let (mut body, after) = rest.split_at(length);
			rest = after;
			match *section {
				GLOBALS => {
					seen += 1;
					assert_eq!(number(&mut body), 1, "one global");
					assert_eq!(
						body[..3],
						[0x7f, 1, 0x41],
						"an i32 that varies and begins constant"
					);
				},
				TABLES => {
					seen += 1;
					assert_eq!(number(&mut body), 1, "one table");
					assert_eq!(body[..2], [0x70, 1], "of functions, with a maximum");
					body = &body[2..];
					assert_eq!(number(&mut body), number(&mut body), "that cannot grow");
				},
				_ => (),
			}
		}
		assert_eq!(seen, 2);
	}
}
