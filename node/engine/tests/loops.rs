//! Loops, which are unrolled, and sequences of tensors, which the graph is written without.

#![allow(clippy::unwrap_used)]

mod common;

use common::{attributes::*, operators::*, *};
use opg_engine::{tensor::Tensor, Reason};

fn node_loop(inputs: &[&str], outputs: &[&str], body: &[Vec<u8>]) -> Vec<u8> {
	node_with("Loop", inputs, outputs, &[of_graph("body", body)])
}

fn outputs(names: &[&str]) -> Vec<u8> {
	names.iter().flat_map(|name| output(name)).collect()
}

/// Inputs of a body: number of the turn, condition, and a state.
fn of_body() -> Vec<u8> {
	[input("turn", INT64, &[]), input("go", BOOL, &[]), input("state", FLOAT, &[2])].concat()
}

/// Adds the number of the turn and `x` to the state; also gives the square of that.
fn adding() -> Vec<Vec<u8>> {
	vec![
		of_body(),
		node_with("Cast", &["turn"], &["number"], &[of_int("to", FLOAT as i64)]),
		node("Add", &["state", "number"], &["moved"]),
		node("Add", &["moved", "x"], &["next"]),
		node("Mul", &["next", "next"], &["square"]),
		outputs(&["go", "next", "square"]),
	]
}

fn of_x(parts: &[Vec<u8>]) -> Vec<Vec<u8>> {
	[&[input("x", FLOAT, &[2])], parts].concat()
}

fn x() -> [Tensor; 1] {
	[tensor("x", &[2], &[1.0, -1.0])]
}

#[track_caller]
fn refused(graph: &[Vec<u8>], inputs: &[Tensor], reason: Reason, words: &str) {
	let run = run(graph, inputs);
	assert_eq!(run.reason, Some(reason), "{}", run.message);
	assert!(run.message.contains(words), "{}", run.message);
}

#[test]
fn a_loop_should_turn_as_often_as_its_trip_count_says() {
	for (count, last, squares) in [(3, [6.0, 0.0], &[1.0f32, 1.0][..]), (1, [1.0, -1.0], &[])] {
		let graph = of_x(&[
			int_scalar("count", count),
			floats("zero", &[2], &[0.0; 2]),
			node_loop(&["count", "", "zero"], &["y", "squares"], &adding()),
			outputs(&["y", "squares"]),
		]);
		// After turns 0, 1 and 2: (1, -1), (3, -1), (6, 0).
		let all = [1.0, 1.0, 9.0, 1.0, 36.0, 0.0];
		let length = 2 * count as usize;
		assert!(all[..length].starts_with(squares));
		gives(&graph, &x(), &[(&[2], &last), (&[count as u64, 2], &all[..length])]);
	}
}

#[test]
fn a_loop_should_end_when_its_condition_follows_from_constants() {
	let body = [
		of_body(),
		node("Add", &["state", "state"], &["next"]),
		node("Less", &["turn", "two"], &["goes_on"]),
		outputs(&["goes_on", "next"]),
	];
	let graph = of_x(&[
		int_scalar("two", 2),
		truth("yes", true),
		node_loop(&["", "yes", "x"], &["y"], &body),
		output("y"),
	]);
	gives(&graph, &x(), &[(&[2], &[8.0, -8.0])]);
	let never = of_x(&[
		int_scalar("two", 2),
		truth("no", false),
		node_loop(&["two", "no", "x"], &["y"], &body),
		output("y"),
	]);
	gives(&never, &x(), &[(&[2], &[1.0, -1.0])]);
}

#[test]
fn a_state_should_grow_when_the_body_makes_it_longer() {
	let body = [
		of_body(),
		node_with("Concat", &["state", "x"], &["next"], &[of_int("axis", 0)]),
		outputs(&["go", "next"]),
	];
	let graph =
		of_x(&[int_scalar("two", 2), node_loop(&["two", "", "x"], &["y"], &body), output("y")]);
	gives(&graph, &x(), &[(&[6], &[1.0, -1.0, 1.0, -1.0, 1.0, -1.0])]);
}

#[test]
fn loops_should_be_unrolled_inside_of_each_other() {
	// The inner loop adds `x` as often as the outer one has turned.
	let inner = [
		[input("i", INT64, &[]), input("on", BOOL, &[]), input("s", FLOAT, &[2])].concat(),
		node("Add", &["s", "x"], &["t"]),
		outputs(&["on", "t"]),
	];
	let body =
		[of_body(), node_loop(&["turn", "", "state"], &["next"], &inner), outputs(&["go", "next"])];
	let graph = of_x(&[
		int_scalar("four", 4),
		floats("zero", &[2], &[0.0; 2]),
		node_loop(&["four", "", "zero"], &["y"], &body),
		output("y"),
	]);
	gives(&graph, &x(), &[(&[2], &[6.0, -6.0])]);
}

#[test]
fn a_loop_should_be_refused_when_its_turns_depend_on_values() {
	let graph = |count: &str| {
		[
			input("x", FLOAT, &[2]),
			input("n", INT64, &[]),
			floats("zero", &[2], &[0.0; 2]),
			node_loop(&[count, "", "zero"], &["y"], &adding()[..]),
			output("y"),
		]
	};
	let inputs = [x().to_vec(), vec![integers("n", &[], &[2])]].concat();
	refused(&graph("n"), &inputs, Reason::NotLoadable, "depends on the input's values");
	let body = [
		of_body(),
		node("Add", &["state", "x"], &["next"]),
		node("ReduceSum", &["next"], &["sum"]),
		node_with("Cast", &["sum"], &["goes_on"], &[of_int("to", BOOL as i64)]),
		outputs(&["goes_on", "next"]),
	];
	let graph = of_x(&[node_loop(&["", "", "x"], &["y"], &body), output("y")]);
	refused(&graph, &x(), Reason::NotLoadable, "depends on the input's values");
}

#[test]
fn a_loop_should_be_refused_when_it_has_too_many_nodes() {
	let graph = |count: i64| {
		of_x(&[
			int_scalar("count", count),
			floats("zero", &[2], &[0.0; 2]),
			node_loop(&["count", "", "zero"], &["y"], &adding()[..]),
			output("y"),
		])
	};
	for count in [10_000, i64::MAX] {
		refused(&graph(count), &x(), Reason::NotLoadable, "more than 20000 nodes");
	}
	// One without an end.
	let for_ever = of_x(&[
		floats("zero", &[2], &[0.0; 2]),
		node_loop(&["", "", "zero"], &["y"], &adding()[..]),
		output("y"),
	]);
	// Its condition is an input of the body, which holds in each turn.
	refused(&for_ever, &x(), Reason::NotLoadable, "more than 20000 nodes");
}

#[test]
fn a_loop_should_be_refused_when_its_turns_give_different_shapes() {
	let body = [
		of_body(),
		node_with("Concat", &["state", "x"], &["next"], &[of_int("axis", 0)]),
		outputs(&["go", "next", "next"]),
	];
	let graph = of_x(&[
		int_scalar("two", 2),
		node_loop(&["two", "", "x"], &["y", "rows"], &body),
		outputs(&["y", "rows"]),
	]);
	refused(&graph, &x(), Reason::NotLoadable, "different shapes");
}

#[test]
fn sequences_should_be_lists_of_tensors() {
	let graph = of_x(&[
		node("Neg", &["x"], &["minus"]),
		int_scalar("one", 1),
		int_scalar("last", -1),
		node("SequenceConstruct", &["x", "minus"], &["s"]),
		node("Add", &["x", "x"], &["double"]),
		node("SequenceInsert", &["s", "double", "one"], &["t"]),
		node("Identity", &["t"], &["same"]),
		node("SequenceAt", &["same", "last"], &["at"]),
		node("SequenceLength", &["t"], &["length"]),
		node_with("ConcatFromSequence", &["t"], &["flat"], &[of_int("axis", 0)]),
		node("SequenceErase", &["t", "one"], &["u"]),
		node_with(
			"ConcatFromSequence",
			&["u"],
			&["stacked"],
			&[of_int("axis", 1), of_int("new_axis", 1)],
		),
		node("SequenceEmpty", &[], &["none"]),
		node("SequenceInsert", &["none", "x"], &["one_element"]),
		node("SequenceAt", &["one_element", "last"], &["same_as_x"]),
		outputs(&["at", "length", "flat", "stacked", "same_as_x"]),
	]);
	gives(
		&graph,
		&x(),
		&[
			(&[2], &[-1.0, 1.0]),
			(&[], &[3.0]),
			(&[6], &[1.0, -1.0, 2.0, -2.0, -1.0, 1.0]),
			(&[2, 2], &[1.0, -1.0, -1.0, 1.0]),
			(&[2], &[1.0, -1.0]),
		],
	);
}

#[test]
fn a_tensor_should_be_split_into_a_sequence() {
	let axis = of_int("axis", 1);
	let graph = [
		input("x", FLOAT, &[2, 5]),
		int_scalar("two", 2),
		int_scalar("last", -1),
		ints("sizes", &[1, 4]),
		node_with("SplitToSequence", &["x"], &["a"], &[axis.clone(), of_int("keepdims", 0)]),
		node("SequenceAt", &["a", "last"], &["of_a"]),
		node("SequenceLength", &["a"], &["length"]),
		node_with("SplitToSequence", &["x", "two"], &["b"], std::slice::from_ref(&axis)),
		node("SequenceAt", &["b", "two"], &["of_b"]),
		node_with("SplitToSequence", &["x", "sizes"], &["c"], &[axis]),
		node("SequenceAt", &["c", "last"], &["of_c"]),
		outputs(&["of_a", "length", "of_b", "of_c"]),
	];
	let x = [tensor("x", &[2, 5], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])];
	gives(
		&graph,
		&x,
		&[
			(&[2], &[5.0, 10.0]),
			(&[], &[5.0]),
			(&[2, 1], &[5.0, 10.0]),
			(&[2, 4], &[2.0, 3.0, 4.0, 5.0, 7.0, 8.0, 9.0, 10.0]),
		],
	);
}

#[test]
fn sequences_should_be_refused_when_they_are_not_known() {
	let construct = node("SequenceConstruct", &["x", "x"], &["s"]);
	let dynamic = [
		input("x", FLOAT, &[2]),
		input("n", INT64, &[]),
		construct.clone(),
		node("SequenceAt", &["s", "n"], &["y"]),
		output("y"),
	];
	let inputs = [x().to_vec(), vec![integers("n", &[], &[0])]].concat();
	refused(&dynamic, &inputs, Reason::NotLoadable, "not constant");
	for (place, words) in [(2, "2 elements"), (-3, "2 elements"), (i64::MIN, "2 elements")] {
		let graph = of_x(&[
			int_scalar("place", place),
			construct.clone(),
			node("SequenceAt", &["s", "place"], &["y"]),
			output("y"),
		]);
		refused(&graph, &x(), Reason::NotLoadable, words);
	}
	let output_of = of_x(&[construct, output("s")]);
	refused(&output_of, &x(), Reason::UnsupportedType, "is a sequence");
	let empty = of_x(&[
		node("SequenceEmpty", &[], &["s"]),
		node_with("ConcatFromSequence", &["s"], &["y"], &[of_int("axis", 0)]),
		output("y"),
	]);
	refused(&empty, &x(), Reason::NotLoadable, "empty");
	let no_sequence =
		of_x(&[int_scalar("place", 0), node("SequenceAt", &["x", "place"], &["y"]), output("y")]);
	refused(&no_sequence, &x(), Reason::NotLoadable, "not a sequence");
}
