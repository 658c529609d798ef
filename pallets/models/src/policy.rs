//! Serving by the node itself. An operator allows its hot key to begin with a number of versions. From
//! then on the off-chain worker tells the node of the registered versions, page by page, and declares
//! what the node's policy wishes. The operator's own account signs nothing more.
//!
//! What a stolen hot key can do so is bounded by the allowance: each version that it begins with takes
//! one of it, and a deposit. Ending a version takes none, and gives none back.

use crate::pallet::*;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use frame_support::{
	ensure,
	pallet_prelude::*,
	storage::{with_transaction, TransactionOutcome},
	traits::PalletInfoAccess,
};
use frame_system::{offchain::SubmitTransaction, pallet_prelude::BlockNumberFor};
use opg_primitives::{
	court::CourtKey,
	host::VersionedOffer,
	registry::Content,
	serving::{serving_payload, ServingWish, VersionOffer},
	ExecutorKey, ExecutorSignature, ModelId,
};
use pallet_opg_support::{
	named_block, priority, refused, ExecutorDirectory, ExecutorStake, CALL_BLOCKS, CALL_LAG,
};
use sp_core::H256;
use sp_runtime::{
	offchain::storage::StorageValueRef,
	traits::{Saturating, Zero},
	DispatchError, DispatchResult, ModuleError, RuntimeAppPublic,
};

const LOG: &str = "opg::serving";

/// Versions of which a run tells the node: as many of the latest, and as many on the way through all.
pub(crate) const PAGE: ModelId = 16;

/// Codes of refused declarations, in `InvalidTransaction::Custom`. They differ from those of the other
/// pallets.
pub mod reject {
	/// The hash of the block that the call names is not known, or it is more than
	/// [`pallet_opg_support::CALL_BLOCKS`] blocks ago.
	pub const EXPIRED: u8 = 80;
	/// The executor has no hot key that is valid now.
	pub const NOT_EXECUTOR: u8 = 81;
	/// The operator allows its hot key another number of versions than the call says.
	pub const OTHER_ALLOWANCE: u8 = 82;
	/// The hot key of the executor did not sign the call with the hash that the block which it names
	/// has on this fork.
	pub const INVALID_SIGNATURE: u8 = 83;
	/// The call would fail, and no error of this pallet says why.
	pub const FAILS: u8 = 84;
	/// The call would fail: the index of the [`crate::Error`] that says why is added.
	pub const FAILS_WITH: u8 = 180;
}

/// What a declaration says.
#[derive(
	Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, scale_info::TypeInfo, Debug,
)]
pub enum ServingAction {
	/// The node inspected the version with this report, and serves it.
	#[codec(index = 0)]
	Serve {
		/// Digest of the inspection report that the node's own engine gave.
		report_hash: H256,
	},
	/// The node serves the version no more.
	#[codec(index = 1)]
	Stop,
}

/// Declaration about a version, under the hot key of an executor.
#[derive(
	Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, scale_info::TypeInfo, Debug,
)]
pub struct ServingCall<AccountId, BlockNumber> {
	/// Operator of the executor.
	pub executor: AccountId,
	/// Block whose hash is signed with the call: one of the last
	/// [`pallet_opg_support::CALL_BLOCKS`].
	pub at: BlockNumber,
	/// Number of versions that the operator still allows. So a call counts once.
	pub allowance: u32,
	/// Number of the version.
	pub model: ModelId,
	/// What is declared.
	pub action: ServingAction,
}

/// [`ServingCall`] with the types of a runtime.
pub type ServingCallOf<T> = ServingCall<<T as frame_system::Config>::AccountId, BlockNumberFor<T>>;

/// Operator whose valid hot key the node has.
pub(crate) struct Operator<AccountId> {
	pub(crate) account: AccountId,
	pub(crate) key: ExecutorKey,
	/// Versions that the hot key may begin with.
	allowance: u32,
}

impl<T: Config> Pallet<T> {
	pub(crate) fn genesis_hash() -> H256 {
		frame_system::Pallet::<T>::block_hash(BlockNumberFor::<T>::zero())
	}

	pub(crate) fn do_allow_serving(who: T::AccountId, versions: u32) -> DispatchResult {
		ensure!(T::Executors::has_pool(&who), Error::<T>::NotExecutor);
		if versions == 0 {
			ServingAllowances::<T>::remove(&who);
		} else {
			ServingAllowances::<T>::insert(&who, versions);
		}
		Self::deposit_event(Event::ServingAllowed { executor: who, versions });
		Ok(())
	}

	pub(crate) fn do_declare_serving(call: ServingCallOf<T>) -> DispatchResult {
		let ServingCall { executor, model, action, .. } = call;
		match action {
			ServingAction::Serve { report_hash } => {
				ServingAllowances::<T>::try_mutate_exists(&executor, |left| -> DispatchResult {
					let allowance = left.take().ok_or(Error::<T>::NotAllowed)?;
					*left = allowance.checked_sub(1).filter(|left| *left > 0);
					Ok(())
				})?;
				Self::do_serve(executor, model, report_hash)
			},
			ServingAction::Stop => Self::do_stop_serving(executor, model),
		}
	}

	/// Authorizes a declaration. The signature comes before the trial, which costs more.
	pub(crate) fn authorize_serving(
		call: &ServingCallOf<T>,
		signature: &ExecutorSignature,
	) -> Result<(ValidTransaction, Weight), TransactionValidityError> {
		let block = named_block::<T>(call.at).ok_or_else(|| refused(reject::EXPIRED))?;
		let key =
			T::Executors::hot_key(&call.executor).ok_or_else(|| refused(reject::NOT_EXECUTOR))?;
		let is_current = ServingAllowances::<T>::get(&call.executor) == call.allowance;
		ensure!(is_current, refused(reject::OTHER_ALLOWANCE));
		let payload = serving_payload(&Self::genesis_hash(), &block, call);
		ensure!(key.verify(&payload, signature), refused(reject::INVALID_SIGNATURE));
		Self::attempt(call.clone()).map_err(|error| refused(code_of::<T>(error)))?;
		// One per executor, so that nobody fills the pool with them.
		let valid = ValidTransaction::with_tag_prefix("OpgServing")
			.and_provides(&call.executor)
			.priority(priority::SERVING)
			.longevity(CALL_BLOCKS.into())
			.propagate(true)
			.build()?;
		Ok((valid, Weight::zero()))
	}

	/// Does what the call says, and takes it back: whatever the call checks is checked here.
	fn attempt(call: ServingCallOf<T>) -> DispatchResult {
		with_transaction(|| TransactionOutcome::Rollback(Self::do_declare_serving(call)))
	}

	/// Tells whether a registered version has this file, for its model or its tokenizer.
	pub fn is_registered_file(hash: H256, size: u32) -> bool {
		ModelsByHash::<T>::iter_key_prefix(hash)
			.filter_map(Models::<T>::get)
			.any(|version| version.files().any(|file| file == Content { hash, size }))
	}

	/// Tells the node of versions, and declares what it wishes: at most one declaration per operator
	/// and run, since each changes what the next one has to say.
	pub(crate) fn follow_policy(block: BlockNumberFor<T>) {
		let for_court = !CourtKey::all().is_empty();
		let mut operators = Self::operators();
		if operators.is_empty() && !for_court {
			return;
		}
		for model in Self::next_page() {
			let Some(version) = Models::<T>::get(model) else { continue };
			let serving = ServingExecutors::<T>::get(model);
			let serves = |who: &T::AccountId| {
				serving.iter().any(|own| own.until.is_none() && own.executor == *who)
			};
			let may_serve =
				|own: &Operator<T::AccountId>| own.allowance > 0 && !serves(&own.account);
			let offer = VersionOffer {
				model,
				model_hash: version.model_hash,
				size: version.size,
				owner: H256(version.owner.using_encoded(sp_io::hashing::blake2_256)),
				engine_id: version.engine_id,
				dims: version.dims,
				limits: version.limits,
				report_hash: version.report_hash,
				generation: version.release.generation,
				is_open: Engines::<T>::get(version.engine_id)
					.is_some_and(|validity| !validity.has_ended(&Self::now())),
				for_court,
				is_served: operators.iter().any(|own| serves(&own.account)),
				may_serve: operators.iter().any(may_serve),
			};
			let offer = VersionedOffer::from(offer).encode();
			let wish = opg_runtime_interface::inference_host::serving_wish(offer);
			let action = match wish {
				ServingWish::Nothing => continue,
				ServingWish::Serve(report_hash) => ServingAction::Serve { report_hash },
				ServingWish::Stop => ServingAction::Stop,
			};
			operators.retain(|operator| {
				let is_concerned = match action {
					ServingAction::Serve { .. } => may_serve(operator),
					ServingAction::Stop => serves(&operator.account),
				};
				if is_concerned {
					Self::send_declaration(block, operator, model, action);
				}
				!is_concerned
			});
		}
	}

	/// Operators whose valid hot keys this node has, and who are in good standing.
	pub(crate) fn operators() -> Vec<Operator<T::AccountId>> {
		let suspended = T::ExecutorStake::suspended();
		let operator = |key: ExecutorKey| {
			let account = T::Executors::operator_of(&key)?;
			let is_valid = T::Executors::hot_key(&account).as_ref() == Some(&key)
				&& suspended.binary_search(&account).is_err();
			let allowance = ServingAllowances::<T>::get(&account);
			is_valid.then_some(Operator { account, key, allowance })
		};
		ExecutorKey::all().into_iter().filter_map(operator).collect()
	}

	/// Versions of this run. Where the node is on its way is in its local storage.
	fn next_page() -> Vec<ModelId> {
		let next_ref = StorageValueRef::persistent(b"opg/serving/next");
		let end = NextModelId::<T>::get();
		let latest = end.saturating_sub(PAGE);
		let from: ModelId =
			next_ref.get().ok().flatten().filter(|next| *next < latest).unwrap_or(0);
		let to = from.saturating_add(PAGE).min(latest);
		if latest > 0 {
			next_ref.set(&to);
		}
		(from..to).chain(latest..end).collect()
	}

	fn send_declaration(
		block: BlockNumberFor<T>,
		operator: &Operator<T::AccountId>,
		model: ModelId,
		action: ServingAction,
	) {
		let Operator { account, key, allowance } = operator;
		let at = block.saturating_sub(CALL_LAG.into());
		let named = frame_system::Pallet::<T>::block_hash(at);
		let declaration =
			ServingCall { executor: account.clone(), at, allowance: *allowance, model, action };
		let payload = serving_payload(&Self::genesis_hash(), &named, &declaration);
		let Some(signature) = key.sign(&payload) else {
			log::error!(target: LOG, "the keystore does not sign with the hot key {key:?}");
			return;
		};
		let call = Call::declare_serving { declaration, signature };
		let xt = T::create_authorized_transaction(call.into());
		match SubmitTransaction::<T, Call<T>>::submit_transaction(xt) {
			Ok(()) => log::info!(target: LOG, "version {model}: declared {action:?}"),
			// The one before is still in the pool, as a rule.
			Err(()) => log::debug!(target: LOG, "version {model}: the pool refused {action:?}"),
		}
	}
}

/// Code of a call that would fail.
pub(crate) fn code_of<T: Config>(error: DispatchError) -> u8 {
	match error {
		DispatchError::Module(ModuleError { index, error, .. })
			if usize::from(index) == Pallet::<T>::index() =>
		{
			reject::FAILS_WITH.saturating_add(error[0])
		},
		_ => reject::FAILS,
	}
}
