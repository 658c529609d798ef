//! Runs: right numbers, the same for everybody, and no harm from any model.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use opg_engine::{tensor, Dims, Engine, Limits, ModelFault, Run};
use std::{path::Path, sync::OnceLock};

const LIMITS: Limits = Limits {
	fuel: 20_000_000_000,
	load_fuel: 20_000_000_000,
	memory_bytes: 256 << 20,
	max_output: 4 << 10,
	time: None,
};

fn cache() -> &'static Path {
	Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache"))
}

fn engine() -> &'static Engine {
	static ENGINE: OnceLock<Engine> = OnceLock::new();
	ENGINE.get_or_init(|| Engine::new(Some(cache())).unwrap())
}

fn run(model: &[u8], input: &[u8]) -> Run {
	engine().run(model, &Dims::default(), input, &LIMITS).unwrap()
}

/// Runs what must fail, and returns why and the message.
fn fault(model: &[u8], input: &[u8]) -> (ModelFault, String) {
	let run = run(model, input);
	assert!(run.fuel <= LIMITS.fuel);
	assert!(!run.message.is_empty());
	(run.outcome.unwrap_err(), run.message)
}

#[track_caller]
fn refused(model: &[u8], message: &str) {
	let (fault, said) = fault(model, &x(&[1.0]));
	assert_eq!(fault, ModelFault::BadModel, "{said}");
	assert!(said.contains(message), "{said}");
}

/// y = relu(x · w + b), from 3 numbers to 2.
fn layer() -> Vec<u8> {
	model(&[
		input("x", FLOAT, &[1, 3]),
		floats("w", &[3, 2], &[1.0, -1.0, 2.0, -2.0, 3.0, 0.5]),
		floats("b", &[2], &[0.25, -0.5]),
		node("Gemm", &["x", "w", "b"], &["h"]),
		node("Relu", &["h"], &["y"]),
		output("y"),
	])
}

/// A node between `x` of this width and `y`.
fn unary(op: &str, width: u64) -> Vec<u8> {
	model(&[input("x", FLOAT, &[1, width]), node(op, &["x"], &["y"]), output("y")])
}

/// y = x expanded to `length`.
fn expand(length: i64) -> Vec<u8> {
	model(&[
		input("x", FLOAT, &[1, 1]),
		ints("shape", &[1, length]),
		node("Expand", &["x", "shape"], &["y"]),
		output("y"),
	])
}

#[test]
fn run_should_compute_a_layer() {
	let run = run(&layer(), &x(&[1.0, 2.0, 3.0]));
	let output = run.outcome.expect(&run.message);
	assert_eq!(numbers(&output), [14.25, 0.0]);
	let tensors = tensor::decode(&output).unwrap();
	assert_eq!((tensors[0].name.as_str(), &tensors[0].shape[..]), ("y", &[1, 2][..]));
}

#[test]
fn run_should_compute_a_softmax() {
	let y = numbers(&run(&unary("Softmax", 3), &x(&[0.0, 1.0, 2.0])).outcome.unwrap());
	for (y, right) in y.iter().zip([0.09003057, 0.24472847, 0.66524096]) {
		assert!((y - right).abs() < 1e-6, "{y} instead of {right}");
	}
}

#[test]
fn run_should_bind_inputs_by_name() {
	let model = model(&[
		input("a", FLOAT, &[1]),
		input("b", FLOAT, &[1]),
		node("Sub", &["a", "b"], &["y"]),
		output("y"),
	]);
	let (a, b) = (tensor("a", &[1], &[5.0]), tensor("b", &[1], &[3.0]));
	for input in [[a.clone(), b.clone()], [b, a]] {
		assert_eq!(numbers(&run(&model, &tensor::encode(&input)).outcome.unwrap()), [2.0]);
	}
}

#[test]
fn run_should_give_shapes_as_i64() {
	let run = run(&unary("Shape", 3), &x(&[0.0; 3]));
	let tensors = tensor::decode(&run.outcome.expect(&run.message)).unwrap();
	assert_eq!(tensors[0].dtype, tensor::DType::I64);
	assert_eq!(tensors[0].data, [1i64.to_le_bytes(), 3i64.to_le_bytes()].concat());
}

#[test]
fn run_should_repeat_output_and_fuel() {
	let (model, input) = (unary("Softmax", 3), x(&[0.1, 0.2, 0.3]));
	let first = run(&model, &input);
	assert!(first.outcome.is_ok());
	// Other runs in between leave no trace.
	run(&layer(), &x(&[1.0, 2.0, 3.0]));
	run(b"nonsense", &input);
	assert_eq!(run(&model, &input), first);
	// Nor does it matter who runs it, or how many at once.
	let other = Engine::new(Some(cache())).unwrap();
	std::thread::scope(|scope| {
		for _ in 0..4 {
			scope.spawn(|| {
				assert_eq!(other.run(&model, &Dims::default(), &input, &LIMITS).unwrap(), first)
			});
		}
	});
}

#[test]
fn run_should_stop_when_the_fuel_is_used_up() {
	let used = run(&layer(), &x(&[1.0, 2.0, 3.0])).fuel;
	let run =
		|limits| engine().run(&layer(), &Dims::default(), &x(&[1.0, 2.0, 3.0]), &limits).unwrap();
	for fuel in [0, 1, used / 2, used - 1] {
		let run = run(Limits { fuel, ..LIMITS });
		assert_eq!((run.outcome, run.fuel), (Err(ModelFault::OutOfFuel), fuel));
	}
	let run = run(Limits { fuel: used, ..LIMITS });
	assert!(run.outcome.is_ok());
	assert_eq!(run.fuel, used);
}

#[test]
fn run_should_cost_nothing_when_the_model_does_not_load() {
	let load = engine().prepare(&layer(), &Dims::default(), &LIMITS).unwrap();
	let load_fuel = load.outcome.unwrap().load_fuel();
	let run = |model: &[u8], load_fuel| {
		let limits = Limits { load_fuel, ..LIMITS };
		engine().run(model, &Dims::default(), &x(&[1.0, 2.0, 3.0]), &limits).unwrap()
	};
	for load_fuel in [0, 1, load_fuel / 2, load_fuel - 1] {
		let run = run(&layer(), load_fuel);
		assert_eq!((run.outcome, run.fuel), (Err(ModelFault::OutOfFuel), 0));
		assert_eq!(run.message, "the fuel for loading is used up");
	}
	let all = run(&layer(), load_fuel);
	assert!(all.outcome.is_ok());
	// What loading may take does not matter where it is enough.
	assert_eq!(run(&layer(), LIMITS.load_fuel), all);
	let refused = run(b"nonsense", LIMITS.load_fuel);
	assert_eq!((refused.outcome, refused.fuel), (Err(ModelFault::BadModel), 0));
}

/// How far the guest was is known to its compiler alone.
#[test]
fn run_should_cost_the_limit_when_it_traps_or_has_too_little_memory() {
	let index = model(&[
		input("x", FLOAT, &[1, 1]),
		ints("shape", &[1, 1 << 28]),
		node("Expand", &["x", "shape"], &["y"]),
		output("y"),
	]);
	let run = run(&index, &x(&[1.0]));
	assert_eq!((run.outcome, run.fuel), (Err(ModelFault::OutOfMemory), LIMITS.fuel));
}

#[test]
fn run_should_stop_when_the_memory_is_used_up() {
	// Asks for 1 GiB.
	assert_eq!(fault(&expand(1 << 28), &x(&[1.0])).0, ModelFault::OutOfMemory);
	// Not even the guest fits.
	let limits = Limits { memory_bytes: 64 << 10, ..LIMITS };
	let run = engine().run(&layer(), &Dims::default(), &x(&[1.0]), &limits).unwrap();
	assert_eq!(run.outcome, Err(ModelFault::OutOfMemory));
}

#[test]
fn run_should_report_a_trap_when_the_engine_panics() {
	let blocksize = bytes(5, [bytes(1, "blocksize"), int(3, 0), int(20, 2)].concat());
	let model = model(&[
		input("x", FLOAT, &[1, 1, 2, 2]),
		node_with("DepthToSpace", &["x"], &["y"], &[blocksize]),
		output("y"),
	]);
	let input = tensor::encode(&[tensor("x", &[1, 1, 2, 2], &[0.0; 4])]);
	let (fault, said) = fault(&model, &input);
	assert_eq!(fault, ModelFault::Trapped);
	assert!(said.contains("divide by zero"), "{said}");
}

#[test]
fn run_should_have_the_stack_for_a_long_chain() {
	let mut graph = vec![input("x", FLOAT, &[1, 1]), output("y")];
	graph.extend((0..2000).map(|i| {
		let from = if i == 0 { "x".into() } else { format!("h{i}") };
		let to = if i == 1999 { "y".into() } else { format!("h{}", i + 1) };
		node("Sigmoid", &[&from], &[&to])
	}));
	let run = run(&model(&graph), &x(&[1.0]));
	assert!((numbers(&run.outcome.expect(&run.message))[0] - 0.659).abs() < 1e-3);
}

#[test]
fn run_should_refuse_an_output_that_is_too_large() {
	assert!(run(&expand(1000), &x(&[1.0])).outcome.is_ok());
	assert_eq!(fault(&expand(1024), &x(&[1.0])).0, ModelFault::OutputTooLarge);
}

#[test]
fn run_should_give_every_nan_the_same_bits() {
	let nan = 0x7fc0_0000u32;
	for (op, bits) in [
		("Sqrt", (-1f32).to_bits()),
		("Log", (-1f32).to_bits()),
		("Identity", 0xffc1_2345),
		("Neg", 0x7fc0_0001),
	] {
		let y = numbers(&run(&unary(op, 1), &x(&[f32::from_bits(bits)])).outcome.unwrap());
		assert_eq!(y[0].to_bits(), nan, "{op}");
	}
}

#[test]
fn run_should_refuse_what_is_not_a_model() {
	for bytes in [&b""[..], b"nonsense", &[0xff; 64], &layer()[..40]] {
		assert_eq!(fault(bytes, &x(&[1.0])).0, ModelFault::BadModel);
	}
}

#[test]
fn run_should_survive_damaged_models() {
	let good = layer();
	for at in (0..good.len()).step_by(3) {
		let mut bad = good.clone();
		bad[at] ^= 0x15;
		let limits = Limits { fuel: 2_000_000_000, ..LIMITS };
		let run = || engine().run(&bad, &Dims::default(), &x(&[1.0, 2.0, 3.0]), &limits).unwrap();
		assert_eq!(run(), run());
	}
}

#[test]
fn run_should_refuse_a_wrong_input() {
	let good = tensor("x", &[1, 3], &[0.0; 3]);
	let named = |name: &str| tensor::Tensor { name: name.into(), ..good.clone() };
	let integers = tensor::Tensor { dtype: tensor::DType::I32, ..good.clone() };
	for (input, message) in [
		(b"nonsense".to_vec(), "OPGT"),
		(tensor::encode(&[]), "`x` is missing"),
		(tensor::encode(&[named("z")]), "`x` is missing"),
		(tensor::encode(&[good.clone(), named("z")]), "no input `z`"),
		(tensor::encode(&[integers]), "takes f32"),
		(x(&[0.0; 2]), "takes [1, 3]"),
	] {
		let (fault, said) = fault(&layer(), &input);
		assert_eq!(fault, ModelFault::BadInput, "{said}");
		assert!(said.contains(message), "{said}");
	}
}

#[test]
fn run_should_refuse_random_operators() {
	for op in ["RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial"] {
		refused(&unary(op, 1), "random numbers");
	}
}

#[test]
fn run_should_refuse_foreign_domains() {
	let foreign = |domain: &str| {
		model(&[
			input("x", FLOAT, &[1, 1]),
			node_with("Relu", &["x"], &["y"], &[bytes(7, domain)]),
			output("y"),
		])
	};
	refused(&foreign("com.example"), "`com.example` is not standard");
	assert!(run(&foreign("ai.onnx"), &x(&[1.0])).outcome.is_ok());
}

#[test]
fn run_should_refuse_deep_nesting() {
	let mut graph = Vec::new();
	for _ in 0..40 {
		let attribute = bytes(5, [bytes(1, "then_branch"), bytes(6, graph)].concat());
		graph = node_with("If", &["x"], &["y"], &[attribute]);
	}
	refused(&model(&[input("x", FLOAT, &[1, 1]), graph, output("y")]), "nested too deeply");
}

#[test]
fn run_should_refuse_too_many_nodes() {
	let nodes = vec![node("Relu", &["x"], &["y"]); 20_001].concat();
	refused(&model(&[input("x", FLOAT, &[1, 1]), nodes, output("y")]), "20000 nodes");
}

#[test]
fn run_should_refuse_weights_in_another_file() {
	let location = bytes(13, [bytes(1, "location"), bytes(2, "/etc/passwd")].concat());
	let weights = bytes(5, [int(1, 1), int(2, FLOAT), bytes(8, "w"), location].concat());
	refused(
		&model(&[
			input("x", FLOAT, &[1, 1]),
			weights,
			node("Add", &["x", "w"], &["y"]),
			output("y"),
		]),
		"another file",
	);
}

#[test]
fn run_should_refuse_open_dimensions() {
	refused(&model(&[open_input("x"), node("Relu", &["x"], &["y"]), output("y")]), "fixed shapes");
	refused(&unary("NonZero", 1), "");
}

#[test]
fn run_should_refuse_an_output_that_nothing_computes() {
	refused(
		&model(&[input("x", FLOAT, &[1, 1]), node("Relu", &["x"], &["y"]), output("z")]),
		"`z`",
	);
}

#[test]
fn engine_id_should_be_stable_within_a_build() {
	assert_eq!(opg_engine::engine_id(), opg_engine::engine_id());
	assert_ne!(opg_engine::engine_id(), [0; 32]);
}
