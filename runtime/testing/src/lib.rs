//! Test chain on the real runtime, whose executors give the answers that a test chooses.
//!
//! [`run`] starts a chain with executors and a model. [`request`] asks for an inference and draws
//! its committee; [`answer_all`] lets the committee commit and reveal. [`step`] begins the next
//! block. [`check_invariants`] ends every run.

// A failure here is a failure of the test.
#![allow(clippy::unwrap_used)]

mod actors;
mod attest;
mod chain;
mod court;
mod watch;

pub use actors::*;
pub use attest::*;
pub use chain::*;
pub use court::*;
pub use watch::*;
