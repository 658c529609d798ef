//! Requests by their reference, so that a request that was sent already is not paid for twice.

use crate::{chain::Chain, failure::Failure, keys, rpc::Refusal, upload::NO_METHOD};
use anyhow::{bail, Context, Result};
use codec::{Decode, DecodeAll};
use opg_primitives::{AccountId, Nonce, RequestId};
use opg_runtime::{Runtime, RuntimeCall, UncheckedExtrinsic};
use pallet_opg_inference::{Call, NextRequestId, RequestOf, Requests};
use serde::Deserialize;
use serde_json::json;
use sp_core::{crypto::Ss58Codec, Bytes, H256};
use sp_runtime::{generic::Preamble, MultiAddress};
use std::{
	collections::{BTreeMap, BTreeSet},
	thread::sleep,
	time::{Duration, Instant},
};

/// Most requests that are looked through: the latest. The chain keeps requests for about an hour.
const MAX_SEARCHED: RequestId = 16_384;
/// Requests that are read at once.
const PAGE: usize = 256;
/// Time that a transaction in the node's pool is given to be included.
const PENDING_TIMEOUT: Duration = Duration::from_secs(120);
const POLL: Duration = Duration::from_millis(700);

/// Attempts where another transaction of the account took the nonce.
const ATTEMPTS: usize = 5;

/// What [`send_once`] did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Once<T> {
	/// There is a request with the reference. Nothing was handed in.
	Known(RequestId),
	/// The node took what was handed in.
	New(T),
}

/// Values under storage keys of a block.
#[derive(Deserialize)]
struct Changes {
	changes: Vec<(Bytes, Option<Bytes>)>,
}

/// Number of the request of `requester` with this reference, among those that the chain keeps. Where a
/// transaction with it waits in the node's pool, waits until it is included.
///
/// # Errors
///
/// [`Failure::Timeout`] where it is not included in time.
pub(crate) fn find(
	chain: &Chain,
	requester: &AccountId,
	reference: H256,
) -> Result<Option<RequestId>> {
	let started = Instant::now();
	loop {
		// The pool first: what leaves it afterwards is on the chain.
		let is_pending = pending(chain, requester)?.contains(&reference);
		let found = find_on_chain(chain, requester, reference)?;
		if found.is_some() || !is_pending {
			return Ok(found);
		}
		if started.elapsed() > PENDING_TIMEOUT {
			return Err(Failure::Timeout(format!(
				"a request with the reference {reference:?} waits in the node's pool and was not \
				 included within {} s: run this again later",
				PENDING_TIMEOUT.as_secs()
			))
			.into());
		}
		sleep(POLL);
	}
}

/// Hands in a request of `requester` with this reference, by `submit` with a nonce, unless there is one.
///
/// Another process may do the same at the same time. What it handed in before the nonce was read is found,
/// in the pool or on the chain. What comes later takes the same nonce, or a later one if it knows of this
/// one, which its own search finds then: so one of both is taken.
///
/// # Errors
///
/// Those of [`find`] and of `submit`. One which says that the nonce is used begins anew, some times.
pub(crate) fn send_once<T>(
	chain: &Chain,
	requester: &AccountId,
	reference: H256,
	mut submit: impl FnMut(Nonce) -> Result<T>,
) -> Result<Once<T>> {
	for _ in 0..ATTEMPTS {
		let nonce = chain.next_nonce(requester)?;
		if let Some(id) = find(chain, requester, reference)? {
			return Ok(Once::Known(id));
		}
		match submit(nonce) {
			Ok(taken) => return Ok(Once::New(taken)),
			Err(error) if error.downcast_ref().is_some_and(Refusal::is_nonce_used) => {},
			Err(error) => return Err(error),
		}
	}
	bail!(
		"nothing was sent: {ATTEMPTS} times in a row another transaction of {} took the nonce. Run this \
		 again when fewer programs sign for the account",
		keys::name(requester)
	)
}

/// As [`find`], without the pool.
fn find_on_chain(
	chain: &Chain,
	requester: &AccountId,
	reference: H256,
) -> Result<Option<RequestId>> {
	if let Some(id) = ask(chain, requester, reference)? {
		return Ok(Some(id));
	}
	let next: RequestId =
		chain.storage(&NextRequestId::<Runtime>::hashed_key())?.unwrap_or_default();
	// The newest first.
	let numbers: Vec<_> = (next.saturating_sub(MAX_SEARCHED)..next).rev().collect();
	for numbers in numbers.chunks(PAGE) {
		for (id, request) in numbers.iter().zip(requests(chain, numbers)?) {
			let is_it =
				|own: RequestOf<Runtime>| own.requester == *requester && own.reference == reference;
			if request.is_some_and(is_it) {
				return Ok(Some(*id));
			}
		}
	}
	Ok(None)
}

/// The node's own answer, if it has the method and saw the request.
fn ask(chain: &Chain, requester: &AccountId, reference: H256) -> Result<Option<RequestId>> {
	let params = [json!(requester.to_ss58check()), json!(reference)];
	let answer: Result<Option<RequestId>> = chain.rpc().call("opg_v1_requestByReference", &params);
	answer.or_else(|error| match error.downcast_ref::<Refusal>() {
		Some(refusal) if refusal.code == NO_METHOD => Ok(None),
		_ => Err(error),
	})
}

/// Requests with these numbers, in their order; `None` for those that the chain does not keep.
pub(crate) fn requests(
	chain: &Chain,
	numbers: &[RequestId],
) -> Result<Vec<Option<RequestOf<Runtime>>>> {
	let mut found = Vec::with_capacity(numbers.len());
	for numbers in numbers.chunks(PAGE) {
		let key = |id: &RequestId| Bytes(Requests::<Runtime>::hashed_key_for(id));
		let keys: Vec<_> = numbers.iter().map(key).collect();
		let sets: Vec<Changes> = chain.rpc().call("state_queryStorageAt", &[json!(keys)])?;
		let values: BTreeMap<Vec<u8>, Vec<u8>> = sets
			.into_iter()
			.flat_map(|set| set.changes)
			.filter_map(|(key, value)| Some((key.0, value?.0)))
			.collect();
		for key in keys {
			let value = values.get(&key.0);
			let request = value.map(|value| RequestOf::<Runtime>::decode_all(&mut &value[..]));
			found.push(request.transpose().context("the node's answer is of another form")?);
		}
	}
	Ok(found)
}

/// References of the requests of `requester` that wait in the node's pool.
pub(crate) fn pending(chain: &Chain, requester: &AccountId) -> Result<BTreeSet<H256>> {
	let pending: Vec<Bytes> = chain.rpc().call("author_pendingExtrinsics", &[])?;
	Ok(pending.iter().filter_map(|bytes| reference_of(bytes, requester)).collect())
}

/// The reference, if these bytes are a request that `requester` signed.
pub(crate) fn reference_of(extrinsic: &[u8], requester: &AccountId) -> Option<H256> {
	let extrinsic = UncheckedExtrinsic::decode(&mut &extrinsic[..]).ok()?;
	let Preamble::Signed(MultiAddress::Id(signer), ..) = extrinsic.preamble else { return None };
	match extrinsic.function {
		RuntimeCall::Inference(
			Call::request { reference, .. } | Call::request_stored { reference, .. },
		) => (signer == *requester).then_some(reference),
		_ => None,
	}
}

#[cfg(test)]
pub(crate) mod tests {
	use super::*;
	use crate::{
		chain::tests::{module, serve, Node},
		extrinsic::{signed, SigningContext},
		keys::Account,
		metadata::{of_runtime, offline},
		rpc::pool,
	};
	use codec::Encode;
	use jsonrpsee::types::ErrorObject;
	use opg_primitives::Tier;
	use serde_json::Value;
	use std::sync::{Arc, Mutex};

	pub(crate) const REFERENCE: H256 = H256::repeat_byte(7);
	pub(crate) const OTHER: H256 = H256::repeat_byte(8);

	fn call(reference: H256) -> RuntimeCall {
		Call::<Runtime>::request {
			model: 1,
			input: Default::default(),
			tier: Tier::Quorum,
			max_fee: 1,
			max_royalty: 0,
			reference,
			deadline: None,
			fuel_limit: None,
		}
		.into()
	}

	/// When a transaction of another process reaches the node.
	#[derive(Clone, Copy, Debug, PartialEq, Eq)]
	pub(crate) enum When {
		/// Before somebody asks for the next nonce.
		BeforeNonce,
		/// After that, and before the reference is looked for.
		AfterNonce,
		/// After that, and before a transaction is handed in.
		BeforeSubmission,
	}

	/// A chain and the pool of its node.
	#[derive(Default)]
	pub(crate) struct State {
		/// References of the requests, by their numbers. One transaction each, with the number as nonce.
		pub requests: Vec<H256>,
		/// References of what waits for a block, and the transaction. The block is made when it was seen.
		pub pool: Vec<(H256, Bytes)>,
		/// What other processes hand in, in the order in which it comes.
		others: Vec<(When, H256)>,
		/// Whether others are in a block at once.
		is_fast: bool,
		pub submissions: usize,
	}

	impl State {
		fn next_nonce(&self) -> Nonce {
			(self.requests.len() + self.pool.len()) as Nonce
		}

		fn arrive(&mut self, now: When) {
			if self.others.first().is_some_and(|(when, _)| *when == now) {
				let (_, reference) = self.others.remove(0);
				match self.is_fast {
					true => self.requests.push(reference),
					false => {
						let bytes = transaction(reference, self.next_nonce());
						self.pool.push((reference, bytes));
					},
				}
			}
		}

		/// What the pool says to a transaction.
		fn submit(&mut self, bytes: Bytes) -> Result<H256, ErrorObject<'static>> {
			self.arrive(When::BeforeSubmission);
			self.submissions += 1;
			let refused = |code, text| ErrorObject::owned(code, "refused", Some(text));
			let extrinsic = UncheckedExtrinsic::decode(&mut &bytes[..]).unwrap();
			let Preamble::Signed(_, _, extension) = &extrinsic.preamble else { panic!("unsigned") };
			let nonce = extension.7 .0;
			if (nonce as usize) < self.requests.len() {
				return Err(refused(pool::INVALID, "Transaction is outdated"));
			}
			if nonce < self.next_nonce() {
				return Err(refused(pool::PRIORITY, "The priority is too low"));
			}
			assert_eq!(nonce, self.next_nonce());
			let reference = reference_of(&bytes, eve().id()).unwrap();
			self.pool.push((reference, bytes));
			Ok(reference)
		}
	}

	pub(crate) fn eve() -> Account {
		Account::development("//Eve").unwrap()
	}

	fn transaction(reference: H256, nonce: Nonce) -> Bytes {
		let context = SigningContext { height: 1, checkpoint: H256::zero(), nonce };
		let pair = keys::pair("//Eve").unwrap();
		Bytes(signed(&offline(of_runtime()), &call(reference).encode(), &pair, &context).unwrap())
	}

	/// A node at which transactions of other processes arrive.
	pub(crate) fn node(others: &[(When, H256)], is_fast: bool) -> (Node, Arc<Mutex<State>>) {
		let state = State { others: others.to_vec(), is_fast, ..State::default() };
		let state = Arc::new(Mutex::new(state));
		let mut module = module("opg", |_| (), |_| ());
		let own = state.clone();
		module
			.register_method("system_accountNextIndex", move |_, _, _| {
				let mut state = own.lock().unwrap();
				state.arrive(When::BeforeNonce);
				let nonce = state.next_nonce();
				state.arrive(When::AfterNonce);
				nonce
			})
			.unwrap();
		let own = state.clone();
		module
			.register_method("author_pendingExtrinsics", move |_, _, _| {
				let mut state = own.lock().unwrap();
				let (references, bytes): (Vec<_>, Vec<_>) = state.pool.drain(..).unzip();
				state.requests.extend(references);
				bytes
			})
			.unwrap();
		let own = state.clone();
		module
			.register_method("opg_v1_requestByReference", move |params, _, _| {
				let (_, reference): (String, H256) = params.parse().unwrap();
				own.lock().unwrap().requests.iter().position(|other| *other == reference)
			})
			.unwrap();
		let own = state.clone();
		module
			.register_method("author_submitExtrinsic", move |params, _, _| {
				own.lock().unwrap().submit(params.one().unwrap())
			})
			.unwrap();
		let own = state.clone();
		module
			.register_method("opg_v1_submit", move |params, _, _| {
				let (bytes, _): (Bytes, Value) = params.parse().unwrap();
				own.lock().unwrap().submit(bytes).map_err(|error| {
					let reason = match error.code() {
						pool::PRIORITY => "TooLowPriority",
						_ => "Stale",
					};
					ErrorObject::owned(8006, "refused", Some(json!({ "reason": reason })))
				})
			})
			.unwrap();
		module.register_method("state_getStorage", |_, _, _| json!(null)).unwrap();
		module.register_method("chain_getFinalizedHead", |_, _, _| json!(H256::zero())).unwrap();
		(serve(module), state)
	}

	/// Sends the request with the reference, as often as it is in the chain in the end, and how.
	fn sent(node: &Node, state: &Mutex<State>) -> (Result<Once<()>>, usize) {
		let chain = Chain::connect(&node.url.parse().unwrap()).unwrap();
		let eve = eve();
		let sent = send_once(&chain, eve.id(), REFERENCE, |nonce| {
			chain.submit_with_nonce(call(REFERENCE), &eve, nonce)
		});
		let state = state.lock().unwrap();
		let all = state.requests.iter().chain(state.pool.iter().map(|(reference, _)| reference));
		(sent, all.filter(|other| **other == REFERENCE).count())
	}

	#[test]
	fn request_should_be_paid_for_once_when_another_process_sends_it_at_the_same_time() {
		for when in [When::BeforeNonce, When::AfterNonce, When::BeforeSubmission] {
			for is_fast in [true, false] {
				let (node, state) = node(&[(when, REFERENCE)], is_fast);
				let (sent, times) = sent(&node, &state);
				assert_eq!((sent.unwrap(), times), (Once::Known(0), 1), "{when:?} {is_fast}");
				// Only who came too late for the search hands in, and is refused.
				let refused = usize::from(when == When::BeforeSubmission);
				assert_eq!(state.lock().unwrap().submissions, refused, "{when:?} {is_fast}");
			}
		}
	}

	#[test]
	fn request_should_be_sent_when_another_one_takes_its_nonce() {
		for is_fast in [true, false] {
			let others = [(When::BeforeSubmission, OTHER), (When::AfterNonce, OTHER)];
			let (node, state) = node(&others, is_fast);
			let (sent, times) = sent(&node, &state);
			assert_eq!((sent.unwrap(), times), (Once::New(()), 1), "{is_fast}");
			assert_eq!(state.lock().unwrap().submissions, 3);
		}
	}

	#[test]
	fn request_should_be_given_up_when_others_always_take_its_nonce() {
		let (node, state) = node(&[(When::BeforeSubmission, OTHER); 2 * ATTEMPTS], true);
		let (sent, times) = sent(&node, &state);
		let error = sent.unwrap_err().to_string();
		assert!(error.contains("nothing was sent") && error.contains("nonce"), "{error}");
		assert_eq!((times, state.lock().unwrap().submissions), (0, ATTEMPTS));
	}

	#[test]
	fn request_in_the_pool_should_be_told_by_signer_and_reference() {
		let reference = REFERENCE;
		let call = call(reference);
		let context = SigningContext { height: 1, checkpoint: H256::zero(), nonce: 0 };
		let pair = keys::pair("//Eve").unwrap();
		let bytes = signed(&offline(of_runtime()), &call.encode(), &pair, &context).unwrap();
		let (eve, other) = (keys::account(&pair), AccountId::from([1; 32]));
		assert_eq!(reference_of(&bytes, &eve), Some(reference));
		assert_eq!(reference_of(&bytes, &other), None);
		assert_eq!(reference_of(b"nonsense", &eve), None);
	}
}
