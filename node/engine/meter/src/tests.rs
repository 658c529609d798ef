//! Metering of small modules.

#![allow(clippy::unwrap_used)]

use crate::{is_metered, meter, MeterError, FEATURES};
use wasm_encoder::{
	BlockType, CodeSection, ConstExpr, ElementSection, Elements, EntityType, ExportKind,
	ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
	Instruction as I, MemorySection, MemoryType, Module, RefType, TableSection, TableType,
	TypeSection, ValType,
};
use wasmparser::Validator;

/// Type of functions without arguments and results, and of those from i32 to i32.
const NONE: u32 = 0;
const I32: u32 = 1;

/// A module of these functions, which have an i64 as a local. The first is in the table and is
/// exported; function 0 is imported.
fn module(functions: &[(u32, &[I<'_>])]) -> Vec<u8> {
	let (mut types, mut imports, mut all) =
		(TypeSection::new(), ImportSection::new(), FunctionSection::new());
	types.ty().function([], []);
	types.ty().function([ValType::I32], [ValType::I32]);
	imports.import("host", "function", EntityType::Function(NONE));
	let mut code = CodeSection::new();
	for (ty, instructions) in functions {
		all.function(*ty);
		let mut function = Function::new([(1, ValType::I64)]);
		for instruction in *instructions {
			function.instruction(instruction);
		}
		code.function(function.instruction(&I::End));
	}
	let (mut tables, mut memories, mut globals) =
		(TableSection::new(), MemorySection::new(), GlobalSection::new());
	tables.table(TableType {
		element_type: RefType::FUNCREF,
		table64: false,
		minimum: 1,
		maximum: Some(1),
		shared: false,
	});
	memories.memory(MemoryType {
		minimum: 1,
		maximum: None,
		memory64: false,
		shared: false,
		page_size_log2: None,
	});
	let variable = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
	globals.global(variable, &ConstExpr::i32_const(0));
	let (mut exports, mut elements) = (ExportSection::new(), ElementSection::new());
	exports.export("first", ExportKind::Func, 1);
	elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(vec![1].into()));
	let mut module = Module::new();
	module.section(&types).section(&imports).section(&all).section(&tables).section(&memories);
	module.section(&globals).section(&exports).section(&elements).section(&code);
	module.finish()
}

/// A function with a bit of everything, from i32 to i32.
const BUSY: [I<'static>; 38] = [
	I::Block(BlockType::Empty),
	I::LocalGet(0),
	I::BrIf(0),
	I::LocalGet(0),
	I::If(BlockType::Result(ValType::I32)),
	I::I32Const(1),
	I::Else,
	I::LocalGet(0),
	I::Return,
	I::End,
	I::Br(1),
	I::End,
	I::Loop(BlockType::Empty),
	I::LocalGet(0),
	I::I32Const(1),
	I::I32Sub,
	I::LocalTee(0),
	I::BrIf(0),
	I::End,
	I::Call(0),
	I::I32Const(0),
	I::I32Const(0),
	I::I32Const(64),
	I::MemoryCopy { src_mem: 0, dst_mem: 0 },
	I::I32Const(0),
	I::I32Const(0),
	I::I32Const(64),
	I::MemoryFill(0),
	I::I32Const(0),
	I::MemoryGrow(0),
	I::Drop,
	I::Block(BlockType::Empty),
	I::LocalGet(0),
	I::I32Eqz,
	I::BrIf(0),
	I::Unreachable,
	I::End,
	I::LocalGet(0),
];

#[test]
fn module_should_be_valid_and_metered_when_it_was_metered() {
	let plain = module(&[(I32, &BUSY), (NONE, &[I::Call(2)]), (NONE, &[])]);
	assert!(!is_metered(&plain));
	let metered = meter(&plain).unwrap();
	Validator::new_with_features(FEATURES).validate_all(&metered).unwrap();
	assert!(is_metered(&metered));
	// It is a module like others, so it can be metered twice; but not to the same.
	let twice = meter(&metered).unwrap();
	assert!(twice != metered && is_metered(&twice));
}

/// The bytes of instructions.
fn bytes(instructions: &[I<'_>]) -> Vec<u8> {
	let mut function = Function::new([]);
	for instruction in instructions {
		function.instruction(instruction);
	}
	let bytes = function.into_raw_body();
	bytes[1..].to_vec()
}

/// Number of places at which these instructions stand.
fn count(module: &[u8], instructions: &[I<'_>]) -> usize {
	let bytes = bytes(instructions);
	module.windows(bytes.len()).filter(|window| *window == bytes).count()
}

const FUEL: u32 = 1;
const STACK: u32 = 2;

#[test]
fn code_should_be_paid_for_when_it_branches_calls_or_returns() {
	let nops = [I::I64Const(7), I::Drop];
	let code = [&nops[..], &nops, &[I::Call(0)], &nops, &nops, &nops].concat();
	let metered = meter(&module(&[(NONE, &code)])).unwrap();
	// Two constants and the call, then three constants.
	assert_eq!(
		count(&metered, &[I::LocalGet(1), I::I64Const(0), I::I64LtS]),
		1,
		"looked at once, for the call"
	);
	let paid = |due| [I::LocalGet(1), I::I64Const(due), I::I64Sub];
	assert_eq!(count(&metered, &[&paid(6)[..], &[I::GlobalSet(FUEL), I::Call(0)]].concat()), 1);
	assert_eq!(count(&metered, &[&paid(3)[..], &[I::LocalSet(1), I::End]].concat()), 1);
	// A leaf is not looked at.
	let leaf = meter(&module(&[(NONE, &nops)])).unwrap();
	assert_eq!(count(&leaf, &[I::LocalGet(1), I::I64Const(0), I::I64LtS]), 0);
	assert_eq!(count(&leaf, &paid(1)), 1);
}

/// The height of the frame that a function takes first.
fn height(module: &[u8]) -> Option<usize> {
	let matches = (0..100_000).filter(|height| {
		count(module, &[I::GlobalGet(STACK), I::I32Const(*height), I::I32Sub]) > 0
	});
	matches.map(|height| height as usize).next()
}

#[test]
fn stack_should_be_counted_when_a_function_can_call_itself() {
	// Directly, by another one, by the table.
	let table = [I::I32Const(0), I::CallIndirect { type_index: NONE, table_index: 0 }];
	for functions in [
		&[(NONE, &[I::Call(1)][..])][..],
		&[(NONE, &[I::Call(2)]), (NONE, &[I::Call(1)])],
		&[(NONE, &table)],
	] {
		let metered = meter(&module(functions)).unwrap();
		// The call, a local, and an operand in the last case.
		let frame = 64 + 8 + if functions[0].1.len() > 1 { 16 } else { 0 };
		assert_eq!(height(&metered), Some(frame));
		assert!(is_metered(&metered));
	}
	for functions in [
		&[(NONE, &[I::Call(2)][..]), (NONE, &[I::Call(0)])][..],
		// No function in the table has this type.
		&[(
			NONE,
			&[
				I::I32Const(0),
				I::I32Const(0),
				I::CallIndirect { type_index: I32, table_index: 0 },
				I::Drop,
			],
		)],
	] {
		assert_eq!(height(&meter(&module(functions)).unwrap()), None);
	}
}

#[test]
fn stack_should_be_counted_in_what_never_returns_when_that_alone_closes_the_circle() {
	// 1 calls 2 and does not come back; 2 calls 1.
	let functions =
		[(NONE, &[I::Call(2), I::Unreachable][..]), (NONE, &[I::Call(1)]), (NONE, &[I::Call(1)])];
	let metered = meter(&module(&functions)).unwrap();
	// Its own frame, and those of 3 and 1 that can be below it.
	assert_eq!(height(&metered), Some(3 * 72));
	assert_eq!(count(&metered, &[I::GlobalGet(STACK), I::I32Const(3 * 72), I::I32Sub]), 1);
}

#[test]
fn module_should_be_refused_when_metering_does_not_know_a_part() {
	assert!(matches!(meter(b"nonsense"), Err(MeterError::Invalid(_))));
	assert!(matches!(meter(&Module::new().finish()), Err(MeterError::Unknown(_))));
}
