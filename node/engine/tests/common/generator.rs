//! A step graph for tests, and what it must generate.
//!
//! A cache holds the embeddings of all tokens; the logits are a product with the sum of those that are
//! there. All numbers are small integers, so every product is exact in any order.

use super::onnx::*;
use opg_engine::tensor::{self, DType, Tensor};

/// A step graph, with what tests change of it.
#[derive(Clone)]
pub struct Graph {
	pub vocabulary: usize,
	pub width: usize,
	/// Of the caches, and of the metadata.
	pub context: usize,
	pub metadata: Vec<(&'static str, String)>,
	/// Shapes of the cache as input.
	pub cache: Vec<u64>,
	/// Shapes of further caches, which pass through.
	pub more: Vec<Vec<Result<u64, &'static str>>>,
	pub names: Names,
	/// Added to the logits of each token.
	pub bias: Vec<f32>,
}

/// Names of inputs and outputs.
#[derive(Clone)]
pub struct Names {
	pub ids: &'static str,
	pub position: &'static str,
	pub last: &'static str,
	pub past: &'static str,
	pub present: &'static str,
	pub logits: &'static str,
	/// Name of the open dimension.
	pub sequence: &'static str,
}

impl Default for Graph {
	fn default() -> Graph {
		Graph::new(24, 4)
	}
}

impl Graph {
	pub fn new(context: usize, block: usize) -> Graph {
		let (vocabulary, width) = (23, 5);
		Graph {
			vocabulary,
			width,
			context,
			metadata: vec![
				("opg.generate", "1".into()),
				("opg.generate.context", context.to_string()),
				("opg.generate.block", block.to_string()),
				("opg.generate.stop", String::new()),
			],
			cache: vec![1, 1, context as u64, width as u64],
			more: Vec::new(),
			names: Names {
				ids: "input_ids",
				position: "position",
				last: "last",
				past: "past_key_values.0.key",
				present: "present.0.key",
				logits: "logits",
				sequence: "sequence",
			},
			bias: vec![0.0; vocabulary],
		}
	}

	/// Changes an entry of the metadata, or adds it.
	pub fn with(mut self, key: &'static str, value: &str) -> Graph {
		self.metadata.retain(|(known, _)| *known != key);
		self.metadata.push((key, value.into()));
		self
	}

	/// Number `at` of a table: small, and different enough.
	fn entry(table: usize, at: usize) -> i64 {
		let mixed = ((at as u64 + 1) * (table as u64 * 2 + 3)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
		(mixed >> 40) as i64 % 7 - 3
	}

	fn table(&self, table: usize) -> Vec<f32> {
		(0..self.vocabulary * self.width).map(|at| Self::entry(table, at) as f32).collect()
	}

	/// The ONNX file.
	pub fn file(&self) -> Vec<u8> {
		let names = &self.names;
		let (width, context) = (self.width as u64, self.context as u64);
		let vocabulary = self.vocabulary as u64;
		let places: Vec<i64> = (0..self.context as i64).collect();
		let attribute =
			|name: &str, value: u64| bytes(5, [bytes(1, name), int(3, value), int(20, 2)].concat());
		let to = |dtype| [attribute("to", dtype)];
		let graph = [
			named_input(names.ids, INT64, &[Ok(1), Err(names.sequence)]),
			input(names.position, INT64, &[1]),
			input(names.last, INT64, &[1]),
			input(names.past, FLOAT, &self.cache),
			floats("embedding", &[vocabulary, width], &self.table(0)),
			floats("head", &[width, vocabulary], &self.table(1)),
			floats("bias", &[1, vocabulary], &self.bias),
			ints("places", &places),
			ints("zero", &[0]),
			ints("one", &[1]),
			ints("as_cache", &[1, 1, -1, width as i64]),
			ints("as_rows", &[1, 1, -1, 1]),
			ints("as_table", &[context as i64, width as i64]),
			ints("as_row", &[1, context as i64]),
			// The rows of the cache that these tokens take.
			node_with(
				"Shape",
				&[names.ids],
				&["length"],
				&[attribute("start", 1), attribute("end", 2)],
			),
			node("Squeeze", &["length"], &["count"]),
			node("Squeeze", &["zero"], &["from"]),
			node("Squeeze", &["one"], &["by"]),
			node("Range", &["from", "count", "by"], &["steps"]),
			node("Add", &["steps", names.position], &["rows"]),
			node("Reshape", &["rows", "as_rows"], &["row"]),
			node("Mul", &["row", "zero"], &["first"]),
			node_with("Concat", &["first", "first", "row"], &["indices"], &[attribute("axis", 3)]),
			node("Gather", &["embedding", names.ids], &["embedded"]),
			node("Reshape", &["embedded", "as_cache"], &["updates"]),
			node("ScatterND", &[names.past, "indices", "updates"], &[names.present]),
			// The sum of those up to the last token.
			node("Add", &[names.position, names.last], &["end"]),
			node("LessOrEqual", &["places", "end"], &["visible"]),
			node_with("Cast", &["visible"], &["mask"], &to(FLOAT)),
			node("Reshape", &["mask", "as_row"], &["weights"]),
			node("Reshape", &[names.present, "as_table"], &["table"]),
			node("MatMul", &["weights", "table"], &["sum"]),
			node("MatMul", &["sum", "head"], &["product"]),
			node("Add", &["product", "bias"], &[names.logits]),
			output(names.logits),
			output(names.present),
		];
		let more = self.more.iter().enumerate().flat_map(|(layer, shape)| {
			let name = |of: &str| format!("{of}.{}.value", layer + 1);
			let (past, present) = (name("past_key_values"), name("present"));
			[
				named_input(&past, FLOAT, shape),
				node("Identity", &[&past], &[&present]),
				output(&present),
			]
		});
		let graph: Vec<Vec<u8>> = graph.into_iter().chain(more).collect();
		let metadata = self.metadata.iter().flat_map(|(key, value)| metadata(key, value));
		[model(&graph), metadata.collect()].concat()
	}

	/// Logits after these tokens.
	pub fn logits(&self, tokens: &[i64]) -> Vec<f32> {
		let sum = |column: usize| -> i64 {
			tokens.iter().map(|token| Self::entry(0, *token as usize * self.width + column)).sum()
		};
		let sums: Vec<i64> = (0..self.width).map(sum).collect();
		(0..self.vocabulary)
			.map(|token| {
				let entry = |column: usize| Self::entry(1, column * self.vocabulary + token);
				let product: i64 = (0..self.width).map(|column| sums[column] * entry(column)).sum();
				product as f32 + self.bias[token]
			})
			.collect()
	}

	/// What the graph generates greedily.
	pub fn greedy(&self, prompt: &[i64], count: usize, stop: &[i64]) -> Vec<i64> {
		let mut tokens = prompt.to_vec();
		for _ in 0..count {
			let logits = self.logits(&tokens);
			let best = (0..logits.len()).fold(
				0,
				|best, id| {
					if logits[id] > logits[best] {
						id
					} else {
						best
					}
				},
			);
			tokens.push(best as i64);
			if stop.contains(&(best as i64)) {
				break;
			}
		}
		tokens.split_off(prompt.len())
	}

	/// An encoded request.
	pub fn request(&self, prompt: &[i64], max_new_tokens: i64, sampling: Sampling) -> Vec<u8> {
		tensor::encode(&self.tensors(prompt, max_new_tokens, sampling))
	}

	pub fn tensors(&self, prompt: &[i64], max_new_tokens: i64, sampling: Sampling) -> Vec<Tensor> {
		let mut padded = prompt.to_vec();
		padded.resize(self.context, -1);
		let integers = |name: &str, values: &[i64], shape: Vec<u64>| Tensor {
			name: name.into(),
			dtype: DType::I64,
			shape,
			data: values.iter().flat_map(|value| value.to_le_bytes()).collect(),
		};
		vec![
			integers("prompt", &padded, vec![1, self.context as u64]),
			integers("max_new_tokens", &[max_new_tokens], vec![1]),
			tensor("temperature", &[1], &[sampling.temperature]),
			integers("top_k", &[sampling.top_k], vec![1]),
			tensor("top_p", &[1], &[sampling.top_p]),
			integers("seed", &[sampling.seed], vec![1]),
		]
	}
}

/// Parameters of a request.
#[derive(Clone, Copy, Debug)]
pub struct Sampling {
	pub temperature: f32,
	pub top_k: i64,
	pub top_p: f32,
	pub seed: i64,
}

/// The most probable token always.
pub const GREEDY: Sampling = Sampling { temperature: 0.0, top_k: 0, top_p: 1.0, seed: 0 };

/// The tokens of an encoded answer.
pub fn tokens(output: &[u8]) -> Vec<i64> {
	let tensors = tensor::decode(output).unwrap();
	assert_eq!((tensors.len(), tensors[0].name.as_str()), (1, "tokens"));
	let (numbers, _) = tensors[0].data.as_chunks();
	let numbers = numbers.iter().map(|number| i32::from_le_bytes(*number).into());
	let numbers: Vec<i64> = numbers.collect();
	let count = numbers.iter().position(|token| *token == -1).unwrap_or(numbers.len());
	assert!(numbers[count..].iter().all(|token| *token == -1), "{numbers:?}");
	numbers[..count].to_vec()
}
