#![doc = include_str!("../README.md")]

pub mod exchange;
pub mod labels;
pub mod store;
