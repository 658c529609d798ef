//! `opg model publish`: from a file to a version that strangers' nodes can fetch.

use super::{
	model::{Draft, VersionArgs},
	Session,
};
use crate::{chain::Chain, fs, rpc::Refusal};
use anyhow::{Context, Result};
use opg_blobs::store::{Blob, Limits, Store};
use opg_primitives::ModelId;
use serde::Deserialize;
use serde_json::{json, Value};
use sp_core::{Bytes, H256};
use std::{
	io::{stderr, IsTerminal, Write},
	path::Path,
};

/// Code with which a node refuses to take a file that no registered version has.
const NOT_REGISTERED: i32 = 7001;

/// Code of a method that is not there, or not for strangers.
const NO_METHOD: i32 = -32601;

/// Inspects, uploads and registers. Where the node takes only registered files it registers first.
pub(super) fn publish(session: &Session, file: &Path, version: &VersionArgs) -> Result<()> {
	let output = session.output;
	let data = fs::read(file)?;
	let chain = session.connect()?;
	let draft = version.draft(&chain, &data)?;
	let copy = Copy::of(file)?;
	let known = registered(&chain, &draft)?;
	let mut uploaded = false;
	if known.is_none() {
		match copy.upload(&chain) {
			Ok(()) => uploaded = true,
			Err(error) if is_only_for_registered(&error) => {
				output.news("the node takes only registered files: registering first");
			},
			Err(error) => return Err(error),
		}
	}
	let id = match known {
		Some(id) => {
			output.news(format_args!("{} is registered already, as model {id}", draft.name));
			id
		},
		None => {
			let id = draft.register(&chain, &data)?;
			draft.tell(output, id);
			id
		},
	};
	if !uploaded {
		copy.upload(&chain).with_context(|| {
			format!("model {id} is registered, and its file is not at the node: run this again")
		})?;
	}
	output.news(format_args!(
		"{} has the file: executors and validators fetch it while the node is up",
		session.endpoint
	));
	output.news(format_args!("see whether it takes requests with: opg model show {id}"));
	output.news(format_args!("ask for an inference with: opg request send {id} --tensors FILE"));
	output.json(|| draft.json(id));
	Ok(())
}

/// Number of the version of this name that has the file already: this program broke off after it had
/// registered it.
fn registered(chain: &Chain, draft: &Draft) -> Result<Option<ModelId>> {
	let mut numbers = chain.named_model(&draft.name)?.map(|named| named.versions);
	let versions = numbers.take().unwrap_or_default();
	let others = chain.versions_with(draft.hash)?;
	let own = |id: &ModelId| versions.iter().any(|version| version.model == *id);
	Ok(others.into_iter().map(|version| version.model).find(own))
}

fn is_only_for_registered(error: &anyhow::Error) -> bool {
	error.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.code == NOT_REGISTERED)
}

/// How far an upload is, as the node tells it.
#[derive(Debug, Deserialize)]
struct Progress {
	complete: bool,
	received: u64,
	missing: Vec<(u64, u64)>,
}

/// A copy of a file that can prove its ranges.
struct Copy {
	blob: Blob,
	/// Deleted with this.
	_folder: tempfile::TempDir,
}

impl Copy {
	fn of(file: &Path) -> Result<Self> {
		let folder = tempfile::tempdir().context("no temporary folder: set TMPDIR")?;
		let limits = Limits { quota: 1 << 40, keep_free: 0, ..Limits::default() };
		let store = Store::open(folder.path(), limits)?;
		let hash = store.import_file(file)?;
		let blob = store.get(&hash)?.context("the copy of the file has gone")?;
		Ok(Self { blob, _folder: folder })
	}

	/// Hands the file to the node, or what it lacks of it.
	fn upload(&self, chain: &Chain) -> Result<()> {
		self.upload_by(&mut |method, params| chain.rpc().call(method, params))
	}

	fn upload_by(&self, call: &mut dyn FnMut(&str, &[Value]) -> Result<Value>) -> Result<()> {
		let (hash, size) = (H256(*self.blob.hash()), self.blob.size());
		let bar = Bar { size };
		loop {
			let begun = call("blobs_v1_begin", &[json!(hash), json!(size)]).map_err(explain)?;
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
				let taken = call("blobs_v1_chunk", &params).context(
					"the upload broke off: run the same command again, it goes on where it was",
				)?;
				bar.show(taken["received"].as_u64().unwrap_or(end));
			}
		}
		bar.end();
		call("blobs_v1_finish", &[json!(hash)]).map(drop)
	}
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
struct Bar {
	size: u64,
}

impl Bar {
	fn show(&self, received: u64) {
		if stderr().is_terminal() {
			let percent = received.saturating_mul(100) / self.size.max(1);
			let filled = "#".repeat((percent / 4) as usize);
			let (received, size) = (received >> 10, self.size >> 10);
			eprint!("\ruploading  [{filled:<25}] {percent:>3} %  {received} of {size} KiB");
			let _ = stderr().flush();
		}
	}

	fn end(&self) {
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
	}

	impl Node {
		fn call(&mut self, method: &str, params: &[Value]) -> Result<Value> {
			let hash: H256 = serde_json::from_value(params[0].clone())?;
			let number = |index: usize| params[index].as_u64().unwrap_or_default();
			match method {
				"blobs_v1_begin" => {
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
		let folder = tempfile::tempdir().unwrap();
		let file = folder.path().join("model.onnx");
		std::fs::write(&file, vec![9; 2_300_000]).unwrap();
		let limits = Limits { keep_free: 0, ..Limits::default() };
		let store = Store::open(folder.path().join("node"), limits).unwrap();
		let mut node = Node { receiver: None, store: store.clone(), breaks_after: 2 };
		let copy = Copy::of(&file).unwrap();
		let error = copy.upload_by(&mut |method, params| node.call(method, params)).unwrap_err();
		assert!(format!("{error:#}").contains("run the same command again"), "{error:#}");
		assert_eq!(node.receiver.as_ref().unwrap().received_bytes(), 2 << 20);
		for _ in 0..2 {
			copy.upload_by(&mut |method, params| node.call(method, params)).unwrap();
			assert!(store.contains(copy.blob.hash()));
		}
	}
}
