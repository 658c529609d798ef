//! Compiles the engine's guest to the artifact whose hash is the engine id.
//!
//! The artifact depends on the guest's sources, its lock file and the version of rustc, and on
//! nothing else: see [`opg_reproducible`], and `scripts/check-reproducible.sh` for a check. The
//! build script of `opg-engine` uses this library; the program of the same name is for that check.

pub use opg_reproducible::act_as_rustc;

use std::{
	env,
	ffi::{OsStr, OsString},
	fs, io,
	path::{Path, PathBuf},
	process::Command,
};

/// Target of the guest.
const TARGET: &str = "wasm32-wasip1";
/// Profile of the guest, in its manifest.
const PROFILE: &str = "engine";

/// A build of the guest.
#[derive(Clone, Debug)]
pub struct Build<'a> {
	/// The guest's folder, in which its manifest lies.
	pub guest: &'a Path,
	/// Folder for what is compiled on the way. May be shared by all profiles of the host.
	pub target: &'a Path,
	/// Crates that are compiled at once.
	pub jobs: &'a str,
}

/// The cause for which there is no artifact.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
	/// A program cannot be started, or a file cannot be read.
	#[error("{0}: {1}")]
	Io(String, #[source] io::Error),
	/// The guest's target is not installed.
	#[error("the Rust target {TARGET} is missing: run scripts/setup.sh")]
	MissingTarget,
	/// The guest does not compile.
	#[error("the engine's guest does not compile, see above")]
	Compile,
	/// The compiled module cannot be rewritten.
	#[error("the engine's guest: {0}")]
	Meter(#[from] opg_engine_meter::MeterError),
}

/// Compiles the guest and gives the artifact.
///
/// Uses the programs that the variables `CARGO` and `RUSTC` name, as a build script should. The
/// calling program must begin with [`act_as_rustc`].
pub fn build(build: &Build<'_>) -> Result<Vec<u8>, BuildError> {
	let program = |variable, default: &str| env::var_os(variable).unwrap_or(default.into());
	let (cargo, rustc) = (program("CARGO", "cargo"), program("RUSTC", "rustc"));
	let failed = |program: &OsStr| {
		let program = program.to_string_lossy().into_owned();
		move |error| BuildError::Io(program, error)
	};
	let wrapper = opg_reproducible::environment(&rustc).map_err(failed(&rustc))?;
	let mut command = Command::new(&cargo);
	for (name, _) in env::vars_os().filter(|(name, _)| !is_inherited(name)) {
		command.env_remove(name);
	}
	let status = command
		.current_dir(build.guest)
		.args(["build", "--locked", "--profile", PROFILE, "--target", TARGET])
		.args(["--jobs", build.jobs, "--target-dir"])
		.arg(build.target)
		.env("CARGO_ENCODED_RUSTFLAGS", flags())
		.env("CARGO_INCREMENTAL", "0")
		.env("RUSTC", &rustc)
		.envs(wrapper)
		.status()
		.map_err(failed(&cargo))?;
	if !status.success() {
		return Err(if has_target(&rustc) {
			BuildError::Compile
		} else {
			BuildError::MissingTarget
		});
	}
	let file = build.target.join(TARGET).join(PROFILE).join("opg_engine_guest.wasm");
	let guest = fs::read(&file).map_err(failed(file.as_os_str()))?;
	Ok(opg_engine_meter::meter(&guest)?)
}

/// Files and folders on which the artifact depends, for `cargo:rerun-if-changed`.
pub fn inputs(guest: &Path) -> Vec<PathBuf> {
	let types = guest.join("../types");
	["Cargo.toml", "Cargo.lock", "src"]
		.iter()
		.map(|name| guest.join(name))
		.chain(["Cargo.toml", "src"].iter().map(|name| types.join(name)))
		.collect()
}

fn flags() -> OsString {
	// The host sets the stack pointer back before each call.
	let stack_pointer = "-Clink-arg=--export=__stack_pointer";
	["-Ctarget-feature=+simd128", stack_pointer, opg_reproducible::RUSTFLAG].join("\x1f").into()
}

/// Flags, wrappers, profiles and the job server of the outer build are for the host. What says
/// where cargo finds crates is kept, and how it looks on a terminal.
fn is_inherited(name: &OsStr) -> bool {
	const KEPT: [&str; 6] = [
		"CARGO_HOME",
		"CARGO_NET_",
		"CARGO_HTTP_",
		"CARGO_REGISTR",
		"CARGO_SOURCE_",
		"CARGO_TERM_",
	];
	let name = name.to_string_lossy();
	let of_cargo = name.starts_with("CARGO") && !KEPT.iter().any(|kept| name.starts_with(kept));
	let of_rustc = name.starts_with("RUSTC") || name.ends_with("FLAGS") || name == "TARGET";
	!of_cargo && !of_rustc && !name.starts_with("TRACT_")
}

fn has_target(rustc: &OsStr) -> bool {
	let output = Command::new(rustc).args(["--print", "sysroot"]).output();
	output.is_ok_and(|output| {
		let sysroot = String::from_utf8_lossy(&output.stdout).trim().to_owned();
		Path::new(&sysroot).join("lib/rustlib").join(TARGET).is_dir()
	})
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn environment_should_not_reach_the_guest_when_it_changes_code() {
		for name in [
			"RUSTFLAGS",
			"CARGO_ENCODED_RUSTFLAGS",
			"CARGO_BUILD_RUSTFLAGS",
			"CARGO_PROFILE_RELEASE_LTO",
			"CARGO_TARGET_WASM32_WASIP1_LINKER",
			"CARGO_MAKEFLAGS",
			"RUSTC_WRAPPER",
			"RUSTC_BOOTSTRAP",
		] {
			assert!(!is_inherited(name.as_ref()), "{name}");
		}
		for name in ["PATH", "CARGO_HOME", "CARGO_NET_OFFLINE", "HTTPS_PROXY", "RUSTUP_TOOLCHAIN"] {
			assert!(is_inherited(name.as_ref()), "{name}");
		}
	}
}
