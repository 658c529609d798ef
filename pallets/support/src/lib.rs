#![doc = include_str!("../README.md")]
#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod calls;
mod committees;
mod courts;
pub mod economics;
mod executors;
mod models;
mod panels;
pub mod priority;
mod randomness;
mod requests;
pub mod sampling;
mod types;
mod votes;
pub mod weight_budget;
mod windows;

pub use calls::*;
pub use committees::*;
pub use courts::*;
pub use executors::*;
pub use models::*;
pub use panels::*;
pub use randomness::*;
pub use requests::*;
pub use types::*;
pub use votes::*;
pub use windows::*;
