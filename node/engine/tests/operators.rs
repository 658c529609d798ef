//! Operators that the engine adds to tract's, and those of `com.microsoft`, against numbers that follow
//! from their definitions.

#![allow(clippy::unwrap_used)]

mod common;

use common::{attributes::*, operators::*, *};
use opg_engine::{tensor, Reason};

#[test]
fn activations_should_be_those_of_their_definitions_when_they_are_fused() {
	let x = [tensor("x", &[1, 3], &[-1.0, 0.5, 2.0])];
	let of = |node: Vec<u8>| {
		[input("x", FLOAT, &[1, 3]), floats("b", &[3], &[0.5, 0.0, -1.0]), node, output("y")]
	};
	for (op, inputs, attributes, expected) in [
		("Gelu", &["x"][..], vec![], [-0.1586553, 0.3457312, 1.9544997]),
		("BiasGelu", &["x", "b"], vec![], [-0.1542688, 0.3457312, 0.8413447]),
		("FastGelu", &["x"], vec![], [-0.158808, 0.345714, 1.9545977]),
		("FastGelu", &["x", "b"], vec![], [-0.154286, 0.345714, 0.841192]),
		("QuickGelu", &["x"], vec![], [-0.1542042, 0.3503884, 1.9356586]),
		("QuickGelu", &["x"], vec![of_float("alpha", 1.0)], [-0.2689414, 0.3112297, 1.7615942]),
	] {
		gives(&of(contributed(op, inputs, &["y"], &attributes)), &x, &[(&[1, 3], &expected)]);
	}
}

#[test]
fn normalisations_should_begin_with_a_sum() {
	let inputs =
		[tensor("x", &[1, 4], &[1.0, 2.0, 3.0, 6.0]), tensor("s", &[1, 4], &[1.0, 0.0, -1.0, 2.0])];
	let of = |node: Vec<u8>| {
		[
			input("x", FLOAT, &[1, 4]),
			input("s", FLOAT, &[1, 4]),
			floats("g", &[4], &[1.0, 2.0, 0.5, -1.0]),
			floats("beta", &[4], &[0.0, 0.5, 0.0, 1.0]),
			floats("bias", &[4], &[0.0, 1.0, 0.0, -1.0]),
			node,
			output("y"),
			output("sum"),
		]
	};
	let outputs = ["y", "", "", "sum"];
	let epsilon = [of_float("epsilon", 1e-5)];
	let of_layer = ["x", "s", "g", "beta", "bias"];
	gives(
		&of(contributed("SkipLayerNormalization", &of_layer, &outputs, &epsilon)),
		&inputs,
		&[
			(&[1, 4], &[-0.727606, 0.0149293, -0.363803, -0.6977474]),
			(&[1, 4], &[2.0, 3.0, 2.0, 7.0]),
		],
	);
	gives(
		&of(contributed("SkipSimplifiedLayerNormalization", &of_layer[..3], &outputs, &epsilon)),
		&inputs,
		&[
			(&[1, 4], &[0.4588313, 0.9176627, 0.2294157, -1.8353254]),
			(&[1, 4], &[2.0, 2.0, 2.0, 8.0]),
		],
	);
}

#[test]
fn gates_should_be_those_of_their_definition() {
	let x = [tensor("x", &[2, 4], &[1.0, -2.0, 3.0, 0.5, 0.0, 4.0, -7.0, -0.25])];
	// silu(1) is 0.7310586, silu(-2) -0.2384058, and silu(4) 3.9280552.
	let gated = [2.1931758, -0.1192029, 0.0, -0.9820138];
	let turned = [2.8577224, 0.0, 0.0, -0.4378235];
	let of = |split: Vec<u8>, nodes: &[Vec<u8>], outputs: &[&str]| {
		let first = [input("x", FLOAT, &[2, 4]), ints("sizes", &[2, 2]), split];
		let last = outputs.iter().map(|name| output(name));
		first.into_iter().chain(nodes.iter().cloned()).chain(last).collect::<Vec<_>>()
	};
	let split =
		|outputs: &[&str; 2]| node_with("Split", &["x", "sizes"], outputs, &[of_int("axis", 1)]);
	let sigmoid = node("Sigmoid", &["gate"], &["s"]);
	let silu = node("Mul", &["gate", "s"], &["silu"]);
	for (a, b) in [("silu", "up"), ("up", "silu")] {
		let nodes = [sigmoid.clone(), silu.clone(), node("Mul", &[a, b], &["y"])];
		gives(&of(split(&["gate", "up"]), &nodes, &["y"]), &x, &[(&[2, 2], &gated)]);
		// What is read elsewhere too.
		let outputs =
			[(&[2, 2][..], &gated[..]), (&[2, 2], &[0.7310586, -0.2384058, 0.0, 3.9280552])];
		gives(&of(split(&["gate", "up"]), &nodes, &["y", "silu"]), &x, &outputs);
	}
	// Halves the other way round, and no halves.
	for (factor, expected) in [
		(node("Identity", &["other"], &["up"]), [2.8577224, -0.6224593, 0.0, -0.4378235]),
		(node("Relu", &["other"], &["up"]), turned),
	] {
		let nodes = [factor, sigmoid.clone(), silu.clone(), node("Mul", &["silu", "up"], &["y"])];
		gives(&of(split(&["other", "gate"]), &nodes, &["y"]), &x, &[(&[2, 2], &expected)]);
	}
}

#[test]
fn heads_should_attend_to_all_keys() {
	gives(
		&[
			input("q", FLOAT, &[1, 1, 2]),
			floats("k", &[1, 2, 2], &[1.0, 0.0, 0.0, 2.0]),
			floats("v", &[1, 2, 2], &[1.0, 2.0, 3.0, -1.0]),
			contributed("MultiHeadAttention", &["q", "k", "v"], &["y"], &[of_int("num_heads", 1)]),
			output("y"),
		],
		&[tensor("q", &[1, 1, 2], &[1.0, 0.0])],
		&[(&[1, 1, 2], &[1.6604769, 1.0092846])],
	);
}

/// A token behind one that is in the caches, which have room for three.
fn token_with_caches(rotates: i64, lengths: [i32; 2]) -> Vec<Vec<u8>> {
	let ints =
		|name: &str, value: i32| initializer(name, INT32, &[1], value.to_le_bytes().to_vec());
	let attributes =
		[of_int("num_heads", 2), of_int("kv_num_heads", 1), of_int("do_rotary", rotates)];
	let inputs = ["x", "", "", "keys", "values", "last", "total", "cos", "sin"];
	vec![
		// Two heads of queries, one of keys, one of values.
		input("x", FLOAT, &[1, 1, 8]),
		input("keys", FLOAT, &[1, 1, 3, 2]),
		input("values", FLOAT, &[1, 1, 3, 2]),
		ints("last", lengths[0]),
		ints("total", lengths[1]),
		floats("cos", &[3, 1], &[1.0, 0.0, -1.0]),
		floats("sin", &[3, 1], &[0.0, 1.0, 0.0]),
		contributed("GroupQueryAttention", &inputs, &["y", "k", "v"], &attributes),
		output("y"),
		output("k"),
		output("v"),
	]
}

#[test]
fn queries_should_attend_to_the_tokens_before_them_in_caches() {
	let given = [
		tensor("x", &[1, 1, 8], &[1.0, 0.0, 0.0, 2.0, 3.0, 5.0, 7.0, 9.0]),
		tensor("keys", &[1, 1, 3, 2], &[1.0, -1.0, 4.0, 4.0, 8.0, 8.0]),
		tensor("values", &[1, 1, 3, 2], &[2.0, 0.0, 4.0, 4.0, 1e6, 8.0]),
	];
	let values: (&[u64], &[f32]) = (&[1, 1, 3, 2], &[2.0, 0.0, 7.0, 9.0, 1e6, 8.0]);
	// Scores of the first head are 1 and 3 by the root of two, of the second one -2 and 10.
	gives(
		&token_with_caches(0, [1, 2]),
		&given,
		&[
			(&[1, 1, 4], &[6.022_148_4, 7.239_867, 6.998_968, 8.998_142]),
			(&[1, 1, 3, 2], &[1.0, -1.0, 3.0, 5.0, 8.0, 8.0]),
			values,
		],
	);
	// A quarter turn: queries (0, 1) and (-2, 0), the key (-5, 3). The scores are -1 and 3, -2 and 10.
	gives(
		&token_with_caches(1, [1, 2]),
		&given,
		&[
			(&[1, 1, 4], &[6.720_964, 8.497_735, 6.998_968, 8.998_142]),
			(&[1, 1, 3, 2], &[1.0, -1.0, -5.0, 3.0, 8.0, 8.0]),
			values,
		],
	);
	// Lengths that contradict each other, or the caches.
	for lengths in [[1, 3], [3, 4], [-1, 0], [i32::MIN, i32::MAX]] {
		let run = run(&token_with_caches(0, lengths), &given);
		assert_eq!(run.reason, Some(Reason::RunFailed), "{lengths:?}");
	}
}

#[test]
fn norms_should_divide_by_the_root_of_the_mean_square() {
	gives(
		&[
			input("x", FLOAT, &[1, 4]),
			floats("g", &[4], &[1.0, 2.0, 0.5, -1.0]),
			node_with("SimplifiedLayerNormalization", &["x", "g"], &["y"], &[]),
			output("y"),
		],
		&[tensor("x", &[1, 4], &[1.0, 2.0, 3.0, 6.0])],
		&[(&[1, 4], &[0.282_842_6, 1.131_370_4, 0.424_263_9, -1.697_055_6])],
	);
}

#[test]
fn norms_should_take_rows_of_any_length_and_repeat_what_is_added() {
	// More numbers than a sum has parts.
	let row: Vec<f32> = (0..40).map(|i| (i % 7) as f32 - 3.0).collect();
	let rows: Vec<f32> = row.iter().copied().chain(row.iter().map(|number| number * 4.0)).collect();
	let root = (row.iter().map(|number| number * number).sum::<f32>() / 40.0).sqrt();
	let expected: Vec<f32> = row.iter().map(|number| number / root * 0.5).collect();
	let expected = [expected.clone(), expected].concat();
	let scale = floats("g", &[40], &[0.5; 40]);
	let no_epsilon = [of_float("epsilon", 0.0)];
	gives(
		&[
			input("x", FLOAT, &[2, 40]),
			scale.clone(),
			node_with("SimplifiedLayerNormalization", &["x", "g"], &["y"], &no_epsilon),
			output("y"),
		],
		&[tensor("x", &[2, 40], &rows)],
		&[(&[2, 40], &expected)],
	);
	// What is added is the same for both rows.
	let halves: Vec<f32> = rows.iter().zip(row.iter().cycle()).map(|(x, s)| x - s).collect();
	gives(
		&[
			input("x", FLOAT, &[2, 40]),
			floats("s", &[40], &row),
			scale,
			contributed(
				"SkipSimplifiedLayerNormalization",
				&["x", "s", "g"],
				&["y", "", "", "sum"],
				&no_epsilon,
			),
			output("y"),
			output("sum"),
		],
		&[tensor("x", &[2, 40], &halves)],
		&[(&[2, 40], &expected), (&[2, 40], &rows)],
	);
}

#[test]
fn pairs_should_turn_by_the_angle_of_their_position() {
	// At position 1 a quarter turn, at position 0 none.
	gives(
		&[
			input("x", FLOAT, &[1, 2, 2]),
			initializer(
				"p",
				INT64,
				&[1, 2],
				[1i64, 0].iter().flat_map(|p| p.to_le_bytes()).collect(),
			),
			floats("cos", &[2, 1], &[1.0, 0.0]),
			floats("sin", &[2, 1], &[0.0, 1.0]),
			contributed(
				"RotaryEmbedding",
				&["x", "p", "cos", "sin"],
				&["y"],
				&[of_int("num_heads", 1)],
			),
			output("y"),
		],
		&[tensor("x", &[1, 2, 2], &[3.0, 5.0, 7.0, 9.0])],
		&[(&[1, 2, 2], &[-5.0, 3.0, 7.0, 9.0])],
	);
}

#[test]
fn weights_of_four_bits_should_be_unpacked_with_their_scale_and_zero_point() {
	// All eights are zeros, but for the first two: 9 and 6.
	let packed: Vec<u8> = [0x69].into_iter().chain([0x88; 7]).collect();
	let ones: Vec<f32> = vec![1.0; 16];
	let attributes = [of_int("K", 16), of_int("N", 1), of_int("bits", 4), of_int("block_size", 16)];
	for (inputs, expected) in [
		(&["x", "b", "s"][..], -0.5),
		(&["x", "b", "s", "z"], 0.5 * (9.0 + 6.0 + 14.0 * 8.0 - 16.0 * 7.0)),
	] {
		gives(
			&[
				input("x", FLOAT, &[1, 16]),
				u8s("b", &[1, 1, 8], &packed),
				floats("s", &[1], &[0.5]),
				u8s("z", &[1], &[0x07]),
				contributed("MatMulNBits", inputs, &["y"], &attributes),
				output("y"),
			],
			&[tensor("x", &[1, 16], &ones)],
			&[(&[1, 1], &[expected])],
		);
	}
	let rows: Vec<u8> = packed.iter().chain(&[0x98; 8]).copied().collect();
	let mut second = [0.0; 16];
	second.iter_mut().skip(1).step_by(2).for_each(|number| *number = 2.0);
	gives(
		&[
			input("i", INT64, &[1]),
			u8s("d", &[2, 8], &rows),
			floats("s", &[2, 1], &[0.5, 2.0]),
			contributed(
				"GatherBlockQuantized",
				&["d", "i", "s"],
				&["y"],
				&[of_int("block_size", 16), of_int("bits", 4)],
			),
			output("y"),
		],
		&[integers("i", &[1], &[1])],
		&[(&[1, 16], &second)],
	);
}

/// `accuracy_level` 4: the left factor is rounded to 8 bits. Here that is exact.
#[test]
fn weights_of_few_bits_should_be_multiplied_as_they_are_when_the_model_allows_8_bits() {
	// Rows of two blocks, the last of which is cut off. The first row counts up, the second is of ones.
	let depth = 40;
	let of_8: Vec<u8> =
		(0..64).map(|i| 128 + i).chain([[129; 40].as_slice(), &[77; 24]].concat()).collect();
	let of_4: Vec<u8> = (0..64u8)
		.map(|i| 8 + i % 8)
		.chain([[9; 40].as_slice(), &[3; 24]].concat())
		.collect::<Vec<u8>>()
		.chunks_exact(2)
		.map(|pair| pair[0] | pair[1] << 4)
		.collect();
	// The first number is the largest, so the scale is one.
	let mut x = vec![1.0f32; 2 * depth as usize];
	(x[0], x[32], x[40], x[72]) = (127.0, 127.0, -127.0, 127.0);
	for (bits, codes, zero, rows) in [
		(8, &of_8, 128, [0.5 * 496.0 + 2.0 * (127.0 * 32.0 + 252.0), 158.0 + 2.0 * 134.0]),
		(4, &of_4, 0x88, [0.5 * 112.0 + 2.0 * 28.0, 158.0 + 2.0 * 134.0]),
	] {
		let attributes = [
			of_int("K", depth),
			of_int("N", 2),
			of_int("bits", bits),
			of_int("block_size", 32),
			of_int("accuracy_level", 4),
		];
		let [first, second] = rows;
		let expected = [first, second + 1.0, first + 0.0, second - 254.0 + 1.0];
		let zeros = vec![zero; if bits == 4 { 2 } else { 4 }];
		for inputs in [&["x", "b", "s", "", "", "bias"][..], &["x", "b", "s", "z", "", "bias"]] {
			let codes_of_row = codes.len() as u64 / 4;
			gives(
				&[
					input("x", FLOAT, &[1, 2, depth as u64]),
					u8s("b", &[2, 2, codes_of_row], codes),
					floats("s", &[4], &[0.5, 2.0, 1.0, 2.0]),
					u8s("z", &[zeros.len() as u64], &zeros),
					floats("bias", &[2], &[0.0, 1.0]),
					contributed("MatMulNBits", inputs, &["y"], &attributes),
					output("y"),
				],
				&[tensor("x", &[1, 2, depth as u64], &x)],
				&[(&[1, 2, 2], &expected)],
			);
		}
	}
}

#[test]
fn products_should_be_transposed_and_scaled() {
	let attributes = [of_int("transA", 1), of_int("transB", 1), of_float("alpha", 0.5)];
	gives(
		&[
			input("x", FLOAT, &[2, 3]),
			floats("b", &[1, 2], &[2.0, 10.0]),
			contributed("FusedMatMul", &["x", "b"], &["y"], &attributes),
			output("y"),
		],
		&[tensor("x", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])],
		&[(&[3, 1], &[21.0, 27.0, 33.0])],
	);
}

#[test]
fn activations_should_follow_convolutions_and_products() {
	let x = [tensor("x", &[1, 1, 2, 2], &[1.0, -2.0, 3.0, 4.0])];
	let of = |inputs: &[&str], more: &[Vec<u8>]| {
		[
			input("x", FLOAT, &[1, 1, 2, 2]),
			floats("w", &[1, 1, 1, 1], &[2.0]),
			floats("b", &[1], &[-1.0]),
			floats("z", &[1, 1, 2, 2], &[0.0, 0.0, -9.0, 0.5]),
			contributed("FusedConv", inputs, &["y"], more),
			output("y"),
		]
	};
	for (inputs, activation, params, expected) in [
		(&["x", "w"][..], "Relu", &[][..], [2.0, 0.0, 6.0, 8.0]),
		(&["x", "w", "b"], "LeakyRelu", &[0.5], [1.0, -2.5, 5.0, 7.0]),
		(&["x", "w", "b", "z"], "Relu", &[], [1.0, 0.0, 0.0, 7.5]),
		(&["x", "w", "", "z"], "Clip", &[-3.0, 6.5], [2.0, -3.0, -3.0, 6.5]),
		(&["x", "w"], "HardSigmoid", &[0.1, 0.5], [0.7, 0.1, 1.0, 1.0]),
	] {
		let mut more = vec![of_text("activation", activation)];
		if !params.is_empty() {
			more.push(of_floats("activation_params", params));
		}
		gives(&of(inputs, &more), &x, &[(&[1, 1, 2, 2], &expected)]);
	}
	gives(
		&[
			input("x", FLOAT, &[1, 2]),
			floats("w", &[2, 2], &[1.0, 2.0, -3.0, 1.0]),
			floats("b", &[2], &[0.5, 0.5]),
			contributed(
				"FusedGemm",
				&["x", "w", "b"],
				&["y"],
				&[of_int("transB", 1), of_float("alpha", 2.0), of_text("activation", "Relu")],
			),
			output("y"),
		],
		&[tensor("x", &[1, 2], &[1.0, 1.0])],
		&[(&[1, 2], &[6.5, 0.0])],
	);
}

#[test]
fn products_of_integers_should_be_scaled_to_floats() {
	gives(
		&[
			input("x", UINT8, &[1, 2]),
			i8s("b", &[2, 2], &[1, -2, 3, 4]),
			float("s", 0.5),
			floats("t", &[2], &[2.0, 1.0]),
			u8s("z", &[], &[10]),
			floats("c", &[2], &[0.25, 0.0]),
			contributed("MatMulIntegerToFloat", &["x", "b", "s", "t", "z", "", "c"], &["y"], &[]),
			output("y"),
		],
		&[bytes_of("x", &[1, 2], &[12, 9])],
		&[(&[1, 2], &[-0.75, -4.0])],
	);
	// 0 to 2.55 in steps of 0.01: exact.
	gives(
		&[
			input("x", FLOAT, &[1, 3]),
			i8s("b", &[3, 1], &[1, 10, 100]),
			float("s", 0.1),
			contributed("DynamicQuantizeMatMul", &["x", "b", "s"], &["y"], &[]),
			output("y"),
		],
		&[tensor("x", &[1, 3], &[0.0, 2.55, 0.01])],
		&[(&[1, 1], &[2.65])],
	);
}

#[test]
fn quantized_operators_should_compute_between_their_steps() {
	// Steps of 0.5 around 100: 1.0, -1.0, 3.0 and 0.5, 2.0, -1.0.
	let inputs = [bytes_of("a", &[1, 3], &[102, 98, 106]), bytes_of("b", &[1, 3], &[101, 104, 98])];
	let of = |op: &str, names: &[&str], more: &[Vec<u8>]| {
		[
			input("a", UINT8, &[1, 3]),
			input("b", UINT8, &[1, 3]),
			float("s", 0.5),
			u8s("z", &[], &[100]),
			float("t", 0.25),
			u8s("w", &[], &[10]),
			contributed(op, names, &["y"], more),
			output("y"),
		]
	};
	let both = ["a", "s", "z", "b", "s", "z", "t", "w"];
	gives(&of("QLinearAdd", &both, &[]), &inputs, &[(&[1, 3], &[16.0, 14.0, 18.0])]);
	gives(&of("QLinearMul", &both, &[]), &inputs, &[(&[1, 3], &[12.0, 2.0, 0.0])]);
	let one = ["a", "s", "z", "t", "w"];
	let slope = [of_float("alpha", 0.5)];
	gives(&of("QLinearLeakyRelu", &one, &slope), &inputs, &[(&[1, 3], &[14.0, 8.0, 22.0])]);
	let parts = ["t", "w", "a", "s", "z", "b", "s", "z"];
	gives(
		&of("QLinearConcat", &parts, &[of_int("axis", 1)]),
		&inputs,
		&[(&[1, 6], &[14.0, 6.0, 22.0, 12.0, 18.0, 6.0])],
	);
	let sigmoid = ["a", "s", "z", "u", "v"];
	let of_sigmoid = [
		of("QLinearSigmoid", &sigmoid, &[]).to_vec(),
		vec![float("u", 1.0 / 256.0), u8s("v", &[], &[0])],
	];
	gives(&of_sigmoid.concat(), &inputs, &[(&[1, 3], &[187.0, 69.0, 244.0])]);

	let x = [bytes_of("x", &[1, 1, 2, 2], &[102, 98, 106, 98])];
	let of = |op: &str, more: &[Vec<u8>]| {
		[
			input("x", UINT8, &[1, 1, 2, 2]),
			float("s", 0.5),
			u8s("z", &[], &[100]),
			float("t", 0.25),
			u8s("w", &[], &[10]),
			contributed(op, &["x", "s", "z", "t", "w"], &["y"], more),
			output("y"),
		]
	};
	gives(&of("QLinearGlobalAveragePool", &[]), &x, &[(&[1, 1, 1, 1], &[12.0])]);
	let window = [of_ints("kernel_shape", &[1, 2])];
	gives(&of("QLinearAveragePool", &window), &x, &[(&[1, 1, 2, 1], &[10.0, 14.0])]);
}

#[test]
fn quantizing_should_mean_the_same_in_both_domains() {
	gives(
		&[
			input("x", FLOAT, &[1, 3]),
			float("s", 0.5),
			u8s("z", &[], &[100]),
			contributed("QuantizeLinear", &["x", "s", "z"], &["q"], &[]),
			contributed("DequantizeLinear", &["q", "s", "z"], &["y"], &[]),
			output("q"),
			output("y"),
		],
		&[tensor("x", &[1, 3], &[0.6, -1.0, 1000.0])],
		&[(&[1, 3], &[101.0, 98.0, 255.0]), (&[1, 3], &[0.5, -1.0, 77.5])],
	);
}

#[test]
fn a_quantized_lstm_should_be_the_lstm_of_its_weights() {
	let codes: Vec<i8> = (0..2 * 3 * 8).map(|i| (i * 37 % 100) as i8 - 50).collect();
	let recurrent: Vec<i8> = (0..2 * 2 * 8).map(|i| (i * 53 % 90) as i8 - 40).collect();
	// Of each direction, from [columns, rows] to [rows, columns].
	let transposed = |codes: &[i8], columns: usize, scales: [f32; 2], zeros: [i8; 2]| {
		let at = |direction: usize, row: usize, column: usize| {
			let code = codes[(direction * columns + column) * 8 + row];
			(f32::from(code) - f32::from(zeros[direction])) * scales[direction]
		};
		let rows = (0..2).flat_map(|direction| (0..8).map(move |row| (direction, row)));
		rows.flat_map(|(d, row)| (0..columns).map(move |column| (d, row, column)))
			.map(|(d, row, column)| at(d, row, column))
			.collect::<Vec<f32>>()
	};
	let (of_w, of_r) = ([0.01, 0.02], [0.03, 0.01]);
	let bias: Vec<f32> = (0..32).map(|i| i as f32 / 40.0 - 0.4).collect();
	let attributes = [of_text("direction", "bidirectional"), of_int("hidden_size", 2)];
	let inputs = ["x", "qw", "qr", "b", "", "", "", "", "ws", "wz", "rs", "rz"];
	let graph = [
		input("x", FLOAT, &[4, 1, 3]),
		i8s("qw", &[2, 3, 8], &codes),
		i8s("qr", &[2, 2, 8], &recurrent),
		floats("ws", &[2], &of_w),
		i8s("wz", &[2], &[3, 0]),
		floats("rs", &[2], &of_r),
		i8s("rz", &[2], &[0, -2]),
		floats("w", &[2, 8, 3], &transposed(&codes, 3, of_w, [3, 0])),
		floats("r", &[2, 8, 2], &transposed(&recurrent, 2, of_r, [0, -2])),
		floats("b", &[2, 16], &bias),
		contributed("DynamicQuantizeLSTM", &inputs, &["y", "h", "c"], &attributes),
		node_with("LSTM", &["x", "w", "r", "b"], &["z", "i", "d"], &attributes),
		["y", "h", "c", "z", "i", "d"].iter().flat_map(|name| output(name)).collect(),
	];
	let x: Vec<f32> = (0..12).map(|i| (i * 7 % 12) as f32 / 6.0 - 1.0).collect();
	let run = run(&graph, &[tensor("x", &[4, 1, 3], &x)]);
	let outputs = tensor::decode(&run.outcome.unwrap_or_else(|_| panic!("{}", run.message)));
	let outputs = outputs.unwrap();
	for (quantized, plain) in outputs[..3].iter().zip(&outputs[3..]) {
		assert_eq!((&quantized.shape, &quantized.data), (&plain.shape, &plain.data));
		assert!(numbers_of(plain).iter().all(|number| *number != 0.0));
	}
}

#[test]
fn losses_should_be_weighted_and_reduced() {
	let inputs =
		[tensor("x", &[2, 3], &[1.0, 2.0, 0.5, 0.0, -1.0, 3.0]), integers("t", &[2], &[1, 2])];
	let of = |op: &str, names: &[&str], outputs: &[&str], more: &[Vec<u8>]| {
		[
			input("x", FLOAT, &[2, 3]),
			input("t", INT64, &[2]),
			floats("w", &[3], &[1.0, 0.5, 2.0]),
			node_with(op, names, outputs, more),
			outputs.iter().flat_map(|name| output(name)).collect(),
		]
	};
	let logs = [-1.4643688, -0.4643688, -1.9643688, -3.0658839, -4.065884, -0.0658839];
	gives(
		&of("SoftmaxCrossEntropyLoss", &["x", "t"], &["y", "logs"], &[]),
		&inputs,
		&[(&[], &[0.2651263]), (&[2, 3], &logs)],
	);
	let none = [of_text("reduction", "none")];
	gives(
		&of("SoftmaxCrossEntropyLoss", &["x", "t", "w"], &["y"], &none),
		&inputs,
		&[(&[2], &[0.2321844, 0.1317678])],
	);
	gives(
		&of("SoftmaxCrossEntropyLoss", &["x", "t", "w"], &["y"], &[]),
		&inputs,
		&[(&[], &[0.1455809])],
	);
	gives(
		&of("NegativeLogLikelihoodLoss", &["x", "t", "w"], &["y"], &[of_text("reduction", "sum")]),
		&inputs,
		&[(&[], &[-7.0])],
	);
	gives(
		&of("NegativeLogLikelihoodLoss", &["x", "t"], &["y"], &[of_int("ignore_index", 2)]),
		&inputs,
		&[(&[], &[-2.0])],
	);
}

#[test]
fn pools_should_take_the_norm_of_each_window() {
	let of = |power: i64, pads: &[i64]| {
		[
			input("x", FLOAT, &[1, 1, 3]),
			node_with(
				"LpPool",
				&["x"],
				&["y"],
				&[of_ints("kernel_shape", &[2]), of_int("p", power), of_ints("pads", pads)],
			),
			output("y"),
		]
	};
	let x = [tensor("x", &[1, 1, 3], &[1.0, -2.0, 3.0])];
	gives(&of(1, &[0, 0]), &x, &[(&[1, 1, 2], &[3.0, 5.0])]);
	gives(&of(2, &[1, 0]), &x, &[(&[1, 1, 3], &[1.0, 2.236068, 3.6055513])]);
	gives(&of(3, &[0, 0]), &x, &[(&[1, 1, 2], &[2.0800838, 3.2710663])]);
}

#[test]
fn axes_should_be_cropped_and_padded_around_their_middle() {
	let x = [tensor("x", &[2, 3], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])];
	let of = |sizes: &[i64], more: &[Vec<u8>]| {
		[
			input("x", FLOAT, &[2, 3]),
			ints("s", sizes),
			node_with("CenterCropPad", &["x", "s"], &["y"], more),
			output("y"),
		]
	};
	gives(&of(&[1, 6], &[]), &x, &[(&[1, 6], &[0.0, 1.0, 2.0, 3.0, 0.0, 0.0])]);
	gives(&of(&[2], &[of_ints("axes", &[-1])]), &x, &[(&[2, 2], &[1.0, 2.0, 4.0, 5.0])]);
}

#[test]
fn sequences_should_be_reversed_up_to_their_lengths() {
	let lengths = integers("n", &[2], &[3, 2]);
	let of = |time: i64, shape: &[u64]| {
		[
			input("x", FLOAT, shape),
			input("n", INT64, &[2]),
			node_with(
				"ReverseSequence",
				&["x", "n"],
				&["y"],
				&[of_int("time_axis", time), of_int("batch_axis", 1 - time)],
			),
			output("y"),
		]
	};
	let x = tensor("x", &[3, 2], &[1.0, 10.0, 2.0, 20.0, 3.0, 30.0]);
	let y: &[f32] = &[3.0, 20.0, 2.0, 10.0, 1.0, 30.0];
	gives(&of(0, &[3, 2]), &[x, lengths.clone()], &[(&[3, 2], y)]);
	let x = tensor("x", &[2, 3], &[1.0, 2.0, 3.0, 10.0, 20.0, 30.0]);
	let y: &[f32] = &[3.0, 2.0, 1.0, 20.0, 10.0, 30.0];
	gives(&of(1, &[2, 3]), &[x, lengths], &[(&[2, 3], y)]);
}

#[test]
fn tables_should_take_numbers_to_numbers() {
	let graph = [
		input("x", FLOAT, &[5]),
		of_ml(
			"LabelEncoder",
			&["x"],
			&["y"],
			&[
				of_floats("keys_floats", &[1.0, f32::NAN, 0.0, 1.0]),
				of_ints("values_int64s", &[10, 20, 30, 40]),
				of_int("default_int64", -7),
			],
		),
		of_ml("Binarizer", &["x"], &["z"], &[of_float("threshold", 0.5)]),
		output("y"),
		output("z"),
	];
	gives(
		&graph,
		&[tensor("x", &[5], &[1.0, 2.0, f32::NAN, -0.0, 0.5])],
		&[(&[5], &[10.0, -7.0, 20.0, 30.0, -7.0]), (&[5], &[1.0, 1.0, 0.0, 0.0, 0.0])],
	);
}
