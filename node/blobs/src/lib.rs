#![doc = include_str!("../README.md")]

mod files;
pub mod store;

// The names that the chain uses today. They give way to those of `store` when models and engines
// are registered by BLAKE3.
pub use files::{content_hash, ContentHash, Error, Result, Store};
