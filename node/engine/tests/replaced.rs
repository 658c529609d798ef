//! Operators that the guest computes in another way than tract: against their definitions as tract has
//! them, and against an older engine that leaves them to tract.

#![allow(clippy::unwrap_used)]

mod common;

use common::{attributes::*, engine, *};
use opg_engine::{
	tensor::{self, DType, Tensor},
	Artifact, Backend, Dims, Engine, EngineConfig,
};
use std::{env, fs};

const TYPES: [(DType, u64); 6] = [
	(DType::F32, FLOAT),
	(DType::I32, 6),
	(DType::I64, INT64),
	(DType::F64, 11),
	(DType::U8, 2),
	(DType::I8, 3),
];

/// Numbers without pattern, the same each time.
struct Random(u64);

impl Random {
	fn below(&mut self, bound: u64) -> u64 {
		self.0 =
			self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
		(self.0 >> 33) % bound
	}

	fn pick<T: Copy>(&mut self, of: &[T]) -> T {
		of[self.below(of.len() as u64) as usize]
	}

	fn shape(&mut self, rank: usize) -> Vec<u64> {
		(0..rank).map(|_| self.pick(&[1, 1, 2, 3, 4, 5, 8, 17, 66])).collect()
	}

	/// A number as it lies in memory: small ones, zeros of both signs, extremes, NaNs.
	fn number(&mut self, dtype: DType) -> Vec<u8> {
		let small = self.below(7) as i64 - 3;
		let special = self.below(4) == 0;
		let floats =
			[0.0, -0.0, f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e30, -1e30];
		let float = if special { self.pick(&floats) } else { small as f64 * 0.37 };
		let whole = if special { self.pick(&[i64::MIN, i64::MAX, 1 << 31, -1]) } else { small };
		match dtype {
			DType::F32 => (float as f32).to_le_bytes().to_vec(),
			DType::F64 => float.to_le_bytes().to_vec(),
			_ => whole.to_le_bytes()[..dtype.size()].to_vec(),
		}
	}

	fn tensor(&mut self, name: &str, dtype: DType, shape: &[u64]) -> Tensor {
		let count: u64 = shape.iter().product();
		let data = (0..count).flat_map(|_| self.number(dtype)).collect();
		Tensor { name: name.into(), dtype, shape: shape.into(), data }
	}
}

/// An output of this type, whose shape the file does not say.
fn output_of(name: &str, code: u64) -> Vec<u8> {
	bytes(12, [bytes(1, name), bytes(2, bytes(1, int(1, code)))].concat())
}

/// A model of one node, and what it is run on.
fn case(
	code: u64,
	node: Vec<u8>,
	more: &[Vec<u8>],
	inputs: Vec<(Tensor, u64)>,
) -> (Vec<u8>, Vec<u8>) {
	let mut parts: Vec<Vec<u8>> =
		inputs.iter().map(|(tensor, code)| input(&tensor.name, *code, &tensor.shape)).collect();
	parts.extend_from_slice(more);
	parts.extend([node, output_of("y", code)]);
	let tensors: Vec<Tensor> = inputs.into_iter().map(|(tensor, _)| tensor).collect();
	(model(&parts), tensor::encode(&tensors))
}

fn reduction(random: &mut Random) -> (Vec<u8>, Vec<u8>) {
	let (dtype, code) = random.pick(&TYPES);
	let rank = 1 + random.below(4) as usize;
	let shape = random.shape(rank);
	let x = random.tensor("x", dtype, &shape);
	let first = random.below(rank as u64) as i64;
	let last = first + random.below(rank as u64 - first as u64) as i64;
	let mut axes: Vec<i64> = (first..=last).collect();
	if random.below(6) == 0 {
		axes = (0..rank as i64).step_by(2).collect();
	}
	let keep = of_int("keepdims", random.below(2) as i64);
	let op =
		random.pick(&["ReduceMax", "ReduceMin", "ReduceProd", "ReduceSum", "ArgMax", "ArgMin"]);
	match op {
		"ArgMax" | "ArgMin" => {
			let last = of_int("select_last_index", random.below(2) as i64);
			let node = node_with(op, &["x"], &["y"], &[of_int("axis", first), keep, last]);
			case(INT64, node, &[], vec![(x, code)])
		},
		"ReduceSum" => {
			let node = node_with(op, &["x", "axes"], &["y"], &[keep]);
			case(code, node, &[ints("axes", &axes)], vec![(x, code)])
		},
		_ => {
			let node = node_with(op, &["x"], &["y"], &[of_ints("axes", &axes), keep]);
			case(code, node, &[], vec![(x, code)])
		},
	}
}

fn scatter(random: &mut Random) -> (Vec<u8>, Vec<u8>) {
	let (dtype, code) = random.pick(&TYPES);
	let rank = 1 + random.below(3) as usize;
	let shape = random.shape(rank);
	let axis = random.below(rank as u64) as usize;
	let mut given: Vec<u64> = shape.iter().map(|size| 1 + random.below(*size)).collect();
	given[axis] = 1 + random.below(9);
	let (x, updates) = (random.tensor("x", dtype, &shape), random.tensor("u", dtype, &given));
	let size = shape[axis] as i64;
	let count = given.iter().product::<u64>();
	let indices = (0..count).flat_map(|_| {
		let index = random.below(2 * size as u64) as i64 - size;
		index.to_le_bytes()
	});
	let data = indices.collect();
	let indices = Tensor { name: "i".into(), dtype: DType::I64, shape: given, data };
	let reduction = random.pick(&["none", "add", "mul", "min", "max"]);
	let attributes = [of_int("axis", axis as i64), of_text("reduction", reduction)];
	let node = node_with("ScatterElements", &["x", "i", "u"], &["y"], &attributes);
	case(code, node, &[], vec![(x, code), (indices, INT64), (updates, code)])
}

fn binary(random: &mut Random) -> (Vec<u8>, Vec<u8>) {
	let (dtype, code) = random.pick(&TYPES[..4]);
	let rank = random.below(5) as usize;
	let (mut of_a, mut of_b) = (random.shape(rank), Vec::new());
	for size in &mut of_a {
		let whole = *size;
		let other = random.pick(&[1, whole, whole]);
		*size = if other == 1 { whole } else { random.pick(&[1, whole, whole]) };
		of_b.push(other);
	}
	let drop = random.below(rank as u64 + 1) as usize;
	let drop = if random.below(3) == 0 { drop } else { 0 };
	let b = random.tensor("b", dtype, &of_b[drop..]);
	let a = random.tensor("a", dtype, &of_a);
	let float = matches!(dtype, DType::F32 | DType::F64);
	let op = random.pick(&["Add", "Sub", "Mul", if float { "Div" } else { "Add" }, "Min", "Max"]);
	let names = random.pick(&[["a", "b"], ["b", "a"]]);
	case(code, node(op, &names, &["y"]), &[], vec![(a, code), (b, code)])
}

fn product(random: &mut Random) -> (Vec<u8>, Vec<u8>) {
	let sizes = [1, 2, 7, 8, 9, 31, 32, 33, 65];
	let [m, k, n] = [random.pick(&sizes), random.pick(&sizes), random.pick(&sizes)];
	if random.below(2) == 0 {
		let (ta, tb) = (random.below(2), random.below(2));
		let a = random.tensor("a", DType::F32, &if ta == 0 { [m, k] } else { [k, m] });
		let b = random.tensor("b", DType::F32, &if tb == 0 { [k, n] } else { [n, k] });
		let attributes = [of_int("transA", ta as i64), of_int("transB", tb as i64)];
		let node = node_with("Gemm", &["a", "b"], &["y"], &attributes);
		return case(FLOAT, node, &[], vec![(a, FLOAT), (b, FLOAT)]);
	}
	let batch = random.pick(&[1, 2, 3]);
	let a = random.tensor("a", DType::F32, &[batch, m, 2, k]);
	let of_b = random.pick(&[1, batch]);
	let b = random.tensor("b", DType::F32, &[of_b, k, n, 2]);
	let mix = |name: &str, of: &str, perm| {
		node_with("Transpose", &[of], &[name], &[of_ints("perm", perm)])
	};
	let node = [
		mix("p", "a", &[0, 2, 1, 3]),
		mix("q", "b", &[0, 3, 1, 2]),
		common::node("MatMul", &["p", "q"], &["y"]),
	];
	case(FLOAT, node.concat(), &[], vec![(a, FLOAT), (b, FLOAT)])
}

#[test]
fn extremes_should_pass_over_nans_in_rows_alone() {
	let engine = engine(Backend::Native);
	let x = tensor("x", &[1, 2, 2], &[f32::NAN, 1.0, 2.0, f32::NAN]);
	for (op, axis, expected) in [
		// A NaN counts until the next number.
		("ReduceMax", 1, [2.0, f32::NAN]),
		("ReduceMin", 1, [2.0, f32::NAN]),
		("ReduceMax", 2, [1.0, 2.0]),
		("ReduceMin", 2, [1.0, 2.0]),
	] {
		let node = node_with(op, &["x"], &["y"], &[of_ints("axes", &[axis])]);
		let given = case(FLOAT, node, &[], vec![(x.clone(), FLOAT)]);
		let found = numbers(&outcome(&engine, &given).unwrap());
		assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{op} along {axis}");
	}
}

#[test]
fn scatter_should_add_in_order_and_refuse_indices_when_they_are_too_large() {
	let engine = engine(Backend::Native);
	let scattered = |index: i64| {
		let data = [index, 1, 1].iter().flat_map(|i| i.to_le_bytes()).collect();
		let indices = Tensor { name: "i".into(), dtype: DType::I64, shape: vec![3], data };
		let x = tensor("x", &[2], &[1.0, 0.5]);
		let updates = tensor("u", &[3], &[1.0, 2f32.powi(24), 1.0]);
		let node =
			node_with("ScatterElements", &["x", "i", "u"], &["y"], &[of_text("reduction", "add")]);
		outcome(
			&engine,
			&case(FLOAT, node, &[], vec![(x, FLOAT), (indices, INT64), (updates, FLOAT)]),
		)
	};
	let sum = 0.5 + 2f32.powi(24) + 1.0;
	assert_eq!(numbers(&scattered(0).unwrap()), [2.0, sum]);
	assert_eq!(numbers(&scattered(-2).unwrap()), [2.0, sum]);
	for index in [2, -3, i64::MIN, i64::MAX] {
		assert!(scattered(index).unwrap_err().contains("not below 2"), "{index}");
	}
}

/// Output of the model, or what else came of it.
fn outcome(engine: &Engine, (model, input): &(Vec<u8>, Vec<u8>)) -> Result<Vec<u8>, String> {
	let run = engine.run(model, &Dims::default(), input, &LIMITS).unwrap();
	run.outcome.map_err(|fault| format!("{fault} {}", run.message))
}

/// `OPG_OTHER_ENGINE=engine.wasm`: an engine of before this one, which leaves to tract what this one
/// computes itself.
#[test]
#[ignore = "needs an older engine"]
fn answers_should_be_those_of_an_older_engine() {
	let other = fs::read(env::var_os("OPG_OTHER_ENGINE").unwrap()).unwrap();
	let id = opg_engine::content_hash(&other);
	let artifact = Some(Artifact { id, bytes: &other });
	let other = Engine::with(EngineConfig { artifact, ..Default::default() }).unwrap();
	let engine = engine(Backend::Native);
	let count = env::var("OPG_CASES").map_or(500, |count| count.parse().unwrap());
	let mut random = Random(1);
	let (mut same, mut refused) = (0, 0);
	for _ in 0..count {
		for make in [reduction, scatter, binary, product] {
			let case = make(&mut random);
			let (ours, theirs) = (outcome(&engine, &case), outcome(&other, &case));
			assert!(ours == theirs, "{ours:?}\n{theirs:?}\n{}", case.0.escape_ascii());
			*if ours.is_ok() { &mut same } else { &mut refused } += 1;
		}
	}
	println!("{same} answers are the same, {refused} cases are refused by both");
	assert!(refused < same / 5);
}
