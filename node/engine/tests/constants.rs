//! What follows from constants is computed when a model is loaded, not by each run.

#![allow(clippy::unwrap_used)]

mod common;

use common::{attributes::*, operators::*, *};
use opg_engine::tensor::{DType, Tensor};

/// ONNX code of f16.
const HALF: u64 = 10;
/// 1 as f16.
const ONE: [u8; 2] = 0x3c00u16.to_le_bytes();

/// Runs the graph for less fuel than this, and gives the only output's numbers.
#[track_caller]
fn cheap(graph: &[Vec<u8>], inputs: &[Tensor], fuel: usize) -> Vec<f32> {
	let run = run(graph, inputs);
	let output = run.outcome.unwrap_or_else(|fault| panic!("{fault}: {}", run.message));
	assert!(run.fuel < fuel as u64, "{} fuel", run.fuel);
	numbers(&output)
}

#[test]
fn rows_should_be_read_alone_when_a_large_table_is_quantized() {
	let (rows, columns) = (20_000, 128);
	let table: Vec<u8> = (0..rows).flat_map(|row| vec![(row % 100) as u8; columns]).collect();
	let graph = [
		input("x", INT64, &[2]),
		initializer("table", INT8, &[rows as u64, columns as u64], table),
		floats("scale", &[], &[0.5]),
		node("DequantizeLinear", &["table", "scale"], &["floats"]),
		node("Gather", &["floats", "x"], &["y"]),
		output("y"),
	];
	let data = [3i64, 19_998].iter().flat_map(|place| place.to_le_bytes()).collect();
	let places = Tensor { name: "x".into(), dtype: DType::I64, shape: vec![2], data };
	let expected = [[1.5; 128], [49.0; 128]].concat();
	assert_eq!(cheap(&graph, &[places], rows * columns), expected);
}

#[test]
fn weights_should_be_floats_already_when_the_file_has_halves() {
	let (depth, columns) = (256, 5_000);
	let graph = [
		input("x", FLOAT, &[1, depth as u64]),
		initializer("half", HALF, &[depth as u64, columns as u64], ONE.repeat(depth * columns)),
		node_with("Cast", &["half"], &["w"], &[of_int("to", FLOAT as i64)]),
		node("MatMul", &["x", "w"], &["product"]),
		node("ReduceMax", &["product"], &["y"]),
		output("y"),
	];
	let x = tensor("x", &[1, depth as u64], &vec![1.0; depth]);
	assert_eq!(cheap(&graph, &[x], depth * columns), [depth as f32]);
}

#[test]
fn sums_of_weights_should_be_known_when_a_product_of_integers_is_large() {
	let (depth, columns) = (128, 40_000);
	let graph = [
		input("x", UINT8, &[1, depth as u64]),
		initializer("w", INT8, &[depth as u64, columns as u64], vec![1; depth * columns]),
		initializer("zero", UINT8, &[], vec![2]),
		node("MatMulInteger", &["x", "w", "zero"], &["product"]),
		node_with("Cast", &["product"], &["floats"], &[of_int("to", FLOAT as i64)]),
		node("ReduceMax", &["floats"], &["y"]),
		output("y"),
	];
	let (dtype, shape) = (DType::U8, vec![1, depth as u64]);
	let x = Tensor { name: "x".into(), dtype, shape, data: vec![5; depth] };
	assert_eq!(cheap(&graph, &[x], depth * columns), [3.0 * depth as f32]);
}

#[test]
fn branches_should_be_optimised_when_a_run_decides() {
	let (depth, columns) = (1_024, 512);
	let branch = |name: &str, operator: &str| {
		let parts = [
			node("MatMul", &["x", "w"], &["product"]),
			node(operator, &["product"], &["of_branch"]),
			output("of_branch"),
		];
		of_graph(name, &parts)
	};
	let branches = [branch("then_branch", "Neg"), branch("else_branch", "Relu")];
	let graph = [
		input("x", FLOAT, &[1, depth as u64]),
		input("c", BOOL, &[]),
		floats("w", &[depth as u64, columns as u64], &vec![1.0; depth * columns]),
		node_with("If", &["c"], &["y"], &branches),
		output("y"),
	];
	for (value, expected) in [(1, -(depth as f32)), (0, depth as f32)] {
		let x = tensor("x", &[1, depth as u64], &vec![1.0; depth]);
		let (name, dtype) = ("c".into(), DType::Bool);
		let condition = Tensor { name, dtype, shape: vec![], data: vec![value] };
		let given = cheap(&graph, &[x, condition], depth * columns);
		assert_eq!(given, vec![expected; columns]);
	}
}
