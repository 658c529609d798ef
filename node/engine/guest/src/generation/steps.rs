//! The step graph: the form that its inputs and outputs have.
//!
//! | | name | type and shape | meaning |
//! |---|---|---|---|
//! | in | `input_ids` | i64 \[1, `sequence`\] | tokens; the engine binds `sequence` |
//! | in | `position` | i64 \[1\] | place of the first of them |
//! | in | `last` | i64 \[1\] | which of them is the last one; those behind it are 0 |
//! | in | `past_key_values.X` | \[1, heads, context, width\] | a cache, zeros at first |
//! | out | `logits` | f32 \[1, vocabulary\] | of what follows on token `last` |
//! | out | `present.X` | as its `past_key_values.X` | the cache afterwards |

use super::settings::{refusal, Settings};
use crate::refusal::Refusal;
use opg_engine_types::{
	report::{Description, Port},
	DType,
};

/// The dimension that the engine binds.
pub const SEQUENCE: &str = "sequence";

/// Most inputs, and most outputs: two for each layer, and three more.
pub const MAX_PORTS: usize = 1024;

const INPUT_IDS: &str = "input_ids";
const POSITION: &str = "position";
const LAST: &str = "last";
const LOGITS: &str = "logits";
const PAST: &str = "past_key_values.";
const PRESENT: &str = "present.";

/// Largest vocabulary. Sums of weights stay exact.
const MAX_VOCABULARY: u64 = 1 << 24;

/// Where the inputs and outputs of a step graph are among all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
	/// What each input is, in the graph's order.
	pub inputs: Vec<Input>,
	/// The output with the logits.
	pub logits: usize,
	/// Size of the vocabulary.
	pub vocabulary: usize,
}

/// An input of a step graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
	Ids,
	Position,
	Last,
	/// A cache, and the output that it is afterwards.
	Cache {
		port: Port,
		present: usize,
	},
}

/// Finds the inputs and outputs of a graph for so many tokens, as it is described.
pub fn places(
	graph: &Description,
	settings: &Settings,
	sequence: usize,
) -> Result<Places, Refusal> {
	let scalar = [1];
	let ids = [1, sequence as u64];
	let mut inputs = Vec::new();
	let mut presents = Vec::new();
	for port in &graph.inputs {
		let (input, shape) = match port.name.as_str() {
			INPUT_IDS => (Input::Ids, &ids[..]),
			POSITION => (Input::Position, &scalar[..]),
			LAST => (Input::Last, &scalar[..]),
			name => {
				let layer = name
					.strip_prefix(PAST)
					.ok_or_else(|| refusal(format!("`{name}` is no input of a step graph")))?;
				let present = cache(graph, port, layer, settings)?;
				if presents.contains(&present) {
					return Err(refusal(format!("`{name}` is an input twice")));
				}
				presents.push(present);
				inputs.push(Input::Cache { port: port.clone(), present });
				continue;
			},
		};
		expect(port, DType::I64, shape)?;
		inputs.push(input);
	}
	for (name, input) in [(INPUT_IDS, Input::Ids), (POSITION, Input::Position), (LAST, Input::Last)]
	{
		if !inputs.contains(&input) {
			return Err(refusal(format!("the graph has no input `{name}`")));
		}
	}
	let logits = output(graph, LOGITS)?;
	for (place, port) in graph.outputs.iter().enumerate() {
		if place != logits && !presents.contains(&place) {
			return Err(refusal(format!("`{}` is no output of a step graph", port.name)));
		}
	}
	let port = &graph.outputs[logits];
	let vocabulary = port.shape.last().copied().unwrap_or(0);
	if !(1..=MAX_VOCABULARY).contains(&vocabulary) {
		return Err(refusal(format!(
			"a vocabulary of {vocabulary}; 1 to {MAX_VOCABULARY} are allowed"
		)));
	}
	expect(port, DType::F32, &[1, vocabulary])?;
	if let Some(token) = settings.stop.iter().find(|token| **token >= vocabulary as i64) {
		let message = format!("stop token {token} is not in the vocabulary of {vocabulary}");
		return Err(refusal(message));
	}
	Ok(Places { inputs, logits, vocabulary: vocabulary as usize })
}

/// The output that is this cache afterwards.
fn cache(
	graph: &Description,
	past: &Port,
	layer: &str,
	settings: &Settings,
) -> Result<usize, Refusal> {
	let context = settings.context as u64;
	match past.shape[..] {
		[1, heads, length, width] if length == context && heads > 0 && width > 0 => (),
		_ => {
			let message = format!(
				"`{}` has shape {:?}; a cache has [1, heads, {context}, width]",
				past.name, past.shape
			);
			return Err(refusal(message));
		},
	}
	if !matches!(past.dtype, DType::F32 | DType::F16 | DType::I8 | DType::U8) {
		return Err(refusal(format!(
			"`{}` is {}; a cache is f32, f16, i8 or u8",
			past.name, past.dtype
		)));
	}
	let place = output(graph, &format!("{PRESENT}{layer}"))?;
	expect(&graph.outputs[place], past.dtype, &past.shape)?;
	Ok(place)
}

fn output(graph: &Description, name: &str) -> Result<usize, Refusal> {
	let place = graph.outputs.iter().position(|port| port.name == name);
	place.ok_or_else(|| refusal(format!("the graph has no output `{name}`")))
}

fn expect(port: &Port, dtype: DType, shape: &[u64]) -> Result<(), Refusal> {
	if port.dtype == dtype && port.shape == shape {
		return Ok(());
	}
	let Port { name, dtype: had, shape: has } = port;
	Err(refusal(format!("`{name}` is {had} {has:?}; in a step graph it is {dtype} {shape:?}")))
}
