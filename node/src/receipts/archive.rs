//! Receipts that the node keeps after the chain has removed their requests.
//!
//! A kept receipt begins with the authority set that made its block final: a few kilobytes. What was
//! before is put in front of it when somebody asks, because the database has it.

use super::{Error, Receipts};
use crate::client::FullClient;
use codec::Decode;
use futures::StreamExt;
use opg_primitives::RequestId;
use opg_receipt::Receipt;
use opg_runtime_api::{RequestEvent, RequestEventsApi};
use parking_lot::Mutex;
use sc_client_api::{BlockchainEvents, HeaderBackend, StorageProvider};
use sp_api::ProvideRuntimeApi;
use sp_core::{storage::StorageKey, H256};
use sp_io::hashing::twox_128;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs, io,
	path::{Path, PathBuf},
	sync::Arc,
};

/// Most receipts that are kept.
const MAX_RECEIPTS: usize = 100_000;

/// Most settled requests that wait for a justified block. Those of higher numbers go on waiting.
const MAX_WAITING: usize = 10_000;

/// Folder of receipts. Where there are too many, those of the oldest requests go.
pub struct Archive {
	folder: PathBuf,
	/// Most bytes of all files together.
	quota: u64,
	/// Sizes of the files.
	kept: Mutex<BTreeMap<RequestId, u64>>,
}

impl Archive {
	/// Opens a folder, which is made if it is missing.
	///
	/// # Errors
	///
	/// The folder cannot be used.
	pub fn open(folder: PathBuf, quota: u64) -> io::Result<Self> {
		fs::create_dir_all(&folder)?;
		let mut kept = BTreeMap::new();
		for entry in fs::read_dir(&folder)? {
			let entry = entry?;
			let path = entry.path();
			match request_of(&path) {
				Some(request) => drop(kept.insert(request, entry.metadata()?.len())),
				// Of a node that was stopped while it wrote.
				None if has_extension(&path, "part") => fs::remove_file(&path)?,
				None => {},
			}
		}
		let archive = Self { folder, quota, kept: Mutex::new(kept) };
		archive.keep_bounds(&mut archive.kept.lock());
		Ok(archive)
	}

	/// The kept receipt of a request.
	pub fn load(&self, request: RequestId) -> Option<Receipt> {
		if !self.has(request) {
			return None;
		}
		let read = fs::read(self.path(request)).map_err(|error| error.to_string());
		let parsed =
			read.and_then(|bytes| Receipt::parse(&bytes).map_err(|error| error.to_string()));
		match parsed {
			Ok(receipt) => Some(receipt),
			Err(error) => {
				log::warn!("🧾 The receipt of request {request} is damaged: {error}");
				None
			},
		}
	}

	fn has(&self, request: RequestId) -> bool {
		self.kept.lock().contains_key(&request)
	}

	fn save(&self, receipt: &Receipt) -> io::Result<()> {
		let path = self.path(receipt.request);
		let part = path.with_extension("part");
		let text = receipt.render();
		fs::write(&part, &text)?;
		fs::rename(&part, &path)?;
		let mut kept = self.kept.lock();
		kept.insert(receipt.request, text.len() as u64);
		self.keep_bounds(&mut kept);
		Ok(())
	}

	/// Removes the oldest while there are too many.
	fn keep_bounds(&self, kept: &mut BTreeMap<RequestId, u64>) {
		let mut bytes: u64 = kept.values().sum();
		while bytes > self.quota || kept.len() > MAX_RECEIPTS {
			let Some((request, size)) = kept.pop_first() else { return };
			bytes -= size;
			if let Err(error) = fs::remove_file(self.path(request)) {
				log::warn!("🧾 Cannot remove the receipt of request {request}: {error}");
			}
		}
	}

	fn path(&self, request: RequestId) -> PathBuf {
		self.folder.join(format!("{request}.json"))
	}
}

fn has_extension(path: &Path, extension: &str) -> bool {
	path.extension().is_some_and(|own| own == extension)
}

/// Request of a file name.
fn request_of(path: &Path) -> Option<RequestId> {
	let name = path.file_stem()?.to_str()?;
	let request: RequestId = name.parse().ok()?;
	// One name for each number.
	(has_extension(path, "json") && request.to_string() == name).then_some(request)
}

/// Makes and keeps the receipt of every request that is settled from now on, and of those that the
/// chain still has. Ends with the node.
pub async fn keep(client: Arc<FullClient>, receipts: Arc<Receipts>) {
	let Some(archive) = &receipts.archive else { return };
	let mut blocks = client.finality_notification_stream();
	let mut waiting = stored_requests(&client, client.info().finalized_hash);
	while let Some(block) = blocks.next().await {
		for hash in block.tree_route.iter().chain([&block.hash]) {
			waiting.extend(settled_in(&client, *hash));
		}
		while waiting.len() > MAX_WAITING {
			waiting.pop_first();
		}
		waiting.retain(|request| !archive.has(*request) && is_wanted(&receipts, *request));
	}
}

/// Makes the receipt of a request. Tells whether to try again when another block is final.
fn is_wanted(receipts: &Receipts, request: RequestId) -> bool {
	let Some(archive) = &receipts.archive else { return false };
	let made = receipts.latest(request).and_then(|receipt| {
		receipts.check(&receipt)?;
		archive.save(&receipt).map_err(|error| Error::Unavailable(error.to_string()))
	});
	match made {
		Ok(()) => false,
		Err(Error::NotYet(_)) => true,
		Err(Error::Unknown(_) | Error::Failed(_)) => false,
		Err(error) => {
			log::warn!("🧾 No receipt of request {request} is kept: {error}");
			false
		},
	}
}

/// Requests that the state of a block has.
fn stored_requests(client: &FullClient, block: H256) -> BTreeSet<RequestId> {
	let prefix = StorageKey([twox_128(b"Inference"), twox_128(b"Requests")].concat());
	let keys = client.storage_keys(block, Some(&prefix), None).into_iter().flatten();
	// The number is behind its hash.
	keys.filter_map(|key| RequestId::decode(&mut key.0.get(prefix.0.len() + 8..)?).ok())
		.take(MAX_WAITING)
		.collect()
}

/// Requests that a block settled.
fn settled_in(client: &FullClient, block: H256) -> Vec<RequestId> {
	let events = client.runtime_api().request_events(block).unwrap_or_default().into_iter();
	let settled = events.filter(|view| matches!(view.event, RequestEvent::Settled { .. }));
	settled.map(|view| view.request).collect()
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_receipt::Hash;
	use tempfile::TempDir;

	fn receipt(request: RequestId) -> Receipt {
		Receipt {
			request,
			spec_version: 100,
			genesis: Hash([1; 32]),
			first_set: 3,
			genesis_state: None,
			finality: Vec::new(),
			proof: vec![vec![7; 100]],
		}
	}

	fn size() -> u64 {
		receipt(1).render().len() as u64
	}

	#[test]
	fn receipt_should_come_back_when_it_was_kept() {
		let folder = TempDir::new().unwrap();
		let open = || Archive::open(folder.path().join("receipts"), u64::MAX).unwrap();
		let archive = open();
		archive.save(&receipt(7)).unwrap();
		assert_eq!(archive.load(7), Some(receipt(7)));
		assert_eq!(archive.load(8), None);
		assert_eq!(open().load(7), Some(receipt(7)), "after a restart");
	}

	#[test]
	fn oldest_should_go_when_the_quota_is_reached() {
		let folder = TempDir::new().unwrap();
		let archive = Archive::open(folder.path().into(), 2 * size()).unwrap();
		for request in [5, 3, 4] {
			archive.save(&receipt(request)).unwrap();
		}
		assert_eq!([3, 4, 5].map(|request| archive.has(request)), [false, true, true]);
		assert!(!folder.path().join("3.json").exists());
		drop(archive);
		let archive = Archive::open(folder.path().into(), size()).unwrap();
		assert_eq!([4, 5].map(|request| archive.load(request).is_some()), [false, true]);
	}

	#[test]
	fn files_of_others_should_be_left_alone_and_half_written_ones_go() {
		let folder = TempDir::new().unwrap();
		for name in ["notes.txt", "07.json", "x.json", "7.part"] {
			fs::write(folder.path().join(name), "x").unwrap();
		}
		let archive = Archive::open(folder.path().into(), 0).unwrap();
		assert!(archive.kept.lock().is_empty());
		assert!(folder.path().join("07.json").exists());
		assert!(folder.path().join("notes.txt").exists());
		assert!(!folder.path().join("7.part").exists());
	}

	#[test]
	fn damaged_file_should_be_no_receipt() {
		let folder = TempDir::new().unwrap();
		fs::write(folder.path().join("7.json"), "{").unwrap();
		let archive = Archive::open(folder.path().into(), u64::MAX).unwrap();
		assert!(archive.has(7));
		assert_eq!(archive.load(7), None);
	}
}
