//! Stand-in for the `wasm-opt` crate: drops debug sections of WASM modules.
//!
//! `substrate-wasm-builder` asks Binaryen for two passes and no optimisation. One pass, the
//! lowering of sign extension, has nothing to do: the target `wasm32v1-none` never emits those
//! instructions. The other pass drops debug sections.

use std::{fs, io, path::Path};
use wasmparser::{Encoding, Parser, Payload};

/// Passes that the wasm builder names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
	/// Drop the `.debug_*` custom sections.
	StripDwarf,
	/// Nothing to do on a target without sign-extension instructions.
	SignextLowering,
}

/// Failures of a run.
#[derive(Debug, thiserror::Error)]
pub enum OptimizationError {
	/// A file cannot be read or written.
	#[error(transparent)]
	Io(#[from] io::Error),
	/// The input is malformed.
	#[error("not a WASM module: {0}")]
	Malformed(#[from] wasmparser::BinaryReaderError),
	/// The input is a component, which has modules inside.
	#[error("a WASM component, not a module")]
	Component,
}

/// The builder of `wasm-opt`, as far as the wasm builder uses it.
#[derive(Clone, Debug, Default)]
pub struct OptimizationOptions {
	passes: Vec<Pass>,
}

impl OptimizationOptions {
	/// No optimisation.
	pub fn new_opt_level_0() -> Self {
		Self::default()
	}

	/// Changes nothing: the input has no features beyond the first version of WASM.
	pub fn mvp_features_only(&mut self) -> &mut Self {
		self
	}

	/// Changes nothing: function names are always kept.
	pub fn debug_info(&mut self, _keep_names: bool) -> &mut Self {
		self
	}

	/// Adds a pass to the run.
	pub fn add_pass(&mut self, pass: Pass) -> &mut Self {
		self.passes.push(pass);
		self
	}

	/// Reads a module from `input`, runs the passes, and writes it to `output`, which may be the
	/// same file.
	///
	/// # Errors
	///
	/// If a file cannot be read or written, or the input is not a module.
	pub fn run(
		&self,
		input: impl AsRef<Path>,
		output: impl AsRef<Path>,
	) -> Result<(), OptimizationError> {
		let module = fs::read(input)?;
		let module =
			if self.passes.contains(&Pass::StripDwarf) { strip_debug(&module)? } else { module };
		Ok(fs::write(output, module)?)
	}
}

/// The module without its `.debug_*` custom sections. Every other byte is kept.
fn strip_debug(module: &[u8]) -> Result<Vec<u8>, OptimizationError> {
	// Ranges first: the parser announces the code before it knows that all of it is there.
	let mut kept = Vec::new();
	let mut start = 0;
	for payload in Parser::new(0).parse_all(module) {
		let payload = payload?;
		let (end, is_debug) = match &payload {
			Payload::Version { encoding: Encoding::Component, .. } => {
				return Err(OptimizationError::Component);
			},
			Payload::Version { range, .. } => (range.end, false),
			Payload::CustomSection(section) => {
				(section.range().end, section.name().starts_with(".debug_"))
			},
			section => match section.as_section() {
				Some((_, contents)) => (contents.end, false),
				// A part of a section, or the module's end.
				None => continue,
			},
		};
		if !is_debug {
			kept.push(start..end);
		}
		start = end;
	}
	Ok(kept.into_iter().flat_map(|range| &module[range]).copied().collect())
}

#[cfg(test)]
mod tests {
	use super::{strip_debug, OptimizationError, OptimizationOptions, Pass};
	use std::{borrow::Cow, fs};
	use wasm_encoder::{
		CodeSection, CustomSection, Function, FunctionSection, Module, TypeSection, ValType,
	};

	/// A module with one function, and between its sections custom ones of these names.
	fn module(names: [&str; 3]) -> Vec<u8> {
		let custom =
			|name| CustomSection { name: Cow::Borrowed(name), data: Cow::Borrowed(b"abc") };
		let mut types = TypeSection::new();
		types.ty().function([ValType::I32], []);
		let mut functions = FunctionSection::new();
		functions.function(0);
		let mut code = CodeSection::new();
		let mut body = Function::new([]);
		body.instructions().end();
		code.function(&body);
		let mut module = Module::new();
		for (name, section) in names.into_iter().zip(0..) {
			if !name.is_empty() {
				module.section(&custom(name));
			}
			match section {
				0 => module.section(&types),
				1 => module.section(&functions),
				_ => module.section(&code),
			};
		}
		module.finish()
	}

	#[test]
	fn strip_should_drop_debug_sections_and_keep_the_others() {
		let stripped = strip_debug(&module([".debug_info", "name", ".debug_line"])).unwrap();
		assert_eq!(stripped, module(["", "name", ""]));
		let other = module(["name", ".debug", "producers"]);
		assert_eq!(strip_debug(&other).unwrap(), other);
	}

	#[test]
	fn strip_should_keep_headers_as_they_are_when_a_length_is_padded() {
		// A custom section `name` of five bytes; its length as two bytes.
		let padded = b"\0asm\x01\0\0\0\0\x85\0\x04name";
		assert_eq!(strip_debug(padded).unwrap(), padded);
	}

	#[test]
	fn strip_should_fail_when_the_input_is_no_module() {
		let whole = module(["", "", ""]);
		for bad in [&b"elf"[..], b"\0asm", &whole[..whole.len() - 1]] {
			assert!(matches!(strip_debug(bad), Err(OptimizationError::Malformed(_))), "{bad:?}");
		}
		let component = b"\0asm\x0d\0\x01\0";
		assert!(matches!(strip_debug(component), Err(OptimizationError::Component)));
	}

	#[test]
	fn run_should_leave_debug_sections_when_no_pass_drops_them() {
		let path = std::env::temp_dir().join(format!("wasm-opt-stand-in-{}", std::process::id()));
		let before = module(["", ".debug_info", ""]);
		fs::write(&path, &before).unwrap();
		let mut options = OptimizationOptions::new_opt_level_0();
		options.mvp_features_only().debug_info(true).add_pass(Pass::SignextLowering);
		options.run(&path, &path).unwrap();
		assert_eq!(fs::read(&path).unwrap(), before);
		options.add_pass(Pass::StripDwarf).run(&path, &path).unwrap();
		assert_eq!(fs::read(&path).unwrap(), module(["", "", ""]));
		fs::remove_file(&path).unwrap();
	}
}
