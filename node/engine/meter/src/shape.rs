//! What metering has to know about a module before it rewrites it.

use crate::{MeterError, FEATURES};
use std::{collections::HashMap, mem};
use wasmparser::{
	CompositeInnerType, ElementItems, FuncType, FuncValidator, FuncValidatorAllocations,
	FunctionBody, Operator, OperatorsReader, Parser, Payload, TypeRef, ValType, ValidPayload,
	Validator, WasmModuleResources,
};

/// Bytes of a frame for the call itself.
const CALL: u32 = 64;
/// Bytes of a frame for an operand.
const OPERAND: u32 = 16;

/// A module, as far as metering has to know it.
#[derive(Default)]
pub struct Shape {
	/// Types, equal ones included.
	pub types: Vec<FuncType>,
	/// Number of functions that are imported.
	pub imports: u32,
	/// Types of all functions, those that are imported first.
	pub functions: Vec<u32>,
	/// Number of variables.
	pub globals: u32,
	/// Functions that can be called by their place in the table.
	pub in_table: Vec<u32>,
	/// The functions that are defined here.
	pub bodies: Vec<Body>,
}

/// A function, as far as metering has to know it.
pub struct Body {
	/// Number of parameters and locals.
	pub locals: u32,
	/// Bytes of its frame.
	pub frame: u32,
	/// Whether it has a loop.
	pub loops: bool,
	/// What it calls.
	pub calls: Vec<Callee>,
}

/// What a function calls.
pub enum Callee {
	/// A function.
	Function(u32),
	/// A function that does not return: nothing is reached after the call.
	End(u32),
	/// Any function in the table that has this type.
	Type(u32),
}

impl Shape {
	/// Looks at a module, and whether it is valid.
	pub fn of(module: &[u8]) -> Result<Shape, MeterError> {
		let mut shape = Shape::default();
		let mut validator = Validator::new_with_features(FEATURES);
		let mut allocations = FuncValidatorAllocations::default();
		let mut sections = 0;
		for payload in Parser::new(0).parse_all(module) {
			let payload = payload?;
			if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
				let mut validator = function.into_validator(mem::take(&mut allocations));
				shape.bodies.push(Body::of(&mut validator, &body)?);
				allocations = validator.into_allocations();
			}
			sections += u32::from(shape.add(payload)?);
		}
		// Those to which metering adds something.
		if sections != 6 {
			return Err(MeterError::Unknown("a section is missing"));
		}
		Ok(shape)
	}

	/// Adds what a section says. Tells whether metering adds something to it.
	fn add(&mut self, payload: Payload<'_>) -> Result<bool, MeterError> {
		match payload {
			Payload::TypeSection(section) => {
				for group in section {
					for ty in group?.into_types() {
						let CompositeInnerType::Func(ty) = ty.composite_type.inner else {
							return Err(MeterError::Unknown("a type is not of a function"));
						};
						self.types.push(ty);
					}
				}
			},
			Payload::ImportSection(section) => {
				for import in section {
					let TypeRef::Func(ty) = import?.ty else {
						return Err(MeterError::Unknown("an import is not a function"));
					};
					self.functions.push(ty);
					self.imports += 1;
				}
			},
			Payload::FunctionSection(section) => {
				for ty in section {
					let ty = ty?;
					if self.types.get(ty as usize).is_none_or(|ty| ty.results().len() > 1) {
						return Err(MeterError::Unknown("a function has several results"));
					}
					self.functions.push(ty);
				}
			},
			Payload::GlobalSection(section) => self.globals = section.count(),
			Payload::ElementSection(section) => {
				for element in section {
					let ElementItems::Functions(functions) = element?.items else {
						return Err(MeterError::Unknown("the table has expressions"));
					};
					for function in functions {
						self.in_table.push(function?);
					}
				}
				return Ok(false);
			},
			Payload::ExportSection(_) | Payload::CodeSectionStart { .. } => (),
			_ => return Ok(false),
		}
		Ok(true)
	}

	/// The first type that equals each of them.
	pub fn first_types(&self) -> Vec<u32> {
		let mut seen = HashMap::new();
		let first = self.types.iter().zip(0..).map(|(ty, at)| *seen.entry(ty).or_insert(at));
		first.collect()
	}
}

impl Body {
	fn of<R: WasmModuleResources>(
		validator: &mut FuncValidator<R>,
		body: &FunctionBody<'_>,
	) -> Result<Body, MeterError> {
		let mut reader = body.get_binary_reader();
		validator.read_locals(&mut reader)?;
		let locals = validator.len_locals();
		let widths = (0..locals).map(|local| match validator.get_local_type(local) {
			Some(ValType::V128) => 16,
			_ => 8,
		});
		let frame = CALL + widths.sum::<u32>();
		let (mut operands, mut loops, mut calls) = (0, false, Vec::new());
		let mut operators = OperatorsReader::new(reader);
		let mut after_call = false;
		while !operators.eof() {
			let (operator, offset) = operators.read_with_offset()?;
			validator.op(offset, &operator)?;
			operands = operands.max(validator.operand_stack_height());
			let mut is_call = false;
			match operator {
				Operator::Loop { .. } => loops = true,
				Operator::Call { function_index } => {
					calls.push(Callee::Function(function_index));
					is_call = true;
				},
				Operator::CallIndirect { type_index, .. } => calls.push(Callee::Type(type_index)),
				Operator::Unreachable if after_call => {
					if let Some(Callee::Function(function)) = calls.pop() {
						calls.push(Callee::End(function));
					}
				},
				_ => (),
			}
			after_call = is_call;
		}
		operators.finish()?;
		Ok(Body { locals, frame: frame + OPERAND * operands, loops, calls })
	}
}
