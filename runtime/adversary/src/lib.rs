#![doc = include_str!("../README.md")]
// A call that fails ends the simulation.
#![allow(clippy::unwrap_used)]

mod bound;
mod disputes;
pub mod foresight;
mod game;
mod report;
mod rounds;
mod row;
mod stakes;
mod validators;

pub use bound::{chances, check, is_profitable, must_lose, Chance, Violation};
pub use game::{games, play, play_game};
pub use report::{csv, markdown};
pub use row::{all_rows, Bench, Outcomes, Row, Strategy, Watch};
