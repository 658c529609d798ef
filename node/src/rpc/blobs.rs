//! Methods about blobs: files of models, engines, inputs and outputs, named by BLAKE3.
//!
//! | method | parameters | result | safe |
//! |---|---|---|---|
//! | `blobs_v1_begin` | hash, size | what is missing | for files of registered versions |
//! | `blobs_v1_chunk` | hash, start, end, encoded range | bytes that are here | yes |
//! | `blobs_v1_finish` | hash | nothing | yes |
//! | `blobs_v1_status` | hash | state, size, bytes that are here | yes |
//! | `blobs_v1_range` | hash, start, end | the encoded range | yes |
//! | `blobs_v1_fetch` | hash, size | state, as of `blobs_v1_status` | no |
//! | `blobs_v1_list` | hash of the last one seen, or null | up to 1,000 blobs, in order | no |
//! | `blobs_v1_usage` | | what the store holds, and its limits | no |
//!
//! A range has at most 1 MiB, and is encoded with its proof (bao, groups of 16 KiB). So each is
//! verified by itself, on the way in by the node and on the way out by the client.

use super::{
	error::Error,
	uploads::{Progress, Uploads},
};
use jsonrpsee::{
	server::RegisterMethodError,
	types::{ErrorObjectOwned, Params},
	ConnectionId, Extensions, RpcModule,
};
use opg_blobs::{
	exchange::{Fetcher, State, Wish},
	store::{Hash, Store},
};
use sc_rpc_api::check_if_safe;
use serde_json::{json, Value};
use sp_core::{Bytes, H256};
use std::{ops::Range, sync::Arc};

/// Blobs of a page of the list.
const PAGE: usize = 1000;

/// What the chain says about files.
pub trait Registry: Send + Sync {
	/// Tells whether a registered version has this file.
	fn is_registered(&self, hash: H256, size: u64) -> Result<bool, Error>;
}

/// State behind the methods.
struct Blobs {
	store: Store,
	fetcher: Option<Fetcher>,
	registry: Box<dyn Registry>,
	uploads: Uploads,
}

/// The methods about this store.
pub fn module(
	store: Store,
	fetcher: Option<Fetcher>,
	registry: impl Registry + 'static,
) -> Result<RpcModule<impl Send + Sync>, RegisterMethodError> {
	let uploads = Uploads::new(store.clone(), fetcher.clone());
	with(Blobs { store, fetcher, registry: Box::new(registry), uploads })
}

fn with(blobs: Blobs) -> Result<RpcModule<Blobs>, RegisterMethodError> {
	let mut module = RpcModule::new(blobs);
	module.register_blocking_method("blobs_v1_begin", begin)?;
	module.register_blocking_method("blobs_v1_chunk", chunk)?;
	module.register_blocking_method("blobs_v1_finish", finish)?;
	module.register_blocking_method("blobs_v1_status", status)?;
	module.register_blocking_method("blobs_v1_range", range)?;
	module.register_blocking_method("blobs_v1_fetch", fetch)?;
	module.register_blocking_method("blobs_v1_list", list)?;
	module.register_blocking_method("blobs_v1_usage", usage)?;
	Ok(module)
}

type Outcome = Result<Value, ErrorObjectOwned>;

fn begin(params: Params, blobs: Arc<Blobs>, extensions: Extensions) -> Outcome {
	let (hash, size): (H256, u64) = params.parse()?;
	if check_if_safe(&extensions).is_err() && !blobs.registry.is_registered(hash, size)? {
		return Err(Error::NotRegistered { hash, size }.into());
	}
	let connection = extensions.get::<ConnectionId>().map_or(0, |id| id.0);
	let progress = blobs.uploads.begin(hash.0, size, connection)?;
	let Progress { is_complete, received, missing } = progress;
	let missing: Vec<_> = missing.iter().map(|range| [range.start, range.end]).collect();
	Ok(json!({ "complete": is_complete, "received": received, "missing": missing }))
}

fn chunk(params: Params, blobs: Arc<Blobs>, _: Extensions) -> Outcome {
	let (hash, start, end, encoded): (H256, u64, u64, Bytes) = params.parse()?;
	Ok(json!({ "received": blobs.uploads.take(hash.0, start..end, &encoded)? }))
}

fn finish(params: Params, blobs: Arc<Blobs>, _: Extensions) -> Outcome {
	let hash: H256 = params.one()?;
	blobs.uploads.finish(hash.0)?;
	log::info!("📦 {hash:?} was uploaded");
	Ok(Value::Null)
}

fn status(params: Params, blobs: Arc<Blobs>, _: Extensions) -> Outcome {
	let hash: H256 = params.one()?;
	Ok(blobs.status(&hash.0))
}

fn range(params: Params, blobs: Arc<Blobs>, _: Extensions) -> Outcome {
	let (hash, start, end): (H256, u64, u64) = params.parse()?;
	Ok(json!(blobs.encode(&hash.0, &(start..end))?))
}

fn fetch(params: Params, blobs: Arc<Blobs>, extensions: Extensions) -> Outcome {
	check_if_safe(&extensions)?;
	let (hash, size): (H256, u64) = params.parse()?;
	let fetcher = blobs.fetcher.as_ref().ok_or(Error::NoFetcher)?;
	if !blobs.store.contains(&hash.0) {
		fetcher.fetch(hash.0, size, Wish::default()).map_err(Error::from)?;
	}
	Ok(blobs.status(&hash.0))
}

fn list(params: Params, blobs: Arc<Blobs>, extensions: Extensions) -> Outcome {
	check_if_safe(&extensions)?;
	let after: Option<H256> = params.sequence().optional_next()?;
	let store = &blobs.store;
	let pins = store.pins().map_err(Error::from)?;
	let hashes = store.list().map_err(Error::from)?;
	let page = hashes.iter().filter(|hash| after.is_none_or(|after| **hash > after.0)).take(PAGE);
	let entry = |hash: &Hash| {
		let pins = pins.get(hash).cloned().unwrap_or_default();
		json!({ "hash": H256(*hash), "size": store.size(hash), "pins": pins })
	};
	Ok(page.map(entry).collect())
}

fn usage(_: Params, blobs: Arc<Blobs>, extensions: Extensions) -> Outcome {
	check_if_safe(&extensions)?;
	let usage = blobs.store.usage().map_err(Error::from)?;
	let limits = blobs.store.limits();
	Ok(json!({
		"blobs": usage.blobs,
		"partial": usage.partial,
		"bytes": usage.bytes,
		"evictable": usage.evictable,
		"quota": limits.quota,
		"largest": limits.blob_bytes,
	}))
}

impl Blobs {
	fn status(&self, hash: &Hash) -> Value {
		if let Some(size) = self.store.size(hash) {
			return json!({ "state": "complete", "size": size, "received": size });
		}
		if let Some(progress) = self.uploads.progress(hash) {
			return json!({ "state": "uploading", "received": progress.received });
		}
		let fetch = self.fetcher.as_ref().and_then(|fetcher| fetcher.status(hash));
		let Some(fetch) = fetch else { return json!({ "state": "missing" }) };
		let (state, reason) = match &fetch.state {
			State::Waiting => ("waiting", None),
			State::Running => ("fetching", None),
			// It was evicted since.
			State::Done => ("missing", None),
			State::Failed(error) => ("failed", Some(error.to_string())),
		};
		json!({
			"state": state,
			"size": fetch.size,
			"received": fetch.received,
			"providers": fetch.providers,
			"reason": reason,
		})
	}

	fn encode(&self, hash: &Hash, range: &Range<u64>) -> Result<Bytes, Error> {
		let blob = self.store.get(hash)?.ok_or(Error::NotHere(H256(*hash)))?;
		Ok(blob.encode(range)?.into())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_blobs::store::Limits;
	use sc_rpc_api::DenyUnsafe;

	/// A chain on which one file is registered.
	struct One(H256, u64);

	impl Registry for One {
		fn is_registered(&self, hash: H256, size: u64) -> Result<bool, Error> {
			Ok((self.0, self.1) == (hash, size))
		}
	}

	struct Test {
		module: RpcModule<Blobs>,
		client: Store,
		_folder: tempfile::TempDir,
	}

	/// A node on whose chain a file of the client is registered, if it is in the list.
	fn test(deny: DenyUnsafe, registered: &[u8]) -> (Test, H256) {
		let folder = tempfile::tempdir().expect("a folder");
		let limits = Limits { keep_free: 0, ..Limits::default() };
		let open = |name| Store::open(folder.path().join(name), limits).expect("it can be written");
		let (store, client) = (open("node"), open("client"));
		let hash = H256(client.put(registered).expect("it fits"));
		let uploads = Uploads::new(store.clone(), None);
		let registry = Box::new(One(hash, registered.len() as u64));
		let blobs = Blobs { store, fetcher: None, registry, uploads };
		let mut module = with(blobs).expect("each name is there once");
		module.extensions_mut().insert(deny);
		(Test { module, client, _folder: folder }, hash)
	}

	impl Test {
		fn call(&self, method: &str, params: Value) -> Result<Value, (i64, String)> {
			let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
			let runtime = sc_cli::build_runtime().expect("threads");
			let (response, _) = runtime
				.block_on(self.module.raw_json_request(&request.to_string(), 1))
				.expect("a request");
			let response: Value = serde_json::from_str(&response).expect("JSON");
			match response.get("error") {
				None => Ok(response["result"].clone()),
				Some(error) => {
					let message = error["message"].as_str().unwrap_or_default();
					Err((error["code"].as_i64().unwrap_or_default(), message.into()))
				},
			}
		}
	}

	#[test]
	fn stranger_should_upload_and_read_what_is_registered_and_nothing_else() {
		let bytes = vec![3; 1_500_000];
		let (test, hash) = test(DenyUnsafe::Yes, &bytes);
		let begun = test.call("blobs_v1_begin", json!([hash, bytes.len()])).expect("it begins");
		assert_eq!(begun["missing"], json!([[0, 1 << 20], [1 << 20, 1_500_000]]));
		let blob = test.client.get(&hash.0).expect("sound").expect("here");
		for range in [0..1 << 20, 1 << 20..1_500_000u64] {
			let encoded = Bytes(blob.encode(&range).expect("a range"));
			let params = json!([hash, range.start, range.end, encoded]);
			test.call("blobs_v1_chunk", params).expect("it is right");
		}
		test.call("blobs_v1_finish", json!([hash])).expect("it is whole");
		let status = test.call("blobs_v1_status", json!([hash])).expect("a status");
		assert_eq!(status["state"], "complete");
		let range = test.call("blobs_v1_range", json!([hash, 0, 16384])).expect("a range");
		let range: Bytes = serde_json::from_value(range).expect("bytes");
		assert_eq!(range.0, blob.encode(&(0..16384)).expect("a range"));

		let (code, text) = test.call("blobs_v1_begin", json!([H256::zero(), 5])).expect_err("no");
		assert_eq!(code, 7001);
		assert!(text.contains("register it first"), "{text}");
		let (code, _) = test.call("blobs_v1_begin", json!([hash, 5])).expect_err("another size");
		assert_eq!(code, 7001);
		for method in ["blobs_v1_list", "blobs_v1_usage"] {
			assert_eq!(test.call(method, json!([])).expect_err("unsafe").0, -32601, "{method}");
		}
		assert!(test.call("blobs_v1_fetch", json!([hash, 5])).is_err());
	}

	#[test]
	fn operator_should_upload_anything_and_see_what_is_here() {
		let (test, registered) = test(DenyUnsafe::No, b"registered");
		let hash = H256(test.client.put(b"other").expect("it fits"));
		let begun = test.call("blobs_v1_begin", json!([hash, 5])).expect("it begins");
		assert_eq!(begun["missing"], json!([[0, 5]]));
		let forged = test.call("blobs_v1_chunk", json!([hash, 0, 5, "0x6f74686572"]));
		assert!(forged.is_ok(), "a short blob has no proof");
		let forged = test.call("blobs_v1_chunk", json!([hash, 0, 5, "0x0000000000"]));
		assert_eq!(forged.expect_err("forged").0, 7005);
		test.call("blobs_v1_finish", json!([hash])).expect("it is whole");
		let list = test.call("blobs_v1_list", json!([])).expect("a list");
		assert_eq!(list, json!([{ "hash": hash, "size": 5, "pins": [] }]));
		assert_eq!(test.call("blobs_v1_list", json!([hash])).expect("a list"), json!([]));
		assert_eq!(test.call("blobs_v1_usage", json!([])).expect("usage")["blobs"], 1);
		let (code, text) =
			test.call("blobs_v1_fetch", json!([registered, 10])).expect_err("no network");
		assert_eq!(code, 7008, "{text}");
		let (code, _) = test.call("blobs_v1_range", json!([registered, 0, 10])).expect_err("no");
		assert_eq!(code, 7007);
	}
}
