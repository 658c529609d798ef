//! Modules that could be engines, to be changed until they cannot.

use wasm_encoder::{
	CodeSection, ConstExpr, DataCountSection, DataSection, ElementSection, Elements, EntityType,
	ExportKind, ExportSection, Function, FunctionSection, GlobalSection, GlobalType, ImportSection,
	Instruction as I, MemArg, MemorySection, MemoryType, Module, RefType, StartSection,
	TableSection, TableType, TypeSection, ValType,
};

/// Types of functions, as parameters and results; all are i32 but those of the last.
pub const TYPES: [(usize, usize); 7] = [(0, 0), (1, 1), (4, 1), (0, 1), (2, 1), (3, 1), (3, 0)];
/// The type with a result of 64 bits.
pub const WIDE: u32 = TYPES.len() as u32;

/// Address of the reply, which is empty, and of the word in which a run leaves its output.
pub const REPLY: i32 = 16;
pub const BUFFER: i32 = 64;

/// A module under construction.
pub struct Sketch {
	pub imports: Vec<(&'static str, &'static str, EntityType)>,
	/// Types and bodies.
	pub functions: Vec<(u32, Function)>,
	pub tables: Vec<TableType>,
	pub memories: Vec<MemoryType>,
	pub globals: Vec<GlobalType>,
	/// Functions are counted without those that are imported.
	pub exports: Vec<(&'static str, ExportKind, u32)>,
	pub start: Option<u32>,
	pub elements: ElementSection,
	pub data: DataSection,
	pub data_count: Option<u32>,
}

pub fn body(instructions: &[I<'_>]) -> Function {
	let mut function = Function::new([]);
	for instruction in instructions {
		function.instruction(instruction);
	}
	function.instruction(&I::End);
	function
}

pub const COPY: I<'static> = I::MemoryCopy { src_mem: 0, dst_mem: 0 };
pub const STACK_POINTER: GlobalType =
	GlobalType { val_type: ValType::I32, mutable: true, shared: false };
pub const TABLE: TableType = TableType {
	element_type: RefType::FUNCREF,
	table64: false,
	minimum: 1,
	maximum: Some(1),
	shared: false,
};
pub const MEMORY: MemoryType =
	MemoryType { minimum: 1, maximum: None, memory64: false, shared: false, page_size_log2: None };

impl Sketch {
	/// A guest that loads every model, and whose output is a word: one more than its stack pointer,
	/// which it leaves changed. It gives no witnesses.
	pub fn new() -> Sketch {
		let word = |offset| MemArg { offset, align: 2, memory_index: 0 };
		let constant = |value| body(&[I::I32Const(value)]);
		let mut run = vec![I::GlobalGet(0), I::I32Const(1), I::I32Add, I::GlobalSet(0)];
		for (offset, value) in [(4, I::I32Const(BUFFER)), (8, I::I32Const(4))] {
			run.extend([I::I32Const(REPLY), value, I::I32Store(word(offset))]);
		}
		run.extend([I::I32Const(BUFFER), I::GlobalGet(0), I::I32Store(word(0))]);
		run.push(I::I32Const(REPLY));
		let functions = vec![
			(0, body(&[])),
			(1, constant(1024)),
			(5, constant(REPLY)),
			(3, constant(REPLY)),
			(3, constant(REPLY)),
			(4, body(&run)),
			(6, body(&[I::LocalGet(0), I::LocalGet(1), I::LocalGet(2), COPY])),
		];
		let names =
			["_initialize", "opg_alloc", "opg_load", "opg_describe", "opg_zeros", "opg_run"];
		let of_functions = names.iter().zip(0..).map(|(name, at)| (*name, ExportKind::Func, at));
		let others =
			[("memory", ExportKind::Memory, 0), ("__stack_pointer", ExportKind::Global, 0)];
		let mut elements = ElementSection::new();
		elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(vec![0].into()));
		let mut data = DataSection::new();
		data.active(0, &ConstExpr::i32_const(0), *b"data");
		Sketch {
			imports: vec![
				("wasi_snapshot_preview1", "fd_write", EntityType::Function(2)),
				("opg-kernels-3", "softmax", EntityType::Function(6)),
			],
			functions,
			tables: vec![TABLE],
			memories: vec![MEMORY],
			globals: vec![STACK_POINTER],
			exports: of_functions.chain(others).collect(),
			start: None,
			elements,
			data,
			data_count: None,
		}
	}

	/// The module, metered. As it is if it cannot be metered.
	pub fn finish(&self) -> Vec<u8> {
		let plain = self.plain();
		opg_engine_meter::meter(&plain).unwrap_or(plain)
	}

	/// The module as it is.
	pub fn plain(&self) -> Vec<u8> {
		let mut types = TypeSection::new();
		for (params, results) in TYPES {
			types.ty().function(vec![ValType::I32; params], vec![ValType::I32; results]);
		}
		types.ty().function([], [ValType::I64]);
		let (mut imports, mut functions) = (ImportSection::new(), FunctionSection::new());
		let (mut tables, mut memories) = (TableSection::new(), MemorySection::new());
		let (mut globals, mut exports) = (GlobalSection::new(), ExportSection::new());
		let mut code = CodeSection::new();
		let mut first = 0;
		for (module, name, ty) in &self.imports {
			imports.import(module, name, *ty);
			first += u32::from(matches!(ty, EntityType::Function(_)));
		}
		for (ty, body) in &self.functions {
			functions.function(*ty);
			code.function(body);
		}
		for ty in &self.tables {
			tables.table(*ty);
		}
		for ty in &self.memories {
			memories.memory(*ty);
		}
		for ty in &self.globals {
			let start = match ty.val_type {
				ValType::I64 => ConstExpr::i64_const(0),
				_ => ConstExpr::i32_const(0),
			};
			globals.global(*ty, &start);
		}
		for (name, kind, index) in &self.exports {
			let first = if *kind == ExportKind::Func { first } else { 0 };
			exports.export(name, *kind, first + index);
		}
		let mut module = Module::new();
		module.section(&types).section(&imports).section(&functions).section(&tables);
		module.section(&memories).section(&globals).section(&exports);
		if let Some(function) = self.start {
			module.section(&StartSection { function_index: first + function });
		}
		module.section(&self.elements);
		if let Some(count) = self.data_count {
			module.section(&DataCountSection { count });
		}
		module.section(&code).section(&self.data);
		module.finish()
	}

	/// Adds a function without arguments and results.
	pub fn add(&mut self, instructions: &[I<'_>]) {
		self.functions.push((0, body(instructions)));
	}
}
