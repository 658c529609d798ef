//! Loading: weights go from the file into the model, once.

#![allow(clippy::unwrap_used)]

mod common;

use common::{
	artifact::{body, Sketch, REPLY},
	*,
};
use opg_engine::{
	content_hash,
	tensor::{self, DType, Tensor},
	Artifact, Backend, Dims, Engine, EngineConfig, Limits, ModelFault, Reason, Run,
};
use std::sync::OnceLock;
use wasm_encoder::{EntityType, Instruction as I};

const LIMITS: Limits = Limits {
	fuel: 5_000_000_000,
	load_fuel: 5_000_000_000,
	memory_bytes: 512 << 20,
	max_output: 64 << 10,
	time: None,
};

/// ONNX codes.
const DOUBLE: u64 = 11;
const BOOL: u64 = 9;
const STRING: u64 = 8;

const MIB: usize = 1 << 20;

fn shared() -> &'static Engine {
	static ENGINE: OnceLock<Engine> = OnceLock::new();
	ENGINE.get_or_init(|| engine(Backend::Native))
}

fn run(model: &[u8], input: &[Tensor]) -> Run {
	shared().run(model, &Dims::default(), &tensor::encode(input), &LIMITS).unwrap()
}

fn outputs(model: &[u8], input: &[Tensor]) -> Vec<f32> {
	let run = run(model, input);
	numbers(&run.outcome.unwrap_or_else(|fault| panic!("{fault}: {}", run.message)))
}

fn tensor_proto(name: &str, dtype: u64, shape: &[u64], data: &[u8]) -> Vec<u8> {
	let dims: Vec<u8> = shape.iter().flat_map(|dim| int(1, *dim)).collect();
	[dims, int(2, dtype), bytes(8, name), data.to_vec()].concat()
}

fn little_endian(values: &[f32]) -> Vec<u8> {
	values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Numbers that differ.
fn ramp(count: usize) -> Vec<f32> {
	(0..count).map(|i| (i % 1000) as f32 - 500.0).collect()
}

/// y = x + w for 600 numbers.
fn sum(weights: &[Vec<u8>]) -> Vec<u8> {
	let parts = [
		input("x", FLOAT, &[1, 600]),
		weights.concat(),
		node("Add", &["x", "w"], &["y"]),
		output("y"),
	];
	model(&parts)
}

fn attribute(name: &str, kind: u64, value: Vec<u8>) -> Vec<u8> {
	bytes(5, [bytes(1, name), value, int(20, kind)].concat())
}

#[test]
fn weights_should_be_the_same_wherever_the_file_has_them() {
	let values = ramp(600);
	let raw = bytes(9, little_endian(&values));
	let packed = bytes(4, little_endian(&values));
	let x = tensor("x", &[1, 600], &ramp(600));
	let twice: Vec<f32> = values.iter().map(|value| 2.0 * value).collect();
	for data in [raw, packed] {
		let proto = tensor_proto("w", FLOAT, &[600], &data);
		let constant =
			node_with("Constant", &[], &["w"], &[attribute("value", 4, bytes(5, &proto))]);
		let among_inputs = [input("w", FLOAT, &[600]), bytes(5, &proto)].concat();
		for weights in [bytes(5, &proto), constant, among_inputs] {
			assert_eq!(outputs(&sum(&[weights]), std::slice::from_ref(&x)), twice);
		}
	}
}

#[test]
fn weights_should_be_found_when_a_body_has_them() {
	let weights = bytes(5, tensor_proto("w", FLOAT, &[600], &bytes(9, little_endian(&ramp(600)))));
	let graph = |name: &str, parts: &[Vec<u8>]| attribute(name, 5, bytes(6, parts.concat()));
	let add = [weights, node("Add", &["x", "w"], &["a"]), output("a")];
	let same = [node("Identity", &["x"], &["b"]), output("b")];
	let branches = [graph("then_branch", &add), graph("else_branch", &same)];
	let file = model(&[
		input("c", BOOL, &[]),
		input("x", FLOAT, &[1, 600]),
		node_with("If", &["c"], &["y"], &branches),
		output("y"),
	]);
	for (condition, factor) in [(1, 2.0), (0, 1.0)] {
		let c =
			Tensor { name: "c".into(), dtype: DType::Bool, shape: vec![], data: vec![condition] };
		let want: Vec<f32> = ramp(600).iter().map(|value| factor * value).collect();
		assert_eq!(outputs(&file, &[c, tensor("x", &[1, 600], &ramp(600))]), want);
	}
}

#[test]
fn weights_of_every_type_should_be_read() {
	let x = tensor("x", &[1, 600], &[0.0; 600]);
	// Any byte but zero is true.
	let bools: Vec<u8> = (0..1200).map(|i| (i % 3) as u8).collect();
	let doubles: Vec<u8> = ramp(600).iter().flat_map(|v| f64::from(*v).to_le_bytes()).collect();
	let halves: Vec<u8> = [0, 0x3c].repeat(600);
	let bytes_of_signs: Vec<u8> = [1, 255].repeat(600);
	let cast =
		|name: &str| node_with("Cast", &[name], &["w"], &[attribute("to", 2, int(3, FLOAT))]);
	let signs = |i: usize| if i.is_multiple_of(2) { 1.0 } else { -1.0 };
	type Case<'a> = (u64, Vec<u8>, usize, &'a dyn Fn(usize) -> f32);
	let cases: [Case<'_>; 6] = [
		(BOOL, bytes(9, &bools), 1200, &|i| if i.is_multiple_of(3) { 0.0 } else { 1.0 }),
		(3, bytes(9, &bytes_of_signs), 1200, &signs),
		(2, bytes(9, &bools), 1200, &|i| (i % 3) as f32),
		(10, bytes(9, &halves), 600, &|_| 1.0),
		(DOUBLE, bytes(9, &doubles), 600, &|i| ramp(600)[i]),
		(DOUBLE, bytes(10, &doubles), 600, &|i| ramp(600)[i]),
	];
	for (dtype, data, count, value) in cases {
		let proto = tensor_proto("v", dtype, &[count as u64], &data);
		let cut = [
			ints("from", &[0]),
			ints("to", &[600]),
			node("Slice", &["v", "from", "to"], &["s"]),
			cast("s"),
		];
		let file = sum(&[bytes(5, &proto), cut.concat()]);
		let want: Vec<f32> = (0..600).map(value).collect();
		assert_eq!(outputs(&file, std::slice::from_ref(&x)), want, "type {dtype}");
	}
}

/// Attributes of other operators have their data where these look for it.
#[test]
fn attributes_should_be_whole_when_they_are_large() {
	let value = tensor_proto("", FLOAT, &[1], &bytes(9, 7f32.to_le_bytes()));
	let file = sum(&[
		ints("shape", &[600]),
		node_with("ConstantOfShape", &["shape"], &["w"], &[attribute("value", 4, bytes(5, value))]),
	]);
	assert_eq!(outputs(&file, &[tensor("x", &[1, 600], &[0.0; 600])]), [7.0; 600]);
}

#[test]
fn model_should_be_refused_when_its_weights_contradict_their_shape() {
	let data = bytes(9, vec![1; 2400]);
	let reasons = [
		(FLOAT, vec![601], data.clone(), Reason::NotLoadable),
		(FLOAT, vec![0], data.clone(), Reason::NotLoadable),
		(FLOAT, vec![1 << 40], data.clone(), Reason::NotLoadable),
		(FLOAT, vec![u64::MAX], data.clone(), Reason::NotLoadable),
		(FLOAT, vec![1 << 32, 1 << 32], data.clone(), Reason::NotLoadable),
		(STRING, vec![600], data.clone(), Reason::NotLoadable),
		(0, vec![600], data.clone(), Reason::NotLoadable),
		(999, vec![600], data.clone(), Reason::NotLoadable),
		(DOUBLE, vec![300], bytes(4, vec![1; 2400]), Reason::Malformed),
		(FLOAT, vec![600], [data.clone(), data].concat(), Reason::UnsupportedFeature),
	];
	for (dtype, shape, data, reason) in reasons {
		let file = sum(&[bytes(5, tensor_proto("w", dtype, &shape, &data))]);
		let run = run(&file, &[tensor("x", &[1, 600], &[0.0; 600])]);
		let (have, want) = ((run.outcome, run.reason), (Err(ModelFault::BadModel), Some(reason)));
		assert_eq!(have, want, "{dtype} {shape:?}: {}", run.message);
	}
}

/// A row of eight numbers of a table. Nothing is done to the table.
fn table(rows: u64) -> Vec<u8> {
	let data = little_endian(&ramp(8)).repeat(rows as usize);
	let last = tensor_proto("", INT64, &[], &bytes(9, (rows - 1).to_le_bytes()));
	model(&[
		input("x", FLOAT, &[8]),
		bytes(5, tensor_proto("w", FLOAT, &[rows, 8], &bytes(9, data))),
		node_with("Constant", &[], &["i"], &[attribute("value", 4, bytes(5, last))]),
		node("ReduceMax", &["x"], &["m"]),
		node_with("Cast", &["m"], &["n"], &[attribute("to", 2, int(3, INT64))]),
		node("Add", &["n", "i"], &["at"]),
		node("Reshape", &["at", "shape"], &["place"]),
		ints("shape", &[1]),
		node("Gather", &["w", "place"], &["row"]),
		output("row"),
	])
}

/// Memory of a run on zeros, and what is kept of the loaded model, in bytes.
fn memory(file: &[u8]) -> (usize, usize) {
	let run = shared().inspect(file, &Dims::default(), &LIMITS).unwrap();
	let inspection = run.outcome.unwrap_or_else(|_| panic!("{}", run.message));
	let prepared = shared().prepare(file, &Dims::default(), &LIMITS).unwrap().outcome.unwrap();
	(inspection.memory_bytes as usize, prepared.bytes())
}

/// What an engine takes without weights.
const REST: usize = 8 * MIB;

#[test]
fn weights_should_be_in_memory_once_when_nothing_is_done_to_them() {
	let file = table(2 << 20);
	assert!(file.len() > 64 * MIB);
	let (taken, kept) = memory(&file);
	assert!(taken < file.len() + REST, "{taken} of {}", file.len());
	assert!(kept < file.len() + REST, "{kept} of {}", file.len());
	assert_eq!(outputs(&file, &[tensor("x", &[8], &[0.0; 8])]), ramp(8));
}

/// Products keep their weights in another order. There are not two of all of them at any time.
#[test]
fn weights_should_be_in_memory_once_when_products_order_them_anew() {
	let (layers, width) = (12, 1024);
	let mut parts = vec![input("x", FLOAT, &[1, width as u64])];
	let mut values = ramp(width * width);
	for layer in 0..layers {
		// They differ, or else they would be one.
		values[0] = layer as f32;
		let data = bytes(9, little_endian(&values));
		let name = format!("w{layer}");
		parts.push(bytes(5, tensor_proto(&name, FLOAT, &[width as u64; 2], &data)));
		let (from, to) = (format!("x{layer}"), format!("x{}", layer + 1));
		let from = if layer == 0 { "x" } else { &from };
		parts.push(node("MatMul", &[from, &name], &[&to]));
	}
	parts.push(node_with("ReduceMax", &["x12"], &["y"], &[]));
	parts.push(output("y"));
	let file = model(&parts);
	let (taken, kept) = memory(&file);
	// A step holds two of some weights.
	assert!(taken < file.len() + 24 * MIB + REST, "{taken} of {}", file.len());
	assert!(kept < file.len() + REST, "{kept} of {}", file.len());
}

#[test]
fn loading_should_stop_when_the_fuel_for_it_is_less_than_reading_takes() {
	let file = table(1 << 16);
	let read = file.len() as u64 / 4;
	let limits = Limits { load_fuel: read, ..LIMITS };
	let prepared = shared().prepare(&file, &Dims::default(), &limits).unwrap();
	assert_eq!(prepared.outcome.err(), Some(ModelFault::OutOfFuel));
}

/// An artifact that reads what it is not given traps, and never sees bytes of the host.
#[test]
fn file_should_be_read_within_its_bounds_while_it_is_loaded_alone() {
	let read = |at, to, length| [I::I32Const(at), I::I32Const(to), I::I32Const(length), I::Call(1)];
	let run = |load: &[I<'static>], run: &[I<'static>]| {
		let mut sketch = Sketch::new();
		sketch.imports[1] = ("opg-model-1", "read", EntityType::Function(6));
		sketch.functions[2].1 = body(&[load, &[I::I32Const(REPLY)]].concat());
		sketch.functions[5].1 = body(&[run, &[I::I32Const(REPLY)]].concat());
		let guest = sketch.finish();
		let artifact = Some(Artifact { id: content_hash(&guest), bytes: &guest });
		let engine = Engine::with(EngineConfig { artifact, ..Default::default() }).unwrap();
		engine.run(b"file", &Dims::default(), b"", &LIMITS).unwrap().outcome
	};
	assert_eq!(run(&read(0, 64, 4), &[]), Ok(Vec::new()));
	let last = (64 << 10) - 4;
	assert_eq!(run(&read(0, last, 4), &[]), Ok(Vec::new()));
	let outside = [
		read(0, 64, 5),
		read(4, 64, 1),
		read(-1, 64, 1),
		read(1, 64, -1),
		read(0, last + 1, 4),
		read(0, -1, 4),
	];
	for read in outside {
		assert_eq!(run(&read, &[]), Err(ModelFault::Trapped), "{read:?}");
	}
	assert_eq!(run(&[], &read(0, 64, 1)), Err(ModelFault::Trapped));
}
