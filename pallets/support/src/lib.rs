#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod committees;
pub mod economics;
mod executors;
mod models;
pub mod priority;
mod requests;
pub mod sampling;
mod types;
pub mod weight_budget;

pub use committees::*;
pub use executors::*;
pub use models::*;
pub use requests::*;
pub use types::*;
