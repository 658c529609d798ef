//! Models that stay loaded between runs.
//!
//! Loading costs several runs. What an instance is after loading lies in its memory alone, so the
//! memory is kept and every later run starts from a copy of it, with the fuel that loading took
//! already spent. Nothing that a run does is seen by another.
//!
//! Making an instance costs more than a small model takes: address space, and a page fault for each
//! page that is touched, in which processor cores wait for one another. So an instance stays for
//! later runs, and after each the pages that were written to get their contents back. Which ones,
//! the system knows. If anything is out of the ordinary (a fault of the model, memory that has
//! grown, a system that does not tell), the next run has a fresh instance instead.

use crate::{
	image::{Image, Tracker},
	sandbox::{with_stack, Guest, Live, Stop},
	Dims, Engine, EngineError, Limits, ModelFault, Run,
};
use std::{
	sync::{Arc, Mutex, PoisonError},
	thread,
	time::{Duration, Instant},
};

/// A loaded model. Belongs to the engine that has made it.
pub struct Prepared {
	image: Arc<Image>,
	load_fuel: u64,
	memory_bytes: usize,
	engine: [u8; 32],
	/// Instances that are as after loading; no more than there are cores.
	idle: Mutex<Vec<(Live, Tracker)>>,
}

impl Prepared {
	/// Memory that keeping it takes, in bytes; without what its runs have touched.
	pub fn bytes(&self) -> usize {
		self.image.stored()
	}

	/// Fuel that loading took. It is part of the fuel of each run.
	pub fn load_fuel(&self) -> u64 {
		self.load_fuel
	}

	/// Instances that wait for later runs, at the most one for each core.
	pub fn instances(&self) -> usize {
		self.idle.lock().unwrap_or_else(PoisonError::into_inner).len()
	}

	fn made_by(&self, engine: &Engine) -> Result<(), EngineError> {
		if self.engine != engine.id() {
			return Err(EngineError::Wasm("the model was prepared by another engine".into()));
		}
		Ok(())
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
				image: Arc::new(guest.image()?),
				load_fuel: limits.fuel - guest.fuel()?,
				memory_bytes: limits.memory_bytes,
				engine: self.id(),
				idle: Mutex::default(),
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
		prepared.made_by(self)?;
		if prepared.load_fuel >= limits.fuel {
			return Ok(Run {
				outcome: Err(ModelFault::OutOfFuel),
				fuel: limits.fuel,
				reason: None,
				message: "the fuel is used up".to_owned(),
			});
		}
		let limits = Limits { memory_bytes: prepared.memory_bytes, ..*limits };
		let idle = || prepared.idle.lock().unwrap_or_else(PoisonError::into_inner);
		let kept = idle().pop();
		with_stack(|| {
			let (mut live, tracker) = match kept {
				Some((live, tracker)) => (live, Some(tracker)),
				None => {
					let mut live = self.live(&prepared.image, &limits)?;
					let tracker = Tracker::start(live.memory());
					(live, tracker)
				},
			};
			let run = self.run_live(&mut live, prepared.load_fuel, input, &limits)?;
			let tracker = tracker.filter(|tracker| {
				run.outcome.is_ok() && prepared.image.reset(live.memory(), tracker).is_ok()
			});
			let mut idle = idle();
			if let Some(tracker) = tracker.filter(|_| idle.len() < cores()) {
				idle.push((live, tracker));
			}
			Ok(run)
		})?
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
			time: None,
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
		prepared.made_by(self)?;
		let limits = Limits { memory_bytes: prepared.memory_bytes, ..*limits };
		self.sandboxed_from(Some((&prepared.image, prepared.load_fuel)), &limits, call)
	}
}

fn cores() -> usize {
	thread::available_parallelism().map_or(1, usize::from)
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
