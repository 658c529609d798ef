//! Generation of text: a pure function that the engine makes of a step graph.
//!
//! A file says by `opg.generate` in its metadata that its graph is one step of a decoder: see
//! [`settings`] for the metadata and [`steps`] for inputs and outputs of the graph. The graph is
//! loaded twice, for one token and for a block of them, with the same weights. What a request gives
//! and gets is another function:
//!
//! | input | type | meaning |
//! |---|---|---|
//! | `prompt` | i64 \[1, context\] | token ids; -1 behind the last one |
//! | `max_new_tokens` | i64 \[1\] | most tokens to generate |
//! | `temperature` | f32 \[1\] | 0: the most probable token always |
//! | `top_k` | i64 \[1\] | only so many most probable tokens; 0: all |
//! | `top_p` | f32 \[1\] | only the most probable tokens that make up so much; 1: all |
//! | `seed` | i64 \[1\] | seed of the pseudo-random stream; any number |
//!
//! Its output `tokens`, i32 \[1, context\], has the new tokens, the stop token included, and -1 behind
//! them. [`sampling`] defines which token follows on logits; [`run`] in which calls the graph sees the
//! tokens.

mod run;
mod sampling;
mod settings;
mod steps;

pub use run::{Generator, Step, Stops};
pub use settings::{settings, Settings};
pub use steps::{places, MAX_PORTS, SEQUENCE};

use opg_engine_types::{report::Port, DType};

/// Names of the inputs, in order, and of the output.
pub const PROMPT: &str = "prompt";
const MAX_NEW_TOKENS: &str = "max_new_tokens";
const TEMPERATURE: &str = "temperature";
const TOP_K: &str = "top_k";
const TOP_P: &str = "top_p";
const SEED: &str = "seed";
const TOKENS: &str = "tokens";

/// Stands behind the last token.
const PAD: i64 = -1;

/// The inputs of generation within this context.
pub fn inputs(context: usize) -> Vec<Port> {
	let port = |name: &str, dtype, size: usize| Port {
		name: name.into(),
		dtype,
		shape: if name == PROMPT { vec![1, size as u64] } else { vec![1] },
	};
	vec![
		port(PROMPT, DType::I64, context),
		port(MAX_NEW_TOKENS, DType::I64, 1),
		port(TEMPERATURE, DType::F32, 1),
		port(TOP_K, DType::I64, 1),
		port(TOP_P, DType::F32, 1),
		port(SEED, DType::I64, 1),
	]
}

/// The output.
pub fn outputs(context: usize) -> Vec<Port> {
	vec![Port { name: TOKENS.into(), dtype: DType::I32, shape: vec![1, context as u64] }]
}
