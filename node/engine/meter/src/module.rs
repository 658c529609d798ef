//! Metering of a module.

use crate::{
	graph,
	shape::{Body, Shape},
	MeterError, FUEL, REFILL, STACK, STACK_LIMIT,
};
use wasm_encoder::{
	reencode::{utils, Error, Reencode},
	BlockType, CodeSection, ConstExpr, CustomSection, EntityType, ExportKind, ExportSection,
	Function, FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, Module,
	TypeSection, ValType,
};
use wasmparser::{FunctionBody, Parser};

/// Types that are added: of the import, and of the functions in their order.
pub const TYPES: u32 = 4;
/// Functions that are added.
pub const FUNCTIONS: u32 = 4;
/// Variables that are added.
pub const GLOBALS: u32 = 2;
/// Exports that are added.
pub const EXPORTS: u32 = 2;

/// Bytes that are copied or filled for a unit of fuel, as a power of two.
const MOVED: i64 = 3;
/// Fuel of a page by which memory grows.
const PAGE: i64 = 8192;

/// Makes a module count its fuel and its stack.
pub fn meter(module: &[u8]) -> Result<Vec<u8>, MeterError> {
	let shape = Shape::of(module)?;
	let heights = graph::heights(&shape);
	let added = Added::to(&shape);
	let mut meter = Meter { shape, heights, added, body: 0 };
	let mut out = Module::new();
	utils::parse_core_module(&mut meter, &mut out, Parser::new(0), module)?;
	Ok(out.finish())
}

/// Numbers of what is added to a module.
#[derive(Clone, Copy)]
pub struct Added {
	/// The first type.
	pub types: u32,
	/// The import, behind the others.
	pub refill: u32,
	/// `(i64) -> i64`: asks for more fuel.
	pub pause: u32,
	/// Does what `memory.copy` does, and pays.
	pub copy: u32,
	/// Does what `memory.fill` does, and pays.
	pub fill: u32,
	/// Does what `memory.grow` does, and pays.
	pub grow: u32,
	/// The variable with the fuel.
	pub fuel: u32,
	/// The variable with what is left of the stack.
	pub stack: u32,
}

impl Added {
	fn to(shape: &Shape) -> Added {
		let functions = shape.functions.len() as u32 + 1;
		Added::new(shape.types.len() as u32, shape.imports, functions, shape.globals)
	}

	/// What is added behind so many types, imports, functions with those that are imported, and
	/// variables.
	pub fn new(types: u32, refill: u32, functions: u32, fuel: u32) -> Added {
		Added {
			types,
			refill,
			pause: functions,
			copy: functions + 1,
			fill: functions + 2,
			grow: functions + 3,
			fuel,
			stack: fuel + 1,
		}
	}
}

impl From<Error<MeterError>> for MeterError {
	fn from(error: Error<MeterError>) -> Self {
		match error {
			Error::UserError(error) => error,
			Error::ParseError(error) => error.into(),
			other => Self::Invalid(other.to_string()),
		}
	}
}

/// Copies a section on which nothing depends, but for names, whose numbers would have to change.
pub fn copy_custom_section(module: &mut Module, section: &wasmparser::CustomSectionReader<'_>) {
	if section.name() != "name" {
		module.section(&CustomSection { name: section.name().into(), data: section.data().into() });
	}
}

/// Rewrites a module.
pub struct Meter {
	shape: Shape,
	heights: Vec<Option<u32>>,
	pub added: Added,
	/// Functions that were rewritten.
	body: usize,
}

impl Reencode for Meter {
	type Error = MeterError;

	fn function_index(&mut self, function: u32) -> Result<u32, Error<MeterError>> {
		// The import is behind the others and before what is defined.
		Ok(function + u32::from(function >= self.added.refill))
	}

	fn parse_type_section(
		&mut self,
		types: &mut TypeSection,
		section: wasmparser::TypeSectionReader<'_>,
	) -> Result<(), Error<MeterError>> {
		utils::parse_type_section(self, types, section)?;
		types.ty().function([], []);
		types.ty().function([ValType::I64], [ValType::I64]);
		types.ty().function([ValType::I32; 3], []);
		types.ty().function([ValType::I32], [ValType::I32]);
		Ok(())
	}

	fn parse_import_section(
		&mut self,
		imports: &mut ImportSection,
		section: wasmparser::ImportSectionReader<'_>,
	) -> Result<(), Error<MeterError>> {
		utils::parse_import_section(self, imports, section)?;
		imports.import(REFILL.0, REFILL.1, EntityType::Function(self.added.types));
		Ok(())
	}

	fn parse_function_section(
		&mut self,
		functions: &mut FunctionSection,
		section: wasmparser::FunctionSectionReader<'_>,
	) -> Result<(), Error<MeterError>> {
		utils::parse_function_section(self, functions, section)?;
		for ty in [1, 2, 2, 3] {
			functions.function(self.added.types + ty);
		}
		Ok(())
	}

	fn parse_global_section(
		&mut self,
		globals: &mut GlobalSection,
		section: wasmparser::GlobalSectionReader<'_>,
	) -> Result<(), Error<MeterError>> {
		utils::parse_global_section(self, globals, section)?;
		let variable = |val_type| GlobalType { val_type, mutable: true, shared: false };
		globals.global(variable(ValType::I64), &ConstExpr::i64_const(0));
		globals.global(variable(ValType::I32), &ConstExpr::i32_const(STACK_LIMIT as i32));
		Ok(())
	}

	fn parse_export_section(
		&mut self,
		exports: &mut ExportSection,
		section: wasmparser::ExportSectionReader<'_>,
	) -> Result<(), Error<MeterError>> {
		utils::parse_export_section(self, exports, section)?;
		exports.export(FUEL, ExportKind::Global, self.added.fuel);
		exports.export(STACK, ExportKind::Global, self.added.stack);
		Ok(())
	}

	fn parse_custom_section(
		&mut self,
		module: &mut Module,
		section: wasmparser::CustomSectionReader<'_>,
	) -> Result<(), Error<MeterError>> {
		copy_custom_section(module, &section);
		Ok(())
	}

	fn parse_code_section(
		&mut self,
		code: &mut CodeSection,
		section: wasmparser::CodeSectionReader<'_>,
	) -> Result<(), Error<MeterError>> {
		utils::parse_code_section(self, code, section)?;
		code.function(&self.added.pausing());
		code.function(&self.added.moving(&Instruction::MemoryCopy { src_mem: 0, dst_mem: 0 }));
		code.function(&self.added.moving(&Instruction::MemoryFill(0)));
		code.function(&self.added.growing());
		Ok(())
	}

	fn parse_function_body(
		&mut self,
		code: &mut CodeSection,
		body: FunctionBody<'_>,
	) -> Result<(), Error<MeterError>> {
		let at = self.body;
		self.body += 1;
		let Some(Body { locals, loops, calls, .. }) = self.shape.bodies.get(at) else {
			return Err(Error::UserError(MeterError::Unknown("there are too many functions")));
		};
		let (fuel, checks) = (*locals, *loops || !calls.is_empty());
		let ty = self.shape.functions[self.shape.imports as usize + at];
		let result = self.shape.types[ty as usize].results().first().copied();
		let result = match result {
			Some(ty) => BlockType::Result(self.val_type(ty)?),
			None => BlockType::Empty,
		};
		let height = self.heights[at];
		code.function(&self.body(&body, fuel, checks, result, height)?);
		Ok(())
	}
}

impl Added {
	/// Saves the fuel that the caller has in a local, asks for more, and gives that.
	fn pausing(&self) -> Function {
		let mut function = Function::new([]);
		let mut body = function.instructions();
		body.local_get(0).global_set(self.fuel).call(self.refill).global_get(self.fuel).end();
		function
	}

	/// Takes the fuel that is on the stack of operands from the variable.
	fn pay(&self, function: &mut Function) {
		let mut body = function.instructions();
		body.global_set(self.fuel).global_get(self.fuel).i64_const(0).i64_lt_s();
		body.if_(BlockType::Empty).call(self.refill).end();
	}

	/// Pays for, and then does, what an instruction does with its three operands, of which the last is
	/// the length.
	fn moving(&self, instruction: &Instruction<'_>) -> Function {
		let mut function = Function::new([]);
		let mut body = function.instructions();
		body.global_get(self.fuel);
		body.local_get(2).i64_extend_i32_u().i64_const(MOVED).i64_shr_u().i64_sub();
		self.pay(&mut function);
		function.instructions().local_get(0).local_get(1).local_get(2);
		function.instruction(instruction).instruction(&Instruction::End);
		function
	}

	/// Pays for, and then adds, pages of memory.
	fn growing(&self) -> Function {
		let mut function = Function::new([]);
		let mut body = function.instructions();
		body.global_get(self.fuel);
		body.local_get(0).i64_extend_i32_u().i64_const(PAGE).i64_mul().i64_sub();
		self.pay(&mut function);
		function.instructions().local_get(0).memory_grow(0).end();
		function
	}
}
