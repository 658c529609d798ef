//! Requests by their reference, so that a request that was sent already is not paid for twice.

use crate::{chain::Chain, failure::Failure, rpc::Refusal, upload::NO_METHOD};
use anyhow::{Context, Result};
use codec::{Decode, DecodeAll};
use opg_primitives::{AccountId, RequestId};
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
fn reference_of(extrinsic: &[u8], requester: &AccountId) -> Option<H256> {
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
mod tests {
	use super::*;
	use crate::{
		extrinsic::{signed, SigningContext},
		keys,
		metadata::{of_runtime, offline},
	};
	use codec::Encode;
	use opg_primitives::Tier;

	#[test]
	fn request_in_the_pool_should_be_told_by_signer_and_reference() {
		let reference = H256::repeat_byte(7);
		let call: RuntimeCall = Call::<Runtime>::request {
			model: 1,
			input: Default::default(),
			tier: Tier::Quorum,
			max_fee: 1,
			max_royalty: 0,
			reference,
			deadline: None,
		}
		.into();
		let context = SigningContext { height: 1, checkpoint: H256::zero(), nonce: 0 };
		let pair = keys::pair("//Eve").unwrap();
		let bytes = signed(&offline(of_runtime()), &call.encode(), &pair, &context).unwrap();
		let (eve, other) = (keys::account(&pair), AccountId::from([1; 32]));
		assert_eq!(reference_of(&bytes, &eve), Some(reference));
		assert_eq!(reference_of(&bytes, &other), None);
		assert_eq!(reference_of(b"nonsense", &eve), None);
	}
}
