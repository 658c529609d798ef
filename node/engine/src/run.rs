//! Runs: their limits, their outcome, and the classification of how a guest's call ended.

use crate::{
	error::{EngineError, GuestError},
	host::{clamp, State},
};
use opg_engine_types::{ModelFault, Reason};
use std::time::Duration;
use wasmtime::Trap;

/// Limits of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
	/// Fuel for a run of the loaded model. It may use all of it.
	pub fuel: u64,
	/// Fuel for loading and preparing the model. Nothing of it is part of the fuel of a run.
	pub load_fuel: u64,
	/// Memory of the guest in bytes: the weights, and what a run computes. At most 4 GiB count.
	pub memory_bytes: usize,
	/// Longest encoded output, in bytes.
	pub max_output: usize,
	/// Time that a call of the engine may take, if there is a limit; see [`EngineError::TimedOut`].
	/// It is looked at between slices of fuel, milliseconds apart.
	pub time: Option<Duration>,
}

/// The result of a run. The same for the same model, input and limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run<T = Vec<u8>> {
	/// The encoded output tensors (see [`crate::tensor`]), or the fault for which there are none.
	pub outcome: Result<T, ModelFault>,
	/// Fuel that the run has used, without loading. The whole limit if it ran out, or if the guest
	/// was stopped in another way: by a trap, or a limit of memory or stack. 0 if the model did not
	/// load, for whatever reason.
	pub fuel: u64,
	/// The reason for programs, where the engine itself refuses the model or the input.
	pub reason: Option<Reason>,
	/// The same for people. Empty if there is an output.
	pub message: String,
}

impl<T> Run<T> {
	/// A run that used up this much fuel, which was its limit.
	fn out_of_fuel(limit: u64) -> Run<T> {
		Run {
			outcome: Err(ModelFault::OutOfFuel),
			fuel: limit,
			reason: None,
			message: "the fuel is used up".to_owned(),
		}
	}

	/// A run of a model for which there is not enough fuel to load it.
	pub(crate) fn out_of_load_fuel() -> Run<T> {
		Run {
			outcome: Err(ModelFault::OutOfFuel),
			fuel: 0,
			reason: None,
			message: "the fuel for loading is used up".to_owned(),
		}
	}
}

/// Where an instance stood when a call ended.
pub struct End {
	/// The model was being loaded.
	pub loading: bool,
	/// Fuel that was left, negative if it was used up.
	pub fuel: i64,
	/// The artifact's stack was used up.
	pub stack_used_up: bool,
}

/// The meaning of a call for the model: `called` is how it ended, `end` the instance's and `state`
/// the host's side of it.
pub fn classify<T>(
	called: Result<T, GuestError>,
	end: &End,
	state: State,
	limits: &Limits,
) -> Result<Run<T>, EngineError> {
	if let Some(error) = state.host_failure {
		return Err(EngineError::HostMemory(error));
	}
	let trap = match &called {
		Err(GuestError::Wasm(error)) => error.downcast_ref::<Trap>().copied(),
		_ => None,
	};
	// Before any verdict: these would differ between machines.
	match trap {
		Some(Trap::Interrupt) => {
			return Err(EngineError::TimedOut(limits.time.unwrap_or_default()));
		},
		Some(Trap::StackOverflow) => return Err(EngineError::NativeStack),
		_ => (),
	}
	// The variable is looked at only now and then, so a call can end in any way with less than
	// nothing left. The rule must not depend on where that is.
	if end.fuel < 0 {
		return Ok(if end.loading {
			Run::out_of_load_fuel()
		} else {
			Run::out_of_fuel(limits.fuel)
		});
	}
	let (used, all) = if end.loading {
		(0, 0)
	} else {
		((clamp(limits.fuel) - end.fuel).unsigned_abs(), limits.fuel)
	};
	let (fault, fuel, reason, message) = match called {
		Ok(data) => {
			return Ok(Run { outcome: Ok(data), fuel: used, reason: None, message: String::new() })
		},
		// Without a trap, `denied` means that not even the empty guest fits.
		Err(GuestError::Wasm(error)) if trap.is_none() && !state.denied && !state.exited => {
			return Err(error.into());
		},
		Err(GuestError::Wasm(_)) if end.stack_used_up => {
			let message = "the stack is used up".to_owned();
			(ModelFault::BadModel, all, Some(Reason::StackUsedUp), message)
		},
		Err(GuestError::Wasm(_)) => {
			let fault = if state.denied { ModelFault::OutOfMemory } else { ModelFault::Trapped };
			let cause = trap.map_or_else(|| fault.to_string(), |trap| trap.to_string());
			let printed = String::from_utf8_lossy(&state.printed);
			// Without Rust's advice on backtraces.
			let panic = printed.split("\nnote:").next().unwrap_or_default().trim();
			(fault, all, None, format!("{cause}; {panic}"))
		},
		Err(GuestError::TooLarge { length, limit }) => {
			let message = format!("the output has {length} bytes, at most {limit} are allowed");
			(ModelFault::OutputTooLarge, used, None, message)
		},
		Err(GuestError::Refused(reason, message)) => {
			let of_input = reason.is_of_input();
			let fault = if of_input { ModelFault::BadInput } else { ModelFault::BadModel };
			(fault, used, Some(reason), message)
		},
	};
	Ok(Run { outcome: Err(fault), fuel, reason, message })
}
