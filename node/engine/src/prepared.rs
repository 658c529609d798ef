//! Prepared models: they stay loaded between runs.
//!
//! Loading costs several runs. What an instance is after loading lies in its memory alone, so the
//! memory is kept and every later run starts from a copy of it. Nothing that a run does is seen by
//! another.
//!
//! Making an instance costs more than a small model takes: address space, and a page fault for each
//! page that is touched, in which processor cores wait for one another. So an instance stays for
//! later runs, and after each the pages that were written to get their contents back. Which ones,
//! the system knows. A few megabytes of them stay with the instance, the rest goes back to the system.
//! If anything is out of the ordinary (a fault of the model, memory that has grown, a system that does
//! not tell), the next run has a fresh instance instead.

use crate::{
	error::{EngineError, GuestError},
	instance::Instance,
	run::{Limits, Run},
	snapshot::{MemorySnapshot, Tracker},
	thread::on_guest_stack,
	Engine,
};
use opg_engine_types::Dims;
use std::{
	sync::{Mutex, MutexGuard, PoisonError},
	thread,
	time::{Duration, Instant},
};

/// A loaded model. Belongs to the engine that has made it.
pub struct Prepared {
	snapshot: MemorySnapshot,
	load_fuel: u64,
	memory_bytes: usize,
	engine: [u8; 32],
	/// Instances that are as after loading; no more than there are cores.
	idle: Mutex<Vec<Idle>>,
}

/// Instance that is as after loading.
struct Idle {
	instance: Instance,
	tracker: Tracker,
	/// Bytes of its memory that are not the snapshot's.
	kept: usize,
}

impl Prepared {
	/// Memory that it takes between two runs, in bytes: its snapshot, and what its instances keep. The
	/// latter differs from one run to the next.
	pub fn bytes(&self) -> usize {
		self.snapshot.stored() + self.idle().iter().map(|idle| idle.kept).sum::<usize>()
	}

	/// Fuel that loading took. It is no part of the fuel of a run.
	pub fn load_fuel(&self) -> u64 {
		self.load_fuel
	}

	/// Instances that wait for later runs, at the most one for each core.
	pub fn instances(&self) -> usize {
		self.idle().len()
	}

	fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
		self.idle.lock().unwrap_or_else(PoisonError::into_inner)
	}

	/// The limits of a run by `engine`, which must be the one that has prepared the model.
	fn limits(&self, engine: &Engine, limits: &Limits) -> Result<Limits, EngineError> {
		if self.engine != engine.id() {
			let (prepared_by, engine) = (self.engine, engine.id());
			return Err(EngineError::PreparedByOther { prepared_by, engine });
		}
		Ok(Limits { memory_bytes: self.memory_bytes, ..*limits })
	}

	/// Resumes `instance` after loading.
	fn resume(&self, instance: &mut Instance, limits: &Limits) -> Result<(), GuestError> {
		instance.resume(&self.snapshot)?;
		Ok(instance.begin(limits)?)
	}
}

impl Engine {
	/// Loads `model` with these symbolic dimensions bound, to be run with
	/// [`Engine::run_prepared`]. The fault, if there is one, is what [`Engine::run`] would give for
	/// any input.
	pub fn prepare(
		&self,
		model: &[u8],
		dims: &Dims,
		limits: &Limits,
	) -> Result<Run<Prepared>, EngineError> {
		let (run, _) = self.call(limits, |instance| {
			instance.load(model, dims)?;
			Ok(Prepared {
				snapshot: instance.snapshot()?,
				load_fuel: instance.spent()?,
				memory_bytes: limits.memory_bytes,
				engine: self.id(),
				idle: Mutex::default(),
			})
		})?;
		Ok(run)
	}

	/// Runs a prepared model: gives what [`Engine::run`] gives for the model, the input and the
	/// limits. The memory that may be used is that of [`Engine::prepare`].
	pub fn run_prepared(
		&self,
		prepared: &Prepared,
		input: &[u8],
		limits: &Limits,
	) -> Result<Run, EngineError> {
		self.call_prepared(prepared, limits, |instance| instance.run(input, limits.max_output))
	}

	/// Calls an instance that has just loaded the model.
	pub(crate) fn call_prepared<T: Send>(
		&self,
		prepared: &Prepared,
		limits: &Limits,
		call: impl FnOnce(&mut Instance) -> Result<T, GuestError> + Send,
	) -> Result<Run<T>, EngineError> {
		let limits = &prepared.limits(self, limits)?;
		if prepared.load_fuel > limits.load_fuel {
			return Ok(Run::out_of_load_fuel());
		}
		let kept = prepared.idle().pop();
		on_guest_stack(|| {
			let (mut instance, tracker, begun) = match kept {
				Some(Idle { mut instance, tracker, .. }) => {
					let begun = instance.begin(limits);
					(instance, Some(tracker), begun.map_err(GuestError::from))
				},
				None => {
					let mut instance = self.instance(limits)?;
					let begun = prepared.resume(&mut instance, limits);
					let tracker = begun.is_ok().then(|| Tracker::start(instance.memory()));
					(instance, tracker.flatten(), begun)
				},
			};
			let called = begun.and_then(|()| call(&mut instance));
			let run = instance.finish(called, limits)?;
			if let Some(tracker) = tracker.filter(|_| run.outcome.is_ok()) {
				if let Ok(kept) = prepared.snapshot.reset(instance.memory(), &tracker) {
					let mut idle = prepared.idle();
					if idle.len() < cores() {
						idle.push(Idle { instance, tracker, kept });
					}
				}
			}
			Ok(run)
		})
	}

	/// For benchmarks: the time that each of `count` runs takes in one instance, one after another
	/// and without what comes before and after a run.
	pub fn time(
		&self,
		prepared: &Prepared,
		input: &[u8],
		count: usize,
	) -> Result<Run<Vec<Duration>>, EngineError> {
		let limits = Limits {
			fuel: u64::MAX >> 1,
			load_fuel: u64::MAX >> 1,
			memory_bytes: 0,
			max_output: usize::MAX,
			time: None,
		};
		let limits = &prepared.limits(self, &limits)?;
		on_guest_stack(|| {
			let mut instance = self.instance(limits)?;
			let called = prepared.resume(&mut instance, limits).and_then(|()| {
				let times = (0..count).map(|_| {
					let start = Instant::now();
					instance.run(input, limits.max_output)?;
					Ok(start.elapsed())
				});
				times.collect()
			});
			instance.finish(called, limits)
		})
	}
}

fn cores() -> usize {
	thread::available_parallelism().map_or(1, usize::from)
}
