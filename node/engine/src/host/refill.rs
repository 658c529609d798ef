//! Fuel of a call: the artifact counts it in a variable, of which the host keeps most back.
//!
//! The guest asks for more when the variable is negative. In between the host looks at the time,
//! which is never part of a verdict. How the fuel is cut into slices is not either: the call ends
//! when variable and reserve together are negative.

use super::{
	clock::{Deadline, SLICE},
	State,
};
use opg_engine_meter::REFILL;
use wasmtime::{AsContextMut, Caller, Error, Global, Linker, Result, Trap, Val};

/// The function, as imports name it.
pub const IMPORTS: [(&str, &str); 1] = [REFILL];

/// What the host knows of the fuel of a call.
#[derive(Clone, Copy, Default)]
pub struct Fuel {
	/// The guest's variable, once it is instantiated.
	pub variable: Option<Global>,
	/// Fuel that is not in the variable.
	pub reserve: i64,
}

/// Defines the function.
pub fn link(linker: &mut Linker<State>) -> Result<()> {
	linker.func_wrap(REFILL.0, REFILL.1, |mut caller: Caller<'_, State>| {
		let left = left(&mut caller)?;
		refill(&mut caller, left)
	})?;
	Ok(())
}

/// Takes fuel for what the host does, or ends the call if there is not enough.
pub fn charge(caller: &mut Caller<'_, State>, fuel: u64) -> Result<()> {
	let variable = variable(&mut *caller)?;
	let before = variable.get(&mut *caller).i64().unwrap_or_default();
	let after = before.saturating_sub(clamp(fuel));
	if after >= 0 {
		return variable.set(caller, Val::I64(after));
	}
	let left = after.saturating_add(caller.data().fuel.reserve);
	refill(caller, left)
}

/// All fuel that is left, negative if more was used than there was.
pub fn left(mut store: impl AsContextMut<Data = State>) -> Result<i64> {
	let variable = variable(&mut store)?;
	let slice = variable.get(&mut store).i64().unwrap_or_default();
	Ok(slice.saturating_add(store.as_context_mut().data().fuel.reserve))
}

/// Makes this what is left.
pub fn fill(mut store: impl AsContextMut<Data = State>, left: i64) -> Result<()> {
	let variable = variable(&mut store)?;
	let mut context = store.as_context_mut();
	let state = context.data_mut();
	let slice = if state.deadline.is_never() { left } else { left.min(SLICE) };
	state.fuel.reserve = left - slice;
	variable.set(&mut store, Val::I64(slice))
}

/// Fuel as the guest counts it.
pub fn clamp(fuel: u64) -> i64 {
	i64::try_from(fuel).unwrap_or(i64::MAX)
}

/// Lets the guest go on with what is left, or ends the call.
fn refill(caller: &mut Caller<'_, State>, left: i64) -> Result<()> {
	fill(&mut *caller, left)?;
	if left < 0 {
		return Err(Trap::OutOfFuel.into());
	}
	let deadline: Deadline = caller.data().deadline;
	Ok(deadline.check()?)
}

fn variable(mut store: impl AsContextMut<Data = State>) -> Result<Global> {
	let variable = store.as_context_mut().data().fuel.variable;
	variable.ok_or_else(|| Error::msg("there is no fuel yet"))
}
