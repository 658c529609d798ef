//! Rules of artifacts: what a WebAssembly module must be like to be an engine.
//!
//! Prepared models rest on them: all that an instance keeps between two calls is in its memory, so a
//! copy of the memory is the whole instance. Fuel rests on them too: memory that is copied or filled is
//! paid for. They are checked by parsing, before the module is compiled.

use crate::{
	host::{KERNELS, WASI},
	instance::STACK_POINTER,
	witness,
};
use wasmparser::{
	BinaryReaderError, CompositeInnerType, DataKind, ElementKind, ExternalKind, FuncType,
	FunctionBody, Operator, Parser, Payload, RefType, TypeRef, ValType, Validator, WasmFeatures,
};

/// Proposals of WebAssembly that engines may use, besides version 1. Of the reference types only the
/// longer form of a number in `call_indirect`.
const FEATURES: WasmFeatures = WasmFeatures::WASM1
	.union(WasmFeatures::SATURATING_FLOAT_TO_INT)
	.union(WasmFeatures::SIGN_EXTENSION)
	.union(WasmFeatures::MULTI_VALUE)
	.union(WasmFeatures::BULK_MEMORY)
	.union(WasmFeatures::CALL_INDIRECT_OVERLONG)
	.union(WasmFeatures::SIMD);

/// Most entries of the table, which lies outside of the memory limit.
const MAX_TABLE: u64 = 1 << 20;

/// Functions that the host calls: numbers of arguments and results, all of them i32.
const EXPORTS: [(&str, usize, usize); 6] = [
	("_initialize", 0, 0),
	("opg_alloc", 1, 1),
	("opg_load", 4, 1),
	("opg_describe", 0, 1),
	("opg_zeros", 0, 1),
	("opg_run", 2, 1),
];

/// The rule that an artifact breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
	/// It is not valid with the proposals that engines may use.
	#[error("it is no WebAssembly module, or one of a proposal that engines may not use: {0}")]
	Invalid(String),
	/// An import that no engine has.
	#[error("it imports `{0}`, which the host does not give to engines")]
	Import(String),
	/// A variable besides the stack pointer, which a copy of the memory would not have.
	#[error(
		"it keeps state outside of its memory: a variable that is not the one exported stack pointer \
		 of type i32"
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
	/// An instruction that moves any number of bytes for one unit of fuel.
	#[error("it copies or fills memory without paying for the bytes")]
	Unpaid,
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
	found.finish()
}

/// What was found in a module that is valid.
#[derive(Default)]
struct Found {
	types: Vec<FuncType>,
	/// Types of the functions, those that are imported first.
	functions: Vec<u32>,
	memories: u32,
	/// Number of the variable, if there is one.
	variable: Option<u32>,
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
						module => KERNELS.contains(&(module, import.name)),
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
					if !ty.mutable {
						continue;
					}
					if ty.content_type != ValType::I32 || self.variable.is_some() {
						return Err(ArtifactError::Global);
					}
					self.variable = Some(index as u32);
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
		if self.variable.is_some() && self.variable != export(STACK_POINTER, ExternalKind::Global) {
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
		// Engines that are older than witnesses have none.
		match export(witness::EXPORT, ExternalKind::Func) {
			Some(index) if !is(index, 3, 1) => Err(ArtifactError::Export(witness::EXPORT)),
			_ => Ok(()),
		}
	}

	fn results(&self, ty: u32) -> Option<&[ValType]> {
		self.types.get(ty as usize).map(FuncType::results)
	}
}

fn only_i32(types: &[ValType]) -> bool {
	types.iter().all(|ty| *ty == ValType::I32)
}

/// Instructions that change a table or take segments away are refused. Those that copy or fill memory
/// stand in functions of their own, which pay first: see `meter.rs` of the builder.
fn check_code(body: &FunctionBody<'_>) -> Result<(), ArtifactError> {
	let mut moves = false;
	for operator in body.get_operators_reader()? {
		match operator? {
			Operator::TableInit { .. } | Operator::TableCopy { .. } => {
				return Err(ArtifactError::Table);
			},
			Operator::ElemDrop { .. } | Operator::DataDrop { .. } | Operator::MemoryInit { .. } => {
				return Err(ArtifactError::Segment);
			},
			Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => moves = true,
			_ => (),
		}
	}
	if moves && !pays(body)? {
		return Err(ArtifactError::Unpaid);
	}
	Ok(())
}

/// Whether this is the function that turns a loop for every 64 bytes before it moves any.
fn pays(body: &FunctionBody<'_>) -> Result<bool, ArtifactError> {
	use wasmparser::BlockType::Empty;
	use Operator as O;
	const LENGTH: u32 = 2;
	const TURNS: u32 = 3;
	let locals: Vec<_> = body.get_locals_reader()?.into_iter().collect::<Result<_, _>>()?;
	let operators: Vec<_> = body.get_operators_reader()?.into_iter().collect::<Result<_, _>>()?;
	let paying = [
		O::LocalGet { local_index: LENGTH },
		O::I32Const { value: 6 },
		O::I32ShrU,
		O::LocalTee { local_index: TURNS },
		O::If { blockty: Empty },
		O::Loop { blockty: Empty },
		O::LocalGet { local_index: TURNS },
		O::I32Const { value: 1 },
		O::I32Sub,
		O::LocalTee { local_index: TURNS },
		O::BrIf { relative_depth: 0 },
		O::End,
		O::End,
		O::LocalGet { local_index: 0 },
		O::LocalGet { local_index: 1 },
		O::LocalGet { local_index: LENGTH },
	];
	let moving = [O::MemoryCopy { dst_mem: 0, src_mem: 0 }, O::MemoryFill { mem: 0 }];
	Ok(locals == [(1, ValType::I32)]
		&& operators.len() == paying.len() + 2
		&& operators.starts_with(&paying)
		&& moving.contains(&operators[paying.len()])
		&& operators.last() == Some(&O::End))
}
