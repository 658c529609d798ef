//! Builds the engine's artifact outside of cargo's own build, for `scripts/check-reproducible.sh`.
//!
//! ```text
//! opg-engine-builder GUEST TARGET JOBS ARTIFACT
//! ```

use opg_engine_builder::{act_as_rustc, build, Build};
use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
	act_as_rustc();
	let arguments: Vec<String> = env::args().skip(1).collect();
	let [guest, target, jobs, artifact] = &arguments[..] else {
		return Err("usage: opg-engine-builder GUEST TARGET JOBS ARTIFACT".into());
	};
	let built = build(&Build { guest: Path::new(guest), target: Path::new(target), jobs })?;
	Ok(fs::write(artifact, built)?)
}
