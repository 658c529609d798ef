//! Takes out of an artifact what metering adds.
//!
//! Nothing rests on this being right: see [`crate::is_metered`].

use crate::{
	module::{copy_custom_section, Added, EXPORTS, FUNCTIONS, GLOBALS, TYPES},
	MeterError,
};
use wasm_encoder::{
	reencode::{utils, Error, Reencode},
	CodeSection, ExportSection, Function, FunctionSection, GlobalSection, ImportSection,
	Instruction, Module, TypeSection,
};
use wasmparser::{CompositeInnerType, FunctionBody, Operator as O, Parser, Payload};

/// What an artifact may have been before it was metered.
pub fn strip(artifact: &[u8]) -> Result<Vec<u8>, MeterError> {
	let mut counts = Counts::default();
	for payload in Parser::new(0).parse_all(artifact) {
		match payload? {
			Payload::TypeSection(section) => counts.types = section.count(),
			Payload::ImportSection(section) => counts.imports = section.count(),
			Payload::FunctionSection(section) => {
				counts.functions = section.count();
				for ty in section {
					counts.types_of.push(ty?);
				}
			},
			Payload::GlobalSection(section) => counts.globals = section.count(),
			Payload::ExportSection(section) => counts.exports = section.count(),
			_ => (),
		}
	}
	let without = |count: u32, added| count.checked_sub(added).ok_or(FOREIGN);
	let counts = Counts {
		types: without(counts.types, TYPES)?,
		imports: without(counts.imports, 1)?,
		functions: without(counts.functions, FUNCTIONS)?,
		globals: without(counts.globals, GLOBALS)?,
		exports: without(counts.exports, EXPORTS)?,
		types_of: counts.types_of,
	};
	let functions = counts.imports.checked_add(counts.functions + 1).ok_or(FOREIGN)?;
	let added = Added::new(counts.types, counts.imports, functions, counts.globals);
	let mut strip = Strip { added, counts, params: Vec::new(), body: 0 };
	let mut out = Module::new();
	utils::parse_core_module(&mut strip, &mut out, Parser::new(0), artifact)?;
	Ok(out.finish())
}

const FOREIGN: MeterError = MeterError::Unknown("it was not metered");

/// Numbers of what there is, and then of what there was.
#[derive(Default)]
struct Counts {
	types: u32,
	imports: u32,
	functions: u32,
	globals: u32,
	exports: u32,
	/// Types of the functions.
	types_of: Vec<u32>,
}

struct Strip {
	added: Added,
	counts: Counts,
	/// Number of parameters of each type.
	params: Vec<u32>,
	/// Functions that were seen.
	body: usize,
}

impl Reencode for Strip {
	type Error = MeterError;

	fn function_index(&mut self, function: u32) -> Result<u32, Error<MeterError>> {
		if function == self.added.refill || function >= self.added.pause {
			return Err(Error::UserError(FOREIGN));
		}
		Ok(function - u32::from(function > self.added.refill))
	}

	fn parse_type_section(
		&mut self,
		types: &mut TypeSection,
		section: wasmparser::TypeSectionReader<'_>,
	) -> Result<(), Error<MeterError>> {
		for group in section.into_iter().take(self.counts.types as usize) {
			let group = group?;
			for ty in group.types() {
				let CompositeInnerType::Func(ty) = &ty.composite_type.inner else {
					return Err(Error::UserError(FOREIGN));
				};
				self.params.push(ty.params().len() as u32);
			}
			self.parse_recursive_type_group(types.ty(), group)?;
		}
		Ok(())
	}

	fn parse_import_section(
		&mut self,
		imports: &mut ImportSection,
		section: wasmparser::ImportSectionReader<'_>,
	) -> Result<(), Error<MeterError>> {
		for import in section.into_iter().take(self.counts.imports as usize) {
			self.parse_import(imports, import?)?;
		}
		Ok(())
	}

	fn parse_function_section(
		&mut self,
		functions: &mut FunctionSection,
		section: wasmparser::FunctionSectionReader<'_>,
	) -> Result<(), Error<MeterError>> {
		for ty in section.into_iter().take(self.counts.functions as usize) {
			functions.function(self.type_index(ty?)?);
		}
		Ok(())
	}

	fn parse_global_section(
		&mut self,
		globals: &mut GlobalSection,
		section: wasmparser::GlobalSectionReader<'_>,
	) -> Result<(), Error<MeterError>> {
		for global in section.into_iter().take(self.counts.globals as usize) {
			self.parse_global(globals, global?)?;
		}
		Ok(())
	}

	fn parse_export_section(
		&mut self,
		exports: &mut ExportSection,
		section: wasmparser::ExportSectionReader<'_>,
	) -> Result<(), Error<MeterError>> {
		for export in section.into_iter().take(self.counts.exports as usize) {
			self.parse_export(exports, export?)?;
		}
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
		for body in section.into_iter().take(self.counts.functions as usize) {
			self.parse_function_body(code, body?)?;
		}
		Ok(())
	}

	fn parse_function_body(
		&mut self,
		code: &mut CodeSection,
		body: FunctionBody<'_>,
	) -> Result<(), Error<MeterError>> {
		let ty = self.counts.types_of.get(self.body);
		let mut fuel =
			*ty.and_then(|ty| self.params.get(*ty as usize)).ok_or(Error::UserError(FOREIGN))?;
		self.body += 1;
		let mut locals = Vec::new();
		for group in body.get_locals_reader()? {
			let (count, ty) = group?;
			locals.push((count, self.val_type(ty)?));
			fuel = fuel.saturating_add(count);
		}
		fuel = fuel.saturating_sub(1);
		locals.pop();
		let operators = body.get_operators_reader()?.into_iter().collect::<Result<Vec<_>, _>>()?;
		let mut out = Function::new(locals);
		let (mut at, mut depth) = (0, 0);
		while at < operators.len() {
			let rest = &operators[at..];
			let added = self.added.length(fuel, rest);
			if added > 0 {
				at += added;
				continue;
			}
			at += 1;
			let outermost = depth == 0 || (depth == 1 && matches!(rest[0], O::End));
			match rest[0] {
				O::Block { .. } | O::Loop { .. } | O::If { .. } => depth += 1,
				O::End => depth -= 1,
				_ => (),
			}
			// The block of the body.
			if outermost && depth >= 0 {
				continue;
			}
			let instruction = match &rest[0] {
				O::Call { function_index } if *function_index == self.added.copy => {
					Instruction::MemoryCopy { src_mem: 0, dst_mem: 0 }
				},
				O::Call { function_index } if *function_index == self.added.fill => {
					Instruction::MemoryFill(0)
				},
				O::Call { function_index } if *function_index == self.added.grow => {
					Instruction::MemoryGrow(0)
				},
				other => self.instruction(other.clone())?,
			};
			out.instruction(&instruction);
		}
		code.function(&out);
		Ok(())
	}
}

impl Added {
	/// Number of instructions at the beginning that metering has added.
	fn length(&self, fuel: u32, operators: &[O<'_>]) -> usize {
		let (fuel, left, stack) = (
			|local: &u32| *local == fuel,
			|global: &u32| *global == self.fuel,
			|global: &u32| *global == self.stack,
		);
		use O::*;
		match operators {
			[GlobalGet { global_index: from }, LocalSet { local_index: to }, ..]
				if left(from) && fuel(to) =>
			{
				2
			},
			[LocalGet { local_index: from }, GlobalSet { global_index: to }, ..]
				if fuel(from) && left(to) =>
			{
				2
			},
			[LocalGet { local_index }, I64Const { .. }, I64Sub, LocalSet { .. } | GlobalSet { .. }, ..]
				if fuel(local_index) =>
			{
				4
			},
			[LocalGet { local_index }, I64Const { .. }, I64LtS, If { .. }, LocalGet { .. }, Call { .. }, LocalSet { .. }, End, ..]
				if fuel(local_index) =>
			{
				8
			},
			[GlobalGet { global_index }, I32Const { .. }, I32Sub, GlobalSet { .. }, GlobalGet { .. }, I32Const { .. }, I32LtS, If { .. }, Unreachable, End, ..]
				if stack(global_index) =>
			{
				10
			},
			[GlobalGet { global_index }, I32Const { .. }, I32Add, GlobalSet { .. }, ..]
				if stack(global_index) =>
			{
				4
			},
			_ => 0,
		}
	}
}
