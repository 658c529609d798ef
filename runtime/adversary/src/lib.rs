#![doc = include_str!("../README.md")]
// A call that fails ends the simulation.
#![allow(clippy::unwrap_used)]

mod bound;
pub mod foresight;
mod game;
mod report;
mod row;
mod stakes;
mod validators;

pub use bound::{check, is_left_to_chance, is_profitable, must_lose, Violation, MANY_LIES};
pub use game::play;
pub use report::{csv, markdown};
pub use row::{all_rows, Bench, Outcomes, Row, Strategy, Watch};
