//! Authorization: everything that must hold before a call under a hot key enters a block. A
//! dispatched call cannot fail.

use crate::{challenge::*, pallet::*, reject};
use codec::Encode;
use frame_support::{
	ensure,
	pallet_prelude::*,
	storage::{with_transaction, TransactionOutcome},
	traits::PalletInfoAccess,
};
use opg_primitives::{
	challenge::{pool_call_payload, PoolCallKind},
	ExecutorSignature,
};
use pallet_opg_support::{named_block, priority, refused, ExecutorDirectory, CALL_BLOCKS};
use sp_runtime::{DispatchError, DispatchResult, ModuleError, RuntimeAppPublic};

/// Payload of a call: what sets the two kinds apart.
pub(crate) trait Payload<T: Config>: Encode + Clone {
	/// Kind that is signed with the call.
	const KIND: PoolCallKind;

	/// Does what the call says.
	fn apply(call: PoolCallOf<T, Self>) -> DispatchResult;

	/// Place in the transaction pool.
	fn place(call: &PoolCallOf<T, Self>) -> ValidTransaction;
}

impl<T: Config> Payload<T> for PoolChallenge {
	const KIND: PoolCallKind = PoolCallKind::Challenge;

	fn apply(call: PoolCallOf<T, Self>) -> DispatchResult {
		Pallet::<T>::do_challenge_with_pool(call)
	}

	/// One challenge of a pool and a model at a time.
	fn place(call: &PoolCallOf<T, Self>) -> ValidTransaction {
		let model = Requests::<T>::get(call.request).map(|request| request.model);
		ValidTransaction::with_tag_prefix("OpgPoolChallenge")
			.and_provides((model, &call.executor))
			.into()
	}
}

impl<T: Config> Payload<T> for PoolClaim {
	const KIND: PoolCallKind = PoolCallKind::Claim;

	fn apply(call: PoolCallOf<T, Self>) -> DispatchResult {
		let PoolCall { executor, request, payload: PoolClaim { digest, salt }, .. } = call;
		Pallet::<T>::do_reveal_claim(executor, request, digest, salt)
	}

	fn place(call: &PoolCallOf<T, Self>) -> ValidTransaction {
		ValidTransaction::with_tag_prefix("OpgPoolClaim")
			.and_provides((call.request, &call.executor))
			.into()
	}
}

impl<T: Config> Pallet<T> {
	/// Authorizes a call. The signature comes before the trial, which costs more.
	pub(crate) fn authorize_pool_call<P: Payload<T>>(
		call: &PoolCallOf<T, P>,
		signature: &ExecutorSignature,
	) -> Result<(ValidTransaction, Weight), TransactionValidityError> {
		let block = named_block::<T>(call.at).ok_or_else(|| refused(reject::EXPIRED))?;
		let key =
			T::Executors::hot_key(&call.executor).ok_or_else(|| refused(reject::NOT_EXECUTOR))?;
		let payload = pool_call_payload(P::KIND, &Self::genesis_hash(), &block, call);
		ensure!(key.verify(&payload, signature), refused(reject::INVALID_SIGNATURE));
		Self::attempt(call.clone()).map_err(|error| refused(code_of::<T>(error)))?;
		let valid = ValidTransaction {
			priority: priority::POOL_CHALLENGE,
			longevity: CALL_BLOCKS.into(),
			propagate: true,
			..P::place(call)
		};
		Ok((valid, Weight::zero()))
	}

	/// Does what the call says, and takes it back: whatever the call checks is checked here.
	fn attempt<P: Payload<T>>(call: PoolCallOf<T, P>) -> DispatchResult {
		with_transaction(|| TransactionOutcome::Rollback(P::apply(call)))
	}
}

/// Code of a call that would fail.
fn code_of<T: Config>(error: DispatchError) -> u8 {
	match error {
		DispatchError::Module(ModuleError { index, error, .. })
			if usize::from(index) == Pallet::<T>::index() =>
		{
			reject::FAILS_WITH.saturating_add(error[0])
		},
		_ => reject::FAILS,
	}
}
