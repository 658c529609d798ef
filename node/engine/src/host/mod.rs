//! The host as the guest sees it: a system without files, time and chance, the model, fuel, and
//! kernels.

mod clock;
pub mod kernels;
mod model;
mod refill;
mod state;
mod wasi;

pub use kernels::IMPORTS as KERNELS;
pub use model::{ModelFile, IMPORTS as MODEL};
pub use refill::{clamp, fill, left, Fuel, IMPORTS as FUEL};
pub use state::State;
pub use wasi::WASI;

use wasmtime::{Linker, Module, Result};

/// Defines every import of `module`.
pub fn link(linker: &mut Linker<State>, module: &Module) -> Result<()> {
	wasi::link(linker, module)?;
	refill::link(linker)?;
	model::link(linker)?;
	kernels::link(linker)
}
