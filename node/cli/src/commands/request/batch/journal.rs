//! Journal of a batch: what was sent, written before it is sent.
//!
//! With it a batch that was interrupted goes on. A line of the journal is written by one call, and what a
//! power cut left of a line is ignored.

use crate::fs::whole_lines;
use anyhow::{bail, ensure, Context, Result};
use opg_primitives::{AccountId, BlockNumber, ModelId, Nonce, RequestId};
use serde::{Deserialize, Serialize};
use sp_core::H256;
use std::{
	fs::{File, OpenOptions, TryLockError},
	io::Write,
	path::{Path, PathBuf},
};

/// Version of the file format.
const VERSION: u32 = 1;

/// What one journal is about. Another batch has another journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
	pub version: u32,
	/// Random. The references of the requests hang on it.
	pub run: H256,
	/// Genesis hash of the chain.
	pub genesis: H256,
	/// Account that pays.
	pub requester: AccountId,
	/// Number of the model version.
	pub model: ModelId,
	/// Tier, as the command line names it.
	pub tier: String,
}

impl Header {
	/// A header of a new batch.
	pub fn new(run: H256, genesis: H256, requester: AccountId, model: ModelId, tier: &str) -> Self {
		Self { version: VERSION, run, genesis, requester, model, tier: tier.into() }
	}
}

/// A request that is about to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
	/// What the request repeats. It names the line of the batch and its content.
	pub reference: H256,
	/// Nonce of the transaction.
	pub nonce: Nonce,
	/// Time of the chain's clock.
	pub clock: BlockNumber,
	/// Number that the next request had in a final block: that of this one is no smaller.
	pub first: RequestId,
}

/// Journal of a batch, in a file or nowhere.
pub(super) struct Journal(Option<File>);

impl Journal {
	/// A journal that remembers nothing.
	pub fn none() -> Self {
		Self(None)
	}

	/// Opens or begins the journal in `path`. Gives what was sent, the header of the batch, and whether
	/// it goes on.
	///
	/// # Errors
	///
	/// The journal is in use, of another batch, or no journal.
	pub fn open(path: &Path, new: Header) -> Result<(Self, Header, Vec<Sent>)> {
		let shown = || path.display().to_string();
		let mut options = OpenOptions::new();
		options.read(true).append(true).create(true);
		let mut file = options.open(path).with_context(shown)?;
		match file.try_lock() {
			Ok(()) => {},
			Err(TryLockError::WouldBlock) => {
				bail!("{}: another process goes on with this batch", path.display())
			},
			Err(TryLockError::Error(error)) => return Err(error).with_context(shown),
		}
		let text = whole_lines(&mut file).with_context(shown)?;
		let mut lines = text.lines();
		let Some(first) = lines.next() else {
			let mut journal = Self(Some(file));
			journal.write(&new).with_context(shown)?;
			return Ok((journal, new, Vec::new()));
		};
		let header: Header = serde_json::from_str(first)
			.with_context(|| format!("{} is no journal of this program", path.display()))?;
		let same = Header { run: header.run, ..new };
		ensure!(
			header == same,
			"{} is the journal of a batch of another account, model, tier or chain: give another --output",
			path.display()
		);
		let sent = lines.map(serde_json::from_str).collect::<Result<_, _>>().with_context(shown)?;
		Ok((Self(Some(file)), header, sent))
	}

	/// Notes that a request is about to be sent. When this returns, a power cut does not lose it.
	pub fn note(&mut self, sent: &Sent) -> Result<()> {
		self.write(sent).context("cannot write to the journal")
	}

	fn write(&mut self, value: &impl Serialize) -> Result<()> {
		let Some(file) = &mut self.0 else { return Ok(()) };
		let mut line = serde_json::to_vec(value)?;
		line.push(b'\n');
		file.write_all(&line)?;
		file.sync_data()?;
		Ok(())
	}
}

/// Path of the journal of an output.
pub(super) fn path_of(output: &Path) -> PathBuf {
	let mut name = output.as_os_str().to_owned();
	name.push(".journal");
	name.into()
}

#[cfg(test)]
mod tests {
	use super::*;
	use std::fs;

	fn header(byte: u8) -> Header {
		let (run, genesis) = (H256::repeat_byte(byte), H256::zero());
		Header::new(run, genesis, AccountId::from([7; 32]), 3, "quorum")
	}

	fn sent(nonce: Nonce) -> Sent {
		Sent { reference: H256::repeat_byte(9), nonce, clock: 5, first: 6 }
	}

	#[test]
	fn journal_should_come_back_with_what_was_sent_and_the_run_of_the_beginning() {
		let folder = tempfile::tempdir().unwrap();
		let path = path_of(&folder.path().join("out.jsonl"));
		let (mut journal, first, old) = Journal::open(&path, header(1)).unwrap();
		assert!(old.is_empty());
		journal.note(&sent(1)).unwrap();
		journal.note(&sent(2)).unwrap();
		assert!(Journal::open(&path, header(2))
			.err()
			.unwrap()
			.to_string()
			.contains("another process"));
		drop(journal);
		let (_, header, old) = Journal::open(&path, header(2)).unwrap();
		assert_eq!((header, old), (first, vec![sent(1), sent(2)]));
	}

	#[test]
	fn journal_should_go_on_after_a_line_that_a_power_cut_left() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("journal");
		let (mut journal, ..) = Journal::open(&path, header(1)).unwrap();
		journal.note(&sent(1)).unwrap();
		drop(journal);
		let text = fs::read_to_string(&path).unwrap();
		fs::write(&path, format!("{text}{{\"refer")).unwrap();
		let (mut journal, _, old) = Journal::open(&path, header(1)).unwrap();
		assert_eq!(old, [sent(1)]);
		journal.note(&sent(2)).unwrap();
		drop(journal);
		assert_eq!(Journal::open(&path, header(1)).unwrap().2, [sent(1), sent(2)]);
	}

	#[test]
	fn journal_should_be_refused_when_it_is_of_another_batch() {
		let folder = tempfile::tempdir().unwrap();
		let path = folder.path().join("journal");
		drop(Journal::open(&path, header(1)).unwrap());
		let other = Header { model: 4, ..header(1) };
		assert!(Journal::open(&path, other).err().unwrap().to_string().contains("another account"));
		fs::write(&path, "something\n").unwrap();
		assert!(Journal::open(&path, header(1)).err().unwrap().to_string().contains("no journal"));
	}
}
