//! The engine: that it is the pinned one, that it computes what others compute, and that the system
//! keeps it in its place.

use super::Line;
use opg_engine::tensor::{self, DType, Tensor};
use opg_execution::{engine_id, limits, Execution, ExecutionError, LocalEngine, PINNED_ENGINE_ID};
use opg_primitives::{Dims, Outcome, VersionLimits};
use opg_worker::Sandbox;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use std::{path::Path, time::Instant};

/// A model of convolutions and matrix products that reads a digit.
const MODEL: &[u8] = include_bytes!("../../../docs/examples/digits/digits.onnx");

/// BLAKE2b-256 of the output of the model for the [input] of this test. It changes with the
/// arithmetic of the engine only, which must not change.
const OUTPUT: &str = include_str!("engine-test.blake2b");

const LIMITS: VersionLimits = VersionLimits::inline(1_000_000_000, 1_000_000_000, 512);

/// Lines about the engine. Where it was never compiled here, that takes up to a minute.
pub(super) fn all(cache: &Path) -> Vec<Line> {
	vec![identity(H256(engine_id()), H256(PINNED_ENGINE_ID)), self_test(cache)]
}

fn identity(built_in: H256, pinned: H256) -> Line {
	if built_in == pinned {
		return Line::ok("engine", format!("{built_in:?}, as the source names it"));
	}
	Line::failed(
		"engine",
		format!("{built_in:?}, and the source names {pinned:?}"),
		"build the node again as the README says, or take a released one",
	)
}

fn self_test(cache: &Path) -> Line {
	let name = "self-test";
	let started = Instant::now();
	match outputs(cache) {
		Err(error) => Line::failed(
			name,
			format!("the engine does not run: {error}"),
			format!("see that {} can be written and has room", cache.display()),
		),
		Ok(outputs) if outputs.iter().any(|output| output != OUTPUT.trim()) => Line::failed(
			name,
			format!(
				"this machine computes {}, and all others {}",
				outputs.join(", "),
				OUTPUT.trim()
			),
			"do not serve from this machine: its memory or processor may be damaged. Remove the \
			 folder of the compiled engine and check once more",
		),
		Ok(_) => Line::ok(
			name,
			format!("computes what others compute ({} ms)", started.elapsed().as_millis()),
		),
	}
}

/// Hashes of the output: of a model loaded for this run, of one loaded before, and of that again.
fn outputs(cache: &Path) -> Result<Vec<String>, ExecutionError> {
	let engine = LocalEngine::built_in(Some(cache))?;
	let (dims, limits) = (Dims::default(), limits(&LIMITS));
	let mut outputs = Vec::new();
	for _ in 0..2 {
		let prepared = match engine.prepare(MODEL, &dims, &limits)? {
			Ok(prepared) => prepared,
			Err(execution) => {
				outputs.push(hash(&execution));
				continue;
			},
		};
		for _ in 0..2 {
			outputs.push(hash(&engine.run_prepared(&prepared, &input(), &limits)?));
		}
	}
	Ok(outputs)
}

fn hash(execution: &Execution) -> String {
	match &execution.answer.outcome {
		Outcome::Output(output) => format!("{:?}", H256(blake2_256(output))),
		Outcome::Error(error) => format!("{error:?}"),
		Outcome::Stored(content) => format!("{:?}", content.hash),
	}
}

/// A picture of stripes, encoded.
fn input() -> Vec<u8> {
	let data = (0..64u8).flat_map(|pixel| (f32::from(pixel % 17) / 16.0).to_le_bytes()).collect();
	let tensor = Tensor { name: "pixels".into(), dtype: DType::F32, shape: vec![1, 64], data };
	tensor::encode(&[tensor])
}

/// What keeps engine processes from the files of the node.
pub(super) fn sandbox() -> Line {
	judge_sandbox(opg_worker::sandbox())
}

fn judge_sandbox(sandbox: Sandbox) -> Line {
	let name = "sandbox";
	match sandbox {
		Sandbox::Full => Line::ok(name, "Landlock keeps engine processes from files and network"),
		Sandbox::Partial => Line::warning(
			name,
			"Landlock of this kernel keeps engine processes from files, but not from all else",
			"a kernel from 6.7 on keeps them from the network too",
		),
		Sandbox::None => Line::warning(
			name,
			"this kernel has no Landlock: a flaw of the engine could read the keys of the node",
			"take a kernel from 5.13 on, with `landlock` in /sys/kernel/security/lsm",
		),
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::check::Level;

	/// The folder of the compiled engine that all tests share.
	fn cache() -> std::path::PathBuf {
		let home = std::env::var_os("HOME").map(Into::into).unwrap_or_else(std::env::temp_dir);
		home.join(".cache/opg-chain/engine-tests")
	}

	#[test]
	fn self_test_should_find_the_pinned_output() {
		if std::env::var_os("OPG_BLESS").is_some() {
			let outputs = outputs(&cache()).expect("it runs");
			let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/check/engine-test.blake2b");
			std::fs::write(path, format!("{}\n", outputs[0])).expect("it can be written");
			return;
		}
		let line = self_test(&cache());
		assert_eq!(line.level, Level::Ok, "{line}");
	}

	#[test]
	fn engine_should_fail_with_both_ids_when_it_is_not_the_pinned_one() {
		let line = identity(H256::repeat_byte(1), H256::repeat_byte(2));
		assert_eq!(line.level, Level::Failed);
		assert!(line.finding.contains("0x0101") && line.finding.contains("0x0202"), "{line}");
	}

	#[test]
	fn sandbox_should_be_a_warning_when_the_kernel_has_less() {
		assert_eq!(judge_sandbox(Sandbox::Full).level, Level::Ok);
		assert_eq!(judge_sandbox(Sandbox::Partial).level, Level::Warning);
		assert_eq!(judge_sandbox(Sandbox::None).level, Level::Warning);
	}
}
