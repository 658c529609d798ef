//! Rules of artifacts: what a WebAssembly module must be like to be an engine.
//!
//! Prepared models rest on them: all that an instance keeps between two calls is in its memory, so
//! a copy of the memory is the whole instance. Verdicts rest on them too: the module counts its
//! fuel and its stack itself, as [`opg_engine_meter`] defines. They are checked by parsing, before
//! the module is compiled.

use crate::{
	generation,
	host::{FUEL as REFILL, KERNELS, MODEL, WASI},
	instance::STACK_POINTER,
	witness,
};
use opg_engine_meter::{is_metered, FEATURES, FUEL, STACK};
use wasmparser::{
	BinaryReaderError, CompositeInnerType, DataKind, ElementKind, ExternalKind, FuncType,
	FunctionBody, Operator, Parser, Payload, RefType, TypeRef, ValType, Validator,
};

/// Variables that an artifact may have. The host sets them before each call.
const VARIABLES: [(&str, ValType); 3] =
	[(STACK_POINTER, ValType::I32), (STACK, ValType::I32), (FUEL, ValType::I64)];

/// Most entries of the table, which lies outside of the memory limit.
const MAX_TABLE: u64 = 1 << 20;

/// Functions that the host calls: numbers of arguments and results, all of them i32.
const EXPORTS: [(&str, usize, usize); 6] = [
	("_initialize", 0, 0),
	("opg_alloc", 1, 1),
	("opg_load", 3, 1),
	("opg_describe", 0, 1),
	("opg_zeros", 0, 1),
	("opg_run", 2, 1),
];

/// The same of functions that older engines do not have: those from before witnesses, and from before
/// generation.
const OPTIONAL_EXPORTS: [(&str, usize, usize); 2] =
	[(witness::EXPORT, 3, 1), (generation::EXPORT, 2, 1)];

/// The rule that an artifact breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
	/// It is not valid with the proposals that engines may use.
	#[error("it is no WebAssembly module, or one of a proposal that engines may not use: {0}")]
	Invalid(String),
	/// An import that no engine has.
	#[error("it imports `{0}`, which the host does not give to engines")]
	Import(String),
	/// A variable that the host does not set, and that a copy of the memory would not have.
	#[error(
		"it keeps state outside of its memory: a variable that is not the stack pointer or a counter, \
		 exported and of the right type"
	)]
	Global,
	/// A table that can change, or is too large.
	#[error("it keeps state outside of its memory: a table that can change, or is too large")]
	Table,
	/// A segment that is not copied at the start.
	#[error("it keeps state outside of its memory: segments that are not copied at the start")]
	Segment,
	/// A function that runs at the start.
	#[error("it has a function that runs before the host calls it")]
	Start,
	/// Not the one memory.
	#[error("it must define one memory, exported as `memory`")]
	Memory,
	/// It does not count its fuel and its stack, or not as all engines do.
	#[error("it is not metered: it does not count its fuel and its stack as engines do")]
	Unmetered,
	/// An export that is missing, or of another type.
	#[error("it does not export the function `{0}` as the host calls it")]
	Export(&'static str),
}

impl From<BinaryReaderError> for ArtifactError {
	fn from(error: BinaryReaderError) -> Self {
		Self::Invalid(error.to_string())
	}
}

/// Checks that `module` can be an engine. Says nothing about its answers.
pub fn check_artifact(module: &[u8]) -> Result<(), ArtifactError> {
	Validator::new_with_features(FEATURES).validate_all(module)?;
	let mut found = Found::default();
	for payload in Parser::new(0).parse_all(module) {
		found.add(payload?)?;
	}
	found.finish()?;
	if is_metered(module) {
		Ok(())
	} else {
		Err(ArtifactError::Unmetered)
	}
}

/// What was found in a module that is valid.
#[derive(Default)]
struct Found {
	types: Vec<FuncType>,
	/// Types of the functions, those that are imported first.
	functions: Vec<u32>,
	memories: u32,
	/// Numbers and types of the variables.
	variables: Vec<(u32, ValType)>,
	exports: Vec<(String, ExternalKind, u32)>,
}

impl Found {
	fn add(&mut self, payload: Payload<'_>) -> Result<(), ArtifactError> {
		match payload {
			Payload::TypeSection(section) => {
				for group in section {
					self.types.extend(group?.into_types().filter_map(|ty| {
						match ty.composite_type.inner {
							CompositeInnerType::Func(ty) => Some(ty),
							_ => None,
						}
					}));
				}
			},
			Payload::ImportSection(section) => {
				for import in section {
					let import = import?;
					let name =
						|| ArtifactError::Import(format!("{}.{}", import.module, import.name));
					let TypeRef::Func(ty) = import.ty else { return Err(name()) };
					let known = match import.module {
						// Calls that nobody defines fail with a number.
						WASI => self.results(ty).is_some_and(|all| all.len() <= 1 && only_i32(all)),
						module => {
							let import = (module, import.name);
							[&KERNELS[..], &MODEL, &REFILL].iter().any(|all| all.contains(&import))
						},
					};
					if !known {
						return Err(name());
					}
					self.functions.push(ty);
				}
			},
			Payload::FunctionSection(section) => {
				for ty in section {
					self.functions.push(ty?);
				}
			},
			Payload::TableSection(section) => {
				for table in section {
					let ty = table?.ty;
					let fixed = ty.maximum == Some(ty.initial) && ty.initial <= MAX_TABLE;
					if ty.element_type != RefType::FUNCREF || !fixed {
						return Err(ArtifactError::Table);
					}
				}
			},
			Payload::MemorySection(section) => self.memories += section.count(),
			Payload::GlobalSection(section) => {
				for (index, global) in section.into_iter().enumerate() {
					let ty = global?.ty;
					if ty.mutable {
						self.variables.push((index as u32, ty.content_type));
					}
				}
			},
			Payload::ExportSection(section) => {
				for export in section {
					let export = export?;
					self.exports.push((export.name.to_owned(), export.kind, export.index));
				}
			},
			Payload::StartSection { .. } => return Err(ArtifactError::Start),
			Payload::ElementSection(section) => {
				for element in section {
					if !matches!(element?.kind, ElementKind::Active { .. }) {
						return Err(ArtifactError::Segment);
					}
				}
			},
			Payload::DataSection(section) => {
				for data in section {
					if !matches!(data?.kind, DataKind::Active { .. }) {
						return Err(ArtifactError::Segment);
					}
				}
			},
			Payload::CodeSectionEntry(body) => check_code(&body)?,
			_ => (),
		}
		Ok(())
	}

	fn finish(self) -> Result<(), ArtifactError> {
		let export = |name: &str, kind| {
			let mut all = self.exports.iter().filter(|export| export.0 == name && export.1 == kind);
			all.next().map(|export| export.2)
		};
		if self.memories != 1 || export("memory", ExternalKind::Memory).is_none() {
			return Err(ArtifactError::Memory);
		}
		// Imported variables are refused, so the numbers are those of the section.
		let is_known = |(index, ty): &(u32, ValType)| {
			let mut known = VARIABLES.iter().filter(|known| known.1 == *ty);
			known.any(|known| export(known.0, ExternalKind::Global) == Some(*index))
		};
		if !self.variables.iter().all(is_known) {
			return Err(ArtifactError::Global);
		}
		let is = |index: u32, params, results| {
			let ty = self.functions.get(index as usize);
			ty.and_then(|ty| self.types.get(*ty as usize)).is_some_and(|ty| {
				let counts = (ty.params().len(), ty.results().len());
				counts == (params, results) && only_i32(ty.params()) && only_i32(ty.results())
			})
		};
		for (name, params, results) in EXPORTS {
			if !export(name, ExternalKind::Func).is_some_and(|index| is(index, params, results)) {
				return Err(ArtifactError::Export(name));
			}
		}
		for (name, params, results) in OPTIONAL_EXPORTS {
			let index = export(name, ExternalKind::Func);
			if index.is_some_and(|index| !is(index, params, results)) {
				return Err(ArtifactError::Export(name));
			}
		}
		Ok(())
	}

	fn results(&self, ty: u32) -> Option<&[ValType]> {
		self.types.get(ty as usize).map(FuncType::results)
	}
}

fn only_i32(types: &[ValType]) -> bool {
	types.iter().all(|ty| *ty == ValType::I32)
}

/// Instructions that change a table or take segments away are refused.
fn check_code(body: &FunctionBody<'_>) -> Result<(), ArtifactError> {
	for operator in body.get_operators_reader()? {
		match operator? {
			Operator::TableInit { .. } | Operator::TableCopy { .. } => {
				return Err(ArtifactError::Table);
			},
			Operator::ElemDrop { .. } | Operator::DataDrop { .. } | Operator::MemoryInit { .. } => {
				return Err(ArtifactError::Segment);
			},
			_ => (),
		}
	}
	Ok(())
}
