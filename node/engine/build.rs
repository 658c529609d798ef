//! Compiles the guest to WebAssembly, for the host to embed.

#[path = "build/meter.rs"]
mod meter;

use std::{
	env, fs,
	path::{Path, PathBuf},
	process::Command,
};

const TARGET: &str = "wasm32-wasip1";

fn main() {
	let host = PathBuf::from(var("CARGO_MANIFEST_DIR"));
	let out = PathBuf::from(var("OUT_DIR"));
	let guest = host.join("guest");
	for input in [
		"build.rs",
		"build",
		"guest/Cargo.toml",
		"guest/Cargo.lock",
		"guest/src",
		"src/dims.rs",
		"src/reason.rs",
		"src/report.rs",
		"src/tensor.rs",
	] {
		println!("cargo:rerun-if-changed={input}");
	}
	println!("cargo:rustc-env=OPG_TARGET={}", var("TARGET"));
	// OUT_DIR is <target>/<profile>/build/<package>/out. All profiles share one guest, since its
	// bytes are the engine's identity.
	let target = out.ancestors().nth(4).expect("OUT_DIR has this form").join("engine-guest");

	let mut cargo = Command::new(var("CARGO"));
	// The outer build's flags, wrappers and job server are for the host.
	for (name, _) in env::vars_os() {
		let name = name.to_string_lossy();
		let keep = ["CARGO_HOME", "CARGO_NET_", "CARGO_HTTP_", "CARGO_REGISTR", "CARGO_SOURCE_"];
		let outer =
			name.starts_with("CARGO") && !keep.iter().any(|prefix| name.starts_with(prefix));
		let flags = name.starts_with("RUSTC") || name.ends_with("FLAGS") || name == "TARGET";
		if outer || flags {
			cargo.env_remove(&*name);
		}
	}
	let status = cargo
		.current_dir(&guest)
		.args(["build", "--release", "--locked", "--target", TARGET, "--jobs", &var("NUM_JOBS")])
		.arg("--target-dir")
		.arg(&target)
		.env("CARGO_ENCODED_RUSTFLAGS", flags(&host))
		.env("CARGO_INCREMENTAL", "0")
		.status()
		.expect("cargo starts, for it has started this script");
	if !status.success() {
		let installed = Path::new(&sysroot()).join("lib/rustlib").join(TARGET).is_dir();
		if !installed {
			panic!("the Rust target {TARGET} is missing: run scripts/setup.sh");
		}
		panic!("the engine's guest does not compile, see above");
	}
	let guest = fs::read(target.join(TARGET).join("release/opg_engine_guest.wasm"));
	let metered = meter::meter(&guest.expect("cargo has left the guest there"));
	fs::write(out.join("opg_engine_guest.wasm"), metered.expect("the guest is a module"))
		.expect("OUT_DIR is there to be written to");
}

/// Flags of the guest, with all that depends on where things are installed mapped away.
fn flags(host: &Path) -> String {
	let home = env::var("CARGO_HOME")
		.or_else(|_| env::var("HOME").map(|home| format!("{home}/.cargo")))
		.unwrap_or_default();
	let mut flags = vec!["-Ctarget-feature=+simd128".to_owned()];
	for (from, to) in [
		(format!("{}/lib/rustlib/src/rust", sysroot()), "/rust"),
		(home, "/cargo"),
		(host.display().to_string(), "/engine"),
	] {
		flags.push(format!("--remap-path-prefix={from}={to}"));
	}
	flags.join("\x1f")
}

fn sysroot() -> String {
	let output = Command::new(var("RUSTC")).args(["--print", "sysroot"]).output();
	let output = output.expect("rustc starts, for cargo has named it");
	String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn var(name: &str) -> String {
	env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}
