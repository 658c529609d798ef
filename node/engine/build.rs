//! Compiles the guest to WebAssembly, for the host to embed.

use opg_engine_builder::{act_as_rustc, build, inputs, Build};
use std::{
	env, fs,
	path::{Path, PathBuf},
};

fn main() {
	act_as_rustc();
	let guest = Path::new(&var("CARGO_MANIFEST_DIR")).join("guest");
	println!("cargo:rerun-if-changed=build.rs");
	for input in inputs(&guest) {
		println!("cargo:rerun-if-changed={}", input.display());
	}
	println!("cargo:rustc-env=OPG_TARGET={}", var("TARGET"));
	let out = PathBuf::from(var("OUT_DIR"));
	// OUT_DIR is <target>/<profile>/build/<package>/out. All profiles share one guest, since its
	// bytes are the engine's identity.
	let target = out.ancestors().nth(4).expect("OUT_DIR has this form").join("engine-guest");
	let built = build(&Build { guest: &guest, target: &target, jobs: &var("NUM_JOBS") });
	let artifact = built.unwrap_or_else(|error| panic!("{error}"));
	fs::write(out.join("opg_engine_guest.wasm"), artifact).expect("OUT_DIR can be written to");
}

fn var(name: &str) -> String {
	env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}
