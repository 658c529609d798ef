//! Stands in for the `wasm-opt` crate in this workspace (see `[patch.crates-io]`).
//!
//! `substrate-wasm-builder` asks Binaryen for two passes and no optimisation. One of them,
//! lowering of sign extension, has nothing to do on `wasm32v1-none`, which never emits the
//! instructions. The other drops debug sections. Doing that here saves ten CPU minutes of C++.

use std::{fmt, fs, io, path::Path};

/// The passes that the wasm builder names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
	/// Drop the `.debug_*` custom sections.
	StripDwarf,
	/// Nothing to do on a target without sign-extension instructions.
	SignextLowering,
}

/// What went wrong.
#[derive(Debug)]
pub enum OptimizationError {
	/// Reading or writing a file.
	Io(io::Error),
	/// The input is not a WASM module.
	NotWasm,
}

impl fmt::Display for OptimizationError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::Io(e) => write!(f, "{e}"),
			Self::NotWasm => f.write_str("not a WASM module"),
		}
	}
}

impl std::error::Error for OptimizationError {}

impl From<io::Error> for OptimizationError {
	fn from(e: io::Error) -> Self {
		Self::Io(e)
	}
}

/// The builder of `wasm-opt`, as far as the wasm builder uses it.
#[derive(Default)]
pub struct OptimizationOptions {
	passes: Vec<Pass>,
}

impl OptimizationOptions {
	/// No optimisation.
	pub fn new_opt_level_0() -> Self {
		Self::default()
	}
	/// The input already is MVP.
	pub fn mvp_features_only(&mut self) -> &mut Self {
		self
	}
	/// The name section is always kept.
	pub fn debug_info(&mut self, _keep_names: bool) -> &mut Self {
		self
	}
	/// Ask for a pass.
	pub fn add_pass(&mut self, pass: Pass) -> &mut Self {
		self.passes.push(pass);
		self
	}
	/// Read, transform, write.
	pub fn run(
		&self,
		input: impl AsRef<Path>,
		output: impl AsRef<Path>,
	) -> Result<(), OptimizationError> {
		let module = fs::read(input)?;
		let out = if self.passes.contains(&Pass::StripDwarf) {
			strip_debug(&module).ok_or(OptimizationError::NotWasm)?
		} else {
			module
		};
		Ok(fs::write(output, out)?)
	}
}

fn leb(bytes: &[u8], at: &mut usize) -> Option<usize> {
	let mut value = 0u64;
	for shift in (0..35).step_by(7) {
		let byte = *bytes.get(*at)?;
		*at += 1;
		value |= u64::from(byte & 0x7f) << shift;
		if byte & 0x80 == 0 {
			return usize::try_from(value).ok();
		}
	}
	None
}

fn strip_debug(module: &[u8]) -> Option<Vec<u8>> {
	if !module.starts_with(b"\0asm") || module.len() < 8 {
		return None;
	}
	let mut out = module[..8].to_vec();
	let mut at = 8;
	while at < module.len() {
		let start = at;
		let id = module[at];
		at += 1;
		let size = leb(module, &mut at)?;
		let end = at.checked_add(size).filter(|end| *end <= module.len())?;
		let debug = id == 0 && {
			let mut name_at = at;
			let len = leb(module, &mut name_at)?;
			module.get(name_at..name_at + len)?.starts_with(b".debug_")
		};
		if !debug {
			out.extend_from_slice(&module[start..end]);
		}
		at = end;
	}
	Some(out)
}

#[cfg(test)]
mod tests {
	use super::strip_debug;

	#[test]
	fn strip_should_drop_debug_sections_and_keep_the_others() {
		let mut module = b"\0asm\x01\0\0\0".to_vec();
		module.extend_from_slice(b"\0\x0a\x06.debug_abc"[..].split_at(0).1);
		module[9] = 10;
		let kept = module[..8].to_vec();
		module.truncate(8 + 2 + 10);
		assert_eq!(strip_debug(&module), Some(kept));
		let other = b"\0asm\x01\0\0\0\0\x05\x04name".to_vec();
		assert_eq!(strip_debug(&other), Some(other));
		assert_eq!(strip_debug(b"elf"), None);
	}
}
