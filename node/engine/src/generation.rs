//! Fuel of generation: what a token and a block of the prompt take.
//!
//! A trial of a generator reads two tokens and generates three; no stop token ends it. Two more differ
//! from it by one new token, and by one token of the prompt. The caches have one size from the first
//! token on, so what one token takes, all take; only the choice among the logits differs a little.

use crate::{error::EngineError, run::Run};
use opg_engine_types::{
	tensor::{self, Tensor},
	Generation,
};

/// Exported function of guests that generate: a run that no stop token ends.
pub const EXPORT: &str = "opg_trial";

/// Measures them, given a trial's fuel and its input. Gives the fuel of a run that fills the context.
pub fn measure(
	generation: &mut Generation,
	fuel: u64,
	input: &[u8],
	mut trial: impl FnMut(&[u8]) -> Result<Run, EngineError>,
) -> Result<u64, EngineError> {
	let mut with = |name: &str, at: usize, value: i64| -> Result<u64, EngineError> {
		let mut tensors = tensor::decode(input).map_err(|e| malformed(&e.to_string()))?;
		let tensor: Option<&mut Tensor> = tensors.iter_mut().find(|tensor| tensor.name == name);
		let place = tensor.and_then(|tensor| tensor.data.get_mut(8 * at..8 * at + 8));
		place.ok_or_else(|| malformed(name))?.copy_from_slice(&value.to_le_bytes());
		Ok(trial(&tensor::encode(&tensors))?.fuel)
	};
	let two_new = with("max_new_tokens", 0, 2)?;
	let one_of_prompt = with("prompt", 1, -1)?;
	generation.token_fuel = fuel.saturating_sub(two_new);
	generation.block_fuel =
		fuel.saturating_sub(one_of_prompt).saturating_add(generation.token_fuel);
	let rest = fuel.saturating_sub(generation.fuel(2, 3));
	Ok(generation.most_fuel().saturating_add(rest))
}

fn malformed(what: &str) -> EngineError {
	wasmtime::Error::msg(format!("the guest's trial input is of another form: {what}")).into()
}
