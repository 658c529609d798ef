//! Methods about blobs: files of models, engines, inputs and outputs, named by BLAKE3.
//!
//! | method | parameters | result | safe |
//! |---|---|---|---|
//! | `blobs_v1_begin` | hash, size, number of a request or null | what is missing | for files of registered versions, tokenizers too, and what an open request awaits |
//! | `blobs_v1_chunk` | hash, start, end, encoded range | bytes that are here | yes |
//! | `blobs_v1_finish` | hash | nothing | yes |
//! | `blobs_v1_status` | hash | state, size, bytes that are here | yes |
//! | `blobs_v1_range` | hash, start, end | the encoded range | yes |
//! | `blobs_v1_fetch` | hash, size, number of a request or null | state, as of `blobs_v1_status` | for what an open request awaits, and files of registered versions of at most 64 MiB, such as tokenizers |
//! | `blobs_v1_list` | hash of the last one seen, or null | up to 1,000 blobs, in order | no |
//! | `blobs_v1_usage` | | what the store holds, and its limits | no |
//!
//! What was uploaded for a request is kept for two hours, and longer where the chain asks for it.
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
	exchange::{Fetcher, Priority, State, Wish},
	store::{Hash, Store},
};
use opg_primitives::{Content, RequestId, MAX_CONTENT_BYTES};
use opg_worker::Contents;
use sc_rpc_api::check_if_safe;
use serde_json::{json, Value};
use sp_core::{Bytes, H256};
use std::{ops::Range, sync::Arc, time::Duration};
use tokio::time::Instant;

/// Blobs of a page of the list.
const PAGE: usize = 1000;

/// Time for a fetch that a stranger wishes for.
const FETCH_TIME: Duration = Duration::from_secs(60);

/// What the chain says about files.
pub trait Registry: Send + Sync {
	/// Tells whether a registered version has this file.
	fn is_registered(&self, hash: H256, size: u64) -> Result<bool, Error>;
	/// Tells whether an open request names this input or output outside of the chain.
	fn is_awaited(&self, request: RequestId, content: Content) -> Result<bool, Error>;
}

/// State behind the methods.
struct Blobs {
	contents: Contents,
	fetcher: Option<Fetcher>,
	registry: Box<dyn Registry>,
	uploads: Uploads,
}

/// The methods about this store.
pub fn module(
	contents: Contents,
	fetcher: Option<Fetcher>,
	registry: impl Registry + 'static,
) -> Result<RpcModule<impl Send + Sync>, RegisterMethodError> {
	let uploads = Uploads::new(contents.clone(), fetcher.clone());
	with(Blobs { contents, fetcher, registry: Box::new(registry), uploads })
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
	let mut params = params.sequence();
	let (hash, size): (H256, u64) = (params.next()?, params.next()?);
	let request: Option<RequestId> = params.optional_next()?;
	let content = blobs.admitted(hash, size, request, check_if_safe(&extensions).is_ok())?;
	let connection = extensions.get::<ConnectionId>().map_or(0, |id| id.0);
	let progress = blobs.uploads.begin(hash.0, size, content, connection)?;
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
	let mut params = params.sequence();
	let (hash, size): (H256, u64) = (params.next()?, params.next()?);
	let of_stranger =
		|| Wish { priority: Priority::Normal, deadline: Some(Instant::now() + FETCH_TIME) };
	let wish = match params.optional_next()? {
		Some(request) => {
			blobs.awaited(request, hash, size)?;
			of_stranger()
		},
		None => match check_if_safe(&extensions) {
			Ok(()) => Wish::default(),
			Err(_) if blobs.is_small_and_registered(hash, size)? => of_stranger(),
			Err(refused) => return Err(refused.into()),
		},
	};
	if !blobs.store().contains(&hash.0) {
		let fetcher = blobs.fetcher.as_ref().ok_or(Error::NoFetcher)?;
		fetcher.fetch(hash.0, size, wish).map_err(Error::from)?;
	}
	Ok(blobs.status(&hash.0))
}

fn list(params: Params, blobs: Arc<Blobs>, extensions: Extensions) -> Outcome {
	check_if_safe(&extensions)?;
	let after: Option<H256> = params.sequence().optional_next()?;
	let store = blobs.store();
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
	let usage = blobs.store().usage().map_err(Error::from)?;
	let limits = blobs.store().limits();
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
	/// Tells as what an upload is taken: as an input or output that the chain awaits, or as any file.
	///
	/// # Errors
	///
	/// Neither, and whoever uploads is a stranger.
	fn admitted(
		&self,
		hash: H256,
		size: u64,
		request: Option<RequestId>,
		is_operator: bool,
	) -> Result<Option<Content>, Error> {
		if let Some(request) = request {
			return self.awaited(request, hash, size).map(Some);
		}
		if !is_operator && !self.registry.is_registered(hash, size)? {
			return Err(Error::NotRegistered { hash, size });
		}
		Ok(None)
	}

	/// Tells whether a registered version has this file, and it is no longer than contents of requests.
	fn is_small_and_registered(&self, hash: H256, size: u64) -> Result<bool, Error> {
		Ok(size <= MAX_CONTENT_BYTES.into() && self.registry.is_registered(hash, size)?)
	}

	/// A content, if the open request of this number names it.
	fn awaited(&self, request: RequestId, hash: H256, size: u64) -> Result<Content, Error> {
		let refused = Error::NotAwaited { request, hash, size };
		let Ok(size) = u32::try_from(size) else { return Err(refused) };
		let content = Content { hash, size };
		match self.registry.is_awaited(request, content)? {
			true => Ok(content),
			false => Err(refused),
		}
	}

	fn store(&self) -> &Store {
		self.contents.store()
	}

	fn status(&self, hash: &Hash) -> Value {
		if let Some(size) = self.store().size(hash) {
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
		let blob = self.store().get(hash)?.ok_or(Error::NotHere(H256(*hash)))?;
		Ok(blob.encode(range)?.into())
	}
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_blobs::{labels::CONTENT, store::Limits};
	use sc_rpc_api::DenyUnsafe;

	/// Number of the request that awaits a file.
	const REQUEST: RequestId = 7;

	/// A chain on which one file is registered, and an open request awaits the same.
	struct One(H256, u64);

	impl Registry for One {
		fn is_registered(&self, hash: H256, size: u64) -> Result<bool, Error> {
			Ok((self.0, self.1) == (hash, size))
		}

		fn is_awaited(&self, request: RequestId, content: Content) -> Result<bool, Error> {
			Ok(request == REQUEST && (self.0, self.1) == (content.hash, content.size.into()))
		}
	}

	struct Test {
		module: RpcModule<Blobs>,
		store: Store,
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
		let contents = Contents::start(store.clone()).expect("a thread");
		let uploads = Uploads::new(contents.clone(), None);
		let registry = Box::new(One(hash, registered.len() as u64));
		let blobs = Blobs { contents, fetcher: None, registry, uploads };
		let mut module = with(blobs).expect("each name is there once");
		module.extensions_mut().insert(deny);
		(Test { module, store, client, _folder: folder }, hash)
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
		assert_eq!(test.call("blobs_v1_fetch", json!([hash, 5])).expect_err("unsafe").0, -32601);
		let (code, _) = test.call("blobs_v1_fetch", json!([hash, 5, REQUEST])).expect_err("not it");
		assert_eq!(code, 7011);
		// What is here needs no network.
		for params in [json!([hash, bytes.len()]), json!([hash, bytes.len(), REQUEST])] {
			let status = test.call("blobs_v1_fetch", params).expect("it is here");
			assert_eq!(status["state"], "complete");
		}
	}

	#[test]
	fn stranger_should_upload_what_an_open_request_awaits_and_have_it_kept() {
		let bytes = vec![3; 100_000];
		let (test, hash) = test(DenyUnsafe::Yes, &bytes);
		let size = bytes.len();
		for (params, what) in [
			(json!([hash, size, REQUEST + 1]), "another request"),
			(json!([hash, size + 1, REQUEST]), "another size"),
			(json!([hash, 1u64 << 40, REQUEST]), "a size that no content has"),
			(json!([H256::zero(), size, REQUEST]), "another file"),
		] {
			let (code, text) = test.call("blobs_v1_begin", params).expect_err(what);
			assert_eq!(code, 7011, "{what}");
			assert!(text.contains("does not await"), "{text}");
		}
		for (params, code) in [
			(json!([hash, size + 1]), -32601),
			(json!([hash, 1u64 << 40]), -32601),
			(json!([hash, size, REQUEST + 1]), 7011),
			// They would be fetched, but this node has no network.
			(json!([hash, size]), 7008),
			(json!([hash, size, REQUEST]), 7008),
		] {
			let refused = test.call("blobs_v1_fetch", params.clone()).expect_err("no network");
			assert_eq!(refused.0, code, "{params}");
		}
		test.call("blobs_v1_begin", json!([hash, size, REQUEST])).expect("it begins");
		let blob = test.client.get(&hash.0).expect("sound").expect("here");
		let encoded = Bytes(blob.encode(&(0..size as u64)).expect("a range"));
		test.call("blobs_v1_chunk", json!([hash, 0, size, encoded])).expect("it is right");
		assert!(test.store.pinned(CONTENT).expect("pins").is_empty(), "it is not whole");
		test.call("blobs_v1_finish", json!([hash])).expect("it is whole");
		assert_eq!(test.store.pinned(CONTENT).expect("pins"), [hash.0]);
		// What is here already is kept for the next request that awaits it.
		test.store.unpin(&hash.0, CONTENT).expect("it was pinned");
		let again = test.call("blobs_v1_begin", json!([hash, size, null])).expect("it is here");
		assert_eq!(again["complete"], true);
		assert!(test.store.pinned(CONTENT).expect("pins").is_empty(), "no request is named");
	}

	#[test]
	fn file_should_be_kept_when_it_is_here_before_a_request_awaits_it() {
		let (test, hash) = test(DenyUnsafe::Yes, b"registered");
		test.store.put(b"registered").expect("it fits");
		let begun = test.call("blobs_v1_begin", json!([hash, 10, REQUEST])).expect("it is here");
		assert_eq!(begun["complete"], true);
		assert_eq!(test.store.pinned(CONTENT).expect("pins"), [hash.0]);
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
