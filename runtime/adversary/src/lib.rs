#![doc = include_str!("../README.md")]
// A call that fails ends the simulation.
#![allow(clippy::unwrap_used)]

mod bound;
mod game;
mod report;
mod row;

pub use bound::{check, must_lose, Violation};
pub use game::play;
pub use report::{csv, markdown};
pub use row::{all_rows, Outcomes, Row, Strategy, Watch};
