//! Rules of artifacts: a module that keeps every rule, and for each rule those that break it.

#![allow(clippy::unwrap_used)]

mod common;

use common::artifact::*;
use opg_engine::{
	check_artifact, content_hash, Artifact, ArtifactError, Dims, Engine, EngineConfig, EngineError,
	Limits,
};
use std::slice;
use wasm_encoder::{
	BlockType, Elements, EntityType, ExportKind, Function, GlobalType, Instruction as I,
	MemoryType, TableType, ValType,
};

const LIMITS: Limits =
	Limits { fuel: 1 << 30, load_fuel: 1 << 30, memory_bytes: 1 << 20, max_output: 64, time: None };

#[track_caller]
fn check(change: impl FnOnce(&mut Sketch)) -> Result<(), ArtifactError> {
	let mut sketch = Sketch::new();
	change(&mut sketch);
	check_artifact(&sketch.finish())
}

/// The validator refuses it for this reason.
#[track_caller]
fn invalid(reason: &str, change: impl FnOnce(&mut Sketch)) {
	match check(change) {
		Err(ArtifactError::Invalid(message)) if message.contains(reason) => (),
		other => panic!("{other:?} instead of {reason}"),
	}
}

#[test]
fn artifact_should_be_accepted_when_it_keeps_the_rules() {
	assert_eq!(check(|_| ()), Ok(()));
	// Constants may be as many as there are.
	let constant = GlobalType { mutable: false, val_type: ValType::I64, shared: false };
	assert_eq!(check(|sketch| sketch.globals.push(constant)), Ok(()));
}

/// That is what makes a copy of the memory enough for prepared models.
#[test]
fn guest_should_keep_the_rules() {
	assert_eq!(check_artifact(opg_engine::artifact().bytes), Ok(()));
}

#[test]
fn artifact_should_be_refused_when_it_is_no_module() {
	let guest = opg_engine::artifact().bytes;
	for bytes in [&b""[..], b"nonsense", &guest[..guest.len() / 2]] {
		assert!(matches!(check_artifact(bytes), Err(ArtifactError::Invalid(_))));
	}
}

#[test]
fn artifact_should_be_refused_when_it_has_variables_that_the_host_does_not_set() {
	let global = Err(ArtifactError::Global);
	assert_eq!(check(|sketch| sketch.globals.push(STACK_POINTER)), global);
	assert_eq!(
		check(|sketch| sketch.exports.retain(|export| export.0 != "__stack_pointer")),
		global
	);
	let wide = GlobalType { val_type: ValType::I64, ..STACK_POINTER };
	assert_eq!(
		check(|sketch| {
			sketch.functions[5].1 = body(&[I::I32Const(REPLY)]);
			sketch.globals = vec![wide];
		}),
		global
	);
	let import = EntityType::Global(GlobalType { mutable: false, ..STACK_POINTER });
	assert!(matches!(
		check(|sketch| {
			sketch.functions[5].1 = body(&[I::I32Const(REPLY)]);
			sketch.globals.clear();
			sketch.imports.push(("env", "base", import));
		}),
		Err(ArtifactError::Import(name)) if name == "env.base"
	));
}

#[test]
fn artifact_should_be_refused_when_its_table_can_change() {
	let table = Err(ArtifactError::Table);
	let growing = TableType { maximum: Some(2), ..TABLE };
	assert_eq!(check(|sketch| sketch.tables = vec![growing]), table);
	let endless = TableType { maximum: None, ..TABLE };
	assert_eq!(check(|sketch| sketch.tables = vec![endless]), table);
	let size = (1 << 20) + 1;
	let large = TableType { minimum: size, maximum: Some(size), ..TABLE };
	assert_eq!(check(|sketch| sketch.tables = vec![large]), table);
	let zeros = [I::I32Const(0), I::I32Const(0), I::I32Const(0)];
	for operator in
		[I::TableCopy { src_table: 0, dst_table: 0 }, I::TableInit { elem_index: 0, table: 0 }]
	{
		let code = [&zeros[..], &[operator]].concat();
		assert_eq!(check(|sketch| sketch.add(&code)), table);
	}
	let null = I::RefNull(wasm_encoder::HeapType::FUNC);
	invalid("reference types support is not enabled", |sketch| {
		sketch.add(&[I::I32Const(0), null.clone(), I::TableSet(0)])
	});
	invalid("reference types support is not enabled", |sketch| {
		sketch.add(&[null.clone(), I::I32Const(0), I::TableGrow(0), I::Drop])
	});
	invalid("multiple tables", |sketch| sketch.tables.push(TABLE));
}

#[test]
fn artifact_should_be_refused_when_a_segment_is_not_copied_at_the_start() {
	let segment = Err(ArtifactError::Segment);
	let functions = || Elements::Functions(vec![0].into());
	let passive = check(|sketch| {
		sketch.elements.passive(functions());
	});
	assert_eq!(passive, segment);
	let declared = check(|sketch| {
		sketch.elements.declared(functions());
	});
	assert_eq!(declared, segment);
	let passive = check(|sketch| {
		sketch.data.passive(*b"later");
	});
	assert_eq!(passive, segment);
	assert_eq!(check(|sketch| sketch.add(&[I::ElemDrop(0)])), segment);
	let zeros = [I::I32Const(0), I::I32Const(0), I::I32Const(0)];
	let init = [&zeros[..], &[I::MemoryInit { mem: 0, data_index: 0 }]].concat();
	for code in [&[I::DataDrop(0)][..], &init] {
		let changed = check(|sketch| {
			sketch.data_count = Some(1);
			sketch.add(code);
		});
		assert_eq!(changed, segment);
	}
}

#[test]
fn artifact_should_be_refused_when_it_runs_before_the_host_calls_it() {
	assert_eq!(check(|sketch| sketch.start = Some(0)), Err(ArtifactError::Start));
}

#[test]
fn artifact_should_be_refused_when_its_memory_is_not_the_one() {
	let memory = Err(ArtifactError::Memory);
	assert_eq!(check(|sketch| sketch.exports.retain(|export| export.0 != "memory")), memory);
	invalid("multiple memories", |sketch| sketch.memories.push(MEMORY));
	invalid("memory64", |sketch| sketch.memories = vec![MemoryType { memory64: true, ..MEMORY }]);
	let shared = MemoryType { shared: true, maximum: Some(2), ..MEMORY };
	invalid("threads", |sketch| sketch.memories = vec![shared]);
	assert!(matches!(
		check(|sketch| {
			sketch.memories.clear();
			sketch.imports.push(("env", "memory", EntityType::Memory(MEMORY)));
		}),
		Err(ArtifactError::Import(name)) if name == "env.memory"
	));
}

#[test]
fn artifact_should_be_refused_when_the_host_does_not_give_what_it_imports() {
	for (module, name, ty) in [
		("env", "now", 0),
		("opg-kernels-3", "now", 0),
		("opg-kernels-1", "softmax", 6),
		("wasi_snapshot_preview1", "now", WIDE),
	] {
		let changed = check(|sketch| sketch.imports.push((module, name, EntityType::Function(ty))));
		assert_eq!(changed, Err(ArtifactError::Import(format!("{module}.{name}"))));
	}
}

#[test]
fn artifact_should_be_refused_when_it_uses_another_proposal() {
	// Tail calls, threads, relaxed SIMD, exceptions.
	invalid("tail calls support is not enabled", |sketch| sketch.add(&[I::ReturnCall(2)]));
	invalid("threads support is not enabled", |sketch| sketch.add(&[I::AtomicFence]));
	let zero = I::V128Const(0);
	let relaxed = [zero.clone(), zero.clone(), I::I8x16RelaxedSwizzle, I::Drop];
	invalid("relaxed SIMD support is not enabled", |sketch| sketch.add(&relaxed));
	invalid("exceptions support is not enabled", |sketch| sketch.add(&[I::Throw(0)]));
	let reference = GlobalType { val_type: ValType::FUNCREF, ..STACK_POINTER };
	invalid("reference types support is not enabled", |sketch| sketch.globals.push(reference));
	// What is allowed beside these.
	assert_eq!(check(|sketch| sketch.add(&[zero, I::I8x16Popcnt, I::Drop])), Ok(()));
}

/// The encoding of instructions.
fn encoded(instructions: &[I<'_>]) -> Vec<u8> {
	let mut function = Function::new([]);
	for instruction in instructions {
		function.instruction(instruction);
	}
	function.into_raw_body()[1..].to_vec()
}

/// A metered module that has these bytes in one place is refused once they are others.
#[track_caller]
fn unmetered(artifact: &[u8], from: &[u8], to: &[u8]) {
	assert_eq!(from.len(), to.len());
	let places = (0..artifact.len()).filter(|at| artifact[*at..].starts_with(from));
	let places: Vec<usize> = places.collect();
	assert!(!places.is_empty(), "there is no such place");
	for at in places {
		let mut changed = artifact.to_vec();
		changed[at..at + to.len()].copy_from_slice(to);
		assert_eq!(check_artifact(&changed), Err(ArtifactError::Unmetered), "at {at}");
	}
}

#[test]
fn artifact_should_be_refused_when_it_does_not_count_as_engines_do() {
	let mut sketch = Sketch::new();
	assert_eq!(check_artifact(&sketch.plain()), Err(ArtifactError::Unmetered));
	// A loop of three instructions, then a call of itself: function 9 with the two that are imported.
	let turn = [I::LocalGet(0), I::LocalGet(1), I::I32GtU, I::BrIf(0)];
	let call = [I::LocalGet(0), I::LocalGet(1), I::LocalGet(2), I::Call(9)];
	let code = [&[I::Loop(BlockType::Empty)][..], &turn, &[I::End], &call].concat();
	sketch.functions.push((6, body(&code)));
	let artifact = sketch.finish();
	assert_eq!(check_artifact(&artifact), Ok(()));

	// Variables: the stack pointer, the fuel, the stack. Behind the parameters, a local for the fuel.
	let (fuel, stack, local) = (1, 2, 3);
	let pay = |due, operation| {
		encoded(&[I::LocalGet(local), I::I64Const(due), operation, I::LocalSet(local)])
	};
	unmetered(&artifact, &pay(4, I::I64Sub), &pay(3, I::I64Sub));
	unmetered(&artifact, &pay(4, I::I64Sub), &pay(4, I::I64Add));
	let save =
		|due| encoded(&[I::LocalGet(local), I::I64Const(due), I::I64Sub, I::GlobalSet(fuel)]);
	unmetered(&artifact, &save(7), &save(0));
	let check = |operation| encoded(&[I::LocalGet(local), I::I64Const(0), operation]);
	unmetered(&artifact, &check(I::I64LtS), &check(I::I64GtS));
	let load = |from| encoded(&[I::GlobalGet(from), I::LocalSet(local)]);
	unmetered(&artifact, &load(fuel), &encoded(&[I::I64Const(1), I::LocalSet(local)]));
	// The call, three parameters, three operands.
	let height = 64 + 3 * 8 + 3 * 16;
	let enter = |height| encoded(&[I::GlobalGet(stack), I::I32Const(height), I::I32Sub]);
	unmetered(&artifact, &enter(height), &enter(height + 1));
	let leave = |height| encoded(&[I::GlobalGet(stack), I::I32Const(height), I::I32Add]);
	unmetered(&artifact, &leave(height), &leave(height + 1));
	// The price of copying.
	let price = |bits| encoded(&[I::LocalGet(2), I::I64ExtendI32U, I::I64Const(bits), I::I64ShrU]);
	unmetered(&artifact, &price(3), &price(4));
	let limit = |limit| encoded(&[I::I32Const(limit), I::End]);
	unmetered(&artifact, &limit(4 << 20), &limit((4 << 20) + 1));
	// A custom section changes nothing.
	assert_eq!(
		check_artifact(&[&artifact[..], b"\0\x05\x04name"].concat()),
		Err(ArtifactError::Unmetered)
	);
	assert_eq!(check_artifact(&[&artifact[..], b"\0\x05\x04mine"].concat()), Ok(()));
}

#[test]
fn artifact_should_be_refused_when_it_has_no_counter() {
	let artifact = Sketch::new().finish();
	for (name, other) in [("opg_fuel", "opg_fire"), ("opg_stack", "opg_stick")] {
		let at = artifact.windows(name.len()).position(|window| window == name.as_bytes()).unwrap();
		let mut changed = artifact.clone();
		changed[at..at + name.len()].copy_from_slice(other.as_bytes());
		assert_eq!(check_artifact(&changed), Err(ArtifactError::Global), "{name}");
	}
}

#[test]
fn artifact_should_be_refused_when_it_exports_something_else() {
	for name in ["_initialize", "opg_alloc", "opg_load", "opg_describe", "opg_zeros", "opg_run"] {
		let export = Err(ArtifactError::Export(name));
		assert_eq!(check(|sketch| sketch.exports.retain(|export| export.0 != name)), export);
		let changed = check(|sketch| {
			let at = sketch.exports.iter().position(|export| export.0 == name).unwrap();
			// The function that pays has another type than all of these.
			sketch.exports[at].2 = 6;
		});
		assert_eq!(changed, export);
	}
	let witness = |at| ("opg_witness", ExportKind::Func, at);
	assert_eq!(
		check(|sketch| sketch.exports.push(witness(5))),
		Err(ArtifactError::Export("opg_witness"))
	);
	assert_eq!(
		check(|sketch| {
			sketch.functions.push((5, body(&[I::I32Const(REPLY)])));
			sketch.exports.push(witness(7));
		}),
		Ok(())
	);
}

fn engine(module: &[u8]) -> Result<Engine, EngineError> {
	let artifact = Some(Artifact { id: content_hash(module), bytes: module });
	Engine::with(EngineConfig { artifact, ..Default::default() })
}

#[test]
fn engine_should_not_start_when_its_artifact_breaks_a_rule() {
	let mut sketch = Sketch::new();
	sketch.start = Some(0);
	let error = engine(&sketch.finish()).err().unwrap();
	assert_eq!(
		error.to_string(),
		"the artifact cannot be an engine: it has a function that runs before the host calls it"
	);
}

#[test]
fn engine_should_say_so_when_its_artifact_gives_no_witnesses() {
	let engine = engine(&Sketch::new().finish()).unwrap();
	let error = engine.witness(b"", &Dims::default(), b"", &[0; 32], &LIMITS).unwrap_err();
	assert!(matches!(error, EngineError::NoWitness(id) if id == engine.id()), "{error}");
	let prepared = engine.prepare(b"", &Dims::default(), &LIMITS).unwrap().outcome.unwrap();
	let error = engine.witness_prepared(&prepared, b"", &[0; 32], &LIMITS).unwrap_err();
	assert!(matches!(error, EngineError::NoWitness(_)), "{error}");
}

/// A compiler puts it back before a function returns. An artifact that does not is no better off.
#[test]
fn stack_pointer_should_begin_each_call_at_the_start_when_the_last_call_has_left_it_changed() {
	let engine = engine(&Sketch::new().finish()).unwrap();
	let prepared = engine.prepare(b"", &Dims::default(), &LIMITS).unwrap().outcome.unwrap();
	for _ in 0..3 {
		let run = engine.run_prepared(&prepared, b"", &LIMITS).unwrap();
		assert_eq!(run.outcome, Ok(1u32.to_le_bytes().to_vec()));
	}
	let run = engine.run(b"", &Dims::default(), b"", &LIMITS).unwrap();
	assert_eq!(run.outcome, Ok(1u32.to_le_bytes().to_vec()));
}

/// So that fuel bounds the time of a model that only moves memory.
#[test]
fn memory_should_cost_fuel_when_it_is_copied_filled_or_added() {
	// Fuel of a run that does this with a number.
	let fuel = |number: i32, instructions: &[I<'_>]| {
		let mut sketch = Sketch::new();
		let arguments = [I::I32Const(1024), I::I32Const(0), I::I32Const(number)];
		let arguments = &arguments[if instructions.len() == 1 { 0..3 } else { 2..3 }];
		let code = [arguments, instructions, &[I::I32Const(REPLY)]].concat();
		sketch.functions[5].1 = body(&code);
		let run = engine(&sketch.finish()).unwrap().run(b"", &Dims::default(), b"", &LIMITS);
		let run = run.unwrap();
		assert!(run.outcome.is_ok(), "{}", run.message);
		run.fuel
	};
	for moving in [COPY, I::MemoryFill(0)] {
		let moving = slice::from_ref(&moving);
		let none = fuel(0, moving);
		assert_eq!(fuel(32 << 10, moving), none + (4 << 10));
		assert_eq!(fuel(7, moving), none);
	}
	let growing = [I::MemoryGrow(0), I::Drop];
	assert_eq!(fuel(3, &growing), fuel(0, &growing) + 3 * 8192);
	// Also where there is no room for it.
	assert_eq!(fuel(1000, &growing), fuel(0, &growing) + 1000 * 8192);
}
