//! What the tests of the engine share.

// Each test file uses a part of this.
#![allow(dead_code)]

pub mod artifact;
pub mod attributes;
pub mod generator;
pub mod hostile;
pub mod mutate;
mod onnx;
pub mod operators;

pub use onnx::*;

use opg_engine::{tensor, Backend, Engine, EngineConfig, Limits};
use std::{env, path::PathBuf};

/// Limits that leave room for the small models of tests.
pub const LIMITS: Limits = Limits {
	fuel: 2_000_000_000,
	load_fuel: 2_000_000_000,
	memory_bytes: 256 << 20,
	max_output: 64 << 10,
	time: None,
};

/// An engine that all tests of a build share what is compiled of.
pub fn engine(backend: Backend) -> Engine {
	let cache = env::var_os("OPG_ENGINE_CACHE").map(PathBuf::from);
	let cache =
		cache.unwrap_or_else(|| concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache").into());
	Engine::with(EngineConfig { cache: Some(&cache), backend, ..Default::default() }).unwrap()
}
