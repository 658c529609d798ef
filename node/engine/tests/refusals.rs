//! Refusals: each for its own reason, and before it does harm.

#![allow(clippy::unwrap_used)]

mod common;

use common::{
	artifact::{body, Sketch},
	operators::contributed,
	*,
};
use opg_engine::{
	content_hash,
	tensor::{self, DType, Tensor},
	Artifact, Backend, Dims, Engine, EngineConfig, Limits, ModelFault, Reason, Run,
};
use opg_engine_types::MAX_MODEL_BYTES;
use std::{path::Path, sync::OnceLock};
use wasm_encoder::Instruction as I;

const LIMITS: Limits = Limits {
	fuel: 5_000_000_000,
	load_fuel: 5_000_000_000,
	memory_bytes: 256 << 20,
	max_output: 64 << 10,
	time: None,
};

/// ONNX code of strings.
const STRING: u64 = 8;

fn engine() -> &'static Engine {
	static ENGINE: OnceLock<Engine> = OnceLock::new();
	let cache = Path::new(concat!(env!("CARGO_TARGET_TMPDIR"), "/engine-cache"));
	ENGINE.get_or_init(|| Engine::new(Some(cache)).unwrap())
}

fn run(model: &[u8], input: &[u8]) -> Run {
	let run = || engine().run(model, &Dims::default(), input, &LIMITS).unwrap();
	let first = run();
	assert_eq!(run(), first);
	first
}

#[track_caller]
fn refused(model: &[u8], input: &[u8], reason: Reason) {
	let run = run(model, input);
	let fault = if reason.is_of_input() { ModelFault::BadInput } else { ModelFault::BadModel };
	assert_eq!((run.outcome, run.reason), (Err(fault), Some(reason)), "{}", run.message);
	assert!(!run.message.is_empty());
}

#[track_caller]
fn refused_model(model: &[u8], reason: Reason) {
	refused(model, &x(&[1.0]), reason);
}

/// A model from `x`, f32 `[1, 1]`, to `y`.
fn from_x(parts: &[Vec<u8>]) -> Vec<u8> {
	model(&[input("x", FLOAT, &[1, 1]), parts.concat(), output("y")])
}

fn relu() -> Vec<u8> {
	from_x(&[node("Relu", &["x"], &["y"])])
}

fn attribute(name: &str, kind: u64, value: Vec<u8>) -> Vec<u8> {
	bytes(5, [bytes(1, name), value, int(20, kind)].concat())
}

fn int_attribute(name: &str, value: i64) -> Vec<u8> {
	attribute(name, 2, int(3, value as u64))
}

fn ints_attribute(name: &str, values: &[i64]) -> Vec<u8> {
	attribute(name, 7, values.iter().flat_map(|value| int(8, *value as u64)).collect())
}

fn graph_attribute(name: &str, graph: &[u8]) -> Vec<u8> {
	attribute(name, 5, bytes(6, graph))
}

#[test]
fn size_should_be_bounded() {
	refused_model(&vec![0; MAX_MODEL_BYTES + 1], Reason::FileTooLong);
}

#[test]
fn nesting_should_be_bounded() {
	let mut graph = Vec::new();
	for _ in 0..20 {
		graph = node_with("If", &["x"], &["y"], &[graph_attribute("then_branch", &graph)]);
	}
	refused_model(&from_x(&[graph]), Reason::NestedTooDeeply);
}

#[test]
fn counts_should_be_bounded_in_subgraphs_too() {
	let nodes = bytes(1, "").repeat(20_001);
	refused_model(&from_x(std::slice::from_ref(&nodes)), Reason::TooManyNodes);
	let inside = node_with("If", &["x"], &["y"], &[graph_attribute("then_branch", &nodes)]);
	refused_model(&from_x(&[inside]), Reason::TooManyNodes);
	let attributes = bytes(5, "").repeat(20_001);
	refused_model(
		&from_x(&[node_with("Relu", &["x"], &["y"], &[attributes])]),
		Reason::TooManyAttributes,
	);
	refused_model(&from_x(&[bytes(5, "").repeat(20_001)]), Reason::TooManyTensors);
	let constants = attribute("value", 9, bytes(10, "").repeat(20_001));
	refused_model(
		&from_x(&[node_with("Constant", &[], &["y"], &[constants])]),
		Reason::TooManyTensors,
	);
	refused_model(&from_x(&[bytes(13, "").repeat(400_001)]), Reason::TooManyFields);
}

#[test]
fn bytes_that_are_no_model_should_be_refused() {
	for bytes in [&b"nonsense"[..], &[0xff; 64], &relu()[..20]] {
		refused_model(bytes, Reason::Malformed);
	}
	refused_model(b"", Reason::Malformed);
}

#[test]
fn external_data_should_be_refused_wherever_it_is() {
	let location = bytes(13, [bytes(1, "location"), bytes(2, "/etc/passwd")].concat());
	for marker in [location, int(14, 1)] {
		let tensor = [int(1, 1), int(2, FLOAT), bytes(8, "w"), marker].concat();
		let add = node("Add", &["x", "w"], &["y"]);
		refused_model(&from_x(&[bytes(5, &tensor), add.clone()]), Reason::ExternalData);
		let constant =
			node_with("Constant", &[], &["w"], &[attribute("value", 4, bytes(5, &tensor))]);
		refused_model(&from_x(&[constant.clone(), add]), Reason::ExternalData);
		let inside = node_with("If", &["x"], &["y"], &[graph_attribute("else_branch", &constant)]);
		refused_model(&from_x(&[inside]), Reason::ExternalData);
	}
}

#[test]
fn foreign_domains_should_be_refused() {
	for domain in ["com.microsoft", "ai.onnx.preview.training", "AI.ONNX"] {
		refused_model(
			&from_x(&[node_with("Relu", &["x"], &["y"], &[bytes(7, domain)])]),
			Reason::ForeignDomain,
		);
	}
}

#[test]
fn operators_of_microsoft_should_be_refused_when_they_are_not_on_the_list() {
	// Some have a namesake that means something else, or that tract knows by that name.
	for op in ["Attention", "Add", "Trilu", "Unique", ""] {
		let node = node_with(op, &["x"], &["y"], &[bytes(7, "com.microsoft")]);
		refused_model(&from_x(std::slice::from_ref(&node)), Reason::ForeignDomain);
		let inside = node_with("If", &["x"], &["y"], &[graph_attribute("then_branch", &node)]);
		refused_model(&from_x(&[inside]), Reason::ForeignDomain);
	}
}

#[test]
fn weights_of_few_bits_should_have_the_sizes_that_are_named() {
	let packed = |bytes: u64| initializer("b", 2, &[1, 1, bytes], vec![0; bytes as usize]);
	for (rows, columns, block) in [
		(2, 8, 16),
		(1, 9, 16),
		(1, 8, 0),
		(1, 8, 8),
		(1, 8, 24),
		(-1, 8, 16),
		(i64::MAX, 8, 16),
		(1 << 28, 8, 1 << 28),
	] {
		let sizes = [("N", rows), ("K", columns), ("block_size", block)];
		let sizes = sizes.map(|(name, value)| int_attribute(name, value));
		let more = [&[bytes(7, "com.microsoft")], &sizes[..]].concat();
		let product = node_with("MatMulNBits", &["x", "b", "s"], &["y"], &more);
		let graph = [
			input("x", FLOAT, &[1, 8]),
			packed(8),
			floats("s", &[1], &[1.0]),
			product,
			output("y"),
		];
		refused_model(&model(&graph), Reason::NotLoadable);
	}
}

#[test]
fn weights_of_few_bits_should_fit_when_they_stay_as_they_are() {
	let of = |codes: u64, scales: u64, zeros: u64, dtype: u64, inputs: &[&str]| {
		let sizes = [("N", 3), ("K", 40), ("block_size", 32), ("bits", 4), ("accuracy_level", 4)];
		let sizes = sizes.map(|(name, value)| int_attribute(name, value));
		let more = [&[bytes(7, "com.microsoft")], &sizes[..]].concat();
		model(&[
			input("x", FLOAT, &[1, 40]),
			initializer("b", dtype, &[codes], vec![0; codes as usize]),
			floats("s", &[scales], &vec![1.0; scales as usize]),
			initializer("z", 2, &[zeros], vec![0; zeros as usize]),
			node_with("MatMulNBits", inputs, &["y"], &more),
			output("y"),
		])
	};
	let all = ["x", "b", "s", "z"];
	for (codes, scales, zeros, dtype) in [
		(95, 6, 3, 2),
		(97, 6, 3, 2),
		(96, 5, 3, 2),
		(96, 7, 3, 2),
		(96, 6, 2, 2),
		(96, 6, 4, 2),
		(96, 6, 3, 3),
	] {
		refused_model(&of(codes, scales, zeros, dtype, &all), Reason::NotLoadable);
	}
	// Weights that a run computes.
	refused_model(&of(96, 6, 3, 2, &["x", "x", "s", "z"]), Reason::NotLoadable);
	refused_model(&of(96, 6, 3, 2, &["x", "b", "x", "z"]), Reason::NotLoadable);
	refused_model(&of(96, 6, 3, 2, &["x", "b", "s", "x"]), Reason::NotLoadable);
	refused_model(&of(96, 6, 3, 2, &["b", "b", "s", "z"]), Reason::NotLoadable);
}

#[test]
fn operators_of_microsoft_should_fit_their_inputs() {
	let refused = |parts: &[Vec<u8>]| {
		let graph = [&[input("x", FLOAT, &[1, 3, 8])], parts, &[output("y")]].concat();
		refused_model(&model(&graph), Reason::BadOperator);
	};
	let of = |op: &str, inputs: &[&str], more: &[Vec<u8>]| {
		node_with(op, inputs, &["y"], &[&[bytes(7, "com.microsoft")], more].concat())
	};
	let zeros = |name: &str, shape: &[u64]| {
		floats(name, shape, &vec![0.0; shape.iter().product::<u64>() as usize])
	};
	for heads in [0, 3] {
		refused(&[of(
			"MultiHeadAttention",
			&["x", "x", "x"],
			&[int_attribute("num_heads", heads)],
		)]);
	}
	for keys in [&[1, 3, 4][..], &[1, 8], &[2, 3, 8]] {
		let attention =
			of("MultiHeadAttention", &["x", "k", "x"], &[int_attribute("num_heads", 2)]);
		refused(&[zeros("k", keys), attention]);
	}
	// Two heads of queries, one of keys and one of values, of two numbers each.
	let caches = [zeros("k", &[1, 1, 5, 2]), zeros("n", &[1, 1, 5, 4]), zeros("m", &[1, 1, 2, 2])];
	let lengths = ["last", "total"].map(|name| initializer(name, INT32, &[1], vec![0; 4]));
	let parts = [&caches[..], &lengths, &[zeros("t", &[5, 1]), zeros("u", &[4, 1])]].concat();
	let heads = [int_attribute("num_heads", 2), int_attribute("kv_num_heads", 1)];
	let shares = |inputs: &[&str], more: &[Vec<u8>]| {
		let attention = of("GroupQueryAttention", inputs, more);
		let graph = [&[input("x", FLOAT, &[1, 3, 8])], &parts[..], &[attention, output("y")]];
		refused_model(&model(&graph.concat()), Reason::NotLoadable);
	};
	for inputs in [
		&["x", "", "", "k", "n", "last", "total"][..],
		&["x", "", "", "m", "m", "last", "total"],
		&["x", "", "", "x", "x", "last", "total"],
		&["x", "x", "", "k", "k", "last", "total"],
		&["x", "x", "x", "k", "k", "last", "total"],
		&["x", "", "", "k", "k", "x", "total"],
		&["x", "", "", "k", "k", "last", "total", "t", "t", "last"],
	] {
		shares(inputs, &heads);
	}
	for attribute in [
		int_attribute("do_rotary", 1),
		int_attribute("local_window_size", 3),
		int_attribute("rotary_interleaved", 1),
		int_attribute("smooth_softmax", 1),
		attribute("softcap", 1, [varint(2 << 3 | 5), 5f32.to_le_bytes().to_vec()].concat()),
	] {
		let more = [&heads[..], &[attribute]].concat();
		shares(&["x", "", "", "k", "k", "last", "total", "u", "u"], &more);
	}
	shares(&["x", "", "", "k", "k", "last", "total"], &heads[..1]);
	for counts in [[2, 0], [3, 2], [0, 1], [-2, -1]] {
		let [of_queries, of_keys] = counts;
		let counts =
			[int_attribute("num_heads", of_queries), int_attribute("kv_num_heads", of_keys)];
		shares(&["x", "", "", "k", "k", "last", "total"], &counts);
	}
	let offset = ints("p", &[4]);
	let tables = [zeros("c", &[9, 4]), zeros("s", &[9, 4])].concat();
	let rotary = of("RotaryEmbedding", &["x", "p", "c", "s"], &[int_attribute("num_heads", 1)]);
	refused(&[offset, tables, rotary]);
	let weights = [zeros("g", &[8]), zeros("b", &[8])].concat();
	for (op, inputs) in [
		("SkipLayerNormalization", &["x", "x", "g", "", "b"][..]),
		("SkipSimplifiedLayerNormalization", &["x", "x", "g", "b"]),
	] {
		refused(&[weights.clone(), of(op, inputs, &[])]);
	}
	let mean =
		contributed("SkipSimplifiedLayerNormalization", &["x", "x", "g"], &["y", "mean"], &[]);
	let graph = [&[input("x", FLOAT, &[1, 3, 8]), weights], &[mean, output("y")][..]].concat();
	refused_model(&model(&graph), Reason::NotLoadable);
	refused(&[zeros("w", &[1]), of("QLinearAdd", &["x", "w", "", "x", "w", "", "w"], &[])]);
}

#[test]
fn random_operators_should_be_refused_with_and_without_a_seed() {
	let seed = attribute("seed", 1, [varint(2 << 3 | 5), 1f32.to_le_bytes().to_vec()].concat());
	for op in [
		"Bernoulli",
		"Multinomial",
		"RandomNormal",
		"RandomNormalLike",
		"RandomUniform",
		"RandomUniformLike",
	] {
		for seed in [&seed[..], &[]] {
			let node = node_with(op, &["x"], &["y"], &[seed.to_vec()]);
			refused_model(&from_x(std::slice::from_ref(&node)), Reason::RandomOperator);
			let inside = node_with("If", &["x"], &["y"], &[graph_attribute("then_branch", &node)]);
			refused_model(&from_x(&[inside]), Reason::RandomOperator);
		}
	}
}

#[test]
fn features_that_no_inference_needs_should_be_refused() {
	for field in [bytes(20, ""), bytes(25, "")] {
		refused_model(&[relu(), field].concat(), Reason::UnsupportedFeature);
	}
	refused_model(&from_x(&[bytes(15, "")]), Reason::UnsupportedFeature);
	let twice = bytes(8, int(2, 14));
	refused_model(&[relu(), twice].concat(), Reason::UnsupportedFeature);
}

#[test]
fn open_dimensions_should_be_refused() {
	let open = model(&[open_input("x"), node("Relu", &["x"], &["y"]), output("y")]);
	refused_model(&open, Reason::OpenDimension);
	// A shape that depends on values.
	refused_model(&from_x(&[node("NonZero", &["x"], &["y"])]), Reason::OpenDimension);
}

#[test]
fn bindings_should_be_refused_when_they_bind_nothing() {
	let mut dims = Dims::default();
	dims.bind("batch", 1).unwrap();
	let run = engine().run(&relu(), &dims, &x(&[1.0]), &LIMITS).unwrap();
	assert_eq!(run.reason, Some(Reason::BadBinding));
	assert!(dims.bind("batch", 2).is_err() && dims.bind("", 2).is_err());
}

#[test]
fn types_that_tensors_cannot_carry_should_be_refused() {
	// Complex numbers, four-bit integers, no type at all.
	for dtype in [14, 15, 21, 22, 0, 99] {
		let model =
			model(&[input("x", dtype, &[1]), node("Identity", &["x"], &["y"]), output("y")]);
		let run = run(&model, &x(&[1.0]));
		assert_eq!(run.outcome, Err(ModelFault::BadModel), "{dtype}: {}", run.message);
	}
	let strings = model(&[input("x", STRING, &[1]), node("Identity", &["x"], &["y"]), output("y")]);
	refused_model(&strings, Reason::UnsupportedType);
}

#[test]
fn outputs_should_be_computed_once_each() {
	let parts = |outputs: &[&str]| {
		let outputs: Vec<u8> = outputs.iter().flat_map(|name| output(name)).collect();
		model(&[input("x", FLOAT, &[1, 1]), node("Relu", &["x"], &["y"]), outputs])
	};
	refused_model(&parts(&[]), Reason::BadOutputs);
	refused_model(&parts(&["z"]), Reason::BadOutputs);
	refused_model(&parts(&["y", "y"]), Reason::BadOutputs);
	refused_model(&parts(&["y"; 65]), Reason::BadOutputs);
}

#[test]
fn operators_should_fit_their_inputs() {
	let wide = |parts: &[Vec<u8>]| {
		let more = [parts.concat(), output("y")];
		model(&[vec![input("x", FLOAT, &[1, 1, 4, 4])], more.to_vec()].concat())
	};
	let refused = |parts: &[Vec<u8>]| refused_model(&wide(parts), Reason::BadOperator);
	for op in ["Softmax", "LogSoftmax", "Hardmax"] {
		for axis in [99, 4, -5] {
			refused(&[node_with(op, &["x"], &["y"], &[int_attribute("axis", axis)])]);
		}
	}
	for k in [5, -1, i64::MAX] {
		refused(&[ints("k", &[k]), node("TopK", &["x", "k"], &["y", "i"])]);
	}
	for (name, values) in [
		("dilations", [0, 1]),
		("strides", [0, 0]),
		("strides", [-1, 1]),
		("kernel_shape", [2, -2]),
	] {
		for op in ["MaxPool", "AveragePool", "Conv"] {
			refused(&[node_with(op, &["x", "x"], &["y"], &[ints_attribute(name, &values)])]);
		}
	}
	let weights = floats("w", &[1, 1, 2, 2], &[0.5; 4]);
	for dilation in [4, 1000, 1 << 31, i64::MAX] {
		let dilations = ints_attribute("dilations", &[dilation, 1]);
		refused(&[weights.clone(), node_with("Conv", &["x", "w"], &["y"], &[dilations])]);
	}
}

#[test]
fn heads_of_queries_and_keys_should_be_of_one_size() {
	let attention = |keys: &[u64]| {
		let count = keys.iter().product::<u64>() as usize;
		model(&[
			input("x", FLOAT, &[1, 2, 4, 4]),
			floats("k", keys, &vec![0.5; count]),
			node("Attention", &["x", "k", "k"], &["y"]),
			output("y"),
		])
	};
	let x = tensor::encode(&[tensor("x", &[1, 2, 4, 4], &[0.5; 32])]);
	let good = run(&attention(&[1, 2, 6, 4]), &x);
	assert!(good.outcome.is_ok(), "{}", good.message);
	refused(&attention(&[1, 2, 6, 3]), &x, Reason::BadOperator);
	refused(&attention(&[1, 2, 6, 99]), &x, Reason::BadOperator);
}

#[test]
fn recurrent_weights_should_have_the_right_sizes() {
	let with = |op: &str, gates: u64, w: [u64; 3], r: [u64; 3], bias: u64, more: &[Vec<u8>]| {
		let zeros = |name: &str, shape: &[u64]| {
			floats(name, shape, &vec![0.0; shape.iter().product::<u64>() as usize])
		};
		let hidden = int_attribute("hidden_size", 3);
		model(&[
			input("x", FLOAT, &[2, 1, 5]),
			zeros("w", &[w[0], w[1] * gates, w[2]]),
			zeros("r", &[r[0], r[1] * gates, r[2]]),
			zeros("b", &[1, bias * gates]),
			node_with(op, &["x", "w", "r", "b"], &["y"], &[&[hidden], more].concat()),
			output("y"),
		])
	};
	let recurrent = |op: &str, gates: u64, w: [u64; 3], r: [u64; 3], bias: u64| {
		with(op, gates, w, r, bias, &[])
	};
	let x = tensor::encode(&[tensor("x", &[2, 1, 5], &[0.5; 10])]);
	for (op, gates) in [("LSTM", 4), ("GRU", 3), ("RNN", 1)] {
		let good = run(&recurrent(op, gates, [1, 3, 5], [1, 3, 3], 6), &x);
		assert!(good.outcome.is_ok(), "{op}: {}", good.message);
		// tract would compute another layer than these.
		for attribute in [
			attribute("direction", 3, bytes(4, "reverse")),
			attribute("activations", 8, bytes(9, "Relu").repeat(3)),
			attribute("clip", 1, [varint(2 << 3 | 5), 1f32.to_le_bytes().to_vec()].concat()),
			int_attribute("input_forget", 1),
		] {
			refused(
				&with(op, gates, [1, 3, 5], [1, 3, 3], 6, &[attribute]),
				&x,
				Reason::BadOperator,
			);
		}
		for (w, r, bias) in [
			([1, 3, 4], [1, 3, 3], 6),
			([1, 2, 5], [1, 3, 3], 6),
			([1, 3, 5], [1, 3, 2], 6),
			([1, 3, 5], [1, 2, 3], 6),
			([2, 3, 5], [2, 3, 3], 6),
			([1, 3, 5], [1, 3, 3], 5),
		] {
			let run = run(&recurrent(op, gates, w, r, bias), &x);
			assert_eq!(run.outcome, Err(ModelFault::BadModel), "{op} {w:?} {r:?} {bias}");
		}
	}
}

#[test]
fn operators_that_the_engine_lacks_should_be_refused() {
	for op in ["Loop", "NoSuchOperator", "StringConcat", "SequenceMap", "Unique"] {
		refused_model(&from_x(&[node(op, &["x"], &["y"])]), Reason::NotLoadable);
	}
}

#[test]
fn inputs_should_be_what_the_model_takes() {
	let good = tensor("x", &[1, 1], &[1.0]);
	let named = |name: &str| Tensor { name: name.into(), ..good.clone() };
	let double = Tensor { dtype: DType::F64, data: vec![0; 8], ..good.clone() };
	let list = |tensors: &[Tensor]| tensor::encode(tensors);
	for (input, reason) in [
		(b"nonsense".to_vec(), Reason::InputEncoding),
		(list(&[]), Reason::InputMissing),
		(list(&[named("z")]), Reason::InputMissing),
		(list(&[good.clone(), named("z")]), Reason::InputUnknown),
		(list(&[double]), Reason::InputType),
		(list(&[tensor("x", &[1, 2], &[1.0; 2])]), Reason::InputShape),
		(list(&[tensor("x", &[1], &[1.0])]), Reason::InputShape),
	] {
		refused(&relu(), &input, reason);
	}
}

#[test]
fn values_that_the_model_cannot_take_should_be_refused() {
	let model = model(&[
		input("x", INT64, &[1]),
		floats("w", &[2], &[0.5, 1.5]),
		node("Gather", &["w", "x"], &["y"]),
		output("y"),
	]);
	let index = |index: i64| {
		let data = index.to_le_bytes().to_vec();
		tensor::encode(&[Tensor { name: "x".into(), dtype: DType::I64, shape: vec![1], data }])
	};
	assert!(run(&model, &index(-1)).outcome.is_ok());
	assert_eq!(run(&model, &index(2)).outcome, Err(ModelFault::Trapped));
	// A size that no machine of 32 bits can hold.
	let expand = from_x(&[ints("shape", &[1 << 29, 1]), node("Expand", &["x", "shape"], &["y"])]);
	refused(&expand, &x(&[1.0]), Reason::RunFailed);
}

#[test]
fn output_should_be_bounded() {
	let expand = |length: i64| {
		from_x(&[ints("shape", &[1, length]), node("Expand", &["x", "shape"], &["y"])])
	};
	assert!(run(&expand(16_000), &x(&[1.0])).outcome.is_ok());
	assert_eq!(run(&expand(17_000), &x(&[1.0])).outcome, Err(ModelFault::OutputTooLarge));
	assert_eq!(run(&expand(1 << 28), &x(&[1.0])).outcome, Err(ModelFault::OutOfMemory));
}

/// tract reads names as expressions, by recursion. It sees none that is more than a word.
#[test]
fn dimension_should_be_open_when_its_name_is_a_deep_expression() {
	for name in [
		"(".repeat(1 << 20),
		"-".repeat(129),
		"floor(".repeat(1000),
		"-".repeat(127) + "a",
		"(".repeat(63) + "a" + &")".repeat(63),
	] {
		let shape = bytes(2, bytes(1, bytes(2, &name)));
		let value = [bytes(1, "x"), bytes(2, bytes(1, [int(1, FLOAT), shape].concat()))].concat();
		let file = model(&[bytes(11, value), node("Relu", &["x"], &["y"]), output("y")]);
		let run = run(&file, &x(&[1.0]));
		assert_eq!(
			(run.outcome, run.reason),
			(Err(ModelFault::BadModel), Some(Reason::OpenDimension))
		);
	}
}

/// A guest that calls itself for ever: what a model would have to bring about to use up the stack. It
/// ends at the same depth whatever executes it, and far from the end of the native stack.
#[test]
fn stack_should_be_bounded() {
	let mut sketch = Sketch::new();
	// `opg_load` is the fifth function with the two that are imported.
	let arguments = [I::LocalGet(0), I::LocalGet(1), I::LocalGet(2)];
	sketch.functions[2].1 = body(&[&arguments[..], &[I::Call(4)]].concat());
	let guest = sketch.finish();
	let artifact = Artifact { id: content_hash(&guest), bytes: &guest };
	for backend in [Backend::Native, Backend::Baseline, Backend::Interpreter] {
		let config = EngineConfig { backend, artifact: Some(artifact), ..Default::default() };
		let engine = Engine::with(config).unwrap();
		let run = |load_fuel| {
			let limits = Limits { load_fuel, ..LIMITS };
			let run = engine.run(&relu(), &Dims::default(), &x(&[1.0]), &limits).unwrap();
			(run.outcome, run.reason, run.fuel)
		};
		let used_up = (Err(ModelFault::BadModel), Some(Reason::StackUsedUp), 0);
		assert_eq!(run(LIMITS.load_fuel), used_up);
		// 4 MiB hold so many frames of 136 bytes, for each of which a call costs 7.
		let depth = (4 << 20) / 136;
		assert_eq!(run(depth * 7 + 100), used_up);
		assert_eq!(run(depth * 7 - 7), (Err(ModelFault::OutOfFuel), None, 0));
	}
}
