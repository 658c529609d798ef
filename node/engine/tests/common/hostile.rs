//! Hostile files: each is made to break things in its own way.

use super::*;

/// A name, a model, and an input for it.
pub struct Hostile {
	pub name: String,
	pub model: Vec<u8>,
	pub input: Vec<u8>,
}

/// Shape of the usual input `x`.
const SHAPE: [u64; 4] = [1, 2, 4, 4];

fn usual_input() -> Vec<u8> {
	let values: Vec<f32> = (0..32).map(|i| i as f32 / 8.0 - 2.0).collect();
	tensor::encode(&[tensor("x", &SHAPE, &values)])
}

/// A model of these parts, from the usual `x` to `y`.
fn of(parts: &[Vec<u8>]) -> Vec<u8> {
	model(&[input("x", FLOAT, &SHAPE), parts.concat(), output("y")])
}

fn int_of(name: &str, value: i64) -> Vec<u8> {
	bytes(5, [bytes(1, name), int(3, value as u64), int(20, 2)].concat())
}

fn ints_of(name: &str, values: &[i64]) -> Vec<u8> {
	let values: Vec<u8> = values.iter().flat_map(|value| int(8, *value as u64)).collect();
	bytes(5, [bytes(1, name), values, int(20, 7)].concat())
}

fn floats_of(name: &str, values: &[f32]) -> Vec<u8> {
	let values: Vec<u8> = values
		.iter()
		.flat_map(|value| [varint(7 << 3 | 5), value.to_le_bytes().to_vec()].concat())
		.collect();
	bytes(5, [bytes(1, name), values, int(20, 6)].concat())
}

fn text_of(name: &str, value: &str) -> Vec<u8> {
	bytes(5, [bytes(1, name), bytes(4, value), int(20, 3)].concat())
}

fn texts_of(name: &str, values: &[&str]) -> Vec<u8> {
	let values: Vec<u8> = values.iter().flat_map(|value| bytes(9, value)).collect();
	bytes(5, [bytes(1, name), values, int(20, 8)].concat())
}

fn graph_of(name: &str, graph: &[Vec<u8>]) -> Vec<u8> {
	bytes(5, [bytes(1, name), bytes(6, graph.concat()), int(20, 5)].concat())
}

/// Initializer with dimensions that its data does not have.
fn lying(name: &str, dtype: u64, dims: &[u64], data: &[u8]) -> Vec<u8> {
	let dims: Vec<u8> = dims.iter().flat_map(|dim| int(1, *dim)).collect();
	bytes(5, [dims, int(2, dtype), bytes(8, name), bytes(9, data)].concat())
}

#[derive(Default)]
struct Files(Vec<Hostile>);

impl Files {
	fn add(&mut self, name: &str, model: Vec<u8>) {
		let name = format!("{name} {}", self.0.len());
		self.0.push(Hostile { name, model, input: usual_input() });
	}

	/// One operator on `x` and on integer constants.
	fn op(&mut self, op: &str, constants: &[&[i64]], attributes: &[Vec<u8>]) {
		let names: Vec<String> = (0..constants.len()).map(|i| format!("c{i}")).collect();
		let mut parts: Vec<Vec<u8>> =
			names.iter().zip(constants).map(|(name, values)| ints(name, values)).collect();
		let inputs: Vec<&str> =
			std::iter::once("x").chain(names.iter().map(String::as_str)).collect();
		parts.push(node_with(op, &inputs, &["y"], attributes));
		self.add(op, of(&parts));
	}
}

/// All of them.
pub fn files() -> Vec<Hostile> {
	let mut files = Files::default();
	sizes(&mut files);
	windows(&mut files);
	indices(&mut files);
	contradictions(&mut files);
	graphs(&mut files);
	bodies(&mut files);
	weights(&mut files);
	wire(&mut files);
	work(&mut files);
	files.0
}

/// Results that are far too large.
fn sizes(files: &mut Files) {
	for exponent in [20, 28, 31, 32, 40, 61, 62] {
		let size = 1i64 << exponent;
		files.op("Expand", &[&[size, 1, 2, 4, 4]], &[]);
		files.op("Tile", &[&[1, 1, 1, size]], &[]);
		files.op("Pad", &[&[0, 0, 0, 0, 0, 0, 0, size]], &[]);
		files.add(
			"ConstantOfShape",
			of(&[
				ints("shape", &[size]),
				node("ConstantOfShape", &["shape"], &["big"]),
				node("ReduceSum", &["big"], &["sum"]),
				node("Add", &["x", "sum"], &["y"]),
			]),
		);
	}
	for (start, limit, delta) in
		[(0, 1 << 40, 1), (0, 10, 0), (10, 0, 1), (0, i64::MAX, i64::MAX), (i64::MIN, i64::MAX, 1)]
	{
		let scalar = |name: &str, value: i64| lying(name, INT64, &[], &value.to_le_bytes());
		files.add(
			"Range",
			of(&[
				scalar("a", start),
				scalar("b", limit),
				scalar("c", delta),
				node("Range", &["a", "b", "c"], &["y"]),
			]),
		);
	}
	for scale in [0.0, -1.0, 1e6, 1e30, f32::NAN, f32::INFINITY, 1e-30] {
		files.add(
			"Resize",
			of(&[
				floats("s", &[4], &[1.0, 1.0, scale, scale]),
				node("Resize", &["x", "", "s"], &["y"]),
			]),
		);
	}
	for depth in [0, -1, 1 << 40, i64::MAX] {
		files.add(
			"OneHot",
			of(&[
				ints("i", &[0, 1]),
				lying("depth", INT64, &[], &i64::to_le_bytes(depth)),
				floats("values", &[2], &[0.0, 1.0]),
				node("OneHot", &["i", "depth", "values"], &["y"]),
			]),
		);
	}
}

/// Windows that do not fit, or never end.
fn windows(files: &mut Files) {
	let kernel = ints_of("kernel_shape", &[2, 2]);
	let weights = floats("w", &[2, 2, 2, 2], &[0.1; 16]);
	for (name, values) in [
		("strides", vec![0, 0]),
		("strides", vec![i64::MAX, 1]),
		("dilations", vec![1 << 62, 1 << 62]),
		("dilations", vec![-1, -1]),
		("pads", vec![-9, -9, -9, -9]),
		("pads", vec![1 << 40, 0, 0, 0]),
		("pads", vec![i64::MAX, i64::MAX, i64::MAX, i64::MAX]),
		("pads", vec![1]),
		("kernel_shape", vec![0, 0]),
		("kernel_shape", vec![-1, 2]),
		("kernel_shape", vec![1 << 33, 1 << 33]),
		("kernel_shape", vec![]),
	] {
		let attributes = [kernel.clone(), ints_of(name, &values)];
		for op in ["MaxPool", "AveragePool"] {
			files.op(op, &[], &attributes);
		}
		for op in ["Conv", "ConvTranspose"] {
			let node = node_with(op, &["x", "w"], &["y"], &[ints_of(name, &values)]);
			files.add(op, of(&[weights.clone(), node]));
		}
	}
	for group in [0, -1, 3, 1 << 40] {
		let node = node_with("Conv", &["x", "w"], &["y"], &[int_of("group", group)]);
		files.add("Conv group", of(&[weights.clone(), node]));
	}
	for size in [0, -2, 1 << 40] {
		files.op("DepthToSpace", &[], &[int_of("blocksize", size)]);
		files.op("SpaceToDepth", &[], &[int_of("blocksize", size)]);
		files.op("LRN", &[], &[int_of("size", size)]);
	}
}

/// Indices and shapes that are not there.
fn indices(files: &mut Files) {
	for index in [4, -5, i64::MAX, i64::MIN] {
		files.op("Gather", &[&[index]], &[int_of("axis", 3)]);
		files.op("Unsqueeze", &[&[index]], &[]);
		files.op("Squeeze", &[&[index]], &[]);
		files.op("CumSum", &[&[index]], &[]);
		files.op("Flatten", &[], &[int_of("axis", index)]);
		files.op("Trilu", &[&[index]], &[]);
		files.op("TopK", &[&[index]], &[]);
		files.op("Softmax", &[], &[int_of("axis", index)]);
		files.op("ReduceSum", &[&[index]], &[]);
	}
	for steps in [0, i64::MIN, i64::MAX] {
		files.op("Slice", &[&[0], &[4], &[3], &[steps]], &[]);
		files.op("Slice", &[&[i64::MIN], &[i64::MAX], &[steps], &[1]], &[]);
	}
	let shapes: [&[i64]; 6] =
		[&[-1, -1], &[0, 0, 0, 0, 0], &[1 << 62, 4], &[-2, 16], &[i64::MIN], &[]];
	for shape in shapes {
		files.op("Reshape", &[shape], &[]);
		files.op("Split", &[shape], &[]);
	}
	let perms: [&[i64]; 5] = [&[0], &[0, 0, 0, 0], &[9, 1, 2, 3], &[-1, 0, 1, 2], &[i64::MIN; 4]];
	for perm in perms {
		files.op("Transpose", &[], &[ints_of("perm", perm)]);
	}
	let equations = [
		"",
		"->",
		"abcd",
		"abcd->abcde",
		"aaaa->a",
		"...->...",
		"abcd,abcd->",
		"(((",
		"ab->ba",
		"é",
	];
	for equation in equations {
		files.op("Einsum", &[], &[text_of("equation", equation)]);
	}
}

/// Parts that contradict each other.
fn contradictions(files: &mut Files) {
	let w = |shape: &[u64]| floats("w", shape, &vec![0.5; shape.iter().product::<u64>() as usize]);
	for shape in [&[3, 3][..], &[1, 2, 5, 4], &[0], &[], &[1, 1, 1, 1, 1, 1, 1, 1, 1]] {
		for op in ["MatMul", "Gemm", "Add", "Concat", "Where", "PRelu"] {
			files.add(op, of(&[w(shape), node(op, &["x", "w"], &["y"])]));
		}
	}
	for inputs in [&[][..], &[""], &["x"], &["x", "x", "x", "x", "x", "x", "x"]] {
		for op in ["LSTM", "BatchNormalization", "QLinearConv", "ScatterND", "If", "Scan", "Clip"] {
			files.add(op, of(&[node(op, inputs, &["y"])]));
		}
	}
	for code in [0, 8, 14, 16, 17, 99, -1] {
		files.op("Cast", &[], &[int_of("to", code)]);
	}
	let integers: [(&str, i64, i64); 5] = [
		("Div", 1, 0),
		("Div", i64::MIN, -1),
		("Mod", 1, 0),
		("Mod", i64::MIN, -1),
		("Pow", 10, i64::MAX),
	];
	for (op, a, b) in integers {
		files.add(op, of(&[ints("a", &[a]), ints("b", &[b]), node(op, &["a", "b"], &["y"])]));
	}
	let scale = |value: f32| floats("s", &[], &[value]);
	for value in [0.0, -1.0, f32::NAN, f32::INFINITY, 1e-45] {
		let zero = lying("z", 2, &[], &[7]);
		let quantise = node("QuantizeLinear", &["x", "s", "z"], &["q"]);
		let back = node("DequantizeLinear", &["q", "s", "z"], &["y"]);
		files.add("QuantizeLinear", of(&[scale(value), zero, quantise, back]));
	}
	// Heads of different sizes: native tract reads past the end.
	let attention = node_with(
		"Attention",
		&["x", "k", "v"],
		&["y"],
		&[int_of("q_num_heads", 2), int_of("kv_num_heads", 2)],
	);
	let k = floats("k", &[1, 2, 4, 3], &[0.5; 24]);
	let v = floats("v", &[1, 2, 4, 9], &[0.5; 72]);
	files.add("Attention", of(&[k, v, attention]));
}

/// Graphs that are none.
fn graphs(files: &mut Files) {
	files.add("cycle", of(&[node("Relu", &["y"], &["y"])]));
	files.add(
		"cycle",
		of(&[
			node("Relu", &["b"], &["a"]),
			node("Add", &["a", "x"], &["b"]),
			node("Relu", &["a"], &["y"]),
		]),
	);
	files.add("two of a name", of(&[node("Relu", &["x"], &["y"]), node("Exp", &["x"], &["y"])]));
	files.add("input computed", of(&[node("Relu", &["x"], &["x"]), node("Relu", &["x"], &["y"])]));
	files.add("input from nowhere", of(&[node("Relu", &["nowhere"], &["y"])]));
	files.add("no input", model(&[ints("c", &[1]), node("Neg", &["c"], &["y"]), output("y")]));
	files.add("only an input", model(&[input("x", FLOAT, &SHAPE), output("x")]));
	files.add("only an initializer", model(&[floats("y", &[1], &[1.0]), output("y")]));
	files.add(
		"empty names",
		model(&[input("", FLOAT, &SHAPE), node("Relu", &[""], &[""]), output("")]),
	);
	let many: Vec<Vec<u8>> = (0..1000).map(|i| input(&format!("x{i}"), FLOAT, &[1])).collect();
	files.add("many inputs", of(&[many.concat(), node("Relu", &["x"], &["y"])]));
	for dims in [&[u64::MAX, 4][..], &[1 << 40, 1 << 40], &[0], &[1 << 63], &[1; 20]] {
		let parts = [input("x", FLOAT, dims), node("Relu", &["x"], &["y"]), output("y")];
		files.add("input dims", model(&parts));
	}
	// Names of dimensions are parsed as expressions.
	for name in [
		"(".repeat(5000),
		"(".repeat(1 << 20),
		"-".repeat(1 << 20),
		"floor(".repeat(1 << 18),
		"-".repeat(5000),
		"a*".repeat(3000) + "a",
		"1/0".into(),
		"floor(".repeat(1000),
	] {
		let shape = bytes(2, bytes(1, bytes(2, name)));
		let value = [bytes(1, "x"), bytes(2, bytes(1, [int(1, FLOAT), shape].concat()))].concat();
		files.add(
			"dim expression",
			model(&[bytes(11, value), node("Relu", &["x"], &["y"]), output("y")]),
		);
	}
}

/// Control flow.
fn bodies(files: &mut Files) {
	let value = |name: &str| output(name);
	let condition = lying("c", 9, &[], &[1]);
	let body = |parts: &[Vec<u8>]| [parts.concat(), value("r")];
	let relu = body(&[node("Relu", &["x"], &["r"])]);
	let missing = body(&[node("Relu", &["elsewhere"], &["r"])]);
	let other = body(&[node("Flatten", &["x"], &["r"])]);
	for (then, other) in [(&relu, &missing), (&relu, &other), (&missing, &missing)] {
		let branches = [graph_of("then_branch", then), graph_of("else_branch", other)];
		files.add("If", of(&[condition.clone(), node_with("If", &["c"], &["y"], &branches)]));
	}
	files.add("If without branches", of(&[condition.clone(), node("If", &["c"], &["y"])]));
	let mut inner = relu.to_vec();
	for _ in 0..6 {
		let branches = [graph_of("then_branch", &inner), graph_of("else_branch", &inner)];
		inner = vec![node_with("If", &["c"], &["r"], &branches), value("r")];
	}
	let branches = [graph_of("then_branch", &inner), graph_of("else_branch", &inner)];
	files.add("Ifs in Ifs", of(&[condition, node_with("If", &["c"], &["y"], &branches)]));
	let step = [
		input("s", FLOAT, &[4]),
		input("r", FLOAT, &[4]),
		node("Add", &["s", "r"], &["n"]),
		value("n"),
		value("r"),
	];
	for (inputs, count, axis) in [
		(vec!["s0", "x"], 1, 0),
		(vec!["x"], 1, 0),
		(vec!["s0", "x"], 9, 0),
		(vec!["s0", "x"], 0, 0),
		(vec!["s0", "x"], 1, 99),
	] {
		let attributes = [
			graph_of("body", &step),
			int_of("num_scan_inputs", count),
			ints_of("scan_input_axes", &[axis]),
		];
		let start = floats("s0", &[4], &[0.0; 4]);
		files.add("Scan", of(&[start, node_with("Scan", &inputs, &["y", "z"], &attributes)]));
	}
	for (children, ids) in [([0, 0, 0], [0, 1, 2]), ([1, 2, 1], [0, 1, 2]), ([9, 9, 9], [0, 0, 0])]
	{
		let tree = node_with(
			"TreeEnsembleClassifier",
			&["f"],
			&["l", "y"],
			&[
				bytes(7, "ai.onnx.ml"),
				ints_of("nodes_treeids", &[0, 0, 0]),
				ints_of("nodes_nodeids", &ids),
				ints_of("nodes_featureids", &[0, 1 << 40, -1]),
				floats_of("nodes_values", &[0.5, f32::NAN, 0.0]),
				texts_of("nodes_modes", &["BRANCH_LEQ", "BRANCH_LEQ", "BRANCH_LEQ"]),
				ints_of("nodes_truenodeids", &children),
				ints_of("nodes_falsenodeids", &children),
				ints_of("class_treeids", &[0]),
				ints_of("class_nodeids", &[2]),
				ints_of("class_ids", &[7]),
				floats_of("class_weights", &[1.0]),
				ints_of("classlabels_int64s", &[0]),
			],
		);
		files.add("trees", of(&[node("Flatten", &["x"], &["f"]), tree]));
	}
}

/// Initializers that lie.
fn weights(files: &mut Files) {
	for (dtype, dims, data) in [
		(FLOAT, vec![1 << 40], vec![0; 4]),
		(FLOAT, vec![u64::MAX], vec![0; 4]),
		(FLOAT, vec![1 << 32, 1 << 32], vec![]),
		(FLOAT, vec![4], vec![0; 3]),
		(FLOAT, vec![0], vec![0; 8]),
		(FLOAT, vec![1; 300], vec![0; 4]),
		(0, vec![1], vec![0; 4]),
		(8, vec![1], vec![0; 4]),
		(9, vec![4], vec![0, 1, 2, 255]),
		(16, vec![2], vec![0; 4]),
		(21, vec![4], vec![0; 2]),
		(999, vec![1], vec![0; 4]),
	] {
		files.add(
			"initializer",
			of(&[lying("w", dtype, &dims, &data), node("Add", &["x", "w"], &["y"])]),
		);
	}
	// So much data stays in the file until the tensor is made.
	for (dtype, dims, length) in [
		(FLOAT, vec![1 << 40], 4096),
		(FLOAT, vec![u64::MAX], 4096),
		(FLOAT, vec![1024], 4095),
		(FLOAT, vec![0], 4096),
		(FLOAT, vec![1; 300], 1024),
		(0, vec![1024], 4096),
		(8, vec![1024], 4096),
		(9, vec![4096], 4096),
		(16, vec![2048], 4096),
		(999, vec![1024], 4096),
	] {
		let weights = lying("w", dtype, &dims, &vec![0xff; length]);
		files.add("large initializer", of(&[weights, node("Add", &["x", "w"], &["y"])]));
	}
}

/// Bytes that are no ONNX.
fn wire(files: &mut Files) {
	let good = of(&[node("Relu", &["x"], &["y"])]);
	for version in [0, 1, 6, 99, 1 << 62, u64::MAX] {
		let mut model = int(1, 8);
		model.extend(bytes(8, int(2, version)));
		model.extend(good.iter().skip(6));
		files.add("opset", model);
	}
	files.add("empty", Vec::new());
	files.add("groups", vec![0x3b; 10_000]);
	files.add("long varint", [0x80; 64].to_vec());
	files.add("long field", [varint(7 << 3 | 2), varint(u64::MAX)].concat());
	files.add("length beyond the end", [varint(7 << 3 | 2), varint(1 << 31), vec![0; 8]].concat());
	files.add("two graphs", [good.clone(), good.clone()].concat());
	files.add("not UTF-8", of(&[bytes(1, [bytes(1, [0xff, 0xfe]), bytes(4, "Relu")].concat())]));
	files.add("half a file", good[..good.len() / 2].to_vec());
	files.add("zeros", vec![0; 1 << 20]);
	files.add("text", "onnx ".repeat(1000).into_bytes());
}

/// Work without end.
fn work(files: &mut Files) {
	let chain = |op: &str, length: usize, two: bool| {
		let mut parts = Vec::new();
		for i in 0..length {
			let from = if i == 0 { "x".into() } else { format!("h{i}") };
			let to = if i + 1 == length { "y".into() } else { format!("h{}", i + 1) };
			let axis = int_of("axis", 3);
			parts.push(if two {
				node_with(op, &[&from, &from], &[&to], &[axis])
			} else {
				node(op, &[&from], &[&to])
			});
		}
		of(&parts)
	};
	for length in [15, 25, 40, 70] {
		files.add("doubling", chain("Concat", length, true));
	}
	files.add("long chain", chain("Sigmoid", 19_990, false));
	files.add("long chain of nothing", chain("Identity", 19_990, false));
	files.add("long chain of sums", chain("Add", 5_000, true));
	for size in [512u64, 2048, 8192] {
		// x as one row of a product with zeros of this size.
		files.add(
			"large product",
			of(&[
				ints("shape", &[size as i64, size as i64]),
				node("ConstantOfShape", &["shape"], &["m"]),
				node("MatMul", &["m", "m"], &["p"]),
				node("ReduceMax", &["p"], &["s"]),
				node("Add", &["x", "s"], &["y"]),
			]),
		);
	}
	// The same, on what the request brings, so that it cannot be folded away.
	files.add(
		"large run",
		of(&[
			ints("flat", &[32, 1]),
			ints("tall", &[32, 4096]),
			node("Reshape", &["x", "flat"], &["f"]),
			node("Expand", &["f", "tall"], &["e"]),
			node_with("Transpose", &["e"], &["t"], &[ints_of("perm", &[1, 0])]),
			node("MatMul", &["t", "e"], &["p"]),
			node("MatMul", &["p", "p"], &["y"]),
		]),
	);
}
