//! Checks of a model file on protobuf's wire format, before anything parses it: sizes, nesting,
//! foreign and random operators. One pass, without allocating.

use crate::{reason::Reason, MAX_MODEL_BYTES};
use alloc::string::String;
use core::fmt;

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

/// Items of a model file whose number is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
	/// Nodes of all graphs.
	Nodes,
	/// Attributes of all nodes.
	Attributes,
	/// Initializers and constants.
	Tensors,
	/// Length-delimited fields of any kind.
	Fields,
}

impl Count {
	fn name(self) -> &'static str {
		match self {
			Self::Nodes => "nodes",
			Self::Attributes => "attributes",
			Self::Tensors => "initializers and constants",
			Self::Fields => "fields",
		}
	}

	fn max(self) -> usize {
		match self {
			Self::Fields => MAX_FIELDS,
			_ => MAX_ITEMS,
		}
	}
}

/// The cause for which a model file is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WireError {
	/// The file has so many bytes.
	TooLong(usize),
	/// Messages are nested too deeply.
	TooDeep,
	/// There are too many of these.
	TooMany(Count),
	/// The file is not protobuf at this byte.
	Malformed(usize),
	/// Weights are in another file.
	ExternalData,
	/// An operator is of this domain, which is not standard.
	Domain(String),
	/// This operator draws random numbers.
	Random(String),
	/// A sentence's beginning: the feature that is not supported, and its verb.
	Unsupported(&'static str),
}

impl core::error::Error for WireError {}

impl WireError {
	/// The reason for programs.
	pub fn reason(&self) -> Reason {
		match self {
			Self::TooLong(_) => Reason::FileTooLong,
			Self::TooDeep => Reason::NestedTooDeeply,
			Self::TooMany(Count::Nodes) => Reason::TooManyNodes,
			Self::TooMany(Count::Attributes) => Reason::TooManyAttributes,
			Self::TooMany(Count::Tensors) => Reason::TooManyTensors,
			Self::TooMany(Count::Fields) => Reason::TooManyFields,
			Self::Malformed(_) => Reason::Malformed,
			Self::ExternalData => Reason::ExternalData,
			Self::Domain(_) => Reason::ForeignDomain,
			Self::Random(_) => Reason::RandomOperator,
			Self::Unsupported(_) => Reason::UnsupportedFeature,
		}
	}
}

impl fmt::Display for WireError {
	fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			Self::TooLong(n) => {
				write!(f, "the file has {n} bytes, at most {MAX_MODEL_BYTES} are allowed")
			},
			Self::TooDeep => write!(
				f,
				"graphs are nested too deeply: more than {MAX_DEPTH} protobuf messages inside each other"
			),
			Self::TooMany(count) => {
				write!(f, "more than {} {}; simplify the graph", count.max(), count.name())
			},
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
}

impl Message {
	/// The message in field `number` of this message, if that field holds one.
	fn child(self, number: u64) -> Option<Message> {
		use Message::*;
		Some(match (self, number) {
			(Model, 7) | (Attribute, 6 | 11) => Graph,
			(Graph, 1) => Node,
			(Graph, 5) | (Attribute, 5 | 10) => Tensor,
			(Node, 5) => Attribute,
			_ => return None,
		})
	}
}

/// Checks `model` against the limits and the operators that no engine may run.
pub fn check(model: &[u8]) -> Result<(), WireError> {
	if model.len() > MAX_MODEL_BYTES {
		return Err(WireError::TooLong(model.len()));
	}
	let mut walker = Walker { bytes: model, counts: [0; 4] };
	walker.message(Message::Model, 0, model.len(), 1)
}

struct Walker<'a> {
	bytes: &'a [u8],
	/// By [`Count`].
	counts: [usize; 4],
}

impl Walker<'_> {
	fn count(&mut self, what: Count) -> Result<(), WireError> {
		let counter = &mut self.counts[what as usize];
		*counter += 1;
		if *counter > what.max() {
			return Err(WireError::TooMany(what));
		}
		Ok(())
	}

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
			Message::Node => self.count(Count::Nodes)?,
			Message::Attribute => self.count(Count::Attributes)?,
			Message::Tensor => self.count(Count::Tensors)?,
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
					self.count(Count::Fields)?;
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
			(Message::Graph, 15) | (Message::Attribute, 22 | 23) => {
				return Err(WireError::Unsupported("sparse tensors are"))
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
