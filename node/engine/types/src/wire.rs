//! Checks of a model file on protobuf's wire format, before anything parses it: sizes, nesting,
//! foreign and random operators.
//!
//! The file is read piece by piece, in one pass that leaves its [`outline`]: what the engine parses.

use crate::{dims::MAX_NAME, reason::Reason, MAX_MODEL_BYTES};
use alloc::{string::String, vec::Vec};
use core::fmt;

/// Messages inside each other, the model being the first.
const MAX_DEPTH: usize = 24;
/// Most nodes, most attributes and most tensors (each), over all graphs.
const MAX_ITEMS: usize = 20_000;
/// Most length-delimited fields of any kind.
const MAX_FIELDS: usize = 400_000;

/// Least bytes of a tensor's data that stay in the file.
const LARGE: usize = 1024;
/// The model's metadata, of which the engine keeps what begins with this and is not longer.
const METADATA: u64 = 14;
const OURS: &[u8] = b"opg.generate";
const MAX_METADATA: usize = 2048;
/// Bytes that are read at once.
const WINDOW: usize = 4096;
/// Bytes of a value that decide about it, and that a message shows.
const MAX_TEXT: usize = 64;

/// Domains of operators. The standard one has two names; of the last one the guest takes a few.
const DOMAINS: [&[u8]; 4] = [b"", b"ai.onnx", b"ai.onnx.ml", b"com.microsoft"];

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

/// A file that is read piece by piece.
pub trait Source {
	/// Length of the file in bytes.
	fn length(&self) -> usize;
	/// Reads the bytes from `at` on. All of them are in the file.
	fn read(&mut self, at: usize, to: &mut [u8]);
}

impl Source for &[u8] {
	fn length(&self) -> usize {
		self.len()
	}

	fn read(&mut self, at: usize, to: &mut [u8]) {
		to.copy_from_slice(&self[at..at + to.len()]);
	}
}

/// The messages that are looked into.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Message {
	Model,
	Graph,
	Node,
	Attribute,
	Tensor,
	/// `ValueInfoProto`, and what is in it.
	Value,
	Type,
	TensorType,
	Shape,
	Dimension,
}

impl Message {
	/// The message in field `number` of this message, if that field holds one.
	fn child(self, number: u64) -> Option<Message> {
		use Message::*;
		Some(match (self, number) {
			(Model, 7) | (Attribute, 6 | 11) => Graph,
			(Graph, 1) => Node,
			(Graph, 5) | (Attribute, 5 | 10) => Tensor,
			(Graph, 11 | 12) => Value,
			(Node, 5) => Attribute,
			(Value, 2) => Type,
			(Type, 1) => TensorType,
			(TensorType, 2) => Shape,
			(Shape, 1) => Dimension,
			_ => return None,
		})
	}

	/// Whether the engine needs field `number` of this message. Not: texts for people, hints about
	/// values inside of the graph, the segment of a tensor, whose place the outline uses.
	fn keeps(self, number: u64) -> bool {
		match self {
			Self::Model => matches!(number, 7 | 8 | METADATA),
			Self::Graph => matches!(number, 1 | 5 | 11 | 12),
			Self::Node => matches!(number, 1..=5 | 7),
			Self::Attribute => matches!(number, 1..=11 | 20),
			Self::Tensor => matches!(number, 1 | 2 | 4..=11),
			Self::Value | Self::TensorType | Self::Dimension => matches!(number, 1 | 2),
			Self::Type | Self::Shape => number == 1,
		}
	}

	/// How much deeper than its parent this message is. Those of types nest in one way only.
	fn depth(self) -> usize {
		use Message::*;
		usize::from(!matches!(self, Value | Type | TensorType | Shape | Dimension))
	}
}

/// Checks a model file against the limits and the operators that no engine may run, and gives its
/// outline: the file without what the engine does not need, in which the data of large tensors is
/// left out. Such a tensor has a segment, field 3, with the first byte of the data in the file and
/// the one after the last. It is the data of `raw_data`, or of the same form: little endian.
pub fn outline(source: &mut impl Source) -> Result<Vec<u8>, WireError> {
	let length = source.length();
	if length > MAX_MODEL_BYTES {
		return Err(WireError::TooLong(length));
	}
	let mut walker = Walker {
		source,
		length,
		window: Vec::new(),
		window_at: 0,
		counts: [0; 4],
		out: Vec::new(),
	};
	walker.message(Message::Model, 0, length, 1)?;
	Ok(walker.out)
}

/// A field of a message. Places are in the file.
struct Field {
	number: u64,
	/// Its key.
	start: usize,
	/// Its bytes, after key and length.
	at: usize,
	/// The byte after it.
	stop: usize,
	value: Value,
}

#[derive(PartialEq, Eq)]
enum Value {
	Number(u64),
	Fixed,
	Bytes,
}

struct Walker<'a, S> {
	source: &'a mut S,
	length: usize,
	/// Bytes of the file from `window_at` on.
	window: Vec<u8>,
	window_at: usize,
	/// By [`Count`].
	counts: [usize; 4],
	/// The outline.
	out: Vec<u8>,
}

impl<S: Source> Walker<'_, S> {
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
		let (mut dtype, mut large) = (0, None);
		while at < end {
			let field = self.field(at, end)?;
			at = field.stop;
			self.check(kind, &field)?;
			match (kind, field.number, &field.value) {
				(Message::Tensor, 4 | 9 | 10, Value::Bytes) if field.stop - field.at >= LARGE => {
					if large.replace(field).is_some() {
						return Err(WireError::Unsupported("tensors whose data is in parts are"));
					}
					continue;
				},
				(Message::Tensor, 2, Value::Number(value)) => dtype = *value,
				_ => (),
			}
			if kind == Message::Model && field.number == METADATA && !self.is_ours(&field)? {
				continue;
			}
			match kind.child(field.number) {
				Some(child) if field.value == Value::Bytes => self.nested(child, &field, depth)?,
				// No dimension is bound by such a name: it is left open.
				_ if kind == Message::Dimension && field.stop - field.at > MAX_NAME => (),
				_ if kind.keeps(field.number) => self.copy(field.start, field.stop),
				_ => (),
			}
		}
		match large {
			Some(field) => self.segment(&field, dtype),
			None => Ok(()),
		}
	}

	/// Reads the key of the field at this place, and its length.
	fn field(&mut self, start: usize, end: usize) -> Result<Field, WireError> {
		let mut at = start;
		let key = self.varint(&mut at, end)?;
		let (value, length) = match key & 7 {
			0 => (Value::Number(self.varint(&mut at, end)?), 0),
			1 => (Value::Fixed, 8),
			5 => (Value::Fixed, 4),
			2 => {
				self.count(Count::Fields)?;
				(Value::Bytes, self.varint(&mut at, end)?)
			},
			_ => return Err(WireError::Malformed(start)),
		};
		let stop = usize::try_from(length).ok().and_then(|length| at.checked_add(length));
		let stop = stop.filter(|stop| *stop <= end).ok_or(WireError::Malformed(start))?;
		Ok(Field { number: key >> 3, start, at, stop, value })
	}

	fn check(&mut self, kind: Message, field: &Field) -> Result<(), WireError> {
		match (kind, field.number, &field.value) {
			(Message::Tensor, 14, Value::Number(0)) => Ok(()),
			(Message::Tensor, 13 | 14, _) => Err(WireError::ExternalData),
			(Message::Model, 20, _) => Err(WireError::Unsupported("training information is")),
			(Message::Model, 25, _) => Err(WireError::Unsupported("model-local functions are")),
			(Message::Graph, 15, _) | (Message::Attribute, 22 | 23, _) => {
				Err(WireError::Unsupported("sparse tensors are"))
			},
			(Message::Node, 4, Value::Bytes) => {
				let name = self.text(field);
				if RANDOM.contains(&name.as_slice()) {
					return Err(WireError::Random(shown(&name)));
				}
				Ok(())
			},
			(Message::Node, 7, Value::Bytes) => {
				let domain = self.text(field);
				if !DOMAINS.contains(&domain.as_slice()) {
					return Err(WireError::Domain(shown(&domain)));
				}
				Ok(())
			},
			_ => Ok(()),
		}
	}

	/// Copies a message and what the engine needs of it.
	fn nested(&mut self, kind: Message, field: &Field, depth: usize) -> Result<(), WireError> {
		self.out.push((field.number << 3 | 2) as u8);
		let place = self.out.len();
		// The length is known at the end. Five bytes hold any.
		self.out.extend(number(0));
		self.message(kind, field.at, field.stop, depth + kind.depth())?;
		let length = self.out.len() - place - NUMBER;
		self.out[place..place + NUMBER].copy_from_slice(&number(length));
		Ok(())
	}

	/// Puts a reference in the place of a tensor's data.
	fn segment(&mut self, field: &Field, dtype: u64) -> Result<(), WireError> {
		const FLOAT: u64 = 1;
		const DOUBLE: u64 = 11;
		// Numbers of these fields have one type.
		if matches!((field.number, dtype), (4, other) if other != FLOAT)
			|| matches!((field.number, dtype), (10, other) if other != DOUBLE)
		{
			return Err(WireError::Malformed(field.start));
		}
		self.out.extend([3 << 3 | 2, 2 * (1 + NUMBER) as u8]);
		for (key, place) in [(1 << 3, field.at), (2 << 3, field.stop)] {
			self.out.push(key);
			self.out.extend(number(place));
		}
		Ok(())
	}

	fn copy(&mut self, from: usize, to: usize) {
		let seen = from
			.checked_sub(self.window_at)
			.and_then(|from| self.window.get(from..to - self.window_at));
		match seen {
			Some(bytes) => self.out.extend_from_slice(bytes),
			None => {
				let place = self.out.len();
				self.out.resize(place + to - from, 0);
				self.source.read(from, &mut self.out[place..]);
			},
		}
	}

	/// Whether an entry of the metadata is for the engine.
	fn is_ours(&mut self, entry: &Field) -> Result<bool, WireError> {
		let mut at = entry.at;
		while entry.value == Value::Bytes && at < entry.stop {
			let field = self.field(at, entry.stop)?;
			at = field.stop;
			if field.number == 1 && self.text(&field).starts_with(OURS) {
				if entry.stop - entry.at > MAX_METADATA {
					return Err(WireError::Unsupported("so long metadata of generation is"));
				}
				return Ok(true);
			}
		}
		Ok(false)
	}

	/// The beginning of a field, with one byte more than decides about it.
	fn text(&mut self, field: &Field) -> Vec<u8> {
		let stop = field.stop.min(field.at + MAX_TEXT + 1);
		(field.at..stop).map(|at| self.byte(at)).collect()
	}

	fn varint(&mut self, at: &mut usize, end: usize) -> Result<u64, WireError> {
		let mut value = 0u64;
		for shift in (0..70).step_by(7) {
			if *at >= end {
				return Err(WireError::Malformed(*at));
			}
			let byte = self.byte(*at);
			*at += 1;
			value |= u64::from(byte & 0x7f) << shift;
			if byte < 0x80 {
				return Ok(value);
			}
		}
		Err(WireError::Malformed(*at))
	}

	/// A byte of the file.
	fn byte(&mut self, at: usize) -> u8 {
		let seen = at.checked_sub(self.window_at).and_then(|place| self.window.get(place));
		if let Some(byte) = seen {
			return *byte;
		}
		self.window.resize((self.length - at).min(WINDOW), 0);
		self.source.read(at, &mut self.window);
		self.window_at = at;
		self.window[0]
	}
}

/// Bytes of a [`number`].
const NUMBER: usize = 5;

/// A varint of fixed length. No place in a file and no length needs more.
fn number(value: usize) -> [u8; NUMBER] {
	let mut bytes = [0x80; NUMBER];
	for (place, byte) in bytes.iter_mut().enumerate() {
		*byte |= (value as u64 >> (7 * place)) as u8 & 0x7f;
	}
	bytes[NUMBER - 1] &= 0x7f;
	bytes
}

fn shown(text: &[u8]) -> String {
	String::from_utf8_lossy(&text[..text.len().min(MAX_TEXT)]).into_owned()
}
