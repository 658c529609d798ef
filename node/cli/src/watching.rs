//! What to watch, in which order, and with which files. Everything here is bounded.

use anyhow::{Context, Result};
use codec::Encode;
use opg_engine_types::MAX_MODEL_BYTES;
use opg_execution::model_hash;
use opg_primitives::{BlockNumber, ModelId, RequestId};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use std::{
	collections::{BTreeMap, BTreeSet, HashMap, VecDeque},
	fs,
	path::{Path, PathBuf},
	str::FromStr,
};

/// Most blocks that are read after a pause, and the deepest change of the best chain that is noticed.
/// What was attested earlier is settled.
const MAX_CATCH_UP: BlockNumber = 64;
/// Most requests that wait to be computed.
const MAX_WAITING: usize = 64;
/// Most answers that are remembered, so that none is looked at twice.
const MAX_REMEMBERED: usize = 4_096;

/// Part of the answers that are computed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share(u64);

/// Cause for which a text is refused as a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a share is a number above 0 and up to 1, such as 0.1, or `all`")]
pub(crate) struct NotAShare;

impl FromStr for Share {
	type Err = NotAShare;

	fn from_str(text: &str) -> Result<Self, NotAShare> {
		if text == "all" {
			return Ok(Self(u64::MAX));
		}
		let share: f64 = text.parse().map_err(|_| NotAShare)?;
		if share > 0.0 && share <= 1.0 {
			// Saturates: 1 is all.
			Ok(Self((share * u64::MAX as f64) as u64))
		} else {
			Err(NotAShare)
		}
	}
}

/// Choice of answers. It depends on a secret, so that nobody can tell which answers go unseen.
pub(crate) struct Selection {
	secret: H256,
	share: Share,
	only: Vec<ModelId>,
}

impl Selection {
	/// A choice of `share` of the answers of these models, or of all models if there are none.
	pub fn new(secret: H256, share: Share, only: &[ModelId]) -> Self {
		Self { secret, share, only: only.to_vec() }
	}

	/// The place of an answer in the order in which answers are computed again, lowest first, or
	/// `None` if it is not.
	pub fn ticket(&self, job: &Job) -> Option<u64> {
		let hash = blake2_256(&(self.secret, job.request).encode());
		let mut ticket = [0; 8];
		ticket.copy_from_slice(&hash[..8]);
		let ticket = u64::from_le_bytes(ticket);
		let wanted = self.only.is_empty() || self.only.contains(&job.model);
		(wanted && ticket <= self.share.0).then_some(ticket)
	}
}

/// Attested answer to be computed again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Job {
	/// Number of the request.
	pub request: RequestId,
	/// Number of the model version.
	pub model: ModelId,
	/// Digest of the attested answer.
	pub digest: H256,
}

/// Requests that wait, in the order of their tickets: nobody can bury an answer among others.
#[derive(Default)]
pub(crate) struct Queue {
	waiting: BTreeMap<(u64, RequestId), Job>,
	/// Answers that were queued once. Blocks are read again where the best chain changed.
	known: BTreeSet<(RequestId, H256)>,
}

impl Queue {
	/// Takes an answer, unless it was taken before. Gives the one that has no room any more.
	pub fn push(&mut self, ticket: u64, job: Job) -> Option<Job> {
		if !self.known.insert((job.request, job.digest)) {
			return None;
		}
		if self.known.len() > MAX_REMEMBERED {
			self.known.pop_first();
		}
		self.waiting.insert((ticket, job.request), job);
		if self.waiting.len() <= MAX_WAITING {
			return None;
		}
		self.waiting.pop_last().map(|(_, job)| job)
	}

	/// The next to be computed.
	pub fn first(&self) -> Option<Job> {
		self.waiting.values().next().copied()
	}

	/// Removes [`Queue::first`].
	pub fn remove_first(&mut self) {
		self.waiting.pop_first();
	}
}

/// Blocks that are to be read.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NewBlocks {
	/// Heights and hashes, in order.
	pub blocks: Vec<(BlockNumber, H256)>,
	/// Number of earlier blocks that are not read any more.
	pub skipped: BlockNumber,
}

/// Position in the best chain.
#[derive(Default)]
pub(crate) struct Follower {
	/// Blocks that were read last.
	read: VecDeque<(BlockNumber, H256)>,
}

impl Follower {
	/// Blocks of the best chain up to `height` that were not read, but for those that are too old.
	/// Blocks that left the best chain are forgotten.
	pub fn new_blocks(
		&mut self,
		height: BlockNumber,
		hash: impl Fn(BlockNumber) -> Result<H256>,
	) -> Result<NewBlocks> {
		while let Some(&(number, read)) = self.read.back() {
			if number <= height && hash(number)? == read {
				break;
			}
			self.read.pop_back();
		}
		let oldest = height.saturating_sub(MAX_CATCH_UP - 1).max(1);
		let next = self.read.back().map(|&(number, _)| number + 1);
		let skipped = next.map_or(0, |next| oldest.saturating_sub(next));
		let from = next.unwrap_or(oldest).max(oldest);
		let blocks = (from..=height).map(|number| Ok((number, hash(number)?)));
		Ok(NewBlocks { blocks: blocks.collect::<Result<_>>()?, skipped })
	}

	/// Notes that a block was read.
	pub fn read(&mut self, number: BlockNumber, hash: H256) {
		if self.read.len() >= MAX_CATCH_UP as usize {
			self.read.pop_front();
		}
		self.read.push_back((number, hash));
	}
}

/// Model files in a folder, by their content hash.
pub(crate) struct ModelFiles {
	folder: PathBuf,
	files: HashMap<H256, PathBuf>,
}

impl ModelFiles {
	/// Reads the files in `folder`. Those that come later are found if their name is their hash in
	/// hex. The folder can be the store of a node, `blobs` in the chain's data.
	pub fn open(folder: &Path) -> Result<Self> {
		let failed = || format!("cannot read the folder of models {}", folder.display());
		let mut files = HashMap::new();
		for entry in fs::read_dir(folder).with_context(failed)? {
			let entry = entry.with_context(failed)?;
			let path = entry.path();
			// Follows links, so that a folder can hold links to files elsewhere.
			let usable = fs::metadata(&path)
				.is_ok_and(|data| data.is_file() && data.len() <= MAX_MODEL_BYTES as u64);
			if usable {
				files.insert(model_hash(&crate::fs::read(&path)?), path);
			}
		}
		Ok(Self { folder: folder.to_owned(), files })
	}

	/// Number of files.
	pub fn len(&self) -> usize {
		self.files.len()
	}

	/// The file with this content, if it is here. Whoever reads it checks the content again.
	pub fn find(&self, hash: H256) -> Option<PathBuf> {
		let name = format!("{hash:x}");
		let stored = [self.folder.join(&name), self.folder.join("blobs").join(&name).join("data")];
		let mut stored = stored.into_iter().filter(|path| path.is_file());
		self.files.get(&hash).cloned().or_else(|| stored.next())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_blobs::store::{Limits, Store};
	use tempfile::TempDir;

	fn job(request: RequestId) -> Job {
		Job { request, model: (request % 3) as ModelId, digest: H256::zero() }
	}

	fn share(text: &str) -> Share {
		text.parse().unwrap()
	}

	fn picked(secret: u8, text: &str, only: &[ModelId]) -> Vec<RequestId> {
		let selection = Selection::new(H256::repeat_byte(secret), share(text), only);
		(0..3_000).filter(|request| selection.ticket(&job(*request)).is_some()).collect()
	}

	#[test]
	fn selection_should_be_of_the_share_that_was_asked_for() {
		assert_eq!(picked(1, "all", &[]).len(), 3_000);
		assert_eq!(picked(1, "1", &[]).len(), 3_000);
		assert_eq!(picked(1, "1.0", &[1]).len(), 1_000);
		let tenth = picked(1, "0.1", &[]).len();
		assert!((240..360).contains(&tenth), "{tenth}");
		assert!(picked(1, "0.1", &[2]).iter().all(|request| request % 3 == 2));
	}

	#[test]
	fn selection_should_depend_on_the_secret_and_on_nothing_else() {
		assert_eq!(picked(1, "0.1", &[]), picked(1, "0.1", &[]));
		assert_ne!(picked(1, "0.1", &[]), picked(2, "0.1", &[]));
	}

	#[test]
	fn share_should_be_refused_when_it_is_none_or_more_than_all() {
		for text in ["", "0", "-0.1", "1.1", "nan", "inf", "ALL", "10%"] {
			assert_eq!(text.parse::<Share>(), Err(NotAShare), "{text}");
		}
		assert_eq!(share("all"), share("1"));
	}

	#[test]
	fn queue_should_keep_the_order_of_tickets_and_take_an_answer_once() {
		let mut queue = Queue::default();
		for (ticket, request) in [(5, 1), (3, 2), (5, 1), (4, 3)] {
			assert_eq!(queue.push(ticket, job(request)), None);
		}
		for request in [2, 3, 1] {
			assert_eq!(queue.first(), Some(job(request)));
			queue.remove_first();
		}
		assert_eq!(queue.push(3, job(2)), None);
		assert_eq!(queue.first(), None);
		// Attested anew on another fork.
		let other = Job { digest: H256::repeat_byte(1), ..job(2) };
		assert_eq!(queue.push(3, other), None);
		assert_eq!(queue.first(), Some(other));
	}

	#[test]
	fn queue_should_give_up_the_last_when_it_has_no_room() {
		let mut queue = Queue::default();
		let room = MAX_WAITING as RequestId;
		assert!((0..room).all(|request| queue.push(request + 1, job(request)).is_none()));
		assert_eq!(queue.push(u64::MAX, job(room)), Some(job(room)));
		assert_eq!(queue.push(0, job(room + 1)), Some(job(room - 1)));
		assert_eq!(queue.first(), Some(job(room + 1)));
		for request in 0..2 * MAX_REMEMBERED as RequestId {
			queue.push(request, job(request));
		}
		assert!(queue.known.len() <= MAX_REMEMBERED && queue.waiting.len() <= MAX_WAITING);
	}

	/// Hash of a block on a chain that differs from others from `fork` on.
	fn hash(fork: BlockNumber, number: BlockNumber) -> Result<H256> {
		let fork = if number >= fork { fork } else { 0 };
		Ok(H256(blake2_256(&(fork, number).encode())))
	}

	fn read(follower: &mut Follower, height: BlockNumber, fork: BlockNumber) -> Vec<BlockNumber> {
		let new = follower.new_blocks(height, |number| hash(fork, number)).unwrap();
		assert_eq!(new.skipped, 0);
		new.blocks.iter().for_each(|(number, hash)| follower.read(*number, *hash));
		new.blocks.into_iter().map(|(number, _)| number).collect()
	}

	#[test]
	fn follower_should_give_every_block_once() {
		let mut follower = Follower::default();
		assert_eq!(read(&mut follower, 3, 0), [1, 2, 3]);
		assert!(read(&mut follower, 3, 0).is_empty());
		assert_eq!(read(&mut follower, 5, 0), [4, 5]);
		assert!(read(&mut follower, 0, 0).is_empty());
	}

	#[test]
	fn follower_should_give_blocks_again_when_the_best_chain_changed() {
		let mut follower = Follower::default();
		read(&mut follower, 5, 0);
		assert_eq!(read(&mut follower, 6, 4), [4, 5, 6]);
		// A shorter one can be better.
		assert_eq!(read(&mut follower, 5, 5), [4, 5]);
	}

	#[test]
	fn follower_should_read_no_more_than_the_limit_and_count_the_rest() {
		let mut follower = Follower::default();
		let first = read(&mut follower, 1_000, 0);
		assert_eq!(first.len(), MAX_CATCH_UP as usize);
		assert_eq!(first.last(), Some(&1_000));
		let new = follower.new_blocks(2_000, |number| hash(0, number)).unwrap();
		assert_eq!(new.blocks.len(), MAX_CATCH_UP as usize);
		assert_eq!(new.skipped, 1_000 - MAX_CATCH_UP);
	}

	#[test]
	fn follower_should_read_a_block_again_when_reading_it_failed() {
		let mut follower = Follower::default();
		let new = follower.new_blocks(3, |number| hash(0, number)).unwrap();
		let (number, hash_of) = new.blocks[0];
		follower.read(number, hash_of);
		assert_eq!(read(&mut follower, 3, 0), [2, 3]);
	}

	#[test]
	fn models_should_be_found_by_content_and_later_by_name() {
		let folder = TempDir::new().unwrap();
		fs::write(folder.path().join("a.onnx"), "a").unwrap();
		let models = ModelFiles::open(folder.path()).unwrap();
		assert_eq!(models.len(), 1);
		assert_eq!(models.find(model_hash(b"a")), Some(folder.path().join("a.onnx")));
		let hash = model_hash(b"b");
		assert_eq!(models.find(hash), None);
		let stored = folder.path().join(format!("{hash:?}").trim_start_matches("0x"));
		fs::write(&stored, "b").unwrap();
		assert_eq!(models.find(hash), Some(stored));
		assert!(ModelFiles::open(&folder.path().join("none")).is_err());
	}

	#[test]
	fn models_should_be_found_when_the_folder_is_the_store_of_a_node() {
		let folder = TempDir::new().unwrap();
		let limits = Limits { keep_free: 0, ..Limits::default() };
		let store = Store::open(folder.path().join("blobs"), limits).unwrap();
		let models = ModelFiles::open(store.directory()).unwrap();
		let hash = H256(store.put(b"model").unwrap());
		let found = models.find(hash).unwrap();
		assert_eq!(fs::read(found).unwrap(), b"model");
	}
}
