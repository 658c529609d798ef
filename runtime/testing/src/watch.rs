//! Challenges with the pool of an executor, as authorized calls.

use crate::{hot_key, Submitted};
use codec::Encode;
use frame_support::{assert_ok, traits::Authorize};
use opg_primitives::{
	challenge::{pool_call_payload, PoolCallKind},
	ExecutorSignature, RequestId,
};
use opg_runtime::*;
use pallet_opg_inference::{Call, PoolCall, PoolChallenge, PoolClaim, Requests};
use sp_core::{Pair, H256};
use sp_runtime::{traits::Dispatchable, transaction_validity::TransactionSource};

type SignedCall<P> = (PoolCall<AccountId, BlockNumber, P>, ExecutorSignature);

/// Call of `who` about a request, signed by its hot key. It names the parent block.
fn signed_call<P: Encode>(
	kind: PoolCallKind,
	request: RequestId,
	who: &AccountId,
	payload: P,
) -> SignedCall<P> {
	let call = PoolCall { executor: who.clone(), at: System::block_number() - 1, request, payload };
	let (genesis, block) = (System::block_hash(0), System::block_hash(call.at));
	let payload = pool_call_payload(kind, &genesis, &block, &call);
	let signature = hot_key(who).sign(&payload).into();
	(call, signature)
}

/// Authorizes and dispatches a call about a challenge, as a block does.
pub fn submit_pool_call(call: Call<Runtime>) -> Submitted {
	let call = RuntimeCall::from(call);
	call.authorize(TransactionSource::External).unwrap()?;
	assert_ok!(call.dispatch(frame_system::RawOrigin::Authorized.into()));
	Ok(())
}

/// Challenge by `who`, with its pool, of the answer with the digest `disputed`.
pub fn pool_challenge_call(
	id: RequestId,
	who: &AccountId,
	disputed: H256,
	claim: H256,
) -> Call<Runtime> {
	let seed = Requests::<Runtime>::get(id).unwrap().seed.unwrap();
	let payload = PoolChallenge { seed, disputed, claim };
	let (challenge, signature) = signed_call(PoolCallKind::Challenge, id, who, payload);
	Call::challenge_with_pool { challenge, signature }
}

/// `who` challenges the answer with the digest `disputed`, with its pool as the bond.
pub fn challenge_with_pool(
	id: RequestId,
	who: &AccountId,
	disputed: H256,
	claim: H256,
) -> Submitted {
	submit_pool_call(pool_challenge_call(id, who, disputed, claim))
}

/// `who` reveals the claim behind a challenge with its pool.
pub fn reveal_claim_with_pool(
	id: RequestId,
	who: &AccountId,
	digest: H256,
	salt: H256,
) -> Submitted {
	let payload = PoolClaim { digest, salt };
	let (claim, signature) = signed_call(PoolCallKind::Claim, id, who, payload);
	submit_pool_call(Call::reveal_claim_with_pool { claim, signature })
}
