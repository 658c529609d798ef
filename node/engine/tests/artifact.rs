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
	Elements, EntityType, ExportKind, GlobalType, Instruction as I, MemoryType, TableType, ValType,
};

const LIMITS: Limits = Limits { fuel: 1 << 30, memory_bytes: 1 << 20, max_output: 64, time: None };

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
fn artifact_should_be_refused_when_it_has_variables_besides_the_stack_pointer() {
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
		("opg-kernels-1", "now", 0),
		("opg-kernels-2", "softmax", 6),
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

#[test]
fn artifact_should_be_refused_when_it_moves_memory_without_paying() {
	let unpaid = Err(ArtifactError::Unpaid);
	let zeros = [I::I32Const(0), I::I32Const(0), I::I32Const(0)];
	for moving in [COPY, I::MemoryFill(0)] {
		let code = [&zeros[..], slice::from_ref(&moving)].concat();
		assert_eq!(check(|sketch| sketch.add(&code)), unpaid);
		assert_eq!(check(|sketch| sketch.functions.push((6, paying(7, &moving)))), unpaid);
		assert_eq!(check(|sketch| sketch.functions.push((6, paying(6, &moving)))), Ok(()));
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
