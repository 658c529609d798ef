//! Fuel and stack of an engine, as its artifact counts them.
//!
//! What decides a verdict must be part of the artifact, whose hash names the engine. So [`meter`]
//! rewrites the compiled guest: the module that comes out counts its own fuel and the height of its
//! own stack, in the same way under every compiler and in every interpreter. [`is_metered`] tells
//! whether a module is such a result.
//!
//! # Fuel
//!
//! A variable of type i64, exported as [`FUEL`], holds what is left. The host sets it before a call
//! and reads it afterwards.
//!
//! - An instruction costs a unit, a few cost more: see `cost.rs`. Structure costs nothing.
//! - Instructions are paid for at the end of the straight piece of code that they stand in: before
//!   anything that branches, and before each call. What leads to `unreachable` is free.
//! - `memory.copy` and `memory.fill` cost a unit for 8 bytes, `memory.grow` 8192 for 64 KiB. They
//!   are paid for first.
//! - At the beginning of each turn of a loop, and of each function that has a loop or a call, a
//!   negative variable makes the guest call the import [`REFILL`]. The host adds fuel that it has
//!   kept back and lets the guest go on, or ends the call. So it can look at the time in between.
//!
//! Within a function the variable is kept in a local. It has the right value whenever the host can
//! look at it, but for traps other than those of the host.
//!
//! # Stack
//!
//! A variable of type i32, exported as [`STACK`], holds the bytes that are left of [`STACK_LIMIT`].
//! The host sets it back before each call. A function that can come to call itself takes the height
//! of its frame and gives it back when it returns. If nothing is left, the variable is negative and
//! the guest traps.
//!
//! A frame has 64 bytes for the call, 16 for each v128 and 8 for each other parameter and local,
//! and 16 for each operand at the place where there are most. Which functions count, `graph.rs`
//! says.

mod body;
mod cost;
mod graph;
mod module;
mod shape;
mod strip;
#[cfg(test)]
mod tests;

pub use module::meter;

use wasmparser::{BinaryReaderError, WasmFeatures};

/// Exported name of the variable that holds the fuel.
pub const FUEL: &str = "opg_fuel";
/// Exported name of the variable that holds what is left of the stack.
pub const STACK: &str = "opg_stack";
/// The import, without arguments and results, by which the guest asks for more fuel.
pub const REFILL: (&str, &str) = ("opg-fuel-1", "refill");
/// Most bytes of all frames together.
pub const STACK_LIMIT: u32 = 4 << 20;

/// Proposals of WebAssembly that engines may use, besides version 1. Of the reference types only
/// the longer form of a number in `call_indirect`.
pub const FEATURES: WasmFeatures = WasmFeatures::WASM1
	.union(WasmFeatures::SATURATING_FLOAT_TO_INT)
	.union(WasmFeatures::SIGN_EXTENSION)
	.union(WasmFeatures::MULTI_VALUE)
	.union(WasmFeatures::BULK_MEMORY)
	.union(WasmFeatures::CALL_INDIRECT_OVERLONG)
	.union(WasmFeatures::SIMD);

/// The cause for which a module cannot be metered.
#[derive(Debug, thiserror::Error)]
pub enum MeterError {
	/// It is not valid with the proposals that engines may use.
	#[error("it is no WebAssembly module, or one of a proposal that engines may not use: {0}")]
	Invalid(String),
	/// It has something that metering does not know.
	#[error("it cannot be metered: {0}")]
	Unknown(&'static str),
}

impl From<BinaryReaderError> for MeterError {
	fn from(error: BinaryReaderError) -> Self {
		Self::Invalid(error.to_string())
	}
}

/// Whether `artifact` is what [`meter`] makes of a module.
///
/// What was added is taken out and added once more. That must give the same bytes. So a mistake in
/// taking out can refuse an artifact, but not let one through.
pub fn is_metered(artifact: &[u8]) -> bool {
	strip::strip(artifact).and_then(|module| meter(&module)).is_ok_and(|again| again == artifact)
}
