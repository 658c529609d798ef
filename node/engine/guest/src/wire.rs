//! What is refused before the model is parsed: read off the protobuf wire format in one pass,
//! without allocating.

use std::fmt;

/// Longest model file, in bytes.
const MAX_BYTES: usize = 64 << 20;
/// Messages inside each other, the model being the first.
const MAX_DEPTH: usize = 24;
/// Most nodes, most attributes and most tensors (each), over all graphs.
const MAX_ITEMS: usize = 20_000;
/// Most length-delimited fields of any kind.
const MAX_FIELDS: usize = 400_000;

/// Operators whose result is drawn at random: differs between engines even with a seed.
const RANDOM: [&[u8]; 6] = [
	b"Bernoulli",
	b"Multinomial",
	b"RandomNormal",
	b"RandomNormalLike",
	b"RandomUniform",
	b"RandomUniformLike",
];

/// Why a model is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum WireError {
	TooLong(usize),
	TooDeep,
	TooMany(&'static str, usize),
	Malformed(usize),
	ExternalData,
	Domain(String),
	Random(String),
	Unsupported(&'static str),
}

impl fmt::Display for WireError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::TooLong(n) => {
				write!(f, "the file has {n} bytes, at most {MAX_BYTES} are allowed")
			},
			Self::TooDeep => write!(
				f,
				"graphs are nested too deeply: more than {MAX_DEPTH} protobuf messages inside each other"
			),
			Self::TooMany(what, max) => write!(f, "more than {max} {what}; simplify the graph"),
			Self::Malformed(at) => write!(f, "not an ONNX file: bad protobuf at byte {at}"),
			Self::ExternalData => {
				write!(f, "weights are in another file; save the model with its weights inside")
			},
			Self::Domain(domain) => {
				write!(
					f,
					"operator domain `{domain}` is not standard; export with ONNX operators only"
				)
			},
			Self::Random(op) => {
				write!(f, "operator {op} draws random numbers; make them an input of the model")
			},
			Self::Unsupported(what) => {
				write!(f, "{what} not supported; export a plain inference graph")
			},
		}
	}
}

/// The messages that are looked into; the rest is skipped over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Message {
	Model,
	Graph,
	Node,
	Attribute,
	Tensor,
	Sparse,
}

impl Message {
	/// The message in field `number` of this message, if that field holds one.
	fn child(self, number: u64) -> Option<Message> {
		use Message::*;
		Some(match (self, number) {
			(Model, 7) | (Attribute, 6 | 11) => Graph,
			(Graph, 1) => Node,
			(Graph, 5) | (Attribute, 5 | 10) | (Sparse, 1 | 2) => Tensor,
			(Graph, 15) | (Attribute, 22 | 23) => Sparse,
			(Node, 5) => Attribute,
			_ => return None,
		})
	}
}

/// Checks `model` against the limits and the operators that no engine may run.
pub fn check(model: &[u8]) -> Result<(), WireError> {
	if model.len() > MAX_BYTES {
		return Err(WireError::TooLong(model.len()));
	}
	let mut walker = Walker { bytes: model, nodes: 0, attributes: 0, tensors: 0, fields: 0 };
	walker.message(Message::Model, 0, model.len(), 1)
}

struct Walker<'a> {
	bytes: &'a [u8],
	nodes: usize,
	attributes: usize,
	tensors: usize,
	fields: usize,
}

fn count(counter: &mut usize, what: &'static str, max: usize) -> Result<(), WireError> {
	*counter += 1;
	if *counter > max {
		return Err(WireError::TooMany(what, max));
	}
	Ok(())
}

impl Walker<'_> {
	/// The recursion is bounded by `MAX_DEPTH`.
	fn message(
		&mut self,
		kind: Message,
		mut at: usize,
		end: usize,
		depth: usize,
	) -> Result<(), WireError> {
		if depth > MAX_DEPTH {
			return Err(WireError::TooDeep);
		}
		match kind {
			Message::Node => count(&mut self.nodes, "nodes", MAX_ITEMS)?,
			Message::Attribute => count(&mut self.attributes, "attributes", MAX_ITEMS)?,
			Message::Tensor => count(&mut self.tensors, "initializers and constants", MAX_ITEMS)?,
			_ => (),
		}
		while at < end {
			let start = at;
			let key = self.varint(&mut at, end)?;
			let number = key >> 3;
			match key & 7 {
				0 => {
					let value = self.varint(&mut at, end)?;
					if (kind, number) == (Message::Tensor, 14) && value != 0 {
						return Err(WireError::ExternalData);
					}
				},
				1 => at += 8,
				5 => at += 4,
				2 => {
					count(&mut self.fields, "fields", MAX_FIELDS)?;
					let length = self.varint(&mut at, end)?;
					let length =
						usize::try_from(length).map_err(|_| WireError::Malformed(start))?;
					let stop = at.checked_add(length).filter(|stop| *stop <= end);
					let stop = stop.ok_or(WireError::Malformed(start))?;
					self.field(kind, number, at, stop, depth)?;
					at = stop;
				},
				_ => return Err(WireError::Malformed(start)),
			}
			if at > end {
				return Err(WireError::Malformed(start));
			}
		}
		Ok(())
	}

	fn field(
		&mut self,
		kind: Message,
		number: u64,
		at: usize,
		stop: usize,
		depth: usize,
	) -> Result<(), WireError> {
		let value = &self.bytes[at..stop];
		let text = || String::from_utf8_lossy(&value[..value.len().min(64)]).into_owned();
		match (kind, number) {
			(Message::Tensor, 13) => return Err(WireError::ExternalData),
			(Message::Model, 20) => return Err(WireError::Unsupported("training information is")),
			(Message::Model, 25) => {
				return Err(WireError::Unsupported("model-local functions are"))
			},
			(Message::Node, 4) if RANDOM.contains(&value) => return Err(WireError::Random(text())),
			(Message::Node, 7) if !matches!(value, b"" | b"ai.onnx" | b"ai.onnx.ml") => {
				return Err(WireError::Domain(text()));
			},
			_ => (),
		}
		match kind.child(number) {
			Some(child) => self.message(child, at, stop, depth + 1),
			None => Ok(()),
		}
	}

	fn varint(&self, at: &mut usize, end: usize) -> Result<u64, WireError> {
		let mut value = 0u64;
		for shift in (0..70).step_by(7) {
			let byte = *self.bytes[..end].get(*at).ok_or(WireError::Malformed(*at))?;
			*at += 1;
			value |= u64::from(byte & 0x7f) << shift;
			if byte < 0x80 {
				return Ok(value);
			}
		}
		Err(WireError::Malformed(*at))
	}
}
