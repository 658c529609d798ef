//! The host as the guest sees it: a system without files, time and chance, and kernels.

mod clock;
pub mod kernels;
mod state;
mod wasi;

pub use clock::{drive, SLICE};
pub use kernels::IMPORTS as KERNELS;
pub use state::State;
pub use wasi::WASI;

use wasmtime::{Linker, Module, Result};

/// Defines every import of `module`.
pub fn link(linker: &mut Linker<State>, module: &Module) -> Result<()> {
	wasi::link(linker, module)?;
	kernels::link(linker)
}
