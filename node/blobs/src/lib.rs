#![doc = include_str!("../README.md")]

pub mod exchange;
pub mod labels;
pub mod leases;
pub mod store;
