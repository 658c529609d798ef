//! Downloads of contents: inputs and outputs outside of the chain. A node sends them range by range, and
//! each range is verified before the next is asked for.

use crate::{
	chain::Chain,
	rpc::Refusal,
	upload::{scratch_store, Bar},
};
use anyhow::{bail, ensure, Context, Result};
use opg_engine_types::MAX_MODEL_BYTES;
use opg_execution::printable;
use opg_primitives::{Content, RequestId, MAX_CONTENT_BYTES};
use serde_json::{json, Value};
use sp_core::{Bytes, H256};
use std::{
	thread::sleep,
	time::{Duration, Instant},
};

/// Code with which a node says that it does not hold what it is asked for.
const NOT_HERE: i32 = 7007;
/// Time that a node is given to fetch from others what it does not hold.
const FETCH_TIMEOUT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(500);

/// Nobody whom the node can ask gives the content, or the node does not ask for strangers.
#[derive(Debug, thiserror::Error)]
#[error(
	"the node does not have the {what} {hash:?} of {size} bytes ({reason}). {where_else}: ask the node \
	 of one of them with --url, or one that may fetch it for you, such as your own"
)]
pub(crate) struct Unavailable {
	/// `input`, `output`, `model` or `tokenizer`.
	what: &'static str,
	hash: H256,
	size: u32,
	reason: String,
	/// Who may have it.
	where_else: &'static str,
}

/// Gets a content of a request from the node. `what` it is, `input` or `output`, is for people.
///
/// # Errors
///
/// [`Unavailable`], and all that a connection can suffer.
pub(crate) fn download(
	chain: &Chain,
	request: RequestId,
	what: &'static str,
	content: Content,
) -> Result<Vec<u8>> {
	let mut call = |method: &str, params: &[Value]| chain.rpc().call(method, params);
	Download::of_request(request, what, content).run(&mut call)
}

/// A download, and how long the node is given.
pub(crate) struct Download {
	/// Request that names the content, if one does.
	request: Option<RequestId>,
	what: &'static str,
	content: Content,
	/// Longest content, in bytes.
	most: u32,
	patience: Duration,
}

/// A call to the node.
pub(crate) type Call<'a> = &'a mut dyn FnMut(&str, &[Value]) -> Result<Value>;

impl Download {
	/// A content of a request. `what` it is, `input` or `output`, is for people.
	pub fn of_request(request: RequestId, what: &'static str, content: Content) -> Self {
		let (request, most) = (Some(request), MAX_CONTENT_BYTES);
		Self { request, what, content, most, patience: FETCH_TIMEOUT }
	}

	/// The file of a version.
	pub fn of_model(content: Content) -> Self {
		let (what, most) = ("model", MAX_MODEL_BYTES as u32);
		Self { request: None, what, content, most, patience: FETCH_TIMEOUT }
	}

	/// The tokenizer of a version.
	pub fn of_tokenizer(content: Content) -> Self {
		let (what, most) = ("tokenizer", opg_text::MAX_FILE as u32);
		Self { request: None, what, content, most, patience: FETCH_TIMEOUT }
	}

	/// Gets it from the node.
	///
	/// # Errors
	///
	/// [`Unavailable`], and all that a connection can suffer.
	pub fn run(&self, call: Call) -> Result<Vec<u8>> {
		let Self { what, content: Content { hash, size }, most, .. } = *self;
		ensure!(
			size <= most,
			"the node speaks of a file ({what}) of {size} bytes, and {most} are the most: it lies"
		);
		let (store, _folder) = scratch_store()?;
		let receiver = store.receive(&hash.0, size.into())?;
		let mut receiver = receiver.context("an empty store holds something")?;
		let bar = Bar::new("downloading", size.into());
		for range in receiver.missing() {
			let params = [json!(hash), json!(range.start), json!(range.end)];
			let encoded = match call("blobs_v1_range", &params) {
				Err(error) if is_not_here(&error) => {
					self.have_fetched(call)?;
					call("blobs_v1_range", &params)?
				},
				other => other?,
			};
			let encoded: Bytes =
				serde_json::from_value(encoded).context("the node sent no bytes")?;
			receiver.receive(&range, &encoded).with_context(|| {
				format!("the node does not send the {what} that the chain names")
			})?;
			bar.show(receiver.received_bytes());
		}
		bar.end();
		receiver.finish()?;
		let blob = store.get(&hash.0)?.context("what came has gone")?;
		Ok(blob.to_vec()?)
	}

	/// Has the node fetch the content from others. A node for strangers fetches what an open request
	/// needs, whose number it is told, and files of versions that are no longer than that.
	fn have_fetched(&self, call: Call) -> Result<()> {
		let Self { request, what, content: Content { hash, size }, patience, .. } = *self;
		let where_else = match (request, what) {
			(Some(_), _) => {
				"The validators of the request's panel keep it until the request is final"
			},
			(None, "tokenizer") => "Those who publish and ask the model may have it",
			(None, _) => "Executors that serve it and validators have it",
		};
		let unavailable = |reason| Unavailable { what, hash, size, reason, where_else };
		let started = Instant::now();
		let params = [json!(hash), json!(size), json!(request)];
		let mut status = match call("blobs_v1_fetch", &params) {
			// The node of the caller fetches anything, also of a request that is final.
			Err(error) if error.is::<Refusal>() => call("blobs_v1_fetch", &params[..2])
				.map_err(|_| unavailable(format!("{error:#}")))?,
			other => other?,
		};
		loop {
			match status["state"].as_str() {
				Some("complete") => return Ok(()),
				Some("failed" | "missing") => {
					let reason = status["reason"].as_str().unwrap_or("nobody that it asked has it");
					bail!(unavailable(printable(reason)));
				},
				Some(_) if started.elapsed() < patience => {},
				Some(_) => {
					let seconds = patience.as_secs();
					bail!(unavailable(format!("it did not get it within {seconds} s")));
				},
				None => bail!("the node's answer has no `state`: use the `opg` of its release"),
			}
			sleep(POLL.min(patience));
			status = call("blobs_v1_status", &[json!(hash)])?;
		}
	}
}

fn is_not_here(error: &anyhow::Error) -> bool {
	error.downcast_ref::<Refusal>().is_some_and(|refusal| refusal.code == NOT_HERE)
}

#[cfg(test)]
mod tests {
	use super::*;
	use opg_blobs::store::Store;

	/// A node that may have to fetch first, and says so many times that it does.
	struct Node {
		store: Store,
		fetches: Option<usize>,
		forges: bool,
	}

	impl Node {
		fn call(&mut self, method: &str, params: &[Value]) -> Result<Value> {
			let hash: H256 = serde_json::from_value(params[0].clone())?;
			match (method, self.fetches) {
				("blobs_v1_range", None) => {
					let blob = self.store.get(&hash.0)?.context("gone")?;
					let range = params[1].as_u64().unwrap()..params[2].as_u64().unwrap();
					let mut encoded = blob.encode(&range)?;
					encoded[0] ^= u8::from(self.forges);
					Ok(json!(Bytes(encoded)))
				},
				("blobs_v1_range", Some(_)) => {
					Err(Refusal::new(method, "not here", NOT_HERE).into())
				},
				("blobs_v1_fetch" | "blobs_v1_status", None) => Ok(json!({ "state": "complete" })),
				("blobs_v1_fetch" | "blobs_v1_status", Some(left)) => {
					self.fetches = left.checked_sub(1);
					Ok(json!({ "state": "fetching" }))
				},
				_ => Err(Refusal::new(method, "no such method", -32601).into()),
			}
		}
	}

	fn node(fetches: Option<usize>, forges: bool) -> (Node, Content, Vec<u8>, tempfile::TempDir) {
		let bytes: Vec<u8> = (0..1_200_000u32).flat_map(u32::to_le_bytes).collect();
		let (store, folder) = scratch_store().unwrap();
		let hash = H256(store.put(&bytes).unwrap());
		let content = Content { hash, size: bytes.len() as u32 };
		(Node { store, fetches, forges }, content, bytes, folder)
	}

	fn get_by(content: Content, call: Call) -> Result<Vec<u8>> {
		let patience = Duration::from_millis(1);
		Download { patience, ..Download::of_request(7, "input", content) }.run(call)
	}

	fn get(node: &mut Node, content: Content) -> Result<Vec<u8>> {
		get_by(content, &mut |method, params| node.call(method, params))
	}

	#[test]
	fn content_should_come_from_a_node_that_holds_it_or_fetches_it() {
		for fetches in [None, Some(0)] {
			let (mut node, content, bytes, _folder) = node(fetches, false);
			assert_eq!(get(&mut node, content).unwrap(), bytes, "{fetches:?}");
		}
	}

	#[test]
	fn content_should_be_refused_when_it_is_not_what_the_chain_names() {
		let (mut node, content, _, _folder) = node(None, true);
		let error = format!("{:#}", get(&mut node, content).unwrap_err());
		assert!(error.contains("does not send the input"), "{error}");
		let larger = Content { size: MAX_CONTENT_BYTES + 1, ..content };
		assert!(get(&mut node, larger).unwrap_err().to_string().contains("it lies"));
		let (mut node, content, ..) = self::node(None, false);
		let other_size = Content { size: content.size - 1, ..content };
		assert!(get(&mut node, other_size).is_err());
	}

	#[test]
	fn download_should_say_where_else_when_the_node_cannot_get_it() {
		let (mut node, content, _, _folder) = node(Some(usize::MAX), false);
		let error = get(&mut node, content).unwrap_err();
		assert!(error.is::<Unavailable>());
		let error = format!("{error:#}");
		assert!(error.contains("did not get it within") && error.contains("panel"), "{error}");
		// A node that does not fetch for strangers.
		let mut strict = |method: &str, params: &[Value]| match method {
			"blobs_v1_fetch" => {
				let text = if params.get(2) == Some(&json!(7)) { "not awaited" } else { "unsafe" };
				Err(Refusal::new(method, text, 7011).into())
			},
			_ => node.call(method, params),
		};
		let error = get_by(content, &mut strict).unwrap_err();
		assert!(
			error.is::<Unavailable>() && error.to_string().contains("not awaited"),
			"{error:#}"
		);
	}
}
