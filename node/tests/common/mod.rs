//! What the tests of the node share.

// Each test file uses a part of this.
#![allow(dead_code)]

pub mod network;
#[path = "../../engine/tests/common/onnx.rs"]
pub mod onnx;

use opg_execution::LocalEngine;
use std::{fs, path::PathBuf, process::Command};

/// The program that is tested.
pub const NODE: &str = env!("CARGO_BIN_EXE_opg-node");

/// Folder of the compiled engine that all tests share: to compile it for each takes a minute.
pub fn engine_cache() -> PathBuf {
	let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_else(std::env::temp_dir);
	home.join(".cache/opg-chain/engine-tests")
}

/// Compiles the engine, unless that was done before: nodes that start together would each compile it.
pub fn compile_engine() {
	LocalEngine::built_in(Some(&engine_cache())).expect("it compiles");
}

/// Engine processes that are children of this process.
pub fn engines_of(parent: u32) -> Vec<u32> {
	let processes = fs::read_dir("/proc").expect("there is one").flatten();
	let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
	ids.filter(|id| {
		let of = |file| fs::read_to_string(format!("/proc/{id}/{file}")).unwrap_or_default();
		of("cmdline").contains("engine-worker")
			&& of("status").lines().any(|line| line == format!("PPid:\t{parent}"))
	})
	.collect()
}

/// Tells whether a process runs, or could.
pub fn is_alive(process: u32) -> bool {
	let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
	!status.is_empty() && !status.contains("State:\tZ")
}

/// Sends a signal to a process.
pub fn signal(process: u32, name: &str) {
	assert!(try_signal(process, name));
}

/// Sends a signal to a process that may have ended. Tells whether it was there.
pub fn try_signal(process: u32, name: &str) -> bool {
	let kill = format!("kill -{name} {process} 2>&-");
	Command::new("sh").args(["-c", &kill]).status().expect("a shell").success()
}
