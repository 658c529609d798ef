//! Inspection reports: a model's inputs, outputs, operators, fuel and memory. Executors attest to
//! the digest of a report.
//!
//! ```text
//! magic "OPGR" | version u8 | ports (inputs) | ports (outputs) | dims | opsets | operators |
//! parameters u64 | memory u64 | load fuel u64 | run fuel u64 | trial u8 | digest [u8; 32]
//! ports: count u16 | (name | dtype u8 | rank u8 | dims u64 * rank)*
//! dims: count u16 | (name | size u64)*       opsets: count u16 | (domain | version u64)*
//! operators: count u16 | (domain | name | count u64)*      names: length u16 | UTF-8
//! ```
//!
//! Ports are in the model's order; the other lists are sorted and name nothing twice. `trial` is 0,
//! or the code of the fault; then the digest is zero.
//!
//! The report of a model that generates text has version 2. Behind `parameters` it has what else
//! version 1 has not: `context u64 | block u64 | vocabulary u64 | token fuel u64 | block fuel u64`.

use crate::{fault::ModelFault, tensor::DType};
use alloc::{borrow::ToOwned, string::String, vec::Vec};

/// First bytes of an encoded report: the magic and the version.
pub const MAGIC: [u8; 5] = *b"OPGR\x01";
/// The same of a report on a model that generates text.
pub const MAGIC_OF_GENERATOR: [u8; 5] = *b"OPGR\x02";

/// An input or output of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
	/// Its name.
	pub name: String,
	/// Type of its elements.
	pub dtype: DType,
	/// Elements along each dimension.
	pub shape: Vec<u64>,
}

/// The part of a report that is read off the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
	/// Inputs that a request must give, in the model's order.
	pub inputs: Vec<Port>,
	/// Outputs, in the model's order.
	pub outputs: Vec<Port>,
	/// Symbolic dimensions and their sizes.
	pub dims: Vec<(String, u64)>,
	/// Operator sets that the file names, by domain; the standard domain is empty.
	pub opsets: Vec<(String, u64)>,
	/// Operators by domain and name, with how often they occur, in subgraphs too.
	pub operators: Vec<((String, String), u64)>,
	/// Elements of all initializers and constants.
	pub parameters: u64,
	/// How it generates text, if it does.
	pub generation: Option<Generation>,
}

/// What a report says of a model that generates text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Generation {
	/// Most tokens, of prompt and answer together.
	pub context: u64,
	/// Tokens of the prompt that are read at once.
	pub block: u64,
	/// Tokens that there are.
	pub vocabulary: u64,
	/// Fuel of generating a token, with sampling.
	pub token_fuel: u64,
	/// Fuel of reading a block of the prompt, or what is left of it.
	pub block_fuel: u64,
}

impl Generation {
	/// Fuel of reading a prompt of so many tokens and generating so many, at least one of each, within
	/// the context. What else a run takes is not in it.
	pub fn fuel(&self, prompt: u64, new: u64) -> u64 {
		let block = self.block.max(1);
		let (blocks, rest) = (prompt / block, prompt % block);
		// A token alone goes the way of new tokens, and the last new one goes no way.
		let (blocks, single) = match rest {
			0 => (blocks, 0),
			1 => (blocks, 1),
			_ => (blocks.saturating_add(1), 0),
		};
		let tokens = new.saturating_sub(1).saturating_add(single);
		let blocks = blocks.saturating_mul(self.block_fuel);
		blocks.saturating_add(tokens.saturating_mul(self.token_fuel))
	}

	/// The most that [`Generation::fuel`] is for a prompt and an answer that fill the context.
	pub fn most_fuel(&self) -> u64 {
		// Of the prompts that take so many blocks, full ones or those whose last block has two tokens cost
		// the most. Over the number of blocks both rise or fall evenly.
		let (context, block) = (self.context, self.block.max(1));
		let last = |behind: u64| {
			let full = context.checked_sub(1 + behind)? / block * block;
			full.checked_add(behind)
		};
		let prompts = [Some(1), Some(2), last(0), last(2)].into_iter().flatten();
		let prompts = prompts.filter(|prompt| *prompt > 0 && *prompt < context);
		prompts.map(|prompt| self.fuel(prompt, context - prompt)).max().unwrap_or(0)
	}
}

/// A report on a model. The same for the same engine, model, dimensions and limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
	/// Read off the file.
	pub description: Description,
	/// Memory that the trial run took, in bytes: the model and all that is computed with it.
	pub memory_bytes: u64,
	/// Fuel of loading and preparing.
	pub load_fuel: u64,
	/// Fuel of the trial run, on inputs of zeros, after loading. Of a model that generates text, the
	/// fuel of a run that fills the context, as of the trial's tokens and blocks.
	pub run_fuel: u64,
	/// The digest of the trial run's output, or the fault that it ended with.
	pub trial: Result<[u8; 32], ModelFault>,
}

/// Not an encoded report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportError;

impl core::fmt::Display for ReportError {
	fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
		f.write_str("not an encoded inspection report")
	}
}

impl core::error::Error for ReportError {}

impl Description {
	/// Encodes the description; the guest hands it to the host like this.
	pub fn encode(&self) -> Vec<u8> {
		let mut out = Vec::new();
		put_list(&mut out, &self.inputs, put_port);
		put_list(&mut out, &self.outputs, put_port);
		put_list(&mut out, &self.dims, put_named);
		put_list(&mut out, &self.opsets, put_named);
		put_list(&mut out, &self.operators, |out, ((domain, name), count)| {
			put_text(out, domain);
			put_named(out, &(name.clone(), *count));
		});
		out.extend(self.parameters.to_le_bytes());
		if let Some(Generation { context, block, vocabulary, token_fuel, block_fuel }) =
			self.generation
		{
			for number in [context, block, vocabulary, token_fuel, block_fuel] {
				out.extend(number.to_le_bytes());
			}
		}
		out
	}

	/// Decodes what [`Description::encode`] gave. Total.
	pub fn decode(bytes: &[u8]) -> Result<Description, ReportError> {
		let mut reader = Reader(bytes);
		let mut description = reader.description()?;
		if !reader.0.is_empty() {
			description.generation = Some(reader.generation()?);
		}
		reader.end(description)
	}
}

impl Inspection {
	/// Encodes the report.
	pub fn encode(&self) -> Vec<u8> {
		let magic = match self.description.generation {
			Some(_) => MAGIC_OF_GENERATOR,
			None => MAGIC,
		};
		let mut out = magic.to_vec();
		out.extend(self.description.encode());
		for number in [self.memory_bytes, self.load_fuel, self.run_fuel] {
			out.extend(number.to_le_bytes());
		}
		out.push(self.trial.err().map_or(0, ModelFault::code));
		out.extend(self.trial.unwrap_or_default());
		out
	}

	/// Decodes a report. Total; accepts only what [`Inspection::encode`] gives.
	pub fn decode(bytes: &[u8]) -> Result<Inspection, ReportError> {
		let (magic, rest) = bytes.split_first_chunk().ok_or(ReportError)?;
		let mut reader = Reader(rest);
		let mut description = reader.description()?;
		match *magic {
			MAGIC => (),
			MAGIC_OF_GENERATOR => description.generation = Some(reader.generation()?),
			_ => return Err(ReportError),
		}
		let [memory_bytes, load_fuel, run_fuel] = [reader.u64()?, reader.u64()?, reader.u64()?];
		let [fault] = reader.array()?;
		let digest = reader.array()?;
		let trial = match fault {
			0 => Ok(digest),
			_ if digest != [0; 32] => return Err(ReportError),
			_ => Err(ModelFault::from_code(fault).ok_or(ReportError)?),
		};
		reader.end(Inspection { description, memory_bytes, load_fuel, run_fuel, trial })
	}
}

/// No list and no text is longer than a u16 can say: the guest has refused such models.
fn put_list<T>(out: &mut Vec<u8>, list: &[T], put: impl Fn(&mut Vec<u8>, &T)) {
	out.extend((list.len() as u16).to_le_bytes());
	list.iter().for_each(|item| put(out, item));
}

fn put_text(out: &mut Vec<u8>, text: &str) {
	out.extend((text.len() as u16).to_le_bytes());
	out.extend(text.as_bytes());
}

fn put_named(out: &mut Vec<u8>, (name, value): &(String, u64)) {
	put_text(out, name);
	out.extend(value.to_le_bytes());
}

fn put_port(out: &mut Vec<u8>, port: &Port) {
	put_text(out, &port.name);
	out.push(port.dtype as u8);
	out.push(port.shape.len() as u8);
	port.shape.iter().for_each(|dim| out.extend(dim.to_le_bytes()));
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
	fn array<const N: usize>(&mut self) -> Result<[u8; N], ReportError> {
		let (head, tail) = self.0.split_first_chunk().ok_or(ReportError)?;
		self.0 = tail;
		Ok(*head)
	}

	fn u64(&mut self) -> Result<u64, ReportError> {
		self.array().map(u64::from_le_bytes)
	}

	fn text(&mut self) -> Result<String, ReportError> {
		let length = usize::from(u16::from_le_bytes(self.array()?));
		let (head, tail) = self.0.split_at_checked(length).ok_or(ReportError)?;
		self.0 = tail;
		core::str::from_utf8(head).map(str::to_owned).map_err(|_| ReportError)
	}

	fn list<T>(
		&mut self,
		item: impl Fn(&mut Self) -> Result<T, ReportError>,
	) -> Result<Vec<T>, ReportError> {
		let count = u16::from_le_bytes(self.array()?);
		(0..count).map(|_| item(self)).collect()
	}

	/// A list whose keys are sorted and differ.
	fn map<K: Ord>(
		&mut self,
		key: impl Fn(&mut Self) -> Result<K, ReportError>,
	) -> Result<Vec<(K, u64)>, ReportError> {
		let list = self.list(|reader| Ok((key(reader)?, reader.u64()?)))?;
		if list.windows(2).any(|pair| pair[0].0 >= pair[1].0) {
			return Err(ReportError);
		}
		Ok(list)
	}

	fn port(&mut self) -> Result<Port, ReportError> {
		let name = self.text()?;
		let [code, rank] = self.array()?;
		let dtype = DType::from_code(code).ok_or(ReportError)?;
		let shape = (0..rank).map(|_| self.u64()).collect::<Result<_, _>>()?;
		Ok(Port { name, dtype, shape })
	}

	fn description(&mut self) -> Result<Description, ReportError> {
		Ok(Description {
			inputs: self.list(Self::port)?,
			outputs: self.list(Self::port)?,
			dims: self.map(Self::text)?,
			opsets: self.map(Self::text)?,
			operators: self.map(|reader| Ok((reader.text()?, reader.text()?)))?,
			parameters: self.u64()?,
			generation: None,
		})
	}

	fn generation(&mut self) -> Result<Generation, ReportError> {
		let [context, block, vocabulary] = [self.u64()?, self.u64()?, self.u64()?];
		let [token_fuel, block_fuel] = [self.u64()?, self.u64()?];
		Ok(Generation { context, block, vocabulary, token_fuel, block_fuel })
	}

	fn end<T>(self, value: T) -> Result<T, ReportError> {
		if self.0.is_empty() {
			Ok(value)
		} else {
			Err(ReportError)
		}
	}
}
