//! Reproducible WebAssembly: one source gives the same module on every machine.
//!
//! Three things about a machine get into what rustc writes:
//!
//! - *Paths* of source files, in messages of panics. They name the user's home, the folder of the
//!   registry, a vendored source, the checkout and the target folder.
//! - *Paths of the standard library*. They are `/rustc/<commit>/…` in the precompiled library, but
//!   `<sysroot>/lib/rustlib/src/rust/…` in generic code where the component `rust-src` is installed.
//! - *Names of symbols*, and with them the order of functions. Cargo gives each crate a number
//!   (`-C metadata`), which depends on the host and on where a path dependency lies.
//!
//! So cargo gets a wrapper for rustc, which is the build script itself. For crates of a WebAssembly
//! target it names the crate's folder by package and version, and the crate's number likewise. What
//! is compiled for the host stays as it is.
//!
//! ```no_run
//! // In build.rs:
//! opg_reproducible::act_as_rustc();
//! let mut cargo = std::process::Command::new("cargo");
//! cargo.args(["build", "--target", "wasm32-wasip1"]);
//! cargo.envs(opg_reproducible::environment("rustc".as_ref())?);
//! cargo.env("RUSTFLAGS", opg_reproducible::RUSTFLAG);
//! # Ok::<(), std::io::Error>(())
//! ```

use std::{
	env,
	ffi::{OsStr, OsString},
	fs, io,
	path::Path,
	process::{exit, Command},
};

/// A flag for `RUSTFLAGS` with the version of the mapping. With it, cargo does not reuse what was
/// compiled without the wrapper or with another version of it.
pub const RUSTFLAG: &str = "--cfg=opg_reproducible_1";

/// Tells the wrapper that it is one. Its value is the folder of the standard library's sources, a
/// line feed, and the name that rustc gives to it where it is not installed.
const ASKED: &str = "OPG_REPRODUCIBLE";

/// Variables that let cargo start this program instead of `rustc`.
///
/// The program must call [`act_as_rustc`] first of all.
pub fn environment(rustc: &OsStr) -> io::Result<[(&'static str, OsString); 3]> {
	let said = |argument: &[&str]| -> io::Result<String> {
		let output = Command::new(rustc).args(argument).output()?;
		String::from_utf8(output.stdout).map_err(io::Error::other)
	};
	let sources = Path::new(said(&["--print", "sysroot"])?.trim()).join("lib/rustlib/src/rust");
	// rustc follows this link and no other.
	let sources = fs::read_link(&sources).unwrap_or(sources);
	let version = said(&["-vV"])?;
	let find = |key| version.lines().find_map(|line| line.strip_prefix(key));
	let commit = find("commit-hash: ").or_else(|| find("release: ")).unwrap_or_default();
	let mut asked = sources.into_os_string();
	asked.push(format!("\n/rustc/{commit}"));
	Ok([
		(ASKED, asked),
		("RUSTC_WRAPPER", env::current_exe()?.into()),
		// Empty variables also undo what a user's configuration says.
		("RUSTC_WORKSPACE_WRAPPER", OsString::new()),
	])
}

/// Acts as rustc, and ends the process, where cargo has started this program in its place. Else
/// does nothing.
pub fn act_as_rustc() {
	let mut arguments = env::args_os().skip(1);
	let (Some(asked), Some(rustc)) = (env::var_os(ASKED), arguments.next()) else { return };
	let arguments: Vec<OsString> = arguments.collect();
	let package = || Some((env::var("CARGO_PKG_NAME").ok()?, env::var("CARGO_PKG_VERSION").ok()?));
	let arguments = match package() {
		Some((name, version)) if is_for_wasm(&arguments) => {
			let name = format!("{name}-{version}");
			let mut mapped = with_metadata(arguments, &name);
			let mut map = |from: &OsStr, to: &str| {
				let mut flag = OsString::from("--remap-path-prefix=");
				flag.push(from);
				flag.push(format!("={to}"));
				mapped.push(flag);
			};
			for (variable, to) in
				[("CARGO_MANIFEST_DIR", format!("/{name}")), ("OUT_DIR", format!("/{name}/out"))]
			{
				if let Some(from) = env::var_os(variable) {
					map(&from, &to);
				}
			}
			if let Some((from, to)) = asked.to_str().and_then(|asked| asked.split_once('\n')) {
				map(from.as_ref(), to);
			}
			mapped
		},
		_ => arguments,
	};
	match Command::new(&rustc).args(arguments).status() {
		Ok(status) => exit(status.code().unwrap_or(1)),
		Err(error) => {
			eprintln!("cannot start {}: {error}", Path::new(&rustc).display());
			exit(1)
		},
	}
}

fn is_for_wasm(arguments: &[OsString]) -> bool {
	arguments.windows(2).any(|pair| {
		pair[0] == "--target" && pair[1].to_str().is_some_and(|target| target.starts_with("wasm32"))
	})
}

/// The arguments with this as the crate's number, and without a linker of the user's choice.
fn with_metadata(arguments: Vec<OsString>, metadata: &str) -> Vec<OsString> {
	let mut out = Vec::new();
	let mut rest = arguments.into_iter();
	while let Some(argument) = rest.next() {
		if argument != "-C" {
			out.push(argument);
			continue;
		}
		let option = rest.next().unwrap_or_default();
		let key = option.to_string_lossy().split('=').next().unwrap_or_default().to_owned();
		match key.as_str() {
			"linker" => (),
			"metadata" => out.extend([argument, format!("metadata={metadata}").into()]),
			_ => out.extend([argument, option]),
		}
	}
	out
}

#[cfg(test)]
mod tests {
	use super::*;

	fn arguments(text: &str) -> Vec<OsString> {
		text.split(' ').map(OsString::from).collect()
	}

	#[test]
	fn metadata_should_name_the_package_when_cargo_has_numbered_it() {
		let given = arguments("--crate-name x -C opt-level=3 -C metadata=12ab -C linker=ld -L x");
		let expected = arguments("--crate-name x -C opt-level=3 -C metadata=x-0.1.0 -L x");
		assert_eq!(with_metadata(given, "x-0.1.0"), expected);
	}

	#[test]
	fn host_crates_should_stay_as_they_are() {
		assert!(is_for_wasm(&arguments("--crate-name x --target wasm32-wasip1")));
		assert!(!is_for_wasm(&arguments("--crate-name x --target aarch64-unknown-linux-gnu")));
		assert!(!is_for_wasm(&arguments("--crate-name wasm32-wasip1")));
	}
}
