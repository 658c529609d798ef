//! What a file says about generation, in its metadata:
//!
//! | key | value |
//! |---|---|
//! | `opg.generate` | `1`, the version of this form |
//! | `opg.generate.context` | tokens that the caches have room for |
//! | `opg.generate.block` | tokens of the prompt that go through the graph at once |
//! | `opg.generate.stop` | ids of the tokens that end generation, with commas between them; may be left out |
//!
//! Numbers are decimal, without signs and spaces. Another key that begins with `opg.generate` is refused,
//! since it may change what is meant.

use crate::refusal::Refusal;
use opg_engine_types::Reason;
use tract_onnx::pb::ModelProto;

/// The key that makes a generator of a model, and what the others begin with.
const KEY: &str = "opg.generate";

/// Least tokens of a context. Inspection runs a few.
pub const MIN_CONTEXT: usize = 8;
/// Most tokens of a context.
const MAX_CONTEXT: usize = 1 << 20;
/// Most tokens that end generation.
const MAX_STOPS: usize = 64;

/// What a file says about generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
	pub context: usize,
	pub block: usize,
	pub stop: Vec<i64>,
}

/// A refusal of the file as a generator.
pub fn refusal(message: impl Into<String>) -> Refusal {
	Refusal::new(Reason::BadGenerator, message)
}

/// Takes them from the metadata. `None` if the file is no generator.
pub fn settings(proto: &mut ModelProto) -> Result<Option<Settings>, Refusal> {
	let entries = std::mem::take(&mut proto.metadata_props);
	let (mut version, mut context, mut block, mut stop) = (None, None, None, None);
	let mut any = false;
	for entry in &entries {
		let Some(key) = entry.key.strip_prefix(KEY) else { continue };
		any = true;
		let place = match key {
			"" => &mut version,
			".context" => &mut context,
			".block" => &mut block,
			".stop" => &mut stop,
			_ => return Err(refusal(format!("`{}` is not known", entry.key))),
		};
		if place.replace(entry.value.as_str()).is_some() {
			return Err(refusal(format!("`{}` is there twice", entry.key)));
		}
	}
	if !any {
		return Ok(None);
	}
	if version != Some("1") {
		return Err(refusal(format!("`{KEY}` is not `1`, the version that this engine takes")));
	}
	let context = number("context", context, MIN_CONTEXT, MAX_CONTEXT)?;
	let block = number("block", block, 2, context)?;
	let stop = match stop.unwrap_or_default() {
		"" => Vec::new(),
		list => list.split(',').map(token).collect::<Result<_, _>>()?,
	};
	if stop.len() > MAX_STOPS {
		return Err(refusal(format!("{} stop tokens; {MAX_STOPS} are allowed", stop.len())));
	}
	Ok(Some(Settings { context, block, stop }))
}

fn number(key: &str, value: Option<&str>, least: usize, most: usize) -> Result<usize, Refusal> {
	value
		.and_then(decimal)
		.and_then(|number| usize::try_from(number).ok())
		.filter(|number| (least..=most).contains(number))
		.ok_or_else(|| refusal(format!("`{KEY}.{key}` is not a number from {least} to {most}")))
}

fn token(text: &str) -> Result<i64, Refusal> {
	decimal(text).ok_or_else(|| refusal(format!("`{KEY}.stop` is not a list of token ids")))
}

/// One spelling for each number.
fn decimal(text: &str) -> Option<i64> {
	let plain = text == "0" || text.starts_with(|first: char| matches!(first, '1'..='9'));
	let digits = plain && text.bytes().all(|byte| byte.is_ascii_digit());
	digits.then(|| text.parse::<i64>().ok()).flatten()
}
