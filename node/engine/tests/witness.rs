//! Witnesses: what the definition in `guest/src/witness.rs` says, computed a second time here.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use opg_engine::{
	digest,
	tensor::{self, DType, Tensor},
	witness_of_fault, Backend, Dims, Engine, Limits, ModelFault, WitnessRun,
};
use std::{collections::HashSet, sync::OnceLock};

const LIMITS: Limits = Limits {
	fuel: 2_000_000_000,
	load_fuel: 2_000_000_000,
	memory_bytes: 256 << 20,
	max_output: 4 << 10,
	time: None,
};

fn native() -> &'static Engine {
	static ENGINE: OnceLock<Engine> = OnceLock::new();
	ENGINE.get_or_init(|| engine(Backend::Native))
}

fn witness(model: &[u8], input: &[u8], seed: [u8; 32]) -> WitnessRun {
	native().witness(model, &Dims::default(), input, &seed, &LIMITS).unwrap()
}

/// The witness of a model that gives an output.
#[track_caller]
fn of_tensors(model: &[u8], input: &[u8], seed: [u8; 32]) -> [u8; 32] {
	let run = witness(model, input, seed);
	assert_eq!((run.fault, run.message.as_str()), (None, ""));
	run.witness
}

#[track_caller]
fn run(model: &[u8], input: &[u8]) -> Vec<Tensor> {
	let run = native().run(model, &Dims::default(), input, &LIMITS).unwrap();
	tensor::decode(&run.outcome.expect(&run.message)).unwrap()
}

/// The places that the seed names among `count` candidates.
fn places(seed: [u8; 32], count: usize) -> Vec<usize> {
	let mut places: Vec<usize> = (0..3u32)
		.filter(|_| count > 0)
		.map(|i| {
			let hash = digest(&[b"opg/witness-pick/v1", &seed[..], &i.to_le_bytes()].concat());
			(u64::from_le_bytes(hash[..8].try_into().unwrap()) % count as u64) as usize
		})
		.collect();
	places.sort_unstable();
	places.dedup();
	places
}

/// The witness by its definition, from the outputs of all candidates.
fn reference(seed: [u8; 32], candidates: &[Vec<Tensor>]) -> [u8; 32] {
	let count = (candidates.len() as u32).to_le_bytes();
	let mut bytes = [b"opg/witness/v1", &seed[..], &count].concat();
	for place in places(seed, candidates.len()) {
		bytes.extend((place as u32).to_le_bytes());
		bytes.extend((candidates[place].len() as u32).to_le_bytes());
		for tensor in &candidates[place] {
			bytes.extend([tensor.dtype as u8, tensor.shape.len() as u8]);
			bytes.extend(tensor.shape.iter().flat_map(|size| size.to_le_bytes()));
			bytes.extend(digest(&tensor.data));
		}
	}
	digest(&bytes)
}

/// Operators one after another, of four numbers.
fn chain(operators: &[&str]) -> Vec<u8> {
	let name = |i: usize| match i {
		0 => "x".to_owned(),
		i if i == operators.len() => "y".to_owned(),
		i => format!("h{i}"),
	};
	let mut graph = vec![input("x", FLOAT, &[1, 4]), output("y")];
	graph
		.extend(operators.iter().enumerate().map(|(i, op)| node(op, &[&name(i)], &[&name(i + 1)])));
	model(&graph)
}

/// Operators that tract leaves as they are. The last one gives ones for all inputs.
const CHAIN: [&str; 6] = ["Cos", "Sin", "Exp", "Cos", "Exp", "Sign"];

const SEEDS: [[u8; 32]; 4] = [[0; 32], [1; 32], [0x5a; 32], [0xff; 32]];

#[test]
fn witness_should_cover_the_tensors_that_the_seed_names_when_there_are_0_to_5() {
	let input = x(&[0.5, -1.5, 2.0, 1e-40]);
	for length in 1..=CHAIN.len() {
		let operators = &CHAIN[CHAIN.len() - length..];
		// The tensor after each operator is the output of a shorter chain.
		let candidates: Vec<_> =
			(1..length).map(|end| run(&chain(&operators[..end]), &input)).collect();
		for seed in SEEDS {
			let witness = of_tensors(&chain(operators), &input, seed);
			assert_eq!(witness, reference(seed, &candidates), "{length}");
		}
	}
}

#[test]
fn witness_should_tell_inputs_apart_when_the_answer_does_not() {
	let model = chain(&CHAIN);
	let (a, b) = (x(&[0.5, -1.5, 2.0, 3.0]), x(&[0.5, -1.5, 2.0, 3.5]));
	assert_eq!(run(&model, &a), run(&model, &b));
	let hidden: HashSet<usize> = SEEDS.iter().flat_map(|seed| places(*seed, 5)).collect();
	assert!(hidden.len() > 3, "the seeds pick among the layers: {hidden:?}");
	let mut all = HashSet::new();
	for seed in SEEDS {
		let (of_a, of_b) = (of_tensors(&model, &a, seed), of_tensors(&model, &b, seed));
		assert_eq!(of_tensors(&model, &a, seed), of_a);
		all.extend([of_a, of_b]);
	}
	assert_eq!(all.len(), 2 * SEEDS.len(), "another for each seed and input");
}

#[test]
fn witness_should_be_equal_when_the_tensors_are() {
	let model = chain(&["Sign", "Cos", "Exp", "Sign"]);
	let (a, b) = (x(&[1.0, -2.0, 3.0, 4.0]), x(&[5.0, -6.0, 7.0, 8.0]));
	for seed in SEEDS {
		assert_eq!(of_tensors(&model, &a, seed), of_tensors(&model, &b, seed));
	}
}

#[test]
fn witness_should_cover_all_outputs_when_a_node_has_several() {
	let parts = |outputs: &[&str]| {
		let mut graph = vec![
			input("x", FLOAT, &[1, 4]),
			ints("k", &[2]),
			node("TopK", &["x", "k"], &["best", "places"]),
		];
		graph.extend(outputs.iter().map(|name| output(name)));
		graph
	};
	let both = run(&model(&parts(&["best", "places"])), &x(&[0.5, 7.0, -1.0, 3.0]));
	assert_eq!(both.len(), 2);
	assert_eq!((both[0].dtype, both[1].dtype), (DType::F32, DType::I64));
	let number = |of: &str, to: &str| node_with("Cast", &[of], &[to], &[cast_to_f32()]);
	let mut graph = parts(&["y"]);
	graph.extend([number("places", "numbers"), node("Mul", &["best", "numbers"], &["y"])]);
	let mut cast = parts(&["numbers"]);
	cast.push(number("places", "numbers"));
	let numbers = run(&model(&cast), &x(&[0.5, 7.0, -1.0, 3.0]));
	for seed in SEEDS {
		let witness = of_tensors(&model(&graph), &x(&[0.5, 7.0, -1.0, 3.0]), seed);
		assert_eq!(witness, reference(seed, &[both.clone(), numbers.clone()]));
	}
}

/// Attribute `to` of a cast.
fn cast_to_f32() -> Vec<u8> {
	bytes(5, [bytes(1, "to"), int(3, FLOAT), int(20, 2)].concat())
}

/// Negation keeps the other bits of a NaN.
#[test]
fn witness_should_not_tell_nans_apart() {
	let model = chain(&["Neg", "Sign"]);
	let of = |bits: u32| of_tensors(&model, &x(&[1.0, f32::from_bits(bits), 0.0, -0.0]), SEEDS[0]);
	let canonical = of(0x7fc0_0000);
	for bits in [0xffc0_0000, 0x7fc1_2345, 0xff80_0001] {
		assert_eq!(of(bits), canonical);
	}
	assert_ne!(of(0x7f80_0000), canonical);
}

/// Of the body, three nodes depend on the step before and cannot stand outside.
#[test]
fn witness_should_not_look_into_the_body_of_a_scan() {
	let body = [
		bytes(2, "body"),
		input("state", FLOAT, &[4]),
		input("row", FLOAT, &[4]),
		node("Add", &["state", "row"], &["a"]),
		node("Cos", &["a"], &["b"]),
		node("Exp", &["b"], &["next"]),
		output("next"),
	];
	let model = |more: &[Vec<u8>], out: &str| {
		let attributes = [
			bytes(5, [bytes(1, "body"), bytes(6, body.concat()), int(20, 5)].concat()),
			bytes(5, [bytes(1, "num_scan_inputs"), int(3, 1), int(20, 2)].concat()),
		];
		let scan = [
			input("x", FLOAT, &[3, 4]),
			floats("start", &[4], &[0.0; 4]),
			node_with("Scan", &["start", "x"], &["last"], &attributes),
			output(out),
		];
		model(&[&scan[..], more].concat())
	};
	let given: Vec<f32> = (0..12).map(|i| i as f32 / 4.0).collect();
	let given = tensor::encode(&[tensor("x", &[3, 4], &given)]);
	let after = [node("Sin", &["last"], &["h"]), node("Sign", &["h"], &["y"])];
	let candidates = [run(&model(&[], "last"), &given), run(&model(&after[..1], "h"), &given)];
	for seed in SEEDS {
		assert_eq!(of_tensors(&model(&after, "y"), &given, seed), reference(seed, &candidates));
	}
}

#[test]
fn witness_should_be_that_of_the_fault_when_there_are_no_tensors() {
	let model = chain(&CHAIN);
	for seed in SEEDS {
		for (model, input, fault) in [
			(&model[..], &b"nonsense"[..], ModelFault::BadInput),
			(b"nonsense", &x(&[0.0; 4]), ModelFault::BadModel),
		] {
			let run = witness(model, input, seed);
			assert_eq!((run.fault, run.witness), (Some(fault), witness_of_fault(&seed, fault)));
			assert!(!run.message.is_empty());
		}
	}
	let all: HashSet<_> = SEEDS
		.iter()
		.flat_map(|seed| ModelFault::ALL.map(|fault| witness_of_fault(seed, fault)))
		.collect();
	assert_eq!(all.len(), SEEDS.len() * ModelFault::ALL.len());
	let expected = digest(&[&b"opg/witness-fault/v1"[..], &SEEDS[1], &[3]].concat());
	assert_eq!(witness_of_fault(&SEEDS[1], ModelFault::OutOfFuel), expected);
}

/// A witness has fuel of its own: twice that of the run, and room for hashing.
#[test]
fn witness_should_have_a_defined_result_when_it_needs_more_fuel_than_it_may() {
	let square = |width: i64| {
		model(&[
			input("x", FLOAT, &[1, 1]),
			ints("shape", &[width, width]),
			node("Expand", &["x", "shape"], &["h"]),
			node("MatMul", &["h", "h"], &["p"]),
			node("ReduceSum", &["p"], &["y"]),
			output("y"),
		])
	};
	let (input, seed) = (x(&[1.0]), SEEDS[0]);
	let starved = Limits { fuel: 1, memory_bytes: 1 << 30, ..LIMITS };
	let of = |width| {
		native().witness(&square(width), &Dims::default(), &input, &seed, &starved).unwrap()
	};
	assert_eq!(of(64).fault, None);
	// 5000³ / 16 is more than 2³².
	let run = of(5000);
	assert_eq!((run.fault, run.fuel), (Some(ModelFault::OutOfFuel), (4 << 30) + 2));
	assert_eq!(run.witness, witness_of_fault(&seed, ModelFault::OutOfFuel));
}
