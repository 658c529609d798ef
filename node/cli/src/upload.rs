//! Uploads: bytes that are handed to a node, range by range, each with its proof.
//!
//! The node keeps what came, so an upload that broke off goes on where it was.

use crate::{chain::Chain, rpc::Refusal};
use anyhow::{Context, Result};
use opg_blobs::store::{Blob, Limits, Store};
use opg_primitives::RequestId;
use serde::Deserialize;
use serde_json::{json, Value};
use sp_core::{Bytes, H256};
use std::{
	io::{stderr, IsTerminal, Write},
	path::Path,
};

/// Code of a method that is not there, or not for strangers.
pub(crate) const NO_METHOD: i32 = -32601;

/// How far an upload is, as the node tells it.
#[derive(Debug, Deserialize)]
struct Progress {
	complete: bool,
	received: u64,
	missing: Vec<(u64, u64)>,
}

/// Bytes that are ready to be handed to a node.
pub(crate) struct Upload {
	/// A copy that can prove its ranges.
	blob: Blob,
	/// Where it lies. Deleted with this.
	_folder: tempfile::TempDir,
}

impl Upload {
	/// The bytes of a file.
	pub fn of_file(file: &Path) -> Result<Self> {
		Self::of(|store| Ok(store.import_file(file)?))
	}

	/// These bytes.
	pub fn of_bytes(bytes: &[u8]) -> Result<Self> {
		Self::of(|store| Ok(store.put(bytes)?))
	}

	fn of(import: impl FnOnce(&Store) -> Result<[u8; 32]>) -> Result<Self> {
		let (store, folder) = scratch_store()?;
		let hash = import(&store)?;
		let blob = store.get(&hash)?.context("the copy of the file has gone")?;
		Ok(Self { blob, _folder: folder })
	}

	/// Hands the bytes to the node, or what it lacks of them. A node for strangers takes those that the
	/// chain names: files of versions, and the input of an open request, whose number it is told.
	pub fn send(&self, chain: &Chain, request: Option<RequestId>) -> Result<()> {
		self.send_by(request, &mut |method, params| chain.rpc().call(method, params))
	}

	/// The same, by other calls to the node.
	pub fn send_by(
		&self,
		request: Option<RequestId>,
		call: &mut dyn FnMut(&str, &[Value]) -> Result<Value>,
	) -> Result<()> {
		let (hash, size) = (H256(*self.blob.hash()), self.blob.size());
		let mut begin = vec![json!(hash), json!(size)];
		begin.extend(request.map(|request| json!(request)));
		let bar = Bar::new("uploading", size);
		loop {
			let begun = call("blobs_v1_begin", &begin).map_err(explain)?;
			let Progress { complete, received, missing } = serde_json::from_value(begun)?;
			if complete {
				return Ok(());
			}
			if missing.is_empty() {
				break;
			}
			bar.show(received);
			for (start, end) in missing {
				let encoded = Bytes(self.blob.encode(&(start..end))?);
				let params = [json!(hash), json!(start), json!(end), json!(encoded)];
				let taken = call("blobs_v1_chunk", &params)
					.context("the upload broke off; tried again, it goes on where it was")?;
				bar.show(taken["received"].as_u64().unwrap_or(end));
			}
		}
		bar.end();
		call("blobs_v1_finish", &[json!(hash)]).map(drop)
	}
}

/// A store that is deleted with the folder.
pub(crate) fn scratch_store() -> Result<(Store, tempfile::TempDir)> {
	let folder = tempfile::tempdir().context("no temporary folder: set TMPDIR")?;
	let limits = Limits { quota: 1 << 40, keep_free: 0, ..Limits::default() };
	Ok((Store::open(folder.path(), limits)?, folder))
}

/// Says what to do about a node without these methods.
fn explain(error: anyhow::Error) -> anyhow::Error {
	match error.downcast_ref::<Refusal>() {
		Some(refusal) if refusal.code == NO_METHOD => {
			error.context("the node takes no uploads: use one of this release")
		},
		_ => error,
	}
}

/// Progress on the standard error, where people look at it.
pub(crate) struct Bar {
	what: &'static str,
	size: u64,
}

impl Bar {
	/// A bar for so many bytes.
	pub fn new(what: &'static str, size: u64) -> Self {
		Self { what, size }
	}

	/// Shows that so many bytes are there.
	pub fn show(&self, received: u64) {
		if stderr().is_terminal() {
			let percent = received.saturating_mul(100) / self.size.max(1);
			let filled = "#".repeat((percent / 4) as usize);
			let (received, size) = (received >> 10, self.size >> 10);
			eprint!("\r{:<11} [{filled:<25}] {percent:>3} %  {received} of {size} KiB", self.what);
			let _ = stderr().flush();
		}
	}

	/// Ends the line.
	pub fn end(&self) {
		if stderr().is_terminal() {
			eprintln!();
		}
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use anyhow::anyhow;
	use opg_blobs::store::Receiver;

	/// A node that takes an upload, and breaks off once after so many chunks.
	struct Node {
		receiver: Option<Receiver>,
		store: Store,
		breaks_after: usize,
		/// Third parameter of the last upload that was begun.
		request: Option<Value>,
	}

	impl Node {
		fn call(&mut self, method: &str, params: &[Value]) -> Result<Value> {
			let hash: H256 = serde_json::from_value(params[0].clone())?;
			let number = |index: usize| params[index].as_u64().unwrap_or_default();
			match method {
				"blobs_v1_begin" => {
					self.request = params.get(2).cloned();
					if self.receiver.is_none() {
						self.receiver = self.store.receive(&hash.0, number(1))?;
					}
					let Some(receiver) = &self.receiver else {
						return Ok(json!({ "complete": true, "received": 0, "missing": [] }));
					};
					// One range at a time, as a node that tells only some.
					let missing = receiver.missing().into_iter().take(1);
					let missing: Vec<_> = missing.map(|range| (range.start, range.end)).collect();
					let received = receiver.received_bytes();
					Ok(json!({ "complete": false, "received": received, "missing": missing }))
				},
				"blobs_v1_chunk" => {
					if self.breaks_after == 0 {
						self.breaks_after = usize::MAX;
						return Err(anyhow!("the node closed the connection"));
					}
					self.breaks_after -= 1;
					let encoded: Bytes = serde_json::from_value(params[3].clone())?;
					let receiver = self.receiver.as_mut().context("not begun")?;
					receiver.receive(&(number(1)..number(2)), &encoded)?;
					Ok(json!({ "received": receiver.received_bytes() }))
				},
				"blobs_v1_finish" => {
					self.receiver.take().context("not begun")?.finish()?;
					Ok(Value::Null)
				},
				other => Err(anyhow!("no method {other}")),
			}
		}
	}

	#[test]
	fn upload_should_go_on_where_it_was_when_it_broke_off() {
		let bytes = vec![9; 2_300_000];
		let (store, folder) = scratch_store().unwrap();
		let file = folder.path().join("model.onnx");
		std::fs::write(&file, &bytes).unwrap();
		for (upload, request) in
			[(Upload::of_file(&file).unwrap(), None), (Upload::of_bytes(&bytes).unwrap(), Some(7))]
		{
			let mut node =
				Node { receiver: None, store: store.clone(), breaks_after: 2, request: None };
			let send = |node: &mut Node| {
				upload.send_by(request, &mut |method, params| node.call(method, params))
			};
			let error = send(&mut node).unwrap_err();
			assert!(format!("{error:#}").contains("goes on where it was"), "{error:#}");
			assert_eq!(node.receiver.as_ref().unwrap().received_bytes(), 2 << 20);
			for _ in 0..2 {
				send(&mut node).unwrap();
				assert!(store.contains(upload.blob.hash()));
				assert_eq!(node.request, request.map(|request: RequestId| json!(request)));
			}
			drop(node);
			store.remove(upload.blob.hash()).unwrap();
		}
	}
}
