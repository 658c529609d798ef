//! Tells the node which commit it was built from.

use std::{env, fs, path::Path, process::Command};

fn main() {
	let commit = env::var("SUBSTRATE_CLI_GIT_COMMIT_HASH").unwrap_or_else(|_| git_commit());
	let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
	println!("cargo:rustc-env=SUBSTRATE_CLI_IMPL_VERSION={version}-{commit}");
	println!("cargo:rerun-if-env-changed=SUBSTRATE_CLI_GIT_COMMIT_HASH");
	println!("cargo:rerun-if-changed=build.rs");
	// Every commit and every checkout adds a line here.
	let log = Path::new("../.git/logs/HEAD");
	if fs::exists(log).unwrap_or(false) {
		println!("cargo:rerun-if-changed={}", log.display());
	}
}

fn git_commit() -> String {
	Command::new("git")
		.args(["rev-parse", "--short=11", "HEAD"])
		.output()
		.ok()
		.filter(|output| output.status.success())
		.and_then(|output| String::from_utf8(output.stdout).ok())
		.map_or_else(|| "unknown".into(), |hash| hash.trim().into())
}
