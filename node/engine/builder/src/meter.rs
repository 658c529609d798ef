//! Metering of memory instructions: makes the guest pay for the bytes that it copies and fills.
//!
//! wasmtime charges one unit of fuel for an instruction, and `memory.copy` is one whatever the
//! length, so that a model which does nothing but move tensors would run for hours on little fuel.
//! Each such instruction is replaced by a call of a function that first turns a loop for every
//! 64 bytes, which costs fuel at about the rate of other code.

use wasm_encoder::{
	reencode::{utils, Error, Reencode},
	BlockType, CodeSection, Function, FunctionSection, Instruction, Module, TypeSection, ValType,
};
use wasmparser::{Operator, Parser, Payload, TypeRef};

/// Bytes per turn of the loop, as a power of two.
const GRAIN: i32 = 6;

/// Rewrites the module.
pub fn meter(module: &[u8]) -> Result<Vec<u8>, Error> {
	let mut imports = 0;
	let (mut types, mut functions) = (0, 0);
	for payload in Parser::new(0).parse_all(module) {
		match payload.map_err(Error::ParseError)? {
			Payload::TypeSection(section) => types = section.count(),
			Payload::FunctionSection(section) => functions = section.count(),
			Payload::ImportSection(section) => {
				for import in section {
					let import = import.map_err(Error::ParseError)?;
					imports += u32::from(matches!(import.ty, TypeRef::Func(_)));
				}
			},
			_ => (),
		}
	}
	let mut meter = Meter { ty: types, copy: imports + functions, fill: imports + functions + 1 };
	let mut out = Module::new();
	utils::parse_core_module(&mut meter, &mut out, Parser::new(0), module)?;
	Ok(out.finish())
}

/// Indices of what is added to the module.
struct Meter {
	/// Type of both functions: (i32, i32, i32) -> ().
	ty: u32,
	copy: u32,
	fill: u32,
}

impl Reencode for Meter {
	type Error = std::convert::Infallible;

	fn parse_type_section(
		&mut self,
		types: &mut TypeSection,
		section: wasmparser::TypeSectionReader<'_>,
	) -> Result<(), Error> {
		utils::parse_type_section(self, types, section)?;
		types.ty().function([ValType::I32; 3], []);
		Ok(())
	}

	fn parse_function_section(
		&mut self,
		functions: &mut FunctionSection,
		section: wasmparser::FunctionSectionReader<'_>,
	) -> Result<(), Error> {
		utils::parse_function_section(self, functions, section)?;
		functions.function(self.ty).function(self.ty);
		Ok(())
	}

	fn parse_code_section(
		&mut self,
		code: &mut CodeSection,
		section: wasmparser::CodeSectionReader<'_>,
	) -> Result<(), Error> {
		utils::parse_code_section(self, code, section)?;
		code.function(&paying(&Instruction::MemoryCopy { src_mem: 0, dst_mem: 0 }));
		code.function(&paying(&Instruction::MemoryFill(0)));
		Ok(())
	}

	fn instruction<'a>(&mut self, operator: Operator<'a>) -> Result<Instruction<'a>, Error> {
		Ok(match operator {
			Operator::MemoryCopy { .. } => Instruction::Call(self.copy),
			Operator::MemoryFill { .. } => Instruction::Call(self.fill),
			other => utils::instruction(self, other)?,
		})
	}
}

/// A function that pays for, and then does, what an instruction does with its three operands, of
/// which the last is the length.
fn paying(instruction: &Instruction<'_>) -> Function {
	const LENGTH: u32 = 2;
	const TURNS: u32 = 3;
	let mut function = Function::new([(1, ValType::I32)]);
	let mut body = function.instructions();
	body.local_get(LENGTH).i32_const(GRAIN).i32_shr_u().local_tee(TURNS);
	body.if_(BlockType::Empty).loop_(BlockType::Empty);
	body.local_get(TURNS).i32_const(1).i32_sub().local_tee(TURNS).br_if(0);
	body.end().end();
	body.local_get(0).local_get(1).local_get(LENGTH);
	function.instruction(instruction).instruction(&Instruction::End);
	function
}
