//! Messages between the node and an engine process.
//!
//! The node sends requests to the standard input of the process, one at a time, and reads one
//! response for each from its standard output. Models, engines and inputs outside of the chain do not
//! pass through: the process reads them from the store. An output that its answer only names comes
//! behind the response, with as many bytes as the answer says.
//!
//! ```text
//! message: length u32, little-endian | request or response (SCALE) | output, if the answer names one
//! ```

use crate::holding::Computed;
use codec::{Decode, DecodeAll, Encode};
use opg_primitives::{
	serving::Report, Job, Task, MAX_CONTENT_BYTES, MAX_INPUT_BYTES, MAX_OUTPUT_BYTES,
};
use sp_core::H256;
use std::{
	ffi::OsString,
	io::{self, Read, Write},
	os::unix::ffi::{OsStrExt, OsStringExt},
	path::{Path, PathBuf},
};

/// Longest message in bytes: an input or an output that the chain carries, and what goes with it.
const MAX_MESSAGE: usize = (MAX_INPUT_BYTES + MAX_OUTPUT_BYTES) as usize + (64 << 10);

/// What an engine process needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setup {
	/// Folder of compiled engines.
	pub(crate) engine_cache: Option<PathBuf>,
	/// Store of models, and of engines besides the built-in one.
	pub(crate) blobs: PathBuf,
	/// Most bytes of memory of all models together, loaded and running.
	pub(crate) loaded_bytes: usize,
}

impl Encode for Setup {
	fn encode(&self) -> Vec<u8> {
		let Self { engine_cache, blobs, loaded_bytes } = self;
		let bytes = |path: &Path| path.as_os_str().as_bytes().to_vec();
		let cache = engine_cache.as_deref().map(bytes);
		(cache, bytes(blobs), *loaded_bytes as u64).encode()
	}
}

impl Decode for Setup {
	fn decode<I: codec::Input>(input: &mut I) -> Result<Self, codec::Error> {
		let (cache, blobs, loaded_bytes) = <(Option<Vec<u8>>, Vec<u8>, u64)>::decode(input)?;
		let path = |bytes| PathBuf::from(OsString::from_vec(bytes));
		Ok(Self {
			engine_cache: cache.map(path),
			blobs: path(blobs),
			loaded_bytes: usize::try_from(loaded_bytes).unwrap_or(usize::MAX),
		})
	}
}

/// Request to an engine process.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Request {
	/// Start, with the built-in engine. The first request, and no other.
	#[codec(index = 0)]
	Start(Setup),
	/// Have this engine ready, which may have to be compiled.
	#[codec(index = 1)]
	Engine(H256),
	/// Run a job within the time that it has left.
	#[codec(index = 2)]
	Run(Job),
	/// Load the model of a job within the time that it has left.
	#[codec(index = 3)]
	Prepare(Job),
	/// Inspect the model of a task, whose input does not count.
	#[codec(index = 4)]
	Inspect(Task),
}

/// Response of an engine process.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) enum Response {
	/// The engine with this id is ready.
	#[codec(index = 0)]
	Ready(H256),
	/// The model is loaded, or does not load.
	#[codec(index = 6)]
	Prepared,
	/// Result of the job.
	#[codec(index = 1)]
	Done(Computed),
	/// The store has no such model.
	#[codec(index = 2)]
	ModelMissing,
	/// The store has no such engine.
	#[codec(index = 3)]
	EngineMissing,
	/// The job's time is over.
	#[codec(index = 4)]
	TimedOut,
	/// This machine failed, in these words.
	#[codec(index = 5)]
	Failed(String),
	/// The model may take more memory than there is, in MiB: so much, of so much.
	#[codec(index = 7)]
	TooLarge(u64, u64),
	/// The bytes of this file in the store are not those of its name.
	#[codec(index = 8)]
	Damaged(H256),
	/// The inspection report in short, or why the engine refuses the model.
	#[codec(index = 9)]
	Inspected(Result<Report, String>),
	/// The store has no such input.
	#[codec(index = 10)]
	InputMissing,
}

/// Response, and what the process has loaded since the last one.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Reply {
	pub(crate) response: Response,
	/// Times that loading models took, in microseconds. A request loads one at most.
	pub(crate) loads: Vec<u64>,
	/// Models that are loaded now.
	pub(crate) models: u32,
	/// Bytes of their memory.
	pub(crate) bytes: u64,
}

impl Reply {
	/// A response of a process that has loaded nothing.
	pub(crate) fn of(response: Response) -> Self {
		Self { response, loads: Vec::new(), models: 0, bytes: 0 }
	}
}

/// Writes a reply, and the output behind it.
pub(crate) fn write_reply(to: &mut impl Write, reply: &Reply) -> io::Result<()> {
	write(to, reply)?;
	if let Response::Done(Computed { output: Some(output), .. }) = &reply.response {
		to.write_all(output)?;
		to.flush()?;
	}
	Ok(())
}

/// Reads a reply, and the output behind it. `None` if there are no more.
pub(crate) fn read_reply(from: &mut impl Read) -> io::Result<Option<Reply>> {
	let Some(mut reply) = read::<Reply>(from)? else { return Ok(None) };
	if let Response::Done(computed) = &mut reply.response {
		if let Some(length) = computed.output_bytes() {
			if length > MAX_CONTENT_BYTES {
				return Err(io::Error::other("the output is too long"));
			}
			// Memory is taken for what has come, not for what was promised.
			let mut output = Vec::new();
			from.take(length.into()).read_to_end(&mut output)?;
			if output.len() < length as usize {
				return Err(io::ErrorKind::UnexpectedEof.into());
			}
			computed.output = Some(output);
		}
	}
	Ok(Some(reply))
}

/// Writes a message.
pub(crate) fn write(to: &mut impl Write, message: &impl Encode) -> io::Result<()> {
	let message = message.encode();
	let length = u32::try_from(message.len())
		.ok()
		.filter(|_| message.len() <= MAX_MESSAGE)
		.ok_or_else(|| io::Error::other("the message is too long"))?;
	to.write_all(&[&length.to_le_bytes()[..], &message].concat())?;
	to.flush()
}

/// Reads a message. `None` if there are no more.
pub(crate) fn read<M: Decode>(from: &mut impl Read) -> io::Result<Option<M>> {
	let mut length = [0; 4];
	match from.read_exact(&mut length) {
		Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
		read => read?,
	}
	let length = u32::from_le_bytes(length) as usize;
	if length > MAX_MESSAGE {
		return Err(io::Error::other("the message is too long"));
	}
	let mut message = vec![0; length];
	from.read_exact(&mut message)?;
	let message = M::decode_all(&mut &message[..]);
	message.map(Some).map_err(|error| io::Error::other(error.to_string()))
}

#[cfg(test)]
mod tests {
	use super::*;
	use crate::Answered;
	use opg_primitives::{Answer, Content, Outcome};

	#[test]
	fn messages_should_be_read_as_they_were_written() {
		let setup = Setup {
			engine_cache: Some("/cache".into()),
			blobs: OsString::from_vec(b"/not utf-8: \xff".to_vec()).into(),
			loaded_bytes: 7,
		};
		let requests = [Request::Start(setup), Request::Engine(H256::repeat_byte(1))];
		let mut pipe = Vec::new();
		for request in &requests {
			write(&mut pipe, request).expect("is short");
		}
		let mut pipe = &pipe[..];
		for request in requests {
			assert_eq!(read(&mut pipe).expect("is whole"), Some(request));
		}
		assert_eq!(read::<Request>(&mut pipe).expect("ends between messages"), None);
	}

	fn done(output: &[u8], size: u32) -> Reply {
		let outcome = Outcome::Stored(Content { hash: H256::zero(), size });
		let answered = Answered { answer: Answer { outcome, fuel: 1 }, witness: None };
		Reply::of(Response::Done(Computed { answered, output: Some(output.to_vec()) }))
	}

	#[test]
	fn output_should_come_behind_its_reply_when_the_answer_only_names_it() {
		let output: Vec<u8> = (0..5u32 << 20).map(|number| (number % 251) as u8).collect();
		let replies = [done(&output, 5 << 20), Reply::of(Response::Prepared), done(&[1], 1)];
		let mut pipe = Vec::new();
		for reply in &replies {
			write_reply(&mut pipe, reply).expect("it has room");
		}
		let mut rest = &pipe[..];
		for reply in replies {
			assert_eq!(read_reply(&mut rest).expect("is whole"), Some(reply));
		}
		assert_eq!(read_reply(&mut rest).expect("ends between replies"), None);
		assert!(read_reply(&mut &pipe[..5 << 20]).is_err(), "it is cut");
		let mut pipe = Vec::new();
		write_reply(&mut pipe, &done(&[], MAX_CONTENT_BYTES + 1)).expect("it has room");
		let error = read_reply(&mut &pipe[..]).expect_err("it is refused before it comes");
		assert_eq!(error.to_string(), "the output is too long");
	}

	#[test]
	fn message_should_be_refused_when_it_is_too_long_or_cut() {
		let long = Response::Failed("x".repeat(MAX_MESSAGE));
		assert!(write(&mut Vec::new(), &long).is_err());
		assert!(read::<Response>(&mut &u32::MAX.to_le_bytes()[..]).is_err());
		let mut pipe = Vec::new();
		write(&mut pipe, &Response::Failed("x".into())).expect("is short");
		assert!(read::<Response>(&mut &pipe[..pipe.len() - 1]).is_err());
		pipe[4] = 99;
		assert!(read::<Response>(&mut &pipe[..]).is_err());
	}
}
