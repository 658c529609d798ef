//! The engine in processes of its own.
//!
//! Models come from strangers. What one does to the engine (an abort, memory that is not there) ends
//! a process that holds no keys and nothing else of the node, and costs one job.
//!
//! - [`supervisor`]: starts processes, gives them jobs, ends them and starts them again.
//! - [`child`]: the process itself.
//! - [`confine`]: what the process gives up before it sees a model.
//! - [`engines`]: engines besides the built-in one, compiled before jobs use them.
//! - [`inspect`]: models are looked at before they are served.
//! - [`wire`]: what they tell each other.

mod child;
mod confine;
mod engines;
mod inspect;
mod supervisor;
mod wire;

pub use child::serve;
pub use confine::{sandbox, Sandbox};
pub use inspect::{InspectError, Inspector};
pub use supervisor::EngineProgram;
pub(crate) use supervisor::ProcessRunner;
pub(crate) use wire::Setup;
