//! Dimensions that a file leaves open, by name and by place; and the branches of an `If`, of which
//! only one fits them.

#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use opg_engine::{
	tensor::{self, DType, Tensor},
	Backend, Dims, Engine, Reason, Run,
};
use std::sync::OnceLock;

/// ONNX code of bool.
const BOOL: u64 = 9;

fn run(model: &[u8], bindings: &[(&str, u64)], inputs: &[Tensor]) -> Run {
	static ENGINE: OnceLock<Engine> = OnceLock::new();
	let engine = ENGINE.get_or_init(|| engine(Backend::default()));
	let mut dims = Dims::default();
	for (name, size) in bindings {
		dims.bind(name, *size).unwrap();
	}
	engine.run(model, &dims, &tensor::encode(inputs), &LIMITS).unwrap()
}

/// Shape of the only output.
#[track_caller]
fn shape(run: Run) -> Vec<u64> {
	let output = run.outcome.unwrap_or_else(|fault| panic!("{fault}: {}", run.message));
	tensor::decode(&output).unwrap()[0].shape.clone()
}

fn ones(shape: &[u64]) -> Tensor {
	tensor("x", shape, &vec![1.0; shape.iter().product::<u64>() as usize])
}

/// An input `x` of f32 with these dimensions, each a message of its own.
fn of_dims(dims: &[Vec<u8>]) -> Vec<u8> {
	let shape: Vec<u8> = dims.iter().flat_map(|dim| bytes(1, dim)).collect();
	let tensor = [int(1, FLOAT), bytes(2, shape)].concat();
	bytes(11, [bytes(1, "x"), bytes(2, bytes(1, tensor))].concat())
}

fn sized(size: i64) -> Vec<u8> {
	int(1, size as u64)
}

fn named(name: &str) -> Vec<u8> {
	bytes(2, name)
}

fn relu(dims: &[Vec<u8>]) -> Vec<u8> {
	model(&[of_dims(dims), node("Relu", &["x"], &["y"]), output("y")])
}

#[test]
fn a_dimension_should_be_bound_by_its_place_whatever_the_file_says_in_its_stead() {
	// Nothing, a name that others have too, and the two numbers that exporters write.
	let file = relu(&[Vec::new(), named("?"), named("?"), sized(-1), sized(0), sized(2)]);
	let bindings = [("x:0", 1), ("x:1", 2), ("x:2", 3), ("x:3", 4), ("x:4", 5)];
	let sizes = [1, 2, 3, 4, 5, 2];
	assert_eq!(shape(run(&file, &bindings, &[ones(&sizes)])), sizes);
}

#[test]
fn a_binding_should_be_of_the_dimensions_with_that_name_when_there_are_any() {
	let file = relu(&[sized(3), named("x:0")]);
	assert_eq!(shape(run(&file, &[("x:0", 2)], &[ones(&[3, 2])])), [3, 2]);
}

/// Exporters also write what they know of an open dimension, or its size.
#[test]
fn a_dimension_should_be_bound_by_its_name_when_that_is_an_expression() {
	let file = relu(&[named("floor(n/2) + 1"), named("2")]);
	assert_eq!(shape(run(&file, &[("floor(n/2) + 1", 3)], &[ones(&[3, 2])])), [3, 2]);
	assert_eq!(run(&file, &[], &[ones(&[3, 2])]).reason, Some(Reason::OpenDimension));
}

#[test]
fn a_place_should_be_refused_when_it_is_not_an_open_dimension_of_an_input() {
	let file = relu(&[sized(3), named("n")]);
	let no_shape = bytes(11, [bytes(1, "x"), bytes(2, bytes(1, int(1, FLOAT)))].concat());
	let no_shape = model(&[no_shape, node("Relu", &["x"], &["y"]), output("y")]);
	for (file, bindings, part) in [
		(&file, &[("n", 2), ("x:0", 3)][..], "`x:0` is 3 already"),
		(&file, &[("n", 2), ("x:1", 2)], "`x:1` is 2 already"),
		(&file, &[("x:2", 3)], "2 dimensions"),
		(&file, &[("z:0", 3)], "no dimension `z:0`"),
		(&file, &[("x:", 3)], "no dimension `x:`"),
		(&file, &[("x:-1", 3)], "no dimension"),
		(&file, &[("x:01", 3)], "no dimension"),
		(&file, &[(":1", 3)], "no dimension"),
		(&file, &[("x:65537", 3)], "no dimension"),
		(&no_shape, &[("x:0", 3)], "no list of dimensions"),
	] {
		let run = run(file, bindings, &[ones(&[3, 2])]);
		assert_eq!(run.reason, Some(Reason::BadBinding), "{bindings:?}: {}", run.message);
		assert!(run.message.contains(part), "{bindings:?}: {}", run.message);
	}
}

#[test]
fn a_dimension_should_stay_open_when_its_place_is_not_bound() {
	let run = run(&relu(&[named("?"), named("?")]), &[("x:0", 1)], &[ones(&[1, 1])]);
	assert_eq!(run.reason, Some(Reason::OpenDimension));
	assert!(run.message.contains("`x:1`"), "{}", run.message);
}

fn graph_attribute(name: &str, parts: &[Vec<u8>]) -> Vec<u8> {
	bytes(5, [bytes(1, name), bytes(6, parts.concat()), int(20, 5)].concat())
}

/// `y` is `x` without its first dimension where the condition holds, else `x` itself.
fn squeezed_if(condition: &str) -> Vec<u8> {
	let squeeze = [node("Squeeze", &["x", "zero"], &["then"]), output("then")];
	let same = [node("Identity", &["x"], &["else"]), output("else")];
	let branches =
		[graph_attribute("then_branch", &squeeze), graph_attribute("else_branch", &same)];
	node_with("If", &[condition], &["y"], &branches)
}

/// As PyTorch exports `squeeze(0)`.
fn squeezed() -> Vec<u8> {
	model(&[
		of_dims(&[named("n"), sized(2)]),
		ints("zero", &[0]),
		ints("one", &[1]),
		node("Shape", &["x"], &["shape"]),
		node("Gather", &["shape", "zero"], &["first"]),
		node("Equal", &["first", "one"], &["is_one"]),
		squeezed_if("is_one"),
		node("Relu", &["y"], &["z"]),
		output("z"),
	])
}

#[test]
fn the_branch_that_is_taken_should_count_alone_when_the_condition_is_known() {
	assert_eq!(shape(run(&squeezed(), &[("n", 1)], &[ones(&[1, 2])])), [2]);
	// The other branch could not even be analysed.
	assert_eq!(shape(run(&squeezed(), &[("n", 3)], &[ones(&[3, 2])])), [3, 2]);
}

#[test]
fn branches_should_agree_in_shape_when_the_condition_is_an_input() {
	let condition =
		|value| Tensor { name: "c".into(), dtype: DType::Bool, shape: vec![], data: vec![value] };
	let file = model(&[
		input("x", FLOAT, &[1, 2]),
		input("c", BOOL, &[]),
		ints("zero", &[0]),
		squeezed_if("c"),
		output("y"),
	]);
	let refused = run(&file, &[], &[ones(&[1, 2]), condition(1)]);
	assert_eq!(refused.reason, Some(Reason::NotLoadable), "{}", refused.message);

	let branch = |name, op: &str| {
		graph_attribute(name, &[node(op, &["x"], &["of_branch"]), output("of_branch")])
	};
	let either = node_with(
		"If",
		&["c"],
		&["y"],
		&[branch("then_branch", "Neg"), branch("else_branch", "Relu")],
	);
	let file = model(&[input("x", FLOAT, &[1, 2]), input("c", BOOL, &[]), either, output("y")]);
	for (value, expected) in [(1, [-1.0; 2]), (0, [1.0; 2])] {
		let run = run(&file, &[], &[ones(&[1, 2]), condition(value)]);
		assert_eq!(numbers(&run.outcome.unwrap()), expected);
	}
}
