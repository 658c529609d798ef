//! Runs: their limits, their outcome, and the classification of how a guest's call ended.

use crate::{
	error::{EngineError, GuestError},
	host::State,
};
use opg_engine_types::{ModelFault, Reason};
use std::time::Duration;
use wasmtime::Trap;

/// Limits of a run.
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

/// The result of a run. The same for the same model, input and limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run<T = Vec<u8>> {
	/// The encoded output tensors (see [`crate::tensor`]), or the fault for which there are none.
	pub outcome: Result<T, ModelFault>,
	/// Fuel used; the whole limit if it ran out.
	pub fuel: u64,
	/// The reason for programs, where the engine itself refuses the model or the input.
	pub reason: Option<Reason>,
	/// The same for people. Empty if there is an output.
	pub message: String,
}

impl<T> Run<T> {
	/// A run that used up this much fuel, which was its limit.
	pub(crate) fn out_of_fuel(limit: u64) -> Run<T> {
		Run {
			outcome: Err(ModelFault::OutOfFuel),
			fuel: limit,
			reason: None,
			message: "the fuel is used up".to_owned(),
		}
	}
}

/// The meaning of a call for the model: `called` is how it ended, `left` the fuel that remains,
/// `state` the host's side of it.
pub fn classify<T>(
	called: Result<T, GuestError>,
	left: u64,
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
	// Before any verdict: this one would differ between machines.
	if trap == Some(Trap::Interrupt) {
		return Err(EngineError::TimedOut(limits.time.unwrap_or_default()));
	}
	let fuel = limits.fuel - left;
	let (fault, reason, message) = match called {
		// Fuel is checked only now and then, so that a run can end well with none left. The rule
		// must not depend on where the checks are.
		_ if left == 0 => return Ok(Run::out_of_fuel(fuel)),
		Ok(data) => {
			return Ok(Run { outcome: Ok(data), fuel, reason: None, message: String::new() })
		},
		// Without a trap, `denied` means that not even the empty guest fits.
		Err(GuestError::Wasm(error)) if trap.is_none() && !state.denied && !state.exited => {
			return Err(error.into());
		},
		// How far the guest comes before its native stack ends depends on the machine.
		Err(GuestError::Wasm(_)) if trap == Some(Trap::StackOverflow) => {
			return Ok(Run {
				outcome: Err(ModelFault::BadModel),
				fuel: limits.fuel,
				reason: Some(Reason::StackUsedUp),
				message: "the stack is used up".to_owned(),
			});
		},
		Err(GuestError::Wasm(_)) => {
			let fault = if state.denied { ModelFault::OutOfMemory } else { ModelFault::Trapped };
			let cause = trap.map_or_else(|| fault.to_string(), |trap| trap.to_string());
			let printed = String::from_utf8_lossy(&state.printed);
			// Without Rust's advice on backtraces.
			let panic = printed.split("\nnote:").next().unwrap_or_default().trim();
			(fault, None, format!("{cause}; {panic}"))
		},
		Err(GuestError::TooLarge { length, limit }) => {
			let message = format!("the output has {length} bytes, at most {limit} are allowed");
			(ModelFault::OutputTooLarge, None, message)
		},
		Err(GuestError::Refused(reason, message)) => {
			let of_input = reason.is_of_input();
			let fault = if of_input { ModelFault::BadInput } else { ModelFault::BadModel };
			(fault, Some(reason), message)
		},
	};
	Ok(Run { outcome: Err(fault), fuel, reason, message })
}
